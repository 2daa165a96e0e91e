// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/governor/dice.hpp"

#include <utility>

#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

commands::set_thresholds dice::thresholds_change() {
    commands::set_thresholds c;
    for (std::size_t n = below(3); n > 0; --n) {
        const threshold_field& field = threshold_fields().at(below(threshold_count));
        if (std::holds_alternative<health_level thresholds::*>(field.where)) {
            c.changes.emplace_back(field.name, level());
        } else if (std::holds_alternative<double thresholds::*>(field.where)) {
            c.changes.emplace_back(field.name, static_cast<double>(below(120)) / 100.0);
        } else {
            c.changes.emplace_back(field.name, static_cast<std::int64_t>(below(40)));
        }
    }
    return c;
}

commands::import_state dice::import() {
    commands::import_state c;
    events::imported_state part;
    std::int64_t id = 0;
    for (std::size_t n = below(5); n > 0; --n) {
        session s;
        s.id = session_id{id += 1 + std::int64_t(below(2))};
        s.operator_name = pick<const char*>({"anna", "bert", "zoe"});
        s.active = one_in(3);
        s.started_at = test_epoch;
        part.sessions.push_back(std::move(s));
    }
    if (one_in(2)) {
        part.imported_cone = cone{any_band(), "imported", test_epoch, "{}"};
        part.progress = progress_map{{"intake_ready", {true, {}, {}, {}, {}}}};
    }
    c.parts.push_back(std::move(part));
    events::imported_line line;
    line.name = one_in(2) ? "CONE_DENY" : "CONE_ALLOW";
    line.payload_json = "{}";
    line.original_ts_text = "2026-11-22T09:08:43.000000Z";
    line.original_ts = test_epoch;
    line.line = 1;
    c.lines.assign(below(30), line);
    return c;
}

command dice::next(const state& s) {
    switch (below(24)) {
        case 0:
        case 1: return commands::start_session{maybe_notes(), one_in(2)};
        case 2: return commands::end_session{maybe_notes(), std::nullopt};
        case 3:
            return commands::end_session{
                maybe_notes(),
                session_id{static_cast<std::int64_t>(below(static_cast<std::size_t>(raw(s.next_session)) + 1))}};
        case 4: return commands::note_session{"note"};
        case 5: return commands::set_cone{any_band(), "random", R"({"n":1})"};
        case 6:
            return commands::report_health{source(), level(), pick<const char*>({"0", "1", "2", "many", ""}),
                                           maybe_ttl()};
        case 7: return commands::clear_health{source()};
        case 8: return one_in(3) ? command{thresholds_change()} : command{commands::tick{}};
        case 9:
        case 10: {
            const auto& steps = s.steps->steps;
            return commands::set_step{one_in(9) ? std::string{"nonsense"} : steps[below(steps.size())].id, !one_in(3),
                                      maybe_notes(), one_in(4) ? std::optional<std::string>{"must"} : std::nullopt};
        }
        case 11: return commands::append_event{one_in(5) ? "x_wrong" : "X_RIGHT", "{}"};
        case 12: return commands::tick{self_checks{figure(2000), figure(400), figure(60'000), figure(1000)}};
        case 13: return one_in(4) ? command{import()} : command{commands::tick{}};
        case 14: return commands::lock_operator{any_operator(), "because", maybe_ttl()};
        case 15:
        case 16: return commands::unlock_operator{any_operator(), maybe_notes()};
        case 17: {
            const auto digits = std::to_string(below(40));
            const std::string id = std::string(12 - digits.size(), '0') + digits;
            return one_in(3) ? command{commands::revoke_key{id, maybe_notes()}}
                             : command{commands::create_key{.id = id,
                                                            .hash = std::string(64, 'd'),
                                                            .name = any_operator(),
                                                            .role = access_role::viewer,
                                                            .ttl = maybe_ttl()}};
        }
        case 18:
            return commands::record_denial{
                {.method = "cone.set", .needs = access_role::owner, .has = access_role::viewer, .count = 2}};
        default: break;
    }
    const auto& engines = s.rules->engines;
    return commands::decide{one_in(12) ? std::string{"nonsense"} : engines[below(engines.size())].name,
                            pick<const char*>({"run", "scale", "optimize", "run", "fly"})};
}

}  // namespace valhalla::governor::testing
