/* tongban compare: two output folders, paired by replication number. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "report/file.h"
#include "report/pair.h"
#include "report/read.h"
#include "report/report.h"
#include "report/writers.h"

int tbs_results_pairable(const struct tbs_results *before, const struct tbs_results *after,
                         struct tbs_report_error *error)
{
    if (before->seed != after->seed)
        return tbs_report_refuse(error, "", "the runs can't be paired: the first was made with "
                                 "--seed %llu, the second with --seed %llu. Run one of them "
                                 "again with the other's seed.", (unsigned long long)before->seed,
                                 (unsigned long long)after->seed);
    if (strcmp(before->period_from, after->period_from) != 0 ||
        strcmp(before->period_to, after->period_to) != 0)
        return tbs_report_refuse(error, "", "the runs can't be paired: the first covers %s to "
                                 "%s, the second %s to %s. Run one of them again with the "
                                 "other's --from and --to.", before->period_from,
                                 before->period_to, after->period_from, after->period_to);
    return 0;
}

/* The words of the printed table, by language. */
static const struct words {
    const char *title, *before, *after, *pairs, *header[5], *halls, *halls_none, *other_demand;
    const char *one_pair, *legend, *page;
} words[] = {
    [TBS_REPORT_ZH] = {
        "方案对比", "前", "后", "成对重复次数",
        {"指标", "前", "后", "差（后减前）", "结论"},
        "变化超出随机波动的大厅（每项指标对所有大厅一起判断，总体把握 95%）",
        "没有大厅的变化超出随机波动。",
        "注意：两次运行的需求设置不同，来的不是同一批办事人，差异也包含需求的差异。",
        "注意：只有一次重复，无法判断差异是否只是随机波动；请用 --reps 增加重复次数。",
        "± 是差值的 95% 区间半宽；区间不含 0 才说“确有”。",
        "报告："},
    [TBS_REPORT_EN] = {
        "Comparison", "before", "after", "paired replications",
        {"figure", "before", "after", "difference", "verdict"},
        "Halls that changed by more than noise (all halls judged together, 95% a figure)",
        "No hall changed by more than noise.",
        "Note: the two runs differ in their demand: not the same citizens came, and the "
        "differences show that too.",
        "Note: one replication only, so nobody can tell a difference from noise: use --reps.",
        "+- is the 95% half-width of the difference; a verdict is given when it excludes 0.",
        "report: "}};

/* Of the names at the left of a line. */
enum { CITY_COLUMNS = 32, HALL_COLUMNS = 52 };

/* Columns a text takes on a terminal: East Asian characters take two. */
static int columns(const char *text)
{
    int count = 0;
    for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++)
        count += *byte < 0x80 ? 1 : *byte >= 0xe2 ? 2 : *byte >= 0xc0 ? 1 : 0;
    return count;
}

static void left_print(FILE *out, const char *text, int width)
{
    fprintf(out, "%s%*s", text, width > columns(text) ? width - columns(text) : 0, "");
}

static void right_print(FILE *out, const char *text, int width)
{
    fprintf(out, "%*s%s", width > columns(text) ? width - columns(text) : 0, "", text);
}

/* A value for people: minutes, per cent, or a number; with a sign when it is a difference. */
struct shown {
    double scale;
    int decimals;
    const char *suffix;
};

static const struct shown shown[] = {[TBS_UNIT_COUNT] = {1, 0, ""},
                                     [TBS_UNIT_SHARE] = {100, 2, "%"},
                                     [TBS_UNIT_SECONDS] = {1.0 / 60, 2, " min"},
                                     [TBS_UNIT_HOURS] = {1, 1, " h"}};

/* Two more decimals at most, so that the half-width has two digits. */
static int pair_decimals(enum tbs_unit unit, const struct tbs_paired *pair)
{
    const double half_width = pair->half_width * shown[unit].scale;
    int decimals = shown[unit].decimals;

    while (half_width > 0 && half_width < pow(10, 1 - decimals) &&
           decimals < shown[unit].decimals + 2)
        decimals++;
    return decimals;
}

