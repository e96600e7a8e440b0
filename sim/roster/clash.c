/* clash.c: which rules make a roster impossible. */
#include "kernel/base.h"
#include "roster/roster.h"

const char *tbs_clash_name(enum tbs_clash clash, bool zh)
{
    static const char *const names[][2] = {
#define X(ID, zh, en) {zh, en},
        TBS_ROSTER_CLASHES(X)
#undef X
    };

    return names[clash][zh ? 0 : 1];
}

/* Is there surely no roster without these rules? What time leaves open counts as possible. */
static bool impossible(const struct tbs_roster_problem *problem,
                       const struct tbs_roster_options *options, uint32_t lifted, bool *sure)
{
    struct tbs_roster_options without = *options;
    struct tbs_roster roster;

    without.lifted = options->lifted | lifted;
    without.may_be_short = false;
    without.gap = 1; /* any roster will do */
    without.progress = NULL;
    tbs_roster_solve(problem, &without, &roster);
    const bool none = roster.status == TBS_MIP_INFEASIBLE;
    *sure &= roster.status != TBS_MIP_UNKNOWN;
    tbs_roster_free(&roster);
    return none;
}

void tbs_roster_explain(const struct tbs_roster_problem *problem,
                        const struct tbs_roster_options *options, struct tbs_roster_why *why)
{
    struct tbs_roster_options each = *options;
    uint32_t lifted = 0;

    each.time_s = options->time_s / (2 * TBS_CLASH_COUNT);
    *why = (struct tbs_roster_why){.sure = true};
    for (int clash = 0; clash < TBS_CLASH_COUNT; clash++) {
        if (impossible(problem, &each, lifted | 1u << clash, &why->sure)) {
            lifted |= 1u << clash;
        }
    }
    why->clashes = ~lifted & ((1u << TBS_CLASH_COUNT) - 1);
    for (int clash = 0; clash < TBS_CLASH_COUNT; clash++) {
        bool decided = true;
        if ((why->clashes >> clash & 1) != 0 &&
            !impossible(problem, &each, 1u << clash, &decided) && decided) {
            why->alone |= 1u << clash;
        }
    }
}
