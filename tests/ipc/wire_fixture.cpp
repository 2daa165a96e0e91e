// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/wire_fixture.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "ipc/api/methods.hpp"

namespace valhalla::tests {

raw_client::raw_client(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error{fmt::format("{}: longer than the {} bytes that the path of a socket can have", path,
                                             sizeof address.sun_path - 1)};
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error{"cannot connect to " + path};
    }
}

raw_client::~raw_client() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

raw_client::raw_client(raw_client&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, received_{std::move(other.received_)} {}

void raw_client::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) {
            throw std::runtime_error{fmt::format("send: {}", std::strerror(errno))};
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::size_t raw_client::send_some(std::string_view bytes) const {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void raw_client::end_of_input() const {
    ::shutdown(fd_, SHUT_WR);
}

bool raw_client::has_input() const {
    pollfd on{fd_, POLLIN, 0};
    return !received_.empty() || ::poll(&on, 1, 0) > 0;
}

bool raw_client::receive() {
    pollfd on{fd_, POLLIN, 0};
    if (::poll(&on, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) <= 0) {
        throw std::runtime_error{"nothing comes"};
    }
    std::array<char, 65'536> buffer{};
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
        received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return count > 0;
}

std::string raw_client::line() {
    std::size_t newline = 0;
    while ((newline = received_.find('\n')) == std::string::npos) {
        if (!receive()) {
            throw std::runtime_error{"the connection ended; before it came: " + received_};
        }
    }
    std::string text = received_.substr(0, newline);
    received_.erase(0, newline + 1);
    return text;
}

std::vector<std::string> raw_client::lines(std::size_t count) {
    std::vector<std::string> all;
    while (all.size() < count) {
        all.push_back(line());
    }
    return all;
}

std::string raw_client::rest() {
    while (receive()) {
    }
    return std::exchange(received_, {});
}

std::string request(std::string_view id, std::string_view method, std::string_view params) {
    return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{}\",\"params\":{}}}\n", id, method, params);
}

std::string notification(std::string_view method, std::string_view params) {
    return fmt::format("{{\"jsonrpc\":\"2.0\",\"method\":\"{}\",\"params\":{}}}\n", method, params);
}

wire_fixture::wire_fixture(ipc::limits bounds, ipc::role granted)
    : path_{(directory_.path() / "sock").string()}, work_{io_.get_executor()} {
    bind();
    ipc::unix_server_options options;
    options.bounds = bounds;
    granted_ = granted;
    options.identities = {
        .known = [this](int, const ipc::credentials& of) -> std::optional<ipc::identity> {
            return looks_up_ ? std::nullopt : std::optional{ipc::identity{fmt::format("uid:{}", of.uid), granted_}};
        },
        .look_up = [this](int, const ipc::credentials&,
                          ipc::identity_source::answer done) { look_ups_.push_back(std::move(done)); }};
    options.report = [this](std::string_view what) {
        const std::lock_guard lock{mutex_};
        reports_.emplace_back(what);
        changed_.notify_all();
    };
    options.on_denial = [this](const ipc::denial& what) {
        const std::lock_guard lock{mutex_};
        denials_.push_back(fmt::format("{} {}", what.method, ipc::to_text(what.needs)));
        changed_.notify_all();
    };
    options.keys = {.any = [this] { return !keys_.empty(); },
                    .role_of =
                        [this](const std::string& id) {
                            const auto found = keys_.find(id);
                            return found == keys_.end() ? ipc::role::none : found->second.granted;
                        }};
    server_ = std::make_unique<ipc::unix_server>(io_, table_, std::move(options));
    server_->listen(path_);
    thread_ = std::thread{[this] { io_.run(); }};
}

wire_fixture::~wire_fixture() {
    destroy_server();
    work_.reset();
    thread_.join();
}

void wire_fixture::destroy_server() {
    on_io([this] {
        server_.reset();
        pushes_to_.reset();
    });
}

void wire_fixture::bind() {
    namespace api = ipc::api;
    table_.on<api::cone_state>([this](const auto&, ipc::call& c) {
        note_executed("cone.state");
        c.reply(R"({"band":"A"})");
    });
    table_.on<api::daemon_info>([](const auto&, ipc::call& c) {
        c.reply(fmt::format(R"({{"connection":{},"uid":{}}})", c.who().connection, c.who().uid));
    });
    table_.on<api::session_note>([this](api::session_note::params&& p, ipc::call& c) { keep(p.text, c.defer()); });
    table_.on<api::health_clear>([this](api::health_clear::params&& p, ipc::call& c) { keep(p.source, c.defer()); });
    table_.on<api::session_list>([this](const auto&, ipc::call& c) { keep("list", c.defer()); });
    table_.on<api::backup_create>([this](const auto&, ipc::call& c) { keep("backup", c.defer()); });
    table_.on<api::session_get>([this](const api::session_get::params& p, ipc::call& c) {
        note_executed("session.get");
        c.reply('"' + std::string(static_cast<std::size_t>(p.id), 'x') + '"');
    });
    table_.on<api::canon_get>([](const auto&, ipc::call&) { throw std::runtime_error{"the canon is on fire"}; });
    table_.on<api::go_summary>([](const auto&, ipc::call&) {});
    table_.on<api::audit_follow>([this](const auto&, ipc::call& c) {
        pushes_to_ = c.channel();
        c.reply("0");
    });
    bind_keys();
}

void wire_fixture::bind_keys() {
    namespace api = ipc::api;
    table_.on<api::operator_locks>([](const auto&, ipc::call& c) {
        c.reply(fmt::format(R"("{} {}")", c.who().key.empty() ? "user" : c.who().name, to_text(c.who().granted)));
    });
    table_.on<api::auth_key>([this](const api::auth_key::params& p, ipc::call& c) {
        const auto found = keys_.find(p.key);
        if (found == keys_.end()) {
            c.fail({ipc::error_code::invalid_key, "not a key", {}, ipc::role::viewer});
        } else if (const auto error = c.act_as(found->second)) {
            c.fail(*error);
        } else {
            c.reply("true");
        }
    });
}

void wire_fixture::set_key(const std::string& id, ipc::role granted, const std::string& name) {
    on_io([&] {
        if (granted == ipc::role::none) {
            keys_.erase(id);
        } else {
            keys_[id] = {id, name, granted, ipc::user_id::of_key_holder(std::hash<std::string>{}(name))};
        }
    });
}

template <class Condition>
void wire_fixture::wait_until_on_io(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!on_io(condition)) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error{"the number of connections does not come about"};
        }
        std::this_thread::yield();
    }
}

