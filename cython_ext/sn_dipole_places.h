/* The C of sn_dipole_places.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_PLACES_H
#define NUBOUNDS_SN_DIPOLE_PLACES_H

#include "sn_dipole_neutrinos.h"

enum { BLOCK = 64 };

static const double TINY = 1e-300, NOTHING = 1e-280;       /* what stands for 0 in logarithms, and what comes of it */

VECTOR_INLINE double vector_log_of_most(double x) { return vector_log(vector_choose(x > TINY, x, TINY)); }

/* ln(made/neutrinos there) and ln(absorbed) of n rates at a place.  Arrays have VECTOR_LANES more than n. */
VECTOR_INLINE void logarithms(long n, const double* E, const Neutrinos* by, const double* made, const double* absorbed,
                              double* log_made, double* log_absorbed)
{
    double present[BLOCK], thermal[BLOCK];
    for (long start = 0; start < n; start += BLOCK) {
        const int count = n - start < BLOCK ? (int) (n - start) : BLOCK;
        const int padded = (count + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
        const double *restrict m = made + start, *restrict a = absorbed + start;
        double *restrict log_m = log_made + start, *restrict log_a = log_absorbed + start;
        occupations(padded, by, E + start, present, thermal);
        for (int k = 0; k < padded; k++) {
            log_m[k] = vector_log_of_most(m[k]) - vector_log_of_most(present[k]);
            log_a[k] = vector_log_of_most(a[k]);
        }
    }
}

/* The rates at a place from `near` places whose logarithms are rows of so many columns. */
VECTOR_INLINE void from_near(long n, long columns, const double* E, const Neutrinos* by, int near, const int32_t* which,
                             const double* weights, const double* log_made, const double* log_absorbed, double* made,
                             double* absorbed)
{
    double present[BLOCK], thermal[BLOCK], m[BLOCK], a[BLOCK];
    for (long start = 0; start < n; start += BLOCK) {
        const int count = n - start < BLOCK ? (int) (n - start) : BLOCK;
        const int padded = (count + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
        for (int k = 0; k < padded; k++)
            m[k] = a[k] = 0.0;
        for (int i = 0; i < near; i++) {
            const double weight = weights[i];
            const double *restrict log_m = log_made + which[i] * columns + start;
            const double *restrict log_a = log_absorbed + which[i] * columns + start;
            for (int k = 0; k < padded; k++) {
                m[k] += weight * log_m[k];
                a[k] += weight * log_a[k];
            }
        }
        occupations(padded, by, E + start, present, thermal);
        for (int k = 0; k < padded; k++) {
            m[k] = present[k] * vector_exp(m[k]);
            a[k] = vector_exp(a[k]);
            m[k] = vector_choose(m[k] > NOTHING, m[k], 0.0);
            a[k] = vector_choose(a[k] > NOTHING, a[k], 0.0);
        }
        for (int k = 0; k < count; k++) {
            made[start + k] = m[k];
            absorbed[start + k] = a[k];
        }
    }
}

typedef void (*Logarithms)(long, const double*, const Neutrinos*, const double*, const double*, double*, double*);
#define LOGARITHMS(name) void name( \
    long n, const double* E, const Neutrinos* by, const double* made, const double* absorbed, double* log_made, \
    double* log_absorbed) \
    { logarithms(n, E, by, made, absorbed, log_made, log_absorbed); }
static LOGARITHMS(logarithms_of_two)
VECTOR_AVX2 static LOGARITHMS(logarithms_avx2)
VECTOR_AVX512 static LOGARITHMS(logarithms_avx512)
static Logarithms logarithms_of_width(int width)
{
    return width == 8 ? logarithms_avx512 : width == 4 ? logarithms_avx2 : logarithms_of_two;
}

typedef void (*FromNear)(long, long, const double*, const Neutrinos*, int, const int32_t*, const double*, const double*,
                         const double*, double*, double*);
#define FROM_NEAR(name) void name( \
    long n, long columns, const double* E, const Neutrinos* by, int near, const int32_t* which, \
    const double* weights, const double* log_made, const double* log_absorbed, double* made, double* absorbed) \
    { from_near(n, columns, E, by, near, which, weights, log_made, log_absorbed, made, absorbed); }
static FROM_NEAR(from_near_of_two)
VECTOR_AVX2 static FROM_NEAR(from_near_avx2)
VECTOR_AVX512 static FROM_NEAR(from_near_avx512)
static FromNear from_near_of_width(int width)
{
    return width == 8 ? from_near_avx512 : width == 4 ? from_near_avx2 : from_near_of_two;
}

#endif
