#include "model/demand.h"
#include "kernel/arrival.h"
#include "kernel/memory.h"

#include <stdlib.h>
#include <string.h>

enum { NO_SLOT = -1 };

/* What a day's draws ask of a matter, side by side: a scenario has more than a thousand. */
struct matter {
    double settled; /* share of 2^16 */
    uint8_t group;
    bool video, choice; /* may be handled so; at any of several halls of the city */
};

struct tbs_demand {
    const struct tb_scenario *scenario;
    const struct tbs_trace *trace;
    struct tbs_distribution *service; /* [matter] */
    struct tbs_distribution *collect; /* [matter] */
    struct matter *matters;           /* [matter] */
    struct tbs_choice **mixes;        /* [mix] */
    struct tbs_choice *slots;
    uint64_t *entities;           /* [station] */
    struct tbs_profile *profiles; /* [arrivals * TB_DAY_KINDS_MAX]; count 0: nobody comes */
    double early_us, early_sd_us;
    double booked, absent; /* shares of those who are drawn */
    double drawn;          /* for each visitor who comes */
    bool lucky;            /* something is drawn while the day runs */
};

static void *must(void *memory)
{
    tbs_assert(memory != NULL);
    return memory;
}

uint64_t tbs_entity(const char *id)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, Fowler, Noll and Vo */

    for (; *id != '\0'; id++) {
        hash = (hash ^ (uint8_t)*id) * 0x100000001b3u;
    }
    return hash;
}

/* ---- preparation ------------------------------------------------------------------------------
 */

static void laws_make(struct tbs_demand *demand)
{
    const struct tb_scenario *s = demand->scenario;
    const double collect_us = (double)s->people.collect_service_us;

    demand->service = must(calloc(s->matter_count, sizeof *demand->service));
    demand->collect = must(calloc(s->matter_count, sizeof *demand->collect));
    for (uint32_t m = 0; m < s->matter_count; m++) {
        const struct tb_duration *d = &s->matters[m].service;
        const bool made =
            tbs_distribution_make(&demand->service[m], (enum tbs_distribution_kind)d->law,
                                  (double)d->mean_us, d->cv) &&
            tbs_distribution_make(&demand->collect[m], (enum tbs_distribution_kind)d->law,
                                  collect_us, d->cv);
        tbs_assert(made);
    }
    demand->early_us = (double)s->people.appointment_early_us;
    demand->early_sd_us = (double)s->people.appointment_early_sd_us;
}

static void matters_make(struct tbs_demand *demand)
{
    const struct tb_scenario *s = demand->scenario;

    demand->matters = must(calloc(s->matter_count, sizeof *demand->matters));
    for (uint32_t m = 0; m < s->matter_count; m++) {
        const struct tb_matter *matter = &s->config.matters[m];
        demand->matters[m] = (struct matter){
            .settled = s->matters[m].settled_share * 0x1p16,
            .group = matter->group,
            .video = s->remote_station != TB_STATION_NONE && matter->remote_group < TB_GROUPS_MAX,
            .choice = (s->matters[m].scope & TB_SCOPE_CITY) != 0 && matter->hall_count > 1,
        };
    }
}

static void mixes_make(struct tbs_demand *demand)
{
    const struct tb_scenario *s = demand->scenario;
    size_t slot_count = 0;

    for (uint32_t i = 0; i < s->mix_count; i++) {
        slot_count += s->mixes[i].count;
    }
    demand->slots = must(calloc(slot_count + 1, sizeof *demand->slots));
    demand->mixes = must(calloc(s->mix_count + 1, sizeof *demand->mixes));
    struct tbs_choice *next = demand->slots;
    for (uint32_t i = 0; i < s->mix_count; i++) {
        demand->mixes[i] = next;
        tbs_choice_build(next, s->mixes[i].chance, s->mixes[i].count);
        next += s->mixes[i].count;
    }
}

