// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/go.hpp"

#include <utility>

#include "daemon/methods/bind.hpp"

namespace valhalla {

void bind_go_methods(ipc::method_table& table, const services& with) {
    namespace api = ipc::api;
    table.on<api::go_checklist>(
        [with](const api::go_checklist::params&, ipc::call& c) { c.reply(with.hot.checklist()); });
    table.on<api::go_next_step>(
        [with](const api::go_next_step::params&, ipc::call& c) { c.reply(with.hot.next_step()); });
    table.on<api::go_summary>(
        [with](const api::go_summary::params&, ipc::call& c) { c.reply(with.hot.summary(c.who().name)); });
    table.on<api::go_complete>([with](api::go_complete::params&& p, ipc::call& c) {
        with.changes.submit(governor::commands::set_step{.step_id = std::move(p.step_id),
                                                         .done = p.done,
                                                         .notes = std::move(p.notes),
                                                         .override_reason = std::move(p.override_reason)},
                            c);
    });
}

}  // namespace valhalla
