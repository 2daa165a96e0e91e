// SPDX-License-Identifier: Apache-2.0
//
// go.*: the playbook.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/health.hpp"
#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct go_checklist {
    static constexpr std::string_view name = "go.checklist";
    static constexpr std::string_view summary = "Every step of the playbook: done, open, or blocked and why.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr const shape& result = shapes::checklist;
    static constexpr std::array<error_code, 0> errors{};
};

struct go_next_step {
    static constexpr std::string_view name = "go.next_step";
    static constexpr std::string_view summary = "The first step that is neither done nor blocked.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr const shape& result = shapes::next_step;
    static constexpr std::array<error_code, 0> errors{};
};

struct go_summary {
    static constexpr std::string_view name = "go.summary";
    static constexpr std::string_view summary = "Session, next step, checklist, health and cone, of one state.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        of("session", shapes::session_or_none, "The caller's session."),
        of("next", shapes::next_step, "What to do next."),
        of("checklist", shapes::checklist, "The playbook as it stands."),
        of("health", shapes::health, "The health."),
        of("cone", shapes::cone, "The cone."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct go_complete {
    static constexpr std::string_view name = "go.complete";
    static constexpr std::string_view summary = "Marks a step done, or open again.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string step_id;
        bool done = true;
        std::optional<std::string> notes;
        std::optional<std::string> override_reason;
    };
    static constexpr auto fields = std::tuple{
        text("step_id", &params::step_id, name_rules, "The step."),
        defaulted(flag("done", &params::done, "False takes it back.")),
        text("notes", &params::notes, notes_rules, "A remark that is kept with the step."),
        text("override", &params::override_reason, {.min_bytes = 1, .max_bytes = max_reason_bytes},
             "Why a blocked step is completed all the same; owners only."),
    };
    static constexpr std::array result{
        flag("ok", "Always true."),
        text("step_id", "The step."),
        flag("done", "Whether it is done now."),
        nullable(text("notes", "The remark that was kept with it.")),
        text("operator", "By whom."),
        nullable(integer("session", id_rules, "The session that it was done in.")),
        time("updated_at_utc", "When."),
    };
    static constexpr std::array errors{error_code::unknown_step, error_code::step_blocked};
};

}  // namespace valhalla::ipc::api
