#include "plan/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "plan/command.h"
#include "plan/lab.h"
#include "run/arguments.h"

enum { EXIT_USAGE = 2 };

static int wrong(const char *what, const char *value, const char *allowed)
{
    fprintf(stderr, "tongban plan: %s '%s'%s%s\n", what, value,
            allowed[0] != '\0' ? tbs_say("；", "; ") : "", allowed);
    return EXIT_USAGE;
}

int tbs_plan_wrong(const char *what, const char *value, const char *allowed)
{
    return wrong(what, value, allowed);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static const char *blanks(const char *p)
{
    while (isspace((unsigned char)*p) || *p == '/' || *p == ',') {
        p++;
    }
    return p;
}

/* A positive number; what follows it. NULL: there is none. */
static const char *number_read(const char *p, double *value)
{
    char *end;

    if (!isdigit((unsigned char)*p)) {
        return NULL;
    }
    *value = strtod(p, &end);
    return blanks(end);
}

static const char *share_read(const char *text, double *share)
{
    const char *p = number_read(blanks(text), share);

    if (p == NULL || *p != '%') {
        return NULL;
    }
    *share /= 100;
    return blanks(p + 1);
}

bool tbs_promise_read(const char *text, double *share, int64_t *wait_us)
{
    static const struct {
        const char *name;
        double s;
    } units[] = {{"seconds", 1}, {"sec", 1},   {"s", 1},     {"秒", 1},    {"minutes", 60},
                 {"min", 60},    {"m", 60},    {"分钟", 60}, {"分", 60},   {"hours", 3600},
                 {"hour", 3600}, {"h", 3600},  {"小时", 3600}};
    const char *p = share_read(text, share);
    double wait;

    if (p == NULL || *share <= 0 || *share >= 1) {
        return false;
    }
    if (strncmp(p, "within", 6) == 0) {
        p = blanks(p + 6);
    }
    p = number_read(p, &wait);
    for (size_t i = 0; p != NULL && i < sizeof units / sizeof units[0]; i++) {
        const size_t length = strlen(units[i].name);
        if (strncmp(p, units[i].name, length) == 0) {
            p = blanks(p + length);
            p += strncmp(p, "内", 3) == 0 ? 3 : 0;
            *wait_us = (int64_t)llrint(wait * units[i].s * 1e6);
            return *p == '\0' && *wait_us < TB_DAYS(1);
        }
    }
    return false;
}

bool tbs_on_time_read(const char *text, double *share)
{
    static const char *const ends[] = {"", "on time", "of cases on time", "cases on time", "按时",
                                       "按时办结", "的办件按时办结", "办件按时"};
    const char *p = share_read(text, share);

    for (size_t i = 0; p != NULL && i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(p, ends[i]) == 0) {
            return *share > 0 && *share < 1;
        }
    }
    return false;
}

/* "12:00-14:00" on half hours. */
static bool hours_read(const char *text, uint32_t *from, uint32_t *to)
{
    unsigned h[2], m[2];
    int end = 0;

    if (sscanf(text, "%2u:%2u-%2u:%2u%n", &h[0], &m[0], &h[1], &m[1], &end) != 4 ||
        text[end] != '\0' || m[0] % 30 != 0 || m[1] % 30 != 0 || m[0] > 30 || m[1] > 30) {
        return false;
    }
    *from = 2 * h[0] + m[0] / 30;
    *to = 2 * h[1] + m[1] / 30;
    return *from < *to && *to <= TBS_PLAN_SLOTS;
}

static bool whole_read(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *value >= least && *value <= most;
}

/* ---- the command line -------------------------------------------------------------------------
 */

static void help_print(void)
{
    printf("%s\n", tbs_say("用法：tongban plan 方案 [选项]\n\n"
                       "守住承诺所需的最少窗口：每个大厅、每个半小时。\n",
                       "usage: tongban plan SCENARIO [OPTIONS]\n\n"
                       "The fewest windows of every hall and half hour that keep the promise.\n"));
#define X(name, value, takes, zh, en) printf("  --%-10s %-11s %s\n", #name, takes, tbs_say(zh, en));
    TBS_PLAN_ARGUMENTS(X)
#undef X
}

