/* document.h: scenario.yaml, read by libcyaml after a schema. Everything is text here; build.h
 * turns it into numbers. libcyaml says where a mistake is only roughly and forgets the places
 * of what it has read, so libyaml walks over the text once more and notes where each key and
 * value stands. */
#ifndef TBI_SCENARIO_DOCUMENT_H
#define TBI_SCENARIO_DOCUMENT_H

#include "file.h"

enum tbi_scalar {
#define TBI_SCALAR(section, name, ...) TBI_##section##_##name,
#include "scalar.def"
#undef TBI_SCALAR
    TBI_SCALAR_COUNT
};

enum tbi_people {
#define TB_PEOPLE(kind, name, ...) TBI_PEOPLE_##name,
#include "tongban/people.def"
#undef TB_PEOPLE
    TBI_PEOPLE_COUNT
};

/* An entry of trades, zones or day_kinds; demand only in day_kinds. */
struct tbi_name_entry {
    char *id, *zh, *en, *demand;
};
struct tbi_hours_entry {
    char *calendar, *day;
    char **open;
    uint32_t open_count;
};
struct tbi_season_entry {
    char *from, *to, *factor;
};
struct tbi_total_entry {
    char *day, *from, *to, *volume;
};
struct tbi_rules_entry {
    char *where;
    char *rules[TB_RULE_COUNT];
};

/* What libcyaml fills; NULL and 0 where the file says nothing. */
struct tbi_yaml {
    char *scalars[TBI_SCALAR_COUNT];
    char *people[TBI_PEOPLE_COUNT];
    char *rules[TB_RULE_COUNT];
    struct tbi_name_entry *trades, *zones, *day_kinds;
    struct tbi_hours_entry *hours;
    struct tbi_season_entry *seasons;
    struct tbi_total_entry *totals;
    struct tbi_rules_entry *rules_for;
    char **set;
    uint32_t trades_count, zones_count, day_kinds_count, hours_count, seasons_count, totals_count;
    uint32_t rules_for_count, set_count;
};

/* A key or a list's entry: its path ("trades[2].id"), where its name and its value stand. */
struct tbi_place {
    const char *path;
    uint32_t key_line, key_column, line, column;
};

struct tbi_document {
    struct tbi_file file;
    struct tbi_yaml *yaml; /* in the arena; never NULL once read */
    const struct tbi_place *places;
    uint32_t place_count;
    bool doubtful; /* whole keys may be lost by mistakes: what is missing means nothing */
};

/* Reads the text of document->file. False: it is no YAML, or does not follow the schema; then
 * mistakes were added, and *document->yaml holds what could be read all the same: of a mistake
 * of grammar the key at the margin that it lies under is lost, of a wrong key or shape only that
 * key. */
bool tbi_document_parse(struct tbi_arena *arena, struct tbi_document *document,
                        struct tb_scenario_problems *problems);

/* Where the value of a path stands; where the file is if there is no such path. */
struct tbi_at tbi_document_at(const struct tbi_document *document, const char *path);

#endif
