/* Each recorded day through the model, with the agents of that day. */
#include <stdlib.h>
#include <string.h>

#include "fit/log.h"
#include "model/model.h"
#include "run/trace.h"

/* ---- where the log belongs ----------------------------------------------------------------- */

static uint32_t window_find(const struct tb_scenario *s, const char *name)
{
    const struct tb_scenario_hall *hall = &s->halls[0];

    for (uint32_t w = 0; w < hall->window_count; w++) {
        const struct tb_label *label = &s->servers[hall->window_first + w].label;
        if (strcmp(label->en, name) == 0 || strcmp(label->zh, name) == 0) {
            return w + 1;
        }
    }
    return 0;
}

bool tbs_fit_place_find(struct tbs_fit_place *place, struct tbs_log *log,
                        const struct tb_scenario *s)
{
    place->hall = s->halls[0].label.id;
    place->kinds = calloc(log->date_count, sizeof *place->kinds);
    place->days = calloc(log->date_count, sizeof *place->days);
    place->windows = calloc(log->agent_count + 1, sizeof *place->windows);
    tbs_assert(place->kinds != NULL);
    tbs_assert(place->days != NULL);
    tbs_assert(place->windows != NULL);
    for (uint32_t d = 0; d < log->date_count; d++) {
        const int32_t date = log->dates[d];
        place->days[d] = tb_scenario_day_find(s, date / 10000, date / 100 % 100, date % 100);
        if (place->days[d] == TB_NONE) {
            tbs_log_wrong(log, 0, "%d is not in the scenario's calendar", date);
        } else {
            place->kinds[d] = s->day_kinds[tb_scenario_day_kind(s, 0, place->days[d])].id;
        }
    }
    for (uint32_t a = 0; a < log->agent_count; a++) {
        place->windows[a] = window_find(s, log->agents[a]);
        if (place->windows[a] == 0) {
            tbs_log_wrong(log, 0, "the scenario's windows.csv has no window named %s",
                          log->agents[a]);
        }
    }
    for (uint32_t t = 0; t < log->type_count; t++) {
        if (tb_scenario_matter_find(s, log->types[t]) == TB_NONE) {
            tbs_log_wrong(log, 0, "the scenario's matters.csv has no matter %s", log->types[t]);
        }
    }
    return log->problem_count == 0;
}

void tbs_fit_place_free(struct tbs_fit_place *place)
{
    free(place->kinds);
    free(place->days);
    free(place->windows);
}

/* ---- the replay ---------------------------------------------------------------------------- */

struct counter {
    struct tbs_fit_cell *cells; /* of the day */
    tb_time starts_at_us;
};

static void visit_count(void *context, const struct tbs_visit *visit)
{
    const struct counter *counter = context;
    const int64_t hour = (visit->arrival_at_us - counter->starts_at_us) / TB_HOURS(1);
    const bool served = visit->outcome == TBS_OUTCOME_SERVED;
    const tb_time until = visit->called_at_us != TB_NEVER ? visit->called_at_us
                                                          : visit->ended_at_us;

    if (hour < 0 || hour >= TBS_FIT_HOURS) {
        return;
    }
    struct tbs_fit_sum *sum = &counter->cells[hour].simulated;
    sum->calls++;
    sum->left += !served;
    if (until != TB_NEVER) {
        sum->wait_s += (double)(until - visit->arrival_at_us) / 1e6;
    }
}

static void say(struct tbs_run_error *error, const char *where, const char *what)
{
    snprintf(error->text, sizeof error->text, "%.200s: %.280s", where, what);
}

static bool day_run(const struct tb_scenario *s, const struct tbs_trace *trace, uint32_t day,
                    struct tbs_fit_cell *cells, struct tbs_run_error *error)
{
    struct counter counter = {cells, tbs_day_starts_at_us(s, day)};
    const struct tbs_model_options options = {
        .day_first = day, .day_count = 1, .ticket = visit_count, .ticket_context = &counter};
    struct tbs_demand *demand = tbs_demand_create(s, trace);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct tbs_model *model = tbs_model_create(s, demand, &options);

    tbs_model_start(model, 1, 0);
    tbs_model_count(model, tally);
    const bool fine = tbs_model_error(model)[0] == '\0' && tbs_model_run(model, 1);
    if (fine) {
        tbs_model_finish(model);
    } else {
        say(error, "replay", tbs_model_error(model));
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    return fine;
}

static bool days_run(const struct tbs_log *log, const struct tbs_fit_place *place,
                     const struct tbs_trace *trace, const char *folder, const char *out,
                     struct tbs_fit_cell *cells, struct tbs_run_error *error)
{
    bool fine = true;

    for (uint32_t d = 0; fine && d < log->date_count; d++) {
        struct tb_scenario_problems problems = {0};
        char plan[4096];
        tbs_fit_plan_path(log, d, out, plan);
        struct tb_scenario *s = tb_scenario_load_with(folder, NULL, 0, plan, &problems);
        fine = s != NULL;
        if (fine) {
            fine = day_run(s, trace, place->days[d], cells + d * TBS_FIT_HOURS, error);
        } else {
            say(error, plan, problems.problems[0].en);
        }
        tb_scenario_free(s);
        tb_scenario_problems_free(&problems);
    }
    return fine;
}

bool tbs_fit_replay(const struct tbs_log *log, const struct tbs_fit_place *place,
                    const char *folder, const char *out, enum tbs_pauses pauses,
                    struct tbs_fit_cell *cells, struct tbs_run_error *error)
{
    struct tb_scenario_problems problems = {0};
    struct tbs_trace_problems wrong = {0};
    char path[4096];

    struct tb_scenario *s = tb_scenario_load(folder, &problems);
    snprintf(path, sizeof path, "%.3000s/calls%s.csv", out,
             pauses == TBS_PAUSES_LEARNED ? "-pauses" : "");
    struct tbs_trace *trace = s != NULL ? tbs_trace_read(path, s, &wrong) : NULL;
    if (trace == NULL) {
        say(error, s == NULL ? folder : path,
            s == NULL ? problems.problems[0].en : wrong.problems[0].text);
    }
    const bool fine = trace != NULL && days_run(log, place, trace, folder, out, cells, error);
    tbs_trace_free(trace);
    tb_scenario_free(s);
    tb_scenario_problems_free(&problems);
    free(wrong.problems);
    return fine;
}
