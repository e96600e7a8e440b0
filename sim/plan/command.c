#include "plan/command.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "plan/desk.h"
#include "run/arguments.h"
#include "run/progress.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* X(name, value, "what it takes", "what it does"), as in run/arguments.h. */
#define PLAN_ARGUMENTS(X)                                                                          \
    X(day, required, "DAY", "kind of day (saturday, workday), mon .. sun, week (default saturday)")\
    X(promise, required, "TEXT", "\"90% within 15 min\" (default: the scenario's)")                \
    X(abandon, required, "SHARE", "and no more than so many leave: 5%")                            \
    X(desks, no, "", "the approvers of desks: --promise \"99% of cases on time\"")                 \
    X(hours, required, "FROM-TO", "only the windows of these hours: 12:00-14:00 at noon")          \
    X(confidence, required, "SHARE", "that the promise is kept (default 95%)")                     \
    X(hall, required, "HALL", "only this hall")                                                    \
    X(budget, required, "HOURS", "the best promise that so many window hours buy")                 \
    X(windows, required, "N", "at most so many windows a hall (default: as many as it has)")       \
    X(each, no, "", "the promise holds in each half hour, not only over the day")                  \
    X(always, no, "", "and at any time: at the beginning and end of each half hour too")           \
    X(flat, no, "", "the same number of windows all day")                                          \
    X(effort, required, "N", "simulate N times as many days: closer to the least (default 1)")     \
    X(alone, no, "", "don't show the plan in the whole city afterwards")                           \
    X(seed, required, "N", "of the random streams (default 1)")                                    \
    X(threads, required, "N", "threads (default: one for each CPU)")                               \
    X(set, required, "NAME=VALUE", "another value for a rule or a habit; may be repeated")         \
    X(out, required, "DIR", "write needs.csv, plan.csv and plan.json there")                       \
    X(json, no, "", "print plan.json")                                                             \
    X(help, no, "", "this")

#define X(name, value, takes, does) ARGUMENT_##name,
enum { PLAN_ARGUMENTS(X) ARGUMENT_COUNT };
#undef X

struct arguments {
    const char *value[ARGUMENT_COUNT];
    const char *scenario;
    const char **sets;
    uint32_t set_count;
};

static int wrong(const char *what, const char *value, const char *allowed)
{
    fprintf(stderr, "tongban plan: %s '%s'; %s\n", what, value, allowed);
    return EXIT_USAGE;
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
    printf("usage: tongban plan SCENARIO [OPTIONS]\n\n"
           "The fewest windows of every hall and half hour that keep the promise.\n\n");
#define X(name, value, takes, does) printf("  --%-10s %-11s %s\n", #name, takes, does);
    PLAN_ARGUMENTS(X)
#undef X
}

static int arguments_read(struct arguments *a, int argc, char **argv)
{
#define X(name, value, takes, does) {#name, value##_argument, NULL, ARGUMENT_##name},
    static const struct option options[] = {PLAN_ARGUMENTS(X){NULL, 0, NULL, 0}};
#undef X
    int got;

    optind = 0;
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (got == '?' || got == ':') {
            return wrong(got == '?' ? "there is no option" : "a value is missing after",
                         argv[optind - 1], "`tongban plan --help` tells more");
        }
        a->value[got] = optarg != NULL ? optarg : "";
        if (got == ARGUMENT_set) {
            a->sets = realloc(a->sets, (a->set_count + 1) * sizeof *a->sets);
            tbs_assert(a->sets != NULL);
            a->sets[a->set_count++] = optarg;
        }
    }
    if (a->value[ARGUMENT_help] != NULL) {
        help_print();
        return -1;
    }
    if (optind + 1 != argc) {
        return wrong(optind == argc ? "which scenario?" : "one scenario, not also",
                     optind == argc ? "" : argv[optind + 1], "`tongban plan --help` tells more");
    }
    a->scenario = argv[optind];
    return 0;
}

