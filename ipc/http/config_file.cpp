// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/config_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/un.h>
#include <type_traits>
#include <utility>

#include "ipc/http/allowed.hpp"
#include "ipc/service/bounded_numbers.hpp"
#include "ipc/service/byte_units.hpp"
#include "ipc/service/settings_file.hpp"

namespace valhalla::http {

namespace {

constexpr std::int64_t longest_limit_s = 3'600;
constexpr std::int64_t longest_login_s = 43'200;

using gateway_number = service::bounded_number<program_options>;

template <auto Member>
constexpr gateway_number count(std::string_view name, std::int64_t least, std::int64_t most) {
    return {name, least, most, [](const program_options& o) { return static_cast<std::int64_t>(o.bounds.*Member); },
            [](program_options& o, std::int64_t v) {
                using value = std::remove_reference_t<decltype(o.bounds.*Member)>;
                o.bounds.*Member = static_cast<value>(v);
            }};
}
template <auto Member>
constexpr gateway_number wait(std::string_view name, std::int64_t longest_s = longest_limit_s) {
    return {name, 1, longest_s,
            [](const program_options& o) {
                return std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(o.bounds.*Member).count()};
            },
            [](program_options& o, std::int64_t v) { o.bounds.*Member = std::chrono::seconds{v}; }};
}

constexpr std::array gateway_numbers{
    count<&limits::connections>("connections", 4, 50'000),
    count<&limits::connections_per_peer>("connections_per_peer", 1, 37'500),
    count<&limits::backlog>("backlog", 1, 65'535),
    count<&limits::head_bytes>("head_bytes", 1 * kib, 64 * kib),
    count<&limits::target_bytes>("target_bytes", 256, 32 * kib),
    count<&limits::fields>("fields", 8, 1'000),
    count<&limits::body_bytes>("body_bytes", 1 * kib, 4 * mib),
    count<&limits::requests>("requests", 1, 1'000'000'000),
    count<&limits::buffer_bytes>("buffer_bytes", 1 * mib, 16 * kib * mib),
    count<&limits::daemon_bytes>("daemon_bytes", 32 * mib, 16 * kib * mib),
    wait<&limits::head_time>("head_time_s"),
    wait<&limits::body_time>("body_time_s"),
    wait<&limits::idle_time>("idle_time_s"),
    wait<&limits::write_time>("write_time_s"),
    wait<&limits::answer_time>("answer_time_s"),
    wait<&limits::login_time>("login_time_s", longest_login_s),
};

std::optional<service::number_conflict> fit_limits(const toml::table& given, program_options& into) {
    auto& bounds = into.bounds;
    const std::size_t share = std::max<std::size_t>(bounds.connections * 3 / 4, 1);
    if (!given.contains("connections_per_peer")) {
        bounds.connections_per_peer = std::min(bounds.connections_per_peer, share);
    }
    if (bounds.connections_per_peer > share) {
        return service::number_conflict{"connections_per_peer", "connections",
                                        "connections_per_peer must be at most " + std::to_string(share) +
                                            ", three quarters of connections, so that one address cannot lock the "
                                            "others out"};
    }
    if (bounds.target_bytes > bounds.head_bytes / 2) {
        return service::number_conflict{"target_bytes", "head_bytes",
                                        "target_bytes must be at most " + std::to_string(bounds.head_bytes / 2) +
                                            ", half of head_bytes, so that the fields have room beside it"};
    }
    const std::size_t largest = bounds.head_bytes + 2 * bounds.body_bytes;
    if (largest > bounds.buffer_bytes / 2) {
        return service::number_conflict{"buffer_bytes", "body_bytes",
                                        "buffer_bytes must be at least " + std::to_string(2 * largest) +
                                            ", so that half of it holds the largest request while its buffer grows"};
    }
    return std::nullopt;
}

using gateway_setter = service::setter<program_options>;

gateway_setter list(std::vector<std::string> program_options::* where, std::string_view of,
                    std::string (*objection)(std::string_view)) {
    return [=](const toml::node& node, program_options& into) -> std::optional<std::string> {
        auto texts = service::list_of_texts(node);
        if (!texts) {
            return "must be a list of " + std::string{of};
        }
        for (const auto& text : *texts) {
            if (auto wrong = objection(text); !wrong.empty()) {
                return wrong;
            }
        }
        into.*where = *std::move(texts);
        return std::nullopt;
    };
}

std::optional<std::string> set_listen(const toml::node& node, program_options& into) {
    const auto texts = service::list_of_texts(node);
    if (!texts || texts->empty()) {
        return R"(must be a list of addresses with ports, like ["127.0.0.1:5000"])";
    }
    std::vector<boost::asio::ip::tcp::endpoint> addresses;
    try {
        std::transform(texts->begin(), texts->end(), std::back_inserter(addresses), parse_address);
    } catch (const usage_error& wrong) {
        return wrong.what();
    }
    if (const auto twice = listened_on_twice(addresses)) {
        return "names " + *twice + " twice";
    }
    into.listen = std::move(addresses);
    return std::nullopt;
}

std::optional<std::string> set_socket(const toml::node& node, program_options& into) {
    const auto path = node.value_exact<std::string>();
    if (!path || !path->starts_with('/')) {
        return "must be an absolute path";
    }
    if (path->size() >= sizeof sockaddr_un{}.sun_path) {
        return "must have at most " + std::to_string(sizeof sockaddr_un{}.sun_path - 1) +
               " bytes, as the paths of sockets do";
    }
    into.socket = *path;
    return std::nullopt;
}

gateway_setter pem_file(std::string tls_files::* where) {
    return [where](const toml::node& node, program_options& into) -> std::optional<std::string> {
        const auto path = node.value_exact<std::string>();
        if (!path || !path->starts_with('/')) {
            return "must be the absolute path of a PEM file";
        }
        into.tls.*where = *path;
        return std::nullopt;
    };
}

std::optional<std::string> complete_tls(const std::string& file, const toml::table& table, program_options& into) {
    if (into.tls.certificate.empty() == into.tls.key.empty()) {
        return std::nullopt;
    }
    const auto& given = table.begin()->first;
    return service::problem_at(file, given, "tls." + std::string{given.str()},
                               "certificate and key belong together; name both, or neither");
}

const service::settings_format<program_options>& gateway_format() {
    static const service::settings_format<program_options> known{
        .top =
            {
                {"listen", set_listen},
                {"socket", set_socket},
                {"hosts", list(&program_options::hosts, "hosts", objection_to_host)},
                {"origins", list(&program_options::origins, "origins", objection_to_origin)},
                {"trusted_proxies", list(&program_options::trusted_proxies, "addresses", objection_to_proxy)},
            },
        .sections = {
            {"tls", service::settings_section<program_options>{{{"certificate", pem_file(&tls_files::certificate)},
                                                                {"key", pem_file(&tls_files::key)}},
                                                               complete_tls}},
            {"limits", service::section_of<program_options>("limits", gateway_numbers, fit_limits)},
        }};
    return known;
}

}  // namespace

std::optional<std::string> apply_config_file(const std::filesystem::path& file, program_options& into) {
    return service::apply_settings(file, gateway_format(), into);
}

std::vector<std::string> config_keys() {
    return service::names_of(gateway_format());
}

std::string describe_limits(const program_options& options) {
    return service::describe<program_options>("limits", gateway_numbers, options);
}

}  // namespace valhalla::http
