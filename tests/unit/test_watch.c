/* What is seen over HTTP of a running city: metrics, health, boards, live and after a reconnect. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tongban/engine.h"
#include "watch/watch.h"

static struct tb_scenario *scenario;
static struct tb_city *city;
static struct tbi_watch *watch;
static tb_time now;
static char text[1 << 16];

static void make(void)
{
    struct tb_scenario_problems problems = {0};
    struct tb_event events[TB_COMMAND_EVENTS_MAX];
    char error[TBI_WATCH_ERROR_MAX];
    enum tb_status status;

    scenario = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    cr_assert(scenario != NULL);
    city = tb_city_create(&scenario->config, &status);
    cr_assert(city != NULL);
    watch = tbi_watch_start(&(struct tbi_watch_options){.scenario = scenario}, error);
    cr_assert(watch != NULL, "%s", error);
    /* The first workday at ten. */
    now = scenario->config.calendars[0].days[0].starts_at_us + TB_HOURS(10);
    for (uint32_t i = 0; i < scenario->day_count; i++, now += TB_DAYS(1)) {
        struct tb_station_load load;
        while (tb_city_step(city, now, NULL, 0, events, TB_COMMAND_EVENTS_MAX).more)
            ;
        tb_city_station_load(city, 0, now, &load);
        if (load.accepts)
            break;
    }
    tbi_watch_beat(watch, now, TBI_HEALTH_GOOD);
    tbi_watch_publish(watch, city, 0, now);
}

static void drop(void)
{
    tbi_watch_stop(watch);
    tb_city_destroy(city);
    tb_scenario_free(scenario);
}

static void command(struct tb_command command)
{
    struct tb_event events[TB_COMMAND_EVENTS_MAX];
    const struct tb_step_result r =
        tb_city_step(city, now, &command, 1, events, TB_COMMAND_EVENTS_MAX);

    cr_assert(r.events > 0 && events[r.events - 1].kind != TB_EVENT_REFUSED);
    for (uint32_t i = 0; i < r.events; i++)
        tbi_watch_event(watch, &events[i]);
    tbi_watch_publish(watch, city, 0, now);
}

static int ask(const char *method, const char *path)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(tbi_watch_port(watch)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    const struct timeval limit = {.tv_sec = 10};

    cr_assert(s >= 0 && connect(s, (const struct sockaddr *)&address, sizeof address) == 0);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    dprintf(s, "%s %s HTTP/1.0\r\n\r\n", method, path);
    return s;
}

/* Reads on until `wanted` is in the text, which may be there already. */
static void hear_on(int s, const char *wanted)
{
    size_t used = strlen(text);

    while (strstr(text, wanted) == NULL) {
        const ssize_t got = recv(s, text + used, sizeof text - 1 - used, 0);
        cr_assert(got > 0, "no '%s' in: %s", wanted, text);
        used += (size_t)got;
        text[used] = 0;
    }
}

static void hear(int s, const char *wanted)
{
    text[0] = 0;
    hear_on(s, wanted);
}

static const char *get(const char *path)
{
    size_t used = 0;
    ssize_t got;
    const int s = ask("GET", path);

    while ((got = recv(s, text + used, sizeof text - 1 - used, 0)) > 0)
        used += (size_t)got;
    text[used] = 0;
    close(s);
    return text;
}

Test(watch, metrics_count_what_happened_and_say_who_waits, .init = make, .fini = drop)
{
    command((struct tb_command){.kind = TB_TICKET_TAKE});
    command((struct tb_command){.kind = TB_TICKET_TAKE});
    tbi_watch_add(watch, TBI_METRIC_COMMANDS, 2);
    tbi_watch_turn(watch, 3500);
    const char *metrics = get("/metrics");
    cr_assert(strstr(metrics, "\ntongban_up 1\n"));
    cr_assert(strstr(metrics, "\ntongban_commands_total 2\n"));
    cr_assert(strstr(metrics, "\ntongban_events_total{kind=\"TAKEN\"} 2\n"));
    cr_assert(strstr(metrics, "tongban_station_waiting{station=\""));
    cr_assert(strstr(metrics, "\ntongban_turn_seconds_bucket{le=\"2e-06\"} 0\n"));
    cr_assert(strstr(metrics, "\ntongban_turn_seconds_bucket{le=\"4e-06\"} 1\n"), "%s", metrics);
    cr_assert(strstr(metrics, "\ntongban_turn_seconds_count 1\n"));
}

Test(watch, health_is_good_until_the_log_fails, .init = make, .fini = drop)
{
    cr_assert(strstr(get("/health"), "200 OK") && strstr(text, "\"status\":\"good\""));
    tbi_watch_beat(watch, now, TBI_HEALTH_LOG_FAILED);
    cr_assert(strstr(get("/health"), "503") && strstr(text, "nothing is acknowledged"));
    cr_assert(strstr(get("/city"), "nothing is acknowledged"));
}

Test(watch, a_board_tells_every_change_and_again_after_a_reconnect, .init = make, .fini = drop)
{
    char path[256];

    snprintf(path, sizeof path, "/board/%s/events", scenario->halls[0].label.id);
    const int s = ask("GET", path);
    hear(s, "\"number_last\":0");
    hear_on(s, "\n\n");
    command((struct tb_command){.kind = TB_TICKET_TAKE});
    hear(s, "\"state\":\"SERVING\",\"number\":1");
    hear_on(s, "\n\n");
    command((struct tb_command){.kind = TB_TICKET_TAKE});
    hear(s, "\"state\":\"SERVING\",\"number\":2");
    close(s);
    const int again = ask("GET", path);
    hear(again, "\"state\":\"SERVING\",\"number\":1");
    close(again);
}

Test(watch, what_is_not_there_is_named, .init = make, .fini = drop)
{
    cr_assert(strstr(get("/board/nowhere"), "404") && strstr(text, "没有这个大厅"));
    cr_assert(strstr(get("/secret"), "404"));
    close(ask("POST", "/health"));
    const int s = ask("POST", "/city");
    hear(s, "405");
    close(s);
    char path[256];
    snprintf(path, sizeof path, "/board/%s", scenario->halls[0].label.id);
    cr_assert(strstr(get(path), "正在叫号"));
    cr_assert(strstr(get("/board"), scenario->halls[0].label.zh));
}

Test(watch, an_address_that_is_none_is_refused)
{
    char error[TBI_WATCH_ERROR_MAX];
    const struct tbi_watch_options options = {.listen = "somewhere"};

    cr_assert(tbi_watch_start(&options, error) == NULL);
    cr_assert(strstr(error, "somewhere") != NULL);
}
