// SPDX-License-Identifier: Apache-2.0
//
// How far the operators are in the playbook. Keyed by step id alone, so a changed playbook loses nothing.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "schema/model/ids.hpp"
#include "schema/model/json_writer.hpp"
#include "schema/model/time.hpp"

namespace valhalla {

struct step_progress {
    bool done = false;
    std::optional<std::string> notes;
    std::string operator_name;              ///< who set it last
    std::optional<session_id> session;      ///< in which session, when there was one
    std::optional<unix_micros> updated_at;  ///< absent when imported from files that do not tell

    friend bool operator==(const step_progress&, const step_progress&) = default;
};

using progress_map = std::map<std::string, step_progress, std::less<>>;

/// `{"progress":{step:{done,notes}}}` is the export's shape; this writes the inner object `{step:{done,notes},…}`.
void write_progress(json_writer& json, const progress_map& progress);

}  // namespace valhalla
