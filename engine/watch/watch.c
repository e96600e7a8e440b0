#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inside.h"

int64_t tbi_monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

const struct tb_label *tbi_station_label(const struct tbi_watch *watch, uint32_t station)
{
    static const struct tb_label remote = {"remote", "远程", "remote"};
    const struct tb_scenario *s = watch->scenario;

    if (station < s->hall_count)
        return &s->halls[station].label;
    station -= s->hall_count;
    return station < s->desk_count ? &s->desks[station].label : &remote;
}

/* ---- the writer's side ---- */

static void line_publish(struct tbi_watch *watch, const struct tb_city *city, uint32_t station,
                         uint32_t group)
{
    struct tb_wait wait;

    if (tb_city_wait(city, station, group * TB_CLASSES + TB_CLASS_NORMAL, &wait) != TB_STATUS_OK)
        return;
    const uint64_t words[TBI_LOAD_WORDS] = {(uint64_t)wait.ahead << 32 | wait.windows,
                                            (uint64_t)wait.half_us, (uint64_t)wait.nine_in_ten_us};
    tbi_load_write(&watch->lines[station * TB_GROUPS_MAX + group], words);
}

static void server_publish(struct tbi_watch *watch, const struct tb_city *city, uint32_t server)
{
    struct tb_server_view view;
    struct tb_ticket_view ticket = {0};

    if (tb_city_server(city, server, &view) != TB_STATUS_OK)
        return;
    if (view.ticket != 0)
        tb_city_ticket(city, view.ticket, &ticket);
    const uint64_t words[TBI_LOAD_WORDS] = {(uint64_t)view.state << 32 | ticket.number,
                                            (uint64_t)view.changed_at_us};
    tbi_load_write(&watch->servers[server], words);
}

void tbi_watch_publish(struct tbi_watch *watch, const struct tb_city *city, uint32_t station,
                       tb_time now)
{
    struct tb_station_load load;

    if (tb_city_station_load(city, station, now, &load) != TB_STATUS_OK)
        return;
    const uint32_t end = tb_city_server_first(city, station + 1);
    for (uint32_t server = tb_city_server_first(city, station); server < end; server++)
        server_publish(watch, city, server);
    const uint32_t groups = watch->scenario->config.stations[station].group_count;
    for (uint32_t group = 0; group < groups; group++)
        line_publish(watch, city, station, group);
    const uint64_t words[TBI_LOAD_WORDS] = {(uint64_t)load.waiting << 32 | load.called,
                                            (uint64_t)load.serving << 32 | load.booked,
                                            (uint64_t)load.parked << 32 | load.heading,
                                            (uint64_t)load.windows_open << 32 | load.windows_ready,
                                            (uint64_t)load.number_last << 1 | load.accepts};
    tbi_load_write(&watch->stations[station], words);
}

void tbi_watch_beat(struct tbi_watch *watch, tb_time now, enum tbi_health health)
{
    tbi_atomic_store_relaxed(TBI_OWN, &watch->now_us, (uint64_t)now);
    tbi_atomic_store_relaxed(TBI_OWN, &watch->beat_us, (uint64_t)tbi_monotonic_us());
    tbi_atomic_store_relaxed(TBI_OWN, &watch->health, (uint64_t)(int)health);
}

/* One writer: a plain read and write are enough, and cost no locked bus. */
static void more(tbi_atomic_u64 *counter, uint64_t by)
{
    tbi_atomic_store_relaxed(TBI_OWN, counter, tbi_atomic_load_relaxed(TBI_OWN, counter) + by);
}

void tbi_watch_set(struct tbi_watch *watch, enum tbi_metric metric, uint64_t value)
{
    tbi_atomic_store_relaxed(TBI_OWN, &watch->metrics[metric], (uint64_t)value);
}

void tbi_watch_add(struct tbi_watch *watch, enum tbi_metric metric, uint64_t by)
{
    more(&watch->metrics[metric], by);
}

void tbi_watch_event(struct tbi_watch *watch, const struct tb_event *event)
{
    tb_assert(event->kind < TB_EVENT_COUNT);
    more(&watch->events[event->kind], 1);
}

void tbi_watch_turn(struct tbi_watch *watch, uint64_t ns)
{
    const uint64_t us = ns / 1000;
    const int bucket = us == 0 ? 0 : 64 - __builtin_clzll(us);

    more(&watch->turns[bucket < TURN_BUCKETS ? bucket : TURN_BUCKETS], 1);
    more(&watch->turn_ns, ns);
}

/* ---- the readers' side ---- */

bool tbi_seen_station(const struct tbi_watch *watch, uint32_t station, struct station_seen *seen)
{
    uint64_t w[TBI_LOAD_WORDS];

    if (!tbi_load_read(&watch->stations[station], w, &seen->version))
        return false;
    seen->waiting = (uint32_t)(w[0] >> 32), seen->called = (uint32_t)w[0];
    seen->serving = (uint32_t)(w[1] >> 32), seen->booked = (uint32_t)w[1];
    seen->parked = (uint32_t)(w[2] >> 32), seen->heading = (uint32_t)w[2];
    seen->windows_open = (uint32_t)(w[3] >> 32), seen->windows_ready = (uint32_t)w[3];
    seen->number_last = (uint32_t)(w[4] >> 1), seen->accepts = w[4] & 1;
    return true;
}

