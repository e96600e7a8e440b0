/* explore.c: choices, coroutines and the scheduler of the explorer (explore.h). */
#include "explore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "memory.h"

enum {
    STACK_BYTES = 64 * 1024,
    CHOICES_MAX = 4096,
    STEPS_MAX = 400,             /* of all threads in a run; more means that it doesn't end */
    RUNS_MAX = 20 * 1000 * 1000, /* more means that the case is too large to be exhausted */
    NAMES_MAX = 32,
    REPORT_STEPS = 60, /* the last ones; more would say no more */
};

/* A point where a run could go on in several ways. Replayed up to the last one that is changed. */
struct choice {
    bool is_schedule;
    uint8_t chosen; /* a thread, or a number below count */
    uint8_t count;
    uint8_t enabled; /* sets of threads: those that can make a step, */
    uint8_t sleep;   /* those that need not (all runs that begin with them were seen), */
    uint8_t tried;   /* and those that were tried here */
};

enum thread_state { READY, ASLEEP, WOKEN, AWAITING, DONE };

struct thread {
    enum thread_state state;
    const void *word; /* that the next step touches; NULL: none */
    bool write;
    bool limited; /* ASLEEP: may wake by itself */
    int awaited;  /* AWAITING: this thread */
    unsigned step_count;
    jmp_buf here;     /* where it goes on */
    jmp_buf start;    /* where it begins anew */
    ucontext_t first; /* only to get on to its own stack for the first time */
};

/* A step, for the report of a failure. */
struct step {
    int thread;
    const char *what;
    const void *word;
    uint64_t value;
    int order;
};

int explore_weakened = -1;

static const struct explore_case *test;
static int stopped_thread;
static unsigned stopped_after;
static struct explore_result result;

static struct choice choices[CHOICES_MAX];
static unsigned choice_count; /* known */
static unsigned choice_next;  /* to be made */

static struct thread threads[EXPLORE_THREADS];
static int thread_end;
static int current; /* the thread that runs; 0 in reset and check */
static jmp_buf scheduler;
static _Alignas(64) char stacks[EXPLORE_THREADS][STACK_BYTES];

static struct step steps[STEPS_MAX];
static unsigned step_total;

static struct {
    const void *word;
    const char *name;
} names[NAMES_MAX];
static unsigned name_count;

/* ---- Failure ---- */

void explore_name(const void *word, const char *name)
{
    if (name_count < NAMES_MAX) {
        names[name_count].word = word;
        names[name_count++].name = name;
    }
}

static const char *name_of(const void *word)
{
    for (unsigned i = 0; i < name_count; i++) {
        if (names[i].word == word) {
            return names[i].name;
        }
    }
    return word == NULL ? "" : "?";
}

static void why_append(const char *format, va_list arguments)
{
    size_t used = strlen(result.why);

    vsnprintf(result.why + used, sizeof result.why - used, format, arguments);
}

__attribute__((format(printf, 1, 2))) static void why_add(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    why_append(format, arguments);
    va_end(arguments);
}

void explore_fail(const char *format, ...)
{
    static const char *orders[8] = {"relaxed", "acquire", "release", "acq_rel",
                                    "",        "",        "",        "seq_cst"};
    va_list arguments;

    if (!result.failed) {
        result.failed = true;
        va_start(arguments, format);
        why_append(format, arguments);
        va_end(arguments);
        why_add(current != 0 ? " (thread %d)\n" : " (at the end)\n", current);
        for (unsigned i = step_total > REPORT_STEPS ? step_total - REPORT_STEPS : 0; i < step_total;
             i++) {
            why_add("    thread %d: %-10s %-8s %-12s %lld\n", steps[i].thread, steps[i].what,
                    steps[i].word == NULL ? "" : orders[steps[i].order], name_of(steps[i].word),
                    (long long)steps[i].value);
        }
    }
    if (current != 0) {
        _longjmp(scheduler, 1);
    }
}

/* ---- Choices ---- */

/* The next choice of this run: the known one, or a new one that `fresh` describes. */
static struct choice *choice_make(const struct choice *fresh)
{
    if (choice_next == choice_count) {
        if (choice_count == CHOICES_MAX) {
            abort(); /* STEPS_MAX is reached long before */
        }
        choices[choice_count++] = *fresh;
    }
    return &choices[choice_next++];
}

