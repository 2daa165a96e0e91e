// SPDX-License-Identifier: Apache-2.0
//
// From a request to its answer: who may, which route, what is asked of the daemon, how its answer is told. It owns the
// identities. I/O thread; no sockets of clients.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "ipc/http/allowed.hpp"
#include "ipc/http/connection.hpp"
#include "ipc/http/event_hub.hpp"
#include "ipc/http/export_archive.hpp"
#include "ipc/http/health_probe.hpp"
#include "ipc/http/identity.hpp"
#include "ipc/http/key_ring.hpp"
#include "ipc/http/logins.hpp"
#include "ipc/http/refusal.hpp"
#include "ipc/http/request.hpp"
#include "ipc/http/route.hpp"
#include "ipc/http/target.hpp"

namespace valhalla::http {

struct gateway_options {
    std::string socket;  ///< of the daemon
    std::vector<std::string> origins;
    std::vector<std::string> trusted_proxies;  ///< whose X-Forwarded-For and X-Forwarded-Proto are believed
    /// Acts as the user who runs it, for everyone who may reach it and comes without a key.
    bool dev = false;
    /// Of `--dev`: what `X-VALHALLA-KEY` has to be; empty: nothing.
    std::string dev_key;
    /// Is told what an operator should read.
    std::function<void(std::string_view)> report{};
};

/// An Idempotency-Key may be written as a string of structured fields, in quotes.
[[nodiscard]] std::string_view unquoted(std::string_view key) noexcept;

class gateway {
  public:
    /// `io` and `bounds` outlive it.
    gateway(boost::asio::io_context& io, gateway_options options, const limits& bounds);
    ~gateway();
    gateway(const gateway&) = delete;
    gateway& operator=(const gateway&) = delete;

    /// The names that requests may call it by: the port may be known only when it listens.
    void answer_for(std::vector<std::string> hosts) { hosts_ = host_list{std::move(hosts)}; }

    /// Whether the body of the request may come; otherwise it was answered.
    [[nodiscard]] bool begin(const request& head, const exchange& with);
    void handle(const request& whole, const exchange& with);

    void on_tick(upstream::clock::time_point now);
    void close();

  private:
    /// A request that was looked at and may go on.
    struct admitted {
        const route* row = nullptr;
        std::string parameter;  ///< of the path
        std::string_view query;
        std::shared_ptr<identity> who;  ///< null for a route that is open
        std::string sender;             ///< what its tries are counted for, see `counted_for`
        bool secure = false;            ///< it came over TLS, to us or to a trusted proxy that says so
        std::string login;              ///< the cookie that it came with and that counts; empty: none
    };
    /// What an answer needs of the request, which is gone when it comes.
    struct asked {
        std::string if_none_match;
        bool gzip = false;
        bool has_body = false;
        bool has_request_key = false;
        std::string body;  ///< where it is looked at again
    };

    /// Entries of the trail while they come.
    struct entry_bundle {
        explicit entry_bundle(std::shared_ptr<daemon_memory> memory) : held{std::move(memory)} {}
        daemon_memory_share held;
        std::vector<std::string> pages;
    };

    /// `If-None-Match` while the answer is waited for. Of a list that no client of ours has, nothing: then it gets all.
    [[nodiscard]] static std::string validators_of(const request& whole);
    [[nodiscard]] std::optional<admitted> admit(const request& head, const exchange& with);
    [[nodiscard]] std::optional<refusal> objection_to_host(const request& head, const target_parts& parts) const;
    [[nodiscard]] std::optional<refusal> objection_to_sender(const request& head, const route& row, bool secure) const;
    [[nodiscard]] std::optional<refusal> objection_to_page(const request& head, bool secure) const;
    [[nodiscard]] std::shared_ptr<identity> identify(const request& head, admitted& what, const exchange& with);
    [[nodiscard]] std::shared_ptr<identity> identify_by_login(const request& head, admitted& what,
                                                              std::string_view cookie, const exchange& with);
    /// Null: it was answered.
    [[nodiscard]] std::shared_ptr<identity> identity_of(const key_ring::found& found, const exchange& with) const;
    [[nodiscard]] bool needs_no_key() const noexcept { return options_.dev && options_.dev_key.empty(); }
    void key_refused(const admitted& what, const exchange& with);
    void preflight(const request& head, const std::string& methods, const exchange& with) const;
    /// Whether the client speaks TLS, to us or to a trusted proxy that says so.
    [[nodiscard]] bool is_secure(const request& head, const exchange& with) const;
    [[nodiscard]] bool is_own_origin(const request& head, bool secure) const;

    /// As `daemon_away`, with what is known of the reason.
    [[nodiscard]] refusal away() const { return daemon_away(memory_->reach.may_not_connect()); }
    void call(const admitted& what, const request& whole, const exchange& with);
    void answered(const admitted& what, const asked& by, const exchange& with, const upstream_answer& answer);
    void tell(const admitted& what, const asked& by, const exchange& with, std::string_view result);
    void ended_nothing(const admitted& what, const asked& by, const exchange& with);
    void check_health(const exchange& with) const;
    void rpc(const admitted& what, const request& whole, const exchange& with);
    void tile(const admitted& what, const request& whole, const exchange& with);
    void entries(const admitted& what, std::uint64_t after, std::size_t missing,
                 const std::shared_ptr<entry_bundle>& bundle, const exchange& with);
    void add_checkpoint(const admitted& what, const request& whole, const exchange& with);
    void stream(const admitted& what, const request& whole, const exchange& with);
    void archive(const admitted& what, const request& whole, const exchange& with);
    void log_in(const admitted& what, const request& whole, const exchange& with);
    void tell_login(const admitted& what, const exchange& with, const std::string& key, const std::string& before);
    void log_out(const admitted& what, const exchange& with);

    boost::asio::io_context& io_;
    const gateway_options options_;
    const limits& bounds_;
    host_list hosts_{{}};
    const origin_list origins_;
    std::shared_ptr<daemon_memory> memory_;
    std::shared_ptr<health_probe> health_;
    std::shared_ptr<identity> own_;
    std::shared_ptr<event_hub> own_events_;
    login_book logins_;
    key_ring keys_;
    std::shared_ptr<export_archive> archive_;  ///< one at a time, as each has the daemon write a set
    prepared_answer not_kept_;
};

}  // namespace valhalla::http
