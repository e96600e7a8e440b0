#include <math.h>
#include <string.h>

#include "web/day.h"

struct hunt {
    const struct tb_scenario *scenario;
    struct tbs_web_question question;
    struct tbs_web_search *search;
    void (*tell)(void *context, const struct tbs_web_search *search);
    void *context;
    const atomic_bool *stop;
    double share;
    uint32_t most;
    bool open[TBS_WEB_SLOTS];
};

static bool stopped(const struct hunt *h)
{
    return h->stop != NULL && atomic_load_explicit(h->stop, memory_order_relaxed);
}

/* Two standard errors of the mean of days, which are independent: 97.7% one-sided. */
static bool keeps(const struct tbs_web_answer *answer, double share)
{
    double square = 0, mean = 0;

    for (uint32_t d = 0; d < answer->days; d++) {
        mean += answer->by_day[TBS_WEB_WITHIN][d] / answer->days;
    }
    for (uint32_t d = 0; d < answer->days; d++) {
        const double off = answer->by_day[TBS_WEB_WITHIN][d] - mean;
        square += off * off;
    }
    const double n = answer->days;
    return n > 1 && answer->day.within - 2 * sqrt(square / (n - 1) / n) >= share;
}

static bool try(struct hunt *h, const uint16_t *windows, struct tbs_web_answer *answer)
{
    memcpy(h->question.windows, windows, sizeof h->question.windows);
    return !stopped(h) && tbs_web_evaluate(h->scenario, &h->question, answer);
}

static void tell(struct hunt *h, const char *phase)
{
    h->search->phase = phase;
    h->search->step++;
    if (h->tell != NULL) {
        h->tell(h->context, h->search);
    }
}

/* People of a half hour who wait too long or leave. */
static double late(const struct tbs_web_answer *answer, uint32_t k)
{
    const struct tbs_web_figures *slot = &answer->slots[k];

    return slot->visits > 0 ? slot->visits * (1 - slot->within) : 0;
}

static uint32_t worst(const struct hunt *h)
{
    uint32_t found = TB_NONE;
    double most = -1;

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        const double here = late(&h->search->answer, k);
        if (h->open[k] && h->search->windows[k] < h->most && here > most) {
            most = here;
            found = k;
        }
    }
    return found;
}

static bool add(struct hunt *h)
{
    struct tbs_web_search *s = h->search;

    while (!keeps(&s->answer, h->share)) {
        const uint32_t k = worst(h);
        if (k == TB_NONE) {
            s->kept = false;
            return true;
        }
        s->windows[k]++;
        if (!try(h, s->windows, &s->answer)) {
            return false;
        }
        tell(h, "add");
    }
    s->kept = true;
    return true;
}

/* Of the half hours that may lose a window, the one whose people wait least goes first. */
static bool take_away(struct hunt *h)
{
    struct tbs_web_search *s = h->search;
    bool tried[TBS_WEB_SLOTS] = {false};

    for (;;) {
        uint32_t k = TB_NONE;
        for (uint32_t i = 0; i < TBS_WEB_SLOTS; i++) {
            if (h->open[i] && !tried[i] && s->windows[i] > 1 &&
                (k == TB_NONE || s->windows[i] > s->windows[k] ||
                 (s->windows[i] == s->windows[k] && late(&s->answer, i) < late(&s->answer, k)))) {
                k = i;
            }
        }
        if (k == TB_NONE) {
            return true;
        }
        struct tbs_web_answer answer;
        s->windows[k]--;
        if (!try(h, s->windows, &answer)) {
            return false;
        }
        if (keeps(&answer, h->share)) {
            s->answer = answer;
        } else {
            s->windows[k]++;
            tried[k] = true;
        }
        tell(h, "remove");
    }
}

bool tbs_web_search(const struct tb_scenario *scenario, const struct tbs_web_question *start,
                    double share, struct tbs_web_search *search,
                    void (*teller)(void *context, const struct tbs_web_search *search),
                    void *context, const atomic_bool *stop)
{
    struct hunt h = {.scenario = scenario, .question = *start, .search = search, .tell = teller,
                     .context = context, .stop = stop, .share = share,
                     .most = scenario->halls[start->hall].window_count};

    memset(search, 0, sizeof *search);
    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        h.open[k] = tbs_web_open(scenario, start->hall, start->kind, &start->whatif, k, NULL);
        search->windows[k] = h.open[k] ? (start->windows[k] > 0 ? start->windows[k] : 1) : 0;
    }
    if (!try(&h, search->windows, &search->answer) || !add(&h)) {
        return false;
    }
    if (search->kept && !take_away(&h)) {
        return false;
    }
    /* On citizens that the search has not met; what they show to be missing is added. */
    h.question.seed = start->seed + 1000003;
    if (!try(&h, search->windows, &search->answer) || !add(&h)) {
        return false;
    }
    tell(&h, "check");
    return true;
}
