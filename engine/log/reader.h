/* reader.h: goes through the entries of a log, segment by segment, judging every byte on the way.
 * Used by recovery, by `tongban log`, and by whoever wants old events. Changes nothing. */
#ifndef TBI_LOG_READER_H
#define TBI_LOG_READER_H

#include "file.h"

struct tbi_log_read {
    struct tbi_log_entry head;
    const uint8_t *data; /* of the entry; valid until the next call */
    uint64_t segment;    /* where it lies */
    uint64_t offset;     /* of its group */
};

struct tbi_log_reader {
    int dir;
    char path[TBI_LOG_PATH_MAX];
    struct tbi_log_files files;
    uint64_t config_id; /* must be; 0: any, then what the first segment says */
    uint8_t *bytes;     /* the segment that is read */
    uint64_t room;      /* of bytes, the size of a segment */
    uint64_t segment;   /* its index; 0: none */
    uint32_t at;        /* its place in files */
    uint64_t offset;    /* the next group */
    uint64_t lsn;       /* of the next entry */
    uint64_t chain;
    uint64_t group_offset;
    uint32_t entries_left;
    uint64_t entry_offset;
    uint64_t read_bytes, all_bytes; /* for a progress line */
    uint64_t torn_bytes;            /* of the last write, once the end is reached */
    bool headed;                    /* the segment has a good header */
    bool ended;
};

/* Begins at the segment that holds entry `lsn` (1: the first; 0: the oldest kept); entries
 * before it are given, too.
 * -ENOENT: it is older than the oldest segment. Without any segment the log is empty. */
int tbi_log_reader_open(struct tbi_log_reader *reader, const char *path, int dir,
                        uint64_t config_id, uint64_t lsn, char *error);
/* 1: an entry; 0: the end; -EBADMSG: damage, named in error; or what the system says. */
int tbi_log_reader_next(struct tbi_log_reader *reader, struct tbi_log_read *out, char *error);
void tbi_log_reader_close(struct tbi_log_reader *reader);

/* The commands of a batch, copied out; room for TBI_LOG_BATCH_MAX. actors may be NULL. */
void tbi_log_read_batch(const struct tbi_log_read *read, struct tb_command *commands,
                        uint32_t *actors);

#endif
