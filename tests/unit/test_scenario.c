/* What a right scenario becomes; the shipped ones, with their arithmetic exact to the last
 * unit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder/folder.h"
#include "tongban/city.h"

static struct tb_scenario *load(const char *dir)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario = tb_scenario_load(dir, &problems);

    for (uint32_t i = 0; i < problems.count; i++)
        fprintf(stderr, "    %s:%u:%u: %s\n", problems.problems[i].file, problems.problems[i].line,
                problems.problems[i].column, problems.problems[i].en);
    cr_assert_not_null(scenario, "%s does not load", dir);
    tb_scenario_problems_free(&problems);
    return scenario;
}

/* The base scenario of tests/folder with some files changed; the folder is gone afterwards. */
struct change {
    const char *name, *text;
    size_t bytes;
};
static struct tb_scenario *load_changed(const struct change *changes, int count)
{
    char path[FOLDER_PATH_BYTES];

    folder_make(path);
    folder_base(path);
    for (int i = 0; i < count; i++)
        folder_write(path, changes[i].name, changes[i].text, changes[i].bytes);
    struct tb_scenario *scenario = load(path);
    folder_remove(path);
    return scenario;
}

static uint32_t kind_of(const struct tb_scenario *s, const char *id)
{
    for (uint32_t i = 0; i < s->day_kind_count; i++) {
        if (strcmp(s->day_kinds[i].id, id) == 0)
            return i;
    }
    return TB_NONE;
}

static uint64_t volume_milli(const struct tb_scenario *s)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < s->hall_count; i++)
        sum += s->halls[i].volume_milli;
    return sum;
}

/* ---- the shipped scenarios --------------------------------------------------------------- */

static const char *const shipped[] = {
    "city58",         "stress",      "peer-year",      "bank",           "teach-mm1",
    "teach-mmc",      "teach-mmck",  "teach-erlang-a", "teach-priority", "teach-mg1",
    "teach-md1",      "teach-me1",   "teach-mh1",      "teach-jackson",  "teach-one-hall",
    "teach-three-halls"};

Test(scenario, every_shipped_one_loads_and_makes_a_city)
{
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        char path[128];
        struct tb_config_error error;

        snprintf(path, sizeof path, "sim/scenarios/%s", shipped[i]);
        struct tb_scenario *s = load(path);
        cr_expect_eq(tb_config_check(&s->config, &error), TB_STATUS_OK, "%s", path);
        const size_t bytes = tb_city_bytes(&s->config);
        void *block = aligned_alloc(TB_CITY_ALIGN, (bytes + 63) / 64 * 64);
        cr_expect_eq(tb_city_init(block, bytes, &s->config), TB_STATUS_OK, "%s", path);
        cr_expect_eq(tb_city_config_id(block), s->config.id);
        cr_expect_str_eq(s->label.id, shipped[i]);
        free(block);
        tb_scenario_free(s);
    }
}

/* Days of a kind from one date to another, and the expected cases of all halls on them in
 * millionths. Every hall of city58 has the same days, so one calendar speaks for all. */
struct span {
    uint32_t days;
    uint64_t micro;
};
static struct span span_of(const struct tb_scenario *s, const char *kind, uint32_t first,
                           uint32_t last)
{
    const uint32_t want = kind_of(s, kind);
    struct span span = {0, 0};

    for (uint32_t d = first; d <= last; d++) {
        if (s->days[d].kind != want)
            continue;
        span.days++;
        span.micro += s->demand.parts[0][d];
    }
    return span;
}

