#include "server.h"

#include <stdio.h>
#include <time.h>

/* Requests read between two looks at the log's room. */
enum { REQUESTS_BETWEEN = 512, LOG_ROOM = TBI_BATCH_MAX + REQUESTS_BETWEEN + 8 }; /* 8: a name */

void tbi_server_refuse(struct tbi_session *session, const char *code, const char *text)
{
    tbi_resp_error(&session->out, code, text);
}

void tbi_server_touch(struct tbi_server *server, struct tbi_session *session)
{
    session->asked = true;
    if (session->dirty)
        return;
    session->dirty = true;
    server->dirty[server->dirty_count++] = session;
}

void tbi_server_tell(struct tbi_server *server, struct tbi_session *session)
{
    if (session->told)
        return;
    session->told = true;
    session->told_at = server->told_last++ & server->told_mask;
    server->told[session->told_at] = session;
}

/* The last one takes its place. */
void tbi_server_untell(struct tbi_server *server, struct tbi_session *session)
{
    struct tbi_session *last = server->told[--server->told_last & server->told_mask];

    server->told[session->told_at] = last;
    last->told_at = session->told_at;
    session->told = false;
}

static void tell(void *context, struct tbi_session *session)
{
    tbi_server_tell(context, session);
}

void tbi_server_clock(struct tbi_server *server)
{
    struct timespec t;

    if (server->clock_manual) {
        server->now = server->held_at > server->now ? server->held_at : server->now;
        return;
    }
    clock_gettime(CLOCK_REALTIME, &t);
    const tb_time now = TB_SECONDS(t.tv_sec) + t.tv_nsec / 1000 + server->clock_offset_us;
    if (now > server->now) /* a clock that is set back is waited for */
        server->now = now;
}

/* ---- the step ---- */

/* What TICKET.INFO's answer does not carry: the ticket's state. */
static int state_of(const struct tbi_server *server, const struct tb_event *event)
{
    struct tb_ticket_view view;

    return event->kind == TB_EVENT_TICKET &&
                   tb_city_ticket(server->city, event->ref, &view) == TB_STATUS_OK
               ? (int)view.state
               : -1;
}

/* The answer to one command; the number of events that it took. */
static uint32_t answer(struct tbi_server *server, const struct tb_event *events, uint32_t count)
{
    const struct tbi_pending *pending = &server->pending[events[0].tag - 1];
    struct tbi_session *session = pending->session;
    uint32_t taken = 1;

    if (events[0].kind == TB_EVENT_REFUSED)
        server->refused++;
    if (pending->several && events[0].kind != TB_EVENT_REFUSED) {
        while (taken < count && events[taken].tag == events[0].tag)
            taken++;
        tbi_resp_array(&session->out, taken);
    }
    for (uint32_t i = 0; i < taken; i++)
        (session->values ? tbi_reply_values : tbi_reply_event)(server->names, &events[i],
                                                               state_of(server, &events[i]),
                                                               session->version, &session->out);
    session->pending--;
    tbi_server_touch(server, session);
    return taken;
}

static void station_mark(struct tbi_server *server, uint32_t station)
{
    if (station < server->scenario->config.station_count)
        server->station_dirty[station] = server->any_dirty = true;
}

static void distribute(struct tbi_server *server, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct tb_event *event = &server->events[i];

        if ((event->flags & TB_EVENT_FLAG_ANSWER) && event->tag != 0) /* 0: tbi_server_do's */
            answer(server, event, count - i);
        if (event->sequence == 0)
            continue;
        tbi_push_event(&server->push, event, tell, server);
        if (server->watch != NULL) {
            tbi_watch_event(server->watch, event);
            station_mark(server, event->station);
            if (event->server != TB_NONE)
                station_mark(server, server->scenario->servers[event->server].station);
        }
    }
}

/* There is room (LOG_ROOM), so the log fails only if it has failed before; the loop then takes all
 * answers back that were not sent. */
