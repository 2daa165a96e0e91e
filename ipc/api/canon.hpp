// SPDX-License-Identifier: Apache-2.0
//
// canon.*: the policy.
#pragma once

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct canon_get {
    static constexpr std::string_view name = "canon.get";
    static constexpr std::string_view summary = "The policy in force: engines, classes, actions, and what is allowed.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        of("bands", shapes::band_names, "The bands and what they are called."),
        array_of(text("classes", "The classes of engines.")),
        array_of(text("actions", "The actions.")),
        array_of(of("engines", shapes::engine, "The engines.")),
        of("allowed", shapes::permissions, "What is allowed in which band."),
        text("sha256", "SHA-256 of the policy, in hex."),
        text("source", "The file that it was read from, or `built-in`."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct canon_reload {
    static constexpr std::string_view name = "canon.reload";
    static constexpr std::string_view summary = "Reads the policy file again; an invalid one changes nothing.";
    // Read and checked on the query thread before it is a change.
    static constexpr effect kind = effect::task;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array<member, 0> result{};
    static constexpr std::array errors{error_code::policy_invalid, error_code::operator_locked,
                                       error_code::record_too_large};
};

}  // namespace valhalla::ipc::api
