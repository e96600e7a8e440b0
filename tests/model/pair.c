/* The core and the model side by side. */
#include "pair.h"

#include "compare.h"
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A long jump over calls that nobody answers at a desk brings tens of thousands of events. */
enum { BATCH_MAX = 12, EVENTS_MAX = 65536, FAILURE_BYTES = 2000 };
enum { THOROUGH_EVERY = 8, VERIFY_EVERY = 8, COPY_EVERY = 64, HASH_EVERY = 4, EXPLAIN_EVERY = 2 };

/* One city of the core, and what it said in this step. */
struct side {
    struct tb_city *city;
    struct tb_event *events;
    uint32_t count;
};

struct pair {
    const struct world *world;
    struct model *model;
    struct compare compare;
    size_t bytes;
    struct side first, single, alone, copy;
    struct record batch[BATCH_MAX];
    uint32_t homes[BATCH_MAX]; /* as they were when the command came */
    uint32_t batch_count;
    bool open; /* a batch was begun: the model stands at its time */
    tb_time now, latest;
    uint64_t steps;
    bool replay; /* looks at everything after each step, so that less is needed to fail */
    struct pair_counts counts;
    char failure[FAILURE_BYTES];
};

const struct model *pair_model(const struct pair *p)
{
    return p->model;
}
const char *pair_failure(const struct pair *p)
{
    return p->failure;
}
const struct pair_counts *pair_counts(const struct pair *p)
{
    return &p->counts;
}
uint64_t pair_hash(const struct pair *p)
{
    return tb_city_hash(p->first.city);
}

static void *memory(size_t bytes, int fill)
{
    void *block = aligned_alloc(TB_CITY_ALIGN, (bytes + 63) / 64 * 64);
    tb_assert(block != NULL);
    memset(block, fill, bytes);
    return block;
}

/* The bytes of the memory before do not matter: each side begins with others. */
static bool side_init(struct side *side, const struct world *world, size_t bytes, int fill)
{
    side->city = memory(bytes, fill);
    side->events = malloc(EVENTS_MAX * sizeof side->events[0]);
    tb_assert(side->events != NULL);
    return tb_city_init(side->city, bytes, &world->config) == TB_STATUS_OK;
}

static void side_free(struct side *side)
{
    free(side->city);
    free(side->events);
}

struct pair *pair_new(const struct world *world, const char **why)
{
    struct tb_config_error error = {"", 0, ""};
    static char said[200];
    if (tb_config_check(&world->config, &error) != TB_STATUS_OK) {
        snprintf(said, sizeof said, "%s[%u]: %s", error.table, error.row, error.wrong);
        *why = said;
        return NULL;
    }
    struct pair *p = calloc(1, sizeof *p);
    tb_assert(p != NULL);
    p->world = world;
    p->bytes = tb_city_bytes(&world->config);
    /* each of them, whatever became of those before */
    bool made = side_init(&p->first, world, p->bytes, 0);
    made = side_init(&p->single, world, p->bytes, 0xa5) && made;
    made = side_init(&p->alone, world, p->bytes, 0x11) && made;
    made = side_init(&p->copy, world, p->bytes, 0xff) && made;
    p->model = model_new(&world->config);
    p->now = p->latest = INT64_MIN;
    p->compare = (struct compare){.world = world,
                                  .model = p->model,
                                  .failure = p->failure,
                                  .failure_bytes = sizeof p->failure};
    if (made)
        return p;
    *why = "tb_city_init refuses what tb_config_check accepts";
    pair_free(p);
    return NULL;
}

void pair_free(struct pair *p)
{
    side_free(&p->first);
    side_free(&p->single);
    side_free(&p->alone);
    side_free(&p->copy);
    model_free(p->model);
    refs_free(&p->compare.refs);
    free(p->compare.estimates);
    free(p);
}

static bool broken(struct pair *p, const char *what)
{
    snprintf(p->failure, sizeof p->failure, "%s", what);
    return false;
}

/* ---- the core ------------------------------------------------------------------------------ */
/* tb_city_step until all is taken and nothing more is to come; appends to the side's events. */
static bool side_step(struct side *side, tb_time now, const struct tb_command *commands, uint32_t n,
                      uint32_t max)
{
    for (bool more = true; more || n > 0;) {
        uint32_t room = EVENTS_MAX - side->count;
        if (room < TB_COMMAND_EVENTS_MAX)
            return false;
        if (room > max)
            room = max;
        struct tb_step_result r =
            tb_city_step(side->city, now, commands, n, side->events + side->count, room);
        if (r.events > room || r.commands > n || (!r.more && r.commands != n) ||
            (r.more && r.events == 0))
            return false;
        side->count += r.events;
        commands += r.commands;
        n -= r.commands;
        more = r.more;
    }
    return true;
}

static bool same_events(const struct pair *p, const struct side *side)
{
    return side->count == p->first.count &&
           memcmp(side->events, p->first.events, side->count * sizeof side->events[0]) == 0;
}

