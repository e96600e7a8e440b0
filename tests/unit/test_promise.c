/* The promises of the design, each by what breaks it elsewhere; then every pair of simultaneous
 * things, in R1's order. Promise 4 (the log) and 7 (the simulator) have their tests where they
 * live; here is what the core adds to them: damage is found, commands replay. */
#include "model/generate.h"
#include "model/small.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1: never lost, never twice, never two windows ----------------------------------------------
 */
Test(promise, a_number_is_given_once_a_day_whatever_happens_between)
{
    struct small *s = small_new();
    bool given[200] = {false};
    for (uint32_t i = 0; i < 30; i++) {
        tb_ref ref = small_take(s, i % 2 ? 1 : 0);
        uint32_t number = s->events[0].number;
        cr_assert_lt(number, 200u);
        cr_assert(number > 0 && !given[number], "number %u is given twice", number);
        given[number] = true;
        if (i % 3 == 0)
            small_do(s, (struct tb_command){.kind = TB_TICKET_CANCEL, .ref = ref});
        if (i == 10) {
            small_do(s, (struct tb_command){.kind = TB_HALL_CLOSE, .value = 1});
            small_do(s, (struct tb_command){.kind = TB_HALL_OPEN});
        }
        if (i == 20)
            small_until(s, SMALL_AT(0, 13, 0));
    }
    small_until(s, SMALL_AT(1, 9, 0));
    small_take(s, 0);
    cr_expect_eq(s->events[0].number, 1u, "a new day counts from 1");
    small_free(s);
}

Test(promise, a_retry_gets_the_first_number_again)
{
    struct small *s = small_new();
    struct tb_command take = {.kind = TB_TICKET_TAKE, .request_id = 99, .tag = 1};
    struct tb_event first = *small_send(s, take);
    take.tag = 2;
    s->now += TB_SECONDS(5);
    uint64_t before = tb_city_hash(s->city);
    struct tb_event again = *small_send(s, take);
    cr_expect_eq(again.kind, TB_EVENT_TAKEN);
    cr_expect_eq(again.number, first.number);
    cr_expect_eq(again.ref, first.ref);
    cr_expect_eq(again.sequence, first.sequence);
    cr_expect_eq(again.tag, 2u);
    cr_expect(again.flags & TB_EVENT_FLAG_REPEATED);
    cr_expect_eq(s->count, 1u);
    cr_expect_eq(tb_city_hash(s->city), before);
    small_free(s);
}

Test(promise, one_ticket_is_never_called_by_two_windows)
{
    struct small *s = small_new();
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_OPEN, 1);
    tb_ref ref = small_take(s, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    cr_expect_eq(s->events[0].ref, ref);
    small_window(s, TB_WINDOW_NEXT, 1);
    cr_expect_eq(s->events[0].kind, TB_EVENT_WINDOW_READY);
    struct tb_command call = {.kind = TB_WINDOW_CALL, .server = 1, .ref = ref};
    cr_expect_eq(small_do(s, call), TB_STATUS_TICKET_STATE);
    small_free(s);
}

Test(promise, who_is_transferred_has_a_number_of_the_other_hall_and_keeps_no_second_place)
{
    struct small *s = small_new();
    small_do(s, (struct tb_command){.kind = TB_TICKET_TAKE, .station = SMALL_OTHER});
    tb_ref ref = small_take(s, 0);
    const struct tb_event *e = small_send(
        s, (struct tb_command){.kind = TB_TICKET_TRANSFER, .ref = ref, .station = SMALL_OTHER});
    cr_assert_eq(e->kind, TB_EVENT_TRANSFERRED);
    cr_expect_eq(e->number, 2u);
    cr_expect_eq(e->station, SMALL_OTHER);
    cr_expect_eq(e->value2, SMALL_HALL);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY, "nobody waits in the first hall any more");
    small_free(s);
}

