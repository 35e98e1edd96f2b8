"""Thermal potential and collision rates of an active neutrino with a new mediator as functions of x = E/T, mu = m/T.

With w = mu^2/4x and c = w - x, the four logarithms of the potential's bosonic part collapse to ln|(p + c)/(p - c)|, and
integration by parts leaves two principal values, with N_F(p) = ln(1 + e^-p), N_B(p) = -ln(1 - e^-omega), omega^2 = p^2
+ mu^2:
    V/(coupling^2 T) = 1/(4 pi^2 x) PV Int_0^inf dp [ N_F(p) p^2/(p^2 - w^2) + N_B(p) (p^2 + c x)/(p^2 - c^2) ]
for a scalar, twice that for a vector.
The off-shell rate is a finite part over u = s/m^2 that depends on w alone:
    b = w/(4 pi^2 x) fp Int du u g(u) N_F(w u)            Moeller flux 1 - cos
    b = sqrt(w)/(4 pi^2 x) fp Int du sqrt(u) g(u) Phi(w u)    flux sqrt(2 (1 - cos)),
with Phi(y) = Int_y^inf sqrt(t)/(e^t + 1) dt.  All of them are trapezoidal sums in the logarithm of p or u whose nodes
straddle the pole symmetrically, t = (k + 1/2) h: exact for a simple pole, too large by pi^2/h times the coefficient of
a double pole, and otherwise wrong by about exp(-pi^2/h), because every other singularity lies at |Im t| >= pi/2.  Where
w or |c| is large, asymptotic series in 1/w and 1/c take over.
Nodes are worked out in arrays (dm_thermal.h); those of N_F serve potential and off-shell rate.
"""
import numpy as np

from libc.math cimport exp, fabs, isfinite, log, log1p, sqrt

from quadrature cimport node, weight
from status cimport NOT_FINITE, OK, OUT_OF_DOMAIN
from vector_math cimport VECTOR_LANES, vector_width

cdef extern from "dm_thermal.h":
    cdef enum:
        N_CHANNELS, MAX_U, N_TERMS, N_PHI, N_STEP
    double FERMI_SERIES, BOSE_SERIES
    ctypedef struct Rule:
        double h
        int n_u, below, reach
        double u[MAX_U]
        double over_sinh[MAX_U]
        double u2_over_sinh[MAX_U]
        double channel[2][N_CHANNELS][MAX_U]
        double step_y[N_STEP]
        double step_w[N_STEP]
    ctypedef struct Loops:
        void (*fermi_nodes)(int few, int high, double scale, const double* u, double* value) noexcept nogil
        void (*bose_nodes)(int few, int high, double scale, double mu, const double* u, double* value) noexcept nogil
        void (*phi_steps)(int low, int high, double scale, const Rule* rule, double* value) noexcept nogil
        double (*phi_sum)(const double* s, const double* weight) noexcept nogil
        void (*moments)(int low, int high, const double* u, double* value, double* result) noexcept nogil
        double (*lepton_sum)(int low, int high, double mass2, const double* u) noexcept nogil
        double (*dot)(int low, int high, const double* a, const double* b) noexcept nogil
    const Loops* loops_of_width(int width)

cdef double PI = 3.141592653589793
cdef double FAR = 40.0          # from here on the asymptotic series in 1/w or 1/c hold all digits
cdef double CUT = 45.0          # e^-45: nothing is left of a thermal distribution

cdef enum:
    N_SERIES = 30               # terms of g(u) = sum g_n u^n

# channels of the off-shell rate: cross section = coupling^4 g(u)/m^2
cdef enum:
    SCALAR, VECTOR, FLAVOUR
CHANNELS = {"scalar": SCALAR, "vector": VECTOR, "flavour": FLAVOUR}

cdef enum:
    MOLLER, ROOT
FLUXES = {"moller": MOLLER, "root": ROOT}

