// SPDX-License-Identifier: Apache-2.0
//
// A change that comes in pieces: one transaction over all of them, in which the ledger comes up for air every so often.
// What waits is then refused at once instead of waiting to the end, the watchdog is fed, and what was written so far is
// synced, so that the commit has little left to sync. It may take long nevertheless: pages of the log that were written
// twice make SQLite go through all that follows them once more.
#include <chrono>
#include <future>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/governor/health.hpp"
#include "daemon/ledger.hpp"
#include "daemon/render.hpp"
#include "schema/limits.hpp"

namespace valhalla {

namespace {

constexpr std::chrono::milliseconds look_while_committing{20};

ipc::rpc_error import_under_way() {
    return {
        ipc::error_code::overloaded,
        "nothing was changed: an import is being carried out, which nothing may come between; try again in a moment",
        {}};
}

ipc::rpc_error stopped_in_the_middle() {
    return {ipc::error_code::shutting_down, "nothing was changed: the daemon stops now, in the middle of this", {}};
}

}  // namespace

std::optional<ipc::rpc_error> ledger::carry_out_pieces(const change& one) {
    auto looked = std::chrono::steady_clock::now();
    in_pieces_ = true;
    const auto undo = [this](ipc::rpc_error why) {
        roll_back();
        return std::optional{std::move(why)};
    };
    while (true) {
        auto piece = one.pieces->next();
        if (auto* const wrong = std::get_if<ipc::rpc_error>(&piece)) {
            return undo(std::move(*wrong));
        }
        if (std::holds_alternative<std::monostate>(piece)) {
            return std::nullopt;
        }
        const auto done = execute(std::get<governor::command>(piece), context_of(one.who, one.is_owner, one.key));
        if (const auto* const no = std::get_if<governor::refusal>(&done.result)) {
            return undo(to_wire(*no));
        }
        if (std::chrono::steady_clock::now() - looked >= full_batch_time) {
            if (auto why = look_up()) {
                return undo(*std::move(why));
            }
            looked = std::chrono::steady_clock::now();
        }
    }
}

std::optional<ipc::rpc_error> ledger::look_up() {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            return stopped_in_the_middle();
        }
    }
    if (!in_place(false)) {
        return files_lost();
    }
    store_.sync_log();
    refuse_waiting();
    show_time();
    return std::nullopt;
}

/// The thread has the store to itself until it ends: what is asked of it meanwhile is nothing.
void ledger::commit_aside() {
    std::future<void> done;
    try {
        done = std::async(std::launch::async, [this] { store_.commit(); });
    } catch (const std::system_error&) {  // no thread can be started now
        store_.commit();
        return;
    }
    while (done.wait_for(look_while_committing) != std::future_status::ready) {
        refuse_waiting();
        show_time();
    }
    done.get();
}

/// What was done already and is only to be kept, and what the daemon itself asked for, waits.
void ledger::refuse_waiting() {
    std::vector<change> waiting;
    {
        const std::lock_guard lock{mutex_};
        waiting.swap(queue_);
    }
    backlog_.take(waiting, backlog_.size());
    auto result = std::make_unique<commit_result>();
    for (auto& one : waiting) {
        const bool may_wait = !one.reply || (one.known && !one.known->empty());
        if (may_wait) {
            backlog_.add(one.quota.of_user, std::move(one));
        } else {
            result->answers.push_back({std::move(one.reply), import_under_way(), one.quota});
        }
    }
    if (!result->answers.empty()) {
        publish(std::move(result));
    }
}

/// A signal that nobody renews is stale also now. It is recorded afterwards.
void ledger::show_time() {
    const auto steady_now = std::chrono::steady_clock::now();
    if (steady_now < next_self_check_) {
        return;
    }
    next_self_check_ = steady_now + self_check_interval;
    watch_clock();
    auto now = governor::evaluate_health(committed_, std::max(hooks_.clock.span(), committed_.span_now));
    if (now != *committed_.health) {
        committed_.health = std::make_shared<health_verdict>(std::move(now));
        publish(std::make_unique<commit_result>());
    }
    if (hooks_.alive) {
        hooks_.alive(figures_);
    }
}

}  // namespace valhalla
