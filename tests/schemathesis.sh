#!/usr/bin/env bash
# Tries the server against its own OpenAPI document with schemathesis: every check, a program for each tag at once, two
# of them with one token, and the push interface with the token of a source. Makes a county of its own, serves it on a
# free loopback port, and ends and removes what it started. Fails when a check does, or when fewer requests than asked for
# were generated.
#
#   pip install schemathesis          # once, in a virtual environment
#   tests/schemathesis.sh [EXAMPLES] [REQUESTS]
#
# EXAMPLES a request kind and phase (default 250; of pushes, whose pace is slower, 60), REQUESTS the least in all (default 20000). SCHEMATHESIS names the
# command, QINGTING the binary (default target/debug/qingting), SEED the first seed (default: another each time), REPORTS
# a folder to keep the reports in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

examples=${1:-250}
wanted=${2:-20000}
schemathesis=${SCHEMATHESIS:-schemathesis}
qingting=$(realpath "${QINGTING:-target/debug/qingting}")
seed=${SEED:-$RANDOM}

source tests/support/served.sh
served_begin schemathesis

county=$dir/county
password=$(fresh_password)
"$qingting" demo --no-serve --dir "$county" --items 300 >"$dir/demo.log"
# One person with every role, so that every request kind is let in; nobody can lock out oneself.
"$qingting" --dir "$county" user add tester --name 试验员 \
    --role duty,discipline,handler,reviewer,leader,admin,auditor --department zjj --password-stdin <<<"$password" >/dev/null
"$qingting" --dir "$county" source add 推送试验 --kind push --channel hotline --mode handle >/dev/null
push_token=$("$qingting" --dir "$county" source token 推送试验)

served "$county" 1
log_in tester "$password"
# A page is read whole before it is searched: curl fails when nobody reads on.
page=$(curl -fsS -b "$jar" "$base/tokens")
csrf=$(grep -m1 -o 'name="csrf" value="[^"]*"' <<<"$page" | cut -d'"' -f4)
scopes=$(grep -o 'name="scope" value="[^"]*"' <<<"$page" | cut -d'"' -f4)
tags=$(curl -fsS "$base/api/v1/openapi.json" | grep -o '"tags":\["[a-z]*"' | cut -d'"' -f4 | sort -u | grep -vx push)

# A token with every scope, made on the page.
make_token() {
    local fields=(--data-urlencode "csrf=$csrf" --data-urlencode "name=试验 $1" -d days=1) scope page
    for scope in $scopes; do
        fields+=(--data-urlencode "scope=$scope")
    done
    page=$(curl -fsS -b "$jar" -H "Origin: $base" "${fields[@]}" "$base/tokens/make")
    grep -m1 -o 'qu_[0-9a-f]*' <<<"$page"
}

# Tries a part of the document as one program. The pace stays below what the server allows a token.
try() {
    local name=$1 token=$2 pace=$3
    shift 3
    "$schemathesis" --config-file tests/schemathesis.toml run "$base/api/v1/openapi.json" \
        -H "Authorization: Bearer $token" --checks all --max-examples "$examples" --rate-limit "$pace" \
        --phases examples,coverage,fuzzing,stateful --continue-on-failure --no-color --generation-database none \
        --request-timeout 60 --suppress-health-check all --report junit --report-junit-path "$reports/$name.xml" "$@" >"$reports/$name.log" 2>&1
}

# Two tags share a token, since nobody may have more than twenty.
shared=
for tag in $tags; do
    seed=$((seed + 1))
    token=${shared:-$(make_token "$tag")}
    [ -z "$shared" ] && shared=$token || shared=
    try "$tag" "$token" 4/s --include-tag "$tag" --seed "$seed" &
    runs+=($!)
done
examples=60 try push "$push_token" 100/m --include-tag push --seed "$seed" &
runs+=($!)

failed=0
for run in "${runs[@]}"; do
    wait "$run" || failed=1
done
runs=()
for log in "$reports"/*.log; do
    echo "== $(basename "$log" .log)"
    sed -n '/SUMMARY/,$p' "$log"
done
requests=$(grep -h -o 'Test cases: *[0-9,]* generated\|[0-9,]* generated' "$reports"/*.log | grep -o '[0-9,]*[0-9]' | tr -d , | paste -sd+ | bc)
echo "last seed $seed: ${requests:-0} requests generated, $(grep -c 'a request of the API failed' "$dir/serve.log" || true) server errors"
if [ "$failed" -ne 0 ]; then
    for log in "$reports"/*.log; do
        sed -n '/FAILURES/,/SUMMARY/p;/ERRORS/,/SUMMARY/p' "$log"
    done | head -400
    exit 1
fi
if [ "${requests:-0}" -lt "$wanted" ]; then
    echo "error: only ${requests:-0} requests of $wanted; raise EXAMPLES" >&2
    exit 1
fi
