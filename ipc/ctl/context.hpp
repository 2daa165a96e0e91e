// SPDX-License-Identifier: Apache-2.0
//
// What a command works with. It lives for one run of valhallactl; nothing of it is global, so a test gives a command
// canned answers and reads what it printed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/link.hpp"
#include "ipc/ctl/printer.hpp"
#include "ipc/ctl/times.hpp"

namespace valhalla::ctl {

struct context {
    caller call;
    printer& out;
    bool json = false;
    micros now = 0;
    /// Asks the person at the terminal for one line; empty function when nobody can be asked. Nothing at end of input.
    std::function<std::optional<std::string>(std::string_view question)> ask;
    /// Shows how far a long job is, on a terminal; with an empty text, takes the display away. Never empty.
    std::function<void(std::string_view text)> progress = [](std::string_view) {};

    /// With --json: prints the result and is true. Otherwise the command shows it.
    [[nodiscard]] bool printed_as_json(const answer& result) const;
};

/// A command with its options bound, ready to run.
using command = std::function<exit_code(context&)>;

}  // namespace valhalla::ctl
