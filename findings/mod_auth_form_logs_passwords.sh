#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# At LogLevel trace1, mod_auth_form writes passwords to the error log in clear: when a user signs in, and again with
# each later request of the session.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_httpd
start_httpd 'auth_form request session session_cookie' 'LogLevel trace1' '<Location /page>' \
    'AuthType form' 'AuthName Example' 'AuthFormProvider file' 'AuthUserFile users' \
    'AuthFormLoginSuccessLocation /page' 'Session On' 'SessionCookieName session path=/' 'Require valid-user' '</Location>'
http /page -c "$work/cookies" -d httpd_username=alice -d httpd_password=secret >/dev/null
http /page -b "$work/cookies" >/dev/null
http /page -b "$work/cookies" >/dev/null
verdict 'no line with the password' 'from form: user: alice, pw: secret
from session: user: alice, pw: secret
from session: user: alice, pw: secret' "$(grep -o 'from .*: user: alice, pw: secret' "$work/httpd/log")"
