// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/settings_file.hpp"

#include "ipc/nearest.hpp"
#include "ipc/service/file_problem.hpp"
#include "ipc/service/toml_shape.hpp"

namespace valhalla::service {

std::string problem_at(const std::string& file, const toml::key& at, std::string_view key, std::string_view text) {
    std::string whole = file + ":" + std::to_string(at.source().begin.line) + ": ";
    return whole.append(key).append(": ").append(text);
}

std::string no_such(std::string_view noun, std::string_view name, const std::vector<std::string_view>& known) {
    auto text = "no such " + std::string{noun};
    if (const auto nearest = ipc::nearest_name(name, known); !nearest.empty()) {
        text.append("; did you mean '").append(nearest).append("'?");
    }
    return text;
}

std::variant<toml::table, std::string> parse_settings(const std::filesystem::path& file) {
    // Not by the parser: to it a directory is an empty file.
    const auto text = read_written_file(file);
    if (const auto* problem = std::get_if<file_problem>(&text)) {
        return problem->text();
    }
    if (const auto wrong = problem_with_shape(std::get<std::string>(text))) {
        return file_problem{file.string(), wrong->line, wrong->key, wrong->text}.text();
    }
    try {
        return toml::parse(std::get<std::string>(text), file.string());
    } catch (const toml::parse_error& e) {
        return file.string() + ":" + std::to_string(e.source().begin.line) + ": " + std::string{e.description()};
    }
}

std::optional<std::vector<std::string>> list_of_texts(const toml::node& value) {
    const auto* const list = value.as_array();
    if (list == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    for (const auto& element : *list) {
        auto text = element.value_exact<std::string>();
        if (!text) {
            return std::nullopt;
        }
        texts.push_back(*std::move(text));
    }
    return texts;
}

}  // namespace valhalla::service
