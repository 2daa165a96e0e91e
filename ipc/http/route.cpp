// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/route.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "ipc/http/shapes.hpp"
#include "ipc/http/target.hpp"

namespace valhalla::http {

namespace {

using enum where;
using enum value_type;

constexpr std::array notes_body{route_param{"notes", body}};
constexpr std::array completed_body{route_param{"step_id", body, text, true}, route_param{"done", body, boolean},
                                    route_param{"notes", body}, route_param{"override", body}};
constexpr std::array cone_params{route_param{"band", query_or_body, text, true},
                                 route_param{"reason", query_or_body, text, true},
                                 route_param{"metrics", body, object}};
constexpr std::array decide_query{route_param{"engine", query, text, true}, route_param{"action", query, text, true}};
constexpr std::array decide_body{route_param{"engine", query_or_body, text, true},
                                 route_param{"action", query_or_body, text, true}};
constexpr std::array threshold_body{route_param{"max_failed_jobs_red", body, integer},
                                    route_param{"max_failed_jobs_yellow", body, integer},
                                    route_param{"deny_rate_yellow", body, number},
                                    route_param{"deny_rate_red", body, number},
                                    route_param{"min_decisions_for_drift", body, integer},
                                    route_param{"unhandled_exceptions_red", body, integer},
                                    route_param{"band_a_status", body},
                                    route_param{"band_b_status", body},
                                    route_param{"band_c_status", body},
                                    route_param{"band_d_status", body},
                                    route_param{"disk_free_yellow_mib", body, integer},
                                    route_param{"disk_free_red_mib", body, integer},
                                    route_param{"wal_yellow_mib", body, integer},
                                    route_param{"ledger_queue_yellow", body, integer},
                                    route_param{"session_age_yellow_hours", body, integer},
                                    route_param{"anchor_age_yellow_s", body, integer}};

constexpr std::array sessions_query{route_param{"operator"},
                                    route_param{"since"},
                                    route_param{"until"},
                                    route_param{"active", query, boolean},
                                    route_param{"limit", query, integer},
                                    route_param{"cursor"}};
constexpr std::array id_path{route_param{"id", path, integer, true}};
constexpr std::array note_body{route_param{"text", body, text, true}};
constexpr std::array page_query{route_param{"limit", query, integer}, route_param{"cursor"}};
constexpr std::array explain_query{route_param{"engine", query, text, true}, route_param{"action", query, text, true},
                                   route_param{"band"}, route_param{"health"}};
constexpr std::array report_body{route_param{"source", body, text, true}, route_param{"level", body, text, true},
                                 route_param{"message", body}, route_param{"ttl_s", body, integer}};
constexpr std::array source_body{route_param{"source", body, text, true}};
constexpr std::array lock_body{route_param{"operator", body, text, true}, route_param{"reason", body, text, true},
                               route_param{"ttl_s", body, integer}};
constexpr std::array unlock_body{route_param{"operator", body, text, true}, route_param{"reason", body}};
constexpr std::array key_body{route_param{"name", body, text, true}, route_param{"role", body, text, true},
                              route_param{"ttl_s", body, integer}};
constexpr std::array revoke_body{route_param{"id", body, text, true}, route_param{"reason", body}};
constexpr std::array records_query{route_param{"event"},
                                   route_param{"session", query, integer},
                                   route_param{"actor"},
                                   route_param{"since"},
                                   route_param{"until"},
                                   route_param{"after", query, integer},
                                   route_param{"before", query, integer},
                                   route_param{"limit", query, integer}};
constexpr std::array record_body{route_param{"event", body, text, true}, route_param{"payload", body, object, true}};
constexpr std::array inclusion_query{route_param{"seq", query, integer, true}, route_param{"size", query, integer}};
constexpr std::array consistency_query{route_param{"old_size", query, integer, true},
                                       route_param{"size", query, integer}};
constexpr std::array stream_query{route_param{"after", query, integer}};
constexpr std::array document_path{route_param{"document", path, text, true}};

/// Rows of the program before come first.
constexpr std::array rows{
    route{.path = "/core/go/session",
          .rpc = "session.status",
          .params = {},
          .shape = shape_session,
          .summary = "The caller's session: the active one, otherwise the latest, otherwise one of nulls.",
          .lenient = true},
    route{.method = verb::post,
          .path = "/core/go/start_session",
          .rpc = "session.start",
          .via = lane::change,
          .params = notes_body,
          .shape = shape_session,
          .summary = "Starts a session. One that is running ends as superseded.",
          .fixed = "\"if_active\":\"supersede\"",
          .lenient = true},
    route{.method = verb::post,
          .path = "/core/go/end_session",
          .rpc = "session.end",
          .via = lane::change,
          .params = notes_body,
          .shape = shape_session,
          .summary = "Ends the caller's session. Without one nothing is changed, and the latest is answered.",
          .how = special::end_session,
          .lenient = true},
    route{.path = "/core/go/checklist",
          .rpc = "go.checklist",
          .params = {},
          .shape = shape_checklist,
          .summary = "Every step of the playbook.",
          .lenient = true},
    route{.path = "/core/go/next_step",
          .rpc = "go.next_step",
          .params = {},
          .shape = shape_next_step,
          .summary = "The first step that is neither done nor blocked.",
          .lenient = true},
    route{.method = verb::post,
          .path = "/core/go/complete",
          .rpc = "go.complete",
          .via = lane::change,
          .params = completed_body,
          .shape = shape_completed,
          .summary = "Marks a step done, or open again. A blocked step is refused.",
          .lenient = true},
    route{.path = "/core/go/summary",
          .rpc = "go.summary",
          .params = {},
          .shape = shape_summary,
          .summary = "Session, next step, checklist, health and cone, of one state.",
          .lenient = true},
    route{.path = "/core/cone/state",
          .rpc = "cone.state",
          .params = {},
          .shape = shape_as_is,
          .summary = "The cone in force.",
          .lenient = true},
    route{.method = verb::post,
          .path = "/core/cone/state",
          .rpc = "cone.set",
          .via = lane::change,
          .params = cone_params,
          .shape = shape_as_is,
          .summary = "Sets the cone.",
          .lenient = true},
    route{.path = "/core/cone/decide",
          .rpc = "cone.decide",
          .via = lane::change,
          .params = decide_query,
          .shape = shape_decision,
          .summary =
              "Whether the engine may do the action in the band in force. Leaves a record, although it is a GET: "
              "POST is the better way.",
          .lenient = true,
          .records = true},
    route{.method = verb::post,
          .path = "/core/cone/decide",
          .rpc = "cone.decide",
          .via = lane::change,
          .params = decide_body,
          .shape = shape_decision,
          .summary = "Whether the engine may do the action in the band in force. Leaves a record."},
    route{.path = "/core/status/ryg",
          .rpc = "health.status",
          .params = {},
          .shape = shape_ryg,
          .summary = "The health status, its reasons, and the figures behind it.",
          .lenient = true},
    route{.path = "/core/config/thresholds",
          .rpc = "thresholds.get",
          .params = {},
          .shape = shape_thresholds,
          .summary = "The thresholds that the program before had.",
          .lenient = true},
    route{.method = verb::post,
          .path = "/core/config/thresholds",
          .rpc = "thresholds.set",
          .via = lane::change,
          .params = threshold_body,
          .shape = shape_thresholds,
          .summary = "Changes the thresholds that are given; the others stay.",
          .lenient = true},

    route{.path = "/core/go/sessions",
          .rpc = "session.list",
          .via = lane::query,
          .params = sessions_query,
          .shape = shape_as_is,
          .summary = "Sessions, newest first, in pages."},
    route{.path = "/core/go/sessions/{id}",
          .rpc = "session.get",
          .via = lane::query,
          .params = id_path,
          .shape = shape_as_is,
          .summary = "One session and what happened in it."},
    route{.method = verb::post,
          .path = "/core/go/note",
          .rpc = "session.note",
          .via = lane::change,
          .params = note_body,
          .shape = shape_as_is,
          .summary = "Adds a remark to the caller's active session."},
    route{.path = "/core/cone/history",
          .rpc = "cone.history",
          .via = lane::query,
          .params = page_query,
          .shape = shape_as_is,
          .summary = "Every cone that was set, newest first, in pages."},
    route{.path = "/core/cone/explain",
          .rpc = "cone.explain",
          .params = explain_query,
          .shape = shape_as_is,
          .summary = "What a decision would be, perhaps in another band. Leaves no record."},
    route{.path = "/core/canon",
          .rpc = "canon.get",
          .params = {},
          .shape = shape_as_is,
          .summary = "The policy in force."},
    route{.path = "/core/health",
          .rpc = "health.status",
          .params = {},
          .shape = shape_as_is,
          .summary = "The health with all of its signals."},
    route{.method = verb::post,
          .path = "/core/health/report",
          .rpc = "health.report",
          .via = lane::change,
          .params = report_body,
          .shape = shape_as_is,
          .summary = "Reports the health of one source."},
    route{.method = verb::post,
          .path = "/core/health/clear",
          .rpc = "health.clear",
          .via = lane::change,
          .params = source_body,
          .shape = shape_as_is,
          .summary = "Forgets what a source reported."},
    route{.path = "/core/operators/locks",
          .rpc = "operator.locks",
          .params = {},
          .shape = shape_as_is,
          .summary = "The operators who are locked."},
    route{.method = verb::post,
          .path = "/core/operators/lock",
          .rpc = "operator.lock",
          .via = lane::change,
          .params = lock_body,
          .shape = shape_as_is,
          .summary = "Locks an operator."},
    route{.method = verb::post,
          .path = "/core/operators/unlock",
          .rpc = "operator.unlock",
          .via = lane::change,
          .params = unlock_body,
          .shape = shape_as_is,
          .summary = "Lifts a lock."},
    route{.path = "/core/keys",
          .rpc = "key.list",
          .params = {},
          .shape = shape_as_is,
          .summary = "The keys that are not revoked, without their secrets."},
    route{.method = verb::post,
          .path = "/core/keys",
          .rpc = "key.create",
          .via = lane::change,
          .params = key_body,
          .shape = shape_secret,
          .summary = "Makes a key. Its text is in this answer and nowhere else."},
    route{.method = verb::post,
          .path = "/core/keys/revoke",
          .rpc = "key.revoke",
          .via = lane::change,
          .params = revoke_body,
          .shape = shape_as_is,
          .summary = "Ends a key."},
    route{.path = "/core/audit/records",
          .rpc = "audit.list",
          .via = lane::query,
          .params = records_query,
          .shape = shape_as_is,
          .summary = "Records of the trail in pages, newest first, or oldest first when `after` is given."},
    route{.method = verb::post,
          .path = "/core/audit/records",
          .rpc = "audit.append",
          .via = lane::change,
          .params = record_body,
          .shape = shape_as_is,
          .summary = "Records an event of another program."},
    route{.path = "/core/audit/checkpoint",
          .rpc = "audit.checkpoint",
          .via = lane::query,
          .params = {},
          .shape = shape_as_is,
          .summary = "The newest signed checkpoint."},
    route{.path = "/core/audit/key",
          .rpc = "audit.key",
          .params = {},
          .shape = shape_as_is,
          .summary = "The public key of the checkpoints."},
    route{.path = "/core/audit/inclusion",
          .rpc = "audit.inclusion",
          .via = lane::query,
          .params = inclusion_query,
          .shape = shape_as_is,
          .summary = "The proof that a record is in the tree."},
    route{.path = "/core/audit/consistency",
          .rpc = "audit.consistency",
          .via = lane::query,
          .params = consistency_query,
          .shape = shape_as_is,
          .summary = "The proof that a tree only grew."},
    route{.path = "/core/export/{document}",
          .rpc = "export.get",
          .via = lane::query,
          .params = document_path,
          .shape = shape_document,
          .summary = "One document of the export, as of now."},
    route{.path = "/core/info",
          .rpc = "daemon.info",
          .params = {},
          .shape = shape_as_is,
          .summary = "Version and state of the daemon, and who the caller is to it."},
    route{.path = "/metrics",
          .rpc = "daemon.metrics",
          .via = lane::query,
          .params = {},
          .shape = shape_metrics,
          .summary = "What the daemon counts and measures, as Prometheus reads it."},

    route{.path = "/tlog/checkpoint",
          .rpc = "audit.checkpoint",
          .via = lane::query,
          .params = {},
          .shape = shape_note,
          .summary = "The newest signed checkpoint, as C2SP tlog-tiles serves it."},
    route{.path = "/tlog/tile/{tile...}",
          .rpc = "audit.tile",
          .via = lane::query,
          .params = {},
          .shape = shape_tile,
          .summary = "A tile of the trail's tree, or a bundle of its entries, as C2SP tlog-tiles serves them.",
          .how = special::tile},
    route{.method = verb::post,
          .path = "/tlog/add-checkpoint",
          .rpc = "audit.witness",
          .via = lane::change,
          .params = {},
          .shape = shape_signatures,
          .summary = "Cosigns the checkpoint of another log, as C2SP tlog-witness asks for it.",
          .how = special::add_checkpoint},
    route{.path = "/core/audit/stream",
          .rpc = "audit.follow",
          .via = lane::query,
          .params = stream_query,
          .shape = shape_as_is,
          .summary = "Each record of the trail as a server-sent event, whose id is its seq.",
          .how = special::stream},
    route{.path = "/openapi.json",
          .rpc = "rpc.discover",
          .params = {},
          .shape = shape_openapi,
          .summary = "This description."},

    route{.path = "/healthz",
          .rpc = "",
          .params = {},
          .summary = "Whether the daemon can be reached.",
          .how = special::health_check,
          .open = true},
    route{.method = verb::post,
          .path = "/rpc",
          .rpc = "",
          .via = lane::query,
          .params = {},
          .summary = "A request of JSON-RPC 2.0, or a batch.",
          .how = special::rpc},
};

struct path_index {
    std::unordered_map<std::string_view, std::vector<const route*>> literal;
    std::vector<const route*> patterns;