bool tbi_seen_server(const struct tbi_watch *watch, uint32_t server, struct server_seen *seen)
{
    uint64_t w[TBI_LOAD_WORDS], version;

    if (!tbi_load_read(&watch->servers[server], w, &version))
        return false;
    seen->state = (enum tb_server_state)(w[0] >> 32);
    seen->number = (uint32_t)w[0];
    seen->changed_at_us = (tb_time)w[1];
    return true;
}

bool tbi_seen_line(const struct tbi_watch *watch, uint32_t station, uint32_t group,
                   struct line_seen *seen)
{
    uint64_t w[TBI_LOAD_WORDS], version;

    if (!tbi_load_read(&watch->lines[station * TB_GROUPS_MAX + group], w, &version))
        return false;
    seen->ahead = (uint32_t)(w[0] >> 32), seen->windows = (uint32_t)w[0];
    seen->half_us = (int64_t)w[1], seen->nine_in_ten_us = (int64_t)w[2];
    return version > 0;
}

const char *tbi_health_trouble(const struct tbi_watch *watch)
{
    const int64_t silent =
        tbi_monotonic_us() - (int64_t)tbi_atomic_load_relaxed(TBI_WAS, &watch->beat_us);

    switch ((enum tbi_health)tbi_atomic_load_relaxed(TBI_WAS, &watch->health)) {
    case TBI_HEALTH_STARTING:
        return "starting";
    case TBI_HEALTH_LOG_FAILED:
        return "the command log can't be written: nothing is acknowledged";
    case TBI_HEALTH_STOPPING:
        return "stopping";
    case TBI_HEALTH_GOOD:
        break;
    }
    return silent > STALLED_US ? "the scheduler has not moved for 5 s" : NULL;
}

/* ---- start and stop ---- */

static struct tbi_load *loads_make(uint64_t count)
{
    struct tbi_load *loads = aligned_alloc(64, (count ? count : 1) * sizeof *loads);

    tb_assert(loads != NULL);
    for (uint64_t i = 0; i < count; i++)
        tbi_load_init(&loads[i]);
    return loads;
}

static bool address_read(const struct tbi_watch_options *options, struct sockaddr_storage *address)
{
    const char *text = options->listen ? options->listen : "127.0.0.1";
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(options->port);
        return true;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(options->port);
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

/* A file of PEM, kept as long as the daemon; NULL: errno says why. */
static char *pem_read(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;

    if (file == NULL || getdelim(&text, &room, 0, file) < 0) {
        free(text);
        text = NULL;
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static struct MHD_Daemon *daemon_start(struct tbi_watch *watch, const struct sockaddr *address,
                                       uint16_t port)
{
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                           (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0u) |
                           (watch->cert != NULL ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, watch->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, watch->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3"},
        {MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(flags, port, NULL, NULL, tbi_http_answer, watch, MHD_OPTION_SOCK_ADDR,
                            address, MHD_OPTION_CONNECTION_TIMEOUT, 60u,
                            MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_ARRAY,
                            watch->cert != NULL ? tls : tls + 3, MHD_OPTION_END);
}

static void watch_free(struct tbi_watch *watch)
{
    free(watch->cert);
    free(watch->key);
    pthread_mutex_destroy(&watch->mutex);
    free(watch->stations);
    free(watch->servers);
    free(watch->lines);
    free(watch);
}

struct tbi_watch *tbi_watch_start(const struct tbi_watch_options *options,
                                  char error[TBI_WATCH_ERROR_MAX])
{
    struct sockaddr_storage address;

    if (!address_read(options, &address)) {
        snprintf(error, TBI_WATCH_ERROR_MAX, "'%s' is no IPv4 or IPv6 address", options->listen);
        return NULL;
    }
    struct tbi_watch *watch = calloc(1, sizeof *watch);
    tb_assert(watch != NULL);
    watch->scenario = options->scenario;
    watch->station_count = options->scenario->config.station_count;
    watch->server_count = options->scenario->server_count;
    watch->stations = loads_make(watch->station_count);
    watch->servers = loads_make(watch->server_count);
    watch->lines = loads_make((uint64_t)watch->station_count * TB_GROUPS_MAX);
    tbi_atomic_init(&watch->beat_us, (uint64_t)tbi_monotonic_us());
    pthread_mutex_init(&watch->mutex, NULL);
    if (options->cert != NULL && ((watch->cert = pem_read(options->cert)) == NULL ||
                                  (watch->key = pem_read(options->key)) == NULL)) {
        snprintf(error, TBI_WATCH_ERROR_MAX, "%s: %s", watch->cert ? options->key : options->cert,
                 strerror(errno));
        watch_free(watch);
        return NULL;
    }
    watch->daemon = daemon_start(watch, (struct sockaddr *)&address, options->port);
    if (watch->daemon == NULL) {
        snprintf(error, TBI_WATCH_ERROR_MAX, "no HTTP on %s port %u: %s",
                 options->listen ? options->listen : "127.0.0.1", options->port, strerror(errno));
        watch_free(watch);
        return NULL;
    }
    tb_assert(tbi_live_start(watch));
    return watch;
}

void tbi_watch_stop(struct tbi_watch *watch)
{
    if (watch == NULL)
        return;
    tbi_live_stop(watch);
    MHD_stop_daemon(watch->daemon);
    watch_free(watch);
}

uint16_t tbi_watch_port(const struct tbi_watch *watch)
{
    return MHD_get_daemon_info(watch->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
