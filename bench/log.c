/* log.c: what durability costs.
 *
 *   log_append        appends alone (the copy into the staging), groups to a file in memory, by
 *                     commands a batch
 *   log_group_commit  batches of one command, each acknowledged only when it lies on the disk, with
 *                     so many under way at a time: what was staged meanwhile is the next group
 *   log_fdatasync     the plain way, beside it: the same bytes by write(2) to a growing file, then
 *                     fdatasync(2), for so many at a time
 *   log_every, log_off  the same batches under --durability 10 and off
 *
 * Items are commands. Where: build/ of the working folder, so that a real disk is measured. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/world.h"
#include "shim.h"

enum { APPENDS = 4096, COMMITS = 1024 };

static int64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static struct world *world_begin(const char *base, enum tbi_log_mode mode, char path[64])
{
    world_folder(base, path);
    const struct tbi_log_options options = {
        .dir = path, .mode = mode, .interval_us = 10000, .segment_bytes = 16 << 20};
    return world_open_with(&options);
}

static void append(struct world *world, const struct tb_command *commands, uint32_t n)
{
    uint64_t lsn;

    const int status = tbi_log_append(world->log, world->small->now, commands, n, NULL, 0, &lsn);
    tb_assert(status == 0);
}

/* One round of a loop that doesn't wait unless it must; while a group gathers it looks again. */
static void turn(struct world *world, uint32_t wait)
{
    struct io_uring_cqe *cqe;

    tbi_log_submit(world->log, &world->ring, now_us());
    const bool flies = tbi_log_deadline_at(world->log) == INT64_MAX;
    io_uring_submit_and_wait(&world->ring, flies ? wait : 0);
    while (io_uring_peek_cqe(&world->ring, &cqe) == 0) {
        tbi_log_complete(world->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&world->ring, cqe);
    }
}

static void finish(struct world *world, const char *path)
{
    world_flush(world);
    world_drop(world);
    world_remove(path);
}

static void log_append(struct tb_bench *b)
{
    struct tb_command commands[1024] = {0};
    const uint32_t n = (uint32_t)tb_bench_arg(b);
    char path[64];
    struct world *world = world_begin("/dev/shm", TBI_LOG_OFF, path);

    if (world->log == NULL) {
        tb_bench_fail(b, world->error);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        commands[i] = (struct tb_command){.kind = TB_TICKET_TAKE, .citizen = i};
    while (tb_bench_next(b, APPENDS)) {
        for (uint32_t i = 0; i < APPENDS; i += n) {
            if (!tbi_log_room(world->log, n)) {
                tb_bench_pause(b);
                while (!tbi_log_room(world->log, n))
                    turn(world, 1);
                tb_bench_resume(b);
            }
            append(world, commands, n);
        }
    }
    finish(world, path);
}

static void commit(struct tb_bench *b, enum tbi_log_mode mode)
{
    const struct tb_command take = {.kind = TB_TICKET_TAKE};
    const uint64_t ahead = (uint64_t)tb_bench_arg(b);
    struct tbi_log_counts before, after;
    char path[64];
    struct world *world = world_begin("build", mode, path);

    if (world->log == NULL) {
        tb_bench_fail(b, world->error);
        return;
    }
    tbi_log_counts(world->log, &before);
    while (tb_bench_next(b, COMMITS)) {
        for (uint32_t i = 0; i < COMMITS; i++) {
            while (tbi_log_lsn(world->log) - tbi_log_answerable(world->log) >= ahead ||
                   !tbi_log_room(world->log, 1))
                turn(world, 1);
            append(world, &take, 1);
            if (mode != TBI_LOG_ALWAYS && i % 64 == 63)
                turn(world, 0);
        }
    }
    tbi_log_counts(world->log, &after);
    const double groups = (double)(after.groups - before.groups);
    tb_bench_counter_set(b, "commands_a_group", (double)tb_bench_iterations(b) / groups);
    finish(world, path);
}

static void log_group_commit(struct tb_bench *b)
{
    commit(b, TBI_LOG_ALWAYS);
}

static void log_every(struct tb_bench *b)
{
    commit(b, TBI_LOG_EVERY);
}

static void log_off(struct tb_bench *b)
{
    commit(b, TBI_LOG_OFF);
}

static void log_fdatasync(struct tb_bench *b)
{
    enum { RECORD = 128 }; /* a batch of one, as the log makes it */
    const uint32_t n = (uint32_t)tb_bench_arg(b);
    char path[64], *bytes = calloc(n, RECORD);

    world_folder("build", path);
    const int dir = open(path, O_RDONLY | O_DIRECTORY);
    const int file = openat(dir, "plain", O_WRONLY | O_CREAT | O_APPEND, 0600);
    tb_assert(bytes != NULL && file >= 0);
    while (tb_bench_next(b, COMMITS)) {
        for (uint32_t i = 0; i < COMMITS; i += n) {
            const ssize_t put = write(file, bytes, (size_t)n * RECORD);
            tb_assert(put == (ssize_t)n * RECORD && fdatasync(file) == 0);
        }
    }
    close(file);
    close(dir);
    free(bytes);
    world_remove(path);
}

static const struct tb_bench_spec specs[] = {
    {.name = "log_append", .run = log_append, .arg_name = "commands", .args = {1, 16, 1024}},
    {.name = "log_fdatasync",
     .run = log_fdatasync,
     .arg_name = "ahead",
     .args = {1, 16, 64, 1024},
     .clock = TB_BENCH_WALL},
    {.name = "log_group_commit",
     .run = log_group_commit,
     .arg_name = "ahead",
     .args = {1, 16, 64, 1024},
     .clock = TB_BENCH_WALL,
     .against = "log_fdatasync",
     .ratio_min = 1.0},
    {.name = "log_every",
     .run = log_every,
     .arg_name = "ahead",
     .args = {1024},
     .clock = TB_BENCH_WALL},
    {.name = "log_off",
     .run = log_off,
     .arg_name = "ahead",
     .args = {1024},
     .clock = TB_BENCH_WALL},
};
TB_BENCH_REGISTER(specs)
