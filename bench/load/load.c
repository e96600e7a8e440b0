/* A closed-loop load generator for RESP servers: ours and Redis, under the very same load.
 *
 *     load --unix PATH | --port N [--connections 50] [--pipeline 1] [--seconds 2]
 *          [--list FILE] [--setup REQUEST]... --request REQUEST [--request REQUEST]...
 *
 * Every connection sends the requests in turn, `pipeline` of them at once, waits for all replies,
 * and goes on. In a request %c is the connection's number, and %1 .. %9 are the words of its line
 * in
 * --list FILE. --setup requests are sent once, by the
 * first connection. Prints requests a second, and quantiles of a round trip in microseconds; the
 * share of errors is printed, and more than one in a hundred is a failure: a refused request is
 * no work done. epoll, one thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "kernel/histogram.h"

enum { REQUESTS_MAX = 16, CONNECTIONS_MAX = 10000, IN_BYTES = 1 << 18, OUT_BYTES = 1 << 17 };

struct connection {
    int fd;
    char *out; /* as many rounds as there are requests, made once */
    size_t rounds[REQUESTS_MAX + 1], out_bytes; /* where each begins */
    uint32_t round;
    char *in;
    size_t in_bytes, read;
    uint32_t replies; /* of this round */
    int64_t sent_at_us;
};

static struct {
    const char *unix_path, *requests[REQUESTS_MAX], *setups[REQUESTS_MAX];
    int port, connections, pipeline, request_count, setup_count;
    double seconds;
} options = {.connections = 50, .pipeline = 1, .seconds = 2};

static struct tbs_histogram round_trips;
static uint64_t replies, errors;
static char first_error[200];

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- RESP ---- */

/* Words of the list's lines; each line belongs to a connection. */
enum { WORDS_MAX = 9, WORD_BYTES = 64 };
static char (*words_of)[WORDS_MAX][WORD_BYTES];

static void list_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024], *rest;

    words_of = calloc(CONNECTIONS_MAX, sizeof *words_of);
    if (file == NULL || words_of == NULL)
        die(path);
    for (int i = 0; i < CONNECTIONS_MAX && fgets(line, sizeof line, file) != NULL; i++) {
        char *word = strtok_r(line, " \n", &rest);
        for (int w = 0; w < WORDS_MAX && word != NULL; w++, word = strtok_r(NULL, " \n", &rest))
            snprintf(words_of[i][w], WORD_BYTES, "%s", word);
    }
    fclose(file);
}

/* Adds one request as an array of bulk strings. */
static size_t request_write(char *out, const char *text, int connection)
{
    char copy[4096], number[24], *words[64], *rest = NULL;
    size_t bytes = 0;
    int count = 0, used = 0;

    for (; *text && used < (int)sizeof copy - WORD_BYTES; text++)
        if (text[0] == '%' && text[1] == 'c') {
            used += sprintf(copy + used, "%d", connection);
            text++;
        } else if (text[0] == '%' && text[1] >= '1' && text[1] <= '9' && words_of != NULL) {
            used += sprintf(copy + used, "%s", words_of[connection][text[1] - '1']);
            text++;
        } else {
            copy[used++] = *text;
        }
    copy[used] = 0;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    bytes += (size_t)sprintf(out, "*%d\r\n", count);
    for (int i = 0; i < count; i++) {
        sprintf(number, "%zu", strlen(words[i]));
        bytes += (size_t)sprintf(out + bytes, "$%s\r\n%s\r\n", number, words[i]);
    }
    return bytes;
}

/* The end of the reply that begins at `at`; NULL: not all of it is here. */
static const char *reply_end(const char *at, const char *end)
{
    uint64_t items = 1;

    while (items > 0) {
        const char *line = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (line == NULL)
            return NULL;
        const char mark = *at;
        const long number = mark == '$' || mark == '*' || mark == '%' ? atol(at + 1) : 0;
        at = line + 1;
        items--;
        if (mark == '$' && number >= 0)
            at += number + 2;
        else if (mark == '*' && number > 0)
            items += (uint64_t)number;
        else if (mark == '%')
            items += 2 * (uint64_t)number;
        if (at > end)
            return NULL;
    }
    return at;
}

/* ---- connections ---- */

