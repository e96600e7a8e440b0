#include "tune/command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "report/report.h"
#include "run/arguments.h"
#include "run/options.h"
#include "tune/balance.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* X(name, variable, value, "what it takes", "what it does" in Chinese and in English) */
#define ARGUMENTS(X)                                                                               \
    X("objective", objective, required, "KEY", "目标：summary.json 的一项（缺省按时份额）",        \
      "a key of summary.json (served_within_promise)")                                             \
    X("rules", rules, required, "LIST", "调哪些规则（缺省全部）；`help` 列出",                     \
      "which rules to turn (default: all); `help` lists them")                                     \
    X("budget", budget, required, "60s|N", "搜索用多少秒或多少次重复（缺省 60s）",                 \
      "seconds or replications of the search (default 60s)")                                       \
    X("judge", judge, required, "N", "下结论用的新重复次数（缺省 40）",                            \
      "fresh replications of the verdict (default 40)")                                            \
    X("from", from, required, "DATE", "第一天（缺省为需求年的）",                                  \
      "first day (default: the demand year's)")                                                    \
    X("days", days, required, "N", "一次重复几天（缺省 14）",                                      \
      "days of a replication (default 14)")                                                        \
    X("seed", seed, required, "N", "随机数种子（缺省 1）", "of all streams (default 1)")           \
    X("balancing", balancing, no, "", "分流与远程视频对全部大厅值多少",                            \
      "what advice and live video are worth over all halls")                                       \
    X("out", out, required, "DIR", "把调好的方案写到这里：它引用本方案",                           \
      "write the tuned scenario there: it extends this one")                                       \
    X("help", help, no, "", "本说明", "this")

struct arguments {
    const char *scenario;
#define X(name, variable, value, takes, zh, en) const char *variable;
    ARGUMENTS(X)
#undef X
    uint64_t seed_number;
    uint32_t judge_reps;
    bool zh;
    struct tbs_tune_options tune;
    struct tbs_trial trial;
};

static int wrong(const char *what, const char *value)
{
    return tbs_options_wrong("tune", what, value);
}

static void knobs_print(FILE *out, bool zh)
{
    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        fprintf(out, "  %-19s %s: %s\n", tbs_knobs[k].name, zh ? tbs_knobs[k].zh : tbs_knobs[k].en,
                tbs_knobs[k].values);
    }
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool whole(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value >= least && *value <= most;
}

static int rules_take(struct arguments *a)
{
    char list[512], *rest = list, *name;

    if (a->rules == NULL) {
        for (int k = 0; k < TBS_KNOB_COUNT; k++) {
            a->tune.knobs[k] = true;
        }
        return 0;
    }
    snprintf(list, sizeof list, "%s", a->rules);
    while ((name = strtok_r(rest, " ,", &rest)) != NULL) {
        bool known = false;
        for (int k = 0; k < TBS_KNOB_COUNT; k++) {
            if (strcmp(tbs_knobs[k].name, name) == 0) {
                a->tune.knobs[k] = known = true;
            }
        }
        if (!known) {
            wrong(tbs_say("没有这条可调的规则：", "there is no rule to turn called"), name);
            knobs_print(stderr, a->zh);
            return EXIT_USAGE;
        }
    }
    return 0;
}

static int objective_take(struct arguments *a)
{
    const char *key = a->objective != NULL ? a->objective : "served_within_promise";
    const size_t length = strlen(key);

    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        const char *name = tbs_city_metrics[m].key;
        if (strncmp(name, key, length) == 0 &&
            (name[length] == '\0' || strcmp(name + length, "_s") == 0)) {
            a->trial.objective = (enum tbs_city_metric)m;
            return tbs_city_metrics[m].better != TBS_BETTER_NEITHER
                       ? 0
                       : wrong(tbs_say("这一项没有好坏，不能作目标：",
                                       "neither more nor less of it is better:"),
                               key);
        }
    }
    wrong(tbs_say("--objective 是 summary.json 的一项，不是",
                  "--objective takes a key of summary.json, not"),
          key);
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        if (tbs_city_metrics[m].better != TBS_BETTER_NEITHER) {
            fprintf(stderr, "  %-28s %s\n", tbs_city_metrics[m].key,
                    tbs_say(tbs_city_metrics[m].zh, tbs_city_metrics[m].en));
        }
    }
    return EXIT_USAGE;
}

