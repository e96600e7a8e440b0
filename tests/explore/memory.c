/* memory.c: weak memory by views (memory.h). */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "explore.h"

enum { WORDS_MAX = 24, MESSAGES_MAX = 64, PLAINS_MAX = 32 };

/* For each word, the number of the newest message known. 0 is the first value. */
struct view {
    uint8_t message[WORDS_MAX];
};

/* For each thread, how much of what it did happens before. */
struct clock {
    uint16_t epoch[EXPLORE_THREADS];
};

struct message {
    uint64_t value;
    struct view view;   /* handed over to whoever acquires this message */
    struct clock clock; /* likewise */
    bool follows;       /* a read-modify-write: nothing may come between it and what it read */
};

struct word {
    const uint64_t *address;
    unsigned message_count;
    struct message message[MESSAGES_MAX]; /* as they were made */
    uint8_t order[MESSAGES_MAX];          /* modification order: message at each position */
    uint8_t position[MESSAGES_MAX];       /* the other way round */
    uint8_t seq_cst;                      /* the newest sequentially consistent message */
};

struct plain {
    const void *address;
    int writer;
    uint16_t written; /* the writer's epoch */
    uint16_t read[EXPLORE_THREADS];
};

static struct word words[WORDS_MAX];
static unsigned word_count;
static struct plain plains[PLAINS_MAX];
static unsigned plain_count;
static struct view views[EXPLORE_THREADS];
static struct clock clocks[EXPLORE_THREADS];

void memory_reset(void)
{
    word_count = 0;
    plain_count = 0;
    memset(views, 0, sizeof views);
    memset(clocks, 0, sizeof clocks);
    for (int t = 0; t < EXPLORE_THREADS; t++) {
        clocks[t].epoch[t] = 1;
    }
}

static void room_check(bool room)
{
    if (!room) {
        abort(); /* the case is too large for the arrays above */
    }
}

/* The word at this address; new ones begin with what stands there. */
static unsigned word_find(const uint64_t *address)
{
    for (unsigned w = 0; w < word_count; w++) {
        if (words[w].address == address) {
            return w;
        }
    }
    room_check(word_count < WORDS_MAX);
    struct word *word = &words[word_count];
    word->address = address;
    word->message_count = 1;
    memset(&word->message[0], 0, sizeof word->message[0]);
    word->message[0].value = *address;
    word->order[0] = word->position[0] = word->seq_cst = 0;
    return word_count++;
}

/* ---- Views and clocks ---- */

static void view_join(struct view *view, const struct view *other)
{
    for (unsigned w = 0; w < word_count; w++) {
        const struct word *word = &words[w];
        if (word->position[other->message[w]] > word->position[view->message[w]]) {
            view->message[w] = other->message[w];
        }
    }
}

static void clock_join(struct clock *clock, const struct clock *other)
{
    for (int t = 0; t < EXPLORE_THREADS; t++) {
        if (other->epoch[t] > clock->epoch[t]) {
            clock->epoch[t] = other->epoch[t];
        }
    }
}

void memory_join(void)
{
    for (int t = 1; t < EXPLORE_THREADS; t++) {
        clock_join(&clocks[0], &clocks[t]);
    }
    for (unsigned w = 0; w < word_count; w++) {
        views[0].message[w] = words[w].order[words[w].message_count - 1];
    }
}

/* The earliest position that the thread may read. */
static unsigned floor_of(int thread, unsigned w, int order)
{
    const struct word *word = &words[w];
    unsigned seen = word->position[views[thread].message[w]];
    unsigned common = word->position[word->seq_cst];

    return order == EXPLORE_SEQ_CST && common > seen ? common : seen;
}

/* ---- Messages ---- */

/* The thread has read this message. */
static void message_take(int thread, unsigned w, unsigned m, int order)
{
    const struct message *message = &words[w].message[m];

    views[thread].message[w] = (uint8_t)m;
    if (order & EXPLORE_ACQUIRE) {
        view_join(&views[thread], &message->view);
        clock_join(&clocks[thread], &message->clock);
    }
}

