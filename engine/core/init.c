/* Making a city: the block's layout, everything the config says copied into it, and its hash, its
 * copies and its saved form.
 *
 * A saved city is a head of 64 bytes, then the block up to the tree of deadlines, then the used
 * part of each pool. The hash is over the latter two: slots never used have no bytes that mean
 * anything, and the tree is made anew. */
#include "estimate.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define ALIGN_UP(bytes) (((uint64_t)(bytes) + TB_CITY_ALIGN - 1) / TB_CITY_ALIGN * TB_CITY_ALIGN)
#define SAVED_MAGIC 0x31765374696e6754ull /* "TginSv1" */
#define RULES_TRIED_MAX 16 /* other rules to compare a station's with */

struct saved_head {
    uint64_t magic;
    uint64_t version;
    uint64_t payload_bytes;
    uint64_t hash;
    uint64_t zero[4];
};
_Static_assert(sizeof(struct saved_head) == 64, "the head is one cache line");

/* ---- sizes --------------------------------------------------------------------------------- */

static uint64_t slots_of(const struct tb_station *station)
{
    if (station->slot_us == 0)
        return 0;
    return (uint64_t)(TB_DAYS(1) / station->slot_us) * station->group_count *
           station->horizon_days;
}

/* Where the levels of the tree of deadlines begin, and how many there are: the root first, at 0,
 * the stations last, each level a whole number of nodes. Gives the size of all. */
static uint64_t due_levels(uint64_t stations, uint32_t due_level[TBI_DUE_LEVELS], uint32_t *count)
{
    uint64_t wide[TBI_DUE_LEVELS] = {stations};
    uint32_t top = 0;
    while (top == 0 || wide[top] > 1) {
        wide[top + 1] = (wide[top] + TBI_DUE_WIDTH - 1) >> TBI_DUE_SHIFT;
        top++;
        tb_assert(top < TBI_DUE_LEVELS);
    }
    uint64_t at = 0;
    for (uint32_t level = top + 1; level-- > 0;) {
        due_level[level] = (uint32_t)at;
        at += (wide[level] + TBI_DUE_WIDTH - 1) >> TBI_DUE_SHIFT << TBI_DUE_SHIFT;
    }
    if (count)
        *count = top + 1;
    return at;
}

static struct tbi_size size_of(const struct tb_config *config)
{
    struct tbi_size size = {.stations = config->station_count,
                            .calendars = config->calendar_count,
                            .matters = config->matter_count,
                            .hall_words = ((uint64_t)config->station_count + 63) / 64,
                            .routes = config->route_count,
                            .zones = config->zone_count,
                            .requests = config->requests_max,
                            .tickets = config->tickets_max,
                            .cases = config->cases_max,
                            .visits = config->visits_max};
    uint32_t due_level[TBI_DUE_LEVELS];
    size.deadlines = due_levels(size.stations, due_level, NULL);
    for (uint32_t s = 0; s < config->station_count; s++) {
        const struct tb_station *station = &config->stations[s];
        size.profiles += station->profile_count;
        size.lines += (uint64_t)station->group_count * TB_CLASSES;
        size.servers += station->server_count;
        size.plan_entries += (uint64_t)station->plan_entries_max *
                             config->calendars[station->calendar].kind_count;
        size.slots += slots_of(station);
    }
    for (uint32_t c = 0; c < config->calendar_count; c++)
        size.days += config->calendars[c].day_count;
    for (uint32_t m = 0; m < config->matter_count; m++)
        size.matter_halls += config->matters[m].hall_count;
    return size;
}

