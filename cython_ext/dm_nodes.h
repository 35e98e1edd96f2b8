/* The C of dm_nodes.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_DM_NODES_H
#define NUBOUNDS_DM_NODES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "vector_math.h"

enum {
    STEPS = 32,             /* resonant steps that wait to be integrated together ... */
    CELLS = 8,              /* ... and steps that wait to be averaged over their cell of x */
    BLOCK = 32,             /* nodes that are searched for rough steps together */
    PART = 4 * BLOCK        /* nodes of which terms of sums are kept */
};
/* What waits: A (of one integrand or of two), B^2 and d at both ends, the second difference of d, the width, and which
   of the totals the integral is added to. */
typedef struct {
    int n, of[STEPS];
    double A0[2][STEPS], A1[2][STEPS], B0[STEPS], B1[STEPS], d0[STEPS], d1[STEPS], curvature[STEPS], h[STEPS];
} Steps;
/* The same with the product of A at both ends, that of B^2, and d at both ends of both edges of the cell. */
typedef struct {
    int n, of[CELLS];
    double A2[2][CELLS], B4[CELLS], low0[CELLS], low1[CELLS], high0[CELLS], high1[CELLS], h[CELLS];
} Cells;
#define NEAR 2.0        /* |d| up to which a turn counts as near a resonance, in changes of d across a cell of x */
typedef struct { double x, D2s2, v_scale, a_scale, b_scale, source_scale, d_smooth2, B_smooth2; } Scales;
/* What a node needs and what it gives, at one x or at the next. */
typedef struct {
    const double *z, *T, *source, *v_sm, *a, *b, *gamma_sm, *v_next, *d, *below;
    double *above, *f, *smooth, *B2;
} Nodes;
/* Trapezoids of f over the steps from one node to the next, of f times a factor, of f over steps twice as wide. */
typedef struct { double f, by_factor, wide; } Sums;

typedef int64_t LaneBits __attribute__((vector_size(8 * VECTOR_LANES), aligned(8), may_alias));
typedef int64_t FourBits __attribute__((vector_size(32)));
typedef int64_t TwoBits __attribute__((vector_size(16)));
#define BITS_AT(x) (*(LaneBits*) (x))
VECTOR_INLINE int any_bit(const LaneBits* bits)
{
    FourBits four[2];
    TwoBits two[2];
    memcpy(four, bits, sizeof(four));
    four[0] |= four[1];
    memcpy(two, four, sizeof(two));
    two[0] |= two[1];
    return (two[0][0] | two[0][1]) != 0;
}
/* For choices without branches, by the sign bit. */
VECTOR_INLINE int64_t bits_of(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }
VECTOR_INLINE double number_of(int64_t bits) { double x; memcpy(&x, &bits, 8); return x; }

/* A row of d has a place before its first node, with what is beside it, as the one after its last: d neither turns nor
   changes its sign there. */
