/* Words that every other header uses: time, references, limits, assertions.
 *
 * Time is an argument, never read: a signed 64-bit count of microseconds since
 * 1970-01-01T00:00:00Z. Instants end in _at_us, durations in _us. TB_NEVER is later than every
 * instant.
 *
 * A reference (tb_ref) names a ticket, a case or a visit: 4 bits of kind, 28 bits of generation,
 * 32 bits of index. A slot that is used again has another generation, so an old reference is
 * recognised and refused; 0 names nothing.
 *
 * Threads: nothing here has state. */
#ifndef TONGBAN_BASE_H
#define TONGBAN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t tb_time;
typedef uint64_t tb_ref;

#define TB_NEVER INT64_MAX
#define TB_NONE UINT32_MAX      /* no server, no ticket, no index */
#define TB_STATION_NONE UINT16_MAX
#define TB_MATTER_NONE UINT16_MAX

#define TB_US(us) ((tb_time)(us))
#define TB_MS(ms) ((tb_time)(ms) * 1000)
#define TB_SECONDS(s) ((tb_time)(s) * 1000000)
#define TB_MINUTES(m) TB_SECONDS((tb_time)(m) * 60)
#define TB_HOURS(h) TB_MINUTES((tb_time)(h) * 60)
#define TB_DAYS(d) TB_HOURS((tb_time)(d) * 24)

/* Limits of one city. They size fixed arrays; reaching one is a status, never growth. */
#define TB_STATIONS_MAX 65000
#define TB_GROUPS_MAX 16          /* skill groups of a station */
#define TB_CLASSES 4              /* see enum tb_class */
#define TB_QUEUES_MAX 64          /* groups x classes: a station's queues are one 64-bit mask */
#define TB_PROFILES_MAX 64        /* skill sets of a station */
#define TB_TICKET_MATTERS_MAX 5   /* matters on one ticket */
#define TB_COMMAND_MATTERS_MAX 4  /* matters in one command; TICKET.ADD brings more */
#define TB_STEPS_MAX 16           /* steps of a route */
#define TB_FORK_MAX 4             /* steps that one step leads to */
#define TB_PERIODS_MAX 4          /* opening periods of a day */
#define TB_DAY_KINDS_MAX 8        /* closed, workday, Saturday, ... */
#define TB_OVERTAKE_MAX 32        /* the largest bound K */
#define TB_COMMAND_EVENTS_MAX 64  /* events that one command, or one timer, can cause */

/* Classes of a queue. A ticket is taken as normal or green; an appointment that checks in stands
 * in the appointment line; whoever comes back to the line (returned, transferred, resumed,
 * corrected) stands in the returned line at his own place. */
enum tb_class {
    TB_CLASS_NORMAL = 0,
    TB_CLASS_GREEN = 1,
    TB_CLASS_APPOINTMENT = 2,
    TB_CLASS_RETURNED = 3,
};

/* How a ticket came about. */
enum tb_channel {
    TB_CHANNEL_WALK_IN = 0,
    TB_CHANNEL_KIOSK = 1,
    TB_CHANNEL_MOBILE = 2,
    TB_CHANNEL_BOOKED = 3,
    TB_CHANNEL_VIDEO = 4, /* a kiosk with live video, served by any free window of the city */
    TB_CHANNEL_CASE = 5,  /* a task of the back office */
    TB_CHANNEL_COUNT = 6,
};

enum tb_ref_kind { TB_REF_TICKET = 1, TB_REF_CASE = 2, TB_REF_VISIT = 3 };

static inline enum tb_ref_kind tb_ref_kind(tb_ref ref) { return (enum tb_ref_kind)(ref >> 60); }
static inline uint32_t tb_ref_index(tb_ref ref) { return (uint32_t)ref; }
static inline uint32_t tb_ref_generation(tb_ref ref)
{
    return (uint32_t)(ref >> 32) & 0x0fffffffu;
}

/* A programmer's error stops the program, on in every build. */
#define tb_assert(condition) \
    ((condition) ? (void)0 : tb_assert_failed(#condition, __FILE__, __LINE__))
void tb_assert_failed(const char *condition, const char *file, int line)
    __attribute__((noreturn, cold));

#ifdef __cplusplus
}
#endif
#endif
