"""Neutrinos in a cold neutron star: collision rates, elastic cross sections, heating maps, random walk to the surface.

Collision rate.  Far below the neutrons' Fermi momentum a neutrino of energy E and momentum k (all in eV) collides at
    Gamma = G^2 E_F^2 / (8 pi^3 E k) I_0,   I_n = Int dw w^n F(w) R(w),
    R(w) = Int dq N_C(q) W(q, w),           F(w) = w/(1 - e^(-w/T)),
where w is the energy given to the neutrons and q > |w|/v_F the momentum.  W is a polynomial in q^2 and q^-2, so R is
elementary.  F is split into its value at T = 0, w theta(w), and the even, smooth rest |w|/(e^(|w|/T) - 1): neither the
kink at w = 0 nor the width of the Fermi surface is ever integrated over, and any ratio of E and T is fine.
"""
import numpy as np

from libc.math cimport INFINITY, exp, expm1, fabs, isfinite, log, log1p, pow, sqrt
from libc.stdint cimport int64_t, uint64_t

from exponential_integral cimport exp1, exp2_integral, exp3_integral
from lambert cimport lower_solution, upper_solution
from random_walk cimport add_near, box_step, integrate_elements, walk
from splitmix cimport stream_key
from status cimport NOT_CONVERGED, NOT_FINITE, NO_SOLUTION, OK, OUT_OF_DOMAIN

cdef double PI = 3.141592653589793
cdef enum:
    N_MOMENTS = 3
# The thermal rest of F counts up to |w| = 28 T: e^-28 = 7e-13, times (T/E)^2 where it matters.
cdef double REACH = 28.0

cdef double TOLERANCE = 1e-5                    # relative, of a collision rate or a cross section

cdef enum Amplitude:
    PAPER, EXACT, UNPOLARISED
AMPLITUDES = ("paper", "exact", "unpolarised")

cdef enum Daughter:
    EQUAL_MASS, MASSLESS
DAUGHTERS = ("equal_mass", "massless")

cdef enum Coherence:
    CONSTANT, SPHERE, CAPPED        # N_C = 1; q^-3 (neutrons in a sphere of radius 2 pi/q); min(1, (cap/q)^3)
COHERENCES = ("constant", "sphere", "capped")


cdef struct Rule:           # Gauss-Legendre nodes and weights on [0, 1]
    int n
    const double* x
    const double* w


cdef struct Collision:
    double E, k, m, E_minus_k, D, T, v_F           # D = m_i^2 - m_f^2
    double cap                                      # q below which N_C = 1, for CAPPED
    # W = factor [alpha^2 + slope alpha + beta^2/2], alpha - beta cos(phi) = p.k/E_n
    double slope, factor
    int daughter, coherence


# ---- collision rate ------------------------------------------------------------------------------------------------

cdef inline double response(const Collision* c, double w, double k_out) noexcept nogil:
    """R(w): the integral over q from max(|k - k'|, |w|/v_F) to k + k' of N_C W."""
    cdef double low = max(fabs(c.k - k_out), fabs(w) / c.v_F), high = c.k + k_out, middle, sphere = 0.0
    cdef double v2 = c.v_F * c.v_F, e = c.E - 0.5 * w, a = w * e - 0.5 * c.D     # k.q/q = q/2 + a/q
    cdef double rest = c.k * c.k - a, up, c_0, c_1, c_2, l, h, l2, h2
    if low >= high:
        return 0.0
    up = -0.125 * v2                                # W = up q^2 + c_0 + c_1/q^2 + c_2/q^4
    c_0 = e * (e + c.slope) + 0.5 * (rest * v2 + 0.25 * w * w)
    c_1 = -(2.0 * e + c.slope) * w * a - 0.5 * (v2 * a * a + rest * w * w)
    c_2 = 1.5 * w * w * a * a
    if c.coherence != CONSTANT:
        middle = min(high, max(low, c.cap)) if c.coherence == CAPPED else low
        l, h = 1.0 / middle, 1.0 / high
        l2, h2 = l * l, h * h
        sphere = (up * log(high * l) + 0.5 * c_0 * (l2 - h2) + 0.25 * c_1 * (l2 * l2 - h2 * h2)
                  + c_2 / 6.0 * (l2 * l2 * l2 - h2 * h2 * h2))
        if c.coherence == SPHERE:
            return c.factor * sphere
        sphere *= c.cap * c.cap * c.cap
        high = middle
    l, h = 1.0 / low, 1.0 / high
    return c.factor * (sphere + up / 3.0 * (high * high * high - low * low * low) + c_0 * (high - low) + c_1 * (l - h)
                       + c_2 / 3.0 * (l * l * l - h * h * h))


