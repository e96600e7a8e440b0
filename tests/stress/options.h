/* options.h: what every stress program understands on its command line, and its random numbers.
 *
 *     --seed N      the run that N names; printed by every failure
 *     --steps N     how much to do, in the program's own unit
 *     --seconds N   do it anew, with the next seed, until so much time is over
 *
 * Exit status: 0 well, 1 failed, 77 can't be run on this machine.
 */
#ifndef TEST_STRESS_OPTIONS_H
#define TEST_STRESS_OPTIONS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options {
    uint64_t seed;
    uint64_t step_count;
    uint64_t second_count;
};

/* Reads the command line; `step_count` is the program's usual length. Ends the program with 1 if an
 * option is unknown. */
static inline struct options options_read(int argc, char **argv, uint64_t step_count)
{
    struct options o = {1, step_count, 0};

    for (int i = 1; i < argc; i += 2) {
        uint64_t *value = strcmp(argv[i], "--seed") == 0      ? &o.seed
                          : strcmp(argv[i], "--steps") == 0   ? &o.step_count
                          : strcmp(argv[i], "--seconds") == 0 ? &o.second_count
                                                              : NULL;
        if (value == NULL || i + 1 == argc) {
            fprintf(stderr, "usage: %s [--seed N] [--steps N] [--seconds N]\n", argv[0]);
            exit(1);
        }
        *value = strtoull(argv[i + 1], NULL, 10);
    }
    return o;
}

/* Calls `run` once, or for as long as the options say, each time with the next seed. */
static inline void options_repeat(struct options o, void (*run)(uint64_t seed, uint64_t step_count))
{
    time_t end = time(NULL) + (time_t)o.second_count;

    do {
        run(o.seed++, o.step_count);
    } while (time(NULL) < end);
}

/* The next number of a stream that the seed begins: S. Vigna's SplitMix64. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
