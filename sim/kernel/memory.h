/* memory.h: memory for the big arrays of a simulation.
 *
 * What is 2 MiB or larger gets whole huge pages to itself, where the kernel has them (madvise(2)):
 * a year's city and its statistics are tens of megabytes that are visited at random; with pages of
 * 4 KiB every other visit would miss the TLB, and each page would be faulted in by itself.
 *
 * Never NULL: out of memory stops the program. Threads: any. */
#ifndef TBS_KERNEL_MEMORY_H
#define TBS_KERNEL_MEMORY_H

#include <stddef.h>

/* `count` elements of `size` bytes on a cache line: all zero, or with anything in them. */
void *tbs_memory_zeroed(size_t count, size_t size);
void *tbs_memory_raw(size_t count, size_t size);

/* Gives it back. NULL is allowed. */
void tbs_memory_free(void *memory);

#endif
