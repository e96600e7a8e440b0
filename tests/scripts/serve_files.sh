#!/bin/bash
# No more open files: who connects waits in the kernel's line, the server sleeps meanwhile and says
# so once, keeps those who are there, and takes the others when there are files again.
# Usage: B=build tests/scripts/serve_files.sh
set -eu
. tests/run/serving.sh
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
pongs() { cat "$work"/answers.* 2>/dev/null | grep -c PONG || true; }

# A server takes no more connections than there are files; but of 64, which nobody may make more,
# these 40 are somebody else's.
bounded=
[ "$(id -u)" != 0 ] || bounded='setpriv --bounding-set -sys_resource'
(
    for _ in $(seq 40); do exec {file}</dev/null; done
    ulimit -n 64
    exec $bounded "$program" serve sim/scenarios/teach-one-hall --spin 0 --unix "$socket" \
        2>>"$work/log"
) &
server=$!
await || fail "no answer"
clients=()
for i in $(seq 30); do
    (echo PING; exec sleep 60) > >(exec timeout 60 socat - "UNIX:$socket" >"$work/answers.$i") &
    clients+=($!)
done
until_true grep -q 'connections wait' "$work/log"
quiet() { # nobody was served for longer than from one look to the next
    before=$(ticks) had=$(pongs)
    sleep 1.2
    spent=$(($(ticks) - before))
    [ "$(pongs)" = "$had" ]
}
until_true quiet
[ "$(grep -c 'connections wait' "$work/log")" = 1 ] || fail "it does not say so once"
[ "$spent" -lt 20 ] || fail "busy with waiting: $spent ticks in 1.2 s"
[ "$had" -gt 0 ] && [ "$had" -lt 24 ] || fail "$had were served with 24 files at most"
for i in $(seq 30); do # who was served goes
    ! grep -q PONG "$work/answers.$i" || kill "${clients[i - 1]}"
done
all() { [ "$(pongs)" = 30 ]; }
until_true all
stop || fail "not in order"
kill "${clients[@]}" 2>/dev/null || true
echo "serve_files: $had of 30 at once, the others when those had gone, ok"
