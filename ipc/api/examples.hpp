// SPDX-License-Identifier: Apache-2.0
//
// A call of each method with its answer, in an order in which a fresh daemon can carry them out one after the other.
// They are in ipc/api/examples.json; a system test carries them out, and with ACCEPT=1 it writes the answers anew.
#pragma once

#include <string_view>

namespace valhalla::ipc::api {

/// The file: an array of `{"method","params","result"}`.
[[nodiscard]] std::string_view examples_text() noexcept;

}  // namespace valhalla::ipc::api
