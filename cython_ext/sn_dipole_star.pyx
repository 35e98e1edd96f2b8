"""Rates of nu e -> N e at many energies and masses in the same electrons.

The rate of sn_dipole.pyx is Int dQ2 Int dx/2x over x > x0 = (M^2 + Q2)/4E, and its integrand a polynomial in E,
h = (Q2 + M^2)/2 and M^2, whose coefficients know the electrons, Q2 and x alone.  So, at each Q2, four running integrals
over x serve all energies and masses.

Over Q2 goes the trapezoidal rule in tau, Q2 = k^2 e^(tau - e^-tau): nothing is left at either end, and the error falls
exponentially with the number of rows.  The nearest singularity, the pole of the electrons' occupation, is about
atan(pi T/mu) off the real axis.

Everything is per d^2, energies in MeV.
"""

import numpy as np

from libc.math cimport M_PI, atan2, exp, fmax, isfinite, log, sqrt
from libc.stdlib cimport free, malloc

from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms
from status cimport NOT_FINITE, OK, OUT_OF_DOMAIN
from vector_math cimport vector_width

cdef extern from "sn_dipole_star.h":
    cdef enum:
        BLOCK
        MOST_NODES
    ctypedef struct Electrons:
        double T, mu, m
        int pauli
    ctypedef struct Line:
        int cells
        double start, step, over_T
        double* x
        double* log_x
    ctypedef struct Sums:
        pass
    ctypedef void (*Row)(long, const Line*, int, const Electrons*, const Polylogarithms*, double, double, Sums*,
                         const double*, const double*, double*) noexcept nogil
    Row row_of_width(int width) noexcept nogil

cdef double FIRST = -2.4        # tau of the first row: Q2 = 1e-6 k^2
cdef double TOP = 45.0          # x goes so many temperatures above the Fermi energy
cdef double TAIL = 20.0         # of which so many are needed above the least x of a rate
cdef double E_TOP = 2500.0      # largest energy that there are nodes for
cdef double DEGENERATE = 50.0   # mu_e/T above which there would be more rows and nodes than is worth it


cdef inline double place(double x, const Line* line) noexcept nogil:
    """Number of the cell that x is in, with a fraction."""
    return (log(x) + x * line.over_T) / line.step - line.start


cdef bint lay(Line* line, double T, double low, double top, double step) noexcept nogil:
    """Nodes from low to top; False if there are too many."""
    cdef double s, value, x = low
    cdef int i, k
    line.step, line.over_T = step, 1.0 / T
    line.start = (log(low) + low / T) / step
    s = (log(top) + top / T) / step - line.start
    if not s < MOST_NODES // 2 - 2:
        return False
    line.cells = <int> s + 1
    for i in range(line.cells + 1):
        value = log(x)
        for k in range(3):          # Newton: ln x + x/T = (start + i) step
            value += ((line.start + i) * step - value - x / T) / (1.0 + x / T)
            x = exp(value)
        line.log_x[2 * i], line.x[2 * i] = value, x
    for i in range(line.cells):
        line.log_x[2 * i + 1] = 0.5 * (line.log_x[2 * i] + line.log_x[2 * i + 2])
        line.x[2 * i + 1] = exp(line.log_x[2 * i + 1])
    for i in range(2 * line.cells + 1, 2 * line.cells + 1 + BLOCK):
        line.x[i] = line.x[2 * line.cells]
    return True


cdef bint rates_of_state(const Electrons* by, double k2, double row_step, double step, const Polylogarithms* series,
                         Row add, Line* line, Sums* sums, long n, const double* E, const double* M2, double fastest,
                         double* totals) noexcept nogil:
    """Rates without alpha/2 pi^2 E^2 of n points in one state; False if its nodes are too many."""
    cdef double top = fmax(by.mu, 0.0) + TOP * by.T, h = row_step * atan2(M_PI * by.T, by.mu), tau = FIRST, Q2, shape
    cdef double weight
    cdef int first
    if not lay(line, by.T, k2 * exp(FIRST - exp(-FIRST)) / (4.0 * E_TOP), top, step):
        return False
    while True:
        Q2 = k2 * exp(tau - exp(-tau))
        if Q2 > 4.0 * fastest * top:
            return True
        first = <int> fmax(place(Q2 / (4.0 * E_TOP), line), 0.0)
        shape = Q2 / (Q2 + k2)
        weight = 2.0 * h * (1.0 + exp(-tau)) * shape * shape        # dQ2/Q2 = (1 + e^-tau) dtau
        add(n, line, first, by, series, Q2, weight, sums, E, M2, totals)
        tau += h