static int shares_read(const struct arguments *a, struct tbs_plan_options *o)
{
    const char *promise = a->value[ARGUMENT_promise], *left = a->value[ARGUMENT_abandon];
    const char *sure = a->value[ARGUMENT_confidence], *end;

    if (a->value[ARGUMENT_desks] != NULL) {
        o->share = 0.99;
        if (promise != NULL && !tbs_on_time_read(promise, &o->share)) {
            return wrong("this is no promise of the desks:", promise,
                         "write it as \"99% of cases on time\"");
        }
    } else if (promise != NULL && !tbs_promise_read(promise, &o->share, &o->wait_us)) {
        return wrong("this is no promise:", promise, "write it as \"90% within 15 min\"");
    }
    if (left != NULL && ((end = share_read(left, &o->left_most)) == NULL || *end != '\0' ||
                         o->left_most > 1)) {
        return wrong("--abandon takes a share, not", left, "as in 5%");
    }
    if (sure != NULL && ((end = share_read(sure, &o->confidence)) == NULL || *end != '\0' ||
                         o->confidence < 0.5 || o->confidence > 0.999)) {
        return wrong("--confidence takes 50% .. 99.9%, not", sure, "95% is usual");
    }
    return 0;
}

static int numbers_read(const struct arguments *a, struct tbs_plan_options *o)
{
    uint64_t n;
    const char *value;
    const char *end;

    o->threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    if ((value = a->value[ARGUMENT_threads]) != NULL) {
        if (!whole_read(value, 1, 256, &n)) {
            return wrong("--threads takes 1 .. 256, not", value, "");
        }
        o->threads = (uint32_t)n;
    }
    if ((value = a->value[ARGUMENT_seed]) != NULL && !whole_read(value, 0, UINT64_MAX, &o->seed)) {
        return wrong("--seed takes a whole number, not", value, "");
    }
    if ((value = a->value[ARGUMENT_windows]) != NULL) {
        if (!whole_read(value, 1, 256, &n)) {
            return wrong("--windows takes 1 .. 256, not", value, "");
        }
        o->windows_max = (uint32_t)n;
    }
    if ((value = a->value[ARGUMENT_budget]) != NULL &&
        ((end = number_read(value, &o->budget_hours)) == NULL || *end != '\0' ||
         o->budget_hours <= 0)) {
        return wrong("--budget takes window hours, not", value, "as in 1200");
    }
    if ((value = a->value[ARGUMENT_effort]) != NULL &&
        ((end = number_read(value, &o->effort)) == NULL || *end != '\0' || o->effort < 0.1 ||
         o->effort > 1000)) {
        return wrong("--effort takes 0.1 .. 1000, not", value, "4 simulates four times as long");
    }
    if ((value = a->value[ARGUMENT_hours]) != NULL &&
        !hours_read(value, &o->slot_from, &o->slot_to)) {
        return wrong("--hours takes half hours of a day, not", value, "as in 12:00-14:00");
    }
    o->always = a->value[ARGUMENT_always] != NULL;
    o->each = o->always || a->value[ARGUMENT_each] != NULL;
    o->flat = a->value[ARGUMENT_flat] != NULL;
    o->city_days = a->value[ARGUMENT_alone] != NULL ? 0 : o->city_days;
    if (o->budget_hours > 0 && (o->each || o->flat || o->left_most < 1)) {
        return wrong("--budget goes without", o->each ? "--each" : o->flat ? "--flat" : "--abandon",
                     "it spreads hours by the share in time over the day");
    }
    if (o->each && o->flat) {
        return wrong("choose one of --each and", "--flat", "");
    }
    return 0;
}

static int places_read(const struct arguments *a, const struct tb_scenario *s,
                       struct tbs_plan_options *o)
{
    const char *day = a->value[ARGUMENT_day], *hall = a->value[ARGUMENT_hall];

