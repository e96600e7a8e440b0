/* needs.csv, plan.csv and plan.json of the desks: as those of the halls, in write.c. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/base.h"
#include "plan/desk.h"
#include "plan/lab.h"

static bool needed(const struct tbs_desk_plan *plan, const struct tb_shift *shift)
{
    const struct tb_scenario *s = plan->scenario;
    const uint32_t station = s->servers[shift->server].station;

    if (station < s->hall_count || shift->day_kind != plan->kind) {
        return true;
    }
    const uint32_t desk = station - s->hall_count;
    return shift->server - s->desks[desk].approver_first < plan->desks[desk].approvers;
}

void tbs_desk_needs_csv(const struct tbs_desk_plan *plan, FILE *out)
{
    const struct tb_scenario *s = plan->scenario;
    char a[16], b[16];

    fprintf(out, "desk,day,from,to,approvers\n");
    for (uint32_t d = 0; d < s->desk_count; d++) {
        const struct tb_day_kind *kind =
            &s->config.calendars[s->desks[d].calendar].kinds[plan->kind];
        for (uint32_t i = 0; i < kind->period_count; i++) {
            fprintf(out, "%s,%s,%s,%s,%u\n", s->desks[d].label.id, s->day_kinds[plan->kind].id,
                    tbs_clock_text(kind->periods[i].opens_us, a),
                    tbs_clock_text(kind->periods[i].closes_us, b), plan->desks[d].approvers);
        }
    }
}

void tbs_desk_plan_csv(const struct tbs_desk_plan *plan, FILE *out)
{
    const struct tb_scenario *s = plan->scenario;
    bool *left_out = tbs_plan_zeroed(s->shift_count, sizeof *left_out);

    for (uint32_t i = 0; i < s->shift_count; i++) {
        left_out[i] = !needed(plan, &s->shifts[i]);
    }
    fprintf(out, "hall,day,from,to,windows,skill\n");
    tbs_shifts_csv(s, left_out, out);
    free(left_out);
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *desk_object(const struct tbs_desk_plan *plan, uint32_t d)
{
    const struct tbs_desk_need *need = &plan->desks[d];
    static const char *const states[] = {
        [TBS_PLAN_CLOSED] = "closed",         [TBS_PLAN_KEPT] = "kept",
        [TBS_PLAN_UNPROVEN] = "unproven",     [TBS_PLAN_IMPOSSIBLE] = "impossible",
        [TBS_PLAN_STOPPED] = "stopped",
    };

    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "desk",
                     plan->scenario->desks[d].label.id, "state", states[need->state], "approvers",
                     (int)need->approvers, "approvers_now", (int)need->now, "approvers_all",
                     (int)need->all, "cases", number(need->cases), "on_time_share",
                     number(need->on_time), "on_time_error", number(need->error), "steps",
                     number(need->steps), "steps_on_time_share", number(need->steps_on_time),
                     "busy_share",
                     number(need->busy), "hours", number(need->hours));
}

void tbs_desk_json(const struct tbs_desk_plan *plan, FILE *out)
{
    json_t *desks = json_array(), *object;

    for (uint32_t d = 0; d < plan->scenario->desk_count; d++) {
        json_array_append_new(desks, desk_object(plan, d));
    }
    object = json_pack("{s:s, s:s, s:o, s:o, s:I}", "scenario", plan->scenario->label.en, "day",
                       plan->scenario->day_kinds[plan->kind].id, "promise_share",
                       number(plan->share), "confidence", number(plan->confidence), "seed",
                       (json_int_t)plan->seed);
    json_t *rest = json_pack(
        "{s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:o, s:o}", "on_time_share",
        number(plan->case_on_time),
        "steps_on_time_share", number(plan->steps_on_time), "approver_hours", number(plan->hours),
        "approver_hours_now", number(plan->hours_now), "desks_impossible", (int)plan->impossible,
        "desks_unproven", (int)plan->unproven,
        "stopped", plan->stopped, "desks", desks, "wall_s", number(plan->wall_s));
    json_object_update(object, rest);
    json_decref(rest);
    json_dumpf(object, out, JSON_INDENT(1) | JSON_REAL_PRECISION(8) | JSON_PRESERVE_ORDER);
    fprintf(out, "\n");
    json_decref(object);
}

static void needs(const void *plan, FILE *out)
{
    tbs_desk_needs_csv(plan, out);
}

static void rows(const void *plan, FILE *out)
{
    tbs_desk_plan_csv(plan, out);
}

static void json(const void *plan, FILE *out)
{
    tbs_desk_json(plan, out);
}

bool tbs_desk_write(const struct tbs_desk_plan *plan, const char *folder, char error[768])
{
    return tbs_plan_files(plan, needs, rows, json, folder, error);
}
