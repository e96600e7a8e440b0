/* What time alone brings: deadlines, and acting on them in the order of R1.
 *
 * The deadlines of all stations are the leaves of a tree whose inner nodes name the first of
 * their children's (a tournament: Knuth, TAOCP 3, 5.4.1); the root is the city's. A leaf is
 * always right; of the nodes above, those over one station, named in node 0, may be late: as a
 * call's deadline is often set and taken away before anybody looks at the root, a change climbs
 * only when another station's comes, or when the root is needed. */
#include "heap.h"
#include "step.h"

static tb_time least(tb_time a, tb_time b)
{
    return a < b ? a : b;
}

static tb_time due_least(const tb_time due_at[TBI_DUE_COUNT])
{
    _Static_assert(TBI_DUE_LAPSE == 6, "seven kinds");
    return least(least(least(due_at[0], due_at[1]), least(due_at[2], due_at[3])),
                 least(least(due_at[4], due_at[5]), due_at[6]));
}

/* From a station's leaf up, as far as something changes. */
static void due_climb(struct tb_city *city, uint64_t station)
{
    struct tbi_deadline *tree = tbi_deadline(city, 0);
    uint64_t node = city->size.leaves + station;
    tb_time at = tree[node].at;
    while (node > 1) {
        /* Of equals the left one; no branch, as nobody can foretell it. */
        const struct tbi_deadline *other = &tree[node ^ 1];
        const uint64_t first = -(uint64_t)(other->at - (tb_time)(node & 1) < at);
        station ^= (station ^ other->station) & first;
        at = least(at, other->at);
        node >>= 1;
        if (tree[node].at == at && tree[node].station == station)
            return;
        tree[node].at = at;
        tree[node].station = station;
    }
}

void tbi_due_settle(struct tb_city *city)
{
    due_climb(city, tbi_deadline(city, 0)->station);
}

void tbi_due_changed(struct tb_city *city, uint32_t index, tb_time at)
{
    struct tbi_deadline *tree = tbi_deadline(city, 0);
    if (tree[0].station != index) {
        due_climb(city, tree[0].station);
        tree[0].station = index;
    }
    if (at == TB_NEVER)
        at = due_least(tbi_station(city, index)->due_at);
    tree[city->size.leaves + index].at = at;
}

/* The late station's own, and the first of all others: the root's, or what its path passes by. */
tb_time tbi_due_first(const struct tb_city *city)
{
    const struct tbi_deadline *tree = tbi_deadline(city, 0);
    uint64_t node = city->size.leaves + tree[0].station;
    tb_time at = tree[node].at;
    if (tree[1].station != tree[0].station)
        return least(at, tree[1].at);
    for (; node > 1; node >>= 1)
        at = least(at, tree[node ^ 1].at);
    return at;
}

void tbi_due_build(struct tb_city *city)
{
    struct tbi_deadline *tree = tbi_deadline(city, 0);
    const uint64_t leaves = city->size.leaves;
    tree[0] = (struct tbi_deadline){TB_NEVER, 0};
    for (uint64_t i = 0; i < leaves; i++) {
        const bool is = i < city->size.stations;
        tree[leaves + i].at = is ? due_least(tbi_station(city, i)->due_at) : TB_NEVER;
        tree[leaves + i].station = i;
    }
    for (uint64_t i = leaves - 1; i > 0; i--)
        tree[i] = tree[2 * i + 1].at < tree[2 * i].at ? tree[2 * i + 1] : tree[2 * i];
}

static void timer_due(struct tb_city *city, uint32_t station)
{
    uint32_t root = tbi_station(city, station)->timers;
    tbi_due_set(city, station, TBI_DUE_TIMER,
                root == TB_NONE ? TB_NEVER : tbi_more(city, root)->timer_at);
}

void tbi_timer_clear(struct tb_city *city, uint32_t ticket)
{
    struct tbi_ticket_more *more = tbi_more(city, ticket);
    if (!more->timed)
        return;
    more->timed = false;
    uint32_t station = tbi_ticket(city, ticket)->station;
    tbi_heap_remove(city, TBI_HEAP_TIMER, &tbi_station(city, station)->timers, ticket);
    timer_due(city, station);
}

void tbi_timer_set(struct tb_city *city, uint32_t ticket, tb_time at)
{
    tbi_timer_clear(city, ticket);
    if (at == TB_NEVER)
        return;
    uint32_t index = tbi_ticket(city, ticket)->station;
    struct tbi_station *station = tbi_station(city, index);
    struct tbi_ticket_more *more = tbi_more(city, ticket);
    more->timer_at = at;
    more->timer_order = ++station->timer_last;
    more->timed = true;
    tbi_heap_insert(city, TBI_HEAP_TIMER, &station->timers, ticket);
    timer_due(city, index);
}

static void act_drain(struct tbi_step *step, uint32_t station)
{
    if (tbi_ticket_expire_one(step, station))
        return;
    tbi_station(step->city, station)->drain = false;
    tbi_due_set(step->city, station, TBI_DUE_DRAIN, TB_NEVER);
}

static void act_call(struct tbi_step *step, uint32_t station)
{
    tbi_server_call_timeout(step, tbi_station(step->city, station)->calls.head);
}

static void act_timer(struct tbi_step *step, uint32_t station)
{
    uint32_t ticket = tbi_station(step->city, station)->timers;
    tbi_timer_clear(step->city, ticket);
    if (tbi_ticket_is_task(tbi_ticket(step->city, ticket)))
        tbi_case_timer(step, ticket);
    else
        tbi_ticket_timer(step, ticket);
}

void tbi_time_act(struct tbi_step *step, uint32_t index)
{
    static void (*const act[TBI_DUE_COUNT])(struct tbi_step *, uint32_t) = {
        [TBI_DUE_DRAIN] = act_drain,          [TBI_DUE_CALENDAR] = tbi_calendar_act,
        [TBI_DUE_PLAN] = tbi_plan_act,        [TBI_DUE_CALL] = act_call,
        [TBI_DUE_TIMER] = act_timer,          [TBI_DUE_FOLLOW] = tbi_visit_follow,
        [TBI_DUE_LAPSE] = tbi_visit_lapse,
    };
    struct tbi_station *station = tbi_station(step->city, index);
    tb_time at = tbi_deadline(step->city, step->city->size.leaves + index)->at;
    int kind = 0;
    while (station->due_at[kind] != at)
        kind++;
    tb_assert(at != TB_NEVER && act[kind]);
    step->now = at;
    step->tag = 0;
    step->answer = 0;
    step->near = TB_NONE;
    station->clock_at = at > station->clock_at ? at : station->clock_at;
    step->city->clock_at = at > step->city->clock_at ? at : step->city->clock_at;
    act[kind](step, index);
}
