/* table.h: a CSV table (libcsv does the CSV) with each cell's place, its columns found by English
 * or Chinese headers in any order.
 *
 * Rows whose first filled cell begins with '#', and rows of empty cells, are left out. Cells
 * are trimmed and never NULL. A column that the file lacks is empty. */
#ifndef TBI_SCENARIO_TABLE_H
#define TBI_SCENARIO_TABLE_H

#include "file.h"

enum tbi_table_kind {
#define TBI_TABLE(name, ...) TBI_##name,
#define TBI_COLUMN(name, ...)
#include "table.def"
#undef TBI_TABLE
#undef TBI_COLUMN
    TBI_TABLE_COUNT
};

/* Columns of all tables are numbered on; a table's first column is TBI_FIRST_name. */
enum tbi_column {
#define TBI_TABLE(name, ...) TBI_FIRST_##name, TBI_BEFORE_##name = TBI_FIRST_##name - 1,
#define TBI_COLUMN(name, ...) TBI_##name,
#include "table.def"
#undef TBI_TABLE
#undef TBI_COLUMN
    TBI_COLUMN_COUNT
};

struct tbi_table_row {
    const char *file;
    bool required;
    const char *zh, *en;
    enum tbi_column first; /* its columns go on to the next table's first */
};
struct tbi_column_row {
    const char *name, *aliases; /* aliases: Chinese headers with | between them */
    bool required;
    const char *zh, *en;
};
const struct tbi_table_row *tbi_table_row(enum tbi_table_kind table);
uint32_t tbi_table_width(enum tbi_table_kind table); /* its columns */
const struct tbi_column_row *tbi_column_row(enum tbi_column column);

struct tbi_cell {
    const char *text;
    uint32_t line, column;
};

struct tbi_table {
    enum tbi_table_kind kind;
    struct tbi_file file; /* path NULL: there is no such file */
    uint32_t row_count;
    uint32_t width;
    const struct tbi_cell *cells; /* row_count x width */
    bool broken;                  /* unreadable, or a column is missing: its rows mean nothing */
};

/* Reads the text of table->file, which is decoded already, into the table. Adds mistakes. */
void tbi_table_parse(struct tbi_arena *arena, struct tbi_table *table,
                     struct tb_scenario_problems *problems);

static inline struct tbi_cell tbi_table_cell(const struct tbi_table *table, uint32_t row,
                                             enum tbi_column column)
{
    const uint32_t first = tbi_table_row(table->kind)->first;

    return table->cells[(size_t)row * table->width + (column - first)];
}

#endif
