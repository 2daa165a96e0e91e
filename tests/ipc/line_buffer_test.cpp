// SPDX-License-Identifier: Apache-2.0
#include "ipc/line_buffer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using valhalla::ipc::line_buffer;

namespace {

void put(line_buffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto space = buffer.space();
        BOOST_REQUIRE(!space.empty());
        const std::size_t count = std::min(space.size(), bytes.size());
        std::copy_n(bytes.data(), count, space.data());
        buffer.commit(count);
        bytes.remove_prefix(count);
        static_cast<void>(buffer.line());
        if (buffer.overlong()) {
            return;
        }
    }
}

std::vector<std::string> take_all(line_buffer& buffer) {
    std::vector<std::string> lines;
    while (const auto line = buffer.line()) {
        lines.emplace_back(*line);
        buffer.consume();
    }
    return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_buffer_)

BOOST_AUTO_TEST_CASE(lines_come_out_without_their_ends) {
    line_buffer buffer{64, 100};
    put(buffer, "one\ntwo\r\n\nfo");
    const std::vector<std::string> expected{"one", "two", ""};
    BOOST_TEST(take_all(buffer) == expected, boost::test_tools::per_element());
    BOOST_TEST(!buffer.empty());
    put(buffer, "ur\n");
    BOOST_TEST(take_all(buffer).at(0) == "four");
    BOOST_TEST(buffer.empty());
}

BOOST_AUTO_TEST_CASE(a_line_is_the_same_until_it_is_consumed) {
    line_buffer buffer{64, 100};
    put(buffer, "a\nb\n");
    BOOST_TEST(*buffer.line() == "a");
    BOOST_TEST(*buffer.line() == "a");
    buffer.consume();
    BOOST_TEST(*buffer.line() == "b");
}

BOOST_AUTO_TEST_CASE(lines_that_cross_the_end_of_the_memory_stay_whole) {
    line_buffer buffer{16, 1'000};
    std::string all;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 300; ++i) {
        expected.emplace_back(i % 41, static_cast<char>('a' + i % 26));
        all += expected.back() + (i % 3 == 0 ? "\r\n" : "\n");
    }
    std::vector<std::string> got;
    for (std::size_t at = 0, step = 1; at < all.size(); at += step, step = step % 13 + 1) {
        put(buffer, std::string_view{all}.substr(at, step));
        for (auto& line : take_all(buffer)) {
            got.push_back(std::move(line));
        }
    }
    BOOST_TEST(got == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_longest_line_passes_and_one_byte_more_does_not) {
    for (const std::string end : {"\n", "\r\n"}) {
        line_buffer buffer{16, 100};
        put(buffer, std::string(100, 'x') + end);
        BOOST_TEST(buffer.line()->size() == 100U);
        BOOST_TEST(!buffer.overlong());
        line_buffer longer{16, 100};
        put(longer, std::string(101, 'x') + end);
        BOOST_TEST(longer.overlong());
    }
}

BOOST_AUTO_TEST_CASE(an_endless_line_is_overlong_before_it_ends) {
    line_buffer buffer{16, 100};
    put(buffer, std::string(100, 'x'));
    BOOST_TEST(!buffer.overlong());
    put(buffer, "xx");
    BOOST_TEST(buffer.overlong());
}

BOOST_AUTO_TEST_SUITE_END()
