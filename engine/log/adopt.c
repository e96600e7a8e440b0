/* adopt.c: `tongban log adopt`: the city of a log goes on with an edited scenario.
 *
 * What commands can change is changed by commands, which go into the log like any others: rules,
 * quotas, plan, kinds of coming days. What they can't is named, and nothing is done. The log stays
 * the log of the config it began with; meta says which config its city is served with now. */
#include <errno.h>
#include <inttypes.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inside.h"
#include "tool.h"

enum { CHUNK = 512, RING_ENTRIES = 64 };
static const uint32_t actor = 0; /* the server's connections count from 1 */

struct adoption {
    struct tbi_log_tool *tool;
    struct tb_city *city, *fresh; /* as it is; as the edited scenario begins */
    size_t bytes;
    struct tb_command *commands;
    uint32_t count;
    struct tbi_log *log;
    struct io_uring ring;
    struct tb_event events[1024];
};

static struct tb_city *city_of(const struct tb_config *config, size_t bytes)
{
    struct tb_city *city = aligned_alloc(TB_CITY_ALIGN, (bytes + 63) / 64 * 64);

    tb_assert(city != NULL);
    const enum tb_status status = tb_city_init(city, bytes, config);
    tb_assert(status == TB_STATUS_OK);
    return city;
}

/* Until all is on the disk, the snapshot too. 0 or the log's failure. */
static int settle(struct adoption *a)
{
    struct io_uring_cqe *cqe;

    while (tbi_log_failed(a->log) == 0 && (tbi_log_durable(a->log) < tbi_log_lsn(a->log) ||
                                           tbi_log_snapshot_busy(a->log))) {
        tbi_log_submit(a->log, &a->ring, INT64_MAX);
        if (io_uring_submit_and_wait(&a->ring, 1) < 0 || io_uring_peek_cqe(&a->ring, &cqe) != 0)
            continue;
        tbi_log_complete(a->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&a->ring, cqe);
    }
    return tbi_log_failed(a->log);
}

static bool step(struct adoption *a, tb_time now, const struct tb_command *commands, uint32_t n)
{
    struct tb_step_result r = {.more = true};
    bool good = true;

    while (r.more || n > 0) {
        r = tb_city_step(a->city, now, commands, n, a->events, 1024);
        commands += r.commands;
        n -= r.commands;
        for (uint32_t i = 0; i < r.events; i++)
            good = good && a->events[i].kind != TB_EVENT_REFUSED;
    }
    return good;
}

/* The commands, a chunk at a time, then a snapshot: from it on nobody needs the old scenario. */
static int carry(struct adoption *a, tb_time now)
{
    uint64_t lsn;
    int status = tbi_log_name(a->log, now, actor, "tongban log adopt");

    for (uint32_t i = 0; i < a->count && status == 0; i += CHUNK) {
        const uint32_t n = a->count - i < CHUNK ? a->count - i : CHUNK;
        uint32_t actors[CHUNK];
        for (uint32_t k = 0; k < n; k++)
            actors[k] = actor;
        if (!step(a, now, a->commands + i, n))
            return -EPROTO;
        status = tbi_log_append(a->log, now, a->commands + i, n, actors,
                                tb_city_sequence(a->city), &lsn);
        status = status == 0 ? settle(a) : status;
    }
    status = status == 0 ? tbi_log_snapshot_begin(a->log, a->city, now) : status;
    return status == 0 ? settle(a) : status;
}

/* Would all of them be obeyed? On a copy. */
static bool rehearse(struct adoption *a, tb_time now)
{
    struct tb_city *real = a->city;

    a->city = aligned_alloc(TB_CITY_ALIGN, (a->bytes + 63) / 64 * 64);
    tb_assert(a->city != NULL);
    const enum tb_status status = tb_city_copy(a->city, a->bytes, real);
    tb_assert(status == TB_STATUS_OK);
    const bool good = step(a, now, a->commands, a->count);
    free(a->city);
    a->city = real;
    return good;
}

static int refuse(const char *what, const char *why)
{
    fprintf(stderr,
            "log: %s: this can't be carried over: %s. Nothing was changed. Take the old scenario "
            "back, or begin with a new --data folder after closing time, when the cases under way "
            "are done. 无法沿用：请恢复原场景，或在下班、办件结清后另用新的数据目录\n",
            what, why);
    return 1;
}

