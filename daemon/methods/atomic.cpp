// SPDX-License-Identifier: Apache-2.0
//
// daemon.atomic: every call of the list goes through its own method, which checks its parameters and makes its command
// of them; the commands then go to the ledger as one change.
//
//   calls -> [method, role, rate, parameters of each] -> joint_commands -> ledger
//   ledger -> [answer of all] -> distribution -> the reply handle of each -> collection -> the caller
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/methods/bind.hpp"
#include "ipc/api/methods.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/json_parts.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/nearest.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

/// What each call takes on its way beside its text.
constexpr std::size_t bytes_per_call =
    sizeof(governor::command) + sizeof(std::string_view) + sizeof(std::string) + sizeof(ipc::reply_handle);

/// Where the answer of each call arrives, by its index; with the last one the caller has his.
class collection final : public ipc::reply_sink {
  public:
    explicit collection(std::size_t count) : answers_(count), missing_{count} {}

    void set_caller(ipc::reply_handle to) { to_ = std::move(to); }
    void deliver(std::uint64_t index, std::string_view result_json) override {
        answers_.at(index) = result_json;
        if (--missing_ > 0) {
            return;
        }
        to_.reply(fmt::format(R"({{"results":[{}]}})", fmt::join(answers_, ",")));
    }
    void deliver_error(std::uint64_t /*index*/, const ipc::rpc_error& error) override { to_.fail(error); }

  private:
    std::vector<std::string> answers_;
    std::size_t missing_;
    ipc::reply_handle to_;
};

/// Where the ledger's answer arrives: an array with an element for each.
class distribution final : public ipc::reply_sink {
  public:
    distribution(std::vector<ipc::reply_handle> parts, std::shared_ptr<collection> whole)
        : parts_{std::move(parts)}, whole_{std::move(whole)} {}

    void deliver(std::uint64_t ticket, std::string_view results) override {
        const auto elements = ipc::elements_of(results);
        if (!elements || elements->size() != parts_.size()) {
            whole_->deliver_error(ticket, {ipc::error_code::internal_error,
                                           "what was done is in the trail, but its answers are not all there",
                                           {}});
            return;
        }
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            parts_[i].reply((*elements)[i]);
        }
    }
    void deliver_error(std::uint64_t ticket, const ipc::rpc_error& error) override {
        whole_->deliver_error(ticket, error);
    }

  private:
    std::vector<ipc::reply_handle> parts_;
    std::shared_ptr<collection> whole_;
};

/// One call of the list, for its handler.
class inner_call final : public ipc::call {
  public:
    inner_call(ipc::call& outer, const ipc::listed_call& one, std::shared_ptr<collection> answers, std::size_t index)
        : outer_{outer},
          what_{.method = one.method, .params = one.params, .request_key = {}},
          answers_{std::move(answers)},
          index_{index} {}

    [[nodiscard]] const ipc::asked& what() const noexcept override { return what_; }
    void set_request_key(std::string /*key*/) override {
        ipc::rpc_error error{ipc::error_code::invalid_params,
                             "a request key belongs to the whole of daemon.atomic, not to a call in it",
                             {}};
        ipc::append_text_member(error.data_members, "key", ipc::request_key_name);
        fail(error);
    }
    [[nodiscard]] const ipc::peer& who() const noexcept override { return outer_.who(); }
    [[nodiscard]] std::optional<ipc::rpc_error> objection(const ipc::bound_method& other, std::size_t times) override {
        return outer_.objection(other, times);
    }
    [[nodiscard]] std::optional<ipc::rpc_error> act_as(ipc::key_identity /*whom*/) override {
        return ipc::rpc_error{ipc::error_code::internal_error, "the caller cannot change among several calls", {}};
    }
    void reply(std::string_view /*result_json*/) override {
        fail({ipc::error_code::internal_error, "the method did not go through the ledger", {}});
    }
    void fail(const ipc::rpc_error& error) override {
        if (!error_) {
            error_ = error;
        }
    }
    [[nodiscard]] ipc::reply_handle defer() override { return {answers_, index_}; }
    [[nodiscard]] std::shared_ptr<ipc::push_channel> channel() override { return outer_.channel(); }

    [[nodiscard]] const std::optional<ipc::rpc_error>& error() const noexcept { return error_; }

  private:
    ipc::call& outer_;
    ipc::asked what_;
    std::shared_ptr<collection> answers_;
    std::size_t index_;
    std::optional<ipc::rpc_error> error_;
};

bool may_be_listed(const ipc::method_info& info) {
    return info.kind == ipc::effect::change && info.name != api::daemon_atomic::name;
}

