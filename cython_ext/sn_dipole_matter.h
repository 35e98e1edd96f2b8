/* The C of sn_dipole_matter.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_MATTER_H
#define NUBOUNDS_SN_DIPOLE_MATTER_H

#include "sn_dipole_response.h"

enum { INTEGRALS = 8, CELLS = NODES - 2 * VECTOR_LANES, BLOCK = 64, LINES = 8, PARTS = 2 };

/* The first node is so far inside its cell: targets may set in just above the least Q2. */
static const double INSIDE = 0.03;

/* Running integrals over Q2 and their derivatives by ln(Q2 + k2), at one end of a cell. */
typedef struct { double value[INTEGRALS], slope[INTEGRALS]; } Sums;

/* A line of one transfer q0 at which the target gains energy: cells in ln(Q2 + k2) from Q2 = low to high, so many per
   unit, the first of which starts at `start`; without cells nothing is there. */
typedef struct { int cells; double q0, weight, low, high, k2, start, per_unit; Sums sums[CELLS + 1]; } Line;

/* Lines at Gauss nodes between two q0. */
typedef struct {
    int lines;
    double low, high, nodes[LINES], weights[LINES], scales[LINES];       /* of the polynomials that are 1 at one node */
    Line line[LINES];
} Panel;

/* Active neutrinos: a temperature, a chemical potential and a dilution; by how much they exceed the energy of N at
   most; and perhaps ln c, a, b of three shapes c E^(a - 2) e^(-b E), which make N in place of thermal ones. */
typedef struct { double T, mu, dilution, most; const double* shapes; } Neutrinos;

/* N of n energies: E_N, E_N + k_N and M^2, with VECTOR_LANES more of any; and how many are made and taken. */
typedef struct { int n; const double *E, *total, *M2; double *made, *taken; } Steriles;

/* The integrals of a line: of dQ2 times the longitudinal response over q^2 times Q2 and 1, and times the transverse one
   times 1/Q2, 1, Q2, Q2/q^2 and 1/q^2. */
