/* inside.h: the log as its own files see it. log.c: appends and groups; chore.c: what is done
 * beside them, segments and snapshots; writer.c: the thread that writes; open.c: recovery and the
 * end. */
#ifndef TBI_LOG_INSIDE_H
#define TBI_LOG_INSIDE_H

#include <pthread.h>

#include "replay.h"

enum tbi_log_step {
    TBI_LOG_IDLE = 0,
    TBI_LOG_FALLOCATE, /* a segment: its room, */
    TBI_LOG_ZERO,      /* its zeros, piece by piece, */
    TBI_LOG_FSYNC,     /* to the disk, its name, */
    TBI_LOG_FSYNC_DIR, /* and the name to the disk */
    TBI_LOG_COPY,      /* a snapshot: its bytes, piece by piece, */
    TBI_LOG_COPY_SYNC, /* to the disk; then the log must be durable as far, */
    TBI_LOG_COPY_WAIT, /* and it gets its name, */
    TBI_LOG_COPY_DIR,  /* which goes to the disk */
    TBI_LOG_UNLINK,    /* then what is older goes */
};

struct tbi_log_chore {
    enum tbi_log_step step;
    bool in_flight;
    int file;        /* -1: none */
    uint64_t offset; /* done up to here */
};

struct tbi_log_file {
    int file; /* -1: none */
    uint64_t index;
    uint64_t offset; /* of the next group; 0: not even a header yet */
};

/* A thread that writes groups, one at a time: all but `status` is the log's until it is ordered,
 * and again once it is done; the two events order what both see. */
struct tbi_log_writer {
    pthread_t thread;
    bool runs;
    int ordered, done; /* eventfds; -1: none */
    int file;
    uint32_t bytes; /* 0: end */
    const uint8_t *at;
    uint64_t offset;
    int status; /* 0, or -errno */
};

/* A group: one fills while others are under way, each with a writer of its own. */
struct tbi_log_stage {
    uint8_t *memory; /* a block for a segment's header, then group_bytes */
    uint32_t used;   /* of the group; its header's size: nothing staged */
    uint32_t entry_count;
    uint64_t lsn; /* of the first entry */
    tb_time now;
    struct tbi_log_writer writer;
    bool landed; /* it lies on the disk; those before it may not yet */
    uint64_t last_lsn, bytes, commands;
    int64_t since_us; /* under way */
};

enum {
    TBI_LOG_FLIGHTS = 2, /* groups under way at once, see log.c */
    TBI_LOG_STAGES = TBI_LOG_FLIGHTS + 1,
};

struct tbi_log {
    struct tbi_log_options options; /* strings are not kept */
    char path[TBI_LOG_PATH_MAX];
    uint64_t config_id;
    int dir, lock;
    bool direct;

    struct tbi_log_stage stage[TBI_LOG_STAGES]; /* a ring of them */
    uint32_t first;   /* the oldest that is not yet durable */
    uint32_t filling; /* which one appends go to; none is under way: the first */
    uint32_t flying;  /* ordered, and neither landed nor failed */
    size_t stage_bytes;
    uint64_t flying_commands, flown_commands; /* in groups not yet durable; in all ever ordered */
    int64_t landed_since_us;                  /* of the last that landed */
    bool has_landed;                          /* and submit was not called since */
    uint64_t crowd;          /* how many commands are mostly waiting at once */
    int64_t gather_until_us; /* a group of less than its share of them waits until then */
    uint64_t lsn, durable, chain;
    int64_t due_at_us; /* of what is staged; INT64_MAX: nothing is, or a write must end first */
    struct tbi_log_file now, spare;
    uint64_t spare_failed_at; /* now.offset at the time */
    uint8_t *zeros;           /* a piece of them */

    struct tbi_log_chore chore;
    bool snapshot_wanted; /* a copy waits to be written */
    uint8_t *copy;        /* a block for the head, then tb_city_save's */
    size_t copy_room, copy_bytes;
    uint64_t copy_lsn;
    uint64_t old_snapshots[64], old_segments[64]; /* to be unlinked */
    uint32_t old_snapshot_count, old_segment_count;
    char unlink_name[64];

    int failed;
    char failure[TBI_LOG_ERROR_MAX];
    struct tbi_log_counts counts;
};

/* The lower bits of user_data: a group's stage, or the chore. */
enum { TBI_LOG_PIECE = 1 << 20, TBI_LOG_TAG_CHORE = 7, TBI_LOG_TAG_MASK = 7 };

_Static_assert((int)TBI_LOG_STAGES <= (int)TBI_LOG_TAG_CHORE, "their numbers differ");

#define TBI_LOG_SEGMENT_TMP  "segment.tmp"
#define TBI_LOG_SNAPSHOT_TMP "snapshot.tmp"

static inline bool tbi_log_staged(const struct tbi_log_stage *stage)
{
    return stage->used > sizeof(struct tbi_log_group);
}

void tbi_log_fail(struct tbi_log *log, int status, const char *what_en, const char *what_zh);
/* The room of one more entry, or NULL; its head is filled. */
uint8_t *tbi_log_entry_add(struct tbi_log *log, enum tbi_log_kind kind, uint32_t count, tb_time now,
                           uint64_t value);
int tbi_log_hash_add(struct tbi_log *log, const struct tb_city *city, tb_time now,
                     enum tbi_log_why why);

uint32_t tbi_log_chore_submit(struct tbi_log *log, struct io_uring *ring);
void tbi_log_chore_complete(struct tbi_log *log, int32_t res);
/* Ends a chore that isn't in flight, half-made files and all. */
void tbi_log_chore_drop(struct tbi_log *log);
/* Is a new segment to be made? */
bool tbi_log_spare_due(const struct tbi_log *log);

/* 0 or -errno. */
int tbi_log_writer_start(struct tbi_log_writer *writer);
/* Waits for what is under way. Also after a start that failed, or none with -1 for its files. */
void tbi_log_writer_stop(struct tbi_log_writer *writer);
/* Has file, at, bytes and offset written and flushed; the sqe completes when that is done, and then
 * take, once, says how it went. */
void tbi_log_writer_order(struct tbi_log_writer *writer, struct io_uring_sqe *sqe);
int tbi_log_writer_take(struct tbi_log_writer *writer);

/* Makes the segment `index` here and now. */
int tbi_log_segment_make(struct tbi_log *log, uint64_t index, struct tbi_log_file *out,
                         char *error);

#endif
