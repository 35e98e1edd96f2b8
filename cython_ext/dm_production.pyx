"""Production of sterile neutrinos: the integral over time for all x at once, the relic density, and all couplings that
give it.

For fixed x the integrand over ln z is A/(B^2 + d^2), A = Gamma J D^2 s^2 f_a/4H, B^2 = D^2 s^2 + Gamma^2/4,
d = D c - V.  Everything but d varies slowly; d may cross zero within a millionth of a step.  A step where the integrand
is smooth gets the trapezoid; any other is integrated in d,
    Int dt A/(B^2 + d^2) = (A/B)/(dd/dt) [atan(d_1/B) - atan(d_0/B)],
with A/B and dd/dt taken at the centroid of the Lorentzian in this step: right to first order however narrow the
resonance and wherever it sits. As a function of x, the contribution of a narrow resonance ends like 1/sqrt(x_c - x)
where its two crossings merge, d turning around at zero.  Near such a turn the integrand is averaged over the cell of x
that the node stands for, d being linear across it: the mean of a Lorentzian is a difference of arctangents, and its
integral over a step has a closed form too. Tables of V/(coupling^2 T) and of the rates on (x, ln mu) serve all
couplings and all mediator masses, because the steps in ln z = ln mu - ln m are those in ln mu. The error estimate is
the change on taking every second x, plus the changes on doubling the step, x by x, so that nothing cancels by chance.
"""
import numpy as np

from libc.math cimport NAN, exp, fabs, isfinite, log, sqrt
from libc.stdint cimport int64_t

from dm_nodes cimport (CELLS, STEPS, Cells, Loops, Nodes, Scales, Steps, Sums, B2_at, loops_of_width,
                       next_turn)
from status cimport NO_SOLUTION, NOT_FINITE, OK, OUT_OF_DOMAIN
from vector_math cimport vector_width

cdef double SMOOTH = 8.0        # largest dd/dln z of a trapezoid, relative to the smaller |d| (far off it goes as z^-5)
cdef double SMOOTH_B = 0.3      # or largest change of d, relative to the smaller B
cdef double TURNING = 0.5       # second difference of d, relative to its change, from which on d turns in a step ...
cdef double WALK_TURNING = 0.8  # ... on a walk, which asks for two digits
cdef double REACH = 2.0         # averaged: from a turn on until d has changed by so many cells of x ...
cdef double WIDEST = 0.5        # ... unless d changes across a cell by more than this part of D, nothing being narrow,
cdef double NARROWEST = 1.0     # ... or by less than this many B, where x resolves the resonance
cdef double STEEP = 4.0         # largest slope of ln(yield) against ln(coupling) on the gentler side of an extremum
cdef double GOLDEN = 0.3819660112501051     # smaller part of a golden section
cdef double EXTREMUM = 2e-4     # width in ln(coupling) at which an extremum is known
cdef double ROOM = 3.0          # times what a concave curve may rise, an extremum is looked for
cdef double NOTHING = 1e-15     # of an integral over ln z, that a step at an end is left out ...
cdef double WALK_NOTHING = 1e-5     # ... on a walk

cdef enum:
    FINE, COARSE                # all nodes; every second x and every second step
    MAX_SCAN = 256              # couplings at which roots are looked for
    UNKNOWN = -1000000          # excess of a coupling that is passed over

cdef const Loops* LOOPS = loops_of_width(vector_width(8))


def use_width(int width):
    """Compute with vectors of 8, 4 or 2 numbers, or fewer where the processor has none so wide; equal digits."""
    global LOOPS
    LOOPS = loops_of_width(vector_width(width))


cdef struct Medium:
    int n_x, n_z
    const double* x
    const double* f_a
    const double* weight[2]     # of the sum over x, for the fine and the coarse rule
    const double* log_z
    const double* source        # J/4H and whatever divides the production, per z
    const double* v_sm          # V_SM/x, MeV
    const double* gamma_sm      # Gamma_SM/x, MeV, at the first x
    Py_ssize_t to_next          # and how far it is from there to the next x: 0 where x does not matter
    bint cells                  # whether every x stands for a cell of an integral over x, or for itself
    double v_factor, a_factor, b_factor
    double first, last          # ln z where the integral begins and ends
    double turning, nothing     # as TURNING and NOTHING


cdef struct Workspace:          # per step of one x
    const double* z
    const double* T
    double* row[3]              # d at three x in turn
    double* d                   # which of them: this x, and its two neighbours
    double* below
    double* above
    double* f                   # integrand
    const double* factor        # of the second one over the first, or a null pointer
    double* smooth              # square of the change of d for which a trapezoid will do; -1 where the cell is averaged
    int64_t* turns              # sign bit: d turns around near a resonance
    int* rough                  # steps that are no trapezoids
    Scales scales
    Nodes nodes
    double* total[2]            # integrals over ln z of each integrand: of every x, with twice the step of every x
    Steps steps                 # what waits
    Cells cells


