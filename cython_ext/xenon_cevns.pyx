"""Extended binned Poisson likelihood of a xenon search, with its nuisances, gradient, Hessian, profile and limits.

The content of a row (a bin, or the sum of a run's bins) is
    lambda = f_eff [f_8b (S8 + y D8) + f_hep (Sh + y Dh)] + f_ac,run AC + f_er ER + f_n N
where S8, Sh, D8, Dh and N are bilinear in the yields (t_ly, t_qy) between the 7 x 7 integers -3..3, and
    -ln L = sum over runs lambda - sum over occupied bins n ln lambda + 1/2 sum weight (p - centre)^2.
Only occupied bins need a logarithm, because the sum over all bins is the sum of the runs' rows.  Integers of a yield
are kinks: a minimum is sought in one cell of the lattice, whose edges are bounds, and the cell changes where the slope
on the other side of an edge falls.
"""
import numpy as np

from libc.math cimport INFINITY, fabs, floor, isfinite, isnan, log, sqrt

from status cimport NO_SOLUTION, NOT_CONVERGED, NOT_FINITE, OK

cdef enum:
    Y = 0, EFF, F8, FH, AC, ER = 7, NEUTRON, LY, QY, PARAMETERS     # AC stands for three, one per run
    COMPONENTS = 5          # S8, Sh, D8, Dh, neutrons
    ANCHORS = 7             # of each yield, -3 .. 3
    MOST_STEPS = 200        # of one descent
    MOST_ROOT_STEPS = 100

cdef double FIRST_ANCHOR = -3.0
cdef double DECREMENT = 1e-13       # a descent ends where Newton's step promises less than this in -ln L
cdef double FIRST_EVENTS = 8.0      # first step away from the best number of events; other parameters are of order one
cdef double BETTER = 1e-9           # in -ln L, what another minimum must be lower by
cdef double ROUNDING = 1e-15        # of -ln L, relative
cdef double ROOT = 1e-11            # accuracy of 2 (ln L_best - ln L) at a limit, relative to the rise asked for

cdef struct Rows:
    int n, totals                   # how many rows; the first `totals` of them are sums of a run's bins
    const int* run
    const double* ac
    const double* er
    const double* lattice           # (ANCHORS * ANCHORS, n, COMPONENTS), t_ly slow, t_qy fast

cdef struct Fit:
    Rows rows
    const int* bin                  # occupied rows and what was counted in them
    const double* count
    int n_bins
    const double* centre
    const double* weight            # 1/sigma^2, 0 for a parameter without constraint
    double[PARAMETERS] low          # equal to `high` for a fixed parameter
    double[PARAMETERS] high

cdef struct Local:                  # what a place in parameter space is like
    double[PARAMETERS] slope
    double[PARAMETERS][PARAMETERS] gauss    # Gauss-Newton part of the Hessian
    double[PARAMETERS][PARAMETERS] bend     # the rest of it


