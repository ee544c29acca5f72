# A PgBouncer before the PostgreSQL server of one run of the tests, which gives out connections by the transaction: on a free
# loopback port, with its files in a given folder. Sourced by `test` after postgres.sh. Needs apt_install of packages.sh where
# none is installed.

# Its folder and its address; set by pooler_start.
pooler_dir=
pooler_url=

# Installs it without starting the service that comes with the package.
pooler_install() {
    local policy=/usr/sbin/policy-rc.d status=0
    [ ! -e "$policy" ] || { apt_install pgbouncer; return; }
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || return 1
    apt_install pgbouncer || status=$?
    as_root rm -f "$policy"
    return "$status"
}

pooler_configure() {
    local port=$1 server=${postgres_url##*@}
    local host=${server%%/*}
    cat >"$pooler_dir/pgbouncer.ini" <<SETTINGS
[databases]
* = host=${host%%:*} port=${host##*:} auth_user=qingting

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $pooler_dir/users
pool_mode = transaction
# Fewer than the connections of one process of the tests, so that they really change hands.
default_pool_size = 2
max_client_conn = 1000
server_idle_timeout = 5
# What the driver sends with every connection.
ignore_startup_parameters = extra_float_digits
logfile = $pooler_dir/pgbouncer.log
pidfile = $pooler_dir/pid
log_connections = 0
log_disconnections = 0
SETTINGS
    echo '"qingting" ""' >"$pooler_dir/users"
}

# Starts it with its files in the folder $1, which its user must be able to reach; sets pooler_url.
pooler_start() {
    local port attempt
    pooler_dir=$1/pgbouncer
    command -v pgbouncer >/dev/null || pooler_install || return 1
    mkdir -p "$pooler_dir"
    # It refuses to run as root.
    [ "$(id -u)" -ne 0 ] || chown "$(postgres_as id -u):$(postgres_as id -g)" "$pooler_dir"
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        # Below the ports that the kernel hands out to connections (32768 and up).
        port=$((15000 + RANDOM % 17000))
        pooler_configure "$port"
        (cd / && postgres_as pgbouncer --quiet --daemon "$pooler_dir/pgbouncer.ini") || true
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            if pooler_runs && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
                pooler_url=postgres://qingting@127.0.0.1:$port/qingting
                return 0
            fi
            sleep 0.2
        done
        pooler_stop
        echo "PgBouncer did not start on port $port (attempt $attempt)" >&2
    done
    tail -n 20 "$pooler_dir/pgbouncer.log" >&2 || true
    echo "error: PgBouncer does not start" >&2
    return 1
}

pooler_runs() {
    [ -f "$pooler_dir/pid" ] && kill -0 "$(cat "$pooler_dir/pid")" 2>/dev/null
}

# Stops the pooler of pooler_start, if there is one.
pooler_stop() {
    [ -n "$pooler_dir" ] && pooler_runs || return 0
    kill "$(cat "$pooler_dir/pid")" 2>/dev/null || true
}
