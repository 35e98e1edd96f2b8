/* C code of fermi_tail.pxd, which documents the functions. */
#ifndef NUBOUNDS_FERMI_TAIL_H
#define NUBOUNDS_FERMI_TAIL_H

#include <math.h>

#include "fermi_dirac.h"
#include "vector_math.h"

typedef struct { double J0, J1, J2; } Moments;

/* F_n = Int_0^inf x^n dx/(e^(x - eta) + 1), n = 0, 1, 2, for an array of eta: as fermi_dirac_integrals, with an even
   number of terms of the series.  The loops are short because a processor can overlap successive iterations only if
   these are short.  li2 has no even powers above u^2. */
VECTOR_INLINE void vector_fermi_dirac_of(
    int terms, int n, const Polylogarithms* series, const double* restrict eta,
    double* restrict F0, double* restrict F1, double* restrict F2)
{
    for (int k = 0; k < n; k++)
        F0[k] = vector_exp(-fabs(eta[k]));
    for (int k = 0; k < n; k++)
        F0[k] = vector_log1p(F0[k]);
    for (int k = 0; k < n; k++) {
        double u = F0[k], u2 = u * u, odd2 = 0.0, odd3 = 0.0, even3 = 0.0;
        double positive = vector_choose(eta[k] > 0.0, eta[k], 0.0), square = eta[k] * eta[k];
        for (int i = terms - 2; i >= 2; i -= 2)
            odd2 = odd2 * u2 + series->li2[i];
        for (int i = terms - 2; i >= 0; i -= 2) {
            even3 = even3 * u2 + series->li3[i];
            odd3 = odd3 * u2 + series->li3[i + 1];
        }
        double li2 = u * (series->li2[0] + u * (series->li2[1] + u * odd2)), li3 = u * (even3 + u * odd3);
        F0[k] = positive + u;
        F1[k] = vector_choose(eta[k] > 0.0, 0.5 * square + 1.6449340668482264 - li2, li2);      /* pi^2/6 */
        F2[k] = positive * (square + 9.869604401089358) * (1.0 / 3.0) + 2.0 * li3;              /* pi^2 */
    }
}

/* The same with all terms. */
VECTOR_INLINE void vector_fermi_dirac(
    int n, const Polylogarithms* series, const double* restrict eta,
    double* restrict F0, double* restrict F1, double* restrict F2)
{
    vector_fermi_dirac_of(FERMI_DIRAC_TERMS, n, series, eta, F0, F1, F2);
}

/* J[n] = Int_E^inf E'^n f(E') [1 - f(E' + q0)] dE', n = 0, 1, 2, from complete integrals F at two arguments:
   scale times moments of F(first) - F(second).  Without blocking (pauli = 0) Int_E^inf E'^n f(E') dE'.

   Uses f(E) [1 - f(E + q0)] = [f(E) - f(E + q0)] / (1 - e^(-q0/T)).  For |q0| << T, where the difference cancels, it
   is taken over a wider interval with the same midpoint.  Without blocking the state at E + q0 is empty.

   eta = (mu - E)/T, w = q0/T, growth = e^-w - 1 */
typedef struct { double first, second, scale; } Difference;

VECTOR_INLINE Difference vector_tail_arguments(double eta, double w, double growth, double T, int pauli)
{
    const double narrow = 1.0e-4, nobody = -2000.0;
    int small = fabs(w) < narrow;
    double width = vector_choose(small, narrow, w);
    double above = vector_choose(small, 1.0 + 0.5 * w, 1.0), below = vector_choose(small, width, -growth);
    Difference d;
    d.scale = T * vector_choose(pauli, above / below, 1.0);
    d.first = vector_choose(pauli, eta + 0.5 * (width - w), eta);
    d.second = vector_choose(pauli, eta - 0.5 * (width + w), nobody);
    return d;
}

VECTOR_INLINE Moments vector_moments_from(double E, double T, double scale, double F0, double F1, double F2)
{
    Moments J;
    J.J0 = scale * F0;
    J.J1 = scale * (E * F0 + T * F1);
    J.J2 = scale * (E * E * F0 + T * (2.0 * E * F1 + T * F2));
    return J;
}

enum { MOST_TAILS = 128 };

/* At n nodes, a multiple of VECTOR_LANES, with the least energy of electrons and the q0 that they gain: the scale and
   the differences of Fermi integrals from which `vector_moments_from` makes moments. */
VECTOR_INLINE void vector_tails(int n, double T, double mu, int pauli, const Polylogarithms* series,
                                const double* restrict least, const double* restrict q0, double* restrict scale,
                                double* restrict D0, double* restrict D1, double* restrict D2)
{
    const double over_T = 1.0 / T;
    double growth[MOST_TAILS], first[MOST_TAILS], second[MOST_TAILS];
    double G0[MOST_TAILS], G1[MOST_TAILS], G2[MOST_TAILS];
    for (int k = 0; k < n; k++)
        growth[k] = vector_expm1(-q0[k] * over_T);
    for (int k = 0; k < n; k++) {
        Difference d = vector_tail_arguments((mu - least[k]) * over_T, q0[k] * over_T, growth[k], T, pauli);
        first[k] = d.first;
        second[k] = d.second;
        scale[k] = d.scale;
    }
    vector_fermi_dirac(n, series, first, D0, D1, D2);
    vector_fermi_dirac(n, series, second, G0, G1, G2);
    for (int k = 0; k < n; k++) {
        D0[k] -= G0[k];
        D1[k] -= G1[k];
        D2[k] -= G2[k];
    }
}

#endif
