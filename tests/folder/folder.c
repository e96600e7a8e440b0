#include "folder/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct file {
    const char *name, *text;
} base[] = {
    {"scenario.yaml", "name:\n"
                      "  zh: 小城\n"
                      "  en: small\n"
                      "utc_offset: +08:00\n"
                      "trades:\n"
                      "  - {id: police, zh: 公安, en: police}\n"
                      "  - {id: tax, zh: 税务, en: tax}\n"
                      "zones:\n"
                      "  - {id: east}\n"
                      "  - {id: west}\n"
                      "day_kinds:\n"
                      "  - {id: workday, zh: 工作日}\n"
                      "  - {id: saturday, zh: 周六}\n"
                      "  - {id: closed, zh: 休息}\n"
                      "calendar:\n"
                      "  from: 2022-01-01\n"
                      "  to: 2022-12-31\n"
                      "  week: {sat: saturday, sun: closed}\n"
                      "hours:\n"
                      "  - {calendar: hall, day: workday saturday, "
                      "open: [08:30-12:00, 14:00-17:30]}\n"
                      "  - {calendar: desk, day: workday, open: [09:00-12:00, 14:00-17:00]}\n"
                      "demand:\n"
                      "  unit: cases\n"
                      "  per: year\n"
                      "  day_cv: 10% [A]\n"
                      "  weekday:\n"
                      "    mon: 1.2 [A]\n"
                      "  totals:\n"
                      "    - {day: saturday, volume: 4100}\n"
                      "people:\n"
                      "  green_share: 8% [A]\n"
                      "  patience_mean: 75min [P]\n"
                      "  settled_share: 50%\n"
                      "rules:\n"
                      "  overtake_max: 9\n"
                      "rules_for:\n"
                      "  - for: tax\n"
                      "    call_timeout: 60s\n"
                      "promise:\n"
                      "  wait: 15min\n"
                      "  share: 90%\n"},
    {"halls.csv", "hall,name,trade,level,zone,calendar,x,y,mark\n"
                  "police-1,公安厅,police,city,east,hall,0,1,A\n"
                  "tax-1,市税务厅,tax,city,east,hall,1,1,A\n"
                  "tax-2,县税务厅,tax,county,west,hall,1,0,A\n"},
    {"windows.csv", "hall,window,name,skill,speed,mark\n"
                    "police-1,1~3,,all,,A\n"
                    "police-1,4,绿色通道,green,110%,A\n"
                    "tax-1,1~2,,,,A\n"
                    "tax-2,1,,,90%,A\n"},
    {"groups.csv", "trade,group,name,quota,slot,mark\n"
                   "police,exit,出入境,,1,A\n"
                   "police,household,户政,200,0.5,A\n"},
    {"skills.csv", "trade,skill,serves,helps,help_below,video,mark\n"
                   "police,all,*,,,yes,A\n"
                   "police,green,*:green,exit household,2,no,A\n"},
    {"matters.csv",
     "matter,name,family,trade,group,service,cv,law,weight,scope,levels,also_at,route,collect,"
     "video,direct,mark\n"
     "p1,护照,出入境,police,exit,10min,0.5,lognormal,3,city,city county,,two,yes,yes,,A\n"
     "p2,户口,户政,police,household,8min,0.75,gamma,1,,city,,,no,no,,A\n"
     "t1,申报,税,tax,,12min,,exponential,1,city cross-city,,police-1,two,no,no,,A\n"
     "t2,线上申报,税,tax,,5min,0.5,,0,,city,,two,no,no,1200 [P],A\n"},
    {"desks.csv", "desk,name,trade,approvers,calendar,mark\n"
                  "tax-desk,税务审批岗,tax,3,desk,A\n"},
    {"routes.csv", "route,step,name,kind,desk,work,cv,law,due,next,case_due,mark\n"
                   "two,1,两步,desk,tax-desk,6min,0.8,,2wd,2 3,5wd,A\n"
                   "two,2,,outside,tax-desk,1d,0.5,gamma,3wd,4,,A\n"
                   "two,3,,fork,,,,,1wd,4,,A\n"
                   "two,4,,desk,tax-desk,4min,0.8,,1wd,0,,A\n"},
    {"calendar.csv", "date,day,why,name,calendar\n"
                     "2022-01-03,closed,holiday,元旦,\n"
                     "2022-10-08,workday,make-up,国庆调休,\n"
                     "2022-10-09,workday,,,desk\n"},
    {"demand.csv", "hall,volume,arrivals,mark\n"
                   "police-1,\"20,000\",usual,A\n"
                   "tax-1,8000,usual,A\n"
                   "tax-2,3000.5,,A\n"},
    {"arrivals.csv", "arrivals,day,from,to,share,mark\n"
                     "usual,workday,08:30,12:00,60%,A\n"
                     "usual,workday,14:00,17:30,40%,A\n"},
    {"plans.csv", "hall,day,from,to,windows,skill,mark\n"
                  "police-1,workday,08:30,12:00,4,,A\n"
                  "police-1,workday,14:00,17:30,1~2 4,,A\n"
                  "police-1,saturday,08:30,12:00,2,,A\n"
                  "tax,workday,08:30,17:30,1,,A\n"},
    {"travel.csv", "from,to,time,mark\n"
                   "east,east,10min,A\n"
                   "west,west,12min,A\n"
                   "east,west,40min,A\n"},
};
enum { BASE_COUNT = sizeof base / sizeof base[0] };

static void fail(const char *what)
{
    perror(what);
    abort();
}

void folder_make(char path[static FOLDER_PATH_BYTES])
{
    strcpy(path, "/tmp/tongban-scenario-XXXXXX");
    if (mkdtemp(path) == NULL)
        fail(path);
}

void folder_write(const char *path, const char *name, const char *text, size_t bytes)
{
    char file[4096];

    snprintf(file, sizeof file, "%s/%s", path, name);
    if (text == NULL) {
        unlink(file);
        return;
    }
    FILE *out = fopen(file, "wb");
    if (out == NULL)
        fail(file);
    if (bytes == 0)
        bytes = strlen(text);
    if (fwrite(text, 1, bytes, out) != bytes || fclose(out) != 0)
        fail(file);
}

void folder_base(const char *path)
{
    for (int i = 0; i < BASE_COUNT; i++)
        folder_write(path, base[i].name, base[i].text, 0);
}

const char *folder_base_text(const char *name)
{
    for (int i = 0; i < BASE_COUNT; i++) {
        if (strcmp(base[i].name, name) == 0)
            return base[i].text;
    }
    return NULL;
}

void folder_remove(const char *path)
{
    char file[4096];
    DIR *directory = opendir(path);
    struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL) {
        struct stat status;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (lstat(file, &status) == 0 && S_ISDIR(status.st_mode))
            folder_remove(file);
        else
            unlink(file);
    }
    closedir(directory);
    rmdir(path);
}

void folder_place(const char *path, const struct tb_scenario_problem *problem,
                  char out[static 128])
{
    const size_t bytes = strlen(path);
    const char *file = problem->file;
    int at;

    if (strncmp(file, path, bytes) == 0 && file[bytes] == '/')
        file += bytes + 1;
    at = snprintf(out, 128, "%s", file);
    if (problem->line > 0 && at < 128)
        at += snprintf(out + at, 128 - (size_t)at, ":%u", problem->line);
    if (problem->column > 0 && at < 128)
        snprintf(out + at, 128 - (size_t)at, ":%u", problem->column);
}
