#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_MAX = 64, ITEM_MAX = 256 };

/* One code point; invalid bytes (there are none after text.c) count as themselves. */
static uint32_t code_point(const char **text)
{
    const unsigned char *c = (const unsigned char *)*text;
    uint32_t point = *c, more = point >= 0xf0 ? 3 : point >= 0xe0 ? 2 : point >= 0xc0 ? 1 : 0;

    if (more > 0)
        point &= 0x3fu >> more;
    c++;
    for (; more > 0 && (*c & 0xc0) == 0x80; more--)
        point = point << 6 | (*c++ & 0x3f);
    *text = (const char *)c;
    return point;
}

static bool is_blank(uint32_t point)
{
    return point == ' ' || point == '\t' || point == '\n' || point == '\r' || point == 0xa0 ||
           point == 0x3000 || point == 0xfeff;
}

/* The plain letter for a full-width one and for the dashes that Word and Excel put in. */
static uint32_t plain_letter(uint32_t point)
{
    if (point >= 0xff01 && point <= 0xff5e)
        return point - 0xfee0;
    if ((point >= 0x2010 && point <= 0x2015) || point == 0x2212)
        return '-';
    return point == 0x301c ? '~' : point;
}

/* The text in plain letters, Chinese units as they are, blanks at the ends and (`blanks`) all
 * blanks removed. False: too long to be a value. */
static bool plain(const char *text, char out[static PLAIN_MAX])
{
    size_t bytes = 0;

    while (*text != 0) {
        const char *from = text;
        const uint32_t point = code_point(&text), letter = plain_letter(point);

        if (is_blank(point))
            continue;
        if (bytes + 5 > PLAIN_MAX)
            return false;
        if (letter < 0x80) {
            out[bytes++] = (char)(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
        } else {
            memcpy(out + bytes, from, (size_t)(text - from));
            bytes += (size_t)(text - from);
        }
    }
    out[bytes] = 0;
    return bytes > 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- numbers --------------------------------------------------------------------------------
 * */

struct decimal {
    int64_t digits; /* without the point */
    int decimals;
};

/* Digits of the whole part with or without thousands separators. */
static enum tbi_value whole_part(const char **text, struct decimal *d, uint32_t *count)
{
    const char *c = *text;
    uint32_t group = 0;
    bool commas = false;

    for (; is_digit(*c) || *c == ','; c++) {
        if (*c == ',') {
            if (group == 0 || group > 3 || (commas && group != 3))
                return TBI_VALUE_COMMA;
            commas = true;
            group = 0;
            continue;
        }
        if (++*count > 17)
            return TBI_VALUE_INVALID;
        d->digits = d->digits * 10 + (*c - '0');
        group++;
    }
    *text = c;
    return commas && group != 3 ? TBI_VALUE_COMMA : TBI_VALUE_OK;
}

/* Reads a decimal at the front; *text moves behind it. */
static enum tbi_value decimal(const char **text, struct decimal *d)
{
    const char *c = *text;
    const bool minus = *c == '-';
    uint32_t count = 0;

    *d = (struct decimal){0};
    c += *c == '-' || *c == '+';
    const enum tbi_value whole = whole_part(&c, d, &count);
    if (whole != TBI_VALUE_OK)
        return whole;
    if (*c == '.') {
        for (c++; is_digit(*c); c++, d->decimals++) {
            if (++count > 17)
                return TBI_VALUE_INVALID;
            d->digits = d->digits * 10 + (*c - '0');
        }
    }
    if (count == 0)
        return TBI_VALUE_INVALID;
    if (*c == 'e' && (c[1] == '+' || c[1] == '-' || is_digit(c[1])))
        return TBI_VALUE_SHORT;
    if (minus)
        d->digits = -d->digits;
    *text = c;
    return TBI_VALUE_OK;
}

enum tbi_value tbi_value_fixed(const char *text, int64_t unit, int64_t *out)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;
    struct decimal d;

    if (!plain(text, buffer))
        return TBI_VALUE_INVALID;
    const enum tbi_value value = decimal(&c, &d);
    if (value != TBI_VALUE_OK)
        return value;
    if (*c != 0)
        return TBI_VALUE_INVALID;
    for (; d.decimals > 0 && d.digits % 10 == 0; d.decimals--)
        d.digits /= 10;
    for (; d.decimals > 0; d.decimals--) {
        if (unit % 10 != 0)
            return TBI_VALUE_FRACTION;
        unit /= 10;
    }
    return __builtin_mul_overflow(d.digits, unit, out) ? TBI_VALUE_INVALID : TBI_VALUE_OK;
}

/* Below 2^53 digits and ten to the number of decimals are exact, so the quotient is the
 * nearest. */
static double decimal_real(const struct decimal *d)
{
    double scale = 1;

    for (int i = 0; i < d->decimals; i++)
        scale *= 10;
    return (double)d->digits / scale;
}

enum tbi_value tbi_value_real(const char *text, double *out)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;
    struct decimal d;

    if (!plain(text, buffer))
        return TBI_VALUE_INVALID;
    const enum tbi_value value = decimal(&c, &d);
    if (value != TBI_VALUE_OK)
        return value;
    if (*c == '%') {
        d.decimals += 2;
        c++;
    }
    if (*c != 0)
        return TBI_VALUE_INVALID;
    *out = decimal_real(&d);
    return TBI_VALUE_OK;
}