cdef struct Term:               # integrand A/(B2 + d^2), or two of them
    double A[2]
    double B2, d


cdef inline void term(const Workspace* w, int k, double B2, Term* t) noexcept nogil:
    """A node in parts."""
    t.B2, t.d = B2, w.d[k]
    t.A[0] = w.f[k] * (t.B2 + t.d * t.d)
    t.A[1] = t.A[0] * w.factor[k] if w.factor != NULL else 0.0


cdef inline bint positive(const Term* left, const Term* right, int count) noexcept nogil:
    """Whether A is above 0 at both ends of a step, for each of `count` integrands."""
    return left.A[0] > 0 and right.A[0] > 0 and (count == 1 or (left.A[1] > 0 and right.A[1] > 0))


cdef inline void between(Term* left, const Term* right, const double* part, double t, int count) noexcept nogil:
    """Move the left end to the fraction t of its step: A and B^2 as powers, whose factors are `part`; d linear."""
    cdef int q
    for q in range(count):
        left.A[q] *= part[q]
    left.B2 *= part[2]
    left.d += t * (right.d - left.d)


cdef inline void averaged_step(const Workspace* w, const Term* left, const Term* right, int k, int j, double share,
                               double h, int count, int of, Cells* waiting, double** totals) noexcept nogil:
    """One step in ln z, averaged over a cell of x that reaches a `share` of the way to the neighbours of x."""
    cdef int n = waiting.n, q
    for q in range(count):
        waiting.A2[q][n] = left.A[q] * right.A[q]
    waiting.B4[n], waiting.h[n], waiting.of[n] = left.B2 * right.B2, h, of
    waiting.low0[n], waiting.high0[n] = left.d + share * (w.below[k] - left.d), left.d + share * (w.above[k] - left.d)
    waiting.low1[n] = right.d + share * (w.below[j] - right.d)
    waiting.high1[n] = right.d + share * (w.above[j] - right.d)
    waiting.n = n + 1
    if waiting.n == CELLS:
        LOOPS.averaged_steps(waiting, count, totals)


cdef inline void one_step(const Term* left, const Term* right, double curvature, double turning, double h, int count,
                          int of, Steps* waiting, double** totals) noexcept nogil:
    """Add what a step in ln z gives, but a resonant one waits for others; `curvature`: second difference of d."""
    cdef double delta = right.d - left.d, d2 = left.d * left.d, B2 = left.B2
    cdef int k = waiting.n, q
    d2 = d2 if d2 < right.d * right.d else right.d * right.d
    B2 = B2 if B2 < right.B2 else right.B2
    cdef bint smooth = delta * delta <= SMOOTH * SMOOTH * h * h * d2 or delta * delta <= SMOOTH_B * SMOOTH_B * B2
    if smooth or not positive(left, right, count):
        for q in range(count):
            totals[q][of] += 0.5 * h * (left.A[q] / (left.B2 + left.d * left.d)
                                        + right.A[q] / (right.B2 + right.d * right.d))
        return
    if fabs(curvature) > turning * fabs(delta):
        LOOPS.turning_step(left.A, right.A, left.B2, right.B2, left.d, right.d, curvature, h, count, totals, of)
        return
    for q in range(count):
        waiting.A0[q][k], waiting.A1[q][k] = left.A[q], right.A[q]
    waiting.B0[k], waiting.d0[k], waiting.B1[k], waiting.d1[k] = left.B2, left.d, right.B2, right.d
    waiting.curvature[k], waiting.h[k], waiting.of[k] = curvature, h, of
    waiting.n = k + 1
    if waiting.n == STEPS:
        LOOPS.resonant_steps(waiting, count, totals)


cdef inline bint averageable(const Workspace* w, int k, int step, const Term* left, const Term* right,
                             int count) noexcept nogil:
    """Whether d changes across the cell of x in one sense during a step, and enough of it to divide by."""
    cdef double width0 = w.above[k] - w.below[k], width1 = w.above[k + step] - w.below[k + step]
    return width0 * width1 > 0 and (width0 + width1) ** 2 > 0.1 * (left.B2 + right.B2) and positive(left, right, count)


cdef inline bint nothing(const Workspace* w, int k, int j, double total) noexcept nogil:
    """Whether a step is smooth and gives next to nothing, less than a total per width of a step."""
    cdef double delta = w.d[j] - w.d[k], limit = w.smooth[k] if w.smooth[k] < w.smooth[j] else w.smooth[j]
    return delta * delta <= limit and w.f[k] + w.f[j] < total


