/* Appointments (R11): slots, bookings, check-in, reminders.
 *
 * A counter of places taken for each group and slot of each day within the horizon, in a ring
 * of days: row day %
 * horizon. A day that has passed clears its row, which then belongs to the day that has just
 * come within reach.
 * A booking keeps its slot in more->key_us; its one timer is the reminder, then
 * (TBI_TICKET_WARNED set)
 * the end of the grace. */
#include "pool.h"
#include "estimate.h"
#include "step.h"

/* A slot that may be booked: its counter, and how many places there are in all. */
struct slot {
    uint16_t *taken;
    uint32_t capacity;
};

static uint32_t book_queue(const struct tb_city *city, uint32_t matter)
{
    return tbi_matter(city, matter)->group * TB_CLASSES + TB_CLASS_APPOINTMENT;
}

static uint16_t *slot_taken(const struct tb_city *city, uint32_t station_index, uint32_t group,
                            int32_t day, int64_t offset_us)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    uint64_t in_day = (uint64_t)(offset_us / station->slot_us);
    uint64_t row = (uint64_t)group * station->horizon_days + (uint32_t)day % station->horizon_days;
    tb_assert(in_day < station->slots_per_day);
    return tbi_slot(city, station->slot_first + row * station->slots_per_day + in_day);
}

/* Is [offset, offset + slot) within one opening period? */
static bool slot_open(const struct tb_day_kind *kind, int64_t offset_us, int64_t slot_us)
{
    for (uint32_t i = 0; i < kind->period_count; i++)
        if (offset_us >= kind->periods[i].opens_us &&
            offset_us + slot_us <= kind->periods[i].closes_us)
            return true;
    return false;
}

/* SLOT_INVALID or OK. */
static enum tb_status slot_find(const struct tbi_step *step, uint32_t station_index,
                                uint32_t group, tb_time at, struct slot *out)
{
    const struct tb_city *city = step->city;
    const struct tbi_station *station = tbi_station(city, station_index);
    out->capacity = tbi_station_group(station, group)->slot_capacity;
    if (station->slot_us == 0 || out->capacity == 0 || at <= step->now)
        return TB_STATUS_SLOT_INVALID;
    int32_t day = tbi_calendar_day(city, station->calendar, at);
    if (day < 0 || day < station->day || day - station->day >= (int64_t)station->horizon_days ||
        at >= tbi_calendar_day_end(city, station->calendar, day))
        return TB_STATUS_SLOT_INVALID;
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    const struct tbi_day *of = tbi_day(city, calendar->day_first + (uint32_t)day);
    int64_t offset_us = at - of->starts_at;
    /* The rings have slots for 24 hours of a day. */
    if (offset_us >= TB_DAYS(1) || offset_us % station->slot_us != 0 ||
        !slot_open(&calendar->kinds[of->kind], offset_us, station->slot_us))
        return TB_STATUS_SLOT_INVALID;
    out->taken = slot_taken(city, station_index, group, day, offset_us);
    return TB_STATUS_OK;
}

/* The reminder if it is still to come, else the end of the grace. */
static void book_timer_begin(struct tbi_step *step, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    tb_time slot_at = tbi_more(step->city, index)->key_us;
    int64_t remind_us = tbi_rule(step->city, ticket->station, TB_RULE_book_remind_us);
    if (remind_us != 0 && slot_at - remind_us > step->now) {
        ticket->flags &= (uint8_t)~TBI_TICKET_WARNED;
        tbi_timer_set(step->city, index, slot_at - remind_us);
        return;
    }
    ticket->flags |= TBI_TICKET_WARNED;
    tbi_timer_set(step->city, index,
                  slot_at + tbi_rule(step->city, ticket->station, TB_RULE_book_late_us));
}

