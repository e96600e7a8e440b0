/* The core and the naive model side by side: the same commands to both, everything that can be seen
 * compared after each step. Four cities of the core take part:
 *   first   steps in batches, with the model;
 *   single  the same commands one by one: must have the same hash (promise 5);
 *   alone   station by station, by tb_station_step: must say the same;
 *   copy    made from the first now and then, by memcpy or by save and load: must go on the same.
 *
 * May use: the public headers, the model. Threads: one at a time for a pair. */
#ifndef TESTS_MODEL_PAIR_H
#define TESTS_MODEL_PAIR_H

#include "generate.h"

struct pair;

/* One thing of a sequence: a command, or (kind TB_COMMAND_NONE with serial 0) time alone. */
struct record {
    tb_time now;
    uint64_t serial; /* names what the command makes, see model.h; 0: time alone */
    struct tb_command command;
};

/* The world must outlive the pair. NULL: the core refuses the config; *why says so. */
struct pair *pair_new(const struct world *world, const char **why);
void pair_free(struct pair *pair);
const struct model *pair_model(const struct pair *pair);

/* The next of the sequence. The model follows at once, the core at the end of a batch: where now
 * changes, where a command names what the batch itself made, or where the batch is long enough.
 * False: they differ, or a promise is broken, and pair_failure says how; then only free it. */
bool pair_add(struct pair *pair, const struct record *record);
bool pair_end(struct pair *pair); /* the rest of the batch, and the comparison of hashes */
const char *pair_failure(const struct pair *pair);
uint64_t pair_hash(const struct pair *pair);

struct pair_counts {
    uint64_t commands, events;
    uint64_t seen[TB_EVENT_COUNT], refused[TB_STATUS_COUNT];
};
const struct pair_counts *pair_counts(const struct pair *pair);

/* Runs a whole sequence; NULL, or how it failed (written to `failure`). */
const char *pair_run(const struct world *world, const struct record *records, uint32_t count,
                     char *failure, size_t failure_bytes);

/* Stations that nothing connects, each run for itself by tb_station_step, one after the other:
 * every station's events must be those of the whole city. NULL, or how it failed. */
const char *islands_run(uint64_t seed, uint32_t commands, char *failure, size_t failure_bytes);

/* Readable forms; the text is in `out`. */
void print_command(char *out, size_t bytes, const struct tb_command *command);
void print_event(char *out, size_t bytes, const struct tb_event *event);
void print_record(char *out, size_t bytes, const struct record *record);
void print_world(const struct world *world);

/* Leaves out whatever can be left out while `fails` still says so (delta debugging: Zeller and
 * Hildebrandt 2002). Changes the array in place; returns the new count. */
uint32_t shrink(struct record *records, uint32_t count,
                bool (*fails)(const struct record *records, uint32_t count, void *context),
                void *context);

#endif
