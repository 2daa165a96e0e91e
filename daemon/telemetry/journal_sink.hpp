// SPDX-License-Identifier: Apache-2.0
//
// Where the log goes when standard error is the journal: entries with their fields, by sd_journal_sendv(3), and plain
// lines of whoever only has the logger. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <sys/uio.h>

#include <spdlog/sinks/base_sink.h>

#include "daemon/telemetry/log_entry.hpp"

namespace valhalla {

/// Sends one entry, its fields as `NAME=value`; below zero: an errno, negated.
using journal_sender = std::function<int(std::span<const iovec> fields)>;

[[nodiscard]] spdlog::level::level_enum level_of(severity how) noexcept;

class journal_sink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    /// `fallback` gets what the journal does not take.
    journal_sink(journal_sender send, std::shared_ptr<spdlog::sinks::sink> fallback)
        : send_{std::move(send)}, fallback_{std::move(fallback)} {}

    void send(const log_entry& what);

  protected:
    void sink_it_(const spdlog::details::log_msg& line) override;
    void flush_() override { fallback_->flush(); }

  private:
    journal_sender send_;
    std::shared_ptr<spdlog::sinks::sink> fallback_;
};

/// Whether descriptor `fd` is the stream to the journal that systemd named in JOURNAL_STREAM (systemd.exec(5)): a
/// process whose standard error was redirected since has the variable as well. `named` may be null.
[[nodiscard]] bool is_journal_stream(int fd, const char* named) noexcept;

/// By libsystemd.
[[nodiscard]] journal_sender libsystemd_sender();

}  // namespace valhalla
