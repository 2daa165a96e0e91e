// SPDX-License-Identifier: Apache-2.0
#include "daemon/clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <utility>

namespace valhalla {

namespace {

using std::chrono::microseconds;

constexpr std::size_t boot_id_digits = 32;

microseconds read_clock(clockid_t which) {
    timespec t{};
    static_cast<void>(::clock_gettime(which, &t));  // fails for clocks alone that the system does not have
    return std::chrono::duration_cast<microseconds>(std::chrono::seconds{t.tv_sec} +
                                                    std::chrono::nanoseconds{t.tv_nsec});
}

/// What passed between two readings. Within one run of the system that is exact. Of other runs, and of other machines,
/// only the wall clock tells.
microseconds passed_between(const clock_mark& stored, const clock_mark& now) {
    if (!now.boot.empty() && now.boot == stored.boot && now.running >= stored.running) {
        return now.running - stored.running;
    }
    const auto by_wall = now.wall - stored.wall;
    return by_wall >= microseconds{} && by_wall <= believed_off ? by_wall : microseconds{};
}

}  // namespace

unix_micros system_now() {
    return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

microseconds system_running() {
    return read_clock(CLOCK_BOOTTIME);
}

std::string system_boot() {
    std::string id;
    std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, id);
    if (const char* const told = std::getenv("VALHALLA_BOOT_ID"); id.empty() && told != nullptr) {
        id = told;
    }
    std::erase(id, '-');
    const bool good = id.size() == boot_id_digits && id.find_first_not_of("0123456789abcdef") == std::string::npos;
    return good ? id : std::string{};
}

daemon_clock::daemon_clock(clock_sources from, const std::optional<clock_mark>& stored) : from_{std::move(from)} {
    const clock_mark now{.span = {}, .wall = from_.wall(), .running = from_.running(), .boot = from_.boot};
    const auto begin = stored ? stored->span + passed_between(*stored, now) : span_of(now.wall);
    zero_ = begin - now.running;
    lead_before_ = stored ? stored->wall.time_since_epoch() - stored->span.time_since_epoch() : microseconds{};
}

clock_mark daemon_clock::mark() const {
    const auto running = from_.running();
    return {.span = zero_ + running, .wall = from_.wall(), .running = running, .boot = from_.boot};
}

}  // namespace valhalla
