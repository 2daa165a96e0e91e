// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/method_words.hpp"

#include <sstream>

#include <fmt/format.h>

#include "ipc/ctl/printer.hpp"

namespace valhalla::ctl {

namespace {

std::string one_value(const ipc::member& m) {
    std::string words;
    switch (m.kind) {
        case ipc::value_kind::text: return "a string";
        case ipc::value_kind::flag: return "true or false";
        case ipc::value_kind::time: return "a time";
        case ipc::value_kind::object: return "an object";
        case ipc::value_kind::shape: return fmt::format("`{}`", m.of->name);
        case ipc::value_kind::integer: ipc::append_words(words, m.range); return words;
        case ipc::value_kind::word: ipc::append_words(words, m.words); return words;
        case ipc::value_kind::real: break;
    }
    const bool bounded = m.bounds.maximum != std::numeric_limits<double>::max();
    return bounded ? fmt::format("a number from {} to {}", m.bounds.minimum, m.bounds.maximum)
                   : fmt::format("a number from {}", m.bounds.minimum);
}

std::string_view plural(ipc::value_kind kind) {
    switch (kind) {
        case ipc::value_kind::text: return "strings";
        case ipc::value_kind::flag: return "true or false";
        case ipc::value_kind::time: return "times";
        case ipc::value_kind::object: return "objects";
        case ipc::value_kind::word: return "words";
        case ipc::value_kind::shape: return "";
        case ipc::value_kind::integer: return "integers";
        case ipc::value_kind::real: return "numbers";
    }
    return "";
}

}  // namespace

std::string words_of(const ipc::member& m) {
    std::string words;
    for (const auto around : m.around) {
        switch (around) {
            case ipc::wrapping::array: words += words.empty() ? "a list of " : "lists of "; break;
            case ipc::wrapping::map: words += words.empty() ? "an object with any keys and " : "objects of "; break;
            case ipc::wrapping::none: break;
        }
    }
    if (words.empty()) {
        words = one_value(m);
    } else if (m.of != nullptr) {
        words += fmt::format("`{}`", m.of->name);
    } else {
        words += plural(m.kind);
    }
    if (m.nullable) {
        words += ", or null";
    }
    if (!m.required) {
        words += "; may be missing";
    }
    return words;
}

std::string words_of(const ipc::parameter_info& p) {
    if (p.required) {
        return p.words;
    }
    return p.initial.empty() ? p.words + "; may be left out"
                             : fmt::format("{}; {} when it is left out", p.words, p.initial);
}

std::string_view words_of(ipc::effect kind) {
    switch (kind) {
        case ipc::effect::hot_read: return "a hot read";
        case ipc::effect::query: return "a query";
        case ipc::effect::change: return "a change";
        case ipc::effect::task: return "a task";
    }
    return "";
}

std::string example_arguments(const ipc::method_info& of) {
    std::string out{of.name};
    if (of.example.params == "{}") {
        return out;
    }
    out += " '";
    for (const char c : of.example.params) {
        if (c == '\'') {
            out += R"('\'')";
        } else {
            out += c;
        }
    }
    return out + '\'';
}

std::string example_result(const ipc::method_info& of) {
    std::ostringstream out;
    printer{out, 80, false, false}.json_pretty(of.example.result);
    return out.str();
}

}  // namespace valhalla::ctl
