// SPDX-License-Identifier: Apache-2.0
//
// Why a socket lets somebody not connect, for a message: only the reason that holds helps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace valhalla::detail {

/// After EACCES, the end of a sentence that begins with the path.
[[nodiscard]] inline std::string why_no_permission(const std::string& path) {
    struct stat socket{};
    if (::stat(path.c_str(), &socket) != 0) {
        return "you may not connect: your user may not enter the directory that it is in";
    }
    if ((socket.st_mode & S_IWGRP) == 0) {
        return "you may not connect: the socket is for its owner alone";
    }
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 0)));
    const int filled = ::getgroups(count, groups.data());
    groups.resize(static_cast<std::size_t>(std::max(filled, 0)));
    groups.push_back(::getegid());
    if (std::ranges::find(groups, socket.st_gid) == groups.end()) {
        return "you may not connect: your user is not in the socket's group";
    }
    return "you may not connect, though your user is in the socket's group: an access list or a security module of the "
           "system forbids it";
}

}  // namespace valhalla::detail
