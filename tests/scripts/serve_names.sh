#!/bin/bash
# Who gave a command stays known where old segments are deleted: after each snapshot the log names
# once more whoever gives one, and only once.
# Usage: B=build tests/scripts/serve_names.sh
set -eu
. tests/run/serving.sh
who="uid-$(id -u)"
start sim/scenarios/teach-one-hall --data "$work/data" --snapshot 1

named() { cat "$work"/data/segment-*1.log | grep -ao "$who" | wc -l; }
snapshots() { call INFO | tr -d '\r' | sed -n 's/^snapshots://p'; }
is_named() { [ "$(named)" -ge "$1" ]; }
more_than() { [ "$(snapshots)" -gt "$1" ]; }
{
    echo WINDOW.OPEN hall#1
    until_true is_named 1 >&2
    # One that is being written may have begun before; the one after it has not.
    until_true more_than $(($(snapshots) + 1)) >&2
    echo WINDOW.PAUSE hall#1
    echo WINDOW.OPEN hall#1
    until_true is_named 2 >&2
} | call >"$work/answers"
! grep -qi 'ERR' "$work/answers" || fail "$(cat "$work/answers")"
stop KILL
# Once more, unless a snapshot began just between the last two.
[ "$(named)" -le 3 ] || fail "named $(named) times in three commands"
[ "$("$program" log show "$work/data" | grep -c " $who WINDOW")" = 3 ] || fail "log show"
echo "serve_names: named once more after a snapshot, ok"
