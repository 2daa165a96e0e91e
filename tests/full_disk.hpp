// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <stdexcept>
#include <sys/resource.h>

namespace valhalla::tests {

/// No file of this process can grow beyond `bytes` while it lives: a disk that is full.
class full_disk {
  public:
    explicit full_disk(rlim_t bytes) : previous_signal_{std::signal(SIGXFSZ, SIG_IGN)} {
        if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) {
            throw std::runtime_error{"no limit of file sizes"};
        }
        const rlimit now{bytes, before_.rlim_max};
        if (::setrlimit(RLIMIT_FSIZE, &now) != 0) {
            throw std::runtime_error{"the limit of file sizes cannot be set"};
        }
    }
    ~full_disk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        static_cast<void>(std::signal(SIGXFSZ, previous_signal_));
    }
    full_disk(const full_disk&) = delete;
    full_disk& operator=(const full_disk&) = delete;

  private:
    rlimit before_{};
    void (*previous_signal_)(int);
};

}  // namespace valhalla::tests
