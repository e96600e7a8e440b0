/* Texts as people and Excel write them, and what they must become. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scenario/value.h"

struct number {
    const char *text;
    int64_t unit;
    enum tbi_value value;
    int64_t number;
};

Test(scenario_value, numbers)
{
    static const struct number rows[] = {
        {"0", 1, TBI_VALUE_OK, 0},
        {"1,234,567", 1, TBI_VALUE_OK, 1234567},
        {"１２３４", 1, TBI_VALUE_OK, 1234},
        {"１，２３４", 1, TBI_VALUE_OK, 1234},
        {" 12 ", 1, TBI_VALUE_OK, 12},
        {"-5", 1, TBI_VALUE_OK, -5},
        {"－５", 1, TBI_VALUE_OK, -5},
        {"12.0", 1, TBI_VALUE_OK, 12},
        {"1.5", 1000, TBI_VALUE_OK, 1500},
        {"1.2345", 1000, TBI_VALUE_FRACTION, 0},
        {"12.5", 1, TBI_VALUE_FRACTION, 0},
        {"1,23", 1, TBI_VALUE_COMMA, 0},
        {"1234,567", 1, TBI_VALUE_COMMA, 0},
        {",123", 1, TBI_VALUE_COMMA, 0},
        {"1,234,56", 1, TBI_VALUE_COMMA, 0},
        {"1.2E+05", 1, TBI_VALUE_SHORT, 0},
        {"", 1, TBI_VALUE_INVALID, 0},
        {"abc", 1, TBI_VALUE_INVALID, 0},
        {"12x", 1, TBI_VALUE_INVALID, 0},
        {"1.2.3", 1, TBI_VALUE_INVALID, 0},
        {"99999999999999999", 1000, TBI_VALUE_INVALID, 0}, /* beyond 64 bits */
        {"123456789012345678901", 1, TBI_VALUE_INVALID, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t number = 0;

        cr_expect_eq(tbi_value_fixed(rows[i].text, rows[i].unit, &number), rows[i].value, "%s",
                     rows[i].text);
        if (rows[i].value == TBI_VALUE_OK)
            cr_expect_eq(number, rows[i].number, "%s", rows[i].text);
    }
}

Test(scenario_value, reals_and_percent)
{
    static const struct {
        const char *text;
        double number;
    } rows[] = {{"0.8", 0.8},    {"80%", 0.8},  {"８０％", 0.8}, {"12.5%", 0.125},
                {"-1.5", -1.5},  {".5", 0.5},   {"100%", 1},     {"0.1", 0.1},
                {"1,000.5", 1000.5}};
    double number;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(tbi_value_real(rows[i].text, &number), TBI_VALUE_OK, "%s", rows[i].text);
        cr_expect(number == rows[i].number, "%s: %.17g", rows[i].text, number);
    }
    cr_expect_eq(tbi_value_real("8%%", &number), TBI_VALUE_INVALID);
    cr_expect_eq(tbi_value_real("%", &number), TBI_VALUE_INVALID);
    cr_expect_eq(tbi_value_real("1e3", &number), TBI_VALUE_SHORT);
}

Test(scenario_value, durations)
{
    static const struct {
        const char *text;
        int64_t us; /* -1: refused */
    } rows[] = {
        {"90s", TB_SECONDS(90)},
        {"15min", TB_MINUTES(15)},
        {"2h", TB_HOURS(2)},
        {"3d", TB_DAYS(3)},
        {"1h30min", TB_MINUTES(90)},
        {"1.5h", TB_MINUTES(90)},
        {"250ms", TB_MS(250)},
        {"0", 0},
        {"never", TB_NEVER},
        {"15 MIN", TB_MINUTES(15)},
        {"15分钟", TB_MINUTES(15)},
        {"15分", TB_MINUTES(15)},
        {"2小时", TB_HOURS(2)},
        {"３天", TB_DAYS(3)},
        {"2wd", TB_HOURS(14)},
        {"2个工作日", TB_HOURS(14)},
        {"15", -1},
        {"min", -1},
        {"15m", -1},
        {"", -1},
        {"15min5", -1},
        {"0.0000001s", -1},
        {"99999999999d", -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = -1;
        const enum tbi_value value = tbi_value_duration(rows[i].text, TB_HOURS(7), &us);

        cr_expect_eq(value == TBI_VALUE_OK, rows[i].us != -1, "%s", rows[i].text);
        if (value == TBI_VALUE_OK)
            cr_expect_eq(us, rows[i].us, "%s", rows[i].text);
    }
    int64_t us;
    cr_expect_neq(tbi_value_duration("2wd", 0, &us), TBI_VALUE_OK);
    cr_assert_eq(tbi_value_duration("-90s", 0, &us), TBI_VALUE_OK);
    cr_expect_eq(us, -TB_SECONDS(90));
}

Test(scenario_value, a_duration_that_is_shown_is_read_again)
{
    static const int64_t rows[] = {0, 1, TB_MS(1), TB_SECONDS(61), TB_HOURS(25), TB_DAYS(400) + 1,
                                   -TB_MINUTES(90), TB_NEVER};
    struct tbi_arena arena = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = tbi_value_show_duration(&arena, rows[i]);
        int64_t us;

        cr_assert_eq(tbi_value_duration(text, 0, &us), TBI_VALUE_OK, "%s", text);
        cr_expect_eq(us, rows[i], "%s", text);
    }
    tbi_arena_free(&arena);
}

