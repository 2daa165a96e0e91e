// SPDX-License-Identifier: Apache-2.0
#include "schema/progress_store.hpp"

#include "schema/stored_words.hpp"

namespace valhalla::schema {

void progress_writer::put(std::string_view step, const step_progress& now) {
    put_.run(step, now.done, now.notes, now.operator_name, now.session, stored_micros(now.updated_at));
}

progress_map progress_shelf::load() {
    progress_map progress;
    auto row = all_.use();
    while (row.step()) {
        step_progress now{.done = row.integer(1) != 0,
                          .notes = row.maybe_text(2),
                          .operator_name = std::string{row.text(3)},
                          .session = {},
                          .updated_at = stored_time(row.maybe_integer(5))};
        if (const auto session = row.maybe_integer(4)) {
            now.session = session_id{*session};
        }
        progress.emplace(row.text(0), std::move(now));
    }
    return progress;
}

}  // namespace valhalla::schema
