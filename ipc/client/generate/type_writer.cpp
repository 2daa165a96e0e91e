// SPDX-License-Identifier: Apache-2.0
#include "ipc/client/generate/type_writer.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

#include "ipc/api/methods.hpp"

namespace valhalla::ipc::generate {

namespace {

constexpr std::size_t line_columns = 120;

/// Words that are no names: keywords that an API might use, and what GNU's dialects define as macros.
constexpr std::array<std::string_view, 40> taken{
    "and",     "auto",   "bool",     "break",    "case",  "catch",     "char",   "class",  "const",   "continue",
    "default", "delete", "do",       "double",   "else",  "enum",      "export", "extern", "false",   "float",
    "for",     "friend", "if",       "int",      "linux", "namespace", "new",    "not",    "or",      "operator",
    "private", "public", "register", "template", "this",  "true",      "union",  "unix",   "unknown", "while"};

struct known_words {
    word_list words;
    std::string_view name;
};
const std::array names_of_words{
    known_words{api::band_words, "band"},           known_words{api::level_words, "level"},
    known_words{api::if_active_words, "if_active"}, known_words{api::shapes::end_reason_words, "end_reason"},
    known_words{api::shapes::via_words, "via"},     known_words{api::shapes::role_words, "role"},
    known_words{api::shapes::order_words, "order"},
};

std::string wrapped_type(const member& m, std::string type) {
    for (const wrapping each : m.around | std::views::reverse) {
        switch (each) {
            case wrapping::none: break;
            case wrapping::array: type = fmt::format("std::vector<{}>", type); break;
            case wrapping::map: type = fmt::format("std::map<std::string, {}>", type); break;
        }
    }
    return type;
}

std::string plain_type(const member& m, vocabulary& words) {
    switch (m.kind) {
        case value_kind::text: return "std::string";
        case value_kind::integer: return "std::int64_t";
        case value_kind::real: return "double";
        case value_kind::flag: return "bool";
        case value_kind::time: return "utc_time";
        case value_kind::word: return words.name_of(m.words, m.name);
        case value_kind::object: return "boost::json::object";
        case value_kind::shape: return "api::" + identifier(m.of->name);
    }
    return {};
}

}  // namespace

std::string identifier(std::string_view word) {
    std::string out;
    for (const char c : word) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        out += fits ? c : '_';
    }
    return std::ranges::find(taken, word) == taken.end() ? out : out + '_';
}

std::string vocabulary::name_of(word_list words, std::string_view use) {
    const std::vector<std::string_view> wanted{words.begin(), words.end()};
    auto found = std::ranges::find(all_, wanted, &enumeration::words);
    if (found == all_.end()) {
        const auto named = std::ranges::find_if(
            names_of_words, [&](const known_words& each) { return std::ranges::equal(each.words, words); });
        const auto name = named != names_of_words.end() ? std::string{named->name} : identifier(use) + "_word";
        found = all_.insert(all_.end(), {name, wanted});
    }
    return "api::" + found->name;
}

variable variable_of(const member& m, vocabulary& words) {
    variable out{std::string{m.name}, identifier(m.name), wrapped_type(m, plain_type(m, words)),
                 std::string{m.meaning}};
    if (!m.required) {
        out.there = variable::presence::optional;
    } else if (m.nullable) {
        out.there = variable::presence::nullable;
    }
    return out;
}

void append_comment(std::string& out, std::string_view text, std::size_t indent) {
    const std::string left = std::string(indent, ' ') + "///";
    std::string line = left;
    while (!text.empty()) {
        const auto end = text.find(' ');
        const auto word = text.substr(0, end);
        if (line.size() + 1 + word.size() > line_columns && line.size() > left.size()) {
            out += line + '\n';
            line = left;
        }
        line += ' ';
        line += word;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    out += line + '\n';
}

void append_structure(std::string& out, const structure& what, std::size_t indent) {
    const std::string left(indent, ' ');
    append_comment(out, what.comment, indent);
    out += fmt::format("{}struct {} {{\n", left, what.name);
    for (const auto& v : what.variables) {
        append_comment(out, v.comment, indent + 4);
        const bool maybe = v.there != variable::presence::required;
        const auto type = maybe ? fmt::format("std::optional<{}>", v.type) : v.type;
        out += fmt::format("{}    {} {}{{}};\n", left, type, v.name);
    }
    out += fmt::format("{}}};\n", left);
}

void append_enumeration(std::string& out, const enumeration& what) {
    append_comment(out, "`unknown` is no word: one that was not set, or that a newer daemon uses. It cannot be sent.",
                   0);
    out += fmt::format("enum class {} : std::uint8_t {{ unknown = 0", what.name);
    for (std::size_t i = 0; i < what.words.size(); ++i) {
        out += fmt::format(", {} = {}", identifier(what.words[i]), i + 1);
    }
    out += " };\n";
    append_comment(out, "As it stands on the wire; empty for `unknown`.", 0);
    out += fmt::format("[[nodiscard]] std::string_view to_text({} word) noexcept;\n\n", what.name);
}

void append_codec(std::string& out, const structure& what, std::string_view type) {
    out += fmt::format("boost::json::object encode([[maybe_unused]] const {}& from) {{\n", type);
    out += "    boost::json::object out;\n";
    for (const auto& v : what.variables) {
        const bool kept = v.there == variable::presence::nullable;
        out += fmt::format("    detail::{}(out, \"{}\", from.{});\n", kept ? "put_or_null" : "put", v.key, v.name);
    }
    out += "    return out;\n}\n\n";
    out += fmt::format("void decode(const boost::json::value& from, [[maybe_unused]] {}& into) {{\n", type);
    out += "    [[maybe_unused]] const auto& object = detail::object_in(from);\n";
    for (const auto& v : what.variables) {
        const bool may_miss = v.there == variable::presence::optional;
        out += fmt::format("    detail::{}(object, \"{}\", into.{});\n", may_miss ? "take_if" : "take", v.key, v.name);
    }
    out += "}\n\n";
}

void append_codec(std::string& out, const enumeration& what) {
    out += fmt::format("std::string_view to_text({} word) noexcept {{\n    switch (word) {{\n", what.name);
    for (const auto& word : what.words) {
        out += fmt::format("        case {}::{}: return \"{}\";\n", what.name, identifier(word), word);
    }
    out += fmt::format("        case {}::unknown: return {{}};\n    }}\n    return {{}};\n}}\n\n", what.name);
    out += fmt::format("void decode(const boost::json::value& from, {}& into) {{\n", what.name);
    out += "    const auto word = detail::text_in(from);\n";
    out += fmt::format("    into = {}::unknown;\n", what.name);
    for (const auto& word : what.words) {
        out += fmt::format("    if (word == \"{}\") {{\n        into = {}::{};\n    }}\n", word, what.name,
                           identifier(word));
    }
    out += "}\n\n";
    out += fmt::format("boost::json::value encode({} word) {{\n    return detail::word_out(to_text(word));\n}}\n\n",
                       what.name);
}

}  // namespace valhalla::ipc::generate
