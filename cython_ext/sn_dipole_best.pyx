"""Sterile neutrinos made and absorbed by a magnetic moment on hot gases of electrons, positrons, protons and neutrons.

nu(E1) T(E) -> N(E_N) T(E + q0) with the energy of N as it is, q0 = E1 - E_N, q the momentum transfer,
Q2 = q^2 - q0^2.  The rate per energy of N is E1^2 dGamma/dE_N = kappa(E1, E_N), an integral over Q2 of the product of
a neutrino's and a target's tensor, longitudinal and transverse (docs/sn_dipole.md, Paper and best).  In it

    L00/q^2 = 2 k^2 + (Q2 + M^2)/2,      L_T/2 = M^2 (Q2 + M^2)/2 + Q2 k^2,      k the neutrino's momentum across q
    H00/q^2 = (G_E^2/tau) I0 + V,        H_T/Q2 = V + 2 G_M^2 I0,                V = 4 F (T^2 I2 + q r T I1)/q^2

with I_n = Int dE x^n f(E) [1 - f(E + q0)], E = E_min + T x, r^2 = 1 + 1/tau: sums of positive terms.  The integrals are
complete Fermi-Dirac integrals (fermi_tail.pxd), so that E1 (or E_N) and Q2 are left to Gauss rules.

Everything is per d^2, energies in MeV.
"""

import numpy as np

from libc.math cimport exp, fabs, fmax, fmin, isfinite, log, sqrt

from fermi cimport fermi
from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms
from quadrature cimport node, weight
from sn_dipole_neutrinos cimport PINCHED
from sn_dipole_response cimport GAS, NODES, Dawson, Gas, gas_of, reach
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "sn_dipole_best.h":
    ctypedef void (*NodeSums)(int, const Gas*, double, const Polylogarithms*, const Dawson*, const double*,
                              const double*, const double*, const double*, const double*, double*,
                              double*) noexcept nogil
    NodeSums node_sums_of_width(int width) noexcept nogil

cdef enum:
    MOST_WIDTHS = 16
    MAX_ENDS = 6 * MOST_WIDTHS + 16
    SHARPER = 10             # the same where the photon is not screened at all

cdef double NEAR_CONE = 3.0  # widths around the light cone within which panels end as around the still energy
cdef double BEYOND = 36.0    # nothing is left so many temperatures above
cdef double TAIL = 25.0      # nor of the targets
cdef double CLOSE = 0.02     # widths between two ends, at least


cdef struct Rule:
    int n               # Gauss nodes and weights on [-1, 1]
    const double* x
    const double* w


cdef struct Work:           # nodes that wait to be evaluated together, and the sums of those that have been
    NodeSums sums
    Polylogarithms series
    Dawson dawson
    Rule energies
    Rule transfers
    int sharper             # more panels on either side of that energy where the plasma's response has its kink
    int widths              # where panels end, in widths from the energy at which nothing is transferred
    const double* away
    double M
    int n
    double made
    double taken
    double[NODES] E1
    double[NODES] q0
    double[NODES] Q2
    double[NODES] makes
    double[NODES] takes


cdef void flush(Work* work, const Gas* gas) noexcept nogil:
    """Evaluate the nodes that wait."""
    if work.n == 0:
        return
    while work.n % VECTOR_LANES:
        work.E1[work.n], work.q0[work.n] = work.E1[work.n - 1], work.q0[work.n - 1]
        work.Q2[work.n] = work.Q2[work.n - 1]
        work.makes[work.n] = work.takes[work.n] = 0.0
        work.n += 1
    work.sums(work.n, gas, work.M, &work.series, &work.dawson, work.E1, work.q0, work.Q2, work.makes, work.takes,
              &work.made, &work.taken)
    work.n = 0


cdef void reached(const Gas* gas, double q0, double* low, double* high) noexcept nogil:
    """Leave of a range of Q2 what targets that are there can reach: those up to so many temperatures above the
    Fermi energy, or above the least energy that the range asks for.

    The least energy is at Q2 = 2 m |q0|.
    """
    cdef double m = gas.m, Q2 = fmin(fmax(2.0 * m * fabs(q0), low[0]), high[0]), least, top, first
    least = 0.5 * (sqrt((Q2 + q0 * q0) * (1.0 + 4.0 * m * m / Q2)) - q0)
    top = 2.0 * (fmax(gas.mu + fmax(-q0, 0.0), least) + TAIL * gas.T) + q0
    high[0] = fmin(high[0], reach(m, q0, top, &first))
    low[0] = fmax(low[0], first)


