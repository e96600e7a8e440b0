/* instant.h: instants as people write them: local time, ISO 8601, microseconds.
 *
 *     2021-05-22T08:31:12.345678     or with a space, without seconds, with fewer digits
 *     30672.345678                   seconds from the start of the scenario's first day of the run
 *
 * Years 1970 to 2400, proleptic Gregorian. Pure. */
#ifndef TBS_RUN_INSTANT_H
#define TBS_RUN_INSTANT_H

#include <stddef.h>

#include "tongban/base.h"

enum { TBS_INSTANT_TEXT = 32 };

/* Writes an instant; the number of characters. Local time is UTC and utc_offset_us more. */
size_t tbs_instant_print(char out[TBS_INSTANT_TEXT], tb_time at_us, int64_t utc_offset_us);

/* Writes a duration in seconds with as many digits as it needs, at most 6; the number of
 * characters. */
size_t tbs_seconds_print(char out[TBS_INSTANT_TEXT], int64_t us);

/* Reads an instant; plain seconds count from origin_us. False if it is neither. */
bool tbs_instant_read(const char *text, tb_time origin_us, int64_t utc_offset_us, tb_time *at_us);

/* Reads seconds with at most 6 digits after the point, not negative, below 2^40 s. */
bool tbs_seconds_read(const char *text, int64_t *us);

#endif
