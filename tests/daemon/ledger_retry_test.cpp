// SPDX-License-Identifier: Apache-2.0
//
// What the ledger answers to a change that was sent again under its request key.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "schema/connection.hpp"
#include "tests/daemon/ledger_bench.hpp"

namespace commands = valhalla::governor::commands;
using namespace valhalla;
using tests::event_number;
using tests::ledger_bench;

BOOST_AUTO_TEST_SUITE(ledger_retries)

BOOST_AUTO_TEST_CASE(a_retry_gets_the_first_answer_and_changes_nothing) {
    ledger_bench b;
    const auto with_key = [&b](int n, std::uint64_t ticket, const std::string& key) {
        auto one = b.change_of(event_number(n), ticket);
        one.token = retry_token{key, schema::hasher{}.plain("append " + std::to_string(n))};
        return one;
    };
    std::vector<change> batch;
    batch.push_back(with_key(1, 1, "first"));
    batch.push_back(with_key(1, 2, "first"));  // in the same transaction
    batch.push_back(with_key(2, 3, "second"));
    batch.push_back(with_key(2, 4, "first"));  // another request under a key that was used
    b.ledger().submit(batch);
    b.ledger().start();
    b.wait_for_commit();
    batch.push_back(with_key(1, 5, "first"));  // in a later one
    batch.push_back(b.change_of(event_number(3), 6));
    b.ledger().submit(batch);
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 6U);
    const auto answer = [&b](std::size_t i) { return b.sink->answers[i].substr(2); };
    BOOST_TEST(answer(1) == answer(0));
    BOOST_TEST(answer(4) == answer(0));
    BOOST_TEST(answer(2) != answer(0));
    BOOST_TEST(b.sink->answers[3] == "4!request_key_reused");
    const auto first = boost::json::parse(answer(0)).at("seq").as_int64();
    BOOST_TEST(boost::json::parse(answer(5)).at("seq").as_int64() == first + 2);
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_as_long_as_the_window_says) {
    using namespace std::chrono_literals;
    ledger_bench b;
    b.ledger().start();
    std::size_t commits = 0;
    const auto ask = [&](std::uint64_t ticket) {
        std::vector<change> batch;
        batch.push_back(b.change_of(event_number(1), ticket));
        batch.back().token = retry_token{"k", schema::hasher{}.plain("append")};
        b.ledger().submit(batch);
        b.wait_for_commits(++commits);
        b.ledger().handed_out();
    };
    ask(1);
    b.let_pass(24h - 1s);
    ask(2);  // within the 24 hours
    b.let_pass(2s);
    ask(3);  // beyond them: a new request, kept anew
    b.let_pass(24h - 1s);
    ask(4);
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 4U);
    const auto answer = [&b](std::size_t i) { return b.sink->answers[i].substr(2); };
    BOOST_TEST(answer(1) == answer(0));
    BOOST_TEST(answer(2) != answer(0));
    BOOST_TEST(answer(3) == answer(2));
}

BOOST_AUTO_TEST_CASE(answers_whose_time_is_over_are_forgotten_at_once_while_nobody_waits) {
    using namespace std::chrono_literals;
    ledger_bench b;
    b.ledger().start();
    const auto kept = [&b] {
        return std::stoll(schema::connection::open_reader(b.database()).text_of("SELECT COUNT(*) FROM request_key"));
    };
    std::size_t commits = 0;
    const auto ask = [&](int count, const std::string& keys, std::int64_t then_kept) {
        std::vector<change> batch;
        for (int n = 0; n < count; ++n) {
            batch.push_back(b.change_of(event_number(n), 0));
            batch.back().token = retry_token{keys + std::to_string(n), schema::hasher{}.plain(keys)};
        }
        b.ledger().submit(batch);
        do {  // of a long batch the ledger makes several
            b.wait_for_commits(++commits);
            b.ledger().handed_out();
        } while (kept() < then_kept);
        commits = b.commit_count();
    };
    constexpr int rounds = 5;
    constexpr int in_each = 4'000;
    for (int round = 1; round <= rounds; ++round) {
        ask(in_each, "old " + std::to_string(round) + " ", std::int64_t{in_each} * round);
    }
    BOOST_TEST(kept() == rounds * in_each);
    b.let_pass(25h);
    ask(1, "new", 1);
    // Twenty turns of housekeeping: one of them a second would take longer.
    const auto deadline = std::chrono::steady_clock::now() + 15s;
    while (kept() > 1 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    BOOST_TEST(kept() == 1);
    b.finish();
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_known_is_kept_and_nothing_is_recorded) {
    ledger_bench b;
    const auto recall = [&b](std::uint64_t ticket, const char* answer, const char* request = "task") {
        auto one = b.change_of({}, ticket);
        one.known = std::make_unique<const std::string>(answer);
        one.token = retry_token{"k", schema::hasher{}.plain(request)};
        return one;
    };
    std::vector<change> batch;
    batch.push_back(recall(1, ""));
    batch.push_back(recall(2, ""));
    batch.push_back(recall(3, R"({"first":true})"));
    batch.push_back(recall(4, ""));
    batch.push_back(recall(5, R"({"first":false})"));
    batch.push_back(recall(6, "", "another"));
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    const std::vector<std::string> expected{
        "1=", "2=", R"(3={"first":true})", R"(4={"first":true})", R"(5={"first":true})", "6!request_key_reused"};
    BOOST_TEST(b.sink->answers == expected, boost::test_tools::per_element());
    BOOST_TEST(b.commits.back()->head.size == 1U);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_not_kept_for_a_retry) {
    ledger_bench b;
    const auto end_it = [&b](std::uint64_t ticket) {
        auto one = b.change_of(commands::end_session{}, ticket);
        one.token = retry_token{"end", schema::hasher{}.plain("end")};
        return one;
    };
    std::vector<change> batch;
    batch.push_back(end_it(1));
    batch.push_back(b.change_of(commands::start_session{}, 2));
    batch.push_back(end_it(3));
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 3U);
    BOOST_TEST(b.sink->answers[0] == "1!no_active_session");
    BOOST_TEST(b.sink->answers[2].starts_with("3={"));
}

BOOST_AUTO_TEST_CASE(a_retry_of_joint_commands_gets_the_first_answers) {
    ledger_bench b;
    std::vector<change> batch;
    for (const std::uint64_t ticket : {1U, 2U}) {
        batch.push_back(b.joint_change_of({event_number(1), event_number(2)}, ticket));
        batch.back().token = retry_token{"k", schema::hasher{}.plain("both")};
    }
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 2U);
    BOOST_TEST(b.sink->answers[0].substr(1) == b.sink->answers[1].substr(1));
}

BOOST_AUTO_TEST_SUITE_END()
