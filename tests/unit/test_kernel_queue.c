/* The event queue and the schedule, against plain reference versions. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "kernel/queue.h"
#include "kernel/random.h"
#include "kernel/schedule.h"

enum { OPERATIONS = 1000000 };
static const uint64_t SEED = 20261124;

/* ---- the tournament ------------------------------------------------------------------------- */

Test(kernel_queue, keys_keep_instants_and_ranks_in_order)
{
    static const int64_t instants[] = {-TBS_INSTANT_MAX, -1000001, -1, 0, 1, 42,
                                       1795564800000000, TBS_INSTANT_MAX};
    const size_t count = sizeof instants / sizeof *instants;

    for (size_t i = 0; i < count; i++) {
        const tbs_uint128 key = tbs_tree_key(instants[i], 200, 7);
        cr_assert_eq(tbs_tree_at_us(key), instants[i]);
        cr_assert_eq(tbs_tree_rank(key), 200);
        cr_assert(key < tbs_tree_key(instants[i], 200, 8));
        cr_assert(key < tbs_tree_key(instants[i], 201, 0));
        if (i + 1 < count)
            cr_assert(tbs_tree_key(instants[i], 255, UINT64_MAX) <
                      tbs_tree_key(instants[i + 1], 0, 0));
        cr_assert(tbs_tree_key(instants[i], 255, UINT64_MAX - 1) < TBS_TREE_NEVER);
    }
}

/* ---- the queue ------------------------------------------------------------------------------ */

/* Pending events in no order; the first is looked for. */
struct reference {
    struct entry {
        int64_t at_us;
        uint64_t sequence;
        uint32_t item, handle;
        uint8_t rank;
    } *entry;
    uint32_t count;
};

static bool earlier(const struct entry *a, const struct entry *b)
{
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us;
    return a->rank != b->rank ? a->rank < b->rank : a->sequence < b->sequence;
}

static uint32_t reference_first(const struct reference *r)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < r->count; i++)
        if (earlier(&r->entry[i], &r->entry[first]))
            first = i;
    return first;
}

static void compare_first(const struct tbs_queue *queue, const struct reference *r, int step)
{
    cr_assert_eq(queue->count, r->count, "seed %lu step %d", SEED, step);
    if (r->count == 0) {
        cr_assert_eq(tbs_queue_first_at_us(queue), INT64_MAX);
        return;
    }
    const struct entry *wanted = &r->entry[reference_first(r)];
    const struct tbs_event event = tbs_queue_first(queue);
    cr_assert(event.at_us == wanted->at_us && event.rank == wanted->rank &&
                  event.item == wanted->item,
              "seed %lu step %d: item %u at %ld, wanted %u at %ld", SEED, step, event.item,
              event.at_us, wanted->item, wanted->at_us);
}

/* Few different instants and ranks, so that most are simultaneous with others. */
static void random_operations(uint32_t capacity, int operations)
{
    struct tbs_queue queue;
    struct reference r = {.entry = malloc(capacity * sizeof *r.entry)};
    void *memory = aligned_alloc(16, tbs_queue_bytes(capacity));
    struct tbs_random random;
    uint64_t sequence = 0;

    tbs_random_open(&random, tbs_key(SEED, TBS_TEST, capacity, 0));
    tbs_queue_init(&queue, memory, capacity);
    for (int step = 0; step < operations; step++) {
        const int64_t at_us = (int64_t)tbs_random_below(&random, 64) - 32;
        const uint8_t rank = (uint8_t)(tbs_random_below(&random, 3) * 127);
        const uint32_t item = (uint32_t)step, what = tbs_random_below(&random, 100);

        if (r.count < capacity && (what < 45 || r.count == 0)) {
            const uint32_t handle = tbs_queue_push(&queue, at_us, rank, item);
            r.entry[r.count++] = (struct entry){at_us, sequence++, item, handle, rank};
        } else if (what < 70) {
            const uint32_t first = reference_first(&r);
            const struct tbs_event event = tbs_queue_pop(&queue);
            cr_assert_eq(event.item, r.entry[first].item, "seed %lu step %d", SEED, step);
            r.entry[first] = r.entry[--r.count];
        } else if (what < 80) {
            const uint32_t first = reference_first(&r);
            const uint32_t handle = tbs_queue_replace(&queue, at_us, rank, item);
            r.entry[first] = (struct entry){at_us, sequence++, item, handle, rank};
        } else {
            const uint32_t i = tbs_random_below(&random, r.count);
            cr_assert(tbs_queue_pending(&queue, r.entry[i].handle));
            if (what < 90) {
                tbs_queue_move(&queue, r.entry[i].handle, at_us, rank);
                r.entry[i].at_us = at_us;
                r.entry[i].rank = rank;
                r.entry[i].sequence = sequence++;
            } else {
                tbs_queue_cancel(&queue, r.entry[i].handle);
                cr_assert_not(tbs_queue_pending(&queue, r.entry[i].handle));
                r.entry[i] = r.entry[--r.count];
            }
        }
        compare_first(&queue, &r, step);
    }
    free(memory);
    free(r.entry);
}

Test(kernel_queue, million_random_operations_like_the_reference)
{
    random_operations(16, OPERATIONS / 2);
    random_operations(1, OPERATIONS / 10);
    random_operations(3, OPERATIONS / 10);
    random_operations(100, OPERATIONS / 4);
    random_operations(1000, OPERATIONS / 20);
}

