/* One hall: the fewest window hours that keep the promise.
 *
 * Candidates come from the replay, whose error is measured on the same citizens (core less replay)
 * and added; the core decides on fresh seeds. A candidate is looked at after 1/4, 1/2 and all of
 * its days; candidate i may err with a chance of alpha / 2^(i+1), shared by its looks, so that all
 * wrong acceptances together stay below alpha whatever is tried. */
#include <math.h>
#include <string.h>

#include "kernel/law.h"
#include "plan/lab.h"

enum {
    SEARCH_VISITS = 8000, /* of the search's own days */
    CHECK_VISITS = 48000, /* of a candidate's check, at most */
    RANK_VISITS = 2500,   /* by which half hours are compared */
    CURVE_VISITS = 1500,
    DAYS_LEAST = 43,
    DAYS_MOST = 1200,
    ROUNDS = 3,
    TRIES = 10,
    SWAPS = 4,
    SWAP_WIDTH = 3,
    STEPS_MOST = 256,
};

struct search {
    struct tbs_lab *lab;
    const struct tbs_plan_options *options;
    const struct tbs_listener *listener;
    const atomic_bool *stop;
    uint32_t step;
    struct tbs_recording recording;
    struct tbs_recording rank; /* its first days: borrowed */
    /* Core less replay, of the day and of each half hour. */
    double bias_within, bias_left, bias_slot[TBS_PLAN_SLOTS];
    uint32_t days_run;
    uint32_t open[TBS_PLAN_SLOTS], open_count;
    double hours[TBS_PLAN_SLOTS];
};

static bool stopped(const struct search *s)
{
    return s->stop != NULL && atomic_load_explicit(s->stop, memory_order_relaxed);
}

static void tell(struct search *s, const char *phase, const struct tbs_staffing *staffing,
                 const struct tbs_lab_result *result, bool kept)
{
    const struct tbs_plan_told told = {.phase = phase,
                                       .step = ++s->step,
                                       .staffing = staffing,
                                       .window_hours = tbs_lab_hours(s->lab, staffing),
                                       .result = result,
                                       .kept = kept};
    if (s->listener != NULL && s->listener->tell != NULL) {
        s->listener->tell(s->listener->context, &told);
    }
}

/* ---- the replay's word ------------------------------------------------------------------------
 */

struct guess {
    double within; /* share */
    double miss;   /* by how much the promise is missed; 0: kept */
};

/* The first days of a recording, with about so many visits. */
static struct tbs_recording first_days(const struct tbs_recording *r, uint32_t visits)
{
    struct tbs_recording part = *r;

    for (uint32_t d = 1; d < r->day_count && part.day_count == r->day_count; d++) {
        if (r->day_first[d] >= visits) {
            part.day_count = d;
        }
    }
    return part;
}

static struct guess guess_by(const struct search *s, const struct tbs_recording *recording,
                             const struct tbs_staffing *staffing)
{
    const struct tbs_plan_options *o = s->options;
    struct tbs_share share;
    struct guess g = {0};

    tbs_replay(s->lab, recording, staffing, &share);
    if (share.visits <= 0) {
        return (struct guess){1, 0};
    }
    g.within = share.within / share.visits + s->bias_within;
    g.miss = fmax(0, share.left / share.visits + s->bias_left - o->left_most);
    if (!o->each) {
        g.miss += fmax(0, o->share - g.within);
    }
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS && o->each; k++) {
        if (share.slot_visits[k] > 0) {
            const double slot = share.slot_within[k] / share.slot_visits[k] + s->bias_slot[k];
            g.miss += fmax(0, o->share - slot) * share.slot_visits[k] / share.visits;
        }
    }
    return g;
}

static struct guess guess(const struct search *s, const struct tbs_staffing *staffing)
{
    return guess_by(s, &s->recording, staffing);
}

static bool can(const struct search *s, const struct tbs_staffing *staffing, uint32_t slot, int by)
{
    return by > 0 ? staffing->windows[slot] < s->lab->windows_max : staffing->windows[slot] > 1;
}

static struct guess guess_with(const struct search *s, struct tbs_staffing staffing, uint32_t slot,
                               int by)
{
    staffing.windows[slot] = (uint16_t)(staffing.windows[slot] + by);
    return guess_by(s, &s->rank, &staffing);
}

