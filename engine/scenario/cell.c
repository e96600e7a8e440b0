/* cell.c: texts of cells and single values, turned into what they mean, with a mistake where they
 * cannot be. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "build.h"

/* ---- texts wherever they stand
 * ------------------------------------------------------------------- */

static const char *show_whole(struct tbi_build *b, int64_t value)
{
    return tbi_arena_format(b->arena, "%lld", (long long)value);
}

static bool number_wrong(struct tbi_build *b, struct tbi_at at, enum tbi_value value,
                         const char *text, const char *least, const char *most)
{
    static const enum tbi_wrong wrong[] = {
        [TBI_VALUE_INVALID] = TBI_WRONG_NUMBER,
        [TBI_VALUE_COMMA] = TBI_WRONG_NUMBER_COMMA,
        [TBI_VALUE_SHORT] = TBI_WRONG_NUMBER_SHORT,
        [TBI_VALUE_FRACTION] = TBI_WRONG_NUMBER_WHOLE,
    };

    tbi_wrong(b->problems, at, wrong[value], text, least, most);
    return false;
}

bool tbi_parse_fixed(struct tbi_build *b, struct tbi_at at, const char *text, int64_t unit,
                     int64_t least, int64_t most, int64_t *out)
{
    int64_t number;
    const enum tbi_value value = tbi_value_fixed(text, unit, &number);
    const char *from = show_whole(b, least / unit), *to = show_whole(b, most / unit);

    if (value != TBI_VALUE_OK)
        return number_wrong(b, at, value, text, from, to);
    if (number < least || number > most) {
        tbi_wrong(b->problems, at, TBI_WRONG_RANGE, text, from, to);
        return false;
    }
    *out = number;
    return true;
}

bool tbi_parse_whole(struct tbi_build *b, struct tbi_at at, const char *text, int64_t least,
                     int64_t most, int64_t *out)
{
    return tbi_parse_fixed(b, at, text, 1, least, most, out);
}

bool tbi_parse_real(struct tbi_build *b, struct tbi_at at, const char *text, double least,
                    double most, double *out)
{
    double number;
    const enum tbi_value value = tbi_value_real(text, &number);
    const char *from = tbi_arena_format(b->arena, "%g", least);
    const char *to = tbi_arena_format(b->arena, "%g", most);

    if (value != TBI_VALUE_OK)
        return number_wrong(b, at, value, text, from, to);
    if (number < least || number > most) {
        tbi_wrong(b->problems, at, TBI_WRONG_RANGE, text, from, to);
        return false;
    }
    *out = number;
    return true;
}

bool tbi_parse_duration(struct tbi_build *b, struct tbi_at at, const char *text, int64_t least,
                        int64_t most, int64_t working_day_us, int64_t *out)
{
    int64_t us;
    const enum tbi_value value = tbi_value_duration(text, working_day_us, &us);

    if (value == TBI_VALUE_OK && us >= least && us <= most) {
        *out = us;
        return true;
    }
    tbi_wrong(b->problems, at, value == TBI_VALUE_OK ? TBI_WRONG_RANGE : TBI_WRONG_DURATION, text,
              tbi_value_show_duration(b->arena, least), tbi_value_show_duration(b->arena, most));
    return false;
}

bool tbi_parse_date(struct tbi_build *b, struct tbi_at at, const char *text, int64_t *days)
{
    if (tbi_value_date(text, days) == TBI_VALUE_OK)
        return true;
    tbi_wrong(b->problems, at, TBI_WRONG_DATE, text, NULL, NULL);
    return false;
}

uint32_t tbi_parse_name(struct tbi_build *b, struct tbi_at at, const char *text,
                        const struct tbi_names *names, const char *what)
{
    const uint32_t index = tbi_names_find(names, text);
    struct tbi_allowed allowed;

    if (index == TB_NONE && !names->open)
        tbi_wrong(b->problems, at, TBI_WRONG_NAME_UNKNOWN, text, what,
                  tbi_names_allowed(names, &allowed, text));
    return index;
}

struct tb_label tbi_label(const char *id, const char *zh, const char *en)
{
    const bool has_zh = zh != NULL && zh[0] != 0, has_en = en != NULL && en[0] != 0;

    return (struct tb_label){id, has_zh ? zh : has_en ? en : id, has_en ? en : has_zh ? zh : id};
}

const char *const tbi_level_words[TB_LEVEL_COUNT] = {
    [TB_LEVEL_CITY] = "city|市|市级",
    [TB_LEVEL_COUNTY] = "county|县|县级",
    [TB_LEVEL_TOWN] = "town|镇|镇级",
    [TB_LEVEL_VILLAGE] = "village|村|村级",
};

