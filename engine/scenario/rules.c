/* rules.c: the rules of each station, and which stations a word means. */
#include <stdio.h>
#include <string.h>

#include "build.h"

/* ---- which stations
 * ------------------------------------------------------------------------------------- */


static bool select_trade(struct tbi_build *b, const char *text, bool *stations)
{
    const size_t bytes = strcspn(text, "/");
    const char *name = tbi_arena_text(b->arena, text, bytes);
    const uint32_t trade = tbi_names_find(&b->trade_names, name);
    uint32_t level = TB_LEVEL_COUNT; /* all */

    if (trade == TB_NONE)
        return false;
    if (text[bytes] == '/') {
        level = tbi_word_find(tbi_level_words, TB_LEVEL_COUNT, text + bytes + 1);
        if (level == TB_NONE)
            return false;
    }
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        if (b->halls[i].trade == trade && (level == TB_LEVEL_COUNT || b->halls[i].level == level))
            stations[i] = true;
    }
    return true;
}

/* What could have been meant. */
static void select_wrong(struct tbi_build *b, struct tbi_at at, const char *text)
{
    struct tbi_allowed allowed;

    tbi_allowed_begin(&allowed, text);
    tbi_allowed_add(&allowed, "*");
    tbi_allowed_add(&allowed, "halls");
    tbi_allowed_add(&allowed, "desks");
    for (uint32_t i = 0; i < b->trade_names.count; i++) {
        tbi_allowed_add(&allowed, b->trade_names.names[i].id);
        tbi_allowed_add(&allowed,
                        tbi_arena_format(b->arena, "%s/county", b->trade_names.names[i].id));
    }
    for (uint32_t i = 0; i < b->hall_names.count; i++)
        tbi_allowed_add(&allowed, b->hall_names.names[i].id);
    for (uint32_t i = 0; i < b->desk_names.count; i++)
        tbi_allowed_add(&allowed, b->desk_names.names[i].id);
    if (!b->trade_names.open && !b->hall_names.open && !b->desk_names.open)
        tbi_wrong(b->problems, at, TBI_WRONG_NAME_UNKNOWN, text, "大厅或审批岗\fhall or desk",
                  tbi_allowed_end(&allowed));
}

bool tbi_select(struct tbi_build *b, struct tbi_at at, const char *text, bool *stations)
{
    static const char *const words[] = {"*|全部", "halls|全部大厅", "desks|全部审批岗"};
    const uint32_t halls = b->out->hall_count, desks = b->out->desk_count;
    const uint32_t hall = tbi_names_find(&b->hall_names, text);
    const uint32_t desk = tbi_names_find(&b->desk_names, text);
    const uint32_t word = tbi_word_find(words, 3, text);

    if (hall != TB_NONE) {
        stations[hall] = true;
    } else if (desk != TB_NONE) {
        stations[halls + desk] = true;
    } else if (word != TB_NONE) {
        for (uint32_t i = 0; i < halls + desks; i++)
            stations[i] |= word == 0 || (word == 1) == (i < halls);
    } else if (!select_trade(b, text, stations)) {
        select_wrong(b, at, text);
        return false;
    }
    return true;
}

/* ---- rules ------------------------------------------------------------------------------- */

static const struct rule_row {
    const char *name;
    int64_t least, most, normal;
} rule_rows[TB_RULE_COUNT] = {
#define TB_RULE(value, name, least, most, normal, help) {#name, least, most, normal},
#include "tongban/rule.def"
#undef TB_RULE
};

static bool ends_with(const char *text, const char *end)
{
    const size_t bytes = strlen(text), end_bytes = strlen(end);

    return bytes >= end_bytes && strcmp(text + bytes - end_bytes, end) == 0;
}

static bool rule_parse(struct tbi_build *b, enum tb_rule rule, struct tbi_given given,
                       int64_t *out)
{
    const struct rule_row *row = &rule_rows[rule];
    double share;
    bool yes;

    if (ends_with(row->name, "_us")) {
        if (!tbi_parse_duration(b, given.at, given.text, row->least, row->most, 0, out))
            return false;
        if (tb_rule_allows(rule, *out))
            return true;
        tb_assert(rule == TB_RULE_call_timeout_us);
        tbi_wrong(b->problems, given.at, TBI_WRONG_RANGE, given.text, "0, 1s",
                  tbi_value_show_duration(b->arena, row->most));
        return false;
    }
    if (ends_with(row->name, "_pct")) {
        if (!tbi_parse_real(b, given.at, given.text, (double)row->least / 100,
                            (double)row->most / 100, &share))
            return false;
        *out = (int64_t)(share * 100 + 0.5);
        return true;
    }
    if (row->least == 0 && row->most == 1 && tbi_value_yes(given.text, &yes) == TBI_VALUE_OK) {
        *out = yes;
        return true;
    }
    return tbi_parse_whole(b, given.at, given.text, row->least, row->most, out);
}

