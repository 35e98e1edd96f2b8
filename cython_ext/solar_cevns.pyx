"""Solar neutrinos on nuclei: recoil rates, binned rates and limits on the active-sterile transition moment.

A rate is a linear form of the cumulative flux moments I_n(E_min) = Int_{E_min} phi P E^-n dE, n = 0, 1, 2:
    Standard Model   I_0 - (M T/2) I_2
    dipole           I_0/T - I_1 - m4^2/(2 T M) (I_1 + (M - T)/2 I_2) - m4^4/(8 M T^2) (1 - T/M) I_2
so T, m4 and M enter through E_min alone, and the moment mu is a factor.  The moments are tabulated once per flux in
s = sqrt(top - E) below each energy `top` where a beta branch ends: a branch opens like y^(1/2), y = top - E, which is
smooth in s, so the cubic Hermite interpolation with exact derivatives keeps its order up to the end point.  Natural
units (MeV); all inputs arrive as arguments.
"""
import numpy as np

from libc.math cimport cos, fabs, isfinite, sin, sqrt

from status cimport NO_SOLUTION, NOT_FINITE, OK

cdef enum:
    MOMENTS = 3         # n = 0, 1, 2
    COLUMNS = 6         # the same for the whole flux, then for its electron flavour
    MAX_BREAKS = 32     # energies where the spectrum is not smooth
    SM = 0, DIPOLE_ALL, DIPOLE_E, COMPONENTS

# largest ratio of the ends of an interval that one quadrature covers: the dipole falls like 1/T
cdef double WIDEST = 2.0


# segments from low to high energy; in each, knots at equal steps of s, from its top downwards
cdef struct Table:
    int n_segments, n_breaks
    const double* bottom
    const double* top
    const double* step
    const int* n_steps
    const int* first            # number of a segment's first knot
    const double* knots         # per knot the COLUMNS moments, then their derivatives in s
    const double* breaks        # ascending; the last one is the end point


cdef struct Isotope:            # a row of the array `isotopes`
    double M, R                 # nuclear mass [MeV], hard-sphere radius [fm]
    double sm, dipole           # what multiplies the two linear forms


cdef class MomentTable:
    """The cumulative moments of one flux.

    Parameters
    ----------
    bottom, top, step : shape (segments,), segments ascending and adjacent [MeV, MeV, MeV^(1/2)]
    n_steps : shape (segments,); knots : shape (sum of n_steps + 1, 12); breaks : ascending, at most 32 energies [MeV]
    """
    cdef Table table
    cdef object arrays

    def __init__(self, bottom, top, step, n_steps, knots, breaks):
        cdef const double[::1] d
        cdef const int[::1] i
        cdef const double[:, ::1] k
        if knots.shape != (int(np.sum(n_steps)) + len(n_steps), 2 * COLUMNS) or not 0 < len(breaks) <= MAX_BREAKS:
            raise ValueError("knots or breaks do not have the right shape")
        first = np.concatenate([[0], np.cumsum(np.asarray(n_steps) + 1)])[: len(n_steps)]
        self.arrays = [np.array(a, dtype=float, order="C") for a in (bottom, top, step, knots, breaks)]
        self.arrays += [np.array(a, dtype=np.intc) for a in (n_steps, first)]
        d = self.arrays[0]; self.table.bottom = &d[0]
        self.table.n_segments = d.shape[0]
        d = self.arrays[1]; self.table.top = &d[0]
        d = self.arrays[2]; self.table.step = &d[0]
        k = self.arrays[3]; self.table.knots = &k[0, 0]
        d = self.arrays[4]; self.table.breaks = &d[0]
        self.table.n_breaks = d.shape[0]
        i = self.arrays[5]; self.table.n_steps = &i[0]
        i = self.arrays[6]; self.table.first = &i[0]


