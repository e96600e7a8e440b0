/* open.c: recovery, the first segment, and the end. */
#define _GNU_SOURCE /* realpath */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SEGMENT_BYTES = 64 << 20,
    GROUP_BYTES = 1 << 20,
    LAZY_US = 1000000,
    KEEP_SNAPSHOTS = 2,
    PERCENT_STEP = 5,
};

/* ---- options ---- */

static int options_take(struct tbi_log *log, const struct tbi_log_options *given, char *error)
{
    struct tbi_log_options *o = &log->options;

    *o = *given;
    snprintf(log->path, sizeof log->path, "%s", given->dir);
    if (o->segment_bytes == 0)
        o->segment_bytes = SEGMENT_BYTES;
    if (o->group_bytes == 0)
        o->group_bytes = o->segment_bytes / 4 < GROUP_BYTES
                             ? o->segment_bytes / 4 / TBI_LOG_BLOCK * TBI_LOG_BLOCK
                             : GROUP_BYTES;
    if (o->keep_snapshots == 0)
        o->keep_snapshots = KEEP_SNAPSHOTS;
    if (o->mode == TBI_LOG_OFF)
        o->interval_us = LAZY_US;
    const bool well = o->segment_bytes % TBI_LOG_BLOCK == 0 && o->group_bytes != 0 &&
                      o->group_bytes % TBI_LOG_BLOCK == 0 && (o->tag & TBI_LOG_TAG_MASK) == 0 &&
                      o->group_bytes <= TBI_LOG_GROUP_MAX && o->interval_us >= 0 &&
                      o->group_bytes + 2 * TBI_LOG_BLOCK <= o->segment_bytes &&
                      strlen(given->dir) < sizeof log->path &&
                      (given->scenario == NULL || strlen(given->scenario) < TBI_LOG_PATH_MAX);
    return well ? 0
                : tbi_log_say(error, -EINVAL,
                              "%s: sizes, tag or paths that a log cannot have "
                              "日志参数无效",
                              given->dir);
}

static int memory_take(struct tbi_log *log, size_t block_bytes, char *error)
{
    log->stage_bytes = TBI_LOG_BLOCK + log->options.group_bytes;

    log->copy_room = (block_bytes + 64) / TBI_LOG_BLOCK * TBI_LOG_BLOCK + 2 * TBI_LOG_BLOCK;
    log->zeros = tbi_log_memory(TBI_LOG_PIECE);
    log->copy = tbi_log_memory(log->copy_room);
    bool all = log->zeros != NULL && log->copy != NULL;
    for (uint32_t i = 0; i < TBI_LOG_STAGES; i++) {
        log->stage[i].memory = tbi_log_memory(log->stage_bytes);
        log->stage[i].used = sizeof(struct tbi_log_group);
        all = all && log->stage[i].memory != NULL;
    }
    return all ? 0 : tbi_log_say(error, -ENOMEM, "%s: no memory for the log 内存不足", log->path);
}

/* The whole path, so that `tongban log` finds it from anywhere; as given where there is none. */
static void scenario_spell(const char *given, char spelled[TBI_LOG_PATH_MAX])
{
    char *whole = given == NULL ? NULL : realpath(given, NULL);
    const bool fits = whole != NULL && strlen(whole) < TBI_LOG_PATH_MAX;

    snprintf(spelled, TBI_LOG_PATH_MAX, "%s", fits ? whole : given == NULL ? "" : given);
    free(whole);
}

static int meta_take(struct tbi_log *log, char *error)
{
    struct tbi_log_meta meta, wanted = {.config_id = log->config_id};

    scenario_spell(log->options.scenario, wanted.scenario);
    int status = tbi_log_meta_read(log->dir, &meta);
    wanted.adopted = meta.adopted;
    if (status == -EBADMSG)
        return tbi_log_say(error, status,
                           "%s/meta: damaged; put it back from a copy: three lines, `tongban log "
                           "1`, `config` and the id, `scenario` and its folder "
                           "meta 文件损坏，请用备份恢复",
                           log->path);
    if (status == 0 && meta.config_id != log->config_id)
        return tbi_log_say(error, -ESTALE,
                           "%s: made for config %016" PRIx64 " (scenario %s), not for %016" PRIx64
                           ": halls, windows, matters, rules, plan or calendar were changed since. "
                           "`tongban log adopt DIR --scenario NEW` says what differs, and carries "
                           "rules, quotas, plan and coming days over. Else take the old scenario "
                           "back (CITY.RULE and PLAN.SET change a running city), or give a new "
                           "--data folder. 场景已修改：请用 tongban log adopt 查看差异并沿用"
                           "规则与排班；否则请恢复原场景，或另用 --data 指定新目录",
                           log->path, meta.config_id, meta.scenario, log->config_id);
    if (status == -ENOENT || (status == 0 && strcmp(meta.scenario, wanted.scenario) != 0))
        status = tbi_log_meta_write(log->dir, &wanted);
    return status == 0
               ? 0
               : tbi_log_say(error, status, "%s/meta: cannot be written 无法写入", log->path);
}

