/* roster.c: plans of dates. plans.csv may say what a hall does on one date (`tongban roster` writes
 * such rows), but the core's plan knows kinds of day only. So when such a date begins its plan is
 * written over that of its kind, by PLAN.CLEAR and PLAN.SET, and when it is over that of the kind
 * again: at that very instant, before anything else is done, and into the log like all commands, so
 * that recovery and replay give the same. What somebody sets by PLAN.SET on such a date holds until
 * the date is over.
 *
 * A data folder remembers in the file `roster` which dates it follows. A server that is started
 * with others writes the plans anew at once, and moves the windows to where today's plan has them.
 * The file is written when the log has it all: a crash before makes it so once more. The plans of
 * kinds then are the scenario's too, unless these are the folder's first dates. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

#include "server.h"

enum { CHUNK = 512, ROOM = TBI_LOG_BATCH_MAX };

struct writing {
    struct tbi_server *server;
    struct tb_command commands[CHUNK];
    uint32_t count;
};

static void flush(struct writing *w)
{
    if (w->count > 0)
        tbi_server_do(w->server, w->commands, w->count);
    w->count = 0;
}

static void add(struct writing *w, const struct tb_command *command)
{
    w->commands[w->count++] = *command;
    if (w->count == CHUNK)
        flush(w);
}

static const struct tb_calendar *calendar_of(const struct tbi_server *server, uint32_t station)
{
    const struct tb_config *c = &server->scenario->config;

    return &c->calendars[c->stations[station].calendar];
}

/* The entries of a date, or with NULL those of the kinds. */
static const struct tb_plan_entry *entries_of(const struct tb_scenario *s,
                                              const struct tb_plan_date *date, uint32_t *count)
{
    *count = date != NULL ? 2 * date->shift_count : s->config.plan_count;
    return s->config.plan + (date != NULL ? 2 * date->shift_first : 0);
}

static void plan_write(struct writing *w, uint32_t station, uint32_t kind,
                       const struct tb_plan_date *date)
{
    const struct tb_scenario *s = w->server->scenario;
    uint32_t count;
    const struct tb_plan_entry *entries = entries_of(s, date, &count);

    add(w, &(struct tb_command){
               .kind = TB_PLAN_CLEAR, .station = (uint16_t)station, .group = (uint16_t)kind});
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].day_kind == kind && s->servers[entries[i].server].station == station)
            add(w, &(struct tb_command){.kind = TB_PLAN_SET,
                                        .server = entries[i].server,
                                        .value = entries[i].offset_us,
                                        .group = (uint16_t)kind,
                                        .class_ = (uint8_t)entries[i].action,
                                        .extra = (uint16_t)entries[i].profile});
    flush(w);
}

/* A day that was made another kind (CITY.DAY) has other hours: the date's people don't fit it. */
static bool fits(const struct tbi_server *server, uint32_t station, uint32_t day)
{
    const uint32_t is = tb_city_day_kind(server->city, station);

    if (is == tb_scenario_day_kind(server->scenario, station, day))
        return true;
    fprintf(stderr,
            "serve: %s: this day was made another kind (CITY.DAY), so its dated plan is left out; "
            "PLAN.SET gives it one 当天类型已改，按日期的排班不适用\n",
            tbi_names_station_id(server->names, station));
    return false;
}

