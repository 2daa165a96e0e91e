// SPDX-License-Identifier: Apache-2.0
//
// A ledger on a database of its own, for tests.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/change_gate.hpp"
#include "daemon/ledger.hpp"
#include "daemon/restore.hpp"
#include "schema/ledger_store.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {

/// Takes answers in the order in which they come.
class collecting_sink final : public ipc::reply_sink {
  public:
    void deliver(std::uint64_t ticket, std::string_view result_json) override {
        answers.emplace_back(std::to_string(ticket) + "=" + std::string{result_json});
    }
    void deliver_error(std::uint64_t ticket, const ipc::rpc_error& error) override {
        answers.emplace_back(std::to_string(ticket) + "!" + std::string{ipc::kind_of(error.code)});
    }
    std::vector<std::string> answers;
};

/// A ledger on a database of its own. Commits are kept; the test waits for them.
class ledger_bench {
  public:
    ledger_bench()
        : store_{directory_.path() / "valhalla.db"},
          ledger_{store_,
                  restore_state(store_.load(), std::make_shared<const governor::canon>(),
                                std::make_shared<const governor::playbook>(), span_of(micros_at(now_))),
                  {.on_commit = [this](std::unique_ptr<commit_result> r) { keep(std::move(r)); },
                   .on_broken = [](const schema::storage_error& e) { BOOST_ERROR(e.what()); },
                   .measure = [] { return governor::self_checks{}; },
                   .clock = daemon_clock{{.wall = [this] { return micros_at(now_ += 1'000) + clock_set_by(); },
                                          .running = [this] { return std::chrono::microseconds{now_ - begin}; },
                                          .boot = {}}},
                   .on_clock = [this](const clock_news& what) { keep(what); }}} {
        ledger_.bootstrap(governor::commands::create_database{"00112233445566778899aabbccddeeff"});
    }

    [[nodiscard]] std::filesystem::path database() const { return directory_.path() / "valhalla.db"; }
    valhalla::ledger& ledger() { return ledger_; }

    change change_of(governor::command what, std::uint64_t ticket) {
        return {.what = std::move(what),
                .who = {.name = "alice", .via = actor_via::unix_socket, .uid = 1, .gid = 1},
                .is_owner = true,
                .reply = ipc::reply_handle{sink, ticket}};
    }
    change joint_change_of(std::vector<governor::command> all, std::uint64_t ticket) {
        auto together = std::make_unique<joint_commands>();
        together->methods.assign(all.size(), "test.method");
        together->commands = std::move(all);
        auto one = change_of({}, ticket);
        one.together = std::move(together);
        return one;
    }
    /// Stops the ledger, then hands out every answer, in order of commits.
    std::size_t finish() {
        ledger_.stop();
        for (auto& commit : commits) {
            change_gate::answer(*commit);
        }
        return commits.size();
    }
    void let_pass(std::chrono::microseconds time) { now_ += time.count(); }
    /// The wall clock alone.
    void set_clock(std::chrono::microseconds by) { set_by_ += by.count(); }
    void wait_for_commit() { wait_for_commits(1); }
    void wait_for_commits(std::size_t count) {
        std::unique_lock lock{mutex_};
        wake_.wait(lock, [&] { return commits.size() >= count; });
    }
    std::size_t commit_count() {
        const std::lock_guard lock{mutex_};
        return commits.size();
    }
    std::uint64_t newest_head() {
        const std::lock_guard lock{mutex_};
        return commits.back()->head.size;
    }

    std::shared_ptr<collecting_sink> sink = std::make_shared<collecting_sink>();
    std::vector<std::unique_ptr<commit_result>> commits;

    /// Of the clock, as the log has it.
    std::vector<clock_news> news() {
        const std::lock_guard lock{mutex_};
        return news_;
    }
    /// Calls until it is true, for as long as a slow machine may take.
    template <class Condition>
    void await(Condition&& condition, const char* what) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!condition()) {
            BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, what);
            std::this_thread::yield();
        }
    }

  private:
    static constexpr std::int64_t begin = 1'700'000'000'000'000;

    [[nodiscard]] std::chrono::microseconds clock_set_by() const { return std::chrono::microseconds{set_by_}; }
    void keep(const clock_news& what) {
        const std::lock_guard lock{mutex_};
        news_.push_back(what);
    }
    void keep(std::unique_ptr<commit_result> result) {
        if (result->answers.empty()) {
            ledger_.handed_out();
            return;  // a tick that changed the reasons of the health
        }
        {
            const std::lock_guard lock{mutex_};
            commits.push_back(std::move(result));
        }
        wake_.notify_one();
    }

    temporary_directory directory_;
    std::atomic<std::int64_t> now_ = begin;
    std::atomic<std::int64_t> set_by_ = 0;
    std::vector<clock_news> news_;
    std::mutex mutex_;
    std::condition_variable wake_;
    schema::ledger_store store_;
    valhalla::ledger ledger_;
};

inline governor::commands::append_event event_number(int n) {
    return {.name = "X_TEST", .payload_json = "{\"n\":" + std::to_string(n) + "}"};
}

}  // namespace valhalla::tests
