/* search.c: the race of a rule's values, rule after rule, and the verdict on fresh seeds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "tune/tune.h"

enum { FIRST_REPS = 4, STAGES = 4, REPS_MAX = FIRST_REPS * ((1 << STAGES) - 1), ROUNDS_MAX = 5 };

struct racer {
    struct tbs_setting setting;
    double gain[REPS_MAX]; /* over the value at hand, by replication; more is better */
    double mean;
    bool out;
};

struct search {
    const struct tbs_trial *trial;
    const struct tbs_tune_options *options;
    struct tbs_tune_result *result;
    double began_s;
    uint64_t seeds; /* given out */
    double share_s; /* seconds and replications at which the rule at hand has had its share */
    uint32_t share_runs;
    char *error;
    size_t room;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seeds of the search and of the verdict never meet: they differ in the lowest bit. */
static uint64_t seed_next(struct search *s, bool verdict)
{
    return ((s->options->seed + 0x9e3779b97f4a7c15u * ++s->seeds) << 1) | (verdict ? 1 : 0);
}

static bool spent(const struct search *s)
{
    const struct tbs_tune_options *o = s->options;

    return s->result->runs >= o->budget_runs ||
           (o->budget_s > 0 && now_s() - s->began_s >= o->budget_s) ||
           (s->trial->stop != NULL &&
            atomic_load_explicit(s->trial->stop, memory_order_relaxed));
}

/* The budget that is left is shared by the rules that are left in the round, so that a small one
 * reaches all of them. */
static void share_make(struct search *s, int from)
{
    const struct tbs_tune_options *o = s->options;
    int left = 0;

    for (int k = from; k < TBS_KNOB_COUNT; k++) {
        left += o->knobs[k];
    }
    const double now = now_s();
    s->share_runs = s->result->runs + (o->budget_runs - s->result->runs) / (left > 0 ? left : 1);
    s->share_s = now + (s->began_s + o->budget_s - now) / (left > 0 ? left : 1);
}

static bool share_spent(const struct search *s)
{
    return s->result->runs >= s->share_runs ||
           (s->options->budget_s > 0 && now_s() >= s->share_s);
}

static bool run(struct search *s, const struct tbs_setting *setting, uint64_t seed, uint32_t reps,
                double *objective)
{
    double *values = malloc((size_t)reps * TBS_CITY_METRIC_COUNT * sizeof *values);

    tbs_assert(values != NULL);
    bool fine = tbs_trial_run(s->trial, setting, seed, reps, values, s->error, s->room);
    for (uint32_t r = 0; r < reps && fine; r++) {
        const double value = values[(size_t)r * TBS_CITY_METRIC_COUNT + s->trial->objective];
        const bool more = tbs_city_metrics[s->trial->objective].better == TBS_BETTER_HIGHER;
        objective[r] = more ? value : -value;
        if (isnan(value)) {
            snprintf(s->error, s->room, "%s means nothing in this period: nobody came",
                     tbs_city_metrics[s->trial->objective].key);
            fine = false;
        }
    }
    s->result->runs += fine ? reps : 0;
    free(values);
    return fine;
}

static int by_mean(const void *left, const void *right)
{
    const struct racer *a = left, *b = right;

    return a->out != b->out ? (a->out ? 1 : -1) : (a->mean < b->mean) - (a->mean > b->mean);
}

/* One stage: all that are left meet the same new citizens as the value at hand. */
static bool stage(struct search *s, struct racer *racers, int count, uint32_t from, uint32_t reps)
{
    const uint64_t seed = seed_next(s, false);
    double base[REPS_MAX], other[REPS_MAX];

    if (!run(s, &s->result->best, seed, reps, base)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!run(s, &racers[i].setting, seed, reps, other)) {
            return false;
        }
        double sum = 0;
        for (uint32_t r = 0; r < reps; r++) {
            racers[i].gain[from + r] = other[r] - base[r];
        }
        for (uint32_t r = 0; r < from + reps; r++) {
            sum += racers[i].gain[r];
        }
        racers[i].mean = sum / (from + reps);
    }
    qsort(racers, (size_t)count, sizeof *racers, by_mean);
    return true;
}

static int racers_make(const struct search *s, int knob, struct racer *racers)
{
    char list[160], *rest = list, *value;
    int count = 0;

    snprintf(list, sizeof list, "%s", tbs_knobs[knob].values);
    while ((value = strtok_r(rest, " ", &rest)) != NULL && count < TBS_KNOB_VALUES_MAX) {
        if (strcmp(value, s->result->best.value[knob]) != 0) {
            racers[count] = (struct racer){.setting = s->result->best};
            snprintf(racers[count].setting.value[knob], TBS_KNOB_VALUE_BYTES, "%s", value);
            count++;
        }
    }
    return count;
}

/* Turns one knob. False: a run failed. */
static bool turn(struct search *s, int knob, bool *changed)
{
    struct racer racers[TBS_KNOB_VALUES_MAX];
    const int all = racers_make(s, knob, racers);
    uint32_t done = 0;
    int left = all;

    for (int k = 0; k < STAGES && !spent(s); k++) {
        const uint32_t reps = (uint32_t)FIRST_REPS << k;
        if (!stage(s, racers, left, done, reps)) {
            return false;
        }
        done += reps;
        left = left > 1 ? (left + 1) / 2 : 1;
        if (racers[0].mean <= 0 || share_spent(s)) { /* not even the best one is better */
            break;
        }
    }
    if (done == 0) {
        return true;
    }
    const struct tbs_interval gain = tbs_interval_mean(racers[0].gain, done, 1 - 0.05 / all);
    const bool taken = gain.value - gain.half_width > 0;
    if (taken) {
        s->result->best = racers[0].setting;
        *changed = true;
    }
    if (s->options->told != NULL) {
        s->options->told(s->options->context, (enum tbs_knob_name)knob,
                         racers[0].setting.value[knob], taken, gain, s->result->runs);
    }
    return true;
}

bool tbs_tune(const struct tbs_trial *trial, const struct tbs_tune_options *options,
              struct tbs_tune_result *result, char *error, size_t room)
{
    struct search s = {.trial = trial, .options = options, .result = result,
                       .began_s = now_s(), .error = error, .room = room};
    const size_t count = (size_t)options->judge_reps * TBS_CITY_METRIC_COUNT;
    const struct tbs_setting base = {0};
    bool changed = true, fine = true;

    *result = (struct tbs_tune_result){.judge_reps = options->judge_reps};
    for (; changed && fine && !spent(&s) && result->rounds < ROUNDS_MAX; result->rounds++) {
        changed = false;
        for (int k = 0; k < TBS_KNOB_COUNT && fine && !spent(&s); k++) {
            share_make(&s, k);
            fine = !options->knobs[k] || turn(&s, k, &changed);
        }
    }
    result->spent = spent(&s);
    result->base = malloc(2 * count * sizeof *result->base);
    tbs_assert(result->base != NULL);
    result->tuned = result->base + count;
    const uint64_t seed = seed_next(&s, true);
    return fine &&
           tbs_trial_run(trial, &base, seed, options->judge_reps, result->base, error, room) &&
           tbs_trial_run(trial, &result->best, seed, options->judge_reps, result->tuned, error,
                         room);
}
