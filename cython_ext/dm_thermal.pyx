"""Thermal potential and collision rates of an active neutrino with a new mediator, as functions of x = E/T and mu = m/T.

With w = mu^2/4x and c = w - x, the four logarithms of the potential's bosonic part collapse to ln|(p + c)/(p - c)|, and integration by parts
leaves two principal values, with N_F(p) = ln(1 + e^-p), N_B(p) = -ln(1 - e^-omega), omega^2 = p^2 + mu^2:
    V/(coupling^2 T) = 1/(4 pi^2 x) PV Int_0^inf dp [ N_F(p) p^2/(p^2 - w^2) + N_B(p) (p^2 + c x)/(p^2 - c^2) ]     (scalar; vector: twice)
The off-shell rate is a finite part over u = s/m^2 that depends on w alone:
    b = w/(4 pi^2 x) fp Int du u g(u) N_F(w u)            Moeller flux 1 - cos
    b = sqrt(w)/(4 pi^2 x) fp Int du sqrt(u) g(u) Phi(w u)    flux sqrt(2 (1 - cos)), Phi(y) = Int_y^inf sqrt(t)/(e^t + 1) dt
All of them are trapezoidal sums in the logarithm of p or u whose nodes straddle the pole symmetrically, t = (k + 1/2) h: exact for a simple pole,
too large by pi^2/h times the coefficient of a double pole, and otherwise wrong by about exp(-pi^2/h), because every other singularity lies at
|Im t| >= pi/2.  Where w or |c| is large, asymptotic series in 1/w and 1/c take over.
"""
import numpy as np

from libc.math cimport exp, expm1, fabs, isfinite, log, log1p, sqrt

from quadrature cimport node, weight
from status cimport NOT_FINITE, OK, OUT_OF_DOMAIN

cdef double PI = 3.141592653589793
cdef double FAR = 40.0          # from here on the asymptotic series in 1/w or 1/c hold all digits
cdef double CUT = 45.0          # e^-45: nothing is left of a thermal distribution

cdef enum:
    MAX_PAIRS = 160             # pairs of nodes +-t of a principal value
    MAX_U = 640                 # nodes of the integral over u
    N_SERIES = 30               # terms of g(u) = sum g_n u^n
    N_TERMS = 12                # terms of the asymptotic series
    N_PHI = 40                  # Gauss nodes of Phi
    N_STEP = 6                  # Gauss nodes between neighbouring y of Phi

# channels of the off-shell rate: cross section = coupling^4 g(u)/m^2
cdef enum:
    SCALAR, VECTOR, FLAVOUR, N_CHANNELS
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


cdef struct Rule:
    double h
    int n                               # principal values: nodes t = +-(k + 1/2) h
    double up[MAX_PAIRS]                # e^t
    double over_sinh[MAX_PAIRS]         # h/sinh t
    int n_u, below                      # u grid, and how many of its nodes lie below u = 1
    double t[MAX_U]
    double u[MAX_U]
    double g[N_CHANNELS][MAX_U]
    double step_y[N_STEP]               # within a step h of ln y: y at the Gauss nodes relative to the beginning,
    double step_w[N_STEP]               # and the weights times this to the power 3/2

cdef Rule FINE, COARSE
cdef Rule WIDE                          # FINE with more pairs: what FINE leaves out is x e^-25 where m << T


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
    for _ in range(12):                                             # averaging neighbours removes the alternating remainder
        sums = 0.5 * (sums[1:] + sums[:-1])
    return sums[-1]


cdef void make_rule(Rule* rule, double h, double reach) noexcept:
    """Nodes in steps h, those of principal values up to |t| = reach."""
    cdef int k, c
    rule.h = h
    rule.n = min(MAX_PAIRS, <int>(reach / h))
    for k in range(rule.n):
        rule.up[k] = exp((k + 0.5) * h)
        rule.over_sinh[k] = 2 * h / (rule.up[k] - 1 / rule.up[k])
    rule.below = <int>(20.0 / h)
    rule.n_u = min(MAX_U, rule.below + <int>(110.0 / h))
    for k in range(rule.n_u):
        rule.t[k] = (k - rule.below + 0.5) * h
        rule.u[k] = exp(rule.t[k])
        for c in range(N_CHANNELS):
            rule.g[c][k] = cross_section(c, rule.u[k])
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
    for nodes, (x, w) in ((N_PHI, np.polynomial.legendre.leggauss(N_PHI)), (N_STEP, np.polynomial.legendre.leggauss(N_STEP))):
        for k in range(nodes):
            if nodes == N_PHI:
                PHI_X[k], PHI_W[k] = x[k], w[k]
            else:
                STEP_X[k], STEP_W[k] = x[k], w[k]
    make_rule(&FINE, 0.3, 25.0)
    make_rule(&COARSE, 0.4, 25.0)
    make_rule(&WIDE, 0.3, 45.0)


