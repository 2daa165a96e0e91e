// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

#include "daemon/telemetry/figures.hpp"
#include "schema/backup_dir.hpp"

namespace valhalla {

namespace {

namespace fs = std::filesystem;

double processor_seconds(const timeval& t) {
    constexpr double micros = 1e6;
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / micros;
}

void ask_process(system_figures& into) {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0) {
        into.cpu_s = processor_seconds(used.ru_utime) + processor_seconds(used.ru_stime);
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        into.max_fds = files.rlim_cur;
    }
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (std::ifstream statm{"/proc/self/statm"}; statm >> size >> resident) {
        into.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    std::error_code error;
    std::uint64_t entries = 0;
    for (fs::directory_iterator at{"/proc/self/fd", error}, end; !error && at != end; at.increment(error)) {
        ++entries;
    }
    if (!error && entries > 0) {
        into.open_fds = entries - 1;  // one was for looking
    }
}

}  // namespace

system_figures ask_system(const figures& of) {
    system_figures found;
    ask_process(found);
    struct statvfs space{};
    if (::statvfs(of.state_dir.c_str(), &space) == 0) {
        found.disk_free_bytes = space.f_bavail * space.f_frsize;
        found.disk_size_bytes = space.f_blocks * space.f_frsize;
    }
    found.newest_backup = schema::newest_backup_time(of.backup_dir);
    return found;
}

}  // namespace valhalla
