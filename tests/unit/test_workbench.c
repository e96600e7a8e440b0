/* The workbench: what it refuses, in JSON and over HTTP, and that it goes on afterwards; what its
 * figures mean. */
#define _GNU_SOURCE /* asprintf */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/http.h"

#define ONES "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
#define WINDOWS "\"windows\":[" ONES "," ONES "]"
#define SATURDAY "\"hall\":\"hall\",\"day\":\"saturday\""
#define FINE "{" SATURDAY "," WINDOWS "}"

static struct tb_scenario *scenario;
static struct tbs_web web;

static void setup(void)
{
    struct tb_scenario_problems problems = {0};

    scenario = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    cr_assert(scenario != NULL);
    web = (struct tbs_web){.folder = "sim/scenarios/teach-one-hall"};
    tbs_web_city_init(&web.city, scenario);
    tbs_job_init(&web.job, &web.city);
}

static void teardown(void)
{
    tbs_job_end(&web.job);
    tbs_web_city_end(&web.city);
    tb_scenario_free(scenario);
}

TestSuite(workbench, .init = setup, .fini = teardown);

/* ---- questions in JSON ----------------------------------------------------------------------- */

/* The status; every refusal is whole JSON that says why in both languages. */
static unsigned ask(const char *path, const char *body)
{
    struct tbs_web_reply reply;

    tbs_web_reply(&web, path, body, body != NULL ? strlen(body) : 0, &reply);
    if (reply.status != 200) {
        json_t *json = json_loadb(reply.bytes, reply.count, 0, NULL);
        const json_t *error = json_object_get(json, "error");
        cr_expect(json_string_length(json_object_get(error, "zh")) > 0, "%s", body);
        cr_expect(json_string_length(json_object_get(error, "en")) > 0, "%s", body);
        json_decref(json);
    }
    free(reply.bytes);
    return reply.status;
}

Test(workbench, malformed_questions_are_refused_with_a_reason)
{
    static const char *const bodies[] = {
        "", "{", "[]", "null", "7", "\"x\"", "{} {}", "{\"hall\":\"hall\",\"hall\":\"hall\"}",
        "{\"hall\":\"\\u0000\"}", "\xff\xfe", "{\"hall\":NaN}", "{}",
        "{\"hall\":7,\"day\":\"saturday\"," WINDOWS "}",
        "{\"hall\":\"nobody\",\"day\":\"saturday\"," WINDOWS "}",
        "{\"hall\":\"hall\",\"day\":\"someday\"," WINDOWS "}",
        "{\"hall\":\"hall\",\"day\":\"closed\"," WINDOWS "}",
        "{" SATURDAY "}",
        "{" SATURDAY ",\"windows\":[" ONES "]}",
        "{" SATURDAY ",\"windows\":[" ONES "," ONES ",1]}",
        "{" SATURDAY ",\"windows\":{}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":[]}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"surge\":\"much\"}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"surge\":1e300}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"surge\":-0.95}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"sick\":-1}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"sick\":1.5}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"sick\":4294967297}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"from\":30,\"to\":20}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"to\":49}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"closed\":\"hall\"}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"closed\":[\"nobody\"]}}",
        "{" SATURDAY "," WINDOWS ",\"whatif\":{\"closed\":[\"hall\"]}}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        cr_expect(ask("/api/evaluate", bodies[i]) == 400, "%s", bodies[i]);
    }
    cr_expect(ask("/api/evaluate", FINE) == 200);
}

Test(workbench, numbers_of_windows_are_whole_and_within_the_hall)
{
    static const char *const numbers[] = {"-1", "1.5", "5", "\"1\"", "null", "[1]", "1e2",
                                          "9223372036854775807"};
    char *body;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *row = "{" SATURDAY ",\"windows\":[" ONES "," ONES "]}";
        const size_t last = strlen(row) - 3;
        cr_assert(asprintf(&body, "%.*s%s]}", (int)last, row, numbers[i]) > 0);
        cr_expect(ask("/api/evaluate", body) == 400, "%s", numbers[i]);
        free(body);
    }
}

