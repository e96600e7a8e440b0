#include "roster/command.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "report/file.h"
#include "roster/arguments.h"
#include "roster/compare.h"
#include "roster/output.h"
#include "run/arguments.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- while it is being found ----------------------------------------------------------------- */

static void progress_tell(void *context, const struct tbs_roster_progress *p)
{
    const bool zh = *(bool *)context;
    char cost[32] = "-", gap[32] = "-";

    if (!isatty(STDERR_FILENO)) {
        return;
    }
    if (p->cost < TBS_MIP_NONE / 100) {
        snprintf(cost, sizeof cost, "%.1f", p->cost / 2);
        snprintf(gap, sizeof gap, "%.2f%%",
                 p->cost > 0 ? 100 * (p->cost - p->bound) / p->cost : 0);
    }
    fprintf(stderr, zh ? "\r  第 %d/%d 组（%s）：%s 小时，下界 %.1f，差距 %s   "
                       : "\r  island %d of %d (%s): %s h, bound %.1f, gap %s   ",
            p->island + 1, p->island_count, p->step, cost, p->bound / 2, gap);
}

/* ---- no roster ------------------------------------------------------------------------------- */

static void shortages_tell(const struct tbs_input *in, const struct tbs_roster *r, bool zh)
{
    enum { SHOWN = 8 };
    int missing = 0, shown = 0, most = 0;

    for (int i = 0; i < r->shortage_count; i++) {
        missing += r->shortages[i].missing;
        most = r->shortages[i].missing > most ? r->shortages[i].missing : most;
    }
    fprintf(stderr, zh ? "  至少缺 %.1f 窗口小时，同一时刻最多缺 %d 人：\n"
                       : "  at least %.1f window hours are missing, at most %d people at a time:\n",
            missing / 2.0, most);
    for (int i = 0; i < r->shortage_count && shown < SHOWN; i++) {
        const struct tbs_shortage *s = &r->shortages[i];
        const struct tbs_roster_day *d = &in->days[s->day];
        int to = s->to;
        while (i + 1 < r->shortage_count && r->shortages[i + 1].day == s->day &&
               r->shortages[i + 1].post == s->post && r->shortages[i + 1].from == to &&
               r->shortages[i + 1].missing == s->missing) {
            to = r->shortages[++i].to;
        }
        fprintf(stderr, "    %04d-%02d-%02d %02d:%02d-%02d:%02d  %s  %s  -%d\n", d->year, d->month,
                d->day, s->from / 2, s->from % 2 * 30, to / 2, to % 2 * 30,
                in->posts[s->post].hall_id, in->posts[s->post].skill_id, s->missing);
        shown++;
    }
}

static void why_tell(const struct tbs_input *in, const struct tbs_roster_options *options, bool zh)
{
    struct tbs_roster_options elastic = *options;
    struct tbs_roster_why why;
    struct tbs_roster near;

    tbs_roster_explain(&in->problem, options, &why);
    fprintf(stderr, "%s\n",
            why.clashes == 0
                ? (zh ? "  放宽任何规则都不行：人数不够，或需要超出上班时间（shift_from..shift_to）"
                      : "  no rule is to blame: too few people, or needs outside of "
                        "shift_from..shift_to")
                : (zh ? "  这些规则合在一起排不出（缺一条就不再冲突）："
                      : "  these rules clash; no part of them alone does:"));
    for (int c = 0; c < TBS_CLASH_COUNT; c++) {
        if ((why.clashes >> c & 1) != 0) {
            fprintf(stderr, "    %s%s\n", tbs_clash_name((enum tbs_clash)c, zh),
                    (why.alone >> c & 1) == 0 ? ""
                    : zh                      ? "　← 只放宽这一条就能排出"
                                              : "   <- lifting this one alone is enough");
        }
    }
    elastic.may_be_short = true;
    elastic.gap = 0.05;
    tbs_roster_solve(&in->problem, &elastic, &near);
    if (near.duty != NULL) {
        shortages_tell(in, &near, zh);
    }
    tbs_roster_free(&near);
    fprintf(stderr, "%s\n",
            zh ? "  可以：放宽上列规则（--rules），在所列时段加人、减窗口，或用 --short 求缺人最少"
               : "  what helps: relax a rule above (--rules), add people or drop windows where "
                 "listed, or take the roster with the least missing by --short");
}

