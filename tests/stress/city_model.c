/* The core against the naive model (tests/model), on random cities and random commands. See pair.h
 * for what is compared after each step.
 *
 *   city_model [--seed N] [--steps N] [--episode N] [--broken N] [--quiet]
 *
 * An episode is a new city and some hundreds of commands. It runs in a process of its own, so that
 * an assertion that fails is a failure like any other: the sequence is known to the parent, which
 * shrinks it and prints what is left, with the line that repeats it. --episode runs one of them;
 * --broken makes one rule of the model wrong (see model_break_name). Exit: 0 ok, 1 failed. */
#include "model/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EPISODE_MAX = 3000, EPISODE_LEAST = 200, ISLANDS_EVERY = 8, ISLANDS_COMMANDS = 1000 };
enum { SHRINK_MS_MAX = 60000, COVERAGE_STEPS = 500000 };

struct options {
    uint64_t seed, steps, episode;
    bool one_episode, quiet;
};

/* Shared with the process that runs an episode. */
struct progress {
    uint64_t episode, steps, events, hash;
    uint64_t refused[TB_STATUS_COUNT], seen[TB_EVENT_COUNT];
    uint32_t count;
    bool islands;
    char failure[4000];
    struct record records[EPISODE_MAX];
};

static uint64_t episode_seed(const struct options *o, uint64_t episode)
{
    return dice_mix(o->seed, episode);
}

/* ---- one episode --------------------------------------------------------------------------- */
static bool episode_run(struct pair *pair, const struct world *world, uint64_t seed, uint64_t most,
                        struct progress *p)
{
    struct dice dice = {dice_mix(seed, 1)};
    uint32_t length = EPISODE_LEAST + dice_below(&dice, EPISODE_MAX - EPISODE_LEAST);
    if (length > most)
        length = most < EPISODE_LEAST ? EPISODE_LEAST : (uint32_t)most;
    struct generator g;
    generator_init(&g, world, pair_model(pair), dice_mix(seed, 2));
    for (p->count = 0; p->count < length;) {
        struct record *r = &p->records[p->count];
        memset(r, 0, sizeof *r);
        r->now = generator_time(&g);
        r->serial = p->count + 1;
        if (dice_chance(&dice, 3))
            r->serial = 0;
        else
            generator_command(&g, &r->command);
        p->count++;
        if (!pair_add(pair, r))
            return false;
    }
    return pair_end(pair);
}

static int episode(const struct options *o, struct progress *p, uint64_t most)
{
    uint64_t seed = episode_seed(o, p->episode);
    p->islands = p->episode % ISLANDS_EVERY == ISLANDS_EVERY - 1;
    if (p->islands) {
        p->steps += ISLANDS_COMMANDS;
        return islands_run(seed, ISLANDS_COMMANDS, p->failure, sizeof p->failure) ? 1 : 0;
    }
    struct world *world = malloc(sizeof *world);
    tb_assert(world != NULL);
    world_make(world, seed, false);
    const char *why = NULL;
    struct pair *pair = pair_new(world, &why);
    if (pair == NULL) {
        snprintf(p->failure, sizeof p->failure, "the config is refused: %s", why);
        return 1;
    }
    bool same = episode_run(pair, world, seed, most, p);
    if (!same)
        snprintf(p->failure, sizeof p->failure, "%s", pair_failure(pair));
    const struct pair_counts *counts = pair_counts(pair);
    p->steps += counts->commands;
    p->events += counts->events;
    for (uint32_t k = 0; k < TB_EVENT_COUNT; k++)
        p->seen[k] += counts->seen[k];
    for (uint32_t k = 0; k < TB_STATUS_COUNT; k++)
        p->refused[k] += counts->refused[k];
    p->hash = dice_mix(p->hash, same ? pair_hash(pair) : 0);
    pair_free(pair);
    free(world);
    return same ? 0 : 1;
}

/* ---- in a process of its own --------------------------------------------------------------- */
/* 0: well; 1: failed, and said how; 2: it died. */
static int wait_for(pid_t child)
{
    int status = 0;
    tb_assert(child > 0);
    tb_assert(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? WEXITSTATUS(status) : 2;
}

struct trial {
    const struct world *world;
    struct progress *progress;
    uint64_t started_ms;
};

static uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool fails(const struct record *records, uint32_t count, void *context)
{
    struct trial *t = context;
    if (clock_ms() - t->started_ms > SHRINK_MS_MAX)
        return false;
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        _exit(pair_run(t->world, records, count, t->progress->failure,
                       sizeof t->progress->failure) != NULL);
    }
    return wait_for(child) != 0;
}

