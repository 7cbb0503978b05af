#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A form-logout-handler without AuthName, as in the "Basic session expiry example" of httpd's manual, removes nothing:
# mod_auth_form keeps the name and the password in the session under AuthName. The answer to the request for the end of
# the session has a cookie with both, which is accepted until SessionMaxAge has passed, and for ever without that.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take_httpd
session='Session On
SessionCookieName session path=/'
start_httpd 'auth_form request session session_cookie' '<Location /page>' 'AuthType form' 'AuthName Example' \
    'AuthFormProvider file' 'AuthUserFile users' 'AuthFormLoginSuccessLocation /page' "$session" 'Require valid-user' \
    '</Location>' '<Location /sign-out>' 'SetHandler form-logout-handler' "$session" '</Location>' \
    '<Location /sign-out/as-in-the-manual>' 'SessionMaxAge 1' '</Location>' \
    '<Location /sign-out/named>' 'AuthName Example' '</Location>'
for path in /sign-out/named /sign-out/as-in-the-manual /sign-out; do
    rm -f "$work/cookies"
    http /page -c "$work/cookies" -d httpd_username=alice -d httpd_password=secret >/dev/null
    http "$path" -b "$work/cookies" -c "$work/cookies" >/dev/null
    cookie=$(awk '$6 == "session" { print $7 }' "$work/cookies")
    printf '%s: cookie "%s", then /page %s\n' "$path" "${cookie/expiry=[0-9]*/expiry=…}" "$(http /page -b "session=$cookie")"
done >"$work/seen"
verdict 'three times no cookie, and 401' '/sign-out/named: cookie "", then /page 401
/sign-out/as-in-the-manual: cookie "Example-user=alice&Example-pw=secret&expiry=…", then /page 200
/sign-out: cookie "Example-user=alice&Example-pw=secret", then /page 200' "$(cat "$work/seen")"
