// SPDX-License-Identifier: Apache-2.0
#include "ipc/client.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <valhalla/detail/permission.hpp>

#include <boost/test/unit_test.hpp>

#include "ipc/socket_path.hpp"
#include "tests/ipc/wire_fixture.hpp"
#include "tests/not_tested.hpp"

using namespace valhalla;
using namespace std::chrono_literals;
using tests::wire_fixture;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

auto saying(std::string_view part) {
    return [part](const std::exception& e) {
        BOOST_TEST(contains(e.what(), part), e.what());
        return contains(e.what(), part);
    };
}

/// Without a second attempt: what is looked at is the first one.
client_options once(std::string path) {
    return {.socket = std::move(path), .retries = 0};
}

/// Answers the first line that comes with fixed bytes, then ends the connection.
class one_answer {
  public:
    one_answer(const std::string& path, std::string answer)
        : listening_{ipc::listen_on_path(path, std::nullopt, 4).descriptor}, thread_{[this, text = std::move(answer)] {
              ::fcntl(listening_, F_SETFL, 0);
              const int fd = ::accept(listening_, nullptr, nullptr);
              if (fd < 0) {
                  return;  // then the client has no answer, and the test says so
              }
              char c = 0;
              while (::read(fd, &c, 1) == 1 && c != '\n') {
              }
              static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
              ::close(fd);
          }} {}
    ~one_answer() {
        thread_.join();
        ::close(listening_);
    }
    one_answer(const one_answer&) = delete;
    one_answer& operator=(const one_answer&) = delete;

  private:
    int listening_;
    std::thread thread_;
};

/// Sets a variable of the environment, or removes it, until it goes.
class with_variable {
  public:
    with_variable(const char* name, const std::optional<std::string>& value) : name_{name} {
        if (const char* const before = ::getenv(name)) {
            before_ = before;
        }
        set(value);
    }
    ~with_variable() { set(before_); }
    with_variable(const with_variable&) = delete;
    with_variable& operator=(const with_variable&) = delete;

  private:
    void set(const std::optional<std::string>& value) const {
        value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_);
    }
    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(results_come_back) {
    wire_fixture f;
    ipc::client client{once(f.path())};
    for (int n = 0; n < 3; ++n) {
        BOOST_TEST((client.call("cone.state").at("band") == "A"));
    }
    BOOST_TEST((client.call("session.get", {{"id", 300'000}}).as_string().size() == 300'000U));
}

BOOST_AUTO_TEST_CASE(errors_come_back_with_code_and_kind) {
    wire_fixture f;
    ipc::client client{once(f.path())};
    BOOST_CHECK_EXCEPTION(client.call("session.note", {{"text", 1}}), ipc::call_error, [](const ipc::call_error& e) {
        return e.code() == -32602 && e.kind() == "invalid_params" && e.object().at("data").at("key") == "text" &&
               contains(e.what(), "must be a string");
    });
    BOOST_TEST((client.call("cone.state").at("band") == "A"));
}

BOOST_AUTO_TEST_CASE(raw_calls_give_the_line_as_it_came) {
    wire_fixture f;
    ipc::client client{once(f.path())};
    BOOST_TEST(client.call_raw("cone.state", "") == R"({"jsonrpc":"2.0","id":1,"result":{"band":"A"}})");
    BOOST_TEST(contains(client.call_raw("no.such", "{}"), "-32601"));
    BOOST_TEST(contains(client.call_raw("session.get", "{\n  \"id\": 3\n}"), R"("result":"xxx")"));
    BOOST_CHECK_THROW(client.call_raw("session.get", "{\n  \"id\" 3\n}"), std::invalid_argument);
    BOOST_TEST(contains(client.call_raw("cone.state", "{}"), R"("id":4)"));
}

BOOST_AUTO_TEST_CASE(no_daemon_is_told_with_the_path) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    BOOST_CHECK_EXCEPTION(ipc::client{once(path)}, ipc::connection_error,
                          saying(path + ": no daemon: there is no such socket"));
    ::close(ipc::listen_on_path(path, std::nullopt, 1).descriptor);
    BOOST_CHECK_EXCEPTION(ipc::client{once(path)}, ipc::connection_error, saying("no daemon is listening there"));
    BOOST_CHECK_EXCEPTION(ipc::client{once(std::string(200, 'x'))}, ipc::connection_error, saying("1 to 107 bytes"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_ends_the_connection) {
    wire_fixture f;
    ipc::client client{{.socket = f.path(), .timeout = 50ms, .retries = 0}};
    BOOST_CHECK_EXCEPTION(client.call("session.note", {{"text", "x"}}), ipc::connection_error,
                          saying("no answer within"));
    BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::connection_error, saying("the connection is lost"));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_goes_away_is_told) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const one_answer daemon{path, "{\"jsonrpc\""};
    ipc::client client{once(path)};
    BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::connection_error, saying("closed the connection"));
}

BOOST_AUTO_TEST_CASE(something_else_that_listens_there_is_told) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    {
        const one_answer web{path, "HTTP/1.1 400 Bad Request\r\n"};
        ipc::client client{once(path)};
        BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::connection_error, saying("does not speak JSON-RPC"));
    }
    const one_answer confused{path, "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":1}\n"};
    ipc::client client{once(path)};
    BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::connection_error, saying("not the one to this request"));
}