static void step(struct tbi_server *server, const struct tb_command *commands, uint32_t n,
                 const uint32_t *actors)
{
    uint64_t lsn;
    uint32_t done = 0;
    struct tb_step_result r;

    do {
        r = tb_city_step(server->city, server->now, commands + done, n - done, server->events,
                         TBI_EVENTS_MAX);
        done += r.commands;
        distribute(server, r.events);
    } while (r.more || done < n);
    if (server->log != NULL && n > 0) {
        const int status = tbi_log_append(server->log, server->now, commands, n, actors,
                                          tb_city_sequence(server->city), &lsn);
        tb_assert(status == 0 || tbi_log_failed(server->log) != 0);
    }
}

void tbi_server_step(struct tbi_server *server)
{
    const uint32_t n = server->batch;

    if (server->roster_at <= server->now)
        tbi_roster_follow(server);
    step(server, server->commands, n, server->actors);
    server->commands_done += n;
    server->batch = 0;
}

/* Commands of the server's own, with tag 0: nobody waits for an answer. */
void tbi_server_do(struct tbi_server *server, const struct tb_command *commands, uint32_t n)
{
    static const uint32_t own[TBI_BATCH_MAX]; /* 0: nobody's connection */

    tb_assert(n <= TBI_BATCH_MAX);
    if (n > 0 && server->log != NULL && !server->roster_named) {
        const int status = tbi_log_name(server->log, server->now, 0, "plans.csv");
        tb_assert(status == 0 || tbi_log_failed(server->log) != 0);
        server->roster_named = true;
    }
    step(server, commands, n, own);
}

/* ---- requests ---- */

/* Does what the command names lie in the user's halls? What it does not name, or what does not
 * exist, is for the city to refuse. */
static bool reaches(const struct tbi_server *server, const struct tbi_user *user,
                    const struct tb_command *command)
{
    const uint32_t scope = tbi_grammar_scope(server->grammar, command->kind);
    struct tb_ticket_view ticket;
    struct tb_case_view case_;

    if ((scope & TBI_SCOPE_SERVER) &&
        !tbi_user_reaches(user, server->scenario->servers[command->server].station))
        return false;
    if ((scope & TBI_SCOPE_STATION) && !(scope & TBI_SCOPE_SERVER) &&
        (command->station == TB_STATION_NONE || !tbi_user_reaches(user, command->station)))
        return false;
    if (!(scope & TBI_SCOPE_REF))
        return true;
    if (tb_city_ticket(server->city, command->ref, &ticket) == TB_STATUS_OK)
        return tbi_user_reaches(user, ticket.station);
    if (tb_city_case(server->city, command->ref, &case_) == TB_STATUS_OK)
        return case_.station == TB_STATION_NONE || tbi_user_reaches(user, case_.station);
    return true;
}

static bool may(struct tbi_server *server, struct tbi_session *session,
                const struct tb_command *command, struct tbi_command_error *error)
{
    if (server->access == NULL)
        return true;
    const struct tb_command_row *row = tb_command_row(command->kind);
    const struct tbi_user *user = session->user;
    if (!tbi_role_allows(user->role, row->roles)) {
        error->code = "NOPERM";
        snprintf(error->text, sizeof error->text, "the role %s may not call %s; ask a supervisor",
                 user->role->name, row->name);
        return false;
    }
    if (!user->everywhere && !reaches(server, user, command)) {
        error->code = "NOPERM";
        snprintf(error->text, sizeof error->text,
                 "%s is for the halls of its line in the access file only", user->name);
        return false;
    }
    return true;
}

/* Answers must keep their order: what is answered at once waits for the batch. */
static void order_keep(struct tbi_server *server, struct tbi_session *session)
{
    if (session->pending > 0)
        tbi_server_step(server);
}

/* Who gives the session's commands, for the audit trail: the log keeps it before the first one. */
static void name_keep(struct tbi_server *server, struct tbi_session *session)
{
    char who[TBI_LOG_NAME_MAX + 1];

    session->named = true;
    if (session->user != NULL)
        snprintf(who, sizeof who, "%s@%s", session->user->name, session->user->role->name);
    else
        tbi_peer_print(session->fd, who, sizeof who);
    const int status = tbi_log_name(server->log, server->now, session->index + 1, who);
    tb_assert(status == 0 || tbi_log_failed(server->log) != 0); /* LOG_ROOM */
}