Test(kernel_queue, simultaneous_events_come_by_rank_then_as_pushed)
{
    static const struct tbs_event pushed[] = {
        {5, 0, 1}, {5, 1, 0}, {3, 2, 9}, {5, 3, 1}, {5, 4, 0}, {3, 5, 9}, {4, 6, 0},
    };
    static const uint32_t wanted[] = {2, 5, 6, 1, 4, 0, 3};
    enum { COUNT = sizeof pushed / sizeof *pushed };
    _Alignas(16) unsigned char memory[1024];
    struct tbs_queue queue;

    cr_assert_leq(tbs_queue_bytes(COUNT), sizeof memory);
    for (int way = 0; way < 2; way++) {
        tbs_queue_init(&queue, memory, COUNT);
        if (way == 0)
            tbs_queue_push_all(&queue, pushed, COUNT);
        else
            for (int i = 0; i < COUNT; i++)
                tbs_queue_push(&queue, pushed[i].at_us, pushed[i].rank, pushed[i].item);
        for (int i = 0; i < COUNT; i++)
            cr_assert_eq(tbs_queue_pop(&queue).item, wanted[i], "way %d place %d", way, i);
        cr_assert_eq(queue.count, 0);
    }
}

Test(kernel_queue, push_all_joins_what_is_pending)
{
    enum { COUNT = 1000 };
    struct tbs_event event[COUNT];
    void *memory = aligned_alloc(16, tbs_queue_bytes(COUNT));
    struct tbs_random random;
    struct tbs_queue queue;

    tbs_random_open(&random, tbs_key(SEED, TBS_TEST, 0, 1));
    tbs_queue_init(&queue, memory, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        event[i] = (struct tbs_event){tbs_random_below(&random, 100), i, 0};
    tbs_queue_push_all(&queue, event, COUNT / 2);
    for (int i = 0; i < COUNT / 4; i++)
        tbs_queue_pop(&queue);
    tbs_queue_push_all(&queue, event + COUNT / 2, COUNT / 2);
    struct tbs_event last = tbs_queue_pop(&queue);
    for (int i = 1; i < COUNT - COUNT / 4; i++) {
        const struct tbs_event next = tbs_queue_pop(&queue);
        cr_assert(next.at_us > last.at_us || (next.at_us == last.at_us && next.item > last.item));
        last = next;
    }
    cr_assert_eq(queue.count, 0);
    free(memory);
}

Test(kernel_queue, pushing_onto_a_full_queue_stops_the_program, .signal = 6)
{
    _Alignas(16) unsigned char memory[256];
    struct tbs_queue queue;

    tbs_queue_init(&queue, memory, 2);
    for (int i = 0; i < 3; i++)
        tbs_queue_push(&queue, i, 0, 0);
}

Test(kernel_queue, an_instant_out_of_reach_stops_the_program, .signal = 6)
{
    _Alignas(16) unsigned char memory[256];
    struct tbs_queue queue;

    tbs_queue_init(&queue, memory, 2);
    tbs_queue_push(&queue, TBS_INSTANT_MAX, 0, 0);
    tbs_queue_push(&queue, TBS_INSTANT_MAX + 1, 0, 0);
}

/* ---- the schedule --------------------------------------------------------------------------- */

static void schedule_operations(uint32_t entities, int operations)
{
    struct tbs_schedule schedule;
    void *memory = aligned_alloc(16, tbs_schedule_bytes(entities));
    struct { int64_t at_us; uint8_t rank; } *wanted = malloc(entities * sizeof *wanted);
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(SEED, TBS_TEST, entities, 2));
    tbs_schedule_init(&schedule, memory, entities);
    for (uint32_t i = 0; i < entities; i++) {
        wanted[i].at_us = i % 3 == 0 ? INT64_MAX : i % 7;
        wanted[i].rank = 0;
        if (i % 3 != 0)
            tbs_schedule_put(&schedule, i, wanted[i].at_us, 0);
    }
    tbs_schedule_build(&schedule);
    for (int step = 0; step < operations; step++) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < entities; i++)
            if (wanted[i].at_us < wanted[first].at_us ||
                (wanted[i].at_us == wanted[first].at_us && wanted[i].rank < wanted[first].rank))
                first = i;
        cr_assert_eq(tbs_schedule_first_at_us(&schedule), wanted[first].at_us);
        if (wanted[first].at_us != INT64_MAX) {
            cr_assert_eq(tbs_schedule_first(&schedule), first, "seed %lu step %d", SEED, step);
            cr_assert_eq(tbs_schedule_first_rank(&schedule), wanted[first].rank);
        }
        const uint32_t i = tbs_random_below(&random, entities);
        cr_assert_eq(tbs_schedule_at_us(&schedule, i), wanted[i].at_us);
        if (tbs_random_below(&random, 4) == 0) {
            wanted[i].at_us = INT64_MAX;
            tbs_schedule_cancel(&schedule, i);
        } else {
            wanted[i].at_us = tbs_random_below(&random, 50);
            wanted[i].rank = (uint8_t)tbs_random_below(&random, 2);
            tbs_schedule_set(&schedule, i, wanted[i].at_us, wanted[i].rank);
        }
    }
    free(memory);
    free(wanted);
}

Test(kernel_schedule, random_operations_like_the_reference)
{
    schedule_operations(1, 1000);
    schedule_operations(2, 10000);
    schedule_operations(58, 200000);
    schedule_operations(300, 50000);
}
