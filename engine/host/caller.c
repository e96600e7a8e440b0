/* caller.c: a caller's side of its doors, and what anybody may read. */
#include <time.h>

#include "host.h"

/* ---- open and close: the owner's ---- */

/* Nothing is on its way any more: all is answered, and the engine has handed the asks back,
 * after which it writes to no feed of this caller. */
static bool place_is_free(struct tb_caller *caller)
{
    struct tb_event events[16];
    uint64_t was_lost;

    if (caller->open) {
        return false;
    }
    if (!caller->leaving) {
        return true;
    }
    for (uint32_t c = 0; c < caller->engine->options.city_count; c++) {
        struct tbi_door *door = &caller->doors[c];
        while (tb_caller_events(caller, c, events, 16) != 0) {
        }
        if (door->caller.snapshot != NULL) {
            struct tbi_record reply;
            if (tbi_ring_pop(&door->replies, &reply)) {
                door->caller.snapshot = NULL;
            }
        }
        if (door->caller.unanswered_count != 0 || door->caller.snapshot != NULL ||
            tbi_ring_writable(&door->asks, TBI_ASKS_MAX) < TBI_ASKS_MAX) {
            return false;
        }
        while (tb_caller_feed(caller, c, events, 16, &was_lost) != 0) {
        }
        door->caller.feed_sequence = 0;
        door->caller.subscribed = false;
    }
    caller->leaving = false;
    return true;
}

struct tb_caller *tb_caller_open(struct tb_engine *engine)
{
    for (uint32_t i = 0; i < engine->options.callers_max; i++) {
        struct tb_caller *caller = &engine->callers[i];
        if (place_is_free(caller)) {
            caller->open = true;
            return caller;
        }
    }
    return NULL;
}

/* Asks are so few (subscribe once, one snapshot, leave) that there is always room. */
static void ask_push(struct tbi_door *door, struct tbi_ask ask)
{
    bool pushed = tbi_ring_push_wake(&door->asks, &ask);

    tb_assert(pushed);
    tbi_wake_signal(&door->caller.waker);
}

void tb_caller_close(struct tb_caller *caller)
{
    tb_assert(caller->open);
    for (uint32_t c = 0; c < caller->engine->options.city_count; c++) {
        ask_push(&caller->doors[c], (struct tbi_ask){.kind = TBI_ASK_LEAVE});
    }
    caller->open = false;
    caller->leaving = true;
}

/* ---- the caller's thread ---- */

static struct tbi_door *door_of(const struct tb_caller *caller, uint32_t city_index)
{
    tb_assert(city_index < caller->engine->options.city_count);
    return &caller->doors[city_index];
}

uint32_t tb_caller_submit(struct tb_caller *caller, uint32_t city_index,
                          const struct tb_command *commands, uint32_t n)
{
    struct tbi_door *door = door_of(caller, city_index);
    uint32_t count = (uint32_t)tbi_ring_push_many_wake(&door->commands, commands, n);

    if (count != 0) {
        door->caller.unanswered_count += count;
        tbi_wake_signal(&door->caller.waker);
    }
    return count;
}

uint32_t tb_caller_events(struct tb_caller *caller, uint32_t city_index, struct tb_event *events,
                          uint32_t max)
{
    struct tbi_door *door = door_of(caller, city_index);
    uint32_t count = (uint32_t)tbi_ring_pop_many(&door->events, events, max);
    uint32_t answer_count = 0;

    for (uint32_t i = 0; i < count; i++) {
        answer_count += events[i].flags & TB_EVENT_FLAG_ANSWER;
    }
    tb_assert(answer_count <= door->caller.unanswered_count);
    door->caller.unanswered_count -= answer_count;
    if (count != 0) {
        tbi_wake_signal(&door->caller.waker); /* it may sleep because this ring was full */
    }
    return count;
}

uint64_t tb_caller_unanswered(const struct tb_caller *caller, uint32_t city_index)
{
    return door_of(caller, city_index)->caller.unanswered_count;
}

static bool ready(void *context)
{
    struct tb_caller *caller = context;

    for (uint32_t c = 0; c < caller->engine->options.city_count; c++) {
        struct tbi_door *door = &caller->doors[c];
        if (tbi_ring_was_readable(&door->events) || tbi_ring_was_readable(&door->feed)) {
            return true;
        }
    }
    return false;
}

