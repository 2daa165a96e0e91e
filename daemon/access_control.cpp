// SPDX-License-Identifier: Apache-2.0
#include "daemon/access_control.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace valhalla {

namespace {

constexpr std::string_view uid_prefix = "uid:";
constexpr std::string_view gid_prefix = "gid:";
constexpr std::string_view group_prefix = "group:";
constexpr std::string_view process_gid_prefix = "process-gid:";
constexpr std::string_view process_group_prefix = "process-group:";

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

std::optional<std::string> name_after(std::string_view entry, std::string_view prefix) {
    if (!entry.starts_with(prefix)) {
        return std::nullopt;
    }
    return std::string{entry.substr(prefix.size())};
}

std::string problem_of(std::string_view what, int error) {
    return fmt::format("the user database does not say {}: {}", what, std::generic_category().message(error));
}

enum class verdict : std::uint8_t { no, yes, unknown };

/// Entries, held against one user. Each group is asked for once at most: the answers are for one question.
class entry_matcher {
  public:
    entry_matcher(uid_t uid, const std::optional<user_entry>& user, const user_database& users)
        : uid_{uid}, user_{user}, users_{users} {
        if (user_) {
            groups_ = users_.groups_of(*user_);
        }
    }

    /// `unknown`: `problem` says why.
    verdict matches(const std::string& entry) {
        if (const auto number = number_after(entry, uid_prefix)) {
            return of(*number == uid_);
        }
        if (!user_) {
            return verdict::no;
        }
        if (const auto number = number_after(entry, gid_prefix)) {
            return in_group(*number);
        }
        if (const auto name = name_after(entry, group_prefix)) {
            return in_group_named(*name);
        }
        return of(entry == user_->name);
    }

    /// The group of a `process-…` entry; nothing for others, and for groups that do not exist. `unknown` is told in
    /// `problem`.
    std::optional<gid_t> process_group(const std::string& entry) {
        if (const auto number = number_after(entry, process_gid_prefix)) {
            return number;
        }
        const auto name = name_after(entry, process_group_prefix);
        if (!name) {
            return std::nullopt;
        }
        const auto found = users_.group_named(*name);
        note(found.error, fmt::format("which group '{}' is", *name));
        return found.entry ? std::optional{found.entry->id} : std::nullopt;
    }

    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    void forget_problem() noexcept { problem_.clear(); }

  private:
    static verdict of(bool is_so) noexcept { return is_so ? verdict::yes : verdict::no; }

    void note(int error, const std::string& what) {
        if (error != 0 && problem_.empty()) {
            problem_ = problem_of(what, error);
        }
    }

    [[nodiscard]] bool has(gid_t group) const { return std::ranges::find(groups_, group) != groups_.end(); }

    verdict is_member(const looked_up<group_entry>& group, const std::string& shown) {
        if (group.error != 0) {
            note(group.error, fmt::format("who is in the group {}", shown));
            return verdict::unknown;
        }
        return of(group.entry && (has(group.entry->id) ||
                                  std::ranges::find(group.entry->members, user_->name) != group.entry->members.end()));
    }

    verdict in_group(gid_t id) {
        return has(id) ? verdict::yes : is_member(users_.group_numbered(id), fmt::format("{}", id));
    }

    verdict in_group_named(const std::string& name) {
        return is_member(users_.group_named(name), fmt::format("'{}'", name));
    }

    uid_t uid_;
    const std::optional<user_entry>& user_;
    const user_database& users_;
    std::vector<gid_t> groups_;
    std::string problem_;
};

bool names_process(const std::string& entry) {
    return entry.starts_with(process_gid_prefix) || entry.starts_with(process_group_prefix);
}

using level = std::pair<ipc::role, const std::vector<std::string>*>;

std::array<level, 3> levels_of(const access_rules& rules) {
    return {level{ipc::role::owner, &rules.owners}, level{ipc::role::operator_, &rules.operators},
            level{ipc::role::viewer, &rules.viewers}};
}

/// The highest list that matches counts. Nothing where a higher one might have, had the user database answered.
std::optional<ipc::role> role_by_lists(const access_rules& rules, entry_matcher& matcher) {
    for (const auto& [granted, entries] : levels_of(rules)) {
        bool unknown = false;
        for (const auto& entry : *entries) {
            if (names_process(entry)) {
                continue;
            }
            const auto said = matcher.matches(entry);
            if (said == verdict::yes) {
                return granted;
            }
            unknown = unknown || said == verdict::unknown;
        }
        if (unknown) {
            return std::nullopt;
        }
    }
    return rules.others;
}

std::vector<standing::process_role> roles_of_processes(const access_rules& rules, entry_matcher& matcher,
                                                       ipc::role beyond) {
    std::vector<standing::process_role> roles;
    for (const auto& [granted, entries] : levels_of(rules)) {
        for (const auto& entry : *entries) {
            if (granted > beyond && names_process(entry)) {
                if (const auto group = matcher.process_group(entry)) {
                    roles.push_back({*group, granted});
                }
            }
        }
    }
    return roles;
}

}  // namespace

std::optional<std::string> problem_with_entry(const std::string& entry) {
    for (const auto prefix : {uid_prefix, gid_prefix, process_gid_prefix}) {
        if (entry.starts_with(prefix) && !number_after(entry, prefix)) {
            return fmt::format("'{}' needs a number after '{}'", entry, prefix);
        }
    }
    if (entry.empty() || entry == group_prefix || entry == process_group_prefix) {
        return "an entry is a user name, uid:NUMBER, group:NAME, gid:NUMBER, process-group:NAME or process-gid:NUMBER; "
               "this one is empty";
    }
    if (entry.find('\0') != std::string::npos) {
        return "an entry must not have a zero byte";
    }
    return std::nullopt;
}

bool name_process_groups(const access_rules& rules) {
    return std::ranges::any_of(levels_of(rules),
                               [](const level& each) { return std::ranges::any_of(*each.second, names_process); });
}

standing_answer find_standing(uid_t uid, uid_t own, const access_rules& rules, const user_database& users) {
    const auto asked = users.user(uid);
    const std::string name = asked.entry ? asked.entry->name : fmt::format("uid:{}", uid);
    if (uid == 0 || uid == own) {
        // Whatever the user database does: otherwise nobody could put things right.
        return {standing{{asked.error != 0 && uid == 0 ? "root" : name, ipc::role::owner}, {}}, {}};
    }
    if (asked.error != 0) {
        return {std::nullopt, problem_of(fmt::format("who uid {} is", uid), asked.error)};
    }
    entry_matcher matcher{uid, asked.entry, users};
    const auto granted = role_by_lists(rules, matcher);
    if (!granted) {
        return {std::nullopt, matcher.problem()};
    }
    standing found{{name, *granted}, {}};
    if (asked.entry) {
        matcher.forget_problem();  // of an entry beside the one that gave the role
        found.by_process = roles_of_processes(rules, matcher, *granted);
        if (!matcher.problem().empty()) {
            return {std::nullopt, matcher.problem()};
        }
    }
    return {std::move(found), {}};
}

ipc::identity identity_with(const standing& user, const std::vector<gid_t>& process_groups) {
    auto who = user.who;
    for (const auto& each : user.by_process) {
        if (std::ranges::find(process_groups, each.group) != process_groups.end()) {
            who.granted = std::max(who.granted, each.granted);
        }
    }
    return who;
}

}  // namespace valhalla
