/* figures.h: from what was counted to the figures of a report (report/metric.def), in their units.
 *
 * Quantiles and means of waits take those who left or expired as censored: product-limit estimator
 * (Kaplan, Meier 1958) over the bins of a tally. Where nobody left, the mean is exact. NAN: not
 * defined, or so many left that it can't be told. Pure but for the scratch. */
#ifndef TBS_MODEL_FIGURES_H
#define TBS_MODEL_FIGURES_H

#include "model/tally.h"

/* A distribution of waits and its headline numbers, in seconds. */
struct tbs_wait_figures {
    double mean_s, p50_s, p90_s, p99_s;
};
struct tbs_wait_figures tbs_wait_figures(const uint32_t called_bins[TBS_BINS],
                                         const uint32_t left_bins[TBS_BINS], uint32_t bin_end,
                                         uint64_t called, uint64_t wait_us);

/* Everybody's waits on days of this type; returns where the touched bins end. Adds to *sum. */
uint32_t tbs_waits_of_city(const struct tbs_tally *tally, enum tbs_day_type type,
                           struct tbs_waits *sum);

void tbs_figures_city(const struct tbs_tally *tally, struct tbs_waits *scratch,
                      double out[TBS_CITY_METRIC_COUNT]);
void tbs_figures_hall(const struct tbs_tally *tally, uint32_t hall,
                      double out[TBS_HALL_METRIC_COUNT]);
void tbs_figures_desk(const struct tbs_tally *tally, uint32_t station,
                      double out[TBS_DESK_METRIC_COUNT]);

/* The average day of one type, of `days` days. No bin from bin_end on was touched. */
void tbs_figures_slot(const struct tbs_slot_tally *slot, const uint32_t called[TBS_BINS],
                      const uint32_t left[TBS_BINS], uint32_t bin_end, double days,
                      double out[TBS_SLOT_METRIC_COUNT]);

#endif