VECTOR_INLINE void guard(int n, double* d) { d[-1] = d[0], d[n] = d[n - 1]; }
VECTOR_INLINE void detuning_in(int n, double D_scale, double v_scale, double x, const double* restrict v,
        const double* restrict z, const double* restrict T, const double* restrict v_sm, double* restrict d)
{
    for (int k = 0; k < n; k++)
        d[k] = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
    guard(n, d);
}
/* Twice the rate, and B^2. */
VECTOR_INLINE double rate_at(const Scales* p, double a, double b, double T, double gamma_sm)
{
    double twice = (p->a_scale * a + p->b_scale * b) * T + p->x * gamma_sm;
    return twice + fabs(twice) + 1e-300;
}
VECTOR_INLINE double width_at(const Scales* p, double z, double twice)
{
    return p->D2s2 * (z * z) + 0.0625 * (twice * twice) + 1e-300;
}
static inline double B2_at(const Scales* p, const Nodes* at, int k)
{
    return width_at(p, at->z[k], rate_at(p, at->a[k], at->b[k], at->T[k], at->gamma_sm[k]));
}
/* The sign bit says whether d turns around at a node close to a resonance. */
VECTOR_INLINE int64_t turns_at(double before, double d, double after, double below, double above)
{
    double width = 0.5 * NEAR * (above - below);
    return bits_of((d - before) * (after - d)) & bits_of(d * d - width * width);
}
VECTOR_INLINE int turns_near_in(int n, const double* restrict d, const double* below, const double* above,
        int64_t* restrict turns)
{
    int64_t found = 0;
    for (int k = 0; k < n; k++)
        found |= turns[k] = turns_at(d[k - 1], d[k], d[k + 1], below[k], above[k]);
    return found < 0;
}
/* The integrand at all nodes, and if there is a next x, d there and whether d turns around here. */
VECTOR_INLINE int nodes_with(const int next, int n, const Scales p, double D_scale, double v_scale, double x,
        const Nodes* at)
{
    const double *restrict z = at->z, *restrict T = at->T, *restrict source = at->source, *restrict v_sm = at->v_sm;
    const double *restrict a = at->a, *restrict b = at->b, *restrict gamma_sm = at->gamma_sm;
    const double *restrict v = at->v_next, *restrict d = at->d, *restrict below = at->below;
    double *restrict above = at->above, *restrict f = at->f, *restrict smooth = at->smooth;
    int64_t found = 0;
#pragma GCC ivdep /* pointers out of a struct are not known to be apart */
    for (int k = 0; k < n; k++) {
        double twice = rate_at(&p, a[k], b[k], T[k], gamma_sm[k]), B2 = width_at(&p, z[k], twice), d2 = d[k] * d[k];
        double by_d = p.d_smooth2 * d2, by_B = p.B_smooth2 * B2;
        f[k] = twice * (p.source_scale * source[k]) * (z[k] * z[k]) / (B2 + d2);
        smooth[k] = 0.5 * (by_d + by_B + fabs(by_d - by_B));
        if (next) {
            double there = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
            found |= turns_at(d[k - 1], d[k], d[k + 1], below[k], there);
            above[k] = there;
        }
    }
    if (next)
        guard(n, above);
    return found < 0;
}
VECTOR_INLINE int nodes_in(int next, int n, const Scales* p, double D_scale, double v_scale, double x, const Nodes* at)
{
    return next ? nodes_with(1, n, *p, D_scale, v_scale, x, at) : nodes_with(0, n, *p, D_scale, v_scale, x, at);
}
/* The first node from k on at which d turns, or n. */
static inline int next_turn(int n, int k, const int64_t* turns)
{
    for (; k + 8 <= n; k += 8) {
        int64_t any = 0;
        for (int j = 0; j < 8; j++)
            any |= turns[k + j];
        if (any < 0)
            break;
    }
    while (k < n && turns[k] >= 0)
        k++;
    return k;
}

