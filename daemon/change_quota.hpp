// SPDX-License-Identifier: Apache-2.0
//
// How much may wait for the ledger, and how much of that one user may take. Counted on the I/O thread alone: what was
// taken is given back when the answer arrives there. A user's share is found once and kept at hand, so a change costs a
// comparison and four additions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "ipc/user_id.hpp"

namespace valhalla {

/// Of changes that are accepted and not answered yet.
struct queue_bounds {
    std::size_t changes = 65'536;
    std::size_t bytes = std::size_t{32} << 20U;  ///< of memory that they hold
    friend bool operator==(const queue_bounds&, const queue_bounds&) = default;
};
/// One user gets at most three quarters of either, so that he cannot lock the others out.
[[nodiscard]] constexpr std::size_t share_of(std::size_t all) noexcept {
    return all / 4 * 3;
}

class change_quota {
  public:
    struct usage {
        std::size_t changes = 0;
        std::size_t bytes = 0;
    };
    /// What one change has taken. Goes with it through the ledger, which does not look at it; nothing for changes of
    /// the daemon's own. Must be given back while the quota lives.
    struct hold {
        usage* all = nullptr;
        usage* of_user = nullptr;
        std::size_t bytes = 0;

        explicit operator bool() const noexcept { return all != nullptr; }
        void give_back() const noexcept;
    };

    explicit change_quota(queue_bounds bounds) : bounds_{bounds} {}
    change_quota(const change_quota&) = delete;
    change_quota& operator=(const change_quota&) = delete;

    /// Room for one change of this many bytes; false when there is none.
    [[nodiscard]] hold take(ipc::user_id user, std::size_t bytes);
    [[nodiscard]] const usage& taken() const noexcept { return all_; }
    [[nodiscard]] std::size_t users() const noexcept { return of_user_.size(); }

    /// Users that are remembered; beyond, those who wait for nothing are forgotten.
    static constexpr std::size_t max_users = 1'024;

  private:
    usage& usage_of(ipc::user_id user);

    queue_bounds bounds_;
    usage all_;
    std::unordered_map<ipc::user_id, usage> of_user_;  // its nodes stay where they are
    ipc::user_id last_user_;
    usage* last_ = nullptr;  // of `last_user_`
};

}  // namespace valhalla
