/* `tongban log` on the log of a teaching hall: what an operator reads, and what he is told. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/world.h"
#include "tongban/scenario.h"

#define SCENARIO "sim/scenarios/teach-erlang-a"

static char folder[64];
static char said[200000]; /* by the tool, both streams */
static uint64_t hash;     /* of the city at the end */
static uint64_t called;   /* the number of the event that called ticket 1 */

static int tool(const char *first, ...) __attribute__((sentinel));

/* tongban log ARGUMENTS...: the exit status; what it said is in `said`. */
static int tool(const char *first, ...)
{
    char *argv[16] = {(char *)"log", (char *)first}, path[96];
    int argc = 2;
    va_list more;

    va_start(more, first);
    while ((argv[argc] = va_arg(more, char *)) != NULL)
        argc++;
    va_end(more);
    snprintf(path, sizeof path, "%s/said", folder);
    fflush(stdout), fflush(stderr);
    const int out = dup(1), err = dup(2), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1), dup2(file, 2);
    const int status = tbi_cmd_log(argc, argv);
    fflush(stdout), fflush(stderr);
    dup2(out, 1), dup2(err, 2);
    const ssize_t got = pread(file, said, sizeof said - 1, 0);
    said[got > 0 ? got : 0] = 0;
    close(out), close(err), close(file);
    unlink(path);
    return status;
}

static void says(const char *text)
{
    cr_assert(strstr(said, text) != NULL, "no '%s' in: %s", text, said);
}

/* One command at `now`, logged; the number of the last event of a kind. */
static uint64_t act(struct world *world, tb_time now, uint32_t actor, struct tb_command command,
                    uint32_t kind)
{
    static struct tb_event events[4096];
    uint64_t lsn, found = 0;

    const struct tb_step_result result =
        tb_city_step(world->small->city, now, &command, 1, events, 4096);
    cr_assert(result.commands == 1 && !result.more);
    for (uint32_t i = 0; i < result.events; i++)
        found = events[i].kind == kind ? events[i].sequence : found;
    cr_assert_eq(tbi_log_append(world->log, now, &command, 1, &actor,
                                tb_city_sequence(world->small->city), &lsn),
                 0);
    return found;
}

static void begin(void)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario = tb_scenario_load(SCENARIO, &problems);
    struct world *world = calloc(1, sizeof *world);

    cr_assert(scenario != NULL);
    world_folder("/tmp", folder);
    world->small = calloc(1, sizeof *world->small);
    world->small->bytes = tb_city_bytes(&scenario->config);
    world->small->city = aligned_alloc(64, (world->small->bytes + 63) / 64 * 64);
    cr_assert_eq(tb_city_init(world->small->city, world->small->bytes, &scenario->config), 0);
    const struct tbi_log_options options = {
        .dir = folder, .scenario = SCENARIO, .segment_bytes = 64 << 10};
    cr_assert_eq(io_uring_queue_init(8, &world->ring, 0), 0);
    world->log = tbi_log_open(&options, world->small->city, world->small->bytes, &world->recovery,
                              world->error, &world->status);
    cr_assert(world->log != NULL, "%s", world->error);
    const tb_time now = scenario->config.calendars[0].days[0].starts_at_us + TB_HOURS(1);
    cr_assert_eq(tbi_log_name(world->log, now, 3, "kiosk-1"), 0);
    cr_assert_eq(tbi_log_name(world->log, now, 4, "王@window"), 0);
    for (uint32_t s = 0; s < 10; s++) /* whoever the plan has open is asked to go */
        act(world, now, 4, (struct tb_command){.kind = TB_WINDOW_CLOSE, .server = s}, 0);
    for (uint32_t i = 0; i < 5; i++)
        act(world, now + TB_SECONDS(1 + i), 3,
            (struct tb_command){.kind = TB_TICKET_TAKE, .channel = TB_CHANNEL_KIOSK}, 0);
    called =
        act(world, now + TB_SECONDS(9), 4,
            (struct tb_command){.kind = TB_WINDOW_OPEN, .server = 2, .value = -1}, TB_EVENT_CALLED);
    if (called == 0)
        called = act(world, now + TB_SECONDS(10), 4,
                     (struct tb_command){.kind = TB_WINDOW_NEXT, .server = 2}, TB_EVENT_CALLED);
    cr_assert_neq(called, 0);
    hash = tb_city_hash(world->small->city);
    world->small->now = now + TB_SECONDS(10);
    tb_scenario_free(scenario);
    world_close(world);
}

