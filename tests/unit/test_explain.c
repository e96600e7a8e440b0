/* Explain: which candidates were weighed, and why this one won; and what memory a city takes. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/small.h"

enum { SIZE_TICKETS = 1000000 };

static tb_ref take_class(struct small *s, uint16_t matter, enum tb_class class_)
{
    struct tb_command c = {.kind = TB_TICKET_TAKE, .station = SMALL_HALL, .class_ = class_};
    c.matters[0] = matter;
    const struct tb_event *answer = small_send(s, c);
    cr_assert_eq(answer->kind, TB_EVENT_TAKEN);
    return answer->ref;
}

static const struct tb_candidate *winner(const struct tb_explanation *e)
{
    const struct tb_candidate *won = NULL;
    for (uint32_t i = 0; i < e->candidate_count; i++)
        if (e->candidates[i].won) {
            cr_expect_null(won, "two winners");
            won = &e->candidates[i];
        }
    return won;
}

Test(explain, nobody_waits)
{
    struct small *s = small_new();
    struct tb_explanation e;
    small_window(s, TB_WINDOW_OPEN, 0);
    cr_assert_eq(tb_city_explain(s->city, s->now, 0, &e), TB_STATUS_OK);
    cr_expect_eq(e.reason, TB_EXPLAIN_NOBODY);
    cr_expect_eq(e.candidate_count, 0u);
    cr_expect_eq(tb_city_explain(s->city, s->now, SMALL_SERVERS, &e), TB_STATUS_SERVER_UNKNOWN);
    small_free(s);
}

/* The credit of the green channel decides, and the explanation shows both candidates' figures. */
Test(explain, green_channel_wins_by_its_credit_and_next_does_what_was_said)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_credit_green_us, TB_MINUTES(15));
    small_window(s, TB_WINDOW_OPEN, 0);
    tb_ref first = take_class(s, 0, TB_CLASS_NORMAL);
    s->now += TB_MINUTES(5);
    tb_ref green = take_class(s, 0, TB_CLASS_GREEN);
    uint64_t before = tb_city_hash(s->city);
    struct tb_explanation e;
    cr_assert_eq(tb_city_explain(s->city, s->now, 0, &e), TB_STATUS_OK);
    cr_expect_eq(tb_city_hash(s->city), before);
    cr_expect_eq(e.reason, TB_EXPLAIN_AGE);
    cr_expect_eq(e.ticket, green);
    cr_assert_eq(e.candidate_count, 2u);
    const struct tb_candidate *won = winner(&e);
    cr_assert_not_null(won);
    cr_expect_eq(won->ticket, green);
    cr_expect_eq(won->credit_us, TB_MINUTES(15));
    cr_expect_eq(e.candidates[won == e.candidates].ticket, first);
    struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = 0};
    cr_expect_eq(small_send(s, next)->ref, green);
    small_free(s);
}

Test(explain, lowest_tier_then_the_bound)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_tier_green, 0);
    small_rule(s, TB_RULE_overtake_max, 1);
    small_window(s, TB_WINDOW_OPEN, 0);
    tb_ref first = take_class(s, 0, TB_CLASS_NORMAL);
    take_class(s, 0, TB_CLASS_GREEN);
    take_class(s, 0, TB_CLASS_GREEN);
    struct tb_explanation e;
    cr_assert_eq(tb_city_explain(s->city, s->now, 0, &e), TB_STATUS_OK);
    cr_expect_eq(e.reason, TB_EXPLAIN_TIER);
    small_window(s, TB_WINDOW_NEXT, 0);
    small_window(s, TB_WINDOW_START, 0);
    small_window(s, TB_WINDOW_FINISH, 0);
    cr_assert_eq(tb_city_explain(s->city, s->now, 0, &e), TB_STATUS_OK);
    cr_expect_eq(e.reason, TB_EXPLAIN_OVERTAKEN);
    cr_expect_eq(e.ticket, first);
    small_free(s);
}

/* A ticket that comes to two ready windows takes the less flexible one. */
Test(explain, a_step_writes_down_the_call_it_makes)
{
    struct small *s = small_new();
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_NEXT, 0);
    small_window(s, TB_WINDOW_OPEN, 2);
    small_window(s, TB_WINDOW_NEXT, 2);
    struct tb_command take = {.kind = TB_TICKET_TAKE, .station = SMALL_HALL};
    take.matters[0] = 1;
    struct tb_event events[2 * TB_COMMAND_EVENTS_MAX];
    struct tb_explanation e[4];
    uint32_t count = 0;
    tb_city_step_explained(s->city, s->now, &take, events, 2 * TB_COMMAND_EVENTS_MAX, e, 4,
                           &count);
    cr_assert_eq(count, 1u);
    cr_expect_eq(e[0].server, events[1].server);
    cr_expect_eq(events[1].kind, TB_EVENT_CALLED);
    cr_assert_eq(e[0].candidate_count, 2u);
    const struct tb_candidate *won = winner(&e[0]);
    cr_assert_not_null(won);
    for (uint32_t i = 0; i < 2; i++)
        cr_expect_geq(e[0].candidates[i].flexible, won->flexible);
    small_free(s);
}

Test(size, a_live_ticket_takes_128_bytes)
{
    struct small *s = small_config();
    s->config.tickets_max = SIZE_TICKETS;
    size_t large = tb_city_bytes(&s->config);
    s->config.tickets_max = SIZE_TICKETS / 2;
    size_t small = tb_city_bytes(&s->config);
    cr_expect_leq(large - small, (size_t)128 * SIZE_TICKETS / 2 + 4096);
    s->config.tickets_max = SIZE_TICKETS;
    s->config.cases_max = SIZE_TICKETS;
    cr_expect_lt(tb_city_bytes(&s->config), (size_t)256 << 20);
    free(s);
}
