/* check.c: looks at a roster with the rules in hand, and knows nothing of how it was made: it
 * shares no code with the programs, only the problem's own tables. */
#include <stdarg.h>
#include <stdio.h>

#include "roster/roster.h"

struct look {
    const struct tbs_roster_problem *p;
    const struct tbs_roster *r;
    char *told;
    size_t room, at;
    int breaches;
};

__attribute__((format(printf, 2, 3))) static void breach(struct look *k, const char *format, ...)
{
    va_list list;

    k->breaches++;
    if (k->at + 1 < k->room) {
        va_start(list, format);
        const int more = vsnprintf(k->told + k->at, k->room - k->at, format, list);
        va_end(list);
        k->at += more > 0 ? (size_t)more : 0;
    }
}

static const struct tbs_duty *duty(const struct look *k, int person, int day)
{
    return &k->r->duty[(size_t)person * k->r->day_count + day];
}

static bool works(const struct look *k, int person, int day)
{
    return duty(k, person, day)->post >= 0;
}

static const int *rules(const struct look *k, int person)
{
    return k->p->contracts[k->p->people[person].contract].rule;
}

static bool anybody_wanted(const struct look *k, int person, int day)
{
    for (int post = 0; post < k->p->post_count; post++) {
        for (int s = 0; s < TBS_HALF_HOURS; s++) {
            if (k->p->people[person].posts[post] && tbs_need(k->p, day, post)[s] > 0) {
                return true;
            }
        }
    }
    return false;
}

/* ---- a shift --------------------------------------------------------------------------------- */

/* Walks through the day: stretches of work, and the break between the first two. */
static void shift_look(struct look *k, int person, int day)
{
    const uint64_t bits = duty(k, person, day)->shift.works;
    const int *rule = rules(k, person);
    int hours = 0, stretches = 0, longest = 0, from = -1, to = 0, pause_from = 0, pause = 0;

    for (int s = 0, run = 0; s <= TBS_HALF_HOURS; s++) {
        const bool on = s < TBS_HALF_HOURS && (bits >> s & 1) != 0;
        if (on && run == 0) {
            stretches++;
            pause = stretches == 2 ? s - to : pause;
            pause_from = stretches == 2 ? to : pause_from;
        }
        run = on ? run + 1 : 0;
        longest = run > longest ? run : longest;
        hours += on;
        from = on && from < 0 ? s : from;
        to = on ? s + 1 : to;
    }
    if (hours < rule[TBS_RULE_shift_least] || hours > rule[TBS_RULE_shift_most]) {
        breach(k, "person %d day %d: a shift of %d half hours\n", person, day, hours);
    }
    if (from < rule[TBS_RULE_shift_from] || to > rule[TBS_RULE_shift_to]) {
        breach(k, "person %d day %d: works from %d to %d\n", person, day, from, to);
    }
    if (longest > rule[TBS_RULE_stretch_most] ||
        stretches != (hours > rule[TBS_RULE_stretch_most] ? 2 : 1)) {
        breach(k, "person %d day %d: %d half hours in a row\n", person, day, longest);
    }
    if (stretches == 2 &&
        (pause < rule[TBS_RULE_break_least] || pause > rule[TBS_RULE_break_most] ||
         pause_from < rule[TBS_RULE_break_from] || pause_from + pause > rule[TBS_RULE_break_to])) {
        breach(k, "person %d day %d: break of %d at %d\n", person, day, pause, pause_from);
    }
    if (hours != duty(k, person, day)->shift.hours) {
        breach(k, "person %d day %d: hours are told wrong\n", person, day);
    }
}

static void day_look(struct look *k, int person, int day)
{
    const struct tbs_person *who = &k->p->people[person];

    if (!works(k, person, day)) {
        return;
    }
    if (who->away[day]) {
        breach(k, "person %d works on day %d of his leave\n", person, day);
    }
    if (k->p->days[day].saturday && !who->saturday) {
        breach(k, "person %d works on Saturday %d\n", person, day);
    }
    if (!who->posts[duty(k, person, day)->post]) {
        breach(k, "person %d day %d: can't fill the post\n", person, day);
    }
    shift_look(k, person, day);
}

/* ---- weeks, rows, rest ----------------------------------------------------------------------- */

static void weeks_look(struct look *k, int person)
{
    const int *rule = rules(k, person);

    for (int d = 0; d < k->r->day_count; d++) {
        int hours = 0, days = 0, row = 0;
        for (int e = 0; e < k->r->day_count; e++) {
            if (k->p->days[e].week == k->p->days[d].week && works(k, person, e)) {
                hours += duty(k, person, e)->shift.hours;
                days++;
            }
        }
        if (hours > rule[TBS_RULE_week_hours] || days > rule[TBS_RULE_week_days]) {
            breach(k, "person %d: %d half hours on %d days in the week of day %d\n", person,
                   hours, days, d);
        }
        while (d + row < k->r->day_count && works(k, person, d + row)) {
            row++;
        }
        if (row > rule[TBS_RULE_row_days]) {
            breach(k, "person %d: %d days in a row from day %d\n", person, row, d);
        }
    }
}

