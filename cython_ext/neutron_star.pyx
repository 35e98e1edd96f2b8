"""Neutrinos in a cold neutron star: collision rates, elastic cross sections, heating maps, random walk to the surface.

The formulae are in the headers; here are the loops over points and the names of the choices.
"""
import numpy as np

from libc.math cimport fabs, isfinite, sqrt
from libc.stdint cimport int64_t, uint64_t

from degenerate_collision cimport N_MOMENTS, collision_sums_of_width, rate
from exponential_integral cimport exp1, exp2_integral, exp3_integral
from free_target cimport Nucleon, electron_differential, electron_total, nucleon_differential, nucleon_total
from gauss_rule cimport Rule
from random_walk cimport add_near, box_step, integrate_elements, walk
from splitmix cimport stream_key
from star_heating cimport edges, heating_fraction
from status cimport NOT_CONVERGED, NOT_FINITE, NO_SOLUTION, OK, OUT_OF_DOMAIN
from vector_math cimport vector_width

# Choices, in the order of the enumerations in the headers.
AMPLITUDES = ("paper", "exact", "unpolarised")
DAUGHTERS = ("equal_mass", "massless")
COHERENCES = ("constant", "sphere", "capped")
TARGETS = ("neutron", "proton", "electron")
CAPTURES = ("min", "exponential")
DECAYS = ("exponential", "cut", "none")
STEPS = ("fixed", "exponential")
ENTRIES = ("radial", "cosine")


cdef _unit_nodes(int n):
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n)
    return np.ascontiguousarray(0.5 + 0.5 * x), np.ascontiguousarray(0.5 * w)


NODES = {n: _unit_nodes(n) for n in (12, 16, 24, 32)}


cdef Rule _rule(int n):
    cdef Rule rule
    cdef const double[::1] x = NODES[n][0], w = NODES[n][1]
    rule.n, rule.x, rule.w = n, &x[0], &w[0]
    return rule


cdef Rule[4] RATE_RULES = [_rule(16), _rule(24), _rule(12), _rule(16)]     # fine: cold, thermal; coarse: cold, thermal
cdef Rule[4] CAPPED_RULES = [_rule(24), _rule(32), _rule(16), _rule(24)]   # the cap has kinks of its own
cdef Rule[2] ELASTIC_RULES = [_rule(32), _rule(24)]


# ---- collisions with degenerate neutrons -----------------------------------------------------------------------------

def collision_moments(const double[::1] E, const double[::1] m, const double[::1] T, double v_F, double E_max,
                      double T_max, double cap, str amplitude, str daughter, str coherence, int width=8):
    """Moments I_0, I_1, I_2 of the collision integral (see degenerate_collision.pxd).

    Parameters
    ----------
    E, m, T : shape (n,): energy, mass of the incoming neutrino, temperature [eV]
    v_F : velocity of the neutrons at the Fermi surface
    E_max, T_max : largest energy and temperature for which the expansion in q/p_F and T/p_F is good enough [eV]
    cap : momentum below which the coherence factor is constant [eV], for coherence "capped"
    amplitude, daughter, coherence : one of AMPLITUDES, DAUGHTERS, COHERENCES
    width : largest vector width to use, 8, 4 or 2 (the digits are the same)

    Returns
    -------
    value, error : shape (n, 3) [eV^(5+k), or eV^(2+k) for coherence "sphere"], status : shape (n,)
    """
    cdef Py_ssize_t i, n = E.shape[0]
    cdef int a = AMPLITUDES.index(amplitude), d = DAUGHTERS.index(daughter), h = COHERENCES.index(coherence)
    cdef int lanes = vector_width(width)
    cdef const Rule* rules = &CAPPED_RULES[0] if coherence == "capped" else &RATE_RULES[0]
    value, error, status = np.empty((n, N_MOMENTS)), np.empty((n, N_MOMENTS)), np.empty(n, dtype=np.int8)
    cdef double[:, ::1] value_ = value, error_ = error
    cdef signed char[::1] status_ = status
    with nogil:
        for i in range(n):
            status_[i] = rate(E[i], m[i], T[i], v_F, E_max, T_max, cap, a, d, h, rules, collision_sums_of_width(lanes),
                              &value_[i, 0], &error_[i, 0])
    return value, error, status


