// SPDX-License-Identifier: Apache-2.0
#include "daemon/chance.hpp"

#include <random>

namespace valhalla {

std::string hex_of_chance(std::size_t digits) {
    constexpr unsigned bits_per_digit = 4;
    std::random_device source;
    std::string hex;
    while (hex.size() < digits) {
        auto drawn = source();
        for (int i = 0; i < 8 && hex.size() < digits; ++i, drawn >>= bits_per_digit) {
            hex += "0123456789abcdef"[drawn % 16];
        }
    }
    return hex;
}

}  // namespace valhalla
