/* The C of dm_nodes.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_DM_NODES_H
#define NUBOUNDS_DM_NODES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "vector_math.h"

#if defined(__x86_64__) && defined(__GNUC__) && defined(__gnu_linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
/* Steps of ln z that wait to be integrated in d together: A, B^2 and d at both ends, the second difference of d, the
   width. */
enum { STEPS = 32 };
typedef struct {
    int n;
    double A0[STEPS], A1[STEPS], B0[STEPS], B1[STEPS], d0[STEPS], d1[STEPS], curvature[STEPS], h[STEPS];
} Steps;
#define NEAR 2.0        /* |d| up to which a turn counts as near a resonance, in changes of d across a cell of x */
typedef struct { double x, D0, c, s2, v_scale, a_scale, b_scale, source_scale, d_smooth2, B_smooth2; } Scales;
WIDE static void detuning(int n, double D_scale, double v_scale, double x, const double* restrict v,
        const double* restrict z, const double* restrict T, const double* restrict v_sm, double* restrict d)
{
    for (int k = 0; k < n; k++)
        d[k] = D_scale * z[k] - v_scale * v[k] * T[k] - x * v_sm[k];
}
WIDE static void integrand_at_nodes(int n, Scales p, const double* restrict a, const double* restrict b,
        const double* restrict z, const double* restrict T, const double* restrict gamma_sm,
        const double* restrict source, const double* restrict d, double* restrict f, double* restrict smooth)
{
    for (int k = 0; k < n; k++) {
        double gamma = (p.a_scale * a[k] + p.b_scale * b[k]) * T[k] + p.x * gamma_sm[k];
        double D = p.D0 * z[k], d2 = d[k] * d[k];
        gamma = 0.5 * (gamma + fabs(gamma)) + 1e-300;
        double B2 = D * D * p.s2 + 0.25 * gamma * gamma + 1e-300, by_d = p.d_smooth2 * d2, by_B = p.B_smooth2 * B2;
        f[k] = gamma * D * D * p.source_scale * source[k] / (B2 + d2);
        smooth[k] = 0.5 * (by_d + by_B + fabs(by_d - by_B));
    }
}
/* Integral over all that wait, none waiting afterwards: each step in d around the centroid of the Lorentzian, with A/B
   there as a power.  What is left of a vector repeats the last step at no width. */
WIDE static double resonant_steps(Steps* restrict s)
{
    double found[STEPS];
    int n = s->n, whole = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    for (int k = n; k < whole; k++) {
        s->A0[k] = s->A0[n - 1], s->A1[k] = s->A1[n - 1], s->B0[k] = s->B0[n - 1], s->B1[k] = s->B1[n - 1];
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
        double span = vector_choose(delta < 0.0, -angle, angle);
        double centroid = 0.5 * B * vector_log((B2 + d1 * d1) / (B2 + d0 * d0)) / span;
        double t = (centroid - d0) / delta;
        t += 0.5 * s->curvature[k] * t * (1.0 - t) / delta;
        double slope = delta + s->curvature[k] * (t - 0.5), ratio = s->A1[k] / s->A0[k];
        double power = vector_exp(t * vector_log(ratio * sqrt(s->B0[k] / s->B1[k])));
        found[k] = s->h[k] * s->A0[k] / sqrt(s->B0[k]) * power * span / slope;
    }
    s->n = 0;
    return sum_by_lanes(whole, found);
}
/* The sign bit of a number, for choices without branches. */
static inline int64_t sign_of(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }
/* Whether d turns around close to a resonance anywhere. */
WIDE static int turns_near(int n, const double* d, const double* below, const double* above)
{
    int64_t found = 0;
    for (int k = 1; k < n - 1; k++) {
        double width = 0.5 * NEAR * (above[k] - below[k]);
        found |= sign_of((d[k] - d[k - 1]) * (d[k + 1] - d[k])) & sign_of(d[k] * d[k] - width * width);
    }
    return found < 0;
}
static inline int runs(int k, int last, const int step, const double* restrict d, const double* restrict f,
        const double* restrict smooth, double* restrict sums)
{
    for (; k + 8 * step <= last; k += 8 * step) {
        double run[8];
        int64_t rough = 0;
        for (int j = 0; j < 8; j++) {
            int here = k + j * step, there = here + step;
            double change2 = (d[there] - d[here]) * (d[there] - d[here]);
            rough |= sign_of(smooth[here] * (step * step) - change2) | sign_of(smooth[there] * (step * step) - change2);
            run[j] = f[here] + f[there];
        }
        if (rough < 0)
            break;
        for (int j = 0; j < 8; j++)
            sums[j] += run[j];
    }
    return k;
}
/* Trapezoids in runs of eight from node k on, into eight sums, up to the first run with a step that needs more; returns
   where that begins. */
WIDE static int smooth_runs(int k, int last, int step, const double* restrict d, const double* restrict f,
        const double* restrict smooth, double* restrict sums)
{
    return step == 1 ? runs(k, last, 1, d, f, smooth, sums) : runs(k, last, 2, d, f, smooth, sums);
}

#endif
