#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bundler hides the password of a source in its messages, but not the user name. Where the user name is a token, as many
# registries of gems want it, the message about a 401 prints the token into the log of the build.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need ruby-bundler
start_http <<'PYTHON'
def answer(method, path, fields):
    return 401, [("WWW-Authenticate", 'Basic realm="gems"')], b""
PYTHON

# said CREDENTIALS: what bundler says about a source that refuses these credentials.
said() {
    printf 'source "http://127.0.0.1:%s/"\ngem "sample"\n' "$port" >"$work/Gemfile"
    (cd "$work" && HOME=$work BUNDLE_PATH=$work/gems BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_127__0__0__1=$1 \
        bundle install 2>&1 || true) | tr '\n' ' ' | grep -o 'Bad username or password for [^ ]*' |
        sed "s/:$port//"
}

{
    said name:password
    said token:
    said token
} >"$work/seen"
verdict 'Bad username or password for http://127.0.0.1/., three times' \
    'Bad username or password for http://name@127.0.0.1/.
Bad username or password for http://token@127.0.0.1/.
Bad username or password for http://token@127.0.0.1/.' "$(cat "$work/seen")"
