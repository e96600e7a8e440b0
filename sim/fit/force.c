/* Who was at work: an agent's calls of a day, joined where the pause between them is short. An
 * agent who waits for a call and one who went for lunch look alike in a log, so the longest pause
 * that still counts as waiting is assumed. But who lets a caller stand whom he could take is not
 * waiting: he writes up the last call, or is away. */
#include <stdlib.h>

#include "fit/log.h"

enum { SKILL_CALLS = 2, BESIDE_S = 5 };

static int force_compare(const void *left, const void *right)
{
    const struct tbs_force *a = left, *b = right;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->agent != b->agent) {
        return a->agent < b->agent ? -1 : 1;
    }
    return a->from_s < b->from_s ? -1 : a->from_s > b->from_s;
}

static void skills_find(struct tbs_log *log)
{
    const size_t cells = (size_t)log->agent_count * log->type_count + 1;
    uint32_t *took = calloc(cells, sizeof *took);

    log->skills = calloc(cells, sizeof *log->skills);
    tbs_assert(took != NULL);
    tbs_assert(log->skills != NULL);
    for (uint32_t i = 0; i < log->count; i++) {
        const struct tbs_call *c = &log->calls[i];
        if (c->agent != TBS_FIT_NOBODY) {
            const size_t at = (size_t)c->agent * log->type_count + c->type;
            log->skills[at] = ++took[at] >= SKILL_CALLS;
        }
    }
    free(took);
}

/* When a caller whom the agent could take first stood beside him in a pause; to_s: none did. */
static int32_t beside_from(const struct tbs_log *log, const struct tbs_force *f, int32_t to_s)
{
    for (uint32_t i = log->first[f->day]; i < log->first[f->day + 1]; i++) {
        const struct tbs_call *c = &log->calls[i];
        const int32_t from_s = c->enter_s > f->to_s ? c->enter_s : f->to_s;
        const int32_t out_s = c->enter_s + c->wait_s;
        if (from_s + BESIDE_S > to_s) {
            continue;
        }
        if ((out_s < to_s ? out_s : to_s) - from_s >= BESIDE_S &&
            log->skills[(size_t)f->agent * log->type_count + c->type]) {
            return from_s;
        }
    }
    return to_s;
}

/* Joins neighbours in place. */
static void join(struct tbs_log *log, int32_t idle_s, bool pauses)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < log->force_count; i++) {
        const struct tbs_force f = log->forces[i];
        struct tbs_force *last = kept > 0 ? &log->forces[kept - 1] : NULL;
        if (last == NULL || last->day != f.day || last->agent != f.agent ||
            f.from_s > last->to_s + idle_s) {
            log->forces[kept++] = f;
            continue;
        }
        const int32_t stood_s = f.from_s > last->to_s ? beside_from(log, last, f.from_s)
                                                      : f.from_s;
        const bool paused = stood_s < f.from_s;
        log->pauses += paused;
        log->pauses_s += f.from_s - stood_s;
        if (paused && pauses) {
            last->to_s = stood_s;
            log->forces[kept++] = f;
        } else {
            last->to_s = f.to_s > last->to_s ? f.to_s : last->to_s;
        }
    }
    log->force_count = kept;
}

void tbs_force_find(struct tbs_log *log, int32_t idle_s, bool pauses)
{
    log->forces = calloc(log->count + 1, sizeof *log->forces);
    tbs_assert(log->forces != NULL);
    skills_find(log);
    for (uint32_t i = 0; i < log->count; i++) {
        const struct tbs_call *c = &log->calls[i];
        if (c->served && c->agent != TBS_FIT_NOBODY) {
            log->forces[log->force_count++] =
                (struct tbs_force){c->day, c->agent, c->start_s, c->start_s + c->service_s};
        }
    }
    qsort(log->forces, log->force_count, sizeof *log->forces, force_compare);
    join(log, idle_s, pauses);
}
