/* The one function: time first, then the commands in their order. */
#include "step.h"

bool tbi_in_step(const struct tbi_step *step, uint32_t station)
{
    if (step->only == TB_NONE || step->only == station)
        return true;
    return tbi_station(step->city, station)->clock_at <= step->now &&
           tb_station_deadline_at(step->city, station) > step->now;
}

/* ---- dispatch ------------------------------------------------------------------------------ */

static tbi_handler *const handlers[TB_COMMAND_COUNT] = {
#define TB_COMMAND(value, name, ...) [value] = tbi_do_##name,
#include "tongban/command.def"
#undef TB_COMMAND
};

static const uint8_t effects[TB_COMMAND_COUNT] = {
#define TB_COMMAND(value, name, words, roles, effect, ...) [value] = TB_EFFECT_##effect,
#include "tongban/command.def"
#undef TB_COMMAND
};

/* How a command says which station it belongs to; only tb_station_step asks. */
enum home { HOME_NONE, HOME_STATION, HOME_SERVER, HOME_TICKET, HOME_VISIT };
static const uint8_t homes[TB_COMMAND_COUNT] = {
    [TB_TICKET_TAKE ... TB_TICKET_TAKE] = HOME_STATION,
    [TB_TICKET_ADD ... TB_TICKET_INFO] = HOME_TICKET,
    [TB_WINDOW_OPEN ... TB_WINDOW_SKILL] = HOME_SERVER,
    [TB_HALL_OPEN ... TB_HALL_CLOSE] = HOME_STATION,
    [TB_HALL_HEAD ... TB_BOOK_MAKE] = HOME_STATION,
    [TB_BOOK_CHECK_IN ... TB_BOOK_CANCEL] = HOME_TICKET,
    [TB_BOOK_SLOT] = HOME_STATION,
    [TB_DESK_APPROVE ... TB_DESK_REJECT] = HOME_SERVER,
    [TB_KIOSK_REQUEST] = HOME_STATION,
    [TB_HELP_ASSIGN ... TB_HELP_CLOSE] = HOME_SERVER,
    [TB_RATE_GIVE ... TB_RATE_FOLLOW] = HOME_VISIT,
    [TB_PLAN_SET] = HOME_SERVER,
    [TB_PLAN_CLEAR ... TB_CITY_RULE] = HOME_STATION,
};

/* The station that a reference's ticket or visit is of, or `only` where there is none. */
static __attribute__((noinline)) uint32_t ref_station(const struct tb_city *city, tb_ref ref,
                                                      bool visit, uint32_t only)
{
    const uint32_t index = visit ? tbi_visit_find(city, ref) : tbi_ticket_find(city, ref);
    if (index == TB_NONE)
        return only;
    return visit ? tbi_visit(city, index)->station : tbi_ticket(city, index)->station;
}

/* False: the command is another station's. What names nothing that exists is left to its
 * handler. */
static inline bool at_home(const struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    const uint32_t only = step->only;
    switch ((enum home)homes[command->kind]) {
    case HOME_STATION:
        return command->station == only || command->station >= city->size.stations;
    case HOME_SERVER:
        return command->server >= city->size.servers ||
               tbi_server(city, command->server)->station == only;
    case HOME_TICKET:
        return ref_station(city, command->ref, false, only) == only;
    case HOME_VISIT:
        return ref_station(city, command->ref, true, only) == only;
    case HOME_NONE:
        break;
    }
    return false;
}

/* Off the path of those that succeed, which would else keep registers for it. */
static __attribute__((noinline, cold)) void refuse(struct tbi_step *step, enum tb_status status)
{
    tbi_answer(step, TB_EVENT_REFUSED, TB_STATION_NONE)->value = status;
}

/* Carries out a known command, after the checks of all, and looks after its answer. `home`: the
 * station of tb_station_step, or NULL. */
