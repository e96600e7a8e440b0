/* client.h: a server in a process of its own, and clients of it.
 *
 * Failures end the program with a line on standard error: these are tests. Threads: one. */
#ifndef TEST_NET_CLIENT_H
#define TEST_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- the server ---- */

struct server {
    pid_t pid;
    char dir[64];    /* of its own, in /tmp: socket, log, data */
    char socket[96]; /* Unix */
    uint16_t port;   /* TCP, where options ask for one */
    const char *scenario;
    int threads; /* of the next one that is started; 0: it says nothing of them */
};

void server_folder(struct server *server); /* makes the folder */
/* Starts it and waits until it answers. options: up to a NULL, besides scenario, --unix
 * and --threads. */
void server_start(struct server *server, const char *const options[]);
int server_stop(struct server *server, int signal);              /* the status of waitpid */
bool server_said(const struct server *server, const char *text); /* on its standard error */
void server_remove(struct server *server);
/* Its command line in a process of its own: `tongban log ...`; the exit status, its output in a
 * file. */
int server_log_command(const struct server *server, const char *const words[], const char *to);

/* ---- a client ---- */

struct client {
    int fd;
    bool gone; /* the other side has closed */
    char *in;
    size_t used, at, room; /* at: of the next answer */
};

void client_open(struct client *client, const char *socket);
bool client_open_tcp(struct client *client, uint16_t port); /* false: refused */
void client_close(struct client *client);
void client_send(struct client *client, const char *text, size_t bytes);
/* What has arrived, after waiting at most ms for something; false: nothing, or gone. */
bool client_fill(struct client *client, int ms);
/* The next whole answer, without waiting: its bytes, as they came; NULL: not yet there. It lives
 * until the next fill. */
const char *client_answer(struct client *client, size_t *bytes);
/* Sends a line and waits for its answer, 30 s at most; the answer ends with a 0. NULL: gone. */
const char *client_ask(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The number or text behind a field's name in an answer; false: it has no such field. */
bool answer_number(const char *answer, const char *field, int64_t *value);
bool answer_text(const char *answer, const char *field, char *out, size_t room);

int64_t now_us(void);
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
extern char die_again[128]; /* the line that repeats it */

#endif
