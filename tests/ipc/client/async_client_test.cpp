// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>
#include <valhalla/async_client.hpp>
#include <valhalla/methods.hpp>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/ipc/client/quick_options.hpp"
#include "tests/ipc/ctl/scripted_socket.hpp"
#include "tests/ipc/wire_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using valhalla::ctl::test::answer_all;
using valhalla::ctl::test::scripted_peer;
using valhalla::ctl::test::scripted_socket;
using valhalla::ctl::test::swallow;
using valhalla::tests::quick;
using answer = valhalla::outcome<boost::json::value>;

/// Runs the loop until `done`; fails the test when nothing happens for long.
void run_until(boost::asio::io_context& loop, const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + valhalla::tests::patience;
    while (!done()) {
        BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
        loop.restart();
        loop.run_one_for(100ms);
    }
}

std::string failure_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const valhalla::outcome_unknown& e) {
        return std::string{"unknown: "} + e.what();
    } catch (const valhalla::call_error& e) {
        return "refused: " + e.kind();
    } catch (const valhalla::connection_error& e) {
        return std::string{"lost: "} + e.what();
    } catch (const std::exception& e) {
        return std::string{"other: "} + e.what();
    }
}

std::string told(const answer& got) {
    return got ? boost::json::serialize(got.value()) : failure_of(got.failure());
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_async)

BOOST_AUTO_TEST_CASE(calls_are_sent_ahead_and_answered_in_order) {
    valhalla::tests::wire_fixture f;
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(f.path())};
    std::vector<std::string> got;
    constexpr int many = 300;
    for (int n = 0; n < many; ++n) {
        client.call("session.get", {{"id", n % 3 + 1}}, [&](const answer& one) { got.push_back(told(one)); });
    }
    BOOST_TEST(got.empty());
    run_until(loop, [&] { return got.size() == many; });
    BOOST_TEST(got[0] == "\"x\"");
    BOOST_TEST(got[1] == "\"xx\"");
    BOOST_TEST(got[many - 1] == "\"xxx\"");
}

BOOST_AUTO_TEST_CASE(many_requests_wait_at_the_daemon_at_once) {
    valhalla::tests::wire_fixture f;
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(f.path())};
    std::vector<std::string> got;
    for (const auto* text : {"a", "b", "c"}) {
        client.call("session.note", {{"text", text}}, [&](const answer& one) { got.push_back(told(one)); });
    }
    run_until(loop, [&] { return f.waiting() == 3; });
    BOOST_TEST(got.empty());
    f.answer_all();
    run_until(loop, [&] { return got.size() == 3; });
    BOOST_TEST(got[2] == "\"c\"");
}