static void profile_make(const struct tb_arrivals_day *day, struct tbs_profile *profile)
{
    int64_t edges[TBS_PROFILE_INTERVALS_MAX + 1];
    double weights[TBS_PROFILE_INTERVALS_MAX];
    uint32_t n = 0;

    if (day->count == 0) {
        return;
    }
    edges[0] = day->pieces[0].from_us;
    for (uint32_t i = 0; i < day->count; i++) {
        const struct tb_arrivals_piece *piece = &day->pieces[i];
        const bool gap = edges[n] < piece->from_us;
        tbs_assert(n + gap < TBS_PROFILE_INTERVALS_MAX);
        if (gap) { /* nobody in between */
            weights[n] = 0;
            edges[++n] = piece->from_us;
        }
        weights[n] = piece->share;
        edges[++n] = piece->to_us;
    }
    const bool made = tbs_profile_make(profile, n, edges, weights);
    tbs_assert(made);
}

static void profiles_make(struct tbs_demand *demand)
{
    const struct tb_scenario *s = demand->scenario;

    demand->profiles =
        must(calloc((size_t)s->arrivals_count * TB_DAY_KINDS_MAX + 1, sizeof *demand->profiles));
    for (uint32_t i = 0; i < s->arrivals_count; i++) {
        for (uint32_t kind = 0; kind < TB_DAY_KINDS_MAX; kind++) {
            profile_make(&s->arrivals[i].days[kind],
                         &demand->profiles[i * TB_DAY_KINDS_MAX + kind]);
        }
    }
}

static void entities_make(struct tbs_demand *demand)
{
    const struct tb_scenario *s = demand->scenario;

    demand->entities = must(calloc(s->config.station_count, sizeof *demand->entities));
    for (uint32_t i = 0; i < s->config.station_count; i++) {
        const char *id = i < s->hall_count                   ? s->halls[i].label.id
                         : i < s->hall_count + s->desk_count ? s->desks[i - s->hall_count].label.id
                                                             : "remote";
        demand->entities[i] = tbs_entity(id);
    }
}

static bool draws_later(const struct tb_scenario *s)
{
    const struct tb_people *p = &s->people;

    return p->walk_mean_us > 0 || p->absent_share > 0 || p->several_share > 0 ||
           p->appointment_share > 0 || p->other_hall_share > 0 ||
           p->rate_share + p->rate_later_share > 0 || s->config.route_count > 0;
}

struct tbs_demand *tbs_demand_create(const struct tb_scenario *scenario,
                                     const struct tbs_trace *trace)
{
    struct tbs_demand *demand = must(calloc(1, sizeof *demand));
    const double comes = scenario->people.appointment_share;
    const double absent = scenario->people.appointment_absent_share;

    demand->scenario = scenario;
    demand->trace = trace;
    demand->drawn = 1 + comes * absent / (1 - absent);
    demand->booked = comes / (1 - absent) / demand->drawn;
    demand->absent = comes * absent / (1 - absent) / demand->drawn;
    demand->lucky = draws_later(scenario);
    laws_make(demand);
    matters_make(demand);
    mixes_make(demand);
    profiles_make(demand);
    entities_make(demand);
    return demand;
}

void tbs_demand_free(struct tbs_demand *demand)
{
    if (demand == NULL) {
        return;
    }
    free(demand->service);
    free(demand->collect);
    free(demand->matters);
    free(demand->mixes);
    free(demand->slots);
    free(demand->profiles);
    free(demand->entities);
    free(demand);
}

bool tbs_demand_books(const struct tbs_demand *demand)
{
    return demand->trace != NULL ? demand->trace->books : demand->booked > 0;
}

int64_t tbs_demand_patience_least_us(const struct tbs_demand *demand)
{
    const struct tb_people *people = &demand->scenario->people;

    return demand->trace != NULL                  ? demand->trace->patience_least_us
           : people->patience_mean_us == TB_NEVER ? 0
                                                  : people->patience_least_us;
}

struct tbs_key tbs_station_key(const struct tbs_demand *demand, uint64_t seed,
                               enum tbs_purpose purpose, uint32_t station, uint32_t series,
                               uint64_t replication)
{
    return tbs_key(seed, purpose, demand->entities[station] + series, replication);
}

