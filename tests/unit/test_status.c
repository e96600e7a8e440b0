/* Every status of status.def is reached by a row of a table here, those of commands with the same
 * hash before and after. A status without a row fails. */
#include "model/small.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A command that is refused, in a city that `set` prepared; what set returns goes to `ref`. */
struct refusal {
    enum tb_status status;
    tb_ref (*set)(struct small *s);
    struct tb_command command;
};

/* ---- preparations -------------------------------------------------------------------------------
 */
static tb_ref set_late(struct small *s)
{
    small_take(s, 0);
    s->now -= 1;
    return 0;
}

static tb_ref set_closed(struct small *s)
{
    small_do(s, (struct tb_command){.kind = TB_HALL_CLOSE});
    return 0;
}

static tb_ref set_noon(struct small *s)
{
    small_until(s, SMALL_AT(0, 12, 30));
    return 0;
}

static tb_ref set_over(struct small *s)
{
    tb_ref ref = small_book(s, SMALL_AT(1, 9, 0));
    small_until(s, SMALL_AT(0, 18, 0));
    return ref;
}

static tb_ref set_quota(struct small *s)
{
    small_do(s, (struct tb_command){.kind = TB_HALL_QUOTA, .value = 1});
    small_take(s, 0);
    return 0;
}

static tb_ref set_quota_booked(struct small *s)
{
    tb_ref ref = small_book(s, SMALL_AT(0, 10, 30));
    set_quota(s);
    return ref;
}

static tb_ref set_full(struct small *s)
{
    for (uint32_t i = 0; i < s->config.tickets_max; i++)
        small_take(s, 0);
    return 0;
}

static tb_ref set_ended(struct small *s)
{
    tb_ref ref = small_take(s, 0);
    small_do(s, (struct tb_command){.kind = TB_TICKET_CANCEL, .ref = ref});
    return ref;
}

static tb_ref set_waiting(struct small *s)
{
    return small_take(s, 0);
}

static tb_ref set_many(struct small *s)
{
    tb_ref ref = small_take(s, 0);
    while (small_do(s, (struct tb_command){.kind = TB_TICKET_ADD, .ref = ref}) == TB_STATUS_OK)
        ;
    return ref;
}

static tb_ref set_parked_thrice(struct small *s)
{
    tb_ref ref = small_take(s, 0);
    for (uint32_t i = 0; i < 4; i++) {
        small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = ref});
        if (i < 3)
            small_do(s, (struct tb_command){.kind = TB_TICKET_RESUME, .ref = ref});
    }
    return ref;
}

static tb_ref set_window(struct small *s)
{
    small_window(s, TB_WINDOW_OPEN, 0);
    return 0;
}

static tb_ref set_unskilled(struct small *s)
{
    small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .server = 0, .value = 2});
    return small_take(s, 1);
}

/* The first of two is overtaken once, which is the bound; the third may not be called before it. */
static tb_ref set_overtaken(struct small *s)
{
    small_rule(s, TB_RULE_overtake_max, 1);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_OPEN, 1);
    small_take(s, 0);
    tb_ref second = small_take(s, 0), third = small_take(s, 0);
    small_do(s, (struct tb_command){.kind = TB_WINDOW_CALL, .server = 1, .ref = second});
    return third;
}

static tb_ref set_slot_full(struct small *s)
{
    small_book(s, SMALL_AT(0, 14, 0));
    small_book(s, SMALL_AT(0, 14, 0));
    return 0;
}

static tb_ref set_booked(struct small *s)
{
    return small_book(s, SMALL_AT(0, 14, 0));
}

static tb_ref set_booked_tomorrow(struct small *s)
{
    return small_book(s, SMALL_AT(1, 9, 0));
}

static tb_ref set_case(struct small *s)
{
    return small_case(s, 2);
}

static tb_ref set_cases_full(struct small *s)
{
    for (uint32_t i = 0; i < s->config.cases_max; i++)
        small_case(s, 1);
    return 0;
}

/* A case of 5 steps needs 5 tickets. */
static tb_ref set_few_tickets(struct small *s)
{
    for (uint32_t i = 0; i < s->config.tickets_max - 4; i++)
        small_take(s, 0);
    return 0;
}

