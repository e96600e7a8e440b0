#define _GNU_SOURCE
#include "checker.h"

#include <argon2.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *check(void *context)
{
    const int socket = *(int *)context;
    struct question question;

    while (recv(socket, &question, sizeof question, 0) == (ssize_t)sizeof question) {
        const bool right =
            argon2id_verify(question.hash, question.password, question.password_bytes) == ARGON2_OK;
        const struct verdict verdict = {question.asker, right ? question.user : TB_NONE};

        explicit_bzero(&question, sizeof question);
        if (send(socket, &verdict, sizeof verdict, MSG_NOSIGNAL) != (ssize_t)sizeof verdict)
            break;
    }
    return NULL;
}

bool tbi_checker_start(struct checker *checker)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    checker->asking = ends[0];
    checker->checking = ends[1];
    if (pthread_create(&checker->thread, NULL, check, &checker->checking) == 0)
        return true;
    close(ends[0]);
    close(ends[1]);
    return false;
}

void tbi_checker_stop(struct checker *checker)
{
    shutdown(checker->asking, SHUT_RDWR);
    pthread_join(checker->thread, NULL);
    close(checker->asking);
    close(checker->checking);
}

bool tbi_checker_ask(struct checker *checker, struct question *question)
{
    const ssize_t sent =
        send(checker->asking, question, sizeof *question, MSG_DONTWAIT | MSG_NOSIGNAL);

    explicit_bzero(question, sizeof *question);
    return sent == (ssize_t)sizeof *question;
}

bool tbi_checker_verdict(struct checker *checker, struct verdict *verdict)
{
    return recv(checker->asking, verdict, sizeof *verdict, MSG_DONTWAIT) ==
           (ssize_t)sizeof *verdict;
}
