/* The C of nucleon_response.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_NUCLEON_RESPONSE_H
#define NUBOUNDS_NUCLEON_RESPONSE_H

#include "fermi_dirac.h"
#include "fermi_tail.h"
#include "vector_math.h"

enum { MOST_NODES = 256 };          /* in |q| together, and in a piece of energy */
enum { CUT = 30 };                  /* energies count up to 30 T beyond the Fermi surface: e^-30 = 1e-13 */
enum { RELATIVE_VELOCITY, PK };     /* FLUX = E_N E_nu, or p.k as printed in Eq. (19) */
enum { EXACT, ROOT_SUM, ROOT_PLUS, ROOT_AVERAGE };  /* nucleon's azimuth around q, or the roots of Eq. (18) */

typedef struct {
    double T, m_eff, mu_eff;        /* temperature, nucleon's effective mass and chemical potential */
    double E_nu, mu_nu;             /* neutrino's energy, and the chemical potential in its blocking factor */
    int flux, azimuth;
} State;

typedef struct { const double *x, *w; int n; } Axis;    /* Gauss-Legendre rule on [-1, 1] */

typedef struct {
    Axis eta, eta_outer;            /* between and outside the Fermi surfaces */
    Axis q_log, q_linear;           /* |q| below and above a tenth of its largest value */
    Axis energy, angle;
    Axis propagator;                /* Q^2 of 1/lambda_0 */
    const Polylogarithms* polylogarithms;
} Rule;

/* The nodes of one eta: |q|, their weights, and S_n there; n is a multiple of VECTOR_LANES. */
typedef struct {
    int n;
    double u, v, q[MOST_NODES], weight[MOST_NODES], S0[MOST_NODES], S1[MOST_NODES], S2[MOST_NODES];
} Line;

static inline int whole_vectors(int n) { return (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES; }

/* f (1 - f') = numerator / denominator, with y = (E_N - mu*)/T, w = q0/T and root = exp(-w/2). */
typedef struct { double numerator, denominator; } Fraction;

VECTOR_INLINE Fraction nucleon_blocking(double y, double w, double root)
{
    Fraction f;
    f.numerator = vector_exp(-fabs(y + 0.5 * w));
    f.denominator = f.numerator * (1.0 + root * root) + root * (1.0 + f.numerator * f.numerator);
    return f;
}

/* Edges of the intervals of E_N below, around and above both Fermi surfaces; returns how many intervals. */
static inline int energy_pieces(const State* s, double q0, double E_min, double* edge)
{
    double low = s->mu_eff - fmax(0.0, q0), high = s->mu_eff - fmin(0.0, q0);
    double inner[3] = {low - 5.0 * s->T, high + 5.0 * s->T, fmax(high, E_min) + CUT * s->T};
    int n = 0;
    edge[0] = fmax(E_min, low - CUT * s->T);
    for (int i = 0; i < 3; i++)
        if (inner[i] > edge[n])
            edge[++n] = inner[i];
    return n;
}

/* Int dE_N E_N f (1 - f') / sqrt((E_N + shift)^2 + K2), the one moment that is no polynomial in E_N. */
VECTOR_INLINE double inverse_moment(
    const State* s, const Axis* rule, double q0, double E_min, double root, double shift, double K2)
{
    const double over_T = 1.0 / s->T, mu = s->mu_eff, w = q0 * over_T;
    double edge[4], energy[3 * MOST_NODES], weight[3 * MOST_NODES];
    const int pieces = energy_pieces(s, q0, E_min, edge), count = pieces * rule->n, n = whole_vectors(count);
    for (int piece = 0; piece < pieces; piece++) {
        const double middle = 0.5 * (edge[piece + 1] + edge[piece]), half = 0.5 * (edge[piece + 1] - edge[piece]);
        for (int i = 0; i < rule->n; i++) {
            energy[piece * rule->n + i] = middle + half * rule->x[i];
            weight[piece * rule->n + i] = half * rule->w[i];
        }
    }
    for (int i = count; i < n; i++) {
        energy[i] = edge[pieces];
        weight[i] = 0.0;
    }
    for (int i = 0; i < n; i++) {
        double E = energy[i], total = E + shift;
        Fraction f = nucleon_blocking((E - mu) * over_T, w, root);
        weight[i] *= E * f.numerator / (f.denominator * sqrt(total * total + K2));
    }
    return sum_by_lanes(n, weight);
}

VECTOR_INLINE void moments_of_line(const State* s, const Rule* rule, Line* line)
{
    const double u = line->u, v = line->v, T = s->T, mu = s->mu_eff, E_nu = s->E_nu;
    const double over_T = 1.0 / T, over_E = 1.0 / E_nu, ratio = 4.0 * s->m_eff * s->m_eff / v;
    const int n = line->n;
    const double* restrict q = line->q;
    double* restrict S0 = line->S0;
    double* restrict S1 = line->S1;
    double* restrict S2 = line->S2;
    double r[MOST_NODES], E_min[MOST_NODES], growth[MOST_NODES], root[MOST_NODES];
    double eta[2 * MOST_NODES], J0[2 * MOST_NODES], J1[2 * MOST_NODES], J2[2 * MOST_NODES];  /* initial, final */
    for (int k = 0; k < n; k++) {
        r[k] = sqrt(1.0 + ratio / (q[k] * q[k]));
        E_min[k] = 0.5 * q[k] * (r[k] - u);
        eta[k] = (mu - E_min[k]) * over_T;
        eta[n + k] = eta[k] - u * q[k] * over_T;
    }
    for (int k = 0; k < n; k++)
        growth[k] = vector_expm1(-u * q[k] * over_T);
    vector_fermi_dirac(2 * n, rule->polylogarithms, eta, J0, J1, J2);
    for (int k = 0; k < n; k++) {
        double q0 = u * q[k], e = E_nu - 0.5 * q0, bose = -T / growth[k];
        double I0 = bose * (J0[k] - J0[n + k]);             /* Int dE_N x^n f (1 - f') */
        double I1 = bose * T * (J1[k] - J1[n + k]);
        double I2 = bose * T * T * (J2[k] - J2[n + k]);
        double a0 = 0.5 * q[k] * v * (r[k] * e + 0.5 * q[k]), a1 = v * e;
        if (s->flux == PK) {
            S1[k] = E_min[k] * I0 + I1;
            S2[k] = E_min[k] * a0 * I0 + (E_min[k] * a1 + a0) * I1 + a1 * I2;
        } else {
            double b2 = v * v * (E_nu - 0.5 * (q[k] + q0)) * (E_nu + 0.5 * (q[k] - q0));
            S0[k] = I0 * over_E;
            S1[k] = (a0 * I0 + a1 * I1) * over_E;
            S2[k] = a0 * a0 * I0 + (2.0 * a0 * a1 + 0.5 * b2 * q[k] * r[k]) * I1 + (a1 * a1 + 0.5 * b2) * I2;
            S2[k] *= over_E;
        }
    }
    if (s->flux != PK)
        return;
    for (int k = 0; k < n; k++)
        root[k] = vector_exp(-0.5 * u * q[k] * over_T);
    for (int k = 0; k < n; k++) {
        double q0 = u * q[k], e = E_nu - 0.5 * q0, K2 = ratio * (e * e / (q[k] * q[k]) - 0.25);
        S0[k] = inverse_moment(s, &rule->energy, q0, E_min[k], root[k], 0.5 * q0 + e, K2) * 2.0 / (v * q[k]);
    }
}

#endif
