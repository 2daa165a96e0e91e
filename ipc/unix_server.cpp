// SPDX-License-Identifier: Apache-2.0
#include "ipc/unix_server.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "ipc/connection.hpp"
#include "ipc/socket_path.hpp"

namespace valhalla::ipc {

namespace {

using protocol = boost::asio::local::stream_protocol;
using executor = boost::asio::io_context::executor_type;
using acceptor = boost::asio::basic_socket_acceptor<protocol, executor>;
using timer =
    boost::asio::basic_waitable_timer<connection::clock, boost::asio::wait_traits<connection::clock>, executor>;

// Files that the process needs for everything but connections: the database, its readers, logs, HTTP.
constexpr std::size_t files_for_others = 128;
// Connections taken from the backlog before those that are open have their turn.
constexpr std::size_t accepted_at_once = 64;

/// What is configured, as far as the process may open files.
limits within_the_process(limits wanted) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
        const std::size_t all = files.rlim_cur;
        wanted.connections =
            std::min(wanted.connections, std::max<std::size_t>(all, files_for_others + 4) - files_for_others);
    }
    wanted.connections_per_uid =
        std::min(wanted.connections_per_uid, std::max<std::size_t>(wanted.connections * 3 / 4, 1));
    return wanted;
}

/// True when accepting again at once would fail again at once.
bool is_exhaustion(const boost::system::error_code& fault) {
    return fault == boost::asio::error::no_descriptors || fault == boost::asio::error::no_buffer_space ||
           fault == boost::asio::error::no_memory || fault.value() == ENFILE;
}

}  // namespace

class unix_server::impl final : public connection_host, public std::enable_shared_from_this<impl> {
  public:
    impl(boost::asio::io_context& io, const method_table& methods, unix_server_options options)
        : connection_host{methods, within_the_process(options.bounds), std::move(options.on_denial)},
          executor_{io.get_executor()},
          acceptor_{executor_},
          accept_pause_{executor_},
          tick_{executor_},
          identities_{std::move(options.identities)},
          keys_{std::move(options.keys)},
          report_{std::move(options.report)} {}

    void begin(int socket, bound_path where) {
        where_ = std::move(where);
        acceptor_.assign(protocol{}, socket);
        acceptor_.non_blocking(true);
        accept();
    }

