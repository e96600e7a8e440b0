#define _GNU_SOURCE /* nftw */
#include "log/world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_MAX = 6 };

void world_folder(const char *base, char path[64])
{
    snprintf(path, 64, "%s/tongban-log.XXXXXX", base);
    tb_assert(mkdtemp(path) != NULL);
}

static int entry_remove(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    (void)about, (void)type, (void)ftw;
    return remove(path);
}

void world_remove(const char *path)
{
    tb_assert(strstr(path, "tongban-log.") != NULL);
    nftw(path, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void events_take(void *context, const struct tb_event *events, uint32_t count)
{
    struct world *world = context;

    for (uint32_t i = 0; i < count; i++) {
        if (events[i].sequence == 0)
            continue;
        world->gap |= world->event_count != 0 && events[i].sequence != world->event_last + 1;
        world->event_last = events[i].sequence;
        world->event_count++;
    }
}

static void line_take(void *context, const char *line)
{
    struct world *world = context;
    snprintf(world->line, sizeof world->line, "%s", line);
}

struct world *world_open_with(const struct tbi_log_options *options)
{
    struct world *world = calloc(1, sizeof *world);

    tb_assert(world != NULL);
    world->small = small_config();
    world->small->bytes = tb_city_bytes(&world->small->config);
    const size_t whole = (world->small->bytes + 63) / 64 * 64;
    world->small->city = aligned_alloc(TB_CITY_ALIGN, whole);
    tb_assert(world->small->city != NULL);
    tb_assert(tb_city_init(world->small->city, world->small->bytes, &world->small->config) ==
              TB_STATUS_OK);
    world->small->now = SMALL_AT(0, 10, 0);
    world->options = *options;
    world->options.events = events_take;
    world->options.progress = line_take;
    world->options.context = world;
    world->options.tag = 0x7000;
    tb_assert(io_uring_queue_init(8, &world->ring, 0) == 0);
    world->log = tbi_log_open(&world->options, world->small->city, world->small->bytes,
                              &world->recovery, world->error, &world->status);
    if (world->log != NULL && world->recovery.now > world->small->now)
        world->small->now = world->recovery.now;
    world->random = 88172645463325252u + world->recovery.lsn;
    return world;
}

struct world *world_open(const char *dir, enum tbi_log_mode mode)
{
    const struct tbi_log_options options = {.dir = dir,
                                            .scenario = "small",
                                            .mode = mode,
                                            .interval_us = 1000,
                                            .segment_bytes = 64 << 10,
                                            .group_bytes = 16 << 10};
    return world_open_with(&options);
}

static void world_free(struct world *world)
{
    io_uring_queue_exit(&world->ring);
    small_free(world->small);
    free(world);
}

void world_round(struct world *world, uint32_t wait)
{
    struct io_uring_cqe *cqe;

    world->in_flight += tbi_log_submit(world->log, &world->ring, INT64_MAX);
    io_uring_submit_and_wait(&world->ring, wait);
    while (io_uring_peek_cqe(&world->ring, &cqe) == 0) {
        tbi_log_complete(world->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&world->ring, cqe);
        world->in_flight--;
    }
}

void world_flush(struct world *world)
{
    while (tbi_log_durable(world->log) < tbi_log_lsn(world->log) && tbi_log_failed(world->log) == 0)
        world_round(world, 1);
}

void world_snapshot(struct world *world)
{
    tb_assert(tbi_log_snapshot_begin(world->log, world->small->city, world->small->now) == 0);
    while (tbi_log_snapshot_busy(world->log) && tbi_log_failed(world->log) == 0)
        world_round(world, 1);
}

void world_close(struct world *world)
{
    if (world->log != NULL)
        tbi_log_close(world->log, world->small->city, world->small->now, &world->ring, NULL, NULL);
    world_free(world);
}

/* What is in flight comes down first: the kernel reads the log's memory until then. */
static void settle(struct world *world)
{
    struct __kernel_timespec wait = {.tv_nsec = 50 * 1000 * 1000};
    struct io_uring_cqe *cqe;

    while (world->in_flight > 0 && io_uring_wait_cqe_timeout(&world->ring, &cqe, &wait) == 0) {
        tbi_log_complete(world->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&world->ring, cqe);
        world->in_flight--;
    }
}

void world_drop(struct world *world)
{
    if (world->log != NULL) {
        settle(world);
        tbi_log_abandon(world->log);
    }
    world_free(world);
}

static uint64_t next(struct world *world)
{
    uint64_t x = world->random; /* Marsaglia's xorshift */
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return world->random = x;
}

static struct tb_command command(struct world *world)
{
    static const uint8_t kinds[] = {TB_TICKET_TAKE,  TB_TICKET_TAKE,   TB_WINDOW_OPEN,
                                    TB_WINDOW_NEXT,  TB_WINDOW_START,  TB_WINDOW_FINISH,
                                    TB_TICKET_TAKE,  TB_WINDOW_FINISH, TB_HALL_WAIT,
                                    TB_DESK_APPROVE, TB_WINDOW_NO_SHOW};
    struct tb_command c = {.kind = kinds[next(world) % sizeof kinds]};

    c.server = next(world) % SMALL_SERVERS;
    c.station = next(world) % 2;
    c.matters[0] = next(world) % 3;
    c.citizen = next(world);
    c.request_id = next(world) % 2 == 0 ? 0 : next(world);
    c.value = c.kind == TB_WINDOW_OPEN ? -1 : 0;
    c.flags = next(world) % 2 != 0 ? TB_FLAG_NEXT : 0;
    return c;
}

uint64_t world_batch(struct world *world)
{
    struct tb_command commands[BATCH_MAX];
    uint32_t actors[BATCH_MAX];
    const uint32_t n = 1 + next(world) % BATCH_MAX;
    uint64_t lsn = 0;

    if (!tbi_log_room(world->log, n))
        return 0;
    world->small->now += TB_MS(1 + next(world) % 20000);
    for (uint32_t i = 0; i < n; i++) {
        commands[i] = command(world);
        actors[i] = next(world) % 5;
    }
    const struct tb_step_result result = tb_city_step(
        world->small->city, world->small->now, commands, n, world->small->events, SMALL_EVENTS);
    tb_assert(result.commands == n && !result.more);
    const int status = tbi_log_append(world->log, world->small->now, commands, n, actors,
                                      tb_city_sequence(world->small->city), &lsn);
    return status == 0 ? lsn : 0;
}
