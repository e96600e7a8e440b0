#!/bin/sh
# The program's manners: what it prints where, and with which exit status.
# Usage: B=build tests/scripts/program.sh
set -eu
program=${B:-build}/tongban

# expect STATUS STREAM TEXT ARGUMENTS...: the exit status, and TEXT on "out" or "err" only.
expect() {
    want=$1 stream=$2 text=$3
    shift 3
    status=0
    err=$("$program" "$@" 2>&1 >/dev/null) || status=$?
    out=$("$program" "$@" 2>/dev/null) || true
    case $stream in
    out) said=$out silent=$err ;;
    err) said=$err silent=$out ;;
    esac
    case $said in
    *"$text"*) ;;
    *) echo "program: tongban $*: no '$text' on std$stream: $said" >&2; exit 1 ;;
    esac
    [ "$status" = "$want" ] || {
        echo "program: tongban $*: exit status $status, not $want" >&2
        exit 1
    }
    [ -z "$silent" ] || {
        echo "program: tongban $*: also wrote: $silent" >&2
        exit 1
    }
}

expect 2 err 'usage: tongban COMMAND'
expect 2 err "there is no command 'serv'" serv
expect 0 out 'usage: tongban COMMAND' help
expect 0 out 'usage: tongban COMMAND' --help
expect 0 out 'tongban 0.' version
expect 0 out "$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)" --version
echo "program: exit statuses and streams, ok"
