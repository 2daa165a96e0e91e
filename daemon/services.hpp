// SPDX-License-Identifier: Apache-2.0
//
// What the methods work with. References to parts that the application owns; they outlive the method table.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "daemon/backups.hpp"
#include "daemon/change_gate.hpp"
#include "daemon/clock.hpp"
#include "daemon/follow_hub.hpp"
#include "daemon/governor/canon.hpp"
#include "daemon/hot_answers.hpp"
#include "daemon/identities.hpp"
#include "daemon/notary.hpp"
#include "daemon/query_pool.hpp"
#include "daemon/task_runner.hpp"
#include "daemon/telemetry/telemetry.hpp"
#include "daemon/uploads.hpp"
#include "daemon/witness.hpp"
#include "ipc/limits.hpp"
#include "schema/model/time.hpp"

namespace valhalla {

/// What the process knows about itself; set once before it listens.
struct daemon_facts {
    std::filesystem::path state_dir;
    std::filesystem::path database;
    std::filesystem::path export_dir;
    std::string socket;
    unix_micros started_at{};
    std::int64_t keep_backups = 0;
    std::optional<std::filesystem::path> policy;    ///< absent: built-in
    std::optional<std::filesystem::path> playbook;  ///< absent: built-in
};

struct services {
    hot_answers& hot;
    change_gate& changes;
    task_runner& tasks;
    query_pool& queries;
    uploads& files;
    backups& saving;
    notary& signer;
    follow_hub& follows;
    const identities& users;
    witness& watching;
    const telemetry& measured;
    const daemon_facts& facts;
    const ipc::limits& bounds;
    const daemon_clock& clock;
    /// Runs a function on the I/O thread; from any thread.
    std::function<void(std::function<void()>)> post;
    /// Begins an orderly stop; returns at once.
    std::function<void()> request_stop;
};

}  // namespace valhalla