/* ---- 2: no ready window beside a waiting ticket -------------------------------------------- */
Test(promise, a_ready_window_gets_whoever_comes_by_every_way)
{
    struct small *s = small_new();
    tb_ref parked = small_take(s, 0), booked = small_book(s, SMALL_AT(0, 10, 30));
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = parked});
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    cr_assert_eq(small_server(s, 0), TB_SERVER_READY);
    small_do(s, (struct tb_command){.kind = TB_TICKET_RESUME, .ref = parked});
    cr_expect_eq(small_ticket(s, parked), TB_TICKET_CALLED, "who resumes is called");
    small_do(s, (struct tb_command){.kind = TB_TICKET_CANCEL, .ref = parked});
    cr_assert_eq(small_server(s, 0), TB_SERVER_READY);
    small_do(s, (struct tb_command){.kind = TB_BOOK_CHECK_IN, .ref = booked});
    cr_expect_eq(small_ticket(s, booked), TB_TICKET_CALLED, "who checks in is called");

    small_window(s, TB_WINDOW_OPEN, 1);
    small_window(s, TB_WINDOW_NEXT, 1);
    small_window(s, TB_WINDOW_RETURN, 0);
    cr_expect_eq(small_ticket(s, booked), TB_TICKET_CALLED, "who is returned is called by another");
    cr_expect_eq(small_server(s, 1), TB_SERVER_CALLED);
    small_free(s);
}

Test(promise, a_ready_window_that_learns_a_skill_takes_who_waits_for_it)
{
    struct small *s = small_new();
    small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .server = 0, .value = 2});
    tb_ref ref = small_take(s, 1);
    small_window(s, TB_WINDOW_NEXT, 0);
    cr_assert_eq(small_server(s, 0), TB_SERVER_READY);
    small_do(s, (struct tb_command){.kind = TB_WINDOW_SKILL, .server = 0, .value = 0});
    cr_expect_eq(small_ticket(s, ref), TB_TICKET_CALLED);
    small_free(s);
}

Test(promise, a_kiosk_is_served_by_any_window_of_the_city_that_is_ready_for_it)
{
    struct small *s = small_new();
    small_window(s, TB_WINDOW_OPEN, 3);
    small_window(s, TB_WINDOW_NEXT, 3);
    const struct tb_event *e = small_send(s, (struct tb_command){.kind = TB_KIOSK_REQUEST});
    cr_assert_eq(e->kind, TB_EVENT_TAKEN);
    cr_assert_not_null(small_event(s, TB_EVENT_CALLED, 0));
    cr_expect_eq(small_event(s, TB_EVENT_CALLED, 0)->server, 3u);
    small_free(s);
}

/* ---- 3: the overtaking bound; who left is not served --------------------------------------- */
Test(promise, nobody_is_overtaken_more_than_k_times)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_overtake_max, 3);
    small_rule(s, TB_RULE_tier_green, 0); /* green always first */
    tb_ref normal = small_take(s, 0);
    small_window(s, TB_WINDOW_OPEN, 0);
    uint32_t overtakes = 0;
    while (small_ticket(s, normal) == TB_TICKET_WAITING) {
        small_do(s, (struct tb_command){.kind = TB_TICKET_TAKE, .class_ = TB_CLASS_GREEN});
        small_do(s, (struct tb_command){.kind = TB_TICKET_TAKE, .class_ = TB_CLASS_GREEN});
        small_window(s, TB_WINDOW_NEXT, 0);
        overtakes += s->events[0].ref != normal;
        cr_assert_leq(overtakes, 3u, "overtaken more than K times");
        if (small_ticket(s, normal) == TB_TICKET_WAITING) {
            small_window(s, TB_WINDOW_START, 0);
            small_window(s, TB_WINDOW_FINISH, 0);
        }
    }
    cr_expect_eq(overtakes, 3u, "with strict tiers exactly K overtake");
    cr_expect_eq(s->events[0].value2, 3, "CALLED tells how often");
    small_free(s);
}

