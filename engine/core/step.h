/* The inner contract of engine/core: what its files ask of each other. Data flows one way:
 *
 *     step.c (order, dispatch) -> life.c, ticket.c window.c hall.c book.c case.c visit.c plan.c
 *       -> server.h (a window's life) -> line.h choose.h (lines, who is next) -> heap.h, emit.h
 *     time.c (what time brings) uses the same functions as the commands.
 *
 * Handlers return a status; on any but OK they have changed nothing and emitted nothing. The
 * first event that a command emits is its answer: tbi_emit marks it. */
#ifndef TBI_STEP_H
#define TBI_STEP_H

#include <string.h>

#include "emit.h"
#include "layout.h"
#include "pool.h"

typedef enum tb_status tbi_handler(struct tbi_step *step, const struct tb_command *command);

/* ---- step.c ----------------------------------------------------------------------------- */

/* False: tb_station_step must not touch that station now (STATION_OUT_OF_STEP). */
bool tbi_in_step(const struct tbi_step *step, uint32_t station);

/* Fetches what commands to come will touch, at every so many done; a city of so many stations
 * gains by it. (fetch.c) */
#define TBI_FETCH_STATIONS 1024
#define TBI_FETCH_GROUP 8
void tbi_fetch_ahead(const struct tb_city *city, const struct tb_command *commands, uint32_t done,
                     uint32_t n);
/* The same for a window that asks for the next: its profile, and the lines it may look at. */
void tbi_fetch_next(const struct tb_city *city, const struct tbi_server *server);

/* ---- references ----------------------------------------------------------------------------- */

/* Index of a live ticket, case, visit; TB_NONE if the reference is not one. (pool.c) */
uint32_t tbi_ticket_find(const struct tb_city *city, tb_ref ref);
uint32_t tbi_case_find(const struct tb_city *city, tb_ref ref);
uint32_t tbi_visit_find(const struct tb_city *city, tb_ref ref);
/* Slots of tickets and visits: pool.h. A case's: zeroed, generation counted on; the caller has
 * checked that there is one. (pool.c) */
uint32_t tbi_case_new(struct tb_city *city);
void tbi_case_free(struct tb_city *city, uint32_t case_);
static inline uint32_t tbi_pool_left(const struct tbi_pool *pool)
{
    return pool->max - pool->count;
}

/* ---- time.c: deadlines
 * ------------------------------------------------------------------------ */

/* The station's own deadline, but for its visits on the city's lists (visit.c). */
static inline tb_time *tbi_due_station(const struct tb_city *city, uint32_t station)
{
    return tbi_deadline(city, city->due_level[0] + (uint64_t)station);
}
/* Nothing but such visits is due in the city before that: a bound, and mostly the very instant. */
static inline tb_time tbi_due_bound(const struct tb_city *city)
{
    return *tbi_deadline(city, 0);
}
/* Nothing at all is due in the city before that, visits or not: a bound as well, and the one place
 * to look at before each command. It comes down with whatever comes first; step.c raises it. */
static inline tb_time *tbi_due_soonest(const struct tb_city *city)
{
    return tbi_deadline(city, 2);
}
/* The station's deadline comes earlier. */
void tbi_due_lower(struct tb_city *city, uint32_t station, tb_time at);
/* It is later now; bounds may stay too low. */
void tbi_due_raise(struct tb_city *city, uint32_t station);
/* The station has acted: bounds above it are made right. */
void tbi_due_acted(struct tb_city *city, uint32_t station);
/* The station that is due first, by `now` (of equals the lower); TB_NONE: nothing is. */
uint32_t tbi_due_find(struct tb_city *city, tb_time now);
/* The city's deadline, or `limit` where that is earlier. */
tb_time tbi_due_first(const struct tb_city *city, tb_time limit);
/* Makes the tree from all that is due. */
void tbi_due_build(struct tb_city *city);
/* Sets when one kind of time-driven work of a station acts; TB_NEVER: not. Keeps the deadlines. */
static inline void tbi_due_set(struct tb_city *city, uint32_t station, enum tbi_due kind,
                               tb_time at)
{
    tb_time *due_at = &tbi_station(city, station)->due_at[kind];
    const tb_time deadline = *tbi_due_station(city, station);
    const tb_time was = *due_at;
    *due_at = at;
    if (at < deadline)
        tbi_due_lower(city, station, at);
    else if (was == deadline && at != was)
        tbi_due_raise(city, station);
}
/* A ticket's one timer (BOOKED, tasks, PARKED, ABSENT): set replaces; clear is harmless without
 * one. */
