/* checker.h: the thread that checks passwords; private to this folder.
 *
 * Questions and answers go through a pair of packet sockets: the kernel keeps their order, bounds
 * how many wait, wakes the thread, and a full socket is an answer of its own ("busy"). */
#ifndef TBI_ACCESS_CHECKER_H
#define TBI_ACCESS_CHECKER_H

#include <pthread.h>

#include "access.h"

struct question {
    uint64_t asker;
    uint32_t user; /* TB_NONE: no such name */
    uint32_t password_bytes;
    char hash[TBI_ACCESS_HASH_MAX + 1]; /* a copy: the thread sees nothing of the access */
    char password[TBI_ACCESS_PASSWORD_MAX + 1];
};

struct verdict {
    uint64_t asker;
    uint32_t user; /* TB_NONE: wrong */
};

struct checker {
    pthread_t thread;
    int asking, checking; /* the ends of the pair: the owner's, the thread's */
};

bool tbi_checker_start(struct checker *checker);
void tbi_checker_stop(struct checker *checker);
bool tbi_checker_ask(struct checker *checker, struct question *question); /* wipes it */
bool tbi_checker_verdict(struct checker *checker, struct verdict *verdict);

#endif
