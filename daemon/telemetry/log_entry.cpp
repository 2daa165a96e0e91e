// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/log_entry.hpp"

#include <fmt/format.h>

namespace valhalla {

std::string one_line(std::string_view text) {
    constexpr unsigned char space = 0x20;
    constexpr unsigned char rubout = 0x7f;
    std::string line;
    line.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "\\n";
        } else if (byte < space || byte == rubout) {
            line += fmt::format("\\x{:02x}", byte);
        } else {
            line += c;
        }
    }
    return line;
}

}  // namespace valhalla
