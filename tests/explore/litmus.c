/* litmus.c: does the explorer show what C11 allows, and nothing else?
 *
 * Small programs with known sets of outcomes. Each thread writes what it read to r1 .. r4; an
 * outcome is the number r1 + 2 r2 + 4 r3 + 8 r4 (all values are 0 or 1 where it matters), and a set
 * of outcomes is a mask. The names are the usual ones: message passing (MP), store buffering (SB),
 * independent reads of independent writes (IRIW), coherence (CoRR), write against write (2+2W).
 */
#include "cases.h"

#define RLX EXPLORE_RELAXED
#define ACQ EXPLORE_ACQUIRE
#define REL EXPLORE_RELEASE
#define SC  EXPLORE_SEQ_CST

static uint64_t x, y;
static unsigned r1, r2, r3, r4;
static uint32_t outcomes;
static bool started;

uint32_t litmus_outcomes(void)
{
    started = false;
    return outcomes;
}

static void reset(void)
{
    if (!started) {
        started = true;
        outcomes = 0;
    }
    x = y = 0;
    r1 = r2 = r3 = r4 = 0;
    explore_name(&x, "x");
    explore_name(&y, "y");
}

static void check(void)
{
    outcomes |= 1u << (r1 + 2 * r2 + 4 * r3 + 8 * r4);
}

/* For 2+2W and the counters: the final values are the outcome. */
static void check_final(void)
{
    r1 = explore_load(&x, RLX) == 2;
    r2 = explore_load(&y, RLX) == 2;
    check();
}

#define READ(word, order)         ((unsigned)explore_load(&(word), order))
#define WRITE(word, value, order) explore_store(&(word), value, order)

/* One function for each line of a program. */
static void x1_rlx(void)
{
    WRITE(x, 1, RLX);
}
static void x1_sc(void)
{
    WRITE(x, 1, SC);
}
static void y1_rlx(void)
{
    WRITE(y, 1, RLX);
}
static void y1_sc(void)
{
    WRITE(y, 1, SC);
}

static void mp_write_rlx(void)
{
    WRITE(x, 1, RLX);
    WRITE(y, 1, RLX);
}
static void mp_write_rel(void)
{
    WRITE(x, 1, RLX);
    WRITE(y, 1, REL);
}
static void mp_read_rlx(void)
{
    r1 = READ(y, RLX);
    r2 = READ(x, RLX);
}
static void mp_read_acq(void)
{
    r1 = READ(y, ACQ);
    r2 = READ(x, RLX);
}

static void sb_left_rel(void)
{
    WRITE(x, 1, REL);
    r1 = READ(y, ACQ);
}
static void sb_right_rel(void)
{
    WRITE(y, 1, REL);
    r2 = READ(x, ACQ);
}
static void sb_left_sc(void)
{
    WRITE(x, 1, SC);
    r1 = READ(y, SC);
}
static void sb_right_sc(void)
{
    WRITE(y, 1, SC);
    r2 = READ(x, SC);
}

static void read_xy_acq(void)
{
    r1 = READ(x, ACQ);
    r2 = READ(y, ACQ);
}
static void read_yx_acq(void)
{
    r3 = READ(y, ACQ);
    r4 = READ(x, ACQ);
}
static void read_xy_sc(void)
{
    r1 = READ(x, SC);
    r2 = READ(y, SC);
}
static void read_yx_sc(void)
{
    r3 = READ(y, SC);
    r4 = READ(x, SC);
}

static void read_xx(void)
{
    r1 = READ(x, RLX);
    r2 = READ(x, RLX);
}

static void w22_left(void)
{
    WRITE(x, 1, RLX);
    WRITE(y, 2, RLX);
}
static void w22_right(void)
{
    WRITE(y, 1, RLX);
    WRITE(x, 2, RLX);
}
static void w22_left_rel(void)
{
    WRITE(x, 1, SC);
    WRITE(y, 2, SC);
}
static void w22_right_rel(void)
{
    WRITE(y, 1, SC);
    WRITE(x, 2, SC);
}

static void add_r1(void)
{
    r1 = (unsigned)explore_fetch_add(&x, 1, RLX);
}
static void add_r2(void)
{
    r2 = (unsigned)explore_fetch_add(&x, 1, RLX);
}

/* A release sequence: the read-modify-write in the middle is relaxed, and hands on what it read. */
static void sequence_middle(void)
{
    explore_fetch_add(&y, 1, RLX);
}
static void sequence_read(void)
{
    r1 = READ(y, ACQ) == 2;
    r2 = READ(x, RLX);
}

static void cas_r1(void)
{
    uint64_t e = 0;
    r1 = explore_cas(&x, &e, 1, RLX, RLX);
}
static void cas_r2(void)
{
    uint64_t e = 0;
    r2 = explore_cas(&x, &e, 2, RLX, RLX);
}