_initialise()


cdef inline double n_fermi(double p) noexcept nogil:
    return log1p(exp(-p)) if p < 700.0 else 0.0


cdef inline double n_bose(double p, double mu2) noexcept nogil:
    cdef double omega = sqrt(p * p + mu2)
    return -log(-expm1(-omega)) if omega < 700.0 else 0.0


cdef double fermi_loop(double w, const Rule* rule) noexcept nogil:
    """PV Int_0^inf N_F(p) p^2/(p^2 - w^2) dp."""
    cdef int k
    cdef double total = 0.0, up, over_w2 = 1 / (w * w)
    if w > FAR:
        for k in range(N_TERMS, 0, -1):
            total = over_w2 * (total - FERMI_MOMENT[k])
        return total
    for k in range(rule.n):
        up = rule.up[k]
        if w < 1.0:
            total += (n_fermi(w * up) - n_fermi(w / up)) * rule.over_sinh[k]
        else:
            total += (n_fermi(w * up) * up * up - n_fermi(w / up) / (up * up)) * rule.over_sinh[k]
    return 0.5 * w * total + (PI * PI / 12 if w < 1.0 else 0.0)


cdef void bose_moments(double mu, double* moments, const Rule* rule) noexcept nogil:
    """Int p^(2n) N_B dp for n = 0 .. N_TERMS, by the trapezoidal rule in ln p."""
    cdef int k, n, half = rule.n
    cdef double p, value
    for n in range(N_TERMS + 1):
        moments[n] = 0.0
    for k in range(-half, half):
        p = rule.up[k] if k >= 0 else 1 / rule.up[-1 - k]
        if p > 3 * CUT:
            break
        value = rule.h * p * n_bose(p, mu * mu)
        for n in range(N_TERMS + 1):
            moments[n] += value
            value *= p * p


cdef double bose_loop(double x, double w, double mu, const double* moments, const Rule* rule) noexcept nogil:
    """PV Int_0^inf N_B(p) (p^2 + c x)/(p^2 - c^2) dp with c = w - x."""
    cdef int k
    cdef double c = w - x, size = fabs(c), total = 0.0, mu2 = mu * mu, up, ratio, over_c2
    if mu > CUT:
        return 0.0
    if size > FAR:
        over_c2 = 1 / (c * c)
        for k in range(N_TERMS - 1, -1, -1):
            total = over_c2 * (total - moments[k + 1] - c * x * moments[k])
        return total
    if size < 1.0:
        if size == 0.0:
            return moments[0]
        for k in range(rule.n):
            up = rule.up[k]
            total += (n_bose(size * up, mu2) - n_bose(size / up, mu2)) * rule.over_sinh[k]
        return moments[0] + 0.5 * w * (total if c > 0 else -total)
    ratio = x / c
    for k in range(rule.n):
        up = rule.up[k]
        total += (n_bose(size * up, mu2) * (up * up + ratio) - n_bose(size / up, mu2) * (1 / (up * up) + ratio)) * rule.over_sinh[k]
    return 0.5 * size * total


cdef double potential(double x, double mu, const double* moments, const Rule* rule) noexcept nogil:
    """V/(coupling^2 T) of a complex scalar."""
    cdef double w = mu * mu / (4 * x)
    return (fermi_loop(w, rule) + bose_loop(x, w, mu, moments, rule)) / (4 * PI * PI * x)