cdef inline void add_row(const Rows* rows, int k, int a, int b, const double* p, double count, Local* to, bint second,
                         double* value) noexcept nogil:
    """Add to `value` and `to` the term of row k: lambda for a total, -count ln lambda for a bin."""
    cdef double u = p[LY] - FIRST_ANCHOR - a, v = p[QY] - FIRST_ANCHOR - b, y = p[Y], eff = p[EFF]
    cdef const double* p00 = rows.lattice + COMPONENTS * (<Py_ssize_t> rows.n * (ANCHORS * a + b) + k)
    cdef const double* p01 = p00 + COMPONENTS * <Py_ssize_t> rows.n
    cdef const double* p10 = p00 + COMPONENTS * <Py_ssize_t> rows.n * ANCHORS
    cdef const double* p11 = p10 + COMPONENTS * <Py_ssize_t> rows.n
    cdef double[COMPONENTS] s, su, sv, suv
    cdef double[PARAMETERS] J
    cdef double a8, ah, d, bracket, content, first, curve
    cdef int c, i, j
    for c in range(COMPONENTS):
        s[c] = (1.0 - u) * ((1.0 - v) * p00[c] + v * p01[c]) + u * ((1.0 - v) * p10[c] + v * p11[c])
    a8, ah = s[0] + y * s[2], s[1] + y * s[3]
    bracket = p[F8] * a8 + p[FH] * ah
    content = eff * bracket + p[AC + rows.run[k]] * rows.ac[k] + p[ER] * rows.er[k] + p[NEUTRON] * s[4]
    if count < 0.0:                 # a total
        value[0] += content
        first, curve = 1.0, 0.0
    elif content > 0.0:
        value[0] -= count * log(content)
        first, curve = -count / content, count / (content * content)
    else:
        value[0] = INFINITY
        return
    if to == NULL:
        return
    for c in range(COMPONENTS):
        su[c] = (1.0 - v) * (p10[c] - p00[c]) + v * (p11[c] - p01[c])
        sv[c] = (1.0 - u) * (p01[c] - p00[c]) + u * (p11[c] - p10[c])
        suv[c] = (p11[c] - p10[c]) - (p01[c] - p00[c])
    d = p[F8] * s[2] + p[FH] * s[3]
    for i in range(AC, ER):
        J[i] = 0.0
    J[Y], J[EFF], J[F8], J[FH] = eff * d, bracket, eff * a8, eff * ah
    J[AC + rows.run[k]], J[ER], J[NEUTRON] = rows.ac[k], rows.er[k], s[4]
    J[LY] = eff * (p[F8] * (su[0] + y * su[2]) + p[FH] * (su[1] + y * su[3])) + p[NEUTRON] * su[4]
    J[QY] = eff * (p[F8] * (sv[0] + y * sv[2]) + p[FH] * (sv[1] + y * sv[3])) + p[NEUTRON] * sv[4]
    for i in range(PARAMETERS):
        to.slope[i] += first * J[i]
    if not second:
        return
    if curve > 0.0:
        for i in range(PARAMETERS):
            for j in range(i + 1):
                to.gauss[i][j] += curve * J[i] * J[j]
    to.bend[EFF][Y] += first * d
    to.bend[F8][Y] += first * eff * s[2]
    to.bend[FH][Y] += first * eff * s[3]
    to.bend[LY][Y] += first * eff * (p[F8] * su[2] + p[FH] * su[3])
    to.bend[QY][Y] += first * eff * (p[F8] * sv[2] + p[FH] * sv[3])
    to.bend[F8][EFF] += first * a8
    to.bend[FH][EFF] += first * ah
    to.bend[LY][EFF] += first * (p[F8] * (su[0] + y * su[2]) + p[FH] * (su[1] + y * su[3]))
    to.bend[QY][EFF] += first * (p[F8] * (sv[0] + y * sv[2]) + p[FH] * (sv[1] + y * sv[3]))
    to.bend[LY][F8] += first * eff * (su[0] + y * su[2])
    to.bend[QY][F8] += first * eff * (sv[0] + y * sv[2])
    to.bend[LY][FH] += first * eff * (su[1] + y * su[3])
    to.bend[QY][FH] += first * eff * (sv[1] + y * sv[3])
    to.bend[LY][NEUTRON] += first * su[4]
    to.bend[QY][NEUTRON] += first * sv[4]
    to.bend[QY][LY] += first * (
        eff * (p[F8] * (suv[0] + y * suv[2]) + p[FH] * (suv[1] + y * suv[3])) + p[NEUTRON] * suv[4]
    )


