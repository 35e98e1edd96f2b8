/* The C of degenerate_collision.pxd: the integrand at all nodes of the integral over w, of all its pieces at once. */
#ifndef NUBOUNDS_COLLISION_NODES_H
#define NUBOUNDS_COLLISION_NODES_H

#include <math.h>

#include "vector_math.h"

enum { MOST_COLLISION_NODES = 272, COLLISION_MOMENTS = 3 };   /* 3 pieces of 24 cold and twice 32 thermal nodes */

typedef struct {
    double E, k, m, E_minus_k, D, T, v_F;       /* D = m_i^2 - m_f^2 */
    double cap;                                 /* q below which N_C = 1, for a capped coherence factor */
    double slope, factor;                       /* W = factor [alpha^2 + slope alpha + beta^2/2] */
    int massive, spheres, capped;               /* the daughter; N_C = q^-3 somewhere; N_C = 1 below the cap */
} Collision;

/* Node k lies at u = start + step or, in powers, at start e^step, and stands for an interval of u, or of ln u, as long
   as `length`.  Nodes up to `cold` have F = w, the others its thermal rest; both numbers are multiples of the lanes. */
typedef struct {
    int n, cold;
    double start[MOST_COLLISION_NODES], step[MOST_COLLISION_NODES], length[MOST_COLLISION_NODES];
    double powers[MOST_COLLISION_NODES];
} CollisionNodes;

/* Fill the last lanes with nodes that count nothing. */
static inline void fill_lanes(CollisionNodes* nodes)
{
    for (; nodes->n % VECTOR_LANES; nodes->n++) {
        int k = nodes->n;
        nodes->start[k] = nodes->start[k - 1], nodes->step[k] = nodes->step[k - 1];
        nodes->powers[k] = nodes->powers[k - 1], nodes->length[k] = 0.0;
    }
}

/* R(w): the integral over q from low to high of N_C W, see degenerate_collision.pxd; times its weight, in place. */
VECTOR_INLINE void times_response(const Collision* c, int n, int spheres, int capped, const double* restrict w,
                                  const double* restrict k_out, double* restrict weight)
{
    const double v2 = c->v_F * c->v_F, up = -0.125 * v2;
    for (int i = 0; i < n; i++) {
        double least = fabs(c->k - k_out[i]), fastest = fabs(w[i]) / c->v_F;
        double low = vector_choose(least > fastest, least, fastest), high = c->k + k_out[i];
        double e = c->E - 0.5 * w[i], a = w[i] * e - 0.5 * c->D, rest = c->k * c->k - a;    /* k.q/q = q/2 + a/q */
        double c_0 = e * (e + c->slope) + 0.5 * (rest * v2 + 0.25 * w[i] * w[i]);   /* W = up q^2 + c_0 + c_1/q^2 ... */
        double c_1 = -(2.0 * e + c->slope) * w[i] * a - 0.5 * (v2 * a * a + rest * w[i] * w[i]);
        double c_2 = 1.5 * w[i] * w[i] * a * a, sphere = 0.0, constant = 0.0, middle = high, q, l, h, d;
        int small;
        if (spheres) {                          /* from middle to high, d = 1/middle - 1/high without a difference */
            middle = vector_choose(c->cap > low, c->cap, low);
            middle = capped ? vector_choose(middle < high, middle, high) : low;
            q = high - middle, l = 1.0 / middle, h = 1.0 / high, d = q * l * h * (l + h);
            small = q * l <= 1.0;
            sphere = up * vector_choose(small, vector_log1p(vector_choose(small, q * l, 0.0)), vector_log(high * l))
                     + d * (0.5 * c_0 + 0.25 * c_1 * (l * l + h * h)
                            + c_2 / 6.0 * (l * l * (l * l + h * h) + h * h * h * h));
            sphere *= capped ? c->cap * c->cap * c->cap : 1.0;
        }
        if (!spheres || capped) {               /* from low to middle */
            q = middle - low, l = 1.0 / low, h = 1.0 / middle, d = l * h;
            constant = q * (up / 3.0 * (middle * (middle + low) + low * low) + c_0 + c_1 * d
                            + c_2 / 3.0 * d * (l * (l + h) + h * h));
        }
        weight[i] *= vector_choose(low < high, c->factor * (sphere + constant), 0.0);
    }
}

VECTOR_INLINE void moments_over_nodes(const Collision* c, const CollisionNodes* nodes, int massive, int spheres,
                                      int capped, double* restrict I)
{
    double w[MOST_COLLISION_NODES], k_out[MOST_COLLISION_NODES], weight[MOST_COLLISION_NODES];
    for (int i = 0; i < nodes->n; i++) {
        int powers = nodes->powers[i] > 0.5;
        double u = vector_choose(powers, nodes->start[i] * vector_exp(vector_choose(powers, nodes->step[i], 0.0)),
                                 nodes->start[i] + nodes->step[i]);
        double du = fabs(nodes->length[i] * vector_choose(powers, u, 1.0));
        double cosh_half = sqrt(1.0 + u * u), massive_out = c->k * (1.0 + 2.0 * u * u) + 2.0 * c->E * u * cosh_half;
        w[i] = massive ? -2.0 * u * (c->E * u + c->k * cosh_half) : u;
        k_out[i] = massive ? massive_out : c->E - u;
        weight[i] = massive ? 2.0 * massive_out / cosh_half * du : du;
    }
    for (int i = 0; i < nodes->cold; i++)
        weight[i] *= w[i];
    for (int i = nodes->cold; i < nodes->n; i++) {
        double y = fabs(w[i]) / c->T;
        weight[i] *= c->T * vector_choose(y > 0.0, y / vector_expm1(y), 1.0);
    }
    times_response(c, nodes->n, spheres, capped, w, k_out, weight);
    for (int moment = 0; moment < COLLISION_MOMENTS; moment++) {
        I[moment] = sum_by_lanes(nodes->n, weight);
        for (int i = 0; i < nodes->n; i++)
            weight[i] *= w[i];
    }
}

/* With daughter and coherence as constants, loops over the nodes have no branches. */
VECTOR_INLINE void moments_of_choice(const Collision* c, const CollisionNodes* nodes, double* restrict I)
{
    if (c->massive && c->capped)
        moments_over_nodes(c, nodes, 1, 1, 1, I);
    else if (c->massive)
        moments_over_nodes(c, nodes, 1, 0, 0, I);
    else if (c->capped)
        moments_over_nodes(c, nodes, 0, 1, 1, I);
    else if (c->spheres)
        moments_over_nodes(c, nodes, 0, 1, 0, I);
    else
        moments_over_nodes(c, nodes, 0, 0, 0, I);
}

typedef void (*CollisionSums)(const Collision*, const CollisionNodes*, double*);
#define COLLISION_SUMS(name)                                                                                          \
    void name(const Collision* c, const CollisionNodes* nodes, double* I)                                             \
    {                                                                                                                 \
        moments_of_choice(c, nodes, I);                                                                               \
    }
static COLLISION_SUMS(collision_sums)
VECTOR_AVX2 static COLLISION_SUMS(collision_sums_avx2)
VECTOR_AVX512 static COLLISION_SUMS(collision_sums_avx512)
static CollisionSums collision_sums_of_width(int width)
{
    return width == 8 ? collision_sums_avx512 : width == 4 ? collision_sums_avx2 : collision_sums;
}

#endif
