// SPDX-License-Identifier: Apache-2.0
//
// From arguments to a command that is ready to run. Talks to nobody.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

struct invocation {
    std::string socket;  ///< empty: the default one
    bool json = false;
    command run;
};

/// `--help` or `--version` was asked for.
struct help_text {
    std::string text;
};

/// Arguments without the program's name. Throws `fault` (wrong usage).
[[nodiscard]] std::variant<invocation, help_text> read_command_line(const std::vector<std::string>& arguments);

}  // namespace valhalla::ctl