Test(scenario, city58_has_the_published_totals_exactly)
{
    const uint64_t unit = 1000000;
    struct tb_scenario *s = load("sim/scenarios/city58");
    const uint32_t from = tb_scenario_day_find(s, 2021, 5, 22);
    const uint32_t april = tb_scenario_day_find(s, 2022, 4, 30);
    const uint32_t year = tb_scenario_day_find(s, 2022, 5, 21);

    cr_assert_eq(s->hall_count, 58);
    cr_assert_eq(s->demand.unit, TB_DEMAND_CASES);
    cr_assert_eq(volume_milli(s), UINT64_C(1500000) * 1000);
    cr_assert_eq(s->demand.parts_total, 1500000 * unit);
    cr_assert_eq(s->demand.year_first, from);
    cr_assert_eq(s->demand.year_last, year);
    cr_assert_eq(year - from + 1, 365);
    for (uint32_t i = 0; i < s->hall_count; i++) {
        for (uint32_t d = from; d <= year; d++)
            cr_assert_eq(s->demand.parts[s->halls[i].calendar][d], s->demand.parts[0][d]);
    }

    const struct span saturdays = span_of(s, "saturday", from, april);
    const struct span workdays = span_of(s, "workday", from, april);
    cr_expect_eq(saturdays.days, 41);
    cr_expect_eq(saturdays.micro, 121977 * unit);
    cr_expect_eq(workdays.days, 236);
    cr_expect_eq(workdays.micro, 236 * 5473 * unit);
    const struct span more_saturdays = span_of(s, "saturday", april + 1, year);
    const struct span more_workdays = span_of(s, "workday", april + 1, year);
    cr_expect_eq(more_saturdays.days, 2);
    cr_expect_eq(more_workdays.days, 13);
    cr_expect_eq(saturdays.micro + workdays.micro + more_saturdays.micro + more_workdays.micro,
                 1500000 * unit);
    cr_expect_eq(span_of(s, "closed", from, year).micro, 0);

    /* And by the function that a simulation asks. */
    double cases = 0;
    for (uint32_t i = 0; i < s->hall_count; i++) {
        for (uint32_t d = from; d <= year; d++)
            cases += tb_scenario_cases(s, i, d);
    }
    cr_expect_float_eq(cases, 1500000, 1e-6);
    tb_scenario_free(s);
}

Test(scenario, city58_has_the_published_calendar)
{
    struct tb_scenario *s = load("sim/scenarios/city58");
    const uint32_t from = tb_scenario_day_find(s, 2021, 5, 22);
    const uint32_t april = tb_scenario_day_find(s, 2022, 4, 30);
    const uint32_t workday = kind_of(s, "workday"), closed = kind_of(s, "closed");
    uint32_t saturdays = 0, holidays = 0, make_up = 0;

    for (uint32_t d = from; d <= april; d++) {
        const struct tb_scenario_day *day = &s->days[d];

        if (day->weekday != 5)
            continue;
        saturdays++;
        holidays += day->mark == TB_DAY_HOLIDAY && day->kind == closed;
        make_up += day->mark == TB_DAY_MAKE_UP && day->kind == workday;
    }
    cr_expect_eq(saturdays, 50);
    cr_expect_eq(holidays, 5);
    cr_expect_eq(make_up, 4);
    const struct tb_scenario_day *spring = &s->days[tb_scenario_day_find(s, 2022, 2, 1)];
    cr_expect_eq(spring->kind, closed);
    cr_expect_str_eq(spring->name, "春节");
    cr_expect_eq(spring->weekday, 1);
    /* The service day begins at midnight in China. */
    cr_expect_eq(s->config.calendars[0].days[from].starts_at_us,
                 TB_SECONDS(1621612800)); /* 2021-05-21T16:00:00Z */
    cr_expect_eq(tb_scenario_day_at(s, TB_SECONDS(1621612800) + TB_HOURS(23)), from);
    tb_scenario_free(s);
}

struct expected {
    const char *trade;
    uint32_t halls[2]; /* city, county */
    double cases[2], minutes, cv;
    uint32_t workday[2], saturday[2];
};
/* The reference city's table. */
static const struct expected trades[] = {
    {"police", {2, 7}, {140000, 30000}, 9.5, 0.75, {15, 4}, {8, 2}},
    {"social", {1, 7}, {70000, 24000}, 12, 0.9, {10, 4}, {5, 2}},
    {"tax", {1, 7}, {60000, 20000}, 14, 1.0, {10, 4}, {5, 2}},
    {"estate", {1, 7}, {60000, 16000}, 22, 0.8, {15, 4}, {8, 3}},
    {"centre", {1, 7}, {15000, 14000}, 18, 1.1, {3, 3}, {2, 2}},
    {"fund", {1, 4}, {30000, 10000}, 15, 0.7, {5, 2}, {3, 1}},
    {"justice", {1, 3}, {8000, 4000}, 35, 0.9, {4, 2}, {2, 1}},
    {"water", {1, 2}, {35000, 20000}, 7, 0.8, {3, 2}, {2, 1}},
    {"power", {1, 2}, {36000, 24000}, 7, 0.8, {3, 2}, {2, 1}},
    {"gas", {1, 1}, {20000, 18000}, 7, 0.8, {2, 2}, {1, 1}},
};

