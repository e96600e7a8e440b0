/* What window hours are worth: from one window in each half hour on, always one more where it
 * helps most; what stationary Erlang C would take, and the fewest hours that serve as well as its
 * plan does; and the best use of hours that are given. */
#include <math.h>
#include <string.h>

#include "plan/search.h"

enum {
    CURVE_VISITS = 1500,
    EQUAL_VISITS = 8000, /* on which two plans are compared */
    EQUAL_TRIES = 6,
    STEPS_MOST = 512,
    STEPS_DOWN = 160, /* about; of a larger plan several windows make one step */
    POLISH_MOVES = 6,
};

/* The half hour that can spare a window best; TB_NONE: each has one left. */
static uint32_t least_harm(const struct tbs_search *s, const struct tbs_staffing *at)
{
    uint32_t best = TB_NONE;
    double most = -INFINITY;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        const double within = at->windows[k] > 1 ? tbs_guess_with(s, *at, k, -1).within : -INFINITY;
        if (within + 0.02 * s->hours[k] > most) {
            most = within + 0.02 * s->hours[k];
            best = k;
        }
    }
    return best;
}

static double windows_sum(const struct tbs_search *s, const struct tbs_staffing *at)
{
    double sum = 0;

    for (uint32_t i = 0; i < s->open_count; i++) {
        sum += at->windows[s->open[i]];
    }
    return sum;
}

/* From the plan down to one window in each half hour, and up to all that help: the promise is left
 * aside, only the share in time counts. */
static void steps_make(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    const struct tbs_plan_options free_options = {.share = 1, .left_most = 1};
    struct tbs_search own = *s;
    struct tbs_staffing at = hall->needs;
    struct tbs_plan_step down[STEPS_MOST];
    uint32_t downs = 0, k;

    own.options = &free_options;
    own.recording = own.rank = tbs_first_days(&s->recording, CURVE_VISITS);
    tbs_search_correct(&own, &hall->needs, &hall->result);
    hall->steps = tbs_plan_zeroed(STEPS_MOST, sizeof *hall->steps);
    double within = tbs_guess_all(&own, &at).within;
    const double within_plan = within;
    const uint32_t stride = (uint32_t)(windows_sum(s, &at) / STEPS_DOWN) + 1;
    while (downs < STEPS_MOST / 2 && !tbs_search_stopped(s) &&
           (k = least_harm(&own, &at)) != TB_NONE) {
        const uint32_t n = at.windows[k] > stride ? stride : at.windows[k] - 1u;
        down[downs++] = (struct tbs_plan_step){k, n, n * s->hours[k], within};
        at.windows[k] = (uint16_t)(at.windows[k] - n);
        within = fmin(within, tbs_guess_all(&own, &at).within);
    }
    hall->least = at;
    hall->hours_least = tbs_lab_hours(s->lab, &at);
    hall->within_least = within;
    while (downs > 0) {
        hall->steps[hall->step_count++] = down[--downs];
    }
    at = hall->needs;
    within = within_plan;
    while (hall->step_count < STEPS_MOST && within < 0.998 && !tbs_search_stopped(s) &&
           (k = tbs_best_add(&own, &at)) != TB_NONE) {
        at.windows[k]++;
        within = fmax(within, tbs_guess_all(&own, &at).within);
        hall->steps[hall->step_count++] = (struct tbs_plan_step){k, 1, s->hours[k], within};
    }
}

/* What one window more would add to the plan. */
static void next_gain(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    const uint32_t k = tbs_best_add(s, &hall->needs);

    if (k != TB_NONE) {
        hall->next_gain = tbs_guess_with(s, hall->needs, k, 1).within -
                          tbs_guess_by(s, &s->rank, &hall->needs).within;
    }
}

static double worked(const struct tbs_search *s, const struct tbs_staffing *at,
                     const struct tbs_lab_result *result)
{
    return tbs_lab_hours(s->lab, at) + result->overtime_hours;
}

/* The fewest hours that serve as many in time as Erlang C's plan: found on the replay, and taken
 * only if the core says so of the same citizens on new seeds. Erlang C's plan itself is the last
 * resort. */
