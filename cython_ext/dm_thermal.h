/* The C of dm_thermal.pyx: sums over nodes, in vectors.  What they compute is said there. */
#ifndef NUBOUNDS_DM_THERMAL_H
#define NUBOUNDS_DM_THERMAL_H

#include <math.h>

#include "vector_math.h"

enum {
    N_CHANNELS = 3,
    MAX_U = 640,                /* nodes, a multiple of VECTOR_LANES */
    N_TERMS = 12,               /* terms of the asymptotic series */
    N_PHI = 40,                 /* Gauss nodes of Phi */
    N_STEP = 6                  /* Gauss nodes between neighbouring y of Phi */
};

/* Nodes u = e^t, t = (k - below + 1/2) h.  The weights of the channels hold g(u) with its power of u, by flux; arrays
   end in zeros, so that sums may run over whole vectors. */
typedef struct {
    double h;
    int n_u, below, reach;              /* nodes; those below u = 1; those of a principal value on either side */
    double u[MAX_U];
    double over_sinh[MAX_U];            /* h/sinh t within reach, otherwise 0 */
    double u2_over_sinh[MAX_U];
    double channel[2][N_CHANNELS][MAX_U];
    double step_y[N_STEP];              /* within a step h of ln y: y at the Gauss nodes relative to the beginning, */
    double step_w[N_STEP];              /* and the weights times this to the power 3/2 */
} Rule;

/* Sum of a b over nodes low to high - 1, multiples of VECTOR_LANES, by lanes. */
VECTOR_INLINE double dot(int low, int high, const double* restrict a, const double* restrict b)
{
    VectorLanes sum = {0.0};
    for (int k = low; k < high; k += VECTOR_LANES)
        sum += LANES_AT(a + k) * LANES_AT(b + k);
    return sum_by_lanes(VECTOR_LANES, (const double*) &sum);
}

/* N_F = ln(1 + e^-p) at p = scale u = 2 y: ln 2 - y + ln cosh y, whose series has all digits for p < FERMI_SERIES, at
   nodes below `few`. */
#define FERMI_SERIES 0.15
VECTOR_INLINE void fermi_nodes_in(int few, int high, double scale, const double* restrict u, double* restrict value)
{
    for (int k = 0; k < few; k++) {
        double y = 0.5 * scale * u[k], y2 = y * y;
        double cosh_part = y2 * (-17.0 / 2520.0 + y2 * (31.0 / 14175.0));
        cosh_part = y2 * (0.5 + y2 * (-1.0 / 12.0 + y2 * (1.0 / 45.0 + cosh_part)));
        value[k] = 0.6931471805599453 + (cosh_part - y);
    }
    for (int k = few; k < high; k++)
        value[k] = vector_log1p(vector_exp(-scale * u[k]));
}

/* N_B = -ln(1 - e^-omega) at omega^2 = p^2 + mu^2, p = scale u.  For p < BOSE_SERIES min(mu, sqrt mu), at nodes below
   `few`, omega - mu = delta is small, and so is y = n (1 - e^-delta), n = 1/(e^mu - 1): N_B(mu) - ln(1 + y). */
#define BOSE_SERIES 0.04
VECTOR_INLINE void bose_nodes_in(
    int few, int high, double scale, double mu, const double* restrict u, double* restrict value)
{
    double at_mu = -vector_log(-vector_expm1(-mu)), n = 1.0 / vector_expm1(mu), over_mu = 1.0 / mu, mu2 = mu * mu;
    for (int k = 0; k < few; k++) {
        double p = scale * u[k], r = p * over_mu, s = r * r;
        double delta = 0.5 * p * r * (1.0 - s * (0.25 - s * (0.125 - s * (5.0 / 64.0 - s * (7.0 / 128.0)))));
        double y = n * (delta * (1.0 - delta * (0.5 - delta * (1.0 / 6.0 - delta * (1.0 / 24.0)))));
        value[k] = at_mu - y * (1.0 - y * (0.5 - y * (1.0 / 3.0 - y * (0.25 - y * 0.2))));
    }
    for (int k = few; k < high; k++) {
        double p = scale * u[k];
        value[k] = -vector_log(-vector_expm1(-sqrt(p * p + mu2)));
    }
}

