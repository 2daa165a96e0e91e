// SPDX-License-Identifier: Apache-2.0
//
// Reading imported JSON strictly, and saying exactly where it is wrong. Private to the import.
//
// Inside the import the first thing that is wrong is thrown, as `import_failure`, and `read_import` returns it as a
// value: there are a hundred places that refuse and one that cares.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/import.hpp"
#include "schema/model/json_value.hpp"

namespace valhalla::schema {

class import_failure : public std::exception {
  public:
    explicit import_failure(import_problem problem) : problem_{std::move(problem)} {}
    [[nodiscard]] const import_problem& problem() const noexcept { return problem_; }
    [[nodiscard]] const char* what() const noexcept override { return problem_.message.c_str(); }

  private:
    import_problem problem_;
};

/// Refuses the file `file` of the directory as a whole.
[[noreturn]] void refuse_file(std::string_view file, std::string message);

/// The text that a document was read from.
struct import_source {
    std::string_view file;        ///< name inside the directory
    std::int64_t first_line = 1;  ///< of the text in the file

    [[noreturn]] void refuse(const json_value& at, std::string message) const;
    /// A member of `object` that is not there.
    [[noreturn]] void refuse_missing(const json_value& object, std::string_view key) const;
    /// `text` as a whole.
    void parse(std::string_view text, json_document& into, unsigned max_depth) const;
};

/// Checks that `v` is an object with none but `known` keys.
class import_object {
  public:
    import_object(const import_source& source, const json_value& v, std::span<const std::string_view> known);

    /// The member, which must be there.
    [[nodiscard]] json_value need(std::string_view key) const;
    [[nodiscard]] std::optional<json_value> find(std::string_view key) const { return object_.find(key); }
    [[nodiscard]] const json_value& value() const noexcept { return object_; }
    [[nodiscard]] const import_source& source() const noexcept { return source_; }

    // The member `key` as what it must be. `maybe_…`: or null.
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> maybe_text(std::string_view key) const;
    [[nodiscard]] unix_micros time(std::string_view key) const;
    [[nodiscard]] std::optional<unix_micros> maybe_time(std::string_view key) const;
    [[nodiscard]] band which_band(std::string_view key) const;
    [[nodiscard]] std::optional<band> maybe_band(std::string_view key) const;
    [[nodiscard]] health_level level(std::string_view key) const;
    [[nodiscard]] std::optional<health_level> maybe_level(std::string_view key) const;
    [[nodiscard]] bool is_null(std::string_view key) const { return need(key).is(json_kind::null); }
    [[nodiscard]] json_value object(std::string_view key) const;
    [[nodiscard]] json_value array(std::string_view key) const;
    /// Not empty, of bounded length.
    [[nodiscard]] std::string name(std::string_view key) const;

  private:
    import_source source_;
    json_value object_;
};

/// A text without NUL, which nothing that shows or stores texts handles well.
[[nodiscard]] std::string read_text(const import_source& source, const json_value& v);
/// `text`, of the value at `at`, when it can name something.
[[nodiscard]] std::string checked_name(const import_source& source, const json_value& at, std::string text);

}  // namespace valhalla::schema
