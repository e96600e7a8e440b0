/* The replay's word: what a staffing would give, corrected by what the core said of the last one,
 * and the moves that look best. Nothing is decided here. */
#include <math.h>
#include <string.h>

#include "plan/search.h"

enum { SWAPS = 4, SWAP_WIDTH = 3 };
/* A window more may save as much overtime as it costs. */
#define HOURS_LEAST 0.05
/* So much more may others seem to miss when one gives a window away: by chance of the replay. */
#define EACH_SLACK 3e-4

struct tbs_recording tbs_first_days(const struct tbs_recording *r, uint32_t visits)
{
    struct tbs_recording part = *r;

    for (uint32_t d = 1; d < r->day_count && part.day_count == r->day_count; d++) {
        if (r->day_first[d] >= visits) {
            part.day_count = d;
        }
    }
    return part;
}

double tbs_odds(double count, double visits)
{
    return (count + 0.5) / (visits - count + 0.5);
}

double tbs_share_of(double odds)
{
    return odds / (1 + odds);
}

/* By how much one half hour misses the promise, in shares of the day. */
static double slot_miss(const struct tbs_search *s, const struct tbs_share *share, uint32_t k)
{
    const double n = share->slot_visits[k], out = tbs_odds(n - share->slot_within[k], n);
    const double wanted = fmin(s->options->share + s->pad_slot[k], 1);

    return n > 0 ? fmax(0, wanted - 1 + tbs_share_of(out * s->odds_slot[k])) * n / share->visits
                 : 0;
}

struct tbs_guess tbs_guess_by(const struct tbs_search *s, const struct tbs_recording *recording,
                              const struct tbs_staffing *staffing)
{
    const struct tbs_plan_options *o = s->options;
    struct tbs_share share;
    struct tbs_guess g = {0};

    tbs_replay(s->lab, recording, staffing, &share);
    if (share.visits <= 0) {
        return (struct tbs_guess){1, 0, tbs_lab_hours(s->lab, staffing)};
    }
    g.hours = tbs_lab_hours(s->lab, staffing) +
              s->beyond * share.beyond_us / (double)TB_HOURS(1) / recording->day_count;
    const double late = tbs_odds(share.visits - share.within, share.visits);
    const double left = tbs_odds(share.left, share.visits);
    g.within = 1 - tbs_share_of(late * s->odds_late);
    g.miss = fmax(0, tbs_share_of(left * s->odds_left) + s->pad_left - o->left_most);
    if (!o->each) {
        g.miss += fmax(0, o->share + s->pad_within - g.within);
    }
    for (uint32_t k = s->lab->judge_from; k < s->lab->judge_to && o->each; k++) {
        g.miss += slot_miss(s, &share, k);
    }
    return g;
}

struct tbs_guess tbs_guess_all(const struct tbs_search *s, const struct tbs_staffing *staffing)
{
    return tbs_guess_by(s, &s->recording, staffing);
}

static bool can(const struct tbs_search *s, const struct tbs_staffing *staffing, uint32_t slot,
                int by)
{
    return by > 0 ? staffing->windows[slot] < s->lab->windows_max : staffing->windows[slot] > 1;
}

struct tbs_guess tbs_guess_with(const struct tbs_search *s, struct tbs_staffing staffing,
                                uint32_t slot, int by)
{
    staffing.windows[slot] = (uint16_t)(staffing.windows[slot] + by);
    return tbs_guess_by(s, &s->rank, &staffing);
}

uint32_t tbs_best_add(const struct tbs_search *s, const struct tbs_staffing *staffing)
{
    const struct tbs_guess now = tbs_guess_by(s, &s->rank, staffing);
    uint32_t best = TB_NONE;
    double most = -INFINITY;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (!can(s, staffing, k, 1)) {
            continue;
        }
        const struct tbs_guess g = tbs_guess_with(s, *staffing, k, 1);
        const double gain = (now.miss - g.miss + 1e-3 * (g.within - now.within)) /
                            fmax(g.hours - now.hours, HOURS_LEAST);
        if (gain > most) {
            most = gain;
            best = k;
        }
    }
    return best;
}

/* Half hours that miss the promise by the replay get a window each, until none does. */
static void each_add(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    bool more = true;

    while (more && !tbs_search_stopped(s)) {
        struct tbs_share share;
        tbs_replay(s->lab, &s->recording, staffing, &share);
        more = false;
        for (uint32_t i = 0; i < s->open_count; i++) {
            const uint32_t k = s->open[i];
            if (slot_miss(s, &share, k) > 0 && can(s, staffing, k, 1)) {
                staffing->windows[k]++;
                more = true;
            }
        }
    }
}

void tbs_add_until_kept(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    if (s->options->each) {
        each_add(s, staffing);
    }
    while (tbs_guess_all(s, staffing).miss > 0 && !tbs_search_stopped(s)) {
        const uint32_t k = tbs_best_add(s, staffing);
        if (k == TB_NONE) {
            return;
        }
        staffing->windows[k]++;
    }
}

/* The SWAP_WIDTH half hours that lose least (by -1) or gain most (by +1): for an hour, overtime
 * included, or by the window. */
