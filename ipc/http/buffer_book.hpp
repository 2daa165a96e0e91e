// SPDX-License-Identifier: Apache-2.0
//
// Who holds how much of `limits::buffer_bytes`, so that nobody has all of it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

namespace valhalla::http {

class buffer_book {
  public:
    explicit buffer_book(std::size_t limit) : limit_{limit} {}

    /// A connection of `peer` holds `now` bytes instead of `before`; of them those that came with a key that was never
    /// found good, or without one.
    struct holding {
        std::size_t bytes = 0;
        std::size_t of_strangers = 0;
    };
    void change(const std::string& peer, const holding& before, const holding& now) {
        all_ += now.bytes - before.bytes;
        of_strangers_ += now.of_strangers - before.of_strangers;
        if (now.bytes != before.bytes) {
            const auto one = of_peer_.try_emplace(peer, 0).first;
            one->second += now.bytes - before.bytes;
            if (one->second == 0) {
                of_peer_.erase(one);
            }
        }
    }
    /// Whether what `peer` holds is within its share, three quarters; and that of strangers, a quarter, when it is one.
    [[nodiscard]] bool allows(const std::string& peer, bool stranger) const {
        const auto one = of_peer_.find(peer);
        return all_ <= limit_ && (one == of_peer_.end() || one->second <= limit_ / 4 * 3) &&
               (!stranger || of_strangers_ <= limit_ / 4);
    }

  private:
    std::size_t limit_;
    std::size_t all_ = 0;
    std::size_t of_strangers_ = 0;
    std::unordered_map<std::string, std::size_t> of_peer_;
};

}  // namespace valhalla::http
