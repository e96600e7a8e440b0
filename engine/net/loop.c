#include "loop.h"
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void accept_on(struct loop *loop, int listener)
{
    struct io_uring_sqe *sqe = tbi_uring_sqe(&loop->uring);

    io_uring_prep_multishot_accept(sqe, loop->listeners[listener], NULL, NULL, SOCK_CLOEXEC);
    sqe->user_data = tbi_user_data(OP_ACCEPT, (uint32_t)listener, 0);
}

/* Where the system has no more files, trying again at once would be in vain, and so for ever: the
 * next sweep tries, and those who connect wait in the kernel's line. */
static void accepted(struct loop *loop, const struct io_uring_cqe *cqe)
{
    const uint32_t listener = (uint32_t)cqe->user_data;
    const bool scarce =
        cqe->res == -EMFILE || cqe->res == -ENFILE || cqe->res == -ENOMEM || cqe->res == -ENOBUFS;

    if (cqe->res >= 0)
        tbi_connection_take(loop, cqe->res, (int)listener == loop->tls_listener);
    else if (scarce && loop->turn_us >= loop->files_tell_us) {
        loop->files_tell_us = loop->turn_us + TB_SECONDS(60);
        fprintf(stderr,
                "serve: %s: connections wait, one more look each second; raise `ulimit -n` "
                "(LimitNOFILE) 打开文件数已满\n",
                strerror(-cqe->res));
    }
    if ((cqe->flags & IORING_CQE_F_MORE) || loop->server->stopping)
        return;
    if (scarce)
        loop->accepts_later |= 1u << listener;
    else
        accept_on(loop, (int)listener);
}

static void accepts_again(struct loop *loop)
{
    for (int i = 0; i < loop->listener_count && !loop->server->stopping; i++)
        if (loop->accepts_later & 1u << i)
            accept_on(loop, i);
    loop->accepts_later = 0;
}

static void certificates_renew(struct tbi_server *server)
{
    char error[TBI_TLS_ERROR_MAX];

    if (server->tls == NULL)
        fprintf(stderr, "serve: SIGHUP: there is no certificate to read again\n");
    else if (tbi_tls_reload(server->tls, server->options, error))
        fprintf(stderr, "serve: SIGHUP: certificates read again, for connections to come\n");
    else
        fprintf(stderr, "serve: SIGHUP: the old certificates stay: %s\n", error);
}

static void signalled(struct loop *loop)
{
    struct signalfd_siginfo info;

    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            certificates_renew(loop->server);
            continue;
        }
        fprintf(stderr, "serve: %s: no new connections; finishing what was begun\n",
                info.ssi_signo == SIGTERM ? "asked to stop" : "interrupted");
        loop->server->stopping = true;
    }
}

static void complete(struct loop *loop, const struct io_uring_cqe *cqe)
{
    switch ((enum op)(cqe->user_data >> 56)) {
    case OP_ACCEPT:
        accepted(loop, cqe);
        break;
    case OP_RECEIVE:
        tbi_connection_received(loop, cqe);
        break;
    case OP_SEND:
        tbi_connection_sent(loop, cqe);
        break;
    case OP_SIGNAL:
        signalled(loop);
        break;
    case OP_LOGIN:
        tbi_server_logins(loop->server);
        break;
    case OP_LOG:
        tbi_log_complete(loop->server->log, cqe->user_data, cqe->res);
        break;
    case OP_WHATIF:
        tbi_whatif_answer(loop->server);
        break;
    case OP_BELL:
        if ((cqe->flags & IORING_CQE_F_MORE) == 0)
            tbi_uring_poll(&loop->uring, loop->bell.file, OP_BELL);
        break;
    }
}

static void completions(struct loop *loop)
{
    const struct tbi_log *log = loop->server->log;
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;

    io_uring_for_each_cqe(&loop->uring.ring, head, cqe)
    {
        if (log != NULL && tbi_log_fills(log, loop->server->batch))
            break; /* the disk has something to do, the others' turn is the next one */
        complete(loop, cqe);
        count++;
    }
    io_uring_cq_advance(&loop->uring.ring, count);
}

/* ---- fronts ---- */

