// SPDX-License-Identifier: Apache-2.0
#include "daemon/io_loop.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>
#include <time.h>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct cost {
    std::chrono::nanoseconds processor_time{0};
    long sleeps = 0;
};

/// Of the calling thread until now.
cost cost_of_this_thread() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return {std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec}, usage.ru_nvcsw};
}

constexpr int handlers = 200;

/// Runs handlers that come from another thread, `gap` apart, and a stop that comes `silence` behind the last one.
cost run_with_gaps(std::chrono::microseconds longest, std::chrono::microseconds gap,
                   std::chrono::milliseconds silence = 0ms) {
    asio::io_context io;
    const auto work = asio::make_work_guard(io);
    std::vector<int> seen;
    std::thread other{[&] {
        for (int i = 0; i < handlers; ++i) {
            std::this_thread::sleep_for(gap);
            asio::post(io, [&seen, i] { seen.push_back(i); });
        }
        std::this_thread::sleep_for(silence);
        asio::post(io, [&io] { io.stop(); });
    }};
    const auto before = cost_of_this_thread();
    valhalla::run_io(io, longest);
    const auto after = cost_of_this_thread();
    other.join();
    BOOST_TEST(seen.size() == static_cast<std::size_t>(handlers));
    BOOST_TEST(std::ranges::is_sorted(seen));
    return {after.processor_time - before.processor_time, after.sleeps - before.sleeps};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(io_loop)

BOOST_AUTO_TEST_CASE(runs_what_comes_in_its_order_however_long_it_looks) {
    for (const auto longest : {0us, 200us, 1'000us}) {
        for (const auto gap : {0us, 50us, 2'000us}) {
            run_with_gaps(longest, gap);
        }
    }
}

BOOST_AUTO_TEST_CASE(does_not_sleep_between_events_that_come_soon) {
    BOOST_TEST(run_with_gaps(50'000us, 100us).sleeps < handlers / 4);
}

BOOST_AUTO_TEST_CASE(sleeps_between_events_that_come_late) {
    BOOST_TEST(run_with_gaps(100us, 2'000us).sleeps > handlers / 2);
}

BOOST_AUTO_TEST_CASE(sleeps_when_a_burst_is_over) {
    BOOST_TEST((run_with_gaps(2'000us, 20us, 1'000ms).processor_time < 500ms));
}

BOOST_AUTO_TEST_CASE(ends_when_there_is_no_work) {
    asio::io_context io;
    int ran = 0;
    asio::post(io, [&] { asio::post(io, [&] { ++ran; }); });
    valhalla::run_io(io, 200us);
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_the_callers) {
    asio::io_context io;
    asio::post(io, [] { throw std::runtime_error{"of a handler"}; });
    BOOST_CHECK_THROW(valhalla::run_io(io, 200us), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
