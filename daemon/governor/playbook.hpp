// SPDX-License-Identifier: Apache-2.0
//
// The playbook: the steps that operators work through. Data from a file (packaging/playbook.toml); this is its form in
// memory and the rules of what may be done when.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/progress.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla::governor {

struct playbook_step {
    std::string id;
    std::string title;
    std::string why;
    band band_min{};  ///< the narrowest band in which the step may be done
    bool blocked_if_red = true;
};

struct playbook {
    std::vector<playbook_step> steps;  ///< in order of work
    std::string sha256;
    std::string source;

    [[nodiscard]] const playbook_step* find(std::string_view id) const noexcept;
};

/// Nothing when the step may be done now; else a sentence that says why not.
[[nodiscard]] std::optional<std::string> why_blocked(const playbook_step& step, band b, health_level status);

/// The first step that is neither done nor blocked, or null.
[[nodiscard]] const playbook_step* next_step(const playbook& book, const progress_map& progress, band b,
                                             health_level status);

}  // namespace valhalla::governor
