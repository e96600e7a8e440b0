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

/* A line: mark, number, end. Writes at most 24 bytes at `at`; where the next ones go. */
char *tbi_resp_put(char *at, char mark, int64_t value);

/* Digits of a number; how many characters they are, at most 20. Writes up to 24 bytes. */
unsigned tbi_digits(char *out, int64_t value);

#endif
