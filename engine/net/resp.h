/* resp.h: the Redis serialisation protocol, both ways.
 *
 * Reading: tbi_resp_read looks at the bytes received so far and gives one request, whose arguments
 * point into them, or says that more are needed. Arrays of bulk strings and inline commands (for
 * telnet, with blanks between arguments and "quotes") are understood. Limits: ARGUMENTS_MAX
 * arguments, TBI_REQUEST_MAX bytes a request.
 *
 * Writing: version 2 and 3 of the protocol differ in maps, pushes, nulls; each function takes the
 * version where it matters.
 *
 * Threads: pure, but for the bytes given. Source: the RESP specification of redis.io. */
#ifndef TBI_NET_RESP_H
#define TBI_NET_RESP_H

#include "bytes.h"

enum { TBI_ARGUMENTS_MAX = 64, TBI_REQUEST_MAX = 65536 };

struct tbi_argument {
    const char *text; /* no 0 at its end */
    uint32_t bytes;
};

struct tbi_request {
    uint32_t count; /* 0: an empty line, nothing to do */
    struct tbi_argument arguments[TBI_ARGUMENTS_MAX];
};

enum tbi_resp_result { TBI_RESP_GOOD, TBI_RESP_MORE, TBI_RESP_BAD };

/* GOOD: *used bytes are the request's. BAD: *error says what is wrong; the connection can't go on,
 * since nobody knows where the next request begins. */
enum tbi_resp_result tbi_resp_read(const char *data, size_t bytes, struct tbi_request *request,
                                   size_t *used, const char **error);

bool tbi_argument_is(const struct tbi_argument *argument, const char *word); /* in any case */
bool tbi_argument_integer(const struct tbi_argument *argument, int64_t *value);

void tbi_resp_status(struct tbi_bytes *out, const char *text);
void tbi_resp_error(struct tbi_bytes *out, const char *code, const char *text);
void tbi_resp_integer(struct tbi_bytes *out, int64_t value);
void tbi_resp_bulk(struct tbi_bytes *out, const char *text, size_t bytes);
void tbi_resp_string(struct tbi_bytes *out, const char *text);
void tbi_resp_null(struct tbi_bytes *out, int version);
void tbi_resp_array(struct tbi_bytes *out, uint64_t count);
void tbi_resp_map(struct tbi_bytes *out, int version, uint64_t pairs);
void tbi_resp_push(struct tbi_bytes *out, int version, uint64_t count);

/* Digits of a number; how many characters they are, at most 20. Writes up to 24 bytes. */
unsigned tbi_digits(char *out, int64_t value);

/* The eight decimal digits of a number below 10^8 as characters, the first in the lowest byte: cut
 * in halves three times, all parts of a word at once. */
static inline uint64_t tbi_digits_eight(uint32_t value)
{
    const uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007fu; /* / 100 */
    const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000fu; /* / 10 */

    return (tens | (twos - tens * 10) << 8) + 0x3030303030303030u;
}

extern const uint64_t tbi_resp_counts[32]; /* see Lemire, "Computing the number of digits", 2021 */

/* The digits of a number below 10^8, and how many they are; writes eight bytes. The count does not
 * wait for the digits: where the next number goes is known while these are still worked out. */
static inline unsigned tbi_digits_few(char *out, uint32_t value)
{
    const unsigned count =
        (unsigned)((value + tbi_resp_counts[31 - __builtin_clz(value | 1)]) >> 32);
    const uint64_t text = tbi_digits_eight(value) >> 8 * (8 - count);

    memcpy(out, &text, sizeof text);
    return count;
}

/* A line: mark, number, end. Writes at most 26 bytes at `at`; where the next ones go. */
static inline char *tbi_resp_put(char *at, char mark, int64_t value)
{
    at[0] = mark;
    if ((uint64_t)value < 10) {
        at[1] = (char)('0' + value);
        memcpy(at + 2, "\r\n", 2);
        return at + 4;
    }
    const unsigned digits = (uint64_t)value < 100000000 ? tbi_digits_few(at + 1, (uint32_t)value)
                                                        : tbi_digits(at + 1, value);
    memcpy(at + 1 + digits, "\r\n", 2);
    return at + 3 + digits;
}

#endif