    if (hall != NULL) {
        o->hall = tb_scenario_station_find(s, hall);
        if (o->hall >= s->hall_count) {
            return wrong("there is no hall", hall, "the first column of halls.csv has their ids");
        }
    }
    day = day != NULL ? day : a->value[ARGUMENT_desks] != NULL ? "workday" : "saturday";
    if (s->day_kind_count == 1 && a->value[ARGUMENT_day] == NULL) {
        day = s->day_kinds[0].id;
    }
    if (strcmp(day, "week") != 0 && !tbs_plan_days_find(s, day, &o->days)) {
        fprintf(stderr, "tongban plan: there is no day '%s'; there are", day);
        for (uint32_t k = 0; k < s->day_kind_count; k++) {
            fprintf(stderr, " %s", s->day_kinds[k].id);
        }
        fprintf(stderr, ", mon .. sun, and week\n");
        return EXIT_USAGE;
    }
    return 0;
}

/* ---- what is printed --------------------------------------------------------------------------
 */

static void tell(void *context, const struct tbs_plan_progress *p)
{
    const struct tb_scenario *s = context;

    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%u/%u  %s  %.1f h", p->done, p->count,
                tbs_reads_chinese() ? s->halls[p->hall].label.zh : s->halls[p->hall].label.en,
                p->hours);
    }
}

/* Of a hall that can't keep the promise, or could not be shown to. */
static void nearest_print(const struct tbs_plan *plan, const struct tbs_plan_hall *hall, bool zh)
{
    const double wait_min = hall->nearest_wait_s / 60, asked = (double)plan->options.wait_us / 60e6;

    printf(zh ? "    最接近的承诺：%.1f%% 在 %.4g 分钟内"
              : "    the nearest promise: %.1f%% within %.4g min",
           100 * hall->nearest_share, asked);
    if (isfinite(wait_min) && !plan->options.each) {
        printf(zh ? "；或 %.4g%% 在 %.4g 分钟内" : ", or %.4g%% within %.4g min",
               100 * plan->options.share, wait_min);
    }
    if (plan->options.left_most < 1) {
        printf(zh ? "，离开不超过 %.1f%%" : ", with no more than %.1f%% leaving",
               100 * hall->nearest_left);
    }
    if (hall->state == TBS_PLAN_UNPROVEN) {
        printf(zh ? "；或用 --windows 给更多窗口\n" : "; or more windows (--windows)\n");
    } else if (hall->windows_enough == 0) {
        printf(zh ? "；再多窗口也不行\n" : "; no number of windows keeps it\n");
    } else {
        printf(zh ? "；或开 %u 个窗口（--windows %u）\n"
                  : "; or with %u windows (--windows %u)\n",
               hall->windows_enough, hall->windows_enough);
    }
}

/* Advice counts queues as they are; the hall alone gets the same people whatever its queue. */
static void city_print(const struct tbs_plan_hall *hall, bool zh)
{
    if (hall->city.visits > 0) {
        printf(zh ? "    整座城市里按时 %.1f%%，每天 %.1f 人（单独计算 %.1f 人）：听从推荐的人"
                    "队短时来、队长时去别处\n"
                  : "    in the whole city %.1f%% are in time, of %.1f people a day (the hall "
                    "alone: %.1f):\n    who follows advice comes when the line is short, else "
                    "goes elsewhere\n",
               100 * hall->city.within, hall->city.visits, hall->visits);
    }
}

