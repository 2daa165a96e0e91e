// SPDX-License-Identifier: Apache-2.0
//
// valhallad: the composition root.
//
//   thread   what it does                                 what it owns
//   ------   ------------------------------------------   --------------------------------------------------------
//   main     I/O: all sockets, signals, hot reads         connections, the published state (hot_answers), change_gate
//   ledger   every change: decide, store, fsync           the writing connection, the state that the rules work on
//   query    lists, exports, uploads: reads of the disk   a read-only connection, the upload directory
//   notary   signs checkpoints, anchors the newest        the signing key, STATE/anchor
//   check    reads what was signed, once after a start    a read-only connection
//   users    up to four: ask the system who users are    nothing
//   log      writes the lines of the log                   the lines that wait
//   frontend the export on every change, if wanted        a read-only connection, the files of export.directory
//   backup   copies and verifies, while one is made       the copy
//
// Between them travel: changes (main -> ledger, once per turn), commit results (ledger -> main, once per commit),
// jobs and their answers (main <-> query), tree heads and checkpoints (main <-> notary). Nothing else is shared; what
// is published is immutable.
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "daemon/application.hpp"
#include "daemon/config.hpp"
#include "daemon/config_check.hpp"
#include "daemon/early_reload.hpp"
#include "daemon/restoration.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/telemetry/daemon_log.hpp"
#include "daemon/trail_signing.hpp"
#include "schema/base/printable.hpp"
#include "schema/proof/standard_files.hpp"

namespace {

/// Whatever it quotes acts on no terminal. A help has lines of its own.
void complain(std::string_view what) {
    fmt::print(stderr, "valhallad: {}\n", valhalla::printable(what, valhalla::line_breaks::keep));
}

/// What was asked for, on the standard output. The status: an answer that did not get there is none.
int answer(std::string_view text) {
    if (std::fputs(valhalla::printable(text, valhalla::line_breaks::keep).c_str(), stdout) >= 0 &&
        std::fflush(stdout) == 0) {
        return valhalla::exit_code::ok;
    }
    fmt::print(stderr, "valhallad: the answer could not be written to the standard output: {}\n",
               std::generic_category().message(errno));
    return valhalla::exit_code::unexpected;
}

int restore(const valhalla::config& c) {
    try {
        const valhalla::schema::state_dir state{c.state_dir};
        const auto key = valhalla::find_signing_key(c.audit.signing_key, "signing.key", state.signing_key(),
                                                    valhalla::missing_key::refuse);
        const auto own = key ? std::optional{key->public_key()} : std::nullopt;
        const auto done = valhalla::restore_backup(state, *c.restore, c.restore_reason, own);
        if (done.no_signature.empty()) {
            fmt::print("restored {}: {} records, verified, signed with this state's key\n",
                       valhalla::printable(c.restore->string()), done.records);
        } else {
            fmt::print("restored {}: {} records, verified among themselves; NO SIGNATURE was checked: {}\n",
                       valhalla::printable(c.restore->string()), done.records, done.no_signature);
        }
        if (!done.aside.empty()) {
            fmt::print("what was in place lies in {}\n", valhalla::printable(done.aside.string()));
        }
        fmt::print("now start the daemon: it begins a new epoch of the trail and records the reason\n");
        return valhalla::exit_code::ok;
    } catch (const valhalla::schema::storage_error& fault) {
        throw valhalla::failure_of(fault);
    }
}

int run(int argc, const char* const* argv) {
    const auto read = valhalla::read_config(argc, argv);
    if (const auto* exit = std::get_if<valhalla::early_exit>(&read)) {
        if (exit->status == valhalla::exit_code::ok) {
            return answer(exit->text);
        }
        complain(exit->text);
        return exit->status;
    }
    const auto& c = std::get<valhalla::config>(read);
    const auto log = valhalla::open_log(c.log_level);
    try {
        if (c.check) {
            return answer(valhalla::check_config(c));
        }
        if (c.restore) {
            return restore(c);
        }
        return valhalla::application{c, *log}.run();
    } catch (const valhalla::start_failure& failure) {
        if (log->structured()) {
            log->start_failed(failure.message);
            return failure.status;
        }
        complain(failure.message);
        return failure.status;
    }
}

}  // namespace

int main(int argc, char** argv) {
    valhalla::schema::open_missing_standard_files();
    valhalla::schema::survive_failed_writes();
    valhalla::note_early_reloads();
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        complain(fmt::format("unexpected: {}", e.what()));
        return valhalla::exit_code::unexpected;
    }
}
