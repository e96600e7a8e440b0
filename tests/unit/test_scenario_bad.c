/* Every mistake of problem.def is made once, in a scenario that is right but for it, and must be
 * found where it is. A mistake without a row fails. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder/folder.h"
#include "scenario/problem.h"

/* In `file`, the first `find` becomes `put` ("" at the beginning: the whole file; NULL put: no
 * file). What is wrong must be at `place`. `others` more mistakes follow from it. */
struct row {
    enum tbi_wrong wrong;
    const char *file, *find, *put, *place;
    uint32_t others;
};

static const struct row rows[] = {
    /* Files. */
    {TBI_WRONG_FOLDER, "scenario.yaml", "", NULL, "scenario.yaml", 0},
    {TBI_WRONG_FILE_MISSING, "halls.csv", "", NULL, "halls.csv", 0},
    {TBI_WRONG_FILE_UTF16, "halls.csv", "", "\xff\xfeh", "halls.csv", 0},
    {TBI_WRONG_FILE_WORKBOOK, "halls.csv", "", "PK\x03\x04x", "halls.csv", 0},
    {TBI_WRONG_FILE_WORKBOOK, "travel.csv", "", "\xd0\xcf\x11\xe0x", "travel.csv", 0},
    {TBI_WRONG_FILE_ENCODING, "halls.csv", "公安厅", "a\xff\xff", "halls.csv:2:11", 0},
    {TBI_WRONG_FILE_EXTRA, "hall.csv", "", "hall\n", "hall.csv", 0},
    /* Tables. */
    {TBI_WRONG_CSV_QUOTE, "halls.csv", "公安厅", "公\"安厅", "halls.csv:2:11", 0},
    {TBI_WRONG_CSV_QUOTE, "halls.csv", "公安厅", "\"公安厅", "halls.csv:2:10", 0},
    {TBI_WRONG_CSV_SEPARATOR, "travel.csv", "", "from;to;time\neast;west;1h\n", "travel.csv:1:1",
     0},
    {TBI_WRONG_CSV_SEPARATOR, "travel.csv", "", "from\tto\n", "travel.csv:1:1", 0},
    {TBI_WRONG_CSV_HEADER, "travel.csv", "", "\n \n", "travel.csv:1", 0},
    {TBI_WRONG_COLUMN_UNKNOWN, "halls.csv", "name,", "nama,", "halls.csv:1:6", 0},
    {TBI_WRONG_COLUMN_TWICE, "halls.csv", "name,", "行业,", "halls.csv:1:9", 3},
    {TBI_WRONG_COLUMN_MISSING, "demand.csv", "volume", "", "demand.csv:1", 0},
    {TBI_WRONG_CELL_EXTRA, "travel.csv", "12min,A", "12min,A,x", "travel.csv:3:19", 0},
    {TBI_WRONG_CELL_EMPTY, "travel.csv", "12min", "", "travel.csv:3:11", 0},
    {TBI_WRONG_TABLE_EMPTY, "matters.csv", "", "matter,service\n", "matters.csv", 3},
    /* YAML. */
    {TBI_WRONG_YAML_SYNTAX, "scenario.yaml", "  zh: 小城", "  zh: [小城", "scenario.yaml:2:7", 0},
    {TBI_WRONG_YAML_SYNTAX, "scenario.yaml", "  share: 90%\n", "  share", "scenario.yaml:41:3", 0},
    {TBI_WRONG_YAML_SYNTAX, "scenario.yaml", "  share: 90%\n", "  share: {a,\n\n",
     "scenario.yaml:41:13", 0},
    {TBI_WRONG_YAML_SYNTAX, "scenario.yaml", "  share: 90%\n", "  share: 90%\n\tx: 1\n",
     "scenario.yaml:42:1", 0},
    {TBI_WRONG_YAML_KEY, "scenario.yaml", "day_cv:", "daycv:", "scenario.yaml:25:3", 0},
    {TBI_WRONG_YAML_SHAPE, "scenario.yaml", "day_cv: 10% [A]", "day_cv: {a: 1}",
     "scenario.yaml:25:11", 0},
    {TBI_WRONG_YAML_SHAPE, "scenario.yaml", "day_cv: 10% [A]", "day_cv: [1]",
     "scenario.yaml:25:11", 0},
    {TBI_WRONG_YAML_SHAPE, "scenario.yaml", "day_cv: 10% [A]", "day_cv: *x", "scenario.yaml:25:11",
     0},
    {TBI_WRONG_YAML_SHAPE, "scenario.yaml", "", "- name\n", "scenario.yaml:1:1", 0},
    {TBI_WRONG_YAML_TWICE, "scenario.yaml", "  per: year", "  unit: cases", "scenario.yaml:24:3",
     0},
    {TBI_WRONG_YAML_MISSING, "scenario.yaml", "  from: 2022-01-01\n", "", "scenario.yaml", 0},
    {TBI_WRONG_YAML_MISSING, "scenario.yaml", "for: tax\n    ", "", "scenario.yaml:37:5", 0},
    {TBI_WRONG_YAML_EXTENDS, "scenario.yaml", "name:", "extends: x\nname:", "scenario.yaml:5:1",
     11},
    {TBI_WRONG_EXTENDS_DEEP, "scenario.yaml", "", "extends: .\n", "scenario.yaml:1:10", 0},
    /* Values. */
    {TBI_WRONG_NUMBER, "windows.csv", "110%", "fast", "windows.csv:3:23", 0},
    {TBI_WRONG_NUMBER_COMMA, "demand.csv", "20,000", "2,0000", "demand.csv:2:10", 0},
    {TBI_WRONG_NUMBER_SHORT, "demand.csv", "8000", "8E+03", "demand.csv:3:7", 0},
    {TBI_WRONG_NUMBER_WHOLE, "groups.csv", "200", "200.5", "groups.csv:3:21", 0},
    {TBI_WRONG_RANGE, "windows.csv", "110%", "1100%", "windows.csv:3:23", 0},
    {TBI_WRONG_RANGE, "scenario.yaml", "call_timeout: 60s", "call_timeout: 100ms",
     "scenario.yaml:38:19", 0},
    {TBI_WRONG_RANGE, "scenario.yaml", "overtake_max: 9", "overtake_max: 33",
     "scenario.yaml:35:17", 0},
    {TBI_WRONG_RANGE, "scenario.yaml", "green_share: 8%", "green_share: 108%",
     "scenario.yaml:31:16", 0},
    {TBI_WRONG_DURATION, "scenario.yaml", "call_timeout: 60s", "call_timeout: 60",
     "scenario.yaml:38:19", 0},
    {TBI_WRONG_CLOCK, "plans.csv", "14:00", "14.00", "plans.csv:3:18", 0},
    {TBI_WRONG_COMMA_WIDE, "plans.csv", "17:30,", "17:30，", "plans.csv:3:24", 0},
    {TBI_WRONG_SPAN, "scenario.yaml", "14:00-17:30", "17:30-14:00", "scenario.yaml:20:65", 0},
    {TBI_WRONG_SPAN_ORDER, "plans.csv", "17:30,1~2", "13:30,1~2", "plans.csv:3:24", 0},
    {TBI_WRONG_SPAN_ORDER, "arrivals.csv", "12:00", "08:30", "arrivals.csv:2:21", 0},
    {TBI_WRONG_SPAN_OVERLAP, "scenario.yaml", "14:00-17:30", "11:00-17:30", "scenario.yaml:20:65",
     0},
    {TBI_WRONG_SPAN_OVERLAP, "plans.csv", "14:00", "11:00", "plans.csv:3:18", 0},
    {TBI_WRONG_SPAN_OVERLAP, "arrivals.csv", "14:00", "11:00", "arrivals.csv:3:15", 0},
    {TBI_WRONG_DATE, "calendar.csv", "2022-01-03", "2022-02-30", "calendar.csv:2:1", 0},
    {TBI_WRONG_DATE_OUTSIDE, "calendar.csv", "2022-01-03", "2002-01-03", "calendar.csv:2:1", 0},
    {TBI_WRONG_DATE_ORDER, "scenario.yaml", "to: 2022-12-31", "to: 2021-12-31",
     "scenario.yaml:17:7", 0},
    {TBI_WRONG_ZONE_OFFSET, "scenario.yaml", "+08:00", "8", "scenario.yaml:4:13", 0},
    {TBI_WRONG_YES_NO, "matters.csv", "two,yes", "two,maybe", "matters.csv:2:67", 0},
    {TBI_WRONG_WORD, "halls.csv", "county", "district", "halls.csv:4:16", 0},
    {TBI_WRONG_WORD, "matters.csv", "gamma", "gama", "matters.csv:3:37", 0},
    {TBI_WRONG_NAME_UNKNOWN, "halls.csv", "公安厅,police", "公安厅,polize", "halls.csv:2:14", 0},
    {TBI_WRONG_NAME_UNKNOWN, "plans.csv", "\ntax,", "\ntaxes,", "plans.csv:5:1", 0},
    {TBI_WRONG_NAME_UNKNOWN, "skills.csv", "exit household", "exit households", "skills.csv:3:22",
     0},
    {TBI_WRONG_NAME_TWICE, "halls.csv", "tax-2", "tax-1", "halls.csv:4:1", 2},
    {TBI_WRONG_NAME_TWICE, "demand.csv", "tax-2", "tax-1", "demand.csv:4:1", 0},
    {TBI_WRONG_NAME_TWICE, "scenario.yaml", "{id: west}", "{id: east}", "scenario.yaml:10:10", 4},
    {TBI_WRONG_NAME_SHAPE, "desks.csv", "tax-desk,", "tax/desk,", "desks.csv:2:1", 0},
    {TBI_WRONG_CV, "matters.csv", "gamma", "uniform", "matters.csv:3:32", 0},
    {TBI_WRONG_MEAN, "routes.csv", "4min", "", "routes.csv:5:22", 0},
    /* How things fit together. */
    {TBI_WRONG_WINDOWS, "plans.csv", "1~2 4", "1~2 5", "plans.csv:3:30", 0},
    {TBI_WRONG_WINDOWS, "windows.csv", "1~3", "x", "windows.csv:2:10", 3},
    {TBI_WRONG_WINDOW_TWICE, "windows.csv", "police-1,4", "police-1,3", "windows.csv:3:10", 2},
    {TBI_WRONG_WINDOW_NUMBERS, "windows.csv", "1~3", "1~2", "halls.csv:2", 0},
    {TBI_WRONG_HALL_WINDOWS, "windows.csv", "tax-2,1,,,90%,A\n", "", "halls.csv:4", 1},
    {TBI_WRONG_HALL_MATTERS, "matters.csv", "t1,申报,税,tax", "t1,申报,税,police",
     "demand.csv:3:1", 1},
    {TBI_WRONG_GROUP_SERVED, "skills.csv", "*,,", "exit,,", "groups.csv:3", 0},
    {TBI_WRONG_GROUP_MISSING, "matters.csv", "city,,,no", "city,tax-1,,no", "matters.csv:3:51", 0},
    {TBI_WRONG_ROUTE_STEP, "routes.csv", "two,3", "two,5", "routes.csv:4:5", 0},
    {TBI_WRONG_ROUTE_NEXT, "routes.csv", "3wd,4", "3wd,1", "routes.csv:3:42", 0},
    {TBI_WRONG_ROUTE_ALONE, "routes.csv", "2 3", "2", "routes.csv:4:5", 0},
    {TBI_WRONG_DESK_NEEDED, "routes.csv", "outside,tax-desk", "outside,", "routes.csv:3:16", 0},
    {TBI_WRONG_DUE, "scenario.yaml", ", open: [09:00-12:00, 14:00-17:00]", "", "routes.csv:2:15",
     2},
    {TBI_WRONG_DAY_TWICE, "calendar.csv", "2022-10-08", "2022-01-03", "calendar.csv:3:1", 0},
    {TBI_WRONG_DEMAND_TOTAL, "scenario.yaml", "4100", "41000", "scenario.yaml:29:31", 0},
    {TBI_WRONG_DEMAND_REST, "scenario.yaml", "day: saturday, vol", "day: workday saturday, vol",
     "scenario.yaml:29:5", 0},
    {TBI_WRONG_DEMAND_NO_DAYS, "scenario.yaml", "day: saturday, vol", "day: closed, vol",
     "scenario.yaml:29:29", 0},
    {TBI_WRONG_SCENARIO_HALLS, "halls.csv", "", "hall\n", "halls.csv", 12},
    {TBI_WRONG_ARRIVALS_SHARE, "arrivals.csv", "", "arrivals,day,from,to,share\n"
                                                    "usual,workday,8:30,12:00,0\n",
     "arrivals.csv:2:26", 0},
    {TBI_WRONG_TRAVEL_MISSING, "travel.csv", "east,west,40min,A\n", "", "travel.csv", 0},
    /* Overrides. */
    {TBI_WRONG_SET_SHAPE, "scenario.yaml", "promise:", "set: [overtake_max]\npromise:",
     "scenario.yaml:39:7", 0},
    {TBI_WRONG_SET_NAME, "scenario.yaml", "promise:", "set: [overtake_min = 3]\npromise:",
     "scenario.yaml:39:7", 0},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const char *const templates[TBI_WRONG_COUNT] = {
#define TBI_WRONG(name, zh, allowed_zh, en, allowed_en) en,
#include "scenario/problem.def"
#undef TBI_WRONG
};

/* Does the text come from the template, {0} and the like standing for anything? */
static bool matches(const char *template, const char *text)
{
    if (*template == 0)
        return *text == 0;
    if (template[0] == '{') {
        for (; *text != 0; text++) {
            if (matches(template + 3, text))
                return true;
        }
        return matches(template + 3, text);
    }
    return *template == *text && matches(template + 1, text + 1);
}

static void damage(const char *path, const struct row *row)
{
    char text[8192];
    const char *old = folder_base_text(row->file);

    if (row->put == NULL || row->find[0] == 0) {
        folder_write(path, row->file, row->put, 0);
        return;
    }
    const char *at = strstr(old, row->find);
    cr_assert_not_null(at, "%s has no \"%s\"", row->file, row->find);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - old), old, row->put,
             at + strlen(row->find));
    folder_write(path, row->file, text, 0);
}

