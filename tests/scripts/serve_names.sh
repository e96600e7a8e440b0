#!/bin/bash
# Who gave a command stays known where old segments are deleted: after each snapshot the log names
# once more whoever gives one, and only once.
# Usage: B=build tests/scripts/serve_names.sh
set -eu
. tests/run/serving.sh
start sim/scenarios/teach-one-hall --data "$work/data" --snapshot 1
snapshots() { find "$work/data" -name 'snapshot-*.city' | wc -l; }
{
    echo WINDOW.OPEN hall#1
    for _ in $(seq 200); do [ "$(snapshots)" = 0 ] || break; sleep 0.02; done
    [ "$(snapshots)" != 0 ] || echo NO.SNAPSHOT
    echo WINDOW.PAUSE hall#1
    echo WINDOW.OPEN hall#1
    sleep 0.1
} | call >"$work/answers"
! grep -qi 'ERR' "$work/answers" || fail "$(cat "$work/answers")"
stop KILL
who="uid-$(id -u)"
named=$(grep -ao "$who" "$work"/data/segment-*1.log | wc -l)
[ "$named" = 2 ] || fail "named $named times over one snapshot"
[ "$("$program" log show "$work/data" | grep -c " $who WINDOW")" = 3 ] || fail "log show"
echo "serve_names: named once more after a snapshot, ok"