cdef inline double to_variable(const Collision* c, double w) noexcept nogil:
    """s = sinh((eta' - eta)/2) of the neutrino's rapidities before and after, at w.

    In s the momentum of an outgoing neutrino with mass has no square-root singularity where it comes to rest.
    """
    cdef double k_out = sqrt(max(0.0, (c.E - w - c.m) * (c.E - w + c.m)))
    cdef double sinh_change = -w * (2.0 * c.E - w) / (k_out * c.E + c.k * (c.E - w))
    return sinh_change / sqrt(2.0 * (1.0 + sqrt(1.0 + sinh_change * sinh_change)))


cdef inline void add_piece(const Collision* c, const Rule* rule, double start, double end, bint thermal,
                           double* I) noexcept nogil:
    """Add the integral over w from start to end (away from 0), with F = w or with the thermal rest of F.

    The variable is u = w for a massless daughter, else u = s; its logarithm beyond a kink where R is nearly a sum of
    powers of w.
    """
    cdef double u_start = start, u_end = end, u, du, length, w, k_out, y, cosh_half, term, F, dw
    cdef bint massive = c.daughter == EQUAL_MASS
    cdef bint powers = start != 0.0 and fabs(end) < 64.0 * fabs(start) and (not massive or c.coherence == CAPPED)
    cdef int i, n
    if start == end:
        return
    if massive:
        u_start, u_end = to_variable(c, start), to_variable(c, end)
    length = log(u_end / u_start) if powers else u_end - u_start
    for i in range(rule.n):
        u = u_start * exp(length * rule.x[i]) if powers else u_start + length * rule.x[i]
        du = fabs(u * length if powers else length)
        if massive:
            cosh_half = sqrt(1.0 + u * u)
            w = -2.0 * u * (c.E * u + c.k * cosh_half)
            k_out = c.k * (1.0 + 2.0 * u * u) + 2.0 * c.E * u * cosh_half
            dw = 2.0 * k_out / cosh_half * du
        else:
            w, k_out, dw = u, c.E - u, du
        F = w
        if thermal:
            y = fabs(w) / c.T
            F = c.T * (y / expm1(y) if y > 0.0 else 1.0)
        term = dw * rule.w[i] * F * response(c, w, k_out)
        for n in range(N_MOMENTS):
            I[n] += term
            term *= w


cdef inline void borders(const Collision* c, int side, double* kink, double* end) noexcept nogil:
    """|w| where the lower bound of q turns from |k - k'| into |w|/v_F, and where the range of q closes."""
    cdef double q, v = c.v_F
    if c.daughter == MASSLESS:
        kink[0], end[0] = v * c.E_minus_k / (1.0 + side * v), v * (c.E + c.k) / (1.0 + side * v)
        return
    # where |w|/v_F meets a neutrino scattered forwards (q < k) or backwards
    q = 2.0 * (c.k - side * v * c.E) / (1.0 - v * v)
    if q >= c.k:
        kink[0], end[0] = max(0.0, -2.0 * v * (c.k + side * v * c.E) / (1.0 - v * v)), v * q
    else:
        kink[0], end[0] = max(0.0, v * q), c.k * c.k / (c.E + c.m)


cdef inline void moments(const Collision* c, const Rule* cold, const Rule* warm, double* I) noexcept nogil:
    """I_0, I_1, I_2."""
    cdef double[4] border
    cdef double kink = 0.0, reach = REACH * c.T
    cdef int n, side, piece
    for n in range(N_MOMENTS):
        I[n] = 0.0
    border[0] = 0.0
    for side in range(-1, 2, 2):
        borders(c, side, &kink, &border[3])
        border[1] = border[2] = kink
        if c.coherence == CAPPED:                   # one more kink, where the whole range of q leaves the cap
            border[1] = min(kink, c.v_F * c.cap)
            border[2] = min(border[3], max(kink, c.v_F * c.cap))
        for piece in range(3):
            if side > 0:
                add_piece(c, cold, border[piece], border[piece + 1], False, I)
            if reach > border[piece]:
                add_piece(c, warm, side * border[piece], side * min(border[piece + 1], reach), True, I)


