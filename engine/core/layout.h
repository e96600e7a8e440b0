/* The block: how a city lies in memory.
 *
 *     header | stations | groups | profiles | lines | overtakes | servers | tickets |
 *     further ticket fields | cases | visits | ... (TBI_SECTIONS below, each 64-byte aligned)
 *
 * Everything is an index or an integer: no pointer, no floating point. What one command touches
 * is kept together: a station's hot part is four cache lines, a line one, a window one, a ticket
 * one (plus one more for those that need a place in a heap, a timer, several matters or a case).
 * Free slots of tickets, cases and visits form a list (last freed, first used, so that the hot ones
 * stay in the cache); slots never used yet are counted, not listed, so that a large city costs
 * only the pages it has touched.
 *
 * Only engine/core sees this file. */
#ifndef TBI_LAYOUT_H
#define TBI_LAYOUT_H

#include "tongban/city.h"

/* What lies side by side here is written piece by piece and read soon after: merged into wide
 * loads, as a vectorizer likes to, each such read would wait for the stores before it. Loops that
 * gain by vectors the core has none. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize")
#endif

#define TBI_MAGIC 0x31794274696e6754ull /* "TginTBy1" */
#define TBI_REMOTE_CLASSES_MAX 64
#define TBI_WAIT_BUCKETS 8
#define TBI_HEADING_MINUTES 128

/* What time alone brings to a station, in the order in which it acts at one instant (R1). */
enum tbi_due {
    TBI_DUE_DRAIN,
    TBI_DUE_CALENDAR,
    TBI_DUE_PLAN,
    TBI_DUE_CALL,
    TBI_DUE_TIMER,
    TBI_DUE_FOLLOW,
    TBI_DUE_LAPSE,
    TBI_DUE_COUNT = 8
};

struct tbi_list {
    uint32_t head, tail;
};

/* The tree of deadlines (time.c): a node has eight below it, a cache line. Derived from due_at, and
 * no part of what is hashed and saved. */
#define TBI_DUE_SHIFT 3
#define TBI_DUE_WIDTH (1u << TBI_DUE_SHIFT)
#define TBI_DUE_LEVELS 7 /* of stations, of eight, ... up to the root: 65000 stations need seven */

/* The factors that turn a base wait into quantiles, in 1/65536, by how many wait ahead per
 * window. */
struct tbi_wait_factors {
    uint32_t half[TBI_WAIT_BUCKETS], nine[TBI_WAIT_BUCKETS];
};

/* Events that a visit brings as a matter of course; a station counts them apart from the others. */
#define TBI_OFTEN_EVENTS(TBI_OFTEN) \
    TBI_OFTEN(TAKEN)                \
    TBI_OFTEN(CALLED)               \
    TBI_OFTEN(STARTED)              \
    TBI_OFTEN(FINISHED)             \
    TBI_OFTEN(NEAR)                 \
    TBI_OFTEN(WINDOW_READY)         \
    TBI_OFTEN(WINDOW_WRAP)          \
    TBI_OFTEN(FOLLOW_DUE)           \
    TBI_OFTEN(FOLLOW_LAPSED)

enum tbi_often {
#define TBI_OFTEN(name) TBI_OFTEN_##name,
    TBI_OFTEN_EVENTS(TBI_OFTEN)
#undef TBI_OFTEN
    TBI_OFTEN_COUNT
};

/* A station and what belongs to it alone, a cache line to a paragraph. Its lines, profiles and
 * groups lie in sections of their own; where they begin is kept as bytes from the station, so that
 * whoever has the station needs nothing else. */
struct tbi_station {
    /* what an event says; a follow-up touches nothing else */
    tb_time clock_at;                /* of the last change */
    uint32_t often[TBI_OFTEN_COUNT]; /* events of each such kind, modulo 2^32 */
    uint32_t visits_shared; /* on the city's lists; with any of them none is on its own */
    struct tbi_list follows; /* visits on the way to the follow-up list */
    struct tbi_list lapses;  /* visits on it */

    uint64_t waiting_lines;  /* lines where somebody waits */
    uint64_t starving_lines; /* lines whose oldest joiner was overtaken K times */
    uint64_t ready_profiles; /* profiles with a ready window */
    /* of the rules: stations with equal ones share those of the first */
    int32_t lines_at, profiles_at, groups_at, rules_at;
    uint32_t join_last;   /* join numbers given */
    uint32_t number_last; /* printed numbers given today */
    uint32_t waiting, called;
    uint8_t kind; /* enum tb_station_kind */
    uint8_t group_count, profile_count;
    bool accepts, over, closed_by_hand, in_period, drain;

