/* The C of sn_diffusion_spectrum.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIFFUSION_SPECTRUM_H
#define NUBOUNDS_SN_DIFFUSION_SPECTRUM_H

#include <math.h>

#include "fermi_tail.h"

enum { PIECES = 7, MOST_NODES = 16 };                           /* of eta in a row; in a piece */
enum { MOST_AT_ONCE = MOST_NODES * VECTOR_LANES, MOST_ENERGIES = 1024 };
enum { TERMS = 10 };            /* of polylogarithms: 1e-9 */
enum { CHANNELS = 3 };          /* C = 2 S_2 - X S_1 + X^2 S_0/4, S_1 - X S_0/4, S_0; of charged currents one */
enum { COLUMNS = 6 };           /* Standard Model and interference, both without and with helicity; vector, scalar */
enum { MOST_KINDS = 3 };        /* of leptons in the final state that share energies */

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
    double lost[MOST_AT_ONCE], growth[MOST_AT_ONCE];    /* E - E' and e^((E - E')/T) */
    double X[MOST_AT_ONCE], K[MOST_AT_ONCE], u[MOST_AT_ONCE], v[MOST_AT_ONCE], over_q[MOST_AT_ONCE];
    double half_vq[MOST_AT_ONCE], qr[MOST_AT_ONCE];
    double least[MOST_AT_ONCE], I0[MOST_AT_ONCE], I1[MOST_AT_ONCE], I2[MOST_AT_ONCE];
    double a[MOST_AT_ONCE], A[MOST_AT_ONCE], f[MOST_AT_ONCE];
} Nodes;

