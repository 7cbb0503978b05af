#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# skopeo follows the first challenge of a 401, whatever it was given to sign in with. If a registry offers Basic and
# Bearer in this order, or Basic alone, skopeo does not send the token of `--registry-token`: it sends an empty user name
# with an empty password, and says "authentication required".

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take skopeo=1.9.3+ds1-1+b10 libgpgme11 libassuan0 libdevmapper1.02.1
start_http <<'PYTHON'
def answer(method, path, fields):
    if path != "/v2/":
        open("sent", "a").write(fields.get("Authorization", "nothing") + "\n")
    return 401, [("WWW-Authenticate", line) for line in open("challenge").read().splitlines()], b"{}"
PYTHON

# sent CHALLENGE…: the first Authorization field of a request for a manifest, when the 401 has these challenges.
sent() {
    printf '%s\n' "$@" >"$work/challenge"
    rm -f "$work/sent"
    HOME=$work LD_LIBRARY_PATH=$lib "$root/usr/bin/skopeo" --insecure-policy inspect --tls-verify=false \
        --registry-token secret "docker://127.0.0.1:$port/team/sample:1" >"$work/skopeo.log" 2>&1 || true
    head -n 1 "$work/sent" || cannot_run "$(cat "$work/skopeo.log")"
}

{
    sent 'Bearer realm="images"'
    sent 'Basic realm="images"' 'Bearer realm="images"'
    sent 'Basic realm="images"'
} >"$work/seen"
verdict 'Bearer secret, three times' "Bearer secret
Basic $(printf : | base64)
Basic $(printf : | base64)" "$(cat "$work/seen")"