static void rest_look(struct look *k, int person)
{
    const int within = rules(k, person)[TBS_RULE_rest_days];

    for (int t = 0; t + within < k->r->day_count && within > 0; t++) {
        int could = 0, off = 0;
        if (!k->p->days[t].saturday || !works(k, person, t)) {
            continue;
        }
        for (int d = t + 1; d <= t + within; d++) {
            if (!k->p->days[d].saturday && !k->p->people[person].away[d] &&
                anybody_wanted(k, person, d)) {
                could++;
                off += !works(k, person, d);
            }
        }
        if (could > 0 && off == 0) {
            breach(k, "person %d: no day off after Saturday %d\n", person, t);
        }
    }
}

/* ---- Saturdays ------------------------------------------------------------------------------- */

static int saturdays(const struct look *k, int person, int quarter)
{
    int count = quarter == k->p->days[0].quarter ? k->p->people[person].saturdays : 0;

    for (int d = 0; d < k->r->day_count; d++) {
        count += k->p->days[d].saturday && k->p->days[d].quarter == quarter && works(k, person, d);
    }
    return count;
}

static bool alike(const struct look *k, int a, int b)
{
    const struct tbs_person *one = &k->p->people[a], *other = &k->p->people[b];
    bool same = one->contract == other->contract && one->saturday == other->saturday;

    for (int post = 0; post < k->p->post_count; post++) {
        same &= one->posts[post] == other->posts[post];
    }
    return same;
}

static bool away_on_saturday(const struct look *k, int person, int quarter)
{
    for (int d = 0; d < k->r->day_count; d++) {
        if (k->p->days[d].saturday && k->p->days[d].quarter == quarter &&
            (k->p->people[person].away[d] || !k->p->people[person].saturday)) {
            return true;
        }
    }
    return false;
}

/* The gap between people alike before the period, which is allowed to stay. */
static int gap_before(const struct look *k, int person)
{
    int least = k->p->people[person].saturdays, most = least;

    for (int i = 0; i < k->p->person_count; i++) {
        if (alike(k, i, person)) {
            const int before = k->p->people[i].saturdays;
            least = before < least ? before : least;
            most = before > most ? before : most;
        }
    }
    return most - least;
}

static void saturdays_look(struct look *k, int person, int quarter)
{
    const int *rule = rules(k, person);
    const bool first = quarter == k->p->days[0].quarter;
    const int mine = saturdays(k, person, quarter);
    const int gap = first ? gap_before(k, person) : 0;
    const int before = first ? k->p->people[person].saturdays : 0;
    const int spread = rule[TBS_RULE_saturday_spread] > gap ? rule[TBS_RULE_saturday_spread] : gap;

    if (mine > rule[TBS_RULE_saturday_most] && mine > before) {
        breach(k, "person %d: %d Saturdays in quarter %d\n", person, mine, quarter);
    }
    for (int other = 0; other < k->p->person_count; other++) {
        if (alike(k, person, other) && !away_on_saturday(k, other, quarter) &&
            mine - saturdays(k, other, quarter) > spread) {
            breach(k, "person %d: %d Saturdays, person %d only %d\n", person, mine, other,
                   saturdays(k, other, quarter));
        }
    }
}

/* ---- needs ----------------------------------------------------------------------------------- */

static int missing(const struct look *k, int day, int post, int slot)
{
    int there = 0, told = 0;

    for (int i = 0; i < k->p->person_count; i++) {
        there += duty(k, i, day)->post == post && (duty(k, i, day)->shift.works >> slot & 1) != 0;
    }
    for (int s = 0; s < k->r->shortage_count; s++) {
        const struct tbs_shortage *one = &k->r->shortages[s];
        told += one->day == day && one->post == post && one->from <= slot && slot < one->to
                    ? one->missing
                    : 0;
    }
    return tbs_need(k->p, day, post)[slot] - there - told;
}

int tbs_roster_check(const struct tbs_roster_problem *problem, const struct tbs_roster *roster,
                     bool may_be_short, char *told, size_t room)
{
    struct look k = {.p = problem, .r = roster, .told = told, .room = room};

    if (room > 0) {
        told[0] = '\0';
    }
    if (roster->shortage_count > 0 && !may_be_short) {
        breach(&k, "people are missing\n");
    }
    for (int i = 0; i < problem->person_count; i++) {
        for (int d = 0; d < problem->day_count; d++) {
            day_look(&k, i, d);
        }
        weeks_look(&k, i);
        rest_look(&k, i);
        for (int q = problem->days[0].quarter;
             q <= problem->days[problem->day_count - 1].quarter; q++) {
            saturdays_look(&k, i, q);
        }
    }
    for (int d = 0; d < problem->day_count; d++) {
        for (int post = 0; post < problem->post_count; post++) {
            for (int s = 0; s < TBS_HALF_HOURS; s++) {
                if (missing(&k, d, post, s) > 0) {
                    breach(&k, "day %d post %d half hour %d: %d missing\n", d, post, s,
                           missing(&k, d, post, s));
                }
            }
        }
    }
    return k.breaches;
}
