/* The city: one flat block of memory, and one function that changes it.
 *
 *     (city, now, commands) -> (city', events)
 *
 * Nothing here reads a clock, does I/O, allocates or takes a lock; there is no pointer and no
 * floating point in the block, so it can be copied with memcpy, hashed, saved and loaded. The
 * same config and the same commands at the same times give the same bytes on every machine.
 *
 * Ownership: the caller gives the memory (64-byte aligned, zeroed or not) and keeps it. Commands
 * and events are the caller's arrays; they must not overlap the block. Threads: one thread at a
 * time for a city. Functions that take a const city may run beside each other, but not beside a
 * step. Two cities share nothing. Progress: every call is wait-free; a step is bounded by its
 * commands and by `max`.
 *
 * The rules, exactly
 * ==================
 * R1  Order. tb_city_step first does what time alone brings, up to and including `now`, in
 *     order of (instant, station, kind), then the commands in their order. Kinds at one
 *     instant of one station: expiry that still goes on, calendar, plan, call timeouts,
 *     tickets' timers, follow-ups due, follow-ups lapsed. Within a kind: in order of the
 *     instant, then first set first served. So capacity changes before a call, and a timeout
 *     wins over a command of the same instant. Time-driven events carry their own instant and
 *     tag 0. A command's events carry `now` and its tag; the first is its answer. A refused
 *     command and a query change nothing, not even the clock. Commands check in the order
 *     written here; the first thing that is wrong is the answer. Every one checks first that
 *     the command is known, then, for a request id seen before, REQUEST_MISMATCH or the first
 *     answer again; then, for a change, TIME_BACKWARDS (now earlier than the last change of
 *     the city or, in tb_station_step, of the station), then its own list.
 * R2  Days. At a day's start (DAY_STARTED): number counter and quotas used go back to 0,
 *     HALL.CLOSE is forgotten, the plan of the day's kind begins, and ESTIMATES tells how the
 *     past day's estimates held where there were any (before DAY_STARTED). At each period
 *     HALL_OPENED and HALL_CLOSED. At the last close + overtime_us (but no later than the next
 *     day's start, and before it) DAY_OVER if the station is no desk; then every waiting
 *     ticket expires, queue by queue, in order of joining, then those parked or absent in the
 *     order in which they became so. Nobody is reminded (R13) of that. A hall *accepts* within
 *     a period and while not closed by HALL.CLOSE. It is *over* from DAY_OVER to the next
 *     start, and before its first day. Desks are never over and have no DAY_OVER. A day
 *     without periods has no DAY_OVER and is over from its start (for a desk: not).
 * R3  Joining a line. A ticket's queue is group x 4 + class. Its *place* is the instant its
 *     age counts from: TICKET.TAKE: now; check-in: max(slot, now); coming back: unchanged.
 *     Each joining gets the station's next join number. Normal and green lines of halls are
 *     first come first served; appointment and returned lines go by (place, join), all lines
 *     of a desk by (due, join). If a ready window may serve the line, it gets the ticket at
 *     once (R5), otherwise the ticket stands in line. Whoever joins a line of a station that
 *     is over ends EXPIRED at once.
 * R4  Which ticket. A window that gets ready may take from: the lines its profile serves; also
 *     those it helps, when at most help_below wait in the lines it serves; if nobody waits in
 *     any of these, the remote station's lines of its profile. Among the first tickets of
 *     those lines: first, if some line's oldest joiner has been overtaken K = overtake_max
 *     times, the one of those with the smallest join number. Otherwise the lowest tier of the
 *     class; then the smallest key - credit of the class, key being the place (desk: the due
 *     time); then the smallest join number. A waiting ticket is *overtaken* when a window that
 *     may take from its line, as above, calls a ticket of that station with a larger join
 *     number. (Counted anew each time it joins a line.)
 * R5  Which window. A ticket that joins looks among the station's ready windows that serve or
 *     help its line (on the remote station: all ready windows of the city with that line in
 *     `remote`): the least flexible (fewest bits in serves, helps and remote together), then
 *     the one that got ready first.
 * R6  A window that gets free: closes or pauses if that was asked for meanwhile (close wins);
 *     else becomes ready if the command has NEXT, or under auto_next, or if the citizen's own
 *     act or a timeout freed it; else WRAP. Its event (CALLED, WINDOW_READY, WINDOW_WRAP,
 *     WINDOW_CLOSED, WINDOW_PAUSED) comes after the command's others. WINDOW.NEXT, OPEN and
 *     CONTINUE under auto_next, and SKILL of a ready window make it ready the same way. For
 *     WINDOW.NEXT the answer is CALLED or WINDOW_READY itself.
 * R7  A call: CALLED (value: now - place, or 0 where the place is later; for a task: since it
 *     joined), ticket and window CALLED. Under auto_start both are SERVING at once. Otherwise
 *     its deadline is now + call_timeout_us (0: never); for a silent ticket, if ack_timeout_us
 *     is not 0 and less than call_timeout_us or that is 0, first ACK_LATE at now +
 *     ack_timeout_us unless acknowledged. At the deadline: if it was repeated by itself fewer
 *     than recall_max times, RECALLED (value: calls so far) and a new deadline; else as
 *     WINDOW.NOSHOW, and the window gets ready. WINDOW.RECALL restarts the deadline and does
 *     not count against recall_max. The rules of R7 and R8 are those of the ticket's station,
 *     those of R6 the window's.
 * R8  No-show: if absent_keep_us is 0, or the ticket is a task or the hall is over, it ends
 *     MISSED (NO_SHOW value 0, then MISSED); else it is ABSENT until now + absent_keep_us
 *     (NO_SHOW value), then MISSED. A task of a desk cannot be a no-show by WINDOW.NOSHOW
 *     (STATION_KIND); call timeouts put it back in line (RETURNED).
 * R9  Several matters. WINDOW.FINISH ends the matter at hand. If more are on the ticket: the
 *     next one begins here (MATTER_DONE) if the window serves or helps a line of its group at
 *     the ticket's station (any class), else the ticket joins the returned line of that group
 *     (FINISHED is not sent; MATTER_DONE, then TRANSFERRED or CALLED etc., window gets free).
 *     On the remote station the next matter's remote_group counts, and without one the matter
 *     is dropped.
 * R10 Cases. WINDOW.FINISH without SETTLED of a matter that has a route opens a case
 *     (CASE_OPENED after MATTER_DONE or FINISHED). Steps begin in the order of `next`: desk
 *     steps join the desk's line (TASK_QUEUED first), class green if the ticket was green,
 *     normal otherwise, returned after a correction; number 0. TASK_OUTSIDE for outside steps.
 *     Fork steps are done at once. A task warns at due - due_warn_us of working time (if that
 *     is later than now and due_warn_us is not 0), and is overdue at its due time, if it is
 *     not done by then; times count in working time of the step's calendar. Outside steps have
 *     a due time but no events for it. Done: TASK_DONE, then the steps whose joins are
 *     complete begin. When nothing is under way and nothing awaits correction: CASE_READY if
 *     the matter is to be collected, else CASE_FINISHED and the case is gone. DESK.CORRECT:
 *     CASE_CORRECTION; other branches go on; CASE.SUPPLY begins all corrected steps again
 *     (lowest first) with a new due time. DESK.REJECT and CASE.WITHDRAW end the case: waiting
 *     tasks vanish with TASK_DROPPED (newest first), those at an approver are dropped when he
 *     is done (TASK_DROPPED instead of TASK_DONE).
 * R11 Appointments. A slot starts at a whole multiple of slot_us from its day's start and lies
 *     within one opening period; the day is today or less than horizon_days ahead. The booked
 *     ticket is reminded at slot - book_remind_us (if later than now), and MISSED at slot +
 *     book_late_us. HALL.CLOSE, CITY.DAY and DAY_OVER do not touch bookings.
 * R12 Visits. FINISHED at a hall or on the remote station leaves a visit, if rate_follow_us is
 *     not 0 and there is room (value2 0: not kept). After rate_follow_us FOLLOW_DUE, after
 *     rate_end_us (both from the finish) FOLLOW_LAPSED. RATE.GIVE is allowed until then,
 *     RATE.FOLLOW after FOLLOW_DUE.
 * R13 Reminders. In normal and green lines of halls, with remind_ahead = n > 0: when somebody
 *     ahead leaves the line so that exactly n are ahead of a ticket, NEAR. Its event comes
 *     right after the event of that leaving.
 * R14 Estimates. See tb_city_wait. They change with every call; the formula is in
 *     engine/core/estimate.h and is the one thing that the naive model of the tests shares
 *     with the core. */
