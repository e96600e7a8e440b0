/* What if, as a scenario: hours, arrivals, demand and volume of one hall, the rest borrowed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "web/day.h"

static void *copied(const void *from, size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    tbs_assert(memory != NULL);
    memcpy(memory, from, count * size);
    return memory;
}

static bool narrowed(const struct tbs_web_whatif *w)
{
    return w->from > 0 || w->to < TBS_WEB_SLOTS;
}

static void kind_narrow(struct tb_day_kind *kind, const struct tbs_web_whatif *w)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < kind->period_count && narrowed(w); i++) {
        const int64_t from = w->from * TBS_PLAN_SLOT_US, to = w->to * TBS_PLAN_SLOT_US;
        const int64_t opens = kind->periods[i].opens_us, closes = kind->periods[i].closes_us;
        kind->periods[count].opens_us = opens > from ? opens : from;
        kind->periods[count].closes_us = closes < to ? closes : to;
        count += kind->periods[count].opens_us < kind->periods[count].closes_us;
    }
    kind->period_count = narrowed(w) ? count : kind->period_count;
}

/* People of the hours that are no longer open come within those that are. False: there are none. */
static bool arrivals_narrow(struct tbs_web_changed *changed, uint32_t profile,
                            const struct tbs_web_question *q)
{
    const struct tb_arrivals_day *day = &changed->arrivals[profile].days[q->kind];
    const int64_t from = q->whatif.from * TBS_PLAN_SLOT_US, to = q->whatif.to * TBS_PLAN_SLOT_US;
    uint32_t count = 0;
    double sum = 0;

    if (!narrowed(&q->whatif)) {
        return true;
    }
    changed->pieces = copied(day->pieces, day->count, sizeof *changed->pieces);
    for (uint32_t i = 0; i < day->count; i++) {
        const struct tb_arrivals_piece *p = &day->pieces[i];
        const int64_t a = p->from_us > from ? p->from_us : from, b = p->to_us < to ? p->to_us : to;
        if (a < b) {
            const double share = p->share * (double)(b - a) / (double)(p->to_us - p->from_us);
            changed->pieces[count++] = (struct tb_arrivals_piece){a, b, share};
            sum += share;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        changed->pieces[i].share /= sum;
    }
    changed->arrivals[profile].days[q->kind] = (struct tb_arrivals_day){changed->pieces, count};
    return sum > 0;
}

static bool is_closed(const struct tbs_web_whatif *w, uint32_t hall)
{
    for (uint32_t i = 0; i < w->closed_count; i++) {
        if (w->closed[i] == hall) {
            return true;
        }
    }
    return false;
}

/* How much comes to this hall besides its own, of halls that are closed. */
static double share_taken(const struct tb_scenario *s, const struct tbs_web_question *q)
{
    const uint32_t trade = s->halls[q->hall].trade;
    double closed = 0, open = 0;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        if (s->halls[h].trade == trade && s->halls[h].mix != TB_NONE) {
            *(is_closed(&q->whatif, h) ? &closed : &open) += (double)s->halls[h].volume_milli;
        }
    }
    return open > 0 ? closed / open : 0;
}

bool tbs_web_change(const struct tb_scenario *s, const struct tbs_web_question *q,
                    struct tbs_web_changed *changed)
{
    struct tb_scenario *own = &changed->scenario;

    memset(changed, 0, sizeof *changed);
    *own = *s;
    own->halls = changed->halls = copied(s->halls, s->hall_count, sizeof *s->halls);
    own->config.calendars = changed->calendars =
        copied(s->config.calendars, s->config.calendar_count, sizeof *changed->calendars);
    own->arrivals = changed->arrivals =
        copied(s->arrivals, s->arrivals_count, sizeof *changed->arrivals);
    own->demand.scale *= 1 + q->whatif.surge;
    struct tb_scenario_hall *hall = &changed->halls[q->hall];
    hall->volume_milli = (uint64_t)llrint((double)hall->volume_milli * (1 + share_taken(s, q)));
    struct tb_day_kind *kind = &changed->calendars[hall->calendar].kinds[q->kind];
    kind_narrow(kind, &q->whatif);
    return !is_closed(&q->whatif, q->hall) && kind->period_count > 0 &&
           arrivals_narrow(changed, hall->arrivals, q);
}

void tbs_web_changed_free(struct tbs_web_changed *changed)
{
    free(changed->halls);
    free(changed->calendars);
    free(changed->arrivals);
    free(changed->pieces);
}
