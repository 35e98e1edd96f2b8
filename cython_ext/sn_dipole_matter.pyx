"""Exchange of sterile neutrinos with hot gases at many energies and masses of N in the same matter.

The rates are those of sn_dipole_best.pyx.  How a target answers to a transfer (q0, Q2) knows neither N nor the
neutrino, and what multiplies it is a polynomial in Q2 and 1/q^2, q^2 = Q2 + q0^2: with K = E1 + E_N

    L00/q^2 = [(K^2 - M^2) Q2 - M^2 (2 K q0 + q0^2 + M^2)]/2q^2
    L_T/2   = M^4/2 + M^2 Q2/4 - Q2^2/4 + (Q2/2) L00/q^2

So, on each of some lines of one q0, five running integrals over Q2 serve all energies and masses, and by detailed
balance q0 and -q0.  With A = s_L H00/q^2 + s_T H_T/2 over q^2 and H = s_T H_T, both times dQ2, the sum over them is

    (K^2 - M^2)/2 A Q2 - (M^2/2) (2 K q0 + q0^2 + M^2) A + (M^4/2) H/Q2 + (M^2/4) H - H Q2/4

Over q0 go Gauss rules on panels that widen away from q0 = 0.

Everything is per d^2, energies in MeV.
"""

import numpy as np

from libc.math cimport exp, fabs, fmax, fmin, log, sqrt
from libc.stdlib cimport free, malloc

from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms
from quadrature cimport node, weight
from sn_dipole_neutrinos cimport PINCHED, Neutrinos, neutrinos_of
from sn_dipole_response cimport GAS, NODES, Dawson, Gas, gas_of, reach
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "sn_dipole_matter.h":
    cdef enum:
        CELLS
        LINES
    ctypedef struct Steriles:
        int n
        const double* E
        const double* total
        const double* M2
        double* made
        double* taken
    ctypedef struct Line:
        int cells
        double q0, weight, low, high, k2, start, per_unit
    ctypedef struct Panel:
        int lines
        double low, high
        double* nodes
        double* weights
        double* scales
        Line* line
    ctypedef void (*AddPanel)(Panel*, int, const Gas*, const Polylogarithms*, const Dawson*, const Neutrinos*,
                              Steriles*) noexcept nogil
    ctypedef void (*Decay)(int, const double*, const double*, double, double, double, double, double, double,
                           const Neutrinos*, double*, double*) noexcept nogil
    AddPanel add_panel_of_width(int width) noexcept nogil
    Decay decay_of_width(int width) noexcept nogil

cdef enum:
    MOST_GASES = 4
    SPARE = 4               # cells of a line more than are needed: those at its end have another rule

cdef double TAIL = 32.0     # targets as well, above theirs or above the least energy that a transfer asks for
cdef double NEAR = 0.3      # widths of the transfer within which panels are wider and wider by `near`
cdef double STEPS = 20.0    # temperatures within which they are no longer than the longest


cdef struct Steps:          # of panels in q0, and of cells in ln(Q2 + k2)
    double first, near, far, longest, cells


cdef void lay(Line* line, int gases, const Gas* gas, double least, double most, double cells) noexcept nogil:
    """The cells of a line from the Q2 that targets of one of the gases can reach up to `most`; perhaps none.

    Neither the first cell nor their size depends on `most`: what is found at an energy does not depend on the others.
    """
    cdef double q0 = line.q0, top, low, high, highest = 0.0, size
    cdef int i
    line.low = most
    for i in range(gases):
        top = 2.0 * (fmax(gas[i].mu, gas[i].m) + TAIL * gas[i].T) + q0      # the least energy is m
        high = reach(gas[i].m, q0, top, &low)
        if high > low:
            line.low, highest = fmin(line.low, low), fmax(highest, high)
    line.high = fmin(most, highest)
    line.cells = 0
    if line.high > line.low:
        line.k2 = fmin(gas.k2, 2.0 * least * (q0 + least))
        if gas.plasma:          # there Landau damping ends the transverse photon, Q2 q ~ k_D^2 q0
            line.k2 = fmin(line.k2, (gas.k2 * q0) ** 0.6666666666666666)
        line.start = log(line.low + line.k2)
        size = log(highest + line.k2) - line.start
        line.per_unit = fmin(cells, (CELLS - SPARE) / size)
        line.cells = <int> ((log(line.high + line.k2) - line.start) * line.per_unit) + SPARE


