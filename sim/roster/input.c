#include "roster/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"

enum staff_column { PERSON, NAME, HALL, CONTRACT, SKILLS, SATURDAY, SATURDAYS, AWAY, STAFF_COUNT };
static const struct tbs_table_column staff_columns[STAFF_COUNT] = {
    {"person", "人员", true},    {"name", "姓名", false},       {"hall", "大厅", true},
    {"contract", "合同", false}, {"skills", "技能", false},     {"saturday", "周六", false},
    {"saturdays", "已上周六", false}, {"away", "请假", false},
};

enum rule_column { RULE_CONTRACT, RULE_RULE, RULE_VALUE, RULE_COLUMN_COUNT };
static const struct tbs_table_column rule_columns[RULE_COLUMN_COUNT] = {
    {"contract", "合同", false}, {"rule", "规则", true}, {"value", "值", true}};

static void *taken(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    tbs_assert(memory != NULL);
    return memory;
}

/* ---- contracts and their rules --------------------------------------------------------------- */

static int contract_find(struct tbs_input *in, const char *id)
{
    for (int c = 0; c < in->problem.contract_count; c++) {
        if (strcmp(in->contracts[c].id, id) == 0) {
            return c;
        }
    }
    return -1;
}

static int contract_add(struct tbs_input *in, const char *id)
{
    const int at = contract_find(in, id);

    if (at >= 0) {
        return at;
    }
    struct tbs_contract *c = &in->contracts[in->problem.contract_count];
    c->id = id;
    for (int r = 0; r < TBS_RULE_COUNT; r++) {
        c->rule[r] = tbs_roster_rules[r].standard;
    }
    return in->problem.contract_count++;
}

static int rule_find(const char *name)
{
    for (int r = 0; r < TBS_RULE_COUNT; r++) {
        if (strcmp(tbs_roster_rules[r].name, name) == 0) {
            return r;
        }
    }
    return -1;
}

static bool rule_value(int rule, const char *text, int *value)
{
    const struct tbs_roster_rule_row *row = &tbs_roster_rules[rule];
    char rest[8] = "";
    bool fine = false;

    if (row->unit == TBS_RULE_HOURS) {
        fine = tbs_half_hours_read(text, value);
    } else if (row->unit == TBS_RULE_CLOCK) {
        fine = tbs_clock_read(text, value);
    } else {
        fine = sscanf(text, "%9d%7s", value, rest) >= 1 &&
               (rest[0] == '\0' || (row->unit == TBS_RULE_PERCENT && strcmp(rest, "%") == 0));
    }
    return fine && *value >= row->least && *value <= row->most;
}

static void rule_names_tell(struct tbs_mistakes *m, const struct tbs_table *t, int row)
{
    char all[1200] = "";

    for (int r = 0; r < TBS_RULE_COUNT; r++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", r > 0 ? ", " : "",
                 tbs_roster_rules[r].name);
    }
    tbs_mistake(m, t->path, t->lines[row], 0,
                TBS_SAY(m, "没有规则“%s”；有：%s", "there is no rule '%s'; there are: %s"),
                tbs_cell(t, row, RULE_RULE), all);
}

static void rule_row(struct tbs_input *in, int row, struct tbs_mistakes *m)
{
    const struct tbs_table *t = &in->rules;
    const char *contract = tbs_cell(t, row, RULE_CONTRACT);
    const int rule = rule_find(tbs_cell(t, row, RULE_RULE));
    int value;

    if (rule < 0) {
        rule_names_tell(m, t, row);
        return;
    }
    if (!rule_value(rule, tbs_cell(t, row, RULE_VALUE), &value)) {
        static const char *const forms[] = {"7h, 3.5h, 30min", "08:30", "5", "200%"};
        tbs_mistake(m, t->path, t->lines[row], 0,
                    TBS_SAY(m, "%s 的值不对：“%s”；写法如 %s（%d..%d）",
                            "%s can't be '%s'; write it as %s (%d..%d)"),
                    tbs_roster_rules[rule].name, tbs_cell(t, row, RULE_VALUE),
                    forms[tbs_roster_rules[rule].unit], tbs_roster_rules[rule].least,
                    tbs_roster_rules[rule].most);
        return;
    }
    for (int c = 0; c < in->problem.contract_count; c++) {
        if (contract[0] == '\0' || strcmp(contract, in->contracts[c].id) == 0) {
            in->contracts[c].rule[rule] = value;
        }
    }
}

