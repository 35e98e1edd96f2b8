"""What becomes of the sterile neutrinos: decay N -> nu gamma on the way, arrival in a time window.

arXiv:2302.10965, Eqs. (3)-(6).  The moment d enters through the decay length alone, L = p hbar c/(M Gamma_N) with
Gamma_N ~ d^2.  So everything that a signal needs besides d is worked out once per mass (nodes and weights over the
parents), and a point in d is one pass over those nodes.
"""

import numpy as np

from libc.math cimport exp, expm1, fabs, fmax, fmin, isfinite, log1p, sqrt
from libc.stdint cimport int64_t, uint64_t

from philox cimport uniforms
from status cimport NOT_FINITE, OK
from vector_math cimport vector_width

# The sum over nodes for one d, in versions for wider vectors (vector_math.pxd).
cdef extern from "sn_dipole_flux.h":
    ctypedef struct Decays:
        double total, coarse
    ctypedef Decays (*DecaySum)(long, double, const double*) noexcept nogil
    DecaySum decay_sum_of_width(int width) noexcept nogil


cdef inline double growth(double w) noexcept nogil:
    """w - (1 - e^-w) for w >= 0 without cancellation."""
    if w < 0.03:
        return w * w * (0.5 - w * (1.0 / 6.0 - w * (1.0 / 24.0 - w * (1.0 / 120.0 - w / 720.0))))
    return w + expm1(-w)


cdef inline double band_exact(double low, double high, double R, double D, double slope, double L) noexcept nogil:
    """Int_low^high dE_g [e^(-R/L) - e^(-Lmax/L)]_+ with Lmax = min(slope E_g, D), in closed form.

    With u = (slope E_g - R)/L the integral of 1 - e^-u from u to u + w is growth(w) + (1 - e^-u)(1 - e^-w): no
    cancellation.
    """
    cdef double start = fmax(low, R / slope), bend = fmin(high, D / slope), w, total = 0.0
    if D <= R or start >= high:
        return 0.0
    if bend > start:
        w = (bend - start) * slope / L
        total = L / slope * (growth(w) + expm1(-fmax(start * slope - R, 0.0) / L) * expm1(-w))
    if high > bend:
        total -= (high - fmax(start, bend)) * expm1(-(D - R) / L)
    return total * exp(-R / L)


cdef inline double band_bound(double low, double high, double R, double longest, double L) noexcept nogil:
    """The same with one Lmax for all daughters."""
    if longest <= R or high <= low:
        return 0.0
    return -(high - low) * expm1(-(longest - R) / L) * exp(-R / L)


cdef tuple answers(Py_ssize_t count):
    """Arrays for value, error and status."""
    return np.empty(count), np.empty(count), np.empty(count, dtype=np.int8)


cdef void store(Py_ssize_t i, double total, double coarse, double[::1] value, double[::1] error,
                signed char[::1] status) noexcept nogil:
    """Answer number i: a sum, its distance from the coarser rule's, and whether both are numbers."""
    value[i], error[i] = total, fabs(total - coarse)
    status[i] = OK if isfinite(total) and isfinite(coarse) else NOT_FINITE


def fluence(const double[::1] d, const double[:, ::1] nodes, double R, double D, double length, bint exact):
    """Daughters of one band that arrive, Int dE g/p Int dE_g [...]_+ (Eq. 6 times 4 pi D^2), for many d.

    Parameters
    ----------
    d : shape (n,)
    nodes : shape (m, 6)
        Per parent: momentum p, lower and upper end of its daughters in the band, slope Lmax/E_g (`exact`) or Lmax
        itself, weight (g/p times the quadrature's weight), and that weight by a coarser rule.
    R, D : photosphere and distance [cm];  length : L d^2/p [cm/MeV^3]

    Returns
    -------
    value, error, status : arrays of shape (n,), per d^2
    """
    cdef Py_ssize_t i, j
    cdef double total, coarse, band, per_p
    values, errors, states = answers(d.shape[0])
    cdef double[::1] value = values, error = errors
    cdef signed char[::1] status = states
    if nodes.shape[1] != 6:
        raise ValueError("nodes need 6 columns")
    with nogil:
        for i in range(d.shape[0]):
            total, coarse, per_p = 0.0, 0.0, length / (d[i] * d[i])
            for j in range(nodes.shape[0]):
                if exact:
                    band = band_exact(nodes[j, 1], nodes[j, 2], R, D, nodes[j, 3], per_p * nodes[j, 0])
                else:
                    band = band_bound(nodes[j, 1], nodes[j, 2], R, nodes[j, 3], per_p * nodes[j, 0])
                total += nodes[j, 4] * band
                coarse += nodes[j, 5] * band
            store(i, total, coarse, value, error, status)
    return values, errors, states


