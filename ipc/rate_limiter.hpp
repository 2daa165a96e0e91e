// SPDX-License-Identifier: Apache-2.0
//
// How often one user may call a method: a token bucket for each user and each method that has a rate. A method without
// one is never looked up here. I/O thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ipc/user_id.hpp"

namespace valhalla::ipc {

/// So many calls in a period; all of them may come at once, then the bucket fills again evenly.
struct call_rate {
    std::int64_t calls = 0;
    std::chrono::seconds period{60};
    friend bool operator==(const call_rate&, const call_rate&) = default;
};

/// `10/min`, `5/s`, `100/h`; nothing for anything else. Calls from 1 to 1,000,000.
[[nodiscard]] std::optional<call_rate> parse_rate(std::string_view text);
/// `10 times a minute`.
[[nodiscard]] std::string rate_words(const call_rate& rate);

class rate_limiter {
  public:
    using clock = std::chrono::steady_clock;

    /// Buckets kept; beyond, those that are full again are dropped. Bounds memory to some hundred KiB.
    static constexpr std::size_t max_buckets = 4'096;

    /// Takes `calls` of the calls of this user to what `rate` is the rate of, by its address: zero, or nothing is taken
    /// and how long until there are as many again. There never are more than `rate.calls`.
    [[nodiscard]] std::chrono::milliseconds take(user_id user, const call_rate& rate, clock::time_point now,
                                                 std::size_t calls = 1);
    [[nodiscard]] std::size_t buckets() const noexcept { return buckets_.size(); }

  private:
    struct bucket {
        double calls;
        clock::time_point as_of;
    };
    struct key {
        user_id user;
        const call_rate* rate;
        friend bool operator==(const key&, const key&) = default;
    };
    struct key_hash {
        std::size_t operator()(const key& k) const noexcept {
            return std::hash<const void*>{}(k.rate) ^ (k.user.number() * 0x9e3779b97f4a7c15U);
        }
    };
    void drop_full(clock::time_point now);

    std::unordered_map<key, bucket, key_hash> buckets_;
};

}  // namespace valhalla::ipc
