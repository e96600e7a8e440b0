#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ASK_MS = 30000 };

void client_open(struct client *client, const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
    *client = (struct client){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    while (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EAGAIN && errno != EINTR)
            die("%s: %s", socket_path, strerror(errno));
}

bool client_open_tcp(struct client *client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (client->fd < 0)
        die("socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

void client_close(struct client *client)
{
    close(client->fd);
    free(client->in);
    *client = (struct client){.fd = -1, .gone = true};
}

void client_send(struct client *client, const char *text, size_t bytes)
{
    while (bytes > 0 && !client->gone) {
        const ssize_t sent = send(client->fd, text, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            client->gone = true;
            return;
        }
        text += sent;
        bytes -= (size_t)sent;
    }
}

bool client_fill(struct client *client, int ms)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};

    if (client->gone || poll(&wait, 1, ms) <= 0)
        return false;
    if (client->at > 0) {
        memmove(client->in, client->in + client->at, client->used - client->at);
        client->used -= client->at;
        client->at = 0;
    }
    if (client->room - client->used < 4097) {
        client->room = client->room * 2 + 8192;
        client->in = realloc(client->in, client->room);
        if (client->in == NULL)
            die("no memory");
    }
    const ssize_t got =
        recv(client->fd, client->in + client->used, client->room - client->used - 1, 0);
    if (got <= 0) {
        client->gone = true;
        return false;
    }
    client->used += (size_t)got;
    return true;
}

/* The end of the value at `at`; NULL: more bytes are needed. */
static const char *value_end(const char *at, const char *end)
{
    const char *line = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

    if (line == NULL)
        return NULL;
    long count = strtol(at + 1, NULL, 10);
    switch (*at) {
    case '$':
        return count < 0 ? line + 1 : end - line - 1 >= count + 2 ? line + 1 + count + 2 : NULL;
    case '%':
        count *= 2;
        break;
    case '*':
    case '>':
        break;
    case '+':
    case '-':
    case ':':
    case '_':
    case '#':
        return line + 1;
    default:
        die("an answer begins with '%c'", *at);
    }
    const char *next = line + 1;
    for (long i = 0; i < count && next != NULL; i++)
        next = value_end(next, end);
    return next;
}

const char *client_answer(struct client *client, size_t *bytes)
{
    const char *begin = client->in + client->at;
    const char *end =
        client->used > client->at ? value_end(begin, client->in + client->used) : NULL;

    if (end == NULL)
        return NULL;
    *bytes = (size_t)(end - begin);
    client->at += *bytes;
    return begin;
}

const char *client_ask(struct client *client, const char *format, ...)
{
    static char line[4096], answer[1 << 20];
    const int64_t until_us = now_us() + ASK_MS * 1000ll;
    const char *found;
    size_t bytes;
    va_list list;

    va_start(list, format);
    const int length = vsnprintf(line, sizeof line - 2, format, list);
    va_end(list);
    memcpy(line + length, "\r\n", 2);
    client_send(client, line, (size_t)length + 2);
    while ((found = client_answer(client, &bytes)) == NULL) {
        if (!client_fill(client, 100) && client->gone)
            return NULL;
        if (now_us() > until_us)
            die("no answer in 30 s to: %.100s", line);
    }
    if (bytes >= sizeof answer)
        die("an answer of %zu bytes", bytes);
    memcpy(answer, found, bytes);
    answer[bytes] = 0;
    return answer;
}

static const char *field_find(const char *answer, const char *field)
{
    char name[80];

    snprintf(name, sizeof name, "$%zu\r\n%s\r\n", strlen(field), field);
    const char *at = strstr(answer, name);
    return at == NULL ? NULL : at + strlen(name);
}

bool answer_number(const char *answer, const char *field, int64_t *value)
{
    const char *at = field_find(answer, field);

    if (at == NULL || *at != ':')
        return false;
    *value = strtoll(at + 1, NULL, 10);
    return true;
}

bool answer_text(const char *answer, const char *field, char *out, size_t room)
{
    const char *at = field_find(answer, field);
    const size_t bytes = at != NULL && *at == '$' ? strtoul(at + 1, NULL, 10) : room;

    if (bytes >= room)
        return false;
    memcpy(out, strchr(at, '\n') + 1, bytes);
    out[bytes] = 0;
    return true;
}