/* The day of a station that begins at this instant, or the one that it is in. */
static uint32_t day_at(const struct tb_calendar *calendar, tb_time at)
{
    uint32_t low = 0, high = calendar->day_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (calendar->days[middle].starts_at_us <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? low - 1 : TB_NONE;
}

/* What the date before leaves behind goes, what the new one wants comes. */
static void day_turn(struct writing *w, uint32_t station, tb_time at)
{
    const struct tb_scenario *s = w->server->scenario;
    const struct tb_calendar *calendar = calendar_of(w->server, station);
    const uint32_t day = day_at(calendar, at);

    if (day == TB_NONE || calendar->days[day].starts_at_us != at)
        return;
    const struct tb_plan_date *date = tb_scenario_plan_date(s, station, day);
    const struct tb_plan_date *past = day > 0 ? tb_scenario_plan_date(s, station, day - 1) : NULL;
    const bool follow = date != NULL && fits(w->server, station, day);
    if (past != NULL) {
        const uint32_t kind = tb_scenario_day_kind(s, station, day - 1);
        if (!follow || kind != tb_scenario_day_kind(s, station, day))
            plan_write(w, station, kind, NULL);
    }
    if (follow)
        plan_write(w, station, tb_scenario_day_kind(s, station, day), date);
}

/* The next instant after this at which a date's plan begins or ends. */
static tb_time next_after(const struct tbi_server *server, tb_time after)
{
    const struct tb_scenario *s = server->scenario;
    tb_time next = TB_NEVER;

    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        const struct tb_calendar *calendar = calendar_of(server, s->plan_dates[i].station);
        const uint32_t day = s->plan_dates[i].day;
        for (uint32_t d = day; d <= day + 1 && d < calendar->day_count; d++)
            if (calendar->days[d].starts_at_us > after && calendar->days[d].starts_at_us < next)
                next = calendar->days[d].starts_at_us;
    }
    return next;
}

static bool is_room(const struct tbi_server *server)
{
    return server->log == NULL || tbi_log_failed(server->log) != 0 ||
           tbi_log_room(server->log, ROOM);
}

void tbi_roster_follow(struct tbi_server *server)
{
    struct writing w = {.server = server};
    const tb_time until = server->now;

    while (server->roster_at <= until) {
        const tb_time at = server->roster_at;
        if (!is_room(server)) { /* the log goes first; time waits for it */
            server->now = server->roster_station == 0 ? at - 1 : at;
            server->held_at = until;
            return;
        }
        server->now = at;
        if (server->roster_station == 0)
            tbi_server_do(server, NULL, 0);
        while (server->roster_station < server->scenario->config.station_count && is_room(server))
            day_turn(&w, server->roster_station++, at);
        if (server->roster_station == server->scenario->config.station_count) {
            server->roster_station = 0;
            server->roster_at = next_after(server, at);
        }
    }
    server->now = until;
}

/* ---- the start ---- */

/* Before the loop runs: what is staged goes to the disk. */
static void log_drain(struct tbi_server *server)
{
    struct io_uring ring;
    struct io_uring_cqe *cqe;

    if (server->log == NULL || io_uring_queue_init(64, &ring, 0) < 0)
        return; /* the loop will say why */
    while (tbi_log_failed(server->log) == 0 &&
           tbi_log_durable(server->log) < tbi_log_lsn(server->log)) {
        tbi_log_submit(server->log, &ring, INT64_MAX);
        if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_peek_cqe(&ring, &cqe) != 0)
            continue;
        tbi_log_complete(server->log, cqe->user_data, cqe->res);
        io_uring_cqe_seen(&ring, cqe);
    }
    io_uring_queue_exit(&ring);
}

/* Where today's plan has a window by now. */
static void window_move(struct writing *w, uint32_t index, uint32_t kind, int64_t offset_us,
                        const struct tb_plan_date *date)
{
    struct tb_server_view view;
    uint32_t count;
    const struct tb_plan_entry *entries = entries_of(w->server->scenario, date, &count);
    const struct tb_plan_entry *last = NULL;

    for (uint32_t i = 0; i < count; i++)
        if (entries[i].server == index && entries[i].day_kind == kind &&
            entries[i].offset_us <= offset_us &&
            (last == NULL || entries[i].offset_us >= last->offset_us))
            last = &entries[i];
    const bool open = last != NULL && last->action == TB_PLAN_OPEN;
    if (tb_city_server(w->server->city, index, &view) != TB_STATUS_OK ||
        open == (view.state != TB_SERVER_CLOSED && !view.closing))
        return;
    add(w, &(struct tb_command){.kind = open ? TB_WINDOW_OPEN : TB_WINDOW_CLOSE,
                                .server = index,
                                .value = open ? (int64_t)last->profile : -1});
}

