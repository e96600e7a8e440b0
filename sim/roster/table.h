/* table.h: a CSV file that planners wrote in Excel, as rows of texts; and the list of mistakes.
 *
 * The first row names the columns, in Chinese or English, in any order; rows that begin with '#'
 * are remarks. UTF-8, with or without a mark, and GB18030 are read. Owner: the table owns its
 * texts; free it last. Blocking. */
#ifndef TBS_ROSTER_TABLE_H
#define TBS_ROSTER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mistakes, printed to standard error as they are found; only the first ones in full. */
struct tbs_mistakes {
    bool zh;
    int count;
};
__attribute__((format(printf, 5, 6))) void tbs_mistake(struct tbs_mistakes *mistakes,
                                                       const char *file, int line, int column,
                                                       const char *format, ...);
/* Chooses the language of a sentence. */
#define TBS_SAY(mistakes, zh_text, en_text) ((mistakes)->zh ? (zh_text) : (en_text))

struct tbs_table_column {
    const char *name, *zh;
    bool must; /* be there */
};

enum { TBS_TABLE_COLUMNS_MAX = 16 };

struct tbs_table {
    const char *path;
    char **cells;    /* [row_count][column_count], in the order asked for; never NULL */
    int *lines;      /* [row_count] in the file */
    int row_count, column_count;
    char *bytes;     /* private */
};

/* False: mistakes were told. */
bool tbs_table_read(struct tbs_table *table, const char *path,
                    const struct tbs_table_column *columns, int column_count,
                    struct tbs_mistakes *mistakes);
void tbs_table_free(struct tbs_table *table);

static inline const char *tbs_cell(const struct tbs_table *table, int row, int column)
{
    return table->cells[(size_t)row * (size_t)table->column_count + (size_t)column];
}

/* The next item of a list with blanks, commas, semicolons or 、 between; NULL at the end. The
 * list is cut up. */
char *tbs_list_next(char **list);

/* A date from 2021-05-22 or 2021/5/22. */
bool tbs_date_read(const char *text, int *year, int *month, int *day);

/* Half hours from 7h, 3.5h, 30min, 8小时, or of the day from 08:30. False: no such thing. */
bool tbs_half_hours_read(const char *text, int *half_hours);
bool tbs_clock_read(const char *text, int *half_hours);

#endif
