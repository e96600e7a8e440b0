/* A small city made by hand, for unit tests and fuzzing: two halls, a desk and a remote station,
 * with days of 24 hours, open 9 to 12 and 13 to 17. A test may change the config before the city is
 * made.
 *
 *   station 0  hall, groups 0 (bookable) and 1; windows 0, 1 (all lines), 2 (group 1; helps 0)
 *   station 1  hall, group 0; window 3 (also remote lines)
 *   station 2  desk, group 0; approvers 4, 5
 *   station 3  remote, group 0
 *   matter 0   group 0, halls 0 and 1, also by video
 *   matter 1   group 1, hall 0, route 0: one step at the desk
 *   matter 2   group 0, hall 0, route 1: fork to the desk twice and outside, then joined at the
 * desk; collected matter 3   group 0, hall 1
 *
 * Threads: one at a time for a city. */
#ifndef TESTS_MODEL_SMALL_H
#define TESTS_MODEL_SMALL_H

#include "tongban/city.h"

enum { SMALL_STATIONS = 4, SMALL_SERVERS = 6, SMALL_DAYS = 12, SMALL_EVENTS = 4096 };
enum { SMALL_HALL = 0, SMALL_OTHER = 1, SMALL_DESK = 2, SMALL_REMOTE = 3 };
#define SMALL_DAY_0 TB_DAYS(20000)
#define SMALL_AT(day, hour, minute)                                                                \
    (SMALL_DAY_0 + TB_DAYS(day) + TB_HOURS(hour) + TB_MINUTES(minute))

struct small {
    struct tb_config config;
    struct tb_calendar calendar;
    struct tb_day days[SMALL_DAYS];
    struct tb_station stations[SMALL_STATIONS];
    struct tb_rules rules[SMALL_STATIONS];
    struct tb_group groups[SMALL_STATIONS][2];
    struct tb_profile profiles[SMALL_STATIONS][3];
    uint16_t servers[SMALL_STATIONS][3];
    struct tb_matter matters[4];
    uint16_t halls[4][2];
    struct tb_route routes[2];
    struct tb_step steps[2][5];
    struct tb_plan_entry plan[8];
    uint16_t travel_s[SMALL_STATIONS];

    struct tb_city *city;
    size_t bytes;
    tb_time now;                          /* 10:00 of day 0 */
    struct tb_event events[SMALL_EVENTS]; /* of the last step */
    uint32_t count;
};

/* The config alone, before small_start. */
struct small *small_config(void);
/* Makes the city and brings it to 10:00 of day 0. Asserts that the config is accepted. */
struct small *small_start(struct small *small);
struct small *small_new(void); /* both */
void small_free(struct small *small);

/* One command at small->now: its answer. All its events (time's first) are in events. */
const struct tb_event *small_send(struct small *small, struct tb_command command);
/* The same: its status. */
enum tb_status small_do(struct small *small, struct tb_command command);
/* Time alone, up to this instant. */
void small_until(struct small *small, tb_time now);
/* The n-th event (from 0) of this kind in the last step; NULL: none. */
const struct tb_event *small_event(const struct small *small, uint32_t kind, uint32_t n);
/* Where it is among the events; count: not there. */
uint32_t small_index(const struct small *small, uint32_t kind, tb_ref ref);

/* Commands of one line; they assert that the answer is no refusal. */
tb_ref small_take(struct small *small, uint16_t matter);
tb_ref small_book(struct small *small, tb_time slot_at);
tb_ref small_case(struct small *small, uint16_t matter);
void small_window(struct small *small, uint32_t kind, uint32_t server); /* without arguments */
void small_rule(struct small *small, uint32_t rule, int64_t value);     /* of all stations */

enum tb_ticket_state small_ticket(const struct small *small, tb_ref ref); /* FREE: ended */
enum tb_server_state small_server(const struct small *small, uint32_t server);

#endif
