/* tb_city_verify: are the block's own invariants whole?
 *
 * Every list is walked from its head, and every member must point back and say that it belongs
 * there; then a list has no cycle, and as the members counted on lists are as many as those
 * that say they stand on one, nothing is in two places or in none. Each function gives NULL, or
 * the first thing that is wrong. Indices are looked at before they are followed: the block may
 * come from anywhere. */
#include "heap.h"
#include "step.h"

/* What the whole city's members add up to. */
struct sums {
    uint64_t waiting, called, serving, booked, away; /* as stations count them */
    uint64_t timers, calls, visits, tasks;           /* as they stand on lists */
    uint64_t remote_ready;
    uint64_t visits_shared; /* on the city's lists, less those that stations count */
};

#define VERIFY(call)                 \
    do {                             \
        const char *wrong_ = (call); \
        if (wrong_ != NULL)          \
            return wrong_;           \
    } while (0)

static bool in(uint64_t first, uint64_t count, uint64_t all)
{
    return first <= all && count <= all - first;
}

/* ---- what never changes -------------------------------------------------------------------- */

static const char *verify_station_fixed(const struct tb_city *city, uint32_t index)
{
    const struct tbi_size *size = &city->size;
    const struct tbi_station *station = tbi_station(city, index);
    const uint32_t lines = (uint32_t)station->group_count * TB_CLASSES;
    if (station->kind > TB_STATION_REMOTE || station->calendar >= size->calendars)
        return "a station is of no kind, or of no calendar";
    if ((station->kind == TB_STATION_REMOTE) != (index == city->station_remote))
        return "the remote station is not the one that the city says";
    if (station->group_count < 1 || station->group_count > TB_GROUPS_MAX ||
        station->profile_count > TB_PROFILES_MAX)
        return "a station has too many groups or profiles";
    if (!in(station->line_first, lines, size->lines) ||
        !in(station->profile_first, station->profile_count, size->profiles) ||
        !in(station->server_first, station->server_count, size->servers) ||
        tbi_station_line(station, 0) != tbi_line(city, station->line_first) ||
        tbi_station_profile(station, 0) != tbi_profile(city, station->profile_first) ||
        tbi_station_group(station, 0) != tbi_group(city, station->line_first / TB_CLASSES))
        return "a station's lines, profiles or servers are outside the city";
    /* Also what is no station's place is found so. */
    uint32_t rules = 0;
    while (rules <= index && tbi_station_rules(station) != tbi_rules(city, rules)->value)
        rules++;
    if (rules > index ||
        tbi_station_rules(tbi_station(city, rules)) != tbi_rules(city, rules)->value)
        return "a station has no rules, or those of a later one";
    for (uint32_t p = 0; p < station->profile_count; p++) {
        const struct tbi_profile *profile = tbi_station_profile(station, p);
        const uint64_t mask = lines == 64 ? ~0ull : (1ull << lines) - 1;
        if ((profile->serves | profile->helps) & ~mask)
            return "a profile has lines that its station has not";
        if ((profile->remote == 0) != (profile->remote_class == TB_NONE))
            return "a remote profile has no class, or another has one";
        if (profile->remote != 0 && (profile->remote_class >= city->remote_class_count ||
                                     city->station_remote == TB_NONE))
            return "a remote profile is of no class, or no station is remote";
    }
    return NULL;
}

static const char *verify_plan(const struct tb_city *city, uint32_t index)
{
    const struct tbi_station *station = tbi_station(city, index);
    const uint32_t kinds = tbi_calendar(city, station->calendar)->kind_count;
    if (!in(station->plan_first, (uint64_t)station->plan_room * kinds, city->size.plan_entries))
        return "a station's plan is outside the city";
    for (uint32_t kind = 0; kind < kinds; kind++) {
        const uint64_t first = station->plan_first + (uint64_t)kind * station->plan_room;
        const uint32_t count = tbi_plan_count(city, index)->count[kind];
        if (count > station->plan_room)
            return "a plan has more entries than room";
        for (uint32_t i = 0; i < count; i++) {
            const struct tbi_plan_entry *entry = tbi_plan(city, first + i);
            if (entry->server < station->server_first ||
                entry->server - station->server_first >= station->server_count)
                return "a plan entry is for another station's window";
            if (i > 0 && (entry[-1].offset_us > entry->offset_us ||
                          (entry[-1].offset_us == entry->offset_us &&
                           entry[-1].server > entry->server)))
                return "a plan is out of order";
        }
    }
    return NULL;
}