cdef void cut_steps(const Medium* m, Workspace* w, double h, int count, int of, int wide) noexcept nogil:
    """Add the first and the last step, of which only a part lies within the evolution, to the totals `of` and `wide`,
    unless the latter is below 0.
    """
    cdef Term inner[2]
    cdef Term outer[2]
    cdef double ratio[8]
    cdef double part[8]
    cdef double t[8]
    cdef Term* left
    cdef Term* right
    cdef int end, q, k, j, n = m.n_z
    cdef bint counts[2]
    counts[0] = not nothing(w, 0, 1, m.nothing * w.total[0][of] / h)
    counts[1] = not nothing(w, n - 2, n - 1, m.nothing * w.total[0][of] / h)
    if not (counts[0] or counts[1]):
        return
    for end in range(2):
        k, j = (n - 1, n - 2) if end else (0, 1)
        for q in range(4):
            t[4 * end + q], ratio[4 * end + q] = fabs((m.last if end else m.first) - m.log_z[k]) / h, 1.0
        if not counts[end]:
            continue
        term(w, k, B2_at(&w.scales, &w.nodes, k), &outer[end])
        term(w, j, B2_at(&w.scales, &w.nodes, j), &inner[end])
        for q in range(count):
            if outer[end].A[q] > 0 and inner[end].A[q] > 0:
                ratio[4 * end + q] = inner[end].A[q] / outer[end].A[q]
        ratio[4 * end + 2] = inner[end].B2 / outer[end].B2
    LOOPS.powers(ratio, t, part)
    for end in range(2):
        if counts[end]:
            between(&outer[end], &inner[end], &part[4 * end], t[4 * end], count)
            left, right = &inner[end] if end else &outer[end], &outer[end] if end else &inner[end]
            one_step(left, right, 0.0, m.turning, h * (1 - t[4 * end]), count, of, &w.steps, w.total)
            if wide >= 0:
                one_step(left, right, 0.0, m.turning, h * (1 - t[4 * end]), count, wide, &w.steps, w.total)


cdef inline void rough_step(Workspace* w, int k, int step, int last, double turning, double h, int count,
                            int of) noexcept nogil:
    """A step between neither of whose ends d may change so much."""
    cdef Term left, right
    cdef int j = k + step
    cdef double curvature = 0.0
    term(w, k, w.nodes.B2[k], &left)
    term(w, j, w.nodes.B2[j], &right)
    if (w.smooth[k] < 0 or w.smooth[j] < 0) and averageable(w, k, step, &left, &right, count):
        averaged_step(w, &left, &right, k, j, 0.5 * step, step * h, count, of, &w.cells, w.total)
        return
    if k > step and j + step <= last:
        curvature = 0.5 * (w.d[j + step] - w.d[j] - w.d[k] + w.d[k - step])
    one_step(&left, &right, curvature, turning, step * h, count, of, &w.steps, w.total)


cdef inline void sums_over_steps(const Medium* m, Workspace* w, int i, bint wide, int count) noexcept nogil:
    """Integrals over ln z at x[i] of `count` integrands, with twice the step too if `wide`, added to the totals; what
    waits is left out.

    The first and the last step are cut where the evolution begins and ends; the wide steps go from node 1 to the last
    that they reach.
    """
    cdef int n = m.n_z, k, q, found, last = n - 2, wide_last = 1 + (n - 3) // 2 * 2, of_wide = m.n_x + i
    cdef double h = m.log_z[1] - m.log_z[0]
    cdef Sums sums
    cdef Term left, right
    found = LOOPS.trapezoids(last, wide_last if wide else 0, &w.scales, &w.nodes, w.factor, w.rough, &sums)
    w.total[0][i] = 0.5 * h * sums.f
    if count == 2:
        w.total[1][i] = 0.5 * h * sums.by_factor
    if wide:
        w.total[0][of_wide] = h * sums.wide
    for q in range(found):
        k = w.rough[q] // 4
        if w.rough[q] & 1:
            rough_step(w, k, 1, last, m.turning, h, count, i)
        if w.rough[q] & 2:
            rough_step(w, k, 2, wide_last, m.turning, h, count, of_wide)
    if wide and wide_last < last:                           # what wide steps leave over
        term(w, wide_last, B2_at(&w.scales, &w.nodes, wide_last), &left)
        term(w, last, B2_at(&w.scales, &w.nodes, last), &right)
        one_step(&left, &right, 0.0, m.turning, h, count, of_wide, &w.steps, w.total)
    cut_steps(m, w, h, count, i, of_wide if wide else -1)


