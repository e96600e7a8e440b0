#include "resp.h"

#include <strings.h>

void tbi_bytes_grow(struct tbi_bytes *bytes, size_t more)
{
    size_t room = bytes->room ? bytes->room : 512;

    while (room - bytes->size < more)
        room *= 2;
    bytes->data = realloc(bytes->data, room);
    tb_assert(bytes->data != NULL);
    bytes->room = room;
}

/* ---- reading ---- */

/* A line "<mark>NUMBER\r\n" at `at`. */
static enum tbi_resp_result number_read(const char *data, size_t bytes, size_t *at, int64_t *value)
{
    size_t i = *at + 1;
    int64_t number = 0;
    const bool negative = i < bytes && data[i] == '-';

    i += negative;
    const size_t digits = i;
    for (; i < bytes && data[i] >= '0' && data[i] <= '9'; i++) {
        if (i - digits > 9)
            return TBI_RESP_BAD;
        number = number * 10 + (data[i] - '0');
    }
    if (i + 1 >= bytes)
        return i < bytes && data[i] != '\r' ? TBI_RESP_BAD : TBI_RESP_MORE;
    if (i == digits || data[i] != '\r' || data[i + 1] != '\n')
        return TBI_RESP_BAD;
    *value = negative ? -number : number;
    *at = i + 2;
    return TBI_RESP_GOOD;
}

/* The same, as nearly all lengths are written: one or two digits. 0: otherwise. */
static inline size_t short_read(const char *at, size_t bytes, int64_t *value)
{
    uint16_t end;

    if (bytes < 5)
        return 0;
    const unsigned first = (unsigned char)at[1] - '0', second = (unsigned char)at[2] - '0';
    const size_t two = second <= 9;
    memcpy(&end, at + 2 + two, sizeof end);
    *value = two ? first * 10 + second : first;
    return first <= 9 && end == ('\r' | '\n' << 8) ? 4 + two : 0;
}

static inline enum tbi_resp_result length_read(const char *data, size_t bytes, size_t *at,
                                               int64_t *value)
{
    const size_t used = short_read(data + *at, bytes - *at, value);

    *at += used;
    return used ? TBI_RESP_GOOD : number_read(data, bytes, at, value);
}

/* The length of an argument and its end are good, or why not. */
static enum tbi_resp_result argument_judge(size_t bytes, size_t at, int64_t size,
                                           const char **error)
{
    if (size < 0) {
        *error = "an argument's length is wrong";
        return TBI_RESP_BAD;
    }
    if (size > TBI_REQUEST_MAX || at + (size_t)size + 2 > TBI_REQUEST_MAX) {
        *error = "the request is too long, 64 KiB are allowed";
        return TBI_RESP_BAD;
    }
    if (bytes - at < (size_t)size + 2)
        return TBI_RESP_MORE;
    *error = "an argument is longer than its length says";
    return TBI_RESP_BAD;
}

/* Four characters at once. */
#define FOUR(a, b, c, d) ((uint32_t)((a) | (b) << 8 | (c) << 16 | (d) << 24))

/* A whole argument as nearly all are written: "$", one or two digits, its bytes. How many bytes all
 * of it is; 0: otherwise, or not here yet. */
static inline size_t plain_read(const char *at, size_t bytes, struct tbi_argument *argument)
{
    uint32_t one, two, size;
    uint16_t end;

    if (bytes < 6)
        return 0;
    memcpy(&one, at, sizeof one);
    memcpy(&two, at + 1, sizeof two);
    one -= FOUR('$', '0', '\r', '\n');
    two -= FOUR('0', '0', '\r', '\n');
    size = one >> 8 | one << 24; /* the digit, where all else is as it should be */
    size_t head = 4;
    if (size > 9) {
        if (*at != '$' || (two & ~0x0f0fu) != 0 || (two & 0xff) > 9 || two >> 8 > 9)
            return 0;
        size = (two & 0xff) * 10 + (two >> 8);
        head = 5;
    }
    if (head + size + 2 > bytes)
        return 0;
    memcpy(&end, at + head + size, sizeof end);
    argument->text = at + head;
    argument->bytes = size;
    return end == ('\r' | '\n' << 8) ? head + size + 2 : 0;
}