/* Int y^(3/2)/(e^y + 1) dt over one step in t = ln y that begins at y = scale u. */
VECTOR_INLINE void phi_steps_in(
    int low, int high, double scale, const Rule* restrict rule, double* restrict value)
{
    for (int k = low; k < high; k++) {
        double y = scale * rule->u[k], total = 0.0;
        for (int j = 0; j < N_STEP; j++) {
            double e = vector_exp(-y * rule->step_y[j]);
            total += rule->step_w[j] * e / (1.0 + e);
        }
        value[k] = y * sqrt(y) * total;
    }
}

/* Sum of weight s^2 e^-s^2/(1 + e^-s^2), N_PHI nodes. */
VECTOR_INLINE double phi_sum_in(const double* restrict s, const double* restrict weight)
{
    double value[N_PHI];
    for (int k = 0; k < N_PHI; k++) {
        double s2 = s[k] * s[k], e = vector_exp(-s2);
        value[k] = weight[k] * s2 * e / (1.0 + e);
    }
    return sum_by_lanes(N_PHI, value);
}

/* Int p^(2n) N_B dp/h, n = 0 .. N_TERMS, from N_B, which is overwritten; p below 1e-11 counts for n = 0 only, or its
   powers would become denormal numbers. */
VECTOR_INLINE void moments_in(
    int low, int high, const double* restrict u, double* restrict value, double* restrict moments)
{
    for (int n = 0; n <= N_TERMS; n++) {
        moments[n] = dot(low, high, u, value);
        while (low + VECTOR_LANES < high && u[low + VECTOR_LANES - 1] < 1e-11)
            low += VECTOR_LANES;
        for (int k = low; k < high; k++)
            value[k] *= u[k] * u[k];
    }
}

/* Sum of q^3 eps/(e^eps + 1) over q = u, eps^2 = q^2 + mass^2. */
VECTOR_INLINE double lepton_sum_in(int low, int high, double mass2, const double* restrict u)
{
    double value[MAX_U];
    for (int k = low; k < high; k++) {
        double q = u[k], eps = sqrt(q * q + mass2), e = vector_exp(-eps);
        value[k - low] = q * q * q * eps * e / (1.0 + e);
    }
    return sum_by_lanes(high - low, value);
}

typedef struct {
    void (*fermi_nodes)(int, int, double, const double*, double*);
    void (*bose_nodes)(int, int, double, double, const double*, double*);
    void (*phi_steps)(int, int, double, const Rule*, double*);
    double (*phi_sum)(const double*, const double*);
    void (*moments)(int, int, const double*, double*, double*);
    double (*lepton_sum)(int, int, double, const double*);
    double (*dot)(int, int, const double*, const double*);
} Loops;

#define LOOPS(target, end) \
    target static void fermi_nodes##end(int few, int high, double scale, const double* u, double* value) \
    { fermi_nodes_in(few, high, scale, u, value); } \
    target static void bose_nodes##end(int few, int high, double scale, double mu, const double* u, double* value) \
    { bose_nodes_in(few, high, scale, mu, u, value); } \
    target static void phi_steps##end(int low, int high, double scale, const Rule* rule, double* value) \
    { phi_steps_in(low, high, scale, rule, value); } \
    target static double phi_sum##end(const double* s, const double* weight) { return phi_sum_in(s, weight); } \
    target static void moments##end(int low, int high, const double* u, double* value, double* result) \
    { moments_in(low, high, u, value, result); } \
    target static double lepton_sum##end(int low, int high, double mass2, const double* u) \
    { return lepton_sum_in(low, high, mass2, u); } \
    target static double dot##end(int low, int high, const double* a, const double* b) \
    { return dot(low, high, a, b); } \
    static const Loops loops##end = { \
        fermi_nodes##end, bose_nodes##end, phi_steps##end, phi_sum##end, moments##end, lepton_sum##end, dot##end};
LOOPS(, _plain)
LOOPS(VECTOR_AVX2, _avx2)
LOOPS(VECTOR_AVX512, _avx512)

static const Loops* loops_of_width(int width)
{
    return width == 8 ? &loops_avx512 : width == 4 ? &loops_avx2 : &loops_plain;
}

#endif