static void check_row(const struct row *row)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES], place[128];
    bool found = false;

    folder_make(path);
    folder_base(path);
    damage(path, row);
    struct tb_scenario *scenario = tb_scenario_load(path, &problems);
    for (uint32_t i = 0; i < problems.count; i++) {
        const struct tb_scenario_problem *p = &problems.problems[i];

        folder_place(path, p, place);
        found |= strcmp(place, row->place) == 0 && matches(templates[row->wrong], p->en) &&
                 p->zh[0] != 0;
    }
    if (!found || problems.count != row->others + 1) {
        for (uint32_t i = 0; i < problems.count; i++) {
            folder_place(path, &problems.problems[i], place);
            fprintf(stderr, "    %s: %s\n", place, problems.problems[i].en);
        }
    }
    cr_expect(found, "%s: \"%s\" -> \"%s\": not found at %s: %s", row->file, row->find,
              row->put == NULL ? "(none)" : row->put, row->place, templates[row->wrong]);
    cr_expect_eq(problems.count, row->others + 1, "%s: \"%s\" -> \"%s\": %u mistakes, not %u",
                 row->file, row->find, row->put == NULL ? "(none)" : row->put, problems.count,
                 row->others + 1);
    cr_expect_null(scenario);
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario_bad, each_mistake_is_found_where_it_is)
{
    for (int i = 0; i < ROW_COUNT; i++)
        check_row(&rows[i]);
}

