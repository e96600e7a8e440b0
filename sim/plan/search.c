/* One hall: the fewest window hours that keep the promise.
 *
 * Candidates come from the replay, whose error is measured by the core and added; the core decides
 * on fresh seeds. Candidate i may be accepted wrongly with a chance of about alpha / 2^(i+1), spent
 * over its looks in proportion to the days seen between them (error spending: Lan, DeMets: Discrete
 * sequential boundaries for clinical trials, 1983), so that all wrong acceptances together stay
 * below alpha whatever is tried. What was accepted is then run once more on seeds of its own: these
 * days are what is reported, and all days together must still show the promise kept. */
#include <math.h>
#include <string.h>

#include "kernel/law.h"
#include "plan/search.h"

enum {
    CHECK_VISITS = 40000, /* of a candidate's check, at most */
    FRESH_VISITS = 12000, /* of what is reported */
    DAYS_LEAST = 43,
    DAYS_MOST = 1600,
    ROUNDS = 3,
    TRIES = 12,
    LOOKS = 4, /* after 1/8, 1/4, 1/2 and all of the days */
};
/* A plan worth finding is so many standard errors, with all days, above the promise. */
#define WORTH_Z 2.5

struct verdict {
    bool kept;
    double z; /* by how many standard errors, with all days */
    struct tbs_lab_result check, fresh;
};

bool tbs_search_stopped(const struct tbs_search *s)
{
    return s->stop != NULL && atomic_load_explicit(s->stop, memory_order_relaxed);
}

void tbs_search_tell(struct tbs_search *s, const char *phase, const struct tbs_staffing *staffing,
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

/* ---- the core's word --------------------------------------------------------------------------
 */

void tbs_search_correct(struct tbs_search *s, const struct tbs_staffing *staffing,
                        const struct tbs_lab_result *r)
{
    struct tbs_share share;

    tbs_replay(s->lab, &s->recording, staffing, &share);
    if (share.visits <= 0 || !isfinite(r->day.within)) {
        return;
    }
    const double n = share.visits, m = r->day.visits * r->days;
    s->odds_late = tbs_odds((1 - r->day.within) * m, m) / tbs_odds(n - share.within, n);
    s->odds_left = tbs_odds(r->day.left * m, m) / tbs_odds(share.left, n);
    const double beyond_h = share.beyond_us / (double)TB_HOURS(1) / s->recording.day_count;
    s->beyond = fmin(fmax((r->overtime_hours + 0.02) / (beyond_h + 0.02), 0.25), 4);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const double slot_n = share.slot_visits[k], slot_m = r->slots[k].visits * r->days;
        s->odds_slot[k] = slot_n > 0 && slot_m > 0
                              ? tbs_odds((1 - r->slots[k].within) * slot_m, slot_m) /
                                    tbs_odds(slot_n - share.slot_within[k], slot_n)
                              : 1;
    }
}

static uint32_t days_of(const struct tbs_search *s, uint32_t visits)
{
    const double days = visits / fmax(s->lab->visits_most, 1);

    return (uint32_t)fmin(fmax(days, DAYS_LEAST), DAYS_MOST);
}

uint32_t tbs_search_days(const struct tbs_search *s, uint32_t visits)
{
    return (uint32_t)(days_of(s, visits) * (s->options->effort > 0 ? s->options->effort : 1));
}

/* What a check can show at best: its error is that of the days seen, shrunk. */
static void pads_set(struct tbs_search *s, const struct tbs_lab_result *r, double z)
{
    const double shrink = sqrt((double)r->days / tbs_search_days(s, CHECK_VISITS));

    s->pad_within = isfinite(r->within_error) ? z * shrink * r->within_error : 0;
    s->pad_left = isfinite(r->left_error) ? z * shrink * r->left_error : 0;
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        s->pad_slot[k] = s->options->zone / 2;
    }
}