cdef inline void cold_sphere_moments(const Collision* c, const Rule* rule, double* I) noexcept nogil:
    """I_n at T = 0 for a massless daughter and N_C = q^-3: the integral over q in closed form, then over x = w/q.

    With k.q/q = A q + B - H/q the integrand is x^(n+1) Sum_j w_j q^(n-1+j), j = -2 .. 2, between (E -+ k)/(1 + x).
    """
    cdef double x, A, B, H = 0.5 * c.D, w1, w2, low, high, term, log_ratio = log1p(2.0 * c.k / c.E_minus_k)
    cdef double[5] power
    cdef int i, j, n, p
    for n in range(N_MOMENTS):
        I[n] = 0.0
    for i in range(rule.n):
        x = c.v_F * rule.x[i]
        A, B = 0.5 * (1.0 - x * x), c.E * x
        w1, w2 = -x * (2.0 * c.E + c.slope), x * x - 0.5 * (c.v_F * c.v_F - x * x)
        power[0], power[1] = w2 * H * H, -H * (w1 + 2.0 * w2 * B)
        power[2] = c.E * (c.E + c.slope) + 0.5 * c.k * c.k * (c.v_F * c.v_F - x * x) + w1 * B
        power[2] += w2 * (B * B - 2.0 * A * H)
        power[3], power[4] = A * (w1 + 2.0 * w2 * B), w2 * A * A
        low, high = c.E_minus_k / (1.0 + x), (c.E + c.k) / (1.0 + x)
        term = c.factor * c.v_F * rule.w[i]
        for n in range(N_MOMENTS):
            term *= x
            for j in range(5):
                p = n + j - 2
                I[n] += term * power[j] * (log_ratio if p == 0 else (pow(high, p) - pow(low, p)) / p)


cdef inline int rate(double E, double m, double T, double v_F, double E_max, double T_max, double cap,
                     int amplitude, int daughter, int coherence, const Rule* rules, double* value,
                     double* error) noexcept nogil:
    """Moments with their error: the difference to a coarser pair of rules."""
    cdef Collision c
    cdef double[N_MOMENTS] coarse
    cdef int n
    for n in range(N_MOMENTS):
        value[n] = error[n] = 0.0
    if not (E > m and m > 0.0 and T >= 0.0 and E <= E_max and T <= T_max and 0.0 < v_F < 1.0 and cap > 0.0):
        return OUT_OF_DOMAIN
    if daughter == EQUAL_MASS and coherence == SPHERE:
        return OUT_OF_DOMAIN                        # q reaches 0, where q^-3 diverges
    c.E, c.k, c.T, c.v_F, c.cap = E, sqrt((E - m) * (E + m)), T, v_F, cap
    c.E_minus_k = m * m / (E + c.k)
    c.D = m * m if daughter == MASSLESS else 0.0
    c.m, c.daughter, c.coherence = m, daughter, coherence
    c.slope, c.factor = c.k, 1.0
    if amplitude == EXACT:
        c.slope, c.factor = -c.E_minus_k, (E + c.k) / c.k
    elif amplitude == UNPOLARISED:
        c.slope = 0.0
    if T == 0.0 and daughter == MASSLESS and coherence == SPHERE:
        cold_sphere_moments(&c, &rules[0], value)
        cold_sphere_moments(&c, &rules[2], coarse)
    else:
        moments(&c, &rules[0], &rules[1], value)
        moments(&c, &rules[2], &rules[3], coarse)
    for n in range(N_MOMENTS):
        error[n] = fabs(value[n] - coarse[n]) + 1e-15 * fabs(value[n])
        if not isfinite(value[n]):
            return NOT_FINITE
    return OK if error[0] <= TOLERANCE * fabs(value[0]) else NOT_CONVERGED


