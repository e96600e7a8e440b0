/* serve_hostile.c: clients that do not read, do not speak, speak nonsense, come in thousands or
 * guess, against a server on its socket. Each harms itself only, in the way that
 * engine/net/README.md states; a good client is answered all the while.
 *
 * --steps: references guessed, at most a million; up to 20,000 (sanitizers in make test) nobody is
 * silent, which takes its time. From 1,000,000 on (make stress): 10,000 connections instead of
 * 1,000, what all connections hold together, and the time to log in. */
#define _GNU_SOURCE /* memmem, POLLRDHUP */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/access.h"
#include "net/client.h"
#include "options.h"

enum {
    SHORT_STEPS = 20000,
    FULL_STEPS = 1000000,
    GUESSES_MAX = 1000000,
    PATTERNS = 60,
    WAIT_US = 60000000
};

static struct server server = {.scenario = "sim/scenarios/teach-one-hall"};

/* ---- a good client ---- */

static void fine(struct client *good)
{
    const char *answer = client_ask(good, "PING");

    if (answer == NULL || strcmp(answer, "+PONG\r\n") != 0)
        die("the good client hears: %s", answer ? answer : "nothing");
}

/* Nine o'clock of the first day. */
static void clock_begin(struct client *good)
{
    const char *answer = client_ask(good, "CLOCK.GET");
    const long day = answer != NULL ? strtol(answer + 1, NULL, 10) : 0;

    answer = client_ask(good, "CLOCK.SET %ld", day + 9 * 3600000000l);
    if (answer == NULL || *answer != ':')
        die("CLOCK.SET: %s", answer ? answer : "nothing");
}

static void take(struct client *client, const char *more, char ref[40])
{
    const char *answer = client_ask(client, "TICKET.TAKE hall 0 %s", more);

    if (answer == NULL || !answer_text(answer, "ref", ref, 40))
        die("TICKET.TAKE: %s", answer ? answer : "nothing");
}

/* Now with one thread, now with three. */
static void start(const char *const options[], struct client *good)
{
    server.threads ^= 2;
    server_start(&server, options);
    client_open(good, server.socket);
}

static void stop(struct client *good)
{
    client_close(good);
    const int status = server_stop(&server, SIGTERM);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("stopped with status %d", status);
}

/* Takes a number and gives it back: some events. */
static void happen(struct client *good)
{
    char ref[40];

    take(good, "", ref);
    if (client_ask(good, "TICKET.CANCEL %s", ref) == NULL)
        die("TICKET.CANCEL: nothing");
}

/* Reads what comes; closed by the server within the time? */
static bool is_closed(struct client *client, int64_t within_us)
{
    const int64_t until_us = now_us() + within_us;

    while (!client->gone && now_us() < until_us) {
        client_fill(client, 50);
        client->used = client->at = 0;
    }
    return client->gone;
}

/* ---- who does not read ---- */

static void subscriber_never_reads(struct client *good)
{
    const int64_t until_us = now_us() + WAIT_US;
    struct client slow;
    char line[64];

    client_open(&slow, server.socket);
    for (int i = 0; i < PATTERNS; i++) /* each is one more message for each event */
        client_send(&slow, line,
                    (size_t)snprintf(line, sizeof line, "PSUBSCRIBE [c%c]%s*\r\n", '0' + i, "ity"));
    while (!server_said(&server, "does not read what it is sent; closed with")) {
        for (int i = 0; i < 50; i++)
            happen(good);
        if (now_us() > until_us)
            die("a subscriber that never reads is kept");
    }
    if (!is_closed(&slow, WAIT_US))
        die("a subscriber that never reads is not closed");
    client_close(&slow);
    fine(good);
}

/* Asks for much and reads nothing of it. */
static void asker_never_reads(struct client *good)
{
    struct client slow;

    client_open(&slow, server.socket);
    for (int i = 0; i < 300; i++)
        client_send(&slow, "EVENTS.SINCE 0\r\nHALL.INFO hall\r\n", 32);
    fine(good);
    if (!is_closed(&slow, WAIT_US))
        die("a client that asks and never reads is not closed");
    client_close(&slow);
    fine(good);
}

