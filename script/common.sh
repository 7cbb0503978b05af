# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# What script/server and script/test share: the names of packages, and how the module is built.
# Bash scripts with errexit source this file.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Debian's names. The demo needs only the packages for the build and the server; only the tests need
# apache2 itself (the packaged service with its configuration).
build_packages=(
    apache2-bin apache2-dev autoconf automake gcc libapr1-dev libaprutil1-dev
    libc6-dev libjansson-dev libssl-dev libtool make pkg-config
)
server_packages=(apache2-utils curl libaprutil1-dbd-sqlite3)
test_packages=(
    apache2 binutils cadaver clang clang-format composer default-jre-headless docker-registry
    fail2ban g++ git git-lfs haproxy krb5-admin-server krb5-kdc krb5-user
    libapache2-mod-auth-gssapi libapache2-mod-auth-openidc libapache2-mod-security2
    libapache2-mod-svn libapache2-mod-wsgi-py3 libaprutil1-dbd-mysql libaprutil1-dbd-pgsql
    libcmocka-dev libtomcat10-java libwww-perl man-db mariadb-server maven mercurial
    modsecurity-crs nginx-light openssl pgbouncer php-curl php-fpm postgresql prometheus python3
    python3-aiohttp python3-httpx python3-pip python3-prometheus-client python3-psycopg2
    python3-pymysql python3-pytest python3-pytest-xdist python3-requests rclone relacy-dev
    ruby-bundler skopeo slapd sqlite3 subversion twine uwsgi-core uwsgi-plugin-python3 wget
    wget2
)
browser_packages=(chromium chromium-driver openssl python3-jsonschema python3-selenium)
# A Node.js that is not Debian's has its own npm, which conflicts with Debian's.
command -v npm >/dev/null || browser_packages+=(nodejs npm)
command -v node >/dev/null || test_packages+=(nodejs)

# Debian 12's own cargo can send no token for a download. cargo-web is a newer one, and conflicts with others.
if [ ! -x /usr/bin/cargo ]; then
    if grep -qs '^VERSION_ID="12"' /etc/os-release; then
        test_packages+=(cargo-web)
    else
        test_packages+=(cargo)
    fi
fi

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

missing_packages() {
    local package
    for package; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            printf '%s\n' "$package"
    done
}

enabled_modules() {
    [ -d /etc/apache2/mods-enabled ] || return 0
    find /etc/apache2/mods-enabled -name '*.load' -exec basename {} .load \; 2>/dev/null | sort
}

# Installs missing packages; uses neither network nor sudo if no package is missing. Debian's packages of modules enable
# them: an httpd that the machine has already keeps those that it had.
install_packages() {
    local missing before added service as_root=()
    command -v apt-get >/dev/null ||
        die "this script installs packages with apt, on Debian 12 or newer. On other systems, install what corresponds to: $*, and build as README.md says."
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these packages are missing, and there is no sudo to install them: ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing ${missing[*]}"
    before=$(enabled_modules)
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
    mapfile -t added < <(comm -13 <(printf '%s\n' "$before") <(enabled_modules))
    [ -z "$before" ] || [ "${#added[@]}" -eq 0 ] || "${as_root[@]}" a2dismod -f -q "${added[@]}"
    # Debian starts these as services that listen on all addresses.
    for service in docker-registry prometheus; do
        if [[ " ${missing[*]} " == *" $service "* && -d /run/systemd/system ]]; then
            "${as_root[@]}" systemctl --quiet disable --now "$service"
        fi
    done
}

# build_module FOLDER: an out-of-tree build in this folder; make builds only what has changed.
build_module() {
    local folder=$1
    if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
        say "Generating configure"
        (cd "$top" && autoreconf -fi)
    fi
    mkdir -p "$folder"
    if [ ! -f "$folder/Makefile" ]; then
        say "Configuring in $folder"
        (cd "$folder" && "$top/configure")
    fi
    say "Building in $folder"
    make -C "$folder" -j"$(nproc)"
    [ -f "$folder/.libs/mod_accesstoken.so" ] ||
        die "the build made no $folder/.libs/mod_accesstoken.so"
}