static tb_ref set_task(struct small *s)
{
    small_case(s, 1);
    small_window(s, TB_WINDOW_OPEN, 4);
    small_window(s, TB_WINDOW_NEXT, 4);
    small_window(s, TB_WINDOW_START, 4);
    return 0;
}

static tb_ref set_task_waits(struct small *s)
{
    small_case(s, 1);
    return small_event(s, TB_EVENT_TASK_QUEUED, 0)->ref;
}

static tb_ref set_serving(struct small *s)
{
    small_take(s, 0);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    small_window(s, TB_WINDOW_START, 0);
    return 0;
}

static tb_ref set_serving_cases_full(struct small *s)
{
    set_cases_full(s);
    small_take(s, 1);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    small_window(s, TB_WINDOW_START, 0);
    return 0;
}

static tb_ref set_visit(struct small *s)
{
    set_serving(s);
    small_window(s, TB_WINDOW_FINISH, 0);
    return (tb_ref)small_event(s, TB_EVENT_FINISHED, 0)->value2;
}

static tb_ref set_plan_full(struct small *s)
{
    for (uint32_t i = 0; i < 4; i++)
        small_do(s, (struct tb_command){.kind = TB_PLAN_SET, .value = TB_HOURS(15)});
    return 0;
}

static tb_ref set_request(struct small *s)
{
    small_do(s, (struct tb_command){.kind = TB_TICKET_TAKE, .request_id = 7});
    return 0;
}

static tb_ref set_remote_closed(struct small *s)
{
    small_do(s, (struct tb_command){.kind = TB_HALL_CLOSE, .station = SMALL_REMOTE});
    return 0;
}

/* ---- the table ----------------------------------------------------------------------------- */
#define TAKE(...)                                                                                  \
    {                                                                                              \
        .kind = TB_TICKET_TAKE, __VA_ARGS__                                                        \
    }
