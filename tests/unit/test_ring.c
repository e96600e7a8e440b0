/* The ring with one thread: every call, at every boundary. What two threads do is proven in
 * tests/explore and tests/stress.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ring/ring.h"

enum { CAPACITY = 8, WORDS = TBI_SLOT_BYTES / 8, LINES_MAX = 3 };

struct element {
    uint64_t word[WORDS];
};

static struct tbi_ring ring;
static _Alignas(64) unsigned char slots[CAPACITY * TBI_SLOT_BYTES * LINES_MAX];

/* Where the indices wrap: 64 bits, the low 32, and nowhere. */
static const uint64_t starts[] = {0, UINT32_MAX - 3, UINT64_MAX - 3, UINT64_MAX};

static struct element element_make(uint64_t number)
{
    struct element element;

    for (int i = 0; i < WORDS; i++) {
        element.word[i] = number * WORDS + (uint64_t)i;
    }
    return element;
}

static bool is_number(const void *at, uint64_t number)
{
    struct element wanted = element_make(number);

    return memcmp(at, &wanted, sizeof wanted) == 0;
}

static void ring_make(uint64_t start_index)
{
    memset(slots, 0xee, sizeof slots);
    tbi_ring_init_at(&ring, slots, CAPACITY, TBI_SLOT_BYTES, start_index);
}

static bool push(uint64_t number)
{
    struct element element = element_make(number);

    return tbi_ring_push(&ring, &element);
}

/* Pops one element, which must be this one. */
static void pop(uint64_t number)
{
    struct element element;

    cr_assert(tbi_ring_pop(&ring, &element));
    cr_assert(is_number(&element, number), "number %lu came out wrong", number);
}

Test(ring, new_ring_is_empty)
{
    struct element element = element_make(7);

    ring_make(0);
    cr_assert_eq(tbi_ring_was_count(&ring), 0);
    cr_assert_not(tbi_ring_was_readable(&ring));
    cr_assert_eq(tbi_ring_readable(&ring, 1), 0);
    cr_assert_eq(tbi_ring_writable(&ring, 1), CAPACITY);
    cr_assert_not(tbi_ring_pop(&ring, &element));
    cr_assert(is_number(&element, 7), "an empty ring must not touch the element");
}

Test(ring, push_to_full_returns_full)
{
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        ring_make(starts[s]);
        for (uint64_t i = 0; i < CAPACITY; i++) {
            cr_assert(push(i));
            cr_assert_eq(tbi_ring_was_count(&ring), i + 1);
        }
        cr_assert_not(push(99));
        cr_assert_eq(tbi_ring_writable(&ring, 1), 0);
        cr_assert_eq(tbi_ring_was_count(&ring), CAPACITY);
        pop(0);
        cr_assert(push(CAPACITY));
        cr_assert_not(push(99));
        for (uint64_t i = 1; i <= CAPACITY; i++) {
            pop(i);
        }
        cr_assert_eq(tbi_ring_was_count(&ring), 0);
    }
}

Test(ring, indices_wrap_around)
{
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        ring_make(starts[s]);
        for (uint64_t i = 0; i < 5 * CAPACITY; i++) {
            cr_assert(push(2 * i));
            cr_assert(push(2 * i + 1));
            cr_assert_eq(tbi_ring_was_count(&ring), 2);
            pop(2 * i);
            pop(2 * i + 1);
        }
    }
}

Test(ring, capacity_of_one_works)
{
    tbi_ring_init_at(&ring, slots, 1, TBI_SLOT_BYTES, UINT64_MAX);
    for (uint64_t i = 0; i < 4; i++) {
        cr_assert(push(i));
        cr_assert_not(push(99));
        pop(i);
    }
}

Test(ring, elements_of_several_lines_are_whole)
{
    unsigned char element[LINES_MAX * TBI_SLOT_BYTES];
    unsigned char out[LINES_MAX * TBI_SLOT_BYTES];

    tbi_ring_init(&ring, slots, CAPACITY, sizeof element);
    for (int i = 0; i < 3 * CAPACITY; i++) {
        memset(element, i, sizeof element);
        element[sizeof element - 1] = 200;
        cr_assert(tbi_ring_push(&ring, element));
        cr_assert(tbi_ring_pop(&ring, out));
        cr_assert_arr_eq(out, element, sizeof element);
    }
}

/* ---- Spans ---- */

/* Fills the span from `number` on; returns its length. */
static uint64_t span_fill(uint64_t count_max, uint64_t number)
{
    void *span;
    uint64_t count = tbi_ring_write_span(&ring, count_max, &span);

    for (uint64_t i = 0; i < count; i++) {
        ((struct element *)span)[i] = element_make(number + i);
    }
    return count;
}

/* Checks the span from `number` on; returns its length. */
static uint64_t span_check(uint64_t count_max, uint64_t number)
{
    void *span;
    uint64_t count = tbi_ring_read_span(&ring, count_max, &span);

    for (uint64_t i = 0; i < count; i++) {
        cr_assert(is_number((struct element *)span + i, number + i));
    }
    return count;
}

Test(ring, span_is_seen_only_when_committed)
{
    ring_make(0);
    cr_assert_eq(span_fill(5, 0), 5);
    cr_assert_not(tbi_ring_was_readable(&ring));
    cr_assert_eq(span_check(5, 0), 0);
    tbi_ring_write_commit(&ring, 3); /* fewer than were reserved */
    cr_assert(tbi_ring_was_readable(&ring));
    cr_assert_eq(span_check(5, 0), 3);
    cr_assert_eq(tbi_ring_was_count(&ring), 3);
    tbi_ring_read_release(&ring, 2); /* fewer than were looked at */
    cr_assert_eq(span_check(5, 2), 1);
}

