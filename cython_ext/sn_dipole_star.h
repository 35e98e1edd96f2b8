/* The C of sn_dipole_star.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_STAR_H
#define NUBOUNDS_SN_DIPOLE_STAR_H

#include "fermi_dirac.h"
#include "fermi_tail.h"
#include "vector_math.h"

enum { BLOCK = MOST_TAILS, MOST_NODES = 2048 };
typedef struct { double T, mu, m; int pauli; } Electrons;

/* Nodes in x, ascending: two for each cell, its lower end and its middle in ln x, and the last end.  A place is in the
   cell floor(s - start), s = (ln x + x/T)/step. */
typedef struct { int cells; double start, step, over_T; double x[MOST_NODES + BLOCK], log_x[MOST_NODES]; } Line;

/* Int_x^inf dx/2x of the four coefficients at the lower ends of cells, and their derivatives by ln x */
typedef struct { double value[4], slope[4]; } Sums;

/* Coefficients of E^2, E h, h^2 and M^2 h in Q2/2 times the integrand, h = (Q2 + M^2)/2, at n values of x, a multiple
   of VECTOR_LANES; rows of BLOCK. */
VECTOR_INLINE void coefficients(int n, const Electrons* by, const Polylogarithms* series, double Q2,
                                const double* restrict x, double* restrict out)
{
    const double T = by->T, mu = by->mu, m2 = by->m * by->m, r = sqrt(1.0 + 4.0 * m2 / Q2);
    const int pauli = by->pauli;
    double plus[BLOCK], least[BLOCK], q0s[BLOCK], scale[BLOCK], D0[BLOCK], D1[BLOCK], D2[BLOCK];
    for (int k = 0; k < n; k++) {
        plus[k] = 0.25 * Q2 / x[k];
        double X = 0.5 * x[k] * (1.0 + r);
        least[k] = X + 0.25 * m2 / X;
    }
    for (int k = 0; k < n; k++)
        q0s[k] = plus[k] - x[k];
    vector_tails(n, T, mu, pauli, series, least, q0s, scale, D0, D1, D2);
    for (int k = 0; k < n; k++) {
        Moments J = vector_moments_from(least[k], T, scale[k], D0[k], D1[k], D2[k]);
        double q0 = q0s[k], over_q = 1.0 / (plus[k] + x[k]), over_q2 = over_q * over_q;
        double ratio = Q2 * over_q2, tilt = q0 * over_q2;
        /* S = a0 + a1 E2 + b cos(phi), a0 = ratio (q0 E + h), a1 = 2 (ratio E - tilt h), and the mean of b^2 is
           2 W (E^2 Q2 - 2 E h q0 - h^2)/q^2, once integrated over E2 */
        double W = ratio * (J.J2 + q0 * J.J1 - 0.25 * Q2 * J.J0) - m2 * J.J0;
        double S_E = ratio * (q0 * J.J0 + 2.0 * J.J1), S_h = ratio * J.J0 - 2.0 * tilt * J.J1;
        double T_E = ratio * (q0 * J.J1 + 2.0 * J.J2), T_h = ratio * J.J1 - 2.0 * tilt * J.J2;
        out[k] = ratio * (q0 * S_E + 2.0 * T_E + 2.0 * W);
        out[BLOCK + k] = 2.0 * (ratio * (q0 * S_h + 2.0 * T_h) - 2.0 * tilt * W - S_E);
        out[2 * BLOCK + k] = ratio * S_h - 2.0 * tilt * T_h - 2.0 * over_q2 * W - 2.0 * S_h;
        out[3 * BLOCK + k] = (1.0 - 2.0 * m2 / Q2) * J.J0;
    }
}

