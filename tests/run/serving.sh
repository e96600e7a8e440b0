# To be sourced by scripts that need a running scheduler. They have then: $program; a folder $work,
# gone at the end as the server is; its $socket and what it says, $work/log. With THREADS in the
# environment servers have so many.
# shellcheck shell=bash disable=SC2034
program=${B:-build}/tongban
work=$(mktemp -d)
socket=$work/socket
server=
status=0
trap 'stop KILL; rm -rf "$work"' EXIT
: >"$work/log"

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    [ ! -s "$work/log" ] || cat "$work/log" >&2
    exit 1
}
call() { timeout 30 redis-cli -s "$socket" "$@"; }
# until_true TEST...: looks again and again, for at most half a minute. Tests wait with it for what
# they need, never for a while: on a busy machine no while is long enough.
until_true() {
    for _ in $(seq 600); do ! "$@" || return 0; sleep 0.05; done
    fail "never: $*"
}

# launch ARGUMENT...: true when it is ready; false when it has ended, with its $status.
launch() {
    said=$(wc -c <"$work/log")
    "$program" serve "$@" ${THREADS:+--threads "$THREADS"} 2>>"$work/log" &
    server=$!
    await
}
await() {
    for _ in $(seq 3000); do
        ! tail -c "+$((${said:-0} + 1))" "$work/log" | grep -q 'serve: ready' || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.01
    done
    kill -9 "$server" 2>/dev/null || true
    status=0
    wait "$server" || status=$?
    server=
    return 1
}
# start SCENARIO OPTION...: on the socket.
start() { launch "$@" --unix "$socket" || fail "no answer"; }
# stop [SIGNAL]: its status, if it was not killed.
stop() {
    local gone=$server status=0
    server=
    [ -n "$gone" ] || return 0
    kill "-${1:-TERM}" "$gone" 2>/dev/null || true
    wait "$gone" 2>/dev/null || status=$?
    [ "${1:-TERM}" = KILL ] || return "$status"
}