cdef double phi(double y) noexcept nogil:
    """Int_y^inf sqrt(t)/(e^t + 1) dt, with t = s^2."""
    cdef int k
    cdef double s, low = sqrt(y), high = sqrt(y + CUT), total = 0.0
    for k in range(N_PHI):
        s = node(low, high, PHI_X[k])
        total += weight(low, high, PHI_W[k]) * 2 * s * s * exp(-s * s) / (1 + exp(-s * s))
    return total


cdef inline double phi_step(double y, const Rule* rule) noexcept nogil:
    """Int y^(3/2)/(e^y + 1) dt over one step in t = ln y that begins at y."""
    cdef int k
    cdef double e, total = 0.0
    for k in range(N_STEP):
        e = exp(-y * rule.step_y[k])
        total += rule.step_w[k] * e / (1 + e)
    return y * sqrt(y) * total


cdef void off_shell(double x, double mu, int flux, double* b, const Rule* rule) noexcept nogil:
    """Off-shell rate / (coupling^4 T) of every channel."""
    cdef double w = mu * mu / (4 * x), log_w = log(w), h = rule.h, thermal, value = 0.0, at_pole
    cdef double prefactor = (w if flux == MOLLER else sqrt(w)) / (4 * PI * PI * x)
    cdef double power = w * w if flux == MOLLER else w * sqrt(w)
    cdef int c, k, n, low, high
    for c in range(N_CHANNELS):
        b[c] = 0.0
    if w > FAR + 20:
        for c in range(N_CHANNELS):
            value = 0.0
            for n in range(N_TERMS, 0, -1):
                value = (value + G_SERIES[c][n - 1] * RATE_MOMENT[flux][n]) / w
            b[c] = prefactor * value / power
        return
    low = max(0, <int>(((-log_w if w > 1 else 0.0) - 14.0) / h) + rule.below)       # g falls as 1/u at most, so all above u = 1 counts
    high = min(rule.n_u - 1, <int>((log(CUT) - log_w) / h) + rule.below)
    for k in range(high, low - 1, -1):
        if flux == MOLLER:
            thermal = rule.u[k] * rule.u[k] * n_fermi(w * rule.u[k])
        else:
            value = phi(w * rule.u[k]) if k == high else value + phi_step(w * rule.u[k], rule)
            thermal = rule.u[k] * sqrt(rule.u[k]) * value
        for c in range(N_CHANNELS):
            b[c] += thermal * rule.g[c][k]
    at_pole = 0.0
    if low < rule.below <= high:
        at_pole = PI * PI / h * (n_fermi(w) if flux == MOLLER else phi(w))
    for c in range(N_CHANNELS):
        b[c] = prefactor * (h * b[c] - at_pole * G_POLE[c])


cdef double on_shell(double x, double mu, int flux) noexcept nogil:
    """On-shell rate / (coupling^2 T) for a cross section pi coupling^2 delta(s - m^2) (scalar; vector: twice)."""
    cdef double w = mu * mu / (4 * x)
    if w > 300.0:                   # below 1e-130, and before denormal numbers slow everything down
        return 0.0
    if flux == MOLLER:
        return mu * mu * n_fermi(w) / (16 * PI * x * x)
    return sqrt(w) * phi(w) / (4 * PI * x)


def cross_section_at(double u, int channel):
    """Off-shell cross section in coupling^4/m^2 at u = s/m^2."""
    return cross_section(channel, u)


def potential_at(double x, double mu):
    """V/(coupling^2 T) of a complex scalar at one point: (value, error, status)."""
    cdef double moments[N_TERMS + 1]
    cdef double fine, coarse, wide
    if not (x > 0 and mu > 0):
        return 0.0, 0.0, OUT_OF_DOMAIN
    with nogil:
        bose_moments(mu, moments, &COARSE)
        coarse = potential(x, mu, moments, &COARSE)
        bose_moments(mu, moments, &WIDE)
        wide = potential(x, mu, moments, &WIDE)
        bose_moments(mu, moments, &FINE)
        fine = potential(x, mu, moments, &FINE)
    return fine, fabs(fine - coarse) + fabs(fine - wide), OK if isfinite(fine) else NOT_FINITE


