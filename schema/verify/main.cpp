// SPDX-License-Identifier: Apache-2.0
//
// valhalla-verify: the command line of schema/verify. A program of its own, so that an auditor needs nothing but it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "schema/base/printable.hpp"
#include "schema/base/terminal.hpp"
#include "schema/base/wrapped_text.hpp"
#include "schema/proof/standard_files.hpp"
#include "schema/verify/verify.hpp"

namespace {

namespace verify = valhalla::verify;
using verify::outcome;

constexpr std::chrono::milliseconds between_bars{100};
constexpr std::size_t widest_bar = 40;

std::string bar_of(std::uint64_t done, std::uint64_t all, std::size_t columns) {
    const auto words = fmt::format("{} of {} records", done, all);
    const auto around_bar = words.size() + 4;  // brackets, a blank, and the last column, where some terminals wrap
    const auto width = columns > around_bar ? std::min(columns - around_bar, widest_bar) : 0;
    const std::string filled(width * done / all, '#');
    return width > 0 ? fmt::format("[{:<{}}] {}", filled, width, words) : valhalla::clip(words, columns - 1);
}

/// On the terminal of whoever waits, and nowhere else.
verify::progress_sink progress_bar() {
    if (::isatty(STDERR_FILENO) == 0 || !valhalla::terminal_moves_cursor()) {
        return {};
    }
    return [last = std::chrono::steady_clock::time_point{}](std::uint64_t done, std::uint64_t all) mutable {
        const auto now = std::chrono::steady_clock::now();
        if (done >= all) {
            std::ignore = std::fputs("\r\x1b[K", stderr);
        } else if (now - last >= between_bars) {
            last = now;
            const auto bar = bar_of(done, all, valhalla::columns_of_terminal(STDERR_FILENO));
            std::ignore = std::fputs(fmt::format("\r{}\x1b[K", bar).c_str(), stderr);
        }
    };
}

/// No wider than the window that it is for, where it is for one.
std::string fitted(std::string_view lines, int to) {
    return ::isatty(to) == 0 ? std::string{lines} : valhalla::narrowed(lines, valhalla::columns_of_terminal(to));
}

void add_options(CLI::App& app, verify::request& what, bool& json) {
    app.add_option("PATH", what.path,
                   "State directory, database, export, directory of tiles, session bundle, or .tlog-proof file");
    app.add_option("--key", what.key, "Verifier key of the trail, obtained out of band, or a file with it");
    app.add_option("--checkpoint", what.checkpoints, "Signed checkpoint that the trail must continue")
        ->type_name("FILE")
        ->allow_extra_args(false);  // the next word is PATH
    app.add_option("--witness", what.witnesses, "Verifier key of a witness, or a file with it")
        ->type_name("VKEY|FILE")
        ->allow_extra_args(false);  // the next word is PATH
    app.add_option("--quorum", what.quorum,
                   "How many different witnesses must have cosigned; without it all that are named");
    app.add_option("--log", what.log,
                   "JSON lines, - for the standard input; with the newest --checkpoint, and older ones too");
    app.add_flag("--json", json, "One JSON object");
    app.set_version_flag("--version", "valhalla-verify " VALHALLA_VERIFY_VERSION, "Show the version and exit");
    app.footer("Exit codes: 0 verified, 1 cannot be read, 3 wrong usage, 5 verification failed.");
}

/// Whether what was said got to the standard output; where it did not, that is said.
bool written() {
    std::cout.flush();
    if (std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return true;
    }
    std::ignore = std::fputs("valhalla-verify: what was found could not be written to the standard output\n", stderr);
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    valhalla::schema::open_missing_standard_files();
    valhalla::schema::survive_failed_writes();
    verify::request what;
    bool json = false;
    CLI::App app{"Verifies an audit trail from its bytes alone.", "valhalla-verify"};
    add_options(app, what, json);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        std::ostringstream help;
        std::ostringstream complaint;
        const bool failed = app.exit(e, help, complaint) != 0;
        std::cout << fitted(help.str(), STDOUT_FILENO);
        std::cerr << fitted(valhalla::printable(complaint.str(), valhalla::line_breaks::keep), STDERR_FILENO);
        if (failed) {
            return static_cast<int>(outcome::wrong_usage);
        }
        return written() ? 0 : static_cast<int>(outcome::unreadable);
    }
    const auto found = verify::verify_evidence(what, progress_bar());
    if (found.result == outcome::wrong_usage && !json) {
        std::ignore = std::fputs(
            fitted(fmt::format("valhalla-verify: {}\n", valhalla::printable(found.what->message)), STDERR_FILENO)
                .c_str(),
            stderr);
    } else {
        std::ignore = std::fputs((json ? found.json() + "\n" : fitted(found.text(), STDOUT_FILENO)).c_str(), stdout);
    }
    return static_cast<int>(written() ? found.result : outcome::unreadable);
}
