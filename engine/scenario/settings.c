/* settings.c: single values of scenario.yaml and of --set: people, promise, booking, limits. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

/* ---- where a value comes from
 * ---------------------------------------------------------------------- */

/* The numbers that a report lists; dates, names and kinds of day are none. */
static bool is_listed(const char *path)
{
    static const char *const sections[] = {"demand.", "promise.", "booking.", "limits.",
                                           "people.", "rules.",   "rules_for", "day_kinds"};
    const char *key = strrchr(path, '.');

    if (key != NULL && (strcmp(key, ".from") == 0 || strcmp(key, ".to") == 0))
        return false;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (strncmp(path, sections[i], strlen(sections[i])) == 0)
            return true;
    }
    return false;
}

static struct tb_source *source_add(struct tbi_build *b)
{
    b->sources = tbi_arena_grow(b->arena, b->sources, b->source_count, &b->source_capacity,
                                sizeof *b->sources);
    return &b->sources[b->source_count++];
}

/* The text without its mark, which goes to the sources. */
static struct tbi_given given(struct tbi_build *b, const char *text, struct tbi_at at,
                              struct tb_label label)
{
    char *copy = tbi_arena_text(b->arena, text, strlen(text));
    const char mark = tbi_value_mark(copy);

    if (label.zh[0] != 0 && is_listed(label.id) && strpbrk(copy, "0123456789") != NULL)
        *source_add(b) = (struct tb_source){
            mark == 0 ? '?' : mark, label, copy,
            tbi_arena_text(b->arena, at.file, strlen(at.file)), at.line};
    return (struct tbi_given){copy, at};
}

struct tbi_given tbi_given(struct tbi_build *b, const struct tbi_value_row *row)
{
    const struct tbi_folder *folder = b->folder;
    const struct tb_label label = tbi_label(row->path, row->zh, row->en);
    const char *text, *from = (const char *)folder->document->yaml + row->offset;
    struct tbi_at at = tbi_document_at(folder->document, row->path);

    memcpy(&text, from, sizeof text);
    for (uint32_t i = 0; i < folder->override_count; i++) {
        const struct tbi_override *override = &folder->overrides[i];

        if (strcmp(override->name, row->path) == 0 || strcmp(override->name, row->name) == 0) {
            b->override_used[i] = true;
            text = override->value;
            at = override->at;
        }
    }
    if (text == NULL)
        return (struct tbi_given){NULL, at};
    return given(b, text, at, label);
}

struct tbi_given tbi_given_entry(struct tbi_build *b, const char *text, const char *zh,
                                 const char *en, const char *format, ...)
{
    char path[128];
    va_list args;

    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    const struct tbi_at at = tbi_document_at(b->folder->document, path);
    if (text == NULL)
        return (struct tbi_given){NULL, at};
    const char *id = tbi_arena_text(b->arena, path, strlen(path));
    return given(b, text, at, (struct tb_label){id, zh, en});
}

/* ---- people ------------------------------------------------------------------------------ */

enum people_kind { SHARE, US, COUNT, FACTOR };