static const char *verify_calendars(const struct tb_city *city)
{
    for (uint32_t c = 0; c < city->size.calendars; c++) {
        const struct tbi_calendar *calendar = tbi_calendar(city, c);
        if (calendar->kind_count < 1 || calendar->kind_count > TB_DAY_KINDS_MAX ||
            calendar->day_count < 1 ||
            !in(calendar->day_first, calendar->day_count, city->size.days))
            return "a calendar's kinds or days are outside the city";
        int64_t work_us = 0;
        for (uint32_t d = 0; d < calendar->day_count; d++) {
            const struct tbi_day *day = tbi_day(city, calendar->day_first + d);
            if (day->kind >= calendar->kind_count)
                return "a day is of no kind";
            if (d > 0 && day[-1].starts_at >= day->starts_at)
                return "days are out of order";
            if (day->work_before_us != work_us)
                return "working time before a day is wrong";
            work_us += calendar->work_us[day->kind];
        }
    }
    return NULL;
}

/* ---- pools --------------------------------------------------------------------------------- */

static uint32_t next_free_ticket(const struct tb_city *city, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    return ticket->state == TB_TICKET_FREE ? ticket->next : index;
}

static uint32_t next_free_case(const struct tb_city *city, uint32_t index)
{
    const struct tbi_case *case_ = tbi_case_(city, index);
    return case_->state == TB_CASE_FREE ? case_->task : index;
}

static uint32_t next_free_visit(const struct tb_city *city, uint32_t index)
{
    const struct tbi_visit *visit = tbi_visit(city, index);
    return visit->station == TB_STATION_NONE ? visit->next : index;
}

/* Free + live = used. `next_free` gives a live slot itself. */
static const char *verify_pool(const struct tb_city *city, const struct tbi_pool *pool,
                               uint32_t (*next_free)(const struct tb_city *, uint32_t))
{
    if (pool->used > pool->max || pool->count > pool->used)
        return "a pool has more members than slots";
    uint32_t live = 0, left = pool->used - pool->count;
    for (uint32_t i = 0; i < pool->used; i++)
        live += next_free(city, i) == i;
    if (live != pool->count)
        return "a pool counts its members wrong";
    for (uint32_t i = pool->free; i != TB_NONE; left--) {
        if (left == 0 || i >= pool->used || next_free(city, i) == i)
            return "a free list holds what is not free, or goes in circles";
        i = next_free(city, i);
    }
    return left == 0 ? NULL : "a free slot is not on its list";
}

/* ---- heaps --------------------------------------------------------------------------------- */

/* Does the node that `up` points to belong there? */
static const char *verify_node(const struct tb_city *city, enum tbi_heap heap, uint32_t up,
                               uint32_t node)
{
    if (node >= city->tickets.used || tbi_ticket(city, node)->state == TB_TICKET_FREE)
        return "a heap holds what is no ticket";
    const struct tbi_links *links = tbi_heap_links(city, heap, node);
    if (links->up != up)
        return "a ticket in a heap does not know who is above it";
    if (up == TB_NONE && links->right != TB_NONE)
        return "something stands beside the first of a heap";
    if (heap == TBI_HEAP_TIMER && !tbi_more(city, node)->timed)
        return "a ticket has a timer that it does not know of";
    if (links->left == links->right && links->left != TB_NONE)
        return "a ticket is in a heap twice";
    return NULL;
}

/* Those below come no earlier. */
static const char *verify_below(const struct tb_city *city, enum tbi_heap heap, uint32_t node)
{
    uint32_t up = node, below = tbi_heap_links(city, heap, node)->left;
    for (; below != TB_NONE; up = below, below = tbi_heap_links(city, heap, below)->right) {
        VERIFY(verify_node(city, heap, up, below));
        if (tbi_heap_before(city, heap, below, node))
            return "a heap is out of order";
    }
    return NULL;
}

/* The node after `node` in preorder of left and right; TB_NONE: that was the last. Spines may be
 * long, so nothing recurs. */
