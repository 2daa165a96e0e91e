// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of what is fed in pieces, to check what came from the daemon.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace valhalla::ctl {

class sha256 {
  public:
    sha256();
    ~sha256();
    sha256(sha256&&) noexcept;
    sha256& operator=(sha256&&) noexcept;

    void add(std::string_view bytes);
    /// 64 hex digits. Once; nothing may be added afterwards.
    [[nodiscard]] std::string finish();
    /// The same as bytes.
    [[nodiscard]] std::array<char, 32> finish_bytes();

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace valhalla::ctl
