// SPDX-License-Identifier: Apache-2.0
//
// A follow of the trail that outlives the daemon: when the connection is lost or the daemon ends the follow, it
// connects again and goes on behind the last record that it gave out. No record is missed and none comes twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ipc/ctl/context.hpp"
#include "ipc/ctl/record_pages.hpp"

namespace valhalla::ctl {

/// A record that stands on its own.
struct followed_record {
    answer record;
    std::int64_t seq = 0;
    [[nodiscard]] record_view view() const { return {record.text, seq, &record.value}; }
};

class follow_link {
  public:
    /// Begins: without `after` in the filter with the next record that comes. Throws what the first call throws; only
    /// a daemon that answered once is waited for. `stop`: a descriptor that ends every wait when it can be read.
    follow_link(context& io, record_filter filter, int stop);

    /// Nothing comes any more: `stop` said so.
    [[nodiscard]] bool stopped() const noexcept { return connection_ == nullptr; }
    /// The next record, however long it takes; nothing when `stop` said so.
    [[nodiscard]] std::optional<followed_record> next();

  private:
    enum class outcome : std::uint8_t { record = 0, ended = 1, ignored = 2 };

    void begin();
    [[nodiscard]] bool begin_again();
    [[nodiscard]] bool must_stop(std::chrono::milliseconds within) const;
    outcome take(std::string_view line);
    void take_record(std::string_view params_json);

    context& io_;
    record_filter filter_;
    int stop_;
    std::unique_ptr<ipc::client> connection_;
    std::int64_t follow_ = 0;
    std::int64_t after_ = 0;
    std::chrono::milliseconds pause_;
    std::optional<followed_record> found_;
};

}  // namespace valhalla::ctl
