/* The real core and the real people of one hall; everything else of the city is left out. */
#include "web/cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

enum { VISITS_EXTRA = 500 };

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    tbs_assert(memory != NULL);
    return memory;
}

/* ---- hours ----------------------------------------------------------------------------------- */

static bool narrowed(const struct tbs_web_whatif *w)
{
    return w != NULL && (w->from > 0 || w->to < TBS_WEB_SLOTS);
}

static void kind_narrow(struct tb_day_kind *kind, const struct tbs_web_whatif *w)
{
    uint32_t count = 0;

    if (!narrowed(w)) {
        return;
    }
    for (uint32_t i = 0; i < kind->period_count; i++) {
        const int64_t from = w->from * TBS_WEB_SLOT_US, to = w->to * TBS_WEB_SLOT_US;
        const int64_t opens = kind->periods[i].opens_us, closes = kind->periods[i].closes_us;
        kind->periods[count].opens_us = opens > from ? opens : from;
        kind->periods[count].closes_us = closes < to ? closes : to;
        count += kind->periods[count].opens_us < kind->periods[count].closes_us;
    }
    kind->period_count = count;
}

bool tbs_web_open(const struct tb_scenario *s, uint32_t hall, uint32_t kind,
                  const struct tbs_web_whatif *whatif, uint32_t slot, double *hours)
{
    struct tb_day_kind own = s->config.calendars[s->halls[hall].calendar].kinds[kind];
    const int64_t from = slot * TBS_WEB_SLOT_US, to = from + TBS_WEB_SLOT_US;
    int64_t sum = 0;

    kind_narrow(&own, whatif);
    for (uint32_t i = 0; i < own.period_count; i++) {
        const int64_t opens = own.periods[i].opens_us, closes = own.periods[i].closes_us;
        const int64_t a = opens > from ? opens : from, b = closes < to ? closes : to;
        sum += b > a ? b - a : 0;
    }
    if (hours != NULL) {
        *hours = (double)sum / (double)TB_HOURS(1);
    }
    return sum > 0;
}

void tbs_web_own(const struct tb_scenario *s, uint32_t hall, uint32_t kind,
                 uint16_t windows[TBS_WEB_SLOTS])
{
    enum { STEPS = 6 }; /* looks every five minutes */

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        windows[k] = 0;
        for (uint32_t i = 0; i < STEPS && tbs_web_open(s, hall, kind, NULL, k, NULL); i++) {
            const uint32_t n = tb_scenario_windows_open(
                s, hall, kind, k * TBS_WEB_SLOT_US + i * (TBS_WEB_SLOT_US / STEPS));
            windows[k] = (uint16_t)(n > windows[k] ? n : windows[k]);
        }
    }
}

/* ---- days and demand ------------------------------------------------------------------------- */

static bool is_closed(const struct tbs_web_whatif *w, uint32_t hall)
{
    for (uint32_t i = 0; i < w->closed_count; i++) {
        if (w->closed[i] == hall) {
            return true;
        }
    }
    return false;
}

/* The days of the kind in the demand year, spread evenly if there are more than asked for. */
static uint32_t days_choose(const struct tb_scenario *s, const struct tbs_web_question *q,
                            uint32_t chosen[TBS_WEB_DAYS_MAX])
{
    const bool year = s->demand.year_first != TB_NONE;
    const uint32_t first = year ? s->demand.year_first : 0;
    const uint32_t end = year ? s->demand.year_last + 1 : s->day_count;
    const struct tb_calendar *calendar = &s->config.calendars[s->halls[q->hall].calendar];
    uint32_t all = 0, seen = 0, count = 0;

    for (uint32_t d = first; d < end; d++) {
        all += calendar->days[d].kind == q->kind;
    }
    const uint32_t wanted = all < q->days ? all : q->days;
    for (uint32_t d = first; d < end && count < wanted; d++) {
        if (calendar->days[d].kind == q->kind) {
            if ((uint64_t)seen * wanted / all == count) {
                chosen[count++] = d;
            }
            seen++;
        }
    }
    return count;
}

static void days_cut(struct tbs_web_cut *cut, const struct tb_scenario *s,
                     const struct tbs_web_question *q)
{
    const uint32_t calendar = s->halls[q->hall].calendar;
    struct tb_scenario *own = &cut->scenario;
    uint32_t chosen[TBS_WEB_DAYS_MAX];
    const uint32_t count = days_choose(s, q, chosen);

    cut->calendar = s->config.calendars[calendar];
    for (uint32_t i = 0; i < count; i++) {
        cut->days[i] = s->config.calendars[calendar].days[chosen[i]];
        cut->dates[i] = s->days[chosen[i]];
        cut->parts[i] = s->demand.parts[calendar][chosen[i]];
    }
    kind_narrow(&cut->calendar.kinds[q->kind], &q->whatif);
    cut->calendar.days = cut->days;
    cut->calendar.day_count = count;
    cut->parts_row = cut->parts;
    own->days = cut->dates;
    own->day_count = count;
    own->calendar_count = own->config.calendar_count = 1;
    own->config.calendars = &cut->calendar;
    own->demand.parts = &cut->parts_row;
    own->demand.scale *= 1 + q->whatif.surge;
    if (s->demand.year_first != TB_NONE) {
        own->demand.year_first = 0;
        own->demand.year_last = count - 1;
    }
}

