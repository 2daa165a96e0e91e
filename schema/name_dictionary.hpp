// SPDX-License-Identifier: Apache-2.0
//
// Names that rows refer to by a small number: kinds of events, names of actors. Append-only; numbers are given in
// order of first appearance, so a replay gives the same ones. Writer's side, ledger thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/statement.hpp"

namespace valhalla::schema {

class name_dictionary {
  public:
    /// `table` is `event_kind` or `actor_name`.
    name_dictionary(const connection& db, const std::string& table);

    /// The number of `name`, given now if it is new.
    [[nodiscard]] std::int64_t id_of(std::string_view name);
    /// Its number if it has one.
    [[nodiscard]] std::optional<std::int64_t> find(std::string_view name);
    /// After a rollback: numbers given since the last commit are void.
    void forget() noexcept { known_.clear(); }

  private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    statement find_;
    statement add_;
    statement last_;
    std::unordered_map<std::string, std::int64_t, text_hash, std::equal_to<>> known_;
};

}  // namespace valhalla::schema
