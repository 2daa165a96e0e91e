// SPDX-License-Identifier: Apache-2.0
#include "ipc/plain_request.hpp"

#include <cstring>
#include <utility>

#include "ipc/json_escape.hpp"
#include "ipc/limits.hpp"

namespace valhalla::ipc {

namespace {

/// Where the parameters stand, for a reader that begins with them: inside one object, behind its other members.
constexpr json_surroundings inside_envelope{.depth = 1, .keys = 4};

/// What is left of the text.
class plain_text {
  public:
    explicit plain_text(std::string_view text) noexcept : at_{text.data()}, end_{text.data() + text.size()} {}

    [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
    [[nodiscard]] std::string_view rest() const noexcept { return {at_, left()}; }

    /// Steps over `words` if they come next.
    template <std::size_t Size>
    [[nodiscard]] bool take(const char (&words)[Size]) noexcept {
        constexpr std::size_t length = Size - 1;
        if (left() < length || std::memcmp(at_, words, length) != 0) {
            return false;
        }
        at_ += length;
        return true;
    }
    void skip(std::size_t bytes) noexcept { at_ += bytes; }

    /// A string's characters up to its end, which is stepped over; empty when it is empty or has any that are not
    /// plain.
    [[nodiscard]] std::string_view take_string() noexcept {
        const char* const first = at_;
        while (at_ != end_ && *at_ > 0x1f && *at_ < 0x7f && *at_ != '"' && *at_ != '\\') {
            ++at_;
        }
        const std::string_view found{first, static_cast<std::size_t>(at_ - first)};
        return take("\"") ? found : std::string_view{};
    }
    /// The digits of a number that is neither negative nor a fraction; empty when it is anything else.
    [[nodiscard]] std::string_view take_digits() noexcept {
        const char* const first = at_;
        while (at_ != end_ && is_digit(*at_)) {
            ++at_;
        }
        const std::string_view found{first, static_cast<std::size_t>(at_ - first)};
        const bool whole = at_ != end_ && (*at_ == ',' || *at_ == '}');
        return whole && (found.size() == 1 || !found.starts_with('0')) ? found : std::string_view{};
    }

  private:
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    const char* at_;
    const char* end_;
};

std::string_view take_id(plain_text& in) noexcept {
    const std::string_view text = in.rest();
    if (!in.take("\"")) {
        return in.take_digits();
    }
    const std::string_view inside = in.take_string();
    return inside.empty() ? inside : text.substr(0, inside.size() + 2);
}

std::string_view take_params(plain_text& in, json_scratch& scratch) {
    const std::string_view text = in.rest();
    if (in.take("{}")) {
        return text.substr(0, 2);
    }
    json_reader reader{text, scratch, inside_envelope};
    json_value params;
    if (!text.starts_with('{') || !reader.read(params)) {
        return {};
    }
    in.skip(params.raw.size());
    return params.raw;
}

/// False when `value` is none, or not the first one.
bool set_once(std::string_view& member, std::string_view value) noexcept {
    const bool good = member.empty() && !value.empty();
    member = value;
    return good;
}

}  // namespace

bool read_plain_request(std::string_view text, json_scratch& scratch, request& out) {
    plain_text in{text};
    out = {};
    bool versioned = false;
    if (!in.take("{")) {
        return false;
    }
    do {
        bool good = false;
        if (in.take(R"("jsonrpc":"2.0")")) {
            good = !std::exchange(versioned, true);
        } else if (in.take(R"("id":)")) {
            good = set_once(out.id, take_id(in)) && out.id.size() <= max_id_bytes;
        } else if (in.take(R"("method":")")) {
            good = set_once(out.method, in.take_string());
        } else if (in.take(R"("params":)")) {
            good = set_once(out.params, take_params(in, scratch));
        }
        if (!good) {
            return false;
        }
    } while (in.take(","));
    return in.take("}") && in.at_end() && versioned && !out.method.empty();
}

}  // namespace valhalla::ipc