void tbi_timer_set(struct tb_city *city, uint32_t ticket, tb_time at); /* TB_NEVER clears */
void tbi_timer_clear(struct tb_city *city, uint32_t ticket);
/* What time brings begins: it answers nobody. */
static inline void tbi_time_begin(struct tbi_step *step)
{
    step->tag = 0;
    step->answer = 0;
    step->near = TB_NONE;
}
/* It was at step->now, in the city too; a station's clock goes with its events. */
static inline void tbi_time_passed(struct tbi_step *step)
{
    tb_time *clock_at = &step->city->clock_at;
    *clock_at = step->now > *clock_at ? step->now : *clock_at;
}
/* What kind that is. */
enum tbi_due tbi_time_kind(const struct tb_city *city, uint32_t station);
/* Does what is due first at the station, by its own deadline: one bounded item. */
void tbi_time_act(struct tbi_step *step, uint32_t station);

/* ---- calendar.c
 * ------------------------------------------------------------------------------- */

/* Index of the day that contains `at`: the last that starts by then; -1 before the first. */
int32_t tbi_calendar_day(const struct tb_city *city, uint32_t calendar, tb_time at);
tb_time tbi_calendar_day_end(const struct tb_city *city, uint32_t calendar, int32_t day);
/* The instant `work_us` > 0 of working time after `at`: the earliest one, so a period's end
 * rather than the next one's start. TB_NEVER beyond the calendar. */
tb_time tbi_calendar_add(const struct tb_city *city, uint32_t calendar, tb_time at,
                         int64_t work_us);
/* The instant `work_us` > 0 of working time before `at`: the latest one, so a period's start
 * rather than the last one's end. INT64_MIN before the calendar. */
tb_time tbi_calendar_back(const struct tb_city *city, uint32_t calendar, tb_time at,
                          int64_t work_us);
/* Recomputes working time of a calendar's kinds and days (creation, CITY.DAY). */
void tbi_calendar_sum(struct tb_city *city, uint32_t calendar);
/* The instant of a boundary of a station's day (see boundary in layout.h); TB_NEVER if there is
 * none. */
tb_time tbi_calendar_boundary_at(const struct tb_city *city, uint32_t station);
/* the first instant from `at` on at which the station is open today by its hours; TB_NEVER: none */
tb_time tbi_calendar_open_from(const struct tb_city *city, uint32_t station, tb_time at);
/* Acts on it: the station's next boundary, events of R2, quotas, slots; sets TBI_DUE_CALENDAR
 * and PLAN anew. */
void tbi_calendar_act(struct tbi_step *step, uint32_t station);

/* ---- line.c
 * ----------------------------------------------------------------------------------- */

/* The ticket joins the line `queue` of its station (R3): state WAITING, next join number; goes
 * to a ready window at once, or stands in line, or ends EXPIRED where the station is over.
 * more->key_us is set by the caller for lines that are not first come first served. Events come
 * after the caller's own. */
void tbi_join(struct tbi_step *step, uint32_t ticket, uint32_t queue);
/* A waiting ticket leaves its line for whatever reason; may set step->near. */
void tbi_leave(struct tbi_step *step, uint32_t ticket);
/* Sends the reminder that a leaving has made due, if any; right after the event of that leaving. */
void tbi_near_send(struct tbi_step *step); /* step->near must be a ticket */
static inline void tbi_near_flush(struct tbi_step *step)
{
    if (step->near != TB_NONE)
        tbi_near_send(step);
}
/* Coming back to the returned line of a group with the place unchanged (a task: its due time). */
void tbi_rejoin(struct tbi_step *step, uint32_t ticket, uint32_t group);
/* After rules overtake_max or remind_ahead changed: brings the station's lines in line with
 * them. */
void tbi_lines_refresh(struct tb_city *city, uint32_t station);
/* Parked and absent tickets stand in station->away. */
void tbi_away_add(struct tb_city *city, uint32_t ticket);
void tbi_away_remove(struct tb_city *city, uint32_t ticket);

/* ---- choose.c
 * --------------------------------------------------------------------------------- */

