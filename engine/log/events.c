/* events.c: events of the past, made again from a snapshot that is old enough. */
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct wanted {
    uint64_t from;
    bool (*take)(void *context, const struct tb_event *event);
    void *context;
    bool stopped;
};

static void give(void *context, const struct tb_event *events, uint32_t count)
{
    struct wanted *wanted = context;

    for (uint32_t i = 0; i < count && !wanted->stopped; i++) {
        if (events[i].sequence != 0 && events[i].sequence >= wanted->from)
            wanted->stopped = !wanted->take(wanted->context, &events[i]);
    }
}

static int replay_from(struct tbi_log_reader *reader, struct tb_city *city, uint64_t skip_lsn,
                       struct wanted *wanted, char *error)
{
    struct tbi_log_replay replay;
    struct tbi_log_read read;

    int status = tbi_log_replay_open(&replay, city);
    if (status != 0)
        return tbi_log_say(error, status, "%s", reader->path);
    replay.take = give;
    replay.context = wanted;
    while (!wanted->stopped && (status = tbi_log_reader_next(reader, &read, error)) == 1) {
        if (read.head.lsn > skip_lsn)
            status = tbi_log_replay_entry(&replay, &read, reader->path, error);
        if (status < 0)
            break;
    }
    tbi_log_replay_close(&replay);
    return status < 0 ? status : 0;
}

int tbi_log_events(const char *dir, const struct tb_config *config, void *scratch,
                   size_t scratch_bytes, uint64_t from,
                   bool (*take)(void *context, const struct tb_event *event), void *context,
                   char error[TBI_LOG_ERROR_MAX])
{
    struct wanted wanted = {.from = from, .take = take, .context = context};
    struct tbi_log_reader reader = {0};
    struct tbi_log_snapshot snapshot;
    struct tb_city *city = scratch;

    error[0] = 0;
    if (tb_city_init(scratch, scratch_bytes, config) != TB_STATUS_OK)
        return tbi_log_say(error, -EINVAL, "%s: the block for the city is too small", dir);
    const int folder = tbi_log_dir_open(dir, false, error);
    if (folder < 0)
        return folder;
    struct tbi_log_files files;
    int status = tbi_log_files_list(folder, &files);
    if (status == 0) {
        tbi_log_snapshot_load(folder, dir, &files, city, scratch_bytes, UINT64_MAX, from, &snapshot,
                              NULL, NULL);
        tbi_log_files_free(&files);
        status = tbi_log_reader_open(&reader, dir, folder, tb_city_config_id(city),
                                     snapshot.lsn == 0 ? 1 : snapshot.lsn, error);
    }
    if (status == 0)
        status = replay_from(&reader, city, snapshot.lsn, &wanted, error);
    tbi_log_reader_close(&reader);
    close(folder);
    return status;
}
