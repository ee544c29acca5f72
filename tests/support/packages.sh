# What the tests need from the system, installed by apt where it is missing. Sourced by `test`.

# Runs a command as root: directly, or by sudo where that needs no password or there is a terminal to ask on.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        echo "error: '$*' needs root: run ./test as root, or install sudo" >&2
        return 1
    fi
}

# Brings the lists of packages up to date, once in a run.
apt_update() {
    [ -z "${apt_updated:-}" ] || return 0
    as_root apt-get -q update || return 1
    apt_updated=1
}

# Installs the named packages.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        echo "error: missing here, and there is no apt-get to install it: $*" >&2
        return 1
    fi
    echo "Installing $*"
    apt_update || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
        install --no-install-recommends "$@" </dev/null
}

# The C compiler, which the SQLite and TLS crates are built with.
ensure_compiler() {
    command -v cc >/dev/null || apt_install gcc libc6-dev
}

# What the Debian package is made, installed and looked at with.
ensure_package_tools() {
    local missing=() tool
    for tool in adduser:adduser systemd-analyze:systemd strip:binutils curl:curl dpkg-deb:dpkg; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
    done
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

# The first number of a version text such as "Chromium 150.0.7871.100".
major_version() {
    "$1" --version 2>/dev/null | grep -oE '[0-9]+' | head -n 1
}

# True where the browser and its driver are there and of one version.
browser_works() {
    local browser driver
    browser=$(major_version "$QINGTING_CHROMIUM") && driver=$(major_version "$QINGTING_CHROMEDRIVER") &&
        [ "$browser" = "$driver" ]
}

# A browser, its driver and a Chinese font; sets QINGTING_CHROMIUM and QINGTING_CHROMEDRIVER unless they are given.
ensure_browser() {
    export QINGTING_CHROMIUM=${QINGTING_CHROMIUM:-/usr/bin/chromium}
    export QINGTING_CHROMEDRIVER=${QINGTING_CHROMEDRIVER:-/usr/bin/chromedriver}
    browser_works || apt_install chromium chromium-driver || return 1
    if ! browser_works; then
        echo "error: no browser and driver of one version: $QINGTING_CHROMIUM, $QINGTING_CHROMEDRIVER" >&2
        return 1
    fi
    if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh-cn family)" ]; then
        apt_install fontconfig fonts-noto-cjk
    fi
}
