#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"

int64_t tbi_clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return TB_SECONDS(now.tv_sec) + now.tv_nsec / 1000;
}

static struct tbi_session *session_of(const struct loop *loop, uint64_t user_data)
{
    struct tbi_session *session = loop->server->sessions[(uint32_t)user_data];

    return session != NULL && (session->generation & 0xffffffu) == (user_data >> 32 & 0xffffffu)
               ? session
               : NULL;
}

static void receive(struct loop *loop, struct tbi_session *session)
{
    session->receive_busy = true;
    if (session->front == NULL)
        tbi_uring_receive(&loop->uring, session->index, session->generation, session->fd);
}

/* Both directions end; the slot is free once the kernel holds nothing of the session any more. */
static void shut(struct loop *loop, struct tbi_session *session)
{
    if (!session->broken)
        shutdown(session->fd, SHUT_RDWR);
    session->broken = true;
    tbi_server_touch(loop->server, session);
}

void tbi_connection_take(struct loop *loop, int fd, bool tls)
{
    static const char full[] = "-ERR max number of clients reached; raise --connections\r\n";
    struct tbi_server *server = loop->server;
    const int one = 1, idle = 60, between = 15, count = 4, unread_ms = 120000;

    server->connections_taken++;
    if (loop->free_count == 0) {
        if (!tls)
            (void)!write(fd, full, sizeof full - 1);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* fails on Unix sockets: fine */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unread_ms, sizeof unread_ms);
    struct tbi_session *session = calloc(1, sizeof *session);
    tb_assert(session != NULL);
    session->fd = fd;
    session->index = loop->free_slots[--loop->free_count];
    session->id = ++server->id_last;
    session->generation = (uint32_t)session->id;
    session->version = 2;
    session->taken_at_us = session->heard_at_us = tbi_clock_us();
    session->secure = tls;
    server->sessions[session->index] = session;
    server->session_count++;
    if (loop->front_count > 0) {
        session->front = loop->fronts[loop->front_next++ % loop->front_count];
        tbi_front_take(session->front, session->index, fd, tls ? server->tls : NULL);
    } else {
        if (tls)
            session->tls = tbi_tls_open(server->tls, &loop->line, session);
        tbi_uring_file(&loop->uring, session->index, fd);
    }
    receive(loop, session);
}

/* It has said all, what it asked is still answered; or it has gone. */
static void over(struct loop *loop, struct tbi_session *session, int value)
{
    if (value < 0) {
        shut(loop, session);
        return;
    }
    session->ended = true;
    tbi_server_touch(loop->server, session);
}

/* ---- TLS ---- */

/* The owner of a certificate that was verified is logged in, if the access file has the name. */
static void shaken(struct loop *loop, struct tbi_session *session, const char *name, size_t bytes)
{
    struct tbi_server *server = loop->server;

    session->shaken = true;
    session->heard_at_us = loop->turn_us;
    const struct tbi_user *user =
        server->access != NULL && bytes > 0 ? tbi_access_user(server->access, name, bytes) : NULL;
    if (user != NULL)
        tbi_server_user_set(server, session, user);
}

/* Of many at once only the first is told. */
static void tls_failed(struct loop *loop, struct tbi_session *session, const char *why,
                       size_t bytes)
{
    struct tbi_server *server = loop->server;
    char host[64], more[64] = "";

    session->closing = true;
    tbi_server_touch(server, session);
    if (server->watch != NULL)
        tbi_watch_add(server->watch, TBI_METRIC_TLS_FAILED, 1);
    if (loop->turn_us < loop->tls_tell_us) {
        loop->tls_untold++;
        return;
    }
    if (loop->tls_untold > 0)
        snprintf(more, sizeof more, " (and %llu more since the last line)",
                 (unsigned long long)loop->tls_untold);
    loop->tls_tell_us = loop->turn_us + TB_SECONDS(1), loop->tls_untold = 0;
    tbi_peer_print(session->fd, host, sizeof host);
    fprintf(stderr, "serve: TLS with %s failed: %.*s; closed%s\n", host, (int)bytes, why, more);
}

