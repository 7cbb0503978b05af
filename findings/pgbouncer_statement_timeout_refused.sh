#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PgBouncer 1.24 reads the startup parameter `options`, as all versions since 1.20, but refuses a connection with
# `-c statement_timeout=…` in it. With ignore_startup_parameters or track_extra_parameters it accepts the connection,
# and drops the limit without a message.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
start_postgresql
take_pgbouncer

ask() {
    start_pgbouncer 'pool_mode = transaction' "$@"
    psql -At "host=$work/pgb port=6432 dbname=postgres user=postgres options='-c statement_timeout=5s'" \
        -c 'SHOW statement_timeout' 2>&1 | sed 's/.*FATAL: */refused: /' || true
    kill -QUIT "$pgbouncer"
    wait "$pgbouncer" || true
}

{
    ask
    ask 'ignore_startup_parameters = statement_timeout'
    ask 'track_extra_parameters = IntervalStyle, statement_timeout'
} >"$work/seen"
verdict '5s, three times' 'refused: unsupported startup parameter in options: statement_timeout
0
0' "$(cat "$work/seen")"
