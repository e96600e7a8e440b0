#!/bin/bash
# TLS on its port: redis-cli --tls and openssl s_client as clients; what must not get in: TLS 1.2,
# another authority, no certificate, plain bytes, a handshake that never ends.
# Usage: B=build tests/scripts/serve_tls.sh
set -eu
. tests/run/serving.sh

# Two authorities, a server, clients of both.
authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -days 2 \
        -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}
signed() { # NAME AUTHORITY FILE
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$work/$3.key" -out "$work/$3.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\n' >"$work/ext"
    openssl x509 -req -in "$work/$3.csr" -CA "$work/$2.crt" -CAkey "$work/$2.key" -days 2 \
        -CAcreateserial -extfile "$work/ext" -out "$work/$3.crt" 2>/dev/null
}
authority ca
authority stranger
signed server ca server
signed boss ca boss
signed nobody ca nobody
signed boss stranger forged
chmod 600 "$work"/*.key
echo super-secret | "$program" passwd boss supervisor >"$work/access"
chmod 600 "$work/access"

begin() {
    : >"$work/log"
    launch sim/scenarios/teach-one-hall --tls-port 0 --tls-cert "$work/server.crt" \
        --tls-key "$work/server.key" --access "$work/access" --clock manual \
        --data "$work/data" "$@" || fail "the server has ended"
    port=$(sed -n 's/.*port \([0-9]*\), TLS 1.3.*/\1/p' "$work/log")
    [ -n "$port" ] || fail "no TLS port"
    ! grep -q 'port [0-9]*$' "$work/log" || fail "a plain port beside it"
}
# With NAME's certificate, or none ("").
call() { # NAME COMMAND...
    local name=$1
    shift
    timeout 30 redis-cli -p "$port" --tls --cacert "$work/ca.crt" \
        ${name:+--cert "$work/$name.crt" --key "$work/$name.key"} --no-auth-warning "$@" 2>&1
}
expect() { # TEXT NAME COMMAND...
    local want=$1 got
    shift
    got=$(call "$@") || true
    case $got in
    *"$want"*) ;;
    *) fail "${*:2}: no '$want' in: $got" ;;
    esac
}
# refused LOG-LINE OPTIONS...: s_client asks PING and hears nothing but an alert. Again until the
# log has the line, for failures are told once a second.
told() {
    local line=$1 got
    shift
    got=$(printf 'PING\r\n' |
        timeout 30 openssl s_client -quiet -connect "127.0.0.1:$port" "$@" 2>&1) || true
    case $got in *PONG*) fail "$line: answered" ;; esac
    grep -q "$line" "$work/log"
}
refused() { until_true told "$@"; }

# Passwords over TLS; certificates are optional and log in.
begin --tls-clients-ca "$work/ca.crt" --tls-clients optional --http 0 --http-listen 0.0.0.0
expect PONG '' PING
expect NOAUTH '' HALL.INFO hall
expect WRONGPASS '' AUTH boss wrong-wrong
expect windows_open '' --user boss --pass super-secret HALL.INFO hall
expect windows_open boss HALL.INFO hall
expect 'user=boss' boss CLIENT LIST
expect NOAUTH nobody HALL.INFO hall
expect windows_open nobody --user boss --pass super-secret HALL.INFO hall
got=$(call forged HALL.INFO hall) || true
case $got in *windows_open*) fail "another authority's boss got in" ;; esac
# Many at once, long answers, and requests cut anywhere.
call boss COMMAND DOCS >"$work/once"
for _ in $(seq 30); do cat "$work/once"; done >"$work/wanted"
for _ in $(seq 30); do echo COMMAND DOCS; done | call boss >"$work/long" || fail "long answers"
[ "$(wc -c <"$work/once")" -gt 5000 ] && cmp "$work/long" "$work/wanted" || fail "long answers"
{
    printf 'PI'; sleep 0.1; printf 'NG\r\nHALL.INFO'; sleep 0.1; printf ' hall\r\nQUIT\r\n'
} | timeout 30 openssl s_client -quiet -connect "127.0.0.1:$port" -cert "$work/boss.crt" \
    -key "$work/boss.key" -CAfile "$work/ca.crt" >"$work/cut" 2>&1 || true
grep -q '+PONG' "$work/cut" && grep -q 'windows_open' "$work/cut" && grep -q '+OK' "$work/cut" ||
    fail "requests in pieces: $(cat "$work/cut")"

