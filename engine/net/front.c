#include "front.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "resp.h"

enum {
    PIECE = 8192,        /* bytes of one piece of news */
    REST_MAX = 4096,     /* of a request that has begun; a longer one is the city's to read */
    SMALL = 1024,        /* so many requests in so few bytes are no commands */
    BLOCKS_FREE = 24,    /* what one completion can fill, and more */
    STARVED_US = 50,     /* until the city is looked at again */
    WAIT_US_MAX = 500000,
    SLICE_US = 300,      /* as the city's */
};

struct tbi_front_connection {
    int fd;        /* -1: none */
    bool raw;      /* its requests are read by the city */
    bool busy;     /* a send is under way */
    bool owes;     /* and the city waits for its end */
    bool over;     /* nothing is received any more */
    bool over_due; /* and the city does not know it yet */
    int over_value;
    struct tbi_tls *tls;
    struct tbi_bytes in;           /* a request of which more is to come */
    struct tbi_bytes cipher, next; /* being sent, and what goes then */
    const char *at;                /* of what is being sent */
    size_t left;
};

static int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return TB_SECONDS(now.tv_sec) + now.tv_nsec / 1000;
}

static uint32_t index_of(const struct tbi_front *front, const struct tbi_front_connection *c)
{
    return (uint32_t)(c - front->connections);
}

/* ---- news ---- */

static void publish(struct tbi_front *front)
{
    if (front->block == NULL)
        return;
    front->block = NULL;
    tbi_ring_write_commit_wake(&front->blocks, 1);
    tbi_bell_ring(front->city);
}

/* Room for so many bytes of news; the caller adds what it used to the block. */
static struct tbi_news *news_room(struct tbi_front *front, size_t whole)
{
    void *span;

    tb_assert(whole <= sizeof front->block->news);
    if (front->block != NULL && sizeof front->block->news - front->block->bytes < whole)
        publish(front);
    if (front->block == NULL) {
        const uint64_t count = tbi_ring_write_span(&front->blocks, 1, &span);
        tb_assert(count == 1); /* BLOCKS_FREE */
        front->block = span;
        front->block->bytes = 0;
    }
    return (struct tbi_news *)(void *)(front->block->news + front->block->bytes);
}

static void tell(struct tbi_front *front, struct tbi_front_connection *c, enum tbi_news_kind kind,
                 int64_t value, const char *data, size_t bytes)
{
    struct tbi_news *news = news_room(front, tbi_news_whole(bytes, 0));

    *news = (struct tbi_news){
        .index = index_of(front, c), .kind = kind, .bytes = (uint32_t)bytes, .value = value};
    if (bytes > 0)
        memcpy(news + 1, data, bytes);
    front->block->bytes += tbi_news_whole(bytes, 0);
}

/* ---- what has arrived ---- */

/* As many whole requests as fit into one piece of news; the bytes that they are. */
static size_t requests_tell(struct tbi_front *front, struct tbi_front_connection *c,
                            const char *data, size_t bytes)
{
    const uint32_t most = bytes / 3 < TBI_READS_MAX ? (uint32_t)bytes / 3 + 1 : TBI_READS_MAX;
    struct tbi_news *news = news_room(front, tbi_news_whole(bytes, most));
    struct tbi_read *reads = (struct tbi_read *)(news + 1);
    struct tbi_command_error error;
    struct tbi_request request;
    enum tbi_resp_result r = TBI_RESP_GOOD;
    uint32_t count = 0;
    size_t at = 0, used;

    for (; count < most; count++, at += used) {
        const char *wrong;

        r = tbi_resp_read(data + at, bytes - at, &request, &used, &wrong);
        if (r != TBI_RESP_GOOD)
            break;
        struct tbi_read *read = &reads[count];
        read->bytes = (uint32_t)used;
        read->kind =
            request.count > 0 ? tbi_grammar_find(front->grammar, &request.arguments[0]) : 0;
        if (read->kind != 0 &&
            !tbi_grammar_read(front->grammar, read->kind, &request, &read->command, &error))
            read->kind = 0;
    }
    c->raw |= r == TBI_RESP_BAD || (count == TBI_READS_MAX && at < SMALL);
    if (count == 0)
        return 0;
    *news = (struct tbi_news){.index = index_of(front, c),
                              .kind = TBI_NEWS_REQUESTS,
                              .bytes = (uint32_t)at,
                              .count = count};
    memcpy(reads + count, data, at);
    front->block->bytes += tbi_news_whole(at, count);
    return at;
}

