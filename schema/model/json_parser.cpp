// SPDX-License-Identifier: Apache-2.0
//
// The grammar: text in, flat tree out. What the tree is asked for is in json_value.cpp.
#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "schema/model/json_scan.hpp"
#include "schema/model/json_value.hpp"

namespace valhalla {

namespace {

/// Up to here an object's keys are compared pairwise, above by sorting.
constexpr std::uint32_t few_keys = 16;
/// More than most audit records have.
constexpr std::size_t usual_nodes = 48;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&out](std::uint32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | (code >> 6U));
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | (code >> 12U));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | (code >> 18U));
        byte(0x80U | ((code >> 12U) & 0x3FU));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
}

}  // namespace

/// One pass over the text. Every method returns false once an error is set.
class json_document::parser {
  public:
    parser(json_document& document, unsigned max_depth) noexcept
        : doc_{document},
          max_depth_{max_depth},
          begin_{document.text_.data()},
          p_{begin_},
          end_{begin_ + document.text_.size()} {}

    std::optional<json_error> run() {
        if (doc_.text_.starts_with("\xEF\xBB\xBF")) {
            fail("begins with a byte order mark");
            return std::move(error_);
        }
        skip_space();
        if (p_ == end_) {
            fail("is empty where a JSON value should be");
        } else if (value({}) && (skip_space(), p_ != end_)) {
            within_ = no_node;
            fail("has something after its end");
        }
        return std::move(error_);
    }

  private:
    bool fail(std::string message) {
        error_ = json_error{doc_.line_at(offset()), doc_.path_of(within_), std::move(message)};
        return false;
    }

    bool fail_twice(std::string_view key) {
        fail("is there twice");
        error_->key.append(error_->key.empty() ? "" : ".").append(key);
        return false;
    }