cdef inline void interpolate(const Table* t, double E, int stride, double* I) noexcept nogil:
    """The moments at E, from every knot (`stride` 1) or from every second one (2)."""
    cdef int low = 0, high = t.n_segments - 1, middle, c, j
    cdef double s, h, u, v, h00, h10, h01, h11
    cdef const double* a
    cdef const double* b
    if E >= t.top[high]:
        for c in range(COLUMNS):
            I[c] = 0.0
        return
    if E < t.bottom[0]:
        E = t.bottom[0]
    while low < high:
        middle = (low + high) // 2
        if E < t.top[middle]:
            high = middle
        else:
            low = middle + 1
    s = sqrt(t.top[low] - E)
    j = <int>(s / t.step[low])
    if j >= t.n_steps[low]:
        j = t.n_steps[low] - 1
    j -= j % stride
    h = stride * t.step[low]
    u = (s - j * t.step[low]) / h
    v = 1.0 - u
    h00, h10, h01, h11 = (1.0 + 2.0 * u) * v * v, h * u * v * v, u * u * (1.0 + 2.0 * v), -h * u * u * v
    a = t.knots + 2 * COLUMNS * (t.first[low] + j)
    b = a + 2 * COLUMNS * stride
    for c in range(COLUMNS):
        I[c] = h00 * a[c] + h10 * a[COLUMNS + c] + h01 * b[c] + h11 * b[COLUMNS + c]


# ---- kinematics and cross sections ---------------------------------------------------------------------------------

cdef inline double minimum_energy(double T, double m4, double M) noexcept nogil:
    """Eq. (13) without its cancellation; Eq. (12) for m4 = 0."""
    return (m4 * m4 + 2.0 * M * T) * (sqrt(T * (T + 2.0 * M)) + T) / (4.0 * M * T)


cdef inline bint recoil_range(double E, double m4, double M, double* T_low, double* T_high) noexcept nogil:
    """The two T with E_min(T) = E; false if E is below the threshold m4 + m4^2/(2 M)."""
    cdef double a = M * (M + 2.0 * E), b = 2.0 * M * E * E - m4 * m4 * (M + E), root = m4 * m4 * sqrt(a)
    if b <= root:
        return False
    T_high[0] = (b + sqrt((b - root) * (b + root))) / (2.0 * a)
    T_low[0] = root * root / (4.0 * a * a * T_high[0])
    return True


cdef inline double form_factor(double T, const Isotope* nucleus, double a, double hbarc) noexcept nogil:
    """Klein and Nystrand's F^2, Eq. (4), with R the hard-sphere radius."""
    cdef double q = sqrt(2.0 * nucleus.M * T) / hbarc, y = q * nucleus.R, z = y * y, sphere
    if y < 0.1:
        sphere = 1.0 - z / 10.0 * (1.0 - z / 28.0 * (1.0 - z / 54.0))
    else:
        sphere = 3.0 * (sin(y) - y * cos(y)) / (z * y)
    sphere /= 1.0 + q * q * a * a
    return sphere * sphere


cdef inline double sm_form(double T, double M, const double* I) noexcept nogil:
    return max(0.0, I[0] - 0.5 * M * T * I[2])


cdef inline double dipole_form(double T, double m4, double M, const double* I) noexcept nogil:
    cdef double m2 = m4 * m4
    return max(0.0, I[0] / T - I[1] - m2 / (2.0 * T * M) * (I[1] + 0.5 * (M - T) * I[2])
               - m2 * m2 / (8.0 * M * T * T) * (1.0 - T / M) * I[2])


cdef inline double spin_zero_form(double E, double T, double m4, double M) noexcept nogil:
    """Spin 0 minus spin 1/2, Eq. (10), as one product: zero at T = m4^2/M."""
    return (m4 * m4 + 2.0 * M * T) * (M * T - m4 * m4) / (8.0 * M * M * T * E * E)


cdef inline void rate(double T, double m4, const Isotope* nucleus, const Table* table, double F2, int stride,
                      double* value) noexcept nogil:
    """Add one isotope's rates in one flux (COMPONENTS) to `value`."""
    cdef double[COLUMNS] I
    interpolate(table, minimum_energy(T, 0.0, nucleus.M), stride, I)
    value[SM] += nucleus.sm * F2 * sm_form(T, nucleus.M, I)
    if m4 > 0.0:
        interpolate(table, minimum_energy(T, m4, nucleus.M), stride, I)
    value[DIPOLE_ALL] += nucleus.dipole * F2 * dipole_form(T, m4, nucleus.M, I)
    value[DIPOLE_E] += nucleus.dipole * F2 * dipole_form(T, m4, nucleus.M, I + MOMENTS)


# ---- loops ---------------------------------------------------------------------------------------------------------

def minimum_energies(const double[::1] T, const double[::1] m4, double M):
    """Smallest neutrino energy [MeV] for recoils T [MeV] and masses m4 [MeV]."""
    cdef Py_ssize_t i, n = T.shape[0]
    values = np.empty(n)
    cdef double[::1] value = values
    with nogil:
        for i in range(n):
            value[i] = minimum_energy(T[i], m4[i], M)
    return values


