// SPDX-License-Identifier: Apache-2.0
//
// What the daemon says to its administrator: one function for each kind of line, so that what a line says, how loud,
// and under which id stands in one place. Most lines are about records of the trail (record_line.hpp). A line goes to
// the journal with its fields, or to standard error as plain text. Any thread; while the daemon serves, nobody waits
// for a line to be taken (log_writer.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "daemon/telemetry/journal_sink.hpp"
#include "daemon/telemetry/log_entry.hpp"
#include "daemon/telemetry/log_writer.hpp"
#include "schema/model/time.hpp"

namespace valhalla {

class daemon_log {
  public:
    /// `native` is one of the logger's sinks when it writes to a journal, else null.
    explicit daemon_log(std::shared_ptr<spdlog::logger> to, std::shared_ptr<journal_sink> native = nullptr)
        : to_{std::move(to)}, native_{std::move(native)} {}

    /// `debug`, `info`, `warn` or `error`: what is less is not said.
    void set_level(const std::string& least);
    [[nodiscard]] bool structured() const noexcept { return native_ != nullptr; }
    void write(const log_entry& what);
    /// From now on lines are written in the background; before, each is written when it is said.
    void begin_background();
    /// Waits for lines that are not written yet. False when whatever takes them does not.
    bool end_background();

    // Coming and going
    void listening(std::string_view socket);
    void started(const std::filesystem::path& state_dir, std::uint64_t records);
    void stopping_at_signal(int number);
    void stopping_as_asked();
    void stopped(std::uint64_t records);
    void start_failed(std::string_view why);
    void other_socket(std::string_view inherited, std::string_view configured);
    void development();
    void unknown_name(std::string_view sentence);
    void reloaded(std::string_view what, std::string_view how);
    void reload_refused(std::string_view what, std::string_view why);
    void cut_short(std::string_view what);
    void users_unknown(std::string_view why);
    void users_known();
    void server_trouble(std::string_view what);

    // The disk
    void storage_failed(std::string_view why);
    void storage_lost(std::string_view what, std::string_view rescue);
    void stopped_without_files(std::uint64_t records);
    void storage_full(std::string_view why);
    void storage_room();
    void trail_damaged(std::string_view why);
    void pages_not_seen(std::chrono::minutes within);
    void anchor_failed(std::string_view why);
    void anchor_works();
    void checkpoint(std::string_view note, std::uint64_t records);
    void backup_made(const std::filesystem::path& file, const std::string& by, std::uint64_t records,
                     std::uint64_t bytes, double seconds);
    void backup_failed(const std::string& by, std::string_view why);
    void metrics_file_failed(std::string_view why);
    void metrics_file_works(const std::filesystem::path& file);
    /// By so much, back when it is negative; it shows `now`.
    void clock_set(std::chrono::microseconds by, unix_micros now);
    void trail_ahead(unix_micros newest, unix_micros now);
    void clock_caught_up();
    void frontend_failed(std::string_view why);
    void frontend_works();

  private:
    std::shared_ptr<spdlog::logger> to_;
    std::shared_ptr<journal_sink> native_;
    std::unique_ptr<log_writer> background_;
};

/// To the journal when standard error is one, else to standard error, with the time of day in front for `development`.
[[nodiscard]] std::shared_ptr<daemon_log> open_log(const std::string& least);

}  // namespace valhalla