static void plans_renew(struct tbi_server *server, bool all)
{
    const struct tb_scenario *s = server->scenario;
    struct writing w = {.server = server};

    tbi_server_do(server, NULL, 0);
    for (uint32_t station = 0; station < s->config.station_count; station++) {
        const struct tb_calendar *calendar = calendar_of(server, station);
        const uint32_t day = day_at(calendar, server->now);
        const struct tb_plan_date *date =
            day != TB_NONE ? tb_scenario_plan_date(s, station, day) : NULL;
        const bool follow = date != NULL && fits(server, station, day);
        const uint32_t today = tb_city_day_kind(server->city, station);
        if (!is_room(server))
            log_drain(server);
        for (uint32_t kind = 0; all && kind < calendar->kind_count; kind++)
            if (!follow || kind != today)
                plan_write(&w, station, kind, NULL);
        if (follow)
            plan_write(&w, station, today, date);
        if (day == TB_NONE || (!follow && !all))
            continue;
        const int64_t offset_us = server->now - calendar->days[day].starts_at_us;
        const uint32_t first = tb_city_server_first(server->city, station);
        const uint32_t end = tb_city_server_first(server->city, station + 1);
        for (uint32_t i = first; i < end; i++)
            window_move(&w, i, today, offset_us, follow ? date : NULL);
        flush(&w);
    }
}

/* Of all that is said about dates; 0: nothing is. */
static uint64_t dates_hash(const struct tb_scenario *s)
{
    XXH3_state_t *state = XXH3_createState();

    static_assert(sizeof(struct tb_plan_entry) == 24 && sizeof(struct tb_plan_date) == 16,
                  "no padding");
    tb_assert(state != NULL && XXH3_64bits_reset(state) == XXH_OK);
    XXH3_64bits_update(state, s->plan_dates, s->plan_date_count * sizeof *s->plan_dates);
    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        uint32_t count;
        const struct tb_plan_entry *entries = entries_of(s, &s->plan_dates[i], &count);
        XXH3_64bits_update(state, entries, count * sizeof *entries);
    }
    const uint64_t hash = XXH3_64bits_digest(state) | 1;
    XXH3_freeState(state);
    return s->plan_date_count > 0 ? hash : 0;
}

static uint64_t followed_read(const char *data)
{
    char path[4096];
    uint64_t hash = 0;

    snprintf(path, sizeof path, "%s/roster", data);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%16" SCNx64, &hash) != 1)
        hash = 0;
    fclose(file);
    return hash;
}

static void followed_write(const struct tbi_server *server)
{
    char path[4096], temporary[4096 + 8];

    snprintf(path, sizeof path, "%s/roster", server->options->data);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "we");
    const bool written = file != NULL &&
                         fprintf(file, "%016" PRIx64 "\n", dates_hash(server->scenario)) > 0 &&
                         fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL)
        fclose(file);
    if (!written || rename(temporary, path) != 0)
        fprintf(stderr,
                "serve: %s: can't be written; at the next start today's dated plans are "
                "written once more\n",
                path);
}

bool tbi_roster_begin(struct tbi_server *server, const struct tbi_log_recovery *found)
{
    const bool fresh = found->lsn == 0;
    const char *mode = server->options->rosters;

    server->roster_at = TB_NEVER;
    if (mode != NULL && strcmp(mode, "follow") != 0 && strcmp(mode, "leave") != 0) {
        fprintf(stderr, "serve: rosters: '%s' is neither follow nor leave\n", mode);
        return false;
    }
    if (mode != NULL && strcmp(mode, "leave") == 0)
        return true;
    /* A date's commands are the first at or after its beginning, so what lies behind the last
     * batch is done; at its very instant a crash may have cut it. */
    server->roster_at = next_after(server, fresh ? server->now - TB_HOURS(48) : found->now - 1);
    if (server->log == NULL)
        return true;
    const uint64_t is = dates_hash(server->scenario);
    const uint64_t was = followed_read(server->options->data);
    if (is == was)
        return true;
    if (!fresh) {
        fprintf(stderr, "serve: plans.csv has other dates than before: from now on they are "
                        "followed 按日期的排班已更换，自即刻起执行\n");
        server->roster_at = next_after(server, server->now);
        plans_renew(server, was != 0);
        log_drain(server);
    }
    followed_write(server);
    return true;
}