Test(workbench, other_questions_are_checked_too)
{
    cr_expect(ask("/api/compare", "{" SATURDAY "}") == 400);
    cr_expect(ask("/api/compare", "{" SATURDAY ",\"plans\":[1]}") == 400);
    cr_expect(ask("/api/compare", "{" SATURDAY ",\"plans\":[1,1,1,1,1,1,1]}") == 400);
    cr_expect(ask("/api/search", FINE) == 400, "a promise must be given");
    cr_expect(ask("/api/search", "{" SATURDAY "," WINDOWS ",\"share\":1.5}") == 400);
    cr_expect(ask("/api/plan.csv", "{}") == 400);
    cr_expect(ask("/api/plan.csv", "{\"changes\":[{}]}") == 400);
    cr_expect(ask("/api/roster.xlsx", "{\"changes\":[],\"from\":\"2022-01-01\"}") == 400);
    cr_expect(ask("/api/search/cancel", "{\"job\":-1}") == 200, "nothing to stop is no mistake");
}

Test(workbench, paths_and_methods)
{
    cr_expect(ask("/api/nothing", "{}") == 404);
    cr_expect(ask("/api/", NULL) == 404);
    cr_expect(ask("/api/evaluate", NULL) == 405);
    cr_expect(ask("/api/scenario", "{}") == 405);
    cr_expect(ask("/api/scenario", NULL) == 200);
}

/* ---- over HTTP ------------------------------------------------------------------------------- */

static uint16_t port;

/* Sends bytes as they are; the status of what comes back, 0 if the line is just closed. */
static unsigned exchange(const char *bytes, size_t count)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    unsigned status = 0;
    char reply[64] = {0};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    for (size_t at = 0; at < count;) {
        const ssize_t n = send(fd, bytes + at, count - at, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        at += (size_t)n;
    }
    shutdown(fd, SHUT_WR);
    for (size_t at = 0; at < sizeof reply - 1;) {
        const ssize_t n = recv(fd, reply + at, sizeof reply - 1 - at, 0);
        if (n <= 0) {
            break;
        }
        at += (size_t)n;
    }
    close(fd);
    sscanf(reply, "HTTP/1.1 %u", &status);
    return status;
}

/* `lines` are headers with CRLF; %u in them is the port. */
static unsigned request(const char *method, const char *path, const char *lines, const char *body)
{
    char headers[512], *text;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(headers, sizeof headers, lines, port, port);
#pragma GCC diagnostic pop
    const int count =
        asprintf(&text, "%s %s HTTP/1.1\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                 method, path, headers, strlen(body), body);
    cr_assert(count > 0);
    const unsigned status = exchange(text, (size_t)count);
    free(text);
    return status;
}

#define HOST "Host: 127.0.0.1:%u\r\n"
#define JSON "Content-Type: application/json\r\n"
#define OWN HOST "Origin: http://127.0.0.1:%u\r\n" JSON

Test(workbench, only_the_own_page_on_the_own_address_is_answered)
{
    static const struct {
        const char *method, *path, *lines, *body;
        unsigned status;
    } rows[] = {
        {"GET", "/", HOST, "", 200},
        {"GET", "/", "Host: localhost:%u\r\n", "", 200},
        {"HEAD", "/", HOST, "", 200},
        {"GET", "/api/scenario", HOST, "", 200},
        {"GET", "/none", HOST, "", 404},
        {"GET", "/../../etc/passwd", HOST, "", 404},
        /* A name that was made to point to this machine (DNS rebinding). */
        {"GET", "/api/scenario", "Host: evil.example:%u\r\n", "", 403},
        {"GET", "/api/scenario", "Host: 127.0.0.1.evil.example:%u\r\n", "", 403},
        {"GET", "/api/scenario", "Host: 127.0.0.1\r\n", "", 403},
        {"GET", "/api/scenario", "Host: \r\n", "", 403},
        {"POST", "/api/evaluate", "Host: evil.example:%u\r\nOrigin: http://evil.example:%u\r\n"
         JSON, FINE, 403},
        /* Another page of this browser that asks us (CSRF). */
        {"POST", "/api/evaluate", HOST "Origin: https://evil.example\r\n" JSON, FINE, 403},
        {"POST", "/api/evaluate", HOST "Origin: null\r\n" JSON, FINE, 403},
        {"POST", "/api/evaluate", HOST "Origin: http://127.0.0.1:1\r\n" JSON, FINE, 403},
        {"POST", "/api/evaluate", HOST JSON, FINE, 403},
        {"POST", "/api/evaluate", HOST "Origin: http://127.0.0.1:%u\r\n"
         "Content-Type: text/plain\r\n", FINE, 403},
        {"OPTIONS", "/api/evaluate", OWN, "", 405},
        {"DELETE", "/api/scenario", OWN, "", 405},
        {"PUT", "/", OWN, "x", 405},
        {"POST", "/", OWN, "{}", 404},
        {"GET", "/api/evaluate", HOST, "", 405},
        {"POST", "/api/scenario", OWN, "{}", 405},
        {"POST", "/api/evaluate", OWN, "{", 400},
        {"POST", "/api/evaluate", OWN, "", 400},
        {"GET", "/api/search/events?job=7", HOST, "", 404},
        {"GET", "/api/search/events?job=x", HOST, "", 404},
        {"GET", "/api/search/events", HOST, "", 404},
        {"POST", "/api/evaluate", OWN, FINE, 200},
    };
    char error[256];
    struct tbs_web_server *server = tbs_web_serve(&web, "127.0.0.1", 0, error);

    cr_assert(server != NULL, "%s", error);
    port = tbs_web_port(server);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const unsigned got = request(rows[i].method, rows[i].path, rows[i].lines, rows[i].body);
        cr_expect(got == rows[i].status, "%s %s with %s: %u, not %u", rows[i].method, rows[i].path,
                  rows[i].lines, got, rows[i].status);
    }
    tbs_web_stop(server);
}