    struct tbi_list calls; /* windows whose call can run out, earliest first */
    uint32_t serving, ready, open;
    uint32_t estimate_count, estimate_half, estimate_nine; /* since the day began */
    uint32_t line_first, profile_first, server_first, server_count;
    uint32_t timers;      /* root of the heap of ticket timers */
    uint32_t timer_last;  /* sequence of timers set */
    uint32_t booked, parked;

    struct tbi_wait_factors factors;

    tb_time due_at[TBI_DUE_COUNT]; /* the deadline is their minimum */

    int64_t slot_us;
    int64_t heading_minute; /* minutes before this one are clear */
    struct tbi_list away;   /* tickets parked or absent, in the order of becoming so */
    uint32_t calendar;
    int32_t day;       /* index of the service day, -1 before the first */
    uint32_t boundary; /* of the day: 0 start, then open and close of each period, then over */
    uint32_t plan_first, plan_room, plan_cursor;
    uint32_t slot_first, slots_per_day;
    uint32_t horizon_days;
    uint32_t pad;

    uint32_t counts[TB_EVENT_COUNT]; /* of the other events, modulo 2^32 */
    uint32_t pad2[13];
};

/* A waiting line: skill group x class. */
struct tbi_line {
    uint32_t head, tail;    /* in order of joining */
    uint32_t root;          /* heap by (key, join), if the line is not first come first served */
    uint32_t count;
    int64_t first_key;      /* of the ticket that would be called */
    uint32_t first_join;
    uint32_t head_join;
    uint64_t profiles;      /* that serve or help it */
    uint64_t pool;          /* lines served by the open windows that serve this one */
    uint32_t windows;       /* open and serving it */
    uint32_t near;          /* the ticket with exactly remind_ahead ahead */
    uint8_t overtakes;      /* of the oldest joiner: entries used in its overtakes */
    bool fifo;
    uint8_t pad[6];
};

/* Join numbers of tickets that were called before a line's oldest joiner, though they joined
 * later. As a ticket overtakes all who joined before it, the entries larger than any waiter's
 * join number are just those who overtook him; and as the oldest has them all, K entries are
 * enough. */
struct tbi_overtakes {
    uint32_t join[TB_OVERTAKE_MAX];
};

struct tbi_group {
    int64_t service_us; /* moving average of service */
    uint32_t quota, used;
    uint32_t slot_capacity;
    uint32_t pad[3];
};

struct tbi_profile {
    uint64_t serves, helps, remote;
    uint32_t help_below;
    uint32_t flexible; /* lines it may take from */
    struct tbi_list ready;
    uint32_t ready_count, open_count;
    uint32_t remote_class; /* TB_NONE: takes no remote tickets */
    uint32_t pad[3];
};

/* Ready windows of the whole city that take the same remote lines and are equally flexible. */
struct tbi_remote_class {
    uint64_t lines;
    uint32_t flexible;
    struct tbi_list ready;
    uint32_t open_count; /* open windows of this class */
    uint32_t pad[2];
};

struct tbi_server {
    uint32_t next, prev;               /* ready: in its profile's list; called: in the calls */
    uint32_t remote_next, remote_prev; /* ready: in its remote class's list */
    uint32_t ticket;
    uint16_t station;
    uint16_t profile;
    uint8_t state;
    bool closing, pausing;
    bool ack_phase; /* the deadline is that of the acknowledgement */
    bool call_shared;      /* stands on the city's list of calls, not on its station's */
    uint8_t repeats;       /* of the call, by itself */
    uint16_t call_station; /* whose rules the call goes by: its ticket's */
    uint64_t ready_order; /* who got ready first */
    tb_time changed_at;
    tb_time deadline_at; /* of the call */
    tb_time give_up_at;  /* of the call, once the acknowledgement is over */
};

#define TBI_TICKET_SILENT 1u
#define TBI_TICKET_ACKED 2u
#define TBI_TICKET_WARNED 4u   /* booked: reminded; task: warned */
#define TBI_TICKET_FRESH 8u    /* stands in line for the first time: its estimate can be judged */

