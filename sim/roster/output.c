#include "roster/output.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/plan.h"

/* ---- roster.csv ------------------------------------------------------------------------------ */

/* A cell of a CSV file; what a spreadsheet would take for a formula gets a quotation mark. */
static void cell_print(FILE *out, const char *text)
{
    fputs("\"", out);
    if (text[0] != '\0' && strchr("=+-@", text[0]) != NULL) {
        fputc('\'', out);
    }
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, out);
    }
    fputs("\"", out);
}

static void clock_print(FILE *out, int half_hour)
{
    fprintf(out, "%02d:%02d", half_hour / 2, half_hour % 2 * 30);
}

void tbs_shift_break(const struct tbs_shift_form *form, int *from, int *to)
{
    *from = form->from;
    while (*from < form->to && (form->works >> *from & 1) != 0) {
        ++*from;
    }
    *to = *from;
    while (*to < form->to && (form->works >> *to & 1) == 0) {
        ++*to;
    }
}

static void duty_print(const struct tbs_input *in, int person, int day,
                       const struct tbs_duty *duty, FILE *out)
{
    const struct tbs_roster_day *at = &in->days[day];
    const struct tbs_post *post = &in->posts[duty->post];
    int pause_from, pause_to;

    tbs_shift_break(&duty->shift, &pause_from, &pause_to);
    fprintf(out, "%04d-%02d-%02d,%s,", at->year, at->month, at->day, post->hall_id);
    cell_print(out, in->people[person].id);
    fputc(',', out);
    cell_print(out, in->people[person].name);
    fprintf(out, ",%s,", post->skill_id);
    clock_print(out, duty->shift.from);
    fputc(',', out);
    clock_print(out, duty->shift.to);
    fputc(',', out);
    if (pause_from < pause_to) {
        clock_print(out, pause_from);
        fputc(',', out);
        clock_print(out, pause_to);
    } else {
        fputc(',', out);
    }
    fprintf(out, ",%g\n", duty->shift.hours / 2.0);
}

void tbs_roster_csv(const struct tbs_input *in, const struct tbs_roster *roster, FILE *out)
{
    fprintf(out, "date,hall,person,name,skill,from,to,break_from,break_to,hours\n");
    for (int d = 0; d < roster->day_count; d++) {
        for (int i = 0; i < roster->person_count; i++) {
            if (tbs_duty_of(roster, i, d)->post >= 0) {
                duty_print(in, i, d, tbs_duty_of(roster, i, d), out);
            }
        }
    }
}

struct tbs_roster_sums tbs_roster_sum(const struct tbs_input *in, const struct tbs_roster *roster,
                                      int person)
{
    struct tbs_roster_sums sums = {0};

    for (int d = 0; d < roster->day_count; d++) {
        const struct tbs_duty *duty = tbs_duty_of(roster, person, d);
        if (duty->post >= 0) {
            sums.half_hours += duty->shift.hours;
            sums.days++;
            sums.saturdays += in->days[d].saturday;
        }
    }
    return sums;
}

/* ---- plan.csv -------------------------------------------------------------------------------- */

/* People at the post by half hour of a day. */
static void present(const struct tbs_roster *roster, int post, int day, int *count)
{
    for (int i = 0; i < roster->person_count; i++) {
        const struct tbs_duty *duty = tbs_duty_of(roster, i, day);
        for (int s = 0; s < TBS_HALF_HOURS && duty->post == post; s++) {
            count[s] += (int)(duty->shift.works >> s & 1);
        }
    }
}

static bool hall_open(const struct tbs_input *in, uint32_t hall, int day, int half_hour)
{
    const struct tb_scenario *s = in->scenario;
    const uint32_t kind = tb_scenario_day_kind(s, hall, in->days[day].number);
    const struct tb_day_kind *k =
        &s->config.calendars[s->halls[hall].calendar].kinds[kind];
    bool open = false;

    for (uint32_t i = 0; i < k->period_count; i++) {
        open |= k->periods[i].opens_us < (half_hour + 1) * TB_MINUTES(30) &&
                k->periods[i].closes_us > half_hour * TB_MINUTES(30);
    }
    return open;
}

