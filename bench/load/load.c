/* A closed-loop load generator for RESP servers: ours and Redis, under the very same load.
 *
 *     load --unix PATH | --port N [--connections 50] [--pipeline 1] [--seconds 2] [--rate R]
 *          [--list FILE] [--setup REQUEST]... [--listeners N --listen REQUEST]
 *          --request REQUEST [--request REQUEST]...
 *
 * Every connection sends the requests in turn, `pipeline` of them at once, waits for all replies,
 * and goes on. In a request %c is the connection's number, and %1 .. %9 are the words of its line
 * in --list FILE (which begins again when it is too short). Each connection sends the --setup
 * requests once before. --listeners more connections send the --listen request alone, and what they
 * hear is counted. --rate R spreads R requests a second over the connections, and a round trip
 * then counts from when it was due. Prints requests a second, quantiles of a round trip in
 * microseconds, the share of errors (more than one in a hundred is a failure: a refused request is
 * no work done), messages a second, and how many of the generator's looks found nothing: near 0, it
 * was the generator that was measured. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct options options = {.connections = 50, .pipeline = 1, .seconds = 2};

void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- requests ---- */

/* Words of the list's lines; each line belongs to a connection. */
enum { WORDS_MAX = 9, WORD_BYTES = 64 };
static char (*words_of)[WORDS_MAX][WORD_BYTES];
static int line_count;

static void list_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024], *rest;

    words_of = calloc(CONNECTIONS_MAX, sizeof *words_of);
    if (file == NULL || words_of == NULL)
        die(path);
    while (line_count < CONNECTIONS_MAX && fgets(line, sizeof line, file) != NULL) {
        char *word = strtok_r(line, " \n", &rest);
        for (int w = 0; w < WORDS_MAX && word != NULL; w++, word = strtok_r(NULL, " \n", &rest))
            snprintf(words_of[line_count][w], WORD_BYTES, "%s", word);
        line_count++;
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
        } else if (text[0] == '%' && text[1] >= '1' && text[1] <= '9' && line_count > 0) {
            used += sprintf(copy + used, "%s", words_of[connection % line_count][text[1] - '1']);
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

/* ---- connections ---- */

/* Sends a request and waits for its reply. */
static void request_once(struct connection *c, const char *request, int number)
{
    char out[8192], in[65536 + REPLIES_SLACK];
    const size_t bytes = request_write(out, request, number);
    const uint64_t before = c->in.count;

    if (write(c->fd, out, bytes) != (ssize_t)bytes)
        die("write");
    while (c->in.count == before) {
        const ssize_t n = read(c->fd, in, sizeof in - REPLIES_SLACK);
        if (n <= 0)
            die(n == 0 ? "the server closed a connection" : "read");
        replies_take(&c->in, in, (size_t)n);
        if (c->in.errors > 0) {
            fprintf(stderr, "load: %s was refused: %.*s", request, (int)n, in);
            exit(1);
        }
    }
}

static void socket_open(struct connection *c)
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
}

static void connection_open(struct connection *c, int number)
{
    size_t bytes = 0;

    socket_open(c);
    for (int i = 0; i < options.setup_count; i++)
        request_once(c, options.setups[i], number);
    c->in = (struct replies){0};
    c->out = malloc(OUT_BYTES);
    if (c->out == NULL)
        die("malloc");
    for (int i = 0; i < options.pipeline * options.request_count; i++) {
        if (i % options.pipeline == 0)
            c->rounds[i / options.pipeline] = bytes;
        bytes += request_write(c->out + bytes, options.requests[i % options.request_count], number);
    }
    c->rounds[options.request_count] = bytes;
}

static void listener_open(struct connection *c, int number)
{
    socket_open(c);
    request_once(c, options.listen, number);
    c->in = (struct replies){0};
}

/* ---- what is asked for ---- */

static int usage(void)
{
    fprintf(stderr,
            "usage: load --unix PATH | --port N [--connections N] [--pipeline N] [--seconds S]\n"
            "            [--rate R] [--list FILE] [--setup REQUEST]...\n"
            "            [--listeners N --listen REQUEST] --request REQUEST...\n");
    exit(2);
}

static void option_read(const char *name, const char *value)
{
    static const struct {
        const char *name;
        int *number;
        const char **text;
        double *real;
    } rows[] = {{"--unix", .text = &options.unix_path},
                {"--port", .number = &options.port},
                {"--connections", .number = &options.connections},
                {"--pipeline", .number = &options.pipeline},
                {"--listeners", .number = &options.listeners},
                {"--listen", .text = &options.listen},
                {"--seconds", .real = &options.seconds},
                {"--rate", .real = &options.rate}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(name, rows[i].name) != 0)
            continue;
        if (rows[i].number)
            *rows[i].number = atoi(value);
        else if (rows[i].text)
            *rows[i].text = value;
        else
            *rows[i].real = atof(value);
        return;
    }
    if (strcmp(name, "--list") == 0)
        list_read(value);
    else if (strcmp(name, "--request") == 0 && options.request_count < REQUESTS_MAX)
        options.requests[options.request_count++] = value;
    else if (strcmp(name, "--setup") == 0 && options.setup_count < REQUESTS_MAX)
        options.setups[options.setup_count++] = value;
    else
        usage();
}

static void options_read(int argc, char **argv)
{
    if (argc % 2 == 0)
        usage();
    for (int i = 1; i < argc; i += 2)
        option_read(argv[i], argv[i + 1]);
    if ((options.unix_path == NULL && options.port == 0) || options.request_count == 0 ||
        options.connections < 1 || options.pipeline < 1 || options.listeners < 0 ||
        options.connections + options.listeners > CONNECTIONS_MAX ||
        (options.listeners > 0 && options.listen == NULL))
        usage();
}

static int report(const struct result *r)
{
    const struct tbs_histogram *h = &r->round_trips;

    printf("%.0f requests/s  p50 %lld us  p99 %lld us  p999 %lld us  errors %.4f  messages %.0f/s  "
           "idle %.2f  late p999 %lld us\n",
           (double)r->replies / r->seconds, (long long)tbs_histogram_quantile_us(h, 0.5),
           (long long)tbs_histogram_quantile_us(h, 0.99),
           (long long)tbs_histogram_quantile_us(h, 0.999),
           (double)r->errors / (double)(r->replies ? r->replies : 1),
           (double)r->messages / r->seconds, (double)r->idle_turns / (double)r->turns,
           (long long)tbs_histogram_quantile_us(&r->late, 0.999));
    if (r->errors * 100 > r->replies) {
        fprintf(stderr, "load: refused: %s\n", r->error);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct result result;
    struct rlimit files;

    options_read(argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct connection *connections =
        calloc((size_t)(options.connections + options.listeners), sizeof *connections);
    if (connections == NULL)
        die("calloc");
    for (int i = 0; i < options.connections; i++)
        connection_open(&connections[i], i);
    for (int i = 0; i < options.listeners; i++)
        listener_open(&connections[options.connections + i], i);
    tbs_histogram_clear(&result.round_trips);
    tbs_histogram_clear(&result.late);
    drive(&options, connections, &result);
    return report(&result);
}
