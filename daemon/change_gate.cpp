// SPDX-License-Identifier: Apache-2.0
#include "daemon/change_gate.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>

#include "ipc/json_reader.hpp"
#include "ipc/params.hpp"

namespace valhalla {

actor actor_of(const ipc::peer& who) {
    if (!who.key.empty()) {
        return {.name = who.name, .via = actor_via::http, .uid = std::nullopt, .gid = std::nullopt};
    }
    return {.name = who.name, .via = actor_via::unix_socket, .uid = who.uid, .gid = who.gid};
}

void change_gate::submit(governor::command&& what, ipc::call& c) {
    const auto bytes = c.what().params.size();
    auto token = token_of(c);
    submit(std::move(what), c.who(), c.defer(), std::move(token), bytes);
}

void change_gate::submit(governor::command&& what, const ipc::peer& who, ipc::reply_handle reply,
                         std::optional<retry_token> token, std::size_t bytes) {
    admit({.what = std::move(what),
           .who = actor_of(who),
           .is_owner = who.granted == ipc::role::owner,
           .key = who.key,
           .token = std::move(token),
           .reply = std::move(reply)},
          who, bytes);
}

void change_gate::submit(governor::command&& what, std::unique_ptr<further_pieces> pieces, const ipc::peer& who,
                         ipc::reply_handle reply, std::optional<retry_token> token) {
    admit({.what = std::move(what),
           .pieces = std::move(pieces),
           .who = actor_of(who),
           .is_owner = who.granted == ipc::role::owner,
           .key = who.key,
           .token = std::move(token),
           .reply = std::move(reply)},
          who, 0);
}

void change_gate::submit(std::unique_ptr<const joint_commands> together, const ipc::peer& who, ipc::reply_handle reply,
                         std::optional<retry_token> token, std::size_t bytes) {
    admit({.what = {},
           .together = std::move(together),
           .who = actor_of(who),
           .is_owner = who.granted == ipc::role::owner,
           .key = who.key,
           .token = std::move(token),
           .reply = std::move(reply)},
          who, bytes);
}

void change_gate::recall(retry_token token, std::string answer, const ipc::peer& who, ipc::reply_handle reply) {
    const auto bytes = answer.size();
    auto known = std::make_unique<const std::string>(std::move(answer));
    admit({.what = {},
           .known = std::move(known),
           .who = actor_of(who),
           .token = std::move(token),
           .reply = std::move(reply)},
          who, bytes);
}

void change_gate::admit(change&& one, const ipc::peer& of, std::size_t bytes) {
    if (collected_ == nullptr) {
        one.quota = quota_.take(of.user(), sizeof(change) + bytes);
        if (!one.quota) {
            one.reply.fail(
                {ipc::error_code::overloaded,
                 "too many changes are waiting for the disk, so this one was not accepted; try again in a moment",
                 {}});
            return;
        }
    }
    gather(std::move(one));
}

std::vector<change> change_gate::collect(const std::function<void()>& handlers) {
    struct collecting {
        explicit collecting(change_gate& of) : gate{of} { gate.collected_ = &changes; }
        ~collecting() { gate.collected_ = nullptr; }
        collecting(const collecting&) = delete;
        collecting& operator=(const collecting&) = delete;
        change_gate& gate;
        std::vector<change> changes;
    } now{*this};
    handlers();
    return std::move(now.changes);
}

/// Members may come in another order in a retry: many languages do not keep it.
std::optional<retry_token> change_gate::token_of(const ipc::call& c) {
    const auto& asked = c.what();
    if (asked.request_key.empty()) {
        return std::nullopt;
    }
    std::map<std::string, std::string_view> members;
    ipc::json_scratch scratch;
    ipc::json_reader in{asked.params, scratch};
    ipc::json_string key;
    ipc::json_value value;
    std::string buffer;
    if (in.enter_object()) {
        while (in.next_key(key) && in.read(value)) {
            members.emplace(key.text(buffer), value.raw);
        }
    }
    members.erase(std::string{ipc::request_key_name});
    std::string request{asked.method};
    for (const auto& [name, json] : members) {
        request.append("\n").append(name).append("\n").append(json);  // neither can hold a newline
    }
    return retry_token{asked.request_key, schema::hasher{}.plain(request)};
}

void change_gate::submit_own(governor::command what) {
    gather({.what = std::move(what), .who = daemon_actor(), .is_owner = true, .token = {}, .reply = {}});
}

void change_gate::submit_of(actor who, governor::command what) {
    gather({.what = std::move(what), .who = std::move(who), .is_owner = false, .token = {}, .reply = {}});
}

void change_gate::gather(change&& one) {
    if (collected_ != nullptr) {
        collected_->push_back(std::move(one));
        return;
    }
    gathered_.push_back(std::move(one));
    if (!std::exchange(flush_posted_, true)) {
        boost::asio::post(io_, [this] { flush(); });
    }
}

void change_gate::flush() {
    flush_posted_ = false;
    if (!gathered_.empty()) {
        ledger_.submit(gathered_);
    }
}

void change_gate::answer(commit_result& result) {
    const std::string_view bytes{result.bytes};
    for (auto& one : result.answers) {
        one.quota.give_back();
        if (const auto* error = std::get_if<ipc::rpc_error>(&one.result)) {
            one.reply.fail(*error);
        } else {
            const auto& where = std::get<commit_result::slice>(one.result);
            one.reply.reply(bytes.substr(where.offset, where.size));
        }
    }
}

}  // namespace valhalla
