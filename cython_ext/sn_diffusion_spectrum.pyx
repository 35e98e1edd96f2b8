"""Collisions of neutrinos of all energies of a spectrum, and the diffusion of that spectrum.

Variables are Q and eta, with q0 = Q sinh(eta) and |q| = Q cosh(eta) given to the target: du d|q| |q| = Q dQ d(eta).  A
target of mass m has at least the energy m cosh(eta - xi) before and m cosh(eta + xi) after the collision, sinh(xi) =
Q/2m, and integrals over its energy are complete Fermi-Dirac integrals of both.  None of this depends on the neutrino.
For a massless lepton of energy E that becomes one of energy E - q0 + gain, gain a difference of potential energies, eta
ends at Q e^eta = 2 E + gain; the squared amplitude, averaged over the target's azimuth, is a polynomial in E of degree
2; and the room in the final state is 1 - f(E - q0 + gain), over that energy for the weight of transport.

So a table of polynomials at nodes serves all energies, kinds and masses.  The room is 1/(1 + e^((mu - E)/T) e^(lost/T))
and the table has the second exponential, so that kinds of leptons that share energies share all but products.  Nodes
are Gauss's in pieces of eta; the piece in which an energy ends has nodes of its own.  Rows, of one Q each, lie side by
side in vectors.

Diffusion times are sums over shells of a weight over the Rosseland mean of 1/(a + b g^2 + c g^4).  Natural units (MeV).
"""
import numpy as np

from libc.math cimport INFINITY, NAN, exp, fabs, fmax, fmin, log, sqrt

from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "sn_diffusion_spectrum.h":
    cdef enum:
        MOST_ENERGIES, PIECES, MOST_NODES, MOST_KINDS, CHANNELS, COLUMNS, EXCHANGES, MASSES
    ctypedef struct Gas:
        double T, m, mu_in, mu_out, gain
        const Polylogarithms* series
    ctypedef struct Charged:
        double helicity, pauli, running, M, vector_mass2, axial_mass2, moment_p, moment_n, g_A
    ctypedef struct Rows:
        int rows, nodes, ends, channels
        double top, scale
        const double* Q
        const double* log_Q
        const double* weight
        double* edges
        int* kept
        const double* x
        const double* w
        const double* end_x
        const double* end_w
        double* table
    int columns_of(int channels) noexcept nogil
    ctypedef struct Leptons:
        int energies, kinds, transport, alike
        const double* E
        const double* end
        const double* occupied
    ctypedef struct Diffusion:
        int shells, n
        const double* weight
        const double* of_shell
        const double* a
        const double* b
        const double* c
        double share_a, share_b
    ctypedef struct RowFunctions:
        void (*tabulate)(const Gas*, const Charged*, const Rows*) noexcept nogil
        void (*sums)(const Gas*, const Charged*, const Rows*, const Leptons*, double*) noexcept nogil
        void (*add)(const Gas*, const Rows*, const Leptons*, const double*, double*) noexcept nogil
        void (*exchanges)(int, int, const double*, const double*, const double*, double*, double*) noexcept nogil
        double (*time)(const Diffusion*, double, double*) noexcept nogil
    const RowFunctions* row_functions(int widest) noexcept nogil

LANES = VECTOR_LANES       # rows, and energies of a shell, come in whole vectors

cdef double TINY = 1e-12, LARGEST = 1e12, SETTLED = 1e-14     # of couplings, and of the search for one
cdef int STEPS = 200


