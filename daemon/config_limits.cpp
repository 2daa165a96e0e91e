// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_limits.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "ipc/service/bounded_numbers.hpp"
#include "ipc/service/byte_units.hpp"

namespace valhalla {

namespace {

constexpr std::int64_t longest_wait_s = 3'600;
/// A buffer that grows takes up to twice what it holds.
constexpr std::size_t output_growth = 2;
/// Of a change that is waiting, beside its line.
constexpr std::size_t change_bytes = 4'096;

using limit_number = service::bounded_number<config>;

template <auto Part, auto Member>
constexpr limit_number count(std::string_view name, std::int64_t minimum, std::int64_t maximum) {
    return {name, minimum, maximum, [](const config& c) { return static_cast<std::int64_t>(c.*Part.*Member); },
            [](config& c, std::int64_t v) {
                using value = std::remove_reference_t<decltype(c.*Part.*Member)>;
                c.*Part.*Member = static_cast<value>(v);
            }};
}
template <auto Member>
constexpr limit_number wait(std::string_view name) {
    return {name, 1, longest_wait_s,
            [](const config& c) {
                return std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(c.limits.*Member).count()};
            },
            [](config& c, std::int64_t v) { c.limits.*Member = std::chrono::seconds{v}; }};
}

using ipc::limits;
constexpr std::array keys{
    count<&config::limits, &limits::connections>("connections", 4, 10'000),
    count<&config::limits, &limits::connections_per_uid>("connections_per_uid", 1, 7'500),
    count<&config::limits, &limits::backlog>("backlog", 1, 65'535),
    count<&config::limits, &limits::line_bytes>("line_bytes", 64 * kib, 16 * mib),
    wait<&limits::line_time>("line_time_s"),
    count<&config::limits, &limits::batch>("batch", 1, ipc::max_batch_elements),
    count<&config::limits, &limits::in_flight>("in_flight", 1, 4'096),
    count<&config::limits, &limits::output_pause_bytes>("output_pause_bytes", 4 * kib, 64 * mib),
    count<&config::limits, &limits::output_close_bytes>("output_close_bytes", mib, 256 * mib),
    count<&config::limits, &limits::buffer_bytes>("buffer_bytes", mib, 64 * kib * mib),
    wait<&limits::output_stall_time>("output_stall_s"),
    wait<&limits::push_stall_time>("push_stall_s"),
    wait<&limits::no_role_time>("no_role_s"),
    count<&config::queue, &queue_bounds::changes>("queued_changes", 16, 1'000'000),
    count<&config::queue, &queue_bounds::bytes>("queued_bytes", mib, 1'024 * mib),
    limit_number{"import_documents_bytes", static_cast<std::int64_t>(mib), static_cast<std::int64_t>(256 * mib),
                 [](const config& c) { return static_cast<std::int64_t>(c.import_documents_bytes); },
                 [](config& c, std::int64_t v) { c.import_documents_bytes = static_cast<std::size_t>(v); }},
};

using conflict = service::number_conflict;

std::optional<conflict> find_conflict(const config& c) {
    const auto& wire = c.limits;
    if (wire.connections_per_uid > share_of(wire.connections)) {
        return conflict{
            "connections_per_uid", "connections",
            fmt::format("connections_per_uid must be at most {}, three quarters of connections, so that one "
                        "user cannot lock the others out",
                        share_of(wire.connections))};
    }
    if (wire.output_close_bytes < wire.output_pause_bytes + largest_answer_bytes) {
        return conflict{"output_close_bytes", "output_pause_bytes",
                        fmt::format("output_close_bytes must be at least {}, {} more than output_pause_bytes, for an "
                                    "answer has to fit between them",
                                    wire.output_pause_bytes + largest_answer_bytes, largest_answer_bytes)};
    }
    if (wire.line_bytes + output_growth * wire.output_close_bytes > share_of(wire.buffer_bytes)) {
        return conflict{"buffer_bytes", "output_close_bytes",
                        fmt::format("buffer_bytes must be at least {}, so that three quarters of it hold the longest "
                                    "line and the unread answers of one connection",
                                    (wire.line_bytes + output_growth * wire.output_close_bytes + 2) / 3 * 4)};
    }
    if (wire.in_flight > share_of(c.queue.changes)) {
        return conflict{"queued_changes", "in_flight",
                        fmt::format("queued_changes must be at least {}, so that three quarters of it hold what one "
                                    "connection may have in flight",
                                    (wire.in_flight + 2) / 3 * 4)};
    }
    if (wire.line_bytes + change_bytes > share_of(c.queue.bytes)) {
        return conflict{
            "queued_bytes", "line_bytes",
            fmt::format("queued_bytes must be at least {}, so that three quarters of it hold the longest line",
                        (wire.line_bytes + change_bytes + 2) / 3 * 4)};
    }
    return std::nullopt;
}

std::optional<conflict> complete(const toml::table& given, config& into) {
    if (!given.contains("connections_per_uid")) {
        into.limits.connections_per_uid = std::min(into.limits.connections_per_uid, share_of(into.limits.connections));
    }
    return find_conflict(into);
}

}  // namespace

service::settings_section<config> limits_section() {
    return service::section_of<config>("limits", keys, complete);
}

std::vector<std::string_view> limits_that_differ(const config& a, const config& b) {
    std::vector<std::string_view> names;
    for (const auto& key : keys) {
        if (key.get(a) != key.get(b)) {
            names.push_back(key.name);
        }
    }
    return names;
}

std::string describe_limits(const config& c) {
    return service::describe<config>("limits", keys, c);
}

}  // namespace valhalla