/* Rules that leave no shift, said at once rather than by a solver. */
static void contracts_look(struct tbs_input *in, const char *path, struct tbs_mistakes *m)
{
    for (int c = 0; c < in->problem.contract_count; c++) {
        struct tbs_shift_form *forms;

        if (tbs_shift_forms(&in->contracts[c], 0, &forms) == 0) {
            tbs_mistake(m, path != NULL ? path : "--rules", 0, 0,
                        TBS_SAY(m, "合同“%s”没有任何可排的班；看 shift_*、stretch_most、break_*",
                                "contract '%s' allows no shift at all; see shift_*, "
                                "stretch_most, break_*"),
                        in->contracts[c].id);
        }
        free(forms);
    }
}

static bool contracts_read(struct tbs_input *in, const char *path, struct tbs_mistakes *m)
{
    if (path != NULL && !tbs_table_read(&in->rules, path, rule_columns, RULE_COLUMN_COUNT, m)) {
        return false;
    }
    in->contracts = taken((size_t)in->rules.row_count + 2, sizeof *in->contracts);
    contract_add(in, "full");
    int *part = in->contracts[contract_add(in, "part")].rule;
    part[TBS_RULE_shift_least] = 6;
    part[TBS_RULE_shift_most] = 8;
    part[TBS_RULE_week_hours] = 40;
    for (int row = 0; row < in->rules.row_count; row++) {
        const char *id = tbs_cell(&in->rules, row, RULE_CONTRACT);
        if (id[0] != '\0') {
            contract_add(in, id);
        }
    }
    for (int general = 1; general >= 0; general--) { /* a contract's own rows win */
        for (int row = 0; row < in->rules.row_count; row++) {
            if ((tbs_cell(&in->rules, row, RULE_CONTRACT)[0] == '\0') == (general == 1)) {
                rule_row(in, row, m);
            }
        }
    }
    contracts_look(in, path, m);
    return m->count == 0;
}

/* ---- halls and posts ------------------------------------------------------------------------- */

static bool means(const struct tb_scenario *s, uint32_t hall, const char *item)
{
    static const char *const levels[] = {"city", "county", "town", "village"};
    const struct tb_scenario_hall *h = &s->halls[hall];
    const char *trade = s->trades[h->trade].id;
    const size_t length = strlen(trade);

    return strcmp(item, h->label.id) == 0 || strcmp(item, "*") == 0 || strcmp(item, trade) == 0 ||
           (strncmp(item, trade, length) == 0 && item[length] == '/' &&
            strcmp(item + length + 1, levels[h->level]) == 0);
}

static void places_read(struct tbs_input *in, int row, const char *trade, struct tbs_mistakes *m)
{
    const struct tb_scenario *s = in->scenario;
    char *copy = strdup(tbs_cell(&in->staff, row, HALL)), *list = copy, *item;
    int count = 0;

    tbs_assert(copy != NULL);
    while ((item = tbs_list_next(&list)) != NULL) {
        bool any = false;
        for (uint32_t h = 0; h < s->hall_count; h++) {
            if (means(s, h, item)) {
                any = true;
                if (trade == NULL || strcmp(s->trades[s->halls[h].trade].id, trade) == 0) {
                    in->places[(size_t)row * s->hall_count + h] = in->halls[h] = true;
                }
            }
        }
        count++;
        if (!any) {
            tbs_mistake(m, in->staff.path, in->staff.lines[row], HALL + 1,
                        TBS_SAY(m, "没有大厅“%s”；写大厅、行业或 行业/层级 的编号",
                                "there is no hall '%s'; write the id of a hall, a trade or "
                                "trade/level"),
                        item);
        }
    }
    if (count == 0) {
        tbs_mistake(m, in->staff.path, in->staff.lines[row], HALL + 1, "%s",
                    TBS_SAY(m, "没有写大厅", "no hall is given"));
    }
    free(copy);
}

