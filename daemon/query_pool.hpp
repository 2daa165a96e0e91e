// SPDX-License-Identifier: Apache-2.0
//
// The query thread: reads that need the database or files, away from the I/O thread. Jobs run in order, one at a time,
// each with the pool's own reader; what follows from them runs on the I/O thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "ipc/call.hpp"
#include "schema/reader.hpp"

namespace valhalla {

class query_pool {
  public:
    /// JSON of the result, or the error that stands for it.
    using answer = std::variant<std::string, ipc::rpc_error>;
    using job = std::function<answer(schema::reader&)>;
    /// Runs on the query thread; what it returns runs on the I/O thread.
    using work = std::function<std::function<void()>(schema::reader&)>;
    /// Runs a function on the I/O thread.
    using post_function = std::function<void(std::function<void()>)>;

    struct work_load {
        std::size_t waiting = 0;
        std::chrono::duration<double> running{0};  ///< how long the job under way has been; zero: none is
    };

    /// Most jobs that may wait; more are refused as `overloaded`.
    static constexpr std::size_t max_queued = 4'096;
    /// And most bytes of what they carry along. Only pieces of uploads are large.
    static constexpr std::size_t max_queued_bytes = std::size_t{8} << 20U;
    /// Results that may wait for the I/O thread; then the next job waits.
    static constexpr std::size_t max_handed_over = 4;

    query_pool(std::filesystem::path database, post_function post);
    ~query_pool();
    query_pool(const query_pool&) = delete;
    query_pool& operator=(const query_pool&) = delete;

    /// Throws `storage_error` when the database cannot be opened for reading.
    void start();
    /// I/O thread. Answers `reply` with what `what` returns or throws, or `overloaded` when too much is waiting.
    /// `bytes` is what the job carries, when that is much.
    void submit(job what, ipc::reply_handle reply, std::size_t bytes = 0);
    /// I/O thread. For work that is not over with an answer: what it returns answers `reply`, or sees to it. The pool
    /// answers only when the work throws or too much is waiting.
    void submit_then(work what, ipc::reply_handle reply, std::size_t bytes = 0);
    /// I/O thread. For work that nobody waits for and that handles its own faults; false when too much is waiting.
    [[nodiscard]] bool try_submit(work what) { return enqueue(std::move(what)); }
    /// I/O thread. For work of the daemon's own that must be done: before all that waits, and whatever waits.
    void submit_own(work what);
    /// Any thread.
    [[nodiscard]] work_load load();
    /// Runs what is queued, as far as half of `patience` allows; then drops the rest and cuts the job under way short.
    /// False when the thread has not ended by then, in a file that is not served or a job that goes on: it then uses
    /// what is ours until the process ends.
    [[nodiscard]] bool stop(std::chrono::milliseconds patience);

  private:
    void run(schema::reader& from);
    void work_through(schema::reader& from);
    [[nodiscard]] bool enqueue(work what, std::size_t bytes = 0);
    void hand_over(std::function<void()> result);

    std::filesystem::path database_;
    post_function post_;
    std::mutex mutex_;
    std::condition_variable wake_;
    struct waiting {
        work what;
        std::size_t bytes = 0;
    };
    std::deque<waiting> queue_;     // guarded by mutex_
    std::size_t queued_bytes_ = 0;  // guarded by mutex_
    std::size_t handed_over_ = 0;   // guarded by mutex_
    bool stopping_ = false;         // guarded by mutex_
    bool over_ = false;             // guarded by mutex_
    bool detached_ = false;         // I/O thread
    std::condition_variable ended_;
    std::shared_ptr<schema::reader> reader_;
    std::optional<std::chrono::steady_clock::time_point> began_;  // guarded by mutex_: the job under way
    std::thread thread_;
};

}  // namespace valhalla