struct tbi_ticket {
    tb_time place_at;
    tb_time changed_at; /* joined, called, started, parked, absent */
    uint32_t name;
    uint32_t join;
    uint32_t prev, next; /* in its line, or among those away; next: in the free list */
    uint32_t server;
    uint32_t number;
    uint16_t station;
    uint8_t queue;
    uint8_t state;
    uint8_t origin; /* class as taken | channel << 4 */
    uint8_t flags;
    uint8_t calls; /* so far; 255: or more */
    uint8_t resumed;
    uint16_t matter;
    uint8_t matters_left;
    uint8_t wait_bucket;
    uint32_t wait_ms; /* estimate's base when it joined; 0: none */
    uint64_t citizen;
};

/* Above a visit's name, whose kind needs but two bits. */
#define TBI_VISIT_DUE 0x80000000u    /* FOLLOW_DUE has been */
#define TBI_VISIT_SHARED 0x40000000u /* stands on a list of the city, not of its station */
#define TBI_VISIT_FLAGS (TBI_VISIT_DUE | TBI_VISIT_SHARED)

/* Visits of all stations in order of (instant, station). */
struct tbi_visits {
    tb_time at; /* of the first; TB_NEVER: there is none */
    struct tbi_list list;
};

struct tbi_links {
    uint32_t left, right, up;
};

struct tbi_ticket_more {
    int64_t key_us; /* order in a heap line: place or due time; booked: the slot */
    tb_time timer_at;
    struct tbi_links line, timer;
    uint32_t timer_order;
    bool timed;         /* has a timer */
    uint8_t pad2;
    union {
        uint16_t matters[TB_TICKET_MATTERS_MAX - 1]; /* after the one at hand */
        uint16_t step;                               /* a task's */
    };
    uint16_t pad;
    uint32_t case_index; /* TB_NONE: the case has ended */
    uint32_t case_next;  /* the next older task of the case */
};

struct tbi_case {
    uint32_t name;
    uint8_t state;
    uint8_t class_;
    uint16_t route, matter, station;
    uint32_t number;
    tb_time opened_at, due_at;
    uint64_t citizen;
    uint64_t arrivals; /* four bits a step: predecessors done */
    uint16_t active, correction, done;
    uint16_t pad;
    uint32_t task; /* the newest task; in the free list: the next */
    uint32_t pad2;
};

struct tbi_visit {
    uint32_t name; /* and TBI_VISIT_FLAGS */
    uint16_t station, matter;
    uint32_t server, number;
    tb_time follow_at, lapse_at;
    uint32_t prev, next;
};

struct tbi_calendar {
    struct tb_day_kind kinds[TB_DAY_KINDS_MAX];
    int64_t work_us[TB_DAY_KINDS_MAX];
    uint32_t kind_count, day_first, day_count, pad;
};

struct tbi_day {
    tb_time starts_at;
    int64_t work_before_us; /* working time of all days before */
    uint32_t kind, pad;
};

struct tbi_matter {
    uint8_t group, remote_group, collect, pad;
    uint16_t route, pad2;
    uint32_t hall_first, hall_count;
};

struct tbi_route {
    struct tb_step steps[TB_STEPS_MAX];
    int64_t due_work_us;
    uint32_t step_count, pad;
};

struct tbi_plan_entry {
    int64_t offset_us;
    uint32_t server;
    uint16_t profile;
    uint8_t action, pad;
};

struct tbi_plan_count {
    uint32_t count[TB_DAY_KINDS_MAX];
};

struct tbi_heading {
    uint16_t minute[TBI_HEADING_MINUTES];
};

struct tbi_request {
    uint64_t id, fingerprint;
    struct tb_event answer;
};

