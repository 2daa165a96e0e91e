// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/shape_schemas.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "ipc/http/json_members.hpp"
#include "ipc/http/shapes.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view any_text = R"({"type":"string"})";
constexpr std::string_view text_or_null = R"({"type":["string","null"]})";
constexpr std::string_view time_or_null = R"({"type":["string","null"],"format":"date-time"})";
constexpr std::string_view flag_schema = R"({"type":"boolean"})";
constexpr std::string_view count_schema = R"({"type":"integer","minimum":0})";
constexpr std::string_view rate_schema = R"({"type":"number"})";
constexpr std::string_view texts_schema = R"({"type":"array","items":{"type":"string"}})";
constexpr std::string_view band_schema = R"({"enum":["A","B","C","D"]})";
constexpr std::string_view status_schema = R"({"enum":["green","yellow","red"]})";
constexpr std::string_view cone_schema = R"({"$ref":"#/components/schemas/cone"})";

/// An object that has all of these members.
[[nodiscard]] std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    std::string required;
    std::string out = R"({"type":"object","properties":{)";
    for (const auto& [name, schema] : members) {
        append_member(out, name, schema);
        required.append(required.empty() ? "\"" : ",\"").append(name).append("\"");
    }
    out += '}';
    append_member(out, "required", "[" + required + "]");
    return out + "}";
}

[[nodiscard]] std::string either(std::string_view one, std::string_view other) {
    return std::string{R"({"anyOf":[)"}.append(one).append(",").append(other).append("]}");
}

[[nodiscard]] std::string session_schema() {
    constexpr std::string_view null = R"({"type":"null"})";
    return object_of({{"active", flag_schema},
                      {"started_at_utc", time_or_null},
                      {"ended_at_utc", time_or_null},
                      {"cone_band", either(band_schema, null)},
                      {"status", either(status_schema, null)},
                      {"notes", text_or_null},
                      {"snapshot", either(R"({"$ref":"#/components/schemas/snapshot"})", null)}});
}

[[nodiscard]] std::string step_schema() {
    return object_of({{"id", any_text},
                      {"title", any_text},
                      {"why", any_text},
                      {"band_min", band_schema},
                      {"blocked_if_red", flag_schema},
                      {"done", flag_schema},
                      {"notes", text_or_null}});
}

[[nodiscard]] std::string checklist_schema() {
    return object_of({{"cone_band", band_schema},
                      {"status", status_schema},
                      {"steps", R"({"type":"array","items":)" + step_schema() + "}"},
                      {"blocked_reasons", texts_schema}});
}

[[nodiscard]] std::string next_step_schema() {
    return object_of({{"cone_band", band_schema},
                      {"status", status_schema},
                      {"next_step", either(step_schema(), R"({"type":"null"})")},
                      {"message", any_text}});
}

[[nodiscard]] std::string thresholds_schema() {
    return object_of({{"max_failed_jobs_red", count_schema},
                      {"max_failed_jobs_yellow", count_schema},
                      {"deny_rate_yellow", rate_schema},
                      {"deny_rate_red", rate_schema},
                      {"min_decisions_for_drift", count_schema},
                      {"unhandled_exceptions_red", count_schema}});
}

[[nodiscard]] std::string ryg_schema() {
    const auto counts = object_of({{"allow", count_schema}, {"deny", count_schema}, {"total", count_schema}});
    return object_of({{"status", status_schema},
                      {"reasons", texts_schema},
                      {"cone", cone_schema},
                      {"jobs", object_of({{"total", count_schema}, {"failed", count_schema}})},
                      {"decision_stats", object_of({{"window", object_of({{"lines", count_schema}})},
                                                    {"counts", counts},
                                                    {"deny_rate", rate_schema},
                                                    {"warnings", texts_schema}})},
                      {"thresholds", thresholds_schema()}});
}

[[nodiscard]] std::string summary_schema() {
    return object_of({{"session", session_schema()},
                      {"next", next_step_schema()},
                      {"checklist", checklist_schema()},
                      {"health", object_of({{"status", ryg_schema()}, {"cone", cone_schema}})}});
}

}  // namespace

std::string schema_of_shape(shape_function shape) {
    if (shape == shape_session) {
        return session_schema();
    }
    if (shape == shape_checklist) {
        return checklist_schema();
    }
    if (shape == shape_next_step) {
        return next_step_schema();
    }
    if (shape == shape_completed) {
        return object_of({{"ok", flag_schema}, {"step_id", any_text}, {"done", flag_schema}, {"notes", text_or_null}});
    }
    if (shape == shape_decision) {
        return object_of({{"allowed", flag_schema},
                          {"band", band_schema},
                          {"engine", any_text},
                          {"action", any_text},
                          {"reason", any_text}});
    }
    if (shape == shape_ryg) {
        return ryg_schema();
    }
    if (shape == shape_thresholds) {
        return thresholds_schema();
    }
    return shape == shape_summary ? summary_schema() : std::string{};
}

}  // namespace valhalla::http
