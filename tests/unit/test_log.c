/* The command log: what is written comes back; what was cut or changed is told; nothing that was
 * acknowledged is lost. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/reader.h"
#include "log/world.h"

enum { HISTORY = 400 };

static char folder[64];

static void begin(void)
{
    world_folder("/tmp", folder);
}

static void end(void)
{
    world_remove(folder);
}

TestSuite(log, .init = begin, .fini = end);
TestSuite(long_log, .init = begin, .fini = end); /* the slow ones */

/* The hash of the city after each lsn. */
struct history {
    uint64_t hash[HISTORY];
    uint64_t last;
};

static void batch(struct world *world, struct history *history)
{
    const uint64_t lsn = world_batch(world);

    cr_assert(lsn != 0 && lsn < HISTORY, "%s", tbi_log_failure(world->log));
    history->hash[lsn] = tb_city_hash(world->small->city);
    history->last = lsn;
}

static void batches(struct world *world, struct history *history, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        batch(world, history);
        world_flush(world);
    }
}

static struct world *opened(void)
{
    struct world *world = world_open(folder, TBI_LOG_ALWAYS);

    cr_assert(world->log != NULL, "%s", world->error);
    return world;
}

/* ---- files, byte by byte ---- */

struct bytes {
    char path[256];
    uint8_t *bytes;
    size_t count;
};

static struct bytes file_read(const char *pattern)
{
    struct bytes file = {.count = 0};
    struct stat about;
    char path[256];
    glob_t found;

    snprintf(path, sizeof path, "%s/%s", folder, pattern);
    cr_assert(glob(path, 0, NULL, &found) == 0, "no %s", path);
    snprintf(file.path, sizeof file.path, "%s", found.gl_pathv[0]);
    globfree(&found);
    const int in = open(file.path, O_RDONLY);
    cr_assert(in >= 0 && fstat(in, &about) == 0);
    file.count = (size_t)about.st_size;
    file.bytes = malloc(file.count);
    cr_assert(read(in, file.bytes, file.count) == about.st_size);
    close(in);
    return file;
}

static void file_put(const struct bytes *file, size_t offset, const void *bytes, size_t count)
{
    const int out = open(file->path, O_WRONLY);

    cr_assert(out >= 0 && pwrite(out, bytes, count, (off_t)offset) == (ssize_t)count);
    close(out);
}

static size_t used(const struct bytes *file)
{
    size_t count = file->count;

    while (count != 0 && file->bytes[count - 1] == 0)
        count--;
    return count;
}

/* ---- tests ---- */

Test(log, what_was_acknowledged_comes_back)
{
    struct history history;
    struct world *world = opened();

    cr_assert_eq(world->recovery.lsn, 0);
    batches(world, &history, 60);
    const uint64_t sequence = tb_city_sequence(world->small->city);
    world_drop(world);
    world = opened();
    cr_assert_eq(world->recovery.lsn, history.last);
    cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
    cr_assert_eq(world->event_count, sequence, "every event again");
    cr_assert_eq(world->event_last, sequence);
    cr_assert_not(world->gap);
    cr_assert(strstr(world->line, "恢复完毕") != NULL, "%s", world->line);
    world_close(world);
}

Test(log, goes_on_over_segments_and_restarts)
{
    static struct history history;

    for (uint32_t round = 0; round < 4; round++) {
        struct world *world = opened();
        if (round != 0)
            cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
        batches(world, &history, 60);
        if (round % 2 == 0)
            world_close(world);
        else
            world_drop(world);
    }
    struct world *world = opened();
    cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
    struct tbi_log_counts counts;
    tbi_log_counts(world->log, &counts);
    struct bytes later = file_read("segment-000000000004.log");
    cr_assert_gt(used(&later), 4096);
    free(later.bytes);
    world_close(world);
}

Test(log, many_batches_go_out_as_one_group)
{
    struct history history;
    struct world *world = opened();
    struct tbi_log_counts counts;

    for (uint32_t i = 0; i < 20; i++)
        batch(world, &history);
    cr_assert_eq(tbi_log_durable(world->log), 0);
    cr_assert_eq(tbi_log_answerable(world->log), 0);
    world_flush(world);
    tbi_log_counts(world->log, &counts);
    cr_assert_eq(counts.groups, 1);
    cr_assert_eq(tbi_log_answerable(world->log), history.last);
    world_close(world);
}