/* People of the hours that are no longer open come within those that are. False: there are none. */
static bool arrivals_cut(struct tbs_web_cut *cut, const struct tb_scenario *s,
                         const struct tbs_web_question *q)
{
    const struct tb_arrivals_day *day = &s->arrivals[s->halls[q->hall].arrivals].days[q->kind];
    const bool cuts = narrowed(&q->whatif);
    const int64_t from = cuts ? q->whatif.from * TBS_WEB_SLOT_US : INT64_MIN;
    const int64_t to = cuts ? q->whatif.to * TBS_WEB_SLOT_US : INT64_MAX;
    uint32_t count = 0;
    double sum = 0;

    cut->arrivals = s->arrivals[s->halls[q->hall].arrivals];
    cut->pieces = zeroed(day->count, sizeof *cut->pieces);
    for (uint32_t i = 0; i < day->count; i++) {
        const struct tb_arrivals_piece *p = &day->pieces[i];
        const int64_t a = p->from_us > from ? p->from_us : from, b = p->to_us < to ? p->to_us : to;
        if (a < b) {
            const double share = p->share * (double)(b - a) / (double)(p->to_us - p->from_us);
            cut->pieces[count++] = (struct tb_arrivals_piece){a, b, share};
            sum += share;
        }
    }
    for (uint32_t i = 0; i < count && cuts; i++) {
        cut->pieces[i].share /= sum;
    }
    cut->arrivals.days[q->kind] = (struct tb_arrivals_day){cut->pieces, count};
    cut->scenario.arrivals = &cut->arrivals;
    cut->scenario.arrivals_count = 1;
    return sum > 0;
}

