/* A day of the simulator's citizens and clerks, on a scheduler. The simulator's own city decides
 * what they do next; each of its commands goes to the scheduler too, and each of its events must
 * be what the scheduler says: the answer to who asked, and the event to who listens. */
#include "drive/command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drive/wire.h"
#include "model/model.h"
#include "run/arguments.h"
#include "run/whole.h"

enum { CONNECTIONS_MAX = 10000 };

struct drive {
    const struct tb_scenario *scenario;
    struct tbs_wire *wire;
    struct tb_event *events; /* of the simulator's city, in their order */
    size_t count, room, heard;
    redisReply *reply; /* to the command at hand */
    uint64_t commands;
    char error[2 * TBS_WIRE_ERROR_MAX]; /* "": the same so far */
};

static void differs(struct drive *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void differs(struct drive *d, const char *format, ...)
{
    va_list arguments;

    if (d->error[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(d->error, sizeof d->error, format, arguments);
        va_end(arguments);
    }
}

/* ---- what is pushed ---- */

static bool text_same(const json_t *object, const char *key, const char *wanted)
{
    const char *is = json_string_value(json_object_get(object, key));

    return wanted == NULL ? is == NULL : is != NULL && strcmp(is, wanted) == 0;
}

static bool event_same(const struct drive *d, const struct tb_event *e, const json_t *o)
{
    const struct tb_scenario *s = d->scenario;
    const char *ref = json_string_value(json_object_get(o, "ref"));
    char digits[17];

    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)e->ref);
    return json_integer_value(json_object_get(o, "sequence")) == (json_int_t)e->sequence &&
           json_integer_value(json_object_get(o, "at_us")) == e->at_us &&
           json_integer_value(json_object_get(o, "number")) == e->number &&
           text_same(o, "event", tb_event_name(e->kind)) &&
           text_same(o, "station",
                     e->station == TB_STATION_NONE ? NULL
                                                   : tbs_wire_station(d->wire, e->station)) &&
           text_same(o, "window",
                     e->server == TB_NONE ? NULL : s->servers[e->server].label.id) &&
           text_same(o, "matter",
                     e->matter == TB_MATTER_NONE ? NULL : s->matters[e->matter].label.id) &&
           (e->ref == 0 ? ref == NULL : ref != NULL && strncmp(ref, digits, 16) == 0);
}

static void refs_keep(struct drive *d, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_is_string(value) && json_string_length(value) == 32 &&
            strspn(json_string_value(value), "0123456789abcdef") == 32) {
            tbs_wire_ref(d->wire, json_string_value(value));
        }
    }
}

/* The scheduler's events beside the simulator's, as far as both are there; with `wait` to the last
 * of the simulator's. */
static void events_hear(struct drive *d, bool wait)
{
    while (d->error[0] == '\0' && d->heard < d->count) {
        const struct tb_event *e = &d->events[d->heard];
        char *text = tbs_wire_event(d->wire, wait);
        if (text == NULL) {
            if (wait) {
                differs(d, "event %llu, %s, was never pushed", (unsigned long long)e->sequence,
                        tb_event_name(e->kind));
            }
            return;
        }
        json_t *object = json_loads(text, 0, NULL);
        refs_keep(d, object);
        if (object == NULL || !event_same(d, e, object)) {
            differs(d, "event %llu: %s at %lld, station %s, number %u in the simulator; pushed: %s",
                    (unsigned long long)e->sequence, tb_event_name(e->kind), (long long)e->at_us,
                    e->station == TB_STATION_NONE ? "-" : tbs_wire_station(d->wire, e->station),
                    e->number, text);
        }
        json_decref(object);
        free(text);
        d->heard++;
    }
}

/* ---- what is answered ---- */

static const char *answered(const redisReply *reply, const char *name)
{
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        if (reply->element[i]->str != NULL && strcmp(reply->element[i]->str, name) == 0) {
            return reply->element[i + 1]->str;
        }
    }
    return "";
}

static void answer_compare(struct drive *d, const struct tb_event *e)
{
    const redisReply *reply = d->reply;

    if (reply == NULL) {
        return;
    }
    if (e->kind == TB_EVENT_REFUSED) {
        const char *code = tb_status_name((uint32_t)e->value);
        const size_t n = strlen(code);
        if (reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, code, n) != 0 ||
            reply->str[n] != ' ') {
            differs(d, "command %llu: refused by the simulator's city with %s, not so here: %s",
                    (unsigned long long)d->commands, code,
                    reply->type == REDIS_REPLY_ERROR ? reply->str : "done");
        }
    } else if (reply->type != REDIS_REPLY_ARRAY) {
        differs(d, "command %llu: %s in the simulator; here: %s", (unsigned long long)d->commands,
                tb_event_name(e->kind), reply->str != NULL ? reply->str : "?");
    } else if (e->kind == TB_EVENT_SUGGESTED) {
        if (reply->elements == 0 || strcmp(answered(reply->element[0], "station"),
                                           tbs_wire_station(d->wire, e->station)) != 0) {
            differs(d, "command %llu: another hall was suggested", (unsigned long long)d->commands);
        }
    } else if (e->sequence != 0 && strcmp(answered(reply, "event"), tb_event_name(e->kind)) != 0) {
        differs(d, "command %llu: %s in the simulator; here: %s", (unsigned long long)d->commands,
                tb_event_name(e->kind), answered(reply, "event"));
    }
    freeReplyObject(d->reply);
    d->reply = NULL;
}

