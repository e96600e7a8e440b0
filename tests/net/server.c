#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "log/log.h"
#include "net/serve.h"

enum { WORDS_MAX = 32, START_US = 120000000 };

char die_again[128];

int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

void die(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\nagain: %s\n", die_again);
    exit(1);
}

void server_folder(struct server *server)
{
    snprintf(server->dir, sizeof server->dir, "/tmp/tongban-net-XXXXXX");
    if (mkdtemp(server->dir) == NULL)
        die("%s: %s", server->dir, strerror(errno));
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->dir);
}

/* In the child: standard error, or output, into a file. */
static void output_to(int fd, const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(99);
}

static pid_t serve_fork(const struct server *server, const char *const options[])
{
    char *words[WORDS_MAX] = {"serve", (char *)(uintptr_t)server->scenario, "--unix",
                              (char *)(uintptr_t)server->socket};
    char log[96], threads[16];
    int count = 4;

    if (server->threads > 1) {
        snprintf(threads, sizeof threads, "%d", server->threads);
        words[count++] = "--threads";
        words[count++] = threads;
    }
    for (; *options != NULL && count < WORDS_MAX - 1; options++)
        words[count++] = (char *)(uintptr_t)*options;
    snprintf(log, sizeof log, "%s/log", server->dir);
    unlink(log);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        output_to(STDERR_FILENO, log);
        exit(tbi_cmd_serve(count, words));
    }
    return child;
}

static void log_show(const struct server *server)
{
    char line[512], path[96];

    snprintf(path, sizeof path, "%s/log", server->dir);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    if (file != NULL)
        fclose(file);
}

void server_start(struct server *server, const char *const options[])
{
    const int64_t until_us = now_us() + START_US;
    int status;

    server->pid = serve_fork(server, options);
    while (!server_said(server, "serve: ready")) {
        if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
            log_show(server);
            die("the server ended at its start, status %d", status);
        }
        if (now_us() > until_us)
            die("the server does not start");
        usleep(5000);
    }
    char path[96], line[512];
    unsigned port;
    snprintf(path, sizeof path, "%s/log", server->dir);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "serve: listening on %*s port %u", &port) == 1)
            server->port = (uint16_t)port;
    if (file != NULL)
        fclose(file);
}

int server_stop(struct server *server, int signal)
{
    int status = 0;

    kill(server->pid, signal);
    if (waitpid(server->pid, &status, 0) != server->pid)
        die("the server is not there: %s", strerror(errno));
    if (WIFSIGNALED(status) && WTERMSIG(status) != signal) {
        log_show(server);
        die("the server ended with signal %d", WTERMSIG(status));
    }
    return status;
}

bool server_said(const struct server *server, const char *text)
{
    char line[1024], path[96];
    bool found = false;

    snprintf(path, sizeof path, "%s/log", server->dir);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, text) != NULL;
    fclose(file);
    return found;
}

void server_remove(struct server *server)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf %s", server->dir);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", server->dir);
}

int server_log_command(const struct server *server, const char *const words[], const char *to)
{
    char *copy[WORDS_MAX] = {"log"};
    int count = 1, status = 0;
    (void)server;

    for (; *words != NULL && count < WORDS_MAX - 1; words++)
        copy[count++] = (char *)(uintptr_t)*words;
    unlink(to);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        output_to(STDOUT_FILENO, to);
        exit(tbi_cmd_log(count, copy));
    }
    if (waitpid(child, &status, 0) != child)
        die("log: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