/* ---- recovery ---- */

static void tell(const struct tbi_log *log, const char *line)
{
    if (log->options.progress != NULL)
        log->options.progress(log->options.context, line);
}

static void warn(void *context, const char *line)
{
    tell(context, line);
}

static void percent_tell(const struct tbi_log *log, const struct tbi_log_reader *reader,
                         uint64_t *told)
{
    char line[160];
    const uint64_t read = reader->read_bytes + reader->offset;
    const uint64_t all = reader->all_bytes == 0 ? 1 : reader->all_bytes;
    const uint64_t percent = read >= all ? 100 : read * 100 / all;

    if (percent < *told + PERCENT_STEP)
        return;
    *told = percent;
    snprintf(line, sizeof line, "已恢复 %" PRIu64 "%%  recovered %" PRIu64 " %%, entry %" PRIu64,
             percent, percent, reader->lsn - 1);
    tell(log, line);
}

static void name_tell(const struct tbi_log *log, const struct tbi_log_read *read)
{
    char name[TBI_LOG_NAME_MAX + 1];

    if (read->head.kind != TBI_LOG_NAME || log->options.name == NULL)
        return;
    memcpy(name, read->data, read->head.count);
    name[read->head.count] = 0;
    log->options.name(log->options.context, (uint32_t)read->head.value, name);
}

/* Entries up to skip_lsn are in the snapshot already; names among them are still told. */
static int replay_all(struct tbi_log *log, struct tbi_log_reader *reader,
                      struct tbi_log_replay *replay, uint64_t skip_lsn, char *error)
{
    struct tbi_log_read read;
    uint64_t told = 0;
    int status;

    while ((status = tbi_log_reader_next(reader, &read, error)) == 1) {
        name_tell(log, &read);
        if (read.head.lsn > skip_lsn)
            status = tbi_log_replay_entry(replay, &read, log->path, error);
        if (status < 0)
            return status;
        percent_tell(log, reader, &told);
    }
    if (status == 0 && reader->lsn <= skip_lsn)
        status = tbi_log_say(error, -EBADMSG,
                             "%s: the log ends with entry %" PRIu64 ", before its snapshot of "
                             "entry %" PRIu64 ": segments are missing. Put them back from a "
                             "copy. 日志在快照之前结束，缺少日志段，请用备份恢复",
                             log->path, reader->lsn - 1, skip_lsn);
    return status;
}

/* Opens what the reader ended in for more, and zeroes what a crash left behind its end. */
static int segment_resume(struct tbi_log *log, const struct tbi_log_reader *reader, char *error)
{
    char name[64];

    tbi_log_segment_name(reader->segment, name);
    const int file = tbi_log_open_direct(log->dir, name, O_RDWR, &log->direct);
    if (file < 0)
        return tbi_log_say(error, file, "%s/%s: cannot be written 无法写入", log->path, name);
    log->now =
        (struct tbi_log_file){.file = file, .index = reader->segment, .offset = reader->offset};
    const uint64_t end = reader->offset + reader->torn_bytes;
    int status = 0;
    for (uint64_t at = reader->offset; status == 0 && at < end; at += TBI_LOG_PIECE) {
        const uint64_t left = (end - at + TBI_LOG_BLOCK - 1) / TBI_LOG_BLOCK * TBI_LOG_BLOCK;
        status =
            tbi_log_write_all(file, log->zeros, left < TBI_LOG_PIECE ? left : TBI_LOG_PIECE, at);
    }
    if (status == 0 && reader->torn_bytes != 0 && fdatasync(file) != 0)
        status = -errno;
    const struct tbi_log_segment *head = (const void *)reader->bytes;
    log->options.segment_bytes = head->bytes; /* of this log: a new size begins with a new one */
    if (log->options.group_bytes + 2 * TBI_LOG_BLOCK > head->bytes)
        log->options.group_bytes = head->bytes - 2 * TBI_LOG_BLOCK;
    return status == 0
               ? 0
               : tbi_log_say(error, status, "%s/%s: cannot be written 无法写入", log->path, name);
}

