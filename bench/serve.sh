#!/bin/bash
# The scheduler and Redis side by side under one load generator: server on core 0, generator on
# core 1, 50 connections, medians of ROUNDS rounds, the two alternating. Prints a table of ratios.
# Our connections ask for values alone (CLIENT ANSWERS VALUES), as a program that asks much would.
# Usage: B=build ROUNDS=5 SECONDS_EACH=1 bench/serve.sh
set -eu
.ci/deps .ci/packages-bench
build=${B:-build} rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-1}
work=$(mktemp -d)
pids=
trap 'kill -9 $pids 2>/dev/null || true; rm -rf "$work"' EXIT

redis_start() { # DURABLE
    taskset -c 0 redis-server --port 7501 --unixsocket "$work/redis" --save '' --daemonize no \
        --dir "$work" --appendonly "$1" --appendfsync always >"$work/redis.log" 2>&1 &
    pids="$pids $!" redis=$!
    until redis-cli -p 7501 PING >/dev/null 2>&1; do sleep 0.05; done
}
ours_start() { # OPTIONS...
    taskset -c 0 "$build/tongban" serve sim/scenarios/city58 --port 7502 --unix "$work/ours" \
        --clock 2021-10-18T09:30 "$@" 2>"$work/ours.log" &
    pids="$pids $!" ours=$!
    until redis-cli -p 7502 PING >/dev/null 2>&1; do sleep 0.05; done
    redis-cli -p 7502 CITY.RULE '*' auto_next 0 >/dev/null
    redis-cli -p 7502 CITY.RULE '*' auto_start 1 >/dev/null
    windows_find >"$work/list"
}
# For each of fifty halls a window that is open and asks for its next when it is told to, and a
# matter that it serves: found by trying.
windows_find() {
    local hall trade matter
    local city=sim/scenarios/city58
    tail -n +2 $city/halls.csv | head -50 | while IFS=, read -r hall _ _ trade _; do
        matter=$(awk -F, -v t="$trade" '$5 == t { print $1; exit }' $city/matters.csv)
        {
            for k in $(seq 20); do
                printf 'WINDOW.PAUSE %s#%d\nWINDOW.CONTINUE %s#%d\n' "$hall" "$k" "$hall" "$k"
            done
            for k in $(seq 20); do
                printf 'TICKET.TAKE %s %s\nWINDOW.NEXT %s#%d\nWINDOW.FINISH %s#%d SETTLED\n' \
                    "$hall" "$matter" "$hall" "$k" "$hall" "$k"
            done
        } | redis-cli -p 7502 >"$work/tried"
        awk -v hall="$hall" -v matter="$matter" '
            $0 == "FINISHED" { print hall, matter, window; exit }
            $0 == "window" { getline window }' "$work/tried"
    done
}
load() { taskset -c 1 "$build/load" --connections 50 --seconds "$seconds" "$@"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# side_by_side NAME PIPELINE REDIS_REQUESTS -- OUR_REQUESTS: on TCP, then on the Unix socket
side_by_side() {
    local name=$1 pipeline=$2 theirs=() mine=()
    shift 2
    while [ "$1" != -- ]; do theirs+=(--request "$1"); shift; done
    shift
    while [ $# -gt 0 ]; do mine+=(--request "$1"); shift; done
    for way in tcp unix; do
        : >"$work/a"
        : >"$work/b"
        for _ in $(seq "$rounds"); do
            if [ $way = tcp ]; then r=(--port 7501) o=(--port 7502)
            else r=(--unix "$work/redis") o=(--unix "$work/ours"); fi
            load "${r[@]}" --pipeline "$pipeline" "${theirs[@]}" >>"$work/a"
            load "${o[@]}" --setup 'CLIENT ANSWERS VALUES' --list "$work/list" \
                --pipeline "$pipeline" "${mine[@]}" >>"$work/b"
        done
        awk -v name="$name" -v way=$way -v pipeline="$pipeline" -v a="$(median <"$work/a")" \
            -v b="$(median <"$work/b")" -v p="$(awk '{ print $10 }' "$work/b" | median)" 'BEGIN {
                printf "%-34s %4s  pipeline %2d  redis %9d/s  ours %9d/s  %5.2f x  p999 %d us\n",
                    name, way, pipeline, a, b, b / a, p }'
    done
}

take='redis.call("HINCRBY",KEYS[1],"n",1) local n=redis.call("INCR",KEYS[1]..":n")
 redis.call("HSET",KEYS[1]..":"..n,"state","waiting","at",ARGV[1])
 redis.call("RPUSH",KEYS[1]..":q",n) return n'
call='local n=redis.call("LPOP",KEYS[1]..":q") if not n then return 0 end
 redis.call("HSET",KEYS[1]..":"..n,"state","called","window",ARGV[1])
 redis.call("SET",KEYS[1]..":w:"..ARGV[1],n) return n'
finish='local n=redis.call("GET",KEYS[1]..":w:"..ARGV[1]) if not n then return 0 end
 redis.call("DEL",KEYS[1]..":"..n,KEYS[1]..":w:"..ARGV[1]) return n'
scripts_load() {
    take_sha=$(redis-cli -p 7501 SCRIPT LOAD "$take")
    call_sha=$(redis-cli -p 7501 SCRIPT LOAD "$call")
    finish_sha=$(redis-cli -p 7501 SCRIPT LOAD "$finish")
}
# Every connection has a window of its own, and gives out numbers of its hall.
life() { # NAME PIPELINE
    side_by_side "$1" "$2" "EVALSHA $take_sha 1 hall%c 1" "EVALSHA $call_sha 1 hall%c %c" \
        "EVALSHA $finish_sha 1 hall%c %c" -- \
        "TICKET.TAKE %1 %2" "WINDOW.NEXT %3" "WINDOW.FINISH %3 SETTLED"
}

# A thousand listeners on the fifty halls: the most lives there can be, then round trips at half
# of that, each counted from when it was due; "late" is the part of it that the generator itself
# was late with, which is none of the server's.
latency() {
    local top way o l
    l=(--setup 'CLIENT ANSWERS VALUES' --list "$work/list" --listeners 1000
        --listen 'SUBSCRIBE hall:%1' --request 'TICKET.TAKE %1 %2' --request 'WINDOW.NEXT %3'
        --request 'WINDOW.FINISH %3 SETTLED')
    for way in tcp unix; do
        if [ $way = tcp ]; then o=(--port 7502); else o=(--unix "$work/ours"); fi
        : >"$work/a"
        for _ in $(seq "$rounds"); do load "${o[@]}" "${l[@]}" >>"$work/a"; done
        top=$(median <"$work/a")
        : >"$work/b"
        for _ in $(seq "$rounds"); do load "${o[@]}" "${l[@]}" --rate $((top / 2)) >>"$work/b"; done
        awk -v way=$way -v top="$top" -v half="$(awk '{ print $4 }' "$work/b" | median)" \
            -v p="$(awk '{ print $10 }' "$work/b" | median)" \
            -v late="$(awk '{ print $(NF - 1) }' "$work/b" | median)" \
            -v m="$(awk '{ print $15 + 0 }' "$work/b" | median)" 'BEGIN {
                printf "%-34s %4s  at most %9d/s  at half  %d messages/s  p50 %d us  ",
                    "ticket life, 1,000 listeners", way, top, m, half
                printf "p999 %d us (late %d)\n", p, late }'
    done
}

redis_start no
ours_start
redis-cli -p 7501 SET a 1 >/dev/null
scripts_load
for pipeline in 1 16 64; do
    side_by_side 'GET against a wait query' $pipeline 'GET a' -- 'HALL.WAIT 0 0'
done
for pipeline in 1 16; do
    life 'ticket life, nothing kept' $pipeline
done
latency
kill -9 $redis $ours
redis_start yes
ours_start --data "$work/data"
scripts_load
life 'ticket life, durable' 16