    void stop_accepting() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        accept_pause_.cancel();
        release_socket_path(std::exchange(where_, {}));
    }

    void drain(std::function<void()> done) {
        stop_accepting();
        drained_ = std::move(done);
        for (const auto& each : all()) {
            each->drain();
        }
        tell_if_drained();
    }

    void close_all() {
        for (const auto& each : all()) {
            each->close();
        }
    }

    void abandon() {
        stop_accepting();
        report_ = {};
        drained_ = {};
        close_all();
        tick_.cancel();
    }

    void refresh_identities() {
        for (const auto& each : all()) {
            if (!each->who().key.empty()) {
                continue;
            }
            const credentials of{each->who().uid, each->who().gid};
            const int socket = each->socket();
            if (const auto known = identities_.known(socket, of)) {
                set_role(*each, known->granted);
            } else if (identities_.look_up) {
                identities_.look_up(
                    socket, of,
                    [self = shared_from_this(), weak = std::weak_ptr{each}](const std::optional<identity>& found) {
                        const auto there = weak.lock();
                        if (there && found && self->connections_.contains(there->who().connection)) {
                            self->set_role(*there, found->granted);
                        }
                    });
            }
        }
    }

    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

    // connection_host
    void wants_turn(std::shared_ptr<connection> who) override {
        waiting_.push_back(std::move(who));
        if (waiting_.size() == 1) {
            boost::asio::post(executor_, [self = shared_from_this()] { self->give_turns(); });
        }
    }
    void closed(connection& who) override {
        leave(who.who());
        connections_.erase(who.who().connection);
        tell_if_drained();
    }
    std::optional<rpc_error> change_user(connection& who, user_id to) override {
        if (who.who().user() == to) {
            return std::nullopt;
        }
        usage& next = per_user_[to];
        if (next.connections >= bounds.connections_per_uid) {
            return connections_taken("the holder of this key", next.connections);
        }
        if (!budget.may_take_over(next.buffer_bytes, who.taken_bytes())) {
            return rpc_error{error_code::overloaded,
                             "the holder of this key has too many unread answers; try again in a moment",
                             {}};
        }
        ++next.connections;
        who.pass_to(next.buffer_bytes);
        leave(who.who());
        return std::nullopt;
    }
    [[nodiscard]] role role_of_key(const std::string& id) const override {
        return keys_.role_of ? keys_.role_of(id) : role::none;
    }
    void report(std::string_view what) override {
        if (report_) {
            report_(what);
        }
    }

  private:
    struct usage {
        std::size_t connections = 0;
        std::size_t buffer_bytes = 0;  ///< taken of the budget
    };

    /// Let in only to come with a key.
    [[nodiscard]] static bool has_nothing(const peer& who) noexcept {
        return who.granted == role::none && who.key.empty();
    }

    /// A connection is no longer that of this user.
    void leave(const peer& who) {
        without_role_ -= has_nothing(who) ? 1U : 0U;
        if (const auto found = per_user_.find(who.user());
            found != per_user_.end() && --found->second.connections == 0) {
            per_user_.erase(found);
        }
    }

    [[nodiscard]] static rpc_error connections_taken(std::string_view whose, std::size_t count) {
        return {error_code::overloaded,
                fmt::format("{} has {} connections, and more are not given to one user", whose, count),
                {}};
    }

    [[nodiscard]] std::vector<std::shared_ptr<connection>> all() const {
        std::vector<std::shared_ptr<connection>> list;
        list.reserve(connections_.size());
        std::ranges::transform(connections_, std::back_inserter(list), [](const auto& each) { return each.second; });
        return list;
    }

    void give_turns() {
        turns_.swap(waiting_);
        for (const auto& each : turns_) {
            each->turn();
        }
        turns_.clear();
        counted->round_over();
    }

    // Waits first and accepts then, both on this thread: when accepting stops, every connection is either served here
    // or still in the backlog, where the process that inherits the socket next finds it.
    void accept() {
        acceptor_.async_wait(acceptor::wait_read,
                             [self = shared_from_this()](const boost::system::error_code& cancelled) {
                                 if (!cancelled && self->acceptor_.is_open()) {
                                     self->accept_waiting();
                                 }
                             });
    }

    void accept_waiting() {
        boost::system::error_code fault;
        for (std::size_t accepted = 0; accepted < accepted_at_once && !fault; ++accepted) {
            unix_socket socket = acceptor_.accept(fault);
            if (!fault) {
                welcome(std::move(socket));
            }
        }
        if (is_exhaustion(fault)) {
            pause_accepting(fault);
        } else {
            accept();
        }
    }

    void pause_accepting(const boost::system::error_code& why) {
        report(fmt::format("cannot accept connections for now: {}", why.message()));
        accept_pause_.expires_after(bounds.accept_pause);
        accept_pause_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
            if (!cancelled && self->acceptor_.is_open()) {
                self->accept();
            }
        });
    }

    void welcome(unix_socket socket) {
        const int handle = socket.native_handle();
        ::fcntl(handle, F_SETFD, FD_CLOEXEC);
        const auto from = credentials_of(handle);
        if (!from || from->uid == unmapped_uid) {
            if (from) {
                (*denials)(
                    {peer{from->uid, from->gid, fmt::format("uid:{}", from->uid), role::none, 0}, {}, role::viewer});
            }
            counted->refused(turned_away::unknown_user);
            turn_away(socket, forbidden("your user is not known here", role::viewer));
            return;
        }
        if (const auto who = identities_.known(handle, *from)) {
            admit(std::move(socket), *from, *who);
        } else {
            look_up(std::move(socket), *from);
        }
    }

    /// Those whose look-up takes its time count as connections, and hold up nobody else.
    void look_up(unix_socket socket, const credentials& from) {
        // It may be an owner, who finds out whether a place is kept when that is known.
        if (!identities_.look_up || !has_place(from.uid, role::owner)) {
            turn_away_for_room(socket, from.uid, fmt::format("uid:{}", from.uid));
            return;
        }
        ++arriving_;
        ++arriving_of_user_[from.uid];
        const int handle = socket.native_handle();
        const auto kept = std::make_shared<unix_socket>(std::move(socket));
        identities_.look_up(
            handle, from, [self = shared_from_this(), kept, from](const std::optional<identity>& found) {
                --self->arriving_;
                if (const auto of = self->arriving_of_user_.find(from.uid); --of->second == 0) {
                    self->arriving_of_user_.erase(of);
                }
                if (!self->acceptor_.is_open()) {
                    self->turn_away(*kept, {error_code::shutting_down, "the daemon is stopping", {}});
                } else if (found) {
                    self->admit(std::move(*kept), from, *found);
                } else {
                    self->counted->refused(turned_away::unknown_user);
                    self->turn_away(*kept, {error_code::overloaded,
                                            "the user database does not answer, so your role is not known; try "
                                            "again in a moment",
                                            {}});
                }
            });
    }

    void admit(unix_socket socket, const credentials& from, const identity& who) {
        const bool may_bring_key = keys_.any && keys_.any();
        if (who.granted == role::none && !may_bring_key) {
            (*denials)({peer{from.uid, from.gid, who.name, role::none, 0}, {}, role::viewer});
            counted->refused(turned_away::no_role);
            turn_away(socket,
                      forbidden(fmt::format("{} has no role here; ask an owner for one", who.name), role::viewer));
            return;
        }
        if (!has_place(from.uid, who.granted)) {
            turn_away_for_room(socket, from.uid, who.name);
            return;
        }
        if (who.granted == role::none && without_role_ >= share_without_role()) {
            counted->refused(turned_away::share_taken);
            turn_away(socket,
                      {error_code::overloaded,
                       fmt::format("{} connections of users without a role are open; try again later", without_role_),
                       {}});
            return;
        }
        usage& of_user = per_user_[from.uid];
        ++of_user.connections;
        without_role_ += who.granted == role::none ? 1U : 0U;
        counted->accepted();
        const std::uint64_t number = ++last_number_;
        const auto added = std::make_shared<connection>(
            *this, std::move(socket), peer{from.uid, from.gid, who.name, who.granted, number}, of_user.buffer_bytes);
        connections_.emplace(number, added);
        added->start();
        keep_ticking();
    }

    /// Some places are for owners alone, whatever all others do.
    [[nodiscard]] std::size_t places_for(role granted) const noexcept {
        return bounds.connections - (granted == role::owner ? 0 : connections_for_owners(bounds.connections));
    }

    [[nodiscard]] std::size_t taken_by(std::uint32_t uid) const {
        const auto open = per_user_.find(uid);
        const auto arriving = arriving_of_user_.find(uid);
        return (open == per_user_.end() ? 0 : open->second.connections) +
               (arriving == arriving_of_user_.end() ? 0 : arriving->second);
    }

    [[nodiscard]] bool has_place(std::uint32_t uid, role granted) const {
        return connections_.size() + arriving_ < places_for(granted) && taken_by(uid) < bounds.connections_per_uid;
    }

    /// Why `has_place` said no.
    void turn_away_for_room(unix_socket& socket, std::uint32_t uid, std::string_view name) {
        const bool others_fit = connections_.size() + arriving_ < bounds.connections;
        if (const auto taken = taken_by(uid); others_fit && taken >= bounds.connections_per_uid) {
            counted->refused(turned_away::share_taken);
            turn_away(socket, connections_taken(name, taken));
            return;
        }
        counted->refused(turned_away::all_taken);
        turn_away(socket,
                  {error_code::overloaded,
                   fmt::format("all {} connections are taken; try again later", connections_.size() + arriving_),
                   {}});
    }

    void set_role(connection& of, role granted) {
        const bool had_nothing = has_nothing(of.who());
        of.change_role(granted);
        const bool has_nothing_now = has_nothing(of.who());
        without_role_ += has_nothing_now ? 1U : 0U;
        without_role_ -= had_nothing ? 1U : 0U;
    }

    /// Connections that wait for a key at once: those who have a role keep three quarters of all.
    [[nodiscard]] std::size_t share_without_role() const noexcept {
        return std::max<std::size_t>(bounds.connections / 4, 1);
    }

    /// Says why, as far as it can be said without waiting.
    void turn_away(unix_socket& socket, const rpc_error& why) {
        std::string text;
        append_failure(text, null_id, why);
        text += '\n';
        static_cast<void>(::send(socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    }

    void keep_ticking() {
        if (ticking_ || connections_.empty()) {
            return;
        }
        ticking_ = true;
        tick_.expires_after(bounds.tick);
        tick_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
            self->ticking_ = false;
            if (!cancelled) {
                const auto now = connection::clock::now();
                for (const auto& each : self->all()) {
                    each->on_tick(now);
                }
                self->keep_ticking();
            }
        });
    }

    /// Posted, because `done` may destroy the server, and a connection's turn that still needs it may be under way.
    void tell_if_drained() {
        if (connections_.empty() && drained_) {
            boost::asio::post(executor_, [self = shared_from_this()] {
                if (self->drained_) {
                    std::exchange(self->drained_, {})();
                }
            });
        }
    }

    executor executor_;
    acceptor acceptor_;
    timer accept_pause_;
    timer tick_;
    identity_source identities_;
    key_rules keys_;
    std::function<void(std::string_view)> report_;
    std::function<void()> drained_;
    bound_path where_;
    std::unordered_map<std::uint64_t, std::shared_ptr<connection>> connections_;  // by number
    std::unordered_map<user_id, usage> per_user_;  // only those that have connections; its nodes stay
    std::unordered_map<std::uint32_t, std::size_t> arriving_of_user_;
    std::size_t arriving_ = 0;                          // whose users are being looked up
    std::size_t without_role_ = 0;                      // connections that no role or key was found for yet
    std::vector<std::shared_ptr<connection>> waiting_;  // for a turn; a post is under way when it is not empty
    std::vector<std::shared_ptr<connection>> turns_;
    std::uint64_t last_number_ = 0;
    bool ticking_ = false;
};

unix_server::unix_server(boost::asio::io_context& io, const method_table& table, unix_server_options options)
    : impl_{std::make_shared<impl>(io, table, std::move(options))} {}

unix_server::~unix_server() {
    impl_->abandon();
}

void unix_server::listen(const std::string& path, std::optional<gid_t> group) {
    listening_socket made = listen_on_path(path, group, impl_->bounds.backlog);
    impl_->begin(made.descriptor, std::move(made.where));
}

void unix_server::adopt(int listening_socket) {
    impl_->begin(listening_socket, {});
}
void unix_server::refresh_identities() {
    impl_->refresh_identities();
}
void unix_server::stop_accepting() {
    impl_->stop_accepting();
}
void unix_server::drain(std::function<void()> done) {
    impl_->drain(std::move(done));
}
void unix_server::close_all() {
    impl_->close_all();
}
std::size_t unix_server::connections() const noexcept {
    return impl_->connections();
}
std::size_t unix_server::connections_limit() const noexcept {
    return impl_->bounds.connections;
}
const traffic& unix_server::counted() const noexcept {
    return *impl_->counted;
}

}  // namespace valhalla::ipc
