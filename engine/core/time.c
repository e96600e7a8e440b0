/* What time alone brings: deadlines, and acting on them in the order of R1.
 *
 * The deadlines of all stations are the lowest level of a tree: eight to a node, a node to a cache
 * line. A station's own deadline is always right. What a node says of the eight below it is a
 * lower bound: it comes down at once with an earlier deadline, but goes up only when somebody
 * looks (and the node is the first), or when the station has acted. For a call's deadline is
 * nearly always taken away before it comes, and the deadlines around it are mostly earlier: so
 * setting it ends at the first node, taking it away at the station, and many of them are
 * forgotten in one go. */
#include "heap.h"
#include "step.h"

static tb_time least(tb_time a, tb_time b)
{
    return a < b ? a : b;
}

static tb_time least_of_eight(const tb_time at[TBI_DUE_WIDTH])
{
    _Static_assert(TBI_DUE_WIDTH == 8, "eight to a node");
    return least(least(least(at[0], at[1]), least(at[2], at[3])),
                 least(least(at[4], at[5]), least(at[6], at[7])));
}

/* All that a station is due for; the eighth kind is none, and never due. */
static tb_time station_least(const struct tb_city *city, uint32_t station)
{
    _Static_assert(TBI_DUE_COUNT == TBI_DUE_WIDTH, "as many kinds as a node has below it");
    return least_of_eight(tbi_station(city, station)->due_at);
}

/* The eight below a node; `level` is theirs. */
static const tb_time *eight(const struct tb_city *city, uint32_t level, uint64_t node)
{
    return tbi_deadline(city, city->due_level[level] + (node << TBI_DUE_SHIFT));
}

/* Beside the root: the station whose deadline it is; TB_NONE: look for it. */
static tb_time *root_station(const struct tb_city *city)
{
    return tbi_deadline(city, 1);
}

/* That station, if the root is still right: its deadline may have been taken away. */
static uint32_t root_right(const struct tb_city *city)
{
    const uint32_t station = (uint32_t)*root_station(city);
    return station != TB_NONE && *tbi_due_station(city, station) == tbi_due_bound(city) ? station
                                                                                        : TB_NONE;
}

/* The first that is not later; 8: none. No branch, as nobody can foretell it. */
static inline uint32_t first_of_eight(const tb_time of[TBI_DUE_WIDTH], tb_time at)
{
    uint32_t by = 1u << TBI_DUE_WIDTH;
    for (uint32_t i = 0; i < TBI_DUE_WIDTH; i++)
        by |= (uint32_t)(of[i] <= at) << i;
    return tbi_lowest(by);
}

void tbi_due_lower(struct tb_city *city, uint32_t station, tb_time at)
{
    *tbi_due_station(city, station) = at;
    uint64_t node = station;
    for (uint32_t level = 1; level < city->due_level_count; level++) {
        node >>= TBI_DUE_SHIFT;
        tb_time *bound = tbi_deadline(city, city->due_level[level] + node);
        if (*bound <= at) {
            if (*bound == at)
                *root_station(city) = TB_NONE; /* which of two? */
            return;
        }
        *bound = at;
    }
    *root_station(city) = station;
    *tbi_due_soonest(city) = least(at, *tbi_due_soonest(city));
}

void tbi_due_raise(struct tb_city *city, uint32_t station)
{
    *tbi_due_station(city, station) = station_least(city, station);
}

/* Makes the bounds above a node of that level right, the path up to the root. */
static void path_raise(struct tb_city *city, uint32_t level, uint64_t node)
{
    while (++level < city->due_level_count) {
        node >>= TBI_DUE_SHIFT;
        *tbi_deadline(city, city->due_level[level] + node) =
            least_of_eight(eight(city, level - 1, node));
    }
}

/* The station from which the root has its bound; TB_NONE: one below it was too low, and is right
 * now. */
static inline uint32_t path_first(struct tb_city *city)
{
    const tb_time at = tbi_due_bound(city);
    uint64_t node = 0;
    for (uint32_t level = city->due_level_count - 1; level-- > 0;) {
        const uint32_t first = first_of_eight(eight(city, level, node), at);
        node <<= TBI_DUE_SHIFT;
        if (__builtin_expect(first == TBI_DUE_WIDTH, false)) {
            path_raise(city, level, node);
            *root_station(city) = TB_NONE;
            return TB_NONE;
        }
        node |= first;
    }
    return (uint32_t)node;
}

/* Who is next is looked for at once, though nobody asks yet: when somebody does, he waits for the
 * answer. */
void tbi_due_acted(struct tb_city *city, uint32_t station)
{
    path_raise(city, 0, station);
    *root_station(city) = path_first(city);
}

uint32_t tbi_due_find(struct tb_city *city, tb_time now)
{
    uint32_t station = root_right(city);
    if (station != TB_NONE)
        return station;
    while (tbi_due_bound(city) <= now)
        if ((station = path_first(city)) != TB_NONE)
            return (uint32_t)(*root_station(city) = station);
    return TB_NONE;
}

/* The first deadline below a node, or `found` if that is not later. */
static tb_time first_below(const struct tb_city *city, uint32_t level, uint64_t node,
                           tb_time found)
{
    const tb_time *below = eight(city, --level, node);
    if (level == 0)
        return least(found, least_of_eight(below));
    const uint32_t first = first_of_eight(below, least_of_eight(below));
    for (uint32_t i = 0; i < TBI_DUE_WIDTH; i++) {
        const uint32_t next = (first + i) % TBI_DUE_WIDTH;
        if (below[next] < found)
            found = first_below(city, level, node << TBI_DUE_SHIFT | next, found);
    }
    return found;
}

tb_time tbi_due_first(const struct tb_city *city, tb_time limit)
{
    const tb_time shared_at = least(tbi_visits_at(city), tbi_calls_at(city));
    const tb_time found = least(shared_at, limit), bound = tbi_due_bound(city);
    if (bound >= found)
        return found;
    if (root_right(city) != TB_NONE)
        return bound;
    return first_below(city, city->due_level_count - 1, 0, found);
}

void tbi_due_build(struct tb_city *city)
{
    for (uint64_t i = 0; i < city->size.deadlines; i++)
        *tbi_deadline(city, i) = TB_NEVER;
    *root_station(city) = TB_NONE;
    for (uint32_t i = 0; i < city->size.stations; i++)
        tbi_due_lower(city, i, station_least(city, i));
    *tbi_due_soonest(city) = INT64_MIN; /* visits have not been looked at */
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

enum tbi_due tbi_time_kind(const struct tb_city *city, uint32_t station)
{
    const tb_time at = *tbi_due_station(city, station);
    return (enum tbi_due)first_of_eight(tbi_station(city, station)->due_at, at);
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
    const tb_time at = *tbi_due_station(step->city, index);
    const enum tbi_due kind = tbi_time_kind(step->city, index);
    tb_assert(at != TB_NEVER && kind < TBI_DUE_COUNT && act[kind]);
    tbi_time_begin(step);
    step->now = at;
    station->clock_at = at > station->clock_at ? at : station->clock_at;
    tbi_time_passed(step);
    act[kind](step, index);
    tbi_due_acted(step->city, index);
}
