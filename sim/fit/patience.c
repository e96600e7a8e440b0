/* What a log can't say: how long the served would have waited, how long the lost would have
 * taken. Both are drawn from the log's own curves (Kaplan-Meier; all recorded services), by the
 * number of the call, so the same log gives the same trace. */
#include <stdlib.h>

#include "fit/log.h"
#include "kernel/random.h"
#include "kernel/survival.h"

enum { CURVE_LEFT_LEAST = 50, SEED = 1999 };

/* The curve of calls of one type and class (TBS_FIT_NOBODY: all types). */
static uint32_t curve_fill(const struct tbs_log *log, uint32_t type, bool priority,
                           struct tbs_survival *curve)
{
    uint32_t left = 0;

    tbs_survival_clear(curve);
    for (uint32_t i = 0; i < log->count; i++) {
        const struct tbs_call *c = &log->calls[i];
        if (c->priority == priority && (type == TBS_FIT_NOBODY || c->type == type)) {
            tbs_survival_add(curve, (int64_t)c->wait_s * 1000000, !c->served);
            left += !c->served;
        }
    }
    return left;
}

/* Of those who outlast `waited_us`, the share u does not outlast the answer. */
static int64_t patience_beyond(const struct tbs_survival *curve, int64_t waited_us, double u)
{
    const double stay = waited_us > 0 ? tbs_survival_beyond(curve, waited_us) : 1;
    const int64_t us = tbs_survival_quantile_us(curve, 1 - stay * (1 - u));

    if (us < 0) {
        return TB_NEVER; /* nobody was seen to give up so late */
    }
    return us > waited_us ? us : waited_us + 1000000;
}

static void patience_draw(struct tbs_log *log, uint32_t type, bool priority,
                          const struct tbs_survival *curve)
{
    const struct tbs_key key = tbs_key(SEED, TBS_PATIENCE, 0, 0);

    for (uint32_t i = 0; i < log->count; i++) {
        struct tbs_call *c = &log->calls[i];
        if (c->served && c->priority == priority && c->type == type) {
            c->drawn_us = patience_beyond(curve, (int64_t)c->wait_s * 1000000,
                                          tbs_unit(tbs_random_at(key, i)));
        }
    }
}

/* A recorded service of the same type, any of them. */
static void service_draw(struct tbs_log *log, uint32_t type, uint32_t *of)
{
    const struct tbs_key key = tbs_key(SEED, TBS_SERVICE, 0, 0);
    uint32_t count = 0;

    for (uint32_t i = 0; i < log->count; i++) {
        if (log->calls[i].served && log->calls[i].type == type) {
            of[count++] = i;
        }
    }
    for (uint32_t i = 0; i < log->count; i++) {
        struct tbs_call *c = &log->calls[i];
        if (!c->served && c->type == type) {
            const double u = tbs_unit(tbs_random_at(key, i));
            const uint32_t pick = count > 0 ? of[(uint32_t)(u * count)] : TBS_FIT_NOBODY;
            const int32_t s = pick == TBS_FIT_NOBODY ? 0 : log->calls[pick].service_s;
            c->drawn_us = (int64_t)s * 1000000;
        }
    }
}

void tbs_patience_draw(struct tbs_log *log)
{
    struct tbs_survival *own = malloc(sizeof *own), *all = malloc(sizeof *all);
    uint32_t *of = malloc(log->count * sizeof *of);

    tbs_assert(own != NULL);
    tbs_assert(all != NULL);
    tbs_assert(of != NULL);
    for (int priority = 0; priority < 2; priority++) {
        curve_fill(log, TBS_FIT_NOBODY, priority, all);
        for (uint32_t type = 0; type < log->type_count; type++) {
            const bool enough = curve_fill(log, type, priority, own) >= CURVE_LEFT_LEAST;
            patience_draw(log, type, priority, enough ? own : all);
        }
    }
    for (uint32_t type = 0; type < log->type_count; type++) {
        service_draw(log, type, of);
    }
    free(own);
    free(all);
    free(of);
}
