/* host.h: what the files of engine/host share. The contract is tongban/engine.h.
 *
 * Everything that two threads share is a ring, a wake or a load of engine/ring, and so are
 * its edges:
 *
 *   door     a caller's end of one city. Five rings, each with one producer and one consumer:
 *              commands  caller -> engine    stepped in place
 *              events    engine -> caller    of its own commands
 *              feed      engine -> caller    every event; drops when full
 *              asks      caller -> engine    subscribe, leave, snapshot
 *              replies   twin   -> caller    the snapshot is there
 *   orders   owner -> engine thread: stop
 *   records  engine -> twin: what the city was stepped with
 *
 * All doors exist from the beginning, so that opening one shares nothing. Their slots are
 * touched first when they are used, and cost no memory until then. What one thread alone
 * uses stands in a structure of its own, in lines of its own. */
#ifndef TBI_HOST_HOST_H
#define TBI_HOST_HOST_H

#include <pthread.h>

#include "load.h"
#include "ring.h"
#include "tongban/engine.h"
#include "wake.h"

enum {
    TBI_ASKS_MAX = 4, /* subscribe, leave and a snapshot fit */
    TBI_ORDERS_MAX = 2,
    TBI_REPLIES_MAX = 2,   /* one snapshot at a time */
    TBI_STEP_EVENTS = 256, /* events of one step at most, where they don't go straight to a ring */
    TBI_LOAD_ROUNDS = 64,  /* a busy engine publishes after so many rounds */
    TBI_BLOCKED_US = 1000, /* how soon an idle engine looks again whether a full ring was read */
    TBI_CLOCK_US = 10000,  /* how soon it looks again at a clock that isn't the system's */
    TBI_POLL_US = 25,      /* rounds of looking in a microsecond, about */
};

/* ---- what goes through the small rings; each is a slot ---- */

enum tbi_ask_kind { TBI_ASK_SUBSCRIBE = 1, TBI_ASK_LEAVE = 2, TBI_ASK_SAVE = 3 };

struct tbi_ask {
    _Alignas(64) uint64_t kind;
    void *out; /* of a snapshot */
    size_t out_bytes;
};

enum tbi_record_kind {
    TBI_RECORD_STEP = 1,    /* `count` commands follow; 0: time alone */
    TBI_RECORD_REPLACE = 2, /* go on with this block */
    TBI_RECORD_SAVE = 3,    /* the reply is the same record */
    TBI_RECORD_STOP = 4,
};

struct tbi_record {
    _Alignas(64) uint64_t kind;
    uint64_t count;
    tb_time now;
    void *block;  /* REPLACE: the new block, the twin's from now on; SAVE: where to */
    size_t bytes; /* SAVE: the room there; in the reply: what it takes */
    uint32_t caller_index;
    uint32_t status; /* in the reply: enum tb_twin_status */
};

_Static_assert(sizeof(struct tbi_ask) == TBI_SLOT_BYTES, "an ask is a slot");
_Static_assert(sizeof(struct tbi_record) == TBI_SLOT_BYTES, "a record is a slot");
_Static_assert(sizeof(struct tb_command) == TBI_SLOT_BYTES, "a command is a slot");
_Static_assert(sizeof(struct tb_event) == TBI_SLOT_BYTES, "an event is a slot");

/* ---- a caller ---- */

struct tbi_door {
    struct tbi_ring commands, events, feed, asks, replies;
    struct {
        _Alignas(64) struct tbi_waker waker;
    } engine; /* the engine thread's: wakes the caller */
    struct {
        _Alignas(64) struct tbi_waker waker;
    } twin; /* the twin thread's */
    struct {
        _Alignas(64) struct tbi_waker waker; /* wakes the engine */
        uint64_t unanswered_count;
        uint64_t feed_sequence; /* of the last event of the feed; 0: none yet */
        void *snapshot;         /* asked for, and not there yet */
        bool subscribed;
    } caller; /* the caller's */
};

