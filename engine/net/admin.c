/* What every Redis client asks for, and nothing of the city. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>

#include "server.h"

static void wrong_count(struct tbi_session *session)
{
    tbi_server_refuse(session, "ERR",
                      "wrong number of arguments; COMMAND DOCS says what is "
                      "wanted");
}

/* ---- who it is ---- */

void tbi_admin_hello(struct tbi_server *server, struct tbi_session *session)
{
    struct tbi_bytes *out = &session->out;
    (void)server;

    session->hello = false;
    tbi_resp_map(out, session->version, 7);
    tbi_resp_string(out, "server"), tbi_resp_string(out, "tongban");
    tbi_resp_string(out, "version"), tbi_resp_string(out, "7.0.0");
    tbi_resp_string(out, "proto"), tbi_resp_integer(out, session->version);
    tbi_resp_string(out, "id"), tbi_resp_integer(out, (int64_t)session->id);
    tbi_resp_string(out, "mode"), tbi_resp_string(out, "standalone");
    tbi_resp_string(out, "role"), tbi_resp_string(out, "master");
    tbi_resp_string(out, "modules"), tbi_resp_array(out, 0);
}

static void login(struct tbi_server *server, struct tbi_session *session,
                  const struct tbi_argument *name, const struct tbi_argument *password)
{
    if (server->access == NULL) {
        tbi_server_refuse(session, "ERR",
                          "AUTH <password> called without any password configured "
                          "for the default user. Start with --access FILE to have users.");
        return;
    }
    if (tbi_access_ask(server->access, session->id, name->text, name->bytes, password->text,
                       password->bytes))
        session->waits_login = true;
    else
        tbi_server_refuse(session, "BUSY", "too many log in at once; try again in a second");
}

static void auth(struct tbi_server *server, struct tbi_session *session,
                 const struct tbi_request *request)
{
    static const struct tbi_argument default_name = {"default", 7};

    if (request->count < 2 || request->count > 3)
        wrong_count(session);
    else if (request->count == 2)
        login(server, session, &default_name, &request->arguments[1]);
    else
        login(server, session, &request->arguments[1], &request->arguments[2]);
}

/* It stands in lists and in the log: one word of ASCII. */
static bool name_set(struct tbi_session *session, const struct tbi_argument *name)
{
    for (uint32_t i = 0; i < name->bytes; i++)
        if (name->text[i] < '!' || name->text[i] > '~') {
            tbi_server_refuse(
                session, "ERR",
                "Client names cannot contain spaces, newlines or special characters.");
            return false;
        }
    const size_t bytes =
        name->bytes < TBI_SESSION_NAME_MAX ? name->bytes : TBI_SESSION_NAME_MAX - 1;

    memcpy(session->name, name->text, bytes);
    session->name[bytes] = 0;
    return true;
}

static void hello(struct tbi_server *server, struct tbi_session *session,
                  const struct tbi_request *request)
{
    int64_t version = session->version;
    const struct tbi_argument *name = NULL;
    uint32_t at = 2;

    if (request->count > 1 &&
        (!tbi_argument_integer(&request->arguments[1], &version) || version < 2 || version > 3)) {
        tbi_server_refuse(session, "NOPROTO", "unsupported protocol version; 2 and 3 are spoken");
        return;
    }
    while (at < request->count) {
        if (tbi_argument_is(&request->arguments[at], "AUTH") && at + 2 < request->count) {
            name = &request->arguments[at + 1];
            at += 3;
        } else if (tbi_argument_is(&request->arguments[at], "SETNAME") && at + 1 < request->count) {
            if (!name_set(session, &request->arguments[at + 1]))
                return;
            at += 2;
        } else {
            tbi_server_refuse(session, "ERR",
                              "Syntax error in HELLO: AUTH name password and "
                              "SETNAME name are allowed");
            return;
        }
    }
    session->version = (int)version;
    if (name != NULL) {
        session->hello = true;
        login(server, session, name, name + 1);
        session->hello &= session->waits_login;
    } else if (server->access != NULL && session->user == NULL) {
        tbi_server_refuse(session, "NOAUTH",
                          "HELLO must be called with the client already "
                          "authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option "
                          "can be used");
    } else {
        tbi_admin_hello(server, session);
    }
}

