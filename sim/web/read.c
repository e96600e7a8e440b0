/* Questions out of JSON, answers into it. Nothing that the page sends is believed. */
#include <math.h>
#include <string.h>

#include "web/api.h"

static bool hall_and_day(const struct tb_scenario *s, const json_t *json,
                         struct tbs_web_question *q, struct tbs_web_reply *reply)
{
    const char *hall = json_string_value(json_object_get(json, "hall"));
    const char *day = json_string_value(json_object_get(json, "day"));

    q->hall = hall != NULL ? tb_scenario_station_find(s, hall) : TB_NONE;
    if (q->hall == TB_NONE || q->hall >= s->hall_count) {
        return tbs_web_wrong(reply, "没有这个大厅；请刷新页面后重新选择。",
                             "There is no such hall; reload the page and choose again.");
    }
    for (q->kind = 0; q->kind < s->day_kind_count; q->kind++) {
        if (day != NULL && strcmp(s->day_kinds[q->kind].id, day) == 0) {
            return true;
        }
    }
    return tbs_web_wrong(reply, "没有这种日类型；请刷新页面后重新选择。",
                         "There is no such kind of day; reload the page and choose again.");
}

static bool windows_read(const struct tb_scenario *s, const json_t *plan,
                         struct tbs_web_question *q, struct tbs_web_reply *reply)
{
    const json_t *windows = json_object_get(plan, "windows");
    const json_int_t most = s->halls[q->hall].window_count;

    if (json_array_size(windows) != TBS_WEB_SLOTS) {
        return tbs_web_wrong(reply, "窗口数要有 48 个（每半小时一个）。",
                             "There must be 48 numbers of windows, one a half hour.");
    }
    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        const json_t *n = json_array_get(windows, k);
        if (!json_is_integer(n) || json_integer_value(n) < 0 || json_integer_value(n) > most) {
            return tbs_web_wrong(reply, "窗口数须是 0 到该大厅窗口总数之间的整数。",
                                 "Windows are whole numbers from 0 to what the hall has.");
        }
        q->staffing.windows[k] = (uint16_t)json_integer_value(n);
    }
    return true;
}

/* A whole number from least to most, or `normal` where nothing is said. */
static bool whole(const json_t *json, const char *key, json_int_t least, json_int_t most,
                  uint32_t normal, uint32_t *value)
{
    const json_t *n = json_object_get(json, key);

    *value = n == NULL ? normal : (uint32_t)json_integer_value(n);
    return n == NULL ||
           (json_is_integer(n) && json_integer_value(n) >= least && json_integer_value(n) <= most);
}

static bool whatif_read(const struct tb_scenario *s, const json_t *json, struct tbs_web_whatif *w,
                        struct tbs_web_reply *reply)
{
    const json_t *closed = json_object_get(json, "closed"), *surge = json_object_get(json, "surge");

    w->surge = surge == NULL ? 0 : json_number_value(surge);
    if ((surge != NULL && !json_is_number(surge)) || !(w->surge >= -0.9) || w->surge > 4) {
        return tbs_web_wrong(reply, "人流增减须在 -90% 到 +400% 之间。",
                             "A surge lies between -90% and +400%.");
    }
    if (!whole(json, "sick", 0, 1000, 0, &w->sick)) {
        return tbs_web_wrong(reply, "缺勤人数须是 0 到 1000 的整数。",
                             "People missing are a whole number from 0 to 1000.");
    }
    if (!whole(json, "from", 0, TBS_WEB_SLOTS - 1, 0, &w->from) ||
        !whole(json, "to", 1, TBS_WEB_SLOTS, TBS_WEB_SLOTS, &w->to) || w->from >= w->to) {
        return tbs_web_wrong(reply, "开门时间须早于关门时间。",
                             "A hall opens before it closes.");
    }
    w->closed_count = (uint32_t)json_array_size(closed);
    if ((closed != NULL && !json_is_array(closed)) || w->closed_count > TBS_WEB_CLOSED_MAX) {
        return tbs_web_wrong(reply, "一次最多假设 16 个大厅停开。",
                             "At most 16 halls may be closed at a time.");
    }
    for (uint32_t i = 0; i < w->closed_count; i++) {
        const char *id = json_string_value(json_array_get(closed, i));
        w->closed[i] = id != NULL ? tb_scenario_station_find(s, id) : TB_NONE;
        if (w->closed[i] >= s->hall_count) {
            return tbs_web_wrong(reply, "停开的大厅不在本方案中。",
                                 "A hall to be closed is not in this scenario.");
        }
    }
    return true;
}

bool tbs_web_read_question(const struct tb_scenario *scenario, const json_t *where,
                           const json_t *plan, struct tbs_web_question *question,
                           struct tbs_web_reply *reply)
{
    const json_t *whatif = json_object_get(plan, "whatif");

    memset(question, 0, sizeof *question);
    if (whatif != NULL && !json_is_object(whatif)) {
        return tbs_web_wrong(reply, "假设条件的格式不对。", "The what-if is not an object.");
    }
    return hall_and_day(scenario, where, question, reply) &&
           windows_read(scenario, plan, question, reply) &&
           whatif_read(scenario, whatif, &question->whatif, reply);
}

/* JSON has no NAN: what is not known is null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *figures_json(const struct tbs_day_figures *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "visits", number(f->visits), "within",
                     number(f->within), "left", number(f->left), "wait_mean_s",
                     number(f->wait_mean_s), "wait_p50_s", number(f->wait_p50_s), "wait_p90_s",
                     number(f->wait_p90_s));
}

json_t *tbs_web_answer_json(const struct tbs_lab_result *result, double window_hours)
{
    json_t *slots = json_array();

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        json_array_append_new(slots, figures_json(&result->slots[k]));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:f, s:o, s:i}", "day", figures_json(&result->day),
                     "within_error", number(result->within_error), "left_error",
                     number(result->left_error), "slots", slots, "window_hours", window_hours,
                     "overtime_hours", number(result->overtime_hours), "days", (int)result->days);
}

json_t *tbs_web_windows_json(const struct tbs_staffing *staffing)
{
    json_t *array = json_array();

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        json_array_append_new(array, json_integer(staffing->windows[k]));
    }
    return array;
}
