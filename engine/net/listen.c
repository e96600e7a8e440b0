#define _GNU_SOURCE /* struct ucred */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"

static int failed(const char *what, const char *where)
{
    const int status = -errno;

    fprintf(stderr, "serve: %s %s: %s\n", what, where, strerror(-status));
    return status;
}

static int tcp_listen(const char *where, uint16_t port, const char *what)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_six = inet_pton(AF_INET6, where, &six.sin6_addr) == 1;
    const int one = 1;

    if (!is_six && inet_pton(AF_INET, where, &four.sin_addr) != 1) {
        fprintf(stderr, "serve: '%s' is no IPv4 or IPv6 address\n", where);
        return -EINVAL;
    }
    const int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failed("socket", "");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const struct sockaddr *address =
        is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    if (bind(fd, address, is_six ? sizeof six : sizeof four) != 0 || listen(fd, 4096) != 0) {
        const int status = -errno;
        fprintf(stderr, "serve: cannot listen on %s port %u: %s%s\n", where, port,
                strerror(-status),
                status == -EADDRINUSE ? "; does a server run already?"
                : status == -EACCES   ? "; ports below 1024 are the administrator's"
                                      : "");
        close(fd);
        return status;
    }
    socklen_t bytes = sizeof six;
    getsockname(fd, (struct sockaddr *)&six, &bytes); /* both have the port at the same place */
    fprintf(stderr, "serve: listening on %s port %u%s\n", where, ntohs(six.sin6_port), what);
    return fd;
}

static int unix_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return failed("cannot listen on", path);
    }
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failed("socket", "");
    /* One left by a server that was killed; a live one still answers. */
    if (stat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            errno = EADDRINUSE;
            close(fd);
            return failed("cannot listen on", path);
        }
        unlink(path);
    }
    const mode_t mask = umask(0007);
    const int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (bound != 0 || listen(fd, 4096) != 0) {
        const int result = failed("cannot listen on", path);
        close(fd);
        return result;
    }
    fprintf(stderr, "serve: listening on %s\n", path);
    return fd;
}

void tbi_peer_print(int fd, char *out, size_t room)
{
    struct sockaddr_in6 six = {0};
    struct ucred who;
    socklen_t bytes = sizeof six, who_bytes = sizeof who;
    char host[INET6_ADDRSTRLEN];

    snprintf(out, room, "unknown");
    if (getpeername(fd, (struct sockaddr *)&six, &bytes) != 0)
        return;
    const bool is_six = six.sin6_family == AF_INET6;
    const void *address = is_six ? (const void *)&six.sin6_addr
                                 : (const void *)&((const struct sockaddr_in *)&six)->sin_addr;
    if ((is_six || six.sin6_family == AF_INET) &&
        inet_ntop(six.sin6_family, address, host, sizeof host) != NULL)
        snprintf(out, room, is_six ? "[%s]:%u" : "%s:%u", host, ntohs(six.sin6_port));
    else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_bytes) == 0)
        snprintf(out, room, "uid-%u", who.uid);
}

int tbi_listen(struct loop *loop)
{
    const struct tbi_serve_options *options = loop->server->options;

    if (options->tcp) {
        const int fd = tcp_listen(options->listen, options->port, "");
        if (fd < 0)
            return fd;
        loop->listeners[loop->listener_count++] = fd;
    }
    if (options->tls) {
        const int fd = tcp_listen(options->tls_listen, options->tls_port, ", TLS 1.3");
        if (fd < 0)
            return fd;
        loop->tls_listener = loop->listener_count;
        loop->listeners[loop->listener_count++] = fd;
    }
    if (options->unix_path != NULL) {
        const int fd = unix_listen(options->unix_path);
        if (fd < 0)
            return fd;
        loop->listeners[loop->listener_count++] = fd;
        loop->unix_last = true;
    }
    return 0;
}
