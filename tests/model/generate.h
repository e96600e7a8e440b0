/* Random cities and random commands for them. The cities are small and tight: short days, few
 * windows, little room, coarse time, so that everything that can coincide or be full soon is. The
 * commands are aimed by looking into the model, so that tickets get far; some are aimed badly on
 * purpose.
 *
 * Everything follows from a seed. Threads: one at a time for a generator. */
#ifndef TESTS_MODEL_GENERATE_H
#define TESTS_MODEL_GENERATE_H

#include "model.h"

/* ---- dice: splitmix64 ---------------------------------------------------------------------- */
struct dice {
    uint64_t state;
};
uint64_t dice_mix(uint64_t a, uint64_t b);          /* two numbers to one, well mixed */
uint64_t dice_roll(struct dice *dice);              /* any 64 bits */
uint32_t dice_below(struct dice *dice, uint32_t n); /* 0 .. n - 1; n > 0 */
bool dice_chance(struct dice *dice, uint32_t percent);

/* ---- cities -------------------------------------------------------------------------------- */
enum { WORLD_STATIONS = 6, WORLD_GROUPS = 16, WORLD_PROFILES = 12, WORLD_SERVERS = 9 };

enum { WORLD_MATTERS = 8, WORLD_ROUTES = 3, WORLD_DAYS = 40, WORLD_PLAN = 48, WORLD_ZONES = 2 };

/* A config with the memory behind it. `config` points into the rest: never copy it. */
struct world {
    struct tb_config config;
    tb_time grid_us; /* what happens, mostly happens at multiples of it */
    uint32_t groups_max, profiles_max, servers_max; /* of this world; mostly few */
    bool islands;                                   /* nothing connects its stations */
    struct tb_calendar calendars[2];
    struct tb_day days[2][WORLD_DAYS];
    struct tb_station stations[WORLD_STATIONS];
    struct tb_rules rules[WORLD_STATIONS];
    struct tb_group groups[WORLD_STATIONS][WORLD_GROUPS];
    struct tb_profile profiles[WORLD_STATIONS][WORLD_PROFILES];
    uint16_t servers[WORLD_STATIONS][WORLD_SERVERS];
    struct tb_matter matters[WORLD_MATTERS];
    uint16_t halls[WORLD_MATTERS][WORLD_STATIONS];
    struct tb_route routes[WORLD_ROUTES];
    struct tb_step steps[WORLD_ROUTES][TB_STEPS_MAX];
    struct tb_plan_entry plan[WORLD_PLAN];
    uint16_t travel_s[WORLD_ZONES * WORLD_STATIONS];
};

/* Fills a world. islands: no routes, no remote station, nothing that touches two stations. */
void world_make(struct world *world, uint64_t seed, bool islands);
/* A random value for a rule, on the world's grid. */
int64_t world_rule(const struct world *world, struct dice *dice, enum tb_rule rule);

/* ---- commands ------------------------------------------------------------------------------ */
enum { GENERATOR_PAST = 64 };
struct generator {
    struct dice dice;
    const struct world *world;
    const struct model *model;
    tb_time now;
    uint32_t weights[TB_COMMAND_COUNT]; /* of this run's taste */
    uint32_t arrivals_percent, staff_percent;
    uint32_t arrivals[6];        /* weights of TAKE, MAKE, CHECKIN, KIOSK, CASE.OPEN, HELP.OPEN */
    tb_ref past[GENERATOR_PAST]; /* references that were once good */
    uint32_t past_count;
    uint64_t request_last;
    struct tb_command sent[8]; /* for retries */
    uint32_t sent_count;
};

void generator_init(struct generator *g, const struct world *world, const struct model *model,
                    uint64_t seed);
/* The time of the next step: often the same. May be earlier than before. */
tb_time generator_time(struct generator *g);
void generator_command(struct generator *g, struct tb_command *out);

#endif
