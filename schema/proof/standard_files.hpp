// SPDX-License-Identifier: Apache-2.0
//
// For the first line of each main(): whoever started the process may have closed the standard files, and then the next
// file or socket that it opens would take their place, and what is meant for people would go into it. Lives here
// because all three programs may include from here.
#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace valhalla::schema {

/// Opens /dev/null where one is missing. For reading in the place of the standard output too: an answer that cannot be
/// written then fails as it should. What would be said on the standard error is lost.
inline void open_missing_standard_files() noexcept {
    constexpr std::array<std::pair<int, int>, 3> files{
        {{STDIN_FILENO, O_RDONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}}};
    for (const auto& [file, mode] : files) {
        if (::fcntl(file, F_GETFD) == -1 && errno == EBADF) {
            static_cast<void>(::open("/dev/null", mode));  // takes the lowest number that is free: this one
        }
    }
}

/// A file that may grow no further, and a log whose reader has left, are errors of one write and not the end of the
/// process, which they are by default.
inline void survive_failed_writes() noexcept {
    std::ignore = ::signal(SIGXFSZ, SIG_IGN);
    std::ignore = ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace valhalla::schema
