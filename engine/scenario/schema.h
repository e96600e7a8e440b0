/* schema.h: which keys scenario.yaml may have and where libcyaml puts their values; and the
 * names of all single values: the one place where scalar.def, people.def and rule.def meet.
 *
 * Made once, before main; read only after that. All strings live for ever. */
#ifndef TBI_SCENARIO_SCHEMA_H
#define TBI_SCENARIO_SCHEMA_H

#include <cyaml/cyaml.h>

#include "document.h"

/* The whole file: a struct tbi_yaml. */
const cyaml_schema_value_t *tbi_schema(void);

/* Every single value that a file may give and --set may override: scalars, people, rules, in
 * this order. */
enum { TBI_VALUE_COUNT = TBI_SCALAR_COUNT + TBI_PEOPLE_COUNT + TB_RULE_COUNT };
struct tbi_value_row {
    const char *path; /* "demand.scale", "people.green_share", "rules.call_timeout" */
    const char *name; /* without "people." or "rules." */
    const char *zh, *en;
    uint32_t offset; /* of the text in struct tbi_yaml */
};
const struct tbi_value_row *tbi_schema_value(uint32_t index);

static inline const struct tbi_value_row *tbi_schema_scalar(enum tbi_scalar scalar)
{
    return tbi_schema_value(scalar);
}
static inline const struct tbi_value_row *tbi_schema_people(enum tbi_people people)
{
    return tbi_schema_value(TBI_SCALAR_COUNT + people);
}
static inline const struct tbi_value_row *tbi_schema_rule(enum tb_rule rule)
{
    return tbi_schema_value(TBI_SCALAR_COUNT + TBI_PEOPLE_COUNT + rule);
}

#endif
