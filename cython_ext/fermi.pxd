# Fermi and Bose functions that neither overflow nor lose digits.
from libc.math cimport exp, expm1, log1p


cdef inline double fermi(double y) noexcept nogil:
    """1/(e^y + 1)."""
    cdef double t
    if y > 0.0:
        if y > 745.0:
            return 0.0
        t = exp(-y)
        return t / (1.0 + t)
    if y < -745.0:
        return 1.0
    return 1.0 / (1.0 + exp(y))


cdef inline double fermi_hole(double y) noexcept nogil:
    """1 - 1/(e^y + 1), exact where the occupation is close to one."""
    return fermi(-y)


cdef inline double bose(double y) noexcept nogil:
    """1/(e^y - 1) for y > 0."""
    if y > 700.0:
        return 0.0
    return 1.0 / expm1(y)


cdef inline double log1pexp(double y) noexcept nogil:
    """ln(1 + e^y)."""
    if y > 36.0:
        return y
    if y < -745.0:
        return 0.0
    return log1p(exp(y))
