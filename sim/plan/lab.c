/* A hall alone: a scenario of one station, cut out of the whole, on the days that are planned for.
 * The real core and the real people; what comes and goes between halls is a factor (flow.c). */
#include "plan/lab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

enum { VISITS_EXTRA = 500 };

void *tbs_plan_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + (count == 0), size);

    tbs_assert(memory != NULL);
    return memory;
}

/* ---- the scenario cut out --------------------------------------------------------------------
 */

static void days_cut(struct tbs_lab *lab, const struct tb_scenario *s, uint32_t hall,
                     const struct tbs_plan_days *days)
{
    const uint32_t calendar = s->halls[hall].calendar;
    struct tb_scenario *cut = &lab->cut;

    lab->calendar = s->config.calendars[calendar];
    for (uint32_t i = 0; i < days->count; i++) {
        lab->days[i] = s->config.calendars[calendar].days[days->days[i]];
        lab->cut_days[i] = s->days[days->days[i]];
        lab->parts[i] = s->demand.parts[calendar][days->days[i]];
    }
    lab->calendar.days = lab->days;
    lab->calendar.day_count = days->count;
    lab->parts_row = lab->parts;
    cut->days = lab->cut_days;
    cut->day_count = days->count;
    cut->calendar_count = 1;
    cut->config.calendars = &lab->calendar;
    cut->config.calendar_count = 1;
    cut->demand.parts = &lab->parts_row;
    cut->demand.year_first = s->demand.year_first == TB_NONE ? TB_NONE : 0;
    cut->demand.year_last = s->demand.year_last == TB_NONE ? TB_NONE : days->count - 1;
}

/* The hall's matters; the last one stands for visits that only collect. */
static void matters_cut(struct tbs_lab *lab, const struct tb_scenario *s,
                        const struct tb_scenario_hall *hall)
{
    static const uint16_t self = 0;
    const struct tb_mix *mix = &s->mixes[hall->mix];
    const bool collects = lab->flow.collect > 0 && s->people.collect_service_us > 0;
    const uint32_t count = mix->count + collects;
    const double others = 1 / (1 + (collects ? lab->flow.collect : 0));

    lab->matters = tbs_plan_zeroed(count, sizeof *lab->matters);
    lab->kinds = tbs_plan_zeroed(count, sizeof *lab->kinds);
    lab->mix_matters = tbs_plan_zeroed(count, sizeof *lab->mix_matters);
    lab->mix_chance = tbs_plan_zeroed(count, sizeof *lab->mix_chance);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t from = mix->matters[i < mix->count ? i : 0];
        lab->matters[i] = s->matters[from];
        lab->kinds[i] = s->config.matters[from];
        lab->kinds[i].route = TB_MATTER_NONE;
        lab->kinds[i].remote_group = TB_GROUPS_MAX;
        lab->kinds[i].collect = false;
        lab->kinds[i].halls = &self;
        lab->kinds[i].hall_count = 1;
        lab->matters[i].direct_milli = 0;
        lab->matters[i].scope = 0;
        lab->matters[i].settled_share = 1;
        lab->mix_matters[i] = (uint16_t)i;
        lab->mix_chance[i] = i < mix->count ? mix->chance[i] * others : 1 - others;
    }
    if (collects) {
        lab->matters[mix->count].service.mean_us = s->people.collect_service_us;
    }
    lab->mix = *mix;
    lab->mix.matters = lab->mix_matters;
    lab->mix.chance = lab->mix_chance;
    lab->mix.count = count;
    lab->cut.mixes = &lab->mix;
    lab->cut.mix_count = 1;
    lab->cut.matters = lab->matters;
    lab->cut.matter_count = count;
    lab->cut.config.matters = lab->kinds;
    lab->cut.config.matter_count = count;
}

/* People who come when flow.shape says, evenly within each half hour. */
static void arrivals_cut(struct tbs_lab *lab, const struct tb_scenario *s,
                         const struct tb_scenario_hall *hall)
{
    uint32_t count = 0;

    lab->pieces = tbs_plan_zeroed(TBS_PLAN_SLOTS, sizeof *lab->pieces);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (lab->flow.shape[k] > 0) {
            const int64_t from = k * TBS_PLAN_SLOT_US;
            lab->pieces[count++] =
                (struct tb_arrivals_piece){from, from + TBS_PLAN_SLOT_US, lab->flow.shape[k]};
        }
    }
    if (count > 0) {
        lab->arrivals = s->arrivals[hall->arrivals];
        lab->arrivals.days[lab->plan_days.kind] = (struct tb_arrivals_day){lab->pieces, count};
        lab->cut.arrivals = &lab->arrivals;
        lab->cut.arrivals_count = 1;
        lab->hall.arrivals = 0;
    }
}

/* Which lines a profile can serve at all. */
static uint64_t lines_of(const struct tb_profile *profile)
{
    return profile->serves | profile->helps;
}

