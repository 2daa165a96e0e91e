// SPDX-License-Identifier: Apache-2.0
//
// A strict JSON reader that pulls values out of a text in one pass. It refuses what RFC 8259 refuses and, beyond it:
// invalid UTF-8, lone surrogates, a key that occurs twice in one object (compared unescaped, at any depth), nesting
// deeper than `max_json_depth`, and more than `max_json_keys` keys. It never changes or repairs anything: values come
// out as the bytes that stood there.
//
//   json_reader in{text, scratch};
//   if (in.enter_object()) {
//       json_string key;
//       while (in.next_key(key)) { json_value v; if (!in.read(v)) break; … }
//   }
//   if (!in.finish()) { … in.fault() … }
//
// Views point into the text. The reader allocates nothing once its scratch has grown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/json_text.hpp"
#include "ipc/limits.hpp"

namespace valhalla::ipc {

enum class json_kind : std::uint8_t { object = 0, array = 1, string = 2, number = 3, boolean = 4, null = 5 };

/// "an object", "a string", …
[[nodiscard]] std::string_view with_article(json_kind kind) noexcept;

/// A string as it stood between its quotes.
struct json_string {
    std::string_view raw;
    bool escaped = false;  ///< contains a backslash

    /// The text that it means: `raw` itself, or unescaped into `buffer`.
    [[nodiscard]] std::string_view text(std::string& buffer) const;
    [[nodiscard]] bool equals(std::string_view other) const;
};

/// A whole value; `raw` has a string's quotes and an object's braces.
struct json_value {
    json_kind kind = json_kind::null;
    bool escaped = false;  ///< a string that contains a backslash
    std::string_view raw;

    /// Only for `kind == string`.
    [[nodiscard]] json_string string() const noexcept;
};

/// What is wrong with a text, and where.
struct json_fault {
    std::size_t offset = 0;  ///< bytes from the beginning of the text
    std::string_view what;   ///< e.g. "expected ':'"; a literal
    std::string key;         ///< the key that occurs twice; otherwise empty
};

/// Memory that readers use one after the other. Belongs to one thread; never to two readers at a time.
class json_scratch {
    friend class json_reader;
    struct key_ref {
        const char* data;  // null: at `offset` in `unescaped_`
        std::uint32_t offset;
        std::uint32_t size;
    };
    std::vector<key_ref> keys_;  // of all open objects, outermost first
    std::string unescaped_;      // keys that had escapes
};

/// What stands around a text that is part of a larger one: it counts towards the limits.
struct json_surroundings {
    std::size_t depth = 0;  ///< objects and arrays that are open
    std::size_t keys = 0;
};

class json_reader {
  public:
    /// `text` and `scratch` outlive the reader.
    json_reader(std::string_view text, json_scratch& scratch, json_surroundings around = {}) noexcept;

    /// Kind of the value that comes next; nothing at the end of the text or before a byte that begins no value.
    [[nodiscard]] std::optional<json_kind> peek() noexcept;

    /// False when the next value is no object, or after a fault.
    [[nodiscard]] bool enter_object();
    /// The next key of the object entered last; its value must be read next. False at its end, or after a fault.
    [[nodiscard]] bool next_key(json_string& key);
    [[nodiscard]] bool enter_array();
    /// Whether another element follows; it must be read next. False at the end of the array, or after a fault.
    [[nodiscard]] bool next_element();
    /// Reads one value whole, checking everything in it. False after a fault.
    [[nodiscard]] bool read(json_value& value);
    /// True when there was no fault and nothing but whitespace is left.
    [[nodiscard]] bool finish();

    [[nodiscard]] bool faulted() const noexcept { return faulted_; }
    /// Only after a fault.
    [[nodiscard]] const json_fault& fault() const noexcept { return fault_; }

  private:
    struct frame {  // one open object or array; what was in the scratch before it
        std::uint32_t first_key;
        std::uint32_t unescaped_size;
        bool object;
        bool empty;
    };

    void skip_space() noexcept;
    bool fail(std::string_view what) noexcept { return fail_at(at_, what); }
    bool fail_at(const char* where, std::string_view what) noexcept;
    bool enter(char open, bool object);
    bool leave() noexcept;
    bool read_string(json_string& out);
    bool read_odd_character(const char*& p, bool& escaped);
    bool read_escape(const char*& p);
    bool read_number();
    bool read_word(std::string_view word);
    bool read_composite(bool object);
    bool add_key(const json_string& key);
    bool check_many_keys(std::uint32_t first);
    bool fail_duplicate(std::string_view key);
    [[nodiscard]] std::string_view key_text(const json_scratch::key_ref& key) const noexcept;

    const char* begin_;
    const char* at_;
    const char* end_;
    json_scratch& scratch_;
    std::size_t keys_seen_;
    std::size_t depth_ = 0;
    std::size_t most_depth_;
    std::array<frame, max_json_depth> frames_;  // the first `depth_` are set
    json_fault fault_;
    bool faulted_ = false;
};

}  // namespace valhalla::ipc
