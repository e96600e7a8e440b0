/* arrival.h: a day of arrivals at a piecewise-constant rate (nonhomogeneous Poisson process).
 *
 * A profile says which share of a day's arrivals is expected in which interval; how many are
 * expected is said when a day is drawn, so that many halls share one profile. Unit-rate
 * exponential gaps are laid on the cumulative expectation and mapped back to time (Çınlar:
 * Introduction to Stochastic Processes, 1975, section 4.7), so the instants come out sorted.
 *
 * Threads: a profile is read only once it is made; struct tbs_arrivals and struct tbs_random
 * belong to one thread. Nothing allocates. */
#ifndef TBS_KERNEL_ARRIVAL_H
#define TBS_KERNEL_ARRIVAL_H

#include "kernel/random.h"

enum {
    TBS_PROFILE_INTERVALS_MAX = 96, /* a day of quarter hours */
    TBS_PROFILE_SLOTS = 128,
};

struct tbs_profile {
    uint32_t count;
    uint32_t steps;                                 /* edges that one slot can hold */
    int64_t edge_us[TBS_PROFILE_INTERVALS_MAX + 1]; /* ascending */
    double before[TBS_PROFILE_INTERVALS_MAX + 1];   /* share of the day before the edge, 0 .. 1 */
    double us_per_share[TBS_PROFILE_INTERVALS_MAX]; /* within the interval */
    uint8_t interval_at[TBS_PROFILE_SLOTS + 1];     /* first interval of each slot of shares */
};

/* Interval i is edge_us[i] .. edge_us[i + 1] and has weight[i] of the day's arrivals; weights are
 * relative. False if count is 0 or too large, edges don't ascend, a weight is negative, or all are
 * 0. */
bool tbs_profile_make(struct tbs_profile *profile, uint32_t count, const int64_t *edge_us,
                      const double *weight);

/* The share of the day that is expected in from_us .. to_us: exact, for totals. */
double tbs_profile_share(const struct tbs_profile *profile, int64_t from_us, int64_t to_us);

/* One day being drawn. */
struct tbs_arrivals {
    const struct tbs_profile *profile;
    struct tbs_key key;
    uint64_t index;   /* of the next gap */
    int64_t origin_us;
    double expected;
    double share;     /* of the latest arrival; at or above the last edge: the day is over */
};

/* Begins a day: expected >= 0 arrivals, instants relative to origin_us. Gap n is drawn by index
 * index + n of key: begin day d at d << 20. Borrows profile. */
void tbs_arrivals_begin(struct tbs_arrivals *arrivals, const struct tbs_profile *profile,
                        struct tbs_key key, uint64_t index, int64_t origin_us, double expected);

/* Writes the next instants, ascending, at most capacity of them. Fewer than capacity: the day is
 * over. An instant lies inside its interval: edge_us[i] <= at < edge_us[i + 1]. */
size_t tbs_arrivals_next(struct tbs_arrivals *arrivals, int64_t *at_us, size_t capacity);

#endif
