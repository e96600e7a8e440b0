#!/bin/bash
# CITY.WHATIF on a live server: answers, refusals, and that the service goes on meanwhile.
# Usage: B=build tests/scripts/whatif.sh
set -eu
. tests/run/serving.sh

expect() { # TEXT COMMAND...
    local want=$1 got
    shift
    got=$(call "$@" 2>&1) || true
    case $got in *"$want"*) ;; *) fail "$*: no '$want' in: $got" ;; esac
}
# first number of a figure: figure SIDE NAME < answer
figure() {
    awk -v side="$1" -v name="$2" '$0 == side { s = 1 } s && $0 == name { getline; print; exit }'
}
less() { awk "BEGIN { exit !($1 < $2) }"; }
plain() { awk -v name="$1" '$0 == name { getline; print; exit }'; }

# ---- a Saturday of two windows, at nine, thirty people in line ----
start sim/scenarios/teach-one-hall --clock manual --data "$work/data"
day=$(call CLOCK.GET)
now=$((day + 9 * 3600000000)) # 2022-01-01 is a Saturday
call CLOCK.SET "$now" >/dev/null
for _ in $(seq 30); do echo "TICKET.TAKE hall card"; done | call >/dev/null
answer=$(call CITY.WHATIF hall OPEN 3 09:30 OPEN hall#4 09:30 UNTIL 12:00 RUNS 100)
[ "$(echo "$answer" | plain runs)" = 100 ] || fail "not 100 runs: $answer"
[ "$(echo "$answer" | plain waiting)" = 28 ] || fail "not 28 waiting: $answer"
before=$(echo "$answer" | figure before wait_mean_s)
after=$(echo "$answer" | figure after wait_mean_s)
less "$after" "$before" || fail "two windows more: $before -> $after"
less 60 "$before" || fail "nobody waits: $answer"
less "$(echo "$answer" | figure before within_promise)" \
    "$(echo "$answer" | figure after within_promise)" || fail "the promise: $answer"
# The same seed, the same answer, but for the time it took; another one, another.
again=$(call CITY.WHATIF hall OPEN 3 09:30 OPEN hall#4 09:30 UNTIL 12:00 RUNS 100)
strip() { awk '$0 == "took_ms" { getline; next } { print }'; }
[ "$(echo "$again" | strip)" = "$(echo "$answer" | strip)" ] || fail "not the same again"
[ "$(call CITY.WHATIF hall RUNS 100 SEED 2 | figure before wait_mean_s)" != "$before" ] ||
    fail "a seed changes nothing"
# Nothing of it happened.
expect "waiting" HALL.INFO hall
[ "$(call HALL.INFO hall | plain windows_open)" = 2 ] || fail "a window was opened"
expect p_value -3 CITY.WHATIF hall SICK 1 SURGE 1.5 FROM 10:00 SHUT 11:30 CLOSE 1 NOW UNTIL 10:00

# ---- what is wrong is said ----
expect "CITY.WHATIF wants: hall" CITY.WHATIF
expect "STATION_UNKNOWN there is no hall 'nowhere'" CITY.WHATIF nowhere
expect "SERVER_UNKNOWN the hall has no window '9'" CITY.WHATIF hall OPEN 9 10:00
expect "TIME_BACKWARDS 08:00 is past" CITY.WHATIF hall OPEN 3 08:00
expect "TIME_INVALID 'noon' is no time; write HH:MM" CITY.WHATIF hall OPEN 3 noon
expect "TIME_INVALID '' is no time" CITY.WHATIF hall OPEN 3
expect "UNTIL must be later" CITY.WHATIF hall OPEN 3 10:00 UNTIL 09:30
expect "VALUE_INVALID '11'" CITY.WHATIF hall SURGE 11
expect "VALUE_INVALID '0' is no number that fits" CITY.WHATIF hall SICK 0
expect "'FIRE' is none of OPEN, CLOSE" CITY.WHATIF hall FIRE 3
expect "RUNS n" COMMAND DOCS CITY.WHATIF

running() { call INFO | grep -q 'whatif_running:1'; }

# ---- one at a time; who asks waits, others don't; answers keep their order ----
(
    printf 'CITY.WHATIF hall RUNS 6000\r\nPING after\r\n'
    until grep -q after "$work/slow"; do sleep 0.1; done
) | timeout 60 socat -t 1 - "UNIX-CONNECT:$socket" >"$work/slow" &
slow=$!
until_true running
expect "BUSY another what-if is being computed" CITY.WHATIF hall RUNS 2
expect PONG PING
wait $slow || true
[ "$(tr -d '\r' <"$work/slow" | tail -1)" = after ] || fail "the PING: $(tail -3 "$work/slow")"
grep -q p_value "$work/slow" || fail "the slow answer never came"
# A server that is to stop does not wait for thousands of days.
printf 'CITY.WHATIF hall RUNS 10000\r\n' |
    timeout 60 socat -t 60 - "UNIX-CONNECT:$socket" >/dev/null &
slow=$!
until_true running
stop
wait $slow || true

# ---- the reference city on a Tuesday at noon: a second ----
start sim/scenarios/city58 --clock 2021-10-19T12:00
quick() {
    answer=$(call CITY.WHATIF police-city1 OPEN 7 12:30)
    runs=$(echo "$answer" | plain runs) took=$(echo "$answer" | plain took_ms)
    [ "$took" -lt 1000 ]
}
until_true quick
[ "$runs" -ge 20 ] || fail "city58: only $runs replications in $took ms"
stop
echo "whatif: 2 windows more: $before s -> $after s; city58: $runs replications in $took ms"
