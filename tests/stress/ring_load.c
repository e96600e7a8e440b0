/* ring_load.c: one writer publishes the load of a few halls, readers read them all the time. What
 * they read must be whole, and never older than what they read before.
 *
 * A step is a write. With ThreadSanitizer it shows that the load has no data race by construction:
 * every word is atomic.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "options.h"
#include "ring/load.h"

enum { HALLS = 3, READERS = 2 };

static struct tbi_load halls[HALLS];
static tbi_atomic_u64 writer_done;
static uint64_t run_seed;
static uint64_t step_total;

struct reader {
    pthread_t thread;
    uint64_t random;
    uint64_t read_count;
    uint64_t overtaken_count;
    uint64_t seen[HALLS];
};

static void fail(const char *what)
{
    fprintf(stderr, "ring_load: %s; again: --seed %lu\n", what, run_seed);
    exit(1);
}

static void reader_step(struct reader *reader)
{
    uint64_t words[TBI_LOAD_WORDS];
    uint64_t hall = random_next(&reader->random) % HALLS;
    uint64_t version;

    if (!tbi_load_read(&halls[hall], words, &version)) {
        reader->overtaken_count++;
        return;
    }
    reader->read_count++;
    if (version < reader->seen[hall]) {
        fail("a version went back");
    }
    reader->seen[hall] = version;
    for (unsigned i = 0; i < TBI_LOAD_WORDS; i++) {
        if (words[i] != (version == 0 ? 0 : version * 1000 + hall * 100 + i)) {
            fail("words of two versions");
        }
    }
}

static void *reader_run(void *context)
{
    struct reader *reader = context;

    while (tbi_atomic_load_relaxed(TBI_WAS, &writer_done) == 0) {
        reader_step(reader);
    }
    return NULL;
}

static void *writer_run(void *context)
{
    uint64_t random = run_seed;
    uint64_t version[HALLS] = {0};

    (void)context;
    for (uint64_t step = 0; step < step_total; step++) {
        uint64_t words[TBI_LOAD_WORDS];
        uint64_t draw = random_next(&random);
        uint64_t hall = draw % HALLS;
        version[hall]++;
        for (unsigned i = 0; i < TBI_LOAD_WORDS; i++) {
            words[i] = version[hall] * 1000 + hall * 100 + i;
        }
        tbi_load_write(&halls[hall], words);
        if (draw / HALLS % 256 == 0) {
            sched_yield();
        }
    }
    tbi_atomic_store_relaxed(TBI_WAS, &writer_done, 1);
    return NULL;
}

static void run(uint64_t seed, uint64_t step_count)
{
    static struct reader readers[READERS];
    pthread_t writer;

    run_seed = seed;
    step_total = step_count;
    tbi_atomic_init(&writer_done, 0);
    for (int h = 0; h < HALLS; h++) {
        tbi_load_init(&halls[h]);
    }
    for (int r = 0; r < READERS; r++) {
        readers[r] = (struct reader){.random = seed + 100 + (uint64_t)r};
        pthread_create(&readers[r].thread, NULL, reader_run, &readers[r]);
    }
    pthread_create(&writer, NULL, writer_run, NULL);
    pthread_join(writer, NULL);
    for (int r = 0; r < READERS; r++) {
        pthread_join(readers[r].thread, NULL);
        printf("ring_load: reader %d: %lu reads, overtaken %lu times\n", r, readers[r].read_count,
               readers[r].overtaken_count);
    }
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv, 2 * 1000 * 1000);

    options_repeat(o, run);
    printf("ring_load: %lu writes, seed %lu, ok\n", o.step_count, o.seed);
    return 0;
}
