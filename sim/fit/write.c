#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fit/log.h"
#include "run/whole.h"

enum { DAY_S = 24 * 3600 };

/* 1999-02-01, from 19990201. */
static int date_print(char *text, size_t room, int32_t date)
{
    return snprintf(text, room, "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
}

static bool folder_make(const char *path, struct tbs_run_error *error)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        return true;
    }
    snprintf(error->text, sizeof error->text, "%.400s: cannot be made: %s", path,
             strerror(errno));
    return false;
}

void tbs_fit_plan_path(const struct tbs_log *log, uint32_t day, const char *out, char path[4096])
{
    char date[40];

    date_print(date, sizeof date, log->dates[day]);
    snprintf(path, 4096, "%.3000s/plans/%s.csv", out, date);
}

/* A call as a row of a trace. */
static void call_write(FILE *out, const struct tbs_log *log, const struct tbs_call *c,
                       const char *hall, int32_t pause_s)
{
    char date[40];
    const int64_t drawn_s = c->drawn_us / 1000000;

    date_print(date, sizeof date, log->dates[c->day]);
    fprintf(out, "%sT%02d:%02d:%02d,%s,%s,%s,", date, c->enter_s / 3600, c->enter_s / 60 % 60,
            c->enter_s % 60, hall, log->types[c->type], c->priority ? "green" : "normal");
    if (!c->served) {
        fprintf(out, "%lld,%d\n", (long long)drawn_s + pause_s, c->wait_s);
    } else if (c->drawn_us == TB_NEVER) {
        fprintf(out, "%d,\n", c->service_s + pause_s);
    } else {
        fprintf(out, "%d,%lld.%03lld\n", c->service_s + pause_s, (long long)drawn_s,
                (long long)(c->drawn_us / 1000 % 1000));
    }
}

/* Stretches of one day as plan rows; 7~7 is window 7 alone. What passes midnight ends there. */
static void plan_write(FILE *out, const struct tbs_log *log, uint32_t day, const char *hall,
                       const char *kind, const uint32_t *windows)
{
    fprintf(out, "hall,day,from,to,windows\n");
    for (uint32_t i = 0; i < log->force_count; i++) {
        const struct tbs_force *f = &log->forces[i];
        const int32_t to_s = f->to_s < DAY_S ? f->to_s : DAY_S;
        if (f->day == day && f->from_s < to_s) {
            fprintf(out, "%s,%s,%02d:%02d:%02d,%02d:%02d:%02d,%u~%u\n", hall,
                    kind, f->from_s / 3600, f->from_s / 60 % 60, f->from_s % 60, to_s / 3600,
                    to_s / 60 % 60, to_s % 60, windows[f->agent], windows[f->agent]);
        }
    }
}

static bool calls_write(const struct tbs_log *log, const char *hall, const char *out, bool pauses,
                        struct tbs_run_error *error)
{
    struct tbs_whole whole = {0};
    char path[4096];

    snprintf(path, sizeof path, "%.3000s/calls%s.csv", out, pauses ? "-pauses" : "");
    if (!tbs_whole_open(&whole, path, error)) {
        return false;
    }
    fprintf(whole.out, "arrival_at,hall,matter,class,service_s,patience_s\n");
    for (uint32_t i = 0; i < log->count; i++) {
        call_write(whole.out, log, &log->calls[i], hall, pauses ? log->calls[i].pause_s : 0);
    }
    return tbs_whole_close(&whole, true, error);
}

bool tbs_fit_write(const struct tbs_log *log, const struct tbs_fit_place *place, const char *out,
                   struct tbs_run_error *error)
{
    char path[4096];

    snprintf(path, sizeof path, "%.3000s/plans", out);
    if (!folder_make(out, error) || !folder_make(path, error) ||
        !calls_write(log, place->hall, out, false, error) ||
        !calls_write(log, place->hall, out, true, error)) {
        return false;
    }
    for (uint32_t day = 0; day < log->date_count; day++) {
        struct tbs_whole whole = {0};
        tbs_fit_plan_path(log, day, out, path);
        if (!tbs_whole_open(&whole, path, error)) {
            return false;
        }
        plan_write(whole.out, log, day, place->hall, place->kinds[day], place->windows);
        if (!tbs_whole_close(&whole, true, error)) {
            return false;
        }
    }
    return true;
}
