// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/daemon_reach.hpp"

#include <cerrno>
#include <system_error>

namespace valhalla::http {

namespace {

[[nodiscard]] std::string reason_not_to_connect(int error) {
    switch (error) {
        case ENOENT: return "there is no such socket";
        case EACCES:
        case EPERM: return "permission denied: the gateway's user may not connect to that socket";
        case ECONNREFUSED: return "nobody listens there";
        case EAGAIN: return "too many wait there already";
        default: return std::generic_category().message(error);
    }
}

}  // namespace

void daemon_reach::cannot_connect(int error) {
    may_not_connect_ = error == EACCES || error == EPERM;
    auto why = reason_not_to_connect(error);
    if (why != trouble_) {
        tell("the daemon cannot be reached at " + path_ + ": " + why);
        trouble_ = std::move(why);
    }
}

void daemon_reach::answers_again() {
    trouble_.clear();
    may_not_connect_ = false;
    tell("the daemon at " + path_ + " answers again");
}

void daemon_reach::keeps_out(std::string_view why) {
    if (!std::exchange(kept_out_, true)) {
        tell("the daemon at " + path_ + " does not let the gateway's own user in: " + std::string{why});
    }
}

void daemon_reach::lets_in() {
    if (std::exchange(kept_out_, false)) {
        tell("the daemon at " + path_ + " lets the gateway in again");
    }
}

void daemon_reach::tell(const std::string& line) const {
    if (report_) {
        report_(line);
    }
}

}  // namespace valhalla::http
