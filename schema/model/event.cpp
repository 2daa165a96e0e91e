// SPDX-License-Identifier: Apache-2.0
//
// Encoding of audit records. On the path of every change: appends straight into the caller's string.
#include "schema/model/event.hpp"

#include "schema/model/event_names.hpp"

namespace valhalla {

namespace {

namespace names = event_names;

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};

void write_source(json_writer& json, std::string_view sha256, std::string_view source) {
    json.begin_object().member("sha256", sha256).member("source", source).end_object();
}

/// Everything but the audit range; unlike on the wire, nothing is derived.
void write_imported_session(json_writer& json, const session& s) {
    json.begin_object()
        .member("id", raw(s.id))
        .member("operator", s.operator_name)
        .member("active", s.active)
        .member("started_at_utc", s.started_at)
        .member("ended_at_utc", s.ended_at);
    json.key("cone_band");
    s.cone_band ? json.value(band_letter(*s.cone_band)) : json.null();
    json.key("status");
    s.status ? json.value(to_text(*s.status)) : json.null();
    json.member("start_notes", s.start_notes).member("end_notes", s.end_notes).key("end_reason");
    s.why_ended ? json.value(to_text(*s.why_ended)) : json.null();
    json.key("snapshot");
    s.snapshot_json.empty() ? json.null() : json.raw(s.snapshot_json);
    json.end_object();
}

void write_imported_progress(json_writer& json, const progress_map& progress) {
    json.begin_object();
    for (const auto& [step, p] : progress) {
        json.key(step).begin_object().member("done", p.done).member("notes", p.notes);
        json.member("operator", p.operator_name).key("session");
        p.session ? json.value(raw(*p.session)) : json.null();
        json.member("updated_at_utc", p.updated_at).end_object();
    }
    json.end_object();
}

/// One overload per kind: its payload.
struct payload_writer {
    json_writer& json;

    void operator()(const events::database_created& e) const {
        json.begin_object().member("instance", e.instance).key("cone");
        write_cone(json, e.initial_cone);
        json.end_object();
    }
    void operator()(const events::policy_loaded& e) const { write_source(json, e.sha256, e.source); }
    void operator()(const events::playbook_loaded& e) const { write_source(json, e.sha256, e.source); }
    void operator()(const events::epoch_started& e) const {
        json.begin_object()
            .member("origin", e.origin)
            .member("key", e.key)
            .member("reason", e.reason)
            .member("refused_anchor", e.refused_anchor)
            .end_object();
    }
    void operator()(const events::records_unsigned& e) const {
        json.begin_object().member("first", e.first).member("last", e.last).end_object();
    }
    void operator()(const events::checkpoint_witnessed& e) const {
        json.begin_object()
            .member("origin", e.origin)
            .member("size", e.tree.size)
            .member("root", e.tree.root)
            .end_object();
    }
    void operator()(const events::session_started& e) const {
        json.begin_object()
            .member("started_at_utc", e.started_at)
            .member("cone_band", band_letter(e.cone_band))
            .member("status", to_text(e.status))
            .member("notes", e.notes)
            .member("id", raw(e.id))
            .member("operator", e.operator_name);
        json.key("snapshot").raw(e.snapshot_json);
        json.end_object();
    }
    void operator()(const events::session_ended& e) const {
        json.begin_object()
            .member("ended_at_utc", e.ended_at)
            .member("notes", e.notes)
            .member("id", raw(e.id))
            .member("operator", e.operator_name)
            .member("end_reason", to_text(e.reason));
        if (e.records) {
            json.member("records", *e.records);
        }
        json.end_object();
    }
    void operator()(const events::session_noted& e) const {
        json.begin_object().member("id", raw(e.id)).member("text", e.text).end_object();
    }
    void operator()(const events::cone_changed& e) const {
        json.begin_object().member("band", band_letter(e.now.in_force)).member("reason", e.now.reason);
        json.key("metrics").raw(e.now.metrics_json);
        json.end_object();
    }
    void operator()(const events::decided& e) const {
        json.begin_object().raw(e.what->json_members()).member("policy", e.what->said().policy).end_object();
    }
    void operator()(const events::health_reported& e) const {
        json.begin_object()
            .member("source", e.signal.source)
            .member("level", to_text(e.signal.level))
            .member("message", e.signal.message)
            .member("expires_at_utc", e.signal.expires_at)
            .end_object();
    }
    void operator()(const events::health_cleared& e) const {
        json.begin_object().member("source", e.source).end_object();
    }
    void operator()(const events::health_changed& e) const {
        json.begin_object().member("before", to_text(e.before)).key("now");
        write_verdict(json, e.now);
        json.end_object();
    }
    void operator()(const events::thresholds_changed& e) const {
        json.begin_object().key("before");
        write_thresholds(json, e.before, threshold_set::all);
        json.key("after");
        write_thresholds(json, e.after, threshold_set::all);
        json.end_object();
    }
    void operator()(const events::step_set& e) const {
        json.begin_object().member("step_id", e.step_id).member("done", e.done).member("notes", e.notes);
        if (e.override_reason) {
            json.member("override_reason", *e.override_reason);
        }
        json.end_object();
    }
    void operator()(const events::operator_locked& e) const {
        json.begin_object()
            .member("operator", e.lock.operator_name)
            .member("reason", e.lock.reason)
            .member("until_utc", e.lock.until)
            .end_object();
    }
    void operator()(const events::operator_unlocked& e) const {
        json.begin_object().member("operator", e.operator_name).member("reason", e.reason).end_object();
    }
    void operator()(const events::key_created& e) const {
        json.begin_object()
            .member("id", e.key.id)
            .member("name", e.key.name)
            .member("role", to_text(e.key.role))
            .member("sha256", e.key.hash)
            .member("expires_at_utc", e.key.expires_at)
            .end_object();
    }
    void operator()(const events::key_revoked& e) const {
        json.begin_object().member("id", e.id).member("name", e.name).member("reason", e.reason).end_object();
    }
    void operator()(const events::access_denied& e) const {
        json.begin_object().member("method", e.method).key("needs");
        e.needs ? json.value(to_text(*e.needs)) : json.null();
        json.key("has");
        e.has ? json.value(to_text(*e.has)) : json.null();
        json.member("count", e.count).member("first_utc", e.first).member("last_utc", e.last).end_object();
    }
    void operator()(const events::foreign& e) const { json.raw(e.payload_json); }
    void operator()(const events::imported_line& e) const { json.raw(e.payload_json); }
    void operator()(const events::imported_state& e) const {
        json.begin_object().member("source", e.source);
        if (e.imported_cone) {
            json.key("cone");
            write_cone(json, *e.imported_cone);
        }
        if (e.imported_thresholds) {
            json.key("thresholds");
            write_thresholds(json, *e.imported_thresholds, threshold_set::all);
        }
        if (e.progress) {
            json.key("progress");
            write_imported_progress(json, *e.progress);
        }
        if (!e.sessions.empty()) {
            json.key("sessions").begin_array();
            for (const auto& s : e.sessions) {
                write_imported_session(json, s);
            }
            json.end_array();
        }
        json.end_object();
    }
};

}  // namespace