static uint32_t heap_next(const struct tb_city *city, enum tbi_heap heap, uint32_t node)
{
    const struct tbi_links *links = tbi_heap_links(city, heap, node);
    if (links->left != TB_NONE || links->right != TB_NONE)
        return links->left != TB_NONE ? links->left : links->right;
    for (uint32_t up = links->up; up != TB_NONE; up = links->up) {
        links = tbi_heap_links(city, heap, up);
        if (links->left == node && links->right != TB_NONE)
            return links->right;
        node = up;
    }
    return TB_NONE;
}

/* Who points to a node must be checked before it: preorder does that. A member must be of this
 * station and, in a line's heap, of this queue. */
static const char *verify_heap(const struct tb_city *city, enum tbi_heap heap, uint32_t root,
                               uint32_t station, uint32_t queue, uint64_t *count)
{
    *count = 0;
    if (root == TB_NONE)
        return NULL;
    VERIFY(verify_node(city, heap, TB_NONE, root));
    for (uint32_t node = root; node != TB_NONE; node = heap_next(city, heap, node)) {
        const struct tbi_ticket *ticket = tbi_ticket(city, node);
        if (ticket->station != station)
            return "a heap holds another station's ticket";
        if (heap == TBI_HEAP_LINE &&
            (ticket->state != TB_TICKET_WAITING || ticket->queue != queue))
            return "a line's heap holds a ticket that does not wait in that line";
        VERIFY(verify_below(city, heap, node));
        (*count)++;
    }
    return NULL;
}

/* ---- lines --------------------------------------------------------------------------------- */

/* The list in order of joining: its members, and the reminder's cursor. */
static const char *verify_line_list(const struct tb_city *city, uint32_t station_index,
                                    uint32_t queue)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    const int64_t ahead = tbi_rule(city, station_index, TB_RULE_remind_ahead);
    uint32_t before = TB_NONE, near = TB_NONE, count = 0;
    for (uint32_t i = line->head; i != TB_NONE; i = tbi_ticket(city, i)->next) {
        if (i >= city->tickets.used)
            return "a line holds what is no ticket";
        const struct tbi_ticket *ticket = tbi_ticket(city, i);
        if (ticket->state != TB_TICKET_WAITING || ticket->station != station_index ||
            ticket->queue != queue)
            return "a line holds a ticket that does not wait in it";
        if (ticket->prev != before)
            return "a ticket in line does not know who is before it";
        if (before != TB_NONE && tbi_ticket(city, before)->join >= ticket->join)
            return "a line is not in order of joining";
        if (ahead > 0 && count == ahead)
            near = i;
        before = i;
        count++;
    }
    if (line->tail != before || line->count != count)
        return "a line's end or count is wrong";
    const bool reminds = line->fifo && station->kind == TB_STATION_HALL;
    return line->near == (reminds ? near : TB_NONE) ? NULL : "a line reminds the wrong ticket";
}

static const char *verify_line_copies(const struct tb_city *city, uint32_t station_index,
                                      uint32_t queue)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    const uint32_t *join = tbi_overtakes(city, station->line_first + queue)->join;
    const bool starving = station->starving_lines & tbi_bit(queue);
    if (line->count == 0)
        return line->overtakes == 0 && !starving ? NULL : "an empty line was overtaken";
    const uint32_t first = line->fifo ? line->head : line->root;
    const int64_t key =
        line->fifo ? tbi_ticket(city, first)->place_at : tbi_more(city, first)->key_us;
    const int64_t key_us = key < TB_NEVER / 2 ? key : TB_NEVER / 2;
    if (line->first_key != key_us || line->first_join != tbi_ticket(city, first)->join)
        return "a line does not know its first ticket";
    if (line->head_join != tbi_ticket(city, line->head)->join)
        return "a line does not know its oldest joiner";
    if (line->overtakes > TB_OVERTAKE_MAX)
        return "a ticket was overtaken more often than anybody may be";
    for (uint32_t i = 0; i < line->overtakes; i++) {
        if (join[i] <= line->head_join || join[i] > station->join_last)
            return "a line remembers being overtaken by one who did not overtake it";
    }
    const int64_t most = tbi_rule(city, station_index, TB_RULE_overtake_max);
    return starving == (line->overtakes >= most) ? NULL : "a line hides that it was overtaken";
}

