#include "plan/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "plan/arguments.h"
#include "plan/desk.h"
#include "run/arguments.h"
#include "run/progress.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

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

/* Where each half hour is promised: the one that is furthest from it. */
static void worst_print(const struct tbs_plan *plan, const struct tbs_plan_hall *hall, bool zh)
{
    const struct tbs_lab_result *r = &hall->result;
    uint32_t worst = TB_NONE;

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS && plan->options.each; k++) {
        if (r->slots[k].visits > 0 &&
            (worst == TB_NONE || r->slots[k].within < r->slots[worst].within)) {
            worst = k;
        }
    }
    if (worst != TB_NONE) {
        printf(zh ? "    最差的半小时从 %02u:%02u 开始：按时 %.2f%% ± %.2f%%，%u 个窗口\n"
                  : "    the worst half hour begins at %02u:%02u: %.2f%% +- %.2f%% in time, "
                    "windows: %u\n",
               worst / 2, worst % 2 * 30, 100 * r->slots[worst].within,
               100 * r->slot_error[worst], hall->needs.windows[worst]);
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
            worst_print(plan, hall, zh);
            nearest_print(plan, hall, zh);
            city_print(hall, zh);
        } else if (hall->state == TBS_PLAN_UNPROVEN) {
            printf(zh ? "  未能证明：%s 在 %u 个模拟日内分不出守不守得住（按时 "
                        "%.2f%% ± %.2f%%）\n"
                      : "  not shown: %s is too close to tell in %u simulated days (%.2f%% +- "
                        "%.2f%% in time)\n",
                   zh ? label->zh : label->en, hall->days_run, 100 * hall->result.day.within,
                   100 * hall->result.within_error);
            worst_print(plan, hall, zh);
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
            const bool after = last == TB_NONE || hall->next_gain < plan->halls[last].next_gain ||
                               (hall->next_gain == plan->halls[last].next_gain && h > last);
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
                  : "  halls with fewer windows than Erlang C asks for (it gets all): %u\n",
               plan->erlang_c_short);
    }
    if (isfinite(plan->promise_kept_probability) && plan->kept == 1 &&
        plan->impossible + plan->unproven == 0) {
        printf(zh ? "  守住承诺的概率：%.4f\n" : "  the promise is kept with probability %.4f\n",
               plan->promise_kept_probability);
    } else if (isfinite(plan->promise_kept_probability) && plan->kept > 0) {
        printf(zh ? "  守得住承诺的厅：%u 个，各以至少 %.4f 的概率，同时守住 %.4f\n"
                  : "  halls that keep the promise: %u, each with probability %.4f at least, "
                    "all at once %.4f\n",
               plan->kept, plan->promise_kept_probability, plan->kept_probability_all);
    }
    if (plan->city_run && plan->city_days > 0) {
        printf(zh ? "  整座城市 %u 个新的日子：按时 %.2f%%；%u 个厅达到承诺，%u 个厅低于它"
                    "两个标准误以上\n"
                  : "  the whole city, %u new days: %.2f%% in time; halls at the promise: %u; "
                    "below it by more than two standard errors: %u\n",
               plan->city_days, 100 * plan->city_within, plan->city_kept, plan->city_broken);
    }
}

/* "Saturday: 90% within 15 min, no more than 5% leave, 12:00-14:00 only, confidence 95%" */
static void promise_print(const struct tbs_plan *plan, bool zh)
{
    const struct tbs_plan_options *o = &plan->options;
    const struct tb_scenario *s = plan->scenario;

    printf(zh ? "%s：%s" : "%s, %s", zh ? s->label.zh : s->label.en,
           zh ? s->day_kinds[o->days.kind].zh : s->day_kinds[o->days.kind].en);
    if (plan->week_days > 1) {
        printf(zh ? "（一周 %u 天）" : " (%u days a week)", plan->week_days);
    }
    printf(zh ? "，%.1f%% 在 %.4g 分钟内" : ": %.1f%% within %.4g min", 100 * plan->promise_best,
           (double)o->wait_us / 60e6);
    if (o->each) {
        printf("%s", o->always ? (zh ? "（任何时刻）" : " at any time")
                               : (zh ? "（每个半小时）" : " in each half hour"));
    }
    if (o->left_most < 1) {
        printf(zh ? "，离开不超过 %.4g%%" : ", no more than %.4g%% leave", 100 * o->left_most);
    }
    if (o->slot_to > o->slot_from) {
        printf(zh ? "，只排 %02u:%02u-%02u:%02u" : ", %02u:%02u-%02u:%02u only", o->slot_from / 2,
               o->slot_from % 2 * 30, o->slot_to / 2, o->slot_to % 2 * 30);
    }
    printf(zh ? "，置信 %.4g%%\n" : ", confidence %.4g%%\n", 100 * o->confidence);
}

