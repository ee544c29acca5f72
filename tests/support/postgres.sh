# A PostgreSQL server for one run of the tests: a cluster of its own in a given folder, on a free loopback port.
# Sourced by `test`. Needs apt_install of packages.sh where no server is installed.

# The folder of the server's programs, the folder of the cluster and the address; set by postgres_start.
postgres_bin=
postgres_data=
postgres_url=

# Runs a program as a user who may run PostgreSQL, which refuses to run as root.
postgres_as() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
        return
    fi
    local user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
    setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups -- env HOME=/ "$@"
}

# Folders that may hold a server, the newest of the distribution first.
postgres_candidates() {
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5nr || true
    local found
    found=$(command -v initdb 2>/dev/null) && dirname "$(readlink -f "$found")"
    return 0
}

# Makes a cluster in $postgres_data with the first candidate whose initdb works, and keeps that candidate.
postgres_init() {
    local bin
    while read -r bin; do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && [ -x "$bin/pg_ctl" ] || continue
        rm -rf "$postgres_data"
        mkdir -p "$postgres_data"
        if [ "$(id -u)" -eq 0 ]; then
            chown "$(postgres_as id -u):$(postgres_as id -g)" "$postgres_data"
        fi
        if (cd / && postgres_as "$bin/initdb" --pgdata="$postgres_data" --username=qingting --auth=trust \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$postgres_data.initdb.log" 2>&1; then
            postgres_bin=$bin
            return 0
        fi
        sed 's/^/    /' "$postgres_data.initdb.log" >&2
        echo "initdb of $bin does not work" >&2
    done < <(postgres_candidates)
    return 1
}

# Installs the server of the distribution without the cluster that its package makes and starts.
postgres_install() {
    local drop_in=/etc/postgresql-common/createcluster.d/qingting-test.conf
    as_root mkdir -p "${drop_in%/*}" || return 1
    echo 'create_main_cluster = false' | as_root tee "$drop_in" >/dev/null
    local status=0
    apt_install postgresql || status=$?
    as_root rm -f "$drop_in"
    return "$status"
}

# Adds the settings of a throw-away cluster: loopback only, nothing kept through a power cut.
postgres_configure() {
    cat >>"$postgres_data/postgresql.conf" <<'SETTINGS'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
SETTINGS
    # The single-user mode needs no client programs and no server.
    echo 'CREATE DATABASE qingting' |
        (cd / && postgres_as "$postgres_bin/postgres" --single -D "$postgres_data" postgres) >"$postgres_data.create.log" 2>&1 && return 0
    sed 's/^/    /' "$postgres_data.create.log" >&2
    echo "error: the test database cannot be made" >&2
    return 1
}

# Starts a server in the folder $1, which the server's user must be able to reach; sets postgres_url.
postgres_start() {
    postgres_data=$1/postgres
    if ! postgres_init; then
        echo "No working PostgreSQL server here: installing one."
        postgres_install || return 1
        postgres_init || { echo "error: PostgreSQL is installed but initdb does not work" >&2; return 1; }
    fi
    postgres_configure || return 1
    local attempt port
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        # Below the ports that the kernel hands out to connections (32768 and up).
        port=$((15000 + RANDOM % 17000))
        if (cd / && postgres_as "$postgres_bin/pg_ctl" -D "$postgres_data" -l "$postgres_data/server.log" \
            -o "-p $port" -w -t 60 start) >/dev/null 2>&1; then
            postgres_url=postgres://qingting@127.0.0.1:$port/qingting
            return 0
        fi
        echo "PostgreSQL did not start on port $port (attempt $attempt)" >&2
    done
    tail -n 20 "$postgres_data/server.log" >&2 || true
    echo "error: PostgreSQL does not start" >&2
    return 1
}

# Stops the server of postgres_start, if there is one.
postgres_stop() {
    [ -n "$postgres_bin" ] && [ -f "$postgres_data/postmaster.pid" ] || return 0
    (cd / && postgres_as "$postgres_bin/pg_ctl" -D "$postgres_data" -m immediate -w -t 30 stop) >/dev/null 2>&1 || true
}
