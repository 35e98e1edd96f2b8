/* The C of sn_dipole_nodes.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_NODES_H
#define NUBOUNDS_SN_DIPOLE_NODES_H

#include "vector_math.h"

enum { NODE_BLOCK = 256 };

/* `intervals` cubics between intervals + 1 knots, ascending; coefficients of the third power first, rows of
   `intervals`; the outer ones go on beyond the ends. */
typedef struct { long intervals; const double *knots, *coefficients; } Spline;

/* Values at n places; `at` is the number of an interval to begin with, and that of the last place afterwards: from one
   place to the next there are only a few steps. */
static inline void spline_values(long n, const Spline* spline, long* at, double* x)
{
    const long last = spline->intervals - 1;
    const double *knots = spline->knots, *third = spline->coefficients, *second = third + spline->intervals;
    const double *first = second + spline->intervals, *zeroth = first + spline->intervals;
    long i = *at;
    for (long k = 0; k < n; k++) {
        while (i < last && x[k] >= knots[i + 1])
            i++;
        while (i > 0 && x[k] < knots[i])
            i--;
        double t = x[k] - knots[i], t2 = t * t;
        x[k] = zeroth[i] + first[i] * t + second[i] * t2 + third[i] * (t2 * t);
    }
    *at = i;
}

/* dN/dE at n energies: scattering (none below `low`) and coalescence, each left out if its spline has no intervals */
VECTOR_INLINE void density_at(long n, const double* restrict E, double M, double low, int jacobian,
                              const Spline* scattering, const Spline* coalescence, double* restrict total)
{
    const double mid = 0.25 * M * M;
    double x[NODE_BLOCK];
    long at_scattering = 0, at_coalescence = 0;
    for (long start = 0; start < n; start += NODE_BLOCK) {
        int count = n - start < NODE_BLOCK ? (int) (n - start) : NODE_BLOCK;
        const double* restrict here = E + start;
        double* restrict sum = total + start;
        for (int k = 0; k < count; k++)
            sum[k] = 0.0;
        if (scattering->intervals) {
            for (int k = 0; k < count; k++)
                x[k] = vector_log(here[k]);
            spline_values(count, scattering, &at_scattering, x);
            for (int k = 0; k < count; k++) {
                double G = vector_exp(x[k]), share = (here[k] - mid / here[k]) / here[k];
                sum[k] = vector_choose(here[k] >= low, vector_choose(jacobian, G, G * share), 0.0);
            }
        }
        if (coalescence->intervals) {
            for (int k = 0; k < count; k++)
                x[k] = vector_log(2.0 * here[k] / M);
            spline_values(count, coalescence, &at_coalescence, x);
            for (int k = 0; k < count; k++) {
                double p = here[k] - mid / here[k];
                sum[k] += p * p / here[k] * vector_exp(x[k]);
            }
        }
    }
}

/* e^(cubics in u) times a factor at n places in some of `intervals`; coefficients as of a spline. */
VECTOR_INLINE void cubics_at(long n, long intervals, const double* restrict coefficients, const int64_t* restrict at,
                             const double* restrict u, const double* restrict factor, double* restrict out)
{
    const double *third = coefficients, *second = third + intervals;
    const double *first = second + intervals, *zeroth = first + intervals;
    for (long k = 0; k < n; k++) {
        int64_t i = at[k];
        double t = u[k], value = zeroth[i] + t * (first[i] + t * (second[i] + t * third[i]));
        out[k] = factor[k] * vector_exp(value);
    }
}

/* From ln E and weights in ln E to E and weights in E */
VECTOR_INLINE void exponentiate(long n, double* restrict E, double* restrict fine, double* restrict coarse)
{
    for (long k = 0; k < n; k++)
        E[k] = vector_exp(E[k]);
    for (long k = 0; k < n; k++) {
        fine[k] *= E[k];
        coarse[k] *= E[k];
    }
}

typedef void (*Density)(long, const double*, double, double, int, const Spline*, const Spline*, double*);
#define DENSITY(name) void name( \
    long n, const double* E, double M, double low, int jacobian, const Spline* scattering, \
    const Spline* coalescence, double* total) \
    { density_at(n, E, M, low, jacobian, scattering, coalescence, total); }
static DENSITY(density)
VECTOR_AVX2 static DENSITY(density_avx2)
VECTOR_AVX512 static DENSITY(density_avx512)
static Density density_of_width(int width)
{
    return width == 8 ? density_avx512 : width == 4 ? density_avx2 : density;
}

typedef void (*Cubics)(long, long, const double*, const int64_t*, const double*, const double*, double*);
#define CUBICS(name) void name( \
    long n, long intervals, const double* coefficients, const int64_t* at, const double* u, const double* factor, \
    double* out) \
    { cubics_at(n, intervals, coefficients, at, u, factor, out); }
static CUBICS(cubics)
VECTOR_AVX2 static CUBICS(cubics_avx2)
VECTOR_AVX512 static CUBICS(cubics_avx512)
static Cubics cubics_of_width(int width)
{
    return width == 8 ? cubics_avx512 : width == 4 ? cubics_avx2 : cubics;
}

typedef void (*Exponentials)(long, double*, double*, double*);
#define EXPONENTIALS(name) void name(long n, double* E, double* fine, double* coarse) \
    { exponentiate(n, E, fine, coarse); }
static EXPONENTIALS(exponentials)
VECTOR_AVX2 static EXPONENTIALS(exponentials_avx2)
VECTOR_AVX512 static EXPONENTIALS(exponentials_avx512)
static Exponentials exponentials_of_width(int width)
{
    return width == 8 ? exponentials_avx512 : width == 4 ? exponentials_avx2 : exponentials;
}

#endif