Test(scenario, city58_halls_are_those_of_the_table)
{
    struct tb_scenario *s = load("sim/scenarios/city58");
    const uint32_t workday = kind_of(s, "workday"), saturday = kind_of(s, "saturday");
    uint32_t seen[10][2] = {{0}};

    cr_assert_eq(s->trade_count, 10);
    for (uint32_t i = 0; i < s->hall_count; i++) {
        const struct tb_scenario_hall *hall = &s->halls[i];
        const struct expected *e = &trades[hall->trade];
        const struct tb_mix *mix = &s->mixes[hall->mix];
        const int level = hall->level == TB_LEVEL_COUNTY;

        cr_expect_str_eq(s->trades[hall->trade].id, e->trade);
        seen[hall->trade][level]++;
        cr_expect_eq(hall->volume_milli, (uint64_t)e->cases[level] * 1000);
        /* Means are in whole seconds for each matter: 0.1% is left for that. */
        cr_expect_float_eq(mix->service_mean_us / 60e6, e->minutes, e->minutes / 1000);
        cr_expect_float_eq(mix->service_cv, e->cv, 0.001);
        cr_expect_eq(tb_scenario_windows_open(s, i, workday, TB_HOURS(9)), e->workday[level]);
        cr_expect_eq(tb_scenario_windows_open(s, i, workday, TB_HOURS(17)), e->workday[level]);
        cr_expect_eq(tb_scenario_windows_open(s, i, saturday, TB_HOURS(9)), e->saturday[level]);
        const bool noon = strcmp(hall->label.id, "centre-city") == 0;
        cr_expect_eq(tb_scenario_windows_open(s, i, workday, TB_HOURS(13)) > 0, noon);
    }
    for (int t = 0; t < 10; t++) {
        cr_expect_eq(seen[t][0], trades[t].halls[0]);
        cr_expect_eq(seen[t][1], trades[t].halls[1]);
    }
    tb_scenario_free(s);
}

Test(scenario, city58_matters_are_as_many_as_published)
{
    struct tb_scenario *s = load("sim/scenarios/city58");
    const uint32_t centre = tb_scenario_station_find(s, "centre-city");
    uint32_t police = 0, others = 0, wide = 0, cross_city = 0, cross_province = 0, at_centre = 0;
    uint32_t levels[TB_LEVEL_COUNT] = {0};
    uint64_t help_milli = 0;

    for (uint32_t i = 0; i < s->matter_count; i++) {
        const struct tb_scenario_matter *m = &s->matters[i];

        if (m->help) {
            help_milli += m->direct_milli;
            continue;
        }
        *(m->trade == 0 ? &police : &others) += 1;
        wide += (m->scope & TB_SCOPE_CITY) != 0;
        cross_city += (m->scope & TB_SCOPE_CROSS_CITY) != 0;
        cross_province += (m->scope & TB_SCOPE_CROSS_PROVINCE) != 0;
        for (uint32_t level = 0; level < TB_LEVEL_COUNT; level++)
            levels[level] += m->levels >> level & 1;
        const struct tb_matter *c = &s->config.matters[i];
        for (uint32_t h = 0; h < c->hall_count; h++)
            at_centre += c->halls[h] == centre;
    }
    cr_expect_eq(police, 200);
    cr_expect_eq(others, 1200);
    cr_expect_eq(at_centre, 1200);
    cr_expect_eq(wide, 1087);
    cr_expect_eq(cross_city, 1146);
    cr_expect_eq(cross_province, 418);
    cr_expect_eq(help_milli, (241 + 131 + 411 + 35) * 1000);
    for (uint32_t level = 1; level < TB_LEVEL_COUNT; level++) {
        cr_expect_gt(levels[level], 0);
        cr_expect_lt(levels[level], levels[level - 1]);
    }
    uint32_t teams = 0;
    for (uint32_t i = 0; i < s->desk_count; i++)
        teams += s->desks[i].help ? s->desks[i].approver_count : 0;
    cr_expect_eq(teams, 53);
    cr_expect_neq(s->remote_station, TB_STATION_NONE);
    for (uint32_t i = 0; i < s->source_count; i++)
        cr_expect_neq(s->sources[i].mark, '?', "%s has no mark", s->sources[i].label.id);
    tb_scenario_free(s);
}

