// SPDX-License-Identifier: Apache-2.0
#include "ipc/excerpt.hpp"

#include "schema/base/printable.hpp"
#include "schema/base/utf8.hpp"

namespace valhalla::ipc {

std::string excerpt(std::string_view text, std::size_t max_bytes) {
    std::string out;
    while (!text.empty()) {
        const auto piece = next_piece(text);
        if (utf8_sequence_size(text) == 0 || out.size() + piece.bytes > max_bytes) {
            out += "…";
            break;
        }
        out += piece.shown ? text.substr(0, piece.bytes) : std::string_view{"?"};
        text.remove_prefix(piece.bytes);
    }
    return out;
}

}  // namespace valhalla::ipc