Test(workbench, long_and_broken_requests_leave_it_standing)
{
    char error[256];
    struct tbs_web_server *server = tbs_web_serve(&web, "127.0.0.1", 0, error);
    char *huge = malloc((3 << 20) + 1);

    cr_assert(server != NULL, "%s", error);
    cr_assert(huge != NULL);
    port = tbs_web_port(server);
    memset(huge, '[', 3 << 20);
    huge[3 << 20] = '\0';
    cr_expect(request("POST", "/api/evaluate", OWN, huge) == 413);
    huge[100000] = '\0';
    cr_expect(request("POST", "/api/evaluate", OWN, huge) == 400, "a hundred thousand brackets");
    cr_expect(request("GET", huge, HOST, "") != 200);
    const char *broken[] = {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01", "GET / HT",
                            "GET / HTTP/1.1\r\n\r\n"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        cr_expect(exchange(broken[i], strlen(broken[i])) != 200, "%s", broken[i]);
    }
    cr_expect(request("POST", "/api/evaluate", OWN, FINE) == 200);
    tbs_web_stop(server);
    free(huge);
}

Test(workbench, it_listens_on_loopback_only)
{
    char error[256];
    struct tbs_web_server *server = tbs_web_serve(&web, "127.0.0.1", 0, error);
    struct sockaddr_in to = {.sin_family = AF_INET};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(server != NULL, "%s", error);
    /* Another address of this machine: a socket on 0.0.0.0 would answer there. */
    to.sin_port = htons(tbs_web_port(server));
    to.sin_addr.s_addr = htonl(0x7f000002);
    cr_expect(connect(fd, (struct sockaddr *)&to, sizeof to) != 0);
    close(fd);
    cr_expect(tbs_web_serve(&web, "somewhere", 0, error) == NULL);
    cr_expect(strlen(error) > 0);
    tbs_web_stop(server);
}

/* ---- the ruler ------------------------------------------------------------------------------- */

static struct tbs_web_question saturday(uint16_t windows)
{
    struct tbs_web_question q = {.hall = 0, .kind = 1};

    q.whatif.to = TBS_WEB_SLOTS;
    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        q.staffing.windows[k] = windows;
    }
    return q;
}