static void fronts_hear(struct loop *loop)
{
    void *span;
    uint64_t count;

    for (uint32_t i = 0; i < loop->front_count; i++) {
        struct tbi_ring *blocks = &loop->fronts[i]->blocks;

        count = tbi_ring_read_span(blocks, TBI_BLOCKS, &span);
        for (uint64_t b = 0; b < count; b++) {
            const struct tbi_block *block = (const struct tbi_block *)span + b;

            for (size_t at = 0; at < block->bytes;) {
                const struct tbi_news *news = (const void *)(block->news + at);

                tbi_connection_news(loop, news);
                at += tbi_news_whole(news->bytes, news->count);
            }
            tbi_ring_read_release(blocks, 1);
        }
    }
}

static void fronts_ring(struct loop *loop)
{
    for (uint32_t i = 0; i < loop->front_count; i++)
        tbi_front_ring(loop->fronts[i]);
}

static bool fronts_have_news(struct loop *loop)
{
    for (uint32_t i = 0; i < loop->front_count; i++)
        if (tbi_ring_readable(&loop->fronts[i]->blocks, 1) > 0)
            return true;
    return false;
}

/* True: nobody has told anything, and whoever does from now on knocks. */
static bool fronts_sleep(struct loop *loop)
{
    bool silent = true;

    if (loop->front_count == 0)
        return true;
    tbi_bell_sleep(&loop->bell);
    for (uint32_t i = 0; i < loop->front_count; i++)
        silent &= !tbi_ring_was_readable(&loop->fronts[i]->blocks);
    return silent;
}

static bool fronts_start(struct loop *loop)
{
    const struct tbi_serve_options *options = loop->server->options;

    if (options->threads < 2)
        return true;
    if (!tbi_bell_open(&loop->bell)) {
        fprintf(stderr, "serve: eventfd: %s\n", strerror(errno));
        return false;
    }
    tbi_uring_poll(&loop->uring, loop->bell.file, OP_BELL);
    while (loop->front_count < options->threads - 1) {
        struct tbi_front *front = tbi_front_start(loop->server->grammar, &loop->bell,
                                                  options->connections_max, options->spin_us);
        if (front == NULL)
            return false;
        loop->fronts[loop->front_count++] = front;
    }
    return true;
}

/* ---- waiting ---- */

/* How long nothing needs to be done if nothing comes. */
static int64_t patience_us(const struct loop *loop, int64_t now_us)
{
    const struct tbi_server *server = loop->server;
    int64_t wait = server->stopping ? STOPPING_US : TURN_US_MAX;

    if (server->dirty_count > 0 || server->told_first != server->told_last ||
        loop->line.first != NULL)
        return 0;
    if (server->any_dirty && loop->published_us + PUBLISH_US - now_us < wait)
        wait = loop->published_us + PUBLISH_US - now_us;
    if (!server->clock_manual) {
        const tb_time due = tb_city_deadline_at(server->city);
        if (due != TB_NEVER && due - server->now < wait)
            wait = due - server->now;
    }
    if (server->log != NULL) {
        const int64_t due = tbi_log_deadline_at(server->log);
        if (due != INT64_MAX && due - now_us < wait)
            wait = due - now_us;
    }
    return wait > 0 ? wait : 0;
}

/* Looks for work without sleeping, as long as that has paid lately: being woken up costs more than
 * most requests, and costs the one who sends them, too. True: something came. */
static bool spin(struct loop *loop, int64_t patience)
{
    const int64_t begun_us = tbi_clock_us();
    const int64_t us = loop->spin_us < patience ? loop->spin_us : patience;

    if (loop->server->log != NULL && tbi_log_flies(loop->server->log))
        return false; /* its writer may need this core */
    do {
        io_uring_submit_and_get_events(&loop->uring.ring);
        if (io_uring_cq_ready(&loop->uring.ring) > 0 || fronts_have_news(loop))
            return true;
    } while (tbi_clock_us() - begun_us < us);
    loop->spin_us /= 2;
    return false;
}

static void wait_for_work(struct loop *loop)
{
    const int64_t us = patience_us(loop, loop->turn_us);
    struct __kernel_timespec limit = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    struct io_uring_cqe *cqe;

    if (!spin(loop, us)) {
        const int64_t begun_us = tbi_clock_us();
        const bool sleeps = fronts_sleep(loop) && us > 0;
        io_uring_submit_and_wait_timeout(&loop->uring.ring, &cqe, sleeps, &limit, NULL);
        tbi_bell_wake(&loop->bell);
        if (tbi_clock_us() - begun_us < 2 * loop->server->options->spin_us)
            loop->spin_us = loop->server->options->spin_us;
    }
    tbi_uring_flush(&loop->uring); /* nothing to do, but where memory was short */
}

