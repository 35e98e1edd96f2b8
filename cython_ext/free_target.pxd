# Elastic scattering of neutrinos on free nucleons and electrons at rest.  Natural units (GeV).
from libc.math cimport M_PI as PI
from libc.math cimport exp, expm1, log1p

from gauss_rule cimport Rule


cdef struct Nucleon:                            # in GeV; the order of the first entries of `parameters` below
    double mass, G2, sin2_theta_w, mu_p, mu_n, a, b, m_V, m_A, g_A, delta_s, F1_s, F2_s, sign
    const double* sachs                         # Table I: rows G_E^p, G_M^p, G_M^n, columns Q^2 .. Q^12
    bint proton


cdef inline double inverse_polynomial(const double* a, double Q2) noexcept nogil:
    return 1.0 / (1.0 + Q2 * (a[0] + Q2 * (a[1] + Q2 * (a[2] + Q2 * (a[3] + Q2 * (a[4] + Q2 * a[5]))))))


cdef inline double nucleon_differential(const Nucleon* N, double E, double Q2) noexcept nogil:
    """d(sigma)/dQ^2 [GeV^-4], Eqs. (A1)-(A17) with F_2 = (G_M - G_E)/(1 + tau)."""
    cdef double tau = Q2 / (4.0 * N.mass * N.mass), su = (4.0 * N.mass * E - Q2) / (N.mass * N.mass)
    cdef double dipole = 1.0 / ((1.0 + Q2 / (N.m_V * N.m_V)) * (1.0 + Q2 / (N.m_V * N.m_V)))
    cdef double axial = 1.0 / ((1.0 + Q2 / (N.m_A * N.m_A)) * (1.0 + Q2 / (N.m_A * N.m_A)))
    cdef double GEp = inverse_polynomial(N.sachs, Q2), GMp = N.mu_p * inverse_polynomial(N.sachs + 6, Q2)
    cdef double GMn = N.mu_n * inverse_polynomial(N.sachs + 12, Q2)
    cdef double GEn = -N.mu_n * N.a * tau / (1.0 + N.b * tau) * dipole
    cdef double F1p = (GEp + tau * GMp) / (1.0 + tau), F2p = (GMp - GEp) / (1.0 + tau)
    cdef double F1n = (GEn + tau * GMn) / (1.0 + tau), F2n = (GMn - GEn) / (1.0 + tau)
    cdef double F1s = N.F1_s * Q2 * dipole / (1.0 + tau), F2s = N.F2_s * Q2 * dipole / (1.0 + tau)
    cdef double weak = 1.0 - 4.0 * N.sin2_theta_w, F1, F2, FA, A, B, C
    if N.proton:
        F1, F2, FA = 0.5 * (weak * F1p - F1n - F1s), 0.5 * (weak * F2p - F2n - F2s), 0.5 * (N.g_A + N.delta_s) * axial
    else:
        F1, F2, FA = 0.5 * (weak * F1n - F1p - F1s), 0.5 * (weak * F2n - F2p - F2s), 0.5 * (N.delta_s - N.g_A) * axial
    A = 4.0 * tau * ((1.0 + tau) * FA * FA - (1.0 - tau) * F1 * F1 + tau * (1.0 - tau) * F2 * F2 + 4.0 * tau * F1 * F2)
    B = 4.0 * tau * FA * (F1 + F2)
    C = 0.25 * (FA * FA + F1 * F1 + tau * F2 * F2)
    return N.mass * N.mass * N.G2 / (8.0 * PI * E * E) * (A - N.sign * su * B + su * su * C)


cdef inline double nucleon_total(const Nucleon* N, double E, const Rule* rule) noexcept nogil:
    """sigma [GeV^-2]; linear in ln(1 + Q^2/m_V^2), in which the form factors are tame."""
    cdef double scale = N.m_V * N.m_V, u_max = log1p(4.0 * E * E * N.mass / (N.mass + 2.0 * E) / scale), u, total = 0.0
    cdef int i
    for i in range(rule.n):
        u = u_max * rule.x[i]
        total += rule.w[i] * exp(u) * nucleon_differential(N, E, scale * expm1(u))
    return total * u_max * scale


cdef inline double electron_total(double E, double m, double G2, double g_L, double g_R) noexcept nogil:
    """sigma [GeV^-2], stable from E << m_e to E >> m_e."""
    cdef double y = 2.0 * E / (m + 2.0 * E), cubic = -expm1(3.0 * log1p(-y)) / 3.0
    return 2.0 * G2 * m * E / PI * (g_L * g_L * y + g_R * g_R * cubic - g_L * g_R * m / E * 0.5 * y * y)


cdef inline double electron_differential(double E, double Q2, double m, double G2, double g_L,
                                         double g_R) noexcept nogil:
    """d(sigma)/dQ^2 [GeV^-4], with Q^2 = 2 m_e (E - E')."""
    cdef double y = Q2 / (2.0 * m * E)
    return G2 / PI * (g_L * g_L + g_R * g_R * (1.0 - y) * (1.0 - y) - g_L * g_R * m / E * y)
