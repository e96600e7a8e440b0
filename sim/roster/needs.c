/* needs.c: needs per half hour, written as a plan, so that the one reader of plans reads both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "roster/input.h"

enum needs_column { HALL, DAY, START, END, WINDOWS, SKILL, NEEDS_COUNT };
static const struct tbs_table_column needs_columns[NEEDS_COUNT] = {
    {"hall", "大厅", true}, {"day", "日类型", true},    {"start", "开始", true},
    {"end", "结束", false}, {"windows", "窗口数", true}, {"skill", "技能", false}};

static void row_print(FILE *out, const struct tbs_table *t, int row, struct tbs_mistakes *m)
{
    const char *end = tbs_cell(t, row, END);
    int start;

    if (!tbs_clock_read(tbs_cell(t, row, START), &start)) {
        tbs_mistake(m, t->path, t->lines[row], START + 1,
                    TBS_SAY(m, "开始不对：“%s”；写 08:30（整点或半点）",
                            "'%s' is no half hour; write 08:30"),
                    tbs_cell(t, row, START));
        return;
    }
    fprintf(out, "%s,%s,%02d:%02d,", tbs_cell(t, row, HALL), tbs_cell(t, row, DAY), start / 2,
            start % 2 * 30);
    if (end[0] != '\0') {
        fprintf(out, "%s,", end);
    } else {
        fprintf(out, "%02d:%02d,", (start + 1) / 2, (start + 1) % 2 * 30);
    }
    fprintf(out, "%s,%s", tbs_cell(t, row, WINDOWS), tbs_cell(t, row, SKILL));
}

/* A plan says from and to, needs say start. */
static bool is_needs(const char *path)
{
    char line[512] = "";
    FILE *file = fopen(path, "rb");

    while (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] == '#') {
    }
    if (file != NULL) {
        fclose(file);
    }
    return strstr(line, "start") != NULL;
}

char *tbs_needs_as_plan(const char *path, struct tbs_mistakes *m)
{
    struct tbs_table t;
    char *name = strdup("/tmp/tongban-needs-XXXXXX.csv");

    tbs_assert(name != NULL);
    if (!is_needs(path) || !tbs_table_read(&t, path, needs_columns, NEEDS_COUNT, m)) {
        free(name);
        return NULL;
    }
    const int fd = mkstemps(name, 4);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    int line = 1;
    if (out == NULL) {
        tbs_mistake(m, name, 0, 0, "%s", TBS_SAY(m, "写不了", "can't be written"));
    } else {
        fprintf(out, "hall,day,from,to,windows,skill");
        for (int row = 0; row < t.row_count; row++) {
            for (; line < t.lines[row]; line++) {
                fprintf(out, "\n");
            }
            row_print(out, &t, row, m);
        }
        fprintf(out, "\n");
        fclose(out);
    }
    tbs_table_free(&t);
    if (m->count > 0) {
        unlink(name);
        free(name);
        name = NULL;
    }
    return name;
}
