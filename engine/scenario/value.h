/* value.h: what people write in cells and after colons, turned into numbers.
 *
 * Each reader takes the whole text or none of it, accepts what Chinese Excel makes of a value
 * (full-width digits and signs, thousands separators, percent, 2021/5/22, 8:30:00) where that is
 * unambiguous, and says why it refuses. No reader depends on the locale. All are pure. */
#ifndef TBI_SCENARIO_VALUE_H
#define TBI_SCENARIO_VALUE_H

#include "arena.h"
#include "problem.h"

enum tbi_value {
    TBI_VALUE_OK,
    TBI_VALUE_INVALID,
    TBI_VALUE_COMMA, /* commas that group no thousands */
    TBI_VALUE_SHORT, /* Excel's scientific notation has cut digits away */
    TBI_VALUE_FRACTION, /* a whole number was wanted */
};

/* A decimal number times `unit` (a power of ten), exactly: "1,234.5" with 1000 is 1234500. More
 * decimals than the unit has: TBI_VALUE_FRACTION. */
enum tbi_value tbi_value_fixed(const char *text, int64_t unit, int64_t *out);

/* A decimal number or a percentage: "0.8", "80%". */
enum tbi_value tbi_value_real(const char *text, double *out);

/* "90s", "15min", "2h", "1h30min", "3d", "0", "never" (TB_NEVER), with Chinese units too. Where
 * day_us is not 0, "wd" (working day) counts as so long. */
enum tbi_value tbi_value_duration(const char *text, int64_t working_day_us, int64_t *out);

/* "08:30", "24:00"; "08:30-12:00" and its like with ~ and the Chinese word. */
enum tbi_value tbi_value_clock(const char *text, int64_t *out);
enum tbi_value tbi_value_span(const char *text, int64_t *from_us, int64_t *to_us);

/* "2021-05-22", "2021/5/22", and with the Chinese words: days since 1970-01-01. */
enum tbi_value tbi_value_date(const char *text, int64_t *out);
int64_t tbi_value_days(int64_t year, int64_t month, int64_t day);
void tbi_value_civil(int64_t days, int32_t *year, int32_t *month, int32_t *day);
uint32_t tbi_value_weekday(int64_t days); /* 0: Monday */

/* "+08:00", "-3:30", "+8". */
enum tbi_value tbi_value_offset(const char *text, int64_t *out);

enum tbi_value tbi_value_yes(const char *text, bool *out);

/* "5", "2~4", "2-4": from and to; a lone number gives false in *range. */
enum tbi_value tbi_value_range(const char *text, uint32_t *from, uint32_t *to, bool *range);

/* Cuts a trailing "[P]" or "[A]" off: returns the mark, 0 if there is none; text is changed. */
char tbi_value_mark(char *text);

/* Takes the next item of a list (separated by blanks, commas, semicolons, their full-width
 * forms, or |). NULL: no more. *list moves on; items are copied into the arena. */
const char *tbi_value_item(struct tbi_arena *arena, const char **list);

/* May this be an id? No blanks, no separators of lists, no : / ~ *. */
bool tbi_value_id(const char *text);

/* How many letters must change to make one of the other (Levenshtein), small and capital letters
 * alike; UINT32_MAX for long texts. */
uint32_t tbi_value_distance(const char *a, const char *b);

/* Shows a duration as people write it: "1h30min". Into the arena. */
const char *tbi_value_show_duration(struct tbi_arena *arena, int64_t us);

#endif
