// SPDX-License-Identifier: Apache-2.0
//
// The name and key that the checkpoints of a stretch of the trail are signed with.
#pragma once

#include <string>

#include "schema/model/ids.hpp"

namespace valhalla {

struct epoch {
    audit_seq seq{};           ///< of the record that began it
    std::string origin;        ///< first line of the checkpoints, and the name of the key
    std::string verifier_key;  ///< as schema/proof/signed_note.hpp writes it
    friend bool operator==(const epoch&, const epoch&) = default;
};

}  // namespace valhalla
