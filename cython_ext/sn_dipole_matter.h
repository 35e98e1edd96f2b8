/* The C of sn_dipole_matter.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_MATTER_H
#define NUBOUNDS_SN_DIPOLE_MATTER_H

#include "sn_dipole_neutrinos.h"
#include "sn_dipole_response.h"

enum { SHARED = 5, CELLS = NODES - 2 * VECTOR_LANES, BLOCK = 64, LINES = 8, PARTS = 2 };

/* The first node is so far inside its cell: targets may set in just above the least Q2. */
static const double INSIDE = 0.03;

/* A line of one transfer q0 at which the target gains energy: cells in ln(Q2 + k2) from Q2 = low to high, so many per
   unit, the first of which starts at `start`; without cells nothing is there.  Running integrals over Q2 are cubics in
   each cell, of how far it is crossed: four coefficients of each, the constant first. */
typedef struct {
    int cells;
    double q0, weight, low, high, k2, start, per_unit, cubic[CELLS][SHARED][4];
} Line;

/* Lines at Gauss nodes between two q0. */
typedef struct {
    int lines;
    double low, high, nodes[LINES], weights[LINES], scales[LINES];       /* of the polynomials that are 1 at one node */
    Line line[LINES];
} Panel;

/* N of n energies: E_N, E_N + k_N and M^2, with VECTOR_LANES more of any; and how many are made and taken. */
typedef struct { int n; const double *E, *total, *M2; double *made, *taken; } Steriles;

/* The running integrals of a line: of dQ2 times A Q2, A, H/Q2, H and H Q2, where H is the transverse response of some
   gases together, and A the longitudinal one over q^2 and half of H/q^2. */
VECTOR_INLINE void fill(Line* line, int gases, const Gas* g, const Polylogarithms* series, const Dawson* dawson)
{
    const int cells = line->cells, nodes = cells + 1, padded = (nodes + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    const double first = line->low + line->k2, width = 1.0 / line->per_unit;
    double q0s[NODES], Q2s[NODES], q[NODES], large[NODES], small[NODES], longitudinal[NODES], transverse[NODES];
    double more[2][NODES], jacobian[NODES], slopes[SHARED][NODES + 2], step[NODES], value[NODES];
    for (int k = 0; k < padded; k++) {
        double grown = first * vector_expm1(k * width);
        q0s[k] = line->q0;
        Q2s[k] = line->low + grown;
        jacobian[k] = (first + grown) * width;
    }
    Q2s[0] += INSIDE * (Q2s[1] - Q2s[0]);
    responses(padded, g, series, dawson, q0s, Q2s, q, large, small, longitudinal, transverse);
    for (int i = 1; i < gases; i++) {
        responses(padded, g + i, series, dawson, q0s, Q2s, q, large, small, more[0], more[1]);
        for (int k = 0; k < padded; k++) {
            longitudinal[k] += more[0][k];
            transverse[k] += more[1][k];
        }
    }
    for (int k = 0; k < padded; k++) {
        double Q2 = Q2s[k], H = transverse[k] * jacobian[k];
        double A = (longitudinal[k] + 0.5 * transverse[k]) * jacobian[k] / (q[k] * q[k]);
        slopes[0][k + 1] = A * Q2;
        slopes[1][k + 1] = A;
        slopes[2][k + 1] = H / Q2;
        slopes[3][k + 1] = H;
        slopes[4][k + 1] = H * Q2;
    }
    for (int i = 0; i < SHARED; i++) {
        double* slope = slopes[i];
        slope[0] = 4.0 * slope[1] - 6.0 * slope[2] + 4.0 * slope[3] - slope[4];     /* the cubic through four nodes */
        slope[nodes + 1] = 4.0 * slope[nodes] - 6.0 * slope[nodes - 1] + 4.0 * slope[nodes - 2] - slope[nodes - 3];
        for (int k = 0; k < cells; k++)
            step[k] = (13.0 * (slope[k + 1] + slope[k + 2]) - slope[k] - slope[k + 3]) * (1.0 / 24.0);
        value[0] = 0.0;
        for (int k = 0; k < cells; k++)
            value[k + 1] = value[k] + step[k];
        for (int k = 0; k < cells; k++) {
            double low = slope[k + 1], high = slope[k + 2], *cubic = line->cubic[k][i];
            cubic[0] = value[k];
            cubic[1] = low;
            cubic[2] = 3.0 * step[k] - 2.0 * low - high;
            cubic[3] = low + high - 2.0 * step[k];
        }
    }
}

/* Where n values of Q2 lie, at ln(Q2 + k2): in which cell, and how far they are across. */
typedef struct { int cell[BLOCK]; double across[BLOCK]; } Places;

VECTOR_INLINE void find_places(int n, const Line* line, const double* restrict at, Places* restrict p)
{
    const double per_unit = line->per_unit, start = line->start, end = line->cells;
    const int last = line->cells - 1;
    for (int k = 0; k < n; k++) {
        double s = (at[k] - start) * per_unit;
        s = vector_choose(s > 0.0, s, 0.0);
        s = vector_choose(s < end, s, end);
        int cell = (int) s;
        cell = cell < last ? cell : last;
        p->cell[k] = cell;
        p->across[k] = s - cell;
    }
}

/* What n N of mass M multiply the running integrals with, the last one apart, at E1 = E + shift, K = E1 + E. */
typedef struct { double of[SHARED - 1][BLOCK]; } Factors;

VECTOR_INLINE void set_factors(int n, const double* restrict M2, const double* restrict K, const double* restrict shift,
                               Factors* restrict f)
{
    for (int k = 0; k < n; k++) {
        double half = 0.5 * M2[k];
        f->of[0][k] = 0.5 * K[k] * K[k] - half;
        f->of[1][k] = -half * (shift[k] * (2.0 * K[k] + shift[k]) + M2[k]);
        f->of[2][k] = half * M2[k];
        f->of[3][k] = 0.5 * half;
    }
}

/* As VectorLanes. */
typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));