VECTOR_INLINE void fill(Line* line, const Gas* g, const Polylogarithms* series, const Dawson* dawson)
{
    const int nodes = line->cells + 1, padded = (nodes + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    const double first = line->low + line->k2, width = 1.0 / line->per_unit;
    double q0s[NODES], Q2s[NODES], q[NODES], large[NODES], small[NODES], longitudinal[NODES], transverse[NODES];
    double jacobian[NODES];
    for (int k = 0; k < padded; k++) {
        double grown = first * vector_expm1(k * width);
        q0s[k] = line->q0;
        Q2s[k] = line->low + grown;
        jacobian[k] = first + grown;
    }
    Q2s[0] += INSIDE * (Q2s[1] - Q2s[0]);
    responses(padded, g, series, dawson, q0s, Q2s, q, large, small, longitudinal, transverse);
    for (int k = 0; k < nodes; k++) {
        double Q2 = Q2s[k], over_q2 = 1.0 / (q[k] * q[k]), *slope = line->sums[k].slope;
        double L = longitudinal[k] * jacobian[k] * over_q2, H = transverse[k] * jacobian[k];
        slope[0] = L * Q2;
        slope[1] = L;
        slope[2] = H / Q2;
        slope[3] = H;
        slope[4] = H * Q2;
        slope[5] = H * Q2 * over_q2;
        slope[6] = H * over_q2;
        slope[7] = 0.0;
    }
    for (int i = 0; i < INTEGRALS; i++)
        line->sums[0].value[i] = 0.0;
    for (int k = 0; k < line->cells; k++) {         /* of the cubic through four nodes */
        const Sums* a = line->sums + k;
        for (int i = 0; i < INTEGRALS; i++) {
            double sum;
            if (k == 0)
                sum = 9.0 * a[0].slope[i] + 19.0 * a[1].slope[i] - 5.0 * a[2].slope[i] + a[3].slope[i];
            else if (k + 1 == line->cells)
                sum = 9.0 * a[1].slope[i] + 19.0 * a[0].slope[i] - 5.0 * a[-1].slope[i] + a[-2].slope[i];
            else
                sum = 13.0 * (a[0].slope[i] + a[1].slope[i]) - a[-1].slope[i] - a[2].slope[i];
            line->sums[k + 1].value[i] = a->value[i] + width / 24.0 * sum;
        }
    }
}

/* Occupations of the six species of active neutrinos together, of those that make N and of thermal ones. */
VECTOR_INLINE void occupations(int n, const Neutrinos* by, const double* restrict E, double* restrict present,
                               double* restrict thermal)
{
    const double over_T = 1.0 / by->T, eta = by->mu * over_T;
    for (int k = 0; k < n; k++) {
        double y = E[k] * over_T;
        double electron = 1.0 / (1.0 + vector_exp(y - eta)) + 1.0 / (1.0 + vector_exp(y + eta));
        thermal[k] = by->dilution * (electron + 4.0 / (1.0 + vector_exp(y)));
    }
    for (int k = 0; k < n; k++)
        present[k] = by->shapes ? 0.0 : thermal[k];
    for (int i = 0; by->shapes && i < 9; i += 3)
        for (int k = 0; k < n; k++) {
            double log_E = vector_log(vector_choose(E[k] > 1e-300, E[k], 1e-300));
            present[k] += vector_exp(by->shapes[i] + (by->shapes[i + 1] - 2.0) * log_E - by->shapes[i + 2] * E[k]);
        }
}

/* Where n values of Q2 lie, at ln(Q2 + k2): their cells, and the weights of values and slopes at the ends of these. */
typedef struct { int cell[BLOCK]; double v0[BLOCK], v1[BLOCK], s0[BLOCK], s1[BLOCK]; } Places;

VECTOR_INLINE void find_places(int n, const Line* line, const double* restrict at, const double* restrict shares,
                               Places* restrict p)
{
    const double per_unit = line->per_unit, width = 1.0 / per_unit, start = line->start, end = line->cells;
    const int last = line->cells - 1;
    for (int k = 0; k < n; k++) {
        double s = (at[k] - start) * per_unit;
        s = vector_choose(s > 0.0, s, 0.0);
        s = vector_choose(s < end, s, end);
        int cell = (int) s;
        cell = cell < last ? cell : last;
        double t = s - cell, rest = 1.0 - t, low = shares[k] * rest * rest, high = shares[k] * t * t;
        p->cell[k] = cell;
        p->v0[k] = low * (1.0 + 2.0 * t);
        p->v1[k] = high * (1.0 + 2.0 * rest);
        p->s0[k] = low * t * width;
        p->s1[k] = -high * rest * width;
    }
}

/* Add the integrals up to the k-th place, by cubics, times its share. */
VECTOR_INLINE void add_up_to(const Line* line, const Places* p, int k, double* restrict J)
{
    const Sums* ends = line->sums + p->cell[k];
    double v0 = p->v0[k], v1 = p->v1[k], s0 = p->s0[k], s1 = p->s1[k];
    for (int i = 0; i < INTEGRALS; i++)
        J[i] += v0 * ends[0].value[i] + v1 * ends[1].value[i] + s0 * ends[0].slope[i] + s1 * ends[1].slope[i];
}

/* kappa's integral at E1 = E + shift from the integrals over Q2. */
VECTOR_INLINE double combined(double E, double M2, double shift, const double* J)
{
    double K = 2.0 * E + shift, M4 = M2 * M2;
    double C1 = 0.5 * (K * K - M2), C2 = 0.5 * (M2 * (2.0 * K * shift + shift * shift) + M4);
    double sum = C1 * (J[0] + 0.5 * J[5]) - C2 * (J[1] + 0.5 * J[6]) + 0.5 * M4 * J[2];
    return sum + 0.25 * (M2 * J[3] - J[4]);
}

/* An end of the range of Q2 on the side of E1 = E_N - q0 reaches Q2 = 0 at one q0; is that in a panel, or so near it
   that its nodes do not resolve what happens there? */
VECTOR_INLINE int is_sharp(const Panel* panel, double still)
{
    return still > panel->low && still < panel->high + 0.2 * (panel->high - panel->low);
}

/* Add what a line of a panel gives to N: where the target gains the energy q0, E1 = E_N + q0 (side = 1), with the
   line's responses as they are, or where it loses it (-1).  The responses of one are those of the other times
   e^(-q0/T); absorption is the inverse. */
VECTOR_INLINE void add_line(const Panel* panel, const Line* line, int side, const Neutrinos* around, Steriles* N)
{
    const double shift = side * line->q0, rarer = line->weight * vector_exp(-line->q0 / around->T);
    const double make = side > 0 ? line->weight : rarer, take = side > 0 ? rarer : line->weight;
    double plus[BLOCK], minus[BLOCK];
    Places lower, upper;
    int first = 0;
    for (int k = 0; k < BLOCK; k++)
        plus[k] = 1.0, minus[k] = -1.0;
    if (side < 0)                           /* N of so little energy have nothing left */
        while (first < N->n && N->total[first] < 2.0 * line->q0)
            first++;
    else if (line->q0 > around->most)
        return;
    for (int start = first; start < N->n; start += BLOCK) {
        const int n = N->n - start < BLOCK ? N->n - start : BLOCK;
        const int padded = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
        const double *E = N->E + start, *total = N->total + start, *M2 = N->M2 + start;
        double E1[BLOCK], low[BLOCK], high[BLOCK], present[BLOCK], thermal[BLOCK];
        double J[BLOCK][INTEGRALS];
        int some[BLOCK];
        for (int k = 0; k < padded; k++) {
            double least = M2[k] * (2.0 * shift + M2[k] / total[k]) / total[k];
            double most = total[k] * (2.0 * shift + total[k]);
            some[k] = (most > line->low) + 2 * (least > line->low);
            least = vector_choose(least > line->low, least, line->low);
            most = vector_choose(most > line->low, most, line->low);
            low[k] = vector_choose(least < line->high, least, line->high);
            high[k] = vector_choose(most < line->high, most, line->high);
            E1[k] = E[k] + shift;
        }
        for (int k = 0; k < padded; k++)
            low[k] = vector_log(low[k] + line->k2);
        for (int k = 0; k < padded; k++)
            high[k] = vector_log(high[k] + line->k2);
        occupations(padded, around, E1, present, thermal);
        find_places(padded, line, low, minus, &lower);
        find_places(padded, line, high, plus, &upper);
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < INTEGRALS; i++)
                J[k][i] = 0.0;
            if ((some[k] & 1) && !(side < 0 && is_sharp(panel, 0.5 * total[k])))
                add_up_to(line, &upper, k, J[k]);
            if ((some[k] & 2) && !(side < 0 && is_sharp(panel, 0.5 * M2[k] / total[k])))
                add_up_to(line, &lower, k, J[k]);
        }
        for (int k = 0; k < n; k++) {
            double sum = combined(E[k], M2[k], shift, J[k]);
            N->made[start + k] += make * present[k] * sum;
            N->taken[start + k] += take * (6.0 - thermal[k]) * sum;
        }
    }
}

