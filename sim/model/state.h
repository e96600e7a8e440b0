/* state.h: what a running model consists of; private to this folder.
 *
 * The core decides everything; the model only knows what people know: which visit holds which
 * ticket, what each window is at, and when each of them will act next. That stands in an agenda:
 * one for each hall where halls are run on their own, one for the whole city otherwise; drive.c
 * takes what is earliest.
 *
 * At one instant: first what time alone brings to the core (calendar, plan, timeouts), then windows
 * in their order (release before take), then what was put off until today or known when it began,
 * then timers in the order in which they were set, then who arrives, hall by hall. */
#ifndef TBS_MODEL_STATE_H
#define TBS_MODEL_STATE_H

#include "model/demand.h"
#include "model/minima.h"
#include "model/model.h"
#include "model/order.h"
#include "model/tally.h"
#include "model/timers.h"
#include "tongban/city.h"

/* (the flag has a name of its own now) */

/* What a window or approver is at. */
enum phase {
    PHASE_FREE,  /* nothing pending */
    PHASE_ACK,   /* the called citizen will confirm the silent call */
    PHASE_WALK,  /* and is on his way to the window */
    PHASE_AWAY,  /* the called citizen will not come: the clerk will give him up */
    PHASE_SERVE, /* until the matter is done */
    PHASE_TASK,  /* until the approver has decided */
    PHASE_BREAK, /* until the break is over */
};

struct window {
    struct tbs_visit *visit; /* of the citizen called or served; NULL: none, or a task */
    tb_ref ticket;           /* of the last call */
    tb_time staffed_at_us;   /* staffed and not on a break since; TB_NEVER: is not */
    tb_time busy_at_us;      /* the call at hand */
    tb_time walked_at_us;    /* PHASE_ACK: when he will be at the window */
    double pace;             /* 1 / speed */
    uint32_t station;
    uint32_t shift; /* into scenario.shifts, of the shift at hand; TB_NONE */
    uint8_t phase;
    bool taken;   /* has called somebody or something */
    bool idle;    /* ready, and nobody to serve */
    bool leaving; /* the shift is over: closes when nobody waits for it */
    bool rested;  /* had its break in this shift */
    bool sick;    /* today */
};

/* A task of the back office, by ticket slot. All that is drawn for it is drawn when it is queued,
 * while its case is at hand: weeks later that would have to come from far. */
struct task {
    int64_t queued_work_us; /* working time of the desk when it was queued */
    tb_time due_at_us;
    int64_t work_us; /* that it takes at speed 1 */
    uint32_t case_index;
    uint16_t station;
    uint8_t decision; /* enum tb_command_kind */
    bool open;
};

/* Whose case it is, by case slot. */
struct matter_case {
    tb_ref ref;
    uint64_t luck;
    uint16_t home; /* the citizen's own hall */
    uint16_t matter;
    uint16_t attempts; /* corrections so far */
    uint8_t class_;
    bool direct; /* opened without a visit */
};

enum timer_kind {
    TIMER_PATIENCE, /* about: visit. Leaves if still waiting */
    TIMER_ARRIVE,   /* about: visit. Is at the hall now */
    TIMER_ASK,      /* about: visit. Asks which hall to go to */
    TIMER_RESUME,   /* about: visit. Comes back after he missed his call */
    TIMER_BOOK,     /* about: visit. Books his appointment */
    TIMER_CHECK_IN, /* about: visit. Was too early */
    TIMER_FOLLOW,   /* about: visit reference; detail: stars */
    TIMER_SUPPLY,   /* about: case. The citizen supplies what was asked */
    TIMER_OUTSIDE,  /* about: case; detail: step. The outside leg is back */
    TIMER_COLLECT,  /* about: case. The citizen comes to collect */
    TIMER_MAIL,     /* about: case. The result is sent */
    TIMER_DIRECT,   /* about: matter, and n-th of the day << 32. A case opens without a visit */
    TIMER_BREAK,    /* about: server, and shift << 32. Asks for its break */
    TIMER_SHIFT,    /* about: server. Its shift is over */
    TIMER_KIND_COUNT
};

enum { LATER_DAYS = 128 };

/* Timers of coming days, by day; what is further ahead waits in the last one. */
struct later {
    struct tbs_timer *timers;
    uint32_t count, room;
};

/* Who acts when. */
struct agenda {
    struct tbs_minima windows; /* counted from server_first */
    uint32_t server_first;
    uint32_t arrival, put_off_next; /* next in their orders */
    tb_time arrival_at_us, put_off_at_us;
    struct tbs_timers timers;
    struct tbs_orders arrivals; /* of today: visits */
    struct tbs_orders put_off;  /* until today: indices of today's, until they are in order */
    struct later due;           /* today's, in order */
    struct later *later;        /* [LATER_DAYS] ring by day; NULL: nothing was put off */