std::string_view event_name(const event& e) noexcept {
    return std::visit(
        overloaded{
            [](const events::database_created&) { return names::database_create; },
            [](const events::policy_loaded&) { return names::policy_loaded; },
            [](const events::playbook_loaded&) { return names::playbook_loaded; },
            [](const events::epoch_started&) { return names::epoch_start; },
            [](const events::records_unsigned&) { return names::records_unsigned; },
            [](const events::checkpoint_witnessed&) { return names::witness_cosign; },
            [](const events::session_started&) { return names::session_start; },
            [](const events::session_ended&) { return names::session_end; },
            [](const events::session_noted&) { return names::session_note; },
            [](const events::cone_changed&) { return names::cone_set; },
            [](const events::decided& d) { return d.what->said().allowed ? names::cone_allow : names::cone_deny; },
            [](const events::health_reported&) { return names::health_report; },
            [](const events::health_cleared&) { return names::health_clear; },
            [](const events::health_changed&) { return names::health_status; },
            [](const events::thresholds_changed&) { return names::thresholds_set; },
            [](const events::step_set&) { return names::step_set; },
            [](const events::operator_locked&) { return names::operator_lock; },
            [](const events::operator_unlocked&) { return names::operator_unlock; },
            [](const events::key_created&) { return names::key_create; },
            [](const events::key_revoked&) { return names::key_revoke; },
            [](const events::access_denied&) { return names::access_denied; },
            [](const events::foreign& f) { return std::string_view{f.name}; },
            [](const events::imported_state&) { return names::import; },
            [](const events::imported_line& l) { return std::string_view{l.name}; },
        },
        e);
}

decision_mark mark_of(std::string_view event_name) noexcept {
    if (event_name == names::cone_allow) {
        return decision_mark::allow;
    }
    return event_name == names::cone_deny ? decision_mark::deny : decision_mark::none;
}

void encode_record(const audit_entry& entry, std::string& out) {
    json_writer json{out};
    json.begin_object()
        .member("v", record_version)
        .member("seq", raw(entry.seq))
        .member("ts_utc", entry.ts)
        .member("event", event_name(entry.what))
        .key("actor");
    write_actor(json, entry.who);
    json.key("session");
    entry.session ? json.value(raw(*entry.session)) : json.null();
    if (const auto* line = std::get_if<events::imported_line>(&entry.what)) {
        json.key("imported").begin_object().member("ts_utc", line->original_ts_text).member("line", line->line);
        json.key("original").raw(line->original_json);
        json.end_object();
    }
    json.key("payload");
    std::visit(payload_writer{json}, entry.what);
    json.end_object();
}

}  // namespace valhalla