cdef void transfer_line(Work* work, const Gas* gas, double E1, double E_N, double make, double take) noexcept nogil:
    """Nodes in Q2 at given energies, with the weights of this pair.

    Gauss in ln(Q2 + k2); in the plasma's response k2 is where Landau damping ends the transverse photon,
    Q2 q ~ k_D^2 q0.
    """
    cdef double M = work.M, k_N = sqrt(fmax(E_N * E_N - M * M, 0.0)), q0 = E1 - E_N, k2 = gas.k2
    cdef double low = fmax(M * M * (2.0 * E1 - E_N - k_N) / (E_N + k_N), 0.0)
    cdef double high = (E_N + k_N) * (2.0 * E1 - E_N + k_N), first, last, u, Q2, factor
    cdef int i
    if not high > low:
        return
    reached(gas, q0, &low, &high)
    if not high > low:
        return
    if gas.plasma:
        k2 = fmin(k2, (k2 * fabs(q0)) ** 0.6666666666666666 + 1e-12 * high)
    elif k2 == 0.0 and low == 0.0:
        k2 = 1e-30 * high
    first, last = log(low + k2), log(high + k2)
    if work.n + work.transfers.n > NODES:
        flush(work, gas)
    for i in range(work.transfers.n):
        u = exp(node(first, last, work.transfers.x[i]))
        Q2 = fmax(u - k2, 1e-14 * u)
        factor = weight(first, last, work.transfers.w[i]) * u
        work.E1[work.n], work.q0[work.n], work.Q2[work.n] = E1, q0, Q2
        work.makes[work.n], work.takes[work.n] = make * factor, take * factor
        work.n += 1


cdef inline void insert(double value, double low, double high, double* ends, int* count) noexcept nogil:
    """Put a value between two others into an ascending list."""
    cdef int k = count[0]
    if not low < value < high:
        return
    while k > 0 and ends[k - 1] > value:
        ends[k] = ends[k - 1]
        k -= 1
    ends[k] = value
    count[0] += 1


cdef int panels(const Work* work, double still, double cone, double low, double high, double width, double mu,
                const Gas* gas, double* ends) noexcept nogil:
    """Ends of panels in the energy between low and high, ascending; returns how many.

    `still`: the energy at which nothing is transferred;  `cone`: where the least Q2 becomes 0;  `mu`: of the neutrinos
    """
    cdef int count = 1, kept = 1, k
    cdef double sharp = 0.25 if gas.plasma else 0.06
    ends[0] = low
    for k in range(work.widths):
        insert(still - work.away[k] * width, low, high, ends, &count)
        insert(still + work.away[k] * width, low, high, ends, &count)
    if fabs(cone - still) > CLOSE * width:
        for k in range(work.widths):
            if work.away[k] < NEAR_CONE:
                insert(cone - work.away[k] * width, low, high, ends, &count)
                insert(cone + work.away[k] * width, low, high, ends, &count)
    if mu > 0.0:
        for k in range(-1, 2):
            insert(mu + 4.0 * k * gas.T, low, high, ends, &count)
    for k in range(1, count):               # the kinks themselves are put in below, the rest may be joined
        if ends[k] - ends[kept - 1] > CLOSE * width:
            ends[kept] = ends[k]
            kept += 1
    count = kept
    insert(still, low, high, ends, &count)
    insert(cone, low, high, ends, &count)
    if gas.plasma or gas.k2 == 0.0:
        width *= fmin(work.away[0], 0.1)
        for k in range(work.sharper if gas.plasma else SHARPER):
            width *= sharp
            insert(still - width, low, high, ends, &count)
            insert(still + width, low, high, ends, &count)
    ends[count] = high
    return count + 1


cdef inline double width_of(const Gas* gas, double E) noexcept nogil:
    """Of the transfer: the temperature, or the recoil of a heavy target."""
    return fmin(gas.T, E * sqrt(gas.T / gas.m))


cdef double occupation(double E, double T, double mu, double dilution) noexcept nogil:
    """Of the six species of active neutrinos together."""
    return dilution * (fermi((E - mu) / T) + fermi((E + mu) / T) + 4.0 * fermi(E / T))


cdef double pinched_occupation(double E, const double* shapes) noexcept nogil:
    """The same of pinched shapes."""
    cdef double total = 0.0, log_E = log(E)
    cdef int k
    for k in range(3):
        total += exp(shapes[3 * k] + (shapes[3 * k + 1] - 2.0) * log_E - shapes[3 * k + 2] * E)
    return total