    /* Who waits, in order of joining: nobody leaves before the patience floor. */
    struct tbs_visit **patient;
    uint32_t patient_from, patient_to, patient_room; /* power of two */
    tb_time patient_at_us;                           /* when the first one may leave */
};

struct station {
    struct tbs_day *today; /* NULL: a desk, or before the first day */
    struct tbs_day *days;  /* [ahead + 1] ring by day: appointments are made ahead */
    uint32_t ahead;
    uint32_t server_first, server_count;
    uint32_t kind_today;
    uint32_t rewritten_kinds; /* whose plan in the city is not that of the scenario: a bit each */
    const struct tb_plan_date *date; /* what today goes by; NULL: its kind */
    enum tb_station_kind kind;
    bool help;
    uint32_t waiting[TB_GROUPS_MAX];
    uint32_t inside; /* visits with a number of this station that have not ended */
    uint64_t outcomes[TBS_OUTCOME_COUNT]; /* of those that have, when they are counted */
    uint64_t unkept;                      /* appointments that lapsed */
    int64_t work_us;                      /* working time up to the start of today */
};

struct tbs_model {
    const struct tb_scenario *scenario;
    const struct tbs_demand *demand;
    struct tbs_model_options options;
    struct tb_config config; /* the scenario's, cut to the run's days */
    struct tb_calendar *calendars;
    struct tb_station *stations_config;
    struct tb_rules *rules; /* of each desk */
    struct tb_city *city;
    size_t city_bytes;
    struct tb_city *pristine; /* the city before its first day; NULL: not needed yet */
    bool fresh;               /* the city is that */
    bool by_station;
    int64_t patience_floor_us; /* nobody's patience is less */

    uint64_t seed, replication;
    uint32_t day;      /* scenario day at hand */
    uint32_t day_last; /* first scenario day after the run */
    uint32_t next_day; /* the first one not yet run */
    tb_time day_at_us, day_end_us, run_at_us, run_end_us;
    struct agenda *agendas; /* of each station, or one of the city */
    uint32_t agenda_count;
    struct station *stations;
    uint32_t station_count;
    struct window *windows;
    uint32_t server_count;
    uint32_t *shift_first;     /* [server_count + 1] into scenario.shifts */
    uint64_t *server_entities; /* names of their streams */
    /* Slots are written before they are read, so what a replication before left there is no matter.
     */
    struct tbs_visit **seats;  /* by ticket slot: who holds it */
    struct task *tasks;        /* by ticket slot */
    uint32_t task_end;         /* no task was in a slot from here on */
    struct matter_case *cases; /* by case slot */
    struct tbs_sweep sweep;
    struct tbs_day
        shared_day; /* by station, without appointments: one buffer that stays in the cache */

    /* Visits outside the days' arrays. */
    struct tbs_visit **extras; /* alive or to be counted */
    uint32_t extra_count, extra_room;
    struct tbs_visit **spare;
    uint32_t spare_count, spare_room;

    /* The step at hand. */
    tb_time now_us;
    struct tbs_visit *subject;      /* who the command is about; NULL: nobody */
    struct matter_case direct_case; /* what the command opens without a visit */
    uint32_t case_now;              /* case slot whose tasks are being queued */
    enum tb_status refusal;         /* of the last command; OK */
    struct tb_event answer;         /* of the last command */
    struct tb_command *todo;        /* to be done at once, in this order */
    uint32_t todo_count, todo_room;
    struct tb_event events[4 * TB_COMMAND_EVENTS_MAX];

    struct tbs_distribution *step_work; /* of all routes' steps */
    uint32_t *step_first;               /* [route_count] */
    uint32_t *direct;                   /* matters that open cases without a visit */
    uint32_t direct_count;
    double collect_chance; /* that a finished case is collected in person */

    struct tbs_tally *tally;
    char error[256]; /* "": none */
};

/* ---- model.c ---- */

/* Nobody is there any more, nothing is to be done; the city stays as it is. */
void tbs_model_clear(struct tbs_model *m, uint64_t seed, uint64_t replication);

/* ---- step.c ---- */

/* Applies a command (NULL: none, time alone) at `now` and reacts to all that follows. The station
 * is the one that is advanced. */
