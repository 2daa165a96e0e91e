// SPDX-License-Identifier: Apache-2.0
#include "daemon/change_gate.hpp"

#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>

namespace valhalla {

void change_gate::submit(governor::command what, const ipc::peer& who, ipc::reply_handle reply) {
    gather({.what = std::move(what),
            .who = {.name = who.name, .via = actor_via::unix_socket, .uid = who.uid, .gid = who.gid},
            .is_owner = who.granted == ipc::role::owner,
            .reply = std::move(reply)});
}

void change_gate::submit_own(governor::command what) {
    gather({.what = std::move(what), .who = daemon_actor(), .is_owner = true, .reply = {}});
}

void change_gate::gather(change one) {
    gathered_.push_back(std::move(one));
    if (!std::exchange(flush_posted_, true)) {
        boost::asio::post(io_, [this] { flush(); });
    }
}

void change_gate::flush() {
    flush_posted_ = false;
    if (gathered_.empty() || ledger_.submit(gathered_)) {
        return;
    }
    for (auto& one : gathered_) {
        one.reply.fail({ipc::error_code::overloaded,
                        "too many changes are waiting for the disk, this one was not taken; try again in a moment",
                        {}});
    }
    gathered_.clear();
}

void change_gate::answer(commit_result& result) {
    const std::string_view bytes{result.bytes};
    for (auto& one : result.answers) {
        if (const auto* error = std::get_if<ipc::rpc_error>(&one.result)) {
            one.reply.fail(*error);
        } else {
            const auto& where = std::get<commit_result::slice>(one.result);
            one.reply.reply(bytes.substr(where.offset, where.size));
        }
    }
}

}  // namespace valhalla
