// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of JSON at rest: audit records that are replayed, files that are imported. Nothing is repaired:
// duplicate keys, malformed UTF-8, lone surrogates, a byte order mark, too much depth and anything after the value are
// errors with line and key. Numbers keep their text and convert exactly.
//
// The tree is one flat vector of nodes that point into the text, so the text must outlive the document. A document
// is meant to be used again: the next `parse` keeps the memory. Not for requests, which ipc/ reads on its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla {

enum class json_kind : std::uint8_t { null, boolean, number, string, array, object };

/// "null", "a boolean", … for messages.
[[nodiscard]] std::string_view to_text(json_kind kind) noexcept;

struct json_error {
    std::int64_t line = 1;  ///< counted from 1
    std::string key;        ///< path of the value that was being read, e.g. `sessions[2].notes`
    std::string message;
};

/// Nesting of arrays and objects that a reader accepts when it says nothing else: as deep as a request may be.
inline constexpr unsigned usual_json_depth = 16;

class json_document;

/// A value of a document; a handle that lives as long as the document keeps this text.
class json_value {
  public:
    class iterator;

    [[nodiscard]] json_kind kind() const noexcept;
    [[nodiscard]] bool is(json_kind k) const noexcept { return kind() == k; }

    /// As it stands in the text, with quotes and escapes and whitespace.
    [[nodiscard]] std::string_view raw() const noexcept;
    /// Key of this member; empty for the root and for elements of an array.
    [[nodiscard]] std::string_view key() const noexcept;
    [[nodiscard]] std::int64_t line() const noexcept;
    [[nodiscard]] std::string path() const;

    /// Precondition: `is(string)`; escapes resolved.
    [[nodiscard]] std::string_view string() const noexcept;
    /// Precondition: `is(boolean)`.
    [[nodiscard]] bool boolean() const noexcept;
    /// Nothing when it is not a number, has a fraction or an exponent, or does not fit.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const noexcept;
    /// The nearest double; nothing when it is not a number or out of range.
    [[nodiscard]] std::optional<double> number() const noexcept;

    /// Members or elements; none when it is neither object nor array.
    [[nodiscard]] iterator begin() const noexcept;
    [[nodiscard]] iterator end() const noexcept;
    [[nodiscard]] bool empty() const noexcept;
    [[nodiscard]] std::optional<json_value> find(std::string_view key) const noexcept;

  private:
    friend class json_document;
    json_value(const json_document* document, std::uint32_t index) noexcept : document_{document}, index_{index} {}

    const json_document* document_;
    std::uint32_t index_;
};

class json_value::iterator {
  public:
    using value_type = json_value;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    [[nodiscard]] json_value operator*() const noexcept { return at_; }
    [[nodiscard]] const json_value* operator->() const noexcept { return &at_; }
    iterator& operator++() noexcept;
    iterator operator++(int) noexcept {
        auto before = *this;
        ++*this;
        return before;
    }
    [[nodiscard]] bool operator==(const iterator& other) const noexcept { return at_.index_ == other.at_.index_; }

  private:
    friend class json_value;
    explicit iterator(json_value at) noexcept : at_{at} {}
    json_value at_;
};

class json_document {
  public:
    json_document() = default;
    json_document(const json_document&) = delete;
    json_document& operator=(const json_document&) = delete;

    /// Forgets the text before and reads `text`. Views into `text` are kept.
    [[nodiscard]] std::optional<json_error> parse(std::string_view text, unsigned max_depth = usual_json_depth);
    /// Precondition: the last `parse` succeeded.
    [[nodiscard]] json_value root() const noexcept { return json_value{this, 0}; }

  private:
    friend class json_value;
    class parser;

    static constexpr std::uint32_t no_node = UINT32_MAX;

    struct node {
        std::string_view key;
        std::string_view string;  // content, escapes resolved
        std::uint32_t begin;      // of the raw text
        std::uint32_t end;
        std::uint32_t next;  // the node after this one and all below it
        std::uint32_t parent;
        json_kind kind;
    };

    [[nodiscard]] std::string path_of(std::uint32_t index) const;
    [[nodiscard]] std::int64_t line_at(std::size_t offset) const noexcept;

    std::string_view text_;
    std::vector<node> nodes_;
    std::string unescaped_;  // contents of strings with escapes; as long as the text, so that views into it stay
};

}  // namespace valhalla
