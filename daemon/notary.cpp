// SPDX-License-Identifier: Apache-2.0
#include "daemon/notary.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <future>
#include <iterator>
#include <system_error>
#include <utility>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/proof/anchor.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla {

namespace {

std::string public_text(const std::string& origin, const schema::signing_key& key) {
    return schema::verifier_key{.name = origin, .algorithm = schema::note_algorithm::ed25519, .key = key.public_key()}
        .text();
}

}  // namespace

notary::notary(schema::signing_key key, std::filesystem::path anchor, schema::checkpoint newest,
               schema::tree_head committed, settings s, hooks h)
    : key_{std::move(key)},
      anchor_{std::move(anchor)},
      origin_{newest.origin},
      verifier_key_{public_text(newest.origin, key_)},
      settings_{s},
      hooks_{std::move(h)},
      committed_{committed} {
    auto note = schema::sign_checkpoint(newest, key_);
    newest_ = std::make_shared<const signed_checkpoint>(signed_checkpoint{std::move(newest), std::move(note)});
    if (grown()) {
        behind_ = clock::now();
    }
}

notary::~notary() {
    if (thread_.joinable()) {
        stop();
    }
}

void notary::start() {
    next_log_ = clock::now() + settings_.log_every;
    thread_ = std::thread{[this] { run(); }};
}

void notary::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void notary::committed(const schema::tree_head& head) {
    {
        const std::lock_guard lock{mutex_};
        if (head.size <= committed_.size) {
            return;
        }
        committed_ = head;
        if (behind_ && requests_.empty()) {
            return;  // the thread knows already, and looks when its pace allows
        }
        behind_ = behind_.value_or(clock::now());
    }
    wake_.notify_one();
}

void notary::when_signed(std::uint64_t size, receiver to) {
    std::unique_lock lock{mutex_};
    if (newest_->what.head.size < size) {
        requests_.push_back({size, std::move(to)});
        lock.unlock();
        wake_.notify_one();
        return;
    }
    const checkpoint_ptr ready = newest_;
    lock.unlock();
    to(ready);
}

std::variant<std::string, notary::trouble> notary::sign_exactly(const schema::tree_head& head) {
    std::promise<outcome> anchored;
    when_signed(head.size, [&anchored](const outcome& done) { anchored.set_value(done); });
    const auto done = anchored.get_future().get();
    if (const auto* no = std::get_if<trouble>(&done)) {
        return *no;
    }
    // Signing changes nothing in the key: OpenSSL allows it from several threads at once.
    return schema::sign_checkpoint({origin_, head}, key_);
}

std::uint64_t notary::anchored() {
    const std::lock_guard lock{mutex_};
    return newest_->what.head.size;
}

std::chrono::seconds notary::behind_for() {
    const std::lock_guard lock{mutex_};
    return behind_ ? std::chrono::duration_cast<std::chrono::seconds>(clock::now() - *behind_)
                   : std::chrono::seconds{0};
}

void notary::run() {
    std::unique_lock lock{mutex_};
    for (bool last = false; !last;) {
        // As soon as the trail grows the next thing is due sooner: after every wake it is asked anew when.
        while (!stopping_ && !asked() && !due(clock::now())) {
            wake_.wait_until(lock, next_due());
        }
        last = stopping_;
        if (grown() && (last || asked() || clock::now() >= next_signature_)) {
            const auto head = committed_;
            lock.unlock();
            const auto done = sign(head);
            lock.lock();
            settle(done);
        }
        answer_requests(lock);
        if (last || (settings_.log_every.count() > 0 && clock::now() >= next_log_)) {
            next_log_ = clock::now() + settings_.log_every;
            const auto newest = newest_;
            lock.unlock();
            hooks_.on_log(*newest);
            lock.lock();
        }
    }
}

/// A request that a signature of what is committed would fulfil.
bool notary::asked() const {
    return std::ranges::any_of(requests_, [this](const request& r) { return r.size <= committed_.size; });
}

bool notary::due(clock::time_point now) const {
    return (grown() && now >= next_signature_) || (settings_.log_every.count() > 0 && now >= next_log_);
}

notary::clock::time_point notary::next_due() const {
    auto next = settings_.log_every.count() > 0 ? next_log_ : clock::now() + std::chrono::hours{24};
    return grown() ? std::min(next, next_signature_) : next;
}

void notary::settle(const outcome& done) {
    next_signature_ = clock::now() + settings_.pace;
    if (const auto* no = std::get_if<trouble>(&done)) {
        problem_ = *no;
        return;
    }
    problem_.reset();
    newest_ = std::get<checkpoint_ptr>(done);
    behind_ = grown() ? std::optional{clock::now()} : std::nullopt;
}

void notary::answer_requests(std::unique_lock<std::mutex>& lock) {
    const auto newest = newest_;
    const auto problem = stopping_ ? problem_.value_or(trouble{"the daemon stops"}) : problem_;
    const auto served = [&](const request& r) { return problem || r.size <= newest->what.head.size; };
    const auto first = std::ranges::stable_partition(requests_, std::not_fn(served)).begin();
    const std::vector<request> now(std::make_move_iterator(first), std::make_move_iterator(requests_.end()));
    requests_.erase(first, requests_.end());
    lock.unlock();
    for (const auto& one : now) {
        one.to(one.size <= newest->what.head.size ? outcome{newest} : outcome{*problem});
    }
    lock.lock();
}

notary::outcome notary::sign(const schema::tree_head& head) {
    schema::checkpoint what{origin_, head};
    auto note = schema::sign_checkpoint(what, key_);
    try {
        const auto directory = anchor_.parent_path();
        const schema::unique_fd opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (!opened) {
            throw schema::storage_error{schema::storage_fault::unusable, directory.string() + " cannot be opened: " +
                                                                             std::generic_category().message(errno)};
        }
        // Asked when it is open: from here on another directory of that name is not written to.
        if (const auto why = hooks_.misplaced ? hooks_.misplaced() : std::nullopt) {
            throw schema::storage_error{schema::storage_fault::unusable, *why};
        }
        schema::replace_file_in(opened.get(), anchor_, schema::sign_anchor(what, key_));
    } catch (const schema::storage_error& fault) {
        if (!std::exchange(in_trouble_, true)) {
            hooks_.on_trouble(fault.what());
        }
        return trouble{
            std::string{"the checkpoint could not be kept in the anchor, so it is not given out: "} + fault.what(),
            fault.fault() == schema::storage_fault::full};
    }
    if (std::exchange(in_trouble_, false)) {
        hooks_.on_trouble({});
    }
    return std::make_shared<const signed_checkpoint>(signed_checkpoint{std::move(what), std::move(note)});
}

std::function<std::string(const schema::tree_head&)> export_signer(notary& signer) {
    return [&signer](const schema::tree_head& head) {
        auto done = signer.sign_exactly(head);
        if (const auto* problem = std::get_if<notary::trouble>(&done)) {
            throw schema::storage_error{
                problem->disk_full ? schema::storage_fault::full : schema::storage_fault::unusable, problem->message};
        }
        return std::get<std::string>(std::move(done));
    };
}

}  // namespace valhalla