def recoil_ranges(const double[::1] E, const double[::1] m4, double M):
    """Smallest and largest recoil [MeV], shape (n, 2), and the status (NO_SOLUTION below threshold)."""
    cdef Py_ssize_t i, n = E.shape[0]
    values, states = np.full((n, 2), np.nan), np.zeros(n, dtype=np.int8)
    cdef double[:, ::1] value = values
    cdef signed char[::1] status = states
    with nogil:
        for i in range(n):
            if not recoil_range(E[i], m4[i], M, &value[i, 0], &value[i, 1]):
                status[i] = NO_SOLUTION
    return values, states


def dipole_brackets(const double[::1] E, const double[::1] T, const double[::1] m4, double M):
    """The brackets of Eqs. (8) and (10) [1/MeV], zero outside phase space.

    Returns
    -------
    values : shape (n, 2), spin 1/2 and what spin 0 adds to it
    """
    cdef Py_ssize_t i, n = T.shape[0]
    cdef double[3] powers
    values = np.zeros((n, 2))
    cdef double[:, ::1] value = values
    with nogil:
        for i in range(n):
            if E[i] >= minimum_energy(T[i], m4[i], M):
                powers[0], powers[1], powers[2] = 1.0, 1.0 / E[i], 1.0 / (E[i] * E[i])
                value[i, 0] = dipole_form(T[i], m4[i], M, powers)
                value[i, 1] = spin_zero_form(E[i], T[i], m4[i], M)
    return values


def form_factors(const double[::1] T, const double[:, ::1] isotopes, double a_fm, double hbarc):
    """F^2 at T [MeV], shape (len(T), isotopes)."""
    cdef Py_ssize_t i, k, n = T.shape[0]
    values = np.empty((n, isotopes.shape[0]))
    cdef double[:, ::1] value = values
    with nogil:
        for i in range(n):
            for k in range(isotopes.shape[0]):
                value[i, k] = form_factor(T[i], <const Isotope*> &isotopes[k, 0], a_fm, hbarc)
    return values


def evaluate_rates(const double[::1] T, const double[::1] m4, const double[:, ::1] isotopes, list tables, double a_fm,
                   double hbarc):
    """Recoil rates at points (T, m4), with mu = mu_B for the dipole.

    Parameters
    ----------
    T, m4 : shape (n,) [MeV], T > 0
    isotopes : shape (isotopes, 4), columns nuclear mass [MeV], radius [fm], and the factors of the Standard Model and
        dipole forms
    tables : a MomentTable per flux

    Returns
    -------
    value, error : shape (n, fluxes, 3): Standard Model, dipole of all flavours, dipole of the electron flavour; the
        error is the difference to the interpolation between every second knot
    status : shape (n,)
    """
    cdef Py_ssize_t i, k, f, c, n = T.shape[0], n_tables = len(tables)
    cdef Table[2] table
    cdef const Isotope* nucleus
    cdef double F2
    cdef double[COMPONENTS] coarse
    _check(isotopes, tables)
    for f in range(n_tables):
        table[f] = (<MomentTable> tables[f]).table
    shape, states = (n, n_tables, COMPONENTS), np.zeros(n, dtype=np.int8)
    values, errors = np.zeros(shape), np.zeros(shape)
    cdef double[:, :, ::1] value = values, error = errors
    cdef signed char[::1] status = states
    with nogil:
        for i in range(n):
            for f in range(n_tables):
                for c in range(COMPONENTS):
                    coarse[c] = 0.0
                for k in range(isotopes.shape[0]):
                    nucleus = <const Isotope*> &isotopes[k, 0]
                    F2 = form_factor(T[i], nucleus, a_fm, hbarc)
                    rate(T[i], m4[i], nucleus, &table[f], F2, 1, &value[i, f, 0])
                    rate(T[i], m4[i], nucleus, &table[f], F2, 2, coarse)
                for c in range(COMPONENTS):
                    error[i, f, c] = fabs(value[i, f, c] - coarse[c])
                    if not isfinite(value[i, f, c]):
                        status[i] = NOT_FINITE
    return values, errors, states


