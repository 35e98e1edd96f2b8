/* The C of sn_dipole.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_H
#define NUBOUNDS_SN_DIPOLE_H

#include "fermi_dirac.h"
#include "fermi_tail.h"
#include "vector_math.h"

enum { NODES = MOST_TAILS };    /* evaluated together: with all arrays half of the fastest cache */
typedef struct { double E, T, mu, M, m; int pauli; } Scattering;

/* Sum over nodes of weight times the integrand, n a multiple of VECTOR_LANES.  Nodes are given by Q = sqrt(Q2) and
   u = tanh(rapidity of the transfer / 2): q = Q (1 + u^2)/(1 - u^2), q0 = 2 Q u/(1 - u^2), x = Q (1 - u)/2(1 + u).

   The integrand is 1/(1 - u^2) Int dE2 f (1 - f4) <S^2 (dsigma/dQ2)/(2 alpha d^2)>_phi, phi the azimuth between
   neutrino and electron.  S = a0 + a1 E2 + b cos(phi), so <S> and <S^2> are polynomials in E2. */
VECTOR_INLINE double integrand_at_nodes(
    int n, const Scattering* p, const Polylogarithms* series,
    const double* restrict Qs, const double* restrict us, const double* restrict weights)
{
    const double E = p->E, T = p->T, mu = p->mu, m2 = p->m * p->m, M2 = p->M * p->M;
    const int pauli = p->pauli;
    double x[NODES], plus[NODES], stretch[NODES], over_Q2[NODES], least[NODES], scale[NODES], values[NODES];
    double q0s[NODES], D0[NODES], D1[NODES], D2[NODES];
    for (int k = 0; k < n; k++) {
        double Q = Qs[k], less = 1.0 - us[k], more = 1.0 + us[k];
        stretch[k] = 1.0 / (less * more);
        x[k] = 0.5 * Q * less * less * stretch[k];
        plus[k] = 0.5 * Q * more * more * stretch[k];
        over_Q2[k] = 1.0 / (Q * Q);
        double X = 0.5 * x[k] * (1.0 + sqrt(1.0 + 4.0 * m2 * over_Q2[k]));
        least[k] = X + 0.25 * m2 / X;
    }
    for (int k = 0; k < n; k++)
        q0s[k] = plus[k] - x[k];
    vector_tails(n, T, mu, pauli, series, least, q0s, scale, D0, D1, D2);
    for (int k = 0; k < n; k++) {
        Moments J = vector_moments_from(least[k], T, scale[k], D0[k], D1[k], D2[k]);
        double Q2 = Qs[k] * Qs[k], half = 0.5 * (Q2 + M2);
        double q0 = q0s[k], over_q = 1.0 / (plus[k] + x[k]);
        /* the neutrino's momentum along q, and the square of that across */
        double along = (E * q0 + half) * over_q;
        double across = (2.0 * E * x[k] - half) * (2.0 * E * plus[k] + half) * over_q * over_q;
        double ratio = Q2 * over_q * over_q;
        double a0 = along * Q2 * over_q;
        double a1 = 2.0 * (E * Q2 - q0 * half) * over_q * over_q;
        double S1 = a0 * J.J0 + a1 * J.J1;
        double S2 = a0 * a0 * J.J0 + a1 * (2.0 * a0 * J.J1 + a1 * J.J2);
        S2 += 2.0 * across * (ratio * (J.J2 + q0 * J.J1 - 0.25 * Q2 * J.J0) - m2 * J.J0);
        double sum = 2.0 * (S2 * over_Q2[k] - S1 * (1.0 + M2 * over_Q2[k]));
        sum += M2 * (1.0 - 2.0 * m2 * over_Q2[k]) * (1.0 + M2 * over_Q2[k]) * J.J0;
        values[k] = weights[k] * stretch[k] * sum;
    }
    return sum_by_lanes(n, values);
}

typedef double (*NodeSum)(
    int, const Scattering*, const Polylogarithms*, const double*, const double*, const double*);
#define NODE_SUM(name) double name(int n, const Scattering* p, const Polylogarithms* series, \
                                   const double* Q, const double* u, const double* weight) \
    { return integrand_at_nodes(n, p, series, Q, u, weight); }
static NODE_SUM(node_sum)
VECTOR_AVX2 static NODE_SUM(node_sum_avx2)
VECTOR_AVX512 static NODE_SUM(node_sum_avx512)
static NodeSum node_sum_of_width(int width)
{
    return width == 8 ? node_sum_avx512 : width == 4 ? node_sum_avx2 : node_sum;
}

#endif