def evaluate(const double[:, ::1] states, const double[:, ::1] points, double m, double alpha, bint pauli,
             double row_step, double step, const double[::1] li2, const double[::1] li3, int width=8):
    """Gamma/d^2 [MeV^3] of nu e -> N e in n electron gases, at p points each.

    Parameters
    ----------
    states : shape (n, 3)
        T, mu_e, k^2 (screening) in MeV and MeV^2.
    points : shape (p, 2)
        Energy of the neutrino and mass of N [MeV].
    row_step : float
        Distance of rows in tau, in units of the angle under which the electrons' pole is seen: the error of the rule
        is about e^(-2 pi/row_step).
    step : float
        Of nodes, in ln x + x/T; the error of their cubics is about step^4/700.
    li2, li3 : power series of fermi_dirac.pxd
    width : 8, 4 or 2
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    value, status : arrays of shape (n, p); OUT_OF_DOMAIN where the nodes do not reach (0, not computed)
    """
    if states.shape[1] != 3 or points.shape[1] != 2:
        raise ValueError("states need 3 columns, points 2")
    if li2.shape[0] != FERMI_DIRAC_TERMS or li3.shape[0] != FERMI_DIRAC_TERMS:
        raise ValueError(f"the series need {FERMI_DIRAC_TERMS} coefficients")
    if not (row_step > 0.01 and step > 0.01):
        raise ValueError("steps must be above 0.01")
    cdef Py_ssize_t n = states.shape[0], p = points.shape[0], i, j
    values, codes = np.zeros((n, p)), np.full((n, p), OUT_OF_DOMAIN, dtype=np.int8)
    energies, squares = np.ascontiguousarray(np.asarray(points)[:, 0]), np.asarray(points)[:, 1] ** 2
    cdef double[:, ::1] value = values
    cdef signed char[:, ::1] status = codes
    cdef double[::1] E = energies, M2 = squares
    cdef double fastest = min(energies.max(initial=0.0), E_TOP), least
    cdef Polylogarithms series
    cdef Electrons by
    cdef Row add = row_of_width(vector_width(width))
    cdef Line* line
    cdef Sums* sums
    if n == 0 or p == 0:
        return values, codes
    for i in range(FERMI_DIRAC_TERMS):
        series.li2[i], series.li3[i] = li2[i], li3[i]
    line, sums = <Line*> malloc(sizeof(Line)), <Sums*> malloc(MOST_NODES * sizeof(Sums))
    if line == NULL or sums == NULL:
        free(line)
        free(sums)
        raise MemoryError
    with nogil:
        for i in range(n):
            by = Electrons(states[i, 0], states[i, 1], m, pauli)
            if not (by.T > 0.0 and states[i, 2] > 0.0 and by.mu < DEGENERATE * by.T):
                continue
            if not rates_of_state(&by, states[i, 2], row_step, step, &series, add, line, sums, p, &E[0], &M2[0],
                                  fastest, &value[i, 0]):
                continue
            for j in range(p):
                # the electron needs x0, and with blocking the Fermi energy and what it must give to N
                least = fmax((M2[j] + 2.0 * m * sqrt(M2[j])) / (4.0 * E[j]),
                             by.mu + fmax(sqrt(M2[j]) - E[j], 0.0) if pauli else by.mu)
                if M2[j] > 4.0 * E[j] * E[j] and pauli:
                    least = fmax(least, by.mu + M2[j] / (4.0 * E[j]))
                if E[j] > E_TOP or E[j] <= 0.0 or least + TAIL * by.T > fmax(by.mu, 0.0) + TOP * by.T:
                    value[i, j] = 0.0
                    continue
                value[i, j] *= alpha / (19.739208802178716 * E[j] * E[j])        # 2 pi^2
                status[i, j] = OK if isfinite(value[i, j]) else NOT_FINITE
    free(line)
    free(sums)
    return values, codes
