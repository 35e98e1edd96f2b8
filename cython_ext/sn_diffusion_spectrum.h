/* The C of sn_diffusion_spectrum.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIFFUSION_SPECTRUM_H
#define NUBOUNDS_SN_DIFFUSION_SPECTRUM_H

#include <math.h>

#include "fermi_tail.h"

enum { MOST_PIECES = 8, MOST_NODES = 16 };                      /* of eta in a row; in a piece */
enum { MOST_AT_ONCE = MOST_NODES * VECTOR_LANES, MOST_IN_BLOCK = MOST_PIECES * MOST_AT_ONCE };
enum { EXCHANGES = 4 };         /* two kinds of interference with one propagator, vector and scalar exchange with two */
enum { CHANNELS = 3 };          /* C = 2 S_2 - X S_1 + X^2 S_0/4, S_1 - X S_0/4, S_0; of charged currents one */

typedef struct {
    double T, m, mu_in, mu_out;         /* temperature; the target's mass and chemical potentials, before and after */
    double gain;                        /* of potential energy, which the lepton has besides the kinetic energy -q0 */
    const Polylogarithms* series;
} Gas;

/* Form factors of n -> p (helicity = 1) or p -> n (-1); at Q^2 = 0 unless `running`. */
typedef struct {
    double helicity, pauli, running, M, vector_mass2, axial_mass2, moment_p, moment_n, g_A;
} Charged;

/* At each node what does not depend on the lepton's energy E, weights included in I_0, I_1, I_2. */
typedef struct {
    double lost[MOST_AT_ONCE];          /* E - E' */
    double X[MOST_AT_ONCE], K[MOST_AT_ONCE], u[MOST_AT_ONCE], v[MOST_AT_ONCE], over_q[MOST_AT_ONCE];
    double half_vq[MOST_AT_ONCE], qr[MOST_AT_ONCE];
    double least[MOST_AT_ONCE], I0[MOST_AT_ONCE], I1[MOST_AT_ONCE], I2[MOST_AT_ONCE];
    double a[MOST_AT_ONCE], A[MOST_AT_ONCE], f[MOST_AT_ONCE];
} Nodes;

VECTOR_INLINE void nodes_at(const Gas* gas, const Charged* currents, int n, const double* restrict Q,
                            const double* restrict eta, const double* restrict weight, Nodes* restrict at)
{
    const double over_T = 1.0 / gas->T, T = gas->T, m2 = 2.0 * gas->m, change = gas->mu_in - gas->mu_out;
    double arguments[2 * MOST_AT_ONCE], J0[2 * MOST_AT_ONCE], J1[2 * MOST_AT_ONCE], J2[2 * MOST_AT_ONCE];
    double over[MOST_AT_ONCE];
    double root[MOST_AT_ONCE], fast[MOST_AT_ONCE], slow[MOST_AT_ONCE], over_Q[MOST_AT_ONCE];
    for (int k = 0; k < VECTOR_LANES; k++) {            /* the same for all nodes of a row */
        root[k] = sqrt(Q[k] * Q[k] + m2 * m2);
        fast[k] = (Q[k] + root[k]) / m2;
        slow[k] = 1.0 / fast[k];
        over_Q[k] = 1.0 / Q[k];
    }
    for (int k = VECTOR_LANES; k < n; k++) {
        root[k] = root[k - VECTOR_LANES];
        fast[k] = fast[k - VECTOR_LANES];
        slow[k] = slow[k - VECTOR_LANES];
        over_Q[k] = over_Q[k - VECTOR_LANES];
    }
    for (int k = 0; k < n; k++) {
        double growth = vector_expm1(eta[k]), up = 1.0 + growth, down = 1.0 / up;
        double sinh = 0.5 * (growth + growth * down), cosh = 0.5 * (up + down), flat = 1.0 / cosh;
        double X = Q[k] * Q[k], q0 = Q[k] * sinh;
        at->X[k] = X;
        at->over_q[k] = over_Q[k] * flat;
        at->u[k] = sinh * flat;
        at->v[k] = flat * flat;
        at->half_vq[k] = 0.5 * Q[k] * flat;
        at->qr[k] = root[k] * cosh;
        at->least[k] = 0.25 * m2 * (up * slow[k] + down * fast[k]);
        at->lost[k] = q0 - gas->gain;
        at->K[k] = 0.5 * (X + gas->gain * (2.0 * q0 - gas->gain));
        arguments[k] = (gas->mu_in - at->least[k]) * over_T;
        over[k] = (q0 + change) * over_T;
        arguments[n + k] = arguments[k] - over[k];
    }
    for (int k = 0; k < n; k++)
        over[k] = -weight[k] * T / vector_expm1(-over[k]);
    vector_fermi_dirac(2 * n, gas->series, arguments, J0, J1, J2);
    for (int k = 0; k < n; k++) {
        at->I0[k] = over[k] * (J0[k] - J0[n + k]);
        at->I1[k] = over[k] * T * (J1[k] - J1[n + k]);
        at->I2[k] = over[k] * T * T * (J2[k] - J2[n + k]);
    }
    if (!currents)
        return;
    for (int k = 0; k < n; k++) {
        double Q2 = currents->running * 2.0 * at->K[k], tau = Q2 / (4.0 * currents->M * currents->M);
        double G = 1.0 + Q2 / currents->vector_mass2, axial = 1.0 + Q2 / currents->axial_mass2;
        G = 1.0 / (G * G);
        double electric = G * (1.0 + currents->moment_n * tau / (1.0 + 5.6 * tau));
        double magnetic = G * (currents->moment_p - currents->moment_n);
        double F1 = (electric + tau * magnetic) / (1.0 + tau), F2 = (magnetic - electric) / (1.0 + tau);
        at->f[k] = currents->pauli * F2;
        at->a[k] = F1 + at->f[k];
        at->A[k] = currents->helicity * currents->g_A / (axial * axial);
    }
}

