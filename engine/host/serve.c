/* serve.c: the loop of an engine thread. A round: the time; what time brings to each city;
 * each caller's commands to each city, stepped where they lie in their ring. A round that
 * found nothing publishes loads, helps a twin that fell behind, and waits. */
#include <string.h>
#include <time.h>

#include "host.h"

/* ---- the clock ---- */

static void clock_read(struct tbi_engine_thread *thread)
{
    const struct tb_engine_options *options = &thread->engine->options;
    tb_time now;

    if (options->clock != NULL) {
        now = options->clock(options->clock_context);
    } else {
        struct timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        now = (tb_time)time.tv_sec * 1000000 + time.tv_nsec / 1000;
    }
    thread->now = now > thread->now ? now : thread->now; /* a clock set back stands still */
}

/* ---- published load ---- */

static void load_publish(struct tbi_city *city, uint32_t station, tb_time now)
{
    struct tb_station_load load;
    enum tb_status status = tb_city_station_load(city->city, station, now, &load);

    tb_assert(status == TB_STATUS_OK);
    const uint64_t words[TBI_LOAD_WORDS] = {
        (uint64_t)now,
        tb_city_sequence(city->city) << 1 | load.accepts,
        (uint64_t)load.waiting << 32 | load.called,
        (uint64_t)load.serving << 32 | load.booked,
        (uint64_t)load.parked << 32 | load.heading,
        (uint64_t)load.windows_open << 32 | load.windows_ready,
        (uint64_t)load.number_last << 32 | (uint32_t)load.day,
    };
    tbi_load_write(&city->loads[station], words);
}

static void loads_publish(struct tbi_city *city, tb_time now)
{
    for (uint32_t i = 0; i < city->dirty_count; i++) {
        uint32_t station = city->dirty[i];
        city->dirty_mask[station / 64] &= ~(UINT64_C(1) << station % 64);
        load_publish(city, station, now);
    }
    city->dirty_count = 0;
}

static void load_mark(struct tbi_city *city, uint32_t station)
{
    uint64_t bit = UINT64_C(1) << station % 64;

    if (station < city->station_count && (city->dirty_mask[station / 64] & bit) == 0) {
        city->dirty_mask[station / 64] |= bit;
        city->dirty[city->dirty_count++] = (uint16_t)station;
    }
}

/* ---- events of a step, besides those that its caller gets ---- */

static void feed(struct tbi_city *city, uint32_t caller_index, const struct tb_event *events,
                 uint32_t count)
{
    struct tb_engine *engine = city->thread->engine;
    struct tbi_door *door = tbi_door_of(engine, caller_index, city->index);
    uint64_t pushed_count = 0;

    for (uint32_t i = 0; i < count;) {
        uint32_t end = i;
        while (end < count && events[end].sequence != 0) {
            end++;
        }
        /* What has no room is dropped; its sequence numbers tell. */
        pushed_count += tbi_ring_push_many_wake(&door->feed, events + i, end - i);
        i = end + 1;
    }
    if (pushed_count != 0) {
        tbi_wake_signal(&door->engine.waker);
    }
}

static void events_spread(struct tbi_city *city, const struct tb_event *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].sequence != 0) {
            load_mark(city, events[i].station);
            if (events[i].server < city->server_count) { /* may be another's: the remote station */
                load_mark(city, city->server_station[events[i].server]);
            }
            if (events[i].kind == TB_EVENT_TRANSFERRED) {
                load_mark(city, (uint32_t)events[i].value2); /* the station that it left */
            }
        }
    }
    for (uint64_t left = city->feeds; left != 0; left &= left - 1) {
        feed(city, (uint32_t)__builtin_ctzll(left), events, count);
    }
}

/* ---- steps ---- */

/* What time alone brings, so that the steps after it hold events of commands only. */
static bool time_step(struct tbi_engine_thread *thread, struct tbi_city *city)
{
    struct tb_step_result result = {.more = true};

    if (tb_city_deadline_at(city->city) > thread->now) {
        return false;
    }
    while (result.more) {
        result = tb_city_step(city->city, thread->now, NULL, 0, thread->events, TBI_STEP_EVENTS);
        events_spread(city, thread->events, result.events);
    }
    tbi_twin_record(city, thread->now, NULL, 0);
    return true;
}

/* Asks for the lines of so many commands and events at once. They are in the caller's
 * cache, and each would cost the step a wait of its own. */
static void lines_fetch(const struct tb_command *commands, struct tb_event *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        __builtin_prefetch(commands + i, 0);
        __builtin_prefetch(events + i, 1);
    }
}

/* Some of a caller's commands to a city: as many as lie together and have room for their
 * events. */
