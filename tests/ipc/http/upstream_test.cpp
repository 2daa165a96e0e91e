// SPDX-License-Identifier: Apache-2.0
//
// The connection to the daemon, against one that a test plays.
#include "ipc/http/upstream.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/http/key_ring.hpp"
#include "ipc/http/logins.hpp"
#include "tests/temporary_directory.hpp"

// Not unnamed: in a build that compiles several files as one, a fixture may not be.
namespace valhalla::http::tests {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

struct played_daemon {
    valhalla::tests::temporary_directory directory;
    std::string path = (directory.path() / "s").string();
    asio::io_context io;
    local::acceptor acceptor{io, local::endpoint{path}};
    local::socket peer{io};
    std::shared_ptr<upstream> asked = std::make_shared<upstream>(io, path, std::string{});
    std::vector<std::string> told;

    answer_handler note(std::string name) {
        return [this, name = std::move(name)](const upstream_answer& answer) {
            told.push_back(name + std::to_string(static_cast<int>(answer.what)) + std::string{answer.text});
        };
    }
    void turn() {
        io.restart();
        io.poll();
    }
    /// What came, as it came.
    std::string received() {
        std::string text(1 << 16, '\0');
        peer.non_blocking(true);
        boost::system::error_code none;
        text.resize(peer.read_some(asio::buffer(text), none));
        return text;
    }
    void answer(std::string_view text) {
        asio::write(peer, asio::buffer(text));
        turn();
    }
};

BOOST_FIXTURE_TEST_SUITE(http_upstream, played_daemon)

BOOST_AUTO_TEST_CASE(the_same_reads_of_one_turn_are_one_request) {
    asked->ask("cone.state", "{}", true, note("a"));
    acceptor.accept(peer);
    asked->ask("cone.state", "{}", true, note("b"));
    asked->ask("go.summary", "{}", true, note("c"));
    asked->ask("cone.state", "{}", true, note("d"));
    asked->ask("cone.set", "{}", false, note("e"));
    asked->ask("cone.set", "{}", false, note("f"));
    turn();
    BOOST_TEST(received() ==
               "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"cone.state\",\"params\":{}}\n"
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"go.summary\",\"params\":{}}\n"
               "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"cone.set\",\"params\":{}}\n"
               "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"cone.set\",\"params\":{}}\n");
    asked->ask("cone.state", "{}", true, note("g"));  // later: it may see more than those that were sent
    turn();
    BOOST_TEST(received() == "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"cone.state\",\"params\":{}}\n");
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{}}\n{\"jsonrpc\":\"2."
        "0\",");
    answer(
        "\"id\":3,\"result\":{}}\n{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":[]}\n{\"jsonrpc\":\"2.0\",\"id\":5,"
        "\"result\":5}\n");
    BOOST_TEST(told == (std::vector<std::string>{"a01", "b01", "d01", "c1{}", "e0{}", "f0[]", "g05"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lost_connection_tells_what_was_sent_and_is_made_again) {
    asked->ask("cone.set", "{}", false, note("sent"));
    acceptor.accept(peer);
    turn();
    asked->ask("cone.set", "{}", false, note("unsent"));
    peer.close();
    // The loop sees the end first: nothing of the second one leaves.
    while (told.size() < 2) {
        io.restart();
        io.run_one();
    }
    BOOST_TEST(told[0] == "sent3");
    BOOST_TEST((told[1] == "unsent2" || told[1] == "unsent3"));
    told.clear();
    asked->on_tick(upstream::clock::now() + std::chrono::seconds{1}, std::chrono::seconds{60});
    BOOST_TEST(asked->connected());
    acceptor.accept(peer);
    asked->ask("cone.state", "{}", true, note("again"));
    turn();
    BOOST_TEST(!received().empty());
}

BOOST_AUTO_TEST_CASE(without_a_daemon_it_is_told_at_once) {
    acceptor.close();
    std::filesystem::remove(path);
    asked->ask("cone.state", "{}", true, note("a"));
    BOOST_TEST(told == std::vector<std::string>{"a2"}, boost::test_tools::per_element());
    BOOST_TEST(!asked->connected());
}

BOOST_AUTO_TEST_CASE(an_answer_to_another_question_ends_the_connection) {
    for (const char* const line :
         {"{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":1}\n", "nonsense\n", "\n", "{\"jsonrpc\":\"2.0\",\"id\":1}\n",
          "{\"jsonrpc\":\"2.0\",\"id\":11,\"result\":1}\n"}) {
        const auto fresh = std::make_shared<upstream>(io, path, std::string{});
        fresh->ask("cone.state", "{}", true, note("a"));
        acceptor.accept(peer);
        turn();
        answer(line);
        BOOST_TEST(told == std::vector<std::string>{"a3"}, boost::test_tools::per_element());
        BOOST_TEST(!fresh->connected());
        told.clear();
        peer.close();
    }
}

BOOST_AUTO_TEST_CASE(a_raw_line_is_done_when_its_fence_is_answered) {
    asked->ask_raw("[1]", note("some"));
    acceptor.accept(peer);
    asked->ask_raw("{}", note("none"));
    turn();
    const auto sent = received();
    BOOST_TEST(sent.starts_with("[1]\n{\"jsonrpc\":\"2.0\",\"id\":\""));
    const auto fence = [&sent](std::size_t from) {
        const auto begin = sent.find("\"id\":\"", from) + 5;
        return sent.substr(begin, sent.find('"', begin + 1) + 1 - begin);
    };
    const auto first = fence(0);
    const auto second = fence(sent.find("{}\n{"));
    BOOST_TEST(first != second);
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}\n");
    BOOST_TEST(told.empty());
    answer("{\"jsonrpc\":\"2.0\",\"id\":" + first + ",\"result\":{}}\n{\"jsonrpc\":\"2.0\",\"id\":" + second +
           ",\"error\":{}}\n");
    BOOST_TEST(told == (std::vector<std::string>{"some0{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}", "none0"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_leaves_before_the_key_is_taken) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask("cone.set", "{}", false, note("a"));
    acceptor.accept(peer);
    turn();
    BOOST_TEST(received() == "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"auth.key\",\"params\":{\"key\":\"vhk_1\"}}\n");
    turn();
    BOOST_TEST(received().empty());
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    BOOST_TEST(received() == "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"cone.set\",\"params\":{}}\n");
    answer("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
    BOOST_TEST(told == std::vector<std::string>{"a0{}"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(behind_a_key_that_is_refused_nothing_is_asked) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask("cone.set", "{}", false, note("a"));
    keyed->ask_raw("[]", note("b"));
    acceptor.accept(peer);
    turn();
    static_cast<void>(received());
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1008,\"message\":\"m\",\"data\":{\"kind\":\"invalid_key\"}}}"
        "\n");
    BOOST_TEST(told == (std::vector<std::string>{"a4", "b4"}), boost::test_tools::per_element());
    BOOST_TEST(!keyed->connected());
    turn();
    BOOST_TEST(received().empty());
}

BOOST_AUTO_TEST_CASE(who_has_no_role_is_turned_away_where_there_is_no_key_at_all) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask("cone.set", "{}", false, note("a"));
    acceptor.accept(peer);
    turn();
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"m\",\"data\":{\"kind\":\"forbidden\"}}}"
        "\n");
    BOOST_TEST(told == std::vector<std::string>{"a5{\"code\":1,\"message\":\"m\",\"data\":{\"kind\":\"forbidden\"}}"},
               boost::test_tools::per_element());
    BOOST_TEST(!keyed->key_refused());               // it says nothing of the key
    keyed->ask("cone.set", "{}", false, note("b"));  // too soon to be tried again
    BOOST_TEST(told.back().starts_with("b5"));
}

BOOST_AUTO_TEST_CASE(nobody_turns_a_key_into_a_refused_one_by_a_text) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask("health.clear", "{}", false, note("a"));
    acceptor.accept(peer);
    turn();
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1,\"message\":\"\\\"data\\\":{\\\"kind\\\":\\\"invalid_"
        "key\\\"\","
        "\"data\":{\"kind\":\"unknown_signal\",\"nearest\":\"invalid_key\"}}}\n");
    BOOST_TEST(!keyed->key_refused());
    BOOST_TEST(keyed->connected());
}

BOOST_AUTO_TEST_CASE(what_is_not_one_line_never_leaves) {
    asked->ask("cone.state", "{\"a\":1\n}", false, note("a"));
    asked->ask_raw("{}\n{}", note("b"));
    asked->ask("cone.state", std::string(std::size_t{2} << 20U, ' '), false, note("c"));
    BOOST_TEST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0].starts_with("a1{\"code\":-32600"));
    BOOST_TEST(told[1].starts_with("b1{\"code\":-32600"));
    BOOST_TEST(told[2].starts_with("c1{\"code\":1500"));
    BOOST_TEST(!asked->connected());
}

