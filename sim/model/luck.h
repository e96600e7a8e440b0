/* luck.h: what a citizen draws while the day runs.
 *
 * Each citizen gets one 64-bit number from a counter-based stream (batch by batch, so for half a
 * nanosecond), and all that is drawn for him later is made of it by SplitMix64 (Steele, Lea, Flood:
 * Fast splittable pseudorandom number generators, 2014): number k of a purpose is the mix of luck +
 * (purpose, k) x gamma. So his draws are his own, whatever others do and in whatever order, and
 * cost two multiplications each. A case has the luck of its citizen and matter. Pure. */
#ifndef TBS_MODEL_LUCK_H
#define TBS_MODEL_LUCK_H

#include "kernel/distribution.h"

static inline uint64_t tbs_luck(uint64_t luck, enum tbs_purpose purpose, uint32_t k)
{
    uint64_t x = luck + (((uint64_t)purpose << 32 | k) + 1) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Exponential of this mean. */
static inline int64_t tbs_luck_exponential_us(uint64_t number, int64_t mean_us)
{
    return tbs_us_nearest(-tbs_log(tbs_unit_open(number)) * (double)mean_us);
}

/* One draw of a law, and of the normal law of mean 0 and variance 1. Where they take more numbers
 * than one, those are of the stream that is named by the first. */
static inline int64_t tbs_luck_draw_us(const struct tbs_distribution *d, uint64_t number)
{
    struct tbs_random random;

    tbs_random_open_with(&random, (struct tbs_key){{number, 0, 0, 0}}, 0, number);
    return tbs_draw_us(d, &random);
}

static inline double tbs_luck_normal(uint64_t number)
{
    struct tbs_random random;
    double x;

    if (__builtin_expect(tbs_normal_quick(number, &x), 1)) {
        return x;
    }
    tbs_random_open(&random, (struct tbs_key){{number, 0, 0, 0}});
    return tbs_normal_slow(&random, number);
}

#endif
