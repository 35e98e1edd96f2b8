"""Nodes over the energies of parents, and how many parents there are (their splines): what all signals of the
daughters begin with.

Energies in MeV.
"""

import numpy as np

from libc.math cimport NAN, ceil, fmax, fmin, isfinite, log
from libc.stdint cimport int64_t

from vector_math cimport vector_width

cdef extern from "sn_dipole_nodes.h":
    ctypedef struct Spline:
        long intervals
        const double* knots
        const double* coefficients
    ctypedef void (*Density)(long, const double*, double, double, int, const Spline*, const Spline*,
                             double*) noexcept nogil
    Density density_of_width(int width) noexcept nogil
    ctypedef void (*Cubics)(long, long, const double*, const int64_t*, const double*, const double*,
                            double*) noexcept nogil
    Cubics cubics_of_width(int width) noexcept nogil
    ctypedef void (*Exponentials)(long, double*, double*, double*) noexcept nogil
    Exponentials exponentials_of_width(int width) noexcept nogil

cdef double ROUNDING = 1e-9     # of a piece that is too long by so little nobody makes two


cdef void edges_of(double low, double high, const double[:] breaks, double* edges) noexcept nogil:
    """ln of low, of the breaks, ascending and inside, and of high: breaks.shape[0] + 2 of them."""
    cdef Py_ssize_t count = 1, i, k
    cdef double value
    high = fmax(low, high)
    edges[0] = low
    for i in range(breaks.shape[0]):
        value = breaks[i]
        value = high if value > high else value if value > low else low
        k = count
        while k > 1 and edges[k - 1] > value:
            edges[k] = edges[k - 1]
            k -= 1
        edges[k] = value
        count += 1
    edges[count] = high
    for i in range(count + 1):
        edges[i] = log(edges[i])


def panels(const double[::1] low, const double[::1] high, const double[:, :] breaks, double longest,
           const double[::1] x, const double[::1] w, const double[::1] w_coarse, int width=8):
    """Gauss nodes in ln E over n ranges, cut at breaks and into pieces that are no longer than `longest`.

    Parameters
    ----------
    low, high : shape (n,)
        Ends of the ranges, above 0; a range is empty if `high` is not above `low`.
    breaks : shape (n, m)
        Where to cut, in any order, also outside.
    longest : longest piece in ln E
    x, w, w_coarse : nodes on [-1, 1], weights, and weights of a coarser rule, shape (order,)
    width : 8, 4 or 2
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    range, E, weight, coarse weight : arrays of shape (nodes,); number of the range, [MeV]
    """
    cdef Py_ssize_t n = low.shape[0], m = breaks.shape[1], order = x.shape[0], i, j, k, at = 0
    if high.shape[0] != n or breaks.shape[0] != n:
        raise ValueError("each range needs an upper end and breaks")
    if w.shape[0] != order or w_coarse.shape[0] != order:
        raise ValueError("each node needs two weights")
    if not longest > 0.0:
        raise ValueError("pieces must have a length")
    all_edges, counts = np.empty((n, m + 2)), np.empty((n, m + 1), dtype=np.int64)
    cdef double[:, ::1] edges = all_edges
    cdef int64_t[:, ::1] pieces = counts
    cdef int64_t piece, total = 0
    cdef double length, start
    cdef bint finite = True
    with nogil:
        for i in range(n):
            edges_of(low[i], high[i], breaks[i], &edges[i, 0])
            for j in range(m + 1):
                length = edges[i, j + 1] - edges[i, j]
                finite = finite and isfinite(length) and length < 1e6 * longest
                pieces[i, j] = <int64_t> ceil(length / longest - ROUNDING) if finite else 0
                total += pieces[i, j]
    if not finite:
        raise ValueError("ranges must be finite and above 0")
    ranges, energies = np.empty(total * order, dtype=np.int64), np.empty(total * order)
    weights, coarse_weights = np.empty(total * order), np.empty(total * order)
    if total == 0 or order == 0:
        return ranges, energies, weights, coarse_weights
    cdef int64_t[::1] which = ranges
    cdef double[::1] E = energies, fine = weights, coarse = coarse_weights
    cdef Exponentials exponentials = exponentials_of_width(vector_width(width))
    with nogil:
        for i in range(n):
            for j in range(m + 1):
                for piece in range(pieces[i, j]):
                    length = (edges[i, j + 1] - edges[i, j]) / pieces[i, j]
                    for k in range(order):
                        which[at] = i
                        E[at] = edges[i, j] + length * (piece + 0.5 * (1.0 + x[k]))
                        fine[at], coarse[at] = 0.5 * length * w[k], 0.5 * length * w_coarse[k]
                        at += 1
        exponentials(at, &E[0], &fine[0], &coarse[0])
    return ranges, energies, weights, coarse_weights


cdef Spline spline_of(const double[::1] knots, const double[:, ::1] coefficients) except *:
    """A spline; without intervals if there are no knots."""
    cdef Spline found = Spline(0, NULL, NULL)
    if knots.shape[0] == 0:
        return found
    if knots.shape[0] < 2 or coefficients.shape[0] != 4 or coefficients.shape[1] != knots.shape[0] - 1:
        raise ValueError("a spline needs 2 knots or more, and 4 coefficients between each")
    return Spline(<long> coefficients.shape[1], &knots[0], &coefficients[0, 0])