/* What the log's room held up goes on. */
static void unstall(struct loop *loop)
{
    struct tbi_server *server = loop->server;

    if (!server->stalled)
        return;
    server->stalled = false;
    for (uint32_t i = 0; i < server->session_room && !server->stalled; i++)
        if (server->sessions[i] != NULL && server->sessions[i]->in.size > 0)
            tbi_server_input(server, server->sessions[i], NULL, 0);
}

static void publish(struct loop *loop, int64_t now_us)
{
    struct tbi_server *server = loop->server;
    struct tbi_log_counts counts;

    if (server->watch == NULL || now_us - loop->published_us < PUBLISH_US)
        return;
    loop->published_us = now_us;
    for (uint32_t i = 0; server->any_dirty && i < server->scenario->config.station_count; i++)
        if (server->station_dirty[i]) {
            server->station_dirty[i] = false;
            tbi_watch_publish(server->watch, server->city, i, server->now);
        }
    server->any_dirty = false;
    tbi_watch_set(server->watch, TBI_METRIC_CONNECTIONS, server->session_count);
    tbi_watch_set(server->watch, TBI_METRIC_CONNECTIONS_TAKEN, server->connections_taken);
    tbi_watch_set(server->watch, TBI_METRIC_COMMANDS, server->commands_done);
    tbi_watch_set(server->watch, TBI_METRIC_REFUSED, server->refused);
    tbi_watch_set(server->watch, TBI_METRIC_SUBSCRIBERS, server->push.count);
    bool failed = false;
    if (server->log != NULL) {
        tbi_log_counts(server->log, &counts);
        tbi_watch_set(server->watch, TBI_METRIC_LOG_BYTES, counts.bytes);
        tbi_watch_set(server->watch, TBI_METRIC_LOG_GROUPS, counts.groups);
        tbi_watch_set(server->watch, TBI_METRIC_SNAPSHOTS, counts.snapshots);
        tbi_watch_set(server->watch, TBI_METRIC_LOG_LAG,
                      tbi_log_lsn(server->log) - tbi_log_durable(server->log));
        failed = tbi_log_failed(server->log) != 0;
    }
    tbi_watch_beat(server->watch, server->now,
                   failed             ? TBI_HEALTH_LOG_FAILED
                   : server->stopping ? TBI_HEALTH_STOPPING
                                      : TBI_HEALTH_GOOD);
}

/* Once: from here on changes are refused (server.c), and what was not yet sent is taken back. */
static void log_lost(struct loop *loop)
{
    if (loop->status != 0)
        return;
    fprintf(stderr, "serve: nothing is changed any more: %s\n", tbi_log_failure(loop->server->log));
    loop->status = 1;
    tbi_connections_fail(loop);
}

static void log_turn(struct loop *loop, int64_t now_us)
{
    struct tbi_server *server = loop->server;

    if (server->log == NULL)
        return;
    if (server->options->snapshot_s > 0 &&
        now_us - loop->snapshot_us > TB_SECONDS(server->options->snapshot_s) &&
        !tbi_log_snapshot_busy(server->log) && tbi_log_failed(server->log) == 0) {
        loop->snapshot_us = now_us;
        if (tbi_log_snapshot_begin(server->log, server->city, server->now) != 0)
            fprintf(stderr, "serve: no snapshot was begun; the log alone is kept until the next\n");
        tbi_server_names_again(server);
    }
    if (tbi_log_failed(server->log) == 0)
        tbi_log_submit(server->log, &loop->uring.ring, now_us);
    if (tbi_log_failed(server->log) != 0)
        log_lost(loop);
}

static void turn(struct loop *loop)
{
    struct tbi_server *server = loop->server;

    wait_for_work(loop);
    const int64_t begun_us = loop->turn_us = tbi_clock_us();
    loop->turn++;
    tbi_server_clock(server);
    tbi_connections_turn(loop);
    completions(loop);
    fronts_hear(loop);
    unstall(loop);
    if (server->batch > 0 || tb_city_deadline_at(server->city) <= server->now ||
        server->roster_at <= server->now)
        tbi_server_step(server);
    log_turn(loop, begun_us);
    tbi_connections_release(loop);
    tbi_connections_send(loop);
    fronts_ring(loop);
    if (begun_us - loop->swept_us > TB_SECONDS(1)) {
        loop->swept_us = begun_us;
        tbi_connections_sweep(loop, begun_us);
        accepts_again(loop);
    }
    publish(loop, begun_us);
    if (server->watch != NULL)
        tbi_watch_turn(server->watch, (uint64_t)(tbi_clock_us() - begun_us) * 1000);
}

