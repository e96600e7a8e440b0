#include "web/api.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

void tbs_web_json(struct tbs_web_reply *reply, unsigned status, json_t *json)
{
    tbs_assert(json != NULL);
    reply->status = status;
    reply->type = "application/json";
    reply->bytes = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(7));
    tbs_assert(reply->bytes != NULL);
    reply->count = strlen(reply->bytes);
    json_decref(json);
}

static void say(struct tbs_web_reply *reply, unsigned status, const char *zh, const char *en)
{
    tbs_web_json(reply, status, json_pack("{s:{s:s, s:s}}", "error", "zh", zh, "en", en));
}

bool tbs_web_wrong(struct tbs_web_reply *reply, const char *zh, const char *en)
{
    say(reply, 400, zh, en);
    return false;
}

static bool closed_say(struct tbs_web_reply *reply)
{
    return tbs_web_wrong(reply, "这个大厅在这种日子不开放，或没有人来。"
                         "请换一个大厅、日类型或假设。",
                         "This hall is not open on such days, or nobody comes. Choose another "
                         "hall, kind of day or what-if.");
}

/* ---- the scenario ---------------------------------------------------------------------------- */

static json_t *label_json(const struct tb_label *label)
{
    return json_pack("{s:s, s:s, s:s}", "id", label->id, "zh", label->zh, "en", label->en);
}

static json_t *labels_json(const struct tb_label *labels, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(array, label_json(&labels[i]));
    }
    return array;
}

/* Of each kind of day: hours open in each half hour, and the own plan; null: closed. */
static json_t *hall_days_json(struct tbs_web_city *city, uint32_t hall)
{
    json_t *days = json_array();

    for (uint32_t kind = 0; kind < city->scenario->day_kind_count; kind++) {
        struct tbs_lab *lab = tbs_web_lab(city, hall, kind);
        struct tbs_staffing own;
        if (lab == NULL) {
            json_array_append_new(days, json_null());
            continue;
        }
        json_t *open = json_array();
        for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
            double hours;
            tbs_lab_open(lab, k, &hours);
            json_array_append_new(open, json_real(hours));
        }
        tbs_lab_own(lab, &own);
        json_array_append_new(days, json_pack("{s:o, s:o}", "open", open, "windows",
                                              tbs_web_windows_json(&own)));
        tbs_lab_free(lab);
    }
    return days;
}

static void scenario_get(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    const struct tb_scenario *s = web->city.scenario;
    const struct tb_scenario_day *first = &s->days[s->demand.a_day ? 0 : s->demand.year_first];
    json_t *halls = json_array();
    char date[16], hash[20];
    (void)body;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        json_t *hall = label_json(&s->halls[h].label);
        json_object_set_new(hall, "trade", json_integer(s->halls[h].trade));
        json_object_set_new(hall, "windows", json_integer(s->halls[h].window_count));
        json_object_set_new(hall, "days", hall_days_json(&web->city, h));
        json_array_append_new(halls, hall);
    }
    snprintf(date, sizeof date, "%04d-%02d-%02d", first->year % 10000, first->month % 100,
             first->day % 100);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)s->hash);
    tbs_web_json(reply, 200,
                 json_pack("{s:o, s:s, s:o, s:o, s:o, s:f, s:f, s:b, s:s}", "scenario",
                           label_json(&s->label), "hash", hash, "trades",
                           labels_json(s->trades, s->trade_count), "days",
                           labels_json(s->day_kinds, s->day_kind_count), "halls", halls,
                           "promise_s", 1e-6 * (double)s->promise.wait_us, "promise_share",
                           s->promise.share, "roster", web->staff != NULL, "from", date));
}

/* ---- questions ------------------------------------------------------------------------------- */

static void evaluate_post(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    struct tbs_web_question question;
    struct tbs_web_answer answer;

    if (!tbs_web_read_question(web->city.scenario, body, body, &question, reply)) {
        return;
    }
    if (!tbs_web_evaluate(&web->city, &question, &answer)) {
        closed_say(reply);
        return;
    }
    tbs_web_json(reply, 200, tbs_web_answer_json(&answer.result, answer.window_hours));
    tbs_web_answer_free(&answer);
}

