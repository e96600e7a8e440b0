/* ring.c: set-up, copies of many elements, and observers of the ring (ring.h has the contract
 * and the edges).
 */
#include "ring.h"

#include "check.h"

void tbi_ring_init_at(struct tbi_ring *ring, void *slots, uint64_t capacity, uint64_t element_bytes,
                      uint64_t start_index)
{
    struct tbi_ring_side *sides[2] = {&ring->producer, &ring->consumer};

    tbi_check((uintptr_t)ring % TBI_LINE_BYTES == 0);
    tbi_check((uintptr_t)slots % TBI_LINE_BYTES == 0);
    tbi_check(capacity != 0 && (capacity & (capacity - 1)) == 0);
    tbi_check(element_bytes != 0 && element_bytes % TBI_SLOT_BYTES == 0);
    tbi_check(capacity <= SIZE_MAX / element_bytes);
    for (int i = 0; i < 2; i++) {
        tbi_atomic_init(&sides[i]->index, start_index);
        sides[i]->seen_index = start_index;
        sides[i]->slots = slots;
        sides[i]->capacity = capacity;
        sides[i]->element_bytes = element_bytes;
    }
}

void tbi_ring_init(struct tbi_ring *ring, void *slots, uint64_t capacity, uint64_t element_bytes)
{
    tbi_ring_init_at(ring, slots, capacity, element_bytes, 0);
}

uint64_t tbi_ring_was_count(const struct tbi_ring *ring)
{
    uint64_t tail = tbi_atomic_load_relaxed(TBI_WAS, &ring->consumer.index);
    uint64_t head = tbi_atomic_load_relaxed(TBI_WAS, &ring->producer.index);
    uint64_t count = head - tail;

    /* Two words, read one after the other: tail may have passed this head, or head may have
     * gone on by more than the capacity since tail was read. */
    if (count > UINT64_MAX / 2) {
        return 0;
    }
    return count < ring->producer.capacity ? count : ring->producer.capacity;
}

/* Copies in as many as there is room for, without publishing them. One slot at a time, so that
 * the test build can check each slot; the compiler makes a plain loop of line copies of it.
 */
static uint64_t put_many(struct tbi_ring *ring, const unsigned char *elements, uint64_t count)
{
    struct tbi_ring_side *own = &ring->producer;
    uint64_t head = tbi_atomic_load_relaxed(TBI_OWN, &own->index);
    uint64_t free_count = tbi_ring_free(ring, head, count);
    uint64_t bytes = own->element_bytes;

    if (count > free_count) {
        count = free_count;
    }
    for (uint64_t i = 0; i < count; i++) {
        tbi_ring_copy_in(tbi_ring_slot(own, head + i), elements + i * bytes, bytes);
    }
    return count;
}

uint64_t tbi_ring_push_many(struct tbi_ring *ring, const void *elements, uint64_t count)
{
    count = put_many(ring, elements, count);
    if (count != 0) {
        tbi_ring_write_commit(ring, count);
    }
    return count;
}

uint64_t tbi_ring_push_many_wake(struct tbi_ring *ring, const void *elements, uint64_t count)
{
    count = put_many(ring, elements, count);
    if (count != 0) {
        tbi_ring_write_commit_wake(ring, count);
    }
    return count;
}

uint64_t tbi_ring_pop_many(struct tbi_ring *ring, void *elements, uint64_t count_max)
{
    struct tbi_ring_side *own = &ring->consumer;
    uint64_t tail = tbi_atomic_load_relaxed(TBI_OWN, &own->index);
    uint64_t filled_count = tbi_ring_filled(ring, tail, 1);
    uint64_t count = count_max < filled_count ? count_max : filled_count;
    uint64_t bytes = own->element_bytes;

    for (uint64_t i = 0; i < count; i++) {
        tbi_ring_copy_out((unsigned char *)elements + i * bytes, tbi_ring_slot(own, tail + i),
                          bytes);
    }
    if (count != 0) {
        tbi_ring_read_release(ring, count);
    }
    return count;
}
