// SPDX-License-Identifier: Apache-2.0
#include "daemon/task_runner.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>

#include <fmt/format.h>

namespace valhalla {

namespace {

ipc::rpc_error failed_inside(const std::exception& fault) {
    return {ipc::error_code::internal_error, fmt::format("the task failed inside the daemon: {}", fault.what()), {}};
}

}  // namespace

/// One task with its key, and where the answers of its steps arrive: the ticket says which step.
class task_runner::once final : public ipc::reply_sink, public std::enable_shared_from_this<once> {
  public:
    once(task_runner& runner, ipc::peer who, retry_token token, task what, ipc::reply_handle caller)
        : runner_{runner},
          who_{std::move(who)},
          token_{std::move(token)},
          what_{std::move(what)},
          caller_{std::move(caller)} {}

    void begin() { runner_.changes_.recall(token_, {}, who_, answer_at(asked_before)); }

    void deliver(std::uint64_t ticket, std::string_view json) override {
        if (ticket == asked_before && json.empty()) {
            carry_out();
        } else if (ticket == carried_out) {
            answer_ = json;
            runner_.changes_.recall(token_, answer_, who_, answer_at(kept));
        } else {
            is_over();
            caller_.reply(json);
        }
    }
    void deliver_error(std::uint64_t ticket, const ipc::rpc_error& error) override {
        is_over();
        if (ticket == kept) {
            caller_.reply(answer_);  // what is done is done, though it could not be noted
        } else {
            caller_.fail(error);
        }
    }

  private:
    static constexpr std::uint64_t asked_before = 0;
    static constexpr std::uint64_t carried_out = 1;
    static constexpr std::uint64_t kept = 2;

    /// No connection waits above it that would catch what it throws.
    void carry_out() {
        try {
            what_(who_, answer_at(carried_out), token_);
        } catch (const std::exception& fault) {
            deliver_error(carried_out, failed_inside(fault));
        }
    }

    /// Here and not in a destructor: another thread may be the last to let go of us.
    void is_over() { runner_.running_.erase({who_.name, token_.key}); }
    ipc::reply_handle answer_at(std::uint64_t step) { return {shared_from_this(), step}; }

    task_runner& runner_;
    const ipc::peer who_;
    const retry_token token_;
    const task what_;
    ipc::reply_handle caller_;
    std::string answer_;
};

void task_runner::run(ipc::call& c, task what) {
    auto token = change_gate::token_of(c);
    if (!token) {
        auto reply = c.defer();
        try {
            what(c.who(), reply, std::nullopt);
        } catch (const std::exception& fault) {
            reply.fail(failed_inside(fault));
            throw;  // to be logged where the handler was called
        }
        return;
    }
    if (!running_.emplace(c.who().name, token->key).second) {
        ipc::rpc_error error{ipc::error_code::request_running,
                             "the request with the key " + token->key +
                                 " is still being carried out; try again in a moment, with the same key",
                             {}};
        ipc::append_text_member(error.data_members, "key", "request_key");
        c.fail(error);
        return;
    }
    std::make_shared<once>(*this, c.who(), *std::move(token), std::move(what), c.defer())->begin();
}

}  // namespace valhalla