BOOST_AUTO_TEST_CASE(refusals_come_as_failures_and_the_connection_goes_on) {
    valhalla::tests::wire_fixture f;
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(f.path())};
    std::vector<std::string> got;
    const auto keep = [&](const answer& one) { got.push_back(told(one)); };
    client.call("no.such", {}, keep);
    client.call("session.note", {{"text", 1}}, keep);
    client.call("cone.state", {}, keep);
    run_until(loop, [&] { return got.size() == 3; });
    BOOST_TEST(
        got == (std::vector<std::string>{"refused: method_not_found", "refused: invalid_params", R"({"band":"A"})"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(typed_calls_give_typed_outcomes) {
    const scripted_socket daemon{{answer_all(R"({"size":3,"key":"k"})")}};
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(daemon.path())};
    std::vector<std::string> got;
    client.call(
        valhalla::api::audit_witness_key{},
        [&](const valhalla::outcome<valhalla::api::audit_witness_key::result>& o) { got.push_back(o.value().key); });
    client.call(valhalla::api::cone_state{},
                [&](const valhalla::outcome<valhalla::api::cone>& o) { got.push_back(failure_of(o.failure())); });
    run_until(loop, [&] { return got.size() == 2; });
    BOOST_TEST(got[0] == "k");
    BOOST_TEST(got[1] == "other: band is missing");
}

BOOST_AUTO_TEST_CASE(after_a_loss_reads_and_keyed_changes_go_again_in_order_and_the_others_are_in_doubt) {
    std::vector<std::string> seen;
    std::vector<std::string> got;
    {
        const scripted_socket daemon{{[](scripted_peer& peer) {
                                          for (int n = 0; n < 3; ++n) {
                                              static_cast<void>(peer.line());
                                          }
                                      },
                                      [&](scripted_peer& peer) {
                                          for (auto line = peer.line(); !line.empty(); line = peer.line()) {
                                              seen.push_back(line);
                                              peer.answer(line, "{}");
                                          }
                                      }}};
        boost::asio::io_context loop;
        valhalla::async_client client{loop.get_executor(), quick(daemon.path())};
        const auto keep = [&](const answer& one) { got.push_back(told(one)); };
        client.call("cone.state", {}, keep);
        client.call("session.note", {{"text", "no key"}}, keep);
        client.call("session.note", {{"text", "key"}, {"request_key", "k"}}, keep);
        run_until(loop, [&] { return got.size() == 3; });
        client.close();
        loop.restart();
        loop.run();
    }
    BOOST_REQUIRE(seen.size() == 2U);
    BOOST_TEST(contains(seen[0], "cone.state"));
    BOOST_TEST(contains(seen[1], R"("text":"key")"));
    BOOST_TEST(contains(got[0], "unknown: "));
    BOOST_TEST(contains(got[0], "whether session.note was carried out"));
    BOOST_TEST(got[1] == "{}");
    BOOST_TEST(got[2] == "{}");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_shuts_down_hands_its_calls_to_the_next) {
    const auto refuse = [](scripted_peer& peer) {
        for (int id = 1; id <= 2; ++id) {
            static_cast<void>(peer.line());
            peer.send(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                      R"(,"error":{"code":1903,"message":"bye","data":{"kind":"shutting_down"}}})"
                      "\n");
        }
        static_cast<void>(peer.line());
    };
    const scripted_socket daemon{{refuse, answer_all("7")}};
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(daemon.path())};
    std::vector<std::string> got;
    for (int n = 0; n < 2; ++n) {
        client.call("session.note", {{"text", "x"}}, [&](const answer& one) { got.push_back(told(one)); });
    }
    run_until(loop, [&] { return got.size() == 2; });
    BOOST_TEST(got == (std::vector<std::string>{"7", "7"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(notifications_and_connections_are_told) {
    const scripted_socket daemon{{[](scripted_peer& peer) {
                                      peer.answer(peer.line(), R"({"follow":1,"after":0})");
                                      peer.send(R"({"jsonrpc":"2.0","method":"audit.event","params":{"follow":1}})"
                                                "\n");
                                  },
                                  [](scripted_peer& peer) { static_cast<void>(peer.line()); }}};
    boost::asio::io_context loop;
    std::vector<std::string> told_in_order;
    valhalla::async_client client{loop.get_executor(),
                                  quick(daemon.path()),
                                  {.notification =
                                       [&](std::string_view name, const boost::json::value& params) {
                                           told_in_order.push_back(std::string{name} + boost::json::serialize(params));
                                       },
                                   .connected = [&] { told_in_order.emplace_back("connected"); },
                                   .disconnected = [&](std::string_view why) { told_in_order.emplace_back(why); }}};
    client.call("audit.follow", {{"after", 0}}, [&](const answer&) { told_in_order.emplace_back("following"); });
    run_until(loop, [&] { return told_in_order.size() == 5; });
    BOOST_TEST(
        told_in_order == (std::vector<std::string>{"connected", "following", R"(audit.event{"follow":1})",
                                                   daemon.path() + ": the daemon closed the connection", "connected"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(silence_ends_a_call_and_only_what_waited_behind_it_goes_again) {
    const auto silent = [](scripted_peer& peer) {
        while (!peer.line().empty()) {
        }
    };
    const scripted_socket daemon{{silent, silent}};
    boost::asio::io_context loop;
    auto options = quick(daemon.path());
    options.timeout = 1s;
    valhalla::async_client client{loop.get_executor(), options};
    std::vector<std::string> got;
    const auto keep = [&](const answer& one) { got.push_back(told(one)); };
    client.call("session.note", {{"text", "x"}}, keep);
    client.call("cone.state", {}, keep);
    run_until(loop, [&] { return got.size() == 2; });
    BOOST_TEST(contains(got[0], "unknown: "));
    BOOST_TEST(contains(got[0], "no answer within 1000 ms"));
    BOOST_TEST(contains(got[1], "lost: "));
}

BOOST_AUTO_TEST_CASE(no_daemon_is_told_after_the_attempts) {
    const valhalla::tests::temporary_directory directory;
    boost::asio::io_context loop;
    auto options = quick(directory.path() / "sock");
    options.retries = 2;
    valhalla::async_client client{loop.get_executor(), options};
    std::string got;
    client.call("cone.state", {}, [&](const answer& one) { got = told(one); });
    run_until(loop, [&] { return !got.empty(); });
    BOOST_TEST(contains(got, "lost: "));
    BOOST_TEST(contains(got, "sock: no daemon: there is no such socket"));
    BOOST_CHECK_THROW((valhalla::async_client{loop.get_executor(), {.socket = std::string(200, 'x')}}),
                      valhalla::connection_error);
}

BOOST_AUTO_TEST_CASE(what_speaks_no_json_rpc_is_not_asked_again) {
    const scripted_socket daemon{{[](scripted_peer& peer) {
        static_cast<void>(peer.line());
        peer.send("HTTP/1.1 400 Bad Request\r\n");
        static_cast<void>(peer.line());
    }}};
    boost::asio::io_context loop;
    valhalla::async_client client{loop.get_executor(), quick(daemon.path())};
    std::string got;
    client.call("cone.state", {}, [&](const answer& one) { got = told(one); });
    run_until(loop, [&] { return !got.empty(); });
    BOOST_TEST(contains(got, "does not speak JSON-RPC"));
}

BOOST_AUTO_TEST_CASE(who_closes_gets_every_call_back_and_the_loop_ends) {
    const scripted_socket daemon{{swallow}};
    boost::asio::io_context loop;
    std::vector<std::string> got;
    {
        valhalla::async_client client{loop.get_executor(), quick(daemon.path())};
        client.call("cone.state", {}, [&](const answer& one) { got.push_back(told(one)); });
    }
    loop.run();  // ends: nothing is left to do
    BOOST_REQUIRE(got.size() == 1U);
    BOOST_TEST(contains(got[0], "the client was closed"));
}

BOOST_AUTO_TEST_CASE(a_handler_may_close_the_client_or_throw) {
    valhalla::tests::wire_fixture f;
    boost::asio::io_context loop;
    std::vector<std::string> got;
    valhalla::async_client client{loop.get_executor(), quick(f.path())};
    client.call("cone.state", {}, [](const answer&) { throw std::runtime_error{"mine"}; });
    client.call("cone.state", {}, [&](const answer& one) { got.push_back(told(one)); });
    client.call("cone.state", {}, [&](const answer& one) {
        got.push_back(told(one));
        client.close();
    });
    client.call("session.note", {{"text", "never answered"}}, [&](const answer& one) { got.push_back(told(one)); });
    BOOST_CHECK_EXCEPTION(loop.run(), std::runtime_error,
                          [](const std::runtime_error& e) { return std::string_view{e.what()} == "mine"; });
    loop.restart();
    loop.run();
    BOOST_REQUIRE(got.size() == 3U);
    BOOST_TEST(got[0] == R"({"band":"A"})");
    BOOST_TEST(got[1] == R"({"band":"A"})");
    BOOST_TEST(contains(got[2], "unknown: "));
}

BOOST_AUTO_TEST_SUITE_END()
