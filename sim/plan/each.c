/* One hall whose promise holds in each half hour: the fewest windows of every one.
 *
 * Iterative staffing (Feldman, Mandelbaum, Massey, Whitt 2008): all half hours are run together,
 * and each is judged for itself. A run is fully sequential with an indifference zone (Kim, Nelson:
 * A fully sequential procedure for indifference-zone selection in simulation, 2001): days are added
 * until each half hour that is asked about is shown to have enough windows (its share in time is
 * not below the promise) or too few (not above promise + zone), which is certain once the standard
 * error is small against the zone; in between both are right. Errors of looks are spent as in
 * search.c. First quickly and by the estimate; then every second half hour gets one window fewer at
 * a time, until each that has one fewer is shown to have too few; then the whole plan is shown on
 * seeds that decided nothing, and what it does not show gets a window more. All half hours must be
 * shown enough, so the error of one is that of the plan (Berger: Multiparameter hypothesis testing
 * and acceptance sampling, 1982). */
#include <math.h>
#include <string.h>

#include "kernel/law.h"
#include "plan/search.h"

enum {
    FIRST_DAYS = 256,
    EACH_DAYS_MOST = 600000,
    ROUGH = 64, /* so much shorter are the first runs, */
    NEAR = 16,
    QUICK = 8, /* and those after them */
    ROUGH_ROUNDS = 12,
    ROUNDS = 20,
    RUNS_MOST = 160, /* all in all; then it is told as not shown */
};
/* A run ends for sure where so many standard errors fit into half the zone. */
#define ZONE_Z 2.35
/* Below 2, lest it swings. */
#define GAIN    1.3
#define FORGETS 0.4
#define SPARE   0.05 /* of a window: the zone */
/* Below the promise by so many, and a neighbour gets its window back. */
#define HURT_Z 1.5
/* Error of exploring, which decides nothing that is promised. */
#define EXPLORE_ERROR 0.0125

enum word { NOT_SHOWN, ENOUGH, TOO_FEW };

struct each {
    struct tbs_search *s;
    uint64_t seed;
    uint32_t runs;
    uint32_t short_by; /* so much shorter are runs */
    bool quick;
    bool watched[TBS_PLAN_SLOTS]; /* asked about */
    bool tight[TBS_PLAN_SLOTS];   /* with one fewer it has too few */
    enum word words[TBS_PLAN_SLOTS];
    struct tbs_lab_result result;
};

/* The share at time i of half hour k: in the middle of all, at its beginning, at its end. */
static struct tbs_end time_of(const struct tbs_lab_result *r, uint32_t k, uint32_t i)
{
    return i == 0 ? (struct tbs_end){r->slots[k].within, r->slot_error[k]} : r->ends[k][i - 1];
}

static uint32_t times(const struct tbs_search *s)
{
    return s->options->always ? 3 : 1;
}

double tbs_slot_margin(const struct tbs_search *s, const struct tbs_lab_result *r, uint32_t k,
                       double share)
{
    double least = INFINITY;

    for (uint32_t i = 0; i < times(s) && r->slots[k].visits > 0; i++) {
        const struct tbs_end at = time_of(r, k, i);
        least = isfinite(at.error) ? fmin(least, (at.within - share) / at.error) : least;
    }
    return least;
}

static enum word word_of(const struct tbs_search *s, const struct tbs_lab_result *r, uint32_t k,
                         double z)
{
    const double share = s->options->share, zone = s->options->zone;
    const bool enough = tbs_slot_margin(s, r, k, share) >= z;
    const bool too_few = tbs_slot_margin(s, r, k, share + zone) <= -z;

    if (enough && too_few) {
        return tbs_slot_margin(s, r, k, share + zone / 2) >= 0 ? ENOUGH : TOO_FEW;
    }
    return enough ? ENOUGH : too_few ? TOO_FEW : NOT_SHOWN;
}

/* Days after which half the zone is z standard errors, and at least ZONE_Z, in nearly all half
 * hours: those in which hardly anybody comes don't hold up the others. */
static uint32_t days_wanted(const struct each *e, double z)
{
    const struct tbs_search *s = e->s;
    double days[TBS_PLAN_SLOTS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        double error = 0;
        for (uint32_t t = 0; t < times(s) && e->result.slots[k].visits > 0; t++) {
            error = fmax(error, time_of(&e->result, k, t).error);
        }
        const double n = e->result.days * pow(2 * fmax(z, ZONE_Z) * error / s->options->zone, 2);
        uint32_t at = count++;
        for (; at > 0 && days[at - 1] > n; at--) {
            days[at] = days[at - 1];
        }
        days[at] = n;
    }
    const double most = days[(count - 1) * 9 / 10] / e->short_by;
    return (uint32_t)fmin(fmax(most * s->options->effort, FIRST_DAYS),
                          EACH_DAYS_MOST * s->options->effort);
}