BOOST_AUTO_TEST_CASE(a_refusal_at_the_door_is_told) {
    wire_fixture f{{}, ipc::role::none};
    ipc::client client{once(f.path())};
    BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::call_error,
                          [](const ipc::call_error& e) { return e.kind() == "forbidden"; });
}

BOOST_AUTO_TEST_CASE(notifications_come_in_order_whenever_they_arrive) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const one_answer daemon{path,
                            "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n{\"params\":{\"id\":1},\"method\":\"b\"}\n"
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"method\":\"c\"}}\n{\"method\":\"d\"}\n{\"cut"};
    ipc::client client{once(path)};
    BOOST_TEST((client.call("cone.state").at("method") == "c"));
    BOOST_TEST(client.next_notification().value() == R"({"jsonrpc":"2.0","method":"a"})");
    BOOST_TEST(client.next_notification().value() == R"({"params":{"id":1},"method":"b"})");
    BOOST_TEST(client.next_notification().value() == R"({"method":"d"})");
    BOOST_CHECK_EXCEPTION(client.next_notification(), ipc::connection_error,
                          saying("the daemon closed the connection"));
    BOOST_CHECK_EXCEPTION(client.next_notification(), ipc::connection_error, saying("the connection is lost"));
}

BOOST_AUTO_TEST_CASE(waiting_for_notifications_can_be_stopped) {
    wire_fixture f;
    ipc::client client{once(f.path())};
    int ends[2] = {-1, -1};
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    BOOST_TEST(::write(ends[1], "x", 1) == 1);
    BOOST_TEST(!client.next_notification(ends[0]).has_value());
    BOOST_TEST((client.call("cone.state").at("band") == "A"));  // the connection lives on
    ::close(ends[0]);
    ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(memory_for_notifications_is_bounded) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    {
        std::string flood;
        const std::string line = "{\"method\":\"" + std::string(1'000'000, 'x') + "\"}\n";
        for (int n = 0; n < 10; ++n) {
            flood += line;
        }
        const one_answer daemon{path, flood};
        ipc::client client{once(path)};
        BOOST_CHECK_EXCEPTION(client.call("cone.state"), ipc::connection_error, saying("notifications without end"));
    }
    const one_answer daemon{path, "{\"id\":1,\"result\":1}\n{\"method\":\"" + std::string(std::size_t{2} << 20U, 'x')};
    ipc::client client{once(path)};
    BOOST_TEST((client.call("cone.state") == 1));
    BOOST_CHECK_EXCEPTION(client.next_notification(), ipc::connection_error, saying("a line of more than"));
}

BOOST_AUTO_TEST_CASE(an_answer_where_a_notification_should_be_is_told) {
    const tests::temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const one_answer daemon{path, "{\"id\":1,\"result\":1}\n{\"id\":2,\"result\":1}\n"};
    ipc::client client{once(path)};
    BOOST_TEST((client.call("cone.state") == 1));
    BOOST_CHECK_EXCEPTION(client.next_notification(), ipc::connection_error, saying("that nobody waits for"));
}