/* The sums at one Q2 from the cell `first` on, by Simpson's rule in ln x. */
VECTOR_INLINE void fill(const Line* line, int first, const Electrons* by, const Polylogarithms* series, double Q2,
                        Sums* sums)
{
    double found[4 * BLOCK], above[4] = {0.0}, total[4] = {0.0}, middle[4] = {0.0};
    int stop = 2 * line->cells + 1;
    /* from above, a block at a time */
    while (stop > 2 * first) {
        int start = stop - BLOCK > 2 * first ? stop - BLOCK : 2 * first, n = stop - start;
        coefficients((n + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES, by, series, Q2, line->x + start, found);
        for (int k = n - 1; k >= 0; k--) {
            int node = start + k, cell = node / 2;
            for (int c = 0; c < 4; c++) {
                double here = found[c * BLOCK + k];
                if (node % 2) {
                    middle[c] = here;
                    continue;
                }
                if (cell < line->cells) {
                    double width = line->log_x[node + 2] - line->log_x[node];
                    total[c] += width / 12.0 * (here + 4.0 * middle[c] + above[c]);
                }
                sums[cell].value[c] = total[c];
                sums[cell].slope[c] = -0.5 * here;
                above[c] = here;
            }
        }
        stop = start;
    }
}

/* Add weight times the integral over x at one Q2 to the totals of n points: the cubic through two ends of a cell. */
VECTOR_INLINE void add_row(int n, const Line* line, int first, const Sums* sums, double Q2, double weight,
                           const double* restrict E, const double* restrict M2, double* restrict totals)
{
    const double over_step = 1.0 / line->step, top = line->x[2 * line->cells];
    double x[BLOCK], log_x[BLOCK], place[BLOCK];
    for (int k = 0; k < n; k++)
        x[k] = (M2[k] + Q2) / (4.0 * E[k]);
    for (int k = 0; k < n; k++)
        log_x[k] = vector_log(x[k]);
    for (int k = 0; k < n; k++)
        place[k] = (log_x[k] + x[k] * line->over_T) * over_step - line->start;
    for (int k = 0; k < n; k++) {
        if (x[k] >= top)
            continue;
        int cell = (int) place[k];
        cell = cell < first ? first : cell >= line->cells ? line->cells - 1 : cell;
        const Sums *low = sums + cell, *high = low + 1;
        double width = line->log_x[2 * cell + 2] - line->log_x[2 * cell];
        double t = (log_x[k] - line->log_x[2 * cell]) / width, rest = 1.0 - t;
        double h = 0.5 * (Q2 + M2[k]), a = E[k] * E[k], b = E[k] * h, c = h * h, g = M2[k] * h;
        double v0 = a * low->value[0] + b * low->value[1] + c * low->value[2] + g * low->value[3];
        double v1 = a * high->value[0] + b * high->value[1] + c * high->value[2] + g * high->value[3];
        double s0 = a * low->slope[0] + b * low->slope[1] + c * low->slope[2] + g * low->slope[3];
        double s1 = a * high->slope[0] + b * high->slope[1] + c * high->slope[2] + g * high->slope[3];
        double inside = rest * rest * ((1.0 + 2.0 * t) * v0 + t * width * s0);
        totals[k] += weight * (inside + t * t * ((1.0 + 2.0 * rest) * v1 - rest * width * s1));
    }
}

VECTOR_INLINE void whole_row(long n, const Line* line, int first, const Electrons* by, const Polylogarithms* series,
                             double Q2, double weight, Sums* sums, const double* E, const double* M2, double* totals)
{
    fill(line, first, by, series, Q2, sums);
    for (long start = 0; start < n; start += BLOCK) {
        int count = n - start < BLOCK ? (int) (n - start) : BLOCK;
        add_row(count, line, first, sums, Q2, weight, E + start, M2 + start, totals + start);
    }
}

typedef void (*Row)(long, const Line*, int, const Electrons*, const Polylogarithms*, double, double, Sums*,
                    const double*, const double*, double*);
#define ROW_OF(name) void name( \
    long n, const Line* line, int first, const Electrons* by, const Polylogarithms* series, double Q2, \
    double weight, Sums* sums, const double* E, const double* M2, double* totals) \
    { whole_row(n, line, first, by, series, Q2, weight, sums, E, M2, totals); }
static ROW_OF(row)
VECTOR_AVX2 static ROW_OF(row_avx2)
VECTOR_AVX512 static ROW_OF(row_avx512)
static Row row_of_width(int width)
{
    return width == 8 ? row_avx512 : width == 4 ? row_avx2 : row;
}

#endif
