/* tables.c: what a setting changes in the tables of a scenario: plans.csv and skills.csv. */
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "tune/tune.h"

/* The knobs that keep windows for a class, and the skill set that such a window gets where its
 * trade has none: it takes from other lines only when nobody of the class waits. */
static const struct keep {
    enum tbs_knob_name knob;
    enum tb_class class;
    const char *skill, *zh, *en, *suffix;
} keeps[] = {
    {TBS_KNOB_kept_green, TB_CLASS_GREEN, "kept_green", "绿色通道窗口", "green channel", "green"},
    {TBS_KNOB_kept_appointment, TB_CLASS_APPOINTMENT, "kept_appointment", "预约窗口",
     "appointments", "appointment"},
};
enum { KEEPS = sizeof keeps / sizeof keeps[0] };

struct change {
    const struct tb_scenario *scenario;
    const struct tbs_setting *setting;
    const struct keep **kept; /* by server; NULL: kept for nobody */
};

static double share_of(const struct tbs_setting *setting, enum tbs_knob_name knob)
{
    return atof(setting->value[knob]) / 100;
}

static bool is_set(const struct tbs_setting *setting, enum tbs_knob_name knob)
{
    return setting->value[knob][0] != '\0';
}

/* ---- which windows ---------------------------------------------------------------------------
 */

static bool serves_only(const struct tb_profile *profile, enum tb_class class)
{
    const uint64_t lines = UINT64_C(0x1111111111111111) << class;

    return profile->serves != 0 && (profile->serves & ~lines) == 0;
}

/* The hall's skill set for this class alone; TB_NONE: it has none. */
static uint32_t profile_of(const struct tb_scenario *s, uint32_t hall, enum tb_class class)
{
    const struct tb_station *station = &s->config.stations[hall];

    for (uint32_t p = 1; p < station->profile_count; p++) {
        if (serves_only(&station->profiles[p], class)) {
            return p;
        }
    }
    return TB_NONE;
}

/* Those that are kept for the class already, then the first all-round ones; one window of a hall
 * stays for all. */
static void windows_keep(struct change *c, uint32_t hall, const struct keep *keep)
{
    const struct tb_scenario *s = c->scenario;
    const struct tb_station *station = &s->config.stations[hall];
    const struct keep **kept = &c->kept[s->halls[hall].window_first];
    const uint32_t count = s->halls[hall].window_count;
    const double share = share_of(c->setting, keep->knob);
    uint32_t left = (uint32_t)(share * count + 0.5), all_round = 0;

    for (uint32_t w = 0; w < count; w++) {
        if (left > 0 && serves_only(&station->profiles[station->servers[w]], keep->class)) {
            kept[w] = keep;
            left--;
        }
        all_round += station->servers[w] == 0 && kept[w] == NULL;
    }
    for (uint32_t w = 0; w < count && left > 0 && all_round > 1; w++) {
        if (station->servers[w] == 0 && kept[w] == NULL) {
            kept[w] = keep;
            all_round--;
            left--;
        }
    }
}

/* Windows of a hall that work with another skill set than the trade's first. */
static uint32_t specialised(const struct tb_scenario *s, uint32_t hall)
{
    uint32_t count = 0;

    for (uint32_t w = 0; w < s->halls[hall].window_count; w++) {
        count += s->config.stations[hall].servers[w] != 0;
    }
    return count;
}

/* Is this window one of the last specialised ones of its hall, which become all-round? */
static bool generalises(const struct change *c, uint32_t hall, uint32_t window)
{
    const struct tb_scenario *s = c->scenario;
    const double share = share_of(c->setting, TBS_KNOB_generalists);
    const uint32_t count = (uint32_t)(share * specialised(s, hall) + 0.5);
    uint32_t after = 0;

    for (uint32_t w = window + 1; w < s->halls[hall].window_count; w++) {
        after += s->config.stations[hall].servers[w] != 0;
    }
    return s->config.stations[hall].servers[window] != 0 && after < count;
}

static const char *skill_of(const struct change *c, const struct tb_shift *shift)
{
    const struct tb_scenario *s = c->scenario;
    const uint32_t hall = s->servers[shift->server].station;
    const struct tb_label *skills = s->halls[hall].skills;
    const struct tb_profile *own = &s->config.stations[hall].profiles[shift->profile];
    const struct keep *keep = c->kept[shift->server];
    bool all_round = generalises(c, hall, shift->server - s->halls[hall].window_first);

    if (keep != NULL) {
        const uint32_t profile = profile_of(s, hall, keep->class);
        return profile != TB_NONE ? skills[profile].id : keep->skill;
    }
    for (int k = 0; k < KEEPS; k++) { /* no longer kept */
        all_round |= is_set(c->setting, keeps[k].knob) && serves_only(own, keeps[k].class);
    }
    return skills[all_round ? 0 : shift->profile].id;
}

/* ---- plans.csv -------------------------------------------------------------------------------
 */

