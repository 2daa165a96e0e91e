// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace valhalla::tests {

/// Exit status of `work` in a child that is nobody: root may do everything. Without root it is who we are. -1: there
/// was no child, or it did not exit.
template <class Work>
int as_nobody(Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65'534;
        if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) {
            ::_exit(99);
        }
        try {
            ::_exit(work());
        } catch (...) {
            ::_exit(98);
        }
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Root may have been left without the capability to become somebody.
inline bool can_be_nobody() {
    return as_nobody([] { return 0; }) == 0;
}

}  // namespace valhalla::tests
