// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

bool context::printed_as_json(const answer& result) const {
    if (json) {
        out.json_line(result.text);
    }
    return json;
}

}  // namespace valhalla::ctl
