// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/record_line.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace valhalla {

namespace {

namespace ids = message_ids;

/// Digits of a policy's digest that a line shows: enough to tell two apart.
constexpr std::size_t shown_digits = 12;

/// Nothing but a key that is not valid is denied to it.
constexpr std::string_view auth_method = "auth.key";

struct described {
    message_id id;
    severity how = severity::info;
    std::string text;
    std::string about{};  ///< whom, when that is not the one who did it
};
using description = std::optional<described>;

severity severity_of(health_level level) {
    switch (level) {
        case health_level::green: return severity::info;
        case health_level::yellow: return severity::warning;
        case health_level::red: return severity::error;
    }
    return severity::error;
}

std::string because(const std::optional<std::string>& reason) {
    return reason ? ": " + *reason : std::string{};
}

class describer {
  public:
    explicit describer(const audit_entry& record) : who_{record.who.name} {}

    description operator()(const events::session_started& e) const {
        return described{ids::session_started, severity::info,
                         fmt::format("session {} of {} started, band {}, health {}", raw(e.id), e.operator_name,
                                     band_letter(e.cone_band), to_text(e.status)),
                         e.operator_name};
    }
    description operator()(const events::session_ended& e) const {
        return described{ids::session_ended, severity::info,
                         fmt::format("session {} of {} is over: {}", raw(e.id), e.operator_name, to_text(e.reason)),
                         e.operator_name};
    }
    description operator()(const events::cone_changed& e) const {
        return described{ids::band_changed, severity::info,
                         fmt::format("band {}, set by {}: {}", band_letter(e.now.in_force), who_, e.now.reason)};
    }
    description operator()(const events::health_changed& e) const {
        return described{ids::health_changed, severity_of(e.now.status),
                         fmt::format("health {}, was {}{}{}", to_text(e.now.status), to_text(e.before),
                                     e.now.reasons.empty() ? "" : ": ", fmt::join(e.now.reasons, "; "))};
    }
    description operator()(const events::access_denied& e) const {
        auto text = !e.needs    ? fmt::format("denied to users that were not told apart")
                    : !e.method ? fmt::format("denied: {} has no role here", who_)
                    : e.method == auth_method
                        ? fmt::format("denied: {} sent a key that is not valid", who_)
                        : fmt::format("denied: {} asked for {}, which takes the role {}, and has {}", who_, *e.method,
                                      to_text(*e.needs), to_text(e.has.value_or(access_role::none)));
        return described{ids::access_denied, severity::warning,
                         std::move(text) + (e.count > 1 ? fmt::format(", {} times", e.count) : "")};
    }
    description operator()(const events::epoch_started& e) const {
        return described{ids::epoch_started, e.refused_anchor ? severity::warning : severity::info,
                         fmt::format("a new epoch of the trail, {}: {}", e.origin, e.reason)};
    }
    description operator()(const events::records_unsigned& e) const {
        return described{
            ids::unsigned_tail, severity::warning,
            fmt::format("records {} to {} were not signed by anyone before this start, which signs them: they were "
                        "written after the last signature, by a daemon that was killed or by somebody else",
                        e.first, e.last)};
    }
    description operator()(const events::policy_loaded& e) const {
        return described{ids::policy_loaded, severity::info,
                         fmt::format("policy {} is in force, from {}", e.sha256.substr(0, shown_digits), e.source)};
    }
    description operator()(const events::playbook_loaded& e) const {
        return described{ids::playbook_loaded, severity::info,
                         fmt::format("playbook {} is in force, from {}", e.sha256.substr(0, shown_digits), e.source)};
    }
    description operator()(const events::operator_locked& e) const {
        return described{ids::operator_locked, severity::warning,
                         fmt::format("{} is locked by {}: {}", e.lock.operator_name, who_, e.lock.reason),
                         e.lock.operator_name};
    }
    description operator()(const events::operator_unlocked& e) const {
        return described{ids::operator_unlocked, severity::info,
                         fmt::format("{} is unlocked by {}{}", e.operator_name, who_, because(e.reason)),
                         e.operator_name};
    }
    description operator()(const events::key_created& e) const {
        return described{
            ids::key_created, severity::info,
            fmt::format("key {} of {}, with the role {}, made by {}", e.key.id, e.key.name, to_text(e.key.role), who_)};
    }
    description operator()(const events::key_revoked& e) const {
        return described{ids::key_revoked, severity::info,
                         fmt::format("key {} of {} taken away by {}{}", e.id, e.name, who_, because(e.reason))};
    }
    description operator()(const events::imported_state& e) const {
        return described{ids::imported, severity::info,
                         fmt::format("imported from {} by {}: {} sessions", e.source, who_, e.sessions.size())};
    }

    description operator()(const events::database_created&) const { return std::nullopt; }
    description operator()(const events::checkpoint_witnessed&) const { return std::nullopt; }
    description operator()(const events::session_noted&) const { return std::nullopt; }
    description operator()(const events::decided&) const { return std::nullopt; }
    description operator()(const events::health_reported&) const { return std::nullopt; }
    description operator()(const events::health_cleared&) const { return std::nullopt; }
    description operator()(const events::thresholds_changed&) const { return std::nullopt; }
    description operator()(const events::step_set&) const { return std::nullopt; }
    description operator()(const events::foreign&) const { return std::nullopt; }
    description operator()(const events::imported_line&) const { return std::nullopt; }

  private:
    const std::string& who_;
};

}  // namespace

std::optional<log_entry> line_of(const audit_entry& record) {
    auto said = std::visit(describer{record}, record.what);
    if (!said) {
        return std::nullopt;
    }
    log_entry line{said->id, said->how, said->text, {}};
    line.fields.push_back({log_fields::event, std::string{event_name(record.what)}});
    line.fields.push_back({log_fields::seq, std::to_string(raw(record.seq))});
    if (record.session) {
        line.fields.push_back({log_fields::session, std::to_string(raw(*record.session))});
    }
    line.fields.push_back({log_fields::operator_name, said->about.empty() ? record.who.name : said->about});
    return line;
}

}  // namespace valhalla
