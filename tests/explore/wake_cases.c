/* wake_cases.c: sleep and wake around rings.
 *
 * A consumer takes what its rings hold and sleeps when they are empty, without a limit. Nobody may
 * be left asleep with something in a ring whose producer has signalled; and a producer that stops
 * anywhere, even between its push and its system call, must not leave the others' work behind.
 */
#include <string.h>

#include "cases.h"
#include "ring.h"
#include "wake.h"

enum { CAPACITY = 2, RINGS = 3, SIGNAL_STEPS_MAX = 3 };

static struct tbi_ring ring[RINGS]; /* one for each producer; see each case */
static _Alignas(64) unsigned char slots[RINGS][CAPACITY * TBI_SLOT_BYTES];
static struct tbi_wake wake[2];
static struct tbi_waker waker[RINGS]; /* of the ring's producer */
static uint64_t taken[RINGS];
static unsigned first_ring, ring_end; /* those that the consumer reads */

static void reset(void)
{
    static const char *const heads[RINGS] = {"head 0", "head 1", "head 2"};
    static const char *const tails[RINGS] = {"tail 0", "tail 1", "tail 2"};

    first_ring = 0;
    ring_end = 2;
    tbi_wake_init(&wake[0]);
    tbi_wake_init(&wake[1]);
    explore_name(&wake[0].state.word, "state");
    explore_name(&wake[1].state.word, "caller state");
    for (unsigned r = 0; r < RINGS; r++) {
        taken[r] = 0;
        tbi_ring_init(&ring[r], slots[r], CAPACITY, TBI_SLOT_BYTES);
        tbi_waker_init(&waker[r], &wake[r == 2]);
        explore_name(&ring[r].producer.index.word, heads[r]);
        explore_name(&ring[r].consumer.index.word, tails[r]);
    }
}

static void reset_one_ring(void)
{
    reset();
    ring_end = 1;
}

/* ---- The producers ---- */

static void push(unsigned r, uint64_t value)
{
    uint64_t element[TBI_SLOT_BYTES / 8] = {value};

    explore_require(tbi_ring_push_wake(&ring[r], element));
}

static void signal_once(unsigned r)
{
    unsigned start = explore_step_count();

    tbi_wake_signal(&waker[r]);
    explore_require(explore_step_count() - start <= SIGNAL_STEPS_MAX);
}

static void producer_0(void)
{
    push(0, 1);
    signal_once(0);
}

static void producer_1(void)
{
    push(1, 1);
    signal_once(1);
}

/* Two commands, each with its signal: in the second one the waker remembers. */
static void producer_0_twice(void)
{
    push(0, 1);
    signal_once(0);
    push(0, 2);
    signal_once(0);
}

/* Two commands and one signal. */
static void producer_0_many(void)
{
    uint64_t elements[2][TBI_SLOT_BYTES / 8] = {{1}, {2}};

    explore_require(tbi_ring_push_many_wake(&ring[0], elements, 2) == 2);
    signal_once(0);
}

/* ---- The consumer ---- */

static bool ready(void *context)
{
    (void)context;
    for (unsigned r = first_ring; r < ring_end; r++) {
        if (tbi_ring_was_readable(&ring[r])) {
            return true;
        }
    }
    return false;
}

/* Takes one of each ring; what is left will be found when it wants to sleep. */
static void drain(void)
{
    uint64_t element[TBI_SLOT_BYTES / 8];

    for (unsigned r = first_ring; r < ring_end; r++) {
        if (tbi_ring_pop(&ring[r], element)) {
            explore_require(element[0] == ++taken[r]);
        }
    }
}

static void consume(uint64_t count)
{
    while (taken[0] + taken[1] < count) {
        tbi_wake_wait(&wake[0], ready, NULL, 0, TBI_WAKE_FOREVER);
        drain();
    }
}

static void consumer_of_one(void)
{
    consume(1);
}

static void consumer_of_two(void)
{
    consume(2);
}

/* A sleep with a limit ends by itself, too. */
static void consumer_limited(void)
{
    for (int i = 0; i < 2 && taken[0] == 0; i++) {
        tbi_wake_wait(&wake[0], ready, NULL, 1, 1);
        drain();
    }
    consume(1);
}

/* ---- An engine and its caller, both of which sleep ---- */

static bool event_ready(void *context)
{
    (void)context;
    return tbi_ring_was_readable(&ring[2]);
}

static void caller(void)
{
    uint64_t element[TBI_SLOT_BYTES / 8];

    push(0, 1);
    signal_once(0);
    while (!tbi_ring_pop(&ring[2], element)) {
        tbi_wake_wait(&wake[1], event_ready, NULL, 0, TBI_WAKE_FOREVER);
    }
    explore_require(element[0] == 1);
}