#ifndef TONGBAN_CITY_H
#define TONGBAN_CITY_H

#include "tongban/config.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tb_ticket_state {
#define TB_TICKET_STATE(value, name, ...) TB_TICKET_##name = value,
#include "tongban/state.def"
#undef TB_TICKET_STATE
    TB_TICKET_STATE_COUNT
};
enum tb_ticket_cause {
#define TB_TICKET_CAUSE(value, name, ...) TB_TICKET_BY_##name = value,
#include "tongban/state.def"
#undef TB_TICKET_CAUSE
    TB_TICKET_CAUSE_COUNT
};
enum tb_server_state {
#define TB_SERVER_STATE(value, name, ...) TB_SERVER_##name = value,
#include "tongban/state.def"
#undef TB_SERVER_STATE
    TB_SERVER_STATE_COUNT
};
enum tb_server_cause {
#define TB_SERVER_CAUSE(value, name, ...) TB_SERVER_BY_##name = value,
#include "tongban/state.def"
#undef TB_SERVER_CAUSE
    TB_SERVER_CAUSE_COUNT
};
enum tb_case_state {
#define TB_CASE_STATE(value, name, ...) TB_CASE_##name = value,
#include "tongban/state.def"
#undef TB_CASE_STATE
    TB_CASE_STATE_COUNT
};

