#!/bin/bash
# Usage: tests/tidy/tidy.sh ROOT OBJECTS [CHECK...]
# Checks what a compiler doesn't: the sizes, layers and habits that STYLE promises. ROOT is the
# repository (or a sample of one), OBJECTS the folder where its objects were compiled to. Each
# check_NAME below prints PATH:LINE: WHAT for everything that it refuses; nothing printed is well.
# There is no list of exceptions. selftest.sh shows that each check can fail.
set -u -o pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
objects=$(realpath -m "$2")
cd "$1" || exit 2
shift 2

LINES_MAX=800
FUNCTION_LINES_MAX=70
COLUMNS_MAX=100

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- what is looked at --------------------------------------------------------------------------
# files NAME-PATTERN...: the project's own files, build products and npm packages left out.
files() {
    local names=()
    for pattern in "$@"; do
        names+=(-o -name "$pattern")
    done
    find . \( -name .git -o -name node_modules -o -path "$(relative_build)" \) -prune -o \
        -type f \( "${names[@]:1}" \) -print | sed 's,^\./,,' | sort
}
relative_build() { echo "./$(realpath -m --relative-to=. "$objects/..")"; }

mapfile -t c_files < <(files '*.c' '*.h' '*.def' '*.cc')
mapfile -t code_files < <(files '*.c' '*.h' '*.def' '*.cc' '*.sh' '*.awk' '*.pml' '*.js' '*.mjs' \
    '*.css' '*.html' Makefile)
mapfile -t all_files < <(files '*')
awk -f "$here/strip.awk" "${c_files[@]:-/dev/null}" >"$work/code"

# code_in FOLDER...: the lines of code (PATH:LINE:CODE) of the C files below these folders.
code_in() {
    local folder
    for folder in "$@"; do
        grep "^$folder/" "$work/code"
    done
}

# refuse WHAT: from lines that begin with PATH:LINE: makes PATH:LINE: WHAT.
refuse() { sed -E "s|^([^:]*:[0-9]+):.*|\\1: $1|"; }

# ---- layout -------------------------------------------------------------------------------------
check_file_length() {
    awk -v max=$LINES_MAX 'FNR == max + 1 { print FILENAME ":" FNR ": the file has more than " max \
        " lines; split it by what it is about" }' "${code_files[@]:-/dev/null}"
}

# A Chinese character is three bytes and two columns wide, other characters beyond ASCII one.
check_line_length() {
    awk -v max=$COLUMNS_MAX 'length > max {
        line = $0
        gsub(/[\343-\351\357][\200-\277][\200-\277]/, "xx", line)
        gsub(/[\300-\367][\200-\277]+/, "x", line)
        if (length(line) > max)
            print FILENAME ":" FNR ": " length(line) " columns; " max " are allowed"
    }' "${code_files[@]:-/dev/null}"
}

check_function_length() {
    awk -F: -v max=$FUNCTION_LINES_MAX '{ code = substr($0, length($1) + length($2) + 3) }
    code ~ /^{/ { path = $1; line = $2; open = 1 }
    code ~ /^}/ && open && path == $1 {
        open = 0
        if ($2 - line + 1 > max)
            print path ":" line ": the function has " $2 - line + 1 " lines; " max " are allowed"
    }' "$work/code"
}

# check_function_length relies on this one.
check_function_brace() {
    grep -E '^[^:]*\.[ch]:[0-9]+:[A-Za-z_][^=]*\)[ ]*\{[ ]*$' "$work/code" |
        grep -vE ':(struct|union|enum|typedef|#)' |
        refuse 'the brace of a function stands on a line of its own'
}

check_blanks() {
    grep -nE '[[:blank:]]+$' "${code_files[@]:-/dev/null}" /dev/null |
        refuse 'blanks at the end of the line'
    grep -nP '\t' "${c_files[@]:-/dev/null}" /dev/null |
        refuse 'a tab; four blanks indent'
    grep -nP '\r$' "${code_files[@]:-/dev/null}" /dev/null |
        refuse 'the line ends with CR LF'
    tail -q -c 1 "${code_files[@]:-/dev/null}" | tr -c '\n' 'x' | tr '\n' 'n' >"$work/ends"
    paste -d ' ' <(fold -w 1 "$work/ends") <(printf '%s\n' "${code_files[@]}") |
        sed -n 's/^x \(.*\)/\1:$: the last line has no end/p'
}

# ---- layers -------------------------------------------------------------------------------------
include_paths=(include engine engine/core engine/ring sim tests bench)

