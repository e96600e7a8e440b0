/* spread.h: how half hours differ between samples (replications, or batches of one long run).
 *
 * The picture (model/tally.h) adds half hours up over a whole run, which gives their means and no
 * intervals. So after every sample the half hours' sums since the one before are squared and
 * added up here, exactly, in integers: in whatever order threads come, the result is the same.
 * Threads: one at a time; each worker has its own. */
#ifndef TBS_RUN_SPREAD_H
#define TBS_RUN_SPREAD_H

#include "model/tally.h"
#include "report/results.h"

struct tbs_spread;

/* What a sample is to weigh, by type of day: days, and cases (in thousandths) that were to be
 * expected. */
struct tbs_spread_weight {
    int64_t days[TBS_DAY_TYPE_COUNT], cases[TBS_DAY_TYPE_COUNT];
};

struct tbs_spread *tbs_spread_create(const struct tbs_tally *tally);
void tbs_spread_free(struct tbs_spread *spread); /* NULL is allowed */

/* A sample ends: `picture` holds it and all those before it that went into this spread. */
void tbs_spread_take(struct tbs_spread *spread, const struct tbs_tally *picture,
                     const struct tbs_spread_weight *weight);
void tbs_spread_add(struct tbs_spread *sum, const struct tbs_spread *spread);

/* The 95 % half-widths of a half hour's figures, whose values are there; hall == hall_count: the
 * city. total: its sums in the whole run; weight: of the whole run; days: that the values are means
 * of. Sums are compared with their share of the cases expected (staffed time: of the days), so that
 * seasons are not taken for luck; means and shares are ratios (Cochran, Sampling Techniques, 6.3).
 * The quantile's is Woodruff's (1952): the interval of the share that waits no longer, widened by
 * as much as the mean's is wider than that of independent waits (Kish's design effect), read off
 * the waits' distribution. */
void tbs_spread_figures(const struct tbs_spread *spread, uint32_t hall, enum tbs_day_type type,
                        uint32_t slot, const struct tbs_slot_tally *total,
                        const struct tbs_spread_weight *weight, double days,
                        const uint32_t *called, const uint32_t *left, uint32_t bin_end,
                        struct tbs_figure figure[TBS_SLOT_METRIC_COUNT]);

#endif
