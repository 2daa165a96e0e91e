// SPDX-License-Identifier: Apache-2.0
//
// The identities of those who come with a key, a bounded number of them, and how often a peer may come with a new one.
// The daemon alone knows which keys are good; here a key is known by its digest. I/O thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "ipc/http/event_hub.hpp"
#include "ipc/http/identity.hpp"
#include "ipc/http/logins.hpp"

namespace valhalla::http {

/// What a key of the daemon looks like: `vhk_`, 12 hex digits, `_`, 64 hex digits.
[[nodiscard]] bool looks_like_key(std::string_view text) noexcept;

class key_ring {
  public:
    using clock = std::chrono::steady_clock;

    /// Each identity has up to four connections to the daemon, which gives one user 64; an archive has one more.
    static constexpr std::size_t most_identities = 15;
    /// Of them those that the daemon has not answered yet: wrong keys do not take the place of others.
    static constexpr std::size_t most_unproven = 5;
    /// Keys that a peer may try in a row before any was found good, and how long until it may try another one.
    static constexpr double most_tries = 20;
    static constexpr std::chrono::seconds try_time{3};
    /// Peers that are remembered: what they may forget by coming from elsewhere they could do anyway.
    static constexpr std::size_t most_peers = 4'096;

    struct holder {
        std::shared_ptr<identity> who;
        std::shared_ptr<event_hub> events;
        bool proven = false;  ///< the daemon answered it once
        [[nodiscard]] bool refused() const noexcept { return who->key_refused() || events->key_refused(); }
    };
    enum class outcome : std::uint8_t { found, own, no_key, too_often, too_many };
    struct found {
        outcome what = outcome::no_key;
        holder* who = nullptr;
    };

    /// `io` outlives it. `own_key`: what opens the gateway's own identity (`outcome::own`); empty: nothing does.
    /// `logins` outlives it, too: those of a key that is refused end.
    key_ring(boost::asio::io_context& io, std::string socket_path, std::shared_ptr<daemon_memory> memory,
             login_book& logins, std::string own_key)
        : io_{io},
          socket_path_{std::move(socket_path)},
          memory_{std::move(memory)},
          logins_{logins},
          own_key_{std::move(own_key)} {}

    /// Who comes with `key`. What is looked at does not depend on how much of a key is right, and nothing is before the
    /// peer has a try left.
    [[nodiscard]] found find(std::string_view key, const std::string& peer, clock::time_point now);
    /// Whose `key` was found good when a login began with it: no try is needed. `outcome::no_key` when it is not good
    /// any more; then its logins end.
    [[nodiscard]] found of_login(std::string_view key, clock::time_point now);
    /// The daemon answered: the try is given back to the peer.
    void prove(const identity& who, const std::string& peer);
    /// The daemon does not know the key, or no longer: its logins end, and it is looked up anew when it comes again.
    void forget(const identity& who);

    void on_tick(clock::time_point now, std::chrono::milliseconds answer_time);
    void close();
    [[nodiscard]] holder* holder_of(const identity& who) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return holders_.size(); }

  private:
    struct tries {
        double left = most_tries;
        clock::time_point since;
    };
    [[nodiscard]] bool take_try(const std::string& peer, clock::time_point now);
    void give_back_try(const std::string& peer);
    [[nodiscard]] bool make_room(bool for_proven);
    [[nodiscard]] found add(const std::string& digest, std::string_view key, bool proven);

    boost::asio::io_context& io_;
    std::string socket_path_;
    std::shared_ptr<daemon_memory> memory_;
    login_book& logins_;
    std::string own_key_;
    std::unordered_map<std::string, holder> holders_;  // by digest
    std::unordered_map<std::string, tries> tries_;     // by peer
};

}  // namespace valhalla::http
