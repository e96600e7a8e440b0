#include "document.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "grammar.h"
#include "schema.h"

enum { DEPTH_MAX = 16, PATH_MAX_BYTES = 200, SEEN_WORDS = 4 };

/* ---- the walk: places, unknown keys, keys that come twice, wrong shapes -------------------
 *
 * What is right goes on to an emitter, and from there to libcyaml, so that one mistake does not
 * hide those in the rest. */

struct frame {
    const cyaml_schema_field_t *fields; /* of a mapping; NULL: a list, or unknown */
    const cyaml_schema_value_t *entry;  /* of a list; NULL: unknown */
    const cyaml_schema_field_t *field;  /* whose value comes next; NULL: unknown */
    bool mapping, has_key;
    uint32_t index;
    size_t path_bytes;
    uint32_t place; /* of the key that was read */
    uint64_t seen[SEEN_WORDS];
};

struct walk {
    struct tbi_arena *arena;
    struct tbi_document *document;
    struct tb_scenario_problems *problems;
    struct frame frames[DEPTH_MAX];
    uint32_t depth;
    char path[PATH_MAX_BYTES];
    struct tbi_place *places;
    uint32_t capacity, documents;
    bool wrong, stopped;    /* stopped: the rest cannot be understood */
    uint32_t skipped;       /* containers that are open of a value that is left out */
    yaml_emitter_t emitter; /* what is right */
    yaml_event_t key;       /* waits for its value; both are emitted, or neither */
    bool holds_key;
    char *out;
    size_t out_bytes, out_capacity;
};

static void walk_wrong(struct walk *w, yaml_mark_t mark, enum tbi_wrong wrong, const char *a,
                       const char *b)
{
    const struct tbi_at at = {w->document->file.path, (uint32_t)mark.line + 1,
                              (uint32_t)mark.column + 1};
    static const char *const named[] = {"trades", "zones", "day_kinds", "hours"};
    const size_t top_bytes = strcspn(w->path, ".[");

    w->wrong = true;
    /* Of tables, only what the lists of names say matters; a key at the top may have been one. */
    w->document->doubtful |= w->stopped || w->depth <= 1;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        w->document->doubtful |=
            strlen(named[i]) == top_bytes && memcmp(w->path, named[i], top_bytes) == 0;
    tbi_wrong(w->problems, at, wrong, a, b, NULL);
}

static uint32_t place_add(struct walk *w, yaml_mark_t mark)
{
    struct tbi_document *document = w->document;

    w->places = tbi_arena_grow(w->arena, w->places, document->place_count, &w->capacity,
                               sizeof *w->places);
    w->places[document->place_count] = (struct tbi_place){
        tbi_arena_text(w->arena, w->path, strlen(w->path)), (uint32_t)mark.line + 1,
        (uint32_t)mark.column + 1, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
    return document->place_count++;
}

static void key_unknown(struct walk *w, const struct frame *frame, yaml_mark_t mark,
                        const char *key)
{
    struct tbi_allowed allowed;

    tbi_allowed_begin(&allowed, key);
    for (const cyaml_schema_field_t *field = frame->fields; field->key != NULL; field++)
        tbi_allowed_add(&allowed, field->key);
    walk_wrong(w, mark, TBI_WRONG_YAML_KEY, key, tbi_allowed_end(&allowed));
}

static void key_take(struct walk *w, struct frame *frame, const yaml_event_t *event)
{
    const char *key = (const char *)event->data.scalar.value;

    frame->has_key = true;
    frame->field = NULL;
    snprintf(w->path + frame->path_bytes, sizeof w->path - frame->path_bytes, "%s%s",
             frame->path_bytes == 0 ? "" : ".", key);
    frame->place = place_add(w, event->start_mark);
    if (frame->fields == NULL)
        return;
    for (uint32_t i = 0; frame->fields[i].key != NULL; i++) {
        if (strcmp(frame->fields[i].key, key) != 0)
            continue;
        if (frame->seen[i / 64] >> i % 64 & 1)
            walk_wrong(w, event->start_mark, TBI_WRONG_YAML_TWICE, key, NULL);
        else
            frame->field = &frame->fields[i];
        frame->seen[i / 64] |= UINT64_C(1) << i % 64;
        return;
    }
    key_unknown(w, frame, event->start_mark, key);
}

/* ---- values ------------------------------------------------------------------------------- */

enum taken { EMIT, HOLD, DROP };

static void walk_stop(struct walk *w, yaml_mark_t mark, const char *why)
{
    w->stopped = true;
    walk_wrong(w, mark, TBI_WRONG_YAML_SHAPE, why, "每行“键: 值”\flines of \"key: value\"");
}

static bool is_nothing(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;

    return event->type == YAML_SCALAR_EVENT &&
           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Says what is wrong where a value is not of the shape that is wanted. */
static bool shape_fits(struct walk *w, const yaml_event_t *event, const cyaml_schema_value_t *value)
{
    static const char example_list[] = "[甲, 乙]，或每行一个“- 甲”\f[a, b], or a line \"- a\" each";
    static const char example_keys[] =
        "缩进两格的“键: 值”\flines of \"key: value\", two blanks to the right";
    const char *want = "一个值\fa value", *allowed = "一个数或词\fone number or word";

    if (event->type == YAML_ALIAS_EVENT) {
        walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE,
                   "不支持引用(*)\faliases (*) are not supported", allowed);
        return false;
    }
    if (value->type == CYAML_SEQUENCE) {
        if (event->type == YAML_SEQUENCE_START_EVENT)
            return true;
        want = "列表\fa list";
        allowed = example_list;
    } else if (value->type == CYAML_MAPPING) {
        if (event->type == YAML_MAPPING_START_EVENT)
            return true;
        want = "“键: 值”\fkeys and values";
        allowed = example_keys;
    } else if (event->type == YAML_SCALAR_EVENT) {
        return true;
    }
    if (is_nothing(event)) /* "people:" with nothing under it: as if it were not there */
        return false;
    const char *cut = strchr(want, '\f');
    walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE,
               tbi_arena_format(w->arena, "“%s”应为%.*s\f\"%s\" should be %s", w->path,
                                (int)(cut - want), want, w->path, cut + 1),
               allowed);
    return false;
}

