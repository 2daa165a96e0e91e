// SPDX-License-Identifier: Apache-2.0
#include "ipc/json_parts.hpp"

#include <cstddef>
#include <utility>

#include "ipc/json_escape.hpp"

namespace valhalla::ipc {

namespace {

/// Walks over a text from value to value. What is inside of a value is not looked at, but for where it ends.
class part_walker {
  public:
    explicit part_walker(std::string_view text) : at_{text.data()}, end_{text.data() + text.size()} {}

    void skip_space() noexcept {
        while (at_ != end_ && is_space(*at_)) {
            ++at_;
        }
    }
    [[nodiscard]] bool take(char c) noexcept {
        skip_space();
        const bool there = at_ != end_ && *at_ == c;
        at_ += there ? 1 : 0;
        return there;
    }
    /// Everything was taken.
    [[nodiscard]] bool over() noexcept {
        skip_space();
        return at_ == end_;
    }
    /// A string with its quotes; empty when there is none.
    [[nodiscard]] std::string_view take_string() noexcept {
        skip_space();
        const char* const begin = at_;
        if (at_ == end_ || *at_ != '"' || !skip_string()) {
            return {};
        }
        return {begin, at_};
    }
    /// Empty when there is none.
    [[nodiscard]] std::string_view take_value() noexcept {
        skip_space();
        const char* const begin = at_;
        std::size_t depth = 0;
        while (at_ != end_) {
            const char c = *at_;
            if (c == '"') {
                if (!skip_string()) {
                    return {};
                }
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) {
                    break;
                }
                --depth;
                ++at_;
            } else if (depth == 0 && (c == ',' || c == ':' || is_space(c))) {
                break;
            } else {
                ++at_;
            }
            if (depth == 0 && (c == '"' || c == '}' || c == ']')) {
                break;
            }
        }
        return depth == 0 ? std::string_view{begin, at_} : std::string_view{};
    }

  private:
    /// Behind the string that begins here. False when it does not end.
    [[nodiscard]] bool skip_string() noexcept {
        for (++at_; at_ != end_; ++at_) {
            if (*at_ == '"') {
                ++at_;
                return true;
            }
            if (*at_ == '\\') {
                ++at_;
                if (at_ == end_) {
                    break;
                }
            }
        }
        return false;
    }

    const char* at_;
    const char* end_;
};

}  // namespace

std::optional<std::vector<json_part>> members_of(std::string_view text) {
    std::vector<json_part> found;
    part_walker in{text};
    if (!in.take('{')) {
        return std::nullopt;
    }
    bool closed = in.take('}');
    while (!closed) {
        const auto name = in.take_string();
        if (name.empty() || !in.take(':')) {
            return std::nullopt;
        }
        const auto value = in.take_value();
        if (value.empty()) {
            return std::nullopt;
        }
        found.push_back({name.substr(1, name.size() - 2), value});
        closed = in.take('}');
        if (!closed && !in.take(',')) {
            return std::nullopt;
        }
    }
    return in.over() ? std::optional{std::move(found)} : std::nullopt;
}

std::optional<std::vector<std::string_view>> elements_of(std::string_view text) {
    std::vector<std::string_view> found;
    part_walker in{text};
    if (!in.take('[')) {
        return std::nullopt;
    }
    bool closed = in.take(']');
    while (!closed) {
        const auto value = in.take_value();
        if (value.empty()) {
            return std::nullopt;
        }
        found.push_back(value);
        closed = in.take(']');
        if (!closed && !in.take(',')) {
            return std::nullopt;
        }
    }
    return in.over() ? std::optional{std::move(found)} : std::nullopt;
}

}  // namespace valhalla::ipc