static void impossible_print(const struct tbs_plan *plan, bool zh)
{
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        const struct tb_label *label = &plan->scenario->halls[h].label;
        if (hall->state == TBS_PLAN_IMPOSSIBLE) {
            printf(zh ? "  做不到：%s 的 %u 个窗口全天都开（计划 %.1f 窗口小时）也只有 %.1f%% "
                        "按时，%.1f%% 离开\n"
                      : "  impossible: %s with all its %u windows all day (%.1f h planned) serves "
                        "%.1f%% in time, %.1f%% leave\n",
                   zh ? label->zh : label->en, hall->windows_most, hall->hours,
                   100 * hall->result.day.within, 100 * hall->result.day.left);
            nearest_print(plan, hall, zh);
            city_print(hall, zh);
        } else if (hall->state == TBS_PLAN_UNPROVEN) {
            printf(zh ? "  未能证明：%s 在 %u 个模拟日内分不出守不守得住（按时 "
                        "%.2f%% ± %.2f%%）\n"
                      : "  not shown: %s is too close to tell in %u simulated days (%.2f%% +- "
                        "%.2f%% in time)\n",
                   zh ? label->zh : label->en, hall->days_run, 100 * hall->result.day.within,
                   100 * hall->result.within_error);
            nearest_print(plan, hall, zh);
        }
    }
}

/* Halls where one more window would add least: they bind; and those with most windows to spare. */
static void binding_print(const struct tbs_plan *plan, bool zh)
{
    printf(zh ? "  最紧的大厅（再加一个窗口半小时增加的按时份额最多）：\n"
              : "  halls that bind (what one window more for a half hour would add):\n");
    for (uint32_t n = 0, last = TB_NONE; n < 5; n++) {
        uint32_t best = TB_NONE;
        for (uint32_t h = 0; h < plan->hall_count; h++) {
            const struct tbs_plan_hall *hall = &plan->halls[h];
            const bool after = last == TB_NONE || hall->next_gain < plan->halls[last].next_gain;
            if (hall->hours > 0 && after &&
                (best == TB_NONE || hall->next_gain > plan->halls[best].next_gain)) {
                best = h;
            }
        }
        if (best == TB_NONE) {
            return;
        }
        const struct tb_label *label = &plan->scenario->halls[best].label;
        printf("    %+.2f%%  %s  %.1f%%\n", 100 * plan->halls[best].next_gain,
               zh ? label->zh : label->en, 100 * plan->halls[best].result.day.within);
        last = best;
    }
}

static void hours_print(const struct tbs_plan *plan, bool zh)
{
    printf(zh ? "  %.1f 窗口小时（计划 %.1f，另加关窗后办完已取号的人 %.1f），按时 %.2f%%，"
                "离开 %.2f%%（原方案计划 %.1f 小时）\n"
              : "  %.1f window hours (%.1f planned, %.1f overtime for those who hold a number when "
                "windows close)\n  serve %.2f%% in time, %.2f%% leave (planned now: %.1f h)\n",
           plan->window_hours, plan->planned_hours, plan->overtime_hours, 100 * plan->within,
           100 * plan->left, plan->window_hours_now);
    if (isfinite(plan->promise_city)) {
        printf(zh ? "  预算能买到的承诺：每个大厅都不低于 %.1f%%，全市不低于 %.1f%%，"
                    "同时成立，置信 %.4g%%\n"
                  : "  what the budget buys: %.1f%% in every hall and %.1f%% in the whole city, "
                    "all at once with confidence %.4g%%\n",
               100 * plan->promise_best, 100 * plan->promise_city,
               100 * plan->options.confidence);
    }
    printf(zh ? "  Erlang C 逐半小时 %.1f 窗口小时（同样含加班），按时 %.2f%%；"
                "各厅不差于它只要 %.1f（%.2f%%）\n"
              : "  Erlang C for each half hour: %.1f window hours, overtime likewise included, "
                "%.2f%% in time;\n  as good in each hall with %.1f (%.2f%%)\n",
           plan->window_hours_erlang_c, 100 * plan->within_erlang_c, plan->window_hours_equal,
           100 * plan->within_equal);
    if (plan->erlang_c_short > 0) {
        printf(zh ? "  其中 %u 个厅的窗口比 Erlang C 要的少：按厅里全部窗口计\n"
                  : "  %u halls have fewer windows than Erlang C asks for: it gets all of theirs\n",
               plan->erlang_c_short);
    }
    if (isfinite(plan->promise_kept_probability)) {
        printf(zh ? "  守住承诺的概率：%u 个厅各至少 %.4f，同时守住 %.4f\n"
                  : "  the promise is kept: in each of %u halls with probability %.4f at least, in "
                    "all at once %.4f\n",
               plan->kept, plan->promise_kept_probability, plan->kept_probability_all);
    }
    if (plan->city_run) {
        printf(zh ? "  整座城市 %u 个新的日子：按时 %.2f%%；%u 个厅达到承诺，%u 个厅低于它"
                    "两个标准误以上\n"
                  : "  the whole city, %u new days: %.2f%% in time; %u halls at the promise, %u "
                    "below it by more than two standard errors\n",
               plan->city_days, 100 * plan->city_within, plan->city_kept, plan->city_broken);
    }
}