static void tls_work(struct loop *loop, struct tbi_session *session)
{
    enum tbi_tls_news news;
    const char *data;
    size_t bytes;
    char name[1024];

    while ((news = tbi_tls_next(session->tls, &data, &bytes)) != TBI_TLS_NOTHING)
        switch (news) {
        case TBI_TLS_NOTHING:
            break;
        case TBI_TLS_SHAKEN:
            shaken(loop, session, name, tbi_tls_name(session->tls, name, sizeof name));
            break;
        case TBI_TLS_PLAIN_BYTES:
            if (!session->broken && !session->closing)
                tbi_server_input(loop->server, session, data, bytes);
            break;
        case TBI_TLS_ENDED:
            over(loop, session, 0);
            break;
        case TBI_TLS_BROKEN:
            tls_failed(loop, session, data, strlen(data));
            break;
        }
    tbi_server_touch(loop->server, session);
}

void tbi_connections_turn(struct loop *loop)
{
    struct tbi_session *session = tbi_tls_turn(&loop->line);

    if (session != NULL && !session->broken)
        tls_work(loop, session);
}

/* ---- receiving ---- */

void tbi_connection_received(struct loop *loop, const struct io_uring_cqe *cqe)
{
    struct tbi_session *session = session_of(loop, cqe->user_data);
    const bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;

    if (session != NULL && !more)
        session->receive_busy = false;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        const uint32_t buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

        if (session != NULL && cqe->res > 0 && !session->broken) {
            const char *data = tbi_uring_buffer(&loop->uring, buffer);

            session->heard_at_us = loop->turn_us;
            if (session->tls == NULL) {
                tbi_server_input(loop->server, session, data, (size_t)cqe->res);
            } else {
                tbi_tls_feed(session->tls, data, (size_t)cqe->res);
                tls_work(loop, session);
            }
        }
        tbi_uring_buffer_back(&loop->uring, buffer);
    }
    if (session == NULL)
        return;
    if (cqe->res == 0 || (cqe->res < 0 && cqe->res != -ENOBUFS))
        over(loop, session, cqe->res);
    else if (!more && !session->broken)
        receive(loop, session);
}

/* ---- what a front tells ---- */

void tbi_connection_news(struct loop *loop, const struct tbi_news *news)
{
    struct tbi_server *server = loop->server;
    struct tbi_session *session = server->sessions[news->index];
    const char *data = tbi_news_bytes(news);

    tb_assert(session != NULL); /* not dropped before its front has told that it is over */
    switch (news->kind) {
    case TBI_NEWS_REQUESTS:
    case TBI_NEWS_BYTES:
        session->heard_at_us = loop->turn_us;
        if (!session->broken && !session->closing)
            tbi_server_input_read(server, session, data, news->bytes, tbi_news_reads(news),
                                  news->count);
        break;
    case TBI_NEWS_SENT:
        session->send_busy = false;
        if (news->value < 0)
            shut(loop, session);
        tbi_server_touch(server, session);
        break;
    case TBI_NEWS_SHAKEN:
        shaken(loop, session, data, news->bytes);
        break;
    case TBI_NEWS_ENDED:
        over(loop, session, 0);
        break;
    case TBI_NEWS_BROKEN:
        tls_failed(loop, session, data, news->bytes);
        break;
    case TBI_NEWS_OVER:
        session->receive_busy = false;
        over(loop, session, (int)news->value);
        break;
    }
}

/* ---- sending ---- */

/* What is left of `sending`. at_once: all of it now, or a completion says how much; `sending` is
 * free for more once that was looked at, which is before anything else is put there. */
