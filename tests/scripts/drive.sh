#!/bin/bash
# A simulated day lived on a live server over fifty connections: the same events as in the
# simulator, in the server's log too, which replays to the same city and explains its calls.
# Usage: B=build tests/scripts/drive.sh [SCENARIO DAYS]
set -eu
. tests/run/serving.sh
scenario=${1:-sim/scenarios/teach-one-hall} days=${2:-1}

# With one thread, and with two for the connections beside the city's: no command may be elsewhere.
for THREADS in ${THREADS:-1 3}; do
    rm -rf "$work/data"
    start "$scenario" --data "$work/data" --clock manual --durability off
    "$program" drive "$scenario" --connect "unix:$socket" --connections 50 --days "$days" \
        --events "$work/simulated.csv" >"$work/drive.log" 2>&1 || fail "it differs"
    # The clock is not at the beginning any more: another day can't begin.
    "$program" drive "$scenario" --connect "unix:$socket" 2>/dev/null && fail "a second time"
    # Several matters, then the instant: no slots here, but all of it was understood.
    if [ "$scenario" = sim/scenarios/teach-one-hall ]; then
        redis-cli -s "$socket" BOOK.MAKE hall card pension 2022-01-05T09:00 CITIZEN x 2>&1 |
            grep -q SLOT_INVALID || fail "BOOK.MAKE of two matters"
    fi
    stop || fail "the server did not stop in order"
    "$program" log export "$work/data" --csv "$work/served.csv" >"$work/export.log" 2>&1 ||
        fail "no export"
    cmp "$work/simulated.csv" "$work/served.csv" || fail "the tables of events differ"
    cat "$work/drive.log"
done

# The server's log, which held the simulator's events byte for byte, is the simulator's city.
hash=$(grep -o 'city hash [0-9a-f]*' "$work/drive.log" | awk '{ print $3 }')
"$program" log replay "$work/data" >"$work/replay.log" 2>&1 || fail "no replay"
grep -q "$hash" "$work/replay.log" || fail "not the city $hash"

# Any past call can be explained: the first, one in the middle, the last.
calls=$(awk -F, '$3 == "CALLED" { print $1 }' "$work/served.csv")
count=$(echo "$calls" | wc -l)
for line in 1 $((count / 2)) "$count"; do
    event=$(echo "$calls" | sed -n "${line}p")
    "$program" log replay "$work/data" --explain "$event" >"$work/explain.log" 2>&1 ||
        fail "call $event is not explained"
    grep -Eiq 'called|叫' "$work/explain.log" || fail "call $event: no reason"
done
