#!/bin/bash
# Clients that nobody here wrote, unchanged: hiredis, node-redis, ioredis and redis-py, to a server
# of one thread and of three. (redis-cli and redis-benchmark are in serve.sh.)
# Usage: B=build tests/scripts/clients.sh
set -eu
. tests/run/serving.sh
here=tests/clients

command -v npm >/dev/null || .ci/deps .ci/packages-npm
cmp -s "$here/package-lock.json" "$here/node_modules/.of" || {
    npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix "$here"
    cp "$here/package-lock.json" "$here/node_modules/.of"
}
gcc -std=gnu17 -O1 -Wall -Wextra -Werror -o "$work/hiredis" "$here/hiredis.c" -lhiredis

for THREADS in 1 3; do
    start sim/scenarios/teach-one-hall --clock manual
    call CLOCK.SET $(($(date -u -d 2022-01-10T09:30+08:00 +%s) * 1000000)) >/dev/null
    # All windows are busy or closed, so that a number that is taken is not called at once.
    for window in 1 2 3 4; do
        call WINDOW.PAUSE "hall#$window" >/dev/null
    done

    timeout 30 "$work/hiredis" "$socket"
    timeout 60 node "$here/node_redis.js" "$socket"
    timeout 60 node "$here/ioredis.js" "$socket"
    # Debian's own, whatever other python3 is on the PATH: it is the one that has python3-redis.
    timeout 60 /usr/bin/python3 "$here/redis_py.py" "$socket"
    # Jedis comes from a registry that is not ours to install from: its first words, by its source.
    printf '%s\r\n' 'HELLO 3 SETNAME hall-platform' 'CLIENT SETINFO LIB-NAME jedis' \
        'CLIENT SETINFO LIB-VER 5.2.0' PING QUIT |
        timeout 30 socat -t 30 - "UNIX-CONNECT:$socket" | tr -d '\r' >"$work/jedis"
    [ "$(grep -c '^+OK$\|^+PONG$' "$work/jedis")" = 4 ] || fail "Jedis: $(cat "$work/jedis")"
    ! grep '^-' "$work/jedis" || fail "Jedis"
    stop || fail "not in order"
done
