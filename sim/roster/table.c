#include "roster/table.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

enum { MISTAKES_SHOWN = 20, TABLE_BYTES_MAX = 64 << 20 };

void tbs_mistake(struct tbs_mistakes *m, const char *file, int line, int column,
                 const char *format, ...)
{
    va_list list;

    if (++m->count > MISTAKES_SHOWN) {
        return;
    }
    if (line > 0) {
        fprintf(stderr, "%s:%d:%d: ", file, line, column);
    } else {
        fprintf(stderr, "%s: ", file);
    }
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n");
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static bool is_utf8(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    while (*c != 0) {
        const int more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : -1;
        if (more < 0) {
            return false;
        }
        for (int i = 1; i <= more; i++) {
            if ((c[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        c += more + 1;
    }
    return true;
}

static char *from_gb18030(const char *bytes, size_t count)
{
    iconv_t convert = iconv_open("UTF-8", "GB18030");
    size_t room = 2 * count + 16, left = room - 1;
    char *text = calloc(room, 1), *to = text, *from = (char *)bytes;

    tbs_assert(text != NULL);
    if (convert == (iconv_t)-1 || iconv(convert, &from, &count, &to, &left) == (size_t)-1) {
        free(text);
        text = NULL;
    }
    if (convert != (iconv_t)-1) {
        iconv_close(convert);
    }
    return text;
}

/* The whole file as UTF-8; NULL: a mistake was told. */
static char *file_text(const char *path, struct tbs_mistakes *m)
{
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1);
    size_t count = 0, got = 1;

    tbs_assert(bytes != NULL);
    while (file != NULL && got > 0 && count < TABLE_BYTES_MAX) {
        bytes = realloc(bytes, count + 65537);
        tbs_assert(bytes != NULL);
        got = fread(bytes + count, 1, 65536, file);
        count += got;
        bytes[count] = '\0';
    }
    const bool failed = file == NULL || ferror(file) != 0;
    const int why = errno;
    if (file != NULL) {
        fclose(file);
    }
    if (failed || count >= TABLE_BYTES_MAX) {
        tbs_mistake(m, path, 0, 0, TBS_SAY(m, "读不了：%s", "can't be read: %s"),
                    failed ? strerror(why) : "64 MiB");
    } else if (strlen(bytes) != count) {
        tbs_mistake(m, path, 0, 0, "%s",
                    TBS_SAY(m, "不是 CSV 文件；在 Excel 中另存为“CSV UTF-8”",
                            "is no CSV file; in Excel save it as \"CSV UTF-8\""));
    } else if (is_utf8(bytes)) {
        return bytes;
    } else {
        char *text = from_gb18030(bytes, count);
        free(bytes);
        if (text == NULL) {
            tbs_mistake(m, path, 0, 0, "%s",
                        TBS_SAY(m, "编码既非 UTF-8 也非 GB18030；另存为“CSV UTF-8”",
                                "is neither UTF-8 nor GB18030; save it as \"CSV UTF-8\""));
        }
        return text;
    }
    free(bytes);
    return NULL;
}

/* ---- cells ----------------------------------------------------------------------------------- */

struct reading {
    char **cells;
    int *ends; /* cells after each row */
    size_t cell_count, cell_room, row_count, row_room;
};

static void field_end(void *field, size_t count, void *context)
{
    struct reading *r = context;
    char *text = malloc(count + 1);

    if (r->cell_count == r->cell_room) {
        r->cell_room = 2 * r->cell_room + 256;
        r->cells = realloc(r->cells, r->cell_room * sizeof *r->cells);
    }
    tbs_assert(text != NULL && r->cells != NULL);
    memcpy(text, count > 0 ? field : "", count);
    text[count] = '\0';
    r->cells[r->cell_count++] = text;
}

static void row_end(int character, void *context)
{
    struct reading *r = context;

    (void)character;
    if (r->row_count == r->row_room) {
        r->row_room = 2 * r->row_room + 64;
        r->ends = realloc(r->ends, r->row_room * sizeof *r->ends);
        tbs_assert(r->ends != NULL);
    }
    r->ends[r->row_count++] = (int)r->cell_count;
}

static void reading_free(struct reading *r)
{
    for (size_t i = 0; i < r->cell_count; i++) {
        free(r->cells[i]);
    }
    free(r->cells);
    free(r->ends);
}

static bool text_parse(struct reading *r, const char *text, const char *path,
                       struct tbs_mistakes *m)
{
    struct csv_parser parser;
    const size_t mark = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const size_t count = strlen(text) - mark;

    tbs_assert(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0);
    const bool fine = csv_parse(&parser, text + mark, count, field_end, row_end, r) == count &&
                      csv_fini(&parser, field_end, row_end, r) == 0;
    csv_free(&parser);
    if (!fine) {
        tbs_mistake(m, path, (int)r->row_count + 1, 0, "%s",
                    TBS_SAY(m, "引号不成对", "a quotation mark stands alone"));
    }
    return fine;
}

/* Which cell of a row holds the column; -1: none. */
static int place_of(const struct reading *r, int first, int end,
                    const struct tbs_table_column *column)
{
    for (int c = first; c < end; c++) {
        if (strcmp(r->cells[c], column->name) == 0 || strcmp(r->cells[c], column->zh) == 0) {
            return c - first;
        }
    }
    return -1;
}

static bool header_take(const struct reading *r, int first, int end, struct tbs_table *t,
                        const struct tbs_table_column *columns, int *places, int line,
                        struct tbs_mistakes *m)
{
    const int before = m->count;

    for (int k = 0; k < t->column_count; k++) {
        places[k] = place_of(r, first, end, &columns[k]);
        if (places[k] < 0 && columns[k].must) {
            tbs_mistake(m, t->path, line, 0,
                        TBS_SAY(m, "缺少列：%s %s", "there is no column %2$s (%1$s)"),
                        columns[k].zh, columns[k].name);
        }
    }
    for (int c = first; c < end; c++) {
        bool known = r->cells[c][0] == '\0' || strcmp(r->cells[c], "mark") == 0 ||
                     strcmp(r->cells[c], "来源") == 0;
        for (int k = 0; k < t->column_count; k++) {
            known |= places[k] == c - first;
        }
        if (!known) {
            tbs_mistake(m, t->path, line, c - first + 1,
                        TBS_SAY(m, "不认识的列：%s", "there is no such column: %s"), r->cells[c]);
        }
    }
    return m->count == before;
}

static void row_take(const struct reading *r, int first, int end, struct tbs_table *t,
                     const int *places, int line)
{
    const size_t width = (size_t)t->column_count;

    t->cells = realloc(t->cells, ((size_t)t->row_count + 1) * width * sizeof *t->cells);
    t->lines = realloc(t->lines, ((size_t)t->row_count + 1) * sizeof *t->lines);
    tbs_assert(t->cells != NULL && t->lines != NULL);
    t->lines[t->row_count] = line;
    for (int k = 0; k < t->column_count; k++) {
        const bool there = places[k] >= 0 && first + places[k] < end;
        char *copy = strdup(there ? r->cells[first + places[k]] : "");
        tbs_assert(copy != NULL);
        t->cells[(size_t)t->row_count * width + (size_t)k] = copy;
    }
    t->row_count++;
}

bool tbs_table_read(struct tbs_table *t, const char *path, const struct tbs_table_column *columns,
                    int column_count, struct tbs_mistakes *m)
{
    int places[TBS_TABLE_COLUMNS_MAX], header = 0, first = 0;
    struct reading r = {0};
    char *text = file_text(path, m);

    *t = (struct tbs_table){.path = path, .column_count = column_count};
    tbs_assert(column_count <= TBS_TABLE_COLUMNS_MAX);
    bool fine = text != NULL && text_parse(&r, text, path, m);
    for (size_t row = 0; row < r.row_count && fine; row++) {
        const int end = r.ends[row];
        const bool remark = first < end && r.cells[first][0] == '#';
        if (!remark && first < end && header == 0) {
            header = (int)row + 1;
            fine = header_take(&r, first, end, t, columns, places, header, m);
        } else if (!remark && first < end) {
            row_take(&r, first, end, t, places, (int)row + 1);
        }
        first = end;
    }
    if (fine && header == 0) {
        tbs_mistake(m, path, 1, 0, "%s", TBS_SAY(m, "表是空的", "the table is empty"));
        fine = false;
    }
    reading_free(&r);
    free(text);
    return fine;
}

void tbs_table_free(struct tbs_table *t)
{
    for (int i = 0; i < t->row_count * t->column_count; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
    free(t->lines);
    *t = (struct tbs_table){0};
}

/* ---- values ---------------------------------------------------------------------------------- */

char *tbs_list_next(char **list)
{
    char *from = *list, *item;

    for (;;) {
        if (*from == ' ' || *from == ',' || *from == ';') {
            from++;
        } else if (strncmp(from, "、", 3) == 0 || strncmp(from, "，", 3) == 0 ||
                   strncmp(from, "；", 3) == 0) {
            from += 3;
        } else {
            break;
        }
    }
    if (*from == '\0') {
        *list = from;
        return NULL;
    }
    item = from;
    while (*from != '\0' && strchr(" ,;", *from) == NULL && strncmp(from, "、", 3) != 0 &&
           strncmp(from, "，", 3) != 0 && strncmp(from, "；", 3) != 0) {
        from++;
    }
    const size_t gap = *from == '\0' ? 0 : strchr(" ,;", *from) != NULL ? 1 : 3;
    *from = '\0';
    *list = from + gap;
    return item;
}

bool tbs_date_read(const char *text, int *year, int *month, int *day)
{
    int end = 0;

    return (sscanf(text, "%4d-%2d-%2d%n", year, month, day, &end) == 3 && text[end] == '\0') ||
           (sscanf(text, "%4d/%2d/%2d%n", year, month, day, &end) == 3 && text[end] == '\0');
}

bool tbs_half_hours_read(const char *text, int *half_hours)
{
    char unit[16] = "";
    double value;

    if (sscanf(text, "%lf%15s", &value, unit) < 1 || !(value >= 0 && value < 1000)) {
        return false;
    }
    const bool hours = unit[0] == '\0' || strcmp(unit, "h") == 0 || strcmp(unit, "小时") == 0;
    const bool minutes = strcmp(unit, "min") == 0 || strcmp(unit, "分钟") == 0;
    const double halves = hours ? 2 * value : value / 30;
    *half_hours = (int)halves;
    return (hours || minutes) && halves == (double)*half_hours;
}

bool tbs_clock_read(const char *text, int *half_hours)
{
    int hour, minute, end = 0;

    if (sscanf(text, "%2d:%2d%n", &hour, &minute, &end) != 2 || text[end] != '\0' || hour < 0 ||
        hour > 24 || (minute != 0 && minute != 30)) {
        return false;
    }
    *half_hours = 2 * hour + minute / 30;
    return *half_hours <= 48;
}
