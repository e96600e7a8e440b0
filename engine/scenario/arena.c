#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024, ALIGN = 16 };

struct tbi_arena_chunk {
    struct tbi_arena_chunk *older;
    size_t used, bytes;
    _Alignas(ALIGN) char memory[];
};

void *tbi_arena_take(struct tbi_arena *arena, size_t bytes)
{
    struct tbi_arena_chunk *chunk = arena->chunks;

    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (chunk == NULL || chunk->bytes - chunk->used < bytes) {
        const size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

        chunk = calloc(1, sizeof *chunk + room);
        tb_assert(chunk != NULL);
        chunk->bytes = room;
        chunk->older = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->memory + chunk->used;
    chunk->used += bytes;
    return memory;
}

char *tbi_arena_text(struct tbi_arena *arena, const char *text, size_t bytes)
{
    char *copy = tbi_arena_take(arena, bytes + 1);

    if (bytes > 0)
        memcpy(copy, text, bytes);
    return copy;
}

char *tbi_arena_format(struct tbi_arena *arena, const char *format, ...)
{
    va_list args, again;

    tb_assert(format != NULL);
    va_start(args, format);
    va_copy(again, args);
    const int bytes = vsnprintf(NULL, 0, format, args);
    tb_assert(bytes >= 0);
    char *text = tbi_arena_take(arena, (size_t)bytes + 1);
    vsnprintf(text, (size_t)bytes + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void *tbi_arena_grow(struct tbi_arena *arena, void *items, uint32_t count, uint32_t *capacity,
                     size_t item_bytes)
{
    if (count < *capacity)
        return items;
    const uint32_t more = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = tbi_arena_take(arena, more * item_bytes);
    if (count > 0)
        memcpy(grown, items, count * item_bytes);
    *capacity = more;
    return grown;
}

void tbi_arena_free(struct tbi_arena *arena)
{
    while (arena->chunks != NULL) {
        struct tbi_arena_chunk *older = arena->chunks->older;

        free(arena->chunks);
        arena->chunks = older;
    }
}