cdef double G_SERIES[N_CHANNELS][N_SERIES]      # g_n, n = 1 .. N_SERIES
cdef double G_POLE[N_CHANNELS]                  # (u - 1)^2 g(u) at u = 1
cdef double FERMI_MOMENT[N_TERMS + 4]           # Int p^(2n) N_F dp = (2n)! eta(2n + 2)
cdef double RATE_MOMENT[2][N_TERMS + 1]         # of u g N_F and of sqrt(u) g Phi, term n of g
cdef double PHI_X[N_PHI]
cdef double PHI_W[N_PHI]
cdef double STEP_X[N_STEP]
cdef double STEP_W[N_STEP]
cdef Rule FINE, COARSE
cdef Rule WIDE                                  # FINE with more pairs: what FINE leaves out is x e^-25 where m << T
cdef const Loops* LOOPS = loops_of_width(vector_width(8))


def use_width(int width):
    """Compute with vectors of 8, 4 or 2 numbers, or fewer where the processor has none so wide; equal digits."""
    global LOOPS
    LOOPS = loops_of_width(vector_width(width))


cdef double cross_section(int channel, double u) noexcept nogil:
    """g(u) of a channel, with the on-shell pole as 1/(u - 1)^2."""
    cdef double value, l
    cdef int n
    if u < 0.2:
        value = 0.0
        for n in range(N_SERIES - 1, -1, -1):
            value = u * (value + G_SERIES[channel][n])
        return value
    l = log1p(u)
    if channel == SCALAR:
        return u / (32 * PI * (u - 1) ** 2) + (u * (u + 2) / (u + 1) - 2 * l) / (16 * PI * u * u)
    if channel == VECTOR:
        value = (u * u - 4 + 4 * (1 - u * u) * l / u + 10 * u / 3) / (u - 1) ** 2
        return (u / (u + 1) + 2 * l / (u + 2) + value) / (4 * PI)
    value = u / (u + 1) + (u * (u + 1) - 2 * (u + 1) * l + u) / (u * u)
    return value / (4 * PI) + u / (12 * PI * (u - 1) ** 2)


def _series():
    """Coefficients g_1 .. g_N of every channel: products of the series of 1/(1+u), ln(1+u), 1/(2+u), 1/(1-u)^2."""
    n = np.arange(N_SERIES + 3)
    m = np.maximum(n, 3)
    sign = (-1.0) ** n
    log1p_ = np.where(n > 0, -sign / np.maximum(n, 1), 0.0)
    geometric = np.where(n > 0, -sign, 0.0)                         # u/(1+u)
    double_pole = n + 1.0                                           # 1/(1-u)^2

    def times(a, b):
        return np.convolve(a, b)[: N_SERIES + 3]

    # the bracket of the scalar's nu nubar starts at u^3 and is divided by u^2, likewise LR
    scalar_bracket = np.where(n >= 3, -sign * (1 - 2 / m), 0.0)
    lr_bracket = np.where(n >= 3, -2 * sign / (m * (m - 1)), 0.0)
    vector_bracket = np.where(n >= 3, -8 * sign / (m * m - 1), 0.0)
    vector_bracket[1], vector_bracket[2] = 4.0 / 3.0, -5.0 / 3.0
    over_u2 = [np.append(bracket[2:], [0.0, 0.0]) for bracket in (scalar_bracket, lr_bracket)]
    one = np.zeros(N_SERIES + 3)
    one[1] = 1.0
    pole = times(one, double_pole)                                  # u/(1-u)^2
    half = 0.5 * (-0.5) ** n                                        # 1/(2+u)
    scalar = pole / (32 * PI) + over_u2[0] / (16 * PI)
    vector = (geometric + 2 * times(log1p_, half) + times(vector_bracket, double_pole)) / (4 * PI)
    flavour = (geometric + over_u2[1]) / (4 * PI) + pole / (12 * PI)
    return [series[1 : N_SERIES + 1] for series in (scalar, vector, flavour)]