Test(promise, who_still_waits_at_the_end_expires_and_is_not_served)
{
    struct small *s = small_new();
    small_take(s, 0);
    tb_ref parked = small_take(s, 0);
    small_rule(s, TB_RULE_park_keep_us, 0);
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = parked});
    small_until(s, SMALL_AT(0, 17, 29));
    cr_expect_null(small_event(s, TB_EVENT_DAY_OVER, 0));
    small_until(s, SMALL_AT(0, 17, 30));
    cr_assert_not_null(small_event(s, TB_EVENT_DAY_OVER, 0));
    cr_expect_eq(small_event(s, TB_EVENT_DAY_OVER, 0)->value, 1);
    cr_expect_not_null(small_event(s, TB_EVENT_EXPIRED, 1));
    struct tb_station_load load;
    tb_city_station_load(s->city, SMALL_HALL, s->now, &load);
    cr_expect_eq(load.counts[TB_EVENT_EXPIRED], 2u);
    cr_expect_eq(load.counts[TB_EVENT_FINISHED], 0u);
    cr_expect_eq(load.waiting + load.parked, 0u);
    small_free(s);
}

/* ---- 4: damage is found -------------------------------------------------------------------- */
Test(promise, a_saved_city_with_any_byte_changed_is_not_loaded)
{
    struct small *s = small_new();
    small_take(s, 0);
    size_t bytes = tb_city_used_bytes(s->city) + 64;
    unsigned char *saved = aligned_alloc(64, (bytes + 63) / 64 * 64);
    struct tb_city *other = aligned_alloc(64, (s->bytes + 63) / 64 * 64);
    cr_assert(saved != NULL && other != NULL);
    tb_city_save(s->city, saved);
    for (size_t i = 0; i < bytes; i += i < 256 ? 1 : 61) {
        saved[i] ^= 0x10;
        cr_assert_neq(tb_city_load(other, s->bytes, saved, bytes), TB_STATUS_OK, "byte %zu", i);
        saved[i] ^= 0x10;
    }
    for (size_t cut = 0; cut < bytes; cut += 97)
        cr_assert_neq(tb_city_load(other, s->bytes, saved, cut), TB_STATUS_OK, "cut at %zu", cut);
    cr_expect_eq(tb_city_load(other, s->bytes, saved, bytes), TB_STATUS_OK);
    free(saved);
    free(other);
    small_free(s);
}

/* ---- 5: the same bytes --------------------------------------------------------------------- */
Test(promise, the_memory_before_and_the_batches_do_not_matter)
{
    struct small *a = small_new(), *b = small_config();
    b->bytes = tb_city_bytes(&b->config);
    b->city = aligned_alloc(64, (b->bytes + 63) / 64 * 64);
    cr_assert_not_null(b->city);
    memset(b->city, 0xdb, b->bytes);
    cr_assert_eq(tb_city_init(b->city, b->bytes, &b->config), TB_STATUS_OK);
    struct tb_command c[20] = {0};
    for (uint32_t i = 0; i < 20; i++)
        c[i] = (struct tb_command){.kind = TB_TICKET_TAKE, .matters = {i % 3}, .citizen = i};
    for (uint32_t i = 0; i < 20; i++)
        small_send(a, c[i]);
    static struct tb_event events[2 * TB_COMMAND_EVENTS_MAX];
    uint32_t taken = 0, n = 0;
    for (struct tb_step_result r = {.more = true}; r.more || n < 20; n += r.commands) {
        r = tb_city_step(b->city, a->now, c + n, 20 - n, events, TB_COMMAND_EVENTS_MAX);
        for (uint32_t i = 0; i < r.events; i++)
            taken += events[i].kind == TB_EVENT_TAKEN;
    }
    cr_expect_eq(taken, 20u);
    cr_expect_eq(tb_city_hash(a->city), tb_city_hash(b->city));
    small_free(a);
    small_free(b);
}