static uint32_t ranked(const struct tbs_search *s, const struct tbs_staffing *staffing, int by,
                       bool hourly, uint32_t out[SWAP_WIDTH])
{
    const struct tbs_guess now = tbs_guess_by(s, &s->rank, staffing);
    double values[SWAP_WIDTH];
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->open_count; i++) {
        const uint32_t k = s->open[i];
        if (!can(s, staffing, k, by)) {
            continue;
        }
        const struct tbs_guess g = tbs_guess_with(s, *staffing, k, by);
        const double more = g.within - g.miss - now.within + now.miss;
        const double hours = by * (g.hours - now.hours);
        if (by < 0 && hours <= 0) {
            continue; /* all of it would be worked as overtime */
        }
        const double value = hourly ? more / fmax(hours, HOURS_LEAST) - 1e-4 * by * hours
                                    : more - 0.02 * by * hours;
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

uint32_t tbs_best_remove(const struct tbs_search *s, const struct tbs_staffing *staffing)
{
    uint32_t best[SWAP_WIDTH];

    for (int hourly = 0; hourly <= 1; hourly++) {
        const uint32_t count = ranked(s, staffing, -1, hourly == 1, best);
        for (uint32_t i = 0; i < count; i++) {
            struct tbs_staffing next = *staffing;
            next.windows[best[i]]--;
            if (tbs_guess_all(s, &next).miss <= 0) {
                return best[i];
            }
        }
    }
    return TB_NONE;
}

void tbs_remove_while_kept(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    uint32_t k;

    while (!tbs_search_stopped(s) && tbs_guess_all(s, staffing).miss <= 0 &&
           (k = tbs_best_remove(s, staffing)) != TB_NONE) {
        staffing->windows[k]--;
    }
}

/* Moves one window to another half hour where that serves more in time. */
static bool swap_better(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    uint32_t from[SWAP_WIDTH], to[SWAP_WIDTH];
    const uint32_t from_count = ranked(s, staffing, -1, false, from);
    const uint32_t to_count = ranked(s, staffing, 1, false, to);
    struct tbs_staffing best = *staffing;
    const struct tbs_guess now = tbs_guess_by(s, &s->rank, staffing);
    double most = now.within - now.miss + 1e-9;

    for (uint32_t i = 0; i < from_count; i++) {
        for (uint32_t j = 0; j < to_count; j++) {
            struct tbs_staffing next = *staffing;
            if (from[i] == to[j] || s->hours[from[i]] < s->hours[to[j]]) {
                continue;
            }
            next.windows[from[i]]--;
            next.windows[to[j]]++;
            const struct tbs_guess g = tbs_guess_by(s, &s->rank, &next);
            if (g.within - g.miss > most) {
                most = g.within - g.miss;
                best = next;
            }
        }
    }
    if (memcmp(&best, staffing, sizeof best) == 0) {
        return false;
    }
    const struct tbs_guess before = tbs_guess_all(s, staffing), after = tbs_guess_all(s, &best);
    if (after.within <= before.within || after.miss > before.miss) {
        return false;
    }
    *staffing = best;
    return true;
}

void tbs_swap(const struct tbs_search *s, struct tbs_staffing *staffing, uint32_t moves)
{
    for (uint32_t i = 0; i < moves && !tbs_search_stopped(s) && swap_better(s, staffing); i++) {
    }
}

/* As iterative staffing does it: each half hour for itself, then each that can spare a window
 * without another missing it. */
static void each_descend(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    each_add(s, staffing);
    for (uint32_t i = s->open_count; i-- > 0;) {
        const uint32_t k = s->open[i];
        while (can(s, staffing, k, -1) && !tbs_search_stopped(s)) {
            struct tbs_share share;
            const double before = tbs_guess_all(s, staffing).miss;
            staffing->windows[k]--;
            tbs_replay(s->lab, &s->recording, staffing, &share);
            if (slot_miss(s, &share, k) > 0 ||
                tbs_guess_all(s, staffing).miss > before + EACH_SLACK) {
                staffing->windows[k]++;
                break;
            }
        }
    }
}

static void day_descend(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    tbs_add_until_kept(s, staffing);
    tbs_remove_while_kept(s, staffing);
    struct tbs_staffing at = *staffing;
    double least = tbs_guess_all(s, staffing).hours;
    for (uint32_t i = 0; i < SWAPS && !tbs_search_stopped(s) && swap_better(s, &at); i++) {
        tbs_remove_while_kept(s, &at);
        const double hours = tbs_guess_all(s, &at).hours;
        if (hours < least) {
            least = hours;
            *staffing = at;
        }
    }
}

/* Overtime makes steps look dear that are cheap two steps later, so one descent minds it and one
 * does not; the cheaper end is taken, by planned hours and overtime together. */
void tbs_descend(const struct tbs_search *s, struct tbs_staffing *staffing)
{
    struct tbs_search planned = *s;
    struct tbs_staffing other = *staffing;

    if (s->options->each) {
        each_descend(s, staffing);
        return;
    }
    planned.beyond = 0;
    day_descend(s, staffing);
    day_descend(&planned, &other);
    const struct tbs_guess a = tbs_guess_all(s, staffing), b = tbs_guess_all(s, &other);
    if (b.miss < a.miss || (b.miss <= a.miss && b.hours < a.hours)) {
        *staffing = other;
    }
}
