#include "uring.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RING_ENTRIES = 4096, COMPLETIONS = 32768 };

/* The best kind of ring that this kernel has: completions run in our own calls only. */
static int ring_make(struct io_uring *ring)
{
    static const unsigned flags[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                     IORING_SETUP_COOP_TASKRUN, 0};
    int status = 0;

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct io_uring_params params = {.flags = flags[i] | IORING_SETUP_CQSIZE |
                                                  IORING_SETUP_SUBMIT_ALL,
                                         .cq_entries = COMPLETIONS};
        status = io_uring_queue_init_params(RING_ENTRIES, ring, &params);
        if (status != -EINVAL)
            break;
    }
    return status;
}

static int told(int status)
{
    if (status == -EPERM || status == -ENOSYS || status == -EACCES)
        fprintf(stderr,
                "serve: io_uring is not allowed here (%s). It needs Linux 6.0 or newer, "
                "kernel.io_uring_disabled = 0, and a container whose seccomp profile lets "
                "io_uring_setup through.\n"
                "serve: 本机不允许使用 io_uring：请检查内核版本、sysctl kernel.io_uring_disabled "
                "与容器的 seccomp 配置。\n",
                strerror(-status));
    else
        fprintf(stderr, "serve: io_uring: %s\n", strerror(-status));
    return status;
}

void *tbi_pages(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    tb_assert(memory != MAP_FAILED);
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    memset(memory, 0, bytes); /* touched now, not in service */
    return memory;
}

void tbi_pages_free(void *memory, size_t bytes)
{
    munmap(memory, bytes);
}

/* Registered files spare each request the look at the table of open files. */
void tbi_uring_file(struct tbi_uring *uring, uint32_t index, int fd)
{
    if (uring->fixed) {
        const int status = io_uring_register_files_update(&uring->ring, index, &fd, 1);
        tb_assert(status == 1);
    }
}

void tbi_uring_flush(struct tbi_uring *uring)
{
    while (io_uring_sq_ready(&uring->ring) > 0)
        io_uring_submit(&uring->ring);
}

int tbi_uring_open(struct tbi_uring *uring, uint32_t files)
{
    const int status = ring_make(&uring->ring);

    if (status < 0)
        return told(status);
    uring->buffers = tbi_pages(TBI_BUFFERS * sizeof(struct io_uring_buf));
    uring->memory = tbi_pages((size_t)TBI_BUFFERS * TBI_BUFFER_STRIDE);
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t)(uintptr_t)uring->buffers,
                                   .ring_entries = TBI_BUFFERS};
    const int registered = io_uring_register_buf_ring(&uring->ring, &reg, 0);
    if (registered < 0) {
        tbi_uring_close(uring);
        return told(registered);
    }
    io_uring_buf_ring_init(uring->buffers);
    for (int i = 0; i < TBI_BUFFERS; i++)
        io_uring_buf_ring_add(uring->buffers, tbi_uring_buffer(uring, (uint32_t)i),
                              TBI_BUFFER_BYTES, (unsigned short)i,
                              io_uring_buf_ring_mask(TBI_BUFFERS), i);
    io_uring_buf_ring_advance(uring->buffers, TBI_BUFFERS);
    uring->fixed = io_uring_register_files_sparse(&uring->ring, files) == 0;
    return 0;
}

void tbi_uring_close(struct tbi_uring *uring)
{
    io_uring_queue_exit(&uring->ring);
    munmap(uring->buffers, TBI_BUFFERS * sizeof(struct io_uring_buf));
    munmap(uring->memory, (size_t)TBI_BUFFERS * TBI_BUFFER_STRIDE);
}

struct io_uring_sqe *tbi_uring_sqe(struct tbi_uring *uring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

    if (sqe == NULL) { /* the ring is full of what this turn has to say */
        io_uring_submit(&uring->ring);
        sqe = io_uring_get_sqe(&uring->ring);
        tb_assert(sqe != NULL);
    }
    return sqe;
}

void tbi_uring_receive(struct tbi_uring *uring, uint32_t index, uint32_t generation, int fd)
{
    struct io_uring_sqe *sqe = tbi_uring_sqe(uring);

    io_uring_prep_recv_multishot(sqe, uring->fixed ? (int)index : fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | (uring->fixed ? IOSQE_FIXED_FILE : 0);
    sqe->buf_group = 0;
    sqe->user_data = tbi_user_data(OP_RECEIVE, index, generation);
}

void tbi_uring_send(struct tbi_uring *uring, uint32_t index, uint32_t generation, int fd,
                    const char *data, size_t bytes, bool at_once, bool quiet)
{
    struct io_uring_sqe *sqe = tbi_uring_sqe(uring);

    io_uring_prep_send(sqe, uring->fixed ? (int)index : fd, data, bytes,
                       MSG_NOSIGNAL | MSG_WAITALL | (at_once ? MSG_DONTWAIT : 0));
    sqe->flags |= (uring->fixed ? IOSQE_FIXED_FILE : 0) | (quiet ? IOSQE_CQE_SKIP_SUCCESS : 0);
    sqe->user_data = tbi_user_data(OP_SEND, index, generation);
}

void tbi_uring_poll(struct tbi_uring *uring, int fd, enum op op)
{
    struct io_uring_sqe *sqe = tbi_uring_sqe(uring);

    io_uring_prep_poll_multishot(sqe, fd, POLLIN);
    sqe->user_data = tbi_user_data(op, 0, 0);
}

void tbi_uring_buffer_back(struct tbi_uring *uring, uint32_t buffer)
{
    io_uring_buf_ring_add(uring->buffers, tbi_uring_buffer(uring, buffer), TBI_BUFFER_BYTES,
                          (unsigned short)buffer, io_uring_buf_ring_mask(TBI_BUFFERS), 0);
    io_uring_buf_ring_advance(uring->buffers, 1);
}

bool tbi_bell_open(struct tbi_bell *bell)
{
    tbi_atomic_init(&bell->asleep, 0);
    bell->file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell->file >= 0;
}

void tbi_bell_close(struct tbi_bell *bell)
{
    if (bell->file >= 0)
        close(bell->file);
}

/* The count is never read: the ring's poll is told of each knock. */
void tbi_bell_knock(struct tbi_bell *bell)
{
    const uint64_t one = 1;
    const ssize_t put = write(bell->file, &one, sizeof one);

    tb_assert(put == (ssize_t)sizeof one);
}
