// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/metrics_file.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/telemetry/metrics_text.hpp"
#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla {

namespace {

/// The collector is another user.
constexpr mode_t readable = 0644;

}  // namespace

std::optional<std::string> put_metrics_file(const std::filesystem::path& path, std::string_view text) {
    // The collector takes what ends in .prom.
    const auto draft = path.parent_path() / ("." + path.filename().string() + ".tmp");
    const auto problem = [&path](int error) {
        return fmt::format("{} cannot be written: {}", path.string(), std::generic_category().message(error));
    };
    ::unlink(draft.c_str());
    // O_EXCL: others may write to that directory, and what they put there is not written through.
    const schema::unique_fd fd{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd) {
        return problem(errno);
    }
    try {
        schema::write_all(fd.get(), text, path);
    } catch (const schema::storage_error& fault) {
        ::unlink(draft.c_str());
        return fault.what();
    }
    if (::fchmod(fd.get(), readable) != 0 || std::rename(draft.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(draft.c_str());
        return problem(error);
    }
    return std::nullopt;
}

void metrics_file::begin(metrics_settings s) {
    if (s.textfile != settings_.textfile) {
        in_trouble_ = false;
    }
    settings_ = std::move(s);
    timer_.cancel();
    write();
}

void metrics_file::stop() {
    stopped_ = true;
    timer_.cancel();
}

void metrics_file::write() {
    if (!settings_.textfile || writing_ || stopped_) {
        return;
    }
    const auto now = std::make_shared<const figures>(take_());
    writing_ = queries_.try_submit([this, now, file = *settings_.textfile](schema::reader&) -> std::function<void()> {
        std::optional<std::string> problem;
        try {
            problem = put_metrics_file(file, metrics_text(*now, ask_system(*now)));
        } catch (const std::exception& e) {
            problem = fmt::format("{} cannot be written: {}", file.string(), e.what());
        }
        return [this, file, problem] { written(file, problem); };
    });
    if (!writing_) {
        wait();  // too much is asked for already
    }
}

void metrics_file::wait() {
    if (!settings_.textfile || stopped_) {
        return;
    }
    timer_.expires_after(settings_.interval);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) {
            write();
        }
    });
}

void metrics_file::written(const std::filesystem::path& file, const std::optional<std::string>& problem) {
    writing_ = false;
    if (file != settings_.textfile) {
        write();  // another one is wanted since
        return;
    }
    if (problem && !std::exchange(in_trouble_, true)) {
        log_.metrics_file_failed(*problem);
    } else if (!problem && std::exchange(in_trouble_, false)) {
        log_.metrics_file_works(file);
    }
    wait();
}

}  // namespace valhalla
