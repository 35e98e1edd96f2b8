"""Neutrino-nucleon scattering in a proto-neutron star: inverse mean free paths for any mediator mass, and TM1 matter.

1/lambda is a sum over nucleon species of coupling constants times the seven integrals named in INTEGRALS (`opacity.py`
puts them together), so that couplings, form factors and the axial coupling stay free.  Natural units (MeV); all inputs
arrive as arguments.

The variables of integration are |q| and eta with q0 = |q| tanh(eta).  The medium enters only through the moments of
nucleon_response.pxd, tabulated once per state (response_table.pxd); the mediator's mass only through the weights of the
sum that remains.
"""
from fractions import Fraction
from functools import cache
from math import ceil, comb, factorial, log2

import numpy as np

from libc.math cimport M_PI as PI
from libc.math cimport NAN, acosh, cosh, fabs, isfinite, log1p, sinh, sqrt, tanh

from eq18_roots cimport root_moments
from fermi cimport fermi
from fermi_dirac cimport FERMI_DIRAC_TERMS, Polylogarithms, fermi_dirac_integrals
from mean_field cimport MOST_GAS_NODES, Matter, gas_piece_of_width, momentum, proton_fraction
from nucleon_response cimport (
    CUT, EXACT, MOST_NODES, PK, RELATIVE_VELOCITY, ROOT_AVERAGE, ROOT_PLUS, ROOT_SUM, Axis, Line, Rule, State, Transfer,
    transfer, whole_vectors,
)
from quadrature cimport node, weight
from response_table cimport LineFunctions, Table, line_functions
from status cimport NO_SOLUTION, NOT_FINITE, OK, OUT_OF_DOMAIN
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "vacuum_path.h":
    cdef enum:
        MOST_ANGLES, VACUUM_SUMS
    ctypedef void (*AngleSums)(
        int, const double*, const double*, const double*, double, double, int, const double*, const double*, double*
    ) noexcept nogil
    AngleSums angle_sums_of_width(int width) noexcept nogil

cdef Polylogarithms SERIES

cdef enum:
    SM_VV, SM_AA, SM_VA, INTERFERENCE_V, INTERFERENCE_A, VECTOR, SCALAR, N_INTEGRALS
INTEGRALS = ("sm_vv", "sm_aa", "sm_va", "interference_v", "interference_a", "vector", "scalar")

FLUX = {"relative_velocity": RELATIVE_VELOCITY, "pk": PK}
AZIMUTH = {"exact": EXACT, "eq18_sum": ROOT_SUM, "eq18_plus": ROOT_PLUS, "eq18_average": ROOT_AVERAGE}

STATE = ("T", "m_eff", "mu_eff", "E_nu", "mu_nu", "flux", "azimuth")    # columns of the rows below
LIGHTEST_MEDIATOR = 1e-4    # MeV; below it the grid in |q| does not resolve the propagator
DEGENERATE = 18.0           # (mu* - m*)/T or E_nu/T up to which the smallest grids resolve the Fermi surfaces
MOST_DEGENERATE = 288.0     # the largest: four doublings
LINEAR = (1.0, 1.0, 1.0, 2.0, 5.5)  # nodes in |q| by doublings: a line crosses Fermi surfaces, ever sharper ones
# Share of a value that both grids may miss alike: of the paper's states, of more degenerate ones, with few nodes.
ALIKE, ALIKE_DEGENERATE, ALIKE_DRAFT = 1e-8, 1e-6, 6e-4
POLE = 9                    # nodes for a pole at Q^2 = -2 X or farther on [0, X]: the error falls as 10^-2n


def _fill_series():
    """Coefficients of -Li_2(-z) and -Li_3(-z) in u = ln(1 + z): with t = -u, dLi_(n+1)/dt = Li_n/(e^t - 1)."""
    cdef int i
    bernoulli = [Fraction(1)]
    for n in range(1, FERMI_DIRAC_TERMS):
        bernoulli.append(-sum(comb(n + 1, k) * bernoulli[k] for k in range(n)) / (n + 1))
    over_factorial = [b / factorial(n) for n, b in enumerate(bernoulli)]
    li2 = [c / (n + 1) for n, c in enumerate(over_factorial)]
    for i in range(FERMI_DIRAC_TERMS):
        SERIES.li2[i] = (-1) ** i * li2[i]
        SERIES.li3[i] = (-1) ** i * sum(li2[k] * over_factorial[i - k] for k in range(i + 1)) / (i + 1)


