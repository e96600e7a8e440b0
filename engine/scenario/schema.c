#include "schema.h"

#include <stdio.h>
#include <string.h>

enum section {
    TOP, NAME, NOTE, CALENDAR, WEEK, DEMAND, WEEKDAY, PROMISE, BOOKING, LIMITS, PEOPLE, RULES,
    SECTION_COUNT,
};

static const char *const prefixes[SECTION_COUNT] = {
    [TOP] = "",
    [NAME] = "name.",
    [NOTE] = "note.",
    [CALENDAR] = "calendar.",
    [WEEK] = "calendar.week.",
    [DEMAND] = "demand.",
    [WEEKDAY] = "demand.weekday.",
    [PROMISE] = "promise.",
    [BOOKING] = "booking.",
    [LIMITS] = "limits.",
    [PEOPLE] = "people.",
    [RULES] = "rules.",
};

static const struct source {
    enum section section;
    const char *key, *zh, *en;
} sources[TBI_VALUE_COUNT] = {
#define TBI_SCALAR(section, name, key, zh, en) {section, key, zh, en},
#include "scalar.def"
#undef TBI_SCALAR
#define TB_PEOPLE(kind, name, least, most, normal, zh, en) {PEOPLE, #name, zh, en},
#include "tongban/people.def"
#undef TB_PEOPLE
#define TB_RULE(value, name, least, most, normal, en) {RULES, #name, NULL, en},
#include "tongban/rule.def"
#undef TB_RULE
};

static const struct {
    enum tb_rule rule;
    const char *zh;
} rules_zh[] = {
#define TBI_RULE_ZH(name, zh) {TB_RULE_##name, zh},
#include "rule_zh.def"
#undef TBI_RULE_ZH
};

enum { PATH_BYTES = 64, FIELDS_MAX = 320 };
static char paths[TBI_VALUE_COUNT][PATH_BYTES];
static struct tbi_value_row values[TBI_VALUE_COUNT];
static cyaml_schema_field_t fields[FIELDS_MAX]; /* each list ends with a field without key */
static uint32_t field_count;
static cyaml_schema_value_t name_entry, hours_entry, season_entry, total_entry, rules_entry;
static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
static cyaml_schema_value_t whole;

const cyaml_schema_value_t *tbi_schema(void)
{
    return &whole;
}

const struct tbi_value_row *tbi_schema_value(uint32_t index)
{
    return &values[index];
}

/* ---- names
 * ------------------------------------------------------------------------------------ */

static uint32_t offset_of(uint32_t index)
{
    if (index < TBI_SCALAR_COUNT)
        return offsetof(struct tbi_yaml, scalars) + index * sizeof(char *);
    index -= TBI_SCALAR_COUNT;
    if (index < TBI_PEOPLE_COUNT)
        return offsetof(struct tbi_yaml, people) + index * sizeof(char *);
    return offsetof(struct tbi_yaml, rules) + (index - TBI_PEOPLE_COUNT) * sizeof(char *);
}

/* A scenario writes units beside the value, so its rules have no unit in their names. */
static void cut_unit(char *path)
{
    static const char *const unit[] = {"_us", "_pct"};
    const size_t bytes = strlen(path);

    for (size_t i = 0; i < sizeof unit / sizeof unit[0]; i++) {
        const size_t unit_bytes = strlen(unit[i]);

        if (bytes > unit_bytes && strcmp(path + bytes - unit_bytes, unit[i]) == 0)
            path[bytes - unit_bytes] = 0;
    }
}

static void values_make(void)
{
    for (uint32_t i = 0; i < TBI_VALUE_COUNT; i++) {
        const struct source *source = &sources[i];

        snprintf(paths[i], PATH_BYTES, "%s%s", prefixes[source->section], source->key);
        if (source->section == RULES)
            cut_unit(paths[i]);
        values[i] = (struct tbi_value_row){paths[i], paths[i], source->zh, source->en,
                                           offset_of(i)};
        if (source->section == PEOPLE || source->section == RULES)
            values[i].name = strchr(paths[i], '.') + 1;
    }
    for (size_t i = 0; i < sizeof rules_zh / sizeof rules_zh[0]; i++)
        values[TBI_SCALAR_COUNT + TBI_PEOPLE_COUNT + rules_zh[i].rule].zh = rules_zh[i].zh;
}

/* ---- fields
 * ------------------------------------------------------------------------------------ */

static cyaml_schema_field_t *field_add(const char *key, cyaml_type_e type, uint32_t offset)
{
    /* One more stays empty: it ends the list. */
    tb_assert(field_count + 1 < FIELDS_MAX);
    cyaml_schema_field_t *field = &fields[field_count++];

    field->key = key;
    field->data_offset = offset;
    field->value.type = type;
    field->value.flags = CYAML_FLAG_OPTIONAL;
    return field;
}

static void text_add(const char *key, size_t offset)
{
    cyaml_schema_field_t *field = field_add(key, CYAML_STRING, (uint32_t)offset);

    field->value.flags |= CYAML_FLAG_POINTER;
    field->value.data_size = sizeof(char *);
    field->value.string.max = CYAML_UNLIMITED;
}

/* The last key of a path. */
static const char *last_key(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL ? path : dot + 1;
}

static void section_add(enum section section)
{
    for (uint32_t i = 0; i < TBI_VALUE_COUNT; i++) {
        if (sources[i].section == section)
            text_add(last_key(paths[i]), values[i].offset);
    }
}