void tbs_step(struct tbs_model *m, uint32_t station, tb_time now, const struct tb_command *command);
/* To be applied after the events at hand, by tbs_todo_do. */
void tbs_todo(struct tbs_model *m, const struct tb_command *command);
void tbs_todo_do(struct tbs_model *m, uint32_t station, tb_time now);
void tbs_fail(struct tbs_model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- drive.c ---- */

/* Runs the rest of the day: of a station, or of the whole city. */
void tbs_drive_station(struct tbs_model *m, uint32_t station);
void tbs_drive_city(struct tbs_model *m);

/* ---- citizen.c ---- */
void tbs_citizen_arrives(struct tbs_model *m, struct tbs_visit *visit, tb_time now);
void tbs_citizen_books(struct tbs_model *m, struct tbs_visit *visit, tb_time now);
void tbs_citizen_timer(struct tbs_model *m, const struct tbs_timer *timer);
void tbs_citizen_walks(struct tbs_model *m, struct tbs_visit *visit, const struct tb_event *event);
void tbs_citizen_told(struct tbs_model *m, const struct tb_event *event);
void tbs_citizen_missed(struct tbs_model *m, struct tbs_visit *visit, const struct tb_event *event);
void tbs_citizen_goes_on(struct tbs_model *m, struct tbs_visit *visit,
                         const struct tb_event *event);
void tbs_citizen_rates(struct tbs_model *m, const struct tbs_visit *visit, tb_ref ref,
                       tb_time at_us);
void tbs_collector_ended(struct tbs_model *m, const struct tbs_visit *visit, tb_time at_us);

/* ---- staff.c ---- */
void tbs_window_acts(struct tbs_model *m, uint32_t server, tb_time now);
void tbs_window_event(struct tbs_model *m, const struct tb_event *event);
void tbs_staff_timer(struct tbs_model *m, const struct tbs_timer *timer);
void tbs_staff_day(struct tbs_model *m, uint32_t station, tb_time now);
/* The shift of a window at an instant, by the scenario; TB_NONE: none. */
uint32_t tbs_shift_find(const struct tbs_model *m, uint32_t server, tb_time at_us);

/* ---- office.c ---- */
void tbs_office_event(struct tbs_model *m, const struct tb_event *event);
void tbs_office_called(struct tbs_model *m, const struct tb_event *event);
void tbs_office_decides(struct tbs_model *m, uint32_t server, tb_time now);
void tbs_office_timer(struct tbs_model *m, const struct tbs_timer *timer);
void tbs_office_day(struct tbs_model *m);
int64_t tbs_work_us(const struct tbs_model *m, uint32_t station, tb_time at_us);
/* An instant of the first day from `from` on on which people come to this hall, spread as their
 * arrivals are; TB_NEVER where that is beyond the calendar. */
tb_time tbs_visit_instant(const struct tbs_model *m, uint32_t hall, tb_time from_us, double u);

/* ---- day.c ---- */
void tbs_agenda_begin(struct tbs_model *m, struct agenda *agenda); /* before its stations' days */
void tbs_day_begin(struct tbs_model *m, uint32_t station);
void tbs_agenda_ready(struct tbs_model *m, struct agenda *agenda); /* after them */
void tbs_day_carry(struct tbs_model *m, uint32_t station);
void tbs_day_end(struct tbs_model *m, uint32_t station);
void tbs_agenda_end(struct agenda *agenda);
void tbs_day_check(struct tbs_model *m, uint32_t station);
void tbs_extras_count(struct tbs_model *m, uint32_t station);
/* Before tbs_agenda_ready: a timer for today that is known as the day begins. */
void tbs_today(struct tbs_model *m, struct tbs_timer timer);
/* Sets a timer for today or for a later day. */
void tbs_later(struct tbs_model *m, struct tbs_timer timer);
struct tbs_visit *tbs_extra(struct tbs_model *m);

static inline struct agenda *tbs_agenda(const struct tbs_model *m, uint32_t station)
{
    return &m->agendas[m->by_station ? station : 0];
}

static inline uint32_t tbs_ticket_station(const struct tbs_model *m, const struct tbs_visit *visit)
{
    return visit->flags & TBS_VISIT_REMOTE ? m->scenario->remote_station : visit->station;
}

static inline void tbs_pending(struct tbs_model *m, uint32_t server, enum phase phase,
                               tb_time at_us)
{
    struct agenda *agenda = tbs_agenda(m, m->windows[server].station);

    m->windows[server].phase = (uint8_t)phase;
    tbs_minima_set(&agenda->windows, server - agenda->server_first, at_us);
}

/* For today only. */
static inline void tbs_timer_set(struct tbs_model *m, struct tbs_timer timer)
{
    tbs_timers_push(&tbs_agenda(m, timer.station)->timers, timer);
}

#endif
