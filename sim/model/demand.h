/* demand.h: who comes to a hall on a day, and what each citizen is like.
 *
 * A day is made in one sweep, purpose by purpose, from streams that are named by the hall's id: the
 * n-th citizen of a hall's day has his own draws, whatever the plan, the rules or the other halls
 * are (common random numbers). First what a trace also holds (instant, matter, class, service,
 * patience, appointment), then the rest, by the citizen's place in the day; so a day read from a
 * trace that was written from this demand is the same day.
 *
 * Order in a day: walk-ins by arrival, then appointments by slot.
 * Owner: a demand borrows the scenario, a day owns its arrays. Threads: a demand is read only once
 * it is made; a day belongs to one thread. Out of memory stops the program by tbs_assert. */
#ifndef TBS_MODEL_DEMAND_H
#define TBS_MODEL_DEMAND_H

#include "kernel/choice.h"
#include "kernel/distribution.h"
#include "model/luck.h"
#include "model/visit.h"
#include "tongban/scenario.h"

/* Series of a purpose that a hall's citizens need besides the first: added to the stream's entity.
 */
enum { TBS_SERIES_SEVERAL = 1, TBS_SERIES_SETTLED = 2, TBS_SERIES_LUCK = 3 };

/* The number of the n-th citizen of a day within his hall's streams. */
static inline uint64_t tbs_citizen_index(uint32_t day, uint32_t n)
{
    return (uint64_t)day << 20 | n;
}

/* What a trace holds of a citizen. */
struct tbs_citizen {
    tb_time arrival_at_us; /* TB_NEVER: has an appointment and does not come */
    tb_time slot_at_us;    /* of the appointment; TB_NEVER: none */
    int64_t service_us;
    int64_t patience_us;
    uint16_t hall;
    uint16_t matter;
    uint16_t class_; /* enum tb_class */
    uint16_t pad;
};

/* The visits of one hall's day. */
struct tbs_day {
    struct tbs_visit *visits;
    uint32_t count, walk_ins; /* the walk-ins come first */
    uint32_t room;
    uint32_t hall, day;
};

/* Citizens by hall and day, from a recording. */
struct tbs_trace {
    struct tbs_citizen *citizens;
    uint64_t *first; /* [day_count * hall_count + 1]: of a day's hall; in the order of a day */
    uint32_t hall_count, day_first, day_count;
    uint64_t count;
    int64_t patience_least_us;
    bool books;    /* somebody has an appointment */
    uint64_t hash; /* of its bytes */
};

struct tbs_demand;

/* Prepares laws and choices of a scenario. `trace` (NULL: none) stands in for what is drawn. */
struct tbs_demand *tbs_demand_create(const struct tb_scenario *scenario,
                                     const struct tbs_trace *trace);
void tbs_demand_free(struct tbs_demand *demand);

/* Does anybody have an appointment? What nobody's patience is less than; 0: unknown. */
bool tbs_demand_books(const struct tbs_demand *demand);
int64_t tbs_demand_patience_least_us(const struct tbs_demand *demand);

/* The key of a purpose's stream of a station, server or matter by its id. Series: see above. */
struct tbs_key tbs_station_key(const struct tbs_demand *demand, uint64_t seed,
                               enum tbs_purpose purpose, uint32_t station, uint32_t series,
                               uint64_t replication);
uint64_t tbs_entity(const char *id);

/* What making a day needs besides, reused from day to day. Zero it before its first use. */
struct tbs_sweep {
    uint64_t *raw;   /* numbers of one purpose */
    tb_time *at;     /* instants of arrival; the n-th drawn citizen */
    int64_t *slot;   /* offset of his appointment; NO_SLOT: none */
    int64_t *value;  /* durations of one purpose */
    uint32_t *place; /* where in the day he stands; TB_NONE: nowhere */
    uint16_t *matter;
    bool *absent; /* has an appointment that he will not keep */
    uint32_t room;
};
void tbs_sweep_free(struct tbs_sweep *sweep);

/* Makes the day of a hall into *day, which is reused (zero it before its first use). */
void tbs_demand_day(const struct tbs_demand *demand, uint64_t seed, uint64_t replication,
                    uint32_t hall, uint32_t day_index, struct tbs_sweep *sweep,
                    struct tbs_day *day);
void tbs_day_free(struct tbs_day *day);

/* Writes citizen i of a day as a trace holds it. */
struct tbs_citizen tbs_day_citizen(const struct tbs_day *day, uint32_t i);

/* Does a visit get a rating, when, and a bad one? From a random number, TBS_TRAIT_RATES etc.
 * Pure. */
uint32_t tbs_rating_traits(const struct tb_people *people, uint64_t number);

/* The law of a matter's service, and of a visit that collects its result. */
const struct tbs_distribution *tbs_demand_service(const struct tbs_demand *demand, uint32_t matter);
const struct tbs_distribution *tbs_demand_collect(const struct tbs_demand *demand, uint32_t matter);

/* The start of the first appointment slot at or after this offset of a day of this kind in this
 * hall; -1: none. */
int64_t tbs_slot_next_us(const struct tb_scenario *scenario, uint32_t hall, uint32_t kind,
                         int64_t offset_us);

/* Start and end of a scenario's day. */
tb_time tbs_day_starts_at_us(const struct tb_scenario *scenario, uint32_t day);
tb_time tbs_day_ends_at_us(const struct tb_scenario *scenario, uint32_t day);

#endif
