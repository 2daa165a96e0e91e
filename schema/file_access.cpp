// SPDX-License-Identifier: Apache-2.0
#include "schema/file_access.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/atomic_file.hpp"

namespace valhalla::schema {

void give_access(int fd, const file_access& access, const std::filesystem::path& path) {
    struct stat about{};
    if (::fstat(fd, &about) != 0) {
        throw_file_fault(path, "examined", errno);
    }
    // Where system calls are filtered, a directory that hands its group on to its files is the only way to a group.
    if (access.group && about.st_gid != *access.group && ::fchown(fd, static_cast<uid_t>(-1), *access.group) != 0) {
        throw_file_fault(path, "given to its group (chgrp the directory to that group, and chmod g+s)", errno);
    }
    if ((about.st_mode & 0777U) != access.mode && ::fchmod(fd, access.mode) != 0) {
        throw_file_fault(path, "given its mode", errno);
    }
}

}  // namespace valhalla::schema
