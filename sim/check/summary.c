#include "check/summary.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "tongban/city.h"

/* ---- counts ------------------------------------------------------------------------------ */

/* What both forms of the summary say. */
struct counts {
    uint32_t days[TB_DAY_KINDS_MAX]; /* by kind, of the days with demand or of all */
    uint32_t first, last;            /* the days that volumes are about */
    double cases, visitors, direct;
    uint32_t open_most[TB_DAY_KINDS_MAX]; /* windows of halls open at once */
    uint32_t marks[3];                    /* P, A, none */
};

/* Windows open at the instant at which most are. */
static uint32_t windows_most(const struct tb_scenario *s, uint32_t kind)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *at = &s->shifts[i];
        uint32_t open = 0;

        if (at->day_kind != kind || at->server >= s->window_count)
            continue;
        /* Most shifts begin together: the first of each instant is enough. */
        if (i > 0 && s->shifts[i - 1].day_kind == kind && at->from_us == s->shifts[i - 1].from_us)
            continue;
        for (uint32_t j = 0; j < s->shift_count; j++) {
            const struct tb_shift *other = &s->shifts[j];

            open += other->server < s->window_count && other->day_kind == kind &&
                    other->from_us <= at->from_us && at->from_us < other->to_us;
        }
        most = open > most ? open : most;
    }
    return most;
}

static struct counts count(const struct tb_scenario *s)
{
    struct counts c = {.first = 0, .last = s->day_count - 1};

    if (s->demand.year_first != TB_NONE) {
        c.first = s->demand.year_first;
        c.last = s->demand.year_last;
    }
    for (uint32_t d = c.first; d <= c.last; d++) {
        c.days[s->days[d].kind]++;
        for (uint32_t h = 0; h < s->hall_count; h++) {
            c.cases += tb_scenario_cases(s, h, d);
            c.visitors += tb_scenario_visitors(s, h, d);
        }
    }
    for (uint32_t i = 0; i < s->matter_count; i++)
        c.direct += (double)s->matters[i].direct_milli / 1000;
    for (uint32_t kind = 0; kind < s->day_kind_count; kind++)
        c.open_most[kind] = windows_most(s, kind);
    for (uint32_t i = 0; i < s->source_count; i++)
        c.marks[s->sources[i].mark == 'P' ? 0 : s->sources[i].mark == 'A' ? 1 : 2]++;
    return c;
}

/* ---- for people -------------------------------------------------------------------------- */

static const char *date(const struct tb_scenario *s, uint32_t day, char text[static 16])
{
    const struct tb_scenario_day *d = &s->days[day];

    snprintf(text, 16, "%04d-%02d-%02d", d->year % 10000, d->month % 100, d->day % 100);
    return text;
}

static void print_files(const struct tb_scenario *s, FILE *out)
{
    fprintf(out, "文件 files\n");
    for (uint32_t i = 0; i < s->file_count; i++) {
        const struct tb_scenario_file *file = &s->files[i];
        const bool table = strstr(file->path, ".csv") != NULL;

        fprintf(out, "  %-44s %6u %s  %s%s\n", file->path, file->rows,
                table ? "行 rows " : "行 lines", file->encoding, file->crlf ? ", CRLF" : "");
    }
}