static int adopt(struct adoption *a, const char *path, const struct tbi_log_recovery *found)
{
    const tb_time now = found->now;
    const char *differs = tb_city_differs(a->city, a->fresh);

    if (found->snapshot_lsn == 0)
        return refuse(path, "the log has no snapshot yet; start and stop the server once with the "
                            "old scenario");
    if (differs != NULL)
        return refuse(path, differs);
    a->count = tb_city_changes(a->city, a->fresh, NULL, 0);
    a->commands = calloc(a->count + 1, sizeof *a->commands);
    tb_assert(a->commands != NULL);
    tb_city_changes(a->city, a->fresh, a->commands, a->count);
    if (!rehearse(a, now))
        return refuse(path, "a rule or a plan that the city refuses");
    const int status = carry(a, now);
    if (status != 0) {
        fprintf(stderr, "log: %s: %s; what was not carried over is so at the next try 未完成\n",
                a->tool->dir, strerror(-status));
        return 1;
    }
    return 0;
}

static int adopt_open(struct adoption *a, struct tb_config config, const char *path)
{
    const uint64_t wanted = config.id;
    struct tbi_log_recovery found;
    int status;
    const struct tbi_log_options options = {
        .dir = a->tool->dir, .mode = TBI_LOG_ALWAYS, .scenario = path, .keep_segments = true};

    config.id = a->tool->meta.config_id;
    a->bytes = tb_city_bytes(&config);
    a->city = city_of(&config, a->bytes);
    a->fresh = city_of(&config, a->bytes);
    a->log = tbi_log_open(&options, a->city, a->bytes, &found, a->tool->error, &status);
    if (a->log == NULL) {
        fprintf(stderr, "log: %s\n", a->tool->error);
        return refuse(path, "its city could not be read with this scenario, so counts differ");
    }
    int result = adopt(a, path, &found);
    if (result == 0)
        result = tbi_log_close(a->log, a->city, found.now, &a->ring, NULL, NULL) == 0 ? 0 : 1;
    else
        tbi_log_abandon(a->log);
    if (result != 0)
        return result;
    tbi_log_meta_read(a->tool->folder, &a->tool->meta);
    a->tool->meta.adopted = wanted;
    if (tbi_log_meta_write(a->tool->folder, &a->tool->meta) != 0) {
        fprintf(stderr, "log: %s/meta: cannot be written 无法写入\n", a->tool->dir);
        return 1;
    }
    printf("the city goes on with %s: %u commands carried its rules, quotas, plan and coming days "
           "over 已沿用新场景\n",
           path, a->count);
    return 0;
}

int tbi_log_tool_adopt(struct tbi_log_tool *tool)
{
    struct tb_scenario_problems problems = {0};
    const char *path = tool->scenario_path;

    if (path == NULL) {
        fputs("log: adopt wants --scenario and the edited folder 需要 --scenario\n", stderr);
        return 2;
    }
    tool->scenario = tb_scenario_load(path, &problems);
    tb_scenario_problems_print(&problems, TB_LANGUAGE_BOTH, stderr);
    tb_scenario_problems_free(&problems);
    if (tool->scenario == NULL)
        return 2;
    const uint64_t id = tool->scenario->config.id;
    const uint64_t was = tool->meta.adopted != 0 ? tool->meta.adopted : tool->meta.config_id;
    if (id == was) {
        printf("nothing that the city is made of was changed: serve it 无需处理\n");
        return 0;
    }
    if (id >> 32 != was >> 32)
        return refuse(path, "halls, desks, windows or matters have other ids, another order or "
                            "another number");
    struct adoption *a = calloc(1, sizeof *a);
    tb_assert(a != NULL);
    a->tool = tool;
    int status = io_uring_queue_init(RING_ENTRIES, &a->ring, 0);
    if (status < 0) {
        fprintf(stderr, "log: io_uring: %s\n", strerror(-status));
    } else {
        status = adopt_open(a, tool->scenario->config, path);
        io_uring_queue_exit(&a->ring);
    }
    free(a->city);
    free(a->fresh);
    free(a->commands);
    free(a);
    return status < 0 ? 1 : status;
}
