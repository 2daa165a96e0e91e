// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/backup.hpp"

#include <utility>

#include "daemon/methods/bind.hpp"

namespace valhalla {

void bind_backup_methods(ipc::method_table& table, const services& with) {
    namespace api = ipc::api;
    table.on<api::backup_create>([with](const api::backup_create::params& p, ipc::call& c) {
        const auto keep = static_cast<std::size_t>(p.keep.value_or(with.facts.keep_backups));
        with.tasks.run(c, [with, keep](const ipc::peer& who, ipc::reply_handle reply, const auto& /*token*/) {
            with.saving.create(who.name, keep, std::move(reply));
        });
    });
}

}  // namespace valhalla
