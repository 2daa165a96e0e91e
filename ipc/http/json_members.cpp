// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/json_members.hpp"

#include "ipc/json_parts.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

/// A request around a body: its object and its members. `daemon.atomic` and batches are bodies themselves.
constexpr ipc::json_surroundings inside_a_request{.depth = 2, .keys = 8};

ipc::json_scratch& members_scratch() {
    static thread_local ipc::json_scratch scratch;
    return scratch;
}

}  // namespace

std::optional<json_members> json_members::of(std::string_view object) {
    const auto parts = ipc::members_of(object);
    if (!parts) {
        return std::nullopt;
    }
    json_members found;
    found.members_.reserve(parts->size());
    for (const auto& [name, value] : *parts) {
        found.members_.push_back({name, value});
    }
    return found;
}

std::optional<json_members> json_members::of_request(std::string_view object) {
    json_members found;
    ipc::json_reader in{object, members_scratch()};
    if (in.enter_object()) {
        ipc::json_string key;
        ipc::json_value value;
        while (in.next_key(key) && in.read(value)) {
            found.members_.push_back({key.raw, value.raw});
        }
        if (in.finish()) {
            return found;
        }
    }
    return std::nullopt;
}

std::string_view json_members::operator[](std::string_view name) const noexcept {
    for (const auto& one : members_) {
        if (one.name == name) {
            return one.value;
        }
    }
    return {};
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view array) {
    return ipc::elements_of(array);
}

std::optional<std::vector<std::string_view>> elements_of_request(std::string_view array) {
    std::vector<std::string_view> found;
    ipc::json_reader in{array, members_scratch()};
    if (in.enter_array()) {
        ipc::json_value value;
        while (in.next_element() && in.read(value)) {
            found.push_back(value.raw);
        }
        if (in.finish()) {
            return found;
        }
    }
    return std::nullopt;
}

std::string json_text(std::string_view value) {
    std::string text;
    if (value.size() >= 2 && value.front() == '"') {
        ipc::append_unescaped(text, value.substr(1, value.size() - 2));
    }
    return text;
}

std::optional<json_problem> problem_with_json(std::string_view text) {
    ipc::json_reader in{text, members_scratch(), inside_a_request};
    ipc::json_value value;
    if (in.read(value) && in.finish()) {
        return std::nullopt;
    }
    json_problem problem;
    problem.offset = in.fault().offset;
    problem.what = in.fault().what;
    if (!in.fault().key.empty()) {
        problem.what += ": " + in.fault().key;
    }
    return problem;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (out.back() != '{') {
        out += ',';
    }
    out.append(1, '"').append(name).append("\":").append(value);
}

}  // namespace valhalla::http
