/* CSV files of our own, read back (libcsv). */
#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/file.h"
#include "report/read.h"

/* All cells in reading order; a NULL ends a row. */
struct cells {
    char **text;
    size_t count, room;
    bool failed;
};

static void cells_add(struct cells *cells, char *text)
{
    if (cells->count == cells->room) {
        size_t room = cells->room * 2 + 256;
        char **larger = realloc(cells->text, room * sizeof *larger);
        if (larger == NULL) {
            cells->failed = true;
            free(text);
            return;
        }
        cells->text = larger;
        cells->room = room;
    }
    cells->text[cells->count++] = text;
}

static void field_end(void *field, size_t count, void *cells)
{
    char *text = malloc(count + 1);
    if (text == NULL) {
        ((struct cells *)cells)->failed = true;
        return;
    }
    if (count > 0)
        memcpy(text, field, count);
    text[count] = '\0';
    cells_add(cells, text);
}

static void row_end(int character, void *cells)
{
    (void)character;
    cells_add(cells, NULL);
}

/* Moves the cells into rows of one width. 0, or the number of the row that has another width. */
static size_t rows_make(struct tbs_csv *csv, struct cells *cells)
{
    while (csv->column_count < cells->count && cells->text[csv->column_count] != NULL)
        csv->column_count++;
    size_t width = csv->column_count + 1, row = 0;
    for (size_t i = 0; i < cells->count; i += width, row++)
        for (size_t column = 0; column < width; column++) {
            bool ends = i + column >= cells->count || cells->text[i + column] == NULL;
            if (ends != (column == csv->column_count))
                return row + 1;
        }
    csv->row_count = row;
    csv->cell = cells->text;
    return 0;
}

static int cells_parse(struct cells *cells, const char *bytes, size_t count)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return -1;
    size_t mark = count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool whole = csv_parse(&parser, bytes + mark, count - mark, field_end, row_end, cells) ==
                     count - mark &&
                 csv_fini(&parser, field_end, row_end, cells) == 0;
    csv_free(&parser);
    return whole && !cells->failed ? 0 : -1;
}

int tbs_csv_read(struct tbs_csv *csv, const char *dir, const char *name,
                 struct tbs_report_error *error)
{
    char *bytes;
    size_t count;
    *csv = (struct tbs_csv){0};
    snprintf(csv->path, sizeof csv->path, "%s/%s", dir, name);
    if (tbs_file_read(dir, name, &bytes, &count, error) != 0)
        return -1;
    struct cells cells = {0};
    int parsed = cells_parse(&cells, bytes, count);
    free(bytes);
    size_t wrong = parsed == 0 ? rows_make(csv, &cells) : 0;
    if (parsed == 0 && wrong == 0 && csv->row_count > 1)
        return 0;
    for (size_t i = 0; i < cells.count; i++)
        free(cells.text[i]);
    free(cells.text);
    *csv = (struct tbs_csv){.path = ""};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (wrong > 0)
        return tbs_report_refuse(error, path, "%s row %zu has not as many cells as the header: "
                                 "the file was changed or cut; run the simulation again", path,
                                 wrong);
    return tbs_report_refuse(error, path, "%s is not a CSV file as it was written: run the "
                             "simulation again", path);
}

void tbs_csv_free(struct tbs_csv *csv)
{
    for (size_t i = 0; i < csv->row_count * (csv->column_count + 1); i++)
        free(csv->cell[i]);
    free(csv->cell);
    *csv = (struct tbs_csv){0};
}

const char *tbs_csv_text(const struct tbs_csv *csv, size_t row, int column)
{
    return column < 0 ? "" : csv->cell[row * (csv->column_count + 1) + (size_t)column];
}

int tbs_csv_column(const struct tbs_csv *csv, const char *header)
{
    for (size_t i = 0; i < csv->column_count; i++)
        if (strcmp(tbs_csv_text(csv, 0, (int)i), header) == 0)
            return (int)i;
    return -1;
}

int tbs_csv_number(const struct tbs_csv *csv, size_t row, int column, double *value,
                   struct tbs_report_error *error)
{
    const char *text = tbs_csv_text(csv, row, column);
    *value = NAN;
    if (text[0] == '\0')
        return 0;
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number))
        return tbs_report_refuse(error, csv->path, "%s row %zu column %s: \"%s\" is not a number",
                                 csv->path, row + 1, tbs_csv_text(csv, 0, column), text);
    *value = number;
    return 0;
}
