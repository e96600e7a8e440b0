/* log.c: appends fill one stage while the other is written: group commit that adapts by itself,
 * a group being whatever came while the one before was under way. */
#include "inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void tbi_log_fail(struct tbi_log *log, int status, const char *what_en, const char *what_zh)
{
    if (log->failed != 0)
        return;
    log->failed = status;
    tbi_log_say(log->failure, status,
                "%s: %s (%s); nothing is acknowledged any more. Free or replace the disk, then "
                "start again: all that was acknowledged is there. "
                "日志写入失败，已停止应答；请排除磁盘故障后重新启动，已应答的内容都在",
                log->path, what_en, what_zh);
}

/* ---- append ---- */

uint8_t *tbi_log_entry_add(struct tbi_log *log, enum tbi_log_kind kind, uint32_t count, tb_time now,
                           uint64_t value)
{
    struct tbi_log_stage *stage = &log->stage[log->filling];
    const uint64_t bytes = tbi_log_entry_bytes(kind, count);
    const struct tbi_log_entry head = {
        .kind = kind, .count = count, .lsn = log->lsn + 1, .now = now, .value = value};

    tb_assert(bytes != 0);
    if (stage->used + bytes >= log->options.group_bytes)
        return NULL;
    uint8_t *at = stage->memory + TBI_LOG_BLOCK + stage->used;
    memcpy(at, &head, sizeof head);
    memset(at + bytes - sizeof head, 0, bytes > sizeof head ? sizeof head : 0);
    if (!tbi_log_staged(stage))
        stage->lsn = head.lsn;
    stage->used += (uint32_t)bytes;
    stage->entry_count++;
    stage->now = now;
    log->lsn = head.lsn;
    log->counts.entries++;
    return at + sizeof head;
}

bool tbi_log_room(const struct tbi_log *log, uint32_t n)
{
    const uint64_t bytes = tbi_log_entry_bytes(TBI_LOG_BATCH, n);
    return log->failed != 0 || /* then nothing is kept, and append says so */
           (bytes != 0 && log->stage[log->filling].used + bytes < log->options.group_bytes);
}

static uint32_t change_count(const struct tb_command *commands, uint32_t n)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct tb_command_row *row = tb_command_row(commands[i].kind);
        count += row != NULL && row->effect == TB_EFFECT_CHANGE;
    }
    return count;
}

int tbi_log_append(struct tbi_log *log, tb_time now, const struct tb_command *commands, uint32_t n,
                   const uint32_t *actors, uint64_t sequence, uint64_t *lsn)
{
    if (log->failed != 0)
        return log->failed;
    if (n > TBI_LOG_BATCH_MAX)
        return -E2BIG;
    const uint32_t count = change_count(commands, n);
    if (count != 0) {
        uint8_t *at = tbi_log_entry_add(log, TBI_LOG_BATCH, count, now, sequence);
        if (at == NULL)
            return -EAGAIN;
        uint8_t *actor_at = at + (size_t)count * sizeof *commands;
        for (uint32_t i = 0; i < n; i++) {
            const struct tb_command_row *row = tb_command_row(commands[i].kind);
            if (row == NULL || row->effect != TB_EFFECT_CHANGE)
                continue;
            const uint32_t actor = (actors == NULL ? TB_NONE : actors[i]) ^ TBI_LOG_ACTOR_MASK;
            memcpy(at, &commands[i], sizeof *commands);
            memcpy(actor_at, &actor, sizeof actor);
            at += sizeof *commands;
            actor_at += sizeof actor;
        }
        log->counts.commands += count;
    }
    *lsn = log->lsn;
    return 0;
}

int tbi_log_name(struct tbi_log *log, tb_time now, uint32_t actor, const char *name)
{
    const size_t length = strnlen(name, TBI_LOG_NAME_MAX);

    if (log->failed != 0)
        return log->failed;
    uint8_t *at = tbi_log_entry_add(log, TBI_LOG_NAME, (uint32_t)length, now, actor);
    if (at == NULL)
        return -EAGAIN;
    memcpy(at, name, length);
    return 0;
}

int tbi_log_hash_add(struct tbi_log *log, const struct tb_city *city, tb_time now,
                     enum tbi_log_why why)
{
    const uint64_t data[2] = {tb_city_hash(city), why};
    uint8_t *at = tbi_log_entry_add(log, TBI_LOG_HASH, 0, now, tb_city_sequence(city));

    if (at == NULL)
        return -EAGAIN;
    memcpy(at, data, sizeof data);
    return 0;
}

/* ---- write ---- */

enum { GATHER_US_MAX = 2000 };


/* Who was answered just now mostly asks again at once, while others have been waiting since the
 * write began. Sent off at once, those would make a group without them, and so on for ever, each
 * waiting for two writes. So a group waits until as many commands have come as the last one had,
 * but no longer than a quarter of what that took. */
static void landed(struct tbi_log *log, int64_t now_us)
{
    const int64_t took_us = now_us - log->flying_at_us;

    log->has_landed = false;
    log->gather_until_us = now_us;
    if (now_us < INT64_MAX - GATHER_US_MAX) /* close says so: at once */
        log->gather_until_us += took_us < GATHER_US_MAX * 4 ? took_us / 4 : GATHER_US_MAX;
    log->crowd = log->counts.commands + log->flying_commands;
}

