"""Production of sterile neutrinos: the integral over time for all x at once, the relic density, and all couplings that give it.

For fixed x the integrand over ln z is A/(B^2 + d^2), A = Gamma J D^2 s^2 f_a/4H, B^2 = D^2 s^2 + Gamma^2/4, d = D c - V.  Everything but d varies slowly;
d may cross zero within a millionth of a step.  A step where the integrand is smooth gets the trapezoid; any other is integrated in d,
    Int dt A/(B^2 + d^2) = (A/B)/(dd/dt) [atan(d_1/B) - atan(d_0/B)],
with A/B and dd/dt taken at the centroid of the Lorentzian in this step: right to first order however narrow the resonance and wherever it sits.
Tables of V/(coupling^2 T) and of the rates on (x, ln mu) serve all couplings and all mediator masses, because the steps in ln z = ln mu - ln m are those in ln mu.
The coarser rule of the error estimate takes every second x and twice the step.
"""
from libc.math cimport atan, exp, fabs, isfinite, log, sqrt

from status cimport NO_SOLUTION, NOT_FINITE, OK, OUT_OF_DOMAIN

cdef double PI = 3.141592653589793
cdef double SMOOTH = 0.2        # largest change of d in a trapezoid, relative to the smaller |d|
cdef double SMOOTH_B = 0.3      # or relative to B

cdef enum:
    FINE, COARSE                # all nodes; every second x and every second step
    PIECES = 24                 # of a step in which d turns around
    MAX_SCAN = 256              # couplings at which roots are looked for
    MAX_ROOTS = 16


cdef struct Medium:
    int n_x, n_z
    const double* x
    const double* f_a
    const double* weight[2]     # of the sum over x, for the fine and the coarse rule
    const double* log_z
    const double* source        # J/4H and whatever divides the production, per z
    const double* v_sm          # V_SM/x and Gamma_SM/x, MeV
    const double* gamma_sm
    double v_factor, a_factor, b_factor
    double first, last          # ln z where the integral begins and ends


cdef struct Workspace:
    double* z
    double* A
    double* B2
    double* d
    double* f


cdef double turning_step(const Workspace* w, int k, double curvature, double h) noexcept nogil:
    """A step in which dd/dt may change its sign: d as a parabola, in pieces."""
    cdef int j
    cdef double total = 0.0, t, A, B2, d0 = w.d[k], d1, d, delta = w.d[k + 1] - w.d[k], piece, B
    cdef double growth_A = log(w.A[k + 1] / w.A[k]), growth_B = log(w.B2[k + 1] / w.B2[k])
    for j in range(PIECES):
        t = (j + 0.5) / PIECES
        A = w.A[k] * exp(growth_A * t)
        B2 = w.B2[k] * exp(growth_B * t)
        t = (j + 1.0) / PIECES
        d1 = w.d[k] + t * (delta + 0.5 * curvature * (t - 1))
        piece = d1 - d0
        B = sqrt(B2)
        if fabs(piece) < 0.1 * (B if B > fabs(d1) else fabs(d1)):
            d = 0.5 * (d0 + d1)
            total += A / (B2 + d * d)
        else:
            total += A / B * (atan(d1 / B) - atan(d0 / B)) / piece
        d0 = d1
    return total * h / PIECES


cdef double resonant_step(const Workspace* w, int k, int n, double h) noexcept nogil:
    """One step in ln z, integrated in d around the centroid of the Lorentzian."""
    cdef double d0 = w.d[k], d1 = w.d[k + 1], delta = d1 - d0, curvature = 0.0
    cdef double B, span, centroid, t, slope, log0, log1
    if not (w.A[k] > 0 and w.A[k + 1] > 0):
        return 0.5 * h * (w.f[k] + w.f[k + 1])
    if 1 < k < n - 3:                                   # away from the ends, whose steps are shorter
        curvature = 0.5 * (w.d[k + 2] - d1 - d0 + w.d[k - 1])
    if fabs(curvature) > 0.5 * fabs(delta):
        return turning_step(w, k, curvature, h)
    B = sqrt(sqrt(w.B2[k] * w.B2[k + 1]))
    if B * B + d0 * d1 > 0:
        span = atan(B * delta / (B * B + d0 * d1))
    else:
        span = atan(d1 / B) - atan(d0 / B)
    centroid = 0.5 * B * log((B * B + d1 * d1) / (B * B + d0 * d0)) / span
    t = (centroid - d0) / delta
    t += 0.5 * curvature * t * (1 - t) / delta
    slope = delta + curvature * (t - 0.5)
    log0, log1 = log(w.A[k]) - 0.5 * log(w.B2[k]), log(w.A[k + 1]) - 0.5 * log(w.B2[k + 1])
    return h * exp(log0 + t * (log1 - log0)) * span / slope


