# Collisions of a neutrino with cold, degenerate neutrons.
#
# Far below the neutrons' Fermi momentum a neutrino of energy E and momentum k (all in eV) collides at
#     Gamma = G^2 E_F^2 / (8 pi^3 E k) I_0,   I_n = Int dw w^n F(w) R(w),
#     R(w) = Int dq N_C(q) W(q, w),           F(w) = w/(1 - e^(-w/T)),
# where w is the energy given to the neutrons and q > |w|/v_F the momentum.  W is a polynomial in q^2 and q^-2, so R is
# elementary.  F is split into its value at T = 0, w theta(w), and the even, smooth rest |w|/(e^(|w|/T) - 1): neither
# the kink at w = 0 nor the width of the Fermi surface is ever integrated over, and any ratio of E and T is fine.
from libc.math cimport exp, expm1, fabs, isfinite, log, log1p, pow, sqrt

from gauss_rule cimport Rule
from status cimport NOT_CONVERGED, NOT_FINITE, OK, OUT_OF_DOMAIN

cdef enum:
    N_MOMENTS = 3
    REACH = 28      # the thermal rest of F counts up to |w| = 28 T: e^-28 = 7e-13, times (T/E)^2 where it matters

cdef enum Amplitude:
    PAPER, EXACT, UNPOLARISED

cdef enum Daughter:
    EQUAL_MASS, MASSLESS

cdef enum Coherence:
    CONSTANT, SPHERE, CAPPED        # N_C = 1; q^-3 (neutrons in a sphere of radius 2 pi/q); min(1, (cap/q)^3)


cdef struct Collision:
    double E, k, m, E_minus_k, D, T, v_F           # D = m_i^2 - m_f^2
    double cap                                      # q below which N_C = 1, for CAPPED
    # W = factor [alpha^2 + slope alpha + beta^2/2], alpha - beta cos(phi) = p.k/E_n
    double slope, factor
    int daughter, coherence


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
    cdef bint powers = start != 0.0 and (c.coherence == CAPPED or not massive and fabs(end) < 64.0 * fabs(start))
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
    return OK if error[0] <= 1e-5 * fabs(value[0]) else NOT_CONVERGED
