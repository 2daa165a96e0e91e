// SPDX-License-Identifier: Apache-2.0
//
// operator.*, key.*, auth.key: who is kept from beginning something new, and who comes with a key instead of a user.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// One line, for it stands in tables and in sentences.
inline constexpr text_rules access_reason_rules{.min_bytes = 1,
                                                .max_bytes = max_message_bytes,
                                                .form = is_one_line,
                                                .form_words = "one line without control characters"};
/// The daemon acts under this name, and no lock holds it.
inline constexpr std::string_view daemon_name = "valhallad";

[[nodiscard]] constexpr bool is_operator_name(std::string_view text) noexcept {
    return is_one_line(text) && text != daemon_name;
}
/// What a key stands for must not look like the daemon, nor like a user who has no name.
[[nodiscard]] constexpr bool is_key_name(std::string_view text) noexcept {
    return is_operator_name(text) && !text.starts_with("uid:");
}
[[nodiscard]] constexpr bool is_key_id(std::string_view text) noexcept {
    return text.size() == 12 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

inline constexpr text_rules operator_rules{.min_bytes = 1,
                                           .max_bytes = max_name_bytes,
                                           .form = is_operator_name,
                                           .form_words = "an operator's name: one line, and not the daemon's own"};
inline constexpr text_rules key_name_rules{
    .min_bytes = 1,
    .max_bytes = max_name_bytes,
    .form = is_key_name,
    .form_words = "a name: one line, not the daemon's own, and not beginning with uid:"};
inline constexpr text_rules key_id_rules{.min_bytes = 1,
                                         .max_bytes = max_name_bytes,
                                         .form = is_key_id,
                                         .form_words = "the 12 hex digits behind vhk_ in the key"};
inline constexpr std::int64_t max_lock_s = 31'536'000;  // a year
inline constexpr std::int64_t max_key_s = 315'360'000;  // ten years

/// The roles that a key can have; 0 is the one after `role::none`.
enum class key_role : std::uint8_t { viewer = 0, operator_ = 1, owner = 2 };
[[nodiscard]] constexpr role role_of(key_role r) noexcept {
    return static_cast<role>(static_cast<std::uint8_t>(r) + 1);
}

namespace shapes {

inline constexpr std::array lock_members{
    text("operator", "Who is locked."),
    text("reason", "Why."),
    time("since_utc", "When it began."),
    nullable(time("until_utc", "When it ends by itself; null: not before an owner lifts it.")),
    text("locked_by", "The owner who locked them."),
    nullable(integer("session", id_rules, "The session that they still have; null when there is none.")),
};
inline constexpr shape lock{"lock", "An operator who is locked.", lock_members};

inline constexpr std::array key_members{
    text("id", "Its number, which its text begins with behind `vhk_`; no secret."),
    text("name", "Who acts with it."),
    word("role", role_words, "What they may do."),
    time("created_utc", "When it was made."),
    text("created_by", "The owner who made it."),
    nullable(time("expires_at_utc", "When it ends by itself; null: never.")),
    flag("expired", "Whether it has expired."),
};
inline constexpr shape key{"key", "A key without its secret.", key_members};

}  // namespace shapes

struct operator_lock {
    static constexpr std::string_view name = "operator.lock";
    static constexpr std::string_view summary =
        "Locks an operator: what runs goes on, nothing new begins. They can still end their session and note in it; "
        "every "
        "other change of theirs is refused, whatever their role.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    struct params {
        std::string operator_name;
        std::string reason;
        std::optional<std::int64_t> ttl_s;
    };
    static constexpr auto fields = std::tuple{
        text("operator", &params::operator_name, operator_rules,
             "Who; they need not have been here before. A lock that they have is replaced. A user of this system is "
             "held "
             "by name and by uid, whichever is given."),
        text("reason", &params::reason, access_reason_rules, "Why; the operator sees it."),
        integer("ttl_s", &params::ttl_s, {.minimum = 1, .maximum = max_lock_s},
                "Seconds after which it ends by itself; without it, an owner has to lift it."),
    };
    static constexpr const shape& result = shapes::lock;
    static constexpr std::array errors{error_code::too_many_locks};
};

