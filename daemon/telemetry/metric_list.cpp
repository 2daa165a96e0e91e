// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/metric_list.hpp"

#include <iterator>

#include <fmt/format.h>

namespace valhalla {

namespace {

constexpr std::string_view introduction =
    R"(# What valhallad counts and measures

`valhallactl metrics` and the method `daemon.metrics` give it as Prometheus's text format; with `metrics.textfile` in the
configuration it also goes to a file for the node exporter's textfile collector. Counters begin at 0 with each start,
except for the length of the trail. No label's value is a name that somebody chose.

A request is counted when it is answered, also when the peer has hung up by then. Requests refused as `forbidden`,
`rate_limited`, `overloaded` or `storage_full` are those of `valhalla_requests_total` with this `code`. What the ledger
counts is as of its last commit, or at most 5 seconds old.

Written from the code: do not edit.

| metric | kind | unit | labels | what it says |
|---|---|---|---|---|
)";

std::string_view to_text(metric_kind kind) {
    switch (kind) {
        case metric_kind::counter: return "counter";
        case metric_kind::gauge: return "gauge";
        case metric_kind::histogram: return "histogram";
    }
    return {};
}

}  // namespace

std::string metric_reference() {
    std::string out{introduction};
    for (const auto* each : metrics::all) {
        fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} | {} |\n", each->name, to_text(each->kind),
                       each->unit, each->labels, each->help);
    }
    return out;
}

}  // namespace valhalla
