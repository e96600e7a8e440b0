/* serve_crash.c: clients with pipelines on the socket, and an end of the server under them: killed
 * with SIGKILL at a random moment, its disk failing (RLIMIT_FSIZE), or asked to stop. Then it is
 * started again, and over the socket:
 *
 *     what was acknowledged is there: tickets have their state, the last answers come again by
 *     their request ids, the same and marked as repeated;
 *     what was not acknowledged happened once or not at all: each is sent again with its id, and
 *     then numbers are without a gap and without a double, as many as there were requests;
 *     asked to stop, it ends with status 0, with a failed disk with 1.
 *
 * At the end the log is verified, and `tongban log show` has each request as often as it must.
 * --steps: one end for each 10,000; in full 84, of which 56 are kills. */
#define _GNU_SOURCE /* prlimit */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/client.h"
#include "options.h"

enum {
    STEPS_AN_END = 10000,
    ENDS_MAX = 84,
    CLIENTS = 8,
    PIPELINE = 16,
    LIVE = 12,   /* tickets of a client: then one is cancelled */
    AGAIN = 300, /* more than are under way */
    END_US = 20000000,
};

enum how { KILLED, DISK, STOPPED };
static const enum how hows[] = {KILLED, DISK, KILLED, STOPPED, KILLED, KILLED};

struct request {
    uint32_t of; /* TICKET.CANCEL of this one; 0: TICKET.TAKE */
    uint32_t cancelled_by;
    bool answered, refused;
    bool late; /* answered after the restart only */
    int64_t number;
    char ref[40];
};

static struct request *requests; /* from 1 */
static uint32_t request_count, request_room, takes;
static struct server server = {.scenario = "sim/scenarios/teach-one-hall"};
static uint64_t seed_of_run;

struct driver {
    struct client client;
    uint32_t asked[PIPELINE], first, count;            /* under way */
    uint32_t live[LIVE + PIPELINE], live_count, takes; /* takes: under way */
    bool over;                                         /* nothing more can come */
};

static uint32_t request_new(uint32_t of)
{
    if (++request_count >= request_room) {
        request_room = request_room ? 2 * request_room : 4096;
        requests = realloc(requests, request_room * sizeof *requests);
        if (requests == NULL)
            die("no memory");
    }
    requests[request_count] = (struct request){.of = of};
    if (of != 0)
        requests[of].cancelled_by = request_count;
    return request_count;
}

static int request_print(uint32_t index, char *out, size_t room)
{
    const struct request *r = &requests[index];

    if (r->of == 0)
        return snprintf(out, room, "TICKET.TAKE hall 0 CITIZEN c%u REQUEST r%u\r\n", index, index);
    return snprintf(out, room, "TICKET.CANCEL %s REQUEST r%u\r\n", requests[r->of].ref, index);
}

/* The answer to a request, as it must be; false: it says that the disk has failed. */
static bool request_answered(uint32_t index, const char *answer)
{
    struct request *r = &requests[index];

    if (strncmp(answer, "-DISKFAIL", 9) == 0)
        return false;
    r->answered = true;
    r->refused = *answer == '-';
    if (r->of == 0) {
        if (!answer_number(answer, "number", &r->number) ||
            !answer_text(answer, "ref", r->ref, sizeof r->ref))
            die("request %u: no number in: %.200s", index, answer);
        takes++;
    } else if (r->refused && strstr(answer, "TICKET_STATE") == NULL &&
               strstr(answer, "STATE") == NULL) {
        die("request %u: %.200s", index, answer);
    }
    return true;
}

/* ---- load ---- */

static void driver_ask(struct driver *d)
{
    char out[PIPELINE * 128];
    int bytes = 0;

    while (d->count < PIPELINE) {
        uint32_t of = 0;

        if (d->live_count > 0 && d->live_count + d->takes >= LIVE) {
            of = d->live[0];
            memmove(d->live, d->live + 1, --d->live_count * sizeof *d->live);
        }
        const uint32_t index = request_new(of);
        d->takes += of == 0;
        d->asked[(d->first + d->count++) % PIPELINE] = index;
        bytes += request_print(index, out + bytes, sizeof out - (size_t)bytes);
    }
    if (bytes > 0)
        client_send(&d->client, out, (size_t)bytes);
}

static void driver_hear(struct driver *d)
{
    const char *answer;
    char text[2048];
    size_t bytes;

    client_fill(&d->client, 0);
    while (d->count > 0 && !d->over && (answer = client_answer(&d->client, &bytes)) != NULL) {
        const uint32_t index = d->asked[d->first % PIPELINE];

        snprintf(text, sizeof text, "%.*s", (int)bytes, answer);
        if (!request_answered(index, text)) {
            d->over = true;
            return;
        }
        d->first++;
        d->count--;
        if (requests[index].of == 0) {
            d->takes--;
            d->live[d->live_count++] = index;
        }
    }
    if (d->client.gone)
        d->over = true;
}