cdef inline void cut_node(Workspace* w, int at, int neighbour, double t) noexcept nogil:
    """Move the node `at` by the fraction t towards its neighbour."""
    if w.A[at] > 0 and w.A[neighbour] > 0:
        w.A[at] *= exp(t * log(w.A[neighbour] / w.A[at]))
    w.B2[at] *= exp(t * log(w.B2[neighbour] / w.B2[at]))
    w.d[at] += t * (w.d[neighbour] - w.d[at])
    w.f[at] = w.A[at] / (w.B2[at] + w.d[at] * w.d[at])


cdef double produced(const Medium* m, int i, const double* v, const double* a, const double* b,
                     double coupling, double m4, double s2, int step, Workspace* w) noexcept nogil:
    """Integral over ln z of the production at x[i]; v, a, b are the tables' rows."""
    cdef int k, j, n = (m.n_z - 1 + step - 1) // step + 1
    cdef double x = m.x[i], c = sqrt(1 - s2), l2 = coupling * coupling
    cdef double D0 = 0.5 * m4 * m4 / x, l2_T, gamma, D, d, D2s2, h, total, delta, low, B2
    cdef double lv = l2 * m.v_factor, la = l2 * m.a_factor, lb = l2 * l2 * m.b_factor, scale = s2 * m.f_a[i]
    for j in range(n):
        k = j * step if j * step < m.n_z else m.n_z - 1
        gamma = (la * a[k] + lb * b[k]) / w.z[k] + x * m.gamma_sm[k]
        gamma = gamma if gamma > 1e-300 else 1e-300
        D = D0 * w.z[k]
        d = D * c - lv * v[k] / w.z[k] - x * m.v_sm[k]
        D2s2 = D * D * s2
        B2 = D2s2 + 0.25 * gamma * gamma
        w.B2[j] = B2 if B2 > 1e-300 else 1e-300
        w.d[j] = d
        w.A[j] = gamma * D * D * scale * m.source[k]
        w.f[j] = w.A[j] / (w.B2[j] + d * d)
    h = m.log_z[step] - m.log_z[0] if n > 2 else m.log_z[m.n_z - 1] - m.log_z[0]
    cut_node(w, 0, 1, (m.first - m.log_z[0]) / h)
    delta = m.log_z[m.n_z - 1] - m.log_z[(n - 2) * step]
    cut_node(w, n - 1, n - 2, (m.log_z[m.n_z - 1] - m.last) / delta)
    total = 0.0
    for j in range(n - 1):
        if j == 0 or j == n - 2:
            k = (j + 1) * step if (j + 1) * step < m.n_z else m.n_z - 1
            low = m.first if j == 0 else m.log_z[j * step]
            h = (m.last if j == n - 2 else m.log_z[k]) - low
        elif j == 1:
            h = m.log_z[2 * step] - m.log_z[step]
        delta = fabs(w.d[j + 1] - w.d[j])
        low = fabs(w.d[j]) if fabs(w.d[j]) < fabs(w.d[j + 1]) else fabs(w.d[j + 1])
        B2 = w.B2[j] if w.B2[j] < w.B2[j + 1] else w.B2[j + 1]
        if (delta < SMOOTH * low and w.d[j] * w.d[j + 1] > 0) or delta * delta < SMOOTH_B * SMOOTH_B * B2:
            total += 0.5 * h * (w.f[j] + w.f[j + 1])
        else:
            total += resonant_step(w, j, n, h)
    return total


cdef double yield_of(const Medium* m, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                     double coupling, double m4, double s2, int rule, Workspace* w) noexcept nogil:
    """Weighted sum over x of the production."""
    cdef int i
    cdef double total = 0.0
    for i in range(m.n_x):
        if m.weight[rule][i] != 0:
            total += m.weight[rule][i] * produced(m, i, &v[i, 0], &a[i, 0], &b[i, 0], coupling, m4, s2, 1 if rule == FINE else 2, w)
    return total


