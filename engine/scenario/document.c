#include "document.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "schema.h"

enum { DEPTH_MAX = 16, PATH_MAX_BYTES = 200, SEEN_WORDS = 4 };

/* ---- the walk: places, unknown keys, keys that come twice
 * ---------------------------------------- */

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
    bool wrong;
};

static void walk_wrong(struct walk *w, yaml_mark_t mark, enum tbi_wrong wrong, const char *a,
                       const char *b)
{
    const struct tbi_at at = {w->document->file.path, (uint32_t)mark.line + 1,
                              (uint32_t)mark.column + 1};

    w->wrong = true;
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
        frame->seen[i / 64] |= UINT64_C(1) << i % 64;
        frame->field = &frame->fields[i];
        return;
    }
    key_unknown(w, frame, event->start_mark, key);
}

/* A value begins here, or a list's entry: notes its place, and says what schema it has. */
static const cyaml_schema_value_t *value_begin(struct walk *w, const yaml_event_t *event)
{
    struct frame *frame = &w->frames[w->depth];

    if (w->depth == 0)
        return tbi_schema();
    if (!frame->mapping) {
        snprintf(w->path + frame->path_bytes, sizeof w->path - frame->path_bytes, "[%u]",
                 frame->index++);
        place_add(w, event->start_mark);
        return frame->entry;
    }
    w->places[frame->place].line = (uint32_t)event->start_mark.line + 1;
    w->places[frame->place].column = (uint32_t)event->start_mark.column + 1;
    frame->has_key = false;
    return frame->field == NULL ? NULL : &frame->field->value;
}

/* False: no use to go on. */
static bool container_begin(struct walk *w, const yaml_event_t *event)
{
    const cyaml_schema_value_t *value = value_begin(w, event);
    const bool mapping = event->type == YAML_MAPPING_START_EVENT;

    if (w->depth + 1 == DEPTH_MAX) {
        walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE, "太深\ftoo deep", NULL);
        return false;
    }
    if (w->depth == 0 && !mapping) {
        walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE, "应为“键: 值”\fkeys are wanted",
                   NULL);
        return false;
    }
    w->frames[++w->depth] = (struct frame){
        .mapping = mapping,
        .fields = mapping && value != NULL && value->type == CYAML_MAPPING
                      ? value->mapping.fields
                      : NULL,
        .entry = !mapping && value != NULL && value->type == CYAML_SEQUENCE
                     ? value->sequence.entry
                     : NULL,
        .path_bytes = strlen(w->path),
    };
    return true;
}

/* False: the walk ends. */
static bool event_take(struct walk *w, const yaml_event_t *event)
{
    struct frame *frame = &w->frames[w->depth];

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (w->documents++ > 0)
            walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE,
                       "只能有一个文档\fone document only", NULL);
        return !w->wrong;
    case YAML_ALIAS_EVENT:
        walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE,
                   "不支持引用(*)\faliases (*) are not supported", NULL);
        return false;
    case YAML_SCALAR_EVENT:
        if (frame->mapping && !frame->has_key) {
            key_take(w, frame, event);
            return true; /* the path keeps the key until its value has come */
        }
        value_begin(w, event);
        break;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (frame->mapping && !frame->has_key) {
            walk_wrong(w, event->start_mark, TBI_WRONG_YAML_SHAPE,
                       "键必须是一个词\fa key must be a word", NULL);
            return false;
        }
        return container_begin(w, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        w->depth--;
        break;
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    w->path[w->frames[w->depth].path_bytes] = 0;
    return true;
}

static bool walk(struct tbi_arena *arena, struct tbi_document *document,
                 struct tb_scenario_problems *problems)
{
    struct walk w = {.arena = arena, .document = document, .problems = problems};
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true;

    tb_assert(yaml_parser_initialize(&parser) == 1);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)document->file.text,
                                 document->file.bytes);
    while (more) {
        if (yaml_parser_parse(&parser, &event) != 1) {
            walk_wrong(&w, parser.problem_mark, TBI_WRONG_YAML_SYNTAX,
                       parser.problem == NULL ? "?" : parser.problem, NULL);
            break;
        }
        more = event_take(&w, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    document->places = w.places;
    return !w.wrong;
}

/* ---- libcyaml
 * -------------------------------------------------------------------------------------- */

/* libcyaml tells a mistake by its log: a sentence, then where it happened, innermost first. */
struct complaint {
    char sentence[256];
    uint32_t line, column;
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
    const char *where = strstr(text, "(line: ");
    if (where != NULL && complaint->line == 0)
        sscanf(where, "(line: %u, column: %u)", &complaint->line, &complaint->column);
    else if (where == NULL && complaint->sentence[0] == 0 && strcmp(sentence, "Backtrace:") != 0)
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

bool tbi_document_parse(struct tbi_arena *arena, struct tbi_document *document,
                        struct tb_scenario_problems *problems)
{
    const bool walked = walk(arena, document, problems);
    struct complaint complaint = {.line = 0};
    const cyaml_config_t config = {
        .log_ctx = &complaint,
        .log_fn = on_log,
        .log_level = CYAML_LOG_ERROR,
        .mem_ctx = arena,
        .mem_fn = on_memory,
        .flags = CYAML_CFG_NO_ALIAS | CYAML_CFG_IGNORE_UNKNOWN_KEYS,
    };
    cyaml_data_t *data = NULL;

    document->yaml = TBI_TAKE(arena, struct tbi_yaml, 1);
    if (!walked)
        return false;
    const cyaml_err_t error = cyaml_load_data((const uint8_t *)document->file.text,
                                              document->file.bytes, &config, tbi_schema(), &data,
                                              NULL);
    if (error != CYAML_OK) {
        const struct tbi_at at = {document->file.path, complaint.line, complaint.column};

        tbi_wrong(problems, at, TBI_WRONG_YAML_SHAPE,
                  complaint.sentence[0] != 0 ? complaint.sentence : cyaml_strerror(error), NULL,
                  NULL);
        return false;
    }
    if (data != NULL)
        document->yaml = data;
    return true;
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
