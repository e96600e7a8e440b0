#include "table.h"

#include <csv.h>
#include <string.h>
#include <strings.h>

#include "value.h"

enum { CELLS_MAX = 256 }; /* of one row, whatever the file holds */

static const struct tbi_table_row tables[] = {
#define TBI_TABLE(name, file, required, zh, en) {file, required, zh, en, TBI_FIRST_##name},
#define TBI_COLUMN(name, ...)
#include "table.def"
#undef TBI_TABLE
#undef TBI_COLUMN
};

static const struct tbi_column_row columns[] = {
#define TBI_TABLE(name, ...)
#define TBI_COLUMN(name, header, aliases, required, zh, en) {header, aliases, required, zh, en},
#include "table.def"
#undef TBI_TABLE
#undef TBI_COLUMN
};

const struct tbi_table_row *tbi_table_row(enum tbi_table_kind table)
{
    return &tables[table];
}

uint32_t tbi_table_width(enum tbi_table_kind table)
{
    const uint32_t end = table + 1 < TBI_TABLE_COUNT ? tables[table + 1].first : TBI_COLUMN_COUNT;

    return end - tables[table].first;
}

const struct tbi_column_row *tbi_column_row(enum tbi_column column)
{
    return &columns[column];
}

/* ---- one reading
 * ----------------------------------------------------------------------------- */

struct reader {
    struct tbi_arena *arena;
    struct tbi_table *table;
    struct tb_scenario_problems *problems;
    struct tbi_cell row[CELLS_MAX];
    uint32_t cell_count;           /* of this row so far */
    uint32_t line, column;         /* where the cell begins that is being read */
    bool begun, ended;             /* it has a letter; a cell ended in this piece */
    bool has_header, stopped;      /* stopped: the rows can make no sense */
    uint32_t column_of[CELLS_MAX]; /* of the file's columns; TB_NONE: unknown */
    uint32_t header_count;
    struct tbi_cell *cells;
    uint32_t cells_capacity;
};

static struct tbi_at cell_at(const struct reader *r, const struct tbi_cell *cell)
{
    return (struct tbi_at){r->table->file.path, cell->line, cell->column};
}

/* Cells are ended by libcsv in place (CSV_APPEND_NULL). */
static void on_cell(void *text, size_t bytes, void *context)
{
    struct reader *r = context;
    const char *from = text;

    r->ended = true;
    if (r->cell_count == CELLS_MAX)
        return;
    for (; bytes > 0 && strchr(" \t\r\n", *from) != NULL; bytes--)
        from++;
    while (bytes > 0 && strchr(" \t\r\n", from[bytes - 1]) != NULL)
        bytes--;
    r->row[r->cell_count++] = (struct tbi_cell){
        bytes == 0 ? "" : tbi_arena_text(r->arena, from, bytes), r->line, r->column};
}

static bool is_header(const struct tbi_column_row *column, const char *text)
{
    const size_t bytes = strlen(text);

    if (strcasecmp(text, column->name) == 0)
        return true;
    for (const char *alias = column->aliases; alias != NULL; alias = strchr(alias, '|')) {
        alias += *alias == '|';
        if (strncmp(alias, text, bytes) == 0 && (alias[bytes] == 0 || alias[bytes] == '|'))
            return true;
    }
    return false;
}

static const char *headers(struct tbi_allowed *allowed, const struct reader *r, const char *wanted)
{
    tbi_allowed_begin(allowed, wanted);
    for (uint32_t i = 0; i < r->table->width; i++)
        tbi_allowed_add(allowed, columns[tables[r->table->kind].first + i].name);
    return tbi_allowed_end(allowed);
}

/* Which column this header means. */
static uint32_t header_column(struct reader *r, const struct tbi_cell *cell)
{
    struct tbi_allowed allowed;

    for (uint32_t i = 0; i < r->table->width; i++) {
        if (!is_header(&columns[tables[r->table->kind].first + i], cell->text))
            continue;
        for (uint32_t j = 0; j < r->header_count; j++) {
            if (r->column_of[j] == i) {
                tbi_wrong(r->problems, cell_at(r, cell), TBI_WRONG_COLUMN_TWICE, cell->text, NULL,
                          NULL);
                return TB_NONE;
            }
        }
        return i;
    }
    tbi_wrong(r->problems, cell_at(r, cell), TBI_WRONG_COLUMN_UNKNOWN, cell->text,
              headers(&allowed, r, cell->text), NULL);
    return TB_NONE;
}

static void header_take(struct reader *r)
{
    const struct tbi_table_row *table = &tables[r->table->kind];
    const char *only = r->row[0].text;

    r->has_header = true;
    if (r->cell_count == 1 && r->table->width > 1 && strpbrk(only, ";\t") != NULL) {
        tbi_wrong(r->problems, cell_at(r, &r->row[0]), TBI_WRONG_CSV_SEPARATOR,
                  strchr(only, ';') != NULL ? ";" : "TAB", NULL, NULL);
        r->stopped = true;
        r->table->broken = true;
        return;
    }
    for (uint32_t i = 0; i < r->cell_count; i++) {
        r->column_of[i] = TB_NONE;
        r->header_count = i;
        if (r->row[i].text[0] != 0)
            r->column_of[i] = header_column(r, &r->row[i]);
    }
    r->header_count = r->cell_count;
    for (uint32_t i = 0; i < r->table->width; i++) {
        const struct tbi_column_row *column = &columns[table->first + i];
        bool found = !column->required;

        for (uint32_t j = 0; j < r->header_count; j++)
            found |= r->column_of[j] == i;
        if (found)
            continue;
        r->table->broken = true;
        tbi_wrong(r->problems, (struct tbi_at){r->table->file.path, r->row[0].line, 0},
                  TBI_WRONG_COLUMN_MISSING, column->name,
                  tbi_arena_format(r->arena, "%s\f%s", column->zh, column->en), NULL);
    }
}

