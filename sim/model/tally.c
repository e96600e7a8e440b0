#include "model/tally.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/memory.h"

const double tbs_age_edge_h[TBS_AGE_EDGES] = {0, 4, 8, 16, 40, 80};

enum { HALF_HOUR_US = 1800000000 };

enum tbs_day_type tbs_day_type(const struct tb_scenario *scenario, uint32_t day)
{
    const struct tb_scenario_day *d = &scenario->days[day];

    return d->weekday == 5 && d->mark == TB_DAY_PLAIN &&
                   strcmp(scenario->day_kinds[d->kind].id, "saturday") == 0
               ? TBS_DAY_SATURDAY
               : TBS_DAY_WORKDAY;
}

/* How long halls go on after their hours for those who are inside. */
static int64_t overtime_us(const struct tb_scenario *s)
{
    struct tb_rules normal;
    int64_t most = 0;

    tb_rules_init(&normal);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const struct tb_rules *rules = s->config.stations[h].rules;
        const int64_t here = (rules != NULL ? rules : &normal)->value[TB_RULE_overtime_us];
        most = here > most ? here : most;
    }
    return most;
}

/* The half hours in which any hall is open, or goes on after its hours; with overtime one more for
 * what is at a window then. What is later still belongs to the last one. */
static void slots_find(struct tbs_tally *tally)
{
    const struct tb_config *config = &tally->scenario->config;
    int64_t from = TB_DAYS(1), to = 0;

    for (uint32_t c = 0; c < config->calendar_count; c++) {
        for (uint32_t k = 0; k < config->calendars[c].kind_count; k++) {
            const struct tb_day_kind *kind = &config->calendars[c].kinds[k];
            for (uint32_t p = 0; p < kind->period_count; p++) {
                from = kind->periods[p].opens_us < from ? kind->periods[p].opens_us : from;
                to = kind->periods[p].closes_us > to ? kind->periods[p].closes_us : to;
            }
        }
    }
    const int64_t overtime = overtime_us(tally->scenario);
    to += overtime > 0 ? overtime + TB_MINUTES(30) : 0;
    to = to > TB_DAYS(1) ? TB_DAYS(1) : to;
    tally->slot_first = from < to ? (uint32_t)(from / HALF_HOUR_US) : 0;
    tally->slot_count =
        from < to ? (uint32_t)((to + HALF_HOUR_US - 1) / HALF_HOUR_US) - tally->slot_first : 1;
}

struct tbs_tally *tbs_tally_create(const struct tb_scenario *scenario, bool picture)
{
    struct tbs_tally *tally = calloc(1, sizeof *tally);

    tbs_assert(tally != NULL);
    tally->scenario = scenario;
    tally->station_count = scenario->config.station_count;
    tally->hall_count = scenario->hall_count;
    tally->promise_us = scenario->promise.wait_us;
    tally->stations = calloc(tally->station_count, sizeof *tally->stations);
    tally->waits =
        tbs_memory_zeroed((size_t)tally->station_count * TBS_DAY_TYPE_COUNT, sizeof *tally->waits);
    tbs_assert(tally->stations != NULL);
    for (uint32_t i = 0; i < tally->station_count; i++) {
        tally->stations[i].waits = &tally->waits[(size_t)i * TBS_DAY_TYPE_COUNT];
    }
    slots_find(tally);
    if (picture) {
        const size_t slots = (size_t)tally->hall_count * TBS_DAY_TYPE_COUNT * tally->slot_count;
        tally->slots = tbs_memory_zeroed(slots, sizeof *tally->slots);
        tally->slot_called = tbs_memory_zeroed(slots * TBS_BINS, sizeof *tally->slot_called);
        tally->slot_left = tbs_memory_zeroed(slots * TBS_BINS, sizeof *tally->slot_left);
    }
    return tally;
}

void tbs_tally_free(struct tbs_tally *tally)
{
    if (tally != NULL) {
        free(tally->stations);
        tbs_memory_free(tally->waits);
        if (!tally->shared) {
            tbs_memory_free(tally->slots);
            tbs_memory_free(tally->slot_called);
            tbs_memory_free(tally->slot_left);
        }
        free(tally);
    }
}