/* ---- durations ------------------------------------------------------------------------------
 * */

static const struct unit {
    const char *name;
    int64_t us; /* 0: a working day */
} units[] = {
    /* A name that begins with another one comes before it. */
    {"ms", TB_MS(1)},         {"min", TB_MINUTES(1)},   {"wd", 0},
    {"us", 1},                {"s", TB_SECONDS(1)},     {"h", TB_HOURS(1)},
    {"d", TB_DAYS(1)},        {"毫秒", TB_MS(1)},       {"秒", TB_SECONDS(1)},
    {"分钟", TB_MINUTES(1)},  {"分", TB_MINUTES(1)},    {"小时", TB_HOURS(1)},
    {"个工作日", 0},          {"工作日", 0},            {"时", TB_HOURS(1)},
    {"天", TB_DAYS(1)},       {"日", TB_DAYS(1)},
};

static const struct unit *unit_at(const char **text)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const size_t bytes = strlen(units[i].name);

        if (strncmp(*text, units[i].name, bytes) == 0) {
            *text += bytes;
            return &units[i];
        }
    }
    return NULL;
}

/* d x unit in whole microseconds, or false. */
static bool decimal_times(struct decimal d, int64_t unit, int64_t *out)
{
    __int128 product = (__int128)d.digits * unit;

    for (; d.decimals > 0; d.decimals--) {
        if (product % 10 != 0)
            return false;
        product /= 10;
    }
    *out = (int64_t)product;
    return product == *out;
}

enum tbi_value tbi_value_duration(const char *text, int64_t working_day_us, int64_t *out)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;
    int64_t sum = 0, part;
    struct decimal d;

    if (!plain(text, buffer))
        return TBI_VALUE_INVALID;
    if (strcmp(buffer, "never") == 0 || strcmp(buffer, "永不") == 0 ||
        strcmp(buffer, "不限") == 0) {
        *out = TB_NEVER;
        return TBI_VALUE_OK;
    }
    if (strcmp(buffer, "0") == 0) {
        *out = 0;
        return TBI_VALUE_OK;
    }
    const bool minus = *c == '-';
    c += minus;
    do {
        const enum tbi_value value = is_digit(*c) ? decimal(&c, &d) : TBI_VALUE_INVALID;
        if (value != TBI_VALUE_OK)
            return value;
        const struct unit *unit = unit_at(&c);
        if (unit == NULL || (unit->us == 0 && working_day_us == 0) ||
            !decimal_times(d, unit->us == 0 ? working_day_us : unit->us, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return TBI_VALUE_INVALID;
    } while (*c != 0);
    *out = minus ? -sum : sum;
    return TBI_VALUE_OK;
}

const char *tbi_value_show_duration(struct tbi_arena *arena, int64_t us)
{
    static const struct unit shown[] = {{"d", TB_DAYS(1)},      {"h", TB_HOURS(1)},
                                        {"min", TB_MINUTES(1)}, {"s", TB_SECONDS(1)},
                                        {"ms", TB_MS(1)},       {"us", 1}};
    char text[128];
    size_t bytes = 0;
    uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;

    if (us == TB_NEVER)
        return "never";
    if (us == 0)
        return "0";
    if (us < 0)
        text[bytes++] = '-';
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const uint64_t count = rest / (uint64_t)shown[i].us;

        rest %= (uint64_t)shown[i].us;
        if (count > 0)
            bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "%llu%s",
                                      (unsigned long long)count, shown[i].name);
    }
    return tbi_arena_text(arena, text, bytes);
}

/* ---- times of day ---------------------------------------------------------------------------
 * */

