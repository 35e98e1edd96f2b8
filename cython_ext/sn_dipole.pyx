"""Sterile neutrinos made by a magnetic moment: nu e -> N e in vacuum and in a hot, dense electron gas.

arXiv:2302.10965, Eqs. (2), (A1).  The medium rate is a four-dimensional integral.  Here it is two-dimensional: at
fixed momentum transfer the electrons' side is a quadratic polynomial of the electron's energy times f(E2) [1 - f(E4)],
which integrates in closed form (fermi_tail.pxd); two integrals over the transfer are left.  Their variables are
Q2 = -t and the light-cone transfer x = (q - q0)/2, with dq0 dq = dQ2 dx/2x.  The neutrinos' kinematics is then
x >= (M^2 + Q2)/4E, and the least electron energy is X + m^2/4X with X = x (1 + sqrt(1 + 4 m^2/Q2))/2.

Everything is per d^2, energies in MeV.
"""

import numpy as np

from libc.math cimport exp, fabs, fmax, isfinite, log, sqrt

from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms
from quadrature cimport node, weight
from status cimport NOT_FINITE, OK, OUT_OF_DOMAIN
from vector_math cimport VECTOR_LANES, vector_width

# The integrand at many transfers, in C for its `restrict` and for versions with wider vectors (vector_math.pxd).
cdef extern from "sn_dipole.h":
    cdef enum:
        NODES
    ctypedef struct Scattering:
        double E, T, mu, M, m
        int pauli
    ctypedef double (*NodeSum)(int, const Scattering*, const Polylogarithms*, const double*, const double*,
                               const double*) noexcept nogil
    NodeSum node_sum_of_width(int width) noexcept nogil

cdef enum:
    MAX_ENDS = 18            # panels of the Q2 integral
    ROW = 5                  # E, T, mu_e, screening k^2, M

cdef double TAIL = 20.0      # electrons are followed so many temperatures above the Fermi energy or the threshold
cdef double NOBODY = 600.0   # nor is there anyone so many above it: e^-600 of the electrons, near the end of numbers
cdef double LONGEST = 12.0   # longest panel in ln(Q2 + k2); matters without screening
cdef double SHORTEST = 0.005  # shorter ones are joined with the next (light N: four times that, small Q2 hardly counts)
cdef double NEAR = 16.0      # below Q2 = NEAR m^2 the electron's mass bends the integrand

# Where panels end, in temperatures from the energy in question.
cdef double[3] HOLES = [-9.0, -3.0, 3.0]            # the struck electron's energy from the Fermi energy
cdef double[4] STERILE = [-6.0, 0.0, 6.0, 16.0]     # energy of N from the neutrino's
cdef double[3] NO_TRANSFER = [0.0, -7.0, 7.0]       # energy transfer from zero


cdef struct Rule:
    int n               # Gauss nodes and weights on [-1, 1], for both variables
    const double* x
    const double* w


cdef inline void transfer_range(double S, double m, double M, double* low, double* high) noexcept nogil:
    """Kinematic range of Q2 at S = s - m^2; empty (0, -1) below the threshold s = (M + m)^2."""
    cdef double s = S + m * m, root, k1, E3
    low[0], high[0] = 0.0, -1.0
    if S <= M * (M + 2.0 * m):
        return
    root = sqrt(s)
    k1 = 0.5 * S / root
    E3 = 0.5 * (s + M * M - m * m) / root
    high[0] = 2.0 * k1 * (E3 + sqrt(fmax(E3 * E3 - M * M, 0.0))) - M * M
    low[0] = M * M * M * M * m * m / (s * high[0])


