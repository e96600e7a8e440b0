#!/bin/bash
# engine/net/PROTOCOL.md says what the tables and a live server say.
# Usage: B=build tests/scripts/protocol.sh [--write]
set -eu
. tests/run/serving.sh
here=engine/net/protocol
page=engine/net/PROTOCOL.md

# A Monday at half past nine; the clock stands still.
begin_us=$(($(date -u -d 2022-01-10T09:30+08:00 +%s) * 1000000))

# session FILE: its title, and each command with its answer (... behind an @); references as A, B,
# C, since their checksums have another key on each server.
session() {
    start sim/scenarios/teach-one-hall --clock manual
    call CLOCK.SET "$begin_us" >/dev/null
    sed -n '1s/^# /\n### /p' "$1"
    printf '\n'
    grep -v '^#' "$1" | while read -r line; do
        printf '    > %s\n' "${line#@}"
        # shellcheck disable=SC2086 -- words of a command
        call -3 --no-raw ${line#@} >"$work/answer"
        [ "${line#@}" = "$line" ] || { echo '...' >"$work/answer"; }
        sed 's/^/    /; s/ *$//' "$work/answer"
    done | sed -E 's/("took_ms" => \(integer\)) [0-9]+/\1 .../' | awk '{
        rest = $0
        line = ""
        while (match(rest, /[0-9a-f][0-9a-f]*/)) {
            word = substr(rest, RSTART, RLENGTH)
            if (length(word) == 32 && $1 != ">") {
                if (!(word in name)) name[word] = "REF-" sprintf("%c", 65 + count++)
                word = name[word]
            }
            line = line substr(rest, 1, RSTART - 1) word
            rest = substr(rest, RSTART + RLENGTH)
        }
        print line rest
    }'
    stop
}

{
    cat "$here/head.md"
    printf '\n## 会话 · Sessions\n'
    for file in visit explain whatif refusals; do
        session "$here/$file.session"
    done
    printf '\n## 命令 · Commands\n'
    "$program" protocol commands
    printf '\n## 错误 · Errors\n'
    "$program" protocol errors
    printf '\n## 事件 · Events\n'
    "$program" protocol events
} >"$work/page"

if [ "${1:-}" = --write ]; then
    mv "$work/page" "$page"
elif ! diff "$page" "$work/page"; then
    echo "protocol: $page is not what the server says; look, then tests/scripts/protocol.sh" \
        "--write" >&2
    exit 1
fi
echo "protocol: the sessions and all tables as $page has them, ok"
