/* One mistake must not hide others: of files that are broken in several places at once, every
 * mistake is named where it is, and nothing that only follows from another. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder/folder.h"

enum { DAMAGES = 8, PLACES = 12 };

static const struct row {
    const char *name;
    struct damage {
        const char *file, *find, *put; /* find "": the whole file */
    } damages[DAMAGES];
    const char *places[PLACES]; /* all of them, sorted */
} rows[] = {
    {"a wrong key hides no wrong cell",
     {{"scenario.yaml", "day_cv:", "daycv:"},
      {"windows.csv", "110%", "fast"},
      {"demand.csv", "8000", "8OOO"}},
     {"demand.csv:3:7", "scenario.yaml:25:3", "windows.csv:3:23"}},
    {"a wrong value and a wrong shape beside it",
     {{"scenario.yaml", "per: year", "per: [year]"},
      {"scenario.yaml", "green_share: 8%", "green_share: 800%"},
      {"travel.csv", "12min", "twelve"}},
     {"scenario.yaml:24:8", "scenario.yaml:31:16", "travel.csv:3:11"}},
    {"a list that is none, and one that holds no entry",
     {{"scenario.yaml", "open: [09:00-12:00, 14:00-17:00]", "open: 09:00-12:00"},
      {"scenario.yaml", "    - {day: saturday, volume: 4100}", "    - 4100"},
      {"plans.csv", "14:00", "14.00"}},
     {"plans.csv:3:18", "scenario.yaml:21:42", "scenario.yaml:29:7"}},
    {"three mistakes of grammar, one a key at the margin",
     {{"scenario.yaml", "  zh: 小城", "  zh: \"小城"},
      {"scenario.yaml", "{id: east}", "{id: east"},
      {"scenario.yaml", "  share: 90%", "\tshare: 90%"},
      {"halls.csv", "county", "district"}},
     {"halls.csv:4:16", "scenario.yaml:2:7", "scenario.yaml:41:1", "scenario.yaml:9:5"}},
    {"a full-width colon, a line out of line, and cells",
     {{"scenario.yaml", "  day_cv: 10% [A]", "  day_cv：10% [A]"},
      {"scenario.yaml", "  wait: 15min", "   wait: 15min"},
      {"calendar.csv", "2022-01-03", "2022-02-30"},
      {"matters.csv", "gamma", "gama"}},
     {"calendar.csv:2:1", "matters.csv:3:37", "scenario.yaml:25:3", "scenario.yaml:41:3"}},
    {"the list of trades is lost: no hall is blamed for it",
     {{"scenario.yaml", "trades:", "trade:"},
      {"halls.csv", "tax-2,县税务厅,tax,county", "tax-2,县税务厅,tax,country"},
      {"matters.csv", "8min", "8 mn"}},
     {"halls.csv:4:16", "matters.csv:3:27", "scenario.yaml:5:1"}},
    {"a column is missing: its halls are not called unknown",
     {{"halls.csv", "hall,name", "haal,name"},
      {"demand.csv", "20,000", "2,0000"},
      {"skills.csv", "exit household", "exit households"}},
     {"demand.csv:2:10", "halls.csv:1", "halls.csv:1:1", "skills.csv:3:22"}},
    {"semicolons in one table, wrong cells in others",
     {{"demand.csv", "", "hall;volume\npolice-1;20000\n"},
      {"travel.csv", "east,west,40min", "east,wets,40min"},
      {"desks.csv", ",3,", ",three,"}},
     {"demand.csv:1:1", "desks.csv:2:20", "travel.csv:4:6"}},
    {"two tables are missing, a third is wrong",
     {{"halls.csv", "", NULL}, {"matters.csv", "", NULL}, {"plans.csv", "14:00", "2pm"}},
     {"halls.csv", "matters.csv", "plans.csv:3:18"}},
    {"what is set from the file is checked too",
     {{"scenario.yaml", "promise:", "set: [overtake_min = 3, overtake_max]\npromise:"},
      {"scenario.yaml", "unit: cases", "unit: {}"},
      {"groups.csv", "200", "200.5"}},
     {"groups.csv:3:21", "scenario.yaml:23:9", "scenario.yaml:39:25", "scenario.yaml:39:7"}},
    {"a patch of bad grammar: the tables it stands on are not missed",
     {{"scenario.yaml", "", "extends: \"../x\nset: [a=1\n"}},
     {"scenario.yaml:1:10", "scenario.yaml:2:6"}},
};

static void damage(const char *path, const struct damage *d)
{
    char text[8192], name[256];
    static char old[8192];

    if (d->find[0] == 0) {
        folder_write(path, d->file, d->put, 0);
        return;
    }
    snprintf(name, sizeof name, "%s/%s", path, d->file);
    FILE *in = fopen(name, "rb");
    cr_assert_not_null(in);
    old[fread(old, 1, sizeof old - 1, in)] = 0;
    fclose(in);
    const char *at = strstr(old, d->find);
    cr_assert_not_null(at, "%s has no \"%s\"", d->file, d->find);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - old), old, d->put, at + strlen(d->find));
    folder_write(path, d->file, text, 0);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Test(scenario_all, one_mistake_hides_no_other)
{
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct tb_scenario_problems problems = {0};
        char path[FOLDER_PATH_BYTES], found[PLACES][128], *list[PLACES];
        uint32_t wanted = 0;
        bool same = true;

        folder_make(path);
        folder_base(path);
        for (int i = 0; i < DAMAGES && rows[r].damages[i].file != NULL; i++)
            damage(path, &rows[r].damages[i]);
        cr_expect_null(tb_scenario_load(path, &problems), "%s", rows[r].name);
        while (wanted < PLACES && rows[r].places[wanted] != NULL)
            wanted++;
        for (uint32_t i = 0; i < problems.count && i < PLACES; i++) {
            folder_place(path, &problems.problems[i], found[i]);
            list[i] = found[i];
        }
        same = problems.count == wanted;
        if (same)
            qsort(list, wanted, sizeof *list, by_text);
        for (uint32_t i = 0; i < wanted && same; i++)
            same = strcmp(list[i], rows[r].places[i]) == 0;
        for (uint32_t i = 0; i < problems.count && i < PLACES && !same; i++)
            fprintf(stderr, "    %s: %s\n", list[i], problems.problems[i].en);
        cr_expect(same, "%s: %u mistakes, %u wanted", rows[r].name, problems.count, wanted);
        tb_scenario_problems_free(&problems);
        folder_remove(path);
    }
}
