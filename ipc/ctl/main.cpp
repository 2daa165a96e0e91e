// SPDX-License-Identifier: Apache-2.0
//
// valhallactl: what a person types. Everything is in the library (run.hpp), so that tests can run it too.
#include <csignal>
#include <string>
#include <tuple>
#include <vector>

#include "ipc/ctl/run.hpp"
#include "schema/proof/standard_files.hpp"

int main(int argc, char** argv) {
    valhalla::schema::open_missing_standard_files();
    // A file that may grow no further is an error that can be told. SIGPIPE stays: it is how `| head` ends a program.
    std::ignore = std::signal(SIGXFSZ, SIG_IGN);
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(valhalla::ctl::run(arguments, valhalla::ctl::surroundings_of_process()));
}