void tbi_server_names_again(struct tbi_server *server)
{
    for (uint32_t i = 0; i < server->session_room; i++)
        if (server->sessions[i] != NULL)
            server->sessions[i]->named = false;
    server->roster_named = false;
}

/* The command of a request; read: it has been read already. */
static void command_take(struct tbi_server *server, struct tbi_session *session, uint32_t kind,
                         const struct tbi_request *request, const struct tb_command *read)
{
    struct tb_command *command = &server->commands[server->batch];
    struct tbi_command_error error;

    if (read != NULL)
        *command = *read;
    const bool good = (read != NULL ||
                       tbi_grammar_read(server->grammar, kind, request, command, &error)) &&
                      may(server, session, command, &error);
    const bool kept = server->log == NULL || tbi_log_failed(server->log) == 0 ||
                      tb_command_row(kind)->effect != TB_EFFECT_CHANGE;
    if (!good || !kept) {
        order_keep(server, session);
        if (good)
            tbi_server_refuse(session, "DISKFAIL",
                              "the command log can't be written, so nothing "
                              "is changed any more; free the disk and start the server again");
        else
            tbi_server_refuse(session, error.code, error.text);
        server->refused++;
        tbi_server_touch(server, session);
        return;
    }
    if (command->request_id != 0)
        command->request_id = (command->request_id ^ session->salt) | 1;
    command->tag = server->batch + 1;
    server->pending[server->batch] =
        (struct tbi_pending){.session = session, .several = kind == TB_HALL_SUGGEST};
    if (server->log != NULL && !session->named &&
        tb_command_row(kind)->effect == TB_EFFECT_CHANGE)
        name_keep(server, session);
    server->actors[server->batch] = session->index + 1; /* 0 is no connection */
    session->pending++;
    if (++server->batch == TBI_BATCH_MAX)
        tbi_server_step(server);
}

static void command_do(struct tbi_server *server, struct tbi_session *session, uint32_t kind,
                       const struct tbi_request *request, const struct tb_command *read)
{
    if (server->access == NULL || session->user != NULL) {
        command_take(server, session, kind, request, read);
        return;
    }
    order_keep(server, session);
    tbi_server_touch(server, session);
    tbi_server_refuse(session, "NOAUTH", "log in first: AUTH name password");
}

static void request_do(struct tbi_server *server, struct tbi_session *session,
                       const struct tbi_request *request)
{
    const struct tbi_argument *name = &request->arguments[0];
    const uint32_t kind = tbi_grammar_find(server->grammar, name);
    char text[160];

    if (kind != 0) {
        command_do(server, session, kind, request, NULL);
        return;
    }
    order_keep(server, session);
    tbi_server_touch(server, session);
    if (tbi_admin(server, session, request) || tbi_query(server, session, request))
        return;
    snprintf(text, sizeof text, "unknown command '%.*s'; COMMAND DOCS lists all there are",
             name->bytes < 64 ? (int)name->bytes : 64, name->text);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = '?';
    tbi_server_refuse(session, "ERR", text);
}

/* Takes requests out of the bytes until they end, or the session may go no further; the first
 * `count` of them have been read. The number of bytes used. */
static size_t requests_take(struct tbi_server *server, struct tbi_session *session,
                            const char *data, size_t bytes, const struct tbi_read *reads,
                            uint32_t count)
{
    size_t at = 0;

    for (uint32_t i = 1; !session->closing && !session->waits_login; i++) {
        if (session->out.size > TBI_OUT_MAX) /* it goes as a slow reader */
            break;
        struct tbi_request request;
        const char *wrong = NULL;
        size_t used;

        if (i % REQUESTS_BETWEEN == 0 && server->log != NULL &&
            !tbi_log_room(server->log, LOG_ROOM)) {
            server->stalled = true;
            break;
        }
        if (i <= count && reads[i - 1].kind != 0) {
            at += reads[i - 1].bytes;
            command_do(server, session, reads[i - 1].kind, NULL, &reads[i - 1].command);
            continue;
        }
        const enum tbi_resp_result r =
            tbi_resp_read(data + at, bytes - at, &request, &used, &wrong);
        if (r == TBI_RESP_MORE)
            break;
        if (r == TBI_RESP_BAD) {
            order_keep(server, session);
            tbi_server_refuse(session, "ERR Protocol error:", wrong);
            tbi_server_touch(server, session);
            session->closing = true;
            break;
        }
        at += used;
        if (request.count > 0)
            request_do(server, session, &request);
    }
    return at;
}

