// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_bound.hpp"

#include <algorithm>
#include <string_view>

#include "daemon/ledger.hpp"
#include "ipc/connection.hpp"
#include "ipc/limits.hpp"

namespace valhalla {

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;
/// The program and its libraries (30 MiB when idle), the caches of two SQLite connections (12 MiB), what is kept of the
/// state and rendered from it, the index of the write-ahead log.
constexpr std::size_t idle_bytes = 96 * mib;
/// A page of 1,000 sessions, as rows and as JSON: each has two notes and a snapshot, each of 16 KiB at most.
constexpr std::size_t query_page_bytes = 2 * 1'000 * 3 * std::size_t{16'384};
/// Of an error that waits for the answers before it: its sentence and its data repeat excerpts, never what was sent.
constexpr std::size_t error_bytes = 2'048;
/// Of the answer to a change: a health with every signal that is kept, each byte of their messages escaped.
constexpr std::size_t largest_answer_bytes = 4 * mib;
/// The connection itself, its socket, its entries in the server's tables.
constexpr std::size_t bare_connection_bytes = 4'096;
/// Buffers that grow take twice what they held.
constexpr std::size_t growth = 2;

std::size_t of_connection(const ipc::limits& wire) {
    // A line that does not fit is copied into a larger buffer: both are there for a moment.
    const std::size_t input = growth * std::max(wire.read_bytes, wire.line_bytes + 2);
    const std::size_t batch = growth * wire.batch * sizeof(std::string_view);
    const std::size_t in_flight = (wire.in_flight + 1) * (sizeof(ipc::pending_reply) + ipc::max_id_bytes + error_bytes);
    const std::size_t output = growth * wire.output_close_bytes;
    return bare_connection_bytes + input + batch + in_flight + output;
}

}  // namespace

memory_bound memory_bound_of(const config& c) {
    memory_bound bound;
    bound.base = idle_bytes + query_page_bytes;
    bound.connection = of_connection(c.limits);
    bound.connections = c.limits.connections * bound.connection;
    bound.queue = growth * c.queue.bytes;
    // One more than may be handed over: the one that the ledger works on. The last answer of a full commit comes on
    // top.
    bound.answers = (ledger::max_handed_over + 1) * growth * (ledger::full_commit_bytes + largest_answer_bytes);
    return bound;
}

}  // namespace valhalla