static void exchange_r1(void)
{
    r1 = explore_exchange(&x, 1, RLX) != 0;
}
static void exchange_r2(void)
{
    r2 = explore_exchange(&x, 2, RLX) != 0;
}

/* What a limited sleep shows: woken, or not. */
static void sleep_limited(void)
{
    r1 = explore_futex_wait(&x, 0, true);
    r2 = READ(x, RLX);
}
static void sleep_wake(void)
{
    WRITE(x, 1, RLX);
    explore_futex_wake(&x);
}

#define ALL_4       0xfu                      /* each of the outcomes of r1, r2 */
#define NOT(r1, r2) (1u << ((r1) + 2 * (r2))) /* one of them */
#define ALL_16      0xffffu                   /* each of the outcomes of r1 .. r4 */
#define SPLIT       (1u << (1 + 4)) /* r1 r2 = 1 0 and r3 r4 = 1 0: two orders of two writes */

const struct litmus litmus_cases[] = {
    {{"MP relaxed", reset, {0, mp_write_rlx, mp_read_rlx}, check, 0}, ALL_4},
    {{"MP release, relaxed", reset, {0, mp_write_rel, mp_read_rlx}, check, 0}, ALL_4},
    {{"MP relaxed, acquire", reset, {0, mp_write_rlx, mp_read_acq}, check, 0}, ALL_4},
    {{"MP release, acquire", reset, {0, mp_write_rel, mp_read_acq}, check, 0}, ALL_4 & ~NOT(1, 0)},
    {{"SB release, acquire", reset, {0, sb_left_rel, sb_right_rel}, check, 0}, ALL_4},
    {{"SB seq_cst", reset, {0, sb_left_sc, sb_right_sc}, check, 0}, ALL_4 & ~NOT(0, 0)},
    {{"SB seq_cst, release", reset, {0, sb_left_sc, sb_right_rel}, check, 0}, ALL_4},
    {{"IRIW acquire", reset, {0, x1_rlx, y1_rlx, read_xy_acq, read_yx_acq}, check, 0}, ALL_16},
    {{"IRIW seq_cst", reset, {0, x1_sc, y1_sc, read_xy_sc, read_yx_sc}, check, 0}, ALL_16 & ~SPLIT},
    {{"CoRR", reset, {0, x1_rlx, read_xx}, check, 0}, ALL_4 & ~NOT(1, 0)},
    {{"2+2W relaxed", reset, {0, w22_left, w22_right}, check_final, 0}, ALL_4},
    {{"2+2W seq_cst", reset, {0, w22_left_rel, w22_right_rel}, check_final, 0}, ALL_4 & ~NOT(0, 0)},
    {{"two fetch_add", reset, {0, add_r1, add_r2}, check, 0}, NOT(0, 1) | NOT(1, 0)},
    {{"release sequence", reset, {0, mp_write_rel, sequence_middle, sequence_read}, check, 0},
     ALL_4 & ~NOT(1, 0)},
    {{"two cas", reset, {0, cas_r1, cas_r2}, check, 0}, NOT(0, 1) | NOT(1, 0)},
    {{"two exchange", reset, {0, exchange_r1, exchange_r2}, check, 0}, NOT(0, 1) | NOT(1, 0)},
    {{"limited sleep", reset, {0, sleep_limited, sleep_wake}, check, 0}, ALL_4},
    {{0}, 0},
};

/* ---- Wrong code that looks right ---- */

static void plain_write_rlx(void)
{
    explore_plain(&y, true);
    WRITE(x, 1, RLX);
}
static void plain_read_acq(void)
{
    if (READ(x, ACQ))
        explore_plain(&y, false);
}
static void plain_read_hand_back_rlx(void)
{
    explore_plain(&y, false);
    WRITE(x, 1, RLX);
}
static void plain_reuse_acq(void)
{
    if (READ(x, ACQ))
        explore_plain(&y, true);
}

/* Waits for the other one to make progress. */
static void spin_until_x(void)
{
    while (READ(x, ACQ) == 0) {
    }
}

/* Looks, and then goes to sleep whatever happens in between. */
static void sleep_unchecked(void)
{
    if (READ(x, ACQ) == 0)
        explore_futex_wait(&y, 0, false);
}
static void store_and_wake(void)
{
    WRITE(x, 1, REL);
    explore_futex_wake(&y);
}

static void check_all_done(void)
{
    explore_require(explore_done(1) || explore_stopped(1));
    explore_require(explore_done(2) || explore_stopped(2));
}

const struct explore_case wrong_cases[] = {
    {"publish without release", reset, {0, plain_write_rlx, plain_read_acq}, check, 0},
    {"hand back without release", reset, {0, plain_read_hand_back_rlx, plain_reuse_acq}, check, 0},
    {"spin on another thread", reset, {0, x1_sc, spin_until_x}, check_all_done, STOP_ALL},
    {"sleep without a check", reset, {0, sleep_unchecked, store_and_wake}, check_all_done, 0},
    {0},
};
