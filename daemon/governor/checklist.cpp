// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/checklist.hpp"

#include <algorithm>
#include <string_view>

namespace valhalla::governor {

namespace {

bool is_done(const state& s, const playbook_step& step) {
    const auto found = s.progress->find(step.id);
    return found != s.progress->end() && found->second.done;
}

}  // namespace

std::vector<std::string> blocked_reasons(const state& s) {
    const auto open_step = [&](auto&& blocked) {
        return std::ranges::any_of(s.steps->steps,
                                   [&](const playbook_step& step) { return !is_done(s, step) && blocked(step); });
    };
    const auto in_force = s.current_cone->in_force;
    std::vector<std::string> reasons;
    if (s.health->status == health_level::red &&
        open_step([](const playbook_step& step) { return step.blocked_if_red; })) {
        reasons.emplace_back("Health is red: only steps that may be done in red are open.");
    }
    if (open_step([in_force](const playbook_step& step) { return in_force > step.band_min; })) {
        reasons.push_back(std::string{"Band "}.append(band_letter(in_force)) +
                          " is in force: steps made for a wider band are closed.");
    }
    return reasons;
}

std::string next_step_message(const state& s) {
    if (const auto* step = next_step(*s.steps, *s.progress, s.current_cone->in_force, s.health->status)) {
        return "Next: " + step->title + ".";
    }
    const auto left = static_cast<std::size_t>(
        std::ranges::count_if(s.steps->steps, [&](const playbook_step& step) { return !is_done(s, step); }));
    if (left == 0) {
        return "Every step of the playbook is done.";
    }
    std::string message =
        std::to_string(left) + (left == 1 ? " step is" : " steps are") + " left, none can be done now.";
    for (const auto& reason : blocked_reasons(s)) {
        message.append(" ").append(reason);
    }
    return message;
}

}  // namespace valhalla::governor
