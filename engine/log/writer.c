/* writer.c: the threads that write groups. A write through the ring would end, where the disk has
 * no FUA, in a kernel worker of the core that took the disk's interrupt, behind whoever computes
 * there; that can last a whole tick of the clock, many times what the disk takes. One that waits
 * for its own write is woken by the interrupt itself. */
#define _GNU_SOURCE /* RWF_DSYNC */
#include "inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* As sched_setattr(2) has it; the C library has none, and the kernel's header quarrels with it. */
struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

void tbi_log_slice(uint64_t us)
{
    struct attr attr = {.size = sizeof attr};

    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0 || attr.policy != 0)
        return;
    attr.runtime_ns = us * 1000;
    (void)syscall(SYS_sched_setattr, 0, &attr, 0);
}

static void knock(int event)
{
    const uint64_t one = 1;
    const ssize_t put = write(event, &one, sizeof one);

    tb_assert(put == (ssize_t)sizeof one);
}

static void *work(void *context)
{
    struct tbi_log_writer *w = context;
    uint64_t count;

    tbi_log_slice(100); /* shorter than the loop's: it computes next to nothing */
    for (;;) {
        if (read(w->ordered, &count, sizeof count) != (ssize_t)sizeof count)
            continue;
        if (w->bytes == 0)
            return NULL;
        const struct iovec part = {.iov_base = (void *)(uintptr_t)w->at, .iov_len = w->bytes};
        const ssize_t put = pwritev2(w->file, &part, 1, (off_t)w->offset, RWF_DSYNC);
        w->status = put < 0 ? -errno : put == (ssize_t)w->bytes ? 0 : -EIO;
        knock(w->done);
    }
}

int tbi_log_writer_start(struct tbi_log_writer *w)
{
    sigset_t all, before;

    w->ordered = eventfd(0, EFD_CLOEXEC);
    w->done = eventfd(0, EFD_CLOEXEC);
    if (w->ordered < 0 || w->done < 0)
        return -errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int status = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->runs = status == 0;
    return -status;
}

void tbi_log_writer_stop(struct tbi_log_writer *w)
{
    if (w->runs) {
        w->bytes = 0;
        knock(w->ordered);
        pthread_join(w->thread, NULL);
    }
    w->runs = false;
    if (w->ordered >= 0)
        close(w->ordered);
    if (w->done >= 0)
        close(w->done);
}

void tbi_log_writer_order(struct tbi_log_writer *w, struct io_uring_sqe *sqe)
{
    io_uring_prep_poll_add(sqe, w->done, POLLIN);
    knock(w->ordered);
}

int tbi_log_writer_take(struct tbi_log_writer *w)
{
    uint64_t count;
    const ssize_t got = read(w->done, &count, sizeof count);

    tb_assert(got == (ssize_t)sizeof count);
    return w->status;
}
