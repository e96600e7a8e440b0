/* names.h: ids and the order in which they came, found by hash. Threads: one at a time. */
#ifndef TBI_SCENARIO_NAMES_H
#define TBI_SCENARIO_NAMES_H

#include "problem.h"

struct tbi_names {
    const struct tbi_name {
        const char *id;
        uint32_t line;
    } *names;
    uint32_t count, capacity;
    uint32_t *slots; /* index + 1; 0: empty */
    uint32_t slot_count;
    bool open; /* some are lost by mistakes: not to be found says nothing */
};

/* Adds an id that is not in yet; its index is the count so far. The id is kept, not copied. */
void tbi_names_add(struct tbi_arena *arena, struct tbi_names *names, const char *id,
                   uint32_t line);

/* The index, or TB_NONE. */
uint32_t tbi_names_find(const struct tbi_names *names, const char *id);

/* All of them, to tell what is allowed. */
const char *tbi_names_allowed(const struct tbi_names *names, struct tbi_allowed *allowed,
                              const char *wanted);

#endif
