/* The model where every number is known exactly: the same day by both drivers, what must add up,
 * what must not depend on what. (Each single wait: test_recursion.c.) */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/demand.h"
#include "model/minima.h"
#include "model/model.h"
#include "model/order.h"
#include "model/timers.h"
#include "sim/textbook.h"

enum { VISITS_MAX = 20000 };

/* All visits of a run, in the order in which they are over. */
struct log {
    struct tbs_visit visits[VISITS_MAX];
    uint32_t count;
};

static void log_add(void *context, const struct tbs_visit *visit)
{
    struct log *log = context;

    cr_assert_lt(log->count, (uint32_t)VISITS_MAX);
    log->visits[log->count++] = *visit;
}

/* Runs all days and gives what became of everybody; the hash of the city at the end. */
static uint64_t run(const struct tb_scenario *scenario, const struct tbs_trace *trace,
                    uint64_t seed, struct log *log)
{
    struct tbs_demand *demand = tbs_demand_create(scenario, trace);
    struct tbs_tally *tally = tbs_tally_create(scenario, true);
    const struct tbs_model_options options = {
        .day_count = scenario->day_count - 1,
        .verify = true,
        .ticket = log_add,
        .ticket_context = log,
    };
    struct tbs_model *model = tbs_model_create(scenario, demand, &options);

    log->count = 0;
    tbs_model_start(model, seed, 0);
    tbs_model_count(model, tally);
    cr_assert(tbs_model_run(model, options.day_count), "%s", tbs_model_error(model));
    tbs_model_finish(model);
    const uint64_t hash = tbs_model_hash(model);
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    return hash;
}

static struct textbook_spec busy_hall(uint32_t windows)
{
    return (struct textbook_spec){
        .windows = windows,
        .per_hour = windows * 58.0,
        .service = {TB_LAW_LOGNORMAL, TB_MINUTES(1), 0.8},
        .days = 3,
        .day_hours = 20,
    };
}

/* ---- two drivers ----------------------------------------------------------------------------- */

/* An idle desk makes the halls touch, so the city is driven in order of time; nobody notices. */
Test(model_exact, hall_by_hall_and_in_order_of_time_are_the_same)
{
    struct textbook_spec spec = busy_hall(3);
    struct log *apart = malloc(sizeof *apart), *together = malloc(sizeof *together);

    cr_assert_not_null(apart);
    cr_assert_not_null(together);
    spec.halls = 3;
    spec.day_hours = 8;
    struct tb_scenario *one = textbook_new(&spec);
    spec.desks = 1;
    spec.work = spec.service;
    struct tb_scenario *other = textbook_new(&spec);
    ((struct tb_matter *)other->config.matters)->route = TB_MATTER_NONE;
    one->people.patience_least_us = other->people.patience_least_us = TB_MINUTES(2);
    one->people.patience_mean_us = other->people.patience_mean_us = TB_MINUTES(5);
    run(one, NULL, 5, apart);
    run(other, NULL, 5, together);
    cr_assert_eq(apart->count, together->count);
    /* Hall by hall the log is by hall; bring it in the order of days. */
    uint32_t compared = 0, left = 0;
    for (uint32_t i = 0; i < apart->count; i++) {
        for (uint32_t j = 0; j < together->count; j++) {
            const struct tbs_visit *a = &apart->visits[i], *b = &together->visits[j];
            if (a->station == b->station && a->day == b->day && a->index == b->index) {
                cr_assert_eq(a->called_at_us, b->called_at_us);
                cr_assert_eq(a->ended_at_us, b->ended_at_us);
                cr_assert_eq(a->outcome, b->outcome);
                cr_assert_eq(a->server, b->server);
                left += a->outcome == TBS_OUTCOME_LEFT;
                compared++;
                break;
            }
        }
    }
    cr_assert_eq(compared, apart->count);
    cr_assert_gt(left, 10u);
    textbook_free(one);
    textbook_free(other);
    free(apart);
    free(together);
}

/* ---- common random numbers ------------------------------------------------------------------- */

