#include <stdio.h>
#include <tongban/engine.h>

/* Hall 0 is open from 9 to 17 and has one window; matter 0 is settled there. */
static const struct tb_config config = {
    .calendars = &(struct tb_calendar){
        .kinds = {{1, {{TB_HOURS(9), TB_HOURS(17)}}}}, .kind_count = 1,
        .days = &(struct tb_day){0}, .day_count = 1},
    .stations = &(struct tb_station){
        .groups = &(struct tb_group){.service_mean_us = TB_MINUTES(5)}, .group_count = 1,
        .profiles = &(struct tb_profile){.serves = 0xf}, .profile_count = 1,
        .servers = &(uint16_t){0}, .server_count = 1, .horizon_days = 1},
    .matters = &(struct tb_matter){.remote_group = TB_GROUPS_MAX, .route = TB_MATTER_NONE,
                                   .halls = &(uint16_t){0}, .hall_count = 1},
    .calendar_count = 1, .station_count = 1, .matter_count = 1, .tickets_max = 100};
static tb_time ten_o_clock(void *context) { return *(tb_time *)context; }

int main(void)
{
    enum tb_status status;
    struct tb_city *city = tb_city_create(&config, &status);
    struct tb_engine_options options;
    tb_engine_options_init(&options);
    options.cities = &city, options.city_count = 1;
    options.clock = ten_o_clock, options.clock_context = &(tb_time){TB_HOURS(10)};
    struct tb_engine *engine = tb_engine_create(&options);
    struct tb_caller *caller = tb_caller_open(engine);
    tb_caller_submit(caller, 0, (struct tb_command[]){
        {.kind = TB_TICKET_TAKE}, {.kind = TB_WINDOW_OPEN}, {.kind = TB_WINDOW_NEXT},
        {.kind = TB_WINDOW_START}, {.kind = TB_WINDOW_FINISH}}, 5);
    for (struct tb_event event; tb_caller_unanswered(caller, 0) > 0; tb_caller_wait(caller, 1000))
        while (tb_caller_events(caller, 0, &event, 1) > 0)
            printf("%s %u\n", tb_event_name(event.kind), event.number);
    tb_engine_destroy(engine);
    tb_city_destroy(city);
}