/* The skills with which the scenario's plan has window w on such days; its own if it has none. */
static uint16_t profile_of(const struct tb_scenario *s, uint32_t hall, uint32_t w, uint32_t kind)
{
    const uint32_t server = s->halls[hall].window_first + w;

    for (uint32_t i = 0; i < s->shift_count; i++) {
        if (s->shifts[i].server == server && s->shifts[i].day_kind == kind) {
            return (uint16_t)s->shifts[i].profile;
        }
    }
    return s->config.stations[hall].servers[w];
}

/* Windows in the order in which they open: each next one is the first by number that serves most
 * of the lines still without a window; then by number. */
static void order_make(struct tbs_lab *lab, const struct tb_station *station, uint32_t count)
{
    bool taken[TBS_LAB_WINDOWS] = {false};
    uint64_t covered = 0;

    for (uint32_t n = 0; n < count; n++) {
        uint32_t best = TB_NONE;
        int most = -1;
        for (uint32_t w = 0; w < count; w++) {
            const uint64_t lines = lines_of(&station->profiles[lab->profiles[w]]);
            const int gain = __builtin_popcountll(lines & ~covered);
            if (!taken[w] && gain > most) {
                best = w;
                most = gain;
            }
        }
        taken[best] = true;
        covered |= lines_of(&station->profiles[lab->profiles[best]]);
        lab->order[n] = (uint16_t)best;
    }
}

static void station_cut(struct tbs_lab *lab, const struct tb_scenario *s, uint32_t hall)
{
    const struct tb_station *station = &s->config.stations[hall];
    const struct tb_scenario_hall *own = &s->halls[hall];
    const uint32_t count = lab->windows_max;

    lab->servers = tbs_plan_zeroed(count, sizeof *lab->servers);
    lab->profiles = tbs_plan_zeroed(count, sizeof *lab->profiles);
    for (uint32_t w = 0; w < count; w++) {
        const uint32_t from = w < station->server_count ? w : 0;
        lab->servers[w] = s->servers[own->window_first + from];
        lab->servers[w].station = 0;
        lab->profiles[w] = profile_of(s, hall, from, lab->plan_days.kind);
    }
    order_make(lab, station, count);
    lab->rules = *station->rules;
    lab->rules.value[TB_RULE_rate_follow_us] = 0;
    lab->station = *station;
    lab->station.calendar = 0;
    lab->station.rules = &lab->rules;
    lab->station.servers = lab->profiles;
    lab->skill_sets = tbs_plan_zeroed(station->profile_count, sizeof *lab->skill_sets);
    for (uint32_t p = 0; p < station->profile_count; p++) {
        lab->skill_sets[p] = station->profiles[p];
        lab->skill_sets[p].remote = 0; /* what comes by video is not the hall's own */
    }
    lab->station.profiles = lab->skill_sets;
    lab->station.server_count = count;
    lab->station.plan_entries_max = count * 2 * TBS_PLAN_SLOTS;
    lab->hall = *own;
    lab->hall.calendar = 0;
    lab->hall.window_first = 0;
    lab->hall.window_count = count;
    lab->hall.mix = 0;
    lab->hall.volume_milli = (uint64_t)llrint(
        (double)own->volume_milli * lab->flow.factor *
        (1 + (s->people.collect_service_us > 0 ? lab->flow.collect : 0)));
}

static void scenario_cut(struct tbs_lab *lab, const struct tb_scenario *s, uint32_t hall)
{
    struct tb_scenario *cut = &lab->cut;
    double visits = 0;

    cut->halls = &lab->hall;
    cut->hall_count = 1;
    cut->desk_count = cut->route_count = 0;
    cut->servers = lab->servers;
    cut->server_count = cut->window_count = lab->windows_max;
    cut->remote_station = TB_STATION_NONE;
    cut->people.advice_share = cut->people.other_hall_share = cut->people.video_share = 0;
    cut->people.collect_share = 0;
    cut->people.rate_share = cut->people.rate_later_share = 0;
    cut->config.stations = &lab->station;
    cut->config.station_count = 1;
    cut->config.route_count = 0;
    cut->config.zone_count = 0;
    cut->config.travel_s = NULL;
    cut->config.visits_max = cut->config.cases_max = cut->config.requests_max = 0;
    for (uint32_t d = 0; d < cut->day_count; d++) {
        const double here = tb_scenario_visitors(s, hall, lab->plan_days.days[d]);
        visits = here > visits ? here : visits;
    }
    visits *= lab->flow.factor * (1 + lab->flow.collect);
    lab->visits_most = visits;
    const double wanted = visits * 3 * (lab->station.slot_us > 0 ? lab->station.horizon_days : 1);
    const uint32_t room = (uint32_t)wanted + VISITS_EXTRA;
    cut->config.tickets_max = room < cut->config.tickets_max ? room : cut->config.tickets_max;
}

