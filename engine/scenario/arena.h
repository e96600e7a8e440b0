/* arena.h: memory that is taken piece by piece and given back all at once.
 *
 * Everything that a scenario points to lies in one arena. Memory comes zeroed and aligned to 16
 * bytes. Running out of memory stops the program (tb_assert). Threads: one at a time. */
#ifndef TBI_SCENARIO_ARENA_H
#define TBI_SCENARIO_ARENA_H

#include "tongban/base.h"

struct tbi_arena {
    struct tbi_arena_chunk *chunks; /* newest first */
};

void *tbi_arena_take(struct tbi_arena *arena, size_t bytes);
#define TBI_TAKE(arena, type, count) \
    ((type *)tbi_arena_take((arena), sizeof(type) * ((size_t)(count) + 1)))

/* Copies bytes of text and ends them with 0. */
char *tbi_arena_text(struct tbi_arena *arena, const char *text, size_t bytes);

/* As sprintf, into the arena. */
char *tbi_arena_format(struct tbi_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for one more item in an array that grows by doubling; returns where the array lies now.
 * The old place is only given back with the arena. */
void *tbi_arena_grow(struct tbi_arena *arena, void *items, uint32_t count, uint32_t *capacity,
                     size_t item_bytes);

void tbi_arena_free(struct tbi_arena *arena);

#endif
