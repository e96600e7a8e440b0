/* station.c: halls with their windows, desks with their approvers: the stations and the
 * servers. */
#include <math.h>
#include <string.h>

#include "build.h"

enum { WINDOWS_MAX = 1000 /* of one station */, SERVERS_MAX = 1000000 };

/* ---- halls ------------------------------------------------------------------------------- */

static void take_hall(struct tbi_row row)
{
    struct tbi_build *b = row.b;
    struct tb_scenario_hall hall = {.arrivals = TB_NONE, .mix = TB_NONE, .x = NAN, .y = NAN};

    hall.label = tbi_row_label(row, TBI_HALLS_HALL, TBI_HALLS_NAME, TBI_HALLS_NAME_EN);
    hall.trade = tbi_row_name(row, TBI_HALLS_TRADE, &b->trade_names, "行业\ftrade");
    hall.level = tbi_row_word(row, TBI_HALLS_LEVEL, tbi_level_words, TB_LEVEL_COUNT, TB_LEVEL_CITY);
    hall.zone = tbi_row_name(row, TBI_HALLS_ZONE, &b->zone_names, "区域\fzone");
    hall.calendar =
        tbi_row_name(row, TBI_HALLS_CALENDAR, &b->calendar_names, "日历\fcalendar");
    hall.window_count = (uint32_t)tbi_row_whole(row, TBI_HALLS_WINDOWS, 0, WINDOWS_MAX, 0);
    hall.x = tbi_row_real(row, TBI_HALLS_X, -1e6, 1e6, NAN);
    hall.y = tbi_row_real(row, TBI_HALLS_Y, -1e6, 1e6, NAN);
    if (hall.trade == TB_NONE)
        hall.trade = 0;
    if (hall.zone == TB_NONE && b->zone_names.count > 0)
        hall.zone = 0;
    if (hall.calendar == TB_NONE)
        hall.calendar = 0;
    if (tbi_row_id(row, TBI_HALLS_HALL, &b->hall_names))
        b->halls[b->out->hall_count++] = hall;
}

static void take_desk(struct tbi_row row)
{
    struct tbi_build *b = row.b;
    struct tb_scenario_desk desk = {.trade = TB_NONE};
    const char *id = tbi_row_text(row, TBI_DESKS_DESK);

    desk.label = tbi_row_label(row, TBI_DESKS_DESK, TBI_DESKS_NAME, TBI_DESKS_NAME_EN);
    desk.trade = tbi_row_name(row, TBI_DESKS_TRADE, &b->trade_names, "行业\ftrade");
    desk.calendar = tbi_row_name(row, TBI_DESKS_CALENDAR, &b->calendar_names, "日历\fcalendar");
    desk.approver_count =
        (uint32_t)tbi_row_whole(row, TBI_DESKS_APPROVERS, 1, WINDOWS_MAX, 1);
    desk.help = tbi_row_yes(row, TBI_DESKS_HELP, false);
    if (desk.calendar == TB_NONE)
        desk.calendar = b->calendar_names.count - 1;
    if (tbi_names_find(&b->hall_names, id) != TB_NONE) {
        const uint32_t hall = tbi_names_find(&b->hall_names, id);

        tbi_row_wrong(row, TBI_DESKS_DESK, TBI_WRONG_NAME_TWICE, id,
                      tbi_arena_format(b->arena, "%u", b->hall_names.names[hall].line), NULL);
    } else if (tbi_row_id(row, TBI_DESKS_DESK, &b->desk_names)) {
        b->desks[b->out->desk_count++] = desk;
    }
}

/* ---- windows ----------------------------------------------------------------------------- */

/* A row of windows.csv that is right. */
struct window_row {
    struct tbi_row row;
    uint32_t hall, first, last, profile;
    double speed;
};