/* ---- time -------------------------------------------------------------------------------------
 */

tb_time tbs_day_starts_at_us(const struct tb_scenario *scenario, uint32_t day)
{
    return scenario->config.calendars[0].days[day].starts_at_us;
}

tb_time tbs_day_ends_at_us(const struct tb_scenario *scenario, uint32_t day)
{
    return day + 1 < scenario->day_count ? tbs_day_starts_at_us(scenario, day + 1)
                                         : tbs_day_starts_at_us(scenario, day) + TB_DAYS(1);
}

int64_t tbs_slot_next_us(const struct tb_scenario *scenario, uint32_t hall, uint32_t kind,
                         int64_t offset_us)
{
    const struct tb_station *station = &scenario->config.stations[hall];
    const struct tb_day_kind *k = &scenario->config.calendars[station->calendar].kinds[kind];
    const int64_t slot_us = station->slot_us;

    for (uint32_t i = 0; slot_us > 0 && i < k->period_count; i++) {
        const int64_t from_us =
            offset_us > k->periods[i].opens_us ? offset_us : k->periods[i].opens_us;
        const int64_t slot = (from_us + slot_us - 1) / slot_us * slot_us;
        if (slot + slot_us <= k->periods[i].closes_us) {
            return slot;
        }
    }
    return -1;
}

/* ---- the arrays of a day ----------------------------------------------------------------------
 */

static void sweep_reserve(struct tbs_sweep *sweep, uint32_t room)
{
    if (room <= sweep->room) {
        return;
    }
    room += room / 2 + 64;
    sweep->raw = must(realloc(sweep->raw, room * sizeof *sweep->raw));
    sweep->at = must(realloc(sweep->at, room * sizeof *sweep->at));
    sweep->value = must(realloc(sweep->value, room * sizeof *sweep->value));
    sweep->slot = must(realloc(sweep->slot, room * sizeof *sweep->slot));
    sweep->absent = must(realloc(sweep->absent, room * sizeof *sweep->absent));
    sweep->place = must(realloc(sweep->place, room * sizeof *sweep->place));
    sweep->matter = must(realloc(sweep->matter, room * sizeof *sweep->matter));
    sweep->room = room;
}

void tbs_sweep_free(struct tbs_sweep *sweep)
{
    free(sweep->raw);
    free(sweep->at);
    free(sweep->value);
    free(sweep->slot);
    free(sweep->absent);
    free(sweep->place);
    free(sweep->matter);
    memset(sweep, 0, sizeof *sweep);
}

static void day_reserve(struct tbs_day *day, uint32_t room)
{
    if (room <= day->room) {
        return;
    }
    room += room / 2 + 64;
    tbs_memory_free(day->visits);
    day->visits = tbs_memory_raw(room, sizeof *day->visits);
    day->room = room;
}

void tbs_day_free(struct tbs_day *day)
{
    tbs_memory_free(day->visits);
    memset(day, 0, sizeof *day);
}

/* ---- what a trace holds too -------------------------------------------------------------------
 */

static uint32_t instants_draw(const struct tbs_profile *profile, double expected, tb_time day_at_us,
                              struct tbs_key key, uint64_t index, struct tbs_sweep *sweep)
{
    uint32_t wanted = (uint32_t)(expected + 4 * __builtin_sqrt(expected)) + 8;
    struct tbs_arrivals arrivals;
    uint32_t n = 0;

    tbs_arrivals_begin(&arrivals, profile, key, index, day_at_us, expected);
    for (;;) {
        sweep_reserve(sweep, n + wanted);
        const size_t drawn = tbs_arrivals_next(&arrivals, sweep->at + n, wanted);
        n += (uint32_t)drawn;
        if (drawn < wanted) {
            return n;
        }
    }
}