static const struct refusal refusals[] = {
    {TB_STATUS_COMMAND_UNKNOWN, NULL, {.kind = 0}},
    {TB_STATUS_COMMAND_UNKNOWN, NULL, {.kind = TB_COMMAND_COUNT}},
    {TB_STATUS_COMMAND_UNKNOWN, NULL, {.kind = UINT16_MAX}},
    {TB_STATUS_TIME_BACKWARDS, set_late, TAKE()},
    {TB_STATUS_TIME_BACKWARDS, NULL, {.kind = TB_CITY_DAY, .value = 0}},
    {TB_STATUS_STATION_UNKNOWN, NULL, TAKE(.station = SMALL_STATIONS)},
    {TB_STATUS_STATION_UNKNOWN, NULL, {.kind = TB_HALL_INFO, .station = TB_STATION_NONE}},
    {TB_STATUS_STATION_UNKNOWN, NULL, {.kind = TB_PLAN_CLEAR, .station = SMALL_STATIONS}},
    {TB_STATUS_STATION_KIND, NULL, TAKE(.station = SMALL_DESK)},
    {TB_STATUS_STATION_KIND, NULL, TAKE(.station = SMALL_REMOTE)},
    {TB_STATUS_STATION_KIND, NULL, {.kind = TB_HALL_CLOSE, .station = SMALL_DESK}},
    {TB_STATUS_STATION_KIND, set_task, {.kind = TB_WINDOW_FINISH, .server = 4}},
    {TB_STATUS_STATION_KIND, set_task, {.kind = TB_WINDOW_TRANSFER, .server = 4}},
    {TB_STATUS_STATION_KIND, set_task_waits, {.kind = TB_TICKET_CANCEL}},
    {TB_STATUS_STATION_KIND, set_serving, {.kind = TB_DESK_APPROVE}},
    {TB_STATUS_STATION_KIND, set_serving, {.kind = TB_DESK_REJECT}},
    {TB_STATUS_HALL_CLOSED, set_closed, TAKE()},
    {TB_STATUS_HALL_CLOSED, set_noon, TAKE()},
    {TB_STATUS_HALL_CLOSED, set_over, {.kind = TB_BOOK_CHECK_IN}},
    {TB_STATUS_HALL_CLOSED, set_closed, {.kind = TB_HALL_CLOSE}},
    {TB_STATUS_HALL_CLOSED, NULL, {.kind = TB_HALL_OPEN}},
    {TB_STATUS_HALL_CLOSED, set_remote_closed, {.kind = TB_KIOSK_REQUEST}},
    {TB_STATUS_MATTER_UNKNOWN, NULL, TAKE(.matters = {4})},
    {TB_STATUS_MATTER_UNKNOWN, NULL, TAKE(.matters = {0, 4}, .matter_count = 2)},
    {TB_STATUS_MATTER_ELSEWHERE, NULL, TAKE(.matters = {3})},
    {TB_STATUS_MATTER_ELSEWHERE, set_waiting, {.kind = TB_TICKET_ADD, .matters = {3}}},
    {TB_STATUS_MATTERS_TOO_MANY, NULL, TAKE(.matter_count = 5)},
    {TB_STATUS_MATTERS_TOO_MANY, set_many, {.kind = TB_TICKET_ADD}},
    {TB_STATUS_CLASS_INVALID, NULL, TAKE(.class_ = TB_CLASS_APPOINTMENT)},
    {TB_STATUS_CLASS_INVALID, NULL, {.kind = TB_HALL_WAIT, .class_ = TB_CLASSES}},
    {TB_STATUS_CHANNEL_INVALID, NULL, TAKE(.channel = TB_CHANNEL_BOOKED)},
    {TB_STATUS_QUOTA_EXHAUSTED, set_quota, TAKE()},
    {TB_STATUS_QUOTA_EXHAUSTED, set_quota_booked, {.kind = TB_BOOK_CHECK_IN}},
    {TB_STATUS_TICKETS_FULL, set_full, TAKE()},
    {TB_STATUS_TICKETS_FULL, set_full, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(0, 14, 0)}},
    {TB_STATUS_TICKETS_FULL, set_few_tickets, {.kind = TB_CASE_OPEN, .matters = {2}}},
    {TB_STATUS_TICKET_UNKNOWN, NULL, {.kind = TB_TICKET_INFO}},
    {TB_STATUS_TICKET_UNKNOWN, set_ended, {.kind = TB_TICKET_CANCEL}},
    {TB_STATUS_TICKET_UNKNOWN, set_case, {.kind = TB_TICKET_CANCEL}},
    {TB_STATUS_TICKET_STATE, set_waiting, {.kind = TB_TICKET_RESUME}},
    {TB_STATUS_TICKET_STATE, set_booked, {.kind = TB_TICKET_PARK}},
    {TB_STATUS_SERVER_UNKNOWN, NULL, {.kind = TB_WINDOW_OPEN, .server = SMALL_SERVERS}},
    {TB_STATUS_SERVER_UNKNOWN, NULL, {.kind = TB_PLAN_SET, .server = TB_NONE}},
    {TB_STATUS_SERVER_STATE, NULL, {.kind = TB_WINDOW_NEXT}},
    {TB_STATUS_SKILL_MISSING, set_unskilled, {.kind = TB_WINDOW_CALL}},
    {TB_STATUS_OVERTAKE_BOUND, set_overtaken, {.kind = TB_WINDOW_CALL}},
    {TB_STATUS_PROFILE_UNKNOWN, NULL, {.kind = TB_WINDOW_OPEN, .value = 3}},
    {TB_STATUS_PROFILE_UNKNOWN, NULL, {.kind = TB_WINDOW_SKILL, .value = -1}},
    {TB_STATUS_PROFILE_UNKNOWN, NULL, {.kind = TB_WINDOW_SKILL, .value = INT64_C(1) << 32}},
    {TB_STATUS_PROFILE_UNKNOWN, NULL, {.kind = TB_PLAN_SET, .extra = 3}},
    {TB_STATUS_GROUP_UNKNOWN, NULL, {.kind = TB_HALL_QUOTA, .group = 2}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_HALL_QUOTA, .value = -1}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_HALL_HEAD, .value = TB_MINUTES(64)}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_HALL_CLOSE, .value = 2}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_CITY_RULE, .extra = 8, .value = 0}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_CITY_RULE, .extra = 11, .value = 999999}},
    {TB_STATUS_VALUE_INVALID, NULL, {.kind = TB_PLAN_SET, .value = TB_HOURS(24) + 1}},
    {TB_STATUS_VALUE_INVALID, set_visit, {.kind = TB_RATE_GIVE, .value = 6}},
    {TB_STATUS_SLOT_INVALID, NULL, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(0, 12, 0)}},
    {TB_STATUS_SLOT_INVALID, NULL, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(0, 14, 10)}},
    {TB_STATUS_SLOT_INVALID, NULL, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(3, 9, 0)}},
    {TB_STATUS_SLOT_INVALID, NULL, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(0, 10, 0)}},
    {TB_STATUS_SLOT_INVALID,
     NULL,
     {.kind = TB_BOOK_MAKE, .matters = {1}, .value = SMALL_AT(0, 14, 0)}},
    {TB_STATUS_SLOT_INVALID, set_booked, {.kind = TB_BOOK_MOVE, .value = SMALL_AT(0, 9, 30)}},
    {TB_STATUS_SLOT_FULL, set_slot_full, {.kind = TB_BOOK_MAKE, .value = SMALL_AT(0, 14, 0)}},
    {TB_STATUS_BOOKING_EARLY, set_booked, {.kind = TB_BOOK_CHECK_IN}},
    {TB_STATUS_BOOKING_EARLY, set_booked_tomorrow, {.kind = TB_BOOK_CHECK_IN}},
    {TB_STATUS_CASE_UNKNOWN, NULL, {.kind = TB_CASE_INFO}},
    {TB_STATUS_CASE_UNKNOWN, set_waiting, {.kind = TB_CASE_WITHDRAW}},
    {TB_STATUS_CASE_STATE, set_case, {.kind = TB_CASE_SUPPLY}},
    {TB_STATUS_CASE_STATE, set_case, {.kind = TB_CASE_COLLECT}},
    {TB_STATUS_CASES_FULL, set_cases_full, {.kind = TB_CASE_OPEN, .matters = {1}}},
    {TB_STATUS_CASES_FULL, set_serving_cases_full, {.kind = TB_WINDOW_FINISH}},
    {TB_STATUS_ROUTE_MISSING, NULL, {.kind = TB_CASE_OPEN, .matters = {0}}},
    {TB_STATUS_STEP_INVALID, set_case, {.kind = TB_CASE_OUTSIDE, .value = 1}},
    {TB_STATUS_STEP_INVALID, set_case, {.kind = TB_CASE_OUTSIDE, .value = -1}},
    {TB_STATUS_STEP_INVALID, set_case, {.kind = TB_CASE_OUTSIDE, .value = 64}},
    {TB_STATUS_VISIT_UNKNOWN, NULL, {.kind = TB_RATE_GIVE, .value = 5}},
    {TB_STATUS_VISIT_STATE, set_visit, {.kind = TB_RATE_FOLLOW, .value = 5}},
    {TB_STATUS_RULE_UNKNOWN, NULL, {.kind = TB_CITY_RULE, .extra = TB_RULE_COUNT}},
    {TB_STATUS_PLAN_FULL, set_plan_full, {.kind = TB_PLAN_SET}},
    {TB_STATUS_CALENDAR_UNKNOWN, NULL, {.kind = TB_CITY_DAY, .extra = 1, .value = 5}},
    {TB_STATUS_CALENDAR_UNKNOWN, NULL, {.kind = TB_CITY_DAY, .value = SMALL_DAYS}},
    {TB_STATUS_REQUEST_MISMATCH, set_request, TAKE(.request_id = 7, .citizen = 1)},
    {TB_STATUS_REMOTE_MISSING, NULL, {.kind = TB_KIOSK_REQUEST, .matters = {1}}},
    {TB_STATUS_RETURNS_TOO_MANY, set_parked_thrice, {.kind = TB_TICKET_RESUME}},
    {TB_STATUS_ADVICE_MISSING, NULL, {.kind = TB_HALL_SUGGEST}},
    {TB_STATUS_ZONE_UNKNOWN, set_window, {.kind = TB_HALL_SUGGEST, .extra = 1}},
};
enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

