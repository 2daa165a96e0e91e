// SPDX-License-Identifier: Apache-2.0
//
// What the system knows of users and groups (getpwuid, getgrouplist and getgrnam, as nsswitch.conf has them answered).
// A directory service behind it may take as long as it likes, so nothing here is for the I/O thread or the ledger's. An
// entry that is not there and a database that does not say are two answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace valhalla {

struct user_entry {
    std::string name;
    gid_t group = 0;  ///< the primary one
};

struct group_entry {
    gid_t id = 0;
    std::vector<std::string> members;  ///< those that are listed; whose primary group it is may be missing
};

/// An entry, or none; or an error, and then nothing is known.
template <class Entry>
struct looked_up {
    std::optional<Entry> entry;
    int error = 0;  ///< an errno
};

/// Where it is asked; tests put others in its place. Any thread.
struct user_database {
    std::function<looked_up<user_entry>(uid_t)> user;
    /// All groups of a user, the primary one among them. Services that do not answer are left out of it without a word,
    /// so a group that is missing is to be asked for itself.
    std::function<std::vector<gid_t>(const user_entry&)> groups_of;
    std::function<looked_up<group_entry>(const std::string& name)> group_named;
    std::function<looked_up<group_entry>(gid_t)> group_numbered;
};

[[nodiscard]] user_database system_user_database();

}  // namespace valhalla
