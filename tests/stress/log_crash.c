/* log_crash.c: a child steps, appends and tells through a pipe what is answerable; it is killed
 * with SIGKILL at a random moment; what it told must be there, in the very state that it was told
 * with, and whatever is there beyond that must be whole. Then the next child goes on where the
 * folder stands. --steps: one kill for each 5000, at least 3 (here, make test: 4; in full: 50 and
 * more). Each round has its mode, and snapshots. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/world.h"
#include "options.h"

enum { STEPS_A_KILL = 5000, KILLS_MIN = 3, KILLS_MAX = 200, WAIT_US_MAX = 60000 };

struct told {
    uint64_t lsn, hash, sequence;
};

static void fail(uint64_t seed, uint64_t round, const char *what, const char *more)
{
    fprintf(stderr, "log_crash: round %lu: %s %s\n", (unsigned long)round, what, more);
    fprintf(stderr, "again: log_crash --seed %lu\n", (unsigned long)seed);
    exit(1);
}

/* Never returns. Tells each lsn once it is answerable; several batches are under way at a time. */
static void child_run(const char *dir, uint64_t seed, int out)
{
    enum { AHEAD = 64 };
    struct told told[AHEAD];
    uint32_t head = 0, tail = 0;
    struct world *world = world_open(dir, TBI_LOG_ALWAYS);

    if (world->log == NULL)
        _exit(3);
    world->random ^= random_next(&seed);
    for (uint64_t round = 0;; round++) {
        const uint32_t burst = 1 + random_next(&seed) % 8;
        for (uint32_t i = 0; i < burst && head - tail < AHEAD; i++) {
            const uint64_t lsn = world_batch(world);
            if (lsn != 0)
                told[head++ % AHEAD] = (struct told){lsn, tb_city_hash(world->small->city),
                                                     tb_city_sequence(world->small->city)};
        }
        if (round % 40 == 39)
            tbi_log_snapshot_begin(world->log, world->small->city, world->small->now);
        world_round(world, random_next(&seed) % 2);
        while (tail != head && told[tail % AHEAD].lsn <= tbi_log_answerable(world->log)) {
            const struct told *one = &told[tail++ % AHEAD];
            if (write(out, one, sizeof *one) != sizeof *one)
                _exit(4);
        }
    }
}

/* Runs a child for a while; the last that it told. False: it ended by itself. */
static bool child_kill(const char *dir, uint64_t *seed, struct told *last, uint64_t *count)
{
    int ends[2], status;
    struct told one;

    tb_assert(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        child_run(dir, random_next(seed), ends[1]);
    }
    close(ends[1]);
    random_next(seed);
    bool more = read(ends[0], &one, sizeof one) == sizeof one; /* it is up */
    if (more) {
        *last = one;
        ++*count;
        usleep((useconds_t)(random_next(seed) % WAIT_US_MAX));
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    while (read(ends[0], &one, sizeof one) == sizeof one) {
        *last = one;
        ++*count;
    }
    close(ends[0]);
    return more && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The state at the entry that was told last, and the whole after it. */
static const char *check(const char *dir, const struct told *last, char *error)
{
    struct world *world = world_open(dir, TBI_LOG_ALWAYS);
    const char *wrong = NULL;

    snprintf(error, TBI_LOG_ERROR_MAX, "%s", world->error);
    if (world->log == NULL)
        wrong = "recovery refused:";
    else if (world->recovery.lsn < last->lsn)
        wrong = "an acknowledged batch is lost";
    else if (world->gap ||
             (world->event_count != 0 && world->event_last != tb_city_sequence(world->small->city)))
        wrong = "the events of recovery have a gap";
    else if (tb_city_verify(world->small->city) != NULL)
        wrong = "the city is broken";
    else if (world->recovery.lsn == last->lsn && tb_city_hash(world->small->city) != last->hash)
        wrong = "another city than the one that was acknowledged";
    else if (tb_city_sequence(world->small->city) < last->sequence)
        wrong = "acknowledged events are lost";
    world_drop(world);
    return wrong;
}

static void run(uint64_t seed, uint64_t step_count)
{
    uint64_t state = seed, count = 0, kills = step_count / STEPS_A_KILL;
    struct told last = {0};
    char dir[64], error[TBI_LOG_ERROR_MAX];

    kills = kills < KILLS_MIN ? KILLS_MIN : kills > KILLS_MAX ? KILLS_MAX : kills;
    world_folder("/tmp", dir);
    for (uint64_t round = 0; round < kills; round++) {
        if (!child_kill(dir, &state, &last, &count))
            fail(seed, round, "the child ended by itself; folder", dir);
        const char *wrong = check(dir, &last, error);
        if (wrong != NULL)
            fail(seed, round, wrong, error);
    }
    world_remove(dir);
    printf("log_crash: %lu kills, %lu batches acknowledged, none lost, ok\n", (unsigned long)kills,
           (unsigned long)count);
}

int main(int argc, char **argv)
{
    options_repeat(options_read(argc, argv, 60 * STEPS_A_KILL), run);
    return 0;
}