Test(status, every_refusal_has_its_status_and_changes_nothing)
{
    for (uint32_t i = 0; i < REFUSALS; i++) {
        struct small *s = small_new();
        struct tb_command c = refusals[i].command;
        c.tag = 77;
        if (refusals[i].set)
            c.ref = refusals[i].set(s);
        uint64_t before = tb_city_hash(s->city);
        const struct tb_event *e = small_send(s, c);
        cr_expect_eq(e->kind, TB_EVENT_REFUSED, "row %u, %s, is not refused", i,
                     tb_status_name(refusals[i].status));
        cr_expect_eq(e->value, refusals[i].status, "row %u: %s instead of %s", i,
                     tb_status_name((uint32_t)e->value), tb_status_name(refusals[i].status));
        cr_expect_eq(s->count, 1u, "row %u: a refusal is one event", i);
        cr_expect_eq(e->sequence, 0u);
        cr_expect_eq(e->tag, 77u);
        cr_expect_eq(tb_city_hash(s->city), before, "row %u: the hash has changed", i);
        small_free(s);
    }
}

/* ---- statuses of functions ----------------------------------------------------------------- */
static enum tb_status config_status(void (*spoil)(struct small *s))
{
    struct small *s = small_config();
    spoil(s);
    struct tb_config_error error = {NULL, 0, NULL};
    enum tb_status status = tb_config_check(&s->config, &error);
    if (status != TB_STATUS_OK)
        cr_expect(error.table != NULL && error.wrong != NULL, "the error says where and what");
    cr_expect_eq(tb_city_bytes(&s->config) == 0, status != TB_STATUS_OK);
    free(s);
    return status;
}

