/* Sleep and wake, with the kernel's real calls. That no wake-up is ever lost is proven in
 * tests/explore and tests/spin, and tried for long in tests/stress.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

#include "ring/ring.h"
#include "ring/wake.h"

enum { CAPACITY = 4, ROUNDS = 200 };

static struct tbi_ring ring;
static _Alignas(64) unsigned char slots[CAPACITY * TBI_SLOT_BYTES];
static struct tbi_wake wake;
static struct tbi_waker waker;
static unsigned asked_count;

static void make(void)
{
    tbi_ring_init(&ring, slots, CAPACITY, TBI_SLOT_BYTES);
    tbi_wake_init(&wake);
    tbi_waker_init(&waker, &wake);
    asked_count = 0;
}

static bool ready(void *context)
{
    (void)context;
    asked_count++;
    return tbi_ring_was_readable(&ring);
}

static void push_and_signal(uint64_t number)
{
    uint64_t element[TBI_SLOT_BYTES / 8] = {number};

    cr_assert(tbi_ring_push_wake(&ring, element));
    tbi_wake_signal(&waker);
}

static double now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

Test(wake, no_time_is_only_polling)
{
    make();
    cr_assert_not(tbi_wake_wait(&wake, ready, NULL, 5, 0));
    cr_assert_eq(asked_count, 5);
    cr_assert_eq(wake.sleep_count, 0);
}

Test(wake, limit_ends_the_sleep)
{
    make();
    double start_s = now_s();
    cr_assert_not(tbi_wake_wait(&wake, ready, NULL, 0, 20000));
    cr_assert_geq(now_s() - start_s, 0.020);
    cr_assert_eq(wake.sleep_count, 1);
    cr_assert_eq(asked_count, 1);
}

Test(wake, work_before_the_sleep_prevents_it)
{
    make();
    push_and_signal(1);
    cr_assert(tbi_wake_wait(&wake, ready, NULL, 3, TBI_WAKE_FOREVER));
    cr_assert_eq(asked_count, 1, "found in the first poll");
    cr_assert(tbi_wake_wait(&wake, ready, NULL, 0, TBI_WAKE_FOREVER));
    cr_assert_eq(wake.sleep_count, 1, "announced, and found then");
}

/* Work that comes after the last look: the change of the state lets the kernel refuse the sleep. */
static bool not_ready_yet(void *context)
{
    (void)context;
    push_and_signal(1);
    return false;
}

Test(wake, work_at_the_last_moment_prevents_the_sleep)
{
    make();
    cr_assert(tbi_wake_wait(&wake, not_ready_yet, NULL, 0, TBI_WAKE_FOREVER));
}

Test(wake, signal_to_one_who_is_awake_changes_nothing)
{
    make();
    push_and_signal(1);
    cr_assert_eq(tbi_atomic_load_relaxed(TBI_WAS, &wake.state), TBI_WAKE_AWAKE);
    cr_assert_eq(waker.ended_sleep, 0);
}

static void *producer_run(void *context)
{
    (void)context;
    for (uint64_t i = 1; i <= ROUNDS;) {
        uint64_t element[TBI_SLOT_BYTES / 8] = {i};
        if (!tbi_ring_push_wake(&ring, element)) {
            continue;
        }
        tbi_wake_signal(&waker);
        i++;
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000}, NULL);
    }
    return NULL;
}

Test(wake, sleeper_is_woken_each_time)
{
    pthread_t producer;
    uint64_t element[TBI_SLOT_BYTES / 8];

    make();
    cr_assert_eq(pthread_create(&producer, NULL, producer_run, NULL), 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        while (!tbi_ring_pop(&ring, element)) {
            cr_assert(tbi_wake_wait(&wake, ready, NULL, 0, 10 * 1000 * 1000), "ten seconds");
        }
        cr_assert_eq(element[0], i);
    }
    pthread_join(producer, NULL);
    cr_assert_gt(wake.sleep_count, 0);
}

Test(wake, epochs_beyond_32_bits_work)
{
    make();
    wake.sleep_count = UINT32_MAX;
    cr_assert_not(tbi_wake_wait(&wake, ready, NULL, 0, 1000));
    cr_assert(tbi_wake_wait(&wake, not_ready_yet, NULL, 0, TBI_WAKE_FOREVER));
    cr_assert_eq(waker.ended_sleep, (uint64_t)UINT32_MAX + 2);
}
