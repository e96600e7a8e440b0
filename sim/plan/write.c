/* needs.csv, plan.csv, plan.json. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/lab.h"
#include "report/file.h"

/* ---- half hours as people write them ----------------------------------------------------------
 */

const char *tbs_clock_text(int64_t us, char text[16])
{
    const int64_t minutes = us / TB_MINUTES(1);

    snprintf(text, 16, "%02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
    return text;
}

/* The open part of a half hour; false: there is none. A half hour with a gap in it counts from its
 * first open instant to its last. */
static bool open_part(const struct tbs_plan *plan, uint32_t hall, uint32_t slot, int64_t *from,
                      int64_t *to)
{
    const struct tb_scenario *s = plan->scenario;
    const struct tb_day_kind *kind =
        &s->config.calendars[s->halls[hall].calendar].kinds[plan->options.days.kind];
    const int64_t begins = slot * TBS_PLAN_SLOT_US, ends = begins + TBS_PLAN_SLOT_US;
    bool any = false;

    for (uint32_t i = 0; i < kind->period_count; i++) {
        const int64_t a = kind->periods[i].opens_us > begins ? kind->periods[i].opens_us : begins;
        const int64_t b = kind->periods[i].closes_us < ends ? kind->periods[i].closes_us : ends;
        if (a < b) {
            *from = any ? *from : a;
            *to = b;
            any = true;
        }
    }
    return any;
}

static bool is_planned(const struct tbs_plan *plan, uint32_t hall)
{
    return plan->halls[hall].hours > 0;
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static void needs_rows(const struct tbs_plan *plan, FILE *out)
{
    const struct tb_scenario *s = plan->scenario;
    char a[16], b[16];

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS && is_planned(plan, h); k++) {
            int64_t from, to;
            if (open_part(plan, h, k, &from, &to)) {
                fprintf(out, "%s,%s,%s,%s,%u\n", s->halls[h].label.id,
                        s->day_kinds[plan->options.days.kind].id, tbs_clock_text(from, a),
                        tbs_clock_text(to, b), plan->halls[h].needs.windows[k]);
            }
        }
    }
}

void tbs_plan_needs_csv(const struct tbs_plan *const *plans, uint32_t count, FILE *out)
{
    fprintf(out, "hall,day,from,to,windows\n");
    for (uint32_t i = 0; i < count; i++) {
        needs_rows(plans[i], out);
    }
}

void tbs_lab_windows_print(const struct tbs_lab *lab, uint32_t count, FILE *out)
{
    const uint16_t *order = lab->order;
    bool plain = true;

    for (uint32_t n = 0; n < count; n++) {
        plain &= order[n] < count;
    }
    if (plain) {
        fprintf(out, "%u", count);
    } else if (count == 1) {
        fprintf(out, "%u~%u", order[0] + 1, order[0] + 1);
    }
    for (uint32_t n = 0; n < count && !plain && count > 1; n++) {
        fprintf(out, "%s%u", n > 0 ? " " : "", order[n] + 1);
    }
}

/* The skill that plans.csv has to name: none if it is the window's own. */
static const char *skill_of(const struct tb_scenario *s, const struct tb_shift *shift)
{
    const uint32_t station = s->servers[shift->server].station;

    if (station >= s->hall_count) {
        return "";
    }
    const uint32_t window = shift->server - s->halls[station].window_first;
    return s->config.stations[station].servers[window] == shift->profile
               ? ""
               : s->halls[station].skills[shift->profile].id;
}

/* A row: this shift, and those of the next servers up to `last`. */
static void shift_print(const struct tb_scenario *s, const struct tb_shift *shift, uint32_t last,
                        const char *day, FILE *out)
{
    const uint32_t station = s->servers[shift->server].station;
    const bool hall = station < s->hall_count;
    const struct tb_scenario_desk *desk = &s->desks[hall ? 0 : station - s->hall_count];
    const uint32_t first = hall ? s->halls[station].window_first : desk->approver_first;
    char a[16], b[16];

    fprintf(out, "%s,%s,%s,%s,%u~%u,%s\n", hall ? s->halls[station].label.id : desk->label.id, day,
            tbs_clock_text(shift->from_us, a), tbs_clock_text(shift->to_us, b),
            shift->server - first + 1, last - first + 1, skill_of(s, shift));
}