BOOST_AUTO_TEST_CASE(a_raw_line_behind_a_key_that_ended_is_told_so) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask_raw("{}", note("a"));
    acceptor.accept(peer);
    turn();
    static_cast<void>(received());
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    const auto sent = received();
    const auto begin = sent.find("\"id\":\"") + 5;
    const auto fence = sent.substr(begin, sent.find('"', begin + 1) + 1 - begin);
    answer("{\"jsonrpc\":\"2.0\",\"id\":" + fence +
           ",\"error\":{\"code\":1008,\"message\":\"m\",\"data\":{\"kind\":\"invalid_key\",\"role\":\"viewer\"}}}\n");
    BOOST_TEST(told == std::vector<std::string>{"a4"}, boost::test_tools::per_element());
    BOOST_TEST(keyed->key_refused());
}

BOOST_AUTO_TEST_CASE(a_key_that_is_refused_is_not_brought_again) {
    const auto keyed = std::make_shared<upstream>(io, path, "vhk_1");
    keyed->ask("cone.state", "{}", false, note("a"));
    acceptor.accept(peer);
    turn();
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    // Revoked, and then put out.
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1008,\"message\":\"m\",\"data\":{\"kind\":\"invalid_key\"}}}"
        "\n");
    BOOST_TEST(keyed->key_refused());
    peer.close();
    turn();
    BOOST_TEST(!keyed->on_tick(upstream::clock::now() + std::chrono::seconds{1}, std::chrono::seconds{60}));
    told.clear();
    keyed->ask("cone.state", "{}", false, note("b"));
    BOOST_TEST(told == std::vector<std::string>{"b4"}, boost::test_tools::per_element());
    boost::system::error_code nobody;
    acceptor.non_blocking(true);
    acceptor.accept(peer, nobody);
    BOOST_TEST((nobody == asio::error::would_block));
}

