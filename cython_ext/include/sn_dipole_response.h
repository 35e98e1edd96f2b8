/* How the target of sn_dipole_best.pyx and sn_dipole_matter.pyx answers to a transfer, whatever the neutrino and N. */
#ifndef NUBOUNDS_SN_DIPOLE_RESPONSE_H
#define NUBOUNDS_SN_DIPOLE_RESPONSE_H

#include "fermi_dirac.h"
#include "fermi_tail.h"
#include "vector_math.h"

enum { NODES = 128 };           /* evaluated together */

/* A target gas: temperature, chemical potential and mass [MeV], Sachs form factors at Q2 = 0 and 1/(scale of their
   dipole)^2 [1/MeV2], and how the photon is screened: [Q2/(Q2 + k2)]^2, or by the response of the plasma. */
typedef struct {
    double T, mu, m, electric, magnetic, dipole;
    double k2;                          /* k_D^2 of the electrons in the plasma's response */
    double k2_protons, over_v;          /* k_p^2 [MeV2], and 1/v of the protons */
    int plasma, pauli;
} Gas;

typedef struct { int count; double step; const double* value; } Dawson;         /* Dawson's integral at 0, step, ... */

/* 1 - 2 z D(z), D Dawson's integral: from the nearest tabulated value by its Taylor series, beyond the table by the
   asymptotic one. */
VECTOR_INLINE double dawson_derivative(const Dawson* table, double z)
{
    const double end = table->step * (table->count - 2);
    double inside = vector_choose(z < end, z, end);
    int i = (int) (inside / table->step + 0.5);
    double at = i * table->step, h = inside - at, D0 = table->value[i];
    double D1 = 1.0 - 2.0 * at * D0, D2 = -2.0 * (D0 + at * D1), D3 = -2.0 * (2.0 * D1 + at * D2);
    double D4 = -2.0 * (3.0 * D2 + at * D3);
    double near = D1 + h * (D2 + h * (0.5 * D3 + h * (1.0 / 6.0) * D4));
    double t = 0.5 / (z * z + 1e-30);
    return vector_choose(z < end, near, -t * (1.0 + t * (3.0 + t * (15.0 + t * 105.0))));
}

/* s_L H00/q^2 and s_T H_T/Q2, each over 2 q, at nodes of q0 and Q2, n a multiple of VECTOR_LANES; and q, with
   (q + |q0|)/2 and (q - |q0|)/2. */
VECTOR_INLINE void responses(
    int n, const Gas* g, const Polylogarithms* series, const Dawson* dawson, const double* restrict q0s,
    const double* restrict Q2s, double* restrict q, double* restrict large, double* restrict small,
    double* restrict longitudinal, double* restrict transverse)
{
    const double T = g->T, mu = g->mu, m2 = g->m * g->m, k2 = g->k2;
    const int pauli = g->pauli;
    double r[NODES], least[NODES], scale[NODES], D0[NODES], D1[NODES], D2[NODES];
    for (int k = 0; k < n; k++) {
        q[k] = sqrt(Q2s[k] + q0s[k] * q0s[k]);
        large[k] = 0.5 * (q[k] + fabs(q0s[k]));
        small[k] = 0.25 * Q2s[k] / large[k];
        r[k] = sqrt(1.0 + 4.0 * m2 / Q2s[k]);
        double X = 0.5 * vector_choose(q0s[k] > 0.0, small[k], large[k]) * (1.0 + r[k]);
        least[k] = X + 0.25 * m2 / X;
    }
    vector_tails(n, T, mu, pauli, series, least, q0s, scale, D0, D1, D2);
    if (g->plasma)
        for (int k = 0; k < n; k++) {
            double Q2 = Q2s[k], q2 = q[k] * q[k], x = fabs(q0s[k]) / q[k], z = x * g->over_v;
            double half = 0.5 * x * vector_log(large[k] / small[k]);
            double real = k2 * (1.0 - half) + g->k2_protons * dawson_derivative(dawson, z);
            double imaginary = 1.5707963267948966 * k2 * x;             /* pi/2 */
            imaginary += 1.7724538509055160 * g->k2_protons * z * vector_exp(-z * z);      /* sqrt(pi) */
            longitudinal[k] = q2 * q2 / ((q2 + real) * (q2 + real) + imaginary * imaginary);
            double flat = Q2 / q2;
            real = 0.5 * k2 * (x * x + flat * half);
            imaginary = 0.7853981633974483 * k2 * flat * x;             /* pi/4 */
            transverse[k] = Q2 * Q2 / ((Q2 + real) * (Q2 + real) + imaginary * imaginary);
        }
    else
        for (int k = 0; k < n; k++) {
            double factor = Q2s[k] / (Q2s[k] + k2);
            longitudinal[k] = transverse[k] = factor * factor;
        }
    for (int k = 0; k < n; k++) {
        double Q2 = Q2s[k], over_q = 1.0 / q[k], I0 = scale[k] * D0[k], I1 = scale[k] * D1[k], I2 = scale[k] * D2[k];
        double over_tau = 4.0 * m2 / Q2, shape = 1.0 / (1.0 + g->dipole * Q2);
        shape *= shape;
        double electric = g->electric * shape, magnetic = g->magnetic * shape;
        electric *= electric;
        magnetic *= magnetic;
        double F = (electric * over_tau + magnetic) / (1.0 + over_tau);
        double V = 4.0 * F * T * (T * I2 + q[k] * r[k] * I1) * over_q * over_q;
        longitudinal[k] *= 0.5 * over_q * (electric * over_tau * I0 + V);
        transverse[k] *= 0.5 * over_q * (V + 2.0 * magnetic * I0);
    }
}

#endif
