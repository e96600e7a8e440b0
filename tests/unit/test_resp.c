/* The Redis protocol: every way in which bytes may come, and what is no request. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resp.h"

static struct tbi_request request;
static const char *error;
static size_t used;

static enum tbi_resp_result read_text(const char *text)
{
    return tbi_resp_read(text, strlen(text), &request, &used, &error);
}

static bool argument_is(uint32_t index, const char *text)
{
    return request.arguments[index].bytes == strlen(text) &&
           memcmp(request.arguments[index].text, text, strlen(text)) == 0;
}

Test(resp, a_request_cut_at_any_byte_waits_for_the_rest)
{
    static const char text[] = "*3\r\n$11\r\nTICKET.TAKE\r\n$4\r\nh\r\n1\r\n$0\r\n\r\n";

    for (size_t bytes = 0; bytes < sizeof text - 1; bytes++) {
        char *copy = malloc(bytes + 1); /* so that a byte too far is found */
        memcpy(copy, text, bytes);
        cr_assert(tbi_resp_read(copy, bytes, &request, &used, &error) == TBI_RESP_MORE, "%zu",
                  bytes);
        free(copy);
    }
    cr_assert(read_text(text) == TBI_RESP_GOOD && used == sizeof text - 1);
    cr_assert(request.count == 3 && argument_is(0, "TICKET.TAKE") && argument_is(1, "h\r\n1"));
    cr_assert(argument_is(2, ""));
}

Test(resp, requests_one_behind_the_other_are_taken_one_by_one)
{
    static const char text[] = "*1\r\n$4\r\nPING\r\nPING\r\n*0\r\n\r\n";
    const char *at = text;

    for (int i = 0; i < 2; i++, at += used)
        cr_assert(read_text(at) == TBI_RESP_GOOD && request.count == 1 && argument_is(0, "PING"));
    for (int i = 0; i < 2; i++, at += used)
        cr_assert(read_text(at) == TBI_RESP_GOOD && request.count == 0);
    cr_assert(*at == 0);
}

Test(resp, an_argument_of_any_length_comes_as_it_was_sent)
{
    char text[2200], argument[2048];

    memset(argument, 'a', sizeof argument);
    for (size_t length = 0; length < sizeof argument - 1; length += length < 130 ? 1 : 61) {
        const int head = sprintf(text, "*2\r\n$%zu\r\n", length);
        memcpy(text + head, argument, length);
        const size_t bytes = (size_t)head + length + (size_t)sprintf(text + head + length,
                                                                     "\r\n$1\r\nb\r\n");
        char *copy = malloc(bytes);
        memcpy(copy, text, bytes);
        cr_assert(tbi_resp_read(copy, bytes, &request, &used, &error) == TBI_RESP_GOOD, "%zu",
                  length);
        cr_assert(used == bytes && request.count == 2, "%zu", length);
        cr_assert_eq(request.arguments[0].bytes, length);
        cr_assert(request.arguments[0].text == copy + head && argument_is(1, "b"));
        free(copy);
    }
}

/* Each byte of the frame in turn is each other byte: no request, or the length says so. */
Test(resp, an_argument_with_any_byte_wrong_is_not_taken)
{
    static const char good[] = "*1\r\n$2\r\nab\r\n", two[] = "*1\r\n$12\r\nabcdefghijkl\r\n";

    for (int which = 0; which < 2; which++)
        for (size_t at = 4, head = 8 + (size_t)which; at < strlen(which ? two : good); at++)
            for (int c = 0; c < 256; c++) {
                char text[32];
                const size_t bytes = strlen(which ? two : good);
                memcpy(text, which ? two : good, bytes);
                if ((at >= head && at < bytes - 2) || text[at] == (char)c)
                    continue;
                text[at] = (char)c;
                cr_assert(tbi_resp_read(text, bytes, &request, &used, &error) != TBI_RESP_GOOD,
                          "byte %zu is %d", at, c);
            }
}