static void day_draw(const struct tb_scenario *scenario, uint64_t seed, uint32_t hall,
                     struct tbs_day *day)
{
    struct tbs_demand *demand = tbs_demand_create(scenario, NULL);
    struct tbs_sweep sweep = {0};

    tbs_demand_day(demand, seed, 0, hall, 1, &sweep, day);
    tbs_sweep_free(&sweep);
    tbs_demand_free(demand);
}

static bool same_citizens(const struct tbs_day *a, const struct tbs_day *b)
{
    bool same = a->count == b->count;

    for (uint32_t i = 0; same && i < a->count; i++) {
        const struct tbs_visit *x = &a->visits[i], *y = &b->visits[i];
        same = x->arrival_at_us == y->arrival_at_us && x->service_us == y->service_us &&
               x->patience_us == y->patience_us && x->traits == y->traits && x->luck == y->luck;
    }
    return same;
}

Test(model_exact, a_plan_or_another_hall_changes_nobodys_luck)
{
    struct textbook_spec spec = busy_hall(2);
    struct tbs_day two = {0}, other = {0};

    spec.halls = 2;
    struct tb_scenario *scenario = textbook_new(&spec);
    scenario->people.walk_mean_us = TB_SECONDS(10);
    scenario->people.absent_share = 0.1;
    scenario->people.patience_mean_us = TB_HOURS(1);
    day_draw(scenario, 9, 1, &two);
    cr_assert_gt(two.count, 1000u);
    textbook_free(scenario);

    spec.halls = 5; /* more halls, and more windows in each; demand of each as before */
    spec.windows = 4;
    scenario = textbook_new(&spec);
    scenario->people.walk_mean_us = TB_SECONDS(10);
    scenario->people.absent_share = 0.1;
    scenario->people.patience_mean_us = TB_HOURS(1);
    day_draw(scenario, 9, 1, &other);
    cr_assert(same_citizens(&two, &other));
    day_draw(scenario, 10, 1, &other);
    cr_assert_not(same_citizens(&two, &other), "another seed");
    day_draw(scenario, 9, 2, &other);
    cr_assert_not(same_citizens(&two, &other), "another hall");
    textbook_free(scenario);
    tbs_day_free(&two);
    tbs_day_free(&other);
}

Test(model_exact, as_many_come_as_the_demand_expects)
{
    struct textbook_spec spec = busy_hall(10);
    struct tbs_sweep sweep = {0};
    struct tbs_day day = {0};
    double come = 0, absent = 0, green = 0, several = 0;
    const uint32_t days = 200;

    spec.days = days;
    struct tb_scenario *scenario = textbook_new(&spec);
    scenario->people.green_share = 0.08;
    scenario->people.several_share = 0.15;
    scenario->people.several_count = 2;
    struct tbs_demand *demand = tbs_demand_create(scenario, NULL);
    for (uint32_t d = 0; d < days; d++) {
        tbs_demand_day(demand, 4, 0, 0, d, &sweep, &day);
        for (uint32_t i = 0; i < day.count; i++) {
            come++;
            absent += (day.visits[i].traits & TBS_TRAIT_ABSENT) != 0;
            green += day.visits[i].class_ == TB_CLASS_GREEN;
            several += day.visits[i].matter_count == 2;
        }
    }
    const double expected = tb_scenario_visitors(scenario, 0, 0) * days;
    cr_assert_float_eq(come, expected, 4 * __builtin_sqrt(expected));
    cr_assert_eq(absent, 0);
    cr_assert_float_eq(green / come, 0.08, 4 * __builtin_sqrt(0.08 / come));
    cr_assert_float_eq(several / come, 0.15, 4 * __builtin_sqrt(0.15 / come));
    tbs_demand_free(demand);
    tbs_sweep_free(&sweep);
    tbs_day_free(&day);
    textbook_free(scenario);
}

/* ---- the same instant ------------------------------------------------------------------------ */

/* Two citizens, one window: the service of the first ends at the very instant at which the second
 * one's patience does. Release before timer: he is served. A microsecond earlier he has left. */