def decays(const double[::1] d, const double[:, ::1] nodes, int width=8):
    """Sum of w e^(-d^2 a) (1 - e^(-d^2 b)): parents that survive until a and decay until b later, for many d.

    Parameters
    ----------
    d : shape (n,);  nodes : shape (m, 4), columns a, b, weight, weight by a coarser rule
    width : 8, 4 or 2 numbers in a vector, at most; digits do not depend on it

    Returns
    -------
    value, error, status : arrays of shape (n,)
    """
    cdef Py_ssize_t i
    cdef Decays found
    cdef DecaySum decay_sum = decay_sum_of_width(vector_width(width))
    values, errors, states = answers(d.shape[0])
    cdef double[::1] value = values, error = errors
    cdef signed char[::1] status = states
    if nodes.shape[1] != 4:
        raise ValueError("nodes need 4 columns")
    with nogil:
        for i in range(d.shape[0]):
            found = decay_sum(nodes.shape[0], d[i] * d[i], &nodes[0, 0] if nodes.shape[0] else NULL)
            store(i, found.total, found.coarse, value, error, status)
    return values, errors, states


def decays_in_parts(const double[::1] d, const double[:, ::1] nodes, const int64_t[::1] ends, int width=8):
    """The same sums over parts of the nodes, rows ends[k] to ends[k + 1] - 1, without errors.

    Returns
    -------
    value : shape (n, parts);  status : shape (n,)
    """
    cdef Py_ssize_t i, k, parts = ends.shape[0] - 1
    cdef DecaySum decay_sum = decay_sum_of_width(vector_width(width))
    values, states = np.empty((d.shape[0], parts)), np.zeros(d.shape[0], dtype=np.int8)
    cdef double[:, ::1] value = values
    cdef signed char[::1] status = states
    if nodes.shape[1] != 4:
        raise ValueError("nodes need 4 columns")
    if ends[0] < 0 or ends[parts] > nodes.shape[0] or np.any(np.diff(ends) < 0):
        raise ValueError("ends must ascend inside the nodes")
    with nogil:
        for i in range(d.shape[0]):
            for k in range(parts):
                value[i, k] = 0.0
                if ends[k + 1] > ends[k]:
                    value[i, k] = decay_sum(ends[k + 1] - ends[k], d[i] * d[i], &nodes[ends[k], 0]).total
                if not isfinite(value[i, k]):
                    status[i] = NOT_FINITE
    return values, states


def monte_carlo(const double[::1] cumulative, const double[::1] log_E, uint64_t seed, uint64_t first, uint64_t count,
                double M, double length, double R, double D, double window, double E_min, double E_max):
    """Decays in flight with the whole geometry of Eqs. (3) and (5), particle by particle.

    A parent's energy E = (E_N + p)/2 is drawn from a table of its distribution; its decay point from the exponential
    law, restricted to where a daughter can still be in time (the particle carries the probability as a weight); the
    daughter's energy from the box.  The daughter counts if it crosses the sphere of radius D through the Earth in the
    band and inside the window.  No small-angle expansion.

    Parameters
    ----------
    cumulative, log_E : shape (m,)
        Distribution function of the parents, ascending from 0 to 1, and ln E.
    seed, first, count : particles first ... first + count - 1 of that seed
    length : L/p [cm/MeV];  R, D, window : [cm]

    Returns
    -------
    sum of weights, sum of their squares, largest arrival angle [rad]
    """
    cdef uint64_t i, index
    cdef Py_ssize_t low, high, middle
    cdef double x, E, p, E_N, L, reach, longest, weight, L1, E_g, K, K_min, s2, root, delay
    cdef double u, v, unused, total = 0.0, squares = 0.0, angle = 0.0
    with nogil:
        for i in range(count):
            index = first + i
            uniforms(seed, index, 0, &x, &u)
            uniforms(seed, index, 1, &v, &unused)
            low, high = 0, cumulative.shape[0] - 1
            while high - low > 1:
                middle = (low + high) // 2
                if cumulative[middle] <= x:
                    low = middle
                else:
                    high = middle
            x = (x - cumulative[low]) / (cumulative[high] - cumulative[low])
            E = exp(log_E[low] + (log_E[high] - log_E[low]) * x)
            p, E_N = E - 0.25 * M * M / E, E + 0.25 * M * M / E
            L = length * p
            K_min = M * M / (p * (E_N + p))                    # 1/beta - 1
            longest = fmin(D, 2.0 * window / K_min)            # none in time comes from farther, even off the axis
            if longest <= R:
                continue
            reach = -expm1(-(longest - R) / L)
            weight = exp(-R / L) * reach
            L1 = R - L * log1p(-u * reach)
            E_g = E - p * v
            if E_g < E_min or E_g > E_max:
                continue
            K = 0.5 * M * M / (E_g * p)                        # 1/beta - cos(alpha)
            s2 = (K - K_min) * (2.0 - K + K_min)               # sin^2(alpha)
            root = D * D - L1 * L1 * s2
            if root < 0.0:
                continue
            delay = L1 * K - L1 * L1 * s2 / (D + sqrt(root))
            if delay > window:
                continue
            total += weight
            squares += weight * weight
            angle = fmax(angle, L1 / D * sqrt(fmax(s2, 0.0)))
    return total, squares, angle
