/* The engine: threads that own cities, and the rings by which any number of other threads
 * hand them commands and get events back. Whoever needs one thread only calls tb_city_step
 * straight.
 *
 * A city belongs to one engine thread, which alone changes it. A caller is one thread's
 * end: for each city it has a ring of commands, a ring of events and a feed of its own, so
 * that callers share nothing. Full rings push back on their own caller only: the engine
 * takes a caller's commands only while their events have room (TB_COMMAND_EVENTS_MAX), and
 * goes on with the others otherwise.
 *
 * Order: a caller's commands to one city are carried out in the order of tb_caller_submit,
 * and their events come back in the city's order. Between cities, and between callers,
 * there is no order. All commands of one batch carry the same time: that of the engine's
 * clock, which never goes back.
 *
 * A twin (option) is a second block of each city, which another thread keeps equal by
 * carrying out the same commands at the same times. Snapshots and what-ifs are taken from
 * it, so that the writer never stops. Where a twin falls behind by more than its ring, the
 * writer doesn't wait: it leaves the twin, and gives it a fresh copy of the city as soon as
 * no command waits. That copy is the one thing that may hold up a command (some 0.3 ms for
 * each MiB in use), and happens only then.
 *
 * Threads: each function says whose it is. "Owner" is the thread that made the engine, or
 * one to which it was handed with a happens-before. A struct tb_caller is used by one
 * thread at a time. Progress: nothing here takes a lock. Between a command and its event no
 * thread waits for another: a caller that stops for ever, at any instruction, stops nobody
 * else. Memory order: what a thread wrote before tb_caller_submit is visible to nobody but
 * through the commands; the rings' edges are in engine/ring/edge.def. */
#ifndef TONGBAN_ENGINE_H
#define TONGBAN_ENGINE_H

#include "tongban/city.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A city's memory ------------------------------------------------------------------------ */

/* Makes a city in memory of its own: huge pages (2 MiB) where the block is that big, since
 * a city of a million tickets would otherwise miss the TLB at every other line. NULL, with
 * *status: CONFIG_INVALID; or OK when there is no memory. Any thread; not lock-free. */
struct tb_city *tb_city_create(const struct tb_config *config, enum tb_status *status);

/* A copy of a city that tb_city_create or tb_city_clone made. Only what is in use is
 * copied, so that a big city with little in it costs little. NULL: no memory. As
 * tb_city_create; not beside a step. */
struct tb_city *tb_city_clone(const struct tb_city *city);

/* Touches every page, so that no command pays for a page fault. Changes nothing. Only while
 * nobody else uses the city. */
void tb_city_populate(struct tb_city *city);

/* Gives the memory of tb_city_create or tb_city_clone back. NULL is allowed. */
void tb_city_destroy(struct tb_city *city);

/* ---- The engine ----------------------------------------------------------------------------- */

#define TB_CALLERS_MAX 64
#define TB_ENGINE_THREADS_MAX 64

struct tb_engine_options {
    struct tb_city *const *cities; /* of tb_city_create or tb_city_clone; the engine's alone until
                                      tb_engine_stop returns, then the owner's again */
    uint32_t city_count;           /* >= 1 */
    uint32_t thread_count;         /* 1 .. city_count; city i belongs to thread i % thread_count */
    uint32_t callers_max;          /* 1 .. TB_CALLERS_MAX, open at once */
    uint32_t ring_capacity;        /* of each ring, a power of two >= 2 TB_COMMAND_EVENTS_MAX */
    uint32_t poll_us;              /* an idle thread looks for so long, then sleeps */
    tb_time (*clock)(void *context); /* NULL: the system's (CLOCK_REALTIME). Asked by each engine
                                        thread; looked at every 10 ms at least */
    void *clock_context;
    bool twins;             /* one more thread for each engine thread */
    uint32_t twin_capacity; /* commands that a twin may lag, a power of two > 2 ring_capacity */
    const int *cpus;        /* NULL, or the CPU of each engine thread */
};

/* Fills in: 1 thread, 8 callers, rings of 256, 20 us of looking, the system's clock, no
 * twins (but a capacity of 65,536), no CPUs. Cities are left to the caller. */
void tb_engine_options_init(struct tb_engine_options *options);

struct tb_engine;

/* Starts the threads. Options outside their range are a programmer's error; NULL: no
 * memory, or no thread. Not lock-free. */
struct tb_engine *tb_engine_create(const struct tb_engine_options *options);

/* Carries out what has been submitted (as far as events have room), brings twins up to
 * date, ends the threads. Events and feeds can still be read; commands submitted later are
 * never carried out. Owner; waits for the threads. */
void tb_engine_stop(struct tb_engine *engine);

