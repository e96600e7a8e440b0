#include "run/run.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/interval.h"
#include "run/inside.h"
#include "run/tickets.h"

/* What one thread works with. */
struct worker {
    struct team *team;
    struct tbs_model *model;
    struct tbs_tally *tally; /* batch of the replication at hand; picture of all its replications */
    struct tbs_tally *sum;   /* batches of all its replications */
    struct tbs_spread *spread; /* of all its replications; NULL: no picture */
    struct tbs_waits *scratch;
    pthread_t thread;
    uint32_t number; /* of the replication at hand */
    bool first, failed;
};

struct team {
    const struct tb_scenario *scenario;
    const struct tbs_run_options *options;
    const struct tbs_demand *demand;
    struct outcome *outcome;
    struct tbs_tickets *tickets;
    uint64_t *hashes;          /* by replication */
    _Atomic uint32_t next;     /* replication to begin; relaxed: only its number matters */
    _Atomic uint32_t finished; /* relaxed: for the progress bar */
    _Atomic uint64_t cases;    /* relaxed: the same */
    uint32_t last;             /* no replication from here on in this round */
    struct tbs_spread_weight each; /* of a replication */
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void tbs_run_options_init(struct tbs_run_options *options, const struct tb_scenario *scenario)
{
    const struct tb_demand *demand = &scenario->demand;
    const bool year = demand->year_first != TB_NONE;

    *options = (struct tbs_run_options){
        .day_first = year ? demand->year_first : 0,
        .day_count = year ? demand->year_last - demand->year_first + 1 : scenario->day_count,
        .seed = 1,
        .replications = 1,
        .threads = 1,
        .picture = true,
        .command = "",
        .version = "",
    };
}

static bool stopped(const struct tbs_run_options *options)
{
    return options->stop != NULL && atomic_load_explicit(options->stop, memory_order_relaxed);
}

static void ticket_write(void *context, const struct tbs_visit *visit)
{
    const struct worker *worker = context;

    if (worker->number == 0) {
        tbs_tickets_add(worker->team->tickets, visit);
    }
}

/* ---- workers --------------------------------------------------------------------------------- */

/* Of a worker that is all zeros. The first one counts straight into the outcome. */
static void worker_open(struct worker *worker, struct team *team, bool first)
{
    const struct tbs_run_options *options = team->options;
    const struct tbs_model_options model_options = {
        .day_first = options->day_first,
        .day_count = options->day_count,
        .verify = options->verify,
        .ticket = team->tickets != NULL ? ticket_write : NULL,
        .ticket_context = worker,
    };

    worker->team = team;
    worker->model = tbs_model_create(team->scenario, team->demand, &model_options);
    worker->first = first;
    worker->tally = tbs_tally_create(team->scenario, options->picture && !first);
    worker->sum = first ? team->outcome->sum : tbs_tally_create(team->scenario, false);
    if (options->picture && first) {
        tbs_tally_share_picture(worker->tally, team->outcome->sum);
    }
    worker->spread = !options->picture ? NULL
                     : first           ? team->outcome->spread
                                       : tbs_spread_create(worker->tally);
    worker->scratch = malloc(sizeof *worker->scratch);
    tbs_assert(worker->scratch != NULL);
}

static void worker_close(struct worker *worker)
{
    if (!worker->first) {
        if (worker->spread != NULL) {
            tbs_spread_add(worker->team->outcome->spread, worker->spread);
            tbs_spread_free(worker->spread);
        }
        tbs_tally_add(worker->team->outcome->sum, worker->sum);
        if (worker->team->options->picture) {
            tbs_tally_add_picture(worker->team->outcome->sum, worker->tally);
        }
        tbs_tally_free(worker->sum);
    }
    tbs_tally_free(worker->tally);
    tbs_model_free(worker->model);
    free(worker->scratch);
}

static uint64_t cases_of(const struct tbs_tally *tally)
{
    uint64_t cases = 0;

    for (uint32_t h = 0; h < tally->hall_count; h++) {
        for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
            cases += tally->stations[h].count[type][TBS_STATION_ARRIVED];
        }
    }
    return cases;
}

/* After the warm-up nothing of it is left but the city's state. */
static bool warm_up(struct worker *worker)
{
    const struct tbs_run_options *options = worker->team->options;

    if (options->warm_up_days == 0) {
        return true;
    }
    struct tbs_tally *nowhere = tbs_tally_create(worker->team->scenario, false);
    tbs_model_count(worker->model, nowhere);
    const bool fine = tbs_model_run(worker->model, options->warm_up_days);
    tbs_tally_free(nowhere);
    return fine;
}