cdef _unit_nodes(int n):
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n)
    return np.ascontiguousarray(0.5 + 0.5 * x), np.ascontiguousarray(0.5 * w)


NODES = {n: _unit_nodes(n) for n in (7, 8, 12, 16, 24, 32)}


cdef Rule _rule(int n):
    cdef Rule rule
    cdef const double[::1] x = NODES[n][0], w = NODES[n][1]
    rule.n, rule.x, rule.w = n, &x[0], &w[0]
    return rule


cdef Rule[4] RATE_RULES = [_rule(8), _rule(16), _rule(7), _rule(12)]       # fine: cold, thermal; coarse: cold, thermal
cdef Rule[2] ELASTIC_RULES = [_rule(32), _rule(24)]


def collision_moments(const double[::1] E, const double[::1] m, const double[::1] T, double v_F, double E_max,
                      double T_max, double cap, str amplitude, str daughter, str coherence):
    """Moments I_0, I_1, I_2 of the collision integral (see the top of the file).

    Parameters
    ----------
    E, m, T : shape (n,): energy, mass of the incoming neutrino, temperature [eV]
    v_F : velocity of the neutrons at the Fermi surface
    E_max, T_max : largest energy and temperature for which the expansion in q/p_F and T/p_F is good enough [eV]
    cap : momentum below which the coherence factor is constant [eV], for coherence "capped"
    amplitude, daughter, coherence : one of AMPLITUDES, DAUGHTERS, COHERENCES

    Returns
    -------
    value, error : shape (n, 3) [eV^(5+k), or eV^(2+k) for coherence "sphere"], status : shape (n,)
    """
    cdef Py_ssize_t i, n = E.shape[0]
    cdef int a = AMPLITUDES.index(amplitude), d = DAUGHTERS.index(daughter), h = COHERENCES.index(coherence)
    value, error, status = np.empty((n, N_MOMENTS)), np.empty((n, N_MOMENTS)), np.empty(n, dtype=np.int8)
    cdef double[:, ::1] value_ = value, error_ = error
    cdef signed char[::1] status_ = status
    with nogil:
        for i in range(n):
            status_[i] = rate(E[i], m[i], T[i], v_F, E_max, T_max, cap, a, d, h, RATE_RULES,
                              &value_[i, 0], &error_[i, 0])
    return value, error, status


# ---- elastic scattering on free targets ----------------------------------------------------------------------------

cdef enum Target:
    NEUTRON, PROTON, ELECTRON
TARGETS = ("neutron", "proton", "electron")


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


cdef Nucleon _nucleon(const double[::1] parameters, const double[:, ::1] sachs, bint proton, bint antineutrino):
    cdef Nucleon N
    N.G2, N.sin2_theta_w, N.mu_p, N.mu_n, N.a, N.b = (parameters[i] for i in range(6))
    N.m_V, N.m_A, N.g_A, N.delta_s, N.F1_s, N.F2_s = (parameters[i] for i in range(6, 12))
    N.mass = parameters[13] if proton else parameters[12]
    N.sachs, N.proton, N.sign = &sachs[0, 0], proton, -1.0 if antineutrino else 1.0
    return N


