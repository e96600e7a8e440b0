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

static int tcp_listen(const struct tbi_serve_options *options)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    const bool is_six = inet_pton(AF_INET6, options->listen, &six.sin6_addr) == 1;
    const int one = 1;

    if (!is_six && inet_pton(AF_INET, options->listen, &four.sin_addr) != 1) {
        errno = EINVAL;
        return failed("cannot listen on", options->listen);
    }
    const int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failed("socket", "");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const struct sockaddr *address =
        is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    if (bind(fd, address, is_six ? sizeof six : sizeof four) != 0 || listen(fd, 4096) != 0) {
        const int status = failed("cannot listen on", options->listen);
        close(fd);
        return status;
    }
    socklen_t bytes = sizeof six;
    getsockname(fd, (struct sockaddr *)&six, &bytes); /* both have the port at the same place */
    fprintf(stderr, "serve: listening on %s port %u\n", options->listen, ntohs(six.sin6_port));
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

int tbi_listen(struct loop *loop)
{
    const struct tbi_serve_options *options = loop->server->options;

    if (options->tcp) {
        const int fd = tcp_listen(options);
        if (fd < 0)
            return fd;
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
