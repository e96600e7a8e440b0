/* stats.h: exact means and variances, levels over time, batches of one long run.
 *
 * Everything is kept in integers: merging is exact, and the same bytes come out whatever the order
 * of merging or the number of threads. Estimates and intervals are made of these at the end
 * (interval.h). Threads: one writer each; nothing allocates. */
#ifndef TBS_KERNEL_STATS_H
#define TBS_KERNEL_STATS_H

#include "kernel/base.h"

/* ---- mean and variance ---------------------------------------------------------------------- */

/* Sums of values and of their squares, in 128 bits, so that nothing is rounded and there is
 * nothing to correct for (Welford's and Chan's updates are for floating point). Exact as long as
 * count x greatest^2 < 2^127: 10^11 values of a year each in microseconds. All zeros is empty. */
struct tbs_moments {
    uint64_t count;
    tbs_int128 sum;
    tbs_uint128 square_sum;
};

static inline void tbs_moments_add(struct tbs_moments *moments, int64_t value)
{
    moments->count++;
    moments->sum += value;
    moments->square_sum += (tbs_uint128)((tbs_int128)value * value);
}

void tbs_moments_merge(struct tbs_moments *into, const struct tbs_moments *other);

/* 0 when empty. Variance: of a sample (n - 1), 0 below two values. */
double tbs_moments_mean(const struct tbs_moments *moments);
double tbs_moments_variance(const struct tbs_moments *moments);

/* ---- levels --------------------------------------------------------------------------------- */

/* A level over time: people waiting, windows busy, windows open. Its integral is an integer. */
struct tbs_level {
    int64_t level;
    int64_t since_us;     /* the integral is complete up to here */
    int64_t elapsed_us;
    int64_t max;
    tbs_int128 integral;  /* level x microseconds */
};

/* Begins with a level; the greatest so far is that level. */
void tbs_level_begin(struct tbs_level *level, int64_t at_us, int64_t value);

/* The level was as it is until at_us, which is not before the last call. */
static inline void tbs_level_advance(struct tbs_level *level, int64_t at_us)
{
    const int64_t passed = at_us - level->since_us;

    tbs_assert(passed >= 0);
    level->integral += (tbs_int128)level->level * passed;
    level->elapsed_us += passed;
    level->since_us = at_us;
}

/* The level is another from at_us on. */
static inline void tbs_level_set(struct tbs_level *level, int64_t at_us, int64_t value)
{
    tbs_level_advance(level, at_us);
    level->level = value;
    level->max = value > level->max ? value : level->max;
}

static inline void tbs_level_change(struct tbs_level *level, int64_t at_us, int64_t by)
{
    tbs_level_set(level, at_us, level->level + by);
}

/* Forgets what was, at the end of the warm-up: the level stays. */
void tbs_level_restart(struct tbs_level *level, int64_t at_us);

/* Adds the integral, the time and the greatest level of another; the level itself stays. */
void tbs_level_merge(struct tbs_level *into, const struct tbs_level *other);

/* Time-weighted average up to the last call, 0 if no time has passed. */
double tbs_level_mean(const struct tbs_level *level);

/* ---- batch means ---------------------------------------------------------------------------- */

/* One long run as 32 to 63 batches of equal size: when the 64th is full, neighbours are joined and
 * batches are twice as long from then on, so the size need not be known (Law: Simulation Modeling
 * and Analysis, 5th ed., 9.5.3). Not mergeable: a run is one. */
enum { TBS_BATCHES_MAX = 64 };

struct tbs_batches {
    uint64_t size;    /* values a full batch has */
    uint64_t filled;  /* values in the batch under way */
    uint32_t full;    /* complete batches */
    tbs_int128 sum[TBS_BATCHES_MAX];
};

/* Batches of `size` values at first, 1 or more. */
void tbs_batches_begin(struct tbs_batches *batches, uint64_t size);
void tbs_batches_join(struct tbs_batches *batches);

static inline void tbs_batches_add(struct tbs_batches *batches, int64_t value)
{
    batches->sum[batches->full] += value;
    if (++batches->filled == batches->size) {
        batches->filled = 0;
        if (++batches->full == TBS_BATCHES_MAX)
            tbs_batches_join(batches);
    }
}

/* Writes the means of the complete batches and returns how many; mean has TBS_BATCHES_MAX places.
 * They go to tbs_interval_batches. */
size_t tbs_batches_means(const struct tbs_batches *batches, double *mean);

#endif