static void hall_rows(const struct tbs_plan *plan, uint32_t h, FILE *out)
{
    const struct tb_scenario *s = plan->scenario;
    const struct tbs_plan_options *o = &plan->options;
    struct tbs_lab *lab = tbs_lab_create(s, h, &o->days, o->windows_max, NULL, o->wait_us);
    const uint32_t own_count = s->halls[h].window_count;
    char a[16], b[16];

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const uint32_t n = plan->halls[h].needs.windows[k];
        bool other = false; /* windows with a skill that is not their own */
        int64_t from = 0, to = 0, next_from = 0, next_to = 0;
        if (n == 0 || !open_part(plan, h, k, &from, &to)) {
            continue;
        }
        while (k + 1 < TBS_PLAN_SLOTS && plan->halls[h].needs.windows[k + 1] == n &&
               open_part(plan, h, k + 1, &next_from, &next_to) && next_from == to) {
            to = next_to;
            k++;
        }
        struct tb_shift shift = {s->halls[h].window_first, o->days.kind, 0, from, to};
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t w = lab->order[i];
            other |= w < own_count && lab->profiles[w] != s->config.stations[h].servers[w];
        }
        if (!other) {
            fprintf(out, "%s,%s,%s,%s,", s->halls[h].label.id, s->day_kinds[o->days.kind].id,
                    tbs_clock_text(from, a), tbs_clock_text(to, b));
            tbs_lab_windows_print(lab, n, out);
            fprintf(out, ",\n");
        }
        for (uint32_t i = 0; i < n && other; i++) {
            shift.server = s->halls[h].window_first + lab->order[i];
            shift.profile = lab->profiles[lab->order[i]];
            shift_print(s, &shift, shift.server, s->day_kinds[o->days.kind].id, out);
        }
    }
    tbs_lab_free(lab);
}

static bool same_row(const struct tb_scenario *s, const struct tb_shift *a,
                     const struct tb_shift *b)
{
    return s->servers[a->server].station == s->servers[b->server].station &&
           a->day_kind == b->day_kind && a->from_us == b->from_us && a->to_us == b->to_us &&
           strcmp(skill_of(s, a), skill_of(s, b)) == 0;
}

void tbs_shifts_csv(const struct tb_scenario *s, const bool *left_out, FILE *out)
{
    bool *written = tbs_plan_zeroed(s->shift_count, sizeof *written);

    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        if (written[i] || (left_out != NULL && left_out[i])) {
            continue;
        }
        uint32_t last = shift->server;
        for (uint32_t j = i + 1; j < s->shift_count; j++) {
            if (s->shifts[j].server == last + 1 && (left_out == NULL || !left_out[j]) &&
                same_row(s, shift, &s->shifts[j])) {
                last++;
                written[j] = true;
            }
        }
        shift_print(s, shift, last, s->day_kinds[shift->day_kind].id, out);
    }
    free(written);
}

void tbs_date_csv(const struct tb_scenario *s, const struct tb_plan_date *date, FILE *out)
{
    const struct tb_scenario_day *day = &s->days[date->day];
    const bool hall = date->station < s->hall_count;
    char text[48];

    snprintf(text, sizeof text, "%04d-%02d-%02d", day->year, day->month, day->day);
    /* Named even if nobody is there: a date without a row would go by its kind of day. */
    fprintf(out, "%s,%s,00:00,00:30,0,\n",
            hall ? s->halls[date->station].label.id
                 : s->desks[date->station - s->hall_count].label.id,
            text);
    for (uint32_t i = 0; i < date->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[date->shift_first + i];
        shift_print(s, shift, shift->server, text, out);
    }
}

static bool says(const struct tbs_plan *plan, const struct tb_shift *shift)
{
    const uint32_t station = plan->scenario->servers[shift->server].station;

    return station < plan->hall_count && shift->day_kind == plan->options.days.kind &&
           is_planned(plan, station);
}