uint32_t tbi_word_find(const char *const *words, uint32_t count, const char *text)
{
    const size_t bytes = strlen(text);

    for (uint32_t i = 0; i < count; i++) {
        for (const char *word = words[i]; word != NULL; word = strchr(word, '|')) {
            word += *word == '|';
            if (strcspn(word, "|") == bytes && strncasecmp(word, text, bytes) == 0)
                return i;
        }
    }
    return TB_NONE;
}

/* ---- cells
 * ------------------------------------------------------------------------------------------ */

static struct tbi_cell cell_of(struct tbi_row row, enum tbi_column column)
{
    return tbi_table_cell(row.table, row.row, column);
}

struct tbi_at tbi_row_at(struct tbi_row row, enum tbi_column column)
{
    const struct tbi_cell cell = cell_of(row, column);

    return (struct tbi_at){row.table->file.path, cell.line, cell.column};
}

uint32_t tbi_row_line(struct tbi_row row)
{
    return cell_of(row, tbi_table_row(row.table->kind)->first).line;
}

const char *tbi_row_text(struct tbi_row row, enum tbi_column column)
{
    return cell_of(row, column).text;
}

void tbi_row_wrong(struct tbi_row row, enum tbi_column column, enum tbi_wrong wrong, const char *a,
                   const char *b, const char *c)
{
    tbi_wrong(row.b->problems, tbi_row_at(row, column), wrong, a, b, c);
}

/* The number in a cell without its mark, NULL if it is empty; notes the mark, which is the row's
 * (the last column of every table) unless the cell has its own. */
static const char *number_of(struct tbi_row row, enum tbi_column column)
{
    struct tbi_build *b = row.b;
    const struct tbi_cell cell = cell_of(row, column);
    const enum tbi_column last = tbi_table_row(row.table->kind)->first + row.table->width - 1;

    if (cell.text[0] == 0)
        return NULL;
    char *text = tbi_arena_text(b->arena, cell.text, strlen(cell.text));
    char mark = tbi_value_mark(text);
    const char *row_mark = tbi_row_text(row, last);
    if (mark == 0 && row_mark[0] != 0)
        mark = strcasecmp(row_mark, "P") == 0 || strcmp(row_mark, "公布") == 0 ? 'P' : 'A';
    b->marks[column].published += mark == 'P';
    b->marks[column].assumed += mark == 'A';
    b->marks[column].unmarked += mark == 0;
    return text;
}

int64_t tbi_row_fixed(struct tbi_row row, enum tbi_column column, int64_t unit, int64_t least,
                      int64_t most, int64_t normal)
{
    const char *text = number_of(row, column);

    if (text != NULL)
        tbi_parse_fixed(row.b, tbi_row_at(row, column), text, unit, least, most, &normal);
    return normal;
}

int64_t tbi_row_whole(struct tbi_row row, enum tbi_column column, int64_t least, int64_t most,
                      int64_t normal)
{
    return tbi_row_fixed(row, column, 1, least, most, normal);
}

double tbi_row_real(struct tbi_row row, enum tbi_column column, double least, double most,
                    double normal)
{
    const char *text = number_of(row, column);

    if (text != NULL)
        tbi_parse_real(row.b, tbi_row_at(row, column), text, least, most, &normal);
    return normal;
}

int64_t tbi_row_duration(struct tbi_row row, enum tbi_column column, int64_t least, int64_t most,
                         int64_t working_day_us, int64_t normal)
{
    const char *text = number_of(row, column);

    if (text != NULL)
        tbi_parse_duration(row.b, tbi_row_at(row, column), text, least, most, working_day_us,
                           &normal);
    return normal;
}

int64_t tbi_row_clock(struct tbi_row row, enum tbi_column column)
{
    const char *text = number_of(row, column);
    int64_t us = -1;

    if (text != NULL && tbi_value_clock(text, &us) != TBI_VALUE_OK) {
        tbi_row_wrong(row, column,
                      strstr(text, "，") != NULL ? TBI_WRONG_COMMA_WIDE : TBI_WRONG_CLOCK, text,
                      NULL, NULL);
        us = -1;
    }
    return us;
}

bool tbi_row_date(struct tbi_row row, enum tbi_column column, int64_t *days)
{
    const char *text = tbi_row_text(row, column);

    return text[0] != 0 && tbi_parse_date(row.b, tbi_row_at(row, column), text, days);
}

bool tbi_row_yes(struct tbi_row row, enum tbi_column column, bool normal)
{
    const char *text = tbi_row_text(row, column);
    bool yes;

    if (text[0] == 0)
        return normal;
    if (tbi_value_yes(text, &yes) == TBI_VALUE_OK)
        return yes;
    tbi_row_wrong(row, column, TBI_WRONG_YES_NO, text, NULL, NULL);
    return normal;
}

