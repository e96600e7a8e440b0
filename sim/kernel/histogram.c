#include "kernel/histogram.h"

#include <math.h>
#include <string.h>

void tbs_histogram_clear(struct tbs_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->min_us = INT64_MAX;
    histogram->max_us = -1;
}

void tbs_histogram_merge(struct tbs_histogram *into, const struct tbs_histogram *other)
{
    if (other->count == 0)
        return;
    const uint32_t last = tbs_histogram_bucket(other->max_us);
    for (uint32_t i = tbs_histogram_bucket(other->min_us); i <= last; i++)
        into->bucket[i] += other->bucket[i];
    into->count += other->count;
    into->sum_us += other->sum_us;
    into->min_us = other->min_us < into->min_us ? other->min_us : into->min_us;
    into->max_us = other->max_us > into->max_us ? other->max_us : into->max_us;
}

int64_t tbs_histogram_quantile_us(const struct tbs_histogram *histogram, double q)
{
    if (histogram->count == 0)
        return -1;
    const double wanted = ceil(q * (double)histogram->count);
    const uint64_t rank = wanted < 1.0 ? 1 : (uint64_t)wanted;
    uint32_t i = tbs_histogram_bucket(histogram->min_us);

    if (rank == 1)
        return histogram->min_us;
    if (rank >= histogram->count)
        return histogram->max_us;
    for (uint64_t seen = histogram->bucket[i]; seen < rank;)
        seen += histogram->bucket[++i];
    int64_t us = tbs_histogram_from_us(i) + tbs_histogram_width_us(i) / 2;
    us = us < histogram->min_us ? histogram->min_us : us;
    return us > histogram->max_us ? histogram->max_us : us;
}

double tbs_histogram_at_most(const struct tbs_histogram *histogram, int64_t us)
{
    if (histogram->count == 0 || us < histogram->min_us)
        return 0.0;
    if (us >= histogram->max_us)
        return (double)histogram->count;
    const uint32_t cut = tbs_histogram_bucket(us);
    const int64_t inside = us - tbs_histogram_from_us(cut) + 1;
    uint64_t below = 0;

    for (uint32_t i = tbs_histogram_bucket(histogram->min_us); i < cut; i++)
        below += histogram->bucket[i];
    return (double)below + (double)histogram->bucket[cut] * (double)inside /
                               (double)tbs_histogram_width_us(cut);
}

double tbs_histogram_mean_us(const struct tbs_histogram *histogram)
{
    return histogram->count > 0 ? (double)histogram->sum_us / (double)histogram->count : 0.0;
}