struct tbi_choice {
    uint32_t ticket; /* TB_NONE: nobody */
    uint32_t station; /* whose lines */
    uint64_t eligible; /* lines that the window may take from and where somebody waits */
    uint32_t oldest_join; /* the smallest join number in them */
    enum tb_explain_reason reason;
};
/* R4. Changes nothing. */
struct tbi_choice tbi_choose_ticket(const struct tb_city *city, uint32_t server);
/* R5: the ready window for a ticket that joins this line; TB_NONE: none. */
uint32_t tbi_choose_server(const struct tb_city *city, uint32_t station, uint32_t queue);
/* Writes down a call that is about to be made; only if somebody asked. */
void tbi_explain_call(struct tbi_step *step, uint32_t server, uint32_t ticket,
                      enum tb_explain_reason reason);

/* ---- server.c
 * --------------------------------------------------------------------------------- */

/* R7. The window (WRAP, or READY and taken off its list by this) calls the ticket (WAITING, out
 * of its line). value2: times overtaken. */
void tbi_server_call(struct tbi_step *step, uint32_t server, uint32_t ticket, uint32_t overtaken);
/* Takes a certain waiting ticket out of its line, counts whom it overtakes among `eligible`, and
 * calls it. */
void tbi_server_take(struct tbi_step *step, uint32_t server, uint32_t ticket,
                     const struct tbi_choice *choice, enum tb_explain_reason reason);
/* The window asks for the next: CALLED, or READY with WINDOW_READY. From WRAP (or PAUSED, CLOSED
 * set to WRAP). */
void tbi_server_ready(struct tbi_step *step, uint32_t server);
/* R6. The ticket has gone (server->ticket is cleared here). */
void tbi_server_release(struct tbi_step *step, uint32_t server, bool wants_next);
/* R8 for the ticket at a called window; then the window is released. */
void tbi_server_no_show(struct tbi_step *step, uint32_t server, bool wants_next);
/* The call's deadline has come (R7). */
void tbi_server_call_timeout(struct tbi_step *step, uint32_t server);
/* One more call: by WINDOW.RECALL or by itself. */
void tbi_server_recall(struct tbi_step *step, uint32_t server, bool by_itself);
/* A silent call was acknowledged, or is too late to be: the call's own deadline is left. */
void tbi_server_ack_over(struct tb_city *city, uint32_t server);
/* A window that gets free closes or pauses, as was asked for meanwhile. */
void tbi_server_stop_now(struct tbi_step *step, uint32_t server);
/* Of the calls on the city's list (server.h): the first has run out, and acts. */
void tbi_calls_act(struct tbi_step *step);
/* When that is; TB_NEVER: there is none. */
static inline tb_time tbi_calls_at(const struct tb_city *city)
{
    const uint32_t head = city->calls.head;
    return head == TB_NONE ? TB_NEVER : tbi_server(city, head)->deadline_at;
}
/* Is it before what is due of its own at that instant at a station? */
bool tbi_calls_before(const struct tb_city *city, tb_time at, uint32_t station);
/* When the first of a station's does. O(calls on that list). */
tb_time tbi_calls_first_of(const struct tb_city *city, uint32_t station);
/* Is one of a station's due by now, and the first of all? If only due, each station gets a list
 * of its own, and its deadline says so. */
bool tbi_calls_due_of(struct tb_city *city, uint32_t station, tb_time now);
/* WINDOW.SKILL. */
void tbi_server_skill(struct tbi_step *step, uint32_t server, uint32_t profile);
/* The window's ticket goes back to its line; then the window is released. (window.c) */
void tbi_window_put_back(struct tbi_step *step, uint32_t server, bool wants_next);
/* OPEN, CLOSE, PAUSE, CONTINUE of commands and plans; the status says why not. */
enum tb_status tbi_server_plan(struct tbi_step *step, uint32_t server, enum tb_plan_action action,
                               int64_t profile);
/* Next state by transition.def, or -1. The tables (table.c) hold the state + 1; 0: refused. */
extern const uint8_t tbi_ticket_nexts[TB_TICKET_STATE_COUNT][TB_TICKET_CAUSE_COUNT];
extern const uint8_t tbi_server_nexts[TB_SERVER_STATE_COUNT][TB_SERVER_CAUSE_COUNT];
static inline int tbi_ticket_next(enum tb_ticket_state from, enum tb_ticket_cause cause)
{
    tb_assert((uint32_t)from < TB_TICKET_STATE_COUNT && (uint32_t)cause < TB_TICKET_CAUSE_COUNT);
    return tbi_ticket_nexts[from][cause] - 1;
}
static inline int tbi_server_next(enum tb_server_state from, enum tb_server_cause cause)
{
    tb_assert((uint32_t)from < TB_SERVER_STATE_COUNT && (uint32_t)cause < TB_SERVER_CAUSE_COUNT);
    return tbi_server_nexts[from][cause] - 1;
}