sigset_t tbi_signals_block(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a failed write, and is told */
    return set;
}

static int signals_open(void)
{
    const sigset_t set = tbi_signals_block();

    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Answers under way are still given, for five seconds at most. */
static void finish(struct loop *loop)
{
    const int64_t until_us = tbi_clock_us() + TB_SECONDS(5);
    struct tbi_server *server = loop->server;

    for (int i = 0; i < loop->listener_count; i++)
        close(loop->listeners[i]);
    do
        turn(loop);
    while (tbi_clock_us() < until_us && loop->status == 0 &&
           (server->told_first != server->told_last ||
            (server->log != NULL && tbi_log_answerable(server->log) < tbi_log_lsn(server->log))));
    if (server->log == NULL || loop->status != 0)
        return;
    if (tbi_log_snapshot_begin(server->log, server->city, server->now) != 0)
        fprintf(stderr, "serve: no last snapshot; the next start reads the log instead\n");
    while (tbi_log_snapshot_busy(server->log) && tbi_log_failed(server->log) == 0 &&
           tbi_clock_us() < until_us)
        turn(loop);
}

static void lists_make(struct loop *loop)
{
    struct tbi_server *server = loop->server;
    const uint32_t room = server->options->connections_max;

    server->session_room = room;
    server->sessions = calloc(room, sizeof *server->sessions);
    server->dirty = calloc(room, sizeof *server->dirty);
    server->told_mask = 1;
    while (server->told_mask < room)
        server->told_mask *= 2;
    server->told = calloc(server->told_mask--, sizeof *server->told);
    loop->held = calloc(room, sizeof *loop->held);
    loop->free_slots = calloc(room, sizeof *loop->free_slots);
    tb_assert(server->sessions && server->dirty && server->told && loop->held && loop->free_slots);
    for (uint32_t i = room; i-- > 0;)
        loop->free_slots[loop->free_count++] = i;
}

int tbi_loop_run(struct tbi_server *server)
{
    struct loop loop = {.server = server, .tls_listener = -1, .snapshot_us = tbi_clock_us()};
    int status = tbi_uring_open(&loop.uring, server->options->connections_max);

    tbi_log_slice(SLICE_US);
    if (status < 0)
        return status;
    lists_make(&loop);
    status = fronts_start(&loop) ? tbi_listen(&loop) : -ENOMEM;
    if (status == 0) {
        loop.signals = signals_open();
        tbi_uring_poll(&loop.uring, loop.signals, OP_SIGNAL);
        if (server->access != NULL)
            tbi_uring_poll(&loop.uring, tbi_access_fd(server->access), OP_LOGIN);
        if (server->whatif != NULL)
            tbi_uring_poll(&loop.uring, tbi_whatif_fd(server->whatif), OP_WHATIF);
        for (int i = 0; i < loop.listener_count; i++)
            accept_on(&loop, i);
        fprintf(stderr, "serve: ready\n");
        tbi_supervisor_tell("READY=1");
        while (!server->stopping)
            turn(&loop);
        tbi_supervisor_tell("STOPPING=1");
        finish(&loop);
        tbi_connections_close(&loop);
        if (server->log != NULL && loop.status == 0)
            loop.status = tbi_log_close(server->log, server->city, server->now, &loop.uring.ring,
                                        NULL, NULL) != 0;
        server->log = NULL;
        if (loop.unix_last)
            unlink(server->options->unix_path);
        close(loop.signals);
        status = loop.status;
    }
    for (uint32_t i = 0; i < loop.front_count; i++) /* it did not come to listening */
        tbi_front_stop(loop.fronts[i]);
    if (server->options->threads > 1)
        tbi_bell_close(&loop.bell);
    tbi_uring_close(&loop.uring);
    free(server->sessions);
    free(server->dirty);
    free(server->told);
    free(loop.held);
    free(loop.free_slots);
    return status;
}
