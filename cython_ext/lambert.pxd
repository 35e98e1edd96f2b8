# The two real solutions u of u e^(-u) = y for 0 < y <= 1/e: u = -W_0(-y) <= 1 and u = -W_{-1}(-y) >= 1 (Lambert's W).
from libc.math cimport exp, fabs, log, sqrt


cdef inline double _distance(double y) noexcept nogil:
    """p = sqrt(2 (1 - e y)), in which both branches are power series around y = 1/e; 0 at or above it."""
    cdef double inverse_e = 0.36787944117144233, rest = -1.2428753672788363e-17     # 1/e in two doubles
    return sqrt(max(0.0, 2.0 * ((inverse_e - y) + rest) / inverse_e))


cdef inline double _polish(double u, double y) noexcept nogil:
    """Halley's iterations on ln u - u - ln y, whose curvature is tame on both branches."""
    cdef double f, slope, step
    cdef int i
    for i in range(20):
        f = log(u / y) - u
        slope = 1.0 / u - 1.0
        if slope == 0.0:
            return u
        step = f / (slope + 0.5 * f / (slope * u * u))
        u -= step
        if fabs(step) <= 4e-16 * u:
            break
    return u


cdef inline double lower_solution(double y) noexcept nogil:
    """u <= 1 with u e^(-u) = y."""
    cdef double p = _distance(y)
    if p < 1e-3:
        return 1.0 - p * (1.0 - p * (1.0 / 3.0 - p * (11.0 / 72.0 - p * 43.0 / 540.0)))
    return _polish(y * (1.0 + y) if y < 0.2 else 1.0 - p * (1.0 - p / 3.0), y)


cdef inline double upper_solution(double y) noexcept nogil:
    """u >= 1 with u e^(-u) = y."""
    cdef double p = _distance(y), log_y
    if p < 1e-3:
        return 1.0 + p * (1.0 + p * (1.0 / 3.0 + p * (11.0 / 72.0 + p * 43.0 / 540.0)))
    if y > 0.1:
        return _polish(1.0 + p * (1.0 + p * (1.0 / 3.0 + p * 11.0 / 72.0)), y)
    log_y = -log(y)
    return _polish(log_y + log(log_y) * (1.0 + 1.0 / log_y), y)