/* Sections: TBI_SECTION(name, type, how many). */
#define TBI_SECTIONS(TBI_SECTION)                                                                  \
    TBI_SECTION(station, struct tbi_station, size->stations)                                       \
    TBI_SECTION(rules, struct tb_rules, size->stations)                                            \
    TBI_SECTION(group, struct tbi_group, size->lines / TB_CLASSES)                                 \
    TBI_SECTION(profile, struct tbi_profile, size->profiles)                                       \
    TBI_SECTION(line, struct tbi_line, size->lines)                                                \
    TBI_SECTION(overtakes, struct tbi_overtakes, size->lines)                                      \
    TBI_SECTION(server, struct tbi_server, size->servers)                                          \
    TBI_SECTION(heading, struct tbi_heading, size->stations)                                       \
    TBI_SECTION(calendar, struct tbi_calendar, size->calendars)                                    \
    TBI_SECTION(day, struct tbi_day, size->days)                                                   \
    TBI_SECTION(plan_count, struct tbi_plan_count, size->stations)                                 \
    TBI_SECTION(plan, struct tbi_plan_entry, size->plan_entries)                                   \
    TBI_SECTION(matter, struct tbi_matter, size->matters)                                          \
    TBI_SECTION(matter_hall, uint16_t, size->matter_halls)                                         \
    TBI_SECTION(matter_bits, uint64_t, size->matters *size->hall_words)                            \
    TBI_SECTION(route, struct tbi_route, size->routes)                                             \
    TBI_SECTION(travel, uint16_t, size->zones *size->stations)                                     \
    TBI_SECTION(slot, uint16_t, size->slots)                                                       \
    TBI_SECTION(request_slot, uint32_t, 2 * size->requests)                                        \
    TBI_SECTION(request, struct tbi_request, size->requests)                                       \
    TBI_SECTION(deadline, tb_time, size->deadlines)                                                \
    TBI_SECTION(ticket, struct tbi_ticket, size->tickets)                                          \
    TBI_SECTION(more, struct tbi_ticket_more, size->tickets)                                       \
    TBI_SECTION(case_, struct tbi_case, size->cases)                                               \
    TBI_SECTION(visit, struct tbi_visit, size->visits)

enum tbi_section {
#define TBI_SECTION(name, type, count) TBI_SECTION_##name,
    TBI_SECTIONS(TBI_SECTION)
#undef TBI_SECTION
    TBI_SECTION_COUNT
};

/* The sizes that the config fixes. */
struct tbi_size {
    uint64_t stations, deadlines, profiles, lines, servers, calendars, days, plan_entries, matters;
    uint64_t matter_halls, hall_words, routes, zones, slots, requests, tickets, cases, visits;
};

/* A pool of slots: those freed, and how many were ever used. */
struct tbi_pool {
    uint32_t free, used, count, max;
};

struct tb_city {
    uint64_t magic;
    uint32_t version, station_remote; /* TB_NONE: there is none */
    uint64_t bytes;
    uint64_t config_id;
    tb_time clock_at; /* the latest of all stations */
    uint64_t sequence;
    uint64_t ready_order;
    uint64_t remote_ready; /* remote classes with a ready window */
    struct tbi_pool tickets, cases, visits;
    struct tbi_list calls; /* windows whose call can run out, earliest first (server.h) */
    struct tbi_visits visits_due[2]; /* on the way to the follow-up list, and on it (visit.c) */
    uint32_t request_next, request_count;
    uint32_t remote_class_count, pad;
    /* of the tree of deadlines: its levels, and where each begins; 0: the stations' own */
    uint32_t due_level_count, due_level[TBI_DUE_LEVELS];
    struct tbi_size size;
    uint64_t offset[TBI_SECTION_COUNT];
    struct tbi_remote_class remote[TBI_REMOTE_CLASSES_MAX];
};

_Static_assert(sizeof(struct tbi_station) == 704, "a station is eleven cache lines");
_Static_assert(offsetof(struct tbi_station, waiting_lines) == 64, "the first is what events say");
_Static_assert(offsetof(struct tbi_station, calls) == 128, "the second, who waits");
_Static_assert(offsetof(struct tbi_station, factors) == 192, "the fourth, factors");
_Static_assert(sizeof(struct tbi_line) == 64, "a line is one cache line");
_Static_assert(sizeof(struct tbi_profile) == 64, "a profile is one cache line");
_Static_assert(sizeof(struct tbi_server) == 64, "a window is one cache line");
_Static_assert(sizeof(struct tbi_ticket) == 64, "a ticket is one cache line");
_Static_assert(sizeof(struct tbi_ticket_more) == 64, "and at most one more");
_Static_assert(sizeof(struct tbi_case) == 64, "a case is one cache line");
_Static_assert(sizeof(struct tbi_visit) == 40, "a visit is kept in small form");
_Static_assert(!((uint32_t)TB_REF_VISIT << 28 & TBI_VISIT_FLAGS), "a visit's flags and its kind");
_Static_assert(sizeof(struct tb_city) % 8 == 0, "sections follow the header");

/* tbi_station(city, i) and so on: the i-th of a section. Two forms, for reading and for writing,
 * are one: the block is one object, and a const city is cast back only here. */
