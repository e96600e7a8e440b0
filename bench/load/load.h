/* load.h: the load generator's parts. load.c: what is asked for, connections, the report; drive.c:
 * the ring that sends and counts; replies.h: what is a reply. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "kernel/histogram.h"
#include "replies.h"

enum { REQUESTS_MAX = 16, CONNECTIONS_MAX = 20000, OUT_BYTES = 1 << 17 };

struct connection {
    int fd;
    uint32_t round;
    char *out; /* as many rounds as there are requests, made once; NULL: it only listens */
    size_t rounds[REQUESTS_MAX + 1]; /* where each begins */
    struct replies in;
    uint64_t due;       /* the count of replies when this round is over; 0: none is under way */
    int64_t sent_at_us; /* or was to be sent */
};

struct options {
    const char *unix_path, *requests[REQUESTS_MAX], *setups[REQUESTS_MAX], *listen;
    int port, connections, pipeline, request_count, setup_count, listeners;
    double seconds, rate; /* rate: requests a second of all; 0: as fast as replies come */
};

struct result {
    struct tbs_histogram round_trips;
    struct tbs_histogram late; /* under a rate: how long after it was due a round was sent */
    uint64_t replies, errors, messages;
    uint64_t turns, idle_turns; /* those that found nothing to do */
    double seconds;
    char error[REPLIES_LINE]; /* the first one */
};

void die(const char *what);

/* drive.c: all connections, the listeners behind the others. */
void drive(const struct options *options, struct connection *connections, struct result *result);

#endif