/* Windows that serve a line, and what they serve: what estimates read. */
static const char *verify_line_windows(const struct tb_city *city, uint32_t station_index,
                                       uint32_t queue)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    uint64_t pool = 0, profiles = 0;
    uint32_t windows = 0;
    for (uint32_t p = 0; p < station->profile_count; p++) {
        const struct tbi_profile *profile = tbi_station_profile(station, p);
        if ((profile->serves | profile->helps) & tbi_bit(queue))
            profiles |= tbi_bit(p);
        if (profile->open_count > 0 && profile->serves & tbi_bit(queue)) {
            windows += profile->open_count;
            pool |= profile->serves;
        }
    }
    if (line->profiles != profiles)
        return "a line does not know who serves it";
    if (station->kind != TB_STATION_REMOTE && (line->windows != windows || line->pool != pool))
        return "a line counts its windows wrong";
    return NULL;
}

static const char *verify_lines(const struct tb_city *city, uint32_t station_index,
                                struct sums *sums)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    uint64_t waiting = 0, bits = 0;
    for (uint32_t q = 0; q < (uint32_t)station->group_count * TB_CLASSES; q++) {
        const struct tbi_line *line = tbi_station_line(station, q);
        uint64_t in_heap;
        VERIFY(verify_line_list(city, station_index, q));
        VERIFY(verify_heap(city, TBI_HEAP_LINE, line->root, station_index, q, &in_heap));
        if (in_heap != (line->fifo ? 0 : line->count))
            return "a line's list and heap do not agree";
        VERIFY(verify_line_copies(city, station_index, q));
        VERIFY(verify_line_windows(city, station_index, q));
        waiting += line->count;
        bits |= line->count > 0 ? tbi_bit(q) : 0;
    }
    if (station->waiting_lines != bits || station->starving_lines & ~bits)
        return "a station does not know in which lines somebody waits";
    if (station->waiting != waiting)
        return "a station counts who waits wrong";
    sums->waiting += waiting;
    return NULL;
}

/* ---- windows ------------------------------------------------------------------------------- */

static const char *verify_ready_list(const struct tb_city *city, uint32_t station_index,
                                     uint32_t profile_index)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_profile *profile = tbi_station_profile(station, profile_index);
    uint32_t before = TB_NONE, count = 0;
    for (uint32_t i = profile->ready.head; i != TB_NONE; i = tbi_server(city, i)->next) {
        if (i >= city->size.servers)
            return "a list of ready windows holds what is no window";
        const struct tbi_server *server = tbi_server(city, i);
        if (server->state != TB_SERVER_READY || server->station != station_index ||
            server->profile != profile_index || server->prev != before)
            return "a list of ready windows holds one that does not belong there";
        if (before != TB_NONE && tbi_server(city, before)->ready_order >= server->ready_order)
            return "ready windows are not in order of getting ready";
        before = i;
        count++;
    }
    if (profile->ready.tail != before || profile->ready_count != count)
        return "a list of ready windows ends wrong, or counts wrong";
    if ((count > 0) != ((station->ready_profiles >> profile_index & 1) != 0))
        return "a station does not know which profiles have a ready window";
    return NULL;
}

static const char *verify_server(const struct tb_city *city, uint32_t index)
{
    const struct tbi_server *server = tbi_server(city, index);
    const bool busy = server->state == TB_SERVER_CALLED || server->state == TB_SERVER_SERVING;
    if (server->state >= TB_SERVER_STATE_COUNT || busy != (server->ticket != TB_NONE))
        return "a window has a ticket that its state has not, or none";
    if ((server->closing || server->pausing) && (!busy || (server->closing && server->pausing)))
        return "a window is to close or pause later, but has nobody to wait for";
    if (server->deadline_at != TB_NEVER && server->state != TB_SERVER_CALLED)
        return "a window has a call's deadline without a call";
    if (busy) {
        if (server->ticket >= city->tickets.used)
            return "a window has what is no ticket";
        const struct tbi_ticket *ticket = tbi_ticket(city, server->ticket);
        const bool called = ticket->state == TB_TICKET_CALLED;
        if (ticket->server != index || (!called && ticket->state != TB_TICKET_SERVING) ||
            called != (server->state == TB_SERVER_CALLED))
            return "a window and its ticket do not agree";
    }
    if (server->state != TB_SERVER_READY)
        return NULL;
    /* With nobody in the lines it serves, it helps: help_below is never less than that. */
    const struct tbi_profile *profile = tbi_server_profile(city, server);
    if (tbi_station(city, server->station)->waiting_lines & (profile->serves | profile->helps))
        return "a window is ready, and somebody waits whom it may take";
    if (profile->remote != 0 &&
        tbi_station(city, city->station_remote)->waiting_lines & profile->remote)
        return "a window is ready, and somebody waits at a kiosk whom it may take";
    return NULL;
}