static void bins_clear(uint32_t *bins, const uint64_t lines[2])
{
    uint64_t set[2] = {lines[0], lines[1]};

    for (uint32_t line; (line = tbs_line_take(set)) < TBS_LINES;) {
        memset(bins + line * TBS_LINE, 0, TBS_LINE * sizeof *bins);
    }
}

void tbs_tally_clear(struct tbs_tally *tally)
{
    for (uint32_t i = 0; i < tally->station_count; i++) {
        struct tbs_station_tally *station = &tally->stations[i];
        for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
            struct tbs_waits *waits = &station->waits[type];
            bins_clear(waits->called, station->lines[type].called);
            bins_clear(waits->left, station->lines[type].left);
        }
        memset(station->count, 0, sizeof station->count);
        memset(station->lines, 0, sizeof station->lines);
        memset(station->ages, 0, sizeof station->ages);
    }
    memset(tally->city, 0, sizeof tally->city);
    memset(tally->days, 0, sizeof tally->days);
    tally->overtaken_max = 0;
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void waits_add(struct tbs_waits *to, const struct tbs_waits *from, struct tbs_lines *lines,
                      const struct tbs_lines *touched)
{
    tbs_bins_add(to->called, from->called, touched->called);
    tbs_bins_add(to->left, from->left, touched->left);
    for (uint32_t w = 0; w < 2; w++) {
        lines->called[w] |= touched->called[w];
        lines->left[w] |= touched->left[w];
    }
}

void tbs_tally_add(struct tbs_tally *sum, const struct tbs_tally *tally)
{
    for (uint32_t i = 0; i < sum->station_count; i++) {
        struct tbs_station_tally *to = &sum->stations[i];
        const struct tbs_station_tally *from = &tally->stations[i];
        for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
            for (uint32_t c = 0; c < TBS_STATION_COUNT; c++) {
                to->count[type][c] += from->count[type][c];
            }
            waits_add(&to->waits[type], &from->waits[type], &to->lines[type], &from->lines[type]);
        }
        for (uint32_t a = 0; a < TBS_AGE_EDGES; a++) {
            to->ages[a] += from->ages[a];
        }
    }
    for (uint32_t c = 0; c < TBS_OF_CITY_COUNT; c++) {
        sum->city[c] += tally->city[c];
    }
    for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        sum->days[type] += tally->days[type];
    }
    if (tally->overtaken_max > sum->overtaken_max) {
        sum->overtaken_max = tally->overtaken_max;
    }
}

void tbs_tally_add_picture(struct tbs_tally *sum, const struct tbs_tally *tally)
{
    for (uint32_t i = 0; i < sum->hall_count * TBS_DAY_TYPE_COUNT * sum->slot_count; i++) {
        const uint32_t day = i / sum->slot_count, hall = day / TBS_DAY_TYPE_COUNT;
        const enum tbs_day_type type = (enum tbs_day_type)(day % TBS_DAY_TYPE_COUNT);
        const size_t bins = tbs_tally_slot_bins(sum, hall, type, i % sum->slot_count);
        for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
            sum->slots[i].count[c] += tally->slots[i].count[c];
        }
        const uint32_t end = tbs_tally_bin_end(&sum->stations[hall], type);
        for (uint32_t b = 0; b < end; b++) {
            sum->slot_called[bins + b] += tally->slot_called[bins + b];
            sum->slot_left[bins + b] += tally->slot_left[bins + b];
        }
    }
}

void tbs_tally_share_picture(struct tbs_tally *tally, const struct tbs_tally *owner)
{
    tbs_assert(tally->slots == NULL);
    tbs_assert(tally->slot_count == owner->slot_count);
    tally->slots = owner->slots;
    tally->slot_called = owner->slot_called;
    tally->slot_left = owner->slot_left;
    tally->shared = true;
}

