// SPDX-License-Identifier: Apache-2.0
//
// The documents of an import, one function each: text in, values out, `import_failure` for whatever is wrong. Private
// to the import.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/cone.hpp"
#include "schema/model/progress.hpp"
#include "schema/model/session.hpp"
#include "schema/model/thresholds.hpp"

namespace valhalla::schema {

/// A value and where it stood, for what can only be refused later.
template <class T>
struct located {
    T value;
    std::string_view file;
    std::int64_t line = 0;
    std::string key;
};

inline constexpr std::string_view go_session_file = "go_session.json";
inline constexpr std::string_view go_progress_file = "go_progress.json";
inline constexpr std::string_view cone_state_file = "cone_state.json";
inline constexpr std::string_view thresholds_file = "thresholds.json";
inline constexpr std::string_view sessions_file = "sessions.json";
inline constexpr std::string_view audit_log_file = "audit.log";
inline constexpr std::string_view manifest_file = "manifest.json";

using located_step = located<progress_map::value_type>;

/// The session of `go_session.json` as number 1 of `importer`; nothing when none was ever started or ended.
[[nodiscard]] std::optional<located<session>> read_go_session(std::string_view text, const std::string& importer);
/// In order of id; at most one active per operator.
[[nodiscard]] std::vector<located<session>> read_sessions(std::string_view text, const std::string& importer);
[[nodiscard]] std::vector<located_step> read_go_progress(std::string_view text, const std::string& importer);
[[nodiscard]] located<cone> read_cone_state(std::string_view text);
[[nodiscard]] thresholds read_thresholds(std::string_view text);

}  // namespace valhalla::schema