cdef void exchange(Work* work, const Gas* gas, double E_N, double mu, double dilution,
                   const double* shapes) noexcept nogil:
    """Int dE1 F kappa and Int dE1 (6 - F) e^(-q0/T) kappa at one energy of N."""
    cdef double M = work.M, k_N = sqrt(fmax(E_N * E_N - M * M, 0.0)), low, E1, dE1, thermal, present
    cdef double[MAX_ENDS] ends
    cdef int count, panel, i
    low = 0.5 * M * M / (E_N + k_N)
    count = panels(work, E_N, 0.5 * (E_N + k_N), low, fmax(E_N, mu) + BEYOND * gas.T,
                   width_of(gas, E_N), mu, gas, ends)
    work.n, work.made, work.taken = 0, 0.0, 0.0
    for panel in range(count - 1):
        for i in range(work.energies.n):
            E1 = node(ends[panel], ends[panel + 1], work.energies.x[i])
            dE1 = weight(ends[panel], ends[panel + 1], work.energies.w[i])
            thermal = occupation(E1, gas.T, mu, dilution)
            present = thermal if shapes == NULL else pinched_occupation(E1, shapes)
            transfer_line(work, gas, E1, E_N, dE1 * present, dE1 * (6.0 - thermal))
    flush(work, gas)


cdef void scatter(Work* work, const Gas* gas, double E1) noexcept nogil:
    """Int dE_N kappa at one energy of the neutrino; near the least E_N = M the integrand begins like a root."""
    cdef double M = work.M, cone = E1 + 0.25 * M * M / E1, low = M if M < 2.0 * E1 else cone, t, E_N, size
    cdef double[MAX_ENDS] ends
    cdef int count, panel, i
    count = panels(work, E1, cone, low, fmax(E1, low) + BEYOND * gas.T, width_of(gas, E1), 0.0, gas, ends)
    work.n, work.made, work.taken = 0, 0.0, 0.0
    for panel in range(count - 1):
        size = ends[panel + 1] - ends[panel]
        for i in range(work.energies.n):
            if panel == 0:
                t = 0.5 * (1.0 + work.energies.x[i])
                transfer_line(work, gas, E1, low + size * t * t, work.energies.w[i] * size * t, 0.0)
            else:
                E_N = node(ends[panel], ends[panel + 1], work.energies.x[i])
                transfer_line(work, gas, E1, E_N, 0.5 * size * work.energies.w[i], 0.0)
    flush(work, gas)


def _prepared(gases, energies, rule_E, rule_Q, away, sharper, li2, li3, dawson):
    if gases.shape[1] != GAS or gases.shape[0] != energies.shape[0]:
        raise ValueError(f"gases have {GAS} columns, and a row for each row of energies")
    if rule_E.shape[0] != 2 or rule_Q.shape[0] != 2 or rule_Q.shape[1] > NODES:
        raise ValueError(f"rules have two rows, and {NODES} nodes at most")
    if not 1 <= away.shape[0] <= MOST_WIDTHS or not 0 <= sharper <= MOST_WIDTHS:
        raise ValueError(f"from one to {MOST_WIDTHS} widths")
    if li2.shape[0] != FERMI_DIRAC_TERMS or li3.shape[0] != FERMI_DIRAC_TERMS or dawson.shape[0] < 3:
        raise ValueError(f"the series need {FERMI_DIRAC_TERMS} coefficients, the table three values")


cdef void prepare(Work* work, double M, const double[:, ::1] rule_E, const double[:, ::1] rule_Q,
                  const double[::1] away, int sharper, const double[::1] li2, const double[::1] li3,
                  const double[::1] dawson, double step, int width):
    cdef int i
    work.M, work.sums = M, node_sums_of_width(vector_width(width))
    work.widths, work.away, work.sharper = <int> away.shape[0], &away[0], sharper
    work.energies = Rule(<int> rule_E.shape[1], &rule_E[0, 0], &rule_E[1, 0])
    work.transfers = Rule(<int> rule_Q.shape[1], &rule_Q[0, 0], &rule_Q[1, 0])
    work.dawson = Dawson(<int> dawson.shape[0], step, &dawson[0])
    for i in range(FERMI_DIRAC_TERMS):
        work.series.li2[i], work.series.li3[i] = li2[i], li3[i]