/* The channels at energy E, n numbers each.  With E c = (K + E lost)/q, c the cosine between k and q, the target's
   energy x above its least one has s = p.k = a_0 + a_1 x on average, and variance b x (x + q r). */
VECTOR_INLINE void channels_at(const Nodes* restrict at, const Charged* currents, const Gas* gas, int n, double E,
                               double* restrict channel)
{
    const double D = gas->gain, m2 = gas->m * gas->m;
    for (int k = 0; k < n; k++) {
        double X = at->X[k], K = at->K[k], over_q = at->over_q[k], lost = at->lost[k], least = at->least[k];
        double I0 = at->I0[k], I1 = at->I1[k], I2 = at->I2[k];
        double along = (K + lost * E) * over_q, a1 = E - at->u[k] * along;
        double a0 = a1 * least + along * at->half_vq[k];
        double b = at->v[k] * K * over_q * over_q * (E * (E - lost) - 0.5 * K);
        double s = a0 * I0 + a1 * I1;
        double s2 = a0 * a0 * I0 + (2.0 * a0 * a1 + b * at->qr[k]) * I1 + (a1 * a1 + b) * I2;
        if (currents) {
            double e = least * I0 + I1, se = a0 * least * I0 + (a0 + a1 * least) * I1 + a1 * I2;
            double ga = D * E - K, de = K + D * (E - lost), out = -0.5 * X;
            double a = at->a[k], A = at->A[k], f = at->f[k];
            double forward = s2 + (out + de) * s + D * se;
            double backward = s2 + (out + ga) * s + D * se + ga * (out * I0 + D * e);
            double moment = 4.0 * s2 + 2.0 * (2.0 * out + de) * s + 4.0 * D * se
                            + ga * (2.0 * s + (2.0 * out + de) * I0 + 2.0 * D * e);
            double pauli = f * f * (1.0 + X / (4.0 * m2)) - 2.0 * a * f;
            channel[k] = 16.0 * ((a + A) * (a + A) * forward + (a - A) * (a - A) * backward
                                 - (a * a - A * A) * m2 * K * I0)
                         + 4.0 * pauli * (2.0 * moment - (4.0 * m2 + X) * K * I0);
        } else {
            channel[k] = 2.0 * s2 - X * s + 0.25 * X * X * I0;
            channel[n + k] = s - 0.25 * X * I0;
            channel[2 * n + k] = I0;
        }
    }
}

/* 1 - f of the lepton that goes out with E - lost, over that energy if it is `transport`. */
VECTOR_INLINE void room_for(int n, double E, double mu, double T, int transport, const double* restrict lost,
                            double* restrict room)
{
    const double over_T = 1.0 / T;
    for (int k = 0; k < n; k++) {
        double left = E - lost[k], above = (left - mu) * over_T, other = vector_exp(-fabs(above));
        room[k] = vector_choose(above > 0.0, 1.0, other) / ((1.0 + other) * (transport ? left : 1.0));
    }
}

/* Rows of nodes with one Q each: pieces of eta between ascending edges.  VECTOR_LANES rows are a block, and node k of
   all of them lies side by side.  Each node has all that does not depend on E: what is lost, and the coefficients of
   the channels, polynomials of degree 2, 1 and 0 in E/scale. */