cdef inline double evaluate(const Fit* fit, const double* p, int a, int b, Local* to, bint second) noexcept nogil:
    """-ln L at p in the cell (a, b), infinite where a bin with counts expects none.

    Slopes, and with `second` the Hessian, go into `to`.
    """
    cdef double value = 0.0, pull
    cdef int i, j, k
    if to != NULL:
        for i in range(PARAMETERS):
            to.slope[i] = 0.0
            if second:
                for j in range(PARAMETERS):
                    to.gauss[i][j] = to.bend[i][j] = 0.0
    for k in range(fit.rows.totals):
        add_row(&fit.rows, k, a, b, p, -1.0, to, second, &value)
    for k in range(fit.n_bins):
        add_row(&fit.rows, fit.bin[k], a, b, p, fit.count[k], to, second, &value)
        if value == INFINITY:
            return value
    for i in range(PARAMETERS):
        if fit.weight[i] > 0.0:
            pull = p[i] - fit.centre[i]
            value += 0.5 * fit.weight[i] * pull * pull
            if to != NULL:
                to.slope[i] += fit.weight[i] * pull
                if second:
                    to.gauss[i][i] += fit.weight[i]
    return value


cdef inline int cell(double t) noexcept nogil:
    """The cell of a yield."""
    cdef double found = floor(t - FIRST_ANCHOR)
    return 0 if found < 0.0 else (<int> found if found < ANCHORS - 2 else ANCHORS - 2)


cdef inline bint newton_step(const Local* at, const bint* held, bint full, double* step) noexcept nogil:
    """The step to the minimum of the quadratic form over what is not `held`, by Cholesky's method; false where the form
    is not positive.
    """
    cdef double[PARAMETERS][PARAMETERS] C
    cdef double[PARAMETERS] r
    cdef int[PARAMETERS] free
    cdef int n = 0, i, j, k
    cdef double total, diagonal
    for i in range(PARAMETERS):
        step[i] = 0.0
        if not held[i]:
            free[n] = i
            n += 1
    for i in range(n):
        for j in range(i + 1):
            total = at.gauss[free[i]][free[j]]
            if full:
                total += at.bend[free[i]][free[j]]
            elif i == j:
                total = total * (1.0 + 1e-9) + 1e-12      # counts alone may leave a direction without curvature
            diagonal = total
            for k in range(j):
                total -= C[i][k] * C[j][k]
            if i == j:
                if not total > 1e-13 * fabs(diagonal):
                    return False
                C[i][i] = sqrt(total)
            else:
                C[i][j] = total / C[j][j]
    for i in range(n):
        total = -at.slope[free[i]]
        for k in range(i):
            total -= C[i][k] * r[k]
        r[i] = total / C[i][i]
    for i in range(n - 1, -1, -1):
        total = r[i]
        for k in range(i + 1, n):
            total -= C[k][i] * step[free[k]]
        step[free[i]] = total / C[i][i]
    return True


cdef inline bint crosses(const Fit* fit, double* p, const Local* at, int* a, int* b) noexcept nogil:
    """Move to a neighbouring cell if p lies on an edge and -ln L falls on both sides of it; true if it moved."""
    cdef Local beyond
    cdef int axis, direction, place
    cdef int* moving
    for axis in range(LY, QY + 1):
        if fit.low[axis] >= fit.high[axis]:
            continue
        moving = a if axis == LY else b
        place = moving[0]
        for direction in range(-1, 2, 2):
            if p[axis] != FIRST_ANCHOR + place + (direction + 1) // 2 or not 0 <= place + direction <= ANCHORS - 2:
                continue
            if direction * at.slope[axis] >= 0.0:
                continue
            moving[0] = place + direction
            if evaluate(fit, p, a[0], b[0], &beyond, False) < INFINITY and direction * beyond.slope[axis] < 0.0:
                return True
            moving[0] = place
    return False


