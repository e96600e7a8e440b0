/* A hall's rest of the day: the draws of what is not known, who comes, the changes. */
#include "model/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/memory.h"
#include "model/live_inside.h"

static void *must(void *memory)
{
    tbs_assert(memory != NULL);
    return memory;
}

/* ---- what is known --------------------------------------------------------------------------- */

/* Numbers of today that the scenario expects by now: its visitors so far, and those who come to
 * collect. */
static double expected_by_now(const struct tbs_live *live)
{
    const struct tb_scenario *s = live->scenario;
    const struct tb_arrivals_day *day =
        &s->arrivals[s->halls[live->hall].arrivals].days[live->day_kind];
    const int64_t now = live->now - live->day_at_us;
    const double visitors = tb_scenario_visitors(s, live->hall, live->day);
    double share = 0;

    for (uint32_t i = 0; i < day->count; i++) {
        const struct tb_arrivals_piece *p = &day->pieces[i];
        share += now >= p->to_us    ? p->share
                 : now > p->from_us ? p->share * (double)(now - p->from_us) /
                                          (double)(p->to_us - p->from_us)
                                    : 0;
    }
    const double collect =
        s->config.route_count == 0
            ? 0
            : s->people.collect_share * tb_scenario_cases(s, live->hall, live->day);
    return share * (visitors + collect);
}

static void tickets_look(struct tbs_live *live)
{
    const uint32_t slots = tb_city_ticket_slots(live->city);
    const tb_time day_end_us = live->day_end_us;
    struct tb_ticket_view view;

    live->tickets = must(calloc(slots + 1, sizeof *live->tickets));
    for (uint32_t i = 0; i < slots; i++) {
        if (tb_city_ticket_at(live->city, i, &view) != TB_STATUS_OK ||
            view.channel == TB_CHANNEL_CASE) {
            continue;
        }
        const bool here = view.station == live->hall;
        const bool video = view.station == live->scenario->remote_station;
        const bool today = view.state != TB_TICKET_BOOKED || view.place_at_us < day_end_us;
        if ((here && today) || (video && view.state != TB_TICKET_BOOKED)) {
            live->tickets[live->ticket_count++] = view;
        }
    }
}

static void cases_look(struct tbs_live *live)
{
    const uint32_t slots = tb_city_case_slots(live->city);
    struct tb_case_view view;

    live->cases = must(calloc(slots + 1, sizeof *live->cases));
    for (uint32_t i = 0; i < slots; i++) {
        if (tb_city_case_at(live->city, i, &view) == TB_STATUS_OK &&
            view.state == TB_CASE_READY && view.station == live->hall && view.number > 0) {
            live->cases[live->case_count++] = view;
        }
    }
}

static void plan_look(struct tbs_live *live)
{
    const uint32_t count = tb_city_plan(live->city, live->hall, live->day_kind, NULL, 0);

    live->plan = must(calloc(count + 1, sizeof *live->plan));
    live->plan_count = tb_city_plan(live->city, live->hall, live->day_kind, live->plan, count);
}

/* ---- making ---------------------------------------------------------------------------------- */

/* The scenario of a hall alone. */
static void scenario_cut(struct tbs_live *live)
{
    struct tb_people *people = &live->alone.people;

    live->alone = *live->scenario;
    people->advice_share = people->other_hall_share = people->video_share = 0;
    people->appointment_share = people->appointment_absent_share = 0;
    people->sick_share = 0;
    live->alone.demand.day_cv = 0;
}

/* A block for copies of the live city in place of the model's own. */
static void city_make(struct tbs_live *live)
{
    struct tbs_model *m = live->model;
    const struct tb_config *config = &live->scenario->config;

    tbs_memory_free(m->city);
    m->city_bytes = tb_city_block_bytes(live->city);
    m->city = tbs_memory_raw(m->city_bytes, 1);
    tbs_memory_free(m->cases);
    m->cases = tbs_memory_zeroed(config->cases_max, sizeof *m->cases);
}

static bool day_find(struct tbs_live *live, char error[TB_WHATIF_ERROR_MAX])
{
    const struct tb_scenario *s = live->scenario;
    const uint32_t day = tb_scenario_day_at(s, live->now);
    const uint32_t kind = tb_city_day_kind(live->city, live->hall);

    if (day == TB_NONE || kind == TB_NONE) {
        snprintf(error, TB_WHATIF_ERROR_MAX,
                 "the hall is in no day of the scenario's calendar, so nobody is known to come");
        return false;
    }
    live->day = day;
    live->day_kind = kind;
    live->day_at_us = tbs_day_starts_at_us(s, day);
    live->day_end_us = tbs_day_ends_at_us(s, day);
    return true;
}

