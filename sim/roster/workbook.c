/* workbook.c: roster.xlsx: a sheet a hall for those who print it and pin it up, then lists by day
 * and by person. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "kernel/base.h"
#include "roster/output.h"

enum { SHEET_NAME = 31 * 4 + 1 };

struct book {
    lxw_workbook *workbook;
    lxw_format *title, *head, *weekend, *name, *cell, *saturday, *away, *number, *note;
    const struct tbs_input *in;
    const struct tbs_roster *roster;
};

static lxw_format *format(struct book *b, double size, bool bold, lxw_color_t back, bool frame)
{
    lxw_format *f = workbook_add_format(b->workbook);

    format_set_font_name(f, "Microsoft YaHei");
    format_set_font_size(f, size);
    format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
    if (bold) {
        format_set_bold(f);
    }
    if (back != LXW_COLOR_UNSET) {
        format_set_bg_color(f, back);
    }
    if (frame) {
        format_set_border(f, LXW_BORDER_THIN);
        format_set_border_color(f, 0xbfbfbf);
        format_set_align(f, LXW_ALIGN_CENTER);
        format_set_text_wrap(f);
    }
    return f;
}

static void formats_make(struct book *b)
{
    b->title = format(b, 16, true, LXW_COLOR_UNSET, false);
    b->note = format(b, 9, false, LXW_COLOR_UNSET, false);
    b->head = format(b, 9, true, 0xdde7f3, true);
    b->weekend = format(b, 9, true, 0xfce4d6, true);
    b->name = format(b, 10, true, LXW_COLOR_UNSET, true);
    b->cell = format(b, 8, false, LXW_COLOR_UNSET, true);
    b->saturday = format(b, 8, false, 0xfdf1e9, true);
    b->away = format(b, 8, false, 0xe7e6e6, true);
    b->number = format(b, 10, false, LXW_COLOR_UNSET, true);
}

/* "8:30–17:30" and the skill. */
static void duty_text(const struct tbs_input *in, const struct tbs_duty *duty, char *text,
                      size_t room)
{
    const struct tbs_shift_form *f = &duty->shift;

    snprintf(text, room, "%d:%02d–%d:%02d\n%s", f->from / 2, f->from % 2 * 30, f->to / 2,
             f->to % 2 * 30, in->posts[duty->post].skill_zh);
}

static bool belongs(const struct book *b, int person, uint32_t hall)
{
    bool can = false;

    for (int k = 0; k < b->in->problem.post_count; k++) {
        can |= b->in->posts[k].hall == hall && b->in->people[person].posts[k];
    }
    return can;
}

static void heads_put(struct book *b, lxw_worksheet *sheet, lxw_row_t row)
{
    static const char *const weekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
    static const char *const sums[] = {"工时", "天数", "周六"};

    worksheet_write_string(sheet, row, 0, "姓名", b->head);
    for (int d = 0; d < b->roster->day_count; d++) {
        const struct tbs_roster_day *day = &b->in->days[d];
        char text[32];
        snprintf(text, sizeof text, "%d/%d\n%s", day->month, day->day, weekdays[day->weekday]);
        worksheet_write_string(sheet, row, (lxw_col_t)(1 + d), text,
                               day->weekday >= 5 ? b->weekend : b->head);
    }
    for (int i = 0; i < 3; i++) {
        worksheet_write_string(sheet, row, (lxw_col_t)(1 + b->roster->day_count + i), sums[i],
                               b->head);
    }
    worksheet_set_row(sheet, row, 30, NULL);
}

static void person_put(struct book *b, lxw_worksheet *sheet, lxw_row_t row, int person,
                       uint32_t hall)
{
    const struct tbs_person *who = &b->in->people[person];
    const struct tbs_roster_sums sums = tbs_roster_sum(b->in, b->roster, person);
    const lxw_col_t last = (lxw_col_t)(1 + b->roster->day_count);
    char text[160];

    worksheet_write_string(sheet, row, 0, who->name, b->name);
    for (int d = 0; d < b->roster->day_count; d++) {
        const struct tbs_duty *duty = tbs_duty_of(b->roster, person, d);
        lxw_format *look = b->in->days[d].weekday >= 5 ? b->saturday : b->cell;

        text[0] = '\0';
        if (duty->post >= 0 && b->in->posts[duty->post].hall == hall) {
            duty_text(b->in, duty, text, sizeof text);
        } else if (duty->post >= 0) {
            snprintf(text, sizeof text, "→%s", b->in->posts[duty->post].hall_zh);
        } else if (who->away[d]) {
            snprintf(text, sizeof text, "假");
            look = b->away;
        }
        worksheet_write_string(sheet, row, (lxw_col_t)(1 + d), text, look);
    }
    worksheet_write_number(sheet, row, last, sums.half_hours / 2.0, b->number);
    worksheet_write_number(sheet, row, last + 1, sums.days, b->number);
    worksheet_write_number(sheet, row, last + 2, who->saturdays + sums.saturdays, b->number);
    worksheet_set_row(sheet, row, 26, NULL);
}