/* Segments behind the last entry hold nothing that counts: they were made in advance, or of the
 * first one's header and first group, one write, nothing came. That they are gone is certain before
 * anything is written: else one could come back, with other entries of the same numbers. */
static int unused_remove(const struct tbi_log *log, const struct tbi_log_reader *reader)
{
    const uint64_t last = reader->headed ? reader->segment : 0;
    char name[64];

    for (uint32_t i = 0; i < reader->files.segment_count; i++) {
        tbi_log_segment_name(reader->files.segments[i], name);
        if (reader->files.segments[i] > last)
            unlinkat(log->dir, name, 0);
    }
    unlinkat(log->dir, TBI_LOG_SEGMENT_TMP, 0);
    unlinkat(log->dir, TBI_LOG_SNAPSHOT_TMP, 0);
    return fsync(log->dir) == 0 ? 0 : -errno;
}

static int writer_begin(struct tbi_log *log, const struct tbi_log_reader *reader, char *error)
{
    const int removed = unused_remove(log, reader);

    if (removed != 0)
        return tbi_log_say(error, removed, "%s: cannot be written 无法写入", log->path);
    log->chain = reader->chain;
    log->lsn = log->durable = reader->lsn - 1;
    if (reader->segment != 0 && reader->headed)
        return segment_resume(log, reader, error);
    log->chain = 0;
    const int status = tbi_log_segment_make(log, 1, &log->now, error);
    return status;
}

static int recover(struct tbi_log *log, struct tb_city *city, size_t block_bytes,
                   struct tbi_log_recovery *recovery, char *error)
{
    struct tbi_log_files files;
    struct tbi_log_snapshot snapshot;
    struct tbi_log_reader reader;
    struct tbi_log_replay replay;
    char line[TBI_LOG_ERROR_MAX];

    int status = tbi_log_files_list(log->dir, &files);
    if (status != 0)
        return tbi_log_say(error, status, "%s: cannot be listed 无法读取目录", log->path);
    tbi_log_snapshot_load(log->dir, log->path, &files, city, block_bytes, UINT64_MAX, UINT64_MAX,
                          &snapshot, warn, log);
    tbi_log_files_free(&files);
    status = tbi_log_replay_open(&replay, city);
    if (status != 0)
        return tbi_log_say(error, status, "%s", log->path);
    replay.take = log->options.events;
    replay.context = log->options.context;
    replay.now = snapshot.lsn != 0 ? snapshot.now : INT64_MIN;
    status = tbi_log_reader_open(&reader, log->path, log->dir, log->config_id,
                                 snapshot.lsn == 0 ? 1 : snapshot.lsn, error);
    if (status == 0)
        status = replay_all(log, &reader, &replay, snapshot.lsn, error);
    if (status == 0)
        status = writer_begin(log, &reader, error);
    *recovery = (struct tbi_log_recovery){
        .snapshot_lsn = snapshot.lsn,
        .lsn = log->lsn,
        .entries = replay.entries,
        .commands = replay.command_count,
        .torn_bytes = reader.torn_bytes,
        .now = replay.now,
        .direct = log->direct,
    };
    tbi_log_reader_close(&reader);
    tbi_log_replay_close(&replay);
    if (status == 0) {
        snprintf(line, sizeof line,
                 "恢复完毕 recovered: snapshot %" PRIu64 ", entries %" PRIu64 ", commands %" PRIu64
                 "%s%s",
                 snapshot.lsn, recovery->entries, recovery->commands,
                 recovery->torn_bytes != 0 ? "; an unfinished last write was cut 已截去未写完的末尾"
                                           : "",
                 log->direct ? "" : "; no O_DIRECT here, pages are copied 此文件系统不支持直写");
        tell(log, line);
    }
    return status;
}