Test(scenario, stress_is_city58_with_2_4_million_cases)
{
    struct tb_scenario *s = load("sim/scenarios/stress");
    double cases = 0;

    for (uint32_t i = 0; i < s->hall_count; i++) {
        for (uint32_t d = s->demand.year_first; d <= s->demand.year_last; d++)
            cases += tb_scenario_cases(s, i, d);
    }
    cr_expect_float_eq(cases, 2400000, 1e-6);
    cr_expect_str_eq(s->label.en, "stress variant (city-wide handling, 2.4 million a year)");
    tb_scenario_free(s);
}

Test(scenario, peer_year_is_as_defined)
{
    struct tb_scenario *s = load("sim/scenarios/peer-year");
    double sum = 0;

    cr_assert_eq(s->hall_count, 58);
    cr_assert_eq(s->window_count, 289);
    cr_assert_eq(s->day_count, 250);
    cr_assert_eq(volume_milli(s), UINT64_C(1500000) * 1000);
    for (int i = 0; i < 58; i++)
        sum += 0.3 + 3.2 * pow((i + 0.5) / 58, 3);
    for (uint32_t i = 0; i < 58; i++) {
        const double weight = 0.3 + 3.2 * pow((i + 0.5) / 58, 3);
        const double a = 14 * (1500000 * weight / sum / 250) / 480 * 1.15;
        const double c = fmin(fmax(ceil(a + 0.6 * sqrt(a)), 2), 16);

        cr_expect_float_eq((double)s->halls[i].volume_milli, 1.5e9 * weight / sum, 1);
        cr_expect_eq(s->halls[i].window_count, (uint32_t)c);
        cr_expect_float_eq(tb_scenario_visitors(s, i, 0), 1500000 * weight / sum / 250, 0.001);
    }
    cr_expect_float_eq(s->mixes[0].service_mean_us, 14 * 60e6, 1e-3);
    cr_expect_float_eq(s->mixes[0].service_cv, 0.8, 1e-9);
    tb_scenario_free(s);
}

/* A matter that is brought with others makes less people of as many cases. */
Test(scenario, visitors_are_fewer_than_cases)
{
    struct tb_scenario *s = load("sim/scenarios/city58");
    const uint32_t day = tb_scenario_day_find(s, 2021, 6, 7);

    cr_expect_float_eq(tb_scenario_visitors(s, 0, day) * 1.15, tb_scenario_cases(s, 0, day), 1e-9);
    tb_scenario_free(s);
}

/* ---- how it may be written --------------------------------------------------------------- */