/* null where days are too few. */
static json_t *difference_json(const struct tbs_web_answer *a, const struct tbs_web_answer *b)
{
    static const char *const names[TBS_WEB_MEASURE_COUNT] = {"within", "left", "wait_mean_s"};
    json_t *all = json_object();

    for (int m = 0; m < TBS_WEB_MEASURE_COUNT; m++) {
        const struct tbs_web_difference d = tbs_web_compare(a, b, (enum tbs_web_measure)m);
        json_t *row = isfinite(d.value) && isfinite(d.half_width)
                          ? json_pack("{s:f, s:f, s:b}", "value", d.value, "half_width",
                                      d.half_width, "real", d.real)
                          : json_null();
        json_object_set_new(all, names[m], row);
    }
    return all;
}

static json_t *compared_json(struct tbs_web *web, const struct tbs_web_question *questions,
                             size_t count)
{
    json_t *rows = json_array();
    struct tbs_web_answer first = {.days = NULL};

    for (size_t i = 0; i < count; i++) {
        struct tbs_web_answer answer;
        if (!tbs_web_evaluate(&web->city, &questions[i], &answer)) {
            json_array_append_new(rows, json_null());
            continue;
        }
        json_t *row = tbs_web_answer_json(&answer.result, answer.window_hours);
        json_object_set_new(row, "change",
                            first.days != NULL ? difference_json(&first, &answer) : json_null());
        json_array_append_new(rows, row);
        if (i == 0) {
            first = answer;
        } else {
            tbs_web_answer_free(&answer);
        }
    }
    tbs_web_answer_free(&first);
    return rows;
}

static void compare_post(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    const json_t *plans = json_object_get(body, "plans");
    struct tbs_web_question questions[TBS_WEB_COMPARE_MAX];
    const size_t count = json_array_size(plans);

    if (count < 1 || count > TBS_WEB_COMPARE_MAX) {
        tbs_web_wrong(reply, "一次可对比 1 到 6 个方案。", "From 1 to 6 plans can be compared.");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!tbs_web_read_question(web->city.scenario, body, json_array_get(plans, i),
                                   &questions[i], reply)) {
            return;
        }
    }
    tbs_web_json(reply, 200, json_pack("{s:o}", "plans", compared_json(web, questions, count)));
}

static void search_post(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    const json_t *share = json_object_get(body, "share");
    struct tbs_web_question question;

    if (!tbs_web_read_question(web->city.scenario, body, body, &question, reply)) {
        return;
    }
    if (!json_is_number(share) || !(json_number_value(share) >= 0.5) ||
        json_number_value(share) > 0.995) {
        tbs_web_wrong(reply, "承诺比例须在 50% 到 99.5% 之间。",
                      "The share promised lies between 50% and 99.5%.");
        return;
    }
    const uint32_t job = tbs_job_start(&web->job, &question, json_number_value(share));
    tbs_web_json(reply, 200, json_pack("{s:i}", "job", (int)job));
}

static void cancel_post(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply)
{
    const json_int_t job = json_integer_value(json_object_get(body, "job"));
    const bool was = job > 0 && job <= UINT32_MAX && tbs_job_cancel(&web->job, (uint32_t)job);

    tbs_web_json(reply, 200, json_pack("{s:b}", "stopped", was));
}

/* ---- paths ----------------------------------------------------------------------------------- */

static const struct {
    const char *path;
    bool post;
    void (*answer)(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply);
} paths[] = {
    {"/api/scenario", false, scenario_get},
    {"/api/evaluate", true, evaluate_post},
    {"/api/compare", true, compare_post},
    {"/api/search", true, search_post},
    {"/api/search/cancel", true, cancel_post},
    {"/api/plan.csv", true, tbs_web_plan_csv},
    {"/api/roster.xlsx", true, tbs_web_roster},
};

void tbs_web_reply(struct tbs_web *web, const char *path, const char *body, size_t count,
                   struct tbs_web_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (strcmp(paths[i].path, path) != 0) {
            continue;
        }
        if (paths[i].post != (body != NULL)) {
            say(reply, 405, paths[i].post ? "请用 POST。" : "请用 GET。",
                paths[i].post ? "Ask with POST." : "Ask with GET.");
            return;
        }
        if (count > TBS_WEB_BODY_MAX) {
            say(reply, 413, "请求太长（最多 1 MB）。", "The request is too long (1 MB at most).");
            return;
        }
        json_t *json = body != NULL ? json_loadb(body, count, JSON_REJECT_DUPLICATES, NULL) : NULL;
        if (body != NULL && !json_is_object(json)) {
            tbs_web_wrong(reply, "请求不是完整的 JSON；请刷新页面再试。",
                          "The request is not whole JSON; reload the page and try again.");
        } else {
            paths[i].answer(web, json, reply);
        }
        json_decref(json);
        return;
    }
    say(reply, 404, "没有这个地址。", "There is nothing at this address.");
}
