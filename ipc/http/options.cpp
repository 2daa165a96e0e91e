// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/options.hpp"

#include <charconv>
#include <string_view>

#include "ipc/http/allowed.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view default_address = "127.0.0.1:5000";

constexpr std::string_view help =
    "usage: valhalla-gateway --dev [--listen ADDRESS:PORT] [--socket PATH]\n"
    "\n"
    "Speaks HTTP for valhallad.\n"
    "\n"
    "  --dev                  without a key, on this machine alone, as the user who runs it\n"
    "  --listen ADDRESS:PORT  where to listen; 127.0.0.1:5000 when it is left out\n"
    "  --socket PATH          the daemon's socket; otherwise VALHALLA_SOCKET, or where the daemon usually is\n"
    "  --version, --help\n"
    "\n"
    "  CORS_ALLOWED_ORIGINS   origins of pages that may use it in a browser, with commas between them\n"
    "  VALHALLA_DEV_KEY       what X-VALHALLA-KEY of every request has to be\n";

[[nodiscard]] std::string text_of(const environment& variable, const char* name) {
    const char* const text = variable(name);
    return text != nullptr ? text : "";
}

}  // namespace

boost::asio::ip::tcp::endpoint parse_address(std::string_view text) {
    const auto wrong = [text](std::string_view why) {
        return usage_error{"\"" + std::string{text} + "\" is not a valid address: " + std::string{why} +
                           "; one looks like 127.0.0.1:5000 or [::1]:5000"};
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        throw wrong("it has no port");
    }
    auto host = text.substr(0, colon);
    const auto port_text = text.substr(colon + 1);
    unsigned short port = 0;
    const auto [end, fault] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (fault != std::errc{} || end != port_text.data() + port_text.size()) {
        throw wrong("its port is not a number from 0 to 65535");
    }
    if (host == "localhost") {
        host = "127.0.0.1";
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code bad;
    const auto address = boost::asio::ip::make_address(std::string{host}, bad);
    if (bad || address.is_v6() != bracketed) {
        throw wrong("its host is not the address of an interface");
    }
    return {address, port};
}

parsed_options parse_options(const std::vector<std::string>& arguments, const environment& variable) {
    parsed_options parsed;
    auto& options = parsed.options;
    std::string listen{default_address};
    for (auto one = arguments.begin(); one != arguments.end(); ++one) {
        const auto equals = one->find('=');
        const auto name = one->substr(0, equals);
        const auto value = [&]() -> std::string {
            if (equals != std::string::npos) {
                return one->substr(equals + 1);
            }
            if (one + 1 == arguments.end()) {
                throw usage_error{name + " needs a value"};
            }
            return *++one;
        };
        if (name == "--dev") {
            options.dev = true;
        } else if (name == "--listen") {
            listen = value();
        } else if (name == "--socket") {
            options.socket = value();
        } else if (name == "--help" || name == "-h") {
            parsed.answer = help;
            return parsed;
        } else if (name == "--version") {
            parsed.answer = "valhalla-gateway " VALHALLA_GATEWAY_VERSION "\n";
            return parsed;
        } else {
            throw usage_error{"\"" + *one + "\" is not an option; see --help"};
        }
    }
    options.listen = parse_address(listen);
    options.dev_key = text_of(variable, "VALHALLA_DEV_KEY");
    options.origins = split_list(text_of(variable, "CORS_ALLOWED_ORIGINS"));
    for (const auto& origin : options.origins) {
        if (const auto objection = objection_to_origin(origin); !objection.empty()) {
            throw usage_error{"CORS_ALLOWED_ORIGINS: " + objection};
        }
    }
    if (!options.dev) {
        throw usage_error{"without --dev it needs a configuration"};
    }
    if (!options.listen.address().is_loopback()) {
        throw usage_error{"--dev asks for no key, so it listens on this machine's own addresses alone, like " +
                          std::string{default_address}};
    }
    return parsed;
}

}  // namespace valhalla::http
