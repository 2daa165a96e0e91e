// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/playbook.hpp"

#include <algorithm>

#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

bool too_narrow(const playbook_step& step, band b) noexcept {
    return b > step.band_min;
}
bool stopped_by_red(const playbook_step& step, health_level status) noexcept {
    return status == health_level::red && step.blocked_if_red;
}

}  // namespace

const playbook_step* playbook::find(std::string_view id) const noexcept {
    const auto it = std::ranges::find(steps, id, &playbook_step::id);
    return it == steps.end() ? nullptr : &*it;
}

std::optional<std::string> why_blocked(const playbook_step& step, band b, health_level status) {
    const bool narrow = too_narrow(step, b);
    if (stopped_by_red(step, status)) {
        return join("The status is red, and ", step.id, " is not among the steps that may be done then",
                    narrow ? join("; it also needs band ", band_letter(step.band_min), " or wider, and band ",
                                  band_words(b), " is in force.")
                           : std::string{"."});
    }
    if (narrow) {
        return join(step.id, " needs band ", band_letter(step.band_min), " or wider, and band ", band_words(b),
                    " is in force.");
    }
    return std::nullopt;
}

const playbook_step* next_step(const playbook& book, const progress_map& progress, band b, health_level status) {
    for (const playbook_step& step : book.steps) {
        const auto it = progress.find(step.id);
        const bool done = it != progress.end() && it->second.done;
        if (!done && !too_narrow(step, b) && !stopped_by_red(step, status)) {
            return &step;
        }
    }
    return nullptr;
}

}  // namespace valhalla::governor