/* ---- those that no small text makes ------------------------------------------------------ */

/* Loads the base with one file put in its place; the mistake must be the only one. */
static void expect_one(const char *file, const char *text, size_t bytes, enum tbi_wrong wrong,
                       const char *where)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES], place[128];

    folder_make(path);
    folder_base(path);
    folder_write(path, file, text, bytes);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_assert_gt(problems.count, 0, "%s", templates[wrong]);
    folder_place(path, &problems.problems[0], place);
    cr_expect_str_eq(place, where);
    cr_expect(matches(templates[wrong], problems.problems[0].en), "%s", problems.problems[0].en);
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario_bad, a_zero_byte_is_no_text)
{
    static const char text[] = "from,to,time\neast,we\0st,1h\n";

    expect_one("travel.csv", text, sizeof text - 1, TBI_WRONG_FILE_BINARY, "travel.csv:2:8");
}

Test(scenario_bad, a_folder_in_place_of_a_table_cannot_be_read)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES], file[128];

    folder_make(path);
    folder_base(path);
    folder_write(path, "travel.csv", NULL, 0);
    snprintf(file, sizeof file, "%s/travel.csv", path);
    cr_assert_eq(mkdir(file, 0700), 0);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_assert_eq(problems.count, 1);
    cr_expect(matches(templates[TBI_WRONG_FILE_READ], problems.problems[0].en));
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario_bad, a_file_of_65_mib_is_too_large)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES], file[128];

    folder_make(path);
    folder_base(path);
    snprintf(file, sizeof file, "%s/travel.csv", path);
    cr_assert_eq(truncate(file, 65 << 20), 0);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_assert_eq(problems.count, 1);
    cr_expect(matches(templates[TBI_WRONG_FILE_LARGE], problems.problems[0].en));
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario_bad, too_many_things_are_refused)
{
    char text[4096] = "trade,group\n";

    for (int i = 0; i < 17; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "tax,g%d\n", i);
    expect_one("groups.csv", text, 0, TBI_WRONG_TOO_MANY, "groups.csv:18:5");
    strcpy(text, "route,step,desk,work,next\n");
    for (int i = 1; i <= 17; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "two,%d,tax-desk,1min,\n", i);
    expect_one("routes.csv", text, 0, TBI_WRONG_TOO_MANY, "routes.csv:2:5");
}

