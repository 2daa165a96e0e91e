// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "daemon/config_limits.hpp"
#include "tests/temporary_directory.hpp"

using valhalla::apply_config_file;
using valhalla::config;
using valhalla::tests::temporary_directory;

BOOST_AUTO_TEST_SUITE(config_file_suite)

BOOST_AUTO_TEST_CASE(every_key_is_read) {
    const temporary_directory dir;
    config c;
    const auto problem = apply_config_file(dir.write("valhallad.toml", R"(
state_dir = "/srv/valhalla"
socket = "/run/v.sock"
socket_group = "ops"
policy = "/etc/p.toml"
playbook = "/etc/b.toml"
log_level = "debug"
[access]
owners = ["alice", "uid:7"]
operators = ["group:ops"]
viewers = ["gid:9"]
others = "viewer"
denial_window_s = 7
denials_per_minute = 600
[io]
poll_us = 0
[metrics]
textfile = "/var/lib/node/v.prom"
interval_s = 60
)"),
                                           c);
    BOOST_TEST_REQUIRE(!problem.has_value());
    BOOST_TEST(c.state_dir.string() == "/srv/valhalla");
    BOOST_TEST(c.socket == "/run/v.sock");
    BOOST_TEST(c.socket_group == "ops");
    BOOST_TEST(c.policy->string() == "/etc/p.toml");
    BOOST_TEST(c.playbook->string() == "/etc/b.toml");
    BOOST_TEST(c.log_level == "debug");
    BOOST_TEST(c.access.owners.size() == 2U);
    BOOST_TEST(c.access.operators.front() == "group:ops");
    BOOST_TEST(c.access.viewers.front() == "gid:9");
    BOOST_TEST((c.access.others == valhalla::ipc::role::viewer));
    BOOST_TEST(c.io_poll.count() == 0);
    BOOST_TEST((c.metrics ==
                valhalla::metrics_settings{.textfile = "/var/lib/node/v.prom", .interval = std::chrono::seconds{60}}));
    BOOST_TEST((c.denials == valhalla::denial_rules{.window = std::chrono::seconds{7}, .records_per_minute = 600}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_line) {
    struct row {
        const char* text;
        const char* line;
        const char* words;
    };
    const temporary_directory dir;
    for (const auto& [text, line, words] : {
             row{"state_dir = 3\n", ":1:", "state_dir: must be a text"},
             row{"\nsockets = \"x\"\n", ":2:", "did you mean 'socket'"},
             row{"log_level = \"loud\"\n", ":1:", "debug, info, warn, error"},
             row{"[access]\nowners = \"alice\"\n", ":2:", "access.owners: must be a list"},
             row{"[access]\nowners = [\"uid:x\"]\n", ":2:", "needs a number"},
             row{"[access]\nothers = \"king\"\n", ":2:", "none, viewer, operator, owner"},
             row{"[access]\ndenial_window_s = 0\n", ":2:", "a number of seconds from 1 to 86400"},
             row{"[access]\ndenials_per_minute = 601\n", ":2:", "a number from 1 to 600"},
             row{"[access]\ndenials_per_minute = \"many\"\n", ":2:", "a number from 1 to 600"},
             row{"[io]\npoll_us = 1001\n", ":2:", "io.poll_us: must be a number from 0 to 1000"},
             row{"[io]\npoll_us = -1\n", ":2:", "io.poll_us: must be a number from 0 to 1000"},
             row{"[metrics]\ntextfile = \"v.prom\"\n", ":2:", "an absolute path that ends in .prom"},
             row{"[metrics]\ntextfile = \"/var/v.txt\"\n", ":2:", "an absolute path that ends in .prom"},
             row{"[metrics]\ninterval_s = 0\n", ":2:", "a number of seconds from 1 to 3600"},
             row{"[acces]\n", ":1:", "no such key"},
             row{"state_dir = \"a\"\nstate_dir = \"b\"\n", ":2:", "state_dir"},
             row{"state_dir = \n", ":1:", ""},
         }) {
        config c;
        const auto problem = apply_config_file(dir.write("bad.toml", text), c);
        BOOST_TEST_REQUIRE(problem.has_value(), text);
        BOOST_TEST(problem->find(line) != std::string::npos, *problem);
        BOOST_TEST(problem->find(words) != std::string::npos, *problem);
    }
}

// The file that is shipped: as it stands, and with every line that is commented out put in.
BOOST_AUTO_TEST_CASE(the_commented_default_file_holds_every_key_and_is_read) {
    const temporary_directory dir;
    std::ifstream file{SOURCE_DIR "/packaging/valhallad.toml"};
    const std::string shipped{std::istreambuf_iterator<char>{file}, {}};
    config as_it_stands;
    auto problem = apply_config_file(dir.write("shipped.toml", shipped), as_it_stands);
    BOOST_TEST(!problem.has_value(), problem.value_or(""));

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
            keys.push_back(table == "rate_limits." ? "rate_limits" : table + line.substr(0, equals - 1));
        }
        put_in += line + "\n";
    }
    config c;
    problem = apply_config_file(dir.write("put_in.toml", put_in), c);
    BOOST_TEST(!problem.has_value(), problem.value_or(""));
    for (const auto& key : valhalla::config_keys()) {
        BOOST_TEST((std::ranges::find(keys, key) != keys.end()), key << " is not in the file");
    }
    const config defaults;
    BOOST_TEST((c.rates == defaults.rates));
    BOOST_TEST((c.access.owners == defaults.access.owners));
    BOOST_TEST((c.access.operators == defaults.access.operators));
    BOOST_TEST((c.access.others == defaults.access.others));
    BOOST_TEST((c.request_key_window == defaults.request_key_window));
    BOOST_TEST((c.denials == defaults.denials));
    BOOST_TEST(c.log_level == defaults.log_level);
    BOOST_TEST(valhalla::describe_limits(c) == valhalla::describe_limits(defaults));
    BOOST_TEST((c.io_poll == defaults.io_poll));
    BOOST_TEST(c.audit.origin == defaults.audit.origin);
    BOOST_TEST(c.audit.log_checkpoint_minutes == defaults.audit.log_checkpoint_minutes);
}