cdef inline void finish(Workspace* w, int count) noexcept nogil:
    """Add what waits."""
    if w.steps.n:
        LOOPS.resonant_steps(&w.steps, count, w.total)
    if w.cells.n:
        LOOPS.averaged_steps(&w.cells, count, w.total)


cdef void begin(const Medium* m, int i, const double[:, :] v, double coupling, double m4, double s2,
                const Workspace* w) noexcept nogil:
    """d = D c - V along ln z at x[i], unless the x before it has left it."""
    if i == 0 or not m.cells:
        LOOPS.detuning(m.n_z, 0.5 * m4 * m4 / m.x[i] * sqrt(1 - s2), coupling * coupling * m.v_factor, m.x[i], &v[i, 0],
                       w.z, w.T, m.v_sm, w.row[i % 3])


cdef void mark_turns(const Medium* m, Workspace* w, double D0) noexcept nogil:
    """Mark the nodes to be averaged: where d, on its way to or from a turn near a resonance, stays within few cells."""
    cdef int k, j, way, n = m.n_z
    cdef double width
    k = next_turn(n, 0, w.turns)
    while k < n:
        width = 0.5 * fabs(w.above[k] - w.below[k])
        if width <= WIDEST * D0 * w.z[k] and width * width >= NARROWEST * NARROWEST * B2_at(&w.scales, &w.nodes, k):
            for way in range(-1, 2, 2):
                j = k
                while 0 < j < n - 1 and fabs(w.d[j] - w.d[k]) < REACH * width:
                    w.smooth[j] = -1.0
                    j += way
        k = next_turn(n, k + 1, w.turns)


cdef void prepare(const Medium* m, int i, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                  double coupling, double m4, double s2, Workspace* w) noexcept nogil:
    """The integrand along ln z at x[i], and d at the next x where x stands for a cell; d is there up to this x."""
    cdef double l2 = coupling * coupling, h = m.log_z[1] - m.log_z[0], D0 = 0.5 * m4 * m4 / m.x[i], next_x = 1.0
    cdef bint next = m.cells and i + 1 < m.n_x
    cdef bint turns = m.cells
    cdef Scales* p = &w.scales
    cdef Nodes* at = &w.nodes
    p.x, p.D2s2, p.source_scale = m.x[i], D0 * D0 * s2, 0.5 * D0 * D0 * s2 * m.f_a[i]
    p.v_scale, p.a_scale, p.b_scale = l2 * m.v_factor, l2 * m.a_factor, l2 * l2 * m.b_factor
    p.d_smooth2, p.B_smooth2 = (SMOOTH * h) ** 2, SMOOTH_B * SMOOTH_B
    w.d = w.below = w.above = w.row[i % 3]
    if m.cells:
        w.below = w.row[(i - 1) % 3] if i > 0 else w.d
        w.above = w.row[(i + 1) % 3] if next else w.d
    at.z, at.T, at.source, at.v_sm, at.gamma_sm = w.z, w.T, m.source, m.v_sm, m.gamma_sm + i * m.to_next
    at.a, at.b, at.d, at.below, at.above, at.f, at.smooth = &a[i, 0], &b[i, 0], w.d, w.below, w.above, w.f, w.smooth
    if next:
        at.v_next, next_x = &v[i + 1, 0], m.x[i + 1]
        turns = LOOPS.nodes(True, m.n_z, p, 0.5 * m4 * m4 / next_x * sqrt(1 - s2), p.v_scale, next_x, at)
    else:
        LOOPS.nodes(False, m.n_z, p, 0.0, 0.0, 0.0, at)
    if turns and LOOPS.turns_near(m.n_z, w.d, w.below, w.above, w.turns):
        mark_turns(m, w, D0)


cdef void yield_of(const Medium* m, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                   double coupling, double m4, double s2, Workspace* w, double* value, double* error) noexcept nogil:
    """Weighted sum over x of the production, with its error unless that is a null pointer."""
    cdef int i
    cdef double each, half = 0.0, spread = 0.0, total = 0.0
    for i in range(m.n_x):
        begin(m, i, v, coupling, m4, s2, w)
        prepare(m, i, v, a, b, coupling, m4, s2, w)
        sums_over_steps(m, w, i, error != NULL and m.weight[COARSE][i] != 0, 1)
    finish(w, 1)
    for i in range(m.n_x):
        each = w.total[0][i]
        total += m.weight[FINE][i] * each
        if error != NULL and m.weight[COARSE][i] != 0:
            half += m.weight[COARSE][i] * each
            spread += fabs(m.weight[COARSE][i] * (each - w.total[0][m.n_x + i]))
    value[0] = total
    if error != NULL:
        error[0] = fabs(total - half) + spread