BOOST_AUTO_TEST_CASE(the_default_socket_follows_the_environment) {
    const with_variable chosen{"VALHALLA_SOCKET", "/somewhere/else"};
    BOOST_TEST(ipc::default_socket_path() == "/somewhere/else");
    const tests::temporary_directory own;
    const with_variable runtime{"XDG_RUNTIME_DIR", own.path().string()};
    BOOST_TEST(ipc::development_socket_path() == own.path().string() + "/valhalla/valhallad.sock");
    const with_variable none{"XDG_RUNTIME_DIR", std::nullopt};
    BOOST_TEST(ipc::development_socket_path() == "/tmp/valhalla-" + std::to_string(::geteuid()) + "/valhallad.sock");
}

BOOST_AUTO_TEST_CASE(a_runtime_directory_that_is_not_the_users_own_is_not_used) {
    const std::string fallback = "/tmp/valhalla-" + std::to_string(::geteuid()) + "/valhallad.sock";
    const tests::temporary_directory own;
    for (const auto& [what, path] :
         {std::pair{"not there", own.path() / "gone"}, std::pair{"a file", own.path() / "file"},
          std::pair{"another user's", own.path() / "other"}}) {
        const bool is_others = path.filename() == "other";
        if (is_others) {
            std::filesystem::create_directory(path);
            if (::chown(path.c_str(), 4'000'000, static_cast<gid_t>(-1)) != 0) {
                continue;  // only root can give one away
            }
        } else if (path.filename() == "file") {
            std::ofstream{path} << "x";
        }
        const with_variable runtime{"XDG_RUNTIME_DIR", path.string()};
        BOOST_TEST(ipc::development_socket_path() == fallback, what);
        BOOST_TEST(!std::filesystem::exists(path / "valhalla"), what);
    }
}

BOOST_AUTO_TEST_CASE(why_one_may_not_connect_is_what_holds) {
    using detail::why_no_permission;
    const tests::temporary_directory own;
    const auto path = own.path() / "socket";
    std::ofstream{path} << "x";
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    BOOST_TEST(why_no_permission(path.string()).ends_with("the socket is for its owner alone"));
    std::filesystem::permissions(path, std::filesystem::perms{0660});
    BOOST_TEST(why_no_permission(path.string()).find("though your user is in the socket's group") != std::string::npos);
    BOOST_TEST(why_no_permission((own.path() / "gone" / "socket").string()).find("may not enter the directory") !=
               std::string::npos);
    if (::chown(path.c_str(), static_cast<uid_t>(-1), 4'000'000) == 0) {
        BOOST_TEST(why_no_permission(path.string()).ends_with("your user is not in the socket's group"));
    }
}

BOOST_AUTO_TEST_CASE(a_directory_that_another_user_could_change_is_objected_to) {
    namespace fs = std::filesystem;
    const tests::temporary_directory directory;
    const auto path = directory.path() / "valhalla";
    const auto objection = [&] { return ipc::objection_to_directory(path).value_or(""); };
    BOOST_TEST(objection() == "");  // nothing is there
    fs::create_directory(path);
    fs::permissions(path, fs::perms{0700});
    BOOST_TEST(objection() == "");
    fs::permissions(path, fs::perms{0755});
    BOOST_TEST(objection() == "");
    for (const unsigned mode : {0720U, 0702U, 01777U}) {
        fs::permissions(path, fs::perms{mode});
        BOOST_TEST(objection() == "can be written to by others");
    }
    fs::permissions(path, fs::perms{0700});
    if (::geteuid() != 0) {
        BOOST_TEST(ipc::objection_to_directory("/").value_or("") == "belongs to user 0");
    } else if (::chown(path.c_str(), 12'345, 0) == 0) {
        BOOST_TEST(objection() == "belongs to user 12345");
    } else {
        tests::not_tested("root cannot give a directory away");
    }
    fs::remove(path);
    fs::create_directory_symlink(directory.path(), path);
    BOOST_TEST(objection() == "is not a directory");
    BOOST_TEST(!ipc::objection_to_fallback(path).has_value());  // it is not the one that anybody could guess
}

BOOST_AUTO_TEST_SUITE_END()
