// SPDX-License-Identifier: Apache-2.0
//
// Puts denials into the trail as the book says: turns what the servers tell into commands for the ledger, and wakes
// when a window ends. The refusal itself does not wait for its record. I/O thread; lives as long as the servers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/change_gate.hpp"
#include "daemon/denial_book.hpp"
#include "ipc/denial.hpp"

namespace valhalla {

class denial_recorder {
  public:
    denial_recorder(boost::asio::io_context& io, change_gate& to, denial_rules rules)
        : changes_{to}, book_{rules}, timer_{io} {}

    void note(const ipc::denial& denied);
    void set_rules(denial_rules rules);
    /// When nothing more can be denied: what is still counted goes to the ledger.
    void close();

  private:
    void record(denial_book::entry one);
    void wake_when_due();

    change_gate& changes_;
    denial_book book_;
    boost::asio::steady_timer timer_;
    std::optional<denial_book::clock::time_point> waking_;
};

}  // namespace valhalla