/* The demand table as Chinese Excel may save it. */
struct encoded {
    const char *name, *text;
    size_t bytes;
    const char *encoding;
    bool crlf;
};
#define TEXT(text) text, sizeof(text) - 1
static const struct encoded encoded[] = {
    {"UTF-8", TEXT("大厅,量\npolice-1,\"20,000\"\ntax-1,8000\ntax-2,3000.5\n"), "UTF-8", false},
    {"with BOM", TEXT("\xef\xbb\xbf大厅,年办件量\r\npolice-1,20000\r\ntax-1,8000\r\ntax-2,3000.5"),
     "UTF-8 with BOM", true},
    {"GBK", TEXT("\xb4\xf3\xcc\xfc,\xc4\xea\xb0\xec\xbc\xfe\xc1\xbf\r\n"
                 "police-1,20000\r\ntax-1,8000\r\ntax-2,3000.5\r\n"),
     "GB18030", true},
    {"columns turned round, full-width digits, remarks and empty rows",
     TEXT("量,mark,大厅\n２００００,A,police-1\n,,\n# 备注,x\n \"8,000\" ,P, tax-1 \n"
          "3000.5 [P],,tax-2\n"),
     "UTF-8", false},
    {"a new line within quotes", TEXT("hall,\"mark\",volume\npolice-1,\"A\",20000\n"
                                      "tax-1,\"\n\",8000\ntax-2,,3000.5\n"),
     "UTF-8", false},
};

Test(scenario, tables_are_read_in_every_encoding)
{
    for (size_t i = 0; i < sizeof encoded / sizeof encoded[0]; i++) {
        const struct encoded *e = &encoded[i];
        const struct change change = {"demand.csv", e->text, e->bytes};
        struct tb_scenario *s = load_changed(&change, 1);
        const struct tb_scenario_file *file = NULL;

        cr_expect_eq(s->halls[0].volume_milli, 20000000, "%s", e->name);
        cr_expect_eq(s->halls[1].volume_milli, 8000000, "%s", e->name);
        cr_expect_eq(s->halls[2].volume_milli, 3000500, "%s", e->name);
        for (uint32_t f = 0; f < s->file_count; f++) {
            if (strstr(s->files[f].path, "demand.csv") != NULL)
                file = &s->files[f];
        }
        cr_assert_not_null(file);
        cr_expect_str_eq(file->encoding, e->encoding, "%s", e->name);
        cr_expect_eq(file->crlf, e->crlf, "%s", e->name);
        cr_expect_eq(file->rows, 3, "%s", e->name);
        tb_scenario_free(s);
    }
}

Test(scenario, a_name_in_gbk_is_the_same_name)
{
    const struct change change = {
        "desks.csv",
        TEXT("desk,name,approvers\ntax-desk,\xcb\xb0\xce\xf1\xc9\xf3\xc5\xfa\xb8\xda,3\n")};
    struct tb_scenario *s = load_changed(&change, 1);

    cr_expect_str_eq(s->desks[0].label.zh, "税务审批岗");
    tb_scenario_free(s);
}

/* ---- what it becomes --------------------------------------------------------------------- */

Test(scenario, stations_and_servers_are_in_the_order_of_the_header)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    const struct tb_config *c = &s->config;

    cr_assert_eq(c->station_count, 5); /* three halls, a desk, the remote station */
    cr_assert_eq(s->remote_station, 4);
    cr_expect_eq(c->stations[0].kind, TB_STATION_HALL);
    cr_expect_eq(c->stations[3].kind, TB_STATION_DESK);
    cr_expect_eq(c->stations[4].kind, TB_STATION_REMOTE);
    cr_assert_eq(s->window_count, 7);
    cr_assert_eq(s->server_count, 10);
    cr_expect_str_eq(s->servers[3].label.zh, "绿色通道");
    cr_expect_str_eq(s->servers[3].label.id, "police-1#4");
    cr_expect_float_eq(s->servers[3].speed, 1.1, 1e-12);
    cr_expect_eq(c->stations[0].servers[3], 1); /* the skill "green" */
    cr_expect_eq(s->servers[7].station, 3);
    /* Skills: all lines of both groups; the green lines, and help in the others. */
    cr_expect_eq(c->stations[0].profiles[0].serves, 0xff);
    cr_expect_eq(c->stations[0].profiles[0].remote, 0xf);
    cr_expect_eq(c->stations[0].profiles[1].serves, 0x22);
    cr_expect_eq(c->stations[0].profiles[1].helps, 0xdd);
    cr_expect_eq(c->stations[0].profiles[1].help_below, 2);
    cr_expect_eq(c->stations[0].profiles[1].remote, 0);
    /* Groups: means of what people come for, quota, capacity by windows that serve it. */
    cr_expect_eq(c->stations[0].groups[0].service_mean_us, TB_MINUTES(10));
    cr_expect_eq(c->stations[0].groups[1].quota, 200);
    cr_expect_eq(c->stations[0].groups[0].slot_capacity, 4);
    cr_expect_eq(c->stations[0].groups[1].slot_capacity, 2);
    cr_expect_eq(c->stations[1].slot_us, 0);
    tb_scenario_free(s);
}

