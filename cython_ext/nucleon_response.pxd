# What nucleons in thermal equilibrium do with a neutrino's four-momentum transfer: the moments
#     S_n(q0, |q|) = Int dE_N (E_N/FLUX) f (1 - f') <(p.k)^n>,   n = 0, 1, 2,
# with the average over the nucleon's azimuth around q.  Natural units (MeV).
#
# With u = q0/|q|, v = 1 - u^2, Q^2 = v |q|^2, e = E_nu - q0/2, r = sqrt(1 + 4 m*^2/Q^2), E_min = |q| (r - u)/2 and
# x = E_N - E_min the averages are
#     <pk>     = a0 + a1 x,                       a0 = |q| v (r e + |q|/2)/2,   a1 = v e
#     <(pk)^2> = <pk>^2 + b2 x (x + |q| r)/2,     b2 = v^2 (E_nu - (|q| + q0)/2) (E_nu + (|q| - q0)/2)
#     <1/pk>   = 2/(v |q|) [(E_N + q0/2 + e)^2 + 4 m*^2 (e^2 - |q|^2/4)/Q^2]^(-1/2)
# in which nothing cancels.  With f (1 - f') = (f - f')/(1 - exp(-q0/T)) the integrals of x^n f (1 - f') over E_N are
# complete Fermi-Dirac integrals; <1/pk> is integrated numerically.
from libc.math cimport M_PI as PI
from libc.math cimport asin, exp, expm1, fabs, sin, sqrt

from fermi_dirac cimport Polylogarithms, fermi_dirac_integrals
from quadrature cimport node, weight

cdef enum:
    CUT = 30                                    # energies count up to 30 T beyond the Fermi surface: e^-30 = 1e-13

cdef enum:
    RELATIVE_VELOCITY, PK                       # FLUX = E_N E_nu, or p.k as printed in Eq. (19)

cdef enum:
    EXACT, ROOT_SUM, ROOT_PLUS, ROOT_AVERAGE    # azimuth of the nucleon around q, or the roots of Eq. (18)


cdef struct State:
    double T, m_eff, mu_eff     # temperature, nucleon's effective mass and chemical potential
    double E_nu, mu_nu          # neutrino's energy, and the chemical potential in its blocking factor
    int flux, azimuth


cdef struct Axis:               # Gauss-Legendre rule on [-1, 1]
    const double* x
    const double* w
    int n


cdef struct Rule:
    Axis eta, eta_outer         # between and outside the Fermi surfaces
    Axis q_log, q_linear        # |q| below and above a tenth of its largest value
    Axis energy, angle
    const Polylogarithms* polylogarithms


cdef struct Transfer:           # what one (eta, |q|) fixes
    double q, q0, v, Q2, r, e, E_min


cdef inline Transfer transfer(double u, double v, double q, const State* s) noexcept nogil:
    cdef Transfer t
    t.q, t.q0, t.v = q, u * q, v
    t.Q2 = v * q * q
    t.r = sqrt(1.0 + 4.0 * s.m_eff * s.m_eff / t.Q2)
    t.e = s.E_nu - 0.5 * t.q0
    t.E_min = 0.5 * q * (t.r - u)
    return t


cdef inline void energy_moments(
    const State* s, const Transfer* t, const Polylogarithms* polylogarithms, double* I
) noexcept nogil:
    """I[n] = Int dE_N x^n f (1 - f'), n = 0, 1, 2."""
    cdef double[3] J, J_final
    cdef double y = (s.mu_eff - t.E_min) / s.T, w = t.q0 / s.T, T = -s.T / expm1(-w)
    fermi_dirac_integrals(y, polylogarithms, J)
    fermi_dirac_integrals(y - w, polylogarithms, J_final)
    I[0] = T * (J[0] - J_final[0])
    I[1] = T * s.T * (J[1] - J_final[1])
    I[2] = T * s.T * s.T * (J[2] - J_final[2])


cdef inline double nucleon_blocking(double y, double w, double root) noexcept nogil:
    """f (1 - f') with y = (E_N - mu*)/T, w = q0/T and root = exp(-w/2)."""
    cdef double z = exp(y + 0.5 * w)
    return 1.0 / (1.0 + root * (root + z + 1.0 / z))


cdef inline int energy_pieces(const State* s, const Transfer* t, double* edge) noexcept nogil:
    """Edges of the intervals of E_N below, around and above both Fermi surfaces; returns how many intervals."""
    cdef double low = s.mu_eff - max(0.0, t.q0), high = s.mu_eff - min(0.0, t.q0)
    cdef double[3] inner
    cdef int i, n = 0
    inner[0], inner[1], inner[2] = low - 5.0 * s.T, high + 5.0 * s.T, max(high, t.E_min) + CUT * s.T
    edge[0] = max(t.E_min, low - CUT * s.T)
    for i in range(3):
        if inner[i] > edge[n]:
            n += 1
            edge[n] = inner[i]
    return n


