#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# wget --content-on-error --retry-on-http-error=503 takes the page of the 503 for the beginning of the file: it asks for
# the rest only (Range), puts that behind the page, and succeeds. The file has the right length and a wrong beginning.
# Where the page is longer than the file, the page is all that there is.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
take wget=1.21.3-1+deb12u1

# 503, then the file of 20 bytes, or the part of it that is asked for, and so on.
start_http <<'PYTHON'
FILE = b"0123456789abcdefghij"
count = 0


def answer(method, path, fields):
    global count
    count += 1
    if count % 2:
        return 503, [], b"later!" if path == "/short" else b"later, please: " * 2
    start = int(fields.get("Range", "bytes=0-")[6:-1])
    if start >= len(FILE):
        return 416, [("Content-Range", f"bytes */{len(FILE)}")], b""
    part = [("Content-Range", f"bytes {start}-{len(FILE) - 1}/{len(FILE)}")]
    return (206, part, FILE[start:]) if start else (200, [], FILE)


PYTHON

fetched() {
    local status=0
    "$root/usr/bin/wget" --no-config --no-proxy -q --tries=2 --waitretry=0 --content-on-error \
        --retry-on-http-error=503 -O "$work/file" "http://127.0.0.1:$port/$1" || status=$?
    printf '%s: exit status %s, file "%s"\n' "$1" "$status" "$(cat "$work/file")"
}
verdict 'the file "0123456789abcdefghij"' \
    $'short: exit status 0, file "later!6789abcdefghij"\nlong: exit status 0, file "later, please: later, please: "' \
    "$(fetched short && fetched long)"
