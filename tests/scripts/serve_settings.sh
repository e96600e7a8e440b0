#!/bin/bash
# The config file that we hand out: explains each setting there is and no other, and the server
# starts with it, once as it stands and once with every setting in it switched on.
# Usage: B=build tests/scripts/serve_settings.sh
set -eu
. tests/run/serving.sh
conf=engine/net/tongban.conf
unit=engine/net/tongban.service

"$program" serve --help | sed -n 's/^  --\([a-z-]*\) .*/\1/p' | grep -v '^config$' |
    sort >"$work/settings"
sed -n 's/^#\{0,1\}\([a-z][a-z-]*\) .*/\1/p' "$conf" | sort >"$work/explained"
[ "$(wc -l <"$work/settings")" -ge 10 ] || fail "--help shows hardly any setting"
diff "$work/settings" "$work/explained" >&2 || fail "$conf and --help name different settings"

# What the file shows as being so when it is left out, is what --help says.
for pair in 'threads 1' 'connections 10000' 'history 262144' 'snapshot 3600' 'port 7400' 'idle 0' \
    'spin 50'; do
    grep -q "^#$pair\$" "$conf" || fail "$conf: no line '#$pair'"
    "$program" serve --help | grep -A1 "^  --${pair% *} " | grep -q "\b${pair#* }\b" ||
        fail "--help: ${pair% *} is not ${pair#* }"
done

# run FILE CHECK: serves with that file until it answers, checks, and stops it in order.
run() {
    : >"$work/log"
    launch sim/scenarios/teach-one-hall --config "$1" || fail "$1: the server has ended"
    [ "$(call PING)" = PONG ] || fail "$1: no answer"
    ${2:-true}
    stop || fail "$1: not in order"
    grep -q 'stopped in order' "$work/log" || fail "$1: not stopped in order"
}
places="s|/run/tongban|$work|; s|/var/lib/tongban|$work/data|; s|/etc/tongban|$work|"
listens() { grep -q "listening on $work/socket" "$work/log" || fail "not on its socket"; }
# Port numbers of its own, so that nothing else on this machine is in the way.
everything() {
    grep -q 'listening on 127.0.0.1 port' "$work/log" || fail "the port was not opened"
    grep -q 'listening on 127.0.0.1 port .*, TLS 1.3' "$work/log" || fail "no TLS"
    grep -q 'boards on http://127.0.0.1' "$work/log" || fail "no boards"
    call TICKET.TAKE hall 0 | grep -q NOAUTH || fail "no access"
}
sed "$places" "$conf" >"$work/conf"
[ "$(grep -vc '^#\|^$' "$work/conf")" = 2 ] || fail "$conf: other settings are on than said"
sed "s|^data.*|& # kept|" "$work/conf" >"$work/behind" # a comment behind a value
run "$work/conf" listens
run "$work/behind" listens
[ -s "$work/data/key" ] || fail "nothing in the data folder"

echo secret-secret | "$program" passwd kiosk1 kiosk hall >"$work/access"
chmod 600 "$work/access"
rm -rf "$work/data"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -days 2 \
    -keyout "$work/server.key" -out "$work/server.crt" 2>/dev/null
cp "$work/server.crt" "$work/clients-ca.crt"
sed 's/^#\([a-z]\)/\1/; s/^port .*/port 0/; s/^http .*/http 0/;
    s/^tls-port .*/tls-port 0/' "$work/conf" >"$work/all"
# The scenario has a calendar of its own: the clock begins on its first day.
first=$(grep -rhoE '20[0-9]{2}-[0-9]{2}-[0-9]{2}' sim/scenarios/teach-one-hall/*.yaml |
    sort | head -n 1)
sed -i "s/^clock .*/clock ${first}T09:00/" "$work/all"
run "$work/all" everything

# The unit starts the program that is there, with the file that is there, and does not start it
# again when a setting is wrong.
grep -q '^ExecStart=.*/tongban serve .* --config .*/tongban.conf$' "$unit" || fail "$unit: start"
grep -q '^RestartPreventExitStatus=2$' "$unit" || fail "$unit: status 2"
printf 'snapshot often\n' >"$work/wrong"
status=0
"$program" serve sim/scenarios/teach-one-hall --config "$work/wrong" 2>"$work/log" || status=$?
[ "$status" = 2 ] || fail "a wrong setting: status $status"
grep -q "wrong:1: not a number 'often'" "$work/log" || fail "the wrong line is not named"
printf 'connections 0\n' >"$work/none"
status=0
"$program" serve sim/scenarios/teach-one-hall --config "$work/none" 2>"$work/log" || status=$?
[ "$status" = 2 ] && grep -q "none:1: not between 1 and 1000000 '0'" "$work/log" ||
    fail "no connections at all: status $status"
# Fewer files than connections, and no right to raise that: said, and kept to.
: >"$work/log"
(
    ulimit -n 300
    drop=
    [ "$(id -u)" != 0 ] || drop="setpriv --bounding-set=-sys_resource"
    exec $drop "$program" serve sim/scenarios/teach-one-hall --unix "$socket" --clock manual
) 2>"$work/log" &
server=$!
await || fail "few files: it has ended"
grep -q '300 open files .*: 236 connections at most instead of 10000' "$work/log" ||
    fail "few files"
call CONFIG GET maxclients | grep -qx 236 || fail "few files: maxclients"
stop || fail "few files: not in order"
# Who started it hears when it is ready, and when it stops.
timeout 60 socat -u "UNIX-RECV:$work/manager" "CREATE:$work/heard" &
manager=$!
until_true [ -S "$work/manager" ]
export NOTIFY_SOCKET=$work/manager
start sim/scenarios/teach-one-hall --clock manual
until_true grep -q READY=1 "$work/heard"
! grep -q STOPPING "$work/heard" || fail "it stops already"
stop || fail "not in order"
until_true grep -q STOPPING=1 "$work/heard"
kill "$manager"
unset NOTIFY_SOCKET
if command -v systemd-analyze >/dev/null; then
    sed "s|^ExecStart=/usr/local/bin/tongban|ExecStart=$(realpath "$program")|" "$unit" \
        >"$work/tongban.service"
    systemd-analyze verify "$work/tongban.service" 2>"$work/log" || fail "$unit: refused"
fi
echo "serve_settings: each setting explained, file and unit, ok"
