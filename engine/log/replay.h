/* replay.h: a city out of a snapshot and the entries after it. */
#ifndef TBI_LOG_REPLAY_H
#define TBI_LOG_REPLAY_H

#include "reader.h"

enum { TBI_LOG_EVENTS = 4096 }; /* of one step; more come in several */

struct tbi_log_replay {
    struct tb_city *city;
    struct tb_event *events;     /* TBI_LOG_EVENTS */
    struct tb_command *commands; /* TBI_LOG_BATCH_MAX */
    uint64_t entries, command_count;
    tb_time now; /* of the last batch or hash */
    void (*take)(void *context, const struct tb_event *events, uint32_t count); /* or NULL */
    void *context;
};

int tbi_log_replay_open(struct tbi_log_replay *replay, struct tb_city *city);
void tbi_log_replay_close(struct tbi_log_replay *replay);

/* Steps the city by an entry (names: nothing) and compares what the entry says of the outcome.
 * -EPROTO: it isn't so; error names the entry. */
int tbi_log_replay_entry(struct tbi_log_replay *replay, const struct tbi_log_read *read,
                         const char *path, char *error);

/* Loads the newest good snapshot that has lsn <= lsn_max and sequence < sequence_max. Those that
 * aren't good are told to `warn` (NULL: not). *head: lsn 0 where there is none; then the city is
 * as it was. */
void tbi_log_snapshot_load(int dir, const char *path, const struct tbi_log_files *files,
                           struct tb_city *city, size_t block_bytes, uint64_t lsn_max,
                           uint64_t sequence_max, struct tbi_log_snapshot *head,
                           void (*warn)(void *context, const char *line), void *context);

#endif