static void spoil_nothing(struct small *s)
{
    (void)s;
}
static void spoil_group(struct small *s)
{
    s->matters[1].group = 2;
}
static void spoil_hall(struct small *s)
{
    s->halls[0][1] = SMALL_DESK;
}
static void spoil_route(struct small *s)
{
    s->matters[1].route = 2;
}
static void spoil_cycle(struct small *s)
{
    s->steps[1][4].next[0] = 1;
    s->steps[1][4].next_count = 1;
}
static void spoil_joins(struct small *s)
{
    s->steps[1][4].joins = 4;
}
static void spoil_calendar(struct small *s)
{
    s->stations[1].calendar = 1;
}
static void spoil_days(struct small *s)
{
    s->days[3].starts_at_us = s->days[2].starts_at_us;
}
static void spoil_periods(struct small *s)
{
    s->calendar.kinds[0].periods[1].opens_us = TB_HOURS(11);
}
static void spoil_long_day(struct small *s)
{
    s->calendar.kinds[0].periods[1].closes_us = TB_HOURS(25);
}
static void spoil_profile(struct small *s)
{
    s->profiles[1][0].serves = 0xff;
}
static void spoil_server(struct small *s)
{
    s->servers[0][1] = 3;
}
static void spoil_rule(struct small *s)
{
    s->rules[0].value[TB_RULE_overtake_max] = 0;
}
static void spoil_requests(struct small *s)
{
    s->config.requests_max = 3;
}
static void spoil_service(struct small *s)
{
    s->groups[0][0].service_mean_us = 0;
}
static void spoil_remote(struct small *s)
{
    s->stations[SMALL_OTHER].kind = TB_STATION_REMOTE;
}
static void spoil_due(struct small *s)
{
    s->steps[0][0].due_work_us = 0;
}
static void spoil_plan(struct small *s)
{
    s->plan[0].server = SMALL_SERVERS;
    s->config.plan_count = 1;
}
static void spoil_step(struct small *s)
{
    s->steps[0][0].station = SMALL_HALL;
}
static void spoil_slot(struct small *s)
{
    s->stations[0].slot_us = TB_MINUTES(7);
}

static void (*const spoils[])(struct small *) = {
    spoil_group,    spoil_hall, spoil_route,    spoil_cycle,    spoil_joins,
    spoil_calendar, spoil_days, spoil_periods,  spoil_long_day, spoil_profile,
    spoil_server,   spoil_rule, spoil_requests, spoil_service,  spoil_remote,
    spoil_due,      spoil_plan, spoil_step,     spoil_slot,
};

Test(status, config_invalid_for_each_thing_that_is_wrong)
{
    cr_expect_eq(config_status(spoil_nothing), TB_STATUS_OK);
    for (uint32_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++)
        cr_expect_eq(config_status(spoils[i]), TB_STATUS_CONFIG_INVALID, "spoiled config %u", i);
}

