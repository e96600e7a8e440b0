/* Rows of the table, in columns as a terminal shows them: a Chinese character is two wide. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "inside.h"

enum { NAME_COLUMNS = 30, NUMBERS = 8 };

static const struct {
    const char *zh, *en;
    int columns;
} heads[NUMBERS] = {{"等候", "waiting", 9},   {"已叫", "called", 8},   {"办理", "served", 8},
                    {"窗口", "windows", 9},   {"空闲", "free", 6},     {"最新号", "last", 8},
                    {"一半少于", "half <", 10}, {"九成少于", "9 in 10 <", 11}};

/* Adds `text`, cut or padded to so many columns; right: blanks come first. */
static void cell(char out[TBI_TOP_ROW_MAX], const char *text, int columns, bool right)
{
    size_t at = strlen(out), end = 0;
    int wide = 0;
    mbstate_t state = {0};

    while (text[end] != '\0') {
        wchar_t c;
        const size_t bytes = mbrtowc(&c, text + end, strlen(text + end), &state);
        if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0)
            break;
        const int width = wcwidth(c) < 0 ? 1 : wcwidth(c);
        if (wide + width > columns)
            break;
        wide += width;
        end += bytes;
    }
    if (at + end + (size_t)(columns - wide) + 1 > TBI_TOP_ROW_MAX)
        return;
    if (right)
        at += (size_t)sprintf(out + at, "%*s", columns - wide, "");
    memcpy(out + at, text, end);
    out[at + end] = '\0';
    if (!right)
        sprintf(out + at + end, "%*s", columns - wide, "");
}

void tbi_top_head(char out[TBI_TOP_ROW_MAX], bool chinese)
{
    out[0] = '\0';
    cell(out, chinese ? "大厅 / 审批岗" : "hall / desk", NAME_COLUMNS, false);
    for (int i = 0; i < NUMBERS; i++)
        cell(out, chinese ? heads[i].zh : heads[i].en, heads[i].columns, true);
}

void tbi_top_row(char out[TBI_TOP_ROW_MAX], const struct tbi_top_station *station, bool chinese)
{
    const int64_t numbers[NUMBERS] = {station->waiting, station->called,   station->serving,
                                      station->open,    station->ready,    station->number,
                                      station->half_min, station->nine_in_ten_min};
    char text[32];

    out[0] = '\0';
    cell(out, chinese ? station->zh : station->en, NAME_COLUMNS, false);
    for (int i = 0; i < NUMBERS; i++) {
        if (numbers[i] < 0)
            snprintf(text, sizeof text, "-");
        else
            snprintf(text, sizeof text, "%lld%s", (long long)numbers[i],
                     i < NUMBERS - 2 ? "" : chinese ? " 分钟" : " min");
        cell(out, text, heads[i].columns, true);
    }
    if (station->hall && !station->accepts)
        cell(out, chinese ? "  不取号" : "  closed", 9, false);
}

void tbi_top_title(char out[TBI_TOP_ROW_MAX], const struct tbi_top_city *city, bool chinese)
{
    const time_t local_s = (time_t)(city->now_ms / 1000 + city->utc_offset_min * 60);
    struct tm tm;
    char clock[32];

    gmtime_r(&local_s, &tm);
    strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(out, TBI_TOP_ROW_MAX, "%s   %s   %s", chinese ? city->zh : city->en, clock,
             city->trouble[0] ? city->trouble : chinese ? "运行正常" : "all is well");
}

void tbi_top_totals(char out[TBI_TOP_ROW_MAX], const struct tbi_top_city *city,
                    double commands_per_s, bool chinese)
{
    long long waiting = 0, serving = 0, open = 0, cases = 0;

    for (size_t i = 0; i < city->count; i++) {
        const struct tbi_top_station *station = &city->stations[i];
        waiting += station->hall ? station->waiting : 0;
        serving += station->hall ? station->serving + station->called : 0;
        open += station->hall ? station->open : 0;
        cases += station->hall ? 0 : station->waiting + station->serving;
    }
    snprintf(out, TBI_TOP_ROW_MAX,
             chinese ? "等候 %lld 人，在窗口 %lld 人，开放窗口 %lld 个，审批中 %lld 件；连接 %lld，"
                       "每秒 %.0f 条命令"
                     : "%lld waiting, %lld at a window, %lld windows open, %lld tasks at desks; "
                       "%lld connections, %.0f commands/s",
             waiting, serving, open, cases, (long long)city->connections, commands_per_s);
}