    void skip_space() noexcept {
        while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) {
            ++p_;
        }
    }

    [[nodiscard]] std::uint32_t offset() const noexcept { return static_cast<std::uint32_t>(p_ - begin_); }

    bool value(std::string_view key) {
        const auto index = static_cast<std::uint32_t>(doc_.nodes_.size());
        const auto parent = within_;
        doc_.nodes_.push_back({key, {}, offset(), 0, 0, parent, json_kind::null});
        within_ = index;
        if (!content(index)) {
            return false;
        }
        auto& done = doc_.nodes_[index];
        done.end = offset();
        done.next = static_cast<std::uint32_t>(doc_.nodes_.size());
        within_ = parent;
        return true;
    }

    bool content(std::uint32_t index) {
        if (p_ == end_) {
            return fail("ends in the middle");
        }
        auto& kind = doc_.nodes_[index].kind;
        switch (*p_) {
            case '{': kind = json_kind::object; return nested(&parser::members, index);
            case '[': kind = json_kind::array; return nested(&parser::elements, index);
            case '"': kind = json_kind::string; return string(doc_.nodes_[index].string);
            case 't': kind = json_kind::boolean; return word("true");
            case 'f': kind = json_kind::boolean; return word("false");
            case 'n': return word("null");
            default: break;
        }
        if (*p_ == '-' || is_digit(*p_)) {
            kind = json_kind::number;
            return number();
        }
        return fail("is not a JSON value");
    }

    bool nested(bool (parser::*read)(std::uint32_t), std::uint32_t index) {
        if (++depth_ > max_depth_) {
            return fail("is nested too deeply (at most " + std::to_string(max_depth_) + " levels)");
        }
        ++p_;
        const bool good = (this->*read)(index);
        --depth_;
        return good;
    }

    bool members(std::uint32_t object) {
        skip_space();
        if (p_ != end_ && *p_ == '}') {
            ++p_;
            return true;
        }
        for (std::uint32_t count = 1;; ++count) {
            if (!member(object, count)) {
                return false;
            }
            skip_space();
            if (p_ == end_) {
                return fail("ends in the middle of an object");
            }
            const char after = *p_++;
            if (after == '}') {
                return count <= few_keys || keys_differ(object);
            }
            if (after != ',') {
                --p_;
                return fail("lacks a comma or a closing brace");
            }
        }
    }

    bool member(std::uint32_t object, std::uint32_t count) {
        skip_space();
        if (p_ == end_) {
            return fail("ends in the middle of an object");
        }
        if (*p_ != '"') {
            return fail("has something other than a key in quotes");
        }
        std::string_view key;
        if (!string(key)) {
            return false;
        }
        if (count <= few_keys && already_there(object, key)) {
            return fail_twice(key);
        }
        skip_space();
        if (p_ == end_) {
            return fail("ends in the middle of an object");
        }
        if (*p_ != ':') {
            return fail("lacks a colon after a key");
        }
        ++p_;
        skip_space();
        return value(key);
    }

    [[nodiscard]] bool already_there(std::uint32_t object, std::string_view key) const noexcept {
        const auto last = doc_.nodes_.size();
        for (std::size_t i = object + 1U; i < last; i = doc_.nodes_[i].next) {
            if (doc_.nodes_[i].key == key) {
                return true;
            }
        }
        return false;
    }

    bool keys_differ(std::uint32_t object) {
        std::vector<std::string_view> keys;
        for (std::size_t i = object + 1U; i < doc_.nodes_.size(); i = doc_.nodes_[i].next) {
            keys.push_back(doc_.nodes_[i].key);
        }
        std::ranges::sort(keys);
        const auto twice = std::ranges::adjacent_find(keys);
        return twice == keys.end() || fail_twice(*twice);
    }

    bool elements(std::uint32_t /*array*/) {
        skip_space();
        if (p_ != end_ && *p_ == ']') {
            ++p_;
            return true;
        }
        for (;;) {
            skip_space();
            if (!value({})) {
                return false;
            }
            skip_space();
            if (p_ == end_) {
                return fail("ends in the middle of an array");
            }
            const char after = *p_++;
            if (after == ']') {
                return true;
            }
            if (after != ',') {
                --p_;
                return fail("lacks a comma or a closing bracket");
            }
        }
    }

    bool word(std::string_view expected) {
        if (!std::string_view{p_, static_cast<std::size_t>(end_ - p_)}.starts_with(expected)) {
            return fail("is not a JSON value");
        }
        p_ += expected.size();
        return true;
    }

    bool digits() {
        if (p_ == end_ || !is_digit(*p_)) {
            return fail("is not a JSON number");
        }
        while (p_ != end_ && is_digit(*p_)) {
            ++p_;
        }
        return true;
    }

    bool number() {
        p_ += *p_ == '-' ? 1 : 0;
        if (p_ != end_ && *p_ == '0') {
            ++p_;
            if (p_ != end_ && is_digit(*p_)) {
                return fail("is a number with a leading zero");
            }
        } else if (!digits()) {
            return false;
        }
        if (p_ != end_ && *p_ == '.') {
            ++p_;
            if (!digits()) {
                return false;
            }
        }
        if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
            ++p_;
            p_ += p_ != end_ && (*p_ == '+' || *p_ == '-') ? 1 : 0;
            return digits();
        }
        return true;
    }

    /// At the opening quote. Points `out` into the text, or into the unescaped contents when there are escapes.
    bool string(std::string_view& out) {
        const char* const start = ++p_;
        if (!plain_run()) {
            return false;
        }
        if (*p_ == '"') {
            out = {start, static_cast<std::size_t>(p_++ - start)};
            return true;
        }
        return escaped_string(start, out);
    }

    /// Up to the next quote or backslash.
    bool plain_run() {
        for (;;) {
            p_ = json_scan::skip_plain<json_scan::high_bytes::stop>(p_, end_);
            if (p_ == end_) {
                return fail("ends in the middle of a string");
            }
            const auto byte = static_cast<unsigned char>(*p_);
            if (byte < 0x20) {
                return fail("has a control character in a string");
            }
            if (byte < 0x80) {
                return true;
            }
            const int length = json_scan::utf8_length(p_, end_);
            if (length == 0) {
                return fail("is not valid UTF-8");
            }
            p_ += length;
        }
    }

    bool escaped_string(const char* run, std::string_view& out) {
        auto& store = doc_.unescaped_;
        store.reserve(doc_.text_.size());  // never more than the text has: views into it stay valid
        const auto start = store.size();
        while (*p_ == '\\') {
            store.append(run, p_);
            ++p_;
            if (!escape()) {
                return false;
            }
            run = p_;
            if (!plain_run()) {
                return false;
            }
        }
        store.append(run, p_++);
        out = std::string_view{store}.substr(start);
        return true;
    }

    /// After the backslash.
    bool escape() {
        if (p_ == end_) {
            return fail("ends in the middle of a string");
        }
        auto& store = doc_.unescaped_;
        switch (*p_++) {
            case '"': store += '"'; return true;
            case '\\': store += '\\'; return true;
            case '/': store += '/'; return true;
            case 'b': store += '\b'; return true;
            case 'f': store += '\f'; return true;
            case 'n': store += '\n'; return true;
            case 'r': store += '\r'; return true;
            case 't': store += '\t'; return true;
            case 'u': return unicode_escape();
            default: --p_; return fail("has an unknown escape in a string");
        }
    }

    bool unicode_escape() {
        std::uint32_t code = 0;
        if (!hex4(code)) {
            return false;
        }
        if (code >= 0xD800 && code <= 0xDBFF) {
            std::uint32_t low = 0;
            if (end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u') {
                return fail("has half of a surrogate pair in a string");
            }
            p_ += 2;
            if (!hex4(low)) {
                return false;
            }
            if (low < 0xDC00 || low > 0xDFFF) {
                return fail("has half of a surrogate pair in a string");
            }
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        } else if (code >= 0xDC00 && code <= 0xDFFF) {
            return fail("has half of a surrogate pair in a string");
        }
        append_utf8(doc_.unescaped_, code);
        return true;
    }

    bool hex4(std::uint32_t& code) {
        if (end_ - p_ < 4) {
            return fail("has an incomplete \\u escape in a string");
        }
        const auto read = std::from_chars(p_, p_ + 4, code, 16);
        if (read.ec != std::errc{} || read.ptr != p_ + 4) {
            return fail("has an incomplete \\u escape in a string");
        }
        p_ += 4;
        return true;
    }

    json_document& doc_;
    unsigned max_depth_;
    const char* begin_;
    const char* p_;
    const char* end_;
    std::uint32_t within_ = no_node;  // the value that is being read
    unsigned depth_ = 0;
    std::optional<json_error> error_;
};

std::optional<json_error> json_document::parse(std::string_view text, unsigned max_depth) {
    nodes_.clear();
    nodes_.reserve(usual_nodes);
    unescaped_.clear();
    text_ = text;
    if (text.size() >= no_node) {
        return json_error{1, {}, "is longer than 4 GiB"};
    }
    return parser{*this, max_depth}.run();
}

}  // namespace valhalla