static void end_begin(enum how how)
{
    const struct rlimit none = {4096, 4096};

    if (how == DISK && prlimit(server.pid, RLIMIT_FSIZE, &none, NULL) != 0)
        die("prlimit: %s", strerror(errno));
    if (how != DISK)
        kill(server.pid, how == KILLED ? SIGKILL : SIGTERM);
}

/* Clients ask as fast as they may until the end has come to all of them. */
static void load(struct driver *drivers, enum how how, int64_t end_at_us)
{
    const int64_t until_us = now_us() + END_US;
    bool begun = false;

    for (uint32_t left = CLIENTS; left > 0;) {
        struct pollfd polls[CLIENTS];

        left = 0;
        for (int i = 0; i < CLIENTS; i++) {
            struct driver *d = &drivers[i];
            if (!d->over)
                driver_ask(d);
            polls[i] = (struct pollfd){.fd = d->over ? -1 : d->client.fd, .events = POLLIN};
        }
        poll(polls, CLIENTS, 5);
        for (int i = 0; i < CLIENTS; i++) {
            if (!drivers[i].over)
                driver_hear(&drivers[i]);
            left += !drivers[i].over;
        }
        if (!begun && now_us() >= end_at_us) {
            begun = true;
            end_begin(how);
        }
        if (now_us() > until_us)
            die("the end does not come to %u clients", left);
    }
}

/* ---- what must be there ---- */

/* A request that was sent once more: the first answer, word for word, and marked as repeated. */
static void repeated_check(uint32_t index, const char *answer)
{
    const struct request first = requests[index];
    int64_t repeated = 0;

    if ((*answer == '-') != first.refused)
        die("request %u: another answer: %.200s", index, answer);
    if (first.refused)
        return;
    takes -= first.of == 0;
    if (!request_answered(index, answer) || requests[index].number != first.number ||
        strcmp(requests[index].ref, first.ref) != 0 ||
        !answer_number(answer, "repeated", &repeated))
        die("request %u: number %ld then, now: %.300s", index, (long)first.number, answer);
}

/* Sends those of the requests from..to that are wanted in one go, and hears their answers. */
static void ask_all(struct client *client, uint32_t from, uint32_t to,
                    bool (*wants)(const struct request *r),
                    void (*take)(uint32_t index, const char *answer))
{
    char line[160], text[2048];
    const int64_t until_us = now_us() + END_US;

    for (uint32_t i = from; i <= to; i++)
        if (wants(&requests[i]))
            client_send(client, line, (size_t)request_print(i, line, sizeof line));
    for (uint32_t i = from; i <= to; i++) {
        const char *answer;
        size_t bytes;

        if (!wants(&requests[i]))
            continue;
        while ((answer = client_answer(client, &bytes)) == NULL)
            if ((!client_fill(client, 100) && client->gone) || now_us() > until_us)
                die("request %u: no answer after the restart", i);
        snprintf(text, sizeof text, "%.*s", (int)bytes, answer);
        take(i, text);
    }
}

static bool is_any(const struct request *r)
{
    return r->answered;
}

/* Before it is sent again, and while its answer is waited for. */
static bool is_unanswered(const struct request *r)
{
    return !r->answered || r->late;
}

static void late_take(uint32_t index, const char *answer)
{
    requests[index].late = true;
    if (!request_answered(index, answer))
        die("request %u: %.200s", index, answer);
}

static void tickets_check(struct client *client, uint32_t from)
{
    for (uint32_t i = from; i <= request_count; i++) {
        const struct request *r = &requests[i];
        if (r->of != 0)
            continue;
        const char *answer = client_ask(client, "TICKET.INFO %s", r->ref);
        char state[32] = "gone";
        if (answer == NULL)
            die("ticket %ld: no answer", (long)r->number);
        answer_text(answer, "state", state, sizeof state);
        const bool cancelled = r->cancelled_by != 0 && !requests[r->cancelled_by].refused;
        const bool is = strcmp(state, "gone") == 0 || strcmp(state, "CANCELLED") == 0;
        if (is != cancelled)
            die("ticket %ld is %s, request %u", (long)r->number, state, i);
    }
}

/* So that there is always room in the city. */
static void tickets_cancel(struct client *client, uint32_t from)
{
    const uint32_t to = request_count;

    for (uint32_t i = from; i <= to; i++)
        if (requests[i].of == 0 && requests[i].cancelled_by == 0)
            request_new(i);
    ask_all(client, to + 1, request_count, is_unanswered, late_take);
}

