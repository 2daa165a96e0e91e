// SPDX-License-Identifier: Apache-2.0
#include "daemon/io_loop.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/not_tested.hpp"

namespace asio = boost::asio;
using valhalla::idle_policy;
using namespace std::chrono_literals;

namespace {

struct cost {
    std::chrono::nanoseconds processor_time{0};
    long sleeps = 0;
    long preemptions = 0;  ///< others got the core, also where it was offered to them
};

/// Of the calling thread until now.
cost cost_of_this_thread() {
    timespec used{};
    BOOST_REQUIRE(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0);
    rusage usage{};
    BOOST_REQUIRE(::getrusage(RUSAGE_THREAD, &usage) == 0);
    return {std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec}, usage.ru_nvcsw,
            usage.ru_nivcsw};
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
    return {after.processor_time - before.processor_time, after.sleeps - before.sleeps,
            after.preemptions - before.preemptions};
}

/// As many wake-ups, soon and for little, as make it look.
idle_policy expecting(std::chrono::microseconds longest = 200us) {
    idle_policy policy{longest};
    for (unsigned i = 0; i < idle_policy::enough_in_a_row; ++i) {
        BOOST_TEST(!policy.looks(idle_policy::clock::now()));
        policy.slept(longest, idle_policy::few_handlers);
    }
    return policy;
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
    // Others may want the core, and then it has to sleep: in each try, where they share the only one and compute.
    bool stayed_awake = false;
    bool always_preempted = true;
    for (int tries = 0; tries < 20 && !stayed_awake; ++tries) {
        const auto spent = run_with_gaps(50'000us, 100us);
        stayed_awake = spent.sleeps < handlers / 4;
        always_preempted = always_preempted && spent.preemptions > 0;
    }
    if (!stayed_awake && always_preempted) {
        valhalla::tests::not_tested("others computed on this core in every try");
    }
    BOOST_TEST((stayed_awake || always_preempted));
}

BOOST_AUTO_TEST_CASE(sleeps_between_events_that_come_late) {
    BOOST_TEST(run_with_gaps(100us, 2'000us).sleeps > handlers / 2);
}

BOOST_AUTO_TEST_CASE(sleeps_when_a_burst_is_over) {
    BOOST_TEST((run_with_gaps(2'000us, 20us, 1'000ms).processor_time < 500ms));
}

BOOST_AUTO_TEST_CASE(looks_after_wake_ups_that_were_soon_and_for_little) {
    const idle_policy::clock::time_point now{1h};
    BOOST_TEST(expecting().looks(now));
    for (const auto& [gap, handlers] : {std::pair{201us, 1U}, std::pair{1us, 17U}}) {
        auto policy = expecting();
        policy.slept(gap, handlers);
        BOOST_TEST(!policy.looks(now));
    }
    auto policy = expecting();
    policy.found(idle_policy::few_handlers);
    BOOST_TEST(policy.looks(now));
    policy.found(idle_policy::few_handlers + 1);
    BOOST_TEST(!policy.looks(now));
}

BOOST_AUTO_TEST_CASE(with_no_time_to_look_it_always_sleeps) {
    idle_policy policy{0us};
    for (int i = 0; i < 100; ++i) {
        policy.slept(1ns, 1);
        BOOST_TEST(!policy.looks(idle_policy::clock::time_point{1h}));
    }
}

BOOST_AUTO_TEST_CASE(rests_longer_each_time_that_others_keep_the_core) {
    auto policy = expecting();
    idle_policy::clock::time_point now{1h};
    policy.gave_way(999us, now);
    BOOST_TEST(policy.looks(now));
    const auto rest_after_losing_the_core = [&] {
        policy.gave_way(1ms, now);
        const auto lost = now;
        while (!policy.looks(now)) {
            now += 1ms;
        }
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - lost).count();
    };
    BOOST_TEST(rest_after_losing_the_core() == 10);
    BOOST_TEST(rest_after_losing_the_core() == 20);
    for (int i = 0; i < 10; ++i) {
        rest_after_losing_the_core();
    }
    BOOST_TEST(rest_after_losing_the_core() == 1'000);
    for (unsigned i = 0; i < idle_policy::undisturbed_looks; ++i) {
        policy.found(1);
    }
    BOOST_TEST(rest_after_losing_the_core() == 10);
}

BOOST_AUTO_TEST_CASE(ends_when_there_is_no_work) {
    asio::io_context io;
    int ran = 0;
    asio::post(io, [&] { asio::post(io, [&] { ++ran; }); });
    valhalla::run_io(io, 200us);
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(ends_when_the_last_work_is_done_while_it_looks) {
    asio::io_context io;
    auto work = std::make_optional(asio::make_work_guard(io));
    int left = handlers;
    std::thread other{[&] {
        for (int i = 0; i < handlers; ++i) {
            std::this_thread::sleep_for(50us);
            asio::post(io, [&] {
                if (--left == 0) {
                    work.reset();
                }
            });
        }
    }};
    valhalla::run_io(io, 50'000us);
    other.join();
    BOOST_TEST(left == 0);
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_the_callers) {
    asio::io_context io;
    asio::post(io, [] { throw std::runtime_error{"of a handler"}; });
    BOOST_CHECK_THROW(valhalla::run_io(io, 200us), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
