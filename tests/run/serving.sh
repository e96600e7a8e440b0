# To be sourced by scripts that need a running scheduler. They have then: $program; a folder $work,
# gone at the end as the server is; its $socket and what it says, $work/log.
# shellcheck shell=bash disable=SC2034
program=${B:-build}/tongban
work=$(mktemp -d)
socket=$work/socket
server=
trap 'stop KILL; rm -rf "$work"' EXIT

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    [ ! -s "$work/log" ] || cat "$work/log" >&2
    exit 1
}
call() { timeout 30 redis-cli -s "$socket" "$@"; }

# start SCENARIO OPTION...: returns when it answers.
start() {
    "$program" serve "$@" --unix "$socket" 2>>"$work/log" &
    server=$!
    for _ in $(seq 1000); do
        [ "$(call PING 2>/dev/null)" != PONG ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    fail "no answer"
}
# stop [SIGNAL]: its status, if it was not killed.
stop() {
    local gone=$server status=0
    server=
    [ -n "$gone" ] || return 0
    kill "-${1:-TERM}" "$gone" 2>/dev/null || true
    wait "$gone" 2>/dev/null || status=$?
    [ "${1:-TERM}" = KILL ] || return "$status"
}
