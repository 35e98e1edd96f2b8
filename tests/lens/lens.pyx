# The kernel of the lens.
import numpy as np
from status cimport OK


def evaluate(const double[::1] a, double b):
    """Focal length [cm], error and status for object distances a [cm] and image distance b [cm]."""
    cdef Py_ssize_t i, n = a.shape[0]
    value, error, status = np.empty(n), np.empty(n), np.empty(n, dtype=np.int8)
    cdef double[::1] v = value, e = error
    cdef signed char[::1] s = status
    with nogil:
        for i in range(n):
            v[i] = 1.0 / (1.0 / a[i] + 1.0 / b)
            e[i] = 1e-16 * v[i]
            s[i] = OK
    return value, error, status
