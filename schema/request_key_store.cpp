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
                       span_at(row.integer(2))};
}

void request_key_store::put(std::string_view actor, std::string_view key, const kept_answer& what) {
    put_.run(actor, key, what.digest, what.json, micros_count(what.kept_at));
}

bool request_key_store::any_before(span_point t) {
    return any_.use(micros_count(t)).step();
}

std::int64_t request_key_store::forget_before(span_point t, std::int64_t limit) {
    return forget_.run(micros_count(t), limit);
}

bool request_key_store::any_after(span_point now) {
    return any_after_.use(micros_count(now)).step();
}

void request_key_store::none_after(span_point now) {
    none_after_.run(micros_count(now));
}

}  // namespace valhalla::schema
