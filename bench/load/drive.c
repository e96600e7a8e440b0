/* One thread, and an io_uring for those who ask, another for those who listen: received bytes come
 * in a few buffers that stay in the cache and are counted where they lie; a send asks for no
 * completion; all that a turn has to send goes with the call that looks for what came. It never
 * sleeps: a generator that does has the server pay for waking it up, which on some machines costs
 * more than the answer. In one ring an answer would stand behind all messages that came before it,
 * and the generator's own work on these would be told as the server's time. */
#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "load.h"

enum { ENTRIES = 4096, COMPLETIONS = 65536, BUFFERS = 128, BUFFER_BYTES = 8192 };
enum { BUFFERS_BYTES = BUFFERS * BUFFER_BYTES };
enum { SEND_BIT = 1 << 30 };
enum { HEARD_MOST = 64 }; /* messages between two looks at the answers */

struct side {
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *memory;
    uint32_t first, count; /* of the connections */
};

struct drive {
    const struct options *options;
    struct connection *connections;
    struct result *result;
    struct side talkers, listeners;
    int64_t now_us, between_us; /* two rounds of a connection; 0: no rate was asked for */
    bool ending;                /* connections stop when they have sent all requests in turn */
};

static int64_t clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void check(int status, const char *what)
{
    if (status >= 0)
        return;
    errno = -status;
    die(what);
}

static void side_make(struct side *side, const struct connection *connections, uint32_t first,
                      uint32_t count)
{
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                              IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                     .cq_entries = COMPLETIONS};
    int *files = calloc(count + 1, sizeof *files);

    side->first = first;
    side->count = count;
    check(io_uring_queue_init_params(ENTRIES, &side->ring, &params), "io_uring");
    for (uint32_t i = 0; i < count; i++)
        files[i] = connections[first + i].fd;
    if (count > 0)
        check(io_uring_register_files(&side->ring, files, count), "io_uring_register_files");
    free(files);
    side->buffers = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    side->memory = mmap(NULL, BUFFERS_BYTES + REPLIES_SLACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t)(uintptr_t)side->buffers,
                                   .ring_entries = BUFFERS};
    check(io_uring_register_buf_ring(&side->ring, &reg, 0), "io_uring_register_buf_ring");
    io_uring_buf_ring_init(side->buffers);
    for (int i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(side->buffers, side->memory + (size_t)i * BUFFER_BYTES, BUFFER_BYTES,
                              (unsigned short)i, io_uring_buf_ring_mask(BUFFERS), i);
    io_uring_buf_ring_advance(side->buffers, BUFFERS);
}

static struct io_uring_sqe *sqe_get(struct side *side)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&side->ring);

    if (sqe == NULL) {
        check(io_uring_submit(&side->ring), "io_uring_enter");
        sqe = io_uring_get_sqe(&side->ring);
    }
    return sqe;
}

/* index: among the side's. */
static void receive(struct side *side, uint32_t index)
{
    struct io_uring_sqe *sqe = sqe_get(side);

    io_uring_prep_recv_multishot(sqe, (int)index, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
    sqe->user_data = index;
}

static void round_begin(struct drive *d, uint32_t index, int64_t at_us)
{
    struct connection *c = &d->connections[index];
    struct io_uring_sqe *sqe = sqe_get(&d->talkers);

    io_uring_prep_send(sqe, (int)index, c->out + c->rounds[c->round],
                       c->rounds[c->round + 1] - c->rounds[c->round], MSG_WAITALL);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = SEND_BIT | index;
    c->sent_at_us = at_us;
    c->due = c->in.count + (uint64_t)d->options->pipeline;
    c->round = (c->round + 1) % (uint32_t)d->options->request_count;
}

/* What has come in one buffer. */
static void bytes_take(struct drive *d, uint32_t index, const char *at, size_t bytes)
{
    struct connection *c = &d->connections[index];
    const uint64_t errors = c->in.errors;

    replies_take(&c->in, at, bytes);
    if (c->in.errors > errors && d->result->error[0] == 0) {
        const char *error = *at == '-' ? at : memmem(at, bytes, "\n-", 2);
        snprintf(d->result->error, sizeof d->result->error, "%.*s",
                 error ? (int)(at + bytes - error) : 0, error);
    }
    if (c->due == 0 || c->in.count < c->due)
        return;
    if (!d->ending)
        tbs_histogram_add(&d->result->round_trips, d->now_us - c->sent_at_us);
    c->due = 0;
    if (d->ending ? c->round != 0 : d->between_us == 0)
        round_begin(d, index, d->now_us);
}

static void complete(struct drive *d, struct side *side, const struct io_uring_cqe *cqe)
{
    const uint32_t index = (uint32_t)cqe->user_data;

    if (index & SEND_BIT) /* only failures tell */
        check(cqe->res < 0 ? cqe->res : -EPIPE, "send");
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        const uint32_t buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        char *at = side->memory + (size_t)buffer * BUFFER_BYTES;

        bytes_take(d, side->first + index, at, (size_t)cqe->res);
        io_uring_buf_ring_add(side->buffers, at, BUFFER_BYTES, (unsigned short)buffer,
                              io_uring_buf_ring_mask(BUFFERS), 0);
        io_uring_buf_ring_advance(side->buffers, 1);
    } else if (cqe->res == 0) {
        check(-ECONNRESET, "the server closed a connection");
    } else if (cqe->res != -ENOBUFS) {
        check(cqe->res, "receive");
    }
    if (!(cqe->flags & IORING_CQE_F_MORE))
        receive(side, index);
}

