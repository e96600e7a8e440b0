/* The inside of the naive model: plain structs, and the functions by which its files share the
 * rules. The generator of commands looks in here too, to aim at what exists. */
#ifndef TESTS_MODEL_INSIDE_H
#define TESTS_MODEL_INSIDE_H

#include "model.h"

/* Kinds of what time brings, in R1's order. */
enum m_kind {
    M_CALENDAR,
    M_PLAN,
    M_CALL_TIMER,
    M_TICKET_TIMER,
    M_FOLLOW_DUE,
    M_FOLLOW_LAPSED,
};

enum m_timer_what {
    M_TIMER_NONE,
    M_TIMER_ACK,     /* ACK_LATE */
    M_TIMER_CALL,    /* recall or no-show */
    M_TIMER_PARK,    /* parked too long */
    M_TIMER_ABSENT,  /* absent too long */
    M_TIMER_REMIND,  /* an appointment soon */
    M_TIMER_LATE,    /* an appointment missed */
    M_TIMER_WARN,    /* a task due soon */
    M_TIMER_OVERDUE, /* a task due now */
};

struct m_timer {
    enum m_timer_what what;
    tb_time at;
    uint64_t set; /* first set first served */
};

struct m_case;

struct m_ticket {
    tb_ref ref;
    enum tb_ticket_state state;
    uint32_t station, queue, server, number;
    uint32_t join, overtaken;
    tb_time place_at, changed_at;
    tb_time give_up_at;                      /* of a call; TB_NEVER: none */
    uint16_t matters[TB_TICKET_MATTERS_MAX]; /* [0] is at hand */
    uint32_t matter_count;
    enum tb_class class_;
    enum tb_channel channel;
    uint64_t citizen;
    bool silent, acknowledged;
    uint32_t calls, repeats, resumes;
    tb_time slot_at;   /* BOOKED */
    uint64_t away_set; /* PARKED, ABSENT: first gone first */
    bool task;
    struct m_case *case_; /* NULL once the case has ended */
    uint32_t step;
    tb_time due_at;
    struct m_timer call, own;
};

struct m_server {
    uint32_t station, profile;
    enum tb_server_state state;
    bool closing, pausing;
    struct m_ticket *ticket;
    tb_time changed_at;
    uint64_t ready_set; /* READY: first ready first */
};

struct m_case {
    tb_ref ref;
    uint64_t citizen;
    enum tb_case_state state;
    uint32_t matter, route, station, number;
    enum tb_class class_;
    tb_time opened_at, due_at;
    bool active[TB_STEPS_MAX], correction[TB_STEPS_MAX], done[TB_STEPS_MAX];
    uint32_t joined[TB_STEPS_MAX];
    tb_time step_due_at[TB_STEPS_MAX];
};

struct m_visit {
    tb_ref ref;
    uint32_t station, number, matter, server;
    bool due;
    tb_time follow_at, lapse_at;
    uint64_t set;
};

/* Places taken in one slot. */
struct m_places {
    uint32_t station, group, count;
    tb_time slot_at;
};

struct m_heading {
    uint32_t station;
    tb_time minute;
};

struct m_plan_entry {
    struct tb_plan_entry entry;
    uint64_t set;
    bool pending; /* acts today */
};

struct m_request {
    uint64_t id;
    struct tb_command command;
    struct tb_event answer;
};

struct m_station {
    const struct tb_station *config;
    struct tb_rules rules;
    int32_t day; /* -1 before the first */
    uint32_t
        phase; /* of the day: 2p period p opens, 2p + 1 closes, 2 x periods: DAY_OVER, then end */
    tb_time over_at; /* DAY_OVER, once the last period has closed */
    bool open;       /* within a period */
    bool closed_by;  /* HALL.CLOSE */
    bool over;
    uint32_t number, join;
    uint32_t quota[TB_GROUPS_MAX], used[TB_GROUPS_MAX];
    uint64_t counts[TB_EVENT_COUNT];
    uint8_t *numbers; /* given today, for model_check: one byte a number */
    uint32_t numbers_max;
};

/* A list of pointers in order of creation. */
struct m_list {
    void **items;
    uint32_t count, room;
};