Test(scenario, matters_and_routes_become_those_of_the_config)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    const struct tb_matter *t1 = &s->config.matters[tb_scenario_matter_find(s, "t1")];
    const struct tb_matter *p2 = &s->config.matters[tb_scenario_matter_find(s, "p2")];

    cr_assert_eq(t1->hall_count, 3); /* both tax halls, and the police hall by also_at */
    cr_expect_eq(t1->halls[0], 0);
    cr_expect_eq(t1->halls[2], 2);
    cr_expect_eq(t1->route, 0);
    cr_expect_eq(p2->route, TB_MATTER_NONE);
    cr_expect_eq(p2->hall_count, 1); /* no police hall in the county */
    cr_expect_eq(s->matters[2].scope, TB_SCOPE_CITY | TB_SCOPE_CROSS_CITY);

    const struct tb_route *route = &s->config.routes[0];
    cr_assert_eq(route->step_count, 4);
    cr_expect_eq(route->steps[0].next_count, 2);
    cr_expect_eq(route->steps[0].next[1], 2);
    cr_expect_eq(route->steps[1].kind, TB_STEP_OUTSIDE);
    cr_expect_eq(route->steps[2].kind, TB_STEP_FORK);
    cr_expect_eq(route->steps[2].station, 3);
    cr_expect_eq(route->steps[3].joins, 2);
    cr_expect_eq(route->steps[3].next_count, 0);
    /* A working day of the desk has 6 hours. */
    cr_expect_eq(route->steps[0].due_work_us, TB_HOURS(12));
    cr_expect_eq(route->due_work_us, TB_HOURS(30));
    cr_expect_eq(s->routes[0].steps[1].work.law, TB_LAW_GAMMA);
    cr_expect_eq(s->routes[0].steps[1].work.mean_us, TB_DAYS(1));
    tb_scenario_free(s);
}

Test(scenario, the_plan_opens_and_closes_windows)
{
    const struct change change = {"plans.csv",
                                  TEXT("hall,day,from,to,windows,skill\n"
                                       "police-1,workday,08:30,12:00,4,\n"
                                       "police-1,workday,12:00,14:00,1,\n"
                                       "police-1,workday,14:00,17:30,1~2 4,\n"
                                       "police-1,saturday,08:30,12:00,2~2,green\n")};
    struct tb_scenario *s = load_changed(&change, 1);
    uint32_t opens = 0, closes = 0;

    cr_expect_eq(tb_scenario_windows_open(s, 0, 0, TB_HOURS(9)), 4);
    cr_expect_eq(tb_scenario_windows_open(s, 0, 0, TB_HOURS(13)), 1);
    cr_expect_eq(tb_scenario_windows_open(s, 0, 0, TB_HOURS(15)), 3);
    cr_expect_eq(tb_scenario_windows_open(s, 0, 1, TB_HOURS(9)), 1);
    /* Stations that the plan leaves out work whenever they are open. */
    cr_expect_eq(tb_scenario_windows_open(s, 1, 0, TB_HOURS(9)), 2);
    cr_expect_eq(tb_scenario_windows_open(s, 1, 0, TB_HOURS(13)), 0);
    cr_expect_eq(tb_scenario_windows_open(s, 3, 0, TB_HOURS(9)), 3);
    for (uint32_t i = 0; i < s->config.plan_count; i++) {
        const struct tb_plan_entry *e = &s->config.plan[i];

        if (e->server != 0 || e->day_kind != 0)
            continue;
        opens += e->action == TB_PLAN_OPEN;
        closes += e->action == TB_PLAN_CLOSE;
        if (e->action == TB_PLAN_CLOSE)
            cr_expect_eq(e->offset_us, TB_HOURS(17) + TB_MINUTES(30));
    }
    cr_expect_eq(opens, 1); /* three shifts without a gap are one */
    cr_expect_eq(closes, 1);
    const struct tb_shift *last = &s->shifts[0];
    for (uint32_t i = 0; i < s->shift_count; i++) {
        if (s->shifts[i].day_kind == 1 && s->shifts[i].server < 4)
            last = &s->shifts[i];
    }
    cr_expect_eq(last->server, 1);
    cr_expect_eq(last->profile, 1);
    tb_scenario_free(s);
}

