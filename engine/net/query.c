/* Questions that the city's own commands do not answer: explain, the past, the clock. */
#include <stdio.h>

#include "server.h"

/* Events of one answer. */
enum { EVENTS_MOST = 10000 };

static bool named(const struct tbi_request *request, const char *name, uint32_t arguments)
{
    return tbi_argument_is(&request->arguments[0], name) && request->count == arguments + 1;
}

/* What would this window call next, and why? Out of the very function that does it. */
static void explain(struct tbi_server *server, struct tbi_session *session,
                    const struct tbi_argument *window)
{
    static struct tb_explanation explanation;
    const uint32_t index = tbi_names_server(server->names, window);
    const struct tbi_user *user = session->user;

    if (index == TB_NONE)
        tbi_server_refuse(session, "SERVER_UNKNOWN",
                          "there is no such window or approver; they "
                          "are written HALL#1, HALL#2, ...");
    else if (user != NULL && (strchr("wdsm", user->role->letter) == NULL ||
                              !tbi_user_reaches(user, server->scenario->servers[index].station)))
        tbi_server_refuse(session, "NOPERM", "this window is not one of yours");
    else if (tb_city_explain(server->city, server->now, index, &explanation) == TB_STATUS_OK)
        tbi_reply_explanation(server->names, &explanation, tbi_push_sees_refs(session),
                              session->version, &session->out);
    else
        tbi_server_refuse(session, "SERVER_UNKNOWN", "there is no such window");
}

/* EVENTS.SINCE SEQUENCE [COUNT]: those after it that are kept, as pushed. */
static void since(struct tbi_server *server, struct tbi_session *session,
                  const struct tbi_request *request)
{
    static struct tbi_bytes text;
    const struct tbi_user *user = session->user;
    int64_t after, most = EVENTS_MOST;
    uint64_t count = 0, shown = 0;
    char refusal[160];

    if (request->count < 2 || !tbi_argument_integer(&request->arguments[1], &after) || after < 0 ||
        (request->count > 2 && !tbi_argument_integer(&request->arguments[2], &most))) {
        tbi_server_refuse(session, "ARGUMENTS", "EVENTS.SINCE wants: sequence [count]");
        return;
    }
    if (user != NULL && strchr("pwdsm", user->role->letter) == NULL) {
        tbi_server_refuse(session, "NOPERM", "this role may not read events");
        return;
    }
    most = most < 0 ? 0 : most > EVENTS_MOST ? EVENTS_MOST : most; /* the rest: ask again */
    const uint64_t first = (uint64_t)after + 1, last = server->push.last;
    if (first <= last && tbi_push_kept(&server->push, first) == NULL) {
        snprintf(refusal, sizeof refusal,
                 "events are kept from %llu on only; read what is now "
                 "with HALL.INFO and TICKET.INFO, then go on from there",
                 (unsigned long long)server->push.first);
        tbi_server_refuse(session, "EVENTS_GONE", refusal);
        return;
    }
    for (uint64_t s = first; s <= last && count < (uint64_t)most; s++, count++) {
        const struct tb_event *e = tbi_push_kept(&server->push, s);
        shown += user == NULL || user->everywhere ||
                 (e->station != TB_STATION_NONE && tbi_user_reaches(user, e->station));
    }
    tbi_resp_array(&session->out, shown);
    for (uint64_t s = first; s < first + count; s++) {
        const struct tb_event *e = tbi_push_kept(&server->push, s);
        size_t open_bytes;

        if (user != NULL && !user->everywhere &&
            (e->station == TB_STATION_NONE || !tbi_user_reaches(user, e->station)))
            continue;
        text.size = 0;
        tbi_reply_json(server->names, e, &text, &open_bytes);
        if (!tbi_push_sees_refs(session)) {
            text.size = open_bytes;
            tbi_bytes_add(&text, "}", 1);
        }
        tbi_resp_bulk(&session->out, text.data, text.size);
    }
}

/* CLOCK.SET TIME, under --clock manual: the city's time is what a driver says. */
static void clock_set(struct tbi_server *server, struct tbi_session *session,
                      const struct tbi_argument *time)
{
    int64_t at;

    if (!server->clock_manual)
        tbi_server_refuse(session, "NOPERM",
                          "the clock is the machine's; only a server that was "
                          "started with --clock manual has it set");
    else if (!tbi_argument_integer(time, &at) || at < server->now)
        tbi_server_refuse(session, "TIME_BACKWARDS",
                          "microseconds since 1970 are wanted, not "
                          "before the city's time");
    else {
        tbi_server_step(server);
        server->now = at;
        tbi_server_step(server);
        tbi_resp_integer(&session->out, at);
    }
}

bool tbi_query(struct tbi_server *server, struct tbi_session *session,
               const struct tbi_request *request)
{
    const struct tbi_argument *name = &request->arguments[0];
    const bool events = tbi_argument_is(name, "EVENTS.SINCE");
    const bool whatif = tbi_argument_is(name, "CITY.WHATIF");

    if (!events && !whatif && !named(request, "WINDOW.EXPLAIN", 1) &&
        !named(request, "CLOCK.SET", 1) && !named(request, "CLOCK.GET", 0))
        return false;
    if (server->access != NULL && session->user == NULL)
        tbi_server_refuse(session, "NOAUTH", "log in first: AUTH name password");
    else if (events)
        since(server, session, request);
    else if (whatif)
        tbi_whatif_ask(server, session, request);
    else if (tbi_argument_is(name, "WINDOW.EXPLAIN"))
        explain(server, session, &request->arguments[1]);
    else if (tbi_argument_is(name, "CLOCK.SET"))
        clock_set(server, session, &request->arguments[1]);
    else
        tbi_resp_integer(&session->out, server->now);
    return true;
}
