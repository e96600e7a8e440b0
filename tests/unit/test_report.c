/* The writers of sim/report: what stands in each file, and that files are whole or not there. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/file.h"
#include "report/metric.h"
#include "report/read.h"
#include "report/report.h"
#include "report/synthetic.h"

static const char *const file_names[] = {"summary.json",          "halls.csv",
                                         "intervals.csv",         "desks.csv",
                                         "replications.csv",      "hall-replications.csv",
                                         "results.xlsx",          "report.html"};
enum { FILE_COUNT = sizeof file_names / sizeof file_names[0] };

static struct tbs_report_error error;
static char folder[] = "/tmp/tongban-report-XXXXXX";

static struct tbs_results *city(uint32_t replications, bool hostile)
{
    return synthetic_city(&(struct synthetic_options){
        .seed = 42, .replications = replications, .hostile = hostile});
}

static void folder_make(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(report, .init = folder_make, .fini = folder_remove, .timeout = 60);

static const char *inside(const char *name)
{
    static char path[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void write_into(const struct tbs_results *results, const char *dir)
{
    cr_assert_eq(tbs_report_write(results, NULL, dir, &error), 0, "%s", error.text);
}

/* The caller frees. */
static char *content(const char *dir, const char *name, size_t *count)
{
    char *bytes;
    cr_assert_eq(tbs_file_read(dir, name, &bytes, count, &error), 0, "%s", error.text);
    return bytes;
}

static int file_count(const char *dir)
{
    int count = 0;
    DIR *open = opendir(dir);
    cr_assert_not_null(open);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}

static bool shell_says_yes(const char *format, const char *path)
{
    char command[1024];
    snprintf(command, sizeof command, format, path);
    return system(command) == 0;
}

static json_t *summary(const char *dir)
{
    size_t count;
    char *bytes = content(dir, "summary.json", &count);
    json_error_t wrong;
    json_t *root = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &wrong);
    cr_assert_not_null(root, "line %d: %s", wrong.line, wrong.text);
    free(bytes);
    return root;
}

/* ---- the structure --------------------------------------------------------------------------- */

Test(report, create_leaves_every_figure_unknown)
{
    struct tbs_results_shape shape = {.hall_count = 2, .slot_count = 3, .desk_count = 1,
                                      .bin_count = 4, .age_edge_count = 2,
                                      .replication_count = 5};
    struct tbs_results *r = tbs_results_create(&shape);
    cr_assert(isnan(r->city[TBS_CITY_METRIC_COUNT - 1].value));
    cr_assert(isnan(r->halls[1].figure[0].half_width));
    cr_assert(isnan(tbs_results_slot(r, 2, TBS_DAY_SATURDAY, 2)->figure[0].value));
    cr_assert(isnan(r->desks[0].age_count[1]));
    cr_assert(isnan(r->bin_edge_s[4]));
    cr_assert(isnan(r->replication_hall[5 * 2 * TBS_HALL_METRIC_COUNT - 1]));
    tbs_results_free(r);
    tbs_results_free(NULL);
}

Test(report, create_refuses_sizes_beyond_memory)
{
    struct tbs_results_shape shape = {.hall_count = UINT32_MAX, .replication_count = UINT32_MAX};
    cr_assert_null(tbs_results_create(&shape));
}

Test(report, texts_are_copies)
{
    struct tbs_results *r = tbs_results_create(&(struct tbs_results_shape){0});
    char text[] = "大厅";
    const char *copy = tbs_results_text(r, text);
    text[0] = 'x';
    cr_assert_str_eq(copy, "大厅");
    cr_assert_null(tbs_results_text(r, NULL));
    tbs_results_free(r);
}

Test(report, numbers_keep_the_digits_of_their_unit)
{
    static const struct {
        enum tbs_unit unit;
        double value;
        const char *text;
    } rows[] = {
        {TBS_UNIT_COUNT, 1500000, "1500000"},    {TBS_UNIT_COUNT, 2.345, "2.35"},
        {TBS_UNIT_COUNT, 0.5, "0.5"},            {TBS_UNIT_COUNT, 100, "100"},
        {TBS_UNIT_SHARE, 0.123456, "0.12346"},   {TBS_UNIT_SECONDS, 61.999, "62"},
        {TBS_UNIT_HOURS, -0.0001, "0"},          {TBS_UNIT_HOURS, -1.5, "-1.5"},
        {TBS_UNIT_COUNT, NAN, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64] = "";
        FILE *out = fmemopen(text, sizeof text, "w");
        tbs_metric_print(out, rows[i].unit, rows[i].value);
        fclose(out);
        cr_expect_str_eq(text, rows[i].text);
    }
}