/* ---- 6: bad input -------------------------------------------------------------------------- */
/* A day's tickets, cases and visits in the city; the copy goes into memory that held another. */
Test(promise, a_copy_goes_on_as_the_city_does)
{
    struct small *s = small_new(), *other = small_new();
    small_window(s, TB_WINDOW_OPEN, 0);
    small_case(s, 1);
    for (uint32_t i = 0; i < 20; i++)
        small_take(s, (uint16_t)(i % 2));
    small_window(s, TB_WINDOW_NEXT, 0);
    for (uint32_t i = 0; i < 35; i++)
        small_take(other, 0);
    cr_assert_eq(tb_city_copy(other->city, s->bytes - 1, s->city), TB_STATUS_BLOCK_SMALL);
    cr_assert_neq(tb_city_hash(other->city), tb_city_hash(s->city));
    cr_assert_eq(tb_city_copy(other->city, s->bytes, s->city), TB_STATUS_OK);
    cr_assert_eq(tb_city_hash(other->city), tb_city_hash(s->city));
    cr_assert_null(tb_city_verify(other->city));
    for (uint32_t i = 0; i < 15; i++) {
        s->now += TB_MINUTES(1);
        other->now = s->now;
        cr_assert_eq(small_take(s, 0), small_take(other, 0));
    }
    small_until(s, SMALL_AT(1, 10, 0));
    small_until(other, SMALL_AT(1, 10, 0));
    cr_assert_eq(tb_city_hash(other->city), tb_city_hash(s->city));
    cr_assert_null(tb_city_verify(other->city));
    small_free(s);
    small_free(other);
}

/* Shorter, a call that ends by itself and is made again at once would fill the step. */
Test(promise, a_call_waits_for_a_second_at_least_or_for_ever)
{
    struct small *s = small_new();
    struct tb_command c = {.kind = TB_CITY_RULE, .extra = TB_RULE_call_timeout_us};
    const int64_t refused[] = {-1, 1, 999999, TB_HOURS(1) + 1}, taken[] = {0, 1000000, TB_HOURS(1)};
    for (uint32_t i = 0; i < 4; i++) {
        c.value = refused[i];
        cr_expect_eq(small_do(s, c), TB_STATUS_VALUE_INVALID);
        cr_expect_not(tb_rule_allows(TB_RULE_call_timeout_us, c.value));
    }
    for (uint32_t i = 0; i < 3; i++) {
        c.value = taken[i];
        cr_expect_eq(small_do(s, c), TB_STATUS_OK);
        cr_expect_eq(tb_city_rule(s->city, SMALL_HALL, c.extra), c.value);
    }
    s->rules[0].value[TB_RULE_call_timeout_us] = 999999;
    cr_expect_eq(tb_config_check(&s->config, NULL), TB_STATUS_CONFIG_INVALID);
    small_free(s);
}

Test(promise, a_number_that_is_called_again_and_again_is_counted_on)
{
    struct small *s = small_new();
    small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .value = -1});
    small_take(s, 0);
    small_do(s, (struct tb_command){.kind = TB_WINDOW_NEXT});
    for (int64_t calls = 2; calls <= 40; calls++) {
        s->now += TB_SECONDS(5);
        small_do(s, (struct tb_command){.kind = TB_WINDOW_RECALL});
        cr_expect_eq(s->events[0].kind, TB_EVENT_RECALLED);
        cr_expect_eq(s->events[0].value, calls);
    }
    small_free(s);
}

Test(promise, random_bytes_are_refused_or_obeyed_but_never_harm)
{
    struct small *s = small_new();
    struct dice dice = {6};
    uint32_t refused = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        union {
            uint64_t words[8];
            struct tb_command command;
        } any;
        for (uint32_t w = 0; w < 8; w++)
            any.words[w] = dice_roll(&dice) >> dice_below(&dice, 64);
        any.command.kind = (uint16_t)dice_below(&dice, TB_COMMAND_COUNT + 1);
        uint64_t before = tb_city_hash(s->city);
        if (small_do(s, any.command) != TB_STATUS_OK) {
            refused++;
            cr_assert_eq(tb_city_hash(s->city), before, "command %u", i);
        }
        if (i % 64 == 0)
            cr_assert_null(tb_city_verify(s->city), "command %u", i);
    }
    cr_expect_gt(refused, 10000u);
    small_free(s);
}

