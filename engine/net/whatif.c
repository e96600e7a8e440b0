#define _GNU_SOURCE
#include "whatif.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "atomic.h"
#include "server.h"
#include "tongban/engine.h"

enum { RUNS = 200, NICE = 10 };
static const int64_t limit_us = TB_MS(850), limit_most_us = TB_SECONDS(30);

struct tbi_whatif {
    struct tb_city *copy;
    struct tb_whatif_ask ask;
    struct tb_whatif_answer answer;
    uint64_t asker; /* the session's id */
    bool busy;      /* the server's thread: between ask and answer */
    bool good;
    tbi_atomic_u64 stop;
    int done; /* eventfd: the thread's answer */
    sem_t todo;
    pthread_t thread;
};

static tb_whatif_run *hook;

void tbi_whatif_hook(tb_whatif_run *run)
{
    hook = run;
}

/* ---- the thread ---- */

static bool stopped(const void *context)
{
    const struct tbi_whatif *w = context;

    return tbi_atomic_load_relaxed(TBI_WAS, &w->stop) != 0;
}

/* E1 ask:    todo post (server) -> todo wait (thread);  copy, ask
 * E2 answer: done write (thread) -> done read (server); answer, good
 * A semaphore's and an eventfd's system calls order what stands before and behind them; `stop` is
 * a hint, or stands before E1: relaxed. */
static void *work(void *context)
{
    struct tbi_whatif *w = context;
    const uint64_t one = 1;

    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* the service comes first */
    for (;;) {
        while (sem_wait(&w->todo) != 0 && errno == EINTR)
            ;
        if (stopped(w))
            return NULL;
        w->good = hook(&w->ask, &w->answer);
        const ssize_t written = write(w->done, &one, sizeof one);
        tb_assert(written == (ssize_t)sizeof one);
    }
}

struct tbi_whatif *tbi_whatif_start(const struct tbi_server *server)
{
    struct tbi_whatif *w;
    enum tb_status status;

    if (hook == NULL)
        return NULL;
    w = calloc(1, sizeof *w);
    tb_assert(w != NULL);
    w->copy = tb_city_create(&server->scenario->config, &status);
    if (w->copy != NULL)
        tb_city_populate(w->copy);
    w->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const bool made = w->copy != NULL && w->done >= 0 && sem_init(&w->todo, 0, 0) == 0 &&
                      pthread_create(&w->thread, NULL, work, w) == 0;
    if (!made) {
        fprintf(stderr, "serve: no memory or thread for CITY.WHATIF; it will be refused\n");
        tb_city_destroy(w->copy);
        if (w->done >= 0)
            close(w->done);
        free(w);
        return NULL;
    }
    return w;
}

void tbi_whatif_stop(struct tbi_whatif *w)
{
    if (w == NULL)
        return;
    tbi_atomic_store_relaxed(TBI_OWN, &w->stop, 1);
    sem_post(&w->todo);
    pthread_join(w->thread, NULL);
    sem_destroy(&w->todo);
    close(w->done);
    tb_city_destroy(w->copy);
    free(w);
}

bool tbi_whatif_busy(const struct tbi_whatif *whatif)
{
    return whatif->busy;
}

int tbi_whatif_fd(const struct tbi_whatif *w)
{
    return w->done;
}

/* ---- the question ---- */

/* A request being read: argument by argument. */
struct reading {
    const struct tbi_server *server;
    const struct tbi_request *request;
    struct tb_whatif_ask *ask;
    struct tbi_command_error *error;
    uint32_t at;
};