cdef double vacuum_point(double S, double m, double M, double k2, double alpha, const Rule* rule) noexcept nogil:
    """sigma/d^2 at S = s - m^2 (docs/sn_dipole.md, Formulae): the integrand is (a Q^4 + b Q^2 + c)/(Q^2 + k^2)^2.

    In closed form, whose terms cancel where the screening is stronger than any transfer; there the integrand is smooth
    enough for one Gauss rule.
    """
    cdef double low, high, a, b, c, u, v, Q2, M2 = M * M, total = 0.0
    cdef int i
    transfer_range(S, m, M, &low, &high)
    if high < low:
        return 0.0
    a = M2 / (S * S) - 2.0 / S
    b = 2.0 + M2 * (M2 - 2.0 * S - 2.0 * m * m) / (S * S)
    c = -2.0 * m * m * M2 * M2 / (S * S)
    if high < 0.5 * k2:
        for i in range(rule.n):
            Q2 = node(low, high, rule.x[i])
            total += weight(low, high, rule.w[i]) * ((a * Q2 + b) * Q2 + c) / ((Q2 + k2) * (Q2 + k2))
        return 2.0 * alpha * total
    u, v = low + k2, high + k2
    return 2.0 * alpha * (
        a * (high - low) + (b - 2.0 * a * k2) * log(v / u) + (k2 * (a * k2 - b) + c) * (high - low) / (u * v)
    )


cdef struct Nodes:          # waiting to be evaluated together
    int n
    double total            # of those that have been
    double[NODES] Q
    double[NODES] u
    double[NODES] weight


cdef struct Evaluator:      # how nodes are evaluated: the same for all rows
    NodeSum node_sum
    Polylogarithms series
    Nodes nodes


cdef void flush(Evaluator* by, const Scattering* p) noexcept nogil:
    """Evaluate the nodes that wait."""
    cdef Nodes* wait = &by.nodes
    while wait.n % VECTOR_LANES:
        wait.Q[wait.n], wait.u[wait.n], wait.weight[wait.n] = wait.Q[wait.n - 1], wait.u[wait.n - 1], 0.0
        wait.n += 1
    wait.total += by.node_sum(wait.n, p, &by.series, wait.Q, wait.u, wait.weight)
    wait.n = 0


cdef inline void insert(double value, double* ends, int* count) noexcept nogil:
    """Put a value into an ascending list."""
    cdef int k = count[0]
    while k > 0 and ends[k - 1] > value:
        ends[k] = ends[k - 1]
        k -= 1
    ends[k] = value
    count[0] += 1


cdef void transfer_line(
    double Q2, double weight_Q2, double x_max, const Scattering* p, const Rule* rule, Evaluator* by
) noexcept nogil:
    """Nodes of Int dx/2x at fixed Q2, on both sides of the Fermi energy.

    The variable u = (Q - 2x)/(Q + 2x) = tanh(rapidity of the transfer / 2) takes up the 1/q^2 of the integrand.
    """
    cdef double Q = sqrt(Q2), factor = 0.5 * (1.0 + sqrt(1.0 + 4.0 * p.m * p.m / Q2))
    cdef double start = (p.M * p.M + Q2) / (4.0 * p.E), stop = x_max / factor
    cdef double fermi_edge = (p.mu + 2.0 * p.T) / factor
    cdef double low, high, edge
    cdef double[5] ends
    cdef int panel, i, count = 0
    cdef Nodes* wait = &by.nodes
    if stop <= start:
        return
    if Q > 8.0 * p.T:                       # blocking makes a kink of width T where no energy is transferred
        for i in range(3 if Q > 20.0 * p.T else 1):
            edge = NO_TRANSFER[i] * p.T
            edge = 0.5 * (sqrt(edge * edge + Q2) - edge)    # x at q0 = edge
            if start < edge < stop:
                insert(edge, ends, &count)
    if fermi_edge > 1.05 * start:
        insert(fermi_edge, ends, &count)
    insert(stop, ends, &count)
    low = (Q - 2.0 * start) / (Q + 2.0 * start)
    for panel in range(count):
        high = (Q - 2.0 * ends[panel]) / (Q + 2.0 * ends[panel])
        if wait.n + rule.n > NODES:
            flush(by, p)
        for i in range(rule.n):
            wait.Q[wait.n + i] = Q
            wait.u[wait.n + i] = node(high, low, rule.x[i])
            wait.weight[wait.n + i] = weight_Q2 * weight(high, low, rule.w[i])
        wait.n += rule.n
        low = high


