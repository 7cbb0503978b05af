#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# git asks GIT_ASKPASS for a user name, then for a password, and puts the first answer into the second question, which
# is an argument of the program. If the program prints a token for any question, as many do in CI, every user of the
# machine can read the token in the list of processes. The same happens with the address https://TOKEN@host/.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_git
start_login_server
cat >"$work/askpass" <<'SH'
#!/bin/sh
tr '\0' '\n' <"/proc/$$/cmdline" | tail -n 1 >>"$HOME/command_lines"
echo SECRET
SH
chmod 755 "$work/askpass"
GIT_ASKPASS=$work/askpass "$work/bin/git" ls-remote "http://127.0.0.1:$port/" >"$work/git.log" 2>&1 || true
verdict 'SECRET in no command line' "Username for 'http://127.0.0.1:PORT':
Password for 'http://SECRET@127.0.0.1:PORT':" "$(sed "s/$port/PORT/; s/ $//" "$work/command_lines")"
