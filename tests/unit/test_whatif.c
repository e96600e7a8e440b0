/* What-ifs from a live city: against whole simulations where nothing is known yet, and for what
 * must follow from a change. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/interval.h"
#include "model/figures.h"
#include "model/model.h"
#include "tongban/engine.h"
#include "whatif/whatif.h"

/* A scenario, and its city at an instant of a simulated day. */
struct world {
    struct tb_scenario *scenario;
    struct tbs_demand *demand;
    struct tbs_model *model;
    struct tb_city *city; /* as at `now` */
    size_t bytes;
    tb_time now, at_us;
};

static void city_keep(void *context, const struct tb_event *event)
{
    struct world *w = context;

    if (w->now == 0 && event->at_us >= w->at_us) {
        const enum tb_status status =
            tb_city_copy(w->city, w->bytes, tbs_model_city(w->model));
        cr_assert_eq(status, TB_STATUS_OK);
        w->now = event->at_us;
    }
}

/* The city of a scenario at `offset` of a day, after `before` simulated days. */
static struct world *world_new(const char *dir, uint32_t day, uint32_t before, int64_t offset_us)
{
    struct world *w = calloc(1, sizeof *w);
    struct tb_scenario_problems problems = {0};

    w->scenario = tb_scenario_load(dir, &problems);
    cr_assert_not_null(w->scenario, "%s", dir);
    tb_scenario_problems_free(&problems);
    w->demand = tbs_demand_create(w->scenario, NULL);
    const struct tbs_model_options options = {.day_first = day - before,
                                              .day_count = before + 1,
                                              .event = city_keep,
                                              .event_context = w};
    w->model = tbs_model_create(w->scenario, w->demand, &options);
    w->bytes = tb_city_block_bytes(tbs_model_city(w->model));
    w->city = aligned_alloc(64, (w->bytes + 63) / 64 * 64);
    w->at_us = tbs_day_starts_at_us(w->scenario, day) + offset_us;
    struct tbs_tally *tally = tbs_tally_create(w->scenario, false);
    tbs_model_start(w->model, 7, 0);
    tbs_model_count(w->model, tally);
    cr_assert(tbs_model_run(w->model, before + 1), "%s", tbs_model_error(w->model));
    cr_assert_neq(w->now, 0);
    tbs_tally_free(tally);
    return w;
}

static void world_free(struct world *w)
{
    tbs_model_free(w->model);
    tbs_demand_free(w->demand);
    tb_scenario_free(w->scenario);
    free(w->city);
    free(w);
}

static struct tb_whatif_ask ask_of(const struct world *w, uint32_t hall, uint32_t runs)
{
    return (struct tb_whatif_ask){.scenario = w->scenario,
                                  .city = w->city,
                                  .now = w->now,
                                  .hall = hall,
                                  .seed = 3,
                                  .runs = runs};
}

/* The mean wait of each of `runs` replications of that day, simulated as a whole. */
static void days_simulate(const struct world *w, uint32_t day, uint32_t runs, double *mean_s)
{
    const struct tbs_model_options options = {.day_first = day, .day_count = 1};
    struct tbs_model *model = tbs_model_create(w->scenario, w->demand, &options);
    struct tbs_tally *tally = tbs_tally_create(w->scenario, false);
    double out[TBS_HALL_METRIC_COUNT];

    for (uint32_t r = 0; r < runs; r++) {
        tbs_model_start(model, 3, r);
        tbs_model_count(model, tally);
        cr_assert(tbs_model_run(model, 1));
        tbs_model_finish(model);
        tbs_figures_hall(tally, 0, out);
        mean_s[r] = out[TBS_HALL_WAIT_MEAN_S];
        tbs_tally_clear(tally);
    }
    tbs_tally_free(tally);
    tbs_model_free(model);
}

static void from_the_morning(const char *dir)
{
    enum { RUNS = 6 };
    struct world *w = world_new(dir, 3, 0, 0);
    struct tb_whatif_ask ask = ask_of(w, 0, RUNS);
    struct tb_whatif_answer answer;
    double mean_s[RUNS];

    cr_assert(tbs_whatif(&ask, &answer), "%s", answer.error);
    days_simulate(w, 3, RUNS, mean_s);
    const struct tbs_interval whole = tbs_interval_mean(mean_s, RUNS, 0.95);
    cr_assert_eq(answer.runs, (uint32_t)RUNS);
    cr_assert_gt(whole.value, 5);
    cr_assert_float_eq(answer.before.wait_mean_s.value, whole.value, 1e-6, "%g, not %g",
                       answer.before.wait_mean_s.value, whole.value);
    cr_assert_float_eq(answer.before.wait_mean_s.half_width, whole.half_width, 1e-6);
    cr_assert_eq(answer.wait_change_s.value, 0);
    world_free(w);
}