cdef inline void insert_inside(double value, double first, double last, double* ends, int* count) noexcept nogil:
    """The same for a value between two others only."""
    if first < value < last:
        insert(value, ends, count)


cdef int transfer_panels(const Scattering* p, double k2, double x_max, double* ends) noexcept nogil:
    """Ends of the panels in ln(Q2 + k2), ascending; returns how many (0: nothing to integrate).

    The integrand bends where the fastest electrons that are there (Fermi energy + 3 T) no longer reach the transfer,
    where the struck electron ends at the Fermi energy although it is hit head-on (E4 = Q2/4x there), where Q = 2 mu,
    the largest transfer between two states on the Fermi surface, near Q = m, and in strongly degenerate matter where N
    goes forward or backward with about the neutrino's energy (or at rest, if that is not enough).
    """
    cdef double E = p.E, T = p.T, mu = p.mu, M = p.M, m = p.m, low, high, first, last, edge, momentum, shift
    cdef int count = 0, k
    transfer_range(4.0 * E * x_max, m, M, &low, &high)
    if high <= low:
        return 0
    first, last = log(low + k2), log(high + k2)
    insert(first, ends, &count)
    insert(last, ends, &count)
    transfer_range(4.0 * E * (x_max + (3.0 - TAIL) * T), m, M, &low, &high)
    if high > low:
        insert_inside(log(low + k2), first, last, ends, &count)
        insert_inside(log(high + k2), first, last, ends, &count)
    for k in range(3):
        edge = mu + HOLES[k] * T
        if edge <= 0.0 or edge >= E:
            continue
        insert_inside(log(edge * M * M / (E - edge) + k2), first, last, ends, &count)
    if mu > 0.0:
        insert_inside(log(4.0 * mu * mu + k2), first, last, ends, &count)
    if mu > 8.0 * T:
        for k in range(4):
            edge = fmax(E, M) + STERILE[k] * T
            if edge <= M or (k == 3 and E > M):
                continue
            momentum = sqrt(edge * edge - M * M)
            shift = (edge - E) * (edge - E)
            insert_inside(log(fmax((E + momentum) * (E + momentum) - shift, 0.0) + k2), first, last, ends, &count)
            insert_inside(log(fmax((E - momentum) * (E - momentum) - shift, 0.0) + k2), first, last, ends, &count)
    insert_inside(log(NEAR * m * m + k2), first, last, ends, &count)
    return count


cdef double rate_point(const Scattering* p, double k2, double alpha, const Rule* rule, Evaluator* by) noexcept nogil:
    """Gamma/d^2 [MeV^3] of a neutrino of energy E, Eq. (A1)."""
    cdef double M = p.M, threshold = M * (M + 2.0 * p.m) / (4.0 * p.E), x_max, give = fmax(M - p.E, 0.0)
    if M > 2.0 * p.E:
        give = M * M / (4.0 * p.E)
    # With blocking the electron ends above the Fermi energy, so it starts higher by the energy that it must give to N.
    x_max = fmax(threshold, p.mu + give if p.pauli else p.mu) + TAIL * p.T
    cdef double shortest = SHORTEST if M * M > k2 else 4.0 * SHORTEST
    cdef double low, step, u, Q2
    cdef double[MAX_ENDS] ends
    cdef int count = transfer_panels(p, k2, x_max, ends), k, piece, pieces, i
    if count == 0 or threshold - p.mu > NOBODY * p.T:
        return 0.0
    by.nodes.n, by.nodes.total = 0, 0.0
    low = ends[0]
    for k in range(1, count):
        if ends[k] - low < shortest and k < count - 1:
            continue
        pieces = 1 + <int> ((ends[k] - low) / LONGEST)
        step = (ends[k] - low) / pieces
        for piece in range(pieces):
            for i in range(rule.n):
                u = exp(node(low + piece * step, low + (piece + 1) * step, rule.x[i]))
                Q2 = u - k2
                if Q2 > 0.0:
                    transfer_line(Q2, 0.5 * step * rule.w[i] * Q2 * Q2 / u, x_max, p, rule, by)
        low = ends[k]
    flush(by, p)
    return by.nodes.total * alpha / (19.739208802178716 * p.E * p.E)     # 2 pi^2


