# A root inside a bracket: bisection, or inverse quadratic interpolation where that is safe (Chandrupatla 1997).
from libc.math cimport fabs, isfinite, sqrt

ctypedef double (*Function)(double x, void* context) noexcept nogil


cdef inline double bracketed_root(
    Function f, void* context, double a, double b, double tolerance, bint* found
) noexcept nogil:
    """Where f changes sign in [a, b], to `tolerance` or to the last digits; found[0] = False without a sign change."""
    return root_between(f, context, a, f(a, context), b, f(b, context), 0.5, tolerance, found)


cdef inline double root_near(
    Function f, void* context, double guess, double step, double low, double high, double tolerance, bint* found
) noexcept nogil:
    """Where a rising f vanishes between low and high: steps from a guess, ever longer, lead to a bracket."""
    cdef double a = min(max(guess, low), high), fa = f(a, context), b = a, fb = fa, end = low if fa > 0.0 else high
    while isfinite(fb) and (fa > 0.0) == (fb > 0.0) and b != end:
        a, fa = b, fb
        b = max(b - step, low) if fa > 0.0 else min(b + step, high)
        fb = f(b, context)
        step = 8.0 * step
    if fa > 0.0:
        a, fa, b, fb = b, fb, a, fa
    return root_between(f, context, a, fa, b, fb, fa / (fa - fb) if fa < fb else 0.5, tolerance, found)


cdef inline double root_between(
    Function f, void* context, double a, double fa, double b, double fb, double t, double tolerance, bint* found
) noexcept nogil:
    """What `bracketed_root` finds between a and b, where f is fa and fb; looked at first a fraction t of the way."""
    cdef double c = a, fc = fa, x, fx, width, xi, phi, smallest
    cdef int i
    found[0] = isfinite(fa) and isfinite(fb) and (fa <= 0.0) != (fb < 0.0)
    if not found[0]:
        return 0.0
    for i in range(200):
        x = a + t * (b - a)
        fx = f(x, context)
        if (fx > 0.0) == (fa > 0.0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        smallest = a if fabs(fa) < fabs(fb) else b
        width = tolerance + 4e-16 * fabs(smallest)
        if fa == 0.0 or fabs(b - a) < width:
            return smallest
        xi = (a - b) / (c - b)
        phi = (fa - fb) / (fc - fb)
        if phi < sqrt(xi) and 1.0 - phi < sqrt(1.0 - xi):
            t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        else:
            t = 0.5
        t = min(max(t, 0.5 * width / fabs(b - a)), 1.0 - 0.5 * width / fabs(b - a))
    found[0] = False
    return smallest