/* The half hour where one window more helps most; TB_NONE: there is no room. */
static uint32_t best_add(const struct search *s, const struct tbs_staffing *staffing)
{
    const struct guess now = guess_by(s, &s->rank, staffing);
    uint32_t best = TB_NONE;
    double most = -INFINITY;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (!can(s, staffing, k, 1)) {
            continue;
        }
        const struct guess g = guess_with(s, *staffing, k, 1);
        const double gain =
            (now.miss - g.miss + 1e-3 * (g.within - now.within)) / fmax(s->hours[k], 0.01);
        if (gain > most) {
            most = gain;
            best = k;
        }
    }
    return best;
}

/* The half hour that can spare a window best, with the promise kept by all of the recording;
 * TB_NONE: none can. */
static uint32_t best_remove(const struct search *s, const struct tbs_staffing *staffing)
{
    uint32_t best = TB_NONE;
    double least = -INFINITY;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (!can(s, staffing, k, -1)) {
            continue;
        }
        const struct guess g = guess_with(s, *staffing, k, -1);
        const double kept = g.within - g.miss + 0.02 * s->hours[k];
        if (kept > least) {
            least = kept;
            best = k;
        }
    }
    if (best != TB_NONE) {
        struct tbs_staffing next = *staffing;
        next.windows[best]--;
        best = guess(s, &next).miss <= 0 ? best : TB_NONE;
    }
    return best;
}

static void add_until_kept(const struct search *s, struct tbs_staffing *staffing)
{
    while (guess(s, staffing).miss > 0 && !stopped(s)) {
        const uint32_t k = best_add(s, staffing);
        if (k == TB_NONE) {
            return;
        }
        staffing->windows[k]++;
    }
}

static void remove_while_kept(const struct search *s, struct tbs_staffing *staffing)
{
    uint32_t k;

    while (!stopped(s) && guess(s, staffing).miss <= 0 &&
           (k = best_remove(s, staffing)) != TB_NONE) {
        staffing->windows[k]--;
    }
}

/* The SWAP_WIDTH half hours that lose least (by -1) or gain most (by +1). */
static uint32_t ranked(const struct search *s, const struct tbs_staffing *staffing, int by,
                       uint32_t out[SWAP_WIDTH])
{
    double values[SWAP_WIDTH];
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (!can(s, staffing, k, by)) {
            continue;
        }
        const struct guess g = guess_with(s, *staffing, k, by);
        const double value = g.within - g.miss;
        uint32_t at = count < SWAP_WIDTH ? count++ : SWAP_WIDTH;
        while (at > 0 && values[at - 1] < value) {
            if (at < SWAP_WIDTH) {
                values[at] = values[at - 1];
                out[at] = out[at - 1];
            }
            at--;
        }
        if (at < SWAP_WIDTH && (at == count - 1 || values[at] <= value)) {
            values[at] = value;
            out[at] = k;
        }
    }
    return count;
}

/* Moves one window to another half hour where that serves more in time. */
static bool swap_better(const struct search *s, struct tbs_staffing *staffing)
{
    uint32_t from[SWAP_WIDTH], to[SWAP_WIDTH];
    const uint32_t from_count = ranked(s, staffing, -1, from);
    const uint32_t to_count = ranked(s, staffing, 1, to);
    struct tbs_staffing best = *staffing;
    const struct guess now = guess_by(s, &s->rank, staffing);
    double most = now.within - now.miss + 1e-9;

    for (uint32_t i = 0; i < from_count; i++) {
        for (uint32_t j = 0; j < to_count; j++) {
            struct tbs_staffing next = *staffing;
            if (from[i] == to[j] || s->hours[from[i]] < s->hours[to[j]]) {
                continue;
            }
            next.windows[from[i]]--;
            next.windows[to[j]]++;
            const struct guess g = guess_by(s, &s->rank, &next);
            if (g.within - g.miss > most) {
                most = g.within - g.miss;
                best = next;
            }
        }
    }
    const bool better = memcmp(&best, staffing, sizeof best) != 0 &&
                        guess(s, &best).within > guess(s, staffing).within &&
                        guess(s, &best).miss <= 0;
    if (!better) {
        return false;
    }
    *staffing = best;
    return true;
}

static void descend(const struct search *s, struct tbs_staffing *staffing)
{
    add_until_kept(s, staffing);
    remove_while_kept(s, staffing);
    for (uint32_t i = 0; i < SWAPS && !stopped(s) && swap_better(s, staffing); i++) {
        remove_while_kept(s, staffing);
    }
}

/* ---- the core's word --------------------------------------------------------------------------
 */