static int by_number(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Numbers are 1, 2, ... takes: each request has one, none has two. */
static void numbers_check(void)
{
    int64_t *numbers = malloc(((size_t)takes + 1) * sizeof *numbers);
    uint32_t count = 0;

    for (uint32_t i = 1; i <= request_count; i++)
        if (requests[i].of == 0)
            numbers[count++] = requests[i].number;
    qsort(numbers, count, sizeof *numbers, by_number);
    for (uint32_t i = 0; i < count; i++)
        if (numbers[i] != (int64_t)i + 1)
            die("number %ld stands where %u should be: lost or given twice", (long)numbers[i],
                i + 1);
    free(numbers);
}

static void check(uint32_t from)
{
    struct client client;

    client_open(&client, server.socket);
    ask_all(&client, from, request_count, is_unanswered, late_take);
    const uint32_t last = request_count > from + AGAIN ? request_count - AGAIN : from;
    ask_all(&client, last, request_count, is_any, repeated_check);
    tickets_check(&client, from);
    numbers_check();
    tickets_cancel(&client, from);
    client_close(&client);
}

/* ---- the run ---- */

static void options_make(const char *options[], char *data)
{
    snprintf(data, 96, "%s/data", server.dir);
    const char *const all[] = {"--data", data, "--clock", "manual", NULL};
    memcpy(options, all, sizeof all);
}

/* Nine o'clock of the first day; no window is open, so that numbers wait. */
static void clock_begin(void)
{
    struct client client;
    const char *answer;

    client_open(&client, server.socket);
    answer = client_ask(&client, "CLOCK.GET");
    const int64_t day = answer ? strtoll(answer + 1, NULL, 10) : 0;
    answer = client_ask(&client, "CLOCK.SET %ld", (long)(day + 9 * 3600000000ll));
    if (answer == NULL || *answer != ':')
        die("CLOCK.SET: %s", answer ? answer : "none");
    client_close(&client);
}

static void end_run(enum how how, uint64_t *state, const char *const options[])
{
    struct driver drivers[CLIENTS] = {0};
    const uint32_t from = request_count + 1;

    for (int i = 0; i < CLIENTS; i++)
        client_open(&drivers[i].client, server.socket);
    load(drivers, how, now_us() + 20000 + (int64_t)(random_next(state) % 150000));
    for (int i = 0; i < CLIENTS; i++)
        client_close(&drivers[i].client);
    int status = server_stop(&server, how == KILLED ? SIGKILL : SIGTERM);
    if (how != KILLED && (!WIFEXITED(status) || WEXITSTATUS(status) != (how == DISK)))
        die("%s: status %d", how == DISK ? "disk" : "stopped", status);
    server.threads = 1 + (int)(random_next(state) % 3); /* the next one may have another number */
    if (how == DISK && !server_said(&server, "nothing is changed any more"))
        die("the disk's failure is not told");
    server_start(&server, options);
    check(from);
}

static void log_check(const char *data)
{
    const char *const verify[] = {"verify", data, NULL};
    const char *const show[] = {"show", data, "--command", "TICKET.TAKE", NULL};
    char path[96], command[256], text[64];

    snprintf(path, sizeof path, "%s/shown", server.dir);
    if (server_log_command(&server, verify, path) != 0)
        die("log verify: not well; see %s", data);
    if (server_log_command(&server, show, path) != 0)
        die("log show failed");
    snprintf(command, sizeof command,
             "grep ' uid-[0-9]* TICKET.TAKE ' %s | grep -o 'request=[0-9a-f]*' | sort -u | wc -l",
             path);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL || fgets(text, sizeof text, pipe) == NULL)
        die("%s", command);
    pclose(pipe);
    if (strtoul(text, NULL, 10) != takes)
        die("log show has %lu requests of %u", strtoul(text, NULL, 10), takes);
}

static void run(uint64_t seed, uint64_t step_count)
{
    uint64_t state = seed, ends = step_count / STEPS_AN_END;
    const char *options[8];
    uint32_t kills = 0;
    char data[96];

    ends = ends < 1 ? 1 : ends > ENDS_MAX ? ENDS_MAX : ends;
    seed_of_run = seed;
    snprintf(die_again, sizeof die_again, "serve_crash --seed %lu --steps %lu", (unsigned long)seed,
             (unsigned long)step_count);
    request_count = takes = 0;
    server_folder(&server);
    options_make(options, data);
    server.threads = 2;
    server_start(&server, options);
    clock_begin();
    for (uint64_t i = 0; i < ends; i++) {
        const enum how how = hows[i % (sizeof hows / sizeof hows[0])];
        kills += how == KILLED;
        end_run(how, &state, options);
    }
    const int status = server_stop(&server, SIGTERM);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("the last stop: status %d", status);
    log_check(data);
    printf(
        "serve_crash: %lu ends, %u of them kills; %u requests, %u numbers, none lost, none twice, "
        "ok\n",
        (unsigned long)ends, kills, request_count, takes);
    server_remove(&server);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    options_repeat(options_read(argc, argv, 5 * STEPS_AN_END), run);
    return 0;
}
