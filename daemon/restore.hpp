// SPDX-License-Identifier: Apache-2.0
//
// From what the database holds to the state that the governor works on, at start.
#pragma once

#include <memory>

#include "daemon/governor/state.hpp"
#include "schema/ledger_store.hpp"

namespace valhalla {

/// `rules` and `steps` as loaded; health is left green until the first tick. Spans go on at `now` as they were stored.
[[nodiscard]] governor::state restore_state(schema::stored_state stored, std::shared_ptr<const governor::canon> rules,
                                            std::shared_ptr<const governor::playbook> steps, span_point now);

}  // namespace valhalla