void wire_fixture::set_role(ipc::role granted) {
    on_io([&] {
        granted_ = granted;
        server_->refresh_identities();
    });
}

void wire_fixture::look_users_up() {
    on_io([&] { looks_up_ = true; });
}

void wire_fixture::wait_for_look_ups(std::size_t count) {
    wait_until_on_io([this, count] { return look_ups_.size() == count; });
}

void wire_fixture::answer_look_up(std::size_t n, const std::optional<ipc::identity>& who) {
    on_io([&] {
        const auto done = std::move(look_ups_.at(n));
        look_ups_.erase(look_ups_.begin() + static_cast<std::ptrdiff_t>(n));
        done(who);
    });
}

void wire_fixture::note_executed(std::string what) {
    const std::lock_guard lock{mutex_};
    executed_.push_back(std::move(what));
}

void wire_fixture::keep(std::string what, ipc::reply_handle handle) {
    const std::lock_guard lock{mutex_};
    executed_.push_back(what);
    waiting_.push_back({std::move(handle), std::move(what)});
    changed_.notify_all();
}

template <class Condition>
void wire_fixture::wait_until(Condition condition, const char* what) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, condition)) {
        throw std::runtime_error{what};
    }
}

void wire_fixture::wait_for_waiting(std::size_t count) {
    wait_until([&] { return waiting_.size() >= count; }, "the requests do not arrive");
}

std::size_t wire_fixture::waiting() const {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
}

ipc::reply_handle wire_fixture::take(std::size_t n) {
    const std::lock_guard lock{mutex_};
    auto handle = std::move(waiting_.at(n).handle);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    return handle;
}

void wire_fixture::answer(std::size_t n) {
    std::string what;
    {
        const std::lock_guard lock{mutex_};
        what = waiting_.at(n).what;
    }
    on_io([&, handle = take(n)]() mutable { handle.reply('"' + what + '"'); });
}

void wire_fixture::answer_all() {
    on_io([this] {
        std::vector<waiting_request> all;
        {
            const std::lock_guard lock{mutex_};
            all.swap(waiting_);
        }
        for (auto& each : all) {
            each.handle.reply('"' + each.what + '"');
        }
    });
}

std::vector<std::string> wire_fixture::executed() const {
    const std::lock_guard lock{mutex_};
    return executed_;
}

std::vector<std::string> wire_fixture::reports() const {
    const std::lock_guard lock{mutex_};
    return reports_;
}

std::vector<std::string> wire_fixture::denials() const {
    const std::lock_guard lock{mutex_};
    return denials_;
}

void wire_fixture::wait_for_report(std::string_view part) {
    wait_until(
        [&] {
            return std::ranges::any_of(reports_,
                                       [&](const std::string& each) { return each.find(part) != std::string::npos; });
        },
        "the report does not come");
}

void wire_fixture::wait_for_connections(std::size_t count) {
    wait_until_on_io([this, count] { return server_->connections() == count; });
}

void wire_fixture::wait_for_all_gone(std::uint64_t accepted) {
    wait_until_on_io([this, accepted] {
        return server_->counted().connections_accepted() == accepted && server_->connections() == 0;
    });
}

}  // namespace valhalla::tests
