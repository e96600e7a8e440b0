/* tool.h: what the parts of `tongban log` share. command.c reads the command line, show.c prints
 * entries, past.c replays, export.c writes CSV and XES. */
#ifndef TBI_LOG_TOOL_H
#define TBI_LOG_TOOL_H

#include <stdio.h>

#include "replay.h"
#include "tongban/scenario.h"

struct tbi_log_tool {
    const char *dir;
    const char *scenario_path;   /* --scenario; NULL: what meta says */
    const char *command, *actor; /* --command WORD, --actor NAME|N; NULL: all */
    const char *explain;         /* N of an event, or "ticket:N" */
    const char *csv, *xes;       /* files to write, "-" is standard output */
    uint64_t from, to;           /* lsns */
    tb_ref ref;                  /* --ref; 0: all */

    int folder;
    struct tbi_log_meta meta;
    struct tb_scenario *scenario; /* NULL: not loaded */
    bool adopted;                 /* it is not the one of the log's beginning */
    struct tb_city *city;         /* of it */
    size_t city_bytes;
    char **names; /* of actors, by number, as far as they were read */
    uint32_t name_count;
    char error[TBI_LOG_ERROR_MAX];
};

/* Each returns the exit status: 0, 1 where the log isn't well, 2 for a wrong command line. */
int tbi_log_tool_verify(struct tbi_log_tool *tool);
int tbi_log_tool_show(struct tbi_log_tool *tool);
int tbi_log_tool_replay(struct tbi_log_tool *tool);
int tbi_log_tool_export(struct tbi_log_tool *tool);
int tbi_log_tool_adopt(struct tbi_log_tool *tool);

/* Loads the scenario and makes its city; prints what is wrong. With `quiet` a failure is none. */
bool tbi_log_tool_scenario(struct tbi_log_tool *tool, bool quiet);
/* Keeps the name of a TBI_LOG_NAME; the name of an actor, or "#N", or "-". */
void tbi_log_tool_name_keep(struct tbi_log_tool *tool, const struct tbi_log_read *read);
const char *tbi_log_tool_name(const struct tbi_log_tool *tool, uint32_t actor, char text[16]);
/* Local time of the scenario, UTC without one: 2026-11-24T09:30:00.000000+08:00. */
void tbi_log_tool_time(const struct tbi_log_tool *tool, tb_time at_us, char text[48]);
/* The id of a station, server or matter, or its number. */
const char *tbi_log_tool_station(const struct tbi_log_tool *tool, uint32_t station, char text[16]);
const char *tbi_log_tool_server(const struct tbi_log_tool *tool, uint32_t server, char text[16]);
const char *tbi_log_tool_matter(const struct tbi_log_tool *tool, uint32_t matter, char text[16]);

#endif
