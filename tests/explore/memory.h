/* memory.h: the words that the threads of a case share, as C11 lets them see these words.
 *
 * Each word has its list of stores ("messages") in modification order. Each thread has a view: for
 * each word the earliest message that it may still read. A message of a release store carries the
 * view of its writer, and an acquire load of that message takes it over. Vector clocks travel the
 * same way, and tell a data race from an ordered access.
 *
 * Only explore.c uses this; where there is a choice, it asks explore_choose.
 */
#ifndef TEST_EXPLORE_MEMORY_H
#define TEST_EXPLORE_MEMORY_H

#include "hooks.h"

/* Forgets everything. The first value of a word is what stands there at its first use. */
void memory_reset(void);

/* Thread 0 knows all that anybody did. */
void memory_join(void);

uint64_t memory_load(int thread, const uint64_t *word, int order);
void memory_store(int thread, const uint64_t *word, uint64_t value, int order);
/* Reads one message, and adds the next one: `value`, or what was read plus `value`. */
uint64_t memory_rmw(int thread, const uint64_t *word, uint64_t value, bool add, int order);
bool memory_cas(int thread, const uint64_t *word, uint64_t *expected, uint64_t desired, int order,
                int failed_order);

/* The last value in modification order: what the kernel sees. */
uint64_t memory_newest(const uint64_t *word);

/* False if this access races with an earlier one. */
bool memory_plain(int thread, const void *address, bool write);

#endif
