// SPDX-License-Identifier: Apache-2.0
//
// daemon.atomic: several changes, all or nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <vector>

#include "ipc/api/words.hpp"
#include "ipc/call_list.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// Every error that a change of the list can be answered with beside the common ones, once.
template <method... M>
constexpr auto errors_of_changes(method_list<M...> /*all*/) {
    constexpr auto gather = [] {
        std::vector<error_code> found;
        [[maybe_unused]] const auto add = [&found](effect kind, const auto& errors) {
            if (kind == effect::change) {
                found.insert(found.end(), errors.begin(), errors.end());
            }
        };
        (add(M::kind, M::errors), ...);
        std::ranges::sort(found);
        const auto repeated = std::ranges::unique(found);
        found.erase(repeated.begin(), repeated.end());
        return found;
    };
    std::array<error_code, gather().size()> all{};
    std::ranges::copy(gather(), all.begin());
    return all;
}

/// `Methods`: the others.
template <class Methods>
struct atomic_of {
    static constexpr std::string_view name = "daemon.atomic";
    static constexpr std::string_view summary =
        "Several changes, all or nothing: each sees those before it, and the first that is refused undoes them. Each "
        "needs the role that it needs alone, and counts towards its rate. `call` of an error is the index of the call "
        "that it is about, `method` its method.";
    static constexpr effect kind = effect::change;
    /// The least that any change needs.
    static constexpr role needs = role::operator_;
    struct params {
        std::vector<listed_call> calls;
    };
    static constexpr auto fields = std::tuple{
        call_list(
            "calls", &params::calls, {.max_items = max_batch_elements},
            "The changes in their order; any change but this, without `request_key`. No more than a batch may have."),
    };
    static constexpr std::array result{
        array_of(object("results", "What each of them would have been answered with alone.")),
    };
    static constexpr auto errors = errors_of_changes(Methods{});
};

}  // namespace valhalla::ipc::api
