/* tongban-bench: runs every benchmark that a file of this folder registered.
 *
 * Takes Google Benchmark's own flags. The context of the JSON output says which commit, CPU and
 * compiler the numbers belong to.
 */
#include "shim.h"

#include <stdio.h>
#include <string.h>

#include "version.h"

enum { CPU_NAME_BYTES = 128 };

/* The first "model name" of /proc/cpuinfo; "unknown" where there is none. */
static void cpu_name_read(char name[CPU_NAME_BYTES])
{
    snprintf(name, CPU_NAME_BYTES, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) {
        return;
    }
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "model name : %127[^\n]", name) == 1) {
            break;
        }
    }
    fclose(file);
}

/* What a benchmark costs that does nothing: the shim itself. A batch of one shows the price of one
 * tb_bench_next; a batch of 64 shows what is left of it for each item. */
static void shim_overhead(struct tb_bench *b)
{
    int64_t batch = tb_bench_arg(b);
    while (tb_bench_next(b, batch)) {
        for (int64_t i = 0; i < batch; i++) {
            tb_bench_keep(b);
        }
    }
}

static const struct tb_bench_spec specs[] = {
    {.name = "shim_overhead", .run = shim_overhead, .arg_name = "batch", .args = {1, 16, 64, 1024}},
};
TB_BENCH_REGISTER(specs)

int main(int argc, char **argv)
{
    char cpu[CPU_NAME_BYTES];
    cpu_name_read(cpu);
    tb_bench_context_add("commit", TBI_COMMIT);
    tb_bench_context_add("cpu", cpu);
    tb_bench_context_add("compiler", "gcc " __VERSION__);
    return tb_bench_main(argc, argv);
}