int tbs_plan_arguments_read(struct tbs_plan_arguments *a, int argc, char **argv)
{
#define X(name, value, takes, zh, en) {#name, TBS_OPTION_##value, &a->name},
    const struct tbs_option options[] = {TBS_PLAN_ARGUMENTS(X)};
#undef X
    *a = (struct tbs_plan_arguments){0};
    a->sets.texts = tbs_plan_zeroed((size_t)argc, sizeof *a->sets.texts);
    int status = tbs_options_read("plan", options, sizeof options / sizeof options[0], argc, argv,
                                  &a->sets);
    if (status == 0 && a->help != NULL) {
        help_print();
        return -1;
    }
    return status == 0 ? tbs_options_scenario("plan", argc, argv, &a->scenario) : status;
}

static int shares_read(const struct tbs_plan_arguments *a, struct tbs_plan_options *o)
{
    const char *end;

    if (a->desks != NULL) {
        o->share = 0.99;
        if (a->promise != NULL && !tbs_on_time_read(a->promise, &o->share)) {
            return wrong(tbs_say("这不是审批岗的承诺：", "this is no promise of the desks:"),
                         a->promise,
                         tbs_say("写成 \"99% 按时办结\"", "write it as \"99% of cases on time\""));
        }
    } else if (a->promise != NULL && !tbs_promise_read(a->promise, &o->share, &o->wait_us)) {
        return wrong(tbs_say("这不是承诺：", "this is no promise:"), a->promise,
                     tbs_say("写成 \"90% 15分钟内\"；比例大于 0、小于 100%，时间不到一天",
                         "write it as \"90% within 15 min\", a share above 0 and below 100%, "
                         "a wait of less than a day"));
    }
    if (a->abandon != NULL && ((end = share_read(a->abandon, &o->left_most)) == NULL ||
                               *end != '\0' || o->left_most > 1)) {
        return wrong(tbs_say("--abandon 是 0% .. 100% 的比例，不是",
                         "--abandon takes a share of 0% .. 100%, not"),
                     a->abandon, tbs_say("如 5%", "as in 5%"));
    }
    if (a->confidence != NULL && ((end = share_read(a->confidence, &o->confidence)) == NULL ||
                                  *end != '\0' || o->confidence < 0.5 || o->confidence > 0.999)) {
        return wrong(tbs_say("--confidence 是 50% .. 99.9%，不是",
                         "--confidence takes 50% .. 99.9%, not"),
                     a->confidence, tbs_say("通常 95%", "95% is usual"));
    }
    return 0;
}

static int numbers_read(const struct tbs_plan_arguments *a, struct tbs_plan_options *o)
{
    uint64_t n;
    const char *end;

    o->threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (a->threads != NULL) {
        if (!whole_read(a->threads, 1, 256, &n)) {
            return wrong(tbs_say("--threads 是 1 .. 256，不是", "--threads takes 1 .. 256, not"),
                         a->threads, "");
        }
        o->threads = (uint32_t)n;
    }
    if (a->seed != NULL && !whole_read(a->seed, 0, UINT64_MAX, &o->seed)) {
        return wrong(tbs_say("--seed 是整数，不是", "--seed takes a whole number, not"), a->seed,
                     "");
    }
    if (a->windows != NULL) {
        if (!whole_read(a->windows, 1, 256, &n)) {
            return wrong(tbs_say("--windows 是 1 .. 256，不是", "--windows takes 1 .. 256, not"),
                         a->windows, "");
        }
        o->windows_max = (uint32_t)n;
    }
    if (a->budget != NULL && ((end = number_read(a->budget, &o->budget_hours)) == NULL ||
                              *end != '\0' || o->budget_hours <= 0)) {
        return wrong(tbs_say("--budget 是窗口小时数，不是", "--budget takes window hours, not"),
                     a->budget, tbs_say("如 1200", "as in 1200"));
    }
    if (a->effort != NULL && ((end = number_read(a->effort, &o->effort)) == NULL || *end != '\0' ||
                              o->effort < 0.1 || o->effort > 1000)) {
        return wrong(tbs_say("--effort 是 0.1 .. 1000，不是", "--effort takes 0.1 .. 1000, not"),
                     a->effort, tbs_say("4 即模拟四倍的时间", "4 simulates four times as long"));
    }
    if (a->hours != NULL && !hours_read(a->hours, &o->slot_from, &o->slot_to)) {
        return wrong(tbs_say("--hours 是一天里的若干个半小时，不是",
                         "--hours takes half hours of a day, not"),
                     a->hours, tbs_say("如 12:00-14:00", "as in 12:00-14:00"));
    }
    return 0;
}