Test(model_exact, a_release_comes_before_the_end_of_patience)
{
    const struct textbook_spec spec = busy_hall(1);
    struct tb_scenario *scenario = textbook_new(&spec);
    struct log *log = malloc(sizeof *log);
    const tb_time nine = tbs_day_starts_at_us(scenario, 0) + TB_HOURS(9);
    struct tbs_citizen citizens[2] = {
        {.arrival_at_us = nine,
         .slot_at_us = TB_NEVER,
         .service_us = TB_MINUTES(10),
         .patience_us = TB_NEVER},
        {.arrival_at_us = nine + TB_MINUTES(4),
         .slot_at_us = TB_NEVER,
         .service_us = TB_MINUTES(1),
         .patience_us = TB_MINUTES(6)},
    };
    uint64_t first[2] = {0, 2};
    struct tbs_trace trace = {
        .citizens = citizens, .first = first, .hall_count = 1, .day_count = 1, .count = 2};

    cr_assert_not_null(log);
    run(scenario, &trace, 1, log);
    cr_assert_eq(log->visits[1].outcome, TBS_OUTCOME_SERVED);
    cr_assert_eq(log->visits[1].called_at_us, nine + TB_MINUTES(10));
    citizens[1].patience_us--;
    run(scenario, &trace, 1, log);
    cr_assert_eq(log->visits[1].outcome, TBS_OUTCOME_LEFT);
    textbook_free(scenario);
    free(log);
}

/* A service ends at the instant at which somebody arrives: the window is free for him at once. */
Test(model_exact, a_release_comes_before_an_arrival)
{
    const struct textbook_spec spec = busy_hall(1);
    struct tb_scenario *scenario = textbook_new(&spec);
    struct log *log = malloc(sizeof *log);
    const tb_time nine = tbs_day_starts_at_us(scenario, 0) + TB_HOURS(9);
    struct tbs_citizen citizens[2] = {
        {.arrival_at_us = nine,
         .slot_at_us = TB_NEVER,
         .service_us = TB_MINUTES(10),
         .patience_us = TB_NEVER},
        {.arrival_at_us = nine + TB_MINUTES(10),
         .slot_at_us = TB_NEVER,
         .service_us = TB_MINUTES(1),
         .patience_us = TB_NEVER},
    };
    uint64_t first[2] = {0, 2};
    struct tbs_trace trace = {
        .citizens = citizens, .first = first, .hall_count = 1, .day_count = 1, .count = 2};

    cr_assert_not_null(log);
    scenario->people.line_most = 1; /* would turn round if the line were full */
    run(scenario, &trace, 1, log);
    cr_assert_eq(log->visits[1].outcome, TBS_OUTCOME_SERVED);
    cr_assert_eq(log->visits[1].called_at_us, citizens[1].arrival_at_us);
    textbook_free(scenario);
    free(log);
}

/* ---- the agenda's parts ---------------------------------------------------------------------- */

Test(model_exact, minima_against_a_plain_search)
{
    static const uint32_t counts[] = {1, 15, 16, 17, 256, 257, 5000};

    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const uint32_t n = counts[c];
        tb_time *at = malloc(n * sizeof *at);
        struct tbs_minima m;
        cr_assert_not_null(at);
        tbs_minima_create(&m, n, TB_DAYS(18000));
        for (uint32_t i = 0; i < n; i++) {
            at[i] = TB_NEVER;
        }
        for (uint64_t step = 0; step < 3000; step++) {
            const uint64_t number = tbs_luck(n, TBS_TEST, (uint32_t)step);
            const uint32_t i = (uint32_t)(number % n);
            at[i] = number >> 60 < 3 ? TB_NEVER : TB_DAYS(18000) + (tb_time)(number >> 40 & 255);
            tbs_minima_set(&m, i, at[i]);
            uint32_t least = 0;
            for (uint32_t k = 1; k < n; k++) {
                least = at[k] < at[least] ? k : least;
            }
            cr_assert_eq(tbs_minima_at(&m), at[least]);
            if (at[least] != TB_NEVER) {
                cr_assert_eq(tbs_minima_first(&m), least);
            }
        }
        tbs_minima_free(&m);
        free(at);
    }
}