Test(scenario, windows_stay_for_those_who_hold_a_number)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    struct tb_scenario_problems problems = {0};

    cr_assert(tb_scenario_set(s, "stay=3h", &problems));
    for (uint32_t i = 0; i < s->config.plan_count; i++) {
        const struct tb_plan_entry *e = &s->config.plan[i];

        if (e->action != TB_PLAN_CLOSE || e->day_kind != 0)
            continue;
        if (e->server == 0) /* until the next shift, then the day's last by three hours */
            cr_expect(e->offset_us == TB_HOURS(14) ||
                      e->offset_us == TB_HOURS(20) + TB_MINUTES(30));
        if (e->server >= s->window_count) /* approvers go */
            cr_expect(e->offset_us == TB_HOURS(12) || e->offset_us == TB_HOURS(17));
    }
    tb_scenario_free(s);
}

Test(scenario, demand_is_spread_by_weekday_and_totals)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    const uint32_t saturday = 1;
    uint64_t saturdays = 0, all = 0;

    cr_assert_eq(s->demand.parts_total, UINT64_C(31000500000));
    for (uint32_t d = 0; d < s->day_count; d++) {
        all += s->demand.parts[0][d];
        saturdays += s->days[d].kind == saturday ? s->demand.parts[0][d] : 0;
    }
    cr_expect_eq(all, s->demand.parts_total);
    cr_expect_eq(saturdays, UINT64_C(4100000000));
    const uint32_t monday = tb_scenario_day_find(s, 2022, 1, 10);
    cr_expect_float_eq((double)s->demand.parts[0][monday] / (double)s->demand.parts[0][monday + 1],
                       1.2, 1e-6);
    cr_expect_eq(s->demand.parts[0][tb_scenario_day_find(s, 2022, 1, 3)], 0); /* New Year */
    tb_scenario_free(s);
}

/* ---- set, plan, hash --------------------------------------------------------------------- */

Test(scenario, set_changes_one_value_and_all_that_follows)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    struct tb_scenario_problems problems = {0};
    const uint64_t before = s->hash;
    const double cases = tb_scenario_cases(s, 0, 5);

    cr_expect_eq(s->config.stations[0].rules->value[TB_RULE_overtake_max], 9);
    cr_expect_eq(s->config.stations[1].rules->value[TB_RULE_call_timeout_us], TB_SECONDS(60));
    cr_expect_eq(s->config.stations[0].rules->value[TB_RULE_call_timeout_us], 0);
    cr_assert(tb_scenario_set(s, "overtake_max=5", &problems));
    cr_assert(tb_scenario_set(s, "police.overtake_max = 7", &problems));
    cr_assert(tb_scenario_set(s, "green_share=25%", &problems));
    cr_assert(tb_scenario_set(s, "demand.scale=2", &problems));
    cr_assert(tb_scenario_set(s, "promise.wait=10min", &problems));
    cr_assert(tb_scenario_set(s, "travel_weight=150%", &problems));
    cr_expect_eq(s->config.stations[0].rules->value[TB_RULE_overtake_max], 7);
    cr_expect_eq(s->config.stations[1].rules->value[TB_RULE_overtake_max], 5);
    cr_expect_eq(s->config.stations[1].rules->value[TB_RULE_travel_weight_pct], 150);
    cr_expect_float_eq(s->people.green_share, 0.25, 1e-12);
    cr_expect_float_eq(tb_scenario_cases(s, 0, 5), 2 * cases, 1e-9);
    cr_expect_eq(s->promise.wait_us, TB_MINUTES(10));
    cr_expect_neq(s->hash, before);
    tb_scenario_free(s);
}