/* ---- simultaneous things ------------------------------------------------------------------- */
/* Sends a command at an instant to which the city has not been brought before. */
static enum tb_status at(struct small *s, tb_time now, struct tb_command c)
{
    s->now = now;
    return small_do(s, c);
}

static tb_ref called_with_timeout(struct small *s, int64_t timeout_us)
{
    small_rule(s, TB_RULE_call_timeout_us, timeout_us);
    small_rule(s, TB_RULE_recall_max, 0);
    small_window(s, TB_WINDOW_OPEN, 0);
    tb_ref ref = small_take(s, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    return ref;
}

static void plan(struct small *s, uint32_t server, enum tb_plan_action action, int64_t offset_us)
{
    struct tb_command c = {
        .kind = TB_PLAN_SET, .server = server, .class_ = (uint8_t)action, .value = offset_us};
    cr_assert_eq(small_do(s, c), TB_STATUS_OK);
}

Test(simultaneous, calendar_before_plan)
{
    struct small *s = small_new();
    plan(s, 0, TB_PLAN_OPEN, TB_HOURS(13));
    small_until(s, SMALL_AT(0, 13, 0));
    uint32_t opened = small_index(s, TB_EVENT_HALL_OPENED, 0);
    uint32_t window = small_index(s, TB_EVENT_WINDOW_OPENED, 0);
    cr_assert_lt(window, s->count);
    cr_expect_lt(opened, window);
    small_free(s);
}

Test(simultaneous, day_over_before_the_next_day_and_both_before_its_plan)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_overtime_us, TB_HOURS(12)); /* cut at the next start */
    tb_ref ref = small_take(s, 0);
    plan(s, 0, TB_PLAN_OPEN, 0);
    small_until(s, SMALL_AT(1, 0, 0));
    uint32_t over = small_index(s, TB_EVENT_DAY_OVER, 0);
    uint32_t expired = small_index(s, TB_EVENT_EXPIRED, ref);
    uint32_t started = small_index(s, TB_EVENT_DAY_STARTED, 0);
    uint32_t window = small_index(s, TB_EVENT_WINDOW_OPENED, 0);
    cr_assert_lt(window, s->count);
    cr_expect(over < expired && expired < started && started < window);
    cr_expect_eq(s->events[over].at_us, SMALL_AT(1, 0, 0));
    small_free(s);
}

Test(simultaneous, a_shift_ends_before_a_call_times_out)
{
    struct small *s = small_new();
    tb_ref ref = called_with_timeout(s, TB_MINUTES(10));
    plan(s, 0, TB_PLAN_CLOSE, TB_HOURS(10) + TB_MINUTES(10));
    small_take(s, 0);
    small_until(s, SMALL_AT(0, 10, 10));
    uint32_t later = small_index(s, TB_EVENT_WINDOW_LATER, 0);
    uint32_t no_show = small_index(s, TB_EVENT_NO_SHOW, ref);
    cr_assert(later < s->count && no_show < s->count);
    cr_expect_lt(later, no_show);
    cr_expect_eq(small_server(s, 0), TB_SERVER_CLOSED, "the next one is not called any more");
    small_free(s);
}

