/* inside.h: what the files of engine/top share: the city as /city tells it, and rows of it. */
#ifndef TBI_TOP_INSIDE_H
#define TBI_TOP_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TBI_TOP_ERROR_MAX = 256, TBI_TOP_NAME_MAX = 64, TBI_TOP_ROW_MAX = 512 };

struct tbi_top_station {
    char id[TBI_TOP_NAME_MAX], zh[TBI_TOP_NAME_MAX], en[TBI_TOP_NAME_MAX];
    bool hall, accepts;
    int64_t waiting, called, serving, open, ready, number;
    int64_t half_min, nine_in_ten_min; /* of its longest line; -1: no line has a window */
};

struct tbi_top_city {
    char zh[TBI_TOP_NAME_MAX], en[TBI_TOP_NAME_MAX], trouble[TBI_TOP_NAME_MAX]; /* "": none */
    int64_t now_ms, utc_offset_min, commands, connections;
    struct tbi_top_station *stations; /* owned */
    size_t count;
};

enum tbi_top_order { TBI_TOP_BY_WAIT, TBI_TOP_BY_WAITING, TBI_TOP_BY_ID, TBI_TOP_ORDERS };

/* Reads the city from this URL into *city, which holds nothing or an older answer. False: `error`
 * says why, and *city is as it was. Blocks for three seconds at most. */
bool tbi_top_fetch(const char *url, struct tbi_top_city *city, char error[TBI_TOP_ERROR_MAX]);
void tbi_top_free(struct tbi_top_city *city);
void tbi_top_sort(struct tbi_top_city *city, enum tbi_top_order order);

/* Lines of the table, without an end of line; the columns stand under their heads whatever
 * the names' scripts are. */
void tbi_top_head(char out[TBI_TOP_ROW_MAX], bool chinese);
void tbi_top_row(char out[TBI_TOP_ROW_MAX], const struct tbi_top_station *station, bool chinese);
void tbi_top_title(char out[TBI_TOP_ROW_MAX], const struct tbi_top_city *city, bool chinese);
void tbi_top_totals(char out[TBI_TOP_ROW_MAX], const struct tbi_top_city *city,
                    double commands_per_s, bool chinese);

/* The terminal, until the user ends it. */
void tbi_top_screen(const char *url, double every_s, bool chinese);

#endif