/* ---- the simulator says ---- */

static void on_command(void *context, tb_time now, const struct tb_command *command)
{
    struct drive *d = context;

    events_hear(d, false);
    if (d->error[0] == '\0' && command->ref != 0 && !tbs_wire_knows(d->wire, command->ref)) {
        /* A reference must be told before it is used: what brought it may be due only now. */
        freeReplyObject(tbs_wire_send(d->wire, now, NULL, d->error));
        events_hear(d, true);
    }
    if (d->error[0] != '\0') {
        return;
    }
    d->commands++;
    d->reply = tbs_wire_send(d->wire, now, command, d->error);
}

static void on_event(void *context, const struct tb_event *event)
{
    struct drive *d = context;

    if (event->flags & TB_EVENT_FLAG_ANSWER) {
        answer_compare(d, event);
    }
    if (event->sequence == 0) {
        return;
    }
    if (d->count == d->room) {
        d->room = d->room * 2 + 4096;
        d->events = realloc(d->events, d->room * sizeof *d->events);
        tbs_assert(d->events != NULL);
    }
    d->events[d->count++] = *event;
}

/* ---- the events as a table, as `tongban log export --csv` writes them ---- */

static void time_write(FILE *out, tb_time at_us, int64_t offset_us)
{
    const int64_t local_us = at_us + offset_us;
    const int64_t minutes = (offset_us < 0 ? -offset_us : offset_us) / TB_MINUTES(1);
    const time_t seconds = (time_t)(local_us / 1000000);
    struct tm parts;
    char date[24];

    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%FT%T", &parts);
    fprintf(out, "%s.%06d%c%02d:%02d", date, (int)(local_us % 1000000), offset_us < 0 ? '-' : '+',
            (int)(minutes / 60), (int)(minutes % 60));
}

static void event_write(FILE *out, const struct drive *d, const struct tb_event *e)
{
    const struct tb_scenario *s = d->scenario;

    fprintf(out, "%llu,", (unsigned long long)e->sequence);
    time_write(out, e->at_us, s->utc_offset_us);
    fprintf(out, ",%s,", tb_event_name(e->kind));
    if (e->station == s->remote_station && e->station != TB_STATION_NONE) {
        fprintf(out, "%u", e->station); /* it has no id */
    } else if (e->station != TB_STATION_NONE) {
        fputs(tbs_wire_station(d->wire, e->station), out);
    }
    fprintf(out, ",%s", e->server == TB_NONE ? "" : s->servers[e->server].label.id);
    if (e->ref != 0) {
        fprintf(out, ",%016llx,%u,", (unsigned long long)e->ref, e->number);
    } else {
        fputs(",,,", out);
    }
    fprintf(out, "%s,%u,%u,%lld,%lld\r\n",
            e->matter == TB_MATTER_NONE ? "" : s->matters[e->matter].label.id,
            e->queue / TB_CLASSES, e->queue % TB_CLASSES, (long long)e->value,
            (long long)e->value2);
}

static bool table_write(const struct drive *d, const char *path)
{
    struct tbs_run_error error;
    struct tbs_whole whole;
    bool good = tbs_whole_open(&whole, path, &error);

    if (good) {
        fputs("\xef\xbb\xbfsequence,at,event,station,server,ref,number,matter,group,class,value,"
              "value2\r\n",
              whole.out);
        for (size_t i = 0; i < d->count; i++) {
            event_write(whole.out, d, &d->events[i]);
        }
        good = tbs_whole_close(&whole, true, &error);
    }
    if (!good) {
        fprintf(stderr, "tongban drive: %s\n", error.text);
    }
    return good;
}

/* ---- the command line ---- */

struct arguments {
    const char *scenario, *connect, *events, *users;
    uint32_t connections, days;
    uint64_t seed;
};

static const char usage[] =
    "usage: tongban drive SCENARIO --connect unix:PATH|HOST:PORT [--connections 50] [--days 1]\n"
    "                     [--seed 1] [--events FILE] [--users FILE]\n"
    "Lives the first days of the scenario's calendar on a scheduler started with --clock manual:\n"
    "all that the simulation's citizens and clerks do goes there, and every answer and event must\n"
    "be the simulator's. --events writes them as `tongban log export --csv` does.\n"
    "--users: lines NAME PASSWORD of a scheduler with --access; each command is given by one who\n"
    "may, the first hears the events (a supervisor of all halls). TLS: through a tunnel, as in\n"
    "socat UNIX-LISTEN:/tmp/t,fork OPENSSL:HOST:7443,cafile=ca.crt and --connect unix:/tmp/t.\n"
    "用法：把仿真的一天逐条命令发给真实的调度服务（serve --clock manual），逐条核对应答与事件。\n"
    "--users 文件每行“用户名 密码”，首个用户须为全部大厅的主管。\n";

