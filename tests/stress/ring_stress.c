/* ring_stress.c: two threads push and pop in random ways; every element must come out once, in
 * order and whole. Built with ThreadSanitizer it is also the check of the ring's edges on real
 * threads: with -DTB_WEAKEN=TBI_E1_STORE, or any other end of E1 or E2, it must report a race.
 *
 * A step is an element. Waiting for the other side gives the core away: that is the test's way to
 * wait, not the ring's.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "options.h"
#include "ring/ring.h"

enum { WORDS = TBI_SLOT_BYTES / 8, CAPACITY_MAX = 256, BATCH_MAX = 40 };

struct element {
    uint64_t word[WORDS];
};

struct job {
    uint64_t seed;
    uint64_t element_count;
};

static struct tbi_ring ring;
static _Alignas(64) struct element slots[CAPACITY_MAX];

static void element_fill(struct element *element, uint64_t number)
{
    for (int i = 0; i < WORDS; i++) {
        element->word[i] = number * WORDS + (uint64_t)i;
    }
}

static void element_check(const struct element *element, uint64_t number, uint64_t seed)
{
    for (int i = 0; i < WORDS; i++) {
        if (element->word[i] != number * WORDS + (uint64_t)i) {
            fprintf(stderr, "ring_stress: element %lu is wrong at word %d; again: --seed %lu\n",
                    number, i, seed);
            exit(1);
        }
    }
}

/* Pushes up to `count` elements in one of the ways; returns how many. */
static uint64_t push_somehow(uint64_t how, uint64_t number, uint64_t count)
{
    struct element elements[BATCH_MAX];
    struct element *into = elements;
    void *span;

    if (how == 0) {
        count = tbi_ring_write_span(&ring, count, &span);
        into = span;
    }
    for (uint64_t i = 0; i < count; i++) {
        element_fill(&into[i], number + i);
    }
    switch (how) {
    case 0:
        tbi_ring_write_commit(&ring, count);
        return count;
    case 1:
        return tbi_ring_push_many(&ring, elements, count);
    case 2:
        return tbi_ring_push_many_wake(&ring, elements, count);
    default:
        return count != 0 && tbi_ring_push(&ring, elements);
    }
}

/* Pops up to `count` elements in one of the ways; returns how many. */
static uint64_t pop_somehow(uint64_t how, uint64_t number, uint64_t count, uint64_t seed)
{
    struct element elements[BATCH_MAX];
    struct element *from = elements;
    void *span;

    if (how == 0) {
        count = tbi_ring_read_span(&ring, count, &span);
        from = span;
    } else if (how == 1) {
        count = tbi_ring_pop_many(&ring, elements, count);
    } else if (how == 2 && !tbi_ring_was_readable(&ring)) {
        count = 0;
    } else {
        count = count != 0 && tbi_ring_pop(&ring, elements);
    }
    for (uint64_t i = 0; i < count; i++) {
        element_check(&from[i], number + i, seed);
    }
    if (how == 0) {
        tbi_ring_read_release(&ring, count);
    }
    return count;
}

static void *producer_run(void *context)
{
    const struct job *job = context;
    uint64_t random = job->seed * 2;

    for (uint64_t number = 0; number < job->element_count;) {
        uint64_t draw = random_next(&random);
        uint64_t count = draw / 4 % BATCH_MAX;
        if (count > job->element_count - number) {
            count = job->element_count - number;
        }
        uint64_t pushed_count = push_somehow(draw % 4, number, count);
        number += pushed_count;
        if (pushed_count == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void *consumer_run(void *context)
{
    const struct job *job = context;
    uint64_t random = job->seed * 2 + 1;

    for (uint64_t number = 0; number < job->element_count;) {
        uint64_t draw = random_next(&random);
        uint64_t popped_count = pop_somehow(draw % 4, number, draw / 4 % BATCH_MAX, job->seed);
        number += popped_count;
        if (popped_count == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void run(uint64_t seed, uint64_t step_count)
{
    struct job job = {seed, step_count};
    uint64_t random = seed;
    uint64_t capacity = 1u << random_next(&random) % 9;
    pthread_t producer, consumer;

    /* Every fourth run begins a little before the indices wrap. */
    tbi_ring_init_at(&ring, slots, capacity, TBI_SLOT_BYTES, seed % 4 == 0 ? UINT64_MAX - 100 : 0);
    pthread_create(&producer, NULL, producer_run, &job);
    pthread_create(&consumer, NULL, consumer_run, &job);
    pthread_join(producer, NULL);
    pthread_join(consumer, NULL);
    if (tbi_ring_was_count(&ring) != 0) {
        fprintf(stderr, "ring_stress: something is left; again: --seed %lu\n", seed);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv, 2 * 1000 * 1000);

    options_repeat(o, run);
    printf("ring_stress: %lu elements, seed %lu, ok\n", o.step_count, o.seed);
    return 0;
}