static void plan_print(const struct tbs_plan *plan, const char *out)
{
    const struct tbs_plan_options *o = &plan->options;
    const bool zh = tbs_reads_chinese();

    printf(zh ? "%s：%s，%.1f%% 在 %.4g 分钟内，置信 %.4g%%\n"
              : "%s, %s: %.1f%% within %.4g min, confidence %.4g%%\n",
           zh ? plan->scenario->label.zh : plan->scenario->label.en,
           zh ? plan->scenario->day_kinds[o->days.kind].zh
              : plan->scenario->day_kinds[o->days.kind].en,
           100 * plan->promise_best, (double)o->wait_us / 60e6, 100 * o->confidence);
    hours_print(plan, zh);
    impossible_print(plan, zh);
    binding_print(plan, zh);
    printf(zh ? "  窗口小时与按时份额：\n" : "  window hours and the share in time:\n");
    for (uint32_t i = 0; i < plan->curve_count; i++) {
        printf("    %8.1f  %6.2f%%\n", plan->curve[i].hours, 100 * plan->curve[i].within);
    }
    printf(zh ? "  用时 %.2f 秒\n" : "  %.2f s\n", plan->wall_s);
    if (out != NULL) {
        printf("  %s/needs.csv  plan.csv  plan.json\n", out);
    }
}

/* Where JSON goes to a program a person still reads why the status is 1. */
static void missed_tell(struct tbs_plan *const *plans, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t h = 0; h < plans[i]->hall_count; h++) {
            const struct tbs_plan_hall *hall = &plans[i]->halls[h];
            if (hall->state == TBS_PLAN_IMPOSSIBLE || hall->state == TBS_PLAN_UNPROVEN) {
                fprintf(stderr,
                        "tongban plan: the promise is %s in %s: %.1f%% in time; "
                        "\"nearest_promise\" says what is\n",
                        hall->state == TBS_PLAN_IMPOSSIBLE ? "impossible" : "not shown to be kept",
                        plans[i]->scenario->halls[h].label.id, 100 * hall->result.day.within);
            }
        }
    }
}

static int plan_give(const struct arguments *a, struct tbs_plan *const *plans, uint32_t count)
{
    const struct tbs_plan *const *all = (const struct tbs_plan *const *)plans;
    const char *out = a->value[ARGUMENT_out];
    char error[768] = "";
    uint32_t open = 0, missed = 0;
    bool stop = false;

    if (out != NULL && !tbs_plan_write(all, count, out, error)) {
        fprintf(stderr, "tongban plan: %s\n", error);
        return EXIT_FAILED;
    }
    if (a->value[ARGUMENT_json] != NULL) {
        tbs_plan_json(all, count, stdout);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (a->value[ARGUMENT_json] == NULL) {
            plan_print(plans[i], out);
        }
        missed += plans[i]->impossible + plans[i]->unproven;
        open += plans[i]->kept + plans[i]->impossible + plans[i]->unproven;
        stop |= plans[i]->stopped;
    }
    if (missed > 0 && a->value[ARGUMENT_json] != NULL) {
        missed_tell(plans, count);
    }
    if (open == 0 && !stop) {
        fprintf(stderr, "tongban plan: no hall is open then, so there is nothing to plan\n");
    }
    return missed > 0 || stop || open == 0 ? EXIT_FAILED : 0;
}