uint32_t tbi_row_name(struct tbi_row row, enum tbi_column column, const struct tbi_names *names,
                      const char *what)
{
    const char *text = tbi_row_text(row, column);

    return text[0] == 0 ? TB_NONE
                        : tbi_parse_name(row.b, tbi_row_at(row, column), text, names, what);
}

bool tbi_row_id(struct tbi_row row, enum tbi_column column, struct tbi_names *names)
{
    const char *id = tbi_row_text(row, column);

    if (id[0] == 0)
        return false;
    if (!tbi_value_id(id)) {
        tbi_row_wrong(row, column, TBI_WRONG_NAME_SHAPE, id, NULL, NULL);
        names->open = true;
        return false;
    }
    const uint32_t before = tbi_names_find(names, id);
    if (before != TB_NONE) {
        tbi_row_wrong(row, column, TBI_WRONG_NAME_TWICE, id,
                      show_whole(row.b, names->names[before].line), NULL);
        return false;
    }
    tbi_names_add(row.b->arena, names, id, tbi_row_line(row));
    return true;
}

struct tb_label tbi_row_label(struct tbi_row row, enum tbi_column id, enum tbi_column zh,
                              enum tbi_column en)
{
    return tbi_label(tbi_row_text(row, id), tbi_row_text(row, zh), tbi_row_text(row, en));
}

uint32_t tbi_row_word(struct tbi_row row, enum tbi_column column, const char *const *words,
                      uint32_t count, uint32_t normal)
{
    const char *text = tbi_row_text(row, column);
    struct tbi_allowed allowed;

    if (text[0] == 0)
        return normal;
    const uint32_t index = tbi_word_find(words, count, text);
    if (index != TB_NONE)
        return index;
    tbi_allowed_begin(&allowed, text);
    for (uint32_t i = 0; i < count; i++)
        tbi_allowed_add(&allowed,
                        tbi_arena_text(row.b->arena, words[i], strcspn(words[i], "|")));
    tbi_row_wrong(row, column, TBI_WRONG_WORD, text, tbi_allowed_end(&allowed), NULL);
    return normal;
}

/* ---- laws -------------------------------------------------------------------------------- */

/* The domain of the coefficient of variation, as the simulation's kernel has it. */
static const struct law {
    const char *words;
    double least, most;
} laws[TB_LAW_COUNT] = {
    [TB_LAW_DETERMINISTIC] = {"deterministic|固定", 0, 0},
    [TB_LAW_UNIFORM] = {"uniform|均匀", 0, 0.57735},
    [TB_LAW_NORMAL] = {"normal|正态", 0, 0.3},
    [TB_LAW_EXPONENTIAL] = {"exponential|指数", 1, 1},
    [TB_LAW_ERLANG] = {"erlang|爱尔朗", 0.1, 1},
    [TB_LAW_GAMMA] = {"gamma|伽马", 0.02, 10},
    [TB_LAW_LOGNORMAL] = {"lognormal|对数正态", 0, 10},
    [TB_LAW_HYPEREXPONENTIAL] = {"hyperexponential|超指数", 1, 20},
};

const char *tb_law_name(enum tb_law law)
{
    static const char *const names[TB_LAW_COUNT] = {
        "deterministic", "uniform", "normal", "exponential",
        "erlang",        "gamma",   "lognormal", "hyperexponential"};

    return (uint32_t)law < TB_LAW_COUNT ? names[law] : "unknown";
}

struct tb_duration tbi_row_law(struct tbi_row row, enum tbi_column mean, enum tbi_column cv,
                               enum tbi_column law, int64_t normal)
{
    const char *words[TB_LAW_COUNT];
    struct tb_duration duration;

    for (uint32_t i = 0; i < TB_LAW_COUNT; i++)
        words[i] = laws[i].words;
    duration.law = tbi_row_word(row, law, words, TB_LAW_COUNT, TB_LAW_LOGNORMAL);
    duration.mean_us = tbi_row_duration(row, mean, 1, TB_DAYS(3650), 0, normal);
    const struct law *l = &laws[duration.law];
    const double usual = l->least == l->most ? l->least : l->most < 1 ? l->most : 1;
    duration.cv = tbi_row_real(row, cv, 0, 20, usual);
    if (duration.cv < l->least || duration.cv > l->most)
        tbi_row_wrong(row, cv, TBI_WRONG_CV, tbi_row_text(row, cv), tb_law_name(duration.law),
                      tbi_arena_format(row.b->arena, "%g .. %g", l->least, l->most));
    return duration;
}
