// SPDX-License-Identifier: Apache-2.0
//
// The I/O thread's side of the ledger: gathers the changes of one turn of the event loop and hands them over under one
// lock, and spreads the answers of a commit over their connections. I/O thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "daemon/ledger.hpp"
#include "ipc/call.hpp"

namespace valhalla {

/// Who asks, as the trail names him: a user of this system, or with a key its name alone.
[[nodiscard]] actor actor_of(const ipc::peer& who);

class change_gate {
  public:
    change_gate(boost::asio::io_context& io, ledger& to, queue_bounds bounds = {})
        : io_{io}, ledger_{to}, quota_{bounds} {}

    /// Takes the change that `c` asks for, and sees to its answer; it reaches the ledger when the handlers that are
    /// ready now have run.
    void submit(governor::command&& what, ipc::call& c);
    /// The same for a change that had to be prepared first, or whose answer goes somewhere else. `bytes` is what it
    /// holds beside itself.
    void submit(governor::command&& what, const ipc::peer& who, ipc::reply_handle reply,
                std::optional<retry_token> token = std::nullopt, std::size_t bytes = 0);
    /// The same for a change that comes in pieces.
    void submit(governor::command&& what, std::unique_ptr<further_pieces> pieces, const ipc::peer& who,
                ipc::reply_handle reply, std::optional<retry_token> token);
    /// What makes a retry of `c` known; nothing when it carries no request key. While its handler runs.
    [[nodiscard]] static std::optional<retry_token> token_of(const ipc::call& c);
    /// Runs `handlers`, and gives the changes that they submit meanwhile instead of taking them.
    [[nodiscard]] std::vector<change> collect(const std::function<void()>& handlers);
    /// Several commands, all or nothing; `reply` gets an array of their answers.
    void submit(std::unique_ptr<const joint_commands> together, const ipc::peer& who, ipc::reply_handle reply,
                std::optional<retry_token> token, std::size_t bytes);
    /// Changes nothing: `reply` gets the answer that was kept for `token`, else `answer`, which is kept from now on; an
    /// empty one is not.
    void recall(retry_token token, std::string answer, const ipc::peer& who, ipc::reply_handle reply);
    /// A command of the daemon itself; nobody waits for its answer.
    void submit_own(governor::command what);
    /// A command that the daemon puts in somebody's name, who did not ask for it and waits for no answer.
    void submit_of(actor who, governor::command what);
    /// What is accepted and not answered yet.
    [[nodiscard]] const change_quota::usage& waiting() const noexcept { return quota_.taken(); }
    /// Hands over what has gathered.
    void flush();
    /// Gives every answer of a commit to its connection.
    static void answer(commit_result& result);

  private:
    /// `overloaded` at once when there is no room for it.
    void admit(change&& one, const ipc::peer& of, std::size_t bytes);
    void gather(change&& one);

    boost::asio::io_context& io_;
    ledger& ledger_;
    change_quota quota_;
    std::vector<change> gathered_;
    std::vector<change>* collected_ = nullptr;  // where changes go while `collect` runs
    bool flush_posted_ = false;
};

}  // namespace valhalla