bool tb_caller_wait(struct tb_caller *caller, uint64_t wait_us)
{
    return ready(caller) || tbi_wake_wait(&caller->wake, ready, caller, 0, wait_us);
}

void tb_caller_subscribe(struct tb_caller *caller, uint32_t city_index)
{
    struct tbi_door *door = door_of(caller, city_index);

    if (!door->caller.subscribed) {
        door->caller.subscribed = true;
        ask_push(door, (struct tbi_ask){.kind = TBI_ASK_SUBSCRIBE});
    }
}

uint32_t tb_caller_feed(struct tb_caller *caller, uint32_t city_index, struct tb_event *events,
                        uint32_t max, uint64_t *was_lost)
{
    struct tbi_door *door = door_of(caller, city_index);
    uint32_t count = (uint32_t)tbi_ring_pop_many(&door->feed, events, max);
    uint64_t last = door->caller.feed_sequence;

    *was_lost = 0;
    if (count != 0) {
        uint64_t first = last != 0 ? last + 1 : events[0].sequence;
        *was_lost = events[count - 1].sequence + 1 - first - count;
        door->caller.feed_sequence = events[count - 1].sequence;
    }
    return count;
}

/* ---- snapshots ---- */

static bool reply_ready(void *door)
{
    return tbi_ring_was_readable(&((struct tbi_door *)door)->replies);
}

static uint64_t clock_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

enum tb_twin_status tb_twin_snapshot(struct tb_caller *caller, uint32_t city_index, void *out,
                                     size_t out_bytes, size_t *saved_bytes, uint64_t wait_us)
{
    struct tbi_door *door = door_of(caller, city_index);
    struct tbi_record reply;
    uint64_t past_us = 0, start_us = clock_us();

    tb_assert(out != NULL);
    if (caller->engine->twins == NULL) {
        return TB_TWIN_NONE;
    }
    if (door->caller.snapshot == NULL) {
        door->caller.snapshot = out;
        ask_push(door, (struct tbi_ask){TBI_ASK_SAVE, out, out_bytes});
    } else if (door->caller.snapshot != out) {
        return TB_TWIN_LATE;
    }
    while (!tbi_ring_pop(&door->replies, &reply)) {
        if (past_us >= wait_us) {
            return TB_TWIN_LATE;
        }
        tbi_wake_wait(&caller->wake, reply_ready, door, 0,
                      wait_us == UINT64_MAX ? TBI_WAKE_FOREVER : wait_us - past_us);
        past_us = clock_us() - start_us;
    }
    tb_assert(reply.block == out);
    door->caller.snapshot = NULL;
    *saved_bytes = reply.bytes;
    return (enum tb_twin_status)reply.status;
}

/* ---- published load: anybody ---- */

bool tb_engine_load_read(const struct tb_engine *engine, uint32_t city_index, uint32_t station,
                         struct tb_published_load *out)
{
    uint64_t words[TBI_LOAD_WORDS];

    tb_assert(city_index < engine->options.city_count);
    tb_assert(station < engine->cities[city_index].station_count);
    if (!tbi_load_read(&engine->cities[city_index].loads[station], words, &out->version)) {
        return false;
    }
    out->at_us = (tb_time)words[0];
    out->sequence = words[1] >> 1;
    out->accepts = words[1] & 1;
    out->waiting = (uint32_t)(words[2] >> 32);
    out->called = (uint32_t)words[2];
    out->serving = (uint32_t)(words[3] >> 32);
    out->booked = (uint32_t)words[3];
    out->parked = (uint32_t)(words[4] >> 32);
    out->heading = (uint32_t)words[4];
    out->windows_open = (uint32_t)(words[5] >> 32);
    out->windows_ready = (uint32_t)words[5];
    out->number_last = (uint32_t)(words[6] >> 32);
    out->day = (int32_t)(uint32_t)words[6];
    return true;
}

uint64_t tb_engine_was_recloned(const struct tb_engine *engine, uint32_t city_index)
{
    tb_assert(city_index < engine->options.city_count);
    return tbi_atomic_load_relaxed(TBI_WAS, &engine->cities[city_index].recloned_count);
}