static void connection_open(struct connection *c, int number)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)options.port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int one = 1;

    c->fd = socket(options.unix_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (options.unix_path)
        snprintf(local.sun_path, sizeof local.sun_path, "%s", options.unix_path);
    if (c->fd < 0 ||
        connect(c->fd, options.unix_path ? (struct sockaddr *)&local : (struct sockaddr *)&four,
                options.unix_path ? sizeof local : sizeof four) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->in = malloc(IN_BYTES);
    c->out = malloc(OUT_BYTES);
    for (int i = 0; i < options.pipeline * options.request_count; i++) {
        if (i % options.pipeline == 0)
            c->rounds[i / options.pipeline] = c->out_bytes;
        c->out_bytes += request_write(c->out + c->out_bytes,
                                      options.requests[i % options.request_count], number);
    }
    c->rounds[options.request_count] = c->out_bytes;
}

static void round_begin(struct connection *c)
{
    c->sent_at_us = now_us();
    c->replies = 0;
    size_t at = c->rounds[c->round];
    const size_t end = c->rounds[c->round + 1];
    while (at < end) {
        const ssize_t n = write(c->fd, c->out + at, end - at);
        if (n <= 0)
            die("write");
        at += (size_t)n;
    }
    c->round = (c->round + 1) % (uint32_t)options.request_count;
}

/* Takes what has come; true when the round is over. */
static int replies_take(struct connection *c)
{
    const ssize_t n = read(c->fd, c->in + c->in_bytes, IN_BYTES - c->in_bytes);
    const char *at = c->in, *end, *next;

    if (n <= 0)
        die(n == 0 ? "the server closed a connection" : "read");
    c->in_bytes += (size_t)n;
    for (end = c->in + c->in_bytes; (next = reply_end(at, end)) != NULL; at = next) {
        if (*at == '-' && errors++ == 0)
            snprintf(first_error, sizeof first_error, "%.*s", (int)(next - at), at);
        c->replies++;
        replies++;
        if (next == end) {
            at = next;
            break;
        }
    }
    c->in_bytes = (size_t)(end - at);
    memmove(c->in, at, c->in_bytes);
    return c->replies >= (uint32_t)options.pipeline;
}

static void setups_send(struct connection *c)
{
    for (int i = 0; i < options.setup_count; i++) {
        char out[8192];
        const size_t bytes = request_write(out, options.setups[i], 0);
        if (write(c->fd, out, bytes) != (ssize_t)bytes)
            die("write");
        const uint32_t before = c->replies;
        while (c->replies == before)
            replies_take(c);
    }
    if (errors > 0) {
        fprintf(stderr, "load: setup was refused: %s", first_error);
        exit(1);
    }
    replies = 0;
}

static double run(struct connection *connections)
{
    const int poll = epoll_create1(0);
    const int64_t begun_us = now_us(), until_us = begun_us + (int64_t)(options.seconds * 1e6);
    struct epoll_event ready[256];
    int64_t now = begun_us;

    for (int i = 0; i < options.connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event);
        round_begin(&connections[i]);
    }
    while (now < until_us) {
        const int count = epoll_wait(poll, ready, 256, 1000);
        for (int i = 0; i < count; i++) {
            struct connection *c = ready[i].data.ptr;
            if (!replies_take(c))
                continue;
            now = now_us();
            tbs_histogram_add(&round_trips, now - c->sent_at_us);
            round_begin(c);
        }
        if (count == 0)
            now = now_us();
    }
    close(poll);
    return (double)(now - begun_us) / 1e6;
}

static void options_read(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (strcmp(name, "--unix") == 0)
            options.unix_path = value;
        else if (strcmp(name, "--port") == 0)
            options.port = atoi(value);
        else if (strcmp(name, "--connections") == 0)
            options.connections = atoi(value);
        else if (strcmp(name, "--pipeline") == 0)
            options.pipeline = atoi(value);
        else if (strcmp(name, "--list") == 0)
            list_read(value);
        else if (strcmp(name, "--seconds") == 0)
            options.seconds = atof(value);
        else if (strcmp(name, "--request") == 0 && options.request_count < REQUESTS_MAX)
            options.requests[options.request_count++] = value;
        else if (strcmp(name, "--setup") == 0 && options.setup_count < REQUESTS_MAX)
            options.setups[options.setup_count++] = value;
    }
    if ((options.unix_path == NULL && options.port == 0) || options.request_count == 0 ||
        options.connections < 1 || options.connections > CONNECTIONS_MAX || options.pipeline < 1) {
        fprintf(stderr, "usage: load --unix PATH | --port N [--connections N] [--pipeline N] "
                        "[--seconds S] [--setup REQUEST]... --request REQUEST...\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    options_read(argc, argv);
    struct connection *connections = calloc((size_t)options.connections, sizeof *connections);

    for (int i = 0; i < options.connections; i++)
        connection_open(&connections[i], i);
    tbs_histogram_clear(&round_trips);
    setups_send(&connections[0]);
    const double seconds = run(connections);
    printf("%.0f requests/s  p50 %lld us  p99 %lld us  p999 %lld us  errors %.4f\n",
           (double)replies / seconds, (long long)tbs_histogram_quantile_us(&round_trips, 0.5),
           (long long)tbs_histogram_quantile_us(&round_trips, 0.99),
           (long long)tbs_histogram_quantile_us(&round_trips, 0.999),
           (double)errors / (double)(replies ? replies : 1));
    if (errors * 100 > replies) {
        fprintf(stderr, "load: refused: %s", first_error);
        return 1;
    }
    return 0;
}
