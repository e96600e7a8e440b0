/* log.h: the command log of one city, its snapshots, and recovery. README.md here has the format.
 *
 *     open     newest good snapshot + log -> the city as it was; a callback gets every event again
 *     step     the caller steps the city, then appends the very commands: copied, no system call
 *     submit   what was appended since the last write goes out as one group, two in flight, so
 *              that one half of those who ask are computed for while the disk has the other's;
 *              under ALWAYS a smaller group waits a little for those whom a write let go on
 *     complete the ring's answers; answerable() then says up to which lsn replies may go out
 *
 * An lsn counts the log's entries from 1: a batch of commands, a name, a hash. A batch's events
 * and replies may leave the process once tbi_log_answerable() >= its lsn, and not before.
 *
 * Order   Append after the step, before anything else steps the city: the entry carries the
 *         number of the city's last event, which replay compares. Time alone is not logged: it
 *         comes again by itself. Queries are left out by append.
 * Errors  0 or -errno. open fills `error` with a sentence in both languages that says what to do.
 *         After a failed write or flush the log stays failed for good: appends give the same
 *         -errno, nothing gets answerable any more, even under TBI_LOG_OFF.
 * Threads All calls on one log belong to the one thread that owns the city and the ring. Groups
 *         are written by threads of the log's own (writer.c), which the ring tells of.
 * Progress  append is wait-free; submit and complete make no system call but one that wakes the
 *         writer or asks it, and those of a finished snapshot or segment. open and close block.
 * Memory  All is taken and touched at open; `city` stays the caller's. */
#ifndef TBI_LOG_LOG_H
#define TBI_LOG_LOG_H

#include <liburing.h>

#include "tongban/city.h"

enum { TBI_LOG_ERROR_MAX = 768, TBI_LOG_BATCH_MAX = 4096, TBI_LOG_NAME_MAX = 255 };

enum tbi_log_mode {
    TBI_LOG_ALWAYS = 0, /* answerable once it lies on the disk */
    TBI_LOG_EVERY = 1,  /* answerable at once; written every interval_us: a crash loses no more */
    TBI_LOG_OFF = 2,    /* answerable at once; written when a group is full, or after a second */
};

struct tbi_log_options {
    const char *dir;      /* made if it isn't there; its parent must be */
    const char *scenario; /* kept in the folder, for `tongban log`; NULL: "" */
    enum tbi_log_mode mode;
    int64_t interval_us;     /* TBI_LOG_EVERY */
    uint64_t segment_bytes;  /* of a new segment; 0: 64 MiB. A multiple of 4096 */
    uint64_t group_bytes;    /* largest group; 0: 1 MiB, or what fits. A multiple of 4096 */
    uint32_t keep_snapshots; /* older ones go when a new one is whole; 0: 2 */
    bool keep_segments;      /* all of them, for the audit trail; false: those before the oldest
                                snapshot kept go, and with them their past */
    uint64_t tag;            /* or-ed into user_data of each SQE; the log uses bits 0 to 2 */

    /* During open. Each may be NULL. `line` has no newline. Events come in order, in batches. */
    void (*progress)(void *context, const char *line);
    void (*events)(void *context, const struct tb_event *events, uint32_t count);
    void (*name)(void *context, uint32_t actor, const char *name);
    void *context;
};

/* What open found. */
struct tbi_log_recovery {
    uint64_t snapshot_lsn;      /* 0: none, from the beginning */
    uint64_t lsn;               /* of the last entry; the next is one more */
    uint64_t entries, commands; /* replayed */
    uint64_t torn_bytes;        /* of an unfinished last write that were cut */
    tb_time now;                /* of the last batch; the city's time must not fall behind it */
    bool direct;                /* O_DIRECT; false: the file system has none, pages are copied */
};

struct tbi_log;

/* The id under which the city of a folder's log is made from this config: the config's own, or that
 * of the config before it, if `tongban log adopt` said that its city goes on with this one; one
 * that is refused where it has left this one. */
uint64_t tbi_log_accepts(const char *dir, uint64_t config_id);

/* Opens or begins the log in options->dir and brings `city`, fresh from tb_city_init with the
 * log's config, to where it stood. block_bytes: of the city's block. Refuses, with the city's
 * bytes undefined: -EBUSY another process has it, -EBADMSG damage (file, offset and lsn are
 * named), -ESTALE another config's, -EPROTO replay gave something else; and whatever the system
 * says. NULL on any error. */
struct tbi_log *tbi_log_open(const struct tbi_log_options *options, struct tb_city *city,
                             size_t block_bytes, struct tbi_log_recovery *recovery,
                             char error[TBI_LOG_ERROR_MAX], int *status);

