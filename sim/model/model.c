#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/memory.h"
#include "model/state.h"

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + (count == 0), size);

    tbs_assert(memory != NULL);
    return memory;
}

const char *tbs_outcome_name(enum tbs_outcome outcome)
{
    static const char *const names[TBS_OUTCOME_COUNT] = {
        [TBS_OUTCOME_OPEN] = "open",       [TBS_OUTCOME_SERVED] = "served",
        [TBS_OUTCOME_LEFT] = "left",       [TBS_OUTCOME_EXPIRED] = "expired",
        [TBS_OUTCOME_REFUSED] = "refused", [TBS_OUTCOME_ABSENT] = "absent",
    };

    return outcome < TBS_OUTCOME_COUNT ? names[outcome] : "unknown";
}

/* ---- creation -------------------------------------------------------------------------------- */

/* Halls touch where a case goes from one to another, a citizen chooses, or windows serve all. */
static bool halls_touch(const struct tb_scenario *s)
{
    return s->config.route_count > 0 || s->desk_count > 0 || s->remote_station != TB_STATION_NONE ||
           s->people.advice_share > 0 || s->people.other_hall_share > 0;
}

static uint32_t at_most(uint64_t wanted, uint32_t most)
{
    return wanted < most ? (uint32_t)wanted : most;
}

/* Nobody walks to an approver: he begins a task when he calls it. */
static void desks_start_at_once(struct tbs_model *m)
{
    const uint32_t count = m->config.station_count;
    struct tb_station *stations = zeroed(count, sizeof *stations);

    m->rules = zeroed(count, sizeof *m->rules);
    for (uint32_t i = 0; i < count; i++) {
        stations[i] = m->config.stations[i];
        if (stations[i].kind != TB_STATION_DESK) {
            continue;
        }
        if (stations[i].rules != NULL) {
            m->rules[i] = *stations[i].rules;
        } else {
            tb_rules_init(&m->rules[i]);
        }
        m->rules[i].value[TB_RULE_auto_start] = 1;
        stations[i].rules = &m->rules[i];
    }
    m->config.stations = m->stations_config = stations;
}

/* The scenario's config, from the run's first day on, and no larger than the run needs. */
static void config_make(struct tbs_model *m)
{
    const struct tb_scenario *s = m->scenario;
    const uint32_t first = m->options.day_first;
    double visits = 0;

    m->config = s->config;
    if (m->options.whole) {
        tbs_assert(first == 0);
        return;
    }
    m->calendars = zeroed(s->config.calendar_count, sizeof *m->calendars);
    for (uint32_t c = 0; c < s->config.calendar_count; c++) {
        m->calendars[c] = s->config.calendars[c];
        m->calendars[c].days += first;
        m->calendars[c].day_count -= first;
    }
    m->config.calendars = m->calendars;
    desks_start_at_once(m);
    m->config.requests_max = 0;
    for (uint32_t d = first; d < m->day_last; d++) {
        for (uint32_t h = 0; h < s->hall_count; h++) {
            visits += tb_scenario_visitors(s, h, d);
        }
    }
    const uint64_t most = (uint64_t)(2 * visits) + 1000;
    m->config.visits_max = at_most(most, s->config.visits_max);
    m->config.cases_max = at_most(most, s->config.cases_max);
}

static void station_create(struct tbs_model *m, uint32_t i)
{
    struct station *st = &m->stations[i];
    const struct tb_station *station = &m->config.stations[i];
    const struct tb_scenario *s = m->scenario;

    st->kind = station->kind;
    st->server_first = tb_city_server_first(m->city, i);
    st->server_count = station->server_count;
    st->help =
        i >= s->hall_count && i < s->hall_count + s->desk_count && s->desks[i - s->hall_count].help;
    const bool books = i < s->hall_count && station->slot_us > 0 && tbs_demand_books(m->demand);
    st->ahead = books && station->horizon_days > 1 ? station->horizon_days - 1 : 0;
    if (i < s->hall_count && (books || !m->by_station)) {
        st->days = zeroed(st->ahead + 1, sizeof *st->days);
    }
}

static void agendas_create(struct tbs_model *m)
{
    m->agenda_count = m->by_station ? m->station_count : 1;
    m->agendas = zeroed(m->agenda_count, sizeof *m->agendas);
    for (uint32_t i = 0; i < m->agenda_count; i++) {
        struct agenda *a = &m->agendas[i];
        a->server_first = m->by_station ? m->stations[i].server_first : 0;
        tbs_minima_create(&a->windows,
                          m->by_station ? m->stations[i].server_count : m->server_count,
                          m->run_at_us);
    }
}

