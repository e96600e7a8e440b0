#!/bin/bash
# Clients that nobody here wrote, unchanged: hiredis and node-redis. (redis-cli and redis-benchmark
# are in serve.sh.)
# Usage: B=build tests/scripts/clients.sh
set -eu
program=${B:-build}/tongban
here=tests/clients
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

command -v npm >/dev/null || .ci/deps .ci/packages-npm
cmp -s "$here/package-lock.json" "$here/node_modules/.of" || {
    npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix "$here"
    cp "$here/package-lock.json" "$here/node_modules/.of"
}
gcc -std=gnu17 -O1 -Wall -Wextra -Werror -o "$work/hiredis" "$here/hiredis.c" -lhiredis

"$program" serve sim/scenarios/teach-one-hall --unix "$work/socket" --clock manual \
    2>"$work/log" &
server=$!
for _ in $(seq 200); do
    [ "$(redis-cli -s "$work/socket" PING 2>/dev/null)" != PONG ] || break
    sleep 0.02
done
redis-cli -s "$work/socket" CLOCK.SET \
    $(($(date -u -d 2022-01-10T09:30+08:00 +%s) * 1000000)) >/dev/null
# All windows are busy or closed, so that a number that is taken is not called at once.
for window in 1 2 3 4; do
    redis-cli -s "$work/socket" WINDOW.PAUSE "hall#$window" >/dev/null
done

timeout 30 "$work/hiredis" "$work/socket"
timeout 60 node "$here/node_redis.js" "$work/socket"
kill "$server"
wait "$server" 2>/dev/null || true
server=
