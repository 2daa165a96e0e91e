-- SPDX-License-Identifier: Apache-2.0
--
-- What wrk sends, and what it says at the end: one line of JSON. Arguments: nothing for a GET, else the body of a POST.
-- The request is the same each time, so no Lua runs while it measures.
function init(args)
  if args[1] then
    wrk.method = "POST"
    wrk.body = args[1]
    wrk.headers["Content-Type"] = "application/json"
  end
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"per_second":%.0f,"p50_us":%.0f,"p99_us":%.0f,"p999_us":%.0f,"errors":%d,"all_replies":%d}',
    summary.requests * 1e6 / summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect + e.read + e.write + e.status + e.timeout, summary.requests))
end