/* kappa's integral up to the k-th place. */
VECTOR_INLINE double up_to(const Line* line, const Places* p, const Factors* f, int k)
{
    const Four* J = (const Four*) line->cubic[p->cell[k]];
    const Four c = f->of[0][k] * J[0] + f->of[1][k] * J[1] + f->of[2][k] * J[2] + f->of[3][k] * J[3] - 0.25 * J[4];
    const double t = p->across[k];
    return (c[0] + t * c[1]) + t * t * (c[2] + t * c[3]);
}

/* An end of the range of Q2 on the side of E1 = E_N - q0 reaches Q2 = 0 at one q0, `still`.  Below this one it is in a
   panel, or so near it that its nodes do not resolve what happens there. */
VECTOR_INLINE double sharp_below(const Panel* panel) { return panel->high + 0.2 * (panel->high - panel->low); }

VECTOR_INLINE int is_sharp(const Panel* panel, double still)
{
    return still > panel->low && still < sharp_below(panel);
}

/* Add what a line of a panel gives to N: where the target gains the energy q0, E1 = E_N + q0 (side = 1), with the
   line's responses as they are, or where it loses it (-1).  The responses of one are those of the other times
   e^(-q0/T); absorption is the inverse. */
VECTOR_INLINE void add_line(const Panel* panel, const Line* line, int side, const Neutrinos* around, Steriles* N)
{
    const double shift = side * line->q0, rarer = line->weight * vector_exp(-line->q0 / around->T);
    const double make = side > 0 ? line->weight : rarer, take = side > 0 ? rarer : line->weight;
    const double sharp_from = side < 0 ? panel->low : 0.0, sharp_to = side < 0 ? sharp_below(panel) : 0.0;
    int begin = 0;
    if (side < 0)                           /* N of so little energy have nothing left */
        while (begin < N->n && N->total[begin] < 2.0 * line->q0)
            begin++;
    else if (line->q0 > around->most)
        return;
    for (int start = begin; start < N->n; start += BLOCK) {
        const int n = N->n - start < BLOCK ? N->n - start : BLOCK;
        const int padded = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
        const double *E = N->E + start, *total = N->total + start, *M2 = N->M2 + start;
        double E1[BLOCK], low[BLOCK], high[BLOCK], present[BLOCK], thermal[BLOCK], sums[BLOCK];
        double K[BLOCK], shifts[BLOCK];
        int some[BLOCK];
        Places lower, upper;
        Factors factors;
        for (int k = 0; k < padded; k++) {
            double least = M2[k] * (2.0 * shift + M2[k] / total[k]) / total[k];
            double most = total[k] * (2.0 * shift + total[k]);
            double still = 0.5 * total[k], cone = 0.5 * M2[k] / total[k];
            some[k] = ((most > line->low) & !((sharp_from < still) & (still < sharp_to)))
                + 2 * ((least > line->low) & !((sharp_from < cone) & (cone < sharp_to)));
            least = vector_choose(least > line->low, least, line->low);
            most = vector_choose(most > line->low, most, line->low);
            low[k] = vector_choose(least < line->high, least, line->high);
            high[k] = vector_choose(most < line->high, most, line->high);
            E1[k] = E[k] + shift;
            K[k] = E[k] + E1[k];
            shifts[k] = shift;
        }
        set_factors(padded, M2, K, shifts, &factors);
        for (int k = 0; k < padded; k++)
            low[k] = vector_log(low[k] + line->k2);
        for (int k = 0; k < padded; k++)
            high[k] = vector_log(high[k] + line->k2);
        occupations(padded, around, E1, present, thermal);
        find_places(padded, line, low, &lower);
        find_places(padded, line, high, &upper);
        for (int k = 0; k < n; k++) {
            double sum = 0.0;
            if (some[k] & 1)
                sum += up_to(line, &upper, &factors, k);
            if (some[k] & 2)
                sum -= up_to(line, &lower, &factors, k);
            sums[k] = sum;
        }
        double *restrict made = N->made + start, *restrict taken = N->taken + start;
        for (int k = 0; k < n; k++) {
            made[k] += make * present[k] * sums[k];
            taken[k] += take * (6.0 - thermal[k]) * sums[k];
        }
    }
}