/* SERVER_UNKNOWN, SERVER_STATE or OK: the window is in a state that allows it. */
static inline enum tb_status tbi_window_check(const struct tb_city *city, uint32_t server,
                                              enum tb_server_cause cause)
{
    if (server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    if (tbi_server_next((enum tb_server_state)tbi_server(city, server)->state, cause) < 0)
        return TB_STATUS_SERVER_STATE;
    return TB_STATUS_OK;
}
/* SKILL_MISSING, OVERTAKE_BOUND, STATION_OUT_OF_STEP, or the call (WINDOW.CALL, HELP.ASSIGN).
 * (window.c) */
enum tb_status tbi_window_call(struct tbi_step *step, uint32_t server, uint32_t ticket);
/* The plan's next entry acts. (plan.c) */
void tbi_plan_act(struct tbi_step *step, uint32_t station);
/* open windows that serve the line, once the plan's entries up to that instant of today have acted
 */
uint32_t tbi_plan_windows(const struct tb_city *city, uint32_t station, uint32_t queue, tb_time at);

/* A called or served ticket is no longer at its window (which the caller releases). (window.c) */
uint32_t tbi_window_let_go(struct tbi_step *step, uint32_t ticket);

/* ---- ticket.c
 * --------------------------------------------------------------------------------- */

/* Ends a ticket that stands nowhere any more (out of line, away list, timers, window): frees it. */
static inline void tbi_ticket_end(struct tbi_step *step, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    /* In line and at a window only tasks have a timer; not to look saves a cache line. */
    const bool in_hall =
        ticket->state >= TB_TICKET_WAITING && ticket->state <= TB_TICKET_SERVING;
    if (!in_hall || tbi_ticket_is_task(ticket))
        tbi_timer_clear(step->city, index);
    tbi_ticket_free(step->city, index);
}
/* Is the matter handled there? */
static inline bool tbi_matter_at(const struct tb_city *city, uint32_t matter, uint32_t station)
{
    const uint64_t *bits = tbi_matter_bits(city, matter * city->size.hall_words);
    return bits[station >> 6] & tbi_bit(station);
}
/* The group of a matter at the ticket's station (remote: its remote group). */
static inline uint32_t tbi_ticket_group(const struct tb_city *city,
                                        const struct tbi_ticket *ticket, uint32_t matter)
{
    const struct tbi_matter *row = tbi_matter(city, matter);
    return ticket->station == city->station_remote ? row->remote_group : row->group;
}
/* The checks and the doing of TICKET.TRANSFER and WINDOW.TRANSFER from the target on; the ticket
 * stands nowhere when it is moved. server: the window that sends it, or TB_NONE. */
enum tb_status tbi_transfer_check(const struct tbi_step *step, const struct tb_command *command,
                                  const struct tbi_ticket *ticket);
void tbi_transfer(struct tbi_step *step, uint32_t ticket, uint32_t station, uint32_t matter,
                  uint32_t server);
/* MATTERS_TOO_MANY, MATTER_UNKNOWN, MATTER_ELSEWHERE or OK for the command's matters there. */
static inline enum tb_status tbi_matters_check(const struct tb_city *city,
                                               const struct tb_command *command, uint32_t station)
{
    const uint32_t count = command->matter_count ? command->matter_count : 1;
    if (count > TB_COMMAND_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    for (uint32_t i = 0; i < count; i++) {
        if (command->matters[i] >= city->size.matters)
            return TB_STATUS_MATTER_UNKNOWN;
        if (!tbi_matter_at(city, command->matters[i], station))
            return TB_STATUS_MATTER_ELSEWHERE;
    }
    return TB_STATUS_OK;
}
/* The group at the station has room today. */
static inline bool tbi_quota_left(const struct tbi_station *station, uint32_t group)
{
    const struct tbi_group *row = tbi_station_group(station, group);
    return row->quota == 0 || row->used < row->quota;
}
/* Makes the ticket of TICKET.TAKE or KIOSK.REQUEST with the first `count` matters of the command,
 * gives the number, tells the expected wait, and joins the line. (life.c) */
void tbi_ticket_take(struct tbi_step *step, const struct tb_command *command, uint32_t station,
                     uint32_t count, uint8_t origin, uint32_t queue);
/* One ticket of those that expire (R2); false: none is left. */
bool tbi_ticket_expire_one(struct tbi_step *step, uint32_t station);
/* A ticket's timer has come: BOOKED, PARKED, ABSENT. Tasks: tbi_case_timer. */
void tbi_ticket_timer(struct tbi_step *step, uint32_t ticket);

/* ---- book.c, case.c, visit.c, estimate.c, request.c
 * ---------------------------------------------- */

void tbi_book_timer(struct tbi_step *step, uint32_t ticket);  /* reminder, or MISSED and freed */
void tbi_book_give_back(struct tb_city *city, uint32_t ticket); /* its place in the slot */
void tbi_book_day_passed(struct tb_city *city, uint32_t station, int32_t day);

void tbi_case_timer(struct tbi_step *step, uint32_t ticket); /* warned, overdue */
/* Opens a case for a ticket's matter (ticket TB_NONE: without a visit) and begins step 0.
 * `station` and `number`: of the visit. */
void tbi_case_open(struct tbi_step *step, uint32_t ticket, uint32_t matter, enum tb_class class_,
                   uint64_t citizen, uint32_t station, uint32_t number);
/* CASES_FULL, TICKETS_FULL or OK for a case of that matter. */
enum tb_status tbi_case_room(const struct tb_city *city, uint32_t matter);
/* A waiting task of the case at that station, the one that began last; TB_NONE. */
uint32_t tbi_case_task_at(const struct tb_city *city, uint32_t case_, uint32_t station);

/* Of those on the city's lists: is the first due before that instant, or at it and of a lower
 * station? */
bool tbi_visits_before(const struct tb_city *city, tb_time at, uint32_t station);
/* When the first of them is due. */
static inline tb_time tbi_visits_at(const struct tb_city *city)
{
    const tb_time follow_at = city->visits_due[0].at, lapse_at = city->visits_due[1].at;
    return lapse_at < follow_at ? lapse_at : follow_at;
}
/* The first of them acts; in a step of the whole city those after it too, as far as they are due
 * by `now` and surely before all else, and there is room for their events. True: after them
 * nothing at all is due by `now`, and tbi_due_soonest says what is next. */
bool tbi_visits_act(struct tbi_step *step, tb_time now);
/* When the first of a station's acts. O(visits on those lists). */
tb_time tbi_visits_first_of(const struct tb_city *city, uint32_t station);
/* Is one of a station's due by now, and the first of all? If only due, each station gets lists of
 * its own, and its deadline says so. */
bool tbi_visits_due_of(struct tb_city *city, uint32_t station, tb_time now);
/* the first of station->follows is due */
void tbi_visit_follow(struct tbi_step *step, uint32_t station);
void tbi_visit_lapse(struct tbi_step *step, uint32_t station);

/* R14: the wait of one who joins the line now. */
void tbi_estimate(const struct tb_city *city, uint32_t station, uint32_t queue,
                  struct tb_wait *out);
/* The same behind `extra` people more than stand there, when so many windows will serve the line;
 * `opening`: all of them are free then. */
void tbi_estimate_later(const struct tb_city *city, uint32_t station, uint32_t queue,
                        uint32_t extra, uint32_t windows, bool opening,
                        struct tb_wait *out);
/* The same for a ticket that joins now, kept in it to be judged by its call: estimate.h. */
/* What is learned of one who left before his call. */
void tbi_estimate_left(struct tb_city *city, uint32_t ticket, int64_t waited_us);
/* After windows opened, closed or changed skills: which lines are served by how many. */
void tbi_estimate_server(struct tb_city *city, uint32_t server, bool open, uint32_t profile);
void tbi_estimate_day(struct tbi_step *step, uint32_t station); /* ESTIMATES, counters to 0 */

uint64_t tbi_request_fingerprint(const struct tb_command *command);
const struct tbi_request *tbi_request_find(const struct tb_city *city, uint64_t id);
void tbi_request_add(struct tb_city *city, uint64_t id, uint64_t fingerprint,
                     const struct tb_event *answer);

/* People on the way to a hall at `now`. (hall.c) */
uint32_t tbi_hall_heading(const struct tb_city *city, uint32_t station, tb_time now);

/* Handlers, by command kind: tbi_do_TICKET_TAKE and so on; the table in step.c has them all. */
#define TB_COMMAND(value, name, ...) tbi_handler tbi_do_##name;
#include "tongban/command.def"
#undef TB_COMMAND

#endif
