// SPDX-License-Identifier: Apache-2.0
//
// Who may do what: from a uid, and what the user database says of it, to a name and a role. Nothing is kept here, and
// every question may wait for a directory service: identities.hpp asks on threads of its own and keeps the answers.
//
// `group:` and `gid:` are what the user database says now, whatever groups the peer's process has: a program that a
// member made setgid keeps its group when the member has left. The groups of a process, which only the kernel knows,
// count where `process-group:` or `process-gid:` names them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "daemon/user_database.hpp"
#include "ipc/peer.hpp"
#include "ipc/role.hpp"

namespace valhalla {

/// For each role names of users (`alice`, or `uid:1000`), groups (`group:staff`, or `gid:1000`) and groups of
/// processes (`process-group:staff`, or `process-gid:1000`). The daemon's own user and root are owners whatever is
/// written here.
struct access_rules {
    std::vector<std::string> owners{"group:valhalla-admin"};
    std::vector<std::string> operators{"group:valhalla"};
    std::vector<std::string> viewers;
    ipc::role others = ipc::role::none;  ///< of those who are in no list
    friend bool operator==(const access_rules&, const access_rules&) = default;
};

/// Nothing when the entry has the right form; otherwise a sentence.
[[nodiscard]] std::optional<std::string> problem_with_entry(const std::string& entry);
/// Whether the groups of a peer's process count anywhere.
[[nodiscard]] bool name_process_groups(const access_rules& rules);

/// What is known of one user under some rules.
struct standing {
    ipc::identity who;
    /// What else the user has when their process has this supplementary group.
    struct process_role {
        gid_t group = 0;
        ipc::role granted = ipc::role::none;
    };
    std::vector<process_role> by_process;
};

/// A standing, or why there is none now: a role that depends on an answer that did not come is neither given nor taken.
struct standing_answer {
    std::optional<standing> found;
    std::string problem;
};

/// Where `own` runs the daemon. A uid that the user database does not know has what `uid:` entries and `others` give.
[[nodiscard]] standing_answer find_standing(uid_t uid, uid_t own, const access_rules& rules,
                                            const user_database& users);

/// The user, with a process in these supplementary groups.
[[nodiscard]] ipc::identity identity_with(const standing& user, const std::vector<gid_t>& process_groups);

}  // namespace valhalla
