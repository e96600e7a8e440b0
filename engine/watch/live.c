/* Server-sent events: each listener gets the whole board whenever its hall was published anew.
 *
 * A listener with nothing to tell sleeps (libmicrohttpd suspends its connection); one ticker looks
 * at the versions ten times a second and wakes those that have news. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inside.h"

struct listener {
    struct listener *next;
    struct tbi_watch *watch;
    struct MHD_Connection *connection;
    uint32_t hall, ticks; /* since it was told something */
    uint64_t version;     /* that it was told */
    bool told, asleep;
    char *text; /* being sent */
    size_t bytes, sent;
};

static uint64_t version_now(const struct listener *l)
{
    struct station_seen seen;

    return tbi_seen_station(l->watch, l->hall, &seen) ? seen.version : l->version;
}

static bool has_news(const struct listener *l)
{
    return !l->told || version_now(l) != l->version || l->ticks >= KEEP_ALIVE_TICKS;
}

static void message_make(struct listener *l)
{
    const uint64_t version = version_now(l);
    FILE *out;

    free(l->text);
    l->text = NULL;
    l->sent = 0;
    out = open_memstream(&l->text, &l->bytes);
    tb_assert(out != NULL);
    if (l->told && version == l->version) {
        fputs(": still here\n\n", out);
    } else {
        fprintf(out, "retry: 2000\nid: %llu\ndata: ", (unsigned long long)version);
        tbi_board_print(l->watch, l->hall, out);
        fputs("\n\n", out);
    }
    tb_assert(fclose(out) == 0);
    l->told = true;
    l->version = version;
    l->ticks = 0;
}

static ssize_t message_read(void *context, uint64_t position, char *buffer, size_t max)
{
    struct listener *l = context;
    (void)position;

    if (tbi_atomic_load_relaxed(TBI_WAS, &l->watch->stopping) != 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (l->sent == l->bytes) {
        pthread_mutex_lock(&l->watch->mutex);
        const bool news = has_news(l);
        if (!news) {
            l->asleep = true;
            MHD_suspend_connection(l->connection);
        }
        pthread_mutex_unlock(&l->watch->mutex);
        if (!news)
            return 0;
        message_make(l);
    }
    const size_t bytes = l->bytes - l->sent < max ? l->bytes - l->sent : max;
    memcpy(buffer, l->text + l->sent, bytes);
    l->sent += bytes;
    return (ssize_t)bytes;
}

static void listener_free(void *context)
{
    struct listener *l = context;
    struct tbi_watch *watch = l->watch;

    pthread_mutex_lock(&watch->mutex);
    for (struct listener **at = &watch->listeners; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            break;
        }
    pthread_mutex_unlock(&watch->mutex);
    free(l->text);
    free(l);
}

struct MHD_Response *tbi_live_response(struct tbi_watch *watch, uint32_t hall,
                                       struct MHD_Connection *connection)
{
    struct listener *l = calloc(1, sizeof *l);

    tb_assert(l != NULL);
    l->watch = watch;
    l->connection = connection;
    l->hall = hall;
    pthread_mutex_lock(&watch->mutex);
    l->next = watch->listeners;
    watch->listeners = l;
    pthread_mutex_unlock(&watch->mutex);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, message_read, l,
                                             listener_free);
}

static void *tick(void *context)
{
    struct tbi_watch *watch = context;
    const struct timespec pause = {0, TICK_MS * 1000000l};

    while (tbi_atomic_load_relaxed(TBI_WAS, &watch->stopping) == 0) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&watch->mutex);
        for (struct listener *l = watch->listeners; l; l = l->next) {
            l->ticks++;
            if (l->asleep && has_news(l)) {
                l->asleep = false;
                MHD_resume_connection(l->connection);
            }
        }
        pthread_mutex_unlock(&watch->mutex);
    }
    return NULL;
}

bool tbi_live_start(struct tbi_watch *watch)
{
    return pthread_create(&watch->ticker, NULL, tick, watch) == 0;
}

/* The daemon may not stop while a connection sleeps. */
void tbi_live_stop(struct tbi_watch *watch)
{
    tbi_atomic_store_relaxed(TBI_OWN, &watch->stopping, 1);
    pthread_join(watch->ticker, NULL);
    pthread_mutex_lock(&watch->mutex);
    for (struct listener *l = watch->listeners; l; l = l->next)
        if (l->asleep) {
            l->asleep = false;
            MHD_resume_connection(l->connection);
        }
    pthread_mutex_unlock(&watch->mutex);
}
