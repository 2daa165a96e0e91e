// SPDX-License-Identifier: Apache-2.0
#include "daemon/user_database.hpp"

#include <cerrno>
#include <cstddef>
#include <grp.h>
#include <pwd.h>

#include "ipc/utf8.hpp"

namespace valhalla {

namespace {

constexpr std::size_t first_entry_bytes = 4'096;
/// A group of a million members fits; what is larger is an error, and no reason to take all memory.
constexpr std::size_t most_entry_bytes = std::size_t{64} << 20U;
constexpr int first_groups = 64;
/// More than the kernel gives to a process (NGROUPS_MAX is 65,536).
constexpr int most_groups = 1 << 20;

/// With these too the C library says that there is no such entry (getpwnam(3)).
bool means_none(int error) noexcept {
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/// Calls `get` with a buffer that grows until the entry fits.
template <class Raw, class Entry, class Get, class Take>
looked_up<Entry> ask(const Get& get, const Take& take) {
    std::vector<char> buffer(first_entry_bytes);
    while (true) {
        Raw raw{};
        Raw* found = nullptr;
        const int error = get(raw, buffer, found);
        if (error == EINTR) {
            continue;
        }
        if (error == ERANGE && buffer.size() < most_entry_bytes) {
            buffer.resize(2 * buffer.size());
            continue;
        }
        if (found != nullptr) {
            return {take(*found), 0};
        }
        return {std::nullopt, means_none(error) ? 0 : error};
    }
}

looked_up<user_entry> ask_user(uid_t uid) {
    auto answer = ask<passwd, user_entry>(
        [uid](passwd& into, std::vector<char>& buffer, passwd*& found) {
            return ::getpwuid_r(uid, &into, buffer.data(), buffer.size(), &found);
        },
        [](const passwd& found) { return user_entry{found.pw_name, found.pw_gid}; });
    // The name goes into JSON, so it must be text.
    if (answer.entry && (answer.entry->name.empty() || !ipc::is_utf8(answer.entry->name))) {
        return {std::nullopt, 0};
    }
    return answer;
}

group_entry taken_from(const group& found) {
    group_entry entry{found.gr_gid, {}};
    for (char** member = found.gr_mem; member != nullptr && *member != nullptr; ++member) {
        entry.members.emplace_back(*member);
    }
    return entry;
}

looked_up<group_entry> ask_group_named(const std::string& name) {
    return ask<group, group_entry>(
        [&name](group& into, std::vector<char>& buffer, group*& found) {
            return ::getgrnam_r(name.c_str(), &into, buffer.data(), buffer.size(), &found);
        },
        taken_from);
}

looked_up<group_entry> ask_group_numbered(gid_t id) {
    return ask<group, group_entry>(
        [id](group& into, std::vector<char>& buffer, group*& found) {
            return ::getgrgid_r(id, &into, buffer.data(), buffer.size(), &found);
        },
        taken_from);
}

std::vector<gid_t> ask_groups_of(const user_entry& user) {
    for (int room = first_groups; room <= most_groups; room *= 2) {
        std::vector<gid_t> groups(static_cast<std::size_t>(room));
        int count = room;
        if (::getgrouplist(user.name.c_str(), user.group, groups.data(), &count) >= 0) {
            groups.resize(static_cast<std::size_t>(count));
            return groups;
        }
    }
    return {user.group};
}

}  // namespace

user_database system_user_database() {
    return {.user = ask_user,
            .groups_of = ask_groups_of,
            .group_named = ask_group_named,
            .group_numbered = ask_group_numbered};
}

}  // namespace valhalla
