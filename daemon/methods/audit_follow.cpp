// SPDX-License-Identifier: Apache-2.0
//
// audit.follow, audit.unfollow: the trail as it grows.
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "daemon/methods/bind.hpp"
#include "daemon/methods/event_filter.hpp"
#include "ipc/api/audit.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

std::string follow_json(std::int64_t number, audit_seq after) {
    return fmt::format(R"({{"follow":{},"after":{}}})", number, raw(after));
}

/// A follow of an event whose name only the trail may know.
void begin_if_known(const services& with, ipc::call& c, schema::audit_query filter) {
    auto reply = c.defer();
    auto look = [with, who = c.who(), channel = c.channel(), filter = std::move(filter),
                 reply](schema::reader& from) mutable -> std::function<void()> {
        auto refusal = refuse_strange_event(from, *filter.event);
        return [with, who, channel, filter, reply, refusal]() mutable {
            if (refusal) {
                reply.fail(*refusal);
                return;
            }
            const auto after = *filter.after;
            const auto begun = with.follows.follow(who, channel, std::move(filter));
            if (const auto* error = std::get_if<ipc::rpc_error>(&begun)) {
                reply.fail(*error);
            } else {
                reply.reply(follow_json(std::get<std::int64_t>(begun), after));
            }
        };
    };
    with.queries.submit_then(std::move(look), std::move(reply));
}

}  // namespace

void bind_follow_methods(ipc::method_table& table, const services& with) {
    table.on<api::audit_follow>([with](api::audit_follow::params&& p, ipc::call& c) {
        const auto now = static_cast<std::int64_t>(with.hot.head().size);
        const audit_seq after{p.after.value_or(now)};
        if (raw(after) > now) {
            ipc::rpc_error error{
                ipc::error_code::beyond_the_trail,
                fmt::format("after {} is beyond the trail, which has {} records; was it put back?", raw(after), now),
                {}};
            ipc::append_text_member(error.data_members, "key", "after");
            c.fail(error);
            return;
        }
        schema::audit_query filter;
        filter.after = after;
        filter.event = std::move(p.event);
        filter.actor = std::move(p.actor);
        if (p.session) {
            filter.session = session_id{*p.session};
        }
        if (is_strange_event(filter.event)) {
            begin_if_known(with, c, std::move(filter));
            return;
        }
        const auto begun = with.follows.follow(c.who(), c.channel(), std::move(filter));
        if (const auto* error = std::get_if<ipc::rpc_error>(&begun)) {
            c.fail(*error);
        } else {
            c.reply(follow_json(std::get<std::int64_t>(begun), after));
        }
    });
    table.on<api::audit_unfollow>([with](const api::audit_unfollow::params& p, ipc::call& c) {
        if (const auto after = with.follows.unfollow(c.who(), p.follow)) {
            c.reply(follow_json(p.follow, *after));
            return;
        }
        ipc::rpc_error error{
            ipc::error_code::unknown_follow, fmt::format("this connection has no follow {}", p.follow), {}};
        ipc::append_text_member(error.data_members, "key", "follow");
        c.fail(error);
    });
}

}  // namespace valhalla
