// SPDX-License-Identifier: Apache-2.0
#include "ipc/traffic.hpp"

#include <algorithm>

namespace valhalla::ipc {

std::string_view to_text(turned_away why) noexcept {
    switch (why) {
        case turned_away::unknown_user: return "unknown_user";
        case turned_away::no_role: return "no_role";
        case turned_away::all_taken: return "all_taken";
        case turned_away::share_taken: return "share_taken";
    }
    return {};
}

void traffic::count(const method_label& of, std::optional<error_code> error) {
    if (of.number >= methods_.size()) {
        methods_.resize(of.number + std::size_t{1});  // the first call of a method that was never called before
    }
    auto& counted = methods_[of.number];
    counted.method = of.number == 0 ? "unknown" : of.name;
    if (!error) {
        ++counted.ok;
        return;
    }
    const auto found = std::ranges::find(counted.errors, *error, &std::pair<error_code, std::uint64_t>::first);
    if (found == counted.errors.end()) {
        counted.errors.emplace_back(*error, 1);
    } else {
        ++found->second;
    }
}

void traffic::turn_over(const per_effect<std::uint32_t>& answered, clock::duration took) noexcept {
    for (std::size_t kind = 0; kind < effect_count; ++kind) {
        if (answered[kind] > 0) {
            durations_[kind].note(took, answered[kind]);
        }
    }
}

void traffic::delivered(effect kind, clock::time_point since) {
    if (delivered_.empty() || delivered_.back().since != since || delivered_.back().kind != kind) {
        delivered_.push_back({since, kind, 0});
    }
    ++delivered_.back().requests;
}

void traffic::round_over() {
    if (delivered_.empty()) {
        return;
    }
    const auto now = clock::now();
    for (const auto& each : delivered_) {
        durations_[place_of(each.kind)].note(now - each.since, each.requests);
    }
    delivered_.clear();
}

}  // namespace valhalla::ipc