static void engine(void)
{
    consume(1);
    push(2, 1);
    signal_once(2);
}

/* ---- At the end ---- */

/* What producers have signalled is taken, if the consumer could go on at all. Threads 1 .. are the
 * producers of ring 0 .., and the last is the consumer.
 */
static void check_consumer(int consumer)
{
    for (int p = 1; p < consumer; p++) {
        explore_require(explore_done(p) || explore_stopped(p));
    }
    if (explore_stopped(consumer) || explore_done(consumer)) {
        return;
    }
    for (int p = 1; p < consumer; p++) {
        if (explore_done(p)) { /* asleep: then with nothing left by p */
            explore_require(tbi_ring_was_count(&ring[p - 1]) == 0);
        }
    }
    for (int p = 1; p < consumer; p++) {
        if (explore_stopped(p)) {
            return;
        }
    }
    explore_fail("asleep for ever");
}

static void check_two_threads(void)
{
    check_consumer(2);
}

static void check_three_threads(void)
{
    check_consumer(3);
}

static void check_pair(void)
{
    bool somebody_stopped = explore_stopped(1) || explore_stopped(2);

    explore_require(somebody_stopped || (explore_done(1) && explore_done(2)));
}

const struct explore_case wake_cases[] = {
    {"wake: one command",
     reset_one_ring,
     {0, producer_0, consumer_of_one},
     check_two_threads,
     STOP_ALL},
    {"wake: two commands",
     reset_one_ring,
     {0, producer_0_twice, consumer_of_two},
     check_two_threads,
     STOP_ALL},
    {"wake: two commands, one signal",
     reset_one_ring,
     {0, producer_0_many, consumer_of_two},
     check_two_threads,
     STOP_ALL},
    {"wake: limited sleeps",
     reset_one_ring,
     {0, producer_0, consumer_limited},
     check_two_threads,
     STOP_ALL},
    /* The callers do the same, so it is enough to stop one of them; that a consumer may stop is
     * seen above. */
    {"wake: two callers",
     reset,
     {0, producer_0, producer_1, consumer_of_two},
     check_three_threads,
     STOP(1)},
    {"wake: engine and caller", reset_one_ring, {0, caller, engine}, check_pair, STOP_ALL},
    {0},
};

/* ---- Wrong ways to sleep and wake ---- */

/* The producer that sees the announcement takes it back for all, and may stop before its call. */
static void signal_and_claim(void)
{
    uint64_t *state = &wake[0].state.word;
    uint64_t seen = explore_load(state, EXPLORE_SEQ_CST);

    if (seen % 4 == TBI_WAKE_ASLEEP &&
        explore_cas(state, &seen, seen - TBI_WAKE_ASLEEP, EXPLORE_SEQ_CST, EXPLORE_RELAXED)) {
        explore_futex_wake(state);
    }
}

static void claiming_producer_0(void)
{
    push(0, 1);
    signal_and_claim();
}

static void claiming_producer_1(void)
{
    push(1, 1);
    signal_and_claim();
}

/* The producer asks for a wake-up, but lets a sleep that has not begun begin. */
static void unchanging_producer(void)
{
    push(0, 1);
    if (explore_load(&wake[0].state.word, EXPLORE_SEQ_CST) % 4 != TBI_WAKE_AWAKE) {
        explore_futex_wake(&wake[0].state.word);
    }
}

/* The consumer looks first and announces then. */
static void hasty_consumer(void)
{
    while (taken[0] == 0) {
        uint64_t sleep = ++wake[0].sleep_count * 4;
        if (!ready(NULL)) {
            explore_store(&wake[0].state.word, sleep + TBI_WAKE_ASLEEP, EXPLORE_SEQ_CST);
            explore_futex_wait(&wake[0].state.word, sleep + TBI_WAKE_ASLEEP, false);
            explore_store(&wake[0].state.word, sleep, EXPLORE_RELAXED);
        }
        drain();
    }
}

const struct explore_case wrong_wake_cases[] = {
    {"the first producer claims the wake-up",
     reset,
     {0, claiming_producer_0, claiming_producer_1, consumer_of_two},
     check_three_threads,
     STOP(1)},
    {"wake without a change of the state",
     reset_one_ring,
     {0, unchanging_producer, consumer_of_one},
     check_two_threads,
     0},
    {"look, then announce", reset_one_ring, {0, producer_0, hasty_consumer}, check_two_threads, 0},
    {0},
};
