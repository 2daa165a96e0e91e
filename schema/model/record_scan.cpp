// SPDX-License-Identifier: Apache-2.0
#include "schema/model/record_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "schema/model/event_names.hpp"
#include "schema/model/json_scan.hpp"
#include "schema/model/json_value.hpp"
#include "schema/model/json_writer.hpp"

namespace valhalla {

namespace {

/// Takes one thing after another off the front; once something does not fit, nothing fits any more.
class scanner {
  public:
    explicit scanner(std::string_view text) noexcept : p_{text.data()}, end_{p_ + text.size()} {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool at_end() const noexcept { return good_ && p_ == end_; }

    void refuse() noexcept { good_ = false; }

    template <std::size_t Size>
    scanner& literal(const char (&text)[Size]) noexcept {
        good_ = take(text) && good_;
        return *this;
    }

    /// Whether `text` came next. Its length is known when this is compiled, so that comparing is a few instructions.
    template <std::size_t Size>
    bool take(const char (&text)[Size]) noexcept {
        constexpr std::size_t length = Size - 1;
        if (static_cast<std::size_t>(end_ - p_) < length || std::memcmp(p_, text, length) != 0) {
            return false;
        }
        p_ += length;
        return true;
    }

    /// A string in the one form that `append_json_string` gives it; the content between the quotes.
    std::string_view string() noexcept {
        if (!take("\"")) {
            good_ = false;
            return {};
        }
        const char* const start = p_;
        while (good_) {
            p_ = json_scan::skip_plain<json_scan::high_bytes::stop>(p_, end_);
            if (p_ == end_) {
                good_ = false;
            } else if (*p_ == '"') {
                return {start, static_cast<std::size_t>(p_++ - start)};
            } else if (*p_ == '\\') {
                escape();
            } else {
                multi_byte();
            }
        }
        return {};
    }

    /// In the one form that `std::to_chars` gives it.
    std::int64_t integer() noexcept {
        std::int64_t value = 0;
        const char* const start = p_;
        const auto [after, error] = std::from_chars(p_, end_, value);
        const char* const digits = start != end_ && *start == '-' ? start + 1 : start;
        if (error != std::errc{} || (*digits == '0' && (after - digits > 1 || digits != start))) {
            good_ = false;
            return 0;
        }
        p_ = after;
        return value;
    }

    unix_micros time() noexcept {
        const std::string_view text{p_, std::min<std::size_t>(static_cast<std::size_t>(end_ - p_), utc_text_size)};
        const auto parsed = text.size() == utc_text_size ? parse_utc(text) : std::nullopt;
        if (!parsed) {
            good_ = false;
            return {};
        }
        p_ += utc_text_size;
        return *parsed;
    }

  private:
    void escape() noexcept {
        static constexpr std::string_view short_ones = "\"\\bfnrt";
        if (end_ - p_ >= 2 && short_ones.find(p_[1]) != std::string_view::npos) {
            p_ += 2;
            return;
        }
        static constexpr std::string_view hex = "0123456789abcdef";
        if (end_ - p_ < 6 || std::memcmp(p_, "\\u00", 4) != 0) {
            good_ = false;
            return;
        }
        const auto high = hex.find(p_[4]);
        const auto low = hex.find(p_[5]);
        const auto code = high * 16 + low;
        const bool has_short_form = code == '\b' || code == '\f' || code == '\n' || code == '\r' || code == '\t';
        good_ = high < 2 && low < 16 && !has_short_form;
        p_ += 6;
    }

    void multi_byte() noexcept {
        if (static_cast<unsigned char>(*p_) < 0x80) {
            good_ = false;  // a bare control character
            return;
        }
        const int length = json_scan::utf8_length(p_, end_);
        good_ = length != 0;
        p_ += length;
    }

    const char* p_;
    const char* end_;
    bool good_ = true;
};

void scan_number_of_32_bits(scanner& s) noexcept {
    const auto value = s.integer();
    if (value < 0 || value > UINT32_MAX) {
        s.refuse();
    }
}

void scan_actor(scanner& s, record_header& header) noexcept {
    header.actor = s.literal("{\"name\":").string();
    if (!s.take(R"(,"via":"unix")") && !s.take(R"(,"via":"http")")) {
        s.literal(R"(,"via":"daemon")");
    }
    if (s.take(",\"uid\":")) {
        scan_number_of_32_bits(s);
    }
    if (s.take(",\"gid\":")) {
        scan_number_of_32_bits(s);
    }
    s.literal("}");
}

/// Gives its `policy`.
std::string_view scan_decision(scanner& s, bool allowed) noexcept {
    s.literal("{\"allowed\":");
    if (allowed ? !s.take("true") : !s.take("false")) {
        s.refuse();
    }
    s.literal(",\"band\":");
    if (!s.take("\"A\"") && !s.take("\"B\"") && !s.take("\"C\"") && !s.take("\"D\"")) {
        s.refuse();
    }
    (void)s.literal(",\"engine\":").string();
    (void)s.literal(",\"action\":").string();
    (void)s.literal(",\"reason\":").string();
    (void)s.literal(",\"rule\":").string();
    const auto policy = s.literal(",\"policy\":").string();
    s.literal("}}");
    return policy;
}

}  // namespace

std::optional<record_header> scan_record(std::string_view line) noexcept {
    scanner s{line};
    record_header header;
    header.seq = audit_seq{s.literal(R"({"v":1,"seq":)").integer()};
    header.ts = s.literal(R"(,"ts_utc":")").time();
    header.event = s.literal(R"(","event":)").string();
    scan_actor(s.literal(",\"actor\":"), header);
    if (!s.literal(",\"session\":").take("null")) {
        header.session = session_id{s.integer()};
    }
    if (!s.good()) {
        return std::nullopt;
    }
    if (s.take(",\"imported\":{")) {
        return line.ends_with("}}") ? std::optional{header} : std::nullopt;
    }
    s.literal(",\"payload\":");
    const bool allowed = header.event == event_names::cone_allow;
    if (allowed || header.event == event_names::cone_deny) {
        header.policy = scan_decision(s, allowed);
        header.decision = true;
        return s.at_end() ? std::optional{header} : std::nullopt;
    }
    return s.good() && line.ends_with("}}") ? std::optional{header} : std::nullopt;
}

std::string name_written(std::string_view between_quotes) {
    if (between_quotes.find('\\') == std::string_view::npos) {
        return std::string{between_quotes};
    }
    const std::string quoted = '"' + std::string{between_quotes} + '"';
    json_document document;
    return document.parse(quoted) ? std::string{} : std::string{document.root().string()};
}

std::string as_written(std::string_view name) {
    std::string quoted;
    append_json_string(quoted, name);
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace valhalla
