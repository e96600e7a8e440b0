#define _GNU_SOURCE /* asprintf */
#include "web/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "web/asset.h"

enum { CONNECTIONS_MAX = 32, IDLE_S = 120, EVENTS_BYTES = 32 << 10 };

struct tbs_web_server {
    struct tbs_web *web;
    struct MHD_Daemon *daemon;
    char listen[64];
    uint16_t port;
    atomic_bool ending;
};

/* A request's body, as far as it has come. */
struct upload {
    char *bytes;
    size_t count;
    bool long_;
};

bool tbs_web_host_allowed(const char *host, const char *listen, uint16_t port)
{
    const char *names[] = {"127.0.0.1", "localhost", listen};
    const bool anywhere = strcmp(listen, "0.0.0.0") == 0;

    if (host == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char own[96];
        snprintf(own, sizeof own, "%s:%u", names[i], port);
        if (strcmp(host, own) == 0 || (port == 80 && strcmp(host, names[i]) == 0)) {
            return true;
        }
    }
    /* Served to all: an address in numbers can't have been rebound, a name can. */
    char address[64];
    const size_t length = strcspn(host, ":");
    struct in_addr ignored;
    snprintf(address, sizeof address, "%.*s", (int)(length < 63 ? length : 63), host);
    return anywhere && inet_pton(AF_INET, address, &ignored) == 1;
}

/* ---- answers --------------------------------------------------------------------------------- */

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status, const char *type,
                             struct MHD_Response *response)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; script-src 'self'; style-src 'self'; "
                            "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
                            "form-action 'none'; frame-ancestors 'none'");
    const enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return queue(connection, status, "text/plain; charset=utf-8",
                 MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                 MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result asset_answer(struct MHD_Connection *connection, const char *url)
{
    const struct tbs_web_asset *asset = tbs_web_asset_find(url);

    if (asset == NULL) {
        return refuse(connection, MHD_HTTP_NOT_FOUND, "没有这一页；请打开首页 / 。No such page.\n");
    }
    return queue(connection, MHD_HTTP_OK, asset->type,
                 MHD_create_response_from_buffer((size_t)(asset->end - asset->bytes),
                                                 (void *)(uintptr_t)asset->bytes,
                                                 MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result api_answer(struct tbs_web_server *server, struct MHD_Connection *connection,
                                  const char *url, const struct upload *upload)
{
    struct tbs_web_reply reply;

    tbs_web_reply(server->web, url,
                  upload == NULL                ? NULL
                  : upload->bytes == NULL ? ""
                                                : upload->bytes,
                  upload == NULL   ? 0
                  : upload->long_ ? TBS_WEB_BODY_MAX + 1
                                  : upload->count,
                  &reply);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply.count, reply.bytes, MHD_RESPMEM_MUST_FREE);
    if (reply.file != NULL) {
        char header[96];
        snprintf(header, sizeof header, "attachment; filename=\"%s\"", reply.file);
        MHD_add_response_header(response, "Content-Disposition", header);
    }
    return queue(connection, reply.status, reply.type, response);
}

/* ---- a plan being found ---------------------------------------------------------------------- */

struct watcher {
    struct tbs_web_server *server;
    uint32_t job, step;
    char *text; /* the event at hand */
    size_t at, count;
};

/* Called by the connection's own thread, which may sleep. */
static ssize_t event_read(void *context, uint64_t position, char *out, size_t room)
{
    struct watcher *w = context;
    bool over = false;
    (void)position;

    if (w->at == w->count) {
        char *json = tbs_job_watch(&w->server->web->job, w->job, &w->step, &over);
        free(w->text);
        w->text = NULL;
        w->at = w->count = 0;
        if (json == NULL && (over || atomic_load(&w->server->ending))) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        /* A remark every second shows whether the page is still there. */
        const int n = json != NULL ? asprintf(&w->text, "id: %u\ndata: %s\n\n", w->step, json)
                                   : asprintf(&w->text, ": waiting\n\n");
        tbs_assert(n > 0);
        w->count = (size_t)n;
        free(json);
    }
    const size_t n = w->count - w->at < room ? w->count - w->at : room;
    memcpy(out, w->text + w->at, n);
    w->at += n;
    return (ssize_t)n;
}

static void watcher_free(void *context)
{
    struct watcher *w = context;

    free(w->text);
    free(w);
}

static enum MHD_Result events_answer(struct tbs_web_server *server,
                                     struct MHD_Connection *connection)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "job");
    const unsigned long job = text != NULL ? strtoul(text, NULL, 10) : 0;

    if (!tbs_job_is(&server->web->job, job)) {
        return refuse(connection, MHD_HTTP_NOT_FOUND, "没有这次求解。 No such search.\n");
    }
    struct watcher *w = calloc(1, sizeof *w);
    tbs_assert(w != NULL);
    w->server = server;
    w->job = (uint32_t)job;
    return queue(connection, MHD_HTTP_OK, "text/event-stream",
                 MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENTS_BYTES, event_read, w,
                                                   watcher_free));
}

