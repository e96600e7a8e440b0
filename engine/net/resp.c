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
static size_t short_read(const char *at, size_t bytes, int64_t *value)
{
    if (bytes < 5)
        return 0;
    const unsigned first = (unsigned char)at[1] - '0', second = (unsigned char)at[2] - '0';
    if (first <= 9 && at[2] == '\r' && at[3] == '\n') {
        *value = first;
        return 4;
    }
    *value = first * 10 + second;
    return first <= 9 && second <= 9 && at[3] == '\r' && at[4] == '\n' ? 5 : 0;
}

static enum tbi_resp_result length_read(const char *data, size_t bytes, size_t *at, int64_t *value)
{
    const size_t used = short_read(data + *at, bytes - *at, value);

    *at += used;
    return used ? TBI_RESP_GOOD : number_read(data, bytes, at, value);
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
        if (size < 0)
            return TBI_RESP_BAD;
        if (size > TBI_REQUEST_MAX || at + (size_t)size + 2 > TBI_REQUEST_MAX) {
            *error = "the request is too long, 64 KiB are allowed";
            return TBI_RESP_BAD;
        }
        if (bytes - at < (size_t)size + 2)
            return TBI_RESP_MORE;
        if (data[at + (size_t)size] != '\r' || data[at + (size_t)size + 1] != '\n') {
            *error = "an argument is longer than its length says";
            return TBI_RESP_BAD;
        }
        request->arguments[i] = (struct tbi_argument){data + at, (uint32_t)size};
        at += (size_t)size + 2;
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
    for (; text < end; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *text - '0', &number))
            return false;
    *value = negative ? -number : number;
    return true;
}

/* ---- writing ---- */

/* The eight decimal digits of a number below 10^8, one a byte, the first in the lowest: cut in
 * halves three times, all parts of a word at once. */
static uint64_t eight_digits(uint32_t value)
{
    const uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007fu; /* / 100 */
    const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000fu; /* / 10 */

    return tens | (twos - tens * 10) << 8;
}

static const uint64_t zeros = 0x3030303030303030u; /* '0', eight times */

/* Without zeros in front. */
static unsigned digits_first(char *out, uint32_t value)
{
    const uint64_t digits = eight_digits(value);
    const unsigned none = (unsigned)__builtin_ctzll(digits | 1ull << 56) / 8;
    const uint64_t text = (digits + zeros) >> 8 * none;

    memcpy(out, &text, sizeof text);
    return 8 - none;
}

unsigned tbi_digits(char *out, int64_t value)
{
    const uint64_t eight = 100000000;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value, text;
    char *at = out + (value < 0);

    out[0] = '-'; /* or the first digit */
    if (rest < eight)
        return (unsigned)(at - out) + digits_first(at, (uint32_t)rest);
    const uint64_t high = rest / eight;
    if (high < eight) {
        at += digits_first(at, (uint32_t)high);
    } else {
        at += digits_first(at, (uint32_t)(high / eight));
        text = eight_digits((uint32_t)(high % eight)) + zeros;
        memcpy(at, &text, sizeof text);
        at += 8;
    }
    text = eight_digits((uint32_t)(rest % eight)) + zeros;
    memcpy(at, &text, sizeof text);
    return (unsigned)(at - out) + 8;
}

char *tbi_resp_put(char *at, char mark, int64_t value)
{
    unsigned digits;

    at[0] = mark;
    if ((uint64_t)value < 100) { /* nearly all lengths */
        at[1] = (char)('0' + value / 10);
        digits = 1 + (value >= 10);
        at[digits] = (char)('0' + value % 10);
    } else {
        digits = tbi_digits(at + 1, value);
    }
    memcpy(at + 1 + digits, "\r\n", 2);
    return at + 3 + digits;
}

static void line(struct tbi_bytes *out, char mark, int64_t value)
{
    char *at = tbi_bytes_reserve(out, 24);

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
