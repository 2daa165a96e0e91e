// SPDX-License-Identifier: Apache-2.0
//
// What the gateway is told: command line, environment, configuration, and what it says of them.
#include "ipc/http/options.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "ipc/http/config_file.hpp"
#include "ipc/http/memory_bound.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla::http;
using valhalla::tests::temporary_directory;

namespace {

environment variables(std::map<std::string, std::string> set) {
    return [set = std::move(set)](const char* name) {
        const auto found = set.find(name);
        return found == set.end() ? nullptr : found->second.c_str();
    };
}

program_options options_of(const std::vector<std::string>& arguments, std::map<std::string, std::string> set = {}) {
    return parse_options(arguments, variables(std::move(set))).options;
}

/// What it says against them.
std::string objection(const std::vector<std::string>& arguments, std::map<std::string, std::string> set = {}) {
    try {
        static_cast<void>(options_of(arguments, std::move(set)));
    } catch (const usage_error& wrong) {
        return wrong.what();
    }
    return {};
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_options)

BOOST_AUTO_TEST_CASE(development_needs_this_machine) {
    const auto parsed = options_of({"--dev", "--listen=[::1]:6000", "--socket", "/s"});
    BOOST_TEST(parsed.listen.front().port() == 6000);
    BOOST_TEST(parsed.socket == "/s");
    for (const char* const address : {"0.0.0.0:1", "[::]:1", "192.0.2.1:1"}) {
        BOOST_TEST(has(objection({"--dev", "--listen", address}), "this machine's own addresses"), address);
    }
}

BOOST_AUTO_TEST_CASE(an_address_has_a_port_and_no_name) {
    for (const char* const address : {"::1:5", "1.2.3:4", "host:1", ":1", "127.0.0.1:", "1", "[127.0.0.1]:1"}) {
        BOOST_TEST(has(objection({"--listen", address}), "is not a valid address"), address);
    }
    BOOST_TEST(text_of(parse_address("localhost:80")) == "127.0.0.1:80");
    BOOST_TEST(text_of(parse_address("[::1]:80")) == "[::1]:80");
}

BOOST_AUTO_TEST_CASE(without_anything_said_it_serves_this_machine_for_the_service) {
    const auto options = options_of({});
    BOOST_TEST(!options.dev);
    BOOST_TEST(!options.listen_said);
    BOOST_TEST(text_of(options.listen.front()) == "127.0.0.1:5000");
    BOOST_TEST(options.socket == "/run/valhalla/valhallad.sock");
    BOOST_TEST(options_of({"--dev"}).socket.empty());
}

BOOST_AUTO_TEST_CASE(every_key_is_read) {
    const temporary_directory dir;
    const auto options = options_of({"--config", dir.write("gateway.toml", R"(
listen = ["192.0.2.1:80", "[::1]:81"]
socket = "/srv/v.sock"
hosts = ["valhalla.example.org", "[2001:db8::7]:8443"]
origins = ["https://a.example"]
trusted_proxies = ["192.0.2.7", "2001:db8::7"]
[tls]
certificate = "/c.pem"
key = "/k.pem"
[limits]
connections = 100
connections_per_peer = 75
head_bytes = 4096
target_bytes = 2048
fields = 8
body_bytes = 1024
requests = 1
buffer_bytes = 1048576
daemon_bytes = 33554432
head_time_s = 1
body_time_s = 2
idle_time_s = 3
write_time_s = 4
answer_time_s = 3600
login_time_s = 43200
backlog = 1
)")});
    BOOST_TEST(options.listen_said);
    BOOST_TEST(options.listen.size() == 2U);
    BOOST_TEST(options.socket == "/srv/v.sock");
    BOOST_TEST(options.hosts.back() == "[2001:db8::7]:8443");
    BOOST_TEST(options.origins.front() == "https://a.example");
    BOOST_TEST(options.trusted_proxies.size() == 2U);
    BOOST_TEST(options.tls.certificate == "/c.pem");
    BOOST_TEST(options.tls.key == "/k.pem");
    BOOST_TEST(options.bounds.connections == 100U);
    BOOST_TEST(options.bounds.connections_per_peer == 75U);
    BOOST_TEST(options.bounds.requests == 1U);
    BOOST_TEST((options.bounds.head_time == std::chrono::seconds{1}));
    BOOST_TEST((options.bounds.answer_time == std::chrono::hours{1}));
    BOOST_TEST((options.bounds.login_time == std::chrono::hours{12}));
    BOOST_TEST(options.bounds.backlog == 1);
}

BOOST_AUTO_TEST_CASE(the_command_line_comes_before_the_environment_and_that_before_the_file) {
    const temporary_directory dir;
    const auto file =
        dir.write("gateway.toml", "listen = [\"127.0.0.1:1\"]\nsocket = \"/file\"\norigins = [\"https://file\"]\n");
    const auto from_file = options_of({"--config", file});
    BOOST_TEST(from_file.socket == "/file");
    BOOST_TEST(from_file.origins.front() == "https://file");
    const auto environment = options_of(
        {"--config", file}, {{"VALHALLA_SOCKET", "/env"}, {"CORS_ALLOWED_ORIGINS", "https://a, https://b/"}});
    BOOST_TEST(environment.socket == "/env");
    BOOST_TEST(environment.origins == (std::vector<std::string>{"https://a", "https://b"}),
               boost::test_tools::per_element());
    const auto flags = options_of({"--config", file, "--socket=/flag", "--listen", "127.0.0.1:2", "--listen=[::1]:3"},
                                  {{"VALHALLA_SOCKET", "/env"}});
    BOOST_TEST(flags.socket == "/flag");
    BOOST_TEST(flags.listen.size() == 2U);
    BOOST_TEST(flags.listen.back().port() == 3);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_file_and_line) {
    const temporary_directory dir;
    for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"\nlisten = \"127.0.0.1:1\"\n", "bad.toml:2: listen: must be a list of addresses with ports"},
             {"listen = []\n", "bad.toml:1: listen: must be a list"},
             {"listen = [\"x\"]\n", "bad.toml:1: listen: \"x\" is not a valid address: it has no port"},
             {"lissten = []\n", "bad.toml:1: lissten: no such key; did you mean 'listen'?"},
             {"[limit]\n", "bad.toml:1: limit: no such key; did you mean 'limits'?"},
             {"limits = 1\n", "bad.toml:1: limits: must be a table: [limits]"},
             {"[limits]\nconections = 5\n", "bad.toml:2: limits.conections: no such key; did you mean 'connections'?"},
             {"[limits]\nconnections = 3\n", "bad.toml:2: limits.connections: must be a number from 4 to 50000"},
             {"[limits]\nconnections = \"5\"\n", "bad.toml:2: limits.connections: must be a number"},
             {"[limits]\n\nconnections_per_peer = 3073\n", "bad.toml:3: limits.connections_per_peer: connections_per"},
             {"[limits]\nhead_bytes = 1024\n", "bad.toml:2: limits.head_bytes: target_bytes must be at most 512"},
             {"[limits]\nbody_bytes = 4194304\nbuffer_bytes = 1048576\n", "bad.toml:3: limits.buffer_bytes: buffer_by"},
             {"socket = \"run/v.sock\"\n", "bad.toml:1: socket: must be an absolute path"},
             {"hosts = [\"https://a\"]\n", "bad.toml:1: hosts: \"https://a\" is not a valid host"},
             {"hosts = [\"*.example.org\"]\n", "bad.toml:1: hosts: \"*.example.org\" is not a valid host"},
             {"hosts = [1]\n", "bad.toml:1: hosts: must be a list of hosts"},
             {"hosts = [\"a.example\\r\\nb\"]\n", "is not a valid host"},
             {"hosts = [\"a:65536\"]\n", "bad.toml:1: hosts: \"a:65536\" is not a valid host"},
             {"origins = [\"*\"]\n", "bad.toml:1: origins: \"*\" contains a wildcard"},
             {"origins = [\"https://a.example:443\"]\n", "scheme's own port; write https://a.example"},
             {"origins = [\"https://a\\u0000.example\"]\n", "is not a valid origin"},
             {"listen = [\"127.0.0.1:1\", \"127.0.0.1:1\"]\n", "bad.toml:1: listen: names 127.0.0.1:1 twice"},
             {"trusted_proxies = [\"10.0.0.0/8\"]\n", "bad.toml:1: trusted_proxies: \"10.0.0.0/8\" is not the address"},
             {"[tls]\nkey = \"/k\"\n", "bad.toml:2: tls.key: certificate and key belong together"},
             {"[tls]\ncertificate = \"c.pem\"\n",
              "bad.toml:2: tls.certificate: must be the absolute path of a PEM file"},
             {"a\n", "bad.toml:1: "}}) {
        const auto told = objection({"--config", dir.write("bad.toml", text)});
        BOOST_TEST(has(told, words), text << told);
    }
    BOOST_TEST(
        has(objection({"--config", "/nonexistent/gateway.toml"}), "/nonexistent/gateway.toml: The file does not"));
    BOOST_TEST(has(objection({"--config", dir.path().string()}), "not a regular file"));
    BOOST_TEST(
        has(objection({"--dev"}, {{"CORS_ALLOWED_ORIGINS", "*"}}), "CORS_ALLOWED_ORIGINS: \"*\" contains a wild"));
    BOOST_TEST(has(objection({"--listen", "[::1]:1", "--listen", "[::1]:1"}), "--listen names [::1]:1 twice"));
    BOOST_TEST(has(objection({"--listen", "15401"}), "\"15401\" is not a valid address: it has no address"));
    BOOST_TEST(has(objection({}, {{"VALHALLA_SOCKET", "run/v.sock"}}), "\"run/v.sock\" is not an absolute path"));
    BOOST_TEST(has(objection({"--nothing"}), "see valhalla-gateway --help"));
}