static void bytes_tell(struct tbi_front *front, struct tbi_front_connection *c, const char *data,
                       size_t bytes)
{
    for (size_t at = 0; at < bytes; at += PIECE)
        tell(front, c, TBI_NEWS_BYTES, 0, data + at, bytes - at < PIECE ? bytes - at : PIECE);
}

static void input(struct tbi_front *front, struct tbi_front_connection *c, const char *data,
                  size_t bytes)
{
    size_t at = 0, used = 1;

    if (c->in.size > 0) {
        tbi_bytes_add(&c->in, data, bytes);
        data = c->in.data;
        bytes = c->in.size;
    }
    while (!c->raw && used > 0 && at < bytes) {
        used = requests_tell(front, c, data + at, bytes - at < PIECE ? bytes - at : PIECE);
        at += used;
    }
    c->raw |= bytes - at > REST_MAX;
    if (c->raw) {
        bytes_tell(front, c, data + at, bytes - at);
        tbi_bytes_free(&c->in);
    } else if (at == bytes) {
        tbi_bytes_free(&c->in);
    } else if (data == c->in.data) {
        memmove(c->in.data, data + at, bytes - at);
        c->in.size = bytes - at;
    } else {
        tbi_bytes_add(&c->in, data + at, bytes - at);
    }
}

/* ---- sending ---- */

static void send_left(struct tbi_front *front, struct tbi_front_connection *c)
{
    c->busy = true;
    tbi_uring_send(&front->uring, index_of(front, c), 0, c->fd, c->at, c->left, false, false);
}

/* What has been enciphered, as long as there is some; at its end the city hears of it. */
static void send_next(struct tbi_front *front, struct tbi_front_connection *c)
{
    if (c->busy)
        return;
    if (c->tls != NULL) {
        const struct tbi_bytes empty = c->cipher;
        c->cipher = c->next;
        c->next = empty;
        c->next.size = 0;
        tbi_tls_write(c->tls, NULL, 0, &c->cipher);
        c->at = c->cipher.data;
        c->left = c->cipher.size;
    }
    if (c->left > 0) {
        send_left(front, c);
    } else if (c->owes) {
        c->owes = false;
        tell(front, c, TBI_NEWS_SENT, 0, NULL, 0);
    }
}

static void over_tell(struct tbi_front *front, struct tbi_front_connection *c)
{
    if (!c->over_due || (c->busy && !c->owes)) /* the city waits for its own sends itself */
        return;
    c->over_due = false;
    tell(front, c, TBI_NEWS_OVER, c->over_value, NULL, 0);
}

static void sent(struct tbi_front *front, const struct io_uring_cqe *cqe)
{
    struct tbi_front_connection *c = &front->connections[(uint32_t)cqe->user_data];

    c->busy = false;
    if (cqe->res <= 0) {
        c->left = c->next.size = 0;
        if (c->owes)
            tell(front, c, TBI_NEWS_SENT, cqe->res < 0 ? cqe->res : -EPIPE, NULL, 0);
        c->owes = false;
    } else {
        c->at += cqe->res;
        c->left -= (size_t)cqe->res;
        if (c->left > 0)
            send_left(front, c);
        else
            send_next(front, c);
    }
    over_tell(front, c);
}

/* ---- TLS ---- */

static void tls_work(struct tbi_front *front, struct tbi_front_connection *c)
{
    enum tbi_tls_news news;
    const char *data;
    size_t bytes;
    char name[1024];

    while ((news = tbi_tls_next(c->tls, &data, &bytes)) != TBI_TLS_NOTHING)
        switch (news) {
        case TBI_TLS_NOTHING:
            break;
        case TBI_TLS_SHAKEN:
            bytes = tbi_tls_name(c->tls, name, sizeof name);
            tell(front, c, TBI_NEWS_SHAKEN, 0, name, bytes);
            break;
        case TBI_TLS_PLAIN_BYTES:
            input(front, c, data, bytes);
            break;
        case TBI_TLS_ENDED:
            tell(front, c, TBI_NEWS_ENDED, 0, NULL, 0);
            break;
        case TBI_TLS_BROKEN:
            tell(front, c, TBI_NEWS_BROKEN, 0, data, strlen(data));
            break;
        }
    send_next(front, c);
}

static void tls_turn(struct tbi_front *front)
{
    struct tbi_front_connection *c = tbi_tls_turn(&front->line);

    if (c != NULL && !c->over)
        tls_work(front, c);
}

/* ---- completions and orders ---- */

