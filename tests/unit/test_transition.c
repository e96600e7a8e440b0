/* Every pair of (state, cause) of tickets and of windows, on the real core: what transition.def
 * allows happens, all else is refused and changes nothing. */
#include "model/small.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* ---- tickets ----------------------------------------------------------------------------------
 */
static const int ticket_table[TB_TICKET_STATE_COUNT][TB_TICKET_CAUSE_COUNT] = {
#define TB_TICKET_TRANSITION(from, by, to) [TB_TICKET_##from][TB_TICKET_BY_##by] = TB_TICKET_##to,
#include "tongban/transition.def"
#undef TB_TICKET_TRANSITION
};

/* Window 0 serves, window 1 is open and idle. A ticket of matter 0 in the state. */
static tb_ref ticket_in(struct small *s, enum tb_ticket_state state)
{
    small_window(s, TB_WINDOW_OPEN, 0);
    small_window(s, TB_WINDOW_OPEN, 1);
    if (state == TB_TICKET_BOOKED)
        return small_book(s, SMALL_AT(0, 10, 30));
    tb_ref ref = small_send(s, (struct tb_command){.kind = TB_TICKET_TAKE,
                                                   .channel = TB_CHANNEL_MOBILE,
                                                   .flags = TB_FLAG_SILENT})
                     ->ref;
    if (state == TB_TICKET_PARKED)
        small_do(s, (struct tb_command){.kind = TB_TICKET_PARK, .ref = ref});
    if (state == TB_TICKET_CALLED || state == TB_TICKET_SERVING || state == TB_TICKET_ABSENT)
        small_window(s, TB_WINDOW_NEXT, 0);
    if (state == TB_TICKET_SERVING)
        small_window(s, TB_WINDOW_START, 0);
    if (state == TB_TICKET_ABSENT)
        small_window(s, TB_WINDOW_NO_SHOW, 0);
    return ref;
}

/* Does this to the ticket. The status is that of the command; causes of time have none. */
static enum tb_status ticket_cause(struct small *s, tb_ref ref, enum tb_ticket_cause cause)
{
    static const uint16_t kinds[TB_TICKET_CAUSE_COUNT] = {
        [TB_TICKET_BY_CHECK_IN] = TB_BOOK_CHECK_IN,   [TB_TICKET_BY_MOVE] = TB_BOOK_MOVE,
        [TB_TICKET_BY_CALL] = TB_WINDOW_CALL,         [TB_TICKET_BY_RECALL] = TB_WINDOW_RECALL,
        [TB_TICKET_BY_ACKNOWLEDGE] = TB_TICKET_ACK,   [TB_TICKET_BY_START] = TB_WINDOW_START,
        [TB_TICKET_BY_FINISH] = TB_WINDOW_FINISH,     [TB_TICKET_BY_CANCEL] = TB_TICKET_CANCEL,
        [TB_TICKET_BY_ABANDON] = TB_TICKET_ABANDON,   [TB_TICKET_BY_PARK] = TB_TICKET_PARK,
        [TB_TICKET_BY_RESUME] = TB_TICKET_RESUME,     [TB_TICKET_BY_RETURN] = TB_WINDOW_RETURN,
        [TB_TICKET_BY_TRANSFER] = TB_TICKET_TRANSFER, [TB_TICKET_BY_NO_SHOW] = TB_WINDOW_NO_SHOW,
        [TB_TICKET_BY_EXPIRE] = TB_HALL_CLOSE,        [TB_TICKET_BY_ADD] = TB_TICKET_ADD,
    };
    struct tb_command c = {.kind = kinds[cause], .ref = ref};
    if (cause == TB_TICKET_BY_LAPSE) {
        small_until(s, s->now + TB_MINUTES(70));
        return TB_STATUS_OK;
    }
    bool at_window = small_ticket(s, ref) == TB_TICKET_CALLED || /* of window 0 */
                     small_ticket(s, ref) == TB_TICKET_SERVING;
    if (cause == TB_TICKET_BY_TRANSFER && at_window)
        c.kind = TB_WINDOW_TRANSFER;
    if (cause == TB_TICKET_BY_CALL)
        c.server = 1;
    if (cause == TB_TICKET_BY_MOVE)
        c.value = SMALL_AT(0, 11, 0);
    if (cause == TB_TICKET_BY_EXPIRE)
        c.value = 1;
    return small_do(s, c);
}

