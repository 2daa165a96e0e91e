// SPDX-License-Identifier: Apache-2.0
#include "daemon/identities.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace valhalla {

/// Threads that ask, and what they share. A thread that hangs outlives the rest of the program's parts, so it holds on
/// to this and to nothing else.
class identities::workers : public std::enable_shared_from_this<identities::workers> {
  public:
    using done = std::function<void(const standing_answer&)>;

    workers(boost::asio::io_context& io, uid_t own, user_database users)
        : io_{io}, own_{own}, users_{std::move(users)} {}

    [[nodiscard]] standing_answer ask(uid_t uid, const access_rules& rules) const {
        return find_standing(uid, own_, rules, users_);
    }

    /// `done` is called by way of the I/O thread.
    void submit(uid_t uid, std::shared_ptr<const access_rules> rules, done then) {
        const std::lock_guard lock{mutex_};
        queue_.push_back({uid, std::move(rules), std::move(then)});
        if (idle_ < queue_.size() && running_ < threads) {
            ++running_;
            std::thread{[self = shared_from_this()] { self->run(); }}.detach();
        }
        wake_.notify_one();
    }

    bool stop(clock::duration patience) {
        std::unique_lock lock{mutex_};
        stopping_ = true;
        queue_.clear();
        wake_.notify_all();
        return ended_.wait_for(lock, patience, [this] { return running_ == 0; });
    }

  private:
    struct job {
        uid_t uid = 0;
        std::shared_ptr<const access_rules> rules;
        done then;
    };

    void run() {
        std::unique_lock lock{mutex_};
        while (true) {
            ++idle_;
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            --idle_;
            if (stopping_) {
                break;
            }
            auto next = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            auto answer = ask(next.uid, *next.rules);
            lock.lock();
            if (!stopping_) {  // afterwards the I/O thread's loop may be gone
                boost::asio::post(io_, [then = std::move(next.then), answer = std::move(answer)] { then(answer); });
            }
        }
        --running_;
        ended_.notify_all();
    }

