/* The C of dm_nodes.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_DM_NODES_H
#define NUBOUNDS_DM_NODES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__gnu_linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
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
