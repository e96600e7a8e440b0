/* twin.c: a second block of each city, which another thread keeps equal.
 *
 * The engine thread writes down what it stepped the city with: a record (the time, how many
 * commands) and those commands, published together. The twin's thread does the same to the
 * twin. Snapshots are records too, so each is of one instant between two steps.
 *
 * The writer never waits for room. When there is none, the twin is stale: nothing is
 * recorded any more, and asks wait in their rings. When the engine is idle it makes a new
 * copy of the city and hands it over by a record, at which the twin's thread changes
 * blocks; the two never use the same one. */
#include <sched.h>
#include <string.h>

#include "host.h"

/* ---- the engine thread's side ---- */

static bool record_push(struct tbi_city *city, const struct tbi_record *record, uint64_t slot_count)
{
    if (tbi_ring_writable(&city->records, slot_count) < slot_count) {
        return false;
    }
    tbi_ring_push_many_wake(&city->records, record, slot_count);
    tbi_wake_signal(&city->twin_waker);
    return true;
}

void tbi_twin_record(struct tbi_city *city, tb_time now, const struct tb_command *commands,
                     uint32_t count)
{
    if (city->thread->engine->twins == NULL || city->twin_stale) {
        return;
    }
    struct tbi_record *record = city->thread->record;
    *record = (struct tbi_record){.kind = TBI_RECORD_STEP, .count = count, .now = now};
    if (count != 0) {
        memcpy(record + 1, commands, count * sizeof *commands);
    }
    city->twin_stale = !record_push(city, record, 1 + (uint64_t)count);
}

bool tbi_twin_ask(struct tbi_city *city, uint32_t caller_index, const struct tbi_ask *ask)
{
    const struct tbi_record record = {
        .kind = TBI_RECORD_SAVE,
        .block = ask->out,
        .bytes = ask->out_bytes,
        .caller_index = caller_index,
    };

    return !city->twin_stale && record_push(city, &record, 1);
}

void tbi_twin_refresh(struct tbi_city *city)
{
    struct tbi_record record = {.kind = TBI_RECORD_REPLACE};

    if (!city->twin_stale || tbi_ring_writable(&city->records, 1) == 0) {
        return;
    }
    record.block = tb_city_clone(city->city);
    if (record.block == NULL) {
        return; /* no memory now; the next idle moment tries again */
    }
    record_push(city, &record, 1);
    city->twin_stale = false;
    uint64_t count = tbi_atomic_load_relaxed(TBI_OWN, &city->recloned_count);
    tbi_atomic_store_relaxed(TBI_WAS, &city->recloned_count, count + 1);
}

void tbi_twin_stop(struct tbi_city *city)
{
    const struct tbi_record record = {.kind = TBI_RECORD_STOP};

    if (city->thread->engine->twins == NULL) {
        return;
    }
    tbi_twin_refresh(city);
    while (city->twin_stale) { /* the end: no command waits any more */
        sched_yield();
        tbi_twin_refresh(city);
    }
    while (!record_push(city, &record, 1)) {
        sched_yield();
    }
}

/* ---- the twin's thread ---- */

/* Carries out `count` commands (none: time alone); its events are of no use. */
static void twin_step(struct tbi_twin_thread *thread, struct tb_city *twin, tb_time now,
                      const struct tb_command *commands, uint32_t count)
{
    struct tb_step_result result = {.more = true};

    while (result.more || count != 0) {
        result = tb_city_step(twin, now, commands, count, thread->events, TBI_STEP_EVENTS);
        commands += result.commands;
        count -= result.commands;
    }
}

/* The commands of a record, where they lie: in two pieces where the ring's array ends. */
static void twin_commands(struct tbi_twin_thread *thread, struct tbi_city *city,
                          const struct tbi_record *record)
{
    for (uint64_t left = record->count; left != 0;) {
        void *commands;
        uint64_t count = tbi_ring_read_span(&city->records, left, &commands);
        tb_assert(count != 0); /* published together with their record */
        twin_step(thread, city->twin, record->now, commands, (uint32_t)count);
        tbi_ring_read_release(&city->records, count);
        left -= count;
    }
}

static void twin_save(struct tbi_city *city, const struct tbi_record *record)
{
    struct tbi_door *door = tbi_door_of(city->thread->engine, record->caller_index, city->index);
    struct tbi_record reply = *record;

    reply.bytes = tb_city_used_bytes(city->twin) + 64;
    reply.status = reply.bytes <= record->bytes ? TB_TWIN_OK : TB_TWIN_SMALL;
    if (reply.status == TB_TWIN_OK) {
        tb_city_save(city->twin, reply.block);
    }
    if (tbi_ring_push_wake(&door->replies, &reply)) { /* there is room: one ask at a time */
        tbi_wake_signal(&door->twin.waker);
    }
}

static bool twin_follow(struct tbi_twin_thread *thread, struct tbi_city *city)
{
    struct tbi_record record;

    if (!tbi_ring_pop(&city->records, &record)) {
        return false;
    }
    switch ((enum tbi_record_kind)record.kind) {
    case TBI_RECORD_STEP:
        if (record.count == 0) {
            twin_step(thread, city->twin, record.now, NULL, 0);
        }
        twin_commands(thread, city, &record);
        break;
    case TBI_RECORD_REPLACE:
        tb_city_destroy(city->twin);
        city->twin = record.block;
        break;
    case TBI_RECORD_SAVE:
        twin_save(city, &record);
        break;
    case TBI_RECORD_STOP:
        thread->stops++;
        break;
    }
    return true;
}

static bool ready(void *context)
{
    struct tbi_twin_thread *thread = context;
    const struct tb_engine_options *options = &thread->engine->options;

    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        if (tbi_ring_was_readable(&thread->engine->cities[c].records)) {
            return true;
        }
    }
    return false;
}

void *tbi_twin_run(void *context)
{
    struct tbi_twin_thread *thread = context;
    const struct tb_engine_options *options = &thread->engine->options;
    uint32_t city_count = 0;

    for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
        city_count++;
    }
    while (thread->stops < city_count) {
        bool any = false;
        for (uint32_t c = thread->index; c < options->city_count; c += options->thread_count) {
            any |= twin_follow(thread, &thread->engine->cities[c]);
        }
        if (!any) {
            tbi_wake_wait(&thread->wake, ready, thread, 0, TBI_WAKE_FOREVER);
        }
    }
    return NULL;
}
