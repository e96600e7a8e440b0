#!/bin/sh
# Usage: B=build bench/peer.sh [DAYS [RUNS]]
# The peer year on SimPy and on tongban in one go: both times, both mean waits, and the ratio.
# DAYS: only the first so many of its 250 days. RUNS (5): of ours; the median counts. SimPy runs
# once: it takes long, and the difference is not small.
#
# Each program says how long its simulation took, without starting and reading tables; ours is
# with all statistics. Streams differ, so mean waits agree only as far as chance lets them; where
# they are further apart than 10 per cent on the whole year, the two did not do the same work, and
# the exit status is 1. Needs Debian's python3-simpy3; installs it where it can.
set -eu
cd "$(dirname "$0")/.."
days=${1:-250}
runs=${2:-5}
case $days$runs in *[!0-9]*) sed -n '2s/^# //p' "$0" >&2; exit 2 ;; esac
if [ "$days" -lt 1 ] || [ "$days" -gt 250 ] || [ "$runs" -lt 1 ]; then
    echo "peer: DAYS is 1 to 250, RUNS at least 1" >&2
    exit 2
fi
B=${B:-build}
if [ ! -x "$B/tongban" ]; then
    echo "peer: there is no $B/tongban; make it first: make" >&2
    exit 2
fi
/usr/bin/python3 -c 'import simpy' 2>/dev/null || .ci/deps .ci/packages-bench

peer=$(/usr/bin/python3 bench/peer_simpy.py --days "$days")
i=0
ours=$(while [ "$i" -lt "$runs" ]; do
    "$B/tongban" simulate sim/scenarios/peer-year --days "$days" --json
    i=$((i + 1))
done | awk -F '[:,]' '
    /^ "cases_arrived"/ { cases = $2 }
    /^ "wait_mean_s"/ { wait = $2 }
    /^ "wall_s"/ { print cases, wait, $2 }' | sort -n -k 3 | sed -n "$(((runs + 1) / 2))p")

printf '%s\n%s\n' "$peer" "$ours" | awk -v days="$days" '
    NR == 1 { peer = $3; peer_wait = $2 }
    { printf "%-8s %8d visitors  mean wait %6.1f s  %8.3f s  %6.0f ns a visitor\n",
             NR == 1 ? "SimPy" : "tongban", $1, $2, $3, 1e9 * $3 / $1 }
    NR == 2 {
        printf "ratio %.1f\n", peer / $3
        apart = $2 / peer_wait - 1
        if (days == 250 && (apart > 0.1 || apart < -0.1)) {
            print "peer: the mean waits are too far apart"
            exit 1
        }
    }'
