#include "run/instant.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01 and the civil date (Hinnant: chrono-Compatible Low-Level Date Algorithms,
 * 2013), from March on, so that the leap day is the last one. */
static int64_t days_of(int64_t year, uint32_t month, uint32_t day)
{
    year -= month <= 2;
    const int64_t era = year / 400;
    const uint32_t of_era = (uint32_t)(year - era * 400);
    const uint32_t of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *year, uint32_t *month, uint32_t *day)
{
    days += 719468;
    const int64_t era = days / 146097;
    const uint32_t of_era = (uint32_t)(days - era * 146097);
    const uint32_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const uint32_t of_year = of_era - (365 * y + y / 4 - y / 100);
    const uint32_t m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(y + era * 400 + (*month <= 2));
}

static char *digits(char *to, uint64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + count;
}

size_t tbs_instant_print(char out[TBS_INSTANT_TEXT], tb_time at_us, int64_t utc_offset_us)
{
    const tb_time local_us = at_us + utc_offset_us;
    const int64_t day = local_us / TB_DAYS(1) - (local_us % TB_DAYS(1) < 0);
    const uint64_t in_day = (uint64_t)(local_us - day * TB_DAYS(1));
    uint32_t month, mday;
    int year;
    char *to = out;

    date_of(day, &year, &month, &mday);
    to = digits(to, (uint64_t)year, 4);
    *to++ = '-';
    to = digits(to, month, 2);
    *to++ = '-';
    to = digits(to, mday, 2);
    *to++ = 'T';
    to = digits(to, in_day / (uint64_t)TB_HOURS(1), 2);
    *to++ = ':';
    to = digits(to, in_day / (uint64_t)TB_MINUTES(1) % 60, 2);
    *to++ = ':';
    to = digits(to, in_day / (uint64_t)TB_SECONDS(1) % 60, 2);
    *to++ = '.';
    to = digits(to, in_day % (uint64_t)TB_SECONDS(1), 6);
    *to = '\0';
    return (size_t)(to - out);
}

size_t tbs_seconds_print(char out[TBS_INSTANT_TEXT], int64_t us)
{
    size_t n = (size_t)snprintf(out, TBS_INSTANT_TEXT, "%lld.%06lld", (long long)(us / 1000000),
                                (long long)(us % 1000000));

    while (out[n - 1] == '0') {
        n--;
    }
    n -= out[n - 1] == '.';
    out[n] = '\0';
    return n;
}

/* Reads exactly `count` digits. */
static bool number_read(const char **text, int count, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9') {
            return false;
        }
        *value = *value * 10 + (uint32_t)(**text - '0');
    }
    return true;
}

/* Digits after a point, as microseconds; nothing where there is no point. */
static bool fraction_read(const char **text, int64_t *us)
{
    int64_t unit = 100000;

    *us = 0;
    if (**text != '.') {
        return true;
    }
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++) {
        *us += (**text - '0') * unit;
        if (unit == 0 && **text != '0') {
            return false; /* finer than a microsecond */
        }
        unit /= 10;
    }
    return true;
}

bool tbs_seconds_read(const char *text, int64_t *us)
{
    int64_t whole = 0, part;

    if (*text < '0' || *text > '9') {
        return false;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        whole = whole * 10 + (*text - '0');
        if (whole >= (int64_t)1 << 40) {
            return false;
        }
    }
    if (!fraction_read(&text, &part) || *text != '\0') {
        return false;
    }
    *us = TB_SECONDS(whole) + part;
    return true;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month] + (month == 2 && leap);
}

bool tbs_instant_read(const char *text, tb_time origin_us, int64_t utc_offset_us, tb_time *at_us)
{
    uint32_t year, month, day, hour, minute, second = 0;
    int64_t part = 0;

    if (strchr(text, '-') == NULL) {
        int64_t us;
        if (!tbs_seconds_read(text, &us)) {
            return false;
        }
        *at_us = origin_us + us;
        return true;
    }
    if (!number_read(&text, 4, &year) || *text++ != '-' || !number_read(&text, 2, &month) ||
        *text++ != '-' || !number_read(&text, 2, &day) || (*text != 'T' && *text != ' ')) {
        return false;
    }
    text++;
    if (!number_read(&text, 2, &hour) || *text++ != ':' || !number_read(&text, 2, &minute)) {
        return false;
    }
    if (*text == ':') {
        text++;
        if (!number_read(&text, 2, &second) || !fraction_read(&text, &part)) {
            return false;
        }
    }
    if (*text != '\0' || year < 1970 || year > 2400 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *at_us = TB_DAYS(days_of(year, month, day)) + TB_HOURS(hour) + TB_MINUTES(minute) +
             TB_SECONDS(second) + part - utc_offset_us;
    return true;
}
