/* survival.h: durations of which some were only seen to last at least so long (censored).
 *
 * Patience: who left after t did so at t; who was called after t would have waited at least t.
 * Waits to be called: the other way round; to drop those who left would make long waits vanish.
 * The product-limit estimator gives both (Kaplan, Meier: Nonparametric estimation from incomplete
 * observations, 1958).
 *
 * Made of two histograms, so it merges exactly and has fixed memory (59 KiB). Observations in one
 * bucket are taken as simultaneous, events before censored ones: instants are off by less than
 * 1.6%, below 128 us not at all. Threads: one writer; nothing allocates. */
#ifndef TBS_KERNEL_SURVIVAL_H
#define TBS_KERNEL_SURVIVAL_H

#include "kernel/histogram.h"

struct tbs_survival {
    struct tbs_histogram event;    /* it happened after that long */
    struct tbs_histogram censored; /* it had not happened when we stopped looking */
};

void tbs_survival_clear(struct tbs_survival *survival);
void tbs_survival_merge(struct tbs_survival *into, const struct tbs_survival *other);

static inline void tbs_survival_add(struct tbs_survival *survival, int64_t us, bool happened)
{
    tbs_histogram_add(happened ? &survival->event : &survival->censored, us);
}

/* Chance to last longer than us, 1 when empty; and its standard error (Greenwood's formula). */
double tbs_survival_beyond(const struct tbs_survival *survival, int64_t us);
double tbs_survival_error(const struct tbs_survival *survival, int64_t us);

/* The first duration that at least a share q does not outlast (the middle of its bucket), -1 if so
 * many were censored that it can't be told. */
int64_t tbs_survival_quantile_us(const struct tbs_survival *survival, double q);

/* Mean of the lesser of the duration and most_us: the area under the curve up to there. */
double tbs_survival_mean_us(const struct tbs_survival *survival, int64_t most_us);

/* Mean if the law is exponential: all time observed over the number of events (maximum
 * likelihood); infinite without an event. */
double tbs_survival_exponential_mean_us(const struct tbs_survival *survival);

#endif
