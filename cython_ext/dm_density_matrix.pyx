"""Density-matrix equations of active-sterile oscillations, D(32), by a stiff integrator; and sterile neutrinos that
scatter on each other, D(28)-(33).

With f12 = s g, f22 = s^2 F, s = sin 2theta, prime = d/dln z and everything in units of the expansion rate (H, or H/J
with a varying g_s),
    g' = [i d - Gamma/2] g + (i/2) D (f_a - s^2 F),   F' = D Im g,   d = D c - V,   Gamma = Gamma_a + Gamma_s,
a linear system with rates up to 1e15: Radau IIA of order five, which is L-stable, with Hairer and Wanner's error
estimate.  No step is longer than a fraction of the distance to the next zero of d, so that no resonance is stepped
over.  Errors of g count by what they do to F.
The sterile rate Gamma_s/T = (lambda_s^2 mu^2/8 pi x^2) Int_{mu^2/4x}^inf f22 dx', mu = m_phi/T, couples all x: each
step in ln z is repeated until it agrees with the rate at its own end.  The momenta are comoving, p = x T r(T), so that
sterile neutrinos stay at their x while g_s changes; the formula holds with T r for T, and f_a(p/T) varies in time.
"""
from libc.math cimport exp, expm1, fabs, isfinite, sqrt

from status cimport NOT_CONVERGED, NOT_FINITE, OK, OUT_OF_DOMAIN

cdef double PI = 3.141592653589793
cdef double ROOT6 = sqrt(6.0)
cdef double APPROACH = 0.25             # longest step relative to the distance to a zero of d
cdef double FLOOR = 1e-3                # errors of F count relative to |F| + FLOOR * (its expected final value)

cdef enum:
    N = 3                               # unknowns: Re g, Im g, F
    STAGES = 9
    MAX_STEPS = 400000
    MAX_ITERATIONS = 60
    MAX_ALL_STEPS = 2500000             # of all momenta together

# Radau IIA of order 5: nodes, matrix, and the weights of the error estimate
cdef double[3] C5 = [(4 - ROOT6) / 10, (4 + ROOT6) / 10, 1.0]
cdef double[9] A5 = [
    (88 - 7 * ROOT6) / 360, (296 - 169 * ROOT6) / 1800, (-2 + 3 * ROOT6) / 225,
    (296 + 169 * ROOT6) / 1800, (88 + 7 * ROOT6) / 360, (-2 - 3 * ROOT6) / 225,
    (16 - ROOT6) / 36, (16 + ROOT6) / 36, 1.0 / 9.0,
]
cdef double[3] E5 = [-(13 + 7 * ROOT6) / 3, (-13 + 7 * ROOT6) / 3, -1.0 / 3.0]
cdef double GAMMA5 = 30.0 / (6.0 + 81.0 ** (1.0 / 3.0) - 9.0 ** (1.0 / 3.0))


cdef struct Rates:                      # at one x, on a uniform grid in t = ln z
    int n
    double t0, h
    const double* D                     # in units of the expansion rate
    const double* d
    const double* gamma
    double s2
    double t_a, t_b                     # ends of the present interval; linear between:
    double f_a, f_b                     # distribution of the active neutrinos
    double extra_a, extra_b             # Gamma_s


cdef struct Values:
    double D, d, slope, gamma, f_active


cdef inline double cubic(const double* f, int n, int i, double u, double* slope) noexcept nogil:
    """Cubic Hermite interpolation between nodes i and i + 1 with fourth-order differences as slopes; slope per node
    distance."""
    cdef double m0, m1
    if 2 <= i < n - 3:
        m0 = (8 * (f[i + 1] - f[i - 1]) - f[i + 2] + f[i - 2]) / 12
        m1 = (8 * (f[i + 2] - f[i]) - f[i + 3] + f[i - 1]) / 12
    else:
        m0 = 0.5 * (f[i + 1] - f[i - 1]) if i > 0 else f[1] - f[0]
        m1 = 0.5 * (f[i + 2] - f[i]) if i < n - 2 else f[n - 1] - f[n - 2]
    cdef double step = f[i + 1] - f[i], c2 = 3 * step - 2 * m0 - m1, c3 = m0 + m1 - 2 * step
    slope[0] = m0 + u * (2 * c2 + 3 * u * c3)
    return f[i] + u * (m0 + u * (c2 + u * c3))