/* Room for one more row; all of its cells are empty and at the row's first line. */
static struct tbi_cell *row_add(struct reader *r)
{
    struct tbi_table *table = r->table;
    const uint32_t width = table->width;

    r->cells = tbi_arena_grow(r->arena, r->cells, table->row_count, &r->cells_capacity,
                              width * sizeof *r->cells);
    struct tbi_cell *cells = r->cells + (size_t)table->row_count++ * width;
    for (uint32_t i = 0; i < width; i++)
        cells[i] = (struct tbi_cell){"", r->row[0].line, 0};
    return cells;
}

/* A row is too short since a comma in it is a full-width one: says so, instead of what else such
 * a row lacks, and empties the cell that holds it. */
static bool wide_comma_found(struct reader *r, struct tbi_cell *cells)
{
    for (uint32_t i = 0; i < r->table->width && r->cell_count < r->header_count; i++) {
        if (strstr(cells[i].text, "，") == NULL)
            continue;
        tbi_wrong(r->problems, cell_at(r, &cells[i]), TBI_WRONG_COMMA_WIDE, cells[i].text, NULL,
                  NULL);
        cells[i].text = "";
        return true;
    }
    return false;
}

static void row_take(struct reader *r)
{
    struct tbi_cell *cells = row_add(r);

    for (uint32_t i = 0; i < r->cell_count; i++) {
        const struct tbi_cell *cell = &r->row[i];
        const bool named = i < r->header_count && r->column_of[i] != TB_NONE;

        if (named)
            cells[r->column_of[i]] = *cell;
        else if (cell->text[0] != 0 && i >= r->header_count)
            tbi_wrong(r->problems, cell_at(r, cell), TBI_WRONG_CELL_EXTRA, cell->text, NULL, NULL);
    }
    for (uint32_t i = 0; i < r->table->width; i++) {
        const struct tbi_column_row *column = &columns[tables[r->table->kind].first + i];
        bool present = false;

        for (uint32_t j = 0; j < r->header_count; j++)
            present |= r->column_of[j] == i;
        if (!column->required || !present || cells[i].text[0] != 0)
            continue;
        if (wide_comma_found(r, cells))
            return;
        tbi_wrong(r->problems, cell_at(r, &cells[i]), TBI_WRONG_CELL_EMPTY, NULL, column->name,
                  tbi_arena_format(r->arena, "%s\f%s", column->zh, column->en));
    }
}

static void on_row(int end, void *context)
{
    struct reader *r = context;
    uint32_t filled = 0;

    (void)end;
    while (filled < r->cell_count && r->row[filled].text[0] == 0)
        filled++;
    if (filled < r->cell_count && r->row[filled].text[0] != '#') {
        if (r->stopped)
            r->cell_count = 0;
        else if (r->has_header)
            row_take(r);
        else
            header_take(r);
    }
    r->cell_count = 0;
}

/* ---- libcsv
 * ---------------------------------------------------------------------------------- */

/* libcsv says what a cell holds, but not where it stood. So it gets the text in pieces that end
 * with a byte at which a cell may end: when it calls back, the cell is the one that began with
 * the first byte that is no blank after the last such call. */
static void begin_cell(struct reader *r, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes && !r->begun; i++) {
        r->begun = text[i] != ' ' && text[i] != '\t';
        r->column += !r->begun;
    }
}

static bool feed(struct reader *r, struct csv_parser *parser)
{
    const char *text = r->table->file.text, *end = text + r->table->file.bytes;
    uint32_t line = 1, column = 1;

    r->line = r->column = 1;
    while (text < end) {
        size_t bytes = strcspn(text, ",\"\r\n");

        bytes += text + bytes < end;
        begin_cell(r, text, bytes - (strchr("\r\n", text[bytes - 1]) != NULL));
        r->ended = false;
        const size_t done = csv_parse(parser, text, bytes, on_cell, on_row, r);
        if (done != bytes) {
            r->line = line;
            r->column = column + tbi_file_characters(text, done);
            return false;
        }
        column += tbi_file_characters(text, bytes);
        if (text[bytes - 1] == '\n') {
            column = 1;
            line++;
        }
        text += bytes;
        if (r->ended)
            r->begun = false;
        if (!r->begun) {
            r->line = line;
            r->column = column;
        }
    }
    return csv_fini(parser, on_cell, on_row, r) == 0;
}

void tbi_table_parse(struct tbi_arena *arena, struct tbi_table *table,
                     struct tb_scenario_problems *problems)
{
    struct reader reader = {.arena = arena, .table = table, .problems = problems};
    struct csv_parser parser;

    table->width = tbi_table_width(table->kind);
    tb_assert(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0);
    const bool fed = feed(&reader, &parser);
    if (!fed)
        tbi_wrong(problems, (struct tbi_at){table->file.path, reader.line, reader.column},
                  TBI_WRONG_CSV_QUOTE, NULL, NULL, NULL);
    else if (!reader.has_header)
        tbi_wrong(problems, (struct tbi_at){table->file.path, 1, 0}, TBI_WRONG_CSV_HEADER, NULL,
                  NULL, NULL);
    table->broken |= !fed || !reader.has_header;
    csv_free(&parser);
    table->cells = reader.cells;
}