static void received(struct tbi_front *front, const struct io_uring_cqe *cqe)
{
    struct tbi_front_connection *c = &front->connections[(uint32_t)cqe->user_data];

    if (cqe->flags & IORING_CQE_F_BUFFER) {
        const uint32_t buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        const char *data = tbi_uring_buffer(&front->uring, buffer);

        if (cqe->res > 0 && c->tls == NULL) {
            input(front, c, data, (size_t)cqe->res);
        } else if (cqe->res > 0) {
            tbi_tls_feed(c->tls, data, (size_t)cqe->res);
            tls_work(front, c);
        }
        tbi_uring_buffer_back(&front->uring, buffer);
    }
    if (cqe->flags & IORING_CQE_F_MORE)
        return;
    if (cqe->res > 0 || cqe->res == -ENOBUFS) {
        tbi_uring_receive(&front->uring, index_of(front, c), 0, c->fd);
        return;
    }
    c->over = c->over_due = true;
    c->over_value = cqe->res;
    over_tell(front, c);
}

/* Not beyond what there is room for; what is left stays with the kernel's ring. */
static void completions(struct tbi_front *front)
{
    struct io_uring_cqe *cqe;

    while (tbi_ring_writable(&front->blocks, BLOCKS_FREE) >= BLOCKS_FREE &&
           io_uring_peek_cqe(&front->uring.ring, &cqe) == 0) {
        switch ((enum op)(cqe->user_data >> 56)) {
        case OP_RECEIVE:
            received(front, cqe);
            break;
        case OP_SEND:
            sent(front, cqe);
            break;
        case OP_BELL:
            if ((cqe->flags & IORING_CQE_F_MORE) == 0)
                tbi_uring_poll(&front->uring, front->bell.file, OP_BELL);
            break;
        default:
            tb_assert(cqe == NULL);
        }
        io_uring_cqe_seen(&front->uring.ring, cqe);
    }
}

static void connection_end(struct tbi_front_connection *c)
{
    tbi_tls_close(c->tls);
    close(c->fd);
    tbi_bytes_free(&c->in);
    tbi_bytes_free(&c->cipher);
    tbi_bytes_free(&c->next);
    *c = (struct tbi_front_connection){.fd = -1};
}

static void order_do(struct tbi_front *front, const struct tbi_order *order)
{
    struct tbi_front_connection *c = &front->connections[order->index];

    switch (order->kind) {
    case TBI_ORDER_TAKE:
        tb_assert(c->fd < 0);
        c->fd = order->fd;
        c->tls = order->tls;
        tbi_uring_file(&front->uring, order->index, c->fd);
        tbi_uring_receive(&front->uring, order->index, 0, c->fd);
        break;
    case TBI_ORDER_SEND:
    case TBI_ORDER_END:
        tb_assert(!c->owes);
        c->owes = true;
        if (c->tls == NULL) {
            c->at = order->data;
            c->left = order->bytes;
        } else if (order->kind == TBI_ORDER_SEND) {
            tbi_tls_write(c->tls, order->data, order->bytes, &c->next);
        } else {
            tbi_tls_end(c->tls);
        }
        send_next(front, c);
        break;
    case TBI_ORDER_FORGET:
        tb_assert(!c->busy);
        tbi_uring_file(&front->uring, order->index, -1);
        connection_end(c);
        break;
    case TBI_ORDER_STOP:
        front->stopping = true;
        break;
    }
}

static void orders(struct tbi_front *front)
{
    void *span;
    uint64_t count;

    while (tbi_ring_writable(&front->blocks, BLOCKS_FREE) >= BLOCKS_FREE &&
           (count = tbi_ring_read_span(&front->orders, 64, &span)) > 0) {
        for (uint64_t i = 0; i < count; i++)
            order_do(front, (const struct tbi_order *)span + i);
        tbi_ring_read_release(&front->orders, count);
    }
}

/* ---- the thread ---- */

static bool spin(struct tbi_front *front)
{
    const int64_t begun_us = clock_us();

    do {
        io_uring_submit_and_get_events(&front->uring.ring);
        if (io_uring_cq_ready(&front->uring.ring) > 0 || tbi_ring_readable(&front->orders, 1) > 0)
            return true;
    } while (clock_us() - begun_us < front->spins_us);
    front->spins_us /= 2;
    return false;
}