static int post_find(const struct tbs_input *in, uint32_t hall, uint32_t profile)
{
    for (int k = 0; k < in->problem.post_count; k++) {
        if (in->posts[k].hall == hall && in->posts[k].profile == profile) {
            return k;
        }
    }
    return -1;
}

/* Half hours are taken whole: a shift of the plan that begins at 08:45 wants people from 08:30.
 * What a hall does on a date stands in the place of its kind of day. */
static void needs_take(struct tbs_input *in, const struct tb_shift *shift,
                       const struct tb_plan_date *date, int post)
{
    const struct tb_scenario *s = in->scenario;
    const int64_t half_us = TB_MINUTES(30);
    const int from = (int)(shift->from_us / half_us);
    const int to = (int)((shift->to_us + half_us - 1) / half_us);

    for (int d = 0; d < in->problem.day_count; d++) {
        const uint32_t day = in->days[d].number;
        const bool here =
            date != NULL ? date->day == day
                         : tb_scenario_day_kind(s, in->posts[post].hall, day) == shift->day_kind &&
                               tb_scenario_plan_date(s, in->posts[post].hall, day) == NULL;
        if (here) {
            uint16_t *need = &in->need[((size_t)d * in->problem.post_count + post) *
                                       TBS_HALF_HOURS];
            for (int h = from; h < to && h < TBS_HALF_HOURS; h++) {
                need[h]++;
            }
        }
    }
}

/* A shift of a kind of day, or of a date: its post is made, or its needs are taken. */
static void shift_take(struct tbs_input *in, const struct tb_shift *shift,
                       const struct tb_plan_date *date, bool needs)
{
    const struct tb_scenario *s = in->scenario;
    const uint32_t hall = s->servers[shift->server].station;

    if (hall >= s->hall_count || !in->halls[hall]) {
        return;
    }
    const int post = post_find(in, hall, shift->profile);
    if (needs) {
        needs_take(in, shift, date, post);
    } else if (post < 0) {
        const struct tb_scenario_hall *h = &s->halls[hall];
        const struct tb_label *skill = &h->skills[shift->profile];
        in->posts[in->problem.post_count++] = (struct tbs_post){
            hall, shift->profile, h->label.id, h->label.zh, skill->id, skill->zh};
    }
}

static void posts_make(struct tbs_input *in)
{
    const struct tb_scenario *s = in->scenario;
    uint32_t dated = 0;

    for (uint32_t i = 0; i < s->plan_date_count; i++) {
        dated += s->plan_dates[i].shift_count;
    }
    in->posts = taken(s->shift_count + dated, sizeof *in->posts);
    for (int needs = 0; needs < 2; needs++) {
        for (uint32_t i = 0; i < s->shift_count; i++) {
            shift_take(in, &s->shifts[i], NULL, needs == 1);
        }
        for (uint32_t i = 0; i < s->plan_date_count; i++) {
            const struct tb_plan_date *date = &s->plan_dates[i];
            for (uint32_t j = 0; j < date->shift_count; j++) {
                shift_take(in, &s->shifts[date->shift_first + j], date, needs == 1);
            }
        }
        if (needs == 0) {
            in->need = taken((size_t)in->problem.day_count * (size_t)in->problem.post_count *
                                 TBS_HALF_HOURS,
                             sizeof *in->need);
        }
    }
}

/* ---- days ------------------------------------------------------------------------------------ */

static void days_make(struct tbs_input *in, const struct tbs_roster_ask *ask)
{
    const struct tb_scenario *s = in->scenario;
    int week = 0;

    in->days = taken(ask->day_count, sizeof *in->days);
    in->problem.day_count = (int)ask->day_count;
    for (uint32_t d = 0; d < ask->day_count; d++) {
        const struct tb_scenario_day *day = &s->days[ask->day_first + d];
        week += d > 0 && day->weekday == 0;
        in->days[d] = (struct tbs_roster_day){
            .year = day->year, .month = day->month, .day = day->day,
            .weekday = (int)day->weekday, .number = ask->day_first + d, .week = week,
            .quarter = day->year * 4 + (day->month - 1) / 3,
            .saturday = day->weekday == 5 && day->mark != TB_DAY_MAKE_UP};
    }
}

/* ---- people ---------------------------------------------------------------------------------- */