static enum tbi_resp_result array_read(const char *data, size_t bytes, struct tbi_request *request,
                                       size_t *used, const char **error)
{
    size_t at = 0;
    int64_t count, size;
    enum tbi_resp_result result = length_read(data, bytes, &at, &count);

    *error = "an array's length is wrong";
    if (result != TBI_RESP_GOOD)
        return result;
    if (count > TBI_ARGUMENTS_MAX) {
        *error = "too many arguments, 64 are allowed";
        return TBI_RESP_BAD;
    }
    for (int64_t i = 0; i < count; i++) {
        const size_t plain = plain_read(data + at, bytes - at, &request->arguments[i]);
        if (plain != 0) {
            at += plain;
            continue;
        }
        if (at >= bytes)
            return TBI_RESP_MORE;
        if (data[at] != '$') {
            *error = "expected '$' before an argument";
            return TBI_RESP_BAD;
        }
        *error = "an argument's length is wrong";
        result = length_read(data, bytes, &at, &size);
        if (result != TBI_RESP_GOOD)
            return result;
        const size_t end = at + (size_t)size;
        if (size < 0 || end + 2 > TBI_REQUEST_MAX || end + 2 > bytes || data[end] != '\r' ||
            data[end + 1] != '\n')
            return argument_judge(bytes, at, size, error);
        request->arguments[i] = (struct tbi_argument){data + at, (uint32_t)size};
        at = end + 2;
    }
    request->count = count > 0 ? (uint32_t)count : 0;
    *used = at;
    return TBI_RESP_GOOD;
}

static enum tbi_resp_result inline_read(const char *data, size_t bytes, struct tbi_request *request,
                                        size_t *used, const char **error)
{
    const char *end = memchr(data, '\n', bytes);
    const char *at = data;

    if (end == NULL) {
        *error = "the line is too long, 64 KiB are allowed";
        return bytes > TBI_REQUEST_MAX ? TBI_RESP_BAD : TBI_RESP_MORE;
    }
    *used = (size_t)(end - data) + 1;
    if (end > data && end[-1] == '\r')
        end--;
    request->count = 0;
    while (at < end) {
        if (*at == ' ' || *at == '\t') {
            at++;
            continue;
        }
        if (request->count == TBI_ARGUMENTS_MAX) {
            *error = "too many arguments, 64 are allowed";
            return TBI_RESP_BAD;
        }
        const bool quoted = *at == '"';
        const char *first = at + quoted;
        for (at = first; at < end && (quoted ? *at != '"' : *at != ' ' && *at != '\t'); at++)
            ;
        if (quoted && at == end) {
            *error = "a quote is not closed";
            return TBI_RESP_BAD;
        }
        request->arguments[request->count++] = (struct tbi_argument){first, (uint32_t)(at - first)};
        at += quoted;
    }
    return TBI_RESP_GOOD;
}

enum tbi_resp_result tbi_resp_read(const char *data, size_t bytes, struct tbi_request *request,
                                   size_t *used, const char **error)
{
    if (bytes == 0)
        return TBI_RESP_MORE;
    return data[0] == '*' ? array_read(data, bytes, request, used, error)
                          : inline_read(data, bytes, request, used, error);
}

/* The word's length first: a 0 byte in the argument would end a comparison before its end. */
bool tbi_argument_is(const struct tbi_argument *argument, const char *word)
{
    return argument->bytes > 0 && ((argument->text[0] ^ word[0]) & 0xdf) == 0 &&
           strnlen(word, argument->bytes + 1) == argument->bytes &&
           strncasecmp(argument->text, word, argument->bytes) == 0;
}

bool tbi_argument_integer(const struct tbi_argument *argument, int64_t *value)
{
    const char *text = argument->text, *end = text + argument->bytes;
    const bool negative = text < end && *text == '-';
    int64_t number = 0;

    text += negative;
    if (text == end)
        return false;
    if (end - text <= 18) { /* too few digits to be too many */
        for (; text < end; text++) {
            const unsigned digit = (unsigned char)*text - '0';
            if (digit > 9)
                return false;
            number = number * 10 + digit;
        }
    }
    for (; text < end; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *text - '0', &number))
            return false;
    *value = negative ? -number : number;
    return true;
}

