// SPDX-License-Identifier: Apache-2.0
//
// What a peer can do to us at worst.
#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using namespace std::chrono_literals;
using tests::ask_cone;
using tests::cone;
using tests::raw_client;
using tests::request;
using tests::wire_fixture;

namespace {

/// Several round trips of another connection: everybody who can go on has had a turn.
void let_turns_pass(const wire_fixture& f) {
    auto other = f.connect();
    for (int n = 0; n < 50; ++n) {
        other.send(ask_cone);
        BOOST_REQUIRE(other.line() == cone);
    }
}

/// A request for a note whose whole line has `bytes` bytes without its newline.
std::string line_of(std::size_t bytes) {
    std::string line = request("1", "cone.state");
    line.pop_back();
    return line + std::string(bytes - line.size(), ' ') + "\n";
}

std::string big(std::size_t bytes, int id) {
    return request(std::to_string(id), "session.get", R"({"id":)" + std::to_string(bytes) + "}");
}

/// So many requests for an answer of `bytes` bytes.
std::string many_big(std::size_t bytes, int count) {
    std::string all;
    for (int n = 0; n < count; ++n) {
        all += big(bytes, n);
    }
    return all;
}

/// Bytes that a socket takes at most while its peer reads none: how many is a setting of the system. The last piece may
/// be as large as half of the buffer, and begins as long as a byte is free.
std::size_t room_of_a_socket() {
    const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bytes = 0;
    socklen_t size = sizeof bytes;
    const int failed = ::getsockopt(file, SOL_SOCKET, SO_SNDBUF, &bytes, &size);
    ::close(file);
    BOOST_REQUIRE(failed == 0);
    const auto buffer = static_cast<std::size_t>(bytes);
    return buffer + buffer / 2;
}

/// Holds every file that this process may open, of few: without a limit it would take a billion to run out of them.
class all_files {
  public:
    all_files() {
        BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit few = before_;
        few.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 256);
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int file = 0; (file = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
            files_.push_back(file);
        }
    }
    ~all_files() {
        while (!files_.empty()) {
            close_one();
        }
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }
    all_files(const all_files&) = delete;
    all_files& operator=(const all_files&) = delete;

    void close_one() {
        ::close(files_.back());
        files_.pop_back();
    }
    [[nodiscard]] bool empty() const { return files_.empty(); }

  private:
    rlimit before_{};
    std::vector<int> files_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_limits)

BOOST_AUTO_TEST_CASE(a_line_as_long_as_allowed_is_executed) {
    wire_fixture f;
    auto client = f.connect();
    client.send(line_of(std::size_t{1} << 20U) + ask_cone);
    BOOST_TEST(client.line() == cone);
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_longer_line_is_refused_behind_the_answers_before_it_and_ends_the_connection) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("7", "session.note", R"({"text":"a"})") + line_of((std::size_t{1} << 20U) + 1) + ask_cone);
    f.wait_for_waiting(1);
    let_turns_pass(f);
    BOOST_TEST(!client.has_input());
    f.answer();
    BOOST_TEST(client.line() == R"({"jsonrpc":"2.0","id":7,"result":"a"})");
    const std::string refusal = client.line();
    BOOST_TEST(refusal.find("at most 1048576 bytes") != std::string::npos, refusal);
    BOOST_TEST(client.rest().empty());
    auto other = f.connect();
    other.send(ask_cone);
    BOOST_TEST(other.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_still_sending_gets_to_read_why_it_is_refused) {
    ipc::limits bounds;
    bounds.linger_time = 30s;  // as long as this machine needs
    wire_fixture f{bounds};
    auto client = f.connect();
    const std::string piece(1U << 16U, 'x');
    for (int n = 0; n < 64; ++n) {  // 4 MiB without a newline; the refusal is written long before the end
        client.send(piece);
    }
    BOOST_TEST(client.line().find("at most 1048576 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(after_a_refusal_a_peer_may_send_only_so_long) {
    ipc::limits bounds;
    bounds.linger_time = 20ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds};
    auto client = f.connect();
    client.send(std::string(bounds.line_bytes + 1, 'x'));
    BOOST_TEST(client.line().find("at most") != std::string::npos);
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_never_finished_is_refused_after_a_while) {
    ipc::limits bounds;
    bounds.line_time = 50ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds};
    auto idle = f.connect();
    auto client = f.connect();
    client.send("{\"jsonrpc\"");
    const std::string refusal = client.line();
    BOOST_TEST(refusal.find("complete within 50 ms") != std::string::npos, refusal);
    BOOST_TEST(client.rest().empty());
    idle.send(ask_cone);  // a connection that says nothing may stay
    BOOST_TEST(idle.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_line_that_waits_for_an_answer_is_not_unfinished) {
    ipc::limits bounds;
    bounds.line_time = 20ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds};
    auto client = f.connect();
    client.send(request("7", "session.note", R"({"text":"a"})") + ask_cone);
    auto other = f.connect();
    other.send("{");
    BOOST_TEST(other.line().find("complete within") != std::string::npos);  // the time has passed for all
    f.wait_for_waiting(1);
    f.answer();
    BOOST_TEST(client.line() == R"({"jsonrpc":"2.0","id":7,"result":"a"})");
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_not_served_further_and_loses_nothing) {
    wire_fixture f;
    auto client = f.connect();
    constexpr std::size_t size = 65'536;
    const auto in_socket = static_cast<int>(room_of_a_socket() / size);
    const int count = in_socket + 195;
    client.send(many_big(size, count));
    let_turns_pass(f);
    const auto executed = f.executed();
    const auto served = std::ranges::count(executed, "session.get");
    BOOST_TEST(served >= 16);              // 1 MiB
    BOOST_TEST(served <= in_socket + 35);  // and what fits into the socket
    for (int n = 0; n < count; ++n) {
        const std::string line = client.line();
        BOOST_REQUIRE(line.starts_with(R"({"jsonrpc":"2.0","id":)" + std::to_string(n) + ","));
        BOOST_REQUIRE(line.size() > size);
    }
}

