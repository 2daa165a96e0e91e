// SPDX-License-Identifier: Apache-2.0
//
// How answers of the daemon become those of a route: the members that the program before had, in its order, with the
// bytes that the daemon wrote. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ipc/http/route.hpp"

namespace valhalla::http {

/// The result as it is.
[[nodiscard]] bool shape_as_is(std::string_view result, shaped_answer& into);
/// The OpenAPI document, out of that of rpc.discover.
[[nodiscard]] bool shape_openapi(std::string_view result, shaped_answer& into);
/// The result as it is, and never kept by a cache.
[[nodiscard]] bool shape_secret(std::string_view result, shaped_answer& into);
/// The seven fields of a session.
[[nodiscard]] bool shape_session(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_checklist(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_next_step(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_completed(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_summary(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_decision(std::string_view result, shaped_answer& into);
/// status/ryg: the health with `jobs.total`, `decision_stats.counts` and `warnings`.
[[nodiscard]] bool shape_ryg(std::string_view result, shaped_answer& into);
[[nodiscard]] bool shape_thresholds(std::string_view result, shaped_answer& into);
/// `content` of export.get, as the file that it is.
[[nodiscard]] bool shape_document(std::string_view result, shaped_answer& into);
/// `text` of daemon.metrics.
[[nodiscard]] bool shape_metrics(std::string_view result, shaped_answer& into);
/// `note` of audit.checkpoint.
[[nodiscard]] bool shape_note(std::string_view result, shaped_answer& into);
/// `hashes` of audit.tile, as the bytes that they are.
[[nodiscard]] bool shape_tile(std::string_view result, shaped_answer& into);
/// `signatures` of audit.witness.
[[nodiscard]] bool shape_signatures(std::string_view result, shaped_answer& into);

/// What the program before answered to an end of no session: the latest session, its end, or `now` where there is none,
/// and the notes of the request where it has some. `notes`: a JSON value, or empty. Nothing was changed.
[[nodiscard]] bool shape_nothing_ended(std::string_view session, std::string_view notes, std::string_view now,
                                       shaped_answer& into);

}  // namespace valhalla::http
