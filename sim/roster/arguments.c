#include "roster/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/arguments.h"
#include "run/options.h"

static int wrong(const char *what, const char *value)
{
    return tbs_options_wrong("roster", what, value);
}

static void rules_print(void)
{
    const bool zh = tbs_reads_chinese();

    printf("%s\n", zh ? "规则（--rules 的列：contract 合同，rule 规则，value 值；空为全部）："
                      : "rules (--rules: a CSV of contract, rule, value; no contract: all):");
    for (int r = 0; r < TBS_RULE_COUNT; r++) {
        const struct tbs_roster_rule_row *row = &tbs_roster_rules[r];
        char value[16];
        if (row->unit == TBS_RULE_HOURS) {
            snprintf(value, sizeof value, "%gh", row->standard / 2.0);
        } else if (row->unit == TBS_RULE_CLOCK) {
            snprintf(value, sizeof value, "%02d:%02d", row->standard / 2, row->standard % 2 * 30);
        } else {
            snprintf(value, sizeof value, "%d%s", row->standard,
                     row->unit == TBS_RULE_PERCENT ? "%" : "");
        }
        printf("  %-16s %-7s %s\n", row->name, value, zh ? row->zh : row->en);
    }
    printf("%s\n", zh ? "合同 part：shift_least 3h，shift_most 4h，week_hours 20h，其余同上。"
                      : "contract part: shift_least 3h, shift_most 4h, week_hours 20h, the rest "
                        "as above.");
}

static void help_print(void)
{
    printf("%s\n", tbs_say("用法：tongban roster 方案 [选项]\n\n"
                           "从每半小时的需要到每个人的班。\n",
                           "usage: tongban roster SCENARIO [OPTIONS]\n\n"
                           "From needs per half hour to people and shifts.\n"));
#define X(name, variable, value, takes, zh, en)                                                    \
    printf("  --%-11s %-8s %s\n", name, takes, tbs_say(zh, en));
    TBS_ROSTER_ARGUMENTS(X)
#undef X
}

static bool gap_read(const char *text, double *share)
{
    char rest[4] = "";

    return sscanf(text, "%lf%3s", share, rest) == 2 && strcmp(rest, "%") == 0 && *share >= 0 &&
           *share <= 100;
}

static bool time_read(const char *text, double *time_s)
{
    char unit[8] = "";

    if (sscanf(text, "%lf%7s", time_s, unit) < 1) {
        return false;
    }
    *time_s *= strcmp(unit, "min") == 0 ? 60 : 1;
    return (unit[0] == '\0' || strcmp(unit, "s") == 0 || strcmp(unit, "min") == 0) &&
           *time_s >= 1 && *time_s <= 86400;
}

static bool count_read(const char *text, unsigned long most, unsigned long *count)
{
    char *end;

    *count = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *count <= most;
}

static int values_take(struct tbs_roster_arguments *a)
{
    a->gap_share = 1;
    a->time_s = 60;
    a->reps_count = 10;
    a->seed_number = 1;
    if (a->gap != NULL && !gap_read(a->gap, &a->gap_share)) {
        return wrong(
            tbs_say("--gap 是 1% 这样的百分比，不是", "--gap takes a percentage like 1%, not"),
            a->gap);
    }
    a->gap_share /= 100;
    if (a->time_limit != NULL && !time_read(a->time_limit, &a->time_s)) {
        return wrong(tbs_say("--time-limit 是 60s、5min 这样的时间，至少 1s，不是",
                             "--time-limit takes 60s or 5min, at least 1s, not"),
                     a->time_limit);
    }
    if (a->reps != NULL && (!count_read(a->reps, 10000, &a->reps_count) || a->reps_count == 1)) {
        return wrong(
            tbs_say("--reps 是 0，或 2 至 10000，不是", "--reps takes 0, or 2 to 10000, not"),
            a->reps);
    }
    if (a->seed != NULL && !count_read(a->seed, ~0ul, &a->seed_number)) {
        return wrong(tbs_say("--seed 是整数，不是", "--seed takes a whole number, not"), a->seed);
    }
    if (a->solver != NULL && strcmp(a->solver, "cbc") != 0 && strcmp(a->solver, "glpk") != 0) {
        return wrong(tbs_say("--solver 是 cbc 或 glpk，不是", "--solver is cbc or glpk, not"),
                     a->solver);
    }
    if (a->month != NULL && (a->from != NULL || a->to != NULL)) {
        return wrong(
            tbs_say("--month 与 --from、--to 只能用一种", "either --month or --from and --to"), "");
    }
    return 0;
}

