#include <string.h>

#include "access.h"

static const struct tbi_role roles[] = {
#define TBI_ROLE(letter, name, zh) {letter, name, zh},
#include "role.def"
#undef TBI_ROLE
};

enum { ROLE_COUNT = sizeof roles / sizeof roles[0] };

const struct tbi_role *tbi_role_find(const char *name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

const struct tbi_role *tbi_role_of(char letter)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (roles[i].letter == letter)
            return &roles[i];
    return NULL;
}

bool tbi_role_allows(const struct tbi_role *role, const char *allowed)
{
    return strchr(allowed, role->letter) != NULL;
}