    path_index() {
        for (const auto& row : rows) {
            if (row.path.ends_with('}')) {
                patterns.push_back(&row);
            } else {
                literal[row.path].push_back(&row);
            }
        }
    }
};

const path_index& index_of_paths() {
    static const path_index index;
    return index;
}

/// What stands for the `{name}` of `pattern` in `path`.
std::optional<std::string_view> matched(std::string_view pattern, std::string_view path) {
    const auto brace = pattern.find('{');
    if (!path.starts_with(pattern.substr(0, brace)) || path.size() == brace) {
        return std::nullopt;
    }
    const auto rest = path.substr(brace);
    const bool deep = pattern.ends_with("...}");
    return deep || rest.find('/') == std::string_view::npos ? std::optional{rest} : std::nullopt;
}

template <class Visit>
void for_each_row(std::string_view path, const Visit& visit) {
    const auto& index = index_of_paths();
    if (const auto found = index.literal.find(path); found != index.literal.end()) {
        for (const auto* const row : found->second) {
            visit(*row, std::string_view{});
        }
        return;
    }
    for (const auto* const row : index.patterns) {
        if (const auto parameter = matched(row->path, path)) {
            visit(*row, *parameter);
        }
    }
}

}  // namespace

std::span<const route> all_routes() noexcept {
    return rows;
}

std::optional<route_match> find_route(verb method, std::string_view path) {
    std::string decoded;
    if (path.find('%') != std::string_view::npos) {
        auto text = percent_decoded(path, false);
        if (!text) {
            return std::nullopt;
        }
        // An encoded slash is not one that separates.
        const auto slashes = [](std::string_view in) { return std::count(in.begin(), in.end(), '/'); };
        if (slashes(*text) != slashes(path)) {
            return route_match{};
        }
        decoded = std::move(*text);
        path = decoded;
    }
    route_match match;
    for_each_row(path, [&](const route& row, std::string_view parameter) {
        match.known_path = true;
        const bool head = method == verb::head && row.method == verb::get && !row.records;
        if (match.row == nullptr && (row.method == method || head)) {
            match.row = &row;
            match.parameter = parameter;
        }
    });
    return match;
}

std::string allowed_methods(std::string_view path) {
    std::string methods;
    for_each_row(path, [&](const route& row, std::string_view) {
        methods += row.method == verb::get ? (row.records ? "GET, " : "GET, HEAD, ") : "POST, ";
    });
    return methods + "OPTIONS";
}

}  // namespace valhalla::http
