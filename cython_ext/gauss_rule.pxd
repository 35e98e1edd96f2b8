# A rule of quadrature as the kernels get it from numpy.


cdef struct Rule:           # Gauss-Legendre nodes and weights on [0, 1]
    int n
    const double* x
    const double* w