Test(status, city_init_refuses_what_config_check_refuses)
{
    struct small *s = small_new();
    spoil_group(s);
    cr_expect_eq(tb_city_init(s->city, s->bytes, &s->config), TB_STATUS_CONFIG_INVALID);
    small_free(s);
}

Test(status, block_small_block_invalid_block_damaged)
{
    struct small *s = small_new();
    small_take(s, 0);
    size_t saved_bytes = tb_city_used_bytes(s->city) + 64;
    unsigned char *saved = aligned_alloc(64, (saved_bytes + 63) / 64 * 64);
    struct tb_city *other = aligned_alloc(64, (s->bytes + 63) / 64 * 64);
    cr_assert(saved != NULL && other != NULL);
    memset(other, 0, s->bytes);
    cr_expect_eq(tb_city_init(other, s->bytes - 64, &s->config), TB_STATUS_BLOCK_SMALL);
    cr_assert_eq(tb_city_init(other, s->bytes, &s->config), TB_STATUS_OK);
    uint64_t hash = tb_city_hash(other);

    tb_city_save(s->city, saved);
    cr_expect_eq(tb_city_load(other, s->bytes / 2, saved, saved_bytes), TB_STATUS_BLOCK_SMALL);
    cr_expect_eq(tb_city_load(other, s->bytes, saved, 40), TB_STATUS_BLOCK_INVALID);
    saved[saved_bytes - 100] ^= 1;
    cr_expect_eq(tb_city_load(other, s->bytes, saved, saved_bytes), TB_STATUS_BLOCK_DAMAGED);
    saved[saved_bytes - 100] ^= 1;
    saved[0] ^= 0xff;
    cr_expect_eq(tb_city_load(other, s->bytes, saved, saved_bytes), TB_STATUS_BLOCK_INVALID);
    saved[0] ^= 0xff;
    cr_expect_eq(tb_city_hash(other), hash, "a load that failed changed the block");
    cr_expect_eq(tb_city_load(other, s->bytes, saved, saved_bytes), TB_STATUS_OK);
    cr_expect_eq(tb_city_hash(other), tb_city_hash(s->city));
    free(saved);
    free(other);
    small_free(s);
}

Test(status, station_out_of_step)
{
    struct small *s = small_new();
    struct tb_event events[4 * TB_COMMAND_EVENTS_MAX];
    struct tb_command c = {.kind = TB_TICKET_TAKE, .station = SMALL_OTHER};
    uint64_t before = tb_city_hash(s->city);
    struct tb_step_result r =
        tb_station_step(s->city, SMALL_HALL, s->now, &c, 1, events, TB_COMMAND_EVENTS_MAX);
    cr_assert_eq(r.events, 1u);
    cr_expect_eq(events[0].value, TB_STATUS_STATION_OUT_OF_STEP);
    cr_expect_eq(tb_city_hash(s->city), before);

    /* A transfer to a hall that has an hour of its own work to do. */
    c = (struct tb_command){.kind = TB_TICKET_TAKE};
    r = tb_station_step(s->city, SMALL_HALL, SMALL_AT(0, 14, 0), &c, 1, events,
                        4 * TB_COMMAND_EVENTS_MAX);
    cr_assert_eq(r.commands, 1u);
    tb_ref ref = events[r.events - 1].ref;
    cr_assert_eq(events[r.events - 1].kind, TB_EVENT_TAKEN);
    before = tb_city_hash(s->city);
    c = (struct tb_command){.kind = TB_TICKET_TRANSFER, .ref = ref, .station = SMALL_OTHER};
    r = tb_station_step(s->city, SMALL_HALL, SMALL_AT(0, 14, 0), &c, 1, events,
                        4 * TB_COMMAND_EVENTS_MAX);
    cr_expect_eq(events[0].value, TB_STATUS_STATION_OUT_OF_STEP);
    cr_expect_eq(tb_city_hash(s->city), before);
    small_free(s);
}

