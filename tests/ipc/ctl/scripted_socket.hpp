// SPDX-License-Identifier: Apache-2.0
//
// A daemon that follows a script: one function for each connection, which reads lines, sends bytes, and hangs up when
// it returns. On a thread of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/temporary_directory.hpp"

namespace valhalla::ctl::test {

class scripted_peer {
  public:
    explicit scripted_peer(int fd) : fd_{fd} {}
    /// Without its newline; empty at the end.
    [[nodiscard]] std::string line();
    void send(std::string_view bytes) const;
    /// `result` for the request that `line` is.
    void answer(std::string_view line, std::string_view result) const;

  private:
    int fd_;
};

/// Takes a line and hangs up.
void swallow(scripted_peer& peer);

class scripted_socket {
  public:
    using script = std::function<void(scripted_peer&)>;
    explicit scripted_socket(std::vector<script> connections);
    ~scripted_socket();
    scripted_socket(const scripted_socket&) = delete;
    scripted_socket& operator=(const scripted_socket&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    valhalla::tests::temporary_directory directory_;
    std::string path_;
    int listening_;
    std::thread thread_;
};

/// Every line is a request with this result. `result` has to outlive the script.
scripted_socket::script answer_all(std::string_view result);

}  // namespace valhalla::ctl::test