static uint64_t server_kib(void)
{
    char path[64], line[256];
    unsigned long kib = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)server.pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %lu kB", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Each below its own bound, all together above the one for all. */
static void many_never_read(struct client *good)
{
    enum { SLOW = 64, ASKED = 4 };
    const uint64_t before_kib = server_kib();
    struct client slow[SLOW];
    int gone = 0;

    for (int i = 0; i < 5000; i++) /* 10,000 events and more: some 3 MB an answer */
        happen(good);
    for (int i = 0; i < SLOW; i++) {
        client_open(&slow[i], server.socket);
        for (int k = 0; k < ASKED; k++)
            client_send(&slow[i], "EVENTS.SINCE 0\r\n", 16);
        fine(good);
    }
    sleep(2);
    if (!server_said(&server, "while all together hold"))
        die("64 slow readers, %lu KiB held: none was dropped",
            (unsigned long)(server_kib() - before_kib));
    if (server_kib() - before_kib > 512 * 1024)
        die("slow readers hold %lu KiB", (unsigned long)(server_kib() - before_kib));
    for (int i = 0; i < SLOW; i++) {
        struct pollfd ends = {.fd = slow[i].fd, .events = POLLRDHUP};
        gone += poll(&ends, 1, 0) > 0;
        client_close(&slow[i]);
    }
    if (gone == 0 || gone == SLOW)
        die("%d of %d slow readers were dropped", gone, SLOW);
    fine(good);
}

/* ---- who does not speak ---- */

static void silent(struct client *good)
{
    struct client quiet, half, listener;

    client_open(&quiet, server.socket);
    client_open(&half, server.socket);
    client_open(&listener, server.socket);
    client_send(&half, "*2\r\n$4\r\nEC", 10);
    if (client_ask(&listener, "SUBSCRIBE hall:hall") == NULL)
        die("SUBSCRIBE: nothing");
    for (int i = 0; i < 6; i++) { /* looked at once a second */
        fine(good);
        usleep(500000);
    }
    if (!is_closed(&quiet, 1000) || !is_closed(&half, 1000))
        die("a silent connection is kept though --idle 1");
    if (is_closed(&listener, 1000))
        die("a listener was closed for its silence");
    client_close(&quiet);
    client_close(&half);
    client_close(&listener);
}

/* ---- who speaks nonsense ---- */

static const struct {
    const char *text, *want; /* want: the error's first words; the connection is closed behind it */
    size_t fill;             /* so many x behind the text */
} nonsense[] = {
    {"*65\r\n", "-ERR Protocol error: too many arguments", 0},
    {"*1000000000\r\n", "-ERR Protocol error: too many arguments", 0},
    {"*99999999999999999999\r\n", "-ERR Protocol error: an array", 0},
    {"*x\r\n", "-ERR Protocol error: an array", 0},
    {"*1\r\n:5\r\n", "-ERR Protocol error: expected '$'", 0},
    {"*1\r\n$-5\r\n", "-ERR Protocol error: an argument's length", 0},
    {"*1\r\n$65537\r\n", "-ERR Protocol error: the request is too long", 0},
    {"*1\r\n$2147483648\r\n", "-ERR Protocol error:", 0},
    {"*1\r\n$4\r\nPINGxx\r\n", "-ERR Protocol error: an argument is longer", 0},
    {"*2\r\n$40000\r\n", "-ERR Protocol error:", 70000},
    {"", "-ERR Protocol error: the line is too long", 70000},
    {"ECHO \"open\r\n", "-ERR Protocol error: a quote", 0},
};