def _eta(s):
    """Dirichlet's eta function, sum (-1)^(n-1)/n^s, for s >= 2."""
    n = np.arange(1, 200, dtype=float)
    terms = (-1.0) ** (n - 1) * n**-s
    sums = np.cumsum(terms)
    for _ in range(12):                                     # averaging neighbours removes the alternating remainder
        sums = 0.5 * (sums[1:] + sums[: len(sums) - 1])     # wraparound is off: no index counts from the end
    return sums[len(sums) - 1]


cdef void make_rule(Rule* rule, double h, double reach) noexcept:
    """Nodes in steps h, those of principal values up to |t| = reach."""
    cdef int k, c
    cdef double t
    rule.h, rule.reach = h, <int>(reach / h)
    rule.below = rule.reach
    rule.n_u = min(MAX_U, rule.below + <int>(110.0 / h))
    for k in range(rule.n_u):
        t = (k - rule.below + 0.5) * h
        rule.u[k] = exp(t)
        if k < 2 * rule.reach:
            rule.over_sinh[k] = 2 * h / (rule.u[k] - 1 / rule.u[k])
            rule.u2_over_sinh[k] = rule.u[k] * rule.u[k] * rule.over_sinh[k]
        for c in range(N_CHANNELS):
            rule.channel[MOLLER][c][k] = rule.u[k] * rule.u[k] * cross_section(c, rule.u[k])
            rule.channel[ROOT][c][k] = rule.u[k] * sqrt(rule.u[k]) * cross_section(c, rule.u[k])
    for k in range(N_STEP):
        rule.step_y[k] = exp(node(0.0, h, STEP_X[k]))
        rule.step_w[k] = weight(0.0, h, STEP_W[k]) * rule.step_y[k] * sqrt(rule.step_y[k])


def _initialise():
    from math import factorial

    for channel, coefficients in enumerate(_series()):
        for n, value in enumerate(coefficients):
            G_SERIES[channel][n] = value
    G_POLE[SCALAR], G_POLE[VECTOR], G_POLE[FLAVOUR] = 1 / (32 * PI), 1 / (12 * PI), 1 / (12 * PI)
    for n in range(N_TERMS + 4):
        FERMI_MOMENT[n] = factorial(2 * n) * _eta(2 * n + 2)
    for n in range(1, N_TERMS + 1):
        RATE_MOMENT[MOLLER][n] = factorial(n + 1) * _eta(n + 3)
        RATE_MOMENT[ROOT][n] = factorial(n + 2) * _eta(n + 3) / (n + 1.5)
    for nodes in (N_PHI, N_STEP):
        x, w = np.polynomial.legendre.leggauss(nodes)
        for k in range(nodes):
            if nodes == N_PHI:
                PHI_X[k], PHI_W[k] = x[k], w[k]
            else:
                STEP_X[k], STEP_W[k] = x[k], w[k]
    make_rule(&FINE, 0.3, 25.0)
    make_rule(&COARSE, 0.4, 25.0)
    make_rule(&WIDE, 0.3, 45.0)


_initialise()