static int budget_take(struct arguments *a)
{
    uint64_t runs = 0;
    char unit[8] = "";

    a->tune.budget_s = 60;
    a->tune.budget_runs = UINT32_MAX;
    if (a->budget == NULL) {
        return 0;
    }
    if (whole(a->budget, 1, 10000000, &runs)) {
        a->tune.budget_runs = (uint32_t)runs;
        a->tune.budget_s = 0;
        return 0;
    }
    if (sscanf(a->budget, "%lf%7s", &a->tune.budget_s, unit) != 2 || !(a->tune.budget_s > 0) ||
        (strcmp(unit, "s") != 0 && strcmp(unit, "min") != 0)) {
        return wrong(tbs_say("--budget 是 60s、5min 或重复次数，不是",
                             "--budget takes 60s, 5min or a number of replications, not"),
                     a->budget);
    }
    a->tune.budget_s *= unit[0] == 'm' ? 60 : 1;
    return 0;
}

static int values_take(struct arguments *a)
{
    uint64_t judge = 40, seed = 1;

    if (a->judge != NULL && !whole(a->judge, 2, 100000, &judge)) {
        return wrong(tbs_say("--judge 是至少为 2 的整数，不是",
                             "--judge takes a whole number, at least 2, not"),
                     a->judge);
    }
    if (a->seed != NULL && !whole(a->seed, 0, UINT64_MAX, &seed)) {
        return wrong(tbs_say("--seed 是整数，不是", "--seed takes a whole number, not"), a->seed);
    }
    a->tune.seed = a->seed_number = seed;
    a->tune.judge_reps = a->judge_reps = (uint32_t)judge;
    int status = rules_take(a);
    status = status != 0 ? status : objective_take(a);
    return status != 0 ? status : budget_take(a);
}

