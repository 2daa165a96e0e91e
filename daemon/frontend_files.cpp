// SPDX-License-Identifier: Apache-2.0
#include "daemon/frontend_files.hpp"

#include <algorithm>
#include <exception>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/disk_room.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/start_parts.hpp"
#include "schema/errors.hpp"

namespace valhalla {

namespace {

/// Owner and group read what the frontend may; nobody else.
constexpr mode_t frontend_file_mode = 0640;

/// Ends a set in the middle; nothing of it takes its place.
struct set_abandoned : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "the set is not wanted any more"; }
};

bool on_one_disk(const std::filesystem::path& one, const std::filesystem::path& other) {
    struct stat a{};
    struct stat b{};
    return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev;
}

}  // namespace

frontend_files::frontend_files(source from, hooks h, timing t)
    : from_{std::move(from)}, hooks_{std::move(h)}, timing_{t}, retry_{t.retry} {}

frontend_files::~frontend_files() {
    if (thread_.joinable()) {
        std::unique_lock lock{mutex_};
        stopping_ = true;
        abandoned_ = true;
        wake_.notify_all();
        lock.unlock();
        thread_.join();
    }
}

void frontend_files::configure(const frontend_settings& s) {
    const std::lock_guard lock{mutex_};
    if (stopping_ || (s == settings_ && trouble_.empty())) {
        return;
    }
    settings_ = s;
    ++generation_;
    in_files_.reset();
    trouble_.clear();
    next_ = {};
    retry_ = timing_.retry;
    if (!thread_.joinable() && s.on_change) {
        thread_ = std::thread{[this] { run(); }};
    }
    wake_.notify_one();
}

void frontend_files::grew(std::uint64_t size) {
    const std::lock_guard lock{mutex_};
    size_ = std::max(size_, size);
    if (settings_.on_change && std::exchange(idle_, false)) {
        wake_.notify_one();
    }
}

std::optional<std::string> frontend_files::problem() const {
    const std::lock_guard lock{mutex_};
    if (!settings_.on_change) {
        return std::nullopt;
    }
    if (!trouble_.empty()) {
        return trouble_;
    }
    if (began_ && clock::now() - *began_ >= timing_.slow) {
        return fmt::format("{}: one set has taken more than {} s so far", settings_.directory.string(),
                           std::chrono::duration_cast<std::chrono::seconds>(timing_.slow).count());
    }
    return std::nullopt;
}

frontend_files::counts frontend_files::counted() {
    const std::lock_guard lock{mutex_};
    return counted_;
}

bool frontend_files::stop(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (!thread_.joinable()) {
        return true;
    }
    stopping_ = true;
    wake_.notify_all();
    const auto is_over = [this] { return over_; };
    if (!ended_.wait_for(lock, patience / 2, is_over)) {
        abandoned_ = true;  // a disk that is only slow lets go of it with the next piece
        if (!ended_.wait_for(lock, patience / 2, is_over)) {
            thread_.detach();
            return false;
        }
    }
    lock.unlock();
    thread_.join();
    return true;
}

void frontend_files::run() {
    std::unique_lock lock{mutex_};
    while (wait_for_work(lock)) {
        write_set(lock);
        tell(lock);
    }
    over_ = true;
    ended_.notify_all();
}

bool frontend_files::wait_for_work(std::unique_lock<std::mutex>& lock) {
    while (!stopping_) {
        if (!behind()) {
            if (!settings_.on_change) {
                files_.reset();  // its directory may be unmounted now
            }
            idle_ = true;
            wake_.wait(lock);
            idle_ = false;
            continue;
        }
        const auto generation = generation_;
        if (trouble_.empty() && in_files_) {
            next_ = std::max(next_, clock::now() + settings_.settle);
        }
        wake_.wait_until(lock, next_, [&] { return stopping_ || generation != generation_; });
        if (generation == generation_) {
            break;
        }
    }
    return !stopping_ || (trouble_.empty() && behind() && !abandoned_);
}

void frontend_files::write_set(std::unique_lock<std::mutex>& lock) {
    const auto began = clock::now();
    const auto settings = settings_;
    const auto generation = generation_;
    began_ = began;
    lock.unlock();
    std::string trouble;
    std::uint64_t records = 0;
    bool abandoned = false;
    try {
        records = write_files(settings, generation);
    } catch (const set_abandoned&) {
        abandoned = true;
    } catch (const start_failure& fault) {
        trouble = fault.message;
    } catch (const std::exception& fault) {
        trouble = fault.what();
    }
    if (!trouble.empty()) {
        reader_.reset();
        files_.reset();
    }
    lock.lock();
    began_.reset();
    if (abandoned || generation != generation_) {
        return;
    }
    if (trouble.empty()) {
        in_files_ = records;
        counted_.records = records;
    }
    settle_with(clock::now() - began, trouble);
}

void frontend_files::settle_with(clock::duration took, const std::string& trouble) {
    trouble_ = trouble;
    if (trouble.empty()) {
        ++counted_.written;
        retry_ = timing_.retry;
        next_ = clock::now() + rest_factor * took;
    } else {
        ++counted_.failed;
        next_ = clock::now() + retry_;
        retry_ = std::min(2 * retry_, last_retry);
    }
}

void frontend_files::tell(std::unique_lock<std::mutex>& lock) {
    if (trouble_ == told_) {
        return;
    }
    told_ = trouble_;
    lock.unlock();
    hooks_.on_trouble(told_);
    lock.lock();
}

std::uint64_t frontend_files::write_files(const frontend_settings& s, std::uint64_t generation) {
    const auto go_on = [this, generation] {
        const std::lock_guard lock{mutex_};
        if (abandoned_ || generation != generation_) {
            throw set_abandoned{};
        }
    };
    if (!files_ || files_generation_ != generation) {
        files_.reset();  // first, as both could want the lock of one directory
        require_reachable(s, from_.database.parent_path());
        // Looked up here, as a directory service may take its time.
        const auto group = group_id(s.group, "export.group");
        files_ = std::make_unique<schema::live_export>(
            schema::live_export::place{.directory = s.directory,
                                       .access = {.mode = frontend_file_mode, .group = group},
                                       .spool = from_.database.parent_path()});
        files_generation_ = generation;
    }
    require_room(s);
    if (!reader_) {
        reader_ = std::make_unique<schema::reader>(from_.database);
    }
    return files_->write(*reader_, from_.sign, go_on).tree_size;
}

/// The frontend's files must not take the room that the changes need.
void frontend_files::require_room(const frontend_settings& s) const {
    if (!on_one_disk(s.directory, from_.database)) {
        return;
    }
    const auto whole = size_or_zero(from_.database) + size_or_zero(from_.database.string() + "-wal");
    const auto there = std::max(files_->trail_bytes(), size_or_zero(s.directory / "audit.log"));
    if (const auto error = lack_of_room("the frontend's files", s.directory, whole > there ? whole - there : 0,
                                        "or name a directory on another disk")) {
        throw schema::storage_error{schema::storage_fault::full, error->message};
    }
}

}  // namespace valhalla
