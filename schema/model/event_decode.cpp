// SPDX-License-Identifier: Apache-2.0
//
// Decoding of audit records: the strict inverse of event.cpp. Members must all be there, none besides, and in the order
// in which they are written.
#include <array>
#include <cstdint>
#include <utility>

#include "schema/model/event.hpp"
#include "schema/model/event_names.hpp"
#include "schema/model/json_value.hpp"
#include "schema/model/record_fields.hpp"

namespace valhalla {

namespace {

namespace names = event_names;
using namespace record_fields;

/// Metrics may be nested as deep as a request (16); the record wraps them, and every import of an export once more.
constexpr unsigned max_record_depth = 64;

/// What a payload may need to know of its record.
struct envelope {
    unix_micros ts;
    const std::string& actor_name;
    std::optional<session_id> session;
};

/// Records of the session's own life name it twice; whoever gathers a session by one must not miss it by the other.
void expect_own_session(session_id id, const envelope& around, complaint& c) {
    if (around.session != id) {
        c.raise("payload.id", "is not the session that the record names");
    }
}

using payload_reader = event (*)(const json_value& payload, const envelope& around, complaint& c);

event read_database_created(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::database_created e;
    members{payload, c}.get("instance", e.instance).get("cone", e.initial_cone).done();
    return e;
}

template <class Loaded>
event read_loaded(const json_value& payload, const envelope& /*around*/, complaint& c) {
    Loaded e;
    members{payload, c}.get("sha256", e.sha256).get("source", e.source).done();
    return e;
}

event read_epoch_started(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::epoch_started e;
    members{payload, c}
        .get("origin", e.origin)
        .get("key", e.key)
        .get("reason", e.reason)
        .get("refused_anchor", e.refused_anchor)
        .done();
    return e;
}

event read_records_unsigned(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::records_unsigned e;
    members{payload, c}.get("first", e.first).get("last", e.last).done();
    return e;
}

event read_checkpoint_witnessed(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::checkpoint_witnessed e;
    members{payload, c}.get("origin", e.origin).get("size", e.tree.size).get("root", e.tree.root).done();
    return e;
}

event read_session_started(const json_value& payload, const envelope& around, complaint& c) {
    events::session_started e;
    members{payload, c}
        .get("started_at_utc", e.started_at)
        .get("cone_band", e.cone_band)
        .get("status", e.status)
        .get("notes", e.notes)
        .get("id", e.id)
        .get("operator", e.operator_name)
        .get_object("snapshot", e.snapshot_json)
        .done();
    expect_own_session(e.id, around, c);
    return e;
}

event read_session_ended(const json_value& payload, const envelope& around, complaint& c) {
    events::session_ended e;
    members m{payload, c};
    m.get("ended_at_utc", e.ended_at)
        .get("notes", e.notes)
        .get("id", e.id)
        .get("operator", e.operator_name)
        .get("end_reason", e.reason);
    if (m.next_is("records")) {
        m.get("records", e.records.emplace());
    }
    m.done();
    expect_own_session(e.id, around, c);
    return e;
}

event read_session_noted(const json_value& payload, const envelope& around, complaint& c) {
    events::session_noted e;
    members{payload, c}.get("id", e.id).get("text", e.text).done();
    expect_own_session(e.id, around, c);
    return e;
}

event read_cone_changed(const json_value& payload, const envelope& around, complaint& c) {
    events::cone_changed e;
    e.now.updated_at = around.ts;
    members{payload, c}
        .get("band", e.now.in_force)
        .get("reason", e.now.reason)
        .get_object("metrics", e.now.metrics_json)
        .done();
    return e;
}

template <bool Allowed>
event read_decided(const json_value& payload, const envelope& /*around*/, complaint& c) {
    judged said;
    members{payload, c}
        .get("allowed", said.allowed)
        .get("band", said.in_band)
        .get("engine", said.engine)
        .get("action", said.action)
        .get("reason", said.reason)
        .get("rule", said.rule)
        .get("policy", said.policy)
        .done();
    if (said.allowed != Allowed) {
        c.raise("payload.allowed", "contradicts the event's name");
    }
    return events::decided{make_judgement(std::move(said))};
}

event read_health_reported(const json_value& payload, const envelope& around, complaint& c) {
    events::health_reported e;
    e.signal.reported_at = around.ts;
    e.signal.reporter = around.actor_name;
    members{payload, c}
        .get("source", e.signal.source)
        .get("level", e.signal.level)
        .get("message", e.signal.message)
        .get("expires_at_utc", e.signal.expires_at)
        .done();
    return e;
}

event read_health_cleared(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::health_cleared e;
    members{payload, c}.get("source", e.source).done();
    return e;
}

event read_health_changed(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::health_changed e;
    members{payload, c}.get("before", e.before).get("now", e.now).done();
    return e;
}

event read_thresholds_changed(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::thresholds_changed e;
    members{payload, c}.get("before", e.before).get("after", e.after).done();
    return e;
}

event read_step_set(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::step_set e;
    members m{payload, c};
    m.get("step_id", e.step_id).get("done", e.done).get("notes", e.notes);
    if (m.next_is("override_reason")) {
        m.get("override_reason", e.override_reason.emplace());
    }
    m.done();
    return e;
}

event read_operator_locked(const json_value& payload, const envelope& around, complaint& c) {
    events::operator_locked e;
    e.lock.since = around.ts;
    e.lock.locked_by = around.actor_name;
    members{payload, c}
        .get("operator", e.lock.operator_name)
        .get("reason", e.lock.reason)
        .get("until_utc", e.lock.until)
        .done();
    return e;
}

event read_operator_unlocked(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::operator_unlocked e;
    members{payload, c}.get("operator", e.operator_name).get("reason", e.reason).done();
    return e;
}

event read_key_created(const json_value& payload, const envelope& around, complaint& c) {
    events::key_created e;
    e.key.created_at = around.ts;
    e.key.created_by = around.actor_name;
    members{payload, c}
        .get("id", e.key.id)
        .get("name", e.key.name)
        .get("role", e.key.role)
        .get("sha256", e.key.hash)
        .get("expires_at_utc", e.key.expires_at)
        .done();
    return e;
}

event read_key_revoked(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::key_revoked e;
    members{payload, c}.get("id", e.id).get("name", e.name).get("reason", e.reason).done();
    return e;
}

event read_access_denied(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::access_denied e;
    members{payload, c}
        .get("method", e.method)
        .get("needs", e.needs)
        .get("has", e.has)
        .get("count", e.count)
        .get("first_utc", e.first)
        .get("last_utc", e.last)
        .done();
    return e;
}

event read_imported_state(const json_value& payload, const envelope& /*around*/, complaint& c) {
    events::imported_state e;
    members m{payload, c};
    m.get("source", e.source);
    if (m.next_is("cone")) {
        m.get("cone", e.imported_cone.emplace());
    }
    if (m.next_is("thresholds")) {
        m.get("thresholds", e.imported_thresholds.emplace());
    }
    if (m.next_is("progress")) {
        m.get("progress", e.progress.emplace());
    }
    if (m.next_is("sessions")) {
        const auto sessions = m.take("sessions");
        if (sessions && expect(*sessions, json_kind::array, c)) {
            for (const auto s : *sessions) {
                e.sessions.push_back(read<session>(s, c));
            }
        }
    }
    m.done();
    return e;
}

constexpr std::array<std::pair<std::string_view, payload_reader>, 23> payload_readers{{
    // The commonest first.
    {names::cone_allow, read_decided<true>},
    {names::cone_deny, read_decided<false>},
    {names::cone_set, read_cone_changed},
    {names::session_note, read_session_noted},
    {names::session_start, read_session_started},
    {names::session_end, read_session_ended},
    {names::step_set, read_step_set},
    {names::health_report, read_health_reported},
    {names::health_clear, read_health_cleared},
    {names::health_status, read_health_changed},
    {names::thresholds_set, read_thresholds_changed},
    {names::import, read_imported_state},
    {names::policy_loaded, read_loaded<events::policy_loaded>},
    {names::playbook_loaded, read_loaded<events::playbook_loaded>},
    {names::database_create, read_database_created},
    {names::epoch_start, read_epoch_started},
    {names::records_unsigned, read_records_unsigned},
    {names::witness_cosign, read_checkpoint_witnessed},
    {names::access_denied, read_access_denied},
    {names::operator_lock, read_operator_locked},
    {names::operator_unlock, read_operator_unlocked},
    {names::key_create, read_key_created},
    {names::key_revoke, read_key_revoked},
}};

event read_imported_line(std::string name, const json_value& imported, const json_value& payload, complaint& c) {
    events::imported_line e;
    e.name = std::move(name);
    members{imported, c}
        .get("ts_utc", e.original_ts_text)
        .get("line", e.line)
        .get_object("original", e.original_json)
        .done();
    e.payload_json = read<object_text>(payload, c).text;
    if (const auto ts = parse_utc(e.original_ts_text)) {
        e.original_ts = *ts;
    } else {
        c.raise("imported.ts_utc", "must be a time");
    }
    return e;
}

event read_event(std::string name, const json_value& payload, const envelope& around, complaint& c) {
    for (const auto& [known, reader] : payload_readers) {
        if (known == name) {
            return reader(payload, around, c);
        }
    }
    if (!name.starts_with(names::foreign_prefix)) {
        c.raise("event", "\"" + name + "\" is not the name of an event");
    }
    return events::foreign{std::move(name), read<object_text>(payload, c).text};
}

void read_record(const json_value& root, audit_entry& entry, complaint& c) {
    std::int64_t version = 0;
    std::int64_t seq = 0;
    std::string name;
    members m{root, c};
    m.get("v", version).get("seq", seq).get("ts_utc", entry.ts).get("event", name).get("actor", entry.who);
    m.get("session", entry.session);
    entry.seq = audit_seq{seq};
    const auto imported = m.next_is("imported") ? m.take("imported") : std::nullopt;
    const auto payload = m.take("payload");
    m.done();
    if (!c.raised() && version != record_version) {
        c.raise("v", "is a version that is not known here");
    }
    if (c.raised() || !payload) {
        return;
    }
    entry.what = imported ? read_imported_line(std::move(name), *imported, *payload, c)
                          : read_event(std::move(name), *payload, envelope{entry.ts, entry.who.name, entry.session}, c);
}

}  // namespace

decoded_record decode_record(std::string_view line) {
    json_document document;
    if (auto error = document.parse(line, max_record_depth)) {
        return record_error{std::move(error->key), std::move(error->message)};
    }
    complaint c;
    audit_entry entry;
    read_record(document.root(), entry, c);
    if (c.raised()) {
        return *std::move(c.error());
    }
    return entry;
}

}  // namespace valhalla