/* ---- the model says -------------------------------------------------------------------------- */

void tbs_tally_day(struct tbs_tally *tally, uint32_t day, tb_time day_at_us)
{
    tally->day_at_us = day_at_us;
    tally->day_type = tbs_day_type(tally->scenario, day);
}

static inline uint32_t slot_of(const struct tbs_tally *tally, tb_time at_us)
{
    const uint32_t slot = (uint32_t)((uint64_t)(at_us - tally->day_at_us) / HALF_HOUR_US);
    const uint32_t from = slot < tally->slot_first ? 0 : slot - tally->slot_first;

    return from < tally->slot_count ? from : tally->slot_count - 1;
}

/* Adds the time from .. to to the half hours that it touches. What is outside of all belongs to the
 * first or last one. */
static inline void spread(struct tbs_tally *tally, uint32_t hall, enum tbs_slot_count what,
                          tb_time from_us, tb_time to_us)
{
    if (tally->slots == NULL || from_us >= to_us) {
        return;
    }
    const uint32_t last = slot_of(tally, to_us);
    uint32_t slot = slot_of(tally, from_us);
    struct tbs_slot_tally *at = tbs_tally_slot(tally, hall, tally->day_type, slot);
    for (; slot < last; slot++, at++) {
        const tb_time edge_us =
            tally->day_at_us + (tb_time)(tally->slot_first + slot + 1) * HALF_HOUR_US;
        at->count[what] += (uint64_t)(edge_us - from_us);
        from_us = edge_us;
    }
    at->count[what] += (uint64_t)(to_us - from_us);
}

static inline uint64_t *count_of(struct tbs_tally *tally, uint32_t station)
{
    return tally->stations[station].count[tally->day_type];
}

void tbs_tally_busy(struct tbs_tally *tally, uint32_t station, tb_time from_us, tb_time to_us)
{
    count_of(tally, station)[TBS_STATION_BUSY_US] += (uint64_t)(to_us - from_us);
    if (station < tally->hall_count) {
        spread(tally, station, TBS_OF_SLOT_BUSY_US, from_us, to_us);
    }
}

void tbs_tally_staffed(struct tbs_tally *tally, uint32_t station, tb_time from_us, tb_time to_us)
{
    count_of(tally, station)[TBS_STATION_STAFFED_US] += (uint64_t)(to_us - from_us);
    if (station < tally->hall_count) {
        spread(tally, station, TBS_OF_SLOT_STAFFED_US, from_us, to_us);
    }
}

static inline void waits_count(struct tbs_station_tally *station, enum tbs_day_type type,
                               uint32_t bin, bool called)
{
    uint32_t *bins = called ? station->waits[type].called : station->waits[type].left;
    uint64_t *lines = called ? station->lines[type].called : station->lines[type].left;

    bins[bin]++;
    lines[bin / TBS_LINE / 64] |= 1ull << bin / TBS_LINE % 64;
}

/* Waits of half hours are so many that the place of one is seldom in a near cache. So their places
 * are fetched and put down, and counted many at a time. */
enum { PLACES = 64 };

struct places {
    uint32_t count;
    uint32_t *at[PLACES];
};

static void places_count(struct places *places)
{
    for (uint32_t i = 0; i < places->count; i++) {
        ++*places->at[i];
    }
    places->count = 0;
}

static inline void place_put(struct places *places, uint32_t *at)
{
    __builtin_prefetch(at, 1);
    places->at[places->count++] = at;
    if (places->count == PLACES) {
        places_count(places);
    }
}

/* The visit in the half hours of its hall. */
static inline void slots_count(struct tbs_tally *tally, const struct tbs_visit *visit, bool called,
                               tb_time until_us, int64_t wait_us, size_t bin,
                               struct places *places)
{
    struct tbs_slot_tally *day = tbs_tally_slot(tally, visit->station, tally->day_type, 0);
    const uint32_t slot = slot_of(tally, visit->arrival_at_us);
    struct tbs_slot_tally *arrived = &day[slot];