/* Adds a message at this position. `after` is what a read-modify-write read; else NULL. */
static void message_add(int thread, unsigned w, unsigned position, uint64_t value, int order,
                        const struct message *after)
{
    struct word *word = &words[w];
    unsigned m = word->message_count++;
    struct message *message = &word->message[m];

    room_check(m < MESSAGES_MAX);
    for (unsigned p = m; p > position; p--) {
        word->order[p] = word->order[p - 1];
        word->position[word->order[p]] = (uint8_t)p;
    }
    word->order[position] = (uint8_t)m;
    word->position[m] = (uint8_t)position;

    memset(message, 0, sizeof *message);
    message->value = value;
    message->follows = after != NULL;
    message->view.message[w] = (uint8_t)m;
    views[thread].message[w] = (uint8_t)m;
    if (after != NULL) { /* it continues the release sequence */
        view_join(&message->view, &after->view);
        clock_join(&message->clock, &after->clock);
    }
    if (order & EXPLORE_RELEASE) {
        view_join(&message->view, &views[thread]);
        clock_join(&message->clock, &clocks[thread]);
        clocks[thread].epoch[thread]++;
    }
    if (order == EXPLORE_SEQ_CST) {
        word->seq_cst = (uint8_t)m;
    }
}

/* Could a message come between the one at this position and the next? */
static bool is_open(const struct word *word, unsigned position)
{
    return position + 1 == word->message_count || !word->message[word->order[position + 1]].follows;
}

/* Lets the explorer choose one of the positions; the newest is tried first. Thread 0 has no choice.
 */
static unsigned position_choose(int thread, const uint8_t *positions, unsigned count)
{
    return positions[count - 1 - (thread == 0 ? 0 : explore_choose(count))];
}

/* ---- Operations ---- */

uint64_t memory_load(int thread, const uint64_t *address, int order)
{
    unsigned w = word_find(address);
    uint8_t positions[MESSAGES_MAX];
    unsigned count = 0;

    for (unsigned p = floor_of(thread, w, order); p < words[w].message_count; p++) {
        positions[count++] = (uint8_t)p;
    }
    unsigned m = words[w].order[position_choose(thread, positions, count)];
    message_take(thread, w, m, order);
    return words[w].message[m].value;
}

void memory_store(int thread, const uint64_t *address, uint64_t value, int order)
{
    unsigned w = word_find(address);
    uint8_t positions[MESSAGES_MAX];
    unsigned count = 0;

    for (unsigned p = floor_of(thread, w, order); p < words[w].message_count; p++) {
        if (is_open(&words[w], p)) {
            positions[count++] = (uint8_t)(p + 1);
        }
    }
    message_add(thread, w, position_choose(thread, positions, count), value, order, NULL);
}

uint64_t memory_rmw(int thread, const uint64_t *address, uint64_t value, bool add, int order)
{
    unsigned w = word_find(address);
    uint8_t positions[MESSAGES_MAX];
    unsigned count = 0;

    for (unsigned p = floor_of(thread, w, order); p < words[w].message_count; p++) {
        if (is_open(&words[w], p)) {
            positions[count++] = (uint8_t)p;
        }
    }
    unsigned position = position_choose(thread, positions, count);
    unsigned m = words[w].order[position];
    uint64_t old = words[w].message[m].value;
    message_take(thread, w, m, order);
    message_add(thread, w, position + 1, add ? old + value : value, order, &words[w].message[m]);
    return old;
}

bool memory_cas(int thread, const uint64_t *address, uint64_t *expected, uint64_t desired,
                int order, int failed_order)
{
    unsigned w = word_find(address);
    const struct word *word = &words[w];
    uint8_t positions[MESSAGES_MAX];
    unsigned count = 0;

    for (unsigned p = floor_of(thread, w, order); p < word->message_count; p++) {
        if (word->message[word->order[p]].value != *expected || is_open(word, p)) {
            positions[count++] = (uint8_t)p;
        }
    }
    unsigned position = position_choose(thread, positions, count);
    unsigned m = word->order[position];
    if (word->message[m].value != *expected) {
        *expected = word->message[m].value;
        message_take(thread, w, m, failed_order);
        return false;
    }
    message_take(thread, w, m, order);
    message_add(thread, w, position + 1, desired, order, &word->message[m]);
    return true;
}

uint64_t memory_newest(const uint64_t *address)
{
    const struct word *word = &words[word_find(address)];

    return word->message[word->order[word->message_count - 1]].value;
}

bool memory_plain(int thread, const void *address, bool write)
{
    struct plain *plain = plains;
    const struct clock *clock = &clocks[thread];

    while (plain < plains + plain_count && plain->address != address) {
        plain++;
    }
    if (plain == plains + plain_count) {
        room_check(plain_count++ < PLAINS_MAX);
        memset(plain, 0, sizeof *plain);
        plain->address = address;
    }
    if (plain->written > clock->epoch[plain->writer]) {
        return false;
    }
    for (int t = 0; write && t < EXPLORE_THREADS; t++) {
        if (plain->read[t] > clock->epoch[t]) {
            return false;
        }
    }
    if (write) {
        plain->writer = thread;
        plain->written = clock->epoch[thread];
    } else {
        plain->read[thread] = clock->epoch[thread];
    }
    return true;
}
