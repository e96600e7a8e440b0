/* shift.c: the shifts that a contract allows. */
#include <stdlib.h>

#include "kernel/base.h"
#include "roster/roster.h"

#define HOURS TBS_RULE_HOURS
#define CLOCK TBS_RULE_CLOCK
#define COUNT TBS_RULE_COUNTED
#define PERCENT TBS_RULE_PERCENT
#define TBS_ROSTER_RULE(name, unit, standard, least, most, zh, en)                                 \
    {#name, zh, en, unit, standard, least, most},
const struct tbs_roster_rule_row tbs_roster_rules[TBS_RULE_COUNT] = {
#include "roster/rule.def"
};
#undef TBS_ROSTER_RULE

static uint64_t run(int from, int to)
{
    const uint64_t below = to >= 64 ? UINT64_MAX : (UINT64_C(1) << to) - 1;

    return below & ~((UINT64_C(1) << from) - 1);
}

struct forms {
    struct tbs_shift_form *form;
    int count, room;
};

static void add(struct forms *f, int from, int pause_from, int pause_to, int to)
{
    if (f->count == f->room) {
        f->room = 2 * f->room + 64;
        f->form = realloc(f->form, (size_t)f->room * sizeof *f->form);
        tbs_assert(f->form != NULL);
    }
    f->form[f->count++] = (struct tbs_shift_form){
        .works = run(from, to) & ~run(pause_from, pause_to),
        .from = from,
        .to = to,
        .hours = to - from - (pause_to - pause_from),
    };
}

/* All breaks of a shift that begins at `from` and works `hours`. */
static void add_with_break(struct forms *f, const int *rule, int from, int hours, int stretch)
{
    for (int pause = rule[TBS_RULE_break_least]; pause <= rule[TBS_RULE_break_most]; pause++) {
        const int to = from + hours + pause;

        for (int at = rule[TBS_RULE_break_from]; at + pause <= rule[TBS_RULE_break_to]; at++) {
            if (at > from && at - from <= stretch && to > at + pause &&
                to - at - pause <= stretch && to <= rule[TBS_RULE_shift_to]) {
                add(f, from, at, at + pause, to);
            }
        }
    }
}

int tbs_shift_forms(const struct tbs_contract *contract, uint32_t lifted,
                    struct tbs_shift_form **forms)
{
    const int *rule = contract->rule;
    const bool any_length = (lifted >> TBS_CLASH_SHIFTS & 1) != 0;
    const int least = any_length ? 1 : rule[TBS_RULE_shift_least];
    const int most = any_length ? TBS_HALF_HOURS : rule[TBS_RULE_shift_most];
    const int to = rule[TBS_RULE_shift_to];
    const int stretch =
        (lifted >> TBS_CLASH_BREAKS & 1) != 0 ? TBS_HALF_HOURS : rule[TBS_RULE_stretch_most];
    struct forms f = {0};

    for (int hours = least; hours <= most; hours++) {
        for (int from = rule[TBS_RULE_shift_from]; from + hours <= to; from++) {
            if (hours <= stretch) {
                add(&f, from, from, from, from + hours);
            } else {
                add_with_break(&f, rule, from, hours, stretch);
            }
        }
    }
    *forms = f.form;
    return f.count;
}
