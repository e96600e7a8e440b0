/* tb_station_step against tb_city_step: a city whose stations nothing connects is run as a whole by
 * the model; then each station is run alone, the last one first, and must say the same. */
#include "pair.h"

#include "compare.h"
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4096 };

/* A command with its station, and where the model's events for it are. */
struct island_record {
    struct record record;
    uint32_t station;
    uint32_t answer_from, answer_to;
};

struct islands {
    struct world world;
    struct model *model;
    struct island_record *records;
    uint32_t count;
    tb_time end;
};

/* The one station that a command touches; TB_NONE: none, or more than one. */
static uint32_t station_for(const struct islands *x, const struct tb_command *c)
{
    const struct m_ticket *t = m_ticket_find(x->model, c->ref);
    uint32_t home = model_home(x->model, c);
    if (c->kind == TB_TICKET_TRANSFER || c->kind == TB_WINDOW_TRANSFER || c->kind == TB_CITY_RULE ||
        c->kind == TB_KIOSK_REQUEST)
        return TB_NONE;
    if (c->kind == TB_WINDOW_CALL && (t == NULL || t->station != home))
        return TB_NONE;
    return home;
}

/* The whole city, by the model; its events stay in the model. */
static void run_whole(struct islands *x, uint64_t seed, uint32_t commands)
{
    struct generator g;
    generator_init(&g, &x->world, x->model, seed);
    tb_time now = g.now;
    for (uint32_t i = 0; i < commands; i++) {
        tb_time next = generator_time(&g);
        now = next > now ? next : now;
        model_advance(x->model, now);
        struct island_record *r = &x->records[x->count];
        *r = (struct island_record){.record = {.now = now, .serial = i + 1}};
        generator_command(&g, &r->record.command);
        r->record.command.request_id = 0;
        r->station = station_for(x, &r->record.command);
        if (r->station == TB_NONE)
            continue;
        model_events(x->model, &r->answer_from);
        model_command(x->model, now, &r->record.command, r->record.serial);
        model_events(x->model, &r->answer_to);
        x->count++;
    }
    x->end = now + TB_HOURS(3);
    model_advance(x->model, x->end);
}

/* What the model said for this station: time's events by their station, answers by their command.
 */
static uint32_t expected_of(const struct islands *x, uint32_t station, struct tb_event *out)
{
    uint32_t total, count = 0, r = 0;
    const struct tb_event *all = model_events(x->model, &total);
    for (uint32_t i = 0; i < total; i++) {
        while (r < x->count && x->records[r].answer_to <= i)
            r++;
        bool answer = r < x->count && x->records[r].answer_from <= i;
        if ((answer ? x->records[r].station : all[i].station) == station)
            out[count++] = all[i];
    }
    return count;
}

static uint32_t step_alone(struct tb_city *city, uint32_t station, tb_time now,
                           const struct tb_command *command, uint32_t n, struct tb_event *out)
{
    uint32_t count = 0;
    for (bool more = true; more || n > 0;) {
        struct tb_step_result r =
            tb_station_step(city, station, now, command, n, out + count, TB_COMMAND_EVENTS_MAX);
        count += r.events;
        n -= r.commands;
        more = r.more;
        tb_assert(count + TB_COMMAND_EVENTS_MAX <= OUT_MAX);
    }
    return count;
}

/* One station alone, up to the end; compares as it goes on, so that references are known. */
static bool run_alone(struct islands *x, struct compare *c, struct tb_city *city, uint32_t station,
                      const struct tb_event *expected, uint32_t expected_count)
{
    static struct tb_event out[OUT_MAX];
    uint32_t at = 0;
    for (uint32_t i = 0; i <= x->count; i++) {
        const struct island_record *r = &x->records[i];
        if (i < x->count && r->station != station)
            continue;
        struct tb_command command = r->record.command;
        command.ref = refs_for_command(&c->refs, command.ref);
        tb_time now = i < x->count ? r->record.now : x->end;
        uint32_t said = step_alone(city, station, now, &command, i < x->count, out);
        uint32_t told = 0;
        for (uint32_t k = 0; k < said; k++)
            told += out[k].kind != TB_EVENT_ESTIMATES;
        uint32_t left = expected_count - at;
        if (!compare_events(c, out, said, expected + at, told < left ? told : left))
            return false;
        at += told;
    }
    if (at == expected_count)
        return true;
    snprintf(c->failure, c->failure_bytes, "station %u alone says less than in the city", station);
    return false;
}

const char *islands_run(uint64_t seed, uint32_t commands, char *failure, size_t failure_bytes)
{
    struct islands x = {.records = calloc(commands + 1, sizeof x.records[0])};
    tb_assert(x.records != NULL);
    world_make(&x.world, seed, true);
    x.model = model_new(&x.world.config);
    run_whole(&x, seed, commands);

    size_t bytes = tb_city_bytes(&x.world.config);
    struct tb_city *city = aligned_alloc(TB_CITY_ALIGN, (bytes + 63) / 64 * 64);
    tb_assert(city != NULL);
    bool same = tb_city_init(city, bytes, &x.world.config) == TB_STATUS_OK;
    snprintf(failure, failure_bytes, "tb_city_init refuses");
    uint32_t total;
    model_events(x.model, &total);
    struct tb_event *expected = calloc(total + 1, sizeof expected[0]);
    tb_assert(expected != NULL);
    struct compare c = {.world = &x.world,
                        .model = x.model,
                        .any_sequence = true,
                        .failure = failure,
                        .failure_bytes = failure_bytes};
    for (uint32_t s = x.world.config.station_count; same && s-- > 0;) {
        uint32_t count = expected_of(&x, s, expected);
        same = run_alone(&x, &c, city, s, expected, count);
    }
    const char *wrong = same ? tb_city_verify(city) : NULL;
    if (wrong)
        snprintf(failure, failure_bytes, "%s", wrong);
    refs_free(&c.refs);
    free(c.estimates);
    free(expected);
    free(city);
    model_free(x.model);
    free(x.records);
    return same && wrong == NULL ? NULL : failure;
}
