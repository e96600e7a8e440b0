/* The citizens of a recording through one first-come line, with the windows, the stay and the
 * patience that they have, but without classes, skills, breaks and walks. What is missing is what
 * the core's answer on the same citizens adds (control variates); only differences between
 * staffings are taken from here. */
#include <stdlib.h>
#include <string.h>

#include "plan/lab.h"

enum { LAST = TBS_PLAN_SLOTS };

/* Of the window of one rank: for each half hour, from when it is open (at the earliest in that half
 * hour or later), and until when. */
struct rank {
    int64_t opens_us[LAST + 1]; /* first open instant at or after the half hour's start */
    int64_t closes_us[LAST];    /* end of the shift that contains the half hour; -1: closed */
};

struct line {
    struct rank *ranks;
    int64_t free_us[TBS_LAB_WINDOWS];
    uint32_t count;
    int64_t stay_us;
};

void tbs_recording_free(struct tbs_recording *recording)
{
    free(recording->guests);
    free(recording->day_first);
    memset(recording, 0, sizeof *recording);
}

static void rank_make(const struct tbs_lab *lab, const struct tbs_staffing *staffing, uint32_t n,
                      struct rank *rank)
{
    rank->opens_us[LAST] = TB_NEVER;
    for (uint32_t k = LAST; k-- > 0;) {
        const int64_t from = k * TBS_PLAN_SLOT_US, to = from + TBS_PLAN_SLOT_US;
        int64_t opens = TB_NEVER, closes = -1;
        for (uint32_t i = 0; i < lab->kind->period_count && staffing->windows[k] > n; i++) {
            const int64_t a = lab->kind->periods[i].opens_us, b = lab->kind->periods[i].closes_us;
            if (a < to && b > from && opens == TB_NEVER) {
                opens = a > from ? a : from;
                closes = b < to ? b : to;
            }
        }
        rank->opens_us[k] = opens != TB_NEVER ? opens : rank->opens_us[k + 1];
        if (closes == to && k + 1 < LAST && rank->closes_us[k + 1] >= 0 &&
            rank->opens_us[k + 1] == to) {
            closes = rank->closes_us[k + 1];
        }
        rank->closes_us[k] = closes;
    }
}

/* When a window that became free at `free` can take who came at `at`. */
static inline int64_t begins_us(const struct rank *rank, int64_t free, int64_t at, int64_t stay)
{
    const int64_t from = free > at ? free : at;
    const uint32_t k = (uint32_t)(from / TBS_PLAN_SLOT_US);

    if (k >= LAST) {
        return TB_NEVER;
    }
    if (rank->closes_us[k] >= 0) {
        const int64_t opens = rank->opens_us[k];
        if (from < rank->closes_us[k]) {
            return opens > from ? opens : from;
        }
    }
    /* After its shift it serves on while there are people who wait: he came before it was free. */
    if (free >= at && stay > 0) {
        for (uint32_t back = 0; back <= 1 && back <= k; back++) {
            const int64_t closed = rank->closes_us[k - back];
            if (closed >= 0 && free >= closed && free <= closed + stay) {
                return free;
            }
        }
    }
    const int64_t next = rank->opens_us[k] >= from ? rank->opens_us[k] : rank->opens_us[k + 1];
    return next;
}

/* How much of a service that begins at `at` is after the shift: until the next one. */
static double beyond_us(const struct rank *rank, int64_t at, int64_t busy)
{
    const uint32_t k = (uint32_t)(at / TBS_PLAN_SLOT_US);
    const bool open = k < LAST && rank->closes_us[k] > at;
    const int64_t from = open ? rank->closes_us[k] : at;
    const uint32_t next = (uint32_t)((from + TBS_PLAN_SLOT_US - 1) / TBS_PLAN_SLOT_US);
    const int64_t opens = next < LAST ? rank->opens_us[next] : TB_NEVER;
    const int64_t to = at + busy < opens ? at + busy : opens;

    return to > from ? (double)(to - from) : 0;
}

static void day_replay(const struct tbs_lab *lab, struct line *line, const struct tbs_guest *guests,
                       uint32_t count, struct tbs_share *share)
{
    memset(line->free_us, 0, line->count * sizeof line->free_us[0]);
    for (uint32_t i = 0; i < count; i++) {
        const struct tbs_guest *g = &guests[i];
        const int64_t at = g->place_at_us < 0 ? 0 : g->place_at_us;
        int64_t best = TB_NEVER;
        uint32_t who = 0;
        for (uint32_t n = 0; n < line->count && best > at; n++) {
            if (line->free_us[n] >= best) {
                continue;
            }
            const int64_t begins = begins_us(&line->ranks[n], line->free_us[n], at, line->stay_us);
            if (begins < best) {
                best = begins;
                who = n;
            }
        }
        const int64_t wait = best == TB_NEVER ? TB_NEVER : best - at;
        const uint32_t k = (uint32_t)(at / TBS_PLAN_SLOT_US) % TBS_PLAN_SLOTS;
        const bool left = wait == TB_NEVER || wait > g->patience_us;
        const bool within = !left && wait <= lab->promise_us;
        if (k >= lab->judge_from && k < lab->judge_to) {
            share->beyond_us += left ? 0 : beyond_us(&line->ranks[who], best, g->busy_us);
            share->visits++;
            share->within += within;
            share->left += left;
            share->delayed += wait > 0;
        }
        share->slot_visits[k]++;
        share->slot_within[k] += within;
        if (!left) {
            line->free_us[who] = best + g->busy_us;
        }
    }
}

void tbs_replay(const struct tbs_lab *lab, const struct tbs_recording *recording,
                const struct tbs_staffing *staffing, struct tbs_share *share)
{
    struct line line = {.stay_us = lab->cut.people.stay_us};

    memset(share, 0, sizeof *share);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const uint32_t n = staffing->windows[k];
        line.count = n > line.count ? n : line.count;
    }
    line.count = line.count < lab->windows_max ? line.count : lab->windows_max;
    line.ranks = tbs_plan_zeroed(line.count, sizeof *line.ranks);
    for (uint32_t n = 0; n < line.count; n++) {
        rank_make(lab, staffing, n, &line.ranks[n]);
    }
    for (uint32_t d = 0; d < recording->day_count; d++) {
        const uint32_t from = recording->day_first[d], to = recording->day_first[d + 1];
        day_replay(lab, &line, recording->guests + from, to - from, share);
    }
    free(line.ranks);
}
