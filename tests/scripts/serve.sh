#!/bin/bash
# The scheduler on its socket, with clients that nobody here wrote: redis-cli, redis-benchmark.
# Usage: B=build tests/scripts/serve.sh
set -eu
. tests/run/serving.sh

serve() { start sim/scenarios/teach-one-hall --data "$work/data" --clock manual; }
# expect TEXT COMMAND...: TEXT is in the answer
expect() {
    local want=$1 got
    shift
    got=$(call "$@" 2>&1) || true
    case $got in *"$want"*) ;; *) fail "$*: no '$want' in: $got" ;; esac
}
field() { awk -v name="$1" 'found { print; exit } $0 == name { found = 1 }'; }

serve
# The first day with windows at ten: windows are open by the plan.
day=$(call CLOCK.GET)
now=$((day + 10 * 3600000000))
expect "$now" CLOCK.SET "$now"
while [ "$(call HALL.INFO hall | field windows_open)" = 0 ]; do
    now=$((now + 86400000000))
    call CLOCK.SET "$now" >/dev/null
done
call CLOCK.SET $((now += 60000000)) >/dev/null

# A life, in both versions of the protocol; a retry gets the first answer again.
taken=$(call TICKET.TAKE hall 0 CITIZEN someone REQUEST abc)
ref=$(echo "$taken" | field ref)
number=$(echo "$taken" | field number)
[ ${#ref} = 32 ] || { echo "serve: no reference in: $taken" >&2; exit 1; }
expect repeated TICKET.TAKE hall 0 CITIZEN someone REQUEST abc
expect "$number" TICKET.TAKE hall 0 CITIZEN someone REQUEST abc
expect 'state SERVING' -3 TICKET.INFO "$ref"
expect state TICKET.INFO "$ref"

# Values alone, for programs: the same, in the order that reply.h says.
{
    printf 'CLIENT ANSWERS VALUES\r\nTICKET.TAKE hall 0 CITIZEN someone REQUEST abc\r\n'
    printf 'HALL.WAIT hall 0\r\nTICKET.INFO %s\r\n' "$ref"
    printf 'client answers names\r\nhall.info hall\r\nQUIT\r\n'
} | timeout 30 socat - "UNIX-CONNECT:$socket" | tr -d '\r' >"$work/values"
sed -n '2,3p;6,7p;11p' "$work/values" | tr '\n' ' ' | grep -q "^\*8 :2 $ref :$number :2 $" &&
    grep -q '^\*3$' "$work/values" && grep -q '^\*7$' "$work/values" &&
    grep -q windows_open "$work/values" || { cat "$work/values" >&2; exit 1; }

# What is wrong is said, and changes nothing.
expect 'REF_INVALID' TICKET.INFO "${ref%?}0${ref#???????????????????????????????}"
expect 'REF_INVALID' TICKET.INFO 1000000100000000
expect 'STATION_UNKNOWN' TICKET.TAKE nowhere 0
expect 'MATTER_UNKNOWN' TICKET.TAKE hall nothing
expect 'ARGUMENTS TICKET.TAKE wants: station matter' TICKET.TAKE
expect "'COLOUR' is not an argument here" TICKET.CANCEL "$ref" COLOUR blue
expect 'SERVER_UNKNOWN' WINDOW.NEXT hall#99
expect "unknown command 'SET'" SET a b
expect 'TIME_BACKWARDS' CLOCK.SET 5
expect 'DB index' SELECT 3

# What Redis clients ask for.
expect 59 COMMAND COUNT
expect 'takes a number' COMMAND DOCS TICKET.TAKE
expect maxclients CONFIG GET 'max*'
expect connected_clients INFO
expect tongban HELLO 3
expect reason WINDOW.EXPLAIN hall#1
printf 'PING\r\nHALL.INFO hall\r\nQUIT\r\n' |
    timeout 30 socat - "UNIX-CONNECT:$socket" >"$work/inline"
grep -q '+PONG' "$work/inline" && grep -q 'HALL' "$work/inline" && grep -q '+OK' "$work/inline"

# Pushed events, and those missed.
(timeout 30 redis-cli -s "$socket" SUBSCRIBE hall:hall >"$work/heard" || true) &
listener=$!
until_true grep -q subscribe "$work/heard"
before=$(call INFO | tr -d '\r' | sed -n 's/^sequence://p')
call TICKET.TAKE hall 0 >/dev/null
until_true grep -q '"event":"TAKEN"' "$work/heard"
kill "$listener" 2>/dev/null || true
expect '"event":"TAKEN"' EVENTS.SINCE "$before"
expect "\"sequence\":$((before + 1))," EVENTS.SINCE "$before"

# Killed at any moment, under load: what was answered is there, once.
for round in 1 2 3; do
    for i in $(seq 400); do echo "TICKET.TAKE hall 0 REQUEST r$round-$i"; done >"$work/requests"
    (stdbuf -oL redis-cli -s "$socket" <"$work/requests" >"$work/answers" 2>/dev/null || true) &
    client=$!
    sleep "0.$((RANDOM % 3 + 1))$((RANDOM % 10))"
    stop KILL
    wait "$client" 2>/dev/null || true
    THREADS=$round
    serve
    call CLOCK.SET $((now += 1000000)) >/dev/null 2>&1 || true
    grep -A1 '^number$' "$work/answers" | grep -E '^[0-9]+$' >"$work/numbers" || true
    answered=$(wc -l <"$work/numbers")
    i=0
    while read -r number; do
        i=$((i + 1))
        # every tenth, and the last one, are asked for again
        [ $((i % 10)) = 0 ] || [ "$i" = "$answered" ] || continue
        expect "$number" TICKET.TAKE hall 0 REQUEST "r$round-$i"
        expect repeated TICKET.TAKE hall 0 REQUEST "r$round-$i"
    done <"$work/numbers"
    [ "$(sort -n "$work/numbers" | uniq -d | wc -l)" = 0 ] || {
        echo "serve: a number twice" >&2
        exit 1
    }
    echo "serve: killed in round $round after $answered answers, all there"
done

THREADS=
# A disk that takes no more: nothing is answered that is not kept; questions go on.
last=$(call TICKET.TAKE hall 0 REQUEST before-full | field number)
prlimit --pid "$server" --fsize=4096:4096
expect DISKFAIL TICKET.TAKE hall 0 REQUEST full-1
expect DISKFAIL TICKET.TAKE hall 0 REQUEST full-2
expect half_us HALL.WAIT hall 0
grep -q 'nothing is changed any more' "$work/log" || fail "nothing said of the full disk"
stop KILL
serve
call CLOCK.SET $((now += 60000000)) >/dev/null
expect "$last" TICKET.TAKE hall 0 REQUEST before-full
expect repeated TICKET.TAKE hall 0 REQUEST before-full
expect "$((last + 1))" TICKET.TAKE hall 0 REQUEST full-1

redis-benchmark -s "$socket" -n 20000 -c 20 -P 8 -q HALL.WAIT hall 0 | tr '\r' '\n' | tail -n 1
stop TERM
grep -q 'stopped in order' "$work/log" || fail "not stopped in order"

# Who may what.
echo secret-secret | "$program" passwd kiosk1 kiosk hall >"$work/access"
echo super-secret | "$program" passwd boss supervisor >>"$work/access"
chmod 600 "$work/access"
start sim/scenarios/teach-one-hall --access "$work/access" --clock manual
expect NOAUTH TICKET.TAKE hall 0
expect WRONGPASS AUTH kiosk1 wrong-wrong
guesses='AUTH kiosk1 a\r\nAUTH kiosk1 b\r\nAUTH kiosk1 c\r\nAUTH kiosk1 secret-secret\r\n'
# shellcheck disable=SC2059 -- it is a format
guessed=$(printf "$guesses" | timeout 30 socat -t 3 - "UNIX-CONNECT:$socket")
[ "$(echo "$guessed" | grep -c WRONGPASS)" = 3 ] && ! echo "$guessed" | grep -q OK || {
    echo "serve: guesses of passwords: $guessed" >&2
    exit 1
}
grep -q 'serve: 3 log-ins from uid-[0-9]* with a wrong name or password; closed' "$work/log"
expect NOPERM --user kiosk1 --pass secret-secret --no-auth-warning WINDOW.NEXT hall#1
expect windows_open --user kiosk1 --pass secret-secret --no-auth-warning HALL.INFO hall
expect id= --user boss --pass super-secret --no-auth-warning CLIENT LIST
stop TERM

# Settings.
expect_wrong() { # TEXT ARGUMENTS...
    local want=$1 got status=0
    shift
    got=$("$program" serve "$@" 2>&1) || status=$?
    [ "$status" = 2 ] && case $got in *"$want"*) true ;; *) false ;; esac || {
        echo "serve: serve $*: status $status, no '$want' in: $got" >&2
        exit 1
    }
}
expect_wrong 'no scenario' --port 1
expect_wrong 'not a port' x --port 99999
expect_wrong "there is no option '--colour'" x --colour red
expect_wrong 'only loopback' sim/scenarios/teach-one-hall --listen 0.0.0.0
printf 'port 7400 # the platform\ncolour red\n' >"$work/conf"
expect_wrong "conf:2: there is no setting 'colour'" x --config "$work/conf"
echo "serve: redis-cli and redis-benchmark, kills, roles, settings, ok"