void tbs_plan_plan_csv(const struct tbs_plan *const *plans, uint32_t count, FILE *out)
{
    const struct tb_scenario *s = plans[0]->scenario;
    bool *left_out = tbs_plan_zeroed(s->shift_count, sizeof *left_out);

    fprintf(out, "hall,day,from,to,windows,skill\n");
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t h = 0; h < s->hall_count; h++) {
            if (is_planned(plans[i], h)) {
                hall_rows(plans[i], h, out);
            }
        }
        for (uint32_t k = 0; k < s->shift_count; k++) {
            left_out[k] |= says(plans[i], &s->shifts[k]);
        }
    }
    /* What the plans say nothing of stays as it is, dates too. */
    tbs_shifts_csv(s, left_out, out);
    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        tbs_date_csv(s, &s->plan_dates[i], out);
    }
    free(left_out);
}

/* ---- plan.json --------------------------------------------------------------------------------
 */

/* No number is null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *half_hours(const struct tbs_plan *plan, uint32_t h)
{
    const struct tbs_plan_hall *hall = &plan->halls[h];
    json_t *list = json_array();
    char a[16], b[16];

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const struct tbs_day_figures *f = &hall->result.slots[k];
        int64_t from, to;
        if (!open_part(plan, h, k, &from, &to)) {
            continue;
        }
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "from",
                            tbs_clock_text(from, a), "to", tbs_clock_text(to, b), "windows",
                            (int)hall->needs.windows[k], "windows_erlang_c",
                            (int)hall->erlang_c.windows[k], "visits", number(f->visits),
                            "within_share", number(f->within), "left_share", number(f->left),
                            "wait_p90_s", number(f->wait_p90_s)));
    }
    return list;
}

static const char *state_name(enum tbs_plan_state state)
{
    static const char *const names[] = {
        [TBS_PLAN_CLOSED] = "closed",
        [TBS_PLAN_KEPT] = "kept",
        [TBS_PLAN_UNPROVEN] = "unproven",
        [TBS_PLAN_IMPOSSIBLE] = "impossible",
        [TBS_PLAN_STOPPED] = "stopped",
    };

    return names[state];
}

static void put(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, number(value));
}

/* What all windows of a hall could promise. */
static json_t *nearest_object(const struct tbs_plan_hall *hall)
{
    if (hall->state != TBS_PLAN_IMPOSSIBLE && hall->state != TBS_PLAN_UNPROVEN) {
        return json_null();
    }
    json_t *object =
        json_pack("{s:o, s:o, s:o}", "share", number(hall->nearest_share), "wait_s",
                  number(hall->nearest_wait_s), "left_share", number(hall->nearest_left));
    if (hall->state == TBS_PLAN_IMPOSSIBLE) {
        json_object_set_new(object, "windows", json_integer(hall->windows_most));
        json_object_set_new(object, "windows_enough",
                            hall->windows_enough > 0 ? json_integer(hall->windows_enough)
                                                     : json_null());
    }
    return object;
}

static json_t *city_object(const struct tbs_city_figures *city)
{
    if (city->visits <= 0) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "days", number(city->days), "visits",
                     number(city->visits), "within_share", number(city->within), "within_error",
                     number(city->within_error), "left_share", number(city->left));
}

