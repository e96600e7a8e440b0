/* What a planner takes along: the plan as a table, the roster as a workbook. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "plan/plan.h"
#include "roster/output.h"
#include "web/api.h"

enum { ROSTER_DAYS_MAX = 62, ROSTER_TIME_S = 30 };

/* ---- plan.csv -------------------------------------------------------------------------------- */

/* The windows of each run of equal half hours, within the opening hours. */
static void change_print(struct tbs_web_city *city, const struct tbs_web_question *q, FILE *out)
{
    const struct tb_scenario *s = city->scenario;
    const struct tb_day_kind *kind =
        &s->config.calendars[s->halls[q->hall].calendar].kinds[q->kind];
    const int64_t minute = TB_MINUTES(1);
    const uint16_t *n = q->staffing.windows;
    struct tbs_lab *lab = tbs_web_lab(city, q->hall, q->kind);

    for (uint32_t i = 0; i < kind->period_count && lab != NULL; i++) {
        for (uint32_t k = 0, end; k < TBS_WEB_SLOTS; k = end) {
            const int64_t opens = kind->periods[i].opens_us, closes = kind->periods[i].closes_us;
            for (end = k + 1; end < TBS_WEB_SLOTS && n[end] == n[k];) {
                end++;
            }
            const int64_t from = k * TBS_PLAN_SLOT_US > opens ? k * TBS_PLAN_SLOT_US : opens;
            const int64_t to = end * TBS_PLAN_SLOT_US < closes ? end * TBS_PLAN_SLOT_US : closes;
            if (from < to && n[k] > 0) {
                fprintf(out, "%s,%s,%02d:%02d,%02d:%02d,", s->halls[q->hall].label.id,
                        s->day_kinds[q->kind].id, (int)(from / minute / 60),
                        (int)(from / minute % 60), (int)(to / minute / 60),
                        (int)(to / minute % 60));
                tbs_lab_windows_print(lab, n[k], out);
                fputs(",\n", out);
            }
        }
    }
    tbs_lab_free(lab);
}

/* False: reply says what is wrong. *changes: the caller's. */
static bool changes_read(const struct tb_scenario *s, const json_t *body,
                         struct tbs_web_question **changes, size_t *count,
                         struct tbs_web_reply *reply)
{
    const json_t *rows = json_object_get(body, "changes");

    *count = json_array_size(rows);
    if (!json_is_array(rows) || *count > (size_t)s->hall_count * s->day_kind_count) {
        return tbs_web_wrong(reply, "方案的格式不对；请刷新页面再试。",
                             "The plan is not a list of changes; reload the page and try again.");
    }
    *changes = calloc(*count + 1, sizeof **changes);
    tbs_assert(*changes != NULL);
    for (size_t i = 0; i < *count; i++) {
        const json_t *row = json_array_get(rows, i);
        if (!tbs_web_read_question(s, row, row, &(*changes)[i], reply)) {
            free(*changes);
            return false;
        }
    }
    return true;
}

static void plan_print(struct tbs_web_city *city, const struct tbs_web_question *changes,
                       size_t count, FILE *out)
{
    const struct tb_scenario *s = city->scenario;
    bool *changed = calloc((size_t)s->hall_count * s->day_kind_count + 1, sizeof *changed);
    bool *left_out = calloc(s->shift_count + 1, sizeof *left_out);

    tbs_assert(changed != NULL && left_out != NULL);
    fputs("hall,day,from,to,windows,skill\n", out);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        /* Named even if it never opens: a hall without a row would have all its windows open. */
        fprintf(out, "%s,%s,00:00,00:30,0,\n", s->halls[h].label.id, s->day_kinds[0].id);
    }
    for (size_t i = 0; i < count; i++) {
        bool *mine = &changed[changes[i].hall * s->day_kind_count + changes[i].kind];
        if (!*mine) {
            change_print(city, &changes[i], out);
        }
        *mine = true;
    }
    for (uint32_t i = 0; i < s->shift_count; i++) {
        const uint32_t station = s->servers[s->shifts[i].server].station;
        left_out[i] = station < s->hall_count &&
                      changed[station * s->day_kind_count + s->shifts[i].day_kind];
    }
    tbs_shifts_csv(s, left_out, out);
    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        tbs_date_csv(s, &s->plan_dates[i], out);
    }
    free(left_out);
    free(changed);
}

void tbs_web_plan_csv(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    struct tbs_web_question *changes;
    size_t count;

    if (!changes_read(web->city.scenario, body, &changes, &count, reply)) {
        return;
    }
    FILE *out = open_memstream(&reply->bytes, &reply->count);
    tbs_assert(out != NULL);
    fputs("\xef\xbb\xbf", out); /* for Excel */
    plan_print(&web->city, changes, count, out);
    tbs_assert(fclose(out) == 0);
    free(changes);
    reply->status = 200;
    reply->type = "text/csv; charset=utf-8";
    reply->file = "plan.csv";
}

/* ---- roster.xlsx ----------------------------------------------------------------------------- */

