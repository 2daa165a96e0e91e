// SPDX-License-Identifier: Apache-2.0
#include "schema/name_dictionary.hpp"

#include "schema/limits.hpp"

namespace valhalla::schema {

name_dictionary::name_dictionary(const connection& db, const std::string& table)
    : find_{db, "SELECT id FROM " + table + " WHERE name = ?1"},
      add_{db, "INSERT INTO " + table + " (id, name) VALUES (?1, ?2)"},
      last_{db, "SELECT id FROM " + table + " ORDER BY id DESC LIMIT 1"} {}

std::optional<std::int64_t> name_dictionary::find(std::string_view name) {
    auto row = find_.use(name);
    return row.step() ? std::optional{row.integer(0)} : std::nullopt;
}

std::int64_t name_dictionary::id_of(std::string_view name) {
    if (const auto known = known_.find(name); known != known_.end()) {
        return known->second;
    }
    std::optional<std::int64_t> id = find(name);
    if (!id) {
        auto last = last_.use();
        id = last.step() ? last.integer(0) + 1 : 1;
        add_.run(*id, name);
    }
    if (known_.size() >= limits::cached_names) {
        known_.clear();
    }
    known_.emplace(name, *id);
    return *id;
}

}  // namespace valhalla::schema