/* Writes what is staged with a hash of the city, waits, and frees. `ring` is used and drained of
 * the log's own completions; others are given to `other` (NULL: dropped). */
int tbi_log_close(struct tbi_log *log, const struct tb_city *city, tb_time now,
                  struct io_uring *ring, void (*other)(void *context, const struct io_uring_cqe *),
                  void *context);
/* Frees without writing, as a crash would. No write may be in flight. */
void tbi_log_abandon(struct tbi_log *log);

/* One batch: the changes among these n <= TBI_LOG_BATCH_MAX commands, and for each who gave it
 * (numbers below 2^31; TB_NONE or NULL: nobody). `sequence` is tb_city_sequence after the step.
 * *lsn is the entry's (without changes among them: the last one's). -EAGAIN: the staging is full;
 * submit, wait for a completion, try again. -E2BIG: too many at once. */
int tbi_log_append(struct tbi_log *log, tb_time now, const struct tb_command *commands, uint32_t n,
                   const uint32_t *actors, uint64_t sequence, uint64_t *lsn);

/* Gives an actor's number a name, "user@role", for the audit trail. Before its first command. */
int tbi_log_name(struct tbi_log *log, tb_time now, uint32_t actor, const char *name);

/* Room for a batch of n without -EAGAIN? */
bool tbi_log_room(const struct tbi_log *log, uint32_t n);

/* True: with n more commands there would be a group that submit sends off at once, so that whoever
 * has more to do should append and submit first. */
bool tbi_log_fills(const struct tbi_log *log, uint32_t n);

/* Puts what is due into the ring: at most one group and one chore (segment, snapshot). Returns
 * the number of SQEs prepared; the caller submits. Call it once a round of the loop. now_us: any
 * clock that goes forward, for TBI_LOG_EVERY and OFF. */
uint32_t tbi_log_submit(struct tbi_log *log, struct io_uring *ring, int64_t now_us);
/* When submit is to be called next though nothing happens; INT64_MAX: no need, or a write that is
 * in flight must end first. */
int64_t tbi_log_deadline_at(const struct tbi_log *log);
/* A CQE whose user_data carries the tag. */
void tbi_log_complete(struct tbi_log *log, uint64_t user_data, int32_t res);

bool tbi_log_flies(const struct tbi_log *log);          /* a group is under way to the disk */
/* The calling thread's slice of time, at least 100: with a shorter one than others on its core it
 * is let in as soon as it is woken, not at the clock's next tick; its share stays the same. Linux
 * 6.12; before, nothing happens. */
void tbi_log_slice(uint64_t us);
uint64_t tbi_log_lsn(const struct tbi_log *log);        /* of the last entry appended */
uint64_t tbi_log_durable(const struct tbi_log *log);    /* all up to it lie on the disk */
uint64_t tbi_log_answerable(const struct tbi_log *log); /* by the mode */
int tbi_log_failed(const struct tbi_log *log);          /* 0, or the first -errno */
const char *tbi_log_failure(const struct tbi_log *log); /* the sentence for it; "" */

/* Takes a copy of the city as it is now, after its last append, to be written out bit by bit by
 * submit/complete. -EALREADY: one is under way. -EAGAIN: as append. */
int tbi_log_snapshot_begin(struct tbi_log *log, const struct tb_city *city, tb_time now);
bool tbi_log_snapshot_busy(const struct tbi_log *log);

/* For INFO and metrics. */
struct tbi_log_counts {
    uint64_t entries, commands, groups, bytes; /* bytes: as written, padding too */
    uint64_t snapshots, snapshot_lsn;          /* since open; the newest */
    uint64_t snapshots_failed;                 /* given up, the disk being full or so */
    uint64_t segment;                          /* first lsn of the one that is written */
    uint64_t copy_us;                          /* the last snapshot's copy: the writer's pause */
};
void tbi_log_counts(const struct tbi_log *log, struct tbi_log_counts *out);

/* Every event from number `from` on (up to what the files hold), out of the oldest snapshot that
 * is new enough: for subscribers that ask for what the server's memory has forgotten. Reads the
 * folder as it lies; the writer may go on. `scratch`: a block for a city of this config, its own
 * bytes undefined before and after. Blocking: not on the writer's thread. -ENOENT: older than
 * what is kept; else as open. `take` returns false to stop. */
int tbi_log_events(const char *dir, const struct tb_config *config, void *scratch,
                   size_t scratch_bytes, uint64_t from,
                   bool (*take)(void *context, const struct tb_event *event), void *context,
                   char error[TBI_LOG_ERROR_MAX]);

/* tongban log */
int tbi_cmd_log(int argc, char **argv);

#endif