struct tb_city; /* the block; opaque, and laid out as engine/core/layout.h says */

#define TB_CITY_ALIGN 64
#define TB_CITY_VERSION 6

/* Size in bytes of the block for a config that tb_config_check accepts; 0 for any other. Pure. */
size_t tb_city_bytes(const struct tb_config *config);

/* Makes a city in `block` (tb_city_bytes big, 64-byte aligned). Every station stands before its
 * first day. Errors: CONFIG_INVALID, BLOCK_SMALL; then the block's bytes are undefined. */
enum tb_status tb_city_init(void *block, size_t bytes, const struct tb_config *config);

/* Size in bytes of the city's block: tb_city_bytes of its config. Pure. */
size_t tb_city_block_bytes(const struct tb_city *city);

/* Bytes of a city; the number that was given to tb_city_init rounded down to what is used. Pure. */
size_t tb_city_used_bytes(const struct tb_city *city);

/* XXH3 (64 bits) over what is in use of the block, but not over what is derived from it. Equal
 * cities have equal hashes. */
uint64_t tb_city_hash(const struct tb_city *city);

/* The config's id, given at creation. */
uint64_t tb_city_config_id(const struct tb_city *city);

/* Writes the city with its hash into `out` (tb_city_used_bytes + 64 bytes), ready to be stored. */
void tb_city_save(const struct tb_city *city, void *out);

/* Takes what tb_city_save wrote and makes it a city in `block`. Errors: BLOCK_SMALL,
 * BLOCK_INVALID (magic, version or size), BLOCK_DAMAGED (hash); then the block is unchanged. */
enum tb_status tb_city_load(void *block, size_t block_bytes, const void *saved, size_t saved_bytes);

/* Makes `block` (64-byte aligned, tb_city_block_bytes big) the same city, in one pass over
 * what is in use: for what-ifs from the live state, again and again into the same memory. `block`
 * may hold anything, another city too, but must not overlap the city. Error: BLOCK_SMALL; then the
 * block is unchanged. Not beside a step of either. */
enum tb_status tb_city_copy(void *block, size_t block_bytes, const struct tb_city *city);

/* What a step did. All commands were taken when commands == n, and nothing that time brings is
 * left up to `now`, unless `more`: then call again with the same `now` and the rest, with the
 * events drained. */
struct tb_step_result {
    uint32_t commands; /* how many were taken, from the front */
    uint32_t events;   /* how many were written */
    bool more;         /* events did not fit: go on with the same now */
    uint32_t reserved; /* 0; sixteen bytes come back in two registers, twelve by way of memory */
};

/* The one function. Advances the whole city to `now`, then applies n commands in order. max must
 * be at least TB_COMMAND_EVENTS_MAX (asserted). n may be 0: time alone. */
struct tb_step_result tb_city_step(struct tb_city *city, tb_time now,
                                   const struct tb_command *commands, uint32_t n,
                                   struct tb_event *events, uint32_t max);

/* The same for one station whose time runs ahead of or behind others': only its own time-driven
 * work is done. Commands must belong to it: their station, or that of their server, ticket,
 * visit. A command of another station, or one that touches another which is later than `now` or
 * has time-driven work open, is refused with STATION_OUT_OF_STEP. Stations touch through routes,
 * transfers, advice and the remote station; those that share a remote station with ready windows
 * are for tb_city_step alone. */
