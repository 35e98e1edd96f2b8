"""How much matter sterile neutrinos see on their way out of a star, and how many leave by all ways together.

Everything is per d^2: N of the coupling d leave with e^(-d^2 depth).
"""

import numpy as np

from libc.stdlib cimport free, malloc

from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "sn_dipole_escape.h":
    ctypedef struct Snapshot:
        int n, shells, further
        double end, far
        const double* r
        const double* lapse
        const double* stretch
    ctypedef struct Energies:
        int padded
        const double* E
        double M2
    ctypedef void (*WayOut)(const Snapshot*, const Energies*, double, int, const double*, double*, double*, double*,
                            double*, double*, double*) noexcept nogil
    ctypedef void (*Number)(int, double, const double*, double*, double*) noexcept nogil
    ctypedef void (*Leave)(long, int, const double*, const double*, double, double*, double*) noexcept nogil
    WayOut way_out_of_width(int width) noexcept nogil
    Number number_of_width(int width) noexcept nogil
    Leave leave_of_width(int width) noexcept nogil


cdef enum:
    BLOCK = 4096        # ways out at a time


cdef inline Py_ssize_t _padded(Py_ssize_t count) noexcept nogil:
    return (count + VECTOR_LANES - 1) // VECTOR_LANES * VECTOR_LANES


def optical_depths(const double[:, ::1] absorbed, const Py_ssize_t[::1] ends, const double[::1] r,
                   const double[::1] r_out, const double[:, ::1] lapse, const double[:, ::1] stretch,
                   const double[::1] E, double M, const double[::1] cosines, bint inward, double per_length,
                   const double[::1] beyond, double far, int width=8):
    """Optical depths along straight rays from all places of some snapshots.

    What N lose at a place is interpolated along the radius by monotone cubics of its logarithm, as
    scipy.interpolate.PchipInterpolator does, and taken in the middle of shells of equal width.

    Parameters
    ----------
    absorbed : shape (n, k)
        Rates at n places for k energies [MeV^3].
    ends : shape (snapshots,)
        After which place each snapshot ends; each has one place at least.
    r : shape (n,)
        Radii, ascending in each snapshot [km].
    r_out : shape (snapshots,)
        Where matter ends, at or outside all r [km].
    lapse, stretch : shape (snapshots, shells)
        Lapse, and proper length per radius, in the middle of each shell.
    E : shape (k,)
        Energies of N far away [MeV], above M times the lapse everywhere.
    M : float
        Their mass [MeV].
    cosines : shape (m,)
        Of rays with the outward direction, ascending, in (0, 1].
    inward : bool
        Whether rays go the other way as well.
    per_length : float
        1/km in MeV.
    beyond : shape (k,)
        What N lose in a last shell between the matter and `far` [MeV^3/km]; none where `far` is not outside r_out.
    far : float
        Its end [km].
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    Array of shape (n, m, k), or (n, 2 m, k) with inward rays first, cosines ascending
    """
    cdef Py_ssize_t n = absorbed.shape[0], p = absorbed.shape[1], m = cosines.shape[0], layers = ends.shape[0]
    cdef Py_ssize_t shells = lapse.shape[1], most = 0, first = 0, i, j, c, k
    if r.shape[0] != n or E.shape[0] != p or beyond.shape[0] != p or shells < 1:
        raise ValueError("each place has a radius, each energy a column, and there is a shell at least")
    if not r_out.shape[0] == lapse.shape[0] == stretch.shape[0] == layers or stretch.shape[1] != shells:
        raise ValueError("each snapshot has an end, a row of lapses and one of lengths")
    for i in range(layers):
        if ends[i] <= first or ends[i] > n:
            raise ValueError("each snapshot has a place, and ends before the next one")
        most, first = max(most, ends[i] - first), ends[i]
    if first != n:
        raise ValueError("each place belongs to a snapshot")
    cdef Py_ssize_t columns = 2 * m if inward else m
    out = np.empty((n, columns, p))
    if p == 0 or m == 0 or n == 0:
        return out
    cdef double[:, :, ::1] depths = out
    cdef int padded = <int> _padded(p)
    cdef const double[::1] energies = np.pad(E, (0, padded - p), mode="edge")
    cdef WayOut walk = way_out_of_width(vector_width(width))
    cdef Snapshot at
    cdef Energies of = Energies(padded, &energies[0], M * M)
    cdef double* room = <double*> malloc(((2 * most * (1 + m) + shells + 1) * padded + shells + 2) * sizeof(double))
    cdef double *y = room
    if room == NULL:
        raise MemoryError
    cdef double *slope = y + most * padded
    cdef double *outs = slope + most * padded
    cdef double *ins = outs + most * m * padded
    cdef double *rate = ins + most * m * padded
    cdef double *edges = rate + (shells + 1) * padded
    with nogil:
        first = 0
        for i in range(layers):
            at = Snapshot(<int> (ends[i] - first), <int> shells, far > r_out[i], r_out[i], far, &r[first], &lapse[i, 0],
                          &stretch[i, 0])
            for k in range(padded):
                rate[shells * padded + k] = beyond[min(k, p - 1)]
                for j in range(at.n):
                    y[j * padded + k] = absorbed[first + j, min(k, p - 1)]
            walk(&at, &of, per_length, <int> m, &cosines[0], y, slope, rate, edges, outs, ins)
            for j in range(at.n):
                for c in range(m):
                    for k in range(p):
                        depths[first + j, columns - m + c, k] = outs[(j * m + c) * padded + k]
                        if inward:
                            depths[first + j, m - 1 - c, k] = (outs[(j * m + c) * padded + k]
                                                               + ins[(j * m + c) * padded + k])
            first = ends[i]
    free(room)
    return out


