/* results.xlsx: what the CSV files hold, ready to read and to calculate with in Excel. Shares are
 * shares with a per-cent format and waits are minutes, as numbers: nothing is text that looks
 * like a number. Same results, same bytes: the creation date is fixed. */
#define _GNU_SOURCE            /* memfd_create */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "report/metric.h"
#include "report/writers.h"

/* 1 January 2021: any fixed date serves. */
#define CREATED_AT ((time_t)1609459200)
#define FONT "Microsoft YaHei"
#define SERIES_BLUE 0x2F6F8F
#define SERIES_ORANGE 0xD9782D

struct book {
    lxw_workbook *workbook;
    const struct tbs_results *r;
    lxw_format *title, *header, *text, *note, *centre;
    lxw_format *unit[4], *half_width[4];    /* numbers, by enum tbs_unit */
    lxw_format *kept, *broken, *broken_twice;
};

static lxw_format *format_new(struct book *book, double size, lxw_color_t color)
{
    lxw_format *format = workbook_add_format(book->workbook);
    format_set_font_name(format, FONT);
    format_set_font_size(format, size);
    format_set_font_color(format, color);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
    return format;
}

static lxw_format *fill_new(struct book *book, lxw_color_t color)
{
    lxw_format *format = workbook_add_format(book->workbook);
    format_set_bg_color(format, color);
    return format;
}

static void formats_create(struct book *book)
{
    static const char *const number_formats[] = {
        [TBS_UNIT_COUNT] = "[>=100]#,##0;0.0",  /* means of whole numbers */
        [TBS_UNIT_SHARE] = "0.0%",
        [TBS_UNIT_SECONDS] = "0.0",             /* shown as minutes */
        [TBS_UNIT_HOURS] = "#,##0.0",
    };
    book->title = format_new(book, 16, 0x17323F);
    format_set_bold(book->title);
    book->text = format_new(book, 10, 0x1F2D35);
    book->note = format_new(book, 10, 0x5A6B75);
    book->header = format_new(book, 10, LXW_COLOR_WHITE);
    format_set_bg_color(book->header, 0x2B5468);
    format_set_bold(book->header);
    format_set_text_wrap(book->header);
    static const char *const half_width_formats[] = {"[>=100]#,##0;0.0", "0.00%", "0.0",
                                                     "#,##0.0"};
    for (int unit = 0; unit < 4; unit++) {
        book->unit[unit] = format_new(book, 10, 0x1F2D35);
        format_set_num_format(book->unit[unit], number_formats[unit]);
        book->half_width[unit] = format_new(book, 10, 0x5A6B75);
        format_set_num_format(book->half_width[unit], half_width_formats[unit]);
    }
    book->centre = format_new(book, 10, 0x1F2D35);
    format_set_align(book->centre, LXW_ALIGN_CENTER);
    book->kept = fill_new(book, 0xD6E9F1);
    book->broken = fill_new(book, 0xFBD9B5);
    book->broken_twice = fill_new(book, 0xF0A763);
}

/* Seconds are for machines; people get minutes. */
static double shown(enum tbs_unit unit, double value)
{
    return unit == TBS_UNIT_SECONDS ? value / 60 : value;
}

static const char *unit_suffix(enum tbs_unit unit)
{
    return unit == TBS_UNIT_SECONDS ? "\n(min)" : "";
}

static void number_put(struct book *book, lxw_worksheet *sheet, uint32_t row, int column,
                       enum tbs_unit unit, double value)
{
    if (isfinite(value))
        worksheet_write_number(sheet, row, (lxw_col_t)column, shown(unit, value),
                               book->unit[unit]);
}

static void text_put(struct book *book, lxw_worksheet *sheet, uint32_t row, int column,
                     const char *text)
{
    if (text != NULL && text[0] != '\0')
        worksheet_write_string(sheet, row, (lxw_col_t)column, text, book->text);
}

static void header_put(struct book *book, lxw_worksheet *sheet, uint32_t row, int column,
                       const char *zh, const char *en, const char *suffix)
{
    char text[256];
    snprintf(text, sizeof text, "%s\n%s%s", zh, en, suffix);
    worksheet_write_string(sheet, row, (lxw_col_t)column, text, book->header);
}

