/* What commands to come will touch, fetched while those before them are carried out.
 *
 * In a city of thousands of halls next to nothing of a hall lies in the cache when its turn comes:
 * a command waits for window, hall, line and ticket one after the other. Where a step has many
 * commands, those waits overlap: each command passes through a few stages ahead of its turn, and
 * each stage reads what the one before fetched (group prefetching: Chen, Ailamaki, Gibbons and
 * Mowry 2004). Nothing here changes anything, and what it foresees need not come true. */
#include "step.h"

/* Each stage works on GROUP commands at a time, a group further ahead than the next: that is time
 * for memory to answer. */
enum { STAGES = 5, GROUP = TBI_FETCH_GROUP };

/* The asm keeps the compiler from taking all of this file for functions without effect. */
static inline __attribute__((always_inline)) void fetch(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("");
}

static void fetch_station(const struct tb_city *city, uint32_t index)
{
    const struct tbi_station *station = tbi_station(city, index);
    tbi_station_fetch(station);
    __asm__ volatile("");
}

static const struct tbi_server *command_server(const struct tb_city *city,
                                               const struct tb_command *command)
{
    return command->server < city->size.servers ? tbi_server(city, command->server) : NULL;
}

static void fetch_take(const struct tb_city *city, const struct tb_command *command,
                       uint32_t stage)
{
    if (command->station >= city->size.stations || command->matters[0] >= city->size.matters)
        return;
    if (stage == 0) {
        fetch_station(city, command->station);
        return;
    }
    const struct tbi_station *station = tbi_station(city, command->station);
    const uint32_t group = tbi_matter(city, command->matters[0])->group;
    if (group >= station->group_count || command->class_ >= TB_CLASSES)
        return;
    const struct tbi_line *line = tbi_station_line(station, group * TB_CLASSES + command->class_);
    if (stage == 1) {
        fetch(line);
        fetch(tbi_station_group(station, group));
    } else if (stage == 2 && line->tail != TB_NONE) {
        fetch(tbi_ticket(city, line->tail));
    }
}

/* Of each line that a window could call from: the line, its first ticket, those after it. */
static void fetch_lines(const struct tb_city *city, const struct tbi_server *server,
                        uint32_t stage)
{
    const struct tbi_station *station = tbi_station(city, server->station);
    const uint64_t serves = tbi_station_profile(station, server->profile)->serves;
    for (uint64_t m = station->waiting_lines & serves; m; m &= m - 1) {
        const struct tbi_line *line = tbi_station_line(station, tbi_lowest(m));
        if (stage == 2) {
            fetch(line);
            fetch(tbi_station_group(station, tbi_lowest(m) / TB_CLASSES));
        } else if (line->head != TB_NONE && stage == 3) {
            fetch(tbi_ticket(city, line->head));
            if (line->overtakes > 0)
                fetch(tbi_overtakes(city, station->line_first + tbi_lowest(m)));
        } else if (line->head != TB_NONE && stage == 4) {
            const uint32_t next = tbi_ticket(city, line->head)->next;
            if (next != TB_NONE)
                fetch(tbi_ticket(city, next));
            if (line->near != TB_NONE)
                fetch(tbi_ticket(city, line->near));
        }
    }
}

void tbi_fetch_next(const struct tb_city *city, const struct tbi_server *server)
{
    const struct tbi_station *station = tbi_station(city, server->station);
    fetch_station(city, server->station);
    fetch(tbi_station_profile(station, server->profile));
    for (uint64_t m = station->waiting_lines; m; m &= m - 1) {
        fetch(tbi_station_line(station, tbi_lowest(m)));
        fetch(tbi_station_group(station, tbi_lowest(m) / TB_CLASSES));
    }
}

/* How many stages a command has. */
static uint32_t stages_of(const struct tb_command *command)
{
    if (command->kind == TB_TICKET_TAKE)
        return 3;
    if (command->kind < TB_WINDOW_OPEN || command->kind > TB_WINDOW_SKILL)
        return 0;
    return command->kind == TB_WINDOW_NEXT || command->flags & TB_FLAG_NEXT ? STAGES : 2;
}

static void fetch_window(const struct tb_city *city, const struct tb_command *command,
                         uint32_t stage)
{
    const struct tbi_server *server = command_server(city, command);
    if (!server)
        return;
    const bool calls = stages_of(command) == STAGES;
    if (stage == 0) {
        fetch(server);
    } else if (stage == 1) {
        fetch_station(city, server->station);
        if (server->ticket != TB_NONE)
            fetch(tbi_ticket(city, server->ticket));
        if (calls)
            fetch(tbi_server_profile(city, server));
    } else if (calls) {
        fetch_lines(city, server, stage);
    }
}

void tbi_fetch_ahead(const struct tb_city *city, const struct tb_command *commands, uint32_t done,
                     uint32_t n)
{
    for (uint32_t stage = 0; stage < STAGES; stage++) {
        const uint32_t first = done + (STAGES - 1 - stage) * GROUP;
        const uint32_t end = first + GROUP < n ? first + GROUP : n;
        for (uint32_t i = done == 0 ? 0 : first; i < end; i++) {
            if (stages_of(&commands[i]) <= stage)
                continue;
            if (commands[i].kind == TB_TICKET_TAKE)
                fetch_take(city, &commands[i], stage);
            else
                fetch_window(city, &commands[i], stage);
        }
    }
}
