// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

bool context::flush() {
    if (out.flush()) {
        return true;
    }
    reader_left = process.reader_has_left();
    if (!reader_left) {
        throw fault{exit_code::refused, "the answer could not be written to the standard output"};
    }
    return false;
}

bool context::printed_as_json(const answer& result) const {
    if (json) {
        out.json_line(result.text);
    }
    return json;
}

}  // namespace valhalla::ctl