_fill_series()


def polylogarithms():
    """The coefficients of the series, (2, terms), for other kernels."""
    terms = range(FERMI_DIRAC_TERMS)
    return np.array([[SERIES.li2[i] for i in terms], [SERIES.li3[i] for i in terms]])


# ---- the grid in (eta, |q|), the same for all mediator masses -------------------------------------------------------

cdef inline double largest_q(double u, const State* s) noexcept nogil:
    """Backscattering, or for an energy gain the 30 T beyond which exp(q0/T) leaves nothing."""
    cdef double q = 2.0 * s.E_nu / (1.0 + u)
    return min(q, -CUT * s.T / u) if u < 0.0 else q


cdef inline double largest_eta(double E_max, const State* s) noexcept nogil:
    """The eta beyond which no nucleon below E_max can take over the energy q0 = |q| tanh(eta) > 0."""
    cdef double low = 0.0, high = 8.0, eta, q
    cdef int i
    for i in range(30):
        eta = 0.5 * (low + high)
        q = largest_q(tanh(eta), s)
        if 2.0 * s.m_eff * sinh(eta) * cosh(eta) <= q or transfer(tanh(eta), cosh(eta) ** -2, q, s).E_min < E_max:
            low = eta           # a nucleon at rest, or one below E_max
        else:
            high = eta
    return high


cdef void root_moments_of_line(const State* s, const Rule* rule, Line* line) noexcept nogil:
    cdef double[3] S
    cdef Transfer t
    cdef int i
    for i in range(line.n):
        t = transfer(line.u, line.v, line.q[i], s)
        root_moments(s, &t, rule, S)
        line.S0[i], line.S1[i], line.S2[i] = S[0], S[1], S[2]


cdef void tabulate(
    const State* s, const Rule* rule, const LineFunctions* of_line, Table* table, double* q0, double* sm
) noexcept nogil:
    """Fill the table, the energy transfers of its nodes, and the three integrals without a propagator.

    eta is split at 0, where the neutrino's blocking sets in, and at the nucleons' Fermi surface: Gauss nodes crowd on
    both sides of a split.
    """
    cdef double E_max = max(s.mu_eff, s.m_eff) + CUT * s.T
    cdef double eta_fermi = acosh(max(s.mu_eff, s.m_eff + 3.0 * s.T) / s.m_eff)
    cdef double[5] edge
    cdef double eta
    cdef const Axis* axis
    cdef Line line
    cdef int panel, i, k
    edge[0], edge[1], edge[2], edge[3] = -acosh(E_max / s.m_eff), -eta_fermi, 0.0, eta_fermi
    edge[4] = max(largest_eta(E_max, s), 1.1 * eta_fermi)
    table.n = 0
    sm[0] = sm[1] = sm[2] = 0.0
    for panel in range(4):
        axis = &rule.eta if 1 <= panel <= 2 else &rule.eta_outer
        for i in range(axis.n):
            eta = node(edge[panel], edge[panel + 1], axis.x[i])
            line.u, line.v = tanh(eta), cosh(eta) ** -2
            of_line.nodes(
                rule, LIGHTEST, largest_q(line.u, s), weight(edge[panel], edge[panel + 1], axis.w[i]), &line
            )
            if s.azimuth == EXACT:
                of_line.moments(s, rule, &line)
            else:
                root_moments_of_line(s, rule, &line)
            for k in range(line.n):
                q0[table.n + k] = line.u * line.q[k]
            of_line.integrals(s, &line, table, sm)


cdef inline void with_propagator(
    const Table* table, const LineFunctions* of_line, double mass, double* integrals
) noexcept nogil:
    cdef double[4] sums
    of_line.sums(table, mass, sums)
    integrals[INTERFERENCE_V], integrals[INTERFERENCE_A], integrals[VECTOR], integrals[SCALAR] = sums


# ---- "vacuum": no blocking, nucleons of mass M with the medium's distribution ---------------------------------------

