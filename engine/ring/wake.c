/* wake.c: sleep and wake (wake.h has the contract and the edges), and the two calls of the kernel
 * that it needs.
 */
#include "wake.h"

#include "check.h"

/* ---- The kernel's part ---- */

#ifdef TB_EXPLORE

static bool futex_wait(tbi_atomic_u64 *state, uint64_t expected, uint64_t wait_us)
{
    return explore_futex_wait(&state->word, expected, wait_us != TBI_WAKE_FOREVER);
}

static void futex_wake(tbi_atomic_u64 *state)
{
    explore_futex_wake(&state->word);
}

static void pause_briefly(void)
{
}

#else

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel compares 32 bits: the half of `state` that every change of it touches. */
static uint32_t *futex_word(tbi_atomic_u64 *state)
{
    return (uint32_t *)state + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 1 : 0);
}

/* Sleeps if the state is `expected`, in one step. True if the time was over; false for anything
 * else: woken, not expected, interrupted.
 */
static bool futex_wait(tbi_atomic_u64 *state, uint64_t expected, uint64_t wait_us)
{
    struct timespec limit = {.tv_sec = (time_t)(wait_us / 1000000),
                             .tv_nsec = (long)(wait_us % 1000000) * 1000};
    long r = syscall(SYS_futex, futex_word(state), FUTEX_WAIT_PRIVATE, (uint32_t)expected,
                     wait_us == TBI_WAKE_FOREVER ? NULL : &limit, NULL, 0);

    tbi_check(r == 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT);
    return r != 0 && errno == ETIMEDOUT;
}

/* Wakes the sleeper, if there is one. */
static void futex_wake(tbi_atomic_u64 *state)
{
    long r = syscall(SYS_futex, futex_word(state), FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);

    tbi_check(r >= 0);
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif

/* ---- Our part ---- */

void tbi_wake_init(struct tbi_wake *wake)
{
    tbi_check((uintptr_t)wake % TBI_LINE_BYTES == 0);
    tbi_atomic_init(&wake->state, TBI_WAKE_AWAKE);
    wake->sleep_count = 0;
}

void tbi_waker_init(struct tbi_waker *waker, struct tbi_wake *wake)
{
    waker->wake = wake;
    waker->ended_sleep = 0; /* sleeps are counted from 1 */
}

void tbi_wake_poke(struct tbi_waker *waker, uint64_t state)
{
    struct tbi_wake *wake = waker->wake;
    uint64_t sleep = state / 4;

    if (sleep == waker->ended_sleep) {
        return; /* our earlier call did it, however long the sleeper takes to get going */
    }
    if (state % 4 == TBI_WAKE_ASLEEP) {
        /* If this fails, somebody else has poked it, which does as well, or it is up already. */
        tbi_atomic_cas_relaxed(TBI_W3, &wake->state, &state, sleep * 4 + TBI_WAKE_POKED);
    }
    futex_wake(&wake->state);
    waker->ended_sleep = sleep;
}

bool tbi_wake_wait(struct tbi_wake *wake, tbi_wake_ready *ready, void *context, uint32_t poll_count,
                   uint64_t wait_us)
{
    uint64_t sleep;
    bool woken;

    for (uint32_t i = 0; i < poll_count; i++) {
        if (ready(context)) {
            return true;
        }
        pause_briefly();
    }
    if (wait_us == 0) {
        return false;
    }
    sleep = ++wake->sleep_count * 4;
    tbi_atomic_store_seq_cst(TBI_W1, &wake->state, sleep + TBI_WAKE_ASLEEP);
    woken = ready(context) || !futex_wait(&wake->state, sleep + TBI_WAKE_ASLEEP, wait_us);
    tbi_atomic_store_relaxed(TBI_W3, &wake->state, sleep + TBI_WAKE_AWAKE);
    return woken;
}