cdef void exchange(AddPanel add, Panel* panel, int gases, const Gas* gas, const Polylogarithms* series,
                   const Dawson* dawson, const Neutrinos* around, Steriles* N, double least, Steps by) noexcept nogil:
    """Int dE1 F kappa and Int dE1 (6 - F) e^(-q0/T) kappa at all energies of N in one place."""
    cdef double narrow = fmin(gas.T, least * sqrt(gas.T / gas.m)), largest = 0.0, end
    cdef int i
    for i in range(N.n):
        largest = fmax(largest, N.E[i])
    end = fmax(largest, around.most)
    panel.low, panel.high = 0.0, by.first * narrow
    while panel.low < end:
        for i in range(panel.lines):
            panel.line[i].q0 = node(panel.low, panel.high, panel.nodes[i])
            panel.line[i].weight = weight(panel.low, panel.high, panel.weights[i])
            lay(&panel.line[i], gases, gas, least, 4.0 * largest * (panel.line[i].q0 + largest), by.cells)
        add(panel, gases, gas, series, dawson, around, N)
        panel.low = panel.high
        panel.high *= by.near if panel.high < NEAR * narrow else by.far
        if panel.low < STEPS * gas.T:
            panel.high = fmin(panel.high, panel.low + by.longest * gas.T)


def exchange_rates(const double[:, ::1] E_N, const double[::1] M, double least, const double[:, :, ::1] gases,
                   const double[:, ::1] neutrinos, const double[:, ::1] shapes, bint plasma, double alpha,
                   const double[:, ::1] rule, const double[::1] steps, const double[::1] li2, const double[::1] li3,
                   const double[::1] dawson, double step, int width=8):
    """Int dE1 F kappa and Int dE1 (6 - F) e^(-q0/T) kappa [MeV^5], F the active neutrinos' occupation, with blocking
    and a screened photon.

    Parameters
    ----------
    E_N : shape (n, p)
        Energies of N at n places [MeV], above the masses; quickest if they ascend.
    M : shape (p,)
        Mass of each N [MeV].
    least : float
        Lines and cells resolve N of this energy [MeV].  No other argument but `gases`, `rule` and `steps` moves them.
    gases : shape (n, g, 9)
        As of `sn_dipole_best.exchange_rates`, of g gases of about the same mass together; k2 > 0.
    neutrinos, shapes :
        As of `sn_dipole_best.exchange_rates`.
    rule : shape (2, nodes)
        Gauss nodes and weights on [-1, 1] of the panels.
    steps : shape (5,)
        The first panel, in widths of the transfer of the `least` energy; how many times further the next ones go, near
        q0 = 0 and beyond; the longest one, in temperatures; cells in a unit of ln(Q2 + k2).
    li2, li3, dawson, step :
        As of `sn_dipole_best.exchange_rates`.
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    made, taken : arrays of shape (n, p)
    """
    if gases.shape[2] != GAS or gases.shape[0] != E_N.shape[0] or M.shape[0] != E_N.shape[1]:
        raise ValueError(f"gases have {GAS} columns, and a row for each row of energies, which have a mass each")
    if not 0 < gases.shape[1] <= MOST_GASES:
        raise ValueError(f"there are one to {MOST_GASES} gases")
    if neutrinos.shape[0] != E_N.shape[0] or neutrinos.shape[1] != 2 or shapes.shape[1] not in (0, PINCHED):
        raise ValueError(f"neutrinos have two columns, shapes {PINCHED} or none")
    if shapes.shape[0] != E_N.shape[0] or rule.shape[0] != 2 or rule.shape[1] > LINES or steps.shape[0] != 5:
        raise ValueError(f"shapes have a row for each place, rules two rows of {LINES} nodes at most, five steps")
    if li2.shape[0] != FERMI_DIRAC_TERMS or li3.shape[0] != FERMI_DIRAC_TERMS or dawson.shape[0] < 3:
        raise ValueError(f"the series need {FERMI_DIRAC_TERMS} coefficients, the table three values")
    cdef Py_ssize_t n = E_N.shape[0], p = E_N.shape[1], i, j
    makes, takes = np.zeros((n, p)), np.zeros((n, p))
    if n == 0 or p == 0:
        return makes, takes
    energies = np.pad(E_N, ((0, 0), (0, VECTOR_LANES)), mode="edge")
    squares = np.pad(M, (0, VECTOR_LANES), mode="edge") ** 2
    totals = energies + np.sqrt(np.maximum(energies**2 - squares, 0.0))
    cdef double[:, ::1] made = makes, taken = takes, total = totals, E = energies
    cdef double[::1] M2 = squares
    cdef double factor = alpha / 19.739208802178716                 # 2 pi^2
    cdef bint pinched = shapes.shape[1] == PINCHED
    cdef AddPanel add = add_panel_of_width(vector_width(width))
    cdef Dawson table = Dawson(<int> dawson.shape[0], step, &dawson[0])
    cdef Steps by = Steps(steps[0], steps[1], steps[2], steps[3], steps[4])
    cdef Polylogarithms series
    cdef Gas[MOST_GASES] gas
    cdef Neutrinos around
    cdef Steriles N
    cdef Panel* panel = <Panel*> malloc(sizeof(Panel))
    if panel == NULL:
        raise MemoryError
    panel.lines = <int> rule.shape[1]
    for i in range(rule.shape[1]):
        panel.nodes[i], panel.weights[i], panel.scales[i] = rule[0, i], rule[1, i], 1.0
        for j in range(rule.shape[1]):
            if j != i:
                panel.scales[i] /= rule[0, i] - rule[0, j]
    for i in range(FERMI_DIRAC_TERMS):
        series.li2[i], series.li3[i] = li2[i], li3[i]
    with nogil:
        for i in range(n):
            for j in range(gases.shape[1]):
                gas[j] = gas_of(&gases[i, j, 0], plasma, True)
            around = neutrinos_of(gas[0].T, neutrinos[i, 0], neutrinos[i, 1])
            if pinched:
                around.shapes = &shapes[i, 0]
            N = Steriles(<int> p, &E[i, 0], &total[i, 0], &M2[0], &made[i, 0], &taken[i, 0])
            exchange(add, panel, <int> gases.shape[1], gas, &series, &table, &around, &N, least, by)
            for j in range(p):
                made[i, j] *= factor
                taken[i, j] *= factor
    free(panel)
    return makes, takes


