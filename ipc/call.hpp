// SPDX-License-Identifier: Apache-2.0
//
// One request on its way: who asks, with which parameters, and where the answer goes. Everything here happens on the
// I/O thread. A handler answers a `call` exactly once: at once by `reply` or `fail`, or later through the
// `reply_handle` that `defer` gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ipc/errors.hpp"
#include "ipc/push.hpp"
#include "ipc/role.hpp"
#include "ipc/user_id.hpp"

namespace valhalla::ipc {

/// Who is at the other end: what the kernel said when the connection was made, until a key says something else.
struct peer {
    std::uint32_t uid = 0;  ///< the kernel's word, whatever the key
    std::uint32_t gid = 0;
    std::string name;  ///< user name, or `uid:1234` where the system knows none; the key's name
    role granted = role::none;
    std::uint64_t connection = 0;  ///< number of the connection, never reused by this process
    std::string key{};             ///< id of the key whose name and role these are; empty: there is none
    user_id key_holder{};          ///< with a key: who holds it

    /// Whose shares and rates his requests count towards.
    [[nodiscard]] user_id user() const noexcept { return key.empty() ? user_id{uid} : key_holder; }
};

/// What a key makes of the peer that comes with it.
struct key_identity {
    std::string id;  ///< of the key
    std::string name;
    role granted = role::none;
    user_id holder;
};

/// What the request needs of the daemon; decides how it is ordered on its connection (ipc/connection.hpp).
enum class effect : std::uint8_t {
    hot_read = 0,  ///< answered at once from the published state
    query = 1,     ///< answered by the query thread from the database
    change = 2,    ///< goes through the ledger
    task = 3,      ///< does something outside of the ledger, or before it: on files, or to the process
};

/// Whether it does something: such a method takes a request key, all others only look.
[[nodiscard]] constexpr bool does_something(effect kind) noexcept {
    return kind == effect::change || kind == effect::task;
}

/// Where deferred answers arrive. Implemented by the connection; a connection that is gone swallows them, and a
/// second answer to the same ticket.
class reply_sink {
  public:
    virtual ~reply_sink() = default;
    virtual void deliver(std::uint64_t ticket, std::string_view result_json) = 0;
    virtual void deliver_error(std::uint64_t ticket, const rpc_error& error) = 0;
};

/// The right to answer one request later. Move-only in spirit: answer once. May travel through other threads, but
/// `reply` and `fail` belong on the I/O thread.
class reply_handle {
  public:
    reply_handle() = default;
    /// `ticket` is the sink's own number for the request.
    reply_handle(std::shared_ptr<reply_sink> sink, std::uint64_t ticket) noexcept
        : sink_{std::move(sink)}, ticket_{ticket} {}

    /// Whether anybody still waits for it.
    explicit operator bool() const noexcept { return sink_ != nullptr; }
    void reply(std::string_view result_json) {
        if (const auto sink = std::move(sink_)) {
            sink->deliver(ticket_, result_json);
        }
    }
    void fail(const rpc_error& error) {
        if (const auto sink = std::move(sink_)) {
            sink->deliver_error(ticket_, error);
        }
    }

  private:
    std::shared_ptr<reply_sink> sink_;  // null once answered
    std::uint64_t ticket_ = 0;
};

/// What was asked, as long as the handler runs.
struct asked {
    std::string_view method;
    std::string_view params;  ///< as they stood: an object, or empty
    std::string request_key;  ///< of what may be repeated; empty: none was given
};

class bound_method;

class call {
  public:
    virtual ~call() = default;
    [[nodiscard]] virtual const asked& what() const noexcept = 0;
    /// For the method table, which reads it with the parameters.
    virtual void set_request_key(std::string key) = 0;
    [[nodiscard]] virtual const peer& who() const noexcept = 0;
    /// For a method that carries out others: why the peer may not call `other` this many times now; nothing when he
    /// may, and then it counts towards its rate.
    [[nodiscard]] virtual std::optional<rpc_error> objection(const bound_method& other, std::size_t times) = 0;
    /// From the next request on, the connection acts as `whom`. Nothing else of it may be in flight, as is so while an
    /// `effect::hot_read` runs. Nothing, or why not; then it acts as before.
    [[nodiscard]] virtual std::optional<rpc_error> act_as(key_identity whom) = 0;
    /// `result_json` is one complete JSON value; it is copied.
    virtual void reply(std::string_view result_json) = 0;
    virtual void fail(const rpc_error& error) = 0;
    [[nodiscard]] virtual reply_handle defer() = 0;
    /// For notifications to the same peer.
    [[nodiscard]] virtual std::shared_ptr<push_channel> channel() = 0;
};

}  // namespace valhalla::ipc