BOOST_AUTO_TEST_CASE(a_key_for_development_opens_no_service) {
    BOOST_TEST(options_of({"--dev"}, {{"VALHALLA_DEV_KEY", "x"}}).dev_key == "x");
    BOOST_TEST(has(objection({}, {{"VALHALLA_DEV_KEY", "x"}}), "VALHALLA_DEV_KEY is for --dev"));
    BOOST_TEST(has(objection({"--dev"}, {{"VALHALLA_DEV_KEY", ""}}), "VALHALLA_DEV_KEY is set and empty"));
}

BOOST_AUTO_TEST_CASE(where_others_can_come_a_name_is_needed) {
    auto options = options_of({"--listen", "127.0.0.1:1", "--listen", "192.0.2.1:2"});
    const auto told = objection_to_listening(options, options.listen).value_or("");
    BOOST_TEST(has(told, "192.0.2.1:2"), told);
    BOOST_TEST(has(told, "hosts = ["), told);
    BOOST_CHECK_THROW(static_cast<void>(check_config(options)), usage_error);
    options.hosts = {"valhalla.example.org"};
    BOOST_TEST(!objection_to_listening(options, options.listen));
    for (const char* const everywhere : {"0.0.0.0:1", "[::]:1"}) {
        const auto open = options_of({"--listen", everywhere});
        BOOST_TEST(objection_to_listening(open, open.listen).has_value());
    }
    const auto loopback = options_of({});
    BOOST_TEST(!objection_to_listening(loopback, loopback.listen));
}