static enum tb_status make_check(const struct tbi_step *step, const struct tb_command *command,
                                 struct slot *slot)
{
    const struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    if (tbi_station(city, command->station)->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    uint32_t count = command->matter_count == 0 ? 1 : command->matter_count;
    if (count > TB_COMMAND_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    for (uint32_t i = 0; i < count; i++) {
        if (command->matters[i] >= city->size.matters)
            return TB_STATUS_MATTER_UNKNOWN;
        if (!tbi_matter_at(city, command->matters[i], command->station))
            return TB_STATUS_MATTER_ELSEWHERE;
    }
    uint32_t group = tbi_matter(city, command->matters[0])->group;
    enum tb_status status = slot_find(step, command->station, group, command->value, slot);
    if (status != TB_STATUS_OK)
        return status;
    if (*slot->taken >= slot->capacity)
        return TB_STATUS_SLOT_FULL;
    if (tbi_pool_left(&city->tickets) == 0)
        return TB_STATUS_TICKETS_FULL;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_BOOK_MAKE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    struct slot slot;
    enum tb_status status = make_check(step, command, &slot);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t count = command->matter_count == 0 ? 1 : command->matter_count;
    uint32_t index = tbi_ticket_new(city);
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_ticket_more *more = tbi_more(city, index);
    ticket->station = command->station;
    ticket->state = TB_TICKET_BOOKED;
    ticket->origin = TB_CLASS_APPOINTMENT | TB_CHANNEL_BOOKED << 4;
    ticket->queue = (uint8_t)book_queue(city, command->matters[0]);
    ticket->server = TB_NONE;
    ticket->place_at = command->value;
    ticket->changed_at = step->now;
    ticket->citizen = command->citizen;
    ticket->matter = command->matters[0];
    ticket->matters_left = (uint8_t)(count - 1);
    for (uint32_t i = 1; i < count; i++)
        more->matters[i - 1] = command->matters[i];
    more->key_us = command->value;
    ++*slot.taken;
    tbi_station(city, command->station)->booked++;
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_BOOKED, index);
    event->value = command->value;
    event->value2 = (int64_t)slot.capacity - *slot.taken;
    book_timer_begin(step, index);
    return TB_STATUS_OK;
}

/* T; task; transition. */
static enum tb_status booked_find(const struct tb_city *city, const struct tb_command *command,
                                  enum tb_ticket_cause cause, uint32_t *out)
{
    *out = tbi_ticket_find(city, command->ref);
    if (*out == TB_NONE)
        return TB_STATUS_TICKET_UNKNOWN;
    const struct tbi_ticket *ticket = tbi_ticket(city, *out);
    if (tbi_ticket_is_task(ticket))
        return TB_STATUS_STATION_KIND;
    return ticket->state == TB_TICKET_BOOKED &&
                   tbi_ticket_next((enum tb_ticket_state)ticket->state, cause) >= 0
               ? TB_STATUS_OK
               : TB_STATUS_TICKET_STATE;
}

static enum tb_status check_in_check(const struct tbi_step *step, const struct tb_command *command,
                                     uint32_t *index)
{
    const struct tb_city *city = step->city;
    enum tb_status status = booked_find(city, command, TB_TICKET_BY_CHECK_IN, index);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket = tbi_ticket(city, *index);
    const struct tbi_station *station = tbi_station(city, ticket->station);
    tb_time slot_at = tbi_more(city, *index)->key_us;
    if (station->over)
        return TB_STATUS_HALL_CLOSED;
    if (step->now < slot_at - tbi_rule(city, ticket->station, TB_RULE_book_early_us) ||
        tbi_calendar_day(city, station->calendar, slot_at) != station->day)
        return TB_STATUS_BOOKING_EARLY;
    const struct tbi_group *group = tbi_station_group(station, ticket->queue / TB_CLASSES);
    if (group->quota != 0 && group->used >= group->quota)
        return TB_STATUS_QUOTA_EXHAUSTED;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_BOOK_CHECK_IN(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = check_in_check(step, command, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_ticket_more *more = tbi_more(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    tb_time slot_at = more->key_us;
    uint32_t queue = ticket->queue;
    tbi_timer_clear(city, index);
    station->booked--;
    ticket->flags = TBI_TICKET_FRESH;
    ticket->number = ++station->number_last;
    tbi_station_group(station, queue / TB_CLASSES)->used++;
    ticket->place_at = slot_at > step->now ? slot_at : step->now;
    more->key_us = ticket->place_at;
    struct tb_wait wait = {.half_us = TB_WAIT_UNKNOWN};
    if (tbi_rule(city, ticket->station, TB_RULE_estimate))
        tbi_estimate_begin(station, ticket, queue, &wait);
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_CHECKED_IN, index);
    event->value = wait.half_us;
    event->value2 = slot_at;
    tbi_join(step, index, queue);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_BOOK_MOVE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = booked_find(city, command, TB_TICKET_BY_MOVE, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_ticket_more *more = tbi_more(city, index);
    struct slot slot;
    status = slot_find(step, ticket->station, ticket->queue / TB_CLASSES, command->value, &slot);
    if (status != TB_STATUS_OK)
        return status;
    /* The same slot: its own place is there for it, so it is never full. */
    if (command->value != more->key_us && *slot.taken >= slot.capacity)
        return TB_STATUS_SLOT_FULL;
    tbi_book_give_back(city, index);
    ++*slot.taken;
    more->key_us = command->value;
    ticket->place_at = command->value;
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_BOOK_MOVED, index);
    event->value = command->value;
    event->value2 = (int64_t)slot.capacity - *slot.taken;
    book_timer_begin(step, index);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_BOOK_CANCEL(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = booked_find(city, command, TB_TICKET_BY_CANCEL, &index);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t station = tbi_ticket(city, index)->station;
    tbi_timer_clear(city, index);
    tbi_book_give_back(city, index);
    tbi_station(city, station)->booked--;
    tbi_emit_ticket(step, TB_EVENT_CANCELLED, index);
    tbi_ticket_end(step, index);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_BOOK_SLOT(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    uint32_t matter = command->matters[0];
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    if (tbi_station(city, command->station)->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    if (matter >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    if (!tbi_matter_at(city, matter, command->station))
        return TB_STATUS_MATTER_ELSEWHERE;
    struct slot slot;
    enum tb_status status = slot_find(step, command->station, tbi_matter(city, matter)->group,
                                      command->value, &slot);
    if (status != TB_STATUS_OK)
        return status;
    struct tb_event *event = tbi_answer(step, TB_EVENT_SLOT, command->station);
    event->value = (int64_t)slot.capacity - *slot.taken;
    event->value2 = slot.capacity;
    event->matter = (uint16_t)matter;
    event->queue = (uint8_t)book_queue(city, matter);
    return TB_STATUS_OK;
}

void tbi_book_timer(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    tb_assert(ticket->state == TB_TICKET_BOOKED);
    if (!(ticket->flags & TBI_TICKET_WARNED)) {
        tb_time slot_at = tbi_more(city, index)->key_us;
        ticket->flags |= TBI_TICKET_WARNED;
        tbi_emit_ticket(step, TB_EVENT_BOOK_REMINDED, index)->value = slot_at;
        int64_t late_us = tbi_rule(city, ticket->station, TB_RULE_book_late_us);
        tbi_timer_set(city, index, slot_at + late_us);
        return;
    }
    tbi_timer_clear(city, index);
    tbi_station(city, ticket->station)->booked--;
    tbi_emit_ticket(step, TB_EVENT_MISSED, index);
    tbi_ticket_end(step, index);
}

void tbi_book_give_back(struct tb_city *city, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const struct tbi_station *station = tbi_station(city, ticket->station);
    tb_time slot_at = tbi_more(city, index)->key_us;
    int32_t day = tbi_calendar_day(city, station->calendar, slot_at);
    if (day < station->day)
        return; /* its row is that of a later day by now */
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    int64_t offset_us = slot_at - tbi_day(city, calendar->day_first + (uint32_t)day)->starts_at;
    uint16_t *taken =
        slot_taken(city, ticket->station, ticket->queue / TB_CLASSES, day, offset_us);
    tb_assert(*taken > 0);
    --*taken;
}

void tbi_book_day_passed(struct tb_city *city, uint32_t station_index, int32_t day)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    if (station->slot_us == 0 || day < 0)
        return;
    for (uint32_t group = 0; group < station->group_count; group++)
        memset(slot_taken(city, station_index, group, day, 0), 0,
               station->slots_per_day * sizeof(uint16_t));
}