static void nonsense_send(struct client *good)
{
    char fill[70001];

    memset(fill, 'x', sizeof fill);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        const int64_t until_us = now_us() + WAIT_US;
        struct client client;
        const char *answer;
        size_t bytes;

        client_open(&client, server.socket);
        client_send(&client, nonsense[i].text, strlen(nonsense[i].text));
        client_send(&client, fill, nonsense[i].fill);
        while ((answer = client_answer(&client, &bytes)) == NULL)
            if ((!client_fill(&client, 100) && client.gone) || now_us() > until_us)
                die("nonsense %zu: no answer", i);
        if (bytes < strlen(nonsense[i].want) ||
            memcmp(answer, nonsense[i].want, strlen(nonsense[i].want)) != 0)
            die("nonsense %zu: %.*s", i, (int)bytes, answer);
        if (!is_closed(&client, WAIT_US))
            die("nonsense %zu: not closed", i);
        client_close(&client);
    }
    fine(good);
}

/* Bytes at random, and good requests cut and bent at random. */
static void noise_send(struct client *good, uint64_t *state)
{
    static const char request[] = "*5\r\n$11\r\nTICKET.TAKE\r\n$4\r\nhall\r\n$1\r\n0\r\n$7\r\n"
                                  "REQUEST\r\n$3\r\nabc\r\nSUBSCRIBE hall:hall\r\nCOMMAND DOCS\r\n";

    for (int i = 0; i < 200; i++) {
        struct client client;
        char bytes[512];
        size_t count = 1 + random_next(state) % sizeof bytes;

        for (size_t k = 0; k < count; k++)
            bytes[k] = (char)random_next(state);
        if (i % 2 == 0) {
            count = 1 + random_next(state) % (sizeof request - 1);
            memcpy(bytes, request, count);
            for (int k = 0; k < 3; k++)
                bytes[random_next(state) % count] = (char)random_next(state);
        }
        client_open(&client, server.socket);
        client_send(&client, bytes, count);
        client_close(&client);
    }
    fine(good);
}

/* ---- a thousand at once ---- */

/* All are answered, all hear one event; one too many is told so. */
static void thousand(struct client *good, uint32_t count)
{
    struct client *clients = calloc(count, sizeof *clients), late;
    const int64_t begun_us = now_us();
    char ref[40];

    if (clients == NULL)
        die("no memory");
    for (uint32_t i = 0; i < count; i++)
        if (!client_open_tcp(&clients[i], server.port))
            die("connection %u: %s", i, strerror(errno));
    for (uint32_t i = 0; i < count; i++)
        client_send(&clients[i], "SUBSCRIBE hall:hall\r\n", 21);
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes;
        while (client_answer(&clients[i], &bytes) == NULL)
            if (!client_fill(&clients[i], WAIT_US / 1000))
                die("connection %u of %u hears nothing", i, count);
    }
    take(good, "", ref);
    for (uint32_t i = 0; i < count; i++) {
        const char *answer;
        size_t bytes;
        while ((answer = client_answer(&clients[i], &bytes)) == NULL)
            if (!client_fill(&clients[i], WAIT_US / 1000))
                die("connection %u of %u misses the event", i, count);
        if (memmem(answer, bytes, "\"event\":\"TAKEN\"", 15) == NULL)
            die("connection %u hears: %.*s", i, (int)bytes, answer);
    }
    if (!client_open_tcp(&late, server.port) || !client_fill(&late, WAIT_US / 1000) ||
        memcmp(late.in, "-ERR max number of clients", 26) != 0)
        die("connection %u is not told that it is one too many", count + 1);
    fine(good);
    client_close(&late);
    for (uint32_t i = 0; i < count; i++)
        client_close(&clients[i]);
    free(clients);
    printf("serve_hostile: %u connections taken and told in %ld ms\n", count,
           (long)((now_us() - begun_us) / 1000));
}

/* ---- who guesses ---- */

static const struct {
    const char *name, *role, *password;
} users[] = {{"kiosk1", "kiosk", "first-secret"},
             {"kiosk2", "kiosk", "second-secret"},
             {"screen", "monitor", "third-secret"},
             {"boss", "supervisor", "fourth-secret"}};