static void end(void)
{
    world_remove(folder);
}

TestSuite(log_tool, .init = begin, .fini = end);

Test(log_tool, verify_says_that_all_is_well)
{
    cr_assert_eq(tool("verify", folder, NULL), 0, "%s", said);
    says("well 完好");
    says("1 segments");
}

Test(log_tool, verify_names_damage)
{
    char path[128];

    snprintf(path, sizeof path, "%s/segment-000000000001.log", folder);
    const int file = open(path, O_RDWR);
    cr_assert_eq(pwrite(file, "x", 1, 4500), 1);
    close(file);
    cr_assert_eq(tool("verify", folder, NULL), 1);
    says("offset 4096, entry 1");
    says("segment-000000000001.log");
    says("DAMAGED");
    cr_assert_eq(tool("replay", folder, NULL), 1);
    says("offset 4096, entry 1");
}

Test(log_tool, show_is_readable)
{
    cr_assert_eq(tool("show", folder, NULL), 0, "%s", said);
    says(" kiosk-1 TICKET.TAKE station=hall matter=matter channel=1\n");
    says(" 王@window WINDOW.OPEN server=");
    says("T01:00:01.000000+00:00 kiosk-1");
    cr_assert_eq(tool("show", folder, "--command", "ticket.take", NULL), 0);
    cr_assert_null(strstr(said, "WINDOW"));
    cr_assert_eq(tool("show", folder, "--actor", "kiosk-1", NULL), 0);
    says("TICKET.TAKE");
    cr_assert_null(strstr(said, "WINDOW"));
    cr_assert_eq(tool("show", folder, "--from", "13", "--to", "13", NULL), 0);
    cr_assert_eq(strncmp(said, "13 ", 3), 0, "%s", said);
    cr_assert_eq(strchr(said, '\n') - said + 1, (long)strlen(said), "one line: %s", said);
}

Test(log_tool, replay_gives_the_same_city)
{
    char text[32];

    cr_assert_eq(tool("replay", folder, NULL), 0, "%s", said);
    snprintf(text, sizeof text, "city %016lx", hash);
    says(text);
}

Test(log_tool, past_call_is_explained)
{
    char number[32];

    snprintf(number, sizeof number, "%lu", called);
    cr_assert_eq(tool("replay", folder, "--explain", number, NULL), 0, "%s", said);
    says("CALLED");
    says("  * ticket");
    says("唯一可叫的号"); /* one line of waiting, so its first is the only one */
    cr_assert_eq(tool("replay", folder, "--explain", "ticket:1", NULL), 0, "%s", said);
    says("number 1 ");
    cr_assert_eq(tool("replay", folder, "--explain", "ticket:77", NULL), 1);
    says("no such call");
    cr_assert_eq(tool("replay", folder, "--explain", "none", NULL), 2);
}

Test(log_tool, export_gives_csv_and_xes)
{
    char csv[96], xes[96], line[256];

    snprintf(csv, sizeof csv, "%s/events.csv", folder);
    snprintf(xes, sizeof xes, "%s/events.xes", folder);
    cr_assert_eq(tool("export", folder, "--csv", csv, "--xes", xes, NULL), 0, "%s", said);
    snprintf(line, sizeof line, "xmllint --noout %s", xes);
    cr_assert_eq(system(line), 0);
    snprintf(line, sizeof line, "grep -q '^[0-9]*,[-0-9T:.]*+00:00,TAKEN,hall,,[0-9a-f]*,1,' %s",
             csv);
    cr_assert_eq(system(line), 0);
    snprintf(line, sizeof line, "test $(grep -c '<trace>' %s) -ge 5", xes);
    cr_assert_eq(system(line), 0);
}

Test(log_tool, wrong_command_lines)
{
    cr_assert_eq(tool("verify", NULL), 2);
    says("usage: tongban log");
    cr_assert_eq(tool("erase", folder, NULL), 2);
    cr_assert_eq(tool("show", folder, "--colour", "red", NULL), 2);
    says("no option '--colour'");
    cr_assert_eq(tool("show", folder, "--from", "x", NULL), 2);
    cr_assert_eq(tool("show", folder, "--command", "TICKET.EAT", NULL), 2);
    cr_assert_eq(tool("show", "/nowhere/at/all", NULL), 2);
    says("/nowhere/at/all");
    cr_assert_eq(tool("export", folder, NULL), 2);
    cr_assert_eq(tool("replay", folder, "--scenario", "sim/scenarios/teach-mm1", NULL), 2);
    says("changed since");
}