cdef Values rates_at(const Rates* r, double t) noexcept nogil:
    cdef Values v
    cdef double position = (t - r.t0) / r.h, u, slope
    cdef int i = <int>position
    i = 0 if i < 0 else (r.n - 2 if i > r.n - 2 else i)
    u = position - i
    v.D = cubic(r.D, r.n, i, u, &slope)
    v.d = cubic(r.d, r.n, i, u, &v.slope)
    v.slope /= r.h
    v.gamma = cubic(r.gamma, r.n, i, u, &slope)
    v.gamma = v.gamma if v.gamma > 0 else 0.0
    u = (t - r.t_a) / (r.t_b - r.t_a)
    v.gamma += r.extra_a + (r.extra_b - r.extra_a) * u
    v.f_active = r.f_a + (r.f_b - r.f_a) * u
    return v


cdef inline void matrix_of(const Rates* r, const Values* v, double* M, double* q) noexcept nogil:
    """y' = M y + q for y = (Re g, Im g, F)."""
    M[0], M[1], M[2] = -0.5 * v.gamma, -v.d, 0.0
    M[3], M[4], M[5] = v.d, -0.5 * v.gamma, -0.5 * v.D * r.s2
    M[6], M[7], M[8] = 0.0, v.D, 0.0
    q[0], q[1], q[2] = 0.0, 0.5 * v.D * v.f_active, 0.0