cdef void vacuum(
    const State* s, double M, const Rule* rule, AngleSums sums_of, const double* mass, Py_ssize_t n_mass, double* value
) noexcept nogil:
    """Integrals of 1/lambda_0 for all masses, written to value[n_mass, N_INTEGRALS]."""
    cdef double[4] edge
    cdef double[VACUUM_SUMS] sums
    cdef double[SM_VA + 1] sm
    cdef double[MOST_ANGLES] pk, X, w
    cdef double p, E, w_p, form, mu = s.mu_eff, m = s.m_eff, T = s.T
    cdef int n = whole_vectors(rule.angle.n)        # those beyond the rule have no weight
    cdef Py_ssize_t k
    cdef int piece, i, j
    for k in range(n_mass * N_INTEGRALS):
        value[k] = 0.0
    sm[SM_VV] = sm[SM_AA] = sm[SM_VA] = 0.0
    edge[0], edge[1] = 0.0, momentum(mu - 5.0 * T, m)
    edge[2], edge[3] = momentum(max(mu, m) + 5.0 * T, m), momentum(max(mu, m) + CUT * T, m)
    for piece in range(3):
        for i in range(rule.energy.n if edge[piece + 1] > edge[piece] else 0):
            p = node(edge[piece], edge[piece + 1], rule.energy.x[i])
            w_p = weight(edge[piece], edge[piece + 1], rule.energy.w[i]) * p * p / (2.0 * PI * PI)
            w_p *= fermi((sqrt(p * p + m * m) - mu) / T)
            E = sqrt(p * p + M * M)
            for j in range(n):
                pk[j] = s.E_nu * (E - p * rule.angle.x[min(j, rule.angle.n - 1)])
                X[j] = 4.0 * pk[j] * pk[j] / (M * M + 2.0 * pk[j])
                w[j] = w_p * rule.angle.w[j] / (64.0 * PI * pk[j] * pk[j]) if j < rule.angle.n else 0.0
                if s.flux == RELATIVE_VELOCITY:
                    w[j] *= pk[j] / (E * s.E_nu)
                form = 2.0 * pk[j] * pk[j] - 0.5 * pk[j] * X[j] + X[j] * X[j] / 12.0
                sm[SM_VV] += w[j] * X[j] * (form - 0.25 * M * M * X[j])
                sm[SM_AA] += w[j] * X[j] * (form + 0.25 * M * M * X[j])
                sm[SM_VA] += w[j] * X[j] * X[j] * (pk[j] - X[j] / 6.0)
            for k in range(n_mass):
                sums_of(n, pk, X, w, M * M, mass[k] * mass[k], rule.propagator.n, rule.propagator.x,
                        rule.propagator.w, sums)
                for j in range(VACUUM_SUMS):
                    value[k * N_INTEGRALS + INTERFERENCE_V + j] += sums[j]
    for k in range(n_mass):
        for j in range(SM_VA + 1):
            value[k * N_INTEGRALS + j] = sm[j]


# ---- batches ------------------------------------------------------------------------------------------------------

cdef double LIGHTEST = LIGHTEST_MEDIATOR, STEEPEST = MOST_DEGENERATE


@cache
def legendre_rule(int n):
    """Nodes and weights on [-1, 1], worked out once."""
    return np.polynomial.legendre.leggauss(n)


cdef class Quadrature:
    """Gauss-Legendre nodes: per panel of eta (inner, outer) and |q| (logarithmic, linear), piece of energy, angle."""
    cdef list rules
    cdef Rule rule
    cdef readonly int nodes
    cdef int table_length       # with the nodes that fill up vectors

    def __init__(self, int eta, int eta_outer, int q_log, int q_linear, int energy, int angle):
        cdef Axis[7] axes
        cdef double[::1] x, w
        cdef int i
        if max(q_log + q_linear, energy, angle) > min(MOST_NODES, MOST_ANGLES):
            raise ValueError(f"at most {MOST_NODES} nodes in |q|, in a piece of energy, and in the angle")
        orders = (eta, eta_outer, q_log, q_linear, energy, angle, POLE)
        self.rules = [legendre_rule(n) for n in orders]
        for i in range(7):
            x, w = self.rules[i]
            axes[i].x, axes[i].w, axes[i].n = &x[0], &w[0], x.shape[0]
        self.rule.eta, self.rule.eta_outer, self.rule.q_log = axes[0], axes[1], axes[2]
        self.rule.q_linear, self.rule.energy, self.rule.angle = axes[3], axes[4], axes[5]
        self.rule.propagator, self.rule.polylogarithms = axes[6], &SERIES
        self.nodes = 2 * (eta + eta_outer) * (q_log + q_linear)
        self.table_length = 2 * (eta + eta_outer) * whole_vectors(q_log + q_linear)