static void bias_measure(struct search *s, const struct tbs_staffing *staffing,
                         const struct tbs_lab_result *r)
{
    struct tbs_share share;

    tbs_replay(s->lab, &s->recording, staffing, &share);
    if (share.visits <= 0) {
        return;
    }
    s->bias_within = r->day.within - share.within / share.visits;
    s->bias_left = r->day.left - share.left / share.visits;
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        s->bias_slot[k] = share.slot_visits[k] > 0 && r->slots[k].visits > 0
                              ? r->slots[k].within - share.slot_within[k] / share.slot_visits[k]
                              : 0;
    }
}

static void core_run(struct search *s, const struct tbs_staffing *staffing, uint64_t seed,
                     uint32_t days, struct tbs_lab_result *result)
{
    tbs_lab_run(s->lab, staffing, seed, 0, days, result, &s->recording);
    s->days_run += result->days;
    s->rank = first_days(&s->recording, RANK_VISITS);
    bias_measure(s, staffing, result);
}

static uint32_t days_for(const struct search *s, uint32_t visits)
{
    const double days = visits / fmax(s->lab->visits_most, 1);

    return days < DAYS_LEAST ? DAYS_LEAST : days > DAYS_MOST ? DAYS_MOST : (uint32_t)days;
}

/* By how many standard errors the promise is kept: the least of what was promised. */
static double margin(const struct search *s, const struct tbs_lab_result *r)
{
    const struct tbs_plan_options *o = s->options;
    double z = INFINITY;

    if (!o->each && isfinite(r->day.within)) {
        z = (r->day.within - o->share) / fmax(r->within_error, 1e-9);
    }
    if (o->left_most < 1 && isfinite(r->day.left)) {
        z = fmin(z, (o->left_most - r->day.left) / fmax(r->left_error, 1e-9));
    }
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS && o->each; k++) {
        const double n = r->slots[k].visits * r->days, p = r->slots[k].within;
        if (n > 0) {
            z = fmin(z, (p - o->share) / sqrt((p * (1 - p) + 1 / n) / n));
        }
    }
    return z;
}

/* Is the promise kept, with an error of at most alpha? Looks three times. */
static bool check(struct search *s, const struct tbs_staffing *staffing, uint64_t seed,
                  double alpha, struct tbs_lab_result *result)
{
    const uint32_t most = days_for(s, CHECK_VISITS);
    const double z_keep = tbs_normal_quantile(1 - alpha / 3);

    for (uint32_t part = 4; part >= 1; part /= 2) {
        core_run(s, staffing, seed + part, most / part, result);
        const double z = margin(s, result);
        /* What can't be shown with all days is given up early, too. */
        if (z >= z_keep || z < -1.5 || stopped(s)) {
            return z >= z_keep;
        }
    }
    return false;
}

/* ---- search -----------------------------------------------------------------------------------
 */

static void search_open(struct search *s)
{
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (tbs_lab_open(s->lab, k, &s->hours[k])) {
            s->open[s->open_count++] = k;
        }
    }
}

static void all_windows(const struct search *s, struct tbs_staffing *staffing)
{
    for (uint32_t i = 0; i < s->open_count; i++) {
        staffing->windows[s->open[i]] = (uint16_t)s->lab->windows_max;
    }
}

/* Theory, then replay and core in turn until they agree. */
static void propose(struct search *s, struct tbs_staffing *staffing)
{
    struct tbs_lab_result result;

    tbs_load_start(s->lab, s->options, staffing);
    for (uint32_t round = 0; round < ROUNDS && !stopped(s); round++) {
        const struct tbs_staffing before = *staffing;
        core_run(s, staffing, s->options->seed, days_for(s, SEARCH_VISITS), &result);
        tell(s, "search", staffing, &result, false);
        descend(s, staffing);
        if (memcmp(&before, staffing, sizeof before) == 0) {
            return;
        }
    }
}

