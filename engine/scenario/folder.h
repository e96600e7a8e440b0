/* folder.h: everything that a scenario is read from, before it means anything: the documents, the
 * tables, what was set from outside. Building (build.h) reads it and changes nothing, so that a
 * scenario can be built again after another value was set. */
#ifndef TBI_SCENARIO_FOLDER_H
#define TBI_SCENARIO_FOLDER_H

#include "document.h"
#include "table.h"

enum { TBI_EXTENDS_MAX = 4 };

/* "name=value" from a document's `set:` or from outside; later ones win. */
struct tbi_override {
    const char *name, *value;
    struct tbi_at at;
};

struct tbi_folder {
    struct tbi_arena arena;
    struct tbi_document documents[TBI_EXTENDS_MAX]; /* the folder itself, then what it extends */
    uint32_t document_count;
    const struct tbi_document *document; /* the last one: the city */
    struct tbi_table tables[TBI_TABLE_COUNT];
    struct tbi_override *overrides;
    uint32_t override_count, override_capacity;
    const char *id; /* of the folder, by its path */
    uint64_t hash;  /* of all files */
    bool partial;   /* a part of it could not be read: builds only to find more mistakes */
};

/* Reads the folder and those it extends; plan_path stands in for plans.csv (NULL: does not). Adds
 * mistakes. False: there is nothing to build. */
bool tbi_folder_read(struct tbi_folder *folder, const char *path, const char *plan_path,
                     struct tb_scenario_problems *problems);

/* Adds an override. False and a mistake if it has no '='. Texts are copied. */
bool tbi_folder_override(struct tbi_folder *folder, const char *assignment, struct tbi_at at,
                         struct tb_scenario_problems *problems);

void tbi_folder_free(struct tbi_folder *folder);

#endif