@cache
def grids(int doublings, double scale=1.0):
    """The fine and the coarse grid for states up to 2^doublings times as degenerate as DEGENERATE.

    Fermi surfaces are edges in eta, in |q|, and in the energy where that is integrated numerically: the sharper, the
    more nodes. `scale` multiplies all numbers of nodes.
    """
    eta, energy = scale * (1 << doublings), scale * (1 << (doublings + 1) // 2)
    linear = scale * LINEAR[doublings]
    fine = (16 * eta, 14 * eta, 36 * scale, 24 * linear, 18 * energy, 20 * scale)
    coarse = (14 * eta, 8 * eta, 30 * scale, 18 * linear, 14 * energy, 12 * scale)
    return tuple(Quadrature(*[int(ceil(n)) for n in numbers]) for numbers in (fine, coarse))


FINE, COARSE = grids(0)


cdef inline double degeneracy(const State* s) noexcept nogil:
    return max(s.mu_eff - s.m_eff, s.E_nu) / s.T


cdef State state_of(const double[:, ::1] rows, Py_ssize_t i) noexcept nogil:
    cdef State s
    s.T, s.m_eff, s.mu_eff, s.E_nu, s.mu_nu = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], rows[i, 4]
    s.flux, s.azimuth = <int>rows[i, 5], <int>rows[i, 6]
    return s


cdef bint usable(const State* s) noexcept nogil:
    return (
        s.T > 0.0 and s.m_eff > 0.0 and s.E_nu > 0.0
        and isfinite(s.T + s.m_eff + s.mu_eff + s.E_nu + s.mu_nu) and degeneracy(s) <= STEEPEST
        and RELATIVE_VELOCITY <= s.flux <= PK and EXACT <= s.azimuth <= ROOT_AVERAGE
    )


cdef void compare(double* value, double* error, int* status, Py_ssize_t n_mass, const double* mass) noexcept nogil:
    """`error` holds the coarse values: turn them into differences, and set each mass's status."""
    cdef Py_ssize_t k, j
    for k in range(n_mass):
        status[k] = OK if mass[k] >= LIGHTEST else OUT_OF_DOMAIN
        for j in range(k * N_INTEGRALS, (k + 1) * N_INTEGRALS):
            error[j] = fabs(value[j] - error[j])
            if status[k] == OK and not isfinite(value[j] + error[j]):
                status[k] = NOT_FINITE
        if status[k] != OK:
            for j in range(k * N_INTEGRALS, (k + 1) * N_INTEGRALS):
                value[j] = error[j] = NAN