static bool ends(int state)
{
    return state >= TB_TICKET_DONE;
}

/* Which event tells how a ticket ended. */
static uint32_t end_event(int state)
{
    static const uint32_t events[TB_TICKET_STATE_COUNT] = {
        [TB_TICKET_DONE] = TB_EVENT_FINISHED,       [TB_TICKET_CANCELLED] = TB_EVENT_CANCELLED,
        [TB_TICKET_ABANDONED] = TB_EVENT_ABANDONED, [TB_TICKET_EXPIRED] = TB_EVENT_EXPIRED,
        [TB_TICKET_MISSED] = TB_EVENT_MISSED,
    };
    return events[state];
}

/* By what the command is refused where the transition is not in the table. */
static enum tb_status ticket_refusal(enum tb_ticket_cause cause)
{
    switch (cause) {
    case TB_TICKET_BY_RECALL:
    case TB_TICKET_BY_START:
    case TB_TICKET_BY_FINISH:
    case TB_TICKET_BY_RETURN:
    case TB_TICKET_BY_NO_SHOW:
        return TB_STATUS_SERVER_STATE; /* said to the window, which has no such ticket */
    case TB_TICKET_BY_LAPSE:
    case TB_TICKET_BY_EXPIRE:
        return TB_STATUS_OK; /* nothing is said to the ticket at all */
    case TB_TICKET_BY_CHECK_IN:
    case TB_TICKET_BY_MOVE:
    case TB_TICKET_BY_CALL:
    case TB_TICKET_BY_ACKNOWLEDGE:
    case TB_TICKET_BY_CANCEL:
    case TB_TICKET_BY_ABANDON:
    case TB_TICKET_BY_PARK:
    case TB_TICKET_BY_RESUME:
    case TB_TICKET_BY_TRANSFER:
    case TB_TICKET_BY_ADD:
    case TB_TICKET_CAUSE_COUNT:
        break;
    }
    return TB_STATUS_TICKET_STATE;
}

static void check_ticket_pair(enum tb_ticket_state from, enum tb_ticket_cause cause)
{
    struct small *s = small_new();
    tb_ref ref = ticket_in(s, from);
    cr_assert_eq(small_ticket(s, ref), from, "the set-up gives state %u, not %u",
                 small_ticket(s, ref), from);
    int to = ticket_table[from][cause];
    uint64_t before = tb_city_hash(s->city);
    enum tb_status status = ticket_cause(s, ref, cause);
    enum tb_ticket_state after = small_ticket(s, ref);
    if (to == 0) {
        cr_expect_eq(status, ticket_refusal(cause), "state %u cause %u: status %s", from, cause,
                     tb_status_name(status));
        cr_expect_eq(after, from, "state %u cause %u must change nothing", from, cause);
        if (status != TB_STATUS_OK)
            cr_expect_eq(tb_city_hash(s->city), before, "state %u cause %u: the hash", from, cause);
    } else {
        cr_expect_eq(status, TB_STATUS_OK, "state %u cause %u: status %s", from, cause,
                     tb_status_name(status));
        cr_expect_eq(after, ends(to) ? TB_TICKET_FREE : (enum tb_ticket_state)to,
                     "state %u cause %u leads to %u, not %d", from, cause, after, to);
        if (ends(to))
            cr_expect_lt(small_index(s, end_event(to), ref), s->count,
                         "state %u cause %u: no event of the end", from, cause);
    }
    cr_expect_null(tb_city_verify(s->city));
    small_free(s);
}

Test(transition, tickets_every_state_and_cause)
{
    for (uint32_t from = TB_TICKET_BOOKED; from <= TB_TICKET_ABSENT; from++)
        for (uint32_t cause = 0; cause < TB_TICKET_CAUSE_COUNT; cause++)
            check_ticket_pair(from, cause);
}