Test(log, staging_that_is_full_says_so)
{
    struct world *world = opened();
    uint64_t lsn = 0, last = 0;

    while ((lsn = world_batch(world)) != 0)
        last = lsn;
    cr_assert_gt(last, 20);
    cr_assert_eq(tbi_log_failed(world->log), 0);
    world_flush(world);
    cr_assert_eq(tbi_log_durable(world->log), last);
    cr_assert_neq(world_batch(world), 0);
    world_close(world);
}

Test(log, every_ms_and_off_answer_at_once)
{
    for (int mode = TBI_LOG_EVERY; mode <= TBI_LOG_OFF; mode++) {
        struct world *world = world_open(folder, (enum tbi_log_mode)mode);
        cr_assert(world->log != NULL, "%s", world->error);
        const uint64_t before = tbi_log_lsn(world->log);
        const uint64_t lsn = world_batch(world);
        cr_assert_eq(tbi_log_answerable(world->log), lsn);
        cr_assert_eq(tbi_log_submit(world->log, &world->ring, 5000000), 0, "not due yet");
        const int64_t at = tbi_log_deadline_at(world->log);
        cr_assert_eq(at, 5000000 + (mode == TBI_LOG_EVERY ? 1000 : 1000000));
        cr_assert_eq(tbi_log_submit(world->log, &world->ring, at - 1), 0);
        cr_assert_eq(tbi_log_submit(world->log, &world->ring, at), 1);
        cr_assert_eq(tbi_log_durable(world->log), before);
        world_flush(world);
        cr_assert_eq(tbi_log_durable(world->log), lsn);
        world_close(world);
    }
}

/* Until the group that is under way has come down. */
static void land(struct world *world)
{
    const uint64_t before = tbi_log_durable(world->log);
    struct io_uring_cqe *cqe;

    io_uring_submit(&world->ring);
    while (tbi_log_durable(world->log) == before && io_uring_wait_cqe(&world->ring, &cqe) == 0) {
        tbi_log_complete(world->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&world->ring, cqe);
        world->in_flight--;
    }
}

static bool flies(struct world *world, int64_t now_us)
{
    const uint32_t count = tbi_log_submit(world->log, &world->ring, now_us);

    world->in_flight += count;
    return count > 0;
}

static void many(struct world *world, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        cr_assert_neq(world_batch(world), 0);
}

Test(log, a_group_waits_a_little_for_those_who_were_just_answered)
{
    struct world *world = opened();

    many(world, 4);
    cr_assert(flies(world, 1000000), "nobody was answered yet: at once");
    many(world, 1);
    cr_assert(!tbi_log_fills(world->log, 0));
    cr_assert(!flies(world, 1000500), "less than its share");
    cr_assert_eq(tbi_log_deadline_at(world->log), INT64_MAX, "waits for the one under way");
    land(world);
    cr_assert(!flies(world, 1001000), "four batches may come again");
    cr_assert_eq(tbi_log_deadline_at(world->log), 1001250, "a quarter of what the write took");
    cr_assert(!flies(world, 1001249));
    cr_assert(flies(world, 1001250));
    world_flush(world);
    world_close(world);
}

Test(log, two_groups_are_under_way_at_once)
{
    struct world *world = opened();
    struct tbi_log_counts counts;

    many(world, 4);
    cr_assert(flies(world, 1000000));
    many(world, 6);
    cr_assert(tbi_log_fills(world->log, 1));
    cr_assert(flies(world, 1000001), "it has its share, and the disk takes a second one");
    many(world, 8);
    cr_assert(!tbi_log_fills(world->log, 1));
    cr_assert(!flies(world, 1000002), "but no third");
    cr_assert_eq(tbi_log_durable(world->log), 0);
    land(world);
    cr_assert(flies(world, 1000400), "one has landed, and there is a share");
    world_flush(world);
    tbi_log_counts(world->log, &counts);
    cr_assert_eq(counts.groups, 3);
    cr_assert_eq(tbi_log_durable(world->log), tbi_log_lsn(world->log));
    world_close(world);
}