struct model {
    struct tb_config config;
    struct tb_calendar *calendars; /* copies, for CITY.DAY */
    struct m_station *stations;
    struct m_server *servers;
    uint32_t server_count;
    uint32_t remote; /* its station, or TB_NONE */
    struct m_list tickets, cases, visits, plan, places, headings, requests;
    struct tb_event *events;
    uint32_t event_count, event_room;
    uint64_t sequence;
    uint64_t set_count;
    tb_time changed_at; /* the last change */
    /* The command at work. */
    const struct tb_command *command;
    tb_time now;
    uint64_t tag;
    bool query;
    uint64_t serial;
    uint32_t made;
    uint64_t tasks_done;
    const char *broken; /* what the model found to be broken itself; NULL */
};

/* model.c */
#define BROKEN(n) (model_broken == (n))
void m_list_add(struct m_list *list, void *item);
void m_list_remove(struct m_list *list, void *item); /* frees it too */
struct m_ticket *m_ticket_at(const struct model *m, uint32_t i);
tb_ref m_ref_new(struct model *m, enum tb_ref_kind kind);
struct tb_event *m_say(struct model *m, uint32_t kind, uint32_t station); /* else blank */
struct tb_event *m_say_station(struct model *m, uint32_t kind, uint32_t station, int64_t value,
                               int64_t value2);
struct tb_event *m_say_server(struct model *m, uint32_t kind, uint32_t server, int64_t value);
struct tb_event *m_say_ticket(struct model *m, uint32_t kind, const struct m_ticket *t,
                              int64_t value, int64_t value2);
struct m_ticket *m_ticket_find(const struct model *m, tb_ref ref);
struct m_case *m_case_find(const struct model *m, tb_ref ref);
struct m_visit *m_visit_find(const struct model *m, tb_ref ref);
int64_t m_rule(const struct model *m, uint32_t station, enum tb_rule rule);
bool m_ticket_may(enum tb_ticket_state state, enum tb_ticket_cause cause);
bool m_server_may(enum tb_server_state state, enum tb_server_cause cause);
uint32_t m_tickets_free(const struct model *m);

/* day.c: the calendar, and working time */
const struct tb_calendar *m_calendar(const struct model *m, uint32_t station);
const struct tb_day_kind *m_day_kind(const struct model *m, uint32_t station, int32_t day);
tb_time m_day_start(const struct tb_calendar *c, uint32_t day);
tb_time m_day_end(const struct tb_calendar *c, uint32_t day);
tb_time m_calendar_next(const struct model *m, uint32_t station); /* TB_NEVER: nothing more */
void m_calendar_act(struct model *m, uint32_t station, tb_time at);
bool m_plan_in_day(const struct model *m, uint32_t station, const struct tb_plan_entry *entry);
bool m_accepts(const struct model *m, uint32_t station);
void m_expire_all(struct model *m, uint32_t station, tb_time at);
tb_time m_work_after(const struct tb_calendar *c, tb_time from, int64_t work_us);
tb_time m_work_before(const struct tb_calendar *c, tb_time due, int64_t work_us);

/* time.c: timers */
void m_timer_set(struct model *m, struct m_timer *timer, enum m_timer_what what, tb_time at);
tb_time m_next_at(const struct model *m, uint32_t only_station);

/* line.c: R3 to R8 */
uint32_t m_waiting(const struct model *m, uint32_t station, uint64_t lines);
bool m_before(const struct model *m, const struct m_ticket *a, const struct m_ticket *b);
uint64_t m_may_take(const struct model *m, uint32_t server, uint32_t *station);
__int128 m_score(const struct model *m, const struct m_ticket *t); /* key - credit */
struct m_ticket *m_choose(const struct model *m, uint32_t server);
bool m_overtake_bound(const struct model *m, uint32_t server, const struct m_ticket *t);
void m_join(struct model *m, struct m_ticket *t, uint32_t queue, tb_time now); /* fields only */
void m_settle(struct model *m, struct m_ticket *t, tb_time now);      /* then: R5, or over */
void m_leave(struct model *m, const struct m_ticket *t, tb_time now); /* after its event: NEAR */
void m_call(struct model *m, uint32_t server, struct m_ticket *t, tb_time now, bool stood);
void m_get_ready(struct model *m, uint32_t server, tb_time now, bool say_ready);
void m_get_free(struct model *m, uint32_t server, tb_time now, bool wants_next);
void m_no_show(struct model *m, struct m_ticket *t, tb_time now);
void m_task_back(struct model *m, struct m_ticket *t, tb_time now); /* from its window */
void m_let_go(struct model *m, struct m_ticket *t);                 /* parts ticket and window */
void m_deadline_set(struct model *m, struct m_ticket *t, tb_time now);
void m_end(struct model *m, struct m_ticket *t);
int64_t m_age(const struct m_ticket *t, tb_time now);
int64_t m_wants(const struct model *m); /* TB_FLAG_NEXT of the command at work */

