#include "web/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "web/api.h"

void tbs_job_init(struct tbs_job *job, struct tbs_web_city *city)
{
    memset(job, 0, sizeof *job);
    job->city = city;
    tbs_assert(pthread_mutex_init(&job->mutex, NULL) == 0);
    tbs_assert(pthread_cond_init(&job->changed, NULL) == 0);
    job->over = true;
}

/* The caller holds the lock, or is alone. */
static void texts_free(struct tbs_job *job)
{
    while (job->step > 0) {
        free(job->texts[--job->step]);
    }
}

/* The caller holds no lock. Takes the text. */
static void step_tell(struct tbs_job *job, char *text, bool over)
{
    pthread_mutex_lock(&job->mutex);
    if (job->step == job->room) {
        job->room = job->room > 0 ? 2 * job->room : 64;
        job->texts = realloc(job->texts, job->room * sizeof *job->texts);
        tbs_assert(job->texts != NULL);
    }
    job->texts[job->step++] = text;
    job->over = over;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->mutex);
}

static char *step_text(const char *state, uint32_t step, const struct tbs_staffing *windows,
                       double window_hours, const struct tbs_lab_result *result)
{
    json_t *json = json_pack("{s:s, s:i, s:o, s:o}", "state", state, "step", (int)step, "windows",
                             tbs_web_windows_json(windows), "answer",
                             tbs_web_answer_json(result, window_hours));
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));

    json_decref(json);
    tbs_assert(text != NULL);
    return text;
}

static void progress(void *context, const struct tbs_plan_told *told)
{
    step_tell(context,
              step_text(told->phase, told->step, told->staffing, told->window_hours, told->result),
              false);
}

static void *work(void *context)
{
    struct tbs_job *job = context;
    struct tbs_plan_hall found;
    const bool any = tbs_web_search(job->city, &job->question, job->share, progress, job,
                                    &job->stop, &found);
    const char *state = !any                                ? "closed"
                        : found.state == TBS_PLAN_KEPT       ? "kept"
                        : found.state == TBS_PLAN_IMPOSSIBLE ? "short"
                                                             : "stopped";

    step_tell(job, step_text(state, job->step + 1, &found.needs, found.hours, &found.result),
              true);
    tbs_plan_hall_clear(&found);
    return NULL;
}

static void join(struct tbs_job *job)
{
    if (job->started) {
        atomic_store_explicit(&job->stop, true, memory_order_relaxed);
        pthread_join(job->thread, NULL);
        job->started = false;
    }
}

void tbs_job_end(struct tbs_job *job)
{
    join(job);
    texts_free(job);
    free(job->texts);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->mutex);
}

uint32_t tbs_job_start(struct tbs_job *job, const struct tbs_web_question *question, double share)
{
    static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER; /* two pages may ask at once */

    pthread_mutex_lock(&starting);
    join(job);
    pthread_mutex_lock(&job->mutex);
    const uint32_t number = ++job->number;
    texts_free(job);
    job->over = false;
    job->question = *question;
    job->share = share;
    atomic_store_explicit(&job->stop, false, memory_order_relaxed);
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->mutex);
    tbs_assert(pthread_create(&job->thread, NULL, work, job) == 0);
    job->started = true;
    pthread_mutex_unlock(&starting);
    return number;
}

bool tbs_job_is(struct tbs_job *job, unsigned long number)
{
    pthread_mutex_lock(&job->mutex);
    const bool is = number > 0 && number == job->number;
    pthread_mutex_unlock(&job->mutex);
    return is;
}

bool tbs_job_cancel(struct tbs_job *job, uint32_t number)
{
    pthread_mutex_lock(&job->mutex);
    const bool found = number == job->number && !job->over;
    if (found) {
        atomic_store_explicit(&job->stop, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&job->mutex);
    return found;
}

char *tbs_job_watch(struct tbs_job *job, uint32_t number, uint32_t *step, bool *over)
{
    struct timespec until;
    char *text = NULL;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&job->mutex);
    while (job->number == number && job->step <= *step && !job->over) {
        if (pthread_cond_timedwait(&job->changed, &job->mutex, &until) == ETIMEDOUT) {
            break;
        }
    }
    if (job->number == number && job->step > *step) {
        text = strdup(job->texts[(*step)++]);
        tbs_assert(text != NULL);
    }
    *over = text == NULL && (job->number != number || job->over);
    pthread_mutex_unlock(&job->mutex);
    return text;
}
