// SPDX-License-Identifier: Apache-2.0
//
// Stored numbers and bytes back into typed values. A value that no version of ours could have written means a damaged
// database (`broken`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schema/model/time.hpp"
#include "schema/model/vocabulary.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

/// `column` is named in the error, e.g. `audit.leaves`.
[[nodiscard]] band stored_band(std::int64_t value, std::string_view column);
[[nodiscard]] health_level stored_level(std::int64_t value, std::string_view column);
[[nodiscard]] end_reason stored_end_reason(std::int64_t value, std::string_view column);
[[nodiscard]] access_role stored_role(std::int64_t value, std::string_view column);
[[nodiscard]] hash256 stored_hash(std::span<const std::byte> bytes, std::string_view column);

[[nodiscard]] inline std::optional<unix_micros> stored_time(std::optional<std::int64_t> micros) {
    return micros ? std::optional{micros_at(*micros)} : std::nullopt;
}
[[nodiscard]] inline std::optional<std::int64_t> stored_micros(const std::optional<unix_micros>& time) {
    return time ? std::optional{micros_count(*time)} : std::nullopt;
}

[[noreturn]] void throw_damaged(std::string_view column);

/// Rows that were asked for in the order of a key, and between bounds: a damaged tree gives others, and may give them
/// for ever. Each row's key is held against the one before it.
class rows_in_order {
  public:
    enum class direction : std::uint8_t { up, down };
    /// `table` is named in the error.
    rows_in_order(std::string_view table, direction which) noexcept : table_{table}, up_{which == direction::up} {}

    void take(std::int64_t key) {
        if (last_ && (up_ ? key <= *last_ : key >= *last_)) {
            throw_damaged(table_);
        }
        last_ = key;
    }

  private:
    std::string_view table_;
    bool up_;
    std::optional<std::int64_t> last_;
};

}  // namespace valhalla::schema