Test(ring, span_ends_where_the_array_ends)
{
    ring_make(6);
    cr_assert_eq(span_fill(5, 0), 2);
    tbi_ring_write_commit(&ring, 2);
    cr_assert_eq(span_fill(5, 2), 5);
    tbi_ring_write_commit_wake(&ring, 5);
    cr_assert_eq(span_fill(5, 7), 1);
    tbi_ring_write_commit(&ring, 1);
    cr_assert_eq(span_fill(5, 8), 0);
    cr_assert_eq(span_check(CAPACITY, 0), 2);
    tbi_ring_read_release(&ring, 2);
    cr_assert_eq(span_check(CAPACITY, 2), 6);
    tbi_ring_read_release(&ring, 6);
    cr_assert_eq(span_check(CAPACITY, 8), 0);
}

Test(ring, span_of_nothing_is_empty)
{
    ring_make(0);
    cr_assert_eq(span_fill(0, 0), 0);
    cr_assert(push(1));
    cr_assert_eq(span_check(0, 1), 0);
}

/* ---- Many at once ---- */

Test(ring, push_many_takes_what_fits)
{
    struct element elements[CAPACITY + 3];

    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        ring_make(starts[s]);
        for (uint64_t i = 0; i < CAPACITY + 3; i++) {
            elements[i] = element_make(i);
        }
        cr_assert_eq(tbi_ring_push_many(&ring, elements, 0), 0);
        cr_assert_eq(tbi_ring_push_many(&ring, elements, 3), 3);
        cr_assert_eq(tbi_ring_push_many_wake(&ring, elements + 3, CAPACITY), CAPACITY - 3);
        cr_assert_eq(tbi_ring_push_many(&ring, elements + CAPACITY, 3), 0);
        for (uint64_t i = 0; i < CAPACITY; i++) {
            pop(i);
        }
    }
}

Test(ring, pop_many_takes_what_there_is)
{
    struct element elements[CAPACITY];

    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        ring_make(starts[s]);
        cr_assert_eq(tbi_ring_pop_many(&ring, elements, CAPACITY), 0);
        for (uint64_t i = 0; i < CAPACITY; i++) {
            cr_assert(push(i));
        }
        cr_assert_eq(tbi_ring_pop_many(&ring, elements, 3), 3);
        cr_assert_eq(tbi_ring_pop_many(&ring, elements + 3, CAPACITY), CAPACITY - 3);
        for (uint64_t i = 0; i < CAPACITY; i++) {
            cr_assert(is_number(&elements[i], i));
        }
    }
}

/* ---- All calls in random order, against two counters ---- */

static uint64_t push_somehow(unsigned how, uint64_t number)
{
    struct element elements[CAPACITY];
    uint64_t count = how / 8 % CAPACITY;

    for (uint64_t i = 0; i < CAPACITY; i++) {
        elements[i] = element_make(number + i);
    }
    switch (how % 4) {
    case 0:
        return tbi_ring_push(&ring, elements);
    case 1:
        return tbi_ring_push_wake(&ring, elements);
    case 2:
        return tbi_ring_push_many(&ring, elements, count);
    }
    count = span_fill(count, number);
    tbi_ring_write_commit(&ring, count);
    return count;
}

static uint64_t pop_somehow(unsigned how, uint64_t number)
{
    struct element elements[CAPACITY];
    uint64_t count = how / 8 % CAPACITY;

    switch (how % 3) {
    case 0:
        count = tbi_ring_pop(&ring, elements);
        break;
    case 1:
        count = tbi_ring_pop_many(&ring, elements, count);
        break;
    case 2:
        count = span_check(count, number);
        tbi_ring_read_release(&ring, count);
        return count;
    }
    for (uint64_t i = 0; i < count; i++) {
        cr_assert(is_number(&elements[i], number + i));
    }
    return count;
}

Test(ring, calls_in_any_order_agree_with_a_count)
{
    unsigned seed = 2024;

    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        uint64_t pushed = 0, popped = 0;
        ring_make(starts[s]);
        for (int step = 0; step < 20000; step++) {
            unsigned how = (unsigned)rand_r(&seed);
            if (how % 2 == 0) {
                pushed += push_somehow(how / 2, pushed);
            } else {
                popped += pop_somehow(how / 2, popped);
            }
            uint64_t count = pushed - popped;
            cr_assert_leq(count, CAPACITY);
            cr_assert_eq(tbi_ring_was_count(&ring), count);
            cr_assert_eq(tbi_ring_was_readable(&ring), count != 0);
            cr_assert_eq(tbi_ring_writable(&ring, CAPACITY), CAPACITY - count);
            cr_assert_eq(tbi_ring_readable(&ring, CAPACITY), count);
        }
        cr_assert_gt(popped, 5000);
    }
}

/* ---- Programmer errors stop the program ---- */

Test(ring, capacity_must_be_a_power_of_two, .signal = SIGABRT)
{
    tbi_ring_init(&ring, slots, 6, TBI_SLOT_BYTES);
}

Test(ring, capacity_must_not_be_0, .signal = SIGABRT)
{
    tbi_ring_init(&ring, slots, 0, TBI_SLOT_BYTES);
}

Test(ring, element_must_be_whole_lines, .signal = SIGABRT)
{
    tbi_ring_init(&ring, slots, CAPACITY, 60);
}

Test(ring, slots_must_be_aligned, .signal = SIGABRT)
{
    tbi_ring_init(&ring, slots + 8, 4, TBI_SLOT_BYTES);
}