# ---- elastic scattering on free targets ----------------------------------------------------------------------------

cdef enum Target:
    NEUTRON, PROTON, ELECTRON


cdef Nucleon _nucleon(const double[::1] parameters, const double[:, ::1] sachs, bint proton, bint antineutrino):
    cdef Nucleon N
    N.G2, N.sin2_theta_w, N.mu_p, N.mu_n, N.a, N.b = (parameters[i] for i in range(6))
    N.m_V, N.m_A, N.g_A, N.delta_s, N.F1_s, N.F2_s = (parameters[i] for i in range(6, 12))
    N.mass = parameters[13] if proton else parameters[12]
    N.sachs, N.proton, N.sign = &sachs[0, 0], proton, -1.0 if antineutrino else 1.0
    return N


def elastic_cross_section(const double[::1] E, const double[::1] Q2, const double[::1] parameters,
                          const double[:, ::1] sachs, double E_max, str target, bint electron_flavour,
                          bint antineutrino):
    """Total (or, where Q2 is not negative, differential in Q^2) elastic cross section on a free target at rest.

    Parameters
    ----------
    E, Q2 : shape (n,): energy [GeV], momentum transfer squared [GeV^2] or -1 for the total cross section
    parameters : G^2 [GeV^-4], sin^2(theta_w), mu_p, mu_n, a, b, m_V, m_A, g_A, Delta s, F_1^s, F_2^s, m_n, m_p, m_e
        [GeV]
    sachs : shape (3, 6): Table I
    E_max : largest energy for which the nucleon's form factors are fitted [GeV]

    Returns
    -------
    value, error, status : shape (n,) [GeV^-2, or GeV^-4 if differential]; NO_SOLUTION for a Q^2 that cannot occur
    """
    cdef Py_ssize_t i, n = E.shape[0]
    cdef int t = TARGETS.index(target), outcome
    cdef Nucleon N = _nucleon(parameters, sachs, t == PROTON, antineutrino)
    cdef double m = parameters[14] if t == ELECTRON else N.mass, coarse
    cdef double g_R = N.sin2_theta_w, g_L = g_R + (0.5 if electron_flavour else -0.5)
    value, error, status = np.zeros(n), np.zeros(n), np.zeros(n, dtype=np.int8)
    cdef double[::1] value_ = value, error_ = error
    cdef signed char[::1] status_ = status
    if antineutrino:
        g_L, g_R = g_R, g_L
    with nogil:
        for i in range(n):
            if not (E[i] > 0.0 and (t == ELECTRON or E[i] <= E_max)):
                status_[i] = OUT_OF_DOMAIN
                continue
            if Q2[i] > 4.0 * E[i] * E[i] * m / (m + 2.0 * E[i]):
                status_[i] = NO_SOLUTION
                continue
            if t == ELECTRON:
                if Q2[i] < 0.0:
                    value_[i] = electron_total(E[i], m, N.G2, g_L, g_R)
                else:
                    value_[i] = electron_differential(E[i], Q2[i], m, N.G2, g_L, g_R)
                error_[i] = 1e-15 * value_[i]
            elif Q2[i] >= 0.0:
                value_[i] = nucleon_differential(&N, E[i], Q2[i])
                error_[i] = 1e-15 * value_[i]
            else:
                value_[i] = nucleon_total(&N, E[i], &ELASTIC_RULES[0])
                coarse = nucleon_total(&N, E[i], &ELASTIC_RULES[1])
                error_[i] = fabs(value_[i] - coarse) + 1e-15 * value_[i]
            if not isfinite(value_[i]):
                status_[i] = NOT_FINITE
            elif error_[i] > 1e-5 * value_[i]:
                status_[i] = NOT_CONVERGED
    return value, error, status