static void skills_read(struct tbs_input *in, int row, bool *fills, struct tbs_mistakes *m)
{
    const struct tb_scenario *s = in->scenario;
    const bool *places = &in->places[(size_t)row * s->hall_count];
    char *copy = strdup(tbs_cell(&in->staff, row, SKILLS)), *list = copy, *item;
    const bool all = tbs_list_next(&list) == NULL;

    tbs_assert(copy != NULL);
    strcpy(copy, tbs_cell(&in->staff, row, SKILLS));
    list = copy;
    for (int k = 0; k < in->problem.post_count; k++) {
        fills[k] = all && places[in->posts[k].hall];
    }
    while ((item = tbs_list_next(&list)) != NULL) {
        bool known = strcmp(item, "*") == 0;
        for (uint32_t h = 0; h < s->hall_count; h++) {
            for (uint32_t p = 0; places[h] && p < s->config.stations[h].profile_count; p++) {
                known |= strcmp(item, s->halls[h].skills[p].id) == 0;
            }
        }
        for (int k = 0; k < in->problem.post_count; k++) {
            fills[k] |= places[in->posts[k].hall] &&
                        (strcmp(item, "*") == 0 || strcmp(item, in->posts[k].skill_id) == 0);
        }
        if (!known) {
            tbs_mistake(m, in->staff.path, in->staff.lines[row], SKILLS + 1,
                        TBS_SAY(m, "没有技能“%s”；见 skills.csv，`*` 为全部",
                                "there is no skill '%s' at this hall; see skills.csv, * for all"),
                        item);
        }
    }
    free(copy);
}

/* Days of leave: dates, or 2021-06-01~2021-06-05. Those outside the period mean nothing here. */
static void away_read(struct tbs_input *in, int row, bool *away, struct tbs_mistakes *m)
{
    char *copy = strdup(tbs_cell(&in->staff, row, AWAY)), *list = copy, *item;

    tbs_assert(copy != NULL);
    while ((item = tbs_list_next(&list)) != NULL) {
        char first[32], *wave = strchr(item, '~');
        int y[2], mo[2], d[2];

        snprintf(first, sizeof first, "%.*s", wave != NULL ? (int)(wave - item) : 31, item);
        const bool fine = tbs_date_read(first, &y[0], &mo[0], &d[0]) &&
                          tbs_date_read(wave != NULL ? wave + 1 : first, &y[1], &mo[1], &d[1]);
        if (!fine) {
            tbs_mistake(m, in->staff.path, in->staff.lines[row], AWAY + 1,
                        TBS_SAY(m, "请假日期不对：“%s”；写 2021-06-01 或 2021-06-01~2021-06-05",
                                "'%s' is no date; write 2021-06-01 or 2021-06-01~2021-06-05"),
                        item);
            continue;
        }
        for (int t = 0; t < in->problem.day_count; t++) {
            const struct tbs_roster_day *day = &in->days[t];
            const int at = (day->year * 100 + day->month) * 100 + day->day;
            away[t] |= at >= (y[0] * 100 + mo[0]) * 100 + d[0] &&
                       at <= (y[1] * 100 + mo[1]) * 100 + d[1];
        }
    }
    free(copy);
}

static void saturdays_read(struct tbs_input *in, int row, struct tbs_person *person,
                           struct tbs_mistakes *m)
{
    const char *yes = tbs_cell(&in->staff, row, SATURDAY);
    const char *count = tbs_cell(&in->staff, row, SATURDAYS);
    char *end = (char *)count;

    person->saturday = strcmp(yes, "no") != 0 && strcmp(yes, "否") != 0;
    if (person->saturday && yes[0] != '\0' && strcmp(yes, "yes") != 0 && strcmp(yes, "是") != 0) {
        tbs_mistake(m, in->staff.path, in->staff.lines[row], SATURDAY + 1,
                    TBS_SAY(m, "周六写 是 或 否，不是“%s”", "saturday is yes or no, not '%s'"),
                    yes);
    }
    person->saturdays = (int)strtol(count, &end, 10);
    if (*end != '\0' || person->saturdays < 0 || person->saturdays > 14) {
        tbs_mistake(m, in->staff.path, in->staff.lines[row], SATURDAYS + 1,
                    TBS_SAY(m, "本季度已上的周六数 0..14，不是“%s”",
                            "Saturdays worked this quarter: 0..14, not '%s'"),
                    count);
    }
}

