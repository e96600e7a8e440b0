/* What is asked, and what answers: one row a path. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

static enum MHD_Result text_answer(struct MHD_Connection *connection, unsigned status,
                                   const char *type, char *text, size_t bytes,
                                   enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, text, mode);

    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(
        response, "Content-Security-Policy",
        "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'");
    const enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    return text_answer(connection, status, "text/plain; charset=utf-8", (char *)(uintptr_t)why,
                       strlen(why), MHD_RESPMEM_MUST_COPY);
}

/* The hall of /board/HALL or /board/HALL/events; ids may hold a slash themselves. */
static uint32_t hall_find(const struct tbi_watch *watch, const char *id, size_t bytes)
{
    for (uint32_t i = 0; i < watch->scenario->hall_count; i++) {
        const char *own = watch->scenario->halls[i].label.id;

        if (strlen(own) == bytes && memcmp(own, id, bytes) == 0)
            return i;
    }
    return TB_NONE;
}

static enum MHD_Result board_answer(struct tbi_watch *watch, struct MHD_Connection *connection,
                                    const char *id)
{
    static const char events[] = "/events";
    const size_t bytes = strlen(id), tail = sizeof events - 1;

    if (bytes > tail && strcmp(id + bytes - tail, events) == 0) {
        const uint32_t hall = hall_find(watch, id, bytes - tail);

        if (hall != TB_NONE) {
            struct MHD_Response *response = tbi_live_response(watch, hall, connection);
            MHD_add_response_header(response, "Content-Type", "text/event-stream");
            MHD_add_response_header(response, "Cache-Control", "no-store");
            const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
            MHD_destroy_response(response);
            return result;
        }
    } else if (hall_find(watch, id, bytes) != TB_NONE) {
        return text_answer(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
                           (char *)(uintptr_t)tbi_board_page,
                           (size_t)(tbi_board_page_end - tbi_board_page), MHD_RESPMEM_PERSISTENT);
    }
    return refuse(connection, MHD_HTTP_NOT_FOUND,
                  "没有这个大厅；/board 列出全部。There is no such hall; /board lists them.\n");
}

static void health_print(const struct tbi_watch *watch, FILE *out)
{
    const char *trouble = tbi_health_trouble(watch);

    fprintf(out, "{\"status\":\"%s\",\"trouble\":", trouble ? "bad" : "good");
    trouble ? tbi_json_string(out, trouble) : (void)fputs("null", out);
    fputs("}\n", out);
}

static const struct {
    const char *path, *type;
    void (*print)(const struct tbi_watch *watch, FILE *out);
} pages[] = {
    {"/health", "application/json", health_print},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", tbi_metrics_print},
    {"/city", "application/json", tbi_city_print},
    {"/board", "text/html; charset=utf-8", tbi_boards_print},
    {"/", "text/html; charset=utf-8", tbi_boards_print},
};

enum MHD_Result tbi_http_answer(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **own)
{
    struct tbi_watch *watch = context;
    (void)version, (void)upload, (void)upload_bytes, (void)own;

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET here\n");
    if (strncmp(url, "/board/", 7) == 0 && url[7] != 0)
        return board_answer(watch, connection, url + 7);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(url, pages[i].path) != 0)
            continue;
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        tb_assert(out != NULL);
        pages[i].print(watch, out);
        tb_assert(fclose(out) == 0);
        const bool bad = i == 0 && tbi_health_trouble(watch) != NULL;
        return text_answer(connection, bad ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
                           pages[i].type, text, bytes, MHD_RESPMEM_MUST_FREE);
    }
    return refuse(connection, MHD_HTTP_NOT_FOUND,
                  "there are /health, /metrics, /city, /board and /board/HALL\n");
}