static int arguments_read(struct arguments *a, int argc, char **argv)
{
#define X(name, variable, value, takes, zh, en) {name, TBS_OPTION_##value, &a->variable},
    const struct tbs_option options[] = {ARGUMENTS(X)};
#undef X
    *a = (struct arguments){.zh = tbs_reads_chinese()};
    int status =
        tbs_options_read("tune", options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (status != 0) {
        return status;
    }
    if (a->help != NULL) {
        printf("%s\n",
               tbs_say("用法：tongban tune 方案 [选项]\n\n"
                       "为一个目标寻找规则的取值，在新的人流上检验。\n",
                       "usage: tongban tune SCENARIO [OPTIONS]\n\n"
                       "Values of the rules for an objective, judged on fresh citizens.\n"));
#define X(name, variable, value, takes, zh, en)                                                    \
    printf("  --%-10s %-8s %s\n", name, takes, tbs_say(zh, en));
        ARGUMENTS(X)
#undef X
        return -1;
    }
    if (a->rules != NULL && strcmp(a->rules, "help") == 0) {
        knobs_print(stdout, a->zh);
        return -1;
    }
    status = tbs_options_scenario("tune", argc, argv, &a->scenario);
    return status != 0 ? status : values_take(a);
}

/* What is found becomes a scenario that extends this one: a minute's search is for nothing if this
 * one can't be extended any more. */
static int extends_check(const struct arguments *a)
{
    const struct tbs_setting nothing = {0};
    char error[600] = "";
    bool needed = a->out != NULL;

    for (int k = 0; k < TBS_KNOB_COUNT && a->balancing == NULL; k++) {
        needed |= a->tune.knobs[k] && tbs_knobs[k].set[0] == '\0';
    }
    struct tb_scenario *s =
        needed ? tbs_trial_load_patched(&a->trial, &nothing, error, sizeof error) : NULL;
    if (needed && s == NULL) {
        fprintf(stderr,
                a->zh ? "tongban tune: %s 不能再被引用（extends），结果没法写成方案：%s\n"
                      : "tongban tune: %s can't be extended, so what is found can't be written as "
                        "a scenario: %s\n",
                a->scenario, error);
        return EXIT_USAGE;
    }
    tb_scenario_free(s);
    return 0;
}

static int trial_make(struct arguments *a)
{
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    const struct tbs_arguments load = {.command = "tune",
                                       .scenario = a->scenario,
                                       .from = a->from,
                                       .days = a->days != NULL ? a->days : "14"};
    struct tbs_run_options options;
    struct tb_scenario *s = tbs_arguments_load(&load, &options);

    if (s == NULL) {
        return EXIT_USAGE;
    }
    a->trial.scenario = a->scenario;
    a->trial.day_first = options.day_first;
    a->trial.day_count = options.day_count;
    a->trial.threads = cpus > 1 ? (uint32_t)cpus : 1;
    tb_scenario_free(s);
    return extends_check(a);
}

/* ---- what is printed ------------------------------------------------------------------------- */

static void figure_print(enum tbs_city_metric metric, double value, const char *before)
{
    const enum tbs_unit unit = tbs_city_metrics[metric].unit;

    printf("%s", before);
    if (isnan(value)) { /* so many left that the quantile is unknown */
        printf("?");
    } else if (unit == TBS_UNIT_SHARE) {
        printf("%.2f%%", 100 * value);
    } else {
        printf(unit == TBS_UNIT_SECONDS ? "%.1fs" : "%.2f", value);
    }
}

static void told(void *context, enum tbs_knob_name knob, const char *value, bool taken,
                 struct tbs_interval gain, uint32_t runs)
{
    const struct arguments *a = context;

    fprintf(stderr, "  %-19s %-6s %+.4g ± %.2g  %s  (%u)\n", tbs_knobs[knob].name, value,
            gain.value, gain.half_width,
            taken ? (a->zh ? "采用" : "taken") : (a->zh ? "不采用" : "no better"), runs);
}

/* One figure on the fresh seeds: before, after, paired difference. */
static struct tbs_interval verdict_print(const struct arguments *a, const struct tbs_tune_result *r,
                                         enum tbs_city_metric metric)
{
    double *x = malloc(2 * (size_t)r->judge_reps * sizeof *x), *y = x + r->judge_reps;

    tbs_assert(x != NULL);
    for (uint32_t i = 0; i < r->judge_reps; i++) {
        x[i] = r->base[(size_t)i * TBS_CITY_METRIC_COUNT + metric];
        y[i] = r->tuned[(size_t)i * TBS_CITY_METRIC_COUNT + metric];
    }
    const struct tbs_interval change = tbs_interval_paired(y, x, r->judge_reps, 0.95, NULL);
    const struct tbs_metric *m = &tbs_city_metrics[metric];
    printf("  %-28s", a->zh ? m->zh : m->en);
    figure_print(metric, tbs_interval_mean(x, r->judge_reps, 0.95).value, "  ");
    figure_print(metric, tbs_interval_mean(y, r->judge_reps, 0.95).value, " -> ");
    figure_print(metric, change.value, change.value >= 0 ? "   +" : "   ");
    figure_print(metric, change.half_width, " ± ");
    printf("\n");
    free(x);
    return change;
}

static void result_print(const struct arguments *a, const struct tbs_tune_result *r)
{
    static const enum tbs_city_metric others[] = {TBS_CITY_SERVED_WITHIN_PROMISE,
                                                  TBS_CITY_WAIT_MEAN_S, TBS_CITY_WAIT_P90_S,
                                                  TBS_CITY_WAIT_P99_S, TBS_CITY_LEFT_SHARE};
    const bool more = tbs_city_metrics[a->trial.objective].better == TBS_BETTER_HIGHER;
    bool any = false;

    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        if (r->best.value[k][0] != '\0') {
            printf("  %s = %s\n", tbs_knobs[k].name, r->best.value[k]);
            any = true;
        }
    }
    printf(a->zh ? "%s用了 %u 次重复，%u 轮%s；以下为未用过的 %u 次重复上的结果（95%% 区间）：\n"
                 : "%sreplications: %u, rounds: %u%s; on %u fresh replications (95%%):\n",
           any     ? ""
           : a->zh ? "没有更好的取值；"
                   : "nothing is better than what there is; ",
           r->runs, r->rounds, r->spent ? (a->zh ? "，预算用完" : ", budget spent") : "",
           r->judge_reps);
    const struct tbs_interval gain = verdict_print(a, r, a->trial.objective);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] != a->trial.objective) {
            verdict_print(a, r, others[i]);
        }
    }
    if (any && (more ? gain.value : -gain.value) - gain.half_width <= 0) {
        printf("%s\n", a->zh ? "在新的人流上看不出改善：不必采用。"
                             : "On fresh citizens it is not beyond noise: no reason to take it.");
    }
}