static void equal_find(struct tbs_search *wide, struct tbs_plan_hall *hall)
{
    const uint64_t seed = wide->options->seed * 31 + 7;
    struct tbs_plan_options options = *wide->options;
    const uint32_t days = tbs_search_days(wide, EQUAL_VISITS);
    struct tbs_lab_result result;

    tbs_search_record(wide, &hall->erlang_c, seed, EQUAL_VISITS, &result);
    options.share = result.day.within;
    options.left_most = 1;
    options.each = false;
    wide->options = &options;
    /* From Erlang C's plan downward, and from the hall's own plan upward. */
    struct tbs_staffing up = hall->needs;
    hall->equal = hall->erlang_c;
    tbs_descend(wide, &hall->equal);
    tbs_descend(wide, &up);
    if (tbs_guess_all(wide, &up).miss <= 0 &&
        tbs_guess_all(wide, &up).hours < tbs_guess_all(wide, &hall->equal).hours) {
        hall->equal = up;
    }
    tbs_staffing_evaluate(wide->lab, &hall->erlang_c, seed + 1, 0, days, &hall->result_erlang_c);
    for (uint32_t i = 0; i < EQUAL_TRIES && !tbs_search_stopped(wide); i++) {
        const uint32_t k = tbs_best_add(wide, &hall->equal);
        tbs_staffing_evaluate(wide->lab, &hall->equal, seed + 1, 0, days, &hall->result_equal);
        if (hall->result_equal.day.within >= hall->result_erlang_c.day.within) {
            const double hours = worked(wide, &hall->equal, &hall->result_equal);
            if (hours <= worked(wide, &hall->erlang_c, &hall->result_erlang_c)) {
                return;
            }
            break;
        }
        if (k == TB_NONE) {
            break;
        }
        hall->equal.windows[k]++;
    }
    hall->equal = hall->erlang_c;
    hall->result_equal = hall->result_erlang_c;
}

static void erlang_compare(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    const struct tbs_lab *lab = s->lab;
    struct tbs_search wide;
    const uint32_t most = lab->windows_max;

    struct tbs_staffing erlang;

    hall->erlang_c = hall->needs;
    tbs_load_erlang_c(lab, s->options, &erlang);
    for (uint32_t i = 0; i < s->open_count; i++) {
        /* It can't have windows that the hall hasn't: its hours would be those of another hall. */
        const uint32_t asked = erlang.windows[s->open[i]], n = asked < most ? asked : most;
        hall->erlang_c.windows[s->open[i]] = (uint16_t)n;
        hall->windows_erlang_c = asked > hall->windows_erlang_c ? asked : hall->windows_erlang_c;
        hall->erlang_c_short |= asked > most;
    }
    struct tbs_lab *room = tbs_lab_create(lab->whole, lab->hall_index, &lab->plan_days, most,
                                          &lab->flow, lab->promise_us);
    tbs_search_begin(&wide, room, s->options, s->stop);
    equal_find(&wide, hall);
    hall->hours_erlang_c =
        tbs_lab_hours(room, &hall->erlang_c) + hall->result_erlang_c.overtime_hours;
    hall->hours_equal = tbs_lab_hours(room, &hall->equal) + hall->result_equal.overtime_hours;
    tbs_recording_free(&wide.recording);
    tbs_lab_free(room);
}

void tbs_hall_worth(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    hall->visits = hall->result.day.visits;
    next_gain(s, hall);
    if (!s->options->flat && !s->options->needs_only) {
        steps_make(s, hall);
        erlang_compare(s, hall);
    }
}

void tbs_hall_polish(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    const struct tbs_plan_options free_options = {.share = 1, .left_most = 1};
    const struct tbs_plan_options *options = s->options;
    const uint64_t seed = s->options->seed * 77 + 5;
    const uint32_t days = tbs_search_days(s, EQUAL_VISITS);
    struct tbs_staffing better = hall->needs;
    struct tbs_lab_result result;

    tbs_search_record(s, &better, seed, TBS_SEARCH_VISITS, &result);
    s->options = &free_options;
    tbs_swap(s, &better, POLISH_MOVES);
    s->options = options;
    tbs_staffing_evaluate(s->lab, &hall->needs, seed + 1, 0, days, &hall->result);
    if (memcmp(&better, &hall->needs, sizeof better) != 0) {
        tbs_staffing_evaluate(s->lab, &better, seed + 1, 0, days, &result);
        if (result.day.within > hall->result.day.within) {
            hall->needs = better;
            hall->result = result;
        }
    }
}