Test(transition, a_ticket_that_ended_is_unknown_to_every_cause)
{
    struct small *s = small_new();
    tb_ref ref = ticket_in(s, TB_TICKET_WAITING);
    small_do(s, (struct tb_command){.kind = TB_TICKET_CANCEL, .ref = ref});
    tb_ref again = small_take(s, 0);
    cr_assert_neq(again, ref, "a reference is never given twice");
    for (uint32_t cause = 0; cause < TB_TICKET_CAUSE_COUNT; cause++) {
        uint64_t before = tb_city_hash(s->city);
        if (ticket_refusal(cause) == TB_STATUS_TICKET_STATE) {
            cr_expect_eq(ticket_cause(s, ref, cause), TB_STATUS_TICKET_UNKNOWN, "cause %u", cause);
            cr_expect_eq(tb_city_hash(s->city), before);
        }
    }
    cr_expect_eq(small_ticket(s, again), TB_TICKET_WAITING);
    small_free(s);
}

/* ---- windows ----------------------------------------------------------------------------------
 */
static const int server_table[TB_SERVER_STATE_COUNT][TB_SERVER_CAUSE_COUNT] = {
#define TB_SERVER_TRANSITION(from, by, to)                                                         \
    [TB_SERVER_##from][TB_SERVER_BY_##by] = TB_SERVER_##to + 1,
#include "tongban/transition.def"
#undef TB_SERVER_TRANSITION
};

/* Window 0 in this state; a ticket waits that it may call, unless it is ready. */
static tb_ref server_in(struct small *s, enum tb_server_state state)
{
    if (state != TB_SERVER_CLOSED)
        small_window(s, TB_WINDOW_OPEN, 0);
    if (state == TB_SERVER_PAUSED)
        small_window(s, TB_WINDOW_PAUSE, 0);
    if (state == TB_SERVER_CALLED || state == TB_SERVER_SERVING) {
        small_take(s, 0);
        small_window(s, TB_WINDOW_NEXT, 0);
    }
    if (state == TB_SERVER_SERVING)
        small_window(s, TB_WINDOW_START, 0);
    if (state == TB_SERVER_READY)
        small_window(s, TB_WINDOW_NEXT, 0);
    return state == TB_SERVER_READY ? 0 : small_take(s, 0);
}

static enum tb_status server_cause(struct small *s, tb_ref waiting, enum tb_server_cause cause)
{
    static const uint16_t kinds[TB_SERVER_CAUSE_COUNT] = {
        [TB_SERVER_BY_OPEN] = TB_WINDOW_OPEN,       [TB_SERVER_BY_CLOSE] = TB_WINDOW_CLOSE,
        [TB_SERVER_BY_PAUSE] = TB_WINDOW_PAUSE,     [TB_SERVER_BY_CONTINUE] = TB_WINDOW_CONTINUE,
        [TB_SERVER_BY_NEXT] = TB_WINDOW_NEXT,       [TB_SERVER_BY_CALL] = TB_WINDOW_CALL,
        [TB_SERVER_BY_RECALL] = TB_WINDOW_RECALL,   [TB_SERVER_BY_START] = TB_WINDOW_START,
        [TB_SERVER_BY_FINISH] = TB_WINDOW_FINISH,   [TB_SERVER_BY_RETURN] = TB_WINDOW_RETURN,
        [TB_SERVER_BY_NO_SHOW] = TB_WINDOW_NO_SHOW,
    };
    return small_do(s, (struct tb_command){.kind = kinds[cause], .ref = waiting, .value = -1});
}

/* A ready window can't see anybody wait: for its CALL a ticket is taken from parking. */
static tb_ref waiting_for_ready(struct small *s)
{
    /* Window 0 takes group 1 no longer: profile 2 is group 0 only; a ticket of group 1 waits. */
    tb_ref ref = small_take(s, 0); /* goes to window 0 at once */
    small_do(s, (struct tb_command){.kind = TB_TICKET_CANCEL, .ref = ref});
    small_do(s, (struct tb_command){.kind = TB_WINDOW_SKILL, .server = 0, .value = 2});
    return small_take(s, 1);
}

static void check_server_pair(enum tb_server_state from, enum tb_server_cause cause, bool asked)
{
    struct small *s = small_new();
    tb_ref waiting = server_in(s, from);
    bool ready_call = from == TB_SERVER_READY && cause == TB_SERVER_BY_CALL;
    if (ready_call)
        waiting = waiting_for_ready(s);
    if (asked)
        small_window(s, TB_WINDOW_CLOSE, 0);
    cr_assert_eq(small_server(s, 0), from, "the set-up gives state %u, not %u", small_server(s, 0),
                 from);
    int to = server_table[from][cause] - 1;
    bool busy = from == TB_SERVER_CALLED || from == TB_SERVER_SERVING;
    if (cause == TB_SERVER_BY_OPEN && busy && !asked)
        to = -1; /* there is no request to take back */
    uint64_t before = tb_city_hash(s->city);
    enum tb_status status = server_cause(s, waiting, cause);
    if (to == -1) {
        cr_expect_eq(status, TB_STATUS_SERVER_STATE, "state %u cause %u: status %s", from, cause,
                     tb_status_name(status));
        cr_expect_eq(tb_city_hash(s->city), before, "state %u cause %u: the hash", from, cause);
    } else if (ready_call) {
        /* The transition is allowed; a ready window just may take nobody who waits. */
        cr_expect_eq(status, TB_STATUS_SKILL_MISSING, "READY CALL: %s", tb_status_name(status));
    } else {
        enum tb_server_state want = (enum tb_server_state)to;
        if (cause == TB_SERVER_BY_NEXT && waiting)
            want = TB_SERVER_CALLED; /* somebody waits */
        if (asked && want == TB_SERVER_WRAP)
            want = TB_SERVER_CLOSED;
        cr_expect_eq(status, TB_STATUS_OK, "state %u cause %u: status %s", from, cause,
                     tb_status_name(status));
        cr_expect_eq(small_server(s, 0), want, "state %u cause %u leads to %u, not %u", from, cause,
                     small_server(s, 0), want);
    }
    cr_expect_null(tb_city_verify(s->city));
    small_free(s);
}

Test(transition, windows_every_state_and_cause)
{
    for (uint32_t from = 0; from < TB_SERVER_STATE_COUNT; from++)
        for (uint32_t cause = 0; cause < TB_SERVER_CAUSE_COUNT; cause++)
            check_server_pair(from, cause, false);
}

Test(transition, windows_that_were_asked_to_close)
{
    for (uint32_t cause = 0; cause < TB_SERVER_CAUSE_COUNT; cause++) {
        if (cause == TB_SERVER_BY_PAUSE)
            continue; /* a_pause_does_not_override_an_asked_close */
        check_server_pair(TB_SERVER_CALLED, cause, true);
        check_server_pair(TB_SERVER_SERVING, cause, true);
    }
}

Test(transition, a_pause_does_not_override_an_asked_close)
{
    struct small *s = small_new();
    server_in(s, TB_SERVER_SERVING);
    small_window(s, TB_WINDOW_PAUSE, 0);
    small_window(s, TB_WINDOW_CLOSE, 0);
    uint64_t before = tb_city_hash(s->city);
    cr_expect_eq(small_do(s, (struct tb_command){.kind = TB_WINDOW_PAUSE}), TB_STATUS_SERVER_STATE);
    cr_expect_eq(tb_city_hash(s->city), before);
    small_window(s, TB_WINDOW_FINISH, 0);
    cr_expect_eq(small_server(s, 0), TB_SERVER_CLOSED);
    small_free(s);
}

Test(transition, auto_next_makes_ready_at_once)
{
    struct small *s = small_new();
    small_rule(s, TB_RULE_auto_next, 1);
    small_window(s, TB_WINDOW_OPEN, 0);
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY);
    small_window(s, TB_WINDOW_PAUSE, 0);
    small_window(s, TB_WINDOW_CONTINUE, 0);
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY);
    small_take(s, 0);
    small_window(s, TB_WINDOW_START, 0);
    small_window(s, TB_WINDOW_FINISH, 0);
    cr_expect_eq(small_server(s, 0), TB_SERVER_READY);
    small_free(s);
}
