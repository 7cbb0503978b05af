#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# An address with an empty user name and a password, https://:TOKEN@host/, is how some hosts have their tokens written.
# git 2.47 sends an empty password for it; git 2.39 sent the one of the address.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_git
start_login_server
for userinfo in :SECRET x:SECRET; do
    "$work/bin/git" ls-remote "http://$userinfo@127.0.0.1:$port/" >>"$work/git.log" 2>&1 || true
done
verdict ':SECRET, then x:SECRET' ':
x:SECRET' "$(cat "$work/web/logins")"