Test(resp, inline_requests_have_blanks_and_quotes)
{
    cr_assert(read_text("  HALL.WAIT \t \"a b\" 7\r\n") == TBI_RESP_GOOD && request.count == 3);
    cr_assert(argument_is(0, "HALL.WAIT") && argument_is(1, "a b") && argument_is(2, "7"));
    cr_assert(read_text("PING\n") == TBI_RESP_GOOD && request.count == 1);
    cr_assert(read_text("PING") == TBI_RESP_MORE);
    cr_assert(read_text("ECHO \"open\n") == TBI_RESP_BAD && strstr(error, "quote"));
}

Test(resp, what_is_no_request_is_named)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"*x\r\n", "array's length"},
        {"*1x\r\n", "array's length"},
        {"*65\r\n", "too many arguments"},
        {"*1\r\n:4\r\n", "expected '$'"},
        {"*1\r\n$-1\r\n", "argument's length"},
        {"*1\r\n$70000\r\n", "too long"},
        {"*1\r\n$2\r\nabcd", "longer than its length"},
        {"*99999999999\r\n", "array's length"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert(read_text(bad[i].text) == TBI_RESP_BAD, "%s", bad[i].text);
        cr_assert(strstr(error, bad[i].says), "%s: %s", bad[i].text, error);
    }
}

Test(resp, a_line_without_an_end_is_not_waited_for_for_ever)
{
    static char text[TBI_REQUEST_MAX + 2];

    memset(text, 'a', sizeof text);
    cr_assert(tbi_resp_read(text, 1000, &request, &used, &error) == TBI_RESP_MORE);
    cr_assert(tbi_resp_read(text, sizeof text, &request, &used, &error) == TBI_RESP_BAD);
}

Test(resp, a_word_with_a_zero_byte_in_it_is_another_word)
{
    char *word = strdup("PING"); /* so that a byte too far is found */

    cr_assert(tbi_argument_is(&(struct tbi_argument){"pInG", 4}, word));
    cr_assert(!tbi_argument_is(&(struct tbi_argument){"PIN", 3}, word));
    cr_assert(!tbi_argument_is(&(struct tbi_argument){"PING\0\0\0\0\0\0\0\0\0", 13}, word));
    cr_assert(!tbi_argument_is(&(struct tbi_argument){"", 0}, word));
    free(word);
}

Test(resp, integers_are_whole_and_in_range)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } rows[] = {{"0", true, 0},
                {"-5", true, -5},
                {"", false, 0},
                {"-", false, 0},
                {"1x", false, 0},
                {"9223372036854775807", true, INT64_MAX},
                {"9223372036854775808", false, 0},
                {" 1", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tbi_argument a = {rows[i].text, (uint32_t)strlen(rows[i].text)};
        int64_t value = 0;
        cr_assert(tbi_argument_integer(&a, &value) == rows[i].good, "'%s'", rows[i].text);
        cr_assert(!rows[i].good || value == rows[i].value);
    }
}

Test(resp, both_versions_are_written_as_the_protocol_says)
{
    struct tbi_bytes out = {0};

    tbi_resp_map(&out, 3, 1), tbi_resp_string(&out, "k"), tbi_resp_integer(&out, INT64_MIN);
    tbi_resp_map(&out, 2, 1), tbi_resp_null(&out, 2), tbi_resp_null(&out, 3);
    tbi_resp_push(&out, 3, 0), tbi_resp_push(&out, 2, 0), tbi_resp_array(&out, 12);
    tbi_resp_status(&out, "OK"), tbi_resp_error(&out, "ERR", "no");
    static const char wanted[] = "%1\r\n$1\r\nk\r\n:-9223372036854775808\r\n*2\r\n$-1\r\n_\r\n"
                                 ">0\r\n*0\r\n*12\r\n+OK\r\n-ERR no\r\n";
    cr_assert(out.size == sizeof wanted - 1 && memcmp(out.data, wanted, out.size) == 0, "%.*s",
              (int)out.size, out.data);
    tbi_bytes_free(&out);
}
