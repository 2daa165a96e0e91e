// SPDX-License-Identifier: Apache-2.0
#include "schema/base/terminal.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>

namespace valhalla {

namespace {

std::string_view environment_variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace

std::size_t columns_of_terminal(int descriptor) {
    constexpr std::size_t usual = 80;
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const auto text = environment_variable("COLUMNS");
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    return error == std::errc{} && columns > 0 ? columns : usual;
}

bool terminal_moves_cursor() {
    const auto name = environment_variable("TERM");
    return !name.empty() && name != "dumb";
}

}  // namespace valhalla