/* A value begins here, or a list's entry: notes its place, and says what schema it has. NULL:
 * it is left out. */
static const cyaml_schema_value_t *value_begin(struct walk *w, const yaml_event_t *event)
{
    struct frame *frame = &w->frames[w->depth];
    const cyaml_schema_value_t *value = frame->entry;

    if (w->depth == 0)
        return tbi_schema();
    if (!frame->mapping) {
        snprintf(w->path + frame->path_bytes, sizeof w->path - frame->path_bytes, "[%u]",
                 frame->index);
    } else {
        w->places[frame->place].line = (uint32_t)event->start_mark.line + 1;
        w->places[frame->place].column = (uint32_t)event->start_mark.column + 1;
        frame->has_key = false;
        value = frame->field == NULL ? NULL : &frame->field->value;
    }
    if (value == NULL || !shape_fits(w, event, value))
        return NULL;
    if (!frame->mapping) { /* entries that are left out do not count */
        frame->index++;
        place_add(w, event->start_mark);
    }
    return value;
}

static enum taken container_begin(struct walk *w, const yaml_event_t *event)
{
    const cyaml_schema_value_t *value = value_begin(w, event);
    const bool mapping = event->type == YAML_MAPPING_START_EVENT;

    if (value == NULL) {
        w->skipped = 1;
        return DROP;
    }
    if (w->depth == 0 && !mapping) {
        walk_stop(w, event->start_mark, "应为“键: 值”\fkeys are wanted");
        return DROP;
    }
    tb_assert(w->depth + 1 < DEPTH_MAX); /* deeper than the schema: left out above */
    w->frames[++w->depth] = (struct frame){
        .mapping = mapping,
        .fields = mapping ? value->mapping.fields : NULL,
        .entry = mapping ? NULL : value->sequence.entry,
        .path_bytes = strlen(w->path),
    };
    return EMIT;
}

/* The path loses what came after the container that is open. */
static enum taken path_cut(struct walk *w, enum taken taken)
{
    w->path[w->frames[w->depth].path_bytes] = 0;
    return taken;
}

static enum taken skip_on(struct walk *w, const yaml_event_t *event)
{
    w->skipped +=
        event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
    w->skipped -= event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
    return w->skipped == 0 ? path_cut(w, DROP) : DROP;
}

static enum taken event_take(struct walk *w, const yaml_event_t *event)
{
    struct frame *frame = &w->frames[w->depth];
    const bool wants_key = frame->mapping && !frame->has_key;

    if (w->skipped > 0)
        return skip_on(w, event);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (w->documents++ > 0)
            walk_stop(w, event->start_mark, "只能有一个文档\fone document only");
        return EMIT;
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (wants_key && event->type != YAML_SCALAR_EVENT) {
            walk_stop(w, event->start_mark, "键必须是一个词\fa key must be a word");
            return DROP;
        }
        if (wants_key) { /* the path keeps the key until its value has come */
            key_take(w, frame, event);
            return HOLD;
        }
        if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT)
            return container_begin(w, event);
        if (w->depth == 0 && !is_nothing(event)) {
            walk_stop(w, event->start_mark, "应为“键: 值”\fkeys are wanted");
            return DROP;
        }
        return path_cut(w, value_begin(w, event) == NULL ? DROP : EMIT);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        w->depth--;
        return path_cut(w, EMIT);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return EMIT;
}

/* ---- what is right goes on ------------------------------------------------------------------ */

static int on_emitted(void *context, unsigned char *bytes, size_t count)
{
    struct walk *w = context;

    if (w->out_bytes + count > w->out_capacity) {
        char *more = tbi_arena_take(w->arena, w->out_capacity = 2 * (w->out_bytes + count) + 4096);

        if (w->out_bytes > 0)
            memcpy(more, w->out, w->out_bytes);
        w->out = more;
    }
    memcpy(w->out + w->out_bytes, bytes, count);
    w->out_bytes += count;
    return 1;
}