struct tb_step_result tb_station_step(struct tb_city *city, uint32_t station, tb_time now,
                                      const struct tb_command *commands, uint32_t n,
                                      struct tb_event *events, uint32_t max);

/* The next instant at which time alone changes something; TB_NEVER if none. O(1); after a deadline
 * was taken away, until time next acts, O(log stations) and what was taken away besides. A
 * station's: O(1) where stations are stepped for themselves, else O(visits to be followed
 * up and calls that wait). */
tb_time tb_city_deadline_at(const struct tb_city *city);
/* The same, or `limit` where that is earlier. Who only asks whether something comes before an
 * instant close to the last step's has his answer in O(1): deadlines taken away before they came
 * are looked at only where they lie before the limit. */
tb_time tb_city_deadline_by(const struct tb_city *city, tb_time limit);
tb_time tb_station_deadline_at(const struct tb_city *city, uint32_t station);

/* ---- Explain ------------------------------------------------------------------------------ */

enum tb_explain_reason {
    TB_EXPLAIN_NOBODY = 0,    /* nobody waits whom the window may take */
    TB_EXPLAIN_OVERTAKEN = 1, /* had been overtaken K times */
    TB_EXPLAIN_TIER = 2,      /* its tier is the lowest */
    TB_EXPLAIN_AGE = 3,       /* largest age + credit (desk: earliest due) of the lowest tier */
    TB_EXPLAIN_JOIN = 4,      /* equal age + credit: joined first */
    TB_EXPLAIN_ONLY = 5,      /* the only candidate */
    TB_EXPLAIN_CHOSEN = 6,    /* WINDOW.CALL: a person chose it */
    TB_EXPLAIN_FLEXIBLE = 7,  /* the ticket chose the window: least flexible */
    TB_EXPLAIN_LONGEST = 8,   /* equally flexible: ready for longest */
};

/* A ticket that a window could have taken (the first of its line), or, where the ticket came to
 * ready windows, a window that could have taken it. */
struct tb_candidate {
    tb_ref ticket;      /* 0 in a list of windows */
    uint32_t server;    /* TB_NONE in a list of tickets */
    uint16_t station;   /* of the line */
    uint8_t queue;
    uint8_t tier;
    uint8_t overtaken;  /* of the line's oldest joiner */
    uint8_t flexible;   /* windows: lines it may take from */
    bool won;
    bool helps;         /* the line is one that the window only helps */
    int64_t key_us;     /* place or due time; windows: ready since */
    int64_t credit_us;
    uint32_t join;
};

struct tb_explanation {
    tb_time at_us;
    tb_ref ticket;   /* who was called; 0: nobody */
    uint32_t server; /* by whom */
    enum tb_explain_reason reason;
    uint32_t candidate_count;
    struct tb_candidate candidates[TB_QUEUES_MAX];
};

/* What WINDOW.NEXT of this window would do at `now`, without doing it: by the very function that
 * does it. Errors: SERVER_UNKNOWN. */
enum tb_status tb_city_explain(const struct tb_city *city, tb_time now, uint32_t server,
                               struct tb_explanation *out);

/* tb_city_step with one command that also writes down each call it makes, up to explanation_max;
 * *explanation_count says how many there were. A past call is explained by replaying the log up
 * to its command, then this. */
struct tb_step_result tb_city_step_explained(struct tb_city *city, tb_time now,
                                             const struct tb_command *command,
                                             struct tb_event *events, uint32_t max,
                                             struct tb_explanation *explanations,
                                             uint32_t explanation_max,
                                             uint32_t *explanation_count);

/* ---- Look, change nothing ------------------------------------------------------------------ */

#define TB_WAIT_UNKNOWN (-1) /* no window that serves the line is open */

/* The wait of a ticket that would join the line now, as quantiles. Pure. Base = people ahead in
 * all lines of the windows that serve it, times the mean service of its group, over those
 * windows; times a factor for each quantile that every call corrects (stochastic approximation
 * of a quantile: Robbins and Monro 1951). */
struct tb_wait {
    int64_t half_us, nine_in_ten_us; /* or TB_WAIT_UNKNOWN */
    uint32_t ahead;                  /* people in those lines and in the line itself */
    uint32_t windows;                /* open and serving the line */
};
enum tb_status tb_city_wait(const struct tb_city *city, uint32_t station, uint32_t queue,
                            struct tb_wait *out);

