/* route.c: routes of cases, from rows that stand together in routes.csv, one a step. A step
 * begins when all steps that lead to it are done. */
#include <string.h>

#include "build.h"

static const char *const kind_words[] = {"desk|审批", "outside|外部", "fork|分支"};

/* The row of a step, counted from the route's first row. */
struct route_rows {
    uint32_t route, first, count;
};

static struct tbi_row step_row(struct tbi_build *b, const struct route_rows *rows, uint32_t step)
{
    return tbi_row(b, TBI_ROUTES, rows->first + step);
}

/* Where step `from` leads: adds it to next. */
static void add_next(struct tbi_build *b, const struct route_rows *rows, uint32_t from,
                     int64_t number, struct tb_step *steps)
{
    struct tb_step *step = &steps[from];
    const struct tbi_row row = step_row(b, rows, from);
    const char *route = tbi_row_text(row, TBI_ROUTES_ROUTE);

    if (number <= from + 1 || number > rows->count) {
        tbi_row_wrong(row, TBI_ROUTES_NEXT, TBI_WRONG_ROUTE_NEXT, route,
                      tbi_arena_format(b->arena, "%lld", (long long)number), NULL);
        return;
    }
    for (uint32_t i = 0; i < step->next_count; i++) {
        if (step->next[i] == number - 1)
            return;
    }
    if (step->next_count == TB_FORK_MAX) {
        tbi_row_wrong(row, TBI_ROUTES_NEXT, TBI_WRONG_TOO_MANY, "下一步\fnext steps",
                      tbi_arena_format(b->arena, "%d", TB_FORK_MAX), NULL);
        return;
    }
    step->next[step->next_count++] = (uint8_t)(number - 1);
    steps[number - 1].joins++;
}

static void take_next(struct tbi_build *b, const struct route_rows *rows, uint32_t from,
                      struct tb_step *steps)
{
    const struct tbi_row row = step_row(b, rows, from);
    const char *list = tbi_row_text(row, TBI_ROUTES_NEXT), *item;

    if (list[0] == 0 && from + 1 < rows->count)
        add_next(b, rows, from, from + 2, steps);
    while ((item = tbi_value_item(b->arena, &list)) != NULL) {
        int64_t number;

        if (tbi_parse_whole(b, tbi_row_at(row, TBI_ROUTES_NEXT), item, 0, TB_STEPS_MAX, &number) &&
            number != 0)
            add_next(b, rows, from, number, steps);
    }
}

/* The desk of a step; a fork needs none but at the beginning, where it says whose calendar
 * counts. */
static uint32_t step_desk(struct tbi_row row, enum tb_step_kind kind, bool first)
{
    const uint32_t desk =
        tbi_row_name(row, TBI_ROUTES_DESK, &row.b->desk_names, "审批岗\fdesk");

    if (desk == TB_NONE && tbi_row_text(row, TBI_ROUTES_DESK)[0] == 0 &&
        (kind != TB_STEP_FORK || first))
        tbi_row_wrong(row, TBI_ROUTES_DESK, TBI_WRONG_DESK_NEEDED, NULL, NULL, NULL);
    return desk;
}

/* What a working day is at a desk. */
static int64_t working_day(const struct tbi_build *b, uint32_t desk)
{
    const int64_t day_us = desk == TB_NONE ? 0 : b->working_day_us[b->desks[desk].calendar];

    return day_us == 0 ? TB_HOURS(8) : day_us;
}

static int64_t due_time(struct tbi_row row, enum tbi_column column, uint32_t desk, int64_t normal)
{
    return tbi_row_duration(row, column, TB_MINUTES(1), TB_DAYS(3650), working_day(row.b, desk),
                            normal);
}

static void take_step(struct tbi_build *b, const struct route_rows *rows, uint32_t index,
                      struct tb_step *step, struct tb_scenario_step *work)
{
    const struct tbi_row row = step_row(b, rows, index);

    step->kind = tbi_row_word(row, TBI_ROUTES_KIND, kind_words, 3, TB_STEP_DESK);
    const uint32_t desk = step_desk(row, step->kind, index == 0);
    if (desk != TB_NONE && b->working_day_us[b->desks[desk].calendar] == 0)
        tbi_row_wrong(row, TBI_ROUTES_DESK, TBI_WRONG_DUE,
                      b->out->calendars[b->desks[desk].calendar].id, NULL, NULL);
    step->station = (uint16_t)(b->out->hall_count + (desk == TB_NONE ? 0 : desk));
    step->due_work_us = due_time(row, TBI_ROUTES_DUE, desk, 5 * working_day(b, desk));
    work->work = tbi_row_law(row, TBI_ROUTES_WORK, TBI_ROUTES_CV, TBI_ROUTES_LAW, 0);
    if (work->work.mean_us == 0 && step->kind != TB_STEP_FORK)
        tbi_row_wrong(row, TBI_ROUTES_WORK, TBI_WRONG_MEAN, NULL, NULL, NULL);
}