# ---- heating (see star_heating.pxd) ----------------------------------------------------------------------------------

def heating_map(const double[::1] s, const double[::1] full4, const double[::1] s_sat, const double[::1] b,
                double T_NS4, str capture, str decay):
    """Temperature at infinity [K] for n points.

    Parameters
    ----------
    s, full4, s_sat, b : shape (n,): sin^2(theta), T^4 [K^4] that full capture adds, saturation value of s, decay
        exponent per s
    T_NS4 : T_NS^4 [K^4]

    Returns
    -------
    value, status : shape (n,); NO_SOLUTION where the star would lose more than it has
    """
    cdef Py_ssize_t i, n = s.shape[0]
    cdef int c = CAPTURES.index(capture), d = DECAYS.index(decay)
    value, status = np.empty(n), np.zeros(n, dtype=np.int8)
    cdef double[::1] value_ = value
    cdef signed char[::1] status_ = status
    cdef double T4
    with nogil:
        for i in range(n):
            if not (s[i] >= 0.0 and s[i] <= 1.0 and s_sat[i] > 0.0 and b[i] >= 0.0):
                value_[i], status_[i] = 0.0, OUT_OF_DOMAIN
                continue
            T4 = T_NS4 + full4[i] * heating_fraction(s[i], s_sat[i], b[i], c, d)
            if T4 < 0.0:
                value_[i], status_[i] = 0.0, NO_SOLUTION
            else:
                value_[i] = sqrt(sqrt(T4))
    return value, status


def mixing_edges(const double[::1] f, const double[::1] s_sat, const double[::1] b, str capture, str decay):
    """The two sin^2(theta) at which the fraction f of full heating is reached.

    Returns
    -------
    lower, upper, status : shape (n,); upper is infinite where nothing decays
    """
    cdef Py_ssize_t i, n = f.shape[0]
    cdef int c = CAPTURES.index(capture), d = DECAYS.index(decay)
    lower, upper, status = np.empty(n), np.empty(n), np.empty(n, dtype=np.int8)
    cdef double[::1] lower_ = lower, upper_ = upper
    cdef signed char[::1] status_ = status
    with nogil:
        for i in range(n):
            status_[i] = edges(f[i], s_sat[i], b[i], c, d, &lower_[i], &upper_[i])
    return lower, upper, status


# ---- random walk ---------------------------------------------------------------------------------------------------

def box_walk(double[::1] value, const double[::1] source, const double[::1] width, Py_ssize_t shift, Py_ssize_t whole,
             const double[:, ::1] antiderivative, const double[::1] weight, const double[::1] entry_weight,
             Py_ssize_t entry_element, double[::1] result):
    """Fixed steps: result[n] = entry average of psi_n (or u_n), n = 0, 1, ... (see random_walk.pxd).

    Parameters
    ----------
    value : shape (elements p,): psi_0 or u_0, overwritten; source : same shape
    width : shape (elements,); shift : elements in a unit of z
    whole : elements from surface to surface if the given ones reach the centre, with psi_n as the function; 0 for u_n
    antiderivative, weight : shapes (p, p), (p,): integrals of Lagrange polynomials on [0, 1] up to each node, and to 1
    entry_weight : shape (elements p,): weights of the entry average, used where entry_element < 0
    entry_element : number of elements below z + 1, if all walkers start from one z, 0 or 1; else -1
    """
    cdef Py_ssize_t n, i, elements = width.shape[0], count = value.shape[0], steps = result.shape[0]
    cdef Py_ssize_t known = elements, wanted = elements
    cdef int p = weight.shape[0]
    inside, start = np.empty(count), np.empty(elements + 1)
    cdef double[::1] inside_ = inside, start_ = start
    with nogil:
        for n in range(steps):
            if n:
                if whole == 0:                      # u_n vanishes beyond z = n, and what is deep is not asked for
                    known, wanted = min(n - 1, steps - n + 1), min(n, steps - n)
                integrate_elements(&value[0], &width[0], known, p, &antiderivative[0, 0], &weight[0], &inside_[0],
                                   &start_[0])
                box_step(&value[0], &source[0], wanted, p, shift, known, whole, &inside_[0], &start_[0])
            if entry_element >= 0:
                result[n] = 0.5 * start_[min(entry_element, known)] if n else 0.0  # psi(z) = Psi(z + 1)/2, z = 0 or 1
            else:
                result[n] = 0.0
                for i in range(count):
                    result[n] += entry_weight[i] * value[i]


