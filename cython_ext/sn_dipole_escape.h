/* The C of sn_dipole_escape.pyx: what its functions compute is said there. */
#ifndef NUBOUNDS_SN_DIPOLE_ESCAPE_H
#define NUBOUNDS_SN_DIPOLE_ESCAPE_H

#include <math.h>

#include "vector_math.h"

/* A snapshot: radii of n places, ascending, and shells of equal width between 0 and the matter's end, with the lapse
   and the proper length per radius in the middle of each; perhaps one more shell, to `far`. */
typedef struct {
    int n, shells, further;
    double end, far;
    const double *r, *lapse, *stretch;
} Snapshot;

/* N of so many energies far away, a multiple of VECTOR_LANES, with a mass^2 in the same unit. */
typedef struct { int padded; const double* E; double M2; } Energies;

VECTOR_INLINE double sign_of(double x)
{
    return vector_choose(x > 0.0, 1.0, vector_choose(x < 0.0, -1.0, 0.0));
}

/* Slopes of the monotone cubic through n values at r, of Fritsch and Butland; rows of `padded` columns. */
VECTOR_INLINE void monotone_slopes(int n, int padded, const double* r, const double* restrict y, double* restrict slope)
{
    for (int i = 0; i < n; i++) {
        const int from = i > 1 ? i - 1 : 0, first = from < n - 3 ? from : n > 2 ? n - 3 : 0;
        const double *a = y + first * padded, *b = a + (n > 1 ? padded : 0), *c = b + (n > 2 ? padded : 0);
        const double h0 = n > 1 ? r[first + 1] - r[first] : 1.0, h1 = n > 2 ? r[first + 2] - r[first + 1] : h0;
        const int inside = i == first + 1;
        /* at the ends the nearer interval comes first */
        const double near = i == first ? h0 : h1, next = i == first ? h1 : h0, over = 1.0 / (near + next);
        double* out = slope + i * padded;
        if (n < 3) {
            for (int k = 0; k < padded; k++)
                out[k] = (b[k] - a[k]) / h0;
            continue;
        }
        for (int k = 0; k < padded; k++) {
            double low = (b[k] - a[k]) / h0, high = (c[k] - b[k]) / h1, product = low * high;
            double w1 = 2.0 * h1 + h0, w2 = h1 + 2.0 * h0;
            double mean = (w1 + w2) * product / (w1 * high + w2 * low);
            double middle = vector_choose(product > 0.0, mean, 0.0);
            double m0 = vector_choose(i == first, low, high), m1 = vector_choose(i == first, high, low);
            double end = ((2.0 * near + next) * m0 - near * m1) * over, three = 3.0 * m0;
            int turns = (sign_of(m0) != sign_of(m1)) & (fabs(end) > fabs(three)), wrong = sign_of(end) != sign_of(m0);
            end = vector_choose(wrong, 0.0, vector_choose(turns, three, end));
            out[k] = vector_choose(inside, middle, end);
        }
    }
}

/* What N lose per radius in each shell, from ln of it at the places; rows of `padded` columns. */
VECTOR_INLINE void rates_in_shells(const Snapshot* at, const Energies* of, double per_length, const double* restrict y,
                                   const double* restrict slope, double* restrict rate)
{
    const int padded = of->padded, last = at->n > 1 ? at->n - 2 : 0, step = at->n > 1 ? padded : 0;
    int i = 0;
    for (int s = 0; s < at->shells; s++) {
        double middle = (s + 0.5) * at->end / at->shells;
        middle = middle > at->r[0] ? middle : at->r[0];
        while (i < last && at->r[i + 1] <= middle)
            i++;
        const double h = at->n > 1 ? at->r[i + 1] - at->r[i] : 1.0, t = (middle - at->r[i]) / h, u = 1.0 - t;
        const double v0 = u * u * (1.0 + 2.0 * t), v1 = t * t * (1.0 + 2.0 * u);
        const double s0 = u * u * t * h, s1 = -t * t * u * h;
        const double *y0 = y + i * padded, *y1 = y0 + step, *d0 = slope + i * padded, *d1 = d0 + step;
        const double over = 1.0 / at->lapse[s], scale = at->stretch[s] * per_length;
        double* out = rate + s * padded;
        for (int k = 0; k < padded; k++) {
            double log_rate = v0 * y0[k] + v1 * y1[k] + s0 * d0[k] + s1 * d1[k], local = of->E[k] * over;
            log_rate = vector_choose(log_rate < 600.0, log_rate, 600.0);
            out[k] = vector_exp(log_rate) * scale * local / sqrt(local * local - of->M2);
        }
    }
}

/* Add the sum over shells of rates times lengths, in rows of `padded` columns. */
VECTOR_INLINE void add_lengths(int from, int to, int padded, const double* restrict rate,
                               const double* restrict length, double* restrict total)
{
    for (int start = 0; start < padded; start += VECTOR_LANES) {
        VectorLanes sum = LANES_AT(total + start);
        for (int s = from; s < to; s++)
            sum += length[s] * LANES_AT(rate + s * padded + start);
        LANES_AT(total + start) = sum;
    }
}

/* Sums over shells of their rates times the lengths of rays outward from a radius, and of twice those further in, at
   some cosines; rows of `padded` columns; room for a number per shell and two more. */
