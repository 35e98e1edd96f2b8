# Exponential integrals E_n(x) = Int_1^inf dt e^(-xt)/t^n, n = 1, 2, 3, for x >= 0, to about 15 digits.
from libc.math cimport exp, fabs, log


cdef inline double exp1(double x) noexcept nogil:
    """E_1(x), x > 0: power series below 1.5, continued fraction (evaluated from the front, Lentz) above."""
    cdef double euler_gamma = 0.5772156649015329
    cdef double total, term, b, c, d, h, a, factor
    cdef int i
    if x > 700.0:
        return 0.0
    if x <= 1.5:
        total, term = -euler_gamma - log(x), -1.0
        for i in range(1, 30):
            term *= -x / i
            total += term / i
            if fabs(term) < 1e-17:
                break
        return total
    b = x + 1.0
    c = 1e300
    d = 1.0 / b
    h = d
    for i in range(1, 200):
        a = -(<double>i) * i
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        factor = c * d
        h *= factor
        if fabs(factor - 1.0) < 1e-16:
            break
    return h * exp(-x)


cdef inline double exp2_integral(double x) noexcept nogil:
    """E_2(x), x >= 0."""
    return 1.0 if x <= 0.0 else exp(-x) - x * exp1(x)


cdef inline double exp3_integral(double x) noexcept nogil:
    """E_3(x), x >= 0."""
    return 0.5 * (exp(-x) - x * exp2_integral(x))