/* Where each section begins; the whole block's bytes. */
static uint64_t lay_out(const struct tbi_size *size, uint64_t offset[TBI_SECTION_COUNT])
{
    uint64_t at = ALIGN_UP(sizeof(struct tb_city));
#define TBI_SECTION(name, type, count)                   \
    offset[TBI_SECTION_##name] = at;                     \
    at = ALIGN_UP(at + (uint64_t)sizeof(type) * (count));
    TBI_SECTIONS(TBI_SECTION)
#undef TBI_SECTION
    return at;
}

size_t tb_city_bytes(const struct tb_config *config)
{
    tb_assert(config != NULL);
    if (tb_config_check(config, NULL) != TB_STATUS_OK)
        return 0;
    const struct tbi_size size = size_of(config);
    uint64_t offset[TBI_SECTION_COUNT];
    return lay_out(&size, offset);
}

/* ---- what the config says ------------------------------------------------------------------ */

/* Field by field everywhere: bytes between and behind the caller's fields must not get into the
 * block, or equal cities would have different hashes. */

static void init_calendars(struct tb_city *city, const struct tb_config *config)
{
    uint32_t day_first = 0;
    for (uint32_t c = 0; c < config->calendar_count; c++) {
        const struct tb_calendar *from = &config->calendars[c];
        struct tbi_calendar *calendar = tbi_calendar(city, c);
        calendar->kind_count = from->kind_count;
        calendar->day_first = day_first;
        calendar->day_count = from->day_count;
        for (uint32_t k = 0; k < from->kind_count; k++) {
            struct tb_day_kind *kind = &calendar->kinds[k];
            kind->period_count = from->kinds[k].period_count;
            for (uint32_t p = 0; p < kind->period_count; p++) {
                kind->periods[p].opens_us = from->kinds[k].periods[p].opens_us;
                kind->periods[p].closes_us = from->kinds[k].periods[p].closes_us;
            }
        }
        for (uint32_t d = 0; d < from->day_count; d++) {
            tbi_day(city, day_first + d)->starts_at = from->days[d].starts_at_us;
            tbi_day(city, day_first + d)->kind = from->days[d].kind;
        }
        day_first += from->day_count;
        tbi_calendar_sum(city, c);
    }
    tb_assert(day_first == city->size.days);
}

static void init_matters(struct tb_city *city, const struct tb_config *config)
{
    uint32_t hall_first = 0;
    for (uint32_t m = 0; m < config->matter_count; m++) {
        const struct tb_matter *from = &config->matters[m];
        uint64_t *bits = tbi_matter_bits(city, m * city->size.hall_words);
        struct tbi_matter *matter = tbi_matter(city, m);
        matter->group = from->group;
        matter->remote_group = from->remote_group;
        matter->collect = from->collect;
        matter->route = from->route;
        matter->hall_first = hall_first;
        matter->hall_count = from->hall_count;
        for (uint32_t h = 0; h < from->hall_count; h++) {
            *tbi_matter_hall(city, hall_first + h) = from->halls[h];
            bits[from->halls[h] >> 6] |= tbi_bit(from->halls[h]);
        }
        hall_first += from->hall_count;
    }
    tb_assert(hall_first == city->size.matter_halls);
}

static void init_routes(struct tb_city *city, const struct tb_config *config)
{
    for (uint32_t r = 0; r < config->route_count; r++) {
        const struct tb_route *from = &config->routes[r];
        struct tbi_route *route = tbi_route(city, r);
        route->due_work_us = from->due_work_us;
        route->step_count = from->step_count;
        for (uint32_t s = 0; s < from->step_count; s++) {
            struct tb_step *step = &route->steps[s];
            step->kind = from->steps[s].kind;
            step->station = from->steps[s].station;
            step->group = from->steps[s].group;
            step->joins = from->steps[s].joins;
            step->due_work_us = from->steps[s].due_work_us;
            step->next_count = from->steps[s].next_count;
            for (uint32_t n = 0; n < step->next_count; n++)
                step->next[n] = from->steps[s].next[n];
        }
    }
}

/* The class of ready windows that take the same remote lines and are equally flexible. */
static uint32_t remote_class(struct tb_city *city, const struct tbi_profile *profile)
{
    if (profile->remote == 0)
        return TB_NONE;
    for (uint32_t i = 0; i < city->remote_class_count; i++) {
        const struct tbi_remote_class *class_ = &city->remote[i];
        if (class_->lines == profile->remote && class_->flexible == profile->flexible)
            return i;
    }
    tb_assert(city->remote_class_count < TBI_REMOTE_CLASSES_MAX);
    struct tbi_remote_class *class_ = &city->remote[city->remote_class_count];
    class_->lines = profile->remote;
    class_->flexible = profile->flexible;
    class_->ready = (struct tbi_list){TB_NONE, TB_NONE};
    return city->remote_class_count++;
}

static uint32_t bits_in(uint64_t mask)
{
    uint32_t count = 0;
    for (; mask != 0; mask &= mask - 1)
        count++;
    return count;
}

static void init_profiles(struct tb_city *city, uint32_t station_index,
                          const struct tb_station *from)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    for (uint32_t p = 0; p < from->profile_count; p++) {
        const struct tb_profile *given = &from->profiles[p];
        struct tbi_profile *profile = tbi_station_profile(station, p);
        profile->serves = given->serves;
        profile->helps = given->helps;
        profile->remote = given->remote;
        profile->help_below = given->help_below;
        profile->flexible =
            bits_in(given->serves) + bits_in(given->helps) + bits_in(given->remote);
        profile->ready = (struct tbi_list){TB_NONE, TB_NONE};
        profile->remote_class = remote_class(city, profile);
        for (uint64_t m = given->serves | given->helps; m != 0; m &= m - 1)
            tbi_station_line(station, tbi_lowest(m))->profiles |= tbi_bit(p);
    }
}

