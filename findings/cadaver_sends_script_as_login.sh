#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# When the server refuses the login of ~/.netrc, cadaver asks for another one on standard input. In a script
# (cadaver https://host/ <commands) it takes the first two commands for user name and password, sends them to the
# server, drops the others, and ends with status 0.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
from_suite trixie
take_with_needs cadaver=0.26+dfsg-2
wrap cadaver usr/bin/cadaver
start_login_server
export HOME=$work
printf 'machine 127.0.0.1 login alice password EXPIRED\n' >"$work/.netrc"
status=0
printf 'put salaries.csv\ndelete old.csv\nls\nquit\n' |
    setsid -w "$work/bin/cadaver" "http://127.0.0.1:$port/" >"$work/cadaver.log" 2>&1 || status=$?
verdict 'alice:EXPIRED alone, and a status that is not 0' 'alice:EXPIRED
put salaries.csv:delete old.csv
status 0' "$(cat "$work/web/logins"; printf 'status %s' "$status")"