ipc::rpc_error not_listable(const ipc::method_table& table, const std::string& method) {
    std::vector<std::string_view> allowed;
    for (const auto& each : table.methods()) {
        if (may_be_listed(each->info())) {
            allowed.push_back(each->info().name);
        }
    }
    ipc::rpc_error error{ipc::error_code::invalid_params, {}, {}};
    const auto name = ipc::excerpt(method, ipc::max_excerpt_bytes);
    error.message =
        table.find(method) == nullptr
            ? fmt::format("there is no method \"{}\"; allowed are {}", name, fmt::join(allowed, ", "))
            : fmt::format("{} is not a change that is allowed here; allowed are {}", name, fmt::join(allowed, ", "));
    ipc::append_text_member(error.data_members, "key", "calls");
    if (const auto nearest = ipc::nearest_name(method, allowed); !nearest.empty()) {
        ipc::append_text_member(error.data_members, "nearest", nearest);
    }
    return error;
}

/// One request on its way to the ledger; lives on the stack.
class preparation {
  public:
    preparation(const ipc::method_table& table, change_gate& changes, ipc::call& outer)
        : table_{table}, changes_{changes}, outer_{outer} {}

    /// Nothing, or which call is not good and why; then nothing was done.
    [[nodiscard]] std::optional<ipc::rpc_error> run(const std::vector<ipc::listed_call>& calls) {
        auto error = find_methods(calls);
        if (!error) {
            error = ask_permission();
        }
        return error ? error : read_and_submit(calls);
    }

  private:
    [[nodiscard]] std::optional<ipc::rpc_error> about(std::size_t index, std::string_view method,
                                                      ipc::rpc_error error) const {
        ipc::name_call(error, index, method);
        return error;
    }

    std::optional<ipc::rpc_error> find_methods(const std::vector<ipc::listed_call>& calls) {
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const auto* const method = table_.find(calls[i].method);
            if (method == nullptr || !may_be_listed(method->info())) {
                return about(i, ipc::excerpt(calls[i].method, ipc::max_excerpt_bytes),
                             not_listable(table_, calls[i].method));
            }
            methods_.push_back(method);
        }
        return std::nullopt;
    }

    /// Once for each method, with the number of its calls: a rate has room for all of them or for none.
    std::optional<ipc::rpc_error> ask_permission() {
        for (auto at = methods_.begin(); at != methods_.end(); ++at) {
            if (std::find(methods_.begin(), at, *at) != at) {
                continue;
            }
            const auto times = static_cast<std::size_t>(std::count(at, methods_.end(), *at));
            if (auto error = outer_.objection(**at, times)) {
                return about(static_cast<std::size_t>(at - methods_.begin()), (*at)->info().name, *std::move(error));
            }
        }
        return std::nullopt;
    }

    std::optional<ipc::rpc_error> read_and_submit(const std::vector<ipc::listed_call>& calls) {
        const auto whole = std::make_shared<collection>(calls.size());
        auto together = std::make_unique<joint_commands>();
        std::vector<ipc::reply_handle> parts;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            inner_call one{outer_, calls[i], whole, i};
            auto made = changes_.collect([&] { methods_[i]->run(calls[i].params, scratch_, one); });
            if (made.size() != 1) {
                one.reply({});  // says what is wrong with the method, unless that was said
            }
            if (one.error()) {
                return about(i, methods_[i]->info().name, *one.error());
            }
            together->commands.push_back(std::move(made.front().what));
            together->methods.push_back(methods_[i]->info().name);
            parts.push_back(std::move(made.front().reply));
        }
        whole->set_caller(outer_.defer());
        const auto answered = std::make_shared<distribution>(std::move(parts), whole);
        const auto bytes = outer_.what().params.size() + calls.size() * bytes_per_call;
        changes_.submit(std::move(together), outer_.who(), {answered, 0}, change_gate::token_of(outer_), bytes);
        return std::nullopt;
    }

    const ipc::method_table& table_;
    change_gate& changes_;
    ipc::call& outer_;
    std::vector<const ipc::bound_method*> methods_;
    ipc::json_scratch scratch_;
};

}  // namespace

void bind_atomic_method(ipc::method_table& table, const services& with) {
    table.on<api::daemon_atomic>([with, &table](const api::daemon_atomic::params& p, ipc::call& c) {
        if (p.calls.size() > with.bounds.batch) {
            ipc::rpc_error error{
                ipc::error_code::invalid_params,
                fmt::format("\"calls\" must have at most {} calls, not {}", with.bounds.batch, p.calls.size()),
                {}};
            ipc::append_text_member(error.data_members, "key", "calls");
            c.fail(error);
            return;
        }
        if (const auto error = preparation{table, with.changes, c}.run(p.calls)) {
            c.fail(*error);
        }
    });
}

}  // namespace valhalla
