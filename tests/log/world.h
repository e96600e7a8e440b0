/* world.h: the small city with a log, driven as the server drives it. Threads: one at a time. */
#ifndef TESTS_LOG_WORLD_H
#define TESTS_LOG_WORLD_H

#include <liburing.h>

#include "log/log.h"
#include "model/small.h"

struct world {
    struct small *small;
    struct io_uring ring;
    int64_t in_flight; /* of the log's requests that world_round submitted */
    struct tbi_log *log;
    struct tbi_log_recovery recovery;
    struct tbi_log_options options;
    uint64_t event_count, event_last; /* of recovery: how many, the last one's number */
    bool gap;                         /* among them */
    uint64_t random;                  /* what comes next */
    int status;                       /* of open */
    char error[TBI_LOG_ERROR_MAX];
    char line[TBI_LOG_ERROR_MAX]; /* the last of progress */
};

/* A folder of its own under `base` ("/tmp"); the caller gives it to world_remove. */
void world_folder(const char *base, char path[64]);
void world_remove(const char *path);

/* A fresh city and the log of the folder; world->log is NULL where it was refused. Segments of 64
 * KiB, groups of at most 16 KiB. */
struct world *world_open(const char *dir, enum tbi_log_mode mode);
struct world *world_open_with(const struct tbi_log_options *options);
void world_close(struct world *world); /* in order: with a hash */
void world_drop(struct world *world);  /* as if the process had ended here */

/* A few random commands at a later instant: stepped, appended. The lsn; 0: failed or full. */
uint64_t world_batch(struct world *world);
/* Until all that was appended is durable, or the log failed. */
void world_flush(struct world *world);
void world_snapshot(struct world *world); /* begins one and waits for it */
/* One round: submit, wait for `wait` completions, complete them. */
void world_round(struct world *world, uint32_t wait);

#endif