def elastic_cross_section(const double[::1] E, const double[::1] Q2, const double[::1] parameters,
                          const double[:, ::1] sachs, double E_max, str target, bint electron_flavour,
                          bint antineutrino):
    """Total (or, where Q2 is not negative, differential in Q^2) elastic cross section on a free target at rest.

    Parameters
    ----------
    E, Q2 : shape (n,): energy [GeV], momentum transfer squared [GeV^2] or -1 for the total cross section
    parameters : G^2 [GeV^-4], sin^2(theta_w), mu_p, mu_n, a, b, m_V, m_A, g_A, Delta s, F_1^s, F_2^s, m_n, m_p, m_e
        [GeV]
    sachs : shape (3, 6): Table I
    E_max : largest energy for which the nucleon's form factors are fitted [GeV]

    Returns
    -------
    value, error, status : shape (n,) [GeV^-2, or GeV^-4 if differential]; NO_SOLUTION for a Q^2 that cannot occur
    """
    cdef Py_ssize_t i, n = E.shape[0]
    cdef int t = TARGETS.index(target), outcome
    cdef Nucleon N = _nucleon(parameters, sachs, t == PROTON, antineutrino)
    cdef double m = parameters[14] if t == ELECTRON else N.mass, coarse
    cdef double g_R = N.sin2_theta_w, g_L = g_R + (0.5 if electron_flavour else -0.5)
    value, error, status = np.zeros(n), np.zeros(n), np.zeros(n, dtype=np.int8)
    cdef double[::1] value_ = value, error_ = error
    cdef signed char[::1] status_ = status
    if antineutrino:
        g_L, g_R = g_R, g_L
    with nogil:
        for i in range(n):
            if not (E[i] > 0.0 and (t == ELECTRON or E[i] <= E_max)):
                status_[i] = OUT_OF_DOMAIN
                continue
            if Q2[i] > 4.0 * E[i] * E[i] * m / (m + 2.0 * E[i]):
                status_[i] = NO_SOLUTION
                continue
            if t == ELECTRON:
                if Q2[i] < 0.0:
                    value_[i] = electron_total(E[i], m, N.G2, g_L, g_R)
                else:
                    value_[i] = electron_differential(E[i], Q2[i], m, N.G2, g_L, g_R)
                error_[i] = 1e-15 * value_[i]
            elif Q2[i] >= 0.0:
                value_[i] = nucleon_differential(&N, E[i], Q2[i])
                error_[i] = 1e-15 * value_[i]
            else:
                value_[i] = nucleon_total(&N, E[i], &ELASTIC_RULES[0])
                coarse = nucleon_total(&N, E[i], &ELASTIC_RULES[1])
                error_[i] = fabs(value_[i] - coarse) + 1e-15 * value_[i]
            if not isfinite(value_[i]):
                status_[i] = NOT_FINITE
            elif error_[i] > TOLERANCE * value_[i]:
                status_[i] = NOT_CONVERGED
    return value, error, status


# ---- heating -------------------------------------------------------------------------------------------------------
# T_inf^4 = T_NS^4 + T_full^4 g(s),  g = capture(s/s_sat) decay(b s),  s = sin^2(theta)

cdef enum Capture:
    SHARP, SMOOTH           # min(1, x), 1 - e^-x
CAPTURES = ("min", "exponential")

cdef enum Decay:
    EXPONENTIAL, CUT, NONE  # e^-(b s); 1 up to b s = 1, 0 beyond; 1
DECAYS = ("exponential", "cut", "none")


cdef inline double heating_fraction(double s, double s_sat, double b, int capture, int decay) noexcept nogil:
    """g(s), between 0 and 1."""
    cdef double g = min(1.0, s / s_sat) if capture == SHARP else -expm1(-s / s_sat)
    if decay == EXPONENTIAL:
        return g * exp(-b * s)
    return 0.0 if decay == CUT and b * s > 1.0 else g


cdef inline double bisected(double f, double inside, double outside, double s_sat, double b, int capture,
                            int decay) noexcept nogil:
    """s between `inside` (g >= f) and `outside` (g <= f) with g = f."""
    cdef double a = log(inside), z = log(outside), middle
    cdef int i
    for i in range(80):
        middle = 0.5 * (a + z)
        if middle == a or middle == z:
            break
        if heating_fraction(exp(middle), s_sat, b, capture, decay) >= f:
            a = middle
        else:
            z = middle
    return exp(0.5 * (a + z))


