/* The log of a bank's telephone centre ("Anonymous Bank", Technion's service engineering group):
 * tab-separated, a row a call, local times h:mm:ss, 0:00:00 where it never came to that. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fit/log.h"

enum column {
    PRIORITY, TYPE, DATE, VRU_ENTRY, Q_START, Q_EXIT, Q_TIME, OUTCOME, SER_START, SER_TIME,
    SERVER, COLUMNS
};
static const char *const names[COLUMNS] = {
    "priority", "type",    "date",      "vru_entry", "q_start", "q_exit",
    "q_time",   "outcome", "ser_start", "ser_time",  "server"};

enum { CELLS_MAX = 32, DAY_S = 24 * 3600 };

struct reader {
    struct tbs_log *log;
    int place[COLUMNS]; /* its cell in a row */
    uint32_t line;
    char *cells[CELLS_MAX];
    int cell_count;
};

void tbs_log_wrong(struct tbs_log *log, uint32_t line, const char *format, ...)
{
    va_list arguments;

    if (log->problem_count < TBS_FIT_PROBLEMS) {
        log->problems[log->problem_count].line = line;
        va_start(arguments, format);
        vsnprintf(log->problems[log->problem_count].text, sizeof log->problems[0].text, format,
                  arguments);
        va_end(arguments);
    }
    log->problem_count++;
}

#define wrong(r, ...) tbs_log_wrong((r)->log, (r)->line, __VA_ARGS__)

static void row_split(struct reader *r, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    r->cell_count = 0;
    for (char *cell = line; cell != NULL && r->cell_count < CELLS_MAX; r->cell_count++) {
        r->cells[r->cell_count] = cell;
        cell = strchr(cell, '\t');
        if (cell != NULL) {
            *cell++ = '\0';
        }
    }
}

static bool header_read(struct reader *r)
{
    for (enum column c = 0; c < COLUMNS; c++) {
        r->place[c] = -1;
        for (int i = 0; i < r->cell_count; i++) {
            if (strcmp(r->cells[i], names[c]) == 0) {
                r->place[c] = i;
            }
        }
        if (r->place[c] < 0) {
            wrong(r, "column %s is missing in the first row (columns are parted by tabs)",
                  names[c]);
        }
    }
    return r->log->problem_count == 0;
}

static const char *cell(const struct reader *r, enum column c)
{
    return r->cells[r->place[c]];
}

/* A whole number, or h:mm:ss as seconds; -1 with the mistake noted. */
static int32_t number(struct reader *r, enum column c)
{
    int n = -1, end = 0;

    if (sscanf(cell(r, c), "%9d%n", &n, &end) == 1 && n >= 0 && cell(r, c)[end] == '\0') {
        return n;
    }
    wrong(r, "%s '%s' is not a whole number, 0 or more", names[c], cell(r, c));
    return -1;
}

static int32_t clock_time(struct reader *r, enum column c)
{
    int h, m, s, end = 0;

    if (sscanf(cell(r, c), "%2d:%2d:%2d%n", &h, &m, &s, &end) == 3 && cell(r, c)[end] == '\0' &&
        h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s < 60) {
        return (h * 60 + m) * 60 + s;
    }
    wrong(r, "%s '%s' is not a time like 8:05:30", names[c], cell(r, c));
    return -1;
}

/* The place of a name in a list that grows; lists are short. */
static uint32_t name_place(struct reader *r, char (**list)[TBS_FIT_NAME], uint32_t *count,
                           enum column c)
{
    const char *name = cell(r, c);

    if (name[0] == '\0' || strlen(name) >= TBS_FIT_NAME) {
        wrong(r, "%s '%.40s' is not a name of 1 to %d characters", names[c], name,
              TBS_FIT_NAME - 1);
        return 0;
    }
    for (uint32_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i], name) == 0) {
            return i;
        }
    }
    *list = realloc(*list, (*count + 1) * sizeof **list);
    tbs_assert(*list != NULL);
    strcpy((*list)[*count], name);
    return (*count)++;
}

/* yymmdd; days are kept as dates until all are known. */
static int32_t date_read(struct reader *r)
{
    const int32_t date = number(r, DATE);

    if (date >= 0 && (date % 100 < 1 || date % 100 > 31 || date / 100 % 100 < 1 ||
                      date / 100 % 100 > 12 || date > 991231)) {
        wrong(r, "date '%s' is not yymmdd", cell(r, DATE));
    }
    return 19000000 + date;
}

static void call_add(struct reader *r, struct tbs_call call)
{
    struct tbs_log *log = r->log;

    if (log->count == log->room) {
        log->room = log->room * 2 + 1024;
        log->calls = realloc(log->calls, log->room * sizeof *log->calls);
        tbs_assert(log->calls != NULL);
    }
    log->calls[log->count++] = call;
}

