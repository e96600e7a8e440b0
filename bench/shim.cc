// The only C++ of the project: shim.h over Google Benchmark.
#include "shim.h"

#include <benchmark/benchmark.h>

#include <cstdarg>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

struct tb_bench {
    benchmark::State &state;
    const tb_bench_spec &spec;
    bool items_set;
};

namespace {

struct comparison {
    std::string ours;
    std::string theirs;
    double ratio_min;
};

// Filled by constructors of the benchmark files, before main: so made at first use.
std::vector<comparison> &comparisons()
{
    static std::vector<comparison> all;
    return all;
}

// Prints as Google Benchmark does, and remembers the speed of each benchmark (the median where
// there are repetitions) and whether one failed.
class recorder : public benchmark::ConsoleReporter {
public:
    bool failed = false;

    explicit recorder(OutputOptions options) : benchmark::ConsoleReporter(options) {}

    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            failed |= run.error_occurred;
            auto items = run.counters.find("items_per_second");
            if (run.error_occurred || items == run.counters.end()) {
                continue;
            }
            if (run.run_type == Run::RT_Iteration || run.aggregate_name == "median") {
                speed_[bare_name(run)] = items->second.value;
            }
        }
        benchmark::ConsoleReporter::ReportRuns(runs);
    }

    void comparisons_print() const
    {
        for (const comparison &c : comparisons()) {
            auto ours = speed_.find(c.ours);
            auto theirs = speed_.find(c.theirs);
            if (ours == speed_.end() || theirs == speed_.end()) {
                continue;
            }
            double ratio = ours->second / theirs->second;
            std::printf("%s: %.2f x %s (promised %.2f x%s)\n", c.ours.c_str(), ratio,
                        c.theirs.c_str(), c.ratio_min, ratio < c.ratio_min ? ": MISSED" : "");
        }
    }

private:
    std::map<std::string, double> speed_;

    // Name and argument, without what Google Benchmark appends about clocks and repetitions.
    static std::string bare_name(const Run &run)
    {
        return run.run_name.args.empty() ? run.run_name.function_name
                                         : run.run_name.function_name + "/" + run.run_name.args;
    }
};

void run_one(benchmark::State &state, const tb_bench_spec *spec)
{
    tb_bench b{state, *spec, false};
    spec->run(&b);
    if (!b.items_set) {
        state.SetItemsProcessed(state.iterations());
    }
}

void comparison_add(const tb_bench_spec &spec, const std::string &arg)
{
    if (spec.against != nullptr) {
        comparisons().push_back({spec.name + arg, spec.against + arg, spec.ratio_min});
    }
}

void register_one(const tb_bench_spec &spec)
{
    auto *bench = benchmark::RegisterBenchmark(
        spec.name, [&spec](benchmark::State &state) { run_one(state, &spec); });
    if (spec.clock == TB_BENCH_WALL) {
        bench->UseRealTime();
    } else if (spec.clock == TB_BENCH_MANUAL) {
        bench->UseManualTime();
    }
    if (spec.iteration_count > 0) {
        bench->Iterations(spec.iteration_count);
    }
    if (spec.arg_name != nullptr) {
        bench->ArgName(spec.arg_name);
    }
    if (spec.args[0] == 0) {
        comparison_add(spec, "");
    }
    std::string prefix = spec.arg_name != nullptr ? std::string(spec.arg_name) + ":" : "";
    for (int i = 0; i < TB_BENCH_ARG_COUNT_MAX && spec.args[i] != 0; i++) {
        bench->Arg(spec.args[i]);
        comparison_add(spec, "/" + prefix + std::to_string(spec.args[i]));
    }
}

} // namespace

void tb_bench_register(const struct tb_bench_spec *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        register_one(specs[i]);
    }
}

bool tb_bench_next(struct tb_bench *b, int64_t batch)
{
    return b->state.KeepRunningBatch(batch);
}

int64_t tb_bench_arg(const struct tb_bench *b)
{
    return b->spec.args[0] == 0 ? 0 : b->state.range(0);
}

int64_t tb_bench_iterations(const struct tb_bench *b)
{
    return b->state.iterations();
}

void tb_bench_items_set(struct tb_bench *b, int64_t item_count)
{
    b->items_set = true;
    b->state.SetItemsProcessed(item_count);
}

void tb_bench_pause(struct tb_bench *b)
{
    b->state.PauseTiming();
}

void tb_bench_resume(struct tb_bench *b)
{
    b->state.ResumeTiming();
}

void tb_bench_time_add_s(struct tb_bench *b, double seconds)
{
    b->state.SetIterationTime(seconds);
}

void tb_bench_counter_set(struct tb_bench *b, const char *name, double value)
{
    b->state.counters[name] = benchmark::Counter(value);
}

void tb_bench_label(struct tb_bench *b, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    std::vsnprintf(text, sizeof text, format, args);
    va_end(args);
    b->state.SetLabel(text);
}

void tb_bench_fail(struct tb_bench *b, const char *why)
{
    b->state.SkipWithError(why);
}

void tb_bench_context_add(const char *key, const char *value)
{
    benchmark::AddCustomContext(key, value);
}

int tb_bench_main(int argc, char **argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    using options = benchmark::ConsoleReporter::OutputOptions;
    recorder console(static_cast<options>(options::OO_Tabular & ~options::OO_ColorTabular));
    benchmark::RunSpecifiedBenchmarks(&console);
    console.comparisons_print();
    benchmark::Shutdown();
    return console.failed ? 1 : 0;
}