cdef void decay_at(Decay between, const double[:, ::1] rule, double E, double M, double m2, const Neutrinos* around,
                   double* made, double* taken) noexcept nogil:
    """Gamma^< and Gamma^> of gamma nu <-> N at one energy."""
    cdef double p = sqrt(fmax(E * E - M * M, 1e-300)), share = 1.0 - m2 / (M * M), low, high, softest, first, last, kink
    cdef int i = 0, n
    made[0] = taken[0] = 0.0
    if not (share > 0.0 and E > M):
        return
    low, high = 0.5 * share * M * M / (E + p), 0.5 * share * (E + p)
    softest = 0.5 * (M * M / (E + p) + (E + p) * m2 / (M * M))      # photon: E - high
    first, last = log(low / (E - low)), log(high / softest)
    kink = fmax(around.mu, 1e-3 * around.T)                         # the surface of degenerate neutrinos
    kink = fmin(fmax(log(kink / (E - fmin(kink, 0.999 * E))), first), last)
    while i < rule.shape[1]:
        n = <int> rule.shape[1] - i if rule.shape[1] - i < NODES else NODES
        between(n, &rule[0, i], &rule[1, i], first, kink, E, p, M * M, m2, around, made, taken)
        between(n, &rule[0, i], &rule[1, i], kink, last, E, p, M * M, m2, around, made, taken)
        i += n
    made[0] /= 12.566370614359172 * p * E                           # 4 pi
    taken[0] /= 12.566370614359172 * p * E


def decay_rates(const double[:, ::1] E_N, double M, const double[::1] T, const double[::1] m2,
                const double[:, ::1] neutrinos, const double[:, ::1] shapes, const double[:, ::1] rule, int width=8):
    """Gamma^< and Gamma^> [MeV^3] of gamma nu <-> N.

    Int dE1 [M^2 (M^2 - m^2) - 2 m^2 E1^2 sin^2] over the neutrino's energy E1, m the photon's mass and the angle that
    between both.

    Parameters
    ----------
    E_N : shape (n, k)
        Energies of N at n places [MeV]; what is not above M gives 0, as does a photon that is heavier than N.
    M : float
        Mass of N [MeV].
    T, m2 : shape (n,)
        Temperature [MeV] and square of the photon's mass [MeV2].
    neutrinos, shapes :
        As of `sn_dipole_best.exchange_rates`.
    rule : shape (2, nodes)
        Gauss nodes, a multiple of 8, and weights on [-1, 1] for each of two panels.
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    made, taken : arrays of shape (n, k)
    """
    if not T.shape[0] == m2.shape[0] == neutrinos.shape[0] == shapes.shape[0] == E_N.shape[0]:
        raise ValueError("there is a temperature, a mass and a row of neutrinos and of shapes for each row of energies")
    if neutrinos.shape[1] != 2 or shapes.shape[1] not in (0, PINCHED):
        raise ValueError(f"neutrinos have two columns, shapes {PINCHED} or none")
    if rule.shape[0] != 2 or rule.shape[1] % VECTOR_LANES:
        raise ValueError(f"rules have two rows and a multiple of {VECTOR_LANES} nodes")
    cdef Py_ssize_t i, j
    makes, takes = np.zeros((E_N.shape[0], E_N.shape[1])), np.zeros((E_N.shape[0], E_N.shape[1]))
    cdef double[:, ::1] made = makes, taken = takes
    cdef Decay between = decay_of_width(vector_width(width))
    cdef Neutrinos around
    with nogil:
        for i in range(E_N.shape[0]):
            around = neutrinos_of(T[i], neutrinos[i, 0], neutrinos[i, 1])
            if shapes.shape[1] == PINCHED:
                around.shapes = &shapes[i, 0]
            for j in range(E_N.shape[1]):
                decay_at(between, rule, E_N[i, j], M, m2[i], &around, &made[i, j], &taken[i, j])
    return makes, takes
