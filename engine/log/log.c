/* log.c: appends fill one stage while others are written: group commit that adapts by itself, a
 * group being whatever came while the ones before were under way. */
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

static uint64_t staged_commands(const struct tbi_log *log)
{
    return log->counts.commands - log->flown_commands;
}

/* All writers are busy, or wait for one before them. */
static bool is_full(const struct tbi_log *log)
{
    return (log->filling + 1) % TBI_LOG_STAGES == log->first;
}

/* Those who ask come in as many crowds as there may be groups under way, and while the disk has
 * one's commands the next one's are computed. So a group waits until it has its share of all who
 * wait mostly. Fewer may be there when one has landed, and those whom it let go on mostly ask again
 * at once: sent off without them, groups would get smaller and smaller. They are waited for, but no
 * longer than a quarter of what the write took. */
static bool has_share(const struct tbi_log *log, uint64_t more)
{
    return (staged_commands(log) + more) * TBI_LOG_FLIGHTS >= log->crowd;
}

static void gather(struct tbi_log *log, int64_t now_us)
{
    const int64_t took_us = now_us - log->landed_since_us;

    log->has_landed = false;
    log->gather_until_us = now_us;
    if (now_us < INT64_MAX - GATHER_US_MAX) /* close says so: at once */
        log->gather_until_us += took_us < GATHER_US_MAX * 4 ? took_us / 4 : GATHER_US_MAX;
}

bool tbi_log_fills(const struct tbi_log *log, uint32_t n)
{
    return n > 0 && log->options.mode == TBI_LOG_ALWAYS && log->failed == 0 && !is_full(log) &&
           has_share(log, n);
}

static bool due(struct tbi_log *log, int64_t now_us)
{
    const struct tbi_log_stage *stage = &log->stage[log->filling];

    if (is_full(log) || log->failed != 0 || !tbi_log_staged(stage))
        return false;
    if (stage->used > log->options.group_bytes / 2)
        return true;
    if (log->options.mode == TBI_LOG_ALWAYS) {
        const bool goes = has_share(log, 0) || now_us >= log->gather_until_us;
        log->due_at_us = goes ? INT64_MAX : log->gather_until_us;
        return goes;
    }
    if (log->flying > 0)
        return false;
    if (log->due_at_us == INT64_MAX)
        log->due_at_us = now_us + log->options.interval_us;
    return now_us >= log->due_at_us;
}

/* Turns to the segment made in advance, once nothing is written to the last one any more. The
 * header goes out with its first group. */
static bool segment_turn(struct tbi_log *log)
{
    if (log->spare.file < 0 || log->flying > 0)
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

/* It is under way; the next stage fills. */
static void depart(struct tbi_log *log, struct tbi_log_stage *stage, uint32_t bytes, int64_t now_us)
{
    stage->bytes = bytes;
    stage->last_lsn = log->lsn;
    stage->commands = staged_commands(log);
    stage->since_us = now_us;
    log->now.offset += bytes;
    log->flying++;
    log->flying_commands += stage->commands;
    log->flown_commands = log->counts.commands;
    const uint64_t all = log->flying_commands;
    log->crowd = all > log->crowd ? all : log->crowd - (log->crowd - all) / 8;
    log->gather_until_us = INT64_MAX; /* a group of less than its share waits for this one */
    log->due_at_us = INT64_MAX;
    log->filling = (log->filling + 1) % TBI_LOG_STAGES;
    stage = &log->stage[log->filling];
    stage->used = sizeof(struct tbi_log_group);
    stage->entry_count = 0;
    stage->landed = false;
}

static uint32_t group_submit(struct tbi_log *log, struct io_uring *ring, int64_t now_us)
{
    struct tbi_log_stage *stage = &log->stage[log->filling];
    const uint64_t end = log->now.offset + tbi_log_group_whole(stage->used);

    if (end > log->options.segment_bytes && !segment_turn(log))
        return 0; /* a write must end, or the chore makes one, or says why not */
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (sqe == NULL)
        return 0;
    uint8_t *at = stage->memory + TBI_LOG_BLOCK;
    uint32_t bytes = tbi_log_group_seal(
        at, stage->used,
        (struct tbi_log_group){.entry_count = stage->entry_count,
                               .lsn = stage->lsn,
                               .unsettled = (uint32_t)(stage->lsn - 1 - log->durable),
                               .now = stage->now,
                               .chain = log->chain});
    if (log->now.offset == 0) {
        segment_head(log, stage);
        at = stage->memory;
        bytes += TBI_LOG_BLOCK;
    }
    memcpy(&log->chain, stage->memory + TBI_LOG_BLOCK, sizeof log->chain);
    stage->writer.file = log->now.file;
    stage->writer.at = at;
    stage->writer.bytes = bytes;
    stage->writer.offset = log->now.offset;
    tbi_log_writer_order(&stage->writer, sqe);
    io_uring_sqe_set_data64(sqe, log->options.tag | log->filling);
    depart(log, stage, bytes, now_us);
    return 1;
}

uint32_t tbi_log_submit(struct tbi_log *log, struct io_uring *ring, int64_t now_us)
{
    uint32_t count = 0;

    if (log->has_landed)
        gather(log, now_us);
    if (due(log, now_us))
        count += group_submit(log, ring, now_us);
    return count + tbi_log_chore_submit(log, ring);
}

int64_t tbi_log_deadline_at(const struct tbi_log *log)
{
    return is_full(log) || log->failed != 0 ? INT64_MAX : log->due_at_us;
}

/* What has landed counts once all before it have. */
static void settle(struct tbi_log *log)
{
    while (log->first != log->filling && log->stage[log->first].landed) {
        const struct tbi_log_stage *stage = &log->stage[log->first];

        log->durable = stage->last_lsn;
        log->counts.groups++;
        log->counts.bytes += stage->bytes;
        log->flying_commands -= stage->commands;
        log->first = (log->first + 1) % TBI_LOG_STAGES;
    }
}

void tbi_log_complete(struct tbi_log *log, uint64_t user_data, int32_t res)
{
    const uint32_t index = user_data & TBI_LOG_TAG_MASK;

    if (index == TBI_LOG_TAG_CHORE) {
        tbi_log_chore_complete(log, res);
        return;
    }
    struct tbi_log_stage *stage = &log->stage[index];
    tb_assert(index < TBI_LOG_STAGES && log->flying > 0 && !stage->landed);
    log->flying--;
    log->has_landed = true;
    log->landed_since_us = stage->since_us;
    const int status = res < 0 ? res : tbi_log_writer_take(&stage->writer);
    if (status != 0)
        tbi_log_fail(log, status, "the log could not be written", "日志无法写入");
    stage->landed = status == 0;
    if (log->failed == 0)
        settle(log);
}

/* ---- look ---- */

bool tbi_log_flies(const struct tbi_log *log)
{
    return log->flying > 0;
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