static inline enum tb_status answer_new(struct tbi_step *step, const struct tb_command *command,
                                        const struct tbi_station *home)
{
    struct tb_city *city = step->city;
    const struct tb_event *answer = step->out;
    const uint32_t kind = command->kind;
    const bool changes = effects[kind] != TB_EFFECT_QUERY;
    const tb_time now = step->now;
    enum tb_status status;
    if (changes && now < (home ? home->clock_at : city->clock_at))
        status = TB_STATUS_TIME_BACKWARDS;
    else if (home && !at_home(step, command))
        status = TB_STATUS_STATION_OUT_OF_STEP;
    else
        status = handlers[kind](step, command);
    if (__builtin_expect(status != TB_STATUS_OK, false)) {
        tb_assert(step->out == answer);
        refuse(step, status);
        return status;
    }
    if (changes && (!home || now > city->clock_at))
        city->clock_at = now;
    tb_assert((size_t)(step->out - answer) - 1 < TB_COMMAND_EVENTS_MAX);
    tb_assert(answer->flags & TB_EVENT_FLAG_ANSWER);
    return TB_STATUS_OK;
}

/* A change with a request id: an earlier one with the same id has been answered, and so is this;
 * or it is new, and its answer is remembered. */
static __attribute__((noinline)) void answer_once(struct tbi_step *step,
                                                  const struct tb_command *command,
                                                  const struct tbi_station *home)
{
    const uint64_t fingerprint = tbi_request_fingerprint(command);
    const struct tbi_request *request = tbi_request_find(step->city, command->request_id);
    if (!request) {
        const struct tb_event *answer = step->out;
        if (answer_new(step, command, home) == TB_STATUS_OK)
            tbi_request_add(step->city, command->request_id, fingerprint, answer);
        return;
    }
    if (request->fingerprint != fingerprint) {
        refuse(step, TB_STATUS_REQUEST_MISMATCH);
        return;
    }
    *step->out = request->answer;
    step->out->tag = command->tag;
    step->out->flags |= TB_EVENT_FLAG_REPEATED;
    step->out++;
}

static inline void apply(struct tbi_step *step, tb_time now, const struct tb_command *command,
                         const struct tbi_station *home)
{
    step->now = now;
    step->tag = command->tag;
    step->answer = TB_EVENT_FLAG_ANSWER;
    if (__builtin_expect(command->kind - 1u >= TB_COMMAND_COUNT - 1u, false))
        refuse(step, TB_STATUS_COMMAND_UNKNOWN);
    else if (command->request_id != 0 && effects[command->kind] != TB_EFFECT_QUERY)
        answer_once(step, command, home);
    else
        answer_new(step, command, home);
}

/* ---- stepping -------------------------------------------------------------------------------- */

static inline struct tb_step_result result(const struct tbi_step *step, uint32_t commands,
                                           const struct tb_event *events, bool more)
{
    _Static_assert(sizeof(struct tb_step_result) == 16, "two registers");
    return (struct tb_step_result){commands, (uint32_t)(step->out - events), more, 0};
}

/* A step's surroundings; not by an initializer, which would clear what explains too. */
static inline void begin(struct tbi_step *step, struct tb_city *city, uint32_t only,
                         struct tb_event *events, uint32_t max)
{
    tb_assert(city->magic == TBI_MAGIC);
    tb_assert(max >= TB_COMMAND_EVENTS_MAX);
    step->city = city;
    step->out = events;
    step->last = events + max - TB_COMMAND_EVENTS_MAX;
    step->only = only;
    step->near = TB_NONE;
    step->explanations = NULL;
}

/* What time brings next by `now`: a station's own, what is first on one of the city's lists, or
 * NOTHING. */
enum { CALLS = TB_NONE - 2, VISITS = TB_NONE - 1, NOTHING = TB_NONE };

/* The first of them: by instant, station and kind (R1). `station`: whose own is due, or NOTHING. */
static __attribute__((noinline)) uint32_t due_first(const struct tb_city *city, uint32_t station,
                                                    bool calls, bool visits)
{
    uint32_t first = station;
    tb_time at = station == NOTHING ? TB_NEVER : *tbi_due_station(city, station);
    if (calls && tbi_calls_before(city, at, station)) {
        at = tbi_calls_at(city);
        station = tbi_server(city, city->calls.head)->call_station;
        first = CALLS;
    }
    return visits && tbi_visits_before(city, at, station) ? VISITS : first;
}

static inline uint32_t due_next(struct tb_city *city, tb_time now)
{
    const uint32_t station = tbi_due_bound(city) <= now ? tbi_due_find(city, now) : NOTHING;
    const tb_time visit_at = tbi_visits_at(city), call_at = tbi_calls_at(city);
    if (station != NOTHING || call_at <= now)
        return due_first(city, station, true, true);
    if (visit_at <= now)
        return VISITS;
    const tb_time shared_at = visit_at < call_at ? visit_at : call_at;
    const tb_time station_at = tbi_due_bound(city);
    *tbi_due_soonest(city) = station_at < shared_at ? station_at : shared_at;
    return NOTHING;
}