static bool take_window_row(struct tbi_row row, struct window_row *out)
{
    struct tbi_build *b = row.b;
    const char *text = tbi_row_text(row, TBI_WINDOWS_WINDOW);
    bool range;

    out->row = row;
    out->speed = tbi_row_real(row, TBI_WINDOWS_SPEED, 0.1, 10, 1);
    out->hall = tbi_row_name(row, TBI_WINDOWS_HALL, &b->hall_names, "大厅\fhall");
    if (out->hall == TB_NONE || text[0] == 0)
        return false;
    const struct tbi_trade *trade = &b->trades[b->halls[out->hall].trade];
    out->profile = 0;
    if (tbi_row_text(row, TBI_WINDOWS_SKILL)[0] != 0)
        out->profile = tbi_row_name(row, TBI_WINDOWS_SKILL, &trade->skill_names, "技能\fskill");
    if (out->profile == TB_NONE)
        out->profile = 0;
    if (tbi_value_range(text, &out->first, &out->last, &range) == TBI_VALUE_OK &&
        out->first > 0 && out->last <= WINDOWS_MAX)
        return true;
    tbi_row_wrong(row, TBI_WINDOWS_WINDOW, TBI_WRONG_WINDOWS, text,
                  tbi_arena_format(b->arena, "%d", WINDOWS_MAX), NULL);
    return false;
}

/* More servers than any city has would only use up the memory: the halls then get one window
 * each. */
static void check_servers(struct tbi_build *b)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < b->out->hall_count; i++)
        count += b->halls[i].window_count;
    for (uint32_t i = 0; i < b->out->desk_count; i++)
        count += b->desks[i].approver_count;
    if (count <= SERVERS_MAX)
        return;
    tbi_wrong(b->problems, (struct tbi_at){b->folder->tables[TBI_HALLS].file.path, 0, 0},
              TBI_WRONG_TOO_MANY, "窗口\fwindows",
              tbi_arena_format(b->arena, "%d", SERVERS_MAX), NULL);
    for (uint32_t i = 0; i < b->out->hall_count; i++)
        b->halls[i].window_count = 1;
    for (uint32_t i = 0; i < b->out->desk_count; i++)
        b->desks[i].approver_count = 1;
}

/* Room for the servers of all stations. */
static void place_servers(struct tbi_build *b)
{
    struct tb_scenario *out = b->out;
    uint32_t count = 0;

    check_servers(b);
    for (uint32_t i = 0; i < out->hall_count; i++) {
        b->halls[i].window_first = count;
        count += b->halls[i].window_count;
    }
    out->window_count = count;
    for (uint32_t i = 0; i < out->desk_count; i++) {
        b->desks[i].approver_first = count;
        count += b->desks[i].approver_count;
    }
    out->server_count = count;
    b->servers = TBI_TAKE(b->arena, struct tb_scenario_server, count);
    b->server_profiles = TBI_TAKE(b->arena, uint32_t, count);
}

/* What servers are called that windows.csv does not name: the number between two words. */
struct server_words {
    const char *zh_before, *zh_after, *en;
};

static void name_server(struct tbi_build *b, uint32_t server, uint32_t station,
                        const char *station_id, uint32_t number, const struct server_words *words)
{
    b->servers[server] = (struct tb_scenario_server){
        {tbi_arena_format(b->arena, "%s#%u", station_id, number),
         tbi_arena_format(b->arena, "%s%u%s", words->zh_before, number, words->zh_after),
         tbi_arena_format(b->arena, "%s %u", words->en, number)},
        station,
        1};
}

static void name_servers(struct tbi_build *b)
{
    static const struct server_words window = {"", "号窗口", "window"};
    static const struct server_words approver = {"", "号审批员", "approver"};
    static const struct server_words team = {"第", "队", "team"};

    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        const struct tb_scenario_hall *hall = &b->halls[i];

        for (uint32_t w = 0; w < hall->window_count; w++)
            name_server(b, hall->window_first + w, i, hall->label.id, w + 1, &window);
    }
    for (uint32_t i = 0; i < b->out->desk_count; i++) {
        const struct tb_scenario_desk *desk = &b->desks[i];

        for (uint32_t w = 0; w < desk->approver_count; w++)
            name_server(b, desk->approver_first + w, b->out->hall_count + i, desk->label.id,
                        w + 1, desk->help ? &team : &approver);
    }
}

static void set_window(struct tbi_build *b, const struct window_row *row, uint32_t number,
                       uint32_t *lines)
{
    const uint32_t server = b->halls[row->hall].window_first + number - 1;
    const char *zh = tbi_row_text(row->row, TBI_WINDOWS_NAME);
    const char *en = tbi_row_text(row->row, TBI_WINDOWS_NAME_EN);

    if (lines[server] != 0) {
        tbi_row_wrong(row->row, TBI_WINDOWS_WINDOW, TBI_WRONG_WINDOW_TWICE,
                      tbi_arena_format(b->arena, "%u", number),
                      tbi_arena_format(b->arena, "%u", lines[server]), NULL);
        return;
    }
    lines[server] = tbi_row_line(row->row);
    b->server_profiles[server] = row->profile;
    b->servers[server].speed = row->speed;
    if (zh[0] != 0 || en[0] != 0)
        b->servers[server].label = tbi_label(b->servers[server].label.id, zh, en);
}