static bool number_take(const char *text, uint64_t most, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *value >= 1 && *value <= most;
}

static bool arguments_read(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"connect", required_argument, NULL, 'c'}, {"connections", required_argument, NULL, 'n'},
        {"days", required_argument, NULL, 'd'},    {"seed", required_argument, NULL, 's'},
        {"events", required_argument, NULL, 'e'},  {"users", required_argument, NULL, 'u'},
        {NULL, 0, NULL, 0}};
    uint64_t value;
    int got;

    *a = (struct arguments){.connections = 50, .days = 1, .seed = 1};
    optind = 0;
    while ((got = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const uint64_t most = got == 'n' ? CONNECTIONS_MAX : got == 'd' ? 3660 : UINT64_MAX;
        if (got == 'c') {
            a->connect = optarg;
        } else if (got == 'e') {
            a->events = optarg;
        } else if (got == 'u') {
            a->users = optarg;
        } else if (got == '?' || !number_take(optarg, most, &value)) {
            return false;
        } else if (got == 'n') {
            a->connections = (uint32_t)value;
        } else if (got == 'd') {
            a->days = (uint32_t)value;
        } else {
            a->seed = value;
        }
    }
    a->scenario = optind + 1 == argc ? argv[optind] : NULL;
    return a->scenario != NULL && a->connect != NULL;
}

/* Runs the days; 0, or 1 with the error. */
static int days_live(struct drive *d, const struct arguments *a)
{
    const struct tbs_model_options options = {.day_count = a->days,
                                              .whole = true,
                                              .command = on_command,
                                              .command_context = d,
                                              .event = on_event,
                                              .event_context = d};
    struct tbs_demand *demand = tbs_demand_create(d->scenario, NULL);
    struct tbs_model *model = tbs_model_create(d->scenario, demand, &options);
    struct tbs_tally *tally = tbs_tally_create(d->scenario, false);

    tbs_model_start(model, a->seed, 0);
    tbs_model_count(model, tally);
    if (!tbs_model_run(model, a->days)) {
        differs(d, "%s", tbs_model_error(model));
    }
    if (d->error[0] == '\0') { /* what time brings up to the end */
        freeReplyObject(tbs_wire_send(d->wire, tbs_day_ends_at_us(d->scenario, a->days - 1), NULL,
                                      d->error));
    }
    events_hear(d, true);
    char *more = d->error[0] == '\0' ? tbs_wire_event(d->wire, false) : NULL;
    if (more != NULL) {
        differs(d, "the scheduler had an event more: %s", more);
    }
    if (d->error[0] == '\0') {
        uint64_t taken = 0;
        for (size_t i = 0; i < d->count; i++) {
            const uint16_t kind = d->events[i].kind;
            taken += kind == TB_EVENT_TAKEN || kind == TB_EVENT_CHECKED_IN;
        }
        printf("%llu commands over %u connections, %zu events, %llu numbers: all the same; "
               "city hash %016llx\n",
               (unsigned long long)d->commands, a->connections, d->count,
               (unsigned long long)taken, (unsigned long long)tbs_model_hash(model));
    } else {
        fprintf(stderr, "tongban drive: after %llu commands: %s\n",
                (unsigned long long)d->commands, d->error);
    }
    free(more);
    tbs_tally_free(tally);
    tbs_model_free(model);
    tbs_demand_free(demand);
    return d->error[0] == '\0' ? 0 : 1;
}

static struct tb_scenario *scenario_load(const char *dir)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario = tb_scenario_load(dir, &problems);

    tb_scenario_problems_print(&problems, tbs_language(), stderr);
    tb_scenario_problems_free(&problems);
    return scenario;
}

int tbs_cmd_drive(int argc, char **argv)
{
    struct drive d = {0};
    struct arguments a;
    int status = 2;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (!arguments_read(argc, argv, &a)) {
        fputs(usage, stderr);
        return 2;
    }
    struct tb_scenario *scenario = scenario_load(a.scenario);
    if (scenario == NULL) {
        return 2;
    }
    d.scenario = scenario;
    const tb_time begins = tbs_day_starts_at_us(scenario, 0);
    d.wire = tbs_wire_open(a.connect, a.connections, a.users, scenario, d.error);
    const tb_time now = d.wire == NULL ? TB_NEVER : tbs_wire_clock(d.wire, d.error);
    if (now == TB_NEVER) {
        fprintf(stderr, "tongban drive: %s\n", d.error);
    } else if (a.days > scenario->day_count || now != begins) {
        fprintf(stderr, "tongban drive: the scheduler's clock is not where the scenario's calendar "
                        "begins; start it anew with --clock manual and without old data "
                        "调度服务须以 --clock manual 重新启动\n");
    } else {
        status = days_live(&d, &a);
        if (status == 0 && a.events != NULL && !table_write(&d, a.events)) {
            status = 1;
        }
    }
    if (d.wire != NULL) {
        tbs_wire_close(d.wire);
    }
    free(d.events);
    tb_scenario_free(scenario);
    return status;
}
