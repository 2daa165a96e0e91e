// SPDX-License-Identifier: Apache-2.0
//
// canon.*: the policy.
#pragma once

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
};

struct canon_reload {
    static constexpr std::string_view name = "canon.reload";
    static constexpr std::string_view summary = "Reads the policy file again; an invalid one changes nothing.";
    // Read and checked on the query thread before it is a change: so it runs alone on its connection.
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
};

}  // namespace valhalla::ipc::api
