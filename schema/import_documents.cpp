// SPDX-License-Identifier: Apache-2.0
#include "schema/import_documents.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "schema/import_fields.hpp"
#include "schema/limits.hpp"
#include "schema/model/exact_integer.hpp"
#include "schema/model/json_text.hpp"

namespace valhalla::schema {

namespace {

using std::string_view;
template <std::size_t Size>
using key_list = std::array<string_view, Size>;

/// How deep a document may be nested whose cone metrics begin at the level `above + 1`.
constexpr unsigned depth_with_metrics(unsigned above) {
    return above + limits::import_metrics_depth;
}

/// Lines of values that are asked for in the order of the text: together one pass over it.
class line_counter {
  public:
    explicit line_counter(string_view text) noexcept : rest_{text} {}

    std::int64_t line_of(const json_value& v) {
        const auto passed = static_cast<std::size_t>(v.raw().data() - rest_.data());
        line_ += std::ranges::count(rest_.substr(0, passed), '\n');
        rest_.remove_prefix(passed);
        return line_;
    }

  private:
    string_view rest_;
    std::int64_t line_ = 1;
};

cone read_cone(const import_source& source, const json_value& v) {
    static constexpr key_list<4> keys{"band", "reason", "updated_at_utc", "metrics"};
    const import_object object{source, v, keys};
    return {object.which_band("band"), object.text("reason"), object.time("updated_at_utc"),
            minify_json(object.object("metrics").raw())};
}

struct frozen_state {
    band in_force{};
    health_level status{};
    std::string json;
};

/// What was frozen at a session's start: checked, but kept as it stands.
frozen_state read_frozen(const import_source& source, const json_value& v) {
    static constexpr key_list<2> keys{"cone", "status"};
    static constexpr key_list<2> status_keys{"status", "reasons"};
    const import_object object{source, v, keys};
    const auto frozen = read_cone(source, object.need("cone"));
    const import_object status{source, object.need("status"), status_keys};
    const auto level = status.level("status");
    for (const auto reason : status.array("reasons")) {
        static_cast<void>(read_text(source, reason));
    }
    return {frozen.in_force, level, minify_json(v.raw())};
}

void need_null(const import_object& object, std::initializer_list<string_view> keys, const std::string& why) {
    for (const auto key : keys) {
        if (!object.is_null(key)) {
            object.source().refuse(object.need(key), "must be null in " + why);
        }
    }
}

void need_value(const import_object& object, std::initializer_list<string_view> keys, const std::string& why) {
    for (const auto key : keys) {
        if (object.is_null(key)) {
            object.source().refuse(object.need(key), "must not be null in " + why);
        }
    }
}

/// Which of the seven fields may be null depends on the others.
void check_nulls(const import_object& object, const session& s) {
    if (s.active) {
        need_value(object, {"started_at_utc", "cone_band", "status", "snapshot"}, "an active session");
        need_null(object, {"ended_at_utc"}, "an active session");
    } else if (s.started_at) {
        need_value(object, {"ended_at_utc", "cone_band", "status", "snapshot"}, "a session that is over");
    } else {
        // The program before could end what it had never started.
        need_value(object, {"ended_at_utc"}, "a session that is over");
        need_null(object, {"cone_band", "status", "snapshot"}, "a session that was never started");
    }
}

/// The seven fields but `notes`.
session read_session_fields(const import_object& object) {
    session s;
    s.active = object.flag("active");
    s.started_at = object.maybe_time("started_at_utc");
    s.ended_at = object.maybe_time("ended_at_utc");
    s.cone_band = object.maybe_band("cone_band");
    s.status = object.maybe_level("status");
    check_nulls(object, s);
    if (!object.is_null("snapshot")) {
        auto frozen = read_frozen(object.source(), object.need("snapshot"));
        if (frozen.in_force != s.cone_band) {
            object.source().refuse(object.need("cone_band"), "differs from snapshot.cone.band");
        }
        if (frozen.status != s.status) {
            object.source().refuse(object.need("status"), "differs from snapshot.status.status");
        }
        s.snapshot_json = std::move(frozen.json);
    }
    return s;
}

session read_full_session(const import_source& source, const json_value& v, const std::string& importer) {
    static constexpr key_list<13> keys{"active",    "started_at_utc", "ended_at_utc", "cone_band", "status",
                                       "notes",     "snapshot",       "id",           "operator",  "start_notes",
                                       "end_notes", "end_reason",     "first_seq"};
    const import_object object{source, v, keys};
    auto s = read_session_fields(object);
    const auto id = object.need("id").integer();
    if (!id || *id < 1) {
        source.refuse(object.need("id"), "must be a number from 1 on");
    }
    if (*id > largest_exact_integer) {
        source.refuse(object.need("id"), "must not be larger than " + std::to_string(largest_exact_integer));
    }
    s.id = session_id{*id};
    s.operator_name = object.is_null("operator") ? importer : object.name("operator");
    s.start_notes = object.maybe_text("start_notes");
    s.end_notes = object.maybe_text("end_notes");
    if (object.maybe_text("notes") != s.notes()) {
        source.refuse(object.need("notes"), "is neither end_notes nor, where these are null, start_notes");
    }
    if (const auto reason = object.maybe_text("end_reason")) {
        s.why_ended = parse_end_reason(*reason);
        if (!s.why_ended) {
            source.refuse(object.need("end_reason"), "is not a reason for which sessions end");
        }
    }
    if (s.active == s.why_ended.has_value()) {
        source.refuse(object.need("end_reason"), "must be null in an active session, and only there");
    }
    // Speaks of the trail that the session came from; nothing to keep.
    if (!object.need("first_seq").integer()) {
        source.refuse(object.need("first_seq"), "must be a whole number");
    }
    return s;
}

template <class Field>
Field read_threshold(const import_source& source, const json_value& v) {
    if constexpr (std::is_same_v<Field, std::int64_t>) {
        if (const auto integer = v.integer()) {
            return *integer;
        }
        source.refuse(v, "must be a whole number");
    } else if constexpr (std::is_same_v<Field, double>) {
        if (const auto number = v.number()) {
            return *number;
        }
        source.refuse(v, "must be a number");
    } else {
        // No level is among the fields of the file.
        source.refuse(v, "is not known here");
    }
}

std::string short_number(double number) {
    std::string out;
    json_writer json{out};
    std::trunc(number) == number ? json.value(static_cast<std::int64_t>(number)) : json.value(number);
    return out;
}

void check_range(const import_source& source, const json_value& v, const threshold_field& field, double number) {
    if (number < field.minimum || number > field.maximum) {
        source.refuse(v, "must be from " + short_number(field.minimum) + " to " + short_number(field.maximum));
    }
}

}  // namespace

std::optional<located<session>> read_go_session(string_view text, const std::string& importer) {
    static constexpr key_list<1> outer_keys{"session"};
    static constexpr key_list<7> keys{"active", "started_at_utc", "ended_at_utc", "cone_band",
                                      "status", "notes",          "snapshot"};
    const import_source source{go_session_file};
    json_document document;
    source.parse(text, document, depth_with_metrics(4));
    const import_object object{source, import_object{source, document.root(), outer_keys}.need("session"), keys};
    if (!object.flag("active") && object.is_null("started_at_utc") && object.is_null("ended_at_utc")) {
        need_null(object, {"cone_band", "status", "notes", "snapshot"}, "a session that never was");
        return std::nullopt;
    }
    auto s = read_session_fields(object);
    s.id = session_id{1};
    s.operator_name = importer;
    // The file has one `notes`; which are shown is decided by whether it is over.
    (s.active ? s.start_notes : s.end_notes) = object.maybe_text("notes");
    if (!s.active) {
        s.why_ended = end_reason::imported;
    }
    return located<session>{std::move(s), source.file, object.value().line(), "session"};
}

std::vector<located<session>> read_sessions(string_view text, const std::string& importer) {
    static constexpr key_list<1> outer_keys{"sessions"};
    const import_source source{sessions_file};
    json_document document;
    source.parse(text, document, depth_with_metrics(5));
    std::vector<located<session>> sessions;
    std::set<std::string> at_work;
    line_counter lines{text};
    const import_object outer{source, document.root(), outer_keys};
    for (const auto v : outer.array("sessions")) {
        auto s = read_full_session(source, v, importer);
        if (!sessions.empty() && s.id <= sessions.back().value.id) {
            source.refuse(*v.find("id"), "must be larger than that of the session before");
        }
        if (s.active && !at_work.insert(s.operator_name).second) {
            source.refuse(*v.find("active"), "is a second active session of " + s.operator_name);
        }
        auto key = "sessions[" + std::to_string(sessions.size()) + "]";
        sessions.push_back({std::move(s), source.file, lines.line_of(v), std::move(key)});
    }
    return sessions;
}

std::vector<located_step> read_go_progress(string_view text, const std::string& importer) {
    static constexpr key_list<1> outer_keys{"progress"};
    static constexpr key_list<2> keys{"done", "notes"};
    const import_source source{go_progress_file};
    json_document document;
    source.parse(text, document, usual_json_depth);
    std::vector<located_step> steps;
    line_counter lines{text};
    const import_object outer{source, document.root(), outer_keys};
    for (const auto v : outer.object("progress")) {
        const import_object step{source, v, keys};
        step_progress p{step.flag("done"), step.maybe_text("notes"), importer, std::nullopt, std::nullopt};
        auto id = checked_name(source, v, std::string{v.key()});
        auto key = "progress." + id;
        steps.push_back({{std::move(id), std::move(p)}, source.file, lines.line_of(v), std::move(key)});
    }
    return steps;
}

located<cone> read_cone_state(string_view text) {
    const import_source source{cone_state_file};
    json_document document;
    source.parse(text, document, depth_with_metrics(1));
    return {read_cone(source, document.root()), source.file, document.root().line(), {}};
}

thresholds read_thresholds(string_view text) {
    const import_source source{thresholds_file};
    json_document document;
    source.parse(text, document, usual_json_depth);
    std::vector<string_view> keys;
    for (const auto& field : threshold_fields()) {
        if (field.compatible) {
            keys.push_back(field.name);
        }
    }
    const import_object object{source, document.root(), keys};
    thresholds out;
    for (const auto key : keys) {
        const auto v = object.need(key);
        const auto& field = *find_threshold(key);
        std::visit(
            [&]<class Field>(Field thresholds::* where) {
                out.*where = read_threshold<Field>(source, v);
                if constexpr (!std::is_same_v<Field, health_level>) {
                    check_range(source, v, field, static_cast<double>(out.*where));
                }
            },
            field.where);
    }
    if (auto problem = inconsistency_of(out)) {
        source.refuse(document.root(), *std::move(problem));
    }
    return out;
}

}  // namespace valhalla::schema