Test(model_exact, timers_ring_in_order_of_instant_then_of_setting)
{
    struct tbs_timers timers = {0};
    uint32_t set = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        tbs_timers_push(
            &timers,
            (struct tbs_timer){.at_us = (tb_time)(tbs_luck(1, TBS_TEST, i) % 50), .about = set++});
    }
    struct tbs_timer last = tbs_timers_pop(&timers);
    for (uint32_t i = 1; i < 1000; i++) {
        const struct tbs_timer timer = tbs_timers_pop(&timers);
        cr_assert(timer.at_us > last.at_us ||
                  (timer.at_us == last.at_us && timer.about > last.about));
        last = timer;
    }
    cr_assert_eq(tbs_timers_at(&timers), TB_NEVER);
    tbs_timers_free(&timers);
}

/* Set as time goes on: at hand, within the day, weeks ahead; and some ring at the same instant. */
Test(model_exact, timers_set_while_others_ring_come_in_order)
{
    enum { TIMERS = 4000 };
    struct tbs_timers timers = {0};
    struct tbs_timer waiting[TIMERS];
    uint32_t count = 0, set = 0;
    tb_time now = 0;

    tbs_timers_clear(&timers, TB_DAYS(3));
    while (set < TIMERS || count > 0) {
        const uint64_t draw = tbs_luck(2, TBS_TEST, set * 2 + count % 2);
        static const tb_time reach_us[4] = {30, TB_MINUTES(2), TB_DAYS(1), TB_DAYS(30)};
        if (set < TIMERS && (count == 0 || draw % 3 != 0)) {
            const struct tbs_timer timer = {
                .at_us = now + (tb_time)((draw >> 8) % (uint64_t)reach_us[draw >> 62]),
                .kind = draw >> 61 & 1,
                .about = set++};
            tbs_timers_push(&timers, timer);
            waiting[count++] = timer;
        } else {
            uint32_t first = 0;
            for (uint32_t i = 1; i < count; i++) {
                first = waiting[i].at_us < waiting[first].at_us ? i : first;
            }
            cr_assert_eq(tbs_timers_at(&timers), waiting[first].at_us);
            const struct tbs_timer timer = tbs_timers_pop(&timers);
            cr_assert_eq(timer.about, waiting[first].about);
            now = timer.at_us;
            memmove(&waiting[first], &waiting[first + 1], --count * sizeof waiting[0] -
                                                              first * sizeof waiting[0]);
            if (draw % 97 == 0) { /* a night: those of one kind go on */
                uint32_t kept = 0;
                tbs_timers_keep(&timers, 1);
                for (uint32_t i = 0; i < count; i++) {
                    if (waiting[i].kind == 1) {
                        waiting[kept++] = waiting[i];
                    }
                }
                count = kept;
            }
        }
    }
    cr_assert_eq(tbs_timers_at(&timers), TB_NEVER);
    tbs_timers_free(&timers);
}

/* Spread, all at one instant, and crowded at one end of the day. */
Test(model_exact, orders_are_sorted_and_stable)
{
    for (int shape = 0; shape < 3; shape++) {
        struct tbs_orders orders = {0};
        for (uint32_t i = 0; i < 5000; i++) {
            const uint64_t number = tbs_luck(2, TBS_TEST, i);
            const tb_time at = shape == 0   ? (tb_time)(number % (uint64_t)TB_DAYS(1))
                               : shape == 1 ? 7
                                            : (tb_time)(number % (i % 100 == 0 ? 1u << 30 : 40));
            tbs_orders_add(&orders, at, i);
        }
        tbs_orders_sort(&orders);
        for (uint32_t i = 1; i < orders.count; i++) {
            const struct tbs_order *a = &orders.items[i - 1], *b = &orders.items[i];
            cr_assert(a->at_us < b->at_us || (a->at_us == b->at_us && a->item < b->item));
        }
        tbs_orders_free(&orders);
    }
}