cdef inline int breakpoints(double m4, double M, const Table* t, double* T) noexcept nogil:
    """Recoils, ascending, at which E_min passes a break of the spectrum, the ends of phase space among them; returns
    how many."""
    cdef double low, high, held
    cdef int i, j, n = 0
    for i in range(t.n_breaks):
        if recoil_range(t.breaks[i], m4, M, &low, &high):
            if m4 > 0.0:
                T[n] = low
                n += 1
            T[n] = high
            n += 1
    for i in range(1, n):
        held = T[i]
        j = i - 1
        while j >= 0 and T[j] > held:
            T[j + 1] = T[j]
            j -= 1
        T[j + 1] = held
    return n


cdef inline void integrate(double a, double b, double m4, const Isotope* nucleus, const Table* table,
                           const double[:, ::1] rule, double a_fm, double hbarc, bint sm, double* fine,
                           double* coarse) noexcept nogil:
    """Add the integral over T in [a, b] to `fine` and `coarse` (two numbers each: whole flux, electron flavour)."""
    cdef double[COLUMNS] I
    cdef double T, F2, whole, electron
    cdef Py_ssize_t j
    for j in range(rule.shape[0]):
        T = a + (b - a) * rule[j, 0]
        interpolate(table, minimum_energy(T, m4, nucleus.M), 1, I)
        F2 = (b - a) * form_factor(T, nucleus, a_fm, hbarc)
        if sm:
            whole = nucleus.sm * F2 * sm_form(T, nucleus.M, I)
            electron = nucleus.sm * F2 * sm_form(T, nucleus.M, I + MOMENTS)
        else:
            whole = nucleus.dipole * F2 * dipole_form(T, m4, nucleus.M, I)
            electron = nucleus.dipole * F2 * dipole_form(T, m4, nucleus.M, I + MOMENTS)
        fine[0] += rule[j, 1] * whole
        fine[1] += rule[j, 1] * electron
        coarse[0] += rule[j, 2] * whole
        coarse[1] += rule[j, 2] * electron


def evaluate_bins(const double[::1] m4, const double[:, ::1] intervals, const int[:, ::1] places, int n_bins,
                  const double[:, ::1] isotopes, list tables, const double[:, ::1] rule, double a_fm, double hbarc,
                  bint sm=False):
    """Rates integrated over bins, with mu = mu_B for the dipole.

    A bin is a set of intervals of recoil energy, each for one isotope.  Where E_min(T) passes a break of the spectrum
    the interval is cut, so that no piece has a singularity inside; the rule's nodes crowd at both ends of a piece,
    where singularities like y^(3/2) remain.  A piece that spans more than WIDEST is cut too.

    Parameters
    ----------
    m4 : shape (n,) [MeV]
    intervals : shape (intervals, 2) [MeV], from 0 only for m4 > 0 or the Standard Model
    places : shape (intervals, 2), bin and isotope of each, sorted by isotope
    rule : shape (nodes, 3): position in (0, 1), weight, weight in the coarser rule
    sm : the Standard Model instead of the dipole (then m4 should be 0)

    Returns
    -------
    value, error : shape (n, fluxes, 2, n_bins): whole flux and electron flavour; the error is the difference to the
        coarser rule
    status : shape (n,), NO_SOLUTION where no bin has any rate
    """
    cdef Py_ssize_t i, k, f, g, bin, n = m4.shape[0], n_tables = len(tables)
    cdef Table[2] table
    cdef const Isotope* nucleus
    cdef double[2 * MAX_BREAKS] T_break
    cdef double[2] fine, coarse
    cdef double a, b, top, end, total
    cdef int j, n_breaks, isotope
    _check(isotopes, tables)
    if np.any(np.asarray(places) < 0) or np.any(np.asarray(places) >= (n_bins, isotopes.shape[0])):
        raise ValueError("an interval lies in no bin or belongs to no isotope")
    for f in range(n_tables):
        table[f] = (<MomentTable> tables[f]).table
    values, errors = np.zeros((n, n_tables, 2, n_bins)), np.zeros((n, n_tables, 2, n_bins))
    states = np.zeros(n, dtype=np.int8)
    cdef double[:, :, :, ::1] value = values, error = errors
    cdef signed char[::1] status = states
    with nogil:
        for i in range(n):
            total = 0.0
            for f in range(n_tables):
                isotope, n_breaks, nucleus = -1, 0, NULL
                for k in range(intervals.shape[0]):
                    if places[k, 1] != isotope:
                        isotope = places[k, 1]
                        nucleus = <const Isotope*> &isotopes[isotope, 0]
                        n_breaks = breakpoints(m4[i], nucleus.M, &table[f], T_break)
                    if n_breaks == 0:
                        continue
                    bin, end = places[k, 0], min(intervals[k, 1], T_break[n_breaks - 1])
                    a = intervals[k, 0] if m4[i] == 0.0 else max(intervals[k, 0], T_break[0])
                    fine[0] = fine[1] = coarse[0] = coarse[1] = 0.0
                    for j in range(n_breaks):
                        if T_break[j] <= a:
                            continue
                        top = min(T_break[j], end)
                        while a < top:
                            b = min(top, WIDEST * a) if a > 0.0 else top
                            integrate(a, b, m4[i], nucleus, &table[f], rule, a_fm, hbarc, sm, fine, coarse)
                            a = b
                        if a >= end:
                            break
                    for g in range(2):
                        value[i, f, g, bin] += fine[g]
                        error[i, f, g, bin] += fabs(fine[g] - coarse[g])
                        total += fine[g]
            status[i] = (OK if total > 0.0 else NO_SOLUTION) if isfinite(total) else NOT_FINITE
    return values, errors, states