static void no_command(struct tbs_results *r) { r->command = NULL; }
static void no_hall_name(struct tbs_results *r) { r->halls[3].name.zh = ""; }
static void broken_name(struct tbs_results *r) { r->halls[3].name.zh = "\xff\xfe"; }
static void broken_command(struct tbs_results *r) { r->command = "\xc3("; }
static void wild_trade(struct tbs_results *r) { r->halls[3].trade_index = 10; }
static void wild_level(struct tbs_results *r) { r->halls[3].level = (enum tbs_level)9; }
static void bins_back(struct tbs_results *r) { r->bin_edge_s[5] = 0; }
static void bins_unknown(struct tbs_results *r) { r->bin_edge_s[5] = NAN; }
static void ages_late(struct tbs_results *r) { r->age_edge_h[0] = 1; }
static void past_midnight(struct tbs_results *r) { r->slot_from_min = 16 * 60; }
static void odd_mark(struct tbs_results *r) { r->assumptions[0].mark = 'X'; }
static void same_hall(struct tbs_results *r) { r->halls[4].name.id = r->halls[3].name.id; }

Test(report, senseless_results_are_refused_and_nothing_is_written)
{
    static const struct {
        void (*spoil)(struct tbs_results *);
        const char *says;
    } rows[] = {
        {no_command, "command"},          {no_hall_name, "halls[3]"},
        {broken_name, "UTF-8"},           {broken_command, "UTF-8"},
        {wild_trade, "names trade 10"},   {wild_level, "level 9"},
        {bins_back, "bin_edge_s[5]"},     {bins_unknown, "bin_edge_s[5]"},
        {ages_late, "age_edge_h[0]"},     {past_midnight, "midnight"},
        {odd_mark, "assumptions[0]"},     {same_hall, "halls[4]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tbs_results *r = city(2, false);
        rows[i].spoil(r);
        cr_expect_eq(tbs_report_write(r, NULL, inside("out"), &error), -1);
        cr_expect_not_null(strstr(error.text, rows[i].says), "row %zu: %s", i, error.text);
        cr_expect_neq(access(inside("out"), F_OK), 0);
        tbs_results_free(r);
    }
}

/* ---- summary.json ---------------------------------------------------------------------------- */

Test(report, summary_has_the_promised_keys_as_numbers)
{
    static const char *const keys[] = {
        "cases_arrived", "cases_served", "cases_left", "cases_expired", "saturday_cases",
        "wait_mean_s", "wait_p50_s", "wait_p90_s", "wait_p99_s", "served_within_promise",
        "window_hours", "utilisation", "desk_on_time", "wall_s", "cases_per_s"};
    struct tbs_results *r = city(5, false);
    write_into(r, folder);
    json_t *root = summary(folder), *intervals = json_object_get(root, "intervals");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        cr_expect(json_is_number(json_object_get(root, keys[i])), "%s", keys[i]);
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        const char *key = tbs_city_metrics[m].key;
        double value = json_number_value(json_object_get(root, key));
        cr_expect_float_eq(value, r->city[m].value, 1e-9 * (1 + fabs(r->city[m].value)), "%s", key);
        const json_t *half = json_object_get(intervals, key);
        cr_expect(isnan(r->city[m].half_width) ? json_is_null(half) : json_is_number(half));
        cr_expect_eq(json_integer_value(json_object_get(json_object_get(root, "samples"), key)), 5);
    }
    cr_expect_str_eq(json_string_value(json_object_get(root, "state_hash")), "0123456789abce19");
    json_decref(root);
    tbs_results_free(r);
}

Test(report, unknown_is_null_and_never_nan)
{
    struct tbs_results *r = synthetic_smallest();
    write_into(r, folder);
    json_t *root = summary(folder);
    cr_expect(json_is_null(json_object_get(root, "wait_p90_s")));
    cr_expect(json_is_null(json_object_get(root, "promise_s")));
    json_decref(root);
    cr_expect_not(shell_says_yes("grep -qiE '[,:[]-?(nan|inf)' %s/*.json %1$s/*.csv", folder));
    tbs_results_free(r);
}

