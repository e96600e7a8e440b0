/* interval.h: what simulated numbers are worth: confidence intervals, comparisons, warm-up.
 *
 * Every estimate is a struct tbs_interval: the value, a half-width, and flags that say when the
 * half-width must not be trusted. Confidence is 0.95 where nothing else is asked for. Source where
 * no other is named: Law, Simulation Modeling and Analysis, 5th ed., chapters 9 and 10.
 *
 * All functions are pure and may be called by any thread; none allocates or keeps a pointer. */
#ifndef TBS_KERNEL_INTERVAL_H
#define TBS_KERNEL_INTERVAL_H

#include "kernel/histogram.h"

enum tbs_interval_flag {
    TBS_INTERVAL_NONE = 1,       /* fewer than two values: the half-width is infinite */
    TBS_INTERVAL_FEW = 2,        /* fewer than ten values: the half-width is a rough guess */
    TBS_INTERVAL_CORRELATED = 4, /* neighbouring batches resemble each other: too narrow */
};

struct tbs_interval {
    double value;
    double half_width;
    uint32_t count; /* values it rests on: replications, batches, pairs */
    uint32_t flags;
};

/* Half-width over the value's size: what "+-2%" asks about. Infinite for a value of 0 unless the
 * half-width is 0 too. */
double tbs_interval_relative(struct tbs_interval interval);

/* About how many values in all would bring the half-width down to half_width, 0 if no guess can be
 * made: the square law. At least count. */
uint64_t tbs_interval_needed(struct tbs_interval interval, double half_width);

/* Mean of independent values (one a replication): Student's t with n - 1 degrees of freedom. For a
 * quantile, give the quantile of each replication. */
struct tbs_interval tbs_interval_mean(const double *x, size_t n, double confidence);

/* The same for batch means in their order, flagged if von Neumann's ratio (1941) says at 5% that
 * neighbours are alike. */
struct tbs_interval tbs_interval_batches(const double *mean, size_t n, double confidence);

/* Mean of a[i] - b[i] where i is a replication under common random numbers. *p_value, unless NULL:
 * the chance to see a difference this large if there were none (two-sided t test); 1 if all
 * differences are 0. */
struct tbs_interval tbs_interval_paired(const double *a, const double *b, size_t n,
                                        double confidence, double *p_value);

/* Sum of above over sum of below, pairs by replication: share of those who left, utilisation, mean
 * of all waits. Jackknife, which takes the bias of a ratio out (Law, 9.4). */
struct tbs_interval tbs_interval_ratio(const double *above, const double *below, size_t n,
                                       double confidence);

/* Quantile q of independent values that were counted in one histogram, by order statistics
 * (binomial ranks, normal approximation). Waits in one queue are not independent: take one
 * quantile a replication and tbs_interval_mean instead. NONE if a rank falls outside of the
 * values. */
struct tbs_interval tbs_interval_quantile(const struct tbs_histogram *histogram, double q,
                                          double confidence);

/* How many of n values in a run to drop as warm-up: MSER-5 (White: An effective truncation
 * heuristic for bias reduction in simulation output, 1997), a multiple of 5. n if the run is too
 * short to tell: the best cut lies in the second half, or n is below 50. */
size_t tbs_warmup(const double *x, size_t n);

#endif
