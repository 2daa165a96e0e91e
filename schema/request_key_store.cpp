// SPDX-License-Identifier: Apache-2.0
#include "schema/request_key_store.hpp"

#include "schema/stored_words.hpp"

namespace valhalla::schema {

std::optional<kept_answer> request_key_store::find(std::string_view actor, std::string_view key) {
    auto row = find_.use(actor, key);
    if (!row.step()) {
        return std::nullopt;
    }
    return kept_answer{stored_hash(row.blob(0), "request_key.digest"), std::string{row.text(1)},
                       micros_at(row.integer(2))};
}

void request_key_store::put(std::string_view actor, std::string_view key, const kept_answer& what) {
    put_.run(actor, key, what.digest, what.json, micros_count(what.kept_at));
}

bool request_key_store::any_before(unix_micros t) {
    return any_.use(micros_count(t)).step();
}

std::int64_t request_key_store::forget_before(unix_micros t, std::int64_t limit) {
    return forget_.run(micros_count(t), limit);
}

}  // namespace valhalla::schema
