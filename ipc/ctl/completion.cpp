// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/completion.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ipc/api/thresholds.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/method.hpp"
#include "schema/base/printable.hpp"

namespace valhalla::ctl {

namespace {

using words_list = std::vector<suggestion>;

/// Where the typed words lead.
struct place {
    const CLI::App* at = nullptr;
    const CLI::Option* open = nullptr;  ///< an option whose value comes next
    std::size_t arguments = 0;          ///< positional ones of `at` so far
    bool no_options = false;            ///< behind `--`
};

const CLI::Option* option_named(const CLI::App* at, const std::string& name) {
    for (; at != nullptr; at = at->get_parent()) {
        if (const auto* found = at->get_option_no_throw(name); found != nullptr) {
            return found;
        }
    }
    return nullptr;
}

std::vector<const CLI::App*> commands_of(const CLI::App* at) {
    return at->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

/// One word further.
void advance(place& p, const std::string& word) {
    if (p.open != nullptr) {
        p.open = nullptr;
    } else if (!p.no_options && word == "--") {
        p.no_options = true;
    } else if (!p.no_options && word.starts_with("-")) {
        const auto* option = option_named(p.at, word);  // none for `--name=value`, which needs no further word
        p.open = option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
    } else {
        const auto below = commands_of(p.at);
        const auto found = std::ranges::find(below, word, [](const CLI::App* sub) { return sub->get_name(); });
        if (found == below.end()) {
            ++p.arguments;
        } else {
            p.at = *found;
            p.arguments = 0;
        }
    }
}

words_list commands(const CLI::App* at) {
    words_list all;
    for (const auto* sub : commands_of(at)) {
        all.push_back({sub->get_name(), sub->get_description()});
    }
    return all;
}

words_list options(const CLI::App* at) {
    words_list all;
    for (; at != nullptr; at = at->get_parent()) {
        for (const auto* option : at->get_options([](const CLI::Option* o) { return !o->get_group().empty(); })) {
            for (const auto& name : option->get_lnames()) {
                const auto same = [&](const suggestion& s) { return s.word == "--" + name; };
                if (std::ranges::none_of(all, same)) {
                    all.push_back({"--" + name, option->get_description()});
                }
            }
        }
    }
    return all;
}

/// The positional option that the next argument belongs to; the last one may take several.
const CLI::Option* next_argument(const place& p) {
    const auto all = p.at->get_options([](const CLI::Option* o) { return o->get_positional(); });
    if (p.arguments < all.size()) {
        return all[p.arguments];
    }
    return !all.empty() && all.back()->get_items_expected_max() > 1 ? all.back() : nullptr;
}

words_list offered_members(const boost::json::value& answer, std::string_view list, std::string_view name,
                           std::string_view meaning) {
    words_list all;
    for (const auto& one : items(answer, list)) {
        all.push_back(one.is_string() ? suggestion{text_of(one), {}}
                                      : suggestion{text(one, name), meaning.empty() ? "" : text(one, meaning)});
    }
    return all;
}

words_list thresholds(std::string_view typed) {
    words_list all;
    const auto add = [&](const ipc::member& m) {
        const auto name = std::string{m.name} + '=';
        if (!typed.starts_with(name)) {
            all.push_back({name, std::string{m.meaning}});
            return;
        }
        for (const auto word : m.words) {
            all.push_back({name + std::string{word}, {}});
        }
    };
    std::ranges::for_each(ipc::api::shapes::threshold_members, add);
    return all;
}

words_list methods() {
    words_list all;
    for (const auto& one : ipc::describe_api()) {
        all.push_back({std::string{one.name}, std::string{one.summary}});
    }
    return all;
}

words_list bands() {
    words_list all;
    for (const auto letter : ipc::api::band_words) {
        all.push_back({std::string{letter}, band_words(letter)});
    }
    return all;
}

/// The choices that a check of CLI11 has written into the type's name: `LEVEL:{green,yellow}`.
words_list choices(std::string_view type) {
    words_list all;
    const auto open = type.find('{');
    const auto close = type.rfind('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
        return all;
    }
    std::string_view left = type.substr(open + 1, close - open - 1);
    while (!left.empty()) {
        const auto comma = std::min(left.find(','), left.size());
        all.push_back({std::string{left.substr(0, comma)}, {}});
        left.remove_prefix(std::min(comma + 1, left.size()));
    }
    return all;
}

suggestions values(const CLI::Option& of, std::string_view typed, const asker& ask) {
    const std::string full = of.get_type_name();
    const auto type = std::string_view{full}.substr(0, full.find(':'));
    if (auto fixed = choices(full); !fixed.empty()) {
        return {std::move(fixed), false};
    }
    constexpr std::array<std::string_view, 4> of_files{"PATH", "DIR", "FILE", "SEQ|DIR"};
    if (std::ranges::find(of_files, type) != of_files.end()) {
        return {{}, true};
    }
    if (type == "METHOD") {
        return {methods(), false};
    }
    if (type == "BAND") {
        return {bands(), false};
    }
    if (type == "NAME=VALUE") {
        return {thresholds(typed), false};
    }
    if (type == "ENGINE") {
        return {offered_members(ask("canon.get"), "engines", "name", "class"), false};
    }
    if (type == "ACTION") {
        return {offered_members(ask("canon.get"), "actions", {}, {}), false};
    }
    if (type == "STEP") {
        return {offered_members(ask("go.checklist"), "steps", "id", "title"), false};
    }
    if (type == "LOCKED") {
        return {offered_members(ask("operator.locks"), "items", "operator", "reason"), false};
    }
    if (type == "KEY") {
        return {offered_members(ask("key.list"), "items", "id", "name"), false};
    }
    if (type == "SOURCE") {
        return {offered_members(ask("health.status"), "signals", "source", "message"), false};
    }
    return {};
}

/// `--name=value` in one word.
suggestions joined_value(const place& p, const std::string& typed, const asker& ask) {
    const auto equals = typed.find('=');
    const auto* option = option_named(p.at, typed.substr(0, equals));
    if (option == nullptr || option->get_items_expected_max() == 0) {
        return {};
    }
    auto all = values(*option, typed.substr(equals + 1), ask);
    for (auto& one : all.words) {
        one.word = typed.substr(0, equals + 1) + one.word;
    }
    return all;
}

suggestions all_that_fit(const place& p, const std::string& typed, const asker& ask) {
    if (p.open != nullptr) {
        return values(*p.open, typed, ask);
    }
    if (!p.no_options && typed.starts_with('-')) {
        return typed.find('=') == std::string::npos ? suggestions{options(p.at), false} : joined_value(p, typed, ask);
    }
    if (auto below = commands(p.at); !below.empty()) {
        return {std::move(below), false};
    }
    const auto* argument = next_argument(p);
    return argument == nullptr ? suggestions{} : values(*argument, typed, ask);
}

/// Nothing that a shell would expand, split or run.
bool is_plain(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_-.,:=+@%/"}.find(c) != std::string_view::npos;
    });
}

}  // namespace

suggestions suggest(const CLI::App& parser, const std::vector<std::string>& words, const asker& ask) {
    const std::string typed = words.empty() ? std::string{} : words.back();
    place p{.at = &parser};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        advance(p, words[i]);
    }
    auto all = all_that_fit(p, typed, ask);
    std::erase_if(all.words, [&](const suggestion& s) { return !s.word.starts_with(typed) || !is_plain(s.word); });
    return all;
}

std::string socket_in(const std::vector<std::string>& words) {
    constexpr std::string_view joined = "--socket=";
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == "--socket" && i + 2 < words.size()) {
            return words[i + 1];
        }
        if (words[i].starts_with(joined)) {
            return words[i].substr(joined.size());
        }
    }
    return {};
}

std::string lines_of(const suggestions& all) {
    if (all.files) {
        return ":files\n";
    }
    std::string out;
    for (const auto& one : all.words) {
        out += one.word;
        if (!one.meaning.empty()) {
            out += '\t' + printable(one.meaning);
        }
        out += '\n';
    }
    return out;
}

}  // namespace valhalla::ctl