/* A quick run leaves some to the estimate, and is no longer than what is missing takes to see. */
static bool open_question(struct each *e, double z)
{
    uint32_t open = 0, asked = 0, few = 0;

    for (uint32_t i = 0; i < e->s->open_count; i++) {
        const uint32_t k = e->s->open[i];
        e->words[k] = word_of(e->s, &e->result, k, z);
        open += e->words[k] == NOT_SHOWN && e->watched[k];
        few += e->words[k] == TOO_FEW && e->watched[k];
        asked += e->watched[k];
    }
    return e->quick ? 4 * open > asked && open > few : open > 0;
}

/* Runs the staffing until nothing that is watched is open; false: stopped. */
static bool run(struct each *e, const struct tbs_staffing *staffing, double alpha)
{
    struct tbs_search *s = e->s;
    uint32_t want = FIRST_DAYS, most = UINT32_MAX;
    double seen = 0;

    e->runs++;
    tbs_lab_begin(s->lab, staffing, e->seed, 0, NULL);
    for (;;) {
        tbs_lab_more(s->lab, want - (most == UINT32_MAX ? 0 : e->result.days));
        tbs_lab_tell(s->lab, &e->result);
        if (most == UINT32_MAX) {
            most = days_wanted(e, tbs_normal_quantile(1 - alpha / 2));
        }
        const double t = fmin(1, (double)e->result.days / most);
        const bool open = open_question(e, tbs_normal_quantile(1 - alpha * (t - seen)));
        seen = t;
        if (!open || e->result.days >= most || tbs_search_stopped(s)) {
            break;
        }
        want = 2 * e->result.days < most ? 2 * e->result.days : most;
    }
    s->days_run += e->result.days;
    return !tbs_search_stopped(s);
}

/* The word, or what the estimate says. */
static bool too_few(const struct each *e, uint32_t k)
{
    const struct tbs_plan_options *o = e->s->options;

    return e->words[k] == TOO_FEW ||
           (e->words[k] == NOT_SHOWN &&
            tbs_slot_margin(e->s, &e->result, k, o->share + o->zone / 2) < 0);
}

/* About how many windows half hour k lacks, or has too many (below 0), as if its share were a
 * normal law's with the variance of as many people as windows. */
static double lacking(const struct each *e, uint32_t k, uint32_t windows)
{
    const struct tbs_plan_options *o = e->s->options;
    double least = 1;

    for (uint32_t i = 0; i < times(e->s); i++) {
        least = fmin(least, time_of(&e->result, k, i).within);
    }
    const double wanted = tbs_normal_quantile(fmin(o->share + o->zone / 2, 0.9999));
    const double has = tbs_normal_quantile(fmin(fmax(least, 0.0001), 0.9999));
    return sqrt(windows) * (wanted - has);
}

static void watch_all(struct each *e)
{
    for (uint32_t i = 0; i < e->s->open_count; i++) {
        e->watched[e->s->open[i]] = true;
    }
}

/* How many windows half hour k would have, by this run, were there parts of windows. First each
 * takes what it lacks, and a part more, and so on: a window that closes finishes its customer and
 * takes that work away with it, so where services are long, one window less hardly shows in its
 * own half hour but in those that follow. Later, near the least, the mean of some runs. */
static double level_next(const struct each *e, double level, uint32_t windows, uint32_t k,
                         uint32_t round)
{
    const double lacks = lacking(e, k, windows);

    if (round < ROUGH_ROUNDS) {
        return level + GAIN * lacks;
    }
    const double now = windows + lacks;
    return round == ROUGH_ROUNDS ? now : level + FORGETS * (now - level);
}

/* Near the least, all half hours at once, in short runs. Never more than a quarter fewer at a
 * time: few windows are no normal law. False: stopped. */
static bool approach(struct each *e, struct tbs_staffing *at)
{
    const struct tbs_search *s = e->s;
    double level[TBS_PLAN_SLOTS];

    watch_all(e);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        level[k] = at->windows[k];
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const bool rough = round < ROUGH_ROUNDS;
        e->short_by = rough ? ROUGH : NEAR;
        if (!run(e, at, EXPLORE_ERROR)) {
            return false;
        }
        for (uint32_t i = 0; i < s->open_count; i++) {
            const uint32_t k = s->open[i];
            if (e->result.slots[k].visits > 0) {
                level[k] = level_next(e, level[k], at->windows[k], k, round);
                level[k] = fmax(level[k], fmax(1, 0.75 * at->windows[k]));
                level[k] = fmin(level[k], s->lab->windows_max);
                at->windows[k] = (uint16_t)(rough ? lround(level[k]) : ceil(level[k] - SPARE));
            }
        }
    }
    return true;
}

/* Up, until no half hour has too few. */
static bool ascend(struct each *e, struct tbs_staffing *at)
{
    const struct tbs_search *s = e->s;
    bool more = true;

    watch_all(e);
    while (more && e->runs < RUNS_MOST) {
        if (!run(e, at, EXPLORE_ERROR)) {
            return false;
        }
        more = false;
        for (uint32_t i = 0; i < s->open_count; i++) {
            const uint32_t k = s->open[i];
            if (too_few(e, k) && at->windows[k] < s->lab->windows_max) {
                const double lack = e->quick ? fmax(1, 0.7 * lacking(e, k, at->windows[k])) : 1;
                const uint32_t with = at->windows[k] + (uint32_t)lack;
                at->windows[k] =
                    (uint16_t)(with < s->lab->windows_max ? with : s->lab->windows_max);
                more = true;
            }
        }
    }
    return true;
}