/* Gives back everything but the cities; stops first. Nobody may use its callers any more.
 * Owner. */
void tb_engine_destroy(struct tb_engine *engine);

/* The twin of a city. Owner, after tb_engine_stop; NULL: none. Lives as long as the engine. */
const struct tb_city *tb_engine_twin(const struct tb_engine *engine, uint32_t city_index);

/* How often a twin fell behind and was given a fresh copy. Any thread; wait-free; relaxed. */
uint64_t tb_engine_was_recloned(const struct tb_engine *engine, uint32_t city_index);

/* ---- A caller ------------------------------------------------------------------------------- */

struct tb_caller;

/* A free place, or NULL: all are taken (or closed with commands not answered yet). Owner;
 * hand the caller to its thread with a happens-before (pthread_create will do). Wait-free. */
struct tb_caller *tb_caller_open(struct tb_engine *engine);

/* Ends it: subscriptions too. What was submitted is carried out. Owner, with a
 * happens-before from the caller's thread. Wait-free. */
void tb_caller_close(struct tb_caller *caller);

/* Submits the first so many of n commands, in order; returns how many: fewer than n when
 * the ring is full. They are copied. Wakes the engine if it sleeps. The caller's thread;
 * wait-free. */
uint32_t tb_caller_submit(struct tb_caller *caller, uint32_t city_index,
                          const struct tb_command *commands, uint32_t n);

/* Copies up to `max` events that the caller's own commands caused, oldest first; returns
 * how many. A command's first event is its answer (TB_EVENT_FLAG_ANSWER); `tag` says which
 * command. What time causes later (a timeout, a reminder) comes in feeds. The caller's
 * thread; wait-free. */
uint32_t tb_caller_events(struct tb_caller *caller, uint32_t city_index, struct tb_event *events,
                          uint32_t max);

/* Commands submitted to a city and not answered by an event that was read. The caller's
 * thread. */
uint64_t tb_caller_unanswered(const struct tb_caller *caller, uint32_t city_index);

/* Sleeps until there is an event, or an event of a feed, to read; at most wait_us
 * microseconds. False if the time ran out. True may be early: look, and wait again. The
 * caller's thread; blocking. */
bool tb_caller_wait(struct tb_caller *caller, uint64_t wait_us);

/* From soon on, every event that changes the city goes to this caller's feed, whoever
 * caused it. Until tb_caller_close. The caller's thread; wait-free. */
void tb_caller_subscribe(struct tb_caller *caller, uint32_t city_index);

/* Copies up to `max` events of the feed. Sequence numbers count from the first one on
 * without a gap, unless the feed was full: the engine then drops events, and *was_lost says
 * how many were dropped among and before these since the last call. The caller's thread;
 * wait-free. */
uint32_t tb_caller_feed(struct tb_caller *caller, uint32_t city_index, struct tb_event *events,
                        uint32_t max, uint64_t *was_lost);

/* ---- Snapshots ------------------------------------------------------------------------------ */

enum tb_twin_status {
    TB_TWIN_OK = 0,
    TB_TWIN_NONE = 1,  /* the engine was made without twins */
    TB_TWIN_SMALL = 2, /* the memory is too small; *saved_bytes says what it takes */
    TB_TWIN_LATE = 3,  /* not within wait_us (or an earlier one isn't done): the memory is the
                          twin's until a call with the same memory returns something else */
};

/* Saves a city into `out` as tb_city_save does, from its twin, and says in *saved_bytes how
 * many bytes that are. It holds everything that this caller has read an answer to.
 * tb_city_load makes a city of it: to be kept, or to be stepped (what if?). The caller's
 * thread; sleeps until the twin is done. */
enum tb_twin_status tb_twin_snapshot(struct tb_caller *caller, uint32_t city_index, void *out,
                                     size_t out_bytes, size_t *saved_bytes, uint64_t wait_us);

/* ---- Published load ------------------------------------------------------------------------- */

struct tb_published_load {
    uint64_t version;  /* counts publications of this station, from 1 */
    uint64_t sequence; /* of the city's last event then */
    tb_time at_us;
    uint32_t waiting, called, serving, booked, parked, heading; /* as in struct tb_station_load */
    uint32_t windows_open, windows_ready;
    uint32_t number_last;
    int32_t day;
    bool accepts;
};

/* What was last published of a station. It is published when an event has changed it: at
 * once if the engine is idle then, else within 64 rounds of its loop. False if the writer
 * was faster than all tries (it hardly can be): keep what you have. Any thread, beside
 * everything; wait-free; disturbs nobody; acquire. */
bool tb_engine_load_read(const struct tb_engine *engine, uint32_t city_index, uint32_t station,
                         struct tb_published_load *out);

#ifdef __cplusplus
}
#endif
#endif
