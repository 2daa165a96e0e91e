// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/health.hpp"

#include <utility>

#include "daemon/methods/bind.hpp"

namespace valhalla {

void bind_health_methods(ipc::method_table& table, const services& with) {
    namespace api = ipc::api;
    namespace commands = governor::commands;
    table.on<api::health_status>(
        [with](const api::health_status::params&, ipc::call& c) { c.reply(with.hot.health()); });
    table.on<api::health_report>([with](api::health_report::params&& p, ipc::call& c) {
        commands::report_health command{.source = std::move(p.source),
                                        .level = from_wire(p.level),
                                        .message = std::move(p.message),
                                        .ttl = std::nullopt};
        if (p.ttl_s) {
            command.ttl = std::chrono::seconds{*p.ttl_s};
        }
        with.changes.submit(std::move(command), c);
    });
    table.on<api::health_clear>([with](api::health_clear::params&& p, ipc::call& c) {
        with.changes.submit(commands::clear_health{std::move(p.source)}, c);
    });
}

}  // namespace valhalla
