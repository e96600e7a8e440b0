/* export.c: `tongban log export`: the events of a log as CSV for Excel, and as XES (IEEE Std
 * 1849-2016), the format of process mining: a trace is a ticket or a case, an event is an event. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

struct events {
    struct tb_event *events;
    size_t count, room;
};

static void keep(void *context, const struct tb_event *events, uint32_t count)
{
    struct events *all = context;

    if (all->count + count > all->room) {
        all->room = (all->count + count) * 2;
        all->events = realloc(all->events, all->room * sizeof *events);
        tb_assert(all->events != NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].sequence != 0)
            all->events[all->count++] = events[i];
    }
}

/* ---- CSV ---- */

/* Quoted where it must be; a formula that Excel would run is made text. */
static void cell(FILE *out, const char *text)
{
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL || strchr("=+-@", text[0]) != NULL;

    if (!quoted || text[0] == 0) {
        fprintf(out, ",%s", text);
        return;
    }
    fputs(",\"", out);
    if (strchr("=+-@", text[0]) != NULL)
        fputc('\'', out);
    for (const char *at = text; *at != 0; at++) {
        if (*at == '"')
            fputc('"', out);
        fputc(*at, out);
    }
    fputc('"', out);
}

static void csv_write(const struct tbi_log_tool *tool, const struct events *all, FILE *out)
{
    char time[48], text[16];

    fputs("\xef\xbb\xbfsequence,at,event,station,server,ref,number,matter,group,class,value,"
          "value2\r\n",
          out);
    for (size_t i = 0; i < all->count; i++) {
        const struct tb_event *e = &all->events[i];
        tbi_log_tool_time(tool, e->at_us, time);
        fprintf(out, "%" PRIu64 ",%s,%s", e->sequence, time, tb_event_name(e->kind));
        cell(out,
             e->station == TB_STATION_NONE ? "" : tbi_log_tool_station(tool, e->station, text));
        cell(out, e->server == TB_NONE ? "" : tbi_log_tool_server(tool, e->server, text));
        if (e->ref != 0) /* 60 bits: Excel would round the number */
            fprintf(out, ",%016" PRIx64 ",%u", e->ref, e->number);
        else
            fputs(",,", out);
        cell(out, e->matter == TB_MATTER_NONE ? "" : tbi_log_tool_matter(tool, e->matter, text));
        fprintf(out, ",%u,%u,%" PRId64 ",%" PRId64 "\r\n", e->queue / TB_CLASSES,
                e->queue % TB_CLASSES, e->value, e->value2);
    }
}

/* ---- XES ---- */

static void attribute(FILE *out, const char *key, const char *value)
{
    fprintf(out, "      <string key=\"%s\" value=\"", key);
    for (; *value != 0; value++) {
        if (*value == '&')
            fputs("&amp;", out);
        else if (*value == '<')
            fputs("&lt;", out);
        else if (*value == '"')
            fputs("&quot;", out);
        else if ((unsigned char)*value >= ' ')
            fputc(*value, out);
    }
    fputs("\"/>\n", out);
}

static void xes_event(const struct tbi_log_tool *tool, const struct tb_event *e, FILE *out)
{
    char time[48], text[16];

    tbi_log_tool_time(tool, e->at_us, time);
    fputs("    <event>\n", out);
    attribute(out, "concept:name", tb_event_name(e->kind));
    fprintf(out, "      <date key=\"time:timestamp\" value=\"%s\"/>\n", time);
    attribute(out, "lifecycle:transition", "complete");
    if (e->server != TB_NONE)
        attribute(out, "org:resource", tbi_log_tool_server(tool, e->server, text));
    if (e->station != TB_STATION_NONE)
        attribute(out, "org:group", tbi_log_tool_station(tool, e->station, text));
    if (e->matter != TB_MATTER_NONE)
        attribute(out, "matter", tbi_log_tool_matter(tool, e->matter, text));
    fprintf(out,
            "      <int key=\"sequence\" value=\"%" PRIu64 "\"/>\n"
            "      <int key=\"value\" value=\"%" PRId64 "\"/>\n"
            "      <int key=\"value2\" value=\"%" PRId64 "\"/>\n    </event>\n",
            e->sequence, e->value, e->value2);
}