cdef class Collisions:
    """Collisions with one gas, tabulated in rows and good for any energy up to `top`.

    Parameters
    ----------
    gas : T, m, chemical potentials before and after, gain of the lepton [MeV]
    series : (2, terms) coefficients of the polylogarithms
    Q, weight : (r,), r a multiple of the lanes
    top : largest energy of a neutrino [MeV]
    rule, end_rule : (2, n) nodes and weights on [-1, 1] of each piece of eta, and of that in which an energy ends
    currents : the fields of `Charged`, or None for neutral currents
    width : 8, 4 or 2 numbers in a vector, at most (digits do not depend on it)
    memory : of a table that is not used any more, which this one takes if it is large enough
    """
    cdef Gas gas
    cdef Charged currents
    cdef const Charged* charged
    cdef Polylogarithms series
    cdef Rows rows
    cdef const RowFunctions* functions
    cdef object memory

    def __init__(self, gas, const double[:, ::1] series, const double[::1] Q, const double[::1] weight, double top,
                 const double[:, ::1] rule, const double[:, ::1] end_rule, currents=None, int width=8,
                 double[::1] memory=None):
        cdef int i
        cdef Py_ssize_t r = Q.shape[0]
        if not (r > 0 and weight.shape[0] == r and rule.shape[0] == end_rule.shape[0] == 2):
            raise ValueError("rows and nodes need as many weights as there are of them")
        if r % VECTOR_LANES or not (0 < rule.shape[1] <= MOST_NODES and 0 < end_rule.shape[1] <= MOST_NODES):
            raise ValueError(f"a multiple of {VECTOR_LANES} rows, at most {MOST_NODES} nodes in a piece")
        if series.shape[0] != 2 or series.shape[1] != FERMI_DIRAC_TERMS:
            raise ValueError(f"the series need {FERMI_DIRAC_TERMS} coefficients")
        for i in range(FERMI_DIRAC_TERMS):
            self.series.li2[i], self.series.li3[i] = series[0, i], series[1, i]
        self.gas.T, self.gas.m, self.gas.mu_in, self.gas.mu_out, self.gas.gain = gas
        self.gas.series = &self.series
        self.charged = NULL
        if currents is not None:
            self.currents = currents
            self.charged = &self.currents
        self.rows.rows, self.rows.nodes, self.rows.ends = <int>r, <int>rule.shape[1], <int>end_rule.shape[1]
        self.rows.channels = CHANNELS if currents is None else 1
        self.rows.top, self.rows.scale = top, 10.0 * self.gas.T
        cdef Py_ssize_t size = columns_of(self.rows.channels) * r * PIECES * rule.shape[1]
        cdef double[::1] table = memory if memory is not None and memory.shape[0] >= size else np.empty(size)
        cdef double[::1] edges = np.empty(r * (PIECES + 1))
        cdef double[::1] log_Q = np.log(Q)
        cdef int[::1] kept = np.zeros(r // VECTOR_LANES, dtype=np.intc)
        self.memory = (Q, log_Q, weight, edges, kept, rule, end_rule, table)
        self.rows.Q, self.rows.weight, self.rows.edges = &Q[0], &weight[0], &edges[0]
        self.rows.kept, self.rows.log_Q = &kept[0], &log_Q[0]
        self.rows.x, self.rows.w, self.rows.table = &rule[0, 0], &rule[1, 0], &table[0]
        self.rows.end_x, self.rows.end_w = &end_rule[0, 0], &end_rule[1, 0]
        self.functions = row_functions(width)
        with nogil:
            self.functions.tabulate(&self.gas, self.charged, &self.rows)

    cdef Leptons leptons(self, const double[::1] E, const double[::1] mu, bint transport, double[::1] of_energy):
        """The energies, with what `of_energy` (e (1 + k),) is filled with."""
        cdef Py_ssize_t e = E.shape[0], k = mu.shape[0], i, j
        cdef Leptons by
        cdef double reach
        for i in range(e):
            reach = 2.0 * E[i] + self.gas.gain
            of_energy[i] = log(reach) if reach > 0.0 else -INFINITY
            for j in range(k):
                of_energy[e + k * i + j] = exp(fmin((mu[j] - E[i]) / self.gas.T, 700.0))
        by.energies, by.kinds, by.transport, by.alike = <int>e, <int>k, transport, False
        by.E, by.end, by.occupied = &E[0], &of_energy[0], &of_energy[e]
        return by

    def sums(self, const double[::1] E, double mu, bint transport):
        """Sums over eta, (e, channels, rows), for energies E (e,) and a lepton of chemical potential mu in the final
        state [MeV]; transport : whether to divide by its energy
        """
        values, of_energy = np.empty((E.shape[0], self.rows.channels, self.rows.rows)), np.empty(2 * E.shape[0])
        cdef double[:, :, ::1] value = values
        cdef Leptons by
        if E.shape[0] > 0:
            by = self.leptons(E, np.array([mu]), transport, of_energy)
            with nogil:
                self.functions.sums(&self.gas, self.charged, &self.rows, &by, &value[0, 0, 0])
        return values

    def add(self, const double[::1] E, const double[::1] mu, bint transport, const double[:, :, :, ::1] factors,
            double[:, :, :, ::1] columns):
        """Add the sums over eta of neutral currents, times factors (k or 1, 6, channels, r), to columns (k, e, 6, r),
        for energies E (e,) and leptons of chemical potentials mu (k,) in the final state [MeV]
        """
        cdef Py_ssize_t k = mu.shape[0], e = E.shape[0], r = self.rows.rows
        cdef Leptons by
        if self.charged != NULL or not (0 < k <= MOST_KINDS and e > 0):
            raise ValueError(f"neutral currents, some energies and at most {MOST_KINDS} kinds of leptons")
        if not (columns.shape[0] == k and factors.shape[0] in (1, k) and factors.shape[1] == columns.shape[2] == COLUMNS
                and factors.shape[2] == CHANNELS and factors.shape[3] == columns.shape[3] == r
                and columns.shape[1] == e):
            raise ValueError("factors and columns do not fit the rows")
        of_energy = np.empty(e * (1 + k))
        by = self.leptons(E, mu, transport, of_energy)
        by.alike = factors.shape[0] == 1
        with nogil:
            self.functions.add(&self.gas, &self.rows, &by, &factors[0, 0, 0, 0], &columns[0, 0, 0, 0])


def exchanges(const double[::1] X, const double[:, :, ::1] columns, const double[::1] mass,
              const Py_ssize_t[::1] source, const double[::1] helicity, const double[::1] factor,
              double[:, :, :] values, int width=8):
    """Sums over rows with propagators, for kinds of neutrinos that share columns.

    Parameters
    ----------
    X : (r,) Q^2
    columns : (s, 6, r) of the Standard Model and of interference, both without and with helicity; vector, scalar
    mass : (m,) [MeV]
    source, helicity, factor : (e,) which of the s columns each energy has, and what multiplies its sums
    values : (3, m, e) for interference, vector, scalar; filled
    width : 8, 4 or 2 numbers in a vector, at most (digits do not depend on it)
    """
    cdef Py_ssize_t r = X.shape[0], n = columns.shape[0], e = source.shape[0], i, j, k
    cdef const RowFunctions* functions = row_functions(width)
    cdef double[::1] propagators = np.empty(2 * MASSES * r)
    cdef double[:, :, ::1] sums = np.empty((MASSES, n, EXCHANGES))
    cdef double[MASSES] some
    if columns.shape[1] != COLUMNS or columns.shape[2] != r:
        raise ValueError("columns of weights do not fit the rows")
    if r == 0 or r % VECTOR_LANES:
        raise ValueError(f"a multiple of {VECTOR_LANES} rows")
    if not (helicity.shape[0] == factor.shape[0] == values.shape[2] == e and values.shape[0] == 3
            and values.shape[1] == mass.shape[0]):
        raise ValueError("shapes do not fit")
    if e and not 0 <= np.min(source) <= np.max(source) < n:
        raise ValueError("no such columns")
    if e == 0:
        return
    with nogil:
        for k in range(mass.shape[0]):
            if k % MASSES == 0:
                for i in range(MASSES):
                    some[i] = mass[min(k + i, mass.shape[0] - 1)]
                functions.exchanges(<int>r, <int>n, &X[0], &columns[0, 0, 0], some, &propagators[0], &sums[0, 0, 0])
            i = k % MASSES
            for j in range(e):
                values[0, k, j] = factor[j] * (sums[i, source[j], 0] + helicity[j] * sums[i, source[j], 1])
                values[1, k, j] = factor[j] * sums[i, source[j], 2]
                values[2, k, j] = factor[j] * sums[i, source[j], 3]


cdef inline double root(const Diffusion* by, const RowFunctions* functions, double target, double start) noexcept nogil:
    """The coupling at which the diffusion time is `target`: Newton in ln dt and ln g between bounds that close in.

    NaN where it is longer without new physics already.
    """
    cdef double low = TINY, high = LARGEST, g = start, value, slope, step, following
    cdef int i
    if not functions.time(by, low, &slope) < target:
        return NAN
    if not TINY < start < LARGEST:
        g = high = 1e-4
        while functions.time(by, high, &slope) < target and high <= LARGEST:
            low, high = high, 4.0 * high
        g = high
    for i in range(STEPS):
        value = functions.time(by, g, &slope)
        if value >= target:
            high = g
        else:
            low = g
        step = g * exp(fmin(fmax(log(target / value) * value / slope, -700.0), 700.0))
        following = step if low < step < high else sqrt(low * high)
        if not fabs(following - g) > SETTLED * g:
            break
        g = following
    return g


def couplings(const double[:, ::1] weight, const double[::1] of_shell, const double[:, :, :, ::1] parts, int power_2,
              int power_4, double share, const double[::1] target, const double[::1] start, int width=8):
    """Couplings at which the diffusion time reaches `target`.

    Parameters
    ----------
    weight : (s, n) of the energies in s shells, n a multiple of the lanes
    of_shell : (s,) what divides by the path in the time
    parts : (p, m, s, n) of 1/lambda; the first without a coupling
    power_2, power_4 : which parts go with the square (0: none) and the fourth power of the coupling
    share : of the first part in the time
    target, start : (m,); a start outside the bounds, or NaN, is none

    Returns
    -------
    (m,), NaN where the time is longer without new physics already
    """
    cdef Py_ssize_t m = parts.shape[1], k
    cdef Diffusion by
    cdef const RowFunctions* functions = row_functions(width)
    if not (parts.shape[2] == weight.shape[0] == of_shell.shape[0] > 0 and parts.shape[3] == weight.shape[1]
            and target.shape[0] == start.shape[0] == m):
        raise ValueError("shapes do not fit")
    if weight.shape[1] % VECTOR_LANES or not 0 < weight.shape[1] <= MOST_ENERGIES:
        raise ValueError(f"a multiple of {VECTOR_LANES} energies, at most {MOST_ENERGIES}")
    if not (0 <= power_2 < parts.shape[0] and 0 < power_4 < parts.shape[0]):
        raise ValueError("no such part")
    values = np.empty(m)
    cdef double[::1] value = values
    by.shells, by.n = <int>weight.shape[0], <int>weight.shape[1]
    by.weight, by.of_shell = &weight[0, 0], &of_shell[0]
    by.share_a, by.share_b = share, 1.0 if power_2 else 0.0
    with nogil:
        for k in range(m):
            by.a, by.b, by.c = &parts[0, k, 0, 0], &parts[power_2, k, 0, 0], &parts[power_4, k, 0, 0]
            value[k] = root(&by, functions, target[k], start[k])
    return values
