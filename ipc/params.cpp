// SPDX-License-Identifier: Apache-2.0
#include "ipc/params.hpp"

#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "ipc/excerpt.hpp"
#include "ipc/limits.hpp"
#include "ipc/nearest.hpp"

namespace valhalla::ipc {

namespace {

/// What came, as far as it is worth repeating: a number or a word as it stands, else its kind.
std::string shown(const json_value& v) {
    switch (v.kind) {
        case json_kind::number:
        case json_kind::boolean: return excerpt(v.raw, max_excerpt_bytes);
        case json_kind::string: {
            std::string buffer;
            return fmt::format("\"{}\"", excerpt(v.string().text(buffer), max_excerpt_bytes));
        }
        case json_kind::object:
        case json_kind::array:
        case json_kind::null: break;
    }
    return std::string{with_article(v.kind)};
}

/// `"limit" must be an integer from 1 to 1000, not "ten"`.
bool refuse_value(rpc_error& error, std::string_view name, std::string_view expected, const json_value& came) {
    return refuse_parameter(error, name, fmt::format("\"{}\" must be {}, not {}", name, expected, shown(came)));
}

std::string words_of(const integer_rules& rules) {
    if (rules.maximum == std::numeric_limits<std::int64_t>::max()) {
        return fmt::format("an integer from {}", rules.minimum);
    }
    return fmt::format("an integer from {} to {}", rules.minimum, rules.maximum);
}

std::string words_of(word_list words) {
    std::string text = words.size() == 2 ? "" : "one of ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) {
            text += i + 1 == words.size() ? " or " : ", ";
        }
        text += fmt::format("\"{}\"", words[i]);
    }
    return text;
}

std::string words_of(const text_rules& rules) {
    return rules.min_bytes > 0 ? fmt::format("a string of {} to {} bytes", rules.min_bytes, rules.max_bytes)
                               : fmt::format("a string of at most {} bytes", rules.max_bytes);
}

/// What a message calls the value: the parameter, or an item of it.
struct label {
    std::string_view name;
    std::optional<std::size_t> item;

    [[nodiscard]] std::string quoted() const {
        return item ? fmt::format(R"("{}"[{}])", name, *item) : fmt::format(R"("{}")", name);
    }
};

bool check_text(const label& what, std::string_view text, const text_rules& rules, rpc_error& error) {
    if (text.size() < rules.min_bytes || text.size() > rules.max_bytes) {
        const std::string came = text.empty() ? "empty" : fmt::format("{} bytes", text.size());
        return refuse_parameter(error, what.name,
                                fmt::format("{} must be {}, not {}", what.quoted(), words_of(rules), came));
    }
    if (text.find('\0') != std::string_view::npos) {
        return refuse_parameter(error, what.name,
                                fmt::format("{} must not contain the character U+0000", what.quoted()));
    }
    if (rules.form != nullptr && !rules.form(text)) {
        return refuse_parameter(error, what.name,
                                fmt::format(R"({} must be {}, not "{}")", what.quoted(), rules.form_words,
                                            excerpt(text, max_excerpt_bytes)));
    }
    return true;
}

template <class Number>
bool parse_number(std::string_view raw, Number& out) {
    const auto [end, fault] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
    return fault == std::errc{} && end == raw.data() + raw.size();
}

}  // namespace

bool refuse_parameter(rpc_error& error, std::string_view name, std::string message) {
    error = {error_code::invalid_params, std::move(message), {}};
    append_text_member(error.data_members, "key", name);
    return false;
}

bool read_text(std::string_view name, const json_value& v, const text_rules& rules, std::string& out,
               rpc_error& error) {
    if (v.kind != json_kind::string) {
        return refuse_value(error, name, words_of(rules), v);
    }
    const json_string s = v.string();
    if (s.escaped) {
        out.clear();
        append_unescaped(out, s.raw);
    } else {
        out.assign(s.raw);
    }
    return check_text({name, std::nullopt}, out, rules, error);
}

bool read_integer(std::string_view name, const json_value& v, const integer_rules& rules, std::int64_t& out,
                  rpc_error& error) {
    std::int64_t number = 0;
    const bool good = v.kind == json_kind::number && parse_number(v.raw, number) && number >= rules.minimum &&
                      number <= rules.maximum;
    if (!good) {
        return refuse_value(error, name, words_of(rules), v);
    }
    out = number;
    return true;
}

bool read_real(std::string_view name, const json_value& v, const real_rules& rules, double& out, rpc_error& error) {
    double number = 0;
    const bool good = v.kind == json_kind::number && parse_number(v.raw, number) && std::isfinite(number) &&
                      number >= rules.minimum && number <= rules.maximum;
    if (!good) {
        return refuse_value(error, name, fmt::format("a number from {} to {}", rules.minimum, rules.maximum), v);
    }
    out = number;
    return true;
}

bool read_flag(std::string_view name, const json_value& v, bool& out, rpc_error& error) {
    if (v.kind != json_kind::boolean) {
        return refuse_value(error, name, "true or false", v);
    }
    out = v.raw == "true";
    return true;
}

bool read_word(std::string_view name, const json_value& v, word_list words, std::size_t& index, rpc_error& error) {
    if (v.kind == json_kind::string) {
        const json_string s = v.string();
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (s.equals(words[i])) {
                index = i;
                return true;
            }
        }
    }
    return refuse_value(error, name, words_of(words), v);
}

bool read_time(std::string_view name, const json_value& v, wire_time& out, rpc_error& error) {
    if (v.kind == json_kind::string) {
        std::string buffer;
        if (const auto time = parse_wire_time(v.string().text(buffer))) {
            out = *time;
            return true;
        }
    }
    return refuse_value(error, name, "a UTC time such as \"2026-11-22T09:08:43.347626Z\"", v);
}

