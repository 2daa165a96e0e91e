// SPDX-License-Identifier: Apache-2.0
//
// Tasks with a request key: what is done outside of the ledger, on files or to the process, is done once as well, and a
// retry gets the first answer. The ledger keeps it beside the answers to changes, for as long and across restarts.
//
//   key?  none -> task -> caller
//         some -> ledger: answered before?  yes -> the first answer, or `request_key_reused`
//                                           no  -> task -> [ledger keeps the answer] -> caller
//
// A task that ends as a change gives its token along: its answer is kept in the transaction of the change, so that
// there is never one without the other. For the others there is a moment, between the deed and the keeping, in which a
// crash forgets that it was done; the documentation of each of these methods says what a second time does.
//
// I/O thread.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "daemon/change_gate.hpp"
#include "ipc/call.hpp"

namespace valhalla {

class task_runner {
  public:
    /// Answers the handle, at once or later. A task that ends as a change submits it with the token.
    using task = std::function<void(const ipc::peer&, ipc::reply_handle, std::optional<retry_token>)>;

    /// `changes` outlives it, and it outlives the answers to its tasks.
    explicit task_runner(change_gate& changes) : changes_{changes} {}
    task_runner(const task_runner&) = delete;
    task_runner& operator=(const task_runner&) = delete;

    /// Carries out what `c` asks for, unless it was done before. While a request with the same key of the same operator
    /// is under way, `request_running`. A task that throws is answered with `internal_error`.
    void run(ipc::call& c, task what);

  private:
    class once;
    using running_key = std::pair<std::string, std::string>;  // operator, request key

    change_gate& changes_;
    std::set<running_key> running_;
};

}  // namespace valhalla
