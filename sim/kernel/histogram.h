/* histogram.h: a mergeable histogram of durations with quantiles of stated error.
 *
 * Values are whole microseconds, 0 .. INT64_MAX. Values below 128 are counted one by one; above,
 * each power of two is cut into 64 buckets of equal width (log-linear, after Tene's HdrHistogram).
 * A quantile is the middle of its bucket, so it is off by at most 1/128 of the true order
 * statistic: relative error below 0.79%. Count, sum, least and greatest value are exact.
 *
 * 29.7 KiB, fixed. All fields are integers, so merging is exact, and in any order or grouping
 * gives the same bytes: results don't depend on the number of threads. Begin with
 * tbs_histogram_clear: all zeros is not an empty histogram. Threads: one writer; nothing
 * allocates. */
#ifndef TBS_KERNEL_HISTOGRAM_H
#define TBS_KERNEL_HISTOGRAM_H

#include "kernel/base.h"

enum {
    TBS_HISTOGRAM_BITS = 6,
    TBS_HISTOGRAM_BUCKETS = (64 - TBS_HISTOGRAM_BITS) << TBS_HISTOGRAM_BITS,
};

struct tbs_histogram {
    uint64_t count;
    tbs_int128 sum_us;
    int64_t min_us, max_us; /* INT64_MAX and -1 when empty */
    uint64_t bucket[TBS_HISTOGRAM_BUCKETS];
};

void tbs_histogram_clear(struct tbs_histogram *histogram);

/* Which bucket counts this value; the least value of a bucket and how many it spans. */
static inline uint32_t tbs_histogram_bucket(int64_t us)
{
    const uint64_t value = (uint64_t)us, single = (2 << TBS_HISTOGRAM_BITS) - 1;
    const unsigned shift =
        63 - TBS_HISTOGRAM_BITS - (unsigned)__builtin_clzll(value | single);

    return (shift << TBS_HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static inline int64_t tbs_histogram_from_us(uint32_t bucket)
{
    const uint32_t octave = bucket >> TBS_HISTOGRAM_BITS;
    const unsigned shift = octave > 0 ? octave - 1 : 0;

    return (int64_t)(bucket - (shift << TBS_HISTOGRAM_BITS)) << shift;
}

static inline int64_t tbs_histogram_width_us(uint32_t bucket)
{
    const uint32_t octave = bucket >> TBS_HISTOGRAM_BITS;

    return (int64_t)1 << (octave > 0 ? octave - 1 : 0);
}

/* Counts a duration, about 2 ns. A negative one is the programmer's error. */
static inline void tbs_histogram_add(struct tbs_histogram *histogram, int64_t us)
{
    tbs_assert(us >= 0);
    histogram->bucket[tbs_histogram_bucket(us)]++;
    histogram->count++;
    histogram->sum_us += us;
    histogram->min_us = us < histogram->min_us ? us : histogram->min_us;
    histogram->max_us = us > histogram->max_us ? us : histogram->max_us;
}

/* Adds what `other` has counted. */
void tbs_histogram_merge(struct tbs_histogram *into, const struct tbs_histogram *other);

/* The smallest duration that at least a share q (0 .. 1) of all stay at or below, up to the stated
 * error; the least and the greatest are exact. -1 when empty. */
int64_t tbs_histogram_quantile_us(const struct tbs_histogram *histogram, double q);

/* How many are at or below us. A bucket that us cuts counts in proportion. */
double tbs_histogram_at_most(const struct tbs_histogram *histogram, int64_t us);

/* Exact; 0 when empty. */
double tbs_histogram_mean_us(const struct tbs_histogram *histogram);

#endif
