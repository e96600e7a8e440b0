#include "kernel/arrival.h"

#include "kernel/distribution.h"

enum { CHUNK = TBS_RANDOM_BUFFER };

/* At most TBS_PROFILE_SLOTS, for shares don't exceed 1 by more than rounding. */
static uint32_t slot_of(double share)
{
    return (uint32_t)(int64_t)(share * TBS_PROFILE_SLOTS);
}

/* From a share to its interval without a branch that can't be foreseen: the first interval that
 * has a part in the slot, then at most `steps` further. */
static void slots_make(struct tbs_profile *profile)
{
    uint32_t last = 0;

    profile->steps = 0;
    for (uint32_t slot = 0, i = 0; slot <= TBS_PROFILE_SLOTS; slot++) {
        while (i + 1 < profile->count && slot_of(profile->before[i + 1]) < slot)
            i++;
        profile->interval_at[slot] = (uint8_t)i;
        last = i;
        while (last + 1 < profile->count && slot_of(profile->before[last + 1]) == slot)
            last++;
        if (last - i > profile->steps)
            profile->steps = last - i;
    }
}

bool tbs_profile_make(struct tbs_profile *profile, uint32_t count, const int64_t *edge_us,
                      const double *weight)
{
    double sum = 0.0, before = 0.0;

    if (count == 0 || count > TBS_PROFILE_INTERVALS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (edge_us[i] >= edge_us[i + 1] || !(weight[i] >= 0.0))
            return false;
        sum += weight[i];
    }
    if (!(sum > 0.0 && sum < 0x1p1000))
        return false;
    profile->count = count;
    for (uint32_t i = 0; i < count; i++) {
        const double share = weight[i] / sum;
        profile->edge_us[i] = edge_us[i];
        profile->before[i] = before;
        profile->us_per_share[i] =
            share > 0.0 ? (double)(edge_us[i + 1] - edge_us[i]) / share : 0.0;
        before += share;
    }
    profile->edge_us[count] = edge_us[count];
    profile->before[count] = before; /* 1 but for rounding: the intervals add up to themselves */
    slots_make(profile);
    return true;
}

double tbs_profile_share(const struct tbs_profile *profile, int64_t from_us, int64_t to_us)
{
    double share = 0.0;

    for (uint32_t i = 0; i < profile->count; i++) {
        const int64_t edge = profile->edge_us[i], next = profile->edge_us[i + 1];
        const int64_t from = from_us > edge ? from_us : edge, to = to_us < next ? to_us : next;
        if (from < to && profile->us_per_share[i] > 0.0)
            share += (double)(to - from) / profile->us_per_share[i];
    }
    return share;
}

void tbs_arrivals_begin(struct tbs_arrivals *arrivals, const struct tbs_profile *profile,
                        struct tbs_key key, uint64_t index, int64_t origin_us, double expected)
{
    tbs_assert(expected >= 0.0);
    *arrivals = (struct tbs_arrivals){
        .profile = profile,
        .key = key,
        .index = index,
        .origin_us = origin_us,
        .expected = expected,
        .share = expected > 0.0 ? 0.0 : profile->before[profile->count],
    };
}

/* Where in the day are the arrivals with these shares? */
static void instants(const struct tbs_profile *profile, int64_t origin_us, const double *share,
                     int64_t *at_us, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        uint32_t i = profile->interval_at[slot_of(share[n])];
        i += share[n] >= profile->before[i + 1]; /* every share lies before the last edge */
        for (uint32_t step = 1; step < profile->steps; step++)
            i += share[n] >= profile->before[i + 1];

        /* Rounding must not carry an instant over the edge. */
        const double into = (share[n] - profile->before[i]) * profile->us_per_share[i];
        const int64_t at = profile->edge_us[i] + (int64_t)into;
        const int64_t last = profile->edge_us[i + 1] - 1;
        at_us[n] = origin_us + (at < last ? at : last);
    }
}

/* The next gaps, about as many as the rest of the day will need, become shares of the day. Returns
 * how many lie inside of it. */
static size_t shares(struct tbs_arrivals *arrivals, double share[CHUNK], size_t most)
{
    const double end = arrivals->profile->before[arrivals->profile->count];
    const double rest = (end - arrivals->share) * arrivals->expected * 1.125 + 8.0;
    const double share_per_gap = 1.0 / arrivals->expected;
    double at = arrivals->share;
    size_t count = CHUNK - arrivals->index % CHUNK;

    count = count < most ? count : most;
    count = (double)count < rest ? count : (size_t)rest;
    tbs_exponential_fill_at(arrivals->key, arrivals->index, share, count);
    arrivals->index += count;
    for (size_t n = 0; n < count; n++)
        share[n] = at += share_per_gap * share[n];
    arrivals->share = at;
    while (count > 0 && share[count - 1] >= end)
        count--;
    return count;
}

size_t tbs_arrivals_next(struct tbs_arrivals *arrivals, int64_t *at_us, size_t capacity)
{
    const double end = arrivals->profile->before[arrivals->profile->count];
    double share[CHUNK];
    size_t written = 0;

    while (written < capacity && arrivals->share < end) {
        const size_t count = shares(arrivals, share, capacity - written);

        instants(arrivals->profile, arrivals->origin_us, share, at_us + written, count);
        written += count;
    }
    return written;
}