BOOST_AUTO_TEST_CASE(rates_are_those_of_the_program_before_unless_the_file_says_otherwise) {
    const valhalla::tests::temporary_directory dir;
    config c;
    BOOST_TEST(c.rates.at("cone.set").calls == 10);
    BOOST_TEST(c.rates.at("thresholds.set").calls == 5);
    const auto problem = apply_config_file(
        dir.write("rates.toml",
                  "request_key_hours = 2\n[rate_limits]\n\"cone.set\" = \"none\"\n\"cone.decide\" = \"100/s\"\n"),
        c);
    BOOST_TEST(!problem.has_value(), problem.value_or(""));
    BOOST_TEST(!c.rates.contains("cone.set"));
    BOOST_TEST(c.rates.at("cone.decide").calls == 100);
    BOOST_TEST(c.rates.at("thresholds.set").calls == 5);
    BOOST_TEST((c.request_key_window == std::chrono::hours{2}));
}

BOOST_AUTO_TEST_CASE(a_rate_of_a_method_that_is_none_is_refused) {
    const valhalla::tests::temporary_directory dir;
    for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"[rate_limits]\n\"cone.sett\" = \"10/min\"\n",
              "bad.toml:2: rate_limits.cone.sett: no such method; did you mean 'cone.set'?"},
             {"[rate_limits]\n\"cone.set\" = 10\n", "bad.toml:2: rate_limits.cone.set: must be like"},
             {"request_key_hours = 0\n", "bad.toml:1: request_key_hours: must be a number of hours from 1 to 672"}}) {
        config c;
        const auto problem = apply_config_file(dir.write("bad.toml", text), c);
        BOOST_TEST_REQUIRE(problem.has_value());
        BOOST_TEST(problem->find(words) != std::string::npos, *problem);
    }
}

BOOST_AUTO_TEST_CASE(a_directory_is_no_empty_file) {
    const temporary_directory dir;
    config c;
    const auto problem = apply_config_file(dir.path(), c);
    BOOST_TEST_REQUIRE(problem.has_value());
    BOOST_TEST(problem->find(dir.path().string()) != std::string::npos, *problem);
}

BOOST_AUTO_TEST_CASE(an_origin_that_other_verifiers_would_not_read_is_refused) {
    const temporary_directory dir;
    for (const std::string space : {" ", "+", "\u00a0", "\u2003", "\u2028", "\u3000"}) {
        config c;
        const auto problem = apply_config_file(dir.write("o.toml", "[audit]\norigin = \"a" + space + "b\"\n"), c);
        BOOST_TEST_REQUIRE(problem.has_value());
        BOOST_TEST(problem->find("o.toml:2: audit.origin: ") != std::string::npos, *problem);
    }
    config c;
    BOOST_TEST(!apply_config_file(dir.write("o.toml", "[audit]\norigin = \"\u4e2d\u2019\u20ac.example\"\n"), c));
    BOOST_TEST(c.audit.origin == "\u4e2d\u2019\u20ac.example");
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
    config c;
    const auto problem = apply_config_file("/nonexistent/valhallad.toml", c);
    BOOST_TEST_REQUIRE(problem.has_value());
    BOOST_TEST(problem->find("/nonexistent/valhallad.toml") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