/* The named headers, then the metrics', from row 0; freezes them and lets readers filter. */
static void headers_put(struct book *book, lxw_worksheet *sheet, const char *const names[][2],
                        int name_count, const struct tbs_metric *metric, int metric_count,
                        uint32_t row_count)
{
    for (int i = 0; i < name_count; i++)
        header_put(book, sheet, 0, i, names[i][0], names[i][1], "");
    for (int i = 0; i < metric_count; i++)
        header_put(book, sheet, 0, name_count + i, metric[i].zh, metric[i].en,
                   unit_suffix(metric[i].unit));
    worksheet_set_row(sheet, 0, 88, NULL);
    worksheet_print_area(sheet, 0, 0, row_count, (lxw_col_t)(name_count + metric_count - 1));
    worksheet_freeze_panes(sheet, 1, 1);
    worksheet_autofilter(sheet, 0, 0, row_count, (lxw_col_t)(name_count + metric_count - 1));
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9);
    worksheet_fit_to_pages(sheet, 1, 0);
    worksheet_repeat_rows(sheet, 0, 0);
    worksheet_set_column(sheet, 0, (lxw_col_t)(name_count - 1), 14, NULL);
    worksheet_set_column(sheet, 0, 0, 30, NULL);
    if (metric_count > 0)
        worksheet_set_column(sheet, (lxw_col_t)name_count,
                             (lxw_col_t)(name_count + metric_count - 1), 12, NULL);
}

/* Blue where the promise is kept, orange where it is broken, deeper where it is broken twice. */
static void waits_colour(struct book *book, lxw_worksheet *sheet, int first_column,
                         const struct tbs_metric *metric, int metric_count, uint32_t row_count)
{
    double promise_min = book->r->promise_s / 60;
    if (!isfinite(promise_min) || row_count == 0)
        return;
    for (int i = 0; i < metric_count; i++) {
        if (metric[i].unit != TBS_UNIT_SECONDS)
            continue;
        lxw_col_t column = (lxw_col_t)(first_column + i);
        lxw_conditional_format blank = {.type = LXW_CONDITIONAL_TYPE_BLANKS, .stop_if_true = 1};
        lxw_conditional_format twice = {
            .type = LXW_CONDITIONAL_TYPE_CELL, .criteria = LXW_CONDITIONAL_CRITERIA_GREATER_THAN,
            .value = 2 * promise_min, .format = book->broken_twice, .stop_if_true = 1};
        lxw_conditional_format once = twice;
        once.value = promise_min;
        once.format = book->broken;
        lxw_conditional_format kept = twice;
        kept.criteria = LXW_CONDITIONAL_CRITERIA_LESS_THAN_OR_EQUAL_TO;
        kept.value = promise_min;
        kept.format = book->kept;
        lxw_conditional_format *rules[] = {&blank, &twice, &once, &kept};
        for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++)
            worksheet_conditional_format_range(sheet, 1, column, row_count, column,
                                               rules[rule]);
    }
}

static void run_put(struct book *book, lxw_worksheet *sheet)
{
    const struct tbs_results *r = book->r;
    char period[128], days[128], seed[64], replications[64];
    snprintf(period, sizeof period, "%s - %s", r->period_from, r->period_to);
    snprintf(days, sizeof days, "%u / %u", r->day_count[TBS_DAY_WORKDAY],
             r->day_count[TBS_DAY_SATURDAY]);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    snprintf(replications, sizeof replications, "%u / %u", r->shape.replication_count,
             r->replications_asked);
    const char *const rows[][2] = {
        {"方案 Plan", r->plan.zh != NULL ? r->plan.zh : "场景自带 (scenario's own)"},
        {"期间 Period", period},
        {"工作日 / 周六 Workdays / Saturdays", days},
        {"随机种子 Seed", seed},
        {"重复次数（完成 / 要求） Replications (done / asked)", replications},
        {"复现命令 Command", r->command},
    };
    worksheet_write_string(sheet, 0, 0, r->scenario.zh, book->title);
    worksheet_set_row(sheet, 0, 28, NULL);
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        worksheet_write_string(sheet, i + 1, 0, rows[i][0], book->note);
        worksheet_write_string(sheet, i + 1, 1, rows[i][1], book->text);
    }
}