struct tbs_lab *tbs_lab_create(const struct tb_scenario *s, uint32_t hall,
                               const struct tbs_plan_days *days, uint32_t windows_max,
                               const struct tbs_flow *flow, int64_t promise_us)
{
    const struct tb_scenario_hall *own = &s->halls[hall];
    const struct tb_day_kind *kind = &s->config.calendars[own->calendar].kinds[days->kind];

    if (own->mix == TB_NONE || own->volume_milli == 0 || kind->period_count == 0 ||
        days->count == 0) {
        return NULL;
    }
    struct tbs_lab *lab = tbs_plan_zeroed(1, sizeof *lab);
    lab->whole = s;
    lab->hall_index = hall;
    lab->plan_days = *days;
    lab->kind = kind;
    lab->promise_us = promise_us;
    lab->promise_share = 0.9;
    lab->judge_to = TBS_PLAN_SLOTS;
    lab->flow = flow != NULL ? *flow : (struct tbs_flow){.factor = 1};
    lab->windows_max = windows_max > 0 ? windows_max : own->window_count;
    lab->windows_max = lab->windows_max < TBS_LAB_WINDOWS ? lab->windows_max : TBS_LAB_WINDOWS;
    lab->cut = *s;
    days_cut(lab, s, hall, days);
    matters_cut(lab, s, own);
    station_cut(lab, s, hall);
    arrivals_cut(lab, s, own);
    scenario_cut(lab, s, hall);
    lab->shifts = tbs_plan_zeroed((size_t)lab->windows_max * TBS_PLAN_SLOTS, sizeof *lab->shifts);
    lab->entries =
        tbs_plan_zeroed((size_t)lab->windows_max * TBS_PLAN_SLOTS * 2, sizeof *lab->entries);
    lab->demand = tbs_demand_create(&lab->cut, NULL);
    lab->tally = tbs_tally_create(&lab->cut, false);
    lab->waits = tbs_plan_zeroed(TBS_PLAN_SLOTS, sizeof *lab->waits);
    lab->today = tbs_plan_zeroed(lab->cut.day_count, sizeof *lab->today);
    lab->ends_today = tbs_plan_zeroed(lab->cut.day_count, sizeof *lab->ends_today);
    for (uint32_t n = 0; n < lab->windows_max; n++) {
        lab->rank[lab->order[n]] = (uint16_t)n;
    }
    return lab;
}

void tbs_lab_free(struct tbs_lab *lab)
{
    if (lab == NULL) {
        return;
    }
    tbs_model_free(lab->model);
    tbs_demand_free(lab->demand);
    tbs_tally_free(lab->tally);
    free(lab->matters);
    free(lab->kinds);
    free(lab->mix_matters);
    free(lab->mix_chance);
    free(lab->servers);
    free(lab->profiles);
    free(lab->skill_sets);
    free(lab->shifts);
    free(lab->entries);
    free(lab->pieces);
    free(lab->waits);
    free(lab->today);
    free(lab->ends_today);
    free(lab);
}

/* ---- hours -----------------------------------------------------------------------------------
 */

uint32_t tbs_lab_windows_max(const struct tbs_lab *lab)
{
    return lab->windows_max;
}

bool tbs_lab_open(const struct tbs_lab *lab, uint32_t slot, double *hours)
{
    const int64_t from = slot * TBS_PLAN_SLOT_US, to = from + TBS_PLAN_SLOT_US;
    int64_t sum = 0;

    for (uint32_t i = 0; i < lab->kind->period_count; i++) {
        const int64_t opens = lab->kind->periods[i].opens_us;
        const int64_t closes = lab->kind->periods[i].closes_us;
        const int64_t a = opens > from ? opens : from, b = closes < to ? closes : to;
        sum += b > a ? b - a : 0;
    }
    if (hours != NULL) {
        *hours = (double)sum / (double)TB_HOURS(1);
    }
    return sum > 0;
}

double tbs_lab_hours(const struct tbs_lab *lab, const struct tbs_staffing *staffing)
{
    double sum = 0, hours;

    for (uint32_t k = lab->judge_from; k < lab->judge_to; k++) {
        if (tbs_lab_open(lab, k, &hours)) {
            const uint32_t n = staffing->windows[k];
            sum += hours * (n < lab->windows_max ? n : lab->windows_max);
        }
    }
    return sum;
}

void tbs_lab_own(const struct tbs_lab *lab, struct tbs_staffing *staffing)
{
    const struct tb_scenario *s = lab->whole;

    memset(staffing, 0, sizeof *staffing);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        for (uint32_t part = 0; part < 2 && tbs_lab_open(lab, k, NULL); part++) {
            const uint32_t n =
                tb_scenario_windows_open(s, lab->hall_index, lab->plan_days.kind,
                                         k * TBS_PLAN_SLOT_US + part * TBS_PLAN_SLOT_US / 2);
            staffing->windows[k] =
                (uint16_t)(n > staffing->windows[k] ? n : staffing->windows[k]);
        }
    }
}
