/* inside.h: what the parts of a watch share; private to this folder.
 *
 * All that the writer publishes are words in tbi_load (several words of one version) and single
 * relaxed counters. A station's own load is written last: who sees its new version sees windows
 * and lines at least as new (edge L1). */
#ifndef TBI_WATCH_INSIDE_H
#define TBI_WATCH_INSIDE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>

#include "load.h"
#include "watch.h"

enum {
    TURN_BUCKETS = 20,      /* of 1 us, 2 us, ... 0.5 s */
    TICK_MS = 100,          /* a board lags by this much at most */
    STALLED_US = 5000000,   /* without a beat */
    KEEP_ALIVE_TICKS = 150, /* a comment to a board where nothing happens: 15 s */
};

struct listener;

struct tbi_watch {
    char *cert, *key; /* PEM; NULL: HTTP */
    const struct tb_scenario *scenario;
    struct MHD_Daemon *daemon;
    uint32_t station_count, server_count;
    struct tbi_load *stations; /* [station_count] */
    struct tbi_load *servers;  /* [server_count] */
    struct tbi_load *lines;    /* [station_count][TB_GROUPS_MAX] */
    tbi_atomic_u64 metrics[TBI_METRIC_COUNT];
    tbi_atomic_u64 events[TB_EVENT_COUNT];
    tbi_atomic_u64 turns[TURN_BUCKETS + 1], turn_ns;
    tbi_atomic_u64 now_us, beat_us; /* city's clock; CLOCK_MONOTONIC of the last beat */
    tbi_atomic_u64 health;

    pthread_t ticker;
    pthread_mutex_t mutex; /* of the listeners: HTTP's threads alone */
    struct listener *listeners;
    tbi_atomic_u64 stopping;
};

/* What is published of a station, taken out of its words. */
struct station_seen {
    uint64_t version; /* 0: nothing yet */
    bool accepts;
    uint32_t waiting, called, serving, booked, parked, heading, windows_open, windows_ready;
    uint32_t number_last;
};
bool tbi_seen_station(const struct tbi_watch *watch, uint32_t station, struct station_seen *seen);

struct server_seen {
    enum tb_server_state state;
    uint32_t number; /* of the ticket at hand; 0: none */
    tb_time changed_at_us;
};
bool tbi_seen_server(const struct tbi_watch *watch, uint32_t server, struct server_seen *seen);

struct line_seen {
    uint32_t ahead, windows;
    int64_t half_us, nine_in_ten_us; /* TB_WAIT_UNKNOWN: no window that serves it is open */
};
bool tbi_seen_line(const struct tbi_watch *watch, uint32_t station, uint32_t group,
                   struct line_seen *seen);

/* NULL: all is well; else what is wrong. */
const char *tbi_health_trouble(const struct tbi_watch *watch);
const struct tb_label *tbi_station_label(const struct tbi_watch *watch, uint32_t station);
int64_t tbi_monotonic_us(void);

/* metrics.c, board.c, city.c: write their text. */
void tbi_metrics_print(const struct tbi_watch *watch, FILE *out);
void tbi_board_print(const struct tbi_watch *watch, uint32_t hall, FILE *out); /* JSON */
void tbi_city_print(const struct tbi_watch *watch, FILE *out);                 /* JSON */
void tbi_boards_print(const struct tbi_watch *watch, FILE *out);               /* HTML */
void tbi_json_string(FILE *out, const char *text);

/* live.c: a connection that follows a hall's board. */
struct MHD_Response *tbi_live_response(struct tbi_watch *watch, uint32_t hall,
                                       struct MHD_Connection *connection);
bool tbi_live_start(struct tbi_watch *watch);
void tbi_live_stop(struct tbi_watch *watch); /* before the daemon stops */

/* http.c */
enum MHD_Result tbi_http_answer(void *watch, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **context);

/* page.c: board.html, linked into the program. */
extern const char tbi_board_page[], tbi_board_page_end[];

#endif