/* A window's runs of half hours in which at least `order` + 1 people are there. */
static void window_print(const struct tbs_input *in, int post, int day, uint32_t window,
                         int order, const int *count, FILE *out)
{
    const struct tbs_post *p = &in->posts[post];
    const struct tbs_roster_day *at = &in->days[day];

    for (int from = 0, to; from < TBS_HALF_HOURS; from = to + 1) {
        for (to = from; to < TBS_HALF_HOURS && count[to] > order &&
                        hall_open(in, p->hall, day, to);
             to++) {
        }
        if (to > from) {
            fprintf(out, "%s,%04d-%02d-%02d,", p->hall_id, at->year, at->month, at->day);
            clock_print(out, from);
            fputc(',', out);
            clock_print(out, to);
            fprintf(out, ",%u~%u,%s\n", window, window, p->skill_id);
        }
    }
}

/* Windows of the hall go to its posts in turn: each post's own ones first, then what is left. */
static uint32_t window_take(const struct tbs_input *in, int post, bool *used, bool own)
{
    const struct tbs_post *p = &in->posts[post];
    const struct tb_scenario_hall *hall = &in->scenario->halls[p->hall];
    const uint16_t *profiles = in->scenario->config.stations[p->hall].servers;

    for (uint32_t w = 0; w < hall->window_count; w++) {
        if (!used[w] && (profiles[w] == p->profile || !own)) {
            used[w] = true;
            return w + 1;
        }
    }
    return 0;
}

static void rostered_print(const struct tbs_input *in, const struct tbs_roster *roster,
                           uint32_t hall, int day, FILE *out)
{
    const uint32_t windows = in->scenario->halls[hall].window_count;
    const struct tbs_roster_day *at = &in->days[day];
    bool *used = calloc(windows + 1, sizeof *used);

    tbs_assert(used != NULL);
    /* Named even if nobody is there: a date without a row would go by its kind of day. */
    fprintf(out, "%s,%04d-%02d-%02d,00:00,00:30,0,\n", in->scenario->halls[hall].label.id, at->year,
            at->month, at->day);
    for (int own = 1; own >= 0; own--) {
        for (int k = 0; k < in->problem.post_count; k++) {
            int count[TBS_HALF_HOURS] = {0}, most = 0, order = 0;
            if (in->posts[k].hall != hall) {
                continue;
            }
            present(roster, k, day, count);
            for (int s = 0; s < TBS_HALF_HOURS; s++) {
                const int there = hall_open(in, hall, day, s) ? count[s] : 0;
                most = there > most ? there : most;
            }
            if (own == 0) { /* those beyond the post's own windows */
                for (uint32_t w = 0; w < windows; w++) {
                    order += in->scenario->config.stations[hall].servers[w] ==
                             in->posts[k].profile;
                }
            }
            for (uint32_t w; order < most && (w = window_take(in, k, used, own == 1)) > 0;
                 order++) {
                window_print(in, k, day, w, order, count, out);
            }
        }
    }
    free(used);
}

void tbs_roster_plan(const struct tbs_input *in, const struct tbs_roster *roster, FILE *out)
{
    const struct tb_scenario *s = in->scenario;

    fprintf(out, "hall,day,from,to,windows,skill\n");
    for (uint32_t h = 0; h < s->hall_count; h++) {
        /* Named even if it never opens: a hall without a row would have all its windows open. */
        fprintf(out, "%s,%s,00:00,00:30,0,\n", s->halls[h].label.id, s->day_kinds[0].id);
    }
    tbs_shifts_csv(s, NULL, out);
    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        const struct tb_plan_date *date = &s->plan_dates[i];
        const bool rostered = date->station < s->hall_count && in->halls[date->station] &&
                              date->day >= in->days[0].number &&
                              date->day <= in->days[in->problem.day_count - 1].number;
        if (!rostered) {
            tbs_date_csv(s, date, out);
        }
    }
    for (int d = 0; d < in->problem.day_count; d++) {
        for (uint32_t h = 0; h < s->hall_count; h++) {
            if (in->halls[h]) {
                rostered_print(in, roster, h, d, out);
            }
        }
    }
}