cdef int solve(double* A, double* b, int n) noexcept nogil:
    """b <- A^-1 b by Gaussian elimination with scaled partial pivoting; 0 if A is singular."""
    cdef int i, j, k, p
    cdef double best, size, factor, swap
    cdef double scale[STAGES]
    for i in range(n):
        size = 0.0
        for j in range(n):
            size = fabs(A[i * n + j]) if fabs(A[i * n + j]) > size else size
        if size == 0.0:
            return 0
        scale[i] = 1.0 / size
    for k in range(n):
        p, best = k, 0.0
        for i in range(k, n):
            if fabs(A[i * n + k]) * scale[i] > best:
                p, best = i, fabs(A[i * n + k]) * scale[i]
        if best == 0.0:
            return 0
        if p != k:
            for j in range(k, n):
                swap = A[k * n + j]
                A[k * n + j] = A[p * n + j]
                A[p * n + j] = swap
            swap = b[k]
            b[k] = b[p]
            b[p] = swap
            scale[p] = scale[k]
        for i in range(k + 1, n):
            factor = A[i * n + k] / A[k * n + k]
            if factor != 0.0:
                for j in range(k + 1, n):
                    A[i * n + j] -= factor * A[k * n + j]
                b[i] -= factor * b[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            b[i] -= A[i * n + j] * b[j]
        b[i] /= A[i * n + i]
    return 1


cdef int stages(const Rates* r, double t, double h, const double* y, double* Z) noexcept nogil:
    """Increments Z of the three stages."""
    cdef double M[3][9]
    cdef double q[3][3]
    cdef double system[81]
    cdef double slope[3][3]
    cdef Values v
    cdef int i, j, k, l
    for j in range(3):
        v = rates_at(r, t + C5[j] * h)
        matrix_of(r, &v, M[j], q[j])
        for k in range(N):
            slope[j][k] = q[j][k]
            for l in range(N):
                slope[j][k] += M[j][3 * k + l] * y[l]
    for i in range(3):
        for k in range(N):
            Z[3 * i + k] = 0.0
            for j in range(3):
                Z[3 * i + k] += h * A5[3 * i + j] * slope[j][k]
                for l in range(N):
                    system[9 * (3 * i + k) + 3 * j + l] = -h * A5[3 * i + j] * M[j][3 * k + l]
            system[10 * (3 * i + k)] += 1.0
    return solve(system, Z, STAGES)


cdef double norm(const double* error, double weight_g, double weight_F) noexcept nogil:
    cdef double g = error[0] * error[0] + error[1] * error[1]
    return sqrt(g) / weight_g + fabs(error[2]) / weight_F


cdef double error_of(const Rates* r, const Values* v, double h, const double* y, const double* Z, double weight_g,
                     double weight_F, int again) noexcept nogil:
    """Size of the local error relative to what is allowed; filtered once more where a first look (of a stiff start)
    says too much."""
    cdef double M[9]
    cdef double q[3]
    cdef double system[9]
    cdef double defect[3]
    cdef double error[3]
    cdef int i, j, turn
    for i in range(N):
        defect[i] = (E5[0] * Z[i] + E5[1] * Z[3 + i] + E5[2] * Z[6 + i]) / h
        error[i] = 0.0
    for turn in range(1 + again):
        matrix_of(r, v, M, q)
        for i in range(N):
            for j in range(N):
                q[i] += M[3 * i + j] * (y[j] + error[j])
        for i in range(N):
            error[i] = q[i] + defect[i]
            for j in range(N):
                system[3 * i + j] = -M[3 * i + j]
            system[4 * i] += GAMMA5 / h
        if not solve(system, error, N):
            return 1e30
    return norm(error, weight_g, weight_F)


cdef int integrate(const Rates* r, double t, double t_end, double* y, double* step, double rtol, double F_scale,
                   int* steps) noexcept nogil:
    """Advance y = (Re g, Im g, F) from t to t_end; `step` is the first step tried, and on return a good one for what
    follows."""
    cdef double h = step[0], error, factor, weight_F, weight_g, B, reach, largest
    cdef double Z[9]
    cdef Values v
    cdef int i, rejected = 0
    while t < t_end:
        steps[0] += 1
        if steps[0] > MAX_STEPS:
            return NOT_CONVERGED
        v = rates_at(r, t)
        B = sqrt(0.25 * v.gamma * v.gamma + v.D * v.D * r.s2) + sqrt(fabs(v.slope))
        reach = fabs(v.d) if fabs(v.d) > B else B
        largest = APPROACH * reach / (fabs(v.slope) + 1e-300)
        h = h if h < largest else largest
        h = h if h < t_end - t else t_end - t
        if not stages(r, t, h, y, Z):
            return NOT_FINITE
        weight_F = rtol * (fabs(y[2] + Z[8]) + FLOOR * F_scale) + 1e-300
        weight_g = weight_F * sqrt(v.d * v.d + 0.25 * v.gamma * v.gamma + 1) / v.D
        error = error_of(r, &v, h, y, Z, weight_g, weight_F, 0)
        if error >= 1.0:
            error = error_of(r, &v, h, y, Z, weight_g, weight_F, 1)
        if not isfinite(error):
            return NOT_FINITE
        factor = 0.9 * (error + 1e-12) ** -0.25
        factor = 8.0 if factor > 8.0 else (0.2 if factor < 0.2 else factor)
        if error >= 1.0:
            rejected = 1
            h *= factor
            if h < 1e-14:
                return NOT_CONVERGED
            continue
        t = t_end if h >= t_end - t else t + h
        for i in range(N):
            y[i] += Z[6 + i]
        step[0] = h if factor < 1.0 else h * (1.0 if rejected else factor)
        h = step[0]
        rejected = 0
    return OK


cdef inline void quasi_static(const Rates* r, double t, double* y) noexcept nogil:
    """g = (i/2) D f_a/(Gamma/2 - i d), F = 0."""
    cdef Values v = rates_at(r, t)
    cdef double over = 0.5 * v.D * v.f_active / (0.25 * v.gamma * v.gamma + v.d * v.d + 1e-300)
    y[0], y[1], y[2] = -over * v.d, over * 0.5 * v.gamma, 0.0


def evolve(const double[::1] D, const double[::1] d, const double[::1] gamma, double t_first, double h, double begin,
           double end, double f_a, double s2, double rtol, double F_scale):
    """f22 at `end` for one x without sterile self-interaction: (value, steps, status).

    D, d, gamma (in units of the expansion rate) on the nodes t_first + k h in ln z; `F_scale` is about the final
    f22/s2.
    """
    cdef Rates r
    cdef double y[3]
    cdef double step = 1e-3
    cdef int steps = 0, status
    if not (D.shape[0] > 6 and d.shape[0] == D.shape[0] == gamma.shape[0] and h > 0 and end > begin and 0 < s2 < 1
            and rtol > 0):
        return 0.0, 0, OUT_OF_DOMAIN
    r.n, r.t0, r.h, r.D, r.d, r.gamma = D.shape[0], t_first, h, &D[0], &d[0], &gamma[0]
    r.s2, r.t_a, r.t_b, r.f_a, r.f_b, r.extra_a, r.extra_b = s2, begin, end, f_a, f_a, 0.0, 0.0
    with nogil:
        quasi_static(&r, begin, y)
        status = integrate(&r, begin, end, y, &step, rtol, F_scale, &steps)
    return s2 * y[2], steps, status if status != OK or isfinite(y[2]) else NOT_FINITE


cdef struct Bath:                       # f22 on x = x_max u^2, u = (i + 1)/n, and what Gamma_s needs
    int n
    double x_max
    const double* x
    double* tail                        # Int_x^x_max f22 dx' at u = i/n, i = 0 .. n


cdef inline double density(const Bath* b, const double* f22, int i) noexcept nogil:
    """f22 dx/du at u = i/n: odd in u, nothing beyond x_max."""
    cdef double measure = 2 * b.x_max / b.n
    if i == -1:
        return -measure * f22[0]
    return measure * i * f22[i - 1] if 0 < i <= b.n else 0.0


cdef void fill_tail(const Bath* b, const double* f22) noexcept nogil:
    """Cumulative integral from above, each piece by the cubic through four nodes."""
    cdef int i
    b.tail[b.n] = 0.0
    for i in range(b.n - 1, -1, -1):
        b.tail[i] = b.tail[i + 1] + (13 * (density(b, f22, i) + density(b, f22, i + 1)) - density(b, f22, i - 1)
                                     - density(b, f22, i + 2)) / (24 * b.n)


cdef inline double sterile_rate(const Bath* b, const double* f22, int i, double mu, double l2) noexcept nogil:
    """Gamma_s/T at x[i] for coupling^2 = l2; between the nodes the tail is a cubic with the right slopes."""
    cdef double x = b.x[i], position = b.n * sqrt(0.25 * mu * mu / (x * b.x_max)), u, fall, tail, bend0, bend1
    cdef int k
    if not position < b.n:
        return 0.0
    k = <int>position
    u = position - k
    fall = b.tail[k + 1] - b.tail[k]
    bend0, bend1 = -density(b, f22, k) / b.n - fall, -density(b, f22, k + 1) / b.n - fall
    tail = b.tail[k] + u * fall + u * (1 - u) * ((1 - u) * bend0 - u * bend1)
    return l2 * mu * mu / (8 * PI * x * x) * (tail if tail > 0 else 0.0)


cdef inline double conversion_rate(double D, double d, double gamma, double s2) noexcept nogil:
    """The quasi-static rate at which active neutrinos turn sterile, Gamma/4 sin^2 of the angle in matter."""
    return 0.25 * gamma * D ** 2 * s2 / (D ** 2 * s2 + 0.25 * gamma**2 + d ** 2)


def evolve_together(const double[::1] x, double x_max, const double[:, ::1] f_a, const double[:, ::1] D,
                    const double[:, ::1] d, const double[:, ::1] gamma, const double[::1] T_over_H,
                    const double[::1] mu, double t_first, double h, double s2, double coupling, int density_matrix,
                    double tolerance, double rtol, double[::1] f22, double[:, ::1] scratch, double[:, ::1] state):
    """f22 on all x at the last node, coupled by Gamma_s; returns (largest number of iterations of a step, status).

    Parameters
    ----------
    x : comoving momenta x_max u^2 at u = 1/n .. 1, shape (n,)
    f_a, D, d, gamma : the active distribution, and rates in units of the expansion rate, shape (n, n_z), on the nodes
        t_first + k h in ln z
    T_over_H, mu : in units of the expansion rate what p/x is, and m_phi in units of it, shape (n_z,)
    density_matrix : 0 for the quasi-static rate with f_a - f22, 1 for the density matrix
    scratch : (5, n + 1);  state : (n, 4), used by the density matrix
    """
    cdef Bath bath
    cdef Rates r
    cdef int n = x.shape[0], n_z = D.shape[1], i, k, turn, most = 0, steps, all_steps = 0, status = OK
    cdef double l2 = coupling * coupling, gamma_total, R, change, largest, value, left, g_s
    if not (f_a.shape[0] == D.shape[0] == d.shape[0] == gamma.shape[0] == n
            and f_a.shape[1] == d.shape[1] == gamma.shape[1] == n_z):
        raise ValueError("dm_density_matrix: tables of different sizes")
    if not (n > 0 and n_z >= 2 and T_over_H.shape[0] == mu.shape[0] == n_z and f22.shape[0] == n
            and scratch.shape[0] == 5 and scratch.shape[1] == n + 1 and state.shape[0] == n and state.shape[1] == 4):
        raise ValueError("dm_density_matrix: arrays that do not fit the tables")
    cdef double* old = &scratch[0, 0]
    cdef double* old_rate = &scratch[1, 0]
    cdef double* old_gamma_s = &scratch[2, 0]
    cdef double* new_gamma_s = &scratch[3, 0]
    cdef double y[3]
    bath.n, bath.x_max, bath.x, bath.tail = n, x_max, &x[0], &scratch[4, 0]
    r.n, r.t0, r.h, r.s2 = n_z, t_first, h, s2
    with nogil:
        for i in range(n):
            f22[i] = 0.0
            new_gamma_s[i] = 0.0
            r.D, r.d, r.gamma = &D[i, 0], &d[i, 0], &gamma[i, 0]
            r.t_a, r.t_b, r.f_a, r.f_b, r.extra_a, r.extra_b = t_first, t_first + h, f_a[i, 0], f_a[i, 1], 0.0, 0.0
            quasi_static(&r, t_first, y)
            state[i, 0], state[i, 1], state[i, 2], state[i, 3] = y[0], y[1], y[2], 1e-3
        for k in range(n_z - 1):
            fill_tail(&bath, &f22[0])
            for i in range(n):
                old[i] = f22[i]
                old_gamma_s[i] = T_over_H[k] * sterile_rate(&bath, &f22[0], i, mu[k], l2) if l2 > 0 else 0.0
                gamma_total = gamma[i, k] + old_gamma_s[i]
                old_rate[i] = conversion_rate(D[i, k], d[i, k], gamma_total, s2)
            for turn in range(MAX_ITERATIONS):
                fill_tail(&bath, &f22[0])
                for i in range(n):
                    new_gamma_s[i] = T_over_H[k + 1] * sterile_rate(&bath, &f22[0], i, mu[k + 1], l2) if l2 > 0 else 0.0
                largest = 0.0
                for i in range(n):
                    left = 0.5 * (f_a[i, k] + f_a[i, k + 1]) - old[i]
                    if density_matrix:
                        r.D, r.d, r.gamma, r.f_a, r.f_b = &D[i, 0], &d[i, 0], &gamma[i, 0], f_a[i, k], f_a[i, k + 1]
                        r.t_a, r.t_b = t_first + k * h, t_first + (k + 1) * h
                        r.extra_a, r.extra_b = old_gamma_s[i], new_gamma_s[i]
                        y[0], y[1], y[2] = state[i, 0], state[i, 1], state[i, 2]
                        steps = 0
                        R = state[i, 3]
                        status = integrate(&r, r.t_a, r.t_b, y, &R, rtol, 0.0, &steps)
                        all_steps += steps
                        if status == OK and all_steps > MAX_ALL_STEPS:
                            status = NOT_CONVERGED
                        if status != OK:
                            break
                        value = s2 * y[2]
                    else:
                        gamma_total = gamma[i, k + 1] + new_gamma_s[i]
                        R = conversion_rate(D[i, k + 1], d[i, k + 1], gamma_total, s2)
                        value = old[i] - left * expm1(-0.5 * h * (R + old_rate[i]))
                    change = fabs(value - f22[i]) / (fabs(value) + 1e-3 * f_a[i, k] * tolerance + 1e-300)
                    largest = change if change > largest else largest
                    f22[i] = value
                if status != OK or l2 == 0 or largest < tolerance:
                    break
            most = turn + 1 if turn + 1 > most else most
            if status != OK:
                break
            if density_matrix:
                for i in range(n):
                    r.D, r.d, r.gamma, r.f_a, r.f_b = &D[i, 0], &d[i, 0], &gamma[i, 0], f_a[i, k], f_a[i, k + 1]
                    r.t_a, r.t_b = t_first + k * h, t_first + (k + 1) * h
                    r.extra_a, r.extra_b = old_gamma_s[i], new_gamma_s[i]
                    y[0], y[1], y[2] = state[i, 0], state[i, 1], state[i, 2]
                    steps = 0
                    status = integrate(&r, r.t_a, r.t_b, y, &state[i, 3], rtol, 0.0, &steps)
                    all_steps += steps
                    state[i, 0], state[i, 1], state[i, 2] = y[0], y[1], y[2]
        if status == OK and most >= MAX_ITERATIONS:
            status = NOT_CONVERGED
        for i in range(n):
            if status == OK and not isfinite(f22[i]):
                status = NOT_FINITE
    return most, status