/* The same where an end of the range of Q2, slope (still - q0), reaches 0 in or near a panel: nodes crowd there, and
   integrals up to a Q2 are interpolated between the lines. */
VECTOR_INLINE void add_sharp(const Panel* panel, double still, double slope, double sign, const Neutrinos* around,
                             double E, double M2, double* made, double* taken)
{
    enum { MOST = PARTS * LINES };
    const double nearest = still > panel->high ? still - panel->high : 0.0, farthest = still - panel->low;
    const double middle = 0.5 * (panel->low + panel->high), over_half = 2.0 / (panel->high - panel->low);
    const int n = PARTS * panel->lines, padded = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    double q0[MOST], E1[MOST], weight[MOST], present[MOST], thermal[MOST], rarer[MOST], at[MOST], shares[MOST];
    double J[MOST][INTEGRALS];
    Places places;
    double b = farthest - nearest;
    for (int k = 0; k < padded; k++)
        weight[k] = 0.0, q0[k] = middle;
    for (int part = 0, k = 0; part < PARTS; part++, b *= 0.25) {        /* each a quarter as far away */
        double a = part + 1 < PARTS ? 0.25 * b : 0.0;
        for (int i = 0; i < panel->lines; i++, k++) {
            q0[k] = still - nearest - 0.5 * (a + b) - 0.5 * (b - a) * panel->nodes[i];
            weight[k] = sign * 0.5 * (b - a) * panel->weights[i];
        }
    }
    for (int k = 0; k < padded; k++) {
        E1[k] = E - q0[k];
        rarer[k] = vector_exp(-q0[k] / around->T);
        for (int i = 0; i < INTEGRALS; i++)
            J[k][i] = 0.0;
    }
    occupations(padded, around, E1, present, thermal);
    for (int l = 0; l < panel->lines; l++) {
        const Line* line = panel->line + l;
        if (!line->cells)
            continue;
        for (int k = 0; k < padded; k++) {
            double Q2 = slope * (still - q0[k]);
            Q2 = vector_choose(Q2 > line->low, Q2, line->low);
            at[k] = vector_log(vector_choose(Q2 < line->high, Q2, line->high) + line->k2);
            shares[k] = panel->scales[l];
        }
        for (int i = 0; i < panel->lines; i++)
            for (int k = 0; i != l && k < padded; k++)
                shares[k] *= (q0[k] - middle) * over_half - panel->nodes[i];
        find_places(padded, line, at, shares, &places);
        for (int k = 0; k < n; k++)
            add_up_to(line, &places, k, J[k]);
    }
    for (int k = 0; k < n; k++) {
        double sum = weight[k] * combined(E, M2, -q0[k], J[k]);
        *made += rarer[k] * present[k] * sum;
        *taken += (6.0 - thermal[k]) * sum;
    }
}

