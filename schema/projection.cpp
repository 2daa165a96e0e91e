// SPDX-License-Identifier: Apache-2.0
#include "schema/projection.hpp"

namespace valhalla::schema {

struct projection::visitor {
    projection& to;
    const audit_entry& entry;

    void operator()(const events::database_created& e) const {
        to.instance_.create(e.instance, entry.ts);
        to.cones_.append(entry.seq, e.initial_cone, entry.who.name);
    }
    void operator()(const events::policy_loaded& e) const {
        to.instance_.record_loaded("policy", e.sha256, e.source, entry.seq);
    }
    void operator()(const events::playbook_loaded& e) const {
        to.instance_.record_loaded("playbook", e.sha256, e.source, entry.seq);
    }
    void operator()(const events::epoch_started& e) const { to.epochs_.append(e, entry.seq, entry.ts); }
    void operator()(const events::records_unsigned& /*e*/) const {}
    void operator()(const events::checkpoint_witnessed& e) const { to.witnessed_.put(e.origin, e.tree, entry.seq); }
    void operator()(const events::session_started& e) const { to.sessions_.start(e, entry.seq); }
    void operator()(const events::session_ended& e) const { to.sessions_.end(e); }
    void operator()(const events::session_noted& e) const { to.sessions_.note(e, entry); }
    void operator()(const events::cone_changed& e) const { to.cones_.append(entry.seq, e.now, entry.who.name); }
    void operator()(const events::health_reported& e) const { to.health_.put_signal(e.signal); }
    void operator()(const events::health_cleared& e) const { to.health_.remove_signal(e.source); }
    void operator()(const events::health_changed& e) const { to.health_.record_status(e.now, entry.seq, entry.ts); }
    void operator()(const events::thresholds_changed& e) const { to.thresholds_.put(e.after); }
    void operator()(const events::step_set& e) const {
        to.progress_.put(e.step_id, {.done = e.done,
                                     .notes = e.notes,
                                     .operator_name = entry.who.name,
                                     .session = entry.session,
                                     .updated_at = entry.ts});
    }
    void operator()(const events::operator_locked& e) const { to.access_.put_lock(e.lock, entry.seq); }
    void operator()(const events::operator_unlocked& e) const { to.access_.remove_lock(e.operator_name); }
    void operator()(const events::key_created& e) const { to.access_.add_key(e.key, entry.seq); }
    void operator()(const events::key_revoked& e) const { to.access_.remove_key(e.id); }
    void operator()(const events::imported_state& e) const {
        if (e.imported_cone) {
            to.cones_.append(entry.seq, *e.imported_cone, entry.who.name);
        }
        if (e.imported_thresholds) {
            to.thresholds_.put(*e.imported_thresholds);
        }
        if (e.progress) {
            for (const auto& [step, now] : *e.progress) {
                to.progress_.put(step, now);
            }
        }
        for (const session& s : e.sessions) {
            to.sessions_.add_imported(s, entry.seq);
        }
    }
    // These are history alone.
    void operator()(const events::decided& /*e*/) const {}
    void operator()(const events::access_denied& /*e*/) const {}
    void operator()(const events::foreign& /*e*/) const {}
    void operator()(const events::imported_line& /*e*/) const {}
};

void projection::apply(const audit_entry& entry) {
    std::visit(visitor{*this, entry}, entry.what);
}

}  // namespace valhalla::schema