cdef inline int whole(int k) noexcept nogil:
    """The end of the vector that holds node k - 1."""
    return min(MAX_U, (k + VECTOR_LANES - 1) // VECTOR_LANES * VECTOR_LANES)


cdef inline int last_node(double scale, const Rule* rule) noexcept nogil:
    """The last node at which scale u is below CUT, so that something is left of a thermal distribution."""
    return max(0, min(rule.n_u - 1, <int>(log(CUT / scale) / rule.h) + rule.below))


cdef inline int nodes_below(double limit, int high, const Rule* rule) noexcept nogil:
    """How many nodes, of the first `high`, lie below a limit on u, in whole vectors."""
    if high == 0:
        return 0
    return min(high, max(0, <int>(log(limit) / rule.h) + rule.below - 1) // VECTOR_LANES * VECTOR_LANES)


cdef inline void fermi_nodes(double scale, int high, const Rule* rule, double* value) noexcept nogil:
    """N_F at p = scale u, at the first `high` nodes."""
    LOOPS.fermi_nodes(nodes_below(FERMI_SERIES / scale, high, rule), high, scale, rule.u, value)


cdef inline void bose_nodes(double scale, double mu, int high, const Rule* rule, double* value) noexcept nogil:
    """N_B at p = scale u, at the first `high` nodes."""
    cdef double limit = BOSE_SERIES * min(mu, sqrt(mu)) / scale
    LOOPS.bose_nodes(nodes_below(limit, high, rule), high, scale, mu, rule.u, value)


cdef double fermi_loop(double w, const double* fermi, int high, const Rule* rule) noexcept nogil:
    """PV Int_0^inf N_F(p) p^2/(p^2 - w^2) dp from N_F at the nodes below `high`."""
    cdef int k
    cdef double total = 0.0, over_w2 = 1 / (w * w)
    if w > FAR:
        for k in range(N_TERMS, 0, -1):
            total = over_w2 * (total - FERMI_MOMENT[k])
        return total
    if w < 1.0:
        return 0.5 * w * LOOPS.dot(0, high, fermi, rule.over_sinh) + PI * PI / 12
    return 0.5 * w * LOOPS.dot(0, high, fermi, rule.u2_over_sinh)


cdef void bose_moments(double mu, double* moments, const Rule* rule) noexcept nogil:
    """Int p^(2n) N_B dp for n = 0 .. N_TERMS, by the trapezoidal rule in ln p."""
    cdef int k, n, high = whole(min(2 * rule.reach, <int>(log(3 * CUT) / rule.h) + rule.below + 1))
    cdef double value[MAX_U]
    bose_nodes(1.0, mu, high, rule, value)
    LOOPS.moments(0, high, rule.u, value, moments)
    for n in range(N_TERMS + 1):
        moments[n] *= rule.h


cdef double bose_loop(double x, double w, double mu, const double* moments, const Rule* rule) noexcept nogil:
    """PV Int_0^inf N_B(p) (p^2 + c x)/(p^2 - c^2) dp with c = w - x."""
    cdef int k, high
    cdef double c = w - x, size = fabs(c), total = 0.0, over_c2
    cdef double bose[MAX_U]
    if mu > CUT:
        return 0.0
    if size > FAR:
        over_c2 = 1 / (c * c)
        for k in range(N_TERMS - 1, -1, -1):
            total = over_c2 * (total - moments[k + 1] - c * x * moments[k])
        return total
    if size == 0.0:
        return moments[0]
    high = whole(min(2 * rule.reach, last_node(size, rule) + 1))
    bose_nodes(size, mu, high, rule, bose)
    total = LOOPS.dot(0, high, bose, rule.over_sinh)
    if size < 1.0:
        return moments[0] + 0.5 * w * (total if c > 0 else -total)
    return 0.5 * size * (LOOPS.dot(0, high, bose, rule.u2_over_sinh) + x / c * total)


cdef double phi(double y) noexcept nogil:
    """Int_y^inf sqrt(t)/(e^t + 1) dt, with t = s^2."""
    cdef int k
    cdef double low = sqrt(y), high = sqrt(y + CUT)
    cdef double s[N_PHI]
    cdef double w[N_PHI]
    for k in range(N_PHI):
        s[k], w[k] = node(low, high, PHI_X[k]), 2 * weight(low, high, PHI_W[k])
    return LOOPS.phi_sum(s, w)


cdef void off_shell(double x, double w, int flux, const double* fermi, double at_1, double* b,
                    const Rule* rule) noexcept nogil:
    """Off-shell rate / (coupling^4 T) of every channel from N_F at the nodes, and N_F or Phi at w."""
    cdef double h = rule.h, value = 0.0, at_pole
    cdef double prefactor = (w if flux == MOLLER else sqrt(w)) / (4 * PI * PI * x)
    cdef double power = w * w if flux == MOLLER else w * sqrt(w)
    cdef int c, k, n, low, high, end
    cdef double thermal[MAX_U]
    if w > FAR + 20:
        for c in range(N_CHANNELS):
            value = 0.0
            for n in range(N_TERMS, 0, -1):
                value = (value + G_SERIES[c][n - 1] * RATE_MOMENT[flux][n]) / w
            b[c] = prefactor * value / power
        return
    # g falls as 1/u at most, so all above u = 1 counts
    low = max(0, <int>(((-log(w) if w > 1 else 0.0) - 14.0) / h) + rule.below)
    low, high = low // VECTOR_LANES * VECTOR_LANES, last_node(w, rule)
    end = whole(high + 1)
    if flux == ROOT:
        LOOPS.phi_steps(low, end, w, rule, thermal)
        thermal[high] = phi(w * rule.u[high])
        for k in range(high - 1, low - 1, -1):
            thermal[k] += thermal[k + 1]
        fermi = thermal
    at_pole = PI * PI / h * at_1 if low < rule.below <= high else 0.0
    for c in range(N_CHANNELS):
        b[c] = prefactor * (h * LOOPS.dot(low, end, fermi, rule.channel[flux][c]) - at_pole * G_POLE[c])


cdef double on_shell(double x, double mu, double w, int flux, double at_1) noexcept nogil:
    """On-shell rate / (coupling^2 T) for a cross section pi coupling^2 delta(s - m^2) (scalar; vector: twice)."""
    if w > 300.0:                   # below 1e-130, and before denormal numbers slow everything down
        return 0.0
    return mu * mu * at_1 / (16 * PI * x * x) if flux == MOLLER else sqrt(w) * at_1 / (4 * PI * x)


cdef struct Thermal:
    double v, a                     # V/(coupling^2 T) and on-shell rate/(coupling^2 T) of a complex scalar
    double b[N_CHANNELS]            # off-shell rates/(coupling^4 T)


cdef void thermal_at(double x, double mu, int flux, const double* moments, const Rule* rule,
                     Thermal* at) noexcept nogil:
    """Potential and rates at one point."""
    cdef double w = mu * mu / (4 * x), at_1
    cdef double fermi[MAX_U]
    cdef int high = whole(last_node(w, rule) + 1) if w <= FAR + 20 else 0
    fermi_nodes(w, high, rule, fermi)
    at_1 = (log1p(exp(-w)) if flux == MOLLER else phi(w)) if w <= 300.0 else 0.0
    at.v = (fermi_loop(w, fermi, high, rule) + bose_loop(x, w, mu, moments, rule)) / (4 * PI * PI * x)
    at.a = on_shell(x, mu, w, flux, at_1)
    off_shell(x, w, flux, fermi, at_1, at.b, rule)


def cross_section_at(double u, int channel):
    """Off-shell cross section in coupling^4/m^2 at u = s/m^2."""
    return cross_section(channel, u)


def potential_at(double x, double mu):
    """V/(coupling^2 T) of a complex scalar at one point: (value, error, status)."""
    cdef double moments[N_TERMS + 1]
    cdef Thermal fine, coarse, wide
    if not (x > 0 and mu > 0):
        return 0.0, 0.0, OUT_OF_DOMAIN
    with nogil:
        bose_moments(mu, moments, &COARSE)
        thermal_at(x, mu, MOLLER, moments, &COARSE, &coarse)
        bose_moments(mu, moments, &WIDE)
        thermal_at(x, mu, MOLLER, moments, &WIDE, &wide)
        bose_moments(mu, moments, &FINE)
        thermal_at(x, mu, MOLLER, moments, &FINE, &fine)
    return fine.v, fabs(fine.v - coarse.v) + fabs(fine.v - wide.v), OK if isfinite(fine.v) else NOT_FINITE


def rates_at(double x, double mu, int flux):
    """On-shell rate/(coupling^2 T) of a scalar, off-shell rates/(coupling^4 T) by channel, their errors, status."""
    cdef double moments[N_TERMS + 1]
    cdef Thermal fine, coarse
    cdef int c, status
    if not (x > 0 and mu > 0):
        return 0.0, (0.0,) * N_CHANNELS, (0.0,) * N_CHANNELS, OUT_OF_DOMAIN
    with nogil:
        bose_moments(mu, moments, &FINE)
        thermal_at(x, mu, flux, moments, &FINE, &fine)
        thermal_at(x, mu, flux, moments, &COARSE, &coarse)
    status = OK if isfinite(fine.a) else NOT_FINITE
    for c in range(N_CHANNELS):
        if not isfinite(fine.b[c]):
            status = NOT_FINITE
    errors = tuple(fabs(fine.b[c] - coarse.b[c]) for c in range(N_CHANNELS))
    return fine.a, tuple(fine.b[c] for c in range(N_CHANNELS)), errors, status


def fill(const double[::1] x, const double[::1] log_mu, int flux, double[:, ::1] v, double[:, ::1] a,
         double[:, :, ::1] b, int first, int last):
    """Fill columns first..last-1 of the tables v, a (shape (x, mu)) and b (shape (channel, x, mu)); every entry depends
    on its x and mu alone.
    """
    cdef int i, j, c
    cdef double mu
    cdef double moments[N_TERMS + 1]
    cdef Thermal at
    if not (0 <= first <= last <= log_mu.shape[0] and v.shape[0] == a.shape[0] == b.shape[1] == x.shape[0]
            and v.shape[1] == a.shape[1] == b.shape[2] == log_mu.shape[0] and b.shape[0] == N_CHANNELS):
        raise ValueError("dm_thermal: tables of another size than their axes")
    with nogil:
        for j in range(first, last):
            mu = exp(log_mu[j])
            bose_moments(mu, moments, &FINE)
            for i in range(x.shape[0]):
                thermal_at(x[i], mu, flux, moments, &FINE, &at)
                v[i, j], a[i, j] = at.v, at.a
                for c in range(N_CHANNELS):
                    b[c, i, j] = at.b[c]


def fill_lines(const double[:, ::1] x, const double[::1] log_mu, int flux, double[:, ::1] v, double[:, ::1] a,
               double[:, :, ::1] b):
    """Potential and rates where x[i, j] belongs to log_mu[j]; b has shape (channel, i, j)."""
    cdef int i, j, c
    cdef double mu
    cdef double moments[N_TERMS + 1]
    cdef Thermal at
    if not (x.shape[0] == v.shape[0] == a.shape[0] == b.shape[1] and b.shape[0] == N_CHANNELS
            and x.shape[1] == log_mu.shape[0] == v.shape[1] == a.shape[1] == b.shape[2]):
        raise ValueError("dm_thermal: lines and results of different sizes")
    with nogil:
        for j in range(log_mu.shape[0]):
            mu = exp(log_mu[j])
            bose_moments(mu, moments, &FINE)
            for i in range(x.shape[0]):
                thermal_at(x[i, j], mu, flux, moments, &FINE, &at)
                v[i, j], a[i, j] = at.v, at.a
                for c in range(N_CHANNELS):
                    b[c, i, j] = at.b[c]


def lepton_density(const double[::1] mass_over_T, double[::1] ratio):
    """Energy density of a charged lepton relative to a massless one: Int q^2 eps/(e^eps + 1) dq/(7 pi^4/120) with
    eps^2 = q^2 + (m/T)^2.
    """
    cdef int i, low = (FINE.below - <int>(12.0 / FINE.h)) // VECTOR_LANES * VECTOR_LANES
    cdef int high = whole(last_node(0.25, &FINE) + 1)
    cdef double r
    if mass_over_T.shape[0] != ratio.shape[0]:
        raise ValueError("dm_thermal: masses and results of different lengths")
    with nogil:
        for i in range(mass_over_T.shape[0]):
            r = mass_over_T[i]
            ratio[i] = LOOPS.lepton_sum(low, high, r * r, FINE.u) * FINE.h / (7 * PI**4 / 120) if r <= 700.0 else 0.0