static void wait_for_work(struct tbi_front *front)
{
    struct __kernel_timespec limit = {.tv_nsec = WAIT_US_MAX * 1000ll};
    struct io_uring_cqe *cqe;

    if (tbi_ring_writable(&front->blocks, BLOCKS_FREE) < BLOCKS_FREE) {
        tbi_uring_flush(&front->uring);
        nanosleep(&(struct timespec){.tv_nsec = STARVED_US * 1000}, NULL);
        return;
    }
    if (spin(front))
        return;
    const int64_t begun_us = clock_us();
    tbi_bell_sleep(&front->bell);
    const bool ready = tbi_ring_was_readable(&front->orders) || front->line.first != NULL;
    io_uring_submit_and_wait_timeout(&front->uring.ring, &cqe, !ready, &limit, NULL);
    tbi_bell_wake(&front->bell);
    if (clock_us() - begun_us < 2 * front->spin_us)
        front->spins_us = front->spin_us;
}

static void *run(void *context)
{
    struct tbi_front *front = context;

    tbi_log_slice(SLICE_US);
    front->status = tbi_uring_open(&front->uring, front->connections_max);
    const bool good = front->status == 0;
    sem_post(&front->started);
    if (!good)
        return NULL;
    tbi_uring_poll(&front->uring, front->bell.file, OP_BELL);
    while (!front->stopping) {
        wait_for_work(front);
        tls_turn(front);
        completions(front);
        orders(front);
        publish(front);
    }
    tbi_uring_flush(&front->uring);
    tbi_uring_close(&front->uring);
    return NULL;
}

static void front_free(struct tbi_front *front)
{
    for (uint32_t i = 0; i < front->connections_max; i++)
        if (front->connections[i].fd >= 0)
            connection_end(&front->connections[i]);
    tbi_bell_close(&front->bell);
    sem_destroy(&front->started);
    tbi_pages_free(front->order_memory, front->order_bytes);
    tbi_pages_free(front->block_memory, front->block_bytes);
    free(front->connections);
    free(front);
}

struct tbi_front *tbi_front_start(const struct tbi_grammar *grammar, struct tbi_bell *city,
                                  uint32_t connections_max, int64_t spin_us)
{
    struct tbi_front *front = aligned_alloc(64, sizeof *front);
    uint64_t orders_max = 64;

    tb_assert(front != NULL);
    while (orders_max < 3ull * connections_max + 1)
        orders_max *= 2;
    *front = (struct tbi_front){.city = city,
                                .grammar = grammar,
                                .connections_max = connections_max,
                                .spin_us = spin_us,
                                .spins_us = spin_us,
                                .order_bytes = orders_max * sizeof(struct tbi_order),
                                .block_bytes = TBI_BLOCKS * sizeof(struct tbi_block)};
    front->connections = calloc(connections_max, sizeof *front->connections);
    tb_assert(front->connections != NULL && sem_init(&front->started, 0, 0) == 0);
    for (uint32_t i = 0; i < connections_max; i++)
        front->connections[i].fd = -1;
    front->order_memory = tbi_pages(front->order_bytes);
    front->block_memory = tbi_pages(front->block_bytes);
    tbi_ring_init(&front->orders, front->order_memory, orders_max, sizeof(struct tbi_order));
    tbi_ring_init(&front->blocks, front->block_memory, TBI_BLOCKS, sizeof(struct tbi_block));
    if (!tbi_bell_open(&front->bell)) {
        fprintf(stderr, "serve: an I/O thread: %s\n", strerror(errno));
        front_free(front);
        return NULL;
    }
    const int status = pthread_create(&front->thread, NULL, run, front);
    if (status != 0) {
        fprintf(stderr, "serve: an I/O thread: %s\n", strerror(status));
        front_free(front);
        return NULL;
    }
    while (sem_wait(&front->started) != 0)
        continue;
    if (front->status != 0) {
        pthread_join(front->thread, NULL);
        front_free(front);
        return NULL;
    }
    return front;
}

void tbi_front_order(struct tbi_front *front, struct tbi_order order)
{
    const bool pushed = tbi_ring_push_wake(&front->orders, &order);

    tb_assert(pushed);
}

void tbi_front_take(struct tbi_front *front, uint32_t index, int fd,
                    struct tbi_tls_context *context)
{
    struct tbi_tls *tls =
        context ? tbi_tls_open(context, &front->line, &front->connections[index]) : NULL;

    tbi_front_order(front, (struct tbi_order){
                               .kind = TBI_ORDER_TAKE, .index = index, .fd = fd, .tls = tls});
}

void tbi_front_stop(struct tbi_front *front)
{
    tbi_front_order(front, (struct tbi_order){.kind = TBI_ORDER_STOP});
    tbi_front_ring(front);
    pthread_join(front->thread, NULL);
    front_free(front);
}