/* All bits if d changes by more than the limit at one end of a step allows, otherwise none. */
VECTOR_INLINE int64_t too_rough(double d0, double d1, double limit0, double limit1)
{
    double change2 = (d1 - d0) * (d1 - d0);
    return -(int64_t) ((uint64_t) (bits_of(limit0 - change2) | bits_of(limit1 - change2)) >> 63);
}
VECTOR_INLINE double unless(int64_t bits, double x) { return number_of(bits_of(x) & ~bits); }
VECTOR_INLINE void add_by_lanes(int n, const double* restrict values, double* restrict sums)
{
    double lane[VECTOR_LANES];
    memcpy(lane, sums, sizeof(lane));
    for (int k = 0; k < n; k += VECTOR_LANES)
        for (int i = 0; i < VECTOR_LANES; i++)
            lane[i] += values[k + i];
    memcpy(sums, lane, sizeof(lane));
}
/* Steps first .. first + n - 1, at most a PART of a row. */
VECTOR_INLINE void some_trapezoids(const int wide, const int second, int n, const double* restrict d,
        const double* restrict f, const double* restrict factor, const double* restrict smooth,
        int64_t* restrict marks, double* restrict piece, double* restrict more)
{
    for (int k = 0; k < n; k++) {
        int64_t bits = too_rough(d[k], d[k + 1], smooth[k], smooth[k + 1]);
        piece[k] = unless(bits, f[k] + f[k + 1]);
        if (second)
            more[k] = unless(bits, f[k] * factor[k] + f[k + 1] * factor[k + 1]);
        bits &= 1;
        if (wide) {
            int64_t of_wide = too_rough(d[k], d[k + 2], 4.0 * smooth[k], 4.0 * smooth[k + 2]);
            more[k] = unless(of_wide, f[k] + f[k + 2]);
            bits |= of_wide & 2;
        }
        marks[k] = bits;
    }
}
/* B^2 at nodes first .. end - 1. */
VECTOR_INLINE void widths_between(int first, int end, const Scales p, const Nodes* at)
{
    const double *restrict z = at->z, *restrict T = at->T, *restrict a = at->a, *restrict b = at->b;
    const double *restrict gamma_sm = at->gamma_sm;
    double *restrict B2 = at->B2;
#pragma GCC ivdep
    for (int k = first; k < end; k++)
        B2[k] = width_at(&p, z[k], rate_at(&p, a[k], b[k], T[k], gamma_sm[k]));
}
VECTOR_INLINE int trapezoids_with(const int wide, const int second, int last, int wide_last, const Scales* p,
        const Nodes* at, const double* factor, int* rough, Sums* sums)
{
    const double *d = at->d, *f = at->f, *smooth = at->smooth;
    double piece[PART], more[PART], total[VECTOR_LANES] = {0.0}, others[VECTOR_LANES] = {0.0};
    int64_t marks[PART];
    int found = 0;
    for (int first = 1; first < last; first += PART) {
        int n = last - first < PART ? last - first : PART, whole = (n + BLOCK - 1) / BLOCK * BLOCK;
        const double* factors = second ? factor + first : 0;
        some_trapezoids(wide, second, n, d + first, f + first, factors, smooth + first, marks, piece, more);
        for (int k = n; k < whole; k++)
            piece[k] = more[k] = 0.0, marks[k] = 0;
        if (wide && wide_last < first + n)      /* this wide step would end beyond the last node */
            more[wide_last - first] = 0.0, marks[wide_last - first] &= 1;
        add_by_lanes(whole, piece, total);
        if (wide || second)
            add_by_lanes(whole, more, others);
        for (int block = 0; block < n; block += BLOCK) {
            LaneBits any = BITS_AT(marks + block);
            for (int j = VECTOR_LANES; j < BLOCK; j += VECTOR_LANES)
                any |= BITS_AT(marks + block + j);
            if (any_bit(&any)) {
                int begin = first + block, end = begin + BLOCK < last ? begin + BLOCK : last;
                widths_between(begin, end + 2, *p, at);
                for (int k = block; k < end - first; k++) {     /* wide steps begin at every second node */
                    rough[found] = 4 * (first + k) + (int) (marks[k] & (k % 2 ? 1 : 3));
                    found += (rough[found] & 3) != 0;
                }
            }
        }
    }
    sums->f = sum_by_lanes(VECTOR_LANES, total);
    sums->by_factor = second ? sum_by_lanes(VECTOR_LANES, others) : 0.0;
    sums->wide = wide ? (others[0] + others[4]) + (others[2] + others[6]) : 0.0;    /* at every second place */
    return found;
}
VECTOR_INLINE int trapezoids_in(int last, int wide_last, const Scales* p, const Nodes* at, const double* factor,
        int* rough, Sums* sums)
{
    if (factor)
        return trapezoids_with(0, 1, last, 0, p, at, factor, rough, sums);
    return wide_last ? trapezoids_with(1, 0, last, wide_last, p, at, 0, rough, sums)
        : trapezoids_with(0, 0, last, 0, p, at, 0, rough, sums);
}

/* atan(d1/B) - atan(d0/B), between 0 and pi for rising d */
VECTOR_INLINE double angle_between(double B, double B2, double d0, double d1)
{
    double across = B * fabs(d1 - d0), along = B2 + d0 * d1, size = fabs(along);
    double smaller = vector_choose(across < size, across, size);
    double angle = vector_atan(smaller / vector_choose(across < size, size, across));
    angle = vector_choose(across < size, angle, 0x1.921fb54442d18p0 - angle);
    angle = vector_choose(along < 0.0, 0x1.921fb54442d18p1 - angle, angle);
    return vector_choose(d1 < d0, -angle, angle);
}

/* Integral over all steps that wait, none waiting afterwards: each in d around the centroid of the Lorentzian, with A/B
   there as a power.  What is left of a vector repeats the last step. */