cdef Polylogarithms load_series(const double[::1] li2, const double[::1] li3):
    cdef Polylogarithms series
    cdef int i
    for i in range(FERMI_DIRAC_TERMS):
        series.li2[i] = li2[i]
        series.li3[i] = li3[i]
    return series


def series_terms():
    """How many coefficients the polylogarithm series need."""
    return FERMI_DIRAC_TERMS


def evaluate(const double[:, ::1] rows, double m, double alpha, bint pauli, const double[:, ::1] fine,
             const double[:, ::1] coarse, const double[::1] li2, const double[::1] li3, int width=8):
    """Gamma/d^2 [MeV^3] of nu e -> N e in an electron gas.

    Parameters
    ----------
    rows : shape (n, 5)
        E, T, mu_e, k^2 (screening), M in MeV and MeV^2.
    fine, coarse : shape (2, nodes)
        Gauss nodes and weights on [-1, 1]; the error is the difference of the two rules, and 0 without `coarse`,
        of shape (2, 0).
    li2, li3 : shape (series_terms(),)
        Power series of fermi_dirac.pxd.
    width : 8, 4 or 2
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    value, error, status : arrays of shape (n,)
    """
    if rows.shape[1] != ROW or fine.shape[0] != 2 or coarse.shape[0] != 2:
        raise ValueError("rows need 5 columns, rules 2 rows")
    if max(fine.shape[1], coarse.shape[1]) > NODES:
        raise ValueError(f"rules have {NODES} nodes at most")
    if li2.shape[0] != FERMI_DIRAC_TERMS or li3.shape[0] != FERMI_DIRAC_TERMS:
        raise ValueError(f"the series need {FERMI_DIRAC_TERMS} coefficients")
    cdef Py_ssize_t count = rows.shape[0], i
    values, errors, states = np.empty(count), np.empty(count), np.empty(count, dtype=np.int8)
    cdef double[::1] value = values, error = errors
    cdef signed char[::1] status = states
    cdef Scattering p = Scattering(0.0, 0.0, 0.0, 0.0, m, pauli)
    cdef Rule best = Rule(<int> fine.shape[1], &fine[0, 0], &fine[1, 0])
    cdef Rule second = best
    cdef bint compare = coarse.shape[1] > 0
    cdef Evaluator by
    cdef double k2
    by.node_sum, by.series = node_sum_of_width(vector_width(width)), load_series(li2, li3)
    if compare:
        second = Rule(<int> coarse.shape[1], &coarse[0, 0], &coarse[1, 0])
    with nogil:
        for i in range(count):
            p.E, p.T, p.mu, k2, p.M = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], rows[i, 4]
            if not (p.E > 0.0 and p.T > 0.0 and k2 >= 0.0 and p.M >= 0.0 and k2 + p.M > 0.0):
                value[i], error[i], status[i] = 0.0, 0.0, OUT_OF_DOMAIN
                continue
            value[i] = rate_point(&p, k2, alpha, &best, &by)
            error[i] = fabs(value[i] - rate_point(&p, k2, alpha, &second, &by)) if compare else 0.0
            status[i] = OK if isfinite(value[i]) and isfinite(error[i]) else NOT_FINITE
    return values, errors, states


def vacuum_cross_section(const double[:, ::1] rows, double alpha, const double[:, ::1] gauss):
    """sigma/d^2 of nu + target -> N + target; rows (S = s - m^2, m, M, k^2), shape (n, 4), in MeV; shape (n,).

    gauss : shape (2, nodes), Gauss nodes and weights on [-1, 1]
    """
    if rows.shape[1] != 4 or gauss.shape[0] != 2:
        raise ValueError("rows need 4 columns, the rule 2 rows")
    cdef Py_ssize_t i
    values = np.empty(rows.shape[0])
    cdef double[::1] value = values
    cdef Rule rule = Rule(<int> gauss.shape[1], &gauss[0, 0], &gauss[1, 0])
    with nogil:
        for i in range(rows.shape[0]):
            value[i] = vacuum_point(rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], alpha, &rule)
    return values