static void overview_put(struct book *book, lxw_worksheet *sheet)
{
    enum { TOP = 8 };
    static const char *const names[][2] = {
        {"指标", "Figure"}, {"数值", "Value"}, {"95% 区间 ±", "95% interval"},
        {"样本数", "n"},    {"单位", "Unit"},  {"含义", "Meaning"}};
    static const char *const units[] = {"件 / 次 count", "% share", "分钟 min", "小时 h"};
    run_put(book, sheet);
    for (int i = 0; i < 6; i++)
        header_put(book, sheet, TOP, i, names[i][0], names[i][1], "");
    worksheet_set_row(sheet, TOP, 32, NULL);
    for (uint32_t i = 0; i < TBS_CITY_METRIC_COUNT; i++) {
        const struct tbs_metric *metric = &tbs_city_metrics[i];
        const struct tbs_figure *figure = &book->r->city[i];
        char text[512];
        uint32_t row = TOP + 1 + i;
        snprintf(text, sizeof text, "%s %s", metric->zh, metric->en);
        text_put(book, sheet, row, 0, text);
        number_put(book, sheet, row, 1, metric->unit, figure->value);
        if (isfinite(figure->half_width))
            worksheet_write_number(sheet, row, 2, shown(metric->unit, figure->half_width),
                                   book->half_width[metric->unit]);
        worksheet_write_number(sheet, row, 3, figure->n, book->centre);
        text_put(book, sheet, row, 4, units[metric->unit]);
        snprintf(text, sizeof text, "%s%s", metric->note_zh,
                 figure->too_few ? "（样本太少，区间仅供参考 n too small）" : "");
        worksheet_write_string(sheet, row, 5, text, book->note);
    }
    static const double widths[] = {50, 14, 14, 8, 14, 90};
    for (lxw_col_t i = 0; i < 6; i++)
        worksheet_set_column(sheet, i, i, widths[i], NULL);
    worksheet_freeze_panes(sheet, TOP + 1, 1);
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9);
    worksheet_fit_to_pages(sheet, 1, 0);
}

static void halls_put(struct book *book, lxw_worksheet *sheet)
{
    enum { NAMES = 5 };
    static const char *const names[NAMES][2] = {{"大厅", "Hall"},
                                                {"系统", "Trade"},
                                                {"层级", "Level"},
                                                {"工作日窗口", "Windows"},
                                                {"周六窗口", "Windows, Saturday"}};
    const struct tbs_results *r = book->r;
    uint32_t count = r->shape.hall_count;
    headers_put(book, sheet, names, NAMES, tbs_hall_metrics, TBS_HALL_METRIC_COUNT, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct tbs_hall_result *hall = &r->halls[i];
        text_put(book, sheet, i + 1, 0, hall->name.zh);
        text_put(book, sheet, i + 1, 1, r->trades[hall->trade_index].zh);
        text_put(book, sheet, i + 1, 2, tbs_level_names_zh[hall->level]);
        worksheet_write_number(sheet, i + 1, 3, hall->windows, book->text);
        worksheet_write_number(sheet, i + 1, 4, hall->windows_saturday, book->text);
        for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++)
            number_put(book, sheet, i + 1, NAMES + m, tbs_hall_metrics[m].unit,
                       hall->figure[m].value);
    }
    waits_colour(book, sheet, NAMES, tbs_hall_metrics, TBS_HALL_METRIC_COUNT, count);
}

static void series_add(lxw_chart *chart, const char *sheet, const char *name, lxw_color_t color,
                       uint32_t first, uint32_t last, int category, int value)
{
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    chart_series_set_categories(series, sheet, first, (lxw_col_t)category, last,
                                (lxw_col_t)category);
    chart_series_set_values(series, sheet, first, (lxw_col_t)value, last, (lxw_col_t)value);
    chart_series_set_name(series, name);
    lxw_chart_line line = {.color = color, .width = 2.25};
    lxw_chart_fill fill = {.color = color};
    chart_series_set_line(series, &line);
    chart_series_set_fill(series, &fill);
}

static void chart_put(lxw_worksheet *sheet, lxw_chart *chart, int column, const char *title,
                      const char *x, const char *y)
{
    chart_title_set_name(chart, title);
    chart_axis_set_name(chart->x_axis, x);
    chart_axis_set_name(chart->y_axis, y);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    lxw_chart_options options = {.x_scale = 1.6, .y_scale = 1.4,
                                 .object_position = LXW_OBJECT_DONT_MOVE_DONT_SIZE};
    worksheet_insert_chart_opt(sheet, 2, (lxw_col_t)column, chart, &options);
}

