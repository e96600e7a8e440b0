/* Boards and the city as JSON. Only what may hang on a wall: numbers, windows, waits as ranges. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

void tbi_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fputc('\\', out);
        if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void label_print(FILE *out, const struct tb_label *label)
{
    fputs("\"id\":", out);
    tbi_json_string(out, label->id);
    fputs(",\"zh\":", out);
    tbi_json_string(out, label->zh);
    fputs(",\"en\":", out);
    tbi_json_string(out, label->en);
}

static const char *state_name(const struct server_seen *seen)
{
    static const char *const names[] = {
#define TB_SERVER_STATE(value, name, ...) [value] = #name,
#include "tongban/state.def"
#undef TB_SERVER_STATE
    };
    return seen->state < TB_SERVER_STATE_COUNT ? names[seen->state] : "CLOSED";
}

static void windows_print(const struct tbi_watch *watch, const struct tb_scenario_hall *hall,
                          FILE *out)
{
    fputs("\"windows\":[", out);
    for (uint32_t i = 0; i < hall->window_count; i++) {
        const uint32_t server = hall->window_first + i;
        struct server_seen seen = {0};

        tbi_seen_server(watch, server, &seen);
        fprintf(out, "%s{", i ? "," : "");
        label_print(out, &watch->scenario->servers[server].label);
        fprintf(out, ",\"state\":\"%s\",\"number\":%u,\"since_ms\":%" PRId64 "}", state_name(&seen),
                seen.number, seen.changed_at_us / 1000);
    }
    fputs("],", out);
}

/* A wait as a range, in whole minutes: half wait less than the first, nine in ten less than the
 * second; both -1 where no window that serves the line is open. */
static void line_print(const struct line_seen *line, FILE *out)
{
    const int64_t minute = TB_MINUTES(1);

    if (line->windows == 0 || line->half_us < 0) {
        fprintf(out, "\"ahead\":%u,\"half_min\":-1,\"nine_in_ten_min\":-1", line->ahead);
        return;
    }
    fprintf(out, "\"ahead\":%u,\"half_min\":%" PRId64 ",\"nine_in_ten_min\":%" PRId64, line->ahead,
            line->half_us / minute, (line->nine_in_ten_us + minute - 1) / minute);
}

void tbi_board_print(const struct tbi_watch *watch, uint32_t hall, FILE *out)
{
    const struct tb_scenario_hall *place = &watch->scenario->halls[hall];
    struct station_seen seen = {0};
    bool first = true;

    tbi_seen_station(watch, hall, &seen);
    fprintf(out,
            "{\"version\":%" PRIu64 ",\"now_ms\":%" PRId64 ",\"utc_offset_min\":%" PRId64
            ",\"hall\":{",
            seen.version, (int64_t)tbi_atomic_load_relaxed(TBI_WAS, &watch->now_us) / 1000,
            watch->scenario->utc_offset_us / TB_MINUTES(1));
    label_print(out, &place->label);
    fprintf(out, ",\"accepts\":%s,\"waiting\":%u,\"windows_open\":%u,\"number_last\":%u},",
            seen.accepts ? "true" : "false", seen.waiting, seen.windows_open, seen.number_last);
    windows_print(watch, place, out);
    fputs("\"lines\":[", out);
    for (uint32_t group = 0; group < watch->scenario->config.stations[hall].group_count; group++) {
        struct line_seen line;

        if (!tbi_seen_line(watch, hall, group, &line))
            continue;
        fprintf(out, "%s{", first ? "" : ",");
        first = false;
        label_print(out, &place->groups[group].label);
        fputc(',', out);
        line_print(&line, out);
        fputc('}', out);
    }
    fputs("]}", out);
}

/* The longest wait of a station's lines, as in line_print. */
static void longest_print(const struct tbi_watch *watch, uint32_t station, FILE *out)
{
    struct line_seen longest = {.half_us = -1};

    for (uint32_t g = 0; g < watch->scenario->config.stations[station].group_count; g++) {
        struct line_seen line;

        if (tbi_seen_line(watch, station, g, &line) && line.windows > 0 &&
            line.half_us > longest.half_us)
            longest = line;
    }
    fputc(',', out);
    line_print(&longest, out);
}

void tbi_city_print(const struct tbi_watch *watch, FILE *out)
{
    const char *trouble = tbi_health_trouble(watch);

    fprintf(out, "{\"now_ms\":%" PRId64 ",\"utc_offset_min\":%" PRId64 ",\"city\":{",
            (int64_t)tbi_atomic_load_relaxed(TBI_WAS, &watch->now_us) / 1000,
            watch->scenario->utc_offset_us / TB_MINUTES(1));
    label_print(out, &watch->scenario->label);
    fputs("},\"trouble\":", out);
    trouble ? tbi_json_string(out, trouble) : (void)fputs("null", out);
    fprintf(out, ",\"commands\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"stations\":[",
            tbi_atomic_load_relaxed(TBI_WAS, &watch->metrics[TBI_METRIC_COMMANDS]),
            tbi_atomic_load_relaxed(TBI_WAS, &watch->metrics[TBI_METRIC_CONNECTIONS]));
    for (uint32_t i = 0; i < watch->station_count; i++) {
        struct station_seen seen = {0};

        tbi_seen_station(watch, i, &seen);
        fprintf(out, "%s{", i ? "," : "");
        label_print(out, tbi_station_label(watch, i));
        fprintf(out,
                ",\"kind\":\"%s\",\"accepts\":%s,\"waiting\":%u,\"called\":%u,\"serving\":%u,"
                "\"windows_open\":%u,\"windows_ready\":%u,\"number_last\":%u",
                i < watch->scenario->hall_count ? "hall" : "desk", seen.accepts ? "true" : "false",
                seen.waiting, seen.called, seen.serving, seen.windows_open, seen.windows_ready,
                seen.number_last);
        longest_print(watch, i, out);
        fputc('}', out);
    }
    fputs("]}", out);
}

/* An id or a name inside HTML. */
static void html_print(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

void tbi_boards_print(const struct tbi_watch *watch, FILE *out)
{
    fputs("<!doctype html><html lang=zh><meta charset=utf-8><title>大厅屏幕 Boards</title>"
          "<style>body{font:20px/1.6 sans-serif;margin:2em;columns:22em;color:#1c2833}"
          "a{color:#0b5394;display:block}</style><h1>大厅屏幕</h1>",
          out);
    for (uint32_t i = 0; i < watch->scenario->hall_count; i++) {
        fputs("<a href=\"/board/", out);
        html_print(out, watch->scenario->halls[i].label.id);
        fputs("\">", out);
        html_print(out, watch->scenario->halls[i].label.zh);
        fputs("</a>\n", out);
    }
}
