/* A C face for Google Benchmark.
 *
 * A benchmark file describes its benchmarks in a table and registers it when the program starts:
 *
 *     static void ring_spsc(struct tb_bench *b)
 *     {
 *         struct ring *r = ...;                        // not timed
 *         while (tb_bench_next(b, 1024)) {             // timed from the first call to the last
 *             for (int i = 0; i < 1024; i++) { ... }   // 1024 items of work
 *         }
 *         tb_bench_label(b, "hash %016" PRIx64, hash); // not timed
 *     }
 *
 *     static const struct tb_bench_spec specs[] = {{.name = "ring_spsc", .run = ring_spsc}};
 *     TB_BENCH_REGISTER(specs)
 *
 * Nothing else is needed: bench/main.c runs what was registered and understands Google Benchmark's
 * own flags. `items_per_second` is set for every benchmark. The function is called several times
 * (to find the number of iterations, and once a repetition), so it must build what it needs anew
 * each time, from fixed seeds.
 *
 * One call of tb_bench_next costs a few nanoseconds (see `shim_overhead`); with a batch of 16 items
 * or more that is below one nanosecond an item. A batch of one is right for work of microseconds.
 *
 * Threads: all functions belong to the thread that runs the benchmark. None of them is lock-free.
 */
#ifndef TB_BENCH_SHIM_H
#define TB_BENCH_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tb_bench;

/* Which clock decides. */
enum tb_bench_clock {
    TB_BENCH_CPU = 0,    /* CPU time of the benchmark's own thread */
    TB_BENCH_WALL = 1,   /* elapsed time: whatever starts threads of its own */
    TB_BENCH_MANUAL = 2, /* what the benchmark says with tb_bench_time_add_s */
};

enum { TB_BENCH_ARG_COUNT_MAX = 16 };

struct tb_bench_spec {
    const char *name;                        /* as given to --benchmark_filter */
    void (*run)(struct tb_bench *b);
    const char *arg_name;                    /* NULL: the argument is shown without a name */
    int64_t args[TB_BENCH_ARG_COUNT_MAX];    /* one benchmark for each; ended by 0 */
    enum tb_bench_clock clock;
    int64_t iteration_count;                 /* 0: as many as --benchmark_min_time asks for */
    /* The comparison that `make bench` prints at the end: how many times faster than the benchmark
     * `against` (same argument, same run), and the least ratio that we promise. NULL: none. */
    const char *against;
    double ratio_min;
};

/* Registers `count` benchmarks. The specs must live as long as the program. */
void tb_bench_register(const struct tb_bench_spec *specs, size_t count);

/* Put once at the end of a file, with the name of its array of specs. */
#define TB_BENCH_REGISTER(specs)                                                                   \
    __attribute__((constructor)) static void tb_bench_register_file(void)                          \
    {                                                                                              \
        tb_bench_register(specs, sizeof(specs) / sizeof((specs)[0]));                              \
    }

/* True while the loop has to go on; the caller then does `batch` (one or more) items of work.
 * The clock starts at the first call and stops at the one that returns false. */
bool tb_bench_next(struct tb_bench *b, int64_t batch);

/* The argument of this run; 0 for a benchmark that has none. */
int64_t tb_bench_arg(const struct tb_bench *b);

/* Iterations done so far: the sum of the batches. Call it after the loop. */
int64_t tb_bench_iterations(const struct tb_bench *b);

/* Items of work in all, when that isn't the number of iterations. Call it after the loop. */
void tb_bench_items_set(struct tb_bench *b, int64_t item_count);

/* Takes work inside of the loop out of the time. A pair costs some 200 ns: not for small work. */
void tb_bench_pause(struct tb_bench *b);
void tb_bench_resume(struct tb_bench *b);

/* TB_BENCH_MANUAL only, once for each tb_bench_next: what this batch took, in seconds. */
void tb_bench_time_add_s(struct tb_bench *b, double seconds);

/* A named value beside the time, shown and written to the JSON file (p999_ns, bytes_per_ticket). */
void tb_bench_counter_set(struct tb_bench *b, const char *name, double value);

/* The text behind the row, as printf makes it (the first 127 bytes): the hash of the result. */
__attribute__((format(printf, 2, 3))) void tb_bench_label(struct tb_bench *b, const char *format,
                                                          ...);

/* Gives up: the row shows `why`, and the program will exit with 1. Return from the benchmark after
 * it, without entering the loop again. */
void tb_bench_fail(struct tb_bench *b, const char *why);

/* Adds `key: value` to the context of the JSON file. */
void tb_bench_context_add(const char *key, const char *value);

/* Parses Google Benchmark's flags, runs what they ask for, prints the comparisons. Returns the exit
 * status of the program: 0 done, 1 a benchmark failed, 2 a flag is unknown. A ratio below its
 * promise is shown, and isn't a failure: the machine may be busy. */
int tb_bench_main(int argc, char **argv);

/* Makes the compiler believe that *p is read and written here. */
static inline void tb_bench_keep(const void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

#ifdef __cplusplus
}
#endif
#endif
