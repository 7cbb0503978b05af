#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PgBouncer 1.24 does not end on SIGTERM as long as a client is connected, even an idle one (since 1.23; earlier,
# SIGTERM ended it at once). A client with a connection pool never disconnects, so the stop of a container waits until
# PgBouncer is killed. SIGINT ends it at once if no statement is running.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
start_postgresql
take_pgbouncer

# idle_client: starts a client that is connected until its input is closed.
idle_client() {
    rm -f "$work/input"
    mkfifo "$work/input"
    psql -At -h "$work/pgb" -p 6432 -U postgres <"$work/input" >"$work/output" 2>&1 &
    client=$!
    exec 3>"$work/input"
    echo "SELECT 'connected';" >&3
    wait_for grep -q connected "$work/output"
}

# runs_after SECONDS: whether PgBouncer still runs.
runs_after() {
    sleep "$1"
    kill -0 "$pgbouncer" 2>/dev/null && echo runs || echo ended
}

{
    for signal in TERM INT; do
        start_pgbouncer 'pool_mode = transaction'
        idle_client
        kill "-$signal" "$pgbouncer"
        printf 'SIG%s: after 5 s %s' "$signal" "$(runs_after 5)"
        exec 3>&-
        wait "$client" || true
        printf ', after the client has left %s\n' "$(runs_after 2)"
    done
} >"$work/seen"
verdict 'ended after 5 s' 'SIGTERM: after 5 s runs, after the client has left ended
SIGINT: after 5 s ended, after the client has left ended' "$(cat "$work/seen")"