static void matters_draw(const struct tbs_demand *demand, struct tbs_key key, uint64_t index,
                         uint32_t n, struct tbs_sweep *sweep, const struct tbs_day *day)
{
    const uint32_t m = demand->scenario->halls[day->hall].mix;
    const struct tb_mix *mix = &demand->scenario->mixes[m];

    if (mix->count == 1) {
        for (uint32_t i = 0; i < n; i++) {
            sweep->matter[i] = mix->matters[0];
        }
        return;
    }
    tbs_random_fill_at(key, index, sweep->raw, n);
    for (uint32_t i = 0; i < n; i++) {
        sweep->matter[i] = mix->matters[tbs_choose(demand->mixes[m], mix->count, sweep->raw[i])];
    }
}

/* Who has an appointment, and when. One that is nowhere to be had makes a walk-in of him who would
 * come; him who would not it makes vanish (absent without a slot). */
static void slots_draw(const struct tbs_demand *demand, struct tbs_key key, uint64_t index,
                       uint32_t n, struct tbs_sweep *sweep, const struct tbs_day *day)
{
    const struct tb_scenario *s = demand->scenario;
    const struct tb_station *station = &s->config.stations[day->hall];
    const uint32_t kind = tb_scenario_day_kind(s, day->hall, day->day);
    const tb_time day_at_us = tbs_day_starts_at_us(s, day->day);

    tbs_random_fill_at(key, index, sweep->raw, n);
    for (uint32_t i = 0; i < n; i++) {
        const double u = tbs_unit(sweep->raw[i]);
        const struct tb_group *group = &station->groups[demand->matters[sweep->matter[i]].group];
        const int64_t offset = sweep->at[i] - day_at_us;
        const bool booked = u < demand->absent + demand->booked;

        sweep->absent[i] = u < demand->absent;
        sweep->slot[i] = NO_SLOT;
        if (booked && station->slot_us > 0 && group->slot_capacity > 0) {
            sweep->slot[i] =
                tbs_slot_next_us(s, day->hall, kind, offset - offset % station->slot_us);
        }
    }
}

/* Where each drawn citizen stands in the day. */
static void places_make(const struct tbs_demand *demand, uint32_t n, struct tbs_sweep *sweep,
                        struct tbs_day *day)
{
    uint32_t walk_ins = 0, booked = 0;