static void init_lines(struct tb_city *city, uint32_t station_index, const struct tb_station *from)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    tb_assert(station->group_count == from->group_count);
    for (uint32_t g = 0; g < from->group_count; g++) {
        struct tbi_group *group = tbi_station_group(station, g);
        group->service_us = from->groups[g].service_mean_us;
        group->quota = from->groups[g].quota;
        group->slot_capacity = from->groups[g].slot_capacity;
    }
    for (uint32_t q = 0; q < from->group_count * TB_CLASSES; q++) {
        struct tbi_line *line = tbi_station_line(station, q);
        const uint32_t class_ = q % TB_CLASSES;
        line->head = TB_NONE;
        line->tail = TB_NONE;
        line->root = TB_NONE;
        line->near = TB_NONE;
        line->fifo = from->kind != TB_STATION_DESK &&
                     (class_ == TB_CLASS_NORMAL || class_ == TB_CLASS_GREEN);
    }
}

static void init_servers(struct tb_city *city, uint32_t station_index,
                         const struct tb_station *from)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    for (uint32_t s = 0; s < from->server_count; s++) {
        struct tbi_server *server = tbi_server(city, station->server_first + s);
        server->next = TB_NONE;
        server->prev = TB_NONE;
        server->remote_next = TB_NONE;
        server->remote_prev = TB_NONE;
        server->ticket = TB_NONE;
        server->deadline_at = TB_NEVER;
        server->station = (uint16_t)station_index;
        server->profile = from->servers[s];
        server->state = TB_SERVER_CLOSED;
    }
}

static void init_station(struct tb_city *city, uint32_t index, const struct tb_station *from)
{
    struct tbi_station *station = tbi_station(city, index);
    const struct tbi_list empty = {TB_NONE, TB_NONE};
    station->kind = (uint8_t)from->kind;
    station->calendar = from->calendar;
    station->group_count = (uint8_t)from->group_count;
    station->profile_count = (uint8_t)from->profile_count;
    station->server_count = from->server_count;
    station->clock_at = INT64_MIN;
    station->day = -1;
    station->over = from->kind != TB_STATION_DESK;
    station->calls = empty;
    station->away = empty;
    station->follows = empty;
    station->lapses = empty;
    station->timers = TB_NONE;
    station->plan_room = from->plan_entries_max;
    if (from->slot_us > 0) {
        station->slot_us = from->slot_us;
        station->slots_per_day = (uint32_t)(TB_DAYS(1) / from->slot_us);
        station->horizon_days = from->horizon_days;
    }
    for (uint32_t kind = 0; kind < TBI_DUE_COUNT; kind++)
        station->due_at[kind] = TB_NEVER;
    for (uint32_t b = 0; b < TBI_WAIT_BUCKETS; b++) {
        station->factors.half[b] = TBI_FACTOR_ONE;
        station->factors.nine[b] = 2 * TBI_FACTOR_ONE;
    }
}