VECTOR_INLINE void resonant_steps_in(Steps* restrict s, int count, double* const* totals)
{
    double found[STEPS], at[STEPS], root[STEPS], share[STEPS];
    int n = s->n, whole = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    for (int k = n; k < whole; k++) {
        for (int q = 0; q < count; q++)
            s->A0[q][k] = s->A0[q][n - 1], s->A1[q][k] = s->A1[q][n - 1];
        s->B0[k] = s->B0[n - 1], s->B1[k] = s->B1[n - 1];
        s->d0[k] = s->d0[n - 1], s->d1[k] = s->d1[n - 1], s->curvature[k] = s->curvature[n - 1], s->h[k] = 0.0;
    }
    for (int k = 0; k < whole; k++) {
        double d0 = s->d0[k], d1 = s->d1[k], delta = d1 - d0, over_delta = 1.0 / delta;
        double B0 = sqrt(s->B0[k]), B1 = sqrt(s->B1[k]), B2 = B0 * B1, B = sqrt(B2);
        double span = angle_between(B, B2, d0, d1);
        double centroid = 0.5 * B * vector_log((B2 + d1 * d1) / (B2 + d0 * d0)) / span;
        double t = (centroid - d0) * over_delta;
        t += 0.5 * s->curvature[k] * t * (1.0 - t) * over_delta;
        at[k] = t, root[k] = B0 / B1;
        share[k] = s->h[k] * span / (B0 * (delta + s->curvature[k] * (t - 0.5)));
    }
    for (int q = 0; q < count; q++) {
        for (int k = 0; k < whole; k++)
            found[k] = share[k] * s->A0[q][k] * vector_exp(at[k] * vector_log(s->A1[q][k] / s->A0[q][k] * root[k]));
        for (int k = 0; k < n; k++)
            totals[q][s->of[k]] += found[k];
    }
    s->n = 0;
}
VECTOR_INLINE double any_atan(double y)
{
    double size = fabs(y), angle = vector_atan(vector_choose(size > 1.0, 1.0 / size, size));
    angle = vector_choose(size > 1.0, 0x1.921fb54442d18p0 - angle, angle);
    return vector_choose(y < 0.0, -angle, angle);
}
/* Mean of atan(y) between y = a and b, less side pi/2, where `side` is the sign of y if that is far from 0. */
VECTOR_INLINE double mean_angle(double a, double b, double* side)
{
    double across = b - a, low = vector_choose(fabs(a) < fabs(b), fabs(a), fabs(b));
    int far = (a * b > 0.0) & (low > 1e3), narrow = fabs(across) < 1e-4 * (low + vector_choose(far, 0.0, 1.0));
    double ratio = vector_choose(far, a / b, (1.0 + a * a) / (1.0 + b * b)), logarithm = vector_log(ratio);
    double of_b = any_atan(vector_choose(narrow, 0.5 * (a + b), b));
    double near = (b * of_b - a * any_atan(a) + 0.5 * logarithm) / across;
    *side = vector_choose(far, vector_choose(a > 0.0, 1.0, -1.0), 0.0);
    near = vector_choose(narrow, of_b, near);
    return vector_choose(far, vector_choose(narrow, -2.0 / (a + b), logarithm / across), near);
}
/* Integral over all steps that wait to be averaged over a cell of x, none waiting afterwards: at the edges of the cell
   d runs from low0 to low1 and from high0 to high1. */
VECTOR_INLINE void averaged_steps_in(Cells* restrict s, int count, double* const* totals)
{
    double found[CELLS], share[CELLS];
    int n = s->n;
    for (int k = n; k < CELLS; k++) {
        for (int q = 0; q < count; q++)
            s->A2[q][k] = s->A2[q][n - 1];
        s->B4[k] = s->B4[n - 1], s->h[k] = 0.0;
        s->low0[k] = s->low0[n - 1], s->low1[k] = s->low1[n - 1];
        s->high0[k] = s->high0[n - 1], s->high1[k] = s->high1[n - 1];
    }
    for (int k = 0; k < CELLS; k++) {
        double B2 = sqrt(s->B4[k]), over_B = 1.0 / sqrt(B2), side_low, side_high;
        double low0 = s->low0[k] * over_B, low1 = s->low1[k] * over_B;
        double high0 = s->high0[k] * over_B, high1 = s->high1[k] * over_B;
        double low = mean_angle(low0, low1, &side_low), high = mean_angle(high0, high1, &side_high);
        double angle = high - low + (side_high - side_low) * 0x1.921fb54442d18p0;
        share[k] = s->h[k] * angle / (B2 * 0.5 * (high0 - low0 + high1 - low1));
    }
    for (int q = 0; q < count; q++) {
        for (int k = 0; k < CELLS; k++)
            found[k] = share[k] * sqrt(s->A2[q][k]);
        for (int k = 0; k < n; k++)
            totals[q][s->of[k]] += found[k];
    }
    s->n = 0;
}
/* Adds to a total of each integrand a step in which dd/dt may change its sign: d as a parabola with this second
   difference, A (of one integrand or of two) and B^2 as powers, in pieces with the two at their middle. */
