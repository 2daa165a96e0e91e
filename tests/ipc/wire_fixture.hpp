// SPDX-License-Identifier: Apache-2.0
//
// A server on a socket of its own with handlers that tests steer, and a client that sees every byte. The server runs on
// a thread of its own; whatever touches it from a test goes through `on_io`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "ipc/method_table.hpp"
#include "ipc/push.hpp"
#include "ipc/unix_server.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {

/// Long enough for a loaded machine with sanitizers; a test that passes never waits this long.
inline constexpr std::chrono::seconds patience{120};

/// A socket, no more.
class raw_client {
  public:
    explicit raw_client(const std::string& path);
    ~raw_client();
    raw_client(raw_client&& other) noexcept;
    raw_client& operator=(raw_client&&) = delete;

    void send(std::string_view bytes) const;
    /// As much as goes without waiting.
    [[nodiscard]] std::size_t send_some(std::string_view bytes) const;
    /// No more input will come.
    void end_of_input() const;
    /// One line without its newline; fails the test when the connection ends or patience does.
    std::string line();
    std::vector<std::string> lines(std::size_t count);
    /// Waits for the end of the connection; whatever came before it.
    std::string rest();
    /// True when a line can be read without waiting.
    [[nodiscard]] bool has_input() const;

  private:
    bool receive();

    int fd_ = -1;
    std::string received_;
};

/// `method` with `params` as a line.
[[nodiscard]] std::string request(std::string_view id, std::string_view method, std::string_view params = "{}");
[[nodiscard]] std::string notification(std::string_view method, std::string_view params = "{}");

/// Handlers:
///   cone.state    hot    answers {"band":"A"}
///   daemon.info   hot    answers {"connection":n,"uid":n}
///   session.note, health.clear   change, session.list   query, backup.create   task: wait for `answer`
///   session.get   query  answers at once with a string of `id` bytes
///   canon.get     hot    throws
///   go.summary    hot    gives no answer
///   operator.locks   hot  answers "name role", of whom it is asked by
///   audit.follow  hot    answers 0; what is pushed on its connection goes through `push`
///   auth.key      hot    takes the keys that `set_key` made; the text of a key is its id
class wire_fixture {
  public:
    explicit wire_fixture(ipc::limits bounds = {}, ipc::role granted = ipc::role::owner);
    /// The key `id`, held by `name`; none takes it away.
    void set_key(const std::string& id, ipc::role granted, const std::string& name = "ci");
    /// What every user may do, looked up again for the connections that are open.
    void set_role(ipc::role granted);
    /// From now on users have to be looked up, each by `answer_look_up`.
    void look_users_up();
    void wait_for_look_ups(std::size_t count);
    void answer_look_up(std::size_t n, const std::optional<ipc::identity>& who);
    ~wire_fixture();
    wire_fixture(const wire_fixture&) = delete;
    wire_fixture& operator=(const wire_fixture&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] raw_client connect() const { return raw_client{path_}; }

    template <class F>
    auto on_io(F f) {
        std::packaged_task<std::invoke_result_t<F>()> task{std::move(f)};
        auto result = task.get_future();
        boost::asio::post(io_, std::move(task));
        if (result.wait_for(patience) != std::future_status::ready) {
            throw std::runtime_error{"the I/O thread does not come"};
        }
        return result.get();
    }

    /// Waits until this many requests wait for an answer.
    void wait_for_waiting(std::size_t count);
    [[nodiscard]] std::size_t waiting() const;
    /// Answers the n-th of those that wait with `"text of the note"`, and forgets it.
    void answer(std::size_t n = 0);
    /// All of them in order, in one go of the I/O thread, as the ledger does.
    void answer_all();
    /// Takes the n-th away.
    [[nodiscard]] ipc::reply_handle take(std::size_t n = 0);
    /// What handlers were called with, in order: `session.note x`.
    [[nodiscard]] std::vector<std::string> executed() const;
    [[nodiscard]] std::vector<std::string> reports() const;
    /// `session.note operator`: what was asked for, and the role that it takes.
    [[nodiscard]] std::vector<std::string> denials() const;
    void wait_for_report(std::string_view part);
    /// Waits until the server has this many connections.
    void wait_for_connections(std::size_t count);
    /// Waits until the server has accepted so many connections in all, and has none any more.
    void wait_for_all_gone(std::uint64_t accepted);

    /// To the last connection that asked for audit.follow.
    void push(std::string_view lines) {
        on_io([&] { pushes_to_->push(lines); });
    }
    void set_rate(std::string_view method, ipc::call_rate rate) {
        on_io([&] { table_.set_rate(method, rate); });
    }
    [[nodiscard]] ipc::unix_server& server() { return *server_; }
    void destroy_server();
    /// The same, for those who are on the I/O thread already.
    void server_is_gone() { server_.reset(); }

  private:
    struct waiting_request {
        ipc::reply_handle handle;
        std::string what;
    };
    void bind();
    void bind_keys();
    void note_executed(std::string what);
    void keep(std::string what, ipc::reply_handle handle);
    template <class Condition>
    void wait_until(Condition condition, const char* what);
    template <class Condition>
    void wait_until_on_io(Condition condition);

    temporary_directory directory_;
    std::string path_;
    boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    ipc::method_table table_;
    std::map<std::string, ipc::key_identity> keys_;       // I/O thread
    std::shared_ptr<ipc::push_channel> pushes_to_;        // I/O thread
    ipc::role granted_ = ipc::role::none;                 // I/O thread
    bool looks_up_ = false;                               // I/O thread
    std::vector<ipc::identity_source::answer> look_ups_;  // I/O thread
    std::unique_ptr<ipc::unix_server> server_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<waiting_request> waiting_;
    std::vector<std::string> executed_;
    std::vector<std::string> reports_;
    std::vector<std::string> denials_;

    std::thread thread_;
};

/// A request that is answered at once, and its answer.
inline const std::string ask_cone = request("1", "cone.state");
inline const std::string cone = R"({"jsonrpc":"2.0","id":1,"result":{"band":"A"}})";

}  // namespace valhalla::tests
