/* chore.c: what is done beside the groups, one small operation of the ring after the other, so
 * that a group never waits for more than one of them: new segments, snapshots, and taking away
 * what is older. A snapshot that fails is given up; the log goes on. A segment that can't be made
 * is tried again, until there is no room left for the next group: then the log fails. */
#define _GNU_SOURCE /* fallocate */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

/* ---- segments ---- */

bool tbi_log_spare_due(const struct tbi_log *log)
{
    return log->spare.file < 0 && log->now.offset > log->options.segment_bytes / 2 &&
           log->now.offset != log->spare_failed_at;
}

int tbi_log_segment_make(struct tbi_log *log, uint64_t index, struct tbi_log_file *out, char *error)
{
    const uint64_t whole = log->options.segment_bytes;
    char name[64];

    tbi_log_segment_name(index, name);
    const int file = tbi_log_open_direct(log->dir, TBI_LOG_SEGMENT_TMP,
                                         O_WRONLY | O_CREAT | O_TRUNC, &log->direct);
    int status = file < 0 ? file : 0;
    if (status == 0 && fallocate(file, 0, 0, (off_t)whole) != 0 && errno != EOPNOTSUPP)
        status = -errno;
    for (uint64_t at = 0; status == 0 && at < whole; at += TBI_LOG_PIECE) {
        const uint64_t left = whole - at;
        status =
            tbi_log_write_all(file, log->zeros, left < TBI_LOG_PIECE ? left : TBI_LOG_PIECE, at);
    }
    if (status == 0 && fsync(file) != 0)
        status = -errno;
    if (status == 0 &&
        (renameat(log->dir, TBI_LOG_SEGMENT_TMP, log->dir, name) != 0 || fsync(log->dir) != 0))
        status = -errno;
    if (status == 0) {
        *out = (struct tbi_log_file){.file = file, .index = index};
        return 0;
    }
    if (file >= 0)
        close(file);
    unlinkat(log->dir, TBI_LOG_SEGMENT_TMP, 0);
    return tbi_log_say(error, status, "%s/%s: no room for it could be made 无法建立日志段",
                       log->path, name);
}

/* ---- what to do next ---- */

static bool segment_begin(struct tbi_log *log)
{
    bool direct;

    const int file =
        tbi_log_open_direct(log->dir, TBI_LOG_SEGMENT_TMP, O_WRONLY | O_CREAT | O_TRUNC, &direct);
    log->chore = (struct tbi_log_chore){.step = TBI_LOG_FALLOCATE, .file = file};
    if (file < 0)
        tbi_log_chore_complete(log, file);
    return file >= 0;
}

static bool snapshot_begin(struct tbi_log *log)
{
    bool direct;

    log->snapshot_wanted = false;
    const int file =
        tbi_log_open_direct(log->dir, TBI_LOG_SNAPSHOT_TMP, O_WRONLY | O_CREAT | O_TRUNC, &direct);
    log->chore = (struct tbi_log_chore){.step = TBI_LOG_COPY, .file = file};
    if (file < 0)
        tbi_log_chore_complete(log, file);
    return file >= 0;
}

/* Snapshots beyond those to keep, and segments whose entries all stand before the oldest kept. */
static void old_find(struct tbi_log *log)
{
    struct tbi_log_files files;
    uint8_t block[TBI_LOG_BLOCK];
    const char *why;

    if (tbi_log_files_list(log->dir, &files) != 0)
        return;
    const uint32_t keep = log->options.keep_snapshots;
    const uint32_t gone = files.snapshot_count > keep ? files.snapshot_count - keep : 0;
    for (uint32_t i = 0; i < gone && i < 64; i++)
        log->old_snapshots[log->old_snapshot_count++] = files.snapshots[i];
    const uint64_t oldest = files.snapshot_count >= keep ? files.snapshots[gone] : 0;
    for (uint32_t i = 0; i + 1 < files.segment_count && i < 64 && !log->options.keep_segments;
         i++) { /* this one goes where the next one begins no later than the snapshot */
        struct tbi_log_segment head;
        char name[64];
        uint64_t bytes;
        tbi_log_segment_name(files.segments[i + 1], name);
        if (tbi_log_read_all(log->dir, name, block, sizeof block, &bytes) != 0 ||
            tbi_log_segment_judge(block, &why) != TBI_LOG_GOOD)
            break;
        memcpy(&head, block, sizeof head);
        if (head.lsn > oldest)
            break;
        log->old_segments[log->old_segment_count++] = files.segments[i];
    }
    tbi_log_files_free(&files);
}