    arrived->count[TBS_OF_SLOT_ARRIVED] += visit->matter_count;
    if (!(visit->flags & TBS_VISIT_TICKET)) {
        return;
    }
    struct tbs_slot_tally *until = &day[slot_of(tally, until_us)];
    bin += tbs_tally_slot_bins(tally, visit->station, tally->day_type, slot);
    if (called) {
        arrived->count[TBS_OF_SLOT_CALLED]++;
        arrived->count[TBS_OF_SLOT_WAIT_US] += (uint64_t)wait_us;
        place_put(places, &tally->slot_called[bin]);
        until->count[TBS_OF_SLOT_SERVED] += visit->matters_done;
    } else {
        place_put(places, &tally->slot_left[bin]);
        until->count[TBS_OF_SLOT_LEFT] += visit->matter_count;
    }
    if (wait_us > 0) {
        spread(tally, visit->station, TBS_OF_SLOT_WAITING_US, visit->place_at_us, until_us);
    }
    if (visit->outcome == TBS_OUTCOME_SERVED && !(visit->flags & TBS_VISIT_PARTS)) {
        spread(tally, visit->station, TBS_OF_SLOT_BUSY_US, visit->called_at_us, visit->ended_at_us);
    }
}

/* What became of the cases that he brought. A visit that only collects brings none. */
static inline void cases_count(uint64_t *count, const struct tbs_visit *visit)
{
    static const uint8_t rows[TBS_OUTCOME_COUNT] = {
        [TBS_OUTCOME_OPEN] = TBS_STATION_OPEN,       [TBS_OUTCOME_SERVED] = TBS_STATION_SERVED,
        [TBS_OUTCOME_LEFT] = TBS_STATION_LEFT,       [TBS_OUTCOME_EXPIRED] = TBS_STATION_EXPIRED,
        [TBS_OUTCOME_REFUSED] = TBS_STATION_REFUSED,
    };
    const uint32_t done = visit->matter_count == 0 ? 0 : visit->matters_done;

    count[TBS_STATION_ARRIVED] += visit->matter_count;
    count[TBS_STATION_SERVED] += done;
    count[rows[visit->outcome]] += visit->matter_count - done;
}

/* What is rare about a visit. */
static void oddities_count(struct tbs_tally *tally, const struct tbs_visit *visit, uint64_t *count)
{
    if (visit->traits & TBS_TRAIT_BOOKED && visit->slot_at_us != TB_NEVER) {
        count[TBS_STATION_APPOINTMENTS]++;
        count[TBS_STATION_UNKEPT] += !(visit->flags & TBS_VISIT_ARRIVED);
    }
    if (visit->flags & TBS_VISIT_REMOTE && visit->outcome == TBS_OUTCOME_SERVED) {
        count_of(tally, tally->scenario->servers[visit->server].station)[TBS_STATION_REMOTE] +=
            visit->matters_done;
    }
    tally->city[TBS_OF_CITY_COULD_CHOOSE] += (visit->traits & TBS_TRAIT_CHOOSES) != 0;
}

static void visit_count(struct tbs_tally *tally, const struct tbs_visit *visit,
                        struct places *places)
{
    uint64_t *count = count_of(tally, visit->station);
    const bool served = visit->outcome == TBS_OUTCOME_SERVED;