struct operator_unlock {
    static constexpr std::string_view name = "operator.unlock";
    static constexpr std::string_view summary =
        "Lifts a lock. An owner who is locked can do it too, also their own: no owner is locked out for good.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    struct params {
        std::string operator_name;
        std::optional<std::string> reason;
    };
    static constexpr auto fields = std::tuple{
        text("operator", &params::operator_name, operator_rules, "Who."),
        text("reason", &params::reason, access_reason_rules, "Why."),
    };
    static constexpr const shape& result = shapes::lock;
    static constexpr std::array errors{error_code::not_locked};
};

struct operator_locks {
    static constexpr std::string_view name = "operator.locks";
    static constexpr std::string_view summary = "The operators who are locked now, by name.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        array_of(of("items", shapes::lock, "All of them.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct key_create {
    static constexpr std::string_view name = "key.create";
    static constexpr std::string_view summary =
        "Makes a key. Everybody who sends it with `auth.key` acts in its name and with its role. The key is in this "
        "answer "
        "and nowhere else.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    struct params {
        std::string name;
        key_role granted{};
        std::optional<std::int64_t> ttl_s;
    };
    static constexpr auto fields = std::tuple{
        text("name", &params::name, key_name_rules,
             "Who acts with it, in sessions and in the trail. Several keys may have the same name."),
        word("role", &params::granted, shapes::role_words, "What they may do."),
        integer("ttl_s", &params::ttl_s, {.minimum = 1, .maximum = max_key_s},
                "Seconds after which it ends by itself; without it, never."),
    };
    static constexpr auto result = joined(
        shapes::key_members,
        std::array{nullable(text(
            "key",
            "The key itself. It is stored nowhere, so it is null in the answer to a retry: then revoke this key."))});
    static constexpr std::array errors{error_code::too_many_keys};
};

struct key_list {
    static constexpr std::string_view name = "key.list";
    static constexpr std::string_view summary = "The keys that are not revoked, oldest first, without their secrets.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        array_of(of("items", shapes::key, "All of them.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct key_revoke {
    static constexpr std::string_view name = "key.revoke";
    static constexpr std::string_view summary =
        "Ends a key: from now on it opens nothing, and connections that came with it may do nothing more.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    struct params {
        std::string id;
        std::optional<std::string> reason;
    };
    static constexpr auto fields = std::tuple{
        text("id", &params::id, key_id_rules, "Its number."),
        text("reason", &params::reason, access_reason_rules, "Why."),
    };
    static constexpr const shape& result = shapes::key;
    static constexpr std::array errors{error_code::unknown_key};
};

struct auth_key {
    static constexpr std::string_view name = "auth.key";
    static constexpr std::string_view summary =
        "Gives this connection the name and the role of a key, from the next request on; requests in flight keep those "
        "that they came with. A later call may bring another key; the user's own name and role do not come back. Once "
        "the key is revoked or has expired, everything but another `auth.key` is `invalid_key`.";
    // Answered out of the published state when nothing is in flight any more, so that who asks is never in doubt.
    static constexpr effect kind = effect::hot_read;
    /// A user who has no role may come with a key.
    static constexpr role needs = role::none;
    static constexpr bool rate_of_denials = true;
    struct params {
        std::string key;
    };
    static constexpr auto fields = std::tuple{
        text("key", &params::key, {.min_bytes = 1, .max_bytes = max_name_bytes},
             "The key, as `key.create` answered it. A wrong one is `invalid_key`, whatever is wrong with it."),
    };
    static constexpr std::array result{
        text("id", "The id of the key, the 12 hex digits behind `vhk_`."),
        text("name", "Who acts on this connection now."),
        word("role", shapes::role_words, "The role that the key gives."),
        nullable(time("expires_at_utc", "When it ends by itself; null: never.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

}  // namespace valhalla::ipc::api
