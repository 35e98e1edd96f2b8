# Collisions of a neutrino with cold, degenerate neutrons.
#
# Far below the neutrons' Fermi momentum a neutrino of energy E and momentum k (all in eV) collides at
#     Gamma = G^2 E_F^2 / (8 pi^3 E k) I_0,   I_n = Int dw w^n F(w) R(w),
#     R(w) = Int dq N_C(q) W(q, w),           F(w) = w/(1 - e^(-w/T)),
# where w is the energy given to the neutrons and q > |w|/v_F the momentum.  W is a polynomial in q^2 and q^-2, so R is
# elementary.  F is split into its value at T = 0, w theta(w), and the even, smooth rest |w|/(e^(|w|/T) - 1): neither
# the kink at w = 0 nor the width of the Fermi surface is ever integrated over, and any ratio of E and T is fine.
#
# All nodes of the integral over w, of all its pieces, are evaluated together (collision_nodes.h).
from libc.math cimport fabs, isfinite, log, log1p, sqrt

from gauss_rule cimport Rule
from status cimport NOT_CONVERGED, NOT_FINITE, OK, OUT_OF_DOMAIN

cdef enum:
    N_MOMENTS = 3
    REACH = 28      # the thermal rest of F counts up to |w| = 28 T: e^-28 = 7e-13, times (T/E)^2 where it matters

cdef enum Amplitude:
    PAPER, EXACT, UNPOLARISED

cdef enum Daughter:
    EQUAL_MASS, MASSLESS

cdef enum Coherence:
    CONSTANT, SPHERE, CAPPED        # N_C = 1; q^-3 (neutrons in a sphere of radius 2 pi/q); min(1, (cap/q)^3)


cdef extern from "collision_nodes.h":
    ctypedef struct Collision:
        double E, k, m, E_minus_k, D, T, v_F, cap, slope, factor
        bint massive, spheres, capped

    ctypedef struct CollisionNodes:
        int n, cold
        double* start
        double* step
        double* length
        double* powers

    ctypedef void (*CollisionSums)(const Collision*, const CollisionNodes*, double*) noexcept nogil
    CollisionSums collision_sums_of_width(int width) noexcept nogil
    void fill_lanes(CollisionNodes* nodes) noexcept nogil


cdef inline double to_variable(const Collision* c, double w) noexcept nogil:
    """s = sinh((eta' - eta)/2) of the neutrino's rapidities before and after, at w.

    In s the momentum of an outgoing neutrino with mass has no square-root singularity where it comes to rest.
    """
    cdef double k_out = sqrt(max(0.0, (c.E - w - c.m) * (c.E - w + c.m)))
    cdef double sinh_change = -w * (2.0 * c.E - w) / (k_out * c.E + c.k * (c.E - w))
    return sinh_change / sqrt(2.0 * (1.0 + sqrt(1.0 + sinh_change * sinh_change)))


cdef inline void add_piece(const Collision* c, const Rule* rule, double start, double end,
                           CollisionNodes* nodes) noexcept nogil:
    """Add the nodes of the integral over w from start to end (away from 0).

    The variable is u = w for a massless daughter, else u = s; its logarithm beyond a kink where R is nearly a sum of
    powers of w.
    """
    cdef double u_start = start, u_end = end, length
    cdef bint powers = start != 0.0 and (c.capped or not c.massive and fabs(end) < 64.0 * fabs(start))
    cdef int i
    if start == end:
        return
    if c.massive:
        u_start, u_end = to_variable(c, start), to_variable(c, end)
    length = log(u_end / u_start) if powers else u_end - u_start
    for i in range(rule.n):
        nodes.start[nodes.n], nodes.step[nodes.n] = u_start, length * rule.x[i]
        nodes.length[nodes.n], nodes.powers[nodes.n] = length * rule.w[i], powers
        nodes.n += 1


cdef inline void borders(const Collision* c, int side, double* kink, double* end) noexcept nogil:
    """|w| where the lower bound of q turns from |k - k'| into |w|/v_F, and where the range of q closes."""
    cdef double q, v = c.v_F
    if not c.massive:
        kink[0], end[0] = v * c.E_minus_k / (1.0 + side * v), v * (c.E + c.k) / (1.0 + side * v)
        return
    # where |w|/v_F meets a neutrino scattered forwards (q < k) or backwards
    q = 2.0 * (c.k - side * v * c.E) / (1.0 - v * v)
    if q >= c.k:
        kink[0], end[0] = max(0.0, -2.0 * v * (c.k + side * v * c.E) / (1.0 - v * v)), v * q
    else:
        kink[0], end[0] = max(0.0, v * q), c.k * c.k / (c.E + c.m)


cdef inline void side_borders(const Collision* c, int side, double* border) noexcept nogil:
    """|w| at the ends of the three pieces on a side: from 0, between kinks, to where the range of q closes."""
    cdef double kink = 0.0
    borders(c, side, &kink, &border[3])
    border[0], border[1], border[2] = 0.0, kink, kink
    if c.capped:                                    # one more kink, where the whole range of q leaves the cap
        border[1] = min(kink, c.v_F * c.cap)
        border[2] = min(border[3], max(kink, c.v_F * c.cap))