/* ---- small things ---- */

static void ping(struct tbi_server *server, struct tbi_session *session,
                 const struct tbi_request *request)
{
    const bool listening = session->version == 2 && session->subscription_count > 0;
    (void)server;

    if (listening) {
        tbi_resp_array(&session->out, 2);
        tbi_resp_string(&session->out, "pong");
    }
    if (request->count > 1)
        tbi_resp_bulk(&session->out, request->arguments[1].text, request->arguments[1].bytes);
    else if (listening)
        tbi_resp_string(&session->out, "");
    else
        tbi_resp_status(&session->out, "PONG");
}

static void echo(struct tbi_server *server, struct tbi_session *session,
                 const struct tbi_request *request)
{
    (void)server;
    if (request->count != 2)
        wrong_count(session);
    else
        tbi_resp_bulk(&session->out, request->arguments[1].text, request->arguments[1].bytes);
}

static void quit(struct tbi_server *server, struct tbi_session *session,
                 const struct tbi_request *request)
{
    (void)server, (void)request;
    tbi_resp_status(&session->out, "OK");
    session->closing = true;
}

static void reset(struct tbi_server *server, struct tbi_session *session,
                  const struct tbi_request *request)
{
    (void)request;
    tbi_push_leave(&server->push, session);
    tbi_server_user_set(server, session, NULL);
    session->version = 2;
    session->values = false;
    session->name[0] = 0;
    tbi_resp_status(&session->out, "RESET");
}

static void select_(struct tbi_server *server, struct tbi_session *session,
                    const struct tbi_request *request)
{
    (void)server;
    if (request->count == 2 && tbi_argument_is(&request->arguments[1], "0"))
        tbi_resp_status(&session->out, "OK");
    else
        tbi_server_refuse(session, "ERR", "DB index is out of range; there is one city, 0");
}

static void client_list(struct tbi_server *server, struct tbi_session *session)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    tb_assert(out != NULL);
    for (uint32_t i = 0; i < server->session_room; i++) {
        const struct tbi_session *s = server->sessions[i];
        if (s != NULL)
            fprintf(out, "id=%" PRIu64 " name=%s resp=%d sub=%u user=%s\n", s->id, s->name,
                    s->version, s->subscription_count, s->user ? s->user->name : "");
    }
    tb_assert(fclose(out) == 0);
    tbi_resp_bulk(&session->out, text, bytes);
    free(text);
}

static void client(struct tbi_server *server, struct tbi_session *session,
                   const struct tbi_request *request)
{
    const struct tbi_argument *word = &request->arguments[1];

    if (request->count < 2) {
        wrong_count(session);
    } else if (tbi_argument_is(word, "ID")) {
        tbi_resp_integer(&session->out, (int64_t)session->id);
    } else if (tbi_argument_is(word, "GETNAME")) {
        tbi_resp_string(&session->out, session->name);
    } else if (tbi_argument_is(word, "SETNAME") && request->count == 3) {
        if (name_set(session, &request->arguments[2]))
            tbi_resp_status(&session->out, "OK");
    } else if (tbi_argument_is(word, "SETINFO") || tbi_argument_is(word, "NO-EVICT") ||
               tbi_argument_is(word, "NO-TOUCH")) {
        tbi_resp_status(&session->out, "OK");
    } else if (tbi_argument_is(word, "ANSWERS") && request->count == 3 &&
               (tbi_argument_is(&request->arguments[2], "VALUES") ||
                tbi_argument_is(&request->arguments[2], "NAMES"))) {
        session->values = tbi_argument_is(&request->arguments[2], "VALUES");
        tbi_resp_status(&session->out, "OK");
    } else if (tbi_argument_is(word, "LIST") || tbi_argument_is(word, "INFO")) {
        if (session->user != NULL && strchr("sm", session->user->role->letter) == NULL)
            tbi_server_refuse(session, "NOPERM", "supervisors and monitors may see who is here");
        else
            client_list(server, session);
    } else {
        tbi_server_refuse(session, "ERR",
                          "unknown subcommand; ID, GETNAME, SETNAME, SETINFO, LIST and "
                          "ANSWERS NAMES|VALUES are there");
    }
}

