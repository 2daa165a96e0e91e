// SPDX-License-Identifier: Apache-2.0
//
// The structure of a text: objects, arrays, keys, and where a string ends. What else tokens may look like is in
// json_reader_tokens.cpp.
#include "ipc/json_reader.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "ipc/json_escape.hpp"

namespace valhalla::ipc {

namespace {

// Objects with at most this many keys compare each new key with all before; larger ones sort theirs at the end.
constexpr std::size_t few_keys = 16;

// Bytes inside a string that need a closer look: the quote, the backslash, control characters, all beyond ASCII.
constexpr std::array<bool, 256> make_special() {
    std::array<bool, 256> special{};
    for (std::size_t c = 0; c < special.size(); ++c) {
        special[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
    }
    return special;
}
constexpr std::array<bool, 256> special = make_special();

bool is_special(char c) noexcept {
    return special[static_cast<unsigned char>(c)];
}

// Which of eight bytes are special: the high bit of each. Subtracting borrows into the high bit of bytes that are too
// small, and of later ones beside them; so the first bit that is set is always right.
std::uint64_t special_of_8(const char* p) noexcept {
    static_assert(std::endian::native == std::endian::little, "the first byte must be the lowest");
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t high = 0x8080808080808080U;
    std::uint64_t w = 0;
    std::memcpy(&w, p, sizeof w);
    const std::uint64_t quote = w ^ (ones * '"');
    const std::uint64_t backslash = w ^ (ones * '\\');
    return (w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & high;
}

inline const char* skip_plain(const char* p, const char* end) noexcept {
    for (; end - p >= 8; p += 8) {
        if (const std::uint64_t found = special_of_8(p); found != 0) {
            return p + std::countr_zero(found) / 8;
        }
    }
    while (p != end && !is_special(*p)) {
        ++p;
    }
    return p;
}

}  // namespace

std::string_view with_article(json_kind kind) noexcept {
    switch (kind) {
        case json_kind::object: return "an object";
        case json_kind::array: return "an array";
        case json_kind::string: return "a string";
        case json_kind::number: return "a number";
        case json_kind::boolean: return "a boolean";
        case json_kind::null: return "null";
    }
    return "a value";
}

std::string_view json_string::text(std::string& buffer) const {
    if (!escaped) {
        return raw;
    }
    buffer.clear();
    append_unescaped(buffer, raw);
    return buffer;
}

bool json_string::equals(std::string_view other) const {
    if (!escaped) {
        return raw == other;
    }
    std::string buffer;
    return text(buffer) == other;
}

json_string json_value::string() const noexcept {
    assert(kind == json_kind::string);
    return {raw.substr(1, raw.size() - 2), escaped};
}

json_reader::json_reader(std::string_view text, json_scratch& scratch, json_surroundings around) noexcept
    : begin_{text.data()},  // NOLINT(*-member-init): frames are set when they are entered
      at_{text.data()},
      end_{text.data() + text.size()},
      scratch_{scratch},
      keys_seen_{around.keys},
      most_depth_{max_json_depth - around.depth} {
    scratch_.keys_.clear();
    scratch_.unescaped_.clear();
}

// Called between all tokens, where there mostly is none.
inline void json_reader::skip_space() noexcept {
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ' && is_space(*at_)) {
        ++at_;
    }
}

bool json_reader::fail_at(const char* where, std::string_view what) noexcept {
    if (!faulted_) {
        faulted_ = true;
        fault_.offset = static_cast<std::size_t>(where - begin_);
        fault_.what = what;
    }
    at_ = end_;
    return false;
}

bool json_reader::fail_duplicate(std::string_view key) {
    fault_.key = key;
    return fail("a key occurs twice in one object");
}

std::optional<json_kind> json_reader::peek() noexcept {
    skip_space();
    if (at_ == end_) {
        return std::nullopt;
    }
    switch (*at_) {
        case '{': return json_kind::object;
        case '[': return json_kind::array;
        case '"': return json_kind::string;
        case 't':
        case 'f': return json_kind::boolean;
        case 'n': return json_kind::null;
        default: break;
    }
    if (*at_ == '-' || is_digit(*at_)) {
        return json_kind::number;
    }
    return std::nullopt;
}

inline bool json_reader::enter(char open, bool object) {
    skip_space();
    if (at_ == end_ || *at_ != open) {
        return false;
    }
    if (depth_ == most_depth_) {
        return fail("nested deeper than 16 levels");
    }
    static_assert(max_json_depth == 16, "the sentence above says so");
    ++at_;
    frames_[depth_++] = {static_cast<std::uint32_t>(scratch_.keys_.size()),
                         static_cast<std::uint32_t>(scratch_.unescaped_.size()), object, true};
    return true;
}

bool json_reader::enter_object() {
    return enter('{', true);
}
bool json_reader::enter_array() {
    return enter('[', false);
}

bool json_reader::leave() noexcept {
    ++at_;
    --depth_;
    return false;  // no further member
}

// Inlined with `add_key` into what reads the next key, whatever the compiler thinks of its size: callgrind counts a
// seventh fewer instructions for a request.
[[gnu::always_inline]] inline bool json_reader::read_string(json_string& out) {
    const char* const first = at_ + 1;
    const char* p = skip_plain(first, end_);
    out.escaped = false;
    while (p == end_ || *p != '"') {
        if (!read_odd_character(p, out.escaped)) {
            return false;
        }
        p = skip_plain(p, end_);
    }
    out.raw = {first, static_cast<std::size_t>(p - first)};
    at_ = p + 1;
    return true;
}

inline std::string_view json_reader::key_text(const json_scratch::key_ref& key) const noexcept {
    return {key.data != nullptr ? key.data : scratch_.unescaped_.data() + key.offset, key.size};
}

[[gnu::always_inline]] inline bool json_reader::add_key(const json_string& key) {
    if (++keys_seen_ > max_json_keys) {
        return fail("more than 16384 keys");
    }
    static_assert(max_json_keys == 16'384, "the sentence above says so");
    json_scratch::key_ref ref{key.raw.data(), 0, static_cast<std::uint32_t>(key.raw.size())};
    if (key.escaped) {
        const std::size_t offset = scratch_.unescaped_.size();
        append_unescaped(scratch_.unescaped_, key.raw);
        ref = {nullptr, static_cast<std::uint32_t>(offset),
               static_cast<std::uint32_t>(scratch_.unescaped_.size() - offset)};
    }
    const std::uint32_t first = frames_[depth_ - 1].first_key;
    auto& keys = scratch_.keys_;
    if (keys.size() - first < few_keys) {
        const std::string_view name = key_text(ref);
        for (std::size_t i = first; i < keys.size(); ++i) {
            if (keys[i].size == ref.size && key_text(keys[i]) == name) {
                return fail_duplicate(name);
            }
        }
    }
    keys.push_back(ref);
    return true;
}

bool json_reader::next_key(json_string& key) {
    if (faulted_) {
        return false;
    }
    frame& f = frames_[depth_ - 1];
    assert(f.object);
    skip_space();
    if (at_ != end_ && *at_ == '}') {
        const bool sound = scratch_.keys_.size() - f.first_key <= few_keys || check_many_keys(f.first_key);
        scratch_.keys_.resize(f.first_key);
        scratch_.unescaped_.resize(f.unescaped_size);
        return sound && leave();
    }
    if (!f.empty) {
        if (at_ == end_ || *at_ != ',') {
            return fail("expected ',' or '}'");
        }
        ++at_;
        skip_space();
    }
    f.empty = false;
    if (at_ == end_ || *at_ != '"') {
        return fail("expected a key in quotes");
    }
    if (!read_string(key)) {
        return false;
    }
    skip_space();
    if (at_ == end_ || *at_ != ':') {
        return fail("expected ':'");
    }
    if (!add_key(key)) {
        return false;
    }
    ++at_;
    return true;
}

bool json_reader::next_element() {
    if (faulted_) {
        return false;
    }
    frame& f = frames_[depth_ - 1];
    assert(!f.object);
    skip_space();
    if (at_ != end_ && *at_ == ']') {
        return leave();
    }
    if (!f.empty) {
        if (at_ == end_ || *at_ != ',') {
            return fail("expected ',' or ']'");
        }
        ++at_;
    }
    f.empty = false;
    return true;
}

bool json_reader::read(json_value& value) {
    if (faulted_) {
        return false;
    }
    skip_space();
    const char* const start = at_;
    if (at_ == end_) {
        return fail("the text ends where a value is expected");
    }
    bool good = false;
    switch (*at_) {
        case '"': {
            json_string s;
            value.kind = json_kind::string;
            good = read_string(s);
            value.escaped = s.escaped;
            break;
        }
        case '{':
            value.kind = json_kind::object;
            good = read_composite(true);
            break;
        case '[':
            value.kind = json_kind::array;
            good = read_composite(false);
            break;
        case 't':
            value.kind = json_kind::boolean;
            good = read_word("true");
            break;
        case 'f':
            value.kind = json_kind::boolean;
            good = read_word("false");
            break;
        case 'n':
            value.kind = json_kind::null;
            good = read_word("null");
            break;
        default:
            value.kind = json_kind::number;
            good = read_number();
            break;
    }
    if (good) {
        value.raw = {start, static_cast<std::size_t>(at_ - start)};
    }
    return good;
}

bool json_reader::read_composite(bool object) {
    json_value member;
    if (object) {
        json_string key;
        if (!enter_object()) {
            return false;
        }
        while (next_key(key) && read(member)) {
        }
    } else {
        if (!enter_array()) {
            return false;
        }
        while (next_element() && read(member)) {
        }
    }
    return !faulted_;
}

// Sorts: no choice of keys makes this slow.
bool json_reader::check_many_keys(std::uint32_t first) {
    const auto keys = std::ranges::subrange(scratch_.keys_.begin() + first, scratch_.keys_.end());
    const auto text = [this](const json_scratch::key_ref& k) { return key_text(k); };
    std::ranges::sort(keys, {}, text);
    const auto twice = std::ranges::adjacent_find(keys, {}, text);
    return twice == keys.end() || fail_duplicate(key_text(*twice));
}

bool json_reader::finish() {
    if (faulted_) {
        return false;
    }
    skip_space();
    if (depth_ != 0 || at_ != end_) {
        return fail(depth_ != 0 ? "the text ends inside a value" : "something follows the value");
    }
    return true;
}

}  // namespace valhalla::ipc