static uint32_t hall_slots_put(struct book *book, lxw_worksheet *sheet, uint32_t hall,
                               uint32_t row)
{
    const struct tbs_results *r = book->r;
    for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++)
        for (uint32_t slot = 0; slot < r->shape.slot_count; slot++, row++) {
            uint32_t minute = r->slot_from_min + 30 * slot;
            char from[32];
            snprintf(from, sizeof from, "%02u:%02u", minute / 60, minute % 60);
            text_put(book, sheet, row, 0,
                     hall == r->shape.hall_count ? "全市" : r->halls[hall].name.zh);
            text_put(book, sheet, row, 1, tbs_day_names_zh[day]);
            text_put(book, sheet, row, 2, from);
            const struct tbs_figure *figure = tbs_results_slot(r, hall, day, slot)->figure;
            for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
                number_put(book, sheet, row, 3 + m, tbs_slot_metrics[m].unit, figure[m].value);
        }
    return row;
}

static void intervals_put(struct book *book, lxw_worksheet *sheet)
{
    enum { NAMES = 3 };
    static const char *const names[NAMES][2] = {
        {"大厅", "Hall"}, {"日类型", "Day type"}, {"时段起", "From"}};
    const struct tbs_results *r = book->r;
    uint32_t slots = r->shape.slot_count;
    uint32_t count = (r->shape.hall_count + 1) * TBS_DAY_TYPE_COUNT * slots;
    headers_put(book, sheet, names, NAMES, tbs_slot_metrics, TBS_SLOT_METRIC_COUNT, count);
    uint32_t row = hall_slots_put(book, sheet, r->shape.hall_count, 1);
    for (uint32_t hall = 0; hall < r->shape.hall_count; hall++)
        row = hall_slots_put(book, sheet, hall, row);
    waits_colour(book, sheet, NAMES, tbs_slot_metrics, TBS_SLOT_METRIC_COUNT, count);
    if (slots == 0)
        return;
    lxw_chart *chart = workbook_add_chart(book->workbook, LXW_CHART_LINE);
    int value = NAMES + TBS_SLOT_WAIT_P90_S;
    series_add(chart, "时段", "工作日 Workday", SERIES_BLUE, 1, slots, 2, value);
    series_add(chart, "时段", "周六 Saturday", SERIES_ORANGE, 1 + slots, 2 * slots, 2, value);
    chart_put(sheet, chart, NAMES + TBS_SLOT_METRIC_COUNT + 1,
              "全市各时段：九成等候不超过（分钟）", "到达时段", "分钟");
}

static void desks_put(struct book *book, lxw_worksheet *sheet)
{
    enum { NAMES = 2 };
    static const char *const names[NAMES][2] = {{"审批岗", "Desk"}, {"审批人", "Approvers"}};
    const struct tbs_results *r = book->r;
    uint32_t ages = r->shape.age_edge_count;
    headers_put(book, sheet, names, NAMES, tbs_desk_metrics, TBS_DESK_METRIC_COUNT,
                r->shape.desk_count);
    for (uint32_t age = 0; age < ages; age++) {
        char hours[64];
        snprintf(hours, sizeof hours, " >= %g h", r->age_edge_h[age]);
        header_put(book, sheet, 0, NAMES + TBS_DESK_METRIC_COUNT + (int)age, "期末未完成",
                   "Open for", hours);
    }
    for (uint32_t i = 0; i < r->shape.desk_count; i++) {
        const struct tbs_desk_result *desk = &r->desks[i];
        text_put(book, sheet, i + 1, 0, desk->name.zh);
        worksheet_write_number(sheet, i + 1, 1, desk->approvers, book->text);
        for (int m = 0; m < TBS_DESK_METRIC_COUNT; m++)
            number_put(book, sheet, i + 1, NAMES + m, tbs_desk_metrics[m].unit,
                       desk->figure[m].value);
        for (uint32_t age = 0; age < ages; age++)
            number_put(book, sheet, i + 1, NAMES + TBS_DESK_METRIC_COUNT + (int)age,
                       TBS_UNIT_COUNT, desk->age_count[age]);
    }
}