/* People there at most at one time, and wanted: what a planner looks at first. */
static void totals_put(struct book *b, lxw_worksheet *sheet, lxw_row_t row, uint32_t hall)
{
    worksheet_write_string(sheet, row, 0, "在岗/需要（最多）", b->head);
    for (int d = 0; d < b->roster->day_count; d++) {
        int most = 0, wanted = 0;
        char text[32] = "";
        for (int s = 0; s < TBS_HALF_HOURS; s++) {
            int there = 0, need = 0;
            for (int i = 0; i < b->roster->person_count; i++) {
                const struct tbs_duty *duty = tbs_duty_of(b->roster, i, d);
                there += duty->post >= 0 && b->in->posts[duty->post].hall == hall &&
                         (duty->shift.works >> s & 1) != 0;
            }
            for (int k = 0; k < b->in->problem.post_count; k++) {
                need += b->in->posts[k].hall == hall ? tbs_need(&b->in->problem, d, k)[s] : 0;
            }
            most = there > most ? there : most;
            wanted = need > wanted ? need : wanted;
        }
        if (most > 0 || wanted > 0) {
            snprintf(text, sizeof text, "%d/%d", most, wanted);
        }
        worksheet_write_string(sheet, row, (lxw_col_t)(1 + d), text, b->head);
    }
}

/* Names of sheets: at most 31 characters, and none of []:*?/\'. */
static void sheet_name(const char *text, char name[SHEET_NAME])
{
    size_t n = 0, characters = 0;

    for (; text[n] != '\0'; n++) {
        characters += ((unsigned char)text[n] & 0xc0) != 0x80;
        if (characters > 31 || n == SHEET_NAME - 1) {
            break;
        }
        name[n] = strchr("[]:*?/\\'", text[n]) != NULL ? '-' : text[n];
    }
    name[n] = '\0';
}

/* By the hall's name, or its id where another hall has the same. */
static lxw_worksheet *hall_sheet(struct book *b, const struct tb_label *label)
{
    char name[SHEET_NAME];

    sheet_name(label->zh, name);
    if (name[0] == '\0' || workbook_get_worksheet_by_name(b->workbook, name) != NULL) {
        sheet_name(label->id, name);
    }
    return workbook_add_worksheet(b->workbook, name);
}

static void hall_put(struct book *b, uint32_t hall)
{
    const struct tb_scenario_hall *h = &b->in->scenario->halls[hall];
    const struct tbs_roster_day *first = &b->in->days[0];
    const struct tbs_roster_day *last = &b->in->days[b->roster->day_count - 1];
    char text[256];
    lxw_row_t row = 2;
    lxw_worksheet *sheet = hall_sheet(b, &h->label);

    snprintf(text, sizeof text, "%s 排班表　%d年%d月%d日—%d月%d日", h->label.zh, first->year,
             first->month, first->day, last->month, last->day);
    worksheet_write_string(sheet, 0, 0, text, b->title);
    worksheet_write_string(sheet, 1, 0,
                           "格内为上班时间和窗口技能；“周六”为本季度累计；“假”为请假；空格为休息。",
                           b->note);
    if (b->roster->shortage_count > 0) {
        worksheet_write_string(sheet, 1, 16, "注意：有时段缺人，见底行。", b->title);
    }
    heads_put(b, sheet, row++);
    for (int i = 0; i < b->roster->person_count; i++) {
        if (belongs(b, i, hall)) {
            person_put(b, sheet, row++, i, hall);
        }
    }
    totals_put(b, sheet, row, hall);
    worksheet_set_column(sheet, 0, 0, 11, NULL);
    worksheet_set_column(sheet, 1, (lxw_col_t)b->roster->day_count, 9.5, NULL);
    worksheet_set_column(sheet, (lxw_col_t)(1 + b->roster->day_count),
                         (lxw_col_t)(3 + b->roster->day_count), 6, NULL);
    worksheet_freeze_panes(sheet, 3, 1);
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 8); /* A3 */
    worksheet_fit_to_pages(sheet, 1, 0);
    worksheet_repeat_rows(sheet, 2, 2);
}

/* ---- lists, to be filtered ------------------------------------------------------------------- */

static lxw_worksheet *list_begin(struct book *b, const char *name, const char *const *heads,
                                 const double *widths, int count)
{
    lxw_worksheet *sheet = workbook_add_worksheet(b->workbook, name);

    for (int i = 0; i < count; i++) {
        worksheet_write_string(sheet, 0, (lxw_col_t)i, heads[i], b->head);
        worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
    }
    worksheet_freeze_panes(sheet, 1, 0);
    worksheet_repeat_rows(sheet, 0, 0);
    worksheet_set_paper(sheet, 9); /* A4 */
    worksheet_fit_to_pages(sheet, 1, 0);
    return sheet;
}

static void clock_write(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                        int half_hour)
{
    char text[16];

    snprintf(text, sizeof text, "%02d:%02d", half_hour / 2, half_hour % 2 * 30);
    worksheet_write_string(sheet, row, column, text, b->name);
}

