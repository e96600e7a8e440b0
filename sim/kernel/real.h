/* real.h: exp and log with the same bytes on every machine.
 *
 * A libm may answer differently on another CPU or in another version, and one last bit changes a
 * simulated year. These use only additions, multiplications, divisions and bit patterns, so that
 * IEEE 754 fixes every bit (compiled with -ffp-contract=off), and GCC turns a loop around them
 * into vector code. Every random draw is made of these and of sqrt, which IEEE 754 fixes too. */
#ifndef TBS_KERNEL_REAL_H
#define TBS_KERNEL_REAL_H

#include "kernel/base.h"

#include <string.h>

static inline uint64_t tbs_real_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double tbs_real_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Added to a number below 2^51 it leaves the nearest integer in the low bits of the sum. */
#define TBS_REAL_SHIFT 0x1.8p52

/* e^x for |x| <= 700, relative error below 2e-10, exact at 0: x = k ln 2 + r; 1 + r times a
 * polynomial of degree 6, through Chebyshev's nodes on |r| <= ln 2 / 2; k into the exponent. */
static inline double tbs_exp(double x)
{
    const double shifted = x * 0x1.71547652b82fep0 + TBS_REAL_SHIFT;
    const double k = shifted - TBS_REAL_SHIFT;
    const double r = x - k * 0x1.62e42fefa39efp-1;
    const double r2 = r * r, r4 = r2 * r2;
    const double p0 = 1.0 + r;
    const double p2 = 0x1.00000028795dep-1 + r * 0x1.55555567506e3p-3;
    const double p4 = 0x1.5554ace0f4835p-5 + r * 0x1.1110c63a3b4a3p-7;
    const double p6 = 0x1.6d753218e7b35p-10 + r * 0x1.a1516a0975b2dp-13;
    const double y = (p0 + r2 * p2) + r4 * (p4 + r2 * p6);

    return y * tbs_real_of_bits((tbs_real_bits(shifted) + 1023) << 52);
}

/* Natural logarithm of a positive, normal, finite x, relative error below 1e-15 away from 1:
 * x = 2^k m with m in [1/sqrt 2, sqrt 2), log m = 2 artanh((m - 1) / (m + 1)). */
static inline double tbs_log(double x)
{
    const uint64_t half = 0x3fe6a09e667f3bcdu; /* the bits of 1/sqrt 2 */
    const int64_t above = (int64_t)(tbs_real_bits(x) - half);
    const int64_t k = above >> 52;
    const double m = tbs_real_of_bits(tbs_real_bits(x) - ((uint64_t)k << 52));
    const double s = (m - 1.0) / (m + 1.0), z = s * s, z2 = z * z, z4 = z2 * z2;
    const double p1 = 1.0 / 3 + z * (1.0 / 5), p3 = 1.0 / 7 + z * (1.0 / 9);
    const double p5 = 1.0 / 11 + z * (1.0 / 13), p7 = 1.0 / 15 + z * (1.0 / 17);
    const double p = (p1 + z2 * p3) + z4 * (p5 + z2 * p7);

    return (double)k * 0x1.62e42fefa39efp-1 + (2.0 * s + 2.0 * s * z * p);
}

/* The nearest whole number of microseconds, cut to 0 .. 2^51 (71 years). */
static inline int64_t tbs_us_nearest(double x_us)
{
    /* Bits of positive reals are in the order of the reals, so the cut is right for any size. */
    const int64_t most = (int64_t)1 << 51;
    int64_t us = (int64_t)(tbs_real_bits(x_us + TBS_REAL_SHIFT) - tbs_real_bits(TBS_REAL_SHIFT));

    us = us > most ? most : us;
    return us < 0 ? 0 : us;
}

#endif
