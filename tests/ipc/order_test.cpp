// SPDX-License-Identifier: Apache-2.0
//
// A connection is a sequence: answers in the order of requests, each request after the effects of the ones before.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "ipc/limits.hpp"
#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using tests::notification;
using tests::request;
using tests::wire_fixture;

namespace {

std::string numbered_note(int n) {
    return request(std::to_string(n), "session.note", R"({"text":")" + std::to_string(n) + R"("})");
}
std::string answer_to(int n) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(n) + R"(,"result":")" + std::to_string(n) + R"("})";
}
const std::string cone_answer = R"({"jsonrpc":"2.0","id":"c","result":{"band":"A"}})";

/// Answers whatever waits until `count` were answered.
void answer_in_turn(wire_fixture& f, std::size_t count) {
    for (std::size_t done = 0; done < count; ++done) {
        f.wait_for_waiting(1);
        f.answer();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(order)

BOOST_AUTO_TEST_CASE(answers_that_come_out_of_order_leave_in_order) {
    wire_fixture f;
    auto client = f.connect();
    client.send(numbered_note(1) + numbered_note(2) + numbered_note(3));
    f.wait_for_waiting(3);
    f.answer(2);
    f.answer(1);
    BOOST_TEST(!client.has_input());
    f.answer(0);
    BOOST_TEST(client.line() == answer_to(1));
    BOOST_TEST(client.line() == answer_to(2));
    BOOST_TEST(client.line() == answer_to(3));
}

BOOST_AUTO_TEST_CASE(a_mistake_behind_unanswered_changes_waits_for_them) {
    wire_fixture f;
    auto client = f.connect();
    client.send(numbered_note(1) + request("2", "session.note") + "rubbish\n" + request("3", "no.such") +
                numbered_note(4));
    f.wait_for_waiting(2);
    BOOST_TEST(!client.has_input());
    f.answer_all();
    BOOST_TEST(client.line() == answer_to(1));
    BOOST_TEST(client.line().find(R"("id":2,"error":{"code":-32602)") != std::string::npos);
    BOOST_TEST(client.line().find(R"("id":null,"error":{"code":-32700)") != std::string::npos);
    BOOST_TEST(client.line().find(R"("id":3,"error":{"code":-32601)") != std::string::npos);
    BOOST_TEST(client.line() == answer_to(4));
}

BOOST_AUTO_TEST_CASE(a_read_runs_after_the_changes_before_it_were_answered) {
    wire_fixture f;
    auto client = f.connect();
    client.send(numbered_note(1) + request("\"c\"", "cone.state") + numbered_note(2));
    f.wait_for_waiting(1);
    const std::vector<std::string> only_first{"1"};
    BOOST_TEST(f.executed() == only_first, boost::test_tools::per_element());
    f.answer();
    BOOST_TEST(client.line() == answer_to(1));
    BOOST_TEST(client.line() == cone_answer);
    f.wait_for_waiting(1);
    const std::vector<std::string> all{"1", "cone.state", "2"};
    BOOST_TEST(f.executed() == all, boost::test_tools::per_element());
    f.answer();
    BOOST_TEST(client.line() == answer_to(2));
}

BOOST_AUTO_TEST_CASE(queries_run_one_at_a_time) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "session.list") + request("2", "session.list"));
    f.wait_for_waiting(1);
    BOOST_TEST(f.waiting() == 1U);
    BOOST_TEST(f.executed().size() == 1U);
    answer_in_turn(f, 2);
    BOOST_TEST(client.lines(2).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_change_waits_for_the_query_before_it) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("0", "session.list") + numbered_note(1));
    f.wait_for_waiting(1);
    BOOST_TEST(f.executed().size() == 1U);
    answer_in_turn(f, 2);
    BOOST_TEST(client.lines(2).at(1) == answer_to(1));
}

BOOST_AUTO_TEST_CASE(other_connections_do_not_wait) {
    wire_fixture f;
    auto slow = f.connect();
    slow.send(numbered_note(1) + request("\"c\"", "cone.state"));
    f.wait_for_waiting(1);
    auto quick = f.connect();
    quick.send(request("\"c\"", "cone.state"));
    BOOST_TEST(quick.line() == cone_answer);
    f.answer();
    BOOST_TEST(slow.lines(2).at(1) == cone_answer);
}

BOOST_AUTO_TEST_CASE(notifications_are_executed_in_order_and_not_answered) {
    wire_fixture f;
    auto client = f.connect();
    client.send(notification("session.note", R"({"text":"n"})") + notification("no.such") +
                notification("session.note", R"({"text":1})") + notification("cone.state") + numbered_note(2));
    f.wait_for_waiting(1);
    f.answer();
    f.wait_for_waiting(1);
    f.answer();
    BOOST_TEST(client.line() == answer_to(2));
    const std::vector<std::string> all{"n", "cone.state", "2"};
    BOOST_TEST(f.executed() == all, boost::test_tools::per_element());
    BOOST_TEST(!client.has_input());
}