static void value_text(char *text, size_t bytes, enum tbs_unit unit, double value, int decimals,
                       bool sign)
{
    value *= shown[unit].scale;
    if (fabs(value) < pow(10, -decimals) / 2)
        value = 0; /* no sign */
    if (isnan(value))
        snprintf(text, bytes, "-");
    else
        snprintf(text, bytes, sign && value != 0 ? "%+.*f%s" : "%.*f%s", decimals, value,
                 shown[unit].suffix);
}

static void pair_print(FILE *out, enum tbs_report_language language, int width,
                       const char *name, enum tbs_unit unit, const struct tbs_paired *pair)
{
    const int decimals = pair_decimals(unit, pair);
    char before[64], after[64], difference[64], half_width[64], both[160];
    value_text(before, sizeof before, unit, pair->before, decimals, false);
    value_text(after, sizeof after, unit, pair->after, decimals, false);
    value_text(difference, sizeof difference, unit, pair->difference, decimals, true);
    value_text(half_width, sizeof half_width, unit, pair->half_width, decimals, false);
    snprintf(both, sizeof both, isnan(pair->half_width) ? "%s" : "%s +- %s", difference,
             half_width);
    left_print(out, name, width);
    right_print(out, before, 14);
    right_print(out, after, 14);
    right_print(out, both, 28);
    fprintf(out, "  %s\n", language == TBS_REPORT_ZH ? tbs_verdict_names_zh[pair->verdict]
                                                     : tbs_verdict_names_en[pair->verdict]);
}

static void header_print(FILE *out, const struct words *w, int width)
{
    left_print(out, w->header[0], width);
    right_print(out, w->header[1], 14);
    right_print(out, w->header[2], 14);
    right_print(out, w->header[3], 28);
    fprintf(out, "  %s\n", w->header[4]);
}

/* False for what is 0 in both runs, and for a day type's figure where all days are of one type. */
static bool says_more(const struct tbs_results *r, const struct tbs_metric *metric,
                      const struct tbs_paired *pair)
{
    const bool of_day = strncmp(metric->key, "workday_", 8) == 0 ||
                        strncmp(metric->key, "saturday_", 9) == 0;
    const bool both = r->day_count[TBS_DAY_WORKDAY] > 0 && r->day_count[TBS_DAY_SATURDAY] > 0;

    return (both || !of_day) && (pair->before != 0 || pair->after != 0);
}

static void city_print(FILE *out, enum tbs_report_language language,
                       const struct tbs_results *before, const struct tbs_results *after)
{
    header_print(out, &words[language], CITY_COLUMNS);
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        const struct tbs_metric *metric = &tbs_city_metrics[m];
        struct tbs_paired pair = tbs_pair_city(before, after, (enum tbs_city_metric)m);
        if (pair.n > 0 && says_more(after, metric, &pair))
            pair_print(out, language, CITY_COLUMNS,
                       language == TBS_REPORT_ZH ? metric->zh : metric->en, metric->unit, &pair);
    }
}

static const char *name_text(enum tbs_report_language language, const struct tbs_name *name)
{
    return language == TBS_REPORT_ZH || name->en == NULL ? name->zh : name->en;
}

