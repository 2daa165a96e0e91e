// SPDX-License-Identifier: Apache-2.0
#include "schema/health_store.hpp"

#include <string>

#include "schema/model/json_writer.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {

void health_store::put_signal(const health_signal& signal) {
    put_.run(signal.source, signal.level, signal.message, micros_count(signal.reported_at),
             stored_micros(signal.expires_at), signal.reporter);
}

void health_store::remove_signal(std::string_view source) {
    remove_.run(source);
}

void health_store::record_status(const health_verdict& now, audit_seq seq, unix_micros ts) {
    std::string reasons;
    json_writer json{reasons};
    json.begin_array();
    for (const std::string& reason : now.reasons) {
        json.value(reason);
    }
    json.end_array();
    put_status_.run(now.status, reasons, seq, micros_count(ts));
}

std::vector<health_signal> health_store::signals() {
    std::vector<health_signal> signals;
    auto row = all_.use();
    while (row.step()) {
        signals.push_back({.source = std::string{row.text(0)},
                           .level = stored_level(row.integer(1), "health_signal.level"),
                           .message = std::string{row.text(2)},
                           .reported_at = micros_at(row.integer(3)),
                           .expires_at = stored_time(row.maybe_integer(4)),
                           .reporter = std::string{row.text(5)}});
    }
    return signals;
}

health_level health_store::recorded_status() {
    auto row = status_.use();
    return row.step() ? stored_level(row.integer(0), "health_status.status") : health_level::green;
}

}  // namespace valhalla::schema
