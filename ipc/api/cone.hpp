// SPDX-License-Identifier: Apache-2.0
//
// cone.*: the band in force, and what it allows.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct cone_state {
    static constexpr std::string_view name = "cone.state";
    static constexpr std::string_view summary = "The cone in force.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr const shape& result = shapes::cone;
    static constexpr std::array<error_code, 0> errors{};
};

struct cone_history {
    static constexpr std::string_view name = "cone.history";
    static constexpr std::string_view summary =
        "Every cone that was set, newest first, in pages; long texts make them shorter than `limit`.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t limit = default_page;
        std::optional<std::string> cursor;
    };
    static constexpr auto fields = std::tuple{
        defaulted(integer("limit", &params::limit, page_rules, "Most items in the answer.")),
        text("cursor", &params::cursor, cursor_rules, "`next_cursor` of the page before."),
    };
    static constexpr std::array result{
        array_of(of("items", shapes::past_cone, "The cones of the page.")),
        nullable(text("next_cursor", "`cursor` of the next page; null at the end.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct cone_set {
    static constexpr std::string_view name = "cone.set";
    static constexpr std::string_view summary = "Sets the cone.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    struct params {
        api::band band{};
        std::string reason;
        std::string metrics_json = "{}";
    };
    static constexpr auto fields = std::tuple{
        word("band", &params::band, band_words, "A expansion, B caution, C stabilize, D survival."),
        text("reason", &params::reason, {.min_bytes = 1, .max_bytes = max_reason_bytes}, "Why."),
        defaulted(object("metrics", &params::metrics_json, {.max_bytes = max_metrics_bytes},
                         "The figures that it was decided on.")),
    };
    static constexpr const shape& result = shapes::cone;
    static constexpr std::array<error_code, 0> errors{};
};

struct cone_decide {
    static constexpr std::string_view name = "cone.decide";
    static constexpr std::string_view summary = "May the engine do the action in the band in force? Recorded.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string engine;
        std::string action;
    };
    static constexpr auto fields = std::tuple{
        text("engine", &params::engine, name_rules, "Name of the engine."),
        text("action", &params::action, name_rules, "Name of the action."),
    };
    static constexpr auto result =
        joined(std::array{integer("decision_id", id_rules, "Number of its audit record.")}, shapes::judgement_members);
    static constexpr std::array errors{error_code::unknown_engine, error_code::unknown_action};
};

struct cone_explain {
    static constexpr std::string_view name = "cone.explain";
    static constexpr std::string_view summary =
        "What `cone.decide` would answer, perhaps in another band. Not recorded.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    struct params {
        std::string engine;
        std::string action;
        std::optional<api::band> band;
        std::optional<level> health;
    };
    static constexpr auto fields = std::tuple{
        text("engine", &params::engine, name_rules, "Name of the engine."),
        text("action", &params::action, name_rules, "Name of the action."),
        word("band", &params::band, band_words, "As if this band were in force."),
        word("health", &params::health, level_words, "As if the health were this."),
    };
    static constexpr auto result =
        joined(shapes::judgement_members,
               std::array{
                   flag("hypothetical", "Whether another band or health was supposed than is in force."),
                   word("status", level_words, "The health status that it was decided in."),
                   array_of(text("open_steps", "Ids of the steps that would not be blocked.")),
               });
    static constexpr std::array errors{error_code::unknown_engine, error_code::unknown_action};
};

}  // namespace valhalla::ipc::api
