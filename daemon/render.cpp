// SPDX-License-Identifier: Apache-2.0
#include "daemon/render.hpp"

#include <type_traits>

#include "daemon/governor/checklist.hpp"
#include "daemon/governor/health.hpp"

namespace valhalla {

namespace {

using ipc::error_code;

error_code code_of(governor::refusal_kind kind) {
    using enum governor::refusal_kind;
    switch (kind) {
        case session_active: return error_code::session_active;
        case no_active_session: return error_code::no_active_session;
        case unknown_session: return error_code::unknown_session;
        case session_ended: return error_code::session_ended;
        case not_your_session: return error_code::forbidden;
        case unknown_engine: return error_code::unknown_engine;
        case unknown_action: return error_code::unknown_action;
        case unknown_signal: return error_code::unknown_signal;
        case too_many_signals: return error_code::too_many_signals;
        case invalid_threshold: return error_code::invalid_threshold;
        case unknown_step: return error_code::unknown_step;
        case step_blocked: return error_code::step_blocked;
        case owner_only: return error_code::forbidden;
        case operator_locked: return error_code::operator_locked;
        case not_locked: return error_code::not_locked;
        case too_many_locks: return error_code::too_many_locks;
        case unknown_key: return error_code::unknown_key;
        case too_many_keys: return error_code::too_many_keys;
        case key_revoked: return error_code::invalid_key;
        case state_not_fresh: return error_code::state_not_fresh;
        case record_too_large: return error_code::record_too_large;
        case import_refused: return error_code::import_refused;
        case witness_conflict: return error_code::witness_conflict;
        case bad_proof: return error_code::bad_proof;
        case invalid_event_name:
        case answers_too_large: return error_code::invalid_params;
    }
    return error_code::internal_error;
}

void write_self_checks(json_writer& json, const governor::self_checks& self) {
    json.begin_object();
    json.member("disk_free_mib", self.disk_free_mib);
    json.member("wal_mib", self.wal_mib);
    json.member("ledger_queue", self.ledger_queue);
    json.member("anchor_age_s", self.anchor_age_s);
    json.end_object();
}

void write_step(json_writer& json, const governor::state& s, const governor::playbook_step& step) {
    const auto found = s.progress->find(step.id);
    const auto* progress = found == s.progress->end() ? nullptr : &found->second;
    json.begin_object();
    json.member("id", step.id).member("title", step.title).member("why", step.why);
    json.member("band_min", band_letter(step.band_min)).member("blocked_if_red", step.blocked_if_red);
    json.member("done", progress != nullptr && progress->done);
    json.member("notes", progress != nullptr ? progress->notes : std::nullopt);
    json.member("blocked", governor::why_blocked(step, s.current_cone->in_force, s.health->status));
    json.end_object();
}

}  // namespace

void render_answer(std::string& out, const governor::answer& what, const governor::state& after) {
    json_writer json{out};
    std::visit(
        [&](const auto& it) {
            using type = std::decay_t<decltype(it)>;
            if constexpr (std::is_same_v<type, governor::answers::session>) {
                write_session(json, *it);
            } else if constexpr (std::is_same_v<type, governor::answers::cone>) {
                write_cone(json, *it);
            } else if constexpr (std::is_same_v<type, governor::answers::decision>) {
                json.begin_object().member("decision_id", raw(it.id));
                write_verdict_members(json, it.what, *after.rules);
                json.end_object();
            } else if constexpr (std::is_same_v<type, governor::answers::health>) {
                write_health(json, after);
            } else if constexpr (std::is_same_v<type, governor::answers::thresholds>) {
                write_thresholds(json, *after.limits, threshold_set::all);
            } else if constexpr (std::is_same_v<type, governor::answers::step>) {
                json.begin_object().member("ok", true);
                write_step_progress(json, it.step_id, it.now);
                json.end_object();
            } else if constexpr (std::is_same_v<type, governor::answers::recorded>) {
                json.begin_object().member("seq", raw(it.seq)).end_object();
            } else if constexpr (std::is_same_v<type, governor::answers::lock>) {
                write_lock(json, it.what, it.session);
            } else if constexpr (std::is_same_v<type, governor::answers::key>) {
                write_key(json, it, after.span_now);
            } else if constexpr (std::is_same_v<type, governor::answers::imported>) {
                json.begin_object();
                json.member("sessions", static_cast<std::uint64_t>(it.sessions));
                json.member("lines", static_cast<std::uint64_t>(it.lines));
                json.member("first_seq", raw(it.first)).member("last_seq", raw(it.last));
                json.end_object();
            } else {
                static_assert(std::is_same_v<type, governor::answers::nothing>);
                json.begin_object().end_object();
            }
        },
        what);
}

ipc::rpc_error to_wire(const governor::refusal& r) {
    ipc::rpc_error error{code_of(r.kind), r.message, {}};
    if (!r.key.empty()) {
        ipc::append_text_member(error.data_members, "key", r.key);
    }
    if (error.code == error_code::invalid_key) {
        error.needs = ipc::role::viewer;
    }
    if (error.code == error_code::forbidden) {
        error.needs = ipc::role::owner;
        ipc::append_text_member(error.data_members, "role", ipc::to_text(error.needs));
    }
    if (!r.nearest.empty() || r.session || r.known_size || r.lock) {
        // json_writer puts no comma before its first member, so the members go into an object of their own first.
        std::string object;
        json_writer json{object};
        json.begin_object();
        if (!r.nearest.empty()) {
            json.key("nearest").begin_array();
            for (const auto& name : r.nearest) {
                json.value(name);
            }
            json.end_array();
        }
        if (r.session) {
            json.member("session", raw(*r.session));
        }
        if (r.known_size) {
            json.member("size", *r.known_size);
        }
        if (r.lock) {
            json.member("reason", r.lock->reason).member("since_utc", r.lock->since);
            json.member("until_utc", r.lock->until).member("locked_by", r.lock->locked_by);
        }
        json.end_object();
        if (!error.data_members.empty()) {
            error.data_members += ',';
        }
        error.data_members.append(object, 1, object.size() - 2);
    }
    return error;
}

void write_health(json_writer& json, const governor::state& s) {
    json.begin_object();
    json.member("status", to_text(s.health->status));
    json.key("reasons").begin_array();
    for (const auto& reason : s.health->reasons) {
        json.value(reason);
    }
    json.end_array();
    json.key("cone");
    write_cone(json, *s.current_cone);
    json.key("signals").begin_array();
    for (const auto& [source, signal] : *s.signals) {
        write_signal(json, signal);
    }
    json.end_array();
    json.key("jobs")
        .begin_object()
        .member("failed", governor::reported_count(*s.signals, governor::failed_jobs_source))
        .end_object();
    json.key("exceptions")
        .begin_object()
        .member("unhandled", governor::reported_count(*s.signals, governor::exceptions_source))
        .end_object();
    json.key("decision_stats").begin_object();
    json.member("window", static_cast<std::uint64_t>(deny_window_size));
    json.member("allowed", s.decisions.allowed()).member("denied", s.decisions.denied());
    json.member("decisions", s.decisions.decisions()).member("deny_rate", s.decisions.deny_rate());
    json.end_object();
    json.key("self");
    write_self_checks(json, s.self);
    json.key("thresholds");
    write_thresholds(json, *s.limits, threshold_set::all);
    json.end_object();
}

void write_verdict_members(json_writer& json, const governor::verdict& v, const governor::canon& rules) {
    json.raw(v.what->json_members()).member("policy", rules.sha256).key("allowed_in");
    v.allowed_in ? json.value(band_letter(*v.allowed_in)) : json.null();
}

void write_canon(json_writer& json, const governor::canon& rules) {
    constexpr std::array bands{band::expansion, band::caution, band::stabilize, band::survival};
    json.begin_object();
    json.key("bands").begin_object();
    for (const auto b : bands) {
        json.member(band_letter(b), band_name(b));
    }
    json.end_object();
    json.key("classes").begin_array();
    for (const auto& name : rules.classes) {
        json.value(name);
    }
    json.end_array();
    json.key("actions").begin_array();
    for (const auto& name : rules.actions) {
        json.value(name);
    }
    json.end_array();
    json.key("engines").begin_array();
    for (const auto& e : rules.engines) {
        json.begin_object().member("name", e.name).member("class", e.klass);
        json.member("allow_optimization", e.allow_optimization).member("year1_allowed", e.year1_allowed);
        json.member("hard_cap_usd", e.hard_cap_usd).end_object();
    }
    json.end_array();
    json.key("allowed").begin_object();
    for (const auto b : bands) {
        json.key(band_letter(b)).begin_object();
        for (std::size_t c = 0; c < rules.classes.size(); ++c) {
            json.key(rules.classes[c]).begin_array();
            for (std::size_t a = 0; a < rules.actions.size(); ++a) {
                if (rules.permits(b, c, a)) {
                    json.value(rules.actions[a]);
                }
            }
            json.end_array();
        }
        json.end_object();
    }
    json.end_object();
    json.member("sha256", rules.sha256).member("source", rules.source);
    json.end_object();
}

void write_checklist(json_writer& json, const governor::state& s) {
    json.begin_object();
    json.member("cone_band", band_letter(s.current_cone->in_force)).member("status", to_text(s.health->status));
    json.key("steps").begin_array();
    for (const auto& step : s.steps->steps) {
        write_step(json, s, step);
    }
    json.end_array();
    json.key("blocked_reasons").begin_array();
    for (const auto& reason : governor::blocked_reasons(s)) {
        json.value(reason);
    }
    json.end_array();
    json.end_object();
}

void write_next_step(json_writer& json, const governor::state& s) {
    const auto* step = governor::next_step(*s.steps, *s.progress, s.current_cone->in_force, s.health->status);
    json.begin_object();
    json.member("cone_band", band_letter(s.current_cone->in_force)).member("status", to_text(s.health->status));
    json.key("next_step");
    if (step != nullptr) {
        write_step(json, s, *step);
    } else {
        json.null();
    }
    json.member("message", governor::next_step_message(s));
    json.end_object();
}

void write_lock(json_writer& json, const operator_lock& lock, std::optional<session_id> session) {
    json.begin_object().member("operator", lock.operator_name).member("reason", lock.reason);
    json.member("since_utc", lock.since).member("until_utc", lock.until).member("locked_by", lock.locked_by);
    json.key("session");
    session ? json.value(raw(*session)) : json.null();
    json.end_object();
}

void write_key(json_writer& json, const api_key& key, span_point now) {
    json.begin_object().member("id", key.id).member("name", key.name).member("role", to_text(key.role));
    json.member("created_utc", key.created_at).member("created_by", key.created_by);
    json.member("expires_at_utc", key.expires_at).member("expired", !key.valid_at(now)).end_object();
}

void write_step_progress(json_writer& json, std::string_view step_id, const step_progress& p) {
    json.member("step_id", step_id).member("done", p.done).member("notes", p.notes);
    json.member("operator", p.operator_name);
    json.key("session");
    p.session ? json.value(raw(*p.session)) : json.null();
    json.member("updated_at_utc", p.updated_at);
}

}  // namespace valhalla