# Boards and metrics beyond this machine: with the same certificate, never in the clear.
web=$(sed -n 's/.*boards on https:.*:\([0-9]*\).board$/\1/p' "$work/log")
[ -n "$web" ] || fail "no HTTPS"
fetch() { curl -sS --max-time 30 "$@" 2>&1 || true; }
fetch --cacert "$work/ca.crt" "https://127.0.0.1:$web/metrics" | grep -q '^tongban_' ||
    fail "no metrics over HTTPS"
fetch --cacert "$work/ca.crt" "https://127.0.0.1:$web/board" | grep -qi '<html' ||
    fail "no board over HTTPS"
fetch --cacert "$work/stranger.crt" "https://127.0.0.1:$web/metrics" | grep -q 'certificate' ||
    fail "another authority's certificate is good"
! fetch "http://127.0.0.1:$web/metrics" | grep -q '^tongban_' || fail "metrics in the clear"

# What must not get in, and what the log says of it.
refused 'unsupported protocol' -tls1_2
plain=$(printf 'PING\r\n' | timeout 30 socat - "TCP:127.0.0.1:$port" | tr -d '\0') || true
case $plain in *PONG*) fail "answered in the clear" ;; esac
grep -q 'TLS with 127.0.0.1:[0-9]* failed: .*; closed' "$work/log" || fail "plain bytes: not told"
! grep -q 'TLS with unknown' "$work/log" || fail "a failure of nobody"

# A certificate is changed while others are connected.
(until [ -e "$work/renewed" ]; do sleep 0.05; done; echo PING) | call boss >"$work/living" &
living=$!
two() { [ "$(call boss CLIENT LIST | grep -c user=boss)" = 2 ]; }
until_true two
before=$(openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
    openssl x509 -noout -serial)
signed server ca server
chmod 600 "$work/server.key"
kill -HUP "$server"
until_true grep -q 'certificates read again' "$work/log"
after=$(openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
    openssl x509 -noout -serial)
[ -n "$after" ] && [ "$before" != "$after" ] || fail "the old certificate is still shown"
: >"$work/renewed"
wait "$living"
grep -q PONG "$work/living" || fail "a connection was lost at SIGHUP"
echo nonsense >"$work/server.crt"
kill -HUP "$server"
until_true grep -q 'old certificates stay: .*server.crt: no certificate in PEM' "$work/log"
expect PONG '' PING
signed server ca server
chmod 600 "$work/server.key"

# A certificate's owner stands in the audit trail, one with a password too.
call boss WINDOW.OPEN hall#1 >/dev/null
call '' --user boss --pass super-secret WINDOW.PAUSE hall#1 >/dev/null
stop || fail "not in order"
"$program" log show "$work/data" >"$work/show" || fail "log show"
for change in WINDOW.OPEN WINDOW.PAUSE; do
    grep -q "boss@supervisor $change server=hall#1" "$work/show" ||
        fail "who did $change: $(cat "$work/show")"
done

# Required certificates; and the handshakes in two threads of their own.
THREADS=3
begin --tls-clients-ca "$work/ca.crt"
expect PONG boss PING
refused 'peer did not return a certificate'
refused 'certificate verify failed' -cert "$work/forged.crt" \
    -key "$work/forged.key"
# A handshake that goes nowhere holds up nobody, and ends.
socat -u EXEC:'sleep 20' "TCP:127.0.0.1:$port" &
half=$!
for _ in 1 2 3; do expect PONG boss PING; done
kill "$half" 2>/dev/null || true
stop || fail "not in order"

# Settings.
expect_wrong() { # TEXT ARGUMENTS...
    local want=$1 got status=0
    shift
    got=$("$program" serve sim/scenarios/teach-one-hall "$@" 2>&1) || status=$?
    [ "$status" = 2 ] && case $got in *"$want"*) true ;; *) false ;; esac ||
        fail "serve $*: status $status, no '$want' in: $got"
}
expect_wrong 'needs tls-cert and tls-key' --tls-port 0
expect_wrong "only loopback" --tls-port 0 --tls-listen 0.0.0.0
expect_wrong 'no key in PEM' --tls-port 0 --tls-cert "$work/server.crt" --tls-key "$work/boss.key"
chmod 644 "$work/server.key"
expect_wrong 'anybody on this machine may read this key' --tls-port 0 \
    --tls-cert "$work/server.crt" --tls-key "$work/server.key"
chmod 600 "$work/server.key"
expect_wrong 'either required or optional' --tls-port 0 --tls-cert "$work/server.crt" \
    --tls-key "$work/server.key" --tls-clients-ca "$work/ca.crt" --tls-clients maybe
echo "serve_tls: passwords and certificates, what must not get in, renewal, ok"