void tbi_server_input(struct tbi_server *server, struct tbi_session *session, const char *data,
                      size_t bytes)
{
    tbi_server_input_read(server, session, data, bytes, NULL, 0);
}

void tbi_server_input_read(struct tbi_server *server, struct tbi_session *session,
                           const char *data, size_t bytes, const struct tbi_read *reads,
                           uint32_t count)
{
    if (server->log != NULL && !server->stalled)
        server->stalled = !tbi_log_room(server->log, LOG_ROOM);
    if (session->in.size == 0 && !server->stalled && !session->waits_login) {
        const size_t used = requests_take(server, session, data, bytes, reads, count);
        if (used < bytes && !session->closing)
            tbi_bytes_add(&session->in, data + used, bytes - used);
        return;
    }
    if (bytes > 0)
        tbi_bytes_add(&session->in, data, bytes);
    if (server->stalled || session->waits_login) {
        const bool known = server->access == NULL || session->user != NULL;
        if (session->in.size > (known ? TBI_IN_MAX : TBI_REQUEST_MAX) && !session->closing) {
            tbi_server_refuse(session, "ERR", "too much is asked at once; read the answers first");
            session->closing = true;
            session->in.size = 0;
        }
        tbi_server_touch(server, session); /* what it holds is counted */
        return;
    }
    const size_t used =
        requests_take(server, session, session->in.data, session->in.size, NULL, 0);
    memmove(session->in.data, session->in.data + used, session->in.size - used);
    session->in.size -= used;
}

/* ---- log-ins ---- */

struct tbi_session *tbi_server_session(const struct tbi_server *server, uint64_t id)
{
    for (uint32_t i = 0; i < server->session_room; i++)
        if (server->sessions[i] != NULL && server->sessions[i]->id == id)
            return server->sessions[i];
    return NULL;
}

/* A request id is its user's own: another can't ask for the first answer by guessing it. */
void tbi_server_user_set(struct tbi_server *server, struct tbi_session *session,
                         const struct tbi_user *user)
{
    session->user = user;
    session->named = false;
    session->salt = 0;
    if (user != NULL) {
        const struct tbi_argument name = {user->name, (uint32_t)strlen(user->name)};
        session->salt = tbi_names_citizen(server->names, &name);
    }
}

void tbi_server_logins(struct tbi_server *server)
{
    struct tbi_access_answer answer;
    char peer[64];

    while (tbi_access_answer(server->access, &answer)) {
        struct tbi_session *session = tbi_server_session(server, answer.asker);

        if (session == NULL)
            continue;
        session->waits_login = false;
        if (answer.user != NULL) {
            tbi_server_user_set(server, session, answer.user);
            if (session->hello)
                tbi_admin_hello(server, session);
            else
                tbi_resp_status(&session->out, "OK");
        } else {
            if (server->watch != NULL)
                tbi_watch_add(server->watch, TBI_METRIC_LOGIN_FAILED, 1);
            tbi_server_refuse(session, "WRONGPASS",
                              "invalid username-password pair or user is "
                              "disabled.");
            session->closing = ++session->logins_failed == TBI_LOGIN_TRIES;
            if (session->closing) {
                tbi_peer_print(session->fd, peer, sizeof peer);
                fprintf(stderr, "serve: %u log-ins from %s with a wrong name or password; closed\n",
                        session->logins_failed, peer);
            }
        }
        tbi_server_touch(server, session);
        tbi_server_input(server, session, NULL, 0);
    }
}
