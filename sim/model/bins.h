/* bins.h: where a wait belongs in the many small histograms of a tally.
 *
 * The kernel's buckets in units of 2^14 us: linear up to two seconds (16 ms a bin), then 64 bins to
 * each doubling. A quantile read in the middle of a bin is off by less than 0.79%. The last bin
 * takes all beyond 38 hours. Bins add, so histograms merge. Pure. */
#ifndef TBS_MODEL_BINS_H
#define TBS_MODEL_BINS_H

#include "kernel/histogram.h"

enum { TBS_BINS = 18 * 64, TBS_BIN_SHIFT = 14 };

static inline uint32_t tbs_bin(int64_t us)
{
    const uint32_t bin = tbs_histogram_bucket(us >> TBS_BIN_SHIFT);

    return bin < TBS_BINS ? bin : TBS_BINS - 1;
}

/* Lower edge of bin i, i <= TBS_BINS. */
static inline int64_t tbs_bin_edge_us(uint32_t i)
{
    return tbs_histogram_from_us(i) << TBS_BIN_SHIFT;
}

#endif