cdef double descend(const Fit* fit, double* p, bint* converged) noexcept nogil:
    """The minimum of -ln L that is reached from p, which is moved there."""
    cdef Local at
    cdef double[PARAMETERS] low, high, step, trial
    cdef bint[PARAMETERS] held
    cdef double value, new, promise, length, reach, edge, noise
    cdef int a = cell(p[LY]), b = cell(p[QY]), i, n, turn, hit
    cdef bint again, full
    converged[0] = False
    value = evaluate(fit, p, a, b, &at, True)
    for n in range(MOST_STEPS):
        if value == INFINITY:
            return value
        if crosses(fit, p, &at, &a, &b):
            value = evaluate(fit, p, a, b, &at, True)
            continue
        for i in range(PARAMETERS):
            low[i], high[i] = fit.low[i], fit.high[i]
        if low[LY] < high[LY]:
            low[LY], high[LY] = max(low[LY], FIRST_ANCHOR + a), min(high[LY], FIRST_ANCHOR + a + 1.0)
        if low[QY] < high[QY]:
            low[QY], high[QY] = max(low[QY], FIRST_ANCHOR + b), min(high[QY], FIRST_ANCHOR + b + 1.0)
        for i in range(PARAMETERS):
            held[i] = (low[i] >= high[i] or (p[i] <= low[i] and at.slope[i] >= 0.0)
                       or (p[i] >= high[i] and at.slope[i] <= 0.0))
        for turn in range(PARAMETERS):
            full = newton_step(&at, held, True, step)
            if not full:
                newton_step(&at, held, False, step)
            again = False
            for i in range(PARAMETERS):     # a step that leaves at once goes along the bound instead
                if not held[i] and ((p[i] <= low[i] and step[i] < 0.0) or (p[i] >= high[i] and step[i] > 0.0)):
                    held[i] = again = True
            if not again:
                break
        promise, length, hit = 0.0, 1.0, -1
        for i in range(PARAMETERS):
            promise -= at.slope[i] * step[i]
            if step[i] != 0.0:
                edge = high[i] if step[i] > 0.0 else low[i]
                reach = (edge - p[i]) / step[i]
                if reach <= length:
                    length, hit = reach, i
        noise = DECREMENT + ROUNDING * fabs(value)
        if promise < noise:
            converged[0] = True
            return value
        while True:
            for i in range(PARAMETERS):
                trial[i] = min(max(p[i] + length * step[i], low[i]), high[i]) if low[i] < high[i] else p[i]
            if hit >= 0:
                trial[hit] = high[hit] if step[hit] > 0.0 else low[hit]
            new = evaluate(fit, trial, a, b, NULL, False)
            if new <= value - 1e-4 * length * promise:
                break
            length *= 0.5
            hit = -1
            if length * promise < noise:        # rounding hides what is left
                converged[0] = promise < 1e-9 + 1e3 * noise
                return value
        for i in range(PARAMETERS):
            p[i] = trial[i]
        value = evaluate(fit, p, a, b, &at, True)
    return value


cdef inline void place(const Fit* fit, double* p, int axis, double t) noexcept nogil:
    """Set a yield as far as its bounds allow."""
    if fit.low[axis] < fit.high[axis]:
        p[axis] = min(max(t, fit.low[axis]), fit.high[axis])


cdef double lowest(const Fit* fit, const double* starts, Py_ssize_t n_starts, double* p,
                   bint* converged) noexcept nogil:
    """The lowest minimum of those reached from the yields' centres plus `starts`, the rest starting at p, which is
    moved to it.

    A kink may be a ridge with a minimum on either side: the mirror images of what was found, in the nearest kinks, are
    starts too, unless there is one start only, whose minimum is followed.
    """
    cdef double[PARAMETERS] begin, trial
    cdef double value, best = INFINITY
    cdef bint ended, better
    cdef Py_ssize_t s
    cdef int i, mirror
    for i in range(PARAMETERS):
        begin[i] = min(max(p[i], fit.low[i]), fit.high[i]) if fit.low[i] < fit.high[i] else fit.low[i]
    converged[0] = False
    for s in range(n_starts):
        for i in range(PARAMETERS):
            trial[i] = begin[i]
        if s % 2 == 1 and fit.low[Y] < fit.high[Y]:     # without events and with some, there may be a minimum each
            trial[Y] = min(begin[Y] + FIRST_EVENTS, fit.high[Y])
        place(fit, trial, LY, fit.centre[LY] + starts[2 * s])
        place(fit, trial, QY, fit.centre[QY] + starts[2 * s + 1])
        value = descend(fit, trial, &ended)
        if value < best:
            best, converged[0] = value, ended
            for i in range(PARAMETERS):
                p[i] = trial[i]
    while best < INFINITY and n_starts > 1:
        better = False
        for mirror in range(1, 4):
            for i in range(PARAMETERS):
                trial[i] = p[i]
            if mirror & 1:
                place(fit, trial, LY, 2.0 * floor(p[LY] + 0.5) - p[LY])
            if mirror & 2:
                place(fit, trial, QY, 2.0 * floor(p[QY] + 0.5) - p[QY])
            value = descend(fit, trial, &ended)
            if value < best - BETTER:
                best, converged[0], better = value, ended, True
                for i in range(PARAMETERS):
                    p[i] = trial[i]
        if not better:
            return best
    return best