cdef int require(bint good, str what) except -1:
    if not good:
        raise ValueError(f"dm_production: {what}")
    return 0


cdef class Evolution:
    """A grid in x and a medium (see nubounds.constraints.dm_production.medium), found to fit together; for values that
    are right to about a per cent if it is a `walk`.

    ValueError where they do not: nothing after this looks at their sizes.
    """
    cdef Medium m
    cdef const double[::1] z, T, source
    cdef const double[:, :] v, a, b
    cdef object held            # whose arrays `m` points to

    def __init__(self, grid, medium, bint walk=False):
        cdef const double[::1] x = grid.x, f_a = grid.f_a, fine = grid.weight, coarse = grid.coarse_weight
        cdef const double[::1] log_z = medium.log_z, v_sm = medium.v_sm, each
        cdef const double[:, :] table, gamma_sm = medium.gamma_sm
        cdef Medium* m = &self.m
        self.z, self.T, self.source = medium.z, medium.T, medium.source
        self.v, self.a, self.b, self.held = medium.v, medium.a, medium.b, (grid, medium)
        require(x.shape[0] == f_a.shape[0] == fine.shape[0] == coarse.shape[0] > 0, "a grid with arrays of two lengths")
        require(log_z.shape[0] >= 3, "an evolution of fewer than three nodes")
        for each in (self.z, self.T, self.source, v_sm):
            require(each.shape[0] == log_z.shape[0], "a medium with arrays of different lengths")
        for table in (self.v, self.a, self.b, gamma_sm):
            require(table.shape[0] == x.shape[0] and table.shape[1] == log_z.shape[0], "a table that fits no axes")
            require(table.strides[1] == sizeof(double), "a table whose rows lie scattered in memory")
        m.n_x, m.n_z = x.shape[0], log_z.shape[0]
        m.x, m.f_a, m.weight[FINE], m.weight[COARSE] = &x[0], &f_a[0], &fine[0], &coarse[0]
        m.log_z, m.source, m.v_sm, m.gamma_sm = &log_z[0], &self.source[0], &v_sm[0], &gamma_sm[0, 0]
        m.to_next = gamma_sm.strides[0] // <Py_ssize_t>sizeof(double)
        m.v_factor, m.a_factor, m.b_factor = medium.v_factor, medium.a_factor, medium.b_factor
        m.first, m.last = medium.first, medium.last
        m.cells = grid.cells
        m.turning, m.nothing = (WALK_TURNING, WALK_NOTHING) if walk else (TURNING, NOTHING)

    cdef double[::1] room(self, Workspace* w):
        """Scratch arrays for one computation, to which `w` points."""
        cdef int k, n = self.m.n_z + 2, n_x = self.m.n_x
        cdef double[::1] scratch = np.empty(8 * n + 4 * n_x)
        w.z, w.T, w.factor, w.steps.n, w.cells.n = &self.z[0], &self.T[0], NULL, 0, 0
        for k in range(3):
            w.row[k] = &scratch[k * n + 1]
        w.f, w.smooth = &scratch[3 * n], &scratch[4 * n]
        w.turns, w.rough = <int64_t*>&scratch[5 * n], <int*>&scratch[6 * n]
        w.nodes.B2 = &scratch[7 * n]
        w.total[0], w.total[1] = &scratch[8 * n], &scratch[8 * n + 2 * n_x]
        return scratch


def evaluate(Evolution at not None, const double[:, ::1] rows, double[::1] value, double[::1] error,
             signed char[::1] status):
    """Yield for rows (coupling, m4 [MeV], sin^2 2theta), and its error unless `error` is None: half the time.

    The result of a row depends on that row alone.
    """
    cdef Workspace w
    cdef double[::1] scratch = at.room(&w)
    cdef int r
    cdef double coupling, m4, s2
    cdef bint wanted = error is not None
    cdef double uncertain
    require(rows.shape[1] == 3 and rows.shape[0] == value.shape[0] == status.shape[0], "rows without room for results")
    require(not wanted or error.shape[0] == value.shape[0], "rows without room for errors")
    with nogil:
        for r in range(rows.shape[0]):
            coupling, m4, s2 = rows[r, 0], rows[r, 1], rows[r, 2]
            value[r] = uncertain = 0.0
            status[r] = OUT_OF_DOMAIN
            if coupling >= 0 and m4 > 0 and 0 <= s2 < 1:
                yield_of(&at.m, at.v, at.a, at.b, coupling, m4, s2, &w, &value[r],
                         &uncertain if wanted else NULL)
                status[r] = OK if isfinite(value[r]) and isfinite(uncertain) else NOT_FINITE
            if wanted:
                error[r] = uncertain


