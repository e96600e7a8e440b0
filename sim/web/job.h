/* job.h: a plan that is being looked for in a thread, one at a time, and who watches it.
 *
 * A job is told as texts of JSON, one a step, all kept until the next job, so that a slow watcher
 * misses none; it asks for the next one after what it has seen, and sleeps until there is one. A
 * new job stops the one before it.
 *
 * Threads: any. A mutex guards it: nothing of the city's scheduler is near. */
#ifndef TBS_WEB_JOB_H
#define TBS_WEB_JOB_H

#include <pthread.h>

#include "web/day.h"

struct tbs_job {
    struct tbs_web_city *city;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    atomic_bool stop;
    bool started, over; /* over: nothing more will be told of this job */
    uint32_t number, step, room;
    char **texts; /* [step] */
    struct tbs_web_question question;
    double share;
};

void tbs_job_init(struct tbs_job *job, struct tbs_web_city *city);
void tbs_job_end(struct tbs_job *job); /* stops, waits, frees */

/* The new job's number. */
uint32_t tbs_job_start(struct tbs_job *job, const struct tbs_web_question *question, double share);
/* Is this the newest job? None is before the first. */
bool tbs_job_is(struct tbs_job *job, unsigned long number);
/* False: no such job now. */
bool tbs_job_cancel(struct tbs_job *job, uint32_t number);

/* Waits, a second at most, until job `number` is beyond *step; then the text of the step after it
 * (the caller's, to be freed) with *step moved on by one. NULL with *over: it is over and was told
 * to its end, or there is another job now; NULL without: nothing new yet. */
char *tbs_job_watch(struct tbs_job *job, uint32_t number, uint32_t *step, bool *over);

#endif