typedef struct {
    int rows, pieces, nodes, channels;  /* rows: a multiple of VECTOR_LANES; nodes: of a piece */
    double scale;
    const double *Q, *log_Q, *weight;   /* (rows) */
    double* edges;                      /* (rows, pieces + 1); pieces that are empty in all of a block are dropped */
    int* kept;                          /* (blocks): how many pieces are left */
    const double *x, *w;                /* the rule on [-1, 1] */
    double *table;                      /* (blocks, 1 + coefficients, pieces nodes, VECTOR_LANES) */
} Rows;

enum { DEGREE = 2, COEFFICIENTS = 6 };  /* of channel 0; of all three */

static int columns_of(int channels) { return channels == 1 ? 2 + DEGREE : 1 + COEFFICIENTS; }

/* Nodes between `start` and `end` of each row of a block. */
VECTOR_INLINE void lay_nodes(const Rows* rows, int first, const double* restrict start, const double* restrict end,
                             double* restrict Q, double* restrict eta, double* restrict weight)
{
    for (int k = 0; k < rows->nodes; k++)
        for (int i = 0; i < VECTOR_LANES; i++) {
            double middle = 0.5 * (end[i] + start[i]), half = 0.5 * (end[i] - start[i]);
            Q[k * VECTOR_LANES + i] = rows->Q[first + i];
            eta[k * VECTOR_LANES + i] = middle + half * rows->x[k];
            weight[k * VECTOR_LANES + i] = rows->weight[first + i] * half * rows->w[k];
        }
}

/* Leave the pieces of a block that are not empty in all of its rows; returns how many there are. */
static int keep_pieces(const Rows* rows, int block)
{
    const int stride = rows->pieces + 1;
    double* edges = rows->edges + block * VECTOR_LANES * stride;
    int kept = 0;
    for (int piece = 0; piece < rows->pieces; piece++) {
        int some = 0;
        for (int i = 0; i < VECTOR_LANES; i++)
            some |= edges[i * stride + piece + 1] > edges[i * stride + piece];
        kept += some;
        for (int i = 0; some && i < VECTOR_LANES; i++)
            edges[i * stride + kept] = edges[i * stride + piece + 1];
    }
    return kept;
}

VECTOR_INLINE void tabulate_block(const Gas* gas, const Charged* currents, const Rows* rows, int block)
{
    const int n = rows->nodes * VECTOR_LANES, length = rows->pieces * n;
    double* lost = rows->table + block * columns_of(rows->channels) * length;
    double Q[MOST_AT_ONCE], eta[MOST_AT_ONCE], weight[MOST_AT_ONCE], at_E[3][CHANNELS * MOST_AT_ONCE];
    double start[VECTOR_LANES], end[VECTOR_LANES];
    Nodes at;
    rows->kept[block] = keep_pieces(rows, block);
    for (int piece = 0; piece < rows->kept[block]; piece++) {
        for (int i = 0; i < VECTOR_LANES; i++) {
            const double* edge = rows->edges + (block * VECTOR_LANES + i) * (rows->pieces + 1) + piece;
            start[i] = edge[0];
            end[i] = edge[1];
        }
        lay_nodes(rows, block * VECTOR_LANES, start, end, Q, eta, weight);
        nodes_at(gas, currents, n, Q, eta, weight, &at);
        for (int point = 0; point < 3; point++)
            channels_at(&at, currents, gas, n, (point - 1) * rows->scale, at_E[point]);
        for (int k = 0; k < n; k++)
            lost[piece * n + k] = at.lost[k];
        double* c = lost + length + piece * n;
        for (int channel = 0; channel < rows->channels; channel++)
            for (int power = 0; power <= DEGREE - channel; power++, c += length)
                for (int k = 0; k < n; k++) {
                    double low = at_E[0][channel * n + k], zero = at_E[1][channel * n + k];
                    double high = at_E[2][channel * n + k];
                    c[k] = power == 0 ? zero : power == 1 ? 0.5 * (high - low) : 0.5 * (high + low) - zero;
                }
    }
}

/* Polynomials of some degree in x, of coefficients that lie `length` apart. */
VECTOR_INLINE void polynomials(int degree, int n, int length, const double* restrict c, double x,
                               double* restrict value)
{
    for (int k = 0; k < n; k++)
        value[k] = degree == 2 ? c[k] + x * (c[length + k] + x * c[2 * length + k])
                   : degree == 1 ? c[k] + x * c[length + k] : c[k];
}