def moments(Evolution at not None, const double[:, ::1] rows, const double[::1] shift, double[::1] number,
            double[::1] moment):
    """Yields for rows as in `evaluate`, and the same weighted with x and with `shift` along ln z."""
    cdef Medium m = at.m
    cdef Workspace w
    cdef double[::1] scratch = at.room(&w)
    cdef int r, i
    require(rows.shape[1] == 3 and rows.shape[0] == number.shape[0] == moment.shape[0], "rows without room for results")
    require(shift.shape[0] == m.n_z, "a shift of another length than the evolution")
    w.factor = &shift[0]
    with nogil:
        for r in range(rows.shape[0]):
            number[r] = moment[r] = NAN
            if not (rows[r, 0] >= 0 and rows[r, 1] > 0 and 0 <= rows[r, 2] < 1):
                continue
            number[r] = moment[r] = 0.0
            for i in range(m.n_x):
                begin(&m, i, at.v, rows[r, 0], rows[r, 1], rows[r, 2], &w)
                prepare(&m, i, at.v, at.a, at.b, rows[r, 0], rows[r, 1], rows[r, 2], &w)
                sums_over_steps(&m, &w, i, False, 2)
            finish(&w, 2)
            for i in range(m.n_x):
                number[r] += m.weight[FINE][i] * w.total[0][i]
                moment[r] += m.weight[FINE][i] * m.x[i] * w.total[1][i]


def spectrum(Evolution at not None, double coupling, double m4, double s2, double[::1] fine, double[::1] coarse):
    """Production at every x of the grid, with the step and with twice the step."""
    cdef Medium m = at.m
    cdef Workspace w
    cdef double[::1] scratch = at.room(&w)
    cdef int i
    require(fine.shape[0] == coarse.shape[0] == m.n_x, "momenta without room for results")
    with nogil:
        for i in range(m.n_x):
            begin(&m, i, at.v, coupling, m4, s2, &w)
            prepare(&m, i, at.v, at.a, at.b, coupling, m4, s2, &w)
            sums_over_steps(&m, &w, i, True, 1)
        finish(&w, 1)
        for i in range(m.n_x):
            fine[i], coarse[i] = w.total[0][i], w.total[0][m.n_x + i]


cdef struct Search:
    const Medium* medium
    Workspace* workspace
    double m4, s2, target
    int evaluations


cdef double excess(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                   double t) noexcept nogil:
    """ln(yield/target) at coupling e^t; -1e3 without any production, NaN where the yield is no number."""
    cdef double value
    yield_of(s.medium, v, a, b, exp(t), s.m4, s.s2, s.workspace, &value, NULL)
    s.evaluations += 1
    return log(value / s.target) if value > 0 else (-1e3 if value == 0 else NAN)


cdef void walk(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b, double t0, double dt,
               int low, int high, double astray, double* g) noexcept nogil:
    """The excess on the walk's grid between the couplings `low` and `high`, where it is known: intervals are halved,
    down to one step of the walk, unless both ends are so far from the target, and from all within `astray` of it, that
    it is not reached and left between.
    """
    cdef int middle = (low + high) // 2
    cdef double least = min(fabs(g[low]), fabs(g[high])) - astray
    if middle == low or (g[low] * g[high] > 0 and least > STEEP * (high - low) * dt):
        return
    g[middle] = excess(s, v, a, b, t0 + middle * dt)
    walk(s, v, a, b, t0, dt, low, middle, astray, g)
    walk(s, v, a, b, t0, dt, middle, high, astray, g)


cdef int walk_all(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b, double t0, double dt,
                  int n, double astray, double* g) noexcept nogil:
    """The walk from end to end, UNKNOWN where it passes over."""
    cdef int j
    for j in range(n):
        g[j] = UNKNOWN
    g[0], g[n - 1] = excess(s, v, a, b, t0), excess(s, v, a, b, t0 + (n - 1) * dt)
    walk(s, v, a, b, t0, dt, 0, n - 1, astray, g)
    return 0


