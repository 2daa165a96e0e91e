// SPDX-License-Identifier: Apache-2.0
//
// One run of valhallactl: arguments in, text and an exit code out. Everything that it needs of the world is handed in.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

struct surroundings {
    std::ostream& out;
    std::ostream& err;
    std::istream& in;
    std::size_t columns = 80;
    std::size_t err_columns = 80;
    bool colours = false;  ///< on `out`
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool moves_cursor = true;  ///< the terminal, where one is; a dumb one only goes on
    bool can_ask = false;      ///< somebody sits there: `in` and `err` are a terminal
    /// What `columns` would be now; empty: the same.
    std::function<std::size_t()> columns_now{};
    std::function<micros()> now;
    std::function<std::string()> default_socket;
    std::function<caller(const std::string& socket)> connect;
    /// The same for a shell that waits for what could be typed next: gives up soon.
    std::function<caller(const std::string& socket)> glance{};
    process_services process{};
};

/// Never throws; every failure becomes a sentence and a code.
[[nodiscard]] exit_code run(const std::vector<std::string>& arguments, const surroundings& around) noexcept;

/// `surroundings` of this process.
[[nodiscard]] surroundings surroundings_of_process();

}  // namespace valhalla::ctl