static bool due(struct tbi_log *log, int64_t now_us)
{
    const struct tbi_log_stage *stage = &log->stage[log->filling];

    if (log->in_flight || log->failed != 0 || !tbi_log_staged(stage))
        return false;
    if (stage->used > log->options.group_bytes / 2)
        return true;
    if (log->options.mode == TBI_LOG_ALWAYS) {
        const bool gathered = log->counts.commands >= log->crowd || now_us >= log->gather_until_us;
        log->due_at_us = gathered ? INT64_MAX : log->gather_until_us;
        return gathered;
    }
    if (log->due_at_us == INT64_MAX)
        log->due_at_us = now_us + log->options.interval_us;
    return now_us >= log->due_at_us;
}

/* Turns to the segment made in advance. The header goes out with its first group. */
static bool segment_turn(struct tbi_log *log)
{
    if (log->spare.file < 0)
        return false;
    if (log->now.file >= 0)
        close(log->now.file);
    log->now = log->spare;
    log->spare = (struct tbi_log_file){.file = -1};
    return true;
}

static void segment_head(struct tbi_log *log, struct tbi_log_stage *stage)
{
    const struct tbi_log_segment head = {
        .magic = TBI_LOG_SEGMENT_MAGIC,
        .config_id = log->config_id,
        .index = log->now.index,
        .lsn = stage->lsn,
        .chain = log->chain,
        .bytes = log->options.segment_bytes,
        .version = TBI_LOG_VERSION,
    };

    memcpy(stage->memory, &head, sizeof head);
    tbi_log_block_seal(stage->memory, sizeof head);
    log->counts.segment = stage->lsn;
}

static uint32_t group_submit(struct tbi_log *log, struct io_uring *ring, int64_t now_us)
{
    struct tbi_log_stage *stage = &log->stage[log->filling];
    const uint64_t end = log->now.offset + tbi_log_group_whole(stage->used);

    if (end > log->options.segment_bytes && !segment_turn(log))
        return 0; /* the chore makes one, or says why not */
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (sqe == NULL)
        return 0;
    uint8_t *at = stage->memory + TBI_LOG_BLOCK;
    uint32_t bytes =
        tbi_log_group_seal(at, stage->used, stage->entry_count, stage->lsn, stage->now, log->chain);
    if (log->now.offset == 0) {
        segment_head(log, stage);
        at = stage->memory;
        bytes += TBI_LOG_BLOCK;
    }
    memcpy(&log->chain, stage->memory + TBI_LOG_BLOCK, sizeof log->chain);
    log->writer.file = log->now.file;
    log->writer.at = at;
    log->writer.bytes = bytes;
    log->writer.offset = log->now.offset;
    tbi_log_writer_order(&log->writer, sqe);
    io_uring_sqe_set_data64(sqe, log->options.tag | TBI_LOG_TAG_GROUP);
    log->now.offset += bytes;
    log->flying_lsn = log->lsn;
    log->flying_bytes = bytes;
    log->flying_commands = log->counts.commands - log->flown_commands;
    log->flown_commands = log->counts.commands;
    log->flying_at_us = now_us;
    log->in_flight = true;
    log->due_at_us = INT64_MAX;
    log->filling ^= 1;
    stage = &log->stage[log->filling];
    stage->used = sizeof(struct tbi_log_group);
    stage->entry_count = 0;
    return 1;
}

uint32_t tbi_log_submit(struct tbi_log *log, struct io_uring *ring, int64_t now_us)
{
    uint32_t count = 0;

    if (log->has_landed)
        landed(log, now_us);
    if (due(log, now_us))
        count += group_submit(log, ring, now_us);
    return count + tbi_log_chore_submit(log, ring);
}

int64_t tbi_log_deadline_at(const struct tbi_log *log)
{
    return log->in_flight || log->failed != 0 ? INT64_MAX : log->due_at_us;
}

void tbi_log_complete(struct tbi_log *log, uint64_t user_data, int32_t res)
{
    if ((user_data & 3) == TBI_LOG_TAG_CHORE) {
        tbi_log_chore_complete(log, res);
        return;
    }
    tb_assert(log->in_flight);
    log->in_flight = false;
    log->has_landed = true;
    const int status = res < 0 ? res : tbi_log_writer_take(&log->writer);
    if (status != 0)
        tbi_log_fail(log, status, "the log could not be written", "日志无法写入");
    if (log->failed != 0)
        return;
    log->durable = log->flying_lsn;
    log->counts.groups++;
    log->counts.bytes += log->flying_bytes;
}

/* ---- look ---- */

bool tbi_log_flies(const struct tbi_log *log)
{
    return log->in_flight;
}

uint64_t tbi_log_lsn(const struct tbi_log *log)
{
    return log->lsn;
}

uint64_t tbi_log_durable(const struct tbi_log *log)
{
    return log->durable;
}

uint64_t tbi_log_answerable(const struct tbi_log *log)
{
    const bool early = log->options.mode != TBI_LOG_ALWAYS && log->failed == 0;
    return early ? log->lsn : log->durable;
}

int tbi_log_failed(const struct tbi_log *log)
{
    return log->failed;
}

const char *tbi_log_failure(const struct tbi_log *log)
{
    return log->failure;
}

void tbi_log_counts(const struct tbi_log *log, struct tbi_log_counts *out)
{
    *out = log->counts;
}
