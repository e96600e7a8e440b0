/* Events of the core against events of the model. */
#include "compare.h"

#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- references ---------------------------------------------------------------------------- */
void refs_free(struct refs *r)
{
    free(r->pairs);
    free(r->by_model);
    free(r->by_core);
}

static uint32_t *slot_of(const struct refs *r, uint32_t *table, tb_ref ref, bool core)
{
    uint32_t i = (uint32_t)dice_mix(ref, core) & (r->slots - 1);
    while (table[i] != 0 && r->pairs[2 * (table[i] - 1) + core] != ref)
        i = (i + 1) & (r->slots - 1);
    return &table[i];
}

tb_ref refs_core(const struct refs *r, tb_ref model)
{
    if (r->slots == 0)
        return 0;
    uint32_t at = *slot_of(r, r->by_model, model, false);
    return at ? r->pairs[2 * (at - 1) + 1] : 0;
}

tb_ref refs_model(const struct refs *r, tb_ref core)
{
    if (r->slots == 0)
        return 0;
    uint32_t at = *slot_of(r, r->by_core, core, true);
    return at ? r->pairs[2 * (at - 1)] : 0;
}

static void refs_grow(struct refs *r)
{
    r->room = r->room * 2 + 512;
    r->slots = r->slots * 2 + (r->slots == 0 ? 2048 : 0);
    while (r->slots < r->room * 2)
        r->slots *= 2;
    r->pairs = realloc(r->pairs, r->room * 2 * sizeof r->pairs[0]);
    free(r->by_model);
    free(r->by_core);
    r->by_model = calloc(r->slots, sizeof r->by_model[0]);
    r->by_core = calloc(r->slots, sizeof r->by_core[0]);
    tb_assert(r->pairs && r->by_model && r->by_core);
    for (uint32_t i = 0; i < r->count; i++) {
        *slot_of(r, r->by_model, r->pairs[2 * i], false) = i + 1;
        *slot_of(r, r->by_core, r->pairs[2 * i + 1], true) = i + 1;
    }
}

void refs_add(struct refs *r, tb_ref model, tb_ref core)
{
    if (r->count == r->room)
        refs_grow(r);
    r->pairs[2 * r->count] = model;
    r->pairs[2 * r->count + 1] = core;
    r->count++;
    *slot_of(r, r->by_model, model, false) = r->count;
    *slot_of(r, r->by_core, core, true) = r->count;
}

tb_ref refs_for_command(const struct refs *r, tb_ref model)
{
    tb_ref core = refs_core(r, model);
    if (core != 0 || model == 0)
        return core;
    return (model & (tb_ref)15 << 60) | (model & 0x0fffffff) << 32 | 0xfffffff0u;
}

/* ---- one event ----------------------------------------------------------------------------- */
static bool fail(struct compare *c, const char *what, const struct tb_event *core,
                 const struct tb_event *model)
{
    char a[400] = "nothing", b[400] = "nothing";
    if (model)
        print_event(a, sizeof a, model);
    if (core) {
        struct tb_event readable = *core;
        readable.ref = refs_model(&c->refs, core->ref);
        print_event(b, sizeof b, &readable);
    }
    snprintf(c->failure, c->failure_bytes, "%s differs\n  model: %s\n  core:  %s", what, a, b);
    return false;
}

/* The core counts ESTIMATES, the model does not know them. */
static uint64_t estimates_before(const struct compare *c, uint64_t sequence)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < c->estimate_count; i++)
        count += c->estimates[i] < sequence;
    return count;
}

static bool same_ref(struct compare *c, tb_ref core, tb_ref model)
{
    if (model == 0 || core == 0)
        return model == core;
    tb_ref known = refs_core(&c->refs, model);
    if (known != 0)
        return known == core;
    if (refs_model(&c->refs, core) != 0 || core >> 60 != model >> 60)
        return false; /* a reference that was given before */
    refs_add(&c->refs, model, core);
    return true;
}

static bool same_wait(int64_t core, int64_t model)
{
    return model == TB_WAIT_UNKNOWN ? core == model : core >= 0;
}

/* The two values: as they are, but for references and estimates. */
static bool same_values(struct compare *c, const struct tb_event *core,
                        const struct tb_event *model)
{
    switch (model->kind) {
    case TB_EVENT_TAKEN:
    case TB_EVENT_WAIT:
        return same_wait(core->value, model->value) && same_wait(core->value2, model->value2) &&
               core->value <= core->value2;
    case TB_EVENT_CHECKED_IN:
        return same_wait(core->value, model->value) && core->value2 == model->value2;
    case TB_EVENT_TICKET:
        return core->value == model->value && same_wait(core->value2, model->value2);
    case TB_EVENT_MATTER_DONE:
    case TB_EVENT_FINISHED:
    case TB_EVENT_CASE_OPENED:
    case TB_EVENT_CASE_CORRECTION:
    case TB_EVENT_CASE_REJECTED:
        return core->value == model->value &&
               same_ref(c, (tb_ref)core->value2, (tb_ref)model->value2);
    default:
        return core->value == model->value && core->value2 == model->value2;
    }
}