cdef double profiled(Fit* fit, int interest, double value, const double* starts, Py_ssize_t n_starts, double* p,
                     double* slope, bint* converged) noexcept nogil:
    """The lowest -ln L with the parameter of interest held at `value`, and its derivative by that value."""
    cdef double low = fit.low[interest], high = fit.high[interest], found
    cdef Local at
    fit.low[interest] = fit.high[interest] = p[interest] = value
    found = lowest(fit, starts, n_starts, p, converged)
    evaluate(fit, p, cell(p[LY]), cell(p[QY]), &at, False)
    slope[0] = at.slope[interest]
    fit.low[interest], fit.high[interest] = low, high
    return found


cdef double crossing(Fit* fit, int interest, int side, double rise, const double* starts, Py_ssize_t n_starts,
                     double bottom, double best, const double* p_best, signed char* status) noexcept nogil:
    """Where 2 (-ln L - bottom) = rise above (`side` 1) or below (-1) the best value of the parameter of interest.

    The search follows one minimum from value to value; where it believes to have arrived it looks from all `starts`,
    and goes on from a lower one.
    """
    cdef double[PARAMETERS] p
    cdef double[2] here
    cdef double inside = best, outside = best, x, q = 0.0, slope, width, before
    cdef double near = ROOT * rise + 8.0 * ROUNDING * fabs(bottom)
    cdef bint converged
    cdef int i, n
    for i in range(PARAMETERS):
        p[i] = p_best[i]
    width = max(FIRST_EVENTS if interest == Y else 1.0, 0.5 * fabs(best))
    for n in range(MOST_ROOT_STEPS):    # outwards, until the rise is passed
        x = best + side * width
        if side < 0 and x <= fit.low[interest]:
            x = fit.low[interest]
        q = 2.0 * (profiled(fit, interest, x, starts, n_starts, p, &slope, &converged) - bottom)
        if q > rise:
            break
        inside = x
        if side < 0 and x == fit.low[interest]:
            return x
        if slope * side > 0.0:
            width *= min(10.0, max(1.3, 1.1 * (1.0 + (rise - q) / (2.0 * slope * side * width))))
        else:
            width *= 3.0
    else:
        status[0] = NO_SOLUTION
        return x
    outside = x
    for n in range(MOST_ROOT_STEPS):
        before = x
        x = x - (q - rise) / (2.0 * slope) if slope * side > 0.0 else inside
        if not (min(inside, outside) < x < max(inside, outside)):
            x = 0.5 * (inside + outside)
        here[0], here[1] = p[LY] - fit.centre[LY], p[QY] - fit.centre[QY]
        q = 2.0 * (profiled(fit, interest, x, here, 1, p, &slope, &converged) - bottom)
        if fabs(q - rise) <= near or fabs(x - before) <= 1e-14 * fabs(x):
            q = 2.0 * (profiled(fit, interest, x, starts, n_starts, p, &slope, &converged) - bottom)
            if fabs(q - rise) <= 2.0 * near or fabs(outside - inside) <= 1e-13 * fabs(outside):
                if not converged:
                    status[0] = NOT_CONVERGED
                return x
        if q > rise:
            outside = x
        else:
            inside = x
        if side * (outside - inside) <= 1e-13 * fabs(outside):      # a lower minimum moved the crossing outwards
            inside, outside = x, x + side * width
            if side < 0 and outside < fit.low[interest]:
                outside = fit.low[interest]
    status[0] = NOT_CONVERGED
    return x


