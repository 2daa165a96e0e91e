// SPDX-License-Identifier: Apache-2.0
//
// daemon.*: the process itself.
#pragma once

#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct daemon_info {
    static constexpr std::string_view name = "daemon.info";
    static constexpr std::string_view summary = "Version, instance, where its data lies, and who the caller is to it.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
};

struct daemon_stop {
    static constexpr std::string_view name = "daemon.stop";
    static constexpr std::string_view summary = "Stops the daemon after everything accepted is answered.";
    // Nothing that the ledger does: answered at once, and before it every change of its connection.
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
};

}  // namespace valhalla::ipc::api
