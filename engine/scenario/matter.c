/* matter.c: matters, the halls that handle each, and what the people of a hall come for. */
#include <math.h>
#include <string.h>

#include "build.h"

enum { WEIGHT_UNIT = 1000000 };

static const char *const scope_words[] = {"city|全市|全市通办", "cross-city|跨市|跨市通办",
                                          "cross-province|跨省|跨省通办"};

/* ---- lists in cells
 * --------------------------------------------------------------------------------------- */

/* Bits of the words in a list; normal if the cell is empty. */
static uint32_t bits_of(struct tbi_row row, enum tbi_column column, const char *const *words,
                        uint32_t count, uint32_t normal)
{
    const char *list = tbi_row_text(row, column), *item;
    struct tbi_allowed allowed;
    uint32_t bits = 0;

    if (list[0] == 0)
        return normal;
    while ((item = tbi_value_item(row.b->arena, &list)) != NULL) {
        const uint32_t index = tbi_word_find(words, count, item);

        if (index != TB_NONE) {
            bits |= 1u << index;
            continue;
        }
        tbi_allowed_begin(&allowed, item);
        for (uint32_t i = 0; i < count; i++)
            tbi_allowed_add(&allowed,
                            tbi_arena_text(row.b->arena, words[i], strcspn(words[i], "|")));
        tbi_row_wrong(row, column, TBI_WRONG_WORD, item, tbi_allowed_end(&allowed), NULL);
    }
    return bits;
}

/* ---- matters ----------------------------------------------------------------------------- */

static uint32_t family_of(struct tbi_row row)
{
    struct tbi_build *b = row.b;
    const char *name = tbi_row_text(row, TBI_MATTERS_FAMILY);

    if (tbi_names_find(&b->family_names, name) == TB_NONE)
        tbi_names_add(b->arena, &b->family_names, name, tbi_row_line(row));
    return tbi_names_find(&b->family_names, name);
}

/* Halls of its trade on whose level's list it stands, and those of also_at that have its line. */
static void matter_halls(struct tbi_row row, const struct tb_scenario_matter *matter,
                         struct tb_matter *out, bool *marked)
{
    struct tbi_build *b = row.b;
    const uint32_t hall_count = b->out->hall_count;
    const char *list = tbi_row_text(row, TBI_MATTERS_ALSO), *item;
    uint32_t count = 0;

    memset(marked, 0, hall_count + b->out->desk_count);
    while ((item = tbi_value_item(b->arena, &list)) != NULL)
        tbi_select(b, tbi_row_at(row, TBI_MATTERS_ALSO), item, marked);
    for (uint32_t i = 0; i < hall_count; i++) {
        const struct tb_scenario_hall *hall = &b->halls[i];

        if (marked[i] && out->group >= b->trades[hall->trade].group_count) {
            tbi_row_wrong(row, TBI_MATTERS_ALSO, TBI_WRONG_GROUP_MISSING, hall->label.id,
                          tbi_arena_format(b->arena, "%u", out->group + 1), NULL);
            marked[i] = false;
        }
        marked[i] |= hall->trade == matter->trade && (matter->levels >> hall->level & 1) != 0;
        count += marked[i];
    }
    uint16_t *halls = TBI_TAKE(b->arena, uint16_t, count);
    for (uint32_t i = 0; i < hall_count; i++) {
        if (marked[i])
            halls[out->hall_count++] = (uint16_t)i;
    }
    out->halls = halls;
}

static void take_matter(struct tbi_row row, bool *marked)
{
    struct tbi_build *b = row.b;
    struct tb_scenario_matter matter = {
        .label = tbi_row_label(row, TBI_MATTERS_MATTER, TBI_MATTERS_NAME, TBI_MATTERS_NAME_EN),
        .family = family_of(row),
        .service = tbi_row_law(row, TBI_MATTERS_SERVICE, TBI_MATTERS_CV, TBI_MATTERS_LAW, 1),
        .scope = bits_of(row, TBI_MATTERS_SCOPE, scope_words, 3, 0),
        .levels = bits_of(row, TBI_MATTERS_LEVELS, tbi_level_words, TB_LEVEL_COUNT,
                          1u << TB_LEVEL_CITY | 1u << TB_LEVEL_COUNTY),
        .weight = (uint64_t)tbi_row_fixed(row, TBI_MATTERS_WEIGHT, WEIGHT_UNIT, 0,
                                          INT64_C(1000000) * WEIGHT_UNIT, WEIGHT_UNIT),
        .settled_share =
            tbi_row_real(row, TBI_MATTERS_SETTLED, 0, 1, b->out->people.settled_share),
        .direct_milli = (uint64_t)tbi_row_fixed(row, TBI_MATTERS_DIRECT, 1000, 0,
                                                INT64_C(1000000000) * 1000, 0),
        .help = tbi_row_yes(row, TBI_MATTERS_HELP, false),
    };
    struct tb_matter out = {.route = TB_MATTER_NONE, .remote_group = TB_GROUPS_MAX};
    const uint32_t trade =
        tbi_row_name(row, TBI_MATTERS_TRADE, &b->trade_names, "行业\ftrade");

    matter.trade = trade == TB_NONE ? 0 : trade;
    const uint32_t group = tbi_row_name(row, TBI_MATTERS_GROUP,
                                        &b->trades[matter.trade].group_names, "队列\fgroup");
    const uint32_t route =
        tbi_row_name(row, TBI_MATTERS_ROUTE, &b->route_names, "流程\froute");
    out.group = (uint8_t)(group == TB_NONE ? 0 : group);
    out.collect = tbi_row_yes(row, TBI_MATTERS_COLLECT, false);
    if (route != TB_NONE)
        out.route = (uint16_t)route;
    if (tbi_row_yes(row, TBI_MATTERS_VIDEO, false))
        out.remote_group = 0; /* which one is known when all are read */
    if (trade == TB_NONE && tbi_row_text(row, TBI_MATTERS_TRADE)[0] != 0)
        return;
    matter_halls(row, &matter, &out, marked);
    if (!tbi_row_id(row, TBI_MATTERS_MATTER, &b->matter_names))
        return;
    b->matters[b->out->matter_count] = out;
    b->matter_rows[b->out->matter_count++] = matter;
}