cdef inline void moments(const Collision* c, const Rule* cold, const Rule* warm, CollisionSums sums,
                         double* I) noexcept nogil:
    """I_0, I_1, I_2."""
    cdef CollisionNodes nodes
    cdef double[4] border
    cdef double reach = REACH * c.T
    cdef int side, piece
    nodes.n = 0
    side_borders(c, 1, border)
    for piece in range(3):
        add_piece(c, cold, border[piece], border[piece + 1], &nodes)
    fill_lanes(&nodes)
    nodes.cold = nodes.n
    for side in range(-1, 2, 2):
        side_borders(c, side, border)
        for piece in range(3):
            if reach > border[piece]:
                add_piece(c, warm, side * border[piece], side * min(border[piece + 1], reach), &nodes)
    fill_lanes(&nodes)
    sums(c, &nodes, I)


cdef inline void cold_sphere_moments(const Collision* c, const Rule* rule, double* I) noexcept nogil:
    """I_n at T = 0 for a massless daughter and N_C = q^-3: the integral over q in closed form, then over x = w/q.

    With k.q/q = A q + B - H/q the integrand is x^(n+1) Sum_j w_j q^(n-1+j), j = -2 .. 2, between (E -+ k)/(1 + x).
    """
    cdef double x, A, B, H = 0.5 * c.D, w1, w2, low, high, term, log_ratio = log1p(2.0 * c.k / c.E_minus_k)
    cdef double[5] power
    cdef double[7] q                                # Int dq q^(p-1), p = -2 .. 4
    cdef int i, j, n
    for n in range(N_MOMENTS):
        I[n] = 0.0
    for i in range(rule.n):
        x = c.v_F * rule.x[i]
        A, B = 0.5 * (1.0 - x * x), c.E * x
        w1, w2 = -x * (2.0 * c.E + c.slope), x * x - 0.5 * (c.v_F * c.v_F - x * x)
        power[0], power[1] = w2 * H * H, -H * (w1 + 2.0 * w2 * B)
        power[2] = c.E * (c.E + c.slope) + 0.5 * c.k * c.k * (c.v_F * c.v_F - x * x) + w1 * B
        power[2] += w2 * (B * B - 2.0 * A * H)
        power[3], power[4] = A * (w1 + 2.0 * w2 * B), w2 * A * A
        low, high = c.E_minus_k / (1.0 + x), (c.E + c.k) / (1.0 + x)
        q[0] = 0.5 * (1.0 / (low * low) - 1.0 / (high * high))
        q[1], q[2], q[3] = 1.0 / low - 1.0 / high, log_ratio, high - low
        q[4] = 0.5 * q[3] * (high + low)
        q[5] = q[3] * (high * (high + low) + low * low) / 3.0
        q[6] = 0.5 * q[4] * (high * high + low * low)
        term = c.factor * c.v_F * rule.w[i]
        for n in range(N_MOMENTS):
            term *= x
            for j in range(5):
                I[n] += term * power[j] * q[n + j]


cdef inline int rate(double E, double m, double T, double v_F, double E_max, double T_max, double cap,
                     int amplitude, int daughter, int coherence, const Rule* rules, CollisionSums sums, double* value,
                     double* error) noexcept nogil:
    """Moments with their error: the difference to a coarser pair of rules, and what lies beyond REACH."""
    cdef Collision c
    cdef double[N_MOMENTS] coarse
    cdef int n
    for n in range(N_MOMENTS):
        value[n] = error[n] = 0.0
    if not (E > m and m > 0.0 and T >= 0.0 and E <= E_max and T <= T_max and 0.0 < v_F < 1.0 and cap > 0.0):
        return OUT_OF_DOMAIN
    if daughter == EQUAL_MASS and coherence == SPHERE:
        return OUT_OF_DOMAIN                        # q reaches 0, where q^-3 diverges
    c.E, c.k, c.T, c.v_F, c.cap = E, sqrt((E - m) * (E + m)), T, v_F, cap
    c.E_minus_k = m * m / (E + c.k)
    c.D = m * m if daughter == MASSLESS else 0.0
    c.m, c.massive = m, daughter == EQUAL_MASS
    c.spheres, c.capped = coherence != CONSTANT, coherence == CAPPED
    c.slope, c.factor = c.k, 1.0
    if amplitude == EXACT:
        c.slope, c.factor = -c.E_minus_k, (E + c.k) / c.k
    elif amplitude == UNPOLARISED:
        c.slope = 0.0
    if T == 0.0 and daughter == MASSLESS and coherence == SPHERE:
        cold_sphere_moments(&c, &rules[0], value)
        cold_sphere_moments(&c, &rules[2], coarse)
    else:
        moments(&c, &rules[0], &rules[1], sums, value)
        moments(&c, &rules[2], &rules[3], sums, coarse)
    for n in range(N_MOMENTS):
        error[n] = fabs(value[n] - coarse[n]) + (1e-12 if T > 0.0 else 1e-15) * fabs(value[n])
        if not isfinite(value[n]):
            return NOT_FINITE
    return OK if error[0] <= 1e-5 * fabs(value[0]) else NOT_CONVERGED