void tbs_search_record(struct tbs_search *s, const struct tbs_staffing *staffing, uint64_t seed,
                       uint32_t visits, struct tbs_lab_result *result)
{
    const uint32_t days = days_of(s, visits);

    tbs_lab_begin(s->lab, staffing, seed, 0, &s->recording);
    tbs_lab_more(s->lab, days);
    s->lab->recording = NULL;
    tbs_lab_tell(s->lab, result);
    s->days_run += result->days;
    s->rank = tbs_first_days(&s->recording, TBS_RANK_VISITS);
    tbs_search_correct(s, staffing, result);
}

double tbs_margin(const struct tbs_search *s, const struct tbs_lab_result *r)
{
    const struct tbs_plan_options *o = s->options;
    double z = INFINITY;

    if (!o->each && isfinite(r->day.within)) {
        z = (r->day.within - o->share) / r->within_error;
    }
    if (o->left_most < 1 && isfinite(r->day.left)) {
        z = fmin(z, (o->left_most - r->day.left) / r->left_error);
    }
    for (uint32_t k = s->lab->judge_from; k < s->lab->judge_to && o->each; k++) {
        z = fmin(z, tbs_slot_margin(s, r, k, o->share));
    }
    return z;
}

static void pool_one(double *value, double *error, double visits, double other, double other_error,
                     double other_visits)
{
    const double all = visits + other_visits;

    if (visits > 0 && other_visits > 0) {
        *value = (*value * visits + other * other_visits) / all;
        *error = hypot(*error * visits, other_error * other_visits) / all;
    } else if (other_visits > 0) {
        *value = other;
        *error = other_error;
    }
}

/* Shares and errors of two independent runs together. */
static struct tbs_lab_result pool(struct tbs_lab_result a, const struct tbs_lab_result *b)
{
    const double n = a.day.visits * a.days, m = b->day.visits * b->days;

    pool_one(&a.day.within, &a.within_error, n, b->day.within, b->within_error, m);
    pool_one(&a.day.left, &a.left_error, n, b->day.left, b->left_error, m);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        pool_one(&a.slots[k].within, &a.slot_error[k], a.slots[k].visits * a.days,
                 b->slots[k].within, b->slot_error[k], b->slots[k].visits * b->days);
        a.slots[k].visits = (a.slots[k].visits * a.days + b->slots[k].visits * b->days) /
                            (a.days + b->days);
    }
    a.day.visits = (n + m) / (a.days + b->days);
    a.days += b->days;
    return a;
}

/* Will all days show it? After a share t of them, a plan worth finding would come out at this z,
 * give or take one standard error. */
static bool hopeless(double z, double t, double z_keep)
{
    return z * sqrt(t) + WORTH_Z * (1 - t) + sqrt(1 - t) < z_keep;
}

/* Is the promise kept, with an error of at most alpha? */
static bool check(struct tbs_search *s, const struct tbs_staffing *staffing, uint64_t seed,
                  double alpha, struct tbs_lab_result *result)
{
    const uint32_t most = tbs_search_days(s, CHECK_VISITS);
    double seen = 0;

    tbs_lab_begin(s->lab, staffing, seed, 0, NULL);
    for (uint32_t look = 0; look < LOOKS && seen < 1; look++) {
        const uint32_t want = most >> (LOOKS - 1 - look), have = (uint32_t)(seen * most + 0.5);
        /* The worst of many half hours is no judge of them while each has few visits. */
        if (want <= have || (s->options->each && want < most)) {
            continue;
        }
        tbs_lab_more(s->lab, want - have);
        tbs_lab_tell(s->lab, result);
        const double t = fmin(1, (double)result->days / most);
        const double z_keep = tbs_normal_quantile(1 - alpha * (t - seen));
        const double z = tbs_margin(s, result);
        seen = t;
        if (z >= z_keep || hopeless(z, t, z_keep) || tbs_search_stopped(s)) {
            s->days_run += result->days;
            return z >= z_keep;
        }
    }
    s->days_run += result->days;
    return false;
}

