// SPDX-License-Identifier: Apache-2.0
//
// The documents of one moment, kept until a disk that may be slow has taken them: while they are read, the write-ahead
// log cannot be emptied, so that this must not take as long as their writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/unique_fd.hpp"

namespace valhalla::schema {

class document_spool {
  public:
    /// Takes as much memory as `limits::spool_memory_bytes`; what is more goes to a file in `directory` that has no
    /// name.
    explicit document_spool(std::filesystem::path directory) : directory_{std::move(directory)} {}

    /// Pieces of one document follow each other.
    void add(std::string_view name, std::string_view piece);
    [[nodiscard]] std::size_t size() const noexcept { return documents_.size(); }
    [[nodiscard]] const std::string& name(std::size_t index) const { return documents_[index].name; }
    void read(std::size_t index, const std::function<void(std::string_view piece)>& visit) const;

  private:
    struct document {
        std::string name;
        std::uint64_t begin = 0;
        std::uint64_t bytes = 0;
    };

    void spill();

    std::filesystem::path directory_;
    std::vector<document> documents_;
    std::string memory_;  // what comes after the file's content
    unique_fd file_;
    std::uint64_t in_file_ = 0;
};

}  // namespace valhalla::schema