/* Add the products of n numbers, lane by lane. */
VECTOR_INLINE void add_products(int n, const double* restrict first, const double* restrict second,
                                double* restrict sum)
{
    double lane[VECTOR_LANES] = {0};
    for (int k = 0; k < n; k += VECTOR_LANES)
        for (int i = 0; i < VECTOR_LANES; i++)
            lane[i] += first[k + i] * second[k + i];
    for (int i = 0; i < VECTOR_LANES; i++)
        sum[i] += lane[i];
}

/* Sums over eta of the rows of a block at energy E: sums[channel][row]. */
VECTOR_INLINE void sums_of_block(const Gas* gas, const Charged* currents, const Rows* rows, int block, double E,
                                 double mu, int transport, double* restrict sums)
{
    const int n = rows->nodes * VECTOR_LANES, length = rows->pieces * n, first = block * VECTOR_LANES;
    const double* lost = rows->table + block * columns_of(rows->channels) * length;
    const double x = E / rows->scale, reach = 2.0 * E + gas->gain;
    const double end_of_E = reach > 0.0 ? log(reach) : -INFINITY;
    double Q[MOST_AT_ONCE], eta[MOST_AT_ONCE], weight[MOST_AT_ONCE], at_E[CHANNELS * MOST_AT_ONCE];
    double room[MOST_IN_BLOCK], value[MOST_IN_BLOCK];
    double start[VECTOR_LANES], end[VECTOR_LANES], sum[CHANNELS][VECTOR_LANES] = {{0}};
    const int pieces = rows->kept[block];
    int whole[VECTOR_LANES], least = pieces, most = 0, cut = 0;
    Nodes at;
    for (int i = 0; i < VECTOR_LANES; i++) {
        const double* edge = rows->edges + (first + i) * (rows->pieces + 1);
        const double last = end_of_E - rows->log_Q[first + i];
        for (whole[i] = 0; whole[i] < pieces && edge[whole[i] + 1] <= last;)
            whole[i]++;
        start[i] = edge[whole[i]];
        end[i] = whole[i] < pieces && last > start[i] ? last : start[i];
        cut |= end[i] > start[i];
        least = whole[i] < least ? whole[i] : least;
        most = whole[i] > most ? whole[i] : most;
    }
    room_for(most * n, E, mu, gas->T, transport, lost, room);
    for (int piece = least; piece < most; piece++)
        for (int k = 0; k < n; k++)
            room[piece * n + k] = vector_choose(piece < whole[k % VECTOR_LANES], room[piece * n + k], 0.0);
    polynomials(2, most * n, length, lost + length, x, value);
    add_products(most * n, room, value, sum[0]);
    if (rows->channels > 1) {
        polynomials(1, most * n, length, lost + 4 * length, x, value);
        add_products(most * n, room, value, sum[1]);
        polynomials(0, most * n, length, lost + 6 * length, x, value);
        add_products(most * n, room, value, sum[2]);
    }
    if (cut) {                          /* the pieces in which E ends */
        lay_nodes(rows, first, start, end, Q, eta, weight);
        nodes_at(gas, currents, n, Q, eta, weight, &at);
        channels_at(&at, currents, gas, n, E, at_E);
        room_for(n, E, mu, gas->T, transport, at.lost, room);
        for (int channel = 0; channel < rows->channels; channel++)
            add_products(n, room, at_E + channel * n, sum[channel]);
    }
    for (int channel = 0; channel < rows->channels; channel++)
        for (int i = 0; i < VECTOR_LANES; i++)
            sums[channel * rows->rows + first + i] = sum[channel][i];
}

/* Sums over rows of columns of weights (EXCHANGES, n) with propagators (2, n). */
VECTOR_INLINE void sums_with_propagators(int n, const double* restrict propagators, const double* restrict columns,
                                         double* restrict sums)
{
    for (int column = 0; column < EXCHANGES; column++) {
        const double* weight = columns + column * n;
        const double* power = propagators + (column < 2 ? 0 : n);
        double lane[VECTOR_LANES] = {0};
        const int whole = n - n % VECTOR_LANES;
        for (int k = 0; k < whole; k += VECTOR_LANES)
            for (int i = 0; i < VECTOR_LANES; i++)
                lane[i] += weight[k + i] * power[k + i];
        for (int k = whole; k < n; k++)
            lane[k - whole] += weight[k] * power[k];
        sums[column] = sum_by_lanes(VECTOR_LANES, lane);
    }
}