/* ---- requests -------------------------------------------------------------------------------- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* A page of elsewhere can send a form to us, but no JSON of ours and no Origin of ours. */
static bool own_page(const struct tbs_web_server *server, struct MHD_Connection *connection)
{
    const char *origin = header(connection, "Origin"), *type = header(connection, "Content-Type");

    return origin != NULL && strncmp(origin, "http://", 7) == 0 &&
           tbs_web_host_allowed(origin + 7, server->listen, server->port) && type != NULL &&
           strncmp(type, "application/json", 16) == 0;
}

static void upload_add(struct upload *upload, const char *bytes, size_t count)
{
    if (upload->long_ || upload->count + count > TBS_WEB_BODY_MAX) {
        upload->long_ = true;
        return;
    }
    upload->bytes = realloc(upload->bytes, upload->count + count + 1);
    tbs_assert(upload->bytes != NULL);
    memcpy(upload->bytes + upload->count, bytes, count);
    upload->count += count;
    upload->bytes[upload->count] = '\0';
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *count, void **own)
{
    struct tbs_web_server *server = context;
    struct upload *upload = *own;
    const bool post = strcmp(method, "POST") == 0;
    (void)version;

    if (!tbs_web_host_allowed(header(connection, "Host"), server->listen, server->port)) {
        return refuse(connection, MHD_HTTP_FORBIDDEN,
                      "请从启动时打印的地址打开。 Open the address printed at the start.\n");
    }
    if (!post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET, POST\n");
    }
    if (post && !own_page(server, connection)) {
        return refuse(connection, MHD_HTTP_FORBIDDEN, "only the workbench's own page may ask\n");
    }
    if (upload == NULL) {
        *own = upload = calloc(1, sizeof *upload);
        return upload != NULL ? MHD_YES : MHD_NO;
    }
    if (*count > 0) {
        upload_add(upload, bytes, *count);
        *count = 0;
        return MHD_YES;
    }
    if (!post && strcmp(url, "/api/search/events") == 0) {
        return events_answer(server, connection);
    }
    if (post || strncmp(url, "/api/", 5) == 0) {
        return api_answer(server, connection, url, post ? upload : NULL);
    }
    return asset_answer(connection, url);
}

static void completed(void *context, struct MHD_Connection *connection, void **own,
                      enum MHD_RequestTerminationCode code)
{
    struct upload *upload = *own;
    (void)context, (void)connection, (void)code;

    if (upload != NULL) {
        free(upload->bytes);
        free(upload);
        *own = NULL;
    }
}

/* ---- the server ------------------------------------------------------------------------------ */

struct tbs_web_server *tbs_web_serve(struct tbs_web *web, const char *listen, uint16_t port,
                                     char error[256])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct tbs_web_server *server = calloc(1, sizeof *server);

    tbs_assert(server != NULL);
    server->web = web;
    server->port = port;
    snprintf(server->listen, sizeof server->listen, "%s", listen);
    if (inet_pton(AF_INET, listen, &address.sin_addr) != 1) {
        snprintf(error, 256, "%s 不是地址（如 127.0.0.1）。 Not an address like it.", listen);
        free(server);
        return NULL;
    }
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, port, NULL,
        NULL, answer, server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (server->daemon == NULL) {
        snprintf(error, 256, "%s:%u: %s。请换一个 --port。 Choose another --port.", listen, port,
                 strerror(errno));
        free(server);
        return NULL;
    }
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return server;
}

uint16_t tbs_web_port(const struct tbs_web_server *server)
{
    return server->port;
}

void tbs_web_stop(struct tbs_web_server *server)
{
    atomic_store(&server->ending, true);
    MHD_stop_daemon(server->daemon);
    free(server);
}
