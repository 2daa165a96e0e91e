// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/toml_shape.hpp"

#include <algorithm>

namespace valhalla::service {

namespace {

constexpr std::size_t max_shown_key_bytes = 32;
constexpr std::string_view three_quotes = R"(""")";
constexpr std::string_view three_apostrophes = "'''";

/// Goes through the text as far as depth needs it: comments and strings are passed over, whatever they hold. Where a
/// string does not end, the parser says so; nothing behind it counts.
class shape_reader {
  public:
    explicit shape_reader(std::string_view text) : text_{text} {}

    std::optional<shape_problem> read() {
        while (at_ < text_.size() && !problem_) {
            step();
        }
        return std::move(problem_);
    }

  private:
    void step() {
        const char c = text_[at_];
        switch (c) {
            case '#': at_ = std::min(text_.find('\n', at_), text_.size()); return;
            case '"': pass_string('"', three_quotes, true); return;
            case '\'': pass_string('\'', three_apostrophes, false); return;
            case '\n':
                ++line_;
                begin_key(at_ + 1);
                break;
            case '.': dot(); break;
            case '[':
            case '{':
                if (++open_ > max_open_brackets) {
                    complain("must have at most " + std::to_string(max_open_brackets) +
                             " brackets open at the same time");
                }
                begin_key(at_ + 1);
                break;
            case ']':
            case '}':
                open_ -= open_ > 0 ? 1U : 0U;
                begin_key(at_ + 1);
                break;
            case '=':
            case ',': begin_key(at_ + 1); break;
            case '\0': complain("has a zero byte in it"); break;
            default: break;
        }
        ++at_;
    }

    void begin_key(std::size_t at) {
        key_begins_ = at;
        dots_ = 0;
    }

    void dot() {
        if (++dots_ >= max_key_parts) {
            complain("must have at most " + std::to_string(max_key_parts) + " parts between dots");
        }
    }

    void complain(std::string text) {
        auto shown = text_.substr(key_begins_, max_shown_key_bytes);
        shown = shown.substr(0, shown.find_first_of("\n\0=#"));
        std::string key;
        for (const char c : shown) {
            if (c > ' ' && c < '\x7f') {
                key += c;
            }
        }
        if (at_ - key_begins_ > max_shown_key_bytes) {
            key += "...";
        }
        problem_ = shape_problem{line_, std::move(key), std::move(text)};
    }

    /// From its first quote behind its last one.
    void pass_string(char quote, std::string_view three, bool escapes) {
        const bool long_one = text_.substr(at_).starts_with(three);
        at_ += long_one ? three.size() : 1;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (escapes && c == '\\') {
                at_ += 1;
                line_ += at_ < text_.size() && text_[at_] == '\n' ? 1 : 0;
                at_ += 1;
                continue;
            }
            if (c == '\n') {
                if (!long_one) {
                    return;  // it does not end: the parser's to say
                }
                ++line_;
            }
            if (long_one ? text_.substr(at_).starts_with(three) : c == quote) {
                at_ += long_one ? three.size() : 1;
                return;
            }
            ++at_;
        }
        at_ = std::min(at_, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1;
    std::size_t key_begins_ = 0;
    std::size_t dots_ = 0;
    std::size_t open_ = 0;
    std::optional<shape_problem> problem_;
};

}  // namespace

std::optional<shape_problem> problem_with_shape(std::string_view text) {
    return shape_reader{text}.read();
}

}  // namespace valhalla::service