/* Stations and what they have lie before all that can be large (TBI_SECTIONS). */
static int32_t distance(const struct tbi_station *station, const void *to)
{
    const int64_t bytes = (const char *)to - (const char *)station;
    tb_assert(bytes == (int32_t)bytes);
    return (int32_t)bytes;
}

/* Those whose rules are equal share them: in a city of many halls they then lie in the cache. A
 * change makes them a station's own (plan.c). */
static void init_rules(struct tb_city *city, uint32_t index, const struct tb_station *from)
{
    struct tbi_station *station = tbi_station(city, index);
    struct tb_rules *own = tbi_rules(city, index);
    for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++)
        own->value[rule] = from->rules ? from->rules->value[rule] : tb_rule_row(rule)->normal;
    const struct tb_rules *shared = own;
    for (uint32_t i = 0, tried = 0; i < index && tried < RULES_TRIED_MAX; i++) {
        const struct tb_rules *rules = tbi_rules(city, i);
        if (tbi_station_rules(tbi_station(city, i)) != rules->value)
            continue; /* shares those of one before it */
        tried++;
        if (memcmp(rules, own, sizeof *own) == 0) {
            shared = rules;
            memset(own, 0, sizeof *own);
            break;
        }
    }
    station->rules_at = distance(station, shared);
}

static void init_stations(struct tb_city *city, const struct tb_config *config)
{
    uint32_t line = 0, profile = 0, server = 0, plan = 0, slot = 0;
    for (uint32_t s = 0; s < config->station_count; s++) {
        const struct tb_station *from = &config->stations[s];
        struct tbi_station *station = tbi_station(city, s);
        station->line_first = line;
        station->profile_first = profile;
        station->server_first = server;
        station->plan_first = plan;
        station->slot_first = slot;
        station->lines_at = distance(station, tbi_line(city, line));
        station->profiles_at = distance(station, tbi_profile(city, profile));
        station->groups_at = distance(station, tbi_group(city, line / TB_CLASSES));
        init_station(city, s, from);
        init_rules(city, s, from);
        init_lines(city, s, from);
        init_profiles(city, s, from);
        init_servers(city, s, from);
        if (from->kind == TB_STATION_REMOTE) {
            tb_assert(city->station_remote == TB_NONE);
            city->station_remote = s;
        }
        line += from->group_count * TB_CLASSES;
        profile += from->profile_count;
        server += from->server_count;
        plan += from->plan_entries_max * config->calendars[from->calendar].kind_count;
        slot += (uint32_t)slots_of(from);
    }
    tb_assert(line == city->size.lines);
    tb_assert(profile == city->size.profiles);
    tb_assert(server == city->size.servers);
    tb_assert(plan == city->size.plan_entries);
    tb_assert(slot == city->size.slots);
}

/* Entries of a kind of day are in order of (offset, server, given first). */
static void init_plan(struct tb_city *city, const struct tb_config *config)
{
    for (uint32_t row = 0; row < config->plan_count; row++) {
        const struct tb_plan_entry *from = &config->plan[row];
        const uint32_t station_index = tbi_server(city, from->server)->station;
        const struct tbi_station *station = tbi_station(city, station_index);
        uint32_t *count = &tbi_plan_count(city, station_index)->count[from->day_kind];
        tb_assert(*count < station->plan_room);
        struct tbi_plan_entry *entries = tbi_plan(
            city, station->plan_first + (uint64_t)from->day_kind * station->plan_room);
        uint32_t i = (*count)++;
        while (i > 0 && (entries[i - 1].offset_us > from->offset_us ||
                         (entries[i - 1].offset_us == from->offset_us &&
                          entries[i - 1].server > from->server))) {
            entries[i] = entries[i - 1];
            i--;
        }
        const bool opens = from->action == TB_PLAN_OPEN;
        entries[i] = (struct tbi_plan_entry){.offset_us = from->offset_us,
                                             .server = from->server,
                                             .profile = opens ? (uint16_t)from->profile : 0,
                                             .action = (uint8_t)from->action};
    }
}

static void init_deadlines(struct tb_city *city)
{
    for (uint32_t s = 0; s < city->size.stations; s++) {
        const tb_time at = tbi_calendar_boundary_at(city, s);
        tb_assert(at != TB_NEVER);
        tbi_station(city, s)->due_at[TBI_DUE_CALENDAR] = at;
    }
    tbi_due_build(city);
}

