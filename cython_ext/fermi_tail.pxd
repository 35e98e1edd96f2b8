# Incomplete Fermi-Dirac integrals in closed form: moments of an occupation, and of an occupation times a hole, above an
# energy.
#
# With L_n(y) = -Li_n(-e^-y), Int_0^inf s^k/(e^(s+y) + 1) ds = k! L_(k+1)(y).  In the variable z = ln(1 + e^-y) <= ln 2
# the L_n are power series that reach rounding with a dozen terms; y < 0 goes through the polylogarithms' inversion.
from libc.math cimport exp, expm1, fabs, log1p

cdef enum:
    TAIL_TERMS = 14


cdef struct TailSeries:
    double[TAIL_TERMS] li2    # L_n(z) = sum_i li_n[i] z^(i+1)
    double[TAIL_TERMS] li3


cdef inline void tail_polylogarithms(double y, const TailSeries* series, double* L) noexcept nogil:
    """L[0] = occupation at y, L[1], L[2], L[3] = L_1, L_2, L_3 at y."""
    cdef double t = exp(-fabs(y)), z = log1p(t), second = 0.0, third = 0.0, y2
    cdef int i
    for i in range(TAIL_TERMS - 1, -1, -1):
        second = z * (second + series.li2[i])
        third = z * (third + series.li3[i])
    if y >= 0.0:
        L[0], L[1], L[2], L[3] = t / (1.0 + t), z, second, third
        return
    y2 = y * y
    L[0] = 1.0 / (1.0 + t)
    L[1] = z - y
    L[2] = 1.6449340668482264 + 0.5 * y2 - second     # pi^2/6
    L[3] = third - y * (y2 / 6.0 + 1.6449340668482264)


cdef inline void occupied_moments(double E, double T, double mu, const TailSeries* series, double* J) noexcept nogil:
    """J[n] = Int_E^inf E'^n f(E') dE', n = 0, 1, 2."""
    cdef double[4] L
    tail_polylogarithms((E - mu) / T, series, L)
    J[0] = T * L[1]
    J[1] = T * (E * L[1] + T * L[2])
    J[2] = T * (E * E * L[1] + 2.0 * T * (E * L[2] + T * L[3]))


cdef inline void blocked_moments(
    double E, double q0, double T, double mu, const TailSeries* series, double* J
) noexcept nogil:
    """J[n] = Int_E^inf E'^n f(E') [1 - f(E' + q0)] dE', n = 0, 1, 2.

    From f(E) [1 - f(E + q0)] = [f(E) - f(E + q0)] / (1 - e^(-q0/T)).  For |q0| << T the difference is taken as a
    derivative, because of the cancellation.
    """
    cdef double[4] low
    cdef double[4] high
    cdef double y = (E - mu) / T, w = q0 / T, scale
    cdef int i
    if fabs(w) < 1.0e-4:
        tail_polylogarithms(y + 0.5 * w, series, low)
        scale = 1.0 if w == 0.0 else -w / expm1(-w)
        low[3], low[2], low[1] = low[2], low[1], low[0]     # dL_n/dy = -L_(n-1)
    else:
        tail_polylogarithms(y, series, low)
        tail_polylogarithms(y + w, series, high)
        scale = -1.0 / expm1(-w)
        for i in range(1, 4):
            low[i] = low[i] - high[i]
    scale = scale * T
    J[0] = scale * low[1]
    J[1] = scale * (E * low[1] + T * low[2])
    J[2] = scale * (E * E * low[1] + 2.0 * T * (E * low[2] + T * low[3]))
