/* The C of dm_nodes.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_DM_NODES_H
#define NUBOUNDS_DM_NODES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "vector_math.h"

#if defined(__x86_64__) && defined(__GNUC__) && defined(__gnu_linux__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif
/* Steps of ln z that wait to be integrated in d together: A (of one integrand or of two), B^2 and d at both ends, the
   second difference of d, the width. */
enum { STEPS = 32 };
typedef struct {
    int n;
    double A0[2][STEPS], A1[2][STEPS], B0[STEPS], B1[STEPS], d0[STEPS], d1[STEPS], curvature[STEPS], h[STEPS];
} Steps;
#define NEAR 2.0        /* |d| up to which a turn counts as near a resonance, in changes of d across a cell of x */
typedef struct { double x, D0, c, s2, v_scale, a_scale, b_scale, source_scale, d_smooth2, B_smooth2; } Scales;
/* What a node needs and what it gives, at one x or at the next. */
typedef struct {
    const double *z, *T, *source, *v_sm, *a, *b, *gamma_sm, *v_next, *d, *below;
    double *above, *f, *smooth;
} Nodes;
/* A row of d has one more place at either end, with what is beside it: d neither turns nor changes its sign there. */
VECTOR_INLINE void guard(int n, double* d) { d[-1] = d[0], d[n] = d[n - 1]; }
WIDE static void detuning(int n, double D_scale, double v_scale, double x, const double* restrict v,
        const double* restrict z, const double* restrict T, const double* restrict v_sm, double* restrict d)
{
    for (int k = 0; k < n; k++)
        d[k] = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
    guard(n, d);
}
VECTOR_INLINE void integrand_at(double a, double b, double z, double T, double gamma_sm, double source, double d,
        const Scales* p, double* f, double* smooth)
{
    double gamma = (p->a_scale * a + p->b_scale * b) * T + p->x * gamma_sm;
    double D = p->D0 * z, d2 = d * d;
    gamma = 0.5 * (gamma + fabs(gamma)) + 1e-300;
    double B2 = D * D * p->s2 + 0.25 * gamma * gamma + 1e-300, by_d = p->d_smooth2 * d2, by_B = p->B_smooth2 * B2;
    *f = gamma * D * D * p->source_scale * source / (B2 + d2);
    *smooth = 0.5 * (by_d + by_B + fabs(by_d - by_B));
}
/* The sign bit of a number, for choices without branches. */
static inline int64_t sign_of(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }
VECTOR_INLINE int64_t turns_at(double before, double d, double after, double below, double above)
{
    double width = 0.5 * NEAR * (above - below);
    return sign_of((d - before) * (after - d)) & sign_of(d * d - width * width);
}
WIDE static void integrand_at_nodes(int n, Scales p, const Nodes* at)
{
    const double *restrict z = at->z, *restrict T = at->T, *restrict source = at->source;
    const double *restrict a = at->a, *restrict b = at->b, *restrict gamma_sm = at->gamma_sm, *restrict d = at->d;
    double *restrict f = at->f, *restrict smooth = at->smooth;
#pragma GCC ivdep /* pointers out of a struct are not known to be apart */
    for (int k = 0; k < n; k++)
        integrand_at(a[k], b[k], z[k], T[k], gamma_sm[k], source[k], d[k], &p, &f[k], &smooth[k]);
}
WIDE static int turns_near(int n, const double* restrict d, const double* below, const double* above,
        int64_t* restrict turns)
{
    int64_t found = 0;
    for (int k = 0; k < n; k++)
        found |= turns[k] = turns_at(d[k - 1], d[k], d[k + 1], below[k], above[k]);
    return found < 0;
}
WIDE static int nodes_and_next(int n, Scales p, double D_scale, double v_scale, double x, const Nodes* at)
{
    const double *restrict z = at->z, *restrict T = at->T, *restrict source = at->source, *restrict v_sm = at->v_sm;
    const double *restrict a = at->a, *restrict b = at->b, *restrict gamma_sm = at->gamma_sm;
    const double *restrict v = at->v_next, *restrict d = at->d, *restrict below = at->below;
    double *restrict above = at->above, *restrict f = at->f, *restrict smooth = at->smooth;
    int64_t found = 0;
#pragma GCC ivdep
    for (int k = 0; k < n; k++) {
        double next = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
        integrand_at(a[k], b[k], z[k], T[k], gamma_sm[k], source[k], d[k], &p, &f[k], &smooth[k]);
        found |= turns_at(d[k - 1], d[k], d[k + 1], below[k], next);
        above[k] = next;
    }
    guard(n, above);
    return found < 0;
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
/* Integral over all that wait, none waiting afterwards: each step in d around the centroid of the Lorentzian, with A/B
   there as a power.  What is left of a vector repeats the last step at no width. */
WIDE static void resonant_steps(Steps* restrict s, int count, double* restrict totals)
{
    double found[STEPS], at[STEPS], root[STEPS], span[STEPS], slope[STEPS];
    int n = s->n, whole = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    for (int k = n; k < whole; k++) {
        for (int q = 0; q < count; q++)
            s->A0[q][k] = s->A0[q][n - 1], s->A1[q][k] = s->A1[q][n - 1];
        s->B0[k] = s->B0[n - 1], s->B1[k] = s->B1[n - 1];
        s->d0[k] = s->d0[n - 1], s->d1[k] = s->d1[n - 1], s->curvature[k] = s->curvature[n - 1], s->h[k] = 0.0;
    }
    for (int k = 0; k < whole; k++) {
        double d0 = s->d0[k], d1 = s->d1[k], delta = d1 - d0, B2 = sqrt(s->B0[k] * s->B1[k]), B = sqrt(B2);
        span[k] = angle_between(B, B2, d0, d1);
        double centroid = 0.5 * B * vector_log((B2 + d1 * d1) / (B2 + d0 * d0)) / span[k];
        double t = (centroid - d0) / delta;
        t += 0.5 * s->curvature[k] * t * (1.0 - t) / delta;
        at[k] = t, slope[k] = delta + s->curvature[k] * (t - 0.5), root[k] = sqrt(s->B0[k] / s->B1[k]);
    }
    for (int q = 0; q < count; q++) {
        for (int k = 0; k < whole; k++) {
            double power = vector_exp(at[k] * vector_log(s->A1[q][k] / s->A0[q][k] * root[k]));
            found[k] = s->h[k] * s->A0[q][k] / sqrt(s->B0[k]) * power * span[k] / slope[k];
        }
        totals[q] += sum_by_lanes(whole, found);
    }
    s->n = 0;
}
/* Adds to `totals` a step in which dd/dt may change its sign: d as a parabola with this second difference, A (of one
   integrand or of two) and B^2 as powers, in pieces with the two at their middle. */
enum { PIECES = 24 };
WIDE static void turning_step(const double* A0, const double* A1, double B0, double B1, double d0, double d1,
        double curvature, double h, int count, double* restrict totals)
{
    double of_B[PIECES], found[PIECES], across_B = vector_log(B1 / B0);
    for (int k = 0; k < PIECES; k++) {
        double t = k / (double) PIECES, next = (k + 1) / (double) PIECES, middle = (k + 0.5) / PIECES;
        double low = d0 + t * (d1 - d0 + 0.5 * curvature * (t - 1.0));
        double high = d0 + next * (d1 - d0 + 0.5 * curvature * (next - 1.0));
        double B2 = B0 * vector_exp(middle * across_B), B = sqrt(B2), piece = high - low, d = 0.5 * (low + high);
        double angle = angle_between(B, B2, low, high) / (B * piece);
        double limit = vector_choose(B > fabs(high), B, fabs(high));
        of_B[k] = vector_choose(fabs(piece) < 0.1 * limit, 1.0 / (B2 + d * d), angle);
    }
    for (int q = 0; q < count; q++) {
        double across = vector_log(A1[q] / A0[q]);
        for (int k = 0; k < PIECES; k++)
            found[k] = vector_exp((k + 0.5) / PIECES * across) * of_B[k];
        totals[q] += A0[q] * h / PIECES * sum_by_lanes(PIECES, found);
    }
}
/* r^t for eight positive numbers. */
WIDE static void powers(const double* restrict r, const double* restrict t, double* restrict found)
{
    for (int k = 0; k < 8; k++)
        found[k] = vector_exp(t[k] * vector_log(r[k]));
}
typedef double Eight __attribute__((vector_size(64)));
typedef int64_t EightBits __attribute__((vector_size(64)));
typedef int64_t FourBits __attribute__((vector_size(32)));
typedef int64_t TwoBits __attribute__((vector_size(16)));
VECTOR_INLINE int any_negative(const EightBits* bits)
{
    FourBits four[2];
    TwoBits two[2];
    memcpy(four, bits, sizeof(four));
    four[0] |= four[1];
    memcpy(two, four, sizeof(two));
    two[0] |= two[1];
    return (two[0][0] | two[0][1]) < 0;
}
/* Eight neighbours, or every second one of sixteen. */
VECTOR_INLINE void load(Eight* to, const double* from, const int step)
{
    double every[8];
    for (int j = 0; j < 8; j++)
        every[j] = from[step * j];
    memcpy(to, step == 1 ? from : every, sizeof(Eight));
}
VECTOR_INLINE int runs(int k, int last, const int step, const double* restrict d, const double* restrict f,
        const double* restrict factor, const double* restrict smooth, double* restrict sums)
{
    Eight total, more, d0, d1, f0, f1, limit0, limit1;
    const double wider = step * step;
    memcpy(&total, sums, sizeof(Eight)), memcpy(&more, sums + 8, sizeof(Eight));
    for (; k + 8 * step <= last; k += 8 * step) {
        load(&d0, d + k, step), load(&d1, d + k + step, step);
        load(&limit0, smooth + k, step), load(&limit1, smooth + k + step, step);
        load(&f0, f + k, step), load(&f1, f + k + step, step);
        Eight change2 = (d1 - d0) * (d1 - d0);
        EightBits rough = (EightBits) (limit0 * wider - change2) | (EightBits) (limit1 * wider - change2);
        if (any_negative(&rough))
            break;
        total += f0 + f1;
        if (factor) {
            load(&limit0, factor + k, step), load(&limit1, factor + k + step, step);
            more += f0 * limit0 + f1 * limit1;
        }
    }
    memcpy(sums, &total, sizeof(Eight)), memcpy(sums + 8, &more, sizeof(Eight));
    return k;
}
/* Trapezoids of f, and of f times a factor if there is one, in runs of eight from node k on, into eight sums each, up
   to the first run with a step that needs more; returns where that begins. */
WIDE static int smooth_runs(int k, int last, int step, const double* restrict d, const double* restrict f,
        const double* restrict factor, const double* restrict smooth, double* restrict sums)
{
    if (factor)
        return runs(k, last, 1, d, f, factor, smooth, sums);
    return step == 1 ? runs(k, last, 1, d, f, 0, smooth, sums) : runs(k, last, 2, d, f, 0, smooth, sums);
}

#endif