/* Trades with a matter that goes by video get the lines of the remote station, in their order. */
static void place_remote(struct tbi_build *b)
{
    uint8_t count = 0;

    for (uint32_t i = 0; i < b->out->matter_count; i++) {
        struct tb_matter *matter = &b->matters[i];
        struct tbi_trade *trade = &b->trades[b->matter_rows[i].trade];

        if (matter->remote_group == TB_GROUPS_MAX)
            continue;
        if (trade->remote_group == TB_GROUPS_MAX && count < TB_GROUPS_MAX)
            trade->remote_group = count++;
        matter->remote_group = (uint8_t)trade->remote_group;
    }
}

/* ---- mixes ------------------------------------------------------------------------------- */

static bool in_mix(const struct tbi_build *b, uint32_t matter, uint32_t trade, uint32_t level)
{
    const struct tb_scenario_matter *row = &b->matter_rows[matter];

    return row->trade == trade && row->weight > 0 && (row->levels >> level & 1) != 0;
}

static bool has_hall(const struct tbi_build *b, uint32_t trade, uint32_t level)
{
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        if (b->halls[i].trade == trade && b->halls[i].level == level)
            return true;
    }
    return false;
}

/* The matters of a trade on the list of a level; false: there are none. */
static bool make_mix(struct tbi_build *b, uint32_t trade, uint32_t level, struct tb_mix *mix)
{
    uint64_t sum = 0;
    double mean = 0, square = 0;

    *mix = (struct tb_mix){.count = 0};
    for (uint32_t i = 0; i < b->out->matter_count; i++) {
        if (in_mix(b, i, trade, level)) {
            mix->count++;
            sum += b->matter_rows[i].weight;
        }
    }
    if (mix->count == 0)
        return false;
    uint16_t *matters = TBI_TAKE(b->arena, uint16_t, mix->count);
    double *chance = TBI_TAKE(b->arena, double, mix->count);
    for (uint32_t i = 0, n = 0; i < b->out->matter_count; i++) {
        const struct tb_scenario_matter *row = &b->matter_rows[i];

        if (!in_mix(b, i, trade, level))
            continue;
        const double service = (double)row->service.mean_us, cv = row->service.cv;
        matters[n] = (uint16_t)i;
        chance[n] = (double)row->weight / (double)sum;
        mean += chance[n] * service;
        square += chance[n] * service * service * (1 + cv * cv);
        n++;
    }
    mix->matters = matters;
    mix->chance = chance;
    mix->service_mean_us = mean;
    mix->service_cv = sqrt(fmax(square / (mean * mean) - 1, 0));
    return true;
}

static void build_mixes(struct tbi_build *b)
{
    struct tb_mix *mixes =
        TBI_TAKE(b->arena, struct tb_mix, b->trade_names.count * TB_LEVEL_COUNT);
    uint32_t count = 0;

    for (uint32_t trade = 0; trade < b->trade_names.count; trade++) {
        for (uint32_t level = 0; level < TB_LEVEL_COUNT; level++) {
            b->trades[trade].mix[level] = TB_NONE;
            if (has_hall(b, trade, level) && make_mix(b, trade, level, &mixes[count]))
                b->trades[trade].mix[level] = count++;
        }
    }
    for (uint32_t i = 0; i < b->out->hall_count; i++)
        b->halls[i].mix = b->trades[b->halls[i].trade].mix[b->halls[i].level];
    b->out->mixes = mixes;
    b->out->mix_count = count;
}

void tbi_build_matters(struct tbi_build *b)
{
    enum { MATTERS_MAX = TB_MATTER_NONE };
    const uint32_t count = tbi_row_count(b, TBI_MATTERS);
    bool *marked = TBI_TAKE(b->arena, bool, b->out->hall_count + b->out->desk_count);

    b->matters = TBI_TAKE(b->arena, struct tb_matter, count);
    b->matter_rows = TBI_TAKE(b->arena, struct tb_scenario_matter, count);
    for (uint32_t r = 0; r < count && r < MATTERS_MAX; r++)
        take_matter(tbi_row(b, TBI_MATTERS, r), marked);
    if (count > MATTERS_MAX)
        tbi_row_wrong(tbi_row(b, TBI_MATTERS, MATTERS_MAX), TBI_MATTERS_MATTER,
                      TBI_WRONG_TOO_MANY, "事项\fmatters",
                      tbi_arena_format(b->arena, "%d", MATTERS_MAX), NULL);
    if (count == 0)
        tbi_wrong(b->problems, (struct tbi_at){b->folder->tables[TBI_MATTERS].file.path, 0, 0},
                  TBI_WRONG_TABLE_EMPTY, NULL, NULL, NULL);
    place_remote(b);
    build_mixes(b);
    b->out->matters = b->matter_rows;

    struct tb_label *families = TBI_TAKE(b->arena, struct tb_label, b->family_names.count);
    for (uint32_t i = 0; i < b->family_names.count; i++)
        families[i] = tbi_label(b->family_names.names[i].id, NULL, NULL);
    b->out->families = families;
    b->out->family_count = b->family_names.count;
}
