/* bytes.h: a growing run of bytes; what a connection sends, or has received in part.
 *
 * Owner: whoever holds it; tbi_bytes_free. Out of memory stops the program. Threads: one. */
#ifndef TBI_NET_BYTES_H
#define TBI_NET_BYTES_H

#include <stdlib.h>
#include <string.h>

#include "tongban/base.h"

struct tbi_bytes {
    char *data;
    size_t size, room;
};

void tbi_bytes_grow(struct tbi_bytes *bytes, size_t more); /* cold */

/* Room for `more` bytes at the end; the caller writes there and adds to size. */
static inline char *tbi_bytes_reserve(struct tbi_bytes *bytes, size_t more)
{
    if (bytes->room - bytes->size < more)
        tbi_bytes_grow(bytes, more);
    return bytes->data + bytes->size;
}

static inline void tbi_bytes_add(struct tbi_bytes *bytes, const void *from, size_t count)
{
    memcpy(tbi_bytes_reserve(bytes, count), from, count);
    bytes->size += count;
}

static inline void tbi_bytes_text(struct tbi_bytes *bytes, const char *text)
{
    tbi_bytes_add(bytes, text, strlen(text));
}

static inline void tbi_bytes_free(struct tbi_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct tbi_bytes){0};
}

#endif