/* Checked, and shown once more on days of its own. */
static struct verdict judge(struct tbs_search *s, const struct tbs_staffing *staffing,
                            uint64_t seed, double alpha)
{
    struct verdict v = {.kept = check(s, staffing, seed, alpha, &v.check)};

    v.fresh = v.check;
    v.z = tbs_margin(s, &v.check);
    tbs_search_correct(s, staffing, &v.check);
    if (v.kept) {
        tbs_staffing_evaluate(s->lab, staffing, seed + 8, 0, tbs_search_days(s, FRESH_VISITS),
                              &v.fresh);
        s->days_run += v.fresh.days;
        const struct tbs_lab_result both = pool(v.check, &v.fresh);
        v.z = tbs_margin(s, &both);
        v.kept = v.z >= tbs_normal_quantile(s->options->confidence);
        tbs_search_correct(s, staffing, &both);
    }
    return v;
}

/* ---- search -----------------------------------------------------------------------------------
 */

static void search_open(struct tbs_search *s)
{
    for (uint32_t k = s->lab->judge_from; k < s->lab->judge_to; k++) {
        if (tbs_lab_open(s->lab, k, &s->hours[k])) {
            s->open[s->open_count++] = k;
        }
    }
}

static void all_windows(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    for (uint32_t i = 0; i < s->open_count; i++) {
        staffing->windows[s->open[i]] = (uint16_t)s->lab->windows_max;
    }
}

/* Half hours that are not planned stay as the scenario has them. */
static void others_keep(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    struct tbs_staffing own;

    tbs_lab_own(s->lab, &own);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (k < s->lab->judge_from || k >= s->lab->judge_to) {
            staffing->windows[k] = own.windows[k];
        }
    }
}

/* Theory, then replay and core in turn until they agree. */
static void propose(struct tbs_search *s, struct tbs_staffing *staffing,
                    struct tbs_lab_result *result)
{
    tbs_load_start(s->lab, s->options, staffing);
    others_keep(s, staffing);
    for (uint32_t round = 0; round < ROUNDS && !tbs_search_stopped(s); round++) {
        const struct tbs_staffing before = *staffing;
        tbs_search_record(s, staffing, s->options->seed, TBS_SEARCH_VISITS, result);
        pads_set(s, result, WORTH_Z);
        tbs_search_tell(s, "search", staffing, result, false);
        if (s->options->flat) {
            return; /* theory's number, one up or down: nothing for the replay to propose */
        }
        tbs_descend(s, staffing);
        if (memcmp(&before, staffing, sizeof before) == 0) {
            return;
        }
    }
}

static void hall_take(struct tbs_plan_hall *hall, const struct tbs_staffing *staffing,
                      const struct verdict *v)
{
    hall->needs = *staffing;
    hall->result = v->fresh;
    hall->kept_probability = tbs_normal_below(v->z);
    hall->state = v->kept ? TBS_PLAN_KEPT : TBS_PLAN_UNPROVEN;
}

/* Of the error allowed, what candidate i may use. */
static double share_of_error(const struct tbs_search *s, uint32_t i)
{
    return (1 - TBS_ERROR_ALL) * (1 - s->options->confidence) * ldexp(1, -(int)i - 1);
}

/* How many windows less. */
static uint32_t steps_between(const struct tbs_staffing *a, const struct tbs_staffing *b)
{
    uint32_t steps = 0;

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        steps += (uint32_t)(a->windows[k] - b->windows[k]);
    }
    return steps;
}

/* What can be taken away from a plan that is kept, at most `most` windows. False: nothing. */
static bool reduce(const struct tbs_search *s, const struct tbs_staffing *kept, uint32_t most,
                   struct tbs_staffing *next)
{
    uint32_t k;

    *next = *kept;
    for (uint32_t i = 0; i < most && (k = tbs_best_remove(s, next)) != TB_NONE; i++) {
        next->windows[k]--;
    }
    return memcmp(next, kept, sizeof *next) != 0;
}

/* Up until a candidate is kept; then down, as far as the replay dares; where it dared too much,
 * half as far. */
