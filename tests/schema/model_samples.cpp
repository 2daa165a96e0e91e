// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/model_samples.hpp"

#include <array>

#include "schema/model/json_writer.hpp"

namespace valhalla::tests {

std::string sampler::text() {
    using namespace std::string_view_literals;
    static constexpr std::array<std::string_view, 14> pieces{"a"sv,    "review"sv, " "sv,    "\""sv,   "\\"sv,
                                                             "\n"sv,   "\t"sv,     "\x01"sv, "\x7f"sv, "é"sv,
                                                             "日本"sv, "😀"sv,     "\0"sv,   "/"sv};
    std::string out;
    for (auto left = number(0, 12); left > 0; --left) {
        out += pieces[static_cast<std::size_t>(number(0, pieces.size() - 1))];
    }
    return out;
}

std::string sampler::json_object() {
    std::string out;
    json_writer json{out};
    json.begin_object();
    for (auto i = number(0, 4); i > 0; --i) {
        json.key("k" + std::to_string(i));
        switch (number(0, 4)) {
            case 0: json.raw("1.50"); break;
            case 1: json.value(number(INT64_MIN, INT64_MAX)); break;
            case 2: json.value(text()); break;
            case 3: json.begin_array().value(true).null().end_array(); break;
            default: json.begin_object().end_object(); break;
        }
    }
    json.end_object();
    return out;
}

thresholds sampler::limits() {
    thresholds t;
    for (const auto& field : threshold_fields()) {
        if (const auto* integer = std::get_if<std::int64_t thresholds::*>(&field.where)) {
            t.*(*integer) = number(0, 1'000'000);
        } else if (const auto* share = std::get_if<double thresholds::*>(&field.where)) {
            t.*(*share) = static_cast<double>(number(0, 1'000)) / 1'000.0;
        } else {
            t.*std::get<health_level thresholds::*>(field.where) = level();
        }
    }
    return t;
}

session sampler::any_session() {
    session s;
    s.id = session_id{number(1, 1'000'000)};
    s.operator_name = text();
    s.active = coin();
    s.started_at = maybe<unix_micros>([this] { return time(); });
    s.ended_at = maybe<unix_micros>([this] { return time(); });
    s.cone_band = maybe<band>([this] { return any_band(); });
    s.status = maybe<health_level>([this] { return level(); });
    s.snapshot_json = coin() ? json_object() : std::string{};
    s.start_notes = maybe_text();
    s.end_notes = maybe_text();
    s.why_ended = maybe<end_reason>([this] { return static_cast<end_reason>(number(0, 3)); });
    return s;
}

progress_map sampler::progress() {
    progress_map out;
    for (auto i = number(0, 5); i > 0; --i) {
        out[text() + std::to_string(i)] = {coin(), maybe_text(), text(),
                                           maybe<session_id>([this] { return session_id{number(1, 99)}; }),
                                           maybe<unix_micros>([this] { return time(); })};
    }
    return out;
}

actor sampler::who() {
    const auto id = [this] { return static_cast<std::uint32_t>(number(0, UINT32_MAX)); };
    return {text(), static_cast<actor_via>(number(0, 2)), maybe<std::uint32_t>(id), maybe<std::uint32_t>(id)};
}

event sampler::what(std::size_t kind, const audit_entry& around) {
    switch (kind) {
        case 0: return events::database_created{text(), any_cone()};
        case 1: return events::policy_loaded{text(), text()};
        case 2: return events::playbook_loaded{text(), text()};
        case 3: return events::epoch_started{text(), text(), text(), maybe_text()};
        case 4: return events::records_unsigned{number(1, INT64_MAX), number(1, INT64_MAX)};
        case 5: return events::checkpoint_witnessed{text(), {number(1, INT64_MAX), text()}};
        case 6:
            return events::session_started{*around.session, text(),       time(),       any_band(),
                                           level(),         maybe_text(), json_object()};
        case 7:
            return events::session_ended{*around.session,
                                         text(),
                                         time(),
                                         maybe_text(),
                                         static_cast<end_reason>(number(0, 3)),
                                         maybe<std::int64_t>([this] { return number(1, INT64_MAX); })};
        case 8: return events::session_noted{*around.session, text()};
        case 9: return events::cone_changed{{any_band(), text(), around.ts, json_object()}};
        case 10: return events::decided{make_judgement({coin(), any_band(), text(), text(), text(), text(), text()})};
        case 11:
            return events::health_reported{
                {text(), level(), text(), around.ts, maybe<unix_micros>([this] { return time(); }), around.who.name}};
        case 12: return events::health_cleared{text()};
        case 13: return events::health_changed{level(), {level(), {text(), text()}}};
        case 14: return events::thresholds_changed{limits(), limits()};
        case 15: return events::step_set{text(), coin(), maybe_text(), maybe_text()};
        case 16:
            return events::operator_locked{
                {text(), text(), around.ts, maybe<unix_micros>([this] { return time(); }), around.who.name}};
        case 17: return events::operator_unlocked{text(), maybe_text()};
        case 18:
            return events::key_created{{text(), text(), role(), text(), around.ts, around.who.name,
                                        maybe<unix_micros>([this] { return time(); })}};
        case 19: return events::key_revoked{text(), text(), maybe_text()};
        case 20:
            return events::access_denied{maybe_text(),
                                         maybe<access_role>([this] { return role(); }),
                                         maybe<access_role>([this] { return role(); }),
                                         number(1, INT64_MAX),
                                         time(),
                                         time()};
        case 21: return events::foreign{"X_" + text(), json_object()};
        case 22: {
            events::imported_state e;
            e.imported_cone = maybe<cone>([this] { return any_cone(); });
            e.imported_thresholds = maybe<thresholds>([this] { return limits(); });
            e.progress = maybe<progress_map>([this] { return progress(); });
            for (auto i = number(0, 3); i > 0; --i) {
                e.sessions.push_back(any_session());
            }
            e.source = text();
            return e;
        }
        default: {
            const auto t = time();
            return events::imported_line{text() + "!",  json_object(),        t,
                                         format_utc(t), number(1, 1'000'000), json_object()};
        }
    }
}

audit_entry sampler::entry(std::size_t kind) {
    audit_entry e;
    e.seq = audit_seq{number(1, INT64_MAX)};
    e.ts = time();
    e.who = who();
    const auto id = [this] { return session_id{number(1, INT64_MAX)}; };
    const bool names_its_session = kind >= 6 && kind <= 8;
    e.session = names_its_session ? std::optional{id()} : maybe<session_id>(id);
    e.what = what(kind, e);
    return e;
}

}  // namespace valhalla::tests