static void info(struct tbi_server *server, struct tbi_session *session,
                 const struct tbi_request *request)
{
    struct tbi_log_counts counts = {0};
    char text[1024];
    (void)request;

    if (server->log != NULL)
        tbi_log_counts(server->log, &counts);
    const int bytes = snprintf(
        text, sizeof text,
        "# Server\r\nredis_version:7.0.0\r\nserver:tongban\r\nredis_mode:standalone\r\n"
        "uptime_in_seconds:%" PRId64 "\r\n# Clients\r\nconnected_clients:%u\r\n"
        "subscriptions:%" PRIu64 "\r\n# Stats\r\ntotal_connections_received:%" PRIu64 "\r\n"
        "total_commands_processed:%" PRIu64 "\r\nrefused:%" PRIu64 "\r\n# City\r\n"
        "sequence:%" PRIu64 "\r\ncity_time_us:%" PRId64 "\r\nconfig_id:%016" PRIx64 "\r\n"
        "# Persistence\r\nlog:%s\r\nlog_lsn:%" PRIu64 "\r\nlog_durable:%" PRIu64 "\r\n"
        "log_bytes:%" PRIu64 "\r\nlog_groups:%" PRIu64 "\r\nsnapshots:%" PRIu64 "\r\n"
        "whatif_running:%d\r\n",
        (server->now - server->started_at) / 1000000, server->session_count, server->push.count,
        server->connections_taken, server->commands_done, server->refused,
        tb_city_sequence(server->city), server->now, tb_city_config_id(server->city),
        server->log == NULL                ? "none"
        : tbi_log_failed(server->log) != 0 ? "failed"
                                           : "good",
        server->log ? tbi_log_lsn(server->log) : 0, server->log ? tbi_log_durable(server->log) : 0,
        counts.bytes, counts.groups, counts.snapshots,
        server->whatif != NULL && tbi_whatif_busy(server->whatif));
    tbi_resp_bulk(&session->out, text, (size_t)bytes);
}

/* The settings that clients look for; all others are in the config file. */
static void config(struct tbi_server *server, struct tbi_session *session,
                   const struct tbi_request *request)
{
    char clients[16], threads[16];
    const char *const settings[][2] = {
        {"maxclients", clients},
        {"save", ""},
        {"appendonly", server->log ? "yes" : "no"},
        {"appendfsync", server->options->durability_ms == 0  ? "always"
                        : server->options->durability_ms > 0 ? "everysec"
                                                             : "no"},
        {"databases", "1"},
        {"io-threads", threads}};
    enum { SETTINGS = sizeof settings / sizeof settings[0] };
    char pattern[64];
    uint32_t found = 0;

    snprintf(clients, sizeof clients, "%u", server->options->connections_max);
    snprintf(threads, sizeof threads, "%u", server->options->threads);
    if (request->count < 3 || !tbi_argument_is(&request->arguments[1], "GET")) {
        tbi_server_refuse(session, "ERR",
                          "only CONFIG GET; settings are changed in the config "
                          "file");
        return;
    }
    snprintf(pattern, sizeof pattern, "%.*s", (int)request->arguments[2].bytes,
             request->arguments[2].text);
    for (int i = 0; i < SETTINGS; i++)
        found += fnmatch(pattern, settings[i][0], 0) == 0;
    tbi_resp_map(&session->out, session->version, found);
    for (int i = 0; i < SETTINGS; i++)
        if (fnmatch(pattern, settings[i][0], 0) == 0) {
            tbi_resp_string(&session->out, settings[i][0]);
            tbi_resp_string(&session->out, settings[i][1]);
        }
}

