#include "run/command.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/metric.h"
#include "report/report.h"
#include "report/writers.h"
#include "run/arguments.h"
#include "run/progress.h"
#include "run/trace.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- what is printed ------------------------------------------------------------------------- */

static void figure_print(enum tbs_city_metric m, const struct tbs_results *r)
{
    const struct tbs_metric *metric = &tbs_city_metrics[m];
    const struct tbs_figure *figure = &r->city[m];
    const bool zh = tbs_reads_chinese();
    const char *name = zh ? metric->zh : metric->en;

    if (isnan(figure->value)) {
        return;
    }
    printf("  ");
    tbs_metric_print(stdout, metric->unit, figure->value);
    if (!isnan(figure->half_width) && isfinite(figure->half_width)) {
        printf(" ± ");
        tbs_metric_print(stdout, metric->unit, figure->half_width);
    }
    printf("%s  %s%s\n", metric->unit == TBS_UNIT_SECONDS ? " s" : "", name,
           figure->too_few ? (zh ? "（样本太少，区间不可靠）" : " (too few to trust the interval)")
                           : "");
}

static void results_print(const struct tbs_results *r, const char *out)
{
    static const enum tbs_city_metric headline[] = {
        TBS_CITY_CASES_ARRIVED,
        TBS_CITY_CASES_SERVED,
        TBS_CITY_CASES_LEFT,
        TBS_CITY_CASES_EXPIRED,
        TBS_CITY_CASES_REFUSED,
        TBS_CITY_SATURDAY_CASES,
        TBS_CITY_WAIT_MEAN_S,
        TBS_CITY_WAIT_P50_S,
        TBS_CITY_WAIT_P90_S,
        TBS_CITY_WAIT_P99_S,
        TBS_CITY_SERVED_WITHIN_PROMISE,
        TBS_CITY_UTILISATION,
        TBS_CITY_WINDOW_HOURS,
        TBS_CITY_DESK_ON_TIME,
    };
    const bool zh = tbs_reads_chinese();

    if (out != NULL) {
        printf(zh ? "报告：%s/report.html\n" : "report: %s/report.html\n", out);
    }
    printf("%s  %s .. %s\n", zh ? r->scenario.zh : r->scenario.en, r->period_from, r->period_to);
    for (size_t i = 0; i < sizeof headline / sizeof headline[0]; i++) {
        figure_print(headline[i], r);
    }
    printf(zh ? "  %.2f 秒，每秒 %.2f 百万件，状态 %016llx\n"
              : "  %.2f s, %.2f million cases a second, state %016llx\n",
           r->wall_s, r->cases_per_s / 1e6, (unsigned long long)r->state_hash);
}

/* ---- simulate -------------------------------------------------------------------------------- */

/* The days of a trace are the run's, unless the command line says which. */
static void period_of_trace(const struct tbs_arguments *a, const struct tbs_trace *trace,
                            struct tbs_run_options *options)
{
    if (a->from == NULL && a->to == NULL && a->days == NULL) {
        options->day_first = trace->day_first;
        options->day_count = trace->day_count;
    }
}

static int by_place(const void *left, const void *right)
{
    const struct tbs_trace_problem *a = left, *b = right;

    return a->line != b->line ? (a->line < b->line ? -1 : 1)
                              : (a->column > b->column) - (a->column < b->column);
}

/* False: mistakes were printed. */
static bool trace_load(const struct tbs_arguments *a, const struct tb_scenario *scenario,
                       struct tbs_run_options *options, struct tbs_trace **trace)
{
    struct tbs_trace_problems problems = {0};

