// SPDX-License-Identifier: Apache-2.0
//
// The client library (ipc/client/) under the names of this folder.
#pragma once

#include <valhalla/client.hpp>

#include "ipc/default_socket.hpp"

namespace valhalla::ipc {

using valhalla::call_error;
using valhalla::client;
using valhalla::connection_error;
using valhalla::outcome_unknown;

}  // namespace valhalla::ipc