/* A city's log goes on though people behave otherwise, but not by other rules or names. */
Test(scenario, the_citys_id_is_of_what_it_is_made_of)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = load("sim/scenarios/teach-one-hall");
    const uint64_t hash = s->hash, id = s->config.id;

    cr_assert(tb_scenario_set(s, "green_share=25%", &problems));
    cr_assert(tb_scenario_set(s, "patience_mean=2h", &problems));
    cr_expect_neq(s->hash, hash);
    cr_expect_eq(s->config.id, id);
    cr_assert(tb_scenario_set(s, "overtake_max=5", &problems));
    cr_expect_neq(s->config.id, id);
    tb_scenario_free(s);
}

Test(scenario, a_wrong_set_changes_nothing)
{
    static const char *const wrong[] = {"overtake_max", "overtake_max=99", "overtake_mix=5",
                                        "nowhere.overtake_max=5", "green_share=2", "=5"};
    struct tb_scenario *s = load_changed(NULL, 0);
    const uint64_t before = s->hash;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tb_scenario_problems problems = {0};

        cr_expect_not(tb_scenario_set(s, wrong[i], &problems), "%s", wrong[i]);
        cr_expect_eq(problems.count, 1, "%s", wrong[i]);
        cr_expect_str_eq(problems.problems[0].file, "--set");
        cr_expect_eq(s->hash, before);
        tb_scenario_problems_free(&problems);
    }
    cr_expect_eq(s->config.stations[0].rules->value[TB_RULE_overtake_max], 9);
    tb_scenario_free(s);
}

Test(scenario, a_plan_from_outside_stands_in)
{
    char path[FOLDER_PATH_BYTES], plan[128];
    struct tb_scenario_problems problems = {0};

    folder_make(path);
    folder_base(path);
    folder_write(path, "saturday-plan", "大厅,日类型,开始,结束,窗口数\n"
                                        "police-1,saturday,08:30,12:00,3\n", 0);
    snprintf(plan, sizeof plan, "%s/saturday-plan", path);
    struct tb_scenario *s = tb_scenario_load_with(path, NULL, 0, plan, &problems);
    cr_assert_not_null(s);
    cr_expect_eq(tb_scenario_windows_open(s, 0, 1, TB_HOURS(9)), 3);
    cr_expect_eq(tb_scenario_windows_open(s, 0, 0, TB_HOURS(9)), 0);
    tb_scenario_free(s);
    cr_expect_null(tb_scenario_load_with(path, NULL, 0, "/nowhere/plan.csv", &problems));
    cr_assert_eq(problems.count, 1);
    cr_expect_str_eq(problems.problems[0].file, "/nowhere/plan.csv");
    tb_scenario_problems_free(&problems);
    folder_remove(path);
}

Test(scenario, the_hash_is_of_the_files_and_not_of_their_place)
{
    struct tb_scenario *a = load_changed(NULL, 0), *b = load_changed(NULL, 0);
    const struct change change = {"travel.csv", TEXT("from,to,time\neast,west,41min\n")};
    struct tb_scenario *c = load_changed(&change, 1);

    cr_expect_eq(a->hash, b->hash);
    cr_expect_neq(a->hash, c->hash);
    tb_scenario_free(a);
    tb_scenario_free(b);
    tb_scenario_free(c);
}

Test(scenario, travel_holds_both_ways)
{
    struct tb_scenario *s = load_changed(NULL, 0);
    const uint32_t stations = s->config.station_count;

    cr_assert_eq(s->config.zone_count, 2);
    cr_expect_eq(s->config.travel_s[0], 600);              /* east to the police hall */
    cr_expect_eq(s->config.travel_s[2], 2400);             /* east to the county's hall */
    cr_expect_eq(s->config.travel_s[stations + 0], 2400);  /* west to the police hall */
    cr_expect_eq(s->config.travel_s[stations + 2], 720);
    tb_scenario_free(s);
}
