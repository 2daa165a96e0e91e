// SPDX-License-Identifier: Apache-2.0
//
// The export kept fresh in a directory that a frontend, or a static web server, reads: whenever the trail has grown,
// the next set is put in force there (`schema/live_export.hpp`).
//
//   published commit --grew(size)-->  [frontend thread] settle, then one set of all that has come by then  -->  rest
//
// On a thread of its own, with a reader of its own: the disk of somebody else's directory may be full, slow or gone,
// and nobody waits for it, not the stop of the daemon either. What is wrong is told in the log once, in the health as
// long as it lasts, and tried again after a while.
//
// A set costs as much as there are sessions. So after each one the thread rests for `rest_factor` times as long as that
// took: however long the history, it takes a tenth of one processor and of the disk's time at most.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/frontend_settings.hpp"
#include "schema/live_export.hpp"

namespace valhalla {

class frontend_files {
  public:
    using clock = std::chrono::steady_clock;

    static constexpr int rest_factor = 9;
    /// Between two tries that fail; it doubles from the first to the second.
    static constexpr std::chrono::milliseconds first_retry{5'000};
    static constexpr std::chrono::milliseconds last_retry{300'000};

    struct source {
        std::filesystem::path database;
        schema::checkpoint_signer sign;
    };
    struct hooks {
        /// The sentence that says what is wrong; empty: it works again. On the frontend thread.
        std::function<void(const std::string& problem)> on_trouble;
    };
    struct timing {
        std::chrono::milliseconds retry = first_retry;
        /// A set that takes longer is told of in the health.
        std::chrono::milliseconds slow{30'000};
    };
    struct counts {
        std::uint64_t written = 0;  ///< sets
        std::uint64_t failed = 0;
        std::uint64_t records = 0;  ///< of the trail, in the newest set of this process
    };

    frontend_files(source from, hooks h, timing t);
    frontend_files(source from, hooks h) : frontend_files{std::move(from), std::move(h), timing{}} {}
    /// Waits for as long as the disk takes.
    ~frontend_files();
    frontend_files(const frontend_files&) = delete;
    frontend_files& operator=(const frontend_files&) = delete;

    /// Any thread; never waits for the disk. A set that is being written for other settings is given up. The first one
    /// for these is written whether or not anything has changed: what lies there may be of another time. The same
    /// settings once more do nothing, unless something was wrong: then it is tried at once.
    void configure(const frontend_settings& s);
    /// Any thread: the trail has `size` records, all of them on the disk.
    void grew(std::uint64_t size);
    /// Any thread: what is wrong now, as a sentence without its full stop.
    [[nodiscard]] std::optional<std::string> problem() const;
    /// Any thread.
    [[nodiscard]] counts counted();
    /// Writes what the files lack, unless they could not be written before or that takes longer than half of
    /// `patience`, and ends. False: that takes longer than `patience`; the thread is left to itself, and the process
    /// must end without taking this apart.
    [[nodiscard]] bool stop(std::chrono::milliseconds patience);

  private:
    void run();
    /// False: it is over.
    [[nodiscard]] bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void write_set(std::unique_lock<std::mutex>& lock);
    void settle_with(clock::duration took, const std::string& trouble);
    /// Gives the mutex back while it tells.
    void tell(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool behind() const noexcept { return settings_.on_change && (!in_files_ || size_ > *in_files_); }
    // Without the mutex.
    [[nodiscard]] std::uint64_t write_files(const frontend_settings& s, std::uint64_t generation);
    void require_room(const frontend_settings& s) const;

    const source from_;
    const hooks hooks_;
    const timing timing_;

    mutable std::mutex mutex_;  // guards all up to the thread's own
    std::condition_variable wake_;
    std::condition_variable ended_;
    frontend_settings settings_;
    std::uint64_t generation_ = 0;  // of the settings
    std::uint64_t size_ = 0;
    std::optional<std::uint64_t> in_files_;   // records of the newest set; absent: none was written for these settings
    std::string trouble_;                     // of the last try; empty: it went well
    std::optional<clock::time_point> began_;  // the set that is being written
    clock::time_point next_{};                // not before
    std::chrono::milliseconds retry_;
    counts counted_;
    bool idle_ = false;  // waits for the trail to grow
    bool stopping_ = false;
    bool abandoned_ = false;  // what is being written is not to be finished
    bool over_ = false;

    std::string told_;  // the frontend thread's own, as what follows: the last trouble
    std::unique_ptr<schema::reader> reader_;
    std::unique_ptr<schema::live_export> files_;  // null: these settings have not been used yet, or something was wrong
    std::uint64_t files_generation_ = 0;
    std::thread thread_;
};

}  // namespace valhalla
