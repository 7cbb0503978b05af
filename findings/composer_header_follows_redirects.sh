#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Composer sends a header field of a repository's options (`"options": {"http": {"header": ["X-Api-Key: …"]}}`) also to the
# host that a redirect names. What stands in auth.json (bearer, http-basic) it sends to its own host alone.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need composer php-curl
start_http <<'PYTHON'
def answer(method, path, fields):
    host, _, port = fields["Host"].partition(":")
    sent = [name for name in ("X-Api-Key", "Authorization") if name in fields]
    open("sent", "a").write(f"{host}: {' '.join(sent) or 'nothing'}\n")
    if host != "localhost":
        return 302, [("Location", f"http://localhost:{port}{path}")], b""
    return 200, [("Content-Type", "application/json")], b'{"packages": []}'
PYTHON

# sent OPTIONS AUTH: which fields the repository's host and the other one get.
sent() {
    mkdir -p "$work/home"
    printf '{"config": {"secure-http": false}, "repositories": [{"packagist.org": false},
        {"type": "composer", "url": "http://127.0.0.1:%s"%s}]}' "$port" "$1" >"$work/composer.json"
    printf '%s' "$2" >"$work/home/auth.json"
    rm -f "$work/sent" "$work/composer.lock"
    (cd "$work" && HOME=$work COMPOSER_HOME=$work/home COMPOSER_ALLOW_SUPERUSER=1 composer --no-cache -n show --all 'a/b') \
        >"$work/composer.log" 2>&1 || true
    [ -s "$work/sent" ] || cannot_run "$(cat "$work/composer.log")"
    sort -u "$work/sent"
}

{
    sent '' "{\"bearer\": {\"127.0.0.1:$port\": \"secret\"}}"
    sent ', "options": {"http": {"header": ["X-Api-Key: secret"]}}' '{}'
} >"$work/seen"
verdict 'localhost: nothing, twice' '127.0.0.1: Authorization
localhost: nothing
127.0.0.1: X-Api-Key
localhost: X-Api-Key' "$(cat "$work/seen")"