static bool old_next(struct tbi_log *log)
{
    if (log->old_snapshot_count != 0)
        tbi_log_snapshot_name(log->old_snapshots[--log->old_snapshot_count], log->unlink_name);
    else if (log->old_segment_count != 0) /* the oldest first: no gap, whenever it ends */
        tbi_log_segment_name(log->old_segments[0], log->unlink_name);
    else
        return false;
    return true;
}

static bool chore_find(struct tbi_log *log)
{
    if (log->chore.step == TBI_LOG_COPY_WAIT && log->durable >= log->copy_lsn) {
        char name[64];
        tbi_log_snapshot_name(log->copy_lsn, name);
        log->chore.step = TBI_LOG_COPY_DIR;
        if (renameat(log->dir, TBI_LOG_SNAPSHOT_TMP, log->dir, name) != 0)
            tbi_log_chore_complete(log, -errno);
    }
    if (log->chore.step != TBI_LOG_IDLE)
        return log->chore.step != TBI_LOG_COPY_WAIT;
    if (log->failed != 0)
        return false;
    if (tbi_log_spare_due(log))
        return segment_begin(log);
    if (log->snapshot_wanted)
        return snapshot_begin(log);
    return false;
}

/* ---- through the ring ---- */

static uint32_t piece(uint64_t offset, uint64_t whole)
{
    const uint64_t left = whole - offset;
    return left < TBI_LOG_PIECE ? (uint32_t)left : TBI_LOG_PIECE;
}

uint32_t tbi_log_chore_submit(struct tbi_log *log, struct io_uring *ring)
{
    struct tbi_log_chore *chore = &log->chore;

    if (chore->in_flight || !chore_find(log))
        return 0;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (sqe == NULL)
        return 0;
    switch (chore->step) {
    case TBI_LOG_FALLOCATE:
        io_uring_prep_fallocate(sqe, chore->file, 0, 0, (off_t)log->options.segment_bytes);
        break;
    case TBI_LOG_ZERO:
        io_uring_prep_write(sqe, chore->file, log->zeros,
                            piece(chore->offset, log->options.segment_bytes), chore->offset);
        break;
    case TBI_LOG_COPY:
        io_uring_prep_write(sqe, chore->file, log->copy + chore->offset,
                            piece(chore->offset, log->copy_bytes), chore->offset);
        break;
    case TBI_LOG_FSYNC:
    case TBI_LOG_COPY_SYNC:
        io_uring_prep_fsync(sqe, chore->file, 0);
        break;
    case TBI_LOG_FSYNC_DIR:
    case TBI_LOG_COPY_DIR:
        io_uring_prep_fsync(sqe, log->dir, 0);
        break;
    case TBI_LOG_UNLINK:
        io_uring_prep_unlinkat(sqe, log->dir, log->unlink_name, 0);
        break;
    case TBI_LOG_IDLE:
    case TBI_LOG_COPY_WAIT:
        tb_assert(chore->step != chore->step);
    }
    io_uring_sqe_set_data64(sqe, log->options.tag | TBI_LOG_TAG_CHORE);
    chore->in_flight = true;
    return 1;
}

void tbi_log_chore_drop(struct tbi_log *log)
{
    tb_assert(!log->chore.in_flight);
    if (log->chore.file >= 0)
        close(log->chore.file);
    unlinkat(log->dir, TBI_LOG_SEGMENT_TMP, 0);
    unlinkat(log->dir, TBI_LOG_SNAPSHOT_TMP, 0);
    log->chore = (struct tbi_log_chore){.file = -1};
}

static void failed(struct tbi_log *log, int32_t res)
{
    const bool segment = log->chore.step <= TBI_LOG_FSYNC_DIR;

    if (log->chore.step == TBI_LOG_UNLINK) { /* what can't go stays */
        log->old_snapshot_count = log->old_segment_count = 0;
        log->chore = (struct tbi_log_chore){.file = -1};
        return;
    }
    tbi_log_chore_drop(log);
    log->spare_failed_at = segment ? log->now.offset : 0; /* again after the next group */
    const uint64_t left = log->options.segment_bytes - log->now.offset;
    if (!segment)
        log->counts.snapshots_failed++;
    else if (left < log->options.group_bytes + TBI_LOG_BLOCK)
        tbi_log_fail(log, res, "no room for the next segment of the log", "日志空间不足");
}

/* A whole segment: its name. */
static int spare_name(struct tbi_log *log)
{
    char name[64];

    tbi_log_segment_name(log->now.index + 1, name);
    return renameat(log->dir, TBI_LOG_SEGMENT_TMP, log->dir, name) == 0 ? 0 : -errno;
}