struct tb_caller {
    struct tbi_wake wake;
    struct tb_engine *engine;
    struct tbi_door *doors; /* by city */
    uint32_t index;
    bool open;    /* the owner's */
    bool leaving; /* the owner's: closed, and may not be answered yet */
};

/* ---- a city and its twin ---- */

struct tbi_city {
    struct tb_city *city;
    struct tbi_engine_thread *thread;
    uint64_t feeds;         /* callers that subscribe, one bit each */
    struct tbi_load *loads; /* by station */
    uint32_t station_count;
    uint32_t server_count;
    uint16_t *server_station; /* by server: its station */
    uint32_t dirty_count;     /* stations whose load is to be published */
    uint16_t *dirty;          /* which */
    uint64_t *dirty_mask;     /* the same, one bit each */
    uint32_t index;
    bool twin_stale;             /* the engine thread's: the records had no room */
    struct tbi_waker twin_waker; /* the engine thread's */
    struct tbi_ring records;     /* only with a twin, as all below */
    _Alignas(64) tbi_atomic_u64 recloned_count;
    _Alignas(64) struct tb_city *twin; /* the twin thread's */
};

/* ---- threads ---- */

struct tbi_arena {
    unsigned index; /* jemalloc's */
    bool failed;    /* there was no memory once */
};

struct tbi_engine_thread {
    struct tbi_wake wake;
    struct tbi_ring orders;
    struct tbi_waker owner_waker; /* the owner's */
    struct tb_engine *engine;
    pthread_t thread;
    uint32_t index;
    _Alignas(64) tb_time now; /* from here on the engine thread's own; never goes back */
    uint32_t rounds;          /* since loads were published */
    bool blocked;             /* a caller's commands wait for room for their events */
    bool stopping;
    struct tb_event *events;   /* TBI_STEP_EVENTS */
    struct tbi_record *record; /* a record and as many commands as a ring holds */
};

struct tbi_twin_thread {
    struct tbi_wake wake;
    struct tb_engine *engine;
    pthread_t thread;
    uint32_t index; /* the engine thread that it follows */
    uint32_t stops; /* cities that have come to their end */
    struct tb_event *events;
};

struct tb_engine {
    struct tb_engine_options options;
    struct tbi_city *cities;
    struct tbi_engine_thread *threads;
    struct tbi_twin_thread *twins; /* NULL: none */
    struct tb_caller *callers;
    struct tbi_door *doors; /* caller x city */
    uint32_t started_count; /* engine threads that run */
    uint32_t twin_started_count;
    struct tbi_arena arena; /* all of it, this structure too */
};

static inline struct tbi_door *tbi_door_of(const struct tb_engine *engine, uint32_t caller_index,
                                           uint32_t city_index)
{
    return &engine->doors[(size_t)caller_index * engine->options.city_count + city_index];
}

/* memory.c: an arena; memory in it, zeroed and aligned to 64 (NULL: none, and `failed`);
 * its end. */
bool tbi_arena_create(struct tbi_arena *arena);
void *tbi_arena_new(struct tbi_arena *arena, size_t bytes);
void tbi_arena_destroy(struct tbi_arena *arena);

/* serve.c, twin.c: the threads. */
void *tbi_engine_run(void *engine_thread);
void *tbi_twin_run(void *twin_thread);

/* twin.c, called by the engine thread: after a step with so many commands; an ask for a
 * snapshot (false: not now); a fresh copy, if the twin needs one; the end (waits for room). */
void tbi_twin_record(struct tbi_city *city, tb_time now, const struct tb_command *commands,
                     uint32_t count);
bool tbi_twin_ask(struct tbi_city *city, uint32_t caller_index, const struct tbi_ask *ask);
void tbi_twin_refresh(struct tbi_city *city);
void tbi_twin_stop(struct tbi_city *city);

#endif
