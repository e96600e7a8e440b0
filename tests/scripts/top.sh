#!/bin/bash
# `tongban top`: a running scheduler as a table and in a terminal, and what it says without one.
# Usage: B=build tests/scripts/top.sh
set -eu
. tests/run/serving.sh

start sim/scenarios/teach-one-hall --http 0 --clock 2022-01-10T09:30
url=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/log") || fail "no address in: $(cat "$work/log")"
for _ in 1 2 3 4 5 6 7; do call TICKET.TAKE hall card >/dev/null; done
# Four are served, three wait, four windows are open and none is free, number 7 was the last; halls
# that changed are published some times a second.
shown() {
    "$program" top "$url" --lang en --once |
        grep -Eq '大厅 +3 +0 +4 +4 +0 +7 +[0-9]+ min +[0-9]+ min'
}
until_true shown
"$program" top "$url" --lang zh >"$work/zh"
grep -q '运行正常' "$work/zh" && grep -q '等候' "$work/zh" || fail "$(cat "$work/zh")"

# In a terminal: keys are heard, q ends it in order.
: >"$work/screen"
(
    until_true grep -q 'q quit' "$work/screen"
    printf 'sdl'
    until_true grep -q '退出' "$work/screen"
    printf 'q'
) |
    TERM=xterm timeout 60 script -qfec "$program top $url --lang en --every 0.2" "$work/screen" \
        >/dev/null || fail "the terminal did not end in order"

stop
status=0
"$program" top "$url" --once 2>"$work/gone" || status=$?
[ "$status" = 1 ] && grep -q 'is `tongban serve' "$work/gone" || fail "gone: $(cat "$work/gone")"
status=0
"$program" top nowhere 2>"$work/wrong" || status=$?
[ "$status" = 2 ] && grep -q usage "$work/wrong" || fail "wrong: $(cat "$work/wrong")"
echo "top: a table, a terminal, no scheduler, a wrong address, ok"
