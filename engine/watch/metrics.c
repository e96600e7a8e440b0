/* The Prometheus text format 0.0.4. */
#include <inttypes.h>

#include "inside.h"

static const struct {
    const char *type, *name, *help;
} metrics[] = {
#define TBI_METRIC(name, type, text, help) {type, text, help},
#include "metric.def"
#undef TBI_METRIC
};

static uint64_t value(const tbi_atomic_u64 *counter)
{
    return tbi_atomic_load_relaxed(TBI_WAS, counter);
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and newline escaped. */
static void label_print(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            fputc(*text, out);
    }
}

static void turns_print(const struct tbi_watch *watch, FILE *out)
{
    static const char name[] = "tongban_turn_seconds";
    uint64_t count = 0;

    head(out, name, "histogram", "A turn of the scheduler's loop, from waking to its replies.");
    for (int i = 0; i < TURN_BUCKETS; i++) {
        count += value(&watch->turns[i]);
        fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)(1u << i) / 1e6, count);
    }
    count += value(&watch->turns[TURN_BUCKETS]);
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    fprintf(out, "%s_sum %.9f\n", name, (double)value(&watch->turn_ns) / 1e9);
    fprintf(out, "%s_count %" PRIu64 "\n", name, count);
}

/* One row a gauge of halls and desks: its name, help, and member of struct station_seen. */
#define STATION_GAUGES(X)                                                                          \
    X(waiting, "People (desks: tasks) that wait.")                                                 \
    X(called, "Called, and not yet at the window.")                                                \
    X(serving, "Being served.")                                                                    \
    X(booked, "Appointments that have not checked in.")                                            \
    X(parked, "Out of the line for a while.")                                                      \
    X(heading, "On the way, as advised.")                                                          \
    X(windows_open, "Windows (desks: approvers) that are staffed.")                                \
    X(windows_ready, "Of those, ready for the next.")                                              \
    X(number_last, "The last number given today.")

static void stations_print(const struct tbi_watch *watch, FILE *out)
{
    struct station_seen seen;

#define GAUGE(member, help)                                                                        \
    head(out, "tongban_station_" #member, "gauge", help);                                          \
    for (uint32_t i = 0; i < watch->station_count; i++) {                                          \
        if (!tbi_seen_station(watch, i, &seen))                                                    \
            continue;                                                                              \
        fputs("tongban_station_" #member "{station=\"", out);                                      \
        label_print(out, tbi_station_label(watch, i)->id);                                         \
        fprintf(out, "\"} %u\n", seen.member);                                                     \
    }
    STATION_GAUGES(GAUGE)
#undef GAUGE
}

void tbi_metrics_print(const struct tbi_watch *watch, FILE *out)
{
    head(out, "tongban_up", "gauge", "1 while the scheduler is well, see /health.");
    fprintf(out, "tongban_up %d\n", tbi_health_trouble(watch) == NULL);
    for (int i = 0; i < TBI_METRIC_COUNT; i++) {
        head(out, metrics[i].name, metrics[i].type, metrics[i].help);
        fprintf(out, "%s %" PRIu64 "\n", metrics[i].name, value(&watch->metrics[i]));
    }
    head(out, "tongban_events_total", "counter", "Events of the city, by kind.");
    for (uint32_t kind = 1; kind < TB_EVENT_COUNT; kind++)
        fprintf(out, "tongban_events_total{kind=\"%s\"} %" PRIu64 "\n", tb_event_name(kind),
                value(&watch->events[kind]));
    turns_print(watch, out);
    stations_print(watch, out);
}