static bool compare_event(struct compare *c, const struct tb_event *core,
                          const struct tb_event *model)
{
    if (core->kind != model->kind)
        return fail(c, "kind", core, model);
    if (!same_ref(c, core->ref, model->ref))
        return fail(c, "ref", core, model);
    if (core->at_us != model->at_us)
        return fail(c, "at_us", core, model);
    uint64_t sequence =
        model->sequence ? model->sequence + estimates_before(c, model->sequence) : 0;
    if (core->sequence != sequence && !c->any_sequence)
        return fail(c, "sequence", core, model);
    if (core->tag != model->tag)
        return fail(c, "tag", core, model);
    if (core->station != model->station)
        return fail(c, "station", core, model);
    if (core->server != model->server)
        return fail(c, "server", core, model);
    if (core->number != model->number)
        return fail(c, "number", core, model);
    if (core->matter != model->matter)
        return fail(c, "matter", core, model);
    if (core->queue != model->queue)
        return fail(c, "queue", core, model);
    if (core->flags != model->flags)
        return fail(c, "flags", core, model);
    return same_values(c, core, model) ? true : fail(c, "value", core, model);
}

/* ---- what only estimates decide ------------------------------------------------------------ */
/* ESTIMATES comes right before the DAY_STARTED of its station, with shares in 1000. */
static bool check_estimates(struct compare *c, const struct tb_event *e,
                            const struct tb_event *next, const struct tb_event *model)
{
    bool right = model && model->kind == TB_EVENT_DAY_STARTED && next &&
                 e->station == model->station && e->at_us == model->at_us && e->tag == 0 &&
                 e->ref == 0 && e->value >= 0 && e->value <= e->value2 && e->value2 <= 1000 &&
                 (e->sequence + 1 == next->sequence || c->any_sequence);
    if (!right)
        return fail(c, "ESTIMATES", e, model);
    if (c->estimate_count == c->estimate_room) {
        c->estimate_room = c->estimate_room * 2 + 64;
        c->estimates = realloc(c->estimates, c->estimate_room * sizeof c->estimates[0]);
        tb_assert(c->estimates != NULL);
    }
    c->estimates[c->estimate_count++] = model->sequence - 1;
    return true;
}

static bool may_be_suggested(const struct compare *c, const struct tb_event *e)
{
    const struct tb_matter *x = &c->world->config.matters[e->matter];
    return e->station < c->world->config.station_count &&
           m_matter_handled(c->model, e->matter, e->station) &&
           model_may_suggest(c->model, e->station, x->group * TB_CLASSES, e->at_us + e->value);
}

/* The answer to HALL.SUGGEST: halls that may be, best first, as many as the model says. */
static bool check_suggested(struct compare *c, const struct tb_event *core,
                            const struct tb_event *model, uint32_t count)
{
    int64_t key_before = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        struct tb_event masked = model[i];
        masked.station = core[i].station;
        masked.value = core[i].value;
        masked.value2 = core[i].value2;
        if (!compare_event(c, &core[i], &masked))
            return false;
        if (!may_be_suggested(c, &core[i]) || core[i].value2 < 0)
            return fail(c, "the suggested hall", &core[i], &model[i]);
        for (uint32_t k = 0; k < i; k++)
            if (core[k].station == core[i].station)
                return fail(c, "the suggested hall", &core[i], &model[i]);
        int64_t key =
            core[i].value * m_rule(c->model, core[i].station, TB_RULE_travel_weight_pct) / 100 +
            core[i].value2;
        if (key < key_before || (key == key_before && core[i].station < core[i - 1].station))
            return fail(c, "the order of suggestions", &core[i], &model[i]);
        key_before = key;
    }
    return true;
}

bool compare_events(struct compare *c, const struct tb_event *core, uint32_t core_count,
                    const struct tb_event *model, uint32_t model_count)
{
    uint32_t i = 0;
    for (uint32_t k = 0; k < model_count; k++, i++) {
        if (i < core_count && core[i].kind == TB_EVENT_ESTIMATES) {
            if (!check_estimates(c, &core[i], i + 1 < core_count ? &core[i + 1] : NULL, &model[k]))
                return false;
            i++;
        }
        if (i >= core_count)
            return fail(c, "an event that is missing", NULL, &model[k]);
        if (model[k].kind == TB_EVENT_SUGGESTED && core[i].kind == TB_EVENT_SUGGESTED) {
            if (core_count - i != model_count - k)
                return fail(c, "the number of suggestions", &core[i], &model[k]);
            return check_suggested(c, &core[i], &model[k], model_count - k);
        }
        if (!compare_event(c, &core[i], &model[k]))
            return false;
    }
    return i == core_count ? true : fail(c, "an event too many", &core[i], NULL);
}