static void progress_tell(const struct team *team, double done)
{
    const struct tbs_run_options *options = team->options;

    if (options->progress != NULL) {
        const struct tbs_run_progress progress = {
            .done = done,
            .cases = (double)atomic_load_explicit(&team->cases, memory_order_relaxed),
            .replications = atomic_load_explicit(&team->finished, memory_order_relaxed),
        };
        options->progress(options->progress_context, &progress);
    }
}

static bool replication_run(struct worker *worker, uint32_t number)
{
    struct team *team = worker->team;
    const struct tbs_run_options *options = team->options;
    struct tbs_model *model = worker->model;

    if (tbs_model_error(model)[0] != '\0') {
        return false;
    }
    worker->number = number;
    tbs_model_start(model, options->seed, number);
    if (!warm_up(worker)) {
        return false;
    }
    tbs_model_count(model, worker->tally);
    if (!tbs_model_run(model, options->day_count)) {
        return false;
    }
    tbs_model_finish(model);
    tbs_sample_take(team->outcome, number, worker->tally, worker->scratch);
    if (worker->spread != NULL) {
        tbs_spread_take(worker->spread, worker->tally, &team->each);
    }
    team->hashes[number] = tbs_model_hash(model);
    atomic_fetch_add_explicit(&team->cases, cases_of(worker->tally), memory_order_relaxed);
    tbs_tally_add(worker->sum, worker->tally);
    tbs_tally_clear(worker->tally);
    return true;
}

static void *worker_work(void *context)
{
    struct worker *worker = context;
    struct team *team = worker->team;

    if (worker->model == NULL) { /* by each thread for itself, so that none waits for others' */
        worker_open(worker, team, worker == team->outcome->first_worker);
    }
    while (!stopped(team->options) && !worker->failed) {
        const uint32_t number = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (number >= team->last) {
            break;
        }
        worker->failed = !replication_run(worker, number);
        const uint32_t finished =
            atomic_fetch_add_explicit(&team->finished, 1, memory_order_relaxed) + 1;
        if (worker == team->outcome->first_worker) {
            progress_tell(team, (double)finished / (double)team->options->replications);
        }
    }
    return NULL;
}

/* ---- many replications ----------------------------------------------------------------------- */

