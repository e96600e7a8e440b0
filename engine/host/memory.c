/* memory.c: where cities and engines live.
 *
 * jemalloc does it all. A block of 2 MiB or more begins at a multiple of 2 MiB and has
 * whole huge pages to itself: such an extent comes straight from the kernel, so that one
 * madvise makes huge pages of it. An engine has an arena of its own, which ends as one.
 * Nothing is allocated after an engine is made, except copies for twins that fell behind.
 *
 * Source of the flags: jemalloc(3), madvise(2). */
#define _GNU_SOURCE /* madvise */
#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* Memory for a city's block. */
static struct tb_city *block_new(size_t bytes)
{
    if (bytes < HUGE_PAGE_BYTES) {
        return mallocx(bytes, MALLOCX_ALIGN(TB_CITY_ALIGN));
    }
    bytes = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *block = mallocx(bytes, MALLOCX_ALIGN(HUGE_PAGE_BYTES) | MALLOCX_TCACHE_NONE);
    if (block != NULL) {
        madvise(block, bytes, MADV_HUGEPAGE); /* a kernel without them gives small ones */
    }
    return block;
}

struct tb_city *tb_city_create(const struct tb_config *config, enum tb_status *status)
{
    size_t bytes = tb_city_bytes(config);
    struct tb_city *city;

    *status = TB_STATUS_CONFIG_INVALID;
    if (bytes == 0) {
        return NULL;
    }
    city = block_new(bytes);
    *status = city == NULL ? TB_STATUS_OK : tb_city_init(city, bytes, config);
    if (city != NULL && *status != TB_STATUS_OK) {
        tb_city_destroy(city);
        city = NULL;
    }
    return city;
}

struct tb_city *tb_city_clone(const struct tb_city *city)
{
    const size_t bytes = sallocx(city, 0);
    struct tb_city *clone = block_new(bytes);
    if (clone != NULL) {
        const enum tb_status status = tb_city_copy(clone, bytes, city);
        tb_assert(status == TB_STATUS_OK);
    }
    return clone;
}

void tb_city_populate(struct tb_city *city)
{
    volatile unsigned char *byte = (volatile unsigned char *)city;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t i = 0; i < sallocx(city, 0); i += page) {
        byte[i] = byte[i]; /* a read alone would map the one page of zeroes */
    }
}

void tb_city_destroy(struct tb_city *city)
{
    if (city != NULL) {
        dallocx(city, MALLOCX_TCACHE_NONE);
    }
}

bool tbi_arena_create(struct tbi_arena *arena)
{
    size_t bytes = sizeof arena->index;

    *arena = (struct tbi_arena){0};
    return mallctl("arenas.create", &arena->index, &bytes, NULL, 0) == 0;
}

void *tbi_arena_new(struct tbi_arena *arena, size_t bytes)
{
    int flags = MALLOCX_ARENA(arena->index) | MALLOCX_TCACHE_NONE | MALLOCX_ZERO |
                MALLOCX_ALIGN(TBI_LINE_BYTES);
    void *memory = mallocx(bytes, flags);

    arena->failed |= memory == NULL;
    return memory;
}

void tbi_arena_destroy(struct tbi_arena *arena)
{
    char name[32];
    int error;

    snprintf(name, sizeof name, "arena.%u.destroy", arena->index);
    error = mallctl(name, NULL, NULL, NULL, 0);
    tb_assert(error == 0);
}