struct tbi_log *tbi_log_open(const struct tbi_log_options *options, struct tb_city *city,
                             size_t block_bytes, struct tbi_log_recovery *recovery,
                             char error[TBI_LOG_ERROR_MAX], int *status)
{
    struct tbi_log *log = calloc(1, sizeof *log);

    error[0] = 0;
    *status = -ENOMEM;
    if (log == NULL)
        return NULL;
    log->dir = log->lock = log->now.file = log->spare.file = log->chore.file = -1;
    for (uint32_t i = 0; i < TBI_LOG_STAGES; i++)
        log->stage[i].writer.ordered = log->stage[i].writer.done = -1;
    log->due_at_us = INT64_MAX;
    log->config_id = tb_city_config_id(city);
    *status = options_take(log, options, error);
    if (*status == 0) {
        log->dir = tbi_log_dir_open(options->dir, true, error);
        *status = log->dir < 0 ? log->dir : 0;
    }
    if (*status == 0) {
        log->lock = tbi_log_lock(log->dir, log->path, error);
        *status = log->lock < 0 ? log->lock : 0;
    }
    if (*status == 0)
        *status = meta_take(log, error);
    if (*status == 0)
        *status = memory_take(log, block_bytes, error);
    if (*status == 0)
        *status = recover(log, city, block_bytes, recovery, error);
    for (uint32_t i = 0; i < TBI_LOG_STAGES && *status == 0; i++)
        if ((*status = tbi_log_writer_start(&log->stage[i].writer)) != 0)
            tbi_log_say(error, *status, "%s: no thread to write with 无法启动写入线程", log->path);
    if (*status == 0)
        return log;
    tbi_log_abandon(log);
    return NULL;
}

/* ---- the end ---- */

void tbi_log_abandon(struct tbi_log *log)
{
    const int files[] = {log->chore.file, log->now.file, log->spare.file, log->lock, log->dir};

    tb_assert(log->flying == 0 && !log->chore.in_flight);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i] >= 0)
            close(files[i]);
    }
    for (uint32_t i = 0; i < TBI_LOG_STAGES; i++) {
        tbi_log_writer_stop(&log->stage[i].writer);
        tbi_log_memory_free(log->stage[i].memory, log->stage_bytes);
    }
    tbi_log_memory_free(log->zeros, TBI_LOG_PIECE);
    tbi_log_memory_free(log->copy, log->copy_room);
    free(log);
}

/* Submits and waits until nothing is staged or in flight. */
static int drain(struct tbi_log *log, struct io_uring *ring,
                 void (*other)(void *context, const struct io_uring_cqe *), void *context)
{
    struct io_uring_cqe *cqe;

    while (log->flying > 0 || log->chore.in_flight ||
           (log->failed == 0 && log->durable < log->lsn)) {
        tbi_log_submit(log, ring, INT64_MAX);
        int status = io_uring_submit_and_wait(ring, 1);
        if (status >= 0)
            status = io_uring_wait_cqe(ring, &cqe);
        if (status == -EINTR || status == -EAGAIN)
            continue;
        if (status < 0)
            return status;
        const struct io_uring_cqe done = *cqe;
        io_uring_cqe_seen(ring, cqe);
        const uint64_t tag = done.user_data & ~(uint64_t)TBI_LOG_TAG_MASK;
        if (log->options.tag != 0 && tag != log->options.tag) {
            if (other != NULL)
                other(context, &done);
            continue;
        }
        tbi_log_complete(log, done.user_data, done.res);
    }
    return log->failed;
}

int tbi_log_close(struct tbi_log *log, const struct tb_city *city, tb_time now,
                  struct io_uring *ring, void (*other)(void *context, const struct io_uring_cqe *),
                  void *context)
{
    log->options.mode = TBI_LOG_ALWAYS;
    int status = drain(log, ring, other, context);
    if (status == 0)
        status = tbi_log_hash_add(log, city, now, TBI_LOG_AT_CLOSE);
    if (status == 0)
        status = drain(log, ring, other, context);
    if (log->flying > 0 || log->chore.in_flight)
        return status; /* the ring itself is broken: what the kernel may still read stays */
    tbi_log_chore_drop(log);
    tbi_log_abandon(log);
    return status;
}