static const struct people_row {
    enum people_kind kind;
    double least, most;
    int64_t least_us, most_us; /* of US and COUNT, which a double would not hold */
    uint32_t offset;
    struct tb_people_row row;
} people_rows[TBI_PEOPLE_COUNT] = {
#define FIELD_SHARE(name) offsetof(struct tb_people, name)
#define FIELD_FACTOR(name) offsetof(struct tb_people, name)
#define FIELD_COUNT(name) offsetof(struct tb_people, name)
#define FIELD_US(name) offsetof(struct tb_people, name##_us)
#define TB_PEOPLE(kind, name, least, most, normal, zh, help)                                     \
    {kind, (double)(least), (double)(most), (int64_t)(least), (int64_t)(most), FIELD_##kind(name), \
     {#name, zh, help}},
#include "tongban/people.def"
#undef TB_PEOPLE
};

const struct tb_people_row *tb_people_row(uint32_t index)
{
    return index < TBI_PEOPLE_COUNT ? &people_rows[index].row : NULL;
}

static void people_normal(struct tb_people *people)
{
#define NORMAL_SHARE(name) people->name
#define NORMAL_FACTOR(name) people->name
#define NORMAL_COUNT(name) people->name
#define NORMAL_US(name) people->name##_us
#define TB_PEOPLE(kind, name, least, most, normal, zh, help) NORMAL_##kind(name) = (normal);
#include "tongban/people.def"
#undef TB_PEOPLE
}

static void people_take(struct tbi_build *b, const struct people_row *row, struct tbi_given given,
                        void *field)
{
    int64_t whole;
    double real;

    switch (row->kind) {
    case SHARE:
    case FACTOR:
        if (tbi_parse_real(b, given.at, given.text, row->least, row->most, &real))
            memcpy(field, &real, sizeof real);
        return;
    case COUNT:
        if (tbi_parse_whole(b, given.at, given.text, row->least_us, row->most_us, &whole))
            memcpy(field, &whole, sizeof whole);
        return;
    case US:
        if (tbi_parse_duration(b, given.at, given.text, row->least_us, row->most_us, 0, &whole))
            memcpy(field, &whole, sizeof whole);
        return;
    }
}

static void build_people(struct tbi_build *b)
{
    people_normal(&b->out->people);
    for (uint32_t i = 0; i < TBI_PEOPLE_COUNT; i++) {
        const struct tbi_given given = tbi_given(b, tbi_schema_people(i));

        if (given.text != NULL)
            people_take(b, &people_rows[i], given,
                        (char *)&b->out->people + people_rows[i].offset);
    }
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void duration_scalar(struct tbi_build *b, enum tbi_scalar scalar, int64_t least,
                            int64_t most, int64_t *out)
{
    const struct tbi_given given = tbi_given_scalar(b, scalar);

    if (given.text != NULL)
        tbi_parse_duration(b, given.at, given.text, least, most, 0, out);
}

static void whole_scalar(struct tbi_build *b, enum tbi_scalar scalar, int64_t least, int64_t most,
                         int64_t *out)
{
    const struct tbi_given given = tbi_given_scalar(b, scalar);

    if (given.text != NULL)
        tbi_parse_whole(b, given.at, given.text, least, most, out);
}

/* Names and id come from the folder itself, all else from the city that it may extend. */
static void build_label(struct tbi_build *b)
{
    const struct tbi_yaml *own = b->folder->documents[0].yaml;
    const char *id = own->scalars[TBI_TOP_ID];
    struct tb_scenario *out = b->out;

    out->label = tbi_label(id != NULL ? id : b->folder->id, own->scalars[TBI_NAME_ZH],
                           own->scalars[TBI_NAME_EN]);
    const struct tb_label note =
        tbi_label("", own->scalars[TBI_NOTE_ZH], own->scalars[TBI_NOTE_EN]);
    out->note_zh = note.zh;
    out->note_en = note.en;
}

static void build_limits(struct tbi_build *b)
{
    static const int64_t most[] = {1 << 27, 1 << 27, 1 << 27, 1 << 27};

    for (uint32_t i = 0; i < 4; i++) {
        b->limits[i] = -1;
        whole_scalar(b, TBI_LIMITS_TICKETS + i, i == 0, most[i], &b->limits[i]);
    }
    const int64_t requests = b->limits[3];
    if (requests > 0 && (requests & (requests - 1)) != 0) {
        const struct tbi_given given = tbi_given_scalar(b, TBI_LIMITS_REQUESTS);

        tbi_wrong(b->problems, given.at, TBI_WRONG_WORD, given.text,
                  "0 或 2 的幂\f0 or a power of two", NULL);
    }
}

void tbi_build_settings(struct tbi_build *b)
{
    struct tb_scenario *out = b->out;
    int64_t days = 7;

    build_label(b);
    out->utc_offset_us = TB_HOURS(8);
    const struct tbi_given offset = tbi_given_scalar(b, TBI_TOP_UTC_OFFSET);
    if (offset.text != NULL &&
        tbi_value_offset(offset.text, &out->utc_offset_us) != TBI_VALUE_OK)
        tbi_wrong(b->problems, offset.at, TBI_WRONG_ZONE_OFFSET, offset.text, NULL, NULL);

    build_people(b);
    out->promise = (struct tb_promise){TB_MINUTES(15), 0.9};
    duration_scalar(b, TBI_PROMISE_WAIT, 0, TB_DAYS(1), &out->promise.wait_us);
    const struct tbi_given share = tbi_given_scalar(b, TBI_PROMISE_SHARE);
    if (share.text != NULL)
        tbi_parse_real(b, share.at, share.text, 0, 1, &out->promise.share);

    b->slot_us = TB_MINUTES(30);
    duration_scalar(b, TBI_BOOKING_SLOT, 0, TB_DAYS(1), &b->slot_us);
    if (b->slot_us > 0 && TB_DAYS(1) % b->slot_us != 0) {
        const struct tbi_given slot = tbi_given_scalar(b, TBI_BOOKING_SLOT);

        tbi_wrong(b->problems, slot.at, TBI_WRONG_WORD, slot.text,
                  "能整除一天的时长\fa duration that divides a day", NULL);
    }
    b->slot_scale = 1;
    const struct tbi_given scale = tbi_given_scalar(b, TBI_BOOKING_SCALE);
    if (scale.text != NULL)
        tbi_parse_real(b, scale.at, scale.text, 0, 100, &b->slot_scale);
    whole_scalar(b, TBI_BOOKING_DAYS, 1, 60, &days);
    b->slot_days = (uint32_t)days;
    build_limits(b);
}