cdef class Model:
    """Expected contents of rows at every anchor of the yields, for one or more signals.

    Parameters
    ----------
    lattice : shape (signals, 49, rows, 5): S8, Sh, D8, Dh and neutrons, t_ly slow
    run : shape (rows,), 0, 1 or 2;  ac, er : shape (rows,)
    totals : the first so many rows are the sums of a run's bins
    """
    cdef Rows rows
    cdef readonly Py_ssize_t signals
    cdef const double[:, :, :, ::1] lattice
    cdef const int[::1] run
    cdef const double[::1] ac, er

    def __init__(self, lattice, run, ac, er, int totals):
        self.lattice = np.ascontiguousarray(lattice, dtype=float)
        self.run = np.ascontiguousarray(run, dtype=np.intc)
        self.ac, self.er = np.ascontiguousarray(ac, dtype=float), np.ascontiguousarray(er, dtype=float)
        n = self.run.shape[0]
        if (self.lattice.shape[0] < 1 or self.lattice.shape[1] != ANCHORS * ANCHORS or self.lattice.shape[2] != n
                or self.lattice.shape[3] != COMPONENTS or self.ac.shape[0] != n or self.er.shape[0] != n
                or not 0 < totals <= n or np.min(run) < 0 or np.max(run) > 2):
            raise ValueError("the arrays of a model do not fit together")
        self.signals = self.lattice.shape[0]
        self.rows.n, self.rows.totals = n, totals
        self.rows.run, self.rows.ac, self.rows.er = &self.run[0], &self.ac[0], &self.er[0]

    cdef Rows of(self, Py_ssize_t signal) noexcept nogil:
        cdef Rows rows = self.rows
        rows.lattice = &self.lattice[signal, 0, 0, 0]
        return rows


cdef class Counts:
    """Data sets: occupied rows and counts of each, one after the other.

    Parameters
    ----------
    first : shape (sets + 1,), where each set begins
    row, count : shape (first[-1],); counts may be fractions (Asimov data)
    """
    cdef readonly Py_ssize_t sets
    cdef const int[::1] first, row
    cdef const double[::1] count

    def __init__(self, first, row, count, Model model):
        # One entry more, so that no set at all still has an address.
        self.first = np.ascontiguousarray(first, dtype=np.intc)
        self.row, self.count = np.append(row, 0).astype(np.intc), np.append(count, 0.0)
        first, row, count = (np.asarray(values) for values in (first, row, count))
        if (len(first) < 2 or first[0] != 0 or np.any(np.diff(first) < 0) or first.max() != len(row)
                or len(row) != len(count) or np.any(row < model.rows.totals) or np.any(row >= model.rows.n)
                or not np.all(np.isfinite(count)) or np.any(count < 0)):
            raise ValueError("the arrays of counts do not fit together")
        self.sets = self.first.shape[0] - 1


cdef class Nuisances:
    """How parameters are constrained, in the order y, f_eff, f_8b, f_hep, f_ac (three), f_er, f_neutron, t_ly, t_qy.

    Parameters
    ----------
    weight : shape (11,), 1/sigma^2, 0 for none;  bounds : shape (11, 2), equal ones fix a parameter
    """
    cdef const double[::1] weight
    cdef const double[:, ::1] bounds

    def __init__(self, weight, bounds):
        self.weight, self.bounds = np.ascontiguousarray(weight, dtype=float), np.ascontiguousarray(bounds, dtype=float)
        if self.weight.shape[0] != PARAMETERS or self.bounds.shape[0] != PARAMETERS or self.bounds.shape[1] != 2:
            raise ValueError("there must be 11 parameters")
        if np.any(np.abs(np.asarray(bounds)[LY:]) > -FIRST_ANCHOR):
            raise ValueError("yields must stay between -3 and 3")