struct tbs_live *tbs_live_open(const struct tb_whatif_ask *ask, char error[TB_WHATIF_ERROR_MAX])
{
    struct tbs_live *live = must(aligned_alloc(64, (sizeof *live + 63) / 64 * 64));
    struct tb_station_load load;

    memset(live, 0, sizeof *live);
    live->ask = ask;
    live->scenario = ask->scenario;
    live->city = ask->city;
    live->now = ask->now;
    live->hall = ask->hall;
    if (!day_find(live, error)) {
        free(live);
        return NULL;
    }
    scenario_cut(live);
    live->demand = tbs_demand_create(&live->alone, NULL);
    const struct tbs_model_options options = {
        .day_first = live->day, .day_count = 1, .alone = true};
    live->model = tbs_model_create(&live->alone, live->demand, &options);
    if (tbs_model_error(live->model)[0] != '\0') {
        snprintf(error, TB_WHATIF_ERROR_MAX, "%s", tbs_model_error(live->model));
        tbs_live_close(live);
        return NULL;
    }
    city_make(live);
    tickets_look(live);
    cases_look(live);
    plan_look(live);
    const enum tb_status status = tb_city_station_load(live->city, live->hall, live->now, &load);
    tbs_assert(status == TB_STATUS_OK);
    live->numbers = load.number_last;
    live->expected = expected_by_now(live);
    live->window_count = live->scenario->halls[live->hall].window_count;
    live->shut = must(calloc(live->window_count + 1, sizeof *live->shut));
    live->order = must(calloc(live->window_count + 1, sizeof *live->order));
    return live;
}

void tbs_live_close(struct tbs_live *live)
{
    if (live == NULL) {
        return;
    }
    tbs_model_free(live->model);
    tbs_demand_free(live->demand);
    free(live->tickets);
    free(live->cases);
    free(live->plan);
    free(live->shut);
    free(live->order);
    free(live->keep);
    free(live);
}

/* ---- who comes ------------------------------------------------------------------------------- */

static struct tbs_key key_of(const struct tbs_live *live, uint32_t series, uint32_t replication)
{
    return tbs_station_key(live->demand, live->ask->seed, TBS_LIVE, live->hall, series,
                           replication);
}

double tbs_live_level(const struct tbs_live *live, uint32_t replication)
{
    const double cv = live->scenario->demand.day_cv;
    struct tbs_random random;

    if (live->ask->level > 0) {
        return live->ask->level;
    }
    if (cv <= 0) {
        return 1;
    }
    const double prior = 1 / (cv * cv);
    tbs_random_open(&random, key_of(live, 1, replication));
    return tbs_gamma(&random, prior + live->numbers) / (prior + live->expected);
}

uint32_t tbs_live_numbers(const struct tbs_live *live)
{
    return live->numbers;
}

double tbs_live_expected(const struct tbs_live *live)
{
    return live->expected;
}

/* The surge at an instant, and the largest of the day: people are drawn for that one, and of them
 * so many come that those without a surge are among those with one. */
static double surge_at(const struct tbs_live *live, tb_time at_us)
{
    double factor = 1;

    for (uint32_t i = 0; i < live->ask->change_count; i++) {
        const struct tb_whatif_change *c = &live->ask->changes[i];
        factor *= c->kind == TB_WHATIF_SURGE && at_us >= c->at_us ? c->factor : 1;
    }
    return factor;
}

static double surge_most(const struct tbs_live *live)
{
    double most = 1;

    for (uint32_t i = 0; i < live->ask->change_count; i++) {
        const double factor = surge_at(live, live->ask->changes[i].at_us);
        most = factor > most ? factor : most;
    }
    return most;
}

/* Who has an appointment is in the city's book already. */
static double unbooked_share(const struct tbs_live *live, uint32_t matter)
{
    const struct tb_station *station = &live->scenario->config.stations[live->hall];
    const struct tb_group *group = &station->groups[live->scenario->config.matters[matter].group];

    return station->slot_us > 0 && group->slot_capacity > 0
               ? 1 - live->scenario->people.appointment_share
               : 1;
}

