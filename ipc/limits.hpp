// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the wire, with its unit and its reason. Those in `limits` can be configured; the others are part of
// the protocol.
#pragma once

#include <chrono>
#include <cstddef>

namespace valhalla::ipc {

/// Brackets open at the same time in one line, the request's own included. Bounds the reader's stack.
inline constexpr std::size_t max_json_depth = 16;
/// Keys in one line, over all its objects. Bounds the search for duplicates to a few milliseconds.
inline constexpr std::size_t max_json_keys = 16'384;
/// An id is echoed, perhaps long after the request, so it is kept: bytes as they stand, quotes included.
inline constexpr std::size_t max_id_bytes = 1'024;
/// Bytes of a client's own text that an error message repeats.
inline constexpr std::size_t max_excerpt_bytes = 64;

inline constexpr std::size_t max_notes_bytes = 16'384;
inline constexpr std::size_t max_reason_bytes = 4'096;
inline constexpr std::size_t max_metrics_bytes = 8'192;
inline constexpr std::size_t max_source_bytes = 128;
inline constexpr std::size_t max_message_bytes = 1'024;
/// User names, key names, engines, actions, steps, documents.
inline constexpr std::size_t max_name_bytes = 256;
inline constexpr std::size_t max_event_name_bytes = 64;
/// With its envelope it must fit into an audit record of 65,535 bytes.
inline constexpr std::size_t max_payload_bytes = 32'768;
/// 63 hashes and a checkpoint with a page of signatures.
inline constexpr std::size_t max_witness_request_bytes = 16'384;
/// Room for a UUID, a digest or a name of the client's own.
inline constexpr std::size_t max_request_key_bytes = 128;
inline constexpr std::size_t max_cursor_bytes = 64;
inline constexpr std::size_t max_page_items = 1'000;
inline constexpr std::size_t default_page_items = 100;
/// One piece of an upload: its line must stay below the line limit when every byte needs an escape of two.
inline constexpr std::size_t max_upload_piece_bytes = 393'216;

/// The largest value that `limits::batch` can have.
inline constexpr std::size_t max_batch_elements = 1'000;

/// Connections that are kept for owners, of so many: when all others are taken, one can still come and do something
/// about it.
[[nodiscard]] constexpr std::size_t connections_for_owners(std::size_t of_all) noexcept {
    constexpr std::size_t one_in = 32;
    constexpr std::size_t least_with_any = 4;
    return of_all / one_in > 0 ? of_all / one_in : of_all / least_with_any > 0 ? 1 : 0;
}

/// First values of what can be configured.
struct limits {
    /// All connections. Must stay below the process's limit of open files; the server lowers it to that.
    std::size_t connections = 512;
    /// Of one uid; never more than three quarters of all, so that one user cannot lock the others out.
    std::size_t connections_per_uid = 64;
    /// Bytes of a line without its newline. An upload's piece is the largest honest line.
    std::size_t line_bytes = std::size_t{1} << 20U;
    /// From the first byte of a line to its newline.
    std::chrono::milliseconds line_time = std::chrono::seconds{10};
    /// Elements of a batch.
    std::size_t batch = 100;
    /// Requests of one connection that are not answered yet; then its next line waits.
    std::size_t in_flight = 128;
    /// Read at once, and kept per connection while it is open.
    std::size_t read_bytes = std::size_t{64} << 10U;
    /// Work of one connection before the next one has its turn.
    std::size_t turn_requests = 64;
    std::size_t turn_bytes = std::size_t{64} << 10U;
    /// Replies that the peer has not taken: from here on we read no more from it …
    std::size_t output_pause_bytes = std::size_t{1} << 20U;
    /// … and from here on, or after this long without taking a byte, it is disconnected.
    std::size_t output_close_bytes = std::size_t{4} << 20U;
    std::chrono::milliseconds output_stall_time = std::chrono::seconds{30};
    /// Memory that all connections share for lines and answers beyond what each has for itself; three quarters of it go
    /// to one uid at most (ipc/buffer_budget.hpp).
    std::size_t buffer_bytes = std::size_t{64} << 20U;
    /// Notifications that the peer does not take: after this long they end, and it is told where to go on.
    std::chrono::milliseconds push_stall_time = std::chrono::seconds{10};
    /// A peer without a role is let in to come with a key, and one whose key was revoked to come with another: after
    /// this long it is disconnected.
    std::chrono::milliseconds no_role_time = std::chrono::seconds{10};
    /// After a fatal error: what a peer still sends is thrown away this long, so that it gets to read the error.
    std::chrono::milliseconds linger_time = std::chrono::seconds{2};
    /// How often the times above are looked at: they are kept to within one tick.
    std::chrono::milliseconds tick = std::chrono::seconds{1};
    /// Pause of accepting after the process ran out of files or memory.
    std::chrono::milliseconds accept_pause = std::chrono::milliseconds{100};
    /// Connections that the kernel queues for us.
    int backlog = 512;
};

}  // namespace valhalla::ipc