BOOST_AUTO_TEST_CASE(hosts_are_those_that_are_named_and_the_loopbacks_where_it_listens_there) {
    auto options = options_of({"--listen", "192.0.2.1:80"});
    options.hosts = {"valhalla.example.org"};
    BOOST_TEST(hosts_of(options, options.listen) == options.hosts, boost::test_tools::per_element());
    options.listen.push_back(parse_address("127.0.0.1:5000"));
    const auto hosts = hosts_of(options, options.listen);
    for (const char* const host : {"valhalla.example.org", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"}) {
        BOOST_TEST((std::ranges::find(hosts, host) != hosts.end()), host);
    }
}

BOOST_AUTO_TEST_CASE(fewer_connections_make_the_share_of_one_address_smaller) {
    const temporary_directory dir;
    const auto options = options_of({"--config", dir.write("gateway.toml", "[limits]\nconnections = 100\n")});
    BOOST_TEST(options.bounds.connections_per_peer == 75U);
}

// The file that is shipped: as it stands, and with every line that is commented out put in.
BOOST_AUTO_TEST_CASE(the_commented_default_file_holds_every_key_and_is_read) {
    const temporary_directory dir;
    std::ifstream file{SOURCE_DIR "/packaging/gateway.toml"};
    const std::string shipped{std::istreambuf_iterator<char>{file}, {}};
    const auto defaults = options_of({});
    const auto as_it_stands = options_of({"--config", dir.write("shipped.toml", shipped)});
    BOOST_TEST(check_config(as_it_stands) == check_config(defaults));

    std::string put_in;
    std::vector<std::string> keys;
    std::string table;
    std::istringstream lines{shipped};
    for (std::string line; std::getline(lines, line);) {
        const auto equals = line.find(" = ");
        if (line.starts_with("[")) {
            table = line.substr(1, line.find(']') - 1) + ".";
        } else if (line.starts_with("#") && !line.starts_with("# ") && equals != std::string::npos) {
            line.erase(0, 1);
            keys.push_back(table + line.substr(0, equals - 1));
        }
        put_in += line + "\n";
    }
    const auto options = options_of({"--config", dir.write("put_in.toml", put_in)});
    for (const auto& key : config_keys()) {
        BOOST_TEST((std::ranges::find(keys, key) != keys.end()), key << " is not in the file");
    }
    BOOST_TEST(describe_limits(options) == describe_limits(defaults));
    BOOST_TEST((options.listen == defaults.listen));
    BOOST_TEST(options.socket == defaults.socket);
}

BOOST_AUTO_TEST_CASE(more_of_each_limit_is_more_memory) {
    const limits usual;
    const auto before = memory_bound_of(usual, false).total();
    BOOST_TEST(memory_bound_of(usual, true).total() > before);
    for (const auto member :
         {&limits::connections, &limits::buffer_bytes, &limits::daemon_bytes, &limits::body_bytes}) {
        auto more = usual;
        more.*member *= 2;
        BOOST_TEST(memory_bound_of(more, false).total() > before);
    }
    BOOST_TEST(has(check_config(options_of({})), "  memory          at most "));
}

BOOST_AUTO_TEST_SUITE_END()