static struct tb_scenario *scenario_load(const struct arguments *a)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s =
        tb_scenario_load_with(a->scenario, a->sets, a->set_count, NULL, &problems);

    tb_scenario_problems_print(&problems, tbs_language(), stderr);
    tb_scenario_problems_free(&problems);
    return s;
}

/* The kinds of days of an ordinary week on which a hall is open, and how often each comes. */
static uint32_t week_days(const struct tb_scenario *s, const struct tbs_plan_options *o,
                          struct tbs_plan_options each[7], uint32_t times[7])
{
    static const char *const names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    uint32_t count = 0;

    for (uint32_t w = 0; w < 7; w++) {
        struct tbs_plan_days days;
        uint32_t i = 0;
        if (!tbs_plan_days_find(s, names[w], &days)) {
            continue;
        }
        while (i < count && each[i].days.kind != days.kind) {
            i++;
        }
        if (i == count) {
            each[count] = *o;
            times[count++] = 0;
            tbs_plan_days_find(s, s->day_kinds[days.kind].id, &each[i].days);
        }
        times[i]++;
    }
    return count;
}

static int plans_run(const struct arguments *a, const struct tb_scenario *s,
                     const struct tbs_plan_options *options, const uint32_t *times, uint32_t count)
{
    struct tbs_plan *plans[7];
    uint32_t open = 0;

    for (uint32_t i = 0; i < count && (i == 0 || !tbs_stop); i++) {
        plans[open] = tbs_plan_search(s, &options[i], tell, (void *)(uintptr_t)s, &tbs_stop);
        plans[open]->week_days = times[i];
        if (isatty(STDERR_FILENO)) {
            fprintf(stderr, "\r\033[K");
        }
        if (count > 1 && plans[open]->window_hours <= 0 && !plans[open]->stopped) {
            tbs_plan_free(plans[open]); /* nobody is open on such days */
        } else {
            open++;
        }
    }
    if (open == 0) {
        fprintf(stderr, "tongban plan: no hall is open in an ordinary week\n");
        return EXIT_FAILED;
    }
    const int status = plan_give(a, plans, open);
    for (uint32_t i = 0; i < open; i++) {
        tbs_plan_free(plans[i]);
    }
    return status;
}

/* ---- desks ------------------------------------------------------------------------------------
 */

static void desks_print(const struct tbs_desk_plan *plan, const char *out)
{
    const struct tb_scenario *s = plan->scenario;
    const bool zh = tbs_reads_chinese();

    printf(zh ? "%s：经过每个审批岗的办件 %.4g%% 按时办结，置信 %.4g%%\n"
              : "%s: of the cases that pass each desk %.4g%% are finished on time, confidence "
                "%.4g%%\n",
           zh ? s->label.zh : s->label.en, 100 * plan->share, 100 * plan->confidence);
    printf(zh ? "  每天 %.1f 审批小时（原方案 %.1f）；全部办件（含补正和外部环节）按时 %.2f%%，"
                "审批环节按时 %.2f%%\n"
              : "  %.1f approver hours a day (now %.1f); of all cases, corrections and outside "
                "legs included, %.2f%% on time, of desks' steps %.2f%%\n",
           plan->hours, plan->hours_now, 100 * plan->case_on_time, 100 * plan->steps_on_time);
    for (uint32_t d = 0; d < s->desk_count; d++) {
        const struct tbs_desk_need *need = &plan->desks[d];
        if (need->state == TBS_PLAN_CLOSED) {
            continue;
        }
        const char *note = need->state == TBS_PLAN_IMPOSSIBLE
                               ? (zh ? "：全部到岗也做不到，这就是最接近的承诺"
                                     : ": impossible; all of them do no better than this")
                           : need->state == TBS_PLAN_UNPROVEN
                               ? (zh ? "：太接近，未能证明；全部到岗也不会更好"
                                     : ": too close to tell; all of them do no better")
                               : "";
        printf(zh ? "  %4u 人（原 %u） 每天 %.1f 件 按时 %.2f%% ± %.2f%% 环节按时 %.2f%% "
                    "忙碌 %.0f%% %s%s\n"
                  : "  %4u (now %u)  %.1f cases a day, %.2f%% +- %.2f%% on time; steps %.2f%%, "
                    "busy %.0f%%  %s%s\n",
               need->approvers, need->now, need->cases, 100 * need->on_time, 100 * need->error,
               100 * need->steps_on_time, 100 * need->busy,
               zh ? s->desks[d].label.zh : s->desks[d].label.en, note);
    }
    printf(zh ? "  用时 %.2f 秒\n" : "  %.2f s\n", plan->wall_s);
    if (out != NULL) {
        printf("  %s/needs.csv  plan.csv  plan.json\n", out);
    }
}