/* The same for one station, whatever others have left undone. */
static uint32_t due_next_of(struct tb_city *city, uint32_t station, tb_time now)
{
    const bool visits = tbi_visits_due_of(city, station, now);
    const bool calls = tbi_calls_due_of(city, station, now);
    const bool own = *tbi_due_station(city, station) <= now;
    return due_first(city, own ? station : NOTHING, calls, visits);
}

/* May anything be due? Seldom; so this is asked apart from what. */
static inline bool may_be_due(const struct tb_city *city, uint32_t only,
                              const struct tbi_station *home, tb_time now)
{
    if (!home)
        return __builtin_expect(*tbi_due_soonest(city) <= now, false);
    return city->visits_due[0].at <= now || city->visits_due[1].at <= now ||
           tbi_calls_at(city) <= now || *tbi_due_station(city, only) <= now;
}

/* What is due by `now`, one after the other; false: no room for its events. */
static __attribute__((noinline)) bool act_due(struct tbi_step *step, tb_time now)
{
    for (;;) {
        const uint32_t next = step->only == TB_NONE ? due_next(step->city, now)
                                                    : due_next_of(step->city, step->only, now);
        if (next == NOTHING)
            return true;
        if (step->out > step->last)
            return false;
        if (next == CALLS)
            tbi_calls_act(step);
        else if (next != VISITS)
            tbi_time_act(step, next);
        else if (tbi_visits_act(step, now))
            return true;
    }
}

/* From the command after those `taken` on. `home`: the station of tb_station_step, or NULL. */
static struct tb_step_result run(struct tbi_step *step, tb_time now,
                                 const struct tb_command *commands, uint32_t taken, uint32_t n,
                                 const struct tb_event *events, const struct tbi_station *home)
{
    const bool fetches = n > 1 && !home && step->city->size.stations >= TBI_FETCH_STATIONS;
    bool room = true;
    for (;;) {
        if (may_be_due(step->city, step->only, home, now))
            room = act_due(step, now);
        if (!room || taken == n || step->out > step->last)
            break;
        if (fetches && taken % TBI_FETCH_GROUP == 0)
            tbi_fetch_ahead(step->city, commands, taken, n);
        apply(step, now, &commands[taken++], home);
    }
    return result(step, taken, events, !room || taken < n);
}

/* A command that comes alone, as most do, needs none of what a loop keeps. */
struct tb_step_result tb_city_step(struct tb_city *city, tb_time now,
                                   const struct tb_command *commands, uint32_t n,
                                   struct tb_event *events, uint32_t max)
{
    struct tbi_step step;
    begin(&step, city, TB_NONE, events, max);
    if (n != 1)
        return run(&step, now, commands, 0, n, events, NULL);
    if (may_be_due(city, TB_NONE, NULL, now) && (!act_due(&step, now) || step.out > step.last))
        return result(&step, 0, events, true);
    apply(&step, now, commands, NULL);
    if (may_be_due(city, TB_NONE, NULL, now))
        return run(&step, now, commands, 1, 1, events, NULL);
    return result(&step, 1, events, false);
}

struct tb_step_result tb_station_step(struct tb_city *city, uint32_t station, tb_time now,
                                      const struct tb_command *commands, uint32_t n,
                                      struct tb_event *events, uint32_t max)
{
    struct tbi_step step;
    begin(&step, city, station, events, max);
    tb_assert(station < city->size.stations);
    return run(&step, now, commands, 0, n, events, tbi_station(city, station));
}

struct tb_step_result tb_city_step_explained(struct tb_city *city, tb_time now,
                                             const struct tb_command *command,
                                             struct tb_event *events, uint32_t max,
                                             struct tb_explanation *explanations,
                                             uint32_t explanation_max,
                                             uint32_t *explanation_count)
{
    struct tbi_step step;
    begin(&step, city, TB_NONE, events, max);
    step.explanations = explanations;
    step.explanation_max = explanation_max;
    step.explanation_count = 0;
    struct tb_step_result result = run(&step, now, command, 0, 1, events, NULL);
    *explanation_count = step.explanation_count;
    return result;
}