Test(scenario_bad, more_mistakes_than_anybody_reads_are_cut)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES];
    char *text = calloc(1, 64 * 1024);

    strcpy(text, "from,to,time\n");
    for (size_t i = 0, at = strlen(text); i < 2 * TBI_PROBLEMS_MAX; i++)
        at += (size_t)sprintf(text + at, "north,east,1h\n");
    folder_make(path);
    folder_base(path);
    folder_write(path, "travel.csv", text, 0);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_assert_eq(problems.count, TBI_PROBLEMS_MAX);
    bool more = false;
    for (uint32_t i = 0; i < problems.count; i++)
        more |= matches(templates[TBI_WRONG_MORE], problems.problems[i].en);
    cr_expect(more);
    tb_scenario_problems_free(&problems);
    folder_remove(path);
    free(text);
}

/* Of all mistakes only this one has no row and no test above: the checks here are to leave
 * nothing for the core's own check to find. */
static bool is_last_defence(int wrong)
{
    return wrong == TBI_WRONG_CONFIG;
}

Test(scenario_bad, no_mistake_is_without_a_row)
{
    static const enum tbi_wrong others[] = {TBI_WRONG_FILE_BINARY, TBI_WRONG_FILE_READ,
                                            TBI_WRONG_FILE_LARGE, TBI_WRONG_TOO_MANY,
                                            TBI_WRONG_MORE};

    for (int wrong = 0; wrong < TBI_WRONG_COUNT; wrong++) {
        bool has_row = is_last_defence(wrong);

        for (int i = 0; i < ROW_COUNT; i++)
            has_row |= (int)rows[i].wrong == wrong;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            has_row |= (int)others[i] == wrong;
        cr_expect(has_row, "no row for: %s", templates[wrong]);
    }
}

