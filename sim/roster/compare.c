#include "roster/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/base.h"
#include "run/run.h"

/* Replication r of the rostered halls together. */
static void values_of(const struct tbs_input *in, const struct tbs_results *results, uint32_t r,
                      double *values)
{
    const uint32_t halls = results->shape.hall_count;
    double arrived = 0, served = 0;

    for (int i = 0; i < TBS_SEEN_COUNT; i++) {
        values[i] = 0;
    }
    for (uint32_t h = 0; h < halls; h++) {
        const double *hall =
            &results->replication_hall[((size_t)r * halls + h) * TBS_HALL_METRIC_COUNT];
        if (!in->halls[h] || !(hall[TBS_HALL_ARRIVED] > 0)) {
            continue;
        }
        arrived += hall[TBS_HALL_ARRIVED];
        if (hall[TBS_HALL_SERVED] > 0) {
            served += hall[TBS_HALL_SERVED];
            values[TBS_SEEN_WAIT] += hall[TBS_HALL_WAIT_MEAN_S] * hall[TBS_HALL_SERVED];
        }
        values[TBS_SEEN_WITHIN] += hall[TBS_HALL_WITHIN_PROMISE] * hall[TBS_HALL_ARRIVED];
        values[TBS_SEEN_LEFT] += hall[TBS_HALL_LEFT];
        values[TBS_SEEN_WINDOWS] += hall[TBS_HALL_WINDOW_HOURS];
    }
    values[TBS_SEEN_WITHIN] /= arrived > 0 ? arrived : 1;
    values[TBS_SEEN_LEFT] /= arrived > 0 ? arrived : 1;
    values[TBS_SEEN_WAIT] /= served > 0 ? served : 1;
}

static struct tbs_results *run(const struct tbs_input *in, const struct tb_scenario *scenario,
                               unsigned long reps, uint64_t seed, char *error, size_t room)
{
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct tbs_run_options options;
    struct tbs_run_error why = {{0}};

    tbs_run_options_init(&options, scenario);
    options.day_first = in->days[0].number;
    options.day_count = (uint32_t)in->problem.day_count;
    options.seed = seed;
    options.replications = (uint32_t)reps;
    options.threads = cpus > 1 ? (uint32_t)cpus : 1;
    options.picture = false;
    struct tbs_results *results = tbs_run(scenario, &options, &why);
    if (results == NULL) {
        snprintf(error, room, "%s", why.text);
    }
    return results;
}

static void intervals_make(struct tbs_roster_seen *seen, const double *needs, const double *roster,
                           size_t n)
{
    double *one = malloc(2 * n * sizeof *one), *other = one + n;

    tbs_assert(one != NULL);
    for (int i = 0; i < TBS_SEEN_COUNT; i++) {
        for (size_t r = 0; r < n; r++) {
            one[r] = needs[r * TBS_SEEN_COUNT + (size_t)i];
            other[r] = roster[r * TBS_SEEN_COUNT + (size_t)i];
        }
        seen->needs[i] = tbs_interval_mean(one, n, 0.95);
        seen->roster[i] = tbs_interval_mean(other, n, 0.95);
        seen->change[i] = tbs_interval_paired(other, one, n, 0.95, NULL);
    }
    free(one);
}

bool tbs_roster_compare(const struct tbs_input *in, const char *scenario_path,
                        const char *plan_path, unsigned long reps, uint64_t seed,
                        struct tbs_roster_seen *seen, char *error, size_t room)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *other =
        tb_scenario_load_with(scenario_path, NULL, 0, plan_path, &problems);
    struct tbs_results *a = NULL, *b = NULL;

    *seen = (struct tbs_roster_seen){.reps = (unsigned)reps};
    if (other == NULL) {
        snprintf(error, room, "%s:%u: %s", problems.problems[0].file, problems.problems[0].line,
                 problems.problems[0].en);
    } else {
        a = run(in, in->scenario, reps, seed, error, room);
        b = a != NULL ? run(in, other, reps, seed, error, room) : NULL;
    }
    if (b != NULL) {
        double *values = malloc(2 * reps * TBS_SEEN_COUNT * sizeof *values);
        double *second = values + reps * TBS_SEEN_COUNT;
        tbs_assert(values != NULL);
        for (uint32_t r = 0; r < reps; r++) {
            values_of(in, a, r, &values[r * TBS_SEEN_COUNT]);
            values_of(in, b, r, &second[r * TBS_SEEN_COUNT]);
        }
        intervals_make(seen, values, second, reps);
        free(values);
    }
    const bool fine = b != NULL;
    tbs_results_free(a);
    tbs_results_free(b);
    tb_scenario_free(other);
    tb_scenario_problems_free(&problems);
    return fine;
}
