#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The HTTP client of HAProxy's Lua waits for ever for a server that is silent. The `timeout server` of `defaults` does not
# apply to it, nor does tune.lua.session-timeout (4 s), so a request that a script holds up ends only when its client
# leaves. With the parameter `timeout` the wait ends, after four times that time, because the client tries four times.

# shellcheck source=findings/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need curl python3
take haproxy=2.6.12-1+deb12u4 libopentracing1=1.6.0-4 libopentracing-c-wrapper0=1.1.3-3+b1 liblua5.3-0=5.3.6-2

# A server that accepts connections and says nothing.
python3 - >"$work/silent" <<'PYTHON' &
import socket
import time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(300)
PYTHON
servers+=($!)
wait_for test -s "$work/silent"
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

cat >"$work/ask.lua" <<'LUA'
core.register_action("ask", {"http-req"}, function(txn, address, timeout)
    local answer = core.httpclient():get{url = address, timeout = tonumber(timeout)}
    txn:set_var("txn.status", answer.status)
end, 2)
LUA
cat >"$work/conf" <<CONF
global
    lua-load $work/ask.lua
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend http
    bind 127.0.0.1:$port
    http-request lua.ask http://127.0.0.1:$(cat "$work/silent")/ none if { path /none }
    http-request lua.ask http://127.0.0.1:$(cat "$work/silent")/ 500 if { path /500 }
    http-request return status 200 hdr Answer %[var(txn.status)]
CONF
LD_LIBRARY_PATH=$lib "$root/usr/sbin/haproxy" -db -f "$work/conf" >"$work/haproxy.log" 2>&1 &
servers+=($!)
wait_for curl -s "http://127.0.0.1:$port/"

# asked PATH: what a client gets that waits for eight seconds.
asked() {
    curl -s --max-time 8 -o "$work/body" -D - -w 'after %{time_total} s\n' "http://127.0.0.1:$port$1" |
        tr -d '\r' | sed -n 's/^answer: /answer: /p; s/^after \([0-9]*\)\..*/after \1 s/p' | paste -sd' '
}

verdict 'without timeout: answer: 504 after 1 s
timeout = 500: answer: 504 after 0 s' 'without timeout: after 8 s
timeout = 500: answer: 504 after 2 s' "$(printf 'without timeout: %s\ntimeout = 500: %s' "$(asked /none)" "$(asked /500)")"