    day->walk_ins = day->count = n;
    if (demand->booked <= 0) {
        for (uint32_t i = 0; i < n; i++) {
            sweep->place[i] = i;
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        walk_ins += sweep->slot[i] == NO_SLOT && !sweep->absent[i];
        booked += sweep->slot[i] != NO_SLOT;
    }
    day->walk_ins = walk_ins;
    day->count = walk_ins + booked;
    for (uint32_t i = 0, walk_in = 0, late = walk_ins; i < n; i++) {
        const bool vanishes = sweep->slot[i] == NO_SLOT && sweep->absent[i];
        sweep->place[i] = vanishes ? TB_NONE : sweep->slot[i] == NO_SLOT ? walk_in++ : late++;
    }
}

static inline struct tbs_visit *visit_make(const struct tbs_day *day, uint32_t i, tb_time at_us,
                                           int64_t service_us, uint16_t matter)
{
    struct tbs_visit *visit = &day->visits[i];

    *visit = (struct tbs_visit){
        .arrival_at_us = at_us,
        .place_at_us = TB_NEVER,
        .called_at_us = TB_NEVER,
        .started_at_us = TB_NEVER,
        .ended_at_us = TB_NEVER,
        .service_us = service_us,
        .server = TB_NONE,
        .station = (uint16_t)day->hall,
        .matter = matter,
        .patience_us = TB_NEVER,
        .slot_at_us = TB_NEVER,
        .index = i,
        .day = day->day,
        .home = (uint16_t)day->hall,
        .matter_count = 1,
        .matters = {matter},
    };
    return visit;
}

static void visits_make(uint32_t n, const struct tbs_sweep *sweep, struct tbs_day *day)
{
    for (uint32_t i = 0; i < n; i++) {
        if (sweep->place[i] != TB_NONE) {
            visit_make(day, sweep->place[i], sweep->at[i], sweep->value[i], sweep->matter[i]);
        }
    }
}

static void services_draw(const struct tbs_demand *demand, struct tbs_key key, uint64_t index,
                          uint32_t n, struct tbs_sweep *sweep, const struct tbs_day *day)
{
    const struct tb_mix *mix = &demand->scenario->mixes[demand->scenario->halls[day->hall].mix];

    if (mix->count == 1) {
        tbs_fill_at_us(&demand->service[mix->matters[0]], key, index, sweep->value, n);
    } else {
        tbs_fill_each_at_us(demand->service, sweep->matter, key, index, sweep->value, n);
    }
}

static void patience_draw(const struct tb_people *people, struct tbs_key key, uint64_t index,
                          uint32_t n, struct tbs_sweep *sweep, struct tbs_day *day)
{
    struct tbs_distribution d;

    if (people->patience_mean_us == TB_NEVER || people->patience_least_us == TB_NEVER) {
        return;
    }
    const bool made =
        tbs_distribution_make(&d, TBS_EXPONENTIAL, (double)people->patience_mean_us, 1);
    tbs_assert(made);
    tbs_fill_at_us(&d, key, index, sweep->value, n);
    for (uint32_t i = 0; i < n; i++) {
        if (sweep->place[i] != TB_NONE) {
            day->visits[sweep->place[i]].patience_us = people->patience_least_us + sweep->value[i];
        }
    }
}

static void classes_draw(double green_share, struct tbs_key key, uint64_t index, uint32_t n,
                         struct tbs_sweep *sweep, struct tbs_day *day)
{
    if (green_share <= 0) {
        return;
    }
    tbs_random_fill_at(key, index, sweep->raw, n);
    for (uint32_t i = 0; i < n; i++) {
        if (sweep->place[i] < day->walk_ins) {
            day->visits[sweep->place[i]].class_ =
                tbs_unit(sweep->raw[i]) < green_share ? TB_CLASS_GREEN : TB_CLASS_NORMAL;
        }
    }
}

/* An appointment: its slot, and how early before it the citizen comes. */
static void appointments_draw(const struct tbs_demand *demand, struct tbs_key key, uint64_t index,
                              uint32_t n, struct tbs_sweep *sweep, struct tbs_day *day)
{
    const tb_time day_at_us = tbs_day_starts_at_us(demand->scenario, day->day);

    tbs_random_fill_at(key, index, sweep->raw, n);
    for (uint32_t i = 0; i < n; i++) {
        if (sweep->place[i] == TB_NONE || sweep->place[i] < day->walk_ins) {
            continue;
        }
        struct tbs_visit *visit = &day->visits[sweep->place[i]];
        const double early_us =
            demand->early_us + demand->early_sd_us * tbs_luck_normal(sweep->raw[i]);
        visit->slot_at_us = day_at_us + sweep->slot[i];
        const tb_time at_us = visit->slot_at_us - (int64_t)early_us;
        visit->arrival_at_us = sweep->absent[i] ? TB_NEVER : at_us < day_at_us ? day_at_us : at_us;
    }
}

/* A good or a bad day for the whole city. */
static double day_factor(const struct tbs_demand *demand, uint64_t seed, uint64_t replication,
                         uint32_t day)
{
    const double cv = demand->scenario->demand.day_cv;
    struct tbs_random random;

    if (cv <= 0) {
        return 1;
    }
    tbs_random_open_at(&random, tbs_key(seed, TBS_DAY_FACTOR, 0, replication), day);
    return tbs_gamma(&random, 1 / (cv * cv)) * cv * cv;
}

/* What a trace would hold, drawn. */
static void citizens_draw(const struct tbs_demand *demand, uint64_t seed, uint64_t replication,
                          struct tbs_sweep *sweep, struct tbs_day *day)
{
    const struct tb_scenario *s = demand->scenario;
    const struct tb_scenario_hall *hall = &s->halls[day->hall];
    const uint64_t index = tbs_citizen_index(day->day, 0);
    const double expected = tb_scenario_visitors(s, day->hall, day->day) * demand->drawn *
                            day_factor(demand, seed, replication, day->day);
    const uint32_t kind = tb_scenario_day_kind(s, day->hall, day->day);
#define KEY(purpose) tbs_station_key(demand, seed, purpose, day->hall, 0, replication)

