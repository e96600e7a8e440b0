/* A second, naive model of the rules R1..R14 (tongban/city.h, include/tongban/README.md), written
 * from that text and not from the core: every line is found by looking at every ticket, every
 * deadline by looking at every timer. What it answers is right or wrong by reading; speed is no
 * aim. The differential run (tests/stress/city_model.c) compares it with the core, event by event.
 *
 * May use: the public headers, malloc. Must never: call the core, or be called by anything but
 * tests.
 *
 * References. The model names tickets, cases and visits by its own references: tb_ref with the
 * right kind and, below it, the number of the command that made it (see model_command) x 256 + how
 * many that command had made before. So a command sequence of which parts are left out names the
 * rest as before, which is what makes shrinking possible.
 *
 * What the model does not know: the values of wait estimates (R14). It leaves them 0, and never
 * sends ESTIMATES; compare.c checks those for what must hold of any estimate.
 *
 * Threads: one at a time for a model; model_broken is set once before. */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include "tongban/city.h"

struct model;

/* A deliberate mistake, for the test of the tests: 0: none. See model_break_name. */
extern int model_broken;
enum { MODEL_BREAK_COUNT = 14 };
/* What is wrong under this number, 1 .. MODEL_BREAK_COUNT; NULL outside. */
const char *model_break_name(int broken);

/* A model of this config, which is copied where it can change and must outlive the model elsewhere.
 * model_free gives everything back. */
struct model *model_new(const struct tb_config *config);
void model_free(struct model *model);

/* The events since model_events_clear, in order. The array is the model's. */
const struct tb_event *model_events(const struct model *model, uint32_t *count);
void model_events_clear(struct model *model);

/* R1: what time alone brings up to and including now. */
void model_advance(struct model *model, tb_time now);
/* One command, after model_advance(now), and what it makes due at once. `serial` is below 2^48
 * and names what the command makes. */
void model_command(struct model *model, tb_time now, const struct tb_command *command,
                   uint64_t serial);
/* Both, for all commands: what tb_city_step does. Serials are first_serial and on. */
void model_step(struct model *model, tb_time now, const struct tb_command *commands, uint32_t n,
                uint64_t first_serial);

/* The station that a command belongs to for tb_station_step; TB_NONE: to none. */
uint32_t model_home(const struct model *model, const struct tb_command *command);

/* The const views of city.h, by the model. Estimates and absolute join numbers are left out. */
tb_time model_deadline_at(const struct model *model);
tb_time model_station_deadline_at(const struct model *model, uint32_t station);
enum tb_status model_station_load(const struct model *model, uint32_t station, tb_time now,
                                  struct tb_station_load *out);
enum tb_status model_ticket(const struct model *model, tb_ref ref, struct tb_ticket_view *out);
enum tb_status model_server(const struct model *model, uint32_t server, struct tb_server_view *out);
enum tb_status model_case(const struct model *model, tb_ref ref, struct tb_case_view *out);
int64_t model_rule(const struct model *model, uint32_t station, uint32_t rule);

/* The windows that are open and serve this line, and the people who wait in the lines these serve.
 */
uint32_t model_line_windows(const struct model *model, uint32_t station, uint32_t queue,
                            uint32_t *ahead);
/* May HALL.SUGGEST name the station for that line to who will be there at that instant? */
bool model_may_suggest(const struct model *model, uint32_t station, uint32_t queue,
                       tb_time arrives_at);

/* The promises, looked for in the model's data; NULL, or a sentence about what is broken. */
const char *model_check(struct model *model);

#endif
