/* load.c: the public way in: read, build, check; and build again when a value was set. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "build.h"

/* What a scenario owns: the texts that it was read from, and what was built of them. */
struct loaded {
    struct tbi_folder folder;
    struct tbi_arena arena;
};

/* ---- building ---------------------------------------------------------------------------- */

static void check_overrides(struct tbi_build *b)
{
    for (uint32_t i = 0; i < b->folder->override_count; i++) {
        const struct tbi_override *override = &b->folder->overrides[i];
        struct tbi_allowed allowed;

        if (b->override_used[i])
            continue;
        tbi_allowed_begin(&allowed, override->name);
        for (uint32_t v = 0; v < TBI_VALUE_COUNT; v++)
            tbi_allowed_add(&allowed, tbi_schema_value(v)->name);
        tbi_wrong(b->problems, override->at, TBI_WRONG_SET_NAME, override->name,
                  tbi_allowed_end(&allowed), NULL);
    }
}

static void file_add(struct tbi_build *b, struct tb_scenario_file *files,
                     const struct tbi_file *file, uint32_t rows)
{
    files[b->out->file_count++] = (struct tb_scenario_file){
        tbi_arena_text(b->arena, file->path, strlen(file->path)), file->encoding, file->crlf, rows};
}

static void build_files(struct tbi_build *b)
{
    const struct tbi_folder *folder = b->folder;
    struct tb_scenario_file *files =
        TBI_TAKE(b->arena, struct tb_scenario_file, TBI_EXTENDS_MAX + TBI_TABLE_COUNT);

    for (uint32_t i = 0; i < folder->document_count; i++) {
        const struct tbi_file *file = &folder->documents[i].file;
        uint32_t lines = 0;

        for (const char *c = file->text; (c = strchr(c, '\n')) != NULL; c++)
            lines++;
        file_add(b, files, file, lines);
    }
    for (uint32_t i = 0; i < TBI_TABLE_COUNT; i++) {
        if (folder->tables[i].file.path != NULL)
            file_add(b, files, &folder->tables[i].file, folder->tables[i].row_count);
    }
    b->out->files = files;
}

static void build_hash(struct tbi_build *b)
{
    uint64_t hash = b->folder->hash;

    for (uint32_t i = 0; i < b->folder->override_count; i++) {
        const struct tbi_override *override = &b->folder->overrides[i];

        hash = XXH3_64bits_withSeed(override->name, strlen(override->name) + 1, hash);
        hash = XXH3_64bits_withSeed(override->value, strlen(override->value) + 1, hash);
    }
    b->out->hash = hash;
}

/* The core's own check, in case that this folder's checks left something open. */
static void check_config(struct tbi_build *b)
{
    struct tb_config_error error;

    if (tb_config_check(&b->out->config, &error) == TB_STATUS_OK)
        return;
    tbi_wrong(b->problems, (struct tbi_at){b->folder->documents[0].file.path, 0, 0},
              TBI_WRONG_CONFIG, error.table, tbi_arena_format(b->arena, "%u", error.row),
              error.wrong);
}

/* Names that broken files would have given are not called unknown. */
static void names_open(struct tbi_build *b)
{
    const struct tbi_table *tables = b->folder->tables;
    const bool yaml = b->folder->document->doubtful;

    b->trade_names.open = b->zone_names.open = yaml;
    b->kind_names.open = b->calendar_names.open = yaml;
    b->hall_names.open = tables[TBI_HALLS].broken;
    b->desk_names.open = tables[TBI_DESKS].broken;
    b->matter_names.open = b->family_names.open = tables[TBI_MATTERS].broken;
    b->route_names.open = tables[TBI_ROUTES].broken;
    b->arrivals_names.open = tables[TBI_ARRIVALS].broken;
}

/* Fills *out from the folder; everything lies in the arena. False: there are mistakes. */
static bool build(const struct tbi_folder *folder, struct tbi_arena *arena,
                  struct tb_scenario *out, struct tb_scenario_problems *problems)
{
    const uint32_t before = problems->count;
    struct tbi_build *b = TBI_TAKE(arena, struct tbi_build, 1);

    *out = (struct tb_scenario){.memory = out->memory};
    *b = (struct tbi_build){.folder = folder, .problems = problems, .arena = arena, .out = out};
    b->override_used = TBI_TAKE(arena, bool, folder->override_count);
    names_open(b);
    tbi_build_settings(b);
    tbi_build_calendar(b);
    tbi_build_trades(b);
    tbi_build_stations(b);
    tbi_build_routes(b);
    tbi_build_matters(b);
    tbi_build_demand(b);
    tbi_build_rules(b);
    tbi_build_plan(b);
    tbi_build_config(b);
    tbi_build_sources(b);
    build_files(b);
    build_hash(b);
    check_overrides(b);
    if (folder->partial)
        tbi_problems_drop_doubtful(problems, before, folder->document->doubtful);
    else if (problems->count == before) {
        b->out->config.id = tbi_build_identity(b->out);
        check_config(b);
    }
    return problems->count == before && !folder->partial && problems->count < TBI_PROBLEMS_MAX;
}

/* ---- the public way in ------------------------------------------------------------------- */

struct tb_scenario *tb_scenario_load_with(const char *dir, const char *const *sets,
                                          uint32_t set_count, const char *plan_path,
                                          struct tb_scenario_problems *problems)
{
    struct tb_scenario *scenario = calloc(1, sizeof *scenario);
    struct loaded *loaded = calloc(1, sizeof *loaded);
    const uint32_t before = problems->count;

    tb_assert(scenario != NULL);
    tb_assert(loaded != NULL);
    scenario->memory = loaded;
    const bool read = tbi_folder_read(&loaded->folder, dir, plan_path, problems);
    for (uint32_t i = 0; i < set_count; i++)
        tbi_folder_override(&loaded->folder, sets[i], (struct tbi_at){"--set", 0, 0}, problems);
    if (read)
        build(&loaded->folder, &loaded->arena, scenario, problems);
    if (problems->count == before && read)
        return scenario;
    tbi_problems_sort(problems);
    tb_scenario_free(scenario);
    return NULL;
}

struct tb_scenario *tb_scenario_load(const char *dir, struct tb_scenario_problems *problems)
{
    return tb_scenario_load_with(dir, NULL, 0, NULL, problems);
}

bool tb_scenario_set(struct tb_scenario *scenario, const char *assignment,
                     struct tb_scenario_problems *problems)
{
    struct loaded *loaded = scenario->memory;
    struct tb_scenario changed = {.memory = loaded};
    struct tbi_arena arena = {0};

    if (!tbi_folder_override(&loaded->folder, assignment, (struct tbi_at){"--set", 0, 0},
                             problems))
        return false;
    if (!build(&loaded->folder, &arena, &changed, problems)) {
        loaded->folder.override_count--;
        tbi_arena_free(&arena);
        tbi_problems_sort(problems);
        return false;
    }
    tbi_arena_free(&loaded->arena);
    loaded->arena = arena;
    *scenario = changed;
    return true;
}

void tb_scenario_free(struct tb_scenario *scenario)
{
    if (scenario == NULL)
        return;
    struct loaded *loaded = scenario->memory;
    tbi_arena_free(&loaded->arena);
    tbi_folder_free(&loaded->folder);
    free(loaded);
    free(scenario);
}