/* One rule of the marked stations. */
static void rule_take(struct tbi_build *b, enum tb_rule rule, struct tbi_given given,
                      const bool *stations, uint32_t station_count)
{
    int64_t value;

    if (given.text == NULL || !rule_parse(b, rule, given, &value))
        return;
    for (uint32_t i = 0; i < station_count; i++) {
        if (stations[i])
            b->rules[i].value[rule] = value;
    }
}

static uint32_t rule_find(const char *name)
{
    for (uint32_t i = 0; i < TB_RULE_COUNT; i++) {
        if (strcmp(name, tbi_schema_rule(i)->name) == 0)
            return i;
    }
    return TB_NONE;
}

static void rules_of_document(struct tbi_build *b, bool *stations, uint32_t station_count)
{
    const struct tbi_yaml *yaml = b->folder->document->yaml;

    memset(stations, true, station_count);
    for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++) {
        const struct tbi_value_row *row = tbi_schema_rule(rule);

        rule_take(b, rule,
                  tbi_given_entry(b, yaml->rules[rule], row->zh, row->en, "%s", row->path),
                  stations, station_count);
    }
    for (uint32_t i = 0; i < yaml->rules_for_count; i++) {
        const struct tbi_rules_entry *entry = &yaml->rules_for[i];
        const struct tbi_given where =
            tbi_given_entry(b, entry->where, "", "", "rules_for[%u].for", i);

        memset(stations, false, station_count);
        if (where.text == NULL) {
            char path[32];

            snprintf(path, sizeof path, "rules_for[%u]", i);
            tbi_wrong(b->problems, tbi_document_at(b->folder->document, path),
                      TBI_WRONG_YAML_MISSING, "for",
                      "大厅、行业或审批岗\fa hall, a trade or a desk", NULL);
            continue;
        }
        if (!tbi_select(b, where.at, where.text, stations))
            continue;
        for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++) {
            const struct tbi_value_row *row = tbi_schema_rule(rule);

            rule_take(b, rule,
                      tbi_given_entry(b, entry->rules[rule], row->zh, row->en,
                                      "rules_for[%u].%s", i, row->name),
                      stations, station_count);
        }
    }
}

/* "overtake_max" or "rules.overtake_max" means every station, "police.overtake_max" those of
 * police. */
static void rule_override(struct tbi_build *b, uint32_t index, bool *stations,
                          uint32_t station_count)
{
    const struct tbi_override *override = &b->folder->overrides[index];
    const char *dot = strrchr(override->name, '.');
    const uint32_t rule = rule_find(dot == NULL ? override->name : dot + 1);

    if (rule == TB_NONE || b->override_used[index])
        return;
    b->override_used[index] = true;
    const size_t head_bytes = dot == NULL ? 0 : (size_t)(dot - override->name);
    const char *head = tbi_arena_text(b->arena, override->name, head_bytes);
    const bool all = head_bytes == 0 || strcmp(head, "rules") == 0;
    char *value = tbi_arena_text(b->arena, override->value, strlen(override->value));
    tbi_value_mark(value);
    memset(stations, all, station_count);
    if (all || tbi_select(b, override->at, head, stations))
        rule_take(b, rule, (struct tbi_given){value, override->at}, stations, station_count);
}

void tbi_build_rules(struct tbi_build *b)
{
    /* The remote station, if there will be one, has the common rules. */
    const uint32_t count = b->out->hall_count + b->out->desk_count + 1;
    bool *stations = TBI_TAKE(b->arena, bool, count);

    b->rules = TBI_TAKE(b->arena, struct tb_rules, count);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++)
            b->rules[i].value[rule] = rule_rows[rule].normal;
    }
    rules_of_document(b, stations, count);
    for (uint32_t i = 0; i < b->folder->override_count; i++)
        rule_override(b, i, stations, count);
}