static void decide(struct search *s, struct tbs_staffing next, struct tbs_plan_hall *hall)
{
    const double alpha = 1 - s->options->confidence;
    const uint64_t seed = (s->options->seed + 1) * 0x9e3779b97f4a7c15u;
    bool have = false;

    for (uint32_t i = 0; i < TRIES && !stopped(s); i++) {
        struct tbs_lab_result result;
        const bool kept = check(s, &next, seed + i * 16, alpha * ldexp(1, -(int)i - 1), &result);
        tell(s, "check", &next, &result, kept);
        if (kept && (!have || tbs_lab_hours(s->lab, &next) < tbs_lab_hours(s->lab, &hall->needs))) {
            have = true;
            hall->needs = next;
            hall->result = result;
            const uint32_t k = best_remove(s, &next);
            if (k == TB_NONE) {
                break;
            }
            next.windows[k]--;
        } else {
            const uint32_t k = have ? TB_NONE : best_add(s, &next);
            hall->result = have ? hall->result : result;
            hall->needs = have ? hall->needs : next;
            if (k == TB_NONE) {
                break;
            }
            next.windows[k]++;
            add_until_kept(s, &next);
        }
    }
    hall->state = have ? TBS_PLAN_KEPT : stopped(s) ? TBS_PLAN_STOPPED : TBS_PLAN_IMPOSSIBLE;
    hall->kept_probability = tbs_normal_below(margin(s, &hall->result));
}

/* From one window in each half hour on, always where one more helps most: the promise is left
 * aside, only the share in time counts. */
static void steps_make(struct search *s, struct tbs_plan_hall *hall)
{
    const struct tbs_plan_options free_options = {.share = 1, .left_most = 1};
    struct search own = *s;
    struct tbs_staffing at = {{0}};

    own.options = &free_options;
    own.recording = own.rank = first_days(&s->recording, CURVE_VISITS);
    for (uint32_t i = 0; i < s->open_count; i++) {
        at.windows[s->open[i]] = 1;
    }
    hall->steps = tbs_plan_zeroed(STEPS_MOST, sizeof *hall->steps);
    hall->within_least = guess(&own, &at).within;
    while (hall->step_count < STEPS_MOST && !stopped(s)) {
        const uint32_t k = best_add(&own, &at);
        if (k == TB_NONE) {
            break;
        }
        at.windows[k]++;
        const double within = guess(&own, &at).within;
        const double before =
            hall->step_count > 0 ? hall->steps[hall->step_count - 1].within : hall->within_least;
        hall->steps[hall->step_count++] =
            (struct tbs_plan_step){k, s->hours[k], within > before ? within : before};
        if (within > 0.998) {
            break;
        }
    }
}

/* What one window more would add to the plan. */
static void next_gain(struct search *s, struct tbs_plan_hall *hall)
{
    const uint32_t k = best_add(s, &hall->needs);

    if (k != TB_NONE) {
        hall->next_gain = guess_with(s, hall->needs, k, 1).within -
                          guess_by(s, &s->rank, &hall->needs).within;
    }
    hall->visits = hall->result.day.visits;
}

static void erlang_compare(struct search *s, struct tbs_plan_hall *hall)
{
    const struct tbs_lab *lab = s->lab;
    uint32_t most = lab->windows_max;

    tbs_load_erlang_c(lab, s->options, &hall->erlang_c);
    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t n = hall->erlang_c.windows[s->open[i]];
        hall->hours_erlang_c += n * s->hours[s->open[i]];
        most = n > most ? n : most;
    }
    struct tbs_lab *wide = tbs_lab_create(lab->whole, lab->hall_index, &lab->plan_days, most,
                                          &lab->flow, lab->promise_us);
    tbs_staffing_evaluate(wide, &hall->erlang_c, s->options->seed * 31 + 7, 0, DAYS_LEAST,
                          &hall->result_erlang_c);
    tbs_lab_free(wide);
}

void tbs_hall_search(struct tbs_lab *lab, const struct tbs_plan_options *options,
                     const struct tbs_listener *listener, const atomic_bool *stop,
                     struct tbs_plan_hall *hall)
{
    struct search s = {.lab = lab, .options = options, .listener = listener, .stop = stop};
    struct tbs_staffing own, first = {{0}};

    search_open(&s);
    propose(&s, &first);
    decide(&s, first, hall);
    if (hall->state == TBS_PLAN_IMPOSSIBLE) {
        all_windows(&s, &hall->needs);
        core_run(&s, &hall->needs, options->seed + 99, days_for(&s, SEARCH_VISITS), &hall->result);
        hall->kept_probability = tbs_normal_below(margin(&s, &hall->result));
    }
    if (hall->state != TBS_PLAN_STOPPED) {
        next_gain(&s, hall);
        steps_make(&s, hall);
        erlang_compare(&s, hall);
    }
    tbs_lab_own(lab, &own);
    hall->hours = tbs_lab_hours(lab, &hall->needs);
    hall->hours_now = tbs_lab_hours(lab, &own);
    hall->days_run = s.days_run;
    tbs_recording_free(&s.recording);
}
