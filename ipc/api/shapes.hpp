// SPDX-License-Identifier: Apache-2.0
//
// Shapes that occur in more than one answer, or inside of one. What a single method answers stands with the method.
#pragma once

#include <array>
#include <limits>
#include <string_view>

#include "ipc/api/words.hpp"
#include "ipc/result.hpp"
#include "ipc/role.hpp"

namespace valhalla::ipc::api::shapes {

// --- the cone and the health

inline constexpr std::array cone_members{
    word("band", band_words, "The band in force: A expansion, B caution, C stabilize, D survival."),
    text("reason", "Why it was set."),
    time("updated_at_utc", "When it was set."),
    object("metrics", "The figures that it was decided on."),
};
inline constexpr shape cone{"cone", "The band in force, and why.", cone_members};

inline constexpr auto past_cone_members = joined(cone_members, std::array{
                                                                   integer("seq", id_rules, "Number of its record."),
                                                                   text("set_by", "Who set it."),
                                                               });
inline constexpr shape past_cone{"past_cone", "A cone that was set, and by whom.", past_cone_members};

inline constexpr std::array verdict_members{
    word("status", level_words, "The health status."),
    array_of(text("reasons", "A sentence for each thing that is not well.")),
};
inline constexpr shape verdict{"verdict", "A health status and its reasons.", verdict_members};

inline constexpr std::array snapshot_members{
    of("cone", cone, "The cone in force then."),
    of("status", verdict, "The health status then."),
};
inline constexpr shape snapshot{"snapshot", "What was frozen when a session started.", snapshot_members};

// --- sessions

inline constexpr std::array end_reason_words{std::string_view{"ended"}, std::string_view{"superseded"},
                                             std::string_view{"by_owner"}, std::string_view{"imported"}};

inline constexpr std::array session_members{
    flag("active", "Whether it runs."),
    nullable(time("started_at_utc", "When it started; null where an import did not know.")),
    nullable(time("ended_at_utc", "When it ended; null while it runs.")),
    nullable(word("cone_band", band_words, "The band when it started.")),
    nullable(word("status", level_words, "The health status when it started.")),
    nullable(text("notes", "The end notes, else the start notes.")),
    nullable(of("snapshot", snapshot, "What was frozen when it started.")),
    integer("id", id_rules, "Its number."),
    text("operator", "Whose session it is."),
    nullable(text("start_notes", "What it is for.")),
    nullable(text("end_notes", "What came of it.")),
    nullable(word("end_reason", end_reason_words, "How it ended; null while it runs.")),
    integer("first_seq", id_rules, "Number of the audit record that began it."),
};
inline constexpr shape session{"session", "A work session.", session_members};

/// The same where there may be none: then all but `active` is null.
inline constexpr auto session_or_none_members = [] {
    auto members = session_members;
    for (member& one : members) {
        one.nullable = one.kind != value_kind::flag;
    }
    return members;
}();
inline constexpr shape session_or_none{
    "session_or_none", "A work session; all but `active` is null when there is none.", session_or_none_members};

inline constexpr std::array remark_members{
    integer("seq", id_rules, "Number of its audit record."),
    time("ts_utc", "When."),
    text("author", "By whom."),
    text("text", "The remark."),
};
inline constexpr shape remark{"remark", "A remark that was added to a session.", remark_members};

inline constexpr std::array decision_count_members{
    integer("allowed", "How many were allowed."),
    integer("denied", "How many were denied."),
};
inline constexpr shape decision_count{"decision_count", "Decisions of a session.", decision_count_members};

inline constexpr std::array seq_range_members{
    integer("first", id_rules, "Number of the first audit record."),
    integer("last", id_rules, "Number of the last one."),
};
inline constexpr shape seq_range{"seq_range", "Audit records of a session.", seq_range_members};

inline constexpr std::array story_members{
    array_of(of("notes", remark,
                "What was added to it, oldest first: 1,000 of them at most, and 256 KiB; audit.list has all.")),
    array_of(text("steps_done", "Ids of the steps that were done in it.")),
    of("decisions", decision_count, "How its decisions went."),
    of("audit", seq_range, "Where it stands in the trail."),
};
inline constexpr shape story{"story", "What happened in a session.", story_members};

// --- decisions

inline constexpr std::array judgement_members{
    flag("allowed", "Whether the engine may do the action."),
    word("band", band_words, "The band that it was decided in."),
    text("engine", "The engine."),
    text("action", "The action."),
    text("reason", "A sentence that says why."),
    text("rule", "The rule that decided."),
    text("policy", "SHA-256 of the policy, in hex."),
    nullable(word("allowed_in", band_words, "The nearest band in which it would be allowed; null when there is none.")),
};

inline constexpr std::array engine_members{
    text("name", "Its name."),
    text("class", "Its class."),
    flag("allow_optimization", "Shown to operators; what it may do, the matrix alone decides."),
    flag("year1_allowed", "Shown to operators; what it may do, the matrix alone decides."),
    nullable(real("hard_cap_usd", {.minimum = 0, .maximum = std::numeric_limits<double>::max()},
                  "The most that may be in it, in US dollars; null: no cap.")),
};
inline constexpr shape engine{"engine", "An engine of the policy.", engine_members};

inline constexpr std::array band_name_members{
    text("A", "The widest band."),
    text("B", "The second."),
    text("C", "The third."),
    text("D", "The narrowest band."),
};
inline constexpr shape band_names{"band_names", "The bands and what they are called.", band_name_members};

inline constexpr std::array permission_members{
    map_of(array_of(text("A", "Actions allowed in band A, by class of engine."))),
    map_of(array_of(text("B", "Actions allowed in band B, by class of engine."))),
    map_of(array_of(text("C", "Actions allowed in band C, by class of engine."))),
    map_of(array_of(text("D", "Actions allowed in band D, by class of engine."))),
};
inline constexpr shape permissions{"permissions", "What the policy allows.", permission_members};

// --- the playbook

inline constexpr std::array step_members{
    text("id", "Its id."),
    text("title", "What is to be done."),
    text("why", "Why."),
    word("band_min", band_words, "The narrowest band in which it may be done."),
    flag("blocked_if_red", "Whether it is blocked while the health is red."),
    flag("done", "Whether it is done."),
    nullable(text("notes", "The remark that was kept with it.")),
    nullable(text("blocked", "A sentence that says why it may not be done now; null when it may.")),
};
inline constexpr shape step{"step", "A step of the playbook.", step_members};

inline constexpr std::array checklist_members{
    word("cone_band", band_words, "The band in force."),
    word("status", level_words, "The health status."),
    array_of(of("steps", step, "All steps, in order.")),
    array_of(text("blocked_reasons", "A sentence for each thing that blocks steps.")),
};
inline constexpr shape checklist{"checklist", "The playbook as it stands.", checklist_members};

inline constexpr std::array next_step_members{
    word("cone_band", band_words, "The band in force."),
    word("status", level_words, "The health status."),
    nullable(of("next_step", step, "The step; null when there is none.")),
    text("message", "The same as a sentence."),
};
inline constexpr shape next_step{"next_step", "What to do next.", next_step_members};

// --- the trail

inline constexpr std::array via_words{std::string_view{"daemon"}, std::string_view{"unix"}, std::string_view{"http"}};

inline constexpr std::array actor_members{
    text("name", "User name, or `uid:1234` where the system knows none; the name of a key."),
    word("via", via_words, "The way that the request came; `http` of all that comes with a key."),
    sometimes(integer("uid", "The user's uid; of a key there is none.")),
    sometimes(integer("gid", "The user's gid; of a key there is none.")),
};
inline constexpr shape actor{"actor", "Who caused a record.", actor_members};

inline constexpr std::array imported_members{
    nullable(time("ts_utc", "When it happened.")),
    integer("line", id_rules, "The line of the imported `audit.log`."),
    object("original", "The line as it was."),
};
inline constexpr shape imported{"imported", "Where an imported record comes from.", imported_members};

inline constexpr std::array record_members{
    integer("v", {.minimum = 1, .maximum = 1}, "Version of the record's form."),
    integer("seq", id_rules, "Its number in the trail."),
    time("ts_utc", "When it was written; never before the record before it."),
    text("event", "What happened, e.g. `GO_SESSION_START`."),
    of("actor", actor, "Who caused it."),
    sometimes(nullable(integer("session", id_rules, "The session that it belongs to."))),
    sometimes(of("imported", imported, "Where it comes from.")),
    object("payload", "What happened, in detail."),
};
inline constexpr shape record{"record", "A record of the audit trail, byte for byte as it was hashed.", record_members};

inline constexpr std::array role_words{to_text(role::viewer), to_text(role::operator_), to_text(role::owner)};

inline constexpr std::array trail_members{
    integer("size", "Records in the trail."),
    text("root", "Root of its tree, in hex."),
    text("origin", "The trail's name in its checkpoints."),
    integer("follows", "Follows of the trail that are open."),
};
inline constexpr shape trail{"trail", "The state of the audit trail.", trail_members};

inline constexpr std::array order_words{std::string_view{"ascending"}, std::string_view{"descending"}};

// --- results of several methods

inline constexpr std::array follow_members{
    integer("follow", id_rules, "Number of the follow."),
    integer("after", "Records with a greater seq come, or would have come, next."),
};
inline constexpr shape follow{"follow", "A follow of the trail, and where it stands.", follow_members};

inline constexpr std::array import_plan_members{
    array_of(text("files", "The files that were read.")),
    integer("sessions", "Sessions in them."),
    integer("lines", "Lines of the audit log in them."),
};

}  // namespace valhalla::ipc::api::shapes