static void plan_print(const struct tbs_plan *plan)
{
    const bool zh = tbs_reads_chinese();

    promise_print(plan, zh);
    hours_print(plan, zh);
    impossible_print(plan, zh);
    binding_print(plan, zh);
    printf(zh ? "  计划窗口小时（不含加班）与按时份额：\n"
              : "  planned window hours (without overtime) and the share in time:\n");
    for (uint32_t i = 0; i < plan->curve_count; i++) {
        printf("    %8.1f  %6.2f%%\n", plan->curve[i].hours, 100 * plan->curve[i].within);
    }
    printf(zh ? "  用时 %.2f 秒\n" : "  %.2f s\n", plan->wall_s);
}

/* Where JSON goes to a program a person still reads why the status is 1. */
static void missed_tell(struct tbs_plan *const *plans, uint32_t count)
{
    const bool zh = tbs_reads_chinese();

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t h = 0; h < plans[i]->hall_count; h++) {
            const struct tbs_plan_hall *hall = &plans[i]->halls[h];
            if (hall->state == TBS_PLAN_IMPOSSIBLE || hall->state == TBS_PLAN_UNPROVEN) {
                const bool impossible = hall->state == TBS_PLAN_IMPOSSIBLE;
                fprintf(stderr,
                        zh ? "tongban plan: %s：%s，按时 %.1f%%；见 nearest_promise\n"
                           : "tongban plan: the promise is %s in %s: %.1f%% in time; "
                             "\"nearest_promise\" says what is\n",
                        zh ? plans[i]->scenario->halls[h].label.id
                        : impossible ? "impossible" : "not shown to be kept",
                        zh ? (impossible ? "做不到" : "未能证明守得住")
                           : plans[i]->scenario->halls[h].label.id,
                        100 * hall->result.day.within);
            }
        }
    }
}

/* Each open hall has a window at any time: fewer hours can't be planned. True: a budget is. */
static bool budget_missed(const struct tbs_plan *plan)
{
    const double budget = plan->options.budget_hours;

    if (budget <= 0 || plan->stopped || plan->window_hours <= 1.01 * budget) {
        return false;
    }
    fprintf(stderr,
            tbs_reads_chinese()
                ? "tongban plan: 预算 %.1f 窗口小时不够：开放的大厅至少开一个窗口，这样已要 %.1f "
                  "小时（含加班）\n"
                : "tongban plan: the budget of %.1f window hours is too small: an open hall has at "
                  "least one window, and that takes %.1f hours, overtime included\n",
            budget, plan->window_hours);
    return true;
}

static void week_print(struct tbs_plan *const *plans, uint32_t count, bool zh)
{
    double hours = 0, erlang = 0, now = 0, planned = 0;
    uint32_t days = 0;

    for (uint32_t i = 0; i < count; i++) {
        const double times = plans[i]->week_days;
        hours += times * plans[i]->window_hours;
        planned += times * plans[i]->planned_hours;
        now += times * plans[i]->window_hours_now;
        erlang += times * plans[i]->window_hours_erlang_c;
        days += plans[i]->week_days;
    }
    printf(zh ? "一周 %u 天：%.1f 窗口小时（计划 %.1f，原方案计划 %.1f）；Erlang C %.1f\n"
              : "a week of %u days: %.1f window hours (%.1f planned; planned now: %.1f); "
                "Erlang C: %.1f\n",
           days, hours, planned, now, erlang);
}