/* Steps one station alone with one command; the status of its answer. */
static enum tb_status alone(struct small *s, uint32_t station, tb_time now, struct tb_command c)
{
    s->count = 0;
    uint32_t n = 1;
    for (bool more = true; more || n > 0;) {
        struct tb_step_result r = tb_station_step(s->city, station, now, &c, n,
                                                  s->events + s->count, SMALL_EVENTS - s->count);
        s->count += r.events;
        n -= r.commands;
        more = r.more;
    }
    for (uint32_t i = 0; i < s->count; i++)
        if (s->events[i].flags & TB_EVENT_FLAG_ANSWER)
            return s->events[i].kind == TB_EVENT_REFUSED ? (enum tb_status)s->events[i].value
                                                         : TB_STATUS_OK;
    return TB_STATUS_COUNT; /* no answer */
}

Test(status, stations_may_be_at_different_times_but_not_touch_then)
{
    const struct tb_command take = {.kind = TB_TICKET_TAKE};
    struct tb_command take_other = take;
    take_other.station = SMALL_OTHER;
    struct small *s = small_new();
    cr_expect_eq(alone(s, SMALL_OTHER, SMALL_AT(0, 11, 0), take_other), TB_STATUS_OK);
    cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 10, 30), take), TB_STATUS_OK, "earlier is fine");
    tb_ref ref = small_event(s, TB_EVENT_TAKEN, 0)->ref;
    struct tb_command transfer = {.kind = TB_TICKET_TRANSFER, .ref = ref, .station = SMALL_OTHER};
    uint64_t before = tb_city_hash(s->city);
    cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 10, 30), transfer), TB_STATUS_STATION_OUT_OF_STEP,
                 "the other hall is later");
    cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 10, 29), take), TB_STATUS_TIME_BACKWARDS);
    cr_expect_eq(alone(s, SMALL_OTHER, SMALL_AT(0, 10, 59), take_other), TB_STATUS_TIME_BACKWARDS);
    struct tb_command window = {.kind = TB_WINDOW_OPEN, .server = 3, .value = -1};
    cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 10, 30), window), TB_STATUS_STATION_OUT_OF_STEP,
                 "a window of the other hall");
    const uint16_t whole_city[] = {TB_CITY_RULE, TB_CITY_DAY, TB_HALL_SUGGEST, TB_CASE_OPEN,
                                   TB_HELP_OPEN};
    for (uint32_t i = 0; i < sizeof whole_city / sizeof whole_city[0]; i++) {
        struct tb_command c = {.kind = whole_city[i], .station = TB_STATION_NONE, .matters = {1}};
        cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 10, 30), c), TB_STATUS_STATION_OUT_OF_STEP,
                     "%s", tb_command_row(c.kind)->name);
    }
    cr_expect_eq(tb_city_hash(s->city), before);
    cr_expect_eq(alone(s, SMALL_HALL, SMALL_AT(0, 11, 0), transfer), TB_STATUS_OK,
                 "now both are at the same time");
    cr_expect_null(tb_city_verify(s->city));
    small_free(s);
}

/* ---- nothing forgotten --------------------------------------------------------------------- */
Test(status, every_status_of_the_table_is_reached_in_this_file)
{
    bool reached[TB_STATUS_COUNT] = {
        [TB_STATUS_OK] = true,
        [TB_STATUS_CONFIG_INVALID] = true,
        [TB_STATUS_BLOCK_SMALL] = true,
        [TB_STATUS_BLOCK_INVALID] = true,
        [TB_STATUS_BLOCK_DAMAGED] = true,
        [TB_STATUS_STATION_OUT_OF_STEP] = true,
    };
    for (uint32_t i = 0; i < REFUSALS; i++)
        reached[refusals[i].status] = true;
    for (uint32_t i = 0; i < TB_STATUS_COUNT; i++)
        cr_expect(reached[i], "no row reaches %s", tb_status_name(i));
}

Test(status, every_status_has_a_name_a_sentence_and_a_remedy)
{
    for (uint32_t i = 0; i < TB_STATUS_COUNT; i++) {
        cr_expect_gt(strlen(tb_status_name(i)), 1u);
        cr_expect_gt(strlen(tb_status_sentence(i)), 3u);
        cr_expect_gt(strlen(tb_status_remedy(i)), 3u);
    }
    cr_expect_str_eq(tb_status_name(TB_STATUS_COUNT), "unknown");
    cr_expect_str_eq(tb_status_name(UINT32_MAX), "unknown");
}