static const char *verify_servers(const struct tb_city *city, uint32_t station_index,
                                  struct sums *sums)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    uint32_t ready = 0, open = 0, by_profile[TB_PROFILES_MAX] = {0};
    for (uint32_t s = 0; s < station->server_count; s++) {
        const uint32_t index = station->server_first + s;
        const struct tbi_server *server = tbi_server(city, index);
        if (server->station != station_index || server->profile >= station->profile_count)
            return "a window is of another station, or of no profile";
        VERIFY(verify_server(city, index));
        const bool is_ready = server->state == TB_SERVER_READY;
        const bool is_open =
            server->state != TB_SERVER_CLOSED && server->state != TB_SERVER_PAUSED;
        const uint32_t class_ = tbi_server_profile(city, server)->remote_class;
        ready += is_ready;
        open += is_open;
        by_profile[server->profile] += is_open;
        sums->remote_ready += is_ready && class_ != TB_NONE;
    }
    uint32_t listed = 0;
    for (uint32_t p = 0; p < station->profile_count; p++) {
        const struct tbi_profile *profile = tbi_station_profile(station, p);
        VERIFY(verify_ready_list(city, station_index, p));
        listed += profile->ready_count;
        if (profile->open_count != by_profile[p])
            return "a profile counts its open windows wrong";
    }
    return listed == ready && station->ready == ready && station->open == open
               ? NULL
               : "a station counts its ready or open windows wrong";
}

/* A list of calls, a station's or (TB_NONE) the city's. */
static const char *verify_calls(const struct tb_city *city, uint32_t station_index,
                                struct sums *sums)
{
    const bool shared = station_index == TB_NONE;
    const struct tbi_station *station = shared ? NULL : tbi_station(city, station_index);
    const struct tbi_list *calls = shared ? &city->calls : &station->calls;
    const struct tbi_server *last = NULL;
    uint32_t before = TB_NONE;
    for (uint32_t i = calls->head; i != TB_NONE; i = tbi_server(city, i)->next) {
        if (i >= city->size.servers)
            return "a list of calls holds what is no window";
        const struct tbi_server *server = tbi_server(city, i);
        const uint32_t of = server->call_station;
        if (server->state != TB_SERVER_CALLED || server->prev != before ||
            server->deadline_at == TB_NEVER || server->ticket >= city->tickets.used ||
            tbi_ticket(city, server->ticket)->station != of || of >= city->size.stations ||
            server->call_shared != shared || (!shared && of != station_index))
            return "a list of calls holds a window that does not belong there";
        if (shared && tbi_station(city, of)->calls.head != TB_NONE)
            return "a station has calls on its own list and on the city's";
        if (last && (last->deadline_at > server->deadline_at ||
                     (last->deadline_at == server->deadline_at && last->call_station > of)))
            return "calls are not in order of their deadlines";
        last = server;
        before = i;
        sums->calls++;
    }
    const tb_time at =
        calls->head == TB_NONE ? TB_NEVER : tbi_server(city, calls->head)->deadline_at;
    return calls->tail == before && (shared || station->due_at[TBI_DUE_CALL] == at)
               ? NULL
               : "a list of calls ends wrong, or is due at another time";
}

