/* What a city is made from: plain tables that the caller owns and that tb_city_init copies into
 * the block. A scenario folder becomes one of these (tongban/scenario.h); tests and embedders
 * may fill it by hand. All indices count from 0 in the order of the tables; pointers are read
 * only during the call. Everything is checked by tb_config_check, with the table and the row
 * that is wrong.
 *
 * Threads: a config is data; several threads may read one. */
#ifndef TONGBAN_CONFIG_H
#define TONGBAN_CONFIG_H

#include "tongban/command.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tb_rule {
#define TB_RULE(value, name, ...) TB_RULE_##name = value,
#include "tongban/rule.def"
#undef TB_RULE
    TB_RULE_COUNT
};

struct tb_rule_row {
    const char *name;
    int64_t least, most, normal; /* normal: the value of a station that says nothing else */
    const char *help;
};
/* One row of the rule table; NULL outside it. Pure, wait-free. */
const struct tb_rule_row *tb_rule_row(uint32_t rule);

/* May the rule have this value? It must lie within the row's range; and a call that ends by itself
 * must wait for a second at least, or an approver's call and its return would follow each other
 * without end. False outside the table. Pure, wait-free. */
#define TB_CALL_TIMEOUT_LEAST_US TB_SECONDS(1)
bool tb_rule_allows(uint32_t rule, int64_t value);

/* The rules of one station, by enum tb_rule. */
struct tb_rules {
    int64_t value[TB_RULE_COUNT];
};
/* Fills the table's normal values. */
void tb_rules_init(struct tb_rules *rules);

enum tb_station_kind {
    TB_STATION_HALL = 0,   /* citizens: takes tickets, expires who waits at the day's end */
    TB_STATION_DESK = 1,   /* approvers: takes tasks of cases, earliest due first, over days */
    /* at most one: the lines of the live-video kiosks; no servers of its own */
    TB_STATION_REMOTE = 2,
};

/* A kind of day of a calendar: its opening periods, offsets from the day's start, in order, not
 * overlapping; none: closed all day. */
struct tb_day_kind {
    uint32_t period_count;
    struct {
        int64_t opens_us, closes_us;
    } periods[TB_PERIODS_MAX];
};

/* A service day: where it starts and of which kind it is. It ends where the next one starts; the
 * last one lasts 24 hours. Days are in order, so nothing is ever computed from a clock. */
struct tb_day {
    tb_time starts_at_us;
    uint32_t kind; /* index into the calendar's kinds */
};

struct tb_calendar {
    struct tb_day_kind kinds[TB_DAY_KINDS_MAX];
    uint32_t kind_count;
    const struct tb_day *days;
    uint32_t day_count; /* at least 1 */
};

/* A skill group of a station: the lines group x class. */
struct tb_group {
    int64_t service_mean_us; /* where the estimate of waits begins; > 0 */
    uint32_t quota;          /* tickets and check-ins a day; 0: no limit */
    uint32_t slot_capacity;  /* appointments in one slot; 0: not bookable */
};

/* A skill set of a station: which lines a window with it serves, as masks over the station's
 * queues (bit group x TB_CLASSES + class). */
struct tb_profile {
    uint64_t serves;
    uint64_t helps;      /* other lines that it takes only when its own are short */
    uint32_t help_below; /* its own lines are short at so many waiting or fewer */
    uint64_t remote;     /* lines of the remote station that it takes when none of its hall wait */
};

struct tb_station {
    enum tb_station_kind kind;
    uint32_t calendar;
    const struct tb_rules *rules; /* NULL: the normal values */
    const struct tb_group *groups;
    uint32_t group_count; /* 1 .. TB_GROUPS_MAX */
    const struct tb_profile *profiles;
    uint32_t profile_count; /* 1 .. TB_PROFILES_MAX; 0 for the remote station */
    const uint16_t *servers; /* the profile of each window; they are numbered on through the city */
    uint32_t server_count;
    int64_t slot_us;          /* length of an appointment slot; divides a day; 0: no appointments */
    uint32_t horizon_days;    /* appointments for today and so many days less one ahead; 1 .. 60 */
    uint32_t plan_entries_max; /* room for the plan of each kind of day */
};

/* A step of a route. Step 0 begins the case; a step begins when `joins` of its predecessors are
 * done; a case is finished when no step is under way. The graph has no cycle. */
enum tb_step_kind {
    TB_STEP_DESK = 0,
    TB_STEP_OUTSIDE = 1, /* another party's; comes back by CASE.OUTSIDE */
    TB_STEP_FORK = 2,    /* nothing to do: done at once, to begin several steps */
};
struct tb_step {
    enum tb_step_kind kind;
    uint16_t station; /* the desk; for an outside step the desk whose calendar counts */
    uint8_t group;
    uint8_t joins;       /* >= 1 */
    int64_t due_work_us; /* working time of that calendar until it is due */
    uint8_t next_count;
    uint8_t next[TB_FORK_MAX];
};
struct tb_route {
    const struct tb_step *steps;
    uint32_t step_count;
    int64_t due_work_us; /* the whole case, in working time of step 0's station's calendar */
};

struct tb_matter {
    uint8_t group;          /* its skill group at each hall that handles it */
    uint8_t remote_group;   /* its group at the remote station; TB_GROUPS_MAX: not by video */
    bool collect;           /* the result is kept until CASE.COLLECT */
    uint16_t route;         /* TB_MATTER_NONE: settled at the window */
    const uint16_t *halls;  /* the halls that handle it, ascending */
    uint32_t hall_count;
};

/* An entry of the plan: at this offset of a day of this kind, the window does this. */
struct tb_plan_entry {
    uint32_t server;
    uint32_t day_kind;
    int64_t offset_us;
    enum tb_plan_action action;
    uint32_t profile; /* for TB_PLAN_OPEN */
};

struct tb_config {
    const struct tb_calendar *calendars;
    uint32_t calendar_count;
    const struct tb_station *stations;
    uint32_t station_count;
    const struct tb_matter *matters;
    uint32_t matter_count;
    const struct tb_route *routes;
    uint32_t route_count;
    const struct tb_plan_entry *plan; /* any order; those of one instant act in order of server */
    uint32_t plan_count;
    const uint16_t *travel_s; /* zone x station, seconds; NULL when zone_count is 0 */
    uint32_t zone_count;
    uint32_t tickets_max;  /* tickets and tasks alive at once */
    uint32_t cases_max;    /* cases under way at once; may be 0 */
    uint32_t visits_max;   /* visits not yet rated; may be 0 */
    uint32_t requests_max; /* remembered request ids, a power of two or 0 */
    uint64_t id;           /* of all the above, the reader's choice; kept in the block */
};

/* Where a config is wrong. The strings live for ever. */
struct tb_config_error {
    const char *table; /* "stations" */
    uint32_t row;      /* in that table */
    const char *wrong; /* a sentence */
};
/* Checks everything; TB_STATUS_OK, or TB_STATUS_CONFIG_INVALID and the first thing that is
 * wrong. Pure. */
enum tb_status tb_config_check(const struct tb_config *config, struct tb_config_error *error);

#ifdef __cplusplus
}
#endif
#endif
