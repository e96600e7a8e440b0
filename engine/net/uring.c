#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "loop.h"

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

static void *pages(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    tb_assert(memory != MAP_FAILED);
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    memset(memory, 0, bytes); /* touched now, not in service */
    return memory;
}

/* Registered files spare each request the look at the table of open files. */
static void files_register(struct loop *loop)
{
    loop->fixed =
        io_uring_register_files_sparse(&loop->ring, loop->server->options->connections_max) == 0;
}

void tbi_uring_file(struct loop *loop, uint32_t index, int fd)
{
    if (loop->fixed) {
        const int status = io_uring_register_files_update(&loop->ring, index, &fd, 1);
        tb_assert(status == 1);
    }
}

void tbi_uring_flush(struct loop *loop)
{
    while (io_uring_sq_ready(&loop->ring) > 0)
        io_uring_submit(&loop->ring);
}

int tbi_uring_open(struct loop *loop)
{
    const int status = ring_make(&loop->ring);

    if (status < 0)
        return told(status);
    loop->buffers = pages(BUFFERS * sizeof(struct io_uring_buf));
    loop->memory = pages((size_t)BUFFERS * BUFFER_BYTES);
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t)(uintptr_t)loop->buffers,
                                   .ring_entries = BUFFERS};
    const int registered = io_uring_register_buf_ring(&loop->ring, &reg, 0);
    if (registered < 0) {
        io_uring_queue_exit(&loop->ring);
        return told(registered);
    }
    io_uring_buf_ring_init(loop->buffers);
    for (int i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(loop->buffers, loop->memory + (size_t)i * BUFFER_BYTES, BUFFER_BYTES,
                              (unsigned short)i, io_uring_buf_ring_mask(BUFFERS), i);
    io_uring_buf_ring_advance(loop->buffers, BUFFERS);
    files_register(loop);
    return 0;
}

void tbi_uring_close(struct loop *loop)
{
    io_uring_queue_exit(&loop->ring);
    munmap(loop->buffers, BUFFERS * sizeof(struct io_uring_buf));
    munmap(loop->memory, (size_t)BUFFERS * BUFFER_BYTES);
}

struct io_uring_sqe *tbi_uring_sqe(struct loop *loop)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&loop->ring);

    if (sqe == NULL) { /* the ring is full of what this turn has to say */
        io_uring_submit(&loop->ring);
        sqe = io_uring_get_sqe(&loop->ring);
        tb_assert(sqe != NULL);
    }
    return sqe;
}

void tbi_uring_buffer_back(struct loop *loop, uint32_t buffer)
{
    io_uring_buf_ring_add(loop->buffers, loop->memory + (size_t)buffer * BUFFER_BYTES, BUFFER_BYTES,
                          (unsigned short)buffer, io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(loop->buffers, 1);
}