static const char *verify_remote(const struct tb_city *city, const struct sums *sums)
{
    uint64_t count = 0;
    if (city->remote_class_count > TBI_REMOTE_CLASSES_MAX)
        return "there are too many remote classes";
    for (uint32_t c = 0; c < city->remote_class_count; c++) {
        const struct tbi_remote_class *class_ = &city->remote[c];
        uint32_t before = TB_NONE;
        for (uint32_t i = class_->ready.head; i != TB_NONE; i = tbi_server(city, i)->remote_next) {
            if (i >= city->size.servers)
                return "a remote class holds what is no window";
            const struct tbi_server *server = tbi_server(city, i);
            if (server->state != TB_SERVER_READY || server->remote_prev != before ||
                tbi_server_profile(city, server)->remote_class != c)
                return "a remote class holds a window that does not belong there";
            before = i;
            count++;
        }
        if (class_->ready.tail != before ||
            (before != TB_NONE) != ((city->remote_ready >> c & 1) != 0))
            return "a remote class ends wrong, or the city does not know of it";
    }
    return count == sums->remote_ready ? NULL : "a ready remote window is not in its class";
}

/* ---- away, timers, visits, deadlines ------------------------------------------------------- */

static const char *verify_away(const struct tb_city *city, uint32_t station_index,
                               struct sums *sums)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    uint32_t before = TB_NONE, count = 0;
    for (uint32_t i = station->away.head; i != TB_NONE; i = tbi_ticket(city, i)->next) {
        if (i >= city->tickets.used)
            return "those away hold what is no ticket";
        const struct tbi_ticket *ticket = tbi_ticket(city, i);
        if ((ticket->state != TB_TICKET_PARKED && ticket->state != TB_TICKET_ABSENT) ||
            ticket->station != station_index || ticket->prev != before)
            return "those away hold a ticket that does not belong there";
        before = i;
        count++;
    }
    sums->away += count;
    return station->away.tail == before && station->parked == count
               ? NULL
               : "those away end wrong, or are counted wrong";
}

static const char *verify_timers(const struct tb_city *city, uint32_t station_index,
                                 struct sums *sums)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const uint32_t root = station->timers;
    uint64_t count;
    VERIFY(verify_heap(city, TBI_HEAP_TIMER, root, station_index, 0, &count));
    sums->timers += count;
    const tb_time at = root == TB_NONE ? TB_NEVER : tbi_more(city, root)->timer_at;
    return station->due_at[TBI_DUE_TIMER] == at ? NULL : "a timer is due at another time";
}

/* One of the two lists of visits, a station's or (TB_NONE) the city's. */
static const char *verify_visits(const struct tb_city *city, uint32_t station_index, bool lapses,
                                 struct sums *sums)
{
    const bool shared = station_index == TB_NONE;
    const struct tbi_station *station = shared ? NULL : tbi_station(city, station_index);
    const struct tbi_visits *due = &city->visits_due[lapses];
    const struct tbi_list *list = shared    ? &due->list
                                  : lapses  ? &station->lapses
                                            : &station->follows;
    tb_time first_at = TB_NEVER;
    const struct tbi_visit *last = NULL;
    uint32_t before = TB_NONE;
    for (uint32_t i = list->head; i != TB_NONE; i = tbi_visit(city, i)->next) {
        if (i >= city->visits.used)
            return "a list of visits holds what is no visit";
        const struct tbi_visit *visit = tbi_visit(city, i);
        const bool is_due = visit->name & TBI_VISIT_DUE;
        const tb_time at = lapses ? visit->lapse_at : visit->follow_at;
        const tb_time last_at = !last ? INT64_MIN : lapses ? last->lapse_at : last->follow_at;
        if (visit->prev != before || (is_due && !lapses) || visit->station >= city->size.stations ||
            (!shared && visit->station != station_index) ||
            shared != ((visit->name & TBI_VISIT_SHARED) != 0))
            return "a list of visits holds one that does not belong there";
        if (at < last_at || (shared && at == last_at && visit->station < last->station))
            return "visits are out of order";
        first_at = last ? first_at : at;
        last = visit;
        before = i;
        sums->visits++;
        sums->visits_shared += shared;
    }
    if (list->tail != before ||
        first_at != (shared ? due->at : station->due_at[lapses ? TBI_DUE_LAPSE : TBI_DUE_FOLLOW]))
        return "a list of visits ends wrong, or is due at another time";
    if (!shared && list->head != TB_NONE && station->visits_shared > 0)
        return "a station has visits on its own lists and on the city's";
    sums->visits_shared -= !shared && !lapses ? station->visits_shared : 0;
    return NULL;
}

