// SPDX-License-Identifier: Apache-2.0
//
// Whether the stored trail is what was signed. Before the database is opened for writing, its pages are looked at for
// as long as a start may take: whoever writes into a damaged file writes over records. After the start a thread reads
// what the newest anchor covers, record by record, and the pages that there was no time for. It goes on beside the
// ledger in short read transactions; only the pages are looked at in a long one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla {

/// Most time that a start spends on the pages of a database: some GiB of a disk that is not slow.
inline constexpr std::chrono::milliseconds start_check_allowance{2'000};

/// Most time for all pages, after the start. A check that long holds the write-ahead log.
inline constexpr std::chrono::minutes page_check_allowance{10};

enum class pages_seen : std::uint8_t { all, not_all };

/// Looks at the pages of `database`, which may be missing. Throws `start_failure` (`state_unusable`) when it is damaged
/// and `storage_error` when it cannot be read.
[[nodiscard]] pages_seen check_before_start(const std::filesystem::path& database, std::chrono::milliseconds allowance);

class trail_check {
  public:
    struct settings {
        std::filesystem::path database;
        pages_seen already = pages_seen::all;
        std::chrono::milliseconds page_allowance = page_check_allowance;
        /// Heads that the trail must have had, by size: what was anchored, what there was at the start.
        std::vector<schema::tree_head> heads{};
    };
    /// Called once on the thread: the number of records that are as they were signed, or what is wrong.
    struct verdict {
        std::uint64_t records = 0;
        std::optional<std::string> problem{};
        pages_seen pages = pages_seen::all;  ///< not all: the time was over first
    };
    using receiver = std::function<void(const verdict&)>;

    trail_check(settings s, receiver to);
    ~trail_check();
    trail_check(const trail_check&) = delete;
    trail_check& operator=(const trail_check&) = delete;

    void start();
    /// Breaks it off; then there is no verdict.
    void stop();

    /// Any thread: what is wrong, once that is known.
    [[nodiscard]] std::optional<std::string> problem() const;

  private:
    struct broken_off {};

    void run();
    [[nodiscard]] verdict look();
    [[nodiscard]] verdict read_records();
    /// Lets others have the disk; throws `broken_off` when stopping.
    void pause();

    const settings settings_;
    const receiver to_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<bool> stopping_ = false;  // set under mutex_, which `pause` waits with
    std::optional<std::string> problem_;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace valhalla