    if (visit->traits | (visit->flags & TBS_VISIT_REMOTE)) {
        oddities_count(tally, visit, count);
    }
    if (!(visit->flags & TBS_VISIT_ARRIVED)) {
        return;
    }
    cases_count(count, visit);
    tally->city[TBS_OF_CITY_VISITS_SERVED] += served;
    if (served && !(visit->flags & TBS_VISIT_PARTS)) {
        count[TBS_STATION_BUSY_US] += (uint64_t)(visit->ended_at_us - visit->called_at_us);
    }
    const bool ticket = (visit->flags & TBS_VISIT_TICKET) != 0;
    const bool called = visit->called_at_us != TB_NEVER;
    const tb_time until_us = called ? visit->called_at_us : visit->ended_at_us;
    const bool waited = ticket && until_us != TB_NEVER;
    const int64_t wait_us =
        waited && until_us > visit->place_at_us ? until_us - visit->place_at_us : 0;
    const uint32_t bin = tbs_bin(wait_us);
    if (waited) {
        count[called ? TBS_STATION_CALLED : TBS_STATION_GAVE_UP]++;
        count[TBS_STATION_WAIT_US] += called ? (uint64_t)wait_us : 0;
        count[TBS_STATION_WITHIN] += called && wait_us <= tally->promise_us;
        waits_count(&tally->stations[visit->station], tally->day_type, bin, called);
        if (visit->overtaken > tally->overtaken_max) {
            tally->overtaken_max = visit->overtaken;
        }
    }
    if (tally->slots != NULL && (waited || !ticket)) {
        slots_count(tally, visit, called, until_us, wait_us, bin, places);
    }
}

/* Most visits are alike: one matter, one call, one service, nothing odd. They are added up in
 * registers. */
struct plain {
    uint64_t count, wait_us, busy_us, within, chooses;
    uint32_t overtaken_max;
};

static inline bool is_plain(const struct tbs_visit *visit)
{
    const uint32_t odd = TBS_VISIT_PARTS | TBS_VISIT_CARRIED | TBS_VISIT_REMOTE;

    return ((visit->outcome ^ TBS_OUTCOME_SERVED) | (visit->flags & odd) |
            (visit->matter_count ^ 1u) | (visit->traits & ~TBS_TRAITS_PLAIN)) == 0;
}

static inline void plain_count(struct tbs_tally *tally, const struct tbs_visit *visit,
                               struct plain *plain, struct places *places)
{
    const tb_time called = visit->called_at_us, ended = visit->ended_at_us;
    const int64_t wait_us = called > visit->place_at_us ? called - visit->place_at_us : 0;
    const uint32_t bin = tbs_bin(wait_us);

    plain->count++;
    plain->wait_us += (uint64_t)wait_us;
    plain->busy_us += (uint64_t)(ended - called);
    plain->within += wait_us <= tally->promise_us;
    plain->chooses += (visit->traits & TBS_TRAIT_CHOOSES) != 0;
    plain->overtaken_max =
        visit->overtaken > plain->overtaken_max ? visit->overtaken : plain->overtaken_max;
    waits_count(&tally->stations[visit->station], tally->day_type, bin, true);
    if (tally->slots == NULL) {
        return;
    }
    struct tbs_slot_tally *day = tbs_tally_slot(tally, visit->station, tally->day_type, 0);
    const uint32_t slot = slot_of(tally, visit->arrival_at_us);
    const uint32_t from = slot_of(tally, called), to = slot_of(tally, ended);
    struct tbs_slot_tally *arrived = &day[slot];
    arrived->count[TBS_OF_SLOT_ARRIVED]++;
    arrived->count[TBS_OF_SLOT_CALLED]++;
    arrived->count[TBS_OF_SLOT_WAIT_US] += (uint64_t)wait_us;
    place_put(places, &tally->slot_called[bin + tbs_tally_slot_bins(tally, visit->station,
                                                                    tally->day_type, slot)]);
    day[from].count[TBS_OF_SLOT_SERVED]++;
    if (wait_us > 0) {
        spread(tally, visit->station, TBS_OF_SLOT_WAITING_US, visit->place_at_us, called);
    }
    if (from == to) {
        day[from].count[TBS_OF_SLOT_BUSY_US] += (uint64_t)(ended - called);
    } else {
        spread(tally, visit->station, TBS_OF_SLOT_BUSY_US, called, ended);
    }
}

