// SPDX-License-Identifier: Apache-2.0
//
// Folds a long write-ahead log into the database on a thread and a connection of its own, while the ledger writes on. A
// log of usual length the ledger folds itself, faster than a thread begins; what one long transaction left in it would
// make everybody wait.
//
// Used by the ledger thread.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

namespace valhalla::schema {

class connection;

class log_folder {
  public:
    explicit log_folder(std::filesystem::path database);
    /// Interrupts it: what it did not finish is done at another time.
    ~log_folder();
    log_folder(const log_folder&) = delete;
    log_folder& operator=(const log_folder&) = delete;

    /// Nothing when the last one is under way, or was begun a moment ago: somebody reads what it would overwrite.
    void begin();
    [[nodiscard]] bool under_way() const noexcept { return under_way_; }
    /// True once after each that came to its end; throws what it threw.
    [[nodiscard]] bool ended();

  private:
    void run() noexcept;

    std::filesystem::path database_;
    std::chrono::steady_clock::time_point next_{};
    std::thread thread_;
    std::atomic<bool> under_way_ = false;
    std::exception_ptr fault_;  // the thread's while it is under way
    std::mutex mutex_;
    const connection* interruptible_ = nullptr;  // guarded by mutex_
    bool dropped_ = false;                       // guarded by mutex_
};

}  // namespace valhalla::schema
