/* explore.h: runs a few threads of real lock-free code through all interleavings and all values
 * that weak memory may show them.
 *
 * A case is a handful of functions that use engine/ring. The explorer runs them as coroutines in
 * one thread, again and again, each time with another series of choices, until all are exhausted:
 * - which thread makes the next step (a step is one atomic operation or one call of the kernel);
 * - which store a load reads: any that C11's happens-before and coherence don't hide from it;
 * - where a store comes in the modification order of its word.
 * A run is only left out if it differs from another one in the order of steps that don't touch
 * the same word (sleep sets: P. Godefroid, "Partial-order methods for the verification of
 * concurrent systems", 1996).
 *
 * The memory model is that of C11 with views, one for each thread and message (J. Kang et al., "A
 * promising semantics for relaxed-memory concurrency", 2017, without its promises). It is weaker
 * than x86 and than every machine that doesn't reorder a load with a later store of its own thread
 * (load buffering), the one thing that C11 allows and that is not explored. Release sequences are
 * the narrower ones of C++20. Sequentially consistent operations take effect in the order of the
 * steps. tests/explore/litmus.c shows what that amounts to.
 *
 * Threads are numbered from 1. Thread 0 is the one that sets up and checks: everything happens
 * before or after it, and it sees the newest value of every word.
 */
#ifndef TEST_EXPLORE_EXPLORE_H
#define TEST_EXPLORE_EXPLORE_H

#include "hooks.h"

enum {
    EXPLORE_THREADS = 5, /* four, and thread 0 */
    EXPLORE_WHY_BYTES = 8192,
};

/* For explore_case.stop. */
#define STOP(thread) (1u << (thread))
#define STOP_ALL     (~0u)

struct explore_case {
    const char *name;
    void (*reset)(void);                   /* builds the shared objects anew, for each run */
    void (*thread[EXPLORE_THREADS])(void); /* [0] is not used; the first NULL ends the list */
    void (*check)(void);                   /* when nobody can go on: is all as it should be? */
    unsigned stop; /* set of threads: explore it also with each of them stopped, anywhere */
};

struct explore_result {
    uint64_t run_count;                 /* complete runs */
    uint64_t pruned_count;              /* left when they proved equivalent to another one */
    unsigned step_max[EXPLORE_THREADS]; /* most steps of each thread */
    bool failed;
    char why[EXPLORE_WHY_BYTES]; /* what was wrong, and the steps that led there */
};

/* Explores the case. `stopped`, unless 0, is a thread that stops for ever after `stopped_after`
 * steps. The result is valid until the next call.
 */
const struct explore_result *explore(const struct explore_case *test, int stopped,
                                     unsigned stopped_after);

/* ---- For the functions of a case ---- */

/* Fails the run, which is the end of it, if the condition is false. */
#define explore_require(condition)                                                                 \
    ((condition) ? (void)0 : explore_fail("%s:%d: %s", __FILE__, __LINE__, #condition))
__attribute__((format(printf, 1, 2))) void explore_fail(const char *format, ...);

/* Names a word in the steps that a failure prints. */
void explore_name(const void *word, const char *name);

/* A number between 0 and count - 1: each is tried. */
unsigned explore_choose(unsigned count);

/* The steps that this thread has made. */
unsigned explore_step_count(void);

/* Goes on only when that thread has come to its end or is stopped. Says nothing about
 * happens-before.
 */
void explore_await(int thread);

/* For `check`: did that thread come to its end? Or was it stopped? Neither: it sleeps. */
bool explore_done(int thread);
bool explore_stopped(int thread);

#endif