static void row_print(const struct change *c, const struct tb_shift *shift, const char *day,
                      FILE *out)
{
    const struct tb_scenario *s = c->scenario;
    const uint32_t at = s->servers[shift->server].station;
    const bool hall = at < s->hall_count;
    const struct tb_scenario_desk *desk = &s->desks[hall ? 0 : at - s->hall_count];
    const uint32_t number =
        shift->server - (hall ? s->halls[at].window_first : desk->approver_first) + 1;
    const int from = (int)(shift->from_us / TB_MINUTES(1));
    const int to = (int)(shift->to_us / TB_MINUTES(1));

    fprintf(out, "%s,%s,%02d:%02d,%02d:%02d,%u~%u,%s\n",
            hall ? s->halls[at].label.id : desk->label.id, day, from / 60, from % 60, to / 60,
            to % 60, number, number, hall ? skill_of(c, shift) : "");
}

/* Without a row all windows would always be open, or a date as its kind of day. */
static void nobody_print(const struct tb_scenario *s, uint32_t station, const char *day, FILE *out)
{
    fprintf(out, "%s,%s,00:00,00:30,0,\n",
            station < s->hall_count ? s->halls[station].label.id
                                    : s->desks[station - s->hall_count].label.id,
            day);
}

bool tbs_setting_has_plan(const struct tbs_setting *setting)
{
    bool any = is_set(setting, TBS_KNOB_generalists);

    for (int k = 0; k < KEEPS; k++) {
        any |= is_set(setting, keeps[k].knob);
    }
    return any;
}

void tbs_setting_plan(const struct tb_scenario *s, const struct tbs_setting *setting, FILE *out)
{
    struct change c = {s, setting, calloc(s->server_count, sizeof *c.kept)};
    char text[48];

    tbs_assert(c.kept != NULL);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        for (int k = 0; k < KEEPS; k++) {
            windows_keep(&c, h, &keeps[k]);
        }
    }
    fprintf(out, "hall,day,from,to,windows,skill\n");
    for (uint32_t i = 0; i < s->hall_count + s->desk_count; i++) {
        nobody_print(s, i, s->day_kinds[0].id, out);
    }
    for (uint32_t i = 0; i < s->shift_count; i++) {
        row_print(&c, &s->shifts[i], s->day_kinds[s->shifts[i].day_kind].id, out);
    }
    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        const struct tb_plan_date *date = &s->plan_dates[i];
        const struct tb_scenario_day *day = &s->days[date->day];
        snprintf(text, sizeof text, "%04d-%02d-%02d", day->year, day->month, day->day);
        nobody_print(s, date->station, text, out);
        for (uint32_t k = 0; k < date->shift_count; k++) {
            row_print(&c, &s->shifts[date->shift_first + k], text, out);
        }
    }
    free(c.kept);
}

/* ---- skills.csv ------------------------------------------------------------------------------
 */

/* Lines as skills.csv has them: "unit project", "personal:green". */
static void lines_print(const struct tb_scenario *s, uint32_t hall, uint64_t lines, FILE *out)
{
    static const char *const classes[TB_CLASSES] = {"normal", "green", "appointment", "returned"};
    const char *before = "";

    for (uint32_t g = 0; g < s->config.stations[hall].group_count; g++) {
        const uint64_t these = lines >> (g * TB_CLASSES) & 0xf;
        const char *id = s->halls[hall].groups[g].label.id;
        for (uint32_t k = 0; k < TB_CLASSES && these != 0xf; k++) {
            if ((these >> k & 1) != 0) {
                fprintf(out, "%s%s:%s", before, id, classes[k]);
                before = " ";
            }
        }
        if (these == 0xf) {
            fprintf(out, "%s%s", before, id);
            before = " ";
        }
    }
}

static void name_print(const char *name, FILE *out)
{
    fputc('"', out);
    for (const char *c = name; *c != '\0'; c++) {
        fprintf(out, *c == '"' ? "\"\"" : "%c", *c);
    }
    fputs("\",", out);
}

static void trade_print(const struct tb_scenario *s, uint32_t hall, FILE *out)
{
    const struct tb_station *station = &s->config.stations[hall];
    const char *trade = s->trades[s->halls[hall].trade].id;

    for (uint32_t p = 0; p < station->profile_count; p++) {
        const struct tb_profile *profile = &station->profiles[p];
        const struct tb_label *skill = &s->halls[hall].skills[p];
        fprintf(out, "%s,%s,", trade, skill->id);
        name_print(skill->zh, out);
        name_print(skill->en, out);
        lines_print(s, hall, profile->serves, out);
        fputc(',', out);
        lines_print(s, hall, profile->helps, out);
        fprintf(out, ",%u,%s\n", profile->help_below, profile->remote != 0 ? "yes" : "no");
    }
    for (int k = 0; k < KEEPS; k++) {
        if (profile_of(s, hall, keeps[k].class) == TB_NONE) {
            fprintf(out, "%s,%s,%s,%s,*:%s,*,0,no\n", trade, keeps[k].skill, keeps[k].zh,
                    keeps[k].en, keeps[k].suffix);
        }
    }
}

void tbs_setting_skills(const struct tb_scenario *s, FILE *out)
{
    bool *told = calloc(s->trade_count, sizeof *told);

    tbs_assert(told != NULL);
    fprintf(out, "trade,skill,name,name_en,serves,helps,help_below,video\n");
    for (uint32_t h = 0; h < s->hall_count; h++) {
        if (!told[s->halls[h].trade]) {
            told[s->halls[h].trade] = true;
            trade_print(s, h, out);
        }
    }
    free(told);
}
