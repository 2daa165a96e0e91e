// SPDX-License-Identifier: Apache-2.0
#include "ipc/method.hpp"

#include <algorithm>

#include "ipc/api/examples.hpp"
#include "ipc/api/methods.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::ipc {

namespace {

template <method... M>
std::vector<method_info> describe_all(method_list<M...> /*all*/) {
    return {describe<M>()...};
}

using enum error_code;

constexpr std::array of_lines{parse_error, invalid_request, method_not_found, forbidden, invalid_key, overloaded};
constexpr std::array of_changes{invalid_params,   internal_error,     forbidden,      invalid_key,     rate_limited,
                                shutting_down,    overloaded,         storage_full,   outcome_unknown, storage_lost,
                                record_too_large, request_key_reused, operator_locked};
constexpr std::array of_tasks{invalid_params,  internal_error,  forbidden,          invalid_key,
                              rate_limited,    shutting_down,   overloaded,         storage_full,
                              outcome_unknown, request_running, request_key_reused, storage_lost};
constexpr std::array of_queries{invalid_params, internal_error, forbidden,  invalid_key,
                                rate_limited,   shutting_down,  overloaded, storage_full};
constexpr std::array of_hot_reads{invalid_params, internal_error, forbidden, invalid_key,
                                  rate_limited,   shutting_down,  overloaded};

/// Reads one `{"method":…,"params":{…},"result":{…}}`.
void add_example(std::vector<method_info>& to, std::string_view object) {
    json_scratch scratch;
    json_reader in{object, scratch};
    json_string key;
    json_value value;
    method_example example;
    method_info* which = nullptr;
    if (!in.enter_object()) {
        return;
    }
    while (in.next_key(key) && in.read(value)) {
        if (key.equals("params")) {
            append_minified(example.params, value.raw);
        } else if (key.equals("result")) {
            append_minified(example.result, value.raw);
        } else if (const auto found = std::ranges::find(to, value.string().raw, &method_info::name);
                   found != to.end()) {
            which = &*found;
        }
    }
    if (which != nullptr) {
        which->example = std::move(example);
    }
}

void add_examples(std::vector<method_info>& to) {
    json_scratch scratch;
    json_reader in{api::examples_text(), scratch};
    json_value one;
    if (in.enter_array()) {
        while (in.next_element() && in.read(one)) {
            add_example(to, one.raw);
        }
    }
}

}  // namespace

std::string_view to_text(effect kind) noexcept {
    switch (kind) {
        case effect::hot_read: return "hot_read";
        case effect::query: return "query";
        case effect::change: return "change";
        case effect::task: return "task";
    }
    return "task";
}

std::vector<method_info> describe_api() {
    auto all = describe_all(api::all_methods{});
    add_examples(all);
    return all;
}

std::span<const error_code> common_errors(effect kind) noexcept {
    switch (kind) {
        case effect::hot_read: return of_hot_reads;
        case effect::query: return of_queries;
        case effect::change: return of_changes;
        case effect::task: return of_tasks;
    }
    return {};
}

std::span<const error_code> line_errors() noexcept {
    return of_lines;
}

std::vector<error_code> all_errors(const method_info& of) {
    const auto common = common_errors(of.kind);
    std::vector<error_code> all{common.begin(), common.end()};
    all.insert(all.end(), of.errors.begin(), of.errors.end());
    return all;
}

}  // namespace valhalla::ipc