/* ---- subscriptions ---- */

static void confirm(struct tbi_session *session, const char *what, const char *name, size_t bytes)
{
    tbi_resp_push(&session->out, session->version, 3);
    tbi_resp_string(&session->out, what);
    if (name != NULL)
        tbi_resp_bulk(&session->out, name, bytes);
    else
        tbi_resp_null(&session->out, session->version);
    tbi_resp_integer(&session->out, session->subscription_count);
}

static uint32_t stars(const struct tbi_argument *pattern)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < pattern->bytes; i++)
        count += pattern->text[i] == '*';
    return count;
}

static void subscribe(struct tbi_server *server, struct tbi_session *session,
                      const struct tbi_request *request)
{
    const bool pattern = (request->arguments[0].text[0] & 0xdf) == 'P';

    if (request->count < 2) {
        wrong_count(session);
        return;
    }
    for (uint32_t i = 1; i < request->count; i++) {
        if (session->subscription_count == TBI_SUBSCRIPTIONS_MAX ||
            (pattern && stars(&request->arguments[i]) > TBI_STARS_MAX)) {
            tbi_server_refuse(session, "ERR",
                              "4096 subscriptions a connection and 4 stars a pattern are allowed; "
                              "the channel 'city' has everything");
            return;
        }
        tbi_push_subscribe(&server->push, session, &request->arguments[i], pattern);
        confirm(session, pattern ? "psubscribe" : "subscribe", request->arguments[i].text,
                request->arguments[i].bytes);
    }
}

static void unsubscribe(struct tbi_server *server, struct tbi_session *session,
                        const struct tbi_request *request)
{
    const bool pattern = (request->arguments[0].text[0] & 0xdf) == 'P';
    const char *what = pattern ? "punsubscribe" : "unsubscribe";
    struct tbi_bytes name = {0};
    bool any = false;

    for (uint32_t i = 1; i < request->count; i++) {
        tbi_push_unsubscribe(&server->push, session, &request->arguments[i], pattern, &name);
        confirm(session, what, request->arguments[i].text, request->arguments[i].bytes);
    }
    if (request->count == 1) {
        while (tbi_push_unsubscribe(&server->push, session, NULL, pattern, &name)) {
            confirm(session, what, name.data, name.size);
            any = true;
        }
        if (!any)
            confirm(session, what, NULL, 0);
    }
    tbi_bytes_free(&name);
}

/* One row a command. open: allowed before the log-in. */
static const struct {
    const char *name;
    void (*run)(struct tbi_server *server, struct tbi_session *session,
                const struct tbi_request *request);
    bool open;
} rows[] = {
    {"PING", ping, true},
    {"HELLO", hello, true},
    {"AUTH", auth, true},
    {"QUIT", quit, true},
    {"RESET", reset, true},
    {"ECHO", echo, false},
    {"SELECT", select_, false},
    {"CLIENT", client, false},
    {"COMMAND", tbi_docs, true},
    {"INFO", info, false},
    {"CONFIG", config, false},
    {"SUBSCRIBE", subscribe, false},
    {"PSUBSCRIBE", subscribe, false},
    {"UNSUBSCRIBE", unsubscribe, false},
    {"PUNSUBSCRIBE", unsubscribe, false},
};

bool tbi_admin(struct tbi_server *server, struct tbi_session *session,
               const struct tbi_request *request)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!tbi_argument_is(&request->arguments[0], rows[i].name))
            continue;
        if (server->access != NULL && session->user == NULL && !rows[i].open)
            tbi_server_refuse(session, "NOAUTH", "log in first: AUTH name password");
        else
            rows[i].run(server, session, request);
        return true;
    }
    return false;
}
