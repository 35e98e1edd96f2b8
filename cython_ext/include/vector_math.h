/* C code of vector_math.pxd, which documents the functions. */
#ifndef NUBOUNDS_VECTOR_MATH_H
#define NUBOUNDS_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__gnu_linux__)
#define VECTOR_INLINE static inline __attribute__((always_inline))
#define VECTOR_AVX2 __attribute__((target("avx2")))
#define VECTOR_AVX512 __attribute__((target("avx512f,prefer-vector-width=512")))
#define VECTOR_HAS(feature) __builtin_cpu_supports(feature)
#else
#define VECTOR_INLINE static inline
#define VECTOR_AVX2
#define VECTOR_AVX512
#define VECTOR_HAS(feature) 0
#endif

/* condition ? a : b by bit operations.  Both values are already computed, so the compiler can vectorise. */
VECTOR_INLINE double vector_choose(int condition, double a, double b)
{
    int64_t mask = -(int64_t) (condition != 0), bits_a, bits_b;
    memcpy(&bits_a, &a, 8);
    memcpy(&bits_b, &b, 8);
    bits_a = (bits_a & mask) | (bits_b & ~mask);
    memcpy(&a, &bits_a, 8);
    return a;
}

/* Even and odd powers of a polynomial are summed separately: two short chains of operations instead of a long one. */

/* e^y = scale (1 + part), scale a power of two and part = e^r - 1 with |r| <= ln(2)/2, its Taylor series. */
typedef struct { double scale, part; } VectorPower;

