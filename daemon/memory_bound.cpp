// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_bound.hpp"

#include <algorithm>
#include <string_view>

#include "daemon/follow_hub.hpp"
#include "daemon/ledger.hpp"
#include "daemon/query_pool.hpp"
#include "ipc/buffer_budget.hpp"
#include "ipc/connection.hpp"
#include "ipc/limits.hpp"
#include "ipc/service/byte_units.hpp"

namespace valhalla {

namespace {

/// The program and its libraries (30 MiB when idle), the caches of two SQLite connections (12 MiB), what is kept of the
/// state and rendered from it, the index of the write-ahead log.
constexpr std::size_t idle_bytes = 96 * mib;
/// Of the thread that writes the frontend's files: the cache of its connection (4 MiB), the records and documents that
/// it keeps while the disk takes them (4 and 1 MiB, twice while they grow).
constexpr std::size_t frontend_bytes = 16 * mib;
/// Of one page of a query: its texts, each byte escaped, and its rows beside them.
constexpr std::size_t query_page_bytes = 2 * mib;
/// Of the answer to a change: a health with every signal that is kept, each byte of their messages escaped.
constexpr std::size_t largest_change_answer_bytes = 4 * mib;
/// The connection itself, its socket, its entries in the server's tables.
constexpr std::size_t bare_connection_bytes = 4'096;
/// Buffers that grow take twice what they held.
constexpr std::size_t growth = 2;
/// What one request more adds to ids and waiting answers that have reached their bound.
constexpr std::size_t last_request_bytes = growth * (ipc::max_id_bytes + std::size_t{4'096});
/// Lists of changes that keep room for the next ones: gathering, queued, under work.
constexpr std::size_t lists_of_changes = 3;
/// Of an import: its documents as text, as values of which each has texts of its own, and as the records that they are
/// cut into (measured: some 7 of each byte); its log a piece at a time.
constexpr std::size_t import_growth = 8;
constexpr std::size_t import_log_piece_bytes = 8 * mib;
/// A page for a follower, with the text around each record.
constexpr std::size_t follow_page_bytes = follow_hub::page_bytes + follow_hub::page_records * 128;

std::size_t of_connection(const ipc::limits& wire) {
    const std::size_t batch = growth * wire.batch * sizeof(std::string_view);
    const std::size_t slots = (wire.in_flight + 1) * (sizeof(ipc::pending_reply) + growth * ipc::short_id_bytes);
    return bare_connection_bytes + wire.read_bytes + batch + slots + growth * ipc::own_flight_bytes +
           last_request_bytes + ipc::own_output_bytes;
}

/// A buffer that grows is there twice for a moment, one at a time.
std::size_t while_one_grows(const ipc::limits& wire) {
    return std::max(wire.line_bytes, growth * wire.output_close_bytes);
}

}  // namespace

memory_bound memory_bound_of(const config& c) {
    memory_bound bound;
    bound.base = idle_bytes + while_one_grows(c.limits) +
                 growth * ((query_pool::max_handed_over + 1) * query_page_bytes + query_pool::max_queued_bytes);
    bound.base += c.frontend.on_change ? frontend_bytes : 0;
    bound.connection = of_connection(c.limits);
    bound.connections = c.limits.connections * bound.connection;
    bound.buffers = c.limits.buffer_bytes;
    // One that waits for its peer, and one that the peer does not read.
    bound.follows = std::min(c.limits.connections, follow_hub::max_follows) * 2 * follow_page_bytes;
    bound.queue = growth * c.queue.bytes + lists_of_changes * ledger::kept_changes * sizeof(change);
    bound.import = import_growth * c.import_documents_bytes + import_log_piece_bytes;
    // One more than may be handed over: the one that the ledger works on. The last answer of a full commit comes on
    // top.
    bound.answers = (ledger::max_handed_over + 1) * growth * (ledger::full_commit_bytes + largest_change_answer_bytes);
    return bound;
}

}  // namespace valhalla