    if (a->trace == NULL) {
        return true;
    }
    *trace = tbs_trace_read(a->trace, scenario, &problems);
    qsort(problems.problems, problems.count, sizeof *problems.problems, by_place);
    for (uint32_t i = 0; i < problems.count; i++) {
        const struct tbs_trace_problem *p = &problems.problems[i];
        fprintf(stderr, "%s:%u:%u: %s\n", a->trace, p->line, p->column, p->text);
    }
    if (problems.beyond > 0) {
        fprintf(stderr, "%s: and %llu mistakes more\n", a->trace,
                (unsigned long long)problems.beyond);
    }
    free(problems.problems);
    if (*trace == NULL) {
        return false;
    }
    options->trace = *trace;
    period_of_trace(a, *trace, options);
    return true;
}

static int printed(const struct tbs_arguments *a)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return 0;
    }
    fprintf(stderr, "tongban %s: standard output: cannot be written: %s\n", a->command,
            strerror(errno));
    return EXIT_FAILED;
}

static int results_give(const struct tbs_arguments *a, const struct tbs_results *results)
{
    struct tbs_report_error error = {0};

    if (a->out != NULL && tbs_report_write(results, NULL, a->out, &error) != 0) {
        fprintf(stderr, "tongban %s: %s\n", a->command, error.text);
        return EXIT_FAILED;
    }
    if (a->json == NULL) {
        results_print(results, a->out);
    } else {
        tbs_summary_print(results, NULL, stdout); /* what went wrong stays with the stream */
    }
    return printed(a);
}

static int run_and_give(const struct tbs_arguments *a, const struct tb_scenario *scenario,
                        struct tbs_run_options *options)
{
    struct tbs_run_error error = {{0}};
    struct tbs_bar bar;

    tbs_stop_on_signal();
    options->stop = &tbs_stop;
    options->progress = tbs_bar_tell;
    options->progress_context = &bar;
    tbs_bar_begin(&bar);
    struct tbs_results *results = tbs_run(scenario, options, &error);
    tbs_bar_end(&bar);
    if (results == NULL) {
        fprintf(stderr, "tongban %s: %s\n", a->command, error.text);
        return tbs_stop_status() != 0 ? tbs_stop_status() : EXIT_FAILED;
    }
    const int stopped = tbs_stop_status();
    if (stopped != 0) {
        fprintf(stderr, "tongban %s: stopped; the results are those of what was finished\n",
                a->command);
    }
    const int status = results_give(a, results);
    tbs_results_free(results);
    return status != 0 ? status : stopped;
}

int tbs_cmd_simulate(int argc, char **argv)
{
    struct tbs_run_options options;
    struct tbs_arguments a;
    struct tbs_trace *trace = NULL;
    int status = tbs_arguments_read(&a, argc, argv, "SCENARIO [OPTIONS]");

    if (status == 0) {
        struct tb_scenario *scenario = tbs_arguments_load(&a, &options);
        status = scenario != NULL && trace_load(&a, scenario, &options, &trace)
                     ? run_and_give(&a, scenario, &options)
                     : EXIT_USAGE;
        tbs_trace_free(trace);
        tb_scenario_free(scenario);
    }
    tbs_arguments_free(&a);
    return status < 0 ? 0 : status;
}

/* ---- generate -------------------------------------------------------------------------------- */

int tbs_cmd_generate(int argc, char **argv)
{
    struct tbs_run_error error = {{0}};
    struct tbs_run_options options;
    struct tbs_arguments a;
    int status = tbs_arguments_read(&a, argc, argv,
                                    "SCENARIO [--from --to --days --seed --set] "
                                    "--out FILE|-");

    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error like a full disk */
    if (status == 0) {
        struct tb_scenario *scenario = tbs_arguments_load(&a, &options);
        status = EXIT_USAGE;
        if (scenario != NULL) {
            const int64_t rows =
                tbs_trace_write(a.out != NULL ? a.out : "-", scenario, &options, &error);
            status = rows < 0 ? EXIT_FAILED : 0;
        }
        if (status == EXIT_FAILED) {
            fprintf(stderr, "tongban %s: %s\n", a.command, error.text);
        }
        tb_scenario_free(scenario);
    }
    tbs_arguments_free(&a);
    return status < 0 ? 0 : status;
}