def rates_at(double x, double mu, int flux):
    """On-shell rate/(coupling^2 T) of a scalar, off-shell rates/(coupling^4 T) by channel, their errors, status."""
    cdef double fine[N_CHANNELS]
    cdef double coarse[N_CHANNELS]
    cdef double a
    cdef int c, status
    if not (x > 0 and mu > 0):
        return 0.0, (0.0,) * N_CHANNELS, (0.0,) * N_CHANNELS, OUT_OF_DOMAIN
    with nogil:
        a = on_shell(x, mu, flux)
        off_shell(x, mu, flux, fine, &FINE)
        off_shell(x, mu, flux, coarse, &COARSE)
    status = OK if isfinite(a) else NOT_FINITE
    for c in range(N_CHANNELS):
        if not isfinite(fine[c]):
            status = NOT_FINITE
    errors = tuple(fabs(fine[c] - coarse[c]) for c in range(N_CHANNELS))
    return a, tuple(fine[c] for c in range(N_CHANNELS)), errors, status


def fill(const double[::1] x, const double[::1] log_mu, int flux, double[:, ::1] v, double[:, ::1] a, double[:, :, ::1] b, int first, int last):
    """Fill columns first..last-1 of the tables v, a (shape (x, mu)) and b (shape (channel, x, mu)); every entry depends on its x and mu alone."""
    cdef int i, j, c
    cdef double mu
    cdef double moments[N_TERMS + 1]
    cdef double rates[N_CHANNELS]
    if not (0 <= first <= last <= log_mu.shape[0] and v.shape[0] == a.shape[0] == b.shape[1] == x.shape[0]
            and v.shape[1] == a.shape[1] == b.shape[2] == log_mu.shape[0] and b.shape[0] == N_CHANNELS):
        raise ValueError("dm_thermal: tables of another size than their axes")
    with nogil:
        for j in range(first, last):
            mu = exp(log_mu[j])
            bose_moments(mu, moments, &FINE)
            for i in range(x.shape[0]):
                v[i, j] = potential(x[i], mu, moments, &FINE)
                a[i, j] = on_shell(x[i], mu, flux)
                off_shell(x[i], mu, flux, rates, &FINE)
                for c in range(N_CHANNELS):
                    b[c, i, j] = rates[c]


def fill_pairs(const double[::1] x, const double[::1] log_mu, int flux, double[::1] v, double[::1] a, double[:, ::1] b):
    """Potential and rates for pairs (x[i], log_mu[i]); b has shape (channel, n)."""
    cdef int i, c
    cdef double mu
    cdef double moments[N_TERMS + 1]
    cdef double rates[N_CHANNELS]
    if not (x.shape[0] == log_mu.shape[0] == v.shape[0] == a.shape[0] == b.shape[1] and b.shape[0] == N_CHANNELS):
        raise ValueError("dm_thermal: pairs and results of different lengths")
    with nogil:
        for i in range(x.shape[0]):
            mu = exp(log_mu[i])
            bose_moments(mu, moments, &FINE)
            v[i] = potential(x[i], mu, moments, &FINE)
            a[i] = on_shell(x[i], mu, flux)
            off_shell(x[i], mu, flux, rates, &FINE)
            for c in range(N_CHANNELS):
                b[c, i] = rates[c]


def lepton_density(const double[::1] mass_over_T, double[::1] ratio):
    """Energy density of a charged lepton relative to a massless one: Int q^2 eps/(e^eps + 1) dq/(7 pi^4/120), eps^2 = q^2 + (m/T)^2."""
    cdef int i, k
    cdef double q, r2, eps, total
    if mass_over_T.shape[0] != ratio.shape[0]:
        raise ValueError("dm_thermal: masses and results of different lengths")
    with nogil:
        for i in range(mass_over_T.shape[0]):
            ratio[i] = total = 0.0
            if mass_over_T[i] > 700.0:
                continue
            r2 = mass_over_T[i] * mass_over_T[i]
            for k in range(-FINE.n, FINE.n):
                q = FINE.up[k] if k >= 0 else 1 / FINE.up[-1 - k]
                if q < 1e-5:
                    continue
                eps = sqrt(q * q + r2)
                if q > 4 * CUT or eps > 700.0:
                    break
                total += q * q * q * eps * exp(-eps) / (1 + exp(-eps))
            ratio[i] = total * FINE.h / (7 * PI**4 / 120)