static void access_write(char path[96])
{
    char hash[TBI_ACCESS_HASH_MAX + 1];

    snprintf(path, 96, "%s/access", server.dir);
    FILE *file = fopen(path, "w");
    if (file == NULL || fchmod(fileno(file), 0600) != 0)
        die("%s: %s", path, strerror(errno));
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        if (!tbi_password_hash(users[i].password, strlen(users[i].password), hash))
            die("no hash");
        fprintf(file, "%s %s * %s\n", users[i].name, users[i].role, hash);
    }
    fclose(file);
}

static void login(struct client *client, int user)
{
    client_open(client, server.socket);
    const char *answer = client_ask(client, "AUTH %s %s", users[user].name, users[user].password);
    if (answer == NULL || strcmp(answer, "+OK\r\n") != 0)
        die("AUTH %s: %s", users[user].name, answer ? answer : "nothing");
}

/* The answer must not have this reference, nor any. */
static void hides(const char *who, const char *answer, const char *ref)
{
    if (answer == NULL || strstr(answer, ref) != NULL || strstr(answer, "\"ref\"") != NULL)
        die("%s sees: %.300s", who, answer ? answer : "nothing");
}

static void guess_print(char out[40], const char *own, const char *other, uint64_t *state)
{
    const uint64_t a = random_next(state), b = random_next(state);

    switch (a % 4) {
    case 0: /* the other's number, any sum */
        snprintf(out, 40, "%.16s%016lx", other, (unsigned long)b);
        break;
    case 1: /* the next numbers, with a sum that is good for another */
        snprintf(out, 40, "%016lx%s", strtoul(other, NULL, 16) / 65536 / 65536 + a % 1024,
                 own + 16);
        break;
    case 2: /* one bit of the own one */
        snprintf(out, 40, "%s", own);
        out[b % 32] ^= 1;
        break;
    case 3: /* anything */
        snprintf(out, 40, "%016lx%016lx", (unsigned long)a, (unsigned long)b);
        break;
    }
}

static void guess(struct client *thief, const char *own, const char *other, uint64_t guesses,
                  uint64_t *state)
{
    enum { AT_ONCE = 100 };
    static const char *const words[] = {"TICKET.INFO", "TICKET.CANCEL", "TICKET.PARK"};
    char text[40], line[80];

    for (uint64_t done = 0; done < guesses; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            guess_print(text, own, other, state);
            if (strcmp(text, own) == 0 || strcmp(text, other) == 0)
                strcpy(text, "1");
            client_send(thief, line,
                        (size_t)snprintf(line, sizeof line, "%s %s\r\n", words[i % 3], text));
        }
        for (int i = 0; i < AT_ONCE; i++) {
            const char *answer;
            size_t bytes;
            while ((answer = client_answer(thief, &bytes)) == NULL)
                if (!client_fill(thief, WAIT_US / 1000))
                    die("guessing: no answer");
            if (memcmp(answer, "-REF_INVALID", 12) != 0 && memcmp(answer, "-NOPERM", 7) != 0)
                die("a guess was good: %.*s", (int)bytes, answer);
        }
    }
}