/* Only the figures that people ask for first; the page has them all. */
static void halls_print(FILE *out, enum tbs_report_language language,
                        const struct tbs_results *before, const struct tbs_results *after)
{
    static const enum tbs_hall_metric shown[] = {TBS_HALL_WAIT_P90_S, TBS_HALL_SATURDAY_WAIT_P90_S,
                                                 TBS_HALL_LEFT_SHARE};
    bool any = false, zh = language == TBS_REPORT_ZH;
    for (uint32_t i = 0; i < after->shape.hall_count; i++)
        for (size_t k = 0; k < sizeof shown / sizeof shown[0]; k++) {
            const struct tbs_name *name = &after->halls[i].name;
            const struct tbs_metric *metric = &tbs_hall_metrics[shown[k]];
            struct tbs_paired pair = tbs_pair_hall(before, after, i, shown[k]);
            if (pair.verdict < TBS_VERDICT_BETTER || !says_more(after, metric, &pair))
                continue;
            if (!any) {
                fprintf(out, "\n%s\n", words[language].halls);
                header_print(out, &words[language], HALL_COLUMNS);
            }
            any = true;
            char label[512];
            snprintf(label, sizeof label, "%s %s", name_text(language, name),
                     zh ? metric->zh : metric->en);
            pair_print(out, language, HALL_COLUMNS, label, metric->unit, &pair);
        }
    if (!any)
        fprintf(out, "\n%s\n", words[language].halls_none);
}

static void run_print(FILE *out, enum tbs_report_language language, const char *which,
                      const struct tbs_results *r)
{
    left_print(out, which, 8);
    fprintf(out, "%s%s%s\n", name_text(language, &r->scenario), r->plan.zh != NULL ? " / " : "",
            r->plan.zh != NULL ? name_text(language, &r->plan) : "");
    fprintf(out, "        %s\n", r->command);
}

static void comparison_print(FILE *out, enum tbs_report_language language,
                             const struct tbs_results *before, const struct tbs_results *after)
{
    const struct words *w = &words[language];
    fprintf(out, "%s  %s - %s, seed %llu, %s %u\n", w->title, after->period_from,
            after->period_to, (unsigned long long)after->seed, w->pairs,
            tbs_pair_count(before, after));
    run_print(out, language, w->before, before);
    run_print(out, language, w->after, after);
    if (before->demand_hash != after->demand_hash)
        fprintf(out, "%s\n", w->other_demand);
    if (tbs_pair_count(before, after) < 2)
        fprintf(out, "%s\n", w->one_pair);
    fputc('\n', out);
    city_print(out, language, before, after);
    halls_print(out, language, before, after);
    fprintf(out, "\n%s\n", w->legend);
}

static int page_put(const struct tbs_results *before, const struct tbs_results *after,
                    const char *dir, struct tbs_report_error *error)
{
    static const struct tbs_report_file page = {"compare.html", tbs_page_print};
    struct tbs_files files;
    if (tbs_files_open(&files, dir, error) != 0)
        return -1;
    if (tbs_report_file_put(&files, &page, after, before, error) != 0) {
        tbs_files_drop(&files);
        return -1;
    }
    return tbs_files_publish(&files, error);
}

static int results_compare(const struct tbs_results *before, const struct tbs_results *after,
                           const char *html_dir, enum tbs_report_language language, FILE *out,
                           struct tbs_report_error *error)
{
    if (tbs_results_pairable(before, after, error) != 0)
        return -1;
    if (html_dir != NULL) {
        if (page_put(before, after, html_dir, error) != 0)
            return TBS_REPORT_UNWRITTEN;
        fprintf(out, "%s%s/compare.html\n", words[language].page, html_dir);
    }
    comparison_print(out, language, before, after);
    return 0;
}

int tbs_report_compare(const char *before_dir, const char *after_dir, const char *html_dir,
                       enum tbs_report_language language, FILE *out,
                       struct tbs_report_error *error)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return tbs_report_fail(error, ENOMEM, "prepare", before_dir, NULL);
    locale_t earlier = uselocale(plain);
    struct tbs_results *before = tbs_results_read(before_dir, error);
    struct tbs_results *after = before != NULL ? tbs_results_read(after_dir, error) : NULL;
    int status = after != NULL
                     ? results_compare(before, after, html_dir, language, out, error)
                     : -1;
    tbs_results_free(before);
    tbs_results_free(after);
    uselocale(earlier);
    freelocale(plain);
    return status;
}
