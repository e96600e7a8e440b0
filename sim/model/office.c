/* The back office: approvers, corrections, outside legs, results to collect, cases without a visit.
 */
#include "model/life.h"

/* What a case draws: a number for each purpose, step and attempt. */
static uint64_t draw(const struct matter_case *c, enum tbs_purpose purpose, uint32_t step)
{
    return tbs_luck(c->luck, purpose, step + c->attempts * 2u * TB_STEPS_MAX);
}

int64_t tbs_work_us(const struct tbs_model *m, uint32_t station, tb_time at_us)
{
    const struct station *st = &m->stations[station];
    const struct tb_calendar *calendar = &m->config.calendars[m->config.stations[station].calendar];
    const struct tb_day_kind *kind = &calendar->kinds[st->kind_today];
    const int64_t offset = at_us - m->day_at_us;
    int64_t work_us = st->work_us;

    for (uint32_t i = 0; i < kind->period_count; i++) {
        const int64_t from = kind->periods[i].opens_us, to = kind->periods[i].closes_us;
        work_us += offset >= to ? to - from : offset > from ? offset - from : 0;
    }
    return work_us;
}

/* ---- approvers ------------------------------------------------------------------------------- */

/* How the approver will decide. */
static enum tb_command_kind decision_of(const struct tbs_model *m, uint32_t station,
                                        const struct matter_case *c, uint32_t step)
{
    const struct tb_people *people = &m->scenario->people;

    if (people->correction_share + people->rejection_share > 0) {
        const double u = tbs_unit(draw(c, TBS_RETURNS, step));
        if (u < people->correction_share) {
            return TB_DESK_CORRECT;
        }
        if (u < people->correction_share + people->rejection_share) {
            return TB_DESK_REJECT;
        }
    }
    return m->stations[station].help ? TB_HELP_CLOSE : TB_DESK_APPROVE;
}

void tbs_office_called(struct tbs_model *m, const struct tb_event *event)
{
    const int64_t work_us = m->tasks[tb_ref_index(event->ref)].work_us;
    const double pace = m->windows[event->server].pace;

    if (!(event->flags & TB_EVENT_FLAG_STARTED)) {
        const struct tb_command start = {.kind = TB_WINDOW_START, .server = event->server};
        tbs_todo(m, &start);
    }
    tbs_pending(m, event->server, PHASE_TASK,
                event->at_us + (pace == 1 ? work_us : tbs_us_nearest((double)work_us * pace)));
}

