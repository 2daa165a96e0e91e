// SPDX-License-Identifier: Apache-2.0
//
// Gathers what the parts of the daemon count, for whoever shows it. Every part counts for itself, in plain integers of
// its own thread; nothing here is on the way of a request. I/O thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "daemon/backups.hpp"
#include "daemon/change_gate.hpp"
#include "daemon/change_quota.hpp"
#include "daemon/follow_hub.hpp"
#include "daemon/frontend_files.hpp"
#include "daemon/hot_answers.hpp"
#include "daemon/notary.hpp"
#include "daemon/query_pool.hpp"
#include "daemon/telemetry/figures.hpp"
#include "daemon/telemetry/ledger_figures.hpp"
#include "ipc/unix_server.hpp"

namespace valhalla {

class telemetry {
  public:
    /// They outlive it; they may be made after it.
    struct sources {
        const ipc::unix_server& server;
        const hot_answers& hot;
        const change_gate& changes;
        const follow_hub& follows;
        query_pool& queries;
        const backups& saving;
        notary& signer;
        frontend_files& frontend;
        queue_bounds queue;
        unix_micros started_at{};
        std::filesystem::path state_dir;
        std::filesystem::path backup_dir;
    };

    explicit telemetry(sources from) : from_{std::move(from)} {}

    void ledger_said(const ledger_figures& newest) { ledger_ = newest; }
    void denied() noexcept { ++denials_; }

    [[nodiscard]] figures take() const;
    /// One line for people, as `systemctl status` shows it.
    [[nodiscard]] std::string status_line() const;

  private:
    [[nodiscard]] std::uint64_t sessions_active() const;

    sources from_;
    ledger_figures ledger_;
    std::uint64_t denials_ = 0;
};

}  // namespace valhalla
