// SPDX-License-Identifier: Apache-2.0
//
// Somebody who asks through the gateway: their connections to the daemon, and the answers that were made for them last.
// I/O thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/io_context.hpp>

#include "ipc/http/route.hpp"
#include "ipc/http/upstream.hpp"

namespace valhalla::http {

/// What most answers of hot reads are below: longer ones are not kept.
inline constexpr std::size_t max_kept_result_bytes = std::size_t{32} << 10U;

/// An answer that is ready to be sent, for as long as the daemon's stays the same.
struct prepared_answer {
    std::string result;  ///< what it was made from
    shaped_answer shaped;
    std::string etag;
    std::string zipped;       ///< empty: not made, or not worth it
    std::string zipped_etag;  ///< empty: not made yet
};

/// Makes its `zipped`, unless that was done.
void zip(prepared_answer& answer);

class identity {
  public:
    /// `key`: empty for the user who runs the gateway.
    identity(boost::asio::io_context& io, std::string socket_path, std::string key,
             std::shared_ptr<daemon_memory> memory);
    ~identity();
    identity(const identity&) = delete;
    identity& operator=(const identity&) = delete;

    /// Made when it is first asked for.
    [[nodiscard]] upstream& via(lane which);
    /// A further connection for one use, which its owner looks after.
    [[nodiscard]] std::shared_ptr<upstream> separate_line() const;
    /// The answer of `row` for `result`, kept here where the next one may well be the same, otherwise in `other`; null
    /// when the result is not what it should be. Valid until the next call.
    [[nodiscard]] prepared_answer* prepare(const route& row, std::string_view result, prepared_answer& other);

    /// True while the connection for reads is there.
    bool on_tick(upstream::clock::time_point now, std::chrono::milliseconds answer_time);
    void close();
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] bool key_refused() const noexcept;

    upstream::clock::time_point last_used = upstream::clock::now();

  private:
    boost::asio::io_context& io_;
    std::string socket_path_;
    std::string key_;
    std::shared_ptr<daemon_memory> memory_;
    std::array<std::shared_ptr<upstream>, lane_count> lanes_;
    std::unordered_map<const route*, prepared_answer> prepared_;
};

}  // namespace valhalla::http