static void old_done(struct tbi_log *log)
{
    if (strncmp(log->unlink_name, "segment-", 8) == 0) {
        log->old_segment_count--;
        memmove(log->old_segments, log->old_segments + 1,
                log->old_segment_count * sizeof log->old_segments[0]);
    }
    log->chore.step = old_next(log) ? TBI_LOG_UNLINK : TBI_LOG_IDLE;
}

static void snapshot_done(struct tbi_log *log)
{
    close(log->chore.file);
    log->chore = (struct tbi_log_chore){.file = -1};
    log->counts.snapshots++;
    log->counts.snapshot_lsn = log->copy_lsn;
    old_find(log);
    log->chore.step = old_next(log) ? TBI_LOG_UNLINK : TBI_LOG_IDLE;
}

/* The step after one that wrote a piece: again, or what comes then. */
static void piece_done(struct tbi_log_chore *chore, int32_t res, uint64_t whole)
{
    chore->offset += (uint64_t)res;
    if (chore->offset >= whole)
        chore->step++;
}

void tbi_log_chore_complete(struct tbi_log *log, int32_t res)
{
    struct tbi_log_chore *chore = &log->chore;

    chore->in_flight = false;
    if (res == -EOPNOTSUPP && chore->step == TBI_LOG_FALLOCATE)
        res = 0;
    const bool written = chore->step == TBI_LOG_ZERO || chore->step == TBI_LOG_COPY;
    if (res < 0 || (written && (res == 0 || res % TBI_LOG_BLOCK != 0))) {
        failed(log, res < 0 ? res : -ENOSPC);
        return;
    }
    switch (chore->step) {
    case TBI_LOG_ZERO:
        piece_done(chore, res, log->options.segment_bytes);
        break;
    case TBI_LOG_FSYNC:
        res = spare_name(log);
        chore->step++;
        if (res < 0)
            failed(log, res);
        break;
    case TBI_LOG_FSYNC_DIR:
        log->spare = (struct tbi_log_file){.file = chore->file, .index = log->now.index + 1};
        *chore = (struct tbi_log_chore){.file = -1};
        break;
    case TBI_LOG_COPY:
        piece_done(chore, res, log->copy_bytes);
        break;
    case TBI_LOG_COPY_DIR:
        snapshot_done(log);
        break;
    case TBI_LOG_UNLINK:
        old_done(log);
        break;
    case TBI_LOG_FALLOCATE:
    case TBI_LOG_COPY_SYNC:
        chore->step++;
        break;
    case TBI_LOG_IDLE:
    case TBI_LOG_COPY_WAIT:
        tb_assert(chore->step != chore->step);
    }
}

/* ---- snapshots ---- */

static uint64_t clock_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

bool tbi_log_snapshot_busy(const struct tbi_log *log)
{
    return log->snapshot_wanted ||
           (log->chore.step >= TBI_LOG_COPY && log->chore.step <= TBI_LOG_COPY_DIR);
}

int tbi_log_snapshot_begin(struct tbi_log *log, const struct tb_city *city, tb_time now)
{
    const uint64_t began = clock_us();
    const size_t saved = tb_city_used_bytes(city) + 64;
    const size_t whole = (saved + TBI_LOG_BLOCK - 1) / TBI_LOG_BLOCK * TBI_LOG_BLOCK;

    if (log->failed != 0)
        return log->failed;
    if (tbi_log_snapshot_busy(log))
        return -EALREADY;
    if (TBI_LOG_BLOCK + whole > log->copy_room)
        return -ENOMEM;
    const int status = tbi_log_hash_add(log, city, now, TBI_LOG_AT_SNAPSHOT);
    if (status != 0)
        return status;
    uint8_t *data = log->copy + TBI_LOG_BLOCK;
    tb_city_save(city, data);
    memset(data + saved, TBI_LOG_FILL, whole - saved);
    const struct tbi_log_snapshot head = {
        .magic = TBI_LOG_SNAPSHOT_MAGIC,
        .config_id = log->config_id,
        .lsn = log->lsn,
        .now = now,
        .sequence = tb_city_sequence(city),
        .bytes = saved,
        .data_checksum = XXH3_64bits(data, whole),
        .version = TBI_LOG_VERSION,
    };
    memcpy(log->copy, &head, sizeof head);
    tbi_log_block_seal(log->copy, sizeof head);
    log->copy_lsn = log->lsn;
    log->copy_bytes = TBI_LOG_BLOCK + whole;
    log->snapshot_wanted = true;
    log->counts.copy_us = clock_us() - began;
    return 0;
}