VECTOR_INLINE void along_rays(const Snapshot* at, int padded, const double* restrict rate, double r, int cosines,
                              const double* cosine, double* restrict room, double* restrict outward,
                              double* restrict inward)
{
    const int shells = at->shells, total = shells + at->further;
    const double width = at->end / shells;
    int own = (int) (r / width);                    /* the shell that the radius is in */
    own = own < shells ? own : shells - 1;
    for (int k = 0; k < cosines * padded; k++)
        outward[k] = inward[k] = 0.0;
    for (int c = 0; c < cosines; c++) {
        const double impact2 = r * r * (1.0 - cosine[c] * cosine[c]), here = r * cosine[c];
        double *out = outward + c * padded, *in = inward + c * padded;
        for (int s = 0; s <= shells; s++) {
            double square = s * width * (s * width) - impact2;
            room[s] = sqrt(vector_choose(square > 0.0, square, 0.0));
        }
        if (at->further)
            room[total] = sqrt(at->far * at->far - impact2);
        const double before = room[own], after = room[own + 1];
        for (int s = 0; s < total; s++)
            room[s] = room[s + 1] - room[s];
        room[own] = after - here;
        add_lengths(own, total, padded, rate, room, out);
        room[own] = here - before;
        for (int s = 0; s <= own; s++)
            room[s] *= 2.0;
        add_lengths(0, own + 1, padded, rate, room, in);
    }
}

/* ln of positive values, 1e-300 at least, and the numbers of bins of a step in it: n of them, a multiple of
   VECTOR_LANES. */
VECTOR_INLINE void number_bins(int n, double step, const double* restrict x, double* restrict number,
                               double* restrict relative)
{
    for (int k = 0; k < n; k++) {
        double log_x = vector_log(vector_choose(x[k] > 1e-300, x[k], 1e-300)), place = log_x / step;
        double whole = (place + 0x1.8p52) - 0x1.8p52;       /* rounded */
        whole = whole - vector_choose(whole > place, 1.0, 0.0);
        number[k] = whole;
        relative[k] = vector_exp(log_x - (whole + 0.5) * step);
    }
}

/* Add the sum over n rows of sources times e^(-d2 depths) at k energies; room for VECTOR_LANES rows. */
VECTOR_INLINE void add_leaving(long n, int k, const double* sources, const double* depths, double d2,
                               double* restrict room, double* restrict total)
{
    for (long row = 0; row < n; row += VECTOR_LANES) {
        const int rows = n - row < VECTOR_LANES ? (int) (n - row) : VECTOR_LANES;
        const double *source = sources + row * k, *depth = depths + row * k;
        for (int i = 0; i < rows * k; i++)
            room[i] = source[i] * vector_exp(-d2 * depth[i]);
        for (int j = 0; j < rows; j++)
            for (int i = 0; i < k; i++)
                total[i] += room[j * k + i];
    }
}

/* Everything of a snapshot: rows of `padded` columns; y holds what is absorbed per time at each place, and becomes its
   logarithm; outward and inward have a row for each cosine of each place. */
VECTOR_INLINE void whole_snapshot(const Snapshot* at, const Energies* of, double per_length, int cosines,
                                  const double* cosine, double* y, double* slope, double* rate, double* room,
                                  double* outward, double* inward)
{
    const int padded = of->padded;
    for (int k = 0; k < at->n * padded; k++)
        y[k] = vector_log(vector_choose(y[k] > 1e-300, y[k], 1e-300));
    monotone_slopes(at->n, padded, at->r, y, slope);
    rates_in_shells(at, of, per_length, y, slope, rate);
    for (int i = 0; i < at->n; i++)
        along_rays(at, padded, rate, at->r[i], cosines, cosine, room, outward + i * cosines * padded,
                   inward + i * cosines * padded);
}

typedef void (*WayOut)(const Snapshot*, const Energies*, double, int, const double*, double*, double*, double*, double*,
                       double*, double*);
#define WAY_OUT(name) void name( \
    const Snapshot* at, const Energies* of, double per_length, int cosines, const double* cosine, double* y, \
    double* slope, double* rate, double* room, double* outward, double* inward) \
    { whole_snapshot(at, of, per_length, cosines, cosine, y, slope, rate, room, outward, inward); }
typedef void (*Number)(int, double, const double*, double*, double*);
#define NUMBER(name) void name(int n, double step, const double* x, double* number, double* relative) \
    { number_bins(n, step, x, number, relative); }
typedef void (*Leave)(long, int, const double*, const double*, double, double*, double*);
#define LEAVE(name) void name( \
    long n, int k, const double* sources, const double* depths, double d2, double* room, double* total) \
    { add_leaving(n, k, sources, depths, d2, room, total); }
static WAY_OUT(way_out)
static NUMBER(number)
static LEAVE(leave)
VECTOR_AVX2 static WAY_OUT(way_out_avx2)
VECTOR_AVX2 static NUMBER(number_avx2)
VECTOR_AVX2 static LEAVE(leave_avx2)
VECTOR_AVX512 static WAY_OUT(way_out_avx512)
VECTOR_AVX512 static NUMBER(number_avx512)
VECTOR_AVX512 static LEAVE(leave_avx512)
static WayOut way_out_of_width(int width)
{
    return width == 8 ? way_out_avx512 : width == 4 ? way_out_avx2 : way_out;
}
static Number number_of_width(int width)
{
    return width == 8 ? number_avx512 : width == 4 ? number_avx2 : number;
}
static Leave leave_of_width(int width)
{
    return width == 8 ? leave_avx512 : width == 4 ? leave_avx2 : leave;
}

#endif