static void shrink_and_print(const struct options *o, struct progress *p)
{
    struct world *world = malloc(sizeof *world);
    struct record *records = malloc(sizeof p->records);
    tb_assert(world != NULL && records != NULL);
    uint32_t count = p->count;
    memcpy(records, p->records, count * sizeof *records);
    world_make(world, episode_seed(o, p->episode), false);
    struct trial t = {world, p, clock_ms()};
    if (fails(records, count, &t))
        count = shrink(records, count, fails, &t);
    t.started_ms = clock_ms();
    if (!fails(records, count, &t))
        printf("(does not fail again when replayed: the sequence as it was)\n");
    print_world(world);
    printf("the shortest sequence found, %u of %u records:\n", count, p->count);
    for (uint32_t i = 0; i < count; i++) {
        char line[600];
        print_record(line, sizeof line, &records[i]);
        printf("%s\n", line);
    }
    printf("%s\n", p->failure[0] ? p->failure : "it died (an assertion, or a signal)");
    free(records);
    free(world);
}

static int report(const struct options *o, struct progress *p, const char *program)
{
    printf("FAILED in episode %" PRIu64 " after %u records; to repeat it: %s --seed %" PRIu64
           " --episode %" PRIu64 "%s\n",
           p->episode, p->count, program, o->seed, p->episode,
           model_broken ? " with the same --broken" : "");
    if (o->quiet || p->islands)
        printf("%s\n", p->failure[0] ? p->failure : "it died (an assertion, or a signal)");
    else
        shrink_and_print(o, p);
    return 1;
}

/* A long run must have seen every event, and every refusal that a command of a city can meet. */
static int check_coverage(const struct progress *p)
{
    int missing = 0;
    for (uint32_t k = TB_EVENT_NONE + 1; k < TB_EVENT_COUNT; k++) {
        if (p->seen[k] == 0)
            printf("FAILED: no event %s in %" PRIu64 " steps\n", tb_event_name(k), p->steps);
        missing += p->seen[k] == 0;
    }
    for (uint32_t k = TB_STATUS_OK + 1; k < TB_STATUS_CONFIG_INVALID; k++) {
        if (p->refused[k] > 0 || k == TB_STATUS_STATION_OUT_OF_STEP)
            continue;
        printf("FAILED: no refusal %s in %" PRIu64 " steps\n", tb_status_name(k), p->steps);
        missing++;
    }
    return missing == 0 ? 0 : 1;
}

static int run(const struct options *o, const char *program)
{
    struct progress *p =
        mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    tb_assert(p != MAP_FAILED);
    uint64_t first = o->one_episode ? o->episode : 0;
    for (uint64_t e = first; p->steps < o->steps && (!o->one_episode || e == first); e++) {
        p->episode = e;
        p->count = 0;
        p->failure[0] = '\0';
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(episode(o, p, o->one_episode ? EPISODE_MAX : o->steps - p->steps));
        if (wait_for(child) != 0)
            return report(o, p, program);
    }
    printf("city_model: %" PRIu64 " steps and %" PRIu64 " events in %" PRIu64
           " cities, core and model are the same; hash %016" PRIx64 "\n",
           p->steps, p->events, p->episode + 1 - first, p->hash);
    return p->steps >= COVERAGE_STEPS ? check_coverage(p) : 0;
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .steps = 1000000};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--quiet") == 0) {
            o.quiet = true;
            continue;
        }
        if (strcmp(argv[i], "--seed") == 0) {
            o.seed = strtoull(value, NULL, 0);
        } else if (strcmp(argv[i], "--steps") == 0) {
            o.steps = strtoull(value, NULL, 0);
        } else if (strcmp(argv[i], "--broken") == 0) {
            model_broken = atoi(value);
        } else if (strcmp(argv[i], "--episode") == 0) {
            o.episode = strtoull(value, NULL, 0);
            o.one_episode = true;
        } else {
            fprintf(stderr,
                    "usage: %s [--seed N] [--steps N] [--episode N] [--broken N] [--quiet]\n",
                    argv[0]);
            return 1;
        }
        i++;
    }
    return run(&o, argv[0]);
}