    const struct tbs_profile *profile = &demand->profiles[hall->arrivals * TB_DAY_KINDS_MAX + kind];

    day->count = day->walk_ins = 0;
    if (hall->mix == TB_NONE || expected <= 0 || profile->count == 0) {
        return;
    }
    const uint32_t n = instants_draw(profile, expected, tbs_day_starts_at_us(s, day->day),
                                     KEY(TBS_ARRIVAL), index, sweep);
    matters_draw(demand, KEY(TBS_MATTER), index, n, sweep, day);
    if (demand->booked > 0) {
        slots_draw(demand, KEY(TBS_APPOINTMENT), index, n, sweep, day);
    }
    places_make(demand, n, sweep, day);
    day_reserve(day, day->count);
    services_draw(demand, KEY(TBS_SERVICE), index, n, sweep, day);
    visits_make(n, sweep, day);
    patience_draw(&s->people, KEY(TBS_PATIENCE), index, n, sweep, day);
    classes_draw(s->people.green_share, KEY(TBS_CLASS), index, n, sweep, day);
    if (demand->booked > 0) {
        appointments_draw(demand, KEY(TBS_PUNCTUALITY), index, n, sweep, day);
    }
#undef KEY
}

/* The same, from a trace. */
static void citizens_read(const struct tbs_trace *trace, struct tbs_day *day)
{
    day->walk_ins = day->count = 0;
    if (day->day < trace->day_first || day->day >= trace->day_first + trace->day_count) {
        return;
    }
    const uint64_t which = (uint64_t)(day->day - trace->day_first) * trace->hall_count + day->hall;
    const struct tbs_citizen *citizens = trace->citizens + trace->first[which];
    day->count = (uint32_t)(trace->first[which + 1] - trace->first[which]);
    day_reserve(day, day->count);
    for (uint32_t i = 0; i < day->count; i++) {
        const struct tbs_citizen *c = &citizens[i];
        struct tbs_visit *visit = visit_make(day, i, c->arrival_at_us, c->service_us, c->matter);
        visit->patience_us = c->patience_us;
        visit->slot_at_us = c->slot_at_us;
        visit->class_ = (uint8_t)c->class_;
        day->walk_ins += c->slot_at_us == TB_NEVER;
    }
}

struct tbs_citizen tbs_day_citizen(const struct tbs_day *day, uint32_t i)
{
    return (struct tbs_citizen){
        .arrival_at_us = day->visits[i].arrival_at_us,
        .slot_at_us = day->visits[i].slot_at_us,
        .service_us = day->visits[i].service_us,
        .patience_us = day->visits[i].patience_us,
        .hall = (uint16_t)day->hall,
        .matter = day->visits[i].matter,
        .class_ = day->visits[i].class_,
    };
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

/* A number holds two or three independent fields. */
static inline bool high_below(uint64_t number, double share)
{
    return (double)(number >> 32) < share * 0x1p32;
}

static inline bool low_below(uint64_t number, double share)
{
    return (double)(number & 0xffffffffu) < share * 0x1p32;
}

static inline bool field_below(uint64_t number, uint32_t third, double share)
{
    return (double)(number >> 21 * third & 0x1fffffu) < share * 0x1p21;
}

/* How he takes his number, and whether he is there when he is called. Only walk-ins differ here. */
static void manners_draw(const struct tb_people *p, struct tbs_key channel, struct tbs_key recall,
                         uint64_t index, struct tbs_sweep *sweep, struct tbs_day *day)
{
    const uint32_t n = day->walk_ins;

    if (p->kiosk_share + p->mobile_share > 0) {
        tbs_random_fill_at(channel, index, sweep->raw, n);
        for (uint32_t i = 0; i < n; i++) {
            const bool mobile = high_below(sweep->raw[i], p->mobile_share);
            const bool kiosk =
                !mobile && high_below(sweep->raw[i], p->mobile_share + p->kiosk_share);
            const bool acks = mobile && low_below(sweep->raw[i], p->mobile_ack_share);
            day->visits[i].traits |= (mobile ? TBS_TRAIT_MOBILE : 0) |
                                     (kiosk ? TBS_TRAIT_KIOSK : 0) | (acks ? TBS_TRAIT_ACKS : 0);
        }
    }
    if (p->absent_share > 0) {
        tbs_random_fill_at(recall, index, sweep->raw, n);
        for (uint32_t i = 0; i < n; i++) {
            const bool away = high_below(sweep->raw[i], p->absent_share);
            const bool returns = away && low_below(sweep->raw[i], p->absent_return_share);
            day->visits[i].traits |=
                (away ? TBS_TRAIT_AWAY : 0) | (returns ? TBS_TRAIT_RETURNS : 0);
        }
    }
}

/* What he brings besides his first matter, and which of his matters are settled at the window. */
static void matters_add(const struct tbs_demand *demand, struct tbs_key several,
                        struct tbs_key settled, uint64_t index, struct tbs_sweep *sweep,
                        struct tbs_day *day)
{
    const struct tb_scenario *s = demand->scenario;
    const uint32_t m = s->halls[day->hall].mix, count = (uint32_t)s->people.several_count;