Test(workbench, a_difference_is_that_of_the_figures_shown)
{
    const struct tbs_web_question two = saturday(2), three = saturday(3);
    struct tbs_web_answer a, b;

    cr_assert(tbs_web_evaluate(&web.city, &two, &a) && tbs_web_evaluate(&web.city, &three, &b));
    const double shown[TBS_WEB_MEASURE_COUNT] = {
        b.result.day.within - a.result.day.within, b.result.day.left - a.result.day.left,
        b.result.day.wait_mean_s - a.result.day.wait_mean_s};
    for (int m = 0; m < TBS_WEB_MEASURE_COUNT; m++) {
        const struct tbs_web_difference d = tbs_web_compare(&a, &b, (enum tbs_web_measure)m);
        const struct tbs_web_difference none = tbs_web_compare(&a, &a, (enum tbs_web_measure)m);
        cr_expect_float_eq(d.value, shown[m], 1e-9 * (1 + fabs(shown[m])));
        cr_expect(d.half_width > 0 && d.half_width < fabs(d.value) && d.real, "a third window");
        cr_expect(none.value == 0 && !none.real, "no difference from itself");
    }
    /* The same citizens: the interval is narrower than that of two separate runs. */
    const struct tbs_web_difference within = tbs_web_compare(&a, &b, TBS_WEB_WITHIN);
    cr_expect(within.half_width < 1.96 * hypot(a.result.within_error, b.result.within_error));
    tbs_web_answer_free(&a);
    tbs_web_answer_free(&b);
}

static double within(const struct tbs_web_question *question)
{
    struct tbs_web_answer answer;

    cr_assert(tbs_web_evaluate(&web.city, question, &answer));
    tbs_web_answer_free(&answer);
    return answer.result.day.within;
}

Test(workbench, what_if_changes_what_it_says)
{
    struct tbs_web_question q = saturday(3);
    const double plain = within(&q);
    struct tbs_web_answer answer;

    q.whatif.surge = 0.3;
    cr_expect(within(&q) < plain, "more people");
    q = saturday(3);
    q.whatif.sick = 1;
    const struct tbs_web_question two = saturday(2);
    cr_expect(within(&q) == within(&two), "three windows, one sick, are two");
    q.whatif.sick = 9;
    const struct tbs_web_question one = saturday(1);
    cr_expect(within(&q) == within(&one), "one stays open");
    q = saturday(3);
    q.whatif.to = 24; /* noon: all people of the afternoon come in the morning */
    cr_assert(tbs_web_evaluate(&web.city, &q, &answer));
    cr_expect(answer.result.day.within < plain);
    cr_expect_float_eq(answer.window_hours, 3 * 3.5, 1e-9);
    for (uint32_t k = 24; k < TBS_WEB_SLOTS; k++) {
        cr_expect(!(answer.result.slots[k].visits > 0));
    }
    tbs_web_answer_free(&answer);
    q = saturday(3);
    q.whatif.from = 42; /* after closing time */
    cr_expect(!tbs_web_evaluate(&web.city, &q, &answer));
    q = saturday(3);
    q.whatif.closed[q.whatif.closed_count++] = 0;
    cr_expect(!tbs_web_evaluate(&web.city, &q, &answer));
}

Test(workbench, the_plan_is_that_of_tongban_plan)
{
    struct tbs_plan_options options;
    struct tbs_plan_hall found;
    struct tbs_web_question q = saturday(2);

    tbs_plan_options_init(&options, scenario);
    options.hall = 0;
    cr_assert(tbs_plan_days_find(scenario, "saturday", &options.days));
    struct tbs_plan *plan = tbs_plan_search(scenario, &options, NULL, NULL, NULL);
    cr_assert(tbs_web_search(&web.city, &q, options.share, NULL, NULL, NULL, &found));
    cr_expect(found.state == TBS_PLAN_KEPT && plan->halls[0].state == TBS_PLAN_KEPT);
    cr_expect(memcmp(&found.needs, &plan->halls[0].needs, sizeof found.needs) == 0);
    cr_expect_float_eq(found.hours, plan->halls[0].hours, 1e-9);
    tbs_plan_hall_clear(&found);
    /* With one sick each open half hour has one more planned, or all that there are. */
    q.whatif.sick = 1;
    cr_assert(tbs_web_search(&web.city, &q, options.share, NULL, NULL, NULL, &found));
    for (uint32_t k = 0; k < TBS_WEB_SLOTS && found.state == TBS_PLAN_KEPT; k++) {
        cr_expect(found.needs.windows[k] == 0 || found.needs.windows[k] >= 2);
    }
    tbs_plan_hall_clear(&found);
    tbs_plan_free(plan);
}
