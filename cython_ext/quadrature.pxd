# Mapping of Gauss nodes from [-1, 1] to [a, b]; the nodes themselves come from numpy and are passed to the kernels.


cdef inline double node(double a, double b, double x) noexcept nogil:
    """Position in [a, b] of the node x of [-1, 1]."""
    return 0.5 * (a + b) + 0.5 * (b - a) * x


cdef inline double weight(double a, double b, double w) noexcept nogil:
    """Weight on [a, b] of the weight w on [-1, 1]."""
    return 0.5 * (b - a) * w