def exchange_rates(const double[:, ::1] E_N, double M, const double[:, ::1] gases, const double[:, ::1] neutrinos,
                   const double[:, ::1] shapes, bint plasma, bint pauli, double alpha, const double[:, ::1] rule_E,
                   const double[:, ::1] rule_Q, const double[::1] away, int sharper, const double[::1] li2,
                   const double[::1] li3, const double[::1] dawson, double step, int width=8):
    """Int dE1 F kappa and Int dE1 (6 - F) e^(-q0/T) kappa [MeV^5], F the active neutrinos' occupation.

    Parameters
    ----------
    E_N : shape (n, k)
        Energies of N at n places [MeV]; what is not above M gives 0.
    M : float
        Mass of N [MeV].
    gases : shape (n, 9)
        T, mu, m [MeV], G_E, G_M at Q2 = 0, 1/scale^2 of their dipole [1/MeV2], k2 [MeV2] of the screening (k_D^2 of
        the electrons if `plasma`), k_p^2 [MeV2] and 1/v of the protons.
    neutrinos : shape (n, 2)
        Their chemical potential [MeV] and dilution.
    shapes : shape (n, 9) or (n, 0)
        ln c, a, b of three shapes c E^(a - 2) e^(-b E) that replace the thermal F in the first integral.
    rule_E, rule_Q : shape (2, nodes)
        Gauss nodes and weights on [-1, 1].
    away, sharper :
        Where panels in the energy end, in widths of the transfer from the energy at which nothing is transferred,
        ascending; how many more there are around it in the plasma's response.
    li2, li3, dawson, step :
        Series of fermi_dirac.pxd; Dawson's integral at 0, step, 2 step...
    width : int
        Numbers in a vector, at most; digits do not depend on it.

    Returns
    -------
    made, taken : arrays of shape (n, k)
    """
    _prepared(gases, E_N, rule_E, rule_Q, away, sharper, li2, li3, dawson)
    if neutrinos.shape[0] != E_N.shape[0] or neutrinos.shape[1] != 2 or shapes.shape[1] not in (0, PINCHED):
        raise ValueError(f"neutrinos have two columns, shapes {PINCHED} or none")
    if shapes.shape[0] != E_N.shape[0]:
        raise ValueError("shapes have a row for each row of energies")
    cdef Py_ssize_t i, j
    makes, takes = np.zeros((E_N.shape[0], E_N.shape[1])), np.zeros((E_N.shape[0], E_N.shape[1]))
    cdef double[:, ::1] made = makes, taken = takes
    cdef double factor = alpha / 19.739208802178716                 # 2 pi^2
    cdef bint pinched = shapes.shape[1] == PINCHED
    cdef Work work
    cdef Gas gas
    prepare(&work, M, rule_E, rule_Q, away, sharper, li2, li3, dawson, step, width)
    with nogil:
        for i in range(E_N.shape[0]):
            gas = gas_of(&gases[i, 0], plasma, pauli)
            for j in range(E_N.shape[1]):
                if E_N[i, j] > M:
                    exchange(&work, &gas, E_N[i, j], neutrinos[i, 0], neutrinos[i, 1],
                             &shapes[i, 0] if pinched else NULL)
                    made[i, j], taken[i, j] = factor * work.made, factor * work.taken
    return makes, takes


def scattering_rate(const double[:, ::1] E, double M, const double[:, ::1] gases, bint plasma, bint pauli,
                    double alpha, const double[:, ::1] rule_E, const double[:, ::1] rule_Q,
                    const double[::1] away, int sharper, const double[::1] li2, const double[::1] li3,
                    const double[::1] dawson, double step, int width=8):
    """Gamma/d^2 [MeV^3] of neutrinos of energies E, shape (n, k); the other arguments as of `exchange_rates`."""
    _prepared(gases, E, rule_E, rule_Q, away, sharper, li2, li3, dawson)
    cdef Py_ssize_t i, j
    values = np.zeros((E.shape[0], E.shape[1]))
    cdef double[:, ::1] value = values
    cdef double factor = alpha / 19.739208802178716                 # 2 pi^2
    cdef Work work
    cdef Gas gas
    prepare(&work, M, rule_E, rule_Q, away, sharper, li2, li3, dawson, step, width)
    with nogil:
        for i in range(E.shape[0]):
            gas = gas_of(&gases[i, 0], plasma, pauli)
            for j in range(E.shape[1]):
                scatter(&work, &gas, E[i, j])
                value[i, j] = factor * work.made / (E[i, j] * E[i, j])
    return values