enum { PIECES = 3 * VECTOR_LANES };
VECTOR_INLINE void powers_of_pieces(double first, double last, double* restrict found)
{
    double across = vector_log(last / first), third = vector_exp(across / 3.0);
    for (int k = 0; k < VECTOR_LANES; k++) {
        double power = first * vector_exp((k + 0.5) / PIECES * across);
        found[k] = power;
        found[k + VECTOR_LANES] = power * third;
        found[k + 2 * VECTOR_LANES] = power * third * third;
    }
}
VECTOR_INLINE void turning_step_in(const double* A0, const double* A1, double B0, double B1, double d0, double d1,
        double curvature, double h, int count, double* const* totals, int of)
{
    double of_B[PIECES], found[PIECES];
    powers_of_pieces(B0, B1, found);
    for (int k = 0; k < PIECES; k++) {
        double t = k / (double) PIECES, next = (k + 1) / (double) PIECES;
        double low = d0 + t * (d1 - d0 + 0.5 * curvature * (t - 1.0));
        double high = d0 + next * (d1 - d0 + 0.5 * curvature * (next - 1.0));
        double B2 = found[k], B = sqrt(B2), piece = high - low, d = 0.5 * (low + high);
        double limit = vector_choose(B > fabs(high), B, fabs(high));
        int narrow = fabs(piece) < 0.1 * limit;
        double angle = vector_choose(narrow, 1.0, angle_between(B, B2, low, high));
        of_B[k] = angle / vector_choose(narrow, B2 + d * d, B * piece);
    }
    for (int q = 0; q < count; q++) {
        powers_of_pieces(A0[q], A1[q], found);
        for (int k = 0; k < PIECES; k++)
            found[k] *= of_B[k];
        totals[q][of] += h / PIECES * sum_by_lanes(PIECES, found);
    }
}
/* r^t for eight positive numbers. */
VECTOR_INLINE void powers_in(const double* restrict r, const double* restrict t, double* restrict found)
{
    for (int k = 0; k < 8; k++)
        found[k] = vector_exp(t[k] * vector_log(r[k]));
}

typedef struct {
    void (*detuning)(int, double, double, double, const double*, const double*, const double*, const double*, double*);
    int (*nodes)(int, int, const Scales*, double, double, double, const Nodes*);
    int (*turns_near)(int, const double*, const double*, const double*, int64_t*);
    int (*trapezoids)(int, int, const Scales*, const Nodes*, const double*, int*, Sums*);
    void (*resonant_steps)(Steps*, int, double* const*);
    void (*averaged_steps)(Cells*, int, double* const*);
    void (*turning_step)(
        const double*, const double*, double, double, double, double, double, double, int, double* const*, int);
    void (*powers)(const double*, const double*, double*);
} Loops;

#define LOOPS(target, end) \
    target static void detuning##end(int n, double D_scale, double v_scale, double x, const double* v, \
        const double* z, const double* T, const double* v_sm, double* d) \
    { detuning_in(n, D_scale, v_scale, x, v, z, T, v_sm, d); } \
    target static int nodes##end(int next, int n, const Scales* p, double D_scale, double v_scale, double x, \
        const Nodes* at) \
    { return nodes_in(next, n, p, D_scale, v_scale, x, at); } \
    target static int turns_near##end(int n, const double* d, const double* below, const double* above, \
        int64_t* turns) \
    { return turns_near_in(n, d, below, above, turns); } \
    target static int trapezoids##end(int last, int wide_last, const Scales* p, const Nodes* at, \
        const double* factor, int* rough, Sums* sums) \
    { return trapezoids_in(last, wide_last, p, at, factor, rough, sums); } \
    target static void resonant_steps##end(Steps* s, int count, double* const* totals) \
    { resonant_steps_in(s, count, totals); } \
    target static void averaged_steps##end(Cells* s, int count, double* const* totals) \
    { averaged_steps_in(s, count, totals); } \
    target static void turning_step##end(const double* A0, const double* A1, double B0, double B1, double d0, \
        double d1, double curvature, double h, int count, double* const* totals, int of) \
    { turning_step_in(A0, A1, B0, B1, d0, d1, curvature, h, count, totals, of); } \
    target static void powers##end(const double* r, const double* t, double* found) { powers_in(r, t, found); } \
    static const Loops loops##end = {detuning##end, nodes##end, turns_near##end, trapezoids##end, resonant_steps##end, \
        averaged_steps##end, turning_step##end, powers##end};
LOOPS(, _plain)
LOOPS(VECTOR_AVX2, _avx2)
LOOPS(VECTOR_AVX512, _avx512)

static const Loops* loops_of_width(int width)
{
    return width == 8 ? &loops_avx512 : width == 4 ? &loops_avx2 : &loops_plain;
}

#endif
