// SPDX-License-Identifier: Apache-2.0
//
// The trail as a file of lines that only grows, so that a program that follows it (`tail -f`) sees each record once.
//
// What the file holds already is compared with the trail the first time, and after anything went wrong or anybody else
// changed it; a line that a crash or a full disk has cut off is completed where it ends. A file that is not the
// beginning of the trail is replaced as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/file_access.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/proof/sha256_stream.hpp"
#include "schema/reader.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla::schema {

class trail_file {
  public:
    /// `where` is the directory, for messages.
    trail_file(const std::filesystem::path& where, std::string name, file_access access)
        : path_{where / std::move(name)}, access_{access} {}

    /// Afterwards the file in `directory` is durable and has exactly the first `size` records of the trail. What
    /// `before_piece` throws ends it in between. `may_replace`: a file of other content is, otherwise it is an error.
    /// Throws `storage_error`; then the file has a beginning of the trail, which the next call completes.
    void bring_to(int directory, reader& from, std::uint64_t size, bool may_replace,
                  const std::function<void()>& before_piece);

    [[nodiscard]] std::uint64_t bytes() const noexcept { return now_ ? now_->bytes : 0; }
    // After `bring_to`.
    [[nodiscard]] hash256 sha256() const { return now_->digest.so_far(); }
    [[nodiscard]] hash256 root();

  private:
    /// What is known of the open file.
    struct content {
        unique_fd fd;
        std::uint64_t there = 0;  ///< bytes that were there when it was opened
        std::uint64_t bytes = 0;  ///< compared or written so far
        sha256_stream digest{};
        compact_range tree{};
        bool grown = true;  ///< since it was synced
    };

    [[nodiscard]] bool is_same_file(const content& known, int directory) const;
    [[nodiscard]] std::optional<content> open_there(int directory) const;
    [[nodiscard]] content create(int directory, const std::string& name) const;
    /// False: the file is something else.
    [[nodiscard]] bool fill(content& into, reader& from, std::uint64_t size, const std::function<void()>& before_piece);
    [[nodiscard]] bool take(content& into, std::string_view lines) const;
    void replace(int directory, reader& from, std::uint64_t size, const std::function<void()>& before_piece);

    std::filesystem::path path_;
    file_access access_;
    std::optional<content> now_;  // absent: the file has to be read first
    hasher hasher_;
};

}  // namespace valhalla::schema