static void windows_create(struct tbs_model *m)
{
    const struct tb_scenario *s = m->scenario;

    m->windows = zeroed(m->server_count, sizeof *m->windows);
    m->server_entities = zeroed(m->server_count, sizeof *m->server_entities);
    m->shift_first = zeroed(m->server_count + 1, sizeof *m->shift_first);
    for (uint32_t i = 0; i < m->station_count; i++) {
        const struct station *st = &m->stations[i];
        for (uint32_t w = 0; w < st->server_count; w++) {
            const uint32_t server = st->server_first + w;
            m->windows[server].station = i;
            m->windows[server].pace = 1 / s->servers[server].speed;
            m->server_entities[server] = tbs_entity(s->servers[server].label.id) * 31 +
                                         tbs_station_key(m->demand, 0, TBS_SICK, i, 0, 0).word[2];
        }
    }
    for (uint32_t i = 0; i < s->shift_count; i++) {
        m->shift_first[s->shifts[i].server + 1]++;
    }
    for (uint32_t i = 0; i < m->server_count; i++) {
        m->shift_first[i + 1] += m->shift_first[i];
    }
}

/* How often a result that is ready is collected in person, so that of all cases collect_share end
 * so. */
static double collect_chance(const struct tb_scenario *s)
{
    double all = 0, ready = 0;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        const uint32_t m = s->halls[h].mix;
        for (uint32_t i = 0; m != TB_NONE && i < s->mixes[m].count; i++) {
            const uint32_t matter = s->mixes[m].matters[i];
            const double cases = (double)s->halls[h].volume_milli * s->mixes[m].chance[i];
            const bool kept = s->config.matters[matter].collect &&
                              s->config.matters[matter].route != TB_MATTER_NONE;
            all += cases;
            ready += kept ? cases * (1 - s->matters[matter].settled_share) : 0;
        }
    }
    const double share = s->people.collect_share * all;
    return ready <= 0 ? 0 : share < ready ? share / ready : 1;
}

static void office_create(struct tbs_model *m)
{
    const struct tb_scenario *s = m->scenario;
    uint32_t steps = 0;

    m->step_first = zeroed(s->route_count, sizeof *m->step_first);
    for (uint32_t r = 0; r < s->route_count; r++) {
        m->step_first[r] = steps;
        steps += s->config.routes[r].step_count;
    }
    m->step_work = zeroed(steps, sizeof *m->step_work);
    for (uint32_t r = 0; r < s->route_count; r++) {
        for (uint32_t i = 0; i < s->config.routes[r].step_count; i++) {
            const struct tb_duration *work = &s->routes[r].steps[i].work;
            const bool made = tbs_distribution_make(&m->step_work[m->step_first[r] + i],
                                                    (enum tbs_distribution_kind)work->law,
                                                    (double)work->mean_us, work->cv);
            tbs_assert(made);
        }
    }
    m->direct = zeroed(s->matter_count, sizeof *m->direct);
    for (uint32_t i = 0; i < s->matter_count; i++) {
        if (s->matters[i].direct_milli > 0 && s->config.matters[i].route != TB_MATTER_NONE) {
            m->direct[m->direct_count++] = i;
        }
    }
    m->collect_chance = collect_chance(s);
}

static void city_begin(struct tbs_model *m)
{
    const enum tb_status status = tb_city_init(m->city, m->city_bytes, &m->config);

    tbs_assert(status == TB_STATUS_OK);
}

static bool city_create(struct tbs_model *m)
{
    m->city_bytes = tb_city_bytes(&m->config);
    if (m->city_bytes == 0) {
        struct tb_config_error error = {0};
        tb_config_check(&m->config, &error);
        tbs_fail(m, "%s, row %u: %s", error.table, error.row, error.wrong);
        return false;
    }
    m->city = tbs_memory_raw(m->city_bytes, 1);
    city_begin(m);
    m->fresh = true;
    return true;
}

/* The city before its first day. One run needs no copy of it, which would be as much memory again;
 * many do, as a copy takes less time than a beginning. */
static void city_again(struct tbs_model *m)
{
    if (m->fresh) {
        m->fresh = false;
        return;
    }
    const bool first = m->pristine == NULL;
    if (first) {
        city_begin(m);
        m->pristine = tbs_memory_raw(m->city_bytes, 1);
    }
    const enum tb_status status =
        first ? tb_city_copy(m->pristine, m->city_bytes, m->city)
              : tb_city_copy(m->city, m->city_bytes, m->pristine);
    tbs_assert(status == TB_STATUS_OK);
}