static bool wrong(struct reading *r, const char *code, const char *format,
                  const struct tbi_argument *argument)
{
    static const struct tbi_argument nothing = {"", 0};
    const struct tbi_argument *shown = argument != NULL ? argument : &nothing;

    r->error->code = code;
    snprintf(r->error->text, sizeof r->error->text, format,
             shown->bytes < 64 ? (int)shown->bytes : 64, shown->text);
    for (char *c = r->error->text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = '?';
    return false;
}

static const struct tbi_argument *next(struct reading *r)
{
    return r->at < r->request->count ? &r->request->arguments[r->at++] : NULL;
}

static bool next_is(struct reading *r, const char *word)
{
    const bool is =
        r->at < r->request->count && tbi_argument_is(&r->request->arguments[r->at], word);

    r->at += is;
    return is;
}

static bool copied(const struct tbi_argument *text, char copy[32])
{
    if (text == NULL || text->bytes == 0 || text->bytes >= 32)
        return false;
    memcpy(copy, text->text, text->bytes);
    copy[text->bytes] = 0;
    return true;
}

static bool time_read(struct reading *r, tb_time *at_us)
{
    const struct tb_scenario *s = r->server->scenario;
    const struct tbi_argument *text = next(r);
    const uint32_t day = tb_scenario_day_at(s, r->ask->now);
    int hour, minute, used = 0;
    char copy[32];

    *at_us = r->ask->now;
    if (text != NULL && tbi_argument_is(text, "NOW"))
        return true;
    if (!copied(text, copy) || sscanf(copy, "%2d:%2d%n", &hour, &minute, &used) != 2 ||
        copy[used] != 0 || hour < 0 || hour > 24 || minute < 0 || minute > 59)
        return wrong(r, "TIME_INVALID", "'%.*s' is no time; write HH:MM of today, or NOW", text);
    if (day == TB_NONE)
        return wrong(r, "CALENDAR_UNKNOWN", "%.*stoday is in no day of the calendar", NULL);
    *at_us = s->config.calendars[0].days[day].starts_at_us + TB_HOURS(hour) + TB_MINUTES(minute);
    if (*at_us < r->ask->now)
        return wrong(r, "TIME_BACKWARDS", "%.*s is past by the city's clock; write NOW or later",
                     text);
    return true;
}

static bool real_read(struct reading *r, double least, double most, double *value)
{
    const struct tbi_argument *text = next(r);
    char copy[32], *end = copy;

    if (copied(text, copy))
        *value = strtod(copy, &end);
    if (end == copy || *end != 0 || !(*value >= least) || !(*value <= most))
        return wrong(r, "VALUE_INVALID",
                     "'%.*s' is not in range; a factor is a number like 1.3, up to 10", text);
    return true;
}

static bool count_read(struct reading *r, int64_t least, int64_t most, int64_t *value)
{
    const struct tbi_argument *text = next(r);

    if (text == NULL || !tbi_argument_integer(text, value) || *value < least || *value > most)
        return wrong(r, "VALUE_INVALID", "'%.*s' is no number that fits here", text);
    return true;
}

/* "7", or "police-city1#7". */
static bool window_read(struct reading *r, uint32_t *server)
{
    const struct tb_scenario_hall *hall = &r->server->scenario->halls[r->ask->hall];
    const struct tbi_argument *text = next(r);
    int64_t number;

    if (text != NULL && tbi_argument_integer(text, &number) && number >= 1 &&
        number <= hall->window_count) {
        *server = hall->window_first + (uint32_t)number - 1;
        return true;
    }
    *server = text == NULL ? TB_NONE : tbi_names_server(r->server->names, text);
    if (*server == TB_NONE || *server - hall->window_first >= hall->window_count)
        return wrong(r, "SERVER_UNKNOWN",
                     "the hall has no window '%.*s'; windows are written 1, 2, ... or HALL#1",
                     text);
    return true;
}

static bool change_read(struct reading *r, const struct tbi_argument *word)
{
    struct tb_whatif_change *c = &r->ask->changes[r->ask->change_count];
    int64_t count = 0;
    bool good;

    if (r->ask->change_count == TB_WHATIF_CHANGES_MAX)
        return wrong(r, "ARGUMENTS", "'%.*s' is one change too many; eight fit", word);
    *c = (struct tb_whatif_change){.at_us = r->ask->now, .until_us = TB_NEVER};
    if (tbi_argument_is(word, "OPEN") || tbi_argument_is(word, "CLOSE")) {
        c->kind = tbi_argument_is(word, "OPEN") ? TB_WHATIF_OPEN : TB_WHATIF_CLOSE;
        good = window_read(r, &c->server) && time_read(r, &c->at_us) &&
               (!next_is(r, "UNTIL") || time_read(r, &c->until_us));
        if (good && c->until_us <= c->at_us)
            return wrong(r, "TIME_INVALID", "%.*s: UNTIL must be later", word);
    } else if (tbi_argument_is(word, "SHUT")) {
        c->kind = TB_WHATIF_SHUT;
        good = time_read(r, &c->at_us);
    } else if (tbi_argument_is(word, "SURGE")) {
        c->kind = TB_WHATIF_SURGE;
        good = real_read(r, 0, 10, &c->factor) &&
               (!next_is(r, "FROM") || time_read(r, &c->at_us));
    } else if (tbi_argument_is(word, "SICK")) {
        c->kind = TB_WHATIF_SICK;
        good = count_read(r, 1, r->server->scenario->halls[r->ask->hall].window_count, &count) &&
               (!next_is(r, "FROM") || time_read(r, &c->at_us));
        c->count = (uint32_t)count;
    } else {
        return wrong(r, "ARGUMENTS",
                     "'%.*s' is none of OPEN, CLOSE, SHUT, SURGE, SICK, RUNS, SEED, LEVEL; "
                     "for example: CITY.WHATIF hall OPEN 7 10:30",
                     word);
    }
    r->ask->change_count += good;
    return good;
}

static bool ask_read(struct reading *r)
{
    struct tb_whatif_ask *ask = r->ask;
    const struct tbi_argument *word = next(r);
    int64_t number;

    if (word == NULL)
        return wrong(r, "ARGUMENTS",
                     "%.*sCITY.WHATIF wants: hall [OPEN window time] [CLOSE window time] [SHUT "
                     "time] [SURGE factor] [SICK count] [RUNS n]",
                     NULL);
    ask->hall = tbi_names_station(r->server->names, word);
    if (ask->hall >= r->server->scenario->hall_count)
        return wrong(r, "STATION_UNKNOWN", "there is no hall '%.*s'; ids are those of halls.csv",
                     word);
    while ((word = next(r)) != NULL) {
        if (tbi_argument_is(word, "RUNS")) {
            if (!count_read(r, 2, TB_WHATIF_RUNS_MAX, &number))
                return false;
            ask->runs = (uint32_t)number;
            ask->limit_us = limit_most_us;
        } else if (tbi_argument_is(word, "SEED")) {
            if (!count_read(r, 0, INT64_MAX, &number))
                return false;
            ask->seed = (uint64_t)number;
        } else if (tbi_argument_is(word, "LEVEL")) {
            if (!real_read(r, 0.01, 10, &ask->level))
                return false;
        } else if (!change_read(r, word)) {
            return false;
        }
    }
    return true;
}

static bool may(const struct tbi_session *session, uint32_t hall)
{
    const struct tbi_user *user = session->user;

    return user == NULL ||
           (strchr("sl", user->role->letter) != NULL && tbi_user_reaches(user, hall));
}

void tbi_whatif_ask(struct tbi_server *server, struct tbi_session *session,
                    const struct tbi_request *request)
{
    struct tbi_whatif *w = server->whatif;
    struct tbi_command_error error;
    struct tb_whatif_ask ask = {.scenario = server->scenario,
                                .now = server->now,
                                .seed = 1,
                                .runs = RUNS,
                                .limit_us = limit_us};
    struct reading reading = {server, request, &ask, &error, 1};

    if (w == NULL) {
        tbi_server_refuse(session, "UNAVAILABLE", "this server was built without the simulator");
        return;
    }
    if (!ask_read(&reading)) {
        tbi_server_refuse(session, error.code, error.text);
        return;
    }
    if (!may(session, ask.hall)) {
        tbi_server_refuse(session, "NOPERM",
                          "what-ifs are for planners and supervisors, of their own halls");
        return;
    }
    if (w->busy) {
        tbi_server_refuse(session, "BUSY", "another what-if is being computed; ask again in a "
                                           "second");
        return;
    }
    tbi_server_step(server); /* what stands in the batch has happened */
    ask.city = w->copy;
    ask.stopped = stopped;
    ask.context = w;
    const enum tb_status status =
        tb_city_copy(w->copy, tb_city_block_bytes(server->city), server->city);
    tb_assert(status == TB_STATUS_OK);
    w->ask = ask;
    w->asker = session->id;
    w->busy = true;
    session->waits_login = true;
    sem_post(&w->todo);
}

/* ---- the answer ---- */

static void real_write(struct tbi_session *session, double value, int digits)
{
    char text[64];

    if (isnan(value)) {
        tbi_resp_null(&session->out, session->version);
    } else if (session->version == 3) {
        const int bytes = snprintf(text, sizeof text, ",%.*f\r\n", digits, value);
        tbi_bytes_add(&session->out, text, (size_t)bytes);
    } else {
        snprintf(text, sizeof text, "%.*f", digits, value);
        tbi_resp_string(&session->out, text);
    }
}

static void figure_write(struct tbi_session *session, const char *name,
                         const struct tb_whatif_figure *figure, int digits)
{
    tbi_resp_string(&session->out, name);
    tbi_resp_array(&session->out, 2);
    real_write(session, figure->value, digits);
    real_write(session, figure->half_width, digits);
}

static void side_write(struct tbi_session *session, const char *name,
                       const struct tb_whatif_side *side)
{
    tbi_resp_string(&session->out, name);
    tbi_resp_map(&session->out, session->version, 6);
    figure_write(session, "wait_mean_s", &side->wait_mean_s, 1);
    figure_write(session, "wait_p50_s", &side->wait_p50_s, 1);
    figure_write(session, "wait_p90_s", &side->wait_p90_s, 1);
    figure_write(session, "within_promise", &side->within, 4);
    figure_write(session, "left", &side->left, 4);
    figure_write(session, "served", &side->served, 1);
}

static void integer_write(struct tbi_session *session, const char *name, int64_t value)
{
    tbi_resp_string(&session->out, name);
    tbi_resp_integer(&session->out, value);
}

static void answer_write(const struct tbi_whatif *w, struct tbi_session *session)
{
    const struct tb_whatif_answer *a = &w->answer;
    const struct tb_scenario *s = w->ask.scenario;
    struct tbi_bytes *out = &session->out;

    tbi_resp_map(out, session->version, 13);
    tbi_resp_string(out, "hall"), tbi_resp_string(out, s->halls[w->ask.hall].label.id);
    integer_write(session, "at_us", w->ask.now);
    integer_write(session, "runs", a->runs);
    integer_write(session, "took_ms", a->took_us / 1000);
    integer_write(session, "waiting", a->waiting);
    integer_write(session, "numbers_today", a->numbers);
    tbi_resp_string(out, "expected_by_now"), real_write(session, a->expected, 1);
    tbi_resp_string(out, "level"), real_write(session, a->level, 3);
    integer_write(session, "promise_s", s->promise.wait_us / TB_SECONDS(1));
    side_write(session, "before", &a->before);
    side_write(session, "after", &a->after);
    figure_write(session, "wait_change_s", &a->wait_change_s, 1);
    tbi_resp_string(out, "p_value"), real_write(session, a->p_value, 4);
}

void tbi_whatif_answer(struct tbi_server *server)
{
    struct tbi_whatif *w = server->whatif;
    uint64_t count;

    if (read(w->done, &count, sizeof count) != (ssize_t)sizeof count)
        return;
    struct tbi_session *session = tbi_server_session(server, w->asker);
    w->busy = false;
    if (session == NULL)
        return; /* gone meanwhile */
    if (w->good)
        answer_write(w, session);
    else
        tbi_server_refuse(session, "WHATIF", w->answer.error);
    session->waits_login = false;
    tbi_server_touch(server, session);
    tbi_server_input(server, session, NULL, 0);
}