def evaluate_limits(const double[:, ::1] signal, const double[:, ::1] signal_error, const double[::1] weight,
                    const double[:, ::1] pull, const double[::1] residual, double delta_chi2):
    """Upper limits on x = mu/mu_B from Eq. (22) with its pulls eliminated.

    With y = x^2 and <a, b> = a^T W b - (c^T W a)^T A^-1 (c^T W b), A = 1 + c^T W c, chi^2 = K y^2 - 2 L y + const,
    K = <s, s>, L = <s, r>.  The limit is where chi^2 exceeds its value at the best y >= 0 by `delta_chi2`.

    Parameters
    ----------
    signal, signal_error : shape (n, bins), rates at mu = mu_B times efficiency, and their errors
    weight : shape (bins,), 1/variance
    pull : shape (2, bins), change of the rates by one standard deviation of each flux
    residual : shape (bins,), observed rate minus background minus Standard Model

    Returns
    -------
    value, error, status : shape (n,);  NO_SOLUTION where no bin has any signal
    """
    cdef Py_ssize_t i, b, n = signal.shape[0], bins = signal.shape[1]
    cdef double a00 = 1.0, a01 = 0.0, a11 = 1.0, r0 = 0.0, r1 = 0.0, determinant, s0, s1, K, L, dK, y, shift, w
    values, errors, states = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=np.int8)
    cdef double[::1] value = values, error = errors
    cdef signed char[::1] status = states
    if not (signal_error.shape[0] == n and signal_error.shape[1] == weight.shape[0] == residual.shape[0] == bins):
        raise ValueError("arrays of different lengths")
    if pull.shape[0] != 2 or pull.shape[1] != bins:
        raise ValueError("pull must have shape (2, bins)")
    with nogil:
        for b in range(bins):
            w = weight[b]
            a00 += w * pull[0, b] * pull[0, b]
            a01 += w * pull[0, b] * pull[1, b]
            a11 += w * pull[1, b] * pull[1, b]
            r0 += w * pull[0, b] * residual[b]
            r1 += w * pull[1, b] * residual[b]
        determinant = a00 * a11 - a01 * a01
        for i in range(n):
            K = L = dK = s0 = s1 = 0.0
            for b in range(bins):
                w = weight[b] * signal[i, b]
                K += w * signal[i, b]
                L += w * residual[b]
                s0 += w * pull[0, b]
                s1 += w * pull[1, b]
                dK += weight[b] * signal_error[i, b] * signal_error[i, b]
            K -= (a11 * s0 * s0 - 2.0 * a01 * s0 * s1 + a00 * s1 * s1) / determinant
            L -= (a11 * s0 * r0 - a01 * (s0 * r1 + s1 * r0) + a00 * s1 * r1) / determinant
            if K <= 0.0:
                status[i] = NO_SOLUTION
                continue
            y = L / K
            shift = max(0.0, y) - y
            value[i] = sqrt(y + sqrt(delta_chi2 / K + shift * shift))
            error[i] = 0.5 * value[i] * sqrt(dK / K)
            if not isfinite(value[i]):
                status[i] = NOT_FINITE
    return values, errors, states


def _check(isotopes, tables):
    """The shapes that the loops rely on."""
    known = all(isinstance(table, MomentTable) for table in tables)
    if isotopes.shape[1] != 4 or not 0 < len(tables) <= 2 or not known:
        raise ValueError("isotopes must have four columns, and there must be one or two tables")