cdef void fill(Fit* fit, Model model, Counts counts, Nuisances nuisances, const double[:, ::1] centre, int signal,
               int data, Py_ssize_t i) noexcept nogil:
    cdef int j
    fit.rows = model.of(signal)
    fit.n_bins = counts.first[data + 1] - counts.first[data]
    fit.bin, fit.count = &counts.row[counts.first[data]], &counts.count[counts.first[data]]
    fit.centre, fit.weight = &centre[i, 0], &nuisances.weight[0]
    for j in range(PARAMETERS):
        fit.low[j], fit.high[j] = nuisances.bounds[j, 0], nuisances.bounds[j, 1]


def _check(Model model, Counts counts, signal, data, centre, n):
    if not (len(signal) == len(data) == len(centre) == n) or centre.shape[1] != PARAMETERS:
        raise ValueError("arrays of different lengths")
    if n and not (0 <= np.min(signal) and np.max(signal) < model.signals
                  and 0 <= np.min(data) and np.max(data) < counts.sets):
        raise ValueError("no such signal or data set")


def log_likelihoods(Model model, Counts counts, Nuisances nuisances, const double[:, ::1] theta,
                    const double[:, ::1] centre, const int[::1] signal, const int[::1] data, bint gradient=False):
    """ln L without ln n! and the norms of the pulls, at n places.

    Parameters
    ----------
    theta, centre : shape (n, 11), where, and the centres of the pulls
    signal, data : shape (n,), of the model's signals and the data sets

    Returns
    -------
    value : shape (n,), -inf where a bin with counts expects none, NaN for yields beyond 3
    slope : shape (n, 11), None unless asked for
    """
    cdef Py_ssize_t i, n = theta.shape[0]
    cdef int j
    cdef Fit fit
    cdef Local at
    _check(model, counts, signal, data, np.asarray(centre), n)
    if theta.shape[1] != PARAMETERS:
        raise ValueError("there must be 11 parameters")
    values, slopes = np.full(n, np.nan), np.full((n if gradient else 0, PARAMETERS), np.nan)
    cdef double[::1] value = values
    cdef double[:, ::1] slope = slopes
    with nogil:
        for i in range(n):
            if not (fabs(theta[i, LY]) <= -FIRST_ANCHOR and fabs(theta[i, QY]) <= -FIRST_ANCHOR):
                continue
            fill(&fit, model, counts, nuisances, centre, signal[i], data[i], i)
            value[i] = -evaluate(&fit, &theta[i, 0], cell(theta[i, LY]), cell(theta[i, QY]), &at if gradient else NULL,
                                 False)
            if gradient:
                for j in range(PARAMETERS):
                    slope[i, j] = -at.slope[j]
    return values, slopes if gradient else None


def profiles(Model model, Counts counts, Nuisances nuisances, const double[:, ::1] centre, const int[::1] signal,
             const int[::1] data, const double[:, ::1] held, const double[:, ::1] starts):
    """ln L maximised over the parameters that are not fixed, for n fits.

    Parameters
    ----------
    centre : shape (n, 11), centres of the pulls, where the search begins;  signal, data : shape (n,)
    held : shape (n, 11), values of parameters that are held, NaN for those that are maximised over
    starts : shape (starts, 2), t_ly and t_qy where searches begin, from their centres

    Returns
    -------
    value : shape (n,);  theta : shape (n, 11);  status : shape (n,)
    """
    cdef Py_ssize_t i, n = centre.shape[0]
    cdef int j
    cdef Fit fit
    cdef double[PARAMETERS] p
    cdef bint converged
    _check(model, counts, signal, data, np.asarray(centre), n)
    if held.shape[0] != n or held.shape[1] != PARAMETERS or starts.shape[0] < 1 or starts.shape[1] != 2:
        raise ValueError("arrays of different lengths")
    if n and np.nanmax(np.abs(np.asarray(held)[:, LY:]), initial=0.0) > -FIRST_ANCHOR:
        raise ValueError("yields must stay between -3 and 3")
    values, thetas, states = np.empty(n), np.empty((n, PARAMETERS)), np.zeros(n, dtype=np.int8)
    cdef double[::1] value = values
    cdef double[:, ::1] theta = thetas
    cdef signed char[::1] status = states
    with nogil:
        for i in range(n):
            fill(&fit, model, counts, nuisances, centre, signal[i], data[i], i)
            for j in range(PARAMETERS):
                p[j] = centre[i, j]
                if not isnan(held[i, j]):
                    fit.low[j] = fit.high[j] = held[i, j]
            value[i] = -lowest(&fit, &starts[0, 0], starts.shape[0], p, &converged)
            status[i] = (OK if converged else NOT_CONVERGED) if isfinite(value[i]) else NOT_FINITE
            for j in range(PARAMETERS):
                theta[i, j] = p[j]
    return values, thetas, states