/* Does half hour k miss the promise because a neighbour gave a window away? */
static bool hurts(const struct each *e, uint32_t k)
{
    return tbs_slot_margin(e->s, &e->result, k, e->s->options->share) < -HURT_Z;
}

/* One window fewer in every second half hour, from `first` on, where that is not known to be too
 * few. *tried: in how many; false: stopped. */
static bool every_second(struct each *e, struct tbs_staffing *at, uint32_t first, uint32_t *tried)
{
    const struct tbs_search *s = e->s;
    struct tbs_staffing less = *at;

    memset(e->watched, 0, sizeof e->watched);
    for (uint32_t i = first; i < s->open_count; i += 2) {
        const uint32_t k = s->open[i];
        if (at->windows[k] > 1 && !e->tight[k]) {
            less.windows[k]--;
            (*tried)++;
            e->watched[k] = true;
        }
    }
    if (memcmp(&less, at, sizeof less) == 0) {
        return true;
    }
    if (!run(e, &less, EXPLORE_ERROR)) {
        return false;
    }
    const struct tbs_staffing before = *at;
    for (uint32_t i = first; i < s->open_count; i += 2) {
        const uint32_t k = s->open[i];
        if (less.windows[k] == before.windows[k]) {
            continue;
        }
        e->tight[k] = too_few(e, k) || (i > 0 && hurts(e, s->open[i - 1])) ||
                      (i + 1 < s->open_count && hurts(e, s->open[i + 1]));
        at->windows[k] = e->tight[k] ? at->windows[k] : less.windows[k];
    }
    return true;
}

/* Down, until each half hour with one window fewer has too few, or another one then has. */
static bool descend(struct each *e, struct tbs_staffing *at)
{
    uint32_t tried = 1;

    memset(e->tight, 0, sizeof e->tight);
    while (tried > 0 && e->runs < RUNS_MOST) {
        tried = 0;
        if (!every_second(e, at, 0, &tried) || !every_second(e, at, 1, &tried)) {
            return false;
        }
    }
    return true;
}

/* What was not shown gets a window more; false: there is none to give. */
static bool add_not_shown(struct each *e, struct tbs_staffing *at)
{
    const struct tbs_search *s = e->s;
    bool added = false;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (e->words[k] != ENOUGH) {
            if (at->windows[k] == s->lab->windows_max) {
                return false;
            }
            at->windows[k]++;
            added = true;
        }
    }
    if (!added) { /* too many leave */
        const uint32_t k = tbs_best_add(s, at);
        if (k == TB_NONE) {
            return false;
        }
        at->windows[k]++;
    }
    return true;
}

/* Then closing a window looks free to the replay that made the first plan, for its customer is
 * finished all the same, and a plan that opens and closes at random comes of it: theory is the
 * better start. Else the replay is: it knows the doors, and who is served after closing. */
static bool services_are_long(const struct tbs_search *s)
{
    double rate[TBS_PLAN_SLOTS], service_h;

    tbs_load_rates(s->lab, rate, &service_h);
    return service_h > 0.5;
}

void tbs_each_decide(struct tbs_search *s, struct tbs_staffing at, struct tbs_plan_hall *hall)
{
    const double alpha = 1 - s->options->confidence;
    struct each e = {.s = s,
                     .seed = (s->options->seed + 1) * 0x9e3779b97f4a7c15u,
                     .quick = true,
                     .short_by = QUICK};
    struct tbs_staffing start;

    if (services_are_long(s)) {
        tbs_load_start(s->lab, s->options, &start);
        for (uint32_t i = 0; i < s->open_count; i++) {
            at.windows[s->open[i]] = start.windows[s->open[i]];
        }
        if (!approach(&e, &at)) {
            return;
        }
    } else if (!ascend(&e, &at) || !descend(&e, &at)) {
        return;
    }
    e.quick = false;
    e.short_by = 1;
    e.seed += 1;
    if (!descend(&e, &at) || !ascend(&e, &at)) {
        return;
    }
    /* Each time something gets a window more, so this ends: at the latest with all of them. */
    for (uint32_t i = 0; e.runs < RUNS_MOST; i++) {
        e.seed += 1;
        watch_all(&e);
        const double error = (1 - TBS_ERROR_ALL) * alpha * ldexp(1, -(int)i - 1);
        if (!run(&e, &at, error)) {
            return;
        }
        const double z = tbs_margin(s, &e.result);
        hall->needs = at;
        hall->result = e.result;
        hall->kept_probability = tbs_normal_below(z);
        hall->state =
            z >= tbs_normal_quantile(s->options->confidence) ? TBS_PLAN_KEPT : TBS_PLAN_UNPROVEN;
        tbs_search_correct(s, &at, &e.result);
        tbs_search_tell(s, "check", &at, &e.result, hall->state == TBS_PLAN_KEPT);
        if (hall->state == TBS_PLAN_KEPT || !add_not_shown(&e, &at)) {
            return;
        }
    }
}
