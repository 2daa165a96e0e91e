// SPDX-License-Identifier: Apache-2.0
//
// Makes backups, one at a time, while everything else goes on:
//
//   I/O      --create-->  backup thread   clears leftovers, looks for room, orders a copy
//   ledger   copies page by page between its batches; the copy is of the moment when it is complete
//   backup   seals it (fsync), has its head signed, verifies all of it, gives it its name, removes old ones, answers
//
// What is not verified never gets a name; a failure leaves what was there before.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include "daemon/notary.hpp"
#include "daemon/telemetry/daemon_log.hpp"
#include "ipc/call.hpp"
#include "schema/backup_dir.hpp"
#include "schema/ledger_store.hpp"

namespace valhalla {

class backups {
  public:
    struct settings {
        std::filesystem::path database;
        std::filesystem::path directory;
    };
    struct hooks {
        /// Has `advance` called on the ledger thread soon.
        std::function<void()> wake_ledger;
        /// Runs a function on the I/O thread.
        std::function<void(std::function<void()>)> post;
    };
    /// Clears away what a crash left: a draft may be as large as the database.
    backups(settings s, const schema::ledger_store& store, notary& signer, daemon_log& log, hooks h);
    ~backups();
    backups(const backups&) = delete;
    backups& operator=(const backups&) = delete;

    /// I/O thread. `keep` counts the new one. Answers when the backup has its name, or why it has none.
    void create(const std::string& by, std::size_t keep, ipc::reply_handle reply);
    /// Ledger thread, between two batches: copies a piece, or gives up when the connection is not `usable`. True while
    /// there is more to copy.
    [[nodiscard]] bool advance(bool usable) noexcept;
    /// I/O thread: the backup under way fails soon, and none begins any more.
    void cancel();
    /// Waits for the end of what was cancelled. The ledger must still run. False when its thread does not end within
    /// `patience`: then it uses what is ours until the process ends.
    [[nodiscard]] bool stop(std::chrono::milliseconds patience);

    /// Any thread: backups that were asked of this process.
    [[nodiscard]] std::uint64_t made_so_far() const noexcept { return made_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t failed_so_far() const noexcept { return failed_.load(std::memory_order_relaxed); }

  private:
    using copied = std::variant<schema::tree_head, schema::storage_error>;
    struct copy_order {
        std::filesystem::path to;
        std::promise<copied> done;
    };
    struct made {
        std::filesystem::path file;
        schema::tree_head head;
        std::uint64_t bytes = 0;
        std::vector<std::string> checked;
        std::vector<std::string> removed;
        std::vector<std::string> left;  ///< of what was to be removed, a sentence each
    };

    // Backup thread; they throw `ipc::rpc_error`-worthy faults as `failure`.
    struct failure;
    [[nodiscard]] made make(std::size_t keep);
    [[nodiscard]] schema::tree_head copy(const std::filesystem::path& to);
    [[nodiscard]] std::string sign(const schema::tree_head& head);
    [[nodiscard]] std::vector<std::string> verify(const std::filesystem::path& draft,
                                                  const std::filesystem::path& checkpoint,
                                                  const schema::tree_head& head) const;
    void require_room() const;
    void run(const std::string& by, std::size_t keep, ipc::reply_handle reply);
    /// I/O thread: there is no thread to make it.
    void refuse(const std::string& by, const std::system_error& why, ipc::reply_handle reply);

    const settings settings_;
    const schema::ledger_store& store_;
    notary& signer_;
    daemon_log& log_;
    const hooks hooks_;

    std::atomic<bool> cancelled_{false};
    std::mutex mutex_;
    std::optional<copy_order> order_;              // guarded by mutex_
    std::unique_ptr<schema::database_copy> copy_;  // ledger thread
    std::optional<copy_order> current_;            // ledger thread: of `copy_`
    std::atomic<bool> running_{false};
    bool over_ = false;  // guarded by mutex_: the thread has done all that it does
    std::condition_variable ended_;
    std::atomic<std::uint64_t> made_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::thread thread_;  // I/O thread
};

}  // namespace valhalla