static void init_header(struct tb_city *city, const struct tb_config *config, uint64_t bytes)
{
    city->magic = TBI_MAGIC;
    city->version = TB_CITY_VERSION;
    city->station_remote = TB_NONE;
    city->bytes = bytes;
    city->config_id = config->id;
    city->clock_at = INT64_MIN;
    city->tickets = (struct tbi_pool){.free = TB_NONE, .max = config->tickets_max};
    city->cases = (struct tbi_pool){.free = TB_NONE, .max = config->cases_max};
    city->visits = (struct tbi_pool){.free = TB_NONE, .max = config->visits_max};
    city->calls = (struct tbi_list){TB_NONE, TB_NONE};
    for (uint32_t i = 0; i < 2; i++)
        city->visits_due[i] = (struct tbi_visits){TB_NEVER, {TB_NONE, TB_NONE}};
}

enum tb_status tb_city_init(void *block, size_t bytes, const struct tb_config *config)
{
    tb_assert(block != NULL);
    tb_assert((uintptr_t)block % TB_CITY_ALIGN == 0);
    tb_assert(config != NULL);
    if (tb_config_check(config, NULL) != TB_STATUS_OK)
        return TB_STATUS_CONFIG_INVALID;
    const struct tbi_size size = size_of(config);
    uint64_t offset[TBI_SECTION_COUNT];
    const uint64_t needed = lay_out(&size, offset);
    if (bytes < needed)
        return TB_STATUS_BLOCK_SMALL;
    /* The pools are not touched: they are read only as far as they were used. */
    memset(block, 0, offset[TBI_SECTION_ticket]);
    struct tb_city *city = block;
    city->size = size;
    memcpy(city->offset, offset, sizeof(offset));
    due_levels(size.stations, city->due_level, &city->due_level_count);
    init_header(city, config, needed);
    init_calendars(city, config);
    init_stations(city, config);
    init_matters(city, config);
    init_routes(city, config);
    init_plan(city, config);
    for (uint64_t i = 0; i < size.zones * size.stations; i++)
        *tbi_travel(city, i) = config->travel_s[i];
    init_deadlines(city);
    return TB_STATUS_OK;
}

/* ---- hash, save, load ---------------------------------------------------------------------- */

/* The bytes of the block that mean something, in order. */
#define PARTS 5
struct parts {
    struct {
        uint64_t offset, bytes;
    } part[PARTS];
    uint64_t bytes; /* of all */
};

static struct parts parts_of(const struct tb_city *city)
{
    const uint64_t *offset = city->offset;
    struct parts parts = {
        {{0, offset[TBI_SECTION_deadline]},
         {offset[TBI_SECTION_ticket], city->tickets.used * sizeof(struct tbi_ticket)},
         {offset[TBI_SECTION_more], city->tickets.used * sizeof(struct tbi_ticket_more)},
         {offset[TBI_SECTION_case_], city->cases.used * sizeof(struct tbi_case)},
         {offset[TBI_SECTION_visit], city->visits.used * sizeof(struct tbi_visit)}},
        0};
    for (uint32_t i = 0; i < PARTS; i++)
        parts.bytes += parts.part[i].bytes;
    return parts;
}

size_t tb_city_block_bytes(const struct tb_city *city)
{
    tb_assert(city->magic == TBI_MAGIC);
    return city->bytes;
}

size_t tb_city_used_bytes(const struct tb_city *city)
{
    tb_assert(city->magic == TBI_MAGIC);
    return parts_of(city).bytes;
}

uint64_t tb_city_hash(const struct tb_city *city)
{
    tb_assert(city->magic == TBI_MAGIC);
    const struct parts parts = parts_of(city);
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (uint32_t i = 0; i < PARTS; i++) {
        const char *from = (const char *)city + parts.part[i].offset;
        XXH3_64bits_update(&state, from, parts.part[i].bytes);
    }
    return XXH3_64bits_digest(&state);
}

uint64_t tb_city_config_id(const struct tb_city *city)
{
    tb_assert(city->magic == TBI_MAGIC);
    return city->config_id;
}