static void waits_put(struct book *book, lxw_worksheet *sheet)
{
    static const char *const names[][2] = {
        {"等候从（分钟）", "From min"},        {"到（分钟）", "To min"},
        {"工作日叫到", "Workday called"},    {"工作日离开", "Workday left"},
        {"周六叫到", "Saturday called"},     {"周六离开", "Saturday left"}};
    const struct tbs_results *r = book->r;
    uint32_t count = r->shape.bin_count;
    headers_put(book, sheet, names, 6, NULL, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        number_put(book, sheet, i + 1, 0, TBS_UNIT_SECONDS, r->bin_edge_s[i]);
        number_put(book, sheet, i + 1, 1, TBS_UNIT_SECONDS, r->bin_edge_s[i + 1]);
        for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++) {
            number_put(book, sheet, i + 1, 2 + 2 * day, TBS_UNIT_COUNT, r->wait_count[day][i]);
            number_put(book, sheet, i + 1, 3 + 2 * day, TBS_UNIT_COUNT, r->left_count[day][i]);
        }
    }
    worksheet_set_column(sheet, 0, 5, 14, NULL);
    if (count == 0)
        return;
    lxw_chart *chart = workbook_add_chart(book->workbook, LXW_CHART_COLUMN);
    series_add(chart, "等待分布", "工作日 Workday", SERIES_BLUE, 1, count, 0, 2);
    series_add(chart, "等待分布", "周六 Saturday", SERIES_ORANGE, 1, count, 0, 4);
    chart_put(sheet, chart, 7, "等候时间分布（叫到的办件）", "等候（分钟）", "办件数");
}

static void book_put(struct book *book)
{
    static const struct {
        const char *name;
        void (*put)(struct book *, lxw_worksheet *);
    } sheets[] = {{"概览", overview_put}, {"大厅", halls_put}, {"时段", intervals_put},
                  {"审批岗", desks_put},  {"等待分布", waits_put}};
    lxw_doc_properties properties = {.title = (char *)book->r->scenario.zh,
                                     .company = "Tongban", .created = CREATED_AT};
    formats_create(book);
    workbook_set_properties(book->workbook, &properties);
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++)
        sheets[i].put(book, workbook_add_worksheet(book->workbook, sheets[i].name));
}

/* The library keeps its parts in temporary files and doesn't notice when they don't fit: look
 * for room first. In memory if possible, so that a full disk is no matter. NULL: nowhere. */
static const char *scratch_folder(const struct tbs_results *r)
{
    uint64_t cells = (uint64_t)(r->shape.hall_count + 1) *
                     (TBS_DAY_TYPE_COUNT * r->shape.slot_count * (3 + TBS_SLOT_METRIC_COUNT) +
                      5 + TBS_HALL_METRIC_COUNT);
    uint64_t wanted_bytes = (UINT64_C(2) << 20) + cells * 120;
    const char *const folders[] = {"/dev/shm", getenv("TMPDIR"), "/tmp", "/var/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct statvfs room;
        if (folders[i] == NULL || access(folders[i], W_OK) != 0 ||
            statvfs(folders[i], &room) != 0)
            continue;
        if ((uint64_t)room.f_bavail * room.f_frsize >= wanted_bytes)
            return folders[i];
    }
    return NULL;
}

static int copy_out(int fd, FILE *out)
{
    char chunk[65536];
    ssize_t count;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return errno;
    while ((count = read(fd, chunk, sizeof chunk)) > 0)
        fwrite(chunk, 1, (size_t)count, out);
    return count < 0 ? errno : 0;
}

/* The library writes to a path only; give it one that is memory. */
int tbs_workbook_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    (void)other;
    const char *scratch = scratch_folder(r);
    if (scratch == NULL)
        return ENOSPC;
    int fd = memfd_create("results.xlsx", MFD_CLOEXEC);
    if (fd < 0)
        return errno;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    lxw_workbook_options options = {.tmpdir = (char *)scratch};
    struct book book = {.workbook = workbook_new_opt(path, &options), .r = r};
    int failed = ENOMEM;
    if (book.workbook != NULL) {
        book_put(&book);
        errno = 0;
        if (workbook_close(book.workbook) == LXW_NO_ERROR)
            failed = copy_out(fd, out);
        else if (errno != 0)
            failed = errno;
    }
    close(fd);
    return failed;
}