/* Windows are numbered from 1 on; a hall has as many as halls.csv and windows.csv together say.
 * */
static void build_windows(struct tbi_build *b)
{
    const uint32_t row_count = tbi_row_count(b, TBI_WINDOWS);
    struct window_row *rows = TBI_TAKE(b->arena, struct window_row, row_count);
    uint32_t count = 0;

    for (uint32_t r = 0; r < row_count; r++)
        count += take_window_row(tbi_row(b, TBI_WINDOWS, r), &rows[count]);
    uint32_t *said = TBI_TAKE(b->arena, uint32_t, b->out->hall_count); /* by halls.csv */
    for (uint32_t i = 0; i < b->out->hall_count; i++)
        said[i] = b->halls[i].window_count;
    for (uint32_t r = 0; r < count; r++) {
        struct tb_scenario_hall *hall = &b->halls[rows[r].hall];

        if (rows[r].last > hall->window_count)
            hall->window_count = rows[r].last;
    }
    place_servers(b);
    name_servers(b);
    uint32_t *lines = TBI_TAKE(b->arena, uint32_t, b->out->server_count);
    for (uint32_t r = 0; r < count; r++) {
        const uint32_t most = b->halls[rows[r].hall].window_count;

        for (uint32_t number = rows[r].first; number <= rows[r].last && number <= most; number++)
            set_window(b, &rows[r], number, lines);
    }
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        const struct tb_scenario_hall *hall = &b->halls[i];
        const struct tbi_at at = {b->folder->tables[TBI_HALLS].file.path,
                                  b->hall_names.names[i].line, 0};

        if (hall->window_count == 0)
            tbi_wrong(b->problems, at, TBI_WRONG_HALL_WINDOWS, hall->label.id, NULL, NULL);
        for (uint32_t w = said[i]; w < hall->window_count; w++) {
            if (lines[hall->window_first + w] == 0)
                tbi_wrong(b->problems, at, TBI_WRONG_WINDOW_NUMBERS, hall->label.id,
                          tbi_arena_format(b->arena, "%u", w + 1), NULL);
        }
    }
}

static void name_groups(struct tbi_build *b)
{
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        const struct tbi_trade *trade = &b->trades[b->halls[i].trade];
        struct tb_scenario_group *groups =
            TBI_TAKE(b->arena, struct tb_scenario_group, trade->group_count);

        for (uint32_t g = 0; g < trade->group_count; g++)
            groups[g].label = trade->groups[g].label;
        b->halls[i].groups = groups;
        b->halls[i].skills = trade->skill_labels;
    }
}

void tbi_build_stations(struct tbi_build *b)
{
    const uint32_t halls = tbi_row_count(b, TBI_HALLS), desks = tbi_row_count(b, TBI_DESKS);

    b->halls = TBI_TAKE(b->arena, struct tb_scenario_hall, halls);
    b->desks = TBI_TAKE(b->arena, struct tb_scenario_desk, desks);
    for (uint32_t r = 0; r < halls; r++)
        take_hall(tbi_row(b, TBI_HALLS, r));
    for (uint32_t r = 0; r < desks; r++)
        take_desk(tbi_row(b, TBI_DESKS, r));
    if (halls == 0)
        tbi_wrong(b->problems, (struct tbi_at){b->folder->tables[TBI_HALLS].file.path, 0, 0},
                  TBI_WRONG_SCENARIO_HALLS, NULL, NULL, NULL);
    build_windows(b);
    name_groups(b);
    for (uint32_t r = 0, desk = 0; r < desks && desk < b->out->desk_count; r++) {
        const struct tbi_row row = tbi_row(b, TBI_DESKS, r);

        if (strcmp(tbi_row_text(row, TBI_DESKS_DESK), b->desks[desk].label.id) != 0)
            continue; /* the row was wrong */
        const double speed = tbi_row_real(row, TBI_DESKS_SPEED, 0.1, 10, 1);
        for (uint32_t i = 0; i < b->desks[desk].approver_count; i++)
            b->servers[b->desks[desk].approver_first + i].speed = speed;
        desk++;
    }
    b->out->halls = b->halls;
    b->out->desks = b->desks;
    b->out->servers = b->servers;
}