def bins(const double[:, ::1] sources, const double[:, :, ::1] depths, const double[::1] shares, double step,
         int width=8):
    """Ways out in bins of ln(depth): two depths in each bin, with the mean and the variance of all.

    Parameters
    ----------
    sources : shape (n, k)
        Of N at n places and k energies.
    depths : shape (n, m, k)
        Optical depths from there in m directions.
    shares : shape (m,)
        Of the directions.
    step : float
        Width of a bin in ln(depth).
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    sources, depths : arrays of shape (rows, k)
    """
    cdef Py_ssize_t n = sources.shape[0], k = sources.shape[1], m = shares.shape[0], i, j, c, row
    cdef Py_ssize_t count = n * m * k, size, padded = _padded(count)
    if depths.shape[0] != n or depths.shape[1] != m or depths.shape[2] != k:
        raise ValueError("depths have a place and an energy for each source, and a direction for each share")
    if count == 0:
        return np.zeros((0, k)), np.zeros((0, k))
    cdef double[::1] x = np.ones(padded), number = np.empty(padded), relative = np.empty(padded)
    np.asarray(x)[:count] = np.asarray(depths).ravel()
    cdef Number find = number_of_width(vector_width(width))
    cdef double share, lowest, highest
    with nogil:
        i = 0
        while i < padded:
            find(<int> min(padded - i, BLOCK), step, &x[i], &number[i], &relative[i])
            i += BLOCK
    found = np.asarray(number)[:count]
    lowest, highest = found.min(), found.max()
    size = <Py_ssize_t> (highest - lowest) + 1
    sums = np.zeros((3, size, k))
    cdef double[:, :, ::1] total = sums
    with nogil:
        i = 0
        for row in range(n):
            for c in range(m):
                for j in range(k):
                    size = <Py_ssize_t> (number[i] - lowest)
                    share = sources[row, j] * shares[c]
                    total[0, size, j] += share
                    share *= relative[i]
                    total[1, size, j] += share
                    total[2, size, j] += share * relative[i]
                    i += 1
    rows = np.any(sums[0] > 0, axis=1)
    halves, mean, square = sums[:, rows]
    some = np.maximum(halves, 1e-300)
    halves, mean, square = 0.5 * halves, mean / some, square / some
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    middle = np.exp((lowest + np.flatnonzero(rows) + 0.5) * step)[:, None]
    return np.concatenate([halves, halves]), np.concatenate([middle * (mean - spread), middle * (mean + spread)])


def leaving(const double[:, ::1] sources, const double[:, ::1] depths, const double[::1] d2, int width=8):
    """Sum over ways out of sources times e^(-d2 depths), at each d2.

    Parameters
    ----------
    sources, depths : shape (n, k)
        Of N that leave by n ways, at k energies.
    d2 : shape (q,)
        d^2.
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    Array of shape (q, k)
    """
    if sources.shape[0] != depths.shape[0] or sources.shape[1] != depths.shape[1]:
        raise ValueError("each source has a depth")
    cdef Py_ssize_t i
    sums = np.zeros((d2.shape[0], sources.shape[1]))
    cdef double[:, ::1] total = sums
    cdef double[::1] room = np.empty(VECTOR_LANES * depths.shape[1])
    cdef Leave leave = leave_of_width(vector_width(width))
    if depths.size and d2.size:
        with nogil:
            for i in range(d2.shape[0]):
                leave(depths.shape[0], <int> depths.shape[1], &sources[0, 0], &depths[0, 0], d2[i], &room[0],
                      &total[i, 0])
    return sums
