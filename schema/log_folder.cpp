// SPDX-License-Identifier: Apache-2.0
#include "schema/log_folder.hpp"

#include <system_error>
#include <utility>

#include <sqlite3.h>

#include "schema/connection.hpp"

namespace valhalla::schema {

log_folder::log_folder(std::filesystem::path database) : database_{std::move(database)} {}

log_folder::~log_folder() {
    {
        const std::lock_guard lock{mutex_};
        dropped_ = true;
        if (interruptible_ != nullptr) {
            interruptible_->interrupt();
        }
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void log_folder::begin() {
    constexpr std::chrono::seconds between{1};
    const auto now = std::chrono::steady_clock::now();
    if (thread_.joinable() || now < next_) {
        return;
    }
    next_ = now + between;
    under_way_ = true;
    try {
        thread_ = std::thread{[this] { run(); }};
    } catch (const std::system_error&) {
        under_way_ = false;  // no thread can be started now: the next call tries again
    }
}

bool log_folder::ended() {
    if (under_way_ || !thread_.joinable()) {
        return false;
    }
    thread_.join();
    if (const auto fault = std::exchange(fault_, nullptr)) {
        std::rethrow_exception(fault);
    }
    return true;
}

void log_folder::run() noexcept {
    try {
        const connection db = connection::open_second_writer(database_);
        bool dropped = false;
        {
            const std::lock_guard lock{mutex_};
            dropped = dropped_;
            interruptible_ = &db;
        }
        const int rc =
            dropped ? SQLITE_OK
                    : sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        {
            const std::lock_guard lock{mutex_};
            interruptible_ = nullptr;
            dropped = dropped_;
        }
        if (!dropped) {
            db.check(rc, "folding the log");
        }
    } catch (...) {
        fault_ = std::current_exception();
        const std::lock_guard lock{mutex_};
        interruptible_ = nullptr;
    }
    under_way_ = false;
}

}  // namespace valhalla::schema