unsigned explore_choose(unsigned count)
{
    return count == 1 ? 0 : choice_make(&(struct choice){.count = (uint8_t)count})->chosen;
}

static unsigned first_of(unsigned set)
{
    return (unsigned)__builtin_ctz(set);
}

/* Changes the last choice that can still be made otherwise. False when all has been explored. */
static bool choice_advance(void)
{
    while (choice_count > 0) {
        struct choice *last = &choices[choice_count - 1];
        if (last->is_schedule) {
            last->tried |= (uint8_t)(1u << last->chosen);
            unsigned left = last->enabled & ~(last->sleep | last->tried);
            if (left != 0) {
                last->chosen = (uint8_t)first_of(left);
                return true;
            }
        } else if (last->chosen + 1 < last->count) {
            last->chosen++;
            return true;
        }
        choice_count--;
    }
    return false;
}

/* ---- Coroutines ---- */

/* The life of each thread: once for every run. Nothing local survives here. */
static void thread_live(void)
{
    if (_setjmp(threads[current].start) != 0) {
        test->thread[current]();
        threads[current].state = DONE;
        threads[current].word = NULL;
    }
    _longjmp(scheduler, 1);
}

/* Brings each thread on to its stack, to the beginning of thread_live. */
static void threads_create(void)
{
    static bool created;

    for (current = 1; current < EXPLORE_THREADS && !created; current++) {
        struct thread *thread = &threads[current];
        getcontext(&thread->first);
        thread->first.uc_stack.ss_sp = stacks[current];
        thread->first.uc_stack.ss_size = STACK_BYTES;
        makecontext(&thread->first, thread_live, 0);
        if (_setjmp(scheduler) == 0) {
            setcontext(&thread->first);
        }
    }
    created = true;
    current = 0;
}

/* Lets the thread run up to its next step. */
static void thread_run(int t, jmp_buf from)
{
    current = t;
    if (_setjmp(scheduler) == 0) {
        _longjmp(from, 1);
    }
    current = 0;
}

/* In a thread: the next step touches this word. Comes back when the step is to be made. */
static void step_announce(const void *word, bool write)
{
    struct thread *own = &threads[current];

    own->word = word;
    own->write = write;
    if (_setjmp(own->here) == 0) {
        _longjmp(scheduler, 1);
    }
}

/* Writes down the step that was just made. */
static void step_note(const char *what, const void *word, uint64_t value, int order)
{
    if (current != 0 && step_total < STEPS_MAX) {
        steps[step_total++] = (struct step){current, what, word, value, order};
    }
}

/* ---- The scheduler ---- */

static bool is_stopped(int t)
{
    return t == stopped_thread && threads[t].state != DONE &&
           threads[t].step_count >= stopped_after;
}

static bool is_enabled(int t)
{
    const struct thread *thread = &threads[t];

    if (is_stopped(t)) {
        return false;
    }
    switch (thread->state) {
    case READY:
    case WOKEN:
        return true;
    case ASLEEP:
        return thread->limited;
    case AWAITING:
        return explore_done(thread->awaited) || explore_stopped(thread->awaited);
    case DONE:
        return false;
    }
    return false;
}

static unsigned enabled_set(void)
{
    unsigned set = 0;

    for (int t = 1; t < thread_end; t++) {
        set |= (unsigned)is_enabled(t) << t;
    }
    return set;
}

/* Of the sleeping threads, those whose next step commutes with that of thread t. */
static unsigned sleep_filter(unsigned sleep, int t)
{
    unsigned kept = 0;

    for (int s = 1; s < thread_end; s++) {
        bool commutes = threads[s].word == NULL || threads[s].word != threads[t].word ||
                        (!threads[s].write && !threads[t].write);
        if ((sleep >> s & 1) != 0 && commutes) {
            kept |= 1u << s;
        }
    }
    return kept;
}

static void run_begin(void)
{
    step_total = 0;
    name_count = 0;
    choice_next = 0;
    memory_reset();
    test->reset();
    for (int t = 1; t < thread_end; t++) {
        threads[t].state = READY;
        threads[t].step_count = 0;
        thread_run(t, threads[t].start);
    }
}