static void person_read(struct tbs_input *in, int row, struct tbs_mistakes *m)
{
    const struct tbs_table *t = &in->staff;
    const int at = in->problem.person_count;
    struct tbs_person *person = &in->people[at];
    const char *contract = tbs_cell(t, row, CONTRACT), *name = tbs_cell(t, row, NAME);
    bool *fills = &in->fills[(size_t)at * (size_t)in->problem.post_count];
    bool *away = &in->away[(size_t)at * (size_t)in->problem.day_count];
    bool here = false;

    *person = (struct tbs_person){.id = tbs_cell(t, row, PERSON), .posts = fills, .away = away};
    person->name = name[0] != '\0' ? name : person->id;
    for (uint32_t h = 0; h < in->scenario->hall_count; h++) {
        here |= in->places[(size_t)row * in->scenario->hall_count + h];
    }
    if (!here) { /* of another trade than was asked for */
        return;
    }
    const int c = contract[0] != '\0' ? contract_find(in, contract) : 0;
    if (c < 0) {
        tbs_mistake(m, t->path, t->lines[row], CONTRACT + 1,
                    TBS_SAY(m, "没有合同“%s”；full、part，或 --rules 中写的",
                            "there is no contract '%s'; full, part, or one of --rules"),
                    contract);
    }
    person->contract = c < 0 ? 0 : (uint32_t)c;
    for (int other = 0; other < at; other++) {
        if (strcmp(in->people[other].id, person->id) == 0) {
            tbs_mistake(m, t->path, t->lines[row], PERSON + 1,
                        TBS_SAY(m, "人员“%s”写了两次", "person '%s' is there twice"), person->id);
        }
    }
    skills_read(in, row, fills, m);
    away_read(in, row, away, m);
    saturdays_read(in, row, person, m);
    in->problem.person_count++;
}

static bool staff_read(struct tbs_input *in, const struct tbs_roster_ask *ask,
                       struct tbs_mistakes *m)
{
    const struct tb_scenario *s = in->scenario;

    if (!tbs_table_read(&in->staff, ask->staff_path, staff_columns, STAFF_COUNT, m)) {
        return false;
    }
    const size_t rows = (size_t)in->staff.row_count;
    in->places = taken(rows * s->hall_count, sizeof *in->places);
    for (int row = 0; row < in->staff.row_count; row++) {
        places_read(in, row, ask->trade, m);
    }
    posts_make(in);
    in->people = taken(rows, sizeof *in->people);
    in->fills = taken((rows + 1) * (size_t)in->problem.post_count, sizeof *in->fills);
    in->away = taken((rows + 1) * ask->day_count, sizeof *in->away);
    for (int row = 0; row < in->staff.row_count; row++) {
        person_read(in, row, m);
    }
    if (m->count == 0 && in->problem.person_count == 0) {
        tbs_mistake(m, ask->staff_path, 0, 0, "%s",
                    TBS_SAY(m, "没有可排的人（看 --trade 和大厅）",
                            "nobody to roster (see --trade and the halls)"));
    }
    return m->count == 0;
}

bool tbs_input_read(struct tbs_input *in, const struct tb_scenario *scenario,
                    const struct tbs_roster_ask *ask, struct tbs_mistakes *m)
{
    *in = (struct tbs_input){.scenario = scenario};
    in->halls = taken(scenario->hall_count, sizeof *in->halls);
    days_make(in, ask);
    if (!contracts_read(in, ask->rules_path, m) || !staff_read(in, ask, m)) {
        return false;
    }
    in->problem.contracts = in->contracts;
    in->problem.posts = in->posts;
    in->problem.people = in->people;
    in->problem.days = in->days;
    in->problem.need = in->need;
    return true;
}

void tbs_input_free(struct tbs_input *in)
{
    tbs_table_free(&in->staff);
    tbs_table_free(&in->rules);
    free(in->contracts);
    free(in->posts);
    free(in->people);
    free(in->days);
    free(in->need);
    free(in->fills);
    free(in->away);
    free(in->halls);
    free(in->places);
    *in = (struct tbs_input){0};
}