    if (s->people.several_share > 0 && m != TB_NONE) {
        tbs_random_fill_at(several, index, sweep->raw, day->count);
        for (uint32_t i = 0; i < day->count; i++) {
            if (tbs_unit(sweep->raw[i]) >= s->people.several_share) {
                continue;
            }
            struct tbs_random random;
            tbs_random_open_with(&random, several, index + i, sweep->raw[i]);
            tbs_random_u64(&random);
            day->visits[i].matter_count = (uint8_t)count;
            for (uint32_t j = 1; j < count; j++) {
                const uint32_t which =
                    tbs_choose(demand->mixes[m], s->mixes[m].count, tbs_random_u64(&random));
                day->visits[i].matters[j] = s->mixes[m].matters[which];
            }
        }
    }
    if (s->config.route_count == 0) {
        return;
    }
    tbs_random_fill_at(settled, index, sweep->raw, day->count);
    for (uint32_t i = 0; i < day->count; i++) {
        for (uint32_t j = 0; j < day->visits[i].matter_count; j++) {
            const double share = demand->matters[day->visits[i].matters[j]].settled;
            const bool here = (double)(sweep->raw[i] >> 16 * j & 0xffffu) < share;
            day->visits[i].traits |= here ? TBS_TRAIT_SETTLED << j : 0;
        }
    }
}

/* Where walk-ins go. */
static void ways_draw(const struct tbs_demand *demand, struct tbs_key other, struct tbs_key advice,
                      struct tbs_key video, uint64_t index, struct tbs_sweep *sweep,
                      struct tbs_day *day)
{
    const struct tb_people *p = &demand->scenario->people;
    const struct {
        struct tbs_key key;
        double share;
        enum tbs_trait trait;
    } ways[] = {{video, p->video_share, TBS_TRAIT_VIDEO},
                {advice, p->advice_share, TBS_TRAIT_ADVISED},
                {other, p->other_hall_share, TBS_TRAIT_OTHER}};
    const uint32_t any = TBS_TRAIT_VIDEO | TBS_TRAIT_ADVISED | TBS_TRAIT_OTHER;

