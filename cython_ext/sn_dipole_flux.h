/* The C of sn_dipole_flux.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_FLUX_H
#define NUBOUNDS_SN_DIPOLE_FLUX_H

#include "vector_math.h"

enum { CHUNK = 256 };
typedef struct { double total, coarse; } Decays;

/* nodes: n rows of a, b, weight, weight by a coarser rule */
VECTOR_INLINE Decays sum_of_decays(long n, double d2, const double* restrict nodes)
{
    double values[CHUNK], coarse[CHUNK];
    Decays sum = {0.0, 0.0};
    for (long start = 0; start < n; start += CHUNK) {
        int count = n - start < CHUNK ? (int) (n - start) : CHUNK, k = 0;
        const double* restrict row = nodes + 4 * start;
        for (k = 0; k < count; k++)
            values[k] = vector_exp(-d2 * row[4 * k]);
        for (k = 0; k < count; k++)
            coarse[k] = -values[k] * vector_expm1(-d2 * row[4 * k + 1]);
        for (k = 0; k < count; k++) {
            values[k] = row[4 * k + 2] * coarse[k];
            coarse[k] *= row[4 * k + 3];
        }
        for (; k % VECTOR_LANES; k++)
            values[k] = coarse[k] = 0.0;
        sum.total += sum_by_lanes(k, values);
        sum.coarse += sum_by_lanes(k, coarse);
    }
    return sum;
}

typedef Decays (*DecaySum)(long, double, const double*);
#define DECAY_SUM(name) Decays name(long n, double d2, const double* nodes) { return sum_of_decays(n, d2, nodes); }
static DECAY_SUM(decay_sum)
VECTOR_AVX2 static DECAY_SUM(decay_sum_avx2)
VECTOR_AVX512 static DECAY_SUM(decay_sum_avx512)
static DecaySum decay_sum_of_width(int width)
{
    return width == 8 ? decay_sum_avx512 : width == 4 ? decay_sum_avx2 : decay_sum;
}

#endif
