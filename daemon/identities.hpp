// SPDX-License-Identifier: Apache-2.0
//
// Who users are and what they may do, kept for a minute. What is not known is looked up on threads of its own, for a
// directory service may hang for as long as it likes: meanwhile the I/O thread goes on, and only those wait who have to
// be looked up. They wait so long and no longer.
//
// When the user database does not answer, nobody gets or loses a role by that: what was known of a user before goes on
// for some minutes, and who was not known is asked to come again. The log tells it.
//
// I/O thread, but for the look-ups themselves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/access_control.hpp"
#include "daemon/user_database.hpp"
#include "ipc/peer.hpp"

namespace valhalla {

class identities {
  public:
    using clock = std::chrono::steady_clock;

    struct settings {
        /// How long an answer is used without asking again.
        clock::duration keep = std::chrono::minutes{1};
        /// How long a peer waits for a look-up.
        clock::duration patience = std::chrono::seconds{5};
        /// How long an answer goes on when the user database no longer gives one, and how often it is asked then.
        clock::duration keep_without_answer = std::chrono::minutes{10};
        clock::duration retry = std::chrono::seconds{10};
    };
    /// Look-ups at the same time: one that hangs holds up a quarter of them.
    static constexpr std::size_t threads = 4;
    /// Users that wait for one, and that are remembered.
    static constexpr std::size_t max_waiting = 1'024;
    static constexpr std::size_t max_known = 4'096;

    /// `own` runs the daemon. `on_trouble` is told once when the user database no longer answers, and with an empty
    /// text when it does again. Looks up root and `own` at once, on the caller's thread.
    identities(boost::asio::io_context& io, access_rules rules, uid_t own, user_database users,
               std::function<void(const std::string& problem)> on_trouble, settings how);
    identities(boost::asio::io_context& io, access_rules rules, uid_t own, user_database users,
               std::function<void(const std::string& problem)> on_trouble)
        : identities{io, std::move(rules), own, std::move(users), std::move(on_trouble), settings{}} {}
    ~identities();
    identities(const identities&) = delete;
    identities& operator=(const identities&) = delete;

    [[nodiscard]] std::optional<ipc::identity> known(int socket, const ipc::credentials& of);
    void look_up(int socket, const ipc::credentials& of, ipc::identity_source::answer done);
    /// `uid:1234` for the name of a user who was here, and their name for it. Nothing where neither is known.
    [[nodiscard]] std::optional<std::string> other_name_of(std::string_view operator_name) const;
    /// From now on everybody is looked up anew.
    void set_rules(access_rules rules);
    void forget_ages();

    /// Answers those who wait with nothing, and waits for the threads. False when one of them hangs in a look-up: it
    /// goes on, with nothing of ours, until the process ends.
    [[nodiscard]] bool stop(clock::duration patience);

  private:
    struct waiting_peer {
        std::vector<std::uint32_t> process_groups;
        ipc::identity_source::answer done;
        clock::time_point until;
    };
    struct known_user {
        std::optional<standing> last;
        clock::time_point answered_at;
        clock::time_point good_until;  ///< `last` is used without asking
        bool asked = false;            ///< a look-up is under way
        std::vector<waiting_peer> waiting;
    };
    class workers;

    void answered(uid_t uid, std::uint64_t generation, const standing_answer& answer);
    void no_answer(known_user& of, const std::string& problem);
    void tell(const std::string& problem);
    void give(known_user& to, const std::vector<waiting_peer>& who) const;
    void wake_for_patience();
    void on_patience();
    void make_room();
    [[nodiscard]] std::vector<std::uint32_t> groups_behind(int socket) const;

    std::shared_ptr<const access_rules> rules_;
    bool process_groups_ = false;  // count somewhere
    std::uint64_t generation_ = 0;
    uid_t own_;
    settings how_;
    std::function<void(const std::string&)> on_trouble_;
    std::unordered_map<uid_t, known_user> users_;
    std::size_t asked_ = 0;
    bool in_trouble_ = false;
    boost::asio::steady_timer patience_;
    bool timing_ = false;
    std::shared_ptr<workers> workers_;
};

}  // namespace valhalla
