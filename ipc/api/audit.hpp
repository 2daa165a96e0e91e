// SPDX-License-Identifier: Apache-2.0
//
// audit.*: the trail.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// Names of other programs' events: `X_` and then letters, digits, `_`, `-` and `.`.
[[nodiscard]] constexpr bool is_foreign_event_name(std::string_view text) noexcept {
    if (text.size() < 3 || !text.starts_with("X_")) {
        return false;
    }
    for (const char c : text) {
        const bool fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                          c == '-' || c == '.';
        if (!fits) {
            return false;
        }
    }
    return true;
}

struct audit_append {
    static constexpr std::string_view name = "audit.append";
    static constexpr std::string_view summary = "Records an event of another program.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string event;
        std::string payload_json;
    };
    static constexpr auto fields = std::tuple{
        text("event", &params::event,
             {.min_bytes = 3,
              .max_bytes = max_event_name_bytes,
              .form = is_foreign_event_name,
              .form_words = "`X_` and then letters, digits, `_`, `-` or `.`"},
             "Its name, which begins with `X_`."),
        object("payload", &params::payload_json, {.max_bytes = max_payload_bytes}, "What happened."),
    };
    static constexpr std::array result{
        integer("seq", id_rules, "Number of the record."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct audit_list {
    static constexpr std::string_view name = "audit.list";
    static constexpr std::string_view summary =
        "Records of the trail in pages: newest first, or oldest first when `after` is given.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::optional<std::string> event;
        std::optional<std::int64_t> session;
        std::optional<std::string> actor;
        std::optional<wire_time> since;
        std::optional<wire_time> until;
        std::optional<std::int64_t> after;
        std::optional<std::int64_t> before;
        std::int64_t limit = default_page;
    };
    static constexpr auto fields = std::tuple{
        text("event", &params::event, name_rules, "Only records of this event."),
        integer("session", &params::session, id_rules, "Only records that belong to this session."),
        text("actor", &params::actor, name_rules, "Only records caused by this user."),
        time("since", &params::since, "Only records at or after this time."),
        time("until", &params::until, "Only records before this time."),
        integer("after", &params::after, {.minimum = 0}, "Only records with a greater seq; oldest first."),
        integer("before", &params::before, id_rules, "Only records with a smaller seq."),
        defaulted(integer("limit", &params::limit, page_rules, "Most items in the answer.")),
    };
    static constexpr std::array result{
        array_of(of("items", shapes::record, "The records of the page.")),
        nullable(
            integer("next_cursor", id_rules,
                    "The seq to go on from: `after` where the order is ascending, else `before`; null at the end.")),
        word("order", shapes::order_words, "Oldest first, or newest first."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

/// What a proof can be asked about: records and sizes count from 1.
inline constexpr integer_rules size_rules{.minimum = 1};

struct audit_checkpoint {
    static constexpr std::string_view name = "audit.checkpoint";
    static constexpr std::string_view summary =
        "The newest signed checkpoint of the trail; signed now if the trail has grown.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("origin", "The trail's name."),
        integer("size", "Records that it covers: at least all that was answered on this connection before."),
        text("root", "Root of the tree, in base64."),
        text("note", "The signed note (C2SP tlog-checkpoint), verbatim."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct audit_key {
    static constexpr std::string_view name = "audit.key";
    static constexpr std::string_view summary = "The public key that the trail's checkpoints are signed with.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("origin", "The trail's name."),
        text("key", "The verifier key (C2SP signed-note)."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct audit_inclusion {
    static constexpr std::string_view name = "audit.inclusion";
    static constexpr std::string_view summary = "The proof that a record is in the tree.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t seq = 0;
        std::optional<std::int64_t> size;
    };
    static constexpr auto fields = std::tuple{
        integer("seq", &params::seq, id_rules, "The record's number."),
        integer("size", &params::size, size_rules, "Size of the tree; without it, that of a checkpoint signed now."),
    };
    static constexpr std::array result{
        integer("index", "`seq - 1`: leaves count from 0."),
        integer("size", "Size of the tree."),
        array_of(text("hashes", "The proof: hashes in base64, from leaf to root.")),
        of("record", shapes::record, "The record, its bytes as they were hashed."),
        nullable(text("note", "The signed checkpoint of that size; null when `size` was given.")),
    };
    static constexpr std::array errors{error_code::unknown_record, error_code::beyond_the_trail};
};

struct audit_consistency {
    static constexpr std::string_view name = "audit.consistency";
    static constexpr std::string_view summary = "The proof that a tree only grew since it had another size.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t old_size = 0;
        std::optional<std::int64_t> size;
    };
    static constexpr auto fields = std::tuple{
        integer("old_size", &params::old_size, {.minimum = 0}, "Size that the asker knows."),
        integer("size", &params::size, size_rules, "Later size; without it, that of a checkpoint signed now."),
    };
    static constexpr std::array result{
        integer("old_size", "The earlier size."),
        integer("size", "The later one."),
        array_of(text("hashes", "The proof: hashes in base64, in the order of RFC 6962.")),
        nullable(text("note", "The signed checkpoint of that size; null when `size` was given.")),
    };
    static constexpr std::array errors{error_code::beyond_the_trail};
};

/// Partial tiles of any older size can be had: hashes of complete subtrees never change.
struct audit_tile {
    static constexpr std::string_view name = "audit.tile";
    static constexpr std::string_view summary = "One tile of the tree: hashes of complete subtrees.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t level = 0;
        std::int64_t index = 0;
        std::int64_t width = tile_width;
        static constexpr std::int64_t tile_width = 256;
    };
    static constexpr auto fields = std::tuple{
        integer("level", &params::level, {.minimum = 0, .maximum = 7}, "Level of the tile; 0 holds leaf hashes."),
        integer("index", &params::index, {.minimum = 0, .maximum = std::int64_t{1} << 48U}, "Its number in its level."),
        defaulted(integer("width", &params::width, {.minimum = 1, .maximum = params::tile_width},
                          "How many hashes, from its first on.")),
    };
    static constexpr std::array result{
        integer("level", "Its level."),
        integer("index", "Its number in the level."),
        integer("width", "How many hashes."),
        text("hashes", "The base64 of `width` hashes of 32 bytes: what a tile file of C2SP tlog-tiles holds."),
    };
    static constexpr std::array errors{error_code::beyond_the_trail};
};

namespace shapes {
inline constexpr std::array followed_members{
    integer("follow", id_rules, "Number of the follow."),
    of("record", record, "The record."),
};
inline constexpr std::array follow_end_members{
    integer("follow", id_rules, "Number of the follow."),
    integer("after", "Where to go on."),
    text("reason", "A sentence that says why it ended."),
};
}  // namespace shapes

struct audit_follow {
    static constexpr std::string_view name = "audit.follow";
    static constexpr std::string_view summary = "Sends the records of the trail, and from then on each new one.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    struct params {
        std::optional<std::int64_t> after;
        std::optional<std::string> event;
        std::optional<std::int64_t> session;
        std::optional<std::string> actor;
    };
    static constexpr auto fields = std::tuple{
        integer("after", &params::after, {.minimum = 0}, "Only records with a greater seq; without it, only new ones."),
        text("event", &params::event, name_rules, "Only records of this event."),
        integer("session", &params::session, id_rules, "Only records that belong to this session."),
        text("actor", &params::actor, name_rules, "Only records caused by this user."),
    };
    static constexpr const shape& result = shapes::follow;
    static constexpr std::array errors{error_code::beyond_the_trail, error_code::too_many_follows};
    static constexpr std::array notifications{
        shape{"audit.event", "A record: first the existing ones, then new ones, in order of seq and without end.",
              shapes::followed_members},
        shape{"audit.follow_end", "The daemon ended the follow.", shapes::follow_end_members},
    };
};

struct audit_unfollow {
    static constexpr std::string_view name = "audit.unfollow";
    static constexpr std::string_view summary = "Ends an audit.follow of this connection.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t follow = 0;
    };
    static constexpr auto fields = std::tuple{
        integer("follow", &params::follow, id_rules, "What audit.follow answered."),
    };
    static constexpr const shape& result = shapes::follow;
    static constexpr std::array errors{error_code::unknown_follow};
};

struct audit_witness_key {
    static constexpr std::string_view name = "audit.witness_key";
    static constexpr std::string_view summary =
        "The public key that this daemon cosigns the checkpoints of others with.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("key", "The verifier key (C2SP signed-note) of its cosignatures."),
    };
    static constexpr std::array errors{error_code::no_witness};
};

/// `request` is the body of C2SP tlog-witness' add-checkpoint: `old <size>`, consistency hashes, an empty line, the
/// checkpoint.
struct audit_witness {
    static constexpr std::string_view name = "audit.witness";
    static constexpr std::string_view summary = "Cosigns the checkpoint of another log when it continues the last one.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string request;
    };
    static constexpr auto fields = std::tuple{
        text("request", &params::request, {.min_bytes = 1, .max_bytes = max_witness_request_bytes},
             "The body of an add-checkpoint request, newlines and all."),
    };
    static constexpr std::array result{
        text("origin", "The other log."),
        integer("size", "Size of its tree."),
        text("signatures", "Lines to append to the checkpoint, each ended by a newline."),
    };
    static constexpr std::array errors{error_code::no_witness, error_code::unknown_log, error_code::bad_checkpoint,
                                       error_code::witness_conflict, error_code::bad_proof};
};

}  // namespace valhalla::ipc::api