cdef double extremum(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b, double low, double x,
                     double high, double at_low, double at_x, double at_high, double sign, double* best) noexcept nogil:
    """Place of the largest sign*excess between low and high, of which x is the highest so far; its excess in `best`.

    By parabolas through the three, and by the golden section where these shrink one side alone.  The search ends on the
    other side of the target, where two roots are certain, and where the excess stays on this side though it rises
    ROOM times as far as a concave function may.
    """
    cdef double left, right, step, rise, u, at_u
    cdef int i, same = 0, last_side = 0, side
    for i in range(60):
        left, right = x - low, high - x
        rise = max(sign * (at_x - at_low) * right / left, sign * (at_x - at_high) * left / right)
        if sign * at_x > 0 or sign * at_x + ROOM * rise < 0 or high - low < EXTREMUM:
            break
        u = left * left * (at_high - at_x) - right * right * (at_low - at_x)
        step = left * (at_high - at_x) + right * (at_low - at_x)
        step = -0.5 * u / step if step != 0 else 0.0
        if same >= 2 or not -left < step < right:
            step = GOLDEN * right if right > left else -GOLDEN * left
        elif fabs(step) < 0.25 * EXTREMUM:
            step = 0.25 * EXTREMUM if right > left else -0.25 * EXTREMUM
        u = x + step
        at_u = excess(s, v, a, b, u)
        side = 1 if (u > x) == (sign * at_u > sign * at_x) else -1      # 1: the low end moves, -1: the high one
        same = same + 1 if side == last_side else 0
        last_side = side
        if sign * at_u > sign * at_x:
            if u > x:
                low, at_low = x, at_x
            else:
                high, at_high = x, at_x
            x, at_x = u, at_u
        elif u > x:
            high, at_high = u, at_u
        else:
            low, at_low = u, at_u
    best[0] = at_x
    return x


cdef double bracketed(Search* s, const double[:, :] v, const double[:, :] a, const double[:, :] b,
                      double low, double high, double at_low, double at_high, double tolerance) noexcept nogil:
    """Root of the excess between low and high, by Chandrupatla's method (Adv. Eng. Software 28 (1997) 145).

    An interpolated point is the root, unseen, once its distance from the last point times the last step is below the
    tolerance: a secant leaves an error of about this product, which inverse quadratic interpolation only makes smaller.
    """
    cdef double x = low, at_x = at_low, other = high, at_other = at_high, before, at_before, xi, phi, move, last
    cdef double part = min(max(at_low / (at_low - at_high), 0.05), 0.95)
    cdef int i
    last = part * (high - low)
    for i in range(60):
        before, at_before = x, at_x
        x = x + part * (other - x)
        at_x = excess(s, v, a, b, x)
        if at_x == 0:
            return x
        if (at_x < 0) != (at_before < 0):
            before, other, at_before, at_other = other, before, at_other, at_before
        xi, phi = (x - other) / (before - other), (at_x - at_other) / (at_before - at_other)
        part = 0.5
        if phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi:
            part = at_x / (at_other - at_x) * at_before / (at_other - at_before)
            part += (before - x) / (other - x) * at_x / (at_before - at_x) * at_other / (at_before - at_other)
            part = min(max(part, 0.0), 1.0)
            move = part * fabs(other - x)
            if move * min(last, 1.0) < 0.25 * tolerance:
                return x + part * (other - x)
        last = fabs(part * (other - x))
        if fabs(other - x) < tolerance:
            break
    return x + 0.5 * (other - x)


cdef inline bint crosses(double here, double there) noexcept nogil:
    """Whether both are known and one is above the target, the other below."""
    return there != UNKNOWN and here * there <= 0


def walked(Evolution coarser not None, double m4, double s2, double target, double low, double high, double astray,
           double[::1] excesses):
    """The walk of `roots` for all targets and media with which no excess differs by more than `astray` from those here.
    """
    cdef Workspace w
    cdef Search s
    cdef double t0 = log(low), dt
    cdef int n = excesses.shape[0]
    cdef double[::1] scratch = coarser.room(&w)
    require(1 < n <= MAX_SCAN and 0 < low < high and m4 > 0 and 0 < s2 < 1 and target > 0, "a walk without a way")
    s.medium, s.workspace, s.m4, s.s2, s.target, s.evaluations = &coarser.m, &w, m4, s2, target, 0
    with nogil:
        dt = (log(high) - t0) / (n - 1)
        walk_all(&s, coarser.v, coarser.a, coarser.b, t0, dt, n, astray, &excesses[0])


