// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/daemon.hpp"

#include <unistd.h>

#include "daemon/methods/bind.hpp"
#include "daemon/telemetry/metrics_text.hpp"
#include "daemon/version.hpp"
#include "ipc/open_rpc.hpp"

namespace valhalla {

void bind_daemon_methods(ipc::method_table& table, const services& with) {
    namespace api = ipc::api;
    table.on<api::daemon_info>([with](const api::daemon_info::params&, ipc::call& c) {
        std::string out;
        json_writer json{out};
        json.begin_object();
        json.member("version", version).member("pid", static_cast<std::int64_t>(::getpid()));
        json.member("instance", with.hot.state().instance).member("started_at_utc", with.facts.started_at);
        json.member("state_dir", with.facts.state_dir.string()).member("socket", with.facts.socket);
        json.key("audit").begin_object();
        json.member("size", with.hot.head().size).member("root", schema::to_hex(with.hot.head().root));
        json.member("origin", with.signer.origin()).member("follows", static_cast<std::uint64_t>(with.follows.count()));
        json.end_object();
        json.member("operator", c.who().name).member("role", ipc::to_text(c.who().granted));
        json.end_object();
        c.reply(out);
    });
    table.on<api::daemon_metrics>([with](const api::daemon_metrics::params&, ipc::call& c) {
        const auto now = std::make_shared<const figures>(with.measured.take());
        with.queries.submit(
            [now](schema::reader&) -> query_pool::answer {
                std::string out;
                json_writer json{out};
                json.begin_object().member("content_type", metrics_content_type);
                json.member("text", metrics_text(*now, ask_system(*now))).end_object();
                return out;
            },
            c.defer());
    });
    table.on<api::rpc_discover>([document = ipc::open_rpc_document(version, ipc::describe_api())](
                                    const api::rpc_discover::params&, ipc::call& c) { c.reply(document); });
    table.on<api::daemon_stop>([with](const api::daemon_stop::params&, ipc::call& c) {
        with.tasks.run(c, [with](const ipc::peer& /*who*/, ipc::reply_handle reply, const auto& /*token*/) {
            reply.reply(R"({"stopping":true})");
            with.request_stop();
        });
    });
}

}  // namespace valhalla