VECTOR_INLINE void nodes_at(const Gas* gas, const Charged* currents, int n, const double* restrict Q,
                            const double* restrict eta, const double* restrict weight, Nodes* restrict at)
{
    const double over_T = 1.0 / gas->T, T = gas->T, m2 = 2.0 * gas->m, change = gas->mu_in - gas->mu_out;
    const double unchanged = exp(-(change + gas->gain) * over_T);
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
    for (int k = 0; k < n; k++) {
        VectorPower e = vector_power(over[k]);
        double grown = e.scale + e.scale * e.part;
        at->growth[k] = unchanged * grown;
        over[k] = weight[k] * T * grown / (e.scale * e.part + (e.scale - 1.0));
    }
    vector_fermi_dirac_of(TERMS, 2 * n, gas->series, arguments, J0, J1, J2);
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

/* The channels of nodes k to k + VECTOR_LANES at energy E.  With E c = (K + E lost)/q, c the cosine between k and q,
   the target's energy x above its least one has s = p.k = a_0 + a_1 x on average, and variance b x (x + q r). */
VECTOR_INLINE void channels_at(const Nodes* at, const Charged* currents, const Gas* gas, int k, double E,
                               VectorLanes* restrict channel)
{
    const double D = gas->gain, m2 = gas->m * gas->m;
    const VectorLanes X = LANES_AT(at->X + k), K = LANES_AT(at->K + k), over_q = LANES_AT(at->over_q + k);
    const VectorLanes lost = LANES_AT(at->lost + k), least = LANES_AT(at->least + k), qr = LANES_AT(at->qr + k);
    const VectorLanes I0 = LANES_AT(at->I0 + k), I1 = LANES_AT(at->I1 + k), I2 = LANES_AT(at->I2 + k);
    VectorLanes along = (K + lost * E) * over_q, a1 = E - LANES_AT(at->u + k) * along;
    VectorLanes a0 = a1 * least + along * LANES_AT(at->half_vq + k);
    VectorLanes b = LANES_AT(at->v + k) * K * over_q * over_q * (E * (E - lost) - 0.5 * K);
    VectorLanes s = a0 * I0 + a1 * I1;
    VectorLanes s2 = a0 * a0 * I0 + (2.0 * a0 * a1 + b * qr) * I1 + (a1 * a1 + b) * I2;
    if (currents) {
        VectorLanes e = least * I0 + I1, se = a0 * least * I0 + (a0 + a1 * least) * I1 + a1 * I2;
        VectorLanes ga = D * E - K, de = K + D * (E - lost), out = -0.5 * X;
        VectorLanes a = LANES_AT(at->a + k), A = LANES_AT(at->A + k), f = LANES_AT(at->f + k);
        VectorLanes forward = s2 + (out + de) * s + D * se;
        VectorLanes backward = s2 + (out + ga) * s + D * se + ga * (out * I0 + D * e);
        VectorLanes moment = 4.0 * s2 + 2.0 * (2.0 * out + de) * s + 4.0 * D * se
                             + ga * (2.0 * s + (2.0 * out + de) * I0 + 2.0 * D * e);
        VectorLanes pauli = f * f * (1.0 + X / (4.0 * m2)) - 2.0 * a * f;
        channel[0] = 16.0 * ((a + A) * (a + A) * forward + (a - A) * (a - A) * backward
                             - (a * a - A * A) * m2 * K * I0)
                     + 4.0 * pauli * (2.0 * moment - (4.0 * m2 + X) * K * I0);
    } else {
        channel[0] = 2.0 * s2 - X * s + 0.25 * X * X * I0;
        channel[1] = s - 0.25 * X * I0;
        channel[2] = I0;
    }
}

/* Rows of nodes with one Q each: pieces of eta between ascending edges.  VECTOR_LANES rows are a block, and node k of
   all of them lies side by side.  Each node has all that does not depend on E: what is lost, its exponential, and the
   coefficients of the channels, polynomials of degree 2, 1 and 0 in E/scale. */
typedef struct {
    int rows, nodes, ends, channels;    /* rows: a multiple of VECTOR_LANES; nodes of a piece, and of one that E ends */
    double top, scale;                  /* the largest energy */
    const double *Q, *log_Q, *weight;   /* (rows) */
    double* edges;                      /* (blocks, PIECES + 1, VECTOR_LANES); the first `kept` pieces count */
    int* kept;                          /* (blocks): pieces that are not empty in all of a block */
    const double *x, *w, *end_x, *end_w;    /* rules on [-1, 1] */
    double* table;                      /* (blocks, columns_of(channels), PIECES nodes, VECTOR_LANES) */
} Rows;

enum { DEGREE = 2, COEFFICIENTS = 6, BEFORE = 2 };  /* of channel 0; of all three; columns before the coefficients */
enum { TAIL = 24, THERMAL = 4 };    /* temperatures beyond a Fermi surface that count; within nodes of their own */

static int columns_of(int channels) { return BEFORE + (channels == 1 ? 1 + DEGREE : COEFFICIENTS); }

VECTOR_INLINE double larger(double a, double b) { return vector_choose(a > b, a, b); }
VECTOR_INLINE double smaller(double a, double b) { return vector_choose(a < b, a, b); }

/* arsinh of y, to an error that does not matter to an edge. */
VECTOR_INLINE double edge_at(double y)
{
    double positive = fabs(y);
    return copysign(vector_log(positive + sqrt(1.0 + positive * positive)), y);
}

/* Edges of a block.  With sinh(xi) = Q/2m the target's least energy is m cosh(eta - xi) before and m cosh(eta + xi)
   after the collision, so that the Fermi surfaces are known.  Others are an even exchange of energy, and temperatures
   around it. */
VECTOR_INLINE void lay_edges(const Gas* gas, const Rows* rows, int block)
{
    const double T = gas->T, m = gas->m, change = gas->mu_in - gas->mu_out, least = m + 3.0 * T;
    const double fermi_in = acosh(fmax(gas->mu_in, least) / m), fermi_out = acosh(fmax(gas->mu_out, least) / m);
    const double reach = acosh((fmax(gas->mu_in, m) + TAIL * T) / m);
    const double end = log(fmax(2.0 * rows->top + gas->gain, 1e-300));
    const double gain = gas->gain == 0.0 ? 0.0 : log(fabs(gas->gain));
    const double *restrict Q = rows->Q + block * VECTOR_LANES, *restrict log_Q = rows->log_Q + block * VECTOR_LANES;
    double* restrict edges = rows->edges + block * VECTOR_LANES * (PIECES + 1);
    double inner[PIECES - 1][VECTOR_LANES], lower[VECTOR_LANES], upper[VECTOR_LANES];
    for (int i = 0; i < VECTOR_LANES; i++) {
        double over_Q = 1.0 / Q[i], xi = edge_at(Q[i] / (2.0 * m));
        lower[i] = larger(xi - reach, -edge_at((TAIL * T + change) * over_Q));
        upper[i] = smaller(xi + reach, end - log_Q[i]);
        inner[0][i] = edge_at((-THERMAL * T - change) * over_Q);
        inner[1][i] = edge_at(-change * over_Q);
        inner[2][i] = edge_at((THERMAL * T - change) * over_Q);
        inner[3][i] = -xi - fermi_out;
        inner[4][i] = larger(fermi_out - xi, xi - fermi_in);
        inner[5][i] = xi + fermi_in;
    }
    for (int i = 0; i < VECTOR_LANES && gas->gain != 0.0; i++) {    /* |q| is more than what the lepton gains, loses */
        lower[i] = gas->gain > 0.0 ? larger(lower[i], gain - log_Q[i]) : lower[i];
        upper[i] = gas->gain < 0.0 ? smaller(upper[i], log_Q[i] - gain) : upper[i];
    }
    for (int last = PIECES - 2; last > 0; last--)                   /* sorted: the largest of those left goes last */
        for (int k = 0; k < last; k++)
            for (int i = 0; i < VECTOR_LANES; i++) {
                double first = inner[k][i], second = inner[k + 1][i];
                inner[k][i] = smaller(first, second);
                inner[k + 1][i] = larger(second, first);
            }
    for (int i = 0; i < VECTOR_LANES; i++) {
        upper[i] = larger(upper[i], lower[i]);
        edges[i] = lower[i];
        for (int k = 0; k < PIECES - 1; k++)
            edges[(k + 1) * VECTOR_LANES + i] = smaller(larger(inner[k][i], lower[i]), upper[i]);
        edges[PIECES * VECTOR_LANES + i] = upper[i];
    }
}

/* Leave the pieces of a block that are not empty in all of its rows; returns how many there are. */
static int keep_pieces(double* edges)
{
    int kept = 0;
    for (int piece = 0; piece < PIECES; piece++) {
        double *end = edges + (piece + 1) * VECTOR_LANES, *place = edges + (kept + 1) * VECTOR_LANES;
        int some = 0;
        for (int i = 0; i < VECTOR_LANES; i++)
            some |= end[i] > end[i - VECTOR_LANES];
        kept += some;
        for (int i = 0; some && i < VECTOR_LANES; i++)
            place[i] = end[i];
    }
    return kept;
}

/* Nodes between `start` and `end` of each row of a block. */
VECTOR_INLINE void lay_nodes(const Rows* rows, int first, int nodes, const double* restrict x,
                             const double* restrict w, const double* restrict start, const double* restrict end,
                             double* restrict Q, double* restrict eta, double* restrict weight)
{
    for (int k = 0; k < nodes; k++)
        for (int i = 0; i < VECTOR_LANES; i++) {
            double middle = 0.5 * (end[i] + start[i]), half = 0.5 * (end[i] - start[i]);
            Q[k * VECTOR_LANES + i] = rows->Q[first + i];
            eta[k * VECTOR_LANES + i] = middle + half * x[k];
            weight[k * VECTOR_LANES + i] = rows->weight[first + i] * half * w[k];
        }
}

VECTOR_INLINE void tabulate_block(const Gas* gas, const Charged* currents, const Rows* rows, int block)
{
    const int n = rows->nodes * VECTOR_LANES, length = PIECES * n;
    double* lost = rows->table + block * columns_of(rows->channels) * length;
    double* edges = rows->edges + block * VECTOR_LANES * (PIECES + 1);
    double Q[MOST_AT_ONCE], eta[MOST_AT_ONCE], weight[MOST_AT_ONCE];
    Nodes at;
    lay_edges(gas, rows, block);
    rows->kept[block] = keep_pieces(edges);
    for (int piece = 0; piece < rows->kept[block]; piece++) {
        const double* start = edges + piece * VECTOR_LANES;
        lay_nodes(rows, block * VECTOR_LANES, rows->nodes, rows->x, rows->w, start, start + VECTOR_LANES, Q, eta,
                  weight);
        nodes_at(gas, currents, n, Q, eta, weight, &at);
        for (int k = 0; k < n; k += VECTOR_LANES) {
            VectorLanes low[CHANNELS], zero[CHANNELS], high[CHANNELS];
            double* c = lost + piece * n + k;
            channels_at(&at, currents, gas, k, -rows->scale, low);
            channels_at(&at, currents, gas, k, 0.0, zero);
            channels_at(&at, currents, gas, k, rows->scale, high);
            LANES_AT(c) = LANES_AT(at.lost + k);
            LANES_AT(c + length) = LANES_AT(at.growth + k);
            LANES_AT(c + 2 * length) = zero[0];
            LANES_AT(c + 3 * length) = 0.5 * (high[0] - low[0]);
            LANES_AT(c + 4 * length) = 0.5 * (high[0] + low[0]) - zero[0];
            if (!currents) {
                LANES_AT(c + 5 * length) = zero[1];
                LANES_AT(c + 6 * length) = 0.5 * (high[1] - low[1]);
                LANES_AT(c + 7 * length) = zero[2];
            }
        }
    }
}

/* Energies before the collision, where eta ends besides -ln Q, and e^((mu - E)/T) of each kind of lepton after it. */
typedef struct {
    int energies, kinds;
    int transport, alike;               /* whether 1 - f is over the energy after the collision; factors are alike */
    const double *E, *end, *occupied;   /* (energies), (energies), (energies, kinds) */
} Leptons;

/* Add channels times 1 - f of each kind.  One division serves all kinds. */
VECTOR_INLINE void add_channels(int kinds, int transport, int channels, double E, const double* occupied,
                                VectorLanes lost, VectorLanes growth, const VectorLanes* channel,
                                VectorLanes (*restrict sum)[CHANNELS])
{
    VectorLanes over[MOST_KINDS], room[MOST_KINDS], all = 1.0 + occupied[0] * growth;
    over[0] = all;
    for (int kind = 1; kind < kinds; kind++) {
        over[kind] = 1.0 + occupied[kind] * growth;
        room[kind] = all;
        all *= over[kind];
    }
    all = transport ? 1.0 / (all * (E - lost)) : 1.0 / all;
    for (int kind = kinds - 1; kind > 0; kind--) {
        room[kind] *= all;
        all *= over[kind];
    }
    room[0] = all;
    for (int kind = 0; kind < kinds; kind++)
        for (int i = 0; i < channels; i++)
            sum[kind][i] += room[kind] * channel[i];
}

/* Sums over eta of the rows of a block at one energy: sum[kind][channel], of VECTOR_LANES rows. */
VECTOR_INLINE void sums_of_block(const Gas* gas, const Charged* currents, const Rows* rows, int block, int kinds,
                                 int transport, const Leptons* by, int energy, VectorLanes (*restrict sum)[CHANNELS])
{
    const int n = rows->nodes * VECTOR_LANES, length = PIECES * n, first = block * VECTOR_LANES;
    const int pieces = rows->kept[block], channels = currents ? 1 : CHANNELS;
    const double* table = rows->table + block * columns_of(channels) * length;
    const double* edges = rows->edges + block * VECTOR_LANES * (PIECES + 1);
    const double E = by->E[energy], x = E / rows->scale, *occupied = by->occupied + energy * kinds;
    double start[VECTOR_LANES], end[VECTOR_LANES];
    int whole[VECTOR_LANES], least = pieces, most = 0, cut = 0;
    for (int i = 0; i < VECTOR_LANES; i++) {
        const double last = by->end[energy] - rows->log_Q[first + i];
        for (whole[i] = 0; whole[i] < pieces && edges[(whole[i] + 1) * VECTOR_LANES + i] <= last;)
            whole[i]++;
        start[i] = edges[whole[i] * VECTOR_LANES + i];
        end[i] = whole[i] < pieces && last > start[i] ? last : start[i];
        cut |= end[i] > start[i];
        least = whole[i] < least ? whole[i] : least;
        most = whole[i] > most ? whole[i] : most;
    }
    for (int kind = 0; kind < kinds; kind++)
        for (int i = 0; i < channels; i++)
            sum[kind][i] = (VectorLanes) {0.0};
    for (int piece = 0; piece < most; piece++) {
        VectorLanes inside = {0.0};
        for (int i = 0; i < VECTOR_LANES; i++)
            inside[i] = piece < whole[i] ? 1.0 : 0.0;
        for (int k = piece * n; k < (piece + 1) * n; k += VECTOR_LANES) {
            const double *at = table + k, *c = at + BEFORE * length;
            VectorLanes channel[CHANNELS] = {
                LANES_AT(c) + x * (LANES_AT(c + length) + x * LANES_AT(c + 2 * length))};
            if (channels > 1) {
                channel[1] = LANES_AT(c + 3 * length) + x * LANES_AT(c + 4 * length);
                channel[2] = LANES_AT(c + 5 * length);
            }
            VectorLanes lost = LANES_AT(at);
            if (piece >= least) {       /* not whole in all rows */
                lost *= inside;
                for (int i = 0; i < channels; i++)
                    channel[i] *= inside;
            }
            add_channels(kinds, transport, channels, E, occupied, lost, LANES_AT(at + length), channel, sum);
        }
    }
    if (cut) {                          /* the pieces in which E ends */
        double Q[MOST_AT_ONCE], eta[MOST_AT_ONCE], weight[MOST_AT_ONCE];
        Nodes at;
        lay_nodes(rows, first, rows->ends, rows->end_x, rows->end_w, start, end, Q, eta, weight);
        nodes_at(gas, currents, rows->ends * VECTOR_LANES, Q, eta, weight, &at);
        for (int k = 0; k < rows->ends * VECTOR_LANES; k += VECTOR_LANES) {
            VectorLanes channel[CHANNELS];
            channels_at(&at, currents, gas, k, E, channel);
            VectorLanes lost = LANES_AT(at.lost + k), growth = LANES_AT(at.growth + k);
            add_channels(kinds, transport, channels, E, occupied, lost, growth, channel, sum);
        }
    }
}

/* Sums of one kind, sums[energy][channel][row].  A block stays in the cache while energies pass. */
VECTOR_INLINE void sums_of_rows(const Gas* gas, const Charged* currents, const Rows* rows, const Leptons* by,
                                int transport, double* restrict sums)
{
    const int channels = currents ? 1 : CHANNELS;
    for (int block = 0; block < rows->rows / VECTOR_LANES; block++)
        for (int i = 0; i < by->energies; i++) {
            VectorLanes sum[1][CHANNELS];
            sums_of_block(gas, currents, rows, block, 1, transport, by, i, sum);
            for (int channel = 0; channel < channels; channel++)
                LANES_AT(sums + (i * channels + channel) * rows->rows + block * VECTOR_LANES) = sum[0][channel];
        }
}

/* Add sums times factors[kind][column][channel][row] to columns[kind][energy][column][row]; factors that are alike in
   all kinds are given once. */
VECTOR_INLINE void add_rows(const Gas* gas, const Rows* rows, const Leptons* by, int kinds, int transport,
                            const double* restrict factors, double* restrict columns)
{
    for (int block = 0; block < rows->rows / VECTOR_LANES; block++)
        for (int i = 0; i < by->energies; i++) {
            VectorLanes sum[MOST_KINDS][CHANNELS];
            sums_of_block(gas, NULL, rows, block, kinds, transport, by, i, sum);
            for (int kind = 0; kind < kinds; kind++)
                for (int column = 0; column < COLUMNS; column++) {
                    const int place = by->alike ? column : kind * COLUMNS + column;
                    const double* f = factors + place * CHANNELS * rows->rows;
                    double* into = columns + ((kind * by->energies + i) * COLUMNS + column) * rows->rows;
                    VectorLanes total = LANES_AT(into + block * VECTOR_LANES);
                    for (int channel = 0; channel < CHANNELS; channel++)
                        total += LANES_AT(f + channel * rows->rows + block * VECTOR_LANES) * sum[kind][channel];
                    LANES_AT(into + block * VECTOR_LANES) = total;
                }
        }
}

/* Columns of n energies that wait for propagators, summed over rows with them for some masses of mediators, which share
   what is read of the columns: (MASSES, n, EXCHANGES).  Two kinds of interference have one propagator, vector and
   scalar exchange two; `propagators` (MASSES, 2, rows) is filled with them. */
enum { EXCHANGES = 4, MASSES = 4 };
VECTOR_INLINE void sums_with_propagators(int rows, int n, const double* restrict X, const double* restrict columns,
                                         const double* restrict masses, double* restrict propagators,
                                         double* restrict sums)
{
    for (int m = 0; m < MASSES; m++)
        for (int k = 0; k < rows; k++) {
            double once = 1.0 / (X[k] + masses[m] * masses[m]);
            propagators[2 * m * rows + k] = once;
            propagators[(2 * m + 1) * rows + k] = once * once;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < EXCHANGES; j++) {
            const double* column = columns + (i * COLUMNS + COLUMNS - EXCHANGES + j) * rows;
            const double* powers = propagators + (j < 2 ? 0 : rows);
            VectorLanes sum[MASSES] = {{0.0}};
            for (int k = 0; k < rows; k += VECTOR_LANES) {
                VectorLanes weight = LANES_AT(column + k);
                for (int m = 0; m < MASSES; m++)
                    sum[m] += weight * LANES_AT(powers + 2 * m * rows + k);
            }
            for (int m = 0; m < MASSES; m++)
                sums[(m * n + i) * EXCHANGES + j] = sum_by_lanes(VECTOR_LANES, (const double*) &sum[m]);
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
    double path[MOST_ENERGIES], steeper[MOST_ENERGIES], time = 0.0;
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
    void (*sums)(const Gas*, const Charged*, const Rows*, const Leptons*, double*);
    void (*add)(const Gas*, const Rows*, const Leptons*, const double*, double*);
    void (*exchanges)(int, int, const double*, const double*, const double*, double*, double*);
    double (*time)(const Diffusion*, double, double*);
} RowFunctions;

#define ADD_ROWS(kinds)                                                                                                \
    do {                                                                                                               \
        if (by->transport)                                                                                             \
            add_rows(gas, rows, by, kinds, 1, factors, columns);                                                       \
        else                                                                                                           \
            add_rows(gas, rows, by, kinds, 0, factors, columns);                                                       \
    } while (0)

/* With process and kinds as constants, loops over nodes have no branches. */
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
    version static void sums##suffix(const Gas* gas, const Charged* currents, const Rows* rows, const Leptons* by,     \
                                     double* sums)                                                                     \
    {                                                                                                                  \
        if (currents)                                                                                                  \
            sums_of_rows(gas, currents, rows, by, 0, sums);                                                            \
        else                                                                                                           \
            sums_of_rows(gas, NULL, rows, by, by->transport, sums);                                                    \
    }                                                                                                                  \
    version static void add##suffix(const Gas* gas, const Rows* rows, const Leptons* by, const double* factors,        \
                                    double* columns)                                                                   \
    {                                                                                                                  \
        if (by->kinds == 1)                                                                                            \
            ADD_ROWS(1);                                                                                               \
        else if (by->kinds == 2)                                                                                       \
            ADD_ROWS(2);                                                                                               \
        else                                                                                                           \
            ADD_ROWS(3);                                                                                               \
    }                                                                                                                  \
    version static void exchanges##suffix(int rows, int n, const double* X, const double* columns,                     \
                                          const double* masses, double* propagators, double* sums)                     \
    {                                                                                                                  \
        sums_with_propagators(rows, n, X, columns, masses, propagators, sums);                                         \
    }                                                                                                                  \
    version static double time##suffix(const Diffusion* by, double g, double* slope)                                   \
    {                                                                                                                  \
        return time_at(by, g, slope);                                                                                  \
    }                                                                                                                  \
    static const RowFunctions row_functions##suffix = {tabulate##suffix, sums##suffix, add##suffix, exchanges##suffix, \
                                                       time##suffix};
ROW_FUNCTIONS(, _plain)
ROW_FUNCTIONS(VECTOR_AVX2, _avx2)
ROW_FUNCTIONS(VECTOR_AVX512, _avx512)
static const RowFunctions* row_functions(int widest)
{
    int width = vector_width(widest);
    return width == 8 ? &row_functions_avx512 : width == 4 ? &row_functions_avx2 : &row_functions_plain;
}

#endif
