#define _GNU_SOURCE /* madvise */
#include "kernel/memory.h"

#include <jemalloc/jemalloc.h>
#include <sys/mman.h>

#include "kernel/base.h"

enum { LINE_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20 };

/* An extent so large comes straight from the kernel, which has cleared it: jemalloc knows, and does
 * not touch it. */
static void *memory_new(size_t count, size_t size, int flags)
{
    size_t bytes;
    const bool fits = !__builtin_mul_overflow(count, size, &bytes);

    tbs_assert(fits);
    const size_t unit = bytes < HUGE_PAGE_BYTES ? LINE_BYTES : HUGE_PAGE_BYTES;
    bytes = (bytes + unit - 1) / unit * unit + (bytes == 0) * unit;
    flags |= MALLOCX_ALIGN(unit) | (unit == HUGE_PAGE_BYTES ? MALLOCX_TCACHE_NONE : 0);
    void *memory = mallocx(bytes, flags);
    tbs_assert(memory != NULL);
    if (unit == HUGE_PAGE_BYTES) {
        madvise(memory, bytes, MADV_HUGEPAGE); /* a kernel without them gives small ones */
    }
    return memory;
}

void *tbs_memory_zeroed(size_t count, size_t size)
{
    return memory_new(count, size, MALLOCX_ZERO);
}

void *tbs_memory_raw(size_t count, size_t size)
{
    return memory_new(count, size, 0);
}

void tbs_memory_free(void *memory)
{
    if (memory != NULL) {
        dallocx(memory, MALLOCX_TCACHE_NONE);
    }
}