cdef void attach(Medium* m, Workspace* w, grid, medium, double[:, ::1] scratch):
    """Point the structs at the arrays of a grid in x and of a medium (see nubounds.constraints.dm_production.medium)."""
    cdef const double[::1] x = grid.x, f_a = grid.f_a, fine = grid.weight, coarse = grid.coarse_weight
    cdef const double[::1] log_z = medium.log_z, source = medium.source, v_sm = medium.v_sm, gamma_sm = medium.gamma_sm
    cdef int k
    m.n_x, m.n_z = x.shape[0], log_z.shape[0]
    m.x, m.f_a, m.weight[FINE], m.weight[COARSE] = &x[0], &f_a[0], &fine[0], &coarse[0]
    m.log_z, m.source, m.v_sm, m.gamma_sm = &log_z[0], &source[0], &v_sm[0], &gamma_sm[0]
    m.v_factor, m.a_factor, m.b_factor = medium.v_factor, medium.a_factor, medium.b_factor
    m.first, m.last = medium.first, medium.last
    w.z, w.A, w.B2, w.d, w.f = &scratch[0, 0], &scratch[1, 0], &scratch[2, 0], &scratch[3, 0], &scratch[4, 0]
    for k in range(m.n_z):
        w.z[k] = exp(log_z[k])


def evaluate(grid, medium, double[:, ::1] scratch, const double[:, ::1] rows, double[::1] value, double[::1] error, signed char[::1] status):
    """Yield for rows (coupling, m4 [MeV], sin^2 2theta); value = yield, error from the coarser rule.

    `scratch` has shape (5, n_z).  The result of a row depends on that row alone.
    """
    cdef Medium m
    cdef Workspace w
    cdef const double[:, :] v = medium.v, a = medium.a, b = medium.b
    cdef int r
    cdef double coupling, m4, s2
    attach(&m, &w, grid, medium, scratch)
    with nogil:
        for r in range(rows.shape[0]):
            coupling, m4, s2 = rows[r, 0], rows[r, 1], rows[r, 2]
            value[r] = error[r] = 0.0
            status[r] = OUT_OF_DOMAIN
            if not (coupling >= 0 and m4 > 0 and 0 <= s2 < 1):
                continue
            value[r] = yield_of(&m, v, a, b, coupling, m4, s2, FINE, &w)
            error[r] = fabs(value[r] - yield_of(&m, v, a, b, coupling, m4, s2, COARSE, &w))
            status[r] = OK if isfinite(value[r]) and isfinite(error[r]) else NOT_FINITE


def spectrum(grid, medium, double[:, ::1] scratch, double coupling, double m4, double s2, double[::1] fine, double[::1] coarse):
    """Production at every x of the grid, with the step and with twice the step."""
    cdef Medium m
    cdef Workspace w
    cdef const double[:, :] v = medium.v, a = medium.a, b = medium.b
    cdef int i
    attach(&m, &w, grid, medium, scratch)
    with nogil:
        for i in range(m.n_x):
            fine[i] = produced(&m, i, &v[i, 0], &a[i, 0], &b[i, 0], coupling, m4, s2, 1, &w)
            coarse[i] = produced(&m, i, &v[i, 0], &a[i, 0], &b[i, 0], coupling, m4, s2, 2, &w)


cdef struct Search:
    const Medium* medium
    Workspace* workspace
    double m4, s2, target
    int evaluations


cdef double excess(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b, double t, int rule) noexcept nogil:
    """ln(yield/target) at coupling e^t."""
    cdef double value = yield_of(s.medium, v, a, b, exp(t), s.m4, s.s2, rule, s.workspace)
    s.evaluations += 1
    return log(value / s.target) if value > 0 else -1e3


cdef double extremum(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                     double low, double high, double sign, double* best) noexcept nogil:
    """Place of the largest sign*excess between low and high, by golden section; its excess in `best`."""
    cdef double ratio = 0.6180339887498949, p = high - ratio * (high - low), q = low + ratio * (high - low)
    cdef double at_p = excess(s, v, a, b, p, FINE), at_q = excess(s, v, a, b, q, FINE)
    while high - low > 2e-4:
        if sign * at_p > sign * at_q:
            high, q, at_q = q, p, at_p
            p = high - ratio * (high - low)
            at_p = excess(s, v, a, b, p, FINE)
        else:
            low, p, at_p = p, q, at_q
            q = low + ratio * (high - low)
            at_q = excess(s, v, a, b, q, FINE)
        if sign * at_p > 0 or sign * at_q > 0:          # on the other side of the target: two roots are certain
            break
    best[0] = at_p if sign * at_p > sign * at_q else at_q
    return p if sign * at_p > sign * at_q else q