    boost::asio::io_context& io_;
    const uid_t own_;
    const user_database users_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable ended_;
    std::deque<job> queue_;  // guarded by mutex_, as all below
    std::size_t running_ = 0;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

identities::identities(boost::asio::io_context& io, access_rules rules, uid_t own, user_database users,
                       std::function<void(const std::string& problem)> on_trouble, settings how)
    : own_{own},
      how_{how},
      on_trouble_{std::move(on_trouble)},
      patience_{io},
      workers_{std::make_shared<workers>(io, own, std::move(users))} {
    set_rules(std::move(rules));
    for (const auto uid : {uid_t{0}, own_}) {
        auto& of = users_[uid];
        of.last = workers_->ask(uid, *rules_).found;
        of.answered_at = clock::now();
        of.good_until = of.answered_at + how_.keep;
    }
}

identities::~identities() {
    static_cast<void>(stop({}));
}

std::vector<std::uint32_t> identities::groups_behind(int socket) const {
    return process_groups_ ? ipc::process_groups_of(socket) : std::vector<std::uint32_t>{};
}

std::optional<ipc::identity> identities::known(int socket, const ipc::credentials& of) {
    const auto found = users_.find(of.uid);
    if (found == users_.end() || !found->second.last) {
        return std::nullopt;
    }
    const bool always = of.uid == 0 || of.uid == own_;  // what they may do does not hang on an answer
    if (clock::now() >= found->second.good_until && !always) {
        return std::nullopt;
    }
    return identity_with(*found->second.last, groups_behind(socket));
}

void identities::look_up(int socket, const ipc::credentials& of, ipc::identity_source::answer done) {
    make_room();
    auto& user = users_[of.uid];
    if (!user.asked && asked_ >= max_waiting) {
        boost::asio::post(patience_.get_executor(), [done = std::move(done)] { done(std::nullopt); });
        return;
    }
    user.waiting.push_back({groups_behind(socket), std::move(done), clock::now() + how_.patience});
    wake_for_patience();
    if (std::exchange(user.asked, true)) {
        return;
    }
    ++asked_;
    workers_->submit(of.uid, rules_, [this, uid = of.uid, generation = generation_](const standing_answer& answer) {
        answered(uid, generation, answer);
    });
}

std::optional<std::string> identities::other_name_of(std::string_view operator_name) const {
    for (const auto& [uid, user] : users_) {
        auto number = fmt::format("uid:{}", uid);
        if (!user.last || user.last->who.name == number) {
            continue;
        }
        if (user.last->who.name == operator_name) {
            return number;
        }
        if (number == operator_name) {
            return user.last->who.name;
        }
    }
    return std::nullopt;
}

void identities::set_rules(access_rules rules) {
    rules_ = std::make_shared<const access_rules>(std::move(rules));
    process_groups_ = name_process_groups(*rules_);
    ++generation_;
    for (auto& [uid, user] : users_) {
        if (uid != 0 && uid != own_) {
            user.last.reset();  // what was known holds under the old rules
        }
    }
}

void identities::forget_ages() {
    for (auto& [uid, user] : users_) {
        user.good_until = {};
    }
}

void identities::answered(uid_t uid, std::uint64_t generation, const standing_answer& answer) {
    const auto found = users_.find(uid);
    if (found == users_.end()) {
        return;
    }
    auto& user = found->second;
    if (generation != generation_) {  // the rules have changed meanwhile
        workers_->submit(uid, rules_,
                         [this, uid, now = generation_](const standing_answer& again) { answered(uid, now, again); });
        return;
    }
    user.asked = false;
    --asked_;
    if (answer.found) {
        user.last = answer.found;
        user.answered_at = clock::now();
        user.good_until = user.answered_at + how_.keep;
        tell({});
    } else {
        no_answer(user, answer.problem);
    }
    give(user, std::exchange(user.waiting, {}));
}

/// What was known goes on for a while.
void identities::no_answer(known_user& of, const std::string& problem) {
    const auto now = clock::now();
    if (of.last && now >= of.answered_at + how_.keep_without_answer) {
        of.last.reset();
    }
    of.good_until = now + how_.retry;
    tell(problem);
}

void identities::tell(const std::string& problem) {
    if (std::exchange(in_trouble_, !problem.empty()) == problem.empty() && on_trouble_) {
        on_trouble_(problem);
    }
}

void identities::give(known_user& to, const std::vector<waiting_peer>& who) const {
    const auto last = to.last;  // `done` may do anything
    for (const auto& each : who) {
        each.done(last ? std::optional{identity_with(*last, each.process_groups)} : std::nullopt);
    }
}

void identities::wake_for_patience() {
    if (std::exchange(timing_, true)) {
        return;
    }
    auto first = clock::time_point::max();
    for (const auto& [uid, user] : users_) {
        if (!user.waiting.empty()) {
            first = std::min(first, user.waiting.front().until);
        }
    }
    if (first == clock::time_point::max()) {
        timing_ = false;
        return;
    }
    patience_.expires_at(first);
    patience_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) {
            timing_ = false;
            on_patience();
        }
    });
}

void identities::on_patience() {
    const auto now = clock::now();
    std::vector<uid_t> late;
    for (const auto& [uid, user] : users_) {
        if (!user.waiting.empty() && user.waiting.front().until <= now) {
            late.push_back(uid);
        }
    }
    for (const auto uid : late) {
        auto& user = users_[uid];
        no_answer(user, fmt::format("the user database has not said within {} ms who uid {} is",
                                    std::chrono::duration_cast<std::chrono::milliseconds>(how_.patience).count(), uid));
        give(user, std::exchange(user.waiting, {}));
    }
    wake_for_patience();
}

/// Users who are being looked up stay, and so do those who are always let in.
void identities::make_room() {
    if (users_.size() < max_known) {
        return;
    }
    std::erase_if(users_,
                  [this](const auto& each) { return !each.second.asked && each.first != 0 && each.first != own_; });
}

bool identities::stop(clock::duration patience) {
    patience_.cancel();
    on_trouble_ = nullptr;
    return workers_->stop(patience);
}

}  // namespace valhalla