Test(log, queries_are_left_out)
{
    struct world *world = opened();
    const struct tb_command wait = {.kind = TB_HALL_WAIT};
    uint64_t lsn = 99;

    cr_assert_eq(tbi_log_append(world->log, world->small->now, &wait, 1, NULL, 0, &lsn), 0);
    cr_assert_eq(lsn, 0);
    cr_assert_eq(tbi_log_lsn(world->log), 0);
    world_drop(world);
}

/* A crash while a group is written: from any byte on there are zeros. */
Test(long_log, cut_at_any_byte_loses_nothing_before)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();
    uint64_t ends[16], lsns[16];
    uint32_t groups = 0;
    struct tbi_log_counts counts;

    history.hash[0] = tb_city_hash(world->small->city);
    for (uint64_t end_at = 0; groups < 4; groups++) {
        for (uint32_t i = 0; i < 4; i++)
            batch(world, &history);
        world_flush(world);
        tbi_log_counts(world->log, &counts);
        end_at = counts.bytes;
        ends[groups] = end_at;
        lsns[groups] = history.last;
    }
    world_drop(world);
    struct bytes file = file_read("segment-*.log");
    uint8_t *zeros = calloc(1, file.count);
    const size_t last = used(&file);
    for (size_t cut = 0; cut <= last; cut += cut % 4096 < 70 || cut % 512 > 508 ? 1 : 37) {
        file_put(&file, 0, file.bytes, file.count);
        file_put(&file, cut, zeros, file.count - cut);
        uint64_t expected = 0;
        for (uint32_t g = 0; g < groups; g++)
            expected = ends[g] <= cut ? lsns[g] : expected;
        world = world_open(folder, TBI_LOG_ALWAYS);
        cr_assert(world->log != NULL, "cut at %zu: %s", cut, world->error);
        cr_assert_eq(world->recovery.lsn, expected, "cut at %zu: lsn %lu", cut,
                     world->recovery.lsn);
        cr_assert_eq(tb_city_hash(world->small->city), history.hash[expected]);
        cr_assert_neq(world_batch(world), 0);
        world_flush(world);
        world_drop(world);
    }
    free(zeros);
    free(file.bytes);
}

/* The disk writes sectors in any order: a group of which any sector is missing was not whole. */
Test(log, last_group_without_a_sector_is_cut)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();
    static const uint8_t zeros[512];
    struct tbi_log_counts counts;

    batches(world, &history, 3);
    const uint64_t before = history.last;
    tbi_log_counts(world->log, &counts);
    const uint64_t first = counts.bytes;
    for (uint32_t i = 0; i < 24; i++)
        batch(world, &history);
    world_flush(world);
    world_drop(world);
    struct bytes file = file_read("segment-*.log");
    for (size_t at = first; at < used(&file); at += sizeof zeros) {
        file_put(&file, 0, file.bytes, file.count);
        file_put(&file, at, zeros, sizeof zeros);
        world = world_open(folder, TBI_LOG_ALWAYS);
        cr_assert(world->log != NULL, "at %zu: %s", at, world->error);
        cr_assert_eq(world->recovery.lsn, before, "at %zu", at);
        cr_assert_gt(world->recovery.torn_bytes, 0);
        cr_assert(strstr(world->line, "unfinished") != NULL);
        world_drop(world);
    }
    free(file.bytes);
}

/* Every bit: either it lies where nothing was written, or it is found and named. */
Test(log, flipped_bit_is_found_and_named)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();
    struct tbi_log_read read;
    char error[TBI_LOG_ERROR_MAX], name[32];

    for (uint32_t g = 0; g < 2; g++) {
        batches(world, &history, 1);
        batch(world, &history);
    }
    world_flush(world);
    world_drop(world);
    struct bytes file = file_read("segment-*.log");
    const size_t last = used(&file);
    const int dir = open(folder, O_RDONLY | O_DIRECTORY);
    for (size_t bit = 0; bit < last * 8; bit += bit % 32768 < 700 ? 1 : 13) {
        const size_t at = bit / 8, group = at / 4096 * 4096;
        const uint8_t flipped = file.bytes[at] ^ (uint8_t)(1u << bit % 8);
        struct tbi_log_reader reader;
        file_put(&file, at, &flipped, 1);
        int status = tbi_log_reader_open(&reader, folder, dir, 0, 1, error);
        while (status >= 0 && (status = tbi_log_reader_next(&reader, &read, error)) == 1)
            continue;
        cr_assert_eq(status, -EBADMSG, "bit %zu of byte %zu went unseen", bit % 8, at);
        snprintf(name, sizeof name, "offset %zu", group);
        cr_assert(strstr(error, name) != NULL, "byte %zu: %s", at, error);
        cr_assert(strstr(error, "segment-000000000001.log") != NULL);
        tbi_log_reader_close(&reader);
        file_put(&file, at, &file.bytes[at], 1);
    }
    close(dir);
    free(file.bytes);
}

