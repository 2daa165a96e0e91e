// SPDX-License-Identifier: Apache-2.0
//
// A governor's state, a clock that moves when told, and everything that was recorded: what the tests of the rules
// play with.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/governor/governor.hpp"
#include "daemon/playbook_file.hpp"
#include "daemon/policy_file.hpp"

namespace valhalla::governor::testing {

inline constexpr unix_micros test_epoch = micros_at(1'795'338'523'000'000);  // 2026-11-22T09:08:43Z

[[nodiscard]] inline std::string refusal_text(const outcome& out) {
    const auto* const no = std::get_if<refusal>(&out.result);
    return no != nullptr ? no->message : std::string{};
}

/// While nobody sets the wall clock, both clocks are one.
[[nodiscard]] inline unix_micros wall_of(span_point t) {
    return micros_at(micros_count(t));
}

struct world {
    state s;
    std::vector<audit_entry> trail;
    unix_micros now = test_epoch;
    std::chrono::microseconds set_by{};  ///< of the wall clock alone: spans are measured without it

    /// A new database with the built-in rules.
    world() {
        must(commands::create_database{"0123456789abcdef0123456789abcdef"}, daemon());
        must(commands::load_policy{built_in_canon()}, daemon());
        must(commands::load_playbook{built_in_playbook()}, daemon());
    }

    [[nodiscard]] context as(const std::string& name, bool owner = false) const {
        return {actor{.name = name, .via = actor_via::unix_socket, .uid = 1000, .gid = 1000},
                owner,
                now + set_by,
                {},
                span_of(now)};
    }
    [[nodiscard]] context daemon() const {
        return {actor{.name = "valhallad", .via = actor_via::daemon, .uid = std::nullopt, .gid = std::nullopt},
                true,
                now + set_by,
                {},
                span_of(now)};
    }

    outcome run(const command& c, const context& ctx) {
        outcome out = execute(s, c, ctx);
        trail.insert(trail.end(), out.records.begin(), out.records.end());
        now += std::chrono::milliseconds{1};
        return out;
    }
    outcome run(const command& c) { return run(c, as("anna")); }

    /// The answer of a command that is carried out.
    template <class Answer>
    Answer answer_of(const command& c, const context& ctx) {
        outcome out = run(c, ctx);
        BOOST_REQUIRE_MESSAGE(!out.refused(), refusal_text(out));
        return std::get<Answer>(std::get<answer>(out.result));
    }
    template <class Answer>
    Answer answer_of(const command& c) {
        return answer_of<Answer>(c, as("anna"));
    }
    void must(const command& c, const context& ctx) {
        const outcome out = run(c, ctx);
        BOOST_REQUIRE_MESSAGE(!out.refused(), refusal_text(out));
    }
    void must(const command& c) { must(c, as("anna")); }

    /// The refusal of a command that must leave everything as it was.
    refusal refused(const command& c, const context& ctx) {
        const state before = s;
        outcome out = run(c, ctx);
        BOOST_REQUIRE(out.refused());
        BOOST_TEST(out.records.empty());
        BOOST_TEST(same_records(before, s));
        BOOST_TEST(before.health == s.health);
        return std::get<refusal>(std::move(out.result));
    }
    refusal refused(const command& c) { return refused(c, as("anna")); }

    void set_band(band b) { must(commands::set_cone{b, "review", "{}"}, as("olga", true)); }
    void measure(const self_checks& figures) { must(commands::tick{figures}, daemon()); }
    void wait(std::chrono::microseconds time) { now += time; }

    /// The newest record's event, which must be an `Event`.
    template <class Event>
    [[nodiscard]] const Event& newest(std::size_t before_last = 0) const {
        return std::get<Event>(trail.at(trail.size() - 1 - before_last).what);
    }
};

/// Whether any of the sentences has `part` in it.
[[nodiscard]] inline bool says(const std::vector<std::string>& reasons, std::string_view part) {
    for (const std::string& reason : reasons) {
        if (reason.find(part) != std::string::npos) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace valhalla::governor::testing

namespace valhalla {

// For BOOST_TEST.
inline std::ostream& operator<<(std::ostream& out, health_level level) {
    return out << to_text(level);
}
inline std::ostream& operator<<(std::ostream& out, band b) {
    return out << band_letter(b);
}
inline std::ostream& operator<<(std::ostream& out, session_id id) {
    return out << raw(id);
}
inline std::ostream& operator<<(std::ostream& out, audit_seq seq) {
    return out << raw(seq);
}
inline std::ostream& operator<<(std::ostream& out, end_reason reason) {
    return out << to_text(reason);
}

namespace governor {
inline std::ostream& operator<<(std::ostream& out, refusal_kind kind) {
    return out << static_cast<int>(kind);
}
}  // namespace governor

}  // namespace valhalla