cdef class Response:
    """What the medium of one state does, tabulated once (on both grids) and good for any mediator mass."""
    cdef State state
    cdef Table fine, coarse
    cdef double[3] sm_fine, sm_coarse
    cdef object memory
    cdef bint usable
    cdef double alike               # share of a value that both grids may miss
    cdef const LineFunctions* of_line

    def __init__(self, row, Quadrature fine=None, Quadrature coarse=None, double scale=1.0, int width=8):
        """row : columns as in STATE, MeV; fine, coarse : by default as the state needs them, times `scale`;
        width : 8, 4 or 2 numbers in a vector, at most (digits do not depend on it)
        """
        cdef const double[:, ::1] rows = np.array([row], dtype=float)
        self.state = state_of(rows, 0)
        self.usable = usable(&self.state)
        self.of_line = line_functions(width)
        doublings = ceil(log2(max(1.0, degeneracy(&self.state) / DEGENERATE))) if self.usable else 0
        needed = grids(doublings, scale)
        self.alike = ALIKE_DRAFT if scale < 1.0 else ALIKE_DEGENERATE if doublings else ALIKE
        fine, coarse = fine or needed[0], coarse or needed[1]
        self.memory = self._reserve(&self.fine, fine), self._reserve(&self.coarse, coarse)
        cdef double[:, ::1] columns_fine = self.memory[0], columns_coarse = self.memory[1]
        cdef double* q0_fine = &columns_fine[4, 0]
        cdef double* q0_coarse = &columns_coarse[4, 0]
        if self.usable:
            with nogil:
                tabulate(&self.state, &fine.rule, self.of_line, &self.fine, q0_fine, self.sm_fine)
                tabulate(&self.state, &coarse.rule, self.of_line, &self.coarse, q0_coarse, self.sm_coarse)

    cdef object _reserve(self, Table* table, Quadrature grid):
        cdef double[:, ::1] columns = np.empty((5, grid.table_length))
        table.Q2, table.vector = &columns[0, 0], &columns[1, 0]
        table.axial, table.scalar = &columns[2, 0], &columns[3, 0]
        return np.asarray(columns)

    def nodes(self):
        """The tables of the fine and the coarse grid, each (5, n): Q^2 [MeV^2]; the weights of the integrals with a
        propagator, vector, axial and scalar; q0 [MeV].  None for a state that cannot be computed.

        With w the weight of a node that multiplies the moments S_0, S_1, S_2 of p.k, X = Q^2 and
        C = 2 S_2 - X S_1 + X^2 S_0/4: vector = 4 w (C - m*^2 X S_0/2), axial = w X (X S_0 - 4 S_1),
        scalar = w X (4 m*^2 + X) S_0.
        """
        if not self.usable:
            return None
        return self.memory[0][:, :self.fine.n], self.memory[1][:, :self.coarse.n]

    def integrals(self, const double[::1] mass):
        """value, error : (m, 7) columns as in INTEGRALS; status : (m,), for mediator masses in MeV of shape (m,)."""
        cdef Py_ssize_t n_mass = mass.shape[0], k, j
        values, errors = np.full((2, n_mass, N_INTEGRALS), np.nan)
        statuses = np.full(n_mass, OUT_OF_DOMAIN, dtype=np.intc)
        cdef double[:, ::1] value = values, error = errors
        cdef int[::1] status = statuses
        if self.usable and n_mass > 0:
            with nogil:
                for k in range(n_mass):
                    for j in range(3):
                        value[k, j], error[k, j] = self.sm_fine[j], self.sm_coarse[j]
                    with_propagator(&self.fine, self.of_line, mass[k], &value[k, 0])
                    with_propagator(&self.coarse, self.of_line, mass[k], &error[k, 0])
                compare(&value[0, 0], &error[0, 0], &status[0], n_mass, &mass[0])
                for k in range(n_mass):
                    for j in range(N_INTEGRALS):
                        error[k, j] += self.alike * fabs(value[k, j])
        return values, errors, statuses


def medium(responses, const double[::1] mass):
    """The integrals of 1/lambda in the medium, Eq. (19), per nucleon species and with couplings taken out.

    Parameters
    ----------
    responses : n objects of class Response; mass : (m,) mediator masses, MeV

    Returns
    -------
    value, error : (n, m, 7) columns as in INTEGRALS; status : (n, m)
    """
    return tuple(np.stack(arrays) for arrays in zip(*(response.integrals(mass) for response in responses), strict=True))


def exchanges(const double[:, ::1] table, const double[::1] mass):
    """Sums over nodes with propagators, for any weights.

    Parameters
    ----------
    table : (4, n) Q^2 [MeV^2], and the nodes' weights of interference, vector and scalar exchange; mass : (m,), MeV

    Returns
    -------
    (m, 3) : interference with 1/(Q^2 + m^2), vector and scalar with its square
    """
    cdef Py_ssize_t n_mass = mass.shape[0], k
    cdef Table columns
    cdef double[4] sums
    cdef const LineFunctions* of_line = line_functions(8)
    values = np.zeros((n_mass, 3))
    if table.shape[0] != 4:
        raise ValueError(f"a table has four rows, not {table.shape[0]}")
    if table.shape[1] == 0:
        return values
    cdef double[:, ::1] value = values
    columns.n = <int>table.shape[1]
    columns.Q2, columns.axial = <double*>&table[0, 0], <double*>&table[1, 0]
    columns.vector, columns.scalar = <double*>&table[2, 0], <double*>&table[3, 0]
    with nogil:
        for k in range(n_mass):
            of_line.sums(&columns, mass[k], sums)
            value[k, 0], value[k, 1], value[k, 2] = sums[1], sums[2], sums[3]
    return values


