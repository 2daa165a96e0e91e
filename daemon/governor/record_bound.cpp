// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/record_bound.hpp"

#include <numeric>
#include <optional>
#include <string_view>

namespace valhalla::governor {

namespace {

constexpr std::size_t longest_escape = 6;  // \u001f
/// Numbers, times, words and the names of the members around one text.
constexpr std::size_t per_text = 40;
/// The same for a whole object in a list: a session, a step.
constexpr std::size_t per_object = 512;

std::size_t escaped(char c) noexcept {
    if (static_cast<unsigned char>(c) < 0x20U) {
        return longest_escape;
    }
    return c == '"' || c == '\\' ? 2 : 1;
}

class bound {
  public:
    /// Becomes a JSON string.
    bound& text(std::string_view t) noexcept {
        constexpr std::size_t short_enough = 64;
        sum_ += per_text;
        sum_ += t.size() <= short_enough ? t.size() * longest_escape
                                         : std::accumulate(t.begin(), t.end(), std::size_t{0},
                                                           [](std::size_t sum, char c) { return sum + escaped(c); });
        return *this;
    }
    bound& text_if(const std::optional<std::string>& t) noexcept { return t ? text(*t) : *this; }
    /// Is JSON already.
    bound& json(std::string_view t) noexcept {
        sum_ += t.size() + per_text;
        return *this;
    }
    bound& object() noexcept {
        sum_ += per_object;
        return *this;
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return sum_; }

  private:
    std::size_t sum_ = 0;
};

bound& add(bound& b, const cone& c) {
    return b.text(c.reason).json(c.metrics_json);
}

bound& add(bound& b, const session& s) {
    return b.object().text(s.operator_name).json(s.snapshot_json).text_if(s.start_notes).text_if(s.end_notes);
}

struct measure {
    bound& b;

    void operator()(const events::database_created& e) const { add(b.text(e.instance), e.initial_cone); }
    void operator()(const events::policy_loaded& e) const { b.text(e.sha256).text(e.source); }
    void operator()(const events::playbook_loaded& e) const { b.text(e.sha256).text(e.source); }
    void operator()(const events::epoch_started& e) const {
        b.text(e.origin).text(e.key).text(e.reason).text_if(e.refused_anchor);
    }
    void operator()(const events::records_unsigned& /*e*/) const {}
    void operator()(const events::checkpoint_witnessed& e) const { b.text(e.origin).text(e.tree.root); }
    void operator()(const events::session_started& e) const {
        b.text(e.operator_name).text_if(e.notes).json(e.snapshot_json);
    }
    void operator()(const events::session_ended& e) const { b.text(e.operator_name).text_if(e.notes); }
    void operator()(const events::session_noted& e) const { b.text(e.text); }
    void operator()(const events::cone_changed& e) const { add(b, e.now); }
    void operator()(const events::decided& e) const { b.json(e.what->json_members()).text(e.what->said().policy); }
    void operator()(const events::health_reported& e) const {
        b.text(e.signal.source).text(e.signal.message).text(e.signal.reporter);
    }
    void operator()(const events::health_cleared& e) const { b.text(e.source); }
    void operator()(const events::health_changed& e) const {
        for (const std::string& reason : e.now.reasons) {
            b.text(reason);
        }
    }
    void operator()(const events::thresholds_changed& /*e*/) const { b.object().object().object().object(); }
    void operator()(const events::step_set& e) const { b.text(e.step_id).text_if(e.notes).text_if(e.override_reason); }
    void operator()(const events::operator_locked& e) const { b.text(e.lock.operator_name).text(e.lock.reason); }
    void operator()(const events::operator_unlocked& e) const { b.text(e.operator_name).text_if(e.reason); }
    void operator()(const events::key_created& e) const { b.text(e.key.id).text(e.key.name).text(e.key.hash); }
    void operator()(const events::key_revoked& e) const { b.text(e.id).text(e.name).text_if(e.reason); }
    void operator()(const events::access_denied& e) const { b.text_if(e.method); }
    void operator()(const events::foreign& e) const { b.text(e.name).json(e.payload_json); }
    void operator()(const events::imported_state& e) const {
        b.object().object().text(e.source);
        if (e.imported_cone) {
            add(b, *e.imported_cone);
        }
        for (const session& s : e.sessions) {
            add(b, s);
        }
        if (e.progress) {
            for (const auto& [step, p] : *e.progress) {
                b.object().text(step).text_if(p.notes).text(p.operator_name);
            }
        }
    }
    void operator()(const events::imported_line& e) const {
        b.text(e.name).json(e.payload_json).text(e.original_ts_text).json(e.original_json);
    }
};

}  // namespace

std::size_t event_bytes(const event& e) {
    bound b;
    std::visit(measure{b}, e);
    return b.bytes();
}

}  // namespace valhalla::governor