VECTOR_INLINE void add_all(Panel* panel, const Gas* g, const Polylogarithms* series, const Dawson* dawson,
                           const Neutrinos* around, Steriles* N)
{
    for (int l = 0; l < panel->lines; l++) {
        Line* line = panel->line + l;
        if (line->cells) {
            fill(line, g, series, dawson);
            add_line(panel, line, 1, around, N);
            add_line(panel, line, -1, around, N);
        }
    }
    for (int k = 0; k < N->n; k++) {
        double still = 0.5 * N->total[k], cone = 0.5 * N->M2[k] / N->total[k];
        if (is_sharp(panel, still))
            add_sharp(panel, still, 2.0 * N->total[k], 1.0, around, N->E[k], N->M2[k], N->made + k, N->taken + k);
        if (is_sharp(panel, cone))
            add_sharp(panel, cone, 2.0 * N->M2[k] / N->total[k], -1.0, around, N->E[k], N->M2[k], N->made + k,
                      N->taken + k);
    }
}

/* gamma nu <-> N of energy E, momentum p and mass M around photons of mass^2 m2, over the neutrino's energy E1 between
   two ends of u = ln(E1/omega): soft neutrinos and soft photons are resolved.  n nodes and weights on [-1, 1], a
   multiple of VECTOR_LANES; adds to made and taken what is to be divided by 4 pi p E. */
VECTOR_INLINE void decay_between(int n, const double* nodes, const double* weights, double from, double to, double E,
                                 double p, double M2, double m2, const Neutrinos* around, double* made, double* taken)
{
    const double middle = 0.5 * (from + to), half = 0.5 * (to - from), over_T = 1.0 / around->T;
    double E1[NODES], omega[NODES], present[NODES], thermal[NODES], photons[NODES], factor[NODES];
    double makes[NODES], takes[NODES];
    for (int k = 0; k < n; k++) {
        double ratio = vector_exp(middle + half * nodes[k]);
        omega[k] = E / (1.0 + ratio);
        E1[k] = omega[k] * ratio;
    }
    for (int k = 0; k < n; k++)
        photons[k] = 1.0 / vector_expm1(omega[k] * over_T);
    occupations(n, around, E1, present, thermal);
    for (int k = 0; k < n; k++) {           /* across: (E1 times the sine of the angle between both)^2 */
        double k2 = vector_choose(omega[k] * omega[k] > m2, omega[k] * omega[k] - m2, 1e-300);
        double along = p * p - E1[k] * E1[k] - k2, across = E1[k] * E1[k] - along * along / (4.0 * k2);
        across = vector_choose(across > 0.0, across, 0.0);
        factor[k] = half * weights[k] * E1[k] * omega[k] / E * (M2 * (M2 - m2) - 2.0 * m2 * across);
    }
    for (int k = 0; k < n; k++) {
        makes[k] = factor[k] * present[k] * photons[k];
        takes[k] = factor[k] * (6.0 - thermal[k]) * (1.0 + photons[k]);
    }
    *made += sum_by_lanes(n, makes);
    *taken += sum_by_lanes(n, takes);
}

typedef void (*AddPanel)(Panel*, const Gas*, const Polylogarithms*, const Dawson*, const Neutrinos*, Steriles*);
#define ADD_PANEL(name) void name( \
    Panel* panel, const Gas* g, const Polylogarithms* series, const Dawson* dawson, const Neutrinos* around, \
    Steriles* N) \
    { add_all(panel, g, series, dawson, around, N); }
typedef void (*Decay)(int, const double*, const double*, double, double, double, double, double, double,
                      const Neutrinos*, double*, double*);
#define DECAY(name) void name( \
    int n, const double* nodes, const double* weights, double from, double to, double E, double p, double M2, \
    double m2, const Neutrinos* around, double* made, double* taken) \
    { decay_between(n, nodes, weights, from, to, E, p, M2, m2, around, made, taken); }
static ADD_PANEL(add_panel)
static DECAY(decay)
VECTOR_AVX2 static ADD_PANEL(add_panel_avx2)
VECTOR_AVX2 static DECAY(decay_avx2)
VECTOR_AVX512 static ADD_PANEL(add_panel_avx512)
VECTOR_AVX512 static DECAY(decay_avx512)
static AddPanel add_panel_of_width(int width)
{
    return width == 8 ? add_panel_avx512 : width == 4 ? add_panel_avx2 : add_panel;
}
static Decay decay_of_width(int width)
{
    return width == 8 ? decay_avx512 : width == 4 ? decay_avx2 : decay;
}

#endif
