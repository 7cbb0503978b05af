-- SPDX-License-Identifier: Apache-2.0
-- What wrk sends: requests that use the credentials of a file in turn, several at once. Prints the result as one line.
--
-- Arguments: the file with a value of Authorization on each line (empty: none), the number of requests
-- that are sent at once (pipelining), and the number of the first line.

local batches = {}
local nth = 0

local function lines_of(name)
    local lines = {}
    for line in io.lines(name) do
        lines[#lines + 1] = line
    end
    return lines
end

-- If the file has several lines no two requests are equal, so that wrk's own work does not depend on the
-- number of different credentials.
local function compose(value, number, several)
    local headers = {}
    if value ~= "" then
        headers["Authorization"] = value
    end
    if several then
        headers["X-Line"] = string.format("%09d", number)
    end
    return wrk.format("GET", nil, headers)
end

function init(args)
    local lines, depth, first = lines_of(args[1]), tonumber(args[2]), tonumber(args[3])
    local count = math.max(1, math.floor(#lines / depth))
    for batch = 1, count do
        local parts = {}
        for i = 1, depth do
            local line = (first + (batch - 1) * depth + i - 1) % #lines
            parts[i] = compose(lines[line + 1], line, #lines > 1)
        end
        batches[batch] = table.concat(parts)
    end
end

function request()
    nth = nth % #batches + 1
    return batches[nth]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
