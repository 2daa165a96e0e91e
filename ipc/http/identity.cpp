// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/identity.hpp"

#include <algorithm>

#include "ipc/http/response.hpp"

namespace valhalla::http {

void zip(prepared_answer& answer) {
    if (answer.zipped_etag.empty()) {
        answer.zipped = gzipped(answer.shaped.body);
        // Another representation has another validator.
        answer.zipped_etag = answer.etag;
        answer.zipped_etag.insert(answer.zipped_etag.size() - 1, "-gz");
    }
}

identity::identity(boost::asio::io_context& io, std::string socket_path, std::string key,
                   std::shared_ptr<daemon_memory> memory)
    : io_{io}, socket_path_{std::move(socket_path)}, key_{std::move(key)}, memory_{std::move(memory)} {}

identity::~identity() {
    close();
}

upstream& identity::via(lane which) {
    auto& lane = lanes_[static_cast<std::size_t>(which)];
    if (!lane) {
        lane = std::make_shared<upstream>(io_, socket_path_, key_, memory_);
    }
    return *lane;
}

std::shared_ptr<upstream> identity::separate_line() const {
    return std::make_shared<upstream>(io_, socket_path_, key_, memory_);
}

prepared_answer* identity::prepare(const route& row, std::string_view result, prepared_answer& other) {
    const bool keep = row.via == lane::read && row.method == verb::get && result.size() <= max_kept_result_bytes;
    auto& kept = keep ? prepared_[&row] : other;
    if (keep && !kept.etag.empty() && kept.result == result) {
        return &kept;
    }
    kept = {};
    kept.result = result;
    if (!row.shape(result, kept.shaped)) {
        return nullptr;
    }
    if (!row.changes() && kept.shaped.cache_control != "no-store") {
        kept.etag = etag_of(kept.shaped.body);
    }
    return &kept;
}

bool identity::on_tick(upstream::clock::time_point now, std::chrono::milliseconds answer_time) {
    for (const auto& lane : lanes_) {
        if (lane) {
            // A daemon that was stopped would be started again by its socket, for somebody who may never come back.
            lane->on_tick(now, answer_time, key_.empty());
        }
    }
    return lanes_[0] && lanes_[0]->connected();
}

void identity::close() {
    for (const auto& lane : lanes_) {
        if (lane) {
            lane->close();
        }
    }
}

bool identity::key_refused() const noexcept {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return lane && lane->key_refused(); });
}

bool identity::idle() const noexcept {
    for (const auto& lane : lanes_) {
        if (lane && !lane->idle()) {
            return false;
        }
    }
    return true;
}

}  // namespace valhalla::http