/* The same citizens, the same rules: not nearly the same, but the same. */
Test(whatif, from_an_empty_city_it_is_the_simulation)
{
    from_the_morning("sim/scenarios/teach-mmc");
    from_the_morning("sim/scenarios/teach-erlang-a");
    from_the_morning("sim/scenarios/teach-priority");
}

/* A Saturday of two windows, at ten. */
static struct world *saturday_new(void)
{
    return world_new("sim/scenarios/teach-one-hall", 7, 5, TB_HOURS(10));
}

static struct tb_whatif_answer changed(const struct world *w, struct tb_whatif_change change)
{
    struct tb_whatif_ask ask = ask_of(w, 0, 200);
    struct tb_whatif_answer answer;

    change.at_us = change.at_us == 0 ? w->now : change.at_us;
    change.until_us = change.until_us == 0 ? TB_NEVER : change.until_us;
    ask.changes[0] = change;
    ask.change_count = 1;
    cr_assert(tbs_whatif(&ask, &answer), "%s", answer.error);
    cr_assert_eq(answer.runs, 200u);
    return answer;
}

Test(whatif, a_window_more_shortens_waits_and_one_less_lengthens_them)
{
    struct world *w = saturday_new();
    const tb_time half_past = w->at_us + TB_MINUTES(30);
    const struct tb_whatif_answer open = changed(
        w, (struct tb_whatif_change){.kind = TB_WHATIF_OPEN, .server = 2, .at_us = half_past});
    const struct tb_whatif_answer short_open = changed(
        w, (struct tb_whatif_change){.kind = TB_WHATIF_OPEN, .server = 2, .at_us = half_past,
                                     .until_us = half_past + TB_MINUTES(30)});
    const struct tb_whatif_answer close =
        changed(w, (struct tb_whatif_change){.kind = TB_WHATIF_CLOSE, .server = 0});

    cr_assert_lt(open.wait_change_s.value + open.wait_change_s.half_width, 0);
    cr_assert_lt(open.p_value, 0.001);
    cr_assert_gt(open.after.within.value, open.before.within.value);
    cr_assert_lt(open.after.wait_p90_s.value, open.before.wait_p90_s.value);
    cr_assert_lt(short_open.wait_change_s.value + short_open.wait_change_s.half_width, 0);
    cr_assert_gt(short_open.wait_change_s.value, open.wait_change_s.value);
    cr_assert_gt(close.wait_change_s.value - close.wait_change_s.half_width, 0);
    cr_assert_lt(close.after.within.value, close.before.within.value);
    /* One world, three questions: what is without a change is the same. */
    cr_assert_eq(open.before.wait_mean_s.value, close.before.wait_mean_s.value);
    world_free(w);
}

Test(whatif, more_people_or_fewer_clerks_or_a_shut_door_show)
{
    struct world *w = saturday_new();
    const struct tb_whatif_answer surge =
        changed(w, (struct tb_whatif_change){.kind = TB_WHATIF_SURGE, .factor = 1.5});
    const struct tb_whatif_answer ebb =
        changed(w, (struct tb_whatif_change){.kind = TB_WHATIF_SURGE, .factor = 0.5});
    const struct tb_whatif_answer sick =
        changed(w, (struct tb_whatif_change){.kind = TB_WHATIF_SICK, .count = 1});
    const struct tb_whatif_answer shut =
        changed(w, (struct tb_whatif_change){.kind = TB_WHATIF_SHUT});

    cr_assert_gt(surge.wait_change_s.value - surge.wait_change_s.half_width, 0);
    cr_assert_gt(surge.after.served.value, 1.2 * surge.before.served.value);
    cr_assert_lt(ebb.wait_change_s.value + ebb.wait_change_s.half_width, 0);
    cr_assert_gt(sick.wait_change_s.value - sick.wait_change_s.half_width, 0);
    cr_assert_lt(shut.after.served.value, 0.7 * shut.before.served.value);
    cr_assert_geq(shut.after.served.value, 1);
    world_free(w);
}

Test(whatif, the_same_seed_gives_the_same_answer_and_leaves_the_city_alone)
{
    struct world *w = saturday_new();
    const uint64_t hash = tb_city_hash(w->city);
    struct tb_whatif_ask ask = ask_of(w, 0, 50);
    struct tb_whatif_answer one, two, other;

    ask.changes[0] = (struct tb_whatif_change){
        .kind = TB_WHATIF_SICK, .count = 1, .at_us = w->now, .until_us = TB_NEVER};
    ask.change_count = 1;
    cr_assert(tbs_whatif(&ask, &one));
    cr_assert(tbs_whatif(&ask, &two));
    one.took_us = two.took_us = 0;
    cr_assert_eq(memcmp(&one, &two, sizeof one), 0);
    ask.seed++;
    cr_assert(tbs_whatif(&ask, &other));
    cr_assert_neq(one.before.wait_mean_s.value, other.before.wait_mean_s.value);
    cr_assert_eq(tb_city_hash(w->city), hash);
    world_free(w);
}