static json_t *hall_object(const struct tbs_plan *plan, uint32_t h)
{
    const struct tbs_plan_hall *hall = &plan->halls[h];
    const struct tbs_lab_result *r = &hall->result;
    json_t *object = json_pack("{s:s, s:s}", "hall", plan->scenario->halls[h].label.id, "state",
                               state_name(hall->state));

    put(object, "window_hours", hall->hours + r->overtime_hours);
    put(object, "planned_hours", hall->hours);
    put(object, "overtime_hours", r->overtime_hours);
    put(object, "window_hours_erlang_c", hall->hours_erlang_c);
    json_object_set_new(object, "windows_erlang_c_most", json_integer(hall->windows_erlang_c));
    put(object, "overtime_hours_erlang_c", hall->result_erlang_c.overtime_hours);
    put(object, "window_hours_equal_service", hall->hours_equal);
    put(object, "planned_hours_now", hall->hours_now);
    put(object, "visits", r->day.visits);
    put(object, "within_share", r->day.within);
    put(object, "within_error", r->within_error);
    put(object, "within_share_erlang_c", hall->result_erlang_c.day.within);
    put(object, "within_share_equal_service", hall->result_equal.day.within);
    put(object, "left_share", r->day.left);
    put(object, "wait_mean_s", r->day.wait_mean_s);
    put(object, "wait_p50_s", r->day.wait_p50_s);
    put(object, "wait_p90_s", r->day.wait_p90_s);
    put(object, "next_window_gain", hall->next_gain);
    put(object, "promise_kept_probability", hall->kept_probability);
    json_object_set_new(object, "nearest_promise", nearest_object(hall));
    json_object_set_new(object, "city", city_object(&hall->city));
    json_object_set_new(object, "days_simulated", json_integer(hall->days_run));
    json_object_set_new(object, "needs", half_hours(plan, h));
    return object;
}

static json_t *curve_array(const struct tbs_plan *plan)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < plan->curve_count; i++) {
        json_array_append_new(list, json_pack("{s:o, s:o}", "window_hours",
                                              number(plan->curve[i].hours), "within_share",
                                              number(plan->curve[i].within)));
    }
    return list;
}

static void promise_put(json_t *object, const struct tbs_plan *plan)
{
    const struct tbs_plan_options *o = &plan->options;
    const bool part = o->slot_to > o->slot_from;

    json_object_set_new(object, "scenario", json_string(plan->scenario->label.en));
    json_object_set_new(object, "day",
                        json_string(plan->scenario->day_kinds[o->days.kind].id));
    json_object_set_new(object, "weekday",
                        o->days.weekday > 0 ? json_integer(o->days.weekday) : json_null());
    put(object, "promise_share", o->budget_hours > 0 ? plan->promise_best : o->share);
    put(object, "promise_share_city", plan->promise_city);
    put(object, "promise_wait_s", (double)o->wait_us * 1e-6);
    put(object, "abandon_most", o->left_most < 1 ? o->left_most : NAN);
    json_object_set_new(object, "each_half_hour", json_boolean(o->each));
    json_object_set_new(object, "at_any_time", json_boolean(o->always));
    put(object, "from_s", part ? o->slot_from * 1800.0 : NAN);
    put(object, "to_s", part ? o->slot_to * 1800.0 : NAN);
    put(object, "confidence", o->confidence);
    put(object, "budget_hours", o->budget_hours > 0 ? o->budget_hours : NAN);
    json_object_set_new(object, "seed", json_integer((json_int_t)o->seed));
}

static json_t *whole_city(const struct tbs_plan *plan)
{
    if (!plan->city_run) {
        return json_null();
    }
    return json_pack("{s:i, s:o, s:i, s:i}", "days", (int)plan->city_days, "within_share",
                     number(plan->city_within), "halls_at_promise", (int)plan->city_kept,
                     "halls_below_by_two_errors", (int)plan->city_broken);
}

static void sums_put(json_t *object, const struct tbs_plan *plan)
{
    put(object, "window_hours", plan->window_hours);
    put(object, "window_hours_erlang_c", plan->window_hours_erlang_c);
    put(object, "window_hours_equal_service", plan->window_hours_equal);
    put(object, "planned_hours", plan->planned_hours);
    put(object, "planned_hours_now", plan->window_hours_now);
    put(object, "overtime_hours", plan->overtime_hours);
    put(object, "within_share", plan->within);
    put(object, "within_share_erlang_c", plan->within_erlang_c);
    put(object, "within_share_equal_service", plan->within_equal);
    put(object, "left_share", plan->left);
    put(object, "promise_kept_probability", plan->promise_kept_probability);
    put(object, "promise_kept_probability_all", plan->kept_probability_all);
    json_object_set_new(object, "halls_kept", json_integer(plan->kept));
    json_object_set_new(object, "halls_unproven", json_integer(plan->unproven));
    json_object_set_new(object, "halls_impossible", json_integer(plan->impossible));
    json_object_set_new(object, "halls_short_of_erlang_c", json_integer(plan->erlang_c_short));
    json_object_set_new(object, "city", whole_city(plan));
    json_object_set_new(object, "stopped", json_boolean(plan->stopped));
    json_object_set_new(object, "curve", curve_array(plan));
    json_object_set_new(
        object, "at_closing",
        json_string("who holds a number at closing time is served within people.stay and the rule "
                    "overtime; counted in time if called in time; window_hours are planned_hours "
                    "and these overtime_hours together"));
}