static int balancing(const struct arguments *a)
{
    struct tbs_balance_row *rows;
    char error[600];
    int count;

    if (!tbs_balance_run(&a->trial, a->seed_number, a->judge_reps, &rows, &count, error,
                         sizeof error)) {
        fprintf(stderr, "tongban tune: %s\n", error);
        return EXIT_FAILED;
    }
    printf("分流的价值 what balancing is worth: %u x %u 天 days, 95%%\n", a->judge_reps,
           a->trial.day_count);
    for (int i = 0; i < count; i++) {
        printf("%s  %s\n", rows[i].zh, rows[i].en);
        for (int k = 0; k < TBS_BALANCE_FIGURES; k++) {
            const enum tbs_city_metric metric = tbs_balance_figures[k];
            printf("    %s %s", tbs_city_metrics[metric].zh, tbs_city_metrics[metric].en);
            figure_print(metric, rows[i].value[k].value, "  ");
            figure_print(metric, rows[i].value[k].half_width, " ± ");
            if (i > 0) {
                figure_print(metric, rows[i].change[k].value,
                             rows[i].change[k].value >= 0 ? "   (+" : "   (");
                figure_print(metric, rows[i].change[k].half_width, " ± ");
                printf(")");
            }
            printf("\n");
        }
    }
    return 0;
}

static int tuning(struct arguments *a)
{
    struct tbs_tune_result result;
    struct tbs_report_error failed = {0};
    char error[600] = "";
    int status = 0;

    a->tune.told = told;
    a->tune.context = a;
    if (!tbs_tune(&a->trial, &a->tune, &result, error, sizeof error)) {
        fprintf(stderr, "tongban tune: %s\n", error);
        status = EXIT_FAILED;
    } else if (a->out != NULL && tbs_patch_write(&a->trial, &result.best, a->out, &failed) != 0) {
        fprintf(stderr, "tongban tune: %s\n", failed.text);
        status = EXIT_FAILED;
    } else {
        result_print(a, &result);
        if (a->out != NULL) {
            printf(a->zh ? "方案：%s（tongban simulate %s）\n"
                         : "scenario: %s (tongban simulate %s)\n",
                   a->out, a->out);
        }
    }
    free(result.base);
    return status;
}

int tbs_cmd_tune(int argc, char **argv)
{
    struct arguments a;
    int status = arguments_read(&a, argc, argv);

    if (status == 0) {
        status = trial_make(&a);
    }
    if (status == 0) {
        status = a.balancing != NULL ? balancing(&a) : tuning(&a);
    }
    return status < 0 ? 0 : status;
}