void tb_city_save(const struct tb_city *city, void *out)
{
    tb_assert(city->magic == TBI_MAGIC);
    tb_assert(out != NULL);
    const struct parts parts = parts_of(city);
    const struct saved_head head = {.magic = SAVED_MAGIC,
                                    .version = TB_CITY_VERSION,
                                    .payload_bytes = parts.bytes,
                                    .hash = tb_city_hash(city)};
    char *to = out;
    memcpy(to, &head, sizeof(head));
    to += sizeof(head);
    for (uint32_t i = 0; i < PARTS; i++) {
        memcpy(to, (const char *)city + parts.part[i].offset, parts.part[i].bytes);
        to += parts.part[i].bytes;
    }
    tb_assert((size_t)(to - (char *)out) == parts.bytes + sizeof(head));
}

/* Are magic, version and head that of a saved city of just this many bytes? */
static bool head_right(const struct saved_head *head, size_t saved_bytes)
{
    const uint64_t zero = head->zero[0] | head->zero[1] | head->zero[2] | head->zero[3];
    return head->magic == SAVED_MAGIC && head->version == TB_CITY_VERSION && zero == 0 &&
           head->payload_bytes >= sizeof(struct tb_city) &&
           head->payload_bytes == saved_bytes - sizeof(*head);
}

static bool pool_right(const struct tbi_pool *pool, uint64_t max)
{
    return pool->max == max && pool->used <= max && pool->count <= pool->used;
}

/* Does the city's own header agree with itself and with the bytes there are? */
static bool header_right(const struct tb_city *city, uint64_t payload_bytes)
{
    uint64_t offset[TBI_SECTION_COUNT];
    if (city->magic != TBI_MAGIC || city->version != TB_CITY_VERSION)
        return false;
    if (lay_out(&city->size, offset) != city->bytes)
        return false;
    if (memcmp(offset, city->offset, sizeof(offset)) != 0)
        return false;
    return pool_right(&city->tickets, city->size.tickets) &&
           pool_right(&city->cases, city->size.cases) &&
           pool_right(&city->visits, city->size.visits) && parts_of(city).bytes == payload_bytes;
}

enum tb_status tb_city_load(void *block, size_t block_bytes, const void *saved, size_t saved_bytes)
{
    tb_assert(block != NULL);
    tb_assert((uintptr_t)block % TB_CITY_ALIGN == 0);
    tb_assert(saved != NULL);
    struct saved_head head;
    if (saved_bytes < sizeof(head))
        return TB_STATUS_BLOCK_INVALID;
    memcpy(&head, saved, sizeof(head));
    if (!head_right(&head, saved_bytes))
        return TB_STATUS_BLOCK_INVALID;
    const char *from = (const char *)saved + sizeof(head);
    if (XXH3_64bits(from, head.payload_bytes) != head.hash)
        return TB_STATUS_BLOCK_DAMAGED;
    struct tb_city header; /* `saved` may stand at any address */
    memcpy(&header, from, sizeof(header));
    if (!header_right(&header, head.payload_bytes))
        return TB_STATUS_BLOCK_INVALID;
    if (block_bytes < header.bytes)
        return TB_STATUS_BLOCK_SMALL;
    const struct parts parts = parts_of(&header);
    for (uint32_t i = 0; i < PARTS; i++) {
        memcpy((char *)block + parts.part[i].offset, from, parts.part[i].bytes);
        from += parts.part[i].bytes;
    }
    tbi_due_build(block);
    return TB_STATUS_OK;
}

enum tb_status tb_city_copy(void *block, size_t block_bytes, const struct tb_city *city)
{
    tb_assert(block != NULL);
    tb_assert((uintptr_t)block % TB_CITY_ALIGN == 0);
    tb_assert(city->magic == TBI_MAGIC);
    if (block_bytes < city->bytes)
        return TB_STATUS_BLOCK_SMALL;
    const struct parts parts = parts_of(city);
    for (uint32_t i = 0; i < PARTS; i++) {
        const uint64_t at = parts.part[i].offset;
        memcpy((char *)block + at, (const char *)city + at, parts.part[i].bytes);
    }
    tbi_due_build(block);
    return TB_STATUS_OK;
}
