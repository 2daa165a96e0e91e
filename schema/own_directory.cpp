// SPDX-License-Identifier: Apache-2.0
#include "schema/own_directory.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"

namespace valhalla::schema {

namespace fs = std::filesystem;

namespace {

constexpr const char* marker_name = "valhallad-made-this";

}  // namespace

bool own_directory::is_there() const {
    struct stat status{};
    return ::lstat(path_.c_str(), &status) == 0;
}

void own_directory::make() const {
    if (::mkdir(path_.c_str(), 0700) != 0) {
        throw_file_fault(path_, "made", errno);
    }
    replace_file(path_ / marker_name, "for " + purpose_ + "\n");
}

void own_directory::require_own() const {
    std::error_code error;
    const auto marker = path_ / marker_name;
    if (fs::is_regular_file(fs::symlink_status(marker, error))) {
        std::ifstream in{marker, std::ios::binary};
        if (std::string{std::istreambuf_iterator<char>{in}, {}} == "for " + purpose_ + "\n") {
            return;
        }
    }
    throw storage_error{
        storage_fault::unusable,
        fmt::format("{} is not of this program, which uses that name for {}; move it out of {}, and start again",
                    path_.string(), purpose_, path_.parent_path().string())};
}

void own_directory::clear_away() const {
    // Made, and cut short before its marker was there.
    ::unlink((path_ / fmt::format(".{}.tmp", marker_name)).c_str());
    if (::rmdir(path_.c_str()) == 0 || errno == ENOENT) {
        return;
    }
    require_own();
    std::error_code error;
    for (fs::directory_iterator at{path_, error}, end; !error && at != end; at.increment(error)) {
        if (at->path().filename() != marker_name) {
            fs::remove_all(at->path(), error);
        }
    }
    if (!error) {
        fs::remove_all(path_, error);
    }
    if (error) {
        throw_file_fault(path_, "removed", error.value());
    }
}

}  // namespace valhalla::schema