static bool commands_step(struct tbi_engine_thread *thread, struct tbi_city *city,
                          struct tbi_door *door)
{
    void *commands, *events;
    uint32_t count = (uint32_t)tbi_ring_read_span(&door->commands, UINT32_MAX, &commands);
    if (count == 0) {
        return false;
    }
    uint32_t room = (uint32_t)tbi_ring_write_span(&door->events, UINT32_MAX, &events);
    bool aside = room < TB_COMMAND_EVENTS_MAX; /* the array ends here: beside it, then copied */
    if (aside) {
        room = (uint32_t)tbi_ring_writable(&door->events, TB_COMMAND_EVENTS_MAX);
        room = room < TBI_STEP_EVENTS ? room : TBI_STEP_EVENTS;
        events = thread->events;
        if (room < TB_COMMAND_EVENTS_MAX) {
            thread->blocked = true;
            return false;
        }
    }
    lines_fetch(commands, events, count < room ? count : room);
    struct tb_step_result result =
        tb_city_step(city->city, thread->now, commands, count, events, room);
    tbi_twin_record(city, thread->now, commands, result.commands);
    tbi_ring_read_release(&door->commands, result.commands);
    events_spread(city, events, result.events);
    if (result.events != 0) {
        if (aside) {
            uint64_t pushed_count = tbi_ring_push_many_wake(&door->events, events, result.events);
            tb_assert(pushed_count == result.events);
        } else {
            tbi_ring_write_commit_wake(&door->events, result.events);
        }
        tbi_wake_signal(&door->engine.waker);
    }
    return result.commands != 0 || result.events != 0;
}

static bool asks_take(struct tbi_city *city, uint32_t caller_index, struct tbi_door *door)
{
    bool any = false;
    void *span;

    while (tbi_ring_read_span(&door->asks, 1, &span) != 0) {
        struct tbi_ask ask;
        tbi_plain_load(&ask, span, sizeof ask);
        if (ask.kind == TBI_ASK_SUBSCRIBE) {
            city->feeds |= UINT64_C(1) << caller_index;
        } else if (ask.kind == TBI_ASK_LEAVE) {
            city->feeds &= ~(UINT64_C(1) << caller_index);
        } else if (!tbi_twin_ask(city, caller_index, &ask)) {
            city->thread->blocked = true; /* stays in its ring until the twin can */
            break;
        }
        tbi_ring_read_release(&door->asks, 1);
        any = true;
    }
    return any;
}

/* ---- rounds ---- */

static bool round_serve(struct tbi_engine_thread *thread)
{
    struct tb_engine *engine = thread->engine;
    const struct tb_engine_options *options = &engine->options;
    struct tbi_record order;
    bool any = false;

    clock_read(thread);
    thread->blocked = false;
    thread->stopping |= tbi_ring_pop(&thread->orders, &order);
    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        struct tbi_city *city = &engine->cities[c];
        for (uint32_t k = 0; k < options->callers_max; k++) {
            struct tbi_door *door = tbi_door_of(engine, k, c);
            any |= asks_take(city, k, door);
            any |= time_step(thread, city);
            any |= commands_step(thread, city, door);
        }
    }
    return any;
}

static void cities_publish(struct tbi_engine_thread *thread)
{
    const struct tb_engine_options *options = &thread->engine->options;

    thread->rounds = 0;
    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        loads_publish(&thread->engine->cities[c], thread->now);
    }
}

/* The question before and after the announcement of a sleep. Once a round has found
 * something that can't go on (commands whose events have no room, an ask for a twin that is
 * behind), that doesn't count any more: the sleep is then so short that it is looked at
 * again soon. */
static bool ready(void *context)
{
    struct tbi_engine_thread *thread = context;
    struct tb_engine *engine = thread->engine;
    const struct tb_engine_options *options = &engine->options;

    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        for (uint32_t k = 0; k < options->callers_max; k++) {
            struct tbi_door *door = tbi_door_of(engine, k, c);
            if (tbi_ring_was_readable(&door->commands) &&
                (!thread->blocked || tbi_ring_writable(&door->events, TB_COMMAND_EVENTS_MAX) >=
                                         TB_COMMAND_EVENTS_MAX)) {
                return true;
            }
            if (!thread->blocked && tbi_ring_was_readable(&door->asks)) {
                return true;
            }
        }
    }
    return tbi_ring_was_readable(&thread->orders);
}

static void idle(struct tbi_engine_thread *thread)
{
    const struct tb_engine_options *options = &thread->engine->options;
    uint64_t wait_us = TBI_WAKE_FOREVER, poll_us = options->poll_us;

    cities_publish(thread);
    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        tbi_twin_refresh(&thread->engine->cities[c]);
        tb_time at = tb_city_deadline_at(thread->engine->cities[c].city);
        uint64_t left_us = at <= thread->now ? 0 : (uint64_t)(at - thread->now);
        if (at != TB_NEVER && left_us < wait_us) {
            wait_us = left_us;
        }
    }
    if (options->clock != NULL && wait_us > TBI_CLOCK_US) {
        wait_us = TBI_CLOCK_US;
    }
    if (thread->blocked && wait_us > TBI_BLOCKED_US) {
        wait_us = TBI_BLOCKED_US;
    }
    poll_us = poll_us < wait_us ? poll_us : wait_us;
    tbi_wake_wait(&thread->wake, ready, thread, (uint32_t)poll_us * TBI_POLL_US,
                  wait_us == TBI_WAKE_FOREVER ? wait_us : wait_us - poll_us);
}

void *tbi_engine_run(void *context)
{
    struct tbi_engine_thread *thread = context;
    const struct tb_engine_options *options = &thread->engine->options;

    for (;;) {
        bool any = round_serve(thread);
        if (++thread->rounds >= TBI_LOAD_ROUNDS) {
            cities_publish(thread);
        }
        if (!any && thread->stopping) {
            break;
        }
        if (!any) {
            idle(thread);
        }
    }
    cities_publish(thread);
    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        tbi_twin_stop(&thread->engine->cities[c]);
    }
    return NULL;
}
