#include "kernel/stats.h"

#include <string.h>

void tbs_moments_merge(struct tbs_moments *into, const struct tbs_moments *other)
{
    into->count += other->count;
    into->sum += other->sum;
    into->square_sum += other->square_sum;
}

double tbs_moments_mean(const struct tbs_moments *moments)
{
    return moments->count > 0 ? (double)moments->sum / (double)moments->count : 0.0;
}

double tbs_moments_variance(const struct tbs_moments *moments)
{
    if (moments->count < 2)
        return 0.0;
    /* About the whole part m of the mean the sum of squares is exact, modulo 2^128 on the way and
     * small at the end: S2 - m (S + r) where S = n m + r. The rest r / n is below one. */
    const tbs_int128 n = (tbs_int128)moments->count;
    const tbs_int128 m = moments->sum / n, r = moments->sum % n;
    const tbs_uint128 about =
        moments->square_sum - (tbs_uint128)m * (tbs_uint128)(moments->sum + r);

    return ((double)about - (double)r * (double)r / (double)n) / (double)(n - 1);
}

void tbs_level_begin(struct tbs_level *level, int64_t at_us, int64_t value)
{
    *level = (struct tbs_level){.level = value, .since_us = at_us, .max = value};
}

void tbs_level_restart(struct tbs_level *level, int64_t at_us)
{
    tbs_level_advance(level, at_us);
    tbs_level_begin(level, at_us, level->level);
}

void tbs_level_merge(struct tbs_level *into, const struct tbs_level *other)
{
    into->integral += other->integral;
    into->elapsed_us += other->elapsed_us;
    into->max = other->max > into->max ? other->max : into->max;
}

double tbs_level_mean(const struct tbs_level *level)
{
    return level->elapsed_us > 0 ? (double)level->integral / (double)level->elapsed_us : 0.0;
}

void tbs_batches_begin(struct tbs_batches *batches, uint64_t size)
{
    tbs_assert(size > 0);
    memset(batches, 0, sizeof *batches);
    batches->size = size;
}

void tbs_batches_join(struct tbs_batches *batches)
{
    const uint32_t half = TBS_BATCHES_MAX / 2;

    for (uint32_t i = 0; i < half; i++)
        batches->sum[i] = batches->sum[2 * i] + batches->sum[2 * i + 1];
    memset(batches->sum + half, 0, half * sizeof *batches->sum);
    batches->size *= 2;
    batches->full = half;
}

size_t tbs_batches_means(const struct tbs_batches *batches, double *mean)
{
    for (uint32_t i = 0; i < batches->full; i++)
        mean[i] = (double)batches->sum[i] / (double)batches->size;
    return batches->full;
}
