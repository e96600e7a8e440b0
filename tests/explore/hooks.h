/* hooks.h: what engine/ring/atomic.h calls in a test build (-DTB_EXPLORE) instead of C11 atomics.
 *
 * Each call is one step of the thread that runs: the scheduler of explore.c may run any other
 * thread first, and the memory of memory.c may answer with any value that C11 allows.
 */
#ifndef TEST_EXPLORE_HOOKS_H
#define TEST_EXPLORE_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Memory orders as sets: what is acquired, what is released, the common order. */
enum explore_order {
    EXPLORE_RELAXED = 0,
    EXPLORE_ACQUIRE = 1,
    EXPLORE_RELEASE = 2,
    EXPLORE_ACQ_REL = 3,
    EXPLORE_SEQ_CST = 7,
};

/* The end of an edge (enum tbi_edge) that is a step weaker in this run. */
extern int explore_weakened;

uint64_t explore_load(const uint64_t *word, int order);
void explore_store(uint64_t *word, uint64_t value, int order);
uint64_t explore_exchange(uint64_t *word, uint64_t value, int order);
uint64_t explore_fetch_add(uint64_t *word, uint64_t value, int order);
/* Never fails without a reason. */
bool explore_cas(uint64_t *word, uint64_t *expected, uint64_t desired, int order, int failed_order);

/* Notes that the thread reads or writes the plain data at this address; two threads that do so
 * without a happens-before between them are a data race, which fails the run. Not a step.
 */
void explore_plain(const void *address, bool write);

/* The kernel's part of sleeping. Sleeps if the word is `expected`. With a limit the sleep may also
 * end at any later time by itself; true says that it did.
 */
bool explore_futex_wait(const uint64_t *word, uint64_t expected, bool limited);
void explore_futex_wake(const uint64_t *word);

#endif