def crossings(Model model, Counts counts, Nuisances nuisances, const double[:, ::1] centre, const int[::1] signal,
              const int[::1] data, int interest, const double[::1] rise, int side, const double[:, ::1] starts):
    """Where 2 (ln L_best - ln L) of a parameter of interest, the others maximised, has risen by each `rise`, for n
    fits.

    Parameters
    ----------
    interest : number of the parameter of interest;  rise : shape (rises,)
    side : 1 above the best value, -1 below it, where the parameter's lower bound is the answer if the rise is not
        reached before
    the others as in :func:`profiles`

    Returns
    -------
    value : shape (n, rises);  best : shape (n,), the best value;  status : shape (n, rises)
    """
    cdef Py_ssize_t i, r, n = centre.shape[0], rises = rise.shape[0]
    cdef int j
    cdef Fit fit
    cdef double[PARAMETERS] p
    cdef double bottom
    cdef bint converged
    _check(model, counts, signal, data, np.asarray(centre), n)
    if starts.shape[0] < 1 or starts.shape[1] != 2 or not 0 <= interest < PARAMETERS or side not in (-1, 1):
        raise ValueError("arrays of different lengths")
    values, bests, states = np.empty((n, rises)), np.empty(n), np.zeros((n, rises), dtype=np.int8)
    cdef double[:, ::1] value = values
    cdef double[::1] best = bests
    cdef signed char[:, ::1] status = states
    with nogil:
        for i in range(n):
            fill(&fit, model, counts, nuisances, centre, signal[i], data[i], i)
            for j in range(PARAMETERS):
                p[j] = centre[i, j]
            bottom = lowest(&fit, &starts[0, 0], starts.shape[0], p, &converged)
            best[i] = p[interest]
            for r in range(rises):
                if not converged:
                    status[i, r] = NOT_CONVERGED
                value[i, r] = crossing(&fit, interest, side, rise[r], &starts[0, 0], starts.shape[0], bottom, best[i],
                                       p, &status[i, r])
                if not isfinite(value[i, r]):
                    status[i, r] = NOT_FINITE
    return values, bests, states


def fold(const double[:, ::1] weights, const double[:, :, ::1] templates):
    """Sums over energies, always in the same order: a row's result depends on that row alone.

    Parameters
    ----------
    weights : shape (n, energies);  templates : shape (energies, anchors, rows)

    Returns
    -------
    shape (n, anchors, rows)
    """
    cdef Py_ssize_t i, e, k, n = weights.shape[0], length = templates.shape[1] * templates.shape[2]
    cdef double w
    cdef const double* from_
    cdef double* to
    if weights.shape[1] != templates.shape[0]:
        raise ValueError("as many weights as templates")
    values = np.zeros((n, templates.shape[1], templates.shape[2]))
    cdef double[:, :, ::1] value = values
    if length == 0:
        return values
    with nogil:
        for i in range(n):
            to = &value[i, 0, 0]
            for e in range(templates.shape[0]):
                w = weights[i, e]
                if w == 0.0:
                    continue
                from_ = &templates[e, 0, 0]
                for k in range(length):
                    to[k] += w * from_[k]
    return values