bool read_object(std::string_view name, const json_value& v, const object_rules& rules, std::string& out,
                 rpc_error& error) {
    if (v.kind != json_kind::object) {
        return refuse_value(error, name, "an object", v);
    }
    out.clear();
    append_minified(out, v.raw);
    if (out.size() > rules.max_bytes) {
        return refuse_parameter(error, name,
                                fmt::format("\"{}\" must be an object of at most {} bytes, not {} bytes", name,
                                            rules.max_bytes, out.size()));
    }
    return true;
}

bool read_list(std::string_view name, const json_value& v, const list_rules& rules, std::vector<std::string>& out,
               rpc_error& error) {
    if (v.kind != json_kind::array) {
        return refuse_value(error, name, fmt::format("an array of at most {} strings", rules.max_items), v);
    }
    out.clear();
    json_scratch scratch;
    json_reader in{v.raw, scratch};
    json_value item;
    if (!in.enter_array()) {
        return refuse_value(error, name, "an array", v);
    }
    while (in.next_element() && in.read(item)) {
        const label what{name, out.size()};
        if (out.size() == rules.max_items) {
            return refuse_parameter(error, name,
                                    fmt::format(R"("{}" must have at most {} items)", name, rules.max_items));
        }
        if (item.kind != json_kind::string) {
            return refuse_parameter(
                error, name, fmt::format("{} must be {}, not {}", what.quoted(), words_of(rules.item), shown(item)));
        }
        std::string buffer;
        const std::string_view text = item.string().text(buffer);
        if (!check_text(what, text, rules.item, error)) {
            return false;
        }
        out.emplace_back(text);
    }
    return true;
}

void append_schema(std::string& out, const text_rules& rules) {
    // JSON Schema counts characters, we count bytes: the bound is exact for ASCII and an upper one for all others.
    out += R"("type":"string")";
    if (rules.min_bytes > 0) {
        fmt::format_to(std::back_inserter(out), R"(,"minLength":{})", 1);
    }
    fmt::format_to(std::back_inserter(out), R"(,"maxLength":{})", rules.max_bytes);
    if (!rules.form_words.empty()) {
        out += R"(,"description":)";
        append_quoted(out, rules.form_words);
    }
}

void append_schema(std::string& out, const integer_rules& rules) {
    fmt::format_to(std::back_inserter(out), R"("type":"integer","minimum":{},"maximum":{})", rules.minimum,
                   rules.maximum);
}

void append_schema(std::string& out, const real_rules& rules) {
    fmt::format_to(std::back_inserter(out), R"("type":"number","minimum":{},"maximum":{})", rules.minimum,
                   rules.maximum);
}

void append_schema(std::string& out, word_list words) {
    out += R"("type":"string","enum":[)";
    for (const std::string_view word : words) {
        append_quoted(out, word);
        out += ',';
    }
    out.back() = ']';
}

void append_schema(std::string& out, const object_rules&) {
    out += R"("type":"object")";
}

void append_schema(std::string& out, const list_rules& rules) {
    fmt::format_to(std::back_inserter(out), R"("type":"array","maxItems":{},"items":{{)", rules.max_items);
    append_schema(out, rules.item);
    out += '}';
}

void append_flag_schema(std::string& out) {
    out += R"("type":"boolean")";
}
void append_time_schema(std::string& out) {
    out += R"("type":"string","format":"date-time")";
}

void append_words(std::string& out, const text_rules& rules) {
    out += words_of(rules);
    if (!rules.form_words.empty()) {
        fmt::format_to(std::back_inserter(out), ": {}", rules.form_words);
    }
}
void append_words(std::string& out, const integer_rules& rules) {
    out += words_of(rules);
}
void append_words(std::string& out, const real_rules& rules) {
    fmt::format_to(std::back_inserter(out), "a number from {} to {}", rules.minimum, rules.maximum);
}
void append_words(std::string& out, word_list words) {
    out += words_of(words);
}
void append_words(std::string& out, const object_rules& rules) {
    fmt::format_to(std::back_inserter(out), "an object of at most {} bytes", rules.max_bytes);
}
void append_words(std::string& out, const list_rules& rules) {
    fmt::format_to(std::back_inserter(out), "at most {} items, each {}", rules.max_items, words_of(rules.item));
}

void append_value(std::string& out, std::string_view text) {
    append_quoted(out, text);
}
void append_value(std::string& out, std::int64_t number) {
    out += std::to_string(number);
}
void append_value(std::string& out, double number) {
    fmt::format_to(std::back_inserter(out), "{}", number);
}
void append_value(std::string& out, bool flag) {
    out += flag ? "true" : "false";
}

void fail_unknown_parameter(rpc_error& error, std::string_view name, std::span<const std::string_view> known) {
    const std::string shown_name = excerpt(name, max_excerpt_bytes);
    const std::string_view nearest = nearest_name(name, known);
    std::string message = fmt::format("unknown parameter \"{}\"", shown_name);
    if (known.empty()) {
        message += "; the method has none";
    } else if (!nearest.empty()) {
        message += fmt::format("; did you mean \"{}\"?", nearest);
    }
    refuse_parameter(error, shown_name, std::move(message));
    if (!nearest.empty()) {
        append_text_member(error.data_members, "nearest", nearest);
    }
}

void fail_missing_parameter(rpc_error& error, std::string_view name) {
    refuse_parameter(error, name, fmt::format("missing parameter \"{}\"", name));
}

void fail_malformed(rpc_error& error, const json_reader& in) {
    error.code = error_code::invalid_params;
    error.message = in.faulted() ? fmt::format("malformed parameters: {}", in.fault().what) : "malformed parameters";
}

}  // namespace valhalla::ipc
