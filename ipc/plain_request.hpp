// SPDX-License-Identifier: Apache-2.0
//
// Requests whose envelope is written plainly, as most clients write it: no space between the tokens, no escape, the
// members in any order. They are recognised by comparing bytes. Private to ipc/request.cpp.
#pragma once

#include <string_view>

#include "ipc/request.hpp"

namespace valhalla::ipc {

/// True when `text` is a good request with a plain envelope; then `out` is what the thorough reading would give. False
/// says nothing about `text`: it has to be read thoroughly, which also finds out what is wrong with it.
[[nodiscard]] bool read_plain_request(std::string_view text, json_scratch& scratch, request& out);

}  // namespace valhalla::ipc