void tbs_live_arrivals(struct tbs_live *live, uint32_t replication, bool changed)
{
    struct tbs_model *m = live->model;
    struct agenda *a = tbs_agenda(m, live->hall);
    struct tbs_day *day = &m->shared_day;
    const double most = surge_most(live);
    uint32_t kept = 0;

    live->alone.demand.scale =
        live->scenario->demand.scale * most * tbs_live_level(live, replication);
    tbs_demand_day(live->demand, live->ask->seed, replication, live->hall, live->day, &m->sweep,
                   day);
    live->keep = must(realloc(live->keep, (day->count + 1) * sizeof *live->keep));
    tbs_random_fill_at(key_of(live, 2, replication), 0, live->keep, day->count);
    for (uint32_t i = 0; i < day->count; i++) {
        struct tbs_visit *visit = &day->visits[i];
        const double share = (changed ? surge_at(live, visit->arrival_at_us) : 1) / most *
                             unbooked_share(live, visit->matter);
        if (visit->arrival_at_us >= live->now && tbs_unit(live->keep[i]) < share) {
            visit->traits |= TBS_LIVE_SETTLED;
            day->visits[kept++] = *visit;
        }
    }
    day->count = day->walk_ins = kept;
    m->stations[live->hall].today = day;
    tbs_agenda_begin(m, a);
    tbs_orders_reserve(&a->arrivals, kept);
    for (uint32_t i = 0; i < kept; i++) {
        tbs_orders_add(&a->arrivals, day->visits[i].arrival_at_us,
                       (uint64_t)(uintptr_t)&day->visits[i]);
    }
    tbs_agenda_ready(m, a);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* An end of a change: what is done at one instant. */
struct end {
    tb_time at_us;
    const struct tb_whatif_change *change;
    bool last; /* of two */
};

static uint32_t ends_find(const struct tbs_live *live, bool changed,
                          struct end ends[2 * TB_WHATIF_CHANGES_MAX])
{
    uint32_t count = 0;

    for (uint32_t i = 0; changed && i < live->ask->change_count; i++) {
        const struct tb_whatif_change *c = &live->ask->changes[i];
        const bool window = c->kind == TB_WHATIF_OPEN || c->kind == TB_WHATIF_CLOSE;
        if (c->kind != TB_WHATIF_SURGE && c->at_us < live->day_end_us) {
            ends[count++] = (struct end){c->at_us, c, false};
        }
        if (window && c->until_us < live->day_end_us) {
            ends[count++] = (struct end){c->until_us, c, true};
        }
    }
    for (uint32_t i = 1; i < count; i++) { /* few: by insertion, equal ones in their order */
        const struct end end = ends[i];
        uint32_t to = i;
        for (; to > 0 && ends[to - 1].at_us > end.at_us; to--) {
            ends[to] = ends[to - 1];
        }
        ends[to] = end;
    }
    return count;
}

static void window_do(struct tbs_live *live, enum tb_command_kind kind, uint32_t server,
                      tb_time now)
{
    const struct tb_command command = {.kind = (uint16_t)kind, .server = server, .value = -1};

    tbs_step(live->model, live->hall, now, &command); /* refused where it is so already */
    tbs_todo_do(live->model, live->hall, now);
}

/* The plan as it stands, without the windows that are shut. */
static void plan_write(struct tbs_live *live, tb_time now)
{
    const uint32_t first = live->scenario->halls[live->hall].window_first;
    const struct tb_command clear = {.kind = TB_PLAN_CLEAR,
                                     .station = (uint16_t)live->hall,
                                     .group = (uint16_t)live->day_kind};

    tbs_step(live->model, live->hall, now, &clear);
    for (uint32_t i = 0; i < live->plan_count; i++) {
        const struct tb_plan_entry *entry = &live->plan[i];
        const struct tb_command set = {.kind = TB_PLAN_SET,
                                       .server = entry->server,
                                       .value = entry->offset_us,
                                       .group = (uint16_t)live->day_kind,
                                       .class_ = (uint8_t)entry->action,
                                       .extra = (uint16_t)entry->profile};
        if (!live->shut[entry->server - first]) {
            tbs_step(live->model, live->hall, now, &set);
        }
    }
}

static void window_shut(struct tbs_live *live, uint32_t server, bool shut, tb_time now)
{
    live->shut[server - live->scenario->halls[live->hall].window_first] = shut;
    plan_write(live, now);
    window_do(live, shut ? TB_WINDOW_CLOSE : TB_WINDOW_OPEN, server, now);
}

/* Is somebody at this window, or will be today? */
static bool is_staffed(const struct tbs_live *live, uint32_t server, tb_time now)
{
    struct tb_server_view view;

    if (tb_city_server(live->model->city, server, &view) == TB_STATUS_OK &&
        view.state != TB_SERVER_CLOSED && !view.closing) {
        return true;
    }
    for (uint32_t i = 0; i < live->plan_count; i++) {
        const struct tb_plan_entry *entry = &live->plan[i];
        if (entry->server == server && entry->action == TB_PLAN_OPEN &&
            live->day_at_us + entry->offset_us > now) {
            return true;
        }
    }
    return false;
}

static void fall_sick(struct tbs_live *live, uint32_t count, tb_time now)
{
    const uint32_t first = live->scenario->halls[live->hall].window_first;
    uint32_t sick = 0;

    for (uint32_t i = 0; i < live->window_count && sick < count; i++) {
        const uint32_t server = first + live->order[i];
        if (!live->shut[live->order[i]] && is_staffed(live, server, now)) {
            window_shut(live, server, true, now);
            sick++;
        }
    }
}

static void end_do(struct tbs_live *live, const struct end *end)
{
    const struct tb_command shut = {.kind = TB_HALL_CLOSE, .station = (uint16_t)live->hall};
    const struct tb_whatif_change *c = end->change;

    switch (c->kind) {
    case TB_WHATIF_OPEN:
        window_do(live, end->last ? TB_WINDOW_CLOSE : TB_WINDOW_OPEN, c->server, end->at_us);
        return;
    case TB_WHATIF_CLOSE:
        window_shut(live, c->server, !end->last, end->at_us);
        return;
    case TB_WHATIF_SHUT:
        tbs_step(live->model, live->hall, end->at_us, &shut);
        return;
    case TB_WHATIF_SICK:
        fall_sick(live, c->count, end->at_us);
        return;
    case TB_WHATIF_SURGE:
        break;
    }
    tbs_assert(c->kind != TB_WHATIF_SURGE);
}

/* Who falls sick first: an order of all windows, the replication's own. */
static void order_draw(struct tbs_live *live, uint32_t replication)
{
    tbs_random_open(&live->random, key_of(live, 4, replication));
    for (uint32_t i = 0; i < live->window_count; i++) {
        const uint32_t j = tbs_random_below(&live->random, i + 1);
        live->order[i] = live->order[j];
        live->order[j] = i;
    }
    memset(live->shut, 0, live->window_count * sizeof *live->shut);
}

/* ---- running --------------------------------------------------------------------------------- */

static void begin(struct tbs_live *live, uint32_t replication, struct tbs_tally *tally)
{
    struct tbs_model *m = live->model;

    tbs_model_clear(m, live->ask->seed, replication);
    const enum tb_status status = tb_city_copy(m->city, m->city_bytes, live->city);
    tbs_assert(status == TB_STATUS_OK);
    tbs_model_count(m, tally);
    m->now_us = live->now;
    m->day = live->day;
    m->day_at_us = live->day_at_us;
    m->day_end_us = live->day_end_us;
    m->run_end_us = 0; /* nothing is put off: there is no other day */
    m->stations[live->hall].kind_today = live->day_kind;
    m->stations[live->hall].date = tb_scenario_plan_date(m->scenario, live->hall, live->day);
    tbs_tally_day(tally, live->day, live->day_at_us);
}

bool tbs_live_run(struct tbs_live *live, uint32_t replication, bool changed,
                  struct tbs_tally *tally, char error[TB_WHATIF_ERROR_MAX])
{
    struct tbs_model *m = live->model;
    struct end ends[2 * TB_WHATIF_CHANGES_MAX];
    const uint32_t count = ends_find(live, changed, ends);

    begin(live, replication, tally);
    tbs_live_arrivals(live, replication, changed);
    tbs_live_people(live, replication);
    order_draw(live, replication);
    /* The model runs its days to their ends: so each change ends one, as it were. */
    for (uint32_t i = 0; i < count && m->error[0] == '\0'; i++) {
        m->day_end_us = ends[i].at_us > live->now ? ends[i].at_us : live->now;
        tbs_drive_station(m, live->hall);
        end_do(live, &(struct end){m->day_end_us, ends[i].change, ends[i].last});
    }
    m->day_end_us = live->day_end_us;
    tbs_drive_station(m, live->hall);
    tbs_day_end(m, live->hall);
    tbs_agenda_end(tbs_agenda(m, live->hall));
    tbs_extras_count(m, live->hall);
    tbs_model_finish(m); /* who is still there */
    if (m->error[0] != '\0') {
        snprintf(error, TB_WHATIF_ERROR_MAX, "%s", m->error);
    }
    return m->error[0] == '\0';
}
