/* watch.h: what can be seen of a running scheduler over HTTP: metrics, health, hall boards.
 *
 *     GET /health        200 while all is well, 503 with the reason otherwise (JSON)
 *     GET /metrics       Prometheus, text format 0.0.4
 *     GET /city          all halls and desks now (JSON; `tongban top` reads it)
 *     GET /board         the list of boards; GET /board/HALL the page for a screen in the hall
 *     GET /board/HALL/events   the board, live: server-sent events, each the whole board, so that
 *                        whoever reconnects sees what is, whatever was missed
 *
 * The writer (the thread that owns the city) publishes into memory that readers read without
 * disturbing it (ring/load.h); HTTP has threads of its own (libmicrohttpd). So no reader, however
 * slow or many, costs the scheduler more than the publishing of halls that changed: 1 us each.
 * Nothing personal is published: numbers, windows, lines and counts.
 *
 * Owner: a watch is its maker's; the scenario is borrowed until tbi_watch_stop returns. Errors: a
 * sentence in the caller's buffer. Threads: start and stop by the owner; all others by the writer
 * alone. Progress: start and stop block; all others are wait-free. */
#ifndef TBI_WATCH_WATCH_H
#define TBI_WATCH_WATCH_H

#include "tongban/city.h"
#include "tongban/scenario.h"

enum { TBI_WATCH_ERROR_MAX = 256 };

enum tbi_metric {
#define TBI_METRIC(name, type, text, help) TBI_METRIC_##name,
#include "metric.def"
#undef TBI_METRIC
    TBI_METRIC_COUNT
};

/* What /health says. */
enum tbi_health {
    TBI_HEALTH_STARTING,
    TBI_HEALTH_GOOD,
    TBI_HEALTH_LOG_FAILED, /* nothing more is acknowledged */
    TBI_HEALTH_STOPPING,
};

struct tbi_watch;

struct tbi_watch_options {
    const struct tb_scenario *scenario;
    const char *listen;     /* an IPv4 or IPv6 address; NULL: 127.0.0.1 */
    uint16_t port;          /* 0: any that is free, see tbi_watch_port */
    const char *cert, *key; /* files in PEM: HTTPS, TLS 1.3 only; NULL: HTTP */
};

/* NULL: `error` says why. */
struct tbi_watch *tbi_watch_start(const struct tbi_watch_options *options,
                                  char error[TBI_WATCH_ERROR_MAX]);
void tbi_watch_stop(struct tbi_watch *watch); /* NULL is allowed */
uint16_t tbi_watch_port(const struct tbi_watch *watch);

/* Publishes one station with its windows and lines as they are. To be called for those that
 * changed, some times a second. */
void tbi_watch_publish(struct tbi_watch *watch, const struct tb_city *city, uint32_t station,
                       tb_time now);

/* "I am alive": at least once a second; /health turns bad when it stops for 5 s. */
void tbi_watch_beat(struct tbi_watch *watch, tb_time now, enum tbi_health health);

void tbi_watch_set(struct tbi_watch *watch, enum tbi_metric metric, uint64_t value);
void tbi_watch_add(struct tbi_watch *watch, enum tbi_metric metric, uint64_t more);
void tbi_watch_event(struct tbi_watch *watch, const struct tb_event *event); /* counts it */

/* One turn of the writer's loop took so long, from waking to its replies. */
void tbi_watch_turn(struct tbi_watch *watch, uint64_t ns);

#endif