/* The same where an end of the range of Q2, slope (still - q0), reaches 0 in or near a panel: nodes crowd there, and
   integrals up to a Q2 are interpolated between the lines. */
VECTOR_INLINE void add_sharp(const Panel* panel, double still, double slope, double sign, const Neutrinos* around,
                             Steriles* N, int number)
{
    enum { MOST = PARTS * LINES };
    const double nearest = still > panel->high ? still - panel->high : 0.0, farthest = still - panel->low;
    const double middle = 0.5 * (panel->low + panel->high), over_half = 2.0 / (panel->high - panel->low);
    const double E = N->E[number], M2 = N->M2[number];
    const int n = PARTS * panel->lines, padded = (n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    double q0[MOST], E1[MOST], weight[MOST], present[MOST], thermal[MOST], rarer[MOST], at[MOST], sums[MOST];
    double K[MOST], shift[MOST], M2s[MOST], place[MOST], shares[LINES][MOST];
    Places places;
    Factors factors;
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
        shift[k] = -q0[k];
        E1[k] = E + shift[k];
        K[k] = E + E1[k];
        M2s[k] = M2;
        rarer[k] = vector_exp(shift[k] / around->T);
        place[k] = (q0[k] - middle) * over_half;
        sums[k] = 0.0;
    }
    set_factors(padded, M2s, K, shift, &factors);
    for (int k = 0; k < padded; k += VECTOR_LANES)
        for (int l = 0; l < panel->lines; l++) {
            VectorLanes share = panel->scales[l] + (VectorLanes) {0.0};
            for (int i = 0; i < panel->lines; i++)
                if (i != l)
                    share *= LANES_AT(place + k) - panel->nodes[i];
            LANES_AT(shares[l] + k) = share;
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
        }
        find_places(padded, line, at, &places);
        for (int k = 0; k < n; k++)
            sums[k] += shares[l][k] * up_to(line, &places, &factors, k);
    }
    for (int k = 0; k < n; k++) {
        N->made[number] += weight[k] * rarer[k] * present[k] * sums[k];
        N->taken[number] += weight[k] * (6.0 - thermal[k]) * sums[k];
    }
}

VECTOR_INLINE void add_all(Panel* panel, int gases, const Gas* g, const Polylogarithms* series, const Dawson* dawson,
                           const Neutrinos* around, Steriles* N)
{
    for (int l = 0; l < panel->lines; l++) {
        Line* line = panel->line + l;
        if (line->cells) {
            fill(line, gases, g, series, dawson);
            add_line(panel, line, 1, around, N);
            add_line(panel, line, -1, around, N);
        }
    }
    for (int k = 0; k < N->n; k++) {
        double still = 0.5 * N->total[k], cone = 0.5 * N->M2[k] / N->total[k];
        if (is_sharp(panel, still))
            add_sharp(panel, still, 2.0 * N->total[k], 1.0, around, N, k);
        if (is_sharp(panel, cone))
            add_sharp(panel, cone, 2.0 * N->M2[k] / N->total[k], -1.0, around, N, k);
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

typedef void (*AddPanel)(Panel*, int, const Gas*, const Polylogarithms*, const Dawson*, const Neutrinos*, Steriles*);
#define ADD_PANEL(name) void name( \
    Panel* panel, int gases, const Gas* g, const Polylogarithms* series, const Dawson* dawson, \
    const Neutrinos* around, Steriles* N) \
    { add_all(panel, gases, g, series, dawson, around, N); }
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