static void send_more(struct loop *loop, struct tbi_session *session, bool at_once)
{
    const char *data = session->sending.data + session->sent;
    const size_t bytes = session->sending.size - session->sent;

    session->send_busy = !at_once;
    if (session->front == NULL)
        tbi_uring_send(&loop->uring, session->index, session->generation, session->fd, data, bytes,
                       at_once, at_once);
    else
        tbi_front_order(session->front, (struct tbi_order){.kind = TBI_ORDER_SEND,
                                                           .index = session->index,
                                                           .data = data,
                                                           .bytes = bytes});
}

/* How many bytes of `out` may go: all, or up to the last mark that is durable. */
static size_t free_bytes(struct loop *loop, struct tbi_session *session)
{
    struct tbi_log *log = loop->server->log;

    if (log == NULL || tbi_log_failed(log) != 0) /* then only questions are answered */
        return session->out.size;
    const uint64_t lsn = tbi_log_lsn(log), good = tbi_log_answerable(log);
    const size_t marked = session->mark_count ? session->marks[session->mark_count - 1].bytes : 0;
    if (session->out.size > marked) {
        if (session->mark_count == TBI_MARKS) /* the last one waits a little longer */
            session->mark_count--;
        session->marks[session->mark_count++] = (struct tbi_mark){session->out.size, lsn};
    }
    size_t bytes = 0;
    uint32_t passed = 0;
    while (passed < session->mark_count && session->marks[passed].lsn <= good)
        bytes = session->marks[passed++].bytes;
    session->mark_count -= passed;
    for (uint32_t i = 0; i < session->mark_count; i++) {
        session->marks[i] = session->marks[i + passed];
        session->marks[i].bytes -= bytes;
    }
    return bytes;
}

static void out_cut(struct tbi_session *session, size_t bytes)
{
    if (bytes < session->out.size)
        memmove(session->out.data, session->out.data + bytes, session->out.size - bytes);
    session->out.size -= bytes;
}

static void send_out(struct loop *loop, struct tbi_session *session)
{
    if (session->send_busy || (session->out.size == 0 && !tbi_tls_has_more(session->tls)))
        return;
    const size_t bytes = free_bytes(loop, session);
    if (session->mark_count > 0 && !session->held) {
        session->held = true;
        loop->held[loop->held_count++] = session;
    }
    if (bytes == 0 && !tbi_tls_has_more(session->tls))
        return;
    if (session->tls != NULL) {
        session->sending.size = 0;
        tbi_tls_write(session->tls, session->out.data, bytes, &session->sending);
        out_cut(session, bytes);
    } else if (bytes == session->out.size) {
        const struct tbi_bytes empty = session->sending;
        session->sending = session->out;
        session->out = empty;
        session->out.size = 0;
    } else {
        session->sending.size = 0;
        tbi_bytes_add(&session->sending, session->out.data, bytes);
        out_cut(session, bytes);
    }
    session->sent = 0;
    session->asked &= session->out.size > 0;
    if (session->sending.size > 0)
        send_more(loop, session, session->front == NULL && !session->closing && !session->ended);
}

void tbi_connection_sent(struct loop *loop, const struct io_uring_cqe *cqe)
{
    struct tbi_session *session = session_of(loop, cqe->user_data);

    if (session == NULL)
        return;
    const bool at_once = !session->send_busy;
    session->send_busy = false;
    if (cqe->res <= 0 && !(at_once && cqe->res == -EAGAIN)) {
        shut(loop, session);
        return;
    }
    session->sent += cqe->res > 0 ? (size_t)cqe->res : 0;
    if (session->sent < session->sending.size && !session->broken)
        send_more(loop, session, false);
    else
        tbi_server_touch(loop->server, session);
}

