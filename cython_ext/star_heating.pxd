# Heating of a star by decaying dark matter that it captures:
#     T_inf^4 = T_NS^4 + T_full^4 g(s),   g = capture(s/s_sat) decay(b s),   s = sin^2(theta).
from libc.math cimport INFINITY, exp, expm1, log, log1p

from lambert cimport lower_solution, upper_solution
from status cimport NO_SOLUTION, OK, OUT_OF_DOMAIN

cdef enum Capture:
    SHARP, SMOOTH           # min(1, x), 1 - e^-x

cdef enum Decay:
    EXPONENTIAL, CUT, NONE  # e^-(b s); 1 up to b s = 1, 0 beyond; 1


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