/* Runs replications up to `last`. False: one failed. */
static bool round_run(struct team *team, struct worker *workers, uint32_t last)
{
    const uint32_t threads = team->options->threads;
    bool fine = true;

    tbs_samples_reserve(team->outcome, last);
    team->hashes = realloc(team->hashes, last * sizeof *team->hashes);
    tbs_assert(team->hashes != NULL);
    team->last = last;
    for (uint32_t i = 1; i < threads; i++) {
        const int failed = pthread_create(&workers[i].thread, NULL, worker_work, &workers[i]);
        tbs_assert(failed == 0);
    }
    worker_work(&workers[0]);
    for (uint32_t i = 1; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    for (uint32_t i = 0; i < threads; i++) {
        fine &= !workers[i].failed;
    }
    /* Numbers are given out in order and what has begun is ended, so the finished ones have no gap.
     */
    const uint32_t begun = atomic_load_explicit(&team->next, memory_order_relaxed);
    team->outcome->replications = begun < last ? begun : last;
    atomic_store_explicit(&team->next, team->outcome->replications, memory_order_relaxed);
    return fine;
}

static bool narrow_enough(const struct outcome *outcome, const struct tbs_until *until)
{
    double *values = malloc(outcome->replications * sizeof *values);
    uint32_t n = 0;

    tbs_assert(values != NULL);
    for (uint32_t i = 0; i < outcome->replications; i++) {
        const double value = outcome->samples[i].city[until->metric];
        if (!isnan(value)) {
            values[n++] = value;
        }
    }
    const struct tbs_interval interval = tbs_interval_mean(values, n, 0.95);
    free(values);
    return n >= 2 && tbs_interval_relative(interval) <= until->relative;
}

enum { ROUND = 4096 }; /* replications for whose figures room is made at once */

static bool replications_run(struct team *team)
{
    const struct tbs_run_options *options = team->options;
    struct worker *workers = calloc(options->threads, sizeof *workers);
    const bool until = options->until.relative > 0;
    const uint32_t all = options->replications, first = until ? 10 : ROUND;
    uint32_t last = first < all ? first : all;
    bool fine;

    tbs_assert(workers != NULL);
    for (uint32_t i = 0; i < options->threads; i++) {
        workers[i].team = team;
    }
    team->outcome->first_worker = &workers[0];
    /* Rounds of a fixed size, so that the decision to stop does not depend on threads either. */
    for (;;) {
        fine = round_run(team, workers, last);
        if (!fine || stopped(options) || last == all ||
            (until && narrow_enough(team->outcome, &options->until))) {
            break;
        }
        last += until ? last / 2 : ROUND;
        last = last < all ? last : all;
    }
    if (!fine) {
        for (uint32_t i = 0; i < options->threads; i++) {
            if (workers[i].failed) {
                snprintf(team->outcome->error, sizeof team->outcome->error, "%s",
                         tbs_model_error(workers[i].model));
            }
        }
    }
    for (uint32_t i = 0; i < options->threads; i++) {
        worker_close(&workers[i]);
    }
    free(workers);
    team->outcome->sample_count = team->outcome->replications;
    return fine;
}

/* ---- one long run ---------------------------------------------------------------------------- */

/* Days of a batch: weeks, so that every batch has the same days of the week, and about 26 of them;
 * single days where the run has no two weeks. */
static uint32_t batch_days(uint32_t days)
{
    const uint32_t weeks = days / 7 / 26;

    return days < 14 ? 1 : 7 * (weeks > 0 ? weeks : 1);
}

/* Cases to be expected on a day: those of the trace, or of the demand. */
static double day_expects(const struct outcome *outcome, uint32_t day)
{
    const struct tbs_trace *trace = outcome->options->trace;
    const struct tb_scenario *s = outcome->scenario;
    double cases = 0;

    if (trace != NULL) {
        const uint64_t first = (uint64_t)(day - trace->day_first) * trace->hall_count;
        return day < trace->day_first || day >= trace->day_first + trace->day_count
                   ? 0
                   : (double)(trace->first[first + trace->hall_count] - trace->first[first]);
    }
    for (uint32_t h = 0; h < s->hall_count; h++) {
        cases += tb_scenario_cases(s, h, day);
    }
    return cases;
}

/* Days, and cases to be expected, of some days of the run. */
static struct tbs_spread_weight weight_of(const struct outcome *outcome, uint32_t from,
                                          uint32_t days)
{
    const uint32_t first = outcome->options->day_first + outcome->options->warm_up_days + from;
    struct tbs_spread_weight weight = {{0}, {0}};

    for (uint32_t d = first; d < first + days; d++) {
        const enum tbs_day_type type = tbs_day_type(outcome->scenario, d);
        const int64_t cases = llround(1000 * day_expects(outcome, d));
        weight.days[type] += cases > 0;
        weight.cases[type] += cases;
    }
    return weight;
}

/* Which share of the run's cases was to be expected in each batch. */
static void expected_share(struct outcome *outcome, uint32_t batch)
{
    const uint32_t first = outcome->options->day_first + outcome->options->warm_up_days;
    double all[TBS_DAY_TYPE_COUNT + 1] = {0};

    for (uint32_t i = 0; i < outcome->sample_count; i++) {
        memset(outcome->samples[i].expected, 0, sizeof outcome->samples[i].expected);
    }
    for (uint32_t d = 0; d < outcome->days; d++) {
        const double cases = day_expects(outcome, first + d);
        const enum tbs_day_type type = tbs_day_type(outcome->scenario, first + d);
        all[type] += cases;
        all[TBS_DAY_TYPE_COUNT] += cases;
        if (d / batch < outcome->sample_count) {
            outcome->samples[d / batch].expected[type] += cases;
            outcome->samples[d / batch].expected[TBS_DAY_TYPE_COUNT] += cases;
        }
    }
    for (uint32_t i = 0; i < outcome->sample_count; i++) {
        for (int type = 0; type <= TBS_DAY_TYPE_COUNT; type++) {
            outcome->samples[i].expected[type] /= all[type] > 0 ? all[type] : 1;
        }
    }
}

static bool long_run(struct team *team)
{
    const struct tbs_run_options *options = team->options;
    struct outcome *outcome = team->outcome;
    const uint32_t days = options->day_count - options->warm_up_days;
    const uint32_t batch = batch_days(days);
    struct worker worker = {0};
    uint32_t done = 0;

    worker_open(&worker, team, true);
    struct tbs_model *model = worker.model;
    bool fine = tbs_model_error(model)[0] == '\0';
    if (fine) {
        tbs_model_start(model, options->seed, 0);
        fine = warm_up(&worker);
        tbs_model_count(model, worker.tally);
    }
    while (fine && done < days && !stopped(options)) {
        const uint32_t here = done + batch <= days ? batch : days - done;
        fine = tbs_model_run(model, here);
        done += here;
        if (fine && done == days) {
            tbs_model_finish(model);
        }
        if (fine && here == batch) {
            tbs_samples_reserve(outcome, outcome->sample_count + 1);
            tbs_sample_take(outcome, outcome->sample_count++, worker.tally, worker.scratch);
            if (worker.spread != NULL) {
                const struct tbs_spread_weight weight = weight_of(outcome, done - batch, batch);
                tbs_spread_take(worker.spread, worker.tally, &weight);
            }
        }
        atomic_fetch_add_explicit(&team->cases, cases_of(worker.tally), memory_order_relaxed);
        tbs_tally_add(worker.sum, worker.tally);
        tbs_tally_clear(worker.tally);
        progress_tell(team, (double)done / (double)days);
    }
    if (!fine) {
        snprintf(outcome->error, sizeof outcome->error, "%s", tbs_model_error(model));
    } else {
        outcome->days = done;
        outcome->replications = done > 0;
        outcome->batches = true;
        outcome->weight = weight_of(outcome, 0, done);
        expected_share(outcome, batch);
        outcome->hash = tbs_model_hash(model);
    }
    worker_close(&worker);
    return fine;
}

/* ---- all ------------------------------------------------------------------------------------- */

static uint64_t hashes_mix(const uint64_t *hashes, uint32_t count)
{
    uint64_t mix = 0;

    for (uint32_t i = 0; i < count; i++) {
        mix = (mix ^ hashes[i]) * 0x9e3779b97f4a7c15u;
        mix ^= mix >> 29;
    }
    return mix;
}

static bool team_run(struct team *team)
{
    const struct tbs_run_options *options = team->options;

    if (options->replications == 1 && options->until.relative == 0) {
        return long_run(team);
    }
    team->outcome->days = options->day_count - options->warm_up_days;
    team->each = weight_of(team->outcome, 0, team->outcome->days);
    const bool fine = replications_run(team);
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        const int64_t replications = team->outcome->replications;
        team->outcome->weight.days[type] = replications * team->each.days[type];
        team->outcome->weight.cases[type] = replications * team->each.cases[type];
    }
    team->outcome->hash = hashes_mix(team->hashes, team->outcome->replications);
    free(team->hashes);
    return fine;
}

