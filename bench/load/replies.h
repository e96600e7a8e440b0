/* replies.h: counts RESP replies in a stream of bytes, and nothing more.
 *
 * The bytes come in pieces as the kernel received them and are never copied; what is left between
 * two pieces is how much of a reply is still to come. Both versions of the protocol, without the
 * streamed types of version 3. A piece must be readable for REPLIES_SLACK bytes beyond its end.
 * Threads: one a stream. */
#ifndef LOAD_REPLIES_H
#define LOAD_REPLIES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { REPLIES_SLACK = 16, REPLIES_LINE = 200 };

struct replies {
    uint64_t items;          /* values to come until the reply is whole; 0: between two */
    uint64_t skip;           /* bytes of a bulk string to come, with its end */
    uint64_t count, errors;  /* whole replies; those of them that are errors */
    uint32_t line_bytes;     /* of a line that a piece has cut */
    char line[REPLIES_LINE]; /* that line; of a longer one its beginning */
};

/* The newline at or after `at`; `end`: there is none. */
static inline const char *replies_newline(const char *at, const char *end)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)at);
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));

    if (found != 0) {
        at += __builtin_ctz((unsigned)found);
        return at < end ? at : end;
    }
    if (end - at <= 16)
        return end;
    at = memchr(at + 16, '\n', (size_t)(end - at - 16));
    return at ? at : end;
}

/* The number behind a line's mark. */
static inline int64_t replies_number(const char *at)
{
    const int negative = *at == '-';
    int64_t number = 0;

    for (at += negative; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    return negative ? -number : number;
}

/* One whole line. */
static inline void replies_line(struct replies *r, const char *line)
{
    int64_t number;

    if (r->items == 0) {
        r->items = 1;
        r->errors += *line == '-';
    }
    r->items--;
    switch (*line) {
    case '$':
        number = replies_number(line + 1);
        r->skip = number < 0 ? 0 : (uint64_t)number + 2;
        break;
    case '*':
    case '~':
    case '>':
        number = replies_number(line + 1);
        r->items += number > 0 ? (uint64_t)number : 0;
        break;
    case '%':
        r->items += 2 * (uint64_t)replies_number(line + 1);
        break;
    default:
        break;
    }
    r->count += r->items == 0 && r->skip == 0;
}

/* The line that the last piece cut goes on at `at`; where the rest of this piece begins. */
static inline const char *replies_join(struct replies *r, const char *at, const char *end)
{
    const char *newline = replies_newline(at, end);
    const size_t room = REPLIES_LINE - 1 - r->line_bytes, bytes = (size_t)(newline - at);

    memcpy(r->line + r->line_bytes, at, bytes < room ? bytes : room);
    r->line_bytes += (uint32_t)(bytes < room ? bytes : room);
    if (newline == end)
        return end;
    r->line[r->line_bytes] = 0;
    r->line_bytes = 0;
    replies_line(r, r->line);
    return newline + 1;
}

static inline void replies_take(struct replies *r, const char *at, size_t bytes)
{
    const char *end = at + bytes;

    if (r->line_bytes > 0 && bytes > 0)
        at = replies_join(r, at, end);
    while (at < end) {
        if (r->skip > 0) {
            const uint64_t here = (uint64_t)(end - at) < r->skip ? (uint64_t)(end - at) : r->skip;
            at += here;
            r->skip -= here;
            r->count += r->skip == 0 && r->items == 0;
            continue;
        }
        const char *newline = replies_newline(at, end);
        if (newline == end) {
            at = replies_join(r, at, end);
            continue;
        }
        replies_line(r, at);
        at = newline + 1;
    }
}

#endif