/* After the call came in; times past midnight begin anew in the log. */
static int32_t later(int32_t at_s, int32_t entry_s)
{
    return at_s < entry_s - DAY_S / 2 ? at_s + DAY_S : at_s;
}

static void times_read(struct reader *r, struct tbs_call *call)
{
    const int32_t entry_s = clock_time(r, VRU_ENTRY);
    const int32_t q_start = clock_time(r, Q_START);

    clock_time(r, Q_EXIT); /* only checked: q_time tells the same */
    call->start_s = later(clock_time(r, SER_START), entry_s);
    call->service_s = number(r, SER_TIME);
    call->wait_s = number(r, Q_TIME);
    call->menu_only = !call->served && q_start == 0 && call->wait_s == 0;
    call->enter_s = call->wait_s > 0 || !call->served ? later(q_start, entry_s) : call->start_s;
    if (call->enter_s >= DAY_S) {
        call->enter_s = DAY_S - 1; /* called before midnight: the last of his day */
    }
}

static void row_read(struct reader *r)
{
    struct tbs_log *log = r->log;
    struct tbs_call call = {.agent = TBS_FIT_NOBODY};

    for (enum column c = 0; c < COLUMNS; c++) {
        if (r->place[c] >= r->cell_count) {
            wrong(r, "the row ends before column %s", names[c]);
            return;
        }
    }
    const char *outcome = cell(r, OUTCOME);
    call.served = strcmp(outcome, "AGENT") == 0;
    log->rows++;
    if (strcmp(outcome, "PHANTOM") == 0) {
        log->phantoms++;
        return;
    }
    if (!call.served && strcmp(outcome, "HANG") != 0) {
        wrong(r, "outcome '%.40s' is none of AGENT, HANG, PHANTOM", outcome);
        return;
    }
    call.day = (uint32_t)date_read(r);
    call.priority = number(r, PRIORITY) == 2;
    call.type = name_place(r, &log->types, &log->type_count, TYPE);
    times_read(r, &call);
    if (call.menu_only) {
        log->menu_left++;
        return;
    }
    if (call.served && strcmp(cell(r, SERVER), "NO_SERVER") != 0) {
        call.agent = name_place(r, &log->agents, &log->agent_count, SERVER);
    } else if (call.served) {
        log->nameless++;
    }
    call_add(r, call);
}

static int call_compare(const void *left, const void *right)
{
    const struct tbs_call *a = left, *b = right;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->enter_s != b->enter_s) {
        return a->enter_s < b->enter_s ? -1 : 1;
    }
    return a->drawn_us < b->drawn_us ? -1 : a->drawn_us > b->drawn_us;
}

/* Calls in order, days as indices. */
static void days_make(struct tbs_log *log)
{
    for (uint32_t i = 0; i < log->count; i++) {
        log->calls[i].drawn_us = i; /* the order in the file, until it is drawn */
    }
    qsort(log->calls, log->count, sizeof *log->calls, call_compare);
    log->dates = calloc(log->count, sizeof *log->dates);
    log->first = calloc(log->count + 1, sizeof *log->first);
    tbs_assert(log->dates != NULL);
    tbs_assert(log->first != NULL);
    for (uint32_t i = 0; i < log->count; i++) {
        const int32_t date = (int32_t)log->calls[i].day;
        if (log->date_count == 0 || log->dates[log->date_count - 1] != date) {
            log->first[log->date_count] = i;
            log->dates[log->date_count++] = date;
        }
        log->calls[i].day = log->date_count - 1;
    }
    log->first[log->date_count] = log->count;
}

bool tbs_bank_read(struct tbs_log *log, const char *path)
{
    struct reader r = {.log = log};
    char *line = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "re");

    if (in == NULL) {
        wrong(&r, "cannot be opened: %s", strerror(errno));
        return false;
    }
    while (getline(&line, &room, in) >= 0 && (r.line == 0 || log->problem_count < 1000)) {
        r.line++;
        row_split(&r, line);
        if (r.line == 1 && !header_read(&r)) {
            break;
        }
        if (r.line > 1 && line[0] != '\0') {
            row_read(&r);
        }
    }
    if (ferror(in)) {
        wrong(&r, "cannot be read: %s", strerror(errno));
    }
    free(line);
    fclose(in);
    if (log->problem_count == 0 && log->count == 0) {
        wrong(&r, "no call of it ever joined the line");
    }
    if (log->problem_count == 0) {
        days_make(log);
    }
    return log->problem_count == 0;
}

void tbs_log_free(struct tbs_log *log)
{
    free(log->calls);
    free(log->dates);
    free(log->first);
    free(log->agents);
    free(log->types);
    free(log->forces);
    free(log->skills);
}
