/* Tuning: the plan of generalists, what is found on fresh seeds, and what is left alone. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tune/tune.h"

#define CITY "sim/scenarios/city58"

static struct tb_scenario *with(enum tbs_knob_name knob, const char *value)
{
    const struct tbs_trial trial = {.scenario = CITY};
    struct tbs_setting setting = {0};
    char error[600] = "";

    snprintf(setting.value[knob], sizeof setting.value[knob], "%s", value);
    struct tb_scenario *made = tbs_trial_load(&trial, &setting, error, sizeof error);
    cr_assert(made != NULL, "%s", error);
    return made;
}

Test(tune, generalists_change_skills_and_nothing_else)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load(CITY, &problems);
    cr_assert(s != NULL);
    struct tb_scenario *same = with(TBS_KNOB_generalists, "0%"),
                       *half = with(TBS_KNOB_generalists, "50%"),
                       *all = with(TBS_KNOB_generalists, "100%");
    uint32_t special = 0, special_half = 0;

    cr_assert(s->shift_count == same->shift_count && s->shift_count == all->shift_count);
    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *a = &s->shifts[i], *b = &same->shifts[i], *c = &all->shifts[i];
        const bool window = a->server < s->window_count;

        cr_assert(a->server == b->server && a->day_kind == b->day_kind &&
                  a->profile == b->profile && a->from_us == b->from_us && a->to_us == b->to_us);
        cr_assert(a->server == c->server && a->from_us == c->from_us && a->to_us == c->to_us);
        cr_assert(!window || c->profile == 0);
        special += window && a->profile != 0;
        special_half += window && half->shifts[i].profile != 0;
    }
    cr_expect(special > 50 && special_half > special / 4 && special_half < 3 * special / 4,
              "%u of %u", special_half, special);
    /* Skill sets go through skills.csv and come back as they were. */
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const struct tb_station *a = &s->config.stations[h], *b = &same->config.stations[h];
        for (uint32_t p = 0; p < a->profile_count; p++) {
            cr_assert(a->profiles[p].serves == b->profiles[p].serves &&
                      a->profiles[p].helps == b->profiles[p].helps &&
                      a->profiles[p].help_below == b->profiles[p].help_below &&
                      a->profiles[p].remote == b->profiles[p].remote);
            cr_assert_str_eq(s->halls[h].skills[p].zh, same->halls[h].skills[p].zh);
        }
    }
    tb_scenario_free(s);
    tb_scenario_free(same);
    tb_scenario_free(half);
    tb_scenario_free(all);
}

/* A value that a scenario refuses would end every search; a mark may stand behind each. */
Test(tune, every_value_is_one_that_scenarios_take)
{
    static const char *const scenarios[] = {CITY, "sim/scenarios/teach-mmc"};
    char list[160], set[80], *rest, *value;

    for (int k = 0; k < 2 * TBS_KNOB_COUNT; k++) {
        const struct tbs_knob *knob = &tbs_knobs[k / 2];
        snprintf(list, sizeof list, "%s", knob->values);
        for (rest = list; (value = strtok_r(rest, " ", &rest)) != NULL;) {
            struct tb_scenario_problems problems = {0};
            const char *sets[] = {set};
            snprintf(set, sizeof set, "%s=%s [A]", knob->set, value);
            struct tb_scenario *s = knob->set[0] == '\0'
                                        ? tb_scenario_load(scenarios[k % 2], &problems)
                                        : tb_scenario_load_with(scenarios[k % 2], sets, 1, NULL,
                                                                &problems);
            cr_expect(s != NULL, "%s: %s", set, s == NULL ? problems.problems[0].en : "");
            tb_scenario_free(s);
            tb_scenario_problems_free(&problems);
        }
    }
}

static bool tune(const char *scenario, int knob, enum tbs_city_metric objective,
                 struct tbs_tune_result *result)
{
    const struct tbs_trial trial = {.scenario = scenario, .day_first = 2, .day_count = 1,
                                    .objective = objective, .threads = 2};
    struct tbs_tune_options options = {.seed = 3, .budget_runs = 400, .judge_reps = 20};
    char error[600] = "";

    options.knobs[knob] = true;
    const bool fine = tbs_tune(&trial, &options, result, error, sizeof error);
    cr_expect(fine || error[0] != '\0');
    return fine;
}