Test(simultaneous, a_shift_begins_before_a_command_of_its_instant)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_auto_next, 1);
    plan(s, 0, TB_PLAN_OPEN, TB_HOURS(11));
    cr_expect_eq(at(s, SMALL_AT(0, 11, 0), (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_OK);
    cr_assert_not_null(small_event(s, TB_EVENT_CALLED, 0), "the window is there already");
    small_free(s);
}

Test(simultaneous, a_shift_ends_before_a_take_of_its_instant)
{
    struct small *s = small_new();
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    plan(s, 0, TB_PLAN_CLOSE, TB_HOURS(11));
    at(s, SMALL_AT(0, 11, 0), (struct tb_command){.kind = TB_TICKET_TAKE});
    cr_expect_null(small_event(s, TB_EVENT_CALLED, 0), "the window has closed already");
    small_free(s);
}

Test(simultaneous, a_call_times_out_before_tickets_timers)
{
    struct small *s = small_new();
    tb_ref parked = small_take(s, 0);
    small_rule(s, TB_RULE_park_keep_us, TB_MINUTES(10));
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = parked});
    tb_ref called = called_with_timeout(s, TB_MINUTES(10));
    small_until(s, SMALL_AT(0, 10, 10));
    uint32_t no_show = small_index(s, TB_EVENT_NO_SHOW, called);
    uint32_t gone = small_index(s, TB_EVENT_ABANDONED, parked);
    cr_assert(no_show < s->count && gone < s->count);
    cr_expect_lt(no_show, gone);
    small_free(s);
}

Test(simultaneous, a_timeout_wins_over_start)
{
    struct small *s = small_new();
    tb_ref ref = called_with_timeout(s, TB_MINUTES(2));
    cr_expect_eq(at(s, SMALL_AT(0, 10, 2), (struct tb_command){.kind = TB_WINDOW_START}),
                 TB_STATUS_SERVER_STATE);
    cr_expect_eq(small_ticket(s, ref), TB_TICKET_ABSENT);
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY);
    small_free(s);
}

Test(simultaneous, a_timeout_and_a_take_strand_nobody)
{
    struct small *s = small_new();
    called_with_timeout(s, TB_MINUTES(2));
    at(s, SMALL_AT(0, 10, 2), (struct tb_command){.kind = TB_TICKET_TAKE});
    cr_assert_not_null(small_event(s, TB_EVENT_CALLED, 0), "the window was freed by the timeout");
    small_free(s);
}

Test(simultaneous, release_and_take_in_both_orders)
{
    for (uint32_t order = 0; order < 2; order++) {
        struct small *s = small_new();
        small_window(s, TB_WINDOW_OPEN, 0);
        small_take(s, 0);
        small_window(s, TB_WINDOW_NEXT, 0);
        small_window(s, TB_WINDOW_START, 0);
        struct tb_command finish = {.kind = TB_WINDOW_FINISH, .flags = TB_FLAG_NEXT};
        struct tb_command take = {.kind = TB_TICKET_TAKE, .citizen = 5};
        at(s, SMALL_AT(0, 10, 5), order ? finish : take);
        tb_ref ref = order ? 0 : s->events[0].ref;
        small_send(s, order ? take : finish);
        ref = order ? s->events[0].ref : ref;
        cr_expect_eq(small_ticket(s, ref), TB_TICKET_CALLED, "order %u", order);
        cr_expect_eq(small_server(s, 0), TB_SERVER_CALLED);
        small_free(s);
    }
}