/* With the explanations of its calls, which must fit its events. */
static bool step_explained(struct pair *p, const struct tb_command *command)
{
    static struct tb_explanation explanations[TB_COMMAND_EVENTS_MAX];
    struct side *s = &p->single;
    uint32_t count = 0;
    const struct tb_event *events = s->events + s->count;
    if (s->count + TB_COMMAND_EVENTS_MAX > EVENTS_MAX)
        return false;
    struct tb_step_result r =
        tb_city_step_explained(s->city, p->now, command, s->events + s->count,
                               EVENTS_MAX - s->count, explanations, TB_COMMAND_EVENTS_MAX, &count);
    s->count += r.events;
    return r.commands == 1 &&
           compare_explanations(&p->compare, command, explanations, count, events, r.events) &&
           (!r.more || side_step(s, p->now, NULL, 0, EVENTS_MAX));
}

/* One command alone; a refusal, a repeated answer and a query leave the hash as it is. */
static bool single_step(struct pair *p, const struct record *record,
                        const struct tb_command *command)
{
    struct side *s = &p->single;
    bool hashed = p->replay || record->serial % HASH_EVERY == 0;
    uint64_t before = 0;
    if (hashed)
        before = tb_city_hash(s->city);
    uint32_t answer = s->count;
    if (!(record->serial % EXPLAIN_EVERY == 0
              ? step_explained(p, command)
              : side_step(s, p->now, command, 1, TB_COMMAND_EVENTS_MAX)))
        return p->failure[0] ? false
                             : broken(p, "tb_city_step of the single city: what it returns");
    if (!hashed || answer == s->count)
        return true;
    const struct tb_event *e = &s->events[answer];
    bool unchanged = e->sequence == 0 || (e->flags & TB_EVENT_FLAG_REPEATED);
    if ((e->flags & TB_EVENT_FLAG_ANSWER) && unchanged && tb_city_hash(s->city) != before)
        return broken(p, "a refused command, a retry or a query changed the hash");
    return true;
}

static bool step_single(struct pair *p, const struct tb_command *commands)
{
    p->single.count = 0;
    if (!side_step(&p->single, p->now, NULL, 0, TB_COMMAND_EVENTS_MAX))
        return broken(p, "tb_city_step of the single city: what it returns");
    for (uint32_t i = 0; i < p->batch_count; i++)
        if (!single_step(p, &p->batch[i], &commands[i]))
            return false;
    if (!same_events(p, &p->single))
        return broken(p, "one by one, the same commands give other events");
    return true;
}

/* ---- station by station -------------------------------------------------------------------- */
static bool station_step(struct pair *p, uint32_t station, tb_time now,
                         const struct tb_command *command, uint32_t n)
{
    struct side *s = &p->alone;
    for (bool more = true; more || n > 0;) {
        if (s->count + TB_COMMAND_EVENTS_MAX > EVENTS_MAX)
            return false;
        struct tb_step_result r = tb_station_step(s->city, station, now, command, n,
                                                  s->events + s->count, TB_COMMAND_EVENTS_MAX);
        s->count += r.events;
        n -= r.commands;
        more = r.more;
    }
    return true;
}

/* What time brings up to now, in the order of R1, each station for itself. */
static bool stations_advance(struct pair *p)
{
    const struct tb_city *city = p->alone.city;
    for (tb_time at = tb_city_deadline_at(city); at <= p->now; at = tb_city_deadline_at(city)) {
        uint32_t station = 0;
        while (tb_station_deadline_at(city, station) != at)
            station++;
        if (!station_step(p, station, at, NULL, 0))
            return false;
    }
    return true;
}

/* Where no remote station ties windows of all halls together, and time does not go back,
 * tb_station_step of the station that a command belongs to must do what tb_city_step does. */
static bool step_alone(struct pair *p, const struct tb_command *commands)
{
    if (p->model->remote != TB_NONE)
        return true;
    p->alone.count = 0;
    bool right = stations_advance(p);
    for (uint32_t i = 0; right && i < p->batch_count; i++) {
        bool whole = p->homes[i] == TB_NONE || p->now < p->latest;
        right = whole
                    ? side_step(&p->alone, p->now, &commands[i], 1, TB_COMMAND_EVENTS_MAX)
                    : station_step(p, p->homes[i], p->now, &commands[i], 1) && stations_advance(p);
    }
    if (!right)
        return broken(p, "tb_station_step: what it returns");
    return same_events(p, &p->alone) ? true
                                     : broken(p, "station by station, there are other events");
}