/* Takes the event. */
static void pass_on(struct walk *w, yaml_event_t *event, enum taken taken)
{
    if (taken == HOLD) {
        w->key = *event;
        w->holds_key = true;
        return;
    }
    if (w->holds_key) {
        w->holds_key = false;
        if (taken == EMIT)
            w->stopped |= yaml_emitter_emit(&w->emitter, &w->key) != 1;
        else
            yaml_event_delete(&w->key);
    }
    if (taken == EMIT)
        w->stopped |= yaml_emitter_emit(&w->emitter, event) != 1;
    else
        yaml_event_delete(event);
}

/* text is of good grammar. */
static void walk(struct walk *w, const char *text)
{
    yaml_parser_t parser;
    bool more = true;

    tb_assert(yaml_parser_initialize(&parser) == 1);
    tb_assert(yaml_emitter_initialize(&w->emitter) == 1);
    yaml_emitter_set_output(&w->emitter, on_emitted, w);
    yaml_emitter_set_unicode(&w->emitter, 1);
    yaml_emitter_set_width(&w->emitter, -1);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    while (more && !w->stopped) {
        yaml_event_t event;

        tb_assert(yaml_parser_parse(&parser, &event) == 1);
        more = event.type != YAML_STREAM_END_EVENT;
        pass_on(w, &event, event_take(w, &event));
    }
    if (w->holds_key)
        yaml_event_delete(&w->key);
    yaml_parser_delete(&parser);
    yaml_emitter_delete(&w->emitter);
    w->document->places = w->places;
}

/* ---- libcyaml
 * -------------------------------------------------------------------------------------- */

/* libcyaml tells a mistake by its log: a sentence, then where it happened (in what was passed
 * on: no use to people). */
struct complaint {
    char sentence[256];
};

static void on_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct complaint *complaint = context;
    char text[256];

    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    const char *sentence = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    if (strstr(text, "(line: ") == NULL && complaint->sentence[0] == 0 &&
        strcmp(sentence, "Backtrace:") != 0)
        snprintf(complaint->sentence, sizeof complaint->sentence, "%s", sentence);
}

/* libcyaml's memory comes from the arena, with its size in front, so that nothing is to be
 * freed. */
static void *on_memory(void *context, void *old, size_t bytes)
{
    enum { FRONT = 16 };

    if (bytes == 0)
        return NULL;
    char *memory = (char *)tbi_arena_take(context, bytes + FRONT) + FRONT;
    memcpy(memory - FRONT, &bytes, sizeof bytes);
    if (old != NULL) {
        size_t old_bytes;

        memcpy(&old_bytes, (char *)old - FRONT, sizeof old_bytes);
        memcpy(memory, old, old_bytes < bytes ? old_bytes : bytes);
    }
    return memory;
}

/* Reads what the walk passed on, of which nothing can be wrong any more. */
static void load(struct walk *w)
{
    struct complaint complaint = {.sentence = ""};
    const cyaml_config_t config = {
        .log_ctx = &complaint,
        .log_fn = on_log,
        .log_level = CYAML_LOG_ERROR,
        .mem_ctx = w->arena,
        .mem_fn = on_memory,
        .flags = CYAML_CFG_NO_ALIAS | CYAML_CFG_IGNORE_UNKNOWN_KEYS,
    };
    cyaml_data_t *data = NULL;
    const cyaml_err_t error = cyaml_load_data((const uint8_t *)w->out, w->out_bytes, &config,
                                              tbi_schema(), &data, NULL);

    if (error != CYAML_OK) {
        w->wrong = true;
        w->document->doubtful = true;
        tbi_wrong(w->problems, (struct tbi_at){w->document->file.path, 0, 0},
                  TBI_WRONG_YAML_SHAPE,
                  complaint.sentence[0] != 0 ? complaint.sentence : cyaml_strerror(error),
                  "每行“键: 值”\flines of \"key: value\"", NULL);
    } else if (data != NULL) {
        w->document->yaml = data;
    }
}

bool tbi_document_parse(struct tbi_arena *arena, struct tbi_document *document,
                        struct tb_scenario_problems *problems)
{
    struct walk *w = TBI_TAKE(arena, struct walk, 1);
    char *text = tbi_arena_text(arena, document->file.text, document->file.bytes);

    *w = (struct walk){.arena = arena, .document = document, .problems = problems};
    document->yaml = TBI_TAKE(arena, struct tbi_yaml, 1);
    const bool grammatical = tbi_grammar_mend(document->file.path, text, problems);
    document->doubtful = !grammatical;
    walk(w, text);
    if (!w->stopped && w->out_bytes > 0)
        load(w);
    return grammatical && !w->wrong;
}

struct tbi_at tbi_document_at(const struct tbi_document *document, const char *path)
{
    for (uint32_t i = 0; i < document->place_count; i++) {
        if (strcmp(document->places[i].path, path) == 0)
            return (struct tbi_at){document->file.path, document->places[i].line,
                                   document->places[i].column};
    }
    return (struct tbi_at){document->file.path, 0, 0};
}
