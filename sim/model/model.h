/* model.h: citizens, clerks and approvers around one city: what drives the core in a simulation.
 *
 * A model owns a city of its own (by the config of the scenario) and everybody in it. It is started
 * for a seed and a replication, and run for days; all it finds goes into a tally (tally.h). Nothing
 * about rules is in here: the core decides, people act, and the model listens.
 *
 * Two drivers. Where no hall touches another (no routes, no choice of hall, no video), each hall's
 * days are run through on their own, which keeps a hall in the nearest cache; otherwise the whole
 * city goes in order of time. Which one is used follows from the scenario alone.
 *
 * Owner: the scenario and the demand are borrowed. Errors: what can only be a scenario made too
 * small (no free ticket slot) ends the run with tbs_model_error. Threads: a model belongs to one
 * thread; models share nothing but what they borrow. Out of memory stops the program. */
#ifndef TBS_MODEL_MODEL_H
#define TBS_MODEL_MODEL_H

#include "model/demand.h"
#include "model/tally.h"

struct tbs_model_options {
    uint32_t day_first, day_count; /* scenario days */
    bool verify;                   /* tb_city_verify after every day: slow */
    bool alone;                    /* halls are run on their own though they touch: live.h */
    /* Called for each visit when it is over, in the order of days, then halls, then arrival; NULL:
     * not. */
    void (*ticket)(void *context, const struct tbs_visit *visit);
    void *ticket_context;
    /* The core has all that the scenario's config gives it, nothing cut to the run's need, and all
     * halls go in order of time: another city made of the same config can be compared with it. Only
     * from the calendar's first day on. */
    bool whole;
    /* Called for each command to the core, before it; NULL: not. */
    void (*command)(void *context, tb_time now, const struct tb_command *command);
    void *command_context;
    /* Called for each event of the core, as it comes; NULL: not. */
    void (*event)(void *context, const struct tb_event *event);
    void *event_context;
};

struct tbs_model;

struct tbs_model *tbs_model_create(const struct tb_scenario *scenario,
                                   const struct tbs_demand *demand,
                                   const struct tbs_model_options *options);
void tbs_model_free(struct tbs_model *model);

/* A new city before its first day, for this replication of this seed. Everything found is added to
 * the tally, the caller's; it may be changed between days. */
void tbs_model_start(struct tbs_model *model, uint64_t seed, uint64_t replication);
void tbs_model_count(struct tbs_model *model, struct tbs_tally *tally);

/* Runs the next `days` days. False: something is wrong, see tbs_model_error. */
bool tbs_model_run(struct tbs_model *model, uint32_t days);

/* After the last day: counts who is still there. */
void tbs_model_finish(struct tbs_model *model);

uint32_t tbs_model_day(const struct tbs_model *model); /* days run so far */
uint64_t tbs_model_hash(const struct tbs_model *model);
const char *tbs_model_error(const struct tbs_model *model);
bool tbs_model_by_station(const struct tbs_model *model);
const struct tb_city *tbs_model_city(const struct tbs_model *model);

#endif