/* ---- all at once ------------------------------------------------------------------------- */

Test(scenario_bad, all_mistakes_are_listed_in_order)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES];

    folder_make(path);
    folder_base(path);
    folder_write(path, "travel.csv", "from,to,time\neast,est,1h\nwest,west,x\neast,west,9\n", 0);
    folder_write(path, "demand.csv", "hall,volume\npolice-1,-1\ntax-1,many\n", 0);
    folder_write(path, "desks.csv", "desk,approvers\ntax-desk,0\n", 0);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_expect_geq(problems.count, 6);
    for (uint32_t i = 1; i < problems.count; i++) {
        const struct tb_scenario_problem *a = &problems.problems[i - 1], *b = a + 1;
        const int files = strcmp(a->file, b->file);

        cr_expect(files < 0 || (files == 0 && (a->line < b->line ||
                                               (a->line == b->line && a->column <= b->column))));
    }
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario_bad, a_mistake_is_told_in_one_language_without_a_place_that_is_none)
{
    const struct tb_scenario_problem at = {"a.csv", 3, 4, "错", "wrong", "对", "right"};
    const struct tb_scenario_problem whole = {"a.csv", 3, 0, "错", "wrong", "", ""};
    struct tb_scenario_problems problems = {0};
    char text[2048];

    tb_scenario_problem_text(&at, TB_LANGUAGE_EN, text, sizeof text);
    cr_expect_str_eq(text, "a.csv:3:4: wrong; allowed: right");
    tb_scenario_problem_text(&at, TB_LANGUAGE_ZH, text, sizeof text);
    cr_expect_str_eq(text, "a.csv:3:4: 错；应为：对");
    cr_expect_eq(tb_scenario_problem_text(&whole, TB_LANGUAGE_EN, text, 5), 14);
    cr_expect_str_eq(text, "a.cs");

    const char *sets[] = {"advice_followers=1"};
    cr_expect_null(tb_scenario_load_with("sim/scenarios/teach-one-hall", sets, 1, NULL,
                                         &problems));
    cr_assert_eq(problems.count, 1);
    tb_scenario_problem_text(&problems.problems[0], TB_LANGUAGE_EN, text, sizeof text);
    cr_expect(strncmp(text, "--set: nothing is called", 24) == 0, "%s", text);
    cr_expect(strstr(text, "did you mean \"advice_share\"?") != NULL, "%s", text);
    tb_scenario_problems_free(&problems);
}

Test(scenario_bad, a_name_that_is_almost_right_is_suggested)
{
    struct tb_scenario_problems problems = {0};
    char path[FOLDER_PATH_BYTES];

    folder_make(path);
    folder_base(path);
    folder_write(path, "desks.csv", "desk,name,trade,aprovers\ntax-desk,x,tax,3\n", 0);
    cr_expect_null(tb_scenario_load(path, &problems));
    cr_assert_eq(problems.count, 2);
    cr_expect(strstr(problems.problems[1].allowed_en, "did you mean \"approvers\"?") != NULL);
    cr_expect(strstr(problems.problems[1].allowed_zh, "是不是“approvers”？") != NULL);
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}
