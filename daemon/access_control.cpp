// SPDX-License-Identifier: Apache-2.0
#include "daemon/access_control.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <grp.h>
#include <pwd.h>
#include <string_view>
#include <utility>

namespace valhalla {

namespace {

constexpr std::chrono::minutes keep_for{1};
constexpr std::size_t max_known = 4'096;
constexpr std::size_t lookup_buffer_bytes = 16'384;
constexpr int max_groups = 1'024;

std::optional<std::uint32_t> number_after(std::string_view entry, std::string_view prefix) {
    if (!entry.starts_with(prefix)) {
        return std::nullopt;
    }
    entry.remove_prefix(prefix.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
    if (error != std::errc{} || end != entry.data() + entry.size()) {
        return std::nullopt;
    }
    return number;
}

/// What the system knows of a user: name, and all groups as numbers and as names.
struct identity {
    std::string name;
    std::vector<gid_t> groups;
    std::vector<std::string> group_names;
};

identity identify(uid_t uid, gid_t gid) {
    identity who;
    who.groups.push_back(gid);
    std::array<char, lookup_buffer_bytes> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
        who.name = found->pw_name;
        std::vector<gid_t> groups(max_groups);
        int count = max_groups;
        if (getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count) >= 0) {
            who.groups.insert(who.groups.end(), groups.begin(), groups.begin() + count);
        }
    }
    for (const auto id : who.groups) {
        group group_entry{};
        group* group_found = nullptr;
        if (getgrgid_r(id, &group_entry, buffer.data(), buffer.size(), &group_found) == 0 && group_found != nullptr) {
            who.group_names.emplace_back(group_found->gr_name);
        }
    }
    return who;
}

bool matches(const std::string& entry, uid_t uid, const identity& who) {
    constexpr std::string_view group_prefix = "group:";
    if (const auto number = number_after(entry, "uid:")) {
        return *number == uid;
    }
    if (const auto number = number_after(entry, "gid:")) {
        return std::ranges::find(who.groups, *number) != who.groups.end();
    }
    if (entry.starts_with(group_prefix)) {
        return std::ranges::find(who.group_names, entry.substr(group_prefix.size())) != who.group_names.end();
    }
    return entry == who.name;
}

}  // namespace

std::optional<std::string> problem_with_entry(const std::string& entry) {
    for (const std::string_view prefix : {"uid:", "gid:"}) {
        if (entry.starts_with(prefix) && !number_after(entry, prefix)) {
            return "'" + entry + "' needs a number after '" + std::string{prefix} + "'";
        }
    }
    if (entry.empty() || entry == "group:") {
        return "an entry is a user name, uid:NUMBER, group:NAME or gid:NUMBER; this one is empty";
    }
    return std::nullopt;
}

access_control::access_control(access_rules rules, uid_t own_uid) : rules_{std::move(rules)}, own_uid_{own_uid} {}

ipc::role access_control::role_of(uid_t uid, gid_t gid) {
    if (uid == 0 || uid == own_uid_) {
        return ipc::role::owner;
    }
    const auto key = (std::uint64_t{uid} << 32U) | gid;
    const auto now = std::chrono::steady_clock::now();
    if (const auto found = known_.find(key); found != known_.end() && found->second.until > now) {
        return found->second.granted;
    }
    if (known_.size() >= max_known) {
        known_.clear();
    }
    const auto granted = look_up(uid, gid);
    known_[key] = {granted, now + keep_for};
    return granted;
}

void access_control::set_rules(access_rules rules) {
    rules_ = std::move(rules);
    known_.clear();
}

ipc::role access_control::look_up(uid_t uid, gid_t gid) const {
    const auto who = identify(uid, gid);
    const auto listed = [&](const std::vector<std::string>& entries) {
        return std::ranges::any_of(entries, [&](const std::string& entry) { return matches(entry, uid, who); });
    };
    if (listed(rules_.owners)) {
        return ipc::role::owner;
    }
    if (listed(rules_.operators)) {
        return ipc::role::operator_;
    }
    return listed(rules_.viewers) ? ipc::role::viewer : rules_.others;
}

}  // namespace valhalla