static json_t *plan_object(const struct tbs_plan *plan)
{
    json_t *halls = json_array(), *object = json_object();

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        if (plan->halls[h].state != TBS_PLAN_CLOSED) {
            json_array_append_new(halls, hall_object(plan, h));
        }
    }
    promise_put(object, plan);
    sums_put(object, plan);
    json_object_set_new(object, "halls", halls);
    put(object, "wall_s", plan->wall_s);
    return object;
}

void tbs_plan_json(const struct tbs_plan *const *plans, uint32_t count, FILE *out)
{
    json_t *object = count == 1 ? plan_object(plans[0]) : json_object();
    json_t *list = json_array();
    double hours = 0, hours_c = 0, wall_s = 0, kept = 1;

    for (uint32_t i = 0; i < count && count > 1; i++) {
        const double times = plans[i]->week_days;
        hours += times * plans[i]->window_hours;
        hours_c += times * plans[i]->window_hours_erlang_c;
        kept = fmin(kept, plans[i]->promise_kept_probability);
        wall_s += plans[i]->wall_s;
        json_t *day = plan_object(plans[i]);
        json_object_set_new(day, "days_a_week", json_integer(plans[i]->week_days));
        json_array_append_new(list, day);
    }
    if (count > 1) {
        put(object, "window_hours", hours);
        put(object, "window_hours_erlang_c", hours_c);
        put(object, "promise_kept_probability", kept);
        json_object_set(object, "days", list);
        put(object, "wall_s", wall_s);
    }
    json_decref(list);
    json_dumpf(object, out, JSON_INDENT(1) | JSON_REAL_PRECISION(8) | JSON_PRESERVE_ORDER);
    fprintf(out, "\n");
    json_decref(object);
}

/* ---- files ------------------------------------------------------------------------------------
 */

bool tbs_plan_files(const void *plan, void (*needs)(const void *, FILE *),
                    void (*rows)(const void *, FILE *), void (*json)(const void *, FILE *),
                    const char *folder, char error[768])
{
    const struct {
        const char *name;
        void (*write)(const void *, FILE *);
    } files[] = {{"needs.csv", needs}, {"plan.csv", rows}, {"plan.json", json}};
    struct tbs_report_error wrong = {0};
    struct tbs_files set;
    int status = tbs_files_open(&set, folder, &wrong);

    const bool opened = status == 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == 0; i++) {
        char *bytes = NULL;
        size_t count = 0;
        FILE *out = open_memstream(&bytes, &count);
        tbs_assert(out != NULL);
        files[i].write(plan, out);
        fclose(out);
        status = tbs_files_put(&set, files[i].name, bytes, count, &wrong);
        free(bytes);
    }
    if (status == 0) {
        status = tbs_files_publish(&set, &wrong);
    } else if (opened) {
        tbs_files_drop(&set);
    }
    snprintf(error, 768, "%s", wrong.text);
    return status == 0;
}

/* Plans of different kinds of days, as one. */
struct some {
    const struct tbs_plan *const *plans;
    uint32_t count;
};

static void needs(const void *context, FILE *out)
{
    const struct some *some = context;

    tbs_plan_needs_csv(some->plans, some->count, out);
}

static void rows(const void *context, FILE *out)
{
    const struct some *some = context;

    tbs_plan_plan_csv(some->plans, some->count, out);
}

static void json(const void *context, FILE *out)
{
    const struct some *some = context;

    tbs_plan_json(some->plans, some->count, out);
}

bool tbs_plan_write(const struct tbs_plan *const *plans, uint32_t count, const char *folder,
                    char error[768])
{
    const struct some some = {plans, count};

    return tbs_plan_files(&some, needs, rows, json, folder, error);
}