#define TBI_SECTION(name, type, count)                                                             \
    static inline type *tbi_##name(const struct tb_city *city, uint64_t index)                     \
    {                                                                                              \
        return (type *)((char *)(uintptr_t)city + city->offset[TBI_SECTION_##name]) + index;       \
    }
TBI_SECTIONS(TBI_SECTION)
#undef TBI_SECTION

/* What a station has: the const is cast away here as above. */
static inline const int64_t *tbi_station_rules(const struct tbi_station *station)
{
    const void *rules = (const char *)station + station->rules_at;
    return ((const struct tb_rules *)rules)->value;
}

static inline int64_t tbi_rule(const struct tb_city *city, uint32_t station, enum tb_rule rule)
{
    return tbi_station_rules(tbi_station(city, station))[rule];
}

/* Where events of a kind are counted; with a kind that the compiler knows, a plain address. */
static inline uint32_t *tbi_station_count(const struct tbi_station *station, uint32_t kind)
{
    struct tbi_station *counted = (struct tbi_station *)(uintptr_t)station;
    switch (kind) {
#define TBI_OFTEN(name)    \
    case TB_EVENT_##name: \
        return &counted->often[TBI_OFTEN_##name];
        TBI_OFTEN_EVENTS(TBI_OFTEN)
#undef TBI_OFTEN
    }
    return &counted->counts[kind];
}

/* Fetches what nearly every command reads of a station, all at once: in a city of thousands of
 * halls it lies in no cache. */
static inline void tbi_station_fetch(const struct tbi_station *station)
{
    __builtin_prefetch(&station->clock_at, 1);
    __builtin_prefetch(&station->waiting_lines, 1);
    __builtin_prefetch(&station->calls, 1);
    __builtin_prefetch(&station->factors, 1);
}

static inline struct tbi_line *tbi_station_line(const struct tbi_station *station, uint32_t queue)
{
    return (struct tbi_line *)((char *)(uintptr_t)station + station->lines_at) + queue;
}

static inline struct tbi_profile *tbi_station_profile(const struct tbi_station *station,
                                                      uint32_t profile)
{
    return (struct tbi_profile *)((char *)(uintptr_t)station + station->profiles_at) + profile;
}

static inline struct tbi_group *tbi_station_group(const struct tbi_station *station,
                                                  uint32_t group)
{
    return (struct tbi_group *)((char *)(uintptr_t)station + station->groups_at) + group;
}

static inline struct tbi_profile *tbi_server_profile(const struct tb_city *city,
                                                     const struct tbi_server *server)
{
    return tbi_station_profile(tbi_station(city, server->station), server->profile);
}

/* A slot's name is the upper half of its reference: kind and generation. */
static inline tb_ref tbi_ref(uint32_t name, uint32_t index)
{
    return (uint64_t)name << 32 | index;
}

static inline uint32_t tbi_ref_name(tb_ref ref)
{
    return (uint32_t)(ref >> 32);
}

static inline tb_ref tbi_ticket_ref(const struct tb_city *city, uint32_t index)
{
    return tbi_ref(tbi_ticket(city, index)->name, index);
}

static inline tb_ref tbi_case_ref(const struct tb_city *city, uint32_t index)
{
    return tbi_ref(tbi_case_(city, index)->name, index);
}

static inline tb_ref tbi_visit_ref(const struct tbi_visit *visit, uint32_t index)
{
    return tbi_ref(visit->name & ~TBI_VISIT_FLAGS, index);
}

static inline enum tb_class tbi_ticket_class(const struct tbi_ticket *ticket)
{
    return (enum tb_class)(ticket->origin & 15);
}

static inline enum tb_channel tbi_ticket_channel(const struct tbi_ticket *ticket)
{
    return (enum tb_channel)(ticket->origin >> 4);
}

static inline bool tbi_ticket_is_task(const struct tbi_ticket *ticket)
{
    return tbi_ticket_channel(ticket) == TB_CHANNEL_CASE;
}

static inline uint64_t tbi_bit(uint32_t index)
{
    return 1ull << (index & 63);
}

/* Walks the set bits of a mask: for (uint64_t m = mask; m; m &= m - 1) { i = tbi_lowest(m); } */
static inline uint32_t tbi_lowest(uint64_t mask)
{
    return (uint32_t)__builtin_ctzll(mask);
}

#endif