/* A mapping whose values lie in the struct tbi_yaml itself. */
static void mapping_add(const char *key, const cyaml_schema_field_t *inner)
{
    cyaml_schema_field_t *field = field_add(key, CYAML_MAPPING, 0);

    field->value.data_size = sizeof(struct tbi_yaml);
    field->value.mapping.fields = inner;
}

static void list_add(const char *key, size_t offset, size_t count_offset, size_t item_bytes,
                     const cyaml_schema_value_t *entry)
{
    cyaml_schema_field_t *field = field_add(key, CYAML_SEQUENCE, (uint32_t)offset);

    field->count_offset = (uint32_t)count_offset;
    field->count_size = sizeof(uint32_t);
    field->value.flags |= CYAML_FLAG_POINTER;
    field->value.data_size = (uint32_t)item_bytes;
    field->value.sequence.entry = entry;
    field->value.sequence.max = CYAML_UNLIMITED;
}
#define LIST(key, structure, member, entry)                                                \
    list_add(key, offsetof(structure, member), offsetof(structure, member##_count),        \
             sizeof *((structure *)0)->member, entry)

static const cyaml_schema_field_t *begin(void)
{
    return &fields[field_count];
}

static void end(void)
{
    field_count++;
}

static cyaml_schema_value_t entry_value(const cyaml_schema_field_t *inner, size_t bytes)
{
    return (cyaml_schema_value_t){.type = CYAML_MAPPING,
                                  .data_size = (uint32_t)bytes,
                                  .mapping = {.fields = inner}};
}

static void entries_make(void)
{
    const cyaml_schema_field_t *from = begin();
    text_add("id", offsetof(struct tbi_name_entry, id));
    text_add("zh", offsetof(struct tbi_name_entry, zh));
    text_add("en", offsetof(struct tbi_name_entry, en));
    text_add("demand", offsetof(struct tbi_name_entry, demand));
    end();
    name_entry = entry_value(from, sizeof(struct tbi_name_entry));

    from = begin();
    text_add("calendar", offsetof(struct tbi_hours_entry, calendar));
    text_add("day", offsetof(struct tbi_hours_entry, day));
    LIST("open", struct tbi_hours_entry, open, &text_entry);
    end();
    hours_entry = entry_value(from, sizeof(struct tbi_hours_entry));

    from = begin();
    text_add("from", offsetof(struct tbi_season_entry, from));
    text_add("to", offsetof(struct tbi_season_entry, to));
    text_add("factor", offsetof(struct tbi_season_entry, factor));
    end();
    season_entry = entry_value(from, sizeof(struct tbi_season_entry));

    from = begin();
    text_add("day", offsetof(struct tbi_total_entry, day));
    text_add("from", offsetof(struct tbi_total_entry, from));
    text_add("to", offsetof(struct tbi_total_entry, to));
    text_add("volume", offsetof(struct tbi_total_entry, volume));
    end();
    total_entry = entry_value(from, sizeof(struct tbi_total_entry));

    from = begin();
    text_add("for", offsetof(struct tbi_rules_entry, where));
    for (uint32_t i = 0; i < TB_RULE_COUNT; i++)
        text_add(tbi_schema_rule(i)->name,
                 offsetof(struct tbi_rules_entry, rules) + i * sizeof(char *));
    end();
    rules_entry = entry_value(from, sizeof(struct tbi_rules_entry));
}

static const cyaml_schema_field_t *section_make(enum section section)
{
    const cyaml_schema_field_t *from = begin();

    section_add(section);
    end();
    return from;
}

static const cyaml_schema_field_t *calendar_make(void)
{
    const cyaml_schema_field_t *week = section_make(WEEK), *from = begin();

    section_add(CALENDAR);
    mapping_add("week", week);
    end();
    return from;
}

static const cyaml_schema_field_t *demand_make(void)
{
    const cyaml_schema_field_t *weekday = section_make(WEEKDAY), *from = begin();

    section_add(DEMAND);
    mapping_add("weekday", weekday);
    LIST("seasons", struct tbi_yaml, seasons, &season_entry);
    LIST("totals", struct tbi_yaml, totals, &total_entry);
    end();
    return from;
}

__attribute__((constructor)) static void schema_make(void)
{
    static const struct {
        const char *key;
        enum section section;
    } plain[] = {{"name", NAME},       {"note", NOTE},     {"promise", PROMISE},
                 {"booking", BOOKING}, {"limits", LIMITS}, {"people", PEOPLE},
                 {"rules", RULES}};
    const cyaml_schema_field_t *made[sizeof plain / sizeof plain[0]];

    values_make();
    entries_make();
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        made[i] = section_make(plain[i].section);
    const cyaml_schema_field_t *calendar = calendar_make(), *demand = demand_make();
    const cyaml_schema_field_t *top = begin();
    section_add(TOP);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        mapping_add(plain[i].key, made[i]);
    mapping_add("calendar", calendar);
    mapping_add("demand", demand);
    LIST("trades", struct tbi_yaml, trades, &name_entry);
    LIST("zones", struct tbi_yaml, zones, &name_entry);
    LIST("day_kinds", struct tbi_yaml, day_kinds, &name_entry);
    LIST("hours", struct tbi_yaml, hours, &hours_entry);
    LIST("rules_for", struct tbi_yaml, rules_for, &rules_entry);
    LIST("set", struct tbi_yaml, set, &text_entry);
    end();
    whole = entry_value(top, sizeof(struct tbi_yaml));
    whole.flags = CYAML_FLAG_POINTER;
}