static int switches_read(const struct tbs_plan_arguments *a, struct tbs_plan_options *o)
{
    o->always = a->always != NULL;
    o->each = o->always || a->each != NULL;
    o->flat = a->flat != NULL;
    o->city_days = a->alone != NULL ? 0 : o->city_days;
    if (o->budget_hours > 0 && (o->each || o->flat || o->left_most < 1)) {
        return wrong(tbs_say("--budget 不能同时用", "--budget goes without"),
                     o->always ? "--always"
                     : o->each ? "--each"
                     : o->flat ? "--flat"
                               : "--abandon",
                     tbs_say("它按全天的按时比例分配小时",
                         "it spreads hours by the share in time over the day"));
    }
    if (o->budget_hours > 0 && a->day != NULL && strcmp(a->day, "week") == 0) {
        return wrong(tbs_say("--budget 不能同时用", "--budget goes without"), "--day week",
                     tbs_say("它是一天的窗口小时", "it is the window hours of one day"));
    }
    if (o->each && o->flat) {
        return wrong(tbs_say("--flat 不能同时用", "--flat goes without"),
                     o->always ? "--always" : "--each", "");
    }
    return 0;
}

static int places_read(const struct tbs_plan_arguments *a, const struct tb_scenario *s,
                       struct tbs_plan_options *o)
{
    const char *day = a->day;

    if (a->hall != NULL) {
        o->hall = tb_scenario_station_find(s, a->hall);
        if (o->hall >= s->hall_count) {
            return wrong(tbs_say("没有这个大厅：", "there is no hall"), a->hall,
                         tbs_say("编号在 halls.csv 的第一列",
                             "the first column of halls.csv has their ids"));
        }
    }
    day = day != NULL ? day : a->desks != NULL ? "workday" : "saturday";
    if (s->day_kind_count == 1 && a->day == NULL) {
        day = s->day_kinds[0].id;
    }
    if (strcmp(day, "week") != 0 && !tbs_plan_days_find(s, day, &o->days)) {
        fprintf(stderr, "tongban plan: %s '%s'%s", tbs_say("没有这种日子", "there is no day"), day,
                tbs_say("；有", "; there are"));
        for (uint32_t k = 0; k < s->day_kind_count; k++) {
            fprintf(stderr, " %s", s->day_kinds[k].id);
        }
        fprintf(stderr, "%s\n", tbs_say("、mon .. sun 和 week", ", mon .. sun, and week"));
        return EXIT_USAGE;
    }
    return 0;
}

int tbs_plan_options_read(const struct tbs_plan_arguments *a, const struct tb_scenario *s,
                          struct tbs_plan_options *o)
{
    tbs_plan_options_init(o, s);
    int status = shares_read(a, o);
    status = status == 0 ? numbers_read(a, o) : status;
    status = status == 0 ? switches_read(a, o) : status;
    return status == 0 ? places_read(a, s, o) : status;
}