# Prints PATH LINE HEADER for each #include that names a file of the project: HEADER is where it is.
includes_resolve() {
    grep -nE '^[ ]*#[ ]*include[ ]+["<]' "${c_files[@]:-/dev/null}" /dev/null |
        sed -E 's/^([^:]*):([0-9]+):[^"<]*["<]([^">]*)[">].*/\1 \2 \3/' |
        awk -v folders="${include_paths[*]}" '
        function plain(path) {  # without a/../
            while (sub(/[^\/]+\/\.\.\//, "", path)) continue
            return path
        }
        FNR == NR { known[$1] = 1; next }
        {
            n = split(folders, folder, " ")
            folder[0] = $1
            sub(/\/[^\/]*$/, "", folder[0])
            for (i = 0; i <= n; i++)
                if ((path = plain(folder[i] "/" $3)) in known) {
                    print $1, $2, path
                    break
                }
        }' <(printf '%s\n' "${c_files[@]}") -
}

check_layers() {
    includes_resolve | awk '
    function folder(path, part) {
        split(path, part, "/")
        return part[1] (part[3] != "" && part[1] ~ /^(engine|sim)$/ ? "/" part[2] : "")
    }
    function row(name) {  # the row that speaks for this folder
        for (i = 1; i <= rows; i++)
            if (name == layer[i] || layer[i] == "sim/*" && name ~ /^sim\//) return i
        return 0
    }
    FNR == NR {
        if ($0 ~ /^#|^$/) next
        layer[++rows] = $1
        sub(/:$/, "", layer[rows])
        $1 = ""
        may[rows] = $0
        next
    }
    {
        from = folder($1)
        to = folder($3)
        if (from == to) next
        r = row(from)
        if (r == 0) { print $1 ":" $2 ": folder " from " has no row in tests/tidy/layers"; next }
        allowed = 0
        n = split(may[r], name, " ")
        for (k = 1; k <= n; k++)
            if (to == name[k] || index(to, name[k] "/") == 1) allowed = 1
        if (!allowed) print $1 ":" $2 ": " from " may not include " $3 " (tests/tidy/layers)"
    }' "$here/layers" -
}

check_core_headers() {
    code_in engine/core | grep -E '^[^:]*:[0-9]+:[ ]*#[ ]*include[ ]+<' | grep -v '<tongban/' |
        sed -E 's/^([^:]*:[0-9]+):[^<]*<([^>]*)>.*/\2 \1/' |
        awk 'FNR == NR { known[$1] = 1; next }
             !($1 in known) { print $2 ": not for the core: <" $1 "> (tests/tidy/core-headers)" }' \
            "$here/core-headers" -
}

# objects_in PREFIX: the objects of the sources whose path begins so, as far as they are compiled.
objects_in() {
    local file object
    for file in "${c_files[@]}"; do
        object=$objects/${file%.c}.o
        [[ $file == $1*.c ]] && [ -f "$object" ] && echo "$object"
    done
}

check_core_symbols() {
    local core
    mapfile -t core < <(objects_in engine/core/)
    [ ${#core[@]} -gt 0 ] || return 0
    nm --defined-only --format=posix "${core[@]}" | awk 'NF > 1 { print $1 }' >"$work/defined"
    grep -v '^#' "$here/core-symbols" >>"$work/defined"
    nm --undefined-only --format=posix -A "${core[@]}" | awk -v prefix="$objects/" '
        FNR == NR { known[$1] = 1; next }
        !($2 in known) {
            sub(/:$/, "", $1)
            sub(/\.o$/, ".c", $1)
            print substr($1, length(prefix) + 1) ":1: the core may not call " $2 \
                " (tests/tidy/core-symbols)"
        }' "$work/defined" -
}

# exported PREFIX PATTERN: external names that don't begin as the layer's names do.
exported() {
    local some
    mapfile -t some < <(objects_in "$1")
    [ ${#some[@]} -gt 0 ] || return 0
    nm -g --defined-only --format=posix -A "${some[@]}" |
        awk -v pattern="$2" -v prefix="$objects/" '$2 !~ pattern {
            sub(/:$/, "", $1)
            sub(/\.o$/, ".c", $1)
            print substr($1, length(prefix) + 1) ":1: the external name " $2 " must match " pattern
        }'
}
check_exported_names() {
    local folder
    for folder in engine/*/; do
        exported "$folder" '^(tb|tbi)_'
    done
    exported sim/ '^tbs_'
}

# ---- habits -------------------------------------------------------------------------------------
check_core_integers() {
    code_in engine/core | grep -wE 'float|double|_Float[0-9]+|[0-9]+\.[0-9]*f?' |
        refuse 'floating point in the core; use integers'
}

check_fences() {
    code_in engine sim bench tests include |
        grep -E '(atomic_thread|atomic_signal)_fence|__sync_|_mm_[lms]fence' |
        refuse 'a free-standing fence or __sync builtin; put the order on the atomic'
}

# engine/ring/atomic.h is the one place of the engine that touches C11 atomics; there the memory
# order is in each name. All other code calls its tbi_atomic_..., with the edge first (TBI_E1, or
# TBI_OWN and the like for a relaxed access).
RAW='(^|[^_[:alnum:]])(atomic_|__atomic_)(load|store|exchange|compare|fetch|flag|test)[a-z_]*[ ]*\('

check_atomics() {
    code_in engine | grep -v '^engine/ring/atomic.h:' | grep -E "$RAW|_Atomic|stdatomic.h" |
        refuse 'a raw atomic; use engine/ring/atomic.h'
    code_in engine | grep -v '^engine/ring/atomic.h:' |
        grep -E 'tbi_atomic_(load|store|exchange|fetch|compare|cas)[a-z_]*[ ]*\(' |
        grep -vE 'tbi_atomic_[a-z_]*[ ]*\(TBI_[A-Z0-9_]+,' |
        refuse 'an atomic operation without its edge as first argument (TBI_E1, TBI_OWN, ...)'
    grep -E "^engine/ring/atomic.h:" "$work/code" | grep -E "$RAW" | grep -v '_explicit' |
        refuse 'spell the memory order out (atomic_..._explicit)'
}

# Nothing that exists on one machine alone.
check_places() {
    grep -nIE '/(wor[k]|far[m])/|\.librar[y]/|(^|[^a-z])far[m]-[a-z]' "${all_files[@]:-/dev/null}" \
        /dev/null | refuse 'names a place of one machine'
}

# ---- run ----------------------------------------------------------------------------------------
checks=("$@")
[ ${#checks[@]} -gt 0 ] || mapfile -t checks < <(declare -F | sed -n 's/^declare -f check_//p')
refused=0
for check in "${checks[@]}"; do
    found=$("check_$check")
    [ -z "$found" ] || { echo "$found" | sed "s/$/  [$check]/"; refused=1; }
done
[ $refused = 0 ] || exit 1
echo "tidy: ${#checks[@]} checks, ${#all_files[@]} files, ok"