static void decide(struct tbs_search *s, struct tbs_staffing next, struct tbs_plan_hall *hall)
{
    const uint64_t seed = (s->options->seed + 1) * 0x9e3779b97f4a7c15u;
    uint32_t most = UINT32_MAX;
    bool have = false;

    for (uint32_t i = 0; i < TRIES && !tbs_search_stopped(s); i++) {
        const struct verdict v = judge(s, &next, seed + i * 16, share_of_error(s, i));
        if (tbs_search_stopped(s)) {
            return;
        }
        tbs_search_tell(s, "check", &next, &v.fresh, v.kept);
        if (v.kept || !have) {
            hall_take(hall, &next, &v);
        }
        have |= v.kept;
        if (have) {
            most = v.kept ? most : steps_between(&hall->needs, &next) / 2;
            if (!reduce(s, &hall->needs, most, &next)) {
                return;
            }
            continue;
        }
        const uint32_t k = tbs_best_add(s, &next);
        if (k == TB_NONE) {
            return;
        }
        next.windows[k]++;
        if (i >= 3) {
            pads_set(s, &v.check, WORTH_Z + i / 3.0);
        }
        tbs_add_until_kept(s, &next);
    }
}

static void flat_put(const struct tbs_search *s, uint32_t windows, struct tbs_staffing *staffing)
{
    for (uint32_t i = 0; i < s->open_count; i++) {
        staffing->windows[s->open[i]] = (uint16_t)windows;
    }
}

/* The same windows all day: from theory's number up to one that is kept, then down to one that is
 * not. */
static void decide_flat(struct tbs_search *s, struct tbs_staffing next, struct tbs_plan_hall *hall)
{
    const uint64_t seed = (s->options->seed + 1) * 0x9e3779b97f4a7c15u;
    uint32_t n = 1;
    bool have = false;

    for (uint32_t i = 0; i < s->open_count; i++) {
        n = next.windows[s->open[i]] > n ? next.windows[s->open[i]] : n;
    }
    for (uint32_t i = 0; i < TRIES && n >= 1 && n <= s->lab->windows_max; i++) {
        flat_put(s, n, &next);
        const struct verdict v = judge(s, &next, seed + i * 16, share_of_error(s, i));
        if (tbs_search_stopped(s)) {
            return;
        }
        tbs_search_tell(s, "check", &next, &v.fresh, v.kept);
        if (v.kept || !have) {
            hall_take(hall, &next, &v);
        }
        if (have && !v.kept) {
            return;
        }
        /* Up until one is kept; the first one that theory named may be too many. */
        have |= v.kept && i == 0;
        if (v.kept && !have) {
            return;
        }
        n = v.kept ? n - 1 : n + 1;
    }
}

/* ---- what can't be kept -----------------------------------------------------------------------
 */

/* Downward, to a thousandth: a promise that all windows keep with some standard errors in hand. */
static double nearest_share(const struct tbs_search *s, const struct tbs_lab_result *r)
{
    double least = r->day.within - (WORTH_Z + 1) * r->within_error;

    if (s->options->each) {
        least = 1;
        for (uint32_t k = s->lab->judge_from; k < s->lab->judge_to; k++) {
            if (r->slots[k].visits > 0) {
                least = fmin(least, r->slots[k].within - (WORTH_Z + 1) * r->slot_error[k]);
            }
        }
    }
    return fmax(0, floor(1000 * fmin(least, s->options->share)) / 1000);
}

/* Would so many windows in each half hour keep the promise, if there were so many? */
static bool kept_with(const struct tbs_search *s, uint32_t windows)
{
    const struct tbs_lab *own = s->lab;
    struct tbs_lab *lab = tbs_lab_create(own->whole, own->hall_index, &own->plan_days, windows,
                                         &own->flow, own->promise_us);
    struct tbs_search wide;
    struct tbs_staffing all;
    struct tbs_lab_result result;

    tbs_search_begin(&wide, lab, s->options, s->stop);
    tbs_lab_own(lab, &all);
    all_windows(&wide, &all);
    tbs_staffing_evaluate(lab, &all, s->options->seed * 0x2545f4914f6cdd1du + 19, 0,
                          tbs_search_days(&wide, CHECK_VISITS), &result);
    const double z = tbs_margin(&wide, &result);
    tbs_lab_free(lab);
    return z >= tbs_normal_quantile(s->options->confidence);
}

