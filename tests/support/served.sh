# A county that is served on a free loopback port for a program to try. Sourced by the scripts beside this folder, which set
# `qingting` to the binary before; what was started and made here is ended and removed when the script leaves.

# The folder of the run, and that of its reports (REPORTS where it is set); the server's process and address.
dir=
reports=
server=
base=
# Processes of the script that are ended with it.
runs=()
# What curl keeps of the log-in.
jar=

# Makes the folder of the run, called by NAME.
served_begin() {
    dir=$(mktemp -d "${TMPDIR:-/tmp}/qingting-$1.XXXXXX")
    reports=${REPORTS:-$dir/reports}
    mkdir -p "$reports"
    trap served_end EXIT
    trap 'exit 130' HUP INT TERM
}

# Ends what was started, by its id.
served_end() {
    local status=$? pid
    trap '' HUP INT TERM
    for pid in "${runs[@]}" $server; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$dir"
    exit "$status"
}

# A password that nobody knows.
fresh_password() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Serves COUNTY with so many WORKERS and waits until it answers.
served() {
    "$qingting" --dir "$1" serve --bind 127.0.0.1:0 --workers "$2" >"$dir/serve.out" 2>"$dir/serve.log" &
    server=$!
    for _ in $(seq 300); do
        base=$(grep -s -m1 -o 'http://127.0.0.1:[0-9]*' "$dir/serve.out" || true)
        [ -n "$base" ] && curl -fsS -o /dev/null "$base/healthz" && return
        kill -0 "$server"
        sleep 0.2
    done
    echo "error: the server does not answer" >&2
    return 1
}

# Logs a user in; the cookie stands in `jar`.
log_in() {
    jar=$dir/cookies
    curl -fsS -o /dev/null -c "$jar" -H "Origin: $base" --data-urlencode "login=$1" --data-urlencode "password=$2" \
        "$base/login"
}
