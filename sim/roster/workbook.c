/* workbook.c: roster.xlsx, for those who print it and pin it up. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "kernel/base.h"
#include "roster/output.h"

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

/* "08:30–17:30", the break, the skill. */
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

/* Names of sheets: at most 31 characters, and none of []:*?/\. */
static void sheet_name(const char *id, char *name)
{
    size_t n = 0;

    for (; id[n] != '\0' && n < 31; n++) {
        name[n] = strchr("[]:*?/\\'", id[n]) != NULL ? '-' : id[n];
    }
    name[n] = '\0';
}

static void hall_put(struct book *b, uint32_t hall)
{
    const struct tb_scenario_hall *h = &b->in->scenario->halls[hall];
    const struct tbs_roster_day *first = &b->in->days[0];
    const struct tbs_roster_day *last = &b->in->days[b->roster->day_count - 1];
    char text[256], name[32];
    lxw_row_t row = 2;

    sheet_name(h->label.id, name);
    lxw_worksheet *sheet = workbook_add_worksheet(b->workbook, name);
    snprintf(text, sizeof text, "%s 排班表　%d年%d月%d日—%d月%d日", h->label.zh, first->year,
             first->month, first->day, last->month, last->day);
    worksheet_write_string(sheet, 0, 0, text, b->title);
    worksheet_write_string(sheet, 1, 0,
                           "格内为上班时间和窗口技能；“周六”为本季度累计；“假”为请假；空格为休息。",
                           b->note);
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
        failed = workbook_close(book.workbook) == LXW_NO_ERROR ? copy_out(fd, out) : EIO;
    }
    close(fd);
    return failed;
}
