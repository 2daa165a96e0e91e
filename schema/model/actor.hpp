// SPDX-License-Identifier: Apache-2.0
//
// Who caused an audit record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schema/model/json_writer.hpp"

namespace valhalla {

/// How the request came in. Values are not stored; names are.
enum class actor_via : std::uint8_t { daemon = 0, unix_socket = 1, http = 2 };

struct actor {
    std::string name;  ///< user name, `uid:1234` where the system knows none, name of the key that came, or `valhallad`
    actor_via via = actor_via::daemon;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;

    friend bool operator==(const actor&, const actor&) = default;
};

/// `{"name":…,"via":"daemon"|"unix"|"http"[,"uid":…,"gid":…]}`.
void write_actor(json_writer& json, const actor& a);

}  // namespace valhalla