BOOST_AUTO_TEST_CASE(what_is_asked_and_not_answered_is_bounded_for_all_together) {
    const auto memory = std::make_shared<daemon_memory>(daemon_memory{.limit = 12'000});
    auto one = std::make_shared<upstream>(io, path, std::string{}, memory);
    auto other = std::make_shared<upstream>(io, path, std::string{}, memory);
    const auto params = "{\"text\":\"" + std::string(2'000, 'x') + "\"}";
    one->ask("a", params, false, note("a"));
    acceptor.accept(peer);
    turn();
    local::socket second{io};
    other->ask("b", params, false, note("b"));
    acceptor.accept(second);
    other->ask("c", params, false, note("c"));  // there is no room any more
    BOOST_TEST(told == std::vector<std::string>{"c2"}, boost::test_tools::per_element());
    answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    other->ask("d", params, false, note("d"));
    BOOST_TEST(told == (std::vector<std::string>{"c2", "a0{}"}), boost::test_tools::per_element());
    // Nor for an answer that is too long.
    const std::string many(20'000, 'y');
    one->ask("e", "{}", false, note("e"));
    turn();
    static_cast<void>(received());
    answer("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"");
    for (int piece = 0; piece < 5 && one->connected(); ++piece) {
        answer(many);
    }
    BOOST_TEST(told.back() == "e3");
    BOOST_TEST(!one->connected());
    second.close();
    turn();
    BOOST_TEST(memory->used == 0U);
}

BOOST_AUTO_TEST_CASE(keys_are_tried_a_few_times_and_then_slowly) {
    login_book logins{std::chrono::hours{12}};
    key_ring ring{io, path, std::make_shared<daemon_memory>(), logins, {}};
    const auto key = [](int n) {
        auto secret = std::to_string(n);
        return "vhk_0123456789ab_" + std::string(64 - secret.size(), '0') + secret;
    };
    BOOST_TEST(looks_like_key(key(1)));
    for (const auto& wrong :
         {std::string{}, key(1) + "0", key(1).substr(1), "VHK" + key(1).substr(3), key(1).substr(0, 80) + "g"}) {
        BOOST_TEST(!looks_like_key(wrong));
    }
    const auto now = key_ring::clock::now();
    int tried = 0;
    while (ring.find(key(tried), "peer", now).what != key_ring::outcome::too_often) {
        BOOST_REQUIRE(++tried < 100);
    }
    BOOST_TEST(tried == static_cast<int>(key_ring::most_tries));
    BOOST_TEST(ring.size() == key_ring::most_identities);
    BOOST_TEST((ring.find(key(tried - 1), "peer", now).what == key_ring::outcome::found));  // a known one costs no try
    BOOST_TEST((ring.find(key(99), "other", now).what == key_ring::outcome::found));
    BOOST_TEST((ring.find(key(98), "peer", now + key_ring::try_time).what == key_ring::outcome::found));
    BOOST_TEST((ring.find(key(97), "peer", now + key_ring::try_time).what == key_ring::outcome::too_often));
    auto* const proven = ring.find(key(98), "peer", now + key_ring::try_time).who;
    ring.prove(*proven->who, "peer");  // a good one is given back
    BOOST_TEST((ring.find("nonsense", "peer", now + key_ring::try_time).what == key_ring::outcome::no_key));
    const auto who = ring.find(key(98), "peer", now).who->who;
    ring.forget(*who);
    BOOST_TEST((ring.find(key(98), "peer", now + key_ring::try_time).what == key_ring::outcome::too_often));
}

BOOST_AUTO_TEST_CASE(a_login_with_a_key_that_was_refused_ends_and_finds_nobody) {
    login_book logins{std::chrono::hours{12}};
    key_ring ring{io, path, std::make_shared<daemon_memory>(), logins, {}};
    const auto key = "vhk_0123456789ab_" + std::string(64, '0');
    const auto now = key_ring::clock::now();
    const auto cookie = logins.begin(key, now).cookie;
    const auto other = logins.begin("another key", now).cookie;
    const auto found = ring.of_login(logins.find(cookie, now)->key, now);
    BOOST_REQUIRE((found.what == key_ring::outcome::found));
    BOOST_TEST(found.who->proven);
    found.who->who->via(lane::read).ask("cone.state", "{}", false, note("a"));
    acceptor.accept(peer);
    turn();
    answer(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1008,\"message\":\"m\",\"data\":{\"kind\":\"invalid_key\"}}}"
        "\n");
    BOOST_TEST(found.who->refused());
    BOOST_TEST((ring.of_login(logins.find(cookie, now)->key, now).what == key_ring::outcome::no_key));
    BOOST_TEST(ring.size() == 0U);
    BOOST_TEST(logins.find(cookie, now) == nullptr);
    BOOST_TEST(logins.find(other, now) != nullptr);
}

BOOST_AUTO_TEST_CASE(keys_that_wait_for_the_daemon_take_the_place_of_no_login) {
    login_book logins{std::chrono::hours{12}};
    key_ring ring{io, path, std::make_shared<daemon_memory>(), logins, {}};
    const auto now = key_ring::clock::now();
    for (std::size_t n = 0; n < key_ring::most_unproven; ++n) {
        const auto stranger = ring.find("vhk_0123456789ab_" + std::string(64, static_cast<char>('1' + n)), "peer", now);
        BOOST_REQUIRE((stranger.what == key_ring::outcome::found));
        stranger.who->who->via(lane::read).ask("cone.state", "{}", false, note("a"));  // which nobody answers
    }
    const auto key = "vhk_0123456789ab_" + std::string(64, '0');
    BOOST_TEST((ring.find(key, "elsewhere", now).what == key_ring::outcome::too_many));
    BOOST_TEST((ring.of_login(key, now).what == key_ring::outcome::found));
    ring.close();
    turn();
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_overdue_ends_the_connection) {
    asked->ask("cone.state", "{}", true, note("a"));
    acceptor.accept(peer);
    turn();
    asked->on_tick(upstream::clock::now() + std::chrono::seconds{59}, std::chrono::seconds{60});
    BOOST_TEST(told.empty());
    asked->on_tick(upstream::clock::now() + std::chrono::seconds{61}, std::chrono::seconds{60});
    BOOST_TEST(told == std::vector<std::string>{"a3"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::http::tests
