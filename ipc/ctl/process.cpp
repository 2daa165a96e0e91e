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
#include <iostream>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ipc/client.hpp"
#include "ipc/ctl/child_process.hpp"
#include "ipc/ctl/run.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::chrono::milliseconds patience_of_a_shell{500};

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::size_t columns_of_terminal() {
    constexpr std::size_t usual = 80;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const auto text = variable("COLUMNS");
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    return error == std::errc{} && columns > 0 ? columns : usual;
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

/// One descriptor for the life of the process.
int interruption() {
    static const int descriptor = [] {
        sigset_t ends{};
        sigemptyset(&ends);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
        return ::signalfd(-1, &ends, SFD_CLOEXEC);
    }();
    return descriptor;
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
        .columns = columns_of_terminal(),
        .colours = out && variable("NO_COLOR").empty() && variable("TERM") != "dumb",
        .out_is_terminal = out,
        .err_is_terminal = err,
        .can_ask = in && err,
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
                    .interruption = [] { return interruption(); }},
    };
}

}  // namespace valhalla::ctl