Test(report, seeds_of_64_bits_survive)
{
    struct tbs_results *r = city(2, false);
    r->seed = UINT64_MAX;
    write_into(r, folder);
    struct tbs_results *back = tbs_results_read(folder, &error);
    cr_assert_not_null(back, "%s", error.text);
    cr_assert_eq(back->seed, UINT64_MAX);
    tbs_results_free(back);
    tbs_results_free(r);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

Test(report, csv_keeps_commas_quotes_lines_and_chinese)
{
    struct tbs_results *r = city(2, true);
    write_into(r, folder);
    struct tbs_csv csv;
    cr_assert_eq(tbs_csv_read(&csv, folder, "halls.csv", &error), 0, "%s", error.text);
    cr_assert_eq(csv.row_count, 59);
    for (uint32_t i = 0; i < 58; i++) {
        cr_expect_str_eq(tbs_csv_text(&csv, i + 1, tbs_csv_column(&csv, "hall_zh")),
                         r->halls[i].name.zh);
        double value;
        cr_assert_eq(tbs_csv_number(&csv, i + 1, tbs_csv_column(&csv, "wait_p90_s"), &value,
                                    &error), 0);
        cr_expect_float_eq(value, r->halls[i].figure[TBS_HALL_WAIT_P90_S].value, 0.0051);
    }
    tbs_csv_free(&csv);
    tbs_results_free(r);
}

Test(report, csv_opens_in_excel_as_it_is)
{
    struct tbs_results *r = city(2, false);
    write_into(r, folder);
    for (int i = 1; i <= 5; i++) {
        size_t count, lines = 0, ends = 0;
        char *bytes = content(folder, file_names[i], &count);
        cr_expect_eq(memcmp(bytes, "\xef\xbb\xbf", 3), 0, "%s", file_names[i]);
        for (size_t at = 1; at < count; at++) {
            lines += bytes[at] == '\n';
            ends += bytes[at] == '\n' && bytes[at - 1] == '\r';
        }
        cr_expect(lines > 1 && lines == ends, "%s", file_names[i]);
        free(bytes);
    }
    tbs_results_free(r);
}

Test(report, intervals_have_a_row_for_each_half_hour)
{
    struct tbs_results *r = city(2, false);
    write_into(r, folder);
    struct tbs_csv csv;
    cr_assert_eq(tbs_csv_read(&csv, folder, "intervals.csv", &error), 0, "%s", error.text);
    cr_assert_eq(csv.row_count, 1 + 59 * 2 * 18);
    cr_expect_str_eq(tbs_csv_text(&csv, 1, tbs_csv_column(&csv, "hall")), "");
    cr_expect_str_eq(tbs_csv_text(&csv, 1, tbs_csv_column(&csv, "from")), "08:30");
    cr_expect_str_eq(tbs_csv_text(&csv, 19, tbs_csv_column(&csv, "day_type")), "saturday");
    cr_expect_str_eq(tbs_csv_text(&csv, 37, tbs_csv_column(&csv, "hall")), "police-00");
    /* 12:00 at a hall that closes at noon: nobody came, so there is no wait; 0 windows is known. */
    cr_expect_str_eq(tbs_csv_text(&csv, 37 + 7, tbs_csv_column(&csv, "wait_p90_s")), "");
    cr_expect_str_eq(tbs_csv_text(&csv, 37 + 7, tbs_csv_column(&csv, "windows_open")), "0");
    tbs_csv_free(&csv);
    tbs_results_free(r);
}

/* ---- workbook -------------------------------------------------------------------------------- */

Test(report, workbook_has_its_sheets_and_numbers_are_numbers)
{
    struct tbs_results *r = city(2, false);
    write_into(r, folder);
    cr_assert(shell_says_yes("unzip -tq %s/results.xlsx >/dev/null", folder));
    static const char *const sheets[] = {"概览", "大厅", "时段", "审批岗", "等待分布"};
    for (size_t i = 0; i < 5; i++) {
        char command[256];
        snprintf(command, sizeof command, "unzip -p %s/results.xlsx xl/workbook.xml | "
                 "grep -q 'sheet name=\"%s\"'", folder, sheets[i]);
        cr_expect_eq(system(command), 0, "%s", sheets[i]);
    }
    /* H2: who left at the first hall; a number with a style, not a text (t="s"). */
    char wanted[128], command[512];
    snprintf(wanted, sizeof wanted, "<c r=\"H2\" s=\"[0-9]*\"><v>%.0f</v>",
             r->halls[0].figure[TBS_HALL_LEFT].value);
    snprintf(command, sizeof command,
             "unzip -p %s/results.xlsx xl/worksheets/sheet2.xml | grep -q '%s'", folder, wanted);
    cr_expect_eq(system(command), 0, "%s", wanted);
    cr_expect(shell_says_yes("unzip -p %s/results.xlsx xl/worksheets/sheet2.xml | "
                             "grep -q 'state=\"frozen\".*<autoFilter '", folder));
    cr_expect(shell_says_yes("unzip -l %s/results.xlsx | grep -q xl/charts/chart2.xml", folder));
    tbs_results_free(r);
}

Test(report, a_name_like_a_formula_stays_text_in_the_workbook)
{
    struct tbs_results *r = city(2, true);
    write_into(r, folder);
    cr_expect(shell_says_yes("unzip -p %s/results.xlsx xl/sharedStrings.xml | "
                             "grep -q '=HYPERLINK'", folder));
    cr_expect_not(shell_says_yes("unzip -p %s/results.xlsx xl/worksheets/sheet2.xml | "
                                 "grep -q '<f>'", folder));
    tbs_results_free(r);
}

/* ---- report.html ----------------------------------------------------------------------------- */

static json_t *page_data(const char *html)
{
    static const char begin[] = "<script type=\"application/json\" id=\"data\">";
    const char *data = strstr(html, begin);
    cr_assert_not_null(data);
    data += strlen(begin);
    json_error_t wrong;
    json_t *root = json_loadb(data, (size_t)(strstr(data, "</script>") - data), 0, &wrong);
    cr_assert_not_null(root, "%s", wrong.text);
    return root;
}

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

Test(report, hostile_names_stay_data_in_the_page)
{
    struct tbs_results *mild = city(2, false), *r = city(2, true);
    size_t count;
    write_into(mild, inside("mild"));
    write_into(r, inside("hostile"));
    char *before = content(inside("mild"), "report.html", &count);
    char *html = content(inside("hostile"), "report.html", &count);
    static const char *const marks[] = {"<script", "</script", "<!--", "<img", "alert(1)</"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        cr_expect_eq(occurrences(html, marks[i]), occurrences(before, marks[i]), "%s", marks[i]);
    json_t *root = page_data(html), *halls = json_object_get(root, "halls");
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(json_string_value(json_object_get(json_array_get(halls, i * 9), "zh")),
                         synthetic_hostile_names[i]);
    json_decref(root);
    free(before);
    free(html);
    tbs_results_free(mild);
    tbs_results_free(r);
}

Test(report, the_page_is_one_file_without_markers_left)
{
    struct tbs_results *r = city(2, false);
    size_t count;
    write_into(r, folder);
    char *html = content(folder, "report.html", &count);
    cr_expect_eq(strlen(html), count, "no 0 inside");
    cr_expect_eq(occurrences(html, "<!--@"), 0);
    cr_expect_eq(occurrences(html, "<script src"), 0);
    cr_expect_eq(occurrences(html, "<link rel=\"stylesheet\""), 0);
    cr_expect_eq(occurrences(html, "@import"), 0);
    cr_expect_eq(occurrences(html, "default-src 'none'"), 1);
    json_t *root = page_data(html);
    cr_expect(json_is_null(json_object_get(root, "compare")));
    cr_expect_eq(json_array_size(json_object_get(root, "halls")), 58);
    cr_expect_null(strstr(html, "wall_s"));
    json_decref(root);
    free(html);
    tbs_results_free(r);
}

/* ---- the same bytes, whole files ------------------------------------------------------------- */

Test(report, same_results_give_the_same_bytes)
{
    struct tbs_results *r = city(3, false);
    write_into(r, inside("one"));
    sleep(2);                   /* a zip file's times have steps of two seconds */
    r->wall_s = 77;
    r->cases_per_s = 88;
    write_into(r, inside("two"));
    for (int i = 0; i < FILE_COUNT; i++) {
        size_t one_count, two_count;
        char *one = content(inside("one"), file_names[i], &one_count);
        char *two = content(inside("two"), file_names[i], &two_count);
        if (i == 0) {           /* only the timings at its end differ */
            char *end = strstr(one, "\"wall_s\"");
            cr_assert_not_null(end);
            one_count = two_count = (size_t)(end - one);
            cr_expect_not_null(strstr(two + two_count, "\"cases_per_s\": 88\n}"));
        }
        cr_expect(one_count == two_count && memcmp(one, two, one_count) == 0, "%s",
                  file_names[i]);
        free(one);
        free(two);
    }
    tbs_results_free(r);
}

/* LOCALE, if this machine has it; or the first that writes a decimal comma. */
static bool comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_ALL, names[i]) != NULL && *localeconv()->decimal_point == ',')
            return true;
    return false;
}

