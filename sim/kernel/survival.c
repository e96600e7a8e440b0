#include "kernel/survival.h"

#include <math.h>

void tbs_survival_clear(struct tbs_survival *survival)
{
    tbs_histogram_clear(&survival->event);
    tbs_histogram_clear(&survival->censored);
}

void tbs_survival_merge(struct tbs_survival *into, const struct tbs_survival *other)
{
    tbs_histogram_merge(&into->event, &other->event);
    tbs_histogram_merge(&into->censored, &other->censored);
}

/* A walk over the buckets in which something happened. */
struct walk {
    const struct tbs_survival *survival;
    uint32_t next;      /* bucket to look at */
    uint32_t bucket;    /* of the events below */
    double events;
    double at_risk;     /* just before them */
    double risk_after;
    double beyond;      /* chance to last longer than the bucket */
};

static struct walk walk_begin(const struct tbs_survival *survival)
{
    return (struct walk){
        .survival = survival,
        .risk_after = (double)(survival->event.count + survival->censored.count),
        .beyond = 1.0,
    };
}

/* False when no event is left up to bucket last. */
static bool walk_next(struct walk *walk, uint32_t last)
{
    while (walk->next <= last) {
        const uint32_t i = walk->next++;
        const uint64_t events = walk->survival->event.bucket[i];

        walk->at_risk = walk->risk_after;
        walk->risk_after -= (double)(events + walk->survival->censored.bucket[i]);
        if (events > 0) {
            walk->bucket = i;
            walk->events = (double)events;
            walk->beyond *= 1.0 - walk->events / walk->at_risk;
            return true;
        }
    }
    return false;
}

/* Where the events of a bucket are taken to be. */
static int64_t instant_of(uint32_t bucket)
{
    return tbs_histogram_from_us(bucket) + tbs_histogram_width_us(bucket) / 2;
}

/* The last bucket whose events are at or before us; -1 if there is none. */
static int64_t last_until(int64_t us)
{
    if (us < 0)
        return -1;
    const uint32_t bucket = tbs_histogram_bucket(us);

    return instant_of(bucket) <= us ? (int64_t)bucket : (int64_t)bucket - 1;
}

double tbs_survival_beyond(const struct tbs_survival *survival, int64_t us)
{
    struct walk walk = walk_begin(survival);
    const int64_t last = last_until(us);

    while (last >= 0 && walk_next(&walk, (uint32_t)last))
        ;
    return walk.beyond;
}

double tbs_survival_error(const struct tbs_survival *survival, int64_t us)
{
    struct walk walk = walk_begin(survival);
    const int64_t last = last_until(us);
    double sum = 0.0;

    while (last >= 0 && walk_next(&walk, (uint32_t)last)) {
        if (walk.at_risk == walk.events)
            return 0.0;
        sum += walk.events / (walk.at_risk * (walk.at_risk - walk.events));
    }
    return walk.beyond * sqrt(sum);
}

int64_t tbs_survival_quantile_us(const struct tbs_survival *survival, double q)
{
    struct walk walk = walk_begin(survival);

    /* A hair's breadth for the rounding of the product. */
    while (walk_next(&walk, TBS_HISTOGRAM_BUCKETS - 1))
        if (1.0 - walk.beyond >= q - 1e-12)
            return instant_of(walk.bucket);
    return -1;
}

double tbs_survival_mean_us(const struct tbs_survival *survival, int64_t most_us)
{
    struct walk walk = walk_begin(survival);
    const int64_t last = last_until(most_us);
    double area = 0.0, from = 0.0, beyond = 1.0;

    while (last >= 0 && walk_next(&walk, (uint32_t)last)) {
        const double at = (double)instant_of(walk.bucket);
        area += beyond * (at - from);
        from = at;
        beyond = walk.beyond;
    }
    return area + beyond * ((double)most_us - from);
}

double tbs_survival_exponential_mean_us(const struct tbs_survival *survival)
{
    const double time = (double)(survival->event.sum_us + survival->censored.sum_us);

    return survival->event.count > 0 ? time / (double)survival->event.count : INFINITY;
}
