// SPDX-License-Identifier: Apache-2.0
//
// A user database that a test writes, and that can fail.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/user_database.hpp"

namespace valhalla::tests {

struct fake_users {
    std::map<uid_t, user_entry> names;
    std::map<std::string, group_entry> groups;
    int error = 0;             ///< of every question
    std::string broken_group;  ///< nothing can be learnt of it, and nobody's list of groups has it

    /// Lives no longer than this.
    [[nodiscard]] user_database database() const {
        return {
            .user = [this](uid_t uid) -> looked_up<user_entry> {
                const auto found = names.find(uid);
                return error != 0 || found == names.end() ? looked_up<user_entry>{{}, error}
                                                          : looked_up<user_entry>{found->second, 0};
            },
            .groups_of =
                [this](const user_entry& user) {
                    std::vector<gid_t> all{user.group};
                    for (const auto& [name, entry] : groups) {
                        if (name != broken_group &&
                            std::ranges::find(entry.members, user.name) != entry.members.end()) {
                            all.push_back(entry.id);
                        }
                    }
                    return all;
                },
            .group_named =
                [this](const std::string& name) { return group([&](const auto& each) { return each.first == name; }); },
            .group_numbered =
                [this](gid_t id) { return group([&](const auto& each) { return each.second.id == id; }); }};
    }

  private:
    template <class Is>
    [[nodiscard]] looked_up<group_entry> group(const Is& is) const {
        const auto found = std::find_if(groups.begin(), groups.end(), is);
        if (error != 0) {
            return {{}, error};
        }
        if (found == groups.end()) {
            return {{}, 0};
        }
        return found->first == broken_group ? looked_up<group_entry>{{}, EIO}
                                            : looked_up<group_entry>{found->second, 0};
    }
};

}  // namespace valhalla::tests
