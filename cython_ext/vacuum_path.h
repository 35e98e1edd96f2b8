/* The C of 1/lambda_0 in sn_diffusion.pyx: integrals over Q^2 for one nucleon energy, many angles and one mediator. */
#ifndef NUBOUNDS_VACUUM_PATH_H
#define NUBOUNDS_VACUUM_PATH_H

#include "vector_math.h"

enum { MOST_ANGLES = 256, VACUUM_SUMS = 4 };

/* Sums over n angles, a multiple of VECTOR_LANES, of w times the forms of interference (vector, axial), vector and
   scalar exchange.  F_k = Int_0^X Q^(2k) dQ^2/(Q^2 + m2) and G_k with the propagator squared are closed forms in
   z = X/m2; for small z these cancel, and a Gauss rule of n_rule nodes x, wx on [-1, 1] is exact to rounding. */
VECTOR_INLINE void sums_over_angles(int n, const double* restrict pk, const double* restrict X,
                                    const double* restrict w, double M2, double m2, int n_rule,
                                    const double* restrict x, const double* restrict wx, double* restrict sums)
{
    double F0[MOST_ANGLES], F1[MOST_ANGLES], F2[MOST_ANGLES], G0[MOST_ANGLES], G1[MOST_ANGLES], G2[MOST_ANGLES];
    int large = 0;
    for (int k = 0; k < n; k++) {
        large += X[k] > 0.5 * m2;
        F0[k] = F1[k] = F2[k] = G0[k] = G1[k] = G2[k] = 0.0;
    }
    for (int i = 0; i < (large < n ? n_rule : 0); i++)
        for (int k = 0; k < n; k++) {
            double half = 0.5 * X[k], y = half + half * x[i], over = 1.0 / (y + m2);
            double f = half * wx[i] * over, g = f * over;
            F0[k] += f;
            F1[k] += f * y;
            F2[k] += f * y * y;
            G0[k] += g;
            G1[k] += g * y;
            G2[k] += g * y * y;
        }
    for (int k = 0; k < (large > 0 ? n : 0); k++) {
        double z = X[k] / m2, log_z = vector_log(1.0 + z), part = z / (1.0 + z);
        int closed = X[k] > 0.5 * m2;
        F0[k] = vector_choose(closed, log_z, F0[k]);
        F1[k] = vector_choose(closed, m2 * (z - log_z), F1[k]);
        F2[k] = vector_choose(closed, m2 * m2 * (0.5 * z * z - z + log_z), F2[k]);
        G0[k] = vector_choose(closed, part / m2, G0[k]);
        G1[k] = vector_choose(closed, log_z - part, G1[k]);
        G2[k] = vector_choose(closed, m2 * (z - 2.0 * log_z + part), G2[k]);
    }
    for (int k = 0; k < n; k++) {
        double slope = 2.0 * M2 + 4.0 * pk[k], square = 8.0 * pk[k] * pk[k];
        F0[k] = w[k] * (square * F0[k] - slope * F1[k] + F2[k]);
        G0[k] = w[k] * (square * G0[k] - slope * G1[k] + G2[k]);
        F2[k] = w[k] * (F2[k] - 4.0 * pk[k] * F1[k]);
        G2[k] = w[k] * (4.0 * M2 * G1[k] + G2[k]);
    }
    sums[0] = sum_by_lanes(n, F0);
    sums[1] = sum_by_lanes(n, F2);
    sums[2] = sum_by_lanes(n, G0);
    sums[3] = sum_by_lanes(n, G2);
}

typedef void (*AngleSums)(int, const double*, const double*, const double*, double, double, int, const double*,
                          const double*, double*);
#define ANGLE_SUMS(name)                                                                                              \
    void name(int n, const double* pk, const double* X, const double* w, double M2, double m2, int n_rule,            \
              const double* x, const double* wx, double* sums)                                                        \
    {                                                                                                                 \
        sums_over_angles(n, pk, X, w, M2, m2, n_rule, x, wx, sums);                                                   \
    }
static ANGLE_SUMS(angle_sums)
VECTOR_AVX2 static ANGLE_SUMS(angle_sums_avx2)
VECTOR_AVX512 static ANGLE_SUMS(angle_sums_avx512)
static AngleSums angle_sums_of_width(int width)
{
    return width == 8 ? angle_sums_avx512 : width == 4 ? angle_sums_avx2 : angle_sums;
}

#endif
