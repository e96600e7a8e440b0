/* ring_cases.c: the ring between its two threads.
 *
 * The producer pushes 1, 2, 3, ..; what comes out must be 1, 2, 3, .. with whole contents, and what
 * doesn't come out must still be in the ring. Each call makes a few steps of its own at most.
 *
 * A producer that stops anywhere leaves what it published; a consumer that stops anywhere leaves
 * the slots that it handed back: `check` then plays the other side, and finds both.
 */
#include <string.h>

#include "cases.h"
#include "ring.h"

enum { CAPACITY = 2, CALL_STEPS_MAX = 4 };

struct element {
    uint64_t word[TBI_SLOT_BYTES / 8];
};

static struct tbi_ring ring;
static _Alignas(64) struct element slots[CAPACITY];
static uint64_t pushed_count;
static uint64_t popped_count;

static void reset_at(uint64_t start_index)
{
    pushed_count = popped_count = 0;
    memset(slots, 0, sizeof slots);
    tbi_ring_init_at(&ring, slots, CAPACITY, TBI_SLOT_BYTES, start_index);
    explore_name(&ring.producer.index.word, "head");
    explore_name(&ring.consumer.index.word, "tail");
    explore_name(&slots[0], "slot 0");
    explore_name(&slots[1], "slot 1");
}

static void reset(void)
{
    reset_at(0);
}

static void reset_at_wrap(void)
{
    reset_at(UINT64_MAX - 1);
}

/* ---- Elements, and what a call may cost ---- */

static struct element element_make(uint64_t number)
{
    struct element element;

    for (int i = 0; i < TBI_SLOT_BYTES / 8; i++) {
        element.word[i] = number * 8 + (uint64_t)i;
    }
    return element;
}

/* This element came out: it must be the next one. */
static void element_take(const struct element *element)
{
    struct element wanted = element_make(++popped_count);

    explore_require(memcmp(element, &wanted, sizeof wanted) == 0);
}

/* Makes the call so many times; each time it may cost a few steps only. */
#define TIMES(count, call)                                                                         \
    for (int n_ = 0; n_ < (count); n_++) {                                                         \
        unsigned start_ = explore_step_count();                                                    \
        (void)(call);                                                                              \
        explore_require(explore_step_count() - start_ <= CALL_STEPS_MAX);                          \
    }

/* ---- Both sides, in each way ---- */

static bool push_one(void)
{
    struct element element = element_make(pushed_count + 1);
    bool done = tbi_ring_push(&ring, &element);

    pushed_count += done;
    return done;
}

static bool pop_one(void)
{
    struct element element;
    bool done = tbi_ring_pop(&ring, &element);

    if (done) {
        element_take(&element);
    }
    return done;
}

static uint64_t push_span(void)
{
    void *span;
    uint64_t count = tbi_ring_write_span(&ring, CAPACITY, &span);

    for (uint64_t i = 0; i < count; i++) {
        struct element element = element_make(pushed_count + 1 + i);
        tbi_plain_store((struct element *)span + i, &element, sizeof element);
    }
    if (count != 0) {
        tbi_ring_write_commit(&ring, count);
    }
    pushed_count += count;
    return count;
}

static uint64_t pop_span(void)
{
    void *span;
    uint64_t count = tbi_ring_read_span(&ring, CAPACITY, &span);

    for (uint64_t i = 0; i < count; i++) {
        struct element element;
        tbi_plain_load(&element, (struct element *)span + i, sizeof element);
        element_take(&element);
    }
    if (count != 0) {
        tbi_ring_read_release(&ring, count);
    }
    return count;
}

static uint64_t push_many(void)
{
    struct element elements[CAPACITY + 1];

    for (uint64_t i = 0; i <= CAPACITY; i++) {
        elements[i] = element_make(pushed_count + 1 + i);
    }
    uint64_t count = tbi_ring_push_many(&ring, elements, CAPACITY + 1);
    explore_require(count <= CAPACITY);
    pushed_count += count;
    return count;
}

static uint64_t pop_many(void)
{
    struct element elements[CAPACITY];
    uint64_t count = tbi_ring_pop_many(&ring, elements, CAPACITY);

    for (uint64_t i = 0; i < count; i++) {
        element_take(&elements[i]);
    }
    return count;
}

static void producer_single(void)
{
    TIMES(4, push_one());
}

static void consumer_single(void)
{
    TIMES(5, pop_one());
}

static void producer_span(void)
{
    TIMES(4, push_span());
}

static void consumer_span(void)
{
    TIMES(4, pop_span());
}

static void producer_many(void)
{
    TIMES(3, push_many());
}

static void consumer_many(void)
{
    TIMES(4, pop_many());
}

static void consumer_mixed(void)
{
    TIMES(1, tbi_ring_was_readable(&ring));
    TIMES(1, pop_span());
    TIMES(1, pop_one());
    TIMES(1, tbi_ring_readable(&ring, 2));
    TIMES(1, pop_many());
}

static void producer_mixed(void)
{
    TIMES(1, push_one());
    TIMES(1, tbi_ring_writable(&ring, 2));
    TIMES(1, push_many());
    TIMES(1, push_span());
}

static void producer_twice(void)
{
    TIMES(2, push_one());
}

static void consumer_twice(void)
{
    TIMES(2, pop_one());
}

/* Anybody may look at the count, and never sees more than there is room for. */
static void observer(void)
{
    for (int i = 0; i < 2; i++) {
        explore_require(tbi_ring_was_count(&ring) <= CAPACITY);
    }
}

/* ---- At the end ---- */

/* Whoever stopped: all that was published is there, and all that was handed back can be filled. */
static void check(void)
{
    uint64_t left_count = tbi_ring_was_count(&ring);
    uint64_t handed_back_count = pushed_count - left_count;

    explore_require(explore_done(1) || explore_stopped(1));
    explore_require(explore_done(2) || explore_stopped(2));
    explore_require(left_count <= CAPACITY);
    /* A consumer that stopped with slots in its hands may have counted them, not handed back. */
    explore_require(popped_count == handed_back_count ||
                    (explore_stopped(2) && popped_count > handed_back_count));
    popped_count = handed_back_count;
    for (uint64_t i = left_count; i < CAPACITY; i++) {
        explore_require(push_one());
    }
    explore_require(!push_one());
    for (int i = 0; i < CAPACITY; i++) {
        explore_require(pop_one());
    }
    explore_require(!pop_one());
}

const struct explore_case ring_cases[] = {
    {"ring: push, pop", reset, {0, producer_single, consumer_single}, check, STOP_ALL},
    {"ring: push, pop at the wrap of the index",
     reset_at_wrap,
     {0, producer_single, consumer_single},
     check,
     STOP_ALL},
    {"ring: spans", reset, {0, producer_span, consumer_span}, check, STOP_ALL},
    {"ring: many", reset, {0, producer_many, consumer_many}, check, STOP_ALL},
    {"ring: all ways", reset_at_wrap, {0, producer_mixed, consumer_mixed}, check, STOP_ALL},
    {"ring: observed", reset, {0, producer_twice, consumer_twice, observer}, check, 0},
    {0},
};
