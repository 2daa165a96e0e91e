// SPDX-License-Identifier: Apache-2.0
//
// Lines that nobody takes.
#include "daemon/telemetry/log_writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using valhalla::log_entry;
using valhalla::log_writer;

namespace {

/// Takes lines, once it is let go. The writer's thread may outlive the test.
struct reader_of_lines {
    std::mutex mutex;
    std::vector<std::string> lines;
    std::shared_future<void> let_go;
    std::promise<void> reached;
    bool told = false;

    void take(const log_entry& line) {
        {
            const std::lock_guard lock{mutex};
            if (!std::exchange(told, true)) {
                reached.set_value();
            }
        }
        if (let_go.valid()) {
            let_go.wait();
        }
        const std::lock_guard lock{mutex};
        lines.push_back(line.text);
    }
};

log_writer writer_to(const std::shared_ptr<reader_of_lines>& reader) {
    return {[reader](const log_entry& line, log_writer::clock::time_point) { reader->take(line); },
            [](std::uint64_t lines) { return log_entry{.id = {}, .text = std::to_string(lines) + " lost"}; }};
}

log_entry numbered(std::size_t n) {
    return {.id = {}, .text = std::to_string(n)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_writer_suite)

BOOST_AUTO_TEST_CASE(its_end_waits_for_every_line) {
    const auto reader = std::make_shared<reader_of_lines>();
    {
        auto log = writer_to(reader);
        for (std::size_t n = 0; n < 100; ++n) {
            log.put(numbered(n));
        }
        BOOST_TEST(log.stop());
    }
    BOOST_TEST_REQUIRE(reader->lines.size() == 100U);
    BOOST_TEST(reader->lines.front() == "0");
    BOOST_TEST(reader->lines.back() == "99");
}

BOOST_AUTO_TEST_CASE(who_writes_never_waits_and_what_was_lost_is_told) {
    std::promise<void> let_go;
    const auto reader = std::make_shared<reader_of_lines>();
    reader->let_go = let_go.get_future().share();
    auto reached = reader->reached.get_future();
    auto log = writer_to(reader);
    log.put(numbered(0));
    reached.wait();  // and now it hangs
    for (std::size_t n = 1; n <= log_writer::max_lines + 7; ++n) {
        log.put(numbered(n));
    }
    let_go.set_value();
    BOOST_TEST(log.stop());
    BOOST_TEST_REQUIRE(reader->lines.size() == log_writer::max_lines + 2);
    BOOST_TEST(reader->lines.back() == "7 lost");
    BOOST_TEST(reader->lines.at(log_writer::max_lines) == std::to_string(log_writer::max_lines));
}

BOOST_AUTO_TEST_CASE(long_lines_are_bounded_by_their_bytes) {
    std::promise<void> let_go;
    const auto reader = std::make_shared<reader_of_lines>();
    reader->let_go = let_go.get_future().share();
    auto reached = reader->reached.get_future();
    auto log = writer_to(reader);
    log.put(numbered(0));
    reached.wait();
    for (int n = 0; n < 8; ++n) {
        log.put({.id = {}, .text = std::string(log_writer::max_bytes / 4, 'x')});
    }
    let_go.set_value();
    BOOST_TEST(log.stop());
    BOOST_TEST(reader->lines.size() == 5U);
    BOOST_TEST(reader->lines.back() == "5 lost");
}

BOOST_AUTO_TEST_CASE(its_end_does_not_wait_for_ever) {
    std::promise<void> let_go;
    const auto reader = std::make_shared<reader_of_lines>();
    reader->let_go = let_go.get_future().share();
    auto reached = reader->reached.get_future();
    auto log = writer_to(reader);
    log.put(numbered(0));
    reached.wait();
    const auto before = std::chrono::steady_clock::now();
    BOOST_TEST(!log.stop());
    BOOST_TEST((std::chrono::steady_clock::now() - before >= log_writer::patience));
    let_go.set_value();
    BOOST_TEST(log.stop());
}

BOOST_AUTO_TEST_SUITE_END()
