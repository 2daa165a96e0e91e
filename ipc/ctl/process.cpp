// SPDX-License-Identifier: Apache-2.0
//
// What valhallactl asks of the process that it is: terminal or pipe, width, colours, clock, signals,
// the program beside it.
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <poll.h>
#include <pwd.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ipc/client.hpp"
#include "ipc/ctl/child_process.hpp"
#include "ipc/ctl/run.hpp"
#include "schema/base/terminal.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::chrono::milliseconds patience_of_a_shell{500};

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// Beside this program, else where the package puts it, else whatever PATH has.
std::string path_of(const char* name) {
    std::error_code none;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", none);
    for (const auto& path : {own.parent_path() / name, std::filesystem::path{"/usr/lib/valhalla"} / name}) {
        if (path.is_absolute() && ::access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    return name;
}

exit_code become(const std::vector<std::string>& words) {
    std::cout.flush();
    std::vector<std::string> copies = words;
    std::vector<char*> pointers;
    pointers.reserve(copies.size() + 1);
    for (auto& word : copies) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    ::execvp(pointers.front(), pointers.data());
    throw cannot_run(words.front(), errno);
}

/// A descriptor that can be read when one of the signals came, which no longer do anything else.
int descriptor_of(std::initializer_list<int> signals) {
    sigset_t all{};
    sigemptyset(&all);
    for (const int one : signals) {
        sigaddset(&all, one);
    }
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    return ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

// One descriptor each for the life of the process.
int interruption() {
    static const int descriptor = [] {
        const int either = ::epoll_create1(EPOLL_CLOEXEC);
        const int signals = descriptor_of({SIGINT, SIGTERM});
        epoll_event when{};
        when.events = EPOLLIN;
        ::epoll_ctl(either, EPOLL_CTL_ADD, signals, &when);
        // Of a pipe whose reader has left, errors are told that nobody asked for. Files have none, and are refused
        // here.
        when.events = 0;
        ::epoll_ctl(either, EPOLL_CTL_ADD, STDOUT_FILENO, &when);
        return either;
    }();
    return descriptor;
}
bool reader_has_left() {
    pollfd on{STDOUT_FILENO, 0, 0};
    return ::poll(&on, 1, 0) > 0 && (on.revents & (POLLERR | POLLHUP)) != 0;
}
int resizing() {
    static const int descriptor = descriptor_of({SIGWINCH});
    return descriptor;
}
void saw_resizing() {
    signalfd_siginfo ignored{};
    while (::read(resizing(), &ignored, sizeof ignored) > 0) {
    }
}

/// `NAME`, or `uid:NUMBER` of those who have none.
bool knows_user(const std::string& name) {
    constexpr std::string_view nameless = "uid:";
    errno = 0;
    if (name.starts_with(nameless)) {
        ::uid_t uid = 0;
        const auto [end, error] = std::from_chars(name.data() + nameless.size(), name.data() + name.size(), uid);
        return error == std::errc{} && end == name.data() + name.size();
    }
    return ::getpwnam(name.c_str()) != nullptr || (errno != 0 && errno != ENOENT && errno != ESRCH);
}

}  // namespace

surroundings surroundings_of_process() {
    const bool out = ::isatty(STDOUT_FILENO) == 1;
    const bool err = ::isatty(STDERR_FILENO) == 1;
    const bool in = ::isatty(STDIN_FILENO) == 1;
    return {
        .out = std::cout,
        .err = std::cerr,
        .in = std::cin,
        .columns = columns_of_terminal(STDOUT_FILENO),
        .err_columns = columns_of_terminal(STDERR_FILENO),
        .colours = out && variable("NO_COLOR").empty() && terminal_moves_cursor(),
        .out_is_terminal = out,
        .err_is_terminal = err,
        .moves_cursor = terminal_moves_cursor(),
        .can_ask = in && err,
        .columns_now = [] { return columns_of_terminal(STDOUT_FILENO); },
        .now =
            [] {
                const auto now = std::chrono::system_clock::now().time_since_epoch();
                return micros{std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
            },
        .default_socket = [] { return ipc::default_socket_path(); },
        .connect = [](const std::string& socket) { return call_socket(socket); },
        .glance = [](const std::string& socket) { return call_socket(socket, patience_of_a_shell); },
        .process = {.verifier = [] { return path_of("valhalla-verify"); },
                    .daemon = [] { return path_of("valhallad"); },
                    .become = [](const std::vector<std::string>& words) { return become(words); },
                    .run = [](const std::vector<std::string>& words) { return run_to_the_end(words); },
                    .interruption = [] { return interruption(); },
                    .reader_has_left = [] { return reader_has_left(); },
                    .knows_user = [](const std::string& name) { return knows_user(name); },
                    .resizing = [] { return resizing(); },
                    .saw_resizing = [] { saw_resizing(); }},
    };
}

}  // namespace valhalla::ctl
