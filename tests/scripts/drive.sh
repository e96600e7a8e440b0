#!/bin/bash
# A simulated day lived on a live server over fifty connections: the same events as in the
# simulator, in the server's log too, which replays to the same city and explains its calls.
# Usage: B=build tests/scripts/drive.sh [SCENARIO DAYS]
set -eu
. tests/run/serving.sh
scenario=${1:-sim/scenarios/teach-one-hall} days=${2:-1}

# With one thread, and with two for the connections beside the city's: no command may be elsewhere.
# In the second round everybody is a user, and no role may do everything.
for role in supervisor platform kiosk window desk; do
    echo "$role-secret" | "$program" passwd "$role" "$role" >>"$work/access"
    echo "$role $role-secret" >>"$work/users"
done
chmod 600 "$work/access"
who=
connections=50
for THREADS in ${THREADS:-1 3}; do
    rm -rf "$work/data"
    start "$scenario" --data "$work/data" --clock manual --durability off ${who:+--access "$who"}
    "$program" drive "$scenario" --connect "unix:$socket" --days "$days" \
        --connections "$connections" ${who:+--users "$work/users"} \
        --events "$work/simulated.csv" >"$work/drive.log" 2>&1 || fail "it differs"
    # The clock is not at the beginning any more: another day can't begin.
    "$program" drive "$scenario" --connect "unix:$socket" --connections 1 \
        ${who:+--users "$work/users"} 2>"$work/again.log" && fail "a second time"
    grep -q 'clock is not where' "$work/again.log" || fail "again: $(cat "$work/again.log")"
    # Several matters, then the instant: no slots here, but all of it was understood.
    if [ -z "$who" ] && [ "$scenario" = sim/scenarios/teach-one-hall ]; then
        call BOOK.MAKE hall card pension 2022-01-05T09:00 CITIZEN x 2>&1 |
            grep -q SLOT_INVALID || fail "BOOK.MAKE of two matters"
    fi
    stop || fail "the server did not stop in order"
    "$program" log export "$work/data" --csv "$work/served.csv" >"$work/export.log" 2>&1 ||
        fail "no export"
    cmp "$work/simulated.csv" "$work/served.csv" || fail "the tables of events differ"
    who=$work/access connections=10 # a log-in costs 20 ms
    cat "$work/drive.log"
done
"$program" log show "$work/data" >"$work/shown"
for change in 'platform@platform TICKET.TAKE' 'window@window WINDOW.'; do
    grep -q "$change" "$work/shown" || fail "nobody was $change"
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