/* Windows pooled by video shorten waits: the search must find it, and the verdict confirm it. */
Test(long_tune, finds_what_is_better_on_fresh_seeds)
{
    struct tbs_tune_result r;
    double gain[20];

    cr_assert(tune(CITY, TBS_KNOB_video_share, TBS_CITY_WAIT_MEAN_S, &r));
    cr_expect_str_eq(r.best.value[TBS_KNOB_video_share], "30%");
    for (int i = 0; i < 20; i++) {
        gain[i] = r.base[i * TBS_CITY_METRIC_COUNT + TBS_CITY_WAIT_MEAN_S] -
                  r.tuned[i * TBS_CITY_METRIC_COUNT + TBS_CITY_WAIT_MEAN_S];
    }
    const struct tbs_interval interval = tbs_interval_mean(gain, 20, 0.95);
    cr_expect_gt(interval.value, interval.half_width);
    free(r.base);
}

/* Where nobody has an appointment and nobody returns, these rules can do nothing. */
Test(tune, leaves_alone_what_makes_no_difference)
{
    struct tbs_tune_result r;

    cr_assert(tune("sim/scenarios/teach-mmc", TBS_KNOB_credit_appointment, TBS_CITY_WAIT_MEAN_S,
                   &r));
    cr_expect_str_eq(r.best.value[TBS_KNOB_credit_appointment], "");
    cr_expect_eq(memcmp(r.base, r.tuned, 20 * TBS_CITY_METRIC_COUNT * sizeof *r.base), 0);
    free(r.base);
}

/* What the knob slot_capacity turns: every slot of every line that can be booked, and no other. */
Test(tune, appointments_of_a_slot_are_scaled)
{
    struct tb_scenario_problems problems = {0};
    const char *sets[] = {"booking.scale=200%"};
    struct tb_scenario *s = tb_scenario_load(CITY, &problems);
    struct tb_scenario *twice = tb_scenario_load_with(CITY, sets, 1, NULL, &problems);
    uint32_t bookable = 0;

    cr_assert(s != NULL && twice != NULL);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        for (uint32_t g = 0; g < s->config.stations[h].group_count; g++) {
            const uint32_t a = s->config.stations[h].groups[g].slot_capacity;
            const uint32_t b = twice->config.stations[h].groups[g].slot_capacity;
            cr_expect(b <= 2 * a && b + 1 >= 2 * a, "%s: %u, %u", s->halls[h].label.id, a, b);
            bookable += a > 0;
        }
    }
    cr_expect(bookable > 50 && s->hash != twice->hash, "%u", bookable);
    tb_scenario_free(s);
    tb_scenario_free(twice);
}

/* Lines that a window is there for: kept windows are those of one class, shifts and all other
 * windows stay; with none kept the green windows of the city are gone. */
static uint32_t shifts_of_class(const struct tb_scenario *s, enum tb_class class, uint32_t hall)
{
    const uint64_t lines = UINT64_C(0x1111111111111111) << class;
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->shift_count; i++) {
        const uint32_t at = s->servers[s->shifts[i].server].station;
        if (at < s->hall_count && (hall == TB_NONE || hall == at)) {
            const struct tb_profile *p = &s->config.stations[at].profiles[s->shifts[i].profile];
            count += (p->serves & ~lines) == 0;
            cr_assert((p->serves & ~lines) != 0 || p->helps != 0, "a line is served by nobody");
        }
    }
    return count;
}

Test(tune, windows_are_kept_for_a_class)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load(CITY, &problems);
    cr_assert(s != NULL);
    struct tb_scenario *none = with(TBS_KNOB_kept_green, "0%");
    struct tb_scenario *green = with(TBS_KNOB_kept_green, "20%");
    struct tb_scenario *booked = with(TBS_KNOB_kept_appointment, "20%");
    uint32_t halls = 0;

    cr_expect(shifts_of_class(s, TB_CLASS_GREEN, TB_NONE) > 0);
    cr_expect_eq(shifts_of_class(none, TB_CLASS_GREEN, TB_NONE), 0);
    cr_expect_eq(shifts_of_class(booked, TB_CLASS_GREEN, TB_NONE),
                 shifts_of_class(s, TB_CLASS_GREEN, TB_NONE));
    cr_expect_eq(shifts_of_class(s, TB_CLASS_APPOINTMENT, TB_NONE), 0);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const bool few = s->halls[h].window_count < 5;
        halls += shifts_of_class(green, TB_CLASS_GREEN, h) > 0;
        cr_expect(few || shifts_of_class(booked, TB_CLASS_APPOINTMENT, h) > 0, "%s",
                  s->halls[h].label.id);
    }
    cr_expect(halls > 20, "%u", halls);
    cr_assert_eq(s->shift_count, green->shift_count);
    for (uint32_t i = 0; i < s->shift_count; i++) {
        cr_assert(s->shifts[i].server == green->shifts[i].server &&
                  s->shifts[i].from_us == green->shifts[i].from_us &&
                  s->shifts[i].to_us == green->shifts[i].to_us);
    }
    tb_scenario_free(s);
    tb_scenario_free(none);
    tb_scenario_free(green);
    tb_scenario_free(booked);
}
