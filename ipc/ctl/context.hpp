// SPDX-License-Identifier: Apache-2.0
//
// What a command works with. It lives for one run of valhallactl; nothing of it is global, so a test gives a command
// canned answers and reads what it printed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/link.hpp"
#include "ipc/ctl/printer.hpp"
#include "ipc/ctl/times.hpp"

namespace valhalla::ctl {

/// How another program ended, and what it wrote.
struct ended_process {
    int code = 0;
    std::string output;
    std::string errors;
};

/// What a few commands need of the process that valhallactl is.
struct process_services {
    /// Path of valhalla-verify, or its name where only PATH can tell. Never empty.
    std::function<std::string()> verifier = [] { return std::string{"valhalla-verify"}; };
    /// The same for valhallad.
    std::function<std::string()> daemon = [] { return std::string{"valhallad"}; };
    /// Becomes another program: `words` are its path and arguments. Comes back in tests only.
    std::function<exit_code(const std::vector<std::string>& words)> become;
    /// Runs another program to its end. A `fault` when it cannot be run or is ended by a signal.
    std::function<ended_process(const std::vector<std::string>& words)> run;
    /// From the first call on, SIGINT and SIGTERM no longer end the process: this descriptor becomes readable instead,
    /// and also when the reader of the standard output has left. Below zero: nothing can interrupt.
    std::function<int()> interruption = [] { return -1; };
    /// Whether what is printed goes to nobody. Never empty.
    std::function<bool()> reader_has_left = [] { return false; };
    /// Whether the users of this system have this one; also true where they cannot be asked. Never empty.
    std::function<bool(const std::string& name)> knows_user = [](const std::string&) { return true; };
    /// Becomes readable when the window was given another size, from the first call on. Below zero: it never is.
    std::function<int()> resizing = [] { return -1; };
    /// Takes from the descriptor above what was told. Never empty.
    std::function<void()> saw_resizing = [] {};
};

struct context {
    caller call;
    printer& out;
    bool json = false;
    micros now = 0;
    /// What `now` would be now. Never empty.
    std::function<micros()> clock = [] { return micros{0}; };
    /// Makes `out` as wide as the window is now. Never empty.
    std::function<void()> fit_window = [] {};
    /// Goes with every change that `call` makes; empty: none does.
    std::string request_key{};
    /// Asks the person at the terminal for one line; empty function when nobody can be asked. Nothing at end of input.
    std::function<std::optional<std::string>(std::string_view question)> ask;
    /// Shows how far a long job is, on a terminal; with an empty text, takes the display away. Never empty.
    std::function<void(std::string_view text)> progress = [](std::string_view) {};

    /// Says something on standard error, whatever the format of the output.
    std::function<void(std::string_view sentence)> tell = [](std::string_view) {};
    /// The whole standard input; a `fault` when it is longer than `most` bytes.
    std::function<std::string(std::size_t most)> read_input{};
    /// Another connection to the same daemon. Throws `ipc::connection_error`. When the descriptor `stop` can be read,
    /// no call waits any longer; below zero: nothing stops it.
    std::function<std::unique_ptr<ipc::client>(int stop)> connect{};
    process_services process{};

    /// Of commands that go on until they are ended: what was printed goes out now. False when its reader has left,
    /// which is an end like any other; a `fault` when it cannot be written.
    [[nodiscard]] bool flush();
    bool reader_left = false;

    /// With --json: prints the result and is true. Otherwise the command shows it.
    [[nodiscard]] bool printed_as_json(const answer& result) const;
};

/// A command with its options bound, ready to run.
using command = std::function<exit_code(context&)>;

}  // namespace valhalla::ctl
