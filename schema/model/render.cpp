// SPDX-License-Identifier: Apache-2.0
//
// The JSON of the model's values, as travels on the wire and stands in the export.
#include "schema/model/actor.hpp"
#include "schema/model/cone.hpp"
#include "schema/model/health.hpp"
#include "schema/model/progress.hpp"
#include "schema/model/session.hpp"

namespace valhalla {

namespace {

std::string_view via_text(actor_via via) noexcept {
    switch (via) {
        case actor_via::daemon: return "daemon";
        case actor_via::unix_socket: return "unix";
        case actor_via::http: return "http";
    }
    return "daemon";
}

}  // namespace

void write_actor(json_writer& json, const actor& a) {
    json.begin_object().member("name", a.name).member("via", via_text(a.via));
    if (a.uid) {
        json.member("uid", *a.uid);
    }
    if (a.gid) {
        json.member("gid", *a.gid);
    }
    json.end_object();
}

void write_cone_members(json_writer& json, const cone& c) {
    json.member("band", band_letter(c.in_force)).member("reason", c.reason).member("updated_at_utc", c.updated_at);
    json.key("metrics").raw(c.metrics_json);
}

void write_cone(json_writer& json, const cone& c) {
    json.begin_object();
    write_cone_members(json, c);
    json.end_object();
}

void write_signal(json_writer& json, const health_signal& s) {
    json.begin_object()
        .member("source", s.source)
        .member("level", to_text(s.level))
        .member("message", s.message)
        .member("reported_at_utc", s.reported_at)
        .member("expires_at_utc", s.expires_at)
        .member("reporter", s.reporter)
        .end_object();
}

void write_verdict(json_writer& json, const health_verdict& v) {
    json.begin_object().member("status", to_text(v.status)).key("reasons").begin_array();
    for (const auto& reason : v.reasons) {
        json.value(reason);
    }
    json.end_array().end_object();
}

void write_progress(json_writer& json, const progress_map& progress) {
    json.begin_object();
    for (const auto& [step, p] : progress) {
        json.key(step).begin_object().member("done", p.done).member("notes", p.notes).end_object();
    }
    json.end_object();
}

void write_session_fields(json_writer& json, const session& s) {
    json.member("active", s.active).member("started_at_utc", s.started_at).member("ended_at_utc", s.ended_at);
    json.key("cone_band");
    s.cone_band ? json.value(band_letter(*s.cone_band)) : json.null();
    json.key("status");
    s.status ? json.value(to_text(*s.status)) : json.null();
    json.member("notes", s.notes());
    json.key("snapshot");
    s.snapshot_json.empty() ? json.null() : json.raw(s.snapshot_json);
}

void write_session_members(json_writer& json, const session& s) {
    write_session_fields(json, s);
    json.member("id", raw(s.id)).member("operator", s.operator_name);
    json.member("start_notes", s.start_notes).member("end_notes", s.end_notes);
    json.key("end_reason");
    s.why_ended ? json.value(to_text(*s.why_ended)) : json.null();
    json.member("first_seq", raw(s.first_seq));
}

void write_session(json_writer& json, const session& s) {
    json.begin_object();
    write_session_members(json, s);
    json.end_object();
}

void write_no_session(json_writer& json) {
    json.begin_object().member("active", false);
    for (const auto* const name : {"started_at_utc", "ended_at_utc", "cone_band", "status", "notes", "snapshot", "id",
                                   "operator", "start_notes", "end_notes", "end_reason", "first_seq"}) {
        json.key(name).null();
    }
    json.end_object();
}

}  // namespace valhalla