static void matters_cut(struct tbs_web_cut *cut, const struct tb_scenario *s, uint32_t mix_index)
{
    static const uint16_t self = 0;
    const struct tb_mix *mix = &s->mixes[mix_index];

    cut->matters = zeroed(mix->count, sizeof *cut->matters);
    cut->kinds = zeroed(mix->count, sizeof *cut->kinds);
    cut->mix_matters = zeroed(mix->count, sizeof *cut->mix_matters);
    for (uint32_t i = 0; i < mix->count; i++) {
        cut->matters[i] = s->matters[mix->matters[i]];
        cut->matters[i].direct_milli = 0;
        cut->matters[i].scope = 0;
        cut->kinds[i] = s->config.matters[mix->matters[i]];
        cut->kinds[i].route = TB_MATTER_NONE;
        cut->kinds[i].remote_group = TB_GROUPS_MAX;
        cut->kinds[i].collect = false;
        cut->kinds[i].halls = &self;
        cut->kinds[i].hall_count = 1;
        cut->mix_matters[i] = (uint16_t)i;
    }
    cut->mix = *mix;
    cut->mix.matters = cut->mix_matters;
    cut->scenario.mixes = &cut->mix;
    cut->scenario.mix_count = 1;
    cut->scenario.matters = cut->matters;
    cut->scenario.matter_count = cut->scenario.config.matter_count = mix->count;
    cut->scenario.config.matters = cut->kinds;
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

/* ---- the hall and its plan ------------------------------------------------------------------- */

static void hall_cut(struct tbs_web_cut *cut, const struct tb_scenario *s,
                     const struct tbs_web_question *q)
{
    const struct tb_scenario_hall *hall = &s->halls[q->hall];
    struct tb_scenario *own = &cut->scenario;

    cut->rules = *s->config.stations[q->hall].rules;
    cut->rules.value[TB_RULE_rate_follow_us] = 0;
    cut->station = s->config.stations[q->hall];
    cut->station.calendar = 0;
    cut->station.rules = &cut->rules;
    for (uint32_t i = 0; i < cut->station.profile_count; i++) {
        cut->profiles[i] = cut->station.profiles[i];
        cut->profiles[i].remote = 0;
    }
    cut->station.profiles = cut->profiles;
    cut->station.plan_entries_max = hall->window_count * 2 * TBS_WEB_SLOTS;
    cut->hall = *hall;
    cut->hall.calendar = cut->hall.window_first = cut->hall.mix = cut->hall.arrivals = 0;
    cut->hall.volume_milli =
        (uint64_t)llrint((double)hall->volume_milli * (1 + share_taken(s, q)));
    cut->servers = zeroed(hall->window_count, sizeof *cut->servers);
    for (uint32_t w = 0; w < hall->window_count; w++) {
        cut->servers[w] = s->servers[hall->window_first + w];
        cut->servers[w].station = 0;
    }
    own->halls = &cut->hall;
    own->hall_count = 1;
    own->desk_count = own->route_count = 0;
    own->servers = cut->servers;
    own->server_count = own->window_count = hall->window_count;
    own->remote_station = TB_STATION_NONE;
    own->people.advice_share = own->people.other_hall_share = own->people.video_share = 0;
    own->people.collect_share = 0;
    own->people.rate_share = own->people.rate_later_share = 0;
    own->config.stations = &cut->station;
    own->config.station_count = 1;
    own->config.route_count = own->config.zone_count = 0;
    own->config.travel_s = NULL;
    own->config.visits_max = own->config.cases_max = own->config.requests_max = 0;
}

static void room_make(struct tbs_web_cut *cut)
{
    double most = 0;

    for (uint32_t d = 0; d < cut->scenario.day_count; d++) {
        const double here = tb_scenario_visitors(&cut->scenario, 0, d);
        most = here > most ? here : most;
    }
    const uint32_t ahead = cut->station.slot_us > 0 ? cut->station.horizon_days : 1;
    cut->scenario.config.tickets_max = (uint32_t)(3 * most * ahead) + VISITS_EXTRA;
}

static bool is_staffed(const struct tbs_web_cut *cut, const struct tbs_web_question *q, uint32_t n,
                       uint32_t slot)
{
    if (slot >= TBS_WEB_SLOTS || q->windows[slot] == 0) {
        return false;
    }
    const uint32_t sick = q->whatif.sick;
    const uint32_t here = q->windows[slot] > sick ? q->windows[slot] - sick : 1;
    return n < here && n < cut->hall.window_count;
}

/* Windows open by number. A shift is a run of half hours within one opening period. */
static void plan_cut(struct tbs_web_cut *cut, const struct tbs_web_question *q)
{
    const struct tb_day_kind *kind = &cut->calendar.kinds[q->kind];
    const uint32_t windows = cut->hall.window_count;
    uint32_t count = 0;

    cut->shifts = zeroed((size_t)windows * TBS_WEB_SLOTS * TB_PERIODS_MAX, sizeof *cut->shifts);
    for (uint32_t n = 0; n < windows; n++) {
        for (uint32_t i = 0; i < kind->period_count; i++) {
            for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
                const uint32_t first = k;
                while (is_staffed(cut, q, n, k)) {
                    k++;
                }
                const int64_t opens = kind->periods[i].opens_us;
                const int64_t closes = kind->periods[i].closes_us;
                const int64_t from = first * TBS_WEB_SLOT_US, to = k * TBS_WEB_SLOT_US;
                const int64_t a = opens > from ? opens : from, b = closes < to ? closes : to;
                if (a < b) {
                    cut->shifts[count++] =
                        (struct tb_shift){n, q->kind, cut->station.servers[n], a, b};
                }
            }
        }
    }
    cut->entries = zeroed((size_t)count * 2, sizeof *cut->entries);
    for (uint32_t i = 0; i < count; i++) {
        const struct tb_shift *shift = &cut->shifts[i];
        int64_t to = shift->to_us + cut->scenario.people.stay_us;
        if (i + 1 < count && shift[1].server == shift->server && to > shift[1].from_us) {
            to = shift[1].from_us;
        }
        to = to > TB_DAYS(1) ? TB_DAYS(1) : to;
        cut->entries[2 * i] = (struct tb_plan_entry){shift->server, q->kind, shift->from_us,
                                                     TB_PLAN_OPEN, shift->profile};
        cut->entries[2 * i + 1] =
            (struct tb_plan_entry){shift->server, q->kind, to, TB_PLAN_CLOSE, 0};
    }
    cut->scenario.shifts = cut->shifts;
    cut->scenario.shift_count = count;
    cut->scenario.config.plan = cut->entries;
    cut->scenario.config.plan_count = 2 * count;
}

struct tbs_web_cut *tbs_web_cut_create(const struct tb_scenario *s,
                                       const struct tbs_web_question *q)
{
    const struct tb_scenario_hall *hall = &s->halls[q->hall];

    if (hall->mix == TB_NONE || hall->volume_milli == 0 || is_closed(&q->whatif, q->hall)) {
        return NULL;
    }
    struct tbs_web_cut *cut = zeroed(1, sizeof *cut);
    cut->scenario = *s;
    days_cut(cut, s, q);
    const bool people = arrivals_cut(cut, s, q);
    if (!people || cut->calendar.day_count == 0 || cut->calendar.kinds[q->kind].period_count == 0) {
        tbs_web_cut_free(cut);
        return NULL;
    }
    matters_cut(cut, s, hall->mix);
    hall_cut(cut, s, q);
    room_make(cut);
    plan_cut(cut, q);
    return cut;
}

void tbs_web_cut_free(struct tbs_web_cut *cut)
{
    free(cut->pieces);
    free(cut->matters);
    free(cut->kinds);
    free(cut->mix_matters);
    free(cut->servers);
    free(cut->shifts);
    free(cut->entries);
    free(cut);
}
