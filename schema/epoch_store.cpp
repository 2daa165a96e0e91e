// SPDX-License-Identifier: Apache-2.0
#include "schema/epoch_store.hpp"

namespace valhalla::schema {

void epoch_store::append(const events::epoch_started& e, audit_seq seq, unix_micros ts) {
    append_.run(seq, e.origin, e.key, micros_count(ts), e.reason, e.refused_anchor);
}

std::optional<epoch> epoch_store::current() {
    auto row = current_.use();
    if (!row.step()) {
        return std::nullopt;
    }
    return epoch{audit_seq{row.integer(0)}, std::string{row.text(1)}, std::string{row.text(2)}};
}

}  // namespace valhalla::schema
