# Starts the steps of a test run and ends, by id, whatever of them is left. Sourced by `test`.

# The folder of this run, holding all its temporary files; set by processes_begin.
run_dir=
# The process group of the step at work.
step=

# Makes the folder of the run and sees to it that everything is ended and removed when the script leaves.
processes_begin() {
    run_dir=$(mktemp -d "${TMPDIR:-/tmp}/qingting-test.XXXXXX")
    # The server's user passes through this folder; what the tests write is in a folder of its own.
    chmod 711 "$run_dir"
    mkdir -m 700 "$run_dir/tmp"
    export TMPDIR=$run_dir/tmp
    # Every process of the run carries this mark in its environment.
    export QINGTING_TEST_RUN=$run_dir
    trap processes_end EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Runs a step in a process group of its own and gives its exit code. The script waits for it in a way that a signal
# interrupts, so that Ctrl-C ends the step, its children and the server at once.
run() {
    set -m
    "$@" </dev/null &
    step=$!
    set +m
    local status=0
    wait "$step" || status=$?
    step=
    return "$status"
}

# The processes that carry the mark of this run, such as a browser that left the group of its step.
marked_processes() {
    local file
    for file in /proc/[0-9]*/environ; do
        if env -u QINGTING_TEST_RUN grep -qzxF "QINGTING_TEST_RUN=$run_dir" "$file" 2>/dev/null; then
            file=${file#/proc/}
            echo "${file%/environ}"
        fi
    done
}

# Ends what is left of the run and removes its folder.
processes_end() {
    local status=$? attempt left
    trap '' HUP INT TERM
    trap - EXIT
    [ -z "$step" ] || kill -TERM -- "-$step" 2>/dev/null || true
    pooler_stop
    postgres_stop
    for attempt in TERM TERM KILL KILL; do
        left=$(marked_processes)
        [ -n "$left" ] || break
        # shellcheck disable=SC2086 # one id a word
        kill "-$attempt" $left 2>/dev/null || true
        sleep 0.5
    done
    rm -rf "$run_dir"
    exit "$status"
}
