/* word.c: the readers of value.h that take words apart instead of numbers. */
#include <string.h>
#include <strings.h>

#include "value.h"

enum { WORD_MAX = 64 };

static bool word_is(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

enum tbi_value tbi_value_yes(const char *text, bool *out)
{
    static const char *const yes[] = {"yes", "y", "true", "1", "是", "有", "对"};
    static const char *const no[] = {"no", "n", "false", "0", "否", "无", "不"};

    *out = word_is(text, yes, sizeof yes / sizeof yes[0]);
    return *out || word_is(text, no, sizeof no / sizeof no[0]) ? TBI_VALUE_OK : TBI_VALUE_INVALID;
}

enum tbi_value tbi_value_range(const char *text, uint32_t *from, uint32_t *to, bool *range)
{
    static const char *const dashes[] = {"~", "～", "-", "－", "–", "至", "到", ".."};
    char left[WORD_MAX];
    int64_t first, last;

    *range = false;
    for (size_t i = 0; i < sizeof dashes / sizeof dashes[0]; i++) {
        const char *dash = strstr(text, dashes[i]);

        if (dash == NULL || dash == text)
            continue;
        if ((size_t)(dash - text) >= sizeof left)
            return TBI_VALUE_INVALID;
        memcpy(left, text, (size_t)(dash - text));
        left[dash - text] = 0;
        text = dash + strlen(dashes[i]);
        *range = true;
        break;
    }
    if (tbi_value_fixed(text, 1, &last) != TBI_VALUE_OK)
        return TBI_VALUE_INVALID;
    first = last;
    if (*range && tbi_value_fixed(left, 1, &first) != TBI_VALUE_OK)
        return TBI_VALUE_INVALID;
    if (first < (*range ? 1 : 0) || last < first || last > 1000000)
        return TBI_VALUE_INVALID;
    *from = (uint32_t)first;
    *to = (uint32_t)last;
    return TBI_VALUE_OK;
}

char tbi_value_mark(char *text)
{
    static const struct {
        const char *word;
        char mark;
    } marks[] = {{"[P]", 'P'},   {"[A]", 'A'},    {"[p]", 'P'},
                 {"[a]", 'A'},   {"[公布]", 'P'}, {"[假设]", 'A'}};
    size_t bytes = strlen(text);

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const size_t word_bytes = strlen(marks[i].word);

        if (bytes > word_bytes && strcmp(text + bytes - word_bytes, marks[i].word) == 0) {
            for (bytes -= word_bytes; bytes > 0 && text[bytes - 1] == ' '; bytes--)
                ;
            text[bytes] = 0;
            return marks[i].mark;
        }
    }
    return 0;
}

/* ---- lists ----------------------------------------------------------------------------------
 * */

/* Bytes of the separator at text; 0: none. */
static size_t separator_bytes(const char *text)
{
    static const char *const wide[] = {"，", "；", "、", "　", "｜"};

    if (strchr(" \t\r\n,;|", *text) != NULL)
        return *text != 0;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    }
    return 0;
}

const char *tbi_value_item(struct tbi_arena *arena, const char **list)
{
    const char *from = *list;

    for (size_t bytes; (bytes = separator_bytes(from)) > 0;)
        from += bytes;
    const char *to = from;
    while (*to != 0 && separator_bytes(to) == 0)
        to++;
    *list = to;
    return to == from ? NULL : tbi_arena_text(arena, from, (size_t)(to - from));
}

bool tbi_value_id(const char *text)
{
    for (const char *c = text; *c != 0; c++) {
        if ((unsigned char)*c < 0x20 || strchr(":/~*#=\"", *c) != NULL || separator_bytes(c) > 0)
            return false;
    }
    return *text != 0;
}

/* ---- likeness
 * -------------------------------------------------------------------------------- */

/* Bytes stand for letters: a Chinese character counts three, which is near enough to find the one
 * that was meant. */
uint32_t tbi_value_distance(const char *a, const char *b)
{
    const size_t a_bytes = strlen(a), b_bytes = strlen(b);
    uint32_t row[WORD_MAX + 1];

    if (a_bytes > WORD_MAX || b_bytes > WORD_MAX)
        return UINT32_MAX / 4;
    for (size_t j = 0; j <= b_bytes; j++)
        row[j] = (uint32_t)j;
    for (size_t i = 1; i <= a_bytes; i++) {
        uint32_t corner = row[0];

        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_bytes; j++) {
            const bool same = (a[i - 1] | 32) == (b[j - 1] | 32);
            const uint32_t change = corner + !same;
            const uint32_t less = row[j] < row[j - 1] ? row[j] : row[j - 1];

            corner = row[j];
            row[j] = change < less + 1 ? change : less + 1;
        }
    }
    return row[b_bytes];
}
