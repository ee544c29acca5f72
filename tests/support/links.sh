#!/usr/bin/env bash
# Checks that every relative link and image of the documentation names a file that is there.
# Usage: links.sh FILE.md...   Prints each bad link as FILE:LINE and fails if there is one.
set -euo pipefail

# Prints "LINE<tab>TARGET" for each link of a file, leaving out code, where brackets are no links.
links_of() {
    awk '
        /^[ \t]*(```|~~~)/ { code = !code; next }
        code { next }
        {
            line = $0
            gsub(/`[^`]*`/, "", line)
            rest = line
            while (match(rest, /\]\([^()]*(\([^()]*\)[^()]*)*\)/)) {
                print NR "\t" substr(rest, RSTART + 2, RLENGTH - 3)
                rest = substr(rest, RSTART + 2)
            }
            rest = line
            while (match(rest, /(src|href)="[^"]*"/)) {
                target = substr(rest, RSTART, RLENGTH)
                sub(/^[a-z]+="/, "", target)
                sub(/"$/, "", target)
                print NR "\t" target
                rest = substr(rest, RSTART + RLENGTH)
            }
            if (match(line, /^ *\[[^]]+\]: +[^ ]+/)) {
                target = substr(line, RSTART, RLENGTH)
                sub(/^ *\[[^]]+\]: +/, "", target)
                print NR "\t" target
            }
        }
    ' "$1"
}

# The path of a link's target, relative to the file: no title, no <>, no query or fragment, %XX decoded.
path_of() {
    local target=$1
    case $target in
        '<'*) target=${target#<} target=${target%%>*} ;;
        *) target=${target%% *} ;;
    esac
    target=${target%%#*}
    target=${target%%\?*}
    target=${target//\\/\\\\}
    printf '%b' "${target//%/\\x}"
}

bad=0
count=0
for file in "$@"; do
    if [ ! -f "$file" ]; then
        echo "$file: there is no such document" >&2
        bad=$((bad + 1))
        continue
    fi
    links=$(links_of "$file")
    while IFS=$'\t' read -r line target; do
        [ -n "$target" ] || continue
        case $target in
            [a-zA-Z]*:* | '#'* | //*) continue ;;
        esac
        count=$((count + 1))
        path=$(path_of "$target")
        case $path in
            /*) where=.$path ;;
            *) where=$(dirname "$file")/$path ;;
        esac
        if [ ! -e "$where" ]; then
            echo "$file:$line: the link '$target' names no file" >&2
            bad=$((bad + 1))
        fi
    done <<<"$links"
done
if [ "$count" -eq 0 ] && [ "$bad" -eq 0 ]; then
    echo "no relative link found in $# documents: is the list of documents right?" >&2
    exit 1
fi
echo "$count relative links in $# documents, $bad bad"
[ "$bad" -eq 0 ]