static int case_order(const void *a, const void *b)
{
    const struct tb_event *x = a, *y = b;

    if (x->ref != y->ref)
        return x->ref < y->ref ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void xes_write(const struct tbi_log_tool *tool, struct events *all, FILE *out)
{
    static const char *const kinds[] = {"", "ticket", "case", "visit"};

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<log xes.version=\"1849-2016\" xes.features=\"\" "
          "xmlns=\"http://www.xes-standard.org/\">\n",
          out);
    static const char *const extensions[] = {"Concept",   "concept",   "Time",           "time",
                                             "Lifecycle", "lifecycle", "Organizational", "org"};
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i += 2)
        fprintf(out,
                "  <extension name=\"%s\" prefix=\"%s\" "
                "uri=\"http://www.xes-standard.org/%s.xesext\"/>\n",
                extensions[i], extensions[i + 1], extensions[i + 1]);
    fputs("  <classifier name=\"Activity\" keys=\"concept:name\"/>\n", out);
    qsort(all->events, all->count, sizeof *all->events, case_order);
    for (size_t i = 0; i < all->count; i++) {
        const struct tb_event *e = &all->events[i];
        if (e->ref == 0)
            continue;
        if (i == 0 || e->ref != e[-1].ref) {
            const unsigned kind = tb_ref_kind(e->ref);
            fprintf(out,
                    "  <trace>\n    <string key=\"concept:name\" value=\"%s %016" PRIx64 "\"/>\n",
                    kind < 4 ? kinds[kind] : "", e->ref);
        }
        xes_event(tool, e, out);
        if (i + 1 == all->count || e->ref != e[1].ref)
            fputs("  </trace>\n", out);
    }
    fputs("</log>\n", out);
}

/* ---- files ---- */

/* Under its name only when whole. */
static int file_write(const struct tbi_log_tool *tool, struct events *all, const char *path,
                      void (*csv)(const struct tbi_log_tool *, const struct events *, FILE *))
{
    char tmp[4096];
    const bool standard = strcmp(path, "-") == 0;

    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    FILE *out = standard ? stdout : fopen(tmp, "w");
    if (out == NULL) {
        fprintf(stderr, "log: %s: %s 无法写入\n", tmp, strerror(errno));
        return 1;
    }
    if (csv != NULL)
        csv(tool, all, out);
    else
        xes_write(tool, all, out);
    bool well = fflush(out) == 0 && !ferror(out);
    if (!standard)
        well = fclose(out) == 0 && well && rename(tmp, path) == 0;
    if (!well) {
        fprintf(stderr, "log: %s: %s 无法写入\n", path, strerror(errno));
        if (!standard)
            remove(tmp);
    }
    return !well;
}

static int events_collect(struct tbi_log_tool *tool, struct events *all)
{
    struct tbi_log_reader reader;
    struct tbi_log_replay replay;
    struct tbi_log_read read;
    struct tbi_log_snapshot head = {0};

    int status =
        tbi_log_reader_open(&reader, tool->dir, tool->folder, tool->meta.config_id, 0, tool->error);
    if (status == 0 && reader.files.segment_count != 0 && reader.files.segments[0] != 1 &&
        reader.files.snapshot_count != 0)
        tbi_log_snapshot_load(tool->folder, tool->dir, &reader.files, tool->city, tool->city_bytes,
                              reader.files.snapshots[0], UINT64_MAX, &head, NULL, NULL);
    if (status == 0 && tbi_log_replay_open(&replay, tool->city) == 0) {
        replay.take = keep;
        replay.context = all;
        while ((status = tbi_log_reader_next(&reader, &read, tool->error)) == 1 &&
               read.head.lsn <= tool->to) {
            if (read.head.lsn > head.lsn)
                status = tbi_log_replay_entry(&replay, &read, tool->dir, tool->error);
            if (status < 0)
                break;
        }
        tbi_log_replay_close(&replay);
    }
    tbi_log_reader_close(&reader);
    return status < 0 ? status : 0;
}

int tbi_log_tool_export(struct tbi_log_tool *tool)
{
    struct events all = {0};

    if (tool->csv == NULL && tool->xes == NULL) {
        fputs("log: export wants --csv FILE or --xes FILE 请指定 --csv 或 --xes\n", stderr);
        return 2;
    }
    if (!tbi_log_tool_scenario(tool, false))
        return 2;
    int status = events_collect(tool, &all) < 0;
    if (status != 0)
        fprintf(stderr, "log: %s\n", tool->error);
    if (status == 0 && tool->csv != NULL)
        status = file_write(tool, &all, tool->csv, csv_write);
    if (status == 0 && tool->xes != NULL)
        status = file_write(tool, &all, tool->xes, NULL);
    free(all.events);
    return status;
}
