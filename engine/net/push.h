/* push.h: subscriptions, and the events kept for those who come back.
 *
 * Channels: "city" (everything), "hall:ID", "desk:ID", "window:ID", "ticket:REF", "case:REF";
 * PSUBSCRIBE takes patterns over these names. Each event is a message with its sequence number on
 * each of its channels that has a subscriber. EVENTS.SINCE N gives all events after number N that
 * are kept: subscribe first, then ask, and drop what comes twice by its number.
 *
 * Subscriptions hang on the channel's list (stations and windows by index, tickets and cases in a
 * hash table) and on their session's. Threads: the server's. */
#ifndef TBI_NET_PUSH_H
#define TBI_NET_PUSH_H

#include "names.h"
#include "session.h"
#include "tongban/city.h"

enum tbi_channel_kind {
    TBI_CHANNEL_CITY,
    TBI_CHANNEL_STATION,
    TBI_CHANNEL_SERVER,
    TBI_CHANNEL_REF,
    TBI_CHANNEL_PATTERN,
    TBI_CHANNEL_OTHER, /* a name that means nothing here: never a message */
};

struct tbi_subscription {
    struct tbi_subscription *next, **at; /* in the channel's list */
    struct tbi_subscription *next_of_session;
    struct tbi_session *session;
    enum tbi_channel_kind kind;
    uint64_t what; /* station, server, reference */
    char name[];   /* as the client wrote it */
};

enum { TBI_REF_SLOTS = 4096 };

struct tbi_push {
    const struct tbi_names *names;
    struct tbi_subscription *city, *patterns, *other;
    struct tbi_subscription **stations, **servers;
    struct tbi_subscription *refs[TBI_REF_SLOTS];
    uint32_t hall_count;
    uint64_t count; /* of subscriptions: without any, events cost nothing */

    struct tb_event *history; /* ring by sequence */
    uint64_t history_room;    /* a power of two */
    uint64_t first, last;     /* sequence numbers kept; last 0: none */
    struct tbi_bytes text;    /* of the event at hand */
};

void tbi_push_init(struct tbi_push *push, const struct tb_scenario *scenario,
                   const struct tbi_names *names, uint32_t history);
void tbi_push_free(struct tbi_push *push);

/* True: it is new. */
bool tbi_push_subscribe(struct tbi_push *push, struct tbi_session *session,
                        const struct tbi_argument *name, bool pattern);
/* name NULL: any one of them, and `dropped` is its name. False: there was none. */
bool tbi_push_unsubscribe(struct tbi_push *push, struct tbi_session *session,
                          const struct tbi_argument *name, bool pattern, struct tbi_bytes *dropped);
void tbi_push_leave(struct tbi_push *push, struct tbi_session *session);

/* Keeps the event, and writes it to all who listen; `touch` is called for each of them. */
void tbi_push_event(struct tbi_push *push, const struct tb_event *event,
                    void (*touch)(void *context, struct tbi_session *session), void *context);
void tbi_push_keep(struct tbi_push *push, const struct tb_event *event);

/* The kept event with this number; NULL: not kept. */
const struct tb_event *tbi_push_kept(const struct tbi_push *push, uint64_t sequence);

/* May this session see references of others' tickets in what is pushed? */
bool tbi_push_sees_refs(const struct tbi_session *session);

#endif