VECTOR_INLINE VectorPower vector_power(double y)
{
    const double shift = 0x1.8p52 + 1023.0;     /* rounds to an integer, whose low bits are the exponent of scale */
    VectorPower e;
    int64_t bits;
    int nothing = y < -708.0;
    y = vector_choose(nothing, -708.0, y);
    y = vector_choose(y > 709.0, 709.0, y);
    double shifted = y * 1.4426950408889634 + shift, k = shifted - shift;
    double r = (y - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;       /* ln 2 in two parts, the first short */
    memcpy(&bits, &shifted, 8);
    bits = (int64_t) ((uint64_t) bits << 52);
    memcpy(&e.scale, &bits, 8);
    e.scale = vector_choose(nothing, 0.0, e.scale);
    double r2 = r * r, even = 1.0 / 479001600.0, odd = 1.0 / 6227020800.0;
    even = even * r2 + 1.0 / 3628800.0;
    odd = odd * r2 + 1.0 / 39916800.0;
    even = even * r2 + 1.0 / 40320.0;
    odd = odd * r2 + 1.0 / 362880.0;
    even = even * r2 + 1.0 / 720.0;
    odd = odd * r2 + 1.0 / 5040.0;
    even = even * r2 + 1.0 / 24.0;
    odd = odd * r2 + 1.0 / 120.0;
    even = even * r2 + 0.5;
    odd = odd * r2 + 1.0 / 6.0;
    e.part = r + r2 * (even + r * odd);
    return e;
}

/* e^y; 0 below y = -708, e^709 above 709, NaN for NaN. */
VECTOR_INLINE double vector_exp(double y)
{
    VectorPower e = vector_power(y);
    return e.scale + e.scale * e.part;
}

/* e^y - 1, with the same limits on y. */
VECTOR_INLINE double vector_expm1(double y)
{
    VectorPower e = vector_power(y);
    return e.scale * e.part + (e.scale - 1.0);
}

/* ln(1 + z) for 0 <= z <= 1: 2 artanh t, t = z/(2 + z) or, above sqrt(2) - 1, t = (z - 1)/(z + 3) and ln 2. */
VECTOR_INLINE double vector_log1p(double z)
{
    double upper = vector_choose(z > 0.41421356237309503, 1.0, 0.0);
    double t = (z - upper) / (z + 2.0 + upper), t2 = t * t;
    double t4 = t2 * t2, even = 1.0 / 19.0, odd = 1.0 / 21.0;
    even = even * t4 + 1.0 / 15.0;
    odd = odd * t4 + 1.0 / 17.0;
    even = even * t4 + 1.0 / 11.0;
    odd = odd * t4 + 1.0 / 13.0;
    even = even * t4 + 1.0 / 7.0;
    odd = odd * t4 + 1.0 / 9.0;
    even = even * t4 + 1.0 / 3.0;
    odd = odd * t4 + 1.0 / 5.0;
    t = 2.0 * t;
    return upper * 0.6931471805599453 + (t + t * t2 * (even + t2 * odd));
}

/* ln x for positive, finite x that is no denormal: k ln 2 and 2 artanh t, t = (m - 1)/(m + 1), x = 2^k m with m between
   1/sqrt(2) and sqrt(2). */
VECTOR_INLINE double vector_log(double x)
{
    const uint64_t half_root = 0x3fe6a09e667f3bcd;      /* bits of 1/sqrt(2) */
    uint64_t bits, exponent, number;
    double m, k;
    memcpy(&bits, &x, 8);
    exponent = (bits - half_root + ((uint64_t) 1024 << 52)) >> 52;              /* k + 1024, positive */
    bits -= (exponent - 1024) << 52;
    memcpy(&m, &bits, 8);
    number = exponent | 0x4330000000000000;             /* bits of 2^52 + exponent */
    memcpy(&k, &number, 8);
    k -= 0x1p52 + 1024.0;
    double t = (m - 1.0) / (m + 1.0), t2 = t * t;
    double t4 = t2 * t2, even = 1.0 / 19.0, odd = 1.0 / 21.0;
    even = even * t4 + 1.0 / 15.0;
    odd = odd * t4 + 1.0 / 17.0;
    even = even * t4 + 1.0 / 11.0;
    odd = odd * t4 + 1.0 / 13.0;
    even = even * t4 + 1.0 / 7.0;
    odd = odd * t4 + 1.0 / 9.0;
    even = even * t4 + 1.0 / 3.0;
    odd = odd * t4 + 1.0 / 5.0;
    t = 2.0 * t;
    return k * 0x1.62e42feep-1 + (k * 0x1.a39ef35793c76p-33 + (t + t * t2 * (even + t2 * odd)));
}

/* Arctangent of 0 <= z <= 1: its series in t = z or, above sqrt(2) - 1, t = (z - 1)/(z + 1), and pi/4. */
VECTOR_INLINE double vector_atan(double z)
{
    double upper = vector_choose(z > 0.41421356237309503, 1.0, 0.0);
    double t = (z - upper) / (1.0 + upper * z), t2 = t * t;
    double t4 = t2 * t2, even = -1.0 / 47.0, odd = 1.0 / 49.0;
    even = even * t4 - 1.0 / 43.0;
    odd = odd * t4 + 1.0 / 45.0;
    even = even * t4 - 1.0 / 39.0;
    odd = odd * t4 + 1.0 / 41.0;
    even = even * t4 - 1.0 / 35.0;
    odd = odd * t4 + 1.0 / 37.0;
    even = even * t4 - 1.0 / 31.0;
    odd = odd * t4 + 1.0 / 33.0;
    even = even * t4 - 1.0 / 27.0;
    odd = odd * t4 + 1.0 / 29.0;
    even = even * t4 - 1.0 / 23.0;
    odd = odd * t4 + 1.0 / 25.0;
    even = even * t4 - 1.0 / 19.0;
    odd = odd * t4 + 1.0 / 21.0;
    even = even * t4 - 1.0 / 15.0;
    odd = odd * t4 + 1.0 / 17.0;
    even = even * t4 - 1.0 / 11.0;
    odd = odd * t4 + 1.0 / 13.0;
    even = even * t4 - 1.0 / 7.0;
    odd = odd * t4 + 1.0 / 9.0;
    even = even * t4 - 1.0 / 3.0;
    odd = odd * t4 + 1.0 / 5.0;
    return upper * 0x1.921fb54442d18p-1 + (upper * 0x1.1a62633145c07p-55 + (t + t * t2 * (even + t2 * odd)));
}

/* Numbers that are worked on together, wherever they begin (an extension of GCC and Clang, which split them into what
   the processor has). */
enum { VECTOR_LANES = 8 };
typedef double VectorLanes __attribute__((vector_size(8 * VECTOR_LANES), aligned(8), may_alias));
#define LANES_AT(x) (*(VectorLanes*) (x))

/* Sum of n numbers, n a multiple of VECTOR_LANES, in an order that does not depend on the vector width. */
VECTOR_INLINE double sum_by_lanes(int n, const double* values)
{
    double lane[VECTOR_LANES] = {0};
    for (int k = 0; k < n; k += VECTOR_LANES)
        for (int i = 0; i < VECTOR_LANES; i++)
            lane[i] += values[k + i];
    for (int half = VECTOR_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

/* Vector width of this processor in doubles, at most `widest`: 8, 4 or (always available) 2. */
static inline int vector_width(int widest)
{
    if (widest >= 8 && VECTOR_HAS("avx512f")) return 8;
    if (widest >= 4 && VECTOR_HAS("avx2")) return 4;
    return 2;
}

#endif