static void drop(struct loop *loop, struct tbi_session *session)
{
    struct tbi_server *server = loop->server;

    for (uint32_t i = 0; i < loop->held_count; i++)
        if (loop->held[i] == session)
            loop->held[i--] = loop->held[--loop->held_count];
    if (session->told)
        tbi_server_untell(server, session);
    tbi_push_leave(&server->push, session);
    server->held_bytes -= session->counted;
    tbi_tls_close(session->tls);
    if (session->front == NULL) {
        tbi_uring_file(&loop->uring, session->index, -1);
        close(session->fd);
    } else if (loop->front_count > 0) {
        tbi_front_order(session->front, (struct tbi_order){.kind = TBI_ORDER_FORGET,
                                                           .index = session->index});
    }
    server->sessions[session->index] = NULL;
    loop->free_slots[loop->free_count++] = session->index;
    server->session_count--;
    tbi_bytes_free(&session->in);
    tbi_bytes_free(&session->out);
    tbi_bytes_free(&session->sending);
    free(session);
}

/* A buffer that once was large and is empty goes back. */
static size_t counted(struct tbi_bytes *bytes)
{
    if (bytes->room > TBI_BUFFER_KEEP && bytes->size == 0)
        tbi_bytes_free(bytes);
    return bytes->room;
}

static void count_held(struct tbi_server *server, struct tbi_session *session)
{
    if (!session->send_busy) /* all of it has gone: completions come before this */
        session->sending.size = session->sent = 0;
    const size_t all = counted(&session->in) + counted(&session->out) + counted(&session->sending);

    server->held_bytes += all - session->counted;
    session->counted = all;
}

static void slow_drop(struct loop *loop, struct tbi_session *session, const char *what)
{
    char peer[64];

    tbi_peer_print(session->fd, peer, sizeof peer);
    fprintf(stderr,
            "serve: connection %llu of %s (%s) does not read %s; closed with %zu bytes unread\n",
            (unsigned long long)session->id, peer, session->user ? session->user->name : "nobody",
            what, session->out.size + session->sending.size - session->sent);
    if (loop->server->watch != NULL)
        tbi_watch_add(loop->server->watch, TBI_METRIC_CONNECTIONS_DROPPED, 1);
    shutdown(session->fd, SHUT_RDWR);
    session->broken = true;
}

/* Together they hold too much: the one that holds most goes, one a turn, until it is less. */
static void slowest_drop(struct loop *loop)
{
    struct tbi_session *most = NULL;

    for (uint32_t i = 0; i < loop->server->session_room; i++) {
        struct tbi_session *session = loop->server->sessions[i];

        if (session != NULL && !session->broken &&
            (most == NULL || session->counted > most->counted))
            most = session;
    }
    if (most != NULL)
        slow_drop(loop, most, "while all together hold 256 MiB"), shut(loop, most);
}

/* Nothing will be added to what was sent. */
static bool is_over(const struct tbi_server *server, const struct tbi_session *session)
{
    return session->out.size == 0 &&
           (session->closing || (session->ended && !session->waits_login && !server->stalled));
}

/* Through its front, TLS's good-bye is one more send. */
static void part(struct tbi_session *session)
{
    if (session->parted || session->send_busy || !session->secure)
        return;
    session->parted = session->send_busy = true;
    tbi_front_order(session->front,
                    (struct tbi_order){.kind = TBI_ORDER_END, .index = session->index});
}

static void session_send(struct loop *loop, struct tbi_session *session)
{
    struct tbi_server *server = loop->server;

    session->sent_turn = loop->turn;
    count_held(server, session);
    if (!session->broken && session->out.size > TBI_OUT_MAX)
        slow_drop(loop, session, "what it is sent");
    if (!session->broken && is_over(server, session))
        tbi_tls_end(session->tls);
    if (!session->broken)
        send_out(loop, session);
    if (session->front != NULL && !session->broken && is_over(server, session))
        part(session);
    if (!session->broken && !session->send_busy && is_over(server, session)) {
        shutdown(session->fd, SHUT_RDWR);
        session->broken = true;
    }
    if (session->broken && !session->send_busy && !session->receive_busy)
        drop(loop, session);
}

/* Messages go out after the answers, to a few listeners a turn: however many there are, nobody who
 * asks waits long for them, and the busier it is, the more messages one send carries. */
