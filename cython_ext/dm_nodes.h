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
WIDE static void detuning(int n, double D_scale, double v_scale, double x, const double* restrict v,
        const double* restrict z, const double* restrict T, const double* restrict v_sm, double* restrict d)
{
    for (int k = 0; k < n; k++)
        d[k] = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
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
WIDE static void products(int n, const double* restrict f, const double* restrict factor, double* restrict g)
{
    for (int k = 0; k < n; k++)
        g[k] = f[k] * factor[k];
}
WIDE static int turns_near(int n, const double* d, const double* below, const double* above)
{
    int64_t found = 0;
    for (int k = 1; k < n - 1; k++)
        found |= turns_at(d[k - 1], d[k], d[k + 1], below[k], above[k]);
    return found < 0;
}
WIDE static int nodes_and_next(int n, Scales p, double D_scale, double v_scale, double x, const Nodes* at)
{
    const double *restrict z = at->z, *restrict T = at->T, *restrict source = at->source, *restrict v_sm = at->v_sm;
    const double *restrict a = at->a, *restrict b = at->b, *restrict gamma_sm = at->gamma_sm;
    const double *restrict v = at->v_next, *restrict d = at->d, *restrict below = at->below;
    double *restrict above = at->above, *restrict f = at->f, *restrict smooth = at->smooth;
    int64_t found = 0;
    for (int k = 0; k < n; k += n - 1) {
        above[k] = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
        integrand_at(a[k], b[k], z[k], T[k], gamma_sm[k], source[k], d[k], &p, &f[k], &smooth[k]);
    }
#pragma GCC ivdep
    for (int k = 1; k < n - 1; k++) {
        double next = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
        integrand_at(a[k], b[k], z[k], T[k], gamma_sm[k], source[k], d[k], &p, &f[k], &smooth[k]);
        found |= turns_at(d[k - 1], d[k], d[k + 1], below[k], next);
        above[k] = next;
    }
    return found < 0;
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
        /* atan(d1/B) - atan(d0/B), between 0 and pi for rising d */
        double across = B * fabs(delta), along = B2 + d0 * d1, size = fabs(along);
        double smaller = vector_choose(across < size, across, size);
        double angle = vector_atan(smaller / vector_choose(across < size, size, across));
        angle = vector_choose(across < size, angle, 0x1.921fb54442d18p0 - angle);
        angle = vector_choose(along < 0.0, 0x1.921fb54442d18p1 - angle, angle);
        span[k] = vector_choose(delta < 0.0, -angle, angle);
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
typedef double Eight __attribute__((vector_size(64)));
typedef int64_t EightBits __attribute__((vector_size(64)));
/* Eight neighbours, or every second one of sixteen. */
VECTOR_INLINE void load(Eight* to, const double* from, const int step)
{
    double every[8];
    for (int j = 0; j < 8; j++)
        every[j] = from[step * j];
    memcpy(to, step == 1 ? from : every, sizeof(Eight));
}
VECTOR_INLINE int runs(int k, int last, const int step, const double* restrict d, const double* restrict f,
        const double* restrict g, const double* restrict smooth, double* restrict sums)
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
        int64_t any = 0;
        for (int j = 0; j < 8; j++)
            any |= rough[j];
        if (any < 0)
            break;
        total += f0 + f1;
        if (g) {
            load(&f0, g + k, step), load(&f1, g + k + step, step);
            more += f0 + f1;
        }
    }
    memcpy(sums, &total, sizeof(Eight)), memcpy(sums + 8, &more, sizeof(Eight));
    return k;
}
/* Trapezoids of f, and of g if there is one, in runs of eight from node k on, into eight sums each, up to the first run
   with a step that needs more; returns where that begins. */
WIDE static int smooth_runs(int k, int last, int step, const double* restrict d, const double* restrict f,
        const double* restrict g, const double* restrict smooth, double* restrict sums)
{
    if (g)
        return runs(k, last, 1, d, f, g, smooth, sums);
    return step == 1 ? runs(k, last, 1, d, f, 0, smooth, sums) : runs(k, last, 2, d, f, 0, smooth, sums);
}

#endif