struct tbs_results *tbs_run(const struct tb_scenario *scenario,
                            const struct tbs_run_options *options, struct tbs_run_error *error)
{
    const double began_s = now_s();
    struct outcome outcome = {.scenario = scenario, .options = options};
    struct team team = {.scenario = scenario, .options = options, .outcome = &outcome};
    struct tbs_results *results = NULL;

    tbs_assert(options->warm_up_days < options->day_count);
    error->text[0] = '\0';
    struct tbs_demand *demand = tbs_demand_create(scenario, options->trace);
    team.demand = demand;
    outcome.sum = tbs_tally_create(scenario, options->picture);
    outcome.spread = options->picture ? tbs_spread_create(outcome.sum) : NULL;
    if (options->tickets_path != NULL) {
        team.tickets = tbs_tickets_open(options->tickets_path, scenario, error);
    }
    if (error->text[0] == '\0' && !team_run(&team)) {
        snprintf(error->text, sizeof error->text, "%s", outcome.error);
    }
    if (team.tickets != NULL && !tbs_tickets_close(team.tickets, error->text[0] == '\0', error)) {
        tbs_assert(error->text[0] != '\0');
    }
    if (error->text[0] == '\0' && outcome.replications == 0) {
        snprintf(error->text, sizeof error->text, "stopped before anything was finished");
    }
    if (error->text[0] == '\0') {
        outcome.wall_s = now_s() - began_s;
        results = tbs_results_fill(&outcome);
    }
    tbs_samples_free(&outcome);
    tbs_spread_free(outcome.spread);
    tbs_tally_free(outcome.sum);
    tbs_demand_free(demand);
    return results;
}
