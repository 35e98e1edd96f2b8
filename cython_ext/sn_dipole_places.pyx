"""Rates at all places of a star from those at some: logarithms of smooth functions of the state of matter.

The rate at which N are made is, but for a smooth factor, the number of active neutrinos of their energy, so that the
logarithm of the ratio is what is interpolated; the rate of absorption is smooth by itself.
"""

import numpy as np

from libc.stdint cimport int32_t

from sn_dipole_neutrinos cimport PINCHED, Neutrinos, neutrinos_of
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "sn_dipole_places.h":
    ctypedef void (*Logarithms)(long, const double*, const Neutrinos*, const double*, const double*, double*,
                                double*) noexcept nogil
    ctypedef void (*FromNear)(long, long, const double*, const Neutrinos*, int, const int32_t*, const double*,
                              const double*, const double*, double*, double*) noexcept nogil
    Logarithms logarithms_of_width(int width) noexcept nogil
    FromNear from_near_of_width(int width) noexcept nogil


cdef Neutrinos neutrinos_at(Py_ssize_t i, const double[::1] T, const double[:, ::1] neutrinos,
                            const double[:, ::1] shapes) noexcept nogil:
    cdef Neutrinos around = neutrinos_of(T[i], neutrinos[i, 0], neutrinos[i, 1])
    if shapes.shape[1] == PINCHED:
        around.shapes = &shapes[i, 0]
    return around


def everywhere(const double[:, ::1] made, const double[:, ::1] absorbed, const int32_t[::1] known,
               const int32_t[:, ::1] nearest, const double[:, ::1] weights, const double[:, ::1] E_N,
               const double[::1] T, const double[:, ::1] neutrinos, const double[:, ::1] shapes, int width=8):
    """Rates at n places from those at m of them.

    Parameters
    ----------
    made, absorbed : shape (m, p)
        Rates at the known places, not negative.
    known : shape (m,)
        Which of the n places these are; their own rates are copied.
    nearest : shape (n, k)
        Known places, by number among the m, that each place's rates follow from.
    weights : shape (n, k)
        Of the logarithms of their rates.
    E_N : shape (n, p)
        Energies of N [MeV] at all places.
    T : shape (n,)
        Temperature [MeV].
    neutrinos, shapes :
        As of `sn_dipole_matter.exchange_rates`.
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    made, absorbed : arrays of shape (n, p)
    """
    cdef Py_ssize_t n = E_N.shape[0], p = E_N.shape[1], m = known.shape[0], columns = p + VECTOR_LANES, i
    if not T.shape[0] == neutrinos.shape[0] == shapes.shape[0] == nearest.shape[0] == weights.shape[0] == n:
        raise ValueError("energies, temperatures, neutrinos, shapes and what is near have a row for each place")
    if not made.shape[0] == absorbed.shape[0] == m or not made.shape[1] == absorbed.shape[1] == p:
        raise ValueError("rates have a row for each known place and a column for each energy")
    if neutrinos.shape[1] != 2 or shapes.shape[1] not in (0, PINCHED) or nearest.shape[1] != weights.shape[1]:
        raise ValueError(f"neutrinos have two columns, shapes {PINCHED} or none, and near places a weight each")
    if m and not (0 <= np.min(known) and np.max(known) < n):
        raise ValueError("known places are some of all")
    if np.size(nearest) and not (0 <= np.min(nearest) and np.max(nearest) < m):
        raise ValueError("near places are some of the known ones")
    makes, takes = np.zeros((n, p)), np.zeros((n, p))
    if n == 0 or p == 0 or m == 0 or nearest.shape[1] == 0:
        return makes, takes
    pads = (0, 0), (0, VECTOR_LANES)
    cdef double[:, ::1] all_made = makes, all_absorbed = takes, E = np.pad(E_N, pads, mode="edge")
    cdef double[:, ::1] padded_made = np.pad(made, pads, mode="edge"), padded = np.pad(absorbed, pads, mode="edge")
    cdef double[:, ::1] log_made = np.empty((m, columns)), log_absorbed = np.empty((m, columns))
    cdef Logarithms logarithms = logarithms_of_width(vector_width(width))
    cdef FromNear from_near = from_near_of_width(vector_width(width))
    cdef Neutrinos around
    with nogil:
        for i in range(m):
            around = neutrinos_at(known[i], T, neutrinos, shapes)
            logarithms(p, &E[known[i], 0], &around, &padded_made[i, 0], &padded[i, 0], &log_made[i, 0],
                       &log_absorbed[i, 0])
        for i in range(n):
            around = neutrinos_at(i, T, neutrinos, shapes)
            from_near(p, columns, &E[i, 0], &around, <int> nearest.shape[1], &nearest[i, 0], &weights[i, 0],
                      &log_made[0, 0], &log_absorbed[0, 0], &all_made[i, 0], &all_absorbed[i, 0])
    makes[np.asarray(known)], takes[np.asarray(known)] = made, absorbed
    return makes, takes
