/* The C of sn_dipole_best.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_BEST_H
#define NUBOUNDS_SN_DIPOLE_BEST_H

#include "sn_dipole_response.h"

/* Sums over nodes, n a multiple of VECTOR_LANES, of a weight for production and one for absorption times
   kappa's integrand over dQ2 without alpha/2 pi^2; that of absorption times e^(-q0/T). */
VECTOR_INLINE void sums_at_nodes(
    int n, const Gas* g, double M, const Polylogarithms* series, const Dawson* dawson, const double* restrict E1s,
    const double* restrict q0s, const double* restrict Q2s, const double* restrict makes,
    const double* restrict takes, double* made, double* taken)
{
    const double M2 = M * M, over_T = 1.0 / g->T;
    double q[NODES], large[NODES], small[NODES], longitudinal[NODES], transverse[NODES], first[NODES], second[NODES];
    responses(n, g, series, dawson, q0s, Q2s, q, large, small, longitudinal, transverse);
    for (int k = 0; k < n; k++) {
        double Q2 = Q2s[k], E1 = E1s[k], over_q = 1.0 / q[k], half = 0.5 * (Q2 + M2);
        int gives = q0s[k] > 0.0;
        double minus = vector_choose(gives, small[k], large[k]), plus = vector_choose(gives, large[k], small[k]);
        double across = (2.0 * E1 * minus - half) * (2.0 * E1 * plus + half) * over_q * over_q;
        across = vector_choose(across > 0.0, across, 0.0);
        double sum = (2.0 * across + half) * longitudinal[k] + (M2 * half / Q2 + across) * transverse[k];
        first[k] = makes[k] * sum;
        second[k] = takes[k] * sum * vector_exp(-q0s[k] * over_T);
    }
    *made += sum_by_lanes(n, first);
    *taken += sum_by_lanes(n, second);
}

typedef void (*NodeSums)(
    int, const Gas*, double, const Polylogarithms*, const Dawson*, const double*, const double*, const double*,
    const double*, const double*, double*, double*);
#define NODE_SUMS(name) void name( \
    int n, const Gas* g, double M, const Polylogarithms* series, const Dawson* dawson, const double* E1, \
    const double* q0, const double* Q2, const double* makes, const double* takes, double* made, double* taken) \
    { sums_at_nodes(n, g, M, series, dawson, E1, q0, Q2, makes, takes, made, taken); }
static NODE_SUMS(node_sums)
VECTOR_AVX2 static NODE_SUMS(node_sums_avx2)
VECTOR_AVX512 static NODE_SUMS(node_sums_avx512)
static NodeSums node_sums_of_width(int width)
{
    return width == 8 ? node_sums_avx512 : width == 4 ? node_sums_avx2 : node_sums;
}

#endif