static int none_tell(const struct tbs_input *in, const struct tbs_roster_options *options,
                     const struct tbs_roster *roster, bool zh)
{
    const char *hall = roster->blocked >= 0 ? in->posts[roster->blocked].hall_id : "";

    if (roster->status == TBS_MIP_UNKNOWN) {
        fprintf(stderr,
                zh ? "tongban roster: %s：%.0f 秒内没有找到；请加长 --time-limit\n"
                   : "tongban roster: %s: no roster was found within %.0f s; give it a longer "
                     "--time-limit\n",
                hall, options->time_s);
        return EXIT_FAILED;
    }
    fprintf(stderr, zh ? "tongban roster: %s：排不出\n" : "tongban roster: %s: impossible\n", hall);
    why_tell(in, options, zh);
    return EXIT_FAILED;
}

/* ---- what comes out -------------------------------------------------------------------------- */

static json_t *interval_json(struct tbs_interval i)
{
    return json_pack("{s:f, s:f}", "value", i.value, "half_width",
                     isfinite(i.half_width) ? i.half_width : 0.0);
}

static json_t *roster_json(const struct tbs_input *in, const struct tbs_roster *r,
                           const struct tbs_roster_seen *seen, const char *solver)
{
    static const char *const names[TBS_SEEN_COUNT] = {"within_promise", "wait_mean_s",
                                                      "left_share", "window_hours"};
    const char *status = r->status == TBS_MIP_OPTIMAL ? "within_gap" : "time_limit";
    int missing = 0, least = 1000, most = 0;

    for (int i = 0; i < r->shortage_count; i++) {
        missing += r->shortages[i].missing;
    }
    for (int i = 0; i < r->person_count; i++) {
        const int count = in->people[i].saturdays + tbs_roster_sum(in, r, i).saturdays;
        least = in->people[i].saturday && count < least ? count : least;
        most = in->people[i].saturday && count > most ? count : most;
    }
    json_t *all = json_pack(
        "{s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i, s:i}", "status", status,
        "solver", solver, "people", r->person_count, "days", r->day_count, "cost_hours",
        r->cost / 2, "bound_hours", r->bound / 2, "gap", r->gap, "missing_window_hours",
        missing / 2.0, "islands", r->island_count, "islands_solved_whole", r->whole_count,
        "integers", r->variable_count, "saturdays_least", least, "saturdays_most", most);
    for (int k = 0; k < TBS_SEEN_COUNT && seen->reps > 0; k++) {
        json_object_set_new(all, names[k],
                            json_pack("{s:o, s:o, s:o}", "needs", interval_json(seen->needs[k]),
                                      "roster", interval_json(seen->roster[k]), "change",
                                      interval_json(seen->change[k])));
    }
    json_object_set_new(all, "wall_s", json_real(r->wall_s));
    return all;
}

static void json_print(const json_t *json, FILE *out)
{
    json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
    fprintf(out, "\n");
}

static void seen_print(const struct tbs_roster_seen *seen, bool zh)
{
    static const struct {
        const char *zh, *en;
        double factor;
    } rows[TBS_SEEN_COUNT] = {{"承诺时限内 %", "within the promise %", 100},
                              {"平均等候 分钟", "mean wait, min", 1.0 / 60},
                              {"离开 %", "left %", 100},
                              {"窗口小时", "window hours", 1}};

    printf("%s\n", zh ? "  仿真（同一批办事人）      需要方案          排班方案          变化"
                      : "  simulated, same citizens  plan of needs     plan of roster    change");
    for (int k = 0; k < TBS_SEEN_COUNT; k++) {
        const double f = rows[k].factor;
        printf("  %-24s  %8.2f ± %-6.2f %8.2f ± %-6.2f %+8.2f ± %.2f\n",
               zh ? rows[k].zh : rows[k].en, f * seen->needs[k].value,
               f * seen->needs[k].half_width, f * seen->roster[k].value,
               f * seen->roster[k].half_width, f * seen->change[k].value,
               f * seen->change[k].half_width);
    }
}