def density(const double[::1] E, double M, double low, bint jacobian, const double[::1] scattering_knots,
            const double[:, ::1] scattering, const double[::1] coalescence_knots, const double[:, ::1] coalescence,
            int width=8):
    """dN/dE of parents at E = (E_N + p)/2, from splines of logarithms.

    Parameters
    ----------
    E : shape (n,), above 0
    M : mass of the parents
    low : least E of scattering
    jacobian : whether scattering goes without the factor p/E
    scattering_knots, scattering : shape (k,), (4, k - 1)
        Knots in ln E and coefficients of ln G, the third power first; no knots: no scattering.
    coalescence_knots, coalescence : the same of ln(dN/dE_N / p) in the rapidity ln(2 E/M)
    width : 8, 4 or 2
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    Array of shape (n,)
    """
    cdef Spline first = spline_of(scattering_knots, scattering), second = spline_of(coalescence_knots, coalescence)
    values = np.empty(E.shape[0])
    cdef double[::1] value = values
    cdef Density evaluate = density_of_width(vector_width(width))
    if E.shape[0]:
        with nogil:
            evaluate(E.shape[0], &E[0], M, low, jacobian, &first, &second, &value[0])
    return values


def spectra_at(const double[:, ::1] logarithms, const double[:, :, ::1] cardinal, const int64_t[::1] at,
               const double[::1] u, const double[::1] factor, int width=8):
    """Many spectra, known by their logarithms at some nodes, at the same places each: cubics in u between the nodes.

    Parameters
    ----------
    logarithms : shape (n, k)
        Of n spectra at k nodes.
    cardinal : shape (4, intervals, k)
        Coefficients, the third power first, of the splines that are 1 at one node and 0 at the others.
    at : shape (m,)
        The interval of each place.
    u, factor : shape (m,)
        Distance of a place from the interval's beginning, and what its value is multiplied with.
    width : 8, 4 or 2
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    Array of shape (n, m); a row does not depend on the others
    """
    cdef Py_ssize_t n = logarithms.shape[0], k = logarithms.shape[1], m = at.shape[0], size = cardinal.shape[1]
    cdef Py_ssize_t i, j, c, node
    if cardinal.shape[0] != 4 or cardinal.shape[2] != k or u.shape[0] != m or factor.shape[0] != m:
        raise ValueError("each node needs its spline of four coefficients, each place a distance and a factor")
    if m and (np.min(at) < 0 or np.max(at) >= size):
        raise ValueError("places must be in one of the intervals")
    values = np.empty((n, m))
    if n == 0 or m == 0:
        return values
    cdef double[:, ::1] value = values
    cdef double[:, ::1] coefficients = np.empty((4, size))
    cdef Cubics evaluate = cubics_of_width(vector_width(width))
    cdef double total
    with nogil:
        for i in range(n):
            for c in range(4):
                for j in range(size):
                    total = 0.0
                    for node in range(k):
                        total += cardinal[c, j, node] * logarithms[i, node]
                    coefficients[c, j] = total
            evaluate(m, <long> size, &coefficients[0, 0], &at[0], &u[0], &factor[0], &value[i, 0])
    return values


cdef inline Py_ssize_t interval_of(double x, const double[::1] knots, Py_ssize_t at) noexcept nogil:
    """The interval between inner knots that x is in, the outermost beyond them; few steps from `at`."""
    while at < knots.shape[0] - 5 and x >= knots[at + 1]:
        at += 1
    while at > 3 and x < knots[at]:
        at -= 1
    return at


cdef inline void basis(double x, const double* knots, double* values) noexcept nogil:
    """The four cubic B-splines in the interval from knots[0] on (knots[-2] to knots[3] are used), by recurrence."""
    cdef int degree, i
    cdef double share, before
    values[0] = 1.0
    for degree in range(1, 4):
        before = 0.0
        for i in range(1, degree + 1):
            share = values[i - 1] / (knots[i] - knots[i - degree])
            values[i - 1] = before + share * (knots[i] - x)
            before = share * (x - knots[i - degree])
        values[degree] = before


def bicubic(const double[::1] x, const double[::1] y, const double[::1] x_knots, const double[::1] y_knots,
            const double[::1] coefficients):
    """A bicubic spline in B-splines at n points; constant beyond its ends.

    Parameters
    ----------
    x, y : shape (n,)
        Neighbours should be near each other.
    x_knots, y_knots, coefficients : shapes (k + 4,), (l + 4,), (k l,)
        As `tck` of scipy's RectBivariateSpline has them, each end four times.

    Returns
    -------
    Array of shape (n,)
    """
    cdef Py_ssize_t n = x.shape[0], columns = y_knots.shape[0] - 4, row = 3, column = 3, m
    cdef int i, j
    cdef double[4] of_x, of_y
    cdef double u, v, total, part
    if y.shape[0] != n:
        raise ValueError("x and y need the same shape")
    if x_knots.shape[0] < 8 or columns < 4 or coefficients.shape[0] != (x_knots.shape[0] - 4) * columns:
        raise ValueError("a bicubic spline needs 8 knots or more in each direction, and a coefficient for each pair")
    values = np.empty(n)
    cdef double[::1] value = values
    with nogil:
        for m in range(n):
            u = fmin(fmax(x[m], x_knots[3]), x_knots[x_knots.shape[0] - 4])
            v = fmin(fmax(y[m], y_knots[3]), y_knots[columns])
            row, column = interval_of(u, x_knots, row), interval_of(v, y_knots, column)
            basis(u, &x_knots[row], of_x)
            basis(v, &y_knots[column], of_y)
            total = 0.0
            for i in range(4):
                part = 0.0
                for j in range(4):
                    part += coefficients[(row - 3 + i) * columns + column - 3 + j] * of_y[j]
                total += of_x[i] * part
            value[m] = total if x[m] == x[m] and y[m] == y[m] else NAN
    return values
