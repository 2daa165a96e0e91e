// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/canon.hpp"

#include <memory>
#include <utility>

#include "daemon/methods/bind.hpp"
#include "daemon/policy_file.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

ipc::rpc_error policy_error(const file_problem& problem) {
    ipc::rpc_error error{ipc::error_code::policy_invalid,
                         "the policy in force stays, because the file is invalid: " + problem.text(),
                         "\"line\":" + std::to_string(problem.line)};
    ipc::append_text_member(error.data_members, "file", problem.file);
    ipc::append_text_member(error.data_members, "key", problem.key);
    return error;
}

/// Reads and checks on the query thread, then puts the command to the ledger from the I/O thread.
void reload(const services& with, const ipc::peer& who, ipc::reply_handle reply, std::optional<retry_token> token) {
    const auto read_it = [with, policy = with.facts.policy, who, reply,
                          token = std::move(token)](schema::reader&) -> std::function<void()> {
        auto loaded = policy ? load_canon(*policy) : loaded_canon{built_in_canon()};
        return [with, who, reply, token, loaded = std::move(loaded)]() mutable {
            if (const auto* problem = std::get_if<file_problem>(&loaded)) {
                reply.fail(policy_error(*problem));
                return;
            }
            with.changes.submit(
                governor::commands::load_policy{std::get<std::shared_ptr<const governor::canon>>(loaded)}, who,
                std::move(reply), std::move(token));
        };
    };
    with.queries.submit_then(read_it, std::move(reply));
}

}  // namespace

void bind_canon_methods(ipc::method_table& table, const services& with) {
    table.on<api::canon_get>([with](const api::canon_get::params&, ipc::call& c) { c.reply(with.hot.canon()); });
    table.on<api::canon_reload>([with](const api::canon_reload::params&, ipc::call& c) {
        with.tasks.run(c, [with](const ipc::peer& who, ipc::reply_handle reply, std::optional<retry_token> token) {
            reload(with, who, std::move(reply), std::move(token));
        });
    });
}

}  // namespace valhalla