BOOST_AUTO_TEST_CASE(who_never_reads_is_disconnected) {
    ipc::limits bounds;
    bounds.output_stall_time = 50ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds};
    auto client = f.connect();
    constexpr std::size_t size = 500'000;
    client.send(many_big(size, static_cast<int>(room_of_a_socket() / size) + 2));
    f.wait_for_all_gone(1);
}

BOOST_AUTO_TEST_CASE(an_answer_too_large_to_send_says_so) {
    wire_fixture f;
    auto client = f.connect();
    client.send(big(std::size_t{3} << 20U, 1) + ask_cone);
    const std::string line = client.line();
    BOOST_TEST(line.find("ask for less") != std::string::npos, line.substr(0, 200));
    BOOST_TEST(client.line() == cone);
    client.send(big((std::size_t{3} << 20U) - 2, 2));
    BOOST_TEST(client.line().size() > (std::size_t{3} << 20U));
}

BOOST_AUTO_TEST_CASE(one_user_gets_three_quarters_of_the_connections_at_most) {
    ipc::limits bounds;
    bounds.connections = 8;
    bounds.connections_per_uid = 64;
    wire_fixture f{bounds};
    std::vector<raw_client> clients;
    for (int n = 0; n < 6; ++n) {
        clients.push_back(f.connect());
        clients.back().send(ask_cone);
        BOOST_TEST(clients.back().line() == cone);
    }
    auto seventh = f.connect();
    const std::string text = seventh.rest();
    BOOST_TEST(text.find(R"("kind":"overloaded")") != std::string::npos, text);
    BOOST_TEST(text.find("has 6 connections") != std::string::npos, text);
    clients.pop_back();
    f.wait_for_connections(5);
    auto eighth = f.connect();
    eighth.send(ask_cone);
    BOOST_TEST(eighth.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_full_house_is_refused) {
    ipc::limits bounds;
    bounds.connections = 1;
    wire_fixture f{bounds};
    auto first = f.connect();
    first.send(ask_cone);
    BOOST_TEST(first.line() == cone);
    auto second = f.connect();
    const auto told = second.rest();
    BOOST_TEST(told.find("all 1 connections are taken") != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(accepting_goes_on_after_the_process_ran_out_of_files) {
    ipc::limits bounds;
    bounds.accept_pause = 1ms;
    wire_fixture f{bounds};
    std::optional<raw_client> client;
    {
        all_files files;
        BOOST_REQUIRE(!files.empty());
        files.close_one();  // goes to the client, so that none is left for the server
        client.emplace(f.path());
        client->send(ask_cone);
        f.wait_for_report("cannot accept connections for now");
    }
    BOOST_TEST(client->line() == cone);
}

BOOST_AUTO_TEST_CASE(answers_beyond_what_is_kept_for_a_peer_are_dropped_with_its_connection) {
    ipc::limits bounds;
    bounds.output_pause_bytes = 5'000;
    bounds.output_close_bytes = 20'000;
    wire_fixture f{bounds};
    auto client = f.connect();
    constexpr std::size_t count = 6;
    for (std::size_t i = 0; i < count; ++i) {
        client.send(request("1", "session.note", R"({"text":")" + std::string(8'000, 'x') + R"("})"));
    }
    f.wait_for_waiting(count);
    f.answer_all();
    BOOST_TEST(client.rest().size() <= bounds.output_close_bytes);
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(long_lines_share_what_memory_there_is_and_one_too_many_is_refused) {
    ipc::limits bounds;
    bounds.buffer_bytes = std::size_t{4} << 20U;  // of which one user gets 3 MiB: three lines of 1 MiB, but for 64 KiB
    wire_fixture f{bounds};
    const std::string part(std::size_t{900} << 10U, ' ');
    std::vector<raw_client> holders;
    for (int n = 0; n < 3; ++n) {
        holders.push_back(f.connect());
        holders.back().send(part);
    }
    let_turns_pass(f);
    {
        auto late = f.connect();
        late.send(part);
        const std::string refusal = late.line();
        BOOST_TEST(refusal.find(R"("kind":"overloaded")") != std::string::npos, refusal);
        BOOST_TEST(refusal.find("the memory for long lines is in use") != std::string::npos, refusal);
        BOOST_TEST(late.rest().empty());
    }
    holders.front().send(ask_cone);  // the end of its line: what it took is free again
    BOOST_TEST(holders.front().line() == cone);
    auto next = f.connect();
    next.send(part + ask_cone);
    BOOST_TEST(next.line() == cone);
    holders.clear();  // cut off in the middle of a line
    f.wait_for_connections(1);
    for (int n = 0; n < 3; ++n) {
        holders.push_back(f.connect());
        holders.back().send(part + ask_cone);
        BOOST_TEST(holders.back().line() == cone);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_without_room_is_an_error_to_who_only_reads) {
    ipc::limits bounds;
    bounds.buffer_bytes = std::size_t{1} << 20U;
    wire_fixture f{bounds};
    auto client = f.connect();
    client.send(big(std::size_t{1} << 20U, 1) + ask_cone);
    const std::string refusal = client.line();
    BOOST_TEST(refusal.find("the memory for answers is in use") != std::string::npos, refusal);
    BOOST_TEST(client.line() == cone);
    client.send(big(std::size_t{512} << 10U, 2));
    BOOST_TEST(client.line().size() > std::size_t{512} << 10U);
}

BOOST_AUTO_TEST_CASE(an_answer_without_room_to_a_change_ends_the_connection) {
    ipc::limits bounds;
    bounds.buffer_bytes = std::size_t{128} << 10U;
    wire_fixture f{bounds};
    auto client = f.connect();
    client.send(request("1", "session.note", R"({"text":"a"})"));
    f.wait_for_waiting(1);
    auto handle = f.take();
    f.on_io([&] { handle.reply('"' + std::string(std::size_t{512} << 10U, 'x') + '"'); });
    BOOST_TEST(client.rest().empty());
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_served_less_when_memory_is_scarce) {
    ipc::limits bounds;
    bounds.buffer_bytes = std::size_t{2} << 20U;
    wire_fixture f{bounds};
    auto holder = f.connect();
    holder.send(std::string(std::size_t{900} << 10U, ' '));  // with the other one it is more than half
    auto slow = f.connect();
    constexpr std::size_t size = 8'192;
    const auto in_socket = static_cast<int>(room_of_a_socket() / size);
    const int count = in_socket + 360;
    auto other = f.connect();
    other.send(std::string(std::size_t{200} << 10U, ' '));
    let_turns_pass(f);
    slow.send(many_big(size, count));
    let_turns_pass(f);
    const auto executed = f.executed();
    const auto served = std::ranges::count(executed, "session.get");
    BOOST_TEST(served >= 2);
    BOOST_TEST(served <= in_socket + 20);  // what fits into the socket, and 16 KiB; with 1 MiB it would be 128 more
    for (int n = 0; n < count; ++n) {
        const std::string line = slow.line();
        BOOST_REQUIRE(line.starts_with(R"({"jsonrpc":"2.0","id":)" + std::to_string(n) + ","));
    }
}

BOOST_AUTO_TEST_CASE(long_ids_in_flight_are_few_and_none_is_lost) {
    wire_fixture f;
    auto client = f.connect();
    const auto id = [](int n) { return '"' + std::to_string(n) + std::string(1'000, 'i') + '"'; };
    constexpr int count = 60;
    std::string all;
    for (int n = 0; n < count; ++n) {
        all += request(id(n), "session.note", R"({"text":"a"})");
    }
    client.send(all);
    f.wait_for_waiting(17);  // 16 KiB
    let_turns_pass(f);
    BOOST_TEST(f.waiting() == 17U);
    for (int n = 0; n < count; ++n) {
        f.wait_for_waiting(1);
        f.answer();
        BOOST_TEST(client.line() == R"({"jsonrpc":"2.0","id":)" + id(n) + R"(,"result":"a"})");
    }
}

BOOST_AUTO_TEST_SUITE_END()
