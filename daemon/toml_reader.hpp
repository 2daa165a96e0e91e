// SPDX-License-Identifier: Apache-2.0
//
// Reading rules that people write as TOML, so that every mistake is told with its file, line and key: what stands under
// a key and is not what it should be, keys that nobody knows (with the nearest one that is known), names that occur
// twice. Used by policy_file and playbook_file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <toml++/toml.h>

#include "ipc/service/file_problem.hpp"

namespace valhalla {

/// Of the names of engines, classes, actions and steps: `[a-z0-9_]`.
inline constexpr std::size_t max_rule_name_bytes = 64;

/// 64 hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// One reading of one file: keeps the first problem; what is read after it does not matter any more.
class toml_reading {
  public:
    explicit toml_reading(std::string file) : file_{std::move(file)} {}

    /// Nothing after a syntax error, which is then the problem.
    [[nodiscard]] std::optional<toml::table> parse(std::string_view text);
    void raise(const toml::source_region& where, std::string key, std::string message);
    [[nodiscard]] const std::optional<file_problem>& problem() const noexcept { return problem_; }

  private:
    std::string file_;
    std::optional<file_problem> problem_;
};

/// The keys of one table. Every getter raises what it finds wrong and then returns something empty.
class toml_table_reader {
  public:
    /// `path` stands before each key in problems: `` for the root, else e.g. `engine[3].`. Keys that are not `known`
    /// are raised at once, before a missing key can hide that it was mistyped. `noun` is what the keys are, in a
    /// sentence.
    toml_table_reader(const toml::table& table, std::string path, const std::vector<std::string_view>& known,
                      toml_reading& reading, std::string_view noun = "key");

    /// Must be there and equal to `only`: a later format may mean something else by the same words.
    void format(std::int64_t only);
    [[nodiscard]] std::string name(std::string_view key);
    [[nodiscard]] std::string text(std::string_view key, std::size_t max_bytes);
    [[nodiscard]] bool flag(std::string_view key, bool when_absent);
    [[nodiscard]] std::optional<double> positive_number(std::string_view key);
    /// Distinct names; `may_be_empty` or at least one.
    [[nodiscard]] std::vector<std::string> names(std::string_view key, bool may_be_empty, std::size_t max_count);
    [[nodiscard]] const toml::table* table(std::string_view key);
    /// `[[key]]`, at least one and at most `max_count`.
    [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key, std::size_t max_count);

    /// About what stands under `key`.
    void raise(std::string_view key, std::string message);
    /// Raises a second occurrence of `name` in `seen`.
    void distinct(std::string_view key, const std::string& name, std::set<std::string, std::less<>>& seen);

  private:
    [[nodiscard]] const toml::node* find(std::string_view key, bool required);
    bool check_name(const toml::node& node, const std::string& at, const std::string& name);

    const toml::table& table_;
    std::string path_;
    toml_reading& reading_;
};

}  // namespace valhalla
