// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/backup.hpp"

#include "daemon/methods/bind.hpp"

namespace valhalla {

void bind_backup_methods(ipc::method_table& table, const services& with) {
    namespace api = ipc::api;
    table.on<api::backup_create>([with](const api::backup_create::params& p, ipc::call& c) {
        const auto keep = p.keep.value_or(with.facts.keep_backups);
        with.saving.create(c.who().name, static_cast<std::size_t>(keep), c.defer());
    });
}

}  // namespace valhalla