static void roster_print(const struct tbs_input *in, const struct tbs_roster *r,
                         const struct tbs_roster_seen *seen, const char *out, bool zh)
{
    printf(zh ? "%d 人，%d 天，%d 组（组间不共用人员）：%.1f 小时（周六折算），下界 %.1f，"
                "差距 %.2f%%，%.1f 秒%s\n"
              : "people: %d, days: %d, groups that share nobody: %d; %.1f hours (Saturdays at "
                "their cost), bound %.1f, gap %.2f%%, %.1f s%s\n",
           r->person_count, r->day_count, r->island_count, r->cost / 2, r->bound / 2, 100 * r->gap,
           r->wall_s,
           r->status == TBS_MIP_OPTIMAL ? ""
           : zh                         ? "（到时限）"
                                        : " (time limit)");
    if (r->shortage_count > 0) {
        shortages_tell(in, r, zh);
    }
    if (seen->reps > 0) {
        seen_print(seen, zh);
    }
    if (out != NULL) {
        printf(zh ? "排班表：%s/roster.xlsx；方案：%s/plan.csv\n" : "roster: %s/roster.xlsx, plan: "
                                                                    "%s/plan.csv\n",
               out, out);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static int put(struct tbs_files *files, const char *name, char *bytes, size_t count,
               struct tbs_report_error *error)
{
    const int failed = tbs_files_put(files, name, bytes, count, error);

    free(bytes);
    return failed;
}

/* Roster, workbook and plan in one go; the plan alone first, for the comparison. */
static int files_write(const struct tbs_input *in, const struct tbs_roster *r, const char *out,
                       json_t *json, struct tbs_report_error *error)
{
    static const char *const names[] = {"roster.csv", "plan.csv", "roster.xlsx"};
    struct tbs_files files;
    int failed = tbs_files_open(&files, out, error);

    if (failed != 0) {
        return failed;
    }
    for (int i = 0; i < 3 && failed == 0; i++) {
        char *bytes = NULL;
        size_t count = 0;
        FILE *stream = open_memstream(&bytes, &count);
        int why = 0;
        tbs_assert(stream != NULL);
        if (i == 0) {
            fputs("\xef\xbb\xbf", stream); /* for Excel */
            tbs_roster_csv(in, r, stream);
        } else if (i == 1) {
            tbs_roster_plan(in, r, stream);
        } else {
            why = tbs_roster_workbook(in, r, stream);
        }
        fclose(stream);
        failed = why != 0 ? tbs_report_fail(error, why, "writing", out, names[i]) : 0;
        failed = put(&files, names[i], bytes, count, error) != 0 ? -1 : failed;
    }
    if (failed == 0) {
        char *text = NULL;
        size_t count = 0;
        FILE *stream = open_memstream(&text, &count);
        tbs_assert(stream != NULL);
        json_print(json, stream);
        fclose(stream);
        failed = put(&files, "roster.json", text, count, error);
    }
    if (failed != 0) {
        tbs_files_drop(&files);
        return failed;
    }
    return tbs_files_publish(&files, error);
}

/* The plan in a temporary file, simulated beside the needs. */
static bool seen_make(const struct tbs_roster_arguments *a, const struct tbs_input *in,
                      const struct tbs_roster *r, struct tbs_roster_seen *seen)
{
    char path[] = "/tmp/tongban-plan-XXXXXX.csv", error[600] = "";
    const int fd = a->reps_count > 0 ? mkstemps(path, 4) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    *seen = (struct tbs_roster_seen){0};
    if (a->reps_count == 0) {
        return true;
    }
    bool fine = file != NULL;
    if (fine) {
        tbs_roster_plan(in, r, file);
        fine = fclose(file) == 0 && tbs_roster_compare(in, a->scenario, path, a->reps_count,
                                                       a->seed_number, seen, error, sizeof error);
        unlink(path);
    }
    if (!fine) {
        fprintf(stderr, "tongban roster: %s: %s\n", path, error);
    }
    return fine;
}

/* ---- all ------------------------------------------------------------------------------------- */

static int give(const struct tbs_roster_arguments *a, const struct tbs_input *in,
                const struct tbs_roster_options *options, const struct tbs_roster *r, bool zh)
{
    struct tbs_report_error error = {0};
    struct tbs_roster_seen seen;
    char told[1000];
    int status = 0;

    if (tbs_roster_check(&in->problem, r, options->may_be_short, told, sizeof told) > 0) {
        fprintf(stderr,
                zh ? "tongban roster: 班表违反规则（请报告此错误）：\n%s"
                   : "tongban roster: the roster breaks a rule (please report this):\n%s",
                told);
        return EXIT_FAILED;
    }
    if (!seen_make(a, in, r, &seen)) {
        return EXIT_FAILED;
    }
    json_t *json = roster_json(in, r, &seen, options->solver == TBS_MIP_GLPK ? "glpk" : "cbc");
    if (a->out != NULL && files_write(in, r, a->out, json, &error) != 0) {
        fprintf(stderr, "tongban roster: %s\n", error.text);
        status = EXIT_FAILED;
    } else if (a->json != NULL) {
        json_print(json, stdout);
    } else {
        roster_print(in, r, &seen, a->out, zh);
    }
    json_decref(json);
    return status;
}

static int solve_and_give(const struct tbs_roster_arguments *a, const struct tbs_input *in)
{
    bool zh = tbs_reads_chinese();
    struct tbs_roster_options options = {
        .solver = a->solver != NULL && strcmp(a->solver, "glpk") == 0 ? TBS_MIP_GLPK : TBS_MIP_CBC,
        .gap = a->gap_share,
        .time_s = a->time_s,
        .may_be_short = a->may_be_short != NULL,
        .progress = progress_tell,
        .progress_context = &zh,
    };
    struct tbs_roster roster;

    options.may_be_short |= tbs_roster_solve_anyway(&in->problem, &options, &roster);
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%79s\r", "");
    }
    if (roster.shortage_count > 0 && a->may_be_short == NULL) {
        fprintf(stderr,
                zh ? "tongban roster: %.0f 秒内没有排出不缺人的班表；这是缺人最少的，"
                     "加长 --time-limit 可能更好\n"
                   : "tongban roster: none without gaps was found within %.0f s; this one misses "
                     "as little as was found, a longer --time-limit may do better\n",
                options.time_s);
    }
    const int status = roster.duty == NULL ? none_tell(in, &options, &roster, zh)
                                           : give(a, in, &options, &roster, zh);
    tbs_roster_free(&roster);
    return status;
}

/* Mistakes of the scenario; those of a converted table are told under its own name. */
static void problems_print(struct tb_scenario_problems *problems, const char *converted,
                           const char *needs)
{
    for (uint32_t i = 0; converted != NULL && i < problems->count; i++) {
        if (strcmp(problems->problems[i].file, converted) == 0) {
            problems->problems[i].file = needs;
        }
    }
    tb_scenario_problems_print(problems, tbs_language(), stderr);
}

static bool trade_known(const struct tb_scenario *s, const char *trade)
{
    for (uint32_t t = 0; t < s->trade_count; t++) {
        if (trade == NULL || strcmp(s->trades[t].id, trade) == 0) {
            return true;
        }
    }
    fprintf(stderr,
            tbs_say("tongban roster: 没有行业“%s”；见 scenario.yaml 的 trades：",
                    "tongban roster: there is no trade '%s'; those of scenario.yaml are:"),
            trade);
    for (uint32_t t = 0; t < s->trade_count; t++) {
        fprintf(stderr, " %s", s->trades[t].id);
    }
    fprintf(stderr, "\n");
    return false;
}

int tbs_cmd_roster(int argc, char **argv)
{
    struct tb_scenario_problems problems = {0};
    struct tbs_mistakes mistakes = {.zh = tbs_reads_chinese()};
    struct tbs_roster_arguments a;
    struct tbs_roster_ask ask = {0};
    struct tbs_input input = {0};
    char staff[4096];
    int status = tbs_roster_arguments_read(&a, argc, argv);

    if (status != 0) {
        return status < 0 ? 0 : status;
    }
    char *converted = a.needs != NULL ? tbs_needs_as_plan(a.needs, &mistakes) : NULL;
    struct tb_scenario *scenario =
        mistakes.count > 0 ? NULL
                           : tb_scenario_load_with(a.scenario, NULL, 0,
                                                   converted != NULL ? converted : a.needs,
                                                   &problems);
    problems_print(&problems, converted, a.needs);
    snprintf(staff, sizeof staff, "%s/staff.csv", a.scenario);
    ask = (struct tbs_roster_ask){a.staff != NULL ? a.staff : staff, a.rules, a.trade, 0, 0};
    status = EXIT_USAGE;
    if (scenario != NULL && trade_known(scenario, a.trade) &&
        tbs_roster_period(&a, scenario, &ask.day_first, &ask.day_count) &&
        tbs_input_read(&input, scenario, &ask, &mistakes)) {
        status = solve_and_give(&a, &input);
    }
    tbs_input_free(&input);
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    if (converted != NULL) {
        unlink(converted);
        free(converted);
    }
    return status;
}