Test(simultaneous, closing_before_a_take_and_opening_too)
{
    struct small *s = small_new();
    cr_expect_eq(at(s, SMALL_AT(0, 12, 0) - 1, (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_OK);
    cr_expect_eq(at(s, SMALL_AT(0, 12, 0), (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_HALL_CLOSED);
    cr_expect_eq(at(s, SMALL_AT(0, 13, 0) - 1, (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_HALL_CLOSED);
    cr_expect_eq(at(s, SMALL_AT(0, 13, 0), (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_OK);
    small_free(s);
}

Test(simultaneous, expiry_before_a_call)
{
    struct small *s = small_new();
    small_window(s, TB_WINDOW_OPEN, 0);
    tb_ref ref = small_take(s, 0);
    at(s, SMALL_AT(0, 17, 30), (struct tb_command){.kind = TB_WINDOW_NEXT});
    cr_expect_eq(small_ticket(s, ref), TB_TICKET_FREE);
    cr_expect_not_null(small_event(s, TB_EVENT_EXPIRED, 0));
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY);
    small_free(s);
}

Test(simultaneous, a_quota_begins_anew_before_a_take_of_the_days_first_instant)
{
    struct small *s = small_config();
    s->calendar.kinds[0].periods[0].opens_us = 0;
    s->groups[SMALL_HALL][0].quota = 1;
    small_start(s);
    small_take(s, 0);
    cr_expect_eq(at(s, SMALL_AT(1, 0, 0), (struct tb_command){.kind = TB_TICKET_TAKE}),
                 TB_STATUS_OK);
    const struct tb_event *taken = small_event(s, TB_EVENT_TAKEN, 0);
    cr_assert_not_null(taken);
    cr_expect_eq(taken->number, 1u);
    small_free(s);
}

Test(simultaneous, parking_runs_out_before_resume)
{
    struct small *s = small_new();
    tb_ref ref = small_take(s, 0);
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = ref});
    cr_expect_eq(
        at(s, SMALL_AT(0, 11, 0), (struct tb_command){.kind = TB_TICKET_RESUME, .ref = ref}),
        TB_STATUS_TICKET_UNKNOWN);
    small_free(s);
}

Test(simultaneous, absence_runs_out_before_resume)
{
    struct small *s = small_new();
    tb_ref ref = called_with_timeout(s, 0);
    small_window(s, TB_WINDOW_NO_SHOW, 0);
    struct tb_command resume = {.kind = TB_TICKET_RESUME, .ref = ref};
    cr_expect_eq(at(s, SMALL_AT(0, 10, 30), resume), TB_STATUS_TICKET_UNKNOWN);
    small_free(s);
}

Test(simultaneous, grace_runs_out_before_check_in)
{
    struct small *s = small_new();
    tb_ref ref = small_book(s, SMALL_AT(0, 10, 30));
    tb_ref other = small_book(s, SMALL_AT(0, 10, 30));
    struct tb_command check_in = {.kind = TB_BOOK_CHECK_IN, .ref = ref};
    cr_expect_eq(at(s, SMALL_AT(0, 10, 45) - 1, check_in), TB_STATUS_OK);
    check_in.ref = other;
    cr_expect_eq(at(s, SMALL_AT(0, 10, 45), check_in), TB_STATUS_TICKET_UNKNOWN);
    small_free(s);
}

Test(simultaneous, of_an_appointment_and_a_walk_in_credit_decides_then_who_joined)
{
    for (uint32_t credit = 0; credit < 2; credit++) {
        struct small *s = small_new();
        small_rule(s, TB_RULE_credit_appointment_us, credit ? TB_MINUTES(1) : 0);
        tb_ref booked = small_book(s, SMALL_AT(0, 10, 30));
        s->now = SMALL_AT(0, 10, 30);
        tb_ref walk_in = small_take(s, 0);
        small_do(s, (struct tb_command){.kind = TB_BOOK_CHECK_IN, .ref = booked});
        small_window(s, TB_WINDOW_OPEN, 0);
        small_window(s, TB_WINDOW_NEXT, 0);
        cr_expect_eq(s->events[0].ref, credit ? booked : walk_in);
        small_free(s);
    }
}

Test(simultaneous, who_checks_in_early_counts_from_the_slot)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_credit_appointment_us, 0);
    tb_ref booked = small_book(s, SMALL_AT(0, 10, 30));
    small_do(s, (struct tb_command){.kind = TB_BOOK_CHECK_IN, .ref = booked});
    s->now = SMALL_AT(0, 10, 29);
    tb_ref walk_in = small_take(s, 0);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    cr_expect_eq(s->events[0].ref, walk_in);
    small_free(s);
}

Test(simultaneous, overdue_before_approval_of_the_same_instant)
{
    struct small *s = small_new();
    small_case(s, 1);
    tb_time due = small_event(s, TB_EVENT_TASK_QUEUED, 0)->value2;
    cr_expect_eq(due, SMALL_AT(0, 12, 0), "two working hours");
    small_window(s, TB_WINDOW_OPEN, 4);
    small_window(s, TB_WINDOW_NEXT, 4);
    small_window(s, TB_WINDOW_START, 4);
    cr_expect_eq(at(s, due, (struct tb_command){.kind = TB_DESK_APPROVE, .server = 4}),
                 TB_STATUS_OK);
    cr_assert_not_null(small_event(s, TB_EVENT_TASK_OVERDUE, 0));
    cr_expect_eq(small_event(s, TB_EVENT_TASK_DONE, 0)->value2, 0);
    small_free(s);
}

Test(simultaneous, the_follow_up_lapses_before_a_rating)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_rate_follow_us, TB_HOURS(1));
    small_rule(s, TB_RULE_rate_end_us, TB_HOURS(1));
    small_take(s, 0);
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    small_window(s, TB_WINDOW_START, 0);
    small_window(s, TB_WINDOW_FINISH, 0);
    tb_ref visit = (tb_ref)small_event(s, TB_EVENT_FINISHED, 0)->value2;
    struct tb_command rate = {.kind = TB_RATE_GIVE, .ref = visit, .value = 5};
    cr_expect_eq(at(s, SMALL_AT(0, 11, 0), rate), TB_STATUS_VISIT_UNKNOWN);
    uint32_t due = small_index(s, TB_EVENT_FOLLOW_DUE, visit);
    uint32_t lapsed = small_index(s, TB_EVENT_FOLLOW_LAPSED, visit);
    cr_assert_lt(lapsed, s->count);
    cr_expect_lt(due, lapsed);
    small_free(s);
}

Test(simultaneous, of_timers_of_one_instant_the_first_set_acts_first)
{
    struct small *s = small_new();
    tb_ref first = small_take(s, 0), second = small_take(s, 0);
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = second});
    small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = first});
    small_until(s, SMALL_AT(0, 11, 0));
    uint32_t a = small_index(s, TB_EVENT_ABANDONED, second);
    uint32_t b = small_index(s, TB_EVENT_ABANDONED, first);
    cr_assert(a < s->count && b < s->count);
    cr_expect_lt(a, b);
    small_free(s);
}

