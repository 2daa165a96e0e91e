// SPDX-License-Identifier: Apache-2.0
//
// The directory of a session's proofs: `checkpoint` and `<seq>.tlog-proof`. It belongs to one session of one log; a
// directory that holds anything else is refused before a byte is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "ipc/ctl/checkpoint_note.hpp"

namespace valhalla::ctl {

class bundle_directory {
  public:
    /// Makes it where it is missing; otherwise checks that it is an earlier bundle that `now` may replace.
    bundle_directory(std::filesystem::path path, std::uint64_t session, const signed_checkpoint& now);

    void write(const std::string& name, std::string_view content) const;
    /// Puts the checkpoint in place, when everything before is on the disk.
    void finish(std::string_view note) const;

  private:
    std::filesystem::path path_;
};

}  // namespace valhalla::ctl