/* Rosseland means in shells with n energies each, n a multiple of the lanes: 1/lambda = a + g^2 (b + g^2 c). */
typedef struct {
    int shells, n;
    const double *weight, *of_shell;    /* (shells, n), adding up to 1 in a shell; R_k^2 - R_(k-1)^2 over c (shells) */
    const double *a, *b, *c;            /* (shells, n) */
    double share_a, share_b;
} Diffusion;

/* Diffusion time, and its derivative by ln g. */
VECTOR_INLINE double time_at(const Diffusion* by, double g, double* slope)
{
    const double g2 = g * g;
    double path[MOST_IN_BLOCK], steeper[MOST_IN_BLOCK], time = 0.0;
    *slope = 0.0;
    for (int shell = 0; shell < by->shells; shell++) {
        const double *restrict a = by->a + shell * by->n, *restrict b = by->b + shell * by->n;
        const double *restrict c = by->c + shell * by->n, *restrict weight = by->weight + shell * by->n;
        for (int k = 0; k < by->n; k++) {
            double once = by->share_b * g2 * b[k], twice = g2 * g2 * c[k];
            double lambda = 1.0 / (by->share_a * a[k] + once + twice);
            path[k] = weight[k] * lambda;
            steeper[k] = path[k] * lambda * (2.0 * once + 4.0 * twice);
        }
        double mean = sum_by_lanes(by->n, path);
        time += by->of_shell[shell] / mean;
        *slope += by->of_shell[shell] * sum_by_lanes(by->n, steeper) / (mean * mean);
    }
    return time;
}

typedef struct {
    void (*tabulate)(const Gas*, const Charged*, const Rows*);
    void (*sums)(const Gas*, const Charged*, const Rows*, int, const double*, double, int, double*);
    void (*exchanges)(int, const double*, const double*, double*);
    double (*time)(const Diffusion*, double, double*);
} RowFunctions;

/* All rows, and n energies: sums[energy][channel][row].  A block stays in the cache while energies pass. */
VECTOR_INLINE void sums_of_rows(const Gas* gas, const Charged* currents, const Rows* rows, int n, const double* E,
                                double mu, int transport, double* restrict sums)
{
    for (int block = 0; block < rows->rows / VECTOR_LANES; block++)
        for (int i = 0; i < n; i++)
            sums_of_block(gas, currents, rows, block, E[i], mu, transport, sums + i * rows->channels * rows->rows);
}

/* With the process as a constant, loops over nodes have no branches. */
#define ROW_FUNCTIONS(version, suffix)                                                                                 \
    version static void tabulate##suffix(const Gas* gas, const Charged* currents, const Rows* rows)                    \
    {                                                                                                                  \
        for (int block = 0; block < rows->rows / VECTOR_LANES; block++) {                                              \
            if (currents)                                                                                              \
                tabulate_block(gas, currents, rows, block);                                                            \
            else                                                                                                       \
                tabulate_block(gas, NULL, rows, block);                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    version static void sums##suffix(const Gas* gas, const Charged* currents, const Rows* rows, int n,                 \
                                     const double* E, double mu, int transport, double* sums)                          \
    {                                                                                                                  \
        if (currents)                                                                                                  \
            sums_of_rows(gas, currents, rows, n, E, mu, 0, sums);                                                      \
        else if (transport)                                                                                            \
            sums_of_rows(gas, NULL, rows, n, E, mu, 1, sums);                                                          \
        else                                                                                                           \
            sums_of_rows(gas, NULL, rows, n, E, mu, 0, sums);                                                          \
    }                                                                                                                  \
    version static void exchanges##suffix(int n, const double* propagators, const double* columns, double* sums)       \
    {                                                                                                                  \
        sums_with_propagators(n, propagators, columns, sums);                                                          \
    }                                                                                                                  \
    version static double time##suffix(const Diffusion* by, double g, double* slope)                                   \
    {                                                                                                                  \
        return time_at(by, g, slope);                                                                                  \
    }                                                                                                                  \
    static const RowFunctions row_functions##suffix = {tabulate##suffix, sums##suffix, exchanges##suffix, time##suffix};
ROW_FUNCTIONS(, _plain)
ROW_FUNCTIONS(VECTOR_AVX2, _avx2)
ROW_FUNCTIONS(VECTOR_AVX512, _avx512)
static const RowFunctions* row_functions(int widest)
{
    int width = vector_width(widest);
    return width == 8 ? &row_functions_avx512 : width == 4 ? &row_functions_avx2 : &row_functions_plain;
}

#endif