cdef double bracketed(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                      double low, double high, double at_low, double at_high, double tolerance) noexcept nogil:
    """Root of the excess between low and high, by Ridders' method."""
    cdef double middle, at_middle, root = 0.5 * (low + high), at_root, previous = 1e300
    cdef int i
    for i in range(60):
        middle = 0.5 * (low + high)
        at_middle = excess(s, v, a, b, middle, FINE)
        if at_middle == 0:
            return middle
        root = middle + (middle - low) * (1 if at_low > at_high else -1) * at_middle / sqrt(at_middle * at_middle - at_low * at_high)
        if fabs(root - previous) < tolerance:
            return root
        previous = root
        at_root = excess(s, v, a, b, root, FINE)
        if at_root == 0:
            return root
        if at_middle * at_root < 0:
            low, at_low, high, at_high = middle, at_middle, root, at_root
            if low > high:
                low, at_low, high, at_high = high, at_high, low, at_low
        elif at_low * at_root < 0:
            high, at_high = root, at_root
        else:
            low, at_low = root, at_root
        if high - low < tolerance:
            return 0.5 * (low + high)
    return root


def roots(grid, medium, double[:, ::1] scratch, double m4, double s2, double target, double low, double high, int n_scan, double near,
          double tolerance, double[::1] found):
    """All couplings between `low` and `high` at which the yield is `target`, ascending, into `found`; returns (their number, evaluations, status).

    The coarser rule walks through `n_scan` couplings.  Wherever it comes closer to the target than `near` (in the logarithm), the finer rule takes over:
    values are computed again, and every extremum there is searched, so that a pair of roots between two neighbours is neither lost nor invented.
    """
    cdef Medium m
    cdef Workspace w
    cdef Search s
    cdef const double[:, :] v = medium.v, a = medium.a, b = medium.b
    cdef double g[MAX_SCAN]
    cdef double knot[2 * MAX_SCAN]
    cdef double at_knot[2 * MAX_SCAN]
    cdef double t0 = log(low), dt, t, best, sign
    cdef int j, n = 0, count = 0, status = OK
    if not (1 < n_scan <= MAX_SCAN and 0 < low < high and m4 > 0 and 0 < s2 < 1):
        return 0, 0, OUT_OF_DOMAIN
    attach(&m, &w, grid, medium, scratch)
    s.medium, s.workspace, s.m4, s.s2, s.target, s.evaluations = &m, &w, m4, s2, target, 0
    with nogil:
        dt = (log(high) - t0) / (n_scan - 1)
        for j in range(n_scan):
            g[j] = excess(&s, v, a, b, t0 + j * dt, COARSE)
        for j in range(n_scan):
            if fabs(g[j]) < near or (j > 0 and g[j] * g[j - 1] <= 0) or (j < n_scan - 1 and g[j] * g[j + 1] <= 0):
                g[j] = excess(&s, v, a, b, t0 + j * dt, FINE)
        for j in range(n_scan):
            t = t0 + j * dt
            knot[n], at_knot[n] = t, g[j]
            n += 1
            if not isfinite(g[j]):
                status = NOT_FINITE
            if 0 < j < n_scan - 1 and fabs(g[j]) < near:
                sign = -1.0 if g[j] > 0 else 1.0
                if sign * g[j] >= sign * g[j - 1] and sign * g[j] >= sign * g[j + 1]:
                    # the extremum lies on either side of this knot
                    t = extremum(&s, v, a, b, t - dt, t + dt, sign, &best)
                    if t > knot[n - 1]:
                        knot[n], at_knot[n] = t, best
                    else:
                        knot[n], at_knot[n] = knot[n - 1], at_knot[n - 1]
                        knot[n - 1], at_knot[n - 1] = t, best
                    n += 1
        for j in range(n - 1):
            if at_knot[j] * at_knot[j + 1] < 0 and count < MAX_ROOTS and count < found.shape[0]:
                found[count] = exp(bracketed(&s, v, a, b, knot[j], knot[j + 1], at_knot[j], at_knot[j + 1], tolerance))
                count += 1
            elif at_knot[j] == 0:
                found[count] = exp(knot[j])
                count += 1
        if status == OK and count == 0:
            status = NO_SOLUTION
    return count, s.evaluations, status
