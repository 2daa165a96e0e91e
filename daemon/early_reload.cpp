// SPDX-License-Identifier: Apache-2.0
#include "daemon/early_reload.hpp"

#include <csignal>

namespace valhalla {

namespace {

volatile std::sig_atomic_t reload_was_asked_for = 0;  // of the whole process, as signals are

}  // namespace

void note_early_reloads() noexcept {
    struct sigaction note{};
    note.sa_handler = [](int) { reload_was_asked_for = 1; };
    note.sa_flags = SA_RESTART;
    ::sigemptyset(&note.sa_mask);
    ::sigaction(SIGHUP, &note, nullptr);
}

bool take_early_reload() noexcept {
    const bool was = reload_was_asked_for != 0;
    reload_was_asked_for = 0;
    return was;
}

}  // namespace valhalla