/* Forks stand at the desk of the step that leads to them: only its calendar is ever asked. */
static void place_forks(const struct tbi_build *b, const struct route_rows *rows,
                        struct tb_step *steps)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        for (uint32_t n = 0; n < steps[i].next_count; n++) {
            struct tb_step *next = &steps[steps[i].next[n]];
            const struct tbi_row row =
                step_row((struct tbi_build *)b, rows, steps[i].next[n]);

            if (next->kind == TB_STEP_FORK && tbi_row_text(row, TBI_ROUTES_DESK)[0] == 0)
                next->station = steps[i].station;
        }
    }
}

static void take_route(struct tbi_build *b, const struct route_rows *rows)
{
    struct tb_step *steps = TBI_TAKE(b->arena, struct tb_step, rows->count);
    struct tb_scenario_step *works = TBI_TAKE(b->arena, struct tb_scenario_step, rows->count);
    const struct tbi_row first = step_row(b, rows, 0);

    for (uint32_t i = 0; i < rows->count; i++)
        take_step(b, rows, i, &steps[i], &works[i]);
    for (uint32_t i = 0; i < rows->count; i++)
        take_next(b, rows, i, steps);
    place_forks(b, rows, steps);
    for (uint32_t i = 1; i < rows->count; i++) {
        if (steps[i].joins == 0)
            tbi_row_wrong(step_row(b, rows, i), TBI_ROUTES_STEP, TBI_WRONG_ROUTE_ALONE, NULL, NULL,
                          NULL);
    }
    steps[0].joins = 1;
    int64_t sum_us = 0;
    for (uint32_t i = 0; i < rows->count; i++)
        sum_us += steps[i].due_work_us;
    const uint32_t desk =
        tbi_names_find(&b->desk_names, tbi_row_text(first, TBI_ROUTES_DESK));
    b->routes[rows->route] = (struct tb_route){
        steps, rows->count, due_time(first, TBI_ROUTES_CASE_DUE, desk, sum_us)};
    b->route_rows[rows->route] = (struct tb_scenario_route){
        tbi_row_label(first, TBI_ROUTES_ROUTE, TBI_ROUTES_NAME, TBI_ROUTES_NAME_EN), works};
}

/* Rows from `first` on that belong to one route; their steps must count up from 1. */
static uint32_t route_length(struct tbi_build *b, uint32_t first, bool *right)
{
    const char *id = tbi_row_text(tbi_row(b, TBI_ROUTES, first), TBI_ROUTES_ROUTE);
    uint32_t count = 0;

    *right = true;
    for (uint32_t r = first; r < tbi_row_count(b, TBI_ROUTES); r++, count++) {
        const struct tbi_row row = tbi_row(b, TBI_ROUTES, r);

        if (strcmp(tbi_row_text(row, TBI_ROUTES_ROUTE), id) != 0)
            break;
        const char *step = tbi_row_text(row, TBI_ROUTES_STEP);
        int64_t number = 0;

        if (step[0] != 0 &&
            (tbi_value_fixed(step, 1, &number) != TBI_VALUE_OK || number != count + 1)) {
            tbi_row_wrong(row, TBI_ROUTES_STEP, TBI_WRONG_ROUTE_STEP, id,
                          tbi_arena_format(b->arena, "%u", count + 1), NULL);
            *right = false;
        }
    }
    return count;
}

void tbi_build_routes(struct tbi_build *b)
{
    const uint32_t row_count = tbi_row_count(b, TBI_ROUTES);

    b->routes = TBI_TAKE(b->arena, struct tb_route, row_count);
    b->route_rows = TBI_TAKE(b->arena, struct tb_scenario_route, row_count);
    for (uint32_t first = 0, count; first < row_count; first += count) {
        const struct tbi_row row = tbi_row(b, TBI_ROUTES, first);
        bool right;

        count = route_length(b, first, &right);
        if (!tbi_row_id(row, TBI_ROUTES_ROUTE, &b->route_names))
            continue;
        if (count > TB_STEPS_MAX)
            tbi_row_wrong(row, TBI_ROUTES_STEP, TBI_WRONG_TOO_MANY, "步骤\fsteps",
                          tbi_arena_format(b->arena, "%d", TB_STEPS_MAX), NULL);
        else if (right)
            take_route(b, &(struct route_rows){b->route_names.count - 1, first, count});
    }
    b->out->routes = b->route_rows;
    b->out->route_count = b->route_names.count;
}