/* The scenario with this plan, as `tongban roster` reads it; NULL with the reply filled. */
static struct tb_scenario *planned(struct tbs_web *web, const struct tbs_web_question *changes,
                                   size_t count, struct tbs_web_reply *reply)
{
    char path[] = "/tmp/tongban-workbench-XXXXXX.csv";
    struct tb_scenario_problems problems = {0};
    const int fd = mkstemps(path, 4);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (file == NULL) {
        tbs_web_wrong(reply, "无法写临时文件（/tmp 已满？）。",
                      "A temporary file could not be written (is /tmp full?).");
        return NULL;
    }
    plan_print(&web->city, changes, count, file);
    struct tb_scenario *s =
        fclose(file) == 0 ? tb_scenario_load_with(web->folder, web->sets, web->set_count, path,
                                                   &problems)
                           : NULL;
    unlink(path);
    if (s == NULL && problems.count > 0) {
        tbs_web_wrong(reply, problems.problems[0].zh, problems.problems[0].en);
    } else if (s == NULL) {
        tbs_web_wrong(reply, "方案没有写完整（磁盘已满？）。", "The plan could not be written.");
    }
    tb_scenario_problems_free(&problems);
    return s;
}

static void clash_say(const struct tbs_input *input, const struct tbs_roster_options *options,
                      struct tbs_web_reply *reply)
{
    char zh[1000] = "排不出：这些规则互相冲突：", en[1000] = "There is no roster; these clash: ";
    struct tbs_roster_why why;

    tbs_roster_explain(&input->problem, options, &why);
    for (int c = 0; c < TBS_CLASH_COUNT; c++) {
        if ((why.clashes >> c & 1) != 0) {
            const size_t z = strlen(zh), e = strlen(en);
            snprintf(zh + z, sizeof zh - z, "%s；", tbs_clash_name((enum tbs_clash)c, true));
            snprintf(en + e, sizeof en - e, "%s; ", tbs_clash_name((enum tbs_clash)c, false));
        }
    }
    if (why.clashes == 0) {
        tbs_web_wrong(reply, "排不出：人数不够。请减少窗口，或在人员表里加人。",
                      "There is no roster: too few people. Drop windows, or add people to the "
                      "table of staff.");
    } else {
        tbs_web_wrong(reply, zh, en);
    }
}

static void roster_make(const struct tbs_input *input, struct tbs_web_reply *reply)
{
    const struct tbs_roster_options options = {
        .solver = TBS_MIP_CBC, .gap = 0.01, .time_s = ROSTER_TIME_S};
    struct tbs_roster roster;
    char told[1000];

    const bool short_ = tbs_roster_solve_anyway(&input->problem, &options, &roster);
    if (roster.duty == NULL && roster.status == TBS_MIP_UNKNOWN) {
        tbs_web_wrong(reply, "30 秒内没有排出；请缩短天数，或用 tongban roster --time-limit。",
                      "No roster within 30 s; ask for fewer days, or use tongban roster "
                      "--time-limit.");
    } else if (roster.duty == NULL) {
        clash_say(input, &options, reply);
    } else if (tbs_roster_check(&input->problem, &roster, short_, told, sizeof told) > 0) {
        tbs_web_wrong(reply, "排出的班表违反规则（请报告这个错误）。",
                      "The roster breaks a rule (please report this).");
    } else {
        FILE *out = open_memstream(&reply->bytes, &reply->count);
        tbs_assert(out != NULL);
        const int failed = tbs_roster_workbook(input, &roster, out);
        tbs_assert(fclose(out) == 0);
        reply->status = 200;
        reply->type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        reply->file = "roster.xlsx";
        if (failed != 0) {
            free(reply->bytes);
            tbs_web_wrong(reply, "工作簿没有写成。", "The workbook could not be written.");
        }
    }
    tbs_roster_free(&roster);
}

/* The period's first day, and how many. */
static bool period_read(const struct tb_scenario *s, const json_t *body,
                        struct tbs_roster_ask *ask, struct tbs_web_reply *reply)
{
    const char *from = json_string_value(json_object_get(body, "from"));
    const json_int_t days = json_integer_value(json_object_get(body, "days"));
    int year, month, day;

    ask->day_first = from != NULL && sscanf(from, "%4d-%2d-%2d", &year, &month, &day) == 3
                         ? tb_scenario_day_find(s, year, month, day)
                         : TB_NONE;
    if (ask->day_first == TB_NONE || days < 1 || days > ROSTER_DAYS_MAX ||
        ask->day_first + days > s->day_count) {
        return tbs_web_wrong(reply, "排班日期须在方案的日历之内，1 到 62 天。",
                             "The period must lie in the scenario's calendar, 1 to 62 days.");
    }
    ask->day_count = (uint32_t)days;
    return true;
}

void tbs_web_roster(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    struct tbs_roster_ask ask = {.staff_path = web->staff};
    struct tbs_mistakes mistakes = {.zh = true};
    struct tbs_web_question *changes;
    struct tbs_input input;
    size_t count;

    if (web->staff == NULL) {
        tbs_web_wrong(reply, "没有人员表：请用 --staff staff.csv 启动，或把它放进方案文件夹。",
                      "There is no table of staff: start with --staff staff.csv, or put it into "
                      "the scenario's folder.");
        return;
    }
    if (!period_read(web->city.scenario, body, &ask, reply) ||
        !changes_read(web->city.scenario, body, &changes, &count, reply)) {
        return;
    }
    struct tb_scenario *s = planned(web, changes, count, reply);
    if (s != NULL && !tbs_input_read(&input, s, &ask, &mistakes)) {
        tbs_web_wrong(reply, "人员表有错：请看启动工作台的窗口里列出的行。",
                      "The table of staff has mistakes: see the lines in the terminal that "
                      "started the workbench.");
    } else if (s != NULL) {
        roster_make(&input, reply);
        tbs_input_free(&input);
    }
    tb_scenario_free(s);
    free(changes);
}
