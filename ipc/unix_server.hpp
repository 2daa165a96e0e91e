// SPDX-License-Identifier: Apache-2.0
//
// Listens on a path socket and keeps its connections. I/O thread. May be destroyed while handlers of it are still
// pending in the io_context; whoever holds a `reply_handle` may then answer into the void.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>

#include "ipc/denial.hpp"
#include "ipc/limits.hpp"
#include "ipc/method_table.hpp"
#include "ipc/peer.hpp"
#include "ipc/traffic.hpp"

namespace valhalla::ipc {

/// The socket cannot be had. One sentence that names the path and says what to do.
class listen_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What a server asks about keys, at each turn of a connection that came with one. Empty: there are none.
struct key_rules {
    /// Whether there is a key with which a peer could come. Without one, who has no role is not let in.
    std::function<bool()> any;
    /// That the key of this id gives now; none: it was revoked, or has expired.
    std::function<role(const std::string& id)> role_of;
};

struct unix_server_options {
    limits bounds;
    identity_source identities;
    /// Told what an operator should read: faults in handlers, refused peers, no more files. May be empty.
    std::function<void(std::string_view)> report;
    /// Told of every refusal as `forbidden`. May be empty.
    denial_observer on_denial{};
    key_rules keys{};
};

class unix_server {
  public:
    /// `io` and `table` outlive the server.
    unix_server(boost::asio::io_context& io, const method_table& table, unix_server_options options);
    ~unix_server();
    unix_server(const unix_server&) = delete;
    unix_server& operator=(const unix_server&) = delete;

    /// Binds `path` with mode 0660, of `group` when given, and accepts. A socket that nobody listens on is replaced:
    /// only call it while holding the lock of the state. Unlinks the path when the server goes. Throws `listen_error`.
    void listen(const std::string& path, std::optional<gid_t> group = std::nullopt);
    /// Accepts on a listening socket that was inherited, and takes it over. Never unlinks its path.
    void adopt(int listening_socket);

    /// Looks up again who is at the other end of each connection, and what they may do now. A peer who has lost their
    /// role is like one who came without: they may bring a key, for a while.
    void refresh_identities();
    /// No new connections; the path is gone. Connections go on.
    void stop_accepting();
    /// Also refuses new requests with `shutting_down` and closes each connection once it has its answers. `done` is
    /// called once from the io_context, when none is left, and may destroy the server.
    void drain(std::function<void()> done);
    /// Closes all, whatever they wait for.
    void close_all();

    [[nodiscard]] std::size_t connections() const noexcept;
    /// What is configured, as far as the process may open files.
    [[nodiscard]] std::size_t connections_limit() const noexcept;
    [[nodiscard]] const traffic& counted() const noexcept;

  private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace valhalla::ipc
