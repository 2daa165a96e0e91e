// SPDX-License-Identifier: Apache-2.0
#include "daemon/access_names.hpp"

#include <algorithm>
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <string_view>

#include <fmt/format.h>

namespace valhalla {

namespace {

constexpr std::size_t first_buffer_bytes = std::size_t{16} << 10U;
constexpr std::size_t last_buffer_bytes = std::size_t{16} << 20U;  // of a group with a million members

/// `ask` is getpwnam_r or getgrnam_r. False only where the database says that there is none: one that does not answer
/// does not warrant a warning.
template <class Entry, class Ask>
bool is_known(Ask ask, const std::string& name) {
    for (auto bytes = first_buffer_bytes; bytes <= last_buffer_bytes; bytes *= 2) {
        std::string buffer(bytes, '\0');
        Entry entry{};
        Entry* found = nullptr;
        const int fault = ask(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (fault != ERANGE) {
            return found != nullptr || (fault != 0 && fault != ENOENT && fault != ESRCH);
        }
    }
    return true;
}

void tell_unknown(const char* list, const std::vector<std::string>& entries, const std::vector<std::string>& usual,
                  std::vector<std::string>& out) {
    for (const auto& entry : entries) {
        const auto colon = entry.find(':');
        const auto kind = colon == std::string::npos ? std::string{} : entry.substr(0, colon);
        if (kind == "uid" || kind == "gid" || kind == "process-gid" || std::ranges::find(usual, entry) != usual.end()) {
            continue;
        }
        const bool is_group = kind == "group" || kind == "process-group";
        const auto name = is_group ? entry.substr(colon + 1) : entry;
        if (is_group ? is_known<group>(::getgrnam_r, name) : is_known<passwd>(::getpwnam_r, name)) {
            continue;
        }
        out.push_back(
            fmt::format("access.{} names \"{}\", and this system knows no such {}: nobody has that role by it", list,
                        entry, is_group ? "group" : "user"));
    }
}

}  // namespace

std::vector<std::string> unknown_names_in(const access_rules& rules) {
    const access_rules usual;
    std::vector<std::string> sentences;
    tell_unknown("owners", rules.owners, usual.owners, sentences);
    tell_unknown("operators", rules.operators, usual.operators, sentences);
    tell_unknown("viewers", rules.viewers, usual.viewers, sentences);
    return sentences;
}

}  // namespace valhalla
