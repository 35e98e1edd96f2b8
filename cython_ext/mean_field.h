/* The C of mean_field.pxd: a piece of the integrals over the momenta of a species with its antiparticles. */
#ifndef NUBOUNDS_MEAN_FIELD_H
#define NUBOUNDS_MEAN_FIELD_H

#include <math.h>

#include "vector_math.h"

enum { MOST_GAS_NODES = 64 };
typedef struct { double n, n_scalar, dn_dmu; } Species;

/* Momenta from a to b by a rule of `count` nodes x and weights w on [-1, 1], a multiple of VECTOR_LANES; mu >= 0. */
VECTOR_INLINE Species sum_of_piece(int count, double a, double b, double m, double mu, double T,
                                   const double* restrict x, const double* restrict w)
{
    const double middle = 0.5 * (a + b), half = 0.5 * (b - a), states = half / (M_PI * M_PI);
    double net[MOST_GAS_NODES], scalar[MOST_GAS_NODES], slope[MOST_GAS_NODES];
    for (int i = 0; i < count; i++) {
        double k = middle + half * x[i], E = sqrt(k * k + m * m), kkw = k * k * states * w[i], y = (E - mu) / T;
        double t = vector_exp(-fabs(y)), large = 1.0 / (1.0 + t), small = t * large;
        double f = vector_choose(y > 0.0, small, large), hole = vector_choose(y > 0.0, large, small);
        double anti = vector_exp(-(E + mu) / T), fbar = anti / (1.0 + anti);
        net[i] = kkw * (f - fbar);
        scalar[i] = kkw * (m / E) * (f + fbar);
        slope[i] = kkw * (f * hole + fbar * (1.0 - fbar)) / T;
    }
    return (Species) {sum_by_lanes(count, net), sum_by_lanes(count, scalar), sum_by_lanes(count, slope)};
}

typedef Species (*GasPiece)(int, double, double, double, double, double, const double*, const double*);
#define GAS_PIECE(name)                                                                                               \
    Species name(int count, double a, double b, double m, double mu, double T, const double* x, const double* w)      \
    {                                                                                                                 \
        return sum_of_piece(count, a, b, m, mu, T, x, w);                                                             \
    }
static GAS_PIECE(gas_piece)
VECTOR_AVX2 static GAS_PIECE(gas_piece_avx2)
VECTOR_AVX512 static GAS_PIECE(gas_piece_avx512)
static GasPiece gas_piece_of_width(int width)
{
    return width == 8 ? gas_piece_avx512 : width == 4 ? gas_piece_avx2 : gas_piece;
}

#endif
