// SPDX-License-Identifier: Apache-2.0
//
// Writes the metrics to a file for the node exporter's textfile collector, every so often. The I/O thread only takes
// the figures; text and file are made on the query thread, one at a time. A file appears whole or not at all, and
// whoever may enter its directory may read it. What fails is told once, and tried again.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/query_pool.hpp"
#include "daemon/telemetry/daemon_log.hpp"
#include "daemon/telemetry/figures.hpp"
#include "daemon/telemetry/metrics_settings.hpp"

namespace valhalla {

/// Replaces `path`, mode 0644 whatever the umask. Not synced: after a power failure it may be an old one or empty, and
/// is soon a new one. Nothing, or the sentence that says why not.
[[nodiscard]] std::optional<std::string> put_metrics_file(const std::filesystem::path& path, std::string_view text);

/// I/O thread.
class metrics_file {
  public:
    metrics_file(boost::asio::io_context& io, query_pool& queries, daemon_log& log, std::function<figures()> take)
        : timer_{io}, queries_{queries}, log_{log}, take_{std::move(take)} {}

    /// Writes one now, and goes on as `s` says; what was said before holds no more.
    void begin(metrics_settings s);
    void stop();

  private:
    void write();
    void wait();
    void written(const std::filesystem::path& file, const std::optional<std::string>& problem);

    boost::asio::steady_timer timer_;
    query_pool& queries_;
    daemon_log& log_;
    std::function<figures()> take_;
    metrics_settings settings_;
    bool writing_ = false;
    bool stopped_ = false;
    bool in_trouble_ = false;
};

}  // namespace valhalla
