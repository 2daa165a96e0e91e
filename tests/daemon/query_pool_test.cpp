// SPDX-License-Identifier: Apache-2.0
#include "daemon/query_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/ledger_store.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;
using namespace std::chrono_literals;

namespace {

class counting_sink final : public ipc::reply_sink {
  public:
    void deliver(std::uint64_t /*ticket*/, std::string_view result_json) override { answers.emplace_back(result_json); }
    void deliver_error(std::uint64_t /*ticket*/, const ipc::rpc_error& error) override {
        answers.emplace_back(ipc::kind_of(error.code));
    }
    std::vector<std::string> answers;
};

/// A pool whose results the test takes one by one, as the I/O thread would.
struct bench {
    bench()
        : pool{database(), [this](std::function<void()> result) {
                   {
                       const std::lock_guard lock{mutex};
                       results.push_back(std::move(result));
                   }
                   wake.notify_one();
               }} {
        pool.start();
    }
    std::filesystem::path database() {
        const auto path = directory.path() / "valhalla.db";
        const schema::ledger_store made{path};
        return path;
    }
    std::size_t wait_for_results(std::size_t count) {
        std::unique_lock lock{mutex};
        wake.wait(lock, [&] { return results.size() >= count; });
        return results.size();
    }
    void take_one() {
        std::unique_lock lock{mutex};
        wake.wait(lock, [&] { return !results.empty(); });
        const auto result = std::move(results.front());
        results.erase(results.begin());
        lock.unlock();
        result();
    }
    ipc::reply_handle reply() { return {sink, 0}; }

    tests::temporary_directory directory;
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<std::function<void()>> results;
    std::shared_ptr<counting_sink> sink = std::make_shared<counting_sink>();
    query_pool pool;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(query_pool_suite)

BOOST_AUTO_TEST_CASE(the_next_job_waits_when_results_are_not_taken) {
    bench b;
    std::atomic<std::size_t> carried_out{0};
    constexpr std::size_t jobs = 3 * query_pool::max_handed_over;
    for (std::size_t n = 0; n < jobs; ++n) {
        b.pool.submit([&](schema::reader&) { return std::to_string(++carried_out); }, b.reply());
    }
    for (std::size_t taken = 0; taken < jobs; ++taken) {
        b.wait_for_results(std::min(query_pool::max_handed_over, jobs - taken));
        BOOST_TEST(carried_out <= taken + query_pool::max_handed_over);
        b.take_one();
    }
    BOOST_TEST(b.sink->answers.size() == jobs);
    BOOST_TEST(b.sink->answers.back() == std::to_string(jobs));
}

BOOST_AUTO_TEST_CASE(a_fault_of_the_storage_says_whether_it_may_be_tried_again) {
    bench b;
    using enum schema::storage_fault;
    for (const auto fault : {full, busy, broken}) {
        b.pool.submit([fault](schema::reader&) -> query_pool::answer { throw schema::storage_error{fault, "so"}; },
                      b.reply());
        b.take_one();
    }
    BOOST_TEST(b.sink->answers == (std::vector<std::string>{"storage_full", "overloaded", "internal_error"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_jobs_carry_is_bounded) {
    bench b;
    std::promise<void> go;
    auto released = go.get_future().share();
    std::promise<void> begun;
    b.pool.submit(
        [&, released](schema::reader&) {
            begun.set_value();
            released.wait();
            return std::string{"1"};
        },
        b.reply());
    begun.get_future().wait();
    const auto job = [](schema::reader&) { return std::string{"2"}; };
    b.pool.submit(job, b.reply(), query_pool::max_queued_bytes - 1);
    b.pool.submit(job, b.reply(), 2);
    BOOST_TEST(b.sink->answers == (std::vector<std::string>{"overloaded"}), boost::test_tools::per_element());
    b.pool.submit(job, b.reply(), 1);
    go.set_value();
    for (int n = 0; n < 3; ++n) {
        b.take_one();
    }
    b.pool.submit(job, b.reply(), query_pool::max_queued_bytes);
    b.take_one();
    BOOST_TEST(b.sink->answers.size() == 5U);
}

BOOST_AUTO_TEST_CASE(when_it_stops_what_is_queued_is_carried_out_though_nobody_takes_results) {
    bench b;
    constexpr std::size_t jobs = 3 * query_pool::max_handed_over;
    for (std::size_t n = 0; n < jobs; ++n) {
        b.pool.submit([](schema::reader&) { return std::string{"1"}; }, b.reply());
    }
    BOOST_TEST(b.pool.stop(60s));
    BOOST_TEST(b.wait_for_results(jobs) == jobs);
}

BOOST_AUTO_TEST_CASE(its_end_does_not_wait_for_a_job_that_hangs_nor_for_what_is_behind_it) {
    std::promise<void> go;
    auto released = go.get_future().share();
    std::atomic<bool> carried_out = false;
    std::promise<void> begun;
    bench b;
    b.pool.submit(
        [&, released](schema::reader&) {
            begun.set_value();
            released.wait();
            return std::string{"1"};
        },
        b.reply());
    begun.get_future().wait();
    b.pool.submit(
        [&](schema::reader&) {
            carried_out = true;
            return std::string{"2"};
        },
        b.reply());
    BOOST_TEST(!b.pool.stop(50ms));
    go.set_value();
    b.wait_for_results(1);
    BOOST_TEST(!carried_out);
    BOOST_TEST(b.pool.stop(60s));
}

BOOST_AUTO_TEST_CASE(what_the_daemon_must_do_is_done_before_all_that_waits_and_however_much_that_is) {
    std::promise<void> go;
    auto released = go.get_future().share();
    std::promise<void> begun;
    std::vector<std::string> done;
    bench b;
    b.pool.submit(
        [&, released](schema::reader&) {
            begun.set_value();
            released.wait();
            return std::string{"1"};
        },
        b.reply());
    begun.get_future().wait();
    const auto job = [](schema::reader&) { return std::string{"2"}; };
    for (std::size_t n = 0; n < query_pool::max_queued; ++n) {
        b.pool.submit(job, b.reply());
    }
    b.pool.submit(job, b.reply());
    BOOST_TEST(b.sink->answers.back() == "overloaded");
    b.pool.submit_own([&](schema::reader&) -> std::function<void()> { return [&] { done.emplace_back("own"); }; });
    go.set_value();
    b.take_one();
    b.take_one();
    BOOST_TEST(done.size() == 1U);
    for (std::size_t n = 0; n < query_pool::max_queued; ++n) {
        b.take_one();
    }
}

BOOST_AUTO_TEST_SUITE_END()
