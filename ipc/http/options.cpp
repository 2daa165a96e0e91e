// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/options.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <sys/un.h>
#include <utility>

#include <CLI/CLI.hpp>

#include "ipc/default_socket.hpp"
#include "ipc/http/allowed.hpp"
#include "ipc/http/config_file.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view default_address = "127.0.0.1:5000";

[[nodiscard]] std::string text_of_variable(const environment& variable, const char* name) {
    const char* const text = variable(name);
    return text != nullptr ? text : "";
}

void apply_environment(program_options& options, const environment& variable) {
    options.dev_key = text_of_variable(variable, "VALHALLA_DEV_KEY");
    if (variable("VALHALLA_DEV_KEY") != nullptr && options.dev_key.empty()) {
        throw usage_error{"VALHALLA_DEV_KEY is set and empty, so it would ask for no key; give it a text, or unset it"};
    }
    if (!options.dev && !options.dev_key.empty()) {
        throw usage_error{
            "VALHALLA_DEV_KEY is for --dev; without it the keys that an owner makes with 'valhallactl key create' open "
            "the gateway, so unset it"};
    }
    if (auto socket = text_of_variable(variable, "VALHALLA_SOCKET"); !socket.empty()) {
        if (!socket.starts_with('/')) {
            throw usage_error{"VALHALLA_SOCKET: \"" + socket + "\" is not an absolute path"};
        }
        options.socket = std::move(socket);
    }
    const auto origins = split_list(text_of_variable(variable, "CORS_ALLOWED_ORIGINS"));
    for (const auto& origin : origins) {
        if (const auto objection = objection_to_origin(origin); !objection.empty()) {
            throw usage_error{"CORS_ALLOWED_ORIGINS: " + objection};
        }
    }
    if (!origins.empty()) {
        options.origins = origins;
    }
}

void check_socket_path(const std::string& path) {
    if (path.size() >= sizeof sockaddr_un{}.sun_path) {
        throw usage_error{"the path of the daemon's socket has " + std::to_string(path.size()) +
                          " bytes, and a socket's path at most " + std::to_string(sizeof sockaddr_un{}.sun_path - 1) +
                          "; name another one with --socket or VALHALLA_SOCKET: " + path};
    }
}

}  // namespace

std::string socket_of(const program_options& options) {
    auto path = options.socket.empty() ? ipc::default_socket_path() : options.socket;
    check_socket_path(path);
    return path;
}

boost::asio::ip::tcp::endpoint parse_address(std::string_view text) {
    const auto wrong = [text](std::string_view why) {
        return usage_error{"\"" + std::string{text} + "\" is not a valid address: " + std::string{why} +
                           "; one looks like 127.0.0.1:5000 or [::1]:5000"};
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        const bool only_digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
        throw wrong(only_digits ? "it has no address" : "it has no port");
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

std::string text_of(const boost::asio::ip::tcp::endpoint& at) {
    const auto address = at.address().to_string();
    return (at.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(at.port());
}

std::optional<std::string> listened_on_twice(const std::vector<boost::asio::ip::tcp::endpoint>& at) {
    for (auto one = at.begin(); one != at.end(); ++one) {
        if (one->port() != 0 && std::find(std::next(one), at.end(), *one) != at.end()) {
            return text_of(*one);
        }
    }
    return std::nullopt;
}

std::optional<std::string> objection_to_listening(const program_options& options,
                                                  const std::vector<boost::asio::ip::tcp::endpoint>& at) {
    const auto open = std::ranges::find_if(at, [](const auto& one) { return !one.address().is_loopback(); });
    if (open == at.end()) {
        return std::nullopt;
    }
    if (options.dev) {
        return "--dev asks for no key, so it listens on this machine's own addresses alone, like " +
               std::string{default_address};
    }
    if (options.hosts.empty()) {
        return "it would listen on " + text_of(*open) +
               ", where other machines reach it, and no name is configured that they may call it by: name them in the "
               "configuration, like hosts = [\"valhalla.example.org\"], or listen on " +
               std::string{default_address} + ", behind a proxy";
    }
    return std::nullopt;
}

std::vector<std::string> hosts_of(const program_options& options,
                                  const std::vector<boost::asio::ip::tcp::endpoint>& at) {
    auto hosts = options.hosts;
    for (const auto& one : at) {
        if (!one.address().is_loopback()) {
            continue;
        }
        for (auto& name : loopback_hosts(one.address().to_string(), one.port(), options.tls.used())) {
            if (std::ranges::find(hosts, name) == hosts.end()) {
                hosts.push_back(std::move(name));
            }
        }
    }
    return hosts;
}

parsed_options parse_options(const std::vector<std::string>& arguments, const environment& variable) {
    parsed_options parsed;
    auto& options = parsed.options;
    bool version = false;
    std::string socket;
    std::vector<std::string> listen;
    CLI::App app{"valhalla-gateway speaks HTTP for valhallad, and asks it over its socket.", "valhalla-gateway"};
    app.add_flag("--dev", options.dev, "Serve only this machine, without a key, as the user who runs it");
    app.add_option("--config", options.file, "Configuration file (TOML)")->type_name("FILE");
    app.add_option("--listen", listen, "Where to listen, 127.0.0.1:5000 by default; may be given several times")
        ->type_name("ADDRESS:PORT")
        ->allow_extra_args(false);
    app.add_option("--socket", socket, "The daemon's socket")->type_name("PATH");
    app.add_flag("--check-config", options.check, "Check the configuration, print what it means, and exit");
    app.add_flag("--version", version, "Print the version and exit");
    app.footer(
        "Exit codes: 0 stopped; 1 failed unexpectedly; 2 wrong command line or configuration; "
        "5 cannot listen where it should.");
    try {
        app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    } catch (const CLI::CallForHelp&) {
        parsed.answer = app.help();
        return parsed;
    } catch (const CLI::ParseError& wrong) {
        throw usage_error{std::string{wrong.what()} + "; see valhalla-gateway --help"};
    }
    if (version) {
        parsed.answer = "valhalla-gateway " VALHALLA_GATEWAY_VERSION "\n";
        return parsed;
    }
    options.socket = options.dev ? std::string{} : std::string{ipc::service_socket_path};
    if (!options.file.empty()) {
        if (const auto problem = apply_config_file(options.file, options)) {
            throw usage_error{*problem};
        }
    }
    apply_environment(options, variable);
    if (!socket.empty()) {
        options.socket = socket;
    }
    check_socket_path(options.socket);
    if (!listen.empty()) {
        options.listen.clear();
        std::ranges::transform(listen, std::back_inserter(options.listen), parse_address);
        if (const auto twice = listened_on_twice(options.listen)) {
            throw usage_error{"--listen names " + *twice + " twice"};
        }
    }
    options.listen_said = !options.listen.empty();
    if (!options.listen_said) {
        options.listen.push_back(parse_address(default_address));
    }
    if (options.dev) {
        if (const auto objection = objection_to_listening(options, options.listen)) {
            throw usage_error{*objection};
        }
    }
    return parsed;
}

}  // namespace valhalla::http
