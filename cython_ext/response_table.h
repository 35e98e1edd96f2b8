/* The C of response_table.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_RESPONSE_TABLE_H
#define NUBOUNDS_RESPONSE_TABLE_H

#include <math.h>

#include "nucleon_response.h"
#include "vector_math.h"

/* Per node: Q^2 and the weights of the integrals that have a propagator. */
typedef struct { double *Q2, *vector, *axial, *scalar; int n; } Table;

/* |q| = lightest sinh(t) up to a tenth of q_max, then |q| itself.  Filled up with nodes of weight zero. */
VECTOR_INLINE void nodes_of_line(const Rule* rule, double lightest, double q_max, double line_weight, Line* line)
{
    const Axis* low = &rule->q_log;
    const Axis* high = &rule->q_linear;
    const double q_light = 0.1 * q_max, middle = 0.5 * (q_max + q_light), half = 0.5 * (q_max - q_light);
    const double half_t = 0.5 * asinh(q_light / lightest);
    const double low_weight = 0.5 * lightest * half_t * line_weight, high_weight = half * line_weight;
    double growth[MOST_NODES];
    double* restrict q = line->q;
    double* restrict weight = line->weight;
    for (int k = 0; k < low->n; k++)
        growth[k] = vector_expm1(half_t + half_t * low->x[k]);
    for (int k = 0; k < low->n; k++) {
        double e = 1.0 + growth[k], over_e = 1.0 / e;
        q[k] = 0.5 * lightest * (growth[k] + growth[k] * over_e);       /* sinh */
        weight[k] = low_weight * low->w[k] * (e + over_e);              /* cosh */
    }
    q += low->n;
    weight += low->n;
    for (int k = 0; k < high->n; k++) {
        q[k] = middle + half * high->x[k];
        weight[k] = high_weight * high->w[k];
    }
    line->n = whole_vectors(low->n + high->n);
    for (int k = high->n; k < line->n - low->n; k++) {
        q[k] = q[high->n - 1];
        weight[k] = 0.0;
    }
}

/* Add to the table what the line gives to the integrals with a propagator, and to sm (vv, aa, va) to those
   without. */
VECTOR_INLINE void integrals_of_line(const State* s, const Line* line, Table* table, double* sm)
{
    const double over_T = 1.0 / s->T, E_nu = s->E_nu, free = E_nu - s->mu_nu, m2 = s->m_eff * s->m_eff;
    const double factor = line->v / (64.0 * M_PI * M_PI * M_PI * E_nu), u = line->u, v = line->v;
    const double* restrict S0 = line->S0;
    const double* restrict S1 = line->S1;
    const double* restrict S2 = line->S2;
    double* restrict Q2 = table->Q2 + table->n;
    double* restrict vector = table->vector + table->n;
    double* restrict axial = table->axial + table->n;
    double* restrict scalar = table->scalar + table->n;
    double vv[MOST_NODES], aa[MOST_NODES], va[MOST_NODES];
    for (int k = 0; k < line->n; k++)
        vv[k] = vector_exp(-fabs((free - u * line->q[k]) * over_T));
    for (int k = 0; k < line->n; k++) {
        double q = line->q[k], hole = vector_choose(free - u * q > 0.0, 1.0, vv[k]) / (1.0 + vv[k]);
        double w = line->weight[k] * factor * q * hole, X = v * q * q;
        double common = w * (2.0 * S2[k] - X * S1[k] + 0.25 * X * X * S0[k]), mass = w * 0.5 * m2 * X * S0[k];
        Q2[k] = X;
        vv[k] = common - mass;
        aa[k] = common + mass;
        va[k] = w * 2.0 * X * (S1[k] - 0.25 * X * S0[k]);
        vector[k] = 4.0 * vv[k];
        axial[k] = w * X * (X * S0[k] - 4.0 * S1[k]);
        scalar[k] = w * X * (4.0 * m2 + X) * S0[k];
    }
    sm[0] += sum_by_lanes(line->n, vv);
    sm[1] += sum_by_lanes(line->n, aa);
    sm[2] += sum_by_lanes(line->n, va);
    table->n += line->n;
}

/* sums: vector and axial with one propagator, vector and scalar with its square; node k + 64 i is added to the k-th
   of 64 partial sums, which a compiler does in vectors without a change of order. */
VECTOR_INLINE void sums_with_propagator(const Table* table, double mass, double* sums)
{
    enum { PARTS = 64 };
    const double m2 = mass * mass;
    double once_v[PARTS] = {0}, once_a[PARTS] = {0}, twice_v[PARTS] = {0}, twice_s[PARTS] = {0};
    for (int start = 0; start < table->n; start += PARTS) {
        const double *Q2 = table->Q2 + start, *vector = table->vector + start;
        const double *axial = table->axial + start, *scalar = table->scalar + start;
        const int n = table->n - start < PARTS ? table->n - start : PARTS;
        for (int k = 0; k < n; k++) {
            double d = 1.0 / (Q2[k] + m2), once = d * vector[k];
            once_v[k] += once;
            once_a[k] += d * axial[k];
            twice_v[k] += d * once;
            twice_s[k] += d * d * scalar[k];
        }
    }
    sums[0] = sum_by_lanes(PARTS, once_v);
    sums[1] = sum_by_lanes(PARTS, once_a);
    sums[2] = sum_by_lanes(PARTS, twice_v);
    sums[3] = sum_by_lanes(PARTS, twice_s);
}

typedef struct {
    void (*nodes)(const Rule*, double, double, double, Line*);
    void (*moments)(const State*, const Rule*, Line*);
    void (*integrals)(const State*, const Line*, Table*, double*);
    void (*sums)(const Table*, double, double*);
    void (*fermi)(int, const Polylogarithms*, const double*, double*, double*, double*);
} LineFunctions;

#define LINE_FUNCTIONS(version, suffix) \
    version static void \
    line_nodes##suffix(const Rule* rule, double lightest, double q_max, double weight, Line* line) \
    { nodes_of_line(rule, lightest, q_max, weight, line); } \
    version static void line_moments##suffix(const State* s, const Rule* rule, Line* line) \
    { moments_of_line(s, rule, line); } \
    version static void line_integrals##suffix(const State* s, const Line* line, Table* table, double* sm) \
    { integrals_of_line(s, line, table, sm); } \
    version static void table_sums##suffix(const Table* table, double mass, double* sums) \
    { sums_with_propagator(table, mass, sums); } \
    version static void fermi_integrals##suffix( \
        int n, const Polylogarithms* series, const double* eta, double* J0, double* J1, double* J2) \
    { vector_fermi_dirac(n, series, eta, J0, J1, J2); } \
    static const LineFunctions line_functions##suffix = { \
        line_nodes##suffix, line_moments##suffix, line_integrals##suffix, table_sums##suffix, \
        fermi_integrals##suffix};
LINE_FUNCTIONS(, _plain)
LINE_FUNCTIONS(VECTOR_AVX2, _avx2)
LINE_FUNCTIONS(VECTOR_AVX512, _avx512)
static const LineFunctions* line_functions(int widest)
{
    int width = vector_width(widest);
    return width == 8 ? &line_functions_avx512 : width == 4 ? &line_functions_avx2 : &line_functions_plain;
}

#endif
