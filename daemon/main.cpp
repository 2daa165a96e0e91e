// SPDX-License-Identifier: Apache-2.0
//
// valhallad: the composition root.
//
//   thread   what it does                                 what it owns
//   ------   ------------------------------------------   --------------------------------------------------------
//   main     I/O: all sockets, signals, hot reads         connections, the published state (hot_answers), change_gate
//   ledger   every change: decide, store, fsync           the writing connection, the state that the rules work on
//   query    lists, exports, uploads: reads of the disk   a read-only connection, the upload directory
//
// Between them travel: changes (main -> ledger, once per turn), commit results (ledger -> main, once per commit),
// jobs and their answers (main <-> query). Nothing else is shared; what is published is immutable.
#include <cstdio>
#include <exception>
#include <memory>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "daemon/application.hpp"
#include "daemon/config.hpp"

namespace {

std::shared_ptr<spdlog::logger> make_log(const valhalla::config& c) {
    auto log = std::make_shared<spdlog::logger>("valhallad", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    log->set_level(spdlog::level::from_str(c.log_level));
    log->set_pattern(c.development ? "%H:%M:%S %l %v" : "%l %v");
    log->flush_on(spdlog::level::info);
    return log;
}

int run(int argc, const char* const* argv) {
    const auto read = valhalla::read_config(argc, argv);
    if (const auto* exit = std::get_if<valhalla::early_exit>(&read)) {
        if (exit->status == valhalla::exit_code::ok) {
            fmt::print("{}", exit->text);
        } else {
            fmt::print(stderr, "valhallad: {}\n", exit->text);
        }
        return exit->status;
    }
    const auto& c = std::get<valhalla::config>(read);
    try {
        return valhalla::application{c, make_log(c)}.run();
    } catch (const valhalla::start_failure& failure) {
        fmt::print(stderr, "valhallad: {}\n", failure.message);
        return failure.status;
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhallad: unexpected: {}\n", e.what());
        return valhalla::exit_code::unexpected;
    }
}