void tbs_office_decides(struct tbs_model *m, uint32_t server, tb_time now)
{
    const struct window *window = &m->windows[server];
    const struct tb_command command = {
        .kind = m->tasks[tb_ref_index(window->ticket)].decision,
        .server = server,
        .flags = TB_FLAG_NEXT,
    };

    tbs_step(m, window->station, now, &command);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void on_opened(struct tbs_model *m, const struct tb_event *event)
{
    const uint32_t slot = tb_ref_index(event->ref);
    struct matter_case *c = &m->cases[slot];
    const struct tbs_visit *visit = m->subject;

    m->case_now = slot;
    *c = m->direct_case; /* of a command that opens one */
    if (visit != NULL) {
        *c = (struct matter_case){
            .luck = tbs_luck(visit->luck, TBS_APPROVAL, visit->matters_done),
            .home = visit->home,
            .class_ = visit->class_,
        };
    }
    c->ref = event->ref;
    c->matter = event->matter;
}

static void on_queued(struct tbs_model *m, const struct tb_event *event)
{
    const uint32_t slot = tb_ref_index(event->ref), step = (uint32_t)event->value;
    const struct matter_case *c = &m->cases[m->case_now];
    const struct tbs_distribution *work =
        &m->step_work[m->step_first[m->config.matters[c->matter].route] + step];

    m->seats[slot] = NULL;
    m->task_end = slot < m->task_end ? m->task_end : slot + 1;
    m->tasks[slot] = (struct task){
        .queued_work_us = tbs_work_us(m, event->station, event->at_us),
        .due_at_us = event->value2,
        .work_us = tbs_luck_draw_us(work, draw(c, TBS_APPROVAL, step)),
        .case_index = m->case_now,
        .station = event->station,
        .decision = (uint8_t)decision_of(m, event->station, c, step),
        .open = true,
    };
    tbs_tally_task(m->tally, event->station);
}

static void task_leaves(struct tbs_model *m, const struct tb_event *event)
{
    if (event->server != TB_NONE) {
        tbs_window_freed(m, event->server, event->at_us);
    }
    m->tasks[tb_ref_index(event->ref)].open = false;
}

static void on_done(struct tbs_model *m, const struct tb_event *event)
{
    const uint32_t slot = tb_ref_index(event->ref);

    if (tb_ref_kind(event->ref) == TB_REF_CASE) { /* an outside leg, or a fork */
        m->case_now = slot;
        return;
    }
    const struct task *task = &m->tasks[slot];
    m->case_now = task->case_index;
    tbs_tally_task_done(m->tally, event->station,
                        tbs_work_us(m, event->station, event->at_us) - task->queued_work_us,
                        event->value2 >= 0);
    task_leaves(m, event);
}

static void on_outside(struct tbs_model *m, const struct tb_event *event)
{
    const struct matter_case *c = &m->cases[tb_ref_index(event->ref)];
    const uint32_t step = (uint32_t)event->value;
    const uint32_t route = m->config.matters[c->matter].route;
    const int64_t work_us =
        tbs_luck_draw_us(&m->step_work[m->step_first[route] + step], draw(c, TBS_OUTSIDE, step));

    tbs_later(m, (struct tbs_timer){.station = event->station,
                                    .at_us = event->at_us + work_us,
                                    .kind = TIMER_OUTSIDE,
                                    .detail = (uint8_t)step,
                                    .about = event->ref});
}

static void on_correction(struct tbs_model *m, const struct tb_event *event)
{
    const tb_ref ref = (tb_ref)event->value2;
    struct matter_case *c = &m->cases[tb_ref_index(ref)];
    const int64_t after_us =
        tbs_luck_exponential_us(draw(c, TBS_RETURNS, (uint32_t)event->value + TB_STEPS_MAX),
                                m->scenario->people.correction_mean_us);

    tbs_tally_task_returned(m->tally, event->station);
    task_leaves(m, event);
    c->attempts++;
    tbs_later(m, (struct tbs_timer){.station = event->station,
                                    .at_us = event->at_us + after_us,
                                    .kind = TIMER_SUPPLY,
                                    .about = ref});
}

tb_time tbs_visit_instant(const struct tbs_model *m, uint32_t hall, tb_time from_us, double u)
{
    const struct tb_scenario *s = m->scenario;

    for (uint32_t d = tb_scenario_day_at(s, from_us); d != TB_NONE && d < s->day_count; d++) {
        const struct tb_arrivals_day *day =
            &s->arrivals[s->halls[hall].arrivals].days[tb_scenario_day_kind(s, hall, d)];
        double before = 0;
        for (uint32_t i = 0; i < day->count; i++) {
            const struct tb_arrivals_piece *piece = &day->pieces[i];
            if (u < before + piece->share || (i + 1 == day->count && u < 1)) {
                const double part = piece->share > 0 ? (u - before) / piece->share : 0;
                const tb_time at_us = tbs_day_starts_at_us(s, d) + piece->from_us +
                                      tbs_us_nearest((part < 1 ? part : 1) *
                                                     (double)(piece->to_us - piece->from_us - 1));
                if (at_us >= from_us) {
                    return at_us;
                }
                break; /* too early on that day: the next one */
            }
            before += piece->share;
        }
    }
    return TB_NEVER;
}

static void on_ready(struct tbs_model *m, const struct tb_event *event)
{
    const struct matter_case *c = &m->cases[tb_ref_index(event->ref)];
    const bool visits = tbs_unit(tbs_luck(c->luck, TBS_COLLECT, 2)) < m->collect_chance &&
                        !c->direct && event->station < m->scenario->hall_count;
    const int64_t after_us = tbs_luck_exponential_us(tbs_luck(c->luck, TBS_COLLECT, 3),
                                                     m->scenario->people.collect_after_us);
    const double u = tbs_unit(tbs_luck(c->luck, TBS_COLLECT, 4));
    const tb_time at_us = event->at_us + after_us;
    const tb_time comes_at_us = visits ? tbs_visit_instant(m, event->station, at_us, u) : at_us;

    if (comes_at_us != TB_NEVER) {
        tbs_later(m, (struct tbs_timer){.station = event->station,
                                        .at_us = comes_at_us,
                                        .kind = visits ? TIMER_COLLECT : TIMER_MAIL,
                                        .about = event->ref});
    }
}

void tbs_office_event(struct tbs_model *m, const struct tb_event *event)
{
    switch (event->kind) {
    case TB_EVENT_CASE_OPENED:
        on_opened(m, event);
        return;
    case TB_EVENT_TASK_QUEUED:
        on_queued(m, event);
        return;
    case TB_EVENT_TASK_DONE:
        on_done(m, event);
        return;
    case TB_EVENT_TASK_OUTSIDE:
        on_outside(m, event);
        return;
    case TB_EVENT_CASE_CORRECTION:
        on_correction(m, event);
        return;
    case TB_EVENT_CASE_SUPPLIED:
        m->case_now = tb_ref_index(event->ref);
        return;
    case TB_EVENT_CASE_READY:
        on_ready(m, event);
        return;
    case TB_EVENT_RETURNED: /* a call that timed out: back in its line */
        tbs_window_freed(m, event->server, event->at_us);
        return;
    case TB_EVENT_TASK_DROPPED:
    case TB_EVENT_CASE_REJECTED:
        task_leaves(m, event);
        return;
    default:
        tbs_assert(event->kind == TB_EVENT_CASE_OPENED);
    }
}

/* ---- timers ---------------------------------------------------------------------------------- */

/* The n-th case of a matter that opens today without a visit. */
static void opens_directly(struct tbs_model *m, const struct tbs_timer *timer)
{
    const uint32_t matter = (uint32_t)timer->about;
    const uint32_t route = m->config.matters[matter].route;
    const uint32_t station = m->config.routes[route].steps[0].station;
    const struct tb_command open = {.kind = m->scenario->matters[matter].help ? TB_HELP_OPEN
                                                                              : TB_CASE_OPEN,
                                    .matters = {(uint16_t)matter}};

    m->subject = NULL;
    m->direct_case = (struct matter_case){
        .luck = tbs_random_at(tbs_key(m->seed, TBS_APPROVAL,
                                      tbs_entity(m->scenario->matters[matter].label.id),
                                      m->replication),
                              tbs_citizen_index(m->day, (uint32_t)(timer->about >> 32))),
        .home = (uint16_t)station,
        .direct = true,
    };
    tbs_step(m, station, timer->at_us, &open);
}

void tbs_office_timer(struct tbs_model *m, const struct tbs_timer *timer)
{
    struct tb_command command = {.ref = timer->about};

    switch ((enum timer_kind)timer->kind) {
    case TIMER_SUPPLY:
        command.kind = TB_CASE_SUPPLY;
        break;
    case TIMER_OUTSIDE:
        command.kind = TB_CASE_OUTSIDE;
        command.value = timer->detail;
        break;
    case TIMER_MAIL:
        command.kind = TB_CASE_COLLECT;
        break;
    case TIMER_DIRECT:
        opens_directly(m, timer);
        return;
    case TIMER_PATIENCE:
    case TIMER_ARRIVE:
    case TIMER_ASK:
    case TIMER_RESUME:
    case TIMER_BOOK:
    case TIMER_CHECK_IN:
    case TIMER_FOLLOW:
    case TIMER_COLLECT:
    case TIMER_BREAK:
    case TIMER_SHIFT:
    case TIMER_KIND_COUNT:
        tbs_assert(timer->kind == TIMER_DIRECT);
        return;
    }
    tbs_step(m, timer->station, timer->at_us,
             &command); /* refused where the case has ended meanwhile */
}

/* Cases that open today without a visit: as many as the demand says on average, in working hours.
 */
void tbs_office_day(struct tbs_model *m)
{
    const struct tb_scenario *s = m->scenario;

    for (uint32_t i = 0; i < m->direct_count; i++) {
        const uint32_t matter = m->direct[i];
        const uint32_t station = m->config.routes[m->config.matters[matter].route].steps[0].station;
        const uint32_t calendar = m->config.stations[station].calendar;
        const struct tb_day_kind *kind =
            &m->config.calendars[calendar].kinds[m->stations[station].kind_today];
        const double mean = s->demand.scale * (double)s->matters[matter].direct_milli / 1000 *
                            (double)s->demand.parts[calendar][m->day] /
                            (double)s->demand.parts_total;
        struct tbs_random random;
        int64_t open_us = 0;

        for (uint32_t p = 0; p < kind->period_count; p++) {
            open_us += kind->periods[p].closes_us - kind->periods[p].opens_us;
        }
        if (open_us == 0 || mean <= 0) {
            continue;
        }
        tbs_random_open_at(
            &random,
            tbs_key(m->seed, TBS_ARRIVAL, tbs_entity(s->matters[matter].label.id), m->replication),
            m->day);
        const uint64_t count = tbs_poisson(&random, mean);
        for (uint64_t n = 0; n < count; n++) {
            int64_t offset = (int64_t)(tbs_unit(tbs_random_u64(&random)) * (double)open_us);
            uint32_t p = 0;
            while (offset >= kind->periods[p].closes_us - kind->periods[p].opens_us) {
                offset -= kind->periods[p].closes_us - kind->periods[p].opens_us;
                p++;
            }
            tbs_today(m, (struct tbs_timer){
                                 .at_us = m->day_at_us + kind->periods[p].opens_us + offset,
                                 .station = (uint16_t)station,
                                 .kind = TIMER_DIRECT,
                                 .about = n << 32 | matter,
                             });
        }
    }
}
