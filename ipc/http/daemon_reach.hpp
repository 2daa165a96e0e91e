// SPDX-License-Identifier: Apache-2.0
//
// Whether the daemon can be reached, as all connections to it find out. Told to the operator when it changes, once. I/O
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace valhalla::http {

class daemon_reach {
  public:
    daemon_reach() = default;
    /// `report`: is given each line.
    daemon_reach(std::string path, std::function<void(std::string_view)> report)
        : path_{std::move(path)}, report_{std::move(report)} {}

    /// Connecting failed with this `errno`.
    void cannot_connect(int error);
    /// The daemon said something.
    void answers() {
        if (!trouble_.empty()) {
            answers_again();
        }
    }
    /// It said that it does not let the gateway's own user in, and why.
    void keeps_out(std::string_view why);
    /// It took a key.
    void lets_in();
    /// It is there, and the gateway has no permission to connect.
    [[nodiscard]] bool may_not_connect() const noexcept { return may_not_connect_; }

  private:
    void answers_again();
    void tell(const std::string& line) const;

    std::string path_;
    std::function<void(std::string_view)> report_;
    std::string trouble_;  ///< that was told last; empty: there is none
    bool may_not_connect_ = false;
    bool kept_out_ = false;
};

}  // namespace valhalla::http
