/* Plans of dates: a roster's days stand for those of their kind, and only those. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/model.h"

static struct tb_scenario *with_plan(const char *rows, struct tb_scenario_problems *problems)
{
    char path[] = "/tmp/test-plan-date-XXXXXX.csv";
    FILE *file = fdopen(mkstemps(path, 4), "w");

    cr_assert(file != NULL);
    fprintf(file,
            "hall,day,from,to,windows\n"
            "hall,saturday,08:30,12:00,2\n"
            "hall,workday,08:30,12:00,4\n%s",
            rows);
    fclose(file);
    struct tb_scenario *s =
        tb_scenario_load_with("sim/scenarios/teach-one-hall", NULL, 0, path, problems);
    unlink(path);
    return s;
}

#define DATES \
    "hall,2022-01-08,08:30,12:00,3\n" /* Saturdays */ \
    "hall,2022/1/15,08:30,12:00,0\n" \
    "hall,2022-01-22,08:30,10:00,1\n" \
    "hall,2022-01-22,10:00,12:00,1\n" \
    "hall,2022-01-22,09:00,12:00,4~4\n"

Test(plan_date, its_rows_stand_behind_those_of_kinds)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *plain = with_plan("", &problems), *s = with_plan(DATES, &problems);

    cr_assert(plain != NULL && s != NULL);
    cr_expect(s->shift_count == plain->shift_count && s->plan_date_count == 3);
    cr_expect(plain->plan_date_count == 0);
    const uint32_t day = tb_scenario_day_find(s, 2022, 1, 22);
    const struct tb_plan_date *date = tb_scenario_plan_date(s, 0, day);
    cr_assert(date != NULL && date->shift_count == 2, "two half days made one, and window 4");
    for (uint32_t i = 0; i < date->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[date->shift_first + i];
        const struct tb_plan_entry *entry = &s->config.plan[2 * (date->shift_first + i)];
        cr_expect(shift->server == (i == 0 ? 0 : 3) && shift->to_us == TB_HOURS(12));
        cr_expect(shift->day_kind == tb_scenario_day_kind(s, 0, day));
        cr_expect(entry[0].server == shift->server && entry[0].offset_us == shift->from_us);
        cr_expect(entry[1].action == TB_PLAN_CLOSE && entry[1].offset_us >= shift->to_us);
    }
    const struct tb_plan_date *none = tb_scenario_plan_date(s, 0, day - 7);
    cr_expect(none != NULL && none->shift_count == 0, "known, and nobody there");
    cr_expect(tb_scenario_plan_date(s, 0, day + 7) == NULL);
    tb_scenario_free(plain);
    tb_scenario_free(s);
}

Test(plan_date, mistakes_name_the_cell)
{
    static const char *const rows[] = {
        "hall,2031-01-01,08:30,12:00,3\n", /* outside the calendar */
        "hall,2022-02-30,08:30,12:00,3\n",
        "hall,2022-01-08,08:30,12:00,5\n", /* four windows */
        "hall,2022-01-08,08:30,12:00,3\nhall,2022-01-08,11:00,13:00,1\n",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tb_scenario_problems problems = {0};
        struct tb_scenario *s = with_plan(rows[i], &problems);
        cr_expect(s == NULL && problems.count == 1 && problems.problems[0].line >= 4, "%s",
                  rows[i]);
        tb_scenario_free(s);
        tb_scenario_problems_free(&problems);
    }
}

static void window_note(void *context, const struct tbs_visit *visit)
{
    uint32_t *windows = context;

    if (visit->called_at_us != TB_NEVER && visit->server != TB_NONE) {
        windows[visit->day] |= 1u << visit->server;
    }
}

static void simulate(const struct tb_scenario *s, uint32_t days, uint32_t *windows)
{
    const struct tbs_model_options options = {
        .day_count = days, .ticket = window_note, .ticket_context = windows};
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct tbs_model *model = tbs_model_create(s, demand, &options);

    cr_assert(tbs_model_error(model)[0] == '\0');
    for (uint32_t replication = 0; replication < 2; replication++) {
        tbs_model_start(model, 1, replication);
        tbs_model_count(model, tally);
        cr_assert(tbs_model_run(model, days));
        tbs_model_finish(model);
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
}

Test(plan_date, the_simulator_follows_each_date_and_returns_to_the_kind)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = with_plan(DATES, &problems);
    cr_assert(s != NULL);
    const uint32_t first = tb_scenario_day_find(s, 2022, 1, 1); /* a Saturday */
    static const uint32_t expected[5] = {3, 7, 0, 9, 3};
    uint32_t windows[64] = {0};

    cr_assert(first == 0);
    simulate(s, 32, windows);
    for (uint32_t week = 0; week < 5; week++) {
        cr_expect(windows[7 * week] == expected[week], "Saturday %u: windows %x, not %x", week,
                  windows[7 * week], expected[week]);
        cr_expect(week == 0 || windows[7 * week - 2] == 15, "a workday before it");
    }
    tb_scenario_free(s);
}