def vacuum_like(
    const double[:, ::1] rows, const double[::1] mass, double M, Quadrature fine=FINE, Quadrature coarse=COARSE
):
    """The integrals of 1/lambda_0: as `medium`, without blocking and with nucleons of mass M [MeV]."""
    cdef Py_ssize_t n_rows = rows.shape[0], n_mass = mass.shape[0], i
    values, errors = np.full((2, n_rows, n_mass, N_INTEGRALS), np.nan)
    statuses = np.full((n_rows, n_mass), OUT_OF_DOMAIN, dtype=np.intc)
    cdef double[:, :, ::1] value = values, error = errors
    cdef int[:, ::1] status = statuses
    cdef AngleSums sums_of = angle_sums_of_width(vector_width(8))
    cdef State s
    with nogil:
        for i in range(n_rows if n_mass > 0 else 0):
            s = state_of(rows, i)
            if not usable(&s):
                continue
            vacuum(&s, M, &fine.rule, sums_of, &mass[0], n_mass, &value[i, 0, 0])
            vacuum(&s, M, &coarse.rule, sums_of, &mass[0], n_mass, &error[i, 0, 0])
            compare(&value[i, 0, 0], &error[i, 0, 0], &status[i, 0], n_mass, &mass[0])
    return values, errors, statuses


def fermi_dirac(const double[::1] eta):
    """J_0, J_1, J_2 of (n,) degeneracies, shape (3, n): Int_0^inf x^k dx/(e^(x - eta) + 1)."""
    cdef Py_ssize_t n = eta.shape[0]
    cdef const LineFunctions* functions = line_functions(8)
    values = np.empty((3, n))
    cdef double[:, ::1] value = values
    if n > 0:
        with nogil:
            functions.fermi(<int>n, &SERIES, &eta[0], &value[0, 0], &value[1, 0], &value[2, 0])
    return values


def nuclear_matter(const double[:, ::1] rows, tm1, int fine=32, int coarse=24):
    """TM1 matter.

    Parameters
    ----------
    rows : (n, 5) T [MeV], n_B [MeV^3], Y_L, g_nu, 1 for beta equilibrium with mu_nu = 0 (then Y_L and g_nu are ignored)
    tm1 : mapping with the fields of `Couplings` in mean_field.pxd

    Returns
    -------
    value, error : (n, 5) m*, mu*_n, mu*_p, mu_nu [MeV], Y_p; status : (n,)
    """
    cdef Py_ssize_t n = rows.shape[0], i
    cdef int j
    cdef bint found, also
    cdef Matter m
    cdef double[::1] x, w, fine_x, fine_w
    values, errors = np.full((2, n, 5), np.nan)
    statuses = np.full(n, OUT_OF_DOMAIN, dtype=np.intc)
    cdef double[:, ::1] value = values, error = errors
    cdef int[::1] status = statuses
    if fine % VECTOR_LANES or coarse % VECTOR_LANES or not 0 < coarse <= fine <= MOST_GAS_NODES:
        raise ValueError(f"rules have multiples of {VECTOR_LANES} nodes, at most {MOST_GAS_NODES}")
    m.tm1 = tm1
    m.piece = gas_piece_of_width(vector_width(8))
    x, w = legendre_rule(coarse)
    fine_x, fine_w = legendre_rule(fine)
    with nogil:
        for i in range(n):
            m.T, m.n_B, m.Y_L, m.g_nu = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
            m.beta_equilibrium = rows[i, 4] != 0.0
            if not (m.T > 0.0 and m.n_B > 0.0 and m.Y_L >= 0.0 and m.g_nu >= 0.0 and isfinite(m.T + m.n_B)):
                continue
            m.x, m.w, m.n_nodes = &x[0], &w[0], x.shape[0]
            error[i, 4] = proton_fraction(&m, 0.0, &found)
            error[i, 0], error[i, 1], error[i, 2], error[i, 3] = m.m_eff, m.mu_n, m.mu_p, m.mu_nu
            m.x, m.w, m.n_nodes = &fine_x[0], &fine_w[0], fine_x.shape[0]
            also = found
            value[i, 4] = proton_fraction(&m, error[i, 4] if found else 0.0, &found)
            value[i, 0], value[i, 1], value[i, 2], value[i, 3] = m.m_eff, m.mu_n, m.mu_p, m.mu_nu
            status[i] = OK if found and also else NO_SOLUTION
    for i in range(n):
        for j in range(5):
            error[i, j] = fabs(value[i, j] - error[i, j])
            if status[i] != OK:
                value[i, j] = error[i, j] = NAN
    return values, errors, statuses
