// SPDX-License-Identifier: Apache-2.0
//
// audit list --format: pages until the end, records as they are, one a line.
#include <sstream>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/ctl/fake_log.hpp"

BOOST_AUTO_TEST_SUITE(ctl_audit_formats)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;

namespace {

struct listed_log : fake_log {
    explicit listed_log(std::size_t size) {
        grow_to(size);
        serve(daemon);
    }
    [[nodiscard]] outcome list(std::vector<std::string> options, const seat& at = {}) {
        options.insert(options.begin(), {"audit", "list"});
        return run(daemon, options, at);
    }
    fake_daemon daemon;
};

const std::vector<std::string> odd_records{
    R"({"v":1,"seq":1,"ts_utc":"2026-11-22T12:19:00.000000Z","event":"CONE_DENY","actor":{"name":"anna","via":"unix"},"session":3,"payload":{"big":12345678901234567890123, "n":1.10}})",
    R"({"v":1,"seq":2,"ts_utc":"2026-11-22T12:19:01.000000Z","event":"X_A","actor":{"name":"O'Hara, \"Kit\"\r\nx","via":"http"},"session":null,"payload":{"text":"a,\"b\"\n"}})",
    R"({"v":1,"seq":3,"ts_utc":"2026-11-22T12:19:02.000000Z","event":"X_B","actor":{"name":"=1+1","via":"unix"},"payload":{}})",
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_format_is_as_accepted) {
    listed_log log{0};
    for (const auto& record : odd_records) {
        log.append(record);
    }
    for (const auto* format : {"json", "csv", "cloudevents"}) {
        const auto got = log.list({"--after", "0", "--format", format});
        BOOST_TEST(got.err == "");
        BOOST_TEST(got.code == 0);
        check_golden(fmt::format("formats/audit-list.{}", format), got.out);
    }
}

BOOST_AUTO_TEST_CASE(json_is_the_record_byte_for_byte) {
    listed_log log{0};
    log.append(odd_records[0]);
    BOOST_TEST(log.list({"--format", "json"}).out == odd_records[0] + '\n');
    BOOST_TEST(log.list({"--format", "json", "--json"}).out == odd_records[0] + '\n');
}

BOOST_AUTO_TEST_CASE(csv_quotes_what_rfc_4180_says) {
    listed_log log{0};
    log.append(odd_records[1]);
    BOOST_TEST(log.list({"--format", "csv"}).out ==
               "seq,ts_utc,event,actor,via,session,payload\r\n"
               "2,2026-11-22T12:19:01.000000Z,X_A,\"O'Hara, "
               "\"\"Kit\"\"\r\nx\",http,,\"{\"\"text\"\":\"\"a,\\\"\"b\\\"\"\\n\"\"}\"\r\n");
    // On a terminal nothing acts on it.
    BOOST_TEST(log.list({"--format", "csv"}, {.out_is_terminal = true}).out.find('\r') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cloud_event_is_a_projection_of_the_record) {
    listed_log log{0};
    log.append(odd_records[0]);
    BOOST_TEST(log.list({"--format", "cloudevents"}).out ==
               R"({"specversion":"1.0","id":"1","source":"//example.com/valhalla","type":"valhalla.CONE_DENY",)"
               R"("time":"2026-11-22T12:19:00.000000Z","subject":"session/3","datacontenttype":"application/json",)"
               R"("actor":"anna","sequence":"00000000000000000001","data":{"big":12345678901234567890123, "n":1.10}})"
               "\n");
    BOOST_TEST(log.daemon.count("audit.key") == 1U);
}

BOOST_AUTO_TEST_CASE(all_pages_come_in_either_order) {
    listed_log log{25};
    log.largest_page = 4;
    const auto seqs = [&](const std::vector<std::string>& options) {
        auto all = options;
        all.insert(all.end(), {"--format", "json"});
        std::istringstream lines{log.list(all).out};
        std::vector<std::int64_t> found;
        for (std::string line; std::getline(lines, line);) {
            found.push_back(boost::json::parse(line).at("seq").as_int64());
        }
        return found;
    };
    const auto all = seqs({"--after", "0"});
    BOOST_REQUIRE_EQUAL(all.size(), 25U);
    BOOST_TEST((all.front() == 1 && all.back() == 25));
    const auto newest = seqs({});
    BOOST_REQUIRE_EQUAL(newest.size(), 25U);
    BOOST_TEST((newest.front() == 25 && newest.back() == 1));
    BOOST_TEST((seqs({"--limit", "6"}) == std::vector<std::int64_t>{25, 24, 23, 22, 21, 20}));
    BOOST_TEST((seqs({"--after", "3", "--limit", "1"}) == std::vector<std::int64_t>{4}));
    BOOST_TEST((seqs({"--session", "7", "--before", "12"}) == std::vector<std::int64_t>{9, 6, 3}));
    BOOST_TEST(seqs({"--limit", "5000"}).size() == 25U);
}

BOOST_AUTO_TEST_CASE(a_page_without_records_is_not_the_end) {
    fake_daemon daemon;
    daemon.on("audit.list", [](const boost::json::value& p) {
        const auto after = p.at("after").as_int64();
        return result(after < 20 ? fmt::format(R"({{"items":[],"next_cursor":{}}})", after + 10)
                                 : R"({"items":[{"seq":21}],"next_cursor":null})");
    });
    const auto got = run(daemon, {"audit", "list", "--after", "0", "--format", "json"});
    BOOST_TEST(got.out == "{\"seq\":21}\n");
    BOOST_TEST(daemon.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(pages_that_cannot_be_right_are_a_fault) {
    for (const auto* page :
         {R"({})", R"({"items":7})", R"({"items":[7]})", R"({"items":[{"seq":"5"}]})",
          R"({"items":[{"seq":5},{"seq":5}]})", R"({"items":[{"seq":6},{"seq":5}],"next_cursor":null})",
          R"({"items":[],"next_cursor":0})", R"({"items":[{"seq":5}],"next_cursor":4})",
          R"({"items":[],"next_cursor":"x"})", R"({"items":[],"next_cursor":{}})", R"({"items":[{"seq":0}]})"}) {
        fake_daemon daemon;
        daemon.answers("audit.list", page);
        const auto got = run(daemon, {"audit", "list", "--after", "0", "--format", "json"});
        BOOST_TEST(got.code == 5, page);
    }
    fake_daemon daemon;
    daemon.answers("audit.list", R"({"items":[{"seq":5}],"next_cursor":null})");
    daemon.answers("audit.key", R"({"origin":"a","key":"a+01020304+AQID"})");
    BOOST_TEST(run(daemon, {"audit", "list", "--format", "cloudevents"}).code == 5);
}

BOOST_AUTO_TEST_SUITE_END()
