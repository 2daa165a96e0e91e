// SPDX-License-Identifier: Apache-2.0
//
// Targets, routes, parameters, and the lists of who may ask.
#include <set>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "ipc/http/allowed.hpp"
#include "ipc/http/call_params.hpp"
#include "ipc/http/route.hpp"
#include "ipc/http/target.hpp"

using namespace valhalla::http;

namespace {

const route& row_of(verb method, std::string_view path) {
    return *find_route(method, path).value().row;
}

std::string params(const route& row, std::string_view query, std::string_view body, std::string_view key = {}) {
    const auto parsed = parse_query(query).value();
    auto made = params_of(row, {{}, parsed, body, key});
    return made.problems.empty() ? made.json : problems_body(made.problems);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_routing)

BOOST_AUTO_TEST_CASE(percent_encoding_is_decoded_strictly) {
    BOOST_TEST(percent_decoded("a%20b+c", true).value() == "a b c");
    BOOST_TEST(percent_decoded("a%20b+c", false).value() == "a b+c");
    BOOST_TEST(percent_decoded("%C3%a4", false).value() == "ä");
    for (const char* const wrong : {"%", "%2", "%g0", "%0g", "a%", "%ff", "%C3", "%ed%a0%80"}) {
        BOOST_TEST(!percent_decoded(wrong, false));
    }
}

BOOST_AUTO_TEST_CASE(a_query_is_names_and_values) {
    const auto parsed = parse_query("a=1&b&c=x=y&&=z").value();
    BOOST_TEST(parsed.size() == 4U);
    BOOST_TEST(parsed[1].name == "b");
    BOOST_TEST(parsed[1].value.empty());
    BOOST_TEST(parsed[2].value == "x=y");
    BOOST_TEST(parsed[3].name.empty());
    std::string many;
    for (std::size_t i = 0; i < max_query_parameters; ++i) {
        many += "a=1&";
    }
    BOOST_TEST(parse_query(many).has_value());
    BOOST_TEST(!parse_query(many + "a=1"));
}

BOOST_AUTO_TEST_CASE(targets_are_cut_into_their_parts) {
    const auto absolute = split_target("http://h:1/p?q=1?2").value();
    BOOST_TEST(absolute.authority == "h:1");
    BOOST_TEST(absolute.path == "/p");
    BOOST_TEST(absolute.query == "q=1?2");
    BOOST_TEST(split_target("http://h").value().path == "/");
    BOOST_TEST(split_target("http://h?q").value().query == "q");
    BOOST_TEST(split_target("*").value().path == "*");
    for (const char* const wrong : {"", "p", "ftp://h/", "http:///p", "?q"}) {
        BOOST_TEST(!split_target(wrong));
    }
}

BOOST_AUTO_TEST_CASE(every_row_is_found_and_is_complete) {
    std::set<std::pair<verb, std::string_view>> seen;
    for (const auto& row : all_routes()) {
        BOOST_TEST_CONTEXT(row.path) {
            BOOST_TEST(seen.emplace(row.method, row.path).second);
            BOOST_TEST(!row.summary.empty());
            BOOST_TEST(row.path.starts_with('/'));
            BOOST_TEST((row.rpc.empty() || row.shape != nullptr));
            auto path = std::string{row.path};
            if (const auto brace = path.find('{'); brace != std::string::npos) {
                path = path.substr(0, brace) + "7";
            }
            BOOST_TEST(find_route(row.method, path).value().row == &row);
            for (const auto& param : row.params) {
                BOOST_TEST((row.method == verb::post || param.from == where::query || param.from == where::path));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_segment_is_not_two) {
    BOOST_TEST(find_route(verb::get, "/core/go/sessions/12").value().parameter == "12");
    BOOST_TEST(find_route(verb::get, "/core/export/a%20b").value().parameter == "a b");
    for (const char* const path : {"/core/go/sessions/", "/core/go/sessions/1/2", "/core/go/sessions/1%2f2"}) {
        BOOST_TEST(!find_route(verb::get, path).value().known_path);
    }
    BOOST_TEST(!find_route(verb::get, "/%zz"));
}

BOOST_AUTO_TEST_CASE(head_is_get_but_for_what_leaves_a_record) {
    BOOST_TEST(find_route(verb::head, "/core/go/session").value().row ==
               find_route(verb::get, "/core/go/session").value().row);
    BOOST_TEST(find_route(verb::head, "/core/cone/decide").value().row == nullptr);
    BOOST_TEST(allowed_methods("/core/cone/decide") == "GET, POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(parameters_come_from_where_the_row_says) {
    const auto& start = row_of(verb::post, "/core/go/start_session");
    BOOST_TEST(params(start, "", "") == R"({"if_active":"supersede"})");
    BOOST_TEST(params(start, "", "null") == R"({"if_active":"supersede"})");
    BOOST_TEST(params(start, "notes=q", R"( {"notes" : "a\u000ab", "if_active":"refuse"} )", "k\"1") ==
               R"({"if_active":"supersede","notes":"a\u000ab","request_key":"k\"1"})");
    const auto& list = row_of(verb::get, "/core/go/sessions");
    BOOST_TEST(params(list, "limit=5&active=1&operator=a%22b", "") == R"({"limit":5,"active":true,"operator":"a\"b"})");
    for (const char* const limit : {"", "x", "5x", "05", "+5", "5.0", "1e3", "-", "5,6", "{}"}) {
        BOOST_TEST_CONTEXT(limit) {
            BOOST_TEST(params(list, std::string{"limit="} + limit, "").find("type_error.integer") != std::string::npos);
        }
    }
    BOOST_TEST(params(list, "limit=5&limit=6", "").find("given twice") != std::string::npos);
    BOOST_TEST(params(list, "page=1", "").find("value_error.extra") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_is_exactly_one_object) {
    const auto& start = row_of(verb::post, "/core/go/start_session");
    for (const char* const body :
         {R"({"notes":"x"},"method":"daemon.stop")", R"({"notes":"x"}})", R"({"notes":"x","notes":"y"})",
          "{\"notes\":\"\n\"}", "{\"notes\":\"\xff\"}", "{", R"({"a":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]})"}) {
        BOOST_TEST_CONTEXT(body) {
            BOOST_TEST(params(start, "", body).find("value_error.jsondecode") != std::string::npos);
        }
    }
    BOOST_TEST(params(start, "", "[]").find("type_error.dict") != std::string::npos);
    BOOST_TEST(params(start, "", "{\n\"notes\"\r\n:\t\"x\"}").find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(hosts_are_compared_whole) {
    const host_list hosts{loopback_hosts("127.0.0.1", 5000, false)};
    for (const char* const host : {"127.0.0.1:5000", "localhost:5000", "LocalHost:5000", "[::1]:5000"}) {
        BOOST_TEST(hosts.allows(host));
    }
    for (const char* const host : {"127.0.0.1.evil.test", "127.0.0.1:5000.evil.test", "127.0.0.1", "localhost:500",
                                   "localhost:50000", "", "127.0.0.1:5000 ", "127.0.0.2:5000"}) {
        BOOST_TEST(!hosts.allows(host));
    }
    BOOST_TEST(host_list{loopback_hosts("::1", 80, false)}.allows("[::1]"));
    BOOST_TEST(!host_list{loopback_hosts("::1", 80, true)}.allows("[::1]"));
    BOOST_TEST(host_list{loopback_hosts("::1", 443, true)}.allows("[::1]"));
}

BOOST_AUTO_TEST_CASE(origins_are_written_out) {
    for (const char* const origin :
         {"https://a.example:8443", "http://localhost:443", "https://a:80", "http://[::1]:3000", "http://192.0.2.7"}) {
        BOOST_TEST(objection_to_origin(origin).empty(), origin);
    }
    for (const char* const origin :
         {"*", "https://*.example", "a.example", "https://", "https://a/b", "https://A.example", "null",
          "https://:8443", "https://a:", "https://a:0", "https://a:65536", "https://a:08", "https://a:443",
          "http://a:80", "https://a\r\n", "https://a..b", "https://.a", "https://[::g]", "https://a:1:2"}) {
        BOOST_TEST(!objection_to_origin(origin).empty(), origin);
    }
    BOOST_TEST(!objection_to_origin(std::string_view{"https://a\0b", 11}).empty());
    const auto list = split_list(" https://a/ ,,https://b ");
    BOOST_TEST(list.size() == 2U);
    BOOST_TEST(list[0] == "https://a");
}

BOOST_AUTO_TEST_CASE(hosts_are_names_as_browsers_write_them) {
    for (const char* const host : {"valhalla.example.org", "Valhalla:8443", "192.0.2.7", "[2001:db8::7]:80", "[::1]"}) {
        BOOST_TEST(objection_to_host(host).empty(), host);
    }
    for (const char* const host : {"",
                                   "*",
                                   "*.example.org",
                                   "https://a.example",
                                   "a.example/",
                                   "a b",
                                   "a:",
                                   "a:b",
                                   "a:123456",
                                   "a:65536",
                                   "a:0",
                                   "a:080",
                                   ".",
                                   "a..b",
                                   "a\r\n",
                                   ":80",
                                   "[::g]",
                                   "[]",
                                   "2001:db8::7",
                                   "[192.0.2.7]",
                                   "user@a",
                                   "ä.example"}) {
        BOOST_TEST(!objection_to_host(host).empty(), host);
    }
}

BOOST_AUTO_TEST_CASE(who_sent_it_is_whom_the_last_proxy_of_ours_names) {
    const std::vector<std::string> proxies{"192.0.2.1", "2001:db8:0::1"};
    BOOST_TEST(is_proxy("192.0.2.1", proxies));
    BOOST_TEST(!is_proxy("198.51.100.9", proxies));
    BOOST_TEST(!is_proxy("192.0.2.1", {}));
    BOOST_TEST(sender_of("198.51.100.9", "203.0.113.5", proxies) == "198.51.100.9");  // anyone can write it
    BOOST_TEST(sender_of("192.0.2.1", "203.0.113.5", {}) == "192.0.2.1");
    BOOST_TEST(sender_of("192.0.2.1", "203.0.113.5", proxies) == "203.0.113.5");
    BOOST_TEST(sender_of("192.0.2.1", "10.0.0.1, 203.0.113.5 ,2001:db8::1", proxies) == "203.0.113.5");
    BOOST_TEST(sender_of("2001:db8::1", "::ffff:203.0.113.5", proxies) == "203.0.113.5");
    for (const char* const unreadable : {"", "unknown", "203.0.113.5, x", "203.0.113.5:80", "192.0.2.1", "0.0.0.0"}) {
        BOOST_TEST(sender_of("192.0.2.1", unreadable, proxies) == "192.0.2.1", unreadable);
    }
}

BOOST_AUTO_TEST_CASE(addresses_of_one_ipv6_network_count_as_one) {
    BOOST_TEST(counted_for("192.0.2.7") == "192.0.2.7");
    BOOST_TEST(counted_for("2001:db8:1:2::7") == counted_for("2001:db8:1:2:ffff::1"));
    BOOST_TEST(counted_for("2001:db8:1:2::7") != counted_for("2001:db8:1:3::7"));
    BOOST_TEST(counted_for("::ffff:192.0.2.7") == "::ffff:192.0.2.7");  // IPv4 in another form
    BOOST_TEST(counted_for("not an address") == "not an address");
}

BOOST_AUTO_TEST_CASE(a_proxy_is_one_address) {
    for (const char* const address : {"192.0.2.1", "2001:db8::1", "::1"}) {
        BOOST_TEST(objection_to_proxy(address).empty(), address);
    }
    for (const char* const address : {"", "*", "192.0.2.0/24", "proxy.example", "192.0.2.1:80", "0.0.0.0", "[::1]"}) {
        BOOST_TEST(!objection_to_proxy(address).empty(), address);
    }
}

BOOST_AUTO_TEST_CASE(secrets_are_the_same_or_not) {
    BOOST_TEST(same_secret("abc", "abc"));
    for (const char* const other : {"", "ab", "abd", "abcabc", "abca"}) {
        BOOST_TEST(!same_secret(other, "abc"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