Test(log, damage_is_never_skipped)
{
    struct history history = {.hash = {0}};
    static const uint8_t zeros[4096];
    struct world *world = opened();

    batches(world, &history, 5);
    world_drop(world);
    struct bytes file = file_read("segment-*.log");
    file_put(&file, 2 * 4096, zeros, sizeof zeros); /* a group in the middle is gone */
    world = world_open(folder, TBI_LOG_ALWAYS);
    cr_assert_null(world->log);
    cr_assert_eq(world->status, -EBADMSG);
    cr_assert(strstr(world->error, "offset 8192, entry 2") != NULL, "%s", world->error);
    cr_assert(strstr(world->error, "tongban log verify") != NULL);
    world_drop(world);
    file_put(&file, 0, file.bytes, file.count);
    cr_assert_eq(truncate(file.path, 3 * 4096), 0); /* shorter than it was made */
    world = world_open(folder, TBI_LOG_ALWAYS);
    cr_assert_null(world->log);
    cr_assert(strstr(world->error, "not as long") != NULL, "%s", world->error);
    world_drop(world);
    free(file.bytes);
}

Test(log, groups_hang_on_each_other)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();

    batches(world, &history, 3);
    world_drop(world);
    struct bytes file = file_read("segment-*.log");
    /* the third group in the second one's place: whole, and yet not what follows */
    file_put(&file, 2 * 4096, file.bytes + 3 * 4096, 4096);
    world = world_open(folder, TBI_LOG_ALWAYS);
    cr_assert_null(world->log);
    cr_assert(strstr(world->error, "does not follow") != NULL, "%s", world->error);
    world_drop(world);
    free(file.bytes);
}

Test(log, snapshot_and_log_give_the_same_city)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();

    batches(world, &history, 30);
    world_snapshot(world);
    const uint64_t at = tbi_log_lsn(world->log);
    batches(world, &history, 30);
    world_drop(world);
    world = opened();
    cr_assert_eq(world->recovery.snapshot_lsn, at);
    cr_assert_eq(world->recovery.entries, history.last - at);
    cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
    world_drop(world);
    struct bytes snapshot = file_read("snapshot-*.city");
    const uint8_t wrong = snapshot.bytes[5000] ^ 4;
    file_put(&snapshot, 5000, &wrong, 1); /* the log alone does it, too */
    world = opened();
    cr_assert_eq(world->recovery.snapshot_lsn, 0);
    cr_assert_eq(world->recovery.entries, history.last);
    cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
    world_close(world);
    free(snapshot.bytes);
}

/* Sealed by somebody, so that no checksum tells: a city that ends beyond its file, or a file that
 * is shorter than a header. Nothing is read that is not there; the whole log is used. */
Test(log, snapshot_that_says_more_than_its_file_holds_is_not_used)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();
    struct tbi_log_snapshot head;
    uint8_t block[TBI_LOG_BLOCK];

    batches(world, &history, 30);
    world_snapshot(world);
    batches(world, &history, 10);
    world_drop(world);
    struct bytes snapshot = file_read("snapshot-*.city");
    memcpy(block, snapshot.bytes, sizeof block);
    memcpy(&head, block, sizeof head);
    const uint64_t lies[] = {snapshot.count - sizeof block + 1, snapshot.count * 64,
                             UINT64_MAX - 64};
    for (size_t i = 0; i <= sizeof lies / sizeof lies[0]; i++) {
        if (i < sizeof lies / sizeof lies[0]) {
            head.bytes = lies[i];
            memcpy(block, &head, sizeof head);
            tbi_log_block_seal(block, sizeof head);
            file_put(&snapshot, 0, block, sizeof block);
        } else {
            cr_assert_eq(truncate(snapshot.path, 100), 0);
        }
        world = opened();
        cr_assert_eq(world->recovery.snapshot_lsn, 0);
        cr_assert_eq(world->recovery.entries, history.last);
        cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
        world_drop(world);
    }
    free(snapshot.bytes);
}