/* At most `most` digits. */
static bool digits(const char **text, uint32_t most, int64_t *out)
{
    uint32_t count = 0;

    for (*out = 0; is_digit(**text) && count < most; count++)
        *out = *out * 10 + (*(*text)++ - '0');
    return count > 0 && !is_digit(**text);
}

static bool clock_at(const char **text, int64_t *out)
{
    int64_t hour, minute, second = 0;

    if (!digits(text, 2, &hour) || *(*text)++ != ':' || !digits(text, 2, &minute))
        return false;
    if (**text == ':') {
        (*text)++;
        if (!digits(text, 2, &second))
            return false;
    }
    *out = TB_HOURS(hour) + TB_MINUTES(minute) + TB_SECONDS(second);
    return minute < 60 && second < 60 && *out <= TB_DAYS(1);
}

enum tbi_value tbi_value_clock(const char *text, int64_t *out)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;

    return plain(text, buffer) && clock_at(&c, out) && *c == 0 ? TBI_VALUE_OK : TBI_VALUE_INVALID;
}

/* Behind a dash, a tilde or the Chinese "to". */
static bool dash_at(const char **text)
{
    if (**text == '-' || **text == '~') {
        (*text)++;
        return true;
    }
    if (strncmp(*text, "至", 3) == 0 || strncmp(*text, "到", 3) == 0) {
        *text += 3;
        return true;
    }
    return false;
}

enum tbi_value tbi_value_span(const char *text, int64_t *from_us, int64_t *to_us)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;

    return plain(text, buffer) && clock_at(&c, from_us) && dash_at(&c) && clock_at(&c, to_us) &&
                   *c == 0 && *from_us < *to_us
               ? TBI_VALUE_OK
               : TBI_VALUE_INVALID;
}

enum tbi_value tbi_value_offset(const char *text, int64_t *out)
{
    char buffer[PLAIN_MAX];
    const char *c = buffer;
    int64_t hours, minutes = 0;

    if (!plain(text, buffer) || (*c != '+' && *c != '-'))
        return TBI_VALUE_INVALID;
    const bool minus = *c++ == '-';
    if (!digits(&c, 2, &hours))
        return TBI_VALUE_INVALID;
    if (*c == ':') {
        c++;
        if (!digits(&c, 2, &minutes))
            return TBI_VALUE_INVALID;
    }
    if (*c != 0 || hours > 14 || minutes > 59)
        return TBI_VALUE_INVALID;
    *out = TB_HOURS(hours) + TB_MINUTES(minutes);
    *out = minus ? -*out : *out;
    return TBI_VALUE_OK;
}

/* ---- dates
 * ----------------------------------------------------------------------------------- */

/* Days since 1970-01-01 in the Gregorian calendar, by counting years that begin in March. */
int64_t tbi_value_days(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719469;
}

void tbi_value_civil(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t y = (days + 719468) * 400 / 146097 + 1;

    /* The estimate is at most two years too late. */
    while (tbi_value_days(y, 1, 1) > days)
        y--;
    int64_t m = 12;
    while (tbi_value_days(y, m, 1) > days)
        m--;
    *year = (int32_t)y;
    *month = (int32_t)m;
    *day = (int32_t)(days - tbi_value_days(y, m, 1) + 1);
}

uint32_t tbi_value_weekday(int64_t days)
{
    return (uint32_t)(((days + 3) % 7 + 7) % 7);
}

enum tbi_value tbi_value_date(const char *text, int64_t *out)
{
    static const char *const words[3] = {"年", "月", "日"};
    char buffer[PLAIN_MAX];
    const char *c = buffer;
    int64_t part[3];
    int32_t year, month, day;

    if (!plain(text, buffer))
        return TBI_VALUE_INVALID;
    for (int i = 0; i < 3; i++) {
        if (!digits(&c, i == 0 ? 4 : 2, &part[i]))
            return TBI_VALUE_INVALID;
        if (strncmp(c, words[i], 3) == 0)
            c += 3;
        else if (i < 2 && *c != '-' && *c != '/')
            return TBI_VALUE_INVALID;
        else if (i < 2)
            c++;
    }
    if (*c != 0 || part[0] < 1900 || part[0] > 2200 || part[1] < 1 || part[1] > 12 ||
        part[2] < 1 || part[2] > 31)
        return TBI_VALUE_INVALID;
    *out = tbi_value_days(part[0], part[1], part[2]);
    tbi_value_civil(*out, &year, &month, &day); /* the 31st of April is no date */
    return month == part[1] && day == part[2] ? TBI_VALUE_OK : TBI_VALUE_INVALID;
}