/* The copy follows; now and then it is thrown away and made anew. */
static bool step_copy(struct pair *p, const struct tb_command *commands)
{
    p->copy.count = 0;
    if (!side_step(&p->copy, p->now, commands, p->batch_count, EVENTS_MAX))
        return broken(p, "tb_city_step of the copy: what it returns");
    if (!same_events(p, &p->copy))
        return broken(p, "a copy goes on with other events");
    if (p->steps % COPY_EVERY != 0)
        return true;
    if (tb_city_hash(p->copy.city) != tb_city_hash(p->first.city))
        return broken(p, "a copy has another hash");
    if (p->steps / COPY_EVERY % 2 == 0) {
        memset(p->copy.city, 0x5a, p->bytes);
        memcpy(p->copy.city, p->first.city, p->bytes);
    } else {
        size_t saved_bytes = tb_city_used_bytes(p->first.city) + 64;
        void *saved = memory(saved_bytes, 0);
        tb_city_save(p->first.city, saved);
        memset(p->copy.city, 0x5a, p->bytes);
        enum tb_status status = tb_city_load(p->copy.city, p->bytes, saved, saved_bytes);
        free(saved);
        if (status != TB_STATUS_OK)
            return broken(p, "what tb_city_save wrote can't be loaded");
    }
    if (tb_city_hash(p->copy.city) != tb_city_hash(p->first.city))
        return broken(p, "a fresh copy has another hash");
    return true;
}

/* ---- a step -------------------------------------------------------------------------------- */
static bool check_step(struct pair *p)
{
    uint32_t count;
    const struct tb_event *events = model_events(p->model, &count);
    if (!compare_events(&p->compare, p->first.events, p->first.count, events, count))
        return false;
    p->counts.events += p->first.count;
    for (uint32_t i = 0; i < p->first.count; i++) {
        p->counts.seen[p->first.events[i].kind]++;
        if (p->first.events[i].kind == TB_EVENT_REFUSED)
            p->counts.refused[p->first.events[i].value]++;
    }
    model_events_clear(p->model);
    const char *wrong = model_check(p->model);
    if (wrong)
        return broken(p, wrong);
    bool thorough = p->replay || p->steps % THOROUGH_EVERY == 0;
    if (!compare_views(&p->compare, p->first.city, p->now, thorough))
        return false;
    if ((p->replay || p->steps % VERIFY_EVERY == 0) &&
        (wrong = tb_city_verify(p->first.city)) != NULL)
        return broken(p, wrong);
    return true;
}

static bool flush(struct pair *p)
{
    if (!p->open)
        return true;
    struct tb_command commands[BATCH_MAX];
    for (uint32_t i = 0; i < p->batch_count; i++) {
        commands[i] = p->batch[i].command;
        commands[i].ref = refs_for_command(&p->compare.refs, commands[i].ref);
    }
    p->steps++;
    p->first.count = 0;
    uint32_t max = TB_COMMAND_EVENTS_MAX + (uint32_t)(p->steps * 37 % 200);
    if (!side_step(&p->first, p->now, commands, p->batch_count, max))
        return broken(p, "tb_city_step: what it returns");
    if (!check_step(p) || !step_single(p, commands) || !step_alone(p, commands) ||
        !step_copy(p, commands))
        return false;
    p->latest = p->now > p->latest ? p->now : p->latest;
    p->open = false;
    p->batch_count = 0;
    return true;
}

/* Would the core not know what this command names, though the model does? */
static bool names_batch(const struct pair *p, tb_ref ref)
{
    if (ref == 0 || refs_core(&p->compare.refs, ref) != 0)
        return false;
    for (uint32_t i = 0; i < p->batch_count; i++)
        if ((ref >> 8 & 0xffffffffffff) == p->batch[i].serial)
            return true;
    return false;
}

bool pair_add(struct pair *p, const struct record *r)
{
    bool full = p->batch_count == BATCH_MAX || p->batch_count >= 1 + p->steps % BATCH_MAX;
    bool last = p->batch_count > 0 && p->batch[p->batch_count - 1].command.kind == TB_HALL_SUGGEST;
    if (p->open && (full || last || r->now != p->now || names_batch(p, r->command.ref)) &&
        !flush(p))
        return false;
    if (!p->open) {
        p->open = true;
        p->now = r->now;
        model_advance(p->model, r->now);
    }
    if (r->serial == 0)
        return true;
    p->counts.commands++;
    p->homes[p->batch_count] = model_home(p->model, &r->command);
    p->batch[p->batch_count++] = *r;
    model_command(p->model, r->now, &r->command, r->serial);
    return true;
}

bool pair_end(struct pair *p)
{
    if (!flush(p))
        return false;
    uint64_t hash = tb_city_hash(p->first.city);
    if (hash != tb_city_hash(p->single.city))
        return broken(p, "one by one, the same commands give another hash");
    if (p->model->remote == TB_NONE && hash != tb_city_hash(p->alone.city))
        return broken(p, "station by station, there is another hash");
    if (hash != tb_city_hash(p->copy.city))
        return broken(p, "a copy ends with another hash");
    const char *wrong = tb_city_verify(p->first.city);
    return wrong ? broken(p, wrong) : true;
}

const char *pair_run(const struct world *world, const struct record *records, uint32_t count,
                     char *failure, size_t failure_bytes)
{
    const char *why = NULL;
    struct pair *p = pair_new(world, &why);
    if (p == NULL)
        return why;
    bool same = true;
    p->replay = true;
    for (uint32_t i = 0; same && i < count; i++)
        same = pair_add(p, &records[i]);
    same = same && pair_end(p);
    snprintf(failure, failure_bytes, "%s", p->failure);
    pair_free(p);
    return same ? NULL : failure;
}
