// SPDX-License-Identifier: Apache-2.0
#include "schema/stored_words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/errors.hpp"

namespace valhalla::schema {
namespace {

template <class Word>
Word checked(std::int64_t value, Word last, std::string_view column) {
    if (value < 0 || value > static_cast<std::int64_t>(last)) {
        throw_damaged(column);
    }
    return static_cast<Word>(value);
}

}  // namespace

void throw_damaged(std::string_view column) {
    throw storage_error{storage_fault::broken,
                        fmt::format("the database is damaged: {} holds what was never written; verify it and restore "
                                    "a backup",
                                    column)};
}

band stored_band(std::int64_t value, std::string_view column) {
    return checked(value, band::survival, column);
}

health_level stored_level(std::int64_t value, std::string_view column) {
    return checked(value, health_level::red, column);
}

end_reason stored_end_reason(std::int64_t value, std::string_view column) {
    return checked(value, end_reason::imported, column);
}

access_role stored_role(std::int64_t value, std::string_view column) {
    return checked(value, access_role::owner, column);
}

hash256 stored_hash(std::span<const std::byte> bytes, std::string_view column) {
    hash256 hash;
    if (bytes.size() != hash.size()) {
        throw_damaged(column);
    }
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace valhalla::schema
