// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the gateway, with its unit and its reason. Those in `limits` can be configured; the others are part of
// what the gateway promises.
#pragma once

#include <chrono>
#include <cstddef>

namespace valhalla::http {

/// Parameters in one query string. No route takes as many.
inline constexpr std::size_t max_query_parameters = 64;
/// What is read at once. One buffer for all connections: what a request leaves in it is copied out.
inline constexpr std::size_t read_bytes = std::size_t{64} << 10U;
/// Pipelined requests that are answered without asking the daemon before other connections have their turn.
inline constexpr std::size_t max_turn_requests = 32;
/// Bytes of a chunk's header and of a trailer: nobody needs extensions.
inline constexpr std::size_t max_chunk_header_bytes = 4'096;
/// What a connection keeps of its buffers between two requests.
inline constexpr std::size_t kept_bytes = 1'024;
/// Requests whose memory is kept for the next ones.
inline constexpr std::size_t max_spare_requests = 16;
/// A body that a route does not look at: clients send `{}`.
inline constexpr std::size_t max_ignored_body_bytes = 1'024;
/// An `Idempotency-Key`, as the daemon bounds its `request_key`.
inline constexpr std::size_t max_idempotency_key_bytes = 128;

/// Answers that are awaited from the daemon on one of its connections. More are refused with 503.
inline constexpr std::size_t max_awaited_answers = 8'192;
/// Requests to the daemon that its connection has not taken yet.
inline constexpr std::size_t max_unsent_bytes = std::size_t{8} << 20U;
/// Beside the body of a request, in the line to the daemon.
inline constexpr std::size_t max_envelope_bytes = std::size_t{4} << 10U;
/// A line of the daemon. Its own bound for one connection's answers is 4 MiB.
inline constexpr std::size_t max_answer_bytes = std::size_t{8} << 20U;
/// What is kept of a request until it is answered, beside its bytes, and what a connection to the daemon reads into.
inline constexpr std::size_t awaited_entry_bytes = 1'024;
inline constexpr std::size_t first_read_bytes = std::size_t{16} << 10U;
inline constexpr std::size_t own_answer_bytes = 4 * first_read_bytes;
/// Pause before the daemon is looked for again. A request in between is answered with 503 at once.
inline constexpr std::chrono::milliseconds reconnect_pause{100};
/// … while nobody listens: a look costs one system call, and a request right behind the daemon's start is to be served.
inline constexpr std::chrono::milliseconds absent_pause{5};
/// … and after it turned a connection away, where it does not say itself how long.
inline constexpr std::chrono::milliseconds turned_away_pause{1'000};
/// `Retry-After` of a 503.
inline constexpr std::chrono::seconds retry_after{1};

struct limits {
    /// All connections. The process raises its limit of open files to it, or lowers this to what it may have.
    std::size_t connections = 4'096;
    /// Of one address, or one /64 network of IPv6. At either limit the connection that has been idle longest gives way
    /// to a new one, and without an idle one the new one is closed.
    std::size_t connections_per_peer = 3'072;
    /// Request line and fields. Cookies of other programs on the same host can be long.
    std::size_t head_bytes = std::size_t{16} << 10U;
    std::size_t target_bytes = std::size_t{8} << 10U;
    std::size_t fields = 64;
    /// The daemon takes lines of 1 MiB; the envelope needs some of it.
    std::size_t body_bytes = (std::size_t{1} << 20U) - max_envelope_bytes;
    /// Requests on a connection; then it is closed, so that no client stays on one gateway for ever.
    std::size_t requests = 1'000'000;
    /// Memory that all connections share for incomplete requests and for answers that are not taken.
    std::size_t buffer_bytes = std::size_t{24} << 20U;
    /// Memory that all connections to the daemon share for what was asked and is not answered, for long answers, and
    /// for entries of the trail that are gathered. What has no room is refused with 503. The largest bundle of entries
    /// has 16 MiB.
    std::size_t daemon_bytes = std::size_t{64} << 20U;
    /// From the first byte of a request to the end of its fields …
    std::chrono::milliseconds head_time = std::chrono::seconds{10};
    /// … and from there to the end of its body.
    std::chrono::milliseconds body_time = std::chrono::seconds{20};
    /// Between two requests, and before the first.
    std::chrono::milliseconds idle_time = std::chrono::seconds{75};
    /// Without a byte of the answer being taken.
    std::chrono::milliseconds write_time = std::chrono::seconds{20};
    /// For the daemon's answer. It bounds its own work far below.
    std::chrono::milliseconds answer_time = std::chrono::seconds{60};
    /// Of a browser that logged in, from then on: a working day.
    std::chrono::milliseconds login_time = std::chrono::hours{12};
    /// After an error: what a peer still sends is thrown away this long, so that it gets to read the error.
    std::chrono::milliseconds linger_time = std::chrono::seconds{2};
    /// How often the times above are looked at: they are kept to within one tick.
    std::chrono::milliseconds tick = std::chrono::milliseconds{250};
    /// Connections that the kernel queues for us.
    int backlog = 1'024;
};

}  // namespace valhalla::http
