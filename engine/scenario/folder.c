#include "folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "schema.h"
#include "value.h"

/* ---- what is hashed
 * --------------------------------------------------------------------------- */

static uint64_t hash_with(uint64_t hash, const void *bytes, size_t count)
{
    return XXH3_64bits_withSeed(bytes, count, hash);
}

/* The name counts too, but not the place of the folder. */
static void hash_file(struct tbi_folder *folder, const char *name, const struct tbi_file *file)
{
    folder->hash = hash_with(folder->hash, name, strlen(name));
    folder->hash = hash_with(folder->hash, &file->hash, sizeof file->hash);
}

/* ---- overrides
 * --------------------------------------------------------------------------------- */

/* Copies the text between from and to without blanks around it. */
static const char *trimmed(struct tbi_arena *arena, const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    return tbi_arena_text(arena, from, (size_t)(to - from));
}

bool tbi_folder_override(struct tbi_folder *folder, const char *assignment, struct tbi_at at,
                         struct tb_scenario_problems *problems)
{
    const char *equals = strchr(assignment, '=');

    if (equals == NULL || equals == assignment) {
        tbi_wrong(problems, at, TBI_WRONG_SET_SHAPE, assignment, NULL, NULL);
        return false;
    }
    folder->overrides = tbi_arena_grow(&folder->arena, folder->overrides, folder->override_count,
                                       &folder->override_capacity, sizeof *folder->overrides);
    folder->overrides[folder->override_count++] = (struct tbi_override){
        trimmed(&folder->arena, assignment, equals),
        trimmed(&folder->arena, equals + 1, equals + strlen(equals)), at};
    return true;
}

/* ---- documents
 * ----------------------------------------------------------------------------------- */

/* A scenario that extends another one says only what it is called and what it sets. */
static void check_extending(const struct tbi_document *document,
                            struct tb_scenario_problems *problems)
{
    static const char *const mine[] = {"id", "extends", "name", "note", "set"};

    for (uint32_t i = 0; i < document->place_count; i++) {
        const struct tbi_place *place = &document->places[i];
        const size_t top_bytes = strcspn(place->path, ".[");
        bool allowed = place->path[top_bytes] != 0; /* said once, for the key at the top */

        for (size_t j = 0; j < sizeof mine / sizeof mine[0]; j++)
            allowed |= strcmp(place->path, mine[j]) == 0;
        if (!allowed)
            tbi_wrong(problems,
                      (struct tbi_at){document->file.path, place->key_line, place->key_column},
                      TBI_WRONG_YAML_EXTENDS, place->path, NULL, NULL);
    }
}

/* Those of the innermost folder come last and win. */
static void take_sets(struct tbi_folder *folder, struct tb_scenario_problems *problems)
{
    for (uint32_t d = folder->document_count; d-- > 0;) {
        const struct tbi_document *document = &folder->documents[d];

        for (uint32_t i = 0; i < document->yaml->set_count; i++) {
            const char *path = tbi_arena_format(&folder->arena, "set[%u]", i);

            tbi_folder_override(folder, document->yaml->set[i], tbi_document_at(document, path),
                                problems);
        }
    }
}

static const char *joined(struct tbi_arena *arena, const char *folder, const char *name)
{
    const size_t bytes = strlen(folder);

    while (strncmp(name, "./", 2) == 0)
        name += 2;
    if (strcmp(name, ".") == 0)
        return folder;

    const bool slash = bytes > 0 && folder[bytes - 1] == '/';

    return tbi_arena_format(arena, "%s%s%s", folder, slash || bytes == 0 ? "" : "/", name);
}

/* Reads the document of each folder of the chain. paths: the folders. */
static bool read_documents(struct tbi_folder *folder, const char *path,
                           const char *paths[TBI_EXTENDS_MAX],
                           struct tb_scenario_problems *problems)
{
    while (true) {
        struct tbi_document *document = &folder->documents[folder->document_count];
        const char *file = joined(&folder->arena, path, "scenario.yaml");
        const enum tbi_file_result result =
            tbi_file_read(&folder->arena, file, &document->file, problems);

        if (result == TBI_FILE_ABSENT)
            tbi_wrong(problems, (struct tbi_at){file, 0, 0}, TBI_WRONG_FOLDER, NULL, NULL, NULL);
        if (result != TBI_FILE_OK)
            return false;
        hash_file(folder, "scenario.yaml", &document->file);
        paths[folder->document_count++] = path;
        folder->document = document;
        folder->partial |= !tbi_document_parse(&folder->arena, document, problems);
        const char *extends = document->yaml->scalars[TBI_TOP_EXTENDS];
        if (extends == NULL)
            return true;
        check_extending(document, problems);
        if (folder->document_count == TBI_EXTENDS_MAX) {
            tbi_wrong(problems, tbi_document_at(document, "extends"), TBI_WRONG_EXTENDS_DEEP, NULL,
                      NULL, NULL);
            return false;
        }
        path = extends[0] == '/' ? extends : joined(&folder->arena, path, extends);
    }
}

