// SPDX-License-Identifier: Apache-2.0
//
// From arguments to a command that is ready to run. Talks to nobody.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <CLI/App.hpp>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

struct invocation {
    std::string socket;  ///< empty: the default one
    bool json = false;
    bool no_input = false;  ///< nobody may be asked
    std::string name;       ///< of the command, e.g. `valhallactl session start`
    command run;
};

/// How wide help is where there is room for it.
inline constexpr std::size_t usual_columns = 80;

/// All commands with their options. What a parse chooses ends up in `into`, which must outlive the parser.
[[nodiscard]] std::unique_ptr<CLI::App> make_parser(invocation& into, std::size_t columns = usual_columns);

/// `--help` or `--version` was asked for.
struct help_text {
    std::string text;
};

/// Arguments without the program's name; help is no wider than `columns`. Throws `fault` (wrong usage).
[[nodiscard]] std::variant<invocation, help_text> read_command_line(const std::vector<std::string>& arguments,
                                                                    std::size_t columns = usual_columns);

}  // namespace valhalla::ctl
