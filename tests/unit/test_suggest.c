/* HALL.SUGGEST: what counts is the hall at the instant of arrival, its hours, windows and line. */
#include "model/small.h"

#include <criterion/criterion.h>

static const struct tb_command ask = {.kind = TB_HALL_SUGGEST};

/* At 12:30, both halls closed for noon, their windows left open. */
static struct small *noon(void)
{
    struct small *s = small_new();
    for (uint16_t server = 0; server < 4; server++)
        small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .server = server});
    small_until(s, SMALL_AT(0, 12, 30));
    return s;
}

Test(suggest, at_noon_a_hall_that_opens_again_counts_with_the_time_until_it_does)
{
    struct small *s = noon();
    const struct tb_event first = *small_send(s, ask);
    cr_assert_eq(first.kind, TB_EVENT_SUGGESTED);
    cr_expect_eq(first.value2, TB_MINUTES(30) - first.value, "opens at 13:00, nobody before him");
    s->now += TB_MINUTES(20);
    cr_expect_eq(small_send(s, ask)->value2, TB_MINUTES(10) - first.value);
    small_free(s);
}

Test(suggest, a_hall_closed_by_hand_or_over_for_today_is_not_advised)
{
    struct small *s = noon();
    small_do(s, (struct tb_command){.kind = TB_HALL_CLOSE, .station = SMALL_HALL});
    cr_expect_eq(small_send(s, ask)->station, SMALL_OTHER);
    cr_expect_eq(s->count, 1u);
    small_do(s, (struct tb_command){.kind = TB_HALL_CLOSE, .station = SMALL_OTHER});
    cr_expect_eq(small_do(s, ask), TB_STATUS_ADVICE_MISSING);
    small_until(s, SMALL_AT(1, 17, 30));
    cr_expect_eq(small_do(s, ask), TB_STATUS_ADVICE_MISSING);
    small_free(s);
}

Test(suggest, a_hall_whose_plan_has_no_window_when_it_opens_is_not_advised)
{
    struct small *s = noon();
    for (uint16_t server = 0; server < 3; server++)
        small_do(s, (struct tb_command){.kind = TB_WINDOW_CLOSE, .server = server});
    cr_expect_eq(small_send(s, ask)->station, SMALL_OTHER);
    cr_expect_eq(s->count, 1u);
    small_do(s, (struct tb_command){
                    .kind = TB_PLAN_SET, .class_ = TB_PLAN_OPEN, .value = TB_HOURS(13)});
    small_send(s, ask);
    cr_expect_eq(s->count, 2u, "window 0 opens at 13:00");
    small_free(s);
}

Test(suggest, people_on_the_way_to_a_closed_hall_make_its_line_longer)
{
    struct small *s = noon();
    const struct tb_event before = *small_send(s, ask);
    for (int i = 0; i < 40; i++)
        small_do(s, (struct tb_command){.kind = TB_HALL_HEAD,
                                        .station = before.station,
                                        .value = TB_MINUTES(20)});
    const struct tb_event after = *small_send(s, ask);
    cr_assert_eq(after.kind, TB_EVENT_SUGGESTED);
    cr_expect_neq(after.station, before.station, "forty are on their way there");
    small_free(s);
}

Test(suggest, who_will_be_there_later_is_not_ahead)
{
    struct small *s = noon();
    const struct tb_event before = *small_send(s, ask);
    for (int i = 0; i < 40; i++)
        small_do(s, (struct tb_command){.kind = TB_HALL_HEAD,
                                        .station = before.station,
                                        .value = TB_MINUTES(40)});
    const struct tb_event after = *small_send(s, ask);
    cr_expect_eq(after.station, before.station, "they arrive at 13:10, he is served at 13:00");
    cr_expect_eq(after.value2, before.value2);
    small_free(s);
}

Test(suggest, a_hall_that_closes_before_the_arrival_counts_from_when_it_opens_again)
{
    struct small *s = small_config();
    s->travel_s[SMALL_HALL] = s->travel_s[SMALL_OTHER] = 20 * 60;
    small_start(s);
    for (uint16_t server = 0; server < 4; server++)
        small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .server = server});
    for (uint16_t server = 0; server < 4; server++)
        small_do(s, (struct tb_command){.kind = TB_WINDOW_NEXT, .server = server});
    small_until(s, SMALL_AT(0, 11, 39));
    cr_expect_eq(small_send(s, ask)->value2, 0, "there at 11:59");
    small_until(s, SMALL_AT(0, 11, 50));
    cr_expect_eq(small_send(s, ask)->value2, TB_MINUTES(50), "there at 12:10, opens at 13:00");
    small_until(s, SMALL_AT(0, 16, 50));
    cr_expect_eq(small_do(s, ask), TB_STATUS_ADVICE_MISSING, "there when it is over");
    small_free(s);
}

Test(suggest, windows_are_those_that_the_plan_has_open_at_the_arrival)
{
    struct small *s = small_config();
    s->travel_s[SMALL_HALL] = s->travel_s[SMALL_OTHER] = 20 * 60;
    small_start(s);
    for (uint16_t server = 0; server < 3; server++)
        small_do(s, (struct tb_command){.kind = TB_WINDOW_OPEN, .server = server});
    small_until(s, SMALL_AT(0, 10, 0));
    small_do(s, (struct tb_command){
                    .kind = TB_PLAN_SET, .class_ = TB_PLAN_CLOSE, .value = TB_HOURS(10) +
                                                                           TB_MINUTES(20)});
    cr_expect_eq(small_send(s, ask)->station, SMALL_HALL, "windows 1 and 2 stay open");
    for (uint16_t server = 1; server < 3; server++)
        small_do(s, (struct tb_command){.kind = TB_PLAN_SET,
                                        .server = server,
                                        .class_ = TB_PLAN_PAUSE,
                                        .value = TB_HOURS(10) + TB_MINUTES(20)});
    cr_expect_eq(small_do(s, ask), TB_STATUS_ADVICE_MISSING, "none is open at 10:20");
    small_do(s, (struct tb_command){.kind = TB_PLAN_SET,
                                    .server = 3,
                                    .class_ = TB_PLAN_OPEN,
                                    .value = TB_HOURS(10) + TB_MINUTES(20)});
    cr_expect_eq(small_send(s, ask)->station, SMALL_OTHER, "its window opens then");
    small_free(s);
}
