/* What the core says against what the model says: references mapped, estimates masked. */
#ifndef TESTS_MODEL_COMPARE_H
#define TESTS_MODEL_COMPARE_H

#include "pair.h"

/* ---- references: each of the model's stands for one of the core's, for ever ---------------- */
struct refs {
    tb_ref *pairs; /* model, core */
    uint32_t count, room;
    uint32_t *by_model, *by_core; /* open addressing: position + 1 */
    uint32_t slots;
};
void refs_free(struct refs *refs);
tb_ref refs_core(const struct refs *refs, tb_ref model); /* 0: not known */
tb_ref refs_model(const struct refs *refs, tb_ref core); /* 0: not known */
void refs_add(struct refs *refs, tb_ref model, tb_ref core);
/* For commands: what the core does not know is named by something that it never gives. */
tb_ref refs_for_command(const struct refs *refs, tb_ref model);

/* ---- events -------------------------------------------------------------------------------- */
struct compare {
    const struct world *world;
    const struct model *model;
    struct refs refs;
    bool any_sequence;   /* sequence numbers are not compared */
    uint64_t *estimates; /* the model's sequence number when the core sent ESTIMATES */
    uint32_t estimate_count, estimate_room;
    char *failure;
    size_t failure_bytes;
};
/* Are the two lists the same? Fresh references are learnt. At most the last command of the step may
 * be a HALL.SUGGEST. False: compare->failure says how. */
bool compare_events(struct compare *c, const struct tb_event *core, uint32_t core_count,
                    const struct tb_event *model, uint32_t model_count);
/* Are the const views the same? thorough: tickets, cases and lines too. */
bool compare_views(struct compare *c, const struct tb_city *city, tb_time now, bool thorough);
/* Explain: what WINDOW.NEXT of this window would do now, its reason and its candidates. */
bool compare_choice(struct compare *c, const struct tb_city *city, uint32_t server, tb_time now);
/* The explanations of a step against its CALLED events. */
bool compare_explanations(struct compare *c, const struct tb_command *command,
                          const struct tb_explanation *explanations, uint32_t explanation_count,
                          const struct tb_event *events, uint32_t count);

#endif