cdef inline int edges(double f, double s_sat, double b, int capture, int decay, double* lower,
                      double* upper) noexcept nogil:
    """The two s with g(s) = f: closed forms with Lambert's W, bisection only for smooth capture that decays."""
    cdef double rise, peak, y
    lower[0] = upper[0] = 0.0
    if not (s_sat > 0.0 and b >= 0.0 and f > 0.0):
        return OUT_OF_DOMAIN
    if f > 1.0:
        return NO_SOLUTION
    rise = f * s_sat if capture == SHARP else -s_sat * log1p(-f)
    if b == 0.0 or decay == NONE:
        lower[0], upper[0] = rise, INFINITY
    elif decay == CUT:
        lower[0], upper[0] = rise, 1.0 / b
        return OK if b * rise <= 1.0 else NO_SOLUTION
    elif capture == SHARP:
        peak, y = min(s_sat, 1.0 / b), b * s_sat * f
        if heating_fraction(peak, s_sat, b, capture, decay) < f:
            return NO_SOLUTION
        lower[0] = min(lower_solution(y) / b, peak)
        upper[0] = -log(f) / b
        if upper[0] < s_sat:                        # below saturation the second branch of the same equation
            upper[0] = max(upper_solution(y) / b, peak)
    else:
        peak = s_sat * log1p(1.0 / (b * s_sat))
        if heating_fraction(peak, s_sat, b, capture, decay) < f:
            return NO_SOLUTION
        lower[0] = bisected(f, peak, f * s_sat, s_sat, b, capture, decay)
        upper[0] = bisected(f, peak, -log(f) / b, s_sat, b, capture, decay)
    return OK


def heating_map(const double[::1] s, const double[::1] full4, const double[::1] s_sat, const double[::1] b,
                double T_NS4, str capture, str decay):
    """Temperature at infinity [K] for n points.

    Parameters
    ----------
    s, full4, s_sat, b : shape (n,): sin^2(theta), T^4 [K^4] that full capture adds, saturation value of s, decay
        exponent per s
    T_NS4 : T_NS^4 [K^4]

    Returns
    -------
    value, status : shape (n,); NO_SOLUTION where the star would lose more than it has
    """
    cdef Py_ssize_t i, n = s.shape[0]
    cdef int c = CAPTURES.index(capture), d = DECAYS.index(decay)
    value, status = np.empty(n), np.zeros(n, dtype=np.int8)
    cdef double[::1] value_ = value
    cdef signed char[::1] status_ = status
    cdef double T4
    with nogil:
        for i in range(n):
            if not (s[i] >= 0.0 and s[i] <= 1.0 and s_sat[i] > 0.0 and b[i] >= 0.0):
                value_[i], status_[i] = 0.0, OUT_OF_DOMAIN
                continue
            T4 = T_NS4 + full4[i] * heating_fraction(s[i], s_sat[i], b[i], c, d)
            if T4 < 0.0:
                value_[i], status_[i] = 0.0, NO_SOLUTION
            else:
                value_[i] = sqrt(sqrt(T4))
    return value, status


def mixing_edges(const double[::1] f, const double[::1] s_sat, const double[::1] b, str capture, str decay):
    """The two sin^2(theta) at which the fraction f of full heating is reached.

    Returns
    -------
    lower, upper, status : shape (n,); upper is infinite where nothing decays
    """
    cdef Py_ssize_t i, n = f.shape[0]
    cdef int c = CAPTURES.index(capture), d = DECAYS.index(decay)
    lower, upper, status = np.empty(n), np.empty(n), np.empty(n, dtype=np.int8)
    cdef double[::1] lower_ = lower, upper_ = upper
    cdef signed char[::1] status_ = status
    with nogil:
        for i in range(n):
            status_[i] = edges(f[i], s_sat[i], b[i], c, d, &lower_[i], &upper_[i])
    return lower, upper, status


# ---- random walk ---------------------------------------------------------------------------------------------------

STEPS = ("fixed", "exponential")
ENTRIES = ("radial", "cosine")