static void plain_add(struct tbs_tally *tally, uint32_t station, struct plain *plain)
{
    uint64_t *count = count_of(tally, station);

    count[TBS_STATION_ARRIVED] += plain->count;
    count[TBS_STATION_SERVED] += plain->count;
    count[TBS_STATION_CALLED] += plain->count;
    count[TBS_STATION_WITHIN] += plain->within;
    count[TBS_STATION_WAIT_US] += plain->wait_us;
    count[TBS_STATION_BUSY_US] += plain->busy_us;
    tally->city[TBS_OF_CITY_VISITS_SERVED] += plain->count;
    tally->city[TBS_OF_CITY_COULD_CHOOSE] += plain->chooses;
    if (plain->overtaken_max > tally->overtaken_max) {
        tally->overtaken_max = plain->overtaken_max;
    }
}

void tbs_tally_visits(struct tbs_tally *tally, const struct tbs_visit *visits, uint32_t n)
{
    enum { AHEAD = 8 };
    struct plain plain = {0};
    struct places places;
    const uint32_t home = n > 0 ? visits[0].station : 0;

    places.count = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct tbs_visit *visit = &visits[i];
        __builtin_prefetch(visit + AHEAD);
        __builtin_prefetch((const char *)(visit + AHEAD) + 64);
        if (visit->station == home && is_plain(visit)) {
            plain_count(tally, visit, &plain, &places);
        } else if (!(visit->flags & TBS_VISIT_CARRIED)) {
            visit_count(tally, visit, &places);
        }
    }
    places_count(&places);
    plain_add(tally, home, &plain);
}

void tbs_tally_rated(struct tbs_tally *tally, uint32_t event_kind, int64_t stars)
{
    const bool later = event_kind == TB_EVENT_FOLLOWED;

    if (event_kind == TB_EVENT_FOLLOW_DUE) {
        tally->city[TBS_OF_CITY_FOLLOW_DUE]++;
    } else if (event_kind == TB_EVENT_FOLLOW_LAPSED) {
        tally->city[TBS_OF_CITY_LAPSED]++;
    } else if (stars >= 1 && stars <= 5) {
        tally->city[later ? TBS_OF_CITY_RATED_LATER : TBS_OF_CITY_RATED]++;
        tally->city[TBS_OF_CITY_BAD] += stars <= 2;
        tally->city[TBS_OF_CITY_STARS_1 + stars - 1]++;
    }
}

void tbs_tally_advised(struct tbs_tally *tally, bool elsewhere)
{
    tally->city[TBS_OF_CITY_ADVISED]++;
    tally->city[TBS_OF_CITY_ELSEWHERE] += elsewhere;
}

void tbs_tally_no_show(struct tbs_tally *tally, uint32_t station)
{
    count_of(tally, station)[TBS_STATION_NO_SHOWS]++;
}

/* ---- desks ----------------------------------------------------------------------------------- */

void tbs_tally_task(struct tbs_tally *tally, uint32_t station)
{
    count_of(tally, station)[TBS_STATION_TASKS]++;
}

void tbs_tally_task_done(struct tbs_tally *tally, uint32_t station, int64_t work_us, bool on_time)
{
    uint64_t *count = count_of(tally, station);

    count[TBS_STATION_TASKS_DONE]++;
    count[TBS_STATION_TASKS_ON_TIME] += on_time;
    count[TBS_STATION_TASKS_LATE] += !on_time;
    count[TBS_STATION_SOJOURN_US] += (uint64_t)work_us;
    waits_count(&tally->stations[station], tally->day_type, tbs_bin(work_us), true);
}

void tbs_tally_task_returned(struct tbs_tally *tally, uint32_t station)
{
    count_of(tally, station)[TBS_STATION_TASKS_RETURNED]++;
}

void tbs_tally_task_open(struct tbs_tally *tally, uint32_t station, int64_t age_us, bool overdue)
{
    uint64_t *count = count_of(tally, station);
    uint32_t a = TBS_AGE_EDGES - 1;

    while (a > 0 && (double)age_us < tbs_age_edge_h[a] * (double)TB_HOURS(1)) {
        a--;
    }
    tally->stations[station].ages[a]++;
    count[TBS_STATION_TASKS_OPEN]++;
    count[TBS_STATION_TASKS_LATE] += overdue;
}
