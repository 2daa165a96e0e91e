// SPDX-License-Identifier: Apache-2.0
//
// What is left of a queue when there was more in it than is done at once: from then on users take turns, so that one
// who has asked for a great deal waits for others no less than they do. What one user asked for keeps its order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace valhalla {

/// One thread. `User` is compared and hashed.
template <class User, class Item>
class user_turns {
  public:
    /// What one user gets done before the next one has a turn.
    static constexpr std::size_t items_in_turn = 16;

    void add(User of, Item&& what) {
        auto& mine = items_[of];
        if (mine.empty()) {
            order_.push_back(of);
        }
        mine.push_back(std::move(what));
        ++size_;
    }

    /// In front of all others of that user: it was taken and not done. What was taken last goes back first.
    void give_back(User of, Item&& what) {
        auto& mine = items_[of];
        if (mine.empty()) {
            order_.push_front(of);
        }
        mine.push_front(std::move(what));
        ++size_;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Moves at most so many behind those that are in `into`.
    void take(std::vector<Item>& into, std::size_t most) {
        for (std::size_t left = std::min(most, size_); left > 0;) {
            const User next = order_.front();
            order_.pop_front();
            const auto at = items_.find(next);
            auto& mine = at->second;
            const std::size_t count = std::min({left, mine.size(), items_in_turn});
            std::move(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(into));
            mine.erase(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(count));
            left -= count;
            size_ -= count;
            if (mine.empty()) {
                items_.erase(at);
            } else {
                order_.push_back(next);
            }
        }
    }

  private:
    std::unordered_map<User, std::deque<Item>> items_;  // of users who have any
    std::deque<User> order_;                            // each of them once, who is next first
    std::size_t size_ = 0;
};

}  // namespace valhalla