static void list_duty(struct book *b, lxw_worksheet *sheet, lxw_row_t row, int person, int day)
{
    static const char *const weekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
    const struct tbs_roster_day *at = &b->in->days[day];
    const struct tbs_duty *duty = tbs_duty_of(b->roster, person, day);
    const struct tbs_post *post = &b->in->posts[duty->post];
    int from, to;
    char date[16];

    snprintf(date, sizeof date, "%04d-%02d-%02d", at->year, at->month, at->day);
    worksheet_write_string(sheet, row, 0, date, at->weekday >= 5 ? b->weekend : b->name);
    worksheet_write_string(sheet, row, 1, weekdays[at->weekday], b->name);
    worksheet_write_string(sheet, row, 2, post->hall_zh, b->name);
    worksheet_write_string(sheet, row, 3, b->in->people[person].name, b->name);
    clock_write(b, sheet, row, 4, duty->shift.from);
    clock_write(b, sheet, row, 5, duty->shift.to);
    tbs_shift_break(&duty->shift, &from, &to);
    if (from < to) {
        clock_write(b, sheet, row, 6, from);
        clock_write(b, sheet, row, 7, to);
    }
    worksheet_write_string(sheet, row, 8, post->skill_zh, b->name);
    worksheet_write_number(sheet, row, 9, duty->shift.hours / 2.0, b->number);
}

/* Who is where on a day: in order of days, halls, people. */
static void by_day_put(struct book *b)
{
    static const char *const heads[] = {"日期", "星期", "大厅",     "姓名",     "上班",
                                        "下班", "休息", "休息结束", "窗口技能", "工时"};
    static const double widths[] = {12, 6, 30, 12, 8, 8, 8, 9, 14, 6};
    lxw_worksheet *sheet = list_begin(b, "每天名单", heads, widths, 10);
    lxw_row_t row = 1;

    for (int d = 0; d < b->roster->day_count; d++) {
        for (uint32_t h = 0; h < b->in->scenario->hall_count; h++) {
            for (int i = 0; i < b->roster->person_count && b->in->halls[h]; i++) {
                const struct tbs_duty *duty = tbs_duty_of(b->roster, i, d);
                if (duty->post >= 0 && b->in->posts[duty->post].hall == h) {
                    list_duty(b, sheet, row++, i, d);
                }
            }
        }
    }
    worksheet_autofilter(sheet, 0, 0, row > 1 ? row - 1 : 0, 9);
}

/* What each person did: is it fair? */
static void by_person_put(struct book *b)
{
    static const char *const heads[] = {"编号", "姓名", "合同",     "工时",
                                        "天数", "周六", "季度周六", "请假天数"};
    static const double widths[] = {14, 12, 10, 8, 8, 8, 10, 10};
    lxw_worksheet *sheet = list_begin(b, "每人合计", heads, widths, 8);

    for (int i = 0; i < b->roster->person_count; i++) {
        const struct tbs_person *who = &b->in->people[i];
        const struct tbs_roster_sums sums = tbs_roster_sum(b->in, b->roster, i);
        const lxw_row_t row = (lxw_row_t)i + 1;
        int away = 0;
        for (int d = 0; d < b->roster->day_count; d++) {
            away += who->away[d];
        }
        worksheet_write_string(sheet, row, 0, who->id, b->name);
        worksheet_write_string(sheet, row, 1, who->name, b->name);
        worksheet_write_string(sheet, row, 2, b->in->contracts[who->contract].id, b->name);
        worksheet_write_number(sheet, row, 3, sums.half_hours / 2.0, b->number);
        worksheet_write_number(sheet, row, 4, sums.days, b->number);
        worksheet_write_number(sheet, row, 5, sums.saturdays, b->number);
        worksheet_write_number(sheet, row, 6, who->saturdays + sums.saturdays, b->number);
        worksheet_write_number(sheet, row, 7, away, b->number);
    }
    worksheet_autofilter(sheet, 0, 0, (lxw_row_t)b->roster->person_count, 7);
}

static int copy_out(int fd, FILE *out)
{
    char chunk[65536];
    ssize_t count;

    if (lseek(fd, 0, SEEK_SET) != 0) {
        return errno;
    }
    while ((count = read(fd, chunk, sizeof chunk)) > 0) {
        fwrite(chunk, 1, (size_t)count, out);
    }
    return count < 0 ? errno : 0;
}

int tbs_roster_workbook(const struct tbs_input *in, const struct tbs_roster *roster, FILE *out)
{
    const int fd = memfd_create("roster.xlsx", MFD_CLOEXEC);
    char path[64];
    int failed = ENOMEM;

    if (fd < 0) {
        return errno;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct book book = {.workbook = workbook_new(path), .in = in, .roster = roster};
    if (book.workbook != NULL) {
        formats_make(&book);
        for (uint32_t h = 0; h < in->scenario->hall_count; h++) {
            if (in->halls[h]) {
                hall_put(&book, h);
            }
        }
        by_day_put(&book);
        by_person_put(&book);
        failed = workbook_close(book.workbook) == LXW_NO_ERROR ? copy_out(fd, out) : EIO;
    }
    close(fd);
    return failed;
}
