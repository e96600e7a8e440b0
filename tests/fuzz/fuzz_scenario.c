/* libFuzzer target: any bytes in place of one file of a small scenario. Byte 0 says which file,
 * and by its highest bit whether the file is only taken apart, in memory, which is much
 * quicker; the rest is the file. The reader must come back with a scenario that the core
 * accepts, or with mistakes whose places exist and whose sentences are filled in: never with
 * both, never with neither. `make fuzz` builds and runs it; the first inputs are the files as
 * they should be. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder/folder.h"
#include "scenario/document.h"
#include "scenario/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"scenario.yaml", "halls.csv",    "windows.csv", "groups.csv",
                                    "skills.csv",    "matters.csv",  "desks.csv",   "routes.csv",
                                    "calendar.csv",  "demand.csv",   "arrivals.csv", "plans.csv",
                                    "travel.csv"};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

static char path[FOLDER_PATH_BYTES];

static void clean(void)
{
    folder_remove(path);
}

static uint32_t lines_of(const uint8_t *data, size_t size)
{
    uint32_t lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

static void check_problems(const struct tb_scenario_problems *problems, const char *file,
                           uint32_t lines)
{
    for (uint32_t i = 0; i < problems->count; i++) {
        const struct tb_scenario_problem *p = &problems->problems[i];
        const char *name = strrchr(p->file, '/');

        tb_assert(p->zh[0] != 0);
        tb_assert(p->en[0] != 0);
        tb_assert(strstr(p->en, "{0}") == NULL || strstr(p->en, "\"") != NULL);
        if (name != NULL && strcmp(name + 1, file) == 0)
            tb_assert(p->line <= lines);
    }
}

/* Every cell of a table, and every place of a document, must be there to be read. */
static size_t touch_table(const struct tbi_table *table)
{
    size_t bytes = 0;

    for (size_t i = 0; i < (size_t)table->row_count * table->width; i++)
        bytes += strlen(table->cells[i].text);
    return bytes;
}

static void take_apart(uint32_t index, const uint8_t *data, size_t size)
{
    struct tb_scenario_problems problems = {0};
    struct tbi_arena arena = {0};
    struct tbi_file file;

    if (tbi_file_decode(&arena, files[index], data, size, &file, &problems) == TBI_FILE_OK) {
        if (index == 0) {
            struct tbi_document document = {.file = file};

            const bool right = tbi_document_parse(&arena, &document, &problems);
            tb_assert(right == (problems.count == 0));
        } else {
            struct tbi_table table = {.kind = (enum tbi_table_kind)(index - 1), .file = file};

            tbi_table_parse(&arena, &table, &problems);
            tb_assert(touch_table(&table) <= file.bytes);
        }
    }
    check_problems(&problems, files[index], lines_of(data, size));
    tb_scenario_problems_free(&problems);
    tbi_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_scenario_problems problems = {0};

    if (size < 1)
        return 0;
    const uint32_t index = data[0] % 0x80 % FILE_COUNT;
    const char *file = files[index];
    if ((data[0] & 0x80) != 0) {
        take_apart(index, data + 1, size - 1);
        return 0;
    }
    if (path[0] == 0) {
        folder_make(path);
        folder_base(path);
        atexit(clean);
    }
    folder_write(path, file, size == 1 ? "" : (const char *)data + 1, size - 1);
    struct tb_scenario *scenario = tb_scenario_load(path, &problems);
    tb_assert((scenario != NULL) == (problems.count == 0));
    check_problems(&problems, file, lines_of(data + 1, size - 1));
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    folder_write(path, file, folder_base_text(file), 0);
    return 0;
}
