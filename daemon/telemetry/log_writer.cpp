// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/log_writer.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace valhalla {

namespace {

std::size_t bytes_in(const log_entry& line) {
    std::size_t bytes = sizeof(line) + line.text.size();
    for (const auto& field : line.fields) {
        bytes += sizeof(field) + field.value.size();
    }
    return bytes;
}

}  // namespace

/// Of the writer and its thread; the thread may outlive the writer.
struct log_writer::shared {
    struct waiting {
        log_entry line;
        clock::time_point of;
        std::size_t bytes = 0;
    };
    output write;
    told_loss tell;
    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable ended;
    std::deque<waiting> queue;  // guarded by the mutex, as all below
    std::size_t bytes = 0;
    std::uint64_t lost = 0;
    bool stopping = false;
    bool over = false;
};

log_writer::log_writer(output write, told_loss tell) : shared_{std::make_shared<shared>()} {
    shared_->write = std::move(write);
    shared_->tell = std::move(tell);
    std::thread{[of = shared_] { run(of); }}.detach();
}

log_writer::~log_writer() {
    stop();
}

void log_writer::put(log_entry line) {
    const auto bytes = bytes_in(line);
    {
        const std::lock_guard lock{shared_->mutex};
        if (shared_->stopping || shared_->queue.size() >= max_lines || shared_->bytes + bytes > max_bytes) {
            ++shared_->lost;
            return;
        }
        shared_->queue.push_back({std::move(line), clock::now(), bytes});
        shared_->bytes += bytes;
    }
    shared_->wake.notify_one();
}

bool log_writer::stop() {
    std::unique_lock lock{shared_->mutex};
    shared_->stopping = true;
    shared_->wake.notify_one();
    return shared_->ended.wait_for(lock, patience, [this] { return shared_->over; });
}

void log_writer::run(const std::shared_ptr<shared>& of) {
    std::unique_lock lock{of->mutex};
    while (true) {
        of->wake.wait(lock, [&] { return of->stopping || !of->queue.empty(); });
        if (of->queue.empty()) {
            break;
        }
        const auto next = std::move(of->queue.front());
        of->queue.pop_front();
        of->bytes -= next.bytes;
        lock.unlock();
        of->write(next.line, next.of);
        lock.lock();
        // Behind the lines that stood before the gap.
        if (of->lost > 0 && of->queue.empty()) {
            const auto line = of->tell(std::exchange(of->lost, 0));
            lock.unlock();
            of->write(line, clock::now());
            lock.lock();
        }
    }
    of->over = true;
    of->ended.notify_all();
}

}  // namespace valhalla