cdef inline double inverse_moment(const State* s, const Transfer* t, const Axis* rule) noexcept nogil:
    """Int dE_N E_N f (1 - f') <1/pk>, the one moment that is no polynomial in E_N."""
    cdef double[4] edge
    cdef double E, w, total, sum = 0.0, w_q = t.q0 / s.T, root = exp(-0.5 * w_q)
    cdef double K2 = 4.0 * s.m_eff * s.m_eff * (t.e * t.e - 0.25 * t.q * t.q) / t.Q2
    cdef int piece, i, n_pieces = energy_pieces(s, t, edge)
    for piece in range(n_pieces):
        for i in range(rule.n):
            E = node(edge[piece], edge[piece + 1], rule.x[i])
            total = E + 0.5 * t.q0 + t.e
            w = weight(edge[piece], edge[piece + 1], rule.w[i]) * nucleon_blocking((E - s.mu_eff) / s.T, w_q, root)
            sum += w * E / sqrt(total * total + K2)
    return 2.0 * sum / (t.v * t.q)


cdef inline void exact_moments(const State* s, const Transfer* t, const Rule* rule, double* S) noexcept nogil:
    """S[n] = Int dE_N (E_N/FLUX) f (1 - f') <(pk)^n>, n = 0, 1, 2."""
    cdef double[3] I
    cdef double a0 = 0.5 * t.q * t.v * (t.r * t.e + 0.5 * t.q), a1 = t.v * t.e, b2
    energy_moments(s, t, rule.polylogarithms, I)
    if s.flux == PK:
        S[0] = inverse_moment(s, t, &rule.energy)
        S[1] = t.E_min * I[0] + I[1]
        S[2] = t.E_min * a0 * I[0] + (t.E_min * a1 + a0) * I[1] + a1 * I[2]
    else:
        b2 = t.v * t.v * (s.E_nu - 0.5 * (t.q + t.q0)) * (s.E_nu + 0.5 * (t.q - t.q0))
        S[0] = I[0] / s.E_nu
        S[1] = (a0 * I[0] + a1 * I[1]) / s.E_nu
        S[2] = (a0 * a0 * I[0] + (2.0 * a0 * a1 + 0.5 * b2 * t.q * t.r) * I[1] + (a1 * a1 + 0.5 * b2) * I[2]) / s.E_nu


cdef inline void add_root(const State* s, double E, double p, double cosine, double w, double* S) noexcept nogil:
    cdef double pk = s.E_nu * (E - p * cosine)
    w *= E / (pk if s.flux == PK else E * s.E_nu)
    S[0] += w
    S[1] += w * pk
    S[2] += w * pk * pk


cdef inline void root_moments(const State* s, const Transfer* t, const Rule* rule, double* S) noexcept nogil:
    """The same with theta_12 from A sin(theta_12) + B cos(theta_12) + C = 0, Eq. (18), at equally weighted phi_13.

    A root counts where sin(theta_12) >= 0: one at every phi_13 if C^2 <= B^2, otherwise both or none, both where
    A C < 0 and A^2 + B^2 > C^2.
    """
    cdef double[4] edge
    cdef double E, E_out = s.E_nu - t.q0, w_q = t.q0 / s.T, p, w, w_phi, A, A_max, B, C, first, tau, root, R2
    cdef double share = 0.5 if s.azimuth == ROOT_AVERAGE else 1.0
    cdef int piece, i, j, n_pieces = energy_pieces(s, t, edge)
    S[0] = S[1] = S[2] = 0.0
    B = -(t.q0 + 0.5 * t.Q2 / s.E_nu)                                       # |k'| cos(theta_13) - |k|
    A_max = sqrt(max(0.0, (E_out - s.E_nu - B) * (E_out + s.E_nu + B)))     # |k'| sin(theta_13)
    for piece in range(n_pieces):
        for i in range(rule.energy.n):
            E = node(edge[piece], edge[piece + 1], rule.energy.x[i])
            p = sqrt((E - s.m_eff) * (E + s.m_eff))
            C = (t.q0 * E - 0.5 * t.Q2) / p                                 # |q| cos(theta), Eq. (16)
            w = weight(edge[piece], edge[piece + 1], rule.energy.w[i]) / PI
            w *= nucleon_blocking((E - s.mu_eff) / s.T, w_q, exp(-0.5 * w_q))
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
