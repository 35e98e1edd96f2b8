# The moments of nucleon_response.pxd with the nucleon's azimuth from Eq. (18) as printed, one node at a time: a reading
# to compare with.
from libc.math cimport M_PI as PI
from libc.math cimport asin, exp, fabs, sin, sqrt

from nucleon_response cimport (
    PK, ROOT_AVERAGE, ROOT_PLUS, Fraction, Rule, State, Transfer, energy_pieces, nucleon_blocking,
)
from quadrature cimport node, weight


cdef inline void add_root(const State* s, double E, double p, double cosine, double w, double* S) noexcept nogil:
    cdef double pk = s.E_nu * (E - p * cosine)
    w *= E / (pk if s.flux == PK else E * s.E_nu)
    S[0] += w
    S[1] += w * pk
    S[2] += w * pk * pk


cdef inline void root_moments(const State* s, const Transfer* t, const Rule* rule, double* S) noexcept nogil:
    """S[n] = Int dE_N (E_N/FLUX) f (1 - f') <(pk)^n>, n = 0, 1, 2.

    theta_12 solves A sin(theta_12) + B cos(theta_12) + C = 0, Eq. (18), at equally weighted phi_13.
    A root counts where sin(theta_12) >= 0: one at every phi_13 if C^2 <= B^2, otherwise both or none, both where
    A C < 0 and A^2 + B^2 > C^2.
    """
    cdef double[4] edge
    cdef double E, E_out = s.E_nu - t.q0, w_q = t.q0 / s.T, p, w, w_phi, A, A_max, B, C, first, tau, root, R2
    cdef double share = 0.5 if s.azimuth == ROOT_AVERAGE else 1.0
    cdef Fraction blocking
    cdef int piece, i, j, n_pieces = energy_pieces(s, t.q0, t.E_min, edge)
    S[0] = S[1] = S[2] = 0.0
    B = -(t.q0 + 0.5 * t.Q2 / s.E_nu)                                       # |k'| cos(theta_13) - |k|
    A_max = sqrt(max(0.0, (E_out - s.E_nu - B) * (E_out + s.E_nu + B)))     # |k'| sin(theta_13)
    for piece in range(n_pieces):
        for i in range(rule.energy.n):
            E = node(edge[piece], edge[piece + 1], rule.energy.x[i])
            p = sqrt((E - s.m_eff) * (E + s.m_eff))
            C = (t.q0 * E - 0.5 * t.Q2) / p                                 # |q| cos(theta), Eq. (16)
            w = weight(edge[piece], edge[piece + 1], rule.energy.w[i]) / PI
            blocking = nucleon_blocking((E - s.mu_eff) / s.T, w_q, exp(-0.5 * w_q))
            w *= blocking.numerator / blocking.denominator
            if fabs(C) <= fabs(B):
                for j in range(rule.angle.n):
                    A = A_max * sin(0.5 * PI * rule.angle.x[j])
                    R2 = A * A + B * B
                    root = sqrt(max(0.0, R2 - C * C))
                    w_phi = 0.5 * PI * rule.angle.w[j] * w
                    if B < 0.0:
                        add_root(s, E, p, (A * root - B * C) / R2, w_phi, S)
                    elif s.azimuth != ROOT_PLUS:
                        add_root(s, E, p, (-A * root - B * C) / R2, w_phi, S)
            elif C * C < A_max * A_max + B * B:
                first = asin(sqrt((C - B) * (C + B)) / A_max)
                for j in range(rule.angle.n):
                    tau = 0.5 * (1.0 + rule.angle.x[j])     # phi = first + (pi/2 - first) tau^2: smooth where both meet
                    A = A_max * sin(first + (0.5 * PI - first) * tau * tau)
                    if C > 0.0:
                        A = -A
                    R2 = A * A + B * B
                    root = sqrt(max(0.0, R2 - C * C))
                    w_phi = share * (0.5 * PI - first) * tau * rule.angle.w[j] * w
                    add_root(s, E, p, (A * root - B * C) / R2, w_phi, S)
                    if s.azimuth != ROOT_PLUS:
                        add_root(s, E, p, (-A * root - B * C) / R2, w_phi, S)
