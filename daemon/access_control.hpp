// SPDX-License-Identifier: Apache-2.0
//
// Who may do what: from a peer's uid and gid to a role. The user database is asked once per uid and the answer kept for
// a minute; I/O thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

#include "ipc/role.hpp"

namespace valhalla {

/// Names of users (`alice`, or `uid:1000`) and groups (`group:staff`, or `gid:1000`) for each role. The daemon's own
/// user and root are owners whatever is written here.
struct access_rules {
    std::vector<std::string> owners{"group:valhalla-admin"};
    std::vector<std::string> operators{"group:valhalla"};
    std::vector<std::string> viewers;
    ipc::role others = ipc::role::none;  ///< of those who are in no list
};

/// Nothing when the entry has the right form; else a sentence.
[[nodiscard]] std::optional<std::string> problem_with_entry(const std::string& entry);

class access_control {
  public:
    access_control(access_rules rules, uid_t own_uid);

    [[nodiscard]] ipc::role role_of(uid_t uid, gid_t gid);
    /// From the next connection on.
    void set_rules(access_rules rules);

  private:
    struct kept {
        ipc::role granted;
        std::chrono::steady_clock::time_point until;
    };
    [[nodiscard]] ipc::role look_up(uid_t uid, gid_t gid) const;

    access_rules rules_;
    uid_t own_uid_;
    std::unordered_map<std::uint64_t, kept> known_;  // by uid and gid
};

}  // namespace valhalla