static void guessing(uint64_t guesses, uint64_t *state)
{
    struct client owner, thief, screen, boss;
    char ref[40], own[40], again[40];
    const char *answer;

    login(&owner, 0);
    login(&thief, 1);
    login(&screen, 2);
    login(&boss, 3);
    clock_begin(&boss);
    if (client_ask(&thief, "SUBSCRIBE city") == NULL ||
        client_ask(&screen, "PSUBSCRIBE h*") == NULL)
        die("SUBSCRIBE: nothing");
    take(&owner, "CITIZEN me REQUEST r1", ref);
    for (int i = 0; i < 2; i++) { /* what is pushed to them */
        struct client *listener = i == 0 ? &thief : &screen;
        size_t bytes;
        char text[1024];
        while ((answer = client_answer(listener, &bytes)) == NULL)
            if (!client_fill(listener, WAIT_US / 1000))
                die("no event is heard");
        snprintf(text, sizeof text, "%.*s", (int)bytes, answer);
        hides(i == 0 ? "another kiosk" : "the monitor", text, ref);
    }
    client_close(&thief);
    login(&thief, 1);
    /* Another's request id gives no answer of theirs; their own does. */
    take(&thief, "CITIZEN me REQUEST r1", own);
    take(&owner, "CITIZEN me REQUEST r1", again);
    if (strcmp(own, ref) == 0 || strcmp(again, ref) != 0)
        die("request ids: %s, %s, %s", ref, own, again);
    hides("another kiosk", client_ask(&thief, "EVENTS.SINCE 0"), ref);
    hides("another kiosk", client_ask(&thief, "WINDOW.EXPLAIN hall#1"), ref);
    hides("another kiosk", client_ask(&thief, "TICKET.INFO 1"), ref);
    client_close(&screen);
    login(&screen, 2);
    hides("the monitor", client_ask(&screen, "EVENTS.SINCE 0"), ref);
    hides("the monitor", client_ask(&screen, "WINDOW.EXPLAIN hall#1"), ref);
    guess(&thief, own, ref, guesses, state);
    answer = client_ask(&owner, "TICKET.INFO %s", ref);
    if (answer == NULL || *answer == '-' || !answer_text(answer, "state", again, sizeof again))
        die("its owner asks: %s", answer ? answer : "nothing");
    client_close(&owner), client_close(&thief), client_close(&screen);
    stop(&boss);
}

/* Those who never log in make room for those who do. */
static void login_late(void)
{
    struct client quiet, busy;
    const int64_t begun_us = now_us();

    client_open(&quiet, server.socket);
    client_open(&busy, server.socket);
    while (!is_closed(&quiet, 500000) && now_us() - begun_us < 2 * WAIT_US)
        if (!busy.gone)
            client_ask(&busy, "PING"); /* who talks and does not log in, neither */
    if (!quiet.gone || !is_closed(&busy, 5000000))
        die("who does not log in is kept");
    client_close(&quiet), client_close(&busy);
}

/* ---- the run ---- */

static void run(uint64_t seed, uint64_t step_count)
{
    const bool full = step_count >= FULL_STEPS;
    const uint32_t count = full ? 10000 : 1000;
    const uint64_t guesses = step_count < GUESSES_MAX ? step_count : GUESSES_MAX;
    const struct rlimit files = {count + 100, count + 100};
    uint64_t state = seed;
    struct client good;
    char access[96], connections[16];

    snprintf(die_again, sizeof die_again, "serve_hostile --seed %lu --steps %lu",
             (unsigned long)seed, (unsigned long)step_count);
    server_folder(&server);
    server.threads = seed % 2 == 0 ? 3 : 1;
    start((const char *const[]){"--clock", "manual", "--idle", "1", NULL}, &good);
    clock_begin(&good);
    if (step_count > SHORT_STEPS)
        silent(&good);
    nonsense_send(&good);
    noise_send(&good, &state);
    stop(&good);
    start((const char *const[]){"--clock", "manual", NULL}, &good);
    clock_begin(&good);
    subscriber_never_reads(&good);
    asker_never_reads(&good);
    if (full)
        many_never_read(&good);
    stop(&good);
    snprintf(connections, sizeof connections, "%u", count + 1); /* the good one */
    const char *const many[] = {"--clock",       "manual",    "--port", "0",
                                "--connections", connections, NULL};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        printf("serve_hostile: no %u files for this program: fewer connections\n", count);
    start(many, &good);
    clock_begin(&good);
    thousand(&good, count);
    stop(&good);
    access_write(access);
    server_start(&server, (const char *const[]){"--clock", "manual", "--access", access, NULL});
    if (full)
        login_late();
    guessing(guesses, &state);
    printf("serve_hostile: slow, silent and wrong clients, %lu guesses, ok\n",
           (unsigned long)guesses);
    server_remove(&server);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    options_repeat(options_read(argc, argv, SHORT_STEPS + 10000), run);
    return 0;
}