Test(report, a_decimal_comma_locale_changes_nothing)
{
    struct tbs_results *r = city(2, false);
    write_into(r, inside("point"));
    if (!comma_locale())
        cr_skip_test("no locale with a decimal comma is installed");
    write_into(r, inside("comma"));
    cr_expect(shell_says_yes("cd %s && diff -r point comma", folder));
    tbs_results_free(r);
}

Test(report, errors_name_the_path_the_cause_and_a_remedy)
{
    struct tbs_results *r = city(2, false);
    FILE *file = fopen(inside("file"), "w");
    fclose(file);
    static const struct {
        const char *dir;
        int errno_value;
        const char *remedy;
    } rows[] = {{"no/such", ENOENT, "create it"}, {"file", ENOTDIR, "not a folder"},
                {"file/below", ENOTDIR, "not a folder"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = inside(rows[i].dir);
        cr_expect_eq(tbs_report_write(r, NULL, path, &error), -1);
        cr_expect_eq(error.errno_value, rows[i].errno_value, "%s", error.text);
        cr_expect_str_eq(error.path, path);
        cr_expect_not_null(strstr(error.text, strerror(rows[i].errno_value)));
        cr_expect_not_null(strstr(error.text, rows[i].remedy), "%s", error.text);
    }
    cr_expect_eq(file_count(folder), 1);
    tbs_results_free(r);
}

Test(report, a_folder_that_may_not_be_written_is_refused)
{
    struct tbs_results *r = city(2, false);
    pid_t child = fork();
    if (child == 0) {           /* as nobody: root may write anywhere */
        if (chmod(folder, 0555) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        int status = tbs_report_write(r, NULL, folder, &error);
        _exit(status == -1 && error.errno_value == EACCES &&
                      strstr(error.text, "--out") != NULL ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    cr_expect_eq(file_count(folder), 0);
    tbs_results_free(r);
}

Test(report, a_folder_in_the_way_of_a_name_changes_nothing)
{
    struct tbs_results *r = city(2, false);
    cr_assert_eq(mkdir(inside("report.html"), 0777), 0);
    cr_expect_eq(tbs_report_write(r, NULL, folder, &error), -1);
    cr_expect_eq(error.errno_value, EISDIR, "%s", error.text);
    cr_expect_eq(file_count(folder), 1);
    tbs_results_free(r);
}

/* The folder holds earlier files; a write fails half-way: they are as they were. */
static void failed_write_changes_nothing(struct tbs_results *r, const char *dir, int errno_value)
{
    for (int i = 0; i < FILE_COUNT; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, file_names[i]);
        FILE *file = fopen(path, "w");
        fputs("earlier", file);
        fclose(file);
    }
    cr_expect_eq(tbs_report_write(r, NULL, dir, &error), -1);
    cr_expect_eq(error.errno_value, errno_value, "%s", error.text);
    cr_expect_eq(file_count(dir), FILE_COUNT);
    for (int i = 0; i < FILE_COUNT; i++) {
        size_t count;
        char *bytes = content(dir, file_names[i], &count);
        cr_expect_str_eq(bytes, "earlier", "%s", file_names[i]);
        free(bytes);
    }
}

Test(report, a_file_too_large_leaves_the_earlier_files)
{
    struct tbs_results *r = city(2, false);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {1 << 20, 1 << 20};   /* all but report.html are smaller */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    failed_write_changes_nothing(r, folder, EFBIG);
    cr_expect_not_null(strstr(error.path, "report.html"));
    tbs_results_free(r);
}

Test(report, a_full_disk_leaves_the_earlier_files)
{
    struct tbs_results *r = city(2, false);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=900k") != 0)
        cr_skip_test("may not mount a small disk here");
    failed_write_changes_nothing(r, folder, ENOSPC);
    cr_expect_not_null(strstr(error.text, "disk is full"));
    cr_expect_eq(umount2(folder, MNT_DETACH), 0);
    tbs_results_free(r);
}

Test(report, a_kill_at_any_time_leaves_whole_files)
{
    struct tbs_results *r = city(2, false);
    write_into(r, inside("whole"));
    cr_assert_eq(mkdir(inside("killed"), 0777), 0);
    unsigned seed = 1;
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                tbs_report_write(r, NULL, inside("killed"), &error);
        usleep((useconds_t)(rand_r(&seed) % 150000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        for (int i = 0; i < FILE_COUNT; i++) {
            size_t whole_count, killed_count;
            char path[512];
            snprintf(path, sizeof path, "%s/killed/%s", folder, file_names[i]);
            if (access(path, F_OK) != 0)
                continue;
            char *whole = content(inside("whole"), file_names[i], &whole_count);
            char *killed = content(inside("killed"), file_names[i], &killed_count);
            cr_assert(whole_count == killed_count && memcmp(whole, killed, whole_count) == 0,
                      "round %d: %s", round, file_names[i]);
            free(whole);
            free(killed);
        }
    }
    tbs_results_free(r);
}
