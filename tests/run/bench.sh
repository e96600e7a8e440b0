#!/bin/sh
# Usage: tests/run/bench.sh PROGRAM
# Smoke mode: runs every benchmark for a moment, so that none rots. The numbers mean nothing.
set -eu
log=$1.log
export TB_BENCH_SMOKE=1 # years of simulation are a few days then
"$1" --benchmark_min_time=0.001 >"$log" 2>&1 || {
    cat "$log"
    echo "bench: a benchmark failed; to repeat it: $1 --benchmark_min_time=0.001" >&2
    exit 1
}
echo "bench: $("$1" --benchmark_list_tests | wc -l) benchmarks run for a moment, ok"