BOOST_AUTO_TEST_CASE(ten_thousand_pipelined_requests_are_answered_in_order) {
    const wire_fixture f;
    auto client = f.connect();
    constexpr int count = 10'000;
    std::thread sender{[&] {
        std::string all;
        for (int n = 0; n < count; ++n) {
            all += request(std::to_string(n), "cone.state");
        }
        client.send(all);
    }};
    int wrong = 0;
    auto reader = [&] {
        for (int n = 0; n < count; ++n) {
            const std::string expected = R"({"jsonrpc":"2.0","id":)" + std::to_string(n) + R"(,"result":{"band":"A"}})";
            wrong += client.line() == expected ? 0 : 1;
        }
    };
    reader();
    sender.join();
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(requests_in_flight_are_limited_and_none_is_lost) {
    ipc::limits bounds;
    bounds.in_flight = 8;
    wire_fixture f{bounds};
    auto client = f.connect();
    std::string all;
    for (int n = 0; n < 50; ++n) {
        all += numbered_note(n);
    }
    client.send(all);
    f.wait_for_waiting(8);
    auto other = f.connect();
    for (int round = 0; round < 20; ++round) {  // turns for everybody
        other.send(request("\"c\"", "cone.state"));
        BOOST_TEST(other.line() == cone_answer);
    }
    BOOST_TEST(f.waiting() == 8U);
    for (int n = 0; n < 50; ++n) {
        f.wait_for_waiting(1);
        f.answer();
        BOOST_TEST(client.line() == answer_to(n));
    }
}

// Nothing is read from a peer of which nothing is expected; that must not hold up one that changes its ways.
BOOST_AUTO_TEST_CASE(who_waited_for_each_answer_may_still_send_several_requests) {
    wire_fixture f;
    auto client = f.connect();
    int n = 0;
    const auto one_by_one = [&](int count) {
        for (const int end = n + count; n < end; ++n) {
            client.send(numbered_note(n));
            answer_in_turn(f, 1);
            BOOST_TEST(client.line() == answer_to(n));
        }
    };
    one_by_one(20);
    client.send(numbered_note(n));
    f.wait_for_waiting(1);
    client.send(numbered_note(n + 1) + numbered_note(n + 2) + numbered_note(n + 3));
    f.answer();
    f.wait_for_waiting(3);
    f.answer_all();
    for (const int end = n + 4; n < end; ++n) {
        BOOST_TEST(client.line() == answer_to(n));
    }
    one_by_one(100);
    bool together = false;  // sooner or later both wait at the same time again
    for (int tries = 0; tries < 100 && !together; ++tries, n += 2) {
        client.send(numbered_note(n));
        f.wait_for_waiting(1);
        client.send(numbered_note(n + 1));
        client.send(request("\"c\"", "cone.state"));
        auto other = f.connect();
        for (int turns = 0; turns < 5; ++turns) {
            other.send(request("\"c\"", "cone.state"));
            BOOST_TEST(other.line() == cone_answer);
        }
        together = f.waiting() == 2;
        answer_in_turn(f, 2);
        BOOST_TEST(client.line() == answer_to(n));
        BOOST_TEST(client.line() == answer_to(n + 1));
        BOOST_TEST(client.line() == cone_answer);
    }
    BOOST_TEST(together);
}

BOOST_AUTO_TEST_CASE(who_waited_for_each_answer_and_hangs_up_is_gone_once_the_last_one_comes) {
    wire_fixture f;
    {
        auto client = f.connect();
        for (int n = 0; n < 20; ++n) {
            client.send(numbered_note(n));
            answer_in_turn(f, 1);
            BOOST_TEST(client.line() == answer_to(n));
        }
        client.send(numbered_note(20));
        f.wait_for_waiting(1);
    }
    f.answer();
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(a_second_answer_goes_nowhere) {
    wire_fixture f;
    auto client = f.connect();
    client.send(numbered_note(1));
    f.wait_for_waiting(1);
    auto handle = f.take();
    auto copy = handle;
    f.on_io([&] {
        handle.reply("1");
        handle.reply("2");
        copy.reply("3");
        copy.fail({ipc::error_code::overloaded, "4", {}});
    });
    BOOST_TEST(client.line() == R"({"jsonrpc":"2.0","id":1,"result":1})");
    client.send(request("\"c\"", "cone.state"));
    BOOST_TEST(client.line() == cone_answer);
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_connection_that_is_gone_goes_nowhere) {
    wire_fixture f;
    {
        auto client = f.connect();
        client.send(numbered_note(1));
        f.wait_for_waiting(1);
    }
    f.answer();
    f.wait_for_connections(0);
    auto other = f.connect();
    other.send(request("\"c\"", "cone.state"));
    BOOST_TEST(other.line() == cone_answer);
}

BOOST_AUTO_TEST_CASE(an_answer_after_the_server_is_gone_goes_nowhere) {
    wire_fixture f;
    auto client = f.connect();
    client.send(numbered_note(1));
    f.wait_for_waiting(1);
    f.destroy_server();
    f.answer();
    BOOST_TEST(client.rest().empty());
}

BOOST_AUTO_TEST_SUITE_END()