static size_t matches(const char *pattern)
{
    char path[256];
    glob_t found;

    snprintf(path, sizeof path, "%s/%s", folder, pattern);
    const size_t count = glob(path, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

Test(log, old_segments_and_snapshots_go)
{
    static struct history history;
    struct world *world = opened();

    for (uint32_t i = 0; i < 4; i++) {
        batches(world, &history, 40);
        world_snapshot(world);
    }
    for (uint32_t i = 0; i < 16; i++) /* the chores that are left */
        world_round(world, 0), usleep(2000);
    world_drop(world);
    cr_assert_eq(matches("snapshot-*.city"), 2);
    cr_assert_eq(matches("segment-000000000001.log"), 0, "older than both snapshots");
    cr_assert_eq(matches("*.tmp"), 0);
    world = opened();
    cr_assert_eq(tb_city_hash(world->small->city), history.hash[history.last]);
    world_close(world);
}

Test(log, replay_that_differs_is_noticed)
{
    struct world *world = opened();
    struct tb_command take = {.kind = TB_TICKET_TAKE};
    uint64_t lsn;

    tb_city_step(world->small->city, world->small->now, &take, 1, world->small->events,
                 SMALL_EVENTS);
    tbi_log_append(world->log, world->small->now, &take, 1, NULL,
                   tb_city_sequence(world->small->city) + 1, &lsn); /* one too many */
    world_flush(world);
    world_drop(world);
    world = world_open(folder, TBI_LOG_ALWAYS);
    cr_assert_null(world->log);
    cr_assert_eq(world->status, -EPROTO);
    cr_assert(strstr(world->error, "entry 1 ") != NULL, "%s", world->error);
    world_drop(world);
}

Test(log, names_come_back)
{
    struct world *world = opened();

    cr_assert_eq(tbi_log_name(world->log, world->small->now, 7, "li@window"), 0);
    cr_assert_neq(world_batch(world), 0);
    world_flush(world);
    world_drop(world);
    struct tbi_log_reader reader;
    struct tbi_log_read read;
    char error[TBI_LOG_ERROR_MAX];
    const int dir = open(folder, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(tbi_log_reader_open(&reader, folder, dir, 0, 1, error), 0);
    cr_assert_eq(tbi_log_reader_next(&reader, &read, error), 1);
    cr_assert_eq(read.head.kind, TBI_LOG_NAME);
    cr_assert_eq(read.head.value, 7);
    cr_assert(memcmp(read.data, "li@window", 9) == 0);
    cr_assert_eq(tbi_log_reader_next(&reader, &read, error), 1);
    struct tb_command commands[8];
    uint32_t actors[8];
    tbi_log_read_batch(&read, commands, actors);
    for (uint32_t i = 0; i < read.head.count; i++)
        cr_assert_lt(actors[i], 5);
    tbi_log_reader_close(&reader);
    close(dir);
}

static bool event_count(void *context, const struct tb_event *event)
{
    uint64_t *next = context;

    cr_assert_eq(event->sequence, *next);
    (*next)++;
    return true;
}

Test(log, events_of_the_past_come_again)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();
    char error[TBI_LOG_ERROR_MAX];

    batches(world, &history, 20);
    const uint64_t early = tb_city_sequence(world->small->city);
    world_snapshot(world);
    batches(world, &history, 20);
    const uint64_t last = tb_city_sequence(world->small->city);
    void *scratch = aligned_alloc(64, (world->small->bytes + 63) / 64 * 64);
    for (uint64_t from = 1; from <= last + 1; from += early / 3) {
        uint64_t next = from;
        const int status = tbi_log_events(folder, &world->small->config, scratch,
                                          world->small->bytes, from, event_count, &next, error);
        cr_assert_eq(status, 0, "%s", error);
        cr_assert_eq(next, last + 1);
    }
    free(scratch);
    world_close(world);
}

/* ---- what a system may do to it ---- */

Test(log, second_process_is_refused)
{
    struct world *first = opened();
    struct world *second = world_open(folder, TBI_LOG_ALWAYS);
    char pid[32];

    cr_assert_null(second->log);
    cr_assert_eq(second->status, -EBUSY);
    snprintf(pid, sizeof pid, "%d", getpid());
    cr_assert(strstr(second->error, pid) != NULL, "%s", second->error);
    world_drop(second);
    cr_assert_neq(world_batch(first), 0);
    world_close(first);
}

Test(log, other_config_is_refused)
{
    struct tbi_log_options options = {.dir = folder, .segment_bytes = 64 << 10};
    struct world *world = opened();

    world_close(world);
    struct bytes meta = file_read("meta");
    const char *line = strstr((char *)meta.bytes, "config ") + 7;
    file_put(&meta, (size_t)(line - (char *)meta.bytes), *line == 'f' ? "0" : "f", 1);
    world = world_open_with(&options);
    cr_assert_null(world->log);
    cr_assert_eq(world->status, -ESTALE);
    cr_assert(strstr(world->error, "scenario") != NULL, "%s", world->error);
    world_drop(world);
    free(meta.bytes);
}

/* A write that the kernel refuses: nothing is answerable any more, and the sentence says it. */
Test(log, full_disk_stops_answering)
{
    struct history history = {.hash = {0}};
    const struct rlimit limit = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
    struct world *world = opened();

    batches(world, &history, 3);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const uint64_t lsn = world_batch(world);
    world_flush(world);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_assert_eq(tbi_log_failed(world->log), -EFBIG);
    cr_assert_lt(tbi_log_answerable(world->log), lsn);
    cr_assert(strstr(tbi_log_failure(world->log), "已停止应答") != NULL);
    cr_assert_eq(world_batch(world), 0, "for good");
    world_drop(world);
    world = opened();
    cr_assert_eq(world->recovery.lsn, history.last);
    world_close(world);
}

/* No room for a new segment: everything up to the end of this one is written and answerable. */
Test(log, full_disk_is_noticed_before_the_segment_ends)
{
    struct history history = {.hash = {0}};
    struct world *world = opened();

    batches(world, &history, 2);
    char blocked[96];
    snprintf(blocked, sizeof blocked, "%s/segment.tmp", folder);
    cr_assert_eq(mkdir(blocked, 0700), 0); /* cannot be made, as on a full disk */
    uint64_t answered = 0, lsn;
    while ((lsn = world_batch(world)) != 0) {
        world_flush(world);
        if (tbi_log_failed(world->log) == 0)
            answered = lsn;
    }
    cr_assert_neq(tbi_log_failed(world->log), 0);
    cr_assert_gt(answered, 8);
    cr_assert_geq(tbi_log_durable(world->log), answered);
    const uint64_t durable = tbi_log_durable(world->log);
    world_drop(world);
    rmdir(blocked);
    world = opened();
    cr_assert_geq(world->recovery.lsn, durable); /* written, but never answered: allowed */
    cr_assert_neq(world_batch(world), 0);
    world_close(world);
}

Test(log, folder_that_cannot_be_written_is_refused)
{
    const struct tbi_log_options options = {.dir = "/proc/tongban-log"};
    struct world *world = world_open_with(&options);

    cr_assert_null(world->log);
    cr_assert(strstr(world->error, "/proc/tongban-log") != NULL, "%s", world->error);
    world_drop(world);
}

/* tmpfs: whatever it can, the log works there. */
Test(log, memory_file_system)
{
    struct history history = {.hash = {0}};
    char path[64];

    world_folder("/dev/shm", path);
    struct world *world = world_open(path, TBI_LOG_ALWAYS);
    cr_assert(world->log != NULL, "%s", world->error);
    batches(world, &history, 10);
    world_drop(world);
    world = world_open(path, TBI_LOG_ALWAYS);
    cr_assert_eq(world->recovery.lsn, history.last);
    world_close(world);
    world_remove(path);
}