static const char *verify_day(const struct tb_city *city, uint32_t station_index)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    if (station->day < -1 || station->day >= (int64_t)calendar->day_count)
        return "a station is on a day that there is not";
    uint32_t over = 0; /* the boundary that is */
    if (station->day >= 0) {
        const struct tbi_day *day = tbi_day(city, calendar->day_first + (uint32_t)station->day);
        over = 2 * calendar->kinds[day->kind].period_count + 1;
    }
    if (station->boundary > over)
        return "a station's day has no such boundary";
    /* When the day is over was settled at its last close, by the rule of that time. */
    const bool settled = station->boundary == over && over > 0;
    if (!settled &&
        station->due_at[TBI_DUE_CALENDAR] != tbi_calendar_boundary_at(city, station_index))
        return "a station's next boundary is due at another time";
    if (station->accepts != (station->in_period && !station->closed_by_hand))
        return "a station accepts out of its hours, or does not within them";
    if (station->over && (station->accepts || station->kind == TB_STATION_DESK))
        return "a station is over, and accepts or is a desk";
    return station->drain == (station->due_at[TBI_DUE_DRAIN] != TB_NEVER)
               ? NULL
               : "a station lets people expire at no time, or nobody at some";
}

static const char *verify_deadlines(const struct tb_city *city)
{
    const tb_time visit_at = tbi_visits_at(city), call_at = tbi_calls_at(city);
    tb_time all = visit_at < call_at ? visit_at : call_at;
    for (uint32_t i = 0; i < city->size.stations; i++) {
        tb_time least = TB_NEVER;
        for (uint32_t k = 0; k < TBI_DUE_COUNT; k++) {
            const tb_time at = tbi_station(city, i)->due_at[k];
            least = at < least ? at : least;
        }
        all = least < all ? least : all;
        if (*tbi_due_station(city, i) != least)
            return "a station's deadline is wrong";
        uint64_t node = i;
        for (uint32_t level = 1; level < city->due_level_count; level++) {
            node >>= TBI_DUE_SHIFT;
            if (*tbi_deadline(city, city->due_level[level] + node) > least)
                return "the tree of deadlines is late";
        }
    }
    if (*tbi_due_soonest(city) > all || *tbi_due_soonest(city) > tbi_due_bound(city))
        return "what is due in the city is looked at late";
    return tbi_due_first(city, TB_NEVER) == all ? NULL : "the city's deadline is wrong";
}

/* ---- tickets, cases ------------------------------------------------------------------------ */

static const char *verify_ticket(const struct tb_city *city, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (ticket->state > TB_TICKET_ABSENT)
        return "a ticket has ended, and still is there";
    if (ticket->station >= city->size.stations || ticket->matter >= city->size.matters ||
        ticket->matters_left >= TB_TICKET_MATTERS_MAX)
        return "a ticket is of no station or matter, or has too many";
    if (ticket->queue >= tbi_station(city, ticket->station)->group_count * TB_CLASSES)
        return "a ticket is of no queue";
    const bool timed = ticket->state == TB_TICKET_BOOKED || ticket->state == TB_TICKET_ABSENT;
    if (timed && !tbi_more(city, index)->timed)
        return "a ticket that is booked or absent has no timer";
    if (ticket->state != TB_TICKET_CALLED && ticket->state != TB_TICKET_SERVING)
        return NULL;
    return ticket->server < city->size.servers && tbi_server(city, ticket->server)->ticket == index
               ? NULL
               : "a ticket is at a window that has another, or none";
}

static const char *verify_tickets(const struct tb_city *city, const struct sums *sums)
{
    uint64_t states[TB_TICKET_STATE_COUNT] = {0}, timers = 0, tasks = 0, calls = 0;
    for (uint32_t i = 0; i < city->tickets.used; i++) {
        const struct tbi_ticket *ticket = tbi_ticket(city, i);
        if (ticket->state == TB_TICKET_FREE)
            continue;
        VERIFY(verify_ticket(city, i));
        states[ticket->state]++;
        timers += tbi_more(city, i)->timed;
        tasks += tbi_ticket_is_task(ticket) && tbi_more(city, i)->case_index != TB_NONE;
    }
    for (uint32_t s = 0; s < city->size.servers; s++)
        calls += tbi_server(city, s)->deadline_at != TB_NEVER;
    if (states[TB_TICKET_WAITING] != sums->waiting)
        return "a ticket waits in no line";
    if (states[TB_TICKET_PARKED] + states[TB_TICKET_ABSENT] != sums->away)
        return "a ticket is away from no station";
    if (states[TB_TICKET_CALLED] != sums->called || states[TB_TICKET_SERVING] != sums->serving ||
        states[TB_TICKET_BOOKED] != sums->booked)
        return "stations count who is called, served or booked wrong";
    if (timers != sums->timers || calls != sums->calls)
        return "a timer or a call is on no list";
    if (city->visits.count != sums->visits || sums->visits_shared != 0)
        return "a visit is on no list";
    return tasks == sums->tasks ? NULL : "a task is in no case";
}