/* ---- writing ---- */

const uint64_t tbi_resp_counts[32] = {
#define TBI_COUNT(digits, power) ((uint64_t)(digits) << 32) - (power)
    /* For numbers from 2^i: their digits, or one more from the power of ten on that lies there. */
    1ull << 32,
    1ull << 32,
    1ull << 32,
    TBI_COUNT(2, 10),
    2ull << 32,
    2ull << 32,
    TBI_COUNT(3, 100),
    3ull << 32,
    3ull << 32,
    TBI_COUNT(4, 1000),
    4ull << 32,
    4ull << 32,
    4ull << 32,
    TBI_COUNT(5, 10000),
    5ull << 32,
    5ull << 32,
    TBI_COUNT(6, 100000),
    6ull << 32,
    6ull << 32,
    TBI_COUNT(7, 1000000),
    7ull << 32,
    7ull << 32,
    7ull << 32,
    TBI_COUNT(8, 10000000),
    8ull << 32,
    8ull << 32,
    TBI_COUNT(9, 100000000),
    9ull << 32,
    9ull << 32,
    TBI_COUNT(10, 1000000000),
    10ull << 32,
    10ull << 32,
#undef TBI_COUNT
};

unsigned tbi_digits(char *out, int64_t value)
{
    const uint64_t eight = 100000000;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value, text;
    char *at = out + (value < 0);

    out[0] = '-'; /* or the first digit */
    if (rest < eight)
        return (unsigned)(at - out) + tbi_digits_few(at, (uint32_t)rest);
    const uint64_t high = rest / eight;
    if (high < eight) {
        at += tbi_digits_few(at, (uint32_t)high);
    } else {
        at += tbi_digits_few(at, (uint32_t)(high / eight));
        text = tbi_digits_eight((uint32_t)(high % eight));
        memcpy(at, &text, sizeof text);
        at += 8;
    }
    text = tbi_digits_eight((uint32_t)(rest % eight));
    memcpy(at, &text, sizeof text);
    return (unsigned)(at - out) + 8;
}

static void line(struct tbi_bytes *out, char mark, int64_t value)
{
    char *at = tbi_bytes_reserve(out, 26);

    out->size += (size_t)(tbi_resp_put(at, mark, value) - at);
}

void tbi_resp_status(struct tbi_bytes *out, const char *text)
{
    tbi_bytes_add(out, "+", 1);
    tbi_bytes_text(out, text);
    tbi_bytes_add(out, "\r\n", 2);
}

void tbi_resp_error(struct tbi_bytes *out, const char *code, const char *text)
{
    tbi_bytes_add(out, "-", 1);
    tbi_bytes_text(out, code);
    tbi_bytes_add(out, " ", 1);
    tbi_bytes_text(out, text);
    tbi_bytes_add(out, "\r\n", 2);
}

void tbi_resp_integer(struct tbi_bytes *out, int64_t value)
{
    line(out, ':', value);
}

void tbi_resp_bulk(struct tbi_bytes *out, const char *text, size_t bytes)
{
    tbi_bytes_reserve(out, bytes + 32);
    line(out, '$', (int64_t)bytes);
    char *at = out->data + out->size;

    memcpy(at, text, bytes);
    memcpy(at + bytes, "\r\n", 2);
    out->size += bytes + 2;
}

void tbi_resp_string(struct tbi_bytes *out, const char *text)
{
    tbi_resp_bulk(out, text, strlen(text));
}

void tbi_resp_null(struct tbi_bytes *out, int version)
{
    tbi_bytes_text(out, version >= 3 ? "_\r\n" : "$-1\r\n");
}

void tbi_resp_array(struct tbi_bytes *out, uint64_t count)
{
    line(out, '*', (int64_t)count);
}

void tbi_resp_map(struct tbi_bytes *out, int version, uint64_t pairs)
{
    if (version >= 3)
        line(out, '%', (int64_t)pairs);
    else
        line(out, '*', (int64_t)(2 * pairs));
}

void tbi_resp_push(struct tbi_bytes *out, int version, uint64_t count)
{
    line(out, version >= 3 ? '>' : '*', (int64_t)count);
}