struct tbs_model *tbs_model_create(const struct tb_scenario *scenario,
                                   const struct tbs_demand *demand,
                                   const struct tbs_model_options *options)
{
    struct tbs_model *m = aligned_alloc(64, (sizeof *m + 63) / 64 * 64);

    tbs_assert(m != NULL);
    memset(m, 0, sizeof *m);
    m->scenario = scenario;
    m->demand = demand;
    m->options = *options;
    m->day_last = options->day_first + options->day_count;
    tbs_assert(m->day_last <= scenario->day_count);
    m->run_at_us = tbs_day_starts_at_us(scenario, options->day_first);
    m->run_end_us = tbs_day_ends_at_us(scenario, m->day_last - 1);
    m->by_station = options->alone || (!options->whole && !halls_touch(scenario));
    m->patience_floor_us = tbs_demand_patience_least_us(demand);
    config_make(m);
    if (!city_create(m)) {
        return m;
    }
    m->station_count = m->config.station_count;
    m->server_count = tb_city_server_count(m->city);
    m->stations = zeroed(m->station_count, sizeof *m->stations);
    for (uint32_t i = 0; i < m->station_count; i++) {
        station_create(m, i);
    }
    agendas_create(m);
    windows_create(m);
    m->seats = tbs_memory_zeroed(m->config.tickets_max, sizeof(struct tbs_visit *));
    m->tasks = tbs_memory_zeroed(m->by_station ? 0 : m->config.tickets_max, sizeof *m->tasks);
    m->cases = tbs_memory_zeroed(m->config.cases_max, sizeof *m->cases);
    office_create(m);
    return m;
}

static void agenda_free(struct agenda *a)
{
    tbs_minima_free(&a->windows);
    tbs_timers_free(&a->timers);
    tbs_orders_free(&a->arrivals);
    tbs_orders_free(&a->put_off);
    for (uint32_t i = 0; a->later != NULL && i < LATER_DAYS; i++) {
        free(a->later[i].timers);
    }
    free(a->later);
    free(a->due.timers);
    free(a->patient);
}

static void station_free(struct station *st)
{
    for (uint32_t i = 0; st->days != NULL && i <= st->ahead; i++) {
        tbs_day_free(&st->days[i]);
    }
    free(st->days);
}

void tbs_model_free(struct tbs_model *m)
{
    if (m == NULL) {
        return;
    }
    for (uint32_t i = 0; i < m->station_count; i++) {
        station_free(&m->stations[i]);
    }
    for (uint32_t i = 0; i < m->extra_count; i++) {
        free(m->extras[i]);
    }
    for (uint32_t i = 0; i < m->spare_count; i++) {
        free(m->spare[i]);
    }
    for (uint32_t i = 0; i < m->agenda_count; i++) {
        agenda_free(&m->agendas[i]);
    }
    free(m->agendas);
    tbs_day_free(&m->shared_day);
    tbs_sweep_free(&m->sweep);
    free(m->extras);
    free(m->spare);
    free(m->stations);
    free(m->windows);
    free(m->server_entities);
    free(m->shift_first);
    tbs_memory_free(m->seats);
    tbs_memory_free(m->tasks);
    tbs_memory_free(m->cases);
    free(m->step_first);
    free(m->step_work);
    free(m->direct);
    free(m->todo);
    free(m->calendars);
    free(m->stations_config);
    free(m->rules);
    tbs_memory_free(m->city);
    tbs_memory_free(m->pristine);
    free(m);
}

/* ---- running --------------------------------------------------------------------------------- */

static void agenda_start(struct agenda *a)
{
    tbs_minima_clear(&a->windows);
    tbs_timers_clear(&a->timers, 0);
    a->arrival_at_us = a->put_off_at_us = a->patient_at_us = TB_NEVER;
    a->patient_from = a->patient_to = 0;
    for (uint32_t i = 0; a->later != NULL && i < LATER_DAYS; i++) {
        a->later[i].count = 0;
    }
}

static void station_start(struct station *st)
{
    st->today = NULL;
    memset(st->waiting, 0, sizeof st->waiting);
    memset(st->outcomes, 0, sizeof st->outcomes);
    st->unkept = 0;
    st->rewritten_kinds = 0;
    st->date = NULL;
    st->inside = 0;
    st->work_us = 0;
}

void tbs_model_clear(struct tbs_model *m, uint64_t seed, uint64_t replication)
{
    m->seed = seed;
    m->replication = replication;
    m->next_day = m->options.day_first;
    m->error[0] = '\0';
    m->todo_count = 0;
    m->now_us = 0;
    m->subject = NULL;
    for (uint32_t i = 0; i < m->station_count; i++) {
        station_start(&m->stations[i]);
    }
    for (uint32_t i = 0; i < m->agenda_count; i++) {
        agenda_start(&m->agendas[i]);
    }
    for (uint32_t i = 0; i < m->server_count; i++) {
        struct window *window = &m->windows[i];
        *window = (struct window){.staffed_at_us = TB_NEVER,
                                  .pace = window->pace,
                                  .station = window->station,
                                  .shift = TB_NONE};
    }
    for (uint32_t i = 0; i < m->task_end; i++) {
        m->tasks[i].open = false;
    }
    m->task_end = 0;
    while (m->extra_count > 0) {
        m->spare[m->spare_count++] = m->extras[--m->extra_count];
    }
}

