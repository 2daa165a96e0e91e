// SPDX-License-Identifier: Apache-2.0
#include "ipc/peer.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <pwd.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "ipc/utf8.hpp"

namespace valhalla::ipc {

namespace {

// A peer that makes us remember every uid there is, is not to happen.
constexpr std::size_t most_names = 4'096;

}  // namespace

std::optional<std::string> system_user_name(std::uint32_t uid) {
    std::array<char, 16'384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    int fault = 0;
    do {
        fault = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    } while (fault == EINTR);
    // The name goes into JSON, so it must be text.
    if (fault != 0 || found == nullptr || *entry.pw_name == '\0' || !is_utf8(entry.pw_name)) {
        return std::nullopt;
    }
    return entry.pw_name;
}

std::optional<credentials> credentials_of(int socket) noexcept {
    ucred of_peer{};
    socklen_t size = sizeof of_peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &of_peer, &size) != 0 || size != sizeof of_peer) {
        return std::nullopt;
    }
    return credentials{of_peer.uid, of_peer.gid};
}

const std::string& user_names::of(std::uint32_t uid) {
    const auto now = clock::now();
    if (const auto known = known_.find(uid); known != known_.end() && now < known->second.until) {
        return known->second.name;
    }
    if (known_.size() >= most_names) {
        known_.clear();
    }
    auto found = ask_(uid);
    auto& kept = known_[uid];
    kept.until = found ? now + keep_ : now;
    kept.name = found ? *std::move(found) : fmt::format("uid:{}", uid);
    return kept.name;
}

}  // namespace valhalla::ipc