def box_walk(double[::1] value, const double[::1] source, const double[::1] width, Py_ssize_t shift, Py_ssize_t whole,
             const double[:, ::1] antiderivative, const double[::1] weight, const double[::1] entry_weight,
             Py_ssize_t entry_element, double[::1] result):
    """Fixed steps: result[n] = entry average of psi_n (or u_n), n = 0, 1, ... (see random_walk.pxd).

    Parameters
    ----------
    value : shape (elements p,): psi_0 or u_0, overwritten; source : same shape
    width : shape (elements,); shift : elements in a unit of z
    whole : elements from surface to surface if the given ones reach the centre, with psi_n as the function; 0 for u_n
    antiderivative, weight : shapes (p, p), (p,): integrals of Lagrange polynomials on [0, 1] up to each node, and to 1
    entry_weight : shape (elements p,): weights of the entry average, used where entry_element < 0
    entry_element : number of elements below z + 1, if all walkers start from one z, 0 or 1; else -1
    """
    cdef Py_ssize_t n, i, elements = width.shape[0], count = value.shape[0], steps = result.shape[0]
    cdef Py_ssize_t known = elements, wanted = elements
    cdef int p = weight.shape[0]
    inside, start = np.empty(count), np.empty(elements + 1)
    cdef double[::1] inside_ = inside, start_ = start
    with nogil:
        for n in range(steps):
            if n:
                if whole == 0:                      # u_n vanishes beyond z = n, and what is deep is not asked for
                    known, wanted = min(n - 1, steps - n + 1), min(n, steps - n)
                integrate_elements(&value[0], &width[0], known, p, &antiderivative[0, 0], &weight[0], &inside_[0],
                                   &start_[0])
                box_step(&value[0], &source[0], wanted, p, shift, known, whole, &inside_[0], &start_[0])
            if entry_element >= 0:
                result[n] = 0.5 * start_[min(entry_element, known)] if n else 0.0  # psi(z) = Psi(z + 1)/2, z = 0 or 1
            else:
                result[n] = 0.0
                for i in range(count):
                    result[n] += entry_weight[i] * value[i]


def exponential_kernel(const double[::1] row_node, const double[::1] node, const double[::1] edge,
                       const double[::1] unit_weight, const double[::1] unit_barycentric):
    """Matrix of the slab equation for exponential steps: shape (rows, n), n = elements p, with p Gauss nodes each.

    Parameters
    ----------
    row_node : shape (rows,): depths after a flight; node : shape (n,): depths before it
    edge : shape (elements + 1,); unit_weight, unit_barycentric : shape (p,), on [0, 1]
    """
    cdef Py_ssize_t i, j, e, rows = row_node.shape[0], elements = edge.shape[0] - 1
    cdef int p = unit_weight.shape[0]
    cdef double z, width, distance, near, far
    cdef double* row
    cdef const double[::1] x = NODES[24][0], w = NODES[24][1]
    matrix = np.zeros((rows, node.shape[0]))
    cdef double[:, ::1] K = matrix
    with nogil:
        for i in range(rows):
            z = row_node[i]
            for e in range(elements):
                width, distance = edge[e + 1] - edge[e], max(edge[e] - z, z - edge[e + 1])
                if distance > 42.0:
                    continue
                if distance >= width:
                    for j in range(e * p, e * p + p):
                        K[i, j] = 0.5 * width * unit_weight[j - e * p] * exp1(fabs(z - node[j]))
                    continue
                row = &K[i, e * p]
                if distance > 0.0:                  # beside this element
                    near = edge[e] if z < edge[e] else edge[e + 1]
                    far = edge[e + 1] if z < edge[e] else edge[e]
                    add_near(z, near, far, &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
                else:                               # inside: to both sides
                    add_near(z, z, edge[e], &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
                    add_near(z, z, edge[e + 1], &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
    return matrix


def exponential_source(const double[::1] z, double l):
    """u_1 at depths z: 1 - r, averaged over what lies outside a half-space with curvature l: (E_2(z) + l E_3(z))/2."""
    cdef Py_ssize_t i
    source = np.empty(z.shape[0])
    cdef double[::1] source_ = source
    for i in range(z.shape[0]):
        source_[i] = 0.5 * (exp2_integral(z[i]) + l * exp3_integral(z[i]))
    return source


def walkers(uint64_t seed, uint64_t first, int64_t count, int64_t flights, double mfp_over_radius, str step, str entry):
    """Number of walkers, out of `count`, that are still inside after flight 1, 2, ... `flights` (shape (flights,)).

    The walkers first, first + 1, ... each have their own stream of random numbers: parts of a sample may be computed
    anywhere, in any order.
    """
    cdef bint exponential = STEPS.index(step) == 1, cosine = ENTRIES.index(entry) == 1
    cdef int64_t i, left
    leaving = np.zeros(flights + 2, dtype=np.int64)
    cdef int64_t[::1] leaving_ = leaving
    with nogil:
        for i in range(count):
            left = walk(stream_key(seed, first + <uint64_t>i), flights, mfp_over_radius, exponential, cosine)
            leaving_[left] += 1
    return count - np.cumsum(leaving)[1 : flights + 1]
