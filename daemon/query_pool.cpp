// SPDX-License-Identifier: Apache-2.0
#include "daemon/query_pool.hpp"

#include <utility>

namespace valhalla {

namespace {

/// The error that stands for the exception being handled.
ipc::rpc_error current_fault() {
    try {
        throw;
    } catch (const schema::storage_error& fault) {
        switch (fault.fault()) {
            case schema::storage_fault::full: return {ipc::error_code::storage_full, fault.what(), {}};
            case schema::storage_fault::busy: return {ipc::error_code::overloaded, fault.what(), {}};
            case schema::storage_fault::unusable:
            case schema::storage_fault::locked:
            case schema::storage_fault::broken:
            case schema::storage_fault::failed: break;
        }
        return {ipc::error_code::internal_error, fault.what(), {}};
    } catch (const std::exception& e) {
        return {ipc::error_code::internal_error, e.what(), {}};
    }
}

query_pool::answer answer_of(const query_pool::job& what, schema::reader& from) {
    try {
        return what(from);
    } catch (const std::exception&) {
        return current_fault();
    }
}

}  // namespace

query_pool::query_pool(std::filesystem::path database, post_function post)
    : database_{std::move(database)}, post_{std::move(post)} {}

query_pool::~query_pool() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
}

void query_pool::start() {
    // Opened here and not in the thread: a database that cannot be read is the starter's problem.
    reader_ = std::make_shared<schema::reader>(database_);
    thread_ = std::thread{[this] { run(*reader_); }};
}

void query_pool::run(schema::reader& from) {
    work_through(from);
    const std::lock_guard lock{mutex_};
    over_ = true;
    ended_.notify_all();
}

void query_pool::work_through(schema::reader& from) {
    while (true) {
        waiting next;
        {
            std::unique_lock lock{mutex_};
            began_.reset();
            // Who stops waits for this thread, and takes no results meanwhile.
            wake_.wait(lock, [this] { return stopping_ || (!queue_.empty() && handed_over_ < max_handed_over); });
            if (queue_.empty()) {
                return;
            }
            next = std::move(queue_.front());
            queue_.pop_front();
            queued_bytes_ -= next.bytes;
            began_ = std::chrono::steady_clock::now();
        }
        hand_over(next.what(from));
    }
}

void query_pool::hand_over(std::function<void()> result) {
    {
        const std::lock_guard lock{mutex_};
        ++handed_over_;
    }
    post_([this, result = std::move(result)] {
        result();
        {
            const std::lock_guard lock{mutex_};
            --handed_over_;
        }
        wake_.notify_one();
    });
}

void query_pool::submit(job what, ipc::reply_handle reply, std::size_t bytes) {
    const auto answering = [what = std::move(what), reply](schema::reader& from) -> std::function<void()> {
        return [reply, result = answer_of(what, from)]() mutable {
            if (const auto* error = std::get_if<ipc::rpc_error>(&result)) {
                reply.fail(*error);
            } else {
                reply.reply(std::get<std::string>(result));
            }
        };
    };
    submit_then(answering, reply, bytes);
}

void query_pool::submit_then(work what, ipc::reply_handle reply, std::size_t bytes) {
    const bool taken = enqueue(
        [what = std::move(what), reply](schema::reader& from) -> std::function<void()> {
            try {
                return what(from);
            } catch (const std::exception&) {
                return [reply, error = current_fault()]() mutable { reply.fail(error); };
            }
        },
        bytes);
    if (!taken) {
        reply.fail({ipc::error_code::overloaded, "too many queries are waiting; try again in a moment", {}});
    }
}

bool query_pool::enqueue(work what, std::size_t bytes) {
    {
        const std::lock_guard lock{mutex_};
        if (queue_.size() >= max_queued || queued_bytes_ + bytes > max_queued_bytes) {
            return false;
        }
        queue_.push_back({std::move(what), bytes});
        queued_bytes_ += bytes;
    }
    wake_.notify_one();
    return true;
}

query_pool::work_load query_pool::load() {
    const std::lock_guard lock{mutex_};
    work_load now{.waiting = queue_.size(), .running = {}};
    if (began_) {
        now.running = std::chrono::steady_clock::now() - *began_;
    }
    return now;
}

void query_pool::submit_own(work what) {
    {
        const std::lock_guard lock{mutex_};
        queue_.push_front({std::move(what), 0});
    }
    wake_.notify_one();
}

bool query_pool::stop(std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds between_interrupts{20};
    const auto is_over = [this] { return over_; };
    const auto until = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock{mutex_};
    if (!thread_.joinable() && !detached_) {
        return true;
    }
    stopping_ = true;
    wake_.notify_one();
    std::deque<waiting> dropped;
    if (!ended_.wait_for(lock, patience / 2, is_over)) {
        dropped.swap(queue_);
        queued_bytes_ = 0;
    }
    // An interrupt ends the statement that runs; a job may have begun the next one since.
    while (!ended_.wait_for(lock, between_interrupts, is_over)) {
        if (std::chrono::steady_clock::now() >= until) {
            if (!std::exchange(detached_, true)) {
                thread_.detach();
            }
            return false;
        }
        reader_->interrupt();
    }
    lock.unlock();
    if (!detached_) {
        thread_.join();
    }
    return true;
}

}  // namespace valhalla