static int plan_give(const struct tbs_plan_arguments *a, struct tbs_plan *const *plans,
                     uint32_t count)
{
    const struct tbs_plan *const *all = (const struct tbs_plan *const *)plans;
    const bool zh = tbs_reads_chinese();
    char error[768] = "";
    uint32_t open = 0, missed = 0;
    bool stop = false;

    for (uint32_t i = 0; i < count; i++) {
        open += plans[i]->kept + plans[i]->impossible + plans[i]->unproven;
        missed += plans[i]->impossible + plans[i]->unproven;
        stop |= plans[i]->stopped;
    }
    if (open == 0 && !stop) {
        fprintf(stderr, "tongban plan: %s\n",
                zh ? "这时没有大厅开放，无可计划；开放时段见 scenario.yaml 的 hours"
                   : "no hall is open then, so there is nothing to plan; `hours` in scenario.yaml "
                     "says when halls are open");
        return EXIT_FAILED;
    }
    if (a->out != NULL && !tbs_plan_write(all, count, a->out, error)) {
        fprintf(stderr, "tongban plan: %s\n", error);
        return EXIT_FAILED;
    }
    if (a->json != NULL) {
        tbs_plan_json(all, count, stdout);
        missed_tell(plans, count);
    }
    for (uint32_t i = 0; i < count && a->json == NULL; i++) {
        plan_print(plans[i]);
    }
    if (count > 1 && a->json == NULL) {
        week_print(plans, count, zh);
    }
    if (a->out != NULL && a->json == NULL) {
        printf("%s/needs.csv  plan.csv  plan.json\n", a->out);
    }
    for (uint32_t i = 0; i < count; i++) {
        missed += budget_missed(plans[i]);
    }
    return missed > 0 || stop ? EXIT_FAILED : 0;
}

static struct tb_scenario *scenario_load(const struct tbs_plan_arguments *a)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s =
        tb_scenario_load_with(a->scenario, a->sets.texts, a->sets.count, NULL, &problems);

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

static int plans_run(const struct tbs_plan_arguments *a, const struct tb_scenario *s,
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
        fprintf(stderr, "tongban plan: %s\n",
                tbs_reads_chinese() ? "平常的一周里没有大厅开放"
                                    : "no hall is open in an ordinary week");
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

static int desks_run(const struct tbs_plan_arguments *a, const struct tb_scenario *s,
                     const struct tbs_plan_options *o)
{
    const bool zh = tbs_reads_chinese();
    const char *out = a->out;
    char error[768] = "";
    const char *city = zh ? "审批岗总是在整座城市里、用同样多的日子判断"
                          : "desks are always judged in the whole city, by as many days";
    const struct {
        const char *name;
        bool given;
        const char *why;
    } others[] = {{"--hall", a->hall != NULL, ""},       {"--budget", a->budget != NULL, ""},
                  {"--windows", a->windows != NULL, ""}, {"--each", a->each != NULL, ""},
                  {"--always", a->always != NULL, ""},   {"--flat", a->flat != NULL, ""},
                  {"--abandon", a->abandon != NULL, ""}, {"--hours", a->hours != NULL, ""},
                  {"--alone", a->alone != NULL, city},   {"--effort", a->effort != NULL, city},
                  {"--day week", o->days.count == 0, ""}};
    if (s->desk_count == 0) {
        return tbs_plan_wrong(zh ? "这个方案没有审批岗：" : "this scenario has no desks:",
                              a->scenario, zh ? "见 desks.csv" : "desks.csv lists them");
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].given) {
            return tbs_plan_wrong(zh ? "--desks 不能同时用" : "--desks goes without",
                                  others[i].name, others[i].why);
        }
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
    if (a->json != NULL) {
        tbs_desk_json(plan, stdout);
    } else {
        desks_print(plan, out);
    }
    tbs_desk_plan_free(plan);
    return status;
}

static int plan_run(const struct tbs_plan_arguments *a, const struct tb_scenario *s)
{
    struct tbs_plan_options options;

    const int status = tbs_plan_options_read(a, s, &options);
    if (status != 0) {
        return status;
    }
    tbs_stop_on_signal();
    if (a->desks != NULL) {
        return desks_run(a, s, &options);
    }
    struct tbs_plan_options each[7];
    uint32_t times[7], count = 1;
    each[0] = options;
    times[0] = 1;
    if (a->day != NULL && strcmp(a->day, "week") == 0) {
        count = week_days(s, &options, each, times);
    }
    return plans_run(a, s, each, times, count);
}

int tbs_cmd_plan(int argc, char **argv)
{
    struct tbs_plan_arguments a;
    int status = tbs_plan_arguments_read(&a, argc, argv);

    if (status == 0) {
        struct tb_scenario *s = scenario_load(&a);
        status = s != NULL ? plan_run(&a, s) : EXIT_USAGE;
        tb_scenario_free(s);
    }
    free(a.sets.texts);
    return status < 0 ? 0 : status;
}