/* The fewest that would; 0: none. More windows never serve fewer in time. */
static uint32_t windows_enough(const struct tbs_search *s)
{
    uint32_t less = s->lab->windows_max, enough = less;

    do {
        if (enough == TBS_LAB_WINDOWS || tbs_search_stopped(s)) {
            return 0;
        }
        less = enough;
        enough = 2 * enough < TBS_LAB_WINDOWS ? 2 * enough : TBS_LAB_WINDOWS;
    } while (!kept_with(s, enough));
    while (enough - less > 1) {
        const uint32_t middle = less + (enough - less) / 2;
        if (kept_with(s, middle)) {
            enough = middle;
        } else {
            less = middle;
        }
    }
    return enough;
}

/* Not found: what would all windows give? Impossible only if that is shown to be too little. */
static void all_try(struct tbs_search *s, struct tbs_plan_hall *hall)
{
    const double alpha = 1 - s->options->confidence;
    struct tbs_staffing all = hall->needs;

    all_windows(s, &all);
    struct verdict v =
        judge(s, &all, s->options->seed * 0x2545f4914f6cdd1du + 3, TBS_ERROR_ALL * alpha);
    if (v.kept) {
        hall_take(hall, &all, &v);
        return;
    }
    tbs_staffing_evaluate(s->lab, &all, s->options->seed * 0x2545f4914f6cdd1du + 11, 0,
                          tbs_search_days(s, CHECK_VISITS), &v.fresh);
    s->days_run += v.fresh.days;
    v.check = pool(v.fresh, &v.check);
    v.z = tbs_margin(s, &v.check);
    hall->nearest_share = nearest_share(s, &v.check);
    hall->nearest_wait_s = ceil(v.fresh.wait_share_s * 1.02 / 60) * 60;
    hall->nearest_left =
        ceil(1000 * (v.check.day.left + (WORTH_Z + 1) * v.check.left_error)) / 1000;
    if (v.z < -tbs_normal_quantile(s->options->confidence)) {
        hall_take(hall, &all, &v);
        hall->state = TBS_PLAN_IMPOSSIBLE;
        hall->windows_most = s->lab->windows_max;
        hall->windows_enough = windows_enough(s);
    }
}

void tbs_search_begin(struct tbs_search *s, struct tbs_lab *lab,
                      const struct tbs_plan_options *options, const atomic_bool *stop)
{
    *s = (struct tbs_search){
        .lab = lab, .options = options, .stop = stop, .odds_late = 1, .odds_left = 1, .beyond = 1};
    lab->promise_share = options->share;
    lab->watch_ends = options->each && options->always;
    if (options->slot_to > options->slot_from) {
        lab->judge_from = options->slot_from;
        lab->judge_to = options->slot_to < TBS_PLAN_SLOTS ? options->slot_to : TBS_PLAN_SLOTS;
    }
    search_open(s);
}

void tbs_hall_search(struct tbs_lab *lab, const struct tbs_plan_options *options,
                     const struct tbs_listener *listener, const atomic_bool *stop,
                     struct tbs_plan_hall *hall)
{
    struct tbs_search s;
    struct tbs_staffing own, first = {{0}};

    tbs_search_begin(&s, lab, options, stop);
    s.listener = listener;
    if (s.open_count == 0) {
        hall->state = TBS_PLAN_CLOSED;
        return;
    }
    propose(&s, &first, &hall->result);
    hall->state = TBS_PLAN_STOPPED;
    if (options->budget_hours > 0 && !tbs_search_stopped(&s)) {
        hall->needs = first;
        hall->state = TBS_PLAN_KEPT;
    } else if (options->each) {
        tbs_each_decide(&s, first, hall);
    } else if (options->flat) {
        decide_flat(&s, first, hall);
    } else {
        decide(&s, first, hall);
    }
    if (hall->state == TBS_PLAN_UNPROVEN) {
        all_try(&s, hall);
    }
    if (hall->state != TBS_PLAN_STOPPED) {
        tbs_hall_worth(&s, hall);
    }
    tbs_lab_own(lab, &own);
    hall->hours = tbs_lab_hours(lab, &hall->needs);
    hall->hours_now = tbs_lab_hours(lab, &own);
    hall->days_run = s.days_run;
    tbs_recording_free(&s.recording);
}
