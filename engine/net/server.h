/* server.h: the scheduler of one city and its connections; private to this folder.
 *
 * One thread runs to completion (with --threads others have the connections: front.h): loop.c takes
 * what the kernel has received, server.c reads all requests of a turn into one batch, steps the
 * city once, appends the batch to the log, and puts answers and pushed events into the connections'
 * buffers; connection.c sends what may be sent.
 *
 * Order: a connection's requests are answered in their order. Whatever is no command of the city
 * (PING, SUBSCRIBE, EXPLAIN ...) first has the batch stepped if that connection has commands in
 * it. All commands of one batch happen at one instant, in the order in which they were received. */
#ifndef TBI_NET_SERVER_H
#define TBI_NET_SERVER_H

#include <signal.h>

#include "access/access.h"
#include "command.h"
#include "front.h"
#include "log/log.h"
#include "push.h"
#include "reply.h"
#include "serve.h"
#include "session.h"
#include "tls.h"
#include "tongban/scenario.h"
#include "watch/watch.h"
#include "whatif.h"

enum {
    TBI_BATCH_MAX = 1024,      /* commands of one step */
    TBI_EVENTS_MAX = 8192,     /* events taken from one call of the step */
    TBI_LOGIN_TRIES = 3,       /* of a connection */
    TBI_OUT_MAX = 16 << 20,    /* bytes that a slow reader may leave unread */
    TBI_IN_MAX = 1 << 20,      /* bytes that are kept while the log or a password is waited for */
    TBI_HOLD_MAX = 256 << 20,  /* bytes of all connections together */
    TBI_BUFFER_KEEP = 1 << 18, /* a larger buffer is given back once it is empty */
    TBI_LOGIN_US = 60000000,   /* in which a connection logs in, where that is asked for */
    TBI_CLOSING_US = 10000000, /* in which the last answers are read */
    TBI_SUBSCRIPTIONS_MAX = 4096,
    TBI_STARS_MAX = 4, /* of a pattern: more would take long to match */
};

/* A command in the batch, and whose it is. */
struct tbi_pending {
    struct tbi_session *session;
    bool several; /* a query whose answer is a list */
};

struct tbi_server {
    const struct tbi_serve_options *options;
    const struct tb_scenario *scenario;
    struct tb_city *city;
    struct tbi_names *names;
    struct tbi_grammar *grammar;
    struct tbi_access *access;   /* NULL: everybody may do everything */
    struct tbi_watch *watch;     /* NULL: no HTTP */
    struct tbi_log *log;         /* NULL: nothing is kept */
    struct tbi_tls_context *tls; /* NULL: none */
    struct tbi_whatif *whatif;   /* NULL: what-ifs are refused */
    struct tbi_push push;

    struct tb_command commands[TBI_BATCH_MAX];
    struct tbi_pending pending[TBI_BATCH_MAX];
    uint32_t actors[TBI_BATCH_MAX];
    uint32_t batch;
    struct tb_event events[TBI_EVENTS_MAX];

    tb_time now, clock_offset_us;
    tb_time held_at;         /* of a manual clock that waits for the log's room; else 0 */
    tb_time roster_at;       /* when a date's plan begins or ends next */
    uint32_t roster_station; /* the stations before it have theirs */
    bool roster_named;       /* in the log */
    bool clock_manual;   /* time goes by CLOCK.SET alone */
    bool *station_dirty; /* to be published */
    bool any_dirty, stopping;
    bool stalled; /* the log's staging is full: nothing more is read until it has room */

    /* Connections. loop.c's. */
    struct tbi_session **sessions;
    uint32_t session_room, session_count;
    struct tbi_session **dirty; /* those with an answer to send */
    uint32_t dirty_count;
    struct tbi_session **told; /* a ring of those with messages alone: after the answers, in turn */
    uint32_t told_mask, told_first, told_last;
    uint64_t held_bytes; /* of all connections, as counted when each had something to send */
    uint64_t id_last, commands_done, refused, connections_taken;
    tb_time started_at;
};

/* server.c. read: what a front has read of the bytes already, `count` requests of them. */
void tbi_server_input(struct tbi_server *server, struct tbi_session *session, const char *data,
                      size_t bytes);
void tbi_server_input_read(struct tbi_server *server, struct tbi_session *session,
                           const char *data, size_t bytes, const struct tbi_read *reads,
                           uint32_t count);
void tbi_server_step(struct tbi_server *server); /* the batch, or time alone */
void tbi_server_do(struct tbi_server *server, const struct tb_command *commands, uint32_t n);
void tbi_server_clock(struct tbi_server *server);
/* At a snapshot: the log names everybody once more, for what was before it may be deleted. */
void tbi_server_names_again(struct tbi_server *server);
void tbi_server_touch(struct tbi_server *server, struct tbi_session *session);
void tbi_server_tell(struct tbi_server *server, struct tbi_session *session);
void tbi_server_untell(struct tbi_server *server, struct tbi_session *session);
void tbi_server_logins(struct tbi_server *server);
void tbi_server_user_set(struct tbi_server *server, struct tbi_session *session,
                         const struct tbi_user *user); /* NULL: logged out */
struct tbi_session *tbi_server_session(const struct tbi_server *server, uint64_t id); /* or NULL */
void tbi_server_refuse(struct tbi_session *session, const char *code, const char *text);

/* listen.c: the other end: "uid-1000" of a Unix socket, "10.0.0.7:51234". */
void tbi_peer_print(int fd, char *out, size_t room);

/* admin.c: what every Redis client asks for. False: no such command. */
bool tbi_admin(struct tbi_server *server, struct tbi_session *session,
               const struct tbi_request *request);

void tbi_admin_hello(struct tbi_server *server, struct tbi_session *session);

/* docs.c: COMMAND and its words, out of the tables. */
void tbi_docs(struct tbi_server *server, struct tbi_session *session,
              const struct tbi_request *request);

/* query.c: WINDOW.EXPLAIN, CITY.WHATIF, EVENTS.SINCE, CLOCK. False: no such command. */
bool tbi_query(struct tbi_server *server, struct tbi_session *session,
               const struct tbi_request *request);

/* roster.c: plans of dates. begin: after recovery, before the first step; `found` is zero where
 * there is no log. follow: before each step that passes roster_at. */
bool tbi_roster_begin(struct tbi_server *server, const struct tbi_log_recovery *found);
void tbi_roster_follow(struct tbi_server *server);

/* loop.c: until a signal says stop. 0, or -errno with a line on standard error. */
int tbi_loop_run(struct tbi_server *server);

/* SIGINT and SIGTERM are read by the loop; so no thread may take them. Before any is made. */
sigset_t tbi_signals_block(void);

#endif