def exponential_kernel(const double[::1] row_node, const double[::1] node, const double[::1] edge,
                       const double[::1] unit_weight, const double[::1] unit_barycentric):
    """Matrix of the slab equation for exponential steps: shape (rows, n), n = elements p, with p Gauss nodes each.

    Parameters
    ----------
    row_node : shape (rows,): depths after a flight; node : shape (n,): depths before it
    edge : shape (elements + 1,); unit_weight, unit_barycentric : shape (p,), on [0, 1]
    """
    cdef Py_ssize_t i, j, e, rows = row_node.shape[0], elements = edge.shape[0] - 1
    cdef int p = unit_weight.shape[0]
    cdef double z, width, distance, near, far
    cdef double* row
    cdef const double[::1] x = NODES[24][0], w = NODES[24][1]
    matrix = np.zeros((rows, node.shape[0]))
    cdef double[:, ::1] K = matrix
    with nogil:
        for i in range(rows):
            z = row_node[i]
            for e in range(elements):
                width, distance = edge[e + 1] - edge[e], max(edge[e] - z, z - edge[e + 1])
                if distance > 42.0:
                    continue
                if distance >= width:
                    for j in range(e * p, e * p + p):
                        K[i, j] = 0.5 * width * unit_weight[j - e * p] * exp1(fabs(z - node[j]))
                    continue
                row = &K[i, e * p]
                if distance > 0.0:                  # beside this element
                    near = edge[e] if z < edge[e] else edge[e + 1]
                    far = edge[e + 1] if z < edge[e] else edge[e]
                    add_near(z, near, far, &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
                else:                               # inside: to both sides
                    add_near(z, z, edge[e], &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
                    add_near(z, z, edge[e + 1], &node[e * p], &unit_barycentric[0], p, &x[0], &w[0], 24, row)
    return matrix


def exponential_source(const double[::1] z, double l):
    """u_1 at depths z: 1 - r, averaged over what lies outside a half-space with curvature l: (E_2(z) + l E_3(z))/2."""
    cdef Py_ssize_t i
    source = np.empty(z.shape[0])
    cdef double[::1] source_ = source
    for i in range(z.shape[0]):
        source_[i] = 0.5 * (exp2_integral(z[i]) + l * exp3_integral(z[i]))
    return source


def walkers(uint64_t seed, uint64_t first, int64_t count, int64_t flights, double mfp_over_radius, str step, str entry):
    """Number of walkers, out of `count`, that are still inside after flight 1, 2, ... `flights` (shape (flights,)).

    The walkers first, first + 1, ... each have their own stream of random numbers: parts of a sample may be computed
    anywhere, in any order.
    """
    cdef bint exponential = STEPS.index(step) == 1, cosine = ENTRIES.index(entry) == 1
    cdef int64_t i, left
    leaving = np.zeros(flights + 2, dtype=np.int64)
    cdef int64_t[::1] leaving_ = leaving
    with nogil:
        for i in range(count):
            left = walk(stream_key(seed, first + <uint64_t>i), flights, mfp_over_radius, exponential, cosine)
            leaving_[left] += 1
    return count - np.cumsum(leaving)[1 : flights + 1]