static int desks_run(const struct arguments *a, const struct tb_scenario *s,
                     const struct tbs_plan_options *o)
{
    const char *out = a->value[ARGUMENT_out];
    char error[768] = "";

    if (s->desk_count == 0) {
        return wrong("this scenario has no desks:", a->scenario, "desks.csv lists them");
    }
    if (a->value[ARGUMENT_hall] != NULL || a->value[ARGUMENT_budget] != NULL || o->each ||
        o->flat || a->value[ARGUMENT_abandon] != NULL || a->value[ARGUMENT_hours] != NULL) {
        return wrong("--desks goes without", "--hall, --budget, --each, --flat, --abandon, --hours",
                     "");
    }
    struct tbs_desk_plan *plan = tbs_desk_plan_search(s, o->days.kind, o->share, o->confidence,
                                                      o->seed, o->threads, &tbs_stop);
    int status = plan->impossible + plan->unproven > 0 ? EXIT_FAILED : 0;
    if (plan->stopped) {
        fprintf(stderr, "tongban plan: %s; nothing is proposed\n",
                plan->error[0] != '\0' ? plan->error : "stopped");
        tbs_desk_plan_free(plan);
        return EXIT_FAILED;
    }
    if (out != NULL && !tbs_desk_write(plan, out, error)) {
        fprintf(stderr, "tongban plan: %s\n", error);
        status = EXIT_FAILED;
    }
    if (a->value[ARGUMENT_json] != NULL) {
        tbs_desk_json(plan, stdout);
    } else {
        desks_print(plan, out);
    }
    tbs_desk_plan_free(plan);
    return status;
}

static int plan_run(const struct arguments *a, const struct tb_scenario *s)
{
    struct tbs_plan_options options;

    tbs_plan_options_init(&options, s);
    int status = shares_read(a, &options);
    status = status == 0 ? numbers_read(a, &options) : status;
    status = status == 0 ? places_read(a, s, &options) : status;
    if (status != 0) {
        return status;
    }
    tbs_stop_on_signal();
    if (a->value[ARGUMENT_desks] != NULL) {
        return desks_run(a, s, &options);
    }
    struct tbs_plan_options each[7];
    uint32_t times[7], count = 1;
    each[0] = options;
    times[0] = 1;
    if (a->value[ARGUMENT_day] != NULL && strcmp(a->value[ARGUMENT_day], "week") == 0) {
        count = week_days(s, &options, each, times);
    }
    return plans_run(a, s, each, times, count);
}

int tbs_cmd_plan(int argc, char **argv)
{
    struct arguments a = {0};
    int status = arguments_read(&a, argc, argv);

    if (status == 0) {
        struct tb_scenario *s = scenario_load(&a);
        status = s != NULL ? plan_run(&a, s) : EXIT_USAGE;
        tb_scenario_free(s);
    }
    free(a.sets);
    return status < 0 ? 0 : status;
}