def roots(Evolution at not None, Evolution coarser not None, double m4, double s2, double target, double low,
          double high, int n_scan, double near, double tolerance, const double[::1] before, double astray,
          double[::1] found):
    """All couplings between `low` and `high` at which the yield is `target`, ascending, into `found`; returns (their
    number, evaluations, status).

    A walk on a `coarser` grid goes through `n_scan` couplings, passing over those far from the target.  Wherever it
    comes closer to the target than `near` (in the logarithm), the finer grid takes over: values are computed again, and
    every extremum there is searched, so that a pair of roots between two neighbours is neither lost nor invented.
    `before`, unless it is None, is what `walked` found nearby: its excesses, each right to `astray`, tell where the
    walk need not go.
    """
    cdef Workspace w, walk_w
    cdef Search s, walking
    cdef const double[:, :] v = at.v, a = at.a, b = at.b, walk_v = coarser.v, walk_a = coarser.a, walk_b = coarser.b
    cdef double g[MAX_SCAN]
    cdef double knot[2 * MAX_SCAN]
    cdef double at_knot[2 * MAX_SCAN]
    cdef double t0 = log(low), dt, t, best, sign
    cdef int j, n = 0, count = 0, status = OK
    if not (1 < n_scan <= MAX_SCAN and 0 < low < high and m4 > 0 and 0 < s2 < 1 and target > 0):
        return 0, 0, OUT_OF_DOMAIN
    require(before is None or before.shape[0] == n_scan, "a walk with other couplings")
    cdef double[::1] scratch = at.room(&w), walk_scratch = coarser.room(&walk_w)
    s.medium, s.workspace, s.m4, s.s2, s.target, s.evaluations = &at.m, &w, m4, s2, target, 0
    walking = s
    walking.medium, walking.workspace = &coarser.m, &walk_w
    with nogil:
        dt = (log(high) - t0) / (n_scan - 1)
        if before is None:
            walk_all(&walking, walk_v, walk_a, walk_b, t0, dt, n_scan, 0.0, g)
        else:
            for j in range(n_scan):
                g[j] = before[j]
                if fabs(g[j]) < near + astray:
                    g[j] = excess(&walking, walk_v, walk_a, walk_b, t0 + j * dt)
        for j in range(n_scan):
            if g[j] == UNKNOWN:
                continue
            if fabs(g[j]) < near or (j > 0 and crosses(g[j], g[j - 1])) or (j < n_scan - 1 and crosses(g[j], g[j + 1])):
                g[j] = excess(&s, v, a, b, t0 + j * dt)
        for j in range(n_scan):
            if g[j] == UNKNOWN:
                continue
            t = t0 + j * dt
            knot[n], at_knot[n] = t, g[j]
            n += 1
            if not isfinite(g[j]):
                status = NOT_FINITE
            if 0 < j < n_scan - 1 and fabs(g[j]) < near and g[j - 1] != UNKNOWN and g[j + 1] != UNKNOWN:
                sign = -1.0 if g[j] > 0 else 1.0
                if sign * g[j] >= sign * g[j - 1] and sign * g[j] >= sign * g[j + 1]:
                    # the extremum lies on either side of this knot
                    t = extremum(&s, v, a, b, t - dt, t, t + dt, g[j - 1], g[j], g[j + 1], sign, &best)
                    if t > knot[n - 1]:
                        knot[n], at_knot[n] = t, best
                    else:
                        knot[n], at_knot[n] = knot[n - 1], at_knot[n - 1]
                        knot[n - 1], at_knot[n - 1] = t, best
                    n += 1
        for j in range(n - 1):
            if count == found.shape[0]:
                break
            if at_knot[j] * at_knot[j + 1] < 0:
                found[count] = exp(bracketed(&s, v, a, b, knot[j], knot[j + 1], at_knot[j], at_knot[j + 1], tolerance))
                count += 1
            elif at_knot[j] == 0:
                found[count] = exp(knot[j])
                count += 1
        if status == OK and count == 0:
            status = NO_SOLUTION
    return count, s.evaluations + walking.evaluations, status


def lorentzian_integral(const double[::1] A, const double[::1] B2, const double[::1] d, double h):
    """Integral over equal steps h of A/(B2 + d^2), and its change with twice the step, for a history off the tables."""
    cdef int n = A.shape[0], k, step, last, next
    cdef double found[2]
    cdef double* totals[1]
    cdef double curvature
    cdef Term left, right
    cdef Steps waiting
    require(n >= 2 and n == B2.shape[0] == d.shape[0], "a history of fewer than two nodes, or of different lengths")
    with nogil:
        found[0] = found[1] = 0.0
        totals[0], waiting.n = found, 0
        for step in range(1, 3):
            last = (n - 1) // step * step
            k = 0
            while k < n - 1:
                next = k + step if k < last else k + 1
                left.A[0], left.B2, left.d = A[k], B2[k], d[k]
                right.A[0], right.B2, right.d = A[next], B2[next], d[next]
                curvature = 0.0
                if step <= k and next + step <= last:
                    curvature = 0.5 * (d[next + step] - d[next] - d[k] + d[k - step])
                one_step(&left, &right, curvature, TURNING, (next - k) * h, 1, step - 1, &waiting, totals)
                k = next
        if waiting.n:
            LOOPS.resonant_steps(&waiting, 1, totals)
    return found[0], fabs(found[0] - found[1])