/* What is published of a station: people and windows now, counts since the city began. */
struct tb_station_load {
    uint32_t waiting, called, serving, booked, parked; /* parked: parked or absent */
    uint32_t windows_open, windows_ready;              /* open: not CLOSED, not PAUSED */
    uint32_t heading;                                  /* on the way, of the last advice */
    uint32_t number_last;                              /* the last printed number of the day */
    int32_t day;                                       /* service day, -1 before the first */
    bool accepts;
    /* events of each kind that changed something here since the city began, modulo 2^32 */
    uint64_t counts[TB_EVENT_COUNT];
};
enum tb_status tb_city_station_load(const struct tb_city *city, uint32_t station, tb_time now,
                                    struct tb_station_load *out);

struct tb_ticket_view {
    tb_ref ref;
    uint64_t citizen;
    enum tb_ticket_state state;
    uint32_t station, queue, server, number, join;
    tb_time place_at_us, changed_at_us; /* changed: joined, called or started */
    uint32_t matter, matters_left;      /* matters_left: after this one */
    enum tb_class class_;               /* as taken: normal, green or appointment */
    enum tb_channel channel;
    tb_ref case_ref; /* a task's case, else 0 */
};
enum tb_status tb_city_ticket(const struct tb_city *city, tb_ref ref, struct tb_ticket_view *out);

struct tb_server_view {
    uint32_t station, profile;
    enum tb_server_state state;
    bool closing, pausing;
    tb_ref ticket;
    tb_time changed_at_us;
};
enum tb_status tb_city_server(const struct tb_city *city, uint32_t server,
                              struct tb_server_view *out);

struct tb_case_view {
    tb_ref ref;
    uint64_t citizen;
    enum tb_case_state state;
    uint32_t matter, route, station, number; /* of the visit that opened it, or none */
    tb_time opened_at_us, due_at_us;
    uint32_t steps_active, steps_correction, steps_done; /* one bit a step */
};
enum tb_status tb_city_case(const struct tb_city *city, tb_ref ref, struct tb_case_view *out);

/* All of them, one slot after the other: what is in slot `index`, below the number of slots that
 * were ever used. TICKET_UNKNOWN, CASE_UNKNOWN: nothing. */
uint32_t tb_city_ticket_slots(const struct tb_city *city);
uint32_t tb_city_case_slots(const struct tb_city *city);
enum tb_status tb_city_ticket_at(const struct tb_city *city, uint32_t index,
                                 struct tb_ticket_view *out);
enum tb_status tb_city_case_at(const struct tb_city *city, uint32_t index,
                               struct tb_case_view *out);

/* May this city go on as if it had been made from the config of `other` (fresh from tb_city_init)?
 * What no command could make the same, "opening hours 开放时间"; NULL: nothing. Pure. */
const char *tb_city_differs(const struct tb_city *city, const struct tb_city *other);

/* Then: the commands that give it the other's rules, quotas, plan and kinds of coming days. Up to
 * `max` are written; how many there are. Pure. */
uint32_t tb_city_changes(const struct tb_city *city, const struct tb_city *other,
                         struct tb_command *out, uint32_t max);

/* The kind of the day that a station is in, by its calendar as it stands; TB_NONE before the
 * first one. */
uint32_t tb_city_day_kind(const struct tb_city *city, uint32_t station);

/* The plan of a station for a kind of day as it stands, in the order in which it acts: up to `max`
 * entries, and how many there are. */
uint32_t tb_city_plan(const struct tb_city *city, uint32_t station, uint32_t day_kind,
                      struct tb_plan_entry *out, uint32_t max);

int64_t tb_city_rule(const struct tb_city *city, uint32_t station, uint32_t rule);
uint32_t tb_city_station_count(const struct tb_city *city);
uint32_t tb_city_server_count(const struct tb_city *city);
/* The first server of a station, in the city's numbering; of station_count: the server count. */
uint32_t tb_city_server_first(const struct tb_city *city, uint32_t station);
uint64_t tb_city_sequence(const struct tb_city *city); /* of the last event */

/* O(everything): are the block's own invariants whole, and the promises kept that can be seen in
 * a state (no ready window beside a ticket it may take; no ticket at two windows; lines, counts
 * and timers agree)? NULL: yes; else a sentence. For tests, simulation and fuzzing; also after
 * loading a block that is not trusted. */
const char *tb_city_verify(const struct tb_city *city);

#ifdef __cplusplus
}
#endif
#endif
