// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace valhalla::tests {

/// A directory of a test's own, gone with it. Below /tmp whatever TMPDIR says, because sockets are made in it and their
/// paths may not be longer than 107 bytes.
class temporary_directory {
  public:
    temporary_directory() {
        std::string pattern = "/tmp/valhalla-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error{"no temporary directory"};
        }
        path_ = pattern;
    }
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        std::ofstream{path_ / name, std::ios::binary} << content;
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

}  // namespace valhalla::tests