void tbs_check_summary(const struct tb_scenario *s, FILE *out)
{
    const struct counts c = count(s);
    char from[16], to[16];

    fprintf(out, "%s  %s / %s\n", s->label.id, s->label.zh, s->label.en);
    print_files(s, out);
    fprintf(out, "城市 city\n");
    fprintf(out, "  大厅 halls %u, 窗口 windows %u, 行业 trades %u, 区域 zones %u\n",
            s->hall_count, s->window_count, s->trade_count, s->zone_count);
    fprintf(out, "  事项 matters %u, 大类 families %u, 流程 routes %u\n", s->matter_count,
            s->family_count, s->route_count);
    fprintf(out, "  审批岗 desks %u, 审批员 approvers %u\n", s->desk_count,
            s->server_count - s->window_count);
    fprintf(out, "日历 calendar %s .. %s\n", date(s, 0, from), date(s, s->day_count - 1, to));
    fprintf(out, "需求 demand %s .. %s\n", date(s, c.first, from), date(s, c.last, to));
    for (uint32_t kind = 0; kind < s->day_kind_count; kind++)
        fprintf(out, "  %s %s: %u 天 days, 最多开窗 windows open at most %u\n",
                s->day_kinds[kind].zh, s->day_kinds[kind].en, c.days[kind], c.open_most[kind]);
    fprintf(out, "  件数 cases %.0f, 到厅人数 visitors %.0f, 线上立案 cases without a visit %.0f\n",
            c.cases, c.visitors, c.direct);
    fprintf(out, "来源 where numbers come from: [P] 公布 published %u, [A] 假设 assumed %u, 未标 "
            "unmarked %u\n", c.marks[0],
            c.marks[1], c.marks[2]);
    fprintf(out, "内存 memory of the city: %.1f MiB\n",
            (double)tb_city_bytes(&s->config) / (1 << 20));
    fprintf(out, "编号 id: %016llx\n", (unsigned long long)s->hash);
    fprintf(out, "没有错误 no mistakes\n");
}

void tbs_check_problems(const struct tb_scenario_problems *problems, FILE *out)
{
    tb_scenario_problems_print(problems, TB_LANGUAGE_BOTH, out);
}

/* ---- for programs ------------------------------------------------------------------------ */

static json_t *json_problems(const struct tb_scenario_problems *problems)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < problems->count; i++) {
        const struct tb_scenario_problem *p = &problems->problems[i];

        json_array_append_new(
            list, json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}", "file", p->file, "line",
                            (int)p->line, "column", (int)p->column, "zh", p->zh, "allowed_zh",
                            p->allowed_zh, "en", p->en, "allowed_en", p->allowed_en));
    }
    return list;
}

static json_t *json_files(const struct tb_scenario *s)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < s->file_count; i++) {
        const struct tb_scenario_file *file = &s->files[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:i}", "path", file->path,
                                              "encoding", file->encoding, "crlf", file->crlf,
                                              "rows", (int)file->rows));
    }
    return list;
}

static json_t *json_summary(const struct tb_scenario *s)
{
    const struct counts c = count(s);
    char from[16], to[16], id[24];
    json_t *kinds = json_object();

    snprintf(id, sizeof id, "%016llx", (unsigned long long)s->hash);
    for (uint32_t kind = 0; kind < s->day_kind_count; kind++)
        json_object_set_new(kinds, s->day_kinds[kind].id,
                            json_pack("{s:i, s:i}", "days", (int)c.days[kind],
                                      "windows_open_most", (int)c.open_most[kind]));
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:o, s:f, "
                     "s:f, s:I}",
                     "id", s->label.id, "zh", s->label.zh, "en", s->label.en, "hash", id, "halls",
                     (int)s->hall_count, "windows", (int)s->window_count, "trades",
                     (int)s->trade_count, "matters", (int)s->matter_count, "routes",
                     (int)s->route_count, "desks", (int)s->desk_count, "approvers",
                     (int)(s->server_count - s->window_count), "from", date(s, c.first, from),
                     "to", date(s, c.last, to), "day_kinds", kinds, "cases",
                     round(c.cases * 1000) / 1000, "visitors", round(c.visitors * 1000) / 1000,
                     "city_bytes", (json_int_t)tb_city_bytes(&s->config));
}

void tbs_check_json(const char *dir, const struct tb_scenario *scenario,
                    const struct tb_scenario_problems *problems, FILE *out)
{
    json_t *root = json_pack("{s:b, s:s}", "ok", scenario != NULL, "folder", dir);

    if (root == NULL) /* the folder's name is no UTF-8 */
        root = json_pack("{s:b}", "ok", scenario != NULL);
    if (scenario != NULL) {
        json_object_set_new(root, "files", json_files(scenario));
        json_object_set_new(root, "summary", json_summary(scenario));
    }
    json_object_set_new(root, "problems", json_problems(problems));
    json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    json_decref(root);
}