    for (uint32_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        if (ways[w].share <= 0) {
            continue;
        }
        tbs_random_fill_at(ways[w].key, index, sweep->raw, day->walk_ins);
        for (uint32_t i = 0; i < day->walk_ins; i++) {
            const struct matter *matter = &demand->matters[day->visits[i].matter];
            const bool may = ways[w].trait == TBS_TRAIT_VIDEO ? matter->video : matter->choice;
            if (may && ways[w].trait == TBS_TRAIT_ADVISED) {
                day->visits[i].traits |= TBS_TRAIT_CHOOSES;
            }
            /* Who brings several matters goes where he knows that all are handled. */
            if (may && day->visits[i].matter_count == 1 && !(day->visits[i].traits & any) &&
                tbs_unit(sweep->raw[i]) < ways[w].share) {
                day->visits[i].traits |= ways[w].trait;
            }
        }
    }
}

uint32_t tbs_rating_traits(const struct tb_people *p, uint64_t number)
{
    const bool rates = field_below(number, 0, p->rate_share);
    const bool later = !rates && field_below(number, 1, p->rate_later_share);
    const bool bad = field_below(number, 2, p->rate_bad_share);

    return (rates ? TBS_TRAIT_RATES : 0) | (later ? TBS_TRAIT_RATES_LATER : 0) |
           (bad ? TBS_TRAIT_BAD : 0);
}

static void ratings_draw(const struct tb_people *p, struct tbs_key key, uint64_t index,
                         struct tbs_sweep *sweep, struct tbs_day *day)
{
    if (p->rate_share + p->rate_later_share <= 0) {
        return;
    }
    tbs_random_fill_at(key, index, sweep->raw, day->count);
    for (uint32_t i = 0; i < day->count; i++) {
        day->visits[i].traits |= tbs_rating_traits(p, sweep->raw[i]);
    }
}

static void luck_draw(struct tbs_key key, uint64_t index, struct tbs_sweep *sweep,
                      struct tbs_day *day)
{
    tbs_random_fill_at(key, index, sweep->raw, day->count);
    for (uint32_t i = 0; i < day->count; i++) {
        day->visits[i].luck = sweep->raw[i];
    }
}

static void balks_draw(const struct tb_people *p, struct tbs_key key, uint64_t index,
                       struct tbs_sweep *sweep, struct tbs_day *day)
{
    if (p->balk_wait_us == TB_NEVER || p->balk_share <= 0) {
        return;
    }
    tbs_random_fill_at(key, index, sweep->raw, day->walk_ins);
    for (uint32_t i = 0; i < day->walk_ins; i++) {
        day->visits[i].traits |= tbs_unit(sweep->raw[i]) < p->balk_share ? TBS_TRAIT_BALKS : 0;
    }
}

void tbs_demand_day(const struct tbs_demand *demand, uint64_t seed, uint64_t replication,
                    uint32_t hall, uint32_t day_index, struct tbs_sweep *sweep, struct tbs_day *day)
{
    const uint64_t index = tbs_citizen_index(day_index, 0);
    const struct tb_people *people = &demand->scenario->people;
#define KEY(purpose, series) tbs_station_key(demand, seed, purpose, hall, series, replication)

    day->hall = hall;
    day->day = day_index;
    if (demand->trace != NULL) {
        citizens_read(demand->trace, day);
    } else {
        citizens_draw(demand, seed, replication, sweep, day);
    }
    sweep_reserve(sweep, day->count);
    for (uint32_t i = day->walk_ins; i < day->count; i++) {
        day->visits[i].traits = day->visits[i].arrival_at_us == TB_NEVER
                                    ? TBS_TRAIT_BOOKED | TBS_TRAIT_ABSENT
                                    : TBS_TRAIT_BOOKED;
    }
    if (demand->lucky) {
        luck_draw(KEY(TBS_ARRIVAL, TBS_SERIES_LUCK), index, sweep, day);
    }
    manners_draw(people, KEY(TBS_CHANNEL, 0), KEY(TBS_RECALL, 0), index, sweep, day);
    matters_add(demand, KEY(TBS_MATTER, TBS_SERIES_SEVERAL), KEY(TBS_MATTER, TBS_SERIES_SETTLED),
                index, sweep, day);
    ways_draw(demand, KEY(TBS_HALL_CHOICE, 0), KEY(TBS_ADVICE, 0), KEY(TBS_REMOTE, 0), index, sweep,
              day);
    ratings_draw(people, KEY(TBS_RATING, 0), index, sweep, day);
    balks_draw(people, KEY(TBS_BALK, 0), index, sweep, day);
#undef KEY
}

const struct tbs_distribution *tbs_demand_service(const struct tbs_demand *demand, uint32_t matter)
{
    return &demand->service[matter];
}

const struct tbs_distribution *tbs_demand_collect(const struct tbs_demand *demand, uint32_t matter)
{
    return &demand->collect[matter];
}
