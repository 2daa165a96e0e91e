// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/thresholds.hpp"

#include <tuple>
#include <type_traits>
#include <utility>

#include "daemon/methods/bind.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

governor::commands::set_thresholds command_of(const api::thresholds_set::params& p) {
    governor::commands::set_thresholds command;
    const auto take = [&](const auto& field) {
        const auto& given = p.*(field.where);
        if (!given) {
            return;
        }
        if constexpr (std::is_same_v<std::decay_t<decltype(*given)>, api::level>) {
            command.changes.emplace_back(field.name, from_wire(*given));
        } else {
            command.changes.emplace_back(field.name, *given);
        }
    };
    std::apply([&](const auto&... field) { (take(field), ...); }, api::thresholds_set::fields);
    return command;
}

}  // namespace

void bind_thresholds_methods(ipc::method_table& table, const services& with) {
    table.on<api::thresholds_get>(
        [with](const api::thresholds_get::params&, ipc::call& c) { c.reply(with.hot.thresholds()); });
    table.on<api::thresholds_set>(
        [with](const api::thresholds_set::params& p, ipc::call& c) { with.changes.submit(command_of(p), c); });
}

}  // namespace valhalla
