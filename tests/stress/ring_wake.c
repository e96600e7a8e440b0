/* ring_wake.c: callers with a ring each wake one engine, which sleeps whenever its rings are empty,
 * without a limit that would cover up a lost wake-up: one that isn't woken for LOST_S seconds
 * fails.
 *
 * A step is a command of each caller. Callers pause at random, so that the engine falls asleep
 * often and at every moment.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "options.h"
#include "ring/ring.h"
#include "ring/wake.h"

enum { CALLERS = 3, CAPACITY = 16, LOST_S = 60 };

struct caller {
    pthread_t thread;
    struct tbi_ring ring;
    struct tbi_waker waker;
    uint64_t taken_count; /* the engine's */
    _Alignas(64) unsigned char slots[CAPACITY * TBI_SLOT_BYTES];
};

static struct caller callers[CALLERS];
static struct tbi_wake wake;
static uint64_t run_seed;
static uint64_t step_total;

static void fail(const char *what)
{
    fprintf(stderr, "ring_wake: %s; again: --seed %lu\n", what, run_seed);
    exit(1);
}

/* Lets the engine get ahead: not at all, for a moment, or until it surely sleeps. */
static void pause_somehow(uint64_t draw)
{
    if (draw % 64 == 0) {
        nanosleep(&(struct timespec){.tv_nsec = (long)(draw / 64 % 30000)}, NULL);
    } else if (draw % 8 == 0) {
        sched_yield();
    }
}

static void *caller_run(void *context)
{
    struct caller *caller = context;
    uint64_t random = run_seed * CALLERS + (uint64_t)(caller - callers);

    for (uint64_t number = 1; number <= step_total;) {
        uint64_t element[TBI_SLOT_BYTES / 8] = {number};
        if (tbi_ring_push_wake(&caller->ring, element)) {
            tbi_wake_signal(&caller->waker);
            number++;
            pause_somehow(random_next(&random));
        } else {
            sched_yield();
        }
    }
    return NULL;
}

static bool ready(void *context)
{
    (void)context;
    for (int c = 0; c < CALLERS; c++) {
        if (tbi_ring_was_readable(&callers[c].ring)) {
            return true;
        }
    }
    return false;
}

/* Takes all that there is; returns how many commands that were. */
static uint64_t engine_drain(void)
{
    uint64_t count = 0;
    uint64_t element[TBI_SLOT_BYTES / 8];

    for (int c = 0; c < CALLERS; c++) {
        while (tbi_ring_pop(&callers[c].ring, element)) {
            if (element[0] != ++callers[c].taken_count) {
                fail("a command is lost, doubled or out of order");
            }
            count++;
        }
    }
    return count;
}

static void run(uint64_t seed, uint64_t step_count)
{
    uint32_t poll_count = (uint32_t)(seed % 3) * 20;

    run_seed = seed;
    step_total = step_count;
    tbi_wake_init(&wake);
    for (int c = 0; c < CALLERS; c++) {
        struct caller *caller = &callers[c];
        tbi_ring_init(&caller->ring, caller->slots, CAPACITY, TBI_SLOT_BYTES);
        tbi_waker_init(&caller->waker, &wake);
        caller->taken_count = 0;
        pthread_create(&caller->thread, NULL, caller_run, caller);
    }
    for (uint64_t taken = 0; taken < CALLERS * step_count; taken += engine_drain()) {
        if (!tbi_wake_wait(&wake, ready, NULL, poll_count, LOST_S * 1000000ull)) {
            fail("asleep for a minute");
        }
    }
    for (int c = 0; c < CALLERS; c++) {
        pthread_join(callers[c].thread, NULL);
    }
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv, 50 * 1000);

    options_repeat(o, run);
    printf("ring_wake: %d x %lu commands, seed %lu, %lu sleeps, ok\n", CALLERS, o.step_count,
           o.seed, wake.sleep_count);
    return 0;
}
