// SPDX-License-Identifier: Apache-2.0
//
// What goes to the journal, field by field, and when it does.
#include <fcntl.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>

#include "daemon/telemetry/daemon_log.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

using journal_entry = std::vector<std::string>;

/// A log to a journal that keeps what it gets, or does not take it.
struct stage {
    explicit stage(int answer = 0)
        : native{std::make_shared<journal_sink>(
              [this, answer](std::span<const iovec> fields) {
                  auto& one = got.emplace_back();
                  for (const auto& each : fields) {
                      one.emplace_back(static_cast<const char*>(each.iov_base), each.iov_len);
                  }
                  return answer;
              },
              plain)},
          logger{std::make_shared<spdlog::logger>("valhallad", native)},
          log{logger, native} {
        plain->set_pattern("%l %v");
    }

    std::ostringstream text;
    std::shared_ptr<spdlog::sinks::ostream_sink_mt> plain = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
    std::vector<journal_entry> got;
    std::shared_ptr<journal_sink> native;
    std::shared_ptr<spdlog::logger> logger;
    daemon_log log;
};

std::string name_of_stream(const struct stat& is) {
    return fmt::format("{}:{}", is.st_dev, is.st_ino);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_suite)

BOOST_AUTO_TEST_CASE(an_entry_is_its_message_priority_id_and_fields_and_no_more) {
    stage s;
    s.log.backup_made("/b/one.db", "alice", 17, 4096, 0.25);
    BOOST_TEST_REQUIRE(s.got.size() == 1U);
    const journal_entry expected{"MESSAGE=backup /b/one.db for alice: 17 records, 4096 bytes, verified, 0.2 s",
                                 "PRIORITY=6", fmt::format("MESSAGE_ID={}", message_ids::backup_made.hex),
                                 "VALHALLA_OPERATOR=alice", "VALHALLA_SEQ=17"};
    BOOST_TEST(s.got.front() == expected, boost::test_tools::per_element());
    BOOST_TEST(s.text.str().empty());
}

BOOST_AUTO_TEST_CASE(priorities_are_those_of_syslog) {
    stage s;
    s.log.storage_failed("x");
    s.log.anchor_failed("x");
    s.log.development();
    s.log.anchor_works();
    const std::vector<std::string> expected{"PRIORITY=2", "PRIORITY=3", "PRIORITY=4", "PRIORITY=6"};
    BOOST_TEST_REQUIRE(s.got.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST(s.got[i].at(1) == expected[i]);
    }
}

BOOST_AUTO_TEST_CASE(what_is_below_the_level_is_not_sent) {
    stage s;
    s.log.set_level("error");
    s.log.development();
    BOOST_TEST(s.got.empty());
    s.log.anchor_failed("x");
    BOOST_TEST(s.got.size() == 1U);
    s.log.set_level("warn");
    s.log.development();
    BOOST_TEST(s.got.size() == 2U);
}

BOOST_AUTO_TEST_CASE(who_only_has_the_logger_reaches_the_journal_too) {
    stage s;
    s.logger->warn("{} of {}", 1, 2);
    BOOST_TEST_REQUIRE(s.got.size() == 1U);
    BOOST_TEST(s.got.front() == (journal_entry{"MESSAGE=1 of 2", "PRIORITY=4"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_journal_does_not_take_is_said_in_plain_text) {
    stage s{-ECONNREFUSED};
    s.log.anchor_failed("no room");
    BOOST_TEST(s.text.str() == "error the newest checkpoint cannot be anchored: no room\n");
}

BOOST_AUTO_TEST_CASE(a_journal_stream_is_known_by_device_and_inode) {
    const tests::temporary_directory dir;
    const auto path = dir.write("stream", "");
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    BOOST_TEST_REQUIRE(fd >= 0);
    struct stat is{};
    BOOST_TEST_REQUIRE(::fstat(fd, &is) == 0);
    const auto name = name_of_stream(is);
    BOOST_TEST(is_journal_stream(fd, name.c_str()));
    BOOST_TEST(!is_journal_stream(fd, nullptr));
    for (const auto& other : {std::string{}, std::string{":"}, std::to_string(is.st_dev), name + "0", name + " ",
                              fmt::format("{}:", is.st_dev), fmt::format(":{}", is.st_ino),
                              fmt::format("{}:{}", is.st_dev + 1, is.st_ino)}) {
        BOOST_TEST(!is_journal_stream(fd, other.c_str()), other);
    }
    ::close(fd);
    BOOST_TEST(!is_journal_stream(fd, name.c_str()));
}

BOOST_AUTO_TEST_SUITE_END()