/* case.c: R10 */
struct m_case *m_case_new(struct model *m, uint32_t matter, uint32_t station, uint32_t number,
                          enum tb_class class_, uint64_t citizen, tb_time now);
void m_case_begin(struct model *m, struct m_case *c, tb_time now);
uint32_t m_steps(const struct model *m, uint32_t route);
void m_case_opened(struct model *m, const struct m_case *c, tb_ref ticket);

/* book.c: R11 */
struct m_places *m_places_find(const struct model *m, uint32_t station, uint32_t group,
                               tb_time slot_at);
bool m_slot_valid(const struct model *m, uint32_t station, uint32_t group, tb_time slot_at,
                  tb_time now);
void m_book_give_back(struct model *m, const struct m_ticket *t);

/* ticket.c: what several families of commands check and do */
struct m_ticket *m_ticket_new(struct model *m, uint32_t station);
uint32_t m_command_matters(const struct tb_command *c);
enum tb_status m_hall_check(const struct model *m, uint32_t station);
enum tb_status m_matters_check(const struct model *m, const struct tb_command *c, uint32_t station,
                               uint32_t count);
bool m_quota_exhausted(const struct model *m, uint32_t station, uint32_t group);
void m_number_give(struct model *m, struct m_ticket *t);
uint32_t m_group_of(const struct model *m, const struct m_ticket *t);

/* hall.c */
/* What stands for an estimate: 0 where it is known, TB_WAIT_UNKNOWN where it is not. */
int64_t m_wait(const struct model *m, uint32_t station, uint32_t queue);
int64_t m_wait_told(const struct model *m, uint32_t station, uint32_t queue); /* with a number */
uint32_t m_heading(const struct model *m, uint32_t station, tb_time now);
bool m_matter_possible(const struct model *m, uint32_t matter, uint32_t station);
bool m_matter_handled(const struct model *m, uint32_t matter, uint32_t station);

/* Commands: each returns its status; TB_STATUS_OK when it has said its answer and done the rest. */
typedef enum tb_status m_command_fn(struct model *m, const struct tb_command *c, tb_time now);
m_command_fn m_ticket_take, m_ticket_add, m_ticket_cancel, m_ticket_abandon, m_ticket_park,
    m_ticket_resume, m_ticket_ack, m_ticket_transfer, m_ticket_info;
m_command_fn m_window_open, m_window_close, m_window_pause, m_window_continue, m_window_next,
    m_window_call, m_window_recall, m_window_start, m_window_finish, m_window_no_show,
    m_window_return, m_window_transfer, m_window_skill;
m_command_fn m_hall_open, m_hall_close, m_hall_suggest, m_hall_head, m_hall_wait, m_hall_quota,
    m_hall_info, m_kiosk_request;
m_command_fn m_book_make, m_book_check_in, m_book_move, m_book_cancel, m_book_slot;
m_command_fn m_case_open, m_case_supply, m_case_outside, m_case_withdraw, m_case_collect,
    m_case_info, m_desk_approve, m_desk_correct, m_desk_reject, m_help_assign;
m_command_fn m_rate_give, m_rate_follow, m_plan_set, m_plan_clear, m_city_rule, m_city_day,
    m_city_info;

/* A window's command that is a call, after S and T: for WINDOW.CALL and HELP.ASSIGN. */
enum tb_status m_call_this(struct model *m, uint32_t server, struct m_ticket *t, tb_time now);
/* From STATION_KIND (remote) on: for TICKET.TRANSFER and WINDOW.TRANSFER. */
enum tb_status m_transfer(struct model *m, struct m_ticket *t, const struct tb_command *c,
                          tb_time now, bool wants_next);

#endif
