// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/daemon_log.hpp"

#include <cstdlib>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <spdlog/common.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "daemon/clock_watch.hpp"
#include "schema/base/printable.hpp"

namespace valhalla {

namespace ids = message_ids;

void daemon_log::set_level(const std::string& least) {
    to_->set_level(spdlog::level::from_str(least));
}

namespace {

/// Most of what is told quotes somebody: a name, a path, a reason. Fields stay as they are, for those who search.
void write_line(spdlog::logger& to, journal_sink* native, const log_entry& what, log_writer::clock::time_point of) {
    auto line = printable(what.text);
    if (native != nullptr) {
        native->send({what.id, what.how, std::move(line), what.fields});
    } else {
        to.log(of, spdlog::source_loc{}, level_of(what.how), line);
    }
}

}  // namespace

void daemon_log::write(const log_entry& what) {
    if (!to_->should_log(level_of(what.how))) {
        return;
    }
    if (background_) {
        background_->put(what);
    } else {
        write_line(*to_, native_.get(), what, log_writer::clock::now());
    }
}

void daemon_log::begin_background() {
    background_ = std::make_unique<log_writer>(
        [to = to_, native = native_](const log_entry& what, log_writer::clock::time_point of) {
            write_line(*to, native.get(), what, of);
        },
        [](std::uint64_t lines) {
            return log_entry{ids::lines_lost, severity::warning,
                             fmt::format("{} {} of the log {} lost, because the receiver was too slow", lines,
                                         lines == 1 ? "line" : "lines", lines == 1 ? "was" : "were")};
        });
}

bool daemon_log::end_background() {
    return !background_ || background_->stop();
}

void daemon_log::listening(std::string_view socket) {
    write({ids::listening, severity::info, fmt::format("valhallad listens on {}", socket)});
}

void daemon_log::started(const std::filesystem::path& state_dir, std::uint64_t records) {
    write({ids::started, severity::info, fmt::format("state in {}, {} audit records", state_dir.string(), records)});
}

void daemon_log::stopping_at_signal(int number) {
    write({ids::stopping, severity::info, fmt::format("signal {}: stopping", number)});
}

void daemon_log::stopping_as_asked() {
    write({ids::stopping, severity::info, "daemon.stop: stopping"});
}

void daemon_log::stopped(std::uint64_t records) {
    write({ids::stopped, severity::info, fmt::format("stopped, {} audit records", records)});
}

void daemon_log::start_failed(std::string_view why) {
    write({ids::start_failed, severity::critical, std::string{why}});
}

void daemon_log::other_socket(std::string_view inherited, std::string_view configured) {
    write({ids::other_socket, severity::warning,
           fmt::format("the socket unit listens on {}, and that holds; the configuration says {}", inherited,
                       configured)});
}

void daemon_log::development() {
    write({ids::development, severity::warning,
           "development: any local user who reaches the socket is an operator; not for production"});
}

void daemon_log::unknown_name(std::string_view sentence) {
    write({ids::unknown_name, severity::warning, std::string{sentence}});
}

void daemon_log::reloaded(std::string_view what, std::string_view how) {
    write({ids::reloaded, severity::info, fmt::format("reload: {} read; {}", what, how)});
}

void daemon_log::reload_refused(std::string_view what, std::string_view why) {
    write({ids::reload_refused, severity::error, fmt::format("reload: the {} in force stays: {}", what, why)});
}

void daemon_log::cut_short(std::string_view what) {
    write({ids::cut_short, severity::warning, fmt::format("stopping: {}", what)});
}

void daemon_log::users_unknown(std::string_view why) {
    write({ids::users_unknown, severity::warning,
           fmt::format("{}; known users keep their roles for a while, all others are asked to try again later", why)});
}

void daemon_log::users_known() {
    write({ids::users_known, severity::info, "the user database answers again"});
}

void daemon_log::server_trouble(std::string_view what) {
    write({ids::server_trouble, severity::warning, std::string{what}});
}

void daemon_log::storage_failed(std::string_view why) {
    write({ids::storage_failed, severity::critical, fmt::format("the database failed, stopping: {}", why)});
}

void daemon_log::storage_lost(std::string_view what, std::string_view rescue) {
    write(
        {ids::storage_lost, severity::critical,
         fmt::format("{}: changes are refused from now on. What was acknowledged until now is in files that only this "
                     "process has open. Do not stop it before they are saved: valhallactl backup, where the state "
                     "directory is in place; else, as root, {}, and then valhalla-verify rescued.db",
                     what, rescue.empty() ? "copy them from /proc/PID/fd" : rescue)});
}

void daemon_log::stopped_without_files(std::uint64_t records) {
    write(
        {ids::storage_lost, severity::critical,
         fmt::format("ended without its files: the {} audit records that it had are in none of the files at its paths, "
                     "unless they were saved before",
                     records)});
}

void daemon_log::storage_full(std::string_view why) {
    write({ids::storage_full, severity::error,
           fmt::format("the disk is full, changes are refused until there is room: {}", why)});
}

void daemon_log::storage_room() {
    write({ids::storage_room, severity::info, "changes can be stored again"});
}

void daemon_log::trail_damaged(std::string_view why) {
    write({ids::trail_damaged, severity::critical,
           fmt::format("the stored trail is damaged: {}; stop the daemon, keep a copy of the state directory, see what "
                       "valhalla-verify says of it, and restore a backup",
                       why)});
}

void daemon_log::pages_not_seen(std::chrono::minutes within) {
    write({ids::pages_not_seen, severity::warning,
           fmt::format("the check of the database's pages was not complete after {} minutes; it found no damage until "
                       "then. valhalla-verify checks all pages, of a backup or while the daemon is stopped",
                       within.count())});
}

void daemon_log::anchor_failed(std::string_view why) {
    write({ids::anchor_failed, severity::error, fmt::format("the newest checkpoint cannot be anchored: {}", why)});
}

void daemon_log::anchor_works() {
    write({ids::anchor_works, severity::info, "the anchor can be written again"});
}

/// From its `\n` the note can be had again.
void daemon_log::checkpoint(std::string_view note, std::uint64_t records) {
    write({ids::checkpoint,
           severity::info,
           fmt::format("checkpoint {}", note),
           {{log_fields::seq, std::to_string(records)}}});
}

void daemon_log::backup_made(const std::filesystem::path& file, const std::string& by, std::uint64_t records,
                             std::uint64_t bytes, double seconds) {
    write({ids::backup_made,
           severity::info,
           fmt::format("backup {} for {}: {} records, {} bytes, verified, {:.1f} s", file.string(), by, records, bytes,
                       seconds),
           {{log_fields::operator_name, by}, {log_fields::seq, std::to_string(records)}}});
}

void daemon_log::backup_failed(const std::string& by, std::string_view why) {
    write({ids::backup_failed,
           severity::error,
           fmt::format("backup for {}: {}", by, why),
           {{log_fields::operator_name, by}}});
}

void daemon_log::metrics_file_failed(std::string_view why) {
    write({ids::metrics_file_failed, severity::warning, fmt::format("metrics: {}", why)});
}

void daemon_log::metrics_file_works(const std::filesystem::path& file) {
    write({ids::metrics_file_works, severity::info, fmt::format("metrics: {} is written again", file.string())});
}

void daemon_log::clock_set(std::chrono::microseconds by, unix_micros now) {
    write(
        {ids::clock_set, severity::warning,
         fmt::format("the clock of the system was set {} by {} and shows {}: times to live, locks and kept answers go "
                     "on as before",
                     by > std::chrono::microseconds::zero() ? "forward" : "back", length_of(by), format_utc(now))});
}

void daemon_log::trail_ahead(unix_micros newest, unix_micros now) {
    write({ids::trail_ahead, severity::warning,
           fmt::format("the trail is ahead of the clock of the system: its newest record is of {}, and it is {}; until "
                       "the clock has caught up, in {}, new records have the time of the newest one",
                       format_utc(newest), format_utc(now), length_of(newest - now))});
}

void daemon_log::clock_caught_up() {
    write({ids::clock_caught_up, severity::info, "the clock of the system has caught up with the trail"});
}

void daemon_log::frontend_failed(std::string_view why) {
    write({ids::frontend_failed, severity::warning, fmt::format("the frontend's files are old: {}", why)});
}

void daemon_log::frontend_works() {
    write({ids::frontend_works, severity::info, "the frontend's files are written again"});
}

std::shared_ptr<daemon_log> open_log(const std::string& least) {
    auto text = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    std::shared_ptr<journal_sink> native;
    if (is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))) {
        text->set_pattern("%l %v");  // the logger's own does not reach it
        native = std::make_shared<journal_sink>(libsystemd_sender(), text);
    }
    auto logger = std::make_shared<spdlog::logger>("valhallad", native ? spdlog::sink_ptr{native} : text);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    auto log = std::make_shared<daemon_log>(std::move(logger), std::move(native));
    log->set_level(least);
    return log;
}

}  // namespace valhalla
