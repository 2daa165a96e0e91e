// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with data at rest. Thrown by everything in schema/ that touches the disk: none of it is the
// caller's input being wrong, so none of it is part of a normal path. Input that is wrong (files to import) is
// reported by value instead.
#pragma once

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace valhalla::schema {

enum class storage_fault : std::uint8_t {
    unusable,  ///< wrong place, wrong permissions, foreign or newer database, network filesystem: nothing was touched
    locked,    ///< another daemon holds the state directory
    full,      ///< no space: the transaction was rolled back, reads go on
    busy,      ///< another program holds a lock on the database: nothing was done, and may be done later
    broken,    ///< I/O error or corruption of the writer: nothing more may be acknowledged
    failed,    ///< any other refusal by SQLite: a defect of ours
};

/// Whether a system call failed for want of room: on the disk, in a quota, or below a limit of the process. No free
/// inode is the first of them.
[[nodiscard]] constexpr bool means_no_room(int error) noexcept {
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

class storage_error : public std::runtime_error {
  public:
    storage_error(storage_fault fault, const std::string& message) : std::runtime_error{message}, fault_{fault} {}
    [[nodiscard]] storage_fault fault() const noexcept { return fault_; }

  private:
    storage_fault fault_;
};

}  // namespace valhalla::schema
