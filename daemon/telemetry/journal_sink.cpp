// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/journal_sink.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include <fmt/format.h>
// Where in our source a line was made is nobody's business but ours; its id says what it is.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <spdlog/details/log_msg.h>
#include <systemd/sd-journal.h>

namespace valhalla {

namespace {

severity severity_of(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug: return severity::debug;
        case spdlog::level::info: return severity::info;
        case spdlog::level::warn: return severity::warning;
        case spdlog::level::err: return severity::error;
        case spdlog::level::critical:
        case spdlog::level::off:
        case spdlog::level::n_levels: return severity::critical;
    }
    return severity::critical;
}

/// `NAME=value`, each in a string of its own: iovec points into them.
std::vector<std::string> fields_of(const log_entry& what) {
    std::vector<std::string> all;
    all.push_back("MESSAGE=" + what.text);
    all.push_back(fmt::format("PRIORITY={}", static_cast<int>(what.how)));
    if (!what.id.hex.empty()) {
        all.push_back(fmt::format("MESSAGE_ID={}", what.id.hex));
    }
    for (const auto& [name, value] : what.fields) {
        all.push_back(fmt::format("{}={}", name, value));
    }
    return all;
}

}  // namespace

spdlog::level::level_enum level_of(severity how) noexcept {
    switch (how) {
        case severity::critical: return spdlog::level::critical;
        case severity::error: return spdlog::level::err;
        case severity::warning: return spdlog::level::warn;
        case severity::info: return spdlog::level::info;
        case severity::debug: return spdlog::level::debug;
    }
    return spdlog::level::critical;
}

void journal_sink::send(const log_entry& what) {
    auto fields = fields_of(what);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (auto& each : fields) {
        parts.push_back({each.data(), each.size()});
    }
    if (send_(parts) < 0) {
        fallback_->log({spdlog::string_view_t{"valhallad"}, level_of(what.how), what.text});
    }
}

void journal_sink::sink_it_(const spdlog::details::log_msg& line) {
    send({.id = {}, .how = severity_of(line.level), .text = {line.payload.data(), line.payload.size()}});
}

bool is_journal_stream(int fd, const char* named) noexcept {
    struct stat is{};
    if (named == nullptr || ::fstat(fd, &is) != 0) {
        return false;
    }
    char* end = nullptr;
    const auto device = std::strtoull(named, &end, 10);
    if (end == named || *end != ':') {
        return false;
    }
    const char* const second = end + 1;
    const auto inode = std::strtoull(second, &end, 10);
    return end != second && *end == '\0' && device == is.st_dev && inode == is.st_ino;
}

journal_sender libsystemd_sender() {
    return
        [](std::span<const iovec> fields) { return sd_journal_sendv(fields.data(), static_cast<int>(fields.size())); };
}

}  // namespace valhalla