Test(simultaneous, of_stations_at_one_instant_the_lower_acts_first)
{
    struct small *s = small_new();
    small_until(s, SMALL_AT(0, 12, 0));
    uint32_t station = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->events[i].at_us != SMALL_AT(0, 12, 0))
            continue;
        cr_expect_geq(s->events[i].station, station);
        station = s->events[i].station;
    }
    cr_expect_eq(station, SMALL_REMOTE);
    small_free(s);
}

Test(simultaneous, earlier_instants_before_lower_stations)
{
    struct small *s = small_new();
    small_until(s, SMALL_AT(2, 0, 0));
    for (uint32_t i = 1; i < s->count; i++)
        cr_expect_leq(s->events[i - 1].at_us, s->events[i].at_us);
    small_free(s);
}

Test(simultaneous, an_idle_city_names_its_next_instant)
{
    struct small *s = small_new();
    cr_expect_eq(tb_city_deadline_at(s->city), SMALL_AT(0, 12, 0));
    tb_ref ref = called_with_timeout(s, TB_MINUTES(2));
    cr_expect_eq(tb_city_deadline_at(s->city), SMALL_AT(0, 10, 2));
    small_until(s, SMALL_AT(0, 10, 2) - 1);
    cr_expect_eq(s->count, 0u);
    small_until(s, SMALL_AT(0, 10, 2));
    cr_expect_lt(small_index(s, TB_EVENT_NO_SHOW, ref), s->count);
    small_free(s);
}
