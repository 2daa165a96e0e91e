// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/memory_bound.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "ipc/http/config_file.hpp"
#include "ipc/http/connection.hpp"
#include "ipc/http/event_hub.hpp"
#include "ipc/http/identity.hpp"
#include "ipc/http/key_ring.hpp"
#include "ipc/http/logins.hpp"
#include "ipc/service/byte_units.hpp"

namespace valhalla::http {

namespace {

/// The program and its libraries, 12 MiB when it has just begun.
constexpr std::size_t idle_gateway_bytes = 24 * mib;
/// Buffers that grow take twice what they held.
constexpr std::size_t buffer_growth = 2;
/// A long answer is there as it came, shaped, squeezed, and as it is sent.
constexpr std::size_t copies_of_an_answer = 4;
/// The connection itself, its socket, its entries in the server's tables, the waiting operation.
constexpr std::size_t bare_http_connection_bytes = 3 * kib;
/// OpenSSL's part of one while keys are agreed on: its records in and out, the certificates, the handshake's own state.
constexpr std::size_t tls_connection_bytes = 64 * kib;
/// A login: its key, its token, its entry in the table, the streams that end with it.
constexpr std::size_t login_bytes = 1 * kib;
/// An answer that is kept: the daemon's, the shaped one, the squeezed one.
constexpr std::size_t copies_of_a_kept_answer = 3;

[[nodiscard]] std::size_t rows_that_keep() {
    const auto rows = all_routes();
    return static_cast<std::size_t>(std::ranges::count_if(rows, [](const auto& row) {
        return row.shape != nullptr && row.via == lane::read && row.method == verb::get;
    }));
}

[[nodiscard]] std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) {
        all.append(all.empty() ? "" : ", ").append(text);
    }
    return all.empty() ? "none" : all;
}

}  // namespace

memory_bound memory_bound_of(const limits& bounds, bool tls) {
    memory_bound bound;
    // Requests that are read keep their memory for the next ones.
    const std::size_t request_bytes = bounds.head_bytes + buffer_growth * bounds.body_bytes;
    bound.base = idle_gateway_bytes + copies_of_an_answer * buffer_growth * max_answer_bytes +
                 (max_spare_requests + 1) * request_bytes + key_ring::most_peers * 256 +
                 login_book::most_logins * login_bytes;
    bound.connection = bare_http_connection_bytes + kept_bytes + (tls ? tls_connection_bytes : 0);
    bound.connections = bounds.connections * bound.connection;
    // What is beyond is refused when it is there: one request more.
    bound.buffers = bounds.buffer_bytes + request_bytes;
    const std::size_t identities = key_ring::most_identities + 1;
    // And the one of an archive.
    const std::size_t lines_to_daemon = identities * (lane_count + 1) + 1;
    bound.daemon = bounds.daemon_bytes + lines_to_daemon * own_answer_bytes;
    bound.kept = identities * (rows_that_keep() * copies_of_a_kept_answer * buffer_growth * max_kept_result_bytes +
                               buffer_growth * event_hub::most_newest_bytes);
    return bound;
}

std::string check_config(const program_options& options) {
    if (const auto objection = objection_to_listening(options, options.listen)) {
        throw usage_error{*objection};
    }
    std::string tls = "none: what is said can be read on its way";
    if (options.tls.used()) {
        const auto loaded = load_tls(options.tls);
        if (!loaded.objection.empty()) {
            throw tls_error{loaded.objection};
        }
        tls = options.tls.certificate + ", which expires at " + loaded.until;
    }
    std::vector<std::string> listen;
    std::ranges::transform(options.listen, std::back_inserter(listen), text_of);
    const auto line = [](std::string_view name, const std::string& value) {
        constexpr std::size_t width = 16;
        std::string text = "  " + std::string{name};
        return text.append(width + 2 - text.size(), ' ').append(value).append("\n");
    };
    const auto memory = memory_bound_of(options.bounds, options.tls.used());
    const auto count = [](std::size_t bytes) { return std::to_string(in_mib(bytes)); };
    return "configuration is good\n" + line("listen", joined(listen)) +
           line("socket", options.socket.empty() ? "where the daemon is when it starts" : options.socket) +
           line("hosts", joined(hosts_of(options, options.listen))) + line("origins", joined(options.origins)) +
           line("trusted_proxies", joined(options.trusted_proxies)) + line("tls", tls) + describe_limits(options) +
           line("memory", "at most " + count(memory.total()) + " MiB: " + count(memory.base) + " for itself, " +
                              count(memory.connections) + " for connections (" +
                              std::to_string(memory.connection / kib) + " KiB each) and " + count(memory.buffers) +
                              " that they share, " + count(memory.daemon) + " for what the daemon is asked, " +
                              count(memory.kept) + " for answers and events that are kept");
}

}  // namespace valhalla::http