static const char *verify_case(const struct tb_city *city, uint32_t index, struct sums *sums)
{
    const struct tbi_case *case_ = tbi_case_(city, index);
    if (case_->state >= TB_CASE_STATE_COUNT || case_->route >= city->size.routes ||
        case_->matter >= city->size.matters)
        return "a case is of no state, route or matter";
    const enum tb_case_state state = case_->active ? TB_CASE_ACTIVE
                                     : case_->correction ? TB_CASE_CORRECTION
                                                         : TB_CASE_READY;
    if (case_->state != state || case_->active & case_->correction)
        return "a case's state does not agree with its steps";
    uint32_t steps = 0;
    for (uint32_t i = case_->task; i != TB_NONE; i = tbi_more(city, i)->case_next) {
        if (i >= city->tickets.used || tbi_ticket(city, i)->state == TB_TICKET_FREE ||
            !tbi_ticket_is_task(tbi_ticket(city, i)) || tbi_more(city, i)->case_index != index)
            return "a case has a task that is not its own";
        const uint32_t step = tbi_more(city, i)->step;
        if (step >= TB_STEPS_MAX || steps >> step & 1 || !(case_->active >> step & 1))
            return "a case has a task of a step that is not under way, or two";
        steps |= 1u << step;
        sums->tasks++;
    }
    return NULL;
}

/* ---- all ----------------------------------------------------------------------------------- */

static const char *verify_station(const struct tb_city *city, uint32_t index, struct sums *sums)
{
    const struct tbi_station *station = tbi_station(city, index);
    VERIFY(verify_plan(city, index));
    VERIFY(verify_lines(city, index, sums));
    VERIFY(verify_servers(city, index, sums));
    VERIFY(verify_calls(city, index, sums));
    VERIFY(verify_away(city, index, sums));
    VERIFY(verify_timers(city, index, sums));
    VERIFY(verify_visits(city, index, false, sums));
    VERIFY(verify_visits(city, index, true, sums));
    VERIFY(verify_day(city, index));
    sums->called += station->called;
    sums->serving += station->serving;
    sums->booked += station->booked;
    if (station->clock_at > city->clock_at)
        return "a station's clock is later than the city's";
    return NULL;
}

const char *tb_city_verify(const struct tb_city *city)
{
    struct sums sums = {0};
    tb_assert(city != NULL);
    if (city->magic != TBI_MAGIC || city->version != TB_CITY_VERSION)
        return "this is no city, or of another version";
    VERIFY(verify_calendars(city));
    VERIFY(verify_pool(city, &city->tickets, next_free_ticket));
    VERIFY(verify_pool(city, &city->cases, next_free_case));
    VERIFY(verify_pool(city, &city->visits, next_free_visit));
    for (uint32_t s = 0; s < city->size.stations; s++)
        VERIFY(verify_station_fixed(city, s));
    for (uint32_t s = 0; s < city->size.stations; s++)
        VERIFY(verify_station(city, s, &sums));
    VERIFY(verify_remote(city, &sums));
    VERIFY(verify_calls(city, TB_NONE, &sums));
    VERIFY(verify_visits(city, TB_NONE, false, &sums));
    VERIFY(verify_visits(city, TB_NONE, true, &sums));
    for (uint32_t c = 0; c < city->cases.used; c++) {
        if (tbi_case_(city, c)->state != TB_CASE_FREE)
            VERIFY(verify_case(city, c, &sums));
    }
    VERIFY(verify_tickets(city, &sums));
    VERIFY(verify_deadlines(city));
    return NULL;
}