void tbs_model_start(struct tbs_model *m, uint64_t seed, uint64_t replication)
{
    if (m->city == NULL) {
        return; /* tbs_model_error says why */
    }
    tbs_model_clear(m, seed, replication);
    city_again(m);
}

void tbs_model_count(struct tbs_model *m, struct tbs_tally *tally)
{
    m->tally = tally;
}

static void day_set(struct tbs_model *m, uint32_t day)
{
    m->day = day;
    m->day_at_us = tbs_day_starts_at_us(m->scenario, day);
    m->day_end_us = tbs_day_ends_at_us(m->scenario, day);
    tbs_tally_day(m->tally, day, m->day_at_us);
}

static void kind_set(struct tbs_model *m, uint32_t station)
{
    m->stations[station].kind_today = tb_scenario_day_kind(m->scenario, station, m->day);
}

static void station_days_run(struct tbs_model *m, uint32_t station, uint32_t first, uint32_t last)
{
    for (uint32_t day = first; day < last && m->error[0] == '\0'; day++) {
        day_set(m, day);
        kind_set(m, station);
        tbs_agenda_begin(m, &m->agendas[station]);
        tbs_day_begin(m, station);
        tbs_agenda_ready(m, &m->agendas[station]);
        tbs_drive_station(m, station);
        tbs_day_carry(m, station);
        tbs_day_end(m, station);
        tbs_agenda_end(&m->agendas[station]);
        tbs_extras_count(m, station);
        tbs_day_check(m, station);
    }
}

static void city_day_run(struct tbs_model *m, uint32_t day)
{
    day_set(m, day);
    for (uint32_t i = 0; i < m->station_count; i++) {
        kind_set(m, i);
    }
    tbs_agenda_begin(m, &m->agendas[0]);
    for (uint32_t i = 0; i < m->station_count; i++) {
        tbs_day_begin(m, i);
    }
    tbs_office_day(m);
    tbs_agenda_ready(m, &m->agendas[0]);
    tbs_drive_city(m);
    for (uint32_t i = 0; i < m->station_count; i++) {
        tbs_day_carry(m, i);
    }
    for (uint32_t i = 0; i < m->station_count; i++) {
        tbs_day_end(m, i);
    }
    tbs_agenda_end(&m->agendas[0]);
    tbs_extras_count(m, 0);
    for (uint32_t i = 0; i < m->station_count; i++) {
        tbs_day_check(m, i);
    }
}

bool tbs_model_run(struct tbs_model *m, uint32_t days)
{
    const uint32_t last = m->next_day + days < m->day_last ? m->next_day + days : m->day_last;

    if (m->by_station) {
        for (uint32_t i = 0; i < m->station_count; i++) {
            station_days_run(m, i, m->next_day, last);
        }
    } else {
        for (uint32_t day = m->next_day; day < last && m->error[0] == '\0'; day++) {
            city_day_run(m, day);
        }
    }
    m->next_day = last;
    if (m->options.verify && m->error[0] == '\0') {
        const char *wrong = tb_city_verify(m->city);
        if (wrong != NULL) {
            tbs_fail(m, "the city is not whole: %s", wrong);
        }
    }
    return m->error[0] == '\0';
}

void tbs_model_finish(struct tbs_model *m)
{
    if (m->error[0] != '\0') {
        return;
    }
    for (uint32_t i = 0; i < m->extra_count; i++) {
        tbs_tally_visits(m->tally, m->extras[i], 1);
        if (m->options.ticket != NULL) {
            m->options.ticket(m->options.ticket_context, m->extras[i]);
        }
    }
    for (uint32_t i = 0; i < m->task_end; i++) {
        const struct task *task = &m->tasks[i];
        if (task->open) {
            const int64_t age_us =
                tbs_work_us(m, task->station, m->day_end_us) - task->queued_work_us;
            tbs_tally_task_open(m->tally, task->station, age_us, task->due_at_us < m->day_end_us);
        }
    }
}

uint32_t tbs_model_day(const struct tbs_model *m)
{
    return m->next_day - m->options.day_first;
}

uint64_t tbs_model_hash(const struct tbs_model *m)
{
    return tb_city_hash(m->city);
}

const char *tbs_model_error(const struct tbs_model *m)
{
    return m->error;
}

bool tbs_model_by_station(const struct tbs_model *m)
{
    return m->by_station;
}

const struct tb_city *tbs_model_city(const struct tbs_model *m)
{
    return m->city;
}
