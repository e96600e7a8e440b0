/* How long agents stay away from the line after a call: written-up notes, a cup of tea. A log does
 * not tell it, but where somebody stood in line whom the agent could take, the time until he took
 * his next call is such a pause; if the line emptied before, it lasted at least until then (Kaplan,
 * Meier 1958). Learned on one half of the days and used on the other, so that no day's own waits
 * shape its own replay. Drawn by the number of the call: the same log gives the same pauses. */
#include <stdlib.h>

#include "fit/log.h"
#include "kernel/random.h"
#include "kernel/survival.h"

enum { SEED = 1999, EVENTS_LEAST = 50 };

/* When no caller whom the agent can take stands in line any more, from from_s on; until_s if it
 * does not come to that before. */
static int32_t line_empty_at(const struct tbs_log *log, uint32_t day, uint32_t agent,
                             int32_t from_s, int32_t until_s)
{
    int32_t at_s = from_s;

    /* In order of entering: who comes before the line is empty keeps it so. */
    for (uint32_t i = log->first[day]; i < log->first[day + 1] && at_s < until_s; i++) {
        const struct tbs_call *c = &log->calls[i];
        const int32_t out_s = c->enter_s + c->wait_s;
        if (c->enter_s > at_s) {
            break;
        }
        if (out_s > at_s && log->skills[(size_t)agent * log->type_count + c->type]) {
            at_s = out_s;
        }
    }
    return at_s < until_s ? at_s : until_s;
}

static int by_agent(const void *left, const void *right)
{
    const struct tbs_call *a = *(const struct tbs_call *const *)left;
    const struct tbs_call *b = *(const struct tbs_call *const *)right;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->agent != b->agent) {
        return a->agent < b->agent ? -1 : 1;
    }
    return a->start_s < b->start_s ? -1 : a->start_s > b->start_s;
}

/* Adds the pauses of all agents to the curve of their day's half. */
static void pauses_learn(struct tbs_log *log, int32_t idle_s, struct tbs_survival half[2])
{
    struct tbs_call **calls = malloc((log->count + 1) * sizeof(struct tbs_call *));
    uint32_t count = 0;

    tbs_assert(calls != NULL);
    for (uint32_t i = 0; i < log->count; i++) {
        if (log->calls[i].agent != TBS_FIT_NOBODY) {
            calls[count++] = &log->calls[i];
        }
    }
    qsort(calls, count, sizeof(struct tbs_call *), by_agent);
    for (uint32_t i = 0; i + 1 < count; i++) {
        const struct tbs_call *c = calls[i], *next = calls[i + 1];
        const int32_t end_s = c->start_s + c->service_s;
        if (next->day != c->day || next->agent != c->agent || next->start_s < end_s ||
            next->start_s > end_s + idle_s) {
            continue;
        }
        const int32_t seen_s = line_empty_at(log, c->day, c->agent, end_s, next->start_s);
        if (seen_s > end_s || next->start_s == end_s) {
            const bool whole = seen_s == next->start_s;
            tbs_survival_add(&half[c->day % 2], (int64_t)(seen_s - end_s) * 1000000, whole);
            log->pauses_seen += whole;
            log->pauses_cut += !whole;
        }
    }
    free(calls);
}

void tbs_pause_draw(struct tbs_log *log, int32_t idle_s)
{
    struct tbs_survival *half = malloc(2 * sizeof *half);
    const struct tbs_key key = tbs_key(SEED, TBS_BREAK, 0, 0);

    tbs_assert(half != NULL);
    tbs_survival_clear(&half[0]);
    tbs_survival_clear(&half[1]);
    pauses_learn(log, idle_s, half);
    for (uint32_t i = 0; i < log->count; i++) {
        struct tbs_call *c = &log->calls[i];
        const struct tbs_survival *other = &half[1 - c->day % 2];
        if (other->event.count < EVENTS_LEAST) {
            continue; /* nothing to learn from */
        }
        const int64_t us = tbs_survival_quantile_us(other, tbs_unit(tbs_random_at(key, i)));
        c->pause_s = us < 0 || us > (int64_t)idle_s * 1000000 ? idle_s
                                                              : (int32_t)((us + 500000) / 1000000);
        log->pause_mean_s += (double)c->pause_s / log->count;
    }
    free(half);
}
