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

}  // namespace valhalla::schema