static void told_send(struct loop *loop)
{
    struct tbi_server *server = loop->server;
    uint32_t sends = 0;

    for (uint32_t n = server->told_last - server->told_first; n > 0 && sends < TELLS; n--) {
        struct tbi_session *session = server->told[server->told_first++ & server->told_mask];

        session->told = false;
        if (session->sent_turn != loop->turn) {
            session_send(loop, session);
            sends++;
        } else if (session->out.size > 0) { /* what it sends must go first */
            tbi_server_tell(server, session);
        }
    }
}

void tbi_connections_send(struct loop *loop)
{
    struct tbi_server *server = loop->server;
    const uint32_t count = server->dirty_count;

    server->dirty_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        server->dirty[i]->dirty = false;
        session_send(loop, server->dirty[i]);
    }
    told_send(loop);
    if (server->held_bytes > TBI_HOLD_MAX)
        slowest_drop(loop);
}

void tbi_connections_release(struct loop *loop)
{
    struct tbi_log *log = loop->server->log;

    if (log == NULL || tbi_log_answerable(log) == loop->answerable)
        return;
    loop->answerable = tbi_log_answerable(log);
    for (uint32_t i = 0; i < loop->held_count; i++) {
        struct tbi_session *session = loop->held[i];

        session->held = false;
        (session->asked ? tbi_server_touch : tbi_server_tell)(loop->server, session);
    }
    loop->held_count = 0;
}

static void fail(struct tbi_session *session)
{
    session->out.size = 0;
    session->mark_count = 0;
    tbi_server_refuse(session, "DISKFAIL",
                      "the command log can't be written; what was not "
                      "answered is not promised. Free the disk, start the server again, and "
                      "repeat with the same REQUEST id");
    session->closing = true;
}

/* Which of the unsent bytes tell of changes is not known any more, above all where a send was under
 * way and no mark was set yet; so none of them go out. */
void tbi_connections_fail(struct loop *loop)
{
    struct tbi_server *server = loop->server;

    for (uint32_t i = 0; i < server->session_room; i++) {
        struct tbi_session *session = server->sessions[i];

        if (session == NULL || session->out.size == 0)
            continue;
        fail(session);
        tbi_server_touch(server, session);
    }
    for (uint32_t i = 0; i < loop->held_count; i++)
        loop->held[i]->held = false;
    loop->held_count = 0;
}

void tbi_connections_sweep(struct loop *loop, int64_t now_us)
{
    struct tbi_server *server = loop->server;
    const int64_t idle_us = TB_SECONDS(server->options->idle_s);

    for (uint32_t i = 0; i < server->session_room; i++) {
        struct tbi_session *session = server->sessions[i];

        if (session == NULL)
            continue;
        if (idle_us > 0 && session->subscription_count == 0 &&
            now_us - session->heard_at_us > idle_us)
            shut(loop, session);
        if (session->secure && !session->shaken &&
            now_us - session->taken_at_us > TBI_TLS_HANDSHAKE_US)
            shut(loop, session);
        if (server->access != NULL && session->user == NULL &&
            now_us - session->taken_at_us > TBI_LOGIN_US)
            shut(loop, session);
        if (session->counted > TBI_BUFFER_KEEP) /* its large buffers may be empty by now */
            tbi_server_touch(server, session);
        if (!session->ended && !session->closing)
            continue;
        if (session->over_at_us == 0)
            session->over_at_us = now_us;
        if (now_us - session->over_at_us > TBI_CLOSING_US)
            shut(loop, session);
        tbi_server_touch(server, session); /* what held its last answers up may be over */
    }
}

void tbi_connections_close(struct loop *loop)
{
    tbi_uring_flush(&loop->uring);
    for (uint32_t i = 0; i < loop->front_count; i++) /* after what they were ordered to send */
        tbi_front_stop(loop->fronts[i]);
    loop->front_count = 0;
    for (uint32_t i = 0; i < loop->server->session_room; i++)
        if (loop->server->sessions[i] != NULL)
            drop(loop, loop->server->sessions[i]);
}