/* What the side has to send goes, and at most so much of what came is taken; how much. */
static unsigned side_turn(struct drive *d, struct side *side, unsigned most)
{
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;
    const int status = io_uring_submit_and_get_events(&side->ring);

    check(status == -EINTR ? 0 : status, "io_uring_enter");
    d->now_us = clock_us();
    io_uring_for_each_cqe(&side->ring, head, cqe)
    {
        if (count == most)
            break;
        complete(d, side, cqe);
        count++;
    }
    io_uring_cq_advance(&side->ring, count);
    return count;
}

/* Rounds whose time has come, under --rate. One that is late because the round before it took long
 * is counted from when it should have begun. */
static void rounds_due(struct drive *d)
{
    for (int i = 0; i < d->options->connections; i++) {
        struct connection *c = &d->connections[i];
        const int64_t at_us = c->sent_at_us + d->between_us;

        if (c->due != 0 || at_us > d->now_us)
            continue;
        tbs_histogram_add(&d->result->late, d->now_us - at_us);
        round_begin(d, (uint32_t)i, at_us);
    }
}

static void turn(struct drive *d)
{
    if (d->between_us > 0 && !d->ending)
        rounds_due(d);
    unsigned count = side_turn(d, &d->talkers, COMPLETIONS);
    if (d->listeners.count > 0)
        count += side_turn(d, &d->listeners, HEARD_MOST);
    d->result->idle_turns += count == 0;
    d->result->turns++;
}

/* What was begun is finished, so that whoever comes next finds no ticket at a window; for a second
 * at most. */
static void finish(struct drive *d)
{
    const int64_t until_us = d->now_us + 1000000;
    bool busy = true;

    d->ending = true;
    for (int i = 0; i < d->options->connections; i++)
        if (d->connections[i].due == 0 && d->connections[i].round != 0)
            round_begin(d, (uint32_t)i, d->now_us);
    while (busy && d->now_us < until_us) {
        turn(d);
        busy = false;
        for (int i = 0; i < d->options->connections; i++)
            busy |= d->connections[i].due != 0;
    }
}

void drive(const struct options *options, struct connection *connections, struct result *result)
{
    struct drive d = {.options = options, .connections = connections, .result = result};
    const uint32_t talkers = (uint32_t)options->connections;

    side_make(&d.talkers, connections, 0, talkers);
    side_make(&d.listeners, connections, talkers, (uint32_t)options->listeners);
    if (options->rate > 0)
        d.between_us = (int64_t)(1e6 * talkers * options->pipeline / options->rate);
    for (uint32_t i = 0; i < talkers; i++)
        receive(&d.talkers, i);
    for (uint32_t i = 0; i < d.listeners.count; i++)
        receive(&d.listeners, i);
    check(io_uring_submit(&d.talkers.ring), "io_uring_enter"); /* before anything is due */
    check(io_uring_submit(&d.listeners.ring), "io_uring_enter");
    const int64_t begun_us = d.now_us = clock_us();
    const int64_t until_us = begun_us + (int64_t)(options->seconds * 1e6);
    for (uint32_t i = 0; i < talkers; i++) {
        connections[i].sent_at_us = begun_us + d.between_us * i / talkers - d.between_us;
        if (d.between_us == 0)
            round_begin(&d, i, begun_us);
    }
    while (d.now_us < until_us)
        turn(&d);
    result->seconds = (double)(d.now_us - begun_us) / 1e6;
    for (uint32_t i = 0; i < talkers + (uint32_t)options->listeners; i++) {
        *(i < talkers ? &result->replies : &result->messages) += connections[i].in.count;
        result->errors += connections[i].in.errors;
    }
    finish(&d);
    io_uring_queue_exit(&d.talkers.ring);
    io_uring_queue_exit(&d.listeners.ring);
}