int tbs_roster_arguments_read(struct tbs_roster_arguments *a, int argc, char **argv)
{
#define X(name, variable, value, takes, zh, en) {name, TBS_OPTION_##value, &a->variable},
    const struct tbs_option options[] = {TBS_ROSTER_ARGUMENTS(X)};
#undef X
    *a = (struct tbs_roster_arguments){0};
    int status =
        tbs_options_read("roster", options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (status != 0) {
        return status;
    }
    if (a->help != NULL || (a->rules != NULL && strcmp(a->rules, "help") == 0)) {
        (a->help != NULL ? help_print : rules_print)();
        return -1;
    }
    status = tbs_options_scenario("roster", argc, argv, &a->scenario);
    return status != 0 ? status : values_take(a);
}

static uint32_t date_find(const char *option, const char *text, const struct tb_scenario *s)
{
    const struct tb_scenario_day *first = &s->days[0], *last = &s->days[s->day_count - 1];
    char what[160];
    int year, month, day;
    uint32_t found = TB_NONE;

    if (tbs_date_read(text, &year, &month, &day)) {
        found = tb_scenario_day_find(s, year, month, day);
    }
    if (found == TB_NONE) {
        snprintf(what, sizeof what,
                 tbs_say("--%s 是 %04d-%02d-%02d 至 %04d-%02d-%02d 之间的日期，不是",
                         "--%s takes a date from %04d-%02d-%02d to %04d-%02d-%02d, not"),
                 option, first->year, first->month, first->day, last->year, last->month, last->day);
        wrong(what, text);
    }
    return found;
}

/* The days of a month; its first one in the scenario, TB_NONE if the scenario hasn't all of it. */
static uint32_t month_find(const struct tb_scenario *s, int year, int month, uint32_t *count)
{
    const uint32_t first = tb_scenario_day_find(s, year, month, 1);
    const uint32_t next = month == 12 ? tb_scenario_day_find(s, year + 1, 1, 1)
                                      : tb_scenario_day_find(s, year, month + 1, 1);

    *count = (next == TB_NONE ? s->day_count : next) - first;
    return first != TB_NONE && (next != TB_NONE || *count >= 28) ? first : TB_NONE;
}

bool tbs_roster_period(const struct tbs_roster_arguments *a, const struct tb_scenario *s,
                       uint32_t *first, uint32_t *count)
{
    int year = s->days[0].year, month = s->days[0].month, end = 0;

    if (a->from != NULL || a->to != NULL) {
        *first = a->from != NULL ? date_find("from", a->from, s) : 0;
        const uint32_t last = a->to != NULL ? date_find("to", a->to, s) : s->day_count - 1;
        if (*first == TB_NONE || last == TB_NONE) {
            return false;
        }
        *count = last - *first + 1;
        if (last < *first || *count > 92) {
            wrong(last < *first
                      ? tbs_say("截止日在起始日之前", "the last day is before the first one")
                      : tbs_say("一次最多排一个季度：92 天",
                                "the period is at most a quarter: 92 days"),
                  "");
            return false;
        }
        return true;
    }
    if (a->month != NULL && (sscanf(a->month, "%4d-%2d%n", &year, &month, &end) != 2 ||
                             a->month[end] != '\0' || month < 1 || month > 12)) {
        wrong(tbs_say("--month 是 2021-06 这样的月份，不是",
                      "--month takes a month like 2021-06, not"),
              a->month);
        return false;
    }
    *first = month_find(s, year, month, count);
    if (*first == TB_NONE && a->month == NULL) {
        *first = month_find(s, year + month / 12, month % 12 + 1, count);
    }
    if (*first == TB_NONE) {
        wrong(tbs_say("方案的日历里没有整个月（可用 --from、--to）：",
                      "the scenario's calendar (--from and --to take a part of it) has no whole "
                      "month"),
              a->month != NULL ? a->month : "");
    }
    return *first != TB_NONE;
}