Test(scenario_value, times_of_day)
{
    int64_t us, to;

    cr_assert_eq(tbi_value_clock("08:30", &us), TBI_VALUE_OK);
    cr_expect_eq(us, TB_HOURS(8) + TB_MINUTES(30));
    cr_assert_eq(tbi_value_clock("8：30", &us), TBI_VALUE_OK);
    cr_expect_eq(us, TB_HOURS(8) + TB_MINUTES(30));
    cr_assert_eq(tbi_value_clock("8:30:15", &us), TBI_VALUE_OK);
    cr_assert_eq(tbi_value_clock("24:00", &us), TBI_VALUE_OK);
    cr_expect_eq(us, TB_DAYS(1));
    static const char *const wrong[] = {"24:01", "8.30", "830", "8:60", "", "08:30x", "-1:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_neq(tbi_value_clock(wrong[i], &us), TBI_VALUE_OK, "%s", wrong[i]);

    static const char *const spans[] = {"08:30-12:00", "08:30~12:00", "8:30 – 12:00",
                                        "08:30至12:00"};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        cr_assert_eq(tbi_value_span(spans[i], &us, &to), TBI_VALUE_OK, "%s", spans[i]);
        cr_expect_eq(to - us, TB_MINUTES(210));
    }
    cr_expect_neq(tbi_value_span("12:00-08:30", &us, &to), TBI_VALUE_OK);
    cr_expect_neq(tbi_value_span("12:00-12:00", &us, &to), TBI_VALUE_OK);
    cr_assert_eq(tbi_value_offset("+08:00", &us), TBI_VALUE_OK);
    cr_expect_eq(us, TB_HOURS(8));
    cr_assert_eq(tbi_value_offset("-3:30", &us), TBI_VALUE_OK);
    cr_expect_eq(us, -TB_MINUTES(210));
    cr_expect_neq(tbi_value_offset("8", &us), TBI_VALUE_OK);
}

Test(scenario_value, dates)
{
    static const char *const same[] = {"2021-05-22", "2021/5/22", "2021年5月22日", "2021-5-22"};
    static const char *const wrong[] = {"2021-02-29", "2021-13-01", "22.5.2021", "21-5-22", "44338",
                                        "", "2021-05", "2021-05-32"};
    int64_t days;

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_assert_eq(tbi_value_date(same[i], &days), TBI_VALUE_OK, "%s", same[i]);
        cr_expect_eq(days, 18769);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_neq(tbi_value_date(wrong[i], &days), TBI_VALUE_OK, "%s", wrong[i]);
    cr_expect_eq(tbi_value_weekday(18769), 5); /* a Saturday */
    cr_expect_eq(tbi_value_weekday(0), 3);     /* the first day was a Thursday */
}

Test(scenario_value, every_day_of_three_centuries_has_its_date)
{
    int32_t year = 1900, month = 1, day = 1;
    static const int32_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    for (int64_t days = tbi_value_days(1900, 1, 1); days < tbi_value_days(2200, 1, 1); days++) {
        int32_t y, m, d;
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        tbi_value_civil(days, &y, &m, &d);
        cr_assert(y == year && m == month && d == day, "%d-%d-%d", year, month, day);
        cr_assert_eq(tbi_value_days(y, m, d), days);
        if (day++ == length[month - 1] + (leap && month == 2)) {
            day = 1;
            if (month++ == 12) {
                month = 1;
                year++;
            }
        }
    }
}

Test(scenario_value, ranges_lists_marks)
{
    uint32_t from, to;
    bool range;
    struct tbi_arena arena = {0};

    cr_assert_eq(tbi_value_range("5", &from, &to, &range), TBI_VALUE_OK);
    cr_expect(from == 5 && to == 5 && !range);
    static const char *const same[] = {"2~4", "2-4", "2至4", "２～４", "2..4"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_assert_eq(tbi_value_range(same[i], &from, &to, &range), TBI_VALUE_OK, "%s", same[i]);
        cr_expect(from == 2 && to == 4 && range);
    }
    cr_expect_neq(tbi_value_range("4~2", &from, &to, &range), TBI_VALUE_OK);
    cr_expect_neq(tbi_value_range("0~2", &from, &to, &range), TBI_VALUE_OK);
    cr_expect_neq(tbi_value_range("x", &from, &to, &range), TBI_VALUE_OK);

    const char *list = " a，b;c、 d | e ";
    static const char *const items[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        cr_expect_str_eq(tbi_value_item(&arena, &list), items[i]);
    cr_expect_null(tbi_value_item(&arena, &list));
    tbi_arena_free(&arena);

    char text[] = "25% [A]", plain[] = "25%", chinese[] = "8 [公布]";
    cr_expect_eq(tbi_value_mark(text), 'A');
    cr_expect_str_eq(text, "25%");
    cr_expect_eq(tbi_value_mark(plain), 0);
    cr_expect_eq(tbi_value_mark(chinese), 'P');
}

Test(scenario_value, likeness)
{
    cr_expect_eq(tbi_value_distance("volume", "volume"), 0);
    cr_expect_eq(tbi_value_distance("volumes", "volume"), 1);
    cr_expect_eq(tbi_value_distance("VOLUME", "volume"), 0);
    cr_expect_eq(tbi_value_distance("", "abc"), 3);
    cr_expect_eq(tbi_value_distance("kitten", "sitting"), 3);
}