/* Makes one run, from the beginning, by the known choices and then by first choices. */
static void run_make(void)
{
    unsigned sleep = 0;

    run_begin();
    while (!result.failed) {
        unsigned enabled = enabled_set();
        if (enabled == 0) {
            memory_join();
            test->check();
            result.run_count++;
            return;
        }
        if ((enabled & ~sleep) == 0) {
            result.pruned_count++;
            return;
        }
        const struct choice *choice =
            choice_make(&(struct choice){.is_schedule = true,
                                         .enabled = (uint8_t)enabled,
                                         .sleep = (uint8_t)sleep,
                                         .chosen = (uint8_t)first_of(enabled & ~sleep)});
        int t = choice->chosen;
        sleep = sleep_filter(choice->sleep | choice->tried, t);
        threads[t].step_count++;
        thread_run(t, threads[t].here);
        if (threads[t].step_count > result.step_max[t]) {
            result.step_max[t] = threads[t].step_count;
        }
        if (step_total == STEPS_MAX) {
            explore_fail("it does not end");
        }
    }
}

const struct explore_result *explore(const struct explore_case *one, int stopped, unsigned after)
{
    memset(&result, 0, sizeof result);
    test = one;
    stopped_thread = stopped;
    stopped_after = after;
    choice_count = 0;
    threads_create();
    for (thread_end = 1; thread_end < EXPLORE_THREADS && one->thread[thread_end] != NULL;) {
        thread_end++;
    }
    do {
        run_make();
        if (result.run_count + result.pruned_count > RUNS_MAX) {
            explore_fail("too many runs");
        }
    } while (!result.failed && choice_advance());
    return &result;
}

/* ---- For the functions of a case ---- */

unsigned explore_step_count(void)
{
    return threads[current].step_count;
}

bool explore_done(int thread)
{
    return threads[thread].state == DONE;
}

bool explore_stopped(int thread)
{
    return is_stopped(thread);
}

void explore_await(int thread)
{
    threads[current].state = AWAITING;
    threads[current].awaited = thread;
    step_announce(NULL, false);
    threads[current].state = READY;
    step_note("await", NULL, (uint64_t)thread, 0);
}

/* ---- Hooks ---- */

static void step_begin(const void *word, bool write)
{
    if (current != 0) {
        step_announce(word, write);
    }
}

uint64_t explore_load(const uint64_t *word, int order)
{
    step_begin(word, false);
    uint64_t value = memory_load(current, word, order);
    step_note("load", word, value, order);
    return value;
}

void explore_store(uint64_t *word, uint64_t value, int order)
{
    step_begin(word, true);
    step_note("store", word, value, order);
    memory_store(current, word, value, order);
}

uint64_t explore_exchange(uint64_t *word, uint64_t value, int order)
{
    step_begin(word, true);
    step_note("exchange", word, value, order);
    return memory_rmw(current, word, value, false, order);
}

uint64_t explore_fetch_add(uint64_t *word, uint64_t value, int order)
{
    step_begin(word, true);
    step_note("fetch_add", word, value, order);
    return memory_rmw(current, word, value, true, order);
}

bool explore_cas(uint64_t *word, uint64_t *expected, uint64_t desired, int order, int failed_order)
{
    step_begin(word, true);
    bool swapped = memory_cas(current, word, expected, desired, order, failed_order);
    step_note(swapped ? "cas" : "cas failed", word, swapped ? desired : *expected, order);
    return swapped;
}

void explore_plain(const void *address, bool write)
{
    if (!memory_plain(current, address, write)) {
        explore_fail("data race: %s of %s", write ? "write" : "read", name_of(address));
    }
}

bool explore_futex_wait(const uint64_t *word, uint64_t expected, bool limited)
{
    struct thread *own = &threads[current];
    bool over;

    step_begin(word, true);
    if (memory_newest(word) != expected) {
        step_note("no sleep", word, memory_newest(word), 0);
        return false;
    }
    step_note("sleep", word, expected, 0);
    own->state = ASLEEP;
    own->limited = limited;
    step_announce(word, true);
    over = own->state == ASLEEP;
    own->state = READY;
    step_note(over ? "time over" : "woken", word, 0, 0);
    return over;
}

void explore_futex_wake(const uint64_t *word)
{
    step_begin(word, true);
    step_note("wake", word, 0, 0);
    for (int t = 1; t < thread_end; t++) {
        if (threads[t].state == ASLEEP && threads[t].word == word) {
            threads[t].state = WOKEN;
            return;
        }
    }
}
