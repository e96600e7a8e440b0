# To be sourced by scripts that try a subcommand out. They have then: $program; a folder $work, gone
# at the end; fail, said and refused.
# shellcheck shell=sh disable=SC2034
program=$(realpath "${B:-build}/tongban")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    exit 1
}

# said TEXT FILE: TEXT stands in FILE.
said() { grep -qF -e "$1" "$2" || fail "no '$1' in: $(cat "$2")"; }

# refused STATUS TEXT SUBCOMMAND ARGUMENTS...: the exit status, TEXT on standard error, nothing on
# output.
refused() {
    want=$1 text=$2
    shift 2
    status=0
    "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$want" ] || fail "$*: exit status $status, not $want: $(cat "$work/err")"
    said "$text" "$work/err"
    [ ! -s "$work/out" ] || fail "$*: also wrote: $(cat "$work/out")"
}
