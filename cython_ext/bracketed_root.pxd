# A root inside a bracket: bisection, or inverse quadratic interpolation where that is safe (Chandrupatla 1997).
from libc.math cimport fabs, isfinite, sqrt

ctypedef double (*Function)(double x, void* context) noexcept nogil


cdef inline double bracketed_root(
    Function f, void* context, double a, double b, double tolerance, bint* found
) noexcept nogil:
    """Where f changes sign in [a, b], to `tolerance` or to the last digits; found[0] = False without a sign change."""
    cdef double fa = f(a, context), fb = f(b, context), c = a, fc = fa, x, fx, width, t = 0.5, xi, phi, smallest
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