/* ---- tables
 * ----------------------------------------------------------------------------------------- */

/* A .csv that no scenario has is most likely a misspelt one. */
static void check_extra(struct tbi_folder *folder, const char *path,
                        struct tb_scenario_problems *problems)
{
    DIR *directory = opendir(path[0] == 0 ? "." : path);
    struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL) {
        const size_t bytes = strlen(entry->d_name);
        struct tbi_allowed allowed;
        bool known = bytes < 4 || strcasecmp(entry->d_name + bytes - 4, ".csv") != 0 ||
                     strcmp(entry->d_name, "staff.csv") == 0 || /* of tongban roster */
                     entry->d_name[0] == '.' || entry->d_name[0] == '~';

        tbi_allowed_begin(&allowed, entry->d_name);
        for (uint32_t kind = 0; kind < TBI_TABLE_COUNT; kind++) {
            known |= strcmp(entry->d_name, tbi_table_row(kind)->file) == 0;
            tbi_allowed_add(&allowed, tbi_table_row(kind)->file);
        }
        if (!known) {
            const struct tbi_at at = {joined(&folder->arena, path, entry->d_name), 0, 0};

            tbi_wrong(problems, at, TBI_WRONG_FILE_EXTRA, entry->d_name,
                      tbi_allowed_end(&allowed), NULL);
        }
    }
    closedir(directory);
}

/* The nearest folder of the chain that has the table; plan_path before all. */
static void read_table(struct tbi_folder *folder, enum tbi_table_kind kind,
                       const char *const *paths, const char *plan_path,
                       struct tb_scenario_problems *problems)
{
    const struct tbi_table_row *row = tbi_table_row(kind);
    struct tbi_table *table = &folder->tables[kind];
    enum tbi_file_result result = TBI_FILE_ABSENT;
    const char *file = NULL;

    table->kind = kind;
    table->width = tbi_table_width(kind);
    if (kind == TBI_PLANS && plan_path != NULL) {
        file = plan_path;
        result = tbi_file_read(&folder->arena, file, &table->file, problems);
        if (result == TBI_FILE_ABSENT)
            tbi_wrong(problems, (struct tbi_at){file, 0, 0}, TBI_WRONG_FILE_MISSING, row->file,
                      NULL, NULL);
    } else {
        for (uint32_t i = 0; i < folder->document_count && result == TBI_FILE_ABSENT; i++) {
            file = joined(&folder->arena, paths[i], row->file);
            result = tbi_file_read(&folder->arena, file, &table->file, problems);
        }
        /* Without extends, which may be lost, most tables would seem to be missing. */
        if (result == TBI_FILE_ABSENT && row->required && !folder->documents[0].doubtful)
            tbi_wrong(problems,
                      (struct tbi_at){joined(&folder->arena, paths[0], row->file), 0, 0},
                      TBI_WRONG_FILE_MISSING,
                      tbi_arena_format(&folder->arena, "%s\f%s", row->zh, row->en), NULL, NULL);
    }
    if (result != TBI_FILE_OK) {
        table->broken = result == TBI_FILE_WRONG || row->required || file == plan_path;
        table->file.path = NULL;
        return;
    }
    hash_file(folder, row->file, &table->file);
    tbi_table_parse(&folder->arena, table, problems);
}

bool tbi_folder_read(struct tbi_folder *folder, const char *path, const char *plan_path,
                     struct tb_scenario_problems *problems)
{
    const char *paths[TBI_EXTENDS_MAX], *slash;
    size_t bytes = strlen(path);

    while (bytes > 1 && path[bytes - 1] == '/')
        bytes--;
    path = tbi_arena_text(&folder->arena, path, bytes);
    slash = strrchr(path, '/');
    folder->id = slash == NULL || slash[1] == 0 ? path : slash + 1;
    const bool read = read_documents(folder, path, paths, problems);
    if (folder->document_count == 0)
        return false;
    folder->partial |= !read;
    folder->documents[folder->document_count - 1].doubtful |= !read; /* it has no city */
    for (uint32_t kind = 0; kind < TBI_TABLE_COUNT; kind++) {
        read_table(folder, kind, paths, plan_path, problems);
        folder->partial |= folder->tables[kind].broken;
    }
    for (uint32_t i = 0; i < folder->document_count; i++)
        check_extra(folder, paths[i], problems);
    take_sets(folder, problems);
    return true;
}

void tbi_folder_free(struct tbi_folder *folder)
{
    tbi_arena_free(&folder->arena);
}
