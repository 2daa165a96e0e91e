// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "schema/proof/signed_note.hpp"

namespace valhalla::tests {

/// The same for the same `fill`, another for another.
[[nodiscard]] inline schema::signing_key key_of(unsigned char fill) {
    schema::ed25519_key seed{};
    seed.fill(static_cast<std::byte>(fill));
    return schema::signing_key::from_seed(seed);
}

}  // namespace valhalla::tests