/* ---- does what it says come true? ------------------------------------------------------------ */

struct truth {
    struct world world;
    double wait_s;
    uint32_t count;
};

/* Of those who wait at that instant, or come later. */
static void visit_watch(void *context, const struct tbs_visit *visit)
{
    struct truth *t = context;

    if (visit->day == 5 && visit->flags & TBS_VISIT_TICKET && visit->called_at_us != TB_NEVER &&
        visit->called_at_us > t->world.at_us) {
        t->wait_s += 1e-6 * (double)(visit->called_at_us - visit->place_at_us);
        t->count++;
    }
}

/* A thousand Saturdays at 11:00, foretold, then lived: on average nobody is misled. */
Test(stress_whatif, what_is_foretold_comes_true_on_average)
{
    enum { LIVES = 1000 };
    struct truth t = {0};
    struct tb_scenario_problems problems = {0};
    double error_s[LIVES], lived_s = 0;

    t.world.scenario = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    cr_assert_not_null(t.world.scenario);
    t.world.demand = tbs_demand_create(t.world.scenario, NULL);
    const struct tbs_model_options options = {.day_first = 5,
                                              .day_count = 1,
                                              .event = city_keep,
                                              .event_context = &t.world,
                                              .ticket = visit_watch,
                                              .ticket_context = &t};
    t.world.model = tbs_model_create(t.world.scenario, t.world.demand, &options);
    t.world.bytes = tb_city_block_bytes(tbs_model_city(t.world.model));
    t.world.city = aligned_alloc(64, (t.world.bytes + 63) / 64 * 64);
    t.world.at_us = tbs_day_starts_at_us(t.world.scenario, 5) + TB_HOURS(11);
    struct tbs_tally *tally = tbs_tally_create(t.world.scenario, false);
    for (uint32_t i = 0; i < LIVES; i++) {
        struct tb_whatif_answer answer;
        t.world.now = 0;
        t.wait_s = t.count = 0;
        tbs_model_start(t.world.model, 1000, i);
        tbs_model_count(t.world.model, tally);
        cr_assert(tbs_model_run(t.world.model, 1));
        struct tb_whatif_ask ask = ask_of(&t.world, 0, 20);
        ask.seed = i; /* else all would share the luck of twenty days */
        cr_assert(tbs_whatif(&ask, &answer), "%s", answer.error);
        error_s[i] = answer.before.wait_mean_s.value - t.wait_s / t.count;
        lived_s += t.wait_s / t.count / LIVES;
    }
    const struct tbs_interval bias = tbs_interval_mean(error_s, LIVES, 0.999);
    cr_log_info("lived %g s, foretold %+g +- %g s\n", lived_s, bias.value, bias.half_width);
    cr_assert_lt(fabs(bias.value), bias.half_width, "%g +- %g of %g", bias.value, bias.half_width,
                 lived_s);
    cr_assert_lt(bias.half_width, 0.2 * lived_s, "+- %g of %g", bias.half_width, lived_s);
    tbs_tally_free(tally);
    world_free(memcpy(calloc(1, sizeof t.world), &t.world, sizeof t.world));
}

/* ---- speed ----------------------------------------------------------------------------------- */

static int64_t cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return TB_SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

/* The reference city on a Tuesday at noon: each of its busiest halls within a second, in processor
 * time of this thread, so that it holds on a busy machine too. */
Test(long_whatif, a_second_is_enough_for_the_reference_city)
{
    struct world *w = world_new("sim/scenarios/city58", 150, 1, TB_HOURS(12));
    uint32_t busiest = 0;

    for (uint32_t h = 1; h < w->scenario->hall_count; h++) {
        if (w->scenario->halls[h].volume_milli > w->scenario->halls[busiest].volume_milli) {
            busiest = h;
        }
    }
    struct tb_whatif_ask ask = ask_of(w, busiest, 200);
    struct tb_whatif_answer answer;
    ask.changes[0] = (struct tb_whatif_change){.kind = TB_WHATIF_CLOSE,
                                               .server =
                                                   w->scenario->halls[busiest].window_first,
                                               .at_us = w->now,
                                               .until_us = TB_NEVER};
    ask.change_count = 1;
    const int64_t begun_us = cpu_us();
    cr_assert(tbs_whatif(&ask, &answer), "%s", answer.error);
    const int64_t took_us = cpu_us() - begun_us;
    cr_log_info("%s: %u runs, %lld ms, level %.3f (%u of %.0f), %.0f s -> %.0f s, %.0f served\n",
                w->scenario->halls[busiest].label.id, answer.runs, (long long)took_us / 1000,
                answer.level, answer.numbers, answer.expected, answer.before.wait_mean_s.value,
                answer.after.wait_mean_s.value, answer.before.served.value);
    cr_assert_eq(answer.runs, 200u);
    cr_assert_gt(answer.before.served.value, 20);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    cr_assert_lt(took_us, TB_SECONDS(1));
#endif
    world_free(w);
}
